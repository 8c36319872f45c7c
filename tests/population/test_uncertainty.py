"""Limits of counts: their laws, and how they hold in New York, which has no part in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from personatwin_sk.population import _bundle
from personatwin_sk.population._fit import fit_counties
from personatwin_sk.population._race_mix import learn_tilt
from personatwin_sk.population._uncertainty import (
    AGE_SPLIT,
    JOINT,
    PLACE,
    PLACE_AGES,
    PUBLISHED,
    SAMPLED,
    interval,
    shared_error,
)

NEW_YORK = 36
MODELLED = (AGE_SPLIT, JOINT, PLACE, PLACE_AGES)
COUNTS = st.lists(st.floats(0, 1e8), min_size=1, max_size=50)


def limits_of(counts, how):
    counts = np.asarray(counts, dtype=float)
    return interval(counts, np.full(len(counts), how))


def test_the_kinds_keep_their_numbers():
    """Other rooms store them."""
    assert (PUBLISHED, AGE_SPLIT, JOINT, PLACE, SAMPLED, PLACE_AGES) == (0, 1, 2, 3, 4, 5)


@given(COUNTS)
def test_published_counts_are_certain(counts):
    counts = np.array(counts)
    low, high = limits_of(counts, PUBLISHED)
    assert np.array_equal(low, counts)
    assert np.array_equal(high, np.where(counts == 0, 3, counts))


@pytest.mark.parametrize("how", [PUBLISHED, *MODELLED])
def test_nobody_may_be_up_to_three(how):
    """The rule of three; without it 1 / high would be a division by zero."""
    low, high = limits_of([0.0], how)
    assert (low[0], high[0]) == (0.0, 3.0)


@given(COUNTS, st.sampled_from(MODELLED))
def test_more_people_never_have_lower_limits(counts, how):
    counts = np.sort(counts)
    low, high = limits_of(counts, how)
    assert (low >= 0).all() and (low <= counts).all() and (counts <= high).all()
    assert (high >= 3).all()
    slack = 1e-9 * np.maximum(high[1:], 1)
    assert (np.diff(low) >= -slack).all() and (np.diff(high) >= -slack).all()


@pytest.mark.parametrize("how", MODELLED)
def test_more_people_never_have_lower_limits_on_a_fine_grid(how):
    """Hypothesis seldom draws two counts close to each other on either side of a size."""
    counts = np.unique(
        np.concatenate([np.linspace(0, 600, 60_001), np.geomspace(0.01, 1e9, 20_000)])
    )
    low, high = limits_of(counts, how)
    assert (low <= counts).all() and (counts <= high).all()
    # But for the last digit of a float.
    assert (np.diff(low) >= -1e-12 * counts[1:]).all()
    assert (np.diff(high) >= -1e-12 * counts[1:]).all()


@pytest.mark.parametrize(
    ("how", "count", "low", "high"),
    [
        (JOINT, 0.5, 0.0, (3 + 6.4) / 2),
        (JOINT, 8, 0.949, 19.3),
        (JOINT, 64, 30.7, 114),
        (JOINT, 96, (30.7 + 64.8) / 2, (114 + 228) / 2),
        (JOINT, 4_096, 3_200, 5_300),
        # Beyond the largest size measured, in proportion to it.
        (JOINT, 2_621_440, 2_460_000, 2_800_000),
        (AGE_SPLIT, 32, 24.7, 39.5),
        (PLACE, 1_024, 47.9, 2_730),
        (PLACE_AGES, 1_024, 662, 1_840),
    ],
)
def test_limits_at_the_measured_sizes_and_between(how, count, low, high):
    limits = limits_of([count], how)
    assert (limits[0][0], limits[1][0]) == (pytest.approx(low), pytest.approx(high))


def test_limits_of_a_sample_are_not_known_here():
    low, high = limits_of([7.0, 0.0], SAMPLED)
    assert np.isnan(low).all() and np.isnan(high).all()


def test_kinds_do_not_mix_and_nothing_is_changed():
    rng = np.random.default_rng(0)
    counts, how = rng.uniform(0, 500, 400), rng.integers(0, 6, 400)
    before = counts.copy(), how.copy()
    low, high = interval(counts, how)
    assert np.array_equal(counts, before[0]) and np.array_equal(how, before[1])
    for kind in range(6):
        alone = limits_of(counts[how == kind], kind)
        np.testing.assert_array_equal(low[how == kind], alone[0])
        np.testing.assert_array_equal(high[how == kind], alone[1])


@pytest.mark.parametrize("count", [1.0, 20.0, 400.0, 1e5])
def test_what_is_known_better_has_narrower_limits(count):
    widths = [np.subtract(*limits_of([count], how)[::-1])[0] for how in (AGE_SPLIT, JOINT, PLACE)]
    # Of one person the races of a place say no more than a fit.
    assert widths[0] < widths[1] and widths[0] < widths[2] and (count == 1 or widths[1] < widths[2])


def test_whole_numbers_have_limits_that_are_not():
    low, _ = interval(np.array([8]), np.array([JOINT]))
    assert low[0] == pytest.approx(0.949)


def test_no_counts_have_no_limits():
    low, high = interval(np.empty(0), np.empty(0, dtype=int))
    assert len(low) == len(high) == 0


@pytest.fixture(scope="module")
def new_york(shared_data):
    """The real joint of 62 counties, and one fitted to its margins; other states taught the fit."""
    path = shared_data / "census" / "cc-est2019-alldata-36.csv.gz"
    table = pd.read_csv(path, encoding="latin-1")
    table = table[(table.YEAR == 12) & (table.AGEGRP > 0)].sort_values(["COUNTY", "AGEGRP"])
    names = [
        f"{origin}{race}_{sex}"
        for sex in ("MALE", "FEMALE")
        for race in ("WA", "BA", "IA", "AA", "NA", "TOM")
        for origin in ("NH", "H")
    ]
    real = table[names].to_numpy(dtype=float).reshape(-1, 18, 2, 6, 2)
    assert real.sum() == 19_453_561
    bundle = _bundle.read()
    states = np.moveaxis(bundle["state_joint"], -1, 0)[bundle["state_fips"] != NEW_YORK]
    margins = real.sum(axis=(3, 4)), real.sum(axis=1), real.sum(axis=0)
    return real, fit_counties(*margins, learn_tilt(states))


def asked(joint, kind):
    """Cells, or 3,000 ranges of ages x sexes x races x origins, of every county."""
    if kind == "cells":
        return joint.ravel()
    rng = np.random.default_rng(2019)
    found = []
    for _ in range(3_000):
        first = rng.integers(18)
        ages = slice(first, first + rng.integers(1, 7))
        sexes = [slice(0, 1), slice(1, 2), slice(0, 2)][rng.integers(3)]
        race, origin = rng.integers(7), rng.integers(3)
        if race == 6 and origin == 2:
            continue
        races = slice(0, 6) if race == 6 else slice(race, race + 1)
        origins = slice(0, 2) if origin == 2 else slice(origin, origin + 1)
        found.append(joint[:, ages, sexes, races, origins].sum(axis=(1, 2, 3, 4)))
    return np.concatenate(found)


@pytest.mark.parametrize("kind", ["cells", "ranges"])
class TestNewYork:
    """The bar: coverage not significantly below 90 %, and not wider than the count."""

    @pytest.fixture
    def pairs(self, new_york, kind):
        real, model = new_york
        return asked(real, kind), asked(model, kind)

    def test_nine_in_ten_lie_within_at_every_size(self, pairs):
        real, model = pairs
        low, high = limits_of(model, JOINT)
        held = (low <= real) & (real <= high)
        for smallest, stop in (
            (0, np.inf),
            (0, 1),
            (1, 5),
            (5, 20),
            (20, 100),
            (100, 1_000),
            (1_000, 10_000),
            (10_000, np.inf),
        ):
            here = (model >= smallest) & (model < stop)
            assert here.sum() > 500
            test = binomtest(int(held[here].sum()), int(here.sum()), 0.9, alternative="less")
            assert test.pvalue > 0.01
            # By size of the truth, which nobody knows who asks: rare people are not let down.
            here = (real >= smallest) & (real < stop)
            assert held[here].mean() > 0.9

    def test_limits_are_no_wider_than_the_count(self, pairs):
        _, model = pairs
        model = model[model >= 50]
        low, high = limits_of(model, JOINT)
        assert np.median((high - low) / model) <= 1

    def test_risk_is_no_less_than_the_real_one(self, pairs):
        real, model = pairs
        low, _ = limits_of(model, JOINT)
        risk = np.where(low < 1, 1.0, 1 / np.maximum(low, 1))
        for smallest in (1, 5, 20, 100, 1_000):
            here = real >= smallest
            assert (risk[here] >= 1 / real[here]).mean() >= 0.9


def test_single_years_of_new_york_lie_within_nine_times_in_ten():
    """Split inside their five-year band as the state's people are."""
    bundle = _bundle.read()
    here = bundle["county_fips"] // 1000 == NEW_YORK
    real = bundle["county_single_years"][here, :85].astype(float)
    share = real.sum(axis=0).reshape(17, 5, 2)
    share = (share / share.sum(axis=1, keepdims=True)).reshape(85, 2)
    bands = np.repeat(real.reshape(-1, 17, 5, 2).sum(axis=2), 5, axis=1)
    low, high = limits_of((bands * share).ravel(), AGE_SPLIT)
    held = (low <= real.ravel()) & (real.ravel() <= high)
    assert binomtest(int(held.sum()), len(held), 0.9, alternative="less").pvalue > 0.01


@pytest.mark.parametrize(
    ("how", "array", "bar"),
    [
        (PLACE_AGES, "county_age_sex", 0.95),
        # New York is the most uneven of states: a little less than nine in ten.
        (PLACE, "county_sex_race_hispanic", 0.88),
    ],
)
def test_counties_of_new_york_as_shares_of_the_state(how, array, bar):
    bundle = _bundle.read()
    here = bundle["county_fips"] // 1000 == NEW_YORK
    table = bundle[array]
    if array == "county_sex_race_hispanic":
        table = np.moveaxis(table, -1, 0)
    real = table[here].reshape(here.sum(), -1).astype(float)
    model = real.sum(axis=1, keepdims=True) * real.sum(axis=0) / real.sum()
    low, high = limits_of(model.ravel(), how)
    assert ((low <= real.ravel()) & (real.ravel() <= high)).mean() > bar


def test_published_counts_share_no_error_and_shares_of_a_county_all_of_it():
    how = np.array([PUBLISHED, AGE_SPLIT, JOINT, PLACE, PLACE_AGES, SAMPLED])
    shared = shared_error(how)
    assert shared[0] == 0.0
    assert (shared[3:] == 1.0).all()
    # Between the largest of an area (.07) and the largest of one race in one (.33).
    assert ((shared[1:3] > 0.07) & (shared[1:3] < 0.33)).all()


def test_what_is_measured_of_shared_errors(new_york):
    """The log errors of New York's counties, in units of their limits: pairs within each county."""
    truth, model = new_york
    here = model >= 8
    low, _ = limits_of(model.ravel(), JOINT)
    sigma = np.log(np.maximum(model, 1) / np.maximum(low.reshape(model.shape), 0.3)) / 1.645
    error = np.log(np.maximum(truth, 0.5)[here] / model[here]) / sigma[here]
    county = np.indices(model.shape)[0][here]
    total, n = np.bincount(county, error), np.bincount(county)
    pairs = total**2 - np.bincount(county, error**2)
    correlation = pairs.sum() / (n * (n - 1)).sum() / np.mean(error**2)
    assert 0.0 < correlation < shared_error(np.array([JOINT]))[0]
