"""Answers of the census: bad input, tables of all kinds, and what goes with every answer."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from bundled_census import CANARY, CENSUS, ask

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import CensusPopulation

# Bad input


@pytest.mark.parametrize(
    ("column", "cells", "message"),
    [
        ("age", [30, -3, 999], "2 of 3 values of 'age' are no ages from 0 to 120"),
        ("age", [30, "130-140", "x"], "2 of 3 values of 'age'"),
        ("age", [(40, 30), 30, 30], "1 of 3 values of 'age'"),
        ("age", [30, CANARY, None], "1 of 3 values of 'age'"),
        ("geography", ["Ohio", CANARY, CANARY], "2 of 3 values of 'geography' are no US places"),
    ],
)
def test_bad_cells_are_counted_and_not_named(column, cells, message):
    with pytest.raises(InputError, match=message) as error:
        ask(**{column: cells})
    assert CANARY not in str(error.value) and "999" not in str(error.value)


@pytest.mark.parametrize("source", ["live", "Bundled", "", None, 1, ["auto"]])
def test_sources_that_do_not_exist(source):
    with pytest.raises(InputError, match=r'source must be "auto", .* or "bundled"'):
        CensusPopulation(source=source)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"vintage": 1999}, "vintage must be"),
        ({"vintage": 3000}, "vintage must be"),
        ({"vintage": "2024"}, "vintage must be"),
        ({"vintage": True}, "vintage must be"),
        ({"vintage": 2015, "source": "bulk"}, "vintage must be"),
        ({"vintage": 2024, "source": "bundled"}, "vintage must be None"),
        ({"timeout": 0}, "timeout must be"),
        ({"timeout": -1.0}, "timeout must be"),
        ({"timeout": float("nan")}, "timeout must be"),
        ({"timeout": "10"}, "timeout must be"),
        ({"cache_dir": 3}, "cache_dir must be"),
        ({"api_key": 3}, "api_key must be"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(InputError, match=message):
        CensusPopulation(**parameters)


def test_a_population_of_bundled_figures_fetches_nothing():
    with pytest.raises(InputError, match=r"source='bundled' fetches nothing"):
        CENSUS.warm()


# Tables


def test_rows_keep_their_order_and_index():
    asked = pd.DataFrame(
        {"geography": ["Ohio", "Hamilton County, OH", "Ohio"], "age": ["85+", None, "0-4"]},
        index=[9, 4, 9],
    )
    before = asked.copy(deep=True)
    answer = CENSUS.count(asked)
    assert answer.index.tolist() == [9, 4, 9]
    backwards = CENSUS.count(asked[::-1])
    assert answer["count"].tolist() == backwards["count"].tolist()[::-1]
    pd.testing.assert_frame_equal(asked, before)


def test_tables_of_other_kinds():
    asked = {"age": [30, 31, None], "gender": ["F", "M", None]}
    expected = CENSUS.count(pd.DataFrame(asked))
    pd.testing.assert_frame_equal(CENSUS.count(pl.DataFrame(asked)), expected)
    categories = pd.DataFrame(asked).astype({"gender": "category"})
    pd.testing.assert_frame_equal(CENSUS.count(categories), expected)
    nullable = pd.DataFrame(asked).astype({"age": "Int64"})
    pd.testing.assert_frame_equal(CENSUS.count(nullable), expected)


def test_no_rows_give_no_answers():
    answer = CENSUS.count(pd.DataFrame({"age": [], "geography": []}))
    assert answer.shape == (0, 7)


def test_no_known_columns_give_the_nation():
    answer = CENSUS.count(pd.DataFrame({"shoe": [42]}))
    assert answer["count"].tolist() == [340_110_988]
    assert answer["unmatched"].tolist() == [("shoe",)]


def test_many_rows_are_as_each_row_alone():
    rng = np.random.default_rng(0)
    low = rng.integers(0, 90, 40)
    frame = pd.DataFrame(
        {
            "age": [f"{a}-{a + w}" for a, w in zip(low, rng.integers(0, 20, 40), strict=True)],
            "gender": rng.choice(["M", "F", "X"], 40),
            "ethnicity": rng.choice(["White", "Black", "Other"], 40),
            "geography": rng.choice(
                ["Ohio", "Hamilton County, OH", "Hamilton County", "Midwest", "Texas"], 40
            ),
        }
    )
    together = CENSUS.count(frame)
    alone = pd.concat([CENSUS.count(frame.iloc[[row]]) for row in range(40)])
    pd.testing.assert_frame_equal(together, alone)
    assert (together["low"] <= together["count"]).all()
    assert (together["count"] <= together["high"]).all()


def test_repr_copies_and_provenance():
    assert repr(CENSUS) == "CensusPopulation(source='bundled', vintage=None)"
    for other in (copy.deepcopy(CENSUS), pickle.loads(pickle.dumps(CENSUS))):
        assert other.source == "bundled" and other.vintage is None
        answer = other.count(pd.DataFrame({"geography": ["39061"]}))
        assert answer["count"].tolist() == [827_058]
    fresh = CensusPopulation(source="bundled").provenance
    assert "not endorsed or certified by the Census Bureau" in fresh.notice
    assert "not endorsed or certified by the Census Bureau" in (CensusPopulation.__doc__ or "")
    for table in ("sc-est2024-alldata6", "cc-est2023-syasex", "cc-est2022-all"):
        assert table in fresh.describe()


def test_provenance_is_of_what_was_used():
    population = CensusPopulation(source="bundled")
    population.count(pd.DataFrame({"geography": ["Ohio"]}))
    used = population.provenance
    assert used.tables == ("sc-est2024-alldata6 (July 2024)",)
    assert (used.vintage, used.retrieved) == ("July 2024", "")


# What goes with every answer


@pytest.mark.parametrize(
    ("cells", "separate", "meaning"),
    [
        (["White", "Black"], None, "race alone, Hispanic or not"),
        (["White", "Hispanic"], None, "race alone, not Hispanic"),
        (["White", "Latinx|Asian"], None, "race alone, not Hispanic"),
        (["White", "Not Hispanic"], None, "race alone, Hispanic or not"),
        (["White", "Hispanic"], False, "race alone, Hispanic or not"),
        (["White", None], True, "race alone, not Hispanic"),
    ],
)
def test_the_meaning_of_ethnicity_goes_with_the_answer(cells, separate, meaning):
    asked = pd.DataFrame({"ethnicity": cells, "geography": ["Ohio"] * 2})
    assert CENSUS.count(asked, hispanic_separate=separate).attrs["ethnicity"] == meaning


def test_rows_that_are_not_counted_by_a_column_are_counted():
    answer = ask(
        age=[30, None, "unknown", 31],
        gender=["F", "X", "M", "refused"],
        ethnicity=["Other", "Unknown", None, "White"],
        geography=["Ohio", "Puerto Rico", "Cincinnati, OH", None],
        shoe=[42] * 4,
    )
    assert answer.attrs["not_counted"] == {"age": 2, "gender": 2, "ethnicity": 3, "geography": 3}
    for name, n_rows in answer.attrs["not_counted"].items():
        assert sum(name in names for names in answer["unmatched"]) == n_rows
    assert CENSUS.count(pd.DataFrame({"shoe": [1]})).attrs == {
        "ethnicity": "",
        "not_counted": {},
        "shared_error": 0.0,
    }
    nobody = CENSUS.count(pd.DataFrame({"age": [], "gender": []}))
    assert nobody.attrs == {
        "ethnicity": "",
        "not_counted": {"age": 0, "gender": 0},
        "shared_error": 0.0,
    }


@pytest.mark.parametrize(
    ("asked", "shared"),
    [
        ({"gender": ["F"], "geography": ["Hamilton County, OH"]}, 0.0),
        ({"age": ["30-34"], "ethnicity": ["Black"], "geography": ["Hamilton County, OH"]}, 0.2),
        ({"age": [31], "geography": ["Hamilton County, OH"]}, 0.0),
        ({"age": ["30-34"], "geography": ["45202"]}, 1.0),
    ],
)
def test_how_alike_counts_err(asked, shared):
    """Published counts do not; fitted cells of a county partly do; shares of it may all."""
    assert CENSUS.count(pd.DataFrame(asked)).attrs["shared_error"] == shared


def test_no_count_has_the_upper_limit_nobody():
    asked = pd.DataFrame(
        [
            (age, sex, race, place)
            for age in (0, "30-34", "85+", 119)
            for sex in "MF"
            for race in ("Pacific Islander", "Asian", None)
            for place in ("Loving County, TX", "Kalawao County, HI", "45202", "Vermont")
        ],
        columns=["age", "gender", "ethnicity", "geography"],
        dtype=object,
    )
    answer = CENSUS.count(asked)
    assert (answer["count"] == 0).any() and (answer["high"] > 0).all()
    assert (answer["low"] <= answer["count"]).all() and (answer["count"] <= answer["high"]).all()
