"""People of ZIP codes and three-digit areas, against the published tables."""

from __future__ import annotations

import pandas as pd
import pytest

from personatwin_sk.population._zip_people import (
    HIPAA_MINIMUM,
    is_restricted,
    n_zip_codes,
    zip3_people,
    zip3_prefixes,
    zip3_shares,
    zip_people,
)

# 45 CFR 164.514(b)(2)(i)(B) on ACS 2016-2020, as computed by hand from the published table: 13
# areas by their people and 4 in which nobody lives.
RESTRICTED = {
    "036": 13_374, "059": 3_559, "102": 15_554, "203": 1_088, "369": 17_340, "556": 15_781,
    "692": 8_531, "821": 1_183, "823": 15_413, "878": 16_269, "879": 15_964, "884": 16_235,
    "893": 11_221, "202": 0, "204": 0, "205": 0, "753": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def people_of_zcta(shared_data):
    table = pd.read_csv(
        shared_data / "census" / "zcta_population_acs2016_2020.csv.gz", dtype={"zcta": str}
    )
    return table.set_index("zcta")["pop_acs2016_2020"]


@pytest.fixture(scope="module")
def zcta_of_zip(shared_data):
    table = pd.read_csv(shared_data / "census" / "zip_to_zcta.csv.gz", dtype=str)
    return table.set_index("zip_code")["zcta"]


def test_the_restricted_areas_are_those_of_the_rule():
    found = {prefix: zip3_people(prefix) for prefix in zip3_prefixes() if is_restricted(prefix)}
    assert {prefix: n for prefix, n in found.items() if n is not None} == RESTRICTED
    assert HIPAA_MINIMUM == 20_000


def test_an_area_without_figures_is_restricted(people_of_zcta):
    """Single buildings, boxes, the military: whoever is not in the table may be anybody."""
    known = set(people_of_zcta.index.str[:3])
    absent = [f"{number:03d}" for number in range(1000) if f"{number:03d}" not in known]
    assert len(absent) == 1000 - 893
    assert all(is_restricted(prefix, 0) and zip3_people(prefix) is None for prefix in absent)
    assert {"005", "090", "340", "962", "000"} <= set(absent)


@pytest.mark.parametrize(
    ("prefix", "minimum", "restricted"),
    [
        ("036", 13_373, False),
        ("036", 13_374, True),  # the rule wants more than so many
        ("036", 13_375, True),
        ("202", 0, True),
        ("100", 1_000_000, False),
    ],
)
def test_the_limit_itself_is_too_few(prefix, minimum, restricted):
    assert is_restricted(prefix, minimum) is restricted


def test_areas_are_sums_of_tabulation_areas(people_of_zcta):
    expected = people_of_zcta.groupby(people_of_zcta.index.str[:3]).sum()
    assert {prefix: zip3_people(prefix) for prefix in expected.index} == expected.to_dict()
    assert expected.sum() == 329_759_522


def test_zip_codes_have_the_people_of_their_tabulation_area(people_of_zcta, zcta_of_zip):
    expected = zcta_of_zip.map(people_of_zcta)
    assert [zip_people(code) for code in zcta_of_zip.index] == expected.tolist()


@pytest.mark.parametrize(
    ("code", "people"),
    [("45202", 14_153), ("00601", 16_773), ("036", 13_374), ("202", 0)]
    + [(code, None) for code in ("00000", "99999", "", "4520", "abc", "45202-1234", "٤٥٢", "000")],
)
def test_single_codes(code, people):
    assert zip_people(code) == people


def test_prefixes_and_their_numbers_of_codes(shared_data):
    folder = shared_data / "census"
    codes = set(pd.read_csv(folder / "zip_to_zcta.csv.gz", dtype=str)["zip_code"])
    codes |= set(pd.read_csv(folder / "zip_county_weights.csv.gz", dtype=str)["zip"])
    by_prefix = pd.Series(sorted(codes)).str[:3].value_counts().sort_index()
    assert zip3_prefixes() == by_prefix.index.tolist()
    assert [n_zip_codes(prefix) for prefix in by_prefix.index] == by_prefix.tolist()
    assert n_zip_codes("000") == 0


@pytest.mark.parametrize("prefix", ["452", "100", "834", "592", "999"])
def test_shares_of_counties_go_by_people(prefix, shared_data, people_of_zcta):
    weights = pd.read_csv(
        shared_data / "census" / "zip_county_weights.csv.gz", dtype={"fips": str, "zip": str}
    )
    inside = weights[weights["zip"].str[:3] == prefix]
    people = inside["zip"].map(people_of_zcta.to_dict()).astype(float).fillna(0)
    by_county = (inside["weight"] * people).groupby(inside["fips"]).sum()
    expected = (by_county / by_county.sum())[lambda shares: shares > 0]
    found = zip3_shares(prefix)
    assert found == pytest.approx(expected.to_dict(), abs=1e-3)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_where_nobody_lives_every_code_counts_alike():
    assert zip3_people("005") is None and zip3_shares("005") == {"36103": pytest.approx(1)}
    assert zip3_people("202") == 0 and sum(zip3_shares("202").values()) == pytest.approx(1)
    assert next(iter(zip3_shares("202"))) == "11001"


def test_connecticut_is_known_by_state_only():
    assert zip3_shares("061") == {"09": pytest.approx(1)}


def test_an_area_that_is_none_has_no_shares():
    assert zip3_shares("000") == zip3_shares("001") == {}
