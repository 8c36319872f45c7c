"""Noisy counts of a table and of its margins made to fit: whole, not negative, and adding up.

Post-processing: it looks at noisy counts only, and no epsilon is spent on it.

References
----------
M. Hay, V. Rastogi, G. Miklau, D. Suciu, "Boosting the accuracy of differentially private histograms
through consistency", PVLDB 3 (1), 2010: estimates from all levels of a tree.
J. Duchi, S. Shalev-Shwartz, Y. Singer, T. Chandra, "Efficient projections onto the l1-ball for
learning in high dimensions", ICML 2008: the nearest point of a simplex.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["consistent_counts", "nearest_shares", "pooled", "whole_numbers"]

_DIGITS = 9  # remainders that differ by less than that are equal: rounding must not choose


def consistent_counts(
    levels: Sequence[np.ndarray], variances: Sequence[float], tie_breaks: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Make the noisy counts of the levels of a tree consistent, from the root down.

    Parameters
    ----------
    levels : sequence of numpy.ndarray, coarsest first
        Noisy counts; each node of a level has equally many children, which stand together in the
        next one. The first level may have several nodes.
    variances : sequence of float
        Of the noise of each level.
    tie_breaks : sequence of numpy.ndarray of uint64
        For each level, who of equal remainders is rounded up: the smallest first.

    Returns
    -------
    list of numpy.ndarray of int64
        Of the shapes of `levels`; no count is negative, and children add up to their parent.

    Examples
    --------
    >>> ties = [np.zeros(1, dtype=np.uint64), np.arange(3, dtype=np.uint64)]
    >>> [level.tolist() for level in consistent_counts([[10], [9, 4, -3]], [1.0, 1e9], ties)]
    [[10], [8, 2, 0]]
    """
    estimates = pooled([np.asarray(level, dtype=float) for level in levels], variances)
    result = [np.maximum(np.rint(estimates[0]), 0).astype(np.int64)]
    for own, order in zip(estimates[1:], tie_breaks[1:], strict=True):
        totals = result[-1]
        shape = (len(totals), len(own) // len(totals))
        shares = nearest_shares(own.reshape(shape), totals)
        result.append(whole_numbers(shares, totals, order.reshape(shape)).ravel())
    return result


def pooled(levels: Sequence[np.ndarray], variances: Sequence[float]) -> list[np.ndarray]:
    """Estimate each count from its own noisy one and those below it, weighted by precision.

    Parameters
    ----------
    levels, variances
        As of :func:`consistent_counts`.

    Returns
    -------
    list of numpy.ndarray of float
        The first level has the least variance that all levels together allow; the others have it
        once they are shifted to add up to their parents.
    """
    result = [levels[-1]]
    spread = variances[-1]
    for own, noise in zip(levels[-2::-1], variances[-2::-1], strict=True):
        below = result[0].reshape(len(own), -1)
        of_sum = spread * below.shape[1]
        weight = of_sum / (noise + of_sum)
        result.insert(0, weight * own + (1 - weight) * below.sum(axis=1))
        spread = noise * weight
    return result


def nearest_shares(values: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Give the nearest points, in squared distance, that are not negative and have a given sum.

    Parameters
    ----------
    values : numpy.ndarray of float, shape (n, m)
    totals : numpy.ndarray, shape (n,)
        Wanted sum of each row, at least 0.

    Returns
    -------
    numpy.ndarray of float, shape (n, m)
        ``max(values - level, 0)`` with one level per row.

    Examples
    --------
    >>> nearest_shares(np.array([[5.0, 2.0, -4.0]]), np.array([5])).tolist()
    [[4.0, 1.0, 0.0]]
    """
    falling = -np.sort(-values, axis=1)
    over = np.cumsum(falling, axis=1) - np.asarray(totals, dtype=float)[:, np.newaxis]
    levels = over / np.arange(1, values.shape[1] + 1)
    # The largest number of values that all stay above the level that they have together.
    n_positive = np.maximum((falling > levels).sum(axis=1), 1)
    level = levels[np.arange(len(values)), n_positive - 1]
    return np.maximum(values - level[:, np.newaxis], 0.0)


def whole_numbers(shares: np.ndarray, totals: np.ndarray, tie_breaks: np.ndarray) -> np.ndarray:
    """Round shares to whole numbers that keep the sum, the largest remainders up.

    Parameters
    ----------
    shares : numpy.ndarray of float, shape (n, m)
        Not negative; each row adds up to its total.
    totals : numpy.ndarray of int64, shape (n,)
    tie_breaks : numpy.ndarray, shape (n, m)
        Which of equal remainders goes up: the smallest.

    Returns
    -------
    numpy.ndarray of int64, shape (n, m)

    Examples
    --------
    >>> whole_numbers(np.array([[1.5, 1.5, 0.0]]), np.array([3]), np.array([[2, 1, 0]])).tolist()
    [[1, 2, 0]]
    """
    rounded = np.round(shares, _DIGITS)
    result = np.floor(rounded).astype(np.int64)
    left = totals - result.sum(axis=1)
    order = np.lexsort((tie_breaks, np.round(result - rounded, _DIGITS)), axis=1)
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(shares.shape[1])[np.newaxis, :], axis=1)
    return result + (place < left[:, np.newaxis])
