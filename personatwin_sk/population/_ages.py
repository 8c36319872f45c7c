"""Reading ages: which single years a cell covers, and what share of each age band that is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from personatwin_sk._core.labels import Interval
from personatwin_sk.population._figures import AGE_BANDS, BAND_OF_AGE, OLDEST, age_shares
from personatwin_sk.population._reading import is_number, members

_BAND_STARTS = np.array([low for low, _ in AGE_BANDS])
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


def touched_bands(ages: np.ndarray) -> np.ndarray:
    """Return which bands hold at least one of the ages.

    Parameters
    ----------
    ages : ndarray of bool, shape (n, 121)
        Single years of age.

    Returns
    -------
    ndarray of bool, shape (n, 18)
    """
    return np.logical_or.reduceat(ages, _BAND_STARTS, axis=1)


def are_whole_bands(ages: np.ndarray) -> np.ndarray:
    """Return whether the ages are whole bands.

    Parameters
    ----------
    ages : ndarray of bool, shape (n, 121)
        Single years of age.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    return (touched_bands(ages)[:, BAND_OF_AGE] == ages).all(axis=1)


def band_weights(ages: np.ndarray, state: int) -> np.ndarray:
    """Return the share of each band's people who are of the ages.

    Parameters
    ----------
    ages : ndarray of bool, shape (n, 121)
        Single years of age.
    state : int
        FIPS code of the state by whose single years a band is split.

    Returns
    -------
    ndarray of shape (n, 18, 2)
        By band and sex; exactly 1 for bands that are covered whole.
    """
    shares = age_shares(state)
    weights = np.stack(
        [np.add.reduceat(ages * shares[:, sex], _BAND_STARTS, axis=1) for sex in (0, 1)], axis=2
    )
    whole = np.logical_and.reduceat(ages, _BAND_STARTS, axis=1)
    weights[whole] = 1.0
    return weights
