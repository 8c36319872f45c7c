"""What is said beside the risk: presets, rules, what is sent, and the classes that stand out."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from personatwin_sk.population import CensusPopulation, TablePopulation
from personatwin_sk.release._personas import Personas
from personatwin_sk.release._statements import (
    RULES,
    preset_checks,
    release_checks,
    what_is_sent,
)
from personatwin_sk.risk import assess_risk


def report_of(*sizes: int):
    """Assess a table with a class of each size."""
    before = pd.DataFrame({"age": range(sum(sizes))})
    labels = [f"class {i}" for i, size in enumerate(sizes) for _ in range(size)]
    return assess_risk(before, before.assign(age=labels), ["age"])


def personas_of(*sizes: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "persona_id": [f"P{i}" for i in range(len(sizes))],
            "age": [f"class {i}" for i in range(len(sizes))],
            "class_size": sizes,
        }
    )


def checks_of(*sizes: int, events: pd.DataFrame | None = None, **rest: Any) -> dict[str, Any]:
    rest = {"dropped": {}, "population": None, **rest}
    return release_checks(Personas(personas_of(*sizes), events), report_of(*sizes), **rest)


@pytest.mark.parametrize(
    ("sizes", "met"),
    [
        ((20, 25), [True, True, True, True]),
        ((11, 30), [True, True, True, False]),  # 1/11 rounds to .09
        ((10, 30), [False, False, False, False]),
    ],
)
def test_presets_by_hand(sizes: tuple[int, ...], met: list[bool]) -> None:
    checks = preset_checks(report_of(*sizes))
    assert [check["name"] for check in checks] == ["cms", "ema", "health_canada", "strict"]
    assert [check["met"] for check in checks] == met
    assert [round(check["threshold"], 2) for check in checks] == [0.09, 0.09, 0.09, 0.05]
    for check in checks:
        assert bool(check["why"]) != check["met"] and check["source"]


def test_why_a_preset_is_not_met_names_the_figure() -> None:
    cms = preset_checks(report_of(10, 30))[0]
    assert cms["why"] == ["The largest risk of a person is 0.1000; at most 0.0909 is allowed."]


def test_rules_say_what_they_speak_to_and_what_not() -> None:
    assert [rule["rule"].split(",")[0] for rule in RULES] == [
        "HIPAA Safe Harbor",
        "HIPAA Expert Determination",
        "GDPR",
        "FERPA",
    ]
    for rule in RULES:
        assert set(rule) == {"rule", "speaks_to", "does_not"}
        assert "safe" not in (rule["speaks_to"] + rule["does_not"]).lower()


NOTHING = "Nothing of the data was sent anywhere"


def test_without_a_population_nothing_is_fetched() -> None:
    first, second = what_is_sent(None, ())
    assert first.startswith(NOTHING) and "nothing was fetched" in second


def test_a_table_of_the_user_is_not_fetched() -> None:
    table = TablePopulation.from_frame(pd.DataFrame({"age": [30, 40], "n": [5, 6]}))
    first, second = what_is_sent(table, ("table of counts given by the user",))
    assert first.startswith(NOTHING) and "table of the user" in second


@pytest.mark.parametrize(
    ("sources", "said", "unsaid"),
    [
        (
            ("modelled from US Census Bureau, live: a (2024)", "US Census Bureau, live: b"),
            ["www2.census.gov", "which states were asked for"],
            ["cache", "came with the package"],
        ),
        (
            ("US Census Bureau, cache: a (2024)",),
            ["this machine's cache"],
            ["census.gov", "came with the package"],
        ),
        (
            ("modelled from US Census Bureau, bundled: a (2024)",),
            ["came with the package; no figure was fetched"],
            ["census.gov", "cache"],
        ),
        (
            ("US Census Bureau, bundled: a", "US Census Bureau, live: b"),
            ["www2.census.gov"],
            ["came with the package"],
        ),
    ],
)
def test_each_source_of_the_census_is_told(sources, said, unsaid) -> None:
    first, *rest = what_is_sent(CensusPopulation(source="bundled"), sources)
    assert first.startswith(NOTHING)
    assert all(words in " ".join(rest) for words in said)
    assert not any(words in " ".join(rest) for words in unsaid)


def test_what_was_asked_for_in_vain_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    census = CensusPopulation(source="bundled")
    assert len(what_is_sent(census, ("US Census Bureau, bundled: a",))) == 2
    monkeypatch.setattr(CensusPopulation, "remarks", ("1 of 1 tables could not be had",))
    assert "asked for by state" in what_is_sent(census, ("US Census Bureau, bundled: a",))[-1]


def test_the_words_are_those_that_the_census_uses() -> None:
    """A change of the census' own words would make this silent."""
    census = CensusPopulation(source="bundled")
    found = census.count(pd.DataFrame({"age": [30], "geography": ["Ohio"]}))
    said = what_is_sent(census, tuple(found["source"].unique()))
    assert said[1:] == ["Population figures came with the package; no figure was fetched."]


def test_the_highest_classes_first_and_none_below_the_smallest_class() -> None:
    found = checks_of(9, 4, 30, 6, 8, 7, 50)["highest_classes"]
    assert [(entry["people"], round(entry["risk"], 4)) for entry in found] == [
        (4, 0.25),
        (6, 0.1667),
        (7, 0.1429),
        (8, 0.125),
        (9, 0.1111),
    ]
    assert found[0]["labels"] == {"age": "class 1"}


def test_a_null_label_stays_null() -> None:
    before = pd.DataFrame({"age": range(6)})
    released = before.assign(age=[None] * 6)
    report = assess_risk(before, released, ["age"])
    table = pd.DataFrame({"persona_id": ["P0"], "age": [None], "class_size": [6]})
    found = release_checks(Personas(table), report, dropped={}, population=None)
    assert found["highest_classes"] == [
        {"labels": {"age": None}, "people": 6, "risk": pytest.approx(1 / 6)}
    ]


def test_a_key_called_people_is_not_mistaken_for_the_count() -> None:
    before = pd.DataFrame({"people": range(6)})
    report = assess_risk(before, before.assign(people="0-5"), ["people"])
    table = pd.DataFrame({"persona_id": ["P0"], "people": ["0-5"], "class_size": [6]})
    found = release_checks(Personas(table), report, dropped={}, population=None)
    assert found["highest_classes"][0] == {
        "labels": {"people": "0-5"},
        "people": 6,
        "risk": pytest.approx(1 / 6),
    }


def test_what_the_events_of_a_persona_agree_in() -> None:
    events = pd.DataFrame(
        {
            "persona_id": ["P0"] * 4 + ["P1"] * 4,
            "date": "2023",
            "event_type": ["arrest"] * 4 + ["arrest", "trial"] * 2,
            "outcome": ["a", "b", "c", "d"] * 2,
        }
    )
    kinds, outcomes = checks_of(5, 5, events=events)["diversity"]
    # One persona has arrests alone: 4 of 4, where 6 of 8 events of all are arrests.
    assert (kinds["column"], kinds["distinct_l"], kinds["top_share"]) == ("event_type", 1, 1.0)
    assert kinds["t"] == pytest.approx(1 - 6 / 8) and kinds["entropy_l"] == pytest.approx(1.0)
    assert (outcomes["distinct_l"], outcomes["top_share"], outcomes["classes"]) == (4, 0.25, 2)
    assert outcomes["t"] == pytest.approx(0) and outcomes["entropy_l"] == pytest.approx(4)


def test_without_events_there_is_nothing_to_agree_in() -> None:
    assert checks_of(5, 5)["diversity"] == []


def test_all_of_it_can_be_written_as_json_and_names_no_dropped_column() -> None:
    found = checks_of(5, 6, dropped={"canary": "its name says: telephone number"})
    text = json.dumps(found, allow_nan=False)
    assert set(found) == {
        "safe_harbor",
        "presets",
        "rules",
        "sent",
        "highest_classes",
        "diversity",
    }
    assert "canary" not in text
    assert SimpleNamespace(**found).safe_harbor[3]["left_out"] == 1
