"""Singling out: predicates read off a release that are true of exactly one person."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_columns
from personatwin_sk.exceptions import InputError
from personatwin_sk.risk._classes import find_classes
from personatwin_sk.risk.attacks._covers import Covers, compare
from personatwin_sk.risk.attacks._linkage import first_rows, read_tables
from personatwin_sk.risk.attacks._result import ResidualRisk
from personatwin_sk.risk.attacks._wilson import check_confidence

__all__ = ["singling_out_risk"]

# The fewer released people a predicate is true of, the better: so many are drawn for each kept.
_DRAWN_PER_GUESS = 8
_CHUNK = 2**24
_UNUSED, _INSIDE, _AT_LEAST, _AT_MOST = range(4)


def singling_out_risk(
    original: Any,
    released: Any,
    quasi_identifiers: Hashable | Sequence[Hashable],
    *,
    person_id: Hashable | None = None,
    control: Any = None,
    random_state: Any = None,
    n_targets: int = 500,
    confidence: float = 0.95,
) -> ResidualRisk:
    """Try to isolate people of the file by conditions on the key variables.

    The attacker takes a released row and some of its columns, and asks for people whom those labels
    cover; where a label is a single number, for people with at least that much, or at most, on the
    side of the median where it lies. Of many such predicates those are kept that are true of the
    fewest released people. A guess is right if exactly one person of the file satisfies it.

    Parameters
    ----------
    original, released : table of shape (n_rows, n_columns)
        The same rows in the same order.
    quasi_identifiers : column or sequence of columns
    person_id : column, optional
        As in :class:`ReidentificationRisk`; the first released row of a person counts.
    control : table, optional
        People like those of the file who are not in it: one row per person (or with `person_id`).
        As many of them as the file has are tried; fewer are singled out more easily, so give at
        least as many. None: predicates with each condition from a row of its own take the place.
    random_state : int, RandomState or None, default=None
    n_targets : int, default=500
        Predicates to try.
    confidence : float, default=0.95

    Returns
    -------
    ResidualRisk

    Raises
    ------
    InputError
        The tables have different numbers of rows, or a setting cannot be used.
    ColumnNotFoundError
        A named column is not in one of the tables.

    References
    ----------
    Giomi, M. et al. (2023), "A unified framework for quantifying privacy risk in synthetic data",
    PoPETs 2023(2), section 5.1.

    Examples
    --------
    >>> people = pd.DataFrame({"age": range(20, 60), "sex": ["F", "M"] * 20})
    >>> bare = singling_out_risk(people, people, ["age", "sex"], random_state=0)
    >>> merged = people.assign(age=["20-39"] * 20 + ["40-59"] * 20)
    >>> safe = singling_out_risk(people, merged, ["age", "sex"], random_state=0)
    >>> bare.rate > 0.9, safe.rate
    (True, 0.0)
    """
    check_confidence(confidence)
    if n_targets < 1:
        raise InputError("n_targets must be at least 1.")
    before, after, keys = read_tables(
        original, released, quasi_identifiers, person_id, "singling_out_risk"
    )
    rng = check_random_state(random_state)
    classes = find_classes(before, after, keys, person_id)
    has_control = control is not None
    if not len(classes.member):
        return ResidualRisk.of(0, 0, 0, 0, has_control=has_control, confidence=confidence)
    shown = first_rows(classes)
    inside_file = np.unique(classes.person_of_row, return_index=True)[1]
    tables = [(before, inside_file)]
    if has_control:
        others = Table.of(control)
        find_columns(
            others, keys, parameter="quasi_identifiers", owner="singling_out_risk (control)"
        )
        rows = np.arange(others.n_rows)
        if person_id is not None and person_id in others:
            rows = np.unique(factorize(others[person_id])[0], return_index=True)[1]
        tables.append((others, rng.permutation(rows)[: len(inside_file)]))
    columns = [
        _Column.of(after[name].iloc[shown], [t[name].iloc[r] for t, r in tables]) for name in keys
    ]
    n_drawn = n_targets * _DRAWN_PER_GUESS
    row = rng.randint(len(shown), size=n_drawn)
    used = _draw_columns(rng, n_drawn, len(keys))
    one_sided = rng.rand(n_drawn) < 0.5
    drawn = [
        column.conditions(row, use, one_sided) for column, use in zip(columns, used, strict=True)
    ]
    kept = np.argsort(_count_released(columns, drawn), kind="stable")[:n_targets]
    guesses = [condition.take(kept) for condition in drawn]
    hits = _count_right(columns, guesses, 0)
    if has_control:
        control_hits = _count_right(columns, guesses, 1)
    else:
        # Each condition from a row of its own: what the columns alone tell, one by one.
        blind = [
            column.conditions(rng.randint(len(shown), size=n_targets), use[kept], one_sided[kept])
            for column, use in zip(columns, used, strict=True)
        ]
        control_hits = _count_right(columns, blind, 0)
    return ResidualRisk.of(
        hits, n_targets, control_hits, n_targets, has_control=has_control, confidence=confidence
    )


@dataclass(frozen=True)
class _Conditions:
    """One column's part of each predicate: a label, and what is asked of it."""

    label: np.ndarray
    kind: np.ndarray

    def take(self, at: np.ndarray) -> _Conditions:
        return _Conditions(self.label[at], self.kind[at])


@dataclass(frozen=True)
class _Column:
    label_of_row: np.ndarray
    label_covers: Covers
    value_covers: Covers
    values_of: list[np.ndarray]
    middle_of_all: float

    @classmethod
    def of(cls, released: pd.Series, originals: Sequence[pd.Series]) -> _Column:
        label_of_row, labels = factorize(released.reset_index(drop=True))
        together = pd.concat([part.astype(object) for part in originals], ignore_index=True)
        codes, values = factorize(together)
        ends = np.cumsum([len(part) for part in originals])[:-1]
        itself = compare(labels, labels)
        middles = itself.middle[label_of_row]
        known = middles[np.isfinite(middles)]
        return cls(
            label_of_row,
            itself,
            compare(labels, values),
            np.split(codes, ends),
            float(np.median(known)) if len(known) else np.nan,
        )

    def conditions(self, row: np.ndarray, used: np.ndarray, one_sided: np.ndarray) -> _Conditions:
        """Ask for what the released rows have, in the predicates that use this column."""
        label = self.label_of_row[row]
        middle, half = self.label_covers.middle[label], self.label_covers.half[label]
        side = np.where(middle >= self.middle_of_all, _AT_LEAST, _AT_MOST)
        # Whether "at least" or "exactly" isolates more people depends on how far noise moved the
        # number: both are tried.
        kind = np.where((half == 0) & one_sided, side, _INSIDE)
        return _Conditions(label, np.where(used, kind, _UNUSED))

    def fits(self, conditions: _Conditions, covers: Covers) -> np.ndarray:
        """Tell which values satisfy each condition: shape (n_conditions, n_values)."""
        middle = covers.middle[conditions.label][:, None]
        position = covers.position[None, :]
        kind = conditions.kind[:, None]
        result = np.where(kind == _INSIDE, covers.inside[conditions.label], kind == _UNUSED)
        with np.errstate(invalid="ignore"):
            result |= (kind == _AT_LEAST) & (position >= middle)
            result |= (kind == _AT_MOST) & (position <= middle)
        return np.asarray(result, dtype=bool)


def _draw_columns(rng: np.random.RandomState, n: int, n_columns: int) -> np.ndarray:
    """Draw how many columns each predicate uses, and which: shape (n_columns, n)."""
    how_many = rng.randint(1, n_columns + 1, size=n)
    rank = rng.rand(n_columns, n).argsort(axis=0).argsort(axis=0)
    return np.asarray(rank < how_many)


def _count_released(columns: Sequence[_Column], guesses: Sequence[_Conditions]) -> np.ndarray:
    people = _matches(
        columns, guesses, [c.label_covers for c in columns], [c.label_of_row for c in columns]
    )
    return np.where(people > 0, people, np.iinfo(np.int64).max)


def _count_right(columns: Sequence[_Column], guesses: Sequence[_Conditions], table: int) -> int:
    """Count the predicates that are true of exactly one person of a table."""
    people = _matches(
        columns, guesses, [c.value_covers for c in columns], [c.values_of[table] for c in columns]
    )
    return int((people == 1).sum())


def _matches(
    columns: Sequence[_Column],
    guesses: Sequence[_Conditions],
    covers: Sequence[Covers],
    codes: Sequence[np.ndarray],
) -> np.ndarray:
    """Count the people who satisfy each predicate."""
    cell, first = group_rows(codes)
    people = np.bincount(cell, minlength=len(first)).astype(float)
    at = [column[first] for column in codes]
    n = len(guesses[0].label)
    result = np.zeros(n, dtype=np.int64)
    step = max(_CHUNK // max(len(first), 1), 1)
    for start in range(0, n, step):
        part = np.arange(start, min(start + step, n))
        fits = np.ones((len(part), len(first)), dtype=bool)
        for column, guess, cover, code in zip(columns, guesses, covers, at, strict=True):
            # Predicates share their conditions: each is compared with the people once.
            asked = guess.label[part] * 4 + guess.kind[part]
            distinct, which = np.unique(asked, return_inverse=True)
            conditions = _Conditions(*np.divmod(distinct, 4))
            fits &= column.fits(conditions, cover)[:, code][which.reshape(-1)]
        result[part] = np.rint(fits.astype(np.float64) @ people)
    return result
