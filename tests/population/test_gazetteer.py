"""The bundled gazetteer against what the Census Bureau publishes of US places."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.population._gazetteer import POSTAL, base_of, code_text, gazetteer, key_of

# County equivalents of each state, 2023 (Connecticut by planning region), and of Puerto Rico.
_COUNTIES = (
    "AL:67 AK:30 AZ:15 AR:75 CA:58 CO:64 CT:9 DE:3 DC:1 FL:67 GA:159 HI:5 ID:44 IL:102 IN:92 "
    "IA:99 KS:105 KY:120 LA:64 ME:16 MD:24 MA:14 MI:83 MN:87 MS:82 MO:115 MT:56 NE:93 NV:17 "
    "NH:10 NJ:21 NM:33 NY:62 NC:100 ND:53 OH:88 OK:77 OR:36 PA:67 RI:5 SC:46 SD:66 TN:95 TX:254 "
    "UT:29 VT:14 VA:133 WA:39 WV:55 WI:72 WY:23 PR:78"
)
COUNTIES = {pair[:2]: int(pair[3:]) for pair in _COUNTIES.split()}
# Census Bureau, "Census Regions and Divisions of the United States".
DIVISIONS = {
    "New England": ("Northeast", "CT ME MA NH RI VT"),
    "Middle Atlantic": ("Northeast", "NJ NY PA"),
    "East North Central": ("Midwest", "IL IN MI OH WI"),
    "West North Central": ("Midwest", "IA KS MN MO NE ND SD"),
    "South Atlantic": ("South", "DE DC FL GA MD NC SC VA WV"),
    "East South Central": ("South", "AL KY MS TN"),
    "West South Central": ("South", "AR LA OK TX"),
    "Mountain": ("West", "AZ CO ID MT NV NM UT WY"),
    "Pacific": ("West", "AK CA HI OR WA"),
}
KNOWN = gazetteer()
STATE_OF = {postal: code for code, postal in POSTAL.items()}


def test_every_state_has_its_counties():
    found = Counter(POSTAL[code[:2]] for code in KNOWN.county_names)
    assert dict(found) == COUNTIES
    assert sum(COUNTIES.values()) - COUNTIES["PR"] == 3_144
    for state, number in COUNTIES.items():
        inside = KNOWN.counties_in(STATE_OF[state])
        assert len(inside) == number and {code[:2] for code in inside} == {STATE_OF[state]}


@pytest.mark.parametrize("division", DIVISIONS)
def test_divisions_and_regions(division):
    region, states = DIVISIONS[division]
    for state in states.split():
        code = STATE_OF[state]
        assert KNOWN.division_names[KNOWN.division_of[code]] == division
        assert KNOWN.region_names[KNOWN.region_of[code]] == region
    number = KNOWN.areas_by_key[key_of(division)]
    assert KNOWN.region_names[KNOWN.region_of_division[number]] == region
    assert len(KNOWN.counties_in(number)) == sum(COUNTIES[state] for state in states.split())


def test_puerto_rico_is_of_the_country_and_of_no_region():
    assert "72" not in KNOWN.division_of and "72" not in KNOWN.region_of
    assert len(KNOWN.counties_in("US")) == sum(COUNTIES.values())


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("01001", "Autauga County, AL"),
        ("02110", "Juneau City and Borough, AK"),
        ("09110", "Capitol Planning Region, CT"),
        ("11001", "District of Columbia, DC"),
        ("22071", "Orleans Parish, LA"),
        ("24510", "Baltimore city, MD"),
        ("35013", "Doña Ana County, NM"),
        ("36061", "New York County, NY"),
        ("39061", "Hamilton County, OH"),
        ("46102", "Oglala Lakota County, SD"),
        ("51600", "Fairfax city, VA"),
        ("56045", "Weston County, WY"),
        ("72153", "Yauco Municipio, PR"),
    ],
)
def test_names_of_counties(code, label):
    assert KNOWN.county_label(code) == label
    name, state = label.rsplit(", ", 1)
    assert KNOWN.counties_by_key[STATE_OF[state], key_of(name)] == code
    assert code in KNOWN.bases_by_key[STATE_OF[state], base_of(key_of(name))]
    assert KNOWN.counties_in(code) == (code,)


@pytest.mark.parametrize(
    ("state", "name", "stands_for"),
    [
        ("12", "Dade County", "12086"),
        ("46", "Shannon County", "46102"),
        ("02", "Wade Hampton Census Area", "02158"),
        ("02", "Valdez-Cordova Census Area", "02"),
        ("51", "Bedford city", "51019"),
        ("09", "Hartford County", "09"),
    ],
)
def test_counties_that_are_no_more(state, name, stands_for):
    assert KNOWN.counties_by_key[state, key_of(name)] == stands_for


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("Hawaii County", "HI"),
        ("Cook County", "GA IL MN"),
        ("Dade County", "FL GA MO"),
        ("Orange County", "CA FL IN NY NC TX VT VA"),
        ("Baltimore County", "MD"),
        ("Baltimore city", "MD"),
    ],
)
def test_namesakes(name, states):
    codes = KNOWN.namesakes[key_of(name)]
    assert sorted(POSTAL[code[:2]] for code in codes) == sorted(states.split())


@pytest.mark.parametrize("base", [("24", "baltimore"), ("29", "saintlouis"), ("51", "fairfax")])
def test_a_city_and_a_county_of_one_name(base):
    kinds = sorted(KNOWN.county_names[code].split()[-1] for code in KNOWN.bases_by_key[base])
    assert kinds == ["County", "city"]


def test_shares_of_zip_codes_are_shares():
    for zip_code in list(KNOWN.zip_codes)[::97]:
        shares = KNOWN.shares_of_zip(zip_code)
        weights = list(shares.values())
        assert weights == sorted(weights, reverse=True) and weights[-1] > 0
        assert sum(weights) == pytest.approx(1)
        assert all(area in KNOWN.county_names or area in KNOWN.state_names for area in shares)


@pytest.mark.parametrize(
    ("zip_code", "county"),
    [("10001", "36061"), ("45202", "39061"), ("90210", "06037"), ("60601", "17031")],
)
def test_zip_codes_in_one_county(zip_code, county):
    assert next(iter(KNOWN.shares_of_zip(zip_code))) == county


def test_a_zip_code_that_is_none():
    assert "00000" not in KNOWN.zip_codes
    with pytest.raises(KeyError):
        KNOWN.shares_of_zip("00000")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("De Kalb County", "DEKALB COUNTY", True),
        ("Doña Ana", "dona  ana", True),
        ("Prince George's", "Prince George\u2019s", True),
        ("St. Louis", "Saint Louis", True),
        ("Ste. Genevieve", "sainte-genevieve", True),
        ("Mt Vernon", "Mount Vernon", True),
        ("Ft. Worth", "fort worth", True),
        ("Main St", "Main Saint", False),
        ("Stanly County", "Saintanly County", False),
        ("Lake County", "Lakes County", False),
        ("East Ohio", "Ohio East", False),
    ],
)
def test_spellings_of_one_name(one, other, same):
    assert (key_of(one) == key_of(other)) is same


@pytest.mark.parametrize(
    ("key", "base"),
    [
        ("hamiltoncounty", "hamilton"),
        ("juneaucityandborough", "juneau"),
        ("orleansparish", "orleans"),
        ("baltimorecity", "baltimore"),
        ("capitolplanningregion", "capitol"),
        ("carsoncity", "carson"),
        ("county", "county"),
        ("hamilton", "hamilton"),
    ],
)
def test_names_without_their_kind(key, base):
    assert base_of(key) == base


@given(st.integers(1, 56), st.integers(1, 999))
def test_codes_are_written_with_their_zeros(state, county):
    assert code_text(state) == f"{state:02d}"
    assert code_text(1000 * state + county) == f"{state:02d}{county:03d}"
