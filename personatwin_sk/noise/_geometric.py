r"""Discrete Laplace noise without an end, exactly: for counts, which have no public range.

:math:`P(z) \propto e^{-r |z|}` on all whole numbers, by the algorithms of Canonne, Kamath and
Steinke for a rate :math:`r` that is a multiple of :math:`2^{-32}`: only uniform whole numbers are
drawn and compared, so that no rounding shifts a probability. Values with a public range have a
faster sampler (``_discrete_laplace.py``).

References
----------
C. Canonne, G. Kamath, T. Steinke, "The Discrete Gaussian for Differential Privacy", NeurIPS 2020,
algorithms 1 and 2.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from personatwin_sk._core.keyed import SecretKey, uniform_integers

__all__ = ["RATE_UNIT", "Words", "two_sided_geometric", "variance"]

_BITS = 32
RATE_UNIT = Fraction(1, 1 << _BITS)
_LEAST_VARIANCE = 1e-200  # weights are one over it
_LARGEST = np.uint64((1 << _BITS) - 1)


class Words:
    """A stream of uniform 64-bit words for each of many ids, keyed.

    Parameters
    ----------
    key : SecretKey
    domain : str
        What the draws are for.
    ids : numpy.ndarray of uint64, shape (n,)
        The same id gets the same words, wherever it stands and whatever others draw.
    """

    def __init__(self, key: SecretKey, domain: str, ids: np.ndarray) -> None:
        self._key = key
        self._domain = domain
        self._ids = ids
        self._drawn = np.zeros(len(ids), dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._ids)

    def next(self, places: np.ndarray) -> np.ndarray:
        """Give the next word of the ids at some places.

        Parameters
        ----------
        places : numpy.ndarray of int64, shape (m,), without repetition

        Returns
        -------
        numpy.ndarray of uint64, shape (m,)
        """
        drawn = self._drawn[places]
        self._drawn[places] += np.uint64(1)
        return self._key.combine(self._domain, self._ids[places], drawn)


def two_sided_geometric(words: Words, rate: int) -> np.ndarray:
    """Draw one number for each id of a stream.

    Parameters
    ----------
    words : Words
    rate : int
        In units of ``RATE_UNIT``, at least 1: a number further out by 1 is less likely by
        ``exp(rate * RATE_UNIT)``.

    Returns
    -------
    numpy.ndarray of int64, shape (len(words),)

    Examples
    --------
    >>> ids = np.arange(10_000, dtype=np.uint64)
    >>> words = Words(SecretKey.from_random_state(0), "counts", ids)
    >>> noise = two_sided_geometric(words, 2**32)
    >>> round(float(noise.var()), 1), round(float(variance(2**32)), 1)
    (1.8, 1.8)
    """
    if not 1 <= rate < 1 << 62:
        raise ValueError("rate must be at least 1 unit, and less than 2**62.")
    result = np.zeros(len(words), dtype=np.int64)
    open_ = np.arange(len(words))
    while len(open_):
        size = _geometric(words, open_, rate)
        negative = (words.next(open_) & np.uint64(1)).astype(bool)
        # Zero has no sign: one of its two spellings is drawn again.
        done = ~(negative & (size == 0))
        result[open_[done]] = np.where(negative, -size, size)[done]
        open_ = open_[~done]
    return result


def variance(rate: int) -> float:
    r"""Give the variance of the noise, :math:`2 e^{-r} / (1 - e^{-r})^2`."""
    step = float(rate * RATE_UNIT)
    return max(float(2 * np.exp(-step) / np.expm1(-step) ** 2), _LEAST_VARIANCE)


def _geometric(words: Words, places: np.ndarray, rate: int) -> np.ndarray:
    """Draw n >= 0 with probability proportional to ``exp(-n * rate * RATE_UNIT)``."""
    below = np.zeros(len(places), dtype=np.uint64)
    open_ = np.arange(len(places))
    while len(open_):
        below[open_] = words.next(places[open_]) >> np.uint64(_BITS)
        open_ = open_[~_chance(words, places[open_], below[open_])]
    wholes = np.zeros(len(places), dtype=np.int64)
    open_ = np.arange(len(places))
    while len(open_):
        open_ = open_[_chance(words, places[open_], None)]
        wholes[open_] += 1
    # Of a geometric number with the rate of one unit, every `rate` in a row make one.
    return ((wholes << _BITS) + below.astype(np.int64)) // rate


def _chance(words: Words, places: np.ndarray, parts: np.ndarray | None) -> np.ndarray:
    """Come out true with probability ``exp(-parts / 2**32)``; without parts, ``exp(-1)``."""
    rounds = np.ones(len(places), dtype=np.int64)
    open_ = np.arange(len(places))
    k = 1
    while len(open_):
        hit = np.ones(len(open_), dtype=bool)
        if parts is not None:
            hit = (words.next(places[open_]) & _LARGEST) < parts[open_]
        if k > 1:
            hit &= uniform_integers(words.next(places[open_]), 0, k - 1) == 0
        open_ = open_[hit]
        k += 1
        rounds[open_] = k
    return rounds % 2 == 1
