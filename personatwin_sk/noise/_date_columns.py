"""Columns of dates, read and written in the form in which they came."""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from personatwin_sk._core.dates import floor_period, period_bounds, period_labels, read_dates
from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._date_text import count_formats, is_text, read_declared

__all__ = ["coarsen_periods", "read_limits", "read_times", "refuse_to_move_periods", "write_days"]

_FIRST_DAY = np.datetime64(datetime.date.min, "D")
_LAST_DAY = np.datetime64(datetime.date.max, "D")


def read_times(
    series: pd.Series, *, column: Hashable, formats: Sequence[str] = ()
) -> np.ndarray | None:
    """Read a column of dates; give None if it holds periods such as "2023-05" already.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
    column : column
        Its name, for the message.
    formats : sequence of str, default=()
        What the user declares of how texts are written.

    Returns
    -------
    numpy.ndarray of datetime64[s], shape (n,), or None

    Raises
    ------
    InputError
        Some values are neither, or are written in several formats that nobody declared; the
        message counts them.

    Examples
    --------
    >>> read_times(pd.Series(["17.05.2023"]), column="date").astype(str).tolist()
    ['2023-05-17T00:00:00']
    >>> read_times(pd.Series(["17.05.2023", "2023-05-18"]), column="date")
    Traceback (most recent call last):
      ...
    personatwin_sk.exceptions.InputError: 1 of 2 values of column 'date' cannot be read as dates \
in one format (1 as %d.%m.%Y, 1 as ISO); write all of them as 2023-01-31, or name their formats \
in the parameter date_format.
    """
    may_be_text = not pd.api.types.is_numeric_dtype(series.dtype)
    declared = bool(formats) and may_be_text and not _is_datetime(series)
    try:
        if declared:
            return read_declared(series, formats, column=column)
        return read_dates(series, column=column)
    except InputError as error:
        if _are_periods(series, column):
            return None
        if declared or not may_be_text:
            raise
        what = str(error).partition(";")[0]
        raise InputError(
            f"{what} ({count_formats(series)}); write all of them as 2023-01-31, or name their "
            "formats in the parameter date_format."
        ) from None


def read_limits(
    series: pd.Series, *, column: Hashable, formats: Sequence[str] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Read a column of dates or periods as their first and last days.

    Returns
    -------
    first, last : numpy.ndarray of datetime64[D], shape (n,)
        NaT where null.

    Examples
    --------
    >>> first, last = read_limits(pd.Series(["1980-06"]), column="birth")
    >>> first.tolist(), last.tolist()
    ([datetime.date(1980, 6, 1)], [datetime.date(1980, 6, 30)])
    """
    times = read_times(series, column=column, formats=formats)
    if times is None:
        return period_bounds(series, column=column)
    days = times.astype("datetime64[D]")
    return days, days


def _is_datetime(series: pd.Series) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(series.dtype))


def _are_periods(series: pd.Series, column: Hashable) -> bool:
    """Tell whether all values are dates or periods, and some are periods."""
    try:
        start, end = period_bounds(series, column=column)
    except InputError:
        return False
    return bool((start != end)[~np.isnat(start)].any())


def refuse_to_move_periods(series: pd.Series, *, column: Hashable) -> None:
    """Say that periods cannot be moved by days, and how many there are."""
    start, end = period_bounds(series, column=column)
    n_periods = int((start != end)[~np.isnat(start)].sum())
    raise InputError(
        f"{n_periods} values of column {column!r} are periods such as a month already, and "
        "cannot be moved by days; set shift=0, jitter=0 and epsilon=None, or give the dates "
        "themselves."
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
    is_datetime = _is_datetime(series)
    _check_range(days, series if is_datetime else None, column)
    first = floor_period(days, precision)
    if precision not in ("day", "week"):
        return pd.Series(period_labels(first, precision)), not is_datetime and is_text(series)
    if is_datetime:
        released = pd.Series(first.astype("datetime64[s]"))
        zone = series.dt.tz
        if zone is not None:
            # The first instant of the local day, also where clocks change at midnight.
            summer = np.ones(len(released), dtype=bool)
            released = released.dt.tz_localize(zone, ambiguous=summer, nonexistent="shift_forward")
        return released, True
    if is_text(series):
        return pd.Series(period_labels(first, "day")), True
    has_time = isinstance(series[~is_null(series)].iloc[0], datetime.datetime)
    objects = first.astype("datetime64[s]").astype(object) if has_time else first.astype(object)
    return pd.Series(objects, dtype=object), False


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
