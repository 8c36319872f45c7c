"""ValueNoise: whole steps, within bounds, at epsilon exactly, and for columns of any type."""

from __future__ import annotations

import pickle
from decimal import Context, Decimal
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from personatwin_sk._core.frames import Table
from personatwin_sk.domains import Domain, get_domain_config
from personatwin_sk.exceptions import (
    ColumnNotFoundError,
    DataWarning,
    InputError,
    NothingSelectedWarning,
)
from personatwin_sk.noise import ValueNoise
from personatwin_sk.noise._discrete_laplace import DiscreteLaplace

IDS = {"person_id": "person_id", "event_id": "event_id"}


def make_events(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "person_id": [f"P{i:03d}" for i in rng.integers(0, n // 4, n)],
            "event_id": np.arange(n),
            "value": rng.integers(0, 101, n),
        },
        index=rng.permutation(n) + 50,
    )


def test_moves_are_uniform_whole_steps_within_the_spread():
    events = make_events(20_000).assign(value=50)
    noise = ValueNoise(**IDS, spread=7, step=2, random_state=0)
    moved = noise.fit_transform(events)["value"] - 50
    assert sorted(set(moved)) == [-6, -4, -2, 0, 2, 4, 6]
    assert stats.chisquare(moved.value_counts()).pvalue > 1e-3


def test_nothing_leaves_the_bounds_and_nothing_else_changes():
    events = make_events()
    released = ValueNoise(**IDS, spread=40, bounds=(0, 100)).fit_transform(events)
    assert released["value"].between(0, 100).all()
    assert released["value"].dtype == events["value"].dtype
    assert ((released["value"] - events["value"]).abs() <= 40).all()
    assert (released["value"] != events["value"]).mean() > 0.9
    pd.testing.assert_frame_equal(released.drop(columns="value"), events.drop(columns="value"))


def test_what_lies_between_two_steps_does_not_show():
    events = make_events().assign(value=lambda f: f["value"] + np.linspace(0, 0.99, len(f)))
    released = ValueNoise(**IDS, spread=20, step=5, random_state=0).fit_transform(events)["value"]
    assert (released % 5 == 0).all()
    assert ((released - events["value"]).abs() <= 22.5).all()


def test_numbers_beyond_the_bounds_are_clamped_first_and_counted():
    events = make_events().assign(value=10)
    events.iloc[:3, 2] = [1000, -1000, 102]
    noise = ValueNoise(**IDS, spread=2, bounds=(0, 100), random_state=0).fit(events)
    with pytest.warns(
        DataWarning, match="^3 of 2000 values of column 'value' lie beyond"
    ) as caught:
        released = noise.transform(events)["value"]
    assert "1000" not in str(caught[0].message)
    assert released.iloc[0] >= 98 and released.iloc[1] <= 2 and released.iloc[2] >= 98


# At epsilon.


@pytest.mark.parametrize(
    ("epsilon", "bounds", "step"), [(0.05, (0, 100), 1), (1.0, (-5, 5), 0.5), (3.0, (10, 30), 10)]
)
def test_the_whole_table_of_probabilities_keeps_the_claim(epsilon, bounds, step):
    """Out of the weights that are drawn from: clamped sums for every true number, all compared."""
    events = make_events().assign(value=float(bounds[0]))
    noise = ValueNoise(**IDS, epsilon=epsilon, bounds=bounds, step=step).fit(events)
    span = noise._grids["value"].span
    assert span == round((bounds[1] - bounds[0]) / step)
    table = DiscreteLaplace(epsilon, span)
    moves = np.arange(-span, span + 1)
    weights = [int(table.weights[abs(z)]) for z in moves]
    of_true = []
    for true in range(span + 1):
        out = [0] * (span + 1)
        for move, weight in zip(moves.tolist(), weights, strict=True):
            out[min(max(true + move, 0), span)] += weight
        assert sum(out) == table.total
        of_true.append(out)
    bound = Context(prec=60).exp(Decimal(epsilon))
    for one, other in pairwise(of_true):
        for a, b in zip(one, other, strict=True):
            assert Decimal(max(a, b)) <= bound * min(a, b)


def test_moves_at_epsilon_follow_the_closed_form():
    """Clamped two-sided geometric noise: (1-a)/(1+a) a^|z| inside, tails a^d/(1+a) at the ends."""
    n, epsilon, span, true = 40_000, 0.7, 6, 2
    events = make_events(n).assign(value=true)
    noise = ValueNoise(**IDS, epsilon=epsilon, bounds=(0, span), random_state=0)
    released = noise.fit_transform(events)["value"]
    a = np.exp(-epsilon)
    expected = [(1 - a) / (1 + a) * a ** abs(z - true) for z in range(span + 1)]
    expected[0], expected[-1] = a**true / (1 + a), a ** (span - true) / (1 + a)
    observed = np.bincount(released, minlength=span + 1)
    assert stats.chisquare(observed, n * np.array(expected) / sum(expected)).pvalue > 1e-3


def test_what_is_learnt_at_epsilon_is_nothing():
    events, other = make_events(), make_events(seed=5)
    noise = ValueNoise(**IDS, epsilon=0.2, bounds=(0, 100), random_state=0)
    first = noise.fit(events).transform(events)
    pd.testing.assert_frame_equal(clone(noise).fit(other).transform(events), first)


def test_two_rows_of_one_event_are_refused_at_epsilon_with_their_count():
    events = make_events()
    noise = ValueNoise(**IDS, epsilon=0.2, bounds=(0, 100)).fit(events)
    with pytest.raises(InputError, match=r"^4 of 2002 rows"):
        noise.transform(pd.concat([events, events.iloc[:2]]))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epsilon": 1.0, "bounds": None}, "epsilon needs bounds"),
        ({"epsilon": 1.0, "person_id": None}, "epsilon needs person_id"),
        ({"epsilon": 1.0, "event_id": None}, "epsilon needs event_id"),
        ({"epsilon": 1.0, "spread": 3}, "exactly one of the parameters spread and epsilon"),
        ({}, "exactly one of the parameters spread and epsilon"),
        ({"spread": 3, "max_events": 2, "event_id": None}, "max_events needs event_id"),
        ({"spread": 3, "step": 5}, "less than one step"),
        ({"spread": {"value": 3}, "step": {"other": 5}}, "step names 1 column"),
        ({"spread": {}}, "spread has nothing for column 'value'"),
        ({"epsilon": 1.0, "bounds": {}}, "bounds has none for column 'value'"),
        ({"spread": 3, "bounds": (5, 1)}, "lower is above the upper"),
        ({"spread": 3, "bounds": (1, 2, 3)}, "pair of finite numbers"),
        ({"spread": 3, "step": 0.5}, "make them whole"),
        ({"epsilon": 1.0, "bounds": (0, 2**30)}, "coarser step"),
    ],
)
def test_unusable_settings(settings, message):
    settings = IDS | {"bounds": (0, 100)} | settings
    with pytest.raises(ValueError, match=message):
        ValueNoise(**settings).fit(make_events())


@pytest.mark.parametrize(
    "setting",
    [
        {"spread": 0},
        {"spread": "far"},
        {"step": -1},
        {"bounds": 5},
        {"epsilon": 0},
        {"epsilon": np.inf},
        {"max_events": 0},
    ],
)
def test_bad_parameters(setting):
    with pytest.raises(ValueError, match=f"'{next(iter(setting))}' parameter of ValueNoise"):
        ValueNoise(**IDS, **setting).fit(make_events())


@pytest.mark.parametrize("parameter", ["columns", "person_id", "event_id"])
def test_missing_columns(parameter):
    with pytest.raises(ColumnNotFoundError, match=f"{parameter} names the column 'nowhere'"):
        ValueNoise(**{parameter: "nowhere"}, spread=1).fit(make_events())


# Columns.


def test_each_column_has_its_own_settings_and_its_own_draws():
    events = make_events(5000).assign(
        value=50, score=2.5, days=lambda f: np.where(f["event_id"] % 2 == 0, 10, 20)
    )
    noise = ValueNoise(
        ["value", "score", "days"],
        **IDS,
        spread={"value": 10, "score": 1, "days": 10},
        step={"score": 0.25},
        bounds={"score": (0, 5), "days": (0, 30)},
        random_state=0,
    )
    released = noise.fit_transform(events)
    assert set(released["value"]) == set(range(40, 61))
    assert set(released["score"]) == {1.5 + 0.25 * i for i in range(9)}
    assert released["days"].between(0, 30).all()
    moves = pd.crosstab(released["value"], released["score"])
    assert stats.chi2_contingency(moves).pvalue > 1e-3


def test_the_ranges_that_a_domain_names_can_be_used_as_they_are():
    for domain in Domain:
        ranges = get_domain_config(domain).numeric_values
        if not ranges:
            continue
        frame = pd.DataFrame(
            {name: np.full(50, low, dtype=float) for name, (low, _, _) in ranges.items()}
        ).assign(person_id=range(50), event_id=0)
        noise = ValueNoise(
            list(ranges),
            **IDS,
            epsilon=0.5,
            step={name: step for name, (_, _, step) in ranges.items()},
            bounds={name: (low, high) for name, (low, high, _) in ranges.items()},
            random_state=0,
        )
        released = noise.fit_transform(frame)
        for name, (low, high, _) in ranges.items():
            assert released[name].between(low, high).all()
            assert released[name].nunique() > 1
        assert all(item.holds for item in noise._spending())


@pytest.mark.parametrize(
    "values",
    [
        np.array([1, 20, 30] * 100, dtype="int16"),
        np.array([1, 20, 250] * 100, dtype="uint8"),
        np.array([1.0, np.nan, 30.0] * 100),
        np.array([1.0, 20.0, 30.0] * 100, dtype="float32"),
        pd.array([1, None, 30] * 100, dtype="Int64"),
        pd.array([1, None, 30] * 100, dtype="UInt8"),
        pd.array([1, None, 30] * 100, dtype="Float64"),
        np.array([1, None, 30] * 100, dtype=object),
        np.array([1.5, None, 30] * 100, dtype=object),
    ],
    ids=lambda values: str(values.dtype),
)
def test_types_and_nulls_are_kept(values):
    frame = pd.DataFrame({"value": values, "event_id": range(300)})
    released = ValueNoise(spread=9, random_state=0).fit_transform(frame)["value"]
    assert released.dtype == frame["value"].dtype
    assert (released.isna() == frame["value"].isna()).all()
    known = released.notna()
    moved = released[known].astype(float) - frame["value"][known].astype(float)
    assert moved.abs().max() <= 9.5
    assert (moved != 0).mean() > 0.8


def test_moves_stop_where_the_type_ends():
    frame = pd.DataFrame({"value": np.tile([0, 255], 500).astype("uint8"), "event_id": range(1000)})
    released = ValueNoise(spread=9, random_state=0).fit_transform(frame)["value"].astype(int)
    assert (released[::2] <= 9).all() and (released[1::2] >= 246).all()


def test_bounds_that_the_type_cannot_hold_are_refused():
    frame = pd.DataFrame({"value": np.zeros(5, dtype="int8")})
    noise = ValueNoise(spread=9, bounds=(1000, 2000)).fit(frame)
    with (
        pytest.warns(DataWarning, match="5 of 5"),
        pytest.raises(InputError, match="can be held by its type"),
    ):
        noise.transform(frame)


def test_numbers_that_no_step_counts_are_refused():
    frame = pd.DataFrame({"value": [1.0, 1e300, 2.0]})
    with pytest.raises(InputError, match=r"^1 of 3 values of column 'value' are too large"):
        ValueNoise(spread=1).fit(frame).transform(frame)


@pytest.mark.parametrize("bad", [["a", "b"], [True, False], pd.to_datetime(["2023-01-01"] * 2)])
def test_columns_of_no_numbers_are_refused(bad):
    with pytest.raises(InputError, match="2 of 2 values of column 'value' are no numbers"):
        ValueNoise(spread=1).fit(pd.DataFrame({"value": bad}))


def test_float_arrays_stay_float_arrays():
    rng = np.random.default_rng(0)
    array = np.column_stack([rng.random(900), rng.integers(0, 9, 900)])
    released = ValueNoise(1, spread=3, bounds=(0, 8), random_state=0).fit_transform(array)
    assert released.dtype == np.float64
    np.testing.assert_array_equal(released[:, 0], array[:, 0])
    assert set(released[:, 1]) <= set(range(9))


def test_kinds_of_tables_agree():
    polars = pytest.importorskip("polars")
    events = make_events().reset_index(drop=True).astype({"value": "Int64"})
    events.loc[[3, 5], "value"] = None
    for ids in (IDS, {}):
        noise = ValueNoise(**ids, spread=9, random_state=3)
        expected = noise.fit_transform(events)["value"]
        for convert in (polars.from_pandas, lambda frame: polars.from_pandas(frame).to_arrow()):
            table = convert(events)
            released = noise.fit_transform(table)
            assert type(released) is type(table)
            plain = Table.of(released)["value"]
            assert plain.astype("Int64").equals(expected)


def test_nothing_selected_warns_and_passes():
    numbers = np.arange(12.0).reshape(4, 3)
    with pytest.warns(NothingSelectedWarning, match="ValueNoise found no column called 'value'"):
        noise = ValueNoise().fit(numbers)
    np.testing.assert_array_equal(noise.transform(numbers), numbers)
    assert noise._spending() == []


# Keys.


@pytest.mark.parametrize("ids", [IDS, {"person_id": "person_id"}, {}])
def test_same_key_same_noise_on_any_chunk_and_in_any_order(ids):
    events = make_events()
    noise = ValueNoise(**ids, spread=9, random_state=3).fit(events)
    whole = noise.transform(events)
    for part in range(10):
        chunk = events[events["person_id"].str.endswith(str(part))]
        pd.testing.assert_frame_equal(noise.transform(chunk), whole.loc[chunk.index])
    shuffled = events.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(clone(noise).fit_transform(shuffled), whole.loc[shuffled.index])
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(noise)).transform(events), whole)


def test_another_key_gives_other_noise_and_a_forgotten_one_none():
    events = make_events()
    noise = ValueNoise(**IDS, spread=9)
    first, second = noise.fit_transform(events), noise.fit_transform(events)
    assert (first["value"] != second["value"]).mean() > 0.8
    with pytest.raises(NotFittedError, match="forget_key"):
        noise.forget_key().transform(events)


@given(st.integers(1, 30), st.integers(1, 9), st.integers(0, 60), st.integers(0, 2**31 - 1))
def test_law_of_declared_sets(spread, step, high, seed):
    """Whatever the settings, what is released is on the grid, within bounds, near the truth."""
    if spread < step:
        spread = step
    frame = pd.DataFrame({"value": np.arange(high + 1), "event_id": np.arange(high + 1)})
    noise = ValueNoise(spread=spread, step=step, bounds=(0, high), random_state=seed)
    released = noise.fit_transform(frame)["value"]
    assert (released % step == 0).all() and released.between(0, high).all()
    assert ((released - frame["value"]).abs() <= spread + step).all()


def test_input_is_not_modified():
    events = make_events()
    before = events.copy(deep=True)
    ValueNoise(**IDS, spread=9).fit_transform(events)
    pd.testing.assert_frame_equal(events, before)


# Bounded contributions, and the ledger's rows.


def test_events_beyond_the_bound_are_null_and_counted():
    events = make_events()
    noise = ValueNoise(**IDS, epsilon=0.1, bounds=(0, 100), max_events=2, random_state=0)
    noise.fit(events)
    n_excess = int((events["person_id"].value_counts() - 2).clip(lower=0).sum())
    with pytest.warns(DataWarning, match=rf"^{n_excess} of 2000 rows"):
        released = noise.transform(events)["value"]
    assert released.isna().sum() == n_excess
    assert released.dtype == "Int64"
    assert released.notna().groupby(events["person_id"]).sum().max() == 2
    without = clone(noise).set_params(max_events=None).fit(events).transform(events)["value"]
    known = released.notna()
    assert (released[known] == without[known]).all()


def test_spending():
    noise = ValueNoise(**IDS, epsilon=0.1, bounds=(0, 300), step=10, max_events=5)
    with pytest.raises(NotFittedError):
        noise._spending()
    (item,) = noise.fit(make_events())._spending()
    assert (item.step, item.column, item.mechanism) == ("ValueNoise", "value", "discrete Laplace")
    assert (item.epsilon, item.per, item.span, item.max_events) == (0.1, "unit", 30, 5)
    assert item.holds and item.whole == pytest.approx(3.0)
    # What is named needs no table.
    (early,) = ValueNoise("value", epsilon=0.1, bounds=(0, 300), step=10)._spending()
    assert early.holds and early.span == 30 and early.column == "value"
    (item,) = ValueNoise(spread=3).fit(make_events())._spending()
    assert item.epsilon is None and not item.holds and item.span is None
