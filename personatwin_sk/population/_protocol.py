"""What a reference population is: the counts it answers with, and where they come from."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

RESULT_COLUMNS = ("count", "low", "high", "modelled", "source", "level", "unmatched")


_MOST_CODES = 2**16


@dataclass(frozen=True)
class Provenance:
    """Where counts come from.

    Parameters
    ----------
    source : str
        Who published them.
    tables : tuple of str, default=()
        Names of the tables.
    vintage : str, default=""
        The date that the counts speak of.
    licence : str, default=""
        What may be done with them.
    modelled : str, default=""
        Which part was estimated rather than published, and how; empty if none.
    notice : str, default=""
        What has to be shown with them.
    retrieved : str, default=""
        When they were fetched; empty if they came with the package, or from the user.

    Examples
    --------
    >>> from personatwin_sk.population import Provenance
    >>> Provenance("Statistics Office", tables=("people by age",), vintage="2024").describe()
    'Statistics Office: people by age (2024)'
    """

    source: str
    tables: tuple[str, ...] = ()
    vintage: str = ""
    licence: str = ""
    modelled: str = ""
    notice: str = ""
    retrieved: str = ""

    def describe(self) -> str:
        """Return source, tables and vintage as one line.

        Returns
        -------
        str
        """
        text = self.source
        if self.tables:
            text += ": " + ", ".join(self.tables)
        return f"{text} ({self.vintage})" if self.vintage else text


@runtime_checkable
class ReferencePopulation(Protocol):
    """Anything that counts the people of a population who share some characteristics.

    `TablePopulation` and `CensusPopulation` are such; a class of one's own needs only these two.
    """

    @property
    def columns(self) -> tuple[Hashable, ...]:
        """Names of the columns that the population knows."""
        ...

    def count(self, frame: Any) -> pd.DataFrame:
        """Count the people who fit each row of a table.

        Parameters
        ----------
        frame : table of shape (n_rows, n_columns)
            Each row asks for the people who fit all its cells.

        Returns
        -------
        DataFrame of shape (n_rows, 7)
            ``count``, ``low``, ``high`` (people), ``modelled``, ``source``, ``level``, and
            ``unmatched``: a tuple of the columns that the row's count leaves out of account.
            ``attrs["shared_error"]`` may hold the correlation of the errors of different counts;
            without it they are taken to err all alike.
        """
        ...


def result_frame(index: pd.Index, **columns: Any) -> pd.DataFrame:
    """Put the answer of a population together.

    Parameters
    ----------
    index : pandas.Index of length n_rows
        Index of the rows that were asked for.
    **columns : array of shape (n_rows,) or str
        The seven columns of the answer.

    Returns
    -------
    DataFrame of shape (n_rows, 7)
    """
    return pd.DataFrame({name: columns[name] for name in RESULT_COLUMNS}, index=index)


def unmatched_tuples(flags: Mapping[Any, np.ndarray | bool], n_rows: int) -> np.ndarray:
    """Name, row by row, the columns that a count leaves out of account.

    Parameters
    ----------
    flags : mapping of column name to bool or ndarray of bool of shape (n_rows,)
        Whether the column is left out, in the order in which columns are to be named.
    n_rows : int
        Number of rows.

    Returns
    -------
    ndarray of tuple, shape (n_rows,)

    Examples
    --------
    >>> import numpy as np
    >>> from personatwin_sk.population._protocol import unmatched_tuples
    >>> unmatched_tuples({"age": np.array([True, False]), "shoe": True}, 2).tolist()
    [('age', 'shoe'), ('shoe',)]
    """
    # What is left out of all rows, or of none, tells no rows apart.
    by_row = {name: flag for name, flag in flags.items() if isinstance(flag, np.ndarray)}
    code = np.zeros(n_rows, dtype=np.int64)
    n_codes = 1
    for left_out in by_row.values():
        code = 2 * code + np.asarray(left_out, dtype=np.int64)
        n_codes *= 2
        if n_codes > _MOST_CODES:
            # Renumbered, or else many columns would overflow the code.
            distinct, code = np.unique(code, return_inverse=True)
            n_codes = len(distinct)
    # Any row that has a code shows which columns it stands for.
    row_of = np.full(n_codes, -1)
    row_of[code] = np.arange(n_rows)
    tuples = np.empty(n_codes, dtype=object)
    for position in np.flatnonzero(row_of >= 0):
        row = row_of[position]
        tuples[position] = tuple(
            name for name, flag in flags.items() if (by_row[name][row] if name in by_row else flag)
        )
    return tuples[code]
