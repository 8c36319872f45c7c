"""Ages from dates of birth: whole years on one day for all."""

from __future__ import annotations

import datetime
import warnings
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.dates import period_bounds, read_dates
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.labels import Period, parse_label
from personatwin_sk.exceptions import DataWarning, InputError

__all__ = ["BIRTH", "ages_of", "with_ages"]

BIRTH = "date_of_birth"
_OLDEST_AGE = 120


def ages_of(
    births: pd.Series, reference_date: Any = None, *, dates: pd.Series | None = None
) -> pd.Series:
    """Give the age of each row's person in completed years.

    Parameters
    ----------
    births : pandas.Series of shape (n,)
        Dates of birth, in any form that dates are read in, or years or months such as "1987" and
        "1987-05": birthdays are then taken to be in the middle of them.
    reference_date : str, date or datetime, optional
        The day of which the ages are. None: the last of `dates`, or today where there are none.
    dates : pandas.Series of shape (n,), optional
        Dates of events.

    Returns
    -------
    pandas.Series of shape (n,)
        Called "age"; Int64 if some are null, else int64. Who was born on 29 February turns a year
        older on 1 March of a common year.

    Raises
    ------
    InputError
        If dates cannot be read, or make somebody unborn or older than 120; the message counts.

    Warns
    -----
    DataWarning
        Where the ages are today's, for tomorrow they may be others; and where births are years or
        months, for ages can then be off by one year.

    Examples
    --------
    >>> births = pd.Series(["1980-06-15", "2004-02-29", None])
    >>> ages_of(births, "2024-06-14").tolist()
    [43, 20, <NA>]
    """
    day = _day_of(reference_date, dates)
    born = _days_of_birth(births, day)
    missing = np.isnat(born)
    year, day_of_year = _calendar(np.where(missing, day, born))
    this_year, this_day = _calendar(np.array([day]))
    ages = this_year - year - (day_of_year > this_day)  # the birthday of that year is yet to come
    unborn = int((ages < 0).sum())
    if unborn:
        raise InputError(
            f"{unborn} of {int((~missing).sum())} values of {BIRTH!r} are after the day of which "
            "the ages are to be; correct them, or give a later reference_date"
        )
    too_old = int((ages > _OLDEST_AGE).sum())
    if too_old:
        raise InputError(
            f"{too_old} of {int((~missing).sum())} values of {BIRTH!r} make people older than "
            f"{_OLDEST_AGE}, as stand-ins such as 1900-01-01 do; correct them or leave them empty"
        )
    result = pd.Series(ages, index=births.index, name="age")
    return result.astype("Int64").mask(missing) if missing.any() else result


def with_ages(table: Table, reference_date: Any = None) -> Table:
    """Add ages to a table that has dates of birth in their place; the dates stay.

    Parameters
    ----------
    table : Table
    reference_date : str, date or datetime, optional
        As of `ages_of`; nothing is done with it where there are no dates of birth to use.

    Examples
    --------
    >>> table = Table.of(pd.DataFrame({"date_of_birth": ["1980-06-15"], "date": ["2023-01-01"]}))
    >>> with_ages(table)["age"].tolist()
    [42]
    """
    if BIRTH not in table or "age" in table:
        return table
    frame = table.to_pandas()
    ages = ages_of(frame[BIRTH], reference_date, dates=frame.get("date"))
    return Table.of(frame.assign(age=ages))


def _days_of_birth(births: pd.Series, day: np.datetime64) -> np.ndarray:
    """Give the days, or the middle of the years or months that are given in their place."""
    if pd.api.types.is_datetime64_any_dtype(births.dtype):
        return read_dates(births, column=BIRTH).astype("datetime64[D]")
    codes, values = factorize(births)
    labels = [parse_label(_year(value), dates=True) for value in values]
    rough = [isinstance(label, Period) and label.start < label.end for label in labels]
    if not any(rough):
        return read_dates(births, column=BIRTH).astype("datetime64[D]")
    first, last = period_bounds(births, column=BIRTH)
    n_rough = int(np.array(rough)[codes].sum())
    warnings.warn(
        f"{n_rough} of {int((~np.isnat(first)).sum())} values of {BIRTH!r} are years or months, no "
        "days: birthdays are taken to be in the middle of them, and ages can be off by one year",
        DataWarning,
        stacklevel=5,
    )
    middle = first + (last - first) // 2
    # Who was born in the year of that day was born before it.
    return np.where(first <= day, np.minimum(middle, day), first)


def _year(value: Any) -> Any:
    """Write a year that is a number as text: 1987.0 as "1987"."""
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return f"{value:.0f}" if is_number and np.isfinite(value) and value % 1 == 0 else value


def _calendar(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the years, and a number that orders the days of any year alike."""
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12
    return years, 100 * month + (days - months.astype("datetime64[D]")).astype(np.int64)


def _day_of(reference_date: Any, dates: pd.Series | None) -> np.datetime64:
    if reference_date is not None:
        kinds = str | datetime.date | np.datetime64
        if not isinstance(reference_date, kinds) or is_null([reference_date])[0]:
            raise InputError(
                "reference_date must be a date, such as '2024-12-31' or datetime.date(2024, 12, 31)"
            )
        day = read_dates(pd.Series([str(reference_date)], dtype=object), column="reference_date")
        return np.datetime64(day[0], "D")
    if dates is not None and not is_null(dates).all():
        return np.datetime64(np.nanmax(read_dates(dates, column="date")), "D")
    today = datetime.date.today()
    warnings.warn(
        f"Ages are those of today, {today}; give reference_date for ages of another day, and for "
        "the same ages tomorrow",
        DataWarning,
        stacklevel=4,
    )
    return np.datetime64(today, "D")
