"""Which classes may suit a cell better: candidates for exchanges, without comparing all pairs.

Where all key variables are ordered, these are the classes with the nearest means. Where there are
categories, the cells are sorted lexicographically with another column last each time: a cell's
neighbours in that order agree with it in all columns but the last ones, and their classes are the
candidates.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from personatwin_sk.merging._class_state import ClassState
from personatwin_sk.merging._points import Points

__all__ = ["Neighbours"]

_NEAREST = 8  # classes looked at around a cell, its own among them
_OFFSETS = (1, -1, 2, -2)
# Where classes hold many cells, the neighbours next door are mostly of the cell's own class.
_FAR_OFFSETS = (1, -1, 2, -2, 4, -4, 8, -8, 16, -16)
_MANY_CELLS = 16
_MAX_TREE_DIMENSIONS = 24  # beyond, a k-d tree is no faster than comparing everything


class Neighbours:
    """Finds candidate classes for cells, another view of them at each turn.

    Parameters
    ----------
    points : Points
    blocks : numpy.ndarray of int64, shape (n_cells,) or None
        Cells of different blocks are no neighbours.
    """

    def __init__(self, points: Points, blocks: np.ndarray | None) -> None:
        self._points = points
        self._blocks = np.zeros(len(points), dtype=np.int64) if blocks is None else blocks
        n_ordered = points.ordered.shape[1]
        self.by_distance = len(points.weights) == 0 and n_ordered <= _MAX_TREE_DIMENSIONS
        # Heaviest columns first: neighbours in the sorted order then share what matters most.
        columns = [(price, points.ordered[:, j]) for j, price in enumerate(points.ordered_penalty)]
        span = [float(np.ptp(column)) if len(column) else 0.0 for _, column in columns]
        columns = [(p * s, c) for (p, c), s in zip(columns, span, strict=True)]
        columns += list(zip(points.category_penalty, points.categories, strict=True))
        self._columns = [
            columns[i][1] for i in np.argsort([-price for price, _ in columns], kind="stable")
        ]
        self.n_turns = 1 if self.by_distance else len(self._columns)
        self._sorted: dict[int, np.ndarray] = {}
        self._tree = cKDTree(points.ordered if self.by_distance else np.empty((0, 1)))
        # Numbers are cheap to look through several times, and gain most by it.
        self.least_repeats = 4 if self.by_distance else 1

    def sorted_cells(self, turn: int) -> np.ndarray:
        """Give the cells in lexicographic order, the column of this turn last."""
        if turn not in self._sorted:  # the order of cells is the same in every sweep
            keys = [column for i, column in enumerate(self._columns) if i != turn]
            self._sorted[turn] = np.lexsort((self._columns[turn], *reversed(keys), self._blocks))
        return self._sorted[turn]

    def candidates(self, state: ClassState, turn: int) -> list[np.ndarray]:
        """Give for each cell a few classes, one array of shape (n_cells,) per candidate.

        A candidate may be the cell's own class; -1 stands for none.
        """
        own = state.class_of_cell
        if self.by_distance:
            n_classes = len(state.people)
            _, near = cKDTree(state.means()).query(self._points.ordered, k=min(_NEAREST, n_classes))
            near = near.reshape(len(own), -1)
            block = np.empty(n_classes, dtype=np.int64)
            block[own] = self._blocks
            return [np.where(block[column] == self._blocks, column, -1) for column in near.T]
        order = self.sorted_cells(turn)
        found = []
        many = len(own) > _MANY_CELLS * len(state.people)
        for offset in _FAR_OFFSETS if many else _OFFSETS:
            classes = np.full(len(own), -1, dtype=np.int64)
            if abs(offset) < len(order):
                here, there = (
                    (order[:-offset], order[offset:])
                    if offset > 0
                    else (order[-offset:], order[:offset])
                )
                same = self._blocks[here] == self._blocks[there]
                classes[here[same]] = own[there[same]]
            found.append(classes)
        return found

    def exchanges(
        self, state: ClassState, trouble: np.ndarray, turn: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Give pairs of cells of two classes that might change places.

        Parameters
        ----------
        state : ClassState
        trouble : numpy.ndarray of int64, shape (n_classes,)
            The cell that each class would miss least.
        turn : int

        Yields
        ------
        cells, others : numpy.ndarray of int64
        """
        own = state.class_of_cell
        everyone = np.arange(len(own))
        if self.by_distance:
            # For each cell those that lie near the mean of its class and are in another one.
            n_near = min(_NEAREST + 2, len(own))
            _, near = self._tree.query(state.means(), k=n_near)
            for column in near.reshape(len(state.people), -1).T:
                others = column[own]
                apart = (own != own[others]) & (self._blocks == self._blocks[others])
                yield everyone[apart], others[apart]
            return
        for candidate in self.candidates(state, turn):
            cells = np.flatnonzero((candidate >= 0) & (candidate != own))
            yield cells, trouble[candidate[cells]]

    def pairs(self, state: ClassState, turn: int) -> tuple[np.ndarray, np.ndarray]:
        """Give pairs of neighbouring classes, each pair once."""
        own, n_classes = state.class_of_cell, len(state.people)
        if self.by_distance:
            _, near = cKDTree(state.means()).query(state.means(), k=min(_NEAREST + 1, n_classes))
            near = near.reshape(n_classes, -1)
            left = np.repeat(np.arange(n_classes), near.shape[1])
            right = near.ravel()
            block = np.empty(n_classes, dtype=np.int64)
            block[own] = self._blocks
            # A class is mostly its own nearest, but not first where another has the same mean.
            inside = (left != right) & (block[left] == block[right])
            left, right = left[inside], right[inside]
        else:
            order = self.sorted_cells(turn)
            left, right = own[order[:-1]], own[order[1:]]
            inside = (left != right) & (self._blocks[order[:-1]] == self._blocks[order[1:]])
            left, right = left[inside], right[inside]
        number = np.unique(np.minimum(left, right) * n_classes + np.maximum(left, right))
        return number // n_classes, number % n_classes
