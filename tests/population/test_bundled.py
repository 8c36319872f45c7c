import time

import numpy as np
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import AGE_BANDS, HISPANIC, RACES, SEXES, CensusPopulation, _bundled

STARTS = np.array([low for low, _ in AGE_BANDS])


@pytest.fixture(scope="module")
def ages(shared_data):
    return np.load(shared_data / "census" / "county_age_sex_2023.npz")


def test_axes_have_a_name_for_every_position():
    joint = CensusPopulation.joint("US")
    assert joint.shape == (len(AGE_BANDS), len(SEXES), len(RACES), len(HISPANIC))
    assert AGE_BANDS[0] == (0, 4) and AGE_BANDS[16] == (80, 84) and AGE_BANDS[17] == (85, 120)


@pytest.mark.parametrize(
    ("area", "people"), [("US", 340_110_988), ("39", 11_883_304), ("39061", 827_058)]
)
def test_totals_are_the_published_ones(area, people):
    assert CensusPopulation.joint(area).sum() == pytest.approx(people, abs=1e-6)


@pytest.mark.parametrize("area", ["72", "72001", "39000", "99", "", "Ohio", "D3", "3906", "٣٩"])
def test_codes_without_figures_are_refused(area):
    with pytest.raises(InputError, match="no figures under this area code"):
        CensusPopulation.joint(area)


def test_a_joint_can_be_changed_without_harm():
    for area in ("US", "39", "39061"):
        CensusPopulation.joint(area)[:] = 0
        assert CensusPopulation.joint(area).sum() > 0


def test_shared_arrays_cannot_be_changed():
    counties = _bundled.bundled_counties(39)
    for array in (_bundled.arrays()["county_fips"], counties.joint, counties.shares):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_every_county_has_its_published_ages(ages):
    expected = np.add.reduceat(ages["counts"].astype(float), STARTS, axis=1)
    codes = ages["fips"].astype(int)
    for state in np.unique(codes // 1000):
        figures = _bundled.bundled_counties(int(state))
        inside = codes // 1000 == state
        assert np.array_equal(figures.fips, codes[inside])
        fitted = figures.joint.sum(axis=(3, 4))
        np.testing.assert_allclose(fitted, expected[inside], rtol=1e-9, err_msg=str(state))


def test_a_states_counties_add_up_to_its_races(shared_data, ages):
    """The counties' races of 2020 are carried along with those of the state."""
    table = np.load(shared_data / "census" / "state_joint_2024.npz")
    for state in ("39", "36", "48", "11"):
        inside = [code.startswith(state) for code in ages["fips"].tolist()]
        by_age = np.add.reduceat(ages["counts"][inside].sum(axis=0), STARTS, axis=0)
        joint = table["counts"][table["fips"].tolist().index(state)].astype(float)
        expected = joint * (by_age / joint.sum(axis=(2, 3)))[:, :, None, None]
        fitted = _bundled.bundled_counties(int(state)).joint.sum(axis=0)
        assert np.abs(fitted - expected).sum() / 2 / expected.sum() < 1e-3


def test_single_years_split_their_band_as_in_the_county(ages):
    position = ages["fips"].tolist().index("39061")
    hamilton = ages["counts"][position].astype(float)
    figures = _bundled.bundled_counties(39)
    shares = figures.shares[figures.fips.tolist().index(39061)]
    for age in (0, 4, 18, 33, 84):
        band = hamilton[age // 5 * 5 : age // 5 * 5 + 5].sum(axis=0)
        np.testing.assert_allclose(shares[age], hamilton[age] / band)


def test_single_years_of_a_state_split_its_bands(ages):
    ohio = ages["counts"][[code.startswith("39") for code in ages["fips"].tolist()]].sum(axis=0)
    states = _bundled.bundled_states()
    shares = states.shares[states.fips.tolist().index(39)]
    for age in (0, 33, 84):
        band = ohio[age // 5 * 5 : age // 5 * 5 + 5].sum(axis=0)
        np.testing.assert_allclose(shares[age], ohio[age] / band)


def test_what_is_published_of_which_counties():
    for state, expected in ((39, "years"), (36, "years"), (48, "none")):
        assert _bundled.bundled_counties(state).ages_published == expected
    assert _bundled.bundled_states().ages_published == "bands"
    assert _bundled.bundled_states().cells_published


def test_counties_that_are_no_more_are_split_as_their_state():
    """New Haven County, CT, gave way to planning regions."""
    starts = np.array([0, 20, 65])
    shares = _bundled.bundled_shares(np.array([9009]), starts)
    np.testing.assert_allclose(shares, _bundled.bundled_shares(np.array([9]), starts))


def test_which_places_have_figures():
    assert _bundled.has_county(39061) and not _bundled.has_county(39060)
    assert not _bundled.has_county(99999)
    assert _bundled.state_position(1) == 0 and _bundled.state_position(72) == -1
    assert _bundled.people_of(39) == 11_883_304 and _bundled.people_of(39061) == 827_058


def test_races_of_2020_are_the_published_ones(shared_data):
    table = np.load(shared_data / "census" / "county_sex_race_hispanic_2020.npz")
    position = table["fips"].tolist().index("39061")
    figures = _bundled.bundled_counties(39)
    earlier = figures.earlier[figures.fips.tolist().index(39061)]
    assert np.array_equal(earlier, table["counts"][position]) and earlier.sum() == 830_625


def test_a_states_joint_is_soon_there():
    """Under 0.2 s from cold, file and all; on a busy machine four times that is a fault."""
    _bundled.arrays.cache_clear()
    _bundled.bundled_counties.cache_clear()
    start = time.perf_counter()
    _bundled.bundled_counties(48)
    assert time.perf_counter() - start < 0.8
