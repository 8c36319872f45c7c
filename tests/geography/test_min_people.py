"""min_people: labels that enough people of the fitted table share, against brute force."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from personatwin_sk.exceptions import InputError
from personatwin_sk.geography import GeographicGeneralizer

HAMILTON, BUTLER, COOK = "Hamilton County, OH", "Butler County, OH", "Cook County, IL"
PLACES = [
    HAMILTON, BUTLER, "Vinton County, OH", "Ohio", COOK, "Lake County, IL", "Michigan",
    "Kings County, NY", "Bayamón Municipio, PR", "Midwest", "45202", "45011", "452**",
    "Cincinnati, OH", "Omaha, Douglas County, NE", "Omaha, Sarpy County, NE", "Omaha, NE", None,
]  # fmt: skip


def release(places, people=None, **parameters):
    frame = pd.DataFrame({"geography": pd.Series(places, dtype=object)})
    if people is not None:
        frame.insert(0, "person", people)
        parameters["person_id"] = "person"
    released = GeographicGeneralizer(**parameters).fit_transform(frame)["geography"]
    return [None if pd.isna(value) else value for value in released]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([HAMILTON] * 3 + [BUTLER] * 3, [HAMILTON] * 3 + [BUTLER] * 3),
        # One person from Butler County would be all of Ohio that is left.
        ([HAMILTON] * 3 + [BUTLER], ["Ohio"] * 4),
        ([HAMILTON] * 3 + [BUTLER] * 2 + ["Ohio"], [HAMILTON] * 3 + ["Ohio"] * 3),
        ([HAMILTON] * 3 + ["Ohio"], ["Ohio"] * 4),
        ([HAMILTON] * 3 + [COOK], ["East North Central"] * 4),
        ([HAMILTON] * 3 + [None], [HAMILTON] * 3 + [None]),
        ([HAMILTON, BUTLER, COOK], ["East North Central"] * 3),
        ([HAMILTON] * 3 + ["Kings County, NY"], ["United States"] * 4),
    ],
)
def test_by_hand(places, expected):
    assert release(places, min_people=3) == expected


def test_people_and_not_rows_are_counted():
    places = [HAMILTON] * 4 + [BUTLER] * 3
    assert release(places, list("aaab" + "cde"), min_people=3) == ["Ohio"] * 7
    assert release(places, list("abca" + "cde"), min_people=3) == places


def test_a_person_of_two_places_counts_once_for_what_holds_both():
    """Two people move between two counties: together they are two people, not four."""
    places = [HAMILTON, BUTLER, HAMILTON, BUTLER] + [COOK] * 3
    released = release(places, list("aabb" + "cde"), min_people=3)
    assert released == ["East North Central"] * 7
    released = release([*places, BUTLER], list("aabb" + "cde" + "f"), min_people=3)
    assert released[:4] == ["Ohio", BUTLER, "Ohio", BUTLER] or set(released[:4]) == {"Ohio"}


def covered(places, people, released):
    """How many people share each label, counted one by one; the people of a place are kept."""
    behind = defaultdict(set)
    for place, person, label in zip(places, people, released, strict=True):
        assert (place is None) == (label is None)
        if label is not None:
            behind[label].add(person)
    return {label: len(persons) for label, persons in behind.items()}


tables = st.lists(
    st.tuples(st.sampled_from(PLACES), st.integers(0, 15)), min_size=1, max_size=40
).map(lambda rows: tuple(map(list, zip(*rows, strict=True))))


@given(
    tables, st.integers(1, 6), st.sampled_from(["zip", "city", "county", "state", "region"]),
    st.sampled_from([None, 20_000]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_label_has_fewer_people(table, minimum, level, min_population):
    places, people = table
    n_people = len({p for p, place in zip(people, places, strict=True) if place is not None})
    parameters = {"min_people": minimum, "level": level, "min_population": min_population}
    if 0 < n_people < minimum:
        with pytest.raises(InputError, match=f"min_people={minimum}, but only {n_people} people"):
            release(places, people, **parameters)
        return
    released = release(places, people, **parameters)
    assert min(covered(places, people, released).values(), default=minimum) >= minimum
    # Equal places get equal labels, and releasing the release changes nothing.
    assert len(set(zip(places, released, strict=True))) == len(set(places))
    assert release(released, people, **parameters) == released


@given(tables, st.integers(1, 4), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_order_and_chunks_have_no_say(table, minimum, random):
    frame = pd.DataFrame({"geography": pd.Series(table[0], dtype=object), "person": table[1]})
    if 0 < frame.dropna()["person"].nunique() < minimum:
        return
    generalizer = GeographicGeneralizer(level="zip", min_people=minimum, person_id="person")
    whole = generalizer.fit_transform(frame)
    order = list(range(len(frame)))
    random.shuffle(order)
    shuffled = clone(generalizer).fit_transform(frame.iloc[order])
    pd.testing.assert_frame_equal(shuffled, whole.iloc[order])
    for row in range(len(frame)):
        pd.testing.assert_frame_equal(
            generalizer.transform(frame.iloc[[row]]), whole.iloc[[row]], check_dtype=False
        )


def test_new_places_get_the_smallest_label_that_was_released():
    frame = pd.DataFrame({"geography": [HAMILTON] * 3 + [BUTLER] + [COOK] * 4})
    generalizer = GeographicGeneralizer(min_people=3, level="county").fit(frame)
    new = ["Vinton County, OH", HAMILTON, COOK, "Lake County, IL", "Michigan", "45202", None]
    released = generalizer.transform(pd.DataFrame({"geography": new}))["geography"]
    assert [None if pd.isna(label) else label for label in released] == [
        "Ohio", "Ohio", COOK, "United States", "United States", "Ohio", None,
    ]  # fmt: skip


def test_addresses_that_enough_people_share():
    house, other = "1 Elm St, Salem, Essex County, MA", "9 Oak St, Salem, Essex County, MA"
    places = [house] * 3 + [other]
    assert release(places, level="address", min_people=1) == places
    assert release(places + ["Salem, Essex County, MA"] * 3, level="address", min_people=3) == (
        [house] * 3 + ["Salem, MA"] * 4
    )
    assert release([house] * 3, level="address", min_people=3) == [house] * 3


def test_both_minima_hold_together():
    places = [HAMILTON] * 5 + ["Vinton County, OH"] * 5 + [COOK] * 5
    assert release(places, min_people=5) == places
    released = release(places, min_people=5, min_population=20_000)
    assert released == [HAMILTON] * 5 + ["Ohio"] * 5 + [COOK] * 5
    assert release(places[:7], min_people=3, min_population=20_000) == ["Ohio"] * 7


def test_three_digits_that_too_few_people_share():
    places = ["45202", "45211", "45219", "45011", "45013"]
    parameters = {"level": "zip", "min_population": 20_000}
    assert release(places, min_people=2, **parameters) == ["452**"] * 3 + ["450**"] * 2
    assert release(places, min_people=3, **parameters) == ["Ohio"] * 5


def test_person_ids_that_are_missing_or_absent():
    frame = pd.DataFrame({"geography": ["Ohio"] * 3, "person": ["a", None, None]})
    with pytest.raises(InputError, match="2 of 3 rows have no person id"):
        GeographicGeneralizer(min_people=1, person_id="person").fit(frame)
    with pytest.raises(InputError, match="person_id"):
        GeographicGeneralizer(min_people=1, person_id="who").fit(frame)


def test_two_columns_are_looked_at_one_by_one():
    frame = pd.DataFrame({"home": [HAMILTON] * 3 + [BUTLER], "work": [HAMILTON] * 4})
    released = GeographicGeneralizer(["home", "work"], min_people=3).fit_transform(frame)
    assert released["home"].tolist() == ["Ohio"] * 4
    assert released["work"].tolist() == [HAMILTON] * 4


def test_positions_of_an_array():
    X = np.array([[HAMILTON, 1], [HAMILTON, 2], [BUTLER, 1]], dtype=object)
    released = GeographicGeneralizer([0], min_people=2, person_id=1).fit_transform(X)
    assert released[:, 0].tolist() == ["Ohio"] * 3
    assert released[:, 1].tolist() == [1, 2, 1]


def test_only_nulls():
    assert release([None, None], min_people=5) == [None, None]
