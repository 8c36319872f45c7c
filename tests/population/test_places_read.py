import numpy as np
import pytest

from personatwin_sk.population._places_read import (
    Territory,
    nation,
    read_territories,
    territory_of,
    union,
)
from personatwin_sk.population.places import Area

EAST_NORTH_CENTRAL = (17, 18, 26, 39, 55)


@pytest.mark.parametrize(
    ("cell", "units", "level"),
    [
        ("Ohio", ((39,),), "state"),
        ("OH", ((39,),), "state"),
        ("Hamilton County, OH", ((39061,),), "county"),
        (" Hamilton County OH ", ((39061,),), "county"),
        ("12 Main St, Cincinnati, Hamilton County, OH", ((39061,),), "county"),
        ("Cincinnati, OH", ((39,),), "state"),
        ("45202", ((39061,),), "county"),
        (45202, ((39061,),), "county"),
        (45202.0, ((39061,),), "county"),
        ("East North Central", (EAST_NORTH_CENTRAL,), "division"),
        ("Ohio|Indiana", ((18, 39),), "state"),
        ({"Hamilton County, OH", "Ohio"}, ((39,),), "state"),
        ("Hamilton County, OH|Butler County, OH", ((39017, 39061),), "county"),
    ],
)
def test_what_places_cover(cell, units, level):
    territories, unreadable = read_territories([cell])
    assert territories == [Territory(units, level)]
    assert not unreadable.any()


@pytest.mark.parametrize("cell", ["United States", "USA"])
def test_the_country_is_fifty_states_and_the_district(cell):
    territories, _ = read_territories([cell])
    assert territories == [nation()]
    assert len(nation().alternatives[0]) == 51 and 72 not in nation().alternatives[0]


def test_a_county_without_its_state_has_alternatives():
    (territory,), _ = read_territories(["Hamilton County"])
    assert territory is not None and territory.level == "county"
    assert (39061,) in territory.alternatives and (18057,) in territory.alternatives
    assert all(len(units) == 1 for units in territory.alternatives)


def test_regions_are_made_of_states():
    (midwest,), _ = read_territories(["Midwest"])
    assert midwest is not None and midwest.level == "region"
    assert set(midwest.alternatives[0]) == {17, 18, 19, 20, 26, 27, 29, 31, 38, 39, 46, 55}


@pytest.mark.parametrize("cell", [None, "", "  ", "Ohio|", float("nan"), "Puerto Rico"])
def test_null_and_places_without_figures_cover_nothing(cell):
    territories, unreadable = read_territories([cell])
    assert territories == [None] and not unreadable.any()


@pytest.mark.parametrize("cell", ["Narnia", "White", "00000", "Ohio|Narnia", {"M", "Ohio"}, True])
def test_places_that_nobody_knows(cell):
    _, unreadable = read_territories(["Ohio", cell])
    assert unreadable.tolist() == [False, True]


def test_parts_of_another_place_count_once():
    ohio = Territory(((39,),), "state")
    parts = [Territory(((39061,),), "county"), ohio, Territory(((18, 39),), "state")]
    assert union(parts) == Territory(((18, 39),), "state")


def test_of_namesakes_in_a_set_the_smallest_counts(shared_data):
    table = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    people = dict(zip(table["fips"].tolist(), table["counts"].sum(axis=(1, 2)), strict=True))
    (alone,), _ = read_territories(["Hamilton County"])
    (both,), _ = read_territories(["Hamilton County|Ohio"])
    assert alone is not None and both is not None
    smallest = min((units[0] for units in alone.alternatives), key=lambda c: people[f"{c:05d}"])
    assert both.alternatives == ((39, smallest),)
    assert both.level == "state"


def test_a_namesake_without_figures_makes_a_place_unknown():
    assert territory_of(Area("county", ("39061", "72001"), "a county")) is None
    assert territory_of(Area("state", ("72",), "Puerto Rico")) is None
