"""People in one file and events in another: every event and every person stays, once."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.exceptions import ColumnNotFoundError, DataWarning, InputError
from personatwin_sk.release import load_criminal_justice_data, load_people_events
from personatwin_sk.release._two_files import join_people_events

PEOPLE = b"person_id,age,gender\n001,35,Male\n002,28,Female\n003,51,\n"
EVENTS = (
    b"person_id,event_id,date,event_type\n"
    b"002,E1,2023-01-15,arrest\n001,E2,2023-02-01,arrest\n002,E3,2023-03-20,trial\n"
)


def load(people: bytes, events: bytes, **options) -> pd.DataFrame:
    return load_people_events(io.BytesIO(people), events=io.BytesIO(events), **options)


def plain(values) -> list:
    return [None if pd.isna(value) else value for value in values]


def refusal(people: bytes, events: bytes, **options) -> str:
    with pytest.raises(InputError) as caught:
        load(people, events, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_events_come_in_their_order_and_people_without_events_last():
    table = load(PEOPLE, EVENTS)
    assert table.columns.tolist() == [
        *("person_id", "age", "gender", "event_id", "date", "event_type"),
    ]
    assert table["person_id"].tolist() == ["002", "001", "002", "003"]
    assert table["age"].tolist() == [28, 35, 28, 51]
    assert plain(table["gender"]) == ["Female", "Male", "Female", None]
    assert plain(table["event_id"]) == ["E1", "E2", "E3", None]
    assert plain(table["event_type"]) == ["arrest", "arrest", "trial", None]
    assert table["date"].isna().tolist() == [False, False, False, True]


def test_two_files_and_one_say_the_same(tmp_path):
    whole = make_people_events(60, random_state=3)
    traits = ["person_id", "age", "gender", "ethnicity", "geography"]
    shuffled = whole.sample(frac=1, random_state=1)
    shuffled[traits].drop_duplicates().to_csv(tmp_path / "people.csv", index=False)
    whole.drop(columns=traits[1:]).to_csv(tmp_path / "events.csv.gz", index=False)
    whole.to_csv(tmp_path / "whole.csv", index=False)
    two = load_people_events(tmp_path / "people.csv", events=tmp_path / "events.csv.gz")
    one = load_people_events(tmp_path / "whole.csv")
    pd.testing.assert_frame_equal(two[one.columns], one)


def test_each_file_may_have_names_of_its_own():
    people = PEOPLE.replace(b"person_id", b"id").replace(b"gender", b"sex")
    events = EVENTS.replace(b"person_id", b"offender").replace(b"event_type", b"what")
    table = load(
        people,
        events,
        columns={"person_id": "id", "gender": "sex"},
        event_columns={"person_id": "offender", "event_type": "what"},
    )
    pd.testing.assert_frame_equal(table, load(PEOPLE, EVENTS))


def test_one_map_serves_both_files():
    people = PEOPLE.replace(b"person_id", b"id").replace(b"gender", b"sex")
    events = EVENTS.replace(b"person_id", b"id").replace(b"event_type", b"what")
    names = {"person_id": "id", "gender": "sex", "event_type": "what"}
    pd.testing.assert_frame_equal(load(people, events, columns=names), load(PEOPLE, EVENTS))
    with pytest.raises(ColumnNotFoundError, match="'nowhere', which neither file has"):
        load(people, events, columns={**names, "outcome": "nowhere"})
    with pytest.raises(ColumnNotFoundError, match="'nowhere', which the file does not have"):
        load(PEOPLE, EVENTS, event_columns={"outcome": "nowhere"})


def test_events_of_strangers_stay_and_are_counted():
    events = EVENTS + b"009,E4,2023-04-01,arrest\n009,E5,2023-04-02,trial\n"
    with pytest.warns(DataWarning, match="2 of 5 events belong to 1 people whom") as caught:
        table = load(PEOPLE, events)
    assert table["person_id"].tolist() == ["002", "001", "002", "009", "009", "003"]
    assert plain(table["age"]) == [28, 35, 28, None, None, 51]
    assert "009" not in str(caught[0].message)


def test_a_person_told_twice_alike_is_one():
    table = load(PEOPLE + b"001,35,Male\n", EVENTS)
    pd.testing.assert_frame_equal(table, load(PEOPLE, EVENTS))


def test_a_column_of_both_files_is_there_once_if_they_agree():
    events = EVENTS.replace(b"event_type\n", b"event_type,gender\n")
    events = events.replace(b"arrest\n", b"arrest,\n").replace(b"trial\n", b"trial,Female\n")
    pd.testing.assert_frame_equal(load(PEOPLE, events), load(PEOPLE, EVENTS))
    stranger = events + b"009,E4,2023-04-01,arrest,Male\n"
    with pytest.warns(DataWarning, match="1 of 4 events"):
        assert plain(load(PEOPLE, stranger)["gender"]) == ["Female", "Male", "Female", "Male", None]


@pytest.mark.parametrize(
    ("people", "events", "message"),
    [
        (PEOPLE, EVENTS.replace(b"00", b"10"), "None of the 2 people of the file of events"),
        (PEOPLE, EVENTS.replace(b"person_id", b"who"), "file of events has no column 'person_id'"),
        (PEOPLE.replace(b"person_id", b"who"), EVENTS, "file of people has no column 'person_id'"),
        (PEOPLE, EVENTS + b",E4,2023-01-01,trial\n", "1 of 4 values of 'person_id' in the file of"),
        (PEOPLE + b",35,Male\n", EVENTS, "1 of 4 values of 'person_id' in the file of people"),
        (PEOPLE + b"001,36,Male\n", EVENTS, "1 of 3 people have several rows in the file of peo"),
        (
            PEOPLE.replace(b"gender", b"date").replace(b"Male", b"2020-01-01"),
            EVENTS,
            "1 column(s) are in both files and disagree ('date' in 3 rows)",
        ),
    ],
)
def test_files_that_do_not_fit_are_refused(people, events, message):
    said = refusal(people, events)
    assert message in said
    assert "001" not in said and "2020" not in said


def test_names_of_a_file_without_header_are_not_told():
    people = b"person_id,Zebulon\n1,x\n2,y\n"
    events = b"person_id,Zebulon,event_type\n1,z,arrest\n"
    message = refusal(people, events)
    assert "1 column(s) are in both files and disagree; rename" in message


def test_births_become_ages_at_the_last_event():
    people = b"person_id,dob\n001,1988-02-01\n002,1988-03-21\n003,1950-01-01\n"
    table = load(people, EVENTS, columns={"date_of_birth": "dob"})
    assert table["age"].tolist() == [34, 35, 34, 73]
    assert "date_of_birth" not in table
    later = load(people, EVENTS, columns={"date_of_birth": "dob"}, reference_date="2024-03-21")
    assert later["age"].tolist() == [36, 36, 36, 74]


def test_ages_that_are_there_stay_and_births_go():
    text = b"person_id,age,date_of_birth\n1,40,1950-01-01\n"
    table = load_people_events(io.BytesIO(text))
    assert table.columns.tolist() == ["person_id", "age"] and table["age"].tolist() == [40]


def test_births_are_all_that_is_needed_to_describe_people():
    text = b"person_id,date_of_birth\n1,1950-01-01\n2,\n"
    table = load_people_events(io.BytesIO(text), reference_date="2000-01-01")
    assert plain(table["age"]) == [50, None]


def test_labels_are_mapped_on_the_way_in():
    events = EVENTS.replace(b"arrest", b"ARR")
    labels = {"event_type": {"arr": "arrest"}, "gender": {"male": "M"}}
    table = load_criminal_justice_data(io.BytesIO(PEOPLE), events=io.BytesIO(events), labels=labels)
    assert plain(table["event_type"]) == ["arrest", "arrest", "trial", None]
    assert plain(table["gender"]) == ["Female", "M", "Female", None]


def test_what_the_domain_does_not_know_is_told_with_the_nearest():
    rows = "".join(f"{number},30,Sentenced,dunno\n" for number in range(25))
    text = "person_id,age,event_type,outcome\n" + rows
    with pytest.warns(DataWarning) as caught:
        load_criminal_justice_data(io.BytesIO(text.encode()))
    messages = [str(warning.message) for warning in caught]
    assert "'Sentenced' (25 rows) may be 'sentencing'" in messages[0]
    assert messages[1].startswith("25 of 25 rows have an outcome that the domain")
    assert caught[0].filename == __file__


def test_people_and_events_are_not_changed_in_place():
    people = pd.DataFrame({"person_id": ["a", "b"], "age": [1, 2]})
    events = pd.DataFrame({"person_id": ["b"], "event_type": ["x"]}, index=[5])
    before = people.copy(), events.copy()
    joined = join_people_events(people, events)
    assert joined["age"].tolist() == [2, 1]
    pd.testing.assert_frame_equal(people, before[0])
    pd.testing.assert_frame_equal(events, before[1])
