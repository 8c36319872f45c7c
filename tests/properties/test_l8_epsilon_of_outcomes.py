"""L8: epsilon of outcomes holds in the exact table of what is released, for one event and for two
equal events of a person, and no outcome outside the declared set is ever released."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import exp
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noise_tables import WORDS, exact_law, exact_table, hashes_are, keeps_epsilon, within
from strategies import IDS, assert_law_breaks, law, plain

from personatwin_sk import OutcomeNoise

OUTCOMES = ["denied", "granted", "remanded", "withdrawn", "白"]


@dataclass(frozen=True)
class Exchange:
    """A declared set of outcomes, perhaps with a public distribution to be kept, at epsilon."""

    epsilon: float
    n_outcomes: int
    prior: tuple[float, ...] | None

    @property
    def outcomes(self) -> list[str]:
        return OUTCOMES[: self.n_outcomes]

    def step(self, made: Callable[..., OutcomeNoise] = OutcomeNoise) -> OutcomeNoise:
        prior = None
        if self.prior is not None:
            prior = dict(zip(self.outcomes, self.prior, strict=True))
        return made(
            **IDS,
            epsilon=self.epsilon,
            allowed=self.outcomes,
            prior=prior,
            invariant=None if prior is None else True,
            random_state=0,
        )


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    n_outcomes = draw(st.integers(2, len(OUTCOMES)))
    weights = draw(
        st.none() | st.lists(st.integers(1, 50), min_size=n_outcomes, max_size=n_outcomes)
    )
    prior = None if weights is None else tuple(weight / sum(weights) for weight in weights)
    return Exchange(draw(st.floats(0.01, 8)), n_outcomes, prior)


def events_of(outcomes: list[Any]) -> pd.DataFrame:
    n = len(outcomes)
    return pd.DataFrame({"person_id": 7, "event_id": range(n), "outcome": outcomes})


def table_of(case: Exchange, made: Callable[..., OutcomeNoise] = OutcomeNoise) -> list[list[int]]:
    own = case.outcomes
    fitted = case.step(made).fit(events_of(own))

    def prepare(inputs: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        table = events_of([own[i] for i in inputs])

        def release(words: np.ndarray) -> np.ndarray:
            with hashes_are(words):
                codes, released = pd.factorize(fitted.transform(table)["outcome"])
            # ValueError: what was released is outside the declared set
            return np.array([own.index(outcome) for outcome in released])[codes]

        return release

    return exact_table(prepare, len(own), len(own), low_bits=2)


def check_one_event(case: Exchange, table: list[list[int]]) -> None:
    assert all(sum(row) == WORDS for row in table)
    assert all(keeps_epsilon(one, other, case.epsilon) for one, other in product(table, table))
    # The textbook: an outcome stays, or is drawn anew from the distribution that is kept.
    shares = np.array(case.prior or [1 / case.n_outcomes] * case.n_outcomes)
    redrawn = 1 / (1 + (exp(case.epsilon) - 1) * shares.min())
    expected = (1 - redrawn) * np.eye(case.n_outcomes) + redrawn * shares
    found = np.array(table, dtype=float) / WORDS
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(shares @ found, shares, atol=1e-12)


def check_two_equal_events(case: Exchange, table: list[list[int]]) -> None:
    """Another outcome of one of two events shifts the odds of what comes out of both together by
    e^epsilon at most, another one of both by its square: hashes of two events are two words."""
    rows = np.array(table, dtype=object)
    for one, other in product(range(case.n_outcomes), repeat=2):
        equal = np.outer(rows[one], rows[one]).ravel().tolist()
        changed = np.outer(rows[other], rows[one]).ravel().tolist()
        assert keeps_epsilon(equal, changed, case.epsilon)
        both = np.outer(rows[other], rows[other]).ravel().tolist()
        assert all(within(a, b, 2 * case.epsilon) for a, b in zip(equal, both, strict=True))


def check_pairs(case: Exchange, made: Callable[..., OutcomeNoise] = OutcomeNoise) -> None:
    """By the real key, two equal events of a person come out together as often as that says."""
    fitted = case.step(made).fit(events_of(case.outcomes))
    counts = pairs_of(fitted, case.outcomes)
    row = fitted.transition_matrices_[None].to_numpy()[0]
    share = np.outer(row, row)
    spread = np.sqrt(share * (1 - share) * counts.sum() + 1)
    assert np.abs((counts - share * counts.sum()) / spread).max() < 6


def pairs_of(fitted: OutcomeNoise, outcomes: list[str], n_people: int = 1_000) -> np.ndarray:
    """Count what two equal events of a person become, by the real key."""
    table = pd.DataFrame(
        {
            "person_id": np.repeat(np.arange(n_people), 2),
            "event_id": np.tile(["first", "second"], n_people),
            "outcome": outcomes[0],
        }
    )
    released = fitted.transform(table)["outcome"].map(outcomes.index).to_numpy()
    pairs = released[0::2] * len(outcomes) + released[1::2]
    return np.bincount(pairs, minlength=len(outcomes) ** 2).reshape(len(outcomes), -1)


@exact_law
@given(case=exchanges())
def test_epsilon_holds_for_one_event_and_for_two_equal_ones(case: Exchange) -> None:
    table = table_of(case)
    check_one_event(case, table)
    check_two_equal_events(case, table)
    check_pairs(case)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Exchange, list[Any], int, str]:
    """Outcomes of one person, the number of one of them, and what it is instead."""
    case = draw(exchanges())
    outcome = st.sampled_from([*case.outcomes, None])
    outcomes = draw(st.lists(outcome, min_size=2, max_size=8))
    one = draw(st.integers(0, len(outcomes) - 1))
    return case, outcomes, one, draw(st.sampled_from(case.outcomes))


def check_change_of_one(
    drawn: tuple[Exchange, list[Any], int, str], made: Callable[..., OutcomeNoise] = OutcomeNoise
) -> None:
    """Another outcome of one event changes what no other becomes: joint odds are a product."""
    case, outcomes, one, instead = drawn
    fitted = case.step(made).fit(events_of(case.outcomes))
    other = [*outcomes[:one], instead, *outcomes[one + 1 :]]
    before, after = (
        plain(fitted.transform(events_of(each))["outcome"]) for each in (outcomes, other)
    )
    assert [outcome is None for outcome in before] == [outcome is None for outcome in outcomes]
    del before[one], after[one]
    assert before == after


@law
@given(drawn=changes())
def test_events_are_exchanged_apart(drawn: tuple[Exchange, list[Any], int, str]) -> None:
    check_change_of_one(drawn)


class SpendsMore(OutcomeNoise):
    """Says epsilon, and takes a thousandth more."""

    def _fit(self, table: Any) -> None:
        said, self.epsilon = self.epsilon, self.epsilon * 1.001
        super()._fit(table)
        self.epsilon = said


class KeepsItsOwnDistribution(OutcomeNoise):
    """Makes the exchange invariant by the distribution that it finds in the data."""

    def _fit(self, table: Any) -> None:
        said, self.epsilon, self.invariant = self.epsilon, None, True
        super()._fit(table)
        self.epsilon = said


class AddsAnOutcome(OutcomeNoise):
    """Releases what nobody declared."""

    def transform(self, X: Any) -> Any:
        return super().transform(X).replace({"outcome": {"granted": "granted in part"}})


class DrawsByOutcome(OutcomeNoise):
    """Draws by person and outcome: equal events of a person get equal noise."""

    def transform(self, X: Any) -> Any:
        as_events = super().transform(X.assign(event_id=range(len(X))))
        first = (
            X.assign(row=range(len(X))).groupby(["person_id", "outcome"])["row"].transform("min")
        )
        return as_events.assign(outcome=as_events["outcome"].to_numpy()[first])


@pytest.mark.parametrize("mutant", [SpendsMore, KeepsItsOwnDistribution, AddsAnOutcome])
def test_the_law_of_one_event_catches(mutant: type[OutcomeNoise]) -> None:
    def check(case: Exchange) -> None:
        try:
            table = table_of(case, mutant)
        except ValueError:
            raise AssertionError("an outcome outside the declared set") from None
        check_one_event(case, table)

    assert_law_breaks(check, exchanges())


def test_the_law_of_two_events_catches_equal_noise_for_equal_events() -> None:
    assert_law_breaks(lambda case: check_pairs(case, DrawsByOutcome), exchanges())


class FollowsTheFirst(OutcomeNoise):
    """Gives all events of the table the outcome of the first."""

    def transform(self, X: Any) -> Any:
        released = super().transform(X)
        known = released["outcome"].notna()
        return released.assign(outcome=released["outcome"].where(~known, released["outcome"][0]))


def test_the_law_of_one_change_catches_events_that_have_a_say_in_others() -> None:
    assert_law_breaks(lambda drawn: check_change_of_one(drawn, FollowsTheFirst), changes())
