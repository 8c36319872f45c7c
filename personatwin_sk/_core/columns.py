"""Columns as codes: distinct values in one order that does not depend on the order of rows."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table, is_null

__all__ = ["factorize", "factorize_column", "is_ordered"]


def is_ordered(series: pd.Series) -> bool:
    """Tell whether a column's values have an order and a distance: numbers and dates do.

    Examples
    --------
    >>> is_ordered(pd.Series([1, 2])), is_ordered(pd.Series(["a"])), is_ordered(pd.Series([True]))
    (True, False, False)
    """
    dtype = series.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return False
    return bool(pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype))


def factorize(series: pd.Series) -> tuple[np.ndarray, pd.Series]:
    """Number the distinct values of a column in sorted order.

    Null is a value of its own and comes last. Values of several types in one column are sorted by
    the name of the type, then by value, so that the numbering never depends on the order of rows.

    Parameters
    ----------
    series : pandas.Series of shape (n,)

    Returns
    -------
    codes : numpy.ndarray of int64, shape (n,)
    values : pandas.Series of shape (n_distinct,)
        ``values[codes]`` is the column.

    Examples
    --------
    >>> codes, values = factorize(pd.Series(["b", None, "a", "b"]))
    >>> codes.tolist(), values.tolist()[:2]
    ([1, 2, 0, 1], ['a', 'b'])
    """
    raw, uniques = pd.factorize(series, use_na_sentinel=True)
    distinct = _one_spelling(series, pd.Series(uniques))
    order = _sorted_order(distinct)
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    rank[-1] = len(order)  # pandas codes null as -1, which indexes the last place
    codes = rank[raw]
    values = distinct.take(order).reset_index(drop=True)
    if (raw < 0).any():
        values = _append(values, _one_null(series))
    return codes, values


def factorize_column(table: Table, name: Hashable) -> tuple[np.ndarray, pd.Series]:
    """Number the distinct values of a table's column as :func:`factorize` does.

    Faster where the table itself holds codes: only the distinct values are looked at.

    Parameters
    ----------
    table : Table
    name : column

    Returns
    -------
    codes, values
        As of ``factorize(table[name])``.

    Examples
    --------
    >>> table = Table.of(pd.DataFrame({"sex": pd.Categorical(["M", None, "F", "M"])}))
    >>> codes, values = factorize_column(table, "sex")
    >>> codes.tolist(), values.tolist()[:2]
    ([1, 2, 0, 1], ['F', 'M'])
    """
    stored = table.distinct(name)
    if stored is None:
        return factorize(table[name])
    raw, distinct = stored
    codes, values = factorize(distinct)
    return codes[raw], values


def _one_null(series: pd.Series) -> pd.Series:
    """Give the null of a column; among None, NaN ... it is not the one that came first."""
    nulls = series[is_null(series)]
    if series.dtype == object:
        kinds = sorted(pd.unique(nulls), key=lambda null: type(null).__name__)
        return pd.Series(kinds[:1], dtype=object)
    return nulls.iloc[:1].reset_index(drop=True)


def _one_spelling(series: pd.Series, distinct: pd.Series) -> pd.Series:
    """Write equal numbers of several types in one way, and not as the one that came first."""
    # An equal number of another type would have one of its own among the distinct values.
    if distinct.dtype != object or pd.api.types.infer_dtype(distinct) == "string":
        return distinct
    if not pd.api.types.infer_dtype(series).startswith("mixed"):
        return distinct
    kinds = set(map(type, series.tolist()))
    numbers = {
        kind
        for kind in kinds
        if kind is not np.timedelta64
        and issubclass(kind, int | float | np.integer | np.floating | np.bool_)
    }
    if len(numbers) < 2 or numbers <= {bool, np.bool_}:
        return distinct
    plain = [
        int(value) if type(value) in numbers and float(value).is_integer() else value
        for value in distinct
    ]
    return pd.Series(plain, dtype=object)


def _sorted_order(distinct: pd.Series) -> np.ndarray:
    if distinct.dtype != object:
        return np.asarray(distinct.argsort(kind="stable"), dtype=np.int64)
    items = distinct.tolist()
    if len({type(item) for item in items}) <= 1:
        array = distinct.to_numpy(dtype=object)
        return np.asarray(np.argsort(array, kind="stable"), dtype=np.int64)
    keys = [(type(item).__name__, item) for item in items]
    return np.array(sorted(range(len(items)), key=keys.__getitem__), dtype=np.int64)


def _append(values: pd.Series, null: pd.Series) -> pd.Series:
    if len(values) == 0:
        return null
    if values.dtype != null.dtype:
        values, null = values.astype(object), null.astype(object)
    return pd.concat([values, null], ignore_index=True)
