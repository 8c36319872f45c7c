"""How often people have events: what is hidden does not follow from the rows of events either."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.release import persona_histories
from personatwin_sk.release._persona_statistics import given_away_by_events

NONE, ONE, SEVERAL = "no event", "one event", "several events"


def possible(size: int, n_events: int, told: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """List all (none, one, several) that fit; several people have two events each or more."""
    return [
        (none, size - none - several, several)
        for none in range(size + 1)
        for several in range(size - none + 1)
        if all(
            known in (-1, n)
            for known, n in zip(told, (none, size - none - several, several), strict=True)
        )
        and (
            n_events - (size - none - several) >= 2 * several
            if several
            else n_events == size - none
        )
    ]


def test_what_follows_from_the_number_of_events_is_what_brute_force_finds() -> None:
    k, away, stays = 3, 0, 0
    for none, one, several, more in product(range(8), range(8), range(8), range(4)):
        size, n_events = none + one + several, one + 2 * several + (more if several else 0)
        for place in range(3):
            told = tuple(n if at == place else -1 for at, n in enumerate((none, one, several)))
            left = size - told[place]
            found = given_away_by_events(
                np.array([size]), np.array([n_events]), np.array([told]), k
            )[0]
            cases = possible(size, n_events, told)
            assert (none, one, several) in cases
            # Of people with none and one, the latter is bounded by events; else those of several.
            bounded = ONE if place == 2 else SEVERAL
            most = max(case[1 if bounded == ONE else 2] for case in cases)
            assert found == (left > 0 and most < k)
            away, stays = away + found, stays + (not found)
    assert away > 100 < stays


def persona_of(counts: dict[int, int]) -> pd.DataFrame:
    """Make one persona of so many people with each number of events."""
    events = [n for n, people in counts.items() for _ in range(people)]
    rows = [
        (person, f"2020-{1 + at:02d}-01", "arrest")
        for person, n in enumerate(events)
        for at in range(n)
    ]
    rows += [(person, None, None) for person, n in enumerate(events) if n == 0]
    return pd.DataFrame(rows, columns=["person_id", "date", "event_type"])


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        # 50 people, 40 of them without: 11 events of 10 people say that one has two.
        ({0: 40, 1: 9, 2: 1}, {}),
        # 9 people of none and several have 3 events, which are of one of them.
        ({0: 8, 1: 40, 3: 1}, {}),
        # One event more than two for each of those who are told to have several.
        ({0: 8, 1: 1, 2: 40}, {}),
        # 20 events of 10 people: up to all ten may have several.
        ({0: 40, 1: 9, 11: 1}, {NONE: 40}),
        ({0: 40, 1: 9, 2: 9}, {NONE: 40, ONE: 9, SEVERAL: 9}),
        ({1: 9, 2: 40}, {ONE: 9, SEVERAL: 40}),
    ],
)
def test_histories_beside_the_rows_of_events(counts: dict[int, int], told: dict[str, int]) -> None:
    people = persona_of(counts)
    released = people.assign(person_id=0, date=people["date"].str[:4])
    found = persona_histories(people, released, k=5, outcome=None)
    often = found.repeats[found.repeats["people_with"].isin([NONE, ONE, SEVERAL])]
    assert dict(zip(often["people_with"], often["people"], strict=True)) == told
    assert len(found.events) == sum(n * people for n, people in counts.items())
    if SEVERAL not in told:
        assert found.summary["repeat_share"].isna().all()
        assert found.summary["recidivism_share"].isna().all()
    if not told:
        assert found.repeats.empty
