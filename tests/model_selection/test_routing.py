"""Metadata reach the steps that ask for them, as in scikit-learn's own searches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import sklearn
from searching import WriteSetting, X, along_a, search_of
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object

from personatwin_sk import PersonaMerger, ReidentificationRisk
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.model_selection._measures import read_measures

WEIGHTS = [1.0, 2.0, 3.0]


class Weighed(WriteSetting):
    """Keeps the weights that it was fitted with."""

    def fit(self, X, y=None, sample_weight=None):
        self.weights_ = sample_weight
        return super().fit(X, y)

    def fit_transform(self, X, y=None, sample_weight=None):
        return self.fit(X, y, sample_weight=sample_weight).transform(X)


class Plain(TransformerMixin, BaseEstimator):
    """Asks for nothing."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def search_around(estimator, prefix="", **parameters):
    base = search_of(along_a(0.01, 0.01), along_a(0.5, 0.9), grid={f"{prefix}a": [0, 1]})
    return base.set_params(estimator=estimator, **parameters)


def asking(request=True):
    return Weighed().set_fit_request(sample_weight=request)


@pytest.mark.parametrize("strategy", ["pruned", "exhaustive"])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_step_that_asks_gets_its_weights(routing, strategy, n_jobs):
    pipeline = Pipeline([("plain", Plain()), ("write", asking())])
    search = search_around(pipeline, "write__", strategy=strategy, n_jobs=n_jobs)
    search.fit(X, sample_weight=WEIGHTS)
    assert search.best_params_ == {"write__a": 1}
    assert search.best_estimator_.named_steps["write"].weights_ == WEIGHTS
    released = search.fit_transform(X, sample_weight=WEIGHTS)
    assert released["a"].tolist() == [1, 1, 1]


def test_a_lone_estimator_and_another_name_for_the_weights(routing):
    search = search_around(asking("people"))
    search.fit(X, people=WEIGHTS)
    assert search.best_estimator_.weights_ == WEIGHTS


def test_polishing_hands_them_on_as_well(routing):
    class Log(Weighed):
        seen: list = []

        def fit(self, X, y=None, sample_weight=None):
            Log.seen.append((self.a, sample_weight))
            return super().fit(X, y, sample_weight)

    risks = along_a(0.3, 0.3, 0.3, 0.01, 0.01)
    utilities = along_a(0.9, 0.8, 0.7, 0.6, 0.5)
    search = search_of(risks, utilities, grid={"a": [0, 4]}, polish=True)
    search.set_params(estimator=Log().set_fit_request(sample_weight=True)).fit(
        X, sample_weight=WEIGHTS
    )
    assert search.best_params_ == {"a": 3}
    assert {weights is WEIGHTS for _, weights in Log.seen} == {True}
    assert {a for a, _ in Log.seen} == {0, 4, 2, 3}


def test_what_nobody_asked_for_is_an_error(routing):
    pipeline = Pipeline([("plain", Plain()), ("write", Weighed())])
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        search_around(pipeline, "write__").fit(X, sample_weight=WEIGHTS)
    with pytest.raises(TypeError, match="unexpected"):
        search_around(asking()).fit(X, nonsense=1)


def test_routers_of_routers_find_it(routing):
    routed = get_routing_for_object(search_around(asking()))
    assert routed.consumes("fit", ["sample_weight", "other"]) == {"sample_weight"}
    outer = Pipeline([("search", search_around(asking())), ("plain", Plain())])
    outer.fit(X, sample_weight=WEIGHTS)
    assert outer.named_steps["search"].best_estimator_.weights_ == WEIGHTS
    assert outer.fit_transform(X, sample_weight=WEIGHTS)["a"].tolist() == [1, 1, 1]


def test_without_routing_parameters_go_to_the_estimator():
    search = search_around(Weighed()).fit(X, sample_weight=WEIGHTS)
    assert search.best_estimator_.weights_ == WEIGHTS
    pipeline = Pipeline([("plain", Plain()), ("write", Weighed())])
    search = search_around(pipeline, "write__").fit(X, write__sample_weight=WEIGHTS)
    assert search.best_estimator_.named_steps["write"].weights_ == WEIGHTS


def test_an_estimator_without_fit_transform_gets_them_in_fit():
    class Bare(BaseEstimator):
        def __init__(self, a=0):
            self.a = a

        def fit(self, X, y=None, sample_weight=None):
            self.weights_ = sample_weight
            return self

        def transform(self, X):
            return X.assign(a=self.a, b=0)

    search = search_around(Bare()).fit(X, sample_weight=WEIGHTS)
    assert search.best_estimator_.weights_ == WEIGHTS
    with sklearn.config_context(enable_metadata_routing=True):
        asks = Bare().set_fit_request(sample_weight=True)
        assert search_around(asks).fit(X, sample_weight=WEIGHTS).best_estimator_.weights_


def test_without_any_steps_are_shared_as_ever():
    pipeline = Pipeline([("plain", Plain()), ("write", Weighed())])
    search = search_around(pipeline, "write__")
    assert search.fit(X).n_fits_ == 1 + 2
    assert search.fit(X, write__sample_weight=WEIGHTS).n_fits_ == 2 * 2


# --- groups of folds ------------------------------------------------------------------------------


def homes():
    rng = np.random.default_rng(5)
    age = rng.integers(20, 80, 60)
    return pd.DataFrame(
        {"age": age, "home": np.arange(60) // 6, "retired": np.where(age > 60, "yes", "no")}
    )


def model_search(**parameters):
    return RiskAwareSearch(
        PersonaMerger(["age"]), {"k": [2, 4]}, target_risk=1, target="retired",
        risk=ReidentificationRisk("age", attacker="prosecutor"), **parameters,
    )  # fmt: skip


@pytest.mark.parametrize("cv", [None, 3, GroupKFold(4)])
def test_rows_of_a_group_stay_together(cv):
    table, search = homes(), model_search(cv=cv)
    measures = read_measures(search, [{}], 1, table, groups=table["home"])
    folds = measures.utility.cv
    assert len(folds) == (5 if cv is None else cv if isinstance(cv, int) else 4)
    for train, test in folds:
        assert not set(table["home"].iloc[train]) & set(table["home"].iloc[test])
        assert len(train) + len(test) == 60
    assert 0 < search.fit(table, groups=table["home"]).best_score_ <= 1


def test_groups_are_asked_for_by_splitters(routing):
    table = homes()
    with_groups = model_search(cv=GroupKFold(4)).fit(table, groups=table["home"])
    assert 0 < with_groups.best_score_ <= 1
    with pytest.raises(TypeError, match="unexpected"):
        model_search(cv=KFold(4)).fit(table, groups=table["home"])


def test_groups_without_folds_are_an_error():
    with pytest.raises(ValueError, match=r"groups, which are for the folds.*parameter target"):
        search_around(Weighed()).fit(X, groups=[0, 1, 2])
