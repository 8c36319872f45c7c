"""Refinement of a partition: exchanges between neighbouring classes that lower the loss.

In turn cells move to a better class, two cells change places, two classes are joined and cut anew,
a class is dissolved among its neighbours, and a class of 2k people or more is split. Exchanges are
weighed in vectorised batches in which every class takes part at most once, so that each gain is
exact and the loss falls monotonically.

The loss is the sum of squares and the certainty penalty together, each relative to where refinement
began. A sweep that raised either of the two over its own beginning is taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from personatwin_sk.merging._class_state import ClassState, Prices, group_losses
from personatwin_sk.merging._neighbours import Neighbours
from personatwin_sk.merging._partition import best_cuts
from personatwin_sk.merging._points import Points
from personatwin_sk.merging._segments import Segments, gather_segments, without_gaps

__all__ = ["refine"]

# A sweep that lowers the loss by less than this share of it is the last.
_LEAST_PROGRESS = 1e-3
_ROUNDING = 1e-12
# Cells looked at in one refinement: millions of people get fewer turns than thousands.
_MOST_WORK = 800_000
# A class takes part in one exchange per batch: classes of many cells need more batches.
_FEW_CELLS = 5
_CELLS_A_REPEAT = 3
_MOST_REPEATS = 12


@dataclass(frozen=True)
class _Rules:
    """What every class has to obey."""

    k: int
    max_class_size: float
    allowed: Callable[[np.ndarray, np.ndarray, int], np.ndarray] | None
    prices: Prices


@dataclass
class _Budget:
    """Work that is left, in cells looked at: unlike time, the same on every machine."""

    left: float

    @property
    def is_spent(self) -> bool:
        return self.left <= 0

    def spend(self, work: float) -> None:
        self.left -= work


def refine(
    points: Points,
    class_of_cell: np.ndarray,
    k: int,
    sweeps: int,
    *,
    blocks: np.ndarray | None = None,
    max_class_size: float = np.inf,
    allowed: Callable[[np.ndarray, np.ndarray, int], np.ndarray] | None = None,
) -> np.ndarray:
    """Refine a partition.

    Parameters
    ----------
    points : Points
    class_of_cell : numpy.ndarray of int64, shape (n_cells,)
        Classes from 0; each obeys all rules.
    k : int
    sweeps : int
        At most so many rounds over all kinds of exchange.
    blocks, allowed
        As in :func:`~personatwin_sk.merging._partition.partition`.
    max_class_size : float
        No class grows beyond so many people.

    Returns
    -------
    numpy.ndarray of int64, shape (n_cells,)
    """
    state = ClassState(points, class_of_cell, int(class_of_cell.max()) + 1)
    if len(state.people) < 2:
        return class_of_cell
    squares, penalty = state.squares_total(), state.penalty_total()
    rules = _Rules(k, max_class_size, allowed, Prices.of(points))
    neighbours = Neighbours(points, blocks)
    best = class_of_cell
    budget = _Budget(_MOST_WORK)
    for _ in range(sweeps):
        refined = _sweep(points, best, rules, neighbours, budget)
        state = ClassState(points, refined, int(refined.max()) + 1)
        new_squares, new_penalty = state.squares_total(), state.penalty_total()
        if new_squares > squares * (1 + _ROUNDING) or new_penalty > penalty * (1 + _ROUNDING):
            break
        before = rules.prices.squares * squares + rules.prices.penalty * penalty
        after = rules.prices.squares * new_squares + rules.prices.penalty * new_penalty
        best, squares, penalty = refined, new_squares, new_penalty
        if before - after < _LEAST_PROGRESS * before or budget.is_spent:
            break
    return best


def _sweep(
    points: Points,
    class_of_cell: np.ndarray,
    rules: _Rules,
    neighbours: Neighbours,
    budget: _Budget,
) -> np.ndarray:
    beyond_few = len(points) / (int(class_of_cell.max()) + 1) - _FEW_CELLS
    repeats = neighbours.least_repeats
    repeats += min(_MOST_REPEATS, max(0, int(beyond_few / _CELLS_A_REPEAT)))
    for turn in range(neighbours.n_turns):
        if budget.is_spent:
            return class_of_cell
        budget.spend(len(points))
        for step in (_move, _swap):
            for _ in range(repeats):
                before = class_of_cell
                class_of_cell = step(points, class_of_cell, rules, neighbours, turn)
                if np.array_equal(before, class_of_cell):
                    break
        for _ in range((repeats + 1) // 2):
            before = class_of_cell
            class_of_cell = _recut(points, class_of_cell, rules, neighbours, turn)
            if np.array_equal(before, class_of_cell):
                break
    class_of_cell = _dissolve(points, class_of_cell, rules, neighbours)
    return _split(points, class_of_cell, rules)


def _gain(
    state: ClassState, rules: _Rules, out: np.ndarray, into: np.ndarray, back: np.ndarray | None
) -> np.ndarray:
    """Tell how much an exchange lowers the loss."""
    return -(
        rules.prices.squares * state.squares_change(out, into, back)
        + rules.prices.penalty * state.penalty_change(out, into, back)
    )


def _move(
    points: Points, class_of_cell: np.ndarray, rules: _Rules, neighbours: Neighbours, turn: int
) -> np.ndarray:
    """Move cells out of classes that can spare them."""
    state = ClassState(points, class_of_cell, int(class_of_cell.max()) + 1)
    spared = state.gain_of_leaving(rules.prices)
    # Joining always costs something: only who is better gone is worth a look.
    mobile = (state.people[class_of_cell] - points.people >= rules.k) & (spared > _ROUNDING)
    out, into, gain = [], [], []
    for candidate in neighbours.candidates(state, turn):
        cells = np.flatnonzero(mobile & (candidate >= 0) & (candidate != class_of_cell))
        classes = candidate[cells]
        fits = state.people[classes] + points.people[cells] <= rules.max_class_size
        cells, classes = cells[fits], classes[fits]
        out.append(cells)
        into.append(classes)
        gain.append(spared[cells] - state.price_of_joining(rules.prices, cells, classes))
    return _apply(
        state, rules, np.concatenate(out), np.concatenate(into), None, np.concatenate(gain)
    )


def _swap(
    points: Points, class_of_cell: np.ndarray, rules: _Rules, neighbours: Neighbours, turn: int
) -> np.ndarray:
    """Let two cells of neighbouring classes change places."""
    state = ClassState(points, class_of_cell, int(class_of_cell.max()) + 1)
    spared = state.gain_of_leaving(rules.prices)
    trouble = _greatest_of_class(spared, class_of_cell)
    out, back, gain = [], [], []
    for cells, others in neighbours.exchanges(state, trouble, turn):
        # What both classes are spared, less the price of joining, is about the most to win.
        classes = class_of_cell[others]
        hope = spared[cells] + spared[others]
        hope -= state.price_of_joining(rules.prices, cells, classes)
        difference = points.people[cells] - points.people[others]
        size_own = state.people[class_of_cell[cells]] - difference
        size_other = state.people[classes] + difference
        fits = (
            (hope > _ROUNDING)
            & (np.minimum(size_own, size_other) >= rules.k)
            & (np.maximum(size_own, size_other) <= rules.max_class_size)
        )
        cells, others = cells[fits], others[fits]
        out.append(cells)
        back.append(others)
        gain.append(_gain(state, rules, cells, class_of_cell[others], others))
    back_cells = np.concatenate(back)
    return _apply(
        state,
        rules,
        np.concatenate(out),
        class_of_cell[back_cells],
        back_cells,
        np.concatenate(gain),
    )


def _greatest_of_class(values: np.ndarray, class_of_cell: np.ndarray) -> np.ndarray:
    """Give of each class the cell with the greatest value, the first of equals."""
    order = np.lexsort((np.arange(len(values)), -values, class_of_cell))
    return order[Segments.from_sorted(class_of_cell[order]).starts]


def _apply(
    state: ClassState,
    rules: _Rules,
    out: np.ndarray,
    into: np.ndarray,
    back: np.ndarray | None,
    gain: np.ndarray,
) -> np.ndarray:
    """Make the best exchanges, every class in one at most."""
    useful = np.flatnonzero(gain > _ROUNDING)
    useful = useful[np.lexsort((into[useful], out[useful], -gain[useful]))]
    source = state.class_of_cell[out]
    chosen = useful[_each_class_once([source[useful], into[useful]], len(state.people))]
    refined = state.class_of_cell.copy()
    refined[out[chosen]] = into[chosen]
    if back is not None:
        refined[back[chosen]] = source[chosen]
    return _undo_what_is_not_allowed(state.class_of_cell, refined, rules)


def _each_class_once(classes: list[np.ndarray], n_classes: int) -> np.ndarray:
    """Choose, in order, proposals that share no class with a better one.

    A proposal is chosen if it is the first of all that name any of its classes: a good rule for one
    batch, because what it leaves out is weighed again in the next.
    """
    rank = np.arange(len(classes[0]))
    first = np.full(n_classes, len(rank))
    for column in classes:
        np.minimum.at(first, column, rank)
    return np.flatnonzero(np.all([first[column] == rank for column in classes], axis=0))


def _undo_what_is_not_allowed(before: np.ndarray, after: np.ndarray, rules: _Rules) -> np.ndarray:
    """Take back exchanges that made a class which may not be; classes keep their numbers."""
    if rules.allowed is None:
        return after
    changed = np.flatnonzero(before != after)
    if not len(changed):
        return after
    n_classes = int(max(before.max(), after.max())) + 1
    fine = rules.allowed(np.arange(len(after)), after, n_classes)
    # Every class was in one exchange: where one side is wrong, both sides' cells go back.
    wrong = ~(fine[before[changed]] & fine[after[changed]])
    guilty = np.zeros(n_classes, dtype=bool)
    guilty[before[changed[wrong]]] = guilty[after[changed[wrong]]] = True
    back = changed[guilty[before[changed]] | guilty[after[changed]]]
    result = after.copy()
    result[back] = before[back]
    return result


def _recut(
    points: Points, class_of_cell: np.ndarray, rules: _Rules, neighbours: Neighbours, turn: int
) -> np.ndarray:
    """Join pairs of neighbouring classes and cut each pair anew where that is better."""
    n_classes = int(class_of_cell.max()) + 1
    state = ClassState(points, class_of_cell, n_classes)
    left, right = neighbours.pairs(state, turn)
    if not len(left):
        return class_of_cell
    if not neighbours.by_distance:
        # Pairs that lose much between them come first: there is most to win.
        loss = rules.prices.losses(state)
        order = np.lexsort((right, left, -(loss[left] + loss[right])))
        left, right = left[order], right[order]
        taken = _each_class_once([left, right], n_classes)
        left, right = left[taken], right[taken]
    cells, pairs = _cells_of_pairs(class_of_cell, left, right, n_classes)
    inside = points.take(cells)
    _, on_left = best_cuts(inside, pairs, rules.k, rules.prices)
    pair = pairs.of_position
    gain = _gain_of_pairs(inside, class_of_cell[cells] == left[pair], on_left, pairs, rules)
    useful = np.flatnonzero(gain > _ROUNDING)
    useful = useful[np.argsort(-gain[useful], kind="stable")]
    chosen = np.zeros(len(left), dtype=bool)
    chosen[useful[_each_class_once([left[useful], right[useful]], n_classes)]] = True
    moved = chosen[pair]
    proposed = class_of_cell.copy()
    proposed[cells[moved]] = np.where(on_left, left[pair], right[pair])[moved]
    return _undo_what_is_not_allowed(class_of_cell, proposed, rules)


def _cells_of_pairs(
    class_of_cell: np.ndarray, left: np.ndarray, right: np.ndarray, n_classes: int
) -> tuple[np.ndarray, Segments]:
    """Bring together the cells of each pair of classes; a class may be in several pairs."""
    by_class = np.argsort(class_of_cell, kind="stable")
    size = np.bincount(class_of_cell, minlength=n_classes)
    first = np.cumsum(size) - size
    members = np.stack([left, right], axis=1).ravel()
    count = size[members]
    start = np.cumsum(count) - count
    position = np.arange(int(count.sum())) - np.repeat(start - first[members], count)
    pair = np.repeat(np.arange(len(members)) // 2, count)
    cells = by_class[position]
    # Within a pair the cells stand in canonical order, whichever class comes first.
    order = np.lexsort((cells, pair))
    return cells[order], Segments.from_sorted(pair[order])


def _gain_of_pairs(
    inside: Points, before: np.ndarray, after: np.ndarray, pairs: Segments, rules: _Rules
) -> np.ndarray:
    """Tell how much less each pair of classes loses if it is cut anew.

    Parameters
    ----------
    inside : Points
        The cells of all pairs, pair after pair.
    before, after : numpy.ndarray of bool, shape (n_cells,)
        Which cells are in the first class of their pair.
    """
    losses = []
    for first in (before, after):
        loss, people = group_losses(
            inside, 2 * pairs.of_position + ~first, 2 * len(pairs), rules.prices
        )
        losses.append(loss[0::2] + loss[1::2])
        first_people, second_people = people[0::2], people[1::2]
    fits = (np.minimum(first_people, second_people) >= rules.k) & (
        np.maximum(first_people, second_people) <= rules.max_class_size
    )
    return np.where(fits, losses[0] - losses[1], -1.0)


def _dissolve(
    points: Points, class_of_cell: np.ndarray, rules: _Rules, neighbours: Neighbours
) -> np.ndarray:
    """Give the cells of a class to its neighbours where all lose less that way."""
    n_classes = int(class_of_cell.max()) + 1
    if n_classes < 2:
        return class_of_cell
    state = ClassState(points, class_of_cell, n_classes)
    everyone = np.arange(len(points))
    best_price = np.full(len(points), np.inf)
    best_class = np.full(len(points), -1, dtype=np.int64)
    for turn in range(neighbours.n_turns):
        for candidate in neighbours.candidates(state, turn):
            cells = everyone[(candidate >= 0) & (candidate != class_of_cell)]
            classes = candidate[cells]
            price = state.price_of_joining(rules.prices, cells, classes)
            price[state.people[classes] + points.people[cells] > rules.max_class_size] = np.inf
            better = price < best_price[cells]
            best_price[cells[better]] = price[better]
            best_class[cells[better]] = classes[better]
    loss = rules.prices.losses(state)
    price = np.bincount(class_of_cell, weights=best_price, minlength=n_classes)
    gain = np.where(np.isfinite(price), loss - np.where(np.isfinite(price), price, 0), -1.0)
    # Each receiver takes one cell in a batch, so that the prices stay exact.
    wanted = gain > _ROUNDING
    cells = np.flatnonzero(wanted[class_of_cell])
    pair = np.unique(class_of_cell[cells] * n_classes + best_class[cells])
    n_receivers = np.bincount(pair // n_classes, minlength=n_classes)
    n_cells = np.bincount(class_of_cell, minlength=n_classes)
    wanted &= n_receivers == n_cells
    rank = np.full(n_classes, n_classes)
    order = np.lexsort((np.arange(n_classes), -gain))
    rank[order] = np.arange(n_classes)
    cells = np.flatnonzero(wanted[class_of_cell])
    first = np.full(n_classes, n_classes)
    source = class_of_cell[cells]
    np.minimum.at(first, source, rank[source])
    np.minimum.at(first, best_class[cells], rank[source])
    holds = (first[source] == rank[source]) & (first[best_class[cells]] == rank[source])
    refused = np.zeros(n_classes, dtype=bool)
    refused[source[~holds]] = True
    go = cells[~refused[source]]
    result = class_of_cell.copy()
    result[go] = best_class[go]
    if rules.allowed is not None:
        fine = rules.allowed(everyone, result, n_classes)
        wrong = np.zeros(n_classes, dtype=bool)
        wrong[class_of_cell[go[~fine[result[go]]]]] = True
        back = go[wrong[class_of_cell[go]]]
        result[back] = class_of_cell[back]
    return without_gaps(result)


def _split(points: Points, class_of_cell: np.ndarray, rules: _Rules) -> np.ndarray:
    """Split classes that have come to hold 2k people or more."""
    n_classes = int(class_of_cell.max()) + 1
    people = np.bincount(class_of_cell, weights=points.people, minlength=n_classes)
    large = np.flatnonzero(people >= 2 * rules.k)
    number = np.full(n_classes, -1, dtype=np.int64)
    number[large] = np.arange(len(large))
    cells, nodes = gather_segments(class_of_cell, number)
    if not len(cells):
        return class_of_cell
    allowed = None
    if rules.allowed is not None:
        veto = rules.allowed
        allowed = lambda group, n_groups: veto(cells, group, n_groups)  # noqa: E731
    cut_loss, on_left = best_cuts(points.take(cells), nodes, rules.k, rules.prices, allowed)
    apart = np.isfinite(cut_loss)[nodes.of_position] & ~on_left
    result = class_of_cell.copy()
    result[cells[apart]] = n_classes + nodes.of_position[apart]
    return without_gaps(result)
