"""A draw depends on whose value it is and on nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk._core.keyed import SecretKey
from personatwin_sk.noise._keys import RowKeys

KEY = SecretKey.from_random_state(0)


@pytest.fixture
def columns():
    return {
        "person": pd.Series(["a", "a", "b", "b", "c"]),
        "event": pd.Series([1, 2, 1, 2, 1]),
        "value": pd.Series([0.5, None, 0.5, 3.0, 0.5]),
    }


def keys(columns, person=None, event=None, key=KEY):
    return RowKeys(key, columns, person, event)


def take(columns, rows):
    return {name: column.iloc[rows].reset_index(drop=True) for name, column in columns.items()}


def test_of_person_is_one_number_per_person(columns):
    hashes = keys(columns, "person").of_person("shift")
    assert hashes[0] == hashes[1] and hashes[2] == hashes[3]
    assert len(set(hashes.tolist())) == 3


def test_of_event_is_one_number_per_person_and_event(columns):
    hashes = keys(columns, "person", "event").of_event("jitter", "date")
    assert len(set(hashes.tolist())) == 5
    again = keys(take(columns, [0, 0, 4]), "person", "event").of_event("jitter", "date")
    assert again.tolist() == hashes[[0, 0, 4]].tolist()


def test_with_both_ids_other_columns_have_no_say(columns):
    other = columns | {"value": pd.Series(range(5))}
    first = keys(columns, "person", "event").of_event("jitter", "date")
    assert keys(other, "person", "event").of_event("jitter", "date").tolist() == first.tolist()


@pytest.mark.parametrize(("person", "event"), [(None, None), ("person", None), (None, "event")])
def test_with_fewer_ids_the_whole_row_stands_in(columns, person, event):
    first = keys(columns, person, event).of_event("jitter", "date")
    changed = columns | {"value": pd.Series([9.0, None, 0.5, 3.0, 0.5])}
    second = keys(changed, person, event).of_event("jitter", "date")
    assert first[0] != second[0]
    assert first[1:].tolist() == second[1:].tolist()


@pytest.mark.parametrize("person", [None, "person"])
@pytest.mark.parametrize("event", [None, "event"])
@pytest.mark.parametrize("draw", ["of_person", "of_event"])
def test_neither_row_nor_column_order_nor_chunks_have_a_say(columns, person, event, draw):
    def hashes(of):
        made = keys(of, person, event)
        return made.of_person("x") if draw == "of_person" else made.of_event("x", "date")

    whole = hashes(columns)
    rows = [3, 1, 4, 0, 2]
    assert hashes(take(columns, rows)).tolist() == whole[rows].tolist()
    assert hashes(dict(reversed(columns.items()))).tolist() == whole.tolist()
    chunks = [hashes(take(columns, part)) for part in ([0, 1], [2, 3], [4])]
    assert np.concatenate(chunks).tolist() == whole.tolist()


def test_purposes_columns_and_keys_are_unrelated(columns):
    made = keys(columns, "person", "event")
    other = keys(columns, "person", "event", SecretKey.from_random_state(1))
    variants = [
        made.of_event("jitter", "date"),
        made.of_event("jitter", "end"),
        made.of_event("outcome", "date"),
        made.of_person("shift"),
        other.of_event("jitter", "date"),
        other.of_person("shift"),
    ]
    everything = np.concatenate([np.unique(variant) for variant in variants])
    assert len(set(everything.tolist())) == len(everything)


def test_people_are_numbered(columns):
    people = keys(columns, "person").people
    assert people is not None
    assert pd.Series(people).groupby(columns["person"]).nunique().eq(1).all()
    assert len(set(people.tolist())) == 3
    assert keys(columns).people is None


def test_repeated_rows_are_all_those_that_share_person_and_event(columns):
    assert keys(columns, "person", "event").count_repeated() == 0
    assert keys(take(columns, [0, 1, 1, 2, 4, 4, 4]), "person", "event").count_repeated() == 5
    assert keys(take(columns, [0]), "person", "event").count_repeated() == 0


@pytest.mark.parametrize("bound", [1, 2, 3])
def test_beyond_the_bound_against_a_loop(bound):
    rng = np.random.default_rng(0)
    table = {
        "person": pd.Series(rng.integers(0, 8, 90).astype(str)),
        "event": pd.Series(rng.integers(0, 6, 90)),
    }
    made = keys(table, "person", "event")
    beyond = made.beyond(bound)
    for person in range(8):
        rows = np.flatnonzero(table["person"] == str(person))
        events = table["event"][rows]
        stays = set(events[~beyond[rows]])
        assert len(stays) == min(bound, events.nunique())
        assert not stays & set(events[beyond[rows]])  # an event stays or goes as a whole
    part = np.flatnonzero(table["person"].isin(["1", "5"]))[::-1]
    assert keys(take(table, part), "person", "event").beyond(bound).tolist() == list(beyond[part])


@pytest.mark.parametrize(
    "ids",
    [
        ["a", "a", "b", "c", "a", "b"],
        [7, 7, 3, 7, 1, 1],
        [7.0, 7, 3, True, 1, 1.0],
        ["1", 1, 1, "1", "a", 1.0],
        ["only"],
        [],
    ],
)
@pytest.mark.parametrize("people_first", [False, True])
def test_people_are_whoever_has_the_same_id_wherever_their_rows_stand(ids, people_first):
    made = keys({"id": pd.Series(ids, dtype=object), "event": pd.Series(range(len(ids)))}, "id")
    if people_first:
        assert made.people is not None
    shift = made.of_person("shift")
    # 1, 1.0 and True are one number, and "1" is another person.
    first = [ids.index(each) for each in ids]
    expected = {place: number for number, place in enumerate(dict.fromkeys(first))}
    assert made.people is not None
    assert made.people.tolist() == [expected[place] for place in first]
    assert shift.tolist() == [shift[place] for place in first]
    assert len(set(shift.tolist())) == len(expected)


@pytest.mark.parametrize("people_first", [False, True])
def test_draws_do_not_depend_on_what_was_asked_before(columns, people_first):
    made = keys(columns, "person", "event")
    if people_first:
        assert made.people is not None
    assert made.of_event("x", "date").tolist() == [
        int(KEY.hash("noise/x/date", one, other)[0])
        for one, other in zip(
            KEY.hash("noise/person", columns["person"]).reshape(-1, 1),
            columns["event"].to_numpy().reshape(-1, 1),
            strict=True,
        )
    ]
