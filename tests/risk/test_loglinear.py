"""Chances from the file, against populations where they are known."""

from __future__ import annotations

import numpy as np
import pytest

from personatwin_sk.risk._loglinear import calibrate, conditional_shares


def cells_of(*columns):
    rows, people = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    return list(rows.T), people.astype(float)


def test_independent_columns_have_the_shares_of_their_values():
    rng = np.random.default_rng(0)
    chances = np.array([0.6, 0.3, 0.1])
    a, b = rng.integers(0, 5, 40_000), rng.choice(3, 40_000, p=chances)
    (known, unknown), people = cells_of(a, b)
    assert conditional_shares([known], [unknown], people) == pytest.approx(
        chances[unknown], rel=0.1
    )


def test_columns_that_hang_together_have_the_shares_of_the_pair():
    rng = np.random.default_rng(1)
    a = rng.integers(0, 3, 40_000)
    b = np.where(rng.random(40_000) < 0.9, a, (a + 1) % 3)
    other = rng.integers(0, 4, 40_000)
    (one, two, unknown), people = cells_of(a, other, b)
    share = conditional_shares([one, two], [unknown], people)
    assert share[unknown == one] == pytest.approx(0.9, abs=0.02)
    assert share[unknown != one] == pytest.approx(0.1, abs=0.02)


def test_two_unknown_columns_multiply_along_what_hangs_together():
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 2, 60_000), rng.integers(0, 4, 60_000)
    c = np.where(rng.random(60_000) < 0.8, b, (b + 1) % 4)
    (known, one, two), people = cells_of(a, b, c)
    share = conditional_shares([known], [one, two], people)
    assert share[one == two] == pytest.approx(0.25 * 0.8, rel=0.1)
    assert share[one != two] == pytest.approx(0.25 * 0.2, rel=0.1)


def test_each_person_is_left_out_of_their_own_estimate():
    # Everybody has a value of their own: nothing speaks for a second one of any of them.
    n = 50
    share = conditional_shares([np.zeros(n, int)], [np.arange(n)], np.ones(n))
    assert (share > 0).all()
    assert (share < 1 / n).all()
    # With the person counted it would be 1/50 at least.
    assert (share < 0.02).all()


def test_a_column_with_one_value_is_certain_but_not_quite():
    share = conditional_shares([np.array([0, 1])], [np.array([0, 0])], np.array([30.0, 40.0]))
    assert (share < 1).all()
    assert share == pytest.approx(1.0, abs=0.02)


def test_order_of_classes_has_no_say():
    rng = np.random.default_rng(4)
    columns, people = cells_of(*(rng.integers(0, 4, 500) for _ in range(4)))
    share = conditional_shares(columns[:2], columns[2:], people)
    order = rng.permutation(len(people))
    again = conditional_shares(
        [c[order] for c in columns[:2]], [c[order] for c in columns[2:]], people[order]
    )
    assert again == pytest.approx(share[order], rel=1e-12)


def test_calibration_meets_the_pairs_of_the_file():
    people, known = np.array([1.0, 2.0, 5.0]), np.array([8.0, 8.0, 8.0])
    chances = np.array([0.01, 0.02, 0.05])
    share, error = calibrate(chances, people, known)
    # 22 pairs (from both sides) where .07 + .28 + 1.75 are expected, and one more on both sides.
    observed = 22
    assert share == pytest.approx(chances * 23 / 3.1)
    many, _ = calibrate(chances, people * 100, known * 100)
    expected = (people * 100 * (known * 100 - 1) * many).sum()
    assert expected == pytest.approx((people * 100 * (people * 100 - 1)).sum(), rel=1e-3)
    assert error == pytest.approx(1 / np.sqrt((observed + 1) / 2 + 0.5))


def test_calibration_without_pairs_stays_above_zero_and_below_one():
    share, error = calibrate(np.full(4, 0.1), np.ones(4), np.full(4, 30.0))
    assert (share > 0).all()
    assert (share < 0.1).all()
    assert error == pytest.approx(1.0)
    share, _ = calibrate(np.full(4, 0.9), np.full(4, 10.0), np.full(4, 10.0))
    assert (share <= 1).all()


def test_parents_with_many_values_help_by_their_parts():
    """Who is older than half of all works; each day by itself has hardly anybody."""
    rng = np.random.default_rng(5)
    age = rng.integers(0, 1000, 240)
    works = np.where(rng.random(240) < 0.95, age >= 500, age < 500).astype(int)
    (known, unknown), people = cells_of(age, works)
    share = conditional_shares([known], [unknown], people)
    as_most = unknown == (known >= 500)
    assert np.average(share[as_most], weights=people[as_most]) > 0.8
    assert np.average(share[~as_most], weights=people[~as_most]) < 0.35
    # With their order gone nothing is left to cut.
    without = conditional_shares([rng.permutation(1000)[known]], [unknown], people)
    assert np.average(without[as_most], weights=people[as_most]) < 0.6


def test_a_parent_that_chance_made_is_not_taken():
    rng = np.random.default_rng(6)
    columns, people = cells_of(*(rng.integers(0, 12, 150) for _ in range(5)))
    share = conditional_shares(columns[:4], columns[4:], people)
    assert np.abs(np.log(share * 12)).mean() < 0.5
