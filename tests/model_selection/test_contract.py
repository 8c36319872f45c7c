"""scikit-learn's contract for the search around several kinds of pipelines of ours."""

from __future__ import annotations

import pytest
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch

SEARCHES = [
    RiskAwareSearch(PersonaMerger(), {"k": [2, 5]}, target_risk=1),
    RiskAwareSearch(make_pipeline(PersonaMerger()), {"personamerger__k": [2]}, target_risk=1),
    RiskAwareSearch(
        Pipeline([("first", "passthrough"), ("merge", PersonaMerger(k=2)), ("last", None)]),
        [{"merge__representation": ["center"]}, {"merge__k": [3]}],
        target_risk=1,
    ),
]

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


@parametrize_with_checks(SEARCHES)
def test_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", MORE_CHECKS)
# The checks give frames to what was fitted to arrays on purpose, and the other way round.
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.parametrize("search", SEARCHES, ids=["merger", "pipeline", "idle steps"])
def test_what_check_estimator_leaves_out(search, name):
    getattr(estimator_checks, name)("RiskAwareSearch", search)


def test_tags_are_those_of_the_estimator_inside():
    inner = get_tags(PersonaMerger())
    for search in SEARCHES:
        tags = get_tags(search)
        assert tags.transformer_tags == inner.transformer_tags
        assert tags.input_tags.allow_nan == inner.input_tags.allow_nan
        assert tags.input_tags.string == inner.input_tags.string
        assert not tags.input_tags.sparse
        assert not tags.target_tags.required
