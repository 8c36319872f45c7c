"""Ages at events, which move with the dates of the events."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._keys import RowKeys

__all__ = ["age_column", "move_ages", "read_ages"]

_OLDEST = 1_000


def age_column(
    series: pd.Series,
    moved: tuple[np.ndarray, np.ndarray] | None,
    excess: np.ndarray,
    keys: RowKeys,
    *,
    column: Hashable,
) -> pd.Series:
    """Give a column of ages as it is released.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
    moved : pair of numpy.ndarray of datetime64[D], shape (n,), or None
        True and released days of the events. Where they are null the age stays; None: everywhere.
    excess : numpy.ndarray of bool, shape (n,)
        Where the age is not released.
    keys : RowKeys
        Of the table.
    column : column
        Its name, for the message.

    Returns
    -------
    pandas.Series of Int64, shape (n,)
    """
    ages, known = read_ages(series, column=column)
    if moved is not None:
        true, released = moved
        rows = np.flatnonzero(known & ~np.isnat(true))
        people = np.arange(len(rows)) if keys.people is None else keys.people[rows]
        ages[rows] = move_ages(
            ages[rows],
            true[rows].astype(np.int64),
            released[rows].astype(np.int64),
            people,
            keys.of_person("birthday")[rows],
        )
    return pd.Series(pd.arrays.IntegerArray(ages, ~known | excess))


def read_ages(series: pd.Series, *, column: Hashable) -> tuple[np.ndarray, np.ndarray]:
    """Read a column of whole-number ages.

    Returns
    -------
    ages : numpy.ndarray of int64, shape (n,)
        0 where null.
    known : numpy.ndarray of bool, shape (n,)

    Raises
    ------
    InputError
        Some values are not whole numbers from 0 on; the message counts them.

    Examples
    --------
    >>> ages, known = read_ages(pd.Series([30, None]), column="age")
    >>> ages.tolist(), known.tolist()
    ([30, 0], [True, False])
    """
    known = ~is_null(series)
    kind = pd.api.types.infer_dtype(series, skipna=True)
    if kind in ("integer", "floating", "mixed-integer-float", "empty"):
        numbers = pd.to_numeric(series).to_numpy(dtype=float, na_value=np.nan)
    else:
        numbers = np.full(len(series), np.nan)
    with np.errstate(invalid="ignore"):
        good = (numbers >= 0) & (numbers <= _OLDEST) & (numbers == np.floor(numbers))
    n_bad = int((known & ~good).sum())
    if n_bad:
        raise InputError(
            f"{n_bad} of {int(known.sum())} values of column {column!r}, which the parameter ages "
            "names, are not ages in whole years."
        )
    return np.where(known, np.nan_to_num(numbers), 0).astype(np.int64), known


def move_ages(
    ages: np.ndarray,
    true_days: np.ndarray,
    released_days: np.ndarray,
    people: np.ndarray,
    hashes: np.ndarray,
) -> np.ndarray:
    """Give the ages at the released days.

    For each person one birthday is drawn, uniformly, from those at which all of the person's ages
    at the true days are right; an age changes by as many of its anniversaries as lie between the
    true and the released day. So ages never fall while released days rise, and where a day did
    not move, neither does the age. Where no birthday suits all ages, one is drawn from the gap
    between those that suit some and those that suit the others.

    Parameters
    ----------
    ages : numpy.ndarray of int64, shape (n,)
        In whole years, at the true days.
    true_days, released_days : numpy.ndarray of int64, shape (n,)
        Day numbers.
    people : numpy.ndarray of int64, shape (n,)
        Codes from 0.
    hashes : numpy.ndarray of uint64, shape (n,)
        One keyed hash per person, at each of the person's rows.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        None is below 0.

    Examples
    --------
    >>> day = np.array(["2023-05-17"], dtype="datetime64[D]").astype(np.int64)
    >>> person, hashes = np.zeros(1, dtype=np.int64), np.array([2**63], dtype=np.uint64)
    >>> [int(move_ages(np.array([30]), day, day + by, person, hashes)[0]) for by in (0, 250, 730)]
    [30, 31, 32]
    """
    if len(ages) == 0:
        return ages.copy()
    # At age a on day d a person was born after d less a + 1 years and not after d less a years.
    after = np.full(int(people.max()) + 1, np.iinfo(np.int64).min)
    until = np.full(len(after), np.iinfo(np.int64).max)
    np.maximum.at(after, people, _years_before(true_days, ages + 1))
    np.minimum.at(until, people, _years_before(true_days, ages))
    first, last = after[people] + 1, until[people]
    # 32 bits are plenty for some hundred days. Where `last` comes before `first`, ages contradict
    # each other, and the day is drawn from those between the two.
    place = (hashes >> np.uint64(32)).astype(np.int64) * (last - first + 1) >> 32
    birthday = first + place
    change = _age(released_days, birthday) - _age(true_days, birthday)
    return np.maximum(ages + change, 0)


def _years_before(days: np.ndarray, years: np.ndarray) -> np.ndarray:
    """Give the same day of an earlier year; 28 February for 29 where there is none."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    earlier = months - (12 * years).astype("timedelta64[M]")
    length = (earlier + 1).astype("datetime64[D]") - earlier.astype("datetime64[D]")
    day = np.minimum((dates - months).astype(np.int64), length.astype(np.int64) - 1)
    return earlier.astype("datetime64[D]").astype(np.int64) + day


def _age(days: np.ndarray, birthdays: np.ndarray) -> np.ndarray:
    """Count the whole years from a birthday to a day."""
    year, place = _year_and_place(days)
    born_year, born_place = _year_and_place(birthdays)
    return np.asarray(year - born_year - (place < born_place))


def _year_and_place(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    in_month = (dates - dates.astype("datetime64[M]")).astype(np.int64)
    return months // 12, months % 12 * 32 + in_month
