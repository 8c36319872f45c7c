"""The data dictionary: what it says, and what it must not say."""

from __future__ import annotations

import pandas as pd

from personatwin_sk.release import Personas, create_safe_personas, data_dictionary

SETTINGS = {
    "domain": "criminal_justice",
    "dates__precision": "month",
    "dates__jitter": 14,
    "dates__shift": 0,
    "outcomes__flip_probability": 0.05,
}


def personas() -> Personas:
    table = pd.DataFrame(
        {
            "persona_id": ["P1", "P2", "P3"],
            "age": ["30-39", "30-39", None],
            "gender": ["F", "M", "F|M"],
            "class_size": [5, 7, 9],
        }
    )
    events = pd.DataFrame(
        {
            "persona_id": ["P1", "P2", "P3", "P3"],
            "date": ["2023-01", "2023-02", None, "2023-01"],
            "event_type": ["arrest", "a word of somebody", "trial", "trial"],
            "outcome": ["charged", "x", "guilty", "guilty"],
            "days": [1, 2, 3, 4],
        }
    )
    return Personas(table, events)


def column(name: str, file: str = "personas.csv") -> dict:
    facts = data_dictionary(personas(), SETTINGS)["files"][file]
    return next(one for one in facts["columns"] if one["name"] == name)


def test_every_column_of_both_tables_is_described() -> None:
    facts = data_dictionary(personas(), SETTINGS)
    assert facts["schema_version"] == 1
    files = facts["files"]
    assert {name: one["rows"] for name, one in files.items()} == {
        "personas.csv": 3,
        "events.csv": 4,
    }
    assert [one["name"] for one in files["personas.csv"]["columns"]] == [
        "persona_id",
        "age",
        "gender",
        "class_size",
    ]
    assert all(one["description"] for file in files.values() for one in file["columns"])
    roles = [one["role"] for one in files["events.csv"]["columns"]]
    assert roles == ["persona", "date", "event type", "outcome", "kept"]


def test_labels_are_counted_in_people_null_too() -> None:
    assert column("age")["labels"] == [
        {"label": "30-39", "people": 12},
        {"label": None, "people": 9},
    ]
    assert column("gender")["n_labels"] == 3
    assert "labels" not in column("persona_id") and "labels" not in column("class_size")


def test_of_events_only_labels_of_the_domain_are_listed_and_no_counts() -> None:
    facts = column("event_type", "events.csv")
    assert "arrest" in facts["labels_of_domain"]
    assert "a word of somebody" not in str(facts) and "people" not in facts
    assert facts["n_labels"] == 3
    assert "labels" not in column("days", "events.csv")


def test_noise_is_told() -> None:
    assert column("date", "events.csv")["description"] == (
        "When it was, by the month; moved at random (each by up to 14 days)."
    )
    assert "5%" in column("outcome", "events.csv")["description"]


def test_a_domain_of_ones_own_has_no_labels_to_list() -> None:
    facts = data_dictionary(personas(), {**SETTINGS, "domain": "shipping"})
    events = facts["files"]["events.csv"]["columns"]
    assert next(one for one in events if one["name"] == "event_type")["labels_of_domain"] == []


def test_people_without_events() -> None:
    people = pd.DataFrame({"person_id": range(40), "age": range(20, 60)})
    result = create_safe_personas(people, known_events=0, random_state=0)
    facts = data_dictionary(result.personas, result.settings)
    assert list(facts["files"]) == ["personas.csv"]
    labels = facts["files"]["personas.csv"]["columns"][1]["labels"]
    assert sum(one["people"] for one in labels) == 40
    assert min(one["people"] for one in labels) >= result.risk_metrics.k_anonymity
