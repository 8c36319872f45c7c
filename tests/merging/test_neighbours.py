"""Candidates for exchanges: of the own block only, truly near, and each pair of classes once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.merging._class_state import ClassState
from personatwin_sk.merging._neighbours import Neighbours
from personatwin_sk.merging._points import Points

Case = tuple[Points, np.ndarray, np.ndarray]  # points, class of cell, block of cell


@st.composite
def cases(draw: st.DrawFn, nominal: bool) -> Case:
    """Cells whose classes keep to their blocks; few values, so that ties are common."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n = draw(st.integers(2, 14))
    n_ordered, n_nominal = draw(st.integers(1 - nominal, 2)), draw(st.integers(1, 2)) * nominal
    n_classes = draw(st.integers(1, n))
    classes = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)])
    classes = rng.permutation(classes)
    blocks = rng.integers(0, draw(st.integers(1, 3)), n_classes)[classes]
    points = Points(
        ordered=rng.integers(-2, 3, (n, n_ordered)).astype(float),
        ordered_penalty=rng.random(n_ordered),
        categories=tuple(rng.integers(0, 3, n) for _ in range(n_nominal)),
        n_categories=(3,) * n_nominal,
        weights=rng.random(n_nominal),
        category_penalty=rng.random(n_nominal),
        people=rng.integers(1, 4, n).astype(float),
    )
    return points, classes, blocks


def any_case() -> st.SearchStrategy[Case]:
    return st.booleans().flatmap(cases)


def turns(case: Case) -> Iterator[tuple[Neighbours, ClassState, int]]:
    points, classes, blocks = case
    neighbours = Neighbours(points, blocks)
    state = ClassState(points, classes, int(classes.max()) + 1)
    assert neighbours.n_turns >= 1
    for turn in range(neighbours.n_turns):
        yield neighbours, state, turn


def block_of_class(classes: np.ndarray, blocks: np.ndarray) -> dict[int, int]:
    return dict(zip(classes.tolist(), blocks.tolist(), strict=True))


@settings(max_examples=80)
@given(any_case())
def test_candidates_exchanges_and_pairs_keep_to_the_block(case: Case) -> None:
    _, classes, blocks = case
    block = block_of_class(classes, blocks)
    for neighbours, state, turn in turns(case):
        for candidate in neighbours.candidates(state, turn):
            assert len(candidate) == len(classes)
            for cell, label in enumerate(candidate.tolist()):
                assert label == -1 or block[label] == blocks[cell]
        least_missed = np.array([np.flatnonzero(classes == label)[0] for label in sorted(block)])
        for cells, others in neighbours.exchanges(state, least_missed, turn):
            assert (blocks[cells] == blocks[others]).all()
            assert (classes[cells] != classes[others]).all()
        for a, b in zip(*neighbours.pairs(state, turn), strict=True):
            assert block[int(a)] == block[int(b)]


@settings(max_examples=80)
@given(any_case())
def test_each_pair_is_of_two_classes_and_told_once(case: Case) -> None:
    for neighbours, state, turn in turns(case):
        left, right = neighbours.pairs(state, turn)
        pairs = list(zip(left.tolist(), right.tolist(), strict=True))
        assert len(pairs) == len({frozenset(pair) for pair in pairs})
        assert all(a < b for a, b in pairs)


def sorted_by_hand(points: Points, blocks: np.ndarray, turn: int) -> list[int]:
    """Sort cells by block, then the columns that cost most first, the one of this turn last."""
    spans = [
        points.ordered_penalty[j] * (max(column) - min(column))
        for j, column in enumerate(points.ordered.T)
    ]
    columns = [*points.ordered.T, *points.categories]
    prices = [*spans, *points.category_penalty]
    by_price = sorted(range(len(columns)), key=lambda i: -prices[i])
    chosen = [*(i for at, i in enumerate(by_price) if at != turn), by_price[turn]]
    return sorted(
        range(len(points)),
        key=lambda cell: (blocks[cell], *(float(columns[i][cell]) for i in chosen)),
    )


@settings(max_examples=80)
@given(cases(nominal=True))
def test_neighbours_among_categories_stand_next_to_each_other_in_sorted_order(case: Case) -> None:
    points, classes, blocks = case
    for neighbours, state, turn in turns(case):
        order = sorted_by_hand(points, blocks, turn)
        found = neighbours.candidates(state, turn)
        assert len(found) == 4  # one or two places on or back
        for candidate, offset in zip(found, (1, -1, 2, -2), strict=True):
            for place, cell in enumerate(order):
                there = place + offset
                inside = 0 <= there < len(order) and blocks[order[there]] == blocks[cell]
                assert candidate[cell] == (classes[order[there]] if inside else -1)
        expected = {
            frozenset((int(classes[a]), int(classes[b])))
            for a, b in pairwise(order)
            if blocks[a] == blocks[b] and classes[a] != classes[b]
        }
        left, right = neighbours.pairs(state, turn)
        assert {frozenset(p) for p in zip(left.tolist(), right.tolist(), strict=True)} == expected


@settings(max_examples=80)
@given(cases(nominal=False))
def test_candidates_among_numbers_are_the_classes_with_the_nearest_means(case: Case) -> None:
    points, classes, _ = case
    n_classes = int(classes.max()) + 1
    neighbours = Neighbours(points, None)
    assert neighbours.by_distance
    found = np.stack(neighbours.candidates(ClassState(points, classes, n_classes), 0), axis=1)
    means = [
        np.average(points.ordered[classes == g], axis=0, weights=points.people[classes == g])
        for g in range(n_classes)
    ]
    for cell, labels in enumerate(found.tolist()):
        assert len(set(labels)) == len(labels) == min(8, n_classes)
        far = [float(((points.ordered[cell] - mean) ** 2).sum()) for mean in means]
        # Of equally near classes any will do.
        assert [far[g] for g in labels] == pytest.approx(sorted(far)[: len(labels)])


def on_a_line(values: list[float], classes: list[int]) -> tuple[Neighbours, ClassState]:
    n = len(values)
    points = Points(
        ordered=np.array(values, dtype=float)[:, None],
        ordered_penalty=np.ones(1),
        categories=(),
        n_categories=(),
        weights=np.empty(0),
        category_penalty=np.empty(0),
        people=np.ones(n),
    )
    return Neighbours(points, None), ClassState(points, np.array(classes), max(classes) + 1)


def test_a_cell_may_find_its_own_class() -> None:
    neighbours, state = on_a_line([0, 1, 10, 11], [0, 0, 1, 1])
    nearest, other = neighbours.candidates(state, 0)
    assert nearest.tolist() == [0, 0, 1, 1]
    assert other.tolist() == [1, 1, 0, 0]


def test_classes_with_one_mean_are_a_pair() -> None:
    # Twelve classes around the same mean: each cell at -i has its partner at +i.
    values = [sign * i for i in range(1, 13) for sign in (-1, 1)]
    neighbours, state = on_a_line(values, [i // 2 for i in range(24)])
    left, right = neighbours.pairs(state, 0)
    assert (left < right).all()
    assert set(left.tolist()) | set(right.tolist()) == set(range(12))


def test_one_class_has_no_neighbours() -> None:
    neighbours, state = on_a_line([0, 1, 2], [0, 0, 0])
    assert [len(side) for side in neighbours.pairs(state, 0)] == [0, 0]
    for cells, others in neighbours.exchanges(state, np.array([0]), 0):
        assert len(cells) == len(others) == 0
