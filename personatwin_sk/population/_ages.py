"""Reading ages: which single years a cell covers, and how these lie in bands and in runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from personatwin_sk._core.labels import Interval
from personatwin_sk.population._axes import OLDEST
from personatwin_sk.population._reading import is_number, members

_UNKNOWN = frozenset({"unknown", "missing", "not stated", "refused", "n/a", "na", "none", "null"})


def ages_of(cell: Any) -> np.ndarray | None:
    """Return the single years of age that a cell covers.

    Parameters
    ----------
    cell : object
        A number, a label ("34", "30-39", "85+"), a (low, high) pair, or a set of these. A part of a
        year counts as the year begun: 34.5 is 34.

    Returns
    -------
    ndarray of bool, shape (121,), or None
        None where the cell does not say how old.

    Raises
    ------
    ValueError
        If the cell is no age, or an age outside 0 to 120.

    Examples
    --------
    >>> from personatwin_sk.population._ages import ages_of
    >>> ages_of("30-39").nonzero()[0].tolist()
    [30, 31, 32, 33, 34, 35, 36, 37, 38, 39]
    """
    ages = np.zeros(OLDEST + 1, dtype=bool)
    for label in members(cell):
        if label is None or (isinstance(label, str) and label.strip().casefold() in _UNKNOWN):
            return None
        if is_number(label):
            label = Interval(label, label)  # type: ignore[arg-type]
        if not isinstance(label, Interval):
            raise ValueError("no age")
        low = 0 if label.low == -math.inf else math.floor(label.low)
        high = OLDEST if label.high == math.inf else math.floor(label.high)
        if low < 0 or low > OLDEST or high < 0 or high > OLDEST:
            raise ValueError("no age that people have")
        ages[low : high + 1] = True
    return ages


def touched(ages: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the single years of all bands that hold at least one of the ages.

    Parameters
    ----------
    ages : ndarray of bool, shape (n, 121)
        Single years of age.
    starts : ndarray of int, shape (n_bands,)
        First age of each band.

    Returns
    -------
    ndarray of bool, shape (n, 121)
        Equal to `ages` where these are whole bands.

    Examples
    --------
    >>> import numpy as np
    >>> from personatwin_sk.population._ages import ages_of, touched
    >>> touched(ages_of("33-37")[None], np.arange(0, 90, 5))[0].nonzero()[0][[0, -1]].tolist()
    [30, 39]
    """
    band = np.searchsorted(starts, np.arange(ages.shape[1]), side="right") - 1
    return np.asarray(np.logical_or.reduceat(ages, starts, axis=1)[:, band])


def runs(ages: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Take sets of ages apart into runs of years that follow each other.

    Parameters
    ----------
    ages : ndarray of bool, shape (n, 121)
        Single years of age.

    Returns
    -------
    list of (row, first, stop)
        Three arrays of int: of the rows that have a first run, where that starts and where the
        next year is not in it; then the same of those that have a second run, and so on.

    Examples
    --------
    >>> import numpy as np
    >>> from personatwin_sk.population._ages import ages_of, runs
    >>> [[part.tolist() for part in run] for run in runs(np.stack([ages_of("3|7-9"), ages_of(0)]))]
    [[[0, 1], [3, 0], [4, 1]], [[0], [7], [10]]]
    """
    edges = np.diff(np.pad(ages.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, first = np.nonzero(edges == 1)
    stop = np.nonzero(edges == -1)[1]
    rank = np.arange(len(row)) - np.searchsorted(row, row)
    return [
        (row[rank == k], first[rank == k], stop[rank == k])
        for k in range(int(rank.max()) + 1 if len(rank) else 0)
    ]
