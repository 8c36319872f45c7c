"""RiskAwareSearch over fakes whose risk and usefulness are known: selection, errors, tables."""

from __future__ import annotations

import pickle
import warnings
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from searching import Looked, WriteSetting, X, along_a, report, search_of
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterGrid

from personatwin_sk.exceptions import DataWarning, InfeasibleRiskError
from personatwin_sk.model_selection import RiskAwareSearch

# --- selection ------------------------------------------------------------------------------------


def test_most_useful_of_the_feasible():
    search = search_of(along_a(0.2, 0.05, 0.01), along_a(0.9, 0.8, 0.7)).fit(X)
    assert search.best_params_ == {"a": 1, "b": 0}
    assert search.best_index_ == 1
    assert search.best_score_ == 0.8
    assert search.best_risk_ == 0.05
    assert search.best_report_ is search.risk.table[1, 0]
    # The least useful one is beaten already: its risk was not measured.
    assert search.n_candidates_evaluated_ == 2
    np.testing.assert_array_equal(search.cv_results_["risk_upper"], [0.2, 0.05, np.nan])
    np.testing.assert_array_equal(search.cv_results_["utility"], [0.9, 0.8, 0.7])
    search.set_params(strategy="exhaustive").fit(X)
    assert search.best_params_ == {"a": 1, "b": 0}
    assert search.n_candidates_evaluated_ == 3
    assert search.cv_results_["risk_upper"].tolist() == [0.2, 0.05, 0.01]


@pytest.mark.parametrize("excess", [1e-9, 0.01])
def test_risk_above_the_target_is_never_chosen(excess):
    search = search_of(along_a(0.05 + excess, 0.01), along_a(1.0, 0.1)).fit(X)
    assert search.best_params_["a"] == 1


def test_rounding_does_not_decide_at_the_limit():
    tenth = 0.1 + 0.2 - 0.2  # .1 and a bit
    assert tenth > 0.1
    assert search_of(along_a(tenth), along_a(1.0), target=0.1).fit(X).best_risk_ == tenth


def test_events_are_in_the_verdict():
    risks = along_a(report(0.01, events=0.9), report(0.03, events=0.02))
    search = search_of(risks, along_a(1.0, 0.1)).fit(X)
    assert search.best_params_["a"] == 1
    assert search.best_risk_ == 0.03
    assert search.cv_results_["risk_upper"].tolist() == [0.9, 0.03]


def test_mean_column_is_the_larger_mean_and_upper_decides():
    risks = along_a(
        report(0.06, mean=0.01, events=0.02, events_mean=0.015),
        report(0.04, mean=0.03, events=0.01, events_mean=0.005),
    )
    search = search_of(risks, along_a(1.0, 0.1)).fit(X)
    assert search.cv_results_["risk"].tolist() == [0.015, 0.03]
    assert search.cv_results_["feasible"].tolist() == [False, True]


@pytest.mark.parametrize("nan_in", ["rows", "events"])
def test_risk_that_could_not_be_measured_is_not_met(nan_in):
    unknown = report(np.nan) if nan_in == "rows" else report(0.01, events=np.nan)
    search = search_of(along_a(unknown, 0.01), along_a(1.0, 0.1)).fit(X)
    assert search.best_params_["a"] == 1


def test_report_without_events_is_enough():
    plain = SimpleNamespace(upper=0.02, k_anonymity=3)
    search = search_of({(0, 0): plain}, along_a(1.0)).fit(X)
    assert search.best_risk_ == 0.02
    assert search.cv_results_["risk"].tolist() == [0.02]


def test_ties_go_to_the_lower_risk_then_to_grid_order():
    search = search_of(along_a(0.04, 0.02, 0.02, 0.03), along_a(0.5, 0.5, 0.5, 0.5)).fit(X)
    assert search.best_index_ == 1


def test_target_of_one_accepts_everything():
    search = search_of(along_a(1.0, 0.3), along_a(0.9, 0.1), target=1).fit(X)
    assert search.best_index_ == 0


def test_empty_setting_is_the_estimator_as_it_is():
    assert search_of(along_a(0.01), along_a(0.5), grid={}).fit(X).best_params_ == {}


figures = st.sampled_from([0.0, 0.01, 0.05, 0.050001, 0.2, 1.0])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_equals_brute_force_whatever_the_order_of_the_grid(data):
    a_values = data.draw(st.permutations(range(data.draw(st.integers(1, 4)))))
    b_values = data.draw(st.permutations(range(data.draw(st.integers(1, 3)))))
    points = [(a, b) for a in a_values for b in b_values]
    risks = {at: report(data.draw(figures), events=data.draw(figures)) for at in points}
    utilities = {at: data.draw(figures) for at in points}
    search = search_of(risks, utilities, grid={"a": list(a_values), "b": list(b_values)})

    safe = [at for at in points if max(risks[at].upper, risks[at].event_risk.upper) <= 0.05]
    if not safe:
        with pytest.raises(InfeasibleRiskError) as caught:
            search.fit(X)
        lowest = min(max(r.upper, r.event_risk.upper) for r in risks.values())
        assert caught.value.nearest_risk == lowest
        return
    strategy = data.draw(st.sampled_from(["pruned", "exhaustive"]))
    search.set_params(strategy=strategy).fit(X)
    chosen = (search.best_params_["a"], search.best_params_["b"])
    assert chosen in safe
    assert search.best_score_ == max(utilities[at] for at in safe)
    equals = [at for at in safe if utilities[at] == search.best_score_]
    assert search.best_risk_ == min(
        max(risks[at].upper, risks[at].event_risk.upper) for at in equals
    )


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_distinct_figures_make_the_winner_independent_of_grid_order(data):
    n = data.draw(st.integers(2, 6))
    risks = along_a(*data.draw(st.permutations([0.001 * (i + 1) for i in range(n)])))
    utilities = along_a(*data.draw(st.permutations([0.1 * i for i in range(n)])))
    order = data.draw(st.permutations(range(n)))
    forward = search_of(risks, utilities, grid={"a": list(range(n))}).fit(X)
    shuffled = search_of(risks, utilities, grid={"a": list(order)}).fit(X)
    assert forward.best_params_ == shuffled.best_params_


# --- nothing feasible -----------------------------------------------------------------------------


def test_infeasible_names_target_and_nearest():
    search = search_of(along_a(0.2, 0.08, 0.3), along_a(0.9, 0.8, 0.7))
    with pytest.raises(InfeasibleRiskError, match=r"target_risk=0\.05") as caught:
        search.fit(X)
    assert "a=1, b=0" in str(caught.value)
    assert "0.08" in str(caught.value)
    assert caught.value.nearest_params == {"a": 1, "b": 0}
    assert caught.value.nearest_risk == 0.08
    assert not hasattr(search, "best_params_")


def test_infeasible_error_survives_pickling():
    with pytest.raises(InfeasibleRiskError) as caught:
        search_of(along_a(0.2), along_a(0.9)).fit(X)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.nearest_params == {"a": 0, "b": 0}


def test_nearest_of_equal_risks_is_the_more_useful():
    with pytest.raises(InfeasibleRiskError) as caught:
        search_of(along_a(0.2, 0.2, 0.2), along_a(0.1, 0.9, 0.9)).fit(X)
    assert caught.value.nearest_params["a"] == 1


# --- failures -------------------------------------------------------------------------------------


def failing_search(error_score, *, n_fine=1):
    grid = [{"fail": [True]}, {"a": list(range(n_fine)), "fail": [False]}]
    risks, utilities = along_a(*[0.01] * n_fine), along_a(*[0.5] * n_fine)
    return search_of(risks, utilities, grid=grid, error_score=error_score)


def test_error_comes_through_by_default():
    with pytest.raises(ValueError, match="cannot be fitted"):
        failing_search("raise").fit(X)


@pytest.mark.parametrize("score", [0.99, float("nan")])
def test_error_score_makes_a_candidate_infeasible(score):
    search = failing_search(score)
    with pytest.warns(FitFailedWarning, match="1 of 2 settings failed"):
        search.fit(X)
    assert search.best_params_ == {"a": 0, "fail": False}
    results = search.cv_results_
    np.testing.assert_array_equal(results["utility"], [score, 0.5])
    assert results["feasible"].tolist() == [False, True]
    assert np.isnan([results[name][0] for name in ("risk", "risk_upper", "fit_time")]).all()
    assert results["pareto_optimal"].tolist() == [False, True]


def test_failing_measure_is_a_failure_too():
    search = search_of(along_a(0.01, 0.01), {(0, 0): 0.5}, error_score=0.0)  # KeyError for a=1
    with pytest.warns(FitFailedWarning, match="KeyError"):
        search.fit(X)
    assert search.best_params_["a"] == 0


def test_nan_utility_is_a_failure():
    with pytest.raises(ValueError, match="returned NaN"):
        search_of(along_a(0.01), along_a(np.nan)).fit(X)


def test_all_settings_failing_says_why():
    search = RiskAwareSearch(
        WriteSetting(), {"fail": [True]}, risk=Looked({}), utility=Looked({}), error_score=0.0
    )
    with pytest.raises(ValueError, match=r"All 1 settings failed.*cannot be fitted"):
        search.fit(X)


def test_interrupts_are_no_answer_about_a_setting():
    def interrupted(original, released):
        raise KeyboardInterrupt

    search = search_of(along_a(0.01), along_a(0.5), error_score=0.0).set_params(risk=interrupted)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X)


def test_report_that_is_none_says_what_is_missing():
    search = search_of(along_a(0.01), along_a(0.5)).set_params(risk=lambda old, new: 0.03)
    with pytest.raises(TypeError, match="RiskReport; got float, which has no upper"):
        search.fit(X)


@pytest.mark.parametrize("target", [0, 2, -0.1, float("nan"), "low", None])
def test_target_risk_out_of_range(target):
    search = search_of(along_a(0.01), along_a(0.5)).set_params(target_risk=target)
    with pytest.raises(ValueError, match="'target_risk' parameter of RiskAwareSearch"):
        search.fit(X)


@pytest.mark.parametrize(
    "parameter",
    [
        {"strategy": "monotone"},
        {"n_jobs": "many"},
        {"refit": "yes"},
        {"error_score": "ignore"},
        {"risk": 3},
        {"utility": 3},
        {"param_grid": "k"},
        {"estimator": LogisticRegression()},
    ],
)
def test_unusable_parameters(parameter):
    search = search_of(along_a(0.01), along_a(0.5)).set_params(**parameter)
    with pytest.raises(ValueError, match=f"'{next(iter(parameter))}' parameter"):
        search.fit(X)


def test_grid_without_settings():
    search = search_of(along_a(0.01), along_a(0.5)).set_params(param_grid=[])
    with pytest.raises(ValueError, match="no setting to try"):
        search.fit(X)


def test_unknown_parameter_in_the_grid():
    search = search_of(along_a(0.01), along_a(0.5)).set_params(param_grid={"nope": [1]})
    with pytest.raises(ValueError, match="Invalid parameter 'nope'"):
        search.fit(X)


# --- warnings and progress ------------------------------------------------------------------------


def test_warnings_of_candidates_are_given_once():
    grid = {"a": [0, 1, 2], "remark": ["3 people have rows that disagree"]}
    search = search_of(along_a(*[0.01] * 3), along_a(*[0.5] * 3), grid=grid)
    with pytest.warns(DataWarning, match="3 people") as caught:
        search.fit(X)
    assert len(caught) == 1


def test_warnings_that_are_errors_stay_errors():
    grid = {"remark": ["2 people have rows that disagree"]}
    search = search_of(along_a(0.01), along_a(0.5), grid=grid)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataWarning):
            search.fit(X)


def test_more_verbose_prints_a_line_per_candidate_to_stderr(capsys):
    search_of(along_a(0.2, 0.01), along_a(0.9, 0.8), verbose=2).fit(X)
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("[RiskAwareSearch 1/2] fitted, utility 0.9")
    assert lines[1].startswith("[RiskAwareSearch 2/2] fitted, utility 0.8")
    assert lines[2].startswith("[RiskAwareSearch 2/2] risk 0.2 (not met), utility 0.9")
    assert lines[3].startswith("[RiskAwareSearch 2/2] risk 0.01 (met)")
    search_of(along_a(0.2, 0.01), along_a(0.9, 0.8), verbose=2, strategy="exhaustive").fit(X)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("[RiskAwareSearch 1/2] risk 0.2 (not met), utility 0.9")
    assert lines[1].startswith("[RiskAwareSearch 2/2] risk 0.01 (met)")


def test_silent_by_default(capsys):
    search_of(along_a(0.01), along_a(0.5)).fit(X)
    assert capsys.readouterr() == ("", "")


def test_verbose_says_that_a_candidate_failed(capsys):
    with pytest.warns(FitFailedWarning):
        failing_search(0.0).set_params(verbose=2).fit(X)
    assert "[RiskAwareSearch 1/2] failed" in capsys.readouterr().err


# --- results --------------------------------------------------------------------------------------


def test_results_table():
    grid = [{"a": [1, 0]}, {"b": [1]}]
    risks = {(1, 0): 0.3, (0, 0): 0.02, (0, 1): 0.02}
    utilities = {(1, 0): 0.9, (0, 0): 0.6, (0, 1): 0.4}
    search = search_of(risks, utilities, grid=grid, strategy="exhaustive").fit(X)
    results = search.cv_results_
    assert set(results) == {
        "params", "param_a", "param_b", "risk", "risk_upper", "utility", "feasible",
        "pareto_optimal", "rank_utility", "fit_time",
    }  # fmt: skip
    assert results["params"] == list(ParameterGrid(grid))
    assert results["param_a"].tolist() == [1, 0, None]
    assert results["param_b"].tolist() == [None, None, 1]
    assert results["risk_upper"].tolist() == [0.3, 0.02, 0.02]
    assert results["utility"].tolist() == [0.9, 0.6, 0.4]
    assert results["feasible"].tolist() == [False, True, True]
    assert results["pareto_optimal"].tolist() == [True, True, False]
    assert results["rank_utility"].tolist() == [1, 2, 3]
    assert (results["fit_time"] >= 0).all()
    frame = pd.DataFrame(results)
    assert len(frame) == 3
    assert frame.loc[search.best_index_, "params"] == search.best_params_


def test_parameters_may_be_sequences():
    grid = {"remark": [None], "a": [0], "fail": [(), []]}
    search = search_of(along_a(0.01), along_a(0.5), grid=grid).fit(X)
    assert search.cv_results_["param_fail"].tolist() == [(), []]


# --- as a scikit-learn estimator ------------------------------------------------------------------


def test_kept_estimator_is_the_one_that_was_measured():
    fits = []

    class Counting(WriteSetting):
        def fit(self, X, y=None):
            fits.append(self.a)
            return super().fit(X, y)

    search = RiskAwareSearch(
        Counting(),
        {"a": [0, 1, 2]},
        risk=Looked({at: report(r) for at, r in along_a(0.3, 0.02, 0.01).items()}),
        utility=Looked(along_a(0.9, 0.8, 0.7)),
    )
    released = search.fit_transform(X)
    assert fits == [0, 1, 2]
    assert (released["a"] == 1).all()
    pd.testing.assert_frame_equal(released, search.transform(X))
    assert search.get_feature_names_out().tolist() == ["a", "b", "c"]
    assert search.n_features_in_ == 3
    assert search.feature_names_in_.tolist() == ["a", "b", "c"]
    assert not hasattr(search.estimator, "n_features_in_")


def test_two_workers_find_the_same():
    risks, utilities = along_a(0.3, 0.02, 0.01, 0.03), along_a(0.9, 0.7, 0.7, 0.7)
    one = search_of(risks, utilities, strategy="exhaustive").fit(X)
    # Threads: other processes cannot import this file. Processes are tried in test_defaults.py.
    with joblib.parallel_config(backend="threading"):
        two = search_of(risks, utilities, n_jobs=2, strategy="exhaustive").fit(X)
    assert two.best_params_ == one.best_params_ == {"a": 2, "b": 0}
    for name in ("risk", "risk_upper", "utility", "feasible", "pareto_optimal", "rank_utility"):
        np.testing.assert_array_equal(one.cv_results_[name], two.cv_results_[name])
    pd.testing.assert_frame_equal(two.transform(X), one.transform(X))
