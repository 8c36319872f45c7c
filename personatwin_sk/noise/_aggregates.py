"""Counts of people's events, or of personas and their outcomes, under differential privacy."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.keyed import SecretKey
from personatwin_sk._core.roles import find_column, find_columns, person_codes
from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.noise._consistency import consistent_counts
from personatwin_sk.noise._geometric import RATE_UNIT, Words, two_sided_geometric, variance

__all__ = ["MOST_CELLS", "private_counts"]

MOST_CELLS = 20_000_000
_OWNER = "private_counts"


def private_counts(
    events: Any,
    by: Any,
    *,
    person_id: Any,
    categories: Mapping[Any, Sequence[Any]],
    epsilon: float,
    max_events: int,
    margins: Mapping[Any, float] | None = None,
    random_state: Any = None,
) -> pd.DataFrame:
    r"""Count rows by declared categories, with discrete Laplace noise on every cell.

    Each cell of the grid of `categories` gets noise, those without a single row too: which cells
    are there tells nothing. Of a person no more than `max_events` rows count, so that a person
    changes all cells together by `max_events` at most, and noise with
    :math:`P(z) \propto e^{-\varepsilon |z| / \mathrm{max\_events}}` on each makes the table
    :math:`\varepsilon`-differentially private.

    Parameters
    ----------
    events : pandas, polars or pyarrow table, or array of shape (n_rows, n_columns)
        Such as released personas with their outcomes; then `person_id` is the column of the
        original person.
    by : column or sequence of columns
        What is counted by, such as ``["persona_id", "outcome"]``.
    person_id : column
        Whose row each is: the person whom `epsilon` protects.
    categories : mapping of column -> sequence of values
        For each column of `by` all values that it can have; None among them stands for null. They
        are released as they are, and must be chosen without looking at the rows.
    epsilon : float
        Above 0; for everything that the result holds, together.
    max_events : int
        Most rows of a person that count, at least 1. Which ones is chosen by keyed draws; a
        :class:`~personatwin_sk.exceptions.DataWarning` counts the others. That count is for the
        holder of the data: no epsilon protects it.
    margins : mapping of columns -> share of epsilon, default=None
        Totals that get noise of their own, for a consistent table: a column of `by`, a tuple of
        some of them, or ``()`` for the grand total, each with its share of `epsilon` between 0 and
        1; the cells get what is left. Each must hold the columns of the one before, as in
        ``{(): 0.1, "persona_id": 0.3}``. Counts are then not negative, and are the whole numbers
        that add up to noisy totals and are nearest to all noisy counts, weighted by their
        precision. None: the noisy counts as they are, unbiased, some of them negative.
    random_state : int, RandomState instance or None, default=None
        None takes the key from the operating system. An int is for reproducing: whoever knows it
        can take the noise off, and two tables with one key show their difference exactly.

    Returns
    -------
    pandas.DataFrame of shape (n_cells, n_by + 1) or (n_cells, n_by + 2)
        The columns of `by`, in the order of `categories`, and ``count``; with `margins` also
        ``share``, the count over that of the finest margin (NaN where that is 0). ``attrs`` says
        `epsilon`, `max_events`, `mechanism`, and in words what is protected (``protects``) and what
        is not (``not_covered``).

    Raises
    ------
    InputError
        Rows have no person or a value that is not declared (the message counts them), or a
        parameter cannot be used.

    See Also
    --------
    privacy_ledger : What the noise of a pipeline spends. Released beside such a pipeline, or beside
        another table of counts, the epsilons add up.

    References
    ----------
    A. Ghosh, T. Roughgarden, M. Sundararajan, "Universally utility-maximizing privacy mechanisms",
    SIAM Journal on Computing 41 (6), 2012.

    Examples
    --------
    >>> events = pd.DataFrame({
    ...     "person": [1, 1, 2, 3], "persona_id": ["A", "A", "A", "B"],
    ...     "outcome": ["guilty", "guilty", "acquitted", "guilty"],
    ... })
    >>> counts = private_counts(
    ...     events, ["persona_id", "outcome"], person_id="person",
    ...     categories={"persona_id": ["A", "B"], "outcome": ["guilty", "acquitted"]},
    ...     epsilon=100.0, max_events=2, random_state=0,
    ... )
    >>> counts
      persona_id    outcome  count
    0          A     guilty      2
    1          A  acquitted      1
    2          B     guilty      1
    3          B  acquitted      0
    >>> counts.attrs["protects"]
    'whether a person is in the table, with up to 2 of their rows: epsilon 100 in all'
    """
    table = Table.of(events)
    columns = find_columns(table, by, parameter="by", owner=_OWNER)
    person = find_column(table, person_id, parameter="person_id", owner=_OWNER)
    if person is None:
        raise InputError(f"{_OWNER}: the parameter person_id must name the column of the person.")
    _check_numbers(epsilon, max_events)
    declared = _read_categories(columns, categories)
    chain = _read_margins(columns, margins)
    rates = _split(epsilon, max_events, [share for _, share in chain])

    key = SecretKey.from_random_state(random_state)
    # The columns of the coarser margins first: then the children of a node stand together.
    nested = list(dict.fromkeys([name for own, _ in chain for name in own] + columns))
    shape = [len(declared[name]) for name in nested]
    cell = _cells(table, nested, declared)
    words = _cell_words(key, nested, declared)
    counted = _within_bound(table, person, cell, words, max_events, key)
    exact = np.bincount(cell[counted], minlength=math.prod(shape))
    levels, noisy, orders = [[*own] for own, _ in chain] + [columns], [], []
    for own, rate in zip(levels, rates, strict=True):
        ids = _cell_words(key, nested[: len(own)], declared)
        noise = two_sided_geometric(Words(key, "noise/counts", ids), rate)
        noisy.append(exact.reshape(len(noise), -1).sum(axis=1) + noise)
        orders.append(key.combine("noise/counts/ties", ids))
    if margins:
        noisy = consistent_counts(noisy, [variance(rate) for rate in rates], orders)
    return _frame(noisy, nested, columns, declared, epsilon, max_events, bool(margins))


def _check_numbers(epsilon: Any, max_events: Any) -> None:
    if not isinstance(epsilon, Real) or not 0 < float(epsilon) < math.inf:
        raise InputError(f"{_OWNER}: epsilon must be a finite number above 0.")
    if isinstance(max_events, bool) or not isinstance(max_events, Integral) or int(max_events) < 1:
        raise InputError(f"{_OWNER}: max_events must be a whole number of at least 1.")


def _read_categories(
    columns: Sequence[Hashable], categories: Mapping[Any, Sequence[Any]]
) -> dict[Hashable, list[Any]]:
    """Give the declared values of each column, null as None."""
    if not columns:
        raise InputError(f"{_OWNER}: by must name at least one column.")
    taken = {"count", "share"} & set(columns)
    if taken:
        raise InputError(f"{_OWNER}: by names {sorted(map(str, taken))}, which the result adds.")
    if not isinstance(categories, Mapping) or set(categories) != set(columns):
        raise InputError(
            f"{_OWNER}: categories must be a mapping that names the values of each column of by, "
            f"and of no other: {list(map(str, columns))}."
        )
    result = {}
    for name in columns:
        if isinstance(categories[name], str):
            raise InputError(f"{_OWNER}: the categories of {name!r} are a text; give a list.")
        values = pd.Series(list(categories[name]), dtype=object)
        own = values.where(~is_null(values), None).tolist()
        if not own or len(set(own)) < len(own):
            raise InputError(
                f"{_OWNER}: the categories of {name!r} must be at least one value, each once; "
                f"{len(own)} are given, {len(set(own))} of them distinct."
            )
        result[name] = own
    n_cells = math.prod(map(len, result.values()))
    if n_cells > MOST_CELLS:
        raise InputError(f"{_OWNER}: the categories make {n_cells} cells, above {MOST_CELLS}.")
    return result


def _read_margins(
    columns: Sequence[Hashable], margins: Mapping[Any, Any] | None
) -> list[tuple[tuple[Hashable, ...], Fraction]]:
    """Give the columns and the share of each margin, the coarsest first."""
    chain = []
    for own, share in (margins or {}).items():
        names = own if isinstance(own, tuple) else (own,)
        if not set(names) < set(columns) or len(set(names)) < len(names):
            raise InputError(
                f"{_OWNER}: each margin must name some of the columns of by, not all of them, and "
                "each once; () is the grand total."
            )
        if not isinstance(share, Real) or not 0 < float(share) < 1:
            raise InputError(f"{_OWNER}: the share of each margin must lie between 0 and 1.")
        chain.append((tuple(name for name in columns if name in names), Fraction(float(share))))
    chain.sort(key=lambda margin: len(margin[0]))
    if any(not set(one) < set(two) for (one, _), (two, _) in itertools.pairwise(chain)):
        raise InputError(
            f"{_OWNER}: each margin must hold the columns of the next coarser one and some more; "
            "others cannot all be consistent in whole numbers."
        )
    if sum(share for _, share in chain) >= 1:
        raise InputError(f"{_OWNER}: the shares of the margins leave nothing for the cells.")
    return chain


def _split(epsilon: float, max_events: int, shares: Sequence[Fraction]) -> list[int]:
    """Give the rates of the levels, cells last; together they never spend more than epsilon."""
    per_row = Fraction(float(epsilon)) / int(max_events)
    rates = [int(per_row * share / RATE_UNIT) for share in [*shares, 1 - sum(shares)]]
    if min(rates) < 1 or max(rates) >= 1 << 62:
        raise InputError(
            f"{_OWNER}: epsilon, over max_events and by the shares of the margins, must be from "
            f"{float(RATE_UNIT):.1g} to {float((1 << 62) * RATE_UNIT):.1g} for each level."
        )
    return rates


def _cells(
    table: Table, columns: Sequence[Hashable], declared: Mapping[Hashable, list[Any]]
) -> np.ndarray:
    """Number the cell of each row."""
    result = np.zeros(table.n_rows, dtype=np.int64)
    for name in columns:
        place = {value: number for number, value in enumerate(declared[name])}
        codes, values = factorize(table[name])
        plain = values.astype(object).where(~is_null(values), None).tolist()
        places = np.array([place.get(value, -1) for value in plain], dtype=np.int64)[codes]
        n_others = int((places < 0).sum())
        if n_others:
            raise InputError(
                f"{_OWNER}: {n_others} of {table.n_rows} rows have a value in column {name!r} that "
                "its categories do not name (null is named by None); declare or remove them."
            )
        result = result * len(declared[name]) + places
    return result


def _within_bound(
    table: Table,
    person: Hashable,
    cell: np.ndarray,
    words: np.ndarray,
    max_events: int,
    key: SecretKey,
) -> np.ndarray:
    """Give the rows that count: of each person at most so many, drawn without replacement."""
    people, _ = person_codes(table, person)
    rows = np.flatnonzero((np.bincount(people) > max_events)[people])
    keep = np.ones(table.n_rows, dtype=bool)
    if len(rows):
        rows = rows[np.lexsort((cell[rows], people[rows]))]
        of_cell = np.r_[True, np.diff(people[rows]) | np.diff(cell[rows]) != 0]
        # Rows of one person in one cell are alike, so that their numbers say nothing of the order
        # of rows; with the numbers each of them has a draw of its own.
        draws = key.hash(
            "noise/counts/bound",
            table[person].iloc[rows].reset_index(drop=True),
            words[cell[rows]],
            _rank(of_cell),
        )
        order = np.lexsort((draws, people[rows]))
        of_person = np.r_[True, np.diff(people[rows][order]) != 0]
        beyond = _rank(of_person) >= max_events
        keep[rows[order[beyond]]] = False
        warnings.warn(
            f"{int(beyond.sum())} of {table.n_rows} rows are beyond the {max_events} of a person "
            "that max_events allows, and are not counted.",
            DataWarning,
            stacklevel=3,
        )
    return np.flatnonzero(keep)


def _rank(starts: np.ndarray) -> np.ndarray:
    """Number the members of each run from 0."""
    number = np.arange(len(starts))
    return number - np.maximum.accumulate(np.where(starts, number, 0))


def _cell_words(
    key: SecretKey, columns: Sequence[Hashable], declared: Mapping[Hashable, list[Any]]
) -> np.ndarray:
    """Give one word per cell of some columns, which its values alone decide."""
    words = np.zeros(1, dtype=np.uint64)
    for name in columns:
        own = key.hash(f"noise/counts/{name}", pd.Series(declared[name], dtype=object))
        # A sum does not care in which order the columns stand; uint64 wraps around.
        words = (words[:, np.newaxis] + own).ravel()
    return words


def _frame(
    levels: Sequence[np.ndarray],
    nested: Sequence[Hashable],
    columns: Sequence[Hashable],
    declared: Mapping[Hashable, list[Any]],
    epsilon: float,
    max_events: int,
    consistent: bool,
) -> pd.DataFrame:
    axes = [nested.index(name) for name in columns]
    shape = [len(declared[name]) for name in nested]
    places = np.unravel_index(np.arange(len(levels[-1])), [len(declared[name]) for name in columns])
    frame = pd.DataFrame(
        {
            name: pd.Series(declared[name], dtype=object)
            .take(own)
            .reset_index(drop=True)
            .infer_objects()
            for name, own in zip(columns, places, strict=True)
        }
    )
    frame["count"] = levels[-1].reshape(shape).transpose(axes).ravel()
    if consistent:
        totals = np.repeat(levels[-2], len(levels[-1]) // len(levels[-2]))
        with np.errstate(invalid="ignore"):
            share = levels[-1] / totals
        frame["share"] = share.reshape(shape).transpose(axes).ravel()
    frame.attrs = {
        "epsilon": float(epsilon),
        "max_events": int(max_events),
        "mechanism": "discrete Laplace noise on every cell, empty ones too"
        + (", made consistent with noisy totals" if consistent else ""),
        "protects": f"whether a person is in the table, with up to {max_events} of their rows: "
        f"epsilon {epsilon:g} in all",
        "not_covered": "the categories and the columns that were chosen; where people are counted "
        "by personas, also the grouping of people into personas, which was made from the data",
    }
    return frame
