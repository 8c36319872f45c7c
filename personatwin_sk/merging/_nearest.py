"""The nearest persona of people whom the fit has not seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize

__all__ = ["nearest_group"]

_CELLS_AT_ONCE = 4_000_000  # distances held in memory


def nearest_group(
    points: np.ndarray, centers: np.ndarray, exact: Sequence[tuple[pd.Series, pd.Series]] = ()
) -> np.ndarray:
    """Find the nearest centre of each point, the first of equally near ones.

    Parameters
    ----------
    points : numpy.ndarray of float, shape (n, d)
    centers : numpy.ndarray of float, shape (n_groups, d)
    exact : sequence of (values, values_of_groups)
        Columns in which a point and its group must have the same value.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        -1 where no group has the point's exact values.

    Examples
    --------
    >>> nearest_group(np.array([[0.1], [0.8]]), np.array([[0.0], [1.0]])).tolist()
    [0, 1]
    """
    result = np.full(len(points), -1, dtype=np.int64)
    squared = np.einsum("ij,ij->i", centers, centers)
    codes = [factorize(pd.concat([own, theirs], ignore_index=True))[0] for own, theirs in exact]
    step = max(1, _CELLS_AT_ONCE // max(len(centers), 1))
    for start in range(0, len(points), step):
        part = points[start : start + step]
        # Rounded, so that a tie is one whichever other points stand in the same block.
        distance = np.round(squared - 2 * part @ centers.T, 9)
        for code in codes:
            own, theirs = code[: len(points)][start : start + step], code[len(points) :]
            distance[own[:, None] != theirs] = np.inf
        best = np.argmin(distance, axis=1)
        reachable = np.isfinite(distance[np.arange(len(part)), best])
        result[start : start + step] = np.where(reachable, best, -1)
    return result
