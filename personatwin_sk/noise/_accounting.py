r"""Adding up epsilons: basic composition, and zero-concentrated differential privacy.

Sums are exact fractions of the floats that the mechanisms use, and are rounded up: no total is
below what was spent.

References
----------
C. Dwork, A. Roth, "The Algorithmic Foundations of Differential Privacy", 2014, theorem 3.16.
M. Bun, T. Steinke, "Concentrated Differential Privacy: Simplifications, Extensions, and Lower
Bounds", TCC 2016, propositions 1.3 and 1.4 and lemma 1.7.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Composition", "basic_epsilon", "compose", "concentrated_epsilon", "concentrated_rho"]


@dataclass(frozen=True)
class Composition:
    """What several releases about one person cost together, by both ways of adding up.

    Parameters
    ----------
    basic : float
        Epsilon by basic composition; delta is 0.
    rho : float
        Of zero-concentrated differential privacy.
    concentrated : float
        Epsilon that `rho` gives at `delta`.
    delta : float
    """

    basic: float
    rho: float
    concentrated: float
    delta: float

    @property
    def epsilon(self) -> float:
        """The smaller of the two epsilons."""
        return min(self.basic, self.concentrated)

    @property
    def method(self) -> str:
        """Which one that is, in words; basic composition where they are equal."""
        if self.basic <= self.concentrated:
            return "basic composition"
        return "zero-concentrated differential privacy"


def compose(spent: Iterable[tuple[float, int]], delta: float) -> Composition:
    """Add up what one person's releases cost.

    Parameters
    ----------
    spent : iterable of (float, int)
        Epsilon of one release, and how many there are of it.
    delta : float
        Between 0 and 1; basic composition does not need it.

    Examples
    --------
    >>> total = compose([(0.1, 100)], delta=1e-6)
    >>> round(total.basic, 6), round(total.rho, 6), round(total.concentrated, 6)
    (10.0, 0.5, 5.756522)
    >>> total.method
    'zero-concentrated differential privacy'
    """
    releases = list(spent)
    rho = concentrated_rho(releases)
    return Composition(basic_epsilon(releases), rho, concentrated_epsilon(rho, delta), delta)


def basic_epsilon(spent: Iterable[tuple[float, int]]) -> float:
    """Add epsilons by basic composition, rounded up.

    Parameters
    ----------
    spent : iterable of (float, int)
        Epsilon of one release, and how many there are of it.

    Examples
    --------
    >>> basic_epsilon([(0.5, 3), (1.0, 1)])
    2.5
    """
    return _rounded_up(sum((Fraction(epsilon) * times for epsilon, times in spent), Fraction(0)))


def concentrated_rho(spent: Iterable[tuple[float, int]]) -> float:
    r"""Add releases up as zero-concentrated differential privacy, rounded up.

    A release with :math:`\varepsilon` is :math:`\varepsilon^2 / 2`-zCDP, and these add up.

    Parameters
    ----------
    spent : iterable of (float, int)
        Epsilon of one release, and how many there are of it.

    Examples
    --------
    >>> concentrated_rho([(0.5, 4), (1.0, 1)])
    1.0
    """
    squares = (Fraction(epsilon) ** 2 * times / 2 for epsilon, times in spent)
    return _rounded_up(sum(squares, Fraction(0)))


def concentrated_epsilon(rho: float, delta: float) -> float:
    r"""Give the epsilon of :math:`(\varepsilon, \delta)` that a rho of zCDP implies.

    .. math:: \varepsilon = \rho + 2 \sqrt{\rho \ln(1 / \delta)}

    Parameters
    ----------
    rho : float
    delta : float
        Between 0 and 1, both excluded.

    Raises
    ------
    ValueError
        `delta` is not between 0 and 1.

    Examples
    --------
    >>> round(concentrated_epsilon(0.5, 1e-6), 4)
    5.7565
    """
    if not 0 < delta < 1:
        raise ValueError("delta must be between 0 and 1, both excluded.")
    if rho == 0:
        return 0.0
    epsilon = rho + 2 * math.sqrt(rho * -math.log(delta))
    return epsilon * (1 + 2**-50)  # more than the roundings of five operations


def _rounded_up(exact: Fraction) -> float:
    try:
        nearest = float(exact)
    except OverflowError:
        return math.inf
    return nearest if Fraction(nearest) >= exact else math.nextafter(nearest, math.inf)
