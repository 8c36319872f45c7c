"""The merging engine: from encoded cells to classes that obey every rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from personatwin_sk.merging._constraints import SensitiveConstraints, repair
from personatwin_sk.merging._encoding import Encoding
from personatwin_sk.merging._line import partition_line
from personatwin_sk.merging._partition import partition
from personatwin_sk.merging._points import Points
from personatwin_sk.merging._refinement import refine
from personatwin_sk.merging._segments import without_gaps

__all__ = ["find_classes"]

SUPPRESSED = -1


def find_classes(
    encoding: Encoding,
    k: int,
    sweeps: int,
    *,
    blocks: np.ndarray | None = None,
    constraints: SensitiveConstraints | None = None,
    max_class_size: int | None = None,
) -> np.ndarray:
    """Put each cell into a class, or suppress it where no class may hold it.

    Parameters
    ----------
    encoding : Encoding
    k : int
        People in a class, at least.
    sweeps : int
        Sweeps of refinement at most.
    blocks : numpy.ndarray of int64, shape (n_cells,), optional
        Cells of different blocks never share a class; blocks of fewer than k people are suppressed.
    constraints : SensitiveConstraints, optional
    max_class_size : int, optional
        People in a class, at most; what exceeds it is suppressed.

    Returns
    -------
    numpy.ndarray of int64, shape (n_cells,)
        Classes from 0 without gaps; -1 for suppressed cells.
    """
    points = encoding.points
    if blocks is None and constraints is None and max_class_size is None and _is_line(points):
        return _along_the_line(points, k)
    allowed = None if constraints is None else _verdict(constraints, len(points))
    classes = partition(points, k, blocks=blocks, allowed=allowed)
    people = np.bincount(classes, weights=points.people)
    classes[people[classes] < k] = SUPPRESSED
    if constraints is not None:
        classes = repair(
            without_gaps(classes),
            encoding.centers(*_numbered(classes)),
            points.people.astype(np.int64),
            constraints,
            blocks=blocks,
            max_class_size=max_class_size,
        )
    kept = np.flatnonzero(classes >= 0)
    if sweeps and len(kept):
        classes[kept] = refine(
            points.take(kept),
            without_gaps(classes[kept]),
            k,
            sweeps,
            blocks=None if blocks is None else blocks[kept],
            max_class_size=np.inf if max_class_size is None else float(max_class_size),
            allowed=None if constraints is None else _verdict(constraints, len(points), kept),
        )
    if max_class_size is not None and len(kept):
        people = np.bincount(classes[kept], weights=points.people[kept])
        classes[kept[people[classes[kept]] > max_class_size]] = SUPPRESSED
    return without_gaps(classes)


def _is_line(points: Points) -> bool:
    return points.ordered.shape[1] == 1 and len(points.weights) == 0


def _along_the_line(points: Points, k: int) -> np.ndarray:
    order = np.argsort(points.ordered[:, 0], kind="stable")
    classes = np.empty(len(points), dtype=np.int64)
    classes[order] = partition_line(points.ordered[order, 0], points.people[order], k)
    return classes


def _verdict(
    constraints: SensitiveConstraints, n_cells: int, kept: np.ndarray | None = None
) -> Callable[[np.ndarray, np.ndarray, int], np.ndarray]:
    """Tell which groups of some of the cells satisfy the constraints."""

    def allowed(cells: np.ndarray, group_of_cell: np.ndarray, n_groups: int) -> np.ndarray:
        group = np.full(n_cells, SUPPRESSED, dtype=np.int64)
        group[cells if kept is None else kept[cells]] = group_of_cell
        return constraints.satisfied(group, n_groups)

    return allowed


def _numbered(classes: np.ndarray) -> tuple[np.ndarray, int]:
    dense = without_gaps(classes)
    return dense, int(dense.max()) + 1
