"""Roles are suggested from names and contents; expectations are written down by hand."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.release import load_people_events
from personatwin_sk.release._column_content import ColumnContent
from personatwin_sk.release._column_names import likely_names, our_name_for
from personatwin_sk.release._suggest_roles import suggest_roles


def roles_of(frame: pd.DataFrame) -> dict:
    table = suggest_roles(frame)
    assert table["column"].tolist() == frame.columns.tolist()
    return dict(zip(table["column"], zip(table["role"], table["ours"], strict=True), strict=True))


def test_the_standard_columns_are_what_they_are_called():
    assert roles_of(make_people_events(60, random_state=0)) == {
        "person_id": ("person_id", "person_id"),
        "age": ("quasi_identifier", "age"),
        "gender": ("quasi_identifier", "gender"),
        "ethnicity": ("quasi_identifier", "ethnicity"),
        "geography": ("quasi_identifier", "geography"),
        "event_id": ("event_id", "event_id"),
        "date": ("date", "date"),
        "event_type": ("event_type", "event_type"),
        "outcome": ("outcome", "outcome"),
    }


def test_other_names_are_read_and_load_the_file():
    theirs = {
        "person_id": "Inmate No.",
        "age": "age_years",
        "gender": "SEX",
        "ethnicity": "race",
        "geography": "county name",
        "event_id": "booking_number",
        "date": "event date",
        "event_type": "action",
        "outcome": "disposition",
    }
    frame = make_people_events(60, random_state=0)
    renamed = frame.rename(columns=theirs)
    roles = suggest_roles(renamed).dropna(subset="ours").set_index("ours")["column"].to_dict()
    assert roles == theirs
    file = io.BytesIO(renamed.to_csv(index=False).encode())
    pd.testing.assert_frame_equal(load_people_events(file, columns=roles), frame)


def test_names_that_say_nothing_are_read_by_their_contents():
    frame = make_people_events(200, random_state=0)
    nameless = frame.rename(columns={name: f"c{n}" for n, name in enumerate(frame.columns)})
    ours = {column: ours for column, (_, ours) in roles_of(nameless).items()}
    # An age by itself might be any number, so it is not guessed.
    assert list(ours.values()) == [
        *("person_id", None, "gender", "ethnicity", "geography"),
        *("event_id", "date", "event_type", "outcome"),
    ]
    assert suggest_roles(nameless)["role"][1] == "quasi_identifier"


def test_everything_else_by_what_it_holds():
    rng = np.random.default_rng(0)
    n = 300
    people = np.repeat(np.arange(100), 3)
    words = np.array(["moved", "called", "late", "again", "weeks", "office", "denied", "family"])
    frame = pd.DataFrame(
        {
            "person_id": people,
            "dob": np.repeat(pd.date_range("1950-01-01", periods=100, freq="200D"), 3).astype(str),
            "mail": [f"u{person}@mail.org" for person in people],
            "surname": "x",
            "token": [f"t{person * 7919:05x}" for person in people],
            "staff_no": np.repeat(10_000 + 7 * rng.permutation(100), 3),
            "wage": np.repeat(10_000 + 7 * rng.permutation(100), 3),
            "hire_date": np.repeat(pd.date_range("1990-01-01", periods=100).astype(str), 3),
            "remark": [" ".join(rng.choice(words, 7)) + f" {row}" for row in range(n)],
            "priors": np.repeat(rng.integers(0, 9, 100), 3),
            "judge": rng.choice(["a", "b", "c"], n),
            "land": "Ohio",
            "country": "x",
            "nothing": None,
            "when": pd.date_range("2020-01-01", periods=n).astype(str),
        }
    )
    assert roles_of(frame) == {
        "person_id": ("person_id", "person_id"),
        "dob": ("quasi_identifier", "date_of_birth"),
        "mail": ("direct_identifier", None),
        "surname": ("direct_identifier", None),
        "token": ("direct_identifier", None),
        "staff_no": ("direct_identifier", None),
        "wage": ("quasi_identifier", None),
        "hire_date": ("quasi_identifier", None),
        "remark": ("free_text", None),
        "priors": ("quasi_identifier", None),
        "judge": ("event_detail", None),
        "land": ("constant", None),
        "country": ("constant", None),
        "nothing": ("empty", None),
        "when": ("date", "date"),
    }


def test_a_date_of_birth_beside_an_age_is_a_direct_identifier():
    frame = pd.DataFrame({"person_id": [1, 2], "age": [3, 4], "dob": ["2020-01-01", "2019-01-01"]})
    assert roles_of(frame)["dob"] == ("direct_identifier", None)


def test_without_people_nothing_is_said_of_events():
    frame = pd.DataFrame({"sex": ["M", "F"] * 30, "score": np.arange(60) % 7})
    assert roles_of(frame) == {
        "sex": ("quasi_identifier", "gender"),
        "score": ("quasi_identifier", None),
    }


def test_our_own_name_comes_first():
    frame = pd.DataFrame(
        {"sex": ["M", "F"], "gender": ["a", "b"], "patient_id": [8, 9], "person_id": [1, 2]}
    )
    roles = roles_of(frame)
    assert roles["gender"] == ("quasi_identifier", "gender") and roles["sex"][1] is None
    assert roles["person_id"][0] == "person_id" and roles["patient_id"][0] != "person_id"


def test_no_value_is_told_and_nothing_is_changed():
    frame = make_people_events(60, random_state=0).assign(mail="ann.lee@mail.org", odd="Zebulon")
    before = frame.copy()
    text = suggest_roles(frame).drop(columns="column").to_csv()
    values = {str(value) for name in frame for value in frame[name].unique()}
    assert not [
        value for value in values if len(value) > 4 and f"{value}" in text and value != "trial"
    ]
    pd.testing.assert_frame_equal(frame, before)


def test_other_kinds_of_tables():
    polars = pytest.importorskip("polars")
    frame = make_people_events(60, random_state=0)
    table = suggest_roles(polars.from_pandas(frame))
    pd.testing.assert_frame_equal(table, suggest_roles(frame))


@pytest.mark.parametrize(
    ("table", "message"),
    [(np.zeros((3, 2)), "named columns"), (pd.DataFrame({"a": []}), "no rows")],
)
def test_tables_that_cannot_be_read_are_refused(table, message):
    with pytest.raises(InputError, match=message):
        suggest_roles(table)


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("PatientID", "person_id"),
        ("id", "person_id"),
        ("defendant", "person_id"),
        ("case_number", "event_id"),
        ("encounter id", "event_id"),
        ("AGEP", "age"),
        ("age_at_arrest", "age"),
        ("Date of Birth", "date_of_birth"),
        ("patient_dob", "date_of_birth"),
        ("Sex Code", "gender"),
        ("race_ethnicity", "ethnicity"),
        ("Zip Code", "geography"),
        ("county", "geography"),
        ("arrest_date", "date"),
        ("Action Date", "date"),
        ("encounter_type", "event_type"),
        ("final disposition", "outcome"),
        ("statement", None),
        ("average", None),
        ("ideas", None),
        ("update", None),
        ("sexton", None),
    ],
)
def test_names(name, ours):
    assert our_name_for(name) == ours


def test_likely_names_leave_out_what_is_there():
    assert likely_names(["sex", "gender", "id", "dob"]) == {
        "person_id": "id",
        "date_of_birth": "dob",
    }
    assert likely_names(["age", "dob", "person_id"]) == {}


def test_a_file_with_other_names_is_refused_with_a_hint():
    with pytest.raises(ColumnNotFoundError, match=r"meant: person_id=inmate_no, gender=sex$"):
        load_people_events(io.BytesIO(b"inmate_no,sex,Zebulon\n1,M,x\n"))


@pytest.mark.parametrize(
    ("values", "ours", "share"),
    [
        ([30, 41, 200], "age", 2 / 3),
        ([30.0, 41.0, np.nan], "age", 1.0),
        (["30-39", "85+", "old"], "age", 2 / 3),
        (["2020-01-01", None], "date", 1.0),
        (["2020-01-01", "soon"], "date", 0.0),
        ([20200101, 20200102], "date", 0.0),
        (["Ohio", "Hamilton County, OH", "Mars Base"], "geography", 2 / 3),
        (["United States", "Mexico"], "geography", 0.0),
        (["Not Guilty", "guilty", "x", "y"], "outcome", 0.5),
        ([None, None], "gender", 0.0),
    ],
)
def test_what_fits(values, ours, share):
    assert ColumnContent(pd.Series(values)).share_of(ours) == pytest.approx(share)


def test_real_files(shared_data):
    court = pd.read_csv(shared_data / "compas" / "court_events.csv.gz")
    roles = roles_of(court)
    assert roles["geography"] == ("quasi_identifier", "geography")
    assert roles["priors_count"] == roles["decile_score"] == ("quasi_identifier", None)
    adult = roles_of(pd.read_csv(shared_data / "adult" / "adult.csv.gz"))
    assert {ours for _, ours in adult.values()} == {"age", "gender", "ethnicity", None}
    hospital = roles_of(pd.read_csv(shared_data / "synthea" / "patient_events.csv.gz"))
    assert [name for name, (role, _) in hospital.items() if role == "direct_identifier"] == [
        *("name", "ssn"),
    ]
