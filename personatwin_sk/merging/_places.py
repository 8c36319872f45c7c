"""What the values of a column of places mean: US places, or labels of a user's own hierarchy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.labels import format_label, split_members
from personatwin_sk.population.places import (
    LEVELS,
    TOTAL_LEAVES,
    Area,
    climb,
    common_ancestor,
    find_areas,
    leaf_count,
)

__all__ = ["OwnPlaces", "Places", "UsPlaces", "find_nodes"]

# How far apart two US places are that first differ at these levels, and all finer ones.
_US_WEIGHTS = {"county": 0.05, "state": 0.25, "region": 0.7}
# Mixing addresses of one county costs no information, but they are not the same place: what was
# released with them once would be merged once more.
_BELOW_COUNTIES = {"address": 0.001}


class Places(Protocol):
    """The distinct values of a column as places of a hierarchy; null is no place."""

    def weights(self, people: np.ndarray) -> dict[str, float]:
        """Give the squared distance that a difference at each level adds, finest level first.

        `people` is an ndarray of shape (n_values,).
        """
        ...

    def labels_at(self, level: str) -> pd.Series:
        """Give the label of each value's ancestor at a level, null for null: (n_values,)."""
        ...

    def read(self, values: pd.Series) -> Self:
        """Read other values of the column in the same way; what is not known counts as null."""
        ...

    def texts(self, own: np.ndarray) -> np.ndarray:
        """Give the released text of each value, from its own text or instead of it."""
        ...

    def common_label(self, members: np.ndarray) -> str:
        """Give the label of the smallest place that holds several values, none of them null."""
        ...

    def penalty(self, members: np.ndarray) -> float:
        """Give the share of all leaves that the smallest place holding several values has."""
        ...


class UsPlaces:
    """Places of the bundled hierarchy of the United States.

    Parameters
    ----------
    areas : sequence of Area or None, of length n_values
        None for null.
    """

    def __init__(self, areas: Sequence[Area | None]) -> None:
        self.areas = areas

    def weights(self, people: np.ndarray) -> dict[str, float]:
        """Give the squared distance that a difference at each level adds."""
        finer = LEVELS[: LEVELS.index("county")]
        if any(area is not None and area.level in finer for area in self.areas):
            return _BELOW_COUNTIES | _US_WEIGHTS
        return _US_WEIGHTS

    def labels_at(self, level: str) -> pd.Series:
        """Give the label of each value's ancestor at a level."""
        labels = [None if area is None else climb(area, level).label for area in self.areas]
        return pd.Series(labels, dtype=object)

    def read(self, values: pd.Series) -> UsPlaces:
        """Read other values of the column."""
        return UsPlaces(find_areas([v if isinstance(v, str) else "" for v in values]))

    def texts(self, own: np.ndarray) -> np.ndarray:
        """Leave the texts as they are: an address says more than its label."""
        return own

    def common_label(self, members: np.ndarray) -> str:
        """Give the label of the smallest place that holds several values."""
        return common_ancestor(self._known(members)).label

    def penalty(self, members: np.ndarray) -> float:
        """Give the share of all counties that the smallest place holding several values has."""
        if len(members) < 2:
            return 0.0
        return leaf_count(common_ancestor(self._known(members))) / TOTAL_LEAVES

    def _known(self, members: np.ndarray) -> list[Area]:
        return [area for code in members.tolist() if (area := self.areas[code]) is not None]


class OwnPlaces:
    """Labels of a user's own hierarchy.

    Parameters
    ----------
    hierarchy : Hierarchy
    values : pandas.Series of shape (n_values,)

    Examples
    --------
    >>> towns = pd.DataFrame({"town": ["Lyon", "Bron", "Nice"], "area": ["Rhone", "Rhone", "Var"]})
    >>> places = OwnPlaces(Hierarchy.from_frame(towns), pd.Series(["Lyon", "Bron", "Nice"]))
    >>> places.common_label(np.array([0, 1])), round(places.penalty(np.array([0, 1])), 2)
    ('Rhone', 0.67)
    """

    def __init__(self, hierarchy: Hierarchy, values: pd.Series) -> None:
        self.hierarchy = hierarchy
        self.nodes = find_nodes(hierarchy, values)
        self._or_null = _allow_null(values)

    def weights(self, people: np.ndarray) -> dict[str, float]:
        """Give the squared distance that a difference at each level adds.

        All of them up to a level together are the penalty that people pay on average for being
        merged up to the next one: the leaves below their ancestor there, over all leaves.
        """
        known = self.nodes >= 0
        levels = self.hierarchy.levels
        if not known.any():
            return {}
        paid = [
            np.average(
                self.hierarchy.leaf_count(self.hierarchy.climb(self.nodes[known], level)),
                weights=people[known],
            )
            / self.hierarchy.n_leaves
            for level in levels[1:]
        ]
        return dict(zip(levels[:-1], np.diff([0.0, *paid]).tolist(), strict=True))

    def labels_at(self, level: str) -> pd.Series:
        """Give the label of each value's ancestor at a level."""
        nodes = self.hierarchy.climb(self.nodes, level)
        return pd.Series(self.hierarchy.labels(nodes), dtype=object)

    def read(self, values: pd.Series) -> OwnPlaces:
        """Read other values of the column."""
        return OwnPlaces(self.hierarchy, values)

    def texts(self, own: np.ndarray) -> np.ndarray:
        """Write all values as the hierarchy does, so that they read back."""
        labels = self.hierarchy.labels(self.nodes)
        return np.array(
            [
                None if label is None else format_label(label) + ("|" if or_null else "")
                for label, or_null in zip(labels.tolist(), self._or_null.tolist(), strict=True)
            ],
            dtype=object,
        )

    def common_label(self, members: np.ndarray) -> str:
        """Give the label of the finest place that holds several values."""
        ancestor = self.hierarchy.common_ancestor(self.nodes[members])
        return format_label(self.hierarchy.labels([ancestor])[0])

    def penalty(self, members: np.ndarray) -> float:
        """Give the share of all leaves that the finest place holding several values has.

        Two spellings of one label are one place, and mixing them loses nothing.
        """
        nodes = np.unique(self.nodes[members])
        if len(nodes) < 2:
            return 0.0
        ancestor = self.hierarchy.common_ancestor(nodes)
        return float(self.hierarchy.leaf_count([ancestor])[0]) / self.hierarchy.n_leaves


def find_nodes(hierarchy: Hierarchy, values: pd.Series) -> np.ndarray:
    """Find the values of a column in a hierarchy; "Rhone|" (it or null) is found as "Rhone".

    Parameters
    ----------
    hierarchy : Hierarchy
    values : pandas.Series of shape (n_values,)

    Returns
    -------
    numpy.ndarray of int64, shape (n_values,)
        -1 for null, and for what is no label of the hierarchy.
    """
    nodes = hierarchy.find(values)
    rest = np.flatnonzero((nodes < 0) & _allow_null(values))
    nodes[rest] = hierarchy.find([split_members(values.iloc[at])[0] for at in rest.tolist()])
    return nodes


def _allow_null(values: pd.Series) -> np.ndarray:
    """Tell which values are a label "or null"; shape (n_values,)."""
    flags = np.zeros(len(values), dtype=bool)
    for position in np.flatnonzero(~is_null(values)).tolist():
        value = values.iloc[position]
        if isinstance(value, str) and value.endswith("|"):
            members = split_members(value)
            flags[position] = len(members) == 2 and members[1] == ""
    return flags
