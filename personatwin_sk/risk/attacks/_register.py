"""The identified register that an attacker links to a release: people by cell of key variables."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._cells import _read_column
from personatwin_sk.risk._classes import Classes, distinct_pairs

__all__ = ["Register", "read_register"]

# All combinations of values are asked for up to this many; above it, those of the file's people.
_MOST_CELLS = 400_000
# Whole numbers between those of the file are people of the population too, if they are so few.
_MOST_NUMBERS = 200
# Of people alike in what the population knows, this many count as if drawn from all of the file.
_PRIOR = 3.0


@dataclass(frozen=True, repr=False)
class Register:
    """People of whom the attacker knows the key variables.

    Attributes
    ----------
    values : tuple of pandas.Series
        The distinct values of each column.
    codes : tuple of ndarray of int64, each of shape (n_cells,)
        Each cell's value in each column.
    people : ndarray of float, shape (n_cells,)
        How many of the register are in the cell: those of the file, and at least as many.
    cell_of_row : ndarray of int64, shape (n_rows,)
    hull_people : ndarray of float, shape (n_classes,) or None
        People of the population whom the labels of each class describe, where it says so: the
        values of the cells may not be all that a label covers. NaN where it does not.
    hierarchies : tuple of Hierarchy or None, one per column
    """

    values: tuple[pd.Series, ...]
    codes: tuple[np.ndarray, ...]
    people: np.ndarray
    cell_of_row: np.ndarray
    hull_people: np.ndarray | None
    hierarchies: tuple[Hierarchy | None, ...]

    def __repr__(self) -> str:
        return f"Register(n_cells={len(self.people)}, n_people={self.total:.0f})"

    @property
    def total(self) -> float:
        """People in the register."""
        return float(self.people.sum())


def read_register(
    original: Table,
    released: Table,
    quasi_identifiers: Sequence[Hashable],
    classes: Classes,
    population: ReferencePopulation | None = None,
) -> Register:
    """Put together whom the attacker looks among.

    Without a population they are the people of the file. With one they are the people that it
    counts in each cell; of key variables that it does not know the rest of them have what people of
    the file have who are alike in the others (`_PRIOR` of these as if drawn from the whole file).

    Parameters
    ----------
    original, released : Table
    quasi_identifiers : sequence of column
    classes : Classes
    population : ReferencePopulation, optional

    Returns
    -------
    Register
    """
    known = [
        name for name in quasi_identifiers if population is not None and name in population.columns
    ]
    if population is None or not known:
        return _file_only(original, quasi_identifiers, classes)
    axes = {
        name: _Axis.of(original, released, name, population if name in known else None)
        for name in quasi_identifiers
    }
    rest = [name for name in quasi_identifiers if name not in known]
    part_a, part_b = (
        _Part.of([axes[name].of_row for name in names], classes) for names in (known, rest)
    )
    values = {name: axes[name].values for name in known}
    own = np.stack([axes[name].of_row[part_a.first] for name in known])
    others = _find_cells(values, population, _MOST_CELLS // part_b.n)
    if others is None:
        at_a, group_a = own, part_a.group
        of_row, first = group_rows([part_a.group, part_b.group])
        cell_a, cell_b = part_a.group[first], part_b.group[first]
    else:
        every = np.concatenate([own, others], axis=1)
        number, first = group_rows(list(every))
        at_a, group_a = every[:, first], number[: own.shape[1]][part_a.group]
        cell_a, cell_b = np.divmod(np.arange(at_a.shape[1] * part_b.n), part_b.n)
        of_row = group_a * part_b.n + part_b.group
    count = _count(values, at_a, population)["count"].to_numpy(dtype=float)
    usable = np.logical_and.reduce(
        [axes[name].matched[at] for name, at in zip(known, at_a, strict=True)]
    )
    in_file = _people_per(of_row, classes, len(cell_a))
    in_a = _people_per(group_a, classes, at_a.shape[1])
    # The population's people who are not in the file, spread over what it does not know.
    people = in_file + np.where(usable, np.maximum(count - in_a, 0.0), 0.0)[cell_a] * (
        _share(in_file, in_a[cell_a], _people_per(part_b.group, classes, part_b.n)[cell_b])
        if rest
        else 1.0
    )
    codes = {name: at[cell_a] for name, at in zip(known, at_a, strict=True)}
    codes |= {name: axes[name].of_row[part_b.first][cell_b] for name in rest}
    hierarchies = getattr(population, "hierarchies", {})
    return Register(
        values=tuple(axes[name].values for name in quasi_identifiers),
        codes=tuple(codes[name] for name in quasi_identifiers),
        people=people,
        cell_of_row=of_row,
        hull_people=None if rest else _count_hulls(released, known, classes, population, values),
        hierarchies=tuple(hierarchies.get(name) for name in quasi_identifiers),
    )


def _share(in_file: np.ndarray, alike: np.ndarray, with_rest: np.ndarray) -> np.ndarray:
    """Give the share of people with these further values among those alike in the others.

    Parameters
    ----------
    in_file, alike, with_rest : ndarray of float, shape (n_cells,)
        People of the file in the cell; with the values that the population knows; and with those
        that it does not know.
    """
    n_people = in_file.sum()
    return np.asarray((in_file + _PRIOR * with_rest / n_people) / (alike + _PRIOR))


@dataclass(frozen=True)
class _Axis:
    """A column's values, and for each row the number of its own; `matched`: they can be counted."""

    of_row: np.ndarray
    values: pd.Series
    matched: np.ndarray

    @classmethod
    def of(
        cls,
        original: Table,
        released: Table,
        name: Hashable,
        population: ReferencePopulation | None,
    ) -> _Axis:
        if population is None:
            of_row, values = factorize(original[name])
            return cls(of_row, values, np.zeros(len(values), dtype=bool))
        column = _read_column(original, released, name, population)
        values = _between(name, column.queries, population)
        n_added = len(values) - len(column.queries)
        matched = np.append(column.matched, np.ones(n_added, dtype=bool))
        return cls(column.of_row, values, matched)


def _find_cells(
    axes: dict[Hashable, pd.Series], population: ReferencePopulation, most: int
) -> np.ndarray | None:
    """Find the combinations of values that anybody of the population has; None if too many.

    Column by column: what nobody has is not combined any further.
    """
    found = np.empty((0, 1), dtype=np.int64)
    for number, (_, values) in enumerate(axes.items(), start=1):
        n_values = len(values)
        if found.shape[1] * n_values > most:
            return None
        found = np.concatenate(
            [
                np.repeat(found, n_values, axis=1),
                np.tile(np.arange(n_values), found.shape[1])[None, :],
            ]
        )
        asked = dict(list(axes.items())[:number])
        found = found[:, _count(asked, found, population)["count"].to_numpy(dtype=float) > 0]
    return found


def _count(
    axes: dict[Hashable, pd.Series], at: np.ndarray, population: ReferencePopulation
) -> pd.DataFrame:
    """Ask for some cells, and for all values along with them.

    What "White" means depends on which other values the column has.
    """
    n_along = max(len(values) for values in axes.values())
    frame = pd.DataFrame(
        {
            name: values.astype(object).to_numpy()[
                np.append(codes, np.resize(np.arange(len(values)), n_along))
            ]
            for (name, values), codes in zip(axes.items(), at, strict=True)
        }
    )
    return population.count(frame).iloc[: at.shape[1]]


@dataclass(frozen=True)
class _Part:
    """Rows grouped by some columns; without columns there is one group."""

    group: np.ndarray
    first: np.ndarray

    @classmethod
    def of(cls, columns: Sequence[np.ndarray], classes: Classes) -> _Part:
        if columns:
            return cls(*group_rows(columns))
        return cls(np.zeros(len(classes.person_of_row), dtype=np.int64), np.zeros(1, np.int64))

    @property
    def n(self) -> int:
        return max(len(self.first), 1)


def _file_only(original: Table, columns: Sequence[Hashable], classes: Classes) -> Register:
    coded = [factorize(original[name]) for name in columns]
    of_row, first = group_rows([codes for codes, _ in coded])
    return Register(
        values=tuple(values for _, values in coded),
        codes=tuple(codes[first] for codes, _ in coded),
        people=_people_per(of_row, classes, len(first)),
        cell_of_row=of_row,
        hull_people=None,
        hierarchies=(None,) * len(columns),
    )


def _people_per(group: np.ndarray, classes: Classes, n_groups: int) -> np.ndarray:
    """Count the file's people in each group of rows, the suppressed ones included."""
    _, of_person = distinct_pairs(classes.person_of_row, group, n_groups)
    return np.bincount(of_person, minlength=n_groups).astype(float)


def _between(name: Hashable, values: pd.Series, population: ReferencePopulation) -> pd.Series:
    """Add the whole numbers between those of the file that the population knows."""
    items = values.astype(object).tolist()
    numbers = [item for item in items if isinstance(item, int | np.integer | float)]
    whole = {int(item) for item in numbers if item == item and float(item).is_integer()}
    if not whole or max(whole) - min(whole) >= _MOST_NUMBERS:
        return values.astype(object)
    added = [
        number
        for number in range(min(whole), max(whole))
        if number not in whole and _knows(population, name, number)
    ]
    return pd.Series([*items, *added], dtype=object)


def _knows(population: ReferencePopulation, name: Hashable, value: object) -> bool:
    try:
        answer = population.count(pd.DataFrame({name: pd.Series([value], dtype=object)}))
    except InputError:  # a table of counts refuses what it has no row of
        return False
    return not answer["unmatched"].iloc[0]


def _count_hulls(
    released: Table,
    columns: Sequence[Hashable],
    classes: Classes,
    population: ReferencePopulation,
    axes: dict[Hashable, pd.Series],
) -> np.ndarray | None:
    """Count the people whom the labels of each class describe."""
    shown = np.flatnonzero(classes.class_of_row >= 0)
    first = np.zeros(classes.n_classes, dtype=np.int64)
    first[classes.class_of_row[shown][::-1]] = shown[::-1]
    # The values are asked for along with the labels: what "White" means depends on which others
    # the column has.
    n_along = max(len(axes[name]) for name in columns)
    frame = pd.DataFrame(
        {
            name: np.append(
                released[name].astype(object).to_numpy()[first],
                np.resize(axes[name].astype(object).to_numpy(), n_along),
            )
            for name in columns
        }
    )
    try:
        answer = population.count(frame).iloc[: classes.n_classes]
    except InputError:  # a population of counties, say, need not know what a state is
        return None
    known = np.array([not names for names in answer["unmatched"]], dtype=bool)
    return np.where(known, answer["count"].to_numpy(dtype=float), np.nan)
