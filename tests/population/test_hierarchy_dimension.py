"""Which cells of a table of counts a label of a hierarchy covers, and how much of each."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.labels import ValueSet
from personatwin_sk.population._hierarchy_dimension import HierarchyDimension

PLACES = Hierarchy.from_frame(
    pd.DataFrame(
        {
            "commune": ["Lyon", "Bron", "Nice", "Menton", "Paris"],
            "departement": ["Rhone", "Rhone", "Maritimes", "Maritimes", "Paris"],
            "region": ["AURA", "AURA", "PACA", "PACA", "Ile-de-France"],
        }
    )
)
COMMUNES = ["Nice", "Lyon", "Paris", None, "Bron"]


def read(dimension, cell):
    query = dimension.ask([cell, "Paris"])
    covered, shares = query.covered[: query.starts[1]], query.shares[: query.starts[1]]
    return {
        "cells": dict(zip(covered.tolist(), shares.tolist(), strict=True)),
        "split": bool(query.split[0]),
        "level": int(query.level[0]),
        "unknown": bool(query.unknown[0]),
        "says_nothing": bool(query.says_nothing[0]),
    }


@pytest.mark.parametrize(
    ("cell", "expected", "level"),
    [
        ("Lyon", {1: 1.0}, 0),
        (" Lyon ", {1: 1.0}, 0),
        ("Rhone", {1: 1.0, 4: 1.0}, 1),
        ("PACA", {0: 1.0}, 2),
        ("*", {0: 1.0, 1: 1.0, 2: 1.0, 4: 1.0}, 3),
        ("Paris", {2: 1.0}, 0),
        ("Ile-de-France", {2: 1.0}, 2),
        ("Menton", {}, 0),  # it is a place, and nobody is counted there
        ("Lyon|Bron", {1: 1.0, 4: 1.0}, 0),
        ("Lyon|Rhone", {1: 1.0, 4: 1.0}, 1),
        ({"Lyon", "PACA"}, {0: 1.0, 1: 1.0}, 2),
        (["Lyon", "Lyon"], {1: 1.0}, 0),
        (ValueSet(("Lyon", "Nice")), {0: 1.0, 1: 1.0}, 0),
        (frozenset({"Lyon|Bron", "Nice"}), {0: 1.0, 1: 1.0, 4: 1.0}, 0),
    ],
)
def test_labels_and_sets(cell, expected, level):
    found = read(HierarchyDimension("place", COMMUNES, PLACES), cell)
    assert found == {
        "cells": expected,
        "split": False,
        "level": level,
        "unknown": False,
        "says_nothing": False,
    }


@pytest.mark.parametrize(
    "cell", [None, "", " ", np.nan, pd.NA, "Lyon|", {"Lyon", None}, {"?", None}, []]
)
def test_null_says_nothing(cell):
    found = read(HierarchyDimension("place", COMMUNES, PLACES), cell)
    assert (found["cells"], found["says_nothing"], found["unknown"]) == ({}, True, False)
    assert found["level"] == -1


@pytest.mark.parametrize("cell", ["lyon", "Atlantis", "Lyon|Atlantis", 69, (1, 2), "1-2", True])
def test_what_is_no_label(cell):
    found = read(HierarchyDimension("place", COMMUNES, PLACES), cell)
    assert (found["cells"], found["says_nothing"], found["unknown"]) == ({}, False, True)


def test_a_label_finer_than_the_table_takes_its_share_of_the_leaves():
    dimension = HierarchyDimension("place", ["Rhone", "PACA", "Paris"], PLACES)
    assert read(dimension, "Lyon")["cells"] == {0: 0.5}
    assert read(dimension, "Lyon")["split"]
    assert read(dimension, "Menton")["cells"] == {1: 0.5}
    assert read(dimension, "Maritimes") | {"level": 0} == read(dimension, "PACA") | {"level": 0}
    assert read(dimension, "AURA")["cells"] == {0: 1.0}
    # Both parts together are the whole, and one cell.
    both = read(dimension, "Lyon|Bron")
    assert both["cells"] == {0: 1.0} and not both["split"]
    assert read(dimension, {"Lyon", "Nice"})["cells"] == {0: 0.5, 1: 0.5}


def test_labels_that_look_like_numbers_and_bands_are_labels():
    ages = Hierarchy.from_frame(pd.DataFrame({"five": ["0-4", "5-9"], "ten": ["0-9", "0-9"]}))
    dimension = HierarchyDimension("age", ["0-4", "5-9"], ages)
    query = dimension.ask(["0-9", "5-9", (0, 4), 3])
    assert query.starts.tolist() == [0, 2, 3, 3, 3]
    assert query.unknown.tolist() == [False, False, True, True]


def test_cells_that_are_no_labels_are_told():
    dimension = HierarchyDimension("place", ["Lyon", "Atlantis", None, "Lyon|Bron"], PLACES)
    assert dimension.unknown_cells.tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    ("cells", "others", "expected"),
    [
        (["Lyon", "Bron"], "aa", 0),
        (["Lyon", "Rhone"], "aa", 1),
        (["Lyon", "Rhone"], "ab", 0),
        (["Lyon", "Bron", "*"], "aaa", 2),
        (["Rhone", "AURA"], "aa", 1),
        (["Lyon", " Lyon"], "aa", 0),  # two spellings of one label are added up
        (["Lyon", None], "aa", 0),
        ([None], "a", 0),
    ],
)
def test_overlaps(cells, others, expected):
    dimension = HierarchyDimension("place", cells, PLACES)
    codes, other = np.arange(len(cells)), np.array([ord(value) for value in others])
    assert dimension.count_overlaps(codes, [other]) == expected


@st.composite
def tables(draw):
    """Draw a hierarchy of two or three levels, and a few of its labels as cells of a table."""
    n_leaves = draw(st.integers(1, 8))
    groups = draw(st.lists(st.integers(0, 3), min_size=n_leaves, max_size=n_leaves))
    above = draw(st.lists(st.integers(0, 1), min_size=4, max_size=4))
    frame = pd.DataFrame(
        {
            "l": [f"l{n}" for n in range(n_leaves)],
            "m": [f"m{g}" for g in groups],
            "h": [f"h{above[g]}" for g in groups],
        }
    )
    sets = {
        label: frozenset(frame["l"][frame[column] == label])
        for column in frame
        for label in frame[column]
    }
    some = st.lists(st.sampled_from(sorted(sets)), min_size=1, max_size=5, unique=True)
    return frame, sets, draw(some), draw(some)


@settings(max_examples=120, deadline=None)
@given(tables())
def test_shares_against_sets_of_leaves(drawn):
    frame, sets, cells, asked = drawn
    dimension = HierarchyDimension("place", cells, Hierarchy.from_frame(frame))
    wanted = frozenset().union(*(sets[label] for label in asked))
    expected = {
        number: len(wanted & sets[cell]) / len(sets[cell]) for number, cell in enumerate(cells)
    }
    for cell in (set(asked), "|".join(asked)):
        found = read(dimension, cell)
        assert found["cells"] == pytest.approx({n: share for n, share in expected.items() if share})
        assert found["split"] == any(0 < share < 1 for share in expected.values())
        assert not found["unknown"]
