"""GeographicGeneralizer: every place of a column climbs to one level of the hierarchy."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.base import TableTransformer
from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import find_column, find_columns
from personatwin_sk._core.sklearn_private import StrOptions
from personatwin_sk.exceptions import DataWarning, InputError, NothingSelectedWarning
from personatwin_sk.population.places import (
    LEVELS,
    Area,
    CodeSystem,
    climb,
    code_system,
    find_areas,
    find_state,
)

__all__ = ["GeographicGeneralizer"]

_DEFAULT_COLUMN = "geography"


class GeographicGeneralizer(TableTransformer):
    """Put in the stead of each place its smallest known ancestor at a level.

    The levels are address < zip < city < county < state < division < region < country. Places that
    are at the level or above stay, in the spelling of the gazetteer; nulls stay null.

    Parameters
    ----------
    columns : str, int, sequence of these, or None, default=None
        The columns that hold places: names for tables, positions for arrays. None = the column
        called ``geography``; where there is none, a `NothingSelectedWarning` is given and nothing
        happens.
    level : {"address", "zip", "city", "county", "state", "division", "region", "country"}, \
default="county"
        How fine a released place may be. "address" leaves the table as it is.
    state : str, int or None, default=None
        Where counties and cities are that are given without their state: a column that holds states
        (by name, or by position for arrays), or one state for all rows, by name ("Ohio"),
        abbreviation ("OH") or FIPS code ("39"). A place that says its state itself is believed.

    Notes
    -----
    What is read is listed at `personatwin_sk.population.places.find_areas`. Numbers are codes that
    have lost their leading zeros: 2139 is the ZIP code 02139. Whether five digits are ZIP codes or
    county codes is settled once for a column, by `fit`.

    A ZIP code that straddles counties climbs to the one that holds most of it. A city whose county
    is not given climbs to its state. A county name that several states have, without a state, stays
    as it is at level "county" and finer, and climbs to the country above; a `DataWarning` counts
    such rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.geography import GeographicGeneralizer
    >>> people = pd.DataFrame(
    ...     {"geography": ["12 Main St, Cincinnati, Hamilton County, OH", "45202", "Ohio"]}
    ... )
    >>> GeographicGeneralizer(level="county").fit_transform(people)["geography"].tolist()
    ['Hamilton County, OH', 'Hamilton County, OH', 'Ohio']
    >>> GeographicGeneralizer(level="division").fit_transform(people)["geography"].tolist()
    ['East North Central', 'East North Central', 'East North Central']
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "columns": [None, str, Integral, "array-like"],
        "level": [StrOptions(set(LEVELS))],
        "state": [None, str, Integral],
    }

    def __init__(
        self, columns: Any = None, *, level: str = "county", state: str | int | None = None
    ) -> None:
        self.columns = columns
        self.level = level
        self.state = state

    def _fit(self, table: Table) -> None:
        names = self._find_columns(table)
        self._state_position, self._state_code = self._find_state(table)
        # Remembered by position, so that a table may follow an array. The kind of codes is settled
        # here because a chunk of the table may show less of it than the whole.
        self._code_systems = {
            table.columns.index(name): code_system(_written(factorize(table[name])[1]))
            for name in names
        }

    def _find_columns(self, table: Table) -> list[Hashable]:
        owner = type(self).__name__
        if self.columns is not None:
            return find_columns(table, self.columns, parameter="columns", owner=owner)
        if _DEFAULT_COLUMN in table:
            return [_DEFAULT_COLUMN]
        warnings.warn(
            f"{owner}: there is no column {_DEFAULT_COLUMN!r} and `columns` names none, so no "
            "place is made coarser. Name the columns that hold places.",
            NothingSelectedWarning,
            stacklevel=5,
        )
        return []

    def _find_state(self, table: Table) -> tuple[int | None, str | None]:
        """Return the position of the column of states, or the code of the one state."""
        if self.state is None:
            return None, None
        owner = type(self).__name__
        if not isinstance(self.state, str) or self.state in table:
            column = find_column(table, self.state, parameter="state", owner=owner)
            return table.columns.index(column), None
        code = find_state(self.state)
        if code is None:
            raise InputError(
                f"{owner}: state={self.state!r} is neither a column of the table nor a US state; "
                "give a column, a name ('Ohio'), an abbreviation ('OH') or a FIPS code ('39')."
            )
        return None, code

    def _transform(self, table: Table) -> Table:
        if self.level == "address" or not self._code_systems:
            return table
        states = self._states_of_rows(table)
        for position, codes in self._code_systems.items():
            name = table.columns[position]
            column = table[name]
            labels = pd.Series(self._labels(column, states, codes, name), dtype=object)
            # Text stays the kind of text that it was; numbers become text.
            is_text = not pd.api.types.is_numeric_dtype(column.dtype)
            table = table.replace({name: labels}, keep_dtype=is_text and table.kind == "pandas")
        return table

    def _states_of_rows(self, table: Table) -> np.ndarray:
        """Return the state code of each row, None where it is not known; shape (n_rows,)."""
        if self._state_position is None:
            return np.full(table.n_rows, self._state_code, dtype=object)
        name = table.columns[self._state_position]
        codes, values = factorize(table[name])
        missing = is_null(values)
        found = np.array(
            [None if text is None else find_state(text) for text in _written(values, digits=2)],
            dtype=object,
        )
        unknown = ~missing & is_null(found)
        if unknown.any():
            n_rows = int(unknown[codes].sum())
            raise InputError(
                f"{type(self).__name__}: {n_rows} of {table.n_rows} values of the column {name!r}, "
                "which `state` names, are no US state; give names, abbreviations or FIPS codes."
            )
        return found[codes]

    def _labels(
        self, column: pd.Series, states: np.ndarray, codes: CodeSystem, name: Hashable
    ) -> np.ndarray:
        """Return the label of each row's place at the level; shape (n_rows,)."""
        place_of_row, values = factorize(column)
        state_of_row, state_values = factorize(pd.Series(states, dtype=object))
        group_of_row, first_row = group_rows([place_of_row, state_of_row])
        texts = np.array([*_written(values), None], dtype=object)[place_of_row[first_row]]
        state_of_group = state_of_row[first_row]
        areas = np.empty(len(first_row), dtype=object)
        for number, state in enumerate(state_values):
            groups = np.flatnonzero(state_of_group == number)
            state_code = state if isinstance(state, str) else None
            areas[groups] = find_areas(texts[groups].tolist(), state=state_code, codes=codes)
        missing = is_null(values)[place_of_row[first_row]]
        self._check(areas, missing, np.bincount(group_of_row, minlength=len(areas)), name)
        labels = [None if area is None else climb(area, self.level).label for area in areas]
        return np.array([*labels, None], dtype=object)[group_of_row]

    def _check(
        self, areas: np.ndarray, missing: np.ndarray, n_rows: np.ndarray, name: Hashable
    ) -> None:
        """Refuse places that nobody knows, and count the names that several counties have."""
        unknown = np.array([area is None for area in areas], dtype=bool) & ~missing
        if unknown.any():
            raise InputError(
                f"{type(self).__name__}: {n_rows[unknown].sum()} of {n_rows.sum()} values of the "
                f"column {name!r} are no US place that is known. Give them as a county with its "
                "state ('Hamilton County, OH'), a state, a ZIP code or a county FIPS code; a place "
                "that is not known is null."
            )
        ambiguous = np.array([_is_ambiguous(area) for area in areas], dtype=bool)
        if ambiguous.any():
            fate = (
                "they stay as they are"
                if LEVELS.index(self.level) <= LEVELS.index("county")
                else "they climb to the country"
            )
            warnings.warn(
                f"{type(self).__name__}: {n_rows[ambiguous].sum()} of {n_rows.sum()} values of the "
                f"column {name!r} name a county that several states have; {fate}. Say which state "
                "is meant with `state`.",
                DataWarning,
                stacklevel=5,
            )


def _is_ambiguous(area: Area | None) -> bool:
    return area is not None and len(area.fips) > 1


def _written(values: pd.Series, *, digits: int = 5) -> list[str | None]:
    """Return distinct values as texts; whole numbers are codes without their leading zeros.

    What is neither a text nor a whole number is shown as "?", which is no place; null is None.
    """
    return [
        None if null else _as_text(value, digits)
        for value, null in zip(values.tolist(), is_null(values), strict=True)
    ]


def _as_text(value: Any, digits: int) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return "?"
    return f"{int(value):0{digits}d}"
