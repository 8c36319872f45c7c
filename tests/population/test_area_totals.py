"""People of places of every level, against the published tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.population._area_totals import people_of_area, people_of_code
from personatwin_sk.population.places import LEVELS, climb, find_areas


def people(text, **kwargs):
    (area,) = find_areas([text], **kwargs)
    return people_of_area(area)


@pytest.fixture(scope="module")
def county_people(shared_data):
    with np.load(shared_data / "census" / "county_age_sex_2023.npz") as table:
        return pd.Series(table["counts"].sum(axis=(1, 2)), index=table["fips"].tolist())


def test_counties_are_as_published(county_people):
    areas = find_areas(county_people.index.tolist(), codes="fips")
    assert [people_of_area(area) for area in areas] == county_people.tolist()


def test_what_counties_make_up(county_people, shared_data):
    states = pd.read_csv(shared_data / "census" / "state_division_region.csv", dtype=str)
    by_state = county_people.groupby(county_people.index.str[:2]).sum()
    states["people"] = states["STATE"].map(by_state)
    for column in ("NAME", "division", "region"):
        for label, expected in states.groupby(column)["people"].sum().items():
            assert people(label) == expected
    assert people("United States") == county_people.sum() == 334_914_895


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hamilton County, OH", 827_058),
        ("Puerto Rico", 3_252_628),
        ("Aguada Municipio, PR", None),
        ("45202", 14_153),
        ("452**", 808_029),
        ("036**", 13_374),
        ("000**", None),
        ("Cincinnati, OH", None),
        ("12 Main St, Cincinnati, OH 45202", None),
        ("District of Columbia", 678_972),
        ("District of Columbia, DC", 678_972),
    ],
)
def test_places_of_every_level(text, expected):
    assert people(text) == expected


def test_the_smallest_of_several_namesakes_counts(county_people):
    (area,) = find_areas(["Hamilton County"])
    assert len(area.fips) > 5
    assert people_of_area(area) == county_people[list(area.fips)].min()


def test_a_namesake_without_figures_makes_the_number_unknown():
    (area,) = find_areas(["Hamilton County"])
    puerto_rico = type(area)("county", (*area.fips, "72001"), area.label)
    assert people_of_area(puerto_rico) is None


def test_whatever_contains_a_place_has_no_fewer_people():
    for text in ("Hamilton County, OH", "Kalawao County, HI", "Ponce Municipio, PR", "Alaska"):
        (area,) = find_areas([text])
        chain = [people_of_area(climb(area, level)) for level in LEVELS[3:]]
        known = [number for number in chain if number is not None]
        assert known == sorted(known)


def test_a_code_that_is_none():
    with pytest.raises(KeyError):
        people_of_code("XX")
