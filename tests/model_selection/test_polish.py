"""Polishing: the gap between a setting that will do and one that will not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import Looked, WriteSetting, X, report, search_of

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.model_selection._polish import most_polishing


def falling(edge, n=100):
    """Risk and usefulness both fall along a; safe from `edge` on."""
    risks = {(a, 0): report(0.01 if a >= edge else 0.9) for a in range(n)}
    return risks, {(a, 0): 1 - a / n for a in range(n)}


def polished(edge, grid, **parameters):
    risks, utilities = falling(edge)
    search = RiskAwareSearch(
        WriteSetting(), grid, risk=Looked(risks), utility=Looked(utilities), polish=True,
        **parameters,
    )  # fmt: skip
    return search.fit(X)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 99), st.sampled_from(["pruned", "exhaustive"]))
def test_edge_is_found_between_grid_points(edge, strategy):
    grid = [0, 10, 20, 40, 99]
    search = polished(edge, {"a": grid}, strategy=strategy)
    assert search.best_params_ == {"a": edge}
    above = min(a for a in grid if a >= edge)
    below = max((a for a in grid if a < edge), default=above)
    n_added = len(search.cv_results_["params"]) - len(grid)
    assert n_added <= int(above - below).bit_length()
    assert search.cv_results_["params"][search.best_index_] == {"a": edge}
    # One fit of the whole estimator for each.
    assert search.n_fits_ == search.n_full_fits_ == len(grid) + n_added


def test_without_polish_the_grid_is_all():
    search = polished(17, {"a": [10, 40]}).set_params(polish=False).fit(X)
    assert search.best_params_ == {"a": 40}
    assert len(search.cv_results_["params"]) == 2


def test_gap_may_be_above():
    risks = {(a, 0): report(0.01 if a <= 33 else 0.9) for a in range(100)}
    utilities = {(a, 0): a / 100 for a in range(100)}
    search = search_of(risks, utilities, grid={"a": [5, 30, 60, 90]}, polish=True).fit(X)
    assert search.best_params_ == {"a": 33}


def test_one_parameter_after_the_other():
    def risk(original, released):
        a, b = int(released["a"].iloc[0]), int(released["b"].iloc[0])
        return report(0.01 if a >= 13 and b >= 27 else 0.9)

    def utility(original, released):
        return -float(released["a"].iloc[0]) - float(released["b"].iloc[0])

    search = RiskAwareSearch(
        WriteSetting(), {"a": [5, 20, 50], "b": [9, 30]}, risk=risk, utility=utility, polish=True
    ).fit(X)
    assert search.best_params_ == {"a": 13, "b": 27}


def test_no_island_in_the_gap_makes_the_answer_worse():
    # Feasible at 40, not at 25 and 10, but feasible again at 17: whatever is looked at, the winner
    # is the most useful of what was measured to be feasible.
    safe = {17, 40}
    risks = {(a, 0): report(0.01 if a in safe else 0.9) for a in range(100)}
    utilities = {(a, 0): 1 - a / 100 for a in range(100)}
    search = search_of(risks, utilities, grid={"a": [10, 40]}, polish=True).fit(X)
    tried = [params["a"] for params in search.cv_results_["params"]]
    assert search.best_params_["a"] == min(set(tried) & safe)


def test_failing_neighbours_that_are_less_useful_are_left_alone():
    risks = {(a, 0): report(0.01 if a == 5 else 0.9) for a in range(20)}
    utilities = {(a, 0): 1.0 if a == 5 else 0.1 for a in range(20)}
    search = search_of(risks, utilities, grid={"a": [1, 5, 15]}, polish=True, strategy="exhaustive")
    assert len(search.fit(X).cv_results_["params"]) == 3


def test_neighbours_differ_in_one_parameter_only():
    risks = {(a, b): report(0.01 if (a, b) == (40, 1) else 0.9) for a in range(50) for b in (0, 1)}
    utilities = {at: 1 - at[0] / 100 for at in risks}
    grid = [{"a": [10], "b": [0]}, {"a": [40], "b": [1]}]
    search = search_of(risks, utilities, grid=grid, polish=True).fit(X)
    assert len(search.cv_results_["params"]) == 2


def test_truth_values_and_texts_are_no_whole_numbers():
    risks, utilities = falling(10)
    grid = {"a": [40], "fail": [False], "remark": [None, ""]}
    search = search_of(risks, utilities, grid=grid, polish=True).fit(X)
    assert len(search.cv_results_["params"]) == 2
    assert most_polishing([{"flag": True}, {"flag": False}, {"k": 3}, {"k": 3}]) == 0


def test_nothing_feasible_is_not_polished():
    risks, utilities = falling(100)
    search = search_of(risks, utilities, grid={"a": [1, 9]}, polish=True)
    with pytest.raises(InfeasibleRiskError, match="None of 2 settings"):
        search.fit(X)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_never_more_than_was_counted_on(data):
    values = data.draw(st.lists(st.integers(0, 99), min_size=1, max_size=6, unique=True))
    feasible = data.draw(st.sets(st.integers(0, 99)))
    risks = {(a, 0): report(0.01 if a in feasible else 0.9) for a in range(100)}
    useful = data.draw(st.permutations(range(100)))
    utilities = {(a, 0): float(useful[a]) for a in range(100)}
    search = search_of(risks, utilities, grid={"a": values}, polish=True)
    if not feasible & set(values):
        with pytest.raises(InfeasibleRiskError):
            search.fit(X)
        return
    results = search.fit(X).cv_results_
    n_added = len(results["params"]) - len(values)
    assert n_added <= most_polishing([{"a": value} for value in values])
    tried = [params["a"] for params in results["params"]]
    assert len(tried) == len(set(tried))
    assert search.best_params_["a"] == max(set(tried) & feasible, key=lambda a: useful[a])
    assert np.isfinite(results["risk"][len(values) :]).all()
