r"""Exchange of outcomes at epsilon, in whole numbers: k-ary randomised response and its relatives.

An outcome is released as it is or drawn anew from a distribution :math:`\pi` that does not depend
on the data:

.. math:: R = (1 - t) I + t \, 1 \pi^T, \qquad
          t = \frac{1}{1 + (e^\varepsilon - 1) \min_j \pi_j}

is the exchange of this form that changes least while no released outcome is more than
:math:`e^\varepsilon` times as likely under one true outcome as under another, and
:math:`\pi R = \pi`. With uniform :math:`\pi` it is k-ary randomised response: an outcome is kept
with probability :math:`e^\varepsilon / (e^\varepsilon + m - 1)`.

A probability that is rounded to a float may be too large by a hair, and then the claim is false.
So probabilities are whole numbers out of :data:`TOTAL`, rounded such that the bound holds exactly.

References
----------
Warner (1965). Randomized response: a survey technique for eliminating evasive answer bias. Journal
of the American Statistical Association 60 (309), 63-69.

Kairouz, Oh, Viswanath (2016). Extremal mechanisms for local differential privacy. Journal of
Machine Learning Research 17 (17), 1-51.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from personatwin_sk.noise._discrete_laplace import exponential_below

__all__ = ["TOTAL", "response_weights"]

# What the probabilities of one row add up to: a draw takes 62 of the 64 bits of a hash, so that no
# draw has to be repeated, and sums stay within 64 bits with their sign.
TOTAL = 2**62


def response_weights(distribution: Sequence[float] | np.ndarray, epsilon: float) -> np.ndarray:
    """Give the weights of the exchange that keeps a public distribution at epsilon.

    Parameters
    ----------
    distribution : sequence of float, shape (m,)
        What outcomes are drawn anew from: positive weights, not necessarily summing to 1. All
        equal: k-ary randomised response.
    epsilon : float
        From 1e-6 to 500.

    Returns
    -------
    numpy.ndarray of int64, shape (m, m)
        Rows: true outcome; columns: released outcome; each row adds up to :data:`TOTAL`. The
        largest ratio within a column is at most e^epsilon, exactly.

    Examples
    --------
    >>> weights = response_weights([1, 1, 1], 1.0)
    >>> (weights / TOTAL).round(4).tolist()[0]
    [0.5761, 0.2119, 0.2119]
    >>> [sum(row) == TOTAL for row in weights.tolist()]
    [True, True, True]
    """
    parts = [Fraction(float(weight)) for weight in distribution]
    whole = sum(parts)
    shares = [part / whole for part in parts]
    n = len(shares)
    largest_ratio = Fraction(exponential_below(epsilon), 2**128)
    redrawn = 1 / (1 + (largest_ratio - 1) * min(shares))
    # Rounded up: the redrawn part only grows, and so does its least, on which the ratio rests:
    # (least + kept) / least with kept = TOTAL - sum.
    drawn = [math.ceil(redrawn * share * TOTAL) for share in shares]
    kept = TOTAL - sum(drawn)
    if kept < 0 or n == 1:  # epsilon is below what 62 bits can tell from 0: nothing is kept
        drawn, kept = _apportion(shares), 0
    weights = np.tile(np.array(drawn, dtype=np.int64), (n, 1))
    np.fill_diagonal(weights, weights.diagonal() + kept)
    return weights


def _apportion(shares: Sequence[Fraction]) -> list[int]:
    """Share out TOTAL, the largest remainders first: the same row for all, hence no ratio but 1."""
    exact = [share * TOTAL for share in shares]
    parts = [math.floor(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for i in order[: TOTAL - sum(parts)]:
        parts[i] += 1
    return parts
