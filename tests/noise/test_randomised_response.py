"""Randomised response: the claim in exact fractions, the closed forms, the least that is exchanged.

The judge of e^epsilon is `decimal`, which rounds its exponential to the nearest digit.
"""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from personatwin_sk.noise._randomised_response import response_weights

TOTAL = 2**62
EXACT = Context(prec=400)
epsilons = st.one_of(st.floats(1e-6, 20), st.floats(1e-6, 500), st.sampled_from([1e-6, 1.0, 500.0]))
priors = st.lists(st.one_of(st.floats(1e-12, 1), st.integers(1, 1000)), min_size=1, max_size=9)


def worst_ratio(weights: np.ndarray) -> Fraction:
    """Give the largest ratio within a column, of outputs that are possible at all."""
    worst = Fraction(1)
    for column in weights.T.tolist():
        if any(column):
            assert min(column) > 0, "possible under one outcome, impossible under another"
            worst = max(worst, Fraction(max(column), min(column)))
    return worst


def below_e_to(epsilon: float, ratio: Fraction) -> bool:
    bound = EXACT.exp(Decimal(epsilon))
    # Relative error of the bound below 1e-390; a ratio of integers of 62 bits is never that near.
    return EXACT.divide(Decimal(ratio.numerator), Decimal(ratio.denominator)) <= bound


@given(priors, epsilons)
@example([1, 1, 1], 1e-6)
@example([1e-12, 1, 1], 1e-6)
@example([1, 1], 500.0)
def test_no_ratio_is_above_e_to_the_epsilon(prior, epsilon):
    weights = response_weights(prior, epsilon)
    assert weights.dtype == np.int64 and (weights >= 0).all()
    assert all(sum(row) == TOTAL for row in weights.tolist())
    assert below_e_to(epsilon, worst_ratio(weights))


@given(priors, st.floats(1e-3, 30))
def test_two_equal_events_of_a_person_cost_twice(prior, epsilon):
    """The joint table of two draws with different ids, computed, keeps twice epsilon."""
    single = response_weights(prior, epsilon).astype(object)
    joint = np.einsum("ij,ik->ijk", single, single).reshape(len(single), -1)
    worst = worst_ratio(joint)
    assert below_e_to(2 * epsilon, worst)


@given(priors, st.floats(1e-6, 500))
def test_the_distribution_is_kept_to_a_trillionth(prior, epsilon):
    weights = response_weights(prior, epsilon)
    parts = [Fraction(float(p)) for p in prior]
    shares = [part / sum(parts) for part in parts]
    for j, share in enumerate(shares):
        released = sum(s * int(w) for s, w in zip(shares, weights[:, j], strict=True)) / TOTAL
        assert abs(released - share) <= Fraction(1, 10**12)


@pytest.mark.parametrize("m", [2, 3, 7, 100])
@pytest.mark.parametrize("epsilon", [0.01, 0.5, 1.0, 5.0])
def test_uniform_is_k_ary_randomised_response(m, epsilon):
    weights = response_weights([1] * m, epsilon) / TOTAL
    keep = np.exp(epsilon) / (np.exp(epsilon) + m - 1)
    expected = np.full((m, m), 1 / (np.exp(epsilon) + m - 1))
    np.fill_diagonal(expected, keep)
    np.testing.assert_allclose(weights, expected, rtol=1e-12)


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 3.0])
def test_no_more_is_exchanged_than_the_claim_asks_for(epsilon):
    prior = [0.5, 0.3, 0.2]
    weights = response_weights(prior, epsilon)
    redrawn = 1 / (1 + 0.2 * (np.exp(epsilon) - 1))
    expected = (1 - redrawn) * np.eye(3) + redrawn * np.array(prior)
    np.testing.assert_allclose(weights / TOTAL, expected, rtol=1e-12)
    # The bound is reached, but for the last digits.
    assert float(worst_ratio(weights)) == pytest.approx(np.exp(epsilon), rel=1e-12)


def test_a_single_outcome_stays():
    assert response_weights([0.3], 1.0).tolist() == [[TOTAL]]


def test_epsilon_that_integers_cannot_tell_from_0_keeps_nothing():
    """A prior of 1e-15 at epsilon 1e-6 leaves less than a unit of 2**-62 to keep."""
    weights = response_weights([1e-15, 1, 1], 1e-6)
    assert (weights == weights[0]).all()
    assert worst_ratio(weights) == 1
