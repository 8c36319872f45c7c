"""Parquet files of people and events: the same checks as for CSV, with the types as stored."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pandas as pd

from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.exceptions import InputError
from personatwin_sk.release._read_csv import IDS, our_names

__all__ = ["PARQUET_MAGIC", "read_parquet"]

PARQUET_MAGIC = b"PAR1"


def read_parquet(
    name: str, content: bytes, columns: Mapping[str, str], *, optional: bool = False
) -> pd.DataFrame:
    """Read the table under our names.

    Parameters
    ----------
    name : str
        What to call the file in messages.
    content : bytes
    columns : mapping of str to str
        Our name -> the file's.
    optional : bool, default=False
        Whether a column of `columns` may be missing.

    Returns
    -------
    pandas.DataFrame
        Ids are text; blank text is null.

    Raises
    ------
    InputError
        If pyarrow is not there, or the file is damaged, has no rows, or nested columns.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            f"{name} is a Parquet file, and reading it needs pyarrow: "
            "pip install 'personatwin_sk[polars]'"
        ) from None
    try:
        stored = parquet.read_table(io.BytesIO(content))
    except (pyarrow.ArrowException, OSError):
        raise InputError(f"{name} is a Parquet file but damaged or cut off") from None
    names = our_names(
        [column.strip() for column in stored.column_names], columns, optional=optional
    )
    nested = sum(pyarrow.types.is_nested(field.type) for field in stored.schema)
    if nested:
        raise InputError(f"{name} has {nested} columns of lists or records; every cell must be one")
    if not stored.num_rows:
        raise InputError(f"{name} has a header but no rows")
    frame = Table.of(stored.rename_columns(names)).to_pandas()
    for column in frame.columns:
        values = frame[column]
        if column in IDS and values.dtype != object:
            texts = values.astype("Int64") if values.dtype.kind in "iuf" else values
            frame[column] = texts.astype(str).astype(object).where(~is_null(values), None)
        elif values.dtype == object:
            is_text = values.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
            blank = is_text & (values.where(is_text, "x").astype(str).str.strip() == "").to_numpy()
            frame[column] = values.mask(blank, None) if blank.any() else values
    return frame
