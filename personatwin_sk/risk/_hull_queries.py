"""Asking the population for pieces of hulls, in one call."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._cells import CountedCells, shared_error, unmatched
from personatwin_sk.risk._hull_axes import Axis, Ranges, interval_text

__all__ = ["Pieces", "count_pieces", "hull_queries", "whole_atoms"]


@dataclass(frozen=True, repr=False)
class Pieces:
    """Pieces of hulls: an atom of each column, or a run of them.

    Attributes
    ----------
    owner : ndarray of int64, shape (n,)
        The class.
    atoms : list of ndarray of int64, each of shape (n,)
        Of each local column but the one that is swept over.
    low, high : ndarray of int64, shape (n,)
        First and last atom of that one.
    """

    owner: np.ndarray
    atoms: list[np.ndarray]
    low: np.ndarray
    high: np.ndarray

    def __repr__(self) -> str:
        return f"Pieces(n_pieces={len(self.owner)})"


def count_pieces(
    pieces: Pieces,
    cells: CountedCells,
    cell_of_class: np.ndarray,
    columns: Sequence[Hashable],
    population: ReferencePopulation,
    local: Sequence[int],
    axes: Sequence[Axis],
    hulls: Sequence[Ranges],
    run: int | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[str, ...], float]:
    """Count the people of pieces, class by class.

    Where all atoms of a hull have the same run to themselves they are asked for as one.

    Parameters
    ----------
    pieces : Pieces
    cells : CountedCells
    cell_of_class : ndarray of int64, shape (n_classes,)
        Some known cell of each class: it tells the labels of columns that are recoded globally.
    columns : sequence of column
    population : ReferencePopulation
    local : sequence of int
        Which of `columns` the axes are of.
    axes : sequence of Axis
    hulls : sequence of Ranges
    run : int or None
        Which of the axes is swept over.

    Returns
    -------
    count, low : ndarray of float, shape (n_classes,)
    modelled : ndarray of bool, shape (n_classes,)
    sources : tuple of str
    shared : float
        The largest correlation of the errors of two counts.

    Raises
    ------
    InputError
        The population does not know how to count a piece.
    """
    n_classes = len(cell_of_class)
    coarse = [at for at in range(len(axes)) if at != run]
    apart = all((axes[at].share == 1).all() for at in coarse)
    is_whole = _are_whole(pieces, [hulls[at] for at in coarse], n_classes, apart)
    wholes = is_whole.first
    parts = np.flatnonzero(~is_whole.of_piece)

    # Each part is asked for once for every combination of the terms of its atoms.
    part, sign = np.arange(len(parts)), np.ones(len(parts))
    terms_of: dict[int, np.ndarray] = {}
    for number, at in enumerate(coarse):
        sizes = np.array([len(some) for some in axes[at].terms], dtype=np.int64)
        signs = np.array([term[1] for some in axes[at].terms for term in some], dtype=float)
        atom = pieces.atoms[number][parts][part]
        start = (np.cumsum(sizes) - sizes)[atom]
        parent = np.repeat(np.arange(len(part)), sizes[atom])
        before = np.cumsum(sizes[atom]) - sizes[atom]
        term = np.arange(len(parent)) + np.repeat(start - before, sizes[atom])
        terms_of = {one: codes[parent] for one, codes in terms_of.items()}
        terms_of[at] = term
        part, sign = part[parent], sign[parent] * signs[term]
    piece = np.concatenate([parts[part], wholes])
    sign = np.concatenate([sign, np.ones(len(wholes))])
    class_ = pieces.owner[piece]

    series: dict[Hashable, pd.Series] = {}
    share = np.ones(len(piece))
    for position, name in enumerate(columns):
        column = cells.columns[position]
        if position not in local:
            code = cells.codes[position][cell_of_class[class_]]
            asked = column.queries.astype(object).take(code)
            share *= cells.shares[position][code]
        elif (at := list(local).index(position)) == run:
            ends = axes[at].ends
            asked = interval_text(ends[pieces.low[piece], 0], ends[pieces.high[piece], 1])
        else:
            single = [term[0] for some in axes[at].terms for term in some]
            sets, set_of = _sets(axes[at], hulls[at].take(pieces.owner[wholes]), len(wholes))
            pool = np.empty(len(single) + len(sets), dtype=object)
            pool[:] = [*single, *sets]
            codes = np.concatenate([terms_of[at], len(single) + set_of]).astype(np.int64)
            atom = pieces.atoms[coarse.index(at)][parts[part]]
            share[: len(part)] *= axes[at].share[atom]
            asked = pd.Series(pool[codes], dtype=object)
        # What is asked along shows what the column means (whether "White" has Hispanics).
        context = pd.Series([column.everything], dtype=object)
        series[name] = pd.concat([asked, context], ignore_index=True)
    answer = population.count(pd.DataFrame(series)).iloc[:-1]
    if unmatched(answer).any():
        raise InputError("some pieces of hulls cannot be counted")

    def total(plus: str, minus: str) -> np.ndarray:
        people = np.where(sign > 0, answer[plus].to_numpy(float), -answer[minus].to_numpy(float))
        # What is left of a place without its parts is nobody at least.
        of_piece = np.bincount(piece, weights=people * share, minlength=len(pieces.owner))
        return np.bincount(pieces.owner, weights=np.maximum(of_piece, 0.0), minlength=n_classes)

    modelled = np.zeros(n_classes, dtype=bool)
    modelled[class_[answer["modelled"].to_numpy(dtype=bool) | (share < 1)]] = True
    sources = tuple(sorted({str(source) for source in answer["source"]}))
    shared = shared_error(answer)
    return total("count", "count"), total("low", "high"), modelled, sources, shared


class _Wholes(NamedTuple):
    """Which pieces make up a whole: a run that all atoms of a hull have to themselves."""

    of_piece: np.ndarray
    first: np.ndarray


def _are_whole(pieces: Pieces, coarse: Sequence[Ranges], n_classes: int, apart: bool) -> _Wholes:
    n_atoms = np.ones(n_classes)
    for hull in coarse:
        n_atoms = n_atoms * hull.sizes(n_classes)
    if not (apart and len(pieces.owner)):  # where atoms overlap each is counted by itself
        return _Wholes(np.zeros(len(pieces.owner), dtype=bool), np.zeros(0, dtype=np.int64))
    same, first = group_rows([pieces.owner, pieces.low, pieces.high])
    complete = np.bincount(same) == n_atoms[pieces.owner[first]]
    return _Wholes(complete[same], first[complete])


def _sets(axis: Axis, hulls: Ranges, n: int) -> tuple[list[object], np.ndarray]:
    """Give the distinct sets of queries that hulls are, and the number of each hull's set."""
    starts = np.searchsorted(hulls.owner, np.arange(n + 1))
    low, high = hulls.low.tolist(), hulls.high.tolist()
    number: dict[tuple[tuple[int, int], ...], int] = {}
    set_of = np.empty(n, dtype=np.int64)
    for at, (start, stop) in enumerate(itertools.pairwise(starts.tolist())):
        key = tuple(zip(low[start:stop], high[start:stop], strict=True))
        set_of[at] = number.setdefault(key, len(number))
    sets: list[object] = []
    for key in number:
        atoms = [atom for low, high in key for atom in whole_atoms(axis, low, high)]
        members = [axis.terms[atom][0][0] for atom in atoms]
        sets.append(members[0] if len(members) == 1 else frozenset(members))
    return sets, set_of


def whole_atoms(axis: Axis, low: int, high: int) -> list[int]:
    """Give the atoms that a range is made of; of places those that are in no other of them."""
    atoms = []
    while low <= high:  # a range of places is some whole places, side by side
        atoms.append(low)
        low = int(axis.last[low]) + 1
    return atoms


def hull_queries(
    axis: Axis, hulls: Ranges, label: np.ndarray, by_label: np.ndarray
) -> tuple[list[object], np.ndarray]:
    """Give what to ask for the whole hull of each class in one column.

    Parameters
    ----------
    axis : Axis
    hulls : Ranges
        Of the classes.
    label : ndarray of int64, shape (n_classes,)
    by_label : ndarray of bool, shape (n_classes,)
        Whether the hull is what the label covers: then classes with one label share it.

    Returns
    -------
    queries : list
    of_class : ndarray of int64, shape (n_classes,)
    """
    alone = np.where(by_label, 0, np.arange(1, len(label) + 1))
    kind, first = group_rows([np.where(by_label, label, 0), alone])
    ranges = hulls.take(first)
    if not axis.ordered:
        queries, of_kind = _sets(axis, ranges, len(first))
        return queries, of_kind[kind]
    texts = interval_text(axis.ends[ranges.low, 0], axis.ends[ranges.high, 1]).tolist()
    starts = np.searchsorted(ranges.owner, np.arange(len(first) + 1)).tolist()
    pieces = [texts[start:stop] for start, stop in itertools.pairwise(starts)]
    return [some[0] if len(some) == 1 else frozenset(some) for some in pieces], kind
