"""Operations on many segments of an array at once: sums, extremes, and the best cut of each.

A segment is a run of consecutive positions; `starts` holds the first position of each, in ascending
order, and every segment has at least one position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Segments", "gather_segments"]


@dataclass(frozen=True)
class Segments:
    """Consecutive runs of positions.

    Attributes
    ----------
    starts : numpy.ndarray of int64, shape (n_segments,)
    length : int
        Number of positions in all.
    of_position : numpy.ndarray of int64, shape (length,)
        The segment of each position.
    """

    starts: np.ndarray
    length: int
    of_position: np.ndarray

    @classmethod
    def from_sorted(cls, labels: np.ndarray) -> Segments:
        """Make the segments of equal labels in a sorted array.

        Examples
        --------
        >>> Segments.from_sorted(np.array([4, 4, 7])).starts.tolist()
        [0, 2]
        """
        new = np.empty(len(labels), dtype=bool)
        new[:1] = True
        np.not_equal(labels[1:], labels[:-1], out=new[1:])
        return cls(np.flatnonzero(new), len(labels), np.cumsum(new) - 1)

    def __len__(self) -> int:
        return len(self.starts)

    def sum(self, values: np.ndarray) -> np.ndarray:
        """Sum each segment; shape (n_segments, ...)."""
        return np.add.reduceat(values, self.starts, axis=0)

    def running_sum(self, values: np.ndarray) -> np.ndarray:
        """Sum from the start of the position's own segment to the position, itself included."""
        total = np.cumsum(values, axis=0)
        before = np.zeros((len(self.starts), *values.shape[1:]), dtype=total.dtype)
        before[1:] = total[self.starts[1:] - 1]
        return total - before[self.of_position]

    def argmax(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the largest value of each segment and the first position that has it."""
        largest = np.maximum.reduceat(values, self.starts)
        hits = np.flatnonzero(values == largest[self.of_position])
        first = np.empty(len(self.starts), dtype=np.int64)
        first[self.of_position[hits[::-1]]] = hits[::-1]
        return largest, first


def gather_segments(labels: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, Segments]:
    """Bring together the rows whose (non-negative) label is chosen.

    Parameters
    ----------
    labels : numpy.ndarray of int64, shape (n,)
    chosen : numpy.ndarray of int64, shape (n_labels,)
        For each label the number of its segment, -1 to leave it out.

    Returns
    -------
    rows : numpy.ndarray of int64
        The rows, by segment, within a segment in ascending order.
    segments : Segments
    """
    segment_of_row = chosen[labels]
    rows = np.flatnonzero(segment_of_row >= 0)
    rows = rows[np.argsort(segment_of_row[rows], kind="stable")]
    return rows, Segments.from_sorted(segment_of_row[rows])
