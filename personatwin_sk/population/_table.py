"""Counts of any population of which there is a table."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import Hierarchy, read_hierarchies
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.population._count_tree import CountTree, Sums
from personatwin_sk.population._dimension import Dimension, Query
from personatwin_sk.population._hierarchy_dimension import HierarchyDimension
from personatwin_sk.population._protocol import (
    RESULT_COLUMNS,
    Provenance,
    result_frame,
    unmatched_tuples,
)
from personatwin_sk.population._reading import distinct_cells, read_table

# No case seen still leaves room for three (the rule of three, at 95 %): Hanley and Lippman-Hand
# (1983), "If nothing goes wrong, is everything all right?", JAMA 249(13).
_HIGH_OF_ZERO = 3.0


class TablePopulation:
    """Counts of a population from a table with one row per cell and its number of people.

    Make one with `from_frame`.

    Attributes
    ----------
    columns : tuple
        The columns of the table but that of the counts.
    hierarchies : mapping of column -> Hierarchy
        The columns whose labels lie in each other.
    provenance : Provenance
        Where the counts come from.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.population import TablePopulation
    >>> people = TablePopulation.from_frame(
    ...     pd.DataFrame(
    ...         {
    ...             "age": ["0-17", "0-17", "18-64", "18-64", "65+", "65+"],
    ...             "sex": ["F", "M", "F", "M", "F", "M"],
    ...             "n": [170, 180, 470, 460, 130, 100],
    ...         }
    ...     )
    ... )
    >>> asked = pd.DataFrame({"age": ["18-64", "65+", 9, None], "sex": ["F", "F|M", "M", "M"]})
    >>> people.count(asked)[["count", "modelled", "unmatched"]]
       count  modelled unmatched
    0  470.0     False        ()
    1  230.0     False        ()
    2   10.0      True        ()
    3  740.0     False    (age,)

    With a hierarchy, a label of any level counts the people below it:

    >>> towns = pd.DataFrame(
    ...     {"town": ["Lyon", "Bron", "Nice"], "area": ["Rhone", "Rhone", "Alpes-Maritimes"]}
    ... )
    >>> counts = pd.DataFrame({"town": ["Lyon", "Bron", "Nice"], "n": [520, 40, 350]})
    >>> france = TablePopulation.from_frame(counts, hierarchies={"town": towns})
    >>> france.count(pd.DataFrame({"town": ["Lyon", "Rhone", "*"]}))[["count", "level"]]
       count level
    0  520.0  town
    1  560.0  area
    2  910.0   all
    """

    def __init__(
        self,
        dimensions: list[Dimension | HierarchyDimension],
        codes: list[np.ndarray],
        people: np.ndarray,
        margins: np.ndarray | None,
        provenance: Provenance,
    ) -> None:
        self._dimensions = dimensions
        self._codes = codes
        self._people = people
        self._variances = None if margins is None else margins**2
        self.provenance = provenance
        self._trees: dict[tuple[int, ...], CountTree] = {}

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        count: Hashable = "n",
        provenance: Provenance | str | None = None,
        hierarchies: Mapping[Hashable, Any] | None = None,
        error: Hashable | None = None,
    ) -> TablePopulation:
        """Make a population of a table of counts.

        Parameters
        ----------
        frame : table of shape (n_cells, n_columns)
            One row per cell. Cells hold values, numbers or labels of bands ("30-39", "85+"), which
            must not overlap. Rows that are alike are added up.
        count : str, default="n"
            The column with the number of people.
        provenance : Provenance or str, optional
            Where the counts come from; text names the source.
        hierarchies : mapping of column -> Hierarchy or table, optional
            Columns whose values are labels of a hierarchy; a table has one row per finest value
            and one column per level, the finest first. The table of counts may hold labels of any
            level, as long as none lies in another one of the same people. A label of the hierarchy
            of which there is no row has nobody.
        error : str, optional
            The column with the margin of error of each count, at 90 %. Counts are added up with
            the root of the sum of their squares; None: the counts are exact.

        Returns
        -------
        TablePopulation

        Raises
        ------
        ColumnNotFoundError
            If `count`, `error` or a column of `hierarchies` is not there.
        InputError
            If there is no column beside the numbers, if there are no rows, if a count or a margin
            is null, negative, infinite or no number, if labels are not in their hierarchy, or if
            bands or labels of a column overlap.
        """
        table = Table.of(frame)
        for parameter, column in (("count", count), ("error", error)):
            if column not in table and (parameter == "count" or column is not None):
                raise ColumnNotFoundError(
                    f"{parameter}={column!r} is not a column of the table; name the one with the "
                    f"{'numbers' if parameter == 'count' else 'margins of error'}"
                )
        names = [name for name in table.columns if name not in (count, error)]
        if not names or not table.n_rows or count == error:
            raise InputError(
                "a table of counts needs rows, a column of counts of its own, and a column beside "
                "the counts that says whose"
            )
        trees = read_hierarchies(hierarchies, table, names, owner="TablePopulation")
        people = _read_numbers(table[count], str(count), "numbers of people")
        margins = None
        if error is not None:
            margins = _read_numbers(table[error], str(error), "margins of error")
        dimensions: list[Dimension | HierarchyDimension] = []
        codes = []
        for name in names:
            row, cells = distinct_cells(table[name])
            if name in trees:
                dimensions.append(_with_hierarchy(name, row, cells, trees[name]))
            else:
                dimensions.append(Dimension(name, cells))
            codes.append(row)
        _refuse_overlaps(dimensions, codes)
        if not isinstance(provenance, Provenance):
            provenance = Provenance(provenance or "table of counts given by the user")
        return cls(dimensions, codes, people, margins, provenance)

    @property
    def columns(self) -> tuple[Hashable, ...]:
        """Names of the columns that the population knows."""
        return tuple(dimension.name for dimension in self._dimensions)

    @property
    def hierarchies(self) -> Mapping[Hashable, Hierarchy]:
        """The hierarchies of the columns that have one."""
        return MappingProxyType(
            {
                dimension.name: dimension.hierarchy
                for dimension in self._dimensions
                if isinstance(dimension, HierarchyDimension)
            }
        )

    def __repr__(self) -> str:
        return f"TablePopulation(columns={list(self.columns)!r}, n_cells={len(self._people)})"

    def knows(self, column: Hashable, cells: Sequence[Any]) -> np.ndarray:
        """Say which cells of a column `count` has figures for.

        Parameters
        ----------
        column : str
            One of `columns`.
        cells : sequence of length n
            Values, labels, pairs or sets.

        Returns
        -------
        ndarray of bool, shape (n,)
            False for what `count` would refuse, and for null.

        Raises
        ------
        ColumnNotFoundError
            If the population has no such column.

        Examples
        --------
        >>> import pandas as pd
        >>> from personatwin_sk.population import TablePopulation
        >>> people = TablePopulation.from_frame(pd.DataFrame({"town": ["Lyon"], "n": [520_000]}))
        >>> people.knows("town", ["Lyon", "Atlantis", None]).tolist()
        [True, False, False]
        """
        for dimension in self._dimensions:
            if dimension.name == column:
                query = dimension.ask(list(cells))
                return ~(query.unknown | query.says_nothing)
        raise ColumnNotFoundError(f"the population has no column {column!r}")

    def count(self, frame: Any) -> pd.DataFrame:
        """Count the people who fit each row of a table.

        Parameters
        ----------
        frame : table of shape (n_rows, n_columns)
            A cell holds a value, a label, a (low, high) pair or a set. A column that is missing
            says nothing, nor does null: all people count, and a null's column stands in
            `unmatched`.

        Returns
        -------
        DataFrame of shape (n_rows, 7)
            With the index of `frame`. `modelled` where people of a part of a band, or of a label
            finer than the table has, are asked for: they are taken to be spread evenly over it
            (over the finest values of the hierarchy). Nobody knows how they are, so that `low`
            takes none of them and `high` all. With margins of error, `low` and `high` are the ends
            of the interval at 90 %; otherwise, where nothing is modelled, both are `count`. Where
            `count` is 0, `high` is 3 at least, by the rule of three. `level` is the level of the
            hierarchy that was asked for (of a set, its coarsest; of several columns with a
            hierarchy, one after the other: "town, chapter"), "table" where none was.

        Raises
        ------
        InputError
            If a column asks for values that the table does not have; it names the column and the
            number of rows.
        """
        table, index = read_table(frame)
        if table.n_rows == 0:
            return result_frame(index, **{name: np.empty(0) for name in RESULT_COLUMNS})
        unmatched: dict[Hashable, np.ndarray | bool] = {name: True for name in table.columns}
        queries: dict[int, Query] = {}
        rows: dict[int, np.ndarray] = {}
        for position, dimension in enumerate(self._dimensions):
            if dimension.name not in table:
                continue
            row, cells = distinct_cells(table[dimension.name])
            query = dimension.ask(cells)
            n_bad = int(query.unknown[row].sum())
            if n_bad:
                raise InputError(
                    f"{n_bad} of {table.n_rows} values of {dimension.name!r} are not in the table "
                    "of counts; use its values, bands or sets of them, or null for not known"
                )
            unmatched[dimension.name] = query.says_nothing[row]
            queries[position], rows[position] = query, row
        group, first = _group(rows, table.n_rows)
        distinct = {position: row[first] for position, row in rows.items()}
        sums = self._add_up(queries, distinct, len(first))
        low = np.maximum(sums.least - np.sqrt(sums.least_variance), 0.0)
        high = sums.most + np.sqrt(sums.most_variance)
        high = np.where(sums.people == 0, np.maximum(high, _HIGH_OF_ZERO), high)
        modelled = np.zeros(len(first), dtype=bool)
        for position, code in distinct.items():
            modelled |= queries[position].split[code]
        return result_frame(
            index,
            count=sums.people[group],
            low=low[group],
            high=high[group],
            modelled=modelled[group],
            source=self.provenance.describe(),
            level=self._levels(queries, distinct, len(first))[group],
            unmatched=unmatched_tuples(unmatched, table.n_rows),
        )

    def _add_up(self, queries: dict[int, Query], codes: dict[int, np.ndarray], n_rows: int) -> Sums:
        """Count the people of distinct rows."""
        sums = Sums(*(np.zeros(n_rows) for _ in Sums._fields))
        # The rows that speak of the same columns share a tree.
        speaks = {p: ~query.says_nothing[codes[p]] for p, query in queries.items()}
        pattern, examples = _group({p: says.astype(np.int64) for p, says in speaks.items()}, n_rows)
        for number, example in enumerate(examples):
            here = np.flatnonzero(pattern == number)
            spoken = [position for position in queries if speaks[position][example]]
            found = self._tree(tuple(spoken)).add_up(
                [queries[position] for position in spoken],
                [codes[position][here] for position in spoken],
            )
            for whole, part in zip(sums, found, strict=True):
                whole[here] = part
        return sums

    def _levels(
        self, queries: dict[int, Query], codes: dict[int, np.ndarray], n_rows: int
    ) -> np.ndarray:
        """Name the levels that distinct rows ask for."""
        trees = {
            position: (dimension.hierarchy.levels, query.level[codes[position]])
            for position, query in queries.items()
            if query.level is not None
            and isinstance(dimension := self._dimensions[position], HierarchyDimension)
        }
        group, examples = _group({p: level + 1 for p, (_, level) in trees.items()}, n_rows)
        names = np.empty(len(examples), dtype=object)
        for number, example in enumerate(examples):
            asked = [
                levels[level[example]] for levels, level in trees.values() if level[example] >= 0
            ]
            names[number] = ", ".join(asked) or "table"
        return names[group]

    def _tree(self, spoken: tuple[int, ...]) -> CountTree:
        """Return the sums over all columns but these."""
        if spoken not in self._trees:
            self._trees[spoken] = CountTree(
                [self._codes[position] for position in spoken],
                [self._dimensions[position].n_cells for position in spoken],
                self._people,
                self._variances,
            )
        return self._trees[spoken]


def _group(codes: dict[int, np.ndarray], n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Number the distinct rows of columns of codes; without columns all rows are one."""
    return group_rows(list(codes.values()) or [np.zeros(n_rows, dtype=np.int64)])


def _with_hierarchy(
    name: Hashable, row: np.ndarray, cells: list[Any], hierarchy: Hierarchy
) -> HierarchyDimension:
    dimension = HierarchyDimension(name, cells, hierarchy)
    n_bad = int(dimension.unknown_cells[row].sum())
    if n_bad:
        raise InputError(
            f"{n_bad} of {len(row)} values of {name!r} are no labels of its hierarchy; write them "
            "as the hierarchy does, or add them to it"
        )
    return dimension


def _refuse_overlaps(
    dimensions: list[Dimension | HierarchyDimension], codes: list[np.ndarray]
) -> None:
    """Refuse a table in which people would count twice."""
    for position, dimension in enumerate(dimensions):
        others = codes[:position] + codes[position + 1 :]
        n_overlaps = dimension.count_overlaps(codes[position], others)
        if n_overlaps:
            raise InputError(
                f"{n_overlaps} bands of {dimension.name!r} overlap another one, so that people "
                "would count twice; give bands that do not"
            )


def _read_numbers(column: pd.Series, name: str, what: str) -> np.ndarray:
    """Return the numbers of a table, or say how many of them are none."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    n_bad = int((~(np.isfinite(numbers) & (numbers >= 0))).sum())
    if n_bad:
        raise InputError(
            f"{n_bad} of {len(numbers)} values of {name!r} are no {what}; every row "
            "needs one that is 0 or more"
        )
    return numbers
