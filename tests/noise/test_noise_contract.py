"""scikit-learn's contract for the noise steps, with and without columns to work on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_global_output_transform_pandas,
    check_global_set_output_transform_polars,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_set_output_transform_polars,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
    parametrize_with_checks,
)

from personatwin_sk.exceptions import NothingSelectedWarning
from personatwin_sk.noise import OutcomeNoise, TemporalNoise, ValueNoise

STEPS = [
    TemporalNoise(),
    TemporalNoise(shift=3, jitter=3, precision="month"),
    OutcomeNoise(),
    ValueNoise(),
    OutcomeNoise(0, random_state=0),
    OutcomeNoise([0], flip_probability=0.5, invariant=False),
    ValueNoise(0, spread=3, random_state=0),
    ValueNoise([0], spread=4, step=2, bounds=(-10_000, 10_000), random_state=0),
]
CHECKS = [
    check_dataframe_column_names_consistency,
    check_global_output_transform_pandas,
    check_global_set_output_transform_polars,
    check_param_validation,
    check_set_output_transform,
    check_set_output_transform_pandas,
    check_set_output_transform_polars,
    check_transformer_get_feature_names_out,
    check_transformer_get_feature_names_out_pandas,
]
silent = pytest.mark.filterwarnings(
    f"ignore::{NothingSelectedWarning.__module__}.{NothingSelectedWarning.__name__}",
    "ignore:X (has|does not have valid) feature names:UserWarning",  # the checks provoke it
)


@silent
@parametrize_with_checks(STEPS)
def test_contract(estimator, check):
    check(estimator)


@silent
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", STEPS[:4], ids=str)  # the others name a column of arrays
def test_more_of_the_contract(estimator, check):
    if "polars" in check.__name__:
        pytest.importorskip("polars")
    check(type(estimator).__name__, estimator)


@pytest.mark.parametrize(
    "step",
    [
        TemporalNoise(person_id="person_id", jitter=5, precision="month", random_state=0),
        OutcomeNoise(person_id="person_id", flip_probability=0.5, random_state=0),
        ValueNoise(person_id="person_id", spread=5, random_state=0),
    ],
    ids=lambda step: type(step).__name__,
)
@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_set_output_with_columns_to_work_on(step, container):
    pytest.importorskip(container)
    frame = pd.DataFrame(
        {
            "person_id": np.repeat(["a", "b"], 20),
            "date": pd.date_range("2023-01-01", periods=40),
            "outcome": ["x", "y"] * 20,
            "value": np.arange(40),
        }
    )
    plain = step.set_output(transform="default").fit_transform(frame)
    out = step.set_output(transform=container).fit_transform(frame)
    assert type(out).__module__.startswith(container)
    assert list(out.columns) == step.get_feature_names_out().tolist() == list(frame.columns)
    assert list(out["outcome"]) == plain["outcome"].tolist()
    assert list(out["value"]) == plain["value"].tolist()
    assert [str(value)[:7] for value in out["date"]] == [str(v)[:7] for v in plain["date"]]


@silent
@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize("step", [TemporalNoise(), OutcomeNoise(), ValueNoise()], ids=str)
def test_a_table_that_passes_unchanged_is_not_the_input_itself(step, container):
    # scikit-learn names the columns of what transform gives back, in place.
    library = pytest.importorskip(container)
    frame = library.DataFrame({"a": [1, 2], "b": [3, 4]})
    out = step.set_output(transform=container).fit_transform(frame)
    assert out is not frame
    out.columns = ["x", "y"]
    assert list(frame.columns) == ["a", "b"]
