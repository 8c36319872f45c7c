"""Linkage by events, against an attacker who reads every history by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import personatwin_sk.risk.attacks._event_linkage as event_linkage
from personatwin_sk._core.frames import Table
from personatwin_sk.risk._classes import find_classes
from personatwin_sk.risk.attacks import simulate_linkage


def histories(seed, n_people=12, n_events=30, jitter=0, precision="M"):
    rng = np.random.default_rng(seed)
    who = np.append(np.arange(n_people), rng.integers(0, n_people, n_events))
    days = np.datetime64("2020-01-01") + rng.integers(0, 300, len(who))
    people = pd.DataFrame(
        {
            "who": who,
            "age": np.where(who % 2, 30, 50),
            "kind": rng.choice(["a", "b"], len(who)),
            "date": days.astype(str),
        }
    )
    moved = days + rng.integers(-jitter, jitter + 1, len(who))
    released = people.assign(
        age=np.where(who % 2, "30-39", "50-59"),
        date=moved.astype(f"datetime64[{precision}]").astype(str),
    )
    return people, released, days, moved


def bounds_of(label):
    period = pd.Period(label)
    return (
        period.start_time.normalize().to_datetime64(),
        period.end_time.normalize().to_datetime64(),
    )


def by_hand(people, released, days, known_of, reach):
    """Weigh every classmate's history for the known rows of each person."""
    best, even = {}, {}
    for person, known in known_of.items():
        age = people["age"][people["who"] == person].iloc[0]
        weights = {}
        for other in people["who"][people["age"] == age].unique():
            rows = np.flatnonzero(people["who"] == other)
            weight = 1.0
            for event in known:
                fits = 0
                for row in rows:
                    if released["kind"][row] != people["kind"][event]:
                        continue
                    start, end = bounds_of(released["date"][row])
                    possible = days[event] + np.arange(-reach, reach + 1)
                    fits += int(((possible >= start) & (possible <= end)).sum())
                weight *= fits / len(rows)
            weights[other] = weight
        most = max(weights.values())
        tied = [other for other, weight in weights.items() if weight >= most * (1 - 1e-9)]
        best[person] = (person in tied) / len(tied)
        even[person] = 1 / sum(weight > 0 for weight in weights.values())
    return best, even


def observed_reach(released, days):
    reach = 0
    for label, day in zip(released["date"], days, strict=True):
        start, end = bounds_of(label)
        reach = max(reach, (start - day).astype("timedelta64[D]").astype(int))
        reach = max(reach, (day - end).astype("timedelta64[D]").astype(int))
    return reach


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("jitter", [0, 25])
def test_equals_reading_all_histories(seed, jitter):
    people, released, days, _ = histories(seed, jitter=jitter)
    classes = find_classes(Table.of(people), Table.of(released), ["age"], "who")
    # So many that all events of everybody are known, and chance has no part in it.
    result = event_linkage.link_events(
        Table.of(people),
        Table.of(released),
        classes,
        np.arange(len(classes.member)),
        99,
        ("kind", "date"),
        np.random.RandomState(0),
    )
    known_of = {person: np.flatnonzero(people["who"] == person) for person in range(12)}
    best, even = by_hand(people, released, days, known_of, observed_reach(released, days))
    assert result["events"] == pytest.approx([best[p] for p in classes.member])
    assert result["events, even"] == pytest.approx([even[p] for p in classes.member])


@pytest.mark.parametrize("seed", range(2))
def test_one_known_event_averages_over_all_of_them(seed):
    people, released, days, _ = histories(seed, n_people=8, n_events=10)
    classes = find_classes(Table.of(people), Table.of(released), ["age"], "who")
    total = np.zeros(8)
    n_draws = 500
    rng = np.random.RandomState(100 + seed)
    for _ in range(n_draws):
        total += event_linkage.link_events(
            Table.of(people),
            Table.of(released),
            classes,
            np.arange(8),
            1,
            ("kind", "date"),
            rng,
        )["events"]
    expected = []
    for person in range(8):
        rows = np.flatnonzero(people["who"] == person)
        expected.append(
            np.mean([by_hand(people, released, days, {person: [r]}, 0)[0][person] for r in rows])
        )
    assert total / n_draws == pytest.approx(expected, abs=0.09)


def test_small_steps_change_nothing(monkeypatch):
    people, released, _, _ = histories(3, n_people=40, n_events=100, jitter=10)
    arguments = {"person_id": "who", "known_events": 2, "event_type": "kind", "date": "date"}
    whole = simulate_linkage(people, released, "age", random_state=4, **arguments)
    monkeypatch.setattr(event_linkage, "_STEP", 50)
    assert simulate_linkage(people, released, "age", random_state=4, **arguments) == whole


def test_unique_history_is_found_and_its_twin_is_not():
    n = 40
    people = pd.DataFrame(
        {
            "who": range(n),
            "age": 30,
            "kind": "charge",
            "date": [f"2020-{m:02d}-{d:02d}" for m in range(1, 5) for d in range(1, 11)],
        }
    )
    arguments = {
        "person_id": "who",
        "known_events": 1,
        "event_type": "kind",
        "date": "date",
        "random_state": 0,
    }
    bare = simulate_linkage(people, people, "age", **arguments)
    assert bare.strategy.startswith("events")
    assert bare.rate == 1.0
    coarse = simulate_linkage(people, people.assign(date="2020"), "age", **arguments)
    assert coarse.rate == pytest.approx(1 / n)


def test_more_known_events_help():
    people, released, _, _ = histories(5, n_people=60, n_events=600, jitter=5)
    rates = [
        simulate_linkage(
            people,
            released,
            "age",
            person_id="who",
            known_events=m,
            event_type="kind",
            date="date",
            random_state=0,
        ).by_strategy["events"]
        for m in (1, 3)
    ]
    assert rates[1] > rates[0] + 0.1


def test_people_without_events_and_null_dates():
    people = pd.DataFrame(
        {
            "who": [1, 2, 3, 4],
            "age": 30,
            "kind": ["a", "a", None, "a"],
            "date": ["2020-01-05", None, None, "2020-03-05"],
        }
    )
    result = simulate_linkage(
        people,
        people.assign(date=["2020-01", None, None, "2020-03"]),
        "age",
        person_id="who",
        known_events=1,
        event_type="kind",
        date="date",
        random_state=0,
    )
    # Three events tell three people apart; of the one without any only the class is known.
    assert result.by_strategy["events"] == pytest.approx((1 + 1 + 1 / 4 + 1) / 4)


def test_types_that_noise_changed_fit_nobody():
    people = pd.DataFrame({"who": [1, 2], "age": 30, "kind": ["a", "b"], "date": "2020-01-05"})
    released = people.assign(kind=["c", "b"], date="2020-01")
    result = simulate_linkage(
        people,
        released,
        "age",
        person_id="who",
        known_events=1,
        event_type="kind",
        date="date",
        random_state=0,
    )
    assert result.by_strategy["events"] == pytest.approx(1 / 2)
