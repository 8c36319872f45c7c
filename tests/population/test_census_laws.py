"""What holds of census counts whatever is asked: coarser labels, sets, nulls, spellings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.population import CensusPopulation
from personatwin_sk.population._people_labels import read_ethnicity, read_gender

CENSUS = CensusPopulation(source="bundled")
RACES = ["White", "Black", "Native American", "Asian", "Pacific Islander", "Two or more"]
# From the finest to the coarsest.
PLACES = [
    ["Hamilton County, OH", "Ohio", "East North Central", "Midwest", "United States"],
    ["45202", "Hamilton County, OH", "Ohio", "Midwest", None],
    ["Loving County, TX", "Texas", "West South Central", "South", "United States"],
    ["Honolulu County, HI", "Hawaii", "Pacific", "West", None],
    ["Hamilton County", "Hamilton County, OH", "Hamilton County, OH|Butler County, OH", "Ohio"],
]
NAMESAKES = ["Cook County, GA", "Cook County, IL", "Cook County, MN"]


def counts_of(rows, **options):
    frame = pd.DataFrame(rows, columns=["age", "gender", "ethnicity", "geography"], dtype=object)
    return CENSUS.count(frame, **options)


AGES = st.tuples(st.integers(0, 110), st.integers(0, 30)).map(
    lambda pair: (pair[0], min(pair[0] + pair[1], 120))
)
GENDERS = st.sampled_from(["Male", "Female"])
PLACE_STEPS = st.tuples(st.sampled_from(PLACES), st.integers(0, 3))


@settings(max_examples=60, deadline=None)
@given(
    AGES,
    GENDERS,
    st.sampled_from(RACES),
    PLACE_STEPS,
    st.tuples(st.integers(0, 20), st.integers(0, 20)),
    st.frozensets(st.sampled_from(RACES)),
)
def test_a_coarser_label_never_lowers_a_count(age, gender, race, place, wider, more):
    steps, at = place
    at = min(at, len(steps) - 2)
    where = steps[at]
    wide_age = (max(age[0] - wider[0], 0), min(age[1] + wider[1], 120))
    rows = [
        (age, gender, race, where),
        (wide_age, gender, race, where),
        (None, gender, race, where),
        (age, "Male|Female", race, where),
        (age, None, race, where),
        (age, gender, {race, *more}, where),
        (age, gender, None, where),
        (age, gender, race, steps[at + 1]),
        (None, None, None, steps[at + 1]),
    ]
    answer = counts_of(rows, hispanic_separate=False)
    count = answer["count"].to_numpy()
    assert (count[1:] >= count[0] - 0.5).all()  # published counts are whole, modelled ones not
    assert count[8] >= count[7] - 0.5 and count[2] >= count[1] - 0.5
    assert (answer["low"] <= answer["count"]).all() and (answer["count"] <= answer["high"]).all()


@settings(max_examples=30, deadline=None)
@given(
    AGES, st.integers(0, 29), st.sampled_from(["Ohio", "Hamilton County, OH", "Loving County, TX"])
)
def test_neighbouring_ages_add_up(age, cut, place):
    low, high = age
    middle = min(low + cut, high - 1)
    if middle < low:
        return
    rows = [
        ((a, b), None, None, place) for a, b in ((low, high), (low, middle), (middle + 1, high))
    ]
    whole, left, right = counts_of(rows)["count"]
    assert whole == pytest.approx(left + right, abs=1)


@pytest.mark.parametrize("place", ["Ohio", "Hamilton County, OH", "Midwest", None])
def test_sexes_and_races_add_up(place):
    rows = [((30, 39), gender, race, place) for gender in "MF" for race in RACES]
    parts = counts_of(rows)["count"]
    whole = counts_of([((30, 39), None, None, place)])["count"][0]
    assert len(parts) == 12 and parts.sum() == pytest.approx(whole)
    # With Hispanic as a value of its own, the six others are those who are not.
    rows = [(None, None, race, place) for race in [*RACES, "Hispanic"]]
    everybody = counts_of([(None, None, None, place)])["count"][0]
    assert counts_of(rows)["count"].sum() == pytest.approx(everybody, abs=1)


@pytest.mark.parametrize(
    ("column", "spellings"),
    [
        (0, [(30, 39), "30-39", [30, "31-39"], set(range(30, 40)), "30-34|35-39", (30.0, 39.9)]),
        (0, [85, "85", 85.0, 85.9, np.int8(85), (85, 85), {85}]),
        (0, ["85+", (85, 120), (85, float("inf")), "85-120"]),
        (1, ["F", "female", " WOMAN ", {"F"}, ["f", "Female"], "F|female"]),
        (2, ["Black", "African-American", "black or african american alone", {"Black", "blacks"}]),
        (2, ["Asian|White", ["White", "Asian"], ("asian", "white"), "White|Asian|White"]),
        (2, ["API", {"Asian", "Pacific Islander"}, "Asian or Pacific Islander"]),
        (3, ["Ohio", "OH", "ohio", {"OH", "Ohio"}, "OH|Hamilton County, OH"]),
        (3, ["Hamilton County, OH", "HAMILTON COUNTY, Ohio", " hamilton county oh ", "39061"]),
    ],
)
def test_spellings_of_one_thing_count_alike(column, spellings):
    usual = [(20, 89), "F", None, "Ohio"]
    rows = [tuple([*usual[:column], cell, *usual[column + 1 :]]) for cell in spellings]
    answer = counts_of(rows)
    assert answer["count"].nunique() == 1 and answer["count"].iloc[0] > 0
    assert answer["unmatched"].nunique() == 1


@pytest.mark.parametrize("null", [None, float("nan"), pd.NA, ""])
@pytest.mark.parametrize("column", ["age", "gender", "ethnicity", "geography"])
def test_a_null_counts_everybody_and_is_named(column, null):
    answer = CENSUS.count(pd.DataFrame({column: pd.Series([null], dtype=object)}))
    assert answer["count"].tolist() == [340_110_988]
    assert answer["unmatched"].tolist() == [(column,)]


@settings(max_examples=25, deadline=None)
@given(AGES, st.one_of(st.none(), GENDERS), st.one_of(st.none(), st.sampled_from(RACES)))
def test_a_county_of_several_states_is_the_least_of_them(age, gender, race):
    both = counts_of([(age, gender, race, place) for place in ["Cook County", *NAMESAKES]])
    for limit in ("count", "low", "high"):
        assert both[limit][0] == pytest.approx(both[limit][1:].min())
    assert both["level"].tolist() == ["county"] * 4


# Labels of people


DECORATED = st.tuples(
    st.sampled_from(["{}", " {} ", "{}.", "({})", "{};", "'{}'", "_{}_"]),
    st.sampled_from([str.upper, str.lower, str.title]),
    st.sampled_from(["-", " ", "_", "  ", "/"]),
)


@given(
    st.sampled_from(
        ["white", "african american", "native american", "asian", "pacific islander", "two or more"]
    ),
    DECORATED,
)
def test_capitals_and_punctuation_make_no_difference(label, decoration):
    around, case, gap = decoration
    written = around.format(case(label).replace(" ", gap))
    names = ["white", "african", "native", "asian", "pacific", "two"]
    assert read_ethnicity(written).races == (names.index(label.split()[0]),)
    for sex, word in enumerate(("male", "female")):
        assert read_gender(around.format(case(word))) == sex


NO_RACE = (
    "other unknown refused n/a none x - ? human polish german mexican jewish arab whitey blackish "
    "non-white not_black white,black asian/white 9 1 caucasoid"
)
NO_SEX = "other nonbinary trans unknown x u both mf fm malefemale male/female 0 1 mr ms"


@pytest.mark.parametrize("label", NO_RACE.split())
def test_ethnicities_that_are_refused(label):
    assert read_ethnicity(label) is None
    answer = counts_of([(None, None, label, "Ohio")])
    assert answer["count"].tolist() == [11_883_304]
    assert answer["unmatched"].tolist() == [("age", "gender", "ethnicity")]


@pytest.mark.parametrize("label", NO_SEX.split())
def test_genders_that_are_refused(label):
    assert read_gender(label) is None
    answer = counts_of([(None, label, None, "Ohio")])
    assert answer["count"].tolist() == [11_883_304]
    assert answer["unmatched"].tolist() == [("age", "gender", "ethnicity")]
