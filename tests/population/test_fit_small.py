"""Fits so small that their answer is known in closed form, or by solving an equation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import brentq

from personatwin_sk.population._fit import fit_counties, rake_races


def embed(cube):
    """Put county x age x race into county x age x sex x race x Hispanic: men of two races."""
    full = np.zeros((*cube.shape[:2], 2, 6, 2))
    full[:, :, 0, :2, 0] = cube
    return full


def fit(cube):
    """Fit the margins of a cube; return county x age x race."""
    truth = embed(cube)
    fitted = fit_counties(truth.sum(axis=(3, 4)), truth.sum(axis=1), truth.sum(axis=0))
    assert fitted.sum() == pytest.approx(fitted[:, :, 0, :2, 0].sum())
    return fitted[:, :, 0, :2, 0]


def without_three_way_interaction(cube):
    """Solve for the only 2 x 2 x 2 table with these two-way margins and equal odds ratios.

    All tables with the margins differ by +-t in the cells of even and odd corners.
    """
    sign = np.array([(-1.0) ** sum(cell) for cell in np.ndindex(2, 2, 2)]).reshape(2, 2, 2)
    lowest, highest = -cube[sign > 0].min(), cube[sign < 0].min()

    def interaction(t):
        return (sign * np.log(cube + t * sign)).sum()

    margin = 1e-9 * (highest - lowest)
    return cube + sign * brentq(interaction, lowest + margin, highest - margin, xtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(float, (2, 2, 2), elements=st.integers(5, 200).map(float)))
def test_two_counties_two_ages_two_races_against_the_equation(cube):
    np.testing.assert_allclose(fit(cube), without_three_way_interaction(cube), rtol=5e-3)


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(float, (3, 4, 2), elements=st.integers(20, 300).map(float)))
def test_odds_of_age_and_race_are_alike_in_all_counties(cube):
    """The fit adds nothing that the margins do not say, so no county has odds of its own."""
    fitted = fit(cube)
    odds = (fitted[:, :-1, 0] * fitted[:, 1:, 1]) / (fitted[:, 1:, 0] * fitted[:, :-1, 1])
    np.testing.assert_allclose(odds, np.broadcast_to(odds[0], odds.shape), rtol=1e-6)


def test_cells_that_the_state_has_not_stay_empty():
    cube = np.array([[[10.0, 0], [20, 30]], [[40, 0], [5, 15]]])
    fitted = fit(cube)
    # With one race empty at the first age, the margins leave one answer only.
    np.testing.assert_allclose(fitted, cube, rtol=1e-3, atol=1e-3)
    assert (fitted[:, 0, 1] == 0).all()


def test_a_county_without_people_stays_empty():
    cube = np.array([[[10.0, 4], [20, 30]], [[0, 0], [0, 0]], [[7, 9], [5, 3]]])
    fitted = fit(cube)
    assert np.isfinite(fitted).all() and (fitted[1] == 0).all()
    np.testing.assert_allclose(
        fitted[[0, 2]], without_three_way_interaction(cube[[0, 2]]), rtol=5e-3
    )


def test_a_county_of_one_race_has_it_at_every_age():
    cube = np.array([[[11.0, 0], [22, 0]], [[40, 13], [5, 15]]])
    np.testing.assert_allclose(fit(cube), cube, rtol=1e-3, atol=1e-3)


def test_no_people_at_all():
    assert (fit(np.zeros((2, 2, 2))) == 0).all()


@settings(max_examples=20, deadline=None)
@given(
    hnp.arrays(float, (3, 3, 2), elements=st.integers(0, 90).map(float)),
    st.permutations(range(3)),
    st.permutations(range(3)),
)
def test_the_order_of_counties_and_ages_changes_nothing(cube, counties, ages):
    shuffled = cube[counties][:, ages]
    np.testing.assert_allclose(fit(shuffled), fit(cube)[counties][:, ages], rtol=1e-9, atol=1e-9)


def test_ten_times_the_people_are_ten_times_the_fit():
    cube = np.array([[[12.0, 4], [9, 30]], [[40, 13], [5, 15]]])
    np.testing.assert_allclose(fit(10 * cube), 10 * fit(cube), rtol=1e-9)


def test_a_state_of_another_year_gives_its_pattern_and_not_its_size():
    truth = embed(np.array([[[12.0, 4], [9, 30]], [[40, 13], [5, 15]]]))
    ages, races, state = truth.sum(axis=(3, 4)), truth.sum(axis=1), truth.sum(axis=0)
    np.testing.assert_allclose(
        fit_counties(ages, races, 3 * state), fit_counties(ages, races, state), rtol=1e-9
    )


def test_men_and_women_are_fitted_apart():
    rng = np.random.default_rng(4)
    truth = np.zeros((2, 2, 2, 6, 2))
    truth[:, :, :, :2, 0] = rng.integers(5, 60, size=(2, 2, 2, 2))
    fitted = fit_counties(truth.sum(axis=(3, 4)), truth.sum(axis=1), truth.sum(axis=0))
    for sex in (0, 1):
        expected = without_three_way_interaction(truth[:, :, sex, :2, 0])
        np.testing.assert_allclose(fitted[:, :, sex, :2, 0], expected, rtol=5e-3)


def test_raking_two_by_two_keeps_the_odds():
    """Two counties and two races: the odds ratio of the seed and the margins fix the answer."""
    seed = np.array([[30.0, 10], [20, 40]])
    totals, state = np.array([50.0, 70]), np.array([65.0, 55])
    ratio = (30 * 40) / (10 * 20)
    first = brentq(lambda x: x * (55 - 50 + x) - ratio * (50 - x) * (65 - x), 1, 50 - 1e-9)
    expected = np.array([[first, 50 - first], [65 - first, 5 + first]])
    by_race, county_totals, of_state = (
        np.zeros(shape) for shape in ((2, 2, 6, 2), (2, 2), (2, 6, 2))
    )
    by_race[:, 1, :2, 0], county_totals[:, 1], of_state[1, :2, 0] = seed, totals, state
    raked = rake_races(by_race, county_totals, of_state)
    np.testing.assert_allclose(raked[:, 1, :2, 0], expected, rtol=1e-3)
    assert raked.sum() == pytest.approx(120)


def test_raking_leaves_what_is_zero_at_zero_and_its_input_alone():
    by_race = np.zeros((2, 2, 6, 2))
    by_race[0, 0, 0, 0], by_race[1, 0, 1, 1] = 6, 8
    before = by_race.copy()
    raked = rake_races(by_race, np.array([[9.0, 0], [4, 0]]), by_race.sum(axis=0) * 2)
    assert raked[0, 0, 0, 0] == pytest.approx(9) and raked[1, 0, 1, 1] == pytest.approx(4)
    assert np.count_nonzero(raked) == 2
    assert np.array_equal(by_race, before)
