"""Cells of one table found among those of another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import Cells, group_rows
from personatwin_sk._core.frames import is_null

__all__ = ["find_cells"]


def find_cells(cells: Cells, seen: Cells) -> np.ndarray:
    """Find cells among those that were seen before.

    Parameters
    ----------
    cells, seen : Cells
        Of the same columns.

    Returns
    -------
    numpy.ndarray of int64, shape (n_cells,)
        The number of the equal cell of `seen`; -1 for a cell that it does not have.

    Examples
    --------
    >>> seen, _ = Cells.from_columns([pd.Series([30, 40]), pd.Series(["F", None])])
    >>> new, _ = Cells.from_columns([pd.Series([30, 40.0]), pd.Series(["M", None])])
    >>> find_cells(new, seen).tolist()
    [-1, 1]
    """
    translated = [
        _positions_of(new, old) for old, new in zip(seen.values, cells.values, strict=True)
    ]
    codes = np.stack(
        [positions[cells.codes[:, j]] for j, positions in enumerate(translated)], axis=1
    )
    known = np.flatnonzero((codes >= 0).all(axis=1))
    both = np.concatenate([seen.codes, codes[known]])
    group, _ = group_rows([both[:, j] for j in range(both.shape[1])])
    n_seen = len(seen)
    cell_of_group = np.full(int(group.max(initial=-1)) + 1, -1, dtype=np.int64)
    cell_of_group[group[:n_seen]] = np.arange(n_seen)
    result = np.full(len(cells), -1, dtype=np.int64)
    result[known] = cell_of_group[group[n_seen:]]
    return result


def _positions_of(values: pd.Series, seen: pd.Series) -> np.ndarray:
    """Find each distinct value among those seen at fit; -1 where it is new. Null equals null."""
    missing, seen_missing = is_null(values), is_null(seen)
    known = np.flatnonzero(~seen_missing)
    index = pd.Index(seen[~seen_missing])
    if index.dtype != values.dtype:
        # The same number may come as another dtype, as where only one of two tables has nulls.
        index, values = index.astype(object), values.astype(object)
    at = index.get_indexer(pd.Index(values[~missing]))
    positions = np.full(len(values), -1, dtype=np.int64)
    positions[~missing] = np.where(at >= 0, known[at] if len(known) else -1, -1)
    if missing.any() and seen_missing.any():
        positions[missing] = int(np.flatnonzero(seen_missing)[0])
    return positions
