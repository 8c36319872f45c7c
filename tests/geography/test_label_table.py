"""labels_: which labels may be released and what they cover, against the published figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.geography import GeographicGeneralizer


def labels(places=("Ohio",), **parameters):
    frame = pd.DataFrame({"geography": list(places)})
    return GeographicGeneralizer(**parameters).fit(frame).labels_


def test_before_fit_there_are_none():
    assert not hasattr(GeographicGeneralizer(), "labels_")


def test_columns_and_types():
    table = labels()
    assert table.columns.tolist() == ["column", "label", "level", "inhabitants", "n_places"]
    assert table["inhabitants"].dtype == float and table["n_places"].dtype == np.int64
    assert set(table["column"]) == {"geography"}


@pytest.mark.parametrize(("level", "n_labels"), [("county", 3222), ("state", 52), ("region", 5)])
def test_without_a_minimum_every_place_of_the_level_has_a_label(level, n_labels):
    table = labels(level=level)
    assert len(table) == n_labels and table["n_places"].sum() == 3222
    # Of the counties of Puerto Rico there are no figures, but of all of it.
    total = 334_914_895 + (0 if level == "county" else 3_252_628)
    assert table["inhabitants"].sum() == total


@pytest.mark.parametrize("minimum", [1_000, 20_000, 1_000_000])
def test_with_a_minimum_everybody_is_somewhere_and_nobody_alone(minimum):
    table = labels(min_population=minimum)
    assert table["inhabitants"].sum() == 334_914_895 + 3_252_628
    assert table["inhabitants"].min() >= minimum
    assert table["n_places"].sum() == 3222
    assert not table["label"].duplicated().any()


def test_what_is_left_of_a_state(shared_data):
    with np.load(shared_data / "census" / "county_age_sex_2023.npz") as table:
        people = pd.Series(table["counts"].sum(axis=(1, 2)), index=table["fips"].tolist())
    ohio = people[people.index.str[:2] == "39"]
    row = labels(min_population=20_000).set_index("label").loc["Ohio"]
    assert row["inhabitants"] == ohio[ohio < 20_000].sum()
    assert row["n_places"] == (ohio < 20_000).sum()
    assert row["level"] == "state"


def test_three_digits():
    table = labels(["45202"], level="zip", min_population=20_000)
    zips = table[table["level"] == "zip"].set_index("label")
    assert zips.loc["452**", "inhabitants"] == 808_029
    assert zips.loc["000**", "inhabitants"] == 151_512
    assert zips["inhabitants"].sum() == 329_759_522
    assert zips.drop("000**")["inhabitants"].min() > 20_000
    assert "036**" not in zips.index
    # Whoever gives a county instead is covered by the labels of counties.
    rest = table[table["level"] != "zip"]
    assert rest["inhabitants"].sum() == 334_914_895 + 3_252_628
    assert (labels(level="county", min_population=20_000)["level"] != "zip").all()


def test_of_a_table_only_what_its_people_were_given():
    places = ["Hamilton County, OH"] * 3 + ["45202"] * 3 + ["Orange County"] * 3 + ["Omaha, NE"] * 3
    table = labels(places, level="zip", min_people=3).set_index("label")
    assert table.loc["Hamilton County, OH", "inhabitants"] == 827_058
    assert table.loc["45202", "inhabitants"] == 14_153
    assert table.loc["Orange County", "level"] == "county"
    assert np.isnan(table.loc["Omaha, NE", "inhabitants"])
    assert table.loc["United States", "n_places"] == 3221
    assert len(table) == 5
    # How many people of the table stand behind a label is nobody's business.
    assert table.columns.tolist() == ["column", "level", "inhabitants", "n_places"]


def test_one_table_for_all_columns():
    frame = pd.DataFrame({"home": ["Ohio"], "work": ["Ohio"]})
    table = GeographicGeneralizer(["home", "work"], level="state").fit(frame).labels_
    assert table["column"].tolist() == ["home"] * 52 + ["work"] * 52
    by_position = GeographicGeneralizer([1], level="state").fit(frame.to_numpy()).labels_
    assert set(by_position["column"]) == {1}


@pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.NothingSelectedWarning")
def test_no_columns_no_labels():
    fitted = GeographicGeneralizer().fit(pd.DataFrame({"age": [1]}))
    assert fitted.labels_.columns.tolist() == labels().columns.tolist()
    assert fitted.labels_.empty
