"""Sums over the cells of a table that many queries cover, without the cells that do not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from personatwin_sk.population._dimension import Query

# Cells that are looked up at once; bounds the memory of a sum.
_CHUNK = 2_000_000


class Sums(NamedTuple):
    """What queries add up to; each an ndarray of shape (n,).

    `people` takes of each cell the share that is asked for. `least` takes only the cells that are
    covered wholly, `most` all that are touched: whichever way the people of a cell are spread over
    it, they are between these. `least_variance` and `most_variance` are of the same cells.
    """

    people: np.ndarray
    least: np.ndarray
    most: np.ndarray
    least_variance: np.ndarray
    most_variance: np.ndarray


class CountTree:
    """The cells of a table as paths, one column after the other.

    Parameters
    ----------
    codes : sequence of ndarray of int, shape (n_rows,)
        The cell of each column, row by row.
    sizes : sequence of int
        How many cells each column has.
    people : ndarray of shape (n_rows,)
        People of each row; rows on one path are added up.
    variances : ndarray of shape (n_rows,), optional
        Squared errors of the rows, which are independent of each other.
    """

    def __init__(
        self,
        codes: Sequence[np.ndarray],
        sizes: Sequence[int],
        people: np.ndarray,
        variances: np.ndarray | None = None,
    ) -> None:
        self._sizes = list(sizes)
        self._levels: list[np.ndarray] = []
        node = np.zeros(len(people), dtype=np.int64)
        for code, size in zip(codes, sizes, strict=True):
            # Nodes are numbered anew at each level, so that keys stay small.
            keys, node = np.unique(node * size + code, return_inverse=True)
            self._levels.append(keys)
        self._people = np.bincount(node, weights=people)
        self._variances = None if variances is None else np.bincount(node, weights=variances)

    def add_up(self, queries: Sequence[Query], codes: Sequence[np.ndarray]) -> Sums:
        """Add up the people whom each query covers.

        Parameters
        ----------
        queries : sequence of Query
            What the distinct cells cover, column by column.
        codes : sequence of ndarray of int, shape (n,)
            Which of these each query asks for, column by column.

        Returns
        -------
        Sums
        """
        n = len(codes[0]) if codes else 1
        n_cells = np.ones(n)
        for query, code in zip(queries, codes, strict=True):
            n_cells *= np.diff(query.starts)[code]
        chunk = (np.cumsum(n_cells) // _CHUNK).astype(np.int64)
        starts = np.flatnonzero(np.diff(chunk, prepend=-1))
        parts = [
            self._add_up_chunk(queries, [code[start:stop] for code in codes], stop - start)
            for start, stop in zip(starts, [*starts[1:], n], strict=True)
        ]
        return Sums(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _add_up_chunk(self, queries: Sequence[Query], codes: Sequence[np.ndarray], n: int) -> Sums:
        owner = np.arange(n)
        node = np.zeros(n, dtype=np.int64)
        share = np.ones(n)
        for query, code, keys, size in zip(queries, codes, self._levels, self._sizes, strict=True):
            first = query.starts[code[owner]]
            n_covered = query.starts[code[owner] + 1] - first
            parent = np.repeat(np.arange(len(owner)), n_covered)
            within = np.arange(len(parent)) - np.repeat(np.cumsum(n_covered) - n_covered, n_covered)
            entry = first[parent] + within
            key = node[parent] * size + query.covered[entry]
            child = np.searchsorted(keys, key).clip(max=len(keys) - 1)
            exists = keys[child] == key
            parent, entry, node = parent[exists], entry[exists], child[exists]
            owner, share = owner[parent], share[parent] * query.shares[entry]
        people = self._people[node]
        whole = share >= 1

        def total(weights: np.ndarray) -> np.ndarray:
            return np.bincount(owner, weights=weights, minlength=n)

        count = total(share * people)
        # Mostly no cell is split, and then there is one sum.
        is_split = not whole.all()
        least, most = (total(whole * people), total(people)) if is_split else (count, count)
        if self._variances is None:
            nothing = np.zeros(n)
            return Sums(count, least, most, nothing, nothing)
        variances = self._variances[node]
        return Sums(count, least, most, total(whole * variances), total(variances))
