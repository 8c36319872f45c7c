"""Reading a column for its atoms, in the words of the population."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
import pandas as pd

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._cells import (
    CountedColumn,
    count_column,
    own_hierarchy,
    own_shares,
    same_people,
    unmatched,
)
from personatwin_sk.risk._hull_axes import (
    Axis,
    area_axis,
    category_axis,
    members_of,
    number_axis,
    opaque_axis,
    tree_axis,
)

__all__ = ["read_axis"]


def read_axis(
    column: CountedColumn, name: Hashable, labels: pd.Series, population: ReferencePopulation
) -> Axis:
    """Take a column apart.

    Parameters
    ----------
    column : CountedColumn
        What is counted of it.
    name : column
    labels : pandas.Series of shape (n_labels,)
        The distinct released labels.
    population : ReferencePopulation

    Returns
    -------
    Axis
        Labels that the population does not know cover nothing, nor do unmatched values.
    """
    queries = column.queries.astype(object).tolist()
    values = [
        query if known else None for query, known in zip(queries, column.matched, strict=True)
    ]
    texts = labels.astype(object).tolist()
    hierarchy = own_hierarchy(population, name)
    try:
        if hierarchy is not None:
            return tree_axis(_known(name, texts, population), values, hierarchy)
        if name == "geography":
            return area_axis(_known(name, texts, population), values)
        numbers = number_axis(texts, values)
        if numbers is not None:
            return numbers
        axis = category_axis(texts, values, _spellings(name, texts, values, population))
    except InputError:  # a population need not know the labels that a release uses
        axis = opaque_axis(len(texts), values)
    atoms = pd.Series([terms[0][0] for terms in axis.terms], dtype=object)
    seen = CountedColumn(np.empty(0, dtype=np.int64), atoms, np.ones(len(atoms), dtype=bool))
    return replace(axis, share=own_shares(population, name, seen))


def _known(name: Hashable, labels: list[object], population: ReferencePopulation) -> list[object]:
    """Leave out the labels that the population does not know."""
    unknown = unmatched(count_column(population, name, labels))
    return [None if bad else label for label, bad in zip(labels, unknown, strict=True)]


def _spellings(
    name: Hashable, labels: list[object], values: list[object], population: ReferencePopulation
) -> dict[object, object]:
    """Give for each category the first one that is the same people; None where nobody knows it."""
    found = [member for item in [*values, *labels] for member in members_of(item)]
    members = list(dict.fromkeys(member for member in found if member is not None))
    answer = count_column(population, name, members)
    known = ~unmatched(answer)
    counts = answer["count"].to_numpy(dtype=float)
    leader = same_people(population, name, pd.Series(members, dtype=object), counts, known)
    return {
        member: members[at] if is_known else None
        for member, at, is_known in zip(members, leader, np.asarray(known), strict=True)
    }
