"""Reading and writing columns of numbers in the form they came in."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._number_columns import range_of, read_numbers, write_numbers

NA = pd.NA


@pytest.mark.parametrize(
    ("series", "numbers", "kind"),
    [
        (pd.Series([1, -2]), [1, -2], "i"),
        (pd.Series([1, 2], dtype="uint8"), [1, 2], "i"),
        (pd.Series([1, NA], dtype="Int16"), [1, None], "i"),
        (pd.Series([1.5, None]), [1.5, None], "f"),
        (pd.Series([1.5, None], dtype="Float32"), [1.5, None], "f"),
        (pd.Series([1.5, 2], dtype="float32"), [1.5, 2.0], "f"),
        (pd.Series([1, None, 3], dtype=object), [1, None, 3], "i"),
        (pd.Series([1, 2.5, np.nan], dtype=object), [1.0, 2.5, None], "f"),
        (pd.Series([None, None], dtype=object), [None, None], "i"),
        (pd.Series([], dtype=float), [], "f"),
    ],
)
def test_numbers_are_read(series, numbers, kind):
    found, known = read_numbers(series, column="x")
    assert found.dtype.kind == kind and found.dtype.itemsize == 8
    assert known.tolist() == [number is not None for number in numbers]
    assert found[known].tolist() == [number for number in numbers if number is not None]
    assert (found[~known] == 0).all()


@pytest.mark.parametrize(
    ("series", "n_bad"),
    [
        (pd.Series(["1", "2", None]), 2),
        (pd.Series([True, False]), 2),
        (pd.Series([True, None], dtype="boolean"), 1),
        (pd.Series([True, 1], dtype=object), 1),
        (pd.Series([1, "many", None], dtype=object), 1),
        (pd.Series([Decimal(1), 2], dtype=object), 1),
        (pd.Series(pd.to_datetime(["2023-01-01"])), 1),
        (pd.Series([datetime.timedelta(1)]), 1),
        (pd.Series([1j, 2]), 2),
    ],
)
def test_what_is_no_number_is_refused_with_its_count(series, n_bad):
    with pytest.raises(InputError, match=rf"^{n_bad} of {len(series)} values of column 'x' are no"):
        read_numbers(series, column="x")


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([1.0, np.inf, None]),
        pd.Series([0, 2**63, 1], dtype="uint64"),
        pd.Series([0, NA, 2**64 - 1], dtype="UInt64"),
    ],
)
def test_infinite_and_too_large_ones_are_refused(series):
    with pytest.raises(InputError, match=r"^1 of 3 values of column 'x' are infinite or too large"):
        read_numbers(series, column="x")


def test_whole_objects_that_are_too_large_are_refused():
    with pytest.raises(InputError, match="too large"):
        read_numbers(pd.Series([1, 2**70], dtype=object), column="x")


def test_numbers_are_written_as_they_came():
    known = np.array([True, False])
    whole, fractions = np.array([7, 0]), np.array([7.5, 0.0])
    written = write_numbers(whole, known, pd.Series([1, NA], dtype="Int8"))
    assert written.tolist() == [7, NA]
    assert write_numbers(fractions, known, pd.Series([1.0, None]))[0] == 7.5
    assert write_numbers(fractions, known, pd.Series([1.0, None])).isna().tolist() == [False, True]
    # A column of integers with a new null, as where events are withheld.
    assert write_numbers(whole, known, pd.Series([1, 2])).isna().tolist() == [False, True]


def test_objects_keep_their_kind_of_null():
    for null in (None, np.nan):
        series = pd.Series([1, null, 5], dtype=object)
        written = write_numbers(np.array([7, 0, 0]), np.array([True, False, False]), series)
        assert written.tolist()[0] == 7 and type(written[0]) is int
        assert written[1] is null or (np.isnan(written[1]) and np.isnan(null))
        assert written[2] is None


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("int8", (-128, 127)),
        ("UInt16", (0, 65535)),
        ("int64", (-(2**62), 2**62)),
        ("uint64", (0, 2**62)),
        ("object", (-(2**62), 2**62)),
    ],
)
def test_range_of(dtype, expected):
    assert range_of(pd.Series([1], dtype=dtype)) == expected


def test_range_of_floats():
    assert range_of(pd.Series([1.0], dtype="float32"))[1] == np.finfo("float32").max
