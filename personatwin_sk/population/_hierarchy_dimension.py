"""One column of a table of counts whose values lie in a user's hierarchy."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from personatwin_sk._core.frames import is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.labels import ValueSet, split_members
from personatwin_sk.population._dimension import Query, count_overlaps


class HierarchyDimension:
    """A column of a table of counts with a hierarchy: a label covers the leaves below it.

    It answers like a `Dimension`. Every node is a run of leaf numbers, so that a query covers the
    cells whose runs lie in its own, and a part of a cell in whose run its own lies.

    Parameters
    ----------
    name : str
        Its name.
    cells : sequence of length n_cells
        The distinct cells: labels of any level, or None.
    hierarchy : Hierarchy

    Attributes
    ----------
    unknown_cells : ndarray of bool, shape (n_cells,)
        Cells that are neither null nor in the hierarchy; a table must not have any.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk._core.hierarchy import Hierarchy
    >>> from personatwin_sk.population._hierarchy_dimension import HierarchyDimension
    >>> towns = pd.DataFrame({"town": ["Lyon", "Bron", "Nice"], "area": ["Rhone", "Rhone", "Var"]})
    >>> dimension = HierarchyDimension("town", ["Bron", "Nice"], Hierarchy.from_frame(towns))
    >>> query = dimension.ask(["Rhone", "Nice", "Lyon"])
    >>> query.starts.tolist(), query.covered.tolist(), query.level.tolist()
    ([0, 1, 2, 2], [0, 1], [1, 0, 0])
    """

    def __init__(self, name: Hashable, cells: Sequence[Any], hierarchy: Hierarchy) -> None:
        self.name = name
        self.n_cells = len(cells)
        self.hierarchy = hierarchy
        node = hierarchy.find(cells)
        self.unknown_cells = (node < 0) & ~is_null(list(cells))
        self._node_of_cell = node
        known = np.flatnonzero(node >= 0)
        first, size = hierarchy.spans(node[known])
        order = np.argsort(self._key(first, size), kind="stable")
        self._number, self._size = known[order], size[order]
        self._keys = self._key(first, size)[order]

    def _key(self, first: np.ndarray, size: np.ndarray) -> np.ndarray:
        """Give runs of leaves numbers in whose order each run is followed by those inside it."""
        return first * (self.hierarchy.n_leaves + 1) + self.hierarchy.n_leaves - size

    def count_overlaps(self, codes: np.ndarray, others: Sequence[np.ndarray]) -> int:
        """Count the rows of a table whose label lies in another label of the same people.

        Parameters
        ----------
        codes : ndarray of int, shape (n_rows,)
            The cell of this dimension in each row of the table.
        others : sequence of ndarray of int, shape (n_rows,)
            The cells of the other dimensions: rows that have them alike are of the same people.

        Returns
        -------
        int
        """
        first, size = self.hierarchy.spans(np.arange(self.hierarchy.n_nodes))
        band = self._node_of_cell[codes]
        return count_overlaps(band, first, first + size - 1, others, whole=True)

    def ask(self, cells: Sequence[Any]) -> Query:
        """Read what the distinct cells of a queried column cover.

        Parameters
        ----------
        cells : sequence of length n
            Labels, sets of them, or None.

        Returns
        -------
        Query
            ``split`` where a label is finer than the cell of the table that has it: its share of
            the leaves is then taken.
        """
        owner, node, says_nothing, unknown = self._read(cells)
        owner, node = self._union(owner, node)
        level = np.full(len(cells), -1, dtype=np.int64)
        np.maximum.at(level, owner, self.hierarchy.level_of(node))
        owner, cell, n_leaves, size = self._cells_of(owner, node)
        # Two finer labels may each have their part of the same cell.
        pair, first, group = np.unique(
            owner * self.n_cells + cell, return_index=True, return_inverse=True
        )
        together = np.bincount(group.reshape(-1), weights=n_leaves, minlength=len(pair))
        owner, cell, shares = owner[first], cell[first], together / size[first]
        split = np.zeros(len(cells), dtype=bool)
        split[owner[shares < 1]] = True
        counts = np.bincount(owner, minlength=len(cells))
        return Query(
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            covered=cell,
            shares=shares,
            says_nothing=says_nothing,
            unknown=unknown,
            split=split,
            level=level,
        )

    def _read(self, cells: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Find the nodes that cells name: whose and which; who says nothing, who asks in vain."""
        node = self.hierarchy.find(cells)
        owner = np.arange(len(cells))
        rest = np.flatnonzero(node < 0)
        pieces = [list(_pieces(cells[position])) for position in rest.tolist()]
        others = np.repeat(rest, [len(piece) for piece in pieces])
        texts = [text for piece in pieces for text in piece]
        null = is_null(texts)
        found = self.hierarchy.find(texts)
        says_nothing, unknown = np.zeros(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool)
        says_nothing[others[null]] = True
        unknown[others[~null & (found < 0)]] = True
        unknown &= ~says_nothing
        owner = np.concatenate([owner[node >= 0], others])
        node = np.concatenate([node[node >= 0], found])
        usable = (node >= 0) & ~says_nothing[owner] & ~unknown[owner]
        return owner[usable], node[usable], says_nothing, unknown

    def _union(self, owner: np.ndarray, node: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Leave out the nodes that lie in other nodes of the same owner."""
        first, size = self.hierarchy.spans(node)
        order = np.lexsort((self._key(first, size), owner))
        owner, node = owner[order], node[order]
        # Owners stand apart by more than there are leaves, so that no run reaches the next one.
        ends = owner * (self.hierarchy.n_leaves + 1) + (first + size)[order]
        reach = np.maximum.accumulate(np.concatenate([[-1], ends]))[:-1]
        return owner[ends > reach], node[ends > reach]

    def _cells_of(
        self, owner: np.ndarray, node: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Give the cells of the table that nodes share leaves with.

        Returns
        -------
        owner, cell : ndarray of int64, shape (n,)
        n_leaves, size : ndarray of int64, shape (n,)
            How many leaves of the cell the node has, and how many the cell has.
        """
        first, size = self.hierarchy.spans(node)
        start = np.searchsorted(self._keys, self._key(first, size), "left")
        stop = np.searchsorted(self._keys, (first + size) * (self.hierarchy.n_leaves + 1), "left")
        below = _expand(start, stop)
        parts = [(owner[below[0]], below[1], self._size[below[1]])]
        last = size
        for level in self.hierarchy.levels:
            above_first, above_size = self.hierarchy.spans(self.hierarchy.climb(node, level))
            key = self._key(above_first, above_size)
            # Paris in Paris is no wider: the same cells would be taken twice.
            wider = above_size > last
            last = above_size
            start = np.searchsorted(self._keys, key, "left")
            stop = np.where(wider, np.searchsorted(self._keys, key, "right"), start)
            who, position = _expand(start, stop)
            parts.append((owner[who], position, size[who]))
        owner, position, n_leaves = (np.concatenate(part) for part in zip(*parts, strict=True))
        return owner, self._number[position], n_leaves, self._size[position]


def _expand(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write ranges out: whose each entry is, and the entry."""
    sizes = stop - start
    who = np.repeat(np.arange(len(start)), sizes)
    within = np.arange(len(who)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return who, start[who] + within


def _pieces(cell: Any) -> Iterable[Any]:
    """Give the labels of which a cell asks for any one, as texts; None where it says nothing.

    They are not parsed: "10-19" may be the label of a node.
    """
    if isinstance(cell, ValueSet):
        cell = cell.members
    if isinstance(cell, set | frozenset | list | tuple | np.ndarray):
        if not len(cell):
            yield None
        for member in cell:
            yield from _pieces(member)
    elif isinstance(cell, str):
        for text in split_members(cell):
            yield text.strip() or None
    else:
        yield cell
