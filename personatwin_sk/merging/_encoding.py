"""Encoding of mixed key variables into one Euclidean space.

Squared distances follow Gower: an ordered column spans 0 to 1 over its range, two different
categories are 1 apart, places are nearer if their common ancestor is lower, and null is a value of
its own, 1 away from every other.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import is_null
from personatwin_sk.merging._kinds import Kind, as_numbers, kind_of, label_ends
from personatwin_sk.population.places import climb

__all__ = ["Encoding"]

# More indicators than this would cost more than they tell: rarer categories share the last one.
_MAX_INDICATORS = 64
_PLACE_LEVELS = ("county", "state", "region")


class _ColumnEncoding:
    """How one column becomes numbers."""

    def __init__(self, values: pd.Series, people: np.ndarray) -> None:
        self.kind: Kind = kind_of(values)
        missing = is_null(values)
        self._known_rows = np.flatnonzero(~missing)
        self._known_values = pd.Index(values[~missing])
        if self.kind.name == "ordered":
            ends = np.concatenate([self.kind.low[~missing], self.kind.high[~missing]])
            self._origin = float(ends.min()) if len(ends) else 0.0
            spread = float(ends.max() - ends.min()) if len(ends) else 0.0
            self._scale = 1.0 / spread if spread > 0 else 0.0
            weights = people[~missing].astype(float)
            middle = (self.kind.low + self.kind.high)[~missing] / 2
            # Null sits at the mean of the others; its own indicator holds it apart.
            self._fill = float(np.average(middle, weights=weights)) if len(ends) else 0.0
            self._table = self._ordered(self.kind.low, self.kind.high)
        else:
            self._table = self._indicators(values, missing, people)
        self._null_row = self._row_of_null()
        self._table[missing] = self._null_row

    def _ordered(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Encode ordered values by their two ends; equal ends add up to the plain distance."""
        missing = np.isnan(low)
        ends = np.stack([low, high], axis=1)
        ends[missing] = self._fill
        scaled = (ends - self._origin) * self._scale
        scaled = scaled / np.sqrt(2.0) if self.kind.is_labelled else scaled[:, :1]
        return np.hstack([scaled, missing[:, None].astype(float)])

    def _indicators(self, values: pd.Series, missing: np.ndarray, people: np.ndarray) -> np.ndarray:
        if self.kind.name == "place":
            levels = [
                pd.Series([None if area is None else climb(area, level).label
                           for area in self.kind.areas], dtype=object)
                for level in _PLACE_LEVELS
            ]  # fmt: skip
        else:
            levels = [values]
        blocks = [_indicator_block(level, people) / np.sqrt(len(levels)) for level in levels]
        return np.hstack([*blocks, missing[:, None].astype(float) / np.sqrt(2.0)])

    def _row_of_null(self) -> np.ndarray:
        row = np.zeros(self._table.shape[1])
        if self.kind.name == "ordered":
            row[:-1] = (self._fill - self._origin) * self._scale
            if self.kind.is_labelled:
                row[:-1] /= np.sqrt(2.0)
            row[-1] = 1.0
        else:
            row[-1] = np.sqrt(0.5)
        return row

    def table(self) -> np.ndarray:
        """Give the encoded distinct values, shape (n_values, n_dimensions)."""
        return self._table

    def encode(self, values: pd.Series) -> np.ndarray:
        """Encode values that may be new, shape (n, n_dimensions)."""
        if self.kind.name == "ordered":
            if self.kind.is_labelled:
                codes, distinct = factorize(values)
                ends = np.array([label_ends(value) or (np.nan, np.nan) for value in distinct])
                encoded = self._ordered(ends[:, 0], ends[:, 1])[codes]
            else:
                numbers = as_numbers(values)
                encoded = self._ordered(numbers, numbers)
        else:
            position = self._known_values.get_indexer(values)
            encoded = np.zeros((len(values), self._table.shape[1]))
            seen = position >= 0
            # A category never seen is as far from every other: it gets no indicator at all.
            encoded[seen] = self._table[self._known_rows[position[seen]]]
        encoded[is_null(values)] = self._null_row
        return encoded


def _indicator_block(values: pd.Series, people: np.ndarray) -> np.ndarray:
    """Encode categories as indicators of weight 1/sqrt(2): two different ones are 1 apart."""
    codes, distinct = pd.factorize(values, sort=False, use_na_sentinel=True)
    counts = np.bincount(codes[codes >= 0], weights=people[codes >= 0], minlength=len(distinct))
    # By frequency, ties by the value itself, so that the order of rows has no say.
    order = np.lexsort((pd.Series(distinct).astype(str).to_numpy(dtype=str), -counts))
    rank = np.empty(len(distinct) + 1, dtype=np.int64)
    rank[order] = np.minimum(np.arange(len(distinct)), _MAX_INDICATORS - 1)
    rank[-1] = -1
    ranks = rank[codes]
    block = np.zeros((len(values), min(len(distinct), _MAX_INDICATORS)))
    rows = np.flatnonzero(ranks >= 0)
    block[rows, ranks[rows]] = np.sqrt(0.5)
    return block


class Encoding:
    """The encoding of all key variables, learnt from the cells of a fit.

    Parameters
    ----------
    values : sequence of pandas.Series
        Distinct values of each column.
    codes : numpy.ndarray of int64, shape (n_cells, n_columns)
    people : numpy.ndarray of int64, shape (n_cells,)
    """

    def __init__(
        self, values: tuple[pd.Series, ...], codes: np.ndarray, people: np.ndarray
    ) -> None:
        self._columns = []
        for j, column in enumerate(values):
            held_by = np.bincount(codes[:, j], weights=people, minlength=len(column))
            self._columns.append(_ColumnEncoding(column, held_by))
        self._codes = codes

    @property
    def kinds(self) -> list[Kind]:
        """The kind of each column."""
        return [column.kind for column in self._columns]

    def matrix(self) -> np.ndarray:
        """Give the encoded cells, shape (n_cells, n_dimensions)."""
        return np.hstack(
            [column.table()[self._codes[:, j]] for j, column in enumerate(self._columns)]
        )

    def encode(self, columns: list[pd.Series]) -> np.ndarray:
        """Encode rows that may hold values never seen, shape (n, n_dimensions)."""
        return np.hstack(
            [encoder.encode(values) for encoder, values in zip(self._columns, columns, strict=True)]
        )
