"""scikit-learn's contract for the search around several kinds of pipelines of ours."""

from __future__ import annotations

import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from personatwin_sk import (
    GeographicGeneralizer,
    IdentifierRemover,
    OutcomeNoise,
    TemporalNoise,
    ValueNoise,
)
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch


def search_around(*steps, grid, **parameters):
    return RiskAwareSearch(Pipeline(list(steps)), grid, target_risk=1, **parameters)


# Columns of an array that are no dates and no outcomes are left as they are, by the settings too.
PLACES = ("geography", GeographicGeneralizer())
DATES = ("dates", TemporalNoise(jitter=7, precision="month", random_state=0))
OUTCOMES = ("outcomes", OutcomeNoise(random_state=0))
NUMBERS = ("numbers", ValueNoise(spread=3, random_state=0))
MERGE = ("merge", PersonaMerger(k=2))

SEARCHES = {
    "merger": RiskAwareSearch(PersonaMerger(), {"k": [2, 5]}, target_risk=1),
    "merger, exhaustive": RiskAwareSearch(
        PersonaMerger(), {"k": [2, 5]}, target_risk=1, strategy="exhaustive"
    ),
    "pipeline": RiskAwareSearch(
        make_pipeline(PersonaMerger()), {"personamerger__k": [2]}, target_risk=1
    ),
    "idle steps": search_around(
        ("first", "passthrough"),
        MERGE,
        ("last", None),
        grid=[{"merge__representation": ["center"]}, {"merge__k": [3]}],
    ),
    "steps that come and go": search_around(
        NUMBERS, MERGE, grid={"numbers": ["passthrough", ValueNoise(random_state=0)]}
    ),
    "release": search_around(
        ("identifiers", IdentifierRemover()),
        *(PLACES, DATES, OUTCOMES, NUMBERS, MERGE),
        grid={"merge__k": [2, 3], "geography__level": ["state"], "dates__jitter": [7, 0]},
    ),
    "with a scaler": search_around(
        ("scale", StandardScaler()), MERGE, grid={"merge__k": [2, 3], "scale__with_mean": [False]}
    ),
    "pipeline in a pipeline": search_around(
        ("inner", Pipeline([NUMBERS, MERGE])), grid={"inner__merge__k": [2, 3]}
    ),
}

# Automatic selection finds no column in arrays of numbers and says so; that is what it is for.
SILENT = pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.NothingSelectedWarning")

# What check_estimator leaves out.
MORE_CHECKS = [
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


@parametrize_with_checks(list(SEARCHES.values()))
@SILENT
def test_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", MORE_CHECKS)
# The checks give frames to what was fitted to arrays on purpose, and the other way round.
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@SILENT
@pytest.mark.parametrize("kind", SEARCHES)
def test_what_check_estimator_leaves_out(kind, name):
    getattr(estimator_checks, name)("RiskAwareSearch", clone(SEARCHES[kind]))


@SILENT
def test_check_estimator_in_one_go():
    results = check_estimator(clone(SEARCHES["release"]), on_skip=None)
    # Only the array API is left out, unless it is asked for.
    assert [result["check_name"] for result in results if result["status"] != "passed"] in (
        [],
        ["check_array_api_input"],
    )


def test_tags_are_those_of_the_estimator_inside():
    inner = get_tags(PersonaMerger())
    for kind in ("merger", "merger, exhaustive", "pipeline", "idle steps"):
        tags = get_tags(SEARCHES[kind])
        assert tags.transformer_tags == inner.transformer_tags
        assert tags.input_tags.allow_nan == inner.input_tags.allow_nan
        assert tags.input_tags.string == inner.input_tags.string
        assert not tags.input_tags.sparse
        assert not tags.target_tags.required


def test_what_one_step_cannot_take_no_other_step_makes_good():
    merger, scaled = get_tags(PersonaMerger()), get_tags(SEARCHES["with a scaler"])
    assert merger.input_tags.string
    assert not scaled.input_tags.string
    assert scaled.transformer_tags == merger.transformer_tags
