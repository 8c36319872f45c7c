"""Operations on many segments of an array at once: sums, extremes, and the best cut of each.

A segment is a run of consecutive positions; `starts` holds the first position of each, in ascending
order, and every segment has at least one position.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Segments", "distinct_sets", "gather_segments", "without_gaps"]


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


def without_gaps(labels: np.ndarray) -> np.ndarray:
    """Number labels from 0 in their order; negative ones, which stand for nothing, become -1.

    Examples
    --------
    >>> without_gaps(np.array([7, -1, 3, 7])).tolist()
    [1, -1, 0, 1]
    """
    result = np.full(len(labels), -1, dtype=np.int64)
    kept = labels >= 0
    result[kept] = np.unique(labels[kept], return_inverse=True)[1].reshape(-1)
    return result


def distinct_sets(
    group: np.ndarray, member: np.ndarray, n_groups: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Find which groups have the same set of members, so that each set is dealt with once.

    Parameters
    ----------
    group, member : numpy.ndarray of int64, shape (n_pairs,)
        Distinct pairs, sorted by group and then by member; every group has a member.
    n_groups : int

    Returns
    -------
    set_of_group : numpy.ndarray of int64, shape (n_groups,)
    sets : list of numpy.ndarray of int64
        The members of each set, ascending.

    Examples
    --------
    >>> of_group, sets = distinct_sets(np.array([0, 0, 1, 2, 2]), np.array([3, 5, 5, 3, 5]), 3)
    >>> [sets[number].tolist() for number in of_group]
    [[3, 5], [5], [3, 5]]
    """
    segments = Segments.from_sorted(group)
    size = np.diff(np.append(segments.starts, segments.length))
    # Two sums of scattered 64-bit words and the size: sets that agree in all three are the same.
    keys = [segments.sum(_scatter(member, salt)) for salt in (1, 2)]
    order = np.lexsort((*keys, size))
    new = np.ones(n_groups, dtype=bool)
    for column in (*keys, size):
        new[1:] &= column[order][1:] == column[order][:-1]
    new[1:] = ~new[1:]
    set_of_group = np.empty(n_groups, dtype=np.int64)
    set_of_group[order] = np.cumsum(new) - 1
    first = order[new]
    sets = [
        member[start : start + n]
        for start, n in zip(segments.starts[first], size[first], strict=True)
    ]
    return set_of_group, sets


def _scatter(values: np.ndarray, salt: int) -> np.ndarray:
    """Scatter small numbers over 64 bits (the finaliser of SplitMix64)."""
    x = (values.astype(np.uint64) + np.uint64(salt << 40)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
