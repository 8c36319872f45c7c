"""Limits from pairs, and scores of limits, against closed forms and counts by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from benchmarks.census.calibrate import FEWEST_PAIRS, as_constants, knots, limits
from benchmarks.census.pairs import Pairs
from benchmarks.census.score import by_size, fewest_held, row, score
from personatwin_sk.population._uncertainty import JOINT, PUBLISHED


def lognormal_pairs(spread: float, seed: int = 0, n: int = 400_000) -> Pairs:
    rng = np.random.default_rng(seed)
    model = 2 ** rng.uniform(-1, 19, n)
    return Pairs("", model, model * np.exp(spread * rng.standard_normal(n)))


def test_limits_are_the_percentiles_of_the_ratio() -> None:
    table = limits([lognormal_pairs(0.3)])
    expected = np.exp(0.3 * norm.ppf([0.05, 0.95]))
    large = table[:, 0] >= 8
    np.testing.assert_allclose(table[large, 1] / table[large, 0], expected[0], rtol=0.02)
    np.testing.assert_allclose(table[large, 2] / table[large, 0], expected[1], rtol=0.02)


def test_limits_are_wide_enough_for_the_worse_kind() -> None:
    calm, wild = lognormal_pairs(0.1), lognormal_pairs(0.5, seed=1)
    np.testing.assert_array_equal(limits([calm, wild]), limits([wild]))
    np.testing.assert_array_equal(limits([wild, calm]), limits([wild]))


def test_limits_for_a_share_of_the_kinds() -> None:
    kinds = [lognormal_pairs(0.05 * spread, seed=spread, n=60_000) for spread in range(1, 12)]
    # Of eleven spreads, the tenth is worse than nine tenths of the steps between them.
    table, tenth = limits(kinds, of_kinds=0.9), limits([kinds[9]])
    np.testing.assert_allclose(table, tenth, rtol=1e-12)


def test_pairs_go_to_the_nearest_size() -> None:
    sizes = np.array([1.0, 10.0, 100.0])
    model = np.repeat([3.0, 3.3, 31.0, 32.0], FEWEST_PAIRS)
    truth = model * np.repeat([10.0, 2.0, 2.0, 0.5], FEWEST_PAIRS)
    # Half way between 1 and 10 in logs is 3.16, between 10 and 100 31.6.
    expected = [(1, 1, 10), (10, 10, 20), (100, 50, 100)]
    np.testing.assert_allclose(limits([Pairs("", model, truth)], sizes), expected)


def test_too_few_pairs_have_no_say() -> None:
    sizes = np.array([1.0, 100.0])
    many = Pairs("", np.full(FEWEST_PAIRS, 100.0), np.full(FEWEST_PAIRS, 90.0))
    few = Pairs("", np.full(FEWEST_PAIRS - 1, 100.0), np.full(FEWEST_PAIRS - 1, 10.0))
    np.testing.assert_allclose(limits([few, many], sizes), [(100, 90, 100)])


def test_what_nothing_is_below_zero_of() -> None:
    """A low limit above the count, or a high one below it, would leave the count outside."""
    sizes = np.array([100.0])
    over = Pairs("", np.full(500, 100.0), np.full(500, 130.0))
    under = Pairs("", np.full(500, 100.0), np.full(500, 70.0))
    np.testing.assert_allclose(limits([over], sizes), [(100, 100, 130)])
    np.testing.assert_allclose(limits([under], sizes), [(100, 70, 100)])


def test_limits_never_fall_and_never_exclude_three() -> None:
    model = np.repeat([1.0, 10.0, 100.0], 500)
    truth = np.repeat([1.0, 400.0, 110.0], 500)
    table = limits([Pairs("", model, truth)], np.array([1.0, 10.0, 100.0]))
    assert table[:, 2].tolist() == [3.0, 400.0, 400.0]
    sinking = Pairs("", model, np.repeat([1.0, 10.0, 5.0], 500))
    assert limits([sinking], np.array([1.0, 10.0, 100.0]))[:, 1].tolist() == [1.0, 10.0, 10.0]


def test_sizes_are_powers_of_two() -> None:
    assert knots().tolist() == [2.0**power for power in (*range(11), 12, 14, 16, 18)]


def test_constants_are_rounded_outwards_to_three_figures() -> None:
    table = np.array([(1.0, 0.0, 3.001), (64.0, 30.79, 113.2), (4_096.0, 3_209.0, 5_291.0)])
    expected = [(0, 0, 3), (1, 0, 3.01), (64, 30.7, 114), (4_096, 3_200, 5_300)]
    assert as_constants(table) == expected
    # What is round stays.
    assert as_constants(np.array(expected[1:], dtype=float)) == expected


@pytest.mark.parametrize("n", [1, 10, 100, 1_000, 26_784])
def test_the_fewest_that_hold_by_the_binomial_test(n: int) -> None:
    fewest = fewest_held(n)
    assert binomtest(fewest, n, 0.9, alternative="less").pvalue >= 0.01
    if fewest:
        assert binomtest(fewest - 1, n, 0.9, alternative="less").pvalue < 0.01


def test_a_score_counted_by_hand() -> None:
    # Limits of 64 fitted people: 30.7 and 114.
    pairs = Pairs("cells", np.full(6, 64.0), np.array([30.0, 31.0, 64.0, 114.0, 115.0, 0.0]))
    found = score(pairs, JOINT)
    assert (found.n, found.below, found.above, found.held) == (6, 2, 1, 3)
    assert found.coverage == 0.5
    assert found.width == pytest.approx((114 - 30.7) / 64)
    # Five cells with people; only where 30 live is 1 / 30.7 less than the risk.
    assert found.safe_risk == pytest.approx(4 / 5)
    # Half of six is bad luck at worst, half of sixty is not.
    assert not found.is_low
    assert score(Pairs("", np.tile(pairs.model, 10), np.tile(pairs.truth, 10)), JOINT).is_low


def test_where_less_than_one_may_live_the_risk_is_one() -> None:
    found = score(Pairs("", np.array([2.0, 2.0]), np.array([1.0, 2.0])), JOINT)
    assert found.safe_risk == 1.0


def test_a_score_of_a_size_only() -> None:
    pairs = Pairs("", np.array([1.0, 5.0, 5.0, 20.0]), np.array([1.0, 5.0, 5.0, 2_000.0]))
    assert (score(pairs, JOINT, at_least=5).n, score(pairs, JOINT, below=20).n) == (3, 3)
    assert score(pairs, JOINT, at_least=5, below=20).above == 0
    sizes = [(low, high, found.n) for low, high, found in by_size(pairs, JOINT)]
    assert sizes == [(1, 2, 1), (5, 10, 2), (20, 50, 1)]


def test_a_score_of_empty_cells() -> None:
    found = score(Pairs("", np.zeros(3), np.zeros(3)), PUBLISHED)
    assert found.held == 3 and np.isnan(found.width) and np.isnan(found.safe_risk)


def test_a_row_says_what_is_low() -> None:
    pairs = Pairs("cells", np.full(1_000, 64.0), np.full(1_000, 200.0))
    assert row("all", score(pairs, JOINT)) == [
        "cells",
        "all",
        "1,000",
        "0.0 LOW",
        "0.0",
        "100.0",
        "1.30",
        "100.0",
    ]
