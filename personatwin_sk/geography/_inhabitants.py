"""How many people live in the places of a tree, and which of its labels are large enough."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.exceptions import InputError
from personatwin_sk.geography._minimum import labels_at, released_labels
from personatwin_sk.geography._trees import PlaceTree
from personatwin_sk.population import TablePopulation
from personatwin_sk.population._gazetteer import gazetteer

__all__ = ["bundled_people", "large_enough", "people_left", "people_of_population"]


def bundled_people(tree: PlaceTree) -> np.ndarray:
    """Look up the people of the country's counties; NaN where no figure is bundled.

    Parameters
    ----------
    tree : PlaceTree
        That of the country.

    Returns
    -------
    ndarray of float, shape (n_nodes,)
        Of counties (July 2023), and of Puerto Rico as a whole (ACS 2016-2020), which has no figures
        by county. The others are sums of these.
    """
    people = gazetteer().people
    return _own_people(tree, np.array([people.get(code, np.nan) for code in tree.codes]))


def people_of_population(tree: PlaceTree, population: Any, column: Hashable) -> np.ndarray:
    """Ask a population for the people of each place; NaN where it does not know the place.

    Where it gives an interval, its lower end counts: a place must be large enough for certain.

    Parameters
    ----------
    tree : PlaceTree
    population : ReferencePopulation
        Its column of places is called as `column`, or "geography".
    column : str
        The column whose places are to be made coarser.

    Returns
    -------
    ndarray of float, shape (n_nodes,)
        People who are counted nowhere below the node; zero where they are counted below.

    Raises
    ------
    InputError
        If the population has no such column, or knows none of the places.
    """
    name = next((name for name in (column, "geography") if name in population.columns), None)
    if name is None:
        raise InputError(
            f"population has no column {column!r} and none called 'geography', so it cannot say "
            "how many people live in a place"
        )
    people = _ask(population, name, tree)
    if np.isnan(people).all():
        raise InputError(
            f"population knows none of the {len(people)} places of the hierarchy in its column "
            f"{name!r}"
        )
    return _own_people(tree, people)


def _ask(population: Any, name: Hashable, tree: PlaceTree) -> np.ndarray:
    """Ask for the people of labels; those that a population refuses are sifted out by halves."""
    people = np.full(len(tree.labels), np.nan)
    if isinstance(population, TablePopulation):
        known = np.flatnonzero(population.knows(name, tree.labels.tolist()))
        asked = pd.DataFrame({name: pd.Series(tree.labels[known], dtype=object)})
        people[known] = population.count(asked)["low"].to_numpy(dtype=float)
        return people
    # A population that knows one level may not know the next.
    ends = np.flatnonzero(np.diff(tree.rank, append=-1)) + 1
    pending = list(itertools.pairwise([0, *ends.tolist()]))
    while pending:
        start, stop = pending.pop()
        asked = pd.DataFrame({name: pd.Series(tree.labels[start:stop], dtype=object)})
        try:
            answer = population.count(asked)
        except ValueError:
            if stop - start > 1:
                middle = (start + stop) // 2
                pending += [(start, middle), (middle, stop)]
            continue
        known = np.array([name not in left_out for left_out in answer["unmatched"]], dtype=bool)
        people[start:stop] = np.where(known, answer["low"].to_numpy(dtype=float), np.nan)
    return people


def _own_people(tree: PlaceTree, people: np.ndarray) -> np.ndarray:
    """Keep the figure of a node where none below it has one, so that nobody counts twice."""
    known = np.flatnonzero(~np.isnan(people))
    has_figures_below = np.zeros(len(people), dtype=bool)
    for level in range(1, len(tree.levels)):
        ancestor = tree.chains[known, level]
        has_figures_below[ancestor[ancestor != known]] = True
    return np.where(has_figures_below, 0.0, people)


def large_enough(tree: PlaceTree, people: np.ndarray, start: int, minimum: int) -> np.ndarray:
    """Say which labels may be released so that each covers enough people.

    Decided on the whole tree, not on the places of a table: chunks and new tables agree.

    Parameters
    ----------
    tree : PlaceTree
    people : ndarray of float, shape (n_nodes,)
        People of a node who are counted nowhere below it; NaN where no figure is known, which is
        too small.
    start : int
        The finest level that may be released.
    minimum : int
        People that each label has to cover, counting what is left of its place after finer labels
        are taken out.

    Returns
    -------
    ndarray of bool, shape (n_nodes,)

    Raises
    ------
    InputError
        If there are fewer people than that altogether.
    """
    if np.nansum(people) < minimum:
        raise InputError(
            f"min_population={minimum} is more than all people of the population together "
            f"({np.nansum(people):.0f}), so that no label could cover enough"
        )
    chains, rank = tree.from_level(start)
    held = _held(tree, people)
    weights = np.nan_to_num(people)[held]
    return released_labels(
        chains[held],
        rank,
        tree.rank >= start,
        lambda labels: np.bincount(labels, weights=weights, minlength=len(rank)),
        minimum,
    )


def people_left(
    tree: PlaceTree, people: np.ndarray, allowed: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Count what each label covers: the people, and the finest places, not under finer labels.

    Parameters
    ----------
    tree : PlaceTree
    people : ndarray of float, shape (n_nodes,)
        As in `large_enough`.
    allowed : ndarray of bool, shape (n_nodes,)
        The labels that may be released.

    Returns
    -------
    inhabitants : ndarray of float, shape (n_nodes,)
        NaN where a label covers places none of which has a figure.
    n_places : ndarray of int, shape (n_nodes,)
    """
    held = _held(tree, people)
    labels = labels_at(tree.chains[held], allowed)
    known = ~np.isnan(people[held])
    n_nodes = len(people)
    inhabitants = np.zeros(n_nodes)
    np.add.at(inhabitants, labels[known], people[held][known])
    inhabitants[np.bincount(labels[known], minlength=n_nodes) == 0] = np.nan
    leaves = labels_at(tree.chains[tree.rank == 0], allowed)
    return inhabitants, np.bincount(leaves, minlength=n_nodes)


def _held(tree: PlaceTree, people: np.ndarray) -> np.ndarray:
    """Give the nodes whose people have to go somewhere: the finest, and those with a figure."""
    return np.flatnonzero((tree.rank == 0) | (np.nan_to_num(people) > 0))
