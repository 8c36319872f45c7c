"""How many personas and people there are by size of persona."""

from __future__ import annotations

import numpy as np

_MOST_BINS = 10


def size_bins(class_sizes: np.ndarray, least_people: int = 0) -> list[tuple[str, int, int]]:
    """Count personas and people by size of persona.

    Every persona holds at least k people, so every bin that is not empty rests on at least k; empty
    ones are left out.

    Parameters
    ----------
    class_sizes : numpy.ndarray of int64, shape (n_personas,)
    least_people : int, default=0
        Neighbouring bins become one until each holds so many people.

    Returns
    -------
    list of (range of sizes, personas, people)

    Examples
    --------
    >>> size_bins(np.array([5, 5, 6, 9]))
    [('5', 2, 10), ('6', 1, 6), ('9', 1, 9)]
    >>> size_bins(np.array([5, 5, 6, 9]), least_people=10)
    [('5', 2, 10), ('6 to 9', 2, 15)]
    """
    low, high = int(class_sizes.min()), int(class_sizes.max())
    if high - low < _MOST_BINS:
        edges = np.arange(low, high + 2)
    else:
        # Equal ratios: sizes are skewed, most personas are near the smallest.
        edges = np.unique(np.rint(np.geomspace(low, high + 1, _MOST_BINS + 1)).astype(int))
    number = np.searchsorted(edges, class_sizes, side="right") - 1
    personas = np.bincount(number, minlength=len(edges) - 1)
    people = np.bincount(number, weights=class_sizes, minlength=len(edges) - 1)
    bins: list[list[int]] = []
    for first, end, n, m in zip(edges[:-1], edges[1:], personas, people, strict=True):
        if not n:
            continue
        if bins and bins[-1][3] < least_people:
            bins[-1][1:] = [int(end) - 1, bins[-1][2] + int(n), bins[-1][3] + int(m)]
        else:
            bins.append([int(first), int(end) - 1, int(n), int(m)])
    if len(bins) > 1 and bins[-1][3] < least_people:
        _, end, n, m = bins.pop()
        bins[-1][1:] = [end, bins[-1][2] + n, bins[-1][3] + m]
    return [(_range(first, last), n, m) for first, last, n, m in bins]


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
