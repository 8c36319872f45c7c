r"""What a released value means in terms of the original ones.

A release says "30-39" where the original said 34, or "Asian|White" where it said White. To count
with such labels, each is spread over the original values that it may stand for, in equal shares; to
compute with them, it is taken at its middle.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import sparse

from personatwin_sk._core.columns import factorize_column, is_ordered
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.labels import format_label, split_members
from personatwin_sk.merging._kinds import Kind, kind_of
from personatwin_sk.merging._places import find_nodes
from personatwin_sk.population.places import find_areas
from personatwin_sk.utility._spans import Spans, date_spans, number_spans

__all__ = ["ColumnReader", "NominalReader", "OrderedReader", "reader_of"]

NULL, OTHER = "(null)", "(other)"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?")


class ColumnReader(Protocol):
    """Reads the values of a column of a release as shares of the original column's categories.

    Attributes
    ----------
    is_ordered : bool
        Whether its values have middles.
    names : tuple of str
        The categories, then "(null)" and "(other)": what no category stands for.
    """

    is_ordered: bool
    names: tuple[str, ...]

    def members(self, values: pd.Series) -> sparse.csr_array:
        """Spread values over the categories; each row sums to 1.

        Parameters
        ----------
        values : pandas.Series of shape (n_values,)

        Returns
        -------
        scipy.sparse.csr_array of shape (n_values, n_categories)
        """
        ...


def reader_of(
    table: Table,
    name: Hashable,
    *,
    bins: int = 20,
    max_categories: int | None = None,
    hierarchy: Hierarchy | None = None,
) -> OrderedReader | NominalReader:
    """Make the reader of a column from the original table.

    Parameters
    ----------
    table : Table
        The original.
    name : column
    bins : int, default=20
        An ordered column with more distinct values than this is counted in so many classes of about
        as many rows each.
    max_categories : int, optional
        Of an unordered column only so many of the most frequent values (ties: the first in sorted
        order) are told apart; the rest are "(other)".
    hierarchy : Hierarchy, optional
        The user's own hierarchy of the values.

    Returns
    -------
    OrderedReader or NominalReader

    Examples
    --------
    >>> table = Table.of(pd.DataFrame({"race": ["White", "Asian", "White"]}))
    >>> reader = reader_of(table, "race")
    >>> reader.names
    ('Asian', 'White', '(null)', '(other)')
    >>> reader.members(pd.Series(["Asian|White", "White", None])).toarray().tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    """
    codes, values = factorize_column(table, name)
    rows = np.bincount(codes, minlength=len(values))
    if hierarchy is None and _are_dates(values):
        return OrderedReader(values, rows, name, bins=bins, dates=True)
    kind = kind_of(values.rename(name), hierarchy)
    if kind.name == "ordered":
        return OrderedReader(values, rows, name, bins=bins, dates=False)
    return NominalReader(values, rows, kind, hierarchy, max_categories)


def _are_dates(values: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return True
    known = values[~is_null(values)]
    return (
        not is_ordered(values)
        and len(known) > 0
        and all(isinstance(text, str) and _DAY.fullmatch(text) is not None for text in known)
    )


class OrderedReader(ColumnReader):
    """Numbers, dates, and labels of what they lie between.

    Parameters
    ----------
    values : pandas.Series of shape (n_values,)
        The distinct values of the original column.
    rows : numpy.ndarray of int, shape (n_values,)
        How many rows hold each.
    name : column
        For messages.
    bins : int
    dates : bool

    Examples
    --------
    >>> reader = OrderedReader(pd.Series([20, 30, 40]), np.ones(3), "age", bins=20, dates=False)
    >>> reader.members(pd.Series(["20-30", "40", "25"])).toarray().tolist()
    [[0.5, 0.5, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0]]
    >>> reader.middles(pd.Series(["20-30", "40+", None])).tolist()
    [25.0, 40.0, nan]
    """

    is_ordered = True

    def __init__(
        self, values: pd.Series, rows: np.ndarray, name: Hashable, *, bins: int, dates: bool
    ) -> None:
        self._name, self._dates = name, dates
        spans = self._spans(values)
        middles = spans.closed(0.0, 0.0).middles()
        known = ~np.isnan(middles)
        self._points, where = np.unique(middles[known], return_inverse=True)
        counts = np.bincount(where.reshape(-1), weights=rows[known], minlength=len(self._points))
        # Labels of the original itself stand for themselves, whatever lies between their ends.
        is_label = known & (spans.width() > 0)
        own = np.full(len(values), -1, dtype=np.int64)
        own[known] = where.reshape(-1)
        self._own = dict(zip(values[is_label].tolist(), own[is_label].tolist(), strict=True))
        self._is_binned = len(self._points) > bins
        bin_of_point = _equal_bins(counts, bins) if self._is_binned else np.arange(len(counts))
        n_bins = int(bin_of_point.max(initial=-1)) + 1
        self._starts = np.searchsorted(bin_of_point, np.arange(n_bins + 1))
        self.names = (*self._bin_names(), NULL, OTHER)

    def members(self, values: pd.Series) -> sparse.csr_array:
        """Spread values over the classes of the original values that lie between their ends."""
        spans = self._read(values)
        n_bins, n_points = len(self._starts) - 1, len(self._points)
        low = np.searchsorted(self._points, spans.low, side="left")
        high = np.searchsorted(self._points, spans.high, side="right")
        own = self._own_points(values)
        low, high = np.where(own >= 0, own, low), np.where(own >= 0, own + 1, high)
        alone = low >= high
        if self._is_binned:
            # No original value lies between the ends: the class of the nearest below the middle.
            nearest = np.searchsorted(self._points, (spans.low + spans.high) / 2, side="right") - 1
            nearest = np.clip(nearest, 0, n_points - 1)
            low, high = np.where(alone, nearest, low), np.where(alone, nearest + 1, high)
        shares = np.zeros((len(spans.low), n_bins + 2))
        ends, starts = self._starts[1:], self._starts[:-1]
        overlap = np.minimum(high[:, None], ends) - np.maximum(low[:, None], starts)
        known = ~np.isnan(spans.low)
        shares[:, :n_bins] = np.where(known[:, None], np.maximum(overlap, 0), 0)
        shares[:, n_bins + 1] = known & (shares.sum(axis=1) == 0)
        return spans.to_values(shares, n_bins)

    def middles(self, values: pd.Series) -> np.ndarray:
        """Give the middle of each value; NaN for null. Dates count in days since 1970."""
        return self._read(values).mean_middles()

    def _spans(self, values: pd.Series) -> Spans:
        return (date_spans if self._dates else number_spans)(values, column=self._name)

    def _read(self, values: pd.Series) -> Spans:
        ends = (self._points[0], self._points[-1]) if len(self._points) else (0.0, 0.0)
        return self._spans(values).closed(*ends)

    def _own_points(self, values: pd.Series) -> np.ndarray:
        spans = self._spans(values)
        if not self._own:
            return np.full(len(spans.low), -1, dtype=np.int64)
        own = np.array([self._own.get(value, -1) for value in values.tolist()], dtype=np.int64)
        return own[spans.value]

    def _bin_names(self) -> list[str]:
        names = []
        for start, end in zip(self._starts[:-1], self._starts[1:], strict=True):
            ends = dict.fromkeys((self._points[start], self._points[end - 1]))
            names.append(" to ".join(self._text(point) for point in ends))
        return names

    def _text(self, point: float) -> str:
        if self._dates:
            return str(np.datetime64(0, "D") + np.timedelta64(round(point), "D"))
        return format_label(float(point))


class NominalReader(ColumnReader):
    """Categories, sets of them, and places that hold several.

    Parameters
    ----------
    values : pandas.Series of shape (n_values,)
        The distinct values of the original column.
    rows : numpy.ndarray of int, shape (n_values,)
        How many rows hold each.
    kind : Kind
    hierarchy : Hierarchy or None
    max_categories : int or None
    """

    is_ordered = False

    def __init__(
        self,
        values: pd.Series,
        rows: np.ndarray,
        kind: Kind,
        hierarchy: Hierarchy | None,
        max_categories: int | None,
    ) -> None:
        missing = is_null(values)
        self._kind, self._hierarchy = kind, hierarchy
        known = np.flatnonzero(~missing)
        kept = known
        if max_categories is not None and len(known) > max_categories:
            by_size = known[np.argsort(-rows[known], kind="stable")]
            kept = np.sort(by_size[:max_categories])
        self.names = (*(_text(value) for value in values.iloc[kept].tolist()), NULL, OTHER)
        category = np.full(len(values), len(kept) + 1, dtype=np.int64)
        category[kept] = np.arange(len(kept))
        category[missing] = len(kept)
        self._category = category
        self._codes = {
            _text(value): int(code)
            for code, value in zip(known, values.iloc[known].tolist(), strict=True)
        }
        self._descendants: dict[str, dict[str, np.ndarray]] = {}

    def members(self, values: pd.Series) -> sparse.csr_array:
        """Spread values over the original values that they may stand for."""
        row: list[int] = []
        column: list[np.ndarray] = []
        share: list[np.ndarray] = []
        null, other = len(self.names) - 2, len(self.names) - 1
        texts = [None if gone else _text(value) for value, gone in _with_null(values)]
        places = self._places_of([part for text in texts for part in self._unknown(text)])
        for number, text in enumerate(texts):
            if text is None:
                found = np.array([null])
            elif text in self._codes:
                found = self._category[[self._codes[text]]]
            else:
                found = np.concatenate(
                    [self._stands_for(part, places, null, other) for part in split_members(text)]
                )
            row += [number] * len(found)
            column.append(found)
            share.append(np.full(len(found), 1.0 / len(found)))
        shape = (len(texts), len(self.names))
        if not row:
            return sparse.csr_array(shape)
        matrix = sparse.coo_array((np.concatenate(share), (row, np.concatenate(column))), shape)
        return sparse.csr_array(matrix)  # shares of one category are added up

    def _unknown(self, text: str | None) -> list[str]:
        if text is None or text in self._codes:
            return []
        return [part for part in split_members(text) if part and part not in self._codes]

    def _stands_for(
        self, part: str, places: dict[str, np.ndarray], null: int, other: int
    ) -> np.ndarray:
        if part == "":
            return np.array([null])
        if part in self._codes:
            return self._category[[self._codes[part]]]
        within = places.get(part, np.empty(0, dtype=np.int64))
        return self._category[within] if len(within) else np.array([other])

    def _places_of(self, parts: Sequence[str]) -> dict[str, np.ndarray]:
        """Find the original values that lie in a place that is released instead of them."""
        if self._kind.places is None or not parts:
            return {}
        distinct = list(dict.fromkeys(parts))
        if self._hierarchy is not None:
            nodes = find_nodes(self._hierarchy, pd.Series(distinct, dtype=object))
            names = np.append(np.array(self._hierarchy.levels, dtype=object), "")
            levels = names[self._hierarchy.level_of(nodes)].tolist()  # -1 is no node
            labels = self._hierarchy.labels(nodes).tolist()
        else:
            areas = find_areas(distinct)
            levels = ["" if area is None else area.level for area in areas]
            labels = ["" if area is None else area.label for area in areas]
        return {
            part: self._values_within(level, label)
            for part, level, label in zip(distinct, levels, labels, strict=True)
            if level
        }

    def _values_within(self, level: str, label: str) -> np.ndarray:
        if level not in self._descendants:
            assert self._kind.places is not None
            above = self._kind.places.labels_at(level)
            known = ~is_null(above)
            groups = pd.Series(np.flatnonzero(known)).groupby(above[known].to_numpy())
            self._descendants[level] = {str(name): part.to_numpy() for name, part in groups}
        return self._descendants[level].get(label, np.empty(0, dtype=np.int64))


def _with_null(values: pd.Series) -> zip[tuple[object, bool]]:
    return zip(values.tolist(), is_null(values).tolist(), strict=True)


def _text(value: object) -> str:
    return value if isinstance(value, str) else format_label(value)


def _equal_bins(counts: np.ndarray, bins: int) -> np.ndarray:
    """Put sorted values into classes of about as many rows each, numbered from 0 without gaps."""
    middle = (np.cumsum(counts) - counts / 2) / counts.sum()
    return np.unique((middle * bins).astype(np.int64), return_inverse=True)[1].reshape(-1)
