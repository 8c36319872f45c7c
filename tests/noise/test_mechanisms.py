"""The matrices against their closed forms, the sampler against the probabilities it claims."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from personatwin_sk.noise._mechanisms import draw, invariant_matrix, uniform_matrix

counts = st.lists(st.integers(0, 1000), min_size=1, max_size=8)
probabilities = st.floats(0, 1)


@given(counts, probabilities)
def test_invariant_matrix_is_stochastic_and_keeps_the_distribution(weights, flip):
    matrix = invariant_matrix(np.array(weights), flip)
    assert (matrix >= 0).all()
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-12)
    total = sum(weights)
    shares = np.array(weights) / total if total else np.full(len(weights), 1 / len(weights))
    np.testing.assert_allclose(shares @ matrix, shares, atol=1e-12)


@given(counts.filter(sum), probabilities)
def test_expected_share_that_changes_is_the_flip_probability_or_the_cap(weights, flip):
    matrix = invariant_matrix(np.array(weights), flip)
    shares = np.array(weights) / sum(weights)
    changed = 1 - (shares * np.diag(matrix)).sum()
    assert changed == pytest.approx(min(flip, 1 - (shares**2).sum()), abs=1e-12)


def test_invariant_matrix_literally():
    # pi = (3/4, 1/4): 1 - sum of squares = 3/8, so t = .15 / .375 = .4.
    expected = [[0.6 + 0.4 * 0.75, 0.4 * 0.25], [0.4 * 0.75, 0.6 + 0.4 * 0.25]]
    np.testing.assert_allclose(invariant_matrix(np.array([30, 10]), 0.15), expected)


def test_invariant_matrix_never_draws_what_has_no_share():
    matrix = invariant_matrix(np.array([5, 0, 5]), 0.2)
    assert matrix[0, 1] == matrix[2, 1] == 0
    assert matrix[1, 1] < 1  # but what was not seen at fit is exchanged like the others


def test_nothing_known_is_the_uniform_exchange():
    np.testing.assert_allclose(invariant_matrix(np.zeros(4), 0.3), uniform_matrix(4, 0.3))


@pytest.mark.parametrize("flip", [0.0, 0.5, 1.0])
def test_a_single_category_stays(flip):
    assert invariant_matrix(np.array([7]), flip).tolist() == [[1.0]]
    assert uniform_matrix(1, flip).tolist() == [[1.0]]


@given(st.integers(2, 9), probabilities)
def test_uniform_matrix(n, flip):
    matrix = uniform_matrix(n, flip)
    np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-12)
    assert np.diag(matrix) == pytest.approx(1 - flip)
    off = matrix[~np.eye(n, dtype=bool)]
    assert off == pytest.approx(flip / (n - 1))


def test_draw_inverts_each_row_by_brute_force():
    rng = np.random.default_rng(0)
    matrix = rng.dirichlet(np.ones(4), size=4)
    codes = rng.integers(0, 4, 500)
    unit = rng.random(500)
    expected = []
    for code, u in zip(codes, unit, strict=True):
        choice, passed = 0, matrix[code, 0]
        while u >= passed:
            choice += 1
            passed += matrix[code, choice]
        expected.append(choice)
    assert draw(matrix, codes, unit).tolist() == expected


@given(st.integers(0, 2), st.sampled_from([0.0, 0.5, np.nextafter(1, 0)]))
def test_draw_never_gives_what_has_no_probability(code, u):
    matrix = np.array([[0.0, 1.0, 0.0], [0.1, 0.0, 0.9], [1 / 3, 2 / 3, 0.0]])
    released = draw(matrix, np.array([code]), np.array([u]))[0]
    assert matrix[code, released] > 0


def test_draw_copes_with_a_sum_a_hair_below_one():
    row = np.full(10, 0.1)  # its cumulative sum ends at 0.9999999999999999
    assert np.cumsum(row)[-1] < 1
    matrix = np.tile(row, (10, 1))
    assert draw(matrix, np.array([3]), np.array([np.nextafter(1, 0)])).tolist() == [9]


def test_draw_follows_the_matrix():
    rng = np.random.default_rng(3)
    matrix = np.array([[0.7, 0.2, 0.1], [0.05, 0.9, 0.05], [0.3, 0.3, 0.4]])
    codes = np.repeat([0, 1, 2], 20_000)
    released = draw(matrix, codes, rng.random(len(codes)))
    for code in range(3):
        observed = np.bincount(released[codes == code], minlength=3)
        assert stats.chisquare(observed, 20_000 * matrix[code]).pvalue > 1e-3
