"""Sampled histories: what can be drawn, how often, and from whose events."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from personatwin_sk._core.keyed import SecretKey
from personatwin_sk.release._history_draws import Calendar, Choice, drawn_steps
from personatwin_sk.release._history_order import OrderedEvents

History = list[tuple[int, int, int]]  # type, number of the period, outcome


def draw(
    people: list[tuple[int, History]], n_histories: int, k: int, seed: int = 0
) -> pd.DataFrame:
    rows = [
        (person, place, *event)
        for person, (_, history) in enumerate(people)
        for place, event in enumerate(history)
    ]
    person, position, kind, number, outcome = np.array(rows, dtype=np.int64).reshape(-1, 5).T
    event = np.arange(len(person))
    before = np.where(position > 0, event - 1, -1)
    ordered = OrderedEvents(event, person, kind, position, before, event, position == 0)
    personas = np.array([persona for persona, _ in people])
    labels = np.array([f"p{i}" for i in range(personas.max() + 1)], dtype=object)
    key = SecretKey.from_random_state(seed)
    return drawn_steps(ordered, personas, number, outcome, 3, labels, n_histories, k, key)


def as_lists(frame: pd.DataFrame) -> dict[tuple[int, int], History]:
    found: dict[tuple[int, int], History] = {}
    for row in frame.itertuples():
        own = found.setdefault((row.persona, row.history), [])
        assert row.step == len(own)
        own.append((row.kind, row.number, row.outcome))
    return found


PEOPLE = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 1)), max_size=4),
    ),
    min_size=1,
    max_size=20,
)


@given(PEOPLE, st.integers(2, 4))
def test_only_what_k_people_have_is_drawn(people: list[tuple[int, History]], k: int) -> None:
    people = [(persona, sorted(history, key=lambda e: e[1])) for persona, history in people]
    begins: dict[int, set[int]] = {}
    follows: dict[tuple[int, int, int], set[int]] = {}
    held: dict[tuple[int, int], set[int]] = {}
    for person, (_, history) in enumerate(people):
        for kind, _, outcome in history:
            held.setdefault((kind, outcome), set()).add(person)
        if history:
            begins.setdefault(history[0][0], set()).add(person)
        for (kind, _, outcome), (then, _, _) in pairwise(history):
            follows.setdefault((kind, outcome, then), set()).add(person)
    for history in as_lists(draw(people, 5, k)).values():
        assert len(begins[history[0][0]]) >= k
        for kind, _, outcome in history:
            assert outcome == -1 or len(held[kind, outcome]) >= k
        for (kind, when, outcome), (then, later, _) in pairwise(history):
            assert later >= when
            # A null outcome goes on as the first one would.
            assert len(follows[kind, max(outcome, 0), then]) >= k


def test_frequencies_are_those_of_the_persona() -> None:
    one: History = [(0, 3, 0), (1, 5, 1)]
    other: History = [(0, 3, 1), (2, 4, 0)]
    found = as_lists(draw([(0, one)] * 30 + [(0, other)] * 10, 4000, 5))
    seen = Counter(tuple(history) for history in found.values())
    assert set(seen) == {tuple(one), tuple(other)}
    counts = [seen[tuple(one)], seen[tuple(other)]]
    assert chisquare(counts, [3000, 1000]).pvalue > 0.001


def test_mean_number_of_events_is_kept() -> None:
    rng = np.random.default_rng(0)
    lengths = rng.geometric(0.4, 400)
    people = [(0, [(0, 0, 0)] * int(n)) for n in lengths]
    found = as_lists(draw(people, 3000, 5))
    assert np.mean([len(h) for h in found.values()]) == pytest.approx(lengths.mean(), rel=0.08)


def test_personas_differ_where_k_people_do() -> None:
    people = [(0, [(0, 0, 0)])] * 10 + [(1, [(1, 0, 1)])] * 10
    found = as_lists(draw(people, 50, 5))
    assert {h[0][0] for (p, _), h in found.items() if p == 0} == {0}
    assert {h[0][0] for (p, _), h in found.items() if p == 1} == {1}


def test_what_is_rare_in_a_persona_is_drawn_from_the_release() -> None:
    people = [(0, [(0, 0, 0)])] * 10 + [(0, [(i % 2 + 1, 0, 0)]) for i in range(6)]
    people += [(1, [(1, 0, 1)])] * 10 + [(1, [(2, 0, 1)])]
    found = as_lists(draw(people, 4000, 5))
    first = Counter(h[0][0] for (p, _), h in found.items() if p == 0)
    # Six of sixteen have types of three people each. In the release ten have type 0, thirteen
    # type 1, and four type 2, which is not drawn.
    assert set(first) == {0, 1}
    expected = np.array([10 + 6 * 10 / 23, 6 * 13 / 23]) * 4000 / 16
    assert chisquare([first[0], first[1]], expected).pvalue > 0.001


def test_what_too_few_have_leaves_no_trace() -> None:
    people = [(0, [(0, 0, 0)])] * 9 + [(0, [(2, 0, 0)])] + [(1, [(1, 0, 1)])] * 30
    found = as_lists(draw(people, 500, 5))
    assert {h[0][0] for (p, _), h in found.items() if p == 0} == {0}


def test_nothing_that_k_people_share_gives_nothing() -> None:
    assert len(draw([(0, [(0, 0, 0)])] * 3, 10, 4)) == 0


def test_draws_belong_to_the_key_and_the_name_of_the_persona() -> None:
    rng = np.random.default_rng(1)
    people = [
        (int(p), [(int(t), i, 0) for i, t in enumerate(rng.integers(0, 3, 3))])
        for p in rng.integers(0, 2, 80)
    ]
    pd.testing.assert_frame_equal(draw(people, 5, 3), draw(people, 5, 3))
    pd.testing.assert_frame_equal(draw(people, 5, 3), draw(people[::-1], 5, 3))
    assert not draw(people, 5, 3).equals(draw(people, 5, 3, seed=1))


def test_a_choice_without_rows_gives_nothing() -> None:
    nothing = np.empty(0, dtype=np.int64)
    choice = Choice(nothing, nothing, nothing, nothing, 2, 2)
    zeros, half = np.zeros(3, dtype=np.int64), np.full(3, 0.5)
    assert choice.draw(zeros, zeros, half, half).tolist() == [-1] * 3


@pytest.mark.parametrize(
    ("start", "end", "precision", "gap"),
    [
        (["2023-01-30", "2023-02-02"], ["2023-01-30", "2023-02-02"], "day", 3),
        (["2022-12-01", "2023-02-01"], ["2022-12-31", "2023-02-28"], "month", 2),
        (["1969-10-01", "1970-01-01"], ["1969-12-31", "1970-03-31"], "quarter", 1),
        (["1968-01-01", "2020-01-01"], ["1968-12-31", "2020-12-31"], "year", 52),
    ],
)
def test_the_calendar_counts_periods(
    start: list[str], end: list[str], precision: str, gap: int
) -> None:
    first, last = (np.array(days, dtype="datetime64[D]") for days in (start, end))
    calendar = Calendar.of(first, last)
    assert calendar.precision == precision
    numbers = calendar.numbers(first)
    assert numbers[1] - numbers[0] == gap
    assert (calendar.days(numbers) == first).all()
