"""Event risk, against counting by hand and against an attacker that guesses."""

from __future__ import annotations

import datetime
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.risk import assess_risk

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 5),  # person
        st.sampled_from(["young", "old"]),  # released class
        st.sampled_from(["arrest", "release", None]),
        st.sampled_from(["2023-01", "2023-02", None]),
        st.sampled_from([True, True, True, False]),  # released
    ),
    min_size=1,
    max_size=30,
)


def assess(rows, known_events=1):
    original = pd.DataFrame(
        [(person, type_, date) for person, _, type_, date, _ in rows],
        columns=["who", "type", "date"],
    )
    original["age"] = 30
    released = original.assign(
        age=[class_ for _, class_, *_ in rows],
        who=[1 if shown else None for *_, shown in rows],
    )
    return assess_risk(
        original,
        released,
        "age",
        person_id="who",
        known_events=known_events,
        event_type="type",
        date="date",
    ).event_risk


def by_hand(rows):
    rows = [row for row in rows if row[4] and not (row[2] is None and row[3] is None)]
    people_of_bin = defaultdict(set)
    events_of = defaultdict(list)
    for person, class_, type_, date, _ in rows:
        people_of_bin[class_, type_, date].add(person)
        events_of[person].append((class_, type_, date))
    if not events_of:
        return {"mean": 0.0, "max": 0.0, "unique_share": 0.0, "best_guess": 0.0, "n_events": 0}
    chances = {
        person: [1 / len(people_of_bin[event]) for event in events]
        for person, events in events_of.items()
    }
    best = 0.0
    for bin_, people in people_of_bin.items():
        best += max(events_of[p].count(bin_) / len(events_of[p]) for p in people)
    return {
        "mean": sum(sum(c) / len(c) for c in chances.values()) / len(chances),
        "max": max(max(c) for c in chances.values()),
        "unique_share": sum(max(c) == 1.0 for c in chances.values()) / len(chances),
        "best_guess": best / len(chances),
        "n_events": len(rows),
    }


@given(EVENTS)
@settings(deadline=None)
def test_one_known_event_is_what_counting_by_hand_finds(rows):
    risk = assess(rows)
    for name, expected in by_hand(rows).items():
        assert getattr(risk, name) == pytest.approx(expected), name
    assert risk.upper == max(risk.mean, risk.best_guess)
    assert risk.mean <= risk.best_guess + 1e-12 <= 1 + 2e-12


@given(EVENTS)
@settings(deadline=None)
def test_nothing_known_adds_nothing_but_unique_histories_are_counted(rows):
    risk = assess(rows, known_events=0)
    assert (risk.mean, risk.max, risk.upper, risk.best_guess) == (0, 0, 0, 0)
    assert risk.unique_share == pytest.approx(by_hand(rows)["unique_share"])


@given(EVENTS)
@settings(deadline=None)
def test_coarser_dates_and_larger_classes_never_raise_the_risk(rows):
    rows = [(p, c, t or "none", d or "2023-03", s) for p, c, t, d, s in rows]
    fine = assess(rows)
    by_year = assess([(p, c, t, "2023", s) for p, c, t, _, s in rows])
    one_class = assess([(p, "all", t, d, s) for p, _, t, d, s in rows])
    for coarse in (by_year, one_class):
        assert coarse.mean <= fine.mean + 1e-12
        assert coarse.max <= fine.max
        assert coarse.unique_share <= fine.unique_share


def test_the_best_guesser_is_as_good_as_reported():
    """Plays the attack: a random person, a random event of theirs, the Bayes guess."""
    rng = np.random.default_rng(5)
    rows = [
        (int(person), "all", str(rng.choice(["arrest", "release"])), str(month), True)
        for person, month in zip(
            np.repeat(np.arange(8), rng.integers(1, 7, 8)), rng.integers(1, 4, 100), strict=False
        )
    ]
    events_of = defaultdict(list)
    for person, class_, type_, date, _ in rows:
        events_of[person].append((class_, type_, date))
    hits = 0
    n_rounds = 20_000
    for _ in range(n_rounds):
        target = int(rng.integers(8))
        event = events_of[target][rng.integers(len(events_of[target]))]
        guess = max(events_of, key=lambda p: events_of[p].count(event) / len(events_of[p]))
        hits += guess == target
    expected = assess(rows).best_guess
    assert hits / n_rounds == pytest.approx(expected, abs=4 * (0.25 / n_rounds) ** 0.5)


@pytest.mark.parametrize(
    "dates",
    [
        pd.to_datetime(["2023-01-05", "2023-01-05", "2023-02-01", None]),
        [datetime.date(2023, 1, 5), datetime.date(2023, 1, 5), datetime.date(2023, 2, 1), None],
        ["2023-01-05", "2023-01-05", "2023-02-01", None],
        ["2023-Q1", "2023-Q1", "2023-Q2", None],
    ],
    ids=["datetimes", "dates", "text", "labels"],
)
def test_only_equality_of_released_dates_matters(dates):
    table = pd.DataFrame({"who": [1, 2, 3, 4], "age": 30, "type": "arrest", "date": dates})
    risk = assess_risk(
        table, table, "age", person_id="who", known_events=1, event_type="type", date="date"
    ).event_risk
    assert risk.mean == pytest.approx((1 / 2 + 1 / 2 + 1 + 1) / 4)
    assert risk.n_events == 4


def test_a_row_with_neither_type_nor_date_is_no_event():
    table = pd.DataFrame(
        {"who": [1, 2, 2], "age": 30, "type": ["a", None, "a"], "date": ["d", None, "d"]}
    )
    risk = assess_risk(
        table, table, "age", person_id="who", known_events=1, event_type="type", date="date"
    ).event_risk
    assert (risk.n_events, risk.mean) == (2, 0.5)


def test_a_person_with_the_same_event_twice_is_one_person():
    table = pd.DataFrame({"who": [1, 1, 2], "age": 30, "type": "a", "date": "2023"})
    risk = assess_risk(
        table, table, "age", person_id="who", known_events=1, event_type="type", date="date"
    ).event_risk
    assert risk.mean == 0.5
    assert risk.unique_share == 0.0
    assert risk.best_guess == 0.5


def test_a_table_without_events_has_no_event_risk():
    table = pd.DataFrame({"age": [30, 40]})
    risk = assess_risk(table, table, "age").event_risk
    assert (risk.known_events, risk.mean, risk.unique_share, risk.n_events) == (0, 0.0, 0.0, 0)
