"""Columns as numbers that a model can be trained on, labels of a release included."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from personatwin_sk._core.columns import factorize_column
from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import read_hierarchies
from personatwin_sk.utility._reading import OrderedReader, reader_of

__all__ = ["Features"]

_MAX_CATEGORIES = 50


class Features:
    """Encodes the same columns of an original and of its releases as numbers.

    An ordered column becomes its values, labels at their middles, null at the mean of the original,
    and a second column that says where it is null, if the original ever is. Any other column
    becomes one column per category, in which "A|B" counts half for each of the two; of more than 50
    categories the less frequent share one.

    Parameters
    ----------
    table : Table
        The original.
    columns : sequence of columns
    hierarchies : mapping of column -> Hierarchy or table, optional
    owner : str
        For messages.

    Examples
    --------
    >>> import pandas as pd
    >>> table = Table.of(pd.DataFrame({"age": [30, 40], "sex": ["F", "M"]}))
    >>> released = Table.of(pd.DataFrame({"age": ["30-40", "30-40"], "sex": ["F|M", "F"]}))
    >>> Features(table, ["age", "sex"], owner="train_on_released").encode(released).tolist()
    [[35.0, 0.5, 0.5], [35.0, 1.0, 0.0]]
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[Hashable],
        *,
        hierarchies: Mapping[Any, Any] | None = None,
        owner: str,
    ) -> None:
        own = read_hierarchies(hierarchies, table, list(columns), owner=owner)
        self._columns = list(columns)
        self._readers = [
            reader_of(table, name, max_categories=_MAX_CATEGORIES, hierarchy=own.get(name))
            for name in columns
        ]
        self._fill: list[float] = []
        self._used: list[np.ndarray] = []
        for name, reader in zip(columns, self._readers, strict=True):
            codes, values = factorize_column(table, name)
            rows = np.bincount(codes, minlength=len(values))
            fill, used = 0.0, np.flatnonzero(reader.members(values).sum(axis=0) > 0)
            if isinstance(reader, OrderedReader):
                middles = reader.middles(values)
                known = ~np.isnan(middles)
                fill = float(middles[known] @ rows[known]) / max(int(rows[known].sum()), 1)
                used = np.arange(int((~known).any()))
            self._fill.append(fill)
            self._used.append(used)

    def encode(self, table: Table) -> np.ndarray:
        """Encode the original or a release.

        Returns
        -------
        numpy.ndarray of float, shape (n_rows, n_features)
        """
        return np.hstack(
            [self._encode_column(table, name, place) for place, name in enumerate(self._columns)]
        )

    def _encode_column(self, table: Table, name: Hashable, place: int) -> np.ndarray:
        reader, fill, used = self._readers[place], self._fill[place], self._used[place]
        codes, values = factorize_column(table, name)
        if isinstance(reader, OrderedReader):
            middles = reader.middles(values)
            missing = np.isnan(middles)
            both = np.stack([np.where(missing, fill, middles), missing.astype(float)], axis=1)
            return both[:, : 1 + len(used)][codes]
        return reader.members(values)[:, used].toarray()[codes]
