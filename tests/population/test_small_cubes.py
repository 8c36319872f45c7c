"""Sums over small tables of counts, against adding up row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.labels import Interval, ValueSet
from personatwin_sk.population import TablePopulation
from personatwin_sk.population._count_tree import CountTree
from personatwin_sk.population._dimension import Dimension

BANDS = ["0-9", "10-19", "20-29", "30+"]
COLOURS = ["red", "blue", "green"]
# age, colour -> people
CUBE = {
    ("0-9", "red"): 3,
    ("0-9", "blue"): 5,
    ("10-19", "red"): 20,
    ("10-19", "green"): 7,
    ("20-29", "blue"): 11,
    ("30+", "red"): 13,
    ("30+", "green"): 17,
}


def tree_of(rows, dimensions):
    codes = [
        np.array([cells.index(row[at]) for row in rows]) for at, cells in enumerate(dimensions)
    ]
    people = np.array([row[-1] for row in rows], dtype=float)
    return CountTree(codes, [len(cells) for cells in dimensions], people)


def add_up(tree, dimensions, asked):
    queries = [
        Dimension(f"d{at}", cells).ask([row[at] for row in asked])
        for at, cells in enumerate(dimensions)
    ]
    return tree.add_up(queries, [np.arange(len(asked))] * len(dimensions)).people.tolist()


def test_a_cube_written_out():
    rows = [(*cell, people) for cell, people in CUBE.items()]
    asked = [
        ("0-9", "red"),
        ("0-9", "green"),
        ("0-19", "red"),
        ("0-29", "red|blue"),
        ("30+", {"red", "green", "blue"}),
        (15, "green"),
        ("0-4|10-14", "red"),
        ("50-60", "red"),
    ]
    dimensions = [BANDS, COLOURS]
    found = add_up(tree_of(rows, dimensions), dimensions, asked)
    assert found == pytest.approx([3, 0, 23, 39, 30, 0.7, 11.5, 0])
    # The order of rows does not matter, and rows that are alike are added up.
    halves = [(*cell, people / 2) for cell, people in CUBE.items()]
    twice = halves[::-1] + halves
    assert add_up(tree_of(twice, dimensions), dimensions, asked) == pytest.approx(found)


def test_a_table_of_no_columns_is_its_sum():
    assert CountTree([], [], np.array([2.0, 3.0])).add_up([], []).people.tolist() == [5]


CELLS = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 3), st.integers(0, 30))
SETS = st.tuples(*(st.frozensets(st.integers(0, n), min_size=1) for n in (4, 2, 3)))


@settings(max_examples=80, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=25), st.lists(SETS, min_size=1, max_size=8))
def test_three_columns_of_sets_against_loops(rows, asked):
    dimensions = [[f"c{i}" for i in range(n)] for n in (5, 3, 4)]
    named = [(f"c{a}", f"c{b}", f"c{c}", n) for a, b, c, n in rows]
    questions = [tuple({f"c{i}" for i in cell} for cell in question) for question in asked]
    expected = [
        sum(n for a, b, c, n in rows if a in first and b in second and c in third)
        for first, second, third in asked
    ]
    assert add_up(tree_of(named, dimensions), dimensions, questions) == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 50), min_size=40, max_size=40),
    st.tuples(st.integers(0, 39), st.integers(0, 39)).map(sorted),
    st.integers(0, 39),
)
def test_ranges_add_up_where_they_are_cut(people, ends, cut):
    """Counts of two neighbouring ranges of years make that of both, however bands are split."""
    table = pd.DataFrame({"age": [f"{5 * i}-{5 * i + 4}" for i in range(8)]})
    table["n"] = np.reshape(people, (8, 5)).sum(axis=1)
    low, high = ends
    cut = min(max(cut, low), high)
    asked = [(low, high), (low, cut), (cut, high), (cut, cut)]
    whole, left, right, middle = TablePopulation.from_frame(table).count(
        pd.DataFrame({"age": pd.Series(asked, dtype=object)})
    )["count"]
    assert left + right - middle == pytest.approx(whole)
    by_year = np.repeat(table["n"].to_numpy() / 5, 5)
    assert whole == pytest.approx(by_year[low : high + 1].sum())


# Kinds of questions to a table


@pytest.fixture(scope="module")
def population():
    rows = [{"age": age, "colour": colour, "n": n} for (age, colour), n in CUBE.items()]
    return TablePopulation.from_frame(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("column", "cell", "people", "is_modelled"),
    [
        ("age", "0-9", 8, False),
        ("age", (0, 9), 8, False),
        ("age", Interval(0, 9), 8, False),
        ("age", "0-19", 35, False),
        ("age", ["0-9", "20-29"], 19, False),
        ("age", {(0, 9), (20, 29)}, 19, False),
        ("age", ValueSet((Interval(0, 9), Interval(20, 29))), 19, False),
        ("age", np.array(["0-9", "20-29"], dtype=object), 19, False),
        ("age", 3, 0.8, True),
        ("age", 3.5, 0.8, True),
        ("age", np.int64(3), 0.8, True),
        ("age", "3", 0.8, True),
        ("age", {1, 2, 3}, 2.4, True),
        ("age", "30+", 30, False),
        ("age", (30, float("inf")), 30, False),
        ("age", "<=19", 35, False),
        ("age", "30-120", 30, False),
        ("colour", "red", 36, False),
        ("colour", " red ", 36, False),
        ("colour", "red|green", 60, False),
        ("colour", ("red", "green"), 60, False),
        ("colour", frozenset({"red", "blue", "green"}), 76, False),
        ("colour", np.str_("blue"), 16, False),
    ],
)
def test_kinds_of_cells(population, column, cell, people, is_modelled):
    asked = pd.DataFrame({column: pd.Series([cell, None], dtype=object)})
    answer = population.count(asked)
    assert answer["count"].tolist() == pytest.approx([people, 76])
    assert answer["modelled"].tolist() == [is_modelled, False]
    assert answer["unmatched"].tolist() == [(), (column,)]


@pytest.mark.parametrize("null", [None, float("nan"), pd.NA, pd.NaT, np.nan, "", "red|"])
def test_kinds_of_nulls(population, null):
    asked = pd.DataFrame({"colour": pd.Series([null, "blue"], dtype=object)})
    answer = population.count(asked)
    assert answer["count"].tolist() == [76, 16]
    assert answer["unmatched"].tolist() == [("colour",), ()]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["red", None, "blue"], dtype="category"),
        pd.Series(["red", None, "blue"], dtype="string"),
        pd.Series(["red", None, "blue"], dtype=object),
    ],
)
def test_dtypes_of_text(population, column):
    expected = [36, 76, 16]
    assert population.count(pd.DataFrame({"colour": column}))["count"].tolist() == expected
    as_polars = pl.DataFrame({"colour": ["red", None, "blue"]})
    assert population.count(as_polars)["count"].tolist() == expected


@pytest.mark.parametrize("dtype", ["int8", "int64", "float64", "Int64", "Float64", object])
def test_dtypes_of_numbers(population, dtype):
    answer = population.count(pd.DataFrame({"age": pd.Series([5, 15], dtype=dtype)}))
    assert answer["count"].tolist() == pytest.approx([0.8, 2.7])
