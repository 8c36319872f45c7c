"""Attacks and event figures that a report holds only where they are asked for."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.risk import AttackResult, ReidentificationRisk, ResidualRisk, assess_risk


@pytest.fixture
def people() -> pd.DataFrame:
    return pd.DataFrame({"who": range(8), "age": [31, 34, 38, 39, 52, 55, 57, 58]})


@pytest.fixture
def released(people: pd.DataFrame) -> pd.DataFrame:
    return people.assign(age=["30-39"] * 4 + ["50-59"] * 4)


def test_no_attack_is_tried_unasked(people, released) -> None:
    report = assess_risk(people, released, "age", person_id="who")
    assert report.attacks == {} and report.to_dict()["attacks"] == {}


@pytest.mark.parametrize(
    ("attacks", "names"),
    [
        (True, ["linkage", "singling_out"]),
        ("linkage", ["linkage"]),
        (["singling_out"], ["singling_out"]),
    ],
)
def test_attacks_that_are_asked_for_are_in_the_report(people, released, attacks, names) -> None:
    report = assess_risk(people, released, "age", person_id="who", attacks=attacks)
    assert list(report.attacks) == names
    if "linkage" in names:
        # Four people a class, and nothing else to go by.
        linkage = report.attacks["linkage"]
        assert isinstance(linkage, AttackResult) and linkage.rate == pytest.approx(1 / 4)
        assert linkage.low < 1 / 4 < linkage.high
    if "singling_out" in names:
        assert isinstance(report.attacks["singling_out"], ResidualRisk)
    told = json.loads(json.dumps(report.to_dict()))["attacks"]
    assert list(told) == names and all("rate" in one for one in told.values())


@pytest.mark.parametrize("attacks", ["guessing", ["linkage", "x"], "inference"])
def test_attacks_that_there_are_not(attacks) -> None:
    with pytest.raises(InputError):
        ReidentificationRisk("age", attacks=attacks)


def test_a_quick_report_leaves_out_what_decides_nothing() -> None:
    rows = pd.DataFrame(
        {
            "who": [1, 1, 2, 2, 3, 3],
            "age": "30-39",
            "kind": ["charge", "trial"] * 3,
            "date": pd.to_datetime(
                ["2023-01-02", "2023-03-01", "2023-01-20", "2023-05-02", "2023-02-03", "2023-02-04"]
            ),
        }
    )
    events = {"person_id": "who", "event_type": "kind", "date": "date"}
    for known in (1, 2):
        whole = assess_risk(rows, rows, "age", known_events=known, **events).event_risk
        quick = assess_risk(rows, rows, "age", known_events=known, thorough=False, **events)
        assert quick.event_risk.upper == whole.upper and quick.event_risk.mean == whole.mean
        assert quick.event_risk.without_class is None and whole.without_class > 0
        # Who knows two events may look at the gap alone: that counts, and is never left out.
        assert (quick.event_risk.interval_upper is None) == (known == 1)
        json.dumps(quick.to_dict(), allow_nan=False)
