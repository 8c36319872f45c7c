"""Which parts of boxes are covered once, and by whom: one sweep over the sorted ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Segments", "sweep"]


@dataclass(frozen=True, repr=False)
class Segments:
    """Stretches of rows that are covered equally all along, sorted by row and start.

    Attributes
    ----------
    row, low, high : ndarray of int64, shape (n_segments,)
        First and last position.
    owner : ndarray of int64, shape (n_segments,)
        Who covers the segment alone; -1 where several do.
    """

    row: np.ndarray
    low: np.ndarray
    high: np.ndarray
    owner: np.ndarray

    def __repr__(self) -> str:
        return f"Segments(n_segments={len(self.row)})"

    def alone(self, row: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Count the positions from low to high in a row that one owner covers alone.

        Parameters
        ----------
        row, low, high : ndarray of int64, shape (n,)

        Returns
        -------
        ndarray of int64, shape (n,)
        """
        if not len(self.row):
            return np.zeros(len(row), dtype=np.int64)
        width = max(int(self.high.max()), int(high.max(initial=0))) + 2
        key = self.row * width + self.low
        length = np.where(self.owner >= 0, self.high - self.low + 1, 0)
        before = np.cumsum(length) - length

        def up_to(position: np.ndarray) -> np.ndarray:
            at = np.searchsorted(key, row * width + position, "right") - 1
            found = np.maximum(at, 0)
            inside = np.where(self.row[found] == row, position - self.low[found], length[found])
            return np.where(at < 0, 0, before[found] + np.minimum(inside, length[found]))

        return up_to(high + 1) - up_to(low)


def sweep(row: np.ndarray, low: np.ndarray, high: np.ndarray, owner: np.ndarray) -> Segments:
    """Cut stretches where their cover changes.

    Parameters
    ----------
    row, low, high, owner : ndarray of int64, shape (n,)
        Who covers which positions of which row.

    Returns
    -------
    Segments

    Examples
    --------
    >>> import numpy as np
    >>> zero = np.zeros(2, dtype=np.int64)
    >>> found = sweep(zero, np.array([0, 3]), np.array([5, 9]), np.array([7, 8]))
    >>> found.low.tolist(), found.high.tolist(), found.owner.tolist()
    ([0, 3, 6], [2, 5, 9], [7, -1, 8])
    """
    rows = np.concatenate([row, row])
    position = np.concatenate([low, high + 1])
    order = np.lexsort((position, rows))
    rows, position = rows[order], position[order]
    sign = np.concatenate([np.ones(len(row), np.int64), -np.ones(len(row), np.int64)])[order]
    cover = np.cumsum(sign)
    # Where there is one owner, the sum of owners is that one.
    owners = np.cumsum(sign * np.concatenate([owner, owner])[order])
    real = cover > 0
    real[:-1] &= (rows[1:] == rows[:-1]) & (position[1:] > position[:-1])
    at = np.flatnonzero(real)
    return Segments(
        row=rows[at],
        low=position[at],
        high=position[at + 1] - 1,
        owner=np.where(cover[at] == 1, owners[at], -1),
    )
