"""Trees of places: the counties of the country and what they lie in, or a hierarchy of a user's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.population._gazetteer import gazetteer
from personatwin_sk.population.places import LEVELS, climb, find_areas

__all__ = ["COUNTY", "PlaceTree", "country", "tree_of"]

COUNTY = LEVELS.index("county")


@dataclass(frozen=True, repr=False)
class PlaceTree:
    """Places with what they lie in.

    Attributes
    ----------
    levels : tuple of str
        The finest first.
    chains : ndarray of int, shape (n_nodes, n_levels)
        The node that each node climbs to at each level, or above it where it has none there.
    rank : ndarray of int, shape (n_nodes,)
        The level of each node. The leaves are the nodes of rank 0, the root is the last node.
    labels : ndarray of object, shape (n_nodes,)
    codes : ndarray of object, shape (n_nodes,)
        What tells the nodes apart: FIPS codes in the United States, else the labels.
    """

    levels: tuple[str, ...]
    chains: np.ndarray
    rank: np.ndarray
    labels: np.ndarray
    codes: np.ndarray

    def keys(self) -> list[tuple[str, str]]:
        """Give the level and the label of each node."""
        return [
            (self.levels[rank], label)
            for rank, label in zip(self.rank.tolist(), self.labels.tolist(), strict=True)
        ]

    def from_level(self, start: int) -> tuple[np.ndarray, np.ndarray]:
        """Give chains and ranks for releases in which no label is finer than a level."""
        return self.chains[:, start:], np.maximum(self.rank - start, 0)


@lru_cache(maxsize=1)
def country() -> PlaceTree:
    """Give the counties of the United States and everything above them.

    Returns
    -------
    PlaceTree
        Its levels are those of `LEVELS` from "county" on.
    """
    known = gazetteer()
    counties = find_areas(list(known.county_names), codes="fips")
    above = [*known.state_names.values(), *known.division_names.values()]
    above += [*known.region_names.values(), "United States"]
    nodes = [area for area in [*counties, *find_areas(above)] if area is not None]
    number = {area.fips[0]: position for position, area in enumerate(nodes)}
    levels = LEVELS[COUNTY:]
    chains = np.array(
        [[number[climb(area, level).fips[0]] for level in levels] for area in nodes], dtype=np.int64
    )
    return PlaceTree(
        levels=levels,
        chains=chains,
        rank=np.array([LEVELS.index(area.level) - COUNTY for area in nodes], dtype=np.int64),
        labels=np.array([area.label for area in nodes], dtype=object),
        codes=np.array([area.fips[0] for area in nodes], dtype=object),
    )


def tree_of(hierarchy: Hierarchy) -> PlaceTree:
    """Give the tree of a user's hierarchy; its nodes have the same numbers.

    Parameters
    ----------
    hierarchy : Hierarchy

    Returns
    -------
    PlaceTree
    """
    nodes = np.arange(hierarchy.n_nodes)
    labels = hierarchy.labels(nodes)
    chains = np.stack([hierarchy.climb(nodes, level) for level in hierarchy.levels], axis=1)
    return PlaceTree(hierarchy.levels, chains, hierarchy.level_of(nodes), labels, labels)
