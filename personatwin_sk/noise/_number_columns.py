"""Reading and writing columns of numbers in the form they came in."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import InputError

__all__ = ["range_of", "read_numbers", "write_numbers"]

_LARGEST = 2**62


def read_numbers(series: pd.Series, *, column: Hashable) -> tuple[np.ndarray, np.ndarray]:
    """Read a column of numbers.

    Parameters
    ----------
    series : pandas.Series of shape (n,)
    column : column
        Its name, for messages.

    Returns
    -------
    numbers : numpy.ndarray of int64 or float64, shape (n,)
        Integers where all of them are, and 0 for null.
    known : numpy.ndarray of bool, shape (n,)
        False where null.

    Raises
    ------
    InputError
        Some values are no finite numbers; the message counts them.

    Examples
    --------
    >>> numbers, known = read_numbers(pd.Series([1, None, 3], dtype="Int64"), column="days")
    >>> numbers.tolist(), known.tolist()
    ([1, 0, 3], [True, False, True])
    """
    known = ~is_null(series)
    if series.dtype == object:
        series = _objects(series, known, column)
    dtype = series.dtype
    if pd.api.types.is_bool_dtype(dtype) or not pd.api.types.is_numeric_dtype(dtype):
        raise _no_numbers(int(known.sum()), len(series), column)
    if pd.api.types.is_integer_dtype(dtype):
        if pd.api.types.is_unsigned_integer_dtype(dtype):
            _refuse(known & (series.fillna(0) > _LARGEST).to_numpy(dtype=bool), column)
        return series.fillna(0).to_numpy(dtype=np.int64), known
    if dtype.kind != "f":
        raise _no_numbers(int(known.sum()), len(series), column)
    numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
    _refuse(known & ~np.isfinite(numbers), column)
    return np.where(known, numbers, 0.0), known


def write_numbers(numbers: np.ndarray, known: np.ndarray, series: pd.Series) -> pd.Series:
    """Write numbers as the column had them: whole ones as integers, null where it was null.

    Parameters
    ----------
    numbers : numpy.ndarray of int64 or float64, shape (n,)
    known : numpy.ndarray of bool, shape (n,)
        False: null.
    series : pandas.Series of shape (n,)
        The column as it came in.

    Returns
    -------
    pandas.Series of shape (n,)
    """
    if series.dtype == object:
        # Which null it was, None or NaN, stays; those that are new are None.
        result = series.to_numpy(dtype=object, copy=True)
        result[~known & ~is_null(series)] = None
        result[known] = numbers[known].tolist()
        return pd.Series(result, dtype=object)
    if known.all():
        return pd.Series(numbers)
    if pd.api.types.is_integer_dtype(series.dtype):
        return pd.Series(pd.arrays.IntegerArray(numbers.astype(np.int64), ~known))
    return pd.Series(np.where(known, numbers, np.nan))


def range_of(series: pd.Series) -> tuple[int, int] | tuple[float, float]:
    """Give the smallest and the largest number that a column's type can hold.

    Examples
    --------
    >>> range_of(pd.Series([1], dtype="uint8")), range_of(pd.Series([1], dtype="Int8"))
    ((0, 255), (-128, 127))
    """
    dtype = getattr(series.dtype, "numpy_dtype", series.dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return max(int(info.min), -_LARGEST), min(int(info.max), _LARGEST)
    if dtype.kind == "f":
        largest = float(np.finfo(dtype).max)
        return -largest, largest
    return -_LARGEST, _LARGEST


def _objects(series: pd.Series, known: np.ndarray, column: Hashable) -> pd.Series:
    """Read a column of objects: Python's own numbers, and nothing that only looks like them."""
    kind = pd.api.types.infer_dtype(series, skipna=True)
    if kind == "empty":
        return pd.Series(np.zeros(len(series), dtype=np.int64))
    if kind not in ("integer", "floating", "mixed-integer-float"):
        is_number = [
            isinstance(value, int | float | np.integer | np.floating)
            and not isinstance(value, bool)
            for value in series[known]
        ]
        raise _no_numbers(len(is_number) - sum(is_number), len(series), column)
    if kind != "integer":
        return series.where(known, np.nan).astype(float)
    try:
        return series.where(known, 0).astype(np.int64)
    except OverflowError:
        raise InputError(
            f"Column {column!r} holds whole numbers that are too large; noise on them would mean "
            "nothing. Name another one in the parameter columns."
        ) from None


def _refuse(bad: np.ndarray, column: Hashable) -> None:
    if bad.any():
        raise InputError(
            f"{int(bad.sum())} of {len(bad)} values of column {column!r} are infinite or too "
            "large; correct them, or make them null."
        )


def _no_numbers(n_bad: int, n_rows: int, column: Hashable) -> InputError:
    return InputError(
        f"{n_bad} of {n_rows} values of column {column!r} are no numbers; convert them, or name "
        "another column in the parameter columns."
    )
