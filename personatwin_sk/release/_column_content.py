"""What is in one column: whether its values read as ages, genders, places, dates, events ..."""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.dates import read_dates
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.labels import Interval, parse_label
from personatwin_sk.domains import Domain, get_domain_config, spelling
from personatwin_sk.exceptions import InputError
from personatwin_sk.population._people_labels import read_ethnicity, read_gender
from personatwin_sk.population.places import find_areas

__all__ = ["ColumnContent"]

_OLDEST_AGE = 120
# So many distinct values, the most frequent first, stand for all of a column.
_MOST_READ = 2_000
# More than this many kinds of event are no kinds.
_MOST_KINDS = 300
_WORDS_OF_TEXT, _FEWEST_TEXTS = 4, 10


class ColumnContent:
    """Reads the distinct values of one column, and weighs them by their rows.

    Parameters
    ----------
    values : pandas.Series of shape (n,)

    Examples
    --------
    >>> content = ColumnContent(pd.Series(["M", "F", "F", "x", None]))
    >>> content.n_distinct, content.n_that_fit("gender"), content.share_of("gender")
    (3, 3, 0.75)
    """

    def __init__(self, values: pd.Series) -> None:
        self.codes, distinct = factorize(values)
        there = ~is_null(distinct)
        rows = np.bincount(self.codes, minlength=len(distinct))[there]
        order = np.argsort(-rows, kind="stable")
        self._rows = rows[order]
        self._distinct = distinct[there].reset_index(drop=True).iloc[order]
        self.n_distinct = len(order)
        self.n_present = int(rows.sum())

    @cached_property
    def _texts(self) -> list[str]:
        """The values as a file would write them."""
        values = self._distinct.head(_MOST_READ)
        if values.dtype.kind == "f":
            whole = values == np.round(values)
            return [
                str(int(value)) if is_whole else str(value)
                for value, is_whole in zip(values, whole, strict=True)
            ]
        return [str(value).strip() for value in values]

    @property
    def n_read(self) -> int:
        """How many rows have one of the values that are looked at, the most frequent."""
        return int(self._rows[:_MOST_READ].sum())

    @property
    def distinct(self) -> pd.Series:
        """The distinct values that are not null, the most frequent first."""
        return self._distinct

    def share_of(self, ours: str) -> float:
        """Give the share of rows, of those that are not null, that read as a column of ours."""
        return self.n_that_fit(ours) / self.n_read if self.n_read else 0.0

    def n_that_fit(self, ours: str) -> int:
        """Count the rows that read as a column of ours, among the most frequent values."""
        return int(self._rows[: len(self._texts)][self._fits(ours)].sum())

    def _fits(self, ours: str) -> np.ndarray:
        texts = self._texts
        if ours == "age":
            fits = [_is_age(text) for text in texts]
        elif ours == "gender":
            fits = [read_gender(text) is not None for text in texts]
        elif ours == "ethnicity":
            fits = [read_ethnicity(text) is not None for text in texts]
        elif ours == "geography":
            # Numbers may be ZIP codes or anything; only what is named ZIP is asked for as a number.
            # A column of countries is none of ours: what is needed is where in the country.
            areas = find_areas(texts) if self._is_text else []
            fits = [area is not None and area.level != "country" for area in areas]
        elif ours in ("date", "date_of_birth"):
            return np.full(len(texts), self.are_dates)
        elif self.n_distinct > _MOST_KINDS or not self._is_text:
            fits = []
        else:
            known = _known_labels(ours)
            fits = [spelling(text) in known for text in texts]
        return np.array(fits if fits else np.zeros(len(texts)), dtype=bool)

    @cached_property
    def _is_text(self) -> bool:
        return any(any(map(str.isalpha, text)) for text in self._texts[:100]) and not self.are_dates

    @cached_property
    def are_dates(self) -> bool:
        """Whether all values are dates; numbers are none."""
        values = self._distinct.head(_MOST_READ)
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            return True
        if pd.api.types.is_numeric_dtype(values.dtype) or values.empty:
            return False
        try:
            read_dates(values.astype(object), column="")
        except InputError:
            return False
        return True

    @cached_property
    def are_digits(self) -> bool:
        """Whether all values are whole numbers, be they amounts or names of things."""
        return all(text.isdigit() for text in self._texts)

    @cached_property
    def looks_like_ids(self) -> bool:
        """Whether values are codes: whole numbers, or words with a digit or of one length."""
        texts = self._texts
        if self.are_dates or self._distinct.dtype == bool or not texts:
            return False
        if self.are_digits:
            return True
        with_digit = np.mean([any(map(str.isdigit, text)) for text in texts])
        return bool(
            with_digit >= 0.9 and np.mean([" " not in text for text in texts]) >= 0.9
        ) and not (all(_is_number(text) for text in texts))

    @cached_property
    def is_free_text(self) -> bool:
        """Whether most long texts are said once."""
        long = np.array([len(text.split()) >= _WORDS_OF_TEXT for text in self._texts], dtype=bool)
        n_rows = int(self._rows[: len(long)][long].sum())
        return bool(long.sum() >= max(_FEWEST_TEXTS, 0.5 * n_rows))


def _is_age(text: str) -> bool:
    if text.isdigit():
        return int(text) <= _OLDEST_AGE
    label = parse_label(text)
    return isinstance(label, Interval) and 0 <= label.low <= _OLDEST_AGE


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@cache
def _known_labels(ours: str) -> frozenset[str]:
    """Give the event types or the outcomes of all domains."""
    configs = [get_domain_config(domain) for domain in Domain]
    if ours == "event_type":
        return frozenset(name for config in configs for name in config.event_types)
    return frozenset(
        name for config in configs for names in config.outcomes.values() for name in names
    )
