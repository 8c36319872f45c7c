"""Constraints: several risks, on average or at most, least k, and limits that hold for all."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from searching import Looked, WriteSetting, X, along_a, report, search_of
from test_defaults import COURT_GRID, bodies, court, court_pipeline

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.model_selection._constraints import corrected
from personatwin_sk.population import CensusPopulation, TablePopulation
from personatwin_sk.risk import ReidentificationRisk


def several(first, second, utilities, *, targets, **parameters):
    """A search over `a` with two risks, "one" and "two", looked up."""
    reports = {
        name: Looked({at: report(r) for at, r in along_a(*figures).items()})
        for name, figures in (("one", first), ("two", second))
    }
    return RiskAwareSearch(
        WriteSetting(),
        {"a": list(range(len(utilities)))},
        target_risk=targets,
        risk=reports,
        utility=Looked(along_a(*utilities)),
        **parameters,
    )


# --- several risks --------------------------------------------------------------------------------


def test_all_risks_have_to_meet_their_targets():
    search = several(
        [0.04, 0.06, 0.01], [0.3, 0.1, 0.2], [0.9, 0.8, 0.7], targets={"one": 0.05, "two": 0.2},
        strategy="exhaustive",
    ).fit(X)  # fmt: skip
    assert search.best_params_ == {"a": 2}
    results = search.cv_results_
    assert results["risk_upper_one"].tolist() == [0.04, 0.06, 0.01]
    assert results["risk_upper_two"].tolist() == [0.3, 0.1, 0.2]
    assert results["risk_one"].tolist() == [0.04, 0.06, 0.01]
    # The largest share of its target: .3 of .2, .06 of .05, and .2 of .2.
    np.testing.assert_allclose(results["risk_upper"], [1.5, 1.2, 1.0])
    assert results["feasible"].tolist() == [False, False, True]
    assert search.best_risk_ == pytest.approx(1.0)
    assert set(search.best_report_) == {"one", "two"}
    assert search.best_report_["two"].upper == 0.2


def test_one_target_for_all_and_ties_by_the_binding_share():
    search = several([0.01, 0.02], [0.04, 0.03], [0.5, 0.5], targets=0.05).fit(X)
    assert search.best_params_ == {"a": 1}


def test_pruned_search_leaves_named_risks_out_too():
    search = several([0.01, 0.9], [0.01, 0.9], [0.9, 0.1], targets=0.05).fit(X)
    np.testing.assert_array_equal(search.cv_results_["risk_upper_two"], [0.01, np.nan])


def test_infeasible_names_each_risk_and_target():
    with pytest.raises(InfeasibleRiskError) as caught:
        several([0.06, 0.2], [0.01, 0.01], [0.9, 0.8], targets={"one": 0.05, "two": 0.2}).fit(X)
    assert "target_risk (one 0.05, two 0.2)" in str(caught.value)
    assert "risk one is at most 0.06 and risk two is at most 0.01" in str(caught.value)
    assert caught.value.nearest_params == {"a": 0}


def test_none_among_several_is_the_default():
    calls = []

    def own(original, released):
        calls.append(released)
        return report(0.01)

    table = bodies()
    search = RiskAwareSearch(
        PersonaMerger(), {"k": [3, 6]}, target_risk={"people": 0.2, "own": 0.05},
        risk={"people": None, "own": own}, strategy="exhaustive",
    ).fit(table)  # fmt: skip
    assert len(calls) == 2
    assert search.best_params_ == {"k": 6}
    alone = RiskAwareSearch(PersonaMerger(), {"k": [3, 6]}, target_risk=0.2, strategy="exhaustive")
    alone.fit(table)
    np.testing.assert_array_equal(
        search.cv_results_["risk_upper_people"], alone.cv_results_["risk_upper"]
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"target_risk": {"one": 0.05}}, "must name the same risks"),
        ({"target_risk": {"one": 0.05, "three": 0.1}}, "must name the same risks"),
        ({"risk": {}, "target_risk": {}}, "at least one"),
        ({"risk": Looked({}), "target_risk": {"one": 0.1}}, "risk has no names"),
        ({"target_risk": {"one": 0.05, "two": 0}}, "'target_risk' parameter.*'two'"),
        ({"target_risk": {"one": 0.05, "two": "low"}}, "'target_risk' parameter.*'two'"),
        ({"target_risk": {"one": 0.05, "two": True}}, "'target_risk' parameter.*'two'"),
        ({"risk": {"one": Looked({}), "two": 3}}, "'risk' parameter.*int for 'two'"),
        ({"risk_on": "median"}, "'risk_on' parameter"),
        ({"min_k": 0}, "'min_k' parameter"),
        ({"min_k": 2.5}, "'min_k' parameter"),
    ],
)
def test_unusable_constraints(changed, message):
    search = several([0.01], [0.01], [0.5], targets={"one": 0.05, "two": 0.2})
    with pytest.raises(ValueError, match=message):
        search.set_params(**changed).fit(X)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_two_risks_equal_brute_force(data):
    n = data.draw(st.integers(1, 6))
    figures = st.lists(st.sampled_from([0.01, 0.05, 0.06, 0.2]), min_size=n, max_size=n)
    first, second = data.draw(figures), data.draw(figures)
    utilities = data.draw(st.permutations([0.1 * (i + 1) for i in range(n)]))
    strategy = data.draw(st.sampled_from(["pruned", "exhaustive"]))
    search = several(first, second, utilities, targets={"one": 0.05, "two": 0.1}, strategy=strategy)
    safe = [i for i in range(n) if first[i] <= 0.05 and second[i] <= 0.1]
    if not safe:
        with pytest.raises(InfeasibleRiskError):
            search.fit(X)
        return
    assert search.fit(X).best_index_ == max(safe, key=lambda i: utilities[i])


# --- whose risk, and how many people --------------------------------------------------------------


def with_max(max_risk, events_max=0.0, *, mean=0.01, k=10):
    return SimpleNamespace(
        upper=mean,
        population_average_risk=mean,
        max_risk=max_risk,
        k_anonymity=k,
        event_risk=SimpleNamespace(mean=mean, upper=mean, max=events_max),
    )


def test_risk_on_max_bounds_the_person_most_at_risk():
    risks = along_a(with_max(0.5), with_max(0.1, events_max=0.4), with_max(0.1, events_max=0.2))
    search = search_of(risks, along_a(0.9, 0.8, 0.7), target=0.2, strategy="exhaustive")
    assert search.fit(X).best_params_["a"] == 0
    search.set_params(risk_on="max").fit(X)
    assert search.best_params_["a"] == 2
    assert search.cv_results_["risk_upper"].tolist() == [0.5, 0.4, 0.2]
    assert search.cv_results_["risk"].tolist() == [0.01] * 3


def test_risk_on_max_takes_the_limit_of_a_report_that_has_one():
    limited = with_max(0.1, events_max=0.05)
    limited.max_upper = 0.3
    unlimited = with_max(0.2, events_max=0.05)
    unlimited.max_upper = None
    search = search_of(
        along_a(limited, unlimited), along_a(0.9, 0.8), target=0.25, risk_on="max",
        strategy="exhaustive",
    ).fit(X)  # fmt: skip
    assert search.cv_results_["risk_upper"].tolist() == [0.3, 0.2]
    assert search.best_params_["a"] == 1


def test_the_largest_of_some_draws_is_no_limit():
    sampled = with_max(0.1, events_max=0.2)
    sampled.event_risk.n_sampled = 500
    search = search_of(along_a(sampled), along_a(0.9), target=0.9, risk_on="max")
    with pytest.raises(InfeasibleRiskError):
        search.fit(X)
    assert search.cv_results_["risk_upper"].tolist() == [1.0]
    assert search.set_params(risk_on="average").fit(X).best_risk_ == pytest.approx(0.01)


def test_risk_on_max_needs_a_report_that_has_it():
    search = search_of(along_a(0.01), along_a(0.5), risk_on="max")
    with pytest.raises(TypeError, match="which has no max_risk"):
        search.fit(X)


def test_largest_prosecutor_risk_is_one_over_the_smallest_class():
    table = bodies()
    search = RiskAwareSearch(
        PersonaMerger(), {"k": [2, 4, 8]}, target_risk=1 / 8, risk_on="max", strategy="exhaustive"
    ).fit(table)
    for row, k in enumerate([2, 4, 8]):
        released = PersonaMerger(k=k).fit_transform(table)
        smallest = released.groupby(["height", "eyes"]).size().min()
        assert search.cv_results_["risk_upper"][row] == pytest.approx(1 / smallest)
    assert search.best_params_ == {"k": 8}


def test_min_k_is_a_floor_beside_the_mergers_own():
    table = bodies()
    search = RiskAwareSearch(PersonaMerger(), {"k": [2, 3, 7]}, target_risk=1, min_k=5).fit(table)
    assert search.best_params_ == {"k": 7}
    with pytest.raises(InfeasibleRiskError, match="min_k=61"):
        search.set_params(min_k=61).fit(table)


def test_infeasible_says_what_drives_the_nearest():
    advised = report(0.2)
    advised.recommendation = "The classes drive the risk: raise k."
    silent = report(0.3)
    silent.recommendation = ""
    search = search_of(along_a(silent, advised), along_a(0.9, 0.8))
    with pytest.raises(InfeasibleRiskError, match="About its release: The classes drive the risk"):
        search.fit(X)


# --- limits that hold for the whole grid ----------------------------------------------------------


def test_limit_is_corrected_for_the_size_of_the_grid_not_for_what_was_looked_at():
    table = court()
    # Whom the population knows by age only: how many share the gender as well is expected.
    ages = table.drop_duplicates("person_id").groupby("age").size().mul(50)
    known = TablePopulation.from_frame(ages.rename("n").reset_index())
    measure = ReidentificationRisk(
        ["age", "gender"], person_id="person_id", population=known, confidence=0.9
    )
    for strategy in ("pruned", "exhaustive"):
        search = RiskAwareSearch(court_pipeline(), COURT_GRID, risk=measure, strategy=strategy)
        search.fit(table)
        released = search.transform(table)
        plain = measure(table, released)
        assert search.best_risk_ == replace(measure, n_compared=6)(table, released).upper
        # The limit of each, all of whose errors are its own, and of one that is alone.
        strict = replace(measure, confidence=59 / 60)(table, released)
        assert strict.upper >= search.best_risk_ > plain.upper > plain.population_average_risk


def test_only_what_counts_err_by_themselves_is_corrected_for_the_candidates():
    table = court()
    census = CensusPopulation(source="bundled")
    measure = ReidentificationRisk(
        ["age", "gender"], person_id="person_id", population=census, confidence=0.9
    )
    search = RiskAwareSearch(court_pipeline(), COURT_GRID, risk=measure).fit(table)
    released = search.transform(table)
    plain, compared = (replace(measure, n_compared=n)(table, released) for n in (1, 6))
    assert search.best_risk_ == compared.upper >= plain.upper > plain.population_average_risk
    # What they err alike is not: six limits, all of whose errors are their own, are higher.
    assert compared.upper < replace(measure, confidence=59 / 60)(table, released).upper


def test_exact_figures_stay_what_they_are():
    table = bodies()
    measure = ReidentificationRisk(["height", "eyes"], attacker="prosecutor")
    search = RiskAwareSearch(PersonaMerger(), {"k": [4, 8]}, risk=measure, target_risk=0.3)
    released = search.fit_transform(table)
    assert search.best_risk_ == measure(table, released).upper


def test_other_measures_are_left_alone():
    def own(original, released):
        return report(0.01)

    assert corrected(own, 100) is own


@pytest.mark.parametrize("n", [1, 20])
def test_corrected_limits_miss_together_as_seldom_as_one(n):
    # All true risks are at .05 and errors are independent: how often is any limit below it?
    rng = np.random.default_rng(5)
    level = corrected(ReidentificationRisk("age"), n)._confidence_of_each
    means = 0.05 + 0.01 * rng.normal(size=(20_000, n))
    uppers = means + norm.ppf(level) * 0.01
    missed = (uppers < 0.05).any(axis=1).mean()
    assert missed == pytest.approx(0.05, abs=0.006)


def test_two_columns_per_named_risk_make_a_frame():
    search = several([0.01], [0.02], [0.5], targets=0.05).fit(X)
    frame = pd.DataFrame(search.cv_results_)
    assert {"risk_one", "risk_upper_one", "risk_two", "risk_upper_two"} <= set(frame.columns)
