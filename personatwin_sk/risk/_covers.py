"""What the released labels of each class cover, column by column: its *hull*.

Where the labels do not cover the values of its people (the "center" of a class, say) the hull is
what these span: all numbers from the least to the largest, or the values themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._cells import CountedCells
from personatwin_sk.risk._classes import Classes, distinct_pairs
from personatwin_sk.risk._hull_axes import Axis, Ranges
from personatwin_sk.risk._hull_columns import read_axis

__all__ = ["Covers", "read_covers"]


@dataclass(frozen=True, repr=False)
class Covers:
    """Hulls of classes in those columns that are not recoded globally.

    Attributes
    ----------
    local : tuple of int
        Positions of these columns among all of them.
    axes : tuple of Axis
        One per local column, as are all that follow.
    texts : tuple of list
        The distinct released labels.
    labels : tuple of ndarray of int64, each of shape (n_classes,)
        Which of the labels each class has.
    hulls : tuple of Ranges
        What each class covers.
    by_label : tuple of ndarray of bool, each of shape (n_classes,)
        Whether that is its label, and not what its people span.
    class_, cell : ndarray of int64, shape (n_pairs,)
        The cells that each class holds and the population knows.
    cell_of_class : ndarray of int64, shape (n_classes,)
        One of these of each class; -1 where there is none.
    """

    local: tuple[int, ...]
    axes: tuple[Axis, ...]
    texts: tuple[list[object], ...]
    labels: tuple[np.ndarray, ...]
    hulls: tuple[Ranges, ...]
    by_label: tuple[np.ndarray, ...]
    class_: np.ndarray
    cell: np.ndarray
    cell_of_class: np.ndarray

    def __repr__(self) -> str:
        return f"Covers(n_columns={len(self.local)})"


def read_covers(
    cells: CountedCells,
    classes: Classes,
    released: Table,
    columns: Sequence[Hashable],
    population: ReferencePopulation,
) -> Covers | None:
    """Read what classes cover.

    Columns with a global recoding take no part: their labels do not overlap.

    Parameters
    ----------
    cells : CountedCells
    classes : Classes
    released : Table
    columns : sequence of column
        In the order of `cells.columns`.
    population : ReferencePopulation

    Returns
    -------
    Covers or None
        None if all columns have a global recoding, or the population knows no cell.
    """
    n_cells, n_classes = len(cells.count), classes.n_classes
    local = [at for at, column in enumerate(cells.columns) if not column.recoded]
    shown = classes.class_of_row >= 0
    held = distinct_pairs(classes.class_of_row[shown], cells.of_row[shown], n_cells)
    known = ~cells.unknown[held[1]]
    class_, cell = held[0][known], held[1][known]
    if not local or not len(class_):
        return None
    row_of_class = np.zeros(n_classes, dtype=np.int64)
    row_of_class[classes.class_of_row[shown]] = np.flatnonzero(shown)
    cell_of_class = np.full(n_classes, -1)
    cell_of_class[class_] = cell

    found = []
    for at in local:
        codes, texts = factorize(released[columns[at]])
        label = codes[row_of_class]
        axis = read_axis(cells.columns[at], columns[at], texts, population)
        hull, by_label = _hull(axis, label, class_, cells.codes[at][cell], n_classes)
        found.append((axis, texts.astype(object).tolist(), label, hull, by_label))
    axes, texts_of, labels, hulls, by_labels = zip(*found, strict=True)
    return Covers(
        tuple(local), axes, texts_of, labels, hulls, by_labels, class_, cell, cell_of_class
    )


def _hull(
    axis: Axis, label: np.ndarray, class_: np.ndarray, value: np.ndarray, n_classes: int
) -> tuple[Ranges, np.ndarray]:
    """Give what classes cover of a column, and whether that is their label."""
    pairs = distinct_pairs(class_, value, len(axis.values.owner) + int(value.max()) + 1)
    of_pair = axis.values.take(pairs[1])
    owner = pairs[0][of_pair.owner]
    is_held = axis.labels.hold(label[pairs[0]], of_pair)
    by_label = np.isin(label, axis.labels.owner)
    by_label[owner[~is_held]] = False
    by_label &= np.isin(np.arange(n_classes), owner)
    labels = axis.labels.take(label)
    keep = by_label[labels.owner]
    spans = ~by_label[owner]
    low, high, spanned = of_pair.low[spans], of_pair.high[spans], owner[spans]
    if axis.ordered and len(spanned):
        # Pairs are sorted by class.
        first = np.flatnonzero(np.diff(spanned, prepend=-1))
        low, high = np.minimum.reduceat(low, first), np.maximum.reduceat(high, first)
        spanned = spanned[first]
    hull = Ranges.joined(
        np.concatenate([labels.owner[keep], spanned]),
        np.concatenate([labels.low[keep], low]),
        np.concatenate([labels.high[keep], high]),
    )
    return hull, by_label
