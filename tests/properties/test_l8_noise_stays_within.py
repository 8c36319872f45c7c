"""L8: no value outside the declared set or window, the order of a person's events where promised,
and the same noise by the same key."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    IDS,
    Case,
    assert_law_breaks,
    cases,
    law,
    plain,
    quietly,
)

from personatwin_sk import OutcomeNoise, TemporalNoise

WINDOW = ("2021-12-20", "2022-02-10")  # the frames have dates on both sides of it
Make = Callable[..., Any]

date_settings = st.fixed_dictionaries(
    {
        "shift": st.sampled_from([0, 9]),
        "jitter": st.sampled_from([0, 3, 40]),
        "epsilon": st.sampled_from([None, 0.05, 2.0]),
        "window": st.sampled_from([None, WINDOW]),
        "precision": st.sampled_from(["day", "week", "month", "quarter", "year"]),
        "keep_order": st.booleans(),
    }
).map(lambda chosen: chosen | ({"window": WINDOW} if chosen["epsilon"] is not None else {}))
with_dates = st.tuples(cases(), date_settings)


def periods(values: pd.Series) -> list[tuple[pd.Timestamp, pd.Timestamp] | None]:
    """First and last day of what a released value stands for."""
    result: list[tuple[pd.Timestamp, pd.Timestamp] | None] = []
    for value in plain(values):
        if value is None:
            result.append(None)
            continue
        text = str(value)[:10].replace("-Q", "Q")
        period = pd.Period(text)
        result.append((period.start_time.normalize(), period.end_time.normalize()))
    return result


def check_dates(drawn: tuple[Case, dict[str, Any]], made: Make = TemporalNoise) -> None:
    case, chosen = drawn
    step = made(**IDS, **chosen, random_state=0)
    released = periods(quietly(step.fit_transform, case.frame)["date"])
    true = [None if day is None else pd.Timestamp(day) for day in plain(case.frame["date"])]
    assert [day is None for day in released] == [day is None for day in true]
    low, high = map(pd.Timestamp, chosen["window"] or ("1900-01-01", "2100-01-01"))
    farthest = pd.Timedelta(chosen["shift"] + chosen["jitter"], "D")
    for day, period in zip(true, released, strict=True):
        if day is None or period is None:
            continue
        first, last = period
        if chosen["precision"] == "week":
            assert first.day_of_week == 0
            last = first + pd.Timedelta(6, "D")
        assert first <= high and last >= low  # a day of it is in the window
        within = min(max(day, low), high)
        if chosen["epsilon"] is None:
            assert first <= within + farthest and last >= within - farthest


def check_order(drawn: tuple[Case, dict[str, Any]], made: Make = TemporalNoise) -> None:
    case, chosen = drawn
    chosen = chosen | {"keep_order": True}
    step = made(**IDS, **chosen, random_state=0)
    released = periods(quietly(step.fit_transform, case.frame)["date"])
    people = plain(case.people)
    true = [None if day is None else pd.Timestamp(day) for day in plain(case.frame["date"])]
    rows = [row for row, day in enumerate(true) if day is not None]
    for one, other in permutations(rows, 2):
        earlier, later = true[one], true[other]
        first, second = released[one], released[other]
        assert earlier and later and first and second
        if people[one] != people[other] or not earlier < later:
            continue
        assert first[0] <= second[0]
        if chosen["window"] is None and chosen["precision"] == "day":
            assert first[0] < second[0]


@law
@given(drawn=with_dates)
def test_dates_stay_within_window_and_reach(drawn: tuple[Case, dict[str, Any]]) -> None:
    check_dates(drawn)


@law
@given(drawn=with_dates)
def test_the_order_of_a_persons_events_is_kept(drawn: tuple[Case, dict[str, Any]]) -> None:
    check_order(drawn)


OUTCOMES = ["felony", "misdemeanor", "dropped"]
outcome_settings = st.sampled_from(
    [
        {"given": "event_type", "flip_probability": 0.9},
        {"given": "event_type", "flip_probability": 0.9, "invariant": False, "pool_below": 3},
        {"allowed": [*OUTCOMES, "appealed"], "epsilon": 0.1},
        {"allowed": OUTCOMES, "flip_probability": 1.0, "invariant": False},
        {
            "given": "event_type",
            "allowed": {kind: [*OUTCOMES, "appealed"] for kind in ("charge", "bail", None)},
            "epsilon": 0.5,
        },
    ]
)
with_outcomes = st.tuples(cases(), outcome_settings)


def check_outcomes(drawn: tuple[Case, dict[str, Any]], made: Make = OutcomeNoise) -> None:
    case, chosen = drawn
    step = made(**IDS, **chosen, random_state=0)
    released = plain(quietly(step.fit_transform, case.frame)["outcome"])
    true = plain(case.frame["outcome"])
    types = plain(case.frame["event_type"]) if "given" in chosen else [None] * len(true)
    shown: dict[Any, set[Any]] = {}
    for event_type, outcome in zip(types, true, strict=True):
        shown.setdefault(event_type, set()).add(outcome)
    declared = chosen.get("allowed")
    for event_type, outcome, new in zip(types, true, released, strict=True):
        assert (outcome is None) == (new is None)
        if declared is None:
            assert new in shown[event_type]
        elif new is not None:
            assert new in (declared[event_type] if "given" in chosen else declared)


@law
@given(drawn=with_outcomes)
def test_outcomes_stay_within_what_their_type_allows(drawn: tuple[Case, dict[str, Any]]) -> None:
    check_outcomes(drawn)


STEPS: dict[str, tuple[Make, dict[str, Any], str]] = {
    "dates": (TemporalNoise, {"shift": 200, "jitter": 200}, "date"),
    "outcomes": (OutcomeNoise, {"allowed": OUTCOMES, "epsilon": 0.01}, "outcome"),
}
with_key = st.tuples(cases(), st.integers(0, 2**32 - 1))


def check_key(name: str, drawn: tuple[Case, int], made: Make | None = None) -> None:
    """The key and the ids say what noise there is: another fit, other values beside the ids, other
    rows of other people change nothing."""
    case, seed = drawn
    own, chosen, column = STEPS[name]
    fitted = (made or own)([column], **IDS, **chosen, random_state=seed)
    whole = plain(quietly(fitted.fit_transform, case.frame)[column])
    again = (made or own)([column], **IDS, **chosen, random_state=seed)
    assert plain(quietly(again.fit_transform, case.frame)[column]) == whole
    beside = case.frame.assign(age=range(len(case.frame)), note="other", geography=None)
    assert plain(quietly(fitted.transform, beside)[column]) == whole
    rows = np.flatnonzero((case.people == case.people.iloc[0]).to_numpy())[::-1]
    alone = quietly(fitted.transform, case.frame.iloc[rows])
    assert plain(alone[column]) == [whole[row] for row in rows]


@pytest.mark.parametrize("name", STEPS)
@law
@given(drawn=with_key)
def test_the_same_key_gives_the_same_noise(name: str, drawn: tuple[Case, int]) -> None:
    check_key(name, drawn)


class ForgetsTheWindow(TemporalNoise):
    """Moves dates wherever the noise takes them."""

    def _fit(self, table: Any) -> None:
        super()._fit(table)
        if self.epsilon is None:
            self._window = None


class GoesADayFurther(TemporalNoise):
    """Jitters by a day more than it says."""

    def transform(self, X: Any) -> Any:
        self.jitter += bool(self.jitter)
        released = super().transform(X)
        self.jitter -= bool(self.jitter)
        return released


class DatesTheUndated(TemporalNoise):
    """Gives events without a date one."""

    def transform(self, X: Any) -> Any:
        released = super().transform(X)
        return released.assign(date=released["date"].bfill())


class KeepsNoOrder(TemporalNoise):
    """Promises order, and leaves days as they are drawn."""

    def _displacement(self) -> Any:
        said, self.keep_order = self.keep_order, False
        made = super()._displacement()
        self.keep_order = said
        return made


class RunningMaximum(KeepsNoOrder):
    """Keeps the order by raising later days to the earlier ones: they tie for no need."""

    def transform(self, X: Any) -> Any:
        released = super().transform(X)
        if self.precision != "day":
            return released
        order = pd.to_datetime(X["date"]).reset_index(drop=True).sort_values().index
        date = released["date"].reset_index(drop=True)
        numbers = pd.to_datetime(date).astype("datetime64[s]").astype("int64")
        people = X["person_id"].astype(str).reset_index(drop=True)
        raised = numbers[order].groupby(people[order]).cummax().sort_index()
        dates = raised.astype("datetime64[s]").where(date.notna())
        return released.assign(date=dates.to_numpy())


class AllowsEverything(OutcomeNoise):
    """Exchanges across event types."""

    def _fit(self, table: Any) -> None:
        said, self.given = self.given, None
        allowed, self.allowed = self.allowed, None
        epsilon, self.epsilon = self.epsilon, None
        flip, self.flip_probability = self.flip_probability, 1.0
        super()._fit(table)
        self.given, self.allowed, self.epsilon, self.flip_probability = said, allowed, epsilon, flip


class DrawsNull(OutcomeNoise):
    """Takes null for one more outcome."""

    def transform(self, X: Any) -> Any:
        released = super().transform(X)
        return released.assign(outcome=released["outcome"].bfill().ffill())


class NewKeyEachTime(TemporalNoise):
    """Does not keep to the key that it is told."""

    def _fit(self, table: Any) -> None:
        said, self.random_state = self.random_state, None
        super()._fit(table)
        self.random_state = said


class DrawsByRow(OutcomeNoise):
    """Lets the whole row have a say, ids or not."""

    def _row_keys(self, columns: Any) -> Any:
        event, self._event = self._event, None
        keys = super()._row_keys(columns)
        self._event = event
        return keys


@pytest.mark.parametrize(
    ("check", "mutant", "strategy"),
    [
        (check_dates, ForgetsTheWindow, with_dates),
        (check_dates, GoesADayFurther, with_dates),
        (check_dates, DatesTheUndated, with_dates),
        (check_order, KeepsNoOrder, with_dates),
        (check_order, RunningMaximum, with_dates),
        (check_outcomes, AllowsEverything, with_outcomes),
        (check_outcomes, DrawsNull, with_outcomes),
    ],
)
def test_the_law_catches(check: Any, mutant: type, strategy: Any) -> None:
    assert_law_breaks(lambda drawn: check(drawn, mutant), strategy)


@pytest.mark.parametrize(("name", "mutant"), [("dates", NewKeyEachTime), ("outcomes", DrawsByRow)])
def test_the_law_of_keys_catches(name: str, mutant: type) -> None:
    assert_law_breaks(lambda drawn: check_key(name, drawn, mutant), with_key)
