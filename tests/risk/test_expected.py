"""E[1/F | f], against numerical integration, sums over all outcomes, closed forms and limits."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import betabinom, binom, nbinom, poisson

from personatwin_sk.risk._expected import (
    inverse_beta_binomial,
    inverse_binomial,
    inverse_negative_binomial,
    inverse_poisson,
)

FRACTIONS = [0.02, 0.1, 0.5, 0.9, 0.999]


def integral(f, generating, rate):
    """The integral of s^(f-1) G(s), cut where it is steep."""

    def at(u):
        return math.exp((f - 1) * math.log1p(-u)) * generating(1 - u) if u < 1 else 0.0

    cuts = [0.0, *(c / rate for c in (0.1, 1, 4, 12, 40) if c / rate < 1), 1.0]
    pieces = itertools.pairwise(cuts)
    return sum(quad(at, a, b, epsabs=0, epsrel=1e-11, limit=200)[0] for a, b in pieces)


@pytest.mark.parametrize("fraction", FRACTIONS)
@pytest.mark.parametrize("f", [1, 2, 3, 20, 49, 50, 51, 90])
def test_the_negative_binomial_is_its_integral(f, fraction):
    def generating(s):
        return (fraction / (1 - (1 - fraction) * s)) ** f

    expected = integral(f, generating, f / fraction)
    assert inverse_negative_binomial(f, fraction) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("fraction", [0.1, 0.4, 0.8])
def test_the_negative_binomial_is_its_sum(fraction):
    others = np.arange(4000)
    for f in (1, 2, 7):
        expected = (nbinom.pmf(others, f, fraction) / (f + others)).sum()
        assert inverse_negative_binomial(f, fraction) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("p", [1e-12, 1e-6, 0.01, 0.3, 0.99])
def test_the_published_forms_for_one_and_two(p):
    # Benedetti and Franconi: f = 1 and f = 2.
    odds = p / (1 - p)
    assert inverse_negative_binomial(1, p) == pytest.approx(-odds * math.log(p), rel=1e-10)
    two = odds + odds**2 * math.log(p)
    assert inverse_negative_binomial(2, p) == pytest.approx(two, rel=1e-7 if p == 0.99 else 1e-9)


@pytest.mark.parametrize("f", [1, 2, 49, 50, 51, 1e3, 1e6])
def test_limits_of_the_negative_binomial(f):
    assert inverse_negative_binomial(f, 1.0) == pytest.approx(1 / f, rel=1e-14)
    tiny = inverse_negative_binomial(f, 1e-12)
    assert 0 < tiny <= 1e-10
    if f > 1:  # then E[1/F] tends to fraction / (f - 1)
        assert tiny == pytest.approx(1e-12 / (f - 1), rel=1e-9)


def test_no_fraction_gives_nan_or_a_negative_figure_and_it_grows_with_the_fraction():
    fractions = np.geomspace(1e-12, 1, 400)
    for f in (1, 2, 5, 50, 51, 1000, 10**6):
        risk = inverse_negative_binomial(f, fractions)
        assert np.isfinite(risk).all()
        assert (risk > 0).all()
        assert (np.diff(risk) > 0).all()
        assert (risk <= 1 / f * (1 + 1e-12)).all()


@pytest.mark.parametrize("mean", [0.0, 1e-9, 0.3, 5.0, 80.0, 1000.0])
@pytest.mark.parametrize("f", [1, 2, 10, 200])
def test_the_poisson_is_its_sum(f, mean):
    others = np.arange(int(mean + 40 * math.sqrt(mean) + 60))
    expected = (poisson.pmf(others, mean) / (f + others)).sum()
    assert inverse_poisson(f, mean) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("q", [0.0, 1e-6, 0.02, 0.4, 0.9, 1.0])
@pytest.mark.parametrize("m", [0, 1, 3, 40, 2000])
@pytest.mark.parametrize("f", [1, 2, 7, 300])
def test_the_binomial_is_its_sum(f, m, q):
    others = np.arange(m + 1)
    expected = (binom.pmf(others, m, q) / (f + others)).sum()
    assert inverse_binomial(f, m, q) == pytest.approx(expected, rel=1e-10)


def test_the_binomial_of_what_is_certain():
    assert inverse_binomial(4, 1_000_000, 1.0) == pytest.approx(1 / 1_000_004, rel=1e-11)
    assert inverse_binomial(4, 1_000_000, 0.0) == pytest.approx(1 / 4, rel=1e-12)
    # Rare traits of many people are a Poisson number.
    rare = inverse_binomial(3, 1e9, 2e-9)
    assert rare == pytest.approx(inverse_poisson(3, 2.0), rel=1e-8)


@pytest.mark.parametrize(
    ("alpha", "beta"), [(1, 1), (1, 500), (1.5, 30), (3, 2), (40, 4000), (90, 1)]
)
@pytest.mark.parametrize("m", [0, 1, 6, 400, 20_000])
@pytest.mark.parametrize("f", [1, 2, 9])
def test_the_beta_binomial_is_its_sum(f, m, alpha, beta):
    others = np.arange(m + 1)
    expected = (betabinom.pmf(others, m, alpha, beta) / (f + others)).sum()
    assert inverse_beta_binomial(f, m, alpha, beta) == pytest.approx(expected, rel=1e-8)


def test_what_is_not_sure_of_q_is_riskier_and_in_the_limit_it_is_sure():
    # 1/F is convex in q (Jensen).
    means = [inverse_beta_binomial(2, 300, 0.1 * n, 0.9 * n) for n in (10, 100, 1000, 10**6)]
    assert (np.diff(means) < 0).all()
    assert means[-1] == pytest.approx(inverse_binomial(2, 300, 0.1), rel=1e-5)


def test_between_one_over_the_mean_and_one_over_f():
    rng = np.random.default_rng(3)
    f, m, q = rng.integers(1, 30, 500), rng.integers(0, 5000, 500), rng.random(500)
    risk = inverse_binomial(f, m, q)
    assert (risk <= 1 / f + 1e-12).all()
    assert (risk >= 1 / (f + m * q) - 1e-12).all()
    assert (risk >= 1 / (f + m) - 1e-12).all()


def test_arrays_of_any_shape_and_more_than_one_chunk():
    f = np.full((3, 9000), 2)
    assert inverse_binomial(f, 5, 0.5).shape == (3, 9000)
    assert np.ptp(inverse_binomial(f, 5, 0.5)) == 0
    assert inverse_beta_binomial(np.full(500, 2), 5, 2, 2).shape == (500,)


def test_simulated_samples_of_a_town():
    """People of a cell are in the file with a known chance; its F given f, one by one."""
    rng = np.random.default_rng(0)
    others, q = 60, 0.05
    drawn = 3 + rng.binomial(others, q, 200_000)
    assert inverse_binomial(3, others, q) == pytest.approx((1 / drawn).mean(), rel=5e-3)
