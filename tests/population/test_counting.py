import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from personatwin_sk.population import AGE_BANDS, CensusPopulation
from personatwin_sk.population._counting import Queries
from personatwin_sk.population._figures import age_shares
from personatwin_sk.population._places_read import Territory
from personatwin_sk.population._uncertainty import AGE_SPLIT, JOINT, PUBLISHED

HAMILTON, FRANKLIN, HARRIS, OHIO = 39061, 39049, 48201, 39
EVERYBODY = np.ones((2, 6, 2), dtype=bool)


def everyone_aged(low, high):
    ages = np.zeros(121, dtype=bool)
    ages[low : high + 1] = True
    return ages


def only(sex=None, race=None, hispanic=None):
    mask = np.zeros((2, 6, 2), dtype=bool)
    cell = tuple(slice(None) if at is None else at for at in (sex, race, hispanic))
    mask[cell] = True
    return mask


def ask(units, ages, people, level="county"):
    queries = Queries(ages[None], people[None])
    zero = np.zeros(1, dtype=np.int64)
    alternatives = units if isinstance(units[0], tuple) else (units,)
    answer = queries.ask(Territory(tuple(alternatives), level), zero, zero)
    return answer.count[0], answer.low[0], answer.high[0], answer.how[0]


@settings(max_examples=25, deadline=None)
@given(
    hnp.arrays(bool, 121),
    hnp.arrays(bool, (2, 6, 2)),
    st.sampled_from([(OHIO,), (HAMILTON,), (HAMILTON, FRANKLIN), (HARRIS,), (HAMILTON, 48)]),
)
def test_counts_against_loops(ages, people, units):
    expected = 0.0
    for unit in units:
        joint = CensusPopulation.joint(f"{unit:05d}" if unit >= 100 else f"{unit:02d}")
        shares = age_shares(unit // 1000 if unit >= 100 else unit)
        for band, (first, last) in enumerate(AGE_BANDS):
            for sex in (0, 1):
                years = [age for age in range(first, last + 1) if ages[age]]
                share = sum(shares[age, sex] for age in years)
                expected += share * joint[band, sex][people[sex]].sum()
    count, low, high, how = ask(units, ages, people)
    assert count == pytest.approx(expected, abs=0.5 if how == PUBLISHED else 1e-6)
    assert low <= count <= high


@pytest.mark.parametrize(
    ("unit", "ages", "people", "how"),
    [
        (OHIO, everyone_aged(30, 39), only(sex=0, race=1), PUBLISHED),
        (OHIO, everyone_aged(31, 39), only(sex=0, race=1), AGE_SPLIT),
        (HAMILTON, everyone_aged(0, 120), EVERYBODY, PUBLISHED),
        (HAMILTON, everyone_aged(30, 39), only(sex=1), PUBLISHED),
        (HAMILTON, everyone_aged(31, 39), only(sex=1), AGE_SPLIT),
        (HAMILTON, everyone_aged(30, 39), only(race=1), JOINT),
        (HAMILTON, everyone_aged(0, 120), only(hispanic=1), JOINT),
        (HARRIS, everyone_aged(0, 120), only(sex=1), PUBLISHED),
        (HARRIS, everyone_aged(30, 39), EVERYBODY, JOINT),
        (48, everyone_aged(30, 39), EVERYBODY, PUBLISHED),
    ],
)
def test_how_a_count_was_made(unit, ages, people, how):
    count, low, high, made = ask((unit,), ages, people)
    assert made == how
    assert (low == count == high) == (how == PUBLISHED)


def test_a_modelled_count_is_bounded_by_the_published_ones_around_it():
    ages = everyone_aged(85, 120)
    men = ask((HAMILTON,), ages, only(sex=0))
    most_men = only(sex=0)
    most_men[0, 5, 1] = False
    assert ask((HAMILTON,), ages, most_men)[2] <= men[0]
    band = ask((OHIO,), everyone_aged(30, 34), only(sex=0))
    most_of_it = ask((OHIO,), everyone_aged(30, 33), only(sex=0))
    assert most_of_it[2] <= band[0]


def test_ages_of_texan_counties_are_bounded_by_all_ages_only():
    one_band = ask((HARRIS,), everyone_aged(30, 34), EVERYBODY)
    assert one_band[2] > 1.05 * one_band[0]
    nearly_all = ask((HARRIS,), everyone_aged(1, 120), EVERYBODY)
    assert nearly_all[2] == ask((HARRIS,), everyone_aged(0, 120), EVERYBODY)[0]


def test_of_alternatives_the_smallest_counts():
    ages, people = everyone_aged(20, 29), only(race=3)
    single = [ask((unit,), ages, people) for unit in (HAMILTON, FRANKLIN)]
    both = ask(((HAMILTON,), (FRANKLIN,)), ages, people)
    assert both == tuple(min(pair) for pair in zip(*single, strict=True))


def test_each_query_gets_its_own_answer():
    ages = np.stack([everyone_aged(0, 9), everyone_aged(10, 19), everyone_aged(20, 29)])
    people = np.stack([EVERYBODY, only(race=1)])
    age, who = np.array([2, 0, 2, 1]), np.array([1, 0, 1, 0])
    answer = Queries(ages, people).ask(Territory(((HAMILTON,),), "county"), age, who)
    for row in range(4):
        alone = ask((HAMILTON,), ages[age[row]], people[who[row]])
        assert (answer.count[row], answer.low[row], answer.high[row], answer.how[row]) == alone
