"""Encoding: distances against Gower written out by hand, means against those of all people."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from personatwin_sk._core.cells import Cells
from personatwin_sk.merging._encoding import Encoding


def encode(*columns: object) -> tuple[Encoding, Cells]:
    """Encode columns of people."""
    cells, _ = Cells.from_columns([pd.Series(column) for column in columns])
    return Encoding(cells.values, cells.codes, cells.people), cells


def squared_distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a - b) ** 2).sum())


def distances(*columns: object) -> np.ndarray:
    """Encode one person per row and compare each with each in the coordinates."""
    encoding, _ = encode(*columns)
    points = encoding.coordinates([pd.Series(column) for column in columns])
    return ((points[:, None] - points[None]) ** 2).sum(axis=2)


AGES = st.sampled_from([18, 20, 35, 60, None])
SEXES = st.sampled_from(["F", "M", "X", None])


@settings(max_examples=60)
@given(st.lists(st.tuples(AGES, SEXES), min_size=1, max_size=10))
def test_distances_of_mixed_columns_are_gowers(rows: list[tuple]) -> None:
    rows += [(18, "F"), (35, "M")]  # a range, and two categories at least
    ages = [age for age, _ in rows]
    found = distances(
        pd.Series(ages, dtype="Int64"), pd.Series([sex for _, sex in rows], dtype=object)
    )
    known = [age for age in ages if age is not None]
    mean, width = sum(known) / len(known), max(known) - min(known)
    n_sexes = len({sex for _, sex in rows})
    for (i, (age, sex)), (j, (other_age, other_sex)) in itertools.product(
        enumerate(rows), repeat=2
    ):
        # Null sits at the mean age of the people, one whole range away in a dimension of its own.
        apart = (mean if age is None else age) - (mean if other_age is None else other_age)
        expected = (apart / width) ** 2 + ((age is None) != (other_age is None))
        expected += (sex != other_sex) / (n_sexes - 1)
        assert found[i, j] == pytest.approx(expected, abs=1e-12)


def test_labelled_intervals_are_apart_by_both_ends() -> None:
    found = distances(["20-29", "30-49", "60"], ["F", "M", "F"])
    # The ends run from 20 to 60, and each end counts for half.
    assert found[0, 1] == pytest.approx((10**2 + 20**2) / 2 / 40**2 + 1)
    assert found[0, 2] == pytest.approx((40**2 + 31**2) / 2 / 40**2)
    assert found[1, 2] == pytest.approx((30**2 + 11**2) / 2 / 40**2 + 1)


COUNTY_APART, STATE_APART, REGION_APART = 0.05, 0.30, 1.0
PLACES = ["Hamilton County, OH", "Franklin County, OH", "Ohio", "Cook County, IL", "Texas", None]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (0, 0, 0.0),
        (0, 1, COUNTY_APART),
        (0, 2, COUNTY_APART),  # the state itself is no county of it
        (0, 3, STATE_APART),
        (2, 3, STATE_APART),
        (0, 4, REGION_APART),
        (3, 4, REGION_APART),
        (0, 5, REGION_APART),
        (4, 5, REGION_APART),
    ],
)
def test_places_are_nearer_the_lower_they_have_an_area_in_common(
    a: int, b: int, expected: float
) -> None:
    assert distances(PLACES)[a, b] == pytest.approx(expected)


def test_places_of_one_state_differ_by_county_alone() -> None:
    assert distances(PLACES[:2])[0, 1] == pytest.approx(COUNTY_APART)


@pytest.mark.parametrize(("m", "n_digits"), [(64, 1), (65, 2), (300, 2), (4096, 2), (4097, 3)])
def test_any_two_of_many_categories_differ(m: int, n_digits: int) -> None:
    encoding, _ = encode([f"c{i:04}" for i in range(m)])
    points = encoding.points
    assert len(points.categories) == n_digits
    assert len(set(zip(*(codes.tolist() for codes in points.categories), strict=True))) == m
    for codes, size in zip(points.categories, points.n_categories, strict=True):
        assert size <= 64
        assert set(codes.tolist()) == set(range(size))
    # Where all digits differ, two categories are as far apart as in a short list of m.
    assert points.weights.sum() == pytest.approx(1 / (m - 1))
    assert points.category_penalty.sum() == pytest.approx(1 / (m - 1))


def test_the_most_frequent_categories_share_their_high_digit() -> None:
    # 70 categories; the last six in sorted order are those of most people.
    names = [f"c{i:02}" for i in range(70)]
    encoding, _ = encode(names + names[64:])
    low, high = encoding.points.categories
    by_frequency = sorted(range(70), key=lambda i: (i < 64, i))
    expected = {i: (rank % 64, rank // 64) for rank, i in enumerate(by_frequency)}
    assert [(a, b) for a, b in zip(low, high, strict=True)] == [expected[i] for i in range(70)]


WEIGHTED = st.dictionaries(
    st.tuples(st.integers(-50, 50), st.integers(0, 3)),
    st.integers(1, 5),
    min_size=2,
    max_size=12,
).filter(lambda held: all(len({key[j] for key in held}) > 1 for j in range(2)))


@settings(max_examples=60)
@given(WEIGHTED)
def test_ordered_columns_alone_are_scaled_by_the_standard_deviation_of_people(held: dict) -> None:
    everyone = np.array([key for key, people in held.items() for _ in range(people)], dtype=float)
    encoding, cells = encode(*everyone.T)
    expected = (everyone - everyone.mean(axis=0)) / everyone.std(axis=0)
    assert_allclose(encoding.coordinates([pd.Series(c) for c in everyone.T]), expected, atol=1e-9)
    points = encoding.points
    assert_allclose(np.repeat(points.ordered, cells.people, axis=0).std(axis=0), 1)
    # Whatever the scale, the whole range costs one certainty penalty.
    assert_allclose(np.ptp(points.ordered, axis=0) * points.ordered_penalty, 1)


def test_labelled_intervals_alone_are_scaled_by_the_spread_of_their_ends() -> None:
    found = distances(["0-10", "20-30"])
    # Both ends deviate by 10 from their mean: 2 standard deviations between the two labels.
    assert found[0, 1] == pytest.approx(4)
    encoding, _ = encode(["0-10", "20-30"])
    # Each end moves over 20 of the range of 30 and counts for half.
    spans = np.ptp(encoding.points.ordered, axis=0) * encoding.points.ordered_penalty
    assert_allclose(spans, [20 / 30 / 2] * 2)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(AGES, SEXES, st.sampled_from(PLACES), st.integers(-1, 2)),
        min_size=4,
        max_size=12,
    )
)
def test_centers_are_the_means_of_the_people_written_out(rows: list[tuple]) -> None:
    columns = [
        pd.Series([row[0] for row in rows], dtype="Int64"),
        pd.Series([row[1] for row in rows], dtype=object),
        pd.Series([row[2] for row in rows], dtype=object),
    ]
    cells, cell_of_person = Cells.from_columns(columns)
    encoding = Encoding(cells.values, cells.codes, cells.people)
    group_of_cell = np.full(len(cells), -1)
    group_of_cell[cell_of_person] = [row[3] for row in rows]  # one of its people decides
    kept = group_of_cell >= 0
    group_of_cell[kept] = np.unique(group_of_cell[kept], return_inverse=True)[1]
    n_groups = int(group_of_cell.max()) + 1
    written_out = encoding.coordinates(columns)
    centers = encoding.centers(group_of_cell, n_groups)
    assert centers.shape == (n_groups, written_out.shape[1])
    group_of_person = group_of_cell[cell_of_person]
    for group in range(n_groups):
        members = written_out[group_of_person == group]
        expected = sum(members) / len(members)
        assert_allclose(centers[group], expected, atol=1e-9)


def test_nothing_to_tell_people_apart_is_one_point() -> None:
    encoding, _ = encode(["F", "F"], [3, 3], [None, None])
    assert encoding.coordinates([pd.Series(["F"]), pd.Series([3]), pd.Series([None])]).tolist() == [
        [0.0]
    ]
    assert encoding.centers(np.array([0]), 1).tolist() == [[0.0]]


@pytest.mark.parametrize(
    "values", [["F", "M", "X"], [f"c{i:03}" for i in range(100)], ["Ohio", "Texas", "Maine"]]
)
def test_a_category_never_seen_is_as_far_from_every_other(values: list[str]) -> None:
    encoding, _ = encode(values)
    seen = encoding.coordinates([pd.Series(values)])
    places = values[0] == "Ohio"
    new = encoding.coordinates([pd.Series(["Alabama" if places else "new", None], dtype=object)])
    for one in new[1:] if places else new:
        found = [squared_distance(one, other) for other in seen]
        assert_allclose(found, found[0])
        assert found[0] > 0
    if places:  # Alabama is new, but its region is that of Texas
        found = [squared_distance(new[0], other) for other in seen]
        assert found[1] < found[0] == pytest.approx(found[2])


def test_a_null_never_seen_sits_at_the_mean() -> None:
    encoding, _ = encode([10.0, 20.0, 60.0])
    assert_allclose(encoding.coordinates([pd.Series([np.nan, 30.0])]), 0, atol=1e-12)


def test_seen_and_new_open_intervals_lie_where_their_ends_are_known() -> None:
    encoding, cells = encode(["20-29", "30-39", "85+", "<=17"], ["F", "M", "F", "M"])
    again = encoding.coordinates(cells.columns())
    assert_allclose(again[:, :2], encoding.points.ordered)
    labels = pd.Series(["85+", "85", "90+", "90", "80+", "80-85", "<=17", "17", "<=10", "10"])
    points = encoding.coordinates([labels, pd.Series(["F"] * len(labels))])
    assert_allclose(points[0::2], points[1::2])
