"""Reading places and climbing, against literal expectations and the published files."""

from __future__ import annotations

import itertools
import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import _build_gazetteer
from personatwin_sk.population._gazetteer import BUNDLED_FILE, gazetteer
from personatwin_sk.population.places import (
    LEVELS,
    TOTAL_LEAVES,
    climb,
    code_system,
    common_ancestor,
    counties_of,
    county_shares,
    find_areas,
    find_state,
    leaf_count,
)


def read(text, **kwargs):
    return find_areas([text], **kwargs)[0]


@pytest.fixture(scope="module")
def county_names(shared_data):
    return pd.read_csv(shared_data / "census" / "county_names_2023.csv", dtype=str)


@pytest.fixture(scope="module")
def states(shared_data):
    return pd.read_csv(shared_data / "census" / "state_division_region.csv", dtype=str)


@pytest.fixture(scope="module")
def zip_weights(shared_data):
    return pd.read_csv(
        shared_data / "census" / "zip_county_weights.csv.gz", dtype={"fips": str, "zip": str}
    )


# text -> level, codes, label
ACCEPTED = [
    # counties, in the spellings that people use
    ("Hamilton County, OH", "county", ("39061",), "Hamilton County, OH"),
    ("Hamilton County OH", "county", ("39061",), "Hamilton County, OH"),
    ("Hamilton County, Ohio", "county", ("39061",), "Hamilton County, OH"),
    ("Hamilton County Ohio", "county", ("39061",), "Hamilton County, OH"),
    ("hamilton county ohio", "county", ("39061",), "Hamilton County, OH"),
    ("hamilton county oh", "county", ("39061",), "Hamilton County, OH"),
    ("HAMILTON COUNTY,OH", "county", ("39061",), "Hamilton County, OH"),
    ("  Hamilton   County ,  OH. ", "county", ("39061",), "Hamilton County, OH"),
    ("Hamilton Co., OH", "county", ("39061",), "Hamilton County, OH"),
    ("Hamilton Cnty OH", "county", ("39061",), "Hamilton County, OH"),
    ("Hamilton County (OH)", "county", ("39061",), "Hamilton County, OH"),
    ("Hamilton County - Ohio", "county", ("39061",), "Hamilton County, OH"),
    ("Hamilton County, OH, USA", "county", ("39061",), "Hamilton County, OH"),
    ("County of Los Angeles, CA", "county", ("06037",), "Los Angeles County, CA"),
    ("Cuyahoga County", "county", ("39035",), "Cuyahoga County, OH"),
    ("New York County, New York", "county", ("36061",), "New York County, NY"),
    ("Washington County, OR", "county", ("41067",), "Washington County, OR"),
    # equivalents of counties
    ("Orleans Parish, LA", "county", ("22071",), "Orleans Parish, LA"),
    ("Orleans County, LA", "county", ("22071",), "Orleans Parish, LA"),
    ("Orleans Parish", "county", ("22071",), "Orleans Parish, LA"),
    ("Juneau City and Borough, AK", "county", ("02110",), "Juneau City and Borough, AK"),
    ("Juneau Borough, AK", "county", ("02110",), "Juneau City and Borough, AK"),
    ("Bethel Census Area, Alaska", "county", ("02050",), "Bethel Census Area, AK"),
    ("Anchorage Municipality, AK", "county", ("02020",), "Anchorage Municipality, AK"),
    ("Bayamón Municipio, PR", "county", ("72021",), "Bayamón Municipio, PR"),
    ("bayamon municipio, puerto rico", "county", ("72021",), "Bayamón Municipio, PR"),
    ("Baltimore city, MD", "county", ("24510",), "Baltimore city, MD"),
    ("Baltimore City, MD", "county", ("24510",), "Baltimore city, MD"),
    ("Baltimore County, MD", "county", ("24005",), "Baltimore County, MD"),
    ("Roanoke city, Virginia", "county", ("51770",), "Roanoke city, VA"),
    ("Carson City, NV", "county", ("32510",), "Carson City, NV"),
    ("Charles City County, VA", "county", ("51036",), "Charles City County, VA"),
    ("James City County, VA", "county", ("51095",), "James City County, VA"),
    ("District of Columbia, DC", "county", ("11001",), "District of Columbia, DC"),
    # names that are written in several ways
    ("St. Louis County, MO", "county", ("29189",), "St. Louis County, MO"),
    ("Saint Louis County, MO", "county", ("29189",), "St. Louis County, MO"),
    ("st louis city, mo", "county", ("29510",), "St. Louis city, MO"),
    ("Ste Genevieve County, MO", "county", ("29186",), "Ste. Genevieve County, MO"),
    ("SAINT MARYS COUNTY, MD", "county", ("24037",), "St. Mary's County, MD"),
    ("Prince George\u2019s County, MD", "county", ("24033",), "Prince George's County, MD"),
    ("De Kalb County, GA", "county", ("13089",), "DeKalb County, GA"),
    ("La Salle County, IL", "county", ("17099",), "LaSalle County, IL"),
    ("Dona Ana County, NM", "county", ("35013",), "Doña Ana County, NM"),
    ("Miami Dade County, FL", "county", ("12086",), "Miami-Dade County, FL"),
    # counties that were renamed, or are no more
    ("Dade County, FL", "county", ("12086",), "Miami-Dade County, FL"),
    ("Shannon County, SD", "county", ("46102",), "Oglala Lakota County, SD"),
    ("Hartford County, CT", "state", ("09",), "Connecticut"),
    ("Capitol Planning Region, CT", "county", ("09110",), "Capitol Planning Region, CT"),
    # states and above
    ("Ohio", "state", ("39",), "Ohio"),
    ("OHIO", "state", ("39",), "Ohio"),
    ("OH", "state", ("39",), "Ohio"),
    ("oh", "state", ("39",), "Ohio"),
    ("Ohio, USA", "state", ("39",), "Ohio"),
    ("New York", "state", ("36",), "New York"),
    ("D.C.", "state", ("11",), "District of Columbia"),
    ("District of Columbia", "state", ("11",), "District of Columbia"),
    ("Puerto Rico", "state", ("72",), "Puerto Rico"),
    ("East North Central", "division", ("D3",), "East North Central"),
    ("Midwest", "region", ("R2",), "Midwest"),
    ("midwest region", "region", ("R2",), "Midwest"),
    ("United States", "country", ("US",), "United States"),
    ("U.S.A.", "country", ("US",), "United States"),
    # codes
    ("45202", "zip", ("39061",), "45202"),
    (" 45202-1234 ", "zip", ("39061",), "45202"),
    ("00501", "zip", ("36103",), "00501"),
    ("06106", "zip", ("09",), "06106"),
    ("39061", "county", ("39061",), "Hamilton County, OH"),
    ("10001", "zip", ("36061",), "10001"),
    ("39035", "county", ("39035",), "Cuyahoga County, OH"),
    ("12025", "zip", ("36035",), "12025"),
    ("46113", "zip", ("18097",), "46113"),
    # cities and addresses
    ("Cincinnati, OH", "city", ("39",), "Cincinnati, OH"),
    ("CINCINNATI OH", "city", ("39",), "Cincinnati, OH"),
    ("Cincinnati Ohio", "city", ("39",), "Cincinnati, OH"),
    ("Buffalo, New York", "city", ("36",), "Buffalo, NY"),
    ("Kansas City, Kansas", "city", ("20",), "Kansas City, KS"),
    ("Washington, DC", "city", ("11001",), "Washington, DC"),
    ("Omaha, Douglas County, NE", "city", ("31055",), "Omaha, NE"),
    ("Cincinnati Hamilton County OH", "city", ("39061",), "Cincinnati, OH"),
    ("Cincinnati, OH 45202", "zip", ("39061",), "45202"),
    ("45202, OH", "zip", ("39061",), "45202"),
]
ADDRESSES = [
    # text -> codes, city, ZIP
    ("12 Main St, Cincinnati, Hamilton County, OH", ("39061",), "Cincinnati, OH", ""),
    (
        "581 Miller Lane Unit 68, Omaha, Douglas County, NE",
        ("31055",),
        "Omaha, NE",
        "",
    ),
    ("12 Main St, Cincinnati, OH 45202-1111", ("39061",), "Cincinnati, OH", "45202"),
    ("12 Main St Cincinnati OH 45202", ("39061",), "", "45202"),
    ("12 Main St, Cincinnati, OH", ("39",), "Cincinnati, OH", ""),
    ("PO Box 7, Salem, Essex County, Massachusetts, USA", ("25009",), "Salem, MA", ""),
    ("1 A St, Salem Hamilton County OH", ("39061",), "Salem, OH", ""),
    ("7 Elm St\nDenver, CO 80202", ("08031",), "Denver, CO", "80202"),
]
REFUSED = [
    "", "  ", ",", "???, OH", "?", "White", "Black", "Asian", "Hispanic or Latino", "M", "F",
    "Male", "arrest", "No charge", "felony", "Foo County, OH", "Foo County", "Cincinnati",
    "Hamilton", "Hamilton, Foo", "Toronto, ON, Canada", "Port Washington", "00000", "99999",
    "00000-1234", "4520", "452021", "39", "2013-08-13", "2013", "123-45-6789", "30-39", "85+",
    "Asian|White", "County", "12 Main St", "Unknown", "12345678901", "Baltimore Parish, MD",
]  # fmt: skip


@pytest.mark.parametrize(("text", "level", "codes", "label"), ACCEPTED)
def test_spellings_that_are_understood(text, level, codes, label):
    area = read(text)
    assert (area.level, area.fips, area.label) == (level, codes, label)


@pytest.mark.parametrize(("text", "codes", "city", "zip_code"), ADDRESSES)
def test_addresses(text, codes, city, zip_code):
    area = read(text)
    assert (area.level, area.fips, area.city, area.zip_code) == ("address", codes, city, zip_code)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_place(text):
    assert read(text) is None


@pytest.mark.parametrize("value", [None, float("nan"), 1.5, True, pd.NA, pd.NaT, b"Ohio"])
def test_values_that_are_neither_text_nor_code(value):
    assert find_areas([value]) == [None]


def test_numbers_have_lost_their_zeros():
    assert [area.label for area in find_areas([2139, 45202])] == ["02139", "45202"]


@pytest.mark.parametrize(
    ("text", "level", "label"),
    [
        ("12 Main St, Cincinnati, Hamilton County, OH", "zip", "Cincinnati, OH"),
        ("12 Main St, Cincinnati, OH 45202", "zip", "45202"),
        ("12 Main St, Cincinnati, OH 45202", "city", "Cincinnati, OH"),
        ("12 Main St, Cincinnati, OH 45202", "county", "Hamilton County, OH"),
        ("45202", "city", "Hamilton County, OH"),
        ("Cincinnati, OH", "county", "Ohio"),
        ("Washington, DC", "county", "District of Columbia, DC"),
        ("06106", "county", "Connecticut"),
        ("Hamilton County, OH", "state", "Ohio"),
        ("Hamilton County, OH", "division", "East North Central"),
        ("Hamilton County, OH", "region", "Midwest"),
        ("Hamilton County, OH", "country", "United States"),
        ("Hamilton County", "county", "Hamilton County"),
        ("hamilton county", "address", "Hamilton County"),
        ("Hamilton County", "state", "United States"),
        ("Cincinnati, Hamilton County", "city", "Cincinnati, Hamilton County"),
        ("Cincinnati, Hamilton County", "county", "Hamilton County"),
        ("Puerto Rico", "division", "United States"),
        ("Aguada Municipio, PR", "state", "Puerto Rico"),
        ("East North Central", "county", "East North Central"),
        ("Midwest", "division", "Midwest"),
    ],
)
def test_climbing_goes_to_the_smallest_known_ancestor(text, level, label):
    assert climb(read(text), level).label == label


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: row[0])
def test_climbing_is_monotone_and_idempotent(row):
    area = read(row[0])
    for low, high in itertools.pairwise(LEVELS):
        climbed = climb(area, low)
        assert LEVELS.index(climbed.level) >= LEVELS.index(low)
        assert climb(climbed, low) == climbed
        assert climb(climbed, high) == climb(area, high)
        assert set(counties_of(climbed)) >= set(counties_of(area))


def test_labels_of_every_level_are_read_back():
    for row in ACCEPTED:
        for level in LEVELS[1:]:
            area = climb(read(row[0]), level)
            again = read(area.label)
            assert (again.level, again.label) == (area.level, area.label)


def test_a_county_name_of_several_states_has_all_its_namesakes(county_names):
    for name in ("Hamilton County", "Washington County", "Franklin County", "Orleans County"):
        expected = county_names.loc[county_names["county"] == name, "fips"]
        assert read(name).fips == tuple(sorted(expected))
        assert read(name).label == name
        assert leaf_count(read(name)) == 1


def test_a_former_county_of_connecticut_may_be_any_planning_region(county_names):
    regions = county_names.loc[county_names["fips"].str[:2] == "09", "fips"].tolist()
    assert read("Windham County").fips == (*regions, "50025")  # the other one is in Vermont
    assert read("Tolland County").fips == ("09",)


def test_a_state_settles_ambiguous_counties_and_cities():
    assert read("Hamilton County", state="OH").fips == ("39061",)
    assert read("Hamilton County", state="39").fips == ("39061",)
    assert read("Cincinnati", state="Ohio").label == "Cincinnati, OH"
    # What a text says itself is believed.
    assert read("Hamilton County, Indiana", state="OH").fips == ("18057",)
    assert read("Boone County, OH", state="KY") is None
    # ZIP or county? The one that lies in the state.
    assert read("39061", state="OH").label == "Hamilton County, OH"
    assert read("39061", state="MS").label == "39061"


def test_a_state_that_is_none_is_an_error():
    with pytest.raises(InputError, match="no US state"):
        find_areas(["Ohio"], state="Narnia")


@pytest.mark.parametrize(
    ("text", "code"),
    [("Ohio", "39"), ("oh", "39"), ("D.C.", "11"), ("06", "06"), (6, "06"), ("north dakota", "38")]
    + [(text, None) for text in ("Narnia", "03", "99", "", "Midwest", "US")],
)
def test_find_state(text, code):
    assert find_state(text) == code


def test_codes_of_a_column_are_of_one_kind():
    both, only_zip, only_fips = "10001", "45202", "39035"
    assert code_system([both]) == code_system([]) == code_system(["Ohio", None]) == "likely"
    assert code_system([both, only_zip, "Ohio"]) == "zip"
    assert code_system([both, only_fips]) == "fips"
    assert code_system([both, only_fips, only_zip]) == "likely"
    assert code_system([both, "39061-1234"]) == "zip"
    assert find_areas([both, only_fips])[0].label == "Kent County, DE"
    assert find_areas(["39061", only_zip])[0].label == "39061"
    assert read(both, codes="fips").label == "Kent County, DE"
    assert read("39061", codes="zip").level == "zip"


def test_a_code_that_can_be_both_is_the_place_with_more_people(shared_data, county_names):
    """Counties of a million stand against ZIP codes of some thousand."""
    for county in ("39061", "36061", "06037", "48201", "17031"):
        assert read(county).level == "county"
    for zip_code in ("10001", "10003", "01001", "20001"):
        assert read(zip_code).level == "zip"


def test_every_county_is_read_back_from_its_label(county_names):
    labels = [gazetteer().county_label(code) for code in county_names["fips"]]
    assert len(set(labels)) == len(county_names) == TOTAL_LEAVES == 3222
    areas = find_areas(labels)
    assert [area.label for area in areas] == labels
    assert [area.fips for area in areas] == [(code,) for code in county_names["fips"]]
    assert {area.level for area in areas} == {"county"}


def test_every_county_is_read_from_its_published_name_and_state(county_names):
    names = county_names["county"] + ", " + county_names["state"]
    names = names.str.replace(" Commonwealth", "")
    assert [area.fips[0] for area in find_areas(names.tolist())] == county_names["fips"].tolist()


def test_every_county_climbs_as_published(county_names, states):
    joined = county_names.assign(STATE=county_names["fips"].str[:2]).merge(states, on="STATE")
    areas = find_areas(joined["fips"].tolist(), codes="fips")
    for level, column in (("state", "NAME"), ("division", "division"), ("region", "region")):
        assert [climb(area, level).label for area in areas] == joined[column].tolist()


def test_leaf_counts_agree_with_the_published_list(county_names, states):
    joined = county_names.assign(STATE=county_names["fips"].str[:2]).merge(states, on="STATE")
    for column in ("NAME", "division", "region"):
        for label, counties in joined.groupby(column)["fips"]:
            area = read(label)
            assert leaf_count(area) == len(counties)
            assert counties_of(area) == tuple(sorted(counties))
    assert leaf_count(read("United States")) == TOTAL_LEAVES


def test_zip_codes_climb_to_the_county_that_holds_most_of_them(zip_weights, county_names):
    known = zip_weights["fips"].isin(county_names["fips"]).groupby(zip_weights["zip"]).all()
    heaviest = zip_weights.sort_values("weight").drop_duplicates("zip", keep="last")
    heaviest = heaviest[heaviest["zip"].map(known)]
    n_counties = zip_weights[zip_weights["weight"] > 0].groupby("zip")["fips"].nunique()
    areas = find_areas(heaviest["zip"].tolist(), codes="zip")
    assert [area.fips for area in areas] == [(fips,) for fips in heaviest["fips"]]
    assert [area.straddles for area in areas] == (heaviest["zip"].map(n_counties) > 1).tolist()


def test_county_shares_are_the_published_weights(zip_weights):
    for zip_code in ("45202", "45255", "42223", "80202"):
        rows = zip_weights[zip_weights["zip"] == zip_code]
        expected = dict(zip(rows["fips"], rows["weight"], strict=True))
        assert county_shares(zip_code) == pytest.approx(expected, abs=2e-4)
        assert math.isclose(sum(county_shares(zip_code).values()), 1)
    assert county_shares("00000") == {}


def test_a_zip_code_across_a_border_is_on_the_side_that_the_text_names():
    assert read("42223").fips == ("21047",)  # most of Fort Campbell is in Kentucky
    assert read("Fort Campbell, TN 42223").fips == ("47125",)
    assert read("42223").straddles
    assert not read("45202").straddles
    # A ZIP code of another state is a slip of the pen.
    assert (read("Cincinnati, OH 39095").level, read("Cincinnati, OH 39095").fips) == (
        "city",
        ("39",),
    )


def brute_force_ancestor(areas):
    """Among all known places, the one with the fewest counties that holds all of them."""
    wanted = set().union(*(counties_of(area) for area in areas))
    known = gazetteer()
    names = [known.county_label(county) for county in wanted]
    names += [*known.state_names.values(), *known.division_names.values()]
    names += [*known.region_names.values(), "United States"]
    holding = [area for area in find_areas(names) if set(counties_of(area)) >= wanted]
    # The District of Columbia is a county and a state: the county is the smaller.
    return min(holding, key=lambda area: (leaf_count(area), LEVELS.index(area.level))).label


@given(st.lists(st.sampled_from(sorted(gazetteer().county_names)), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_common_ancestor_equals_brute_force(codes):
    areas = find_areas(codes, codes="fips")
    assert common_ancestor(areas).label == brute_force_ancestor(areas)


@pytest.mark.parametrize(
    ("texts", "label"),
    [
        (["45202", "45202"], "45202"),
        (["45202", "45203"], "Hamilton County, OH"),
        (["45202", "Cincinnati, OH"], "Ohio"),
        (["1 A St, Cincinnati, OH", "2 B St, Cincinnati, OH"], "Cincinnati, OH"),
        (["Hamilton County, OH", "Ohio"], "Ohio"),
        (["Hamilton County, OH", "Midwest"], "Midwest"),
        (["Hamilton County", "Hamilton County"], "Hamilton County"),
        (["Hamilton County", "Ohio"], "United States"),
        (["Ohio", "Michigan", "Iowa"], "Midwest"),
        (["Ohio", "Aguada Municipio, PR"], "United States"),
    ],
)
def test_common_ancestor_of_mixed_levels(texts, label):
    for order in itertools.permutations(texts):
        assert common_ancestor(find_areas(order)).label == label


def test_common_ancestor_of_one_city_with_and_without_county_is_the_wider():
    areas = find_areas(["Omaha, Douglas County, NE", "Omaha, NE"])
    assert common_ancestor(areas).fips == common_ancestor(areas[::-1]).fips == ("31",)


def test_common_ancestor_needs_places():
    with pytest.raises(ValueError, match="at least one"):
        common_ancestor([])


def test_an_unknown_level_is_an_error():
    with pytest.raises(InputError, match="level must be one of"):
        climb(read("Ohio"), "galaxy")


@given(
    st.sampled_from(sorted(gazetteer().county_names)),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase, lambda text: text]),
    st.sampled_from([", ", ",", " , ", "  ", " - "]),
    st.sampled_from(["", " ", ".", " , USA"]),
)
def test_case_blanks_and_punctuation_do_not_matter(code, case, comma, end):
    name, state = gazetteer().county_label(code).rsplit(", ", 1)
    if comma == "  " and not name.endswith((" County", " Parish", " Borough")):
        comma = ", "  # "Fairfax city VA" without a comma is a city called so
    area = read(f" {case(name)}{comma}{state}{end}")
    assert area.fips == (code,)


def test_reading_addresses_by_their_ends_changes_nothing():
    """A street in front of a text is passed over, however often the rest has been seen."""
    rests = ["Cincinnati, Hamilton County, OH", "Omaha, NE 68102", "Hamilton County", "Denver, CO"]
    texts = [f"{number} Main St, {rest}" for number in range(3) for rest in rests]
    together = find_areas(texts)
    assert together == [read(text) for text in texts]
    assert [area.fips for area in together[:4]] == [read(rest).fips for rest in rests]


def test_the_bundled_file_is_what_the_builder_makes(shared_data, tmp_path):
    target = tmp_path / "new" / "places.npz.xz"
    _build_gazetteer.main([str(shared_data / "census"), str(target)])
    assert target.read_bytes() == BUNDLED_FILE.read_bytes()
    assert len(target.read_bytes()) < 250_000
