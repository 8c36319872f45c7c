"""Two tables side by side: what was there and what is released, column by column."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import find_columns
from personatwin_sk.exceptions import InputError

__all__ = ["Columns", "read_pair", "require_aligned", "suppressed_rows"]

Columns = str | int | Sequence[Hashable]


def read_pair(
    original: Any, released: Any, roles: dict[str, Any], *, owner: str
) -> tuple[Table, Table, dict[str, list[Hashable]]]:
    """Read both tables and find the columns that parameters name, which both must have.

    Parameters
    ----------
    original, released : table or array-like
    roles : dict of str to column, sequence of columns or None
        What each parameter names; None names nothing.
    owner : str
        Who asks, for the message.

    Returns
    -------
    before, after : Table
    found : dict of str to list of columns

    Raises
    ------
    ColumnNotFoundError
        A column is in one of the tables only, or in none.
    InputError
        One of the tables has no rows.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [30, 40]})
    >>> read_pair(table, table, {"columns": "age", "by": None}, owner="k_marginal")[2]
    {'columns': ['age'], 'by': []}
    """
    before, after = Table.of(original), Table.of(released)
    found = {}
    for parameter, spec in roles.items():
        names = () if spec is None else spec
        found[parameter] = find_columns(before, names, parameter=parameter, owner=owner)
        find_columns(
            after, found[parameter], parameter=parameter, owner=f"{owner} (released table)"
        )
    for table, name in ((before, "original"), (after, "released")):
        if table.n_rows == 0:
            raise InputError(f"{owner}: the {name} table has no rows.")
    return before, after, found


def require_aligned(before: Table, after: Table, *, owner: str) -> None:
    """Refuse two tables whose rows cannot be the same rows.

    Raises
    ------
    InputError
        They have different numbers of rows.

    Examples
    --------
    >>> require_aligned(Table.of(np.zeros((2, 1))), Table.of(np.ones((2, 1))), owner="ncp")
    """
    if before.n_rows != after.n_rows:
        raise InputError(
            f"{owner}: the original has {before.n_rows} rows and the release {after.n_rows}; "
            "row i of one must be row i of the other."
        )


def suppressed_rows(
    before: Table, after: Table, columns: Sequence[Hashable], person_id: Hashable | None
) -> np.ndarray:
    """Tell which rows of a release were suppressed.

    Parameters
    ----------
    before, after : Table
        Row i of one is row i of the other.
    columns : sequence of columns
        What is released of a person.
    person_id : column or None

    Returns
    -------
    numpy.ndarray of bool, shape (n_rows,)
        Where the released person id is null; without one, where all columns are null and not all of
        the original ones were.

    Examples
    --------
    >>> import pandas as pd
    >>> before = Table.of(pd.DataFrame({"age": [30.0, None]}))
    >>> after = Table.of(pd.DataFrame({"age": [None, None]}))
    >>> suppressed_rows(before, after, ["age"], None).tolist()
    [True, False]
    """
    if person_id is not None and person_id in after:
        return is_null(after[person_id])
    if not columns:
        return np.zeros(after.n_rows, dtype=bool)
    gone, absent = (
        np.logical_and.reduce([is_null(table[name]) for name in columns])
        for table in (after, before)
    )
    return gone & ~absent
