"""What events of the data and of a release can say of each other, whoever is whose."""

from __future__ import annotations

import numpy as np
import pandas as pd

from personatwin_sk._core.dates import period_bounds

_DAY = np.timedelta64(1, "D")


def released_bounds(dates: pd.Series, precision: str) -> tuple[np.ndarray, np.ndarray]:
    """Give the first and last days that released dates stand for; NaT for null.

    Parameters
    ----------
    dates : pandas.Series of shape (n,)
    precision : {"day", "week", "month", "quarter", "year"}
        A week is written as its first day.

    Examples
    --------
    >>> released_bounds(pd.Series(["2023-01-02"]), "week")[1].tolist()
    [datetime.date(2023, 1, 8)]
    """
    start, end = period_bounds(dates.astype(object).reset_index(drop=True))
    return start, (np.maximum(end, start + 6 * _DAY) if precision == "week" else end)


def moved_too_far(days: np.ndarray, start: np.ndarray, end: np.ndarray, reach: int) -> int:
    """Count released periods that no event can have come to, if dates move by up to `reach` days.

    Both are sorted and compared one by one: where any way to match them exists, this one is one,
    for the days that a date can become go up with the date.

    Parameters
    ----------
    days : numpy.ndarray of datetime64[D], shape (n,)
        Of the original, without nulls.
    start, end : numpy.ndarray of datetime64[D], shape (n,)
        Of the released periods.
    reach : int

    Examples
    --------
    >>> days = np.array(["2020-01-10", "2020-03-05"], dtype="datetime64[D]")
    >>> months = np.array(["2020-02", "2020-03"], dtype="datetime64[M]")
    >>> ends = (months + 1).astype("datetime64[D]") - 1
    >>> moved_too_far(days, months.astype("datetime64[D]"), ends, 14)
    1
    """
    order = np.lexsort((end, start))
    days, start, end = np.sort(days), start[order], end[order]
    far = reach * _DAY
    return int(((start > days + far) | (end < days - far)).sum())


def least_event_risk_of(
    person: np.ndarray,
    cell: np.ndarray,
    kind: np.ndarray,
    days: np.ndarray,
    *,
    covers: np.ndarray,
    sizes: np.ndarray,
    released_class: np.ndarray,
    released_kind: np.ndarray,
    released_dates: pd.Series,
    reach: int,
    precision: str = "day",
) -> float:
    """Give a mean risk below which an even pick among those who fit a known event cannot fall.

    Of a class no more people can fit than it has people, and no more than it has events of the
    type that may be the known one. Of the classes in which a person can be, the largest counts.

    Parameters
    ----------
    person, cell, kind : numpy.ndarray of int64, shape (n_events,)
        Of each event of the original: whose it is, their row of the keys, its type.
    days : numpy.ndarray of datetime64[D], shape (n_events,)
    covers : numpy.ndarray of bool, shape (n_cells, n_classes)
    sizes : numpy.ndarray of int64, shape (n_classes,)
    released_class, released_kind : numpy.ndarray of int64, shape (n_released,)
    released_dates : pandas.Series of shape (n_released,)
    reach : int
        Days by which dates move at most.
    precision : str
        As of `released_bounds`.
    """
    start, end = released_bounds(released_dates, precision)
    fitting = np.zeros(len(person))
    far = reach * _DAY
    for one in np.unique(kind):
        mine, theirs = np.flatnonzero(kind == one), released_kind == one
        known = ~np.isnat(start) & theirs
        first, of_start = np.unique(start[known], return_inverse=True)
        last = np.zeros(len(first), dtype="datetime64[D]")
        last[of_start] = end[known]
        per_class = np.zeros((len(first) + 1, len(sizes)))
        np.add.at(per_class, (of_start + 1, released_class[known]), 1)
        upto = per_class.cumsum(axis=0)
        distinct, of_day = np.unique(days[mine], return_inverse=True)
        is_day = ~np.isnat(distinct)
        high = np.searchsorted(first, distinct + far, side="right")
        low = np.searchsorted(last, distinct - far, side="left")
        n_fit = np.where(is_day[:, None], upto[high] - upto[np.minimum(low, high)], 0)
        nulls = np.bincount(released_class[theirs & ~known], minlength=len(sizes))
        n_fit[~is_day] = nulls
        n_fit = np.minimum(n_fit, sizes)
        for part in np.array_split(np.arange(len(mine)), 1 + len(mine) * len(sizes) // 5_000_000):
            possible = np.where(covers[cell[mine[part]]], n_fit[of_day[part]], 0)
            fitting[mine[part]] = possible.max(axis=1)
    chances = 1 / np.maximum(fitting, 1)
    n_of_person = np.bincount(person)
    means = np.bincount(person, chances) / np.maximum(n_of_person, 1)
    return float(means[n_of_person > 0].mean())
