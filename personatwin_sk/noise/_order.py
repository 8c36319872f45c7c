"""Keeping the order of a person's events when their dates are moved."""

from __future__ import annotations

import numpy as np

__all__ = ["repair_order"]


def repair_order(true_time: np.ndarray, moved: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Raise moved dates so that none precedes that of an earlier event of the same person.

    The released date is the larger of the event's own moved date and the largest moved date among
    the person's *strictly* earlier events: a running maximum. Events at the same true time do not
    push each other. Nothing moves further than the draws did: an earlier event's moved date is at
    most its true date plus the largest displacement, hence at most the later one's plus that.

    Parameters
    ----------
    true_time : numpy.ndarray of int64, shape (n,)
        True times, in any unit.
    moved : numpy.ndarray of int64, shape (n,)
        Moved dates as day numbers.
    people : numpy.ndarray of int64, shape (n,)
        Whose event each is: codes from 0.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)

    Examples
    --------
    >>> people = np.zeros(3, dtype=np.int64)
    >>> repair_order(np.array([1, 2, 2]), np.array([9, 4, 12]), people).tolist()
    [9, 9, 12]
    """
    if len(moved) == 0:
        return moved.copy()
    order = _by_person_and_time(true_time, people)
    person, time = people[order], true_time[order]
    # Each person's days are lifted above those of the person before, so that one running maximum
    # over the whole table starts afresh with every person.
    lowest, height = int(moved.min()), int(moved.max()) - int(moved.min()) + 1
    lifted = moved[order] - lowest + person * height
    new_moment = np.empty(len(order), dtype=bool)
    new_moment[0] = True
    new_moment[1:] = (time[1:] != time[:-1]) | (person[1:] != person[:-1])
    starts = np.flatnonzero(new_moment)
    so_far = np.maximum.accumulate(np.maximum.reduceat(lifted, starts))
    earlier = np.concatenate([[0], so_far[:-1]])  # before the first moment of all: nothing
    repaired = np.maximum(lifted, earlier[np.cumsum(new_moment) - 1])
    result = np.empty_like(moved)
    result[order] = repaired - person * height + lowest
    return result


def _by_person_and_time(true_time: np.ndarray, people: np.ndarray) -> np.ndarray:
    lowest = int(true_time.min())
    span = int(true_time.max()) - lowest + 1
    if (int(people.max()) + 1) * span < 2**63:
        # One number per row sorts faster than two. Ties are one moment: their order has no effect.
        return np.argsort(people * span + (true_time - lowest))
    return np.lexsort((true_time, people))
