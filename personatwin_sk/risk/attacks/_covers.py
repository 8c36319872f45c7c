"""Which values a released label covers, and how far from its middle a value lies.

Written for the attacks alone: what judges a release shares nothing with what made it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.labels import Interval, Period, ValueSet, parse_label
from personatwin_sk.population.places import Area, climb, find_areas

__all__ = ["Covers", "compare"]


@dataclass(frozen=True, repr=False)
class Covers:
    """A column's labels against its values.

    Attributes
    ----------
    inside : ndarray of bool, shape (n_labels, n_values)
        The label says of the value that it may be this one. Null is covered by null alone, or by a
        set with null in it.
    middle, half : ndarray of float, shape (n_labels,)
        Middle and half width of a label of numbers or days; NaN for others.
    position : ndarray of float, shape (n_values,)
        The number or day; NaN for others.
    """

    inside: np.ndarray
    middle: np.ndarray
    half: np.ndarray
    position: np.ndarray

    def __repr__(self) -> str:
        return f"Covers(n_labels={self.inside.shape[0]}, n_values={self.inside.shape[1]})"

    def distance(self) -> np.ndarray:
        """Give how far each value is from the middle of each label, between 0 and 1.

        Numbers: their distance as a share of the range of all values. Others: 0 for the value
        itself, 1 - 1/m for one of m values that the label covers, and 1 outside.

        Returns
        -------
        ndarray of float, shape (n_labels, n_values)
        """
        n_covered = self.inside.sum(axis=1, keepdims=True)
        result = np.where(self.inside, 1.0 - 1.0 / np.maximum(n_covered, 1), 1.0)
        known = self.position[np.isfinite(self.position)]
        span = float(np.ptp(known)) if len(known) else 0.0
        if span:
            apart = np.abs(self.position[None, :] - self.middle[:, None]) / span
            result = np.where(np.isfinite(apart), np.minimum(apart, 1.0), result)
        return result


def compare(labels: pd.Series, values: pd.Series, hierarchy: Hierarchy | None = None) -> Covers:
    """Compare the distinct labels of a released column with distinct values.

    Parameters
    ----------
    labels : pandas.Series of shape (n_labels,)
    values : pandas.Series of shape (n_values,)
        What people have: single values, or bands of them.
    hierarchy : Hierarchy, optional
        Which labels lie in which, where the population has a hierarchy of its own.

    Returns
    -------
    Covers

    Examples
    --------
    >>> compare(pd.Series(["30-39", "F|M"]), pd.Series([31, "M", None], dtype=object)).inside
    array([[ True, False, False],
           [False,  True, False]])
    """
    value_atoms = _Atoms.of(values)
    label_atoms = _Atoms.of(labels, beside_days=value_atoms.are_days)
    inside = _match(label_atoms, value_atoms)
    if hierarchy is not None:
        inside |= _below(labels, values, hierarchy)
    else:
        inside |= _places_within(labels, values, inside, label_atoms, value_atoms)
    position, _ = value_atoms.spread()
    known = position[np.isfinite(position)]
    middle, half = label_atoms.spread(
        (float(known.min()), float(known.max())) if len(known) else None
    )
    return Covers(inside, middle, half, position)


@dataclass(frozen=True)
class _Atoms:
    """Labels taken apart: one entry per member of a set."""

    owner: np.ndarray
    low: np.ndarray
    high: np.ndarray
    texts: list[Any]
    n_owners: int
    are_days: bool

    @classmethod
    def of(cls, items: pd.Series, *, beside_days: bool = False) -> _Atoms:
        """Read labels; beside days a whole number is a year, and a range of them some years."""
        owner: list[int] = []
        ends: list[tuple[float, float]] = []
        texts: list[Any] = []
        null = is_null(items)
        kinds: set[bool] = set()
        for number, item in enumerate(items.tolist()):  # distinct values, not people
            label = None if null[number] else parse_label(item)
            for member in label.members if isinstance(label, ValueSet) else (label,):
                owner.append(number)
                if member is not None:
                    kinds.add(isinstance(member, Period | datetime.date))
                span = _span(_in_years(member) if beside_days else member)
                ends.append((np.nan, np.nan) if span is None else span)
                texts.append(None if member is None else str(member) if span is None else "")
        bounds = np.array(ends, dtype=float).reshape(-1, 2)
        owners = np.array(owner, dtype=np.int64)
        return cls(owners, bounds[:, 0], bounds[:, 1], texts, len(items), kinds == {True})

    def spread(self, within: tuple[float, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Give middle and half width of each owner; open ends are cut at `within`."""
        low, high = self.low, self.high
        if within is not None:
            low = np.where(np.isneginf(low), np.minimum(within[0], high), low)
            high = np.where(np.isposinf(high), np.maximum(within[1], low), high)
        first = np.full(self.n_owners, np.inf)
        last = np.full(self.n_owners, -np.inf)
        finite = np.isfinite(low) & np.isfinite(high)
        np.minimum.at(first, self.owner[finite], low[finite])
        np.maximum.at(last, self.owner[finite], high[finite])
        known = first <= last
        middle = np.full(self.n_owners, np.nan)
        half = middle.copy()
        middle[known] = (first[known] + last[known]) / 2
        half[known] = (last[known] - first[known]) / 2
        return middle, half


def _match(labels: _Atoms, values: _Atoms) -> np.ndarray:
    """Tell which labels cover all that a value says."""
    codes: dict[Any, int] = {}
    number_of = [
        np.array([codes.setdefault((text is None, text), len(codes)) for text in atoms.texts])
        for atoms in (labels, values)
    ]
    is_number = [np.isfinite(atoms.low) | np.isinf(atoms.low) for atoms in (labels, values)]
    inside = np.zeros((labels.n_owners, len(values.texts)), dtype=bool)
    for kind in (True, False):
        rows, columns = np.flatnonzero(is_number[0] == kind), np.flatnonzero(is_number[1] == kind)
        if not len(rows) or not len(columns):
            continue
        if kind:
            fits = (labels.low[rows, None] <= values.low[None, columns]) & (
                values.high[None, columns] <= labels.high[rows, None]
            )
        else:
            fits = number_of[0][rows, None] == number_of[1][None, columns]
        at, column = np.nonzero(fits)
        inside[labels.owner[rows[at]], columns[column]] = True
    starts = np.flatnonzero(np.diff(values.owner, prepend=-1))
    if not len(starts):
        return inside
    return np.asarray(np.logical_and.reduceat(inside, starts, axis=1), dtype=bool)


def _below(labels: pd.Series, values: pd.Series, hierarchy: Hierarchy) -> np.ndarray:
    label_nodes, value_nodes = hierarchy.find(labels), hierarchy.find(values)
    first, size = hierarchy.spans(label_nodes)
    value_first, value_size = hierarchy.spans(value_nodes)
    before = value_first[None, :] - first[:, None]
    fits = (before >= 0) & (before <= size[:, None] - value_size[None, :])
    return np.asarray(fits & (label_nodes >= 0)[:, None] & (value_nodes >= 0)[None, :], dtype=bool)


def _places_within(
    labels: pd.Series,
    values: pd.Series,
    inside: np.ndarray,
    label_atoms: _Atoms,
    value_atoms: _Atoms,
) -> np.ndarray:
    """Tell which labels are places with the values in them."""
    result = np.zeros_like(inside)
    wordy_labels, wordy_values = _wordy(label_atoms), _wordy(value_atoms)
    # Without a word that nobody has as a value there is no place above the values.
    if not (wordy_labels & ~inside.any(axis=1)).any() or not wordy_values.any():
        return result
    rows, columns = np.flatnonzero(wordy_labels), np.flatnonzero(wordy_values)
    # Read together: what five digits mean is decided once for all of them.
    areas = find_areas([*labels.iloc[rows].tolist(), *values.iloc[columns].tolist()])
    label_areas, value_areas = areas[: len(rows)], areas[len(rows) :]
    for level in {area.level for area in label_areas if area is not None}:
        above = [None if area is None else _name(climb(area, level)) for area in value_areas]
        names = [
            None if area is None or area.level != level else _name(area) for area in label_areas
        ]
        result[np.ix_(rows, columns)] |= _equal(names, above)
    return result


def _wordy(atoms: _Atoms) -> np.ndarray:
    is_word = np.array([bool(text) for text in atoms.texts], dtype=bool)
    result = np.zeros(atoms.n_owners, dtype=bool)
    result[atoms.owner[is_word]] = True
    return result


def _name(area: Area) -> tuple[str, tuple[str, ...]]:
    return area.level, tuple(area.fips)


def _equal(left: Sequence[Any], right: Sequence[Any]) -> np.ndarray:
    codes: dict[Any, int] = {}
    a = np.array([-1 if x is None else codes.setdefault(x, len(codes)) for x in left])
    b = np.array([-2 if x is None else codes.setdefault(x, len(codes)) for x in right])
    return np.asarray(a[:, None] == b[None, :], dtype=bool)


def _span(label: Any) -> tuple[float, float] | None:
    """Give the ends of a number, an interval or a period; None for anything else."""
    if isinstance(label, Interval):
        return label.low, label.high
    if isinstance(label, Period):
        return float(label.start.toordinal()), float(label.end.toordinal())
    if isinstance(label, datetime.date):  # a pandas Timestamp is one, too
        return float(label.toordinal()), float(label.toordinal())
    if isinstance(label, int | float | np.number) and not isinstance(label, bool):
        return float(label), float(label)
    return None


def _in_years(label: Any) -> Any:
    """Read a number of four digits as the year, a range of them as the days of these years."""
    ends = (label.low, label.high) if isinstance(label, Interval) else (label, label)
    if any(isinstance(end, bool) or not isinstance(end, int | float | np.number) for end in ends):
        return label
    if not all(float(end).is_integer() and 1000 <= end <= 9999 for end in ends):
        return label
    first, last = (int(end) for end in ends)
    days = datetime.date(first, 1, 1).toordinal(), datetime.date(last, 12, 31).toordinal()
    return Interval(float(days[0]), float(days[1]))
