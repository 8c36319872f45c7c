import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from personatwin_sk.population._fit import fit_counties, rake_races

RACE_COLUMNS = ("WA", "BA", "IA", "AA", "NA", "TOM")


@pytest.fixture(scope="module")
def new_york(shared_data):
    """The Bureau's own joint of 62 counties: (county, 18, 2, 6, 2)."""
    path = shared_data / "census" / "cc-est2019-alldata-36.csv.gz"
    with gzip.open(path, "rt", encoding="latin-1") as file:
        table = pd.read_csv(file)
    table = table[(table.YEAR == 12) & (table.AGEGRP > 0)]
    table = table.sort_values(["COUNTY", "AGEGRP"])
    joint = np.zeros((table.COUNTY.nunique(), 18, 2, 6, 2))
    for race, race_column in enumerate(RACE_COLUMNS):
        for sex, sex_column in enumerate(("MALE", "FEMALE")):
            for hispanic, origin in enumerate(("NH", "H")):
                column = table[f"{origin}{race_column}_{sex_column}"].to_numpy()
                joint[:, :, sex, race, hispanic] = column.reshape(-1, 18)
    assert joint.sum() == 19_453_561
    return joint


def test_fitted_counties_are_near_the_real_ones(new_york):
    fitted = fit_counties(new_york.sum(axis=(3, 4)), new_york.sum(axis=1), new_york.sum(axis=0))
    distance = np.abs(fitted - new_york).sum() / 2 / new_york.sum()
    assert distance < 0.045
    # Independence of age and race, which needs no fit, is nearly twice as far off.
    by_sex = new_york.sum(axis=(1, 3, 4))
    independent = (
        new_york.sum(axis=(3, 4))[..., None, None]
        * new_york.sum(axis=1)[:, None]
        / by_sex[:, None, :, None, None]
    )
    assert distance < 0.65 * np.abs(independent - new_york).sum() / 2 / new_york.sum()


def test_all_three_margins_are_met_where_they_agree(new_york):
    ages, races, state = new_york.sum(axis=(3, 4)), new_york.sum(axis=1), new_york.sum(axis=0)
    fitted = fit_counties(ages, races, state)
    np.testing.assert_allclose(fitted.sum(axis=(3, 4)), ages, rtol=1e-12)
    np.testing.assert_allclose(fitted.sum(axis=1), races, rtol=2e-3, atol=0.5)
    np.testing.assert_allclose(fitted.sum(axis=0), state, rtol=2e-3, atol=0.5)


def fit_by_hand(by_age, by_race, state):
    """Iterative proportional fitting, cell by cell, with margins that agree."""
    n_counties, n_ages = by_age.shape[:2]
    cells = np.repeat(state[None].astype(float), n_counties, axis=0)
    for _ in range(400):
        for county in range(n_counties):
            for sex in range(2):
                for race in range(6):
                    for origin in range(2):
                        total = cells[county, :, sex, race, origin].sum()
                        if total:
                            cells[county, :, sex, race, origin] *= (
                                by_race[county, sex, race, origin] / total
                            )
        for age in range(n_ages):
            for sex in range(2):
                for race in range(6):
                    for origin in range(2):
                        total = cells[:, age, sex, race, origin].sum()
                        if total:
                            cells[:, age, sex, race, origin] *= (
                                state[age, sex, race, origin] / total
                            )
        for county in range(n_counties):
            for age in range(n_ages):
                for sex in range(2):
                    total = cells[county, age, sex].sum()
                    if total:
                        cells[county, age, sex] *= by_age[county, age, sex] / total
    return cells


def test_the_fit_is_what_cell_by_cell_fitting_gives():
    truth = np.random.default_rng(5).integers(1, 60, size=(2, 3, 2, 6, 2)).astype(float)
    margins = truth.sum(axis=(3, 4)), truth.sum(axis=1), truth.sum(axis=0)
    np.testing.assert_allclose(fit_counties(*margins), fit_by_hand(*margins), rtol=2e-3)


def test_one_county_is_its_state():
    state = np.random.default_rng(0).integers(0, 50, size=(18, 2, 6, 2)).astype(float)
    fitted = fit_counties(state.sum(axis=(2, 3))[None], state.sum(axis=0)[None], state)
    np.testing.assert_allclose(fitted[0], state, atol=1e-9)


def test_independent_margins_give_their_product():
    ages, origins = np.array([0.2, 0.5, 0.3]), np.array([0.6, 0.4])
    state = np.zeros((3, 2, 6, 2))
    state[:, :, 0, 0] = 1000 * ages[:, None] * origins[0]
    state[:, :, 1, 0] = 1000 * ages[:, None] * origins[1]
    county = np.array([0.7, 0.3])
    by_age = 1000 * county[:, None, None] * ages[None, :, None] * np.ones((1, 1, 2))
    by_race = np.zeros((2, 2, 6, 2))
    by_race[:, :, 0, 0] = (1000 * county * origins[0])[:, None]
    by_race[:, :, 1, 0] = (1000 * county * origins[1])[:, None]
    fitted = fit_counties(by_age, by_race, state)
    expected = 1000 * county[:, None] * ages[None, :] * origins[1]
    np.testing.assert_allclose(fitted[:, :, 0, 1, 0], expected, rtol=1e-6)


def test_ages_that_the_state_does_not_have_are_met_all_the_same():
    state = np.zeros((2, 2, 6, 2))
    state[0, :, 0, 0] = 100
    by_age = np.array([[[50, 50], [3, 0]], [[50, 50], [0, 2]]])
    by_race = np.zeros((2, 2, 6, 2))
    by_race[:, :, 0, 0] = 52
    fitted = fit_counties(by_age, by_race, state)
    np.testing.assert_allclose(fitted.sum(axis=(3, 4)), by_age, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    by_age=hnp.arrays(np.int64, (3, 4, 2), elements=st.integers(1, 500)),
    by_race=hnp.arrays(np.int64, (3, 2, 6, 2), elements=st.integers(1, 500)),
    state=hnp.arrays(np.int64, (4, 2, 6, 2), elements=st.integers(1, 500)),
)
def test_ages_are_met_exactly_whatever_the_other_margins_say(by_age, by_race, state):
    inputs = by_age.copy(), by_race.copy(), state.copy()
    fitted = fit_counties(by_age, by_race, state)
    assert (fitted >= 0).all()
    np.testing.assert_allclose(fitted.sum(axis=(3, 4)), by_age, rtol=1e-9)
    for before, after in zip(inputs, (by_age, by_race, state), strict=True):
        assert np.array_equal(before, after)


def test_raked_races_meet_both_dates():
    rng = np.random.default_rng(1)
    before = rng.integers(1, 900, size=(5, 2, 6, 2)).astype(float)
    now = before * rng.uniform(0.8, 1.3, size=before.shape)
    raked = rake_races(before, now.sum(axis=(2, 3)), now.sum(axis=0))
    np.testing.assert_allclose(raked.sum(axis=(2, 3)), now.sum(axis=(2, 3)), rtol=1e-12)
    np.testing.assert_allclose(raked.sum(axis=0), now.sum(axis=0), rtol=1e-3)
    # What already meets both is left alone.
    unchanged = rake_races(now, now.sum(axis=(2, 3)), now.sum(axis=0))
    np.testing.assert_allclose(unchanged, now)
