"""scikit-learn's whole contract for every estimator, with no expected failure.

``parametrize_with_checks`` leaves out the checks of ``set_output``, of feature names and of
parameter validation; they are called one by one below.
"""

from __future__ import annotations

import inspect
import io
import pickle
import re
from collections.abc import Callable
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from pandas.testing import assert_frame_equal
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from personatwin_sk import (
    GeographicGeneralizer,
    IdentifierRemover,
    OutcomeNoise,
    PersonaMerger,
    RiskAwareSearch,
    TemporalNoise,
    ValueNoise,
    make_people_events,
)

# Automatic selection finds no column in arrays of numbers and says so; that is what it is for. The
# checks themselves provoke the other warning, by fitting on a frame and transforming an array.
pytestmark = pytest.mark.filterwarnings(
    "ignore::personatwin_sk.exceptions.NothingSelectedWarning",
    "ignore:X (has|does not have valid) feature names:UserWarning",
    "ignore::sklearn.exceptions.SkipTestWarning",
)


def our_steps() -> Pipeline:
    return Pipeline(
        [
            ("identifiers", IdentifierRemover()),
            ("geography", GeographicGeneralizer()),
            ("dates", TemporalNoise(jitter=7, precision="month", random_state=0)),
            ("outcomes", OutcomeNoise(random_state=0)),
            ("numbers", ValueNoise(spread=3, random_state=0)),
            ("merge", PersonaMerger(k=3)),
        ]
    )


def a_search(estimator: BaseEstimator, grid: dict[str, list[Any]]) -> RiskAwareSearch:
    return RiskAwareSearch(estimator, grid, target_risk=1)


ESTIMATORS = [
    IdentifierRemover(),
    IdentifierRemover(keep=[0]),
    GeographicGeneralizer(),
    GeographicGeneralizer(level="state", state="OH"),
    TemporalNoise(),
    TemporalNoise(shift=5, jitter=3, precision="quarter"),
    OutcomeNoise(),
    OutcomeNoise(0, random_state=0),
    OutcomeNoise([0], flip_probability=1, invariant=False),
    ValueNoise(),
    ValueNoise(0, spread=3, random_state=0),
    ValueNoise([0], spread=4, step=2, bounds=(-10_000, 10_000), random_state=0),
    PersonaMerger(),
    PersonaMerger(k=1),
    PersonaMerger([0], k=3),
    PersonaMerger(k=2, on_conflict="raise", order_by=0),
    a_search(PersonaMerger(), {"k": [2, 5]}),
    a_search(our_steps(), {"merge__k": [2, 5]}),
]


def name_of(estimator: BaseEstimator) -> str:
    return re.sub(r"\s+", " ", repr(estimator))[:70]


# `xfail_strict` turns an excuse that is no longer needed into a failure; there is none anyway.
_STRICT = (
    {"xfail_strict": True}
    if "xfail_strict" in inspect.signature(parametrize_with_checks).parameters
    else {}
)


@parametrize_with_checks(ESTIMATORS, **_STRICT)
def test_the_contract(estimator: BaseEstimator, check: Callable[[BaseEstimator], None]) -> None:
    check(estimator)


LEFT_OUT = [
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_dataframe_column_names_consistency",
    "check_param_validation",
]


@pytest.mark.parametrize("check", LEFT_OUT)
@pytest.mark.parametrize("estimator", [*ESTIMATORS, our_steps()], ids=name_of)
def test_what_the_contract_leaves_out(estimator: BaseEstimator, check: str) -> None:
    getattr(estimator_checks, check)(type(estimator).__name__, clone(estimator))


def failed_checks(estimator: BaseEstimator) -> set[str]:
    results = check_estimator(estimator, on_skip=None, on_fail=None)
    return {result["check_name"] for result in results if result["status"] == "failed"}


def test_a_pipeline_of_ours_fails_nothing_that_an_idle_pipeline_passes() -> None:
    """scikit-learn's own Pipeline fails a few checks whatever is in it."""
    idle = Pipeline([("idle", FunctionTransformer()), ("idle too", FunctionTransformer())])
    assert failed_checks(our_steps()) <= failed_checks(idle)


def as_numbers(merger: PersonaMerger) -> Pipeline:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return Pipeline([("merge", merger), ("encode", encoder)])


def test_labels_that_are_encoded_pass_like_numbers() -> None:
    """The checks compare numbers; labels of intervals are text, so an encoder follows."""
    intervals = as_numbers(PersonaMerger(k=2, representation="interval"))
    centers = as_numbers(PersonaMerger(k=2))
    assert failed_checks(intervals) <= failed_checks(centers)


# The same estimators on people and events, where each of them has something to do.

KEYS = ["age", "gender", "ethnicity", "geography"]
IDS = {"person_id": "person_id", "event_id": "event_id"}


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    frame = make_people_events(120, random_state=0)
    frame["name"] = "Person " + frame["person_id"].astype(str)
    frame["days"] = np.arange(len(frame)) * 7 % 366
    return frame


def working_steps() -> list[tuple[str, BaseEstimator]]:
    return [
        ("identifiers", IdentifierRemover(["name"])),
        ("geography", GeographicGeneralizer(level="state")),
        ("dates", TemporalNoise(**IDS, shift=10, jitter=5, precision="month", random_state=0)),
        ("outcomes", OutcomeNoise(given="event_type", **IDS, random_state=0)),
        ("days", ValueNoise("days", **IDS, epsilon=0.1, bounds=(0, 365), random_state=0)),
        ("merge", PersonaMerger(KEYS, k=5, person_id="person_id", order_by="date")),
    ]


WORKING = [
    *(step for _, step in working_steps()),
    PersonaMerger(KEYS, person_id="person_id", representation="interval"),
    Pipeline(working_steps()),
    RiskAwareSearch(Pipeline(working_steps()), {"merge__k": [3, 6]}, target_risk=1),
]
each_working = pytest.mark.parametrize("estimator", WORKING, ids=name_of)
# People whose rows disagree, and in a fold outcomes that the others have not: counted, no error.
on_conflict = pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.DataWarning")


@each_working
@on_conflict
def test_clones_and_pickles_do_the_same(estimator: BaseEstimator, events: pd.DataFrame) -> None:
    fitted = clone(estimator).fit(events)
    expected = fitted.transform(events)
    assert_frame_equal(pickle.loads(pickle.dumps(fitted)).transform(events), expected)
    assert_frame_equal(clone(fitted).fit_transform(events), expected)
    assert_frame_equal(joblib_copy(fitted).transform(events), expected)
    with pytest.raises(NotFittedError):
        clone(fitted).transform(events)
    assert list(fitted.get_feature_names_out()) == list(expected.columns)


def joblib_copy(estimator: BaseEstimator) -> BaseEstimator:
    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


@each_working
@on_conflict
@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_other_tables_get_what_pandas_gets(
    estimator: BaseEstimator, kind: str, events: pd.DataFrame
) -> None:
    text = events.assign(date=events["date"].astype(str))
    other = pl.from_pandas(text) if kind == "polars" else pl.from_pandas(text).to_arrow()
    released = clone(estimator).fit_transform(other)
    assert type(released) is type(other)
    expected = clone(estimator).fit_transform(text)
    frame = released.to_pandas()
    assert list(frame.columns) == list(expected.columns)
    for name in expected:
        assert frame[name].astype(str).tolist() == expected[name].astype(str).tolist(), name


@each_working
@on_conflict
@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_output_comes_in_the_container_that_was_asked_for(
    estimator: BaseEstimator, container: str, events: pd.DataFrame
) -> None:
    expected = clone(estimator).fit_transform(events)
    configured = clone(estimator).set_output(transform=container)
    released = configured.fit_transform(events)
    if container == "pandas":
        assert_frame_equal(released, expected)
    else:
        assert isinstance(released, pl.DataFrame)
        assert released.columns == list(expected.columns)
        assert len(released) == len(expected)


@each_working
@on_conflict
def test_diagrams_can_be_drawn(estimator: BaseEstimator, events: pd.DataFrame) -> None:
    fitted = clone(estimator).fit(events)
    for shown in (estimator, fitted):
        assert type(shown).__name__ in repr(shown)
        assert type(shown).__name__ in shown._repr_html_()


def classifier() -> Pipeline:
    encoder = ColumnTransformer(
        [
            ("text", OneHotEncoder(handle_unknown="ignore"), [*KEYS[1:], "event_type"]),
            ("number", StandardScaler(), ["age"]),
        ]
    )
    steps = [
        *working_steps()[1:],
        ("encode", encoder),
        ("classify", LogisticRegression(max_iter=500)),
    ]
    return Pipeline(steps)


@pytest.fixture(scope="module")
def target(events: pd.DataFrame) -> pd.Series:
    return (events["outcome"] == events["outcome"].mode()[0]).astype(int)


@on_conflict
def test_a_pipeline_of_ours_is_cross_validated(events: pd.DataFrame, target: pd.Series) -> None:
    scores = cross_validate(
        classifier(),
        events.drop(columns="name"),
        target,
        groups=events["person_id"],
        cv=GroupKFold(3),
        error_score="raise",
    )
    assert len(scores["test_score"]) == 3
    assert np.isfinite(scores["test_score"]).all()


@on_conflict
def test_a_pipeline_of_ours_is_tuned(events: pd.DataFrame, target: pd.Series) -> None:
    search = GridSearchCV(
        classifier(),
        {
            "merge__k": [3, 10],
            "geography__level": ["county", "region"],
            "dates__precision": ["month", "year"],
        },
        cv=2,
        error_score="raise",
    )
    search.fit(events.drop(columns="name"), target)
    assert len(search.cv_results_["params"]) == 8
    assert search.best_estimator_.named_steps["merge"].k == search.best_params_["merge__k"]
    assert search.predict(events.drop(columns="name")).shape == target.shape


@on_conflict
def test_the_search_tunes_the_same_steps_without_the_classifier(events: pd.DataFrame) -> None:
    search = RiskAwareSearch(Pipeline(working_steps()), {"merge__k": [3, 10]}, target_risk=1).fit(
        events
    )
    assert search.best_params_["merge__k"] in (3, 10)
    assert_frame_equal(search.transform(events), search.best_estimator_.transform(events))
