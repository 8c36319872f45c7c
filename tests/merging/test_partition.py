"""The tree of cuts: every class holds k people, and each cut is the best of its direction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from personatwin_sk.merging._partition import partition
from personatwin_sk.merging._points import Points


def partition_cells(coordinates: np.ndarray, people: np.ndarray, k: int) -> np.ndarray:
    """Partition points that have ordered coordinates only."""
    d = coordinates.shape[1]
    return partition(
        Points(
            ordered=coordinates - np.average(coordinates, axis=0, weights=people),
            ordered_penalty=np.ones(d),
            categories=(),
            n_categories=(),
            weights=np.empty(0),
            category_penalty=np.empty(0),
            people=people.astype(float),
        ),
        k,
    )


def squared_error(points: np.ndarray, people: np.ndarray) -> float:
    mean = (points * people[:, None]).sum(axis=0) / people.sum()
    return float((((points - mean) ** 2).sum(axis=1) * people).sum())


@st.composite
def weighted_cells(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, int]:
    n = draw(st.integers(1, 25))
    d = draw(st.integers(1, 3))
    # A coarse grid makes equal coordinates, and so ties, common.
    points = draw(hnp.arrays(np.int64, (n, d), elements=st.integers(0, 4))).astype(float)
    points = np.unique(points, axis=0)
    people = np.array(draw(st.lists(st.integers(1, 7), min_size=len(points), max_size=len(points))))
    k = draw(st.integers(1, int(people.sum())))
    return points, people, k


@settings(max_examples=150, deadline=None)
@given(weighted_cells())
def test_every_class_holds_k_people_and_none_could_be_cut_along_an_axis(
    case: tuple[np.ndarray, np.ndarray, int],
) -> None:
    points, people, k = case
    classes = partition_cells(points, people, k)
    sizes = np.bincount(classes, weights=people)
    assert sizes.min() >= k
    assert set(classes.tolist()) == set(range(len(sizes)))
    for label in range(len(sizes)):
        inside = np.flatnonzero(classes == label)
        for j in range(points.shape[1]):
            if len(np.unique(points[inside, j])) < 2:
                continue
            order = inside[np.argsort(points[inside, j], kind="stable")]
            left = np.cumsum(people[order])[:-1]
            # Had a cut along the widest axis been allowed, the tree would have made one.
            spread = np.var(points[inside], axis=0)
            if j == int(np.argmax(spread)) and (spread == spread[j]).sum() == 1:
                assert not ((left >= k) & (sizes[label] - left >= k)).any()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 50), min_size=2, max_size=12, unique=True),
    st.integers(1, 4),
    st.randoms(use_true_random=False),
)
def test_a_single_cut_on_a_line_is_the_best_of_all_cuts(values: list[int], k: int, random) -> None:
    points = np.array(sorted(values), dtype=float)[:, None]
    people = np.array([random.randint(1, 3) for _ in values])
    total = int(people.sum())
    if not 2 * k <= total < 3 * k:  # room for exactly two classes
        return
    classes = partition_cells(points, people, k)
    allowed = [
        squared_error(points[:i], people[:i]) + squared_error(points[i:], people[i:])
        for i in range(1, len(points))
        if people[:i].sum() >= k and people[i:].sum() >= k
    ]
    reached = sum(
        squared_error(points[classes == c], people[classes == c]) for c in np.unique(classes)
    )
    best = min(allowed) if allowed else squared_error(points, people)
    assert reached == pytest.approx(best, abs=1e-9)


def test_cells_that_hold_k_people_stay_whole() -> None:
    points = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert len(set(partition_cells(points, np.array([5, 5, 6, 9]), 5).tolist())) == 4


def test_cells_that_the_encoding_cannot_tell_apart_are_still_cut() -> None:
    points = np.zeros((6, 2))
    sizes = np.bincount(partition_cells(points, np.full(6, 3), 3), weights=np.full(6, 3))
    assert sizes.tolist() == [3] * 6


def test_too_few_people_for_two_classes_stay_together() -> None:
    assert partition_cells(np.array([[0.0], [9.0]]), np.array([4, 5]), 5).tolist() == [0, 0]


def test_a_large_cell_beside_a_small_one_is_one_class() -> None:
    # 1000 people and 2 people: the two cannot stand alone.
    assert partition_cells(np.array([[0.0], [1.0]]), np.array([1000, 2]), 5).tolist() == [0, 0]
