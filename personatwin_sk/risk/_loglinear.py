r"""How likely a released value of some columns is, given those of others, from the file alone.

With :math:`q = P(B \mid A)` of a person: what the population does not count (B), given what it does
(A). A table of all columns is mostly empty, so q is a product over the columns of B of
:math:`P(b_j \mid \text{parents})`, where the parents are the few columns before it that tell most
about it, and smoothed from fewer to more parents: a log-linear model of two- and three-way
interactions. Each person is left out of their own estimate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from personatwin_sk._core.cells import group_rows

__all__ = ["calibrate", "conditional_shares"]

# People that the coarser estimate counts for, beside those of the finer one. Of 4 to 16, the error
# of 1/F is least with 4, its bias with 16 (NIST excerpts of Massachusetts, samples of 2 and 10 %).
_PRIOR_PEOPLE = 8.0
# Models of one and of two parents are averaged (geometric mean): one alone is too smooth, two
# alone follow the sample too closely.
_PARENTS = (1, 2)
# Pairs that are added on both sides, so that a file without pairs does not say "unique".
_PRIOR_PAIRS = 1.0


def conditional_shares(
    known: Sequence[np.ndarray], unknown: Sequence[np.ndarray], people: np.ndarray
) -> np.ndarray:
    """Estimate how likely each class's unknown values are, given its known ones.

    Parameters
    ----------
    known, unknown : sequence of ndarray of int64, each of shape (n_classes,)
        Codes of the released values of each class, from 0.
    people : ndarray of float, shape (n_classes,)
        People of the file in each class, at least 1.

    Returns
    -------
    ndarray of float, shape (n_classes,)
        Above 0 and below 1. One person of the class is left out.

    Examples
    --------
    Half of the 200 people have each value, whoever they are:

    >>> import numpy as np
    >>> a, b = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> conditional_shares([a], [b], np.full(4, 50.0)).round(2).tolist()
    [0.5, 0.5, 0.5, 0.5]
    """
    log_share = np.zeros(len(people))
    before = list(known)
    for column in unknown:
        parents = _best_parents(before, column, people, max(_PARENTS))
        for n_parents in _PARENTS:
            log_share += np.log(_smoothed(parents[:n_parents], column, people)) / len(_PARENTS)
        before.append(column)
    return np.exp(np.minimum(log_share, -1e-12))


def calibrate(
    share: np.ndarray, people: np.ndarray, known_people: np.ndarray
) -> tuple[np.ndarray, float]:
    """Scale shares so that as many pairs of people are expected in one class as there are.

    A person is expected to share the class with q of the others who have the same known values.

    Parameters
    ----------
    share : ndarray of float, shape (n_classes,)
    people : ndarray of float, shape (n_classes,)
        People of the file in each class.
    known_people : ndarray of float, shape (n_classes,)
        People of the file with the same known values.

    Returns
    -------
    share : ndarray of float, shape (n_classes,)
        At most 1.
    error : float
        Standard error of the scale, as a share of it: pairs are counted as a Poisson number.

    Examples
    --------
    Of ten people, each is expected to have .9 others, and has one:

    >>> import numpy as np
    >>> share, error = calibrate(np.full(5, 0.1), np.full(5, 2.0), np.full(5, 10.0))
    >>> share.round(2).tolist(), round(error, 2)
    ([0.11, 0.11, 0.11, 0.11, 0.11], 0.41)
    """
    observed = (people * (people - 1)).sum() + _PRIOR_PAIRS
    expected = (people * (known_people - 1) * share).sum() + _PRIOR_PAIRS
    # Each pair was counted from both sides.
    error = 1.0 / np.sqrt(observed / 2 + _PRIOR_PAIRS / 2)
    return np.minimum(share * observed / expected, 1.0), float(error)


def _smoothed(parents: Sequence[np.ndarray], column: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Estimate shares given no parent, the first, the first two, each from the one before."""
    n_values = len(np.unique(column))
    own = np.bincount(column, weights=people)[column]
    share = (own - 1 + 1) / (people.sum() - 1 + n_values)
    for n_parents in range(1, len(parents) + 1):
        given, _ = group_rows(parents[:n_parents])
        both, _ = group_rows([given, column])
        with_given = np.bincount(given, weights=people)[given] - 1
        with_both = np.bincount(both, weights=people)[both] - 1
        share = (with_both + _PRIOR_PEOPLE * share) / (with_given + _PRIOR_PEOPLE)
    return share


def _best_parents(
    before: Sequence[np.ndarray], column: np.ndarray, people: np.ndarray, n_best: int
) -> list[np.ndarray]:
    """Choose the columns that tell most about one, less what chance alone would tell."""
    n_people = people.sum()
    own = np.bincount(column, weights=people)
    gains = []
    for other in before:
        there = np.bincount(other, weights=people)
        both, first = group_rows([other, column])
        together = np.bincount(both, weights=people)
        chance = there[other[first]] * own[column[first]] / n_people
        degrees = (np.count_nonzero(there) - 1) * (np.count_nonzero(own) - 1)
        gain = (together * np.log(together / chance)).sum()
        gains.append(gain - degrees * np.log(n_people) / 8)
    best = np.argsort(-np.array(gains), kind="stable")[:n_best]
    return [before[at] for at in best]
