"""Weaknesses counted by hand on tables small enough to read, at the edge of every rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.risk.attacks import find_weaknesses


def classes_of(*sizes, **columns):
    frame = pd.DataFrame({"age": np.repeat(np.arange(len(sizes)), sizes)})
    return frame.assign(**columns)


@pytest.mark.parametrize(
    ("sizes", "k", "remark"),
    [
        ((3, 3), 3, None),
        ((3, 4), 4, "1 of 2 classes has fewer than 4 people (3 people in all; 0 classes of one"),
        ((1,), 2, "1 of 1 class has fewer than 2 people (1 person in all; 1 class of one person)."),
        ((1, 1, 5), 2, "2 of 3 classes have fewer than 2 people (2 people in all; 2 classes of"),
        ((2, 1, 5), 3, "2 of 3 classes have fewer than 3 people (3 people in all; 1 class of one"),
        ((1, 1), 1, None),
    ],
)
def test_small_classes_are_counted(sizes, k, remark):
    frame = classes_of(*sizes)
    found = find_weaknesses(frame, frame, "age", k=k)
    if remark is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].startswith(remark)


@pytest.mark.parametrize(("k", "blamed"), [(4, True), (5, False)])
def test_a_column_is_blamed_where_all_classes_without_it_are_large_enough(k, blamed):
    # Without "zone" there are classes of four and of six; one person has a zone of their own.
    frame = classes_of(4, 6, zone=["x"] * 10)
    released = frame.assign(zone=["y"] + ["x"] * 9)
    (remark,) = find_weaknesses(frame, released, ["age", "zone"], k=k)
    assert ("Without 'zone' every class would be large enough" in remark) is blamed
    assert "'age'" not in remark


def test_both_columns_may_be_blamed():
    frame = classes_of(6, 6, zone=["x"] * 6 + ["y"] * 6)
    released = frame.assign(zone=["x"] * 5 + ["y"] + ["y"] * 6)
    (remark,) = find_weaknesses(frame, released, ["age", "zone"], k=5)
    assert "Without 'age', 'zone' every class would be large enough" in remark


def test_nothing_is_blamed_where_all_classes_are_small():
    # Not one column was changed for a few: there was no merge at all.
    frame = classes_of(4, 4, zone=range(8))
    (remark,) = find_weaknesses(frame, frame, ["age", "zone"], k=2)
    assert "8 of 8 classes have fewer than 2 people" in remark
    assert "Without" not in remark


def test_people_and_not_rows_make_a_class_large_enough():
    # Without "zone" one of the classes has six rows of two people.
    frame = pd.DataFrame({"who": [1, 1, 1, 2, 2, 2, 3, 4, 5, 6], "age": [30] * 6 + [40] * 4})
    frame["zone"] = ["x"] * 3 + ["y"] * 3 + ["x"] * 4
    (remark,) = find_weaknesses(frame, frame, ["age", "zone"], person_id="who", k=3, id_columns=[])
    assert "2 of 3 classes have fewer than 3 people (2 people in all" in remark
    assert "Without" not in remark
    two = find_weaknesses(frame, frame, ["age", "zone"], person_id="who", k=2, id_columns=[])
    assert "Without 'zone' every class would be large enough" in two[0]


def events_of(kinds, dates):
    return pd.DataFrame({"age": [30] * len(kinds), "kind": kinds, "date": dates})


@pytest.mark.parametrize(
    ("kinds", "dates", "remark"),
    [
        (["a"] * 3, ["2020", "2020", "2020"], None),
        (["a"] * 3, ["2020", "2020", "2021"], "1 of 3 people with events has a unique history"),
        (["a", "b", "c"], ["2020"] * 3, "3 of 3 people with events have a unique history"),
        # Neither type nor date: no event. One of both: an event.
        (["a", "a", None], ["2020", "2020", None], None),
        (["a", "a", None], ["2020", "2020", "2020"], "1 of 3 people with events has a unique"),
        (["a", "a", "a"], ["2020", "2020", None], "1 of 3 people with events has a unique"),
        ([None] * 3, [None] * 3, None),
        (["a", None, None], ["2020", None, None], "1 of 1 person with events has a unique"),
    ],
)
def test_unique_histories_are_counted(kinds, dates, remark):
    frame = events_of(pd.Series(kinds, dtype=object), pd.Series(dates, dtype=object))
    found = find_weaknesses(frame, frame, "age", k=1, event_type="kind", date="date")
    if remark is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].startswith(remark)


def test_events_of_another_class_do_not_hide_one():
    frame = events_of(["a"] * 4, ["2020"] * 4).assign(age=[30, 30, 30, 40])
    (remark,) = find_weaknesses(frame, frame, "age", k=1, event_type="kind", date="date")
    assert remark.startswith("1 of 4 people with events has a unique history")
    # Without a date named they are not looked at.
    assert find_weaknesses(frame, frame, "age", k=1, event_type="kind") == []


def with_column(values):
    return pd.DataFrame({"age": [30] * len(values), "number": values})


def found_ids(values):
    """Whether a column that is the same before and after is taken for an id."""
    frame = with_column(values)
    return any("'number'" in remark for remark in find_weaknesses(frame, frame, "age", k=1))


@pytest.mark.parametrize(("n_rows", "seen"), [(19, False), (20, True), (40, True)])
def test_a_column_of_few_rows_is_no_id(n_rows, seen):
    order = np.random.default_rng(0).permutation(n_rows)
    assert found_ids([f"E{number}" for number in order]) is seen


@pytest.mark.parametrize(("n_distinct", "seen"), [(100, True), (90, True), (89, False)])
def test_nine_tenths_of_an_id_column_are_distinct(n_distinct, seen):
    order = np.random.default_rng(0).permutation(100) % n_distinct
    assert found_ids([f"E{number}" for number in order]) is seen


def test_nulls_do_not_count_for_an_id():
    order = np.random.default_rng(0).permutation(40)
    names = [f"E{number}" for number in order]
    assert found_ids(names + [None] * 40)
    assert not found_ids(names[:19] + [None] * 40)


def test_measures_are_no_ids():
    rng = np.random.default_rng(0)
    assert not found_ids(rng.normal(size=50))
    assert not found_ids(pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.permutation(50), "D"))
    assert found_ids(rng.permutation(50))
    # Whole numbers that a null made floats of are ids all the same.
    assert found_ids([*rng.permutation(50).astype(float), np.nan])


def test_columns_of_events_and_keys_are_no_ids():
    order = np.random.default_rng(0).permutation(60)
    frame = pd.DataFrame({"age": 30, "kind": [f"E{number}" for number in order], "date": "2020"})
    plain = find_weaknesses(frame, frame, "age", k=1)
    assert any("'kind'" in remark for remark in plain)
    remarks = find_weaknesses(frame, frame, "age", k=1, event_type="kind", date="date")
    assert len(remarks) == 1
    assert remarks[0].startswith("60 of 60 people with events have a unique history")
    keys = find_weaknesses(frame, frame, ["age", "kind"], k=1)
    assert not any("'kind' " in remark for remark in keys)


ORDER = "The published rows keep the order of the input: "


def order_remarks(released, published):
    found = find_weaknesses(released, released, "age", k=1, id_columns=[], published=published)
    return [remark for remark in found if remark.startswith(ORDER)]


def random_people(n=200, seed=0, width=50):
    return pd.DataFrame({"age": np.random.default_rng(seed).integers(0, width, n)})


def by_chance(values):
    """How many rows agree with themselves in another order: the sum of n_v squared over n."""
    return sum(count**2 for count in pd.Series(values).value_counts()) / len(values)


def test_rows_in_place_and_those_by_chance_are_counted():
    people = random_people()
    (remark,) = order_remarks(people, people)
    n = round(by_chance(people["age"]))
    assert remark == (
        f"{ORDER}200 of 200 are where the input has them, {n} by chance. Sort by what is "
        "published, or shuffle."
    )


@pytest.mark.parametrize("ascending", [True, False])
def test_rows_that_are_sorted_either_way_say_nothing(ascending):
    people = random_people()
    assert order_remarks(people, people.sort_values("age", ascending=ascending)) == []
    # Even where the input is sorted like that.
    sorted_ = people.sort_values("age", ascending=ascending).reset_index(drop=True)
    assert order_remarks(sorted_, sorted_) == []


@pytest.mark.parametrize("ascending", [True, False])
def test_labels_sorted_by_their_numbers_say_nothing(ascending):
    # "5-9" stands before "10-14" by its numbers, and behind it as text.
    low = np.random.default_rng(1).integers(0, 24, 200) * 5
    people = pd.DataFrame({"age": [f"{one}-{one + 4}" for one in low]})
    by_number = people.iloc[np.argsort(low if ascending else -low, kind="stable")]
    by_number = by_number.reset_index(drop=True)
    assert order_remarks(by_number, by_number) == []
    as_text = people.sort_values("age", ascending=ascending).reset_index(drop=True)
    assert order_remarks(as_text, as_text) == []
    assert len(order_remarks(people, people)) == 1


def test_a_shuffle_is_no_order_and_a_part_in_place_is_one():
    flagged = 0
    for seed in range(20):
        people = random_people(seed=seed)
        flagged += len(order_remarks(people, people.sample(frac=1, random_state=seed)))
    assert flagged == 0
    people = random_people(1000, width=500)
    for kept, seen in ((1000, True), (100, True), (30, True), (0, False)):
        rest = people.iloc[kept:].sample(frac=1, random_state=3)
        assert bool(order_remarks(people, pd.concat([people.iloc[:kept], rest]))) is seen


def test_rows_that_are_not_those_of_the_release_are_not_compared():
    people = random_people()
    assert order_remarks(people, people.iloc[:150]) == []
    assert order_remarks(people, people.iloc[:0]) == []
    assert order_remarks(people, pd.DataFrame({"other": range(200)})) == []


def test_the_same_values_written_differently_are_the_same():
    people = random_people()
    assert len(order_remarks(people, people.astype(str))) == 1
    with_null = people.astype(object).where(people["age"] > 3, None)
    assert len(order_remarks(with_null, with_null)) == 1


def test_only_columns_that_are_in_both_are_compared():
    people = random_people()
    assert len(order_remarks(people, people.assign(note=range(200)))) == 1
    assert order_remarks(people, people.sort_values("age").assign(note=range(200))) == []
