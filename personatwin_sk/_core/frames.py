"""Tables of any kind in and out: pandas, polars, pyarrow, and two-dimensional arrays.

Inside the package a column is a pandas Series with a plain RangeIndex; on the way out it is put
back into a table of the kind that came in; columns that nobody replaced are not touched at all.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from personatwin_sk.exceptions import ColumnNotFoundError, InputError

__all__ = ["Table", "is_null"]


def is_null(values: Any) -> np.ndarray:
    """Tell which values are null: None, NaN, NaT and pandas.NA are one and the same.

    Parameters
    ----------
    values : array-like of shape (n,)

    Returns
    -------
    numpy.ndarray of bool, shape (n,)

    Examples
    --------
    >>> is_null([1.0, float("nan"), None]).tolist()
    [False, True, True]
    """
    if not isinstance(values, pd.Series | pd.Index | np.ndarray | pd.api.extensions.ExtensionArray):
        values = pd.Series(list(values), dtype=object)
    return np.asarray(pd.isna(values), dtype=bool)


class Table:
    """A table of any kind, read column by column; never modified.

    Make one with :meth:`of`. The methods that change something give a new table.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [30, 40], "sex": ["F", "M"]}, index=[7, 9])
    >>> table = Table.of(frame)
    >>> table.columns, table.n_rows, table.kind
    (('age', 'sex'), 2, 'pandas')
    >>> table.replace({"age": np.array([35, 35])}).to_native()
       age sex
    7   35   F
    9   35   M
    """

    def __init__(self, native: Any, kind: str, columns: tuple[Hashable, ...], n_rows: int) -> None:
        self._native = native
        self.kind = kind
        self.columns = columns
        self.n_rows = n_rows
        self._read: dict[Hashable, pd.Series] = {}

    @classmethod
    def of(cls, X: Any) -> Table:
        """Wrap a pandas, polars or pyarrow table, or a 2-d array (columns 0, 1, ...)."""
        if isinstance(X, Table):
            return X
        if isinstance(X, pd.DataFrame):
            names: tuple[Hashable, ...] = tuple(X.columns)
            kind, n_rows = "pandas", len(X)
        else:
            wrapped = nw.from_native(X, eager_only=True, pass_through=True)
            if isinstance(wrapped, nw.DataFrame):
                kind = "polars" if wrapped.implementation.is_polars() else "pyarrow"
                if kind == "pyarrow" and not wrapped.implementation.is_pyarrow():
                    raise InputError(
                        f"A table of kind {type(X).__name__} is not supported; "
                        "give a pandas, polars or pyarrow table, or a two-dimensional array."
                    )
                X, names, n_rows = wrapped, tuple(wrapped.columns), wrapped.shape[0]
            else:
                X = np.asarray(X)
                if X.ndim != 2:
                    raise InputError(
                        "Expected a table or a two-dimensional array, got an array of "
                        f"{X.ndim} dimension(s)."
                    )
                kind, names, n_rows = "array", tuple(range(X.shape[1])), X.shape[0]
        if len(set(names)) < len(names):
            raise InputError(
                f"{len(names) - len(set(names))} column name(s) stand more than once; "
                "rename the columns so that each name is there once."
            )
        return cls(X, kind, names, n_rows)

    def __contains__(self, name: Hashable) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return self.n_rows

    def __repr__(self) -> str:
        return f"Table(kind={self.kind!r}, n_rows={self.n_rows}, n_columns={len(self.columns)})"

    def __getitem__(self, name: Hashable) -> pd.Series:
        """Read one column as a pandas Series of shape (n_rows,) with a RangeIndex."""
        if name not in self.columns:
            raise ColumnNotFoundError(f"There is no column {name!r} in the table.")
        if name not in self._read:
            if self.kind == "pandas":
                series = _plain(self._native[name].reset_index(drop=True))
            elif self.kind == "array":
                series = _from_array_column(self._native[:, name])
            else:
                series = _from_narwhals(self._native[name])
            self._read[name] = series.rename(name)
        return self._read[name]

    def distinct(self, name: Hashable) -> tuple[np.ndarray, pd.Series] | None:
        """Read a column that is stored as codes, without writing out a value per row.

        Returns
        -------
        (numpy.ndarray of shape (n_rows,), pandas.Series of shape (n_distinct,)) or None
            Codes, and distinct values in no particular order: ``values[codes]`` is the column as
            ``self[name]`` reads it. None where the column is stored otherwise.
        """
        if self.kind != "pandas" or not isinstance(self._native[name].dtype, pd.CategoricalDtype):
            return None
        column = self._native[name]
        raw = column.cat.codes.to_numpy()  # null is -1
        used = np.flatnonzero(np.bincount(raw.astype(np.int64) + 1)) - 1
        values = pd.Categorical.from_codes(used, dtype=column.dtype)
        if len(used) and (used[0] != 0 or used[-1] != len(used) - 1):  # null, or gaps
            place = np.empty(used[-1] + 2, dtype=np.int64)
            place[used] = np.arange(len(used))  # null at the end, where -1 finds it
            raw = place[raw]
        return raw.astype(np.int64, copy=False), _plain(pd.Series(values))

    def replace(
        self, values: Mapping[Hashable, pd.Series | np.ndarray], *, keep_dtype: bool = False
    ) -> Table:
        """Give a table in which some columns have other values.

        Parameters
        ----------
        values : mapping of column -> Series or ndarray of shape (n_rows,)
            Their order is that of the rows; an index is not looked at.
        keep_dtype : bool, default=False
            Cast each new column to the dtype of the one that it replaces, where that can hold it.
        """
        series = {name: _as_series(column, self.n_rows) for name, column in values.items()}
        for name in series:
            if name not in self.columns:
                raise ColumnNotFoundError(f"There is no column {name!r} in the table.")
        if self.kind == "pandas":
            native = self._native.copy(deep=False)
            for name, column in series.items():
                if keep_dtype:
                    column = _cast_pandas(column, self._native[name].dtype)
                # As a Series: pandas would guess a dtype for a bare array of objects.
                native[name] = column.set_axis(native.index)
        elif self.kind == "array":
            native = _replace_in_array(self._native, series, keep_dtype)
        else:
            native = self._native.with_columns(
                *(
                    _to_narwhals(
                        column,
                        self._native,
                        str(name),
                        self._native[name].dtype if keep_dtype else None,
                    )
                    for name, column in series.items()
                )
            )
        return Table(native, self.kind, self.columns, self.n_rows)

    def select(self, names: Iterable[Hashable]) -> Table:
        """Give a table with these columns only, in this order."""
        chosen = list(names)
        for name in chosen:
            if name not in self.columns:
                raise ColumnNotFoundError(f"There is no column {name!r} in the table.")
        if self.kind == "pandas":
            native = self._native[chosen]
        elif self.kind == "array":
            native = self._native[:, chosen]
            # Positions start again at 0: the columns of an array have no other name.
            return Table(native, self.kind, tuple(range(len(chosen))), self.n_rows)
        else:
            native = self._native.select(*chosen)
        return Table(native, self.kind, tuple(chosen), self.n_rows)

    def drop(self, names: Iterable[Hashable]) -> Table:
        """Give a table without these columns."""
        gone = set(names)
        if not gone:
            return self
        return self.select(name for name in self.columns if name not in gone)

    def to_native(self) -> Any:
        """Give the table back as the kind that came in; never the very object that came in.

        scikit-learn's ``set_output`` renames the columns of what it is given, in place.
        """
        if isinstance(self._native, nw.DataFrame):
            return self._native.clone().to_native()
        return self._native.copy() if self.kind == "array" else self._native.copy(deep=False)

    def to_container(self, container: str) -> Any:
        """Give the table back as "pandas" or "polars"; anything else: as the kind that came in."""
        if container == "pandas" and self.kind in ("polars", "pyarrow"):
            return self.to_pandas()
        if container == "polars" and self.kind in ("pandas", "pyarrow"):
            import polars

            empty = nw.from_native(polars.DataFrame(), eager_only=True)
            columns = [_to_narwhals(self[name], empty, str(name), None) for name in self.columns]
            return polars.DataFrame([column.to_native() for column in columns])
        return self.to_native()

    def to_pandas(self) -> pd.DataFrame:
        """Give a pandas copy with a RangeIndex, whatever kind came in."""
        if not self.columns:
            return pd.DataFrame(index=pd.RangeIndex(self.n_rows))
        return pd.concat([self[name] for name in self.columns], axis=1)


def _plain(series: pd.Series) -> pd.Series:
    """Unwrap categorical and sparse columns: their values are what counts, not their storage."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        if not len(series.cat.categories):
            return pd.Series([None] * len(series), dtype=object, index=series.index)
        # The code of null is -1, which is no label of the categories and so gives null.
        values = pd.Series(series.cat.categories).reindex(series.cat.codes.to_numpy())
        return values.set_axis(series.index)
    if isinstance(series.dtype, pd.SparseDtype):
        return series.sparse.to_dense()
    if isinstance(series.dtype, pd.ArrowDtype) and series.dtype.kind in "MO":
        # Arrow's days and decimals have none of pandas' own methods.
        return pd.Series(series.to_numpy(dtype=object, na_value=None)).infer_objects()
    return series


def _from_array_column(column: np.ndarray) -> pd.Series:
    series = pd.Series(column)
    return series.infer_objects() if series.dtype == object else series


def _from_narwhals(column: nw.Series) -> pd.Series:
    dtype = column.dtype
    missing = column.is_null().to_numpy()
    if dtype.is_integer():
        if not missing.any():
            return pd.Series(column.to_numpy())
        values = column.fill_null(0).to_numpy().astype(np.int64)
        return pd.Series(pd.arrays.IntegerArray(values, np.array(missing, dtype=bool)))
    if dtype == nw.Boolean:
        if not missing.any():
            return pd.Series(column.to_numpy())
        values = column.fill_null(False).to_numpy().astype(bool)
        return pd.Series(pd.arrays.BooleanArray(values, np.array(missing, dtype=bool)))
    if dtype.is_float():
        return pd.Series(np.array(column.to_numpy(), dtype=float))
    if dtype == nw.Date or dtype == nw.Datetime:
        series = pd.Series(pd.to_datetime(pd.Series(column.to_numpy())))
        zone = getattr(dtype, "time_zone", None)
        if zone and series.dt.tz is None:
            series = series.dt.tz_localize("UTC").dt.tz_convert(zone)
        return series
    if dtype == nw.Categorical or dtype == nw.Enum:
        column = column.cast(nw.String)
    return pd.Series(column.to_list(), dtype=object)


def _as_series(values: pd.Series | np.ndarray, n_rows: int) -> pd.Series:
    series = pd.Series(values).reset_index(drop=True)
    if len(series) != n_rows:
        raise InputError(f"A new column has {len(series)} values, the table {n_rows} rows.")
    return series


def _cast_pandas(series: pd.Series, dtype: Any) -> pd.Series:
    if isinstance(dtype, pd.SparseDtype):
        dtype = dtype.subtype
    if isinstance(dtype, pd.CategoricalDtype):
        unknown = ~series.isna() & ~series.isin(dtype.categories)
        if unknown.any():  # a new value, such as a label: the old categories cannot hold it
            return series.astype(pd.CategoricalDtype(pd.unique(series.dropna())))
        return series.astype(dtype)
    if isinstance(dtype, np.dtype) and dtype.kind in "iub" and series.isna().any():
        # A plain column of whole numbers or of bools has no null; its nullable twin does.
        return series.astype("boolean" if dtype.kind == "b" else "Int64")
    return series.astype(dtype)


def _replace_in_array(
    array: np.ndarray, series: Mapping[Hashable, pd.Series], keep_dtype: bool
) -> np.ndarray:
    """Put columns into a copy of an array; it keeps its dtype if that can hold the new values."""
    plain = {}
    for name, column in series.items():
        if pd.api.types.is_numeric_dtype(column.dtype):
            has_null = bool(column.isna().any())
            values = (
                column.to_numpy(dtype=float, na_value=np.nan) if has_null else column.to_numpy()
            )
        else:
            values = column.to_numpy(dtype=object)
        plain[name] = values
    dtype = array.dtype
    if dtype.kind != "O":
        for values in plain.values():
            numeric = np.issubdtype(values.dtype, np.number) or values.dtype == bool
            if not numeric or not np.issubdtype(dtype, np.number):
                dtype = np.dtype(object)
                break
            if dtype.kind in "iu" and values.dtype.kind == "f" and not np.isfinite(values).all():
                dtype = np.result_type(dtype, values.dtype)  # whole numbers have no NaN
            fits = np.array_equal(values.astype(dtype), values, equal_nan=True)
            if not (keep_dtype or fits):
                dtype = np.result_type(dtype, values.dtype)
    result = array.astype(dtype)
    for name, values in plain.items():
        result[:, int(str(name))] = values
    return result


def _to_narwhals(series: pd.Series, frame: nw.DataFrame, name: str, dtype: Any) -> nw.Series:
    missing = is_null(series)
    target: Any = None
    if not missing.any() and pd.api.types.is_numeric_dtype(series.dtype):
        values: Any = series.to_numpy()
    elif pd.api.types.is_datetime64_any_dtype(series.dtype):
        zone = series.dt.tz
        plain = series.dt.tz_convert("UTC").dt.tz_localize(None) if zone is not None else series
        values = plain.to_numpy().astype("datetime64[us]")
        target = nw.Datetime("us")
    else:
        values = series.astype(object).where(~missing, None).tolist()
        present = [value for value in values if value is not None]
        if all(isinstance(value, str) for value in present):
            target = nw.String
        elif pd.api.types.is_float_dtype(series.dtype):
            target = nw.Float64
        elif pd.api.types.is_integer_dtype(series.dtype):
            target = nw.Int64
        elif pd.api.types.is_bool_dtype(series.dtype):
            target = nw.Boolean
        elif len({type(value) for value in present}) > 1:
            # Typed tables have no column of mixed types; text holds them all.
            values = [None if value is None else str(value) for value in values]
            target = nw.String
    result = nw.new_series(name, values, target, backend=frame.implementation)
    if dtype is not None and result.dtype != dtype:
        if dtype.is_integer() and result.dtype.is_float():
            result = nw.new_series(
                name,
                series.astype("Int64").astype(object).where(~missing, None).tolist(),
                nw.Int64,
                backend=frame.implementation,
            )
        if dtype in (nw.Enum, nw.Unknown) and frame.implementation.is_polars():
            # Categories of an enum, or that all is null, are known to the column itself only.
            native = frame.get_column(name).to_native().dtype
            return nw.from_native(result.to_native().cast(native), series_only=True)
        result = result.cast(dtype)
    return result
