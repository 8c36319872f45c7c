"""NCP and the sum of squares, against sums written out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.merging import certainty_penalty
from personatwin_sk.merging._information_loss import squared_error_ratio
from personatwin_sk.merging._points import Points
from personatwin_sk.population.places import TOTAL_LEAVES


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 4)), min_size=1, max_size=30))
def test_ordered_values_lose_their_span_over_the_range(rows: list[tuple[int, int]]) -> None:
    values = [v for v, _ in rows]
    classes = [c for _, c in rows]
    overall = max(values) - min(values)
    expected = 0.0
    for _, label in rows:
        mates = [v for v, c in rows if c == label]
        expected += (max(mates) - min(mates)) / overall if overall else 0.0
    got = certainty_penalty(pd.Series(values), np.array(classes))
    assert got == pytest.approx(expected / len(rows))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 3)),
        min_size=1,
        max_size=30,
    )
)
def test_other_values_lose_one_less_than_the_values_they_are_mixed_with(rows) -> None:
    n_distinct = len({v for v, _ in rows})
    expected = sum(
        (len({v for v, c in rows if c == label}) - 1) / max(n_distinct - 1, 1) for _, label in rows
    )
    got = certainty_penalty(
        pd.Series([v for v, _ in rows], dtype=object), np.array([c for _, c in rows])
    )
    assert got == pytest.approx(expected / len(rows))


def test_weights_stand_for_repeated_rows() -> None:
    values, classes, weights = pd.Series([1, 5, 9]), np.array([0, 0, 1]), np.array([2, 1, 3])
    repeated = certainty_penalty(values.repeat(weights), np.repeat(classes, weights))
    assert certainty_penalty(values, classes, weights) == pytest.approx(repeated)


def test_a_suppressed_person_counts_one() -> None:
    assert certainty_penalty(pd.Series([1, 2, 3, 4]), np.array([-1, 0, 1, 2])) == 0.25
    assert certainty_penalty(pd.Series([1, 2]), np.array([-1, -1])) == 1.0


def test_null_beside_a_number_is_charged_as_one_value_more() -> None:
    ages = pd.Series([20.0, 40.0, np.nan, 60.0])
    # Values 20, 40, 60 and null: mixing null in costs 1/3 for the two people concerned.
    assert certainty_penalty(ages, np.array([0, 1, 1, 2])) == pytest.approx(2 / 4 / 3)


def test_places_lose_the_counties_under_their_common_ancestor() -> None:
    places = pd.Series(["Hamilton County, OH", "Butler County, OH", "Kings County, NY"])
    # Ohio has 88 counties; the two who share it can be in any of them.
    expected = 2 / 3 * 88 / TOTAL_LEAVES
    assert certainty_penalty(places, np.array([0, 0, 1])) == pytest.approx(expected)
    whole_country = certainty_penalty(places, np.array([0, 0, 0]))
    assert whole_country == pytest.approx(1.0)


def test_intervals_are_charged_by_their_ends() -> None:
    ages = pd.Series(["20-29", "30-39", "50-59"])
    assert certainty_penalty(ages, np.array([0, 0, 1])) == pytest.approx(
        2 / 3 * (39 - 20) / (59 - 20) + 1 / 3 * 9 / 39
    )


def numeric_points(matrix: np.ndarray, people: np.ndarray) -> Points:
    centred = matrix - np.average(matrix, axis=0, weights=people)
    nothing = np.empty(0)
    return Points(centred, np.ones(matrix.shape[1]), (), (), nothing, nothing, people.astype(float))


def test_squared_error_ratio_is_that_of_the_repeated_points() -> None:
    rng = np.random.default_rng(0)
    matrix, people = rng.normal(size=(20, 3)), rng.integers(1, 5, 20)
    classes = rng.integers(0, 4, 20)
    points, labels = np.repeat(matrix, people, axis=0), np.repeat(classes, people)
    total = ((points - points.mean(axis=0)) ** 2).sum()
    within = sum(
        ((points[labels == c] - points[labels == c].mean(axis=0)) ** 2).sum() for c in range(4)
    )
    got = squared_error_ratio(numeric_points(matrix, people), classes)
    assert got == pytest.approx(within / total)
    # Somebody suppressed is as far away as if released as the mean of all.
    classes[0] = -1
    labels = np.repeat(classes, people)
    within = sum(
        ((points[labels == c] - points[labels == c].mean(axis=0)) ** 2).sum() for c in range(4)
    )
    within += ((points[labels == -1] - points.mean(axis=0)) ** 2).sum()
    got = squared_error_ratio(numeric_points(matrix, people), classes)
    assert got == pytest.approx(within / total)


def test_equal_cells_have_no_squared_error() -> None:
    assert squared_error_ratio(numeric_points(np.ones((3, 2)), np.ones(3)), np.zeros(3, int)) == 0.0
