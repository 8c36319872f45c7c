"""Cells as points: the encoded key variables in the compact form that the engine works on.

A point has ordered coordinates and categories. The squared distance of two points is the sum of
their squared differences in the ordered coordinates and, for each category in which they differ, of
that category's weight: Gower's distance, with categories as scaled indicators that are never
written out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

__all__ = ["Points"]


@dataclass(frozen=True, repr=False)
class Points:
    """Encoded cells.

    Attributes
    ----------
    ordered : numpy.ndarray of float, shape (n_cells, n_ordered)
        Centred, so that sums of squares keep their digits.
    ordered_penalty : numpy.ndarray of float, shape (n_ordered,)
        NCP per unit of span in each ordered coordinate.
    categories : tuple of numpy.ndarray of int64, each of shape (n_cells,)
    n_categories : tuple of int
    weights : numpy.ndarray of float, shape (n_nominal,)
        Squared distance between two different categories.
    category_penalty : numpy.ndarray of float, shape (n_nominal,)
        NCP per distinct category beyond the first.
    people : numpy.ndarray of float, shape (n_cells,)
    """

    ordered: np.ndarray
    ordered_penalty: np.ndarray
    categories: tuple[np.ndarray, ...]
    n_categories: tuple[int, ...]
    weights: np.ndarray
    category_penalty: np.ndarray
    people: np.ndarray

    def __len__(self) -> int:
        return len(self.people)

    def __repr__(self) -> str:
        return (
            f"Points(n={len(self)}, ordered={self.ordered.shape[1]}, nominal={len(self.weights)})"
        )

    def take(self, rows: np.ndarray) -> Points:
        """Give some of the points."""
        return Points(
            self.ordered[rows],
            self.ordered_penalty,
            tuple(codes[rows] for codes in self.categories),
            self.n_categories,
            self.weights,
            self.category_penalty,
            self.people[rows],
        )

    @cached_property
    def n_all_categories(self) -> int:
        """Number of categories of all columns together."""
        return int(sum(self.n_categories))

    @cached_property
    def places(self) -> tuple[np.ndarray, ...]:
        """For each column the number of each cell's category among those of all columns."""
        offsets = np.cumsum([0, *self.n_categories])
        return tuple(
            codes + offset for codes, offset in zip(self.categories, offsets, strict=False)
        )

    @cached_property
    def squared_norms(self) -> np.ndarray:
        """Squared length of each point, as if indicators were written out."""
        return np.einsum("ij,ij->i", self.ordered, self.ordered) + self.weights.sum() / 2

    def dot(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Give the inner products of points a and points b, as if indicators were written out."""
        product = np.einsum("ij,ij->i", self.ordered[a], self.ordered[b])
        for codes, weight in zip(self.categories, self.weights, strict=True):
            product += (weight / 2) * (codes[a] == codes[b])
        return product
