"""Records: checked on the way in, silent about who it is, and the same again after a table."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import pickle

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.exceptions import InputError
from personatwin_sk.release._personas import Personas
from personatwin_sk.release._record_tables import people_from_records, records_from_table, table_of
from personatwin_sk.release._records import Event, Person, Persona

DAY = datetime.date(2023, 5, 17)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2023-05-17", DAY),
        (" 2023-05-17 ", DAY),
        (DAY, DAY),
        (datetime.datetime(2023, 5, 17), DAY),
        (datetime.datetime(2023, 5, 17, 9, 30), datetime.datetime(2023, 5, 17, 9, 30)),
        ("2023-05-17 09:30", datetime.datetime(2023, 5, 17, 9, 30)),
        (pd.Timestamp("2023-05-17"), DAY),
        (np.datetime64("2023-05-17"), DAY),
        (np.datetime64("2023-05-17T00:00:00", "ns"), DAY),
        (pd.NaT, None),
        (np.datetime64("NaT"), None),
        (None, None),
        ("2023-05", "2023-05"),
        ("2023-Q2", "2023-Q2"),
        ("2023", "2023"),
    ],
)
def test_dates(given, read):
    found = Event("trial", given).date
    assert found == read and type(found) is type(read)


@pytest.mark.parametrize("date", ["soon", "05/17/2023", "2023-02-30", 2023, 5.0, True, ["2023-05"]])
def test_what_is_no_date_is_refused(date):
    with pytest.raises(InputError, match="Event: date must be a date"):
        Event("trial", date)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        *((35, 35), (np.int64(35), 35), (35.0, 35), ("35", 35), (0, 0), (120, 120), (None, None)),
        *((np.nan, None), (pd.NA, None), ("30-39", "30-39"), ("85+", "85+")),
    ],
)
def test_ages(given, read):
    found = Person("a", age=given).age
    assert found == read and type(found) is type(read)


@pytest.mark.parametrize(
    "age", [-1, 121, 35.5, "old", "39-30", "130+", "-5--1", True, [35], "2023-05"]
)
def test_what_is_no_age_is_refused(age):
    with pytest.raises(InputError, match="Person: age must be"):
        Person("a", age=age)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Person(""), "person_id must be a text"),
        (lambda: Person(None), "person_id must be a text"),
        (lambda: Person(True), "person_id must be a text"),
        (lambda: Person("a", gender=3), "gender must be a text that is not blank, or None"),
        (lambda: Person("a", geography=" "), "geography must be a text"),
        (lambda: Person("a", events=Event("x")), "events must be several"),
        (lambda: Person("a", events=[Event("x"), "y"]), "1 of 2 events are no Event"),
        (lambda: Person("a", events=[Event("x", "2023-05")]), "1 of 1 events have a period"),
        (
            lambda: Person("a", events=[Event("x", event_id="1"), Event("y", event_id="1")]),
            "1 of 2 events repeat the id",
        ),
        (lambda: Person("a", traits={"age": 3}), "1 of 1 names in traits are no text, or those"),
        (lambda: Person("a", traits={3: 3, "x": 1}), "1 of 2 names in traits"),
        (lambda: Person("a", traits=["x"]), "traits must map names to values"),
        (lambda: Event(None), "Event: it needs a type or a date"),
        (lambda: Event(""), "event_type must be a text"),
        (lambda: Event("x", outcome=1), "outcome must be a text"),
        (lambda: Event("x", event_id=" "), "event_id must be a text"),
        (lambda: Event("x", details={"date": 1}), "names in details"),
        (lambda: Persona("P1", 0), "class_size must be a whole number, at least 1"),
        (lambda: Persona("P1", 2.5), "class_size must be"),
        (lambda: Persona("P1", True), "class_size must be"),
        (lambda: Persona("", 5), "persona_id must be a text"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(make, message):
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def ann() -> Person:
    events = [Event("arrest", "2023-01-15", "charged", "E1", {"bail": 500}), Event("trial")]
    return Person("Zebulon-1", 35, "Male", "White", "Ohio", events, {"priors": 2})


def test_no_repr_says_who_it_is():
    person = ann()
    assert repr(person) == "Person(2 events)"
    assert repr(person.events) == "(Event(dated, with outcome), Event())"
    assert repr(Persona("P1", 1, events=[Event("x", "2023-05")])) == "Persona(1 person, 1 event)"


@pytest.mark.parametrize("again", [lambda r: pickle.loads(pickle.dumps(r)), copy.deepcopy])
@pytest.mark.parametrize("record", [ann(), ann().events[0], Persona("P1", 5, traits={"unit": "n"})])
def test_records_are_values_that_cannot_change(record, again):
    assert again(record) == record and hash(again(record)) == hash(record)
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.events = ()
    extra = record.details if isinstance(record, Event) else record.traits
    with pytest.raises(TypeError):
        extra["x"] = 1


def test_records_do_not_follow_what_they_were_made_of():
    events, traits = [Event("x")], {"priors": 1}
    person = Person("a", events=events, traits=traits)
    events.append(Event("y"))
    traits["priors"] = 2
    assert len(person.events) == 1 and person.traits["priors"] == 1


def test_a_table_of_records_by_hand():
    bo = Person("002", 28, geography="Hamilton County, OH")
    table = people_from_records([ann(), bo])
    expected = pd.DataFrame(
        {
            "person_id": ["Zebulon-1", "Zebulon-1", "002"],
            "age": [35, 35, 28],
            "gender": ["Male", "Male", None],
            "ethnicity": ["White", "White", None],
            "geography": ["Ohio", "Ohio", "Hamilton County, OH"],
            "event_id": ["E1", None, None],
            "date": np.array(["2023-01-15", "NaT", "NaT"], dtype="datetime64[s]"),
            "event_type": ["arrest", "trial", None],
            "outcome": ["charged", None, None],
            "priors": [2.0, 2.0, None],
            "bail": [500.0, None, None],
        }
    )
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)
    assert table["age"].dtype == np.int64 and table["date"].dtype == expected["date"].dtype


def test_columns_that_nobody_fills_are_left_out():
    assert people_from_records([Person("a", age=3)]).columns.tolist() == ["person_id", "age"]


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ([30, None], [30, None]),
        (["30-39", 41], ["30-39", "41"]),
        (["30-39", None], ["30-39", None]),
    ],
)
def test_ages_of_a_table(ages, expected):
    table = people_from_records([Person(str(n), age=age) for n, age in enumerate(ages)])
    assert [None if pd.isna(age) else age for age in table["age"]] == expected


@pytest.mark.parametrize("domain", ["criminal_justice", "healthcare"])
def test_from_a_table_and_back(domain):
    table = make_people_events(50, domain, random_state=4)
    people = records_from_table(table)
    assert len(people) == 50 and sum(len(person.events) for person in people) == len(table)
    pd.testing.assert_frame_equal(people_from_records(people), table)
    assert records_from_table(people_from_records(people)) == people


def test_rows_may_come_in_any_order_and_people_may_have_no_events():
    table = pd.DataFrame(
        {
            "person_id": ["b", "a", "b", "c"],
            "age": [30, 41, 30, 52],
            "date": ["2023-02-01", None, "2023-01-01", None],
            "event_type": ["trial", None, "arrest", None],
            "priors": [1, 2, 1, None],
            "judge": ["x", None, "y", "z"],
        },
        index=[3, 3, 1, 0],
    )
    people = records_from_table(table)
    assert [person.person_id for person in people] == ["b", "a", "c"]
    assert [event.event_type for event in people[0].events] == ["trial", "arrest"]
    assert [event.details["judge"] for event in people[0].events] == ["x", "y"]
    assert people[1].events == people[2].events == ()
    assert [dict(person.traits) for person in people] == [{"priors": 1}, {"priors": 2}, {}]


def test_other_kinds_of_tables():
    polars = pytest.importorskip("polars")
    table = make_people_events(20, random_state=4)
    assert records_from_table(polars.from_pandas(table)) == records_from_table(table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"age": [3]}), "no column 'person_id'"),
        (pd.DataFrame({"person_id": ["a", None]}), "1 of 2 rows have no person id"),
        (
            pd.DataFrame({"person_id": ["a", "a", "b"], "age": [3, 4, 5], "gender": "F"}),
            "disagree on who they are .people by column: 'age': 1.",
        ),
        (pd.DataFrame({"person_id": ["a"], "age": [300]}), "age must be from 0 to 120"),
        (pd.DataFrame({"person_id": ["a"], "date": ["soon"]}), "1 of 1 values of column 'date'"),
    ],
)
def test_tables_that_cannot_be_records(table, message):
    with pytest.raises(InputError, match=message):
        records_from_table(table)


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([], "There are no records"),
        ([Person("a"), "b"], "1 of 2 records are no Person"),
        ([Person("a"), Person("a", age=3)], "1 of 2 records are of a person who has one"),
        (
            [Person(n, events=[Event("x", event_id="E")]) for n in "ab"],
            "1 of 2 events are with another's id",
        ),
        (
            [Person("a", events=[Event("x", details={"u": 1})], traits={"u": 2})],
            "1 names are those of traits and of details",
        ),
    ],
)
def test_records_that_cannot_be_a_table(records, message):
    with pytest.raises(InputError, match=message):
        people_from_records(records)


def test_personas_become_records():
    personas = Personas(
        pd.DataFrame(
            {
                "persona_id": ["P2", "P1"],
                "age": ["30-39", None],
                "gender": ["F", "F|M"],
                "unit": ["n", "s"],
                "class_size": [5, 7],
            }
        ),
        pd.DataFrame(
            {
                "persona_id": ["P1", "P2", "P1"],
                "date": ["2023-05", "2023-06", None],
                "event_type": ["arrest", "trial", None],
                "outcome": ["charged", None, None],
            }
        ),
    )
    assert records_from_table(personas) == [
        Persona("P2", 5, "30-39", "F", events=[Event("trial", "2023-06")], traits={"unit": "n"}),
        Persona(
            *("P1", 7, None, "F|M"),
            events=[Event("arrest", "2023-05", "charged")],
            traits={"unit": "s"},
        ),
    ]
    no_events = Personas(pd.DataFrame({"persona_id": ["P1"], "age": [34.0], "class_size": [5]}))
    assert records_from_table(no_events) == [Persona("P1", 5, 34.0)]


def test_table_of_takes_records_and_leaves_tables_alone():
    frame = pd.DataFrame({"person_id": ["a"]})
    assert table_of(frame) is frame
    assert table_of([Person("a", age=3)])["age"].tolist() == [3]
