import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.population import Provenance, TablePopulation

BANDS = [(0, 9), (10, 29), (30, 69), (70, 120)]
COLOURS = ["red", "blue", "green"]
CANARY = "Zebulon-Quark"


def band_label(band):
    return f"{band[0]}-{band[1]}"


@pytest.fixture
def people():
    rng = np.random.default_rng(3)
    rows = [
        {"age": band_label(band), "colour": colour, "town": town, "n": int(rng.integers(0, 50))}
        for band in BANDS
        for colour in COLOURS
        for town in ("A", "B")
    ]
    return pd.DataFrame(rows)


AGE_CELLS = st.one_of(
    st.none(),
    st.integers(0, 120),
    st.tuples(st.integers(0, 120), st.integers(0, 120)).map(lambda ends: tuple(sorted(ends))),
)
COLOUR_CELLS = st.one_of(
    st.none(), st.sampled_from(COLOURS), st.frozensets(st.sampled_from(COLOURS), min_size=1)
)
QUESTIONS = st.lists(st.tuples(AGE_CELLS, COLOUR_CELLS), min_size=1, max_size=12)


def count_by_hand(people, age, colour):
    """Give the count, and the least and the most that it can be however a band is filled."""
    total = least = most = 0.0
    for row in people.itertuples():
        low, high = map(int, row.age.split("-"))
        share = 1.0
        if age is not None:
            first, last = age if isinstance(age, tuple) else (age, age)
            years = [year for year in range(low, high + 1) if first <= year <= last]
            share = len(years) / (high - low + 1)
        if colour is not None and row.colour not in (
            colour if isinstance(colour, frozenset) else {colour}
        ):
            share = 0.0
        total += share * row.n
        least += row.n if share == 1 else 0
        most += row.n if share > 0 else 0
    return total, least, most


@settings(max_examples=60, deadline=None)
@given(QUESTIONS)
def test_counts_against_loops(questions):
    rng = np.random.default_rng(7)
    people = pd.DataFrame(
        [
            {"age": band_label(band), "colour": colour, "n": int(rng.integers(0, 50))}
            for band in BANDS
            for colour in COLOURS
        ]
    )
    asked = pd.DataFrame(
        {
            "age": pd.Series([age for age, _ in questions], dtype=object),
            "colour": pd.Series([colour for _, colour in questions], dtype=object),
        }
    )
    answer = TablePopulation.from_frame(people).count(asked)
    expected = [count_by_hand(people, age, colour) for age, colour in questions]
    count, least, most = np.array(expected).T
    np.testing.assert_allclose(answer["count"], count, atol=1e-9)
    np.testing.assert_allclose(answer["low"], least, atol=1e-9)
    np.testing.assert_allclose(answer["high"], np.where(count == 0, 3.0, most), atol=1e-9)
    assert (answer["low"] <= answer["count"]).all() and (answer["count"] <= answer["high"]).all()
    for (age, colour), names in zip(questions, answer["unmatched"], strict=True):
        known = {"age": age, "colour": colour}
        assert names == tuple(name for name, cell in known.items() if cell is None)


def test_a_missing_column_is_summed_over_in_silence(people):
    answer = TablePopulation.from_frame(people).count(pd.DataFrame({"colour": ["red", "blue"]}))
    assert answer["count"].tolist() == [
        people.loc[people.colour == colour, "n"].sum() for colour in ("red", "blue")
    ]
    assert answer["unmatched"].tolist() == [(), ()]
    assert not answer["modelled"].any()


def test_columns_that_are_not_known_are_named(people):
    asked = pd.DataFrame({"shoe": [1, 2], "colour": ["red", None], "hat": ["x", "y"]})
    answer = TablePopulation.from_frame(people).count(asked)
    assert answer["unmatched"].tolist() == [("shoe", "hat"), ("shoe", "colour", "hat")]
    nobody_asked = TablePopulation.from_frame(people).count(asked[["shoe"]])
    assert nobody_asked["count"].tolist() == [people.n.sum()] * 2


def test_only_a_part_of_a_band_is_modelled(people):
    asked = pd.DataFrame({"age": ["0-9", "0-8", "10-69", "0-9|70+", 30]})
    answer = TablePopulation.from_frame(people).count(asked)
    assert answer["modelled"].tolist() == [False, True, False, False, True]


def test_answers_keep_the_index_and_the_question(people):
    asked = pd.DataFrame({"age": ["0-9", None]}, index=["x", "x"])
    before = asked.copy(deep=True)
    answer = TablePopulation.from_frame(people).count(asked)
    assert answer.index.tolist() == ["x", "x"]
    pd.testing.assert_frame_equal(asked, before)


def test_no_rows_give_no_answers(people):
    answer = TablePopulation.from_frame(people).count(pd.DataFrame({"age": []}))
    assert answer.shape == (0, 7)


def test_tables_of_other_kinds(people):
    population = TablePopulation.from_frame(pl.from_pandas(people))
    answer = population.count(pl.DataFrame({"colour": ["red"]}))
    assert answer["count"].tolist() == [people.loc[people.colour == "red", "n"].sum()]


def test_numbers_and_categories_side_by_side():
    people = pd.DataFrame({"age": [0, 1, "2+", "not told", None], "people": [5, 7, 11, 13, 17]})
    population = TablePopulation.from_frame(people, count="people")
    asked = pd.DataFrame({"age": [1, "2+", "not told", "0-1", None, "0|not told"]})
    assert population.count(asked)["count"].tolist() == [7, 11, 13, 12, 53, 18]


def test_rows_that_are_alike_are_added_up():
    people = pd.DataFrame({"town": ["A", "A", "B"], "n": [1, 2, 4]})
    answer = TablePopulation.from_frame(people).count(pd.DataFrame({"town": ["A", "B"]}))
    assert answer["count"].tolist() == [3, 4]


def test_cells_that_are_not_in_the_table_count_zero_together():
    people = pd.DataFrame({"town": ["A", "B"], "colour": ["red", "blue"], "n": [1, 2]})
    answer = TablePopulation.from_frame(people).count(
        pd.DataFrame({"town": ["A"], "colour": ["blue"]})
    )
    # The rule of three: none seen, and up to three would still surprise nobody.
    assert answer[["count", "low", "high"]].to_numpy().tolist() == [[0.0, 0.0, 3.0]]
    assert not answer["modelled"].any()


@pytest.mark.parametrize(
    ("provenance", "source"),
    [
        (None, "table of counts given by the user"),
        ("Statistics Office", "Statistics Office"),
        (Provenance("Office", ("t",), "2024"), "Office: t (2024)"),
    ],
)
def test_source_and_level(people, provenance, source):
    population = TablePopulation.from_frame(people, provenance=provenance)
    answer = population.count(pd.DataFrame({"age": ["0-9"]}))
    assert answer["source"].tolist() == [source] and answer["level"].tolist() == ["table"]


def test_columns_and_repr_show_no_cells(people):
    people.loc[0, "colour"] = CANARY
    population = TablePopulation.from_frame(people)
    assert population.columns == ("age", "colour", "town")
    assert repr(population) == "TablePopulation(columns=['age', 'colour', 'town'], n_cells=24)"


@pytest.mark.parametrize(
    ("column", "cells", "message"),
    [
        ("colour", ["red", CANARY, CANARY], "2 of 3 values of 'colour'"),
        ("colour", ["red", f"red|{CANARY}", None], "1 of 3 values of 'colour'"),
        ("age", [130, "old", 3], "2 of 3 values of 'age'"),
        ("age", [(30, 20), 1, 2], "1 of 3 values of 'age'"),
    ],
)
def test_what_the_table_does_not_have_is_counted_not_named(people, column, cells, message):
    population = TablePopulation.from_frame(people)
    with pytest.raises(InputError, match=message) as error:
        population.count(pd.DataFrame({column: pd.Series(cells, dtype=object)}))
    assert CANARY not in str(error.value) and "130" not in str(error.value)


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        ({"age": [1]}, ColumnNotFoundError, "count='n' is not a column"),
        ({"n": [1]}, InputError, "a column beside the counts"),
        ({"age": [], "n": []}, InputError, "needs rows"),
        ({"age": [1, 2], "n": [1, -1]}, InputError, "1 of 2 values of 'n'"),
        ({"age": [1, 2], "n": [np.nan, np.inf]}, InputError, "2 of 2 values of 'n'"),
        ({"age": [1, 2], "n": ["many", "4"]}, InputError, "1 of 2 values of 'n'"),
        ({"age": ["0-9", "5-14"], "n": [1, 1]}, InputError, "1 bands of 'age' overlap"),
    ],
)
def test_tables_that_cannot_be_used(frame, error, message):
    with pytest.raises(error, match=message):
        TablePopulation.from_frame(pd.DataFrame(frame))


def test_bands_may_differ_from_town_to_town():
    people = pd.DataFrame(
        {"town": ["A", "A", "B", "B"], "age": ["0-9", "10-19", "0-4", "5-19"], "n": [10, 4, 3, 30]}
    )
    asked = pd.DataFrame({"age": ["0-4", "0-4", "0-19"], "town": ["A", "B", "A|B"]})
    answer = TablePopulation.from_frame(people).count(asked)
    assert answer["count"].tolist() == [5, 3, 47]


def test_copies_answer_alike(people):
    population = TablePopulation.from_frame(people)
    asked = pd.DataFrame({"age": [5, "30+"], "colour": ["red", None]})
    expected = population.count(asked)
    for other in (copy.deepcopy(population), pickle.loads(pickle.dumps(population))):
        pd.testing.assert_frame_equal(other.count(asked), expected)


def test_the_table_can_change_afterwards(people):
    population = TablePopulation.from_frame(people)
    expected = people.n.sum()
    people["n"] = 0
    assert population.count(pd.DataFrame({"age": [None]}))["count"].tolist() == [expected]


SURVEY = pd.DataFrame(
    {
        "town": ["A", "A", "B", "B"],
        "age": ["0-9", "10+", "0-9", "10+"],
        "n": [30, 40, 0, 200],
        "moe": [3.0, 4.0, 8.0, 12.0],
    }
)


def test_margins_of_error_add_up_by_their_squares():
    survey = TablePopulation.from_frame(SURVEY, error="moe")
    assert survey.columns == ("town", "age")
    asked = pd.DataFrame(
        {"town": ["A", "A", "B", None, "A"], "age": ["0-9", None, "0-9", "0-9", "0-4"]}
    )
    answer = survey.count(asked)
    assert answer["count"].tolist() == [30, 70, 0, 30, 15]
    # 5 = root of 3**2 + 4**2; the margin of a zero says more than the rule of three does.
    both = (3**2 + 8**2) ** 0.5
    np.testing.assert_allclose(answer["low"], [27, 65, 0, 30 - both, 0])
    np.testing.assert_allclose(answer["high"], [33, 75, 8, 30 + both, 33])
    assert answer["modelled"].tolist() == [False, False, False, False, True]


def test_a_margin_of_nothing_leaves_a_zero_its_three():
    survey = TablePopulation.from_frame(SURVEY.assign(moe=0), error="moe")
    answer = survey.count(pd.DataFrame({"town": ["B", "B"], "age": ["0-9", "10+"]}))
    assert answer["low"].tolist() == [0, 200] and answer["high"].tolist() == [3, 200]


def test_nobody_asked_for_anything_still_has_margins():
    answer = TablePopulation.from_frame(SURVEY, error="moe").count(pd.DataFrame({"shoe": [1]}))
    margin = (9 + 16 + 64 + 144) ** 0.5
    np.testing.assert_allclose(answer[["low", "high"]], [[270 - margin, 270 + margin]])


@pytest.mark.parametrize(
    ("changes", "keywords", "error", "message"),
    [
        ({}, {"error": "margin"}, ColumnNotFoundError, "error='margin' is not a column"),
        ({"moe": [1, -1, None, 2]}, {"error": "moe"}, InputError, "2 of 4 values of 'moe'"),
        ({}, {"error": "n"}, InputError, "a column of counts of its own"),
        ({}, {"count": None}, ColumnNotFoundError, "count=None is not a column"),
    ],
)
def test_margins_that_cannot_be_used(changes, keywords, error, message):
    with pytest.raises(error, match=message):
        TablePopulation.from_frame(SURVEY.assign(**changes), **keywords)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_part_of_a_band_is_between_none_and_all_of_it(data):
    """However the people of each band are spread over its years, the truth is in the interval."""
    years = data.draw(st.lists(st.integers(0, 5), min_size=121, max_size=121))
    people = pd.DataFrame(
        {
            "age": [band_label(band) for band in BANDS],
            "n": [sum(years[low : high + 1]) for low, high in BANDS],
        }
    )
    first, last = sorted((data.draw(st.integers(0, 120)), data.draw(st.integers(0, 120))))
    asked = pd.DataFrame({"age": pd.Series([(first, last)], dtype=object)})
    answer = TablePopulation.from_frame(people).count(asked).iloc[0]
    assert answer["low"] <= sum(years[first : last + 1]) <= answer["high"]
    assert answer["low"] <= answer["count"] <= answer["high"]


def test_which_cells_are_known():
    people = TablePopulation.from_frame(
        pd.DataFrame({"age": ["0-17", "18-64"], "town": ["Lyon", "Bron"], "n": [3, 4]})
    )
    towns = ["Bron", "Atlantis", None, "Lyon|Bron", {"Lyon", "Atlantis"}]
    assert people.knows("town", towns).tolist() == [True, False, False, True, False]
    assert people.knows("age", [5, "0-17", "youth", None]).tolist() == [True, True, False, False]
    with pytest.raises(ColumnNotFoundError, match="no column 'shoe'"):
        people.knows("shoe", [1])
