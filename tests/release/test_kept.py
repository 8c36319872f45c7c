"""What a release keeps: marginals, pairs, sequences and counts, by hand and with plain pandas."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.release import _kept, aggregate_events, create_safe_personas
from personatwin_sk.release._columns import ReleaseColumns
from personatwin_sk.release._kept import measure_kept


def columns_of(table: pd.DataFrame) -> ReleaseColumns:
    return ReleaseColumns.by_name(table.columns)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person_id": range(40),
            "age": [20] * 10 + [30] * 10 + [40] * 20,
            "gender": ["Female"] * 20 + ["Male"] * 20,
        }
    )


@pytest.fixture(scope="module")
def released(people: pd.DataFrame) -> pd.DataFrame:
    """Ages 20 and 30 become a range, and four of those aged 40 are called female."""
    gender = ["Female"] * 24 + ["Male"] * 16
    age = ["20-30"] * 20 + ["40"] * 20
    return people.assign(person_id=[0] * 20 + [1] * 20, age=age, gender=gender)


def test_of_people_alone(people: pd.DataFrame, released: pd.DataFrame) -> None:
    kept = measure_kept(people, released, columns_of(people), 5)
    assert kept is not None
    # The range counts half for each of its two ages, which is what they have.
    assert kept["marginals"] == [
        {"column": "age", "of": "people", "kept": 1.0, "n_values": 3},
        {"column": "gender", "of": "people", "kept": 0.875, "n_values": 2},  # .9 in steps of 5/40
    ]
    (pair,) = kept["pairs"]["associations"]
    assert pair["columns"] == ["age", "gender"] and pair["of"] == "people"
    # (20, F), (30, F), (40, M) of 10, 10, 20 become 10, 10, 16, and 4 of (40, F).
    assert pair["kept"] == pytest.approx(0.875) == kept["pairs"]["k_marginal"] / 1000
    change = pair["released"] - pair["original"]
    assert kept["pairs"]["largest_change"] == {"columns": ["age", "gender"], "change": change}
    assert change < 0
    assert kept["disparities"] == [] and kept["disparity_counts"]["significant"] == 0
    assert kept["sequences"] is kept["trends"] is kept["counts"] is kept["sampled_people"] is None
    assert kept["least_people"] == 40
    assert "Of single columns gender keeps the least: 87.5% of its distribution." in kept["words"]
    assert kept["propensity"]["value"] >= 0.0 < kept["propensity"]["expected"]


def test_figures_do_not_tell_what_one_person_is(people, released) -> None:
    """One woman more or less in the original changes nothing that is told of it."""
    columns = columns_of(people)
    for k, differ in ((5, False), (1, True)):
        told = []
        for n_women in (20, 21):
            gender = ["Female"] * n_women + ["Male"] * (40 - n_women)
            kept = measure_kept(people.assign(gender=gender), released, columns, k)
            assert kept is not None
            (pair,) = kept["pairs"]["associations"]
            told.append([row["kept"] for row in kept["marginals"]] + [pair["kept"]])
            steps = pair["original"] * 40 / k
            assert steps == pytest.approx(round(steps), abs=1e-6)
        assert (told[0] != told[1]) == differ


def test_one_column_has_no_pairs(people: pd.DataFrame, released: pd.DataFrame) -> None:
    columns = ["person_id", "age"]
    kept = measure_kept(people[columns], released[columns], columns_of(people[columns]), 5)
    assert kept is not None and kept["pairs"] is None
    assert len(kept["marginals"]) == 1 and len(kept["words"]) == 1


def test_the_suppressed_are_not_in_the_release(people, released) -> None:
    # Ten of the women are suppressed: 14 of 30 are released as female, which were 20 of 40.
    person = released["person_id"].where(np.arange(40) >= 10)
    gone = released.assign(
        person_id=person, gender=released["gender"].where(np.arange(40) >= 10, None)
    )
    kept = measure_kept(people, gone, columns_of(people), 1)
    assert kept is not None
    # In steps of one of 40 people: 1 - (20 / 40 - 14 / 30) = .967
    assert kept["marginals"][1]["kept"] == pytest.approx(39 / 40)
    assert kept["least_people"] == 30


def test_fewer_people_than_k_give_no_figure(people, released) -> None:
    few = released.assign(person_id=released["person_id"].where(np.arange(40) < 4))
    assert measure_kept(people, few, columns_of(people), 5) is None
    assert measure_kept(people, few, columns_of(people), 4) is not None


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    """Each of 30 people is arrested, and tried ten days later."""
    days = pd.to_datetime("2023-01-01") + pd.to_timedelta(np.arange(30) * 7, unit="D")
    return pd.DataFrame(
        {
            "person_id": np.repeat(np.arange(30), 2),
            "age": np.repeat([20, 40], 30),
            "date": np.stack([days, days + pd.Timedelta(days=10)], axis=1).reshape(-1),
            "event_type": ["arrest", "trial"] * 30,
            "outcome": ["felony", "guilty"] * 30,
        }
    )


def test_of_events(events: pd.DataFrame) -> None:
    later = events["date"] + pd.to_timedelta(np.where(events["event_type"] == "trial", 5, 0), "D")
    after = events.assign(person_id=np.repeat([0, 1], 30), date=later)
    kept = measure_kept(events, after, columns_of(events), 5)
    assert kept is not None
    of = {row["column"]: row["of"] for row in kept["marginals"]}
    assert of == {"age": "people", "date": "events", "event_type": "events", "outcome": "events"}
    assert kept["sequences"] == {
        "transition_score": 1.0,  # a trial follows an arrest, in both
        "gap_score": pytest.approx(0.5),  # gaps of ten days are fifteen
        "gap_distance": pytest.approx(5.0),
        "mean_gap": pytest.approx(10.0),
    }
    # Events of one age against those of the other: no pair of keys, and every other pair.
    pairs = [row["columns"] for row in kept["pairs"]["associations"]]
    assert len(pairs) == 6 and ["age", "date"] in pairs
    sentence = next(line for line in kept["words"] if line.startswith("Sequences"))
    assert "100.0% of what follows what" in sentence and "5.0 days off" in sentence


def test_a_sequence_is_not_told_of_fewer_than_k_people(events: pd.DataFrame) -> None:
    alone = events[(events["person_id"] < 4) | (events["event_type"] == "arrest")]
    after = alone.assign(person_id=0)
    for k, told in ((4, True), (5, False)):
        kept = measure_kept(alone, after, columns_of(alone), k)
        assert kept is not None and (kept["sequences"] is not None) == told


def test_people_without_events_are_people_and_no_events(events: pd.DataFrame) -> None:
    idle = pd.DataFrame({"person_id": range(30, 60), "age": 60})
    both = pd.concat([events, idle], ignore_index=True)
    kept = measure_kept(both, both.assign(person_id=0), columns_of(both), 5)
    alone = measure_kept(events, events.assign(person_id=0), columns_of(events), 5)
    assert kept is not None and alone is not None
    assert kept["trends"] == alone["trends"] and kept["sequences"] == alone["sequences"]
    assert kept["marginals"][0]["n_values"] == 3
    changed = both.assign(person_id=0, age=both["age"].where(both["age"] < 60, 20))
    kept = measure_kept(both, changed, columns_of(both), 5)
    assert kept is not None and kept["marginals"][0]["kept"] == pytest.approx(0.5)


def test_counts_in_place_of_rows(events: pd.DataFrame) -> None:
    after = events.assign(person_id=np.where(events["person_id"] < 26, 0, 1))
    by = ["event_type", "persona_id"]
    counts = aggregate_events(events, after, by, k=5)
    kept = measure_kept(events, after, columns_of(events), 5, aggregated=counts)
    assert kept is not None
    # All arrests and trials are counted; those of the four of the second persona are not, so that
    # nor are those of the first, which they could be taken off.
    assert kept["counts"] == [
        {"by": ["event_type"], "share": 1.0},
        {"by": ["event_type", "persona_id"], "share": 0.0},
    ]
    assert kept["sequences"] is kept["trends"] is None and kept["disparities"] == []
    assert [row["column"] for row in kept["marginals"]] == ["age"]
    assert "Counts by event_type show 100.0% of the events." in kept["words"]
    fine = aggregate_events(events, after, by, k=4)
    kept = measure_kept(events, after, columns_of(events), 4, aggregated=fine)
    assert kept is not None and kept["counts"][1]["share"] == 1.0


def test_of_very_many_people_a_part_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    events = make_people_events(900, random_state=2)
    after = events.assign(person_id=0, age="20-60")
    whole = measure_kept(events, after, columns_of(events), 5)
    monkeypatch.setattr(_kept, "_MOST_PEOPLE", 300)
    part = measure_kept(events, after, columns_of(events), 5)
    assert whole is not None and part is not None
    assert whole["sampled_people"] is None and part["sampled_people"] == 300
    assert part["least_people"] <= 300
    assert part["marginals"][0]["kept"] == pytest.approx(whole["marginals"][0]["kept"], abs=0.1)
    assert part["words"][-1] == "These figures were measured on 300 people, drawn at random."
    monkeypatch.setattr(_kept, "_MOST_ROWS", len(events) // 3)
    monkeypatch.setattr(_kept, "_MOST_PEOPLE", 900)
    rows = measure_kept(events, after, columns_of(events), 5)
    assert rows is not None and 290 <= rows["sampled_people"] <= 300
    # Rows in another order are the same people: the same of them are drawn.
    order = np.random.default_rng(0).permutation(len(events))
    again = measure_kept(events.iloc[order], after.iloc[order], columns_of(events), 5)
    assert again is not None and again["marginals"] == rows["marginals"]


def test_a_model_sees_a_part_of_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    events = make_people_events(900, random_state=2)
    after = events.assign(person_id=0, outcome="other")
    whole = measure_kept(events, after, columns_of(events), 5)
    monkeypatch.setattr(_kept, "_MOST_MODELLED", 400)
    part = measure_kept(events, after, columns_of(events), 5)
    assert whole is not None and part is not None
    # What is expected by chance goes with one over the number of rows.
    n_rows = part["propensity"]["expected"] / whole["propensity"]["expected"]
    assert n_rows == pytest.approx(len(events) / 400, rel=0.2)
    assert {name: part[name] for name in ("marginals", "pairs", "trends")} == {
        name: whole[name] for name in ("marginals", "pairs", "trends")
    }


@pytest.fixture(scope="module")
def result():
    events = make_people_events(600, random_state=5, areas=("39061", "39017"))
    return create_safe_personas(events, domain="criminal_justice", known_events=0, random_state=1)


def test_a_release_comes_with_its_findings(result) -> None:
    facts = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    for name in ("kept", "attack", "histories", "checks"):
        assert facts[name] == json.loads(json.dumps(getattr(result, name)))
        assert facts[name]
    assert facts["risk"]["release"]["k_anonymity"] >= 5
    assert facts["kept"]["least_people"] >= 5
    assert len(facts["kept"]["trends"]) > 2 and facts["kept"]["disparities"]
    assert {check["item"] for check in facts["checks"]["safe_harbor"]} == set("ABCDEFGHIJKLMNOPQR")


def test_nothing_is_changed_in_place(events: pd.DataFrame) -> None:
    after = events.assign(person_id=0)
    before, copy = events.copy(deep=True), after.copy(deep=True)
    measure_kept(events, after, columns_of(events), 5)
    pd.testing.assert_frame_equal(events, before)
    pd.testing.assert_frame_equal(after, copy)
