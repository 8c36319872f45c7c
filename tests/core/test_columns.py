"""Codes of columns: the order of rows has no say, null comes last, the codes give the column."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.columns import factorize, factorize_column, is_ordered
from personatwin_sk._core.frames import Table

NULLS = (None, float("nan"), pd.NaT, pd.NA)
mixed = st.one_of(
    st.sampled_from(NULLS),
    st.integers(-5, 5),
    st.floats(-2, 2, width=16),
    st.booleans(),
    st.text(alphabet="aé東", max_size=2),
    st.dates(datetime.date(2023, 1, 1), datetime.date(2023, 1, 3)),
)


def rebuilt(codes: np.ndarray, values: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else value for value in values.take(codes).tolist()]


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (pd.Series([3, 1, 3, 2]), [1, 2, 3]),
        (pd.Series([3.5, np.nan, -1.0]), [-1.0, 3.5, None]),
        (pd.Series([3, None, 1], dtype="Int64"), [1, 3, None]),
        (pd.Series([True, False, True]), [False, True]),
        (pd.Series([True, None], dtype="boolean"), [True, None]),
        (pd.Series(["b", "B", "a", ""]), ["", "B", "a", "b"]),
        (pd.Series(["b", None, "a"], dtype=object), ["a", "b", None]),
        (pd.Series(["b", None, "a"], dtype="string"), ["a", "b", None]),
        (pd.Series(["é", "z", "a"]), ["a", "z", "é"]),
        (pd.Series([2, "1", 1, "a"], dtype=object), [1, 2, "1", "a"]),
        (pd.Series([None, None], dtype=object), [None]),
        (pd.Series([], dtype=float), []),
        (
            pd.Series(pd.to_datetime(["2023-02-01", None, "2023-01-01"])),
            [pd.Timestamp("2023-01-01"), pd.Timestamp("2023-02-01"), None],
        ),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else "",
)
def test_values_are_sorted_and_null_is_last(series: pd.Series, expected: list[Any]) -> None:
    codes, values = factorize(series)
    assert codes.dtype == np.int64
    assert [None if pd.isna(v) else v for v in values.tolist()] == expected
    assert rebuilt(codes, values) == [None if pd.isna(v) else v for v in series.tolist()]


@given(st.lists(mixed, max_size=25), st.data())
def test_the_order_of_rows_has_no_say(items: list[Any], data: st.DataObject) -> None:
    series = pd.Series(items, dtype=object)
    codes, values = factorize(series)
    assert rebuilt(codes, values) == [None if pd.isna(item) else item for item in items]
    order = data.draw(st.permutations(range(len(items))))
    other_codes, other_values = factorize(series.iloc[order])
    np.testing.assert_array_equal(other_codes, codes[order])
    assert [type(v) for v in other_values] == [type(v) for v in values]
    assert rebuilt(np.arange(len(values)), other_values) == rebuilt(np.arange(len(values)), values)


@given(st.lists(st.one_of(st.none(), st.text(max_size=2)), min_size=1, max_size=25))
def test_codes_are_dense_and_one_to_one(items: list[str | None]) -> None:
    codes, values = factorize(pd.Series(items, dtype=object))
    pairs = set(zip(items, codes.tolist(), strict=True))
    assert len(pairs) == len(set(items)) == len(values)
    assert set(codes.tolist()) == set(range(len(values)))
    known = sorted(item for item in set(items) if item is not None)
    assert values.tolist()[: len(known)] == known


@given(st.lists(st.sampled_from(NULLS), min_size=1, max_size=8))
def test_all_nulls_are_one_value(items: list[Any]) -> None:
    codes, values = factorize(pd.Series(items, dtype=object))
    assert len(values) == 1 and pd.isna(values.iloc[0])
    assert (codes == 0).all()


@pytest.mark.parametrize(
    ("series", "ordered"),
    [
        (pd.Series([1]), True),
        (pd.Series([1.5]), True),
        (pd.Series([1, None], dtype="Int8"), True),
        (pd.Series([1, None], dtype="Float64"), True),
        (pd.Series(pd.to_datetime(["2023-01-01"])), True),
        (pd.Series(pd.to_datetime(["2023-01-01"])).dt.tz_localize("UTC"), True),
        (pd.Series([True]), False),
        (pd.Series([True, None], dtype="boolean"), False),
        (pd.Series(["1"]), False),
        (pd.Series([1, "a"], dtype=object), False),
        (pd.Series(["a"], dtype="category"), False),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else "",
)
def test_what_has_an_order(series: pd.Series, ordered: bool) -> None:
    assert is_ordered(series) is ordered


categories = st.sampled_from(
    [
        ["b", "a", "c"],
        [3, 1, 2],
        [2.5, -1.0],
        [True, False],
        [],
        [pd.Timestamp("2023-05-01"), pd.Timestamp("2022-01-01")],
        ["b", 1, 2.5],
    ]
)


@given(categories, st.data())
def test_a_column_of_codes_is_read_as_its_values_are(known: list[Any], data: Any) -> None:
    codes = data.draw(st.lists(st.integers(-1, len(known) - 1), max_size=12))
    index = data.draw(st.permutations(range(len(codes))))
    column = pd.Categorical.from_codes(codes, known)
    table = Table.of(pd.DataFrame({"x": pd.Series(column, index=index)}))
    found, values = factorize_column(table, "x")
    expected, expected_values = factorize(table["x"])
    assert found.tolist() == expected.tolist()
    assert [None if pd.isna(v) else v for v in values] == [
        None if pd.isna(v) else v for v in expected_values
    ]


@pytest.mark.parametrize("column", [["b", None, "a"], [3, 1, 2], np.array([1.5, np.nan, 1.5])])
def test_any_other_column_is_read_as_it_is(column: Any) -> None:
    table = Table.of(pd.DataFrame({"x": column}))
    assert table.distinct("x") is None
    found, values = factorize_column(table, "x")
    expected, expected_values = factorize(table["x"])
    assert found.tolist() == expected.tolist()
    pd.testing.assert_series_equal(values, expected_values)
