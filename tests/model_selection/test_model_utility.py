"""Utility by a model: trained on the release, tested on the real, one line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import get_scorer
from sklearn.model_selection import GroupKFold
from sklearn.tree import DecisionTreeClassifier

from personatwin_sk.exceptions import ColumnNotFoundError
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.model_selection._measures import read_measures
from personatwin_sk.utility import ModelScore, train_on_released


def patients(n=60):
    """Two rows per person; who is older falls ill."""
    rng = np.random.default_rng(2)
    years = rng.integers(20, 80, n)
    people = pd.DataFrame({"who": np.arange(n), "years": years, "pulse": rng.integers(50, 90, n)})
    rows = people.loc[people.index.repeat(2)].reset_index(drop=True)
    ill = rows["years"] + rng.normal(0, 8, 2 * n) > 50
    return rows.assign(ill=np.where(ill, "yes", "no"))


GRID = {"k": [3, 12]}


def search_for(**parameters):
    merger = PersonaMerger(["years", "pulse"], person_id="who", representation="interval")
    return RiskAwareSearch(merger, GRID, target_risk=0.2, strategy="exhaustive", **parameters)


@pytest.mark.parametrize("scoring", ["accuracy", get_scorer("roc_auc")])
def test_best_score_under_a_risk_is_that_of_train_on_released(scoring):
    table = patients()
    search = search_for(utility=scoring, target="ill", cv=2).fit(table)
    for row, k in enumerate(GRID["k"]):
        merger = PersonaMerger(["years", "pulse"], k, person_id="who", representation="interval")
        found = train_on_released(
            table, merger.fit_transform(table), "ill", scoring=scoring, cv=2, person_id="who"
        )
        assert search.cv_results_["utility"][row] == pytest.approx(found.score)
    feasible = search.cv_results_["feasible"]
    assert feasible.tolist() == [False, True]
    assert search.best_score_ == search.cv_results_["utility"][feasible].max()


def test_rows_of_a_person_stay_together():
    table = patients()

    class Watching(GroupKFold):
        def split(self, X, y=None, groups=None):
            for train, test in super().split(X, y, groups):
                people = table["who"].to_numpy()
                assert not set(people[train]) & set(people[test])
                seen.append(len(test))
                yield train, test

    seen = []
    search_for(utility="accuracy", target="ill", cv=Watching(2)).fit(table)
    assert len(seen) == 2 * 2


def test_five_folds_unless_told_otherwise_and_other_models_by_hand():
    search = search_for(target="ill")
    assert read_measures(search, [{}], 1, patients()).utility.cv == 5
    tree = ModelScore("ill", estimator=DecisionTreeClassifier(max_depth=1), person_id="who")
    assert search_for(utility=tree).fit(patients()).best_score_ > 0.7


@pytest.mark.parametrize(
    ("given", "name"), [({"utility": "accuracy"}, "utility"), ({"cv": 3}, "cv")]
)
def test_scorers_and_folds_need_a_target(given, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of RiskAwareSearch.*target"):
        search_for(**given).fit(patients())


def test_unknown_target_and_folds():
    with pytest.raises(ColumnNotFoundError, match="sick"):
        search_for(target="sick").fit(patients())
    with pytest.raises(ValueError, match="'cv' parameter"):
        search_for(target="ill", cv="many").fit(patients())
