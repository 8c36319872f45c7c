"""The whole job from what stewards have: records, dates of birth, people without events."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.exceptions import DataWarning, InfeasibleRiskError, InputError
from personatwin_sk.release import (
    create_safe_personas,
    load_criminal_justice_data,
    load_people_events,
    people_from_records,
    personas_to_dataframe,
    personas_to_event_dataframe,
    records_from_table,
)

EASY = {"known_events": 0, "use_census_data": False, "target_risk": 0.25, "random_state": 0}


def court(n_people: int = 80) -> pd.DataFrame:
    return make_people_events(n_people, random_state=5)


def same_release(one, other) -> None:
    for table in (personas_to_dataframe, personas_to_event_dataframe):
        pd.testing.assert_frame_equal(table(one.personas), table(other.personas))


def test_records_are_data():
    table = court()
    people = records_from_table(table)
    same_release(create_safe_personas(people, **EASY), create_safe_personas(table, **EASY))
    made = records_from_table(create_safe_personas(people, **EASY).personas)
    assert sum(persona.class_size for persona in made) == 80
    assert sum(len(persona.events) for persona in made) == len(table)


def test_births_are_as_good_as_ages():
    table = court()
    last = table["date"].max()
    born = last - pd.to_timedelta(np.round(365.25 * (table["age"] + 0.5)), unit="D")
    births = table.drop(columns="age").assign(date_of_birth=born.dt.strftime("%Y-%m-%d"))
    result = create_safe_personas(births, **EASY)
    assert "date_of_birth" in result.settings["dropped_columns"]
    one, other = (
        personas_to_dataframe(released.personas)
        for released in (result, create_safe_personas(table, **EASY))
    )
    pd.testing.assert_frame_equal(one[other.columns], other)


def test_ages_are_those_of_the_reference_date():
    births = court().drop(columns=["age", "event_id", "date", "event_type", "outcome"])
    births = births.drop_duplicates("person_id").assign(date_of_birth="1984-06-15")
    births.iloc[:40, -1] = "1954-06-15"
    for day, ages in (("2024-06-14", {69, 39}), ("2024-06-15", {70, 40})):
        result = create_safe_personas(births, reference_date=day, **EASY)
        told = personas_to_dataframe(result.personas)["age"].astype(str)
        assert set(told.str.extractall(r"(\d+)")[0].astype(int)) <= ages
        assert result.to_dict()["settings"]["reference_date"] == day
    with pytest.raises(InputError, match="reference_date must be a date"):
        create_safe_personas(births, reference_date=2024, **EASY)
    assert "reference_date" not in create_safe_personas(court(), **EASY).settings


def test_unknown_labels_are_told_once(tmp_path):
    table = court()
    table.loc[:30, "event_type"] = "lunch"
    table.to_csv(tmp_path / "court.csv", index=False)
    with pytest.warns(DataWarning, match="domain 'criminal_justice' does not know") as told:
        data = load_criminal_justice_data(tmp_path / "court.csv")
        result = create_safe_personas(data, domain="criminal_justice", **EASY)
    lines = [str(warning.message) for warning in told]
    assert len(lines) == len(set(lines)) >= 1
    # What was told is in the release's notes all the same.
    assert set(lines) <= set(result.notes)
    with pytest.warns(DataWarning, match="does not know"):
        create_safe_personas(table, domain="criminal_justice", **EASY)


def test_people_without_events_are_released_and_have_none():
    table = court()
    events = table.drop(columns=["age", "gender", "ethnicity", "geography"])
    traits = table[["person_id", "age", "gender", "ethnicity", "geography"]].drop_duplicates()
    few = events[events["person_id"].isin(traits["person_id"].iloc[:50])]
    data = load_people_events(
        io.BytesIO(traits.to_csv(index=False).encode()),
        events=io.BytesIO(few.to_csv(index=False).encode()),
    )
    assert len(data) == len(few) + 30
    result = create_safe_personas(data, **EASY)
    assert result.counts["people"] == result.counts["released_people"] == 80
    assert result.counts["events"] == result.counts["released_events"] == len(few)
    released = personas_to_event_dataframe(result.personas)
    assert released["event_type"].notna().all()
    assert released["event_type"].value_counts().to_dict() == (
        few["event_type"].value_counts().to_dict()
    )
    assert personas_to_dataframe(result.personas)["class_size"].sum() == 80


def test_people_without_events_do_not_count_as_people_with_one():
    # Were the nine a tenth event type of their own, the least risk would be below the target.
    people = [f"p{number}" for number in range(10)]
    table = pd.DataFrame(
        {
            "person_id": people,
            "age": 30,
            "date": ["2020-01-01"] + [None] * 9,
            "event_type": ["arrest"] + [None] * 9,
        }
    )
    with pytest.raises(InfeasibleRiskError, match=r"finds its person with a chance of 1\.0000"):
        create_safe_personas(table, use_census_data=False, target_risk=0.5, random_state=0)


def test_labels_that_the_domain_does_not_know_are_told_and_noted():
    table = court()
    table["event_type"] = table["event_type"].where(table["event_type"] != "arrest", "Booking")
    n_rows = int((table["event_type"] == "Booking").sum())
    with pytest.warns(DataWarning, match=rf"^{n_rows} of {len(table)} rows have an event_type"):
        result = create_safe_personas(table, domain="criminal_justice", **EASY)
    note = next(note for note in result.notes if "event_type" in note)
    assert f"'Booking' ({n_rows} rows) may be 'arrest'" in note
    released = personas_to_event_dataframe(result.personas)
    assert (released["event_type"] == "Booking").sum() == n_rows
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        create_safe_personas(table, domain="custom", **EASY)


def test_data_are_not_changed_in_place():
    table = court().assign(date_of_birth="1980-01-01").drop(columns="age")
    before = table.copy()
    create_safe_personas(table, **EASY)
    pd.testing.assert_frame_equal(table, before)


def test_a_list_of_something_else_is_no_data():
    with pytest.raises(InputError):
        create_safe_personas([1, 2, 3], **EASY)
    with pytest.raises(InputError, match="1 of 2 records are no Person"):
        people_from_records([*records_from_table(court(1)), "x"])


def test_two_spellings_of_an_event_are_told_once_and_noted(tmp_path):
    """Of a table that comes as it is, by the release; of a file, by its loader only."""
    events = make_people_events(60, random_state=0)
    shouted = (events["event_type"] == "arrest") & (events.index % 3 == 0)
    events["event_type"] = events["event_type"].mask(shouted, "Arrest")
    events.to_csv(tmp_path / "events.csv", index=False)
    settings = EASY | {"domain": "criminal_justice"}
    with pytest.warns(DataWarning, match="'event_type' are written otherwise") as told:
        result = create_safe_personas(events, **settings)
    assert sum("written otherwise" in str(warning.message) for warning in told) == 1
    assert any("written otherwise" in note for note in result.notes)
    with pytest.warns(DataWarning, match="'event_type' are written otherwise"):
        loaded = load_people_events(tmp_path / "events.csv")
    with warnings.catch_warnings(record=True) as again:
        warnings.simplefilter("always")
        result = create_safe_personas(loaded, **settings)
    assert not any("written otherwise" in str(warning.message) for warning in again)
    assert any("written otherwise" in note for note in result.notes)
