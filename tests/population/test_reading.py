import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.labels import Interval, ValueSet
from personatwin_sk.exceptions import InputError
from personatwin_sk.population._reading import distinct_cells, is_number, members, read_table

CELLS = st.one_of(
    st.none(), st.integers(0, 3), st.sampled_from(["a", "b"]), st.frozensets(st.integers(0, 2))
)


@given(st.lists(CELLS))
def test_distinct_cells_give_the_column_back(cells):
    codes, distinct = distinct_cells(pd.Series(cells, dtype=object))
    assert [distinct[code] for code in codes] == cells
    assert len(set(distinct)) == len(distinct)


def test_every_kind_of_null_is_one_cell():
    column = pd.Series([None, np.nan, pd.NA, pd.NaT, "x"], dtype=object)
    codes, distinct = distinct_cells(column)
    assert codes.tolist() == [1, 1, 1, 1, 0]
    assert distinct == ["x", None]


def test_cells_without_a_hash():
    column = pd.Series([[1, 2], {2, 1}, np.array([1, 2]), None, (1, 2)], dtype=object)
    codes, distinct = distinct_cells(column)
    assert codes.tolist() == [0, 0, 0, 2, 1]
    assert distinct == [frozenset({1, 2}), (1, 2), None]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (34, (34,)),
        ("34", (34,)),
        ("30-39", (Interval(30, 39),)),
        ((30, 39), (Interval(30, 39),)),
        ((30, 31, 32), (30, 31, 32)),
        (("a", "b"), ("a", "b")),
        ("a|b", ("a", "b")),
        (" a ", ("a",)),
        (r"a\|b", ("a|b",)),
        (["a|b", "c"], ("a", "b", "c")),
        (ValueSet(("a", ValueSet(("b",)))), ("a", "b")),
        (None, (None,)),
        ("", (None,)),
        ([], (None,)),
        ("a|", ("a", None)),
        ((30, np.nan), (None,)),
    ],
)
def test_members(cell, expected):
    assert members(cell) == expected


def test_a_pair_that_runs_backwards_is_an_error():
    with pytest.raises(ValueError, match="low end"):
        members((40, 30))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, True), (1.5, True), (np.int8(1), True), (True, False), (np.True_, False), ("1", False)],
)
def test_numbers(value, expected):
    assert is_number(value) is expected


def test_tables_of_other_kinds_are_numbered_from_zero():
    frame = pd.DataFrame({"age": [1, 2]}, index=[5, 7])
    assert read_table(frame)[1].tolist() == [5, 7]
    assert read_table(pl.DataFrame({"age": [1, 2]}))[1].tolist() == [0, 1]


def test_a_column_that_is_there_twice_is_an_error():
    with pytest.raises(InputError, match="more than once"):
        read_table(pd.DataFrame([[1, 2]], columns=["age", "age"]))
