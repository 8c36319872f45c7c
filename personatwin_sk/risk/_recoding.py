"""Which released labels stand for the original values when people of the population are counted.

Where everybody with a value was given the same label, people of the population with that value
would have been given it too: such a recoding is *global*, and the people behind the label are those
whom it covers. Where a value was released now with this label and now with that one, the recoding
is *local*; which people of the population would have been put where is not known, and the original
values have to be counted.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.labels import Interval, ValueSet, parse_label
from personatwin_sk.population.places import Area, climb, find_areas

__all__ = ["global_labels"]


def global_labels(
    value_of_row: np.ndarray,
    values: pd.Series,
    released: pd.Series,
    hierarchy: Hierarchy | None = None,
) -> pd.Series | None:
    """Give each original value its released label, if the recoding of the column is global.

    That is: every value has one label only; every label covers the values that have it; and no two
    labels cover the same number or category. (A place may contain another: a state beside one of
    its counties covers what is left of it.)

    Parameters
    ----------
    value_of_row : ndarray of int64, shape (n_rows,)
        Number of each released row's original value.
    values : pandas.Series of shape (n_values,)
        The distinct original values.
    released : pandas.Series of shape (n_rows,)
        The released column.
    hierarchy : Hierarchy, optional
        The population's own hierarchy of which values and labels are; None: what they cover is
        told by the grammar of labels and the places of the US.

    Returns
    -------
    pandas.Series of shape (n_values,) or None
        What to count for each value: its label. A value that no released row has gets the label
        that covers it, or stays as it is. None where the recoding is not global.

    Examples
    --------
    >>> import pandas as pd
    >>> ages = pd.Series([31, 38, 52])
    >>> rows = np.array([0, 1, 1, 2])
    >>> global_labels(rows, ages, pd.Series(["30-39", "30-39", "30-39", "50-59"])).tolist()
    ['30-39', '30-39', '50-59']
    >>> global_labels(rows, ages, pd.Series(["30-39", "30-39", "35-39", "50-59"])) is None
    True
    """
    label_of_row, labels = factorize(released)
    pair = np.unique(value_of_row * len(labels) + label_of_row)
    value, label = np.divmod(pair, max(len(labels), 1))
    if len(np.unique(value)) < len(value):
        return None
    counted, label_texts = values.astype(object).reset_index(drop=True), labels.astype(object)
    covers = (
        _Cover(label_texts.tolist(), counted.tolist())
        if hierarchy is None
        else _TreeCover(hierarchy, label_texts, counted)
    )
    if not all(covers(*at) for at in zip(label, value, strict=True)) or covers.labels_overlap():
        return None
    # A value that no released row has would have got the label that covers it.
    unseen = np.setdiff1d(np.arange(len(counted)), value)
    found = [(n, at) for n in unseen for at in range(len(labels)) if covers(at, n)]
    counted.iloc[value] = label_texts.to_numpy()[label]
    counted.iloc[[n for n, _ in found]] = label_texts.to_numpy()[[at for _, at in found]]
    return counted


class _Cover:
    """Which labels of a column cover which of its values."""

    def __init__(self, labels: Sequence[Any], values: Sequence[Any]) -> None:
        self._texts = [*labels, *values]
        self._labels = [parse_label(item) for item in labels]
        self._values = [parse_label(item) for item in values]

    @cached_property
    def _places(self) -> list[Area | None]:
        # Read together: what five digits mean is decided once for all of them.
        return find_areas(self._texts)

    def __call__(self, label: int, value: int) -> bool:
        if _covers(self._labels[label], self._values[value]):
            return True
        if self._texts[label] is None or isinstance(self._labels[label], Interval):
            return False
        area, place = self._places[label], self._places[len(self._labels) + value]
        if area is None or place is None:
            return False
        above = climb(place, area.level)
        return (above.level, above.fips) == (area.level, area.fips)

    def labels_overlap(self) -> bool:
        """Tell whether two labels cover the same number or the same category."""
        spans: list[tuple[float, float]] = []
        categories: list[Any] = []
        for label in self._labels:
            for member in label.members if isinstance(label, ValueSet) else (label,):
                ends = _ends(member)
                if ends is None:
                    categories.append(member)
                else:
                    spans.append(ends)
        spans.sort()
        return len(set(categories)) < len(categories) or any(
            before[1] >= after[0] for before, after in itertools.pairwise(spans)
        )


class _TreeCover:
    """The same for labels of a user's own hierarchy: a label covers what lies below it."""

    def __init__(self, hierarchy: Hierarchy, labels: pd.Series, values: pd.Series) -> None:
        self._labels, self._values = hierarchy.find(labels), hierarchy.find(values)
        self._null_label, self._null_value = is_null(labels), is_null(values)
        self._label_first, self._label_size = hierarchy.spans(self._labels)
        self._value_first, self._value_size = hierarchy.spans(self._values)

    def __call__(self, label: int, value: int) -> bool:
        if self._null_label[label] or self._null_value[value]:
            return bool(self._null_label[label] and self._null_value[value])
        if self._labels[label] < 0 or self._values[value] < 0:
            return False
        before = self._value_first[value] - self._label_first[label]
        return bool(0 <= before <= self._label_size[label] - self._value_size[value])

    def labels_overlap(self) -> bool:
        """Tell whether two labels are the same place; one may contain another."""
        known = self._labels[self._labels >= 0]
        return len(np.unique(known)) < len(known)


def _covers(label: Any, value: Any) -> bool:
    """Tell whether a label says at least what a value says; places are left to their own test."""
    if value is None or label is None:  # null is not "everything", and nothing but null covers it
        return value is None and label is None
    if isinstance(label, ValueSet) and None in label.members:
        return False  # "or null" is not a set of people that a population could count
    if value == label:
        return True
    if isinstance(value, ValueSet):
        return all(_covers(label, member) for member in value.members)
    if isinstance(label, ValueSet):
        return any(_covers(member, value) for member in label.members)
    ends, around = _ends(value), _ends(label)
    if ends is None or around is None:
        return False
    return around[0] <= ends[0] and ends[1] <= around[1]


def _ends(label: Any) -> tuple[float, float] | None:
    """Give the ends of a number or an interval; None for anything else."""
    if isinstance(label, Interval):
        return label.low, label.high
    if isinstance(label, int | float | np.number) and not isinstance(label, bool):
        return float(label), float(label)
    return None
