"""Counts in a hierarchy of cells: small ones suppressed, and others with them where it takes that.

A parent's count is the sum of its children's, so that one suppressed child can be worked out from
the others. Here every count that is shown, and everything that is left of a count when those shown
below it are taken off, rests on at least k people; and what is left stands for two cells or more.

All that is shown can be written as sums of disjoint blocks of rows: the shown cells of the finest
level, and what is left of each cell above. Whatever follows from the counts by adding and taking
off is a sum of blocks again, and each block holds k people.

References
----------
L. Willenborg, T. de Waal, "Elements of Statistical Disclosure Control", Springer 2001, chapter 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.cells import group_rows

__all__ = ["CountLevel", "shown_counts"]


@dataclass(frozen=True)
class CountLevel:
    """The cells of one level, in lexicographic order.

    Attributes
    ----------
    first_row : numpy.ndarray of int64, shape (n_cells,)
        A row of each cell: its labels are the cell's.
    parent : numpy.ndarray of int64, shape (n_cells,)
        Number of the cell one level up; 0 for the root itself.
    count : numpy.ndarray of int64, shape (n_cells,)
        Rows.
    people : numpy.ndarray of int64, shape (n_cells,)
        Distinct people; not to be published beside the counts, as sums of people overlap.
    shown : numpy.ndarray of bool, shape (n_cells,)
        Whether the count may be published.
    left : numpy.ndarray of int64, shape (n_cells,)
        Rows of a shown cell that no shown cell of the next level holds.
    left_people : numpy.ndarray of int64, shape (n_cells,)
        The people of those rows.
    cell_of_row : numpy.ndarray of int64, shape (n_rows,)
    """

    first_row: np.ndarray
    parent: np.ndarray
    count: np.ndarray
    people: np.ndarray
    shown: np.ndarray
    left: np.ndarray
    left_people: np.ndarray
    cell_of_row: np.ndarray


def shown_counts(codes: Sequence[np.ndarray], people: np.ndarray, k: int) -> list[CountLevel]:
    """Decide which counts of a hierarchy can be shown.

    Parameters
    ----------
    codes : sequence of numpy.ndarray of int64, each of shape (n_rows,)
        A column of codes from 0 per level, coarsest first.
    people : numpy.ndarray of int64, shape (n_rows,)
        Whose row it is.
    k : int
        People that every figure has to rest on.

    Returns
    -------
    list of CountLevel, of length n_levels + 1
        The first is the root, a single cell of all rows; none at all without rows.

    Examples
    --------
    Six people in "a", five in "b", one in "c": shown alone, "a" and "b" would give "c" away.

    >>> rows = np.repeat([0, 1, 2], [6, 5, 1])
    >>> root, cells = shown_counts([rows], np.arange(12), k=5)
    >>> cells.shown.tolist(), root.count.tolist(), root.left.tolist()
    ([True, False, False], [12], [6])
    """
    if not len(people):
        return []
    everything = np.zeros(len(people), dtype=np.int64)
    node = [everything, *(group_rows(codes[: i + 1])[0] for i in range(len(codes)))]
    levels: list[CountLevel] = []
    for depth, cell in enumerate(node):
        n_cells = int(cell.max()) + 1
        first = np.empty(n_cells, dtype=np.int64)
        first[cell[::-1]] = np.arange(len(cell) - 1, -1, -1)
        count = np.bincount(cell, minlength=n_cells)
        behind = _distinct_people(cell, people, n_cells)
        if depth == 0:
            parent, shown = np.zeros(1, dtype=np.int64), behind >= k
        else:
            above = levels[-1]
            parent = above.cell_of_row[first]
            shown = _shown_below(above, cell, parent, count, behind, people, k)
        nothing = np.zeros(n_cells, dtype=np.int64)
        levels.append(CountLevel(first, parent, count, behind, shown, nothing, nothing, cell))
    return _with_what_is_left(levels, people)


def _shown_below(
    above: CountLevel,
    cell: np.ndarray,
    parent: np.ndarray,
    count: np.ndarray,
    behind: np.ndarray,
    people: np.ndarray,
    k: int,
) -> np.ndarray:
    """Tell which cells below the shown ones are shown."""
    # Below a cell that is not shown nothing is: it would be a lower bound of what is hidden.
    possible = above.shown[parent]
    small = possible & (behind < k)
    n_parents = len(above.count)
    n_small = np.bincount(parent[small], minlength=n_parents)
    rows = np.flatnonzero(small[cell])
    together = _distinct_people(above.cell_of_row[rows], people[rows], n_parents)
    # So are small ones that do not have k people together, and any that stands alone.
    lacking = (n_small > 0) & (together < k)
    # The smallest of those that could be shown goes as well: it alone has k people.
    large = np.flatnonzero(possible & ~small & lacking[parent])
    order = large[np.lexsort((large, count[large], behind[large], parent[large]))]
    is_first = np.diff(parent[order], prepend=-1) != 0
    shown = possible & ~small
    shown[order[is_first]] = False
    return np.asarray(shown)


def _with_what_is_left(levels: Sequence[CountLevel], people: np.ndarray) -> list[CountLevel]:
    result = []
    for own, below in zip(levels, [*levels[1:], None], strict=True):
        n_cells = len(own.count)
        left, left_people = np.zeros((2, n_cells), dtype=np.int64)
        if below is not None:
            rows = np.flatnonzero(own.shown[own.cell_of_row] & ~below.shown[below.cell_of_row])
            left = np.bincount(own.cell_of_row[rows], minlength=n_cells)
            left_people = _distinct_people(own.cell_of_row[rows], people[rows], n_cells)
        result.append(
            CountLevel(
                own.first_row,
                own.parent,
                own.count,
                own.people,
                own.shown,
                left,
                left_people,
                own.cell_of_row,
            )
        )
    return result


def _distinct_people(cell: np.ndarray, people: np.ndarray, n_cells: int) -> np.ndarray:
    if not len(cell):
        return np.zeros(n_cells, dtype=np.int64)
    _, first = group_rows([cell, people])
    return np.bincount(cell[first], minlength=n_cells)
