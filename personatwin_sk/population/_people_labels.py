"""The labels that people use for genders and for ethnicities, and what they stand for.

Capitals, punctuation and spaces make no difference. What is not in these lists ("Other",
"Unknown", "refused", a single nation of origin ...) stands for nobody in the census tables, and is
never guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from personatwin_sk.population._axes import ALL_RACES, RACES, SEXES

WHITE, BLACK, AIAN, ASIAN, NHPI, TWO_OR_MORE = range(len(RACES))
MALE, FEMALE = range(len(SEXES))

_GENDERS = {
    MALE: ("m", "male", "males", "man", "men", "boy", "boys"),
    FEMALE: ("f", "female", "females", "woman", "women", "girl", "girls"),
}

# Each as it reads once `_words` and `_FILLERS` have been at it.
_RACES: dict[tuple[int, ...], tuple[str, ...]] = {
    (WHITE,): ("white", "whites", "caucasian", "caucasians", "white caucasian", "caucasian white"),
    (BLACK,): (
        "black",
        "blacks",
        "african american",
        "african americans",
        "afro american",
        "black american",
        "black african american",
        "african american black",
    ),
    (AIAN,): (
        "aian",
        "ai an",
        "american indian",
        "american indians",
        "alaska native",
        "alaskan native",
        "native",
        "native american",
        "native americans",
        "native american indian",
        "native american alaska native",
        "native american alaskan native",
        "american indian native american",
        "native american american indian",
        "american indian alaska native",
        "american indian alaskan native",
        "amer indian eskimo",
    ),
    (ASIAN,): ("asian", "asians", "asian american", "asian americans"),
    (NHPI,): (
        "nhpi",
        "nh pi",
        "nhopi",
        "native hawaiian",
        "hawaiian",
        "pacific islander",
        "pacific islanders",
        "other pacific islander",
        "native hawaiian pacific islander",
        "hawaiian pacific islander",
        "native hawaiian other pacific islander",
        "native hawaiian nhpi",
    ),
    (ASIAN, NHPI): (
        "api",
        "aapi",
        "asian pacific islander",
        "asian pac islander",
        "asian american pacific islander",
        "asian native hawaiian pacific islander",
        "asian native hawaiian other pacific islander",
    ),
    (TWO_OR_MORE,): (
        "two more",
        "2 more",
        "2",
        "more than one",
        "multi",
        "multiracial",
        "multi racial",
        "multirace",
        "multiple",
        "mixed",
        "biracial",
        "bi racial",
    ),
}

_SEX_OF = {text: sex for sex, texts in _GENDERS.items() for text in texts}
_RACES_OF = {text: races for races, texts in _RACES.items() for text in texts}

_FILLERS = re.compile(
    r"\b(?:or|and|of|any|alone|only|race|races|origin|people|persons?|descent|ethnicity)\b"
)
_HISPANIC_WORD = r"(?:hispanics?|latin[oaxe]s?|spanish)"
_HISPANIC = re.compile(rf"\b{_HISPANIC_WORD}(?: {_HISPANIC_WORD})*\b")
_NOT_HISPANIC = re.compile(rf"\b(?:(?:not|non) ?{_HISPANIC_WORD}(?: {_HISPANIC_WORD})*|nh)\b")


@dataclass(frozen=True)
class Ethnicity:
    """What a label says about race and Hispanic origin.

    Parameters
    ----------
    races : tuple of int or None
        Positions in `RACES`; None where the label says nothing of race.
    hispanic : bool or None
        None where the label says nothing of it.
    """

    races: tuple[int, ...] | None
    hispanic: bool | None

    def mask(self, hispanic_separate: bool) -> np.ndarray:
        """Return which cells of race x Hispanic the label covers.

        Parameters
        ----------
        hispanic_separate : bool
            Whether a label that names only a race means those who are not Hispanic.

        Returns
        -------
        ndarray of bool, shape (7, 2)
            Some other race, the seventh, is covered where the label says nothing of race.
        """
        mask = np.zeros((len(ALL_RACES), 2), dtype=bool)
        mask[slice(None) if self.races is None else list(self.races)] = True
        hispanic = self.hispanic
        if hispanic is None and hispanic_separate:
            hispanic = False
        if hispanic is not None:
            mask[:, int(not hispanic)] = False
        return mask


def _words(label: Any) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", label.casefold())) if isinstance(label, str) else ""


def read_gender(label: Any) -> int | None:
    """Return the position in `SEXES` that a label stands for; None where it is none of them.

    Parameters
    ----------
    label : object
        The label; anything but text stands for none.

    Returns
    -------
    int or None

    Examples
    --------
    >>> from personatwin_sk.population._people_labels import read_gender
    >>> read_gender("M"), read_gender("woman"), read_gender("not stated")
    (0, 1, None)
    """
    return _SEX_OF.get(_words(label))


def read_ethnicity(label: Any) -> Ethnicity | None:
    """Return what a label says about race and Hispanic origin; None where it is not known.

    Parameters
    ----------
    label : object
        The label; anything but text is not known.

    Returns
    -------
    Ethnicity or None

    Examples
    --------
    >>> from personatwin_sk.population._people_labels import read_ethnicity
    >>> read_ethnicity("African-American")
    Ethnicity(races=(1,), hispanic=None)
    >>> read_ethnicity("White, not Hispanic or Latino")
    Ethnicity(races=(0,), hispanic=False)
    >>> read_ethnicity("Other") is None
    True
    """
    words = _words(label)
    if words in _RACES_OF:  # "nh pi" would otherwise read as "not Hispanic"
        return Ethnicity(_RACES_OF[words], None)
    words = " ".join(_FILLERS.sub(" ", words).split())
    hispanic = None
    for pattern, meaning in ((_NOT_HISPANIC, False), (_HISPANIC, True)):
        rest, found = pattern.subn(" ", words)
        if found:
            if hispanic is not None:  # it says both
                return None
            hispanic, words = meaning, " ".join(rest.split())
    if not words:
        return None if hispanic is None else Ethnicity(None, hispanic)
    races = _RACES_OF.get(words)
    return None if races is None else Ethnicity(races, hispanic)
