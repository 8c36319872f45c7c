"""Tables of any kind: what nobody replaced comes back byte for byte, what was replaced fits in."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.exceptions import ColumnNotFoundError, InputError

DAYS = [datetime.date(2023, 1, 31), None, datetime.date(1969, 7, 20)]
MOMENTS = [datetime.datetime(2023, 1, 31, 10, 30), None, datetime.datetime(1969, 7, 20, 20, 17)]


def pandas_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "int": [3, 1, 2],
            "int8": pd.array([3, None, 2], dtype="Int8"),
            "uint64": np.array([2**64 - 1, 0, 1], dtype="uint64"),
            "float": [0.5, np.nan, -0.0],
            "float32": np.array([0.5, np.nan, 1.5], dtype="float32"),
            "Float64": pd.array([0.5, None, 2.0], dtype="Float64"),
            "bool": [True, False, True],
            "boolean": pd.array([True, None, False], dtype="boolean"),
            "object": pd.Series(["é", None, 3], dtype=object),
            "text": ["a", "b", "東京"],
            "string": pd.array(["a", None, ""], dtype="string"),
            "category": pd.Categorical(["b", None, "a"], categories=["b", "a", "unused"]),
            "ordered": pd.Categorical([2, 1, None], categories=[1, 2, 3], ordered=True),
            "datetime": pd.to_datetime(pd.Series(MOMENTS)).astype("datetime64[ns]"),
            "zoned": pd.to_datetime(pd.Series(MOMENTS)).dt.tz_localize("America/New_York"),
            "date": pd.Series(DAYS, dtype=object),
            "sparse": pd.arrays.SparseArray([0.0, 1.0, 0.0]),
            "period": pd.PeriodIndex(["2023-01", "NaT", "2022-12"], freq="M"),
        },
    ).set_axis([9, 9, "x"])


def polars_frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "int": [3, 1, 2],
            "int8": pl.Series([3, None, 2], dtype=pl.Int8),
            "uint64": pl.Series([2**64 - 1, 0, 1], dtype=pl.UInt64),
            "float": [0.5, None, float("nan")],
            "float32": pl.Series([0.5, None, 1.5], dtype=pl.Float32),
            "boolean": [True, None, False],
            "text": ["a", None, "東京"],
            "category": pl.Series(["b", None, "a"], dtype=pl.Categorical),
            "enum": pl.Series(["b", None, "a"], dtype=pl.Enum(["b", "a", "unused"])),
            "date": DAYS,
            "datetime": pl.Series(MOMENTS, dtype=pl.Datetime("ms")),
            "zoned": pl.Series(MOMENTS).dt.replace_time_zone("America/New_York"),
            "list": [[1], None, [2, 3]],
            "null": [None, None, None],
        }
    )


def pyarrow_table() -> pa.Table:
    return pa.table(
        {
            "int": pa.array([3, 1, 2]),
            "int8": pa.array([3, None, 2], pa.int8()),
            "float": pa.array([0.5, None, 1.5]),
            "boolean": pa.array([True, None, False]),
            "text": pa.array(["a", None, "東京"]),
            "category": pa.array(["b", None, "a"]).dictionary_encode(),
            "date": pa.array(DAYS),
            "datetime": pa.array(MOMENTS, pa.timestamp("us")),
            "zoned": pa.array(
                [m and m.replace(tzinfo=ZoneInfo("America/New_York")) for m in MOMENTS],
                pa.timestamp("us", "America/New_York"),
            ),
        }
    )


def plain(series: pd.Series) -> list[Any]:
    return [None if pd.isna(value) else value for value in series.tolist()]


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (pandas_frame(), "pandas"),
        (polars_frame(), "polars"),
        (pyarrow_table(), "pyarrow"),
        (np.array([[1.0, np.nan], [3.0, 4.0]]), "array"),
        (np.array([[1, "a"], [None, "b"]], dtype=object), "array"),
        ([[1, 2], [3, 4]], "array"),
    ],
    ids=["pandas", "polars", "pyarrow", "floats", "objects", "lists"],
)
def test_every_column_can_be_read(X: Any, kind: str) -> None:
    table = Table.of(X)
    assert table.kind == kind
    assert Table.of(table) is table
    for name in table.columns:
        assert name in table
        column = table[name]
        assert isinstance(column, pd.Series)
        assert column.name == name
        assert_series_equal(pd.Series(column.index), pd.Series(range(table.n_rows)))
    assert len(table) == table.n_rows
    assert "no such column" not in table


@pytest.mark.parametrize("frame", [pandas_frame(), polars_frame(), pyarrow_table().to_pandas()])
def test_reading_agrees_with_plain_python(frame: Any) -> None:
    table = Table.of(frame)
    expected = {
        "int": [3, 1, 2],
        "int8": [3, None, 2],
        "boolean": [True, None, False],
        "category": ["b", None, "a"],
        "datetime": [None if m is None else pd.Timestamp(m) for m in MOMENTS],
        "zoned": [None if m is None else pd.Timestamp(m, tz="America/New_York") for m in MOMENTS],
    }
    for name, values in expected.items():
        assert plain(table[name]) == values, name
    dates = [
        value if value is None else pd.Timestamp(value).date() for value in plain(table["date"])
    ]
    assert dates == DAYS


def test_arrow_and_polars_columns_read_alike() -> None:
    arrow, polars = Table.of(pyarrow_table()), Table.of(polars_frame())
    for name in arrow.columns:
        if name != "float":  # NaN beside null in one of them
            assert plain(arrow[name]) == plain(polars[name]), name


@pytest.mark.parametrize("keep_dtype", [False, True])
@pytest.mark.parametrize("changed", ["int", "text", "datetime"])
def test_other_columns_come_back_untouched_in_pandas(changed: str, keep_dtype: bool) -> None:
    frame = pandas_frame()
    table = Table.of(frame)
    released = table.replace({changed: table[changed].iloc[[1, 1, 1]]}, keep_dtype=keep_dtype)
    result = released.to_native()
    assert list(result.columns) == list(frame.columns)
    assert_frame_equal(result.drop(columns=changed), frame.drop(columns=changed))
    assert plain(result[changed]) == [plain(frame[changed])[1]] * 3
    assert_frame_equal(frame, pandas_frame())
    assert_frame_equal(table.to_native(), pandas_frame())


@pytest.mark.parametrize("changed", ["int", "text", "datetime"])
def test_other_columns_come_back_untouched_in_typed_tables(changed: str) -> None:
    frame = polars_frame()
    table = Table.of(frame)
    result = table.replace({changed: table[changed].iloc[[2, 2, 2]]}).to_native()
    assert isinstance(result, pl.DataFrame)
    for name in set(frame.columns) - {changed}:
        assert result[name].equals(frame[name], check_dtypes=True, null_equal=True), name
    assert frame.equals(polars_frame())
    arrow = pyarrow_table()
    released = Table.of(arrow).replace({changed: Table.of(arrow)[changed].iloc[[2, 2, 2]]})
    for name in set(arrow.column_names) - {changed}:
        assert released.to_native().column(name).equals(arrow.column(name)), name
    assert arrow.equals(pyarrow_table())


def test_a_table_without_changes_is_the_table_that_came_in() -> None:
    assert_frame_equal(Table.of(pandas_frame()).to_native(), pandas_frame())
    np.testing.assert_array_equal(Table.of(np.eye(2)).to_native(), np.eye(2))
    assert Table.of(polars_frame()).to_native().equals(polars_frame())
    assert Table.of(pyarrow_table()).to_native().equals(pyarrow_table())


@pytest.mark.parametrize("name", [c for c in pandas_frame().columns if c != "period"])
def test_a_dtype_is_kept_in_pandas(name: str) -> None:
    frame = pandas_frame()
    table = Table.of(frame)
    result = table.replace({name: table[name].iloc[[0, 1, 0]]}, keep_dtype=True).to_native()[name]
    expected = frame[name].iloc[[0, 1, 0]]
    expected.index = frame.index
    if name == "sparse":
        assert result.tolist() == expected.tolist()
    else:
        assert_series_equal(result, expected)


@pytest.mark.parametrize("name", [c for c in polars_frame().columns if c not in ("list", "null")])
def test_a_dtype_is_kept_in_polars(name: str) -> None:
    frame = polars_frame()
    table = Table.of(frame)
    result = table.replace({name: table[name].iloc[[0, 1, 0]]}, keep_dtype=True).to_native()[name]
    expected = frame[name][[0, 1, 0]]
    assert result.dtype == expected.dtype
    assert result.to_list() == expected.to_list()


@pytest.mark.parametrize("name", pyarrow_table().column_names)
def test_a_dtype_is_kept_in_pyarrow(name: str) -> None:
    arrow = pyarrow_table()
    table = Table.of(arrow)
    result = table.replace({name: table[name].iloc[[0, 1, 0]]}, keep_dtype=True).to_native()
    assert result.column(name).to_pylist() == arrow.column(name).take([0, 1, 0]).to_pylist()
    if name != "category":
        assert result.schema.field(name).type == arrow.schema.field(name).type


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([1, 2, 3]), [1, 2, 3]),
        (pd.Series([1, None, 3], dtype="Int64"), [1, None, 3]),
        (pd.Series([0.5, None, 3]), [0.5, None, 3.0]),
        (pd.Series(["a", None, "b"], dtype=object), ["a", None, "b"]),
        (pd.Series(["a", np.nan, "b"]), ["a", None, "b"]),
        (pd.Series([None, None, None], dtype=object), [None, None, None]),
        (pd.Series([True, None, False], dtype="boolean"), [True, None, False]),
        (pd.Series([1, "a", None], dtype=object), ["1", "a", None]),
        (pd.Series(pd.to_datetime(["2023-01-31", None, "2023-02-28"])),
         [datetime.datetime(2023, 1, 31), None, datetime.datetime(2023, 2, 28)]),
    ],
    ids=lambda v: str(v.dtype) if hasattr(v, "dtype") else "",
)  # fmt: skip
def test_new_values_go_into_every_kind_of_table(values: Any, expected: list[Any]) -> None:
    polars = Table.of(polars_frame()).replace({"text": values}).to_native()
    assert polars["text"].to_list() == expected
    arrow = Table.of(pyarrow_table()).replace({"text": values}).to_native()
    assert arrow.column("text").to_pylist() == expected
    pandas = Table.of(pandas_frame()).replace({"text": values}).to_native()
    assert plain(pandas["text"]) == plain(pd.Series(values))
    assert list(pandas.index) == [9, 9, "x"]


def test_labels_take_the_place_of_numbers_and_categories() -> None:
    labels = pd.Series(["1-2", "1-2", None], dtype=object)
    frame = Table.of(pandas_frame()).replace({"category": labels}, keep_dtype=True).to_native()
    assert isinstance(frame["category"].dtype, pd.CategoricalDtype)
    assert plain(frame["category"]) == ["1-2", "1-2", None]
    frame = Table.of(pandas_frame()).replace({"int": labels}).to_native()
    assert plain(frame["int"]) == ["1-2", "1-2", None]


def test_a_plain_column_that_gets_nulls_becomes_nullable() -> None:
    table = Table.of(pandas_frame())
    integers = table.replace({"int": pd.Series([3.0, None, 2.0])}, keep_dtype=True).to_native()
    assert integers["int"].dtype == "Int64" and plain(integers["int"]) == [3, None, 2]
    bools = pd.Series([True, None, False], dtype=object)
    frame = table.replace({"bool": bools}, keep_dtype=True).to_native()
    assert frame["bool"].dtype == "boolean" and plain(frame["bool"]) == [True, None, False]


def test_arrays_keep_their_dtype_where_it_can_hold_the_values() -> None:
    array = np.array([[1, 2], [3, 4]])
    table = Table.of(array)
    assert table.columns == (0, 1)
    assert table.replace({1: np.array([5, 6])}).to_native().dtype == array.dtype
    assert table.replace({1: np.array([5.0, 6.0])}).to_native().dtype == array.dtype
    halves = table.replace({1: np.array([5.5, 6.0])}).to_native()
    assert halves.dtype == float and halves.tolist() == [[1.0, 5.5], [3.0, 6.0]]
    labels = table.replace({1: pd.Series(["5-6", None], dtype=object)}).to_native()
    assert labels.tolist() == [[1, "5-6"], [3, None]]
    nulls = table.replace({0: pd.Series([1, None], dtype="Int64")}).to_native()
    np.testing.assert_array_equal(nulls, [[1.0, 2.0], [np.nan, 4.0]])
    floats = np.array([[1, 2]], dtype="float32")
    kept = Table.of(floats).replace({0: np.array([0.1])}, keep_dtype=True).to_native()
    assert kept.dtype == np.float32
    assert array.tolist() == [[1, 2], [3, 4]]


def test_what_comes_out_is_never_the_object_that_came_in() -> None:
    """``set_output`` renames the columns of what a transformer gives back, in place."""
    frame, polars, array = pandas_frame(), polars_frame(), np.zeros((2, 2))
    out = Table.of(frame).to_native()
    out.columns = range(len(out.columns))
    assert list(frame.columns) == list(pandas_frame().columns)
    out = Table.of(polars).to_native()
    out.columns = [f"x{i}" for i in range(len(out.columns))]
    assert polars.equals(polars_frame())
    Table.of(array).to_native()[0, 0] = 1
    assert array[0, 0] == 0


def test_selecting_and_dropping() -> None:
    for X in (pandas_frame(), polars_frame(), pyarrow_table()):
        table = Table.of(X)
        assert table.select(["text", "int"]).columns == ("text", "int")
        assert table.drop(["int"]).columns == table.columns[1:]
        assert table.drop([]) is table
        assert list(Table.of(table.drop(["int"]).to_native()).columns) == list(table.columns[1:])
        with pytest.raises(ColumnNotFoundError):
            table.select(["gender"])
    assert list(Table.of(pandas_frame()).drop(["int"]).to_native().index) == [9, 9, "x"]
    array = Table.of(np.array([[1, 2, 3]]))
    assert array.drop([1]).columns == (0, 1)
    assert array.drop([1]).to_native().tolist() == [[1, 3]]


@pytest.mark.parametrize("make", [pandas_frame, polars_frame, pyarrow_table])
def test_a_pandas_copy_of_any_kind(make: Any) -> None:
    table = Table.of(make())
    copy = table.to_pandas()
    assert tuple(copy.columns) == table.columns
    assert list(copy.index) == [0, 1, 2]
    for name in table.columns:
        assert_series_equal(copy[name], table[name])
    copy["int"] = 0
    assert plain(table["int"]) == [3, 1, 2]
    assert Table.of(make()).select([]).to_pandas().shape == (3, 0)


def test_containers_that_were_asked_for() -> None:
    frame = pandas_frame()[["int", "float", "boolean", "text", "zoned"]]
    polars = Table.of(frame).to_container("polars")
    assert isinstance(polars, pl.DataFrame)
    assert polars["int"].to_list() == [3, 1, 2]
    assert polars["text"].to_list() == ["a", "b", "東京"]
    assert polars["boolean"].to_list() == [True, None, False]
    assert isinstance(Table.of(polars_frame()).to_container("pandas"), pd.DataFrame)
    assert isinstance(Table.of(pyarrow_table()).to_container("pandas"), pd.DataFrame)
    assert isinstance(Table.of(pyarrow_table()).to_container("polars"), pl.DataFrame)
    assert isinstance(Table.of(polars_frame()).to_container("default"), pl.DataFrame)
    assert_frame_equal(Table.of(frame).to_container("pandas"), frame)


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]),
        pd.DataFrame([[1, 2, 3]], columns=[0, 1, 0]),
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
    ],
    ids=["pandas", "integers", "pyarrow"],
)
def test_names_that_stand_twice_are_refused(X: Any) -> None:
    with pytest.raises((InputError, ValueError), match=r"more than once|unique"):
        Table.of(X)


@pytest.mark.parametrize("X", [np.zeros(3), np.zeros((2, 2, 2)), 5, "text", [1, 2]])
def test_what_is_no_table_is_refused(X: Any) -> None:
    with pytest.raises(InputError, match="two-dimensional"):
        Table.of(X)


def test_lazy_tables_are_refused() -> None:
    with pytest.raises((InputError, TypeError)):
        Table.of(polars_frame().lazy())


def test_wrong_columns_and_lengths_are_refused() -> None:
    table = Table.of(pandas_frame())
    with pytest.raises(ColumnNotFoundError, match="gender"):
        table.replace({"gender": np.zeros(3)})
    with pytest.raises(InputError, match="2 values, the table 3 rows"):
        table.replace({"int": np.zeros(2)})
    with pytest.raises(ColumnNotFoundError, match="gender"):
        table["gender"]


def test_empty_tables() -> None:
    for X in (pandas_frame().iloc[:0], polars_frame()[:0], pyarrow_table().slice(0, 0)):
        table = Table.of(X)
        assert table.n_rows == 0
        assert all(len(table[name]) == 0 for name in table.columns)
        same = table.replace({"int": table["int"]}, keep_dtype=True)
        assert Table.of(same.to_native()).columns == table.columns


@pytest.mark.parametrize(
    "values",
    [
        [1, None, float("nan"), pd.NaT, pd.NA, np.datetime64("NaT"), "", "nan", 0, False],
        pd.Series([1, None, np.nan, pd.NaT, pd.NA, None, "", "nan", 0, False], dtype=object),
    ],
)
def test_null_is_one_thing(values: Any) -> None:
    assert is_null(values).tolist() == [False] + [True] * 5 + [False] * 4


def test_tables_show_no_values() -> None:
    table = Table.of(pd.DataFrame({"name": ["Zebulon Quirk"]}))
    assert repr(table) == str(table) == "Table(kind='pandas', n_rows=1, n_columns=1)"
