"""Which released labels can stand for which original values, and who can stand behind what."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.labels import Interval, Period, ValueSet, parse_label
from personatwin_sk.population.places import Area, climb, find_areas

# Pairs of an original row of the keys and a released one that are looked at, at most.
MOST_PAIRS = 200_000_000


def label_covers(values: pd.Series, labels: pd.Series, *, places: bool) -> np.ndarray:
    """Tell which labels can stand for which values.

    Parameters
    ----------
    values : pandas.Series of shape (n_values,)
        Distinct values of a column of the original.
    labels : pandas.Series of shape (n_labels,)
        Distinct labels of it in the release, as text; null stands for null only.
    places : bool
        Whether both are places of the United States.

    Returns
    -------
    numpy.ndarray of bool, shape (n_values, n_labels)

    Examples
    --------
    >>> label_covers(pd.Series([34, 41]), pd.Series(["30-39", "41"]), places=False).tolist()
    [[True, False], [False, True]]
    """
    if places:
        return _place_covers(values, labels)
    value_parts = [_parts(value) for value in values]
    label_parts = [_parts(label) for label in labels]
    return np.array(
        [
            [value == label or _within(value, label) for label in label_parts]
            for value in value_parts
        ],
        dtype=bool,
    ).reshape(len(values), len(labels))


def _parts(value: Any) -> tuple[Any, ...]:
    """Give what a value or label may be, one by one; None is null."""
    if isinstance(value, pd.Timestamp):
        value = value.date().isoformat()
    if isinstance(value, np.generic):
        value = value.item()  # what columns with nulls hold: NumPy's whole numbers are no int
    label = parse_label(value)
    parts = label.members if isinstance(label, ValueSet) else (label,)
    # 3 and "3" are one value: a release holds texts.
    return tuple(str(part) if isinstance(part, bool) else part for part in parts)


def _within(value: tuple[Any, ...], label: tuple[Any, ...]) -> bool:
    return all(any(_holds(part, one) for part in label) for one in value)


def _holds(label: Any, value: Any) -> bool:
    if isinstance(label, Interval):
        if isinstance(value, Interval):
            return label.low <= value.low and value.high <= label.high
        return isinstance(value, int | float) and label.low <= value <= label.high
    if isinstance(label, Period) and isinstance(value, Period):
        return label.start <= value.start and value.end <= label.end
    return bool(label == value) or str(label) == str(value)


def _place_covers(values: pd.Series, labels: pd.Series) -> np.ndarray:
    value_missing, label_missing = is_null(values), is_null(labels)
    texts = [None if gone else str(one) for one, gone in zip(values, value_missing, strict=True)]
    areas = find_areas(texts)
    covers = np.zeros((len(values), len(labels)), dtype=bool)
    for at, (label, gone) in enumerate(zip(labels, label_missing, strict=True)):
        if gone:
            covers[:, at] = value_missing
            continue
        allows_null = str(label).endswith("|")
        member = str(label).removesuffix("|")
        place = find_areas([member])[0]
        for row, area in enumerate(areas):
            if texts[row] is None:
                covers[row, at] = allows_null
            else:
                # What is not recognised as a place may have become anything.
                covers[row, at] = area is None or place is None or _lies_in(area, place)
    return covers


def _lies_in(area: Area, place: Area) -> bool:
    above = climb(area, place.level)
    return above.label == place.label or above.fips == place.fips


class Coverage:
    """People of the original by their row of the keys, against the personas.

    Parameters
    ----------
    people : pandas.DataFrame of shape (n_people, n_keys)
        One row per person.
    classes : pandas.DataFrame of shape (n_classes, n_keys)
        Distinct released rows.
    sizes : numpy.ndarray of int64, shape (n_classes,)
        People they stand for.
    places : collection of column names
        Keys that hold places of the United States.

    Attributes
    ----------
    cell_of_person : numpy.ndarray of int64, shape (n_people,)
    cell_people : numpy.ndarray of int64, shape (n_cells,)
    covers : numpy.ndarray of bool, shape (n_cells, n_classes)
        Whether people of the cell can be in the class; only where `is_small`.
    is_small : bool
        Whether cells and classes are few enough to be compared.
    """

    def __init__(
        self,
        people: pd.DataFrame,
        classes: pd.DataFrame,
        sizes: np.ndarray,
        *,
        places: tuple[Hashable, ...] = (),
    ) -> None:
        self.sizes = sizes
        keys = list(classes.columns)
        codes = {name: factorize(people[name]) for name in keys}
        frame = pd.DataFrame({at: codes[name][0] for at, name in enumerate(keys)})
        self.cell_of_person = frame.groupby(list(frame.columns), sort=True).ngroup().to_numpy()
        cells = frame.drop_duplicates().sort_values(list(frame.columns))
        self.cell_people = np.bincount(self.cell_of_person, minlength=len(cells))
        self.is_small = len(cells) * len(classes) <= MOST_PAIRS
        if not self.is_small:
            return
        self.covers = np.ones((len(cells), len(classes)), dtype=bool)
        for at, name in enumerate(keys):
            labels = classes[name].reset_index(drop=True).astype(object)
            of_class, distinct = pd.factorize(labels, use_na_sentinel=False)
            values = codes[name][1]
            table = label_covers(
                pd.Series(values), pd.Series(distinct, dtype=object), places=name in places
            )
            self.covers &= table[cells[at].to_numpy()][:, of_class]

    @property
    def n_possible(self) -> np.ndarray:
        """People who can be in each class; shape (n_classes,)."""
        return np.asarray(self.cell_people @ self.covers)

    @property
    def is_unique(self) -> bool:
        """Whether each person can be in one class only."""
        return bool((self.covers.sum(axis=1) <= 1).all())

    def placed(self) -> tuple[int, np.ndarray]:
        """Place as many people as possible, no more in any class than it stands for.

        Returns
        -------
        n_placed : int
        class_of_person : numpy.ndarray of int64, shape (n_people,)
            One of the ways; -1 for people who are left over.
        """
        n_cells, n_classes = self.covers.shape
        cell, place = np.nonzero(self.covers)
        source, sink = n_cells + n_classes, n_cells + n_classes + 1
        rows = np.concatenate([np.full(n_cells, source), cell, n_cells + np.arange(n_classes)])
        columns = np.concatenate([np.arange(n_cells), n_cells + place, np.full(n_classes, sink)])
        capacity = np.concatenate([self.cell_people, self.cell_people[cell], self.sizes])
        graph = coo_array(
            (capacity.astype(np.int32), (rows.astype(np.int32), columns.astype(np.int32))),
            shape=(sink + 1, sink + 1),
        ).tocsr()
        found = maximum_flow(graph, source, sink)
        flow = found.flow.tocoo()
        used = (flow.data > 0) & (flow.row < n_cells)
        order = np.argsort(flow.row[used], kind="stable")
        seats_of = np.repeat(flow.col[used][order] - n_cells, flow.data[used][order])
        seat_cell = np.repeat(flow.row[used][order], flow.data[used][order])
        class_of_person = np.full(len(self.cell_of_person), -1)
        by_cell = np.argsort(self.cell_of_person, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.cell_people)])[:-1]
        rank = np.arange(len(seat_cell)) - np.searchsorted(seat_cell, seat_cell)
        class_of_person[by_cell[starts[seat_cell] + rank]] = seats_of
        return int(found.flow_value), class_of_person
