"""The Safe Harbor list, held against tables whose answer is plain to see."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.release._aggregates import aggregate_events
from personatwin_sk.release._personas import Personas
from personatwin_sk.release._safe_harbor import ITEMS, safe_harbor

# The eighteen of 45 CFR 164.514(b)(2)(i), by the words that only that item has.
WORDS = {
    "A": "Names",
    "B": "smaller than a state",
    "C": "over 89",
    "D": "Telephone",
    "E": "Fax",
    "F": "E-mail",
    "G": "Social Security",
    "H": "Medical record",
    "I": "Health plan",
    "J": "Account",
    "K": "Certificate",
    "L": "Vehicle",
    "M": "Device",
    "N": "Web",
    "O": "Internet",
    "P": "Biometric",
    "Q": "photographs",
    "R": "Any other",
}


def table(**columns: list) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame(
        {
            "persona_id": [f"P{i:06d}" for i in range(n)],
            **columns,
            "class_size": [5 + i for i in range(n)],
        }
    )


def of(personas: pd.DataFrame, item: str, **rest) -> tuple[str, str]:
    found = safe_harbor(Personas(personas, rest.get("events")), rest.get("dropped"))
    (entry,) = [entry for entry in found if entry["item"] == item]
    return entry["status"], entry["finding"]


def events_of(**columns: list) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"persona_id": ["P000000"] * n, **columns})


def test_all_eighteen_items_in_their_order() -> None:
    found = safe_harbor(Personas(table(age=["30-39"])))
    assert "".join(entry["item"] for entry in found) == "ABCDEFGHIJKLMNOPQR"
    for entry in found:
        assert WORDS[entry["item"]] in entry["identifier"]
        assert set(entry) == {"item", "identifier", "status", "finding", "left_out"}
        assert entry["finding"].endswith(".") and entry["left_out"] == 0
    assert set(ITEMS) == set(WORDS)


@pytest.mark.parametrize(
    ("labels", "status"),
    [
        (["Ohio", "Texas", None], "met"),
        (["Ohio|Texas", "Ohio|"], "met"),
        (["East North Central", "Midwest", "USA"], "met"),
        (["Hamilton County, OH", "Ohio"], "not met"),
        (["Cincinnati, OH"], "not met"),
        (["45202"], "not met"),
        # 452**: the digits of Cincinnati, some 700,000 people; 036**: 13,374 people.
        (["452**", "000**"], "met"),
        (["036**"], "not met"),
        (["Narnia"], "not met"),
    ],
)
def test_places(labels: list, status: str) -> None:
    assert of(table(geography=labels), "B")[0] == status


def test_the_levels_of_small_places_are_told_and_no_place() -> None:
    labels = ["Hamilton County, OH|Butler County, OH", "Hamilton County, OH", "Ohio", "Narnia"]
    _, finding = of(table(geography=labels), "B")
    assert "2 of the level county" in finding and "1 of a place that is not known" in finding
    assert not re.search("Hamilton|Butler|Narnia|Ohio", finding)


def test_places_in_other_columns_are_found_too() -> None:
    people = table(age=["30-39"] * 2, home=["Hamilton County, OH", "Ohio"])
    assert of(people, "B") == (
        "not met",
        "'home': released labels name places smaller than a state (1 of the level county).",
    )
    rows = events_of(
        date=["2023"] * 2, event_type=["a"] * 2, court=["Dayton, OH", "Cincinnati, OH"]
    )
    assert of(table(age=["30-39"]), "B", events=rows)[0] == "not met"
    assert of(table(age=["30-39"]), "B") == ("not released", "No released column holds places.")
    words = table(age=["30-39"] * 2, trade=["baker", "smith"])
    assert of(words, "B")[0] == "not released"


@pytest.mark.parametrize(
    ("labels", "n_people"),
    [
        (["30-39", "85+", "90+", "89", None], 0),
        (["80-89", "88"], 0),
        (["90", "30-39"], 5),
        (["85-94", "91+", "30-39"], 11),
        (["95+"], 5),
        ([30, 95], 6),
        (["30-39|92"], 5),
    ],
)
def test_ages_over_89(labels: list, n_people: int) -> None:
    status, finding = of(table(age=labels), "C")
    assert status == ("not met" if n_people else "met")
    assert (f"labels of {n_people} people" in finding) == bool(n_people)


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["2023", "2024"], None),
        ([2023, 2024], None),
        (["2023-05", "2023-02"], 28),
        (["2023-Q1", "2023"], 90),
        (pd.to_datetime(["2023-05-01", "2023-05-08"]).tolist(), 1),
        ([None, None], None),
    ],
)
def test_dates(dates: list, days: int | None) -> None:
    rows = events_of(date=dates, event_type=["a", "b"])
    status, finding = of(table(age=["30-39"]), "C", events=rows)
    assert status == ("met" if days is None else "not met")
    if days is not None:
        assert f"'date': dates are told in periods of {days} day" in finding


def test_dates_of_other_columns_and_of_counts_are_found_too() -> None:
    rows = events_of(
        date=["2023"] * 2, event_type=["a"] * 2, discharged_date=["2023-05-01", "2023-06-01"]
    )
    status, finding = of(table(age=["30-39"]), "C", events=rows)
    assert status == "not met" and "'discharged_date'" in finding and "'date'" not in finding
    people = pd.DataFrame(
        {"person_id": range(8), "date": ["2023-05"] * 8, "event_type": ["arrest"] * 8}
    )
    counts = aggregate_events(people, people.assign(person_id="P000000"), k=5, by=["date"])
    found = safe_harbor(Personas(table(gender=["Male"]), aggregated_events=counts))
    assert found[2]["status"] == "not met" and "periods of 31 days" in found[2]["finding"]


def test_no_dates_and_no_ages() -> None:
    assert of(table(gender=["Male"]), "C") == (
        "not released",
        "No released column holds dates or ages.",
    )


@pytest.mark.parametrize(
    ("name", "value", "items"),
    [
        ("patient_name", "x", "A"),
        ("home_address", "x", "B"),
        ("date_of_birth", "1987-05-01", "C"),
        ("dob", "x", "C"),
        ("phone", "x", "DE"),
        ("e_mail", "x", "F"),
        ("contact", "a@example.org", "F"),
        ("ssn", "x", "G"),
        ("mrn", "x", "H"),
        ("insurance_number", "x", "I"),
        ("iban", "x", "J"),
        ("license_plate", "x", "KL"),
        ("device_id", "x", "M"),
        ("homepage", "x", "N"),
        ("server", "10.0.0.1", "O"),
        ("fingerprint", "x", "PQ"),
        ("passport", "x", "R"),
    ],
)
def test_identifiers_among_released_columns(name: str, value: str, items: str) -> None:
    rows = events_of(date=["2023"] * 30, event_type=["a"] * 30, **{name: [value] * 30})
    found = safe_harbor(Personas(table(gender=["Male"]), rows))
    failed = "".join(entry["item"] for entry in found if entry["status"] == "not met")
    assert failed == items
    assert all(repr(name) in entry["finding"] for entry in found if entry["status"] == "not met")
    assert value not in " ".join(entry["finding"] for entry in found) or value == "x"


def test_what_is_unique_in_a_row_of_events_is_item_r() -> None:
    codes = [f"case {i} of the court" for i in range(30)]
    rows = events_of(date=["2023"] * 30, event_type=["a"] * 30, docket=codes)
    status, finding = of(table(gender=["Male"]), "R", events=rows)
    assert status == "not met" and "'docket'" in finding


def test_labels_of_personas_that_differ_are_of_groups_and_no_identifier() -> None:
    trades = [f"trade {letter}{other}" for letter in "abcdef" for other in "uvwxyz"]
    assert of(table(trade=trades), "R")[0] == "not released"
    assert of(table(trade=trades), "A")[0] == "not released"


def test_what_was_left_out_is_counted_and_not_named() -> None:
    dropped = {
        "secret_mail": "its values look like: e-mail address",
        "secret_mail_2": "its name says: e-mail address",
        "mobile": "its name says: telephone number",
        "code": "its values look like: near-unique text",
        "own": "named by `columns`",
    }
    found = safe_harbor(Personas(table(age=["30-39"])), dropped)
    counts = {entry["item"]: entry["left_out"] for entry in found if entry["left_out"]}
    assert counts == {"F": 2, "D": 1, "E": 1, "R": 2}
    assert not any("secret" in entry["finding"] for entry in found)


def test_nothing_is_modified() -> None:
    people, rows = (
        table(age=["30-39"], geography=["Ohio"]),
        events_of(date=["2023"], event_type=["a"]),
    )
    before = people.copy(), rows.copy()
    safe_harbor(Personas(people, rows))
    pd.testing.assert_frame_equal(people, before[0])
    pd.testing.assert_frame_equal(rows, before[1])


def test_no_status_but_the_four_and_no_value_in_a_finding() -> None:
    rng = np.random.default_rng(0)
    people = table(age=rng.choice(["30-39", "canary-7"], 40).tolist(), geography=["canary-7"] * 40)
    for entry in safe_harbor(Personas(people)):
        assert entry["status"] in {"not released", "met", "not met", "not looked for"}
        assert "canary" not in entry["finding"]
