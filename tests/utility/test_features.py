"""Columns as numbers, against literal matrices."""

from __future__ import annotations

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.utility._features import Features


def encode(before, after, **kwargs):
    before, after = pd.DataFrame(before), pd.DataFrame(after)
    return Features(Table.of(before), list(before), owner="test", **kwargs).encode(Table.of(after))


def test_numbers_labels_and_null():
    before = {"age": [20.0, 40.0, None]}
    expected = [[20.0, 0.0], [34.5, 0.0], [30.0, 1.0]]  # null: the mean of the known, and a flag
    np.testing.assert_array_equal(encode(before, {"age": [20, "30-39", None]}), expected)


def test_no_flag_where_the_original_has_no_null():
    np.testing.assert_array_equal(encode({"age": [20, 40]}, {"age": [None, 20.0]}), [[30], [20]])


def test_the_mean_is_that_of_rows():
    filled = encode({"age": [10.0, 10.0, 40.0, None]}, {"age": [None]})
    np.testing.assert_array_equal(filled, [[20.0, 1.0]])


def test_categories_in_part_and_null_as_one():
    before = {"sex": ["F", "M", None]}
    after = {"sex": ["F", "F|M", None, "X", "M|"]}
    expected = [[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1], [0, 0, 0], [0, 0.5, 0.5]]
    np.testing.assert_array_equal(encode(before, after), expected)


def test_more_than_fifty_categories_share_one():
    values = [f"v{i:02d}" for i in range(60)] + [f"v{i:02d}" for i in range(50)]
    matrix = encode({"x": values}, {"x": ["v00", "v55", "v59"]})
    assert matrix.shape == (3, 51)
    assert matrix[0, 0] == 1 and matrix[1, 50] == 1 and matrix[2, 50] == 1


def test_columns_stand_side_by_side_in_their_order():
    before = {"a": [1, 2], "b": ["x", "y"], "when": ["1970-01-02", "1970-01-04"]}
    after = {"a": [1, 2], "b": ["y", "x"], "when": ["1970-01", "1970-01-04"]}
    np.testing.assert_array_equal(encode(before, after), [[1, 0, 1, 15], [2, 1, 0, 3]])


def test_a_column_of_nulls_says_nothing():
    for nothing in ([None, None], [np.nan, np.nan]):
        matrix = encode({"a": nothing}, {"a": nothing})
        assert (matrix == matrix[0]).all() and np.isfinite(matrix).all()


def test_a_hierarchy_of_ones_own():
    towns = pd.DataFrame({"town": ["Lyon", "Bron", "Nice"], "area": ["Rhone", "Rhone", "Var"]})
    matrix = encode(
        {"town": ["Lyon", "Bron", "Nice"]},
        {"town": ["Rhone"]},
        hierarchies={"town": Hierarchy.from_frame(towns)},
    )
    np.testing.assert_array_equal(matrix, [[0.5, 0.5, 0.0]])
