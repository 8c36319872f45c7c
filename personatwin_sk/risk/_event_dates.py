"""Dates of events as an attacker compares them: the true ones and the released ones, in days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.dates import floor_period, period_bounds
from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import InputError

__all__ = ["NO_DATE", "N_WIDTHS", "EventDates", "Known", "Shown", "read_event_dates"]

# Longest day, week, month, quarter; what is longer counts as a year.
_LONGEST = np.array([1, 7, 31, 92])
NO_DATE = len(_LONGEST) + 1
"""Width of a released date that is null."""
N_WIDTHS = NO_DATE + 1

_FLOORED = ("year", "quarter", "month", "week")
_LENGTH = {"year": 366, "quarter": 92, "month": 31, "week": 7}


class Known(NamedTuple):
    """True dates that an attacker knows: first and last day, and where there is none."""

    first: np.ndarray
    last: np.ndarray
    null: np.ndarray


class Shown(NamedTuple):
    """Released dates: first and last day, and their width."""

    first: np.ndarray
    last: np.ndarray
    width: np.ndarray


@dataclass(frozen=True, repr=False)
class EventDates:
    """True and released dates of events, aligned; each a period of days, both ends included.

    Attributes
    ----------
    true_first, true_last : ndarray of int64, shape (n_events,)
        Equal for a day; both 0 where there is none.
    true_null : ndarray of bool, shape (n_events,)
    first, last : ndarray of int64, shape (n_events,)
        Of the released value.
    width : ndarray of int64, shape (n_events,)
        Of the released value: 0 day, 1 week, 2 month, 3 quarter, 4 longer, 5 (`NO_DATE`) null.
    """

    true_first: np.ndarray
    true_last: np.ndarray
    true_null: np.ndarray
    first: np.ndarray
    last: np.ndarray
    width: np.ndarray

    def take(self, rows: np.ndarray) -> EventDates:
        """Give some of the events."""
        known, shown = self.known(rows), self.shown(rows)
        return EventDates(*known, *shown)

    def known(self, rows: np.ndarray) -> Known:
        """Give the true dates of some events."""
        first = self.true_first[rows]
        same = self.true_last is self.true_first  # days: half of the work
        return Known(first, first if same else self.true_last[rows], self.true_null[rows])

    def shown(self, rows: np.ndarray) -> Shown:
        """Give the released dates of some events."""
        first = self.first[rows]
        same = self.last is self.first
        return Shown(first, first if same else self.last[rows], self.width[rows])


def read_event_dates(original: pd.Series, released: pd.Series) -> EventDates:
    """Read both columns of dates.

    Days that all start a week, a month, a quarter or a year, while the true ones do not, are what
    a release calls these periods (a week is released as its Monday), and are read as such. Where a
    column holds something else than dates the attacker is credited with knowing the released value
    itself: it then fits what is equal.

    Parameters
    ----------
    original, released : pandas.Series of shape (n_events,)

    Returns
    -------
    EventDates

    Examples
    --------
    >>> dates = read_event_dates(pd.Series(["2023-05-17"]), pd.Series(["2023-05"]))
    >>> int(dates.last[0] - dates.first[0]), int(dates.true_first[0] - dates.first[0])
    (30, 16)
    """
    try:
        true_first, true_last = period_bounds(original)
        first, last = period_bounds(released)
    except InputError:
        codes = factorize(released)[0]
        null = is_null(released)
        width = np.where(null, NO_DATE, 0)
        return EventDates(codes, codes, null, codes, codes, width)
    last = _whole_periods(true_first, first, last)
    null, true_null = np.isnat(first), np.isnat(true_first)
    true_days, days = _days(true_first, true_last), _days(first, last)
    width = np.searchsorted(_LONGEST, days[1] - days[0] + 1)
    return EventDates(*true_days, true_null, *days, np.where(null, NO_DATE, width))


def _days(first: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give days as numbers; one and the same array where all periods are days."""
    start, end = (
        np.where(np.isnat(values), np.int64(0), values.astype(np.int64)) for values in (first, last)
    )
    return start, (start if np.array_equal(start, end) else end)


def _whole_periods(true_first: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Give the last days of released values that stand for a period by its first day."""
    days = np.unique(first[~np.isnat(first)])
    true_days = np.unique(true_first[~np.isnat(true_first)])
    if len(days) == 0 or (last > first).any():
        return last
    for precision in _FLOORED:
        if (floor_period(days, precision) == days).all():
            if (floor_period(true_days, precision) == true_days).all():
                return last  # the true ones are like that too: nothing was floored
            # The first day of the next period, and one day back.
            later = floor_period(days, precision) + np.timedelta64(_LENGTH[precision], "D")
            ends = np.full(len(first), np.datetime64("NaT"), dtype="datetime64[D]")
            known = ~np.isnat(first)
            at = np.searchsorted(days, first[known])
            ends[known] = (floor_period(later, precision) - np.timedelta64(1, "D"))[at]
            return ends
    return last
