"""People of the population whom a released row describes, and no other row does.

What the hull of a class is, `_covers` says. People in one hull only would have been put into
that class. People in several hulls may have been put anywhere: of them only those count whose cell
the class holds, as `_population` shares cells out.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.cells import group_rows
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._cells import CountedCells
from personatwin_sk.risk._classes import Classes
from personatwin_sk.risk._covers import Covers
from personatwin_sk.risk._hull_axes import Ranges
from personatwin_sk.risk._hull_queries import Pieces, count_pieces
from personatwin_sk.risk._sweep import sweep

__all__ = ["Hulls", "count_hulls"]

# Boxes of atoms that are looked at for one table; a hull of six columns may have millions.
_MOST_BOXES = 2**20


@dataclass(frozen=True, repr=False)
class Hulls:
    """What is in one hull only.

    Attributes
    ----------
    count, low : ndarray of float, shape (n_classes,)
        People of the population who are in this hull and in no other, and the low end of that.
    modelled : ndarray of bool, shape (n_classes,)
    alone : ndarray of bool, shape (n_cells,)
        Some of the cell is in one hull only: its people are in `count` of that class.
    counted : ndarray of bool, shape (n_classes,)
        False where hulls could not be used, and the cells are all there is.
    n_left_out : int
        Classes with a hull that could not be used: too many boxes, or a population that cannot
        count them.
    sources : tuple of str
    shared : float, default=0.0
        The largest correlation of the errors of two counts.
    """

    count: np.ndarray
    low: np.ndarray
    modelled: np.ndarray
    alone: np.ndarray
    counted: np.ndarray
    n_left_out: int
    sources: tuple[str, ...]
    shared: float = 0.0

    def __repr__(self) -> str:
        return f"Hulls(n_counted={int(self.counted.sum())})"

    @classmethod
    def none(cls, n_classes: int, n_cells: int, n_left_out: int = 0) -> Hulls:
        """Give what is known without hulls: nothing."""
        nobody = np.zeros(n_classes)
        no_class, no_cell = nobody.astype(bool), np.zeros(n_cells, dtype=bool)
        return cls(nobody, nobody, no_class, no_cell, no_class, n_left_out, ())


def count_hulls(
    covers: Covers | None,
    cells: CountedCells,
    classes: Classes,
    columns: Sequence[Hashable],
    population: ReferencePopulation,
) -> Hulls:
    """Count the people who are in the hull of one class only.

    Columns with a global recoding take no part: their labels do not overlap. If all columns have
    one, the cells say everything, and nothing is counted here.

    Parameters
    ----------
    covers : Covers or None
    cells : CountedCells
    classes : Classes
    columns : sequence of column
        In the order of `cells.columns`.
    population : ReferencePopulation

    Returns
    -------
    Hulls
    """
    n_cells, n_classes = len(cells.count), classes.n_classes
    if covers is None:
        return Hulls.none(n_classes, n_cells)
    local, axes, hulls = covers.local, covers.axes, covers.hulls
    cell, cell_of_class = covers.cell, covers.cell_of_class
    shown = classes.class_of_row >= 0
    recoded = [codes for at, codes in enumerate(cells.codes) if at not in local]
    group_of_cell, _ = group_rows([*recoded, np.zeros(n_cells, dtype=np.int64)])
    counted = _within_budget(hulls, group_of_cell, cell_of_class)
    n_with_cells = int(np.count_nonzero(cell_of_class >= 0))
    if not counted.any():
        return Hulls.none(n_classes, n_cells, n_with_cells)

    # The longest ordered column is swept over; of the others all combinations of atoms are taken.
    lengths = [axis.n_atoms if axis.ordered else 0 for axis in axes]
    run = int(np.argmax(lengths)) if max(lengths) else None
    suppressed = np.zeros(n_cells, dtype=bool)
    suppressed[cells.of_row[~shown]] = True
    in_hulls = np.zeros(n_cells, dtype=bool)
    in_hulls[cell] = True
    things = np.flatnonzero(in_hulls | (suppressed & ~cells.unknown))
    who = np.flatnonzero(counted)
    boxes = [hull.take(who) for hull in hulls]
    points = [
        axis.values.take(cells.codes[at][things]) for axis, at in zip(axes, local, strict=True)
    ]
    class_box = _boxes(boxes, group_of_cell[cell_of_class[who]], run)
    point_box = _boxes(points, group_of_cell[things], run)
    row, _ = group_rows(
        [np.concatenate(pair) for pair in zip(class_box[1], point_box[1], strict=True)]
    )
    n_boxes = len(class_box[0])
    of_point = row[n_boxes:]
    # Somebody of a suppressed person's cell would have been suppressed as well.
    taken = suppressed[things][point_box[0]]
    found = sweep(
        np.concatenate([row[:n_boxes], of_point[taken]]),
        np.concatenate([class_box[2], point_box[2][taken]]),
        np.concatenate([class_box[3], point_box[3][taken]]),
        np.concatenate([who[class_box[0]], np.full(int(taken.sum()), n_classes)]),
    )
    alone = np.zeros(n_cells, dtype=bool)
    alone[things[point_box[0][found.alone(of_point, point_box[2], point_box[3]) > 0]]] = True

    keep = (found.owner >= 0) & (found.owner < n_classes)
    a_box = np.empty(int(row.max()) + 1, dtype=np.int64)
    a_box[row[:n_boxes]] = np.arange(n_boxes)
    pieces = Pieces(
        owner=found.owner[keep],
        atoms=[codes[a_box[found.row[keep]]] for codes in class_box[1][1:]],
        low=found.low[keep],
        high=found.high[keep],
    )
    try:
        count, low, modelled, sources, shared = count_pieces(
            pieces, cells, cell_of_class, columns, population, local, axes, hulls, run
        )
    except InputError:  # a table of bands, say, need not know parts of them
        return Hulls.none(n_classes, n_cells, n_with_cells)
    n_left_out = n_with_cells - int(counted.sum())
    return Hulls(count, low, modelled, alone, counted, n_left_out, sources, shared)


def _within_budget(
    hulls: Sequence[Ranges], group_of_cell: np.ndarray, cell_of_class: np.ndarray
) -> np.ndarray:
    """Choose the classes whose hulls are looked at: groups that never overlap, small ones first."""
    n_classes = len(cell_of_class)
    boxes = np.where(cell_of_class < 0, 0.0, 1.0)
    for hull in hulls:
        boxes = boxes * hull.sizes(n_classes)
    has_hull = boxes > 0
    group = group_of_cell[np.maximum(cell_of_class, 0)]
    total = np.bincount(group, weights=boxes)
    order = np.argsort(total, kind="stable")
    fits = np.empty(len(total), dtype=bool)
    fits[order] = np.cumsum(total[order]) <= _MOST_BOXES
    return has_hull & fits[group]


def _boxes(
    ranges: Sequence[Ranges], group: np.ndarray, run: int | None
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray, np.ndarray]:
    """Multiply ranges out: the thing, its group and atoms, and the first and last on the run."""
    thing = np.arange(len(group))
    atoms: list[np.ndarray] = [group]
    low = high = np.zeros(len(group), dtype=np.int64)
    for at, column in enumerate(ranges):
        if at == run:
            owner, first, last = column.owner, column.low, column.high
        else:
            owner, first = column.atoms()
            last = first
        start = np.searchsorted(owner, thing, "left")
        number = np.searchsorted(owner, thing, "right") - start
        parent = np.repeat(np.arange(len(thing)), number)
        entry = np.arange(len(parent)) + np.repeat(start - (np.cumsum(number) - number), number)
        thing, low, high = thing[parent], low[parent], high[parent]
        atoms = [codes[parent] for codes in atoms]
        if at == run:
            low, high = first[entry], last[entry]
        else:
            atoms.append(first[entry])
    return thing, atoms, low, high
