"""RiskAwareSearch as scikit-learn knows estimators: fit and transform, tables, clone and pickle."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from searching import Looked, WriteSetting, X, along_a, report, search_of
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from personatwin_sk.model_selection import RiskAwareSearch


def test_y_is_handed_on():
    search = search_of(along_a(0.01), along_a(0.5)).fit(X, y=[1, 0, 1])
    assert search.best_estimator_.seen_y_ == [1, 0, 1]


def test_without_refit_there_is_no_transform():
    search = search_of(along_a(0.01), along_a(0.5)).fit(X)
    search.set_params(refit=False).fit(X)
    assert search.best_params_ == {"a": 0, "b": 0}
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "transform")
    with pytest.raises(AttributeError) as caught:
        search.transform(X)
    assert "refit=False" in str(caught.value.__cause__)


def test_methods_wait_for_fit():
    search = search_of(along_a(0.01), along_a(0.5))
    for name in ("transform", "fit_transform", "get_feature_names_out"):
        assert hasattr(search, name)
    with pytest.raises(NotFittedError):
        search.transform(X)
    with pytest.raises(NotFittedError):
        search.get_feature_names_out()


def test_grid_of_estimators_shares_none():
    inner = WriteSetting()
    pipeline = Pipeline([("write", WriteSetting(a=5))])
    search = RiskAwareSearch(
        pipeline,
        {"write": [inner], "write__a": [1, 2]},
        risk=Looked({(1, 0): report(0.01), (2, 0): report(0.02)}),
        utility=Looked({(1, 0): 0.5, (2, 0): 0.6}),
    ).fit(X)
    assert search.best_params_["write__a"] == 2
    assert inner.a == 0
    assert not hasattr(inner, "n_features_in_")


def test_transformer_without_fit_transform():
    class Bare(BaseEstimator):
        def __init__(self, a=0):
            self.a = a

        def fit(self, X, y=None):
            self.fitted_ = True
            return self

        def transform(self, X):
            return X.assign(a=self.a)

    search = RiskAwareSearch(
        Bare(),
        {"a": [1, 2]},
        risk=Looked({(1, 0): report(0.01), (2, 0): report(0.02)}),
        utility=Looked({(1, 0): 0.5, (2, 0): 0.6}),
    )
    assert search.fit(X).best_params_ == {"a": 2}


def test_works_inside_a_pipeline():
    table = X.assign(c=[1.0, 2.0, 3.0])
    pipeline = Pipeline(
        [
            ("release", search_of(along_a(0.3, 0.02), along_a(0.9, 0.8))),
            ("scale", StandardScaler()),
            ("classify", LogisticRegression()),
        ]
    )
    pipeline.fit(table, [0, 1, 1])
    assert pipeline.predict(table).shape == (3,)
    assert pipeline[:-1].get_feature_names_out().tolist() == ["a", "b", "c"]
    pipeline.set_params(release__target_risk=0.5).fit(table, [0, 1, 1])
    assert pipeline.named_steps["release"].best_params_["a"] == 0


def test_tables_of_other_kinds_reach_the_estimator_and_the_measures():
    kinds = []

    def risk(original, released):
        kinds.extend([type(original), type(released)])
        return report(0.01)

    for table in (pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [1, 2]}).to_arrow()):
        search = RiskAwareSearch(
            FunctionTransformer(), {"validate": [False]}, risk=risk, utility=lambda old, new: 0.5
        )
        assert type(search.fit_transform(table)) is type(table)
        assert kinds == [type(table)] * 2
        kinds.clear()


def test_lists_become_arrays():
    search = RiskAwareSearch(
        FunctionTransformer(), {"validate": [False]}, risk=lambda old, new: report(old.min()),
        utility=lambda old, new: 0.5,
    )  # fmt: skip
    assert search.fit([[0.01, 0.02], [0.03, 0.04]]).n_features_in_ == 2


def test_set_output_reaches_the_estimator():
    array = np.array([[1.0, 2.0], [3.0, 5.0]])
    search = RiskAwareSearch(
        StandardScaler(), {"with_std": [True]}, risk=lambda old, new: report(0.01),
        utility=lambda old, new: 0.5,
    )  # fmt: skip
    frame = search.set_output(transform="pandas").fit_transform(array)
    assert list(frame.columns) == ["x0", "x1"]
    assert isinstance(search.transform(array), pd.DataFrame)
    assert isinstance(search.set_output(transform="default").transform(array), np.ndarray)
    assert isinstance(clone(search).fit_transform(array), np.ndarray)


def test_clone_and_pickle():
    search = search_of(along_a(0.3, 0.02), along_a(0.9, 0.8))
    copy = clone(search)
    assert copy.param_grid == search.param_grid
    assert copy.estimator is not search.estimator
    fitted = pickle.loads(pickle.dumps(search.fit(X)))
    pd.testing.assert_frame_equal(fitted.transform(X), search.transform(X))
    assert fitted.best_params_ == search.best_params_
    assert not hasattr(clone(search), "best_params_")


def test_table_is_not_modified():
    table = X.copy()
    search_of(along_a(0.01), along_a(0.5)).fit(table)
    pd.testing.assert_frame_equal(table, X)


def test_representations_show_the_estimator_inside_and_no_values():
    table = X.assign(name=["canary-value", "canary-value", "canary-value"])
    search = search_of(along_a(0.01), along_a(0.5)).fit(table)
    html = search._repr_html_()
    assert "WriteSetting" in html
    for text in (html, repr(search), str(search.cv_results_), repr(search.best_params_)):
        assert "canary-value" not in text
