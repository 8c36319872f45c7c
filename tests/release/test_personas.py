"""The two tables that leave: ids, order, and counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from personatwin_sk.release import personas_to_dataframe, personas_to_event_dataframe
from personatwin_sk.release._columns import ReleaseColumns
from personatwin_sk.release._personas import Personas, build_personas

COLUMNS = ReleaseColumns(("age",), "event_id", ("date", "event_type"), ())
PEOPLE_ONLY = ReleaseColumns(("age",), None, (), ())


def released_table(persona_of_row: list[int | None]) -> pd.DataFrame:
    n = len(persona_of_row)
    return pd.DataFrame(
        {
            "person_id": pd.array(persona_of_row, dtype="Int64"),
            "age": [None if p is None else f"{p}0-{p}9" for p in persona_of_row],
            "event_id": [f"E{i}" for i in range(n)],
            "date": "2020",
            "event_type": [f"type {i}" for i in range(n)],
        }
    )


def many(n_personas: int = 300) -> tuple[np.ndarray, pd.DataFrame]:
    """Personas of 2, 3 or 4 people, whose people have two events each."""
    persona_of_person = np.repeat(np.arange(n_personas), 2 + np.arange(n_personas) % 3)
    people = np.repeat(np.arange(len(persona_of_person)), 2)
    return people, released_table(persona_of_person[people].tolist())


@given(
    st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=40),
    st.integers(0, 9),
)
def test_counts_and_events_are_those_of_a_plain_loop(rows, seed: int) -> None:
    persona_of_person = {person: person // 3 for person, _ in rows}
    suppressed = {person for person, gone in rows if gone}
    people = np.array([person for person, _ in rows])
    table = released_table(
        [None if p in suppressed else persona_of_person[p] for p in people.tolist()]
    )
    personas = build_personas(people, table, COLUMNS, random_state=seed)

    members: dict[str, set[int]] = {}
    events: list[tuple[str, str]] = []
    for row, person in enumerate(people.tolist()):
        if person not in suppressed:
            age = table["age"][row]
            members.setdefault(age, set()).add(person)
            events.append((age, table["event_type"][row]))
    frame = personas_to_dataframe(personas)
    assert dict(zip(frame["age"], frame["class_size"], strict=True)) == {
        age: len(who) for age, who in members.items()
    }
    joined = personas_to_event_dataframe(personas).merge(frame, on="persona_id", validate="m:1")
    assert sorted(zip(joined["age"], joined["event_type"], strict=True)) == sorted(events)
    assert personas.n_people == sum(map(len, members.values()))
    assert (personas.n_events, len(personas)) == (len(events), len(members))


def test_ids_are_new_distinct_and_of_one_form() -> None:
    personas = build_personas(*many(), COLUMNS)
    frame = personas_to_dataframe(personas)
    assert frame["persona_id"].is_unique
    assert frame["persona_id"].str.fullmatch(r"P\d{6}").all()
    events = personas_to_event_dataframe(personas)
    assert set(events["persona_id"]) == set(frame["persona_id"])
    assert list(frame.columns) == ["persona_id", "age", "class_size"]
    assert list(events.columns) == ["persona_id", "date", "event_type"]


def test_ids_and_order_of_rows_tell_nothing_of_the_original_order() -> None:
    people, table = many()
    personas = build_personas(people, table, COLUMNS, random_state=0)
    frame = personas_to_dataframe(personas)
    number = frame["persona_id"].str[1:].astype(int)
    original = frame["age"].str.extract(r"(\d+)0-")[0].astype(int)
    assert kendalltau(number, original).pvalue > 0.01
    assert kendalltau(np.arange(len(frame)), original).pvalue > 0.01
    assert kendalltau(np.arange(len(frame)), frame["class_size"]).pvalue > 0.01
    assert kendalltau(number, frame["class_size"]).pvalue > 0.01
    events = personas_to_event_dataframe(personas)
    row = events["event_type"].str.removeprefix("type ").astype(int)
    assert kendalltau(np.arange(len(row)), row).pvalue > 0.01
    # Two events of a person stood side by side; now they are neighbours no more than any others.
    assert (row.diff().abs() == 1).sum() < 10


def test_a_number_repeats_the_draw_and_no_number_does_not() -> None:
    frames = [
        personas_to_dataframe(build_personas(*many(), COLUMNS, random_state=seed))
        for seed in (7, 7, 8, None, None)
    ]
    assert frames[0].equals(frames[1])
    assert not frames[0].equals(frames[2])
    assert not frames[3].equals(frames[4])


def test_no_persona_gets_an_id_of_the_original() -> None:
    taken = {f"P{i:06d}" for i in range(0, 1_000_000, 2)}
    personas = build_personas(*many(), COLUMNS, taken=taken, random_state=0)
    ids = set(personas_to_dataframe(personas)["persona_id"])
    assert len(ids) == 300
    assert not ids & taken


def test_ids_get_longer_where_all_short_ones_are_taken() -> None:
    taken = {f"P{i:06d}" for i in range(1_000_000)}
    personas = build_personas(*many(), COLUMNS, taken=taken, random_state=0)
    assert personas_to_dataframe(personas)["persona_id"].str.fullmatch(r"P\d{7}").all()


def test_people_without_events() -> None:
    personas = build_personas(*many(4), PEOPLE_ONLY)
    assert not personas.has_events
    assert personas_to_event_dataframe(personas).columns.tolist() == ["persona_id"]
    assert len(personas_to_event_dataframe(personas)) == 0
    assert repr(personas) == "Personas(4 personas of 11 people, no events)"


def test_the_frames_are_copies() -> None:
    personas = build_personas(*many(4), COLUMNS)
    frame, events = personas_to_dataframe(personas), personas_to_event_dataframe(personas)
    frame["class_size"] = 0
    events["date"] = "1999"
    assert personas.class_sizes.tolist() != [0] * 4
    assert set(personas_to_event_dataframe(personas)["date"]) == {"2020"}


@pytest.mark.parametrize("n_events", [None, 7])
def test_repr_holds_counts_only(n_events: int | None) -> None:
    frame = pd.DataFrame({"persona_id": ["P1", "P2"], "name": "secret", "class_size": [3, 4]})
    events = None if n_events is None else pd.DataFrame({"persona_id": ["P1"] * n_events})
    text = repr(Personas(frame, events))
    assert "2 personas of 7 people" in text
    assert "secret" not in text and "P1" not in text
