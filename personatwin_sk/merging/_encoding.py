"""Encoding of mixed key variables into one metric space, and of new people into the same.

Squared distances follow Gower, with the weights of the certainty penalty: an ordered column spans 0
to 1 over its range (where all columns are ordered, it is scaled by its standard deviation instead,
as microaggregation does), two categories of a column with m of them are 1/(m - 1) apart, and places
are nearer if their common ancestor is lower. Null is a category of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.merging._kinds import Kind, as_numbers, kind_of, label_ends
from personatwin_sk.merging._points import Points

__all__ = ["Encoding"]

# A column with more categories is written in digits of this base, most frequent categories first:
# every two categories differ in some digit, and no table of all of them is needed.
_BASE = 64


class _Codes:
    """A list of categories: numbers for values, digits for many of them."""

    def __init__(self, values: pd.Series, people: np.ndarray, weight: float, price: float) -> None:
        codes, distinct = factorize(values)
        held = np.bincount(codes, weights=people, minlength=len(distinct))
        order = np.lexsort((np.arange(len(held)), -held))  # ties: sorted order of the values
        rank = np.empty(len(held), dtype=np.int64)
        rank[order] = np.arange(len(held))
        self._has_null = bool(is_null(distinct).any())
        known = ~is_null(distinct)
        self._values, self._ranks = pd.Index(distinct[known]), rank[known]
        self._null_rank = int(rank[-1]) if self._has_null else -1
        n_digits = 1
        while _BASE**n_digits < len(held):
            n_digits += 1
        self._divisors = [_BASE**i for i in range(n_digits)]
        self.sizes = [min(_BASE, -(-len(held) // divisor)) for divisor in self._divisors]
        self.weights = [weight / n_digits] * n_digits
        self.prices = [price / n_digits] * n_digits
        self.codes = self._digits(rank[codes])

    def _digits(self, ranks: np.ndarray) -> list[np.ndarray]:
        known = ranks >= 0
        return [np.where(known, ranks // divisor % _BASE, -1) for divisor in self._divisors]

    def encode(self, values: pd.Series) -> list[np.ndarray]:
        """Give the digits of values; -1 where the value is new."""
        missing = is_null(values)
        ranks = np.full(len(values), -1, dtype=np.int64)
        at = self._values.get_indexer(pd.Index(values[~missing].astype(self._values.dtype)))
        ranks[~missing] = np.where(at >= 0, self._ranks[at] if len(self._ranks) else -1, -1)
        ranks[missing] = self._null_rank
        return self._digits(ranks)


class _Column:
    """How one key variable becomes coordinates and categories."""

    def __init__(
        self, values: pd.Series, people: np.ndarray, kind: Kind, all_ordered: bool
    ) -> None:
        self.kind = kind
        self.coordinates = np.empty((len(values), 0))
        self.span_price: list[float] = []
        self.lists: list[_Codes] = []
        self._levels: list[str] = []  # of places: the level of each list
        missing = is_null(values)
        m = len(values)
        price = 1.0 / max(m - 1, 1)
        if self.kind.name == "ordered":
            self._scale_ends(missing, people, all_ordered)
            if missing.any() and not missing.all():
                flags = pd.Series(missing)
                self.lists.append(_Codes(flags, people, weight=1.0, price=price))
        elif self.kind.places is not None:
            for level, weight in self.kind.places.weights(people).items():
                codes = _Codes(self.kind.places.labels_at(level), people, weight, price=weight / 2)
                if codes.sizes[0] > 1:  # one category tells nothing apart
                    self.lists.append(codes)
                    self._levels.append(level)
        elif m > 1:
            self.lists.append(_Codes(values, people, weight=price, price=price))

    def _scale_ends(self, missing: np.ndarray, people: np.ndarray, all_ordered: bool) -> None:
        ends = np.stack([self.kind.low, self.kind.high], axis=1)
        if not self.kind.is_labelled:
            ends = ends[:, :1]
        known, weights = ends[~missing], people[~missing]
        self._n_ends = ends.shape[1]
        # Null sits at the mean of the others; its own category holds it apart.
        self._fill = np.average(known, axis=0, weights=weights) if len(known) else np.zeros(1)
        self._ends = (known.min(), known.max()) if len(known) else (0.0, 0.0)
        overall = float(self._ends[1] - self._ends[0])
        squares = (known - self._fill) ** 2
        spread = (
            float(np.sqrt(np.average(squares.mean(axis=1), weights=weights)))
            if (len(known))
            else 0.0
        )
        unit = spread if all_ordered else overall
        self._scale = 1.0 / (unit * np.sqrt(self._n_ends)) if overall > 0 else 0.0
        if overall == 0:
            self._n_ends = 0
        self.coordinates = self._coordinates(ends)
        # Low and high ends share the price of one span.
        one = 1.0 / (overall * self._scale * self._n_ends) if overall > 0 else 0.0
        self.span_price = [one] * self._n_ends

    def _coordinates(self, ends: np.ndarray) -> np.ndarray:
        filled = np.where(np.isnan(ends), self._fill, ends)
        return ((filled - self._fill) * self._scale)[:, : self._n_ends]

    def _closed(self, ends: np.ndarray) -> np.ndarray:
        """Close open ends ("85+") with the outermost end of the fit, as it did itself."""
        low, high = ends.T
        lowest, highest = self._ends
        return np.stack(
            [
                np.where(low == -np.inf, np.minimum(lowest, high), low),
                np.where(high == np.inf, np.maximum(highest, low), high),
            ],
            axis=1,
        )

    def encode(self, values: pd.Series) -> tuple[np.ndarray, list[np.ndarray]]:
        """Encode values that may be new: coordinates, and digits with -1 for what is new."""
        if self.kind.name == "ordered":
            if self.kind.is_labelled:
                codes, distinct = factorize(values)
                ends = np.array([label_ends(v) or (np.nan, np.nan) for v in distinct])
                ends = self._closed(ends)[codes]
            else:
                ends = as_numbers(values)[:, None]
            flags = pd.Series(is_null(values))
            return self._coordinates(ends), [c for one in self.lists for c in one.encode(flags)]
        columns = [values] * len(self.lists)
        if self.kind.places is not None:
            codes, distinct = factorize(values)
            places = self.kind.places.read(distinct)
            columns = [
                places.labels_at(level).take(codes).reset_index(drop=True) for level in self._levels
            ]
        digits = [
            digit
            for one, column in zip(self.lists, columns, strict=True)
            for digit in one.encode(column)
        ]
        return np.empty((len(values), 0)), digits


class Encoding:
    """The encoding of all key variables, learnt from the cells of a fit.

    Parameters
    ----------
    values : tuple of pandas.Series
        Distinct values of each column.
    codes : numpy.ndarray of int64, shape (n_cells, n_columns)
    people : numpy.ndarray of int64, shape (n_cells,)
    hierarchies : sequence of Hierarchy or None, of length n_columns, optional
        The user's own hierarchies of columns that have one.

    Attributes
    ----------
    points : Points
        The encoded cells.
    kinds : list of Kind
    """

    def __init__(
        self,
        values: tuple[pd.Series, ...],
        codes: np.ndarray,
        people: np.ndarray,
        hierarchies: Sequence[Hierarchy | None] | None = None,
    ) -> None:
        own = [None] * len(values) if hierarchies is None else hierarchies
        self.kinds = [
            kind_of(column, hierarchy) for column, hierarchy in zip(values, own, strict=True)
        ]
        all_ordered = all(kind.name == "ordered" for kind in self.kinds)
        self._columns = [
            _Column(
                column,
                np.bincount(codes[:, j], weights=people, minlength=len(column)),
                kind,
                all_ordered,
            )
            for j, (column, kind) in enumerate(zip(values, self.kinds, strict=True))
        ]
        lists = [(j, one) for j, column in enumerate(self._columns) for one in column.lists]
        digits = [
            (digit[codes[:, j]], size, weight, price)
            for j, one in lists
            for digit, size, weight, price in zip(
                one.codes, one.sizes, one.weights, one.prices, strict=True
            )
        ]
        self.points = Points(
            ordered=np.hstack([c.coordinates[codes[:, j]] for j, c in enumerate(self._columns)]),
            ordered_penalty=np.array([p for c in self._columns for p in c.span_price]),
            categories=tuple(digit for digit, *_ in digits),
            n_categories=tuple(size for _, size, *_ in digits),
            weights=np.array([weight for *_, weight, _ in digits], dtype=float),
            category_penalty=np.array([price for *_, price in digits], dtype=float),
            people=people.astype(float),
        )

    def coordinates(self, columns: list[pd.Series]) -> np.ndarray:
        """Write rows out as coordinates, indicators and all; shape (n, n_dimensions).

        A category never seen is as far from every other: it gets no indicator at all.
        """
        encoded = [
            encoder.encode(values) for encoder, values in zip(self._columns, columns, strict=True)
        ]
        ordered = np.hstack([part for part, _ in encoded])
        return self._written_out(ordered, [digit for _, digits in encoded for digit in digits])

    def centers(self, group_of_cell: np.ndarray, n_groups: int) -> np.ndarray:
        """Give the means of groups of cells as coordinates; cells of group -1 are left out."""
        points = self.points
        kept = np.flatnonzero(group_of_cell >= 0)
        group, people = group_of_cell[kept], points.people[kept]
        size = np.bincount(group, weights=people, minlength=n_groups)[:, None]
        means = [
            np.bincount(group, weights=people * column, minlength=n_groups)[:, None] / size
            for column in points.ordered[kept].T
        ]
        for codes, m, weight in zip(
            points.categories, points.n_categories, points.weights, strict=True
        ):
            held = np.bincount(group * m + codes[kept], weights=people, minlength=n_groups * m)
            means.append(held.reshape(n_groups, m) / size * np.sqrt(weight / 2))
        return np.hstack(means) if means else np.zeros((n_groups, 1))

    def _written_out(self, ordered: np.ndarray, digits: list[np.ndarray]) -> np.ndarray:
        blocks = [ordered]
        for codes, m, weight in zip(
            digits, self.points.n_categories, self.points.weights, strict=True
        ):
            block = np.zeros((len(codes), m))
            rows = np.flatnonzero(codes >= 0)
            block[rows, codes[rows]] = np.sqrt(weight / 2)
            blocks.append(block)
        result = np.hstack(blocks)
        return result if result.shape[1] else np.zeros((len(result), 1))
