"""L8: epsilon of dates holds per day of displacement in the exact table of what is released, at the
ends of the window as inside it, for one event and for two equal events of a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import exp
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noise_tables import WORDS, exact_law, exact_table, hashes_are, keeps_epsilon, within
from strategies import IDS, assert_law_breaks, law, plain

from personatwin_sk import TemporalNoise

FIRST = np.datetime64("2024-02-26", "D")


@dataclass(frozen=True)
class Window:
    """A window of `span` days and the one before them, and epsilon per day."""

    epsilon: float
    span: int
    keep_order: bool

    @property
    def ends(self) -> tuple[str, str]:
        return str(FIRST), str(FIRST + self.span)

    def step(self, made: Callable[..., TemporalNoise] = TemporalNoise) -> TemporalNoise:
        return made(
            **IDS,
            epsilon=self.epsilon,
            window=self.ends,
            keep_order=self.keep_order,
            random_state=0,
        )


windows = st.builds(Window, st.floats(0.01, 6), st.integers(1, 4), st.booleans())


def events_of(days: np.ndarray, people: np.ndarray | None = None) -> pd.DataFrame:
    """Events on these days of the window; each of another person, or of these."""
    n = len(days)
    return pd.DataFrame(
        {
            "person_id": np.arange(n) if people is None else people,
            "event_id": np.arange(n),
            "date": (FIRST + np.asarray(days, dtype=np.int64)).astype("datetime64[s]"),
        }
    )


def days_of(released: pd.DataFrame) -> np.ndarray:
    dates = released["date"].to_numpy().astype("datetime64[D]")
    return (dates - FIRST).astype(np.int64)


def table_of(case: Window, made: Callable[..., TemporalNoise] = TemporalNoise) -> list[list[int]]:
    """By true day, from the day before the window to the day after it; then by released day."""
    fitted = case.step(made).fit(events_of(np.arange(3)))

    def prepare(inputs: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        table = events_of(inputs - 1)

        def release(words: np.ndarray) -> np.ndarray:
            with hashes_are(words):
                released = days_of(fitted.transform(table))
            assert released.min() >= 0 and released.max() <= case.span  # nothing outside
            return released

        return release

    return exact_table(prepare, case.span + 3, case.span + 1, low_bits=3)


def check_one_event(case: Window, table: list[list[int]]) -> None:
    assert all(sum(row) == WORDS for row in table)
    # A true day outside the window is the nearer end.
    assert table[0] == table[1] and table[-1] == table[-2]
    inside = table[1:-1]
    # Next to each other by epsilon itself, to the last digit; further apart by as much per day.
    assert all(keeps_epsilon(one, other, case.epsilon) for one, other in pairwise(inside))
    assert keeps_epsilon(inside[0], inside[-1], case.epsilon * case.span)
    # The textbook: two-sided geometric, what lies beyond an end is released as that end.
    less = exp(-case.epsilon)
    true, days = np.indices((case.span + 1, case.span + 1))
    expected = (1 - less) / (1 + less) * less ** np.abs(days - true)
    expected[:, 0] = less ** true[:, 0] / (1 + less)
    expected[:, -1] = less ** (case.span - true[:, -1]) / (1 + less)
    found = np.array(inside, dtype=float) / WORDS
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def check_two_equal_events(case: Window, table: list[list[int]]) -> None:
    """Two events of a person on one day; a day more for one of them shifts the joint odds by
    e^epsilon at most, for both by its square: hashes of two events are two words."""
    rows = np.array(table, dtype=object)
    for one in range(1, case.span + 1):
        equal = np.outer(rows[one], rows[one]).ravel().tolist()
        changed = np.outer(rows[one + 1], rows[one]).ravel().tolist()
        assert keeps_epsilon(equal, changed, case.epsilon)
        both = np.outer(rows[one + 1], rows[one + 1]).ravel().tolist()
        assert all(within(a, b, 2 * case.epsilon) for a, b in zip(equal, both, strict=True))


def check_pairs(case: Window, made: Callable[..., TemporalNoise] = TemporalNoise) -> None:
    """By the real key, two equal events of a person are released as two draws."""
    fitted = case.step(made).fit(events_of(np.arange(3)))
    n_people, n_days = 1_000, case.span + 1
    table = events_of(np.zeros(2 * n_people), np.repeat(np.arange(n_people), 2))
    released = days_of(fitted.transform(table))
    counts = np.bincount(released[0::2] * n_days + released[1::2], minlength=n_days**2)
    less = exp(-case.epsilon)
    row = (1 - less) / (1 + less) * less ** np.arange(n_days)
    row[0], row[-1] = 1 / (1 + less), less**case.span / (1 + less)
    share = np.outer(row, row).ravel()
    spread = np.sqrt(share * (1 - share) * n_people + 1)
    assert np.abs((counts - share * n_people) / spread).max() < 6


@exact_law
@given(case=windows)
def test_epsilon_holds_for_one_event_and_for_two_equal_ones(case: Window) -> None:
    table = table_of(case)
    check_one_event(case, table)
    check_two_equal_events(case, table)
    check_pairs(case)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Window, list[int], int, int]:
    """Days of one person's events, the number of one of them, and its day instead."""
    case = draw(windows)
    day = st.integers(-2, case.span + 2)
    days = draw(st.lists(day, min_size=2, max_size=6))
    return case, days, draw(st.integers(0, len(days) - 1)), draw(day)


def check_change_of_one(
    drawn: tuple[Window, list[int], int, int], made: Callable[..., TemporalNoise] = TemporalNoise
) -> None:
    """Without the promise of order another day of one event changes what no other becomes."""
    case, days, one, instead = drawn
    fitted = case.step(made).set_params(keep_order=False).fit(events_of(np.arange(3)))
    other = [*days[:one], instead, *days[one + 1 :]]
    person = np.zeros(len(days))
    before, after = (
        plain(fitted.transform(events_of(np.array(each), person))["date"]) for each in (days, other)
    )
    del before[one], after[one]
    assert before == after


@law
@given(drawn=changes())
def test_events_are_moved_apart(drawn: tuple[Window, list[int], int, int]) -> None:
    check_change_of_one(drawn)


class SpendsMore(TemporalNoise):
    """Says epsilon, and takes a thousandth more."""

    def _displacement(self) -> Any:
        said, self.epsilon = self.epsilon, self.epsilon * 1.001
        made = super()._displacement()
        self.epsilon = said
        return made


class LeavesTheWindow(TemporalNoise):
    """Knows the window, and holds nothing within it."""

    def _move(self, times: Any, *arguments: Any, **more: Any) -> Any:
        ends, self._window = self._window, (self._window[0] - 10, self._window[1] + 10)
        moved = super()._move(times, *arguments, **more)
        self._window = ends
        return moved


class ReflectsAtTheEnds(TemporalNoise):
    """Brings what lies beyond an end back by as much, and what is still beyond it to the end."""

    def transform(self, X: Any) -> Any:
        ends = [np.datetime64(day) for day in self.window]
        self._window = tuple(int(day.astype("datetime64[D]").astype(int)) for day in ends)
        self._window = (self._window[0] - 20, self._window[1] + 20)
        released = super().transform(X)
        low, high = (pd.Timestamp(end) for end in ends)
        date = released["date"]
        date = date.where(date >= low, low + (low - date)).where(date <= high, high - (date - high))
        return released.assign(date=date.clip(low, high))


class MovesAlike(TemporalNoise):
    """Draws by person and day: equal events of a person get equal noise."""

    def transform(self, X: Any) -> Any:
        released = super().transform(X)
        rows = X.assign(row=range(len(X))).groupby(["person_id", "date"])["row"]
        return released.assign(date=released["date"].to_numpy()[rows.transform("min")])


class FollowsTheFirst(TemporalNoise):
    """Gives all events of the table the date of the first."""

    def transform(self, X: Any) -> Any:
        released = super().transform(X)
        return released.assign(date=released["date"].iloc[0])


@pytest.mark.parametrize("mutant", [SpendsMore, LeavesTheWindow, ReflectsAtTheEnds])
def test_the_law_of_one_event_catches(mutant: type[TemporalNoise]) -> None:
    assert_law_breaks(lambda case: check_one_event(case, table_of(case, mutant)), windows)


def test_the_law_of_two_events_catches_equal_noise_for_equal_events() -> None:
    assert_law_breaks(lambda case: check_pairs(case, MovesAlike), windows)


def test_the_law_of_one_change_catches_events_that_have_a_say_in_others() -> None:
    assert_law_breaks(lambda drawn: check_change_of_one(drawn, FollowsTheFirst), changes())
