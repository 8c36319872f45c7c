"""Three-digit ZIP areas in the hierarchy, and reading many addresses at once."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.exceptions import InputError
from personatwin_sk.population.places import (
    LEVELS,
    climb,
    common_ancestor,
    counties_of,
    county_shares,
    find_areas,
    find_distinct_areas,
    leaf_count,
    three_digit_area,
)


def read(text, **kwargs):
    return find_areas([text], **kwargs)[0]


@pytest.mark.parametrize(
    ("label", "level", "expected"),
    [
        ("452**", "zip", "452**"),
        ("452**", "city", "Ohio"),  # it lies in four counties
        ("452**", "county", "Ohio"),
        ("452**", "division", "East North Central"),
        ("606**", "county", "Cook County, IL"),
        ("061**", "county", "Connecticut"),
        ("834**", "county", "Idaho"),  # with a corner of Wyoming
        ("000**", "city", "United States"),
        ("000**", "state", "United States"),
    ],
)
def test_climbing(label, level, expected):
    assert climb(read(label), level).label == expected


def test_areas_of_every_known_zip_code(shared_data):
    """Labels read back; what an area climbs to holds (most of) it."""
    codes = pd.read_csv(shared_data / "census" / "zip_to_zcta.csv.gz", dtype=str)["zip_code"]
    for prefix in sorted(codes.str[:3].unique())[::9]:
        area = three_digit_area(prefix)
        assert area.label == f"{prefix}**" and read(area.label) == area
        assert area.straddles == (len({code[:2] for code in county_shares(prefix)}) > 1)
        for low, high in itertools.pairwise(LEVELS[1:]):
            assert set(counties_of(climb(area, high))) >= set(counties_of(climb(area, low)))
            assert climb(climb(area, low), high) == climb(area, high)


def test_counties_of_an_area(shared_data):
    weights = pd.read_csv(shared_data / "census" / "zip_county_weights.csv.gz", dtype=str)
    for prefix in ("452", "606", "036"):
        inside = weights[weights["zip"].str.startswith(prefix) & (weights["weight"] != "0.0")]
        area = three_digit_area(prefix)
        expected = sorted(set(inside["fips"]))
        assert [code for code in expected if county_shares(prefix).get(code, 0) > 0] == list(
            counties_of(area)
        )
        assert leaf_count(area) == len(counties_of(area))
    assert leaf_count(read("000**")) == leaf_count(read("USA")) == 3222
    # In another state's corner of it nobody is looked for, as with a ZIP code across a border.
    assert {code[:2] for code in counties_of(read("834**"))} == {"16"}


@pytest.mark.parametrize(
    ("texts", "label"),
    [
        (["452**", "45202"], "452**"),
        (["452**", "45202", "12 Main St, Cincinnati, OH 45219"], "452**"),
        (["452**", "452xx"], "452**"),
        (["452**", "453**"], "Ohio"),
        (["452**", "45011"], "Ohio"),
        (["452**", "Cincinnati, OH"], "Ohio"),
        (["452**", "Hamilton County, OH"], "Ohio"),
        (["606**", "Cook County, IL"], "Cook County, IL"),
        (["000**", "03601"], "United States"),
        (["000**", "000"], "000**"),
        (["45202", "45219"], "Hamilton County, OH"),
    ],
)
def test_common_ancestors(texts, label):
    for order in itertools.permutations(texts):
        assert common_ancestor(find_areas(order)).label == label


def test_areas_of_codes():
    assert three_digit_area("45202") == three_digit_area("452") == read("452xx")
    assert three_digit_area("03601", restricted=True) == read("000")
    for code in ("001", "96910", "", "ab"):
        with pytest.raises(InputError, match="three digits"):
            three_digit_area(code)


def test_shares_of_an_area_by_digits_or_label():
    assert county_shares("452") == county_shares("452**")
    assert sum(county_shares("452").values()) == pytest.approx(1)
    assert county_shares("000**") == county_shares("001") == {}


STREETS = [
    "12 Main St", "Main St", "1 County Line Rd", "45202", "45202-1234", "12 Main - B", "3 (rear)",
    "Suite 4; 9 Oak", "7 Hamilton County", "8 Orleans Parish", "9 Elm Co.", "9 Elm Co", "5\n6 Elm",
    " 12 Oak ", "", "5 county ", "N 3rd St Apt 4", "PO Box 7", "12 RUE DU PARISH", "٣ شارع",
]  # fmt: skip
RESTS = [
    "Cincinnati, OH", " Cincinnati, Hamilton County, OH ", "OH 45202", "Hamilton County",
    "Denver, CO 80202, USA", "Nowhere", "45202", "452**", "", " ", "Apt 4, Salem, OR", "OH", "Ohio",
]  # fmt: skip


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(STREETS), st.sampled_from(RESTS)).map(",".join),
            st.sampled_from([*RESTS, None, 45202, 2139, 1.5]),
            st.text(max_size=12),
        ),
        max_size=12,
    ),
    st.sampled_from([None, "OH", "CO"]),
)
@settings(max_examples=300, deadline=None)
def test_reading_without_streets_is_reading_and_climbing(texts, state):
    """The oracle reads one text after the other."""
    number, areas = find_distinct_areas(texts, state=state, codes="zip")
    one_by_one = [read(text, state=state, codes="zip") for text in texts]
    expected = [None if area is None else climb(area, "zip") for area in one_by_one]
    assert [areas[position] for position in number.tolist()] == expected


def test_what_is_null_has_no_place():
    number, areas = find_distinct_areas([None, "Ohio", None])
    found = [areas[position] for position in number.tolist()]
    assert found == [None, read("Ohio"), None]
    empty, nothing = find_distinct_areas([])
    assert len(empty) == 0 and nothing == []


def test_streets_are_many_and_what_follows_them_is_read_once():
    texts = [f"{n} Main St, Salem, Essex County, MA" for n in range(1, 2_000)]
    number, areas = find_distinct_areas(texts)
    assert len(areas) == 1 and np.array_equal(number, np.zeros(len(texts)))
    assert areas[0].label == "Salem, MA"


def test_the_state_has_to_be_one():
    with pytest.raises(InputError, match="no US state"):
        find_distinct_areas(["Ohio"], state="Narnia")
