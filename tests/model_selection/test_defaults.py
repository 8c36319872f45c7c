"""The measures that a search takes when it is given none, over the real steps."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline

from personatwin_sk.exceptions import (
    ColumnNotFoundError,
    DataWarning,
    InfeasibleRiskError,
    InputError,
)
from personatwin_sk.identifiers import IdentifierRemover
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.model_selection._defaults import DefaultMeasures
from personatwin_sk.noise import OutcomeNoise, TemporalNoise
from personatwin_sk.population import CensusPopulation
from personatwin_sk.risk import assess_risk
from personatwin_sk.utility import information_kept


def bodies(n=60):
    """One row per person; no column that the census knows."""
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {"height": rng.integers(150, 200, n), "eyes": rng.choice(["blue", "brown", "green"], n)}
    )


def court(n=40):
    """Two events for each person, with key variables that the census knows."""
    rng = np.random.default_rng(3)
    people = pd.DataFrame(
        {
            "person_id": [f"p{i:03d}" for i in range(n)],
            "age": rng.integers(18, 80, n),
            "gender": rng.choice(["F", "M"], n),
        }
    )
    events = people.loc[people.index.repeat(2)].reset_index(drop=True)
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 365, 2 * n), unit="D")
    return events.assign(
        event_id=[f"e{i:04d}" for i in range(2 * n)],
        date=days,
        outcome=rng.choice(["guilty", "dismissed"], 2 * n),
    )


def court_pipeline(k=5):
    ids = dict(person_id="person_id", event_id="event_id")
    return Pipeline(
        [
            ("dates", TemporalNoise(**ids, random_state=0)),
            ("outcomes", OutcomeNoise(**ids, random_state=0)),
            ("merge", PersonaMerger(["age", "gender"], k=k, person_id="person_id")),
        ]
    )


COURT_GRID = {"merge__k": [2, 5, 10], "dates__jitter": [0, 30], "outcomes__flip_probability": [0.2]}


# --- the figures are those of the public measures -------------------------------------------------


def test_bare_merger_is_measured_over_all_columns_as_prosecutor():
    table = bodies()
    search = RiskAwareSearch(
        PersonaMerger(), {"k": [2, 4, 8]}, target_risk=0.2, strategy="exhaustive"
    ).fit(table)
    for row, params in enumerate(search.cv_results_["params"]):
        released = PersonaMerger(**params).fit_transform(table)
        risk = assess_risk(table, released, ["height", "eyes"], attacker="prosecutor")
        assert search.cv_results_["risk_upper"][row] == risk.upper
        assert search.cv_results_["utility"][row] == information_kept(
            table, released, ["height", "eyes"]
        )
    assert search.best_report_.attacker == "prosecutor"
    assert search.best_report_.k_anonymity >= search.best_params_["k"]


def test_pipeline_winner_equals_brute_force():
    table = court()
    search = RiskAwareSearch(
        court_pipeline(), COURT_GRID, target_risk=0.05, strategy="exhaustive"
    ).fit(table)
    census = CensusPopulation(source="bundled")
    roles = dict(person_id="person_id")
    best = None
    for row, params in enumerate(ParameterGrid(COURT_GRID)):
        released = court_pipeline().set_params(**params).fit_transform(table)
        # Six settings: what each count errs by itself has a limit for all of them at once.
        report = assess_risk(
            table, released, ["age", "gender"], population=census, n_compared=6, **roles
        )
        kept = information_kept(
            table, released, ["age", "gender"], dates="date", outcomes="outcome", **roles
        )
        assert search.cv_results_["risk_upper"][row] == pytest.approx(report.upper, rel=1e-9)
        assert search.cv_results_["utility"][row] == kept
        if report.upper <= 0.05 and (best is None or kept > best[0]):
            best = (kept, params)
    assert best is not None
    assert search.best_params_ == best[1]
    assert search.best_score_ == best[0]
    released = search.transform(table)
    assert released.groupby(["age", "gender"]).size().min() >= 2 * search.best_params_["merge__k"]


def test_census_is_used_where_it_knows_a_column():
    search = RiskAwareSearch(court_pipeline(), {"merge__k": [5]}).fit(court())
    assert search.best_report_.attacker == "journalist"
    assert search.best_report_.population_average_risk < search.best_report_.prosecutor.mean


def test_values_that_the_census_cannot_read_leave_the_prosecutor():
    table = court().assign(age=lambda frame: frame["age"] + 900)
    search = RiskAwareSearch(court_pipeline(), {"merge__k": [5]}, target_risk=0.5).fit(table)
    assert search.best_report_.attacker == "prosecutor"


def test_key_variable_that_is_a_date_is_not_measured_twice():
    table = court()
    pipeline = court_pipeline().set_params(merge__quasi_identifiers=["age", "date"])
    search = RiskAwareSearch(pipeline, {"merge__k": [5, 6, 7]}, target_risk=1)
    with pytest.warns(DataWarning, match="rows that disagree") as caught:
        search.fit(table)
    assert len(caught) == 1  # once, not once per setting
    with pytest.warns(DataWarning):
        released = search.transform(table)
    expected = information_kept(
        table, released, ["age", "date"], person_id="person_id", outcomes="outcome"
    )
    assert search.best_score_ == pytest.approx(expected)


def test_columns_that_a_step_drops_are_not_measured_where_none_are_named():
    table = bodies().assign(ssn=[f"123-45-{i:04d}" for i in range(60)])
    pipeline = Pipeline([("ids", IdentifierRemover(["ssn"])), ("merge", PersonaMerger())])
    search = RiskAwareSearch(pipeline, {"merge__k": [6]}, target_risk=0.2).fit(table)
    assert search.best_score_ == information_kept(
        table, search.transform(table), ["height", "eyes"]
    )


def test_sensitive_columns_are_no_key_variables():
    table = bodies().assign(diagnosis=np.arange(60))
    merger = PersonaMerger(sensitive="diagnosis")
    search = RiskAwareSearch(merger, {"k": [6]}, target_risk=0.2).fit(table)
    assert search.best_report_.k_anonymity >= 6
    first = RiskAwareSearch(PersonaMerger(sensitive=[0]), {"k": [6]}, target_risk=0.2)
    values = bodies()["height"].to_numpy(dtype=float)
    array = np.column_stack([np.arange(60.0), values])
    assert first.fit(array).best_report_.k_anonymity >= 6


def test_one_given_measure_leaves_the_other_to_the_default():
    table = bodies()
    search = RiskAwareSearch(
        PersonaMerger(), {"k": [4, 8]}, target_risk=0.5, utility=lambda old, new: -len(new.columns)
    ).fit(table)
    assert search.best_score_ == -2
    assert search.best_report_.attacker == "prosecutor"


# --- k is part of the bound -----------------------------------------------------------------------


class Falsified:
    """A report that says k=3, whatever was released."""

    upper = 0.01
    k_anonymity = 3


def test_setting_whose_release_does_not_hold_its_k_is_infeasible():
    search = RiskAwareSearch(
        PersonaMerger(), {"k": [2, 3, 4]}, risk=lambda old, new: Falsified(),
        utility=lambda old, new: float(new["height"].nunique() < old["height"].nunique()),
        strategy="exhaustive",
    ).fit(bodies())  # fmt: skip
    assert search.cv_results_["feasible"].tolist() == [True, True, False]


def test_infeasible_for_its_k_alone_says_so():
    search = RiskAwareSearch(
        PersonaMerger(), {"k": [5]}, risk=lambda old, new: Falsified(), utility=lambda old, new: 1.0
    )
    with pytest.raises(InfeasibleRiskError, match="does not hold the k"):
        search.fit(bodies())


def test_setting_without_merger_has_no_k_to_hold():
    pipeline = Pipeline([("merge", PersonaMerger())])
    grid = {"merge": ["passthrough", PersonaMerger(k=6)]}
    search = RiskAwareSearch(pipeline, grid, target_risk=1, strategy="exhaustive").fit(bodies())
    assert search.cv_results_["feasible"].tolist() == [True, True]
    assert search.best_params_ == {"merge": "passthrough"}
    assert search.best_score_ == 1.0


# --- what cannot be measured without being told ---------------------------------------------------


def risk(original, released):
    return Falsified()


def utility(original, released):
    return 1.0


@pytest.mark.parametrize(
    ("estimator", "number"),
    [
        (IdentifierRemover(["eyes"]), "0 PersonaMerger"),
        (Pipeline([("a", PersonaMerger(["eyes"])), ("b", PersonaMerger(["height"]))]), "2 Persona"),
    ],
)
def test_no_merger_or_several_needs_both_measures(estimator, number):
    for given in ({}, {"risk": risk}, {"utility": utility}):
        with pytest.raises(ValueError, match=number):
            RiskAwareSearch(estimator, {}, target_risk=1, **given).fit(bodies())


@pytest.mark.parametrize(
    "grid",
    [
        {"merge__quasi_identifiers": [["height"], ["eyes"]]},
        [{"merge__k": [3]}, {"merge__quasi_identifiers": [["height"]]}],
        {"merge": [PersonaMerger(["height"])]},
        {"merge": [Pipeline([("inner", PersonaMerger(sensitive=["eyes"]))])]},
    ],
)
def test_grid_that_changes_quasi_identifiers_needs_both_measures(grid):
    pipeline = Pipeline([("merge", PersonaMerger(k=3))])
    search = RiskAwareSearch(pipeline, grid, target_risk=1)
    for given in ({}, {"risk": risk, "utility": None}, {"risk": None, "utility": utility}):
        with pytest.raises(ValueError, match="changes the quasi-identifiers"):
            search.set_params(**given).fit(bodies())


def test_grid_that_changes_quasi_identifiers_is_searched_with_both_measures():
    grid = {"k": [3], "quasi_identifiers": [["height"], ["eyes"]]}
    search = RiskAwareSearch(PersonaMerger(), grid, risk=risk, utility=utility).fit(bodies())
    assert search.best_params_ == {"k": 3, "quasi_identifiers": ["height"]}


def test_same_quasi_identifiers_written_otherwise_are_no_change():
    grid = {"merge": [PersonaMerger(["height"], k=3), PersonaMerger("height", k=6)]}
    pipeline = Pipeline([("merge", PersonaMerger("height"))])
    search = RiskAwareSearch(pipeline, grid, target_risk=0.5, strategy="exhaustive").fit(bodies())
    assert search.n_candidates_evaluated_ == 2


def test_missing_column_is_named():
    search = RiskAwareSearch(PersonaMerger(["weight"]), {"k": [3]})
    with pytest.raises(ColumnNotFoundError, match="quasi_identifiers names the column 'weight'"):
        search.fit(bodies())


# --- kinds of tables ------------------------------------------------------------------------------


def test_kinds_of_tables_agree():
    table = court()
    search = RiskAwareSearch(court_pipeline(), COURT_GRID).fit(table)
    for other in (pl.from_pandas(table), pl.from_pandas(table).to_arrow()):
        again = RiskAwareSearch(court_pipeline(), COURT_GRID).fit(other)
        assert again.best_params_ == search.best_params_
        for name in ("risk", "risk_upper", "utility"):
            np.testing.assert_allclose(again.cv_results_[name], search.cv_results_[name])
        assert type(again.transform(other)) is type(other)


def test_arrays_go_by_position_also_where_a_table_comes_out():
    array = np.random.default_rng(0).normal(size=(40, 3))
    plain = RiskAwareSearch(PersonaMerger([0, 2]), {"k": [4, 8]}, target_risk=0.2).fit(array)
    framed = RiskAwareSearch(
        PersonaMerger([0, 2]).set_output(transform="pandas"), {"k": [4, 8]}, target_risk=0.2
    ).fit(array)
    assert framed.best_score_ == plain.best_score_
    assert framed.best_risk_ == plain.best_risk_
    assert isinstance(framed.transform(array), pd.DataFrame)


def test_array_whose_columns_are_dropped_is_refused():
    pipeline = Pipeline([("ids", IdentifierRemover([0])), ("merge", PersonaMerger())])
    array = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(InputError, match="3 columns and its release 2"):
        RiskAwareSearch(pipeline, {"merge__k": [4]}, target_risk=1).fit(array)


# --- laws -----------------------------------------------------------------------------------------


def test_order_of_rows_and_index_change_nothing():
    table = court()
    shuffled = table.sample(frac=1.0, random_state=1)
    one = RiskAwareSearch(court_pipeline(), COURT_GRID).fit(table)
    other = RiskAwareSearch(court_pipeline(), COURT_GRID).fit(shuffled)
    assert one.best_params_ == other.best_params_
    np.testing.assert_allclose(one.cv_results_["utility"], other.cv_results_["utility"])
    pd.testing.assert_frame_equal(other.transform(shuffled).loc[table.index], one.transform(table))


def test_processes_find_the_same():
    table = court()
    one = RiskAwareSearch(court_pipeline(), COURT_GRID).fit(table)
    two = RiskAwareSearch(court_pipeline(), COURT_GRID, n_jobs=2).fit(table)
    assert two.best_params_ == one.best_params_
    np.testing.assert_array_equal(one.cv_results_["utility"], two.cv_results_["utility"])
    pd.testing.assert_frame_equal(two.transform(table), one.transform(table))


def test_kept_estimator_releases_what_was_measured_though_its_key_is_random():
    table = court()
    pipeline = court_pipeline().set_params(dates__random_state=None, outcomes__random_state=None)
    for n_jobs in (None, 2):
        search = RiskAwareSearch(pipeline, {"dates__jitter": [20, 60]}, n_jobs=n_jobs)
        released = search.fit(table).transform(table)
        kept = information_kept(
            table, released, ["age", "gender"], person_id="person_id", dates="date",
            outcomes="outcome",
        )  # fmt: skip
        assert kept == search.best_score_


def test_no_value_of_a_person_is_shown():
    table = court().assign(gender="canary-gender")
    table["person_id"] = "canary-" + table["person_id"]
    search = RiskAwareSearch(court_pipeline(), COURT_GRID, target_risk=0.9).fit(table)
    texts = [search._repr_html_(), repr(search), str(search.cv_results_), repr(search.best_report_)]
    with pytest.raises(InfeasibleRiskError) as caught:
        search.set_params(target_risk=1e-6).fit(table)
    for text in [*texts, str(caught.value), str(caught.value.nearest_params)]:
        assert "canary" not in text


def test_prepared_original_stays_behind_when_pickled():
    table = bodies()
    measures = DefaultMeasures(PersonaMerger(), [{}], table)
    kept = measures.utility(table, table)
    again = pickle.loads(pickle.dumps(measures))
    assert measures._prepared is not None
    assert again._prepared is None
    assert again.utility(table, table) == kept == 1.0


def test_places_of_an_own_hierarchy_cost_what_their_common_place_costs() -> None:
    communes = pd.DataFrame(
        {
            "commune": ["Lyon", "Bron", "Nice", "Grasse"],
            "departement": ["Rhône", "Rhône", "Alpes-Maritimes", "Alpes-Maritimes"],
        }
    )
    people = pd.DataFrame({"commune": ["Lyon", "Bron", "Nice", "Grasse"] * 5})
    merger = PersonaMerger(
        ["commune"], 10, representation="interval", hierarchies={"commune": communes}
    )
    search = RiskAwareSearch(merger, {"k": [10]}, target_risk=0.2).fit(people)
    # Two of four communes stand behind each persona: half of everything that there is.
    assert search.best_score_ == pytest.approx(1 - 2 / 4)
