"""Places of the US and of a user's own hierarchy, told apart, merged and charged for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from personatwin_sk._core.cells import Cells
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.merging._encoding import Encoding
from personatwin_sk.merging._information_loss import certainty_penalty
from personatwin_sk.merging._places import OwnPlaces, UsPlaces, find_nodes
from personatwin_sk.population.places import find_areas

FRANCE = Hierarchy.from_frame(
    pd.DataFrame(
        {
            "commune": ["Lyon", "Bron", "Nice", "Menton", "Paris"],
            "departement": ["Rhone", "Rhone", "Maritimes", "Maritimes", "Paris"],
            "region": ["AURA", "AURA", "PACA", "PACA", "Ile|de|France"],
        }
    )
)


def own(values: list) -> OwnPlaces:
    return OwnPlaces(FRANCE, pd.Series(values, dtype=object))


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("Lyon", "Lyon"),
        ("Rhone|", "Rhone"),
        ("*|", "*"),
        ("Ile|de|France", "Ile|de|France"),
        (r"Ile\|de\|France", "Ile|de|France"),
        (r"Ile\|de\|France|", "Ile|de|France"),
        ("Lyon|Bron", None),
        ("Lyon|Bron|", None),
        ("Lyon||", None),
        ("Atlantis|", None),
        ("|", None),
        (None, None),
        (7, None),
    ],
)
def test_values_are_found_with_and_without_null(value: object, label: str | None) -> None:
    nodes = find_nodes(FRANCE, pd.Series([value, "Nice"], dtype=object))
    assert FRANCE.labels(nodes).tolist() == [label, "Nice"]


def test_what_is_released_reads_back() -> None:
    places = own([" Lyon ", "Rhone|", "Ile|de|France", None, r"Ile\|de\|France|"])
    texts = places.texts(np.array(["not", "looked", "at", None, "here"], dtype=object))
    assert texts.tolist() == ["Lyon", "Rhone|", r"Ile\|de\|France", None, r"Ile\|de\|France|"]
    again = find_nodes(FRANCE, pd.Series(texts, dtype=object))
    assert again.tolist() == places.nodes.tolist()


@pytest.mark.parametrize(
    ("members", "label", "share"),
    [
        (["Lyon", "Bron"], "Rhone", 2 / 5),
        (["Lyon", "Rhone"], "Rhone", 2 / 5),
        (["Lyon", "Nice"], "*", 1),
        (["Lyon"], "Lyon", 0),
        (["Rhone"], "Rhone", 0),
        ([" Lyon", "Lyon"], "Lyon", 0),  # two spellings, one place
        (["Paris", r"Ile\|de\|France"], r"Ile\|de\|France", 1 / 5),
        (["Menton|", "Nice"], "Maritimes", 2 / 5),
    ],
)
def test_the_smallest_place_that_holds_them(members: list, label: str, share: float) -> None:
    places = own(members)
    every = np.arange(len(members))
    assert places.common_label(every) == label
    assert places.penalty(every) == pytest.approx(share)


def test_us_places_keep_their_texts() -> None:
    texts = np.array(["12 Main St, Cincinnati, Hamilton County, OH", None], dtype=object)
    places = UsPlaces(find_areas(["12 Main St, Cincinnati, Hamilton County, OH", ""]))
    assert places.texts(texts).tolist() == texts.tolist()
    assert places.labels_at("county").tolist() == ["Hamilton County, OH", None]
    assert places.read(pd.Series(["Ohio", 7], dtype=object)).labels_at("state").tolist() == [
        "Ohio",
        None,
    ]
    assert places.penalty(np.array([0])) == 0


def encode(values: list) -> tuple[Encoding, Cells, np.ndarray]:
    cells, cell_of_row = Cells.from_columns([pd.Series(values, dtype=object)])
    return Encoding(cells.values, cells.codes, cells.people, [FRANCE]), cells, cell_of_row


def squared_distances(encoding: Encoding, values: list) -> np.ndarray:
    points = encoding.coordinates([pd.Series(values, dtype=object)])
    return ((points[:, None] - points[None]) ** 2).sum(axis=2)


def test_distances_are_the_penalties_of_being_merged() -> None:
    # One person each: the areas have 2, 2, 2, 2, 1 of 5 leaves, all up to the root 5 of 5.
    values = ["Lyon", "Bron", "Nice", "Menton", "Paris"]
    encoding, _, _ = encode(values)
    found = squared_distances(encoding, values)
    one_area = np.mean([2, 2, 2, 2, 1]) / 5
    assert_allclose(found[0], [0, one_area, 1, 1, 1])
    assert_allclose(found[4], [1, 1, 1, 1, 0])


def test_people_weigh_in() -> None:
    encoding, _, _ = encode(["Paris"] * 8 + ["Lyon", "Bron"])
    one_area = (8 * 1 + 2 * 2) / 10 / 5
    assert squared_distances(encoding, ["Lyon", "Bron"])[0, 1] == pytest.approx(one_area)


def test_coarser_labels_and_null_have_their_distances_too() -> None:
    values = ["Lyon", "Bron", "Rhone", "PACA", None, "Rhone|"]
    encoding, _, _ = encode(values)
    found = squared_distances(encoding, [*values, " Lyon"])
    assert (found[~np.eye(7, dtype=bool)].reshape(7, 6) >= 0).all()
    # "Lyon" is nearer to its own departement than to another region or to null.
    assert found[0, 2] < found[0, 3] == pytest.approx(found[0, 4])
    assert found[2, 5] == found[0, 6] == 0


def test_new_places_of_the_hierarchy_have_their_areas() -> None:
    encoding, _, _ = encode(["Lyon", "Nice", "Paris"])
    found = squared_distances(encoding, ["Bron", "Lyon", "Nice"])
    assert found[0, 1] < found[0, 2]


def test_one_place_or_none_tells_nothing_apart() -> None:
    for values in (["Lyon"], [None], ["Lyon", " Lyon"]):
        encoding, _, _ = encode(values)
        assert encoding.coordinates([pd.Series(values, dtype=object)]).max() == 0


LABELS = ["Lyon", "Bron", "Nice", "Menton", "Paris", "Rhone", "AURA", "PACA", "*", None]
LEAVES = {
    "Lyon": {"Lyon"},
    "Bron": {"Bron"},
    "Nice": {"Nice"},
    "Menton": {"Menton"},
    "Paris": {"Paris"},
    "Rhone": {"Lyon", "Bron"},
    "AURA": {"Lyon", "Bron"},
    "PACA": {"Nice", "Menton"},
    "*": {"Lyon", "Bron", "Nice", "Menton", "Paris"},
}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LABELS), st.integers(-1, 3)), min_size=1, max_size=12))
def test_the_penalty_by_brute_force(people: list[tuple[str | None, int]]) -> None:
    values = pd.Series([place for place, _ in people], dtype=object)
    classes = np.array([number for _, number in people])
    paid = []
    for _, number in people:
        members = {place for place, other in people if other == number}
        if number < 0:
            paid.append(1.0)
        elif len(members) == 1:
            paid.append(0.0)
        elif None in members:
            paid.append(1.0)
        else:
            leaves = set().union(*(LEAVES[place] for place in members))
            holding = [len(below) for below in LEAVES.values() if below >= leaves]
            paid.append(min(holding) / 5)
    found = certainty_penalty(values, classes, hierarchy=FRANCE)
    assert found == pytest.approx(np.mean(paid))
