"""Reading the four columns of a table that the census knows, each distinct cell once.

Each reader returns what the distinct cells cover (None for what the census cannot tell), and which
of these each row holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import InputError
from personatwin_sk.population._ages import ages_of
from personatwin_sk.population._axes import ALL_RACES, HISPANIC, OLDEST, SEXES
from personatwin_sk.population._people_labels import Ethnicity, read_ethnicity, read_gender
from personatwin_sk.population._places_read import Territory, read_territories
from personatwin_sk.population._reading import distinct_cells, members

_Read = TypeVar("_Read")

NOT_HISPANIC = "race alone, not Hispanic"
HISPANIC_OR_NOT = "race alone, Hispanic or not"


def everyone() -> np.ndarray:
    """Return the mask of race x Hispanic that covers everybody; shape (7, 2)."""
    return np.ones((len(ALL_RACES), len(HISPANIC)), dtype=bool)


def _cells_of(table: Table, name: str) -> tuple[list[Any], np.ndarray]:
    """Return the distinct cells of a column and each row's; a missing column is one null cell."""
    if name not in table:
        return [None], np.zeros(table.n_rows, dtype=np.int64)
    codes, cells = distinct_cells(table[name])
    return cells, codes


def _refuse(table: Table, name: str, bad: np.ndarray, codes: np.ndarray, what: str) -> None:
    """Raise if any row has a bad cell."""
    n_bad = int(bad[codes].sum()) if len(codes) else 0
    if n_bad:
        raise InputError(f"{n_bad} of {table.n_rows} values of {name!r} {what}")


def read_ages(table: Table) -> tuple[list[np.ndarray | None], np.ndarray]:
    """Read the column `age`.

    Parameters
    ----------
    table : Table
        The queries.

    Returns
    -------
    ages : list of ndarray of bool, shape (121,), or None
        What each distinct cell covers.
    codes : ndarray of int, shape (n_rows,)
        The cell of each row.

    Raises
    ------
    InputError
        If cells are no ages from 0 to 120.
    """
    cells, codes = _cells_of(table, "age")
    ages: list[np.ndarray | None] = []
    bad = np.zeros(len(cells), dtype=bool)
    for position, cell in enumerate(cells):
        try:
            ages.append(ages_of(cell))
        except ValueError:
            ages.append(None)
            bad[position] = True
    _refuse(
        table,
        "age",
        bad,
        codes,
        f'are no ages from 0 to {OLDEST}; give a number, a label such as "30-39" or "85+", a '
        "(low, high) pair, or null where the age is not known",
    )
    return ages, codes


def _labels(cells: list[Any], read: Callable[[Any], _Read | None]) -> list[list[_Read | None]]:
    """Read each of the labels of each cell."""
    groups: list[list[_Read | None]] = []
    for cell in cells:
        try:
            groups.append([read(label) for label in members(cell)])
        except ValueError:
            groups.append([None])
    return groups


def read_genders(table: Table) -> tuple[list[np.ndarray | None], np.ndarray]:
    """Read the column `gender`.

    Parameters
    ----------
    table : Table
        The queries.

    Returns
    -------
    sexes : list of ndarray of bool, shape (2,), or None
        What each distinct cell covers.
    codes : ndarray of int, shape (n_rows,)
        The cell of each row.
    """
    cells, codes = _cells_of(table, "gender")
    sexes: list[np.ndarray | None] = []
    for group in _labels(cells, read_gender):
        known = [sex for sex in group if sex is not None]
        sexes.append(
            np.isin(np.arange(len(SEXES)), known) if known and len(known) == len(group) else None
        )
    return sexes, codes


def read_ethnicities(
    table: Table, hispanic_separate: bool | None
) -> tuple[list[np.ndarray | None], np.ndarray, str]:
    """Read the column `ethnicity`.

    Parameters
    ----------
    table : Table
        The queries.
    hispanic_separate : bool or None
        Whether a label that names only a race means those who are not Hispanic. None = it does if
        any label of the column means Hispanic people.

    Returns
    -------
    origins : list of ndarray of bool, shape (7, 2), or None
        What each distinct cell covers of race x Hispanic.
    codes : ndarray of int, shape (n_rows,)
        The cell of each row.
    meaning : str
        `NOT_HISPANIC` or `HISPANIC_OR_NOT`: what a label means that names a race alone; empty
        without the column.
    """
    cells, codes = _cells_of(table, "ethnicity")
    groups: list[list[Ethnicity | None]] = _labels(cells, read_ethnicity)
    if hispanic_separate is None:
        hispanic_separate = any(
            label is not None and label.hispanic is True for group in groups for label in group
        )
    origins: list[np.ndarray | None] = []
    for group in groups:
        known = [label.mask(hispanic_separate) for label in group if label is not None]
        origins.append(np.logical_or.reduce(known) if known and len(known) == len(group) else None)
    meaning = NOT_HISPANIC if hispanic_separate else HISPANIC_OR_NOT
    return origins, codes, meaning if "ethnicity" in table else ""


def read_places(table: Table) -> tuple[list[Territory | None], np.ndarray]:
    """Read the column `geography`.

    Parameters
    ----------
    table : Table
        The queries.

    Returns
    -------
    territories : list of Territory or None
        What each distinct cell covers.
    codes : ndarray of int, shape (n_rows,)
        The cell of each row.

    Raises
    ------
    InputError
        If cells name places that nobody knows.
    """
    cells, codes = _cells_of(table, "geography")
    territories, unreadable = read_territories(cells)
    _refuse(
        table,
        "geography",
        unreadable,
        codes,
        "are no US places that are known; write them like 'Hamilton County, OH', 'Ohio' or "
        "'45202', or leave them null",
    )
    return territories, codes
