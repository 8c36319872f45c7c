"""Counts of the bundled census against the published tables, cell by cell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from bundled_census import CENSUS, RACES, ask, count
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.population import CensusPopulation
from personatwin_sk.population._gazetteer import gazetteer

# Published totals


@pytest.mark.parametrize(
    ("place", "people", "level"),
    [
        ("United States", 340_110_988, "country"),
        ("Ohio", 11_883_304, "state"),
        ("Hamilton County, OH", 827_058, "county"),
    ],
)
def test_published_totals(place, people, level):
    answer = count(geography=place)
    assert answer["count"] == answer["low"] == answer["high"] == people
    assert answer["level"] == level
    assert not answer["modelled"]
    assert answer["unmatched"] == ()
    assert answer["source"].startswith("US Census Bureau")


def test_without_a_place_it_is_the_nation():
    answer = count(gender="Female|Male")
    assert answer["count"] == 340_110_988
    assert (answer["level"], answer["unmatched"]) == ("country", ())


@pytest.mark.parametrize(
    ("division", "states_of"),
    [
        ("New England", ["09", "23", "25", "33", "44", "50"]),
        ("Midwest", ["17", "18", "19", "20", "26", "27", "29", "31", "38", "39", "46", "55"]),
    ],
)
def test_divisions_and_regions_are_sums_of_states(division, states_of, states):
    answer = count(geography=division, ethnicity="Asian", age="20-29")
    expected = sum(states[state][4:6, :, 3].sum() for state in states_of)
    assert answer["count"] == expected
    assert not answer["modelled"]


def test_every_county_total_is_the_published_one(county_ages):
    labels = [gazetteer().county_label(code) for code in county_ages]
    answer = ask(geography=labels)
    assert answer["count"].tolist() == [counts.sum() for counts in county_ages.values()]
    assert (answer["level"] == "county").all() and not answer["modelled"].any()


# Against the tables, cell by cell


BAND_CELLS = st.tuples(st.integers(0, 17), st.integers(0, 17)).map(lambda ends: sorted(ends))
RACE_CELLS = st.one_of(st.none(), st.frozensets(st.integers(0, 5), min_size=1))


def label_of_bands(first, last):
    return f"{5 * first}+" if last == 17 else (5 * first, 5 * last + 4)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["39", "02", "48", "11"]),
    BAND_CELLS,
    st.sampled_from([None, 0, 1]),
    RACE_CELLS,
    st.booleans(),
)
def test_states_against_the_published_joint(states, state, bands, sex, races, separate):
    expected = 0.0
    for band in range(bands[0], bands[1] + 1):
        for each_sex in (0, 1):
            for race in range(6):
                if sex in (None, each_sex) and (races is None or race in races):
                    expected += states[state][band, each_sex, race, 0]
                    if not separate or races is None:
                        expected += states[state][band, each_sex, race, 1]
    place = {"39": "Ohio", "02": "Alaska", "48": "TX", "11": "DC"}[state]
    asked = pd.DataFrame(
        {
            "age": pd.Series([label_of_bands(*bands)], dtype=object),
            "gender": pd.Series([None if sex is None else "MF"[sex]], dtype=object),
            "ethnicity": pd.Series(
                [None if races is None else {RACES[race] for race in races}], dtype=object
            ),
            "geography": [place],
        }
    )
    answer = CENSUS.count(asked, hispanic_separate=separate).iloc[0]
    assert answer["count"] == expected
    assert answer["low"] == answer["high"] == expected
    assert not answer["modelled"]
    silent = (["gender"] if sex is None else []) + (["ethnicity"] if races is None else [])
    assert answer["unmatched"] == tuple(silent)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3143), BAND_CELLS, st.sampled_from([None, 0, 1]))
def test_counties_against_the_published_ages(shared_data, county_ages, position, bands, sex):
    codes = list(county_ages)
    code = codes[position]
    ages = county_ages[code][5 * bands[0] : 5 * bands[1] + 5 if bands[1] < 17 else 86]
    expected = ages.sum() if sex is None else ages[:, sex].sum()
    answer = count(
        age=label_of_bands(*bands),
        gender=None if sex is None else ["Man", "Woman"][sex],
        geography=gazetteer().county_label(code),
    )
    assert answer["count"] == pytest.approx(expected)
    every_age = bands == [0, 17]
    assert answer["modelled"] == (code.startswith("48") and not every_age)
    assert answer["level"] == "county"


def test_the_ages_of_texan_counties_are_modelled():
    place = "Harris County, TX"
    assert not count(geography=place)["modelled"]
    assert not count(geography=place, gender="F")["modelled"]
    answer = count(geography=place, age="30-34")
    assert answer["modelled"] and answer["low"] < answer["count"] < answer["high"]
    assert not count(geography="Texas", age="30-34")["modelled"]


def test_single_years_of_counties_are_published_and_of_states_split(states, county_ages):
    ohio = sum(counts for code, counts in county_ages.items() if code.startswith("39"))
    hamilton = county_ages["39061"]
    share = ohio[33, 1] / ohio[30:35, 1].sum()
    answer = ask(
        age=[33, 33, "33-37", "33-37|85+"],
        gender=["F"] * 4,
        geography=["Ohio", *["Hamilton County, OH"] * 3],
    )
    expected = [
        states["39"][6, 1].sum() * share,
        hamilton[33, 1],
        hamilton[33:38, 1].sum(),
        hamilton[33:38, 1].sum() + hamilton[85, 1],
    ]
    np.testing.assert_allclose(answer["count"], expected)
    assert answer["modelled"].tolist() == [True, False, False, False]
    assert answer["low"][0] < answer["count"][0] < answer["high"][0]
    assert (answer["low"] == answer["high"]).tolist() == [False, True, True, True]


def test_a_race_of_a_single_year_is_split_as_all_races_are(county_ages):
    hamilton = county_ages["39061"][:, 1]
    year, band = ask(
        age=[33, "30-34"], gender=["F"] * 2, ethnicity=["Black"] * 2, geography=["39061"] * 2
    )["count"]
    assert year / band == pytest.approx(hamilton[33] / hamilton[30:35].sum())


def test_the_oldest_single_years(states):
    answer = ask(age=["85+", "85-89", "100+", 120], geography=["Ohio"] * 4)
    total = states["39"][17].sum()
    np.testing.assert_allclose(answer["count"][:3], [total, 0.604 * total, 0.013 * total])
    assert answer["modelled"].tolist() == [False, True, True, True]
    assert 0 < answer["count"][3] < 1


# The modelled joint of counties


def test_the_joint_of_a_county_is_modelled_and_has_limits():
    answer = ask(
        age=["30-34", "30-34", "30-34"],
        gender=["F", "F", "F"],
        ethnicity=["Black", "Pacific Islander", "White"],
        geography=["Hamilton County, OH"] * 3,
    )
    assert answer["modelled"].all()
    assert (answer["low"] < answer["count"]).all() and (answer["count"] < answer["high"]).all()
    assert answer["source"].str.startswith("modelled from US Census Bureau").all()
    width = (answer["high"] - answer["low"]) / answer["count"]
    assert width[1] > 3 * width[0]  # the fewer the people, the less is known


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["39061", "36061", "48261", "02013", "11001"]),
    BAND_CELLS,
    st.sampled_from([None, 0, 1]),
    st.frozensets(st.integers(0, 5), min_size=1),
    st.booleans(),
)
def test_counties_against_loops_over_their_joint(code, bands, sex, races, separate):
    joint = CensusPopulation.joint(code)
    expected = 0.0
    for band in range(bands[0], bands[1] + 1):
        for each_sex in (0, 1) if sex is None else (sex,):
            for race in races:
                expected += joint[band, each_sex, race, 0]
                expected += 0 if separate else joint[band, each_sex, race, 1]
    places = {
        "39061": "Hamilton County, OH",
        "36061": "New York County, NY",
        "48261": "Kenedy County, TX",
        "02013": "Aleutians East Borough, AK",
        "11001": "District of Columbia, DC",
    }
    asked = pd.DataFrame(
        {
            "age": pd.Series([label_of_bands(*bands)], dtype=object),
            "gender": pd.Series([None if sex is None else "MF"[sex]], dtype=object),
            "ethnicity": ["|".join(sorted(RACES[race] for race in races))],
            "geography": [places[code]],
        }
    )
    answer = CENSUS.count(asked, hispanic_separate=separate).iloc[0]
    assert answer["count"] == pytest.approx(expected, abs=0.5 if not answer["modelled"] else 1e-6)
    assert answer["low"] <= answer["count"] <= answer["high"]


def test_limits_of_races_without_ages_reach_from_then_to_now_and_as_far_beyond(county_races):
    answer = count(ethnicity="Black", gender="F", geography="Hamilton County, OH")
    then = county_races["39061"][1, 1].sum()
    now = answer["count"]
    assert answer["modelled"] and now == pytest.approx(then, rel=0.05)
    away = max(2 * abs(now - then), 0.03 * now + 2 * now**0.5)
    assert [answer["low"], answer["high"]] == pytest.approx([now - away, now + away])


def test_limits_never_leave_what_is_published():
    rows = ask(
        age=["85+"] * 2,
        gender=["M"] * 2,
        ethnicity=["White", None],
        geography=["Loving County, TX", "Loving County, TX"],
    )
    assert rows["high"][0] <= rows["high"][1]


def test_parts_add_up_to_the_whole():
    place = "Hamilton County, OH"
    parts = [(age, sex, race) for age in ("0-29", "30+") for sex in "MF" for race in RACES]
    answer = ask(
        age=[part[0] for part in parts],
        gender=[part[1] for part in parts],
        ethnicity=[part[2] for part in parts],
        geography=[place] * len(parts),
    )
    assert answer["count"].sum() == pytest.approx(827_058)


# Ethnicity


def test_hispanic_among_the_values_makes_the_others_not_hispanic(states):
    ohio = states["39"].sum(axis=(0, 1))
    alone = ask(ethnicity=["White", "Black"], geography=["Ohio"] * 2)
    beside = ask(ethnicity=["White", "Hispanic"], geography=["Ohio"] * 2)
    assert alone["count"].tolist() == [ohio[0].sum(), ohio[1].sum()]
    assert beside["count"].tolist() == [ohio[0, 0], ohio[:, 1].sum()]


@pytest.mark.parametrize(
    ("separate", "cells", "expected"),
    [
        (None, ["White", "Asian|Latina"], "separate"),
        (None, ["White", "White Hispanic"], "separate"),
        (None, ["White", "Not Hispanic"], "together"),
        (False, ["White", "Hispanic"], "together"),
        (True, ["White", "Asian"], "separate"),
    ],
)
def test_the_meaning_of_a_race_can_be_given(states, separate, cells, expected):
    white = states["39"].sum(axis=(0, 1))[0]
    asked = pd.DataFrame({"ethnicity": cells, "geography": ["Ohio"] * 2})
    answer = CENSUS.count(asked, hispanic_separate=separate)
    assert answer["count"][0] == (white[0] if expected == "separate" else white.sum())


def test_sets_of_ethnicities_are_unions(states):
    ohio = states["39"].sum(axis=(0, 1))
    answer = count(ethnicity="White|Hispanic", geography="Ohio")
    assert answer["count"] == ohio[0, 0] + ohio[:, 1].sum()
    answer = count(ethnicity={"White, non-Hispanic", "Not Hispanic"}, geography="Ohio")
    assert answer["count"] == ohio[:, 0].sum()


# What is left out of account


@pytest.mark.parametrize(
    ("cells", "unmatched"),
    [
        ({"ethnicity": "Other"}, ("ethnicity",)),
        ({"ethnicity": None}, ("ethnicity",)),
        ({"ethnicity": "White|Other"}, ("ethnicity",)),
        ({"ethnicity": "White|"}, ("ethnicity",)),
        ({"gender": "nonbinary"}, ("gender",)),
        ({"gender": "M|X"}, ("gender",)),
        ({"gender": np.nan, "age": None}, ("gender", "age")),
        ({"age": "30-39|"}, ("age",)),
        ({"age": "unknown", "shoe": 42}, ("age", "shoe")),
    ],
)
def test_what_is_not_known_is_summed_over_and_named(cells, unmatched):
    answer = count(**cells, geography="Ohio")
    assert answer["count"] == 11_883_304
    assert answer["unmatched"] == unmatched


def test_null_places_and_places_without_figures_are_the_nation():
    answer = ask(geography=[None, "Puerto Rico", "Ohio"])
    assert answer["count"].tolist() == [340_110_988, 340_110_988, 11_883_304]
    assert answer["unmatched"].tolist() == [("geography",), ("geography",), ()]
    assert answer["level"].tolist() == ["country", "country", "state"]
