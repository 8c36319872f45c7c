"""What kind of key variable a column is, told from its distinct values.

A column is ordered (numbers, dates, labels of intervals), hierarchical (places) or nominal; how it
is encoded, represented and charged for lost information all follow from that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import is_ordered
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.labels import Interval, ValueSet, parse_label
from personatwin_sk.exceptions import InputError
from personatwin_sk.merging._places import OwnPlaces, Places, UsPlaces
from personatwin_sk.population.places import Area, find_areas

__all__ = ["Kind", "kind_of"]


@dataclass(frozen=True, repr=False)
class Kind:
    """The kind of a column and what its distinct values mean.

    Attributes
    ----------
    name : {"ordered", "place", "nominal"}
    low, high : numpy.ndarray of float, shape (n_values,)
        For ordered columns the ends of each value (equal for a plain number); NaN for null.
    places : Places or None
        For places, what each value means.
    """

    name: str
    low: np.ndarray
    high: np.ndarray
    places: Places | None = None

    @property
    def is_labelled(self) -> bool:
        """Tell whether an ordered column holds labels of intervals rather than plain numbers."""
        known = ~np.isnan(self.low)
        return self.name == "ordered" and bool((self.low[known] < self.high[known]).any())


def kind_of(values: pd.Series, hierarchy: Hierarchy | None = None) -> Kind:
    """Tell the kind of a column from its distinct values.

    Parameters
    ----------
    values : pandas.Series of shape (n_values,)
    hierarchy : Hierarchy, optional
        The user's own hierarchy, in which the values are labels; whatever they look like.

    Returns
    -------
    Kind

    Raises
    ------
    InputError
        Some values are not in `hierarchy`; the message counts them.

    Examples
    --------
    >>> kind_of(pd.Series([30, 40])).name, kind_of(pd.Series(["30-39", "40-49"])).name
    ('ordered', 'ordered')
    >>> kind_of(pd.Series(["F", "M", None])).name, kind_of(pd.Series(["Ohio"])).name
    ('nominal', 'place')
    """
    missing = is_null(values)
    nothing = np.full(len(values), np.nan)
    if hierarchy is not None:
        own = OwnPlaces(hierarchy, values)
        n_bad = int(((own.nodes < 0) & ~missing).sum())
        if n_bad:
            raise InputError(
                f"{n_bad} of {len(values)} distinct values of the column {values.name!r} are no "
                "labels of its hierarchy; write them as the hierarchy does, or add them to it"
            )
        return Kind("place", nothing, nothing, own)
    if is_ordered(values):
        numbers = as_numbers(values)
        return Kind("ordered", numbers, numbers)
    texts = values[~missing]
    if len(texts) and all(isinstance(text, str) for text in texts):
        ends = _interval_ends(values, missing)
        if ends is not None:
            return Kind("ordered", *ends)
        areas = find_areas(texts.tolist())
        if all(area is not None for area in areas):
            every: list[Area | None] = [None] * len(values)
            for position, area in zip(np.flatnonzero(~missing).tolist(), areas, strict=True):
                every[position] = area
            return Kind("place", nothing, nothing, UsPlaces(every))
    return Kind("nominal", nothing, nothing)


def as_numbers(values: pd.Series) -> np.ndarray:
    """Give ordered values as floats, dates as seconds since 1970; null is NaN."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        plain = values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz else values
        moments = plain.to_numpy().astype("datetime64[us]")
        numbers = moments.astype(np.int64).astype(float) / 1e6
        numbers[np.isnat(moments)] = np.nan
        return numbers
    return values.to_numpy(dtype=float, na_value=np.nan)


def label_ends(value: object) -> tuple[float, float] | None:
    """Read a number or the label of an interval as its two ends; None if it is neither.

    A set with a null member ("30-39|") counts as its interval: null adds no width.

    Examples
    --------
    >>> label_ends("30-39"), label_ends("34|"), label_ends("White")
    ((30.0, 39.0), (34.0, 34.0), None)
    """
    label = parse_label(value)
    if isinstance(label, ValueSet) and len(label.members) == 2 and label.members[1] is None:
        label = label.members[0]
    if isinstance(label, Interval):
        return float(label.low), float(label.high)
    if isinstance(label, int | float):
        return float(label), float(label)
    return None


def _interval_ends(values: pd.Series, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Read a text column as numbers and intervals, at least one of them a real interval."""
    low, high = np.full(len(values), np.nan), np.full(len(values), np.nan)
    for i in np.flatnonzero(~missing).tolist():
        ends = label_ends(values.iloc[i])
        if ends is None:
            return None
        low[i], high[i] = ends
    if not (low < high).any():
        return None
    # An open end ("85+") has no number; the outermost closed end stands in for it.
    finite = np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)]])
    if not len(finite):
        return None
    return (
        np.where(low == -math.inf, finite.min(), low),
        np.where(high == math.inf, finite.max(), high),
    )
