"""Which events are known: every set with its weight, and samples that keep to the weights."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.risk._event_dates import read_event_dates
from personatwin_sk.risk._event_draws import all_draws, count_draws, sample_draws
from personatwin_sk.risk._event_histories import Histories

# Person 0 has three events in one class and one in another; person 1 has two, person 2 one.
PERSON = np.array([0, 0, 0, 0, 1, 1, 2])
UNIT = np.array([0, 0, 0, 1, 2, 2, 3])
PLACE = np.array([0, 0, 0, 1, 0, 0, 1])
TYPE = np.array([0, 1, 2, 0, 3, 4, 5])


def histories(order=None):
    order = np.arange(7) if order is None else order
    days = pd.Series(pd.date_range("2020-01-01", periods=7)).iloc[order].reset_index(drop=True)
    dates = read_event_dates(days, days)
    return Histories.of(UNIT[order], PERSON[order], PLACE[order], TYPE[order], dates)


def named(found, events):
    """Say which (place, type) each drawn set holds."""
    kinds = found.type[events]
    places = found.place[found.unit[events]]
    return [
        frozenset(zip(p, t, strict=True))
        for p, t in zip(places.tolist(), kinds.tolist(), strict=True)
    ]


def weights(found, draws):
    total = defaultdict(float)
    for events, weight in draws:
        for key, share in zip(named(found, events), weight.tolist(), strict=True):
            total[key] += share
    return total


def expected(known):
    result = defaultdict(float)
    for unit in range(4):
        mine = np.flatnonzero(unit == UNIT)
        person = PERSON[mine[0]]
        share = len(mine) / np.sum(person == PERSON) / 3
        sets = list(itertools.combinations(mine, min(known, len(mine))))
        for chosen in sets:
            result[frozenset((PLACE[i], TYPE[i]) for i in chosen)] += share / len(sets)
    return result


@pytest.mark.parametrize("known", [1, 2, 3, 4])
def test_every_set_has_its_weight(known):
    found = histories()
    draws = all_draws(found, known)
    assert weights(found, draws) == pytest.approx(expected(known))
    assert sum(weight.sum() for _, weight in draws) == pytest.approx(1)
    assert count_draws(found, known) == sum(len(weight) for _, weight in draws)


@pytest.mark.parametrize("known", [1, 2, 3])
def test_a_sample_keeps_to_the_weights(known):
    found = histories()
    drawn = weights(found, sample_draws(found, known, 40_000))
    for key, share in expected(known).items():
        assert drawn[key] == pytest.approx(share, abs=4 * (share / 40_000) ** 0.5)
    assert set(drawn) == set(expected(known))


def test_a_sample_has_no_event_twice_and_all_orders():
    found = histories()
    three = next(events for events, _ in sample_draws(found, 3, 12_000) if events.shape[1] == 3)
    assert all(len(set(row)) == 3 for row in three.tolist())
    orders = Counter(map(tuple, three.tolist()))
    assert len(orders) == 6
    assert min(orders.values()) > 0.85 * len(three) / 6


def test_who_knows_one_event_more_knows_the_same_ones_first():
    found = histories()
    one, two = (sample_draws(found, known, 500) for known in (1, 2))
    firsts = Counter(event for events, _ in one for event in events[:, 0].tolist())
    # Units keep their share; within them the first pick is the same stream of chances.
    again = Counter(event for events, _ in two for event in events[:, 0].tolist())
    assert firsts == again


@pytest.mark.parametrize("seed", range(5))
def test_histories_are_the_same_whatever_the_order_of_rows(seed):
    order = np.random.default_rng(seed).permutation(7)
    plain, shuffled = histories(), histories(order)
    for name in ("unit", "type", "slot", "place", "n_own", "n_total", "first_event"):
        assert np.array_equal(getattr(plain, name), getattr(shuffled, name)), name
    for events, other in zip(
        sample_draws(plain, 2, 50), sample_draws(shuffled, 2, 50), strict=True
    ):
        assert np.array_equal(events[0], other[0])


def test_histories_count_slots_and_people():
    days = pd.Series(["2020-01-01", "2020-05-05", "2020-07-07"])
    dates = read_event_dates(days, pd.Series(["2020", "2020", "2021"]))
    who, same = np.array([0, 0, 0]), np.zeros(3, dtype=int)
    found = Histories.of(who, who, same, same, dates)
    assert sorted(found.slot_events.tolist()) == [1, 2]
    assert (found.n_people, found.n_units, found.weight.tolist()) == (1, 1, [1.0])
    assert repr(found) == "Histories(n_units=1, n_events=3)"
