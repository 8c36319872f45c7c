"""When released labels may stand for original values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.risk._recoding import global_labels

NONE = None


def labels(values, released, hierarchy=None):
    """The labels counted for the distinct values, in the order in which they first appear."""
    codes, distinct = pd.factorize(pd.Series(values, dtype=object), use_na_sentinel=False)
    result = global_labels(
        codes.astype(np.int64),
        pd.Series(distinct, dtype=object),
        pd.Series(released, dtype=object),
        hierarchy,
    )
    return None if result is None else result.tolist()


@pytest.mark.parametrize(
    ("values", "released", "expected"),
    [
        ([31, 38, 52], ["30-39", "30-39", "50-59"], ["30-39", "30-39", "50-59"]),
        ([31, 31], ["30-39", "30-34"], NONE),
        ([31, 35, 38], ["30-35", "30-35", "35-39"], NONE),  # both cover 35
        ([31, 35, 38], ["30-35", "30-35", "36-39"], ["30-35", "30-35", "36-39"]),
        ([31.5, 35.0], ["31.5-35", "31.5-35"], ["31.5-35", "31.5-35"]),
        ([31, 38], ["40-49", "40-49"], NONE),  # covers neither
        ([86, 99], ["85+", "85+"], ["85+", "85+"]),
        ([31, 38], [31, 38], [31, 38]),
        ([31, 38], ["31", "38"], ["31", "38"]),
        ([31, 38], [34, 34], NONE),  # a centre is no cover
        (["30-34", "35-39"], ["30-39", "30-39"], ["30-39", "30-39"]),
        (["30-34", "35-44"], ["30-39", "30-39"], NONE),
        (["White", "Asian"], ["Asian|White"] * 2, ["Asian|White"] * 2),
        (["White", "Asian", "Black"], ["Asian|White"] * 2 + ["Asian|Black"], NONE),
        (["White", "Asian"], ["White", "White"], NONE),
        (["Asian|White"], ["Asian|Black|White"], ["Asian|Black|White"]),
        ([None, 31], [None, "30-39"], [None, "30-39"]),
        ([None, 31], ["30-39", "30-39"], NONE),  # null is not covered by anything
        ([31, 38], [None, None], NONE),  # and covers nothing
        ([None, 31], ["30-39|", "30-39|"], NONE),  # nobody can count "or null"
        (["Hamilton County, OH", "Cook County, IL"], ["Ohio", "Illinois"], ["Ohio", "Illinois"]),
        (["Hamilton County, OH", "Cook County, IL"], ["Ohio", "Ohio"], NONE),
        (["12 Main St, Cincinnati, Hamilton County, OH"], ["Hamilton County, OH"], "same"),
        (["45202"], ["Hamilton County, OH"], "same"),
        ([45202], ["Hamilton County, OH"], "same"),
        (["Cincinnati, OH"], ["Hamilton County, OH"], NONE),  # its county is not said
        (["Cincinnati, OH"], ["Ohio"], "same"),
        (["Hamilton County"], ["Ohio"], NONE),  # it has namesakes
        (["Hamilton County"], ["United States"], "same"),
        (["Ohio"], ["Hamilton County, OH"], NONE),  # finer than the truth
        (["Ohio", "Cook County, IL"], ["Midwest", "Midwest"], ["Midwest", "Midwest"]),
        (["Nowhere"], ["Ohio"], NONE),
        (["Ohio", "White"], ["Midwest", "White"], ["Midwest", "White"]),
    ],
)
def test_global_labels(values, released, expected):
    expected = released if expected == "same" else expected
    assert labels(values, released) == expected


def test_a_value_that_no_released_row_has_gets_the_label_that_covers_it_or_stays():
    values = pd.Series([31, 34, 52])
    result = global_labels(np.array([0, 0]), values, pd.Series(["30-39", "30-39"]))
    assert result.tolist() == ["30-39", "30-39", 52]
    places = pd.Series(["Hamilton County, OH", "Franklin County, OH", "Cook County, IL"])
    result = global_labels(np.array([0]), places, pd.Series(["Ohio"]))
    assert result.tolist() == ["Ohio", "Ohio", "Cook County, IL"]


def test_nothing_released():
    result = global_labels(
        np.array([], dtype=np.int64), pd.Series([31]), pd.Series([], dtype=object)
    )
    assert result.tolist() == [31]


def test_nothing_is_modified_in_place():
    values, released = pd.Series([31, 38]), pd.Series(["30-39", "30-39"])
    before = values.copy(), released.copy()
    global_labels(np.array([0, 1]), values, released)
    pd.testing.assert_series_equal(values, before[0])
    pd.testing.assert_series_equal(released, before[1])


FRANCE = Hierarchy.from_frame(
    pd.DataFrame(
        {
            "commune": ["Lyon", "Bron", "Nice", "Menton", "75056"],
            "departement": ["Rhone", "Rhone", "06", "06", "75"],
            "region": ["AURA", "AURA", "PACA", "PACA", "11"],
        }
    )
)


@pytest.mark.parametrize(
    ("values", "released", "expected"),
    [
        (["Lyon", "Bron", "Nice"], ["Rhone", "Rhone", "Nice"], ["Rhone", "Rhone", "Nice"]),
        (["Lyon", "Bron", "Nice"], ["AURA", "AURA", "06"], ["AURA", "AURA", "06"]),
        (["Lyon", "Bron"], ["Lyon", "Rhone"], ["Lyon", "Rhone"]),  # what is left of it
        (["Lyon", "Lyon"], ["Lyon", "Rhone"], NONE),
        (["Lyon", "Nice"], ["Rhone", "Rhone"], NONE),
        (["Lyon", "Nice"], ["*", "*"], ["*", "*"]),
        (["Rhone"], ["Lyon"], NONE),  # finer than the truth
        (["Lyon", "Bron"], ["Lyon", "Lyon"], NONE),  # a centre is no cover
        (["Lyon", None], ["Rhone", None], ["Rhone", None]),
        (["Lyon", None], ["Rhone", "Rhone"], NONE),
        (["Lyon", "Bron"], ["Rhone|", "Rhone|"], NONE),  # nobody can count "or null"
        (["Lyon", "Bron"], [None, None], NONE),
        (["Lyon"], ["Ohio"], NONE),
        (["Atlantis"], ["Atlantis"], NONE),
        ([75056, "Lyon"], ["75", "Rhone"], ["75", "Rhone"]),
        (["Lyon", "Bron"], ["Rhone", " Rhone"], NONE),  # the same people behind both
    ],
)
def test_labels_of_a_hierarchy_cover_what_lies_below_them(values, released, expected):
    assert labels(values, released, FRANCE) == expected


def test_a_place_that_no_row_shows_gets_the_label_that_covers_it():
    values = pd.Series(["Lyon", "Bron", "Nice"], dtype=object)
    found = global_labels(np.array([0]), values, pd.Series(["Rhone"], dtype=object), FRANCE)
    assert found.tolist() == ["Rhone", "Rhone", "Nice"]
