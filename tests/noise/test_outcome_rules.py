"""The parameters allowed, prior and matrix: their shapes, and what they say together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._outcome_rules import read_rules

FAIR = {"x": 0.5, "y": 0.5}
TABLE = pd.DataFrame([[0.9, 0.1], [0.3, 0.7]], index=["y", "x"], columns=["y", "x"])


def rules(*, columns=("outcome",), given=True, allowed=None, prior=None, matrix=None):
    return read_rules(list(columns), given, allowed, prior, matrix)


def test_nothing_is_said():
    assert rules(columns=["a", "b"]) == {"a": {}, "b": {}}


def test_allowed_by_type():
    own = rules(allowed={"trial": ("x", "y", "x"), np.nan: ["z"]})["outcome"]
    assert own["trial"].outcomes == ["x", "y"] and own["trial"].prior is None
    assert own[None].outcomes == ["z"]  # null is the type None, however it is written


def test_a_set_has_one_order():
    own = rules(given=False, allowed={"b", "a", "d", "c", 2, 1})["outcome"]
    assert own[None].outcomes == [1, 2, "a", "b", "c", "d"]


def test_prior_declares_what_is_allowed():
    own = rules(prior={"trial": {"x": 0.25, "y": 0.75}})["outcome"]["trial"]
    assert own.outcomes == ["x", "y"]
    assert own.prior.tolist() == [0.25, 0.75]


def test_prior_follows_the_order_of_allowed_and_lacks_are_zero():
    own = rules(given=False, allowed=["z", "y", "x"], prior=FAIR)["outcome"][None]
    assert own.outcomes == ["z", "y", "x"]
    assert own.prior.tolist() == [0.0, 0.5, 0.5]


def test_prior_that_was_rounded_is_made_to_add_up():
    own = rules(given=False, prior={"x": 0.3333333, "y": 0.6666666})["outcome"][None]
    assert own.prior.sum() == pytest.approx(1, abs=1e-15)


def test_matrix_is_put_into_the_order_of_allowed():
    own = rules(given=False, allowed=["x", "y"], matrix=TABLE)["outcome"][None]
    assert own.matrix.tolist() == [[0.7, 0.3], [0.1, 0.9]]
    turned = TABLE[["x", "y"]]  # columns in another order than rows
    own = rules(given=False, matrix=turned)["outcome"][None]
    assert own.outcomes == ["y", "x"]
    assert own.matrix.tolist() == TABLE.to_numpy().tolist()


def test_array_takes_its_labels_from_allowed():
    own = rules(allowed={"t": ["x", "y"]}, matrix={"t": np.eye(2)})["outcome"]["t"]
    assert own.matrix.tolist() == np.eye(2).tolist()
    assert rules(prior={"t": FAIR}, matrix={"t": np.eye(2)})["outcome"]["t"].outcomes == ["x", "y"]


def test_pairs_are_for_one_column_and_go_before():
    both = rules(
        columns=["outcome", "plea"],
        allowed={"trial": ["x", "y"], ("plea", "trial"): ["guilty", "not_guilty"]},
        prior={("plea", "trial"): {"guilty": 0.9, "not_guilty": 0.1}},
    )
    assert both["outcome"]["trial"].outcomes == ["x", "y"]
    assert both["outcome"]["trial"].prior is None
    assert both["plea"]["trial"].outcomes == ["guilty", "not_guilty"]
    assert both["plea"]["trial"].prior.tolist() == [0.9, 0.1]


def test_pairs_without_event_types():
    both = rules(
        columns=["a", "b"],
        given=False,
        allowed={("a", None): ["x"], ("b", None): ["y", "z"]},
        prior={("b", None): {"y": 0.5, "z": 0.5}},
    )
    assert both["a"][None].outcomes == ["x"] and both["b"][None].outcomes == ["y", "z"]
    assert both["b"][None].prior.tolist() == [0.5, 0.5]


def test_a_pair_is_an_event_type_where_there_is_one_column():
    own = rules(allowed={("outcome", "trial"): ["x"]})["outcome"]
    assert list(own) == [("outcome", "trial")]


@pytest.mark.parametrize(
    ("parameter", "setting"),
    [
        ("allowed", {"given": True, "allowed": ["x"]}),
        ("allowed", {"given": False, "allowed": {"t": ["x"]}}),
        ("allowed", {"allowed": {"t": "felony"}}),
        ("allowed", {"allowed": {"t": 3}}),
        ("allowed", {"allowed": {"t": []}}),
        ("allowed", {"allowed": {"t": ["x", None]}}),
        ("prior", {"given": True, "prior": FAIR}),
        ("prior", {"given": False, "prior": {"t": FAIR}}),
        ("prior", {"prior": {"t": {"x": 0.5, "y": 0.6}}}),
        ("prior", {"prior": {"t": {"x": 1.5, "y": -0.5}}}),
        ("prior", {"prior": {"t": {"x": "half", "y": 0.5}}}),
        ("prior", {"prior": {"t": {"x": np.nan, "y": 1.0}}}),
        ("prior", {"prior": {"t": {"x": 0.5, None: 0.5}}}),
        ("prior", {"prior": {"t": {}}}),
        ("prior names 1 outcomes", {"allowed": {"t": ["x"]}, "prior": {"t": FAIR}}),
        ("matrix", {"given": False, "matrix": {"t": TABLE}}),
        ("matrix", {"given": True, "matrix": TABLE}),
        ("matrix does not name", {"given": False, "matrix": np.eye(2)}),
        ("matrix", {"given": False, "allowed": ["x", "y"], "matrix": np.eye(3)}),
        ("matrix", {"given": False, "allowed": ["x", "y"], "matrix": np.ones((2, 3)) / 3}),
        ("matrix", {"given": False, "allowed": ["x", "z"], "matrix": TABLE}),
        ("matrix", {"given": False, "matrix": TABLE.rename(columns={"x": "z"})}),
        ("matrix", {"given": False, "matrix": TABLE.rename(index={"x": "y"})}),
        ("1 of 2 rows", {"given": False, "matrix": TABLE * np.array([[1, 1], [1, 2]])}),
        ("2 probabilities", {"given": False, "matrix": TABLE * 0 + np.array([[2, -1], [-1, 2]])}),
        ("matrix", {"given": False, "allowed": ["x"], "matrix": [["often"]]}),
    ],
)
def test_what_is_refused(parameter, setting):
    with pytest.raises(InputError, match=rf"OutcomeNoise: .*{parameter}"):
        rules(**setting)


def test_messages_name_no_outcome():
    with pytest.raises(InputError) as caught:
        rules(allowed={"t": ["felony"]}, prior={"t": {"felony": 0.5, "secret": 0.5}})
    assert "secret" not in str(caught.value) and "felony" not in str(caught.value)
