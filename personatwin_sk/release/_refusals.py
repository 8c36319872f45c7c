"""Columns that are never released, whoever asks: they would say outright who somebody is."""

from __future__ import annotations

import re
import warnings
from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import person_codes
from personatwin_sk.exceptions import InputError, NothingSelectedWarning
from personatwin_sk.identifiers import IdentifierRemover
from personatwin_sk.release._read_csv import is_code_name

__all__ = [
    "are_numbers_of_things",
    "recognised_identifiers",
    "refuse_identifiers",
    "refuse_numbering",
]

_PERSON = "person_id"
# Where nearly every event has a value of its own, the value finds the event in the original again.
_NEAR_UNIQUE_SHARE, _NEAR_UNIQUE_ROWS = 0.9, 20
# Numbers in a row are a numbering only where there are more of them than ages or years of birth.
_MANY = 150
# Inside of words, one is enough: whoever is named in a remark is named.
_HELD = (
    (re.compile(r"[^@\s,;<(]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE), "an e-mail address"),
    (re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), "a Social Security number"),
    (
        re.compile(
            r"(?<![\d.-])(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\d.-])"
        ),
        "a telephone number",
    ),
)
# From so many words on a text is said rather than chosen from a list; lists repeat themselves.
_WORDS_OF_TEXT, _FEWEST_TEXTS, _SHARE_OF_TEXTS = 4, 10, 0.5


def refuse_identifiers(table: Table, names: Sequence[Hashable]) -> None:
    """Refuse columns that hold direct identifiers, numbers of people, or free text.

    Parameters
    ----------
    table : Table
        With a column ``person_id``.
    names : sequence of columns

    Raises
    ------
    InputError
        If there is one; the message names the columns, why, and counts.
    """
    reasons = recognised_identifiers(table, names)
    for name in names:
        if name not in reasons and (reason := _reason_against(table, name)) is not None:
            reasons[name] = reason
    if reasons:
        told = "; ".join(f"{name!r}: {reason}" for name, reason in reasons.items())
        raise InputError(
            f"Direct identifiers are never released ({told}); leave the column out, or clean it"
        )


def refuse_numbering(
    table: Table, names: Sequence[Hashable], steps: Mapping[Hashable, float] | None = None
) -> None:
    """Refuse columns of events that number the events, as nothing makes their values coarser.

    Parameters
    ----------
    table : Table
    names : sequence of columns
    steps : mapping of column -> float, optional
        Columns of numbers that are told in steps, and how wide these are: no finer ones are
        released, so that amounts may differ to the cent.

    Raises
    ------
    InputError
        If there is one; the message names the columns and counts.
    """
    numbering: dict[Hashable, int] = {}
    for name in names:
        values = table[name][~is_null(table[name])]
        if steps is not None and name in steps:
            # What is no number is refused elsewhere.
            values = (pd.to_numeric(values, errors="coerce") / steps[name]).round().dropna()
        n_distinct = values.nunique()
        if n_distinct >= max(_NEAR_UNIQUE_ROWS, _NEAR_UNIQUE_SHARE * len(values)):
            numbering[name] = n_distinct
    if numbering:
        told = ", ".join(f"{name!r}: {count} distinct values" for name, count in numbering.items())
        raise InputError(
            f"keep: nearly every event has a value of its own ({told}), which would find it in the "
            "original again; leave the column out, or make it coarser"
        )


def recognised_identifiers(table: Table, names: Sequence[Hashable]) -> dict[Hashable, str]:
    """Tell which of the columns are direct identifiers, and why, without a value of anyone."""
    if not names:
        return {}
    # The person stands beside them: a value that a person repeats is still that person's own.
    frame = table.select([_PERSON, *names]).to_pandas()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NothingSelectedWarning)  # here, nothing is what we hope for
        remover = IdentifierRemover().fit(frame)
    return {name: remover.removed_[name] for name in names if name in remover.removed_}


def _reason_against(table: Table, name: Hashable) -> str | None:
    codes, values = factorize(table[name])
    people, _ = person_codes(table, _PERSON)
    there = ~is_null(values)
    # What a person repeats counts once.
    pairs = pd.DataFrame({"person": people, "value": codes})[there[codes]].drop_duplicates()
    if pairs.empty:
        return None
    is_text = there & values.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
    return (
        _held_in(values, is_text, codes)
        or _free_text(values, is_text, pairs["value"].to_numpy())
        or _numbering_of_people(name, values[there], pairs)
    )


def _held_in(values: pd.Series, is_text: np.ndarray, codes: np.ndarray) -> str | None:
    texts = values[is_text]
    for shape, what in _HELD:
        holds = np.zeros(len(values), dtype=bool)
        holds[is_text] = [shape.search(text) is not None for text in texts]
        if holds.any():
            return f"{int(holds[codes].sum())} of {len(codes)} values hold {what}"
    return None


def _free_text(values: pd.Series, is_text: np.ndarray, held: np.ndarray) -> str | None:
    """Say that a column is free text: what is said in many words is hardly said twice."""
    long = np.zeros(len(values), dtype=bool)
    long[is_text] = [len(text.split()) >= _WORDS_OF_TEXT for text in values[is_text]]
    n_texts, n_holders = int(long.sum()), int(long[held].sum())
    if n_texts < max(_FEWEST_TEXTS, _SHARE_OF_TEXTS * n_holders):
        return None
    return f"free text, {n_texts} different texts of {_WORDS_OF_TEXT} words and more"


def _numbering_of_people(name: Hashable, values: pd.Series, pairs: pd.DataFrame) -> str | None:
    """Say that a column numbers people: one number each, by its name, its look or its gaps."""
    n_holders = pairs["person"].nunique()
    if len(pairs) > n_holders or len(values) < max(
        _NEAR_UNIQUE_ROWS, _NEAR_UNIQUE_SHARE * n_holders
    ):
        return None
    if not are_numbers_of_things(name, values):
        return None
    return f"nearly everyone has a number of their own, {len(values)} of {n_holders} people"


def are_numbers_of_things(name: Hashable, values: pd.Series) -> bool:
    """Tell whether distinct whole numbers name something rather than measure it.

    Parameters
    ----------
    name : column
    values : pandas.Series of shape (n_distinct,)
        Distinct values, none of them null.

    Returns
    -------
    bool
        Whether they are whole numbers and the column's name says so ("badge"), or they are written
        with leading zeros, or follow one another, which wages do not.

    Examples
    --------
    >>> are_numbers_of_things("badge", pd.Series([4, 90])), are_numbers_of_things(
    ...     "wage", pd.Series([30_000, 52_000]))
    (True, False)
    """
    texts = values.astype(str).str.removesuffix(".0")
    if not texts.str.fullmatch(r"\d{1,18}").all():
        return False
    numbers = texts.astype(np.int64)
    is_row = len(values) >= _MANY and numbers.max() - numbers.min() < 2 * len(values)
    are_codes = texts.str.startswith("0").sum() > 1 and texts.str.len().nunique() == 1
    return bool(is_row or are_codes or is_code_name(name))
