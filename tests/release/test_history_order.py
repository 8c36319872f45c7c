"""Orders of events: what a domain allows, told by plain loops."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk import make_people_events
from personatwin_sk.domains import DomainConfig, get_domain_config
from personatwin_sk.release._history_order import OrderedEvents, order_events

JUSTICE = get_domain_config("criminal_justice")
KINDS = ["appeal", "arrest", "charge", "lunch", "sentencing", "trial", None]
Events = list[tuple[int, int, int]]  # person, type, month (-1: not known)


def ordered(events: Events, config: DomainConfig = JUSTICE) -> OrderedEvents:
    person, kind, month = (np.array(column, dtype=np.int64) for column in zip(*events, strict=True))
    start = np.where(month < 0, np.datetime64("NaT"), np.datetime64("2020-01", "M") + month)
    return order_events(
        person, kind, start.astype("datetime64[D]"), np.zeros_like(kind), KINDS, config
    )


def histories(events: Events, config: DomainConfig = JUSTICE) -> dict[int, list[object]]:
    found = ordered(events, config)
    result: dict[int, list[object]] = {}
    for person, kind in zip(found.person.tolist(), found.kind.tolist(), strict=True):
        result.setdefault(person, []).append(KINDS[kind])
    return result


def is_possible(history: list[object]) -> bool:
    known = [kind for kind in history if kind in JUSTICE.event_types]
    return (not known or known[0] in JUSTICE.first_events) and all(
        then in JUSTICE.next_events[now] or then in JUSTICE.first_events
        for now, then in pairwise(known)
    )


EVENTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, len(KINDS) - 1), st.integers(-1, 3)),
    min_size=1,
    max_size=40,
)


@given(EVENTS)
def test_histories_are_possible_and_in_time(events: Events) -> None:
    found = ordered(events)
    assert all(map(is_possible, histories(events).values()))
    assert len(set(found.event.tolist())) == len(found.event)
    for number, event in enumerate(found.event.tolist()):
        assert events[event][:2] == (found.person[number], found.kind[number])
    month = np.array([99 if events[e][2] < 0 else events[e][2] for e in found.event.tolist()])
    same = np.diff(found.person) == 0
    assert (np.diff(month)[same] >= 0).all()
    assert (np.diff(found.position)[same] == 1).all()
    assert (found.position[np.diff(found.person, prepend=-1) != 0] == 0).all()


@given(EVENTS)
def test_types_that_begin_a_run_or_are_not_known_always_stay(events: Events) -> None:
    kept = set(ordered(events).event.tolist())
    for number, (_, kind, _) in enumerate(events):
        if KINDS[kind] in (*JUSTICE.first_events, "lunch", None):
            assert number in kept


@given(EVENTS)
def test_what_is_before_and_after_is_the_last_known_type(events: Events) -> None:
    found = ordered(events)
    last: dict[int, int] = {}
    columns = (found.event, found.person, found.before, found.after)
    for event, person, before, after in zip(*(c.tolist() for c in columns), strict=True):
        assert before == last.get(person, -1)
        if KINDS[events[event][1]] in JUSTICE.event_types:
            last[person] = event
        assert after == last.get(person, -1)


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_has_no_say(events: Events, random) -> None:
    mixed = events.copy()
    random.shuffle(mixed)
    assert histories(events) == histories(mixed)


def test_within_a_period_the_run_goes_on_before_another_begins() -> None:
    names = ["sentencing", "arrest", "charge", "trial", "arrest"]
    events = [(0, KINDS.index(name), 0) for name in names]
    assert histories(events)[0] == ["arrest", "charge", "trial", "sentencing", "arrest"]
    assert ordered(events).begins.tolist() == [True, False, False, False, True]


def test_what_cannot_follow_is_left_out() -> None:
    names = [("trial", 0), ("arrest", 1), ("appeal", 2), ("charge", 2)]
    assert histories([(0, KINDS.index(name), month) for name, month in names])[0] == [
        "arrest",
        "charge",
    ]


def test_without_rules_all_stay_and_a_run_begins_as_the_history_did() -> None:
    names = [("trial", 0), ("appeal", 1), ("trial", 2), ("appeal", 3)]
    events = [(0, KINDS.index(name), month) for name, month in names]
    custom = get_domain_config("custom")
    assert histories(events, custom)[0] == [name for name, _ in names]
    assert ordered(events, custom).begins.tolist() == [True, False, True, False]


def test_no_events_no_history() -> None:
    nothing = np.empty(0, dtype=np.int64)
    found = order_events(nothing, nothing, nothing.astype("datetime64[D]"), nothing, KINDS, JUSTICE)
    assert len(found.event) == len(found.begins) == 0


@pytest.mark.parametrize(
    "domain", ["criminal_justice", "healthcare", "education", "social_services", "employment"]
)
def test_made_histories_obey_their_domain_whole(domain: str) -> None:
    table = make_people_events(300, domain, random_state=0)
    kind, kinds = table["event_type"].factorize(sort=True)
    person = table["person_id"].factorize()[0]
    start = table["date"].to_numpy().astype("datetime64[D]")
    tie = np.arange(len(table))
    found = order_events(person, kind, start, tie, kinds.tolist(), get_domain_config(domain))
    # Days are as they were: nothing is left out but for a few events of one day.
    assert len(found.event) >= 0.99 * len(table)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4),
            st.sampled_from(["Arrest", "arrest", "CHARGE", "charge", "Trial", "lunch"]),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from(["criminal_justice", "custom"]),
    st.randoms(use_true_random=False),
)
def test_spelling_makes_no_difference_to_the_order(
    events: list[tuple[int, str, int]], domain: str, random: Random
) -> None:
    """What is left out, and where runs begin, is the same as with the domain's own spelling."""

    def found(names: list[str]) -> tuple[list, list[str], list]:
        kinds = sorted(set(names))
        kind = np.array([kinds.index(name) for name in names])
        person = np.array([one for one, _, _ in events])
        month = np.datetime64("2020-01", "M") + np.array([month for _, _, month in events])
        order = order_events(
            person,
            kind,
            month.astype("datetime64[D]"),
            np.zeros_like(kind),
            kinds,
            get_domain_config(domain),
        )
        named = [kinds[number] for number in order.kind]
        return order.person.tolist(), named, order.begins.tolist()

    as_written = found([name for _, name, _ in events])
    if domain == "criminal_justice":
        person, named, begins = as_written
        lowered = person, [name.lower() for name in named], begins
        assert lowered == found([name.lower() for _, name, _ in events])
    random.shuffle(events)
    assert found([name for _, name, _ in events]) == as_written


def test_null_is_not_the_type_none() -> None:
    config = DomainConfig(
        "custom", ("none",), {}, *[frozenset[str]()] * 2, "day", "city", ("none",)
    )
    month = np.array(["2020-01-01"] * 2, dtype="datetime64[D]")
    zero = np.zeros(2, dtype=np.int64)
    found = order_events(zero, np.array([0, 1]), month, zero, ["None", None], config)
    # The type begins the run, what is not known says nothing.
    assert found.kind.tolist() == [1, 0] and found.begins.tolist() == [True, True]
