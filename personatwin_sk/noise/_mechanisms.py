"""Random exchange of categories (PRAM): the matrices, and drawing from them.

A matrix holds, row by row, with which probability each true category is released as each other.
Nothing here knows of tables, people or keys: numbers in, numbers out.

References
----------
Gouweleeuw, Kooiman, Willenborg, de Wolf (1998). Post randomisation for statistical disclosure
control: theory and implementation. Journal of Official Statistics 14 (4), 463-478.
"""

from __future__ import annotations

import numpy as np

__all__ = ["draw", "invariant_matrix", "uniform_matrix"]


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
    weights = np.asarray(distribution, dtype=float)
    total = weights.sum()
    shares = weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
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


def draw(matrix: np.ndarray, true_codes: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Draw the released category of each value by inverting the distribution of its row.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (m, m)
        Rows sum to 1.
    true_codes : numpy.ndarray of int, shape (n,)
        Row of the matrix that each value draws from.
    unit : numpy.ndarray of float, shape (n,)
        One number in [0, 1) each; the same number gives the same draw.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        A category with probability 0 is never drawn.

    Examples
    --------
    >>> draw(np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([0, 0, 1]), np.array([0.49, 0.5, 0.0]))
    array([0, 1, 1])
    """
    released = np.empty(len(true_codes), dtype=np.int64)
    order = np.argsort(true_codes, kind="stable")
    starts = np.searchsorted(true_codes[order], np.arange(len(matrix) + 1))
    for code, row in enumerate(matrix):  # one pass per category, never per value
        members = order[starts[code] : starts[code + 1]]
        if len(members) == 0:
            continue
        upper = np.cumsum(row)
        # Rounding may leave the sum a hair below 1: the last possible category takes the rest.
        upper[np.flatnonzero(row)[-1] :] = 1.0
        released[members] = np.searchsorted(upper, unit[members], side="right")
    return released
