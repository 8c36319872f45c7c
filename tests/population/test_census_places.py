"""Places of the census: ZIP codes as shares, finer places as what holds them, namesakes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from bundled_census import ask, count

from personatwin_sk.population import _places_read


@pytest.mark.parametrize(
    ("place", "same_as", "level"),
    [
        ("12 Main St, Cincinnati, Hamilton County, OH", "Hamilton County, OH", "county"),
        ("9 Elm St, Cincinnati, OH 45202", "Hamilton County, OH", "county"),
        ("Cincinnati, OH", "Ohio", "state"),
        ("Cincinnati, OH|Indiana", "Ohio|Indiana", "state"),
    ],
)
def test_finer_places_count_as_what_holds_them_and_say_so(place, same_as, level):
    answer = ask(geography=[place, same_as], age=["30-34"] * 2)
    assert answer["count"][0] == answer["count"][1]
    assert answer["level"].tolist() == [level] * 2
    assert answer["unmatched"].tolist() == [("geography",), ()]


def test_a_zip_code_is_its_share_of_its_county(shared_data):
    """14,153 people in 45202, and 21,923 in 45255, of which 29.67 % in Clermont County."""
    rows = ask(
        geography=["45202", "45255", "Hamilton County, OH", "Clermont County, OH"] * 2,
        age=[None] * 4 + ["30-39"] * 4,
        ethnicity=[None] * 4 + ["Asian"] * 4,
    )
    total, asian = rows["count"][:4].to_numpy(), rows["count"][4:].to_numpy()
    assert total[:2] == pytest.approx([14_153, 21_923])
    expected = 21_923 * (0.7033 * asian[2] / total[2] + 0.2967 * asian[3] / total[3])
    assert asian[:2] == pytest.approx([14_153 * asian[2] / total[2], expected])
    assert rows["level"].tolist() == ["zip", "zip", "county", "county"] * 2
    assert rows["modelled"].tolist()[:4] == [True, True, False, False]
    assert not any("geography" in names for names in rows["unmatched"])
    shares = rows.iloc[[4, 5]]
    assert (shares["low"] < shares["count"]).all() and (shares["count"] < shares["high"]).all()
    assert shares["source"].str.contains("ZIP codes as in the ACS 2016-2020").all()


def test_zip_codes_of_one_county_together(shared_data):
    one, two, both, beside, inside = ask(
        geography=["45202", "45203", "45202|45203", "45202|Ohio", "45202|Hamilton County, OH"]
    )["count"]
    assert both == pytest.approx(one + two)
    assert (beside, inside) == (11_883_304, 827_058)


def test_a_zip_code_where_nobody_lives_has_an_upper_limit(monkeypatch):
    monkeypatch.setattr(_places_read, "people_of_area", lambda area: 0)
    answer = count(geography="45202", age="30-39")
    assert (answer["count"], answer["low"]) == (0, 0) and answer["high"] > 0
    assert answer["level"] == "zip" and answer["unmatched"] == ()


def test_a_zip_code_whose_people_nobody_knows_counts_as_its_county_and_says_so(monkeypatch):
    monkeypatch.setattr(_places_read, "people_of_area", lambda area: None)
    answer = count(geography="45202")
    assert (answer["count"], answer["level"]) == (827_058, "county")
    assert answer["unmatched"] == ("geography",)


def test_a_county_without_its_state_counts_as_the_smallest_namesake(county_ages, shared_data):
    names = pd.read_csv(shared_data / "census" / "county_names_2023.csv", dtype=str)
    codes = names.loc[names.county == "Hamilton County", "fips"]
    assert len(codes) > 5
    answer = ask(
        geography=["Hamilton County"] * 3, age=[None, "85+", "15-19"], gender=[None, "M", None]
    )
    expected = [
        min(county_ages[code].sum() for code in codes),
        min(county_ages[code][85, 0] for code in codes),
        min(county_ages[code][15:20].sum() for code in codes),
    ]
    np.testing.assert_allclose(answer["count"], expected)
    assert answer["level"].tolist() == ["county"] * 3


def test_sets_of_places_are_unions():
    both = count(geography="Hamilton County, OH|Butler County, OH")
    alone = ask(geography=["Hamilton County, OH", "Butler County, OH"])
    assert both["count"] == alone["count"].sum()
    assert count(geography="Hamilton County, OH|Ohio")["count"] == 11_883_304
