"""Random exchange of categories (PRAM): the matrices, and drawing from them.

A matrix holds, row by row, with which probability each true category is released as each other.
Nothing here knows of tables, people or keys: numbers in, numbers out.

References
----------
Gouweleeuw, Kooiman, Willenborg, de Wolf (1998). Post randomisation for statistical disclosure
control: theory and implementation. Journal of Official Statistics 14 (4), 463-478.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from personatwin_sk.noise._randomised_response import TOTAL

__all__ = [
    "draw",
    "draw_numbers",
    "invariant_matrix",
    "shares_of",
    "to_weights",
    "two_stage_matrix",
    "uniform_matrix",
]


def invariant_matrix(distribution: np.ndarray, flip_probability: float) -> np.ndarray:
    r"""Give the exchange that leaves a distribution as it is.

    With probability :math:`t` the category is drawn anew from the distribution :math:`\pi` itself:

    .. math:: R = (1 - t) I + t \, 1 \pi^T, \qquad
              t = \min\left(1, \frac{f}{1 - \sum_i \pi_i^2}\right)

    so that :math:`\pi R = \pi`. A fresh draw hits the old category with probability
    :math:`\sum \pi_i^2` on average, hence the expected share that changes is :math:`f`, and it can
    be no more than :math:`1 - \sum \pi_i^2`: there it is capped.

    Parameters
    ----------
    distribution : numpy.ndarray of shape (m,)
        Non-negative weights, not necessarily summing to 1. All zero means that nothing is known,
        and is taken as uniform.
    flip_probability : float
        The wanted share :math:`f` of categories that change, from 0 to 1.

    Returns
    -------
    numpy.ndarray of shape (m, m)
        Rows: true category; columns: released category.

    Examples
    --------
    >>> invariant_matrix(np.array([3, 1]), 0.15).round(3).tolist()
    [[0.9, 0.1], [0.3, 0.7]]
    """
    shares = shares_of(distribution)
    # 1 - sum of squares, as a sum of products: no cancellation where one category has nearly all.
    can_change = float((shares * (1 - shares)).sum())
    if len(shares) == 1 or flip_probability == 0:
        return np.eye(len(shares))
    redrawn = 1.0 if flip_probability >= can_change else flip_probability / can_change
    return (1 - redrawn) * np.eye(len(shares)) + redrawn * shares[np.newaxis, :]


def uniform_matrix(n_categories: int, flip_probability: float) -> np.ndarray:
    """Give the exchange that swaps each category for any of the others, all equally likely.

    Parameters
    ----------
    n_categories : int
    flip_probability : float
        Chance that a category changes, from 0 to 1. A single category has none to change to.

    Returns
    -------
    numpy.ndarray of shape (n_categories, n_categories)

    Examples
    --------
    >>> uniform_matrix(3, 0.5).tolist()
    [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]]
    """
    if n_categories == 1:
        return np.ones((1, 1))
    matrix = np.full((n_categories, n_categories), flip_probability / (n_categories - 1))
    np.fill_diagonal(matrix, 1 - flip_probability)
    return matrix


def two_stage_matrix(matrix: np.ndarray, distribution: np.ndarray) -> np.ndarray:
    r"""Make any exchange keep a distribution, by a second exchange after it.

    The first stage is the given matrix :math:`P`; the second puts each released category back to
    where it may have come from,

    .. math:: Q_{ji} = \frac{\pi_i P_{ij}}{\sum_k \pi_k P_{kj}}, \qquad R = P Q,

    so that :math:`\pi R = \pi` (Gouweleeuw et al., section 5: the two-stage invariant PRAM).

    Parameters
    ----------
    matrix : numpy.ndarray of shape (m, m)
        Rows sum to 1.
    distribution : numpy.ndarray of shape (m,)
        Non-negative weights, not necessarily summing to 1. All zero is taken as uniform.

    Returns
    -------
    numpy.ndarray of shape (m, m)
        A category without a share is never drawn.

    Examples
    --------
    >>> matrix = two_stage_matrix(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([2, 1]))
    >>> matrix.tolist()
    [[0.75, 0.25], [0.5, 0.5]]
    """
    shares = shares_of(distribution)
    joint = shares[:, np.newaxis] * matrix  # of true category i and first stage j
    reached = joint.sum(axis=0)
    back = np.empty_like(joint)
    back[:] = shares  # what the first stage makes only of categories without a share
    np.divide(joint.T, reached[:, np.newaxis], out=back, where=reached[:, np.newaxis] > 0)
    result: np.ndarray = matrix @ back
    return result


def to_weights(matrix: np.ndarray) -> np.ndarray:
    """Turn probabilities into whole numbers that add up to the same total in every row.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (n, m)
        Non-negative; rows sum to 1 but for rounding.

    Returns
    -------
    numpy.ndarray of int64, shape (n, m)
        Rows add up to ``TOTAL`` = 2**62. What has probability 0 has weight 0.

    Examples
    --------
    >>> (to_weights(np.array([[0.25, 0.75, 0.0]])) / TOTAL).tolist()
    [[0.25, 0.75, 0.0]]
    """
    exact = np.asarray(matrix, dtype=float)
    weights = np.rint(exact / exact.sum(axis=1, keepdims=True) * TOTAL).astype(np.int64)
    largest = weights.argmax(axis=1)
    # A float of 53 bits leaves a few hundred of 2**62 over: the largest weight takes them.
    weights[np.arange(len(weights)), largest] += TOTAL - weights.sum(axis=1)
    return weights


def draw_numbers(hashes: np.ndarray) -> np.ndarray:
    """Turn hashes into uniform whole numbers from 0 to ``TOTAL`` - 1, exactly.

    Parameters
    ----------
    hashes : numpy.ndarray of uint64, shape (n,)

    Returns
    -------
    numpy.ndarray of int64, shape (n,)

    Examples
    --------
    >>> draw_numbers(np.array([0, 2**64 - 1], dtype=np.uint64)).tolist() == [0, TOTAL - 1]
    True
    """
    return (hashes >> np.uint64(2)).view(np.int64)


def draw(
    weights: Sequence[np.ndarray] | np.ndarray, true_codes: np.ndarray, numbers: np.ndarray
) -> np.ndarray:
    """Draw the released category of each value by inverting the distribution of its row.

    Parameters
    ----------
    weights : sequence of numpy.ndarray of int64
        Rows of weights that add up to ``TOTAL`` each; some may be longer than others.
    true_codes : numpy.ndarray of int, shape (n,)
        Row of the weights that each value draws from.
    numbers : numpy.ndarray of int64, shape (n,)
        One number from 0 to ``TOTAL`` - 1 each; the same number gives the same draw.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        A category with weight 0 is never drawn.

    Examples
    --------
    >>> half = TOTAL // 2
    >>> weights = np.array([[half, half], [0, TOTAL]])
    >>> draw(weights, np.array([0, 0, 1]), np.array([half - 1, half, 0]))
    array([0, 1, 1])
    """
    released = np.empty(len(true_codes), dtype=np.int64)
    # Sixteen bits are sorted in one pass, without comparisons.
    codes = true_codes.astype(np.uint16) if len(weights) <= 2**16 else true_codes
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(weights)))
    drawn = numbers[order]
    start = 0
    for row, end in zip(weights, ends.tolist(), strict=True):  # one pass per category, no value
        if end > start:
            drawn[start:end] = np.searchsorted(np.cumsum(row), drawn[start:end], side="right")
        start = end
    released[order] = drawn
    return released


def shares_of(distribution: np.ndarray) -> np.ndarray:
    """Make weights sum to 1; all zero is taken as uniform.

    Examples
    --------
    >>> shares_of(np.array([3, 1])).tolist(), shares_of(np.array([0, 0])).tolist()
    ([0.75, 0.25], [0.5, 0.5])
    """
    weights = np.asarray(distribution, dtype=float)
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
