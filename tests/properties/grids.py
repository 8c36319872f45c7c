"""Pipelines, grids and measures for law 10: steps that learn from what reaches them and write
where they stand, so that a step fitted to the wrong table, or shared once too often, tells in the
release; measures with many ties; and brute force over all settings."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import Pipeline

TABLE = pd.DataFrame({"a": [3, 1, 4, 1, 5], "b": [9, 2, 6, 5, 3]})
STEPS = ("one", "two", "three")
_PRIMES = {"utility": 101, "risk": 103, "events": 107, "k": 109, "fails": 113}
ERROR_SCORE = -1.0


class Fold(TransformerMixin, BaseEstimator):
    """Multiply, add, and add what was learned; fails for some of what it may learn.

    It works in place, as a step may on what the step before it made, unless it is the first.
    """

    def __init__(self, factor=1, term=0, fails=False, first=False):
        self.factor = factor
        self.term = term
        self.fails = fails
        self.first = first

    def fit(self, X, y=None):
        self.learned_ = int(X.to_numpy().sum()) % 7
        if self.fails and self.learned_ % 2:
            raise ValueError("this step cannot be fitted to that")
        return self

    def transform(self, X):
        X = X.copy() if self.first else X
        X["a"] = (X["a"] * self.factor + self.term) % 997
        X["b"] = (X["b"] + self.learned_ + X["a"]) % 997
        return X


def signature(released: pd.DataFrame, prime: int) -> int:
    """Give a number that depends on every cell of a release."""
    weights = np.arange(1, released.size + 1)
    return int((released.to_numpy().ravel() * weights).sum()) % prime


@dataclass(frozen=True)
class Fakes:
    """Measures that look at the release alone; few levels, so that there are ties.

    Parameters
    ----------
    n_levels : int
        Of usefulness and of risk.
    failing : int
        Of 100 releases, so many cannot be measured.
    """

    n_levels: int
    failing: int

    def utility(self, original: pd.DataFrame, released: pd.DataFrame) -> float:
        pd.testing.assert_frame_equal(original, TABLE)
        if signature(released, _PRIMES["fails"]) % 100 < self.failing:
            raise ValueError("usefulness cannot be measured")
        return signature(released, _PRIMES["utility"]) % self.n_levels / self.n_levels

    def risk(self, original: pd.DataFrame, released: pd.DataFrame) -> SimpleNamespace:
        pd.testing.assert_frame_equal(original, TABLE)
        if signature(released, _PRIMES["fails"]) % 100 >= 100 - self.failing:
            raise ValueError("risk cannot be measured")
        upper, events = (
            (1 + signature(released, _PRIMES[name]) % self.n_levels) / (self.n_levels + 1)
            for name in ("risk", "events")
        )
        return SimpleNamespace(
            upper=upper,
            population_average_risk=upper,
            k_anonymity=1,
            event_risk=SimpleNamespace(mean=events, upper=events),
        )


@dataclass(frozen=True)
class Problem:
    """A search to hold against brute force."""

    pipeline: Pipeline
    grid: list[dict[str, list[Any]]]
    target: float
    measures: Fakes
    n_jobs: int | None = None


@dataclass(frozen=True)
class Answer:
    """What is known of one setting: NaN and None where something failed."""

    params: dict[str, Any]
    utility: float = np.nan
    upper: float = np.nan
    released: Any = None

    @property
    def failed(self) -> bool:
        return self.released is None


def settings_of(grid: list[dict[str, list[Any]]]) -> list[dict[str, Any]]:
    """Multiply the grids out, the last name (of the sorted ones) fastest, as scikit-learn does."""
    found = []
    for part in grid:
        names = sorted(part)
        for values in itertools.product(*(part[name] for name in names)):
            found.append(dict(zip(names, values, strict=True)))
    return found


def brute_force(problem: Problem) -> tuple[list[Answer], int | None]:
    """Fit and measure every setting by itself; give all, and which one is to win."""
    answers = []
    for params in settings_of(problem.grid):
        # Fitted step by step by hand: no Pipeline, no sharing, no candidate of the search.
        table = TABLE
        steps = clone(problem.pipeline).set_params(**clone(params, safe=False)).steps
        try:
            for _, step in steps:
                if step != "passthrough" and step is not None:
                    table = step.fit(table.copy()).transform(table.copy())
            utility = problem.measures.utility(TABLE, table)
            report = problem.measures.risk(TABLE, table)
        except ValueError:
            answers.append(Answer(params))
            continue
        answers.append(Answer(params, utility, max(report.upper, report.event_risk.upper), table))
    winner = None
    for index, answer in enumerate(answers):
        if answer.failed or answer.upper > problem.target:
            continue
        best = None if winner is None else answers[winner]
        if best is None or (answer.utility, -answer.upper) > (best.utility, -best.upper):
            winner = index
    return answers, winner


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a pipeline of three steps, one to three grids over it, a bound and measures."""
    pipeline = Pipeline(
        [
            (name, Fold(factor, position, draw(st.booleans()), first=position == 0))
            for position, (name, factor) in enumerate(zip(STEPS, (2, 3, 5), strict=True))
        ]
    )
    numbers = st.lists(st.integers(0, 6), min_size=1, max_size=3, unique=True)
    parts = {f"{name}__{what}": numbers for name in STEPS for what in ("factor", "term")}
    parts["two"] = st.sampled_from([[None], ["passthrough"], [Fold(4, 4)], [Fold(4), Fold(4, 1)]])
    grid = []
    for _ in range(draw(st.integers(1, 3))):
        names = draw(st.lists(st.sampled_from(sorted(parts)), max_size=4, unique=True))
        # What replaces a step by nothing leaves nothing to set in it.
        if "two" in names:
            names = [name for name in names if not name.startswith("two__")]
        grid.append({name: draw(parts[name]) for name in names})
    fakes = Fakes(draw(st.sampled_from([1, 2, 3, 7, 50])), draw(st.sampled_from([0, 0, 10, 60])))
    target = draw(st.sampled_from([0.05, 0.3, 0.5, 0.7, 1.0]))
    return Problem(pipeline, grid, target, fakes, draw(st.sampled_from([None, None, None, 2])))
