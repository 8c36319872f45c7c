"""Sequences of events, against loops over people and SciPy."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from personatwin_sk.exceptions import InputError
from personatwin_sk.utility import event_sequences


def compare(before, after, date="date"):
    return event_sequences(before, after, "what", person_id="person", date=date)


def days(numbers):
    return (pd.Timestamp("2023-01-01") + pd.to_timedelta(numbers, "D")).strftime("%Y-%m-%d")


def by_hand(table, people):
    """Pairs of types and gaps, person by person."""
    pairs, gaps = Counter(), []
    for person in sorted(set(people)):
        rows = table[people == person]
        rows = rows.assign(day=pd.to_datetime(rows["date"])).sort_values("day", kind="stable")
        for (_, a), (_, b) in zip(rows[:-1].iterrows(), rows[1:].iterrows(), strict=True):
            pairs[a["what"], b["what"]] += 1
            gaps.append((b["day"] - a["day"]).days)
    return pairs, gaps


events = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.integers(0, 40), st.integers(0, 40)),
    min_size=1,
    max_size=25,
)


@given(events)
def test_like_a_loop_over_people(rows):
    person, what, then, now = zip(*rows, strict=True)
    before = pd.DataFrame({"person": person, "what": what, "date": days(list(then))})
    after = before.assign(person=0, date=days(list(now)))  # personas say nothing about whose it is
    found = compare(before, after)
    people = np.array(person)
    pairs, gaps = by_hand(before, people)
    new_pairs, new_gaps = by_hand(after, people)
    total = max(sum(pairs.values()), 1)
    for (first, second), count in pairs.items():
        assert found.original.loc[first, second] == pytest.approx(count / total)
    for (first, second), count in new_pairs.items():
        assert found.released.loc[first, second] == pytest.approx(count / total)
    distance = sum(abs(pairs[p] - new_pairs[p]) for p in pairs | new_pairs) / total / 2
    assert found.transition_distance == pytest.approx(distance)
    assert found.transition_score == pytest.approx(1 - distance)
    if gaps:
        assert found.mean_gap == pytest.approx(np.mean(gaps))
        assert found.gap_distance == pytest.approx(stats.wasserstein_distance(gaps, new_gaps))
    else:
        assert np.isnan(found.gap_distance) and np.isnan(found.gap_score)


BEFORE = pd.DataFrame(
    {
        "person": [1, 1, 1, 2, 2],
        "what": ["arrest", "trial", "release", "arrest", "trial"],
        "date": ["2023-01-01", "2023-01-11", "2023-01-31", "2023-03-01", "2023-03-11"],
    }
)


def test_untouched_is_perfect():
    found = compare(BEFORE, BEFORE)
    assert found.transition_score == 1.0 == found.gap_score
    assert found.mean_gap == pytest.approx((10 + 20 + 10) / 3)


def test_a_shift_by_person_keeps_all():
    moved = pd.to_datetime(BEFORE["date"]) + pd.to_timedelta([5, 5, 5, -9, -9], "D")
    found = compare(BEFORE, BEFORE.assign(date=moved))
    assert found.transition_score == 1.0 and found.gap_distance == 0.0


def test_probabilities_of_what_comes_next():
    chances = compare(BEFORE, BEFORE).transition_probabilities()
    assert chances.loc["arrest", "trial"] == 1.0 and chances.loc["trial", "release"] == 1.0
    assert chances.loc["release"].isna().all()
    turned = BEFORE.assign(what=["arrest", "trial", "release", "trial", "arrest"])
    after = compare(BEFORE, turned).transition_probabilities("released")
    assert after.loc["trial"].tolist() == [0.5, 0.5, 0.0]
    with pytest.raises(InputError, match="which must be"):
        compare(BEFORE, BEFORE).transition_probabilities("both")


def test_periods_count_at_their_middles_and_ties_keep_the_order_of_rows():
    found = compare(BEFORE, BEFORE.assign(date=["2023-01"] * 3 + ["2023-03"] * 2))
    assert found.transition_score == 1.0
    assert found.gap_distance == pytest.approx(found.mean_gap) and found.gap_score == 0.0
    turned = compare(BEFORE, BEFORE.assign(date=["2023-Q1", "2023-01", "2023-01", "2023", "2024"]))
    # Middles: 14 Feb, 16 Jan, 16 Jan; so trial, release, arrest.
    assert turned.released.loc["release", "arrest"] == pytest.approx(1 / 3)
    assert turned.released.loc["trial", "release"] == pytest.approx(1 / 3)


def test_order_of_rows_without_dates():
    found = event_sequences(BEFORE, BEFORE.drop(columns="date"), "what", person_id="person")
    assert found.transition_score == 1.0
    assert found.to_dict() == {
        "transition_distance": 0.0, "transition_score": 1.0,
        "gap_distance": None, "mean_gap": None, "gap_score": None,
    }  # fmt: skip


def test_types_of_several_count_in_part():
    found = compare(BEFORE, BEFORE.assign(what=["arrest|trial", *BEFORE["what"].tolist()[1:]]))
    assert found.released.loc["arrest", "trial"] == pytest.approx(1.5 / 3)
    assert found.released.loc["trial", "trial"] == pytest.approx(0.5 / 3)
    assert found.transition_distance == pytest.approx(0.5 / 3)


def test_suppressed_events_are_in_no_sequence():
    after = BEFORE.assign(person=[7.0, None, 7, 7, 7])
    found = compare(BEFORE, after)
    assert found.released.loc["arrest", "release"] == 0.5 == found.released.loc["arrest", "trial"]
    lost = compare(BEFORE, BEFORE.assign(person=None))
    assert lost.transition_distance == 1.0 and np.isnan(lost.gap_distance)
    blank = compare(BEFORE, BEFORE.drop(columns="person").assign(what=None, date=None))
    assert blank.transition_distance == 1.0


def test_events_without_a_date_are_in_no_sequence():
    after = BEFORE.assign(date=["2023-01-01", None, "2023-01-31", "2023-03-01", "2023-03-11"])
    assert compare(BEFORE, after).released.loc["arrest", "release"] == 0.5


def test_one_event_each_has_no_sequence():
    table = BEFORE.assign(person=range(5))
    found = compare(table, table)
    assert found.transition_distance == 0.0 and found.original.size == 0
    assert np.isnan(found.gap_score)


def test_events_of_one_day_only():
    table = BEFORE.assign(date="2023-01-01")
    assert compare(table, table).gap_score == 1.0
    assert compare(table, BEFORE).gap_score == 0.0


def test_the_person_is_needed():
    with pytest.raises(InputError, match="1 of 5 rows have no person id"):
        compare(BEFORE.assign(person=[1, 1, None, 2, 2]), BEFORE)
