"""Partition of cells into classes of at least k people by a binary tree of best cuts.

A node is cut along the direction, among those of most spread, whose best threshold takes away
most of the sum of squares while both sides keep at least k people. A node that cannot be cut is a
class.
The tree is that of V-Mondrian with a variance criterion (LeFevre, DeWitt, Ramakrishnan, "Mondrian
multidimensional k-anonymity", ICDE 2006; Thaeter and Reischuk, SECRYPT 2021), on weighted cells.
"""

from __future__ import annotations

import numpy as np

__all__ = ["partition_cells"]

_DIRECTIONS = 3  # axes tried beside the principal direction
_POWER_ITERATIONS = 8


def partition_cells(matrix: np.ndarray, people: np.ndarray, k: int) -> np.ndarray:
    """Partition cells into classes of at least k people.

    Parameters
    ----------
    matrix : numpy.ndarray of float, shape (n_cells, n_dimensions)
        Encoded cells in canonical order; ties are decided by that order.
    people : numpy.ndarray of int64, shape (n_cells,)
        People per cell, at least k in all.
    k : int

    Returns
    -------
    numpy.ndarray of int64, shape (n_cells,)
        The class of each cell, numbered from 0.

    Examples
    --------
    >>> matrix = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> partition_cells(matrix, np.array([1, 1, 1, 1]), k=2).tolist()
    [0, 0, 1, 1]
    """
    people = np.asarray(people, dtype=np.int64)
    class_of_cell = np.empty(len(people), dtype=np.int64)
    n_classes = 0
    waiting = [np.arange(len(people))]
    while waiting:
        cells = waiting.pop()
        sides = _cut(matrix[cells], people[cells], k)
        if sides is None:
            class_of_cell[cells] = n_classes
            n_classes += 1
        else:
            # The left side is taken first: the numbering follows the tree from left to right.
            waiting += [cells[~sides], cells[sides]]
    return class_of_cell


def _cut(points: np.ndarray, people: np.ndarray, k: int) -> np.ndarray | None:
    """Find the best cut of a node: True for the cells on its left side; None if there is none."""
    total = int(people.sum())
    if len(people) < 2 or total < 2 * k:
        return None
    weights = people.astype(float)
    # Around the node's own mean the prefix sums below stay small, and so do their rounding errors.
    centred = points - np.average(points, axis=0, weights=weights)
    spread = weights @ (centred * centred)
    best_gain, best_side = -1.0, None
    for scores in _directions(centred, weights, spread):
        order = np.argsort(scores, kind="stable")
        left = np.cumsum(people[order])[:-1]
        allowed = (left >= k) & (total - left >= k)
        if not allowed.any():
            continue
        sums = np.cumsum(centred[order] * weights[order, None], axis=0)[:-1]
        squares = np.einsum("ij,ij->i", sums, sums)
        gain = np.where(allowed, squares * (1.0 / left + 1.0 / (total - left)), -1.0)
        at = int(np.argmax(gain))
        if gain[at] > best_gain * (1 + 1e-12) + 1e-300:
            best_gain = float(gain[at])
            best_side = np.zeros(len(people), dtype=bool)
            best_side[order[: at + 1]] = True
    return best_side


def _directions(centred: np.ndarray, weights: np.ndarray, spread: np.ndarray) -> list[np.ndarray]:
    """Give the scores of the cells along the directions worth trying, most spread first."""
    axes = np.argsort(-spread, kind="stable")[:_DIRECTIONS]
    scores = [centred[:, j] for j in axes if spread[j] > 0]
    if len(scores) > 1:
        direction = spread.copy()
        for _ in range(_POWER_ITERATIONS):
            direction = centred.T @ (weights * (centred @ direction))
            length = np.linalg.norm(direction)
            if length == 0:
                break
            direction /= length
        # Rounding keeps cells that differ by noise of the arithmetic in their canonical order.
        scores.append(np.round(centred @ direction, 12))
    if not scores:
        # Cells that the encoding cannot tell apart are still different cells: any order serves.
        scores.append(np.arange(len(weights), dtype=float))
    return scores
