"""The attack on a release: rates that follow from the sizes of classes, and what is told of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.population import TablePopulation
from personatwin_sk.release._attack import attack_release
from personatwin_sk.risk import ReidentificationRisk


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return pd.DataFrame(
        {"person_id": [f"id{i:03d}" for i in range(200)], "age": np.arange(200) % 50}
    )


@pytest.fixture(scope="module")
def released(people: pd.DataFrame) -> pd.DataFrame:
    """Ages in tens: 40 people each."""
    low = people["age"] // 10 * 10
    return people.assign(person_id=low // 10, age=low.astype(str) + "-" + (low + 9).astype(str))


def risk_of(**kwargs) -> ReidentificationRisk:
    return ReidentificationRisk(["age"], person_id="person_id", attacker="prosecutor", **kwargs)


def test_rates_beside_the_baseline_and_the_untouched_table(people, released) -> None:
    found = attack_release(people, released, risk_of(), 5, random_state=0)
    assert found is not None
    assert found["rate"] == pytest.approx(1 / 40)
    assert found["baseline"] == pytest.approx(1 / 200)
    # Four people have each age.
    assert found["untouched"]["rate"] == pytest.approx(1 / 4)
    assert found["n_targets"] == found["untouched"]["n_targets"] == 200
    assert found["low"] < found["rate"] < found["high"]
    assert found["known_events"] == 0
    words = found["words"]
    assert "a register of the people of the data that has the true age of everybody" in words
    assert "2.50% of 200 targets" in words and "on the untouched table for 25.00%" in words
    assert words.endswith("a name picked blindly is right once in 200 times.")
    assert "id0" not in str(found)


def test_with_a_population_the_register_is_larger(people, released) -> None:
    population = TablePopulation.from_frame(pd.DataFrame({"age": range(50), "n": 100}))
    found = attack_release(people, released, risk_of(population=population), 5, random_state=0)
    assert found is not None
    assert found["baseline"] == pytest.approx(1 / 5000)
    assert found["rate"] < 1 / 40 and found["untouched"]["rate"] == pytest.approx(1 / 100, rel=0.1)
    assert "a register of the population" in found["words"]


def test_known_events_are_attacked_too(people, released) -> None:
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.arange(200), unit="D")
    before = people.assign(event_type="arrest", date=days)
    after = released.assign(event_type="arrest", date=days)
    risk = risk_of(known_events=1, event_type="event_type", date="date")
    found = attack_release(before, after, risk, 5, random_state=0)
    assert found is not None and found["known_events"] == 1
    assert found["rate"] == 1.0  # nobody else has the date
    assert "and one event of each target, with its true date," in found["words"]
    blurred = after.assign(date="2023")
    found = attack_release(before, blurred, risk, 5, random_state=0)
    assert found is not None and found["rate"] == pytest.approx(1 / 40)
    two = risk_of(known_events=2, event_type="event_type", date="date")
    found = attack_release(before, blurred, two, 5, random_state=0)
    assert found is not None and "and 2 events of each target" in found["words"]


def test_of_fewer_targets_than_k_nothing_is_told(people, released) -> None:
    few = released.assign(person_id=released["person_id"].where(np.arange(200) < 4))
    assert attack_release(people, few, risk_of(), 5, random_state=0) is None
    assert attack_release(people, few, risk_of(), 4, random_state=0) is not None


def test_a_number_repeats_the_attack(people, released) -> None:
    first, second = (attack_release(people, released, risk_of(), 5, random_state=7) for _ in "12")
    assert first == second
