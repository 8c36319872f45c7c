"""The survey's and the census's tables through the API."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bureau_files import counties_of, some_counts
from fake_bureau import KEY, NOT_HISPANIC_LETTERS, RACE_LETTERS, FakeBureau

from personatwin_sk.population.bureau import (
    BANDS_14,
    BANDS_23,
    Bureau,
    CensusTables,
    MalformedTableError,
    NoRowsError,
    NotPublishedError,
    SurveyTables,
)
from personatwin_sk.population.bureau._api import read_answer
from personatwin_sk.population.bureau._api_tables import cells_of, totals_of

FIPS = counties_of(44, 5)
ALL_STATES = np.setdiff1d(np.arange(1, 57), [3, 7, 14, 43, 52])
SURVEY = "/data/2024/acs/acs5"
CENSUS = "/data/2020/dec/dhc"


@pytest.fixture
def keyed(bureau: FakeBureau, monkeypatch: pytest.MonkeyPatch) -> FakeBureau:
    monkeypatch.setenv("CENSUS_API_KEY", KEY)
    return bureau


def survey_of(n: int, seed: int = 0) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return tables and their margins of error, area x band x sex."""
    shapes = {"B01001": 23} | {f"B01001{letter}": 14 for letter in "ABCDEFGHI"}
    tables, margins = {}, {}
    for i, (name, bands) in enumerate(shapes.items()):
        tables[name] = some_counts((n, bands, 2), seed=seed + i, most=5_000)
        margins[name] = some_counts((n, bands, 2), seed=seed + 100 + i, most=500)
    return tables, margins


def survey_tables(client: Bureau) -> SurveyTables:
    table = client.county_tables(44, source="api")
    assert isinstance(table, SurveyTables)
    return table


# Variables ----------------------------------------------------------------------------------------


def test_variables_are_those_of_the_bureaus_own_list(shared_data: Path) -> None:
    told = json.loads((shared_data / "census" / "b01001_variable_map.json").read_text())
    for table, bands in (("B01001", BANDS_23), *((f"B01001{x}", BANDS_14) for x in "AHI")):
        lines = told[table]["vars"]
        males = [n for n, line in lines.items() if line["sex"] == "Male" and "age_lo" in line]
        females = [n for n, line in lines.items() if line["sex"] == "Female" and "age_lo" in line]
        assert cells_of(table, len(bands), "E") == [*males, *females]
        assert [lines[name]["age_lo"] for name in males] == list(bands)
        totals = [n for n, line in lines.items() if "age_lo" not in line]
        assert totals_of(table, len(bands), "E") == totals


def test_no_request_names_more_than_50_variables(keyed: FakeBureau) -> None:
    keyed.publish_survey(2024, FIPS, *survey_of(5))
    survey_tables(Bureau())
    n_variables = [len(request.query["get"].split(",")) for request in keyed.requests]
    # 49 + 9 * 31 estimates, 46 + 9 * 28 margins of error.
    assert sum(n_variables) == 626
    assert n_variables == [50] * 12 + [26]
    for request in keyed.requests:
        assert set(request.query) == {"get", "for", "in", "key"}
        assert (request.query["for"], request.query["in"]) == ("county:*", "state:44")


# The survey ---------------------------------------------------------------------------------------


def test_the_survey_comes_back_cell_by_cell(keyed: FakeBureau) -> None:
    tables, margins = survey_of(5)
    keyed.publish_survey(2024, FIPS, tables, margins)
    found = survey_tables(Bureau())
    np.testing.assert_array_equal(found.fips, FIPS)
    np.testing.assert_array_equal(found.total, tables["B01001"])
    np.testing.assert_array_equal(found.hispanic, tables["B01001I"])
    np.testing.assert_array_equal(found.white_not_hispanic, tables["B01001H"])
    np.testing.assert_allclose(found.total_error, margins["B01001"] / 1.645)
    np.testing.assert_allclose(found.hispanic_error, margins["B01001I"] / 1.645)
    np.testing.assert_allclose(found.white_not_hispanic_error, margins["B01001H"] / 1.645)
    # Two or more races (G) come before some other race (F).
    for race, letter in enumerate("ABCDEGF"):
        np.testing.assert_array_equal(found.by_race[..., race], tables[f"B01001{letter}"])
        np.testing.assert_allclose(
            found.by_race_error[..., race], margins[f"B01001{letter}"] / 1.645
        )
    assert found.origin.dataset == "acs/acs5 B01001, B01001A-I"
    assert found.origin.vintage == "2020-2024"
    assert found.origin.url == f"{keyed.url}/data/2024/acs/acs5?for=county:*&in=state:44"


def test_marks_are_no_figures(keyed: FakeBureau) -> None:
    tables, margins = survey_of(5)
    keyed.publish_survey(2024, FIPS, tables, margins)
    area = keyed.api[SURVEY][44003]
    for letter, mark in {"A": "-666666666", "B": "-999999999", "C": "-888888888"}.items():
        area[f"B01001{letter}_003E"] = mark
    area["B01001D_003E"] = None
    # Their totals are marked as well, or else they would not be the sum of the cells.
    for letter in "ABCD":
        for line in ("001", "002"):
            area[f"B01001{letter}_{line}E"] = None
    area["B01001_003M"] = "-555555555"
    area["B01001_004M"] = "-222222222"
    area["B01001_005M"] = "-333333333"
    area["B01001_006M"] = None
    found = survey_tables(Bureau())
    assert np.isnan(found.by_race[1, 0, 0, [0, 1, 2, 3]]).all()
    assert np.isnan(found.by_race).sum() == 4
    assert found.total_error[1, 0, 0] == 0
    assert np.isnan(found.total_error[1, 1:4, 0]).all()
    assert np.isnan(found.total_error).sum() == 3
    # It goes into the cache and out of it as it is.
    again = survey_tables(Bureau())
    assert again.origin.how == "cache"
    np.testing.assert_array_equal(again.by_race, found.by_race)
    np.testing.assert_array_equal(again.total_error, found.total_error)


@pytest.mark.parametrize("variable", ["B01001_003E", "B01001_001E", "B01001I_018E", "B01001A_017E"])
def test_estimates_must_add_up(keyed: FakeBureau, variable: str) -> None:
    keyed.publish_survey(2024, FIPS, *survey_of(5))
    keyed.api[SURVEY][44003][variable] = "987654"
    with pytest.raises(MalformedTableError, match=r"total\(s\) of B01001[AI]? are not the sum"):
        survey_tables(Bureau())


def test_the_survey_of_the_states_leaves_puerto_rico_out(keyed: FakeBureau) -> None:
    tables, margins = survey_of(52)
    keyed.publish_survey(2023, np.append(ALL_STATES, 72), tables, margins)
    found = Bureau().state_tables(source="api", vintage=2023)
    assert isinstance(found, SurveyTables)
    np.testing.assert_array_equal(found.fips, ALL_STATES)
    np.testing.assert_array_equal(found.total, tables["B01001"][:-1])
    assert {request.query["for"] for request in keyed.requests} == {"state:*"}
    assert all("in" not in request.query for request in keyed.requests)


def test_all_states_must_be_there(keyed: FakeBureau) -> None:
    keyed.publish_survey(2024, ALL_STATES[1:], *survey_of(50))
    with pytest.raises(MalformedTableError, match=r"1 state\(s\) are missing"):
        Bureau().state_tables(source="api")


def test_all_counties_must_be_there(keyed: FakeBureau) -> None:
    keyed.publish_survey(2024, FIPS[:-1], *survey_of(4))
    with pytest.raises(MalformedTableError, match=r"1 county\(ies\) are missing"):
        survey_tables(Bureau())


def test_vintages_and_states_that_the_api_has_not(keyed: FakeBureau) -> None:
    keyed.publish_survey(2024, FIPS, *survey_of(5))
    with pytest.raises(NotPublishedError):
        Bureau().county_tables(44, source="api", vintage=2023)
    with pytest.raises(NoRowsError):
        Bureau().county_tables(10, source="api", vintage=2024)


# The census ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["county", "state"])
def test_the_census_comes_back_cell_by_cell(keyed: FakeBureau, level: str) -> None:
    fips = FIPS if level == "county" else ALL_STATES
    counts = some_counts((len(fips), 23, 2, 7, 2), seed=5)
    keyed.publish_census(fips, counts)
    client = Bureau()
    found = (
        client.county_tables(44, source="api", vintage=2020)
        if level == "county"
        else client.state_tables(source="api", vintage=2020)
    )
    assert isinstance(found, CensusTables)
    np.testing.assert_array_equal(found.fips, fips)
    np.testing.assert_array_equal(found.counts, counts)
    assert found.origin.dataset == "dec/dhc P12A-O"
    assert found.origin.vintage == "April 2020"
    # 15 tables of 49 lines.
    assert sum(len(request.query["get"].split(",")) for request in keyed.requests) == 735


def test_letters_of_the_census_are_the_bureaus() -> None:
    # A-G: races alone; I-O: the same, not Hispanic; H: Hispanic (2020 DHC, P12A-O).
    assert dict(zip(RACE_LETTERS, NOT_HISPANIC_LETTERS, strict=True)) == {
        "A": "I",
        "B": "J",
        "C": "K",
        "D": "L",
        "E": "M",
        "F": "N",
        "G": "O",
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"P12A_003N": "987654"}, "not the sum"),
        ({"P12O_001N": "987654"}, "not the sum"),
        ({"P12H_003N": None}, "hold no count"),
        ({"P12H_003N": "-888888888"}, "hold no count"),
        ({"P12H_003N": "0.5"}, "hold no count"),
    ],
)
def test_the_census_must_add_up(
    keyed: FakeBureau, change: dict[str, str | None], message: str
) -> None:
    keyed.publish_census(FIPS, some_counts((5, 23, 2, 7, 2), seed=5))
    keyed.api[CENSUS][44003] |= change
    with pytest.raises(MalformedTableError, match=message):
        Bureau().county_tables(44, source="api", vintage=2020)


def test_hispanic_people_must_be_the_same_by_race_and_in_all(keyed: FakeBureau) -> None:
    counts = some_counts((5, 23, 2, 7, 2), seed=5)
    keyed.publish_census(FIPS, counts)
    # One more in a cell of P12H and all its totals: consistent in itself.
    area = keyed.api[CENSUS][44003]
    for line in ("001", "002", "003"):
        area[f"P12H_{line}N"] = str(int(area[f"P12H_{line}N"] or 0) + 1)
    with pytest.raises(MalformedTableError, match="do not agree"):
        Bureau().county_tables(44, source="api", vintage=2020)


# Answers ------------------------------------------------------------------------------------------


def body_of(*rows: list[str | None]) -> bytes:
    return json.dumps([["A_001E", "A_002E", "state", "county"], *rows]).encode()


def test_answers_are_joined_by_area_whatever_the_order() -> None:
    body = body_of(["5", None, "44", "007"], ["3", "4.5", "44", "001"])
    fips, figures = read_answer(body, ["A_002E", "A_001E"], True, "t")
    assert fips.tolist() == [44001, 44007]
    np.testing.assert_array_equal(figures, [[4.5, 3], [np.nan, 5]])


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"7",
        b'"no"',
        b"[[]]",
        b'[["A_001E"],["1"]]',
        body_of(),
        body_of(["1", "2", "44"]),
        body_of(["1", "2", "44", "001", "6"]),
        body_of(["one", "2", "44", "001"]),
        body_of(["1", "2", None, "001"]),
        body_of(["1", "2", "44", "001"], ["1", "2", "44", "001"]),
        b'[["A_001E","A_002E","state","county"],[["1"],"2","44","001"]]',
        b'[["A_001E","A_002E","state","county"],{"a":1}]',
    ],
)
def test_answers_that_are_no_table_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedTableError):
        read_answer(body, ["A_001E", "A_002E"], True, "t")


def test_answers_for_different_areas_are_not_joined(
    keyed: FakeBureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed.publish_survey(2024, FIPS, *survey_of(5))
    whole = keyed.answer

    def later_without_the_last(path: str, query: dict[str, str]) -> object:
        if len(keyed.requests) > 1:
            keyed.api[SURVEY].pop(44009, None)
        return whole(path, query)

    monkeypatch.setattr(keyed, "answer", later_without_the_last)
    with pytest.raises(MalformedTableError, match="not for the same areas"):
        survey_tables(Bureau())
    assert not Bureau().cached()
