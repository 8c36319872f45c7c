"""Several attacks in one call are the attacks themselves."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.risk.attacks import (
    inference_risk,
    run_attacks,
    simulate_linkage,
    singling_out_risk,
)


@pytest.fixture
def tables():
    rng = np.random.default_rng(0)
    people = pd.DataFrame({"age": rng.integers(20, 60, 100), "ill": rng.integers(0, 2, 100)})
    return people, people.assign(age=[f"{a // 10 * 10}-{a // 10 * 10 + 9}" for a in people["age"]])


def test_each_is_the_attack_itself(tables):
    results = run_attacks(*tables, "age", secret="ill", random_state=4, n_targets=50)
    settings = {"random_state": 4, "n_targets": 50}
    assert results == {
        "linkage": simulate_linkage(*tables, "age", **settings),
        "singling_out": singling_out_risk(*tables, "age", **settings),
        "inference": inference_risk(*tables, "age", "ill", **settings),
    }
    json.dumps({name: result.to_dict() for name, result in results.items()})


def test_choice_of_attacks(tables):
    assert list(run_attacks(*tables, "age")) == ["linkage", "singling_out"]
    assert list(run_attacks(*tables, "age", attacks="linkage")) == ["linkage"]
    both = run_attacks(*tables, "age", attacks=["inference", "linkage"], secret="ill")
    assert list(both) == ["linkage", "inference"]
    assert run_attacks(*tables, "age", attacks=False) == {}
    assert run_attacks(*tables, "age", attacks=()) == {}


def test_control_and_population_are_handed_on(tables):
    results = run_attacks(*tables, "age", secret="ill", control=tables[0])
    assert results["inference"].has_control
    assert results["singling_out"].has_control


def test_equal_reports_of_one_release(tables):
    assert run_attacks(*tables, "age") == run_attacks(*tables, "age")


def test_bad_names(tables):
    with pytest.raises(InputError, match="'linkage'"):
        run_attacks(*tables, "age", attacks=["guess"])
    with pytest.raises(InputError, match="secret"):
        run_attacks(*tables, "age", attacks="inference")
