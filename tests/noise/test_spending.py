"""What a step says it spends: the numbers that a ledger adds up."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from personatwin_sk.noise._spending import Spending


def spending(**changes: Any) -> Spending:
    row = {
        "step": "OutcomeNoise",
        "column": "outcome",
        "mechanism": "randomised response",
        "protects": "the outcome of one event",
        "epsilon": 1.0,
        "per": "value",
        "span": 1,
        "max_events": 5,
        "holds": True,
        "reason": "",
    }
    return Spending(**{**row, **changes})


def test_one_value_costs_its_epsilon() -> None:
    assert spending(epsilon=0.75).whole == 0.75


def test_a_day_costs_its_epsilon_and_the_window_all_its_days() -> None:
    assert spending(per="day", epsilon=0.5, span=30).whole == 15.0


@pytest.mark.parametrize(
    "changes",
    [
        {"epsilon": None, "holds": False, "reason": "no epsilon was asked for"},
        {"holds": False, "reason": "the allowed outcomes were learned from the data"},
        {"span": None},
    ],
)
def test_without_a_guarantee_or_a_public_range_the_whole_costs_nobody_knows_what(
    changes: dict[str, Any],
) -> None:
    assert spending(**changes).whole is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epsilon": -0.1}, "epsilon"),
        ({"epsilon": float("inf")}, "epsilon"),
        ({"epsilon": float("nan")}, "epsilon"),
        ({"epsilon": None}, "holds"),
        ({"holds": False}, "reason"),
        ({"per": "month"}, "per"),
        ({"span": -1}, "span"),
        ({"max_events": 0}, "max_events"),
    ],
)
def test_claims_that_cannot_be_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spending(**changes)


def test_nobody_changes_what_was_spent() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        spending().epsilon = 0.0  # type: ignore[misc]
