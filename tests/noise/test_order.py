"""The repaired order: against isotonic regression by brute force, and its promises one by one."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import isotonic_regression

from personatwin_sk.noise._order import repair_order, sort_events

DAY = 86_400
# Person, true moment in hours, displacement in days.
events = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-100, 400), st.integers(-9, 9)),
    min_size=1,
    max_size=30,
)


def unpack(rows):
    people, hours, noise = (np.array(part, dtype=np.int64) for part in zip(*rows, strict=True))
    return people, hours * 3_600, hours // 24, noise


def by_exact_formula(times, days, moved):
    """One person's repaired days: the max-min formula of isotonic regression, in fractions."""
    order = sorted(range(len(times)), key=lambda i: (times[i], moved[i]))
    number = {day: i for i, day in enumerate(sorted(set(days.tolist())))}
    y = [int(moved[i]) - number[int(days[i])] for i in order]
    released = np.empty(len(times), dtype=np.int64)
    for i, row in enumerate(order):
        best = max(
            min(Fraction(sum(y[a : b + 1]), b + 1 - a) for b in range(i, len(y)))
            for a in range(i + 1)
        )
        released[row] = floor(best + Fraction(1, 2)) + number[int(days[row])]
    return released


@given(events)
def test_equals_the_exact_formula(rows):
    people, times, days, noise = unpack(rows)
    released = repair_order(times, days, days + noise, people)
    for person in np.unique(people):
        own = people == person
        expected = by_exact_formula(times[own], days[own], (days + noise)[own])
        assert released[own].tolist() == expected.tolist()


@given(events)
def test_order_is_strict_by_day_and_nothing_moves_further_than_the_draws(rows):
    people, times, days, noise = unpack(rows)
    released = repair_order(times, days, days + noise, people)
    same = people[:, None] == people[None, :]
    earlier = same & (times[:, None] < times[None, :])
    assert (released[:, None] <= released[None, :])[earlier].all()
    day_before = same & (days[:, None] < days[None, :])
    assert (released[:, None] < released[None, :])[day_before].all()
    for person in np.unique(people):
        own = people == person
        assert np.abs(released - days)[own].max() <= np.abs(noise)[own].max()


@given(events, st.randoms(), st.integers(-5_000, 5_000))
def test_neither_row_order_nor_other_people_nor_the_origin_have_a_say(rows, random, by):
    people, times, days, noise = unpack(rows)
    released = repair_order(times, days, days + noise, people)
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    again = repair_order(*(part[shuffled] for part in (times, days, days + noise, people)))
    assert again.tolist() == released[shuffled].tolist()
    for person in np.unique(people):
        own = people == person
        alone = repair_order(times[own], days[own], (days + noise)[own], np.zeros_like(people[own]))
        assert alone.tolist() == released[own].tolist()
    later = repair_order(times + by * DAY, days + by, days + noise + by, people)
    assert (later - by).tolist() == released.tolist()


@given(events)
def test_days_in_order_stay_where_they_are(rows):
    people, times, days, _ = unpack(rows)
    assert repair_order(times, days, days, people).tolist() == days.tolist()


@pytest.mark.parametrize("n", [10, 1_000, 30_000])
def test_equals_scikit_learn_on_long_histories(n):
    rng = np.random.default_rng(n)
    days = np.sort(rng.integers(0, 5 * n, n))
    moved = days + rng.integers(-400, 401, n)
    released = repair_order(days * DAY, days, moved, np.zeros(n, dtype=np.int64))
    order = np.lexsort((moved, days))
    number = np.unique(days[order], return_inverse=True)[1]
    expected = isotonic_regression((moved[order] - number).astype(float)) + number
    assert np.abs(released[order] - expected).max() <= 0.5 + 1e-6


def test_people_do_not_push_each_other():
    people = np.array([0, 1, 2])
    moved = np.array([100, -100, 0])
    days = np.array([5, 4, 6])
    assert repair_order(days * DAY, days, moved, people).tolist() == [100, -100, 0]


def test_events_at_one_time_do_not_push_each_other():
    people, days = np.zeros(3, dtype=np.int64), np.array([1, 1, 2])
    released = repair_order(days * DAY, days, np.array([4, -4, 9]), people)
    assert released.tolist() == [4, -4, 9]


def test_events_of_one_day_may_meet_but_not_pass_each_other():
    people, days = np.zeros(2, dtype=np.int64), np.array([3, 3])
    times = days * DAY + np.array([3_600, 7_200])
    assert repair_order(times, days, np.array([5, 1]), people).tolist() == [3, 3]
    assert repair_order(times, days, np.array([1, 5]), people).tolist() == [1, 5]


def test_halves_are_rounded_up_whatever_the_sign():
    people, days = np.zeros(2, dtype=np.int64), np.array([0, 0])
    times = np.array([0, 1])
    assert repair_order(times, days, np.array([2, 1]), people).tolist() == [2, 2]
    assert repair_order(times, days, np.array([-1, -2]), people).tolist() == [-1, -1]


def test_a_chain_that_is_pooled_one_by_one():
    # Each block only falls below its neighbour once the block on its right was pooled into it.
    n = 200
    days = np.arange(n)
    moved = np.concatenate([2 * days[:-1], [-(n**3)]])
    released = repair_order(days * DAY, days, moved, np.zeros(n, dtype=np.int64))
    expected = by_exact_formula_of_one_block(moved - days)
    assert released.tolist() == (expected + days).tolist()


def by_exact_formula_of_one_block(values):
    return np.full(len(values), floor(Fraction(int(values.sum()), len(values)) + Fraction(1, 2)))


def test_nothing_at_all():
    nothing = np.zeros(0, dtype=np.int64)
    assert repair_order(nothing, nothing, nothing, nothing).tolist() == []


def test_times_that_span_all_years_and_many_people():
    # Person times span does not fit into 63 bits: the slow sort takes over, with the same result.
    rng = np.random.default_rng(0)
    n = 300
    people = rng.integers(0, 40, n)
    seconds = rng.integers(0, 300_000_000_000, n) // 20_000_000_000 * 20_000_000_000 + 1
    days = seconds // DAY
    moved = days + rng.integers(-30, 31, n)
    released = repair_order(seconds, days, moved, people)
    wide = people * 400_000_000
    assert (int(wide.max()) + 1) * int(np.ptp(seconds)) * 61 >= 2**63
    order = sort_events(seconds, wide, moved - days)
    assert order.tolist() == np.lexsort((moved - days, seconds, people)).tolist()
    for person in np.unique(people):
        own = people == person
        expected = by_exact_formula(seconds[own], days[own], moved[own])
        assert released[own].tolist() == expected.tolist()
