"""GeographicGeneralizer: places climb to a level, or until enough people share their label."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.base import TableTransformer
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk._core.roles import find_column, find_columns
from personatwin_sk._core.sklearn_private import HasMethods, Interval
from personatwin_sk.exceptions import InputError, NothingSelectedWarning
from personatwin_sk.geography._foreign import ForeignPlaces
from personatwin_sk.geography._inhabitants import (
    bundled_people,
    large_enough,
    people_of_population,
)
from personatwin_sk.geography._label_table import Row, finer_rows, label_table, tree_rows, zip_rows
from personatwin_sk.geography._places import LabelKey, Places, distinct_texts, enough_people
from personatwin_sk.geography._trees import COUNTY, PlaceTree, country, tree_of
from personatwin_sk.geography._united_states import UsPlaces, codes_of_column
from personatwin_sk.population.places import LEVELS, find_state

__all__ = ["GeographicGeneralizer"]

_DEFAULT_COLUMN = "geography"
_AT_LEAST_ONE = Interval(Integral, 1, None, closed="left")


class GeographicGeneralizer(TableTransformer):
    """Put in the stead of each place its smallest ancestor that is coarse or large enough.

    The levels are address < zip < city < county < state < division < region < country. Places that
    are at the level or above stay, in the spelling of the gazetteer; nulls stay null.

    Parameters
    ----------
    columns : str, int, sequence of these, or None, default=None
        The columns that hold places: names for tables, positions for arrays. None = the column
        called ``geography``; where there is none, a `NothingSelectedWarning` is given and nothing
        happens.
    level : str, default="county"
        How fine a released place may be: one of the levels above, or of those of `hierarchy`.
        "address" without a minimum leaves the table as it is.
    min_population : int or None, default=None
        So many inhabitants a released label has to cover, counting what is left of its place after
        finer labels are taken out: a place that is too small goes up, and where what is left of the
        place above is too small, the other labels in there go up too. This is decided on the whole
        country and not on the table. ZIP codes, where `level` lets them through, follow the HIPAA
        rule instead: their first three digits stay ("452**") where more inhabitants share them, all
        others become "000**"; 20_000 is the rule's figure. What has no figure is too small:
        addresses and cities go to their county or above.
    min_people : int or None, default=None
        The same with the people of the table that `fit` is given. Places that it did not hold get
        the smallest label that enough people were released with.
    person_id : str, int or None, default=None
        The column that says whose a row is, for `min_people`. None: every row is a person.
    state : str, int or None, default=None
        Where counties and cities are that are given without their state: a column that holds states
        (by name, or by position for arrays), or one state for all rows, by name ("Ohio"),
        abbreviation ("OH") or FIPS code ("39"). A place that says its state itself is believed.
    population : ReferencePopulation or None, default=None
        Who says how many people live in a place, for `min_population`: it has a column called as
        the column of places, or "geography". A place that it does not know is too small. None:
        figures that are bundled (counties July 2023), with no network; ZIP codes always go by their
        bundled figures (ACS 2016-2020).
    hierarchy : Hierarchy, table or None, default=None
        Places outside the United States: a table with a row per finest place and a column per
        level, finest first. `level` is then one of these columns, or "all".

    Attributes
    ----------
    labels_ : DataFrame
        The labels that may be released, for each column: ``column``, ``label``, ``level``,
        ``inhabitants`` (what is left for the label after finer ones are taken out; NaN where not
        known) and ``n_places`` (how many counties, ZIP codes or finest places of the hierarchy get
        it). With `min_people` only those that were given in `fit`.

    Notes
    -----
    What is read is listed at `personatwin_sk.population.places.find_areas`. Numbers are codes that
    have lost their leading zeros: 2139 is the ZIP code 02139. Whether five digits are ZIP codes or
    county codes is settled once for a column, by `fit`.

    A ZIP code that straddles counties climbs to the one that holds most of it. A city whose county
    is not given climbs to its state. A county name that several states have, without a state, stays
    as it is at level "county" and finer (with `min_population` only if each of its namesakes may
    be named), and climbs to the country above; a `DataWarning` counts such rows.

    A place that the table itself gives coarsely ("Ohio") covers all of it, as long as no county has
    to go up to it or all that do are enough.

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

    The HIPAA rule for ZIP codes: three digits, or none where no more than 20,000 people share them.

    >>> zips = pd.DataFrame({"zip": ["45202", "03601"]})
    >>> hipaa = GeographicGeneralizer("zip", level="zip", min_population=20_000)
    >>> hipaa.fit_transform(zips)["zip"].tolist()
    ['452**', '000**']
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "columns": [None, str, Integral, "array-like"],
        "level": [str],
        "min_population": [None, _AT_LEAST_ONE],
        "min_people": [None, _AT_LEAST_ONE],
        "person_id": [None, str, Integral],
        "state": [None, str, Integral],
        "population": [None, HasMethods(["count"])],
        "hierarchy": [None, Hierarchy, "array-like"],
    }

    def __init__(
        self,
        columns: Any = None,
        *,
        level: str = "county",
        min_population: int | None = None,
        min_people: int | None = None,
        person_id: str | int | None = None,
        state: str | int | None = None,
        population: Any = None,
        hierarchy: Any = None,
    ) -> None:
        self.columns = columns
        self.level = level
        self.min_population = min_population
        self.min_people = min_people
        self.person_id = person_id
        self.state = state
        self.population = population
        self.hierarchy = hierarchy

    def _fit(self, table: Table) -> None:
        names = self._find_columns(table)
        person_id = find_column(
            table, self.person_id, parameter="person_id", owner=type(self).__name__
        )
        self._check_levels()
        self._state_position, self._state_code = self._find_state(table)
        # Remembered by position, so that a table may follow an array.
        self._rules: dict[int, UsPlaces | ForeignPlaces] = {}
        self._people: dict[int, np.ndarray] = {}
        self._allowed: dict[int, np.ndarray] = {}
        self._released: dict[int, frozenset[LabelKey]] = {}
        for name in names:
            position = table.columns.index(name)
            self._rules[position] = self._rule(table[name], position, name)
            if self.min_people is not None:
                places = self._read(table, position, warn=False)
                self._released[position] = enough_people(
                    places, table, person_id, self.min_people, name
                )

    def _check_levels(self) -> None:
        self._hierarchy = None if self.hierarchy is None else Hierarchy.of(self.hierarchy)
        owner = type(self).__name__
        levels = LEVELS if self._hierarchy is None else self._hierarchy.levels
        if self.level not in levels:
            raise InputError(f"{owner}: level must be one of {', '.join(map(repr, levels))}.")
        if self._hierarchy is None:
            self._tree: PlaceTree = country()
            return
        self._tree = tree_of(self._hierarchy)
        if self.state is not None:
            raise InputError(
                f"{owner}: state says where US counties are; a `hierarchy` of places has none. "
                "Leave one of them out."
            )
        if self.min_population is not None and self.population is None:
            raise InputError(
                f"{owner}: min_population={self.min_population} needs a `population` that says how "
                "many people live in the places of `hierarchy`."
            )

    def _rule(self, column: pd.Series, position: int, name: Hashable) -> UsPlaces | ForeignPlaces:
        """Settle how a column is read, and which labels cover enough inhabitants."""
        tree, owner = self._tree, type(self).__name__
        first = 0 if self._hierarchy is not None else COUNTY
        levels = LEVELS if self._hierarchy is None else tree.levels
        start = max(levels.index(self.level) - first, 0)
        if self.population is not None and self.min_population is not None:
            people = people_of_population(tree, self.population, name)
        elif self._hierarchy is None:
            people = bundled_people(tree)
        else:
            people = np.full(len(tree.labels), np.nan)
        allowed = tree.rank >= start
        if self.min_population is not None:
            allowed = large_enough(tree, people, start, self.min_population)
        self._people[position], self._allowed[position] = people, allowed
        if self._hierarchy is not None:
            return ForeignPlaces(owner, self._hierarchy, tree, start, allowed)
        # The kind of codes is settled here because a chunk of the table may show less of it.
        large = frozenset(tree.codes[allowed])
        return UsPlaces(owner, self.level, codes_of_column(column), self.min_population, large)

    @property
    def labels_(self) -> pd.DataFrame:
        """The labels that may be released, and what they cover."""
        if not hasattr(self, "_rules"):
            raise AttributeError(f"{type(self).__name__} has labels_ only after fit")
        parts = [self._labels_of_column(position) for position in self._rules]
        if not parts:
            return label_table([], None)
        names = getattr(self, "feature_names_in_", None)
        columns = [position if names is None else names[position] for position in self._rules]
        tables = [label_table(rows, name) for rows, name in zip(parts, columns, strict=True)]
        return pd.concat(tables, ignore_index=True)

    def _labels_of_column(self, position: int) -> list[Row]:
        released = self._released.get(position)
        rows = tree_rows(self._tree, self._people[position], self._allowed[position], released)
        if self._hierarchy is not None:
            return rows
        if released is not None:
            return finer_rows(released, self._tree) + rows
        if self.min_population is not None and LEVELS.index(self.level) <= LEVELS.index("zip"):
            return zip_rows(self.min_population) + rows
        return rows

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
        if self.level == LEVELS[0] and self.min_population is None and self.min_people is None:
            return table
        for position in self._rules:
            name = table.columns[position]
            places = self._read(table, position, warn=True)
            if position in self._released:
                places = places.only(self._released[position])
            labels = pd.Series(places.labels_of_rows(), dtype=object)
            # Text stays the kind of text that it was; numbers become text.
            is_text = not pd.api.types.is_numeric_dtype(table[name].dtype)
            table = table.replace({name: labels}, keep_dtype=is_text and table.kind == "pandas")
        return table

    def _read(self, table: Table, position: int, *, warn: bool) -> Places:
        name, rule = table.columns[position], self._rules[position]
        if isinstance(rule, ForeignPlaces):
            return rule.read(table[name], name)
        return rule.read(table[name], self._states_of_rows(table), name, warn=warn)

    def _states_of_rows(self, table: Table) -> np.ndarray:
        """Return the state code of each row, None where it is not known; shape (n_rows,)."""
        if self._state_position is None:
            return np.full(table.n_rows, self._state_code, dtype=object)
        name = table.columns[self._state_position]
        of_row, texts = distinct_texts(table[name], digits=2)
        found = np.array([*map(find_state, texts), None], dtype=object)
        unknown = is_null(found) & (np.arange(len(found)) < len(texts))
        if unknown.any():
            raise InputError(
                f"{type(self).__name__}: {int(unknown[of_row].sum())} of {table.n_rows} values of "
                f"the column {name!r}, which `state` names, are no US state; give names, "
                "abbreviations or FIPS codes."
            )
        return found[of_row]
