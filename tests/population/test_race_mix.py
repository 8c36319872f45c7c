"""What states teach about the ages of a race that is common, or rare."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from personatwin_sk.population import _bundle
from personatwin_sk.population._fit import fit_counties, mix_of_races
from personatwin_sk.population._race_mix import learn_tilt

NEW_YORK, TEXAS = 36, 48


@pytest.fixture(scope="module")
def bundle():
    arrays = _bundle.read()
    for name in ("state_joint", "county_sex_race_hispanic"):
        arrays[name] = np.moveaxis(arrays[name], -1, 0).astype(float)
    return arrays


def margins(joints):
    return joints.sum(axis=(3, 4)), joints.sum(axis=1), joints.sum(axis=0)


def wrong(model, truth):
    return np.abs(model - truth).sum() / 2 / truth.sum()


def slope_by_hand(joints, plain):
    """Ridge regression cell by cell: least squares with a row that asks for no slope."""
    n_areas, n_ages = joints.shape[:2]
    slopes = np.zeros((n_ages, 6, 2))
    everybody = joints.sum()
    for age in range(n_ages):
        for race in range(6):
            for origin in range(2):
                rows, answers = [[np.sqrt(1000.0)]], [0.0]
                group_of_all = joints[:, :, :, race, origin].sum()
                for area in range(n_areas):
                    share = joints[area, :, :, race, origin].sum() / joints[area].sum()
                    mix = np.log((share + 1e-4) / (group_of_all / everybody + 1e-4))
                    mix = min(max(mix, -1.0), 1.0)
                    for sex in range(2):
                        people = joints[area, age, sex, race, origin]
                        fitted = plain[area, age, sex, race, origin]
                        weight = np.sqrt(1 / (0.01 + 1 / (fitted + 1)))
                        rows.append([weight * mix])
                        answers.append(weight * np.log((people + 1) / (fitted + 1)))
                slopes[age, race, origin] = np.linalg.lstsq(
                    np.array(rows), np.array(answers), rcond=None
                )[0][0]
    return slopes


def test_slopes_are_those_of_a_ridge_regression():
    joints = np.random.default_rng(3).integers(0, 40_000, size=(5, 3, 2, 6, 2)).astype(float)
    plain = fit_counties(*margins(joints))
    np.testing.assert_allclose(
        learn_tilt(joints), slope_by_hand(joints, plain), rtol=1e-9, atol=1e-12
    )


def test_areas_that_are_alike_teach_nothing():
    one = np.random.default_rng(1).integers(1, 9_000, size=(4, 2, 6, 2)).astype(float)
    tilt = learn_tilt(np.stack([one, 2 * one, 5 * one]))
    np.testing.assert_allclose(tilt, 0, atol=1e-9)


def test_few_people_teach_little():
    rng = np.random.default_rng(2)
    pattern = rng.uniform(1, 4, size=(4, 3, 2, 6, 2))
    slopes = [np.abs(learn_tilt(size * pattern)).max() for size in (1, 1_000, 1_000_000)]
    assert slopes[0] < 0.1 * slopes[1] and slopes[1] < slopes[2]


def test_areas_without_people_teach_nothing():
    joints = np.random.default_rng(5).integers(0, 9_000, size=(3, 2, 2, 6, 2)).astype(float)
    with_empty = np.concatenate([joints, np.zeros((1, 2, 2, 6, 2))])
    np.testing.assert_allclose(learn_tilt(with_empty), learn_tilt(joints), rtol=1e-9, atol=1e-15)
    assert (learn_tilt(np.zeros((3, 2, 2, 6, 2))) == 0).all()


def test_a_lesson_is_applied_as_it_was_learnt():
    """Seven areas where a group is the younger the commoner it is; the eighth is fitted better."""
    joints = np.full((8, 2, 2, 6, 2), 1.0)
    joints[:, :, :, 0, 0] = 1e6
    share = np.linspace(0.05, 0.4, 8)
    joints[:, 0, :, 1, 0] = (1e6 * share * (0.3 + share))[:, None]
    joints[:, 1, :, 1, 0] = (1e6 * share * (0.7 - share))[:, None]
    tilt = learn_tilt(joints[:-1])
    assert tilt[0, 1, 0] > 0.1 > -0.1 > tilt[1, 1, 0]
    plain, learnt = fit_counties(*margins(joints)), fit_counties(*margins(joints), tilt)
    assert wrong(learnt[-1], joints[-1]) < 0.9 * wrong(plain[-1], joints[-1])


def test_states_that_had_no_part_in_it_are_fitted_better(bundle):
    """Each region of the country, taught by the others; New York nowhere."""
    regions = {
        1: (9, 23, 25, 33, 34, 42, 44, 50),
        2: (17, 18, 19, 20, 26, 27, 29, 31, 38, 39, 46, 55),
        4: (2, 4, 6, 8, 15, 16, 30, 32, 35, 41, 49, 53, 56),
    }
    states, joints = bundle["state_fips"], bundle["state_joint"]
    plain, learnt = [], []
    for members in regions.values():
        here = np.isin(states, members)
        tilt = learn_tilt(joints[~here & (states != NEW_YORK)])
        plain.append(wrong(fit_counties(*margins(joints[here])), joints[here]))
        learnt.append(wrong(fit_counties(*margins(joints[here]), tilt), joints[here]))
    assert (np.array(learnt) < np.array(plain)).all()
    assert sum(learnt) < 0.93 * sum(plain)


def test_new_york_is_fitted_better_than_from_its_own_joint_alone(bundle, shared_data):
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
    tilt = learn_tilt(bundle["state_joint"][bundle["state_fips"] != NEW_YORK])
    fitted = fit_counties(*margins(real), tilt)
    assert wrong(fitted, real) < 0.037
    # Published margins: the ages exactly, the others as closely as without a lesson.
    np.testing.assert_allclose(fitted.sum(axis=(3, 4)), real.sum(axis=(3, 4)), rtol=1e-12)
    np.testing.assert_allclose(fitted.sum(axis=1), real.sum(axis=1), rtol=2e-3, atol=0.5)
    np.testing.assert_allclose(fitted.sum(axis=0), real.sum(axis=0), rtol=2e-3, atol=0.5)


@settings(max_examples=25, deadline=None)
@given(
    joints=hnp.arrays(np.int64, (3, 4, 2, 6, 2), elements=st.integers(0, 500)),
    tilt=hnp.arrays(float, (4, 6, 2), elements=st.floats(-2, 2)),
)
def test_ages_are_met_exactly_whatever_was_learnt(joints, tilt):
    before = joints.copy(), tilt.copy()
    ages, races, state = margins(joints)
    fitted = fit_counties(ages, races, state, tilt)
    assert np.isfinite(fitted).all() and (fitted >= 0).all()
    np.testing.assert_allclose(fitted.sum(axis=(3, 4)), ages, rtol=1e-9, atol=1e-9)
    assert np.array_equal(joints, before[0]) and np.array_equal(tilt, before[1])


def test_no_lesson_is_a_lesson_of_zeros():
    joints = np.random.default_rng(8).integers(0, 300, size=(4, 5, 2, 6, 2))
    none = fit_counties(*margins(joints))
    np.testing.assert_array_equal(none, fit_counties(*margins(joints), np.zeros((5, 6, 2))))


def test_a_mix_is_the_log_of_share_over_share():
    races = np.zeros((3, 2, 6, 2))
    races[0, :, 0, 0], races[0, :, 3, 1] = 30, 20
    races[1, :, 0, 0], races[1, :, 3, 1] = 45, 5
    mix = mix_of_races(races)
    assert mix[0, 3, 1] == pytest.approx(np.log(0.4 / 0.25), abs=1e-3)
    assert mix[1, 3, 1] == pytest.approx(np.log(0.1 / 0.25), abs=1e-3)
    assert mix[1, 0, 0] == pytest.approx(np.log(0.9 / 0.75), abs=1e-3)
    # Nobody of the group, anywhere; and no people at all.
    assert mix[0, 5, 0] == 0 and (mix[2] == 0).all()


def test_a_mix_has_bounds():
    races = np.zeros((2, 2, 6, 2))
    races[0, :, 0, 0], races[1, :, 1, 0] = 1e6, 1e3
    mix = mix_of_races(races)
    assert mix[0, 1, 0] == -1 and mix[1, 1, 0] == 1 and np.abs(mix).max() == 1


def test_texas_is_fitted_in_well_under_an_eighth_of_a_second(bundle):
    counties = bundle["county_fips"] // 1000 == TEXAS
    state = bundle["state_joint"][bundle["state_fips"] == TEXAS][0]
    ages, races = bundle["county_age_sex"][counties], bundle["county_sex_race_hispanic"][counties]
    tilt = learn_tilt(bundle["state_joint"])
    times = []
    for _ in range(3):
        start = time.perf_counter()
        fit_counties(ages, races, state, tilt)
        times.append(time.perf_counter() - start)
    assert len(ages) == 254 and min(times) < 0.125
