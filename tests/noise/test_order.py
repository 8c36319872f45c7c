"""The running maximum against a loop over people, and its promises one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.noise._order import repair_order

events = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-10, 10), st.integers(-7, 7)), max_size=40
)


def repair_by_loop(time, moved, people):
    released = []
    for i in range(len(time)):
        earlier = [
            moved[j] for j in range(len(time)) if people[j] == people[i] and time[j] < time[i]
        ]
        released.append(max([moved[i], *earlier]))
    return released


@given(events, st.integers(1, 86_400))
def test_equals_the_loop(rows, unit):
    people, time, noise = (
        (np.array(part, dtype=np.int64) for part in zip(*rows, strict=True))
        if (rows)
        else (np.zeros(0, dtype=np.int64),) * 3
    )
    released = repair_order(time * unit, time + noise, people)
    assert released.tolist() == repair_by_loop(time, time + noise, people)
    # Nothing moves further than the draws did.
    assert (np.abs(released - time) <= 7).all()


@given(events.filter(bool), st.randoms())
def test_row_order_has_no_say(rows, random):
    people, time, noise = (np.array(part, dtype=np.int64) for part in zip(*rows, strict=True))
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    released = repair_order(time, time + noise, people)
    again = repair_order(time[shuffled], (time + noise)[shuffled], people[shuffled])
    assert again.tolist() == released[shuffled].tolist()


def test_people_do_not_push_each_other():
    people = np.array([0, 1, 2])
    moved = np.array([100, -100, 0])
    assert repair_order(np.array([5, 4, 6]), moved, people).tolist() == [100, -100, 0]


def test_events_at_one_time_do_not_push_each_other():
    people = np.zeros(3, dtype=np.int64)
    released = repair_order(np.array([1, 1, 2]), np.array([4, -4, 0]), people)
    assert released.tolist() == [4, -4, 4]


def test_times_that_span_all_years_and_many_people():
    # Person times span does not fit into 63 bits: the slow sort takes over, with the same result.
    rng = np.random.default_rng(0)
    n = 300
    people = rng.integers(0, 40, n) * 1_000_000_000
    seconds = rng.integers(0, 300_000_000_000, n) // 20_000_000_000 * 20_000_000_000
    moved = seconds // 86_400 + rng.integers(-30, 31, n)
    small = np.unique(people, return_inverse=True)[1]
    released = repair_order(seconds, moved, small)
    assert released.tolist() == repair_by_loop(seconds, moved, small)
