"""Climb just as far as needed, until every label stands for enough people.

What a label covers is what is left of its place after finer labels are taken out. Where that is too
small the finer labels below it go up too: its children first, and whatever is below them only if
that was not enough. Where there are none left, the label itself goes up.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["labels_at", "released_labels"]


def labels_at(chains: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Give each place the finest label that is allowed.

    Parameters
    ----------
    chains : ndarray of int, shape (n_places, n_levels)
        The label of each place at each level, the finest level first. Where a place has none at a
        level, the label is that of the next level above at which it has one. The last column is the
        root, which is always allowed.
    allowed : ndarray of bool, shape (n_labels,)

    Returns
    -------
    ndarray of int, shape (n_places,)

    Examples
    --------
    >>> import numpy as np
    >>> labels_at(np.array([[0, 2], [1, 2]]), np.array([True, False, True])).tolist()
    [0, 2]
    """
    first = np.argmax(allowed[chains], axis=1)
    return chains[np.arange(len(chains)), first]


def released_labels(
    chains: np.ndarray,
    rank: np.ndarray,
    allowed: np.ndarray,
    count: Callable[[np.ndarray], np.ndarray],
    minimum: float,
) -> np.ndarray:
    """Say which labels may be released, so that each one that is given stands for enough people.

    Parameters
    ----------
    chains : ndarray of int, shape (n_places, n_levels)
        As in `labels_at`.
    rank : ndarray of int, shape (n_labels,)
        The level of each label: the first column of `chains` that it stands in.
    allowed : ndarray of bool, shape (n_labels,)
        Labels that may be released as far as anything else is concerned.
    count : callable
        Takes the label of each place, shape (n_places,), and gives the people of each label, shape
        (n_labels,). More places under a label are never fewer people.
    minimum : float
        So many people each label has to stand for.

    Returns
    -------
    ndarray of bool, shape (n_labels,)
        The root stays allowed: above it there is nothing. It is held to the minimum as well, if
        anybody is known to be left to it, by having the labels below it go up.

    Examples
    --------
    A state of three counties: the small one takes the others along, as alone it would be the state.

    >>> import numpy as np
    >>> people = np.array([5, 90, 80])
    >>> chains = np.array([[0, 3], [1, 3], [2, 3]])
    >>> def count(labels):
    ...     return np.bincount(labels, weights=people, minlength=4)
    >>> released_labels(chains, np.array([0, 0, 0, 1]), np.ones(4, dtype=bool), count, 20).tolist()
    [False, False, False, True]
    """
    allowed = allowed.copy()
    root = chains.shape[1] - 1
    while True:
        short = _short(chains, rank, allowed, count, minimum)
        if not short.any():
            return allowed
        level = int(rank[short].min())
        short &= rank == level
        before = int(allowed.sum())
        for finer in range(level - 1, -1, -1):
            below = chains[short[chains[:, level]], finer]
            allowed[below[rank[below] == finer]] = False
            short &= _short(chains, rank, allowed, count, minimum)
            if not short.any():
                break
        if level < root:
            allowed[short] = False
        elif int(allowed.sum()) == before:
            return allowed


def _short(
    chains: np.ndarray,
    rank: np.ndarray,
    allowed: np.ndarray,
    count: Callable[[np.ndarray], np.ndarray],
    minimum: float,
) -> np.ndarray:
    """Say which labels are given to places and stand for too few people."""
    labels = labels_at(chains, allowed)
    given = np.bincount(labels, minlength=len(rank)) > 0
    people = count(labels)
    # What is left to the root without any known people is no reason to give up everything else:
    # how many people live there is not known, and there is nothing above to send them to.
    is_unknown_rest = (rank == chains.shape[1] - 1) & (people == 0)
    return given & (people < minimum) & ~is_unknown_rest
