"""Two tables side by side: refusals, and who was suppressed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.utility import (
    association_preserved,
    event_sequences,
    k_marginal,
    ncp,
    outcome_disparities,
    propensity_mse,
    train_on_released,
    utility_report,
)
from personatwin_sk.utility._tables import read_pair, suppressed_rows

TABLE = pd.DataFrame(
    {"id": list("abcdef"), "x": [1, 2, 3, 4, 5, 6], "y": list("uvuvuv"), "z": list("ppqqpq")}
)
MEASURES = {
    "k_marginal": lambda a, b: k_marginal(a, b, ["x", "y"]),
    "propensity_mse": lambda a, b: propensity_mse(a, b, ["x", "y"]),
    "association_preserved": lambda a, b: association_preserved(a, b, ["x", "y"]),
    "outcome_disparities": lambda a, b: outcome_disparities(a, b, "y", "z", person_id="id"),
    "event_sequences": lambda a, b: event_sequences(a, b, "y", person_id="id"),
    "ncp": lambda a, b: ncp(a, b, ["x", "y"]),
    "train_on_released": lambda a, b: train_on_released(
        a, b, "y", features=["x"], cv=2, estimator=DecisionTreeClassifier(random_state=0)
    ),
    "utility_report": lambda a, b: utility_report(a, b, ["x", "y"]),
}
ALIGNED = sorted(MEASURES.keys() - {"k_marginal", "propensity_mse", "association_preserved"})


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_a_column_that_the_release_lacks_is_an_error(name):
    with pytest.raises(ColumnNotFoundError, match="'y'"):
        MEASURES[name](TABLE, TABLE.drop(columns="y"))


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_tables_without_rows_are_refused(name):
    with pytest.raises(InputError, match=r"no rows|rows and the release"):
        MEASURES[name](TABLE.iloc[:0], TABLE.iloc[:0])


@pytest.mark.parametrize("name", ALIGNED)
def test_rows_must_align_where_they_are_compared(name):
    with pytest.raises(InputError, match="has 6 rows and the release 5"):
        MEASURES[name](TABLE, TABLE.iloc[1:])


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_nothing_is_modified(name):
    before, after = TABLE.copy(), TABLE.assign(x=["1-3"] * 3 + ["4-6"] * 3)
    kept = after.copy()
    MEASURES[name](before, after)
    pd.testing.assert_frame_equal(before, TABLE)
    pd.testing.assert_frame_equal(after, kept)


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_polars_says_the_same_as_pandas(name):
    polars = pytest.importorskip("polars")
    after = TABLE.assign(x=["1-3"] * 3 + ["4-6"] * 3)
    ours = MEASURES[name](TABLE, after)
    theirs = MEASURES[name](polars.from_pandas(TABLE), polars.from_pandas(after))
    plain = [x if isinstance(x, float) else x.to_dict() for x in (ours, theirs)]
    assert plain[0] == plain[1]


def test_a_role_that_names_nothing_finds_nothing():
    found = read_pair(TABLE, TABLE, {"columns": ["x"], "by": None}, owner="measure")[2]
    assert found == {"columns": ["x"], "by": []}


def test_positions_name_the_columns_of_an_array():
    array = np.arange(6).reshape(3, 2)
    assert read_pair(array, array, {"columns": [-1]}, owner="measure")[2] == {"columns": [1]}


def test_suppressed_by_the_released_person_id():
    after = Table.of(TABLE.assign(id=[1.0, None, 2, 2, None, 1]))
    gone = suppressed_rows(Table.of(TABLE), after, ["x"], "id")
    assert gone.tolist() == [False, True, False, False, True, False]


def test_suppressed_where_all_became_null():
    before = Table.of(pd.DataFrame({"a": [1.0, None, 2.0, 3.0], "b": ["u", None, "v", "w"]}))
    after = Table.of(pd.DataFrame({"a": [None, None, None, 3.0], "b": [None, None, "v", None]}))
    assert suppressed_rows(before, after, ["a", "b"], None).tolist() == [True, False, False, False]
    assert not suppressed_rows(before, after, [], None).any()
