"""Counting with labels: a row that may be one of several things counts for each of them in part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from personatwin_sk._core.cells import group_rows

__all__ = ["Coded", "count_together", "spread"]

Coded = tuple[np.ndarray, sparse.csr_array]
"""A column: the number of each row's distinct value, and the members of each distinct value."""


def spread(columns: Sequence[Coded]) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Take every row apart into all that it may stand for.

    Parameters
    ----------
    columns : sequence of (codes, members)
        Codes of shape (n_rows,) into the rows of members, each of which sums to 1. Columns are
        spread independently of each other: a release does not say which values went together.

    Returns
    -------
    row : numpy.ndarray of int64, shape (n_entries,)
        Ascending.
    categories : list of numpy.ndarray of int64, each of shape (n_entries,)
    share : numpy.ndarray of float, shape (n_entries,)
        Those of one row sum to 1.

    Examples
    --------
    >>> halves = sparse.csr_array([[0.5, 0.5], [0.0, 1.0]])
    >>> row, (first, second), share = spread([(np.array([0, 1]), halves)] * 2)
    >>> row.tolist(), first.tolist(), second.tolist(), share.tolist()
    ([0, 0, 0, 0, 1], [0, 0, 1, 1, 1], [0, 1, 0, 1, 1], [0.25, 0.25, 0.25, 0.25, 1.0])
    """
    row = np.arange(len(columns[0][0]), dtype=np.int64)
    share = np.ones(len(row))
    categories: list[np.ndarray] = []
    for codes, members in columns:
        code = codes[row]
        start = members.indptr[code].astype(np.int64)
        width = members.indptr[code + 1] - start
        entry = np.repeat(np.arange(len(row)), width)
        first_entry = np.cumsum(width) - width
        at = start[entry] + np.arange(len(entry)) - first_entry[entry]
        categories = [column[entry] for column in categories]
        categories.append(members.indices[at].astype(np.int64))
        share = share[entry] * members.data[at]
        row = row[entry]
    return row, categories, share


def count_together(columns: Sequence[Coded]) -> tuple[list[np.ndarray], np.ndarray]:
    """Count how many rows are in each combination of categories.

    Parameters
    ----------
    columns : sequence of (codes, members)

    Returns
    -------
    categories : list of numpy.ndarray of int64, each of shape (n_entries,)
        One entry per combination of distinct values and what it may stand for; a combination of
        categories may come several times.
    mass : numpy.ndarray of float, shape (n_entries,)
        Sums to the number of rows.

    Examples
    --------
    >>> certain = sparse.csr_array(np.eye(2))
    >>> (first, second), mass = count_together([(np.array([0, 1, 1]), certain)] * 2)
    >>> first.tolist(), mass.tolist()
    ([0, 1], [1.0, 2.0])
    """
    group, first = group_rows([codes for codes, _ in columns])
    n_rows = np.bincount(group, minlength=len(first))
    row, categories, share = spread([(codes[first], members) for codes, members in columns])
    return categories, share * n_rows[row]
