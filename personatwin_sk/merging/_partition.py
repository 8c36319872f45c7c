"""Partition of cells into classes of at least k people by a tree of best cuts, a level at a time.

All nodes of a level are cut together: in each node the directions of most spread are tried (ordered
coordinates, their principal direction, and one category against all others), and the cut that takes
away most of the sum of squares while both sides keep at least k people is made. A node that cannot
be cut is a class. The cost is that of sorting the cells once per level: n log n.

References
----------
K. LeFevre, D. DeWitt, R. Ramakrishnan, "Mondrian multidimensional k-anonymity", ICDE 2006.
F. Thaeter, R. Reischuk, "Scalable k-anonymous microaggregation", SECRYPT 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from personatwin_sk.merging._class_state import Prices, group_losses
from personatwin_sk.merging._points import Points
from personatwin_sk.merging._segments import Segments

__all__ = ["best_cuts", "partition"]

_DIRECTIONS = 4  # single coordinates or categories tried in each node
_SMALL_NODE = 8  # in units of k people
_ROUNDING = 1e-12
_POWER_ITERATIONS = 6

# Tells for each group of cells whether it may be a class: (group of each position, n groups).
Veto = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def partition(
    points: Points, k: int, *, blocks: np.ndarray | None = None, allowed: Veto | None = None
) -> np.ndarray:
    """Partition cells into classes of at least k people.

    Parameters
    ----------
    points : Points
        Cells in canonical order; ties are decided by that order.
    k : int
    blocks : numpy.ndarray of int64, shape (n_cells,), optional
        Cells of different blocks are never in one class; a block of fewer than k people is a class
        all the same, for the caller to deal with.
    allowed : callable, optional
        ``allowed(cells, group_of_cell, n_groups)`` tells which groups may be classes; a cut that
        makes one that may not is not made.

    Returns
    -------
    numpy.ndarray of int64, shape (n_cells,)
        The class of each cell, numbered from 0.
    """
    n = len(points)
    prices = Prices.of(points)
    class_of_cell = np.empty(n, dtype=np.int64)
    n_classes = 0
    cells = np.arange(n) if blocks is None else np.argsort(blocks, kind="stable")
    nodes = Segments.from_sorted(np.zeros(n, dtype=np.int64) if blocks is None else blocks[cells])
    while len(cells):
        loss, left = best_cuts(points.take(cells), nodes, k, prices, _vetoed(allowed, cells))
        done = np.isinf(loss)
        at_rest = done[nodes.of_position]
        number = np.cumsum(done) - 1 + n_classes
        class_of_cell[cells[at_rest]] = number[nodes.of_position[at_rest]]
        n_classes += int(done.sum())
        side = 2 * nodes.of_position[~at_rest] + ~left[~at_rest]
        order = np.argsort(side, kind="stable")
        cells = cells[~at_rest][order]
        nodes = Segments.from_sorted(side[order])
    return class_of_cell


def _vetoed(allowed: Veto | None, cells: np.ndarray) -> Callable[..., np.ndarray] | None:
    if allowed is None:
        return None
    return lambda group, n_groups: allowed(cells, group, n_groups)


def best_cuts(
    points: Points,
    nodes: Segments,
    k: int,
    prices: Prices,
    allowed: Callable[[np.ndarray, int], np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the best cut of each node.

    Parameters
    ----------
    points : Points
        The cells of all nodes, node after node.
    nodes : Segments
    k : int
    allowed : callable, optional
        ``allowed(group_of_position, n_groups)`` tells which groups may be classes.

    Returns
    -------
    loss : numpy.ndarray of float, shape (n_nodes,)
        What the node loses once it is cut; infinite where it cannot be.
    left : numpy.ndarray of bool, shape (n_cells,)
        Which cells are on the left side of their node's cut.
    """
    node = nodes.of_position
    total = nodes.sum(points.people)
    mean = nodes.sum(points.people[:, None] * points.ordered) / total[:, None]
    centred = points.ordered - mean[node]
    least = _least_class(points, nodes, k)
    least_loss = np.full(len(nodes), np.inf)
    best_left = np.zeros(len(points), dtype=bool)
    for scores, indicator_weight in _directions(points, centred, nodes, total):
        # One number sorts by node first, then by score, which lies between 0 and 1.
        order = np.argsort(node + scores * 0.999, kind="stable")
        people = points.people[order]
        on_left = nodes.running_sum(people)
        on_right = total[node] - on_left
        possible = _possible(on_left, total[node], least[node], nodes, k)
        # The sum of squares between the sides, over all ordered coordinates and, where the
        # direction is a category against all others, over that category's indicator.
        leaning = nodes.running_sum(people[:, None] * centred[order])
        squares = np.einsum("ij,ij->i", leaning, leaning)
        if indicator_weight.any():
            sorted_scores = scores[order]
            share = nodes.sum(people * sorted_scores) / total
            leaning = nodes.running_sum(people * (sorted_scores - share[node]))
            squares += indicator_weight[node] * leaning * leaning
        gain = np.full(len(points), -1.0)
        gain[possible] = (squares * total[node])[possible] / (on_left * on_right)[possible]
        node_gain, at = nodes.argmax(gain)
        left = np.empty(len(points), dtype=bool)
        left[order] = np.arange(len(points)) <= at[node]
        loss = np.where(node_gain >= 0, _losses(points, nodes, left, prices), np.inf)
        better = loss < least_loss * (1 - _ROUNDING)
        if allowed is not None and better.any():
            fine = allowed(2 * node + ~left, 2 * len(nodes))
            better &= fine[0::2] & fine[1::2]
        least_loss = np.where(better, loss, least_loss)
        best_left = np.where(better[node], left, best_left)
    return least_loss, best_left


def _least_class(points: Points, nodes: Segments, k: int) -> np.ndarray:
    """Give the fewest people that a class of each node can have, shape (n_nodes,).

    It is k, unless the cells are so large that k people cannot be met exactly: where every cell
    holds two people or more, five people take three cells.
    """
    smallest = np.minimum.reduceat(points.people, nodes.starts)
    return np.maximum(k, np.ceil(k / smallest) * smallest)


def _possible(
    on_left: np.ndarray, total: np.ndarray, least: np.ndarray, nodes: Segments, k: int
) -> np.ndarray:
    """Tell after which positions a node may be cut.

    Both sides keep k people. In a small node, where it can be had, the sides also have room for as
    many least classes as the node had: what is left over makes classes larger than they need be.
    """
    on_right = total - on_left
    possible = (on_left >= k) & (on_right >= k)
    frugal = possible & (total < _SMALL_NODE * least)
    frugal &= on_left // least + on_right // least == total // least
    has_frugal = np.zeros(len(nodes), dtype=bool)
    has_frugal[nodes.of_position[frugal]] = True
    return np.where(has_frugal[nodes.of_position], frugal, possible)


def _losses(points: Points, nodes: Segments, left: np.ndarray, prices: Prices) -> np.ndarray:
    """Give the loss of each node once it is cut."""
    loss, _ = group_losses(points, 2 * nodes.of_position + ~left, 2 * len(nodes), prices)
    return loss[0::2] + loss[1::2]


def _directions(
    points: Points, centred: np.ndarray, nodes: Segments, total: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the directions to try.

    Yields
    ------
    scores : numpy.ndarray of float, shape (n_cells,)
        Where each cell lies along its node's direction, from 0 to 1.
    indicator_weight : numpy.ndarray of float, shape (n_nodes,)
        Weight of the squared difference of scores where they are a category's indicator, else 0.
    """
    node = nodes.of_position
    spread, category = _spreads(points, centred, nodes, total)
    by_spread = np.argsort(-spread, axis=1, kind="stable")
    n_ordered = points.ordered.shape[1]
    weights = np.append(np.zeros(n_ordered), points.weights / 2)
    for rank in range(min(_DIRECTIONS, spread.shape[1])):
        axis = by_spread[:, rank][node]
        scores = np.zeros(len(points))
        for j in range(n_ordered):
            rows = np.flatnonzero(axis == j)
            scores[rows] = centred[rows, j]
        for j, codes in enumerate(points.categories):
            rows = np.flatnonzero(axis == n_ordered + j)
            scores[rows] = codes[rows] == category[node[rows], j]
        yield _to_unit(scores, nodes), weights[by_spread[:, rank]]
    if n_ordered > 1:
        yield _to_unit(_principal(centred, points.people, nodes), nodes), np.zeros(len(nodes))


def _to_unit(scores: np.ndarray, nodes: Segments) -> np.ndarray:
    """Bring the scores of each node to 0..1; where they are all equal, to 0.

    Cells that a direction cannot tell apart keep their canonical order: any cut serves then.
    """
    low = np.minimum.reduceat(scores, nodes.starts)
    width = np.maximum.reduceat(scores, nodes.starts) - low
    return (scores - low[nodes.of_position]) / np.where(width > 0, width, 1.0)[nodes.of_position]


def _spreads(
    points: Points, centred: np.ndarray, nodes: Segments, total: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Give each node's spread along each coordinate and along its most telling categories.

    Returns
    -------
    spread : numpy.ndarray of float, shape (n_nodes, n_ordered + n_nominal)
    category : numpy.ndarray of int64, shape (n_nodes, n_nominal)
        The category whose indicator varies most.
    """
    spread = np.empty((len(nodes), centred.shape[1] + len(points.weights)))
    spread[:, : centred.shape[1]] = nodes.sum(points.people[:, None] * centred**2) / total[:, None]
    category = np.empty((len(nodes), len(points.weights)), dtype=np.int64)
    for j, (codes, m) in enumerate(zip(points.categories, points.n_categories, strict=True)):
        held = np.bincount(
            nodes.of_position * m + codes, weights=points.people, minlength=len(nodes) * m
        )
        share = held.reshape(len(nodes), m) / total[:, None]
        # The share nearest to one half varies most.
        category[:, j] = np.argmin(np.abs(share - 0.5), axis=1)
        share = share[np.arange(len(nodes)), category[:, j]]
        spread[:, centred.shape[1] + j] = points.weights[j] / 2 * share * (1 - share)
    return spread, category


def _principal(centred: np.ndarray, people: np.ndarray, nodes: Segments) -> np.ndarray:
    """Give each cell's score along its node's principal direction of the ordered coordinates."""
    node = nodes.of_position
    direction = nodes.sum(people[:, None] * centred**2)
    for _ in range(_POWER_ITERATIONS):
        scores = np.einsum("ij,ij->i", centred, direction[node])
        direction = nodes.sum((people * scores)[:, None] * centred)
        length = np.linalg.norm(direction, axis=1, keepdims=True)
        direction /= np.where(length > 0, length, 1.0)
    # Rounding keeps cells that differ by noise of the arithmetic in their canonical order.
    return np.round(np.einsum("ij,ij->i", centred, direction[node]), 12)
