"""An auditor who sees only what comes out: samplers follow their exact tables, no attack shows more
than epsilon, and OpenDP agrees, on the table and on the samples.

The auditor runs a step many times (many people with the same event, by one key) under two true
values, takes the set of releases that speak most for the one, and bounds the odds from below.
"""

from __future__ import annotations

from math import exp, inf
from typing import Any

import numpy as np
import opendp.prelude as dp
import pandas as pd
import pytest
from scipy import stats

from personatwin_sk.noise import OutcomeNoise, TemporalNoise, ValueNoise

IDS = {"person_id": "person_id", "event_id": "event_id"}
N = 100_000
N_ORACLE = 6_000  # OpenDP draws one by one

dp.enable_features("contrib")


def lower_bound(one: np.ndarray, other: np.ndarray, confidence: float = 0.999) -> float:
    """Bound epsilon from below by what two true values lead to.

    Parameters
    ----------
    one, other : numpy.ndarray of int, shape (n_outputs,)
        How often each output came, from two true values. Half of the draws choose the attack, the
        other half measures it, so that the bound is not fitted to what it is measured on.

    Returns
    -------
    float
        With this confidence epsilon is at least that; -inf where nothing can be said.
    """
    best = -inf
    random = np.random.default_rng(0)
    train = [random.multivariate_hypergeometric(c, c.sum() // 2) for c in (one, other)]
    test = [one - train[0], other - train[1]]
    for first, second in ((0, 1), (1, 0)):
        ratio = (train[first] + 1) / (train[second] + 1)
        # The most telling outputs first; sets of all sizes are tried, each at its share of doubt.
        order = np.argsort(-ratio)
        hits = np.cumsum(test[first][order])
        misses = np.cumsum(test[second][order])
        doubt = (1 - confidence) / (2 * 2 * len(order))
        low = stats.beta.ppf(doubt, hits, test[first].sum() - hits + 1)
        high = stats.beta.ppf(1 - doubt, misses + 1, test[second].sum() - misses)
        low, high = np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=1.0)
        with np.errstate(divide="ignore"):
            best = max(best, float(np.log(low / high).max()))
    return best


def p_value(observed: np.ndarray, share: np.ndarray) -> float:
    """Chi-square of counts against exact probabilities; cells too small for it go together."""
    expected = observed.sum() * share / share.sum()
    small = expected < 10
    observed = np.append(observed[~small], observed[small].sum())
    expected = np.append(expected[~small], expected[small].sum())
    if expected[-1] == 0:
        assert observed[-1] == 0  # what cannot come
        observed, expected = observed[:-1], expected[:-1]
    return float(stats.chisquare(observed, expected).pvalue)


def p_of_two(one: np.ndarray, other: np.ndarray) -> float:
    """Chi-square of two samples that should be of one distribution."""
    small = one / one.sum() * other.sum() < 10
    table = [np.append(counts[~small], counts[small].sum()) for counts in (one, other)]
    kept = (table[0] + table[1]) > 0
    return float(stats.chi2_contingency([counts[kept] for counts in table]).pvalue)


def test_the_auditor_finds_what_is_there() -> None:
    random = np.random.default_rng(0)
    for epsilon in (0.5, 2.0):
        keep = exp(epsilon) / (exp(epsilon) + 1)
        one, other = (
            random.multinomial(N, [keep, 1 - keep]),
            random.multinomial(N, [1 - keep, keep]),
        )
        assert 0.9 * epsilon < lower_bound(one, other) <= epsilon
    # And knows what has no noise for what it is.
    assert lower_bound(np.array([N, 0]), np.array([0, N])) > 7


# -- outcomes


OUTCOMES = ["denied", "granted", "remanded"]
PRIOR = {"denied": 0.2, "granted": 0.7, "remanded": 0.1}
EXCHANGES = {
    "uniform": lambda epsilon: {"epsilon": epsilon, "allowed": OUTCOMES},
    "prior": lambda epsilon: {"epsilon": epsilon, "invariant": True, "prior": PRIOR},
}


def outcomes_of(true: str, n_people: int = N, events: int = 1) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person_id": np.repeat(np.arange(n_people), events),
            "event_id": np.tile(np.arange(events), n_people),
            "outcome": true,
        }
    )


def released_outcomes(step: OutcomeNoise, true: str, **size: int) -> np.ndarray:
    released = step.transform(outcomes_of(true, **size))["outcome"]
    return released.map(OUTCOMES.index).to_numpy()


@pytest.mark.parametrize("epsilon", [0.25, 1.0, 3.0])
@pytest.mark.parametrize("kind", EXCHANGES)
def test_outcomes(kind: str, epsilon: float) -> None:
    counts, tables = [], []
    for seed, true in enumerate(OUTCOMES):  # a key each: runs that have nothing in common
        step = OutcomeNoise(**IDS, **EXCHANGES[kind](epsilon), random_state=seed)
        fitted = step.fit(outcomes_of(true, 5))
        counts.append(np.bincount(released_outcomes(fitted, true), minlength=3))
        matrix = fitted.transition_matrices_[None].loc[true, OUTCOMES].to_numpy()
        tables.append(matrix / matrix.sum())
    for observed, share in zip(counts, tables, strict=True):
        assert p_value(observed, share) > 1e-4
    bounds = [lower_bound(counts[i], counts[j]) for i in range(3) for j in range(i)]
    assert max(bounds) <= epsilon
    assert max(bounds) > 0.8 * epsilon - 0.1  # the claim is no more modest than it has to be


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_two_equal_events_of_a_person(epsilon: float) -> None:
    """Both together tell of one of them no more than epsilon."""
    step = OutcomeNoise(**IDS, epsilon=epsilon, allowed=OUTCOMES, random_state=5)
    step.fit(outcomes_of("denied", 5))
    first = released_outcomes(step, "denied", events=2)
    pairs = np.bincount(first[0::2] * 3 + first[1::2], minlength=9)
    row = step.transition_matrices_[None].to_numpy()[0]
    assert p_value(pairs, np.outer(row, row).ravel()) > 1e-4
    # The same events, but the second one had another outcome; other people, so another draw.
    table = outcomes_of("denied", events=2).assign(person_id=lambda t: t["person_id"] + N)
    changed = table.assign(outcome=np.where(table["event_id"] == 1, "granted", "denied"))
    second = step.transform(changed)["outcome"].map(OUTCOMES.index).to_numpy()
    other = np.bincount(second[0::2] * 3 + second[1::2], minlength=9)
    assert lower_bound(pairs, other) <= epsilon
    # The attack is able to: with both changed it finds more than one epsilon.
    both = step.transform(table.assign(outcome="granted"))["outcome"].map(OUTCOMES.index)
    joint = np.bincount(both.to_numpy()[0::2] * 3 + both.to_numpy()[1::2], minlength=9)
    assert epsilon < lower_bound(pairs, joint) <= 2 * epsilon


def test_the_audit_catches_equal_noise_for_equal_events() -> None:
    """Drawn by person and outcome, two equal events come out alike: any two that do not tell."""
    epsilon = 0.5
    step = OutcomeNoise(**IDS, epsilon=epsilon, allowed=OUTCOMES, random_state=5)
    step.fit(outcomes_of("denied", 5))
    same = released_outcomes(step, "denied")
    equal = np.bincount(same * 3 + same, minlength=9)
    second = released_outcomes(step, "denied", events=2)
    apart = np.bincount(second[0::2] * 3 + second[1::2], minlength=9)
    assert lower_bound(apart, equal) > 4 * epsilon


@pytest.mark.parametrize("epsilon", [0.25, 1.0, 3.0])
def test_opendp_grants_randomised_response_the_same_epsilon(epsilon: float) -> None:
    step = OutcomeNoise(**IDS, epsilon=epsilon, allowed=OUTCOMES, random_state=1)
    matrix = step.fit(outcomes_of("granted", 5)).transition_matrices_[None]
    keep = float(matrix.loc["granted", "granted"])
    oracle = dp.m.make_randomized_response(OUTCOMES, prob=keep)
    assert oracle.map(1) == pytest.approx(epsilon, rel=1e-9)
    theirs = np.bincount([OUTCOMES.index(oracle("granted")) for _ in range(N_ORACLE)], minlength=3)
    ours = np.bincount(released_outcomes(step, "granted"), minlength=3)
    assert p_of_two(ours, theirs) > 1e-4


# -- dates


FIRST = np.datetime64("2024-01-01", "D")
SPAN = 6
WINDOW = (str(FIRST), str(FIRST + SPAN))


def date_step(epsilon: float, seed: int = 0, **more: Any) -> TemporalNoise:
    chosen = {"window": WINDOW, "keep_order": False} | more
    return TemporalNoise(**IDS, epsilon=epsilon, random_state=seed, **chosen)


def dates_of(days: list[int], n_people: int = N, first_person: int = 0) -> pd.DataFrame:
    """Each person has an event on each of these days of the window."""
    return pd.DataFrame(
        {
            "person_id": np.repeat(np.arange(n_people) + first_person, len(days)),
            "event_id": np.tile(np.arange(len(days)), n_people),
            "date": np.tile((FIRST + np.array(days)).astype("datetime64[s]"), n_people),
        }
    )


def released_days(step: TemporalNoise, table: pd.DataFrame) -> np.ndarray:
    released = step.fit(table.head(5)).transform(table)["date"]
    return (released.to_numpy().astype("datetime64[D]") - FIRST).astype(np.int64)


def geometric(day: int, epsilon: float) -> np.ndarray:
    """The two-sided geometric distribution around a day, clamped to the window: the textbook's."""
    less = exp(-epsilon)
    share = (1 - less) / (1 + less) * less ** np.abs(np.arange(SPAN + 1) - day)
    share[0], share[-1] = less**day / (1 + less), less ** (SPAN - day) / (1 + less)
    return share


@pytest.mark.parametrize("epsilon", [0.2, 1.0, 2.5])
def test_dates(epsilon: float) -> None:
    counts = [
        np.bincount(released_days(date_step(epsilon, seed), dates_of([day])), minlength=SPAN + 1)
        for seed, day in enumerate((-3, 0, 1, 2))  # before the window is at its end
    ]
    for observed, day in zip(counts, (0, 0, 1, 2), strict=True):
        share = geometric(day, epsilon)
        assert p_value(observed, share) > 1e-4
    assert lower_bound(counts[0], counts[1]) <= 0.02
    for days in (1, 2):  # per day of displacement
        found = lower_bound(counts[1], counts[1 + days])
        assert 0.8 * days * epsilon - 0.1 < found <= days * epsilon


@pytest.mark.parametrize("keep_order", [False, True])
@pytest.mark.parametrize("epsilon", [0.3, 1.5])
def test_two_equal_dates_of_a_person(epsilon: float, keep_order: bool) -> None:
    """Both together tell of one of them no more than epsilon; of both, up to twice that."""

    def pairs(table: pd.DataFrame) -> np.ndarray:
        days = released_days(date_step(epsilon, 7, keep_order=keep_order), table)
        return np.bincount(days[0::2] * (SPAN + 1) + days[1::2], minlength=(SPAN + 1) ** 2)

    equal = pairs(dates_of([2, 2]))
    share = np.outer(geometric(2, epsilon), geometric(2, epsilon)).ravel()
    assert p_value(equal, share) > 1e-4
    if not keep_order:  # with it, which of the two is earlier is told, and meant to be
        changed = pairs(dates_of([2, 3], first_person=N))
        assert lower_bound(equal, changed) <= epsilon
    both = pairs(dates_of([3, 3], first_person=2 * N))
    assert epsilon < lower_bound(equal, both) <= 2 * epsilon


def test_order_that_is_kept_is_told_and_nothing_else() -> None:
    """Given the order, days that both move keep their promise: the repair adds nothing to it."""
    epsilon = 0.5
    tables = [dates_of([2, 4], first_person=0), dates_of([2, 5], first_person=N)]
    counts = []
    for table in tables:
        days = released_days(date_step(epsilon, 8, keep_order=True), table)
        assert (days[0::2] <= days[1::2]).all()
        counts.append(np.bincount(days[0::2] * 7 + days[1::2], minlength=49))
    assert lower_bound(*counts) <= epsilon


@pytest.mark.parametrize("epsilon", [0.2, 1.0, 2.5])
def test_opendp_grants_dates_the_same_epsilon(epsilon: float) -> None:
    oracle = dp.m.make_geometric(
        dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int), scale=1 / epsilon,
        bounds=(0, SPAN),
    )  # fmt: skip
    for days in (1, SPAN):
        assert oracle.map(days) == pytest.approx(days * epsilon, rel=1e-9)
    theirs = np.bincount(oracle([1] * N_ORACLE), minlength=SPAN + 1)
    ours = np.bincount(released_days(date_step(epsilon), dates_of([1])), minlength=SPAN + 1)
    assert p_of_two(ours, theirs) > 1e-4


def test_jitter_claims_nothing_and_the_audit_sees_why() -> None:
    """A bounded jitter shows at its edges: no epsilon is below what is found."""
    step = TemporalNoise(**IDS, jitter=2, keep_order=False, random_state=0)
    counts = [
        np.bincount(released_days(step, dates_of([day], first_person=day * N)) + 2, minlength=9)
        for day in (2, 3)
    ]
    assert lower_bound(counts[0], counts[1]) > 5


# -- numbers


@pytest.mark.parametrize("epsilon", [0.2, 1.0])
def test_numbers(epsilon: float) -> None:
    counts = []
    for seed, value in enumerate((0, 30, 60)):
        table = dates_of([0]).drop(columns="date").assign(value=value)
        step = ValueNoise(**IDS, epsilon=epsilon, step=30, bounds=(0, 180), random_state=seed)
        steps = step.fit_transform(table)["value"].to_numpy() // 30
        counts.append(np.bincount(steps, minlength=SPAN + 1))
        share = geometric(value // 30, epsilon)
        assert p_value(counts[-1], share) > 1e-4
    for days in (1, 2):
        found = lower_bound(counts[0], counts[days])
        assert 0.8 * days * epsilon - 0.1 < found <= days * epsilon
