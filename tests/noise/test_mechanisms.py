"""The matrices against their closed forms, the sampler against the probabilities it claims."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from personatwin_sk.noise._mechanisms import (
    draw,
    draw_numbers,
    invariant_matrix,
    to_weights,
    two_stage_matrix,
    uniform_matrix,
)

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


TOTAL = 2**62
stochastic = st.integers(1, 6).flatmap(
    lambda m: st.lists(
        st.lists(st.integers(0, 50), min_size=m, max_size=m).filter(any), min_size=m, max_size=m
    )
)


def normalised(rows):
    matrix = np.array(rows, dtype=float)
    return matrix / matrix.sum(axis=1, keepdims=True)


@given(stochastic, st.data())
def test_two_stage_matrix_keeps_any_distribution(rows, data):
    matrix = normalised(rows)
    m = len(matrix)
    weights = np.array(data.draw(st.lists(st.integers(0, 1000), min_size=m, max_size=m)))
    result = two_stage_matrix(matrix, weights)
    assert (result >= 0).all()
    np.testing.assert_allclose(result.sum(axis=1), 1, atol=1e-12)
    shares = weights / weights.sum() if weights.sum() else np.full(m, 1 / m)
    np.testing.assert_allclose(shares @ result, shares, atol=1e-12)
    assert (result[:, shares == 0] == 0).all()


def test_two_stage_matrix_by_bayes_rule():
    """The second stage draws from what is true given what was released: counted out by hand."""
    matrix, shares = np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0.25, 0.75])
    # Of the first stage's outcomes, 0 has .2 + .3 = .5 and 1 has .05 + .45 = .5.
    back = np.array([[0.4, 0.6], [0.1, 0.9]])
    np.testing.assert_allclose(two_stage_matrix(matrix, shares), matrix @ back, atol=1e-15)


def test_two_stage_never_ends_at_what_has_no_share():
    """The second category comes from nowhere but itself: from it, everything is drawn anew."""
    result = two_stage_matrix(np.eye(3), np.array([3, 0, 1]))
    assert result.tolist() == [[1, 0, 0], [0.75, 0, 0.25], [0, 0, 1]]


def test_two_stage_of_no_exchange_is_none():
    np.testing.assert_allclose(two_stage_matrix(np.eye(3), np.array([5, 2, 1])), np.eye(3))


@given(stochastic)
def test_weights_are_the_probabilities(rows):
    matrix = normalised(rows)
    weights = to_weights(matrix)
    assert all(sum(row) == TOTAL for row in weights.tolist())
    assert ((weights == 0) == (matrix == 0)).all() and (weights >= 0).all()
    np.testing.assert_allclose(weights / TOTAL, matrix, rtol=0, atol=2**-52)


def test_weights_of_what_does_not_add_up_exactly():
    row = np.full(10, 0.1)  # its cumulative sum ends at 0.9999999999999999
    assert np.cumsum(row)[-1] < 1
    weights = to_weights(row[np.newaxis])[0]
    assert sum(weights.tolist()) == TOTAL
    assert draw([weights], np.array([0]), np.array([TOTAL - 1])).tolist() == [9]


def test_draw_numbers_are_the_upper_bits():
    hashes = np.array([0, 3, 4, 2**63, 2**64 - 1], dtype=np.uint64)
    assert draw_numbers(hashes).tolist() == [0, 0, 1, 2**61, TOTAL - 1]


def test_draw_inverts_each_row_by_brute_force():
    rng = np.random.default_rng(0)
    weights = to_weights(rng.dirichlet(np.ones(4), size=4))
    codes = rng.integers(0, 4, 500)
    numbers = rng.integers(0, TOTAL, 500)
    expected = []
    for code, u in zip(codes.tolist(), numbers.tolist(), strict=True):
        choice, passed = 0, int(weights[code, 0])
        while u >= passed:
            choice += 1
            passed += int(weights[code, choice])
        expected.append(choice)
    assert draw(weights, codes, numbers).tolist() == expected


def test_draw_from_rows_of_several_lengths():
    lines = [np.array([TOTAL]), np.array([0, 0, TOTAL]), np.array([TOTAL // 2, TOTAL // 2])]
    codes = np.array([2, 0, 1, 2, 0])
    numbers = np.array([0, TOTAL - 1, 0, TOTAL // 2, 7])
    assert draw(lines, codes, numbers).tolist() == [0, 0, 2, 1, 0]


def test_draw_from_more_rows_than_sixteen_bits_count():
    n = 2**16 + 5
    rng = np.random.default_rng(1)
    codes = rng.integers(0, n, 1000)
    weights = np.zeros((n, 2), dtype=np.int64)
    weights[np.arange(n), np.arange(n) % 2] = TOTAL
    assert (draw(weights, codes, rng.integers(0, TOTAL, 1000)) == codes % 2).all()


@given(st.integers(0, 2), st.sampled_from([0, TOTAL // 2, TOTAL - 1]))
def test_draw_never_gives_what_has_no_probability(code, u):
    weights = to_weights(np.array([[0.0, 1.0, 0.0], [0.1, 0.0, 0.9], [1 / 3, 2 / 3, 0.0]]))
    released = draw(weights, np.array([code]), np.array([u]))[0]
    assert weights[code, released] > 0


def test_draw_follows_the_matrix():
    rng = np.random.default_rng(3)
    matrix = np.array([[0.7, 0.2, 0.1], [0.05, 0.9, 0.05], [0.3, 0.3, 0.4]])
    codes = np.repeat([0, 1, 2], 20_000)
    released = draw(to_weights(matrix), codes, rng.integers(0, TOTAL, len(codes)))
    for code in range(3):
        observed = np.bincount(released[codes == code], minlength=3)
        assert stats.chisquare(observed, 20_000 * matrix[code]).pvalue > 1e-3
