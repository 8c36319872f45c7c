"""Roles: columns are found or named in the error; people are numbered by their ids."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_column, find_columns, person_codes
from personatwin_sk.exceptions import ColumnNotFoundError, InputError

FRAME = pd.DataFrame({"who": ["b", "a", "b"], "age": [1, 2, 3], 7: [0, 0, 0]})


def find(table: Table, spec: object) -> object:
    return find_column(table, spec, parameter="person_id", owner="PersonaMerger")


def find_all(table: Table, spec: object) -> list[object]:
    return find_columns(table, spec, parameter="quasi_identifiers", owner="PersonaMerger")


def test_columns_are_found_by_name_or_by_position() -> None:
    table, array = Table.of(FRAME), Table.of(np.zeros((2, 3)))
    assert find(table, "age") == "age"
    assert find(table, 7) == 7
    assert find(table, 0) == "who"
    assert find(table, -2) == "age"
    assert find(Table.of(pd.DataFrame({1: [0], 0: [0]})), 0) == 0  # a name goes before a position
    assert find(table, None) is None
    assert find(array, 2) == 2
    assert find(array, np.int64(1)) == 1
    assert find(array, -1) == 2


@pytest.mark.parametrize("spec", ["gender", 3, -4, "AGE"])
def test_a_missing_column_is_named_with_the_parameter_and_the_columns(spec: object) -> None:
    with pytest.raises(ColumnNotFoundError) as error:
        find(Table.of(FRAME), spec)
    message = str(error.value)
    assert "PersonaMerger" in message and "person_id" in message
    assert repr(spec) in message and "who, age, 7" in message


@pytest.mark.parametrize("spec", [3, -4, "age"])
def test_an_array_has_no_other_columns(spec: object) -> None:
    with pytest.raises(ColumnNotFoundError):
        find(Table.of(np.zeros((2, 3))), spec)


def test_the_list_of_columns_in_a_message_has_an_end() -> None:
    wide = Table.of(pd.DataFrame(np.zeros((1, 50)), columns=[f"c{i}" for i in range(50)]))
    with pytest.raises(ColumnNotFoundError, match=r"c19 \.\.\."):
        find(wide, "x")


def test_several_columns() -> None:
    table = Table.of(FRAME)
    assert find_all(table, ["age", "who"]) == ["age", "who"]
    assert find_all(table, "age") == ["age"]
    assert find_all(table, ()) == []
    assert find_all(table, np.array(["age", "who"])) == ["age", "who"]
    assert find_all(Table.of(np.zeros((2, 3))), [0, 2]) == [0, 2]
    assert find_all(Table.of(np.zeros((2, 3))), 1) == [1]
    with pytest.raises(InputError, match="more than once"):
        find_all(table, ["age", "age"])
    with pytest.raises(InputError, match="more than once"):
        find_all(Table.of(np.zeros((2, 3))), [2, -1])


def test_people_are_numbered_by_sorted_id() -> None:
    codes, n_people = person_codes(Table.of(FRAME), "who")
    assert codes.tolist() == [1, 0, 1] and n_people == 2
    assert codes.dtype == np.int64
    polars_codes, _ = person_codes(Table.of(pl.DataFrame({"who": ["b", "a", "b"]})), "who")
    assert polars_codes.tolist() == [1, 0, 1]


def test_without_ids_each_row_is_a_person() -> None:
    codes, n_people = person_codes(Table.of(FRAME), None)
    assert codes.tolist() == [0, 1, 2] and n_people == 3


@pytest.mark.parametrize("null", [None, float("nan"), pd.NA])
def test_rows_without_an_id_are_counted(null: object) -> None:
    table = Table.of(pd.DataFrame({"who": pd.Series(["secret-7", null, null], dtype=object)}))
    with pytest.raises(InputError, match="2 of 3 rows have no person id in column 'who'") as error:
        person_codes(table, "who")
    assert "secret-7" not in str(error.value)


def test_ids_that_look_alike_are_other_people() -> None:
    ids = pd.Series(["1", "01", " 1", "1.0", 1], dtype=object)
    assert person_codes(Table.of(pd.DataFrame({"who": ids})), "who")[1] == 5
