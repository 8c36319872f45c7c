"""What a column of places is once it is read, and how many people of the table each label has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import person_codes
from personatwin_sk.exceptions import InputError
from personatwin_sk.geography._minimum import labels_at, released_labels

__all__ = ["LabelKey", "Places", "distinct_texts", "enough_people"]

# A label and its level: a text may be a label of several levels ("New York").
LabelKey = tuple[str, str]


@dataclass(frozen=True, repr=False)
class Places:
    """The distinct places of a column and the labels that they may get.

    Attributes
    ----------
    of_row : ndarray of int, shape (n_rows,)
        The place of each row; -1 where it is null.
    chains : ndarray of int, shape (n_places, n_levels)
        The labels of each place, finest first, as in `released_labels`.
    rank : ndarray of int, shape (n_labels,)
    keys : list of (level, label), of length n_labels
    allowed : ndarray of bool, shape (n_labels,)
        Which of the labels cover enough inhabitants.
    """

    of_row: np.ndarray
    chains: np.ndarray
    rank: np.ndarray
    keys: list[LabelKey]
    allowed: np.ndarray

    def only(self, released: Collection[LabelKey]) -> Places:
        """Allow only labels that are among those, and the root."""
        inside = np.array([key in released for key in self.keys], dtype=bool)
        is_root = self.rank == self.chains.shape[1] - 1
        return replace(self, allowed=self.allowed & (inside | is_root))

    def labels_of_rows(self) -> np.ndarray:
        """Give each row the finest label that is allowed; None where it is null."""
        texts = np.array([label for _, label in self.keys] + [None], dtype=object)
        given = labels_at(self.chains, self.allowed)
        return texts[np.append(given, len(self.keys))[self.of_row]]


def distinct_texts(column: pd.Series, *, digits: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Number the distinct values of a column, as texts.

    Parameters
    ----------
    column : Series of shape (n_rows,)
    digits : int, default=5
        Whole numbers are codes that have lost their leading zeros: of so many digits.

    Returns
    -------
    number : ndarray of int, shape (n_rows,)
        -1 where it is null.
    texts : ndarray of object, shape (n_values,)
        What is neither a text nor a whole number is shown as "?", which is no place.

    Examples
    --------
    >>> import pandas as pd
    >>> number, texts = distinct_texts(pd.Series([2139.0, float("nan"), 2139.5]))
    >>> number.tolist(), texts.tolist()
    ([0, -1, 1], ['02139', '?'])
    """
    number, values = pd.factorize(column, use_na_sentinel=True)
    values = np.asarray(values, dtype=object)
    if pd.api.types.infer_dtype(values, skipna=False) != "string":
        texts = [_as_text(value, digits) for value in values.tolist()]
        values = np.array([*texts, None], dtype=object)[:-1]
    return number, values


def _as_text(value: object, digits: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return "?"
    return f"{int(value):0{digits}d}"


def enough_people(
    places: Places, table: Table, person_id: Hashable | None, minimum: int, column: Hashable
) -> frozenset[LabelKey]:
    """Choose the labels that enough people of a table stand behind.

    Parameters
    ----------
    places : Places
        The places of one column of the table.
    table : Table
    person_id : column or None
        People are counted once for each label; None: every row is a person.
    minimum : int
        People that each label needs, after those with a finer label are taken out.
    column : column
        Whose places they are, for the message.

    Returns
    -------
    frozenset of (level, label)

    Raises
    ------
    InputError
        If there are fewer people with a place than that altogether, or if rows have no person id.
    """
    persons, _ = person_codes(table, person_id)
    known = places.of_row >= 0
    n_people = len(np.unique(persons[known]))
    if 0 < n_people < minimum:
        raise InputError(
            f"min_people={minimum}, but only {n_people} people have a place in the column "
            f"{column!r}; no label could stand for enough of them"
        )
    allowed = released_labels(
        places.chains,
        places.rank,
        places.allowed,
        _counter(persons[known], places.of_row[known], len(places.chains), len(places.keys)),
        minimum,
    )
    given = np.unique(labels_at(places.chains, allowed))
    return frozenset(places.keys[label] for label in given.tolist())


def _counter(
    persons: np.ndarray, places: np.ndarray, n_places: int, n_labels: int
) -> Callable[[np.ndarray], np.ndarray]:
    """Give the function that counts the distinct people of each label."""
    pairs = np.unique(persons * max(n_places, 1) + places)
    person, place = pairs // max(n_places, 1), pairs % max(n_places, 1)
    alone = np.bincount(person)[person] == 1 if len(person) else np.empty(0, dtype=bool)
    # Almost everybody has one place, and is added up; only the others need to be told apart.
    people_of_place = np.bincount(place[alone], minlength=n_places)
    person, place = person[~alone], place[~alone]

    def count(labels: np.ndarray) -> np.ndarray:
        people = np.bincount(labels, weights=people_of_place, minlength=n_labels)
        of_several = np.unique(person * n_labels + labels[place]) % n_labels
        return people + np.bincount(of_several, minlength=n_labels)

    return count
