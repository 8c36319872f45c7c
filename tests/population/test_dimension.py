import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.labels import Interval
from personatwin_sk.population._dimension import Dimension

BANDS = ["0-9", "10-19", "20-29", "30+"]


def shares(dimension, cell):
    query = dimension.ask([cell])
    assert query.starts.tolist() == [0, len(query.covered)]
    return dict(zip(query.covered.tolist(), query.shares.tolist(), strict=True))


@pytest.mark.parametrize(
    ("cell", "expected", "split"),
    [
        ("0-9", {0: 1.0}, False),
        ((0, 19), {0: 1.0, 1: 1.0}, False),
        (5, {0: 0.1}, True),
        (5.9, {0: 0.1}, True),
        ((5, 14), {0: 0.5, 1: 0.5}, True),
        ("30+", {3: 1.0}, False),
        ("20+", {2: 1.0, 3: 1.0}, False),
        ((-10, 9), {0: 1.0}, False),
        ("0-4|5-9", {0: 1.0}, False),
        ({"0-5", "3-9"}, {0: 1.0}, False),
        ({0, 1, 1.5, "10-19"}, {0: 0.2, 1: 1.0}, True),
        (Interval(10, 29), {1: 1.0, 2: 1.0}, False),
    ],
)
def test_bands(cell, expected, split):
    dimension = Dimension("years", BANDS)
    assert shares(dimension, cell) == pytest.approx(expected)
    query = dimension.ask([cell])
    assert query.split[0] == split
    assert not query.unknown[0] and not query.says_nothing[0]


@pytest.mark.parametrize("cell", ["a", -1, "-9--1", 35, "35-40", "5|a", (9, 5)])
def test_what_is_not_there_or_cannot_be_split(cell):
    assert Dimension("years", BANDS).ask([cell]).unknown.tolist() == [True]


def test_the_last_band_of_ages_has_an_end():
    dimension = Dimension("age", ["0-84", "85+"])
    assert shares(dimension, 90) == pytest.approx({1: 1 / 36})
    assert shares(dimension, "103-120") == pytest.approx({1: 0.5})
    assert shares(dimension, "85+") == {1: 1.0}


@pytest.mark.parametrize("cell", [None, "", "0-9|", {"0-9", None}, np.nan])
def test_null_says_nothing(cell):
    query = Dimension("years", BANDS).ask([cell])
    assert query.says_nothing.tolist() == [True] and query.unknown.tolist() == [False]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("red", {0: 1.0}),
        (" red ", {0: 1.0}),
        ("red|blue", {0: 1.0, 1: 1.0}),
        (["red", "red"], {0: 1.0}),
        ("green|yellow", {2: 1.0}),
        (r"a\|b", {3: 1.0}),
        (7, {4: 1.0}),
        ("7", {4: 1.0}),
        ("007", {5: 1.0}),
    ],
)
def test_categories(cell, expected):
    dimension = Dimension("colour", ["red", "blue ", "green|yellow", "a|b", 7, "007", None])
    if expected == {3: 1.0}:
        dimension = Dimension("colour", ["x", "y", "z", r"a\|b"])
    assert shares(dimension, cell) == expected


@pytest.mark.parametrize("cell", ["Red", "yellow", "red|pink", 8])
def test_categories_that_are_not_there(cell):
    assert Dimension("colour", ["red", "green|yellow", 7]).ask([cell]).unknown.tolist() == [True]


def test_lengths_are_split_by_length():
    dimension = Dimension("metres", ["0-1.5", "1.5-2"])
    assert shares(dimension, (0.75, 2)) == pytest.approx({0: 0.5, 1: 1.0})


@given(
    edges=st.lists(st.integers(0, 60), min_size=2, max_size=6, unique=True).map(sorted),
    ends=st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted),
)
def test_shares_against_counting_years(edges, ends):
    bands = [(low, high - 1) for low, high in itertools.pairwise(edges)]
    asked = set(range(ends[0], ends[1] + 1))
    expected = {
        number: len(asked & set(range(low, high + 1))) / (high - low + 1)
        for number, (low, high) in enumerate(bands)
    }
    query = Dimension("years", [f"{low}-{high}" for low, high in bands]).ask([tuple(ends)])
    found = dict(zip(query.covered.tolist(), query.shares.tolist(), strict=True))
    assert found == pytest.approx({n: share for n, share in expected.items() if share})
    assert query.unknown[0] == (not any(expected.values()))


@pytest.mark.parametrize(
    ("cells", "others", "expected"),
    [
        (["0-9", "10-19"], ["a", "a"], 0),
        (["0-9", "5-14"], ["a", "a"], 1),
        (["0-9", "9-14"], ["a", "a"], 1),
        (["0-9", "5-14"], ["a", "b"], 0),
        (["0-9", "0-9"], ["a", "a"], 0),
        (["0-1.5", "1.5-2"], ["a", "a"], 0),
        (["x", "y"], ["a", "a"], 0),
        (["0-99", "0-9", "10-19"], ["a", "a", "a"], 2),
        ([3, "0-9"], ["a", "a"], 1),
    ],
)
def test_overlaps(cells, others, expected):
    distinct = list(dict.fromkeys(cells))
    codes = np.array([distinct.index(cell) for cell in cells])
    other = np.array([ord(value) for value in others])
    assert Dimension("years", distinct).count_overlaps(codes, [other]) == expected


def test_many_cells_at_once():
    query = Dimension("years", BANDS).ask(["0-9", None, "a", "0-19"])
    assert query.starts.tolist() == [0, 1, 1, 1, 3]
    assert query.covered.tolist() == [0, 0, 1]
    assert query.says_nothing.tolist() == [False, True, False, False]
    assert query.unknown.tolist() == [False, False, True, False]


def test_a_number_that_is_a_cell_of_its_own_is_not_a_truth():
    dimension = Dimension("children", [0, 1, 2])
    assert shares(dimension, 1) == {1: 1.0} and shares(dimension, 1.0) == {1: 1.0}
    assert dimension.ask([True, "True"]).unknown.tolist() == [True, True]


def test_parts_that_make_a_whole_are_no_split():
    dimension = Dimension("years", ["0-9"])
    assert shares(dimension, {"0-2", "4-9", 3}) == {0: 1.0}
    tenths = Dimension("metres", ["0-1"])
    query = tenths.ask([{(0, 0.1), (0.1, 0.3), (0.3, 1)}])
    assert query.shares.tolist() == [1.0] and not query.split[0]


@given(
    bands=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), min_size=1, max_size=8),
    ends=st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted),
)
def test_bands_that_overlap_against_counting_years(bands, ends):
    """Bands of one table may overlap, as long as they are of other people (see the overlaps)."""
    bands = list(dict.fromkeys((low, low + width) for low, width in bands))
    asked = set(range(ends[0], ends[1] + 1))
    query = Dimension("years", [f"{low}-{high}" for low, high in bands]).ask([tuple(ends)])
    found = dict(zip(query.covered.tolist(), query.shares.tolist(), strict=True))
    shared = [len(asked & set(range(low, high + 1))) / (high - low + 1) for low, high in bands]
    assert found == pytest.approx({n: share for n, share in enumerate(shared) if share})
    assert query.unknown[0] == (not any(shared))


def test_a_point_between_other_bands_is_not_touched():
    dimension = Dimension("metres", ["0-9.5", 2.5, "20-30.5"])
    assert shares(dimension, (5, 9.5)) == pytest.approx({0: 4.5 / 9.5})
    assert shares(dimension, (2, 3)) == pytest.approx({0: 1 / 9.5, 1: 1.0})


def test_thousands_of_codes_are_read_in_a_moment():
    codes = [str(10_000 + number) for number in range(30_000)]
    for cells in (codes, [int(code) for code in codes]):
        query = Dimension("town", cells).ask(cells)
        assert query.covered.tolist() == list(range(30_000))
        assert (query.shares == 1).all()
