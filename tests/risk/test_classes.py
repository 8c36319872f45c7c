"""Classes and their sizes, against counting by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import InputError
from personatwin_sk.risk._classes import distinct_pairs, find_classes

ROWS = st.lists(
    st.tuples(
        st.integers(0, 5),  # person
        st.sampled_from(["30-39", "40-49", None]),
        st.sampled_from(["M", "F", float("nan")]),
        st.booleans(),  # released
    ),
    max_size=25,
)


def tables_of(rows):
    original = pd.DataFrame({"who": pd.Series([r[0] for r in rows], dtype="int64")})
    released = pd.DataFrame(
        {
            "who": pd.Series([1.0 if r[3] else np.nan for r in rows], dtype=float),
            "age": pd.Series([r[1] for r in rows], dtype=object),
            "gender": pd.Series([r[2] for r in rows], dtype=object),
        }
    )
    return Table.of(original), Table.of(released)


@given(ROWS)
@settings(deadline=None)
def test_classes_are_what_counting_by_hand_finds(rows):
    classes = find_classes(*tables_of(rows), ["age", "gender"], "who")
    people_of = {}
    for person, age, gender, shown in rows:
        if shown:
            key = (age, "null" if gender != gender else gender)
            people_of.setdefault(key, set()).add(person)
    assert sorted(classes.sizes.tolist()) == sorted(len(people) for people in people_of.values())
    assert classes.k_anonymity == min((len(people) for people in people_of.values()), default=0)
    assert classes.n_people == len(set().union(*people_of.values()) if people_of else set())
    for row, (_, age, gender, shown) in enumerate(rows):
        number = classes.class_of_row[row]
        if not shown:
            assert number == classes.membership_of_row[row] == -1
            continue
        key = (age, "null" if gender != gender else gender)
        assert classes.sizes[number] == len(people_of[key])
        membership = classes.membership_of_row[row]
        assert classes.class_of_member[membership] == number
        assert classes.member[membership] == classes.person_of_row[row]


@given(ROWS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_each_person_has_the_largest_of_their_classes(rows, random):
    classes = find_classes(*tables_of(rows), ["age", "gender"], "who")
    values = np.array([random.random() for _ in classes.member])
    largest = classes.largest_of_person(values)
    for person in range(classes.n_file_people):
        theirs = values[classes.member == person]
        if len(theirs):
            assert largest[person] == max(theirs)
        else:
            assert np.isnan(largest[person])


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6))))
def test_distinct_pairs(pairs):
    left = np.array([a for a, _ in pairs], dtype=np.int64)
    right = np.array([b for _, b in pairs], dtype=np.int64)
    found = distinct_pairs(left, right, 7)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == sorted(set(pairs))


def test_people_are_counted_by_the_original_column():
    original = Table.of(pd.DataFrame({"who": ["a", "b", "c"], "age": [1, 2, 3]}))
    released = Table.of(pd.DataFrame({"who": [0, 0, 0], "age": ["1-3"] * 3}))
    assert find_classes(original, released, ["age"], "who").sizes.tolist() == [3]


def test_without_a_person_column_each_row_is_a_person():
    table = Table.of(pd.DataFrame({"age": [30, 30, 31]}))
    classes = find_classes(table, table, ["age"], None)
    assert classes.sizes.tolist() == [2, 1]
    assert classes.n_file_people == 3


def test_a_release_without_the_person_column_suppresses_nobody():
    original = Table.of(pd.DataFrame({"who": [1, 2], "age": [30, 30]}))
    released = Table.of(pd.DataFrame({"age": [None, None]}))
    assert find_classes(original, released, ["age"], "who").sizes.tolist() == [2]


def test_all_kinds_of_null_are_one_value():
    table = Table.of(pd.DataFrame({"x": pd.Series([None, np.nan, pd.NaT, pd.NA], dtype=object)}))
    assert find_classes(table, table, ["x"], None).sizes.tolist() == [4]


def test_a_null_person_is_an_error_that_says_how_many():
    table = Table.of(pd.DataFrame({"who": ["a", None, None], "age": [1, 2, 3]}))
    with pytest.raises(InputError, match="2 of 3 rows"):
        find_classes(table, table, ["age"], "who")


def test_the_repr_has_counts_only():
    table = Table.of(pd.DataFrame({"who": ["canary"], "age": [77]}))
    assert repr(find_classes(table, table, ["age"], "who")) == "Classes(n_classes=1, n_people=1)"
