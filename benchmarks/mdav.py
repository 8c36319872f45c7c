"""MDAV, the textbook microaggregation: the reference that published figures are of.

J. Domingo-Ferrer and V. Torra, "Ordinal, continuous and heterogeneous k-anonymity through
microaggregation", Data Mining and Knowledge Discovery 11, 2005. Time grows with n squared.
"""

from __future__ import annotations

import numpy as np

# 100 SSE/SST of the standardised columns, as published, for k = 3, 5, 10.
PUBLISHED = {
    "census": {3: 5.69, 5: 9.09, 10: 14.16},
    "tarragona": {3: 16.93, 5: 22.46, 10: 33.19},
}


def mdav(points: np.ndarray, k: int) -> np.ndarray:
    """Group points, k at least in each group.

    Parameters
    ----------
    points : numpy.ndarray of shape (n, d)
    k : int

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
    """
    labels = np.full(len(points), -1, dtype=np.int64)
    rest = np.arange(len(points))
    n_groups = 0

    def take_nearest(rest: np.ndarray, centre: np.ndarray) -> np.ndarray:
        nonlocal n_groups
        distance = _squared_distances(points[rest], centre)
        nearest = np.argsort(distance, kind="stable")[:k]
        labels[rest[nearest]] = n_groups
        n_groups += 1
        return np.delete(rest, nearest)

    while len(rest) >= 3 * k:
        centroid = points[rest].mean(axis=0)
        r = points[rest[_squared_distances(points[rest], centroid).argmax()]]
        s = points[rest[_squared_distances(points[rest], r).argmax()]]
        rest = take_nearest(rest, r)
        rest = take_nearest(rest, s)
    if len(rest) >= 2 * k:
        centroid = points[rest].mean(axis=0)
        r = points[rest[_squared_distances(points[rest], centroid).argmax()]]
        rest = take_nearest(rest, r)
    labels[rest] = n_groups
    return labels


def _squared_distances(points: np.ndarray, centre: np.ndarray) -> np.ndarray:
    difference = points - centre
    return np.einsum("ij,ij->i", difference, difference)
