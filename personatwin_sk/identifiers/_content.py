"""Direct identifiers recognised by what is in a column."""

from __future__ import annotations

import re
from collections.abc import Hashable

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.dates import read_dates
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.exceptions import InputError
from personatwin_sk.population.places import LEVELS, find_areas

__all__ = ["ContentReader"]

# Columns that later steps read and replace; what is in them is their business.
COLUMNS_WITH_A_ROLE = frozenset({"person_id", "event_id", "geography", "date"})

NEAR_UNIQUE_SHARE = 0.9
NEAR_UNIQUE_ROWS = 20
MAJORITY = 0.5
# So many distinct values, evenly spaced in their sorted order, stand for all of a column.
SAMPLE_SIZE = 5_000

_SHAPES = tuple(
    (re.compile(pattern, re.IGNORECASE), kind)
    for pattern, kind in (
        (r".*[^@\s]@[^@\s]+\.[a-z]{2,}\W*", "e-mail address"),
        (r"\d{3}[- ]\d{2}[- ]\d{4}", "Social Security number"),
        (
            r"(?:\+?1[-. ]?)?(?:\(\d{3}\)\s?|\d{3}[-. ])\d{3}[-. ]\d{4}(?:\s*(?:x|ext\.?)\s*\d+)?"
            r"|\+\d[-\d. ()]{6,}\d",
            "telephone number",
        ),
        (r"(?:https?://|www\.)\S+", "web address"),
        (r"\d{1,3}(?:\.\d{1,3}){3}", "address of a machine"),
        (r"(?:\d{4}[- ]){3}\d{4}", "account number"),
    )
)
_NINE_OR_TEN_DIGITS = re.compile(r"\d{9,10}")
_WORD_OF_A_NAME = r"[^\W\d_][\w'\u2019-]*\.?"
_PERSON_NAME = re.compile(
    rf"{_WORD_OF_A_NAME}(?:\s{_WORD_OF_A_NAME}){{1,3}}"
    rf"|{_WORD_OF_A_NAME}(?:\s{_WORD_OF_A_NAME})?,\s{_WORD_OF_A_NAME}(?:\s{_WORD_OF_A_NAME})?"
)


class ContentReader:
    """Judges the columns of one table by their values.

    Parameters
    ----------
    table : Table
        If it has a column `person_id`, a value that a person repeats counts once.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._person = factorize(table["person_id"])[0] if "person_id" in table else None

    def identifier_in(self, name: Hashable) -> str | None:
        """Return which direct identifier the values of a column look like, or None."""
        column = self._table[name]
        is_plain_number = pd.api.types.is_numeric_dtype(
            column.dtype
        ) and not pd.api.types.is_bool_dtype(column.dtype)
        if name in COLUMNS_WITH_A_ROLE or not (is_plain_number or column.dtype.kind in "OUT"):
            return None
        codes, values = factorize(column)
        present = ~is_null(values)
        distinct = values[present]
        if distinct.empty:
            return None
        if is_plain_number:
            numbers = distinct.to_numpy(dtype=float)
            like_number = (numbers == np.floor(numbers)) & (numbers >= 1e8) & (numbers < 1e10)
            if like_number.mean() >= MAJORITY and self._is_near_unique(codes, present):
                return "Social Security or telephone number"
            return None
        step = -(-len(distinct) // SAMPLE_SIZE)
        texts = [value.strip() for value in distinct.iloc[::step] if isinstance(value, str)]
        if len(texts) < MAJORITY * len(distinct.iloc[::step]):
            return None
        for shape, kind in _SHAPES:
            if _share(shape, texts) >= MAJORITY:
                return kind
        return self._identifier_in_unique(texts) if self._is_near_unique(codes, present) else None

    def _is_near_unique(self, codes: np.ndarray, present: np.ndarray) -> bool:
        """Say whether hardly two rows (hardly two people) share a value."""
        if self._person is None:
            n_holders = int(present[codes].sum())
        else:
            _, first_row = group_rows([self._person, codes])
            n_holders = int(present[codes[first_row]].sum())
        return n_holders >= NEAR_UNIQUE_ROWS and present.sum() >= NEAR_UNIQUE_SHARE * n_holders

    def _identifier_in_unique(self, texts: list[str]) -> str | None:
        """Name what near-unique texts are; dates, numbers and places are no identifiers."""
        if _share(_NINE_OR_TEN_DIGITS, texts) >= MAJORITY:
            return "Social Security or telephone number"
        has_letter = np.array([any(map(str.isalpha, text)) for text in texts])
        if has_letter.mean() < MAJORITY or _are_dates(texts):
            return None
        areas = find_areas(texts)
        if np.mean([area is not None and area.level == "address" for area in areas]) >= MAJORITY:
            return "street address"
        if np.mean([area is not None and area.level in LEVELS[1:] for area in areas]) >= MAJORITY:
            return None
        return "name of a person" if _share(_PERSON_NAME, texts) >= MAJORITY else "near-unique text"


def _share(shape: re.Pattern[str], texts: list[str]) -> float:
    return float(np.mean([shape.fullmatch(text) is not None for text in texts]))


def _are_dates(texts: list[str]) -> bool:
    try:
        read_dates(pd.Series(texts, dtype=object), column="")
    except InputError:
        return False
    return True
