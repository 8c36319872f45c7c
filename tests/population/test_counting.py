import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from personatwin_sk.population import _adding
from personatwin_sk.population._adding import Queries
from personatwin_sk.population._bundled import bundled_counties, bundled_states
from personatwin_sk.population._counting import Atlas, carried_limits, count_people
from personatwin_sk.population._places_read import Part, Territory
from personatwin_sk.population._uncertainty import (
    AGE_SPLIT,
    JOINT,
    PLACE,
    PLACE_AGES,
    PUBLISHED,
    interval,
)

HAMILTON, FRANKLIN, HARRIS, LOVING, OHIO, TEXAS = 39061, 39049, 48201, 48301, 39, 48
BLOCKS = [bundled_states(), bundled_counties(39), bundled_counties(48)]
UNITS = np.array(sorted([HAMILTON, FRANKLIN, HARRIS, LOVING, OHIO, TEXAS]))
BLOCK = np.array([0 if unit < 100 else 1 if unit < 40_000 else 2 for unit in UNITS.tolist()])
POSITION = np.array(
    [BLOCKS[b].fips.tolist().index(unit) for b, unit in zip(BLOCK, UNITS.tolist(), strict=True)]
)
ATLAS = Atlas(BLOCKS, UNITS, BLOCK, POSITION)
EVERYBODY = np.ones((2, 7, 2), dtype=bool)


def everyone_aged(low, high):
    ages = np.zeros(121, dtype=bool)
    ages[low : high + 1] = True
    return ages


def only(sex=None, race=None, hispanic=None):
    mask = np.zeros((2, 7, 2), dtype=bool)
    cell = tuple(slice(None) if at is None else at for at in (sex, race, hispanic))
    mask[cell] = True
    return mask


def ask(units, ages, people):
    alternatives = units if isinstance(units[0], tuple) else (units,)
    parts = tuple(
        tuple(unit if isinstance(unit, Part) else Part(unit) for unit in alternative)
        for alternative in alternatives
    )
    zero = np.zeros(1, dtype=np.int64)
    answer = count_people(
        Queries(ages[None], people[None]), [Territory(parts, "county")], ATLAS, zero, zero, zero
    )
    return answer.count[0], answer.low[0], answer.high[0], answer.how[0]


def add_up(unit, ages, people):
    """Add up cell by cell, year by year."""
    figures = BLOCKS[BLOCK[UNITS.tolist().index(unit)]]
    at = figures.fips.tolist().index(unit)
    bands = np.minimum(np.arange(121) // 5, 17)
    total = 0.0
    for age in np.flatnonzero(ages):
        for sex in (0, 1):
            cells = figures.joint[at, bands[age], sex][people[sex, :6]].sum()
            total += cells * figures.shares[at, age, sex]
    return total


@settings(max_examples=40)
@given(
    hnp.arrays(bool, 121).filter(np.any),
    hnp.arrays(bool, (2, 7, 2)),
    st.sampled_from([(OHIO,), (HAMILTON,), (HAMILTON, FRANKLIN), (HARRIS,), (HAMILTON, TEXAS)]),
)
def test_counts_against_loops(ages, people, units):
    expected = sum(add_up(unit, ages, people) for unit in units)
    count, low, high, how = ask(units, ages, people)
    assert count == pytest.approx(expected, abs=0.5 if how == PUBLISHED else 1e-6)
    assert low <= count <= high and high > 0


@pytest.mark.parametrize(
    ("unit", "ages", "people", "how"),
    [
        (OHIO, everyone_aged(30, 39), only(sex=0, race=1), PUBLISHED),
        (OHIO, everyone_aged(31, 39), only(sex=0, race=1), AGE_SPLIT),
        (OHIO, everyone_aged(31, 39), EVERYBODY, AGE_SPLIT),
        (HAMILTON, everyone_aged(0, 120), EVERYBODY, PUBLISHED),
        (HAMILTON, everyone_aged(30, 39), only(sex=1), PUBLISHED),
        (HAMILTON, everyone_aged(31, 39), only(sex=1), PUBLISHED),
        (HAMILTON, everyone_aged(33, 33) | everyone_aged(85, 120), EVERYBODY, PUBLISHED),
        (HAMILTON, everyone_aged(86, 120), EVERYBODY, AGE_SPLIT),
        (HAMILTON, everyone_aged(30, 39), only(race=1), JOINT),
        (HAMILTON, everyone_aged(33, 33), only(race=1), JOINT),
        (HAMILTON, everyone_aged(0, 120), only(hispanic=1), JOINT),
        (HARRIS, everyone_aged(0, 120), only(sex=1), PUBLISHED),
        (HARRIS, everyone_aged(30, 39), EVERYBODY, JOINT),
        (TEXAS, everyone_aged(30, 39), EVERYBODY, PUBLISHED),
        (Part(HAMILTON, 9_000.0), everyone_aged(30, 39), only(sex=1), PLACE_AGES),
        (Part(HAMILTON, 9_000.0), everyone_aged(30, 39), only(race=1), PLACE),
    ],
)
def test_how_a_count_was_made(unit, ages, people, how):
    count, low, high, made = ask((unit,), ages, people)
    assert made == how
    assert (low == count == high) == (how == PUBLISHED)


def test_some_other_race_is_no_race_of_the_estimates():
    """All six races are everybody where there is no seventh."""
    six = EVERYBODY.copy()
    six[:, 6] = False
    assert ask((HAMILTON,), everyone_aged(30, 34), six)[3] == PUBLISHED
    assert ask((HAMILTON,), everyone_aged(30, 34), only(race=6))[0] == 0


def test_a_modelled_count_is_bounded_by_the_published_ones_around_it():
    ages = everyone_aged(85, 120)
    men = ask((HAMILTON,), ages, only(sex=0))
    most_men = only(sex=0)
    most_men[0, 5, 1] = False
    assert ask((HAMILTON,), ages, most_men)[2] <= men[0]
    band = ask((OHIO,), everyone_aged(30, 34), only(sex=0))
    most_of_it = ask((OHIO,), everyone_aged(30, 33), only(sex=0))
    assert most_of_it[2] <= band[0]
    # Of a county the single years around it are published, not only the bands.
    year = ask((HAMILTON,), everyone_aged(33, 33), only(sex=0))
    assert year[3] == PUBLISHED
    assert ask((HAMILTON,), everyone_aged(33, 33), most_men)[2] <= year[0]


def test_what_bounds_a_count_is_whole():
    """However counts were added up: a limit of 9.999999 people would let nobody be the tenth."""
    area = np.arange(88)
    people = np.stack([only(sex=0, race=race) for race in range(6)])
    queries = Queries(np.stack([everyone_aged(33, 61), everyone_aged(7, 8)]), people)
    for who in range(6):
        for age in (0, 1):
            sums = queries.ask(BLOCKS[1], area, np.full(88, age), np.full(88, who))
            assert (sums.how == JOINT).all() and (sums.most == np.rint(sums.most)).all()


def test_ages_of_texan_counties_are_bounded_by_all_ages_only():
    one_band = ask((HARRIS,), everyone_aged(30, 34), EVERYBODY)
    assert one_band[1] < one_band[0] < one_band[2]
    nearly_all = ask((LOVING,), everyone_aged(5, 120), EVERYBODY)
    assert nearly_all[2] == ask((LOVING,), everyone_aged(0, 120), EVERYBODY)[0]


def test_nobody_counted_may_be_three_people():
    """The rule of three; a published 0 is not the last word, and bounds nothing to 0."""
    published = ask((LOVING,), everyone_aged(0, 120), only(race=6))
    assert published == (0, 0, 3, JOINT) or published[0] == 0 < published[2]
    joint = BLOCKS[2].joint[BLOCKS[2].fips.tolist().index(LOVING)]
    band, sex = np.argwhere(joint.sum(axis=(2, 3)) == 0)[0].tolist()
    ages = everyone_aged(5 * band, 5 * band + 4 if band < 17 else 120)
    for people in (only(sex=sex), only(sex=sex, race=1)):
        count, low, high, _ = ask((LOVING,), ages, people)
        assert (count, low) == (0, 0) and high > 0


def test_of_alternatives_the_smallest_counts():
    ages, people = everyone_aged(20, 29), only(race=3)
    single = [ask((unit,), ages, people) for unit in (HAMILTON, FRANKLIN)]
    both = ask(((HAMILTON,), (FRANKLIN,)), ages, people)
    assert both == pytest.approx(tuple(min(pair) for pair in zip(*single, strict=True)))


def test_alternatives_may_be_sums():
    ages = everyone_aged(20, 29)
    two = ask((FRANKLIN, HARRIS), ages, EVERYBODY)[0]
    one = ask((HAMILTON,), ages, EVERYBODY)[0]
    assert ask(((FRANKLIN, HARRIS), (HAMILTON,)), ages, EVERYBODY)[0] == pytest.approx(one)
    assert ask(((FRANKLIN, HARRIS), (TEXAS,)), ages, EVERYBODY)[0] == pytest.approx(two)


def test_limits_of_races_that_were_carried_to_another_date(shared_data):
    """States, whose races of 2020 and of 2024 are known, are carried within their divisions."""
    folder = shared_data / "census"
    table = np.load(folder / "state_joint_2024.npz")
    now = table["counts"].sum(axis=1).astype(float)
    counties = np.load(folder / "county_sex_race_hispanic_2020.npz")
    states = np.char.ljust(counties["fips"], 2).astype("U2")
    then = np.stack([counties["counts"][states == code].sum(axis=0) for code in table["fips"]])
    names = pd.read_csv(folder / "state_division_region.csv", dtype=str)
    division = names.set_index("STATE").loc[table["fips"].tolist(), "division"].to_numpy()
    carried = np.zeros_like(now)
    for name in np.unique(division):
        inside = (division == name) & (table["fips"] != "36")
        people = then[inside].astype(float)
        for _ in range(50):
            people *= now[inside].sum(axis=0) / people.sum(axis=0)
            people *= (now[inside].sum(axis=(2, 3)) / people.sum(axis=(2, 3)))[..., None, None]
        carried[inside] = people
    known = table["fips"] != "36"
    carried, then, now = (array[known].ravel() for array in (carried, then, now))
    low, high = carried_limits(carried, then)
    covered = (low <= now) & (now <= high)
    for fewest, most in ((0, 1_000), (1_000, 5_000), (5_000, 30_000), (30_000, np.inf)):
        rows = (carried >= fewest) & (carried < most)
        assert rows.sum() > 50 and covered[rows].mean() >= 0.9
    assert np.median((high - low) / carried) < 0.6


def test_nobody_then_and_now_is_not_sure_to_be_nobody():
    assert [limit.tolist() for limit in carried_limits(np.zeros(1), np.zeros(1))] == [[0.0], [0.0]]
    assert ask((LOVING,), everyone_aged(0, 120), only(race=4, hispanic=1))[2] > 0


# Shares of a county


def test_a_share_of_a_county_is_that_part_of_all_its_cells():
    ages, people = everyone_aged(30, 39), only(sex=1, race=1)
    whole, residents = ask((HAMILTON,), ages, people), 827_058
    share = ask((Part(HAMILTON, residents / 50),), ages, people)
    assert share[0] == pytest.approx(whole[0] / 50)
    low, high = interval(np.array([share[0]]), np.array([PLACE]))
    assert share[1] <= low[0] and share[2] >= high[0]
    two = ask((Part(HAMILTON, residents / 50), Part(FRANKLIN, 1_000.0)), ages, people)
    assert two[0] > share[0]


def test_a_share_is_never_more_than_its_county():
    ages, people = everyone_aged(0, 120), EVERYBODY
    count, low, high, _ = ask((Part(HAMILTON, 9_000.0),), ages, people)
    # How many live in a ZIP code now is not known to the last one.
    assert count == pytest.approx(9_000) and low < count < high
    assert ask((Part(HAMILTON, 5e6),), ages, people)[0] == pytest.approx(827_058)
    assert ask((Part(HAMILTON, 820_000.0),), ages, people)[2] <= 827_058
    count, low, high, how = ask((Part(HAMILTON, 0.0),), ages, people)
    assert (count, low) == (0, 0) and high > 0 and how == PLACE_AGES


@pytest.mark.parametrize(
    ("unit", "people", "n_people"), [(HARRIS, EVERYBODY, 100.0), (HAMILTON, only(race=3), 4_000.0)]
)
def test_a_share_of_a_fitted_count_is_no_surer_than_the_fit(unit, people, n_people):
    """In Texas the ages are fitted too, which elsewhere are known of any share."""
    count, low, high, _ = ask((Part(unit, n_people),), everyone_aged(30, 34), people)
    fitted = interval(np.array([count]), np.array([JOINT]))
    assert low <= fitted[0][0] and high >= fitted[1][0]


# Many at once


def test_each_query_gets_its_own_answer():
    rng = np.random.default_rng(0)
    ages = np.stack(
        [everyone_aged(0, 9), everyone_aged(10, 19) | everyone_aged(33, 50), everyone_aged(3, 3)]
    )
    people = np.stack([EVERYBODY, only(race=1), only(sex=0, hispanic=1)])
    units = [(HAMILTON,), (OHIO,), ((HARRIS,), (FRANKLIN, LOVING)), (Part(HAMILTON, 900.0),)]
    territories = [
        Territory(
            tuple(
                tuple(unit if isinstance(unit, Part) else Part(unit) for unit in alternative)
                for alternative in (one if isinstance(one[0], tuple) else (one,))
            ),
            "county",
        )
        for one in units
    ]
    place, age, who = (rng.integers(0, n, 60) for n in (4, 3, 3))
    answer = count_people(Queries(ages, people), territories, ATLAS, place, age, who)
    for row in range(60):
        alone = ask(units[place[row]], ages[age[row]], people[who[row]])
        found = (answer.count[row], answer.low[row], answer.high[row], answer.how[row])
        assert found == pytest.approx(alone, rel=1e-9, abs=1e-6)


def test_sums_in_several_goes_are_the_same(monkeypatch):
    rng = np.random.default_rng(1)
    queries = Queries(rng.random((6, 121)) < 0.5, rng.random((20, 2, 7, 2)) < 0.5)
    area, age, who = (rng.integers(0, n, 300) for n in (88, 6, 20))
    at_once = queries.ask(BLOCKS[1], area, age, who)
    monkeypatch.setattr(_adding, "_MOST_SUMS", 88 * 122 * 3)
    in_parts = queries.ask(BLOCKS[1], area, age, who)
    for name in ("count", "most", "earlier"):
        np.testing.assert_allclose(getattr(in_parts, name), getattr(at_once, name), atol=1e-6)
