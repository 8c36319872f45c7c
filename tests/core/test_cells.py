"""Cells: groups of rows against numpy, counts against pandas, chunks against the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.cells import Cells, group_rows

tables = st.integers(1, 4).flatmap(
    lambda n_columns: st.lists(
        st.tuples(*[st.integers(0, 4)] * n_columns), min_size=1, max_size=40
    ).map(lambda rows: np.array(rows, dtype=np.int64))
)
values = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["a", "b", "é"]))
people = st.lists(st.tuples(values, st.sampled_from([1.5, 2.0, None])), min_size=1, max_size=40)


def check_against_numpy(rows: np.ndarray) -> None:
    group, first = group_rows(list(rows.T))
    expected, inverse = np.unique(rows, axis=0, return_inverse=True)
    np.testing.assert_array_equal(group, inverse.reshape(-1))
    np.testing.assert_array_equal(rows[first], expected)
    assert group.dtype == first.dtype == np.int64


@given(tables)
def test_groups_are_those_of_numpy(rows: np.ndarray) -> None:
    check_against_numpy(rows)


@given(tables, st.integers(0, 2**61))
def test_large_codes_are_grouped_as_well(rows: np.ndarray, step: int) -> None:
    """Numbers so large that several columns do not fit into one 64-bit number side by side."""
    check_against_numpy(rows * (step // 4))


def test_many_columns_of_many_values() -> None:
    rows = np.random.default_rng(0).integers(0, 1000, size=(500, 12))
    rows[250:] = rows[:250]
    check_against_numpy(rows)


def test_no_rows_have_no_groups() -> None:
    group, first = group_rows([np.empty(0, dtype=np.int64)] * 2)
    assert len(group) == len(first) == 0


def columns_of(rows: list[tuple[Any, Any]]) -> list[pd.Series]:
    return [
        pd.Series([row[0] for row in rows], dtype=object),
        pd.Series([row[1] for row in rows], dtype=float),
    ]


def counted(cells: Cells) -> dict[tuple[Any, ...], int]:
    """The cells as plain Python: from values to people."""
    columns = [[None if pd.isna(v) else v for v in column] for column in cells.columns()]
    return dict(zip(zip(*columns, strict=True), cells.people.tolist(), strict=True))


@given(people)
def test_every_person_is_counted_in_their_cell(rows: list[tuple[Any, Any]]) -> None:
    cells, cell_of_row = Cells.from_columns(columns_of(rows))
    expected: dict[tuple[Any, Any], int] = {}
    for row in rows:
        expected[row] = expected.get(row, 0) + 1
    assert counted(cells) == expected
    columns = [[None if pd.isna(v) else v for v in column] for column in cells.columns()]
    assert [tuple(c[i] for c in columns) for i in cell_of_row] == rows


@given(people, st.data())
def test_the_order_of_people_has_no_say(rows: list[tuple[Any, Any]], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(rows))))
    cells, cell_of_row = Cells.from_columns(columns_of(rows))
    other, other_of_row = Cells.from_columns(columns_of([rows[i] for i in order]))
    np.testing.assert_array_equal(other.codes, cells.codes)
    np.testing.assert_array_equal(other.people, cells.people)
    np.testing.assert_array_equal(other_of_row, cell_of_row[order])


@given(people, st.data())
def test_merged_chunks_are_the_whole(rows: list[tuple[Any, Any]], data: st.DataObject) -> None:
    parts = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    chunks = [[row for row, p in zip(rows, parts, strict=True) if p == part] for part in range(4)]
    cells = [Cells.from_columns(columns_of(chunk))[0] for chunk in chunks if chunk]
    merged = Cells.merge(cells)
    whole = Cells.from_columns(columns_of(rows))[0]
    np.testing.assert_array_equal(merged.codes, whole.codes)
    np.testing.assert_array_equal(merged.people, whole.people)
    assert counted(merged) == counted(whole)
    again = Cells.merge(cells[::-1])
    np.testing.assert_array_equal(again.codes, whole.codes)


def test_rows_may_stand_for_several_people() -> None:
    column = pd.Series(["a", "b", "a"])
    cells, _ = Cells.from_columns([column], people=np.array([2, 3, 4]))
    assert counted(cells) == {("a",): 6, ("b",): 3}
    assert cells.people.dtype == np.int64


def test_cells_show_counts_only() -> None:
    cells, _ = Cells.from_columns([pd.Series(["Zebulon", "Quirina"])])
    assert repr(cells) == str(cells) == "Cells(n_cells=2, n_people=2)"
    assert len(cells) == 2


@pytest.mark.parametrize("width", [3, 10_000, 2**20, 2**31])
def test_groups_are_numbered_in_order_however_wide_the_codes_are(width: int) -> None:
    """Counting, sorting of number and row in one, and sorting of positions: all the same."""
    rng = np.random.default_rng(width)
    columns = [rng.integers(0, width, 50) for _ in range(2)]
    columns = [np.concatenate([column, column[::2]]) for column in columns]
    group, first = group_rows(columns)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    distinct = sorted(set(rows))
    assert [distinct.index(row) for row in rows] == group.tolist()
    assert [rows.index(row) for row in distinct] == first.tolist()
