"""The judge's own reading of released labels: which values of a column a label may stand for.

It knows the few forms that occur here and nothing of the package's grammar.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

import numpy as np

_RANGE = re.compile(r"(-?\d+)-(-?\d+)")


def covers(labels: Sequence[Hashable], values: np.ndarray, *, numeric: bool) -> np.ndarray:
    """Tell for each label which of the values it covers.

    Parameters
    ----------
    labels : sequence of length n_labels
        Released cells: a value, "30-39", "a|b", or a place above the values.
    values : ndarray of shape (n_values,)
        All values of the population, ascending.
    numeric : bool

    Returns
    -------
    ndarray of bool, shape (n_labels, n_values)

    Examples
    --------
    >>> import numpy as np
    >>> covers(["3-4", 5], np.array([3, 4, 5]), numeric=True).astype(int).tolist()
    [[1, 1, 0], [0, 0, 1]]
    >>> covers(["a|b", "all"], np.array(["a", "b", "c"]), numeric=False).astype(int).tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    result = np.zeros((len(labels), len(values)), dtype=bool)
    for at, label in enumerate(labels):
        for member in str(label).split("|"):
            result[at] |= _covers_numbers(member, values) if numeric else values == member
        if not numeric and not result[at].any():
            result[at] = True  # a place above them all: every world lies within one state
    return result


def held(labels: Sequence[Hashable], values: np.ndarray, *, numeric: bool) -> np.ndarray:
    """Tell for each label which values somebody of the class must have.

    A label that spans what its class holds is as wide as it is because of somebody: both ends of a
    range, and each member of a set, are held. Of a place above the values nothing follows.

    Parameters
    ----------
    labels : sequence of length n_labels
    values : ndarray of shape (n_values,)
    numeric : bool

    Returns
    -------
    ndarray of bool, shape (n_labels, n_values)

    Examples
    --------
    >>> import numpy as np
    >>> held(["3-5", 5], np.array([3, 4, 5]), numeric=True).astype(int).tolist()
    [[1, 0, 1], [0, 0, 1]]
    >>> held(["a|b", "all"], np.array(["a", "b", "c"]), numeric=False).astype(int).tolist()
    [[1, 1, 0], [0, 0, 0]]
    """
    result = np.zeros((len(labels), len(values)), dtype=bool)
    for at, label in enumerate(labels):
        for member in str(label).split("|"):
            covered = _covers_numbers(member, values) if numeric else values == member
            if covered.any():
                result[at, np.flatnonzero(covered)[[0, -1]]] = True
    return result


def centres(labels: Sequence[Hashable], covered: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Give the middle of each numeric label."""
    middle = [
        (values[row].min() + values[row].max()) / 2 if row.any() else float(str(label))
        for label, row in zip(labels, covered, strict=True)
    ]
    return np.array(middle)


def _covers_numbers(member: str, values: np.ndarray) -> np.ndarray:
    found = _RANGE.fullmatch(member)
    low, high = map(int, found.groups()) if found else (float(member), float(member))
    return (low <= values) & (values <= high)
