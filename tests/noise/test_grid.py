"""Grids of steps: exact arithmetic, against Python's fractions one number at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._grid import Grid

whole = st.integers(-(10**6), 10**6)


@given(st.lists(whole, min_size=1, max_size=20), st.integers(1, 50), whole, st.integers(0, 10**6))
def test_whole_numbers_go_to_the_nearest_step(numbers, step, low, width):
    grid = Grid.of(step, (low, low + width))
    steps = grid.steps_of(np.array(numbers))
    last = width // step
    assert (grid.first, grid.last, grid.span) == (0, last, last)
    for number, found in zip(numbers, steps.tolist(), strict=True):
        nearest = (Fraction(number - low, step) + Fraction(1, 2)).__floor__()  # halves go up
        assert found == min(max(nearest, 0), last)
    released = grid.numbers_of(steps)
    assert released.dtype == np.int64
    assert released.tolist() == [low + step * found for found in steps.tolist()]


@pytest.mark.parametrize("step", [0.1, 0.25, 0.01, 2.5])
def test_released_fractions_are_the_decimals_that_they_stand_for(step):
    grid = Grid.of(step, (-1, 9))
    steps = np.arange(grid.last + 1)
    released = grid.numbers_of(steps)
    assert released.tolist() == [
        float(Fraction(-1) + i * Fraction(str(step))) for i in steps.tolist()
    ]
    assert grid.steps_of(released).tolist() == steps.tolist()  # what is on the grid stays


def test_steps_end_where_the_bounds_do():
    assert Grid.of(0.1, (0, 0.3)).last == 3  # 0.3 / 0.1 is 2.9999999999999996 for floats
    assert Grid.of(10, (0, 99)).last == 9
    assert Grid.of(10, (5, 5)).span == 0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_floats_are_moved_by_at_most_half_a_step(numbers):
    grid = Grid.of(0.5)
    released = grid.numbers_of(grid.steps_of(np.array(numbers)))
    assert (np.abs(released - np.array(numbers)) <= 0.25 + 1e-9).all()
    assert ((released * 2) == np.rint(released * 2)).all()


def test_huge_numbers_are_clamped_without_overflow():
    grid = Grid.of(1, (0, 100))
    assert grid.steps_of(np.array([-1e308, 1e308])).tolist() == [0, 100]
    assert grid.steps_of(np.array([-(2**62), 2**62])).tolist() == [0, 100]


def test_what_a_type_can_hold():
    grid = Grid.of(10).within(-128, 127)
    assert (grid.first, grid.last) == (-12, 12)
    assert Grid.of(10, (0, 50)).within(-128, 127) == Grid.of(10, (0, 50))
    assert Grid.of(1, (1000, 2000)).within(-128, 127).span < 0


def test_beyond_is_what_lies_outside_the_bounds():
    grid = Grid.of(10, (0, 99))
    assert grid.last == 9  # but 99 itself is within the bounds
    assert grid.is_beyond(np.array([-1, 0, 99, 100])).tolist() == [True, False, False, True]
    floats = np.array([-0.1, 0.0, 99.0, 99.1])
    assert grid.is_beyond(floats).tolist() == [True, False, False, True]
    assert Grid.of(1).is_beyond(np.array([-(2**53) - 1, 0])).tolist() == [True, False]


def test_without_bounds_there_are_as_many_steps_as_floats_tell_apart():
    grid = Grid.of(1)
    assert (grid.first, grid.last) == (-(2**53), 2**53)
    # Numerators of 64 bits bind where steps are large.
    coarse = Grid.of(10**9)
    assert coarse.last == 2**62 // 10**9
    assert int(coarse.numbers_of(np.array([coarse.last]))[0]) <= 2**62


@pytest.mark.parametrize("step", [0, -1, np.inf, np.nan, "1", True, None])
def test_steps_that_are_none(step):
    with pytest.raises((InputError, TypeError)):
        Grid.of(step)


@pytest.mark.parametrize(
    "bounds", [(1,), (1, 2, 3), (2, 1), (0, np.inf), (np.nan, 1), ("0", "1"), 5, (None, 1)]
)
def test_bounds_that_are_none(bounds):
    with pytest.raises(InputError, match="bounds"):
        Grid.of(1, bounds)


def test_more_steps_than_can_be_counted():
    with pytest.raises(InputError, match="coarser step or narrower bounds"):
        Grid.of(1, (0, 2**60))
