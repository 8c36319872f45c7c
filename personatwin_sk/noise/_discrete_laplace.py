r"""Discrete Laplace noise in whole numbers: a table of integer weights, drawn from keyed hashes.

The two-sided geometric distribution :math:`P(z) \propto e^{-\varepsilon |z|}` on the integers,
released as :math:`\min(\max(x + z, low), high)`, changes the probability of no output by more than
:math:`e^{\varepsilon}` when :math:`x` changes by one. Floating point keeps that promise roughly
only; here it holds exactly, because each probability is a whole number of :math:`2^{-62}`.

References
----------
Ghosh, Roughgarden, Sundararajan (2012). Universally utility-maximizing privacy mechanisms. SIAM
Journal on Computing 41 (6), 1673-1693 (the geometric mechanism and its clamping).

Mironov (2012). On significance of the least significant bits for differential privacy. CCS 2012
(why not floating point).
"""

from __future__ import annotations

from functools import lru_cache
from math import tanh

import numpy as np

from personatwin_sk.exceptions import InputError

__all__ = ["LARGEST_EPSILON", "SMALLEST_EPSILON", "DiscreteLaplace", "draw_discrete_laplace"]

SMALLEST_EPSILON = 1e-6
LARGEST_EPSILON = 500.0
_LARGEST_REACH = 1 << 24
_TOTAL_BITS = 62
_SCALE_BITS = 128  # e^epsilon is rounded down to a multiple of 2^-128


class DiscreteLaplace:
    r"""Integer weights of the discrete Laplace distribution out to a largest distance.

    Parameters
    ----------
    epsilon : float
        From ``SMALLEST_EPSILON`` to ``LARGEST_EPSILON``: per step of 1.
    reach : int
        Largest :math:`|z|`, at least 1. What the distribution has beyond it is drawn as `reach`
        itself. For values that are clamped to an interval, `reach` must be no less than the
        distance of its ends, plus whatever else moves the value before it is clamped.

    Attributes
    ----------
    weights : numpy.ndarray of int64, shape (reach + 1,)
        ``weights[d]`` is the weight of ``+d``, and again that of ``-d``; all together they make
        ``total``. Read-only.
    total : int
        :math:`2^{62}`: a power of two, so that a 64-bit hash picks each unit equally often, with
        no modulo bias and no second draw.

    Notes
    -----
    Write :math:`w_d` for the weights, :math:`S` for `reach`, :math:`T_d = w_d + \dots + w_S`
    for the tails, and :math:`r \le e^{\varepsilon}` for the rational number that stands for
    :math:`e^{\varepsilon}` here. The table is made such that in whole numbers

    1. :math:`w_{d+1} \le w_d \le r \, w_{d+1}` for :math:`0 \le d < S - 1`, by
       :math:`w_{d+1} = \max(\lceil w_d / r \rceil, b)`;
    2. :math:`w_d \le (r - 1) \, T_{d+1}` for :math:`0 \le d < S`: it holds for :math:`d = S - 1`
       because :math:`w_S` takes all that is left of the total, and below by induction, as
       :math:`w_d \le r \, w_{d+1} \le (r - 1) w_{d+1} + (r - 1) T_{d+2}`.

    An output inside the interval has the weight of one distance, below :math:`S`: by 1 the ratio
    between neighbouring inputs is at most :math:`r`. An output at an end has the weight of a tail
    of the two-sided distribution, on one side :math:`T_d \le r \, T_{d+1}` by 2; on the other side
    one more weight is added to an even longer tail. Hence every ratio is at most
    :math:`e^{\varepsilon}`, exactly. The floor :math:`b` is the price: it is a mixture with noise
    that is flat far out, of probability below :math:`10^{-9}` wherever `epsilon` is at least .01
    and `reach` at most a century of days.

    Examples
    --------
    >>> table = DiscreteLaplace(1.0, 3)
    >>> (table.weights / table.total).round(4).tolist()
    [0.4621, 0.17, 0.0625, 0.0364]
    >>> int(table.weights[0] + 2 * table.weights[1:].sum()) == table.total == 2**62
    True
    >>> table.draw(np.array([0, 2**62, 2**63, 2**64 - 1], dtype=np.uint64)).tolist()
    [0, 0, 1, -3]
    """

    def __init__(self, epsilon: float, reach: int) -> None:
        if not SMALLEST_EPSILON <= epsilon <= LARGEST_EPSILON:
            raise InputError(
                f"epsilon must lie between {SMALLEST_EPSILON:g} and {LARGEST_EPSILON:g}; "
                "beyond that there is nothing but noise, or none."
            )
        if not 1 <= reach <= _LARGEST_REACH:
            raise InputError(
                f"Discrete Laplace noise must reach from 1 to {_LARGEST_REACH} steps; "
                f"{reach} are asked for. Choose wider or narrower bounds, or a coarser step."
            )
        self.epsilon = float(epsilon)
        self.reach = int(reach)
        self.total = 1 << _TOTAL_BITS
        self.weights = _weights(self.epsilon, self.reach)
        self.weights.flags.writeable = False
        # Half the weight of 0 and the weight of each other distance: the sign takes the other bit.
        halves = self.weights.copy()
        halves[0] //= 2
        self._upper = np.cumsum(halves)

    def __repr__(self) -> str:
        return f"DiscreteLaplace(epsilon={self.epsilon:g}, reach={self.reach})"

    def draw(self, hashes: np.ndarray) -> np.ndarray:
        """Draw one number per hash; the same hash gives the same number.

        Parameters
        ----------
        hashes : numpy.ndarray of uint64, shape (n,)
            Uniform 64-bit words, as of ``SecretKey.hash``; the two lowest bits are not used.

        Returns
        -------
        numpy.ndarray of int64, shape (n,)
            From ``-reach`` to ``reach``.
        """
        hashes = np.asarray(hashes, dtype=np.uint64)
        place = (hashes >> np.uint64(3)).astype(np.int64)
        distance = np.searchsorted(self._upper, place, side="right")
        # A sign by arithmetic: 1 - 2 * bit.
        sign = 1 - ((hashes >> np.uint64(1)) & np.uint64(2)).astype(np.int64)
        return distance * sign


def draw_discrete_laplace(hashes: np.ndarray, epsilon: float, reach: int) -> np.ndarray:
    """Draw discrete Laplace noise from uniform 64-bit hashes.

    Parameters
    ----------
    hashes : numpy.ndarray of uint64, shape (n,)
    epsilon : float
        Per step of 1; what may change by several steps at once needs a share of it.
    reach : int
        Largest distance; see :class:`DiscreteLaplace`.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)

    Examples
    --------
    >>> from personatwin_sk._core.keyed import SecretKey
    >>> hashes = SecretKey.from_random_state(0).hash("counts", np.arange(5))
    >>> noise = draw_discrete_laplace(hashes, 0.5, 1000)
    >>> noise.dtype, bool((np.abs(noise) <= 1000).all())
    (dtype('int64'), True)
    """
    return _table(float(epsilon), int(reach)).draw(hashes)


@lru_cache(maxsize=16)
def _table(epsilon: float, reach: int) -> DiscreteLaplace:
    return DiscreteLaplace(epsilon, reach)


def _weights(epsilon: float, reach: int) -> np.ndarray:
    ratio, one = exponential_below(epsilon), 1 << _SCALE_BITS
    # Where rounding up would stall a geometric sequence it stays at a floor, 64 times as high.
    floor = -(-64 * one // (ratio - one))
    least_tail = -(-floor * one // (ratio - one))
    # Left over for what rounding up adds, and for the last digits of the hyperbolic tangent.
    spare = 2 * (reach * (floor + 2) + least_tail) + (1 << 12)
    total = 1 << _TOTAL_BITS
    # The probability of 0 is tanh(epsilon / 2), wherever the tails are cut and lumped together.
    numerator, denominator = tanh(epsilon / 2).as_integer_ratio()
    weight = (total - spare) * numerator // denominator & ~1
    weights = np.full(reach + 1, floor, dtype=np.int64)
    weights[0] = weight
    for distance in range(1, reach):
        weight = -(-weight * one // ratio)
        if weight <= floor:
            break
        weights[distance] = weight
    weights[reach] = (total - int(weights[0]) - 2 * int(weights[1:reach].sum())) // 2
    return weights


def exponential_below(epsilon: float) -> int:
    """Give the largest whole number that is surely at most ``2**128 * exp(epsilon)``, or near it.

    The exponential series of a positive number has positive terms: each is rounded down.

    Examples
    --------
    >>> exponential_below(1.0) / 2**128
    2.718281828459045
    """
    numerator, denominator = float(epsilon).as_integer_ratio()
    total, term, k = 0, 1 << _SCALE_BITS, 0
    while term:
        total += term
        k += 1
        term = term * numerator // (denominator * k)
    return total
