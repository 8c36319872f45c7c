"""Attribute inference, against guesses made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import personatwin_sk.risk.attacks._inference as inference
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.risk.attacks import inference_risk


def test_majority_of_the_class_by_hand():
    rng = np.random.default_rng(0)
    people = pd.DataFrame({"age": rng.integers(0, 50, 400), "ill": rng.integers(0, 3, 400)})
    band = people["age"] // 10
    released = people.assign(age=[f"{b * 10}-{b * 10 + 9}" for b in band])
    guess = {b: people["ill"][band == b].value_counts().sort_index().idxmax() for b in set(band)}
    expected = np.mean([guess[b] == ill for b, ill in zip(band, people["ill"], strict=True)])
    result = inference_risk(people, released, "age", "ill", random_state=0)
    assert result.rate == pytest.approx(expected)
    overall = people["ill"].value_counts().sort_index().idxmax()
    assert result.control == pytest.approx((people["ill"] == overall).mean())
    assert not result.has_control
    assert result.n_targets == 400


def test_homogeneous_classes_disclose_and_mixed_ones_do_not():
    people = pd.DataFrame({"age": [30] * 20 + [50] * 20, "ill": [1] * 20 + [0] * 20})
    keyed = people.assign(age=["30-39"] * 20 + ["50-59"] * 20)
    assert inference_risk(people, keyed, "age", "ill", random_state=0).risk == 1.0
    merged = people.assign(age="30-59")
    twin = inference_risk(people, merged, "age", "ill", random_state=0)
    assert twin.rate == twin.control == 0.5
    assert twin.risk == 0.0


def test_control_group_knows_what_is_true_of_the_world():
    rng = np.random.default_rng(1)

    def draw(n):
        age = rng.integers(20, 80, n)
        return pd.DataFrame({"age": age, "retired": (age + rng.normal(0, 3, n) > 65).astype(int)})

    people, others = draw(800), draw(800)
    released = people.assign(age=[f"{a // 5 * 5}-{a // 5 * 5 + 4}" for a in people["age"]])
    result = inference_risk(people, released, "age", "retired", control=others, random_state=0)
    assert result.rate > 0.9
    # That people of 70 are retired is no secret of the file.
    assert result.control > 0.9
    assert result.risk_low == 0.0
    alone = inference_risk(people, released, "age", "retired", random_state=0)
    assert alone.risk > 0.5


def test_nearest_of_overlapping_classes_and_ties():
    people = pd.DataFrame({"age": [31, 39, 35], "ill": ["a", "b", "a"]})
    released = pd.DataFrame({"age": ["30-36", "34-40", "30-36"], "ill": ["a", "b", "a"]})
    # 31 and 39 are covered once; 35 lies as near to the middle of either: two a, one b.
    result = inference_risk(people, released, "age", "ill", random_state=0)
    assert result.rate == 1.0


def test_target_outside_of_all_labels_is_given_the_nearest():
    people = pd.DataFrame({"age": [30, 31, 60, 61], "ill": ["a", "a", "b", "b"]})
    released = people.assign(age=["33-35", "33-35", "63-65", "63-65"])
    assert inference_risk(people, released, "age", "ill", random_state=0).rate == 1.0


def test_numbers_are_right_within_the_tolerance():
    people = pd.DataFrame({"age": [30, 40], "income": [100.0, 1000.0]})
    near = people.assign(income=[104.0, 1060.0])
    assert inference_risk(people, near, "age", "income", random_state=0).rate == 0.5
    assert inference_risk(people, near, "age", "income", tolerance=0.0).rate == 0.0
    assert inference_risk(people, near, "age", "income", tolerance=0.1).rate == 1.0


def test_sets_that_cover_the_truth_do_not_tell_it():
    people = pd.DataFrame({"age": [30, 40], "ill": ["a", "b"]})
    vague = people.assign(ill="a|b")
    assert inference_risk(people, vague, "age", "ill", random_state=0).rate == 0.0
    null = people.assign(ill=None)
    assert inference_risk(people, null, "age", "ill", random_state=0).rate == 0.0


def test_small_steps_and_fewer_targets(monkeypatch):
    rng = np.random.default_rng(3)
    people = pd.DataFrame(
        {
            "age": rng.integers(0, 50, 200),
            "sex": rng.choice(["F", "M"], 200),
            "ill": rng.integers(0, 2, 200),
        }
    )
    whole = inference_risk(people, people, ["age", "sex"], "ill", random_state=0, n_targets=80)
    assert whole.n_targets == 80
    monkeypatch.setattr(inference, "_CHUNK", 500)
    again = inference_risk(people, people, ["age", "sex"], "ill", random_state=0, n_targets=80)
    assert again == whole


def test_nobody_released_and_bad_input():
    people = pd.DataFrame({"who": [1, 2], "age": [30, 31], "ill": [0, 1]})
    gone = people.assign(who=[None, None])
    assert inference_risk(people, gone, "age", "ill", person_id="who").n_targets == 0
    for settings, message in (
        ({"n_targets": 0}, "n_targets"),
        ({"tolerance": 1.0}, "tolerance"),
        ({"confidence": 1.0}, "confidence"),
    ):
        with pytest.raises(InputError, match=message):
            inference_risk(people, people, "age", "ill", **settings)
    with pytest.raises(ColumnNotFoundError, match="control"):
        inference_risk(people, people, "age", "ill", control=people[["age"]])
    with pytest.raises(ColumnNotFoundError):
        inference_risk(people, people, "age", "shoe")


def test_class_that_covers_goes_before_one_that_is_nearer():
    people = pd.DataFrame({"age": [1, 95, 101, 102], "ill": ["a", "a", "b", "b"]})
    released = people.assign(age=["0-100", "0-100", "101-102", "101-102"])
    assert inference_risk(people, released, "age", "ill", random_state=0).rate == 1.0
