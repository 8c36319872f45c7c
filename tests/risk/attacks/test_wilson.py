"""Wilson intervals against published figures, SciPy and the equation that they solve."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from personatwin_sk.exceptions import InputError
from personatwin_sk.risk.attacks._result import ResidualRisk
from personatwin_sk.risk.attacks._wilson import residual_risk, wilson_interval

# Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
NEWCOMBE = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("successes", "n", "low", "high"), NEWCOMBE)
def test_published_figures(successes, n, low, high):
    got = wilson_interval(successes, n)
    assert got == pytest.approx((low, high), abs=6e-5)


@given(st.integers(1, 5000), st.floats(0, 1), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_agrees_with_scipy_and_stays_within_0_and_1(n, share, confidence):
    successes = round(share * n)
    low, high = wilson_interval(successes, n, confidence)
    other = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    assert (low, high) == pytest.approx((other.low, other.high), abs=1e-12)
    assert 0 <= low <= successes / n <= high <= 1
    assert high - low > 0


def test_ends_solve_the_score_equation():
    low, high = wilson_interval(7, 40, 0.9)
    z = 1.6448536269514722
    for end in (low, high):
        assert (7 / 40 - end) ** 2 == pytest.approx(z * z * end * (1 - end) / 40, rel=1e-12)


def test_no_success_and_only_successes_have_a_width():
    z2 = 1.959963984540054**2
    assert wilson_interval(0, 50) == (0.0, pytest.approx(z2 / (50 + z2)))
    assert wilson_interval(50, 50) == (pytest.approx(50 / (50 + z2)), 1.0)


def test_nothing_tried_says_nothing():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0, 2.0, math.nan])
def test_confidence_that_is_none(confidence):
    with pytest.raises(InputError, match="confidence"):
        wilson_interval(1, 2, confidence)


def test_fractional_successes_cover_sums_of_chances():
    # 400 draws with unequal chances: their mean varies less than that of equal ones.
    rng = np.random.default_rng(0)
    chances = rng.beta(0.3, 1.0, 400)
    hits = (rng.random((2000, 400)) < chances).sum(axis=1)
    inside = [
        low <= chances.mean() <= high for low, high in (wilson_interval(h, 400) for h in hits)
    ]
    assert np.mean(inside) >= 0.94


def test_residual_risk_of_the_formula():
    risk, low, high = residual_risk((0.5, 0.4, 0.6), (0.2, 0.2, 0.2))
    assert (risk, low, high) == pytest.approx((0.375, 0.25, 0.5))


def test_residual_risk_is_cut():
    assert residual_risk((0.1, 0.05, 0.2), (0.4, 0.3, 0.5))[0] == 0.0
    assert residual_risk((1.0, 0.9, 1.0), (0.0, 0.0, 0.1))[2] == 1.0
    assert residual_risk((1.0, 0.9, 1.0), (1.0, 0.9, 1.0)) == (0.0, 0.0, 1.0)


def test_residual_risk_interval_covers_the_truth():
    rng = np.random.default_rng(1)
    attack, control, n = 0.45, 0.3, 300
    truth = (attack - control) / (1 - control)
    covered = 0
    for a, c in zip(rng.binomial(n, attack, 1000), rng.binomial(n, control, 1000), strict=True):
        result = ResidualRisk.of(int(a), n, int(c), n, has_control=True)
        covered += result.risk_low <= truth <= result.risk_high
    assert 0.93 <= covered / 1000 <= 0.98


def test_result_is_json():
    result = ResidualRisk.of(3, 10, 1, 10, has_control=False).to_dict()
    assert result["rate"] == 0.3
    assert result["control"] == 0.1
    assert result["has_control"] is False
