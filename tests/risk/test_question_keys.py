"""Attackers who know several events on exact dates, against reading every history by hand.

People whose known events are alike are asked for once: what makes two of them alike has to be all
that the answer depends on.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.risk import assess_risk

HISTORIES = st.lists(
    st.tuples(
        st.integers(0, 3),  # person
        st.sampled_from(["young", "old"]),  # by person, below
        st.sampled_from(["arrest", "appeal"]),
        st.sampled_from([None, "2023-01-03", "2023-01-04", "2023-01-05", "2023-02-03"]),
    ),
    min_size=2,
    max_size=10,
)


def assess(rows, known_events):
    """Release all rows as they are: dates are known to the day, and shown to the day."""
    table = pd.DataFrame(rows, columns=["who", "age", "type", "date"])
    table["age"] = np.where(table["who"] % 2, "young", "old")
    return assess_risk(
        table,
        table,
        "age",
        person_id="who",
        known_events=known_events,
        event_type="type",
        date="date",
    ).event_risk


def chance_to_hold(history, known):
    """Whether a history has a different event for each known one, as often as it is known."""
    return all(history.count(event) >= known.count(event) for event in known)


def by_hand(rows, m):
    """Mean and share of those who are alone, over people and sets of m of their events."""
    people = sorted({who for who, *_ in rows})
    history = {p: [(t, d) for who, _, t, d in rows if who == p] for p in people}
    risks, alone = [], []
    for person in people:
        own = history[person]
        fits = []
        for known in itertools.combinations(own, min(m, len(own))):
            classmates = [p for p in people if p % 2 == person % 2]
            fits.append(sum(chance_to_hold(history[p], list(known)) for p in classmates))
        risks.append(np.mean([1 / n for n in fits]))
        alone.append(any(n == 1 for n in fits))
    return float(np.mean(risks)), max(risks), float(np.mean(alone))


@given(HISTORIES)
@settings(deadline=None, max_examples=60)
def test_one_known_event_on_exact_dates(rows):
    found = assess(rows, 1)
    mean, largest, alone = by_hand(rows, 1)
    assert found.mean == pytest.approx(mean)
    assert found.unique_share == pytest.approx(alone)
    assert mean <= found.max + 1e-12
    assert largest <= found.max + 1e-12


def two_each(*people):
    """Rows of people with two events each, (type, date), all in one class."""
    return pd.DataFrame(
        [(who, 30, type_, date) for who, events in enumerate(people) for type_, date in events],
        columns=["who", "age", "type", "date"],
    )


def risk_of(table, m=2, released=None):
    return assess_risk(
        table,
        table if released is None else released,
        "age",
        person_id="who",
        known_events=m,
        event_type="type",
        date="date",
    ).event_risk


def test_the_same_gap_on_other_dates_is_another_question():
    """Three of five people have two arrests eight days apart: two on the same days, one later."""
    same = [("arrest", "2023-03-01"), ("arrest", "2023-03-09")]
    moved = [("arrest", "2023-05-01"), ("arrest", "2023-05-09")]
    found = risk_of(two_each(same, same, moved))
    assert found.mean == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)
    assert found.unique_share == pytest.approx(1 / 3)
    assert found.max == 1.0


def test_the_same_first_date_with_another_gap_is_another_question():
    table = two_each(
        [("arrest", "2023-03-01"), ("arrest", "2023-03-09")],
        [("arrest", "2023-03-01"), ("arrest", "2023-03-10")],
        [("arrest", "2023-03-01"), ("arrest", "2023-03-10")],
    )
    assert risk_of(table).mean == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)


def test_the_same_dates_of_other_types_are_another_question():
    table = two_each(
        [("arrest", "2023-03-01"), ("appeal", "2023-03-09")],
        [("appeal", "2023-03-01"), ("arrest", "2023-03-09")],
        [("appeal", "2023-03-01"), ("arrest", "2023-03-09")],
        [("arrest", "2023-03-01"), ("arrest", "2023-03-09")],
    )
    assert risk_of(table).mean == pytest.approx((1 + 1 / 2 + 1 / 2 + 1) / 4)


def test_the_same_history_in_another_class_is_another_question():
    same = [("arrest", "2023-03-01"), ("arrest", "2023-03-09")]
    table = two_each(same, same, same, same)
    table["age"] = [30] * 6 + [40] * 2
    assert risk_of(table).mean == pytest.approx((3 * (1 / 3) + 1) / 4)


@pytest.mark.parametrize("first", ["2023-03-01", None])
def test_an_unknown_date_is_no_date(first):
    """Two people lack the date of their second event, and one has that of the first there."""
    missing = [("arrest", first), ("appeal", None)]
    there = [("arrest", first), ("appeal", "2023-03-01")]
    found = risk_of(two_each(missing, missing, there))
    assert found.mean == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)


def test_the_order_of_rows_makes_no_other_question():
    pair = [("arrest", "2023-03-01"), ("appeal", "2023-03-09")]
    other = [("arrest", "2023-03-02"), ("appeal", "2023-03-09")]
    found = risk_of(two_each(pair, pair[::-1], other))
    assert found.mean == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)


def test_an_event_stands_for_one_known_event_only():
    twice = [("arrest", "2023-03-01"), ("arrest", "2023-03-01")]
    once = [("arrest", "2023-03-01"), ("arrest", "2023-06-01")]
    found = risk_of(two_each(twice, once, once))
    # Only the first has two of that day; the others are told by June.
    assert found.mean == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    # Whoever knows one event sees all three of March.
    assert risk_of(two_each(twice, once, once), 1).mean == pytest.approx(
        (1 / 3 + 2 * (1 / 3 + 1 / 2) / 2) / 3
    )


def test_three_known_events_two_of_them_alike():
    a = [("arrest", "2023-03-01"), ("arrest", "2023-03-01"), ("appeal", "2023-04-01")]
    b = [("arrest", "2023-03-01"), ("appeal", "2023-04-01"), ("appeal", "2023-04-01")]
    found = risk_of(two_each(a, a, b), 3)
    assert found.mean == pytest.approx((1 / 2 + 1 / 2 + 1) / 3)
    # Of two events b has three sets: {A, P} twice, which all have, and {P, P}; a likewise {A, A}.
    two = risk_of(two_each(a, a, b), 2)
    assert two.mean == pytest.approx((2 * (2 / 3 / 3 + 1 / 3 / 2) + (2 / 3 / 3 + 1 / 3)) / 3)


def shuffled(seed, n_people, n_events, n_days):
    rng = np.random.default_rng(seed)
    days = np.datetime64("2023-03-01") + rng.integers(0, n_days, (n_people, n_events))
    return pd.DataFrame(
        {
            "who": np.repeat(np.arange(n_people), n_events),
            "age": np.repeat(np.arange(n_people) % 2, n_events),
            "type": rng.choice(["arrest", "appeal"], n_people * n_events),
            "date": days.ravel().astype(str),
        }
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("m", [2, 3])
def test_all_known_is_the_share_of_equal_histories(seed, m):
    """Who knows all events of people with as many of them: one in those with the same history."""
    table = shuffled(seed, 60, m, 4 if m == 2 else 2)
    found = risk_of(table, m)
    histories = [
        (rows["age"].iloc[0], *sorted(zip(rows["type"], rows["date"], strict=True)))
        for _, rows in table.groupby("who")
    ]
    alike = [histories.count(history) for history in histories]
    assert found.mean == pytest.approx(np.mean([1 / n for n in alike]))
    assert found.max == pytest.approx(1 / min(alike))
    assert len(set(alike)) > 1


@pytest.mark.parametrize("m", [1, 2])
def test_shifting_all_dates_changes_no_answer(m):
    table = shuffled(7, 40, 3, 5)
    later = table.assign(date=(pd.to_datetime(table["date"]) + pd.Timedelta(800, "D")).astype(str))
    found, again = risk_of(table, m), risk_of(later, m)
    assert again.mean == pytest.approx(found.mean)
    assert again.unique_share == pytest.approx(found.unique_share)


def test_months_released_for_exact_days():
    """Days are known, months are shown: whoever has both events in those months fits."""
    table = two_each(
        [("arrest", "2023-03-01"), ("appeal", "2023-04-09")],
        [("arrest", "2023-03-30"), ("appeal", "2023-04-01")],
        [("arrest", "2023-03-15"), ("appeal", "2023-05-01")],
        [("arrest", "2023-02-28"), ("appeal", "2023-04-02")],
    )
    months = table.assign(date=table["date"].str[:7])
    expected = {1: (1 / 3 + 1 / 3 + 1 / 3 + 1 + 1 / 3 + 1 / 3 + 1 + 1 / 3) / 8, 2: 3 / 4}
    for m, mean in expected.items():
        assert risk_of(table, m, months).mean == pytest.approx(mean)
        assert math.isclose(risk_of(months, m).mean, mean)
