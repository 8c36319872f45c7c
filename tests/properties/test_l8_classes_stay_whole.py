"""L8: steps on columns of events stand before the merger or after it, and leave every class whole:
the key variables of each row, the personas and the people behind them are what they are without."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.pipeline import make_pipeline
from strategies import IDS, KEYS, Case, assert_law_breaks, cases, law, plain, quietly, rows_of

from personatwin_sk import OutcomeNoise, PersonaMerger, TemporalNoise
from personatwin_sk.noise import ValueNoise, check_step_order

# Ten pairs of a step and a place, each with two fits of a merger.
each_law = settings(law, max_examples=-(-law.max_examples // 4))
WINDOW = ("2021-12-01", "2022-03-31")
NOISE: dict[str, Any] = {
    "jitter": lambda: TemporalNoise(**IDS, shift=30, jitter=40, precision="month"),
    "dates, epsilon": lambda: TemporalNoise(**IDS, epsilon=0.05, window=WINDOW, max_events=2),
    "flip": lambda: OutcomeNoise(**IDS, given="event_type", flip_probability=0.9),
    "outcomes, epsilon": lambda: OutcomeNoise(
        **IDS, epsilon=0.1, allowed=["felony", "misdemeanor", "dropped"], max_events=1
    ),
    "values": lambda: ValueNoise("days", **IDS, epsilon=0.1, bounds=(0, 30)),
}


def merger_of(k: int) -> PersonaMerger:
    return PersonaMerger(KEYS, k=k, person_id="person_id")


def with_days(case: Case) -> pd.DataFrame:
    return case.frame.assign(days=np.arange(len(case.frame)) % 31)


def people_behind(released: pd.DataFrame, people: list[Any], columns: list[str]) -> Counter[Any]:
    """Count the people, by their original ids, behind each released row of some columns."""
    return Counter(row for row, _ in set(zip(rows_of(released, columns), people, strict=True)))


def check_whole(case: Case, noise: BaseEstimator, *, before: bool) -> None:
    frame, people = with_days(case), case.people.tolist()
    merger = merger_of(case.k)
    steps = make_pipeline(noise, merger) if before else make_pipeline(merger, noise)
    check_step_order(steps)
    quietly(steps.fit, frame)
    check_step_order(steps)
    released = quietly(steps.transform, frame)
    without = quietly(merger_of(case.k).fit_transform, frame)
    columns = ["person_id", *KEYS]
    assert rows_of(released, columns) == rows_of(without, columns)
    behind = people_behind(released, people, KEYS)
    assert behind == people_behind(without, people, KEYS)
    kept = {row: n for row, n in behind.items() if n < case.k}
    assert sum(kept.values()) <= merger.n_suppressed_


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("name", NOISE)
@each_law
@given(case=cases())
def test_noise_on_events_leaves_classes_whole(name: str, before: bool, case: Case) -> None:
    check_whole(case, NOISE[name](), before=before)


@law
@given(case=cases(), before=st.booleans())
def test_noise_on_a_key_variable_is_accepted_before_the_merger_only(
    case: Case, before: bool
) -> None:
    noise = OutcomeNoise("gender", **IDS, flip_probability=0.5)
    merger = merger_of(case.k)
    if before:
        steps = make_pipeline(noise, merger)
        check_step_order(steps)
        released = quietly(steps.fit_transform, case.frame)
        sizes = people_behind(released, case.people.tolist(), ["person_id"])
        suppressed = sum(n for n in sizes.values() if n < case.k)
        assert suppressed <= merger.n_suppressed_
    else:
        with pytest.raises(ValueError, match=r"1 key variable\(s\) after the merger"):
            check_step_order(make_pipeline(merger, noise))


class TouchesAKey(TemporalNoise):
    """Moves ages along with dates, after classes were made by age."""

    def transform(self, X: Any) -> Any:
        released = super().transform(X)
        if "age" not in X or X["age"].dtype == object:
            return released
        moved = np.arange(len(X)) % 2
        return released.assign(age=X["age"] + moved)


class DropsSomebody(OutcomeNoise):
    """Leaves a person's number to somebody else's events."""

    def transform(self, X: Any) -> Any:
        released = super().transform(X)
        first = plain(released["person_id"])[0]
        return released.assign(person_id=first)


@pytest.mark.parametrize("mutant", [TouchesAKey, DropsSomebody])
def test_the_law_catches(mutant: type) -> None:
    assert_law_breaks(lambda case: check_whole(case, mutant(**IDS), before=False), cases())
