"""The table of the labels that may be released, with what each of them covers."""

from __future__ import annotations

from collections.abc import Collection, Hashable

import numpy as np
import pandas as pd

from personatwin_sk.geography._inhabitants import people_left
from personatwin_sk.geography._places import LabelKey
from personatwin_sk.geography._trees import PlaceTree
from personatwin_sk.population._area_totals import people_of_area
from personatwin_sk.population._zip_people import (
    RESTRICTED,
    is_restricted,
    n_zip_codes,
    zip3_people,
    zip3_prefixes,
)
from personatwin_sk.population.places import find_areas, three_digit_area

__all__ = ["Row", "finer_rows", "label_table", "tree_rows", "zip_rows"]

# Label, level, inhabitants, number of places.
Row = tuple[str, str, float, int]


def label_table(rows: Collection[Row], column: Hashable) -> pd.DataFrame:
    """Make the table of one column of places.

    Parameters
    ----------
    rows : list of (label, level, inhabitants, n_places)
    column : column
        Whose labels they are.

    Returns
    -------
    DataFrame
    """
    frame = pd.DataFrame(list(rows), columns=["label", "level", "inhabitants", "n_places"])
    frame = frame.astype({"inhabitants": "float64", "n_places": "int64"})
    frame.insert(0, "column", pd.Series([column] * len(frame), dtype=object))
    return frame


def tree_rows(
    tree: PlaceTree,
    people: np.ndarray,
    allowed: np.ndarray,
    released: Collection[LabelKey] | None,
) -> list[Row]:
    """List the labels of a tree that some place of it gets.

    Parameters
    ----------
    tree : PlaceTree
    people : ndarray of float, shape (n_nodes,)
        Inhabitants of each node who are counted nowhere below it.
    allowed : ndarray of bool, shape (n_nodes,)
        Labels that cover enough inhabitants.
    released : collection of (level, label), or None
        Labels that enough people of a table stand behind; None: all.

    Returns
    -------
    list of (label, level, inhabitants, n_places)
        What is left for each label after finer ones are taken out.
    """
    keys = tree.keys()
    if released is not None:
        inside = np.array([key in released for key in keys], dtype=bool)
        inside[-1] = True
        allowed = allowed & inside
    inhabitants, n_places = people_left(tree, people, allowed)
    return [
        (label, level, float(inhabitants[node]), int(n_places[node]))
        for node, (level, label) in enumerate(keys)
        if n_places[node]
    ]


def zip_rows(minimum: int) -> list[Row]:
    """List the three-digit ZIP areas that may be named, and all the others as one.

    Parameters
    ----------
    minimum : int
        More people than this live in an area that may be named.

    Returns
    -------
    list of (label, level, inhabitants, n_places)
        Its places are ZIP codes.

    Examples
    --------
    >>> zip_rows(20_000)[-1]
    ('000**', 'zip', 151512.0, 681)
    """
    prefixes = zip3_prefixes()
    hidden = [prefix for prefix in prefixes if is_restricted(prefix, minimum)]
    named = [prefix for prefix in prefixes if not is_restricted(prefix, minimum)]
    rows = [_zip_row(three_digit_area(prefix).label, [prefix]) for prefix in named]
    return [*rows, _zip_row(three_digit_area(RESTRICTED).label, hidden)]


def _zip_row(label: str, prefixes: list[str]) -> Row:
    people = sum(zip3_people(prefix) or 0 for prefix in prefixes)
    return label, "zip", float(people), sum(n_zip_codes(prefix) for prefix in prefixes)


def finer_rows(released: Collection[LabelKey], tree: PlaceTree) -> list[Row]:
    """List the released labels that are no nodes of the country's tree.

    Parameters
    ----------
    released : collection of (level, label)
    tree : PlaceTree

    Returns
    -------
    list of (label, level, inhabitants, n_places)
        ZIP codes and areas, cities, addresses, and county names that several states have.
    """
    finer = sorted(set(released) - set(tree.keys()))
    areas = [
        find_areas([label], codes="zip")[0] if level in ("zip", "county") else None
        for level, label in finer
    ]
    people = [None if area is None else people_of_area(area) for area in areas]
    return [
        (label, level, np.nan if number is None else float(number), 1)
        for (level, label), number in zip(finer, people, strict=True)
    ]
