"""The k-marginal score: how alike two tables are in all sets of k columns."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize_column
from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import read_hierarchies
from personatwin_sk.exceptions import InputError
from personatwin_sk.utility._counting import Coded, count_together
from personatwin_sk.utility._reading import reader_of
from personatwin_sk.utility._tables import Columns, read_pair

__all__ = ["k_marginal", "marginal_scores"]

_OWNER = "k_marginal"


def k_marginal(
    original: Any,
    released: Any,
    columns: Columns,
    k: int = 2,
    *,
    bins: int = 20,
    hierarchies: Mapping[Any, Any] | None = None,
) -> float:
    """Score how alike two tables are in the joint distributions of all sets of k columns.

    The metric of the NIST collaborative research cycle: for each set of k columns the shares of
    rows in each combination of values are taken in both tables, and their absolute differences
    added up, which gives 0 for the same distribution and 2 for distributions with nothing in
    common. The score is (2 - the mean of that over all sets) * 500.

    Parameters
    ----------
    original, released : table or array-like of shape (n_rows, n_columns)
        The table before and after. They need not have the same number of rows: rows that a release
        does not have count by what that does to the shares.
    columns : column or sequence of columns
        At least k.
    k : int, default=2
        Columns in each set.
    bins : int, default=20
        An ordered column with more distinct values in the original is counted in so many classes of
        about as many original rows each.
    hierarchies : mapping of column -> Hierarchy or table, optional
        Columns whose original values are labels of a hierarchy of the user's own.

    Returns
    -------
    float
        From 0 (nothing in common) to 1000 (the same). Up is good.

    Raises
    ------
    ColumnNotFoundError
        A named column is in one of the tables only, or in none.
    InputError
        A table has no rows, or there are fewer than k columns.

    Notes
    -----
    A label counts for each original value that it may stand for in equal parts ("30-39", "A|B", a
    place above others), independently of those of other columns; null is a value of its own, and
    all values that the original does not have are one more. A high score says nothing about
    protection: values that were swapped among people keep it near 1000.

    References
    ----------
    .. [1] Task, Bhagat, Streat, Simpson and Howarth (2023). SDNist: Benchmark data and evaluation
       tools for data synthesizers. NIST.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["u", "u", "v", "v"]})
    >>> k_marginal(before, before, ["a", "b"])
    1000.0
    >>> after = before.assign(b=["u", "v", "v", "u"])  # each pair 1/4, instead of two pairs 1/2
    >>> k_marginal(before, after, ["a", "b"]), k_marginal(before, after, ["a", "b"], k=1)
    (500.0, 1000.0)
    """
    scores = marginal_scores(original, released, columns, k, bins=bins, hierarchies=hierarchies)
    return float(np.mean(list(scores.values())) * 1000.0)


def marginal_scores(
    original: Any,
    released: Any,
    columns: Columns,
    k: int = 2,
    *,
    bins: int = 20,
    hierarchies: Mapping[Any, Any] | None = None,
) -> dict[tuple[Hashable, ...], float]:
    """Score each set of k columns by itself; their mean, times 1000, is :func:`k_marginal`.

    Parameters
    ----------
    original, released, columns, k, bins, hierarchies
        As there.

    Returns
    -------
    dict of (column, ...) to float
        One minus the total variation distance of the two tables: 1 is the same, 0 nothing in
        common.

    Raises
    ------
    ColumnNotFoundError, InputError
        As there.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"a": ["x", "x", "y", "y"], "b": ["u", "u", "v", "v"]})
    >>> marginal_scores(before, before.assign(b=["u", "u", "u", "v"]), ["a", "b"], k=1)
    {('a',): 1.0, ('b',): 0.75}
    """
    before, after, found = read_pair(original, released, {"columns": columns}, owner=_OWNER)
    names = found["columns"]
    if not 1 <= k <= len(names):
        raise InputError(
            f"{_OWNER}: k must be from 1 to the number of columns, {len(names)}; got {k}."
        )
    if bins < 1:
        raise InputError(f"{_OWNER}: bins must be at least 1; got {bins}.")
    then, now = _read(before, after, names, bins, hierarchies)
    return {
        tuple(names[i] for i in chosen): min(
            max(1.0 - _distance([then[i] for i in chosen], [now[i] for i in chosen]) / 2.0, 0.0),
            1.0,
        )
        for chosen in combinations(range(len(names)), k)
    }


def _read(
    before: Table,
    after: Table,
    names: list[Hashable],
    bins: int,
    hierarchies: Mapping[Any, Any] | None,
) -> tuple[list[Coded], list[Coded]]:
    own = read_hierarchies(hierarchies, before, names, owner=_OWNER)
    then: list[Coded] = []
    now: list[Coded] = []
    for name in names:
        reader = reader_of(before, name, bins=bins, hierarchy=own.get(name))
        for table, columns in ((before, then), (after, now)):
            codes, values = factorize_column(table, name)
            columns.append((codes, reader.members(values)))
    return then, now


def _distance(then: list[Coded], now: list[Coded]) -> float:
    """Add up the absolute differences of the shares of all combinations: from 0 to 2."""
    first, first_mass = count_together(then)
    second, second_mass = count_together(now)
    both = [np.concatenate(pair) for pair in zip(first, second, strict=True)]
    cell, _ = group_rows(both)
    mass = np.concatenate([first_mass / first_mass.sum(), -second_mass / second_mass.sum()])
    return float(np.abs(np.bincount(cell, weights=mass)).sum())
