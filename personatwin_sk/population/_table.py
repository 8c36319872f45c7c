"""Counts of any population of which there is a table."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.population._count_tree import CountTree
from personatwin_sk.population._dimension import Dimension, Query
from personatwin_sk.population._protocol import (
    RESULT_COLUMNS,
    Provenance,
    result_frame,
    unmatched_tuples,
)
from personatwin_sk.population._reading import distinct_cells, read_table


class TablePopulation:
    """Counts of a population from a table with one row per cell and its number of people.

    Make one with `from_frame`.

    Attributes
    ----------
    columns : tuple
        The columns of the table but that of the counts.
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
    """

    def __init__(
        self,
        dimensions: list[Dimension],
        codes: list[np.ndarray],
        people: np.ndarray,
        provenance: Provenance,
    ) -> None:
        self._dimensions = dimensions
        self._codes = codes
        self._people = people
        self.provenance = provenance
        self._trees: dict[tuple[int, ...], CountTree] = {}

    @classmethod
    def from_frame(
        cls, frame: Any, *, count: Hashable = "n", provenance: Provenance | str | None = None
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

        Returns
        -------
        TablePopulation

        Raises
        ------
        InputError
            If `count` is not there or is the only column, if there are no rows, if a count is null,
            negative, infinite or no number, or if bands of a column overlap.
        """
        table = Table.of(frame)
        if count not in table:
            raise ColumnNotFoundError(
                f"count={count!r} is not a column of the table; name the one with the numbers"
            )
        names = [name for name in table.columns if name != count]
        if not names or not table.n_rows:
            raise InputError(
                "a table of counts needs rows, and a column beside the counts that says whose"
            )
        people = _read_counts(table[count], str(count))
        dimensions, codes = [], []
        for name in names:
            row, cells = distinct_cells(table[name])
            dimensions.append(Dimension(name, cells))
            codes.append(row)
        for position, dimension in enumerate(dimensions):
            others = codes[:position] + codes[position + 1 :]
            n_overlaps = dimension.count_overlaps(codes[position], others)
            if n_overlaps:
                raise InputError(
                    f"{n_overlaps} bands of {dimension.name!r} overlap another one, so that people "
                    "would count twice; give bands that do not"
                )
        if not isinstance(provenance, Provenance):
            provenance = Provenance(provenance or "table of counts given by the user")
        return cls(dimensions, codes, people, provenance)

    @property
    def columns(self) -> tuple[Hashable, ...]:
        """Names of the columns that the population knows."""
        return tuple(dimension.name for dimension in self._dimensions)

    def __repr__(self) -> str:
        return f"TablePopulation(columns={list(self.columns)!r}, n_cells={len(self._people)})"

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
            With the index of `frame`. `low` and `high` are `count`. `modelled` where people of a
            part of a band are asked for: they are taken to be spread evenly over it.

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
        count, modelled = self._count_rows(queries, rows, table.n_rows)
        return result_frame(
            index,
            count=count,
            low=count.copy(),
            high=count.copy(),
            modelled=modelled,
            source=self.provenance.describe(),
            level="table",
            unmatched=unmatched_tuples(unmatched, table.n_rows),
        )

    def _count_rows(
        self, queries: dict[int, Query], rows: dict[int, np.ndarray], n_rows: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Count each distinct row once; return counts, and whether a band was split."""
        if not queries:
            return np.full(n_rows, self._people.sum()), np.zeros(n_rows, dtype=bool)
        group, first = group_rows(list(rows.values()))
        distinct = {position: row[first] for position, row in rows.items()}
        count = np.zeros(len(first))
        modelled = np.zeros(len(first), dtype=bool)
        # The rows that speak of the same columns share a tree.
        speaks = {p: ~query.says_nothing[distinct[p]] for p, query in queries.items()}
        pattern, pattern_first = group_rows([says.astype(np.int64) for says in speaks.values()])
        for number, example in enumerate(pattern_first):
            here = np.flatnonzero(pattern == number)
            spoken = [position for position in queries if speaks[position][example]]
            tree = self._tree(tuple(spoken))
            codes = [distinct[position][here] for position in spoken]
            count[here] = tree.add_up([queries[position] for position in spoken], codes)
            for position, code in zip(spoken, codes, strict=True):
                modelled[here] |= queries[position].split[code]
        return count[group], modelled[group]

    def _tree(self, spoken: tuple[int, ...]) -> CountTree:
        """Return the sums over all columns but these."""
        if spoken not in self._trees:
            self._trees[spoken] = CountTree(
                [self._codes[position] for position in spoken],
                [self._dimensions[position].n_cells for position in spoken],
                self._people,
            )
        return self._trees[spoken]


def _read_counts(column: pd.Series, name: str) -> np.ndarray:
    """Return the numbers of people of a table, or say how many of them are none."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    n_bad = int((~(np.isfinite(numbers) & (numbers >= 0))).sum())
    if n_bad:
        raise InputError(
            f"{n_bad} of {len(numbers)} values of {name!r} are no numbers of people; every row "
            "needs one that is 0 or more"
        )
    return numbers
