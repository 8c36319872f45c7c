"""Trends: how many events of each type happened in each released period, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.dates import period_bounds
from personatwin_sk._core.frames import is_null
from personatwin_sk.release._columns import DATE, EVENT_TYPE
from personatwin_sk.release._history_draws import Calendar
from personatwin_sk.release._steps import in_steps

__all__ = ["Trend", "measure_trends"]

_MOST_TYPES = 20
_SIGNIFICANT = 1.96
_DIRECTIONS = {1: "rising", 0: "level", -1: "falling"}


@dataclass(frozen=True)
class Trend:
    """The events of one type over time.

    Attributes
    ----------
    event_type : str
    events : int
        With a date, of the release: beside them those of the original would tell how many events
        the people have who were left out.
    people, periods : int
        Of the original: the people who had them, and the released periods in which k people or more
        had one.
    kept : float
        One minus the total variation distance of events over periods: the share of events that need
        not be moved to another period to turn one table into the other.
    original, released : {"rising", "level", "falling"}
        Whether the number of events changes over the periods, at 95 % confidence.
    """

    event_type: str
    events: int
    people: int
    periods: int
    kept: float
    original: str
    released: str

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain types, with a sentence."""
        direction = (
            f"{self.original} in both"
            if self.original == self.released
            else f"{self.original} in the original, {self.released} in the release"
        )
        return {
            "event_type": self.event_type,
            "events": self.events,
            "periods": self.periods,
            "kept": self.kept,
            "original": self.original,
            "released": self.released,
            "words": f"Over {self.periods} periods {self.kept:.1%} of the events of type "
            f"{self.event_type} are where they were; their number is {direction}.",
        }


def measure_trends(
    original: pd.DataFrame, released: pd.DataFrame, people: np.ndarray, k: int
) -> list[Trend]:
    """Compare the numbers of events over the periods that a release tells.

    Parameters
    ----------
    original, released : pandas.DataFrame
        A row per event; those that are not released are not in `released`. Released dates are days
        or labels of periods.
    people : numpy.ndarray of int64, shape (n_original_events,)
        Whose the events of the original are.
    k : int
        Types of which fewer people have dated events are left out.

    Returns
    -------
    list of Trend
        The 20 most frequent types at most, most events first.

    Notes
    -----
    The direction is that of the Cochran-Armitage test of events that are as likely in each period:
    the sum of the distances of events to the middle period over its standard deviation.
    """
    start, end = period_bounds(released[DATE].reset_index(drop=True), column=DATE)
    days, _ = period_bounds(original[DATE].reset_index(drop=True), column=DATE)
    known, known_now = ~np.isnat(days), ~np.isnat(start)
    if not known.any() or not known_now.any():
        return []
    calendar = Calendar.of(start, end)
    if calendar.precision == "day":
        calendar = Calendar("month")  # what happens from day to day is no trend
    then, now = calendar.numbers(days[known]), calendar.numbers(start[known_now])
    both = pd.concat([original[EVENT_TYPE][known], released[EVENT_TYPE][known_now]])
    kind, values = factorize(both.astype(object).reset_index(drop=True))
    unnamed = is_null(values)
    first = min(then.min(), now.min())
    shape = (len(values), int(max(then.max(), now.max()) - first) + 1)
    before = _counts(kind[: len(then)], then - first, shape)
    after = _counts(kind[len(then) :], now - first, shape)
    owner, kind = people[known], kind[: len(then)]
    # Where fewer than k people have an event, that there is one is not told.
    _, one_each = group_rows([kind, then - first, owner])
    behind = _counts(kind[one_each], (then - first)[one_each], shape)
    n_people = _people_of_kinds(kind, owner, len(values))
    found = []
    for number in np.argsort(-before.sum(axis=1), kind="stable")[:_MOST_TYPES]:
        told = np.flatnonzero(behind[number] >= k)
        if not len(told) or unnamed[number] or not after[number].sum():
            continue
        shares = [row[number] / row[number].sum() for row in (before, after)]
        own = slice(told[0], told[-1] + 1)
        found.append(
            Trend(
                str(values.iloc[number]),
                int(after[number].sum()),
                int(n_people[number]),
                len(told),
                in_steps(
                    float(1.0 - np.abs(shares[0] - shares[1]).sum() / 2), k, int(n_people[number])
                ),
                _direction(before[number, own]),
                _direction(after[number, own]),
            )
        )
    return found


def _people_of_kinds(kind: np.ndarray, owner: np.ndarray, n_kinds: int) -> np.ndarray:
    _, one_each = group_rows([kind, owner])
    return np.bincount(kind[one_each], minlength=n_kinds)


def _counts(kind: np.ndarray, period: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    cell = kind * shape[1] + period
    return np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)


def _direction(counts: np.ndarray) -> str:
    """Tell whether the counts of periods rise or fall, by more than chance would."""
    place = np.arange(len(counts)) - (len(counts) - 1) / 2
    deviation = np.sqrt(counts.sum() * np.mean(place**2))
    z = float(counts @ place) / deviation if deviation > 0 else 0.0
    return _DIRECTIONS[int(np.sign(z)) if abs(z) > _SIGNIFICANT else 0]
