"""Representative histories, against distances between all pairs and plain counting."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.release._history_medoid import choose_medoids, representative_steps
from personatwin_sk.release._history_order import OrderedEvents

History = list[tuple[int, int, int]]  # type, date (-1: null), outcome
People = list[tuple[int, History]]  # persona (-1: not released), history

PEOPLE = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.lists(st.tuples(st.integers(0, 2), st.integers(-1, 4), st.integers(0, 1)), max_size=5),
    ),
    min_size=1,
    max_size=18,
)


def read(people: People) -> tuple[OrderedEvents, np.ndarray, np.ndarray, np.ndarray]:
    rows = [
        (person, place, *event)
        for person, (_, history) in enumerate(people)
        for place, event in enumerate(history)
    ]
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    person, position, kind, date, outcome = columns or [np.empty(0, dtype=np.int64)] * 5
    event = np.arange(len(person))
    before = np.where(position > 0, event - 1, -1)
    ordered = OrderedEvents(event, person, kind, position, before, event, position == 0)
    personas = np.unique([persona for persona, _ in people], return_inverse=True)[1]
    return ordered, personas, date, outcome


def kinds(history: History) -> list[int]:
    return [kind for kind, _, _ in history]


def distance(one: History, other: History) -> int:
    profiles = []
    for own in (kinds(one), kinds(other)):
        profiles.append(Counter(own) + Counter(pairwise([None, *own])))
    return sum(abs(profiles[0][key] - profiles[1][key]) for key in profiles[0] | profiles[1])


def steps_of(people: People, k: int) -> dict[int, list[tuple[int, int, int]]]:
    ordered, personas, date, outcome = read(people)
    frame = representative_steps(ordered, personas, date, outcome, k)
    result: dict[int, list[tuple[int, int, int]]] = {}
    for row in frame.itertuples():
        own = result.setdefault(int(row.persona), [])
        assert row.step == len(own)
        own.append((int(row.kind), int(row.date_rank), int(row.outcome)))
    return result


@given(PEOPLE, st.integers(2, 4))
def test_the_medoid_is_that_of_all_pairs(people: People, k: int) -> None:
    ordered, personas, _, _ = read(people)
    if not len(ordered.event):
        assert (choose_medoids(ordered, personas, k) == -1).all()
        return
    chosen = choose_medoids(ordered, personas, k)
    for persona in range(personas.max() + 1):
        members = [h for p, (_, h) in zip(personas.tolist(), people, strict=True) if p == persona]
        holders = Counter(kind for history in members for kind in set(kinds(history)))
        can = [h for h in members if h and holders[h[0][0]] >= k]
        if not can:
            assert chosen[persona] == -1
            continue
        lengths = sorted(len(h) for h in members if h)
        usual = lengths[(len(lengths) - 1) // 2]
        best = min(
            (abs(len(h) - usual), sum(distance(h, other) for other in members), kinds(h))
            for h in can
        )
        assert kinds(people[chosen[persona]][1]) == best[2]


@given(PEOPLE, st.integers(2, 4))
def test_steps_dates_and_outcomes_are_those_that_k_people_share(people: People, k: int) -> None:
    ordered, personas, _, _ = read(people)
    found = steps_of(people, k)
    chosen = choose_medoids(ordered, personas, k)
    for persona, medoid in enumerate(chosen.tolist()):
        members = [h for p, (_, h) in zip(personas.tolist(), people, strict=True) if p == persona]
        expected: list[tuple[int, int, int]] = []
        at = dict.fromkeys(range(len(members)), 0)
        latest = -1
        for kind in kinds(people[medoid][1]) if medoid >= 0 else []:
            shared = {}
            for number, start in at.items():
                rest = kinds(members[number])[start:]
                if kind in rest:
                    shared[number] = start + rest.index(kind)
            if len(shared) < k:
                break
            events = [members[number][place] for number, place in shared.items()]
            dates = sorted(date for _, date, _ in events if date >= 0)
            date = dates[(len(dates) - 1) // 2] if len(dates) >= k else -1
            latest = max(latest, date)
            outcomes = Counter(outcome for _, _, outcome in events)
            outcome, n = min(outcomes.items(), key=lambda item: (-item[1], item[0]))
            expected.append((kind, latest if date >= 0 else -1, outcome if n >= k else -1))
            at = {number: place + 1 for number, place in shared.items()}
        assert found.get(persona, []) == expected


def test_a_step_of_fewer_people_ends_the_history() -> None:
    people: People = [(0, [(0, 1, 0), (1, 2, 0)])] * 4 + [(0, [(0, 1, 0), (1, 2, 0), (2, 3, 0)])]
    assert steps_of(people, 4) == {0: [(0, 1, 0), (1, 2, 0)]}
    assert steps_of(people, 5) == {0: [(0, 1, 0), (1, 2, 0)]}
    assert steps_of(people, 6) == {}


def test_the_order_of_people_has_no_say() -> None:
    people: People = [(0, [(0, 1, 0), (1, 2, 1)]), (0, [(1, 1, 0), (0, 2, 1)])] * 3
    assert steps_of(people, 3) == steps_of(people[::-1], 3)
