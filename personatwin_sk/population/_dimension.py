"""One column of a table of counts: which of its cells a query covers, and how much of each."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.labels import Interval
from personatwin_sk.population._figures import OLDEST
from personatwin_sk.population._reading import is_number, members

# Columns of which it is known where an open band ends.
_ENDS = {"age": (0, OLDEST)}


@dataclass(frozen=True)
class Query:
    """What the distinct cells of a queried column cover of a dimension.

    Parameters
    ----------
    starts : ndarray of int, shape (n + 1,)
        Cell i covers the entries from ``starts[i]`` to ``starts[i + 1]``.
    covered : ndarray of int, shape (n_entries,)
        Numbers of the covered cells of the dimension.
    shares : ndarray of shape (n_entries,)
        How much of each is covered.
    says_nothing : ndarray of bool, shape (n,)
        Whether the cell is null, or a set with null in it.
    unknown : ndarray of bool, shape (n,)
        Whether it asks for something that the dimension does not have.
    split : ndarray of bool, shape (n,)
        Whether it covers a part of a band.
    level : ndarray of int, shape (n,), optional
        Of a hierarchy: the position of the level of the coarsest value that is asked for; -1 where
        there is none.
    """

    starts: np.ndarray
    covered: np.ndarray
    shares: np.ndarray
    says_nothing: np.ndarray
    unknown: np.ndarray
    split: np.ndarray
    level: np.ndarray | None = None


class Dimension:
    """A column of a table of counts.

    Parameters
    ----------
    name : str
        Its name.
    cells : sequence of length n_cells
        The distinct cells. Numbers and labels of numbers are bands; everything else is a category.

    Examples
    --------
    >>> from personatwin_sk.population._dimension import Dimension
    >>> query = Dimension("age", ["0-9", "10-19"]).ask([(5, 19)])
    >>> query.covered.tolist(), query.shares.tolist()
    ([0, 1], [0.5, 1.0])
    """

    def __init__(self, name: Hashable, cells: Sequence[Any]) -> None:
        self.name = name
        self.n_cells = len(cells)
        self._category: dict[Hashable, list[int]] = {}
        bands = []
        for number, cell in enumerate(cells):
            label = _as_band(cell)
            if label is None:
                self._category.setdefault(_as_category(cell), []).append(number)
            else:
                bands.append((number, label.low, label.high))
        # By their low ends, so that those which a query touches are found without a look at all.
        bands.sort(key=lambda band: (band[1], band[2]))
        table = np.array(bands, dtype=float).reshape(-1, 3)
        self._number = table[:, 0].astype(np.int64)
        self._low, self._high = table[:, 1], table[:, 2]
        self._reach = np.maximum.accumulate(self._high)
        ends = table[:, 1:][np.isfinite(table[:, 1:])]
        # Ages, years, scores: "30-39" is ten of them. Otherwise a band is a length.
        self._is_whole = bool((ends == np.floor(ends)).all())
        self._alone: dict[Hashable, int] = {}
        if (self._low[1:] > self._reach[:-1]).all():
            self._alone = {_as_category(cells[number]): number for number in self._number.tolist()}

    def count_overlaps(self, codes: np.ndarray, others: Sequence[np.ndarray]) -> int:
        """Count the bands that begin before another band of the same people ends.

        Parameters
        ----------
        codes : ndarray of int, shape (n_rows,)
            The cell of this dimension in each row of the table.
        others : sequence of ndarray of int, shape (n_rows,)
            The cells of the other dimensions: rows that have them alike are of the same people.

        Returns
        -------
        int
        """
        band_of_cell = np.full(self.n_cells, -1)
        band_of_cell[self._number] = np.arange(len(self._number))
        band = band_of_cell[codes]
        return count_overlaps(band, self._low, self._high, others, whole=self._is_whole)

    def ask(self, cells: Sequence[Any]) -> Query:
        """Read what the distinct cells of a queried column cover.

        Parameters
        ----------
        cells : sequence of length n
            Values, labels, pairs, sets, or None.

        Returns
        -------
        Query
        """
        says_nothing, unknown, split = (np.zeros(len(cells), dtype=bool) for _ in range(3))
        covered: list[int] = []
        shares: list[float] = []
        sizes = np.zeros(len(cells), dtype=np.int64)
        for position, cell in enumerate(cells):
            weights: dict[int, float] = {}
            try:
                says_nothing[position], unknown[position] = self._cover(cell, weights)
            except ValueError:
                unknown[position] = True
            sizes[position] = len(weights)
            split[position] = any(share < 1 for share in weights.values())
            covered += weights
            shares += weights.values()
        return Query(
            starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            covered=np.array(covered, dtype=np.int64),
            shares=np.array(shares, dtype=float),
            says_nothing=says_nothing,
            unknown=unknown,
            split=split,
        )

    def _cover(self, cell: Any, weights: dict[int, float]) -> tuple[bool, bool]:
        """Write down what a cell covers; return whether it says nothing, or is unknown."""
        whole = _as_category(cell)
        if whole is not None and whole in self._category:
            weights.update(dict.fromkeys(self._category[whole], 1.0))
            return False, False
        if whole in self._alone and not isinstance(cell, bool | np.bool_):  # True equals 1
            weights[self._alone[whole]] = 1.0
            return False, False
        labels = members(cell)
        if any(label is None for label in labels):
            return True, False
        unknown = False
        bands = []
        covered: dict[int, float] = {}
        for label in labels:
            band = _as_band(label)
            if band is not None:
                bands.append(band)
            elif label in self._category:
                covered.update(dict.fromkeys(self._category[label], 1.0))
            else:
                unknown = True
        for band in _union(bands, whole=self._is_whole):
            numbers, shares, is_known = self._share(band)
            for number, share in zip(numbers.tolist(), shares.tolist(), strict=True):
                covered[number] = covered.get(number, 0.0) + share
            unknown |= not is_known
        for number in sorted(covered):
            if covered[number] > 0:
                weights[number] = covered[number]
        return False, unknown

    def _share(self, band: Interval) -> tuple[np.ndarray, np.ndarray, bool]:
        """Return the cells that a band touches, the share of each it covers, and if it is known."""
        step = 1 if self._is_whole else 0
        near = slice(
            int(np.searchsorted(self._reach, band.low, "left")),
            int(np.searchsorted(self._low, band.high, "right")),
        )
        low, high, number = self._low[near], self._high[near], self._number[near]
        touched = high >= band.low
        low, high, number = low[touched], high[touched], number[touched]
        covered = (low >= band.low) & (high <= band.high)
        first, last = _ENDS.get(str(self.name), (-math.inf, math.inf))
        low, high = np.maximum(low, first), np.minimum(high, last)
        partly = ~covered
        if np.isinf(low[partly]).any() or np.isinf(high[partly]).any():
            return number, np.zeros(len(number)), False  # a part of what has no end
        share = covered.astype(float)
        overlap = np.minimum(high, band.high) - np.maximum(low, band.low) + step
        share[partly] = (overlap[partly] / (high - low + step)[partly]).clip(0, 1)
        return number, share, len(number) > 0


def count_overlaps(
    band: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    others: Sequence[np.ndarray],
    *,
    whole: bool,
) -> int:
    """Count the bands that begin before another band of the same people ends.

    Parameters
    ----------
    band : ndarray of int, shape (n_rows,)
        The number of each row's band; -1 for none.
    low, high : ndarray of shape (n_bands,)
        The ends of the bands.
    others : sequence of ndarray of int, shape (n_rows,)
        Rows that have all of them alike are of the same people.
    whole : bool
        Whether bands are of whole numbers, so that two of them must not even touch.

    Returns
    -------
    int

    Examples
    --------
    >>> import numpy as np
    >>> low, high = np.array([0, 5]), np.array([9, 14])
    >>> count_overlaps(np.array([0, 1]), low, high, [], whole=True)
    1
    """
    rows = np.flatnonzero(band >= 0)
    if not len(rows):
        return 0
    same = np.zeros(len(rows), dtype=np.int64)
    if others:
        same, _ = group_rows([other[rows] for other in others])
    band = band[rows]
    order = np.lexsort((high[band], low[band], same))
    same, band = same[order], band[order]
    low, high = low[band], high[band]
    begins_inside = low[1:] <= high[:-1] if whole else low[1:] < high[:-1]
    # Two rows of one and the same band are added up; that is no overlap.
    return int(((same[1:] == same[:-1]) & begins_inside & (band[1:] != band[:-1])).sum())


def _as_band(cell: Any) -> Interval | None:
    """Return a number or a label of numbers as a band; None for anything else."""
    labels = members(cell)
    if len(labels) != 1:
        return None
    if is_number(labels[0]):
        return Interval(labels[0], labels[0])  # type: ignore[arg-type]
    return labels[0] if isinstance(labels[0], Interval) else None


def _as_category(cell: Any) -> Hashable:
    """Return what a category is found by: its text without the blanks around it, or its label."""
    if isinstance(cell, str):
        return cell.strip() or None
    return cell if isinstance(cell, Hashable) else None


def _union(bands: Iterable[Interval], *, whole: bool) -> list[Interval]:
    """Return bands that do not overlap and cover the same; in whole numbers if these are meant."""
    merged: list[Interval] = []
    for band in sorted(bands, key=lambda band: (band.low, band.high)):
        if whole:
            band = Interval(_floor(band.low), _floor(band.high))
        if merged and band.low <= merged[-1].high + (1 if whole else 0):
            merged[-1] = Interval(merged[-1].low, max(merged[-1].high, band.high))
        else:
            merged.append(band)
    return merged


def _floor(end: float) -> float:
    return math.floor(end) if math.isfinite(end) else end
