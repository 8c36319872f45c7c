"""People drawn: their traits against the Census Bureau's own figures, read from the raw files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from personatwin_sk.datasets import make_people_events
from personatwin_sk.datasets._people import draw_people
from personatwin_sk.exceptions import InputError

ALL_AGES = (0, 99)
RACES = ["White", "Black", "Native American", "Asian", "Pacific Islander", "Two or more"]


def draw(n_people, areas, ages=ALL_AGES, seed=0):
    people = draw_people(n_people, areas, ages, np.random.default_rng(seed))
    return pd.DataFrame(vars(people))


def assert_same_distribution(observed, expected):
    """Compare counts with shares; categories too small for chi-square go together."""
    observed, expected = np.asarray(observed, float), np.asarray(expected, float)
    expected = expected / expected.sum() * observed.sum()
    assert observed[expected == 0].sum() == 0
    large = expected >= 5
    if expected[~large].sum() > 0:
        observed = np.append(observed[large], observed[~large].sum())
        expected = np.append(expected[large], expected[~large].sum())
    else:
        observed, expected = observed[large], expected[large]
    assert stats.chisquare(observed, expected).pvalue > 1e-3


@pytest.fixture(scope="module")
def ohio(shared_data):
    """Read Ohio's counties from the raw files: codes, age x sex, sex x race x Hispanic."""
    with np.load(shared_data / "census" / "county_age_sex_2023.npz") as raw:
        inside = np.char.startswith(raw["fips"].astype(str), "39")
        codes, age_sex = raw["fips"].astype(str)[inside], raw["counts"][inside]
    with np.load(shared_data / "census" / "county_sex_race_hispanic_2020.npz") as raw:
        inside = np.char.startswith(raw["fips"].astype(str), "39")
        assert list(raw["fips"].astype(str)[inside]) == list(codes)
        race = raw["counts"][inside]
    return codes, age_sex.astype(float), race.astype(float)


@pytest.fixture(scope="module")
def drawn():
    return draw(60_000, ["39"])


def test_counties_are_as_large_as_they_are(ohio, drawn, shared_data):
    codes, age_sex, _ = ohio
    names = pd.read_csv(shared_data / "census" / "county_names_2023.csv", dtype=str)
    name_column = next(c for c in names.columns if names[c].str.contains("Hamilton County").any())
    code_column = next(c for c in names.columns if (names[c] == "39061").any())
    names = names.set_index(code_column)[name_column]
    labels = [names[code].removesuffix(", Ohio").removesuffix(", OH") + ", OH" for code in codes]
    observed = drawn["geography"].value_counts().reindex(labels, fill_value=0)
    assert observed.sum() == len(drawn)
    assert_same_distribution(observed, age_sex.sum(axis=(1, 2)))


def test_ages_and_sexes_are_as_published(ohio, drawn):
    _, age_sex, _ = ohio
    single_years = age_sex.sum(axis=0)
    bands = np.minimum(np.arange(86) // 5, 17)
    published = np.stack([single_years[bands == band].sum(axis=0) for band in range(18)])
    for column, gender in enumerate(["Male", "Female"]):
        ages = drawn.loc[drawn["gender"] == gender, "age"]
        observed = np.bincount(np.minimum(ages // 5, 17), minlength=18)
        assert_same_distribution(observed, published[:, column])
    assert_same_distribution(
        drawn["gender"].value_counts().reindex(["Male", "Female"]), published.sum(axis=0)
    )


def test_ethnicities_are_as_published(ohio, drawn, shared_data):
    _, age_sex, _ = ohio
    with np.load(shared_data / "census" / "state_joint_2024.npz") as raw:
        joint = raw["counts"][list(raw["fips"].astype(str)).index("39")].astype(float)
    # The shares are of 2024, by age and sex; the people are of 2023.
    bands = np.minimum(np.arange(86) // 5, 17)
    people = np.stack([age_sex.sum(axis=0)[bands == band].sum(axis=0) for band in range(18)])
    share = joint / joint.sum(axis=(2, 3), keepdims=True)
    published = (share * people[:, :, None, None]).sum(axis=(0, 1))
    expected = [*published[:, 0], published[:, 1].sum()]
    observed = drawn["ethnicity"].value_counts().reindex([*RACES, "Hispanic"], fill_value=0)
    assert observed.sum() == len(drawn)
    assert_same_distribution(observed, expected)


def test_counties_differ_in_ethnicity_as_counted(ohio, drawn):
    codes, _, race = ohio
    # Counted in 2020, so shares have moved since: by less than two points, and sampling adds one.
    for code, label in (("39061", "Hamilton"), ("39035", "Cuyahoga"), ("39049", "Franklin")):
        counted = race[list(codes).index(code)].sum(axis=0)
        here = drawn.loc[drawn["geography"] == f"{label} County, OH", "ethnicity"]
        share = counted[1, 0] / counted.sum()
        assert (here == "Black").mean() == pytest.approx(share, abs=0.03)
        assert share > 0.2


def test_chi_square_notices_a_uniform_draw(ohio):
    _, age_sex, _ = ohio
    with pytest.raises(AssertionError):
        assert_same_distribution(np.full(88, 600), age_sex.sum(axis=(1, 2)))


def test_ages_within_a_band_are_even_and_thin_out_from_85():
    ages = draw(200_000, ["39"])["age"]
    for start in range(0, 85, 5):
        years = ages[(ages >= start) & (ages < start + 5)]
        assert stats.chisquare(np.bincount(years - start, minlength=5)).pvalue > 1e-4
    oldest = np.bincount(ages[ages >= 85] - 85, minlength=15)
    assert ages.max() == 99
    assert_same_distribution(oldest, 0.85 ** np.arange(15))
    # 60.4 % and 29.6 % in the 2020 census.
    assert oldest[:5].sum() / oldest.sum() == pytest.approx(0.604, abs=0.03)
    assert oldest[5:10].sum() / oldest.sum() == pytest.approx(0.296, abs=0.04)


def test_ages_are_limited_and_the_rest_keep_their_shares(ohio):
    _, age_sex, _ = ohio
    ages = draw(40_000, ["39"], ages=(18, 40))["age"]
    assert (ages.min(), ages.max()) == (18, 40)
    years = age_sex.sum(axis=(0, 2))
    published = [
        years[15:20].sum() * 2 / 5,
        *(years[start : start + 5].sum() for start in range(20, 40, 5)),
        years[40:45].sum() / 5,
    ]
    observed = np.bincount(np.digitize(ages, [18, 20, 25, 30, 35, 40]) - 1, minlength=6)
    assert_same_distribution(observed, published)


@pytest.mark.parametrize("ages", [(18, 18), (85, 85), (99, 99), (0, 0), (84, 86)])
def test_narrow_limits_hold(ages):
    found = draw(500, ["39061"], ages=ages)["age"]
    assert found.between(*ages).all()
    assert set(found) == set(range(ages[0], ages[1] + 1))


@pytest.mark.parametrize(
    ("areas", "counties"),
    [
        (["39061"], {"Hamilton County, OH"}),
        ("39061", {"Hamilton County, OH"}),
        (["Hamilton County, OH", "39061"], {"Hamilton County, OH"}),
        (["39061", "18177"], {"Hamilton County, OH", "Wayne County, IN"}),
        # A code that is a ZIP code too.
        (["10001", "10003"], {"Kent County, DE", "New Castle County, DE"}),
        (["10"], {"Kent County, DE", "New Castle County, DE", "Sussex County, DE"}),
        (["Delaware"], {"Kent County, DE", "New Castle County, DE", "Sussex County, DE"}),
    ],
)
def test_people_live_where_they_are_said_to(areas, counties):
    found = set(draw(2000, areas)["geography"])
    assert found <= counties
    assert found == counties or len(counties) == 2


@pytest.mark.parametrize("state", ["09", "02", "11", "48"])
def test_states_with_peculiar_counties(state):
    assert draw(50, [state])["geography"].str.contains(",").all()


@pytest.mark.parametrize(
    ("areas", "message"),
    [
        ([], "0 of 0 areas are not known"),
        (["39", "00"], "1 of 2 areas are not known"),
        (["39999", "Narnia", "39"], "2 of 3 areas are not known"),
        (["Cincinnati, OH"], "1 of 1 areas are not known"),
        (["Hamilton County"], "1 of 1 areas are not known"),
    ],
)
def test_unknown_areas_are_refused(areas, message):
    with pytest.raises(InputError, match=message):
        draw(10, areas)


def test_generator_takes_the_areas_and_the_ages_of_the_domain():
    table = make_people_events(400, "education", areas=["39061"], random_state=0)
    assert set(table["geography"]) == {"Hamilton County, OH"}
    assert table["age"].between(5, 24).all()
    assert make_people_events(400, random_state=0)["age"].min() >= 18
