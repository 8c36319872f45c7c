"""The exact optimum on a line, against trying every way of cutting it."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.merging import PersonaMerger
from personatwin_sk.merging._line import partition_line


def squared_error(values: np.ndarray, people: np.ndarray, classes: np.ndarray) -> float:
    total = 0.0
    for label in np.unique(classes):
        inside = classes == label
        mean = np.average(values[inside], weights=people[inside])
        total += float((people[inside] * (values[inside] - mean) ** 2).sum())
    return total


def every_way(n: int) -> itertools.chain:
    """All ways of cutting n values in a row into runs."""
    return itertools.chain.from_iterable(
        itertools.combinations(range(1, n), r) for r in range(0, n)
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-20, 20), st.integers(1, 6)),
        min_size=1,
        max_size=9,
        unique_by=lambda pair: pair[0],
    ),
    st.integers(1, 12),
)
def test_no_way_of_cutting_is_better(pairs: list[tuple[int, int]], k: int) -> None:
    pairs = sorted(pairs)
    values = np.array([v for v, _ in pairs], dtype=float)
    people = np.array([w for _, w in pairs], dtype=float)
    if people.sum() < k:
        return
    best = np.inf
    for cuts in every_way(len(values)):
        classes = np.zeros(len(values), dtype=int)
        classes[list(cuts)] = 1
        classes = np.cumsum(classes)
        if np.bincount(classes, weights=people).min() >= k:
            best = min(best, squared_error(values, people, classes))
    got = partition_line(values, people, k)
    assert np.bincount(got, weights=people).min() >= k
    assert (np.diff(got) >= 0).all()
    assert squared_error(values, people, got) == pytest.approx(best, abs=1e-9)


def test_a_merger_of_one_number_finds_the_optimum() -> None:
    ages = [20, 21, 22, 40, 41, 42, 43, 90, 91]
    released = (
        PersonaMerger(k=2).fit(pd.DataFrame({"age": ages})).apply(pd.DataFrame({"age": ages}))
    )
    # 40 41 | 42 43 is better than 40 41 42 43, and 20 21 22 cannot be cut in two.
    assert released.tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 3]


def test_many_values_with_heavy_ones_among_them() -> None:
    rng = np.random.default_rng(0)
    values = np.unique(rng.normal(size=3000))
    people = rng.integers(1, 4, len(values)).astype(float)
    people[::100] = 50
    classes = partition_line(values, people, 7)
    sizes = np.bincount(classes, weights=people)
    assert sizes.min() >= 7
    # Every heavy value could stand alone, and no run could be cut in two.
    for label in np.flatnonzero(sizes >= 14):
        inside = np.flatnonzero(classes == label)
        left = np.cumsum(people[inside])[:-1]
        assert not ((left >= 7) & (sizes[label] - left >= 7)).any()
