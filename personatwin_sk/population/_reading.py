"""Reading what a cell asks for: a value, a label, a (low, high) pair, or a set of these."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table
from personatwin_sk._core.labels import Interval, Label, ValueSet, parse_label


def read_table(frame: Any) -> tuple[Table, pd.Index]:
    """Read a table of any kind, and the index that an answer about its rows takes.

    Parameters
    ----------
    frame : table
        pandas, polars or pyarrow.

    Returns
    -------
    table : Table
    index : pandas.Index
    """
    table = Table.of(frame)
    return table, frame.index if isinstance(frame, pd.DataFrame) else pd.RangeIndex(table.n_rows)


def distinct_cells(column: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Number the distinct cells of a column; null is None, and comes last.

    Parameters
    ----------
    column : Series of shape (n_rows,)
        Cells may be lists, sets or arrays.

    Returns
    -------
    codes : ndarray of int64, shape (n_rows,)
    cells : list
        ``cells[codes[row]]`` is the cell of a row.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.population._reading import distinct_cells
    >>> codes, cells = distinct_cells(pd.Series(["b", None, {"a"}, "b"]))
    >>> codes.tolist(), cells
    ([0, 2, 1, 0], ['b', frozenset({'a'}), None])
    """
    try:
        codes, uniques = pd.factorize(column, use_na_sentinel=True)
    except TypeError:
        # Lists, sets and arrays have no hash.
        hashable = (
            frozenset(cell) if isinstance(cell, list | set | np.ndarray) else cell
            for cell in column
        )
        frozen = np.fromiter(hashable, dtype=object, count=len(column))
        codes, uniques = pd.factorize(frozen, use_na_sentinel=True)
    cells = list(uniques)
    missing = codes < 0
    if missing.any():
        codes = np.where(missing, len(cells), codes)
        cells.append(None)
    return codes.astype(np.int64), cells


def is_number(value: Any) -> bool:
    """Return whether a value is a number (True and False are not).

    Parameters
    ----------
    value : object
        Any value.
    """
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def members(cell: Any) -> tuple[Label, ...]:
    """Return the labels of which a cell asks for any one; (None,) where it says nothing.

    Parameters
    ----------
    cell : object
        A value, the text of a label, a label, a (low, high) pair, a set or a list.

    Returns
    -------
    tuple of Label

    Raises
    ------
    ValueError
        If a pair has its low end above its high end.

    Examples
    --------
    >>> from personatwin_sk.population._reading import members
    >>> members("30-39|85+")
    (Interval(low=30, high=39), Interval(low=85, high=inf))
    >>> members((30, 39))
    (Interval(low=30, high=39),)
    """
    if isinstance(cell, tuple) and len(cell) == 2 and all(map(is_number, cell)):
        if any(end != end for end in cell):
            return (None,)
        return (Interval(*cell),)
    if isinstance(cell, set | frozenset | list | tuple | np.ndarray):
        return _flatten(members(member) for member in cell) if len(cell) else (None,)
    label = parse_label(cell.strip() if isinstance(cell, str) else cell)
    if isinstance(label, ValueSet):
        return _flatten(members_of_label(member) for member in label.members)
    return members_of_label(label)


def members_of_label(label: Label) -> tuple[Label, ...]:
    """Return the members of a label that may be a set in a set.

    Parameters
    ----------
    label : Label
        Any label.
    """
    if isinstance(label, ValueSet):
        return _flatten(members_of_label(member) for member in label.members)
    return (label,)


def _flatten(groups: Iterable[tuple[Label, ...]]) -> tuple[Label, ...]:
    return tuple(label for group in groups for label in group)
