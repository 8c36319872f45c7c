"""Dates: read from whatever a column holds, floored to a precision, written as labels."""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.labels import Period, parse_label
from personatwin_sk.exceptions import InputError

__all__ = [
    "PRECISIONS",
    "date_formats",
    "floor_period",
    "period_bounds",
    "period_labels",
    "read_dates",
]

PRECISIONS = ("day", "week", "month", "quarter", "year")

# Other ways to write a date that need no guessing: a column must be written in one throughout.
# Where two of them fit every value ("03/04/2023") they disagree, and the column is refused.
_OTHER_FORMATS = (
    "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y",
    "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
)  # fmt: skip
_OFFSET = r"(\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?) ?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)$"


def read_dates(series: pd.Series, *, column: Hashable) -> np.ndarray:
    """Read a column of dates.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
        Datetimes, date objects, ISO 8601 text, or text in one other format throughout.
    column : str or int
        Its name, for the message.

    Returns
    -------
    numpy.ndarray of datetime64[s], shape (n,)
        NaT where null. Time zones are dropped: the local time is kept.

    Raises
    ------
    InputError
        Some values are no dates, or are written in several formats; the message counts them.

    Examples
    --------
    >>> read_dates(pd.Series(["2023-01-15", None]), column="date").astype("datetime64[D]").tolist()
    [datetime.date(2023, 1, 15), None]
    """
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        plain = series.dt.tz_localize(None) if series.dt.tz is not None else series
        return plain.to_numpy().astype("datetime64[s]")
    missing = is_null(series)
    if missing.all():
        return np.full(len(series), np.datetime64("NaT"), dtype="datetime64[s]")
    if pd.api.types.is_numeric_dtype(series.dtype):
        raise InputError(
            f"Column {column!r} holds numbers, not dates, in {int((~missing).sum())} rows; "
            "convert it to dates or ISO text (2023-01-31)."
        )
    # Dates repeat: the distinct ones are read once.
    codes, values = factorize(series)
    known = ~is_null(values)
    texts = pd.Series(values[known].astype(str).str.strip().to_numpy(), dtype=object)
    parsed = _parse_texts(texts)
    bad = np.isnat(parsed)
    if bad.any():
        rows = np.bincount(codes, minlength=len(values))[np.flatnonzero(known)[bad]].sum()
        raise InputError(
            f"{int(rows)} of {int((~missing).sum())} values of column {column!r} cannot be read as "
            "dates in one format; write all of them as 2023-01-31."
        )
    distinct = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[s]")
    distinct[known] = parsed
    return distinct[codes]


def _parse_texts(texts: pd.Series) -> np.ndarray:
    is_iso = texts.str.match(r"\d{4}-\d{2}-\d{2}")
    # Without their offsets, so that local times stay and offsets may differ (summer time).
    local = texts.where(is_iso).str.replace(_OFFSET, r"\1", regex=True)
    iso = _to_seconds(pd.to_datetime(local, format="ISO8601", errors="coerce"))
    if is_iso.all():
        return _with_days_far_out(local, iso)
    best: np.ndarray | None = None
    for pattern in _OTHER_FORMATS:
        if pattern == "%Y%m%d" and not texts.str.fullmatch(r"\d{8}").all():
            continue  # it would read 2023111 as one of two days
        parsed = _to_seconds(pd.to_datetime(texts, format=pattern, errors="coerce"))
        if np.isnat(parsed).any():
            if best is None or np.isnat(best).sum() > np.isnat(parsed).sum():
                best = parsed
            continue
        if best is not None and not np.isnat(best).any() and not np.array_equal(best, parsed):
            # Day and month can be told apart in no value: any choice would be a guess.
            return np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[s]")
        best = parsed
    assert best is not None
    return iso if np.isnat(iso).sum() < np.isnat(best).sum() else best


def date_formats(texts: pd.Series) -> np.ndarray:
    """Say in which of the known formats each text is a date, where several are mixed.

    Parameters
    ----------
    texts : pandas.Series of str, shape (n,)

    Returns
    -------
    numpy.ndarray of str objects, shape (n,)
        "ISO", the format or formats that fit as in "%m/%d/%Y or %d/%m/%Y", or "" for none.

    Examples
    --------
    >>> date_formats(pd.Series(["2023-01-31", "01/31/2023", "03/04/2023", "soon"])).tolist()
    ['ISO', '%m/%d/%Y', '%m/%d/%Y or %d/%m/%Y', '']
    """
    kinds = np.full(len(texts), "", dtype=object)
    kinds[texts.str.match(r"\d{4}-\d{2}-\d{2}").to_numpy(dtype=bool)] = "ISO"
    is_bare = texts.str.fullmatch(r"\d{8}").to_numpy(dtype=bool)
    for pattern in _OTHER_FORMATS:
        fits = ~np.isnat(_to_seconds(pd.to_datetime(texts, format=pattern, errors="coerce")))
        fits &= kinds != "ISO"
        if pattern == "%Y%m%d":
            fits &= is_bare
        kinds[fits] = np.where(kinds[fits] == "", "", kinds[fits] + " or ") + pattern
    return kinds


def _with_days_far_out(texts: pd.Series, parsed: np.ndarray) -> np.ndarray:
    """Read the years below 1678 and above 2261, which some pandas takes for no dates."""
    result = parsed.copy()
    for row in np.flatnonzero(np.isnat(parsed)).tolist():
        try:
            moment = datetime.datetime.fromisoformat(texts.iloc[row])
            result[row] = moment.replace(tzinfo=None)
        except ValueError:
            continue
    return result


def _to_seconds(parsed: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(parsed.dtype):
        plain = parsed.dt.tz_localize(None) if parsed.dt.tz is not None else parsed
        return plain.to_numpy().astype("datetime64[s]")
    return np.full(len(parsed), np.datetime64("NaT"), dtype="datetime64[s]")


def floor_period(days: np.ndarray, precision: str) -> np.ndarray:
    """Give the first day of the day, week (Monday), month, quarter or year that holds each day.

    Parameters
    ----------
    days : numpy.ndarray of datetime64, shape (n,)
    precision : {"day", "week", "month", "quarter", "year"}

    Returns
    -------
    numpy.ndarray of datetime64[D], shape (n,)

    Examples
    --------
    >>> floor_period(np.array(["2023-05-17"], dtype="datetime64[D]"), "quarter").tolist()
    [datetime.date(2023, 4, 1)]
    """
    days = days.astype("datetime64[D]")
    if precision == "day":
        return days
    if precision == "week":
        # numpy counts weeks from 1970-01-01, a Thursday; three days on they start on Monday.
        monday = np.timedelta64(3, "D")
        return (days + monday).astype("datetime64[W]").astype("datetime64[D]") - monday
    if precision == "month":
        return days.astype("datetime64[M]").astype("datetime64[D]")
    if precision == "quarter":
        months = days.astype("datetime64[M]")
        offset = (months.astype(np.int64) % 3).astype("timedelta64[M]")
        offset[np.isnat(months)] = np.timedelta64(0, "M")
        return (months - offset).astype("datetime64[D]")
    if precision == "year":
        return days.astype("datetime64[Y]").astype("datetime64[D]")
    raise ValueError(f"precision must be one of {PRECISIONS}, got {precision!r}.")


def period_labels(days: np.ndarray, precision: str) -> np.ndarray:
    """Write the period that holds each day as a label; NaT gives None.

    Examples
    --------
    >>> period_labels(np.array(["2023-05-17", "NaT"], dtype="datetime64[D]"), "month").tolist()
    ['2023-05', None]
    """
    first = floor_period(days, precision)
    distinct, codes = np.unique(first, return_inverse=True)
    labels = np.empty(len(distinct), dtype=object)
    for i, day in enumerate(distinct.tolist()):
        if day is None:
            labels[i] = None
        elif precision == "month":
            labels[i] = f"{day.year:04d}-{day.month:02d}"
        elif precision == "quarter":
            labels[i] = f"{day.year:04d}-Q{(day.month + 2) // 3}"
        elif precision == "year":
            labels[i] = f"{day.year:04d}"
        else:
            labels[i] = day.isoformat()
    return labels[codes.reshape(-1)]


def period_bounds(series: pd.Series, *, column: Hashable = "date") -> tuple[np.ndarray, np.ndarray]:
    """Read dates or labels of periods as first and last days.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
        Dates in any form of :func:`read_dates`, or labels such as "2023-05", "2023-Q2", "2023".

    Returns
    -------
    start, end : numpy.ndarray of datetime64[D], shape (n,)
        Equal for a plain date; NaT for null.

    Examples
    --------
    >>> start, end = period_bounds(pd.Series(["2023-Q2", "2023"]))
    >>> start.tolist()[0], end.tolist()
    (datetime.date(2023, 4, 1), [datetime.date(2023, 6, 30), datetime.date(2023, 12, 31)])
    """
    if not pd.api.types.is_datetime64_any_dtype(series.dtype):
        codes, values = factorize(series)
        labels = [parse_label(_as_text(value), dates=True) for value in values]
        if any(isinstance(label, Period) and label.start < label.end for label in labels):
            start, end = _label_bounds(labels, codes, column)
            return start[codes], end[codes]
    days = read_dates(series, column=column).astype("datetime64[D]")
    return days, days


def _as_text(value: object) -> object:
    whole_year = isinstance(value, int | float | np.number) and value == value
    return str(int(value)) if whole_year else value  # type: ignore[call-overload]


def _label_bounds(
    labels: Sequence[object], codes: np.ndarray, column: Hashable
) -> tuple[np.ndarray, np.ndarray]:
    start = np.full(len(labels), np.datetime64("NaT"), dtype="datetime64[D]")
    end = start.copy()
    bad = np.zeros(len(labels), dtype=bool)
    for i, label in enumerate(labels):
        if isinstance(label, Period):
            start[i], end[i] = label.start, label.end
        elif label is not None:
            bad[i] = True
    if bad.any():
        rows = int(np.bincount(codes, minlength=len(labels))[bad].sum())
        raise InputError(
            f"{rows} values of column {column!r} are neither dates nor labels of periods "
            "(2023-05, 2023-Q2, 2023)."
        )
    return start, end
