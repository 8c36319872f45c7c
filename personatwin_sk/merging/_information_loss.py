"""How much a merge loses: NCP per column, and the sum of squares around class means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.merging._class_state import ClassState
from personatwin_sk.merging._kinds import Kind, kind_of
from personatwin_sk.merging._places import Places
from personatwin_sk.merging._points import Points
from personatwin_sk.merging._segments import distinct_sets

__all__ = ["certainty_penalty", "squared_error_ratio"]


def certainty_penalty(
    original: pd.Series,
    class_of_row: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    hierarchy: Hierarchy | None = None,
) -> float:
    """Measure the normalised certainty penalty (NCP) of one column.

    Parameters
    ----------
    original : pandas.Series of shape (n,)
        Values before they were merged, one row per person (or per cell, with weights).
    class_of_row : numpy.ndarray of int64, shape (n,)
        The released class of each row, from 0; -1 for a suppressed row, which counts 1.
    weights : numpy.ndarray of shape (n,), optional
        People per row.
    hierarchy : Hierarchy, optional
        The user's own hierarchy in which the values are labels.

    Returns
    -------
    float
        Between 0 (every class holds one value) and 1. Per person span / range for ordered values,
        (distinct - 1) / (all distinct - 1) for others, leaves / total for places (of the US, or
        of `hierarchy`); null is a value of its own, so that a class that mixes it with others is
        charged for one distinct value, and among places, where it could be anywhere, for all.

    Raises
    ------
    InputError
        Some values are not in `hierarchy`.

    References
    ----------
    J. Xu et al., "Utility-based anonymization using local recoding", KDD 2006.

    Examples
    --------
    >>> ages = pd.Series([20, 30, 40, 60])
    >>> certainty_penalty(ages, np.array([0, 0, 1, 1]))
    0.375
    """
    codes, values = factorize(original)
    weights = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=float)
    total = weights.sum()
    kept = class_of_row >= 0
    if total == 0:
        return 0.0
    lost = float(weights[~kept].sum())
    if not kept.any():
        return 1.0
    class_codes = np.unique(class_of_row[kept], return_inverse=True)[1].reshape(-1)
    kind = kind_of(values.rename(original.name), hierarchy)
    penalty = _class_penalties(kind, codes[kept], class_codes, is_null(values))
    return float((penalty[class_codes] * weights[kept]).sum() + lost) / float(total)


def _class_penalties(
    kind: Kind, codes: np.ndarray, classes: np.ndarray, missing: np.ndarray
) -> np.ndarray:
    """Charge each class for what it mixes; shape (n_classes,)."""
    n_classes = int(classes.max()) + 1
    _, first = group_rows([classes, codes])
    pair_class, pair_code = classes[first], codes[first]
    if kind.name == "ordered":
        return _span_penalties(kind, pair_class, pair_code, n_classes)
    n_distinct = np.bincount(pair_class, minlength=n_classes)
    if kind.places is not None:
        return _place_penalties(kind.places, missing, pair_class, pair_code, n_classes)
    return (n_distinct - 1) / max(len(missing) - 1, 1)


def _span_penalties(
    kind: Kind, pair_class: np.ndarray, pair_code: np.ndarray, n_classes: int
) -> np.ndarray:
    low, high = np.full(n_classes, np.inf), np.full(n_classes, -np.inf)
    missing = np.isnan(kind.low[pair_code])
    np.minimum.at(low, pair_class[~missing], kind.low[pair_code[~missing]])
    np.maximum.at(high, pair_class[~missing], kind.high[pair_code[~missing]])
    known = ~np.isnan(kind.low)
    overall = float(kind.high[known].max() - kind.low[known].min()) if known.any() else 0.0
    has_value = high >= low
    span = np.where(has_value, high - np.where(has_value, low, 0.0), 0.0)
    penalty = span / overall if overall > 0 else np.zeros(n_classes)
    # Null beside a number: nobody can tell any more which it was, and that is one value of those
    # that the column has.
    mixed = np.zeros(n_classes, dtype=bool)
    mixed[pair_class[missing]] = True
    mixed &= has_value
    return np.minimum(1.0, penalty + mixed / max(len(kind.low) - 1, 1))


def _place_penalties(
    places: Places, missing: np.ndarray, pair_class: np.ndarray, pair_code: np.ndarray, n: int
) -> np.ndarray:
    set_of_class, sets = distinct_sets(pair_class, pair_code, n)
    penalty = np.zeros(len(sets))
    for number, members in enumerate(sets):
        known = members[~missing[members]]
        # Null beside a place could be anywhere.
        is_mixed = 0 < len(known) < len(members)
        penalty[number] = 1.0 if is_mixed else places.penalty(known)
    return penalty[set_of_class]


def squared_error_ratio(points: Points, class_of_cell: np.ndarray) -> float:
    """Measure SSE around class means over SST, of encoded cells weighted by people.

    Parameters
    ----------
    points : Points
    class_of_cell : numpy.ndarray of int64, shape (n_cells,)
        Suppressed cells (-1) count with their distance from the mean of all.

    Returns
    -------
    float
        Between 0 and 1; 0 where all cells are equal.

    Examples
    --------
    >>> points = Points(np.array([[-6.0], [-4], [4], [6]]), np.ones(1), (), (), np.empty(0),
    ...                 np.empty(0), np.ones(4))
    >>> round(squared_error_ratio(points, np.array([0, 0, 1, 1])), 4)
    0.0385
    """
    everybody = ClassState(points, np.zeros(len(points), dtype=np.int64), 1)
    total = everybody.squares_total()
    if total <= 0:
        return 0.0
    kept = np.flatnonzero(class_of_cell >= 0)
    gone = np.flatnonzero(class_of_cell < 0)
    inside = ClassState(points.take(kept), class_of_cell[kept], int(class_of_cell.max()) + 1)
    lost = points.people[gone] * everybody.distance(gone, np.zeros(len(gone), dtype=np.int64))
    return float(np.clip((max(inside.squares_total(), 0.0) + lost.sum()) / total, 0.0, 1.0))
