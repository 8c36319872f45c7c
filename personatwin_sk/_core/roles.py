"""Which column plays which part: finding columns that parameters name, and numbering people."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.exceptions import ColumnNotFoundError, InputError

__all__ = ["find_column", "find_columns", "person_codes"]


def find_column(table: Table, spec: Any, *, parameter: str, owner: str) -> Hashable | None:
    """Find the one column that a parameter names.

    Parameters
    ----------
    table : Table
    spec : str, int or None
        A column name, or a position. None gives None.
    parameter, owner : str
        Who asks, for the message.

    Raises
    ------
    ColumnNotFoundError
        The column is not in the table.

    Examples
    --------
    >>> table = Table.of(np.zeros((2, 3)))
    >>> find_column(table, 1, parameter="person_id", owner="PersonaMerger")
    1
    """
    if spec is None:
        return None
    name = spec
    is_number = isinstance(spec, int | np.integer) and not isinstance(spec, bool)
    if is_number and spec not in table and -len(table.columns) <= spec < len(table.columns):
        # A number that is no column's name is a position, as in scikit-learn's ColumnTransformer.
        name = table.columns[int(spec)]
    if name not in table:
        known = ", ".join(map(str, table.columns[:20])) + (
            " ..." if len(table.columns) > 20 else ""
        )
        raise ColumnNotFoundError(
            f"{owner}: the parameter {parameter} names the column {spec!r}, "
            f"which is not in the table. Its columns are: {known}."
        )
    return name


def find_columns(table: Table, spec: Any, *, parameter: str, owner: str) -> list[Hashable]:
    """Find the columns that a parameter names; one name is a list of one.

    Raises
    ------
    ColumnNotFoundError
        A column is not in the table.
    InputError
        A column is named twice.
    """
    if isinstance(spec, str | int | np.integer):
        spec = [spec]
    names = [find_column(table, item, parameter=parameter, owner=owner) for item in spec]
    if len(set(names)) < len(names):
        raise InputError(f"{owner}: the parameter {parameter} names a column more than once.")
    return [name for name in names if name is not None]


def person_codes(table: Table, person_id: Hashable | None) -> tuple[np.ndarray, int]:
    """Number the people of a table.

    Parameters
    ----------
    table : Table
    person_id : column or None
        None: one row is one person.

    Returns
    -------
    codes : numpy.ndarray of int64, shape (n_rows,)
        The number of each row's person, by sorted id: the order of rows has no say.
    n_people : int

    Raises
    ------
    InputError
        Some rows have no person id; the message counts them.
    """
    if person_id is None:
        return np.arange(table.n_rows, dtype=np.int64), table.n_rows
    column = table[person_id]
    missing = int(is_null(column).sum())
    if missing:
        raise InputError(
            f"{missing} of {table.n_rows} rows have no person id in column {person_id!r}; "
            "every row must say whose it is. Give these rows an id or remove them."
        )
    codes, values = factorize(column)
    return codes, len(values)
