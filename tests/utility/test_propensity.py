"""Propensity MSE: closed forms, scikit-learn, and its null by simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from personatwin_sk.exceptions import InputError
from personatwin_sk.utility import PropensityMSE, propensity_mse


def normal(rng, n, shift=0.0):
    return pd.DataFrame(
        {
            "x": rng.normal(shift, 1, n),
            "y": rng.normal(size=n),
            "g": rng.choice(["a", "b", "c"], n),
        }
    )


def test_categories_give_their_own_shares():
    # A saturated model: the propensity is the share of released rows in each category.
    before = pd.DataFrame({"g": ["a"] * 30 + ["b"] * 20 + ["c"] * 50})
    after = pd.DataFrame({"g": ["a"] * 10 + ["b"] * 20 + ["c"] * 20})
    shares = {"a": 10 / 40, "b": 20 / 40, "c": 20 / 70}
    rows = {"a": 40, "b": 40, "c": 70}
    expected = sum(rows[g] * (shares[g] - 1 / 3) ** 2 for g in rows) / 150
    for model in ("logistic", "tree"):
        assert propensity_mse(before, after, "g", model=model).value == pytest.approx(expected)


def test_logistic_is_what_scikit_learn_fits_without_a_penalty():
    rng = np.random.default_rng(0)
    before, after = normal(rng, 300), normal(rng, 200, shift=0.5)
    rows = pd.concat([before, after])
    design = np.column_stack([rows["x"], rows["y"], rows["g"] == "b", rows["g"] == "c"])
    label = np.repeat([0, 1], [300, 200])
    free = LogisticRegression(C=1e9, tol=1e-10, max_iter=10_000).fit(design, label)
    expected = np.mean((free.predict_proba(design)[:, 1] - 0.4) ** 2)
    found = propensity_mse(before, after, ["x", "y", "g"])
    assert found.value == pytest.approx(expected, rel=1e-5)
    # Five free parameters: intercept, two slopes, two of three categories.
    unit = 0.6**2 * 0.4 / 500
    assert found.expected == pytest.approx(4 * unit)
    assert found.standard_deviation == pytest.approx(np.sqrt(8) * unit)
    assert found.ratio == pytest.approx(found.value / found.expected)
    assert found.z == pytest.approx((found.value - 4 * unit) / (np.sqrt(8) * unit))


def test_tree_is_that_of_the_nist_cycle():
    rng = np.random.default_rng(1)
    before, after = normal(rng, 400), normal(rng, 400, shift=0.3)
    rows, label = pd.concat([before, after])[["x", "y"]].to_numpy(), np.repeat([0, 1], 400)
    tree = DecisionTreeClassifier(max_depth=6, random_state=0).fit(rows, label)
    expected = np.mean((tree.predict_proba(rows)[:, 1] - 0.5) ** 2)
    found = propensity_mse(before, after, ["x", "y"], model="tree")
    assert found.value == pytest.approx(expected)
    assert found.value > found.expected
    shallow = propensity_mse(before, after, ["x", "y"], model="tree", max_depth=1)
    assert shallow.value < found.value


@pytest.mark.parametrize("n_released", [400, 150])
def test_expected_value_of_rows_drawn_from_the_original(n_released):
    rng = np.random.default_rng(2)
    before = normal(rng, 400)
    found = [
        propensity_mse(before, before.sample(n_released, replace=True, random_state=i), list("xyg"))
        for i in range(80)
    ]
    values = np.array([one.value for one in found])
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - found[0].expected) < 4 * error + 0.05 * found[0].expected
    assert values.std() == pytest.approx(found[0].standard_deviation, rel=0.35)


def test_expected_value_of_a_tree_is_drawn_and_repeatable():
    rng = np.random.default_rng(3)
    before = normal(rng, 300)
    drawn = before.sample(300, replace=True, random_state=0)
    found = propensity_mse(before, drawn, ["x", "y"], model="tree", n_draws=30)
    assert abs(found.z) < 3.5 and found.expected > 0
    assert propensity_mse(before, drawn, ["x", "y"], model="tree", n_draws=30) == found
    other = propensity_mse(before, drawn, ["x", "y"], model="tree", n_draws=30, random_state=9)
    assert other.expected != found.expected


def test_the_same_table_cannot_be_told_apart():
    table = normal(np.random.default_rng(4), 100)
    found = propensity_mse(table, table, ["x", "g"])
    assert found.value == pytest.approx(0.0, abs=1e-12) and found.ratio < 1e-6


def test_tables_with_nothing_in_common_reach_the_most():
    before, after = pd.DataFrame({"x": np.arange(50.0)}), pd.DataFrame({"x": np.arange(100.0, 200)})
    most = (1 / 3) * (2 / 3)
    assert propensity_mse(before, after, "x").value == pytest.approx(most, rel=1e-3)
    assert propensity_mse(before, after, "x", model="tree").value == pytest.approx(most)


def test_a_constant_column_tells_nothing():
    table = pd.DataFrame({"x": [1, 1, 1]})
    found = propensity_mse(table, table, "x")
    assert found.to_dict() == {
        "value": 0.0, "expected": 0.0, "standard_deviation": 0.0, "ratio": 1.0, "z": 0.0,
    }  # fmt: skip


def test_more_than_expected_of_nothing_is_infinite_and_null_in_json():
    found = PropensityMSE(0.1, 0.0, 0.0)
    assert found.ratio == float("inf") == found.z
    assert found.to_dict()["ratio"] is None and found.to_dict()["z"] is None


def test_blurring_is_seen_by_a_tree():
    table = normal(np.random.default_rng(5), 500)
    blurred = table.assign(x=table["x"].round())
    assert propensity_mse(table, blurred, "x", model="tree").ratio > 3


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"model": "forest"}, "model must be one of"),
        ({"max_depth": 0}, "max_depth must be at least 1"),
        ({"n_draws": 1}, "n_draws at least 2"),
    ],
)
def test_parameters_out_of_range(bad, message):
    table = pd.DataFrame({"x": [1, 2]})
    with pytest.raises(InputError, match=message):
        propensity_mse(table, table, "x", **bad)


def test_no_column():
    table = pd.DataFrame({"x": [1, 2]})
    with pytest.raises(InputError, match="names no column"):
        propensity_mse(table, table, [])
