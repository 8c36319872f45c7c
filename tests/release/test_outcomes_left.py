"""What ratios of several outcomes leave over: somebody who knows all else tries to work it out."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.release._kept_disparities import measure_disparities
from personatwin_sk.release._outcomes_left import hidden_by_rounding
from personatwin_sk.release._steps import in_steps

K = 5
OF_A = {"free": 3000, "guilty": 2000, "other": 900}


def courts(free: int, guilty: int, other: int) -> pd.DataFrame:
    """One trial each, of many people of A and some of B."""
    counts = {"A": OF_A, "B": {"free": free, "guilty": guilty, "other": other}}
    rows = [
        (group, outcome)
        for group, found in counts.items()
        for outcome, n in found.items()
        for _ in range(n)
    ]
    table = pd.DataFrame(rows, columns=["ethnicity", "outcome"])
    return table.assign(
        person_id=np.arange(len(table)), event_type="trial", date=pd.Timestamp("2023-01-01")
    )


def told_of(table: pd.DataFrame) -> dict[str, float]:
    """Give the ratios of B in the original that are told, by outcome."""
    after = table.assign(person_id=0)
    found = measure_disparities(table, after, ["ethnicity"], "outcome", K)
    return {row["outcome"]: row["original"]["log_odds_ratio"] for row in found.rows()}


def ratio(count: int, n: int, outcome: str) -> float:
    rest = sum(OF_A.values()) - OF_A[outcome]
    return math.log((count + 0.5) * (rest + 0.5) / ((n - count + 0.5) * (OF_A[outcome] + 0.5)))


def may_be_left(table: pd.DataFrame, step: float) -> list[int]:
    """Give every number of others that fits what is told, if all of A and the size of B are known.

    `step` is how finely the attacker takes the ratios to be told.
    """
    n = int((table["ethnicity"] == "B").sum())
    told = told_of(table)
    fits = [
        [m for m in range(n + 1) if abs(ratio(m, n, name) - value) <= step / 2 + 1e-9]
        for name, value in told.items()
    ]
    left = (
        {n - a - b for a in fits[0] for b in fits[1]}
        if len(fits) == 2
        else {n - m for m in fits[0]}
    )
    return sorted(number for number in left if number >= 0)


@pytest.mark.parametrize(
    ("free", "guilty", "other", "step", "n_told"),
    [
        (30, 20, 1, 0.01, 1),  # no rounding hides one among so few
        (120, 80, 1, 0.2, 2),
        (400, 300, 2, 0.05, 2),
        (900, 900, 4, 0.01, 2),
        (2500, 2400, 3, 0.02, 2),
        (2500, 2400, 4, 0.02, 2),
        (2500, 2500, 4, 0.01, 2),  # in so many two digits may hide it
        (60, 40, 0, 0.01, 2),  # nobody is left over
    ],
)
def test_what_is_left_over_may_be_k_people(
    free: int, guilty: int, other: int, step: float, n_told: int
) -> None:
    table = courts(free, guilty, other)
    told = told_of(table)
    assert len(told) == n_told
    counts = {"free": free, "guilty": guilty}
    for name, value in told.items():
        exact = ratio(counts[name], free + guilty + other, name)
        assert value == pytest.approx(round(exact / step) * step, abs=1e-9)
    possible = may_be_left(table, step)
    if other:
        assert other in possible or n_told == 1
        assert max(possible) >= K


def test_two_digits_would_give_it_away() -> None:
    """The attack of the test above works where it should."""
    n, counts = 201, {"free": 120, "guilty": 80}
    fits = [
        [m for m in range(n + 1) if abs(ratio(m, n, name) - round(ratio(c, n, name), 2)) <= 0.005]
        for name, c in counts.items()
    ]
    assert {n - a - b for a in fits[0] for b in fits[1]} <= {0, 1, 2, 3}


def test_the_reference_and_several_types_are_looked_at_one_by_one() -> None:
    before = courts(120, 80, 0)
    told = pd.DataFrame(
        {
            "by": ["trial", "trial", "appeal"],
            "group": ["A", "A", "A"],
            "reference": ["B", "B", "B"],
            "outcome": ["free", "guilty", "free"],
            "log_odds_ratio": [0.0, 0.0, 0.0],
        }
    )
    one = before[before["ethnicity"] == "B"].iloc[:1].assign(person_id=-1, outcome="other")
    table = pd.concat([before, one, before.assign(event_type="appeal")], ignore_index=True)
    found = hidden_by_rounding(told, table, table["ethnicity"].to_numpy(), "outcome", K)
    assert found["step"].tolist() == [0.1, 0.1, 0.01]
    nothing = hidden_by_rounding(told[:0], table, table["ethnicity"].to_numpy(), "outcome", K)
    assert nothing.empty and "step" in nothing


@pytest.mark.parametrize(
    ("share", "n_people", "told"),
    [
        (0.0, 40, 0.0),
        (0.06, 40, 0.0),
        (0.07, 40, 0.125),
        (0.9, 40, 0.875),
        (1.0, 33, 1.0),
        (0.93, 40, 0.875),
        (0.95, 40, 1.0),
        (-0.95, 40, -1.0),
        (-0.1, 40, -0.125),
        (0.3, 3, 0.0),
    ],
)
def test_steps_of_k_people(share: float, n_people: int, told: float) -> None:
    assert in_steps(share, K, n_people) == pytest.approx(told)


@pytest.mark.parametrize("n_people", [40, 57, 1000])
def test_one_person_more_or_less_mostly_changes_nothing(n_people: int) -> None:
    figures = [in_steps(n / n_people, K, n_people) for n in range(n_people + 1)]
    assert len(set(figures)) <= n_people / K + 3
    assert max(abs(f - n / n_people) for n, f in enumerate(figures)) <= K / n_people / 2 + 1e-9


def test_the_ends_of_an_interval_do_not_tell_the_ratio_more_finely() -> None:
    table = courts(120, 80, 1)
    found = measure_disparities(table, table.assign(person_id=0), ["ethnicity"], "outcome", K)
    for row in found.rows():
        middle, low, high = (row["original"][name] for name in ("log_odds_ratio", "low", "high"))
        assert high - middle == pytest.approx(middle - low)
        for figure in (middle, low, high):
            assert figure / 0.2 == pytest.approx(round(figure / 0.2), abs=1e-9)
        assert high > middle
