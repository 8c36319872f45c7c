"""L7: E[1/F | f] lies between 1/E[F] and 1/f, and is what adding up over all cases comes to."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom, binom, nbinom, poisson
from strategies import assert_law_breaks, law

from personatwin_sk.risk._expected import (
    inverse_beta_binomial,
    inverse_binomial,
    inverse_negative_binomial,
    inverse_poisson,
)


def check_expected(
    formula: Callable[..., Any], f: int, parameters: tuple[float, ...], more: Any, n_most: int
) -> None:
    """Held against the sum over every possible number of others."""
    others = np.arange(n_most + 1)
    chance = more.pmf(others)
    assert chance.sum() == pytest.approx(1, abs=1e-9)
    exact = float((chance / (f + others)).sum())
    found = float(formula(f, *parameters))
    assert found == pytest.approx(exact, rel=1e-6)
    assert 1 / (f + more.mean()) <= found * (1 + 1e-9)
    assert found <= 1 / f * (1 + 1e-9)


in_class = st.integers(1, 30)
shares = st.floats(0.01, 0.99)


@law
@given(f=in_class, n=st.integers(0, 12), q=shares)
def test_a_few_others_each_by_chance(f: int, n: int, q: float) -> None:
    """All 2^n ways in which the others are in the class or not."""
    total = sum(
        q ** sum(way) * (1 - q) ** (n - sum(way)) / (f + sum(way))
        for way in itertools.product((0, 1), repeat=min(n, 8))
    )
    if n <= 8:
        assert float(inverse_binomial(f, n, q)) == pytest.approx(total, rel=1e-6)
    check_expected(inverse_binomial, f, (n, q), binom(n, q), n)


@law
@given(f=in_class, n=st.integers(0, 60), a=st.floats(1, 20), b=st.floats(1, 20))
def test_others_by_a_chance_that_is_not_sure(f: int, n: int, a: float, b: float) -> None:
    check_expected(inverse_beta_binomial, f, (n, a, b), betabinom(n, a, b), n)


@law
@given(f=in_class, mean=st.floats(0.001, 200))
def test_others_as_rare_events(f: int, mean: float) -> None:
    check_expected(inverse_poisson, f, (mean,), poisson(mean), 1_000)


@law
@given(f=in_class, fraction=st.floats(0.02, 0.99))
def test_others_where_only_the_fraction_is_known(f: int, fraction: float) -> None:
    check_expected(inverse_negative_binomial, f, (fraction,), nbinom(f, fraction), 20_000)


def sdc_micro(f: Any, fraction: Any) -> Any:
    """What sdcMicro takes for classes of more than two people: near, but not it."""
    return fraction / (f - (1 - fraction))


def at_the_mean(f: Any, n_others: Any, q: Any) -> Any:
    """1/E[F], which is below E[1/F]."""
    return 1 / (f + n_others * q)


def of_the_file(f: Any, mean: Any) -> Any:
    """1/f, as if nobody else were there."""
    return 1 / f


@pytest.mark.parametrize(
    ("formula", "of"),
    [
        (sdc_micro, lambda f: ((0.1,), nbinom(f, 0.1), 20_000)),
        (at_the_mean, lambda f: ((10, 0.3), binom(10, 0.3), 10)),
        (of_the_file, lambda f: ((3.0,), poisson(3.0), 1_000)),
        (
            lambda f, n, a, b: inverse_binomial(f, n, a / (a + b)),
            lambda f: ((20, 1.0, 3.0), betabinom(20, 1.0, 3.0), 20),
        ),
    ],
)
def test_the_law_catches(formula: Any, of: Any) -> None:
    assert_law_breaks(lambda f: check_expected(formula, f, *of(f)), in_class)
