"""Special uniques: people who are already alone with a few of their key variables.

References
----------
Elliot, Manning, Ford (2002), "A computational algorithm for handling the special uniques problem",
International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 10(5).
Skinner, Elliot (2002), "A measure of disclosure risk for microdata", JRSS B 64(4): the estimate of
data intrusion simulation (DIS), and that pairs count as two rows.
Elliot, Manning (2003), "Using DIS to modify the classification of special uniques", UNECE work
session on statistical data confidentiality.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize_column
from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_columns
from personatwin_sk.exceptions import InputError

__all__ = ["SudaScores", "suda_scores"]


@dataclass(frozen=True, repr=False)
class SudaScores:
    """How special each unique row is. The figures of rows are as secret as the data.

    Attributes
    ----------
    scores : ndarray of float, shape (n_rows,)
        SUDA score; 0 where no minimal sample unique was found.
    n_minimal : ndarray of int64, shape (n_rows, max_size)
        Minimal sample uniques of each row by size, those of one column first.
    dis : float
        Chance that a match with a unique row of the sample is right: the data intrusion simulation.
        0 where the sample has no unique.
    dis_scores : ndarray of float, shape (n_rows,)
        The same for each row: its odds are in proportion to its score, and over the rows with a
        score the mean is `dis`.
    contributions : dict of column -> float
        Share of the sum of scores from minimal sample uniques that the column is part of.
    n_uniques, n_pairs : int
        Rows that are alone with all key variables, and pairs of rows that share all of theirs with
        nobody else.
    """

    scores: np.ndarray
    n_minimal: np.ndarray
    dis: float
    dis_scores: np.ndarray
    contributions: dict[Hashable, float]
    n_uniques: int
    n_pairs: int

    def __repr__(self) -> str:
        return f"SudaScores(dis={self.dis:.4g}, n_uniques={self.n_uniques}, n_pairs={self.n_pairs})"


def suda_scores(
    frame: Any,
    columns: Hashable | Sequence[Hashable],
    *,
    max_size: int = 3,
    sampling_fraction: float,
) -> SudaScores:
    r"""Score the special uniques of a table that holds one row per person.

    A minimal sample unique (MSU) of a row is a set of columns in which it is alone, while it is so
    in no part of the set. With m columns, one of size s adds

    .. math:: \prod_{i=s}^{m-1} (m - i) = (m - s)!

    to the row's score: the fewer columns it takes, the more special is the row. With U uniques and
    P pairs in the sample, a match with a unique is right with the chance

    .. math:: \mathrm{DIS} = \frac{U \pi}{U \pi + 2 P (1 - \pi)}

    Parameters
    ----------
    frame : table of shape (n_rows, n_columns)
        One row per person; null is a value of its own.
    columns : column or sequence of columns
        The key variables.
    max_size : int, default=3
        Largest minimal sample uniques that are looked for. Each set of so many columns is counted
        once: over 20 columns that is 1,350 counts for 3, and 6,195 for 4.
    sampling_fraction : float
        Share of the population that is in the table: above 0, at most 1.

    Returns
    -------
    SudaScores

    Raises
    ------
    ColumnNotFoundError
        A column is not in the table.
    InputError
        A number is out of range, or no column is named.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"sex": list("FFMM"), "age": [30, 40, 30, 50], "zip": [1, 1, 1, 1]})
    >>> found = suda_scores(people, ["sex", "age", "zip"], sampling_fraction=0.1)
    >>> found.scores.tolist(), found.n_uniques
    ([1.0, 2.0, 1.0, 2.0], 4)
    """
    table = Table.of(frame)
    names = find_columns(table, columns, parameter="columns", owner="suda_scores")
    if not names:
        raise InputError("columns names no column; name at least one.")
    if isinstance(max_size, bool) or not isinstance(max_size, int | np.integer) or max_size < 1:
        raise InputError("max_size must be a whole number of at least 1.")
    if not (0 < sampling_fraction <= 1):
        raise InputError("sampling_fraction must be above 0 and at most 1.")
    columns_of_codes = [factorize_column(table, name)[0] for name in names]
    cell_of_row, first = group_rows(columns_of_codes)
    codes = [column[first] for column in columns_of_codes]
    people = np.bincount(cell_of_row, minlength=len(first))
    minimal, weight_of_column = _count_minimal(codes, people, min(int(max_size), len(names)))
    weights = np.array([math.factorial(len(names) - s - 1) for s in range(minimal.shape[1])], float)
    scores = minimal @ weights
    total = float(scores.sum())
    n_uniques, n_pairs = int((people == 1).sum()), int((people == 2).sum())
    right = n_uniques * sampling_fraction
    dis = right / (right + 2 * n_pairs * (1 - sampling_fraction)) if n_uniques else 0.0
    n_minimal = np.zeros((len(cell_of_row), int(max_size)), dtype=np.int64)
    n_minimal[:, : minimal.shape[1]] = minimal[cell_of_row]
    return SudaScores(
        scores=scores[cell_of_row],
        n_minimal=n_minimal,
        dis=dis,
        dis_scores=_spread(scores, dis)[cell_of_row],
        contributions={
            name: float(weight) / total if total else 0.0
            for name, weight in zip(names, weight_of_column, strict=True)
        },
        n_uniques=n_uniques,
        n_pairs=n_pairs,
    )


def _count_minimal(
    codes: Sequence[np.ndarray], people: np.ndarray, max_size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Count the minimal sample uniques of each cell by size; sum up the scores by column.

    Who is alone in some columns is so in more of them, so that being alone in none of the sets
    with one column less is being alone in no part.
    """
    n_cells, n_columns = len(people), len(codes)
    # Only who is alone in all columns can be so in some: the rest is counted, but not asked about.
    alone = np.flatnonzero(people == 1)
    minimal = np.zeros((n_cells, max_size), dtype=np.int64)
    of_column = np.zeros(n_columns)
    before: dict[tuple[int, ...], np.ndarray] = {(): np.zeros(len(alone), dtype=bool)}
    for size in range(1, max_size + 1):
        here: dict[tuple[int, ...], np.ndarray] = {}
        for chosen in itertools.combinations(range(n_columns), size):
            group, first = group_rows([codes[j] for j in chosen])
            in_group = np.bincount(group, weights=people, minlength=len(first))
            is_unique = in_group[group[alone]] == 1
            parts = [before[chosen[:at] + chosen[at + 1 :]] for at in range(size)]
            new = is_unique & ~np.logical_or.reduce(parts)
            minimal[alone, size - 1] += new
            of_column[list(chosen)] += new.sum() * math.factorial(n_columns - size)
            here[chosen] = is_unique
        before = here
    return minimal, of_column


def _spread(scores: np.ndarray, mean: float) -> np.ndarray:
    """Give chances with odds in proportion to scores; those of scores above 0 have the mean."""
    result = np.zeros(len(scores))
    scored = scores > 0
    if not scored.any() or mean in (0.0, 1.0):
        result[scored] = mean
        return result
    special = scores[scored] / scores[scored].mean()

    def chance(log_factor: float) -> np.ndarray:
        odds = np.exp(log_factor) * special
        return np.asarray(odds / (1 + odds))

    at = optimize.brentq(lambda log: float(chance(log).mean()) - mean, -60.0, 60.0, xtol=1e-12)
    result[scored] = chance(float(at))
    return result
