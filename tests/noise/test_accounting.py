"""Sums of epsilons against exact fractions, many digits, and OpenDP."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import opendp.prelude as dp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.noise._accounting import (
    Composition,
    basic_epsilon,
    compose,
    concentrated_epsilon,
    concentrated_rho,
)

dp.enable_features("contrib")
SPENT = st.lists(st.tuples(st.floats(0, 50), st.integers(1, 400)), max_size=8)
DELTAS = st.floats(1e-12, 0.5)


@given(SPENT)
def test_basic_composition_is_the_exact_sum_rounded_up_by_less_than_one_place(spent) -> None:
    exact = sum((Fraction(epsilon) for epsilon, times in spent for _ in range(times)), Fraction(0))
    total = basic_epsilon(spent)
    assert Fraction(total) >= exact
    assert total == 0 or Fraction(math.nextafter(total, 0)) < exact


@given(SPENT)
def test_rho_is_the_exact_sum_of_half_squares_rounded_up(spent) -> None:
    exact = sum(
        (Fraction(epsilon) ** 2 / 2 for epsilon, times in spent for _ in range(times)), Fraction(0)
    )
    rho = concentrated_rho(spent)
    assert Fraction(rho) >= exact
    assert rho == 0 or Fraction(math.nextafter(rho, 0)) < exact


@given(st.floats(1e-9, 500), DELTAS)
def test_epsilon_of_rho_is_never_below_its_formula(rho: float, delta: float) -> None:
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(rho) + 2 * (Decimal(rho) * -Decimal(delta).ln()).sqrt()
        found = Decimal(concentrated_epsilon(rho, delta))
        assert exact <= found <= exact * (1 + Decimal(2) ** -48)


@given(SPENT, st.tuples(st.floats(0.001, 50), st.integers(1, 400)), DELTAS)
def test_one_more_release_costs_more_and_the_order_does_not_matter(spent, more, delta) -> None:
    without, with_it = compose(spent, delta), compose([*spent, more], delta)
    assert with_it.basic > without.basic
    assert with_it.concentrated > without.concentrated
    assert compose([more, *reversed(spent)], delta) == with_it


def test_known_figures() -> None:
    # 100 releases of epsilon 0.1 at delta 1e-6: 10; rho 0.5; 0.5 + 2 sqrt(0.5 * 13.8155) = 5.7565.
    total = compose([(0.1, 100)], 1e-6)
    assert total.basic == pytest.approx(10)
    assert total.rho == pytest.approx(0.5)
    assert total.concentrated == pytest.approx(5.756522, abs=1e-6)
    assert total.epsilon == total.concentrated
    assert total.method == "zero-concentrated differential privacy"
    one = compose([(1.0, 1)], 1e-6)
    assert (one.epsilon, one.method) == (1.0, "basic composition")
    assert one.rho == 0.5


def test_nothing_costs_nothing() -> None:
    assert compose([], 1e-6) == Composition(0.0, 0.0, 0.0, 1e-6)


def test_a_total_beyond_all_floats_is_infinite() -> None:
    assert basic_epsilon([(1e308, 1000)]) == math.inf


@pytest.mark.parametrize("delta", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_a_delta_that_is_no_chance_is_refused(delta: float) -> None:
    with pytest.raises(ValueError, match="delta"):
        concentrated_epsilon(0.5, delta)


@pytest.mark.parametrize("spent", [[(0.5, 1)], [(0.1, 30), (0.7, 2)], [(2.0, 5)]])
def test_opendp_adds_up_the_same_epsilon(spent) -> None:
    releases = [
        dp.m.make_laplace(dp.atom_domain(T="i64"), dp.absolute_distance(T="i64"), scale=1 / epsilon)
        for epsilon, times in spent
        for _ in range(times)
    ]
    theirs = dp.c.make_composition(releases).map(1)
    assert basic_epsilon(spent) == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("epsilon", [0.05, 0.5, 1.0, 3.0])
def test_opendp_gives_no_larger_rho_and_no_larger_epsilon(epsilon: float) -> None:
    # Its bounds are tighter than the textbook's, which ours are: never the other way round.
    laplace = dp.m.make_laplace(
        dp.atom_domain(T="i64"), dp.absolute_distance(T="i64"), scale=1 / epsilon
    )
    concentrated = dp.c.make_pureDP_to_zCDP(laplace)
    rho = concentrated_rho([(epsilon, 1)])
    assert 0 < concentrated.map(1) <= rho * (1 + 1e-9)
    for delta in (1e-3, 1e-6, 1e-9):
        theirs = dp.c.make_zCDP_to_approxDP(concentrated).map(1).epsilon(delta)
        assert theirs <= concentrated_epsilon(rho, delta)
