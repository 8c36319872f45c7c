"""Hierarchies of a user's own, against ancestor sets worked out by hand and by brute force."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import ROOT_LABEL, Hierarchy, read_hierarchies
from personatwin_sk.exceptions import ColumnNotFoundError, InputError

FRANCE = {
    "commune": ["Lyon", "Bron", "Nice", "Menton", "Paris"],
    "departement": ["Rhone", "Rhone", "Alpes-Maritimes", "Alpes-Maritimes", "Paris"],
    "region": ["AURA", "AURA", "PACA", "PACA", "Ile-de-France"],
}


@pytest.fixture
def france() -> Hierarchy:
    return Hierarchy.from_frame(pd.DataFrame(FRANCE))


def test_levels_and_leaves(france: Hierarchy) -> None:
    assert france.levels == ("commune", "departement", "region", "all")
    assert france.n_leaves == 5
    assert france.n_nodes == 5 + 3 + 3 + 1
    assert france.find(["Lyon"])[0] < 5


def test_repr_shows_levels_and_number_only(france: Hierarchy) -> None:
    text = "Hierarchy(levels=('commune', 'departement', 'region', 'all'), n_leaves=5)"
    assert repr(france) == text


def test_no_root_is_added_where_there_is_one() -> None:
    towns = Hierarchy.from_frame(pd.DataFrame({"town": ["A", "B"], "country": ["X", "X"]}))
    assert towns.levels == ("town", "country")
    assert towns.labels([towns.common_ancestor(towns.find(["A", "B"]))]).tolist() == ["X"]


def test_one_value_is_its_own_root() -> None:
    one = Hierarchy.from_frame(pd.DataFrame({"town": ["A"]}))
    assert (one.levels, one.n_leaves, one.n_nodes) == (("town",), 1, 1)
    assert one.climb(one.find(["A"]), "town").tolist() == [0]
    assert one.leaf_count([0]).tolist() == [1]


def test_a_flat_list_gets_a_root() -> None:
    flat = Hierarchy.from_frame(pd.DataFrame({"town": ["B", "A"]}))
    assert flat.levels == ("town", "all")
    assert flat.labels(flat.climb(flat.find(["B", "A"]), "all")).tolist() == [ROOT_LABEL] * 2


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Lyon", "Lyon"),
        (" Lyon ", "Lyon"),
        ("Rhone", "Rhone"),
        ("*", "*"),
        ("lyon", None),
        ("", None),
        ("  ", None),
        (None, None),
        (float("nan"), None),
        (pd.NA, None),
        (69, None),
        (("Lyon",), None),
        ({"Lyon"}, None),
        (["Lyon"], None),
        ("Lyon|Bron", None),
    ],
)
def test_what_is_found(france: Hierarchy, text: Any, label: str | None) -> None:
    nodes = france.find([text, "Nice"])
    assert france.labels(nodes).tolist() == [label, "Nice"]
    assert (nodes[0] == -1) == (label is None)


def test_a_label_with_a_bar_is_found_as_written_and_as_released() -> None:
    places = Hierarchy.from_frame(pd.DataFrame({"place": ["Here|There", "Elsewhere"]}))
    assert places.labels(places.find(["Here|There", r"Here\|There"])).tolist() == ["Here|There"] * 2


def test_numbers_and_their_texts_are_one() -> None:
    numbers = Hierarchy.from_frame(pd.DataFrame({"code": [75056, 1001], "area": ["A", "B"]}))
    nodes = numbers.find([75056, "75056", 75056.0, np.int64(1001), "01001", True])
    assert numbers.labels(nodes).tolist() == ["75056", "75056", "75056", "1001", None, None]


def test_labels_that_look_like_bands_stay_labels() -> None:
    ages = Hierarchy.from_frame(pd.DataFrame({"five": ["0-4", "5-9"], "ten": ["0-9", "0-9"]}))
    assert ages.leaf_count(ages.find(["0-4", "0-9", "3"])).tolist() == [1, 2, 0]


def test_level_of_climb_and_leaves(france: Hierarchy) -> None:
    nodes = france.find(["Lyon", "Rhone", "PACA", "*", "nowhere"])
    assert france.level_of(nodes).tolist() == [0, 1, 2, 3, -1]
    assert france.leaf_count(nodes).tolist() == [1, 2, 2, 5, 0]
    climbed = france.climb(nodes, "departement")
    assert france.labels(climbed).tolist() == ["Rhone", "Rhone", "PACA", "*", None]
    first, count = france.spans(nodes)
    assert count.tolist() == [1, 2, 2, 5, 0]
    assert [first[1], first[3], first[4]] == [france.leaves_under(int(nodes[1]))[0], 0, 0]
    below = france.labels(france.leaves_under(int(nodes[1]))).tolist()
    assert sorted(below) == ["Bron", "Lyon"]
    assert france.leaves_under(-1).tolist() == []


def test_paris_is_one_place_at_all_its_levels(france: Hierarchy) -> None:
    paris = france.find(["Paris"])
    assert france.level_of(paris).tolist() == [0]
    assert france.labels(france.climb(paris, "departement")).tolist() == ["Paris"]
    assert france.leaf_count(france.climb(paris, "departement")).tolist() == [1]


def test_common_ancestors_of_groups(france: Hierarchy) -> None:
    nodes = france.find(["Lyon", "Bron", "Nice", "PACA", "Menton", "Lyon"])
    found = france.common_ancestors(np.array([0, 0, 1, 1, 3, 3]), nodes, 4)
    assert france.labels(found).tolist() == ["Rhone", "PACA", None, "*"]


def test_common_ancestor_needs_nodes(france: Hierarchy) -> None:
    with pytest.raises(InputError, match="at least one"):
        france.common_ancestor([])
    with pytest.raises(InputError, match="2 of 3 nodes"):
        france.common_ancestor([0, -1, -1])


def test_an_unknown_level_is_refused(france: Hierarchy) -> None:
    with pytest.raises(InputError, match="'commune', 'departement', 'region', 'all'"):
        france.climb([0], "county")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": []}, "0 row"),
        ({}, "0 column"),
        ({"a": ["x", None, " "], "b": ["u", "u", "u"]}, "2 of 3 values of 'a' are null"),
        ({"a": ["x", "y"], "b": ["u", None]}, "1 of 2 values of 'b' are null"),
        (
            {"a": ["x", "x", "y", "y", "z"], "b": ["u", "v", "u", "v", "v"]},
            "2 values of 'a' lie in several values of 'b'",
        ),
        (
            {"a": ["x", "y"], "b": ["u", "u"], "c": ["p", "q"]},
            "1 values of 'b' lie in several values of 'c'",
        ),
        ({"a": ["u", "y"], "b": ["u", "u"]}, "1 labels stand at several levels"),
        ({"a": ["v", "u"], "b": ["u", "v"]}, "2 labels stand at several levels"),
        ({"a": ["*", "y"], "b": ["u", "v"]}, "1 labels stand at several levels"),
        ({"a": ["x", "y"], "all": ["u", "v"]}, "cannot be called 'all'"),
    ],
)
def test_what_is_no_hierarchy_is_refused(columns: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Hierarchy.from_frame(pd.DataFrame(columns))
    # No value of a table is in a message.
    assert not {"'x'", "'u'", "'y'"} & set(str(caught.value).split())


def test_rows_that_are_alike_are_one() -> None:
    twice = Hierarchy.from_frame(pd.DataFrame({"a": ["x", "x", "y"], "b": ["u", "u", "u"]}))
    assert twice.n_leaves == 2


def test_any_kind_of_table(france: Hierarchy) -> None:
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    for table in (polars.DataFrame(FRANCE), pyarrow.table(FRANCE)):
        other = Hierarchy.of(table)
        assert other.levels == france.levels
        assert other.labels(range(12)).tolist() == france.labels(range(12)).tolist()
    assert Hierarchy.of(france) is france


def test_the_table_is_not_modified_and_not_shared() -> None:
    frame = pd.DataFrame(FRANCE)
    before = frame.copy(deep=True)
    places = Hierarchy.from_frame(frame)
    pd.testing.assert_frame_equal(frame, before)
    frame.loc[:, "commune"] = "gone"
    assert places.find(["Lyon"])[0] >= 0


def test_pickles(france: Hierarchy) -> None:
    again = pickle.loads(pickle.dumps(france))
    assert again.find(["Lyon", "PACA"]).tolist() == france.find(["Lyon", "PACA"]).tolist()
    assert repr(again) == repr(france)


PEOPLE = Table.of(pd.DataFrame({"town": ["Lyon"], "age": [30]}))
ARRAY = Table.of(np.array([["Lyon", 30]], dtype=object))


def test_hierarchies_of_a_parameter(france: Hierarchy) -> None:
    assert read_hierarchies(None, PEOPLE, ["town"], owner="Me") == {}
    assert read_hierarchies({"town": france}, PEOPLE, ["town"], owner="Me") == {"town": france}
    assert read_hierarchies({-2: france}, ARRAY, [0, 1], owner="Me") == {0: france}
    made = read_hierarchies({"town": pd.DataFrame(FRANCE)}, PEOPLE, ["town"], owner="Me")
    assert made["town"].levels == france.levels


@pytest.mark.parametrize(
    ("hierarchies", "error", "message"),
    [
        ({"city": FRANCE}, ColumnNotFoundError, "Me: the parameter hierarchies names .*'city'"),
        ({"age": FRANCE}, InputError, "'age', which is none of those"),
        ({None: FRANCE}, InputError, "None, which is none of those"),
        ([FRANCE], InputError, "Me: hierarchies must be a mapping .* got list"),
        ({"town": pd.DataFrame()}, InputError, "a hierarchy needs"),
    ],
)
def test_parameters_that_cannot_be_used(
    hierarchies: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_hierarchies(hierarchies, PEOPLE, ["town"], owner="Me")


def test_35_000_communes_in_a_moment() -> None:
    number = np.arange(35_000)
    frame = pd.DataFrame(
        {"commune": "c" + pd.Series(number).astype(str), "departement": number % 101}
    )
    places = Hierarchy.from_frame(frame)
    nodes = places.find(frame["commune"])
    climbed = places.labels(places.climb(nodes, "departement"))
    assert climbed.tolist() == [str(n % 101) for n in number]


@st.composite
def trees(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a table with up to four levels: each value is named by its level and a number."""
    sizes = sorted(draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)), reverse=True)
    code = np.arange(sizes[0])
    columns = {"l0": [f"l0:{c}" for c in code]}
    for level, size in enumerate(sizes[1:], start=1):
        parent = np.array(draw(st.lists(st.integers(0, size - 1), min_size=9, max_size=9)))
        code = parent[code]
        columns[f"l{level}"] = [f"l{level}:{c}" for c in code]
    frame = pd.DataFrame(columns)
    order = draw(st.permutations(range(len(frame))))
    return frame.iloc[list(order)]


def leaf_sets(frame: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Give by brute force the leaves below each label."""
    sets = {ROOT_LABEL: frozenset(frame["l0"])}
    for column in frame:
        for label in frame[column]:
            sets[label] = frozenset(frame["l0"][frame[column] == label])
    return sets


@settings(max_examples=60, deadline=None)
@given(frame=trees(), data=st.data())
def test_laws_by_brute_force(frame: pd.DataFrame, data: st.DataObject) -> None:
    places = Hierarchy.from_frame(frame)
    below = leaf_sets(frame)
    labels = [label for label in below if places.find([label])[0] >= 0]
    assert set(below) - set(labels) <= {ROOT_LABEL}
    assert (ROOT_LABEL in labels) == (frame.iloc[:, -1].nunique() > 1)
    nodes = places.find(labels)
    assert len(set(nodes)) == len(labels) == places.n_nodes
    for label, node in zip(labels, nodes, strict=True):
        leaves = places.labels(places.leaves_under(node))
        assert frozenset(leaves) == below[label]
        assert places.leaf_count([node]).tolist() == [len(below[label])]
    # The common ancestor is the smallest set of leaves that holds them all, and the finest of it.
    chosen = data.draw(st.lists(st.sampled_from(labels), min_size=1, max_size=5))
    union = frozenset().union(*(below[label] for label in chosen))
    ancestor = places.common_ancestor(places.find(chosen))
    holding = [label for label in labels if below[label] >= union]
    least = min(len(below[label]) for label in holding)
    assert places.leaf_count([ancestor]).tolist() == [least]
    assert below[places.labels([ancestor])[0]] >= union
    # Climbing: a label at the level, or above it unchanged, that holds the leaves.
    level = data.draw(st.sampled_from(places.levels))
    climbed = places.climb(nodes, level)
    before, after = places.level_of(nodes), places.level_of(climbed)
    assert (after == np.maximum(before, places.levels.index(level))).all()
    for label, to in zip(labels, places.labels(climbed), strict=True):
        assert below[label] <= below[to]
    assert (places.climb(climbed, level) == climbed).all()


@settings(max_examples=30, deadline=None)
@given(frame=trees(), data=st.data())
def test_the_order_of_rows_has_no_say(frame: pd.DataFrame, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(frame))))
    one, other = Hierarchy.from_frame(frame), Hierarchy.from_frame(frame.iloc[list(order)])
    every = range(one.n_nodes)
    assert one.labels(every).tolist() == other.labels(every).tolist()
    assert one.leaf_count(every).tolist() == other.leaf_count(every).tolist()
