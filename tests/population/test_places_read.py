import numpy as np
import pytest

from personatwin_sk.population import _places_read
from personatwin_sk.population._places_read import (
    Part,
    Territory,
    nation,
    read_territories,
    territory_of,
    union,
    whole,
)
from personatwin_sk.population.places import Area

EAST_NORTH_CENTRAL = (17, 18, 26, 39, 55)
# People of ZIP code tabulation areas, American Community Survey 2016-2020.
ZCTA = {"45202": 14_153, "45203": 2_430, "45255": 21_923, "06510": 2_778}


@pytest.mark.parametrize(
    ("cell", "units", "level", "exact"),
    [
        ("Ohio", ((39,),), "state", True),
        ("OH", ((39,),), "state", True),
        ("Hamilton County, OH", ((39061,),), "county", True),
        (" Hamilton County OH ", ((39061,),), "county", True),
        ("12 Main St, Cincinnati, Hamilton County, OH", ((39061,),), "county", False),
        ("Cincinnati, OH", ((39,),), "state", False),
        ("East North Central", (EAST_NORTH_CENTRAL,), "division", True),
        ("Ohio|Indiana", ((18, 39),), "state", True),
        ({"Hamilton County, OH", "Ohio"}, ((39,),), "state", True),
        ("Hamilton County, OH|Butler County, OH", ((39017, 39061),), "county", True),
        ("Cincinnati, OH|Indiana", ((18, 39),), "state", False),
    ],
)
def test_what_places_cover(cell, units, level, exact):
    territories, unreadable = read_territories([cell])
    parts = tuple(tuple(map(Part, alternative)) for alternative in units)
    assert territories == [Territory(parts, level, exact)]
    assert not unreadable.any()


@pytest.mark.parametrize("cell", ["United States", "USA"])
def test_the_country_is_fifty_states_and_the_district(cell):
    territories, _ = read_territories([cell])
    assert territories == [nation()]
    assert len(nation().alternatives[0]) == 51 and Part(72) not in nation().alternatives[0]


def test_a_county_without_its_state_has_alternatives():
    (territory,), _ = read_territories(["Hamilton County"])
    assert territory is not None and territory.level == "county"
    assert (Part(39061),) in territory.alternatives and (Part(18057),) in territory.alternatives
    assert all(len(parts) == 1 for parts in territory.alternatives)


def test_regions_are_made_of_states():
    (midwest,), _ = read_territories(["Midwest"])
    assert midwest is not None and midwest.level == "region"
    states = [17, 18, 19, 20, 26, 27, 29, 31, 38, 39, 46, 55]
    assert midwest == whole(states, "region")


@pytest.mark.parametrize("cell", [None, "", "  ", "Ohio|", float("nan"), "Puerto Rico"])
def test_null_and_places_without_figures_cover_nothing(cell):
    territories, unreadable = read_territories([cell])
    assert territories == [None] and not unreadable.any()


@pytest.mark.parametrize("cell", ["Narnia", "White", "00000", "Ohio|Narnia", {"M", "Ohio"}, True])
def test_places_that_nobody_knows(cell):
    _, unreadable = read_territories(["Ohio", cell])
    assert unreadable.tolist() == [False, True]


def test_parts_of_another_place_count_once():
    ohio = whole([39], "state")
    parts = [whole([39061], "county"), ohio, whole([18, 39], "state")]
    assert union(parts) == whole([18, 39], "state")


def test_of_namesakes_in_a_set_the_smallest_counts(shared_data):
    table = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    people = dict(zip(table["fips"].tolist(), table["counts"].sum(axis=(1, 2)), strict=True))
    (alone,), _ = read_territories(["Hamilton County"])
    (both,), _ = read_territories(["Hamilton County|Ohio"])
    assert alone is not None and both is not None
    codes = [parts[0].unit for parts in alone.alternatives]
    smallest = min(codes, key=lambda code: people[f"{code:05d}"])
    assert both == whole([39, smallest], "state")


# ZIP codes


@pytest.mark.parametrize("cell", ["45202", 45202, 45202.0, "45202-1234", "Cincinnati, OH 45202"])
def test_a_zip_code_is_its_share_of_its_county(cell):
    """So many lived there, as the American Community Survey of 2016-2020 says."""
    (territory,), _ = read_territories([cell])
    assert territory == Territory(((Part(39061, ZCTA["45202"], "45202"),),), "zip")


def test_a_zip_code_that_straddles_counties_is_shared_out(shared_data):
    (territory,), _ = read_territories(["45255"])
    assert territory is not None
    ((hamilton, clermont),) = territory.alternatives
    assert (hamilton.unit, clermont.unit) == (39061, 39025)
    assert hamilton.people == pytest.approx(0.7033 * ZCTA["45255"])
    assert clermont.people == pytest.approx(0.2967 * ZCTA["45255"])


def test_of_zip_codes_each_counts_once_and_none_beside_its_county():
    zips, county = ["45202", "45203"], whole([39061], "county")
    parts = [territory for territory in read_territories(zips)[0] if territory is not None]
    together = union([*parts, parts[0]])
    people = ZCTA["45202"] + ZCTA["45203"]
    assert together.alternatives == ((Part(39061, people),),)
    assert together.level == "zip" and together.exact
    assert union([*parts, county]) == county
    assert union([*parts, whole([39], "state")]) == whole([39], "state")
    apart = union([*parts, whole([39025], "county")])
    assert apart.alternatives == ((Part(39025), Part(39061, people)),)
    assert apart.level == "county"


def test_a_zip_code_whose_people_nobody_knows_is_its_county_and_says_so(monkeypatch):
    monkeypatch.setattr(_places_read, "people_of_area", lambda area: None)
    (territory,), _ = read_territories(["45202"])
    assert territory == whole([39061], "county", exact=False)
    (connecticut,), _ = read_territories(["06510"])
    assert connecticut == whole([9], "state", exact=False)


def test_three_digit_zip_areas(shared_data):
    """13,374 people in 036, which lies in Cheshire and Sullivan County, New Hampshire."""
    (keene,), _ = read_territories(["036**"])
    assert keene is not None and keene.level == "zip" and keene.exact
    ((first, second),) = keene.alternatives
    assert {first.unit, second.unit} == {33005, 33019}
    assert first.people + second.people == pytest.approx(13_374)
    # All those that are too small, together, may be anywhere.
    (restricted,), _ = read_territories(["000"])
    assert restricted == whole(
        [part.unit for part in nation().alternatives[0]], "country", exact=False
    )


def test_a_zip_code_of_connecticut_is_a_share_of_the_state():
    (territory,), _ = read_territories(["06510"])
    assert territory == Territory(((Part(9, ZCTA["06510"], "06510"),),), "zip")


def test_a_namesake_without_figures_makes_a_place_unknown():
    assert territory_of(Area("county", ("39061", "72001"), "a county")) is None
    assert territory_of(Area("state", ("72",), "Puerto Rico")) is None


def test_all_small_zip_code_areas_together_are_somewhere_in_the_country():
    (hidden,), unreadable = read_territories(["000**"])
    assert hidden == whole([part.unit for part in nation().alternatives[0]], "country", exact=False)
    assert not unreadable.any()


def test_a_three_digit_zip_code_area_is_a_share_of_its_counties():
    (territory,), _ = read_territories(["036**"])
    assert territory is not None and territory.level == "zip" and territory.exact
    (parts,) = territory.alternatives
    assert {part.unit for part in parts} == {33005, 33019}
    assert sum(part.people for part in parts) == pytest.approx(13_374)
