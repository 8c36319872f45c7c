"""The base transformer, by a toy that doubles the column ``x`` and drops ``gone``."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags

from personatwin_sk._core.base import TableTransformer, read_table
from personatwin_sk._core.frames import Table
from personatwin_sk._core.sklearn_private import Interval, InvalidParameterError, output_container
from personatwin_sk.exceptions import InputError


class Doubler(TableTransformer):
    """Multiply the first column, drop the last."""

    _parameter_constraints = {"factor": [Interval(Integral, 1, None, closed="left")]}

    def __init__(self, factor: Any = 2) -> None:
        self.factor = factor

    def _fit(self, table: Table) -> None:
        self.total_ = float(table[table.columns[0]].sum())
        self.secret_ = ["Zebulon"]

    def _transform(self, table: Table) -> Table:
        first, last = table.columns[0], table.columns[-1]
        return table.replace({first: table[first] * self.factor}).drop([last])

    def _columns_out(self, positions: list[int]) -> list[int]:
        return positions[:-1]


FRAME = pd.DataFrame({"x": [1, 2], "y": ["a", None], "gone": [0, 0]}, index=[5, 6])


def test_a_table_of_the_kind_that_came_in_comes_out() -> None:
    pandas = Doubler().fit_transform(FRAME)
    assert pandas["x"].tolist() == [2, 4]
    assert list(pandas.columns) == ["x", "y"] and list(pandas.index) == [5, 6]
    polars = Doubler().fit_transform(pl.from_pandas(FRAME))
    assert isinstance(polars, pl.DataFrame) and polars["x"].to_list() == [2, 4]
    arrow = Doubler().fit_transform(pa.Table.from_pandas(FRAME, preserve_index=False))
    assert isinstance(arrow, pa.Table) and arrow.column("x").to_pylist() == [2, 4]
    array = Doubler().fit_transform(np.array([[1, 7, 0], [2, 8, 0]]))
    assert isinstance(array, np.ndarray) and array.tolist() == [[2, 7], [4, 8]]
    assert Doubler().fit_transform([[1, 7, 0], [2, 8, 0]]).tolist() == [[2, 7], [4, 8]]


def test_columns_are_remembered_and_named() -> None:
    fitted = Doubler().fit(FRAME)
    assert fitted.n_features_in_ == 3
    assert fitted.feature_names_in_.tolist() == ["x", "y", "gone"]
    assert fitted.get_feature_names_out().tolist() == ["x", "y"]
    on_array = Doubler().fit(np.zeros((2, 3)))
    assert on_array.get_feature_names_out().tolist() == ["x0", "x1"]
    assert on_array.get_feature_names_out(["a", "b", "c"]).tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.transform(FRAME[["y", "x", "gone"]])
    with pytest.raises(ValueError, match="features"):
        on_array.transform(np.zeros((2, 2)))


@pytest.mark.parametrize(
    "empty",
    [FRAME.iloc[:0], FRAME[[]], pl.from_pandas(FRAME)[:0], np.empty((0, 3)), np.empty((2, 0))],
    ids=["no rows", "no columns", "polars", "array", "array without columns"],
)
def test_nothing_can_be_learnt_from_nothing(empty: Any) -> None:
    with pytest.raises(ValueError, match="minimum of 1"):
        Doubler().fit(empty)


def test_an_empty_chunk_may_be_transformed() -> None:
    assert len(Doubler().fit(FRAME).transform(FRAME.iloc[:0])) == 0


def test_parameters_are_checked_at_fit() -> None:
    with pytest.raises(InvalidParameterError, match="'factor' parameter of Doubler"):
        Doubler(factor=0).fit(FRAME)
    with pytest.raises(NotFittedError):
        Doubler().transform(FRAME)


def test_what_is_no_table_is_refused() -> None:
    for X in (np.zeros(3), "text", pd.Series([1, 2])):
        with pytest.raises(ValueError, match=r"2D|dimension|array"):
            Doubler().fit(X)
    with pytest.raises(InputError, match="more than once"):
        Doubler().fit(FRAME.set_axis(["x", "y", "x"], axis=1))


def test_set_output_is_heeded() -> None:
    assert output_container(Doubler()) == "default"
    polars = Doubler().set_output(transform="polars").fit_transform(FRAME)
    assert isinstance(polars, pl.DataFrame) and polars.columns == ["x", "y"]
    pandas = Doubler().set_output(transform="pandas").fit_transform(pl.from_pandas(FRAME))
    assert isinstance(pandas, pd.DataFrame) and pandas["x"].tolist() == [2, 4]


def test_tags_say_that_nulls_and_text_are_fine() -> None:
    tags = get_tags(Doubler()).input_tags
    assert tags.allow_nan and tags.string and tags.categorical


def test_fitted_values_are_not_drawn() -> None:
    assert "Zebulon" not in Doubler().fit(FRAME)._repr_html_()


def test_reading_without_reset_holds_to_what_was_seen() -> None:
    fitted = Doubler().fit(FRAME)
    assert read_table(fitted, FRAME, reset=False).columns == ("x", "y", "gone")
    with pytest.raises(ValueError, match="feature names"):
        read_table(fitted, FRAME.rename(columns={"y": "z"}), reset=False)
