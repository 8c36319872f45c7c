"""Whole hulls, whatever other hulls they share: people of the population, and people of the file.

Where hulls overlap, who of the people in one would have been put into its class is another question
(`_population` and `_informed` answer it).
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk.population import ReferencePopulation, TablePopulation
from personatwin_sk.risk._cells import CountedCells
from personatwin_sk.risk._classes import Classes, distinct_pairs
from personatwin_sk.risk._covers import Covers
from personatwin_sk.risk._hull_queries import hull_queries

__all__ = ["count_in_hulls", "file_in_hulls"]


def count_in_hulls(
    covers: Covers,
    cells: CountedCells,
    class_: np.ndarray,
    columns: Sequence[Hashable],
    population: ReferencePopulation,
    *,
    slices: tuple[np.ndarray, np.ndarray] | None = None,
) -> pd.DataFrame:
    """Count the people of the population in hulls, or in slices of them, each kind once.

    Parameters
    ----------
    covers : Covers
    cells : CountedCells
    class_ : ndarray of int64, shape (n,)
        Whose hulls; each of these classes holds a cell that the population knows.
    columns : sequence of column
        In the order of `cells.columns`.
    population : ReferencePopulation
    slices : pair of ndarray of int64, each of shape (n,), optional
        For each the number of a local column, and the one atom of it that counts.

    Returns
    -------
    DataFrame of n rows
        The answer of the population.

    Raises
    ------
    InputError
        The population does not know how to count some of them.
    """
    pools: list[pd.Series] = []
    codes: list[np.ndarray] = []
    share = np.ones(len(class_))
    for position, seen in enumerate(cells.columns):
        if position not in covers.local:
            code = cells.codes[position][covers.cell_of_class[class_]]
            share *= cells.shares[position][code]
            pools.append(seen.queries.astype(object))
            codes.append(code)
            continue
        number = covers.local.index(position)
        axis = covers.axes[number]
        hulls, of_class = hull_queries(
            axis, covers.hulls[number], covers.labels[number], covers.by_label[number]
        )
        pool = np.empty(len(hulls) + axis.n_atoms, dtype=object)
        pool[:] = [*hulls, *(terms[0][0] for terms in axis.terms)]
        pools.append(pd.Series(pool, dtype=object))
        code = of_class[class_]
        if slices is not None:
            column, atom = slices
            code = np.where(column == number, len(hulls) + atom, code)
        codes.append(code)
    group, first = group_rows(codes)
    # What is asked along shows what the column means (whether "White" has Hispanics).
    asked = {
        name: pd.concat(
            [pool.take(code[first]), pd.Series([seen.everything], dtype=object)],
            ignore_index=True,
        )
        for name, pool, code, seen in zip(columns, pools, codes, cells.columns, strict=True)
    }
    answer = population.count(pd.DataFrame(asked)).iloc[:-1].iloc[group].reset_index(drop=True)
    return answer.assign(
        count=answer["count"].to_numpy(dtype=float) * share,
        low=answer["low"].to_numpy(dtype=float) * share,
        modelled=answer["modelled"].to_numpy(dtype=bool) | (share < 1),
    )


def file_in_hulls(covers: Covers, cells: CountedCells, classes: Classes) -> np.ndarray:
    """Count the people of the file in each hull: those put into other classes, or none, as well.

    Parameters
    ----------
    covers : Covers
    cells : CountedCells
    classes : Classes

    Returns
    -------
    ndarray of float, shape (n_classes,)
        0 for classes of which the population knows no cell.
    """
    n_cells = len(cells.count)
    _, cell_of_person = distinct_pairs(classes.person_of_row, cells.of_row, n_cells)
    known = ~cells.unknown
    asked_for = np.flatnonzero(covers.cell_of_class >= 0)
    # Atoms are numbered so that what a hull covers is ranges of them: the file is a table of
    # atoms, and each hull a question to it.
    table: dict[str, np.ndarray] = {}
    asked: dict[str, pd.Series] = {}
    for position, codes in enumerate(cells.codes):
        name = f"column {position}"
        if position not in covers.local:
            table[name] = codes[known]
            asked[name] = pd.Series(codes[covers.cell_of_class[asked_for]])
            continue
        number = covers.local.index(position)
        values = covers.axes[number].values
        first = np.full(len(cells.columns[position].queries), -1)
        first[values.owner[::-1]] = values.low[::-1]
        table[name] = first[codes[known]]
        asked[name] = _as_labels(covers, number).take(asked_for).reset_index(drop=True)
    table["n"] = np.bincount(cell_of_person, minlength=n_cells)[known]
    file = TablePopulation.from_frame(pd.DataFrame(table))
    people = np.zeros(classes.n_classes)
    people[asked_for] = file.count(pd.DataFrame(asked))["count"].to_numpy(dtype=float)
    return people


def _as_labels(covers: Covers, number: int) -> pd.Series:
    """Give the ranges of atoms of each class in one column as a label."""
    hulls = covers.hulls[number]
    text = pd.Series(hulls.low).astype(str) + "-" + pd.Series(hulls.high).astype(str)
    ends = np.searchsorted(hulls.owner, np.arange(len(covers.cell_of_class) + 1))
    texts = text.tolist()
    return pd.Series(
        [frozenset(texts[start:stop]) for start, stop in itertools.pairwise(ends.tolist())],
        dtype=object,
    )
