"""Dates written in formats that the user declares, and what to say of a mixture that nobody did."""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.dates import date_formats, read_dates
from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import InputError

__all__ = ["check_formats", "count_formats", "is_text", "read_declared"]

_PROBE = datetime.date(2023, 5, 17)


def check_formats(date_format: Any, *, owner: str) -> tuple[str, ...]:
    """Read the parameter `date_format`: formats of `strptime` that name a day each.

    Parameters
    ----------
    date_format : None, str or sequence of str
    owner : str
        Whose parameter it is, for the message.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        A format is no text, names no day of a month of a year, or names an offset of the time zone.

    Examples
    --------
    >>> check_formats("%d/%m/%Y", owner="TemporalNoise")
    ('%d/%m/%Y',)
    """
    formats = () if date_format is None else date_format
    formats = (formats,) if isinstance(formats, str) else tuple(formats)
    for number, pattern in enumerate(formats):
        if not isinstance(pattern, str) or not _names_a_day(pattern):
            raise InputError(
                f"{owner}: format {number} of {len(formats)} in the parameter date_format is not "
                'one of strptime that names the day, month and year, such as "%d/%m/%Y"; '
                "offsets of time zones (%z) are read in ISO text only."
            )
    return formats


def _names_a_day(pattern: str) -> bool:
    try:
        written = _PROBE.strftime(pattern)
        read = datetime.datetime.strptime(written, pattern).date()
        return read == _PROBE  # with an offset (%z) nothing was read back
    except ValueError:
        return False


def is_text(series: pd.Series) -> bool:
    """Tell whether a column holds text as far as it holds anything."""
    known = series[~is_null(series)]
    return len(known) == 0 or isinstance(known.iloc[0], str)


def read_declared(series: pd.Series, formats: Sequence[str], *, column: Hashable) -> np.ndarray:
    """Read texts by the first declared format that fits each, or else as ISO text.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
        What is not text (dates) is read as what it is.
    formats : sequence of str
        As of :func:`check_formats`.
    column : column
        Its name, for the message.

    Returns
    -------
    numpy.ndarray of datetime64[s], shape (n,)
        NaT where null.

    Raises
    ------
    InputError
        No format fits some values; the message counts them.

    Examples
    --------
    >>> texts = pd.Series(["17.5.2023", "05/18/23", "2023-05-19"])
    >>> days = read_declared(texts, ["%d.%m.%Y", "%m/%d/%y"], column="date")
    >>> days.astype("datetime64[D]").astype(str).tolist()
    ['2023-05-17', '2023-05-18', '2023-05-19']
    """
    codes, values = factorize(series)
    known = ~is_null(values)
    texts = pd.Series(values[known].astype(str).str.strip().to_numpy(), dtype=object)
    parsed = np.full(len(texts), np.datetime64("NaT"), dtype="datetime64[s]")
    for pattern in formats:
        left = np.flatnonzero(np.isnat(parsed))
        moments = pd.to_datetime(texts.iloc[left], format=pattern, errors="coerce")
        parsed[left] = moments.to_numpy().astype("datetime64[s]")
    left = np.flatnonzero(np.isnat(parsed))
    # Some pandas takes years below 1678 and above 2261 for no dates: such values are few.
    parsed[left] = [_parse_far_out(text, formats) for text in texts.iloc[left]]
    left = np.flatnonzero(np.isnat(parsed))
    is_iso = texts.iloc[left].str.match(r"\d{4}-\d{2}-\d{2}").to_numpy(dtype=bool)
    rows_of = np.bincount(codes, minlength=len(values))[np.flatnonzero(known)]
    n_unread = int(rows_of[left[~is_iso]].sum())
    if n_unread:
        raise InputError(
            f"{n_unread} of {int(rows_of.sum())} values of column {column!r} are written in none "
            f"of the {len(formats)} format(s) of the parameter date_format, nor as 2023-01-31; "
            "add their format, or correct them."
        )
    parsed[left] = read_dates(texts.iloc[left].reset_index(drop=True), column=column)
    distinct = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[s]")
    distinct[known] = parsed
    return distinct[codes]


def _parse_far_out(text: str, formats: Sequence[str]) -> np.datetime64:
    for pattern in formats:
        try:
            return np.datetime64(datetime.datetime.strptime(text, pattern), "s")
        except ValueError:
            continue
    return np.datetime64("NaT", "s")


def count_formats(series: pd.Series) -> str:
    """Say how many values of a column are written in which format.

    Parameters
    ----------
    series : pandas.Series of shape (n,)

    Returns
    -------
    str
        For a message: formats and counts, no values.

    Examples
    --------
    >>> count_formats(pd.Series(["2023-05-17", "17.05.2023", "2023-05-18", "soon", None]))
    '2 as ISO, 1 as %d.%m.%Y, 1 as none that is known'
    """
    codes, values = factorize(series)
    known = ~is_null(values)
    texts = pd.Series(values[known].astype(str).str.strip().to_numpy(), dtype=object)
    rows = np.bincount(codes, minlength=len(values))[np.flatnonzero(known)]
    counts = pd.Series(rows).groupby(date_formats(texts)).sum()
    ordered = sorted(counts.items(), key=lambda item: (item[0] == "", -item[1], item[0]))
    return ", ".join(f"{count} as {kind or 'none that is known'}" for kind, count in ordered)
