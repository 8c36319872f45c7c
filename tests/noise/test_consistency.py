"""Consistent counts against least squares, exact optimality conditions, and brute force."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from personatwin_sk.noise._consistency import (
    consistent_counts,
    nearest_shares,
    pooled,
    whole_numbers,
)

SMALL = st.integers(-30, 30)


@given(st.integers(1, 6).flatmap(lambda m: st.lists(SMALL, min_size=m, max_size=m)), st.data())
def test_the_nearest_point_meets_the_conditions_of_the_optimum(row, data) -> None:
    total = data.draw(st.integers(0, 60))
    shares = nearest_shares(np.array([row], dtype=float), np.array([total]))[0]
    # Exact solution by trying all sets of positive places (Karush, Kuhn, Tucker).
    best = None
    for size in range(1, len(row) + 1):
        for inside in itertools.combinations(range(len(row)), size):
            level = Fraction(sum(row[place] for place in inside) - total, size)
            point = [row[i] - level if i in inside else Fraction(0) for i in range(len(row))]
            if min(point) < 0:
                continue
            distance = sum((row[i] - point[i]) ** 2 for i in range(len(row)))
            if best is None or distance < best[0]:
                best = (distance, point)
    np.testing.assert_allclose(shares, [float(value) for value in best[1]], atol=1e-9)


@given(st.integers(1, 5).flatmap(lambda m: st.lists(st.integers(0, 40), min_size=m, max_size=m)))
def test_whole_numbers_are_the_nearest_that_keep_the_sum(numerators) -> None:
    total = -(-sum(numerators) // 7)
    numerators = [*numerators, 7 * total - sum(numerators)]
    shares = np.array([numerators]) / 7
    found = whole_numbers(shares, np.array([total]), np.zeros_like(shares))[0]
    assert found.sum() == total
    assert found.min() >= 0
    exact = [Fraction(value, 7) for value in numerators]
    candidates = itertools.product(*((int(value), int(value) + 1) for value in exact))
    least = min(
        sum((value - own) ** 2 for value, own in zip(exact, candidate, strict=True))
        for candidate in candidates
        if sum(candidate) == total
    )
    assert sum((v - int(own)) ** 2 for v, own in zip(exact, found, strict=True)) == least


def test_equal_remainders_go_to_the_smallest_word_not_to_the_first() -> None:
    shares = np.full((1, 4), 0.25)
    for winner in range(4):
        words = np.arange(4, dtype=np.uint64)[None, :] + 1
        words[0, winner] = 0
        assert whole_numbers(shares, np.array([1]), words)[0].argmax() == winner


def test_a_last_digit_does_not_decide_who_is_rounded_up() -> None:
    shares = np.array([[0.5 + 1e-13, 0.5 - 1e-13]])
    words = np.array([[1, 0]], dtype=np.uint64)
    assert whole_numbers(shares, np.array([1]), words).tolist() == [[0, 1]]


@pytest.mark.parametrize("variances", [(1.0, 2.0, 3.0), (50.0, 1.0, 0.1), (0.01, 5.0, 200.0)])
def test_estimates_are_those_of_weighted_least_squares(variances) -> None:
    # A root, 3 children, 4 leaves each: 16 noisy counts of 12 unknowns.
    rng = np.random.default_rng(1)
    levels = [rng.normal(1200, 30, 1), rng.normal(400, 30, 3), rng.normal(100, 30, 12)]
    design = np.vstack([np.ones((1, 12)), np.kron(np.eye(3), np.ones((1, 4))), np.eye(12)])
    weights = np.repeat([variance**-0.5 for variance in variances], [1, 3, 12])
    leaves, *_ = np.linalg.lstsq(
        design * weights[:, None], np.concatenate(levels) * weights, rcond=None
    )
    root, middle, fine = pooled(levels, variances)
    assert root[0] == pytest.approx(leaves.sum())
    # Children shifted evenly to their parent, then theirs: the second pass.
    middle = middle + (root[0] - middle.sum()) / 3
    fine = fine.reshape(3, 4)
    fine = fine + (middle - fine.sum(axis=1))[:, None] / 4
    np.testing.assert_allclose(fine.ravel(), leaves)
    # Nothing is near zero here, so that the projection is that shift.
    whole = consistent_counts(levels, variances, [np.arange(len(level)) for level in levels])
    np.testing.assert_allclose(whole[-1], leaves, atol=3)


@given(
    arrays(np.int64, 1, elements=SMALL),
    arrays(np.int64, 3, elements=SMALL),
    arrays(np.int64, 12, elements=SMALL),
    st.tuples(*[st.floats(0.01, 100)] * 3),
)
def test_counts_add_up_and_none_is_negative(root, middle, fine, variances) -> None:
    levels = [root, middle, fine]
    counts = consistent_counts(levels, variances, [np.zeros_like(level) for level in levels])
    for level in counts:
        assert level.dtype == np.int64
        assert level.min() >= 0
    np.testing.assert_array_equal(counts[2].reshape(3, 4).sum(axis=1), counts[1])
    assert counts[1].sum() == counts[0][0]


@given(arrays(np.int64, (3, 4), elements=st.integers(0, 50)))
def test_true_counts_stay_what_they_are(fine) -> None:
    levels = [fine.sum(keepdims=True).ravel(), fine.sum(axis=1), fine.ravel()]
    ties = [np.zeros_like(level) for level in levels]
    for before, after in zip(levels, consistent_counts(levels, (1, 2, 3), ties), strict=True):
        np.testing.assert_array_equal(before, after)


def test_several_roots_keep_totals_of_their_own() -> None:
    counts = consistent_counts(
        [np.array([10, -2]), np.array([6, 6, 3, -9])], (1e-9, 1.0), [np.zeros(2), np.arange(4)]
    )
    assert [level.tolist() for level in counts] == [[10, 0], [5, 5, 0, 0]]


def test_a_more_precise_level_decides() -> None:
    levels, ties = [np.array([100]), np.array([30, 30])], [np.zeros(1), np.arange(2)]
    assert consistent_counts(levels, (1e-6, 1.0), ties)[0].tolist() == [100]
    assert consistent_counts(levels, (1.0, 1e-6), ties)[0].tolist() == [60]
    # Variances 1 of the total and 1 + 1 of the sum: two thirds of the way to the total.
    assert consistent_counts(levels, (1.0, 1.0), ties)[0].tolist() == [87]
