"""What kind of key variable a column is, what its labels span, and dates as numbers."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.exceptions import InputError
from personatwin_sk.merging._kinds import as_numbers, kind_of, label_ends
from personatwin_sk.merging._places import OwnPlaces, UsPlaces

DAY = 86_400.0


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([3, 1, 2], "ordered"),
        ([0.5, None], "ordered"),
        (pd.array([1, None], dtype="Int64"), "ordered"),
        (pd.to_datetime(["2023-01-01", None]), "ordered"),
        ([np.nan, np.nan], "ordered"),
        (["30-39", "40-49"], "ordered"),
        (["30-39", "50", None], "ordered"),
        (["30-39|", "85+"], "ordered"),
        (["<=17", "18-29"], "ordered"),
        (["34", "35"], "nominal"),  # codes written as text are categories: no interval among them
        (["30-39", "other"], "nominal"),
        ([True, False], "nominal"),
        (["F", "M", None], "nominal"),
        ([None, None], "nominal"),
        (["F", 1], "nominal"),
        ([], "nominal"),
        (["Ohio", "Texas", None], "place"),
        (["Hamilton County, OH", "Midwest"], "place"),
        (["Ohio", "Atlantis"], "nominal"),
    ],
)
def test_the_kind_follows_from_the_values(values: object, name: str) -> None:
    is_list = isinstance(values, list)
    kind = kind_of(pd.Series(values, dtype=object if is_list and not values else None))
    assert kind.name == name


def test_intervals_keep_their_ends_and_open_ones_end_with_the_outermost() -> None:
    kind = kind_of(pd.Series(["30-39", "85+", "<=17", "50", None, "20-29|"]))
    assert_array_equal(kind.low, [30, 85, 17, 50, np.nan, 20])
    assert_array_equal(kind.high, [39, 85, 17, 50, np.nan, 29])
    assert kind.is_labelled


def test_plain_numbers_are_not_labelled() -> None:
    kind = kind_of(pd.Series([4.0, np.nan, 2.5]))
    assert_array_equal(kind.low, [4, np.nan, 2.5])
    assert_array_equal(kind.high, [4, np.nan, 2.5])
    assert not kind.is_labelled
    assert not kind_of(pd.Series(["F", "M"])).is_labelled


def test_places_have_an_area_for_each_known_value() -> None:
    kind = kind_of(pd.Series(["Hamilton County, OH", None, "Ohio", "Midwest"]))
    assert isinstance(kind.places, UsPlaces)
    areas = kind.places.areas
    assert [None if area is None else (area.level, area.fips) for area in areas] == [
        ("county", ("39061",)),
        None,
        ("state", ("39",)),
        ("region", ("R2",)),
    ]


@pytest.mark.parametrize(
    ("label", "ends"),
    [
        ("30-39", (30.0, 39.0)),
        ("-5--1", (-5.0, -1.0)),
        ("0.5-0.75", (0.5, 0.75)),
        ("85+", (85.0, math.inf)),
        ("<=17", (-math.inf, 17.0)),
        ("34", (34.0, 34.0)),
        ("-17", (-17.0, -17.0)),
        (34, (34.0, 34.0)),
        (2.5, (2.5, 2.5)),
        ("30-39|", (30.0, 39.0)),  # or null: null adds no width
        ("34|", (34.0, 34.0)),
        ("30-39|50-59", None),
        ("30-39|50-59|", None),
        ("White", None),
        ("2023-05", None),
        ("", None),
        (None, None),
    ],
)
def test_a_label_is_read_as_its_two_ends(label: object, ends: tuple[float, float] | None) -> None:
    assert label_ends(label) == ends


NEW_YEAR_1970 = datetime.date(1970, 1, 1)


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (pd.Series([3, -1]), [3, -1]),
        (pd.Series([0.25, np.nan]), [0.25, np.nan]),
        (pd.Series([7, None], dtype="Int64"), [7, np.nan]),
        (pd.Series([1.5, None], dtype="Float64"), [1.5, np.nan]),
        (pd.to_datetime(pd.Series(["1970-01-02", None])), [DAY, np.nan]),
        (
            pd.Series(["1969-12-31 00:00:00", "1970-01-01 00:00:01.5"], dtype="datetime64[ns]"),
            [-DAY, 1.5],
        ),
        (pd.Series(pd.to_datetime(["1970-01-01"]).tz_localize("Etc/GMT+5")), [5 * 3600.0]),
        (pd.Series(np.array(["1970-01-03"], dtype="datetime64[s]")), [2 * DAY]),
        # Far beyond the years that nanoseconds can hold.
        (
            pd.Series(np.array(["2900-01-01"], dtype="datetime64[s]")),
            [(datetime.date(2900, 1, 1) - NEW_YEAR_1970).days * DAY],
        ),
    ],
)
def test_numbers_are_floats_and_dates_are_seconds(values: pd.Series, numbers: list) -> None:
    result = as_numbers(values)
    assert result.dtype == float
    assert_array_equal(result, numbers)


TOWNS = Hierarchy.from_frame(
    pd.DataFrame({"code": [1, 2, 3], "area": ["Ohio", "Ohio", "10-19"]})  # whatever it looks like
)


@pytest.mark.parametrize(
    "values", [[1, 2, 3], ["1", "Ohio", None], ["10-19"], ["Ohio|", "2"], [None]]
)
def test_with_a_hierarchy_every_column_is_places(values: list) -> None:
    kind = kind_of(pd.Series(values), TOWNS)
    assert kind.name == "place" and isinstance(kind.places, OwnPlaces)
    assert not kind.is_labelled


def test_values_that_a_hierarchy_does_not_have_are_counted_not_named() -> None:
    message = "2 of 4 distinct values of the column 'town' are no labels"
    with pytest.raises(InputError, match=message) as error:
        kind_of(pd.Series(["Zebulon", 1, "Texas", None], name="town"), TOWNS)
    assert "Zebulon" not in str(error.value) and "Texas" not in str(error.value)
