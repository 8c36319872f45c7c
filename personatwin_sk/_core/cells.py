"""Cells: the distinct rows of the key variables and how many people hold each.

Every algorithm works on this small weighted table, so that its cost follows the number of distinct
cells and not the number of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize

__all__ = ["Cells", "group_rows"]


def group_rows(code_columns: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Number the distinct rows of a few columns of codes, in lexicographic order.

    Parameters
    ----------
    code_columns : sequence of numpy.ndarray of int64, each of shape (n,)
        Codes from 0; at least one column.

    Returns
    -------
    group : numpy.ndarray of int64, shape (n,)
    first_row : numpy.ndarray of int64, shape (n_groups,)
        A row of each group.

    Examples
    --------
    >>> group, first = group_rows([np.array([1, 0, 1]), np.array([0, 2, 0])])
    >>> group.tolist(), first.tolist()
    ([1, 0, 1], [1, 0])
    """
    key = np.asarray(code_columns[0], dtype=np.int64)
    size = int(key.max(initial=-1)) + 1
    for column in code_columns[1:]:
        width = int(column.max(initial=-1)) + 1
        if size * max(width, 1) >= 2**62:
            # The combined number would not fit: close the gaps first. Order is kept.
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            size = int(key.max(initial=-1)) + 1
        if size * max(width, 1) >= 2**62:
            column = np.unique(column, return_inverse=True)[1].astype(np.int64)
            width = int(column.max(initial=-1)) + 1
        key = key * max(width, 1) + column
        size *= max(width, 1)
    if 0 < size <= 4 * len(key) + 1024:  # dense numbers: counting is faster than sorting
        first_at = np.full(size, -1, dtype=np.int64)
        first_at[key[::-1]] = np.arange(len(key) - 1, -1, -1)
        present = np.flatnonzero(first_at >= 0)
        number = np.empty(size, dtype=np.int64)
        number[present] = np.arange(len(present))
        return number[key], first_at[present]
    bits = max(len(key) - 1, 1).bit_length()
    if size <= 2 ** (63 - bits):
        # Number and row in one: sorting values is several times faster than sorting positions.
        both = np.sort((key << bits) | np.arange(len(key)))
        row = both & ((1 << bits) - 1)
        is_first = np.diff(both >> bits, prepend=-1) > 0
        group = np.empty(len(key), dtype=np.int64)
        group[row] = np.cumsum(is_first) - 1
        return group, row[is_first]
    _, first_row, group = np.unique(key, return_index=True, return_inverse=True)
    return group.astype(np.int64).reshape(-1), first_row.astype(np.int64)


@dataclass(frozen=True, repr=False)
class Cells:
    """Distinct rows of key variables with counts of people, in canonical order.

    Attributes
    ----------
    codes : numpy.ndarray of int64, shape (n_cells, n_columns)
        For each cell the number of its value in each column; rows are in lexicographic order.
    values : tuple of pandas.Series
        For each column its distinct values, sorted; null, where there is one, comes last.
    people : numpy.ndarray of int64, shape (n_cells,)

    Examples
    --------
    >>> cells, cell_of = Cells.from_columns([pd.Series([30, 40, 30]), pd.Series(["F", "F", "F"])])
    >>> cells.people.tolist(), cell_of.tolist()
    ([2, 1], [0, 1, 0])
    >>> Cells.merge([cells, cells]).people.tolist()
    [4, 2]
    """

    codes: np.ndarray
    values: tuple[pd.Series, ...]
    people: np.ndarray

    def __repr__(self) -> str:
        return f"Cells(n_cells={len(self.people)}, n_people={int(self.people.sum())})"

    def __len__(self) -> int:
        return len(self.people)

    @classmethod
    def from_columns(
        cls, columns: Sequence[pd.Series], people: np.ndarray | None = None
    ) -> tuple[Cells, np.ndarray]:
        """Count the distinct rows of columns that hold one row per person.

        Parameters
        ----------
        columns : sequence of pandas.Series, each of shape (n,)
        people : numpy.ndarray of int64, shape (n,), optional
            How many people each row stands for; one by default.

        Returns
        -------
        cells : Cells
        cell_of_row : numpy.ndarray of int64, shape (n,)
        """
        coded = [factorize(column) for column in columns]
        group, first = group_rows([codes for codes, _ in coded])
        weights = None if people is None else np.asarray(people, dtype=np.int64)
        counts = np.bincount(group, weights=weights, minlength=len(first)).astype(np.int64)
        codes = np.stack([codes[first] for codes, _ in coded], axis=1)
        return cls(codes, tuple(values for _, values in coded), counts), group

    def columns(self) -> list[pd.Series]:
        """Give the cells as columns of values, each of shape (n_cells,)."""
        return [
            values.take(self.codes[:, j]).reset_index(drop=True)
            for j, values in enumerate(self.values)
        ]

    def take(self, cells: np.ndarray) -> Cells:
        """Give some of the cells; the lists of values stay whole."""
        return Cells(self.codes[cells], self.values, self.people[cells])

    @classmethod
    def merge(cls, parts: Sequence[Cells]) -> Cells:
        """Add up the cells of several chunks of whole people; the order of chunks has no say."""
        n_columns = len(parts[0].values)
        columns = [
            pd.concat([part.columns()[j] for part in parts], ignore_index=True)
            for j in range(n_columns)
        ]
        people = np.concatenate([part.people for part in parts])
        return cls.from_columns(columns, people)[0]
