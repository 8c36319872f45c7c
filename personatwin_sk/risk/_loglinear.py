r"""How likely a released value of some columns is, given those of others, from the file alone.

With :math:`q = P(B \mid A)` of a person: what the population does not count (B), given what it does
(A). A table of all columns is mostly empty, so q is a product over the columns of B of
:math:`P(b_j \mid \text{parents})`, where the parents are the few columns before it that tell most
about it: a log-linear model. Shares given more parents are pulled towards those given fewer.
Each person is left out of their own estimate, so that the file itself says which parents, and how
strong a pull, predict best.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from personatwin_sk._core.cells import group_rows

__all__ = ["calibrate", "conditional_shares"]

# People that the coarser estimate may count for, beside those of the finer one.
_PRIOR_PEOPLE = (1.0, 2.0, 4.0, 8.0, 16.0)
_MOST_PARENTS = 3
# Columns that are tried as parents: those that tell most by themselves, as they are, and in so many
# parts of equally many people (ages of a few people each tell little, halves of a life much).
_MOST_TRIED = 16
_PARTS = (2, 5)
# A further parent has to raise the log-likelihood by so much: about what chance alone gives.
_LEAST_GAIN = 2.0
# Pairs that are added on both sides, so that a file without pairs does not say "unique".
_PRIOR_PAIRS = 1.0


def conditional_shares(
    known: Sequence[np.ndarray], unknown: Sequence[np.ndarray], people: np.ndarray
) -> np.ndarray:
    """Estimate how likely each class's unknown values are, given its known ones.

    Parameters
    ----------
    known, unknown : sequence of ndarray of int64, each of shape (n_classes,)
        Codes of the released values of each class, from 0; where the values have an order, in it.
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
    # Which column comes first makes a difference to the parents; both ways are as good.
    ways = [list(unknown), list(unknown)[::-1]]
    log_share = np.mean([_log_shares(known, columns, people) for columns in ways], axis=0)
    return np.exp(np.minimum(log_share, -1e-12))


def _log_shares(
    known: Sequence[np.ndarray], unknown: Sequence[np.ndarray], people: np.ndarray
) -> np.ndarray:
    """Multiply the shares of columns, each given those before it."""
    log_share = np.zeros(len(people))
    before = list(known)
    for column in unknown:
        log_share += np.log(_best_shares(before, column, people))
        before.append(column)
    return log_share


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


def _best_shares(
    before: Sequence[np.ndarray], column: np.ndarray, people: np.ndarray
) -> np.ndarray:
    """Estimate shares given one more parent as long as that predicts better.

    How well shares predict is told by the likelihood of each person's value given all others'.
    """
    own = np.bincount(column, weights=people)[column]
    share = own / (people.sum() - 1 + len(np.unique(column)))
    likelihood = (people * np.log(share)).sum()
    parents: list[np.ndarray] = []
    left = _most_telling(before, column, people)
    while left and len(parents) < _MOST_PARENTS:
        tried = [_smoothed([*parents, other], column, people, share) for other in left]
        likelihoods = [(people * np.log(shares)).sum() for shares in tried]
        best = int(np.argmax(likelihoods))
        if likelihoods[best] <= likelihood + _LEAST_GAIN:
            break
        likelihood, share = likelihoods[best], tried[best]
        parents.append(left.pop(best))
    return share


def _smoothed(
    parents: Sequence[np.ndarray], column: np.ndarray, people: np.ndarray, coarser: np.ndarray
) -> np.ndarray:
    """Estimate shares given parents, pulled towards coarser ones as much as predicts best."""
    given, _ = group_rows(parents)
    both, _ = group_rows([*parents, column])
    with_given = np.bincount(given, weights=people)[given] - 1
    with_both = np.bincount(both, weights=people)[both] - 1
    ways = [(with_both + m * coarser) / (with_given + m) for m in _PRIOR_PEOPLE]
    return max(ways, key=lambda share: float((people * np.log(share)).sum()))


def _most_telling(
    before: Sequence[np.ndarray], column: np.ndarray, people: np.ndarray
) -> list[np.ndarray]:
    """Choose the columns that tell most about one, less what chance alone would tell."""
    n_people = people.sum()
    before = [*before, *(part for other in before for part in _in_parts(other, people))]
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
    order = np.argsort(-np.array(gains), kind="stable")[:_MOST_TRIED]
    return [before[at] for at in order]


def _in_parts(column: np.ndarray, people: np.ndarray) -> list[np.ndarray]:
    """Cut a column in its order into parts of about equally many people, where it has more values.

    Of values without an order the parts mean nothing, and predict nothing.
    """
    of_value = np.bincount(column, weights=people)
    middle = (np.cumsum(of_value) - of_value / 2) / of_value.sum()
    n_values = np.count_nonzero(of_value)
    return [
        np.minimum((middle * n).astype(np.int64), n - 1)[column] for n in _PARTS if n_values > n
    ]
