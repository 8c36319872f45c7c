"""L10: what a search chooses is within the bound, is what brute force over the same settings
chooses, and depends on neither the order of the grid nor what the strategy leaves out."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from grids import (
    ERROR_SCORE,
    STEPS,
    TABLE,
    Fakes,
    Fold,
    Problem,
    brute_force,
    problems,
    settings_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import FitFailedWarning
from sklearn.pipeline import Pipeline
from strategies import IDS, KEYS, Case, assert_law_breaks, cases, law

from personatwin_sk import (
    InfeasibleRiskError,
    OutcomeNoise,
    PersonaMerger,
    RiskAwareSearch,
    TemporalNoise,
    assess_risk,
    information_kept,
)
from personatwin_sk.exceptions import DataWarning
from personatwin_sk.model_selection import _constraints, _prefixes, _pruning

STRATEGIES = ("pruned", "exhaustive")
many = settings(law, max_examples=4 * law.max_examples)
few = settings(law, max_examples=-(-law.max_examples // 2))


def search_of(problem: Problem, strategy: str, **parameters: Any) -> RiskAwareSearch:
    return RiskAwareSearch(
        problem.pipeline,
        problem.grid,
        target_risk=problem.target,
        risk=problem.measures.risk,
        utility=problem.measures.utility,
        strategy=strategy,
        n_jobs=problem.n_jobs,
        **{"error_score": ERROR_SCORE, **parameters},
    )


def fit(search: RiskAwareSearch, table: pd.DataFrame = TABLE) -> Exception | None:
    """Fit; give the error where nothing is found."""
    with warnings.catch_warnings(), joblib.parallel_config(backend="threading"):
        warnings.simplefilter("ignore", FitFailedWarning)
        warnings.simplefilter("ignore", DataWarning)
        try:
            search.fit(table)
        except ValueError as error:
            return error
    return None


def check_search(problem: Problem, strategy: str) -> None:
    answers, winner = brute_force(problem)
    search = search_of(problem, strategy)
    error = fit(search)
    results = search.cv_results_
    assert results["params"] == settings_of(problem.grid)
    measured = ~np.isnan(results["risk_upper"])
    for index, answer in enumerate(answers):
        # What is in the table is true of the release of that setting, whoever shared what.
        if measured[index]:
            assert results["risk_upper"][index] == answer.upper
            assert results["utility"][index] == answer.utility
            assert results["feasible"][index] == (answer.upper <= problem.target)
        else:
            assert not results["feasible"][index]
    if strategy == "exhaustive":
        assert measured.tolist() == [not answer.failed for answer in answers]
    assert results["feasible"].any() == (winner is not None)
    if winner is None:
        check_refusal(answers, error, measured)
        return
    assert error is None
    best = answers[winner]
    assert search.best_index_ == winner
    assert search.best_params_ == best.params
    assert (search.best_score_, search.best_risk_) == (best.utility, best.upper)
    assert search.best_risk_ <= problem.target
    left_out = [a for a, seen in zip(answers, measured, strict=True) if not (seen or a.failed)]
    assert all(answer.utility < best.utility for answer in left_out)
    # The kept estimator is fitted as if it had been fitted alone.
    pd.testing.assert_frame_equal(search.transform(TABLE.copy()), best.released)


def check_refusal(answers: list[Any], error: Exception | None, measured: np.ndarray) -> None:
    assert error is not None
    uppers = [answer.upper for answer in answers if not answer.failed]
    if not uppers:
        assert "settings failed" in str(error)
        return
    assert isinstance(error, InfeasibleRiskError)
    assert error.nearest_risk == min(uppers)
    assert int(measured.sum()) == len(uppers)


@pytest.mark.parametrize("strategy", STRATEGIES)
@many
@given(problem=problems())
def test_the_answer_is_that_of_brute_force(strategy: str, problem: Problem) -> None:
    check_search(problem, strategy)


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[Problem, Problem]:
    problem = draw(problems())
    parts = [
        {name: draw(st.permutations(part[name])) for name in draw(st.permutations(sorted(part)))}
        for part in draw(st.permutations(problem.grid))
    ]
    return problem, replace(problem, grid=parts)


@many
@given(pair=shuffled())
def test_the_order_of_the_grid_has_no_say(pair: tuple[Problem, Problem]) -> None:
    one, other = (search_of(problem, "pruned") for problem in pair)
    assert type(fit(one)) is type(fit(other))
    assert hasattr(one, "best_score_") == hasattr(other, "best_score_")
    if hasattr(one, "best_score_"):
        # Among equals the order decides, and only there.
        assert (one.best_score_, one.best_risk_) == (other.best_score_, other.best_risk_)


@pytest.mark.parametrize("strategy", STRATEGIES)
@law
@given(problem=problems())
def test_errors_come_through_if_they_are_to(strategy: str, problem: Problem) -> None:
    answers, winner = brute_force(problem)
    search = search_of(problem, strategy, error_score="raise")
    error = fit(search)
    n_failed = sum(answer.failed for answer in answers)
    if error is not None and not isinstance(error, InfeasibleRiskError):
        assert n_failed and "cannot be" in str(error)
    elif winner is None:
        assert n_failed == 0 and isinstance(error, InfeasibleRiskError)
    else:
        # What failed may have been a risk that need not be known; the answer is the same.
        assert n_failed == 0 or strategy == "pruned"
        assert search.best_index_ == winner


def test_problems_are_of_all_kinds() -> None:
    """Hypothesis is given what the law is about: ties, failures, refusals, much that is shared."""
    kinds: dict[str, int] = {}

    @settings(max_examples=100, deadline=None, derandomize=True, database=None)
    @given(problem=problems())
    def look(problem: Problem) -> None:
        answers, winner = brute_force(problem)
        known = [a for a in answers if not a.failed]
        safe = [a for a in known if a.upper <= problem.target]
        search = search_of(problem, "pruned")
        fit(search)
        found = {
            "refused": winner is None and bool(known),
            "all fail": not known,
            "some fail": 0 < len(known) < len(answers),
            "tie": winner is not None
            and sum(a.utility == answers[winner].utility for a in safe) > 1,
            "some safe": 0 < len(safe) < len(known),
            "risks left out": bool(np.isnan(search.cv_results_["risk_upper"]).sum() > 1),
            "shared": search.n_fits_ < len(STEPS) * len(answers),
        }
        for name, is_so in found.items():
            kinds[name] = kinds.get(name, 0) + is_so

    look()
    assert min(kinds.values()) >= 5, kinds


# Mutants


def _forgets_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(estimator: Any, settings: Any, footprints: Any) -> Any:
        names = [name for name, _ in estimator.steps]
        return [tuple(names) for _ in settings]

    monkeypatch.setattr(_prefixes, "step_keys", keys)


def _hands_on_tables_that_others_work_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_prefixes, "own_copy", lambda table: table)


def _forgets_the_safer_of_equals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pruning, "_rank", lambda index, candidate: (candidate.utility, -index))


def _prefers_the_later_of_equals(monkeypatch: pytest.MonkeyPatch) -> None:
    def rank(index: int, candidate: Any) -> tuple[float, float, int]:
        return candidate.utility, -candidate.risk_upper, index

    monkeypatch.setattr(_pruning, "_rank", rank)


def _prunes_equals(monkeypatch: pytest.MonkeyPatch) -> None:
    def floor(self: Any) -> float:
        return -math.inf if self.candidate is None else math.nextafter(self.candidate.utility, 9)

    monkeypatch.setattr(_pruning.Leader, "floor", property(floor))


def _takes_the_first_that_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    meet = _pruning.Leader.meet

    def meet_once(self: Any, index: int, candidate: Any) -> None:
        if self.candidate is None:
            meet(self, index, candidate)

    monkeypatch.setattr(_pruning.Leader, "meet", meet_once)


def _forgets_events(monkeypatch: pytest.MonkeyPatch) -> None:
    take = _constraints.take_verdict

    def verdict(report: Any, *others: Any) -> Any:
        return take(SimpleNamespace(**{**vars(report), "event_risk": None}), *others)

    monkeypatch.setattr(_constraints, "take_verdict", verdict)


def _lets_a_little_more_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_constraints, "TOLERANCE", 0.1)


MUTANTS: list[Callable[[pytest.MonkeyPatch], None]] = [
    _forgets_what_differs,
    _hands_on_tables_that_others_work_on,
    _forgets_the_safer_of_equals,
    _prefers_the_later_of_equals,
    _prunes_equals,
    _takes_the_first_that_is_safe,
    _forgets_events,
    _lets_a_little_more_pass,
]


@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__.strip("_"))
def test_the_law_catches(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    # One after the other: with two workers another path of the search would hide the mutant.
    alone = problems().map(lambda problem: replace(problem, n_jobs=None))
    assert_law_breaks(lambda problem: check_search(problem, "pruned"), alone)


# Our own steps, with the measures of the package in the oracle's hands


def pipeline_of(case: Case) -> Pipeline:
    return Pipeline(
        [
            ("dates", TemporalNoise("date", **IDS, jitter=40, random_state=1)),
            ("outcomes", OutcomeNoise("outcome", **IDS, given="event_type", random_state=1)),
            ("merge", PersonaMerger(KEYS, k=case.k, person_id="person_id")),
        ]
    )


@st.composite
def real_problems(draw: st.DrawFn) -> tuple[Case, dict[str, list[Any]], float]:
    case = draw(cases())
    n_people = case.people.nunique()
    sizes = st.lists(st.integers(1, n_people + 1), min_size=1, max_size=3, unique=True)
    grid = {
        "merge__k": draw(sizes),
        "dates__precision": draw(st.permutations(["month", "year"])),
        "outcomes__flip_probability": draw(st.sampled_from([[0.0], [0.5, 0.0]])),
    }
    return case, grid, draw(st.sampled_from([0.2, 0.34, 0.5, 1.0]))


def check_real(problem: tuple[Case, dict[str, list[Any]], float]) -> None:
    case, grid, target = problem

    def risk(original: Any, released: Any) -> Any:
        return assess_risk(
            original,
            released,
            KEYS,
            person_id="person_id",
            attacker="prosecutor",
            known_events=1,
            event_type="event_type",
            date="date",
        )

    def utility(original: Any, released: Any) -> float:
        return information_kept(
            original, released, KEYS, person_id="person_id", outcomes=["outcome"]
        )

    expected: list[tuple[float, float, int]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        for index, params in enumerate(settings_of([grid])):
            pipeline = pipeline_of(case).set_params(**params)
            try:
                released = pipeline.fit_transform(case.frame)
            except ValueError:  # fewer people than k
                continue
            report = risk(case.frame, released)
            upper = max(report.upper, report.event_risk.upper)
            if upper <= target + 1e-12 and report.k_anonymity >= params["merge__k"]:
                expected.append((utility(case.frame, released), -upper, -index))
    for strategy in STRATEGIES:
        search = RiskAwareSearch(
            pipeline_of(case),
            grid,
            target_risk=target,
            risk=risk,
            utility=utility,
            strategy=strategy,
            error_score=0.0,
        )
        error = fit(search, case.frame)
        assert (error is None) == bool(expected)
        if expected:
            assert (search.best_score_, -search.best_risk_, -search.best_index_) == max(expected)


@few
@given(problem=real_problems())
def test_the_answer_is_that_of_brute_force_around_our_own_steps(problem: Any) -> None:
    check_real(problem)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("grid", [[{}], [{}, {}], [{"two": ["passthrough"]}, {}]])
def test_it_holds_for_hardly_a_grid(strategy: str, grid: Any) -> None:
    pipeline = Pipeline([(name, Fold(2, 1, first=name == "one")) for name in STEPS])
    check_search(Problem(pipeline, grid, 1.0, Fakes(3, 0)), strategy)
