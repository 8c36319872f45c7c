"""What labels cover, against hand-written readings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.risk import simulate_linkage
from personatwin_sk.risk.attacks._covers import compare


def inside(labels, values, hierarchy=None):
    return compare(
        pd.Series(labels, dtype=object), pd.Series(values, dtype=object), hierarchy
    ).inside.tolist()


@given(
    st.lists(st.tuples(st.integers(-20, 40), st.integers(0, 15)), min_size=1, max_size=6),
    st.lists(st.integers(-25, 60), min_size=1, max_size=10),
)
def test_bands_of_numbers(bands, values):
    labels = [f"{low}-{low + width}" if width else str(low) for low, width in bands]
    expected = [[low <= value <= low + width for value in values] for low, width in bands]
    assert inside(labels, values) == expected


def test_open_bands_sets_and_null():
    labels = ["85+", "F|M", "30-39|50", "F|", None]
    values = [90, 84, "M", 50, 35, None]
    assert inside(labels, values) == [
        [True, False, False, False, False, False],
        [False, False, True, False, False, False],
        [False, False, False, True, True, False],
        [False, False, False, False, False, True],
        [False, False, False, False, False, True],
    ]


def test_values_that_are_bands_or_sets_have_to_be_covered_whole():
    assert inside(["30-49", "F|M"], ["30-39", "45-54", "F|M", "F|X"]) == [
        [True, False, False, False],
        [False, False, True, False],
    ]


def test_periods_of_days():
    values = pd.Series(pd.to_datetime(["2001-05-31", "2001-06-01"]))
    covers = compare(pd.Series(["2001-05", "2001-Q2"]), values)
    assert covers.inside.tolist() == [[True, False], [True, True]]


def test_places_within_places():
    labels = ["Ohio", "Hamilton County, OH", "Kentucky"]
    values = ["Hamilton County, OH", "Franklin County, OH", "Jefferson County, KY"]
    assert inside(labels, values) == [
        [True, True, False],
        [True, False, False],
        [False, False, True],
    ]


def test_own_hierarchy():
    tree = Hierarchy.of(pd.DataFrame({"town": ["Lyon", "Bron", "Nice"], "area": ["R", "R", "A"]}))
    assert inside(["R", "Nice", "*"], ["Lyon", "Nice"], tree) == [
        [True, False],
        [False, True],
        [True, True],
    ]


def test_words_that_are_places_by_accident_are_words():
    # There are White Counties; as a race it covers itself alone.
    assert inside(["White", "Black"], ["White", "Black"]) == [[True, False], [False, True]]


def test_distance_is_a_share_of_the_range_for_numbers():
    covers = compare(pd.Series(["20-40", "80+"]), pd.Series([20, 30, 60, 100]))
    expected = np.array([[10, 0, 30, 70], [70, 60, 30, 10]]) / 80
    assert covers.distance() == pytest.approx(expected)


def test_distance_of_categories_says_how_many_share_the_label():
    covers = compare(pd.Series(["a", "a|b|c|d"]), pd.Series(["a", "b", "c", "d", "e"]))
    assert covers.distance().tolist() == [[0, 1, 1, 1, 1], [0.75] * 4 + [1]]


def test_repr_holds_no_value():
    assert repr(compare(pd.Series(["secret"]), pd.Series(["secret"]))) == (
        "Covers(n_labels=1, n_values=1)"
    )


def test_years_cover_their_days():
    days = pd.Series([pd.Timestamp("2001-05-31"), pd.Timestamp("2002-01-01"), None])
    labels = pd.Series(["2001", 2002, "2001-2002", "2001|2003", "30"], dtype=object)
    assert compare(labels, days).inside.tolist() == [
        [True, False, False],
        [False, True, False],
        [True, True, False],
        [True, False, False],
        [False, False, False],
    ]
    # Beside numbers they are numbers.
    assert compare(pd.Series(["2001"]), pd.Series([2001, 30])).inside.tolist() == [[True, False]]


def test_births_by_the_year_are_linked_as_often_as_there_are_births():
    rng = np.random.default_rng(0)
    born = pd.Timestamp("1960-01-01") + pd.to_timedelta(rng.integers(0, 40 * 365, 400), unit="D")
    people = pd.DataFrame({"born": born})
    released = people.assign(born=born.strftime("%Y"))
    expected = released["born"].nunique() / len(people)
    result = simulate_linkage(people, released, ["born"], random_state=0)
    assert result.low <= expected <= result.high
