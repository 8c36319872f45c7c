"""Fitted steps in memory: shared wherever the input is the same, let go when nobody needs them."""

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
from test_lineage import IDS, events

from personatwin_sk import (
    IdentifierRemover,
    OutcomeNoise,
    PersonaMerger,
    ReidentificationRisk,
    RiskAwareSearch,
    TemporalNoise,
    ValueNoise,
)
from personatwin_sk.model_selection import _memory, _prefixes
from personatwin_sk.model_selection._lineage import Footprint
from personatwin_sk.model_selection._memory import FittedStep, StepMemory, n_bytes, own_copy
from personatwin_sk.model_selection._prefixes import SharedFits

pytestmark = pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.DataWarning")

TABLE = events(np.random.default_rng(3), 60)


class Shout(TransformerMixin, BaseEstimator):
    """A step of others, which works in place."""

    def __init__(self, end="!"):
        self.end = end

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        X["name"] = X["name"] + self.end
        return X


MERGE = ("merge", PersonaMerger(["age", "zip"], 2, person_id="person"))
DATES = ("dates", TemporalNoise("date", **IDS, jitter=9, random_state=1))
OUTCOMES = ("outcomes", OutcomeNoise("outcome", **IDS, flip_probability=0.3, random_state=2))
STAYS = ("stays", ValueNoise("stay", **IDS, spread=3, random_state=3))
NAMES = ("names", IdentifierRemover(["death"]))
SHOUT = ("shout", Shout())

GRIDS = {
    "merge__k": [2, 3, 4],
    "dates__jitter": [3, 9],
    "outcomes__flip_probability": [0.1, 0.6],
    "stays": [STAYS[1], "passthrough"],
    "names__columns": [["death"], ["type", "death"]],
    "shout__end": ["?", "!!"],
}


def run(pipeline, candidates, table=TABLE):
    fits = SharedFits(pipeline, candidates, table.copy(), None)
    out = {}
    for index in fits.order:
        prepared = fits.prepare(index)
        fits.complete(prepared, index)
        out[index] = prepared.finish(None), prepared.estimator
    return [out[index] for index in range(len(candidates))], fits


def alone(pipeline, setting, table=TABLE):
    return clone(pipeline).set_params(**clone(setting, safe=False)).fit_transform(table.copy())


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_releases_are_those_of_whole_fits_whatever_the_order_of_steps(data):
    steps = data.draw(
        st.lists(
            st.sampled_from([MERGE, DATES, OUTCOMES, STAYS, NAMES, SHOUT]),
            min_size=2, max_size=5, unique_by=lambda step: step[0],
        )
    )  # fmt: skip
    pipeline = Pipeline(steps)
    named = {name for name, _ in steps}
    grid = {name: values for name, values in GRIDS.items() if name.split("__")[0] in named}
    candidates = data.draw(st.permutations(list(ParameterGrid(grid))))[:8]
    released, _ = run(pipeline, candidates)
    for setting, (table, estimator) in zip(candidates, released, strict=True):
        pd.testing.assert_frame_equal(table, alone(pipeline, setting))
        # The estimator that goes with it is fitted, and releases the same.
        pd.testing.assert_frame_equal(estimator.transform(TABLE.copy()), table)


@pytest.mark.parametrize("strategy", ["pruned", "exhaustive"])
def test_a_first_step_that_works_in_place_reaches_neither_the_table_nor_other_candidates(strategy):
    seen = []

    def utility(original, released):
        seen.append((set(original["name"]), set(released["name"])))
        return 1.0

    risk = ReidentificationRisk("age", person_id="person", attacker="prosecutor")
    pipeline = Pipeline([SHOUT, ("merge", PersonaMerger(["age"], 2, person_id="person"))])
    search = RiskAwareSearch(
        pipeline, {"shout__end": ["?", "!"]}, target_risk=1, risk=risk, utility=utility,
        strategy=strategy,
    )  # fmt: skip
    table = TABLE.copy()
    search.fit(table)
    assert seen == [({"x", "y"}, {"x?", "y?"}), ({"x", "y"}, {"x!", "y!"})]
    pd.testing.assert_frame_equal(table, TABLE)


def test_a_merger_behind_noise_on_other_columns_is_fitted_once_per_setting():
    pipeline = Pipeline([DATES, STAYS, ("merge", PersonaMerger(["age", "zip"], 2))])
    grid = {"dates__jitter": [1, 2, 3], "stays__spread": [1, 2], "merge__k": [2, 3]}
    _, fits = run(pipeline, list(ParameterGrid(grid)))
    # Dates, stays and merges do not read each other: 3 + 2 + 2, where whole fits would be 3 x 12.
    assert fits.n_fits == 7
    assert fits.n_full_fits == 3


def test_a_merger_behind_noise_on_its_own_columns_is_not():
    moved = TemporalNoise("date", **IDS, random_state=1)
    pipeline = Pipeline([("dates", moved), ("merge", PersonaMerger(["age", "date"], 2))])
    grid = {"dates__precision": ["day", "month", "year"], "merge__k": [2, 3]}
    _, fits = run(pipeline, list(ParameterGrid(grid)))
    assert fits.n_fits == 3 + 6


def test_mutant_that_does_not_look_at_what_is_read_is_found_out(monkeypatch):
    monkeypatch.setattr(_prefixes.Lineage, "inputs", lambda self, footprint: None)
    moved = TemporalNoise("date", **IDS, random_state=1)
    pipeline = Pipeline([("dates", moved), ("merge", PersonaMerger(["age", "date"], 2))])
    candidates = list(ParameterGrid({"dates__precision": ["day", "year"], "merge__k": [2, 3]}))
    released, _ = run(pipeline, candidates)
    same = [
        table.equals(alone(pipeline, setting))
        for setting, (table, _) in zip(candidates, released, strict=True)
    ]
    assert not all(same)


@pytest.mark.parametrize("kind", ["polars", "array"])
def test_other_tables_are_shared_as_well(kind):
    table = TABLE[["person", "event", "age", "stay"]]
    if kind == "polars":
        table = pl.from_pandas(table)
        pipeline = Pipeline([STAYS, ("merge", PersonaMerger(["age"], 2))])
    else:
        table = table[["age", "stay"]].to_numpy(float)
        pipeline = Pipeline(
            [("stays", ValueNoise(1, spread=3, random_state=3)), ("merge", PersonaMerger([0], 2))]
        )
    candidates = list(ParameterGrid({"stays__spread": [1, 2], "merge__k": [2, 3]}))
    fits = SharedFits(pipeline, candidates, table, None)
    for index in fits.order:
        prepared = fits.prepare(index)
        fits.complete(prepared, index)
        expected = clone(pipeline).set_params(**candidates[index]).fit_transform(table)
        released = prepared.finish(None)
        if kind == "polars":
            assert released.equals(expected)
        else:
            np.testing.assert_array_equal(released, expected)
    # Columns by position are not known before the table is: only first steps are shared.
    assert fits.n_fits == (4 if kind == "polars" else 2 + 4)


def test_search_over_them_gives_the_winner_of_the_exhaustive_one():
    pipeline = Pipeline([DATES, STAYS, MERGE])
    grid = {"dates__jitter": [1, 90], "stays__spread": [1, 9], "merge__k": [2, 3, 4, 6]}
    risk = ReidentificationRisk(["age", "zip"], person_id="person", attacker="prosecutor")
    found = {
        strategy: RiskAwareSearch(
            pipeline, grid, target_risk=0.34, risk=risk, strategy=strategy
        ).fit(TABLE)
        for strategy in ("pruned", "exhaustive")
    }
    pruned, whole = found["pruned"], found["exhaustive"]
    assert 0 < whole.cv_results_["feasible"].sum() < 16
    assert (pruned.best_index_, pruned.best_score_, pruned.best_risk_) == (
        whole.best_index_, whole.best_score_, whole.best_risk_,
    )  # fmt: skip
    pd.testing.assert_frame_equal(pruned.transform(TABLE), whole.transform(TABLE))
    assert whole.n_fits_ == 3 * 16
    assert pruned.n_fits_ <= 2 + 2 + 4


# --- memory ---------------------------------------------------------------------------------------


def kept_step(n_rows):
    column = pd.Series(np.zeros(n_rows), name="a")
    return FittedStep(None, 0.0, columns={"a": column})


def test_what_only_earlier_candidates_had_is_let_go():
    memory = StepMemory([[1, 2], [1, 3], [4, 3]])
    assert [memory.is_shared(number) for number in (1, 2, 3, 4)] == [True, False, True, False]
    for number in (1, 2, 3, 4):
        memory.keep(number, kept_step(1))
    assert len(memory) == 2
    memory.visit([1, 2])
    assert memory.get(1) is not None
    memory.visit([1, 3])
    assert memory.get(1) is not None
    memory.visit([4, 3])
    assert memory.get(1) is None
    assert memory.get(3) is not None


def test_what_was_used_longest_ago_makes_room(monkeypatch):
    monkeypatch.setattr(_memory, "_KEPT_BYTES", 2 * 800)
    memory = StepMemory([[1, 2, 3]] * 2)
    memory.keep(1, kept_step(100))
    memory.keep(2, kept_step(100))
    assert memory.get(1) is not None
    memory.keep(3, kept_step(100))
    assert [memory.get(number) is not None for number in (1, 2, 3)] == [True, False, True]


def test_without_room_the_releases_are_the_same(monkeypatch):
    monkeypatch.setattr(_memory, "_KEPT_BYTES", 0)
    pipeline = Pipeline([DATES, STAYS, MERGE])
    candidates = list(
        ParameterGrid({"dates__jitter": [1, 2], "stays__spread": [1, 2], "merge__k": [2, 3]})
    )
    released, fits = run(pipeline, candidates)
    for setting, (table, _) in zip(candidates, released, strict=True):
        pd.testing.assert_frame_equal(table, alone(pipeline, setting))
    assert 6 < fits.n_fits <= 3 * 8


def test_what_a_step_made_is_put_into_another_table():
    footprint = Footprint(frozenset("a"), frozenset("a"), frozenset("z"))
    before = pd.DataFrame({"a": [1, 2], "b": [3, 4], "z": [0, 0]}, index=[7, 7])
    after = pd.DataFrame({"a": ["x", "y"], "b": [3, 4]}, index=[7, 7])
    fitted = FittedStep.of(None, 0.0, before, after, footprint)
    other = pd.DataFrame({"a": [1, 2], "b": [5, 6], "z": [0, 0]}, index=[7, 7])
    made = fitted.apply(other)
    expected = pd.DataFrame({"a": ["x", "y"], "b": [5, 6]}, index=[7, 7])
    pd.testing.assert_frame_equal(made, expected)
    assert other["a"].tolist() == [1, 2]
    made["b"] = 0
    assert other["b"].tolist() == [5, 6]


def test_where_columns_cannot_be_taken_the_step_is_asked():
    class Asked:
        def transform(self, X):
            return "transformed", X

    footprint = Footprint(frozenset("a"), frozenset("a"))
    fitted = FittedStep.of(Asked(), 0.0, pd.DataFrame({"a": [1]}), np.array([[1]]), footprint)
    assert fitted.apply("table") == ("transformed", "table")
    assert fitted.n_bytes == 0


def test_copies_and_sizes_of_tables_of_all_kinds():
    frame = pd.DataFrame({"a": np.zeros(10)})
    for table in (frame, frame["a"], frame.to_numpy(), [1, 2], pl.from_pandas(frame)):
        copied = own_copy(table)
        assert copied is not table
    assert n_bytes(frame) == 80 + frame.index.memory_usage()
    assert n_bytes(frame.to_numpy()) == 80 == n_bytes(pl.from_pandas(frame))
    assert n_bytes(None) == 0


def test_texts_take_what_they_are_not_what_points_to_them():
    own = pd.Series([f"{'long ' * 40}{i}" for i in range(5000)], dtype=object)
    taken = own.memory_usage(index=False, deep=True)
    assert n_bytes(own) == pytest.approx(taken, rel=0.01)
    assert n_bytes(own.to_frame()) == n_bytes(own) + own.index.memory_usage()
    # Few texts that many rows share are there once.
    shared = pd.Series(["a" * 1000, "b" * 1000] * 2500, dtype=object)
    assert n_bytes(shared) == pytest.approx(8 * 5000 + 2 * 1049, rel=0.01)
    assert n_bytes(own.iloc[:0]) == 0


def test_what_a_step_holds_takes_memory_too():
    step = Shout()
    step.seen_ = pd.DataFrame({"a": np.zeros(1000)})
    fitted = FittedStep(step, 0.0, columns={"a": pd.Series(np.zeros(10))})
    assert fitted.n_bytes == 80 + n_bytes(step.seen_)
