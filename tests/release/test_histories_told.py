"""What is told of histories as a whole: weighted means, by hand and against the tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.release import persona_histories
from personatwin_sk.release._histories_told import histories_told


@pytest.fixture(scope="module")
def histories():
    """Persona 0: 20 people with one event; 1: ten with one, ten with three; 2: two with two."""
    n_events = np.repeat([1, 1, 3, 2], [20, 10, 10, 10])
    persona = np.repeat([0, 1, 1, 2], [20, 10, 10, 10])
    rows = np.repeat(np.arange(50), n_events)
    events = pd.DataFrame(
        {
            "person_id": rows,
            "event_type": "arrest",
            "date": "2023",
            "outcome": "other",
        }
    )
    return persona_histories(events, events.assign(person_id=persona[rows]), k=5)


def test_means_over_the_people_of_personas(histories) -> None:
    found = histories_told(histories)
    assert found is not None and found["least_people"] == 5
    figures = {row["name"]: row for row in found["figures"]}
    assert figures["personas"] == {"name": "personas", "value": 3.0, "share": False}
    assert figures["number of events per person"]["value"] == pytest.approx(80 / 50)
    assert not figures["number of events per person"]["share"]
    repeats = figures["share of people with several events"]
    assert repeats["value"] == pytest.approx(20 / 50) and repeats["share"]
    told = figures["people in personas with the share of people with several events"]
    assert told["value"] == 1.0
    assert found["words"][0] == "Each figure of a persona's history rests on at least 5 people."
    assert any(
        "several events is told for 3 of 3 personas, which 100.0% of the people are in; over "
        "these it is 40.0%" in line
        for line in found["words"]
    )


def test_what_is_not_told_is_counted(histories) -> None:
    summary = histories.summary.assign(
        repeat_share=[0.5, np.nan, np.nan], recidivism_share=np.nan, class_size=[20, 20, 10]
    )
    some = replace(
        histories, summary=summary, n_suppressed={"summary": 5, "repeats": 7, "events": 0}
    )
    found = histories_told(some)
    assert found is not None
    words = " ".join(found["words"])
    assert "is told for 1 of 3 personas, which 40.0% of the people are in. " in words
    assert "Of no persona the share of people with a second run of events could be told." in words
    assert "5 of summary, 7 of repeats." in words
    names = [row["name"] for row in found["figures"]]
    assert not any("second run" in name for name in names)
    # Of one persona it may be told because all of its people are alike in it: no mean of all.
    assert "share of people with several events" not in names
    assert "people in personas with the share of people with several events" in names


def test_no_histories_no_figures() -> None:
    assert histories_told(None) is None
