"""Columns of places of a user's own hierarchy."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.exceptions import InputError
from personatwin_sk.geography._places import Places
from personatwin_sk.geography._trees import PlaceTree

__all__ = ["ForeignPlaces"]


@dataclass(frozen=True, repr=False)
class ForeignPlaces:
    """How one column of places of a hierarchy is read and released.

    Attributes
    ----------
    owner : str
        Who asks, for messages.
    hierarchy : Hierarchy
    tree : PlaceTree
        The same as a tree.
    start : int
        The finest level that may be released.
    allowed : ndarray of bool, shape (n_nodes,)
        The nodes that cover enough inhabitants.
    """

    owner: str
    hierarchy: Hierarchy
    tree: PlaceTree
    start: int
    allowed: np.ndarray

    def read(self, column: pd.Series, name: Hashable) -> Places:
        """Read a column.

        Parameters
        ----------
        column : Series of shape (n_rows,)
        name : column
            What it is called, for messages.

        Returns
        -------
        Places

        Raises
        ------
        InputError
            If places are not in the hierarchy; the message counts the rows.
        """
        number, values = pd.factorize(column, use_na_sentinel=True)
        nodes = self.hierarchy.find(np.asarray(values, dtype=object))
        n_unknown = int((nodes < 0)[number[number >= 0]].sum())
        if n_unknown:
            raise InputError(
                f"{self.owner}: {n_unknown} of {len(column)} values of the column {name!r} are no "
                "label of `hierarchy`, at no level. Add them to it, or make them null."
            )
        chains, rank = self.tree.from_level(self.start)
        return Places(
            of_row=number,
            chains=chains[nodes],
            rank=rank,
            keys=self.tree.keys(),
            allowed=self.allowed,
        )
