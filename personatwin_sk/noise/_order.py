"""Keeping the order of a person's events when their dates are moved: isotonic repair.

References
----------
Barlow, Bartholomew, Bremner, Brunk (1972). Statistical inference under order restrictions: the
isotonic regression, its bounds, and pooling adjacent violators in any sequence.
"""

from __future__ import annotations

import numpy as np

__all__ = ["repair_order", "sort_events"]

_SECONDS = 86_400


def repair_order(
    times: np.ndarray, days: np.ndarray, moved: np.ndarray, people: np.ndarray
) -> np.ndarray:
    r"""Change moved days as little as possible so that they stand in the true order.

    Of all days :math:`r` for a person's events such that a later true moment never has an earlier
    one, and a later true *day* has a strictly later one, those with the least
    :math:`\sum (r_i - m_i)^2`, before rounding to whole days (halves up). With :math:`c_i` the
    number of the true day among the person's distinct days, :math:`r_i = x_i + c_i`, where
    :math:`x` is the isotonic regression of :math:`m_i - c_i`. Events at the same moment have no
    order among themselves. Equal days come out only for events of one true day.

    Everything is done in whole numbers, so that nothing depends on how a table is cut or sorted.

    Parameters
    ----------
    times : numpy.ndarray of int64, shape (n,)
        True moments in seconds, which say what is earlier.
    days : numpy.ndarray of int64, shape (n,)
        True days; they never fall as the moments of a person rise.
    moved : numpy.ndarray of int64, shape (n,)
        Moved days.
    people : numpy.ndarray of int64, shape (n,)
        Whose event each is: codes from 0.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)

    Notes
    -----
    If no moved day is further than :math:`b` from its true day, no repaired one is: as
    :math:`d_i - c_i` never falls, :math:`d_i - c_i - b` and :math:`d_i - c_i + b` are bounds of
    :math:`m_i - c_i` that never fall either, and isotonic regression stays between such bounds;
    they are whole numbers, so that rounding keeps to them too.

    Examples
    --------
    Two days that changed places meet in the middle, and stay one after the other:

    >>> days, people = np.array([0, 1, 9]), np.zeros(3, dtype=np.int64)
    >>> repair_order(days * 86_400, days, np.array([4, 1, 8]), people).tolist()
    [2, 3, 8]
    """
    if len(moved) == 0:
        return moved.copy()
    # Without times of day the day says it all, in a number that is 86,400 times smaller.
    moments = days if np.array_equal(days * _SECONDS, times) else times
    order = sort_events(moments, people, moved - days)
    person, day = people[order], days[order]
    new_person = _changes(person)
    # Counted through the whole table: what a person's numbers start from cancels out.
    number = np.cumsum(new_person | _changes(day))
    result = np.empty_like(moved)
    result[order] = _isotonic(moved[order] - number, new_person) + number
    return result


def sort_events(
    moments: np.ndarray, people: np.ndarray, ties: np.ndarray | None = None
) -> np.ndarray:
    """Give the rows by person, moment and, within one moment, by `ties`.

    Parameters
    ----------
    moments, people : numpy.ndarray of int64, shape (n,)
        Whole numbers of any unit, and codes from 0.
    ties : numpy.ndarray of int64, shape (n,), or None
        None: rows of one moment come in any order.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)

    Examples
    --------
    >>> sort_events(np.array([7, 5, 6]), np.array([0, 1, 0])).tolist()
    [2, 0, 1]
    """
    low = int(moments.min())
    height = int(moments.max()) - low + 1
    last, width = (0, 1) if ties is None else (int(ties.min()), int(ties.max() - ties.min()) + 1)
    if (int(people.max()) + 1) * height * width >= 2**63:
        return np.lexsort((moments, people) if ties is None else (ties, moments, people))
    # One number per row sorts faster than three. Where it ties, so does all that is looked at.
    key = people * height + (moments - low)
    if ties is not None:
        key = key * width + (ties - last)
    if (key[1:] >= key[:-1]).all():
        return np.arange(len(key))
    return np.argsort(key)


def _changes(values: np.ndarray) -> np.ndarray:
    changes = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def _isotonic(values: np.ndarray, new_group: np.ndarray) -> np.ndarray:
    """Give the isotonic regression of each run of rows that belong together, in whole numbers."""
    falls = ~new_group[1:] & (values[1:] < values[:-1])
    if not falls.any():
        return values
    group = np.cumsum(new_group) - 1
    is_open = np.zeros(int(group[-1]) + 1, dtype=bool)
    is_open[group[1:][falls]] = True
    rows = np.flatnonzero(is_open[group])
    result = values.copy()
    result[rows] = _pool(values[rows], group[rows], is_open)
    return result


def _pool(values: np.ndarray, group: np.ndarray, is_open: np.ndarray) -> np.ndarray:
    """Pool adjacent violators of all groups at once.

    Neighbours of which the left one has the larger mean end up in one block whatever else is
    pooled, so that each round pools all runs of such neighbours. Groups without any are done.
    """
    level, starts_block = values.copy(), np.zeros(len(values), dtype=bool)
    first, total = np.arange(len(values)), values
    size = np.ones(len(values), dtype=np.int64)
    while len(first):
        mean = total // size
        rest = total - mean * size  # of the mean's fraction, as rest / size
        falls = (mean[:-1] > mean[1:]) | (
            (mean[:-1] == mean[1:]) & (rest[:-1] * size[1:] > rest[1:] * size[:-1])
        )
        falls &= group[:-1] == group[1:]
        is_open[group] = False
        is_open[group[1:][falls]] = True
        goes_on = is_open[group]
        done = first[~goes_on]
        starts_block[done] = True
        level[done] = (mean + (2 * rest >= size))[~goes_on]  # halves up
        # Groups go on or are done as a whole: what goes on still stands side by side.
        starts = np.flatnonzero(np.concatenate([[True], ~falls])[goes_on])
        first, group = first[goes_on][starts], group[goes_on][starts]
        if len(starts):
            total = np.add.reduceat(total[goes_on], starts)
            size = np.add.reduceat(size[goes_on], starts)
    last_start = np.maximum.accumulate(np.where(starts_block, np.arange(len(values)), 0))
    return np.asarray(level[last_start])
