"""Exact discrete Laplace noise against its probabilities, and against OpenDP's."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import opendp.prelude as dp
import pytest
from scipy import stats

from personatwin_sk._core.keyed import SecretKey
from personatwin_sk.noise._geometric import RATE_UNIT, Words, two_sided_geometric, variance

dp.enable_features("contrib")
ONE = int(1 / RATE_UNIT)
N = 100_000


def words(n: int = N, seed: int = 0, domain: str = "test") -> Words:
    return Words(SecretKey.from_random_state(seed), domain, np.arange(n, dtype=np.uint64))


def probabilities(rate: float, reach: int) -> np.ndarray:
    """P(-reach or less), ..., P(0), ..., P(reach or more), by the closed form."""
    alpha = np.exp(-rate)
    inner = (1 - alpha) / (1 + alpha) * alpha ** np.abs(np.arange(-reach + 1, reach))
    tail = alpha**reach / (1 + alpha)
    return np.r_[tail, inner, tail]


def binned(noise: np.ndarray, reach: int) -> np.ndarray:
    return np.bincount(np.clip(noise, -reach, reach) + reach, minlength=2 * reach + 1)


@pytest.mark.parametrize(
    ("rate", "reach"), [(0.02, 200), (0.3, 20), (0.5, 12), (1.0, 7), (2.5, 3), (6.0, 1)]
)
def test_the_distribution_is_the_closed_form(rate: float, reach: int) -> None:
    units = int(rate * ONE)
    seen = binned(two_sided_geometric(words(), units), reach)
    expected = N * probabilities(float(units * RATE_UNIT), reach)
    assert expected.min() > 5
    assert stats.chisquare(seen, expected).pvalue > 1e-3


@pytest.mark.parametrize("rate", [0.25, 1.0])
def test_the_distribution_is_opendps(rate: float) -> None:
    n, reach = 20_000, int(4 / rate)
    laplace = dp.m.make_laplace(
        dp.vector_domain(dp.atom_domain(T="i64")), dp.l1_distance(T="i64"), scale=1 / rate
    )
    theirs = binned(np.array(laplace([0] * n)), reach)
    ours = binned(two_sided_geometric(words(n, seed=3), int(rate * ONE)), reach)
    # Theirs is not seeded: this fails once in a million runs.
    assert stats.chi2_contingency(np.stack([theirs, ours])).pvalue > 1e-6


@pytest.mark.parametrize("rate", [0.05, 0.5, 2.0])
def test_the_variance_is_that_of_the_noise(rate: float) -> None:
    alpha = np.exp(-rate)
    units = int(rate * ONE)
    assert variance(units) == pytest.approx(2 * alpha / (1 - alpha) ** 2, rel=1e-6)
    noise = two_sided_geometric(words(), units)
    assert noise.var() == pytest.approx(variance(units), rel=0.06)
    assert abs(noise.mean()) < 5 * np.sqrt(variance(units) / N)


def test_a_variance_too_small_for_a_float_is_not_zero() -> None:
    assert variance(2000 * ONE) > 0


def test_an_enormous_rate_leaves_no_noise_and_the_smallest_one_has_no_end_in_sight() -> None:
    assert not two_sided_geometric(words(100), (1 << 62) - 1).any()
    assert np.median(np.abs(two_sided_geometric(words(200), 1))) > 2**31


@pytest.mark.parametrize("rate", [0, -1, 1 << 62])
def test_rates_that_cannot_be_are_refused(rate: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        two_sided_geometric(words(3), rate)


def test_an_id_draws_the_same_whoever_else_draws() -> None:
    key, ids = SecretKey.from_random_state(1), np.arange(500, dtype=np.uint64)
    whole = two_sided_geometric(Words(key, "a", ids), ONE // 4)
    order = np.random.default_rng(0).permutation(500)
    np.testing.assert_array_equal(
        two_sided_geometric(Words(key, "a", ids[order]), ONE // 4), whole[order]
    )
    np.testing.assert_array_equal(
        two_sided_geometric(Words(key, "a", ids[200:300]), ONE // 4), whole[200:300]
    )


def test_another_key_or_purpose_draws_other_noise() -> None:
    base = two_sided_geometric(words(1000), ONE // 10)
    for other in (words(1000, seed=1), words(1000, domain="other")):
        assert (two_sided_geometric(other, ONE // 10) != base).mean() > 0.8


def test_words_do_not_repeat() -> None:
    stream, places = words(1000), np.arange(1000)
    drawn = np.concatenate([stream.next(places) for _ in range(20)])
    assert len(np.unique(drawn)) == len(drawn)


def test_the_unit_is_exact() -> None:
    assert Fraction(1, 2**32) == RATE_UNIT
