"""Columns of dates, read and written in the form in which they came."""

from __future__ import annotations

import datetime
from collections.abc import Hashable

import numpy as np
import pandas as pd

from personatwin_sk._core.dates import floor_period, period_bounds, period_labels, read_dates
from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import InputError

__all__ = ["coarsen_periods", "read_times", "refuse_to_move_periods", "write_days"]

_FIRST_DAY = np.datetime64(datetime.date.min, "D")
_LAST_DAY = np.datetime64(datetime.date.max, "D")


def read_times(series: pd.Series, *, column: Hashable) -> np.ndarray | None:
    """Read a column of dates; give None if it holds periods such as "2023-05" already.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
    column : column
        Its name, for the message.

    Returns
    -------
    numpy.ndarray of datetime64[s], shape (n,), or None

    Raises
    ------
    InputError
        Some values are neither; the message counts them.
    """
    try:
        return read_dates(series, column=column)
    except InputError:
        start, end = period_bounds(series, column=column)
        if not (start != end)[~np.isnat(start)].any():
            raise
        return None


def refuse_to_move_periods(series: pd.Series, *, column: Hashable) -> None:
    """Say that periods cannot be moved by days, and how many there are."""
    start, end = period_bounds(series, column=column)
    n_periods = int((start != end)[~np.isnat(start)].sum())
    raise InputError(
        f"{n_periods} values of column {column!r} are periods such as a month already, and "
        "cannot be moved by days; set shift=0 and jitter=0, or give the dates themselves."
    )


def coarsen_periods(series: pd.Series, precision: str, *, column: Hashable) -> pd.Series:
    """Write periods at a precision that is no finer; what is at that precision already stays.

    Raises
    ------
    InputError
        Some periods do not fit into one period of that precision; the message counts them.

    Examples
    --------
    >>> coarsen_periods(pd.Series(["2023-05", "2023-06"]), "quarter", column="date").tolist()
    ['2023-Q2', '2023-Q2']
    """
    start, end = period_bounds(series, column=column)
    first, last = floor_period(start, precision), floor_period(end, precision)
    known = ~np.isnat(start)
    n_coarser = int((first != last)[known].sum())
    if n_coarser:
        raise InputError(
            f"{n_coarser} values of column {column!r} are periods longer than the precision "
            f"{precision!r}; ask for a coarser precision."
        )
    labels = period_labels(start, precision)
    # A year may have been read from a file as a number: it is written the same and stays.
    changed = known & (_period_texts(series) != labels)
    return pd.Series(labels) if changed.any() else series


def _period_texts(series: pd.Series) -> np.ndarray:
    """Give the values as text, whole numbers (years) without a decimal point."""
    if pd.api.types.is_numeric_dtype(series.dtype):
        series = series.astype("Int64")
    return series.astype(object).map(str, na_action="ignore").to_numpy(dtype=object)


def write_days(
    days: np.ndarray, series: pd.Series, precision: str, *, column: Hashable
) -> tuple[pd.Series, bool]:
    """Write released days at a precision, in the form of the column that they replace.

    Parameters
    ----------
    days : numpy.ndarray of datetime64[D], shape (n,)
    series : pandas.Series of shape (n,)
        The column as it came in.
    precision : {"day", "week", "month", "quarter", "year"}
    column : column
        Its name, for the message.

    Returns
    -------
    released : pandas.Series of shape (n,)
    keep_dtype : bool
        Whether the dtype of the column can hold it.

    Raises
    ------
    InputError
        Some days lie outside what a date can hold; the message counts them.
    """
    is_datetime = pd.api.types.is_datetime64_any_dtype(series.dtype)
    _check_range(days, series if is_datetime else None, column)
    first = floor_period(days, precision)
    if precision not in ("day", "week"):
        return pd.Series(period_labels(first, precision)), not is_datetime and _is_text(series)
    if is_datetime:
        released = pd.Series(first.astype("datetime64[s]"))
        zone = series.dt.tz
        if zone is not None:
            # The first instant of the local day, also where clocks change at midnight.
            summer = np.ones(len(released), dtype=bool)
            released = released.dt.tz_localize(zone, ambiguous=summer, nonexistent="shift_forward")
        return released, True
    if _is_text(series):
        return pd.Series(period_labels(first, "day")), True
    has_time = isinstance(series[~is_null(series)].iloc[0], datetime.datetime)
    objects = first.astype("datetime64[s]").astype(object) if has_time else first.astype(object)
    return pd.Series(objects, dtype=object), False


def _is_text(series: pd.Series) -> bool:
    known = series[~is_null(series)]
    return len(known) == 0 or isinstance(known.iloc[0], str)


def _check_range(days: np.ndarray, datetimes: pd.Series | None, column: Hashable) -> None:
    """Refuse days that a date, or the resolution of a datetime column, cannot hold."""
    earliest, latest = _FIRST_DAY, _LAST_DAY
    if datetimes is not None and datetimes.dt.unit == "ns":
        earliest = np.datetime64(pd.Timestamp.min, "D") + 8  # a week may start a week before
        latest = np.datetime64(pd.Timestamp.max, "D") - 1
    n_outside = int(((days < earliest) | (days > latest)).sum())
    if n_outside:
        raise InputError(
            f"{n_outside} values of column {column!r} lie so far out that the released date has "
            "no place in the column's type; replace such dates (year 9999 ...) by null."
        )
