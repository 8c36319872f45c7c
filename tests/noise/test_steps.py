"""Pipelines taken apart into steps: what is in them, in which order, and under which names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.noise import OutcomeNoise, TemporalNoise
from personatwin_sk.noise._steps import named_columns, walk


def names(estimator: Any) -> list[str]:
    return [step.name for step in walk(estimator)]


def test_a_step_alone_is_called_by_its_class() -> None:
    (step,) = walk(TemporalNoise())
    assert (step.name, step.searches, step.branches) == ("TemporalNoise", (), ())


def test_pipelines_in_pipelines_and_idle_steps() -> None:
    inner = Pipeline([("dates", TemporalNoise()), ("idle", "passthrough")])
    outer = Pipeline([("none", None), ("events", inner), ("merge", PersonaMerger())])
    assert names(outer) == ["events__dates", "merge"]
    # The names are those of scikit-learn's own parameters.
    assert {"events__dates", "merge"} <= set(outer.get_params())


def test_side_by_side_containers_and_what_remains() -> None:
    columns = ColumnTransformer(
        [("noise", OutcomeNoise(), ["outcome"]), ("gone", "drop", ["id"])],
        remainder=MinMaxScaler(),
    )
    union = FeatureUnion([("both", columns), ("scale", StandardScaler())])
    assert names(union) == ["both__noise", "both__remainder", "scale"]
    assert [step.branches for step in walk(union)] == [
        ("both", "noise"),
        ("both", "remainder"),
        ("scale",),
    ]


def test_a_fitted_container_gives_its_fitted_steps() -> None:
    X = np.arange(12.0).reshape(6, 2)
    columns = ColumnTransformer([("scale", StandardScaler(), [0])], remainder=MinMaxScaler())
    assert not any(hasattr(step.estimator, "n_features_in_") for step in walk(columns))
    assert all(step.estimator.n_features_in_ == 1 for step in walk(columns.fit(X)))


def test_the_order_within_and_across_containers() -> None:
    pipeline = Pipeline(
        [
            ("a", StandardScaler()),
            ("b", FeatureUnion([("c", MinMaxScaler()), ("d", Pipeline([("e", MinMaxScaler())]))])),
            ("f", StandardScaler()),
        ]
    )
    steps = {step.name: step for step in walk(pipeline)}
    before = {(one, two) for one in steps for two in steps if steps[one].is_before(steps[two])}
    assert before == {
        ("a", "b__c"),
        ("a", "b__d__e"),
        ("a", "f"),
        ("b__c", "f"),
        ("b__d__e", "f"),
    }


def test_a_search_gives_what_it_chose_and_how_many_settings_it_fitted() -> None:
    pipeline = Pipeline([("merge", PersonaMerger(["age"]))])
    search = RiskAwareSearch(pipeline, {"merge__k": [2, 5]}, target_risk=0.5)
    (step,) = walk(search)
    assert (step.name, step.searches, step.estimator.k) == ("merge", (None,), 5)
    search.fit(pd.DataFrame({"age": [1, 2, 3, 4, 5] * 4}))
    (step,) = walk(search)
    assert step.estimator is search.best_estimator_.named_steps["merge"]
    assert step.searches == (2,)
    assert step.estimator.k == search.best_params_["merge__k"]


def test_a_search_of_scikit_learn_inside_a_pipeline() -> None:
    inner = GridSearchCV(
        StandardScaler(), {"with_mean": [True, False]}, scoring=lambda *_: 0.0, cv=2
    )
    outer = Pipeline([("search", inner)])
    assert [(step.name, step.searches) for step in walk(outer)] == [("search", (None,))]
    outer.fit(np.arange(8.0).reshape(4, 2))
    (step,) = walk(outer)
    assert step.estimator is inner.best_estimator_
    assert step.searches == (2,)


@pytest.mark.parametrize(
    ("spec", "columns"),
    [
        (None, []),
        ("age", ["age"]),
        (["age", "sex"], ["age", "sex"]),
        (1, ["sex"]),
        (np.int64(-1), ["sex"]),
        ([0, "sex"], ["age", "sex"]),
        ([7], [7]),
    ],
)
def test_positions_get_the_names_that_a_fit_saw(spec, columns) -> None:
    fitted = OutcomeNoise("sex").fit(pd.DataFrame({"age": [1, 2], "sex": ["F", "M"]}))
    assert named_columns(spec, fitted) == columns


def test_positions_stay_before_a_fit() -> None:
    assert named_columns([1, 2], OutcomeNoise()) == [1, 2]
