"""Cells of one table found among those of another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.cells import Cells
from personatwin_sk.merging._lookup import find_cells

ROWS = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, None]), st.sampled_from(["a", "b", None])),
    min_size=1,
    max_size=10,
)


def cells_of(rows: list[tuple], dtype: str = "Int64") -> Cells:
    return Cells.from_columns(
        [
            pd.Series([row[0] for row in rows], dtype=dtype),
            pd.Series([row[1] for row in rows], dtype=object),
        ]
    )[0]


def rows_of(cells: Cells) -> list[tuple]:
    return [
        tuple(None if pd.isna(value) else value for value in row)
        for row in zip(*(column.tolist() for column in cells.columns()), strict=True)
    ]


@settings(max_examples=80, deadline=None)
@given(ROWS, ROWS, st.sampled_from(["Int64", "float64"]))
def test_each_cell_is_found_where_it_is(old: list[tuple], new: list[tuple], dtype: str) -> None:
    seen, cells = cells_of(old), cells_of(new, dtype)
    rows = rows_of(seen)
    expected = [rows.index(row) if row in rows else -1 for row in rows_of(cells)]
    assert find_cells(cells, seen).tolist() == expected


@pytest.mark.parametrize("values", [["x", None], [pd.Timestamp("2023-01-01"), None], [1.5, 2]])
def test_a_table_finds_itself(values: list) -> None:
    cells, _ = Cells.from_columns([pd.Series(values)])
    assert find_cells(cells, cells).tolist() == [0, 1]


def test_nothing_is_found_among_strangers() -> None:
    seen, _ = Cells.from_columns([pd.Series(["a"])])
    new, _ = Cells.from_columns([pd.Series(["b", None])])
    assert find_cells(new, seen).tolist() == [-1, -1]
    assert find_cells(new.take(np.empty(0, dtype=np.int64)), seen).tolist() == []
