"""Pruning: the winner is that of the exhaustive search, and only needless risks are left out."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from searching import X, along_a, report, search_of
from sklearn.exceptions import FitFailedWarning
from test_defaults import COURT_GRID, court, court_pipeline

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.model_selection import RiskAwareSearch, _pruning

figures = st.sampled_from([0.01, 0.02, 0.05, 0.06, 0.3, 0.9])


def outcome(search):
    try:
        search.fit(X)
    except InfeasibleRiskError as error:
        return "infeasible", error.nearest_params, error.nearest_risk
    return search.best_index_, search.best_params_, search.best_score_, search.best_risk_


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_pruned_equals_exhaustive_ties_and_infeasible_ones_included(data):
    n = data.draw(st.integers(1, 8))
    risks = along_a(*[report(data.draw(figures), events=data.draw(figures)) for _ in range(n)])
    utilities = along_a(*[data.draw(st.sampled_from([0.1, 0.2, 0.3])) for _ in range(n)])
    grid = {"a": data.draw(st.permutations(range(n)))}
    pruned = search_of(risks, utilities, grid=grid)
    exhaustive = search_of(risks, utilities, grid=grid, strategy="exhaustive")
    assert outcome(pruned) == outcome(exhaustive)
    results = pruned.cv_results_
    np.testing.assert_array_equal(results["utility"], exhaustive.cv_results_["utility"])
    measured = ~np.isnan(results["risk_upper"])
    if hasattr(pruned, "best_index_"):
        # Those and only those that are no less useful than the winner.
        np.testing.assert_array_equal(measured, results["utility"] >= pruned.best_score_)
    else:
        assert measured.all()
    assert pruned.n_candidates_evaluated_ == measured.sum()
    assert exhaustive.n_candidates_evaluated_ == n
    np.testing.assert_array_equal(
        results["risk_upper"][measured], exhaustive.cv_results_["risk_upper"][measured]
    )


@pytest.mark.parametrize(("jobs", "room"), [(None, 0), (None, 100), (2, None)])
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_winner_is_the_same_with_little_memory_and_with_two_workers(data, monkeypatch, jobs, room):
    monkeypatch.setattr(_pruning, "_ROUND", 1)
    if room is not None:
        monkeypatch.setattr(_pruning, "_WAITING_BYTES", room)
    n = data.draw(st.integers(1, 7))
    risks = along_a(*[data.draw(figures) for _ in range(n)])
    utilities = along_a(*[data.draw(st.sampled_from([0.1, 0.2, 0.3])) for _ in range(n)])
    grid = {"a": data.draw(st.permutations(range(n)))}
    exhaustive = search_of(risks, utilities, grid=grid, strategy="exhaustive")
    with joblib.parallel_config(backend="threading"):
        assert outcome(search_of(risks, utilities, grid=grid, n_jobs=jobs)) == outcome(exhaustive)


def test_less_memory_measures_more_risks_and_no_fewer_than_needed(monkeypatch):
    figures = along_a(0.01, 0.01, 0.3, 0.01), along_a(0.1, 0.2, 0.9, 0.8)
    assert search_of(*figures).fit(X).n_candidates_evaluated_ == 2
    monkeypatch.setattr(_pruning, "_WAITING_BYTES", 0)
    assert search_of(*figures).fit(X).n_candidates_evaluated_ == 4


def test_later_rounds_know_of_the_best_of_earlier_ones(monkeypatch):
    monkeypatch.setattr(_pruning, "_ROUND", 1)
    search = search_of(along_a(*[0.01] * 6), along_a(0.9, *[0.1] * 5), n_jobs=2)
    with joblib.parallel_config(backend="threading"):
        search.fit(X)
    measured = ~np.isnan(search.cv_results_["risk"])
    assert measured.tolist() == [True, True, False, False, False, False]
    assert search.cv_results_["utility"].tolist() == [0.9] + [0.1] * 5


def test_mutant_that_skips_equal_utility_is_found_out():
    # The second is as useful and safer: whoever stops at the first feasible one misses it.
    search = search_of(along_a(0.04, 0.01), along_a(0.5, 0.5)).fit(X)
    assert search.best_index_ == 1


def test_failing_candidates_change_nothing():
    grid = [{"fail": [True], "a": [0]}, {"a": [0, 1, 2]}]
    risks, utilities = along_a(0.3, 0.02, 0.01), along_a(0.9, 0.8, 0.7)
    for strategy in ("pruned", "exhaustive"):
        search = search_of(risks, utilities, grid=grid, error_score=99.0, strategy=strategy)
        with pytest.warns(FitFailedWarning, match="1 of 4 settings failed"):
            search.fit(X)
        assert search.best_index_ == 2
        assert search.cv_results_["utility"].tolist() == [99.0, 0.9, 0.8, 0.7]


# --- over real steps ------------------------------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_real_pipeline_has_the_winner_of_the_exhaustive_search(n_jobs):
    table = court()
    exhaustive = RiskAwareSearch(
        court_pipeline(), COURT_GRID, target_risk=0.05, strategy="exhaustive"
    ).fit(table)
    pruned = RiskAwareSearch(court_pipeline(), COURT_GRID, target_risk=0.05, n_jobs=n_jobs)
    pruned.fit(table)
    assert pruned.best_index_ == exhaustive.best_index_
    assert pruned.best_score_ == exhaustive.best_score_
    assert pruned.best_risk_ == exhaustive.best_risk_
    pd.testing.assert_frame_equal(pruned.transform(table), exhaustive.transform(table))
    assert exhaustive.n_fits_ == 3 * 6
    # Two settings of the dates, each with the one of the outcomes, and three mergers for each.
    assert pruned.n_fits_ == 2 + 2 + 6
    assert (exhaustive.n_full_fits_, pruned.n_full_fits_) == (6, 4)
    assert exhaustive.n_candidates_evaluated_ == 6
    # Two workers get the whole of so small a grid at once.
    assert (pruned.n_candidates_evaluated_ < 6) == (n_jobs is None)


def test_kept_estimator_is_fitted_though_its_steps_were_shared():
    table = court()
    search = RiskAwareSearch(court_pipeline(), COURT_GRID, target_risk=0.05).fit(table)
    chosen = search.best_params_
    steps = search.best_estimator_.named_steps
    assert steps["merge"].k == chosen["merge__k"]
    assert steps["dates"].jitter == chosen["dates__jitter"]
    alone = court_pipeline().set_params(**chosen).fit_transform(table)
    pd.testing.assert_frame_equal(search.transform(table), alone)


# --- interrupts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["pruned", "exhaustive"])
def test_interrupted_search_keeps_what_it_found_out(strategy):
    search = search_of(along_a(0.3, 0.2, 0.01, 0.01), along_a(0.9, 0.8, 0.7, 0.6)).fit(X)
    look_up, calls = search.risk, []

    def impatient(original, released):
        calls.append(released)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return look_up(original, released)

    search.set_params(risk=impatient, strategy=strategy)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X)
    np.testing.assert_array_equal(search.cv_results_["risk_upper"], [0.3, 0.2, np.nan, np.nan])
    assert search.n_candidates_evaluated_ == 2
    known = ~np.isnan(search.cv_results_["utility"])
    assert known.tolist() == ([True] * 4 if strategy == "pruned" else [True, True, False, False])
    # Nothing of an earlier fit stands beside it.
    assert not hasattr(search, "best_index_")
    assert not hasattr(search, "best_estimator_")
