"""The ends of numbers, dates and their labels, several where a label is a set."""

from __future__ import annotations

import datetime
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from personatwin_sk._core.columns import is_ordered
from personatwin_sk._core.dates import period_bounds
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.labels import Interval, Label, Period, ValueSet, parse_label
from personatwin_sk.exceptions import InputError

__all__ = ["Spans", "date_spans", "number_spans"]

_EPOCH = datetime.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, repr=False)
class Spans:
    """What values of a column lie between: one span per value, or several of a set.

    Attributes
    ----------
    low, high : numpy.ndarray of float, shape (n_spans,)
        NaN where there is none (the value is null); open ends are infinite.
    value : numpy.ndarray of int64, shape (n_spans,)
        Whose span it is, ascending.
    or_null : numpy.ndarray of bool, shape (n_values,)
        Whether the value is null or may be ("30-39|").
    """

    low: np.ndarray
    high: np.ndarray
    value: np.ndarray
    or_null: np.ndarray

    def closed(self, lowest: float, highest: float) -> Spans:
        """Close open ends at the outermost values, or at the other end where that is further."""
        low = np.where(self.low == -np.inf, np.minimum(lowest, self.high), self.low)
        high = np.where(self.high == np.inf, np.maximum(highest, self.low), self.high)
        return Spans(low, high, self.value, self.or_null)

    def middles(self) -> np.ndarray:
        """Give the middle of each span."""
        return (self.low + self.high) / 2

    def width(self) -> np.ndarray:
        """Give the width of each span; NaN for none."""
        return self.high - self.low

    def mean_middles(self) -> np.ndarray:
        """Give the mean of the middles of each value's spans; NaN for null."""
        middles = self.middles()
        known = ~np.isnan(middles)
        n_values = len(self.or_null)
        total = np.bincount(self.value[known], weights=middles[known], minlength=n_values)
        number = np.bincount(self.value[known], minlength=n_values)
        return np.divide(total, number, out=np.full(n_values, np.nan), where=number > 0)

    def to_values(self, counts: np.ndarray, null: int) -> sparse.csr_array:
        """Add up what the spans of each value cover, and null, as shares that sum to 1.

        Parameters
        ----------
        counts : numpy.ndarray of float, shape (n_spans, n_categories)
        null : int
            The category of null.
        """
        n_values = len(self.or_null)
        ones = np.ones(len(self.value))
        collect = sparse.csr_array(
            (ones, (self.value, np.arange(len(ones)))), shape=(n_values, len(ones))
        )
        covered = np.asarray(collect @ counts, dtype=float).reshape(n_values, counts.shape[1])
        covered[:, null] += self.or_null
        return sparse.csr_array(covered / covered.sum(axis=1, keepdims=True))


def number_spans(values: pd.Series, *, column: Hashable) -> Spans:
    """Read numbers and labels of them.

    Parameters
    ----------
    values : pandas.Series of shape (n_values,)
    column : str or int
        For the message.

    Raises
    ------
    InputError
        Some values are neither; the message counts them.

    Examples
    --------
    >>> spans = number_spans(pd.Series(["30-39", "34", "1|3|"]), column="age")
    >>> spans.low.tolist(), spans.value.tolist(), spans.or_null.tolist()
    ([30.0, 34.0, 1.0, 3.0], [0, 1, 2, 2], [False, False, True])
    """
    if is_ordered(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        return Spans(numbers, numbers, np.arange(len(values)), np.isnan(numbers))
    labels = [parse_label(value) for value in values.tolist()]
    return _spans_of(labels, values, column, "numbers nor labels of numbers (30-39)")


def date_spans(values: pd.Series, *, column: Hashable) -> Spans:
    """Read dates and labels of periods, in days since 1970.

    Parameters
    ----------
    values : pandas.Series of shape (n_values,)
    column : str or int
        For the message.

    Raises
    ------
    InputError
        Some values are neither; the message counts them.

    Examples
    --------
    >>> spans = date_spans(pd.Series(["1970-01-11", "1970-01"]), column="date")
    >>> spans.low.tolist(), spans.high.tolist()
    ([10.0, 0.0], [10.0, 30.0])
    """
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        labels = [parse_label(_year_text(value), dates=True) for value in values.tolist()]
        if any(isinstance(label, ValueSet) for label in labels):
            return _spans_of(labels, values, column, "dates nor labels of periods (2023-05)")
    start, end = period_bounds(values, column=column)
    missing = np.isnat(start)
    low, high = (
        np.where(missing, np.nan, days.astype(np.int64).astype(float)) for days in (start, end)
    )
    return Spans(low, high, np.arange(len(values)), missing)


def _year_text(value: object) -> object:
    whole_year = isinstance(value, int | float | np.number) and value == value
    return str(int(value)) if whole_year else value  # type: ignore[call-overload]


def _spans_of(labels: list[Label], values: pd.Series, column: Hashable, what: str) -> Spans:
    low: list[float] = []
    high: list[float] = []
    value: list[int] = []
    or_null = np.array(is_null(values))
    n_bad = 0
    for number, label in enumerate(labels):
        members = label.members if isinstance(label, ValueSet) else (label,)
        or_null[number] |= None in members
        ends = [_ends(member) for member in members if member is not None]
        n_bad += None in ends
        for pair in [pair for pair in ends if pair is not None] or [(np.nan, np.nan)]:
            low.append(pair[0])
            high.append(pair[1])
            value.append(number)
    if n_bad:
        raise InputError(
            f"{n_bad} of {len(values)} distinct values of the column {column!r} are neither {what}."
        )
    return Spans(np.array(low), np.array(high), np.array(value, dtype=np.int64), or_null)


def _ends(label: Label) -> tuple[float, float] | None:
    if isinstance(label, Interval):
        return float(label.low), float(label.high)
    if isinstance(label, Period):
        return float(label.start.toordinal() - _EPOCH), float(label.end.toordinal() - _EPOCH)
    if isinstance(label, int | float | np.number):
        return float(label), float(label)
    return None
