"""Steps that candidates have in common: fitted once, and nothing else is different."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from personatwin_sk.model_selection._prefixes import SharedFits
from personatwin_sk.model_selection._step_keys import count_steps, dfs_order, step_keys

TABLE = pd.DataFrame({"x": [1.0, 2.0, 4.0]})


class Add(TransformerMixin, BaseEstimator):
    """Adds a number, or a drawn one, and notes each fit in a log."""

    log: list = []

    def __init__(self, amount=0, inner=None, random_state=None, in_place=False):
        self.amount = amount
        self.inner = inner
        self.random_state = random_state
        self.in_place = in_place

    def fit(self, X, y=None):
        self.drawn_ = 0 if self.random_state is None else self.random_state.integers(1000)
        self.inner_ = 0 if self.inner is None else self.inner.amount
        self.seen_y_ = y
        Add.log.append(self.amount)
        return self

    def transform(self, X):
        total = self.amount + self.drawn_ + self.inner_
        if self.in_place:
            X["x"] += total
            return X
        return X.assign(x=X["x"] + total)


@pytest.fixture(autouse=True)
def empty_log():
    Add.log.clear()


def three_steps(**parameters):
    return Pipeline([(name, Add(**parameters)) for name in "abc"])


def run(estimator, candidates, *, share=True, y=None, table=TABLE):
    """Give released tables and estimators in the order of the grid, and the object that fits."""
    fits = SharedFits(estimator, candidates, table, y, share=share)
    out = {}
    for index in fits.order:
        prepared = fits.prepare(index)
        fits.complete(prepared, index)
        out[index] = (prepared.finish(y), prepared.estimator)
    return [out[i] for i in range(len(candidates))], fits


def released_alone(estimator, params, table=TABLE):
    return clone(estimator).set_params(**clone(params, safe=False)).fit_transform(table)


# --- what is fitted how often ---------------------------------------------------------------------


def test_each_node_of_the_tree_is_fitted_once():
    grid = list(
        ParameterGrid({"a__amount": [1, 2], "b__amount": [10, 20], "c__amount": [100, 200, 300]})
    )
    released, fits = run(three_steps(), grid)
    # 2 first steps, 2 x 2 second ones, 2 x 2 x 3 last ones; whole fits would be 3 x 12.
    assert sorted(Add.log) == sorted([1, 2] + [10, 20] * 2 + [100, 200, 300] * 4)
    assert fits.n_fits == 18 == len(Add.log)
    for params, (table, _) in zip(grid, released, strict=True):
        expected = [x + sum(params.values()) for x in (1.0, 2.0, 4.0)]
        assert table["x"].tolist() == expected


def test_without_sharing_each_candidate_is_fitted_whole():
    grid = list(ParameterGrid({"c__amount": [1, 2]}))
    _, fits = run(three_steps(), grid, share=False)
    assert fits.n_fits == 6 == len(Add.log)


def test_grid_order_does_not_break_the_tree():
    # Settings of the first step change fastest: neighbours in the grid have nothing in common.
    grid = [{"a__amount": a, "c__amount": c} for c in (5, 6, 7) for a in (1, 2)]
    _, fits = run(three_steps(), grid)
    assert fits.n_fits == 2 + 2 + 6


def test_unset_parameters_are_those_of_the_estimator():
    grid = [{"c__amount": 1}, {"a__amount": 0, "c__amount": 2}, {"a__amount": 3, "c__amount": 2}]
    _, fits = run(three_steps(), grid)
    assert fits.n_fits == 2 + 2 + 3


def test_one_path_is_kept_at_a_time():
    grid = list(ParameterGrid({"a__amount": [1, 2], "b__amount": [3, 4], "c__amount": [5, 6]}))
    fits = SharedFits(three_steps(), grid, TABLE, None)
    for index in fits.order:
        fits.complete(fits.prepare(index), index)
        assert len(fits._memory) <= 2


def test_idle_steps_are_no_fits_and_may_come_from_the_grid():
    grid = [{"a": step, "c__amount": c} for step in ("passthrough", None, Add(9)) for c in (1, 2)]
    released, fits = run(three_steps(), grid)
    assert [table["x"].iloc[0] for table, _ in released] == [2, 3, 2, 3, 11, 12]
    # Behind an idle first step: b and two c; "passthrough" and None are one.
    assert fits.n_fits == (1 + 4) + (1 + 1 + 2)
    assert count_steps(Pipeline([("a", None), ("b", "passthrough"), ("c", Add())])) == 1
    assert count_steps(Add()) == 1


# --- what counts as the same ----------------------------------------------------------------------


def share_first(one, other, pipeline=None):
    keys = step_keys(three_steps() if pipeline is None else pipeline, [one, other])
    return keys[0] is not None and keys[1] is not None and keys[0][0] == keys[1][0]


def test_values_are_the_same_by_type_and_text_or_as_one_object():
    marker = object()
    same = [("s", "s"), (1, 1), ((1, "a"), (1, "a")), ([1], [1]), (None, None), (marker, marker)]
    for one, other in same:
        assert share_first({"a__amount": one}, {"a__amount": other})
    differ = [(1, True), (1, 1.0), (0.0, -0.0), ("1", 1), ((1,), [1]), (object(), object()), (1, 2)]
    for one, other in differ:
        assert not share_first({"a__amount": one}, {"a__amount": other})
    assert share_first({"a__amount": float("nan")}, {"a__amount": float("nan")})


def test_replaced_inner_estimators_are_not_taken_for_the_old_ones():
    inner = Add(7)
    pipeline = three_steps(inner=Add(3))
    # The new inner estimator's own 7, and 3 set in it: the 3 of the old one must not stand for it.
    grid = [{"a__inner": inner}, {"a__inner": inner, "a__inner__amount": 3}]
    assert not share_first(*grid, pipeline=pipeline)
    released, _ = run(pipeline, grid)
    assert [table["x"].iloc[0] for table, _ in released] == [1 + 7 + 3 + 3, 1 + 3 + 3 + 3]


@pytest.mark.parametrize(
    "pipeline",
    [
        Add(),
        Pipeline([("a", Add()), ("b", Add())], memory="somewhere"),
        Pipeline([("a", Add()), ("b", Add())], verbose=True),
        Pipeline([("a", Add()), ("a", Add())]),
        Pipeline([("a__x", Add()), ("b", Add())]),
        Pipeline([("a", Add()), ("b", 3)]),
        type("Special", (Pipeline,), {})([("a", Add()), ("b", Add())]),
    ],
)
def test_what_is_no_plain_pipeline_is_fitted_whole(pipeline):
    assert step_keys(pipeline, [{}, {}]) == [None, None]


@pytest.mark.parametrize("setting", [{"memory": None}, {"nope__x": 1}, {"a": 3}, {"steps": []}])
def test_settings_that_are_not_about_steps_are_fitted_whole(setting):
    assert step_keys(three_steps(), [setting, {}])[0] is None


def test_one_generator_in_two_steps_carries_over_and_is_not_shared():
    generator = np.random.default_rng(0)
    grid = [
        {"a__random_state": generator, "b__random_state": generator, "c__amount": c} for c in (1, 2)
    ]
    assert step_keys(three_steps(), grid) == [None, None]
    released, _ = run(three_steps(), grid)
    for params, (table, _) in zip(grid, released, strict=True):
        pd.testing.assert_frame_equal(table, released_alone(three_steps(), params))


def test_generator_of_one_step_is_shared_and_draws_as_ever():
    pipeline = three_steps(random_state=np.random.default_rng(1))
    grid = [{"c__amount": c} for c in (1, 2, 3)]
    released, fits = run(pipeline, grid)
    assert fits.n_fits == 5
    for params, (table, _) in zip(grid, released, strict=True):
        pd.testing.assert_frame_equal(table, released_alone(pipeline, params))


# --- nothing else is different --------------------------------------------------------------------


amounts = st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_releases_equal_those_of_whole_fits_in_any_order(data):
    names = data.draw(st.sets(st.sampled_from(["a__amount", "b__amount", "c__amount"]), min_size=1))
    grids = [{name: data.draw(amounts) for name in sorted(names)} for _ in range(2)]
    candidates = data.draw(st.permutations(list(ParameterGrid(grids))))
    in_place = data.draw(st.booleans())
    pipeline = Pipeline(
        [("a", Add()), ("b", Add(in_place=in_place)), ("c", Add(in_place=in_place))]
    )
    Add.log.clear()
    released, fits = run(pipeline, candidates)
    assert fits.n_fits == len(Add.log)
    for params, (table, estimator) in zip(candidates, released, strict=True):
        pd.testing.assert_frame_equal(table, released_alone(pipeline, params))
        for name, step in estimator.steps:
            assert step.amount == params.get(f"{name}__amount", 0)
            assert hasattr(step, "drawn_")
    assert TABLE["x"].tolist() == [1.0, 2.0, 4.0]


def test_y_reaches_every_step_and_the_given_estimator_stays_unfitted():
    pipeline = three_steps()
    released, _ = run(pipeline, [{"c__amount": c} for c in (1, 2)], y=[1, 0, 1])
    for _, estimator in released:
        assert all(step.seen_y_ == [1, 0, 1] for _, step in estimator.steps)
    assert not any(hasattr(step, "drawn_") for _, step in pipeline.steps)


@pytest.mark.parametrize("kind", ["numpy", "polars"])
def test_other_tables(kind):
    table = TABLE.to_numpy() if kind == "numpy" else pl.from_pandas(TABLE)
    pipeline = Pipeline([("scale", StandardScaler()), ("again", MinMaxScaler(copy=False))])
    candidates = [{"again__clip": clip} for clip in (True, False)]
    released, fits = run(pipeline, candidates, table=table)
    assert fits.n_fits == 3
    for params, (out, _) in zip(candidates, released, strict=True):
        np.testing.assert_array_equal(out, released_alone(pipeline, params, table))


def test_last_step_without_fit_transform():
    class Bare(BaseEstimator):
        def __init__(self, b=0):
            self.b = b

        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return X + self.b

    pipeline = Pipeline([("a", FunctionTransformer()), ("b", Bare())])
    released, _ = run(pipeline, [{"b__b": 1}, {"b__b": 2}])
    assert [table["x"].iloc[0] for table, _ in released] == [2.0, 3.0]


def test_order_is_depth_first_by_first_appearance():
    keys = [("x", 1), ("y", 1), ("x", 2), ("y", 2), ("x", 3)]
    assert dfs_order(keys) == [0, 2, 4, 1, 3]
    assert dfs_order([None, None]) == [0, 1]
