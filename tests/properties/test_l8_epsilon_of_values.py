"""L8: epsilon of numbers holds per step in the exact table of what is released, within bounds."""

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
from noise_tables import WORDS, exact_law, exact_table, hashes_are, keeps_epsilon
from strategies import IDS, assert_law_breaks

from personatwin_sk.noise import ValueNoise


@dataclass(frozen=True)
class Bounds:
    """Bounds that are `n_steps` steps apart, and epsilon per step."""

    epsilon: float
    low: int
    step: int
    n_steps: int

    @property
    def numbers(self) -> np.ndarray:
        return self.low + self.step * np.arange(self.n_steps + 1)

    def make(self, made: Callable[..., ValueNoise] = ValueNoise) -> ValueNoise:
        ends = (self.low, self.low + self.step * self.n_steps)
        return made(**IDS, epsilon=self.epsilon, step=self.step, bounds=ends, random_state=0)


bounds = st.builds(
    Bounds, st.floats(0.01, 6), st.integers(-50, 50), st.integers(1, 30), st.integers(1, 4)
)


def events_of(values: np.ndarray) -> pd.DataFrame:
    n = len(values)
    return pd.DataFrame({"person_id": np.arange(n), "event_id": 1, "value": values})


def check_one_event(case: Bounds, made: Callable[..., ValueNoise] = ValueNoise) -> None:
    fitted = case.make(made).fit(events_of(case.numbers))

    def prepare(inputs: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        table = events_of(case.numbers[inputs])

        def release(words: np.ndarray) -> np.ndarray:
            with hashes_are(words):
                released = fitted.transform(table)["value"].to_numpy()
            assert np.isin(released, case.numbers).all()
            return np.asarray((released - case.low) // case.step)

        return release

    n = case.n_steps + 1
    table = exact_table(prepare, n, n, low_bits=3)
    assert all(sum(row) == WORDS for row in table)
    assert all(keeps_epsilon(one, other, case.epsilon) for one, other in pairwise(table))
    assert keeps_epsilon(table[0], table[-1], case.epsilon * case.n_steps)
    less = exp(-case.epsilon)
    true, new = np.indices((n, n))
    expected = (1 - less) / (1 + less) * less ** np.abs(new - true)
    expected[:, 0] = less ** true[:, 0] / (1 + less)
    expected[:, -1] = less ** (case.n_steps - true[:, -1]) / (1 + less)
    found = np.array(table, dtype=float) / WORDS
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@exact_law
@given(case=bounds)
def test_epsilon_holds_for_one_event(case: Bounds) -> None:
    check_one_event(case)


class SpendsMore(ValueNoise):
    """Says epsilon, and takes a thousandth more."""

    def transform(self, X: Any) -> Any:
        said, self.epsilon = self.epsilon, self.epsilon * 1.001
        released = super().transform(X)
        self.epsilon = said
        return released


class BetweenTheSteps(ValueNoise):
    """Leaves half a step where the number was odd."""

    def transform(self, X: Any) -> Any:
        odd = X["value"] % 2
        released = super().transform(X)
        return released.assign(value=released["value"] + odd)


@pytest.mark.parametrize("mutant", [SpendsMore, BetweenTheSteps])
def test_the_law_catches(mutant: type[ValueNoise]) -> None:
    assert_law_breaks(lambda case: check_one_event(case, mutant), bounds)
