import numpy as np
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import AGE_BANDS, HISPANIC, RACES, SEXES, CensusPopulation, _figures


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
    for array in (
        _figures.figures()["county_fips"],
        _figures.county_joint(39061),
        _figures.age_shares(39),
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_every_county_has_its_published_ages(shared_data):
    table = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    starts = list(range(0, 86, 5))
    expected = np.add.reduceat(table["counts"].astype(float), starts, axis=1)
    for position, code in enumerate(table["fips"].tolist()):
        fitted = _figures.county_joint(int(code)).sum(axis=(2, 3))
        np.testing.assert_allclose(fitted, expected[position], rtol=1e-9, err_msg=code)


def test_a_states_counties_add_up_to_its_races(shared_data):
    """The counties' races of 2020 are carried along with those of the state."""
    table = np.load(shared_data / "census" / "state_joint_2024.npz")
    ages = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    starts = list(range(0, 86, 5))
    for state in ("39", "36", "48", "11"):
        inside = [code.startswith(state) for code in ages["fips"].tolist()]
        by_age = np.add.reduceat(ages["counts"][inside].sum(axis=0), starts, axis=0)
        joint = table["counts"][table["fips"].tolist().index(state)].astype(float)
        expected = joint * (by_age / joint.sum(axis=(2, 3)))[:, :, None, None]
        fitted = _figures.counties_of_state(int(state))[1].sum(axis=0)
        assert np.abs(fitted - expected).sum() / 2 / expected.sum() < 1e-3


def test_single_years_split_their_band_as_in_the_state(shared_data):
    table = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    ohio = table["counts"][[code.startswith("39") for code in table["fips"].tolist()]].sum(axis=0)
    shares = _figures.age_shares(39)
    for age in (0, 4, 18, 33, 84):
        band = ohio[age // 5 * 5 : age // 5 * 5 + 5].sum(axis=0)
        np.testing.assert_allclose(shares[age], ohio[age] / band)


def test_the_oldest_are_split_as_in_the_census_of_2020():
    """60.4 % of those of 85 and more are 85-89, 29.6 % 90-94, 8.7 % 95-99, 1.3 % 100 and more."""
    shares = _figures.age_shares(6)
    for first, stop, expected in ((85, 90, 0.604), (90, 95, 0.296), (95, 100, 0.087)):
        np.testing.assert_allclose(shares[first:stop].sum(axis=0), expected)
    np.testing.assert_allclose(shares[100:].sum(axis=0), 0.013)
    # Of the hundred-year-olds more than 60 % are 100 or 101, and 10 % 105 and more.
    np.testing.assert_allclose(shares[100:102].sum(axis=0) / 0.013, 0.6)
    np.testing.assert_allclose(shares[105:].sum(axis=0) / 0.013, 0.1)
    # The last one also holds the few of whom no age is taken for one.
    assert (np.diff(shares[100:120], axis=0) < 0).all()


def test_shares_of_a_band_add_up_to_one():
    for state in (2, 11, 48):
        for low, high in AGE_BANDS:
            np.testing.assert_allclose(_figures.age_shares(state)[low : high + 1].sum(axis=0), 1.0)


def test_which_places_have_figures():
    assert _figures.has_county(39061) and not _figures.has_county(39060)
    assert not _figures.has_county(99999)
    assert _figures.state_position(1) == 0 and _figures.state_position(72) == -1


def test_races_of_2020_are_the_published_ones(shared_data):
    table = np.load(shared_data / "census" / "county_sex_race_hispanic_2020.npz")
    position = table["fips"].tolist().index("39061")
    assert np.array_equal(_figures.county_races_2020(39061), table["counts"][position])
    assert _figures.county_races_2020(39061).sum() == 830_625
