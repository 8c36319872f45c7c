"""Exact optimum for one ordered key: classes are runs of neighbouring values.

F. Hansen and Mukherjee's shortest path ("A polynomial algorithm for optimal univariate
microaggregation", IEEE TKDE 2003) on cells with counts. A run that could itself be cut into two
classes is never needed, so each value looks back on few others; values that do not depend on one
another are settled together.
"""

from __future__ import annotations

import numpy as np

__all__ = ["partition_line"]


def partition_line(values: np.ndarray, people: np.ndarray, k: int) -> np.ndarray:
    """Partition values into runs of at least k people with the least sum of squares.

    Parameters
    ----------
    values : numpy.ndarray of float, shape (n,)
        Ascending and distinct.
    people : numpy.ndarray of float, shape (n,)
        At least k in all.
    k : int

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        The class of each value, ascending from 0.

    Examples
    --------
    >>> partition_line(np.array([1.0, 2, 3, 7, 8, 9, 20]), np.ones(7), k=2).tolist()
    [0, 0, 0, 1, 1, 2, 2]
    """
    n = len(values)
    centred = values - np.average(values, weights=people)
    count = np.concatenate([[0.0], np.cumsum(people)])
    first = np.concatenate([[0.0], np.cumsum(people * centred)])
    second = np.concatenate([[0.0], np.cumsum(people * centred**2)])
    # latest[j]: the last start whose run up to j (exclusive) holds k people; -1 where none does.
    latest = np.searchsorted(count, count - k + 1e-9, side="right") - 1
    earliest = np.where(latest >= 0, np.maximum(latest[np.maximum(latest, 0)] + 1, 0), 0)
    least = np.full(n + 1, np.inf)
    least[0] = 0.0
    start_of = np.zeros(n + 1, dtype=np.int64)
    ready = 1
    while ready <= n:
        # All ends whose starts are settled; `latest` ascends, so they are a run.
        stop = int(np.searchsorted(latest, ready, side="left"))
        ends = np.arange(ready, max(stop, ready + 1))
        possible = latest[ends] >= 0
        if possible.any():
            ends = ends[possible]
            width = int((latest[ends] - earliest[ends]).max()) + 1
            starts = latest[ends][:, None] - np.arange(width)
            valid = starts >= earliest[ends][:, None]
            starts = np.maximum(starts, 0)
            weight = count[ends][:, None] - count[starts]
            total = first[ends][:, None] - first[starts]
            squares = second[ends][:, None] - second[starts] - total**2 / weight
            cost = np.where(valid, least[starts] + np.maximum(squares, 0.0), np.inf)
            best = np.argmin(cost, axis=1)
            least[ends] = cost[np.arange(len(ends)), best]
            start_of[ends] = starts[np.arange(len(ends)), best]
            ready = int(ends[-1]) + 1
        else:
            ready = max(stop, ready + 1)
    cuts = [n]
    while cuts[-1] > 0:
        cuts.append(int(start_of[cuts[-1]]))
    is_start = np.zeros(n, dtype=np.int64)
    is_start[cuts[1:-1]] = 1
    return np.cumsum(is_start)
