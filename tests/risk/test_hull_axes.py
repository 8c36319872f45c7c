"""Columns as atoms, against sets of single values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.risk._hull_axes import (
    Ranges,
    area_axis,
    category_axis,
    interval_text,
    number_axis,
    opaque_axis,
    tree_axis,
)


def atoms_of(ranges: Ranges, n: int) -> list[set[int]]:
    owner, atom = ranges.atoms()
    return [set(atom[owner == thing].tolist()) for thing in range(n)]


LISTS = st.lists(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4)), max_size=4), min_size=1, max_size=5
)


@given(lists=LISTS, chosen=st.lists(st.integers(0, 4), min_size=1, max_size=6))
def test_ranges_are_sets_of_numbers(lists, chosen):
    lists = [[(low, low + more) for low, more in ranges] for ranges in lists]
    chosen = [one % len(lists) for one in chosen]
    sets = [{n for low, high in ranges for n in range(low, high + 1)} for ranges in lists]
    found = Ranges.of_lists(lists)
    assert atoms_of(found, len(lists)) == sets
    assert found.sizes(len(lists)).tolist() == [len(one) for one in sets]
    # Ranges of one owner are apart, or else they would be one.
    same = found.owner[1:] == found.owner[:-1]
    assert (found.low[1:][same] > found.high[:-1][same] + 1).all()
    taken = found.take(np.array(chosen))
    assert atoms_of(taken, len(chosen)) == [sets[one] for one in chosen]
    things = np.array(chosen)[::-1].copy()
    holds = found.hold(things, taken)
    for owner, low, high, whole in zip(taken.owner, taken.low, taken.high, holds, strict=True):
        assert whole == (set(range(low, high + 1)) <= sets[things[owner]])


NUMBERS = st.one_of(
    st.integers(0, 30),
    st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda p: f"{p[0]}-{p[0] + p[1]}"),
    st.integers(0, 30).map(lambda n: f"{n}+"),
)


def numbers_of(item) -> set[int]:
    if isinstance(item, int):
        return {item}
    if item.endswith("+"):
        return set(range(int(item[:-1]), 60))
    low, high = item.split("-")
    return set(range(int(low), int(high) + 1))


@given(labels=st.lists(NUMBERS, min_size=1, max_size=6), values=st.lists(NUMBERS, max_size=6))
def test_stretches_of_numbers(labels, values):
    axis = number_axis(labels, values)
    covered = [{n for n in range(60) if low <= n <= high} for low, high in axis.ends.tolist()]
    for items, ranges in ((labels, axis.labels), (values, axis.values)):
        for item, atoms in zip(items, atoms_of(ranges, len(items)), strict=True):
            assert set().union(*(covered[atom] for atom in atoms)) == numbers_of(item)
    assert sum(map(len, covered)) == len(set().union(*covered))


@pytest.mark.parametrize("odd", ["a", 1.5, "2020-05", "30-39|x"])
def test_what_is_not_whole_numbers_is_no_axis_of_numbers(odd):
    assert number_axis([odd], [31]) is None
    assert number_axis([None], [None]) is None


def test_null_covers_no_number():
    axis = number_axis([None, "30-39|", 30], [31, None])
    assert [len(atoms) for atoms in atoms_of(axis.labels, 3)] == [0, 3, 1]
    assert [len(atoms) for atoms in atoms_of(axis.values, 2)] == [1, 0]


def test_categories_with_other_spellings_and_unknown_ones():
    same = {"Male": "M", "M": "M", "F": "F", "X": None}
    axis = category_axis(["F|Male", "X", None, frozenset({"M", "F"})], ["M", "F"], same)
    assert [one[0][0] for one in axis.terms] == ["M", "F"]
    assert atoms_of(axis.labels, 4) == [{0, 1}, set(), set(), {0, 1}]


def test_what_nothing_is_known_of():
    axis = opaque_axis(2, ["a", None, "b"])
    assert atoms_of(axis.labels, 2) == [set(), set()]
    assert atoms_of(axis.values, 3) == [{0}, set(), {1}]


def test_a_place_is_what_is_left_of_it():
    places = ["Hamilton County, OH", "Franklin County, OH", "Cook County, IL"]
    axis = area_axis(["Ohio", "Midwest", "Cook County, IL|Ohio", "Atlantis", None], places)
    left = {terms[0][0]: {term[0] for term in terms[1:]} for terms in axis.terms}
    assert left == {
        "Midwest": {"Ohio", "Cook County, IL"},
        "Ohio": {"Hamilton County, OH", "Franklin County, OH"},
        **{place: set() for place in places},
    }
    labels, values = atoms_of(axis.labels, 5), atoms_of(axis.values, 3)
    assert values[0] | values[1] < labels[0] < labels[1]
    assert labels[2] == labels[0] | values[2]
    assert labels[3] == labels[4] == set()


def test_a_tree_of_a_user():
    tree = Hierarchy.from_frame(
        pd.DataFrame({"town": ["Lyon", "Bron", "Nice"], "area": ["Rhone", "Rhone", "Riviera"]})
    )
    axis = tree_axis(["Rhone", "*", "Bron", "Oz", None], ["Lyon", "Nice"], tree)
    labels, values = atoms_of(axis.labels, 5), atoms_of(axis.values, 2)
    assert labels[2] < labels[0] < labels[1]
    assert values[0] < labels[0]
    assert values[1] < labels[1]
    assert not values[1] & labels[0]
    assert labels[3] == labels[4] == set()
    # Riviera has one town: its people are that town's.
    assert axis.n_atoms == len({"*", "Rhone", "Lyon", "Bron", "Nice"})
    assert sorted(len(terms) for terms in axis.terms) == [1, 1, 1, 3, 3]


def test_intervals_are_written_as_labels():
    low, high = np.array([30, 85, -np.inf, 5]), np.array([39, np.inf, 4, 5])
    assert interval_text(low, high).tolist() == ["30-39", "85+", "<=4", "5"]
