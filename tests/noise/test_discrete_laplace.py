"""The exact table of the discrete Laplace distribution: its ratios, its shape, and its sampler."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from personatwin_sk._core.keyed import SecretKey
from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._discrete_laplace import (
    LARGEST_EPSILON,
    SMALLEST_EPSILON,
    DiscreteLaplace,
    draw_discrete_laplace,
)

epsilons = st.one_of(
    st.floats(SMALLEST_EPSILON, LARGEST_EPSILON),
    st.floats(-6, 2).map(lambda power: 10.0**power),
    st.sampled_from([0.01, 0.1, 0.5, math.log(2), 1.0, 2.0, 43.0, 44.0]),
)


def below_exp(epsilon, terms=80):
    """A rational number that is surely below e^epsilon, and closer than 1e-40 where it matters."""
    # e^epsilon = (e^(epsilon / 2^n))^(2^n): few terms of the series of a small number do.
    halvings = max(0, math.frexp(epsilon)[1]) + 1
    x, term, total = Fraction(epsilon) / 2**halvings, Fraction(1), Fraction(0)
    for k in range(terms):
        total += term
        term = term * x / (k + 1)
        term = Fraction(term.numerator * 2**400 // term.denominator, 2**400)
    for _ in range(halvings):
        total = total * total
        total = Fraction(total.numerator * 2**400 // total.denominator, 2**400)
    return total


def released_weights(weights, span, offset):
    """Weights of every released value (columns) for every true one (rows), by adding up.

    True values and bounds are 0 to `span`; a known offset moves the value before it is clamped.
    """
    reach = len(weights) - 1
    table = [[0] * (span + 1) for _ in range(span + 1)]
    for true in range(span + 1):
        for noise in range(-reach, reach + 1):
            released = min(max(true + offset + noise, 0), span)
            table[true][released] += int(weights[abs(noise)])
    return table


@given(epsilons, st.integers(1, 12), st.integers(0, 5), st.data())
@settings(deadline=None)
def test_every_ratio_of_neighbours_is_at_most_e_to_the_epsilon_exactly(epsilon, span, more, data):
    offset = data.draw(st.integers(-more, more))
    weights = DiscreteLaplace(epsilon, span + more).weights
    table = released_weights(weights, span, offset)
    limit = below_exp(epsilon)
    for row, following in pairwise(table):
        assert sum(row) == 2**62
        for left, right in zip(row, following, strict=True):
            assert left > 0 and right > 0
            assert left <= limit * right and right <= limit * left


@given(epsilons, st.sampled_from([50, 1_000, 36_525, 200_000]))
@settings(deadline=None, max_examples=40)
def test_the_conditions_of_the_proof_hold_on_long_tables(epsilon, reach):
    table = DiscreteLaplace(epsilon, reach)
    weights = [int(weight) for weight in table.weights]
    limit = below_exp(epsilon)
    up, down = limit.numerator, limit.denominator
    assert weights[0] + 2 * sum(weights[1:]) == table.total == 2**62
    assert min(weights) > 0
    tail = weights[reach]
    for distance in range(reach - 1, -1, -1):
        if distance < reach - 1:
            assert weights[distance + 1] <= weights[distance]
            assert weights[distance] * down <= up * weights[distance + 1]
        assert weights[distance] * down <= (up - down) * tail
        tail += weights[distance]


@pytest.mark.parametrize("epsilon", [0.01, 0.1, 0.5, 1.0, 3.0])
@pytest.mark.parametrize("reach", [1, 2, 30, 5_000])
def test_the_shape_is_that_of_the_two_sided_geometric_distribution(epsilon, reach):
    table = DiscreteLaplace(epsilon, reach)
    alpha = math.exp(-epsilon)
    expected = (1 - alpha) / (1 + alpha) * alpha ** np.arange(reach + 1.0)
    expected[-1] = alpha**reach / (1 + alpha)  # all that lies beyond
    np.testing.assert_allclose(table.weights / table.total, expected, rtol=1e-9, atol=1e-11)


def test_the_ratio_is_used_up():
    # A table that spends less than it says would pass every test above.
    weights = DiscreteLaplace(0.1, 100).weights.astype(float)
    np.testing.assert_allclose(weights[:98] / weights[1:99], math.exp(0.1), rtol=1e-9)


def test_draws_equal_the_table_unit_by_unit():
    # All 2^62 units cannot be drawn, but each boundary between two outcomes can.
    table = DiscreteLaplace(0.7, 9)
    unit = 0
    for distance in range(10):
        halves = int(table.weights[distance]) // (2 if distance == 0 else 1)
        for place in (unit, unit + halves - 1):
            words = [(place << 3) | (sign << 2) | low for sign in (0, 1) for low in (0, 3)]
            drawn = table.draw(np.array(words, dtype=np.uint64)).tolist()
            assert drawn == [distance, distance, -distance, -distance]
        unit += halves
    assert unit == 2**61


@pytest.mark.parametrize(("epsilon", "reach"), [(0.05, 40), (0.5, 12), (2.0, 500)])
def test_the_sampler_follows_the_table(epsilon, reach):
    n = 300_000
    hashes = SecretKey.from_random_state(1).hash("test", np.arange(n))
    drawn = draw_discrete_laplace(hashes, epsilon, reach)
    weights = DiscreteLaplace(epsilon, reach).weights
    expected = np.concatenate([weights[:0:-1], weights]) / 2**62 * n
    observed = np.bincount(drawn + reach, minlength=2 * reach + 1)
    enough = expected >= 5
    observed = np.append(observed[enough], observed[~enough].sum())
    expected = np.append(expected[enough], expected[~enough].sum())
    keep = expected > 0.5
    assert observed[~keep].sum() <= 20
    ratio = observed[keep].sum() / expected[keep].sum()
    assert stats.chisquare(observed[keep], expected[keep] * ratio).pvalue > 1e-3


def test_variance_is_that_of_the_formula():
    hashes = SecretKey.from_random_state(2).hash("test", np.arange(400_000))
    drawn = draw_discrete_laplace(hashes, 0.2, 10_000)
    alpha = math.exp(-0.2)
    assert drawn.var() == pytest.approx(2 * alpha / (1 - alpha) ** 2, rel=0.02)
    assert abs(drawn.mean()) < 0.05


def test_weights_cannot_be_changed_and_nothing_drawn_is_nothing():
    table = DiscreteLaplace(1.0, 5)
    with pytest.raises(ValueError, match="read-only"):
        table.weights[0] = 0
    assert table.draw(np.zeros(0, dtype=np.uint64)).tolist() == []
    assert repr(table) == "DiscreteLaplace(epsilon=1, reach=5)"


@pytest.mark.parametrize("epsilon", [0.0, -1.0, 1e-7, 501.0, float("inf"), float("nan")])
def test_bad_epsilon(epsilon):
    with pytest.raises(InputError, match="epsilon must lie between 1e-06 and 500"):
        draw_discrete_laplace(np.zeros(1, dtype=np.uint64), epsilon, 10)


@pytest.mark.parametrize("reach", [0, -1, 2**24 + 1])
def test_bad_reach(reach):
    with pytest.raises(InputError, match="reach from 1 to 16777216 steps"):
        DiscreteLaplace(1.0, reach)
