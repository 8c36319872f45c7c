"""Upper limits of usefulness that need no merger: never too low, and fits saved by them."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from test_defaults import court, court_pipeline

from personatwin_sk import ReidentificationRisk, make_people_events, make_release_pipeline
from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import InformationUtility, RiskAwareSearch, _pruning
from personatwin_sk.model_selection._candidates import Measures
from personatwin_sk.model_selection._defaults import DefaultMeasures
from personatwin_sk.model_selection._prefixes import Prepared
from personatwin_sk.release._baselines import Usefulness
from personatwin_sk.release._columns import ReleaseColumns
from personatwin_sk.utility import information_kept

ROLES = dict(person_id="person_id", dates="date", outcomes="outcome")
# Coarse dates lose much: with months, some k is safe and keeps more than any with years can.
GRID = {
    "dates__jitter": [0],
    "dates__precision": ["day", "month", "year"],
    "outcomes__flip_probability": [0.05, 0.9],
    "merge__k": [2, 4, 8],
}


def measures(table):
    return DefaultMeasures(court_pipeline(), [{}], table)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_limit_is_never_below_what_a_merger_makes(data):
    table = court(data.draw(st.integers(6, 25)))
    if data.draw(st.booleans()):
        table.loc[data.draw(st.integers(0, len(table) - 1)), "outcome"] = None
    pipeline = court_pipeline(data.draw(st.integers(2, 5))).set_params(
        dates__jitter=data.draw(st.sampled_from([0, 3, 90])),
        dates__precision=data.draw(st.sampled_from(["day", "month", "year"])),
        outcomes__flip_probability=data.draw(st.sampled_from([0, 0.1, 0.7])),
        outcomes__invariant=False,
        merge__representation=data.draw(st.sampled_from(["center", "interval"])),
    )
    first, merger = pipeline[:-1], pipeline[-1]
    prepared = first.fit_transform(table)
    kept = information_kept(table, merger.fit_transform(prepared), ["age", "gender"], **ROLES)
    bound = measures(table).bound(table, prepared, [merger])
    assert kept <= bound <= 1 + 1e-8


def test_limit_is_what_is_kept_where_nothing_is_merged():
    table = court()
    prepared = court_pipeline()[:-1].fit_transform(table)
    kept = information_kept(table, prepared, ["age", "gender"], **ROLES)
    assert 0 < kept < 1
    assert measures(table).bound(table, prepared, []) == pytest.approx(kept, abs=1e-8)


def test_nothing_is_proved_of_other_steps_or_unnamed_keys():
    table = court()
    merger = PersonaMerger(["age", "gender"], person_id="person_id")
    assert measures(table).bound(table, table, [merger]) == pytest.approx(1)
    assert measures(table).bound(table, table, [merger, court_pipeline()[0]]) == np.inf

    class Special(PersonaMerger):
        pass

    assert measures(table).bound(table, table, [Special(["age", "gender"])]) == np.inf
    # A merger of other columns than those that are measured may change what is measured.
    for other in (PersonaMerger(), PersonaMerger("date"), PersonaMerger(["age", "outcome"])):
        assert measures(table).bound(table, table, [other]) == np.inf
    unnamed = court_pipeline().set_params(merge__quasi_identifiers=None)
    assert DefaultMeasures(unnamed, [{}], table).bound(table, table, [merger]) == np.inf
    assert measures(table).bound(table, table.drop(columns="date"), [merger]) == np.inf


def risk(original, released):
    """Safe from five people per class on, whatever the dates."""
    smallest = released.groupby(["age", "gender"]).size().min() // 2  # two rows per person
    return SimpleNamespace(upper=float(1 / smallest), k_anonymity=int(smallest))


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_what_cannot_win_is_not_fitted_and_the_winner_is_the_same(n_jobs, monkeypatch):
    monkeypatch.setattr(_pruning, "_ROUND", 3)
    table = court()
    search = RiskAwareSearch(court_pipeline(), GRID, target_risk=0.3, risk=risk)
    exhaustive = search.set_params(strategy="exhaustive").fit(table)
    expected = exhaustive.best_index_, exhaustive.best_score_, exhaustive.best_risk_
    released = exhaustive.transform(table)
    pruned = RiskAwareSearch(court_pipeline(), GRID, target_risk=0.3, risk=risk, n_jobs=n_jobs)
    with joblib.parallel_config(backend="threading"):
        pruned.fit(table)
    assert (pruned.best_index_, pruned.best_score_, pruned.best_risk_) == expected
    pd.testing.assert_frame_equal(pruned.transform(table), released)
    left_out = np.isnan(pruned.cv_results_["fit_time"])
    assert left_out.sum() >= 6
    assert exhaustive.cv_results_["utility"][left_out].max() < pruned.best_score_
    # 3 settings of the dates, 2 of the outcomes for each, and a merger for each that was fitted.
    assert pruned.n_fits_ == 3 + 6 + (~left_out).sum()
    assert exhaustive.n_fits_ == 3 * 18
    assert pruned.n_full_fits_ <= 18 / 2


@pytest.mark.parametrize("seed", range(4))
def test_order_of_the_grid_has_no_say(seed):
    table = court()
    expected = RiskAwareSearch(
        court_pipeline(), GRID, target_risk=0.3, risk=risk, strategy="exhaustive"
    ).fit(table)
    order = np.random.default_rng(seed).permutation(18)
    shuffled = [
        {name: [value] for name, value in list(ParameterGrid(GRID))[i].items()} for i in order
    ]
    search = RiskAwareSearch(court_pipeline(), shuffled, target_risk=0.3, risk=risk).fit(table)
    assert search.best_params_ == expected.best_params_
    assert search.best_score_ == expected.best_score_


def test_nothing_feasible_leaves_nothing_out():
    search = RiskAwareSearch(court_pipeline(), GRID, target_risk=1e-6, risk=risk)
    with pytest.raises(InfeasibleRiskError, match="None of 18 settings"):
        search.fit(court())
    assert np.isfinite(search.cv_results_["risk_upper"]).all()


def test_limit_that_is_too_low_would_be_found_out(monkeypatch):
    # A planted mutant: were the limit wrong, the winner of this grid would be another.
    table = court()
    right = RiskAwareSearch(court_pipeline(), GRID, target_risk=0.3, risk=risk).fit(table)
    sound = DefaultMeasures.bound
    monkeypatch.setattr(DefaultMeasures, "bound", lambda *args: sound(*args) - 0.9)
    order = [{name: [value] for name, value in p.items()} for p in list(ParameterGrid(GRID))[::-1]]
    wrong = RiskAwareSearch(court_pipeline(), order, target_risk=0.3, risk=risk).fit(table)
    assert wrong.best_score_ < right.best_score_


def test_limit_that_cannot_be_measured_is_none():
    def broken(original, table, steps):
        raise ValueError("no dates")

    measures = Measures(None, None, 0.0, broken)
    prepared = Prepared(court_pipeline(), court(), n_done=2)
    assert _pruning._Bounds(court(), measures).of(prepared) == np.inf


# --- a usefulness of one's own that knows a limit -------------------------------------------------


def test_a_given_utility_with_a_limit_is_asked_for_it():
    table = court()
    kept = InformationUtility(
        ["age", "gender"], person_id="person_id", dates=["date"], outcomes=["outcome"]
    )
    assert kept(table, table) == information_kept(table, table, ["age", "gender"], **ROLES) == 1.0
    search = RiskAwareSearch(court_pipeline(), GRID, target_risk=0.3, risk=risk)
    default = search.fit(table).cv_results_["fit_time"]
    given = clone(search).set_params(utility=kept).fit(table)
    exhaustive = clone(given).set_params(strategy="exhaustive").fit(table)
    assert (given.best_index_, given.best_score_) == (
        exhaustive.best_index_, exhaustive.best_score_,
    )  # fmt: skip
    left_out = np.isnan(given.cv_results_["fit_time"])
    np.testing.assert_array_equal(left_out, np.isnan(default))
    assert left_out.sum() >= 6
    assert exhaustive.cv_results_["utility"][left_out].max() < given.best_score_


def test_another_original_is_not_taken_for_the_first():
    kept = InformationUtility(["age"], outcomes=["outcome"])
    one = pd.DataFrame({"age": [30, 40], "outcome": ["a", "b"]})
    other = pd.DataFrame({"age": [30, 40], "outcome": ["b", "b"]})
    merger = PersonaMerger("age")
    assert (kept(one, other), kept(other, other)) == (0.75, 1.0)
    limits = [kept.bound(original, other, [merger]) for original in (one, other)]
    assert limits == pytest.approx([0.75, 1.0])
    again = pickle.loads(pickle.dumps(kept))
    assert (again(one, other), again._of_events) == (0.75, None)


def test_no_limit_of_arrays_and_without_events():
    table = court()
    assert InformationUtility(["age"]).bound(table, table, []) == np.inf
    array = table[["age", "gender"]].to_numpy(object)
    assert InformationUtility([0], outcomes=[1]).bound(array, array, []) == np.inf


@pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.DataWarning")
def test_a_release_prunes_by_what_its_dates_have_lost():
    # Two genders: merging takes little, and what dates lose decides.
    events = make_people_events(80, random_state=4)
    pipeline = make_release_pipeline(
        columns=events.columns, quasi_identifiers=["gender"], random_state=1
    )
    columns = ReleaseColumns.by_name(events.columns, keys=("gender",))
    grid = {
        "dates__precision": ["month", "quarter", "year"],
        "dates__jitter": [14, 900],
        "merge__k": [5, 10, 20],
    }
    measure = ReidentificationRisk(
        list(columns.keys), person_id="person_id", attacker="prosecutor", known_events=1,
        event_type="event_type", date="date",
    )  # fmt: skip
    found = {}
    for strategy in ("pruned", "exhaustive"):
        found[strategy] = RiskAwareSearch(
            pipeline, grid, target_risk=0.5, risk=measure, utility=Usefulness(columns),
            strategy=strategy,
        ).fit(events)  # fmt: skip
    pruned, whole = found["pruned"], found["exhaustive"]
    assert 0 < whole.cv_results_["feasible"].sum() < 18
    assert (pruned.best_index_, pruned.best_score_, pruned.best_risk_) == (
        whole.best_index_, whole.best_score_, whole.best_risk_,
    )  # fmt: skip
    left_out = np.isnan(pruned.cv_results_["utility"])
    assert left_out.any()
    assert whole.cv_results_["utility"][left_out].max() < whole.best_score_
    assert pruned.n_full_fits_ <= 18 / 3


class AtMost:
    """As useful as one in k people tells; ``bound`` looks at the merger's own k."""

    def __call__(self, original, released):
        return 1.0 / (released.groupby(["age", "gender"]).size().min() // 2)

    def bound(self, original, prepared, steps):
        return max(1.0 / step.k for step in steps)


def one_by_one(*given):
    return [
        {"dates__precision": [precision], "merge__k": [k], **more} for precision, k, more in given
    ]


def test_a_limit_of_ones_own_may_look_at_whatever_the_steps_are_set_to():
    table = court()
    order = one_by_one(("day", 4, {}), ("month", 8, {}), ("month", 2, {}))
    search = RiskAwareSearch(court_pipeline(), order, target_risk=1, risk=risk, utility=AtMost())
    exhaustive = clone(search).set_params(strategy="exhaustive").fit(table)
    assert search.fit(table).best_index_ == exhaustive.best_index_ == 2
    assert search.best_score_ == exhaustive.best_score_


@pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.DataWarning")
def test_the_limit_is_not_that_of_mergers_which_merge_other_columns():
    # Nearly all outcomes are one; whoever merges them takes the noise off again.
    table = court().assign(outcome="a")
    table.loc[0, "outcome"] = "b"
    noisy = court_pipeline().set_params(
        dates__jitter=0, outcomes__flip_probability=0.3, outcomes__invariant=False
    )
    kept, n_people = InformationUtility((), outcomes="outcome"), table["person_id"].nunique()
    age, both = ["age"], ["age", "outcome"]
    order = one_by_one(
        ("month", 4, {"merge__quasi_identifiers": [age], "outcomes__flip_probability": [0.2]}),
        ("day", 4, {"merge__quasi_identifiers": [age]}),
        ("day", n_people, {"merge__quasi_identifiers": [both]}),
    )
    search = RiskAwareSearch(noisy, order, target_risk=1, risk=safe, utility=kept)
    exhaustive = clone(search).set_params(strategy="exhaustive").fit(table)
    assert exhaustive.best_index_ == 2
    assert search.fit(table).best_index_ == 2


def safe(original, released):
    return SimpleNamespace(upper=0.0, k_anonymity=100)


def test_a_given_utility_holds_no_table_after_the_search():
    kept = InformationUtility("age", person_id="person_id", outcomes="outcome")
    before = dict(vars(kept))
    RiskAwareSearch(
        court_pipeline(), {"merge__k": [2, 4]}, target_risk=1, risk=safe, utility=kept
    ).fit(court())
    assert vars(kept) == before
