"""Sums over the cells of a table that many queries cover, without the cells that do not exist."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from personatwin_sk.population._dimension import Query

# Cells that are looked up at once; bounds the memory of a sum.
_CHUNK = 2_000_000


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
    """

    def __init__(
        self, codes: Sequence[np.ndarray], sizes: Sequence[int], people: np.ndarray
    ) -> None:
        self._sizes = list(sizes)
        self._levels: list[np.ndarray] = []
        node = np.zeros(len(people), dtype=np.int64)
        for code, size in zip(codes, sizes, strict=True):
            # Nodes are numbered anew at each level, so that keys stay small.
            keys, node = np.unique(node * size + code, return_inverse=True)
            self._levels.append(keys)
        self._people = np.bincount(node, weights=people)

    def add_up(self, queries: Sequence[Query], codes: Sequence[np.ndarray]) -> np.ndarray:
        """Add up the people whom each query covers.

        Parameters
        ----------
        queries : sequence of Query
            What the distinct cells cover, column by column.
        codes : sequence of ndarray of int, shape (n,)
            Which of these each query asks for, column by column.

        Returns
        -------
        ndarray of shape (n,)
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
        return np.concatenate(parts)

    def _add_up_chunk(
        self, queries: Sequence[Query], codes: Sequence[np.ndarray], n: int
    ) -> np.ndarray:
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
        return np.bincount(owner, weights=share * self._people[node], minlength=n)
