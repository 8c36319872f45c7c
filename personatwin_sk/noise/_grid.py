"""Numbers as whole steps: noise is drawn in steps, so that nothing of a number shows beside them.

What lies between two steps (the cents of an amount, the fraction of a score) would pass any noise
made of whole steps untouched. Numbers are therefore put on a grid of steps first, in exact
arithmetic: 3 steps of 0.1 are 0.3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, isfinite, lcm
from typing import Any, Self

import numpy as np

from personatwin_sk.exceptions import InputError

__all__ = ["Grid"]

# Steps that a float tells apart, and numerators that 64 bits hold with room for a sum.
_MOST_STEPS = 2**53
_LARGEST = 2**62


@dataclass(frozen=True)
class Grid:
    """The numbers ``origin + i * step`` for whole `i` from `first` to `last`.

    Attributes
    ----------
    origin, step : Fraction
    first, last : int
    ends : pair of Fraction or None
        The bounds; the upper one need not lie on the grid.

    Examples
    --------
    >>> grid = Grid.of(0.1, (0, 0.75))
    >>> grid.last
    7
    >>> steps = grid.steps_of(np.array([0.31, 0.28, 9.0]))
    >>> steps.tolist(), grid.numbers_of(steps).tolist()
    ([3, 3, 7], [0.3, 0.3, 0.7])
    """

    origin: Fraction
    step: Fraction
    first: int
    last: int
    ends: tuple[Fraction, Fraction] | None = None

    @classmethod
    def of(cls, step: Any, bounds: Any = None) -> Self:
        """Make the grid of a step, counted from the lower bound, or from 0.

        Parameters
        ----------
        step : float
            Above 0. It means what its decimal digits say: 0.1 is a tenth.
        bounds : pair of float, optional
            The grid ends at the last whole step that is not above the upper one.

        Raises
        ------
        InputError
            These are no numbers, the bounds are the wrong way round, or there are more steps
            between them than can be counted.
        """
        width = _exactly(step, "step")
        if width <= 0:
            raise InputError("ValueNoise: the parameter step must be above 0.")
        if bounds is None:
            grid = cls(Fraction(0), width, -_MOST_STEPS, _MOST_STEPS)
            return grid._that_64_bits_hold()
        try:
            low, high = (_exactly(bound, "bounds") for bound in bounds)
        except (TypeError, ValueError):
            raise InputError(
                "ValueNoise: the parameter bounds must be a pair of finite numbers (low, high) for "
                "each column."
            ) from None
        if low > high:
            raise InputError("ValueNoise: in the parameter bounds the lower is above the upper.")
        grid = cls(low, width, 0, floor((high - low) / width), (low, high))
        if grid._that_64_bits_hold() != grid:
            raise InputError(
                "ValueNoise: there are more steps between the bounds than can be counted; choose a "
                "coarser step or narrower bounds."
            )
        return grid

    @property
    def is_whole(self) -> bool:
        """Whether all its numbers are whole."""
        return self.origin.denominator == 1 and self.step.denominator == 1

    @property
    def span(self) -> int:
        """How many steps there are from the first to the last."""
        return self.last - self.first

    def count(self, distance: Any) -> int:
        """Count the whole steps within a distance, read as its decimal digits say it.

        Examples
        --------
        >>> Grid.of(0.1).count(0.3)
        3
        """
        return floor(_exactly(distance, "spread") / self.step)

    def within(self, low: int | float, high: int | float) -> Self:
        """Give the part of the grid that a type of number can hold.

        Examples
        --------
        >>> Grid.of(10).within(-128, 127).first
        -12
        """
        first = ceil((Fraction(low) - self.origin) / self.step)
        last = floor((Fraction(high) - self.origin) / self.step)
        return replace(self, first=max(self.first, first), last=min(self.last, last))

    def steps_of(self, numbers: np.ndarray) -> np.ndarray:
        """Count the steps of the nearest grid point; beyond the ends that is the end.

        Parameters
        ----------
        numbers : numpy.ndarray of int64 or float64, shape (n,)
            Integers are for whole grids.

        Returns
        -------
        numpy.ndarray of int64, shape (n,)
        """
        low, high = self._number(self.first), self._number(self.last)
        if numbers.dtype.kind == "i":
            origin, step = int(self.origin), int(self.step)
            inside = np.clip(numbers, int(low), int(high))
            whole, rest = np.divmod(inside - origin, step)
            return whole + (2 * rest >= step)
        # Clipping before the division, so that nothing overflows; and after it, against rounding.
        inside = np.clip(numbers, float(low), float(high))
        steps = np.rint((inside - float(self.origin)) / float(self.step))
        return np.clip(steps.astype(np.int64), self.first, self.last)

    def numbers_of(self, steps: np.ndarray) -> np.ndarray:
        """Give the numbers of the grid, a function of the number of steps and of nothing else.

        Parameters
        ----------
        steps : numpy.ndarray of int64, shape (n,)
            From `first` to `last`.

        Returns
        -------
        numpy.ndarray of int64 or float64, shape (n,)
            Integers where the grid is whole.
        """
        origin, step, below = self._as_integers()
        numerators: np.ndarray = origin + steps * step
        return numerators if below == 1 else numerators / below

    def is_beyond(self, numbers: np.ndarray) -> np.ndarray:
        """Tell which numbers lie beyond the bounds, or where no step is counted any more."""
        low, high = self.ends or (self._number(self.first), self._number(self.last))
        if numbers.dtype.kind == "i":
            return (numbers < ceil(low)) | (numbers > floor(high))
        return (numbers < float(low)) | (numbers > float(high))

    def _number(self, steps: int) -> Fraction:
        return self.origin + steps * self.step

    def _as_integers(self) -> tuple[int, int, int]:
        """Give origin and step over their common denominator, and that."""
        below = lcm(self.origin.denominator, self.step.denominator)
        return int(self.origin * below), int(self.step * below), below

    def _that_64_bits_hold(self) -> Self:
        origin, step, _ = self._as_integers()
        most = min((_LARGEST - abs(origin)) // step, _MOST_STEPS)
        return replace(self, first=max(self.first, -most), last=min(self.last, most))


def _exactly(number: Any, parameter: str) -> Fraction:
    """Read a number as its decimal digits say it."""
    if isinstance(number, bool | np.bool_ | str | bytes) or not isfinite(number):
        raise InputError(f"ValueNoise: the parameter {parameter} must hold finite numbers.")
    return Fraction(str(number))
