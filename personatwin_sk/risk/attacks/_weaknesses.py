"""Weaknesses of a release that an attacker would look for first, said in words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize, is_ordered
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import find_columns
from personatwin_sk.exceptions import InputError
from personatwin_sk.risk._classes import Classes, distinct_pairs, find_classes
from personatwin_sk.risk.attacks._covers import compare
from personatwin_sk.risk.attacks._identifiers import find_identifier_weaknesses
from personatwin_sk.risk.attacks._linkage import read_tables

__all__ = ["find_weaknesses"]

_FAR = 4.0
# A column with this share of distinct values is an id, whatever it is called.
_NEARLY_ALL = 0.9
_FEWEST_ROWS = 20


def find_weaknesses(
    original: Any,
    released: Any,
    quasi_identifiers: Hashable | Sequence[Hashable],
    *,
    person_id: Hashable | None = None,
    k: int = 2,
    event_type: Hashable | None = None,
    date: Hashable | None = None,
    id_columns: Sequence[Hashable] | None = None,
    published: Any = None,
) -> list[str]:
    """Look for mistakes that make a release weaker than it seems.

    Looked for are classes of fewer than `k` people, and what made them; unique histories; released
    ids that are original ones, their hashes, or numbered along the input; and a published order of
    rows that is that of the input. Ids and orders are compared with what chance and the key
    variables explain, so that sorted tables are no weakness.

    Parameters
    ----------
    original, released : table of shape (n_rows, n_columns)
        The same rows in the same order.
    quasi_identifiers : column or sequence of columns
    person_id : column, optional
        As in :class:`ReidentificationRisk`.
    k : int, default=2
        People that each class should have.
    event_type, date : column, optional
        Events are looked at where both are named.
    id_columns : sequence of column, optional
        Released columns with ids. None: `person_id`, and columns of text or whole numbers that are
        distinct in nearly all rows.
    published : table, optional
        What leaves the house, in the order in which it does: its columns that `released` has too
        are compared. None: the order of rows is not looked at, because `released` has that of
        `original` by its nature.

    Returns
    -------
    list of str
        One sentence per weakness; columns and counts only. Empty if none was found.

    Raises
    ------
    InputError
        The tables have different numbers of rows, or k is below 1.
    ColumnNotFoundError
        A named column is not in one of the tables.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"age": [31, 34, 38, 52]})
    >>> find_weaknesses(people, pd.DataFrame({"age": ["30-39"] * 3 + ["50-59"]}), "age", k=3)
    ['1 of 2 classes has fewer than 3 people (1 person in all; 1 class of one person).']
    """
    if k < 1:
        raise InputError("k must be at least 1.")
    before, after, keys = read_tables(
        original, released, quasi_identifiers, person_id, "find_weaknesses", event_type, date
    )
    classes = find_classes(before, after, keys, person_id)
    if id_columns is None:
        ids = _find_ids(after, keys, classes, person_id, (event_type, date))
    else:
        ids = find_columns(
            after, list(id_columns), parameter="id_columns", owner="find_weaknesses (released)"
        )
    remarks = _small_classes(after, keys, classes, k)
    if event_type is not None and date is not None:
        remarks += _unique_histories(before, after, classes, event_type, date)
    remarks += find_identifier_weaknesses(before, after, keys, classes, person_id, ids)
    if published is not None:
        remarks += _kept_order(after, Table.of(published), classes)
    return remarks


def _small_classes(
    released: Table, keys: Sequence[Hashable], classes: Classes, k: int
) -> list[str]:
    small = classes.sizes < k
    n_small = int(small.sum())
    if not n_small:
        return []
    n_alone = int((classes.sizes == 1).sum())
    remark = (
        f"{n_small} of {_counted(classes.n_classes, 'class', 'classes')} "
        f"{'has' if n_small == 1 else 'have'} fewer than {k} people "
        f"({_counted(int(classes.sizes[small].sum()), 'person', 'people')} in all; "
        f"{_counted(n_alone, 'class', 'classes')} of one person)."
    )
    blamed = [name for name in keys if _is_whole_without(released, keys, name, classes, k)]
    if blamed and len(keys) > 1 and n_small < classes.n_classes:
        names = ", ".join(repr(name) for name in blamed)
        remark += (
            f" Without {names} every class would be large enough: was it changed after the merge? "
            "Noise on key variables has to come before it."
        )
    return [remark]


def _is_whole_without(
    released: Table, keys: Sequence[Hashable], left_out: Hashable, classes: Classes, k: int
) -> bool:
    others = [name for name in keys if name != left_out]
    if not others:
        return False
    shown = np.flatnonzero(classes.class_of_row >= 0)
    group, first = group_rows([factorize(released[name])[0][shown] for name in others])
    _, of_person = distinct_pairs(classes.person_of_row[shown], group, len(first))
    return bool(np.bincount(of_person, minlength=len(first)).min() >= k)


def _unique_histories(
    original: Table, released: Table, classes: Classes, event_type: Hashable, date: Hashable
) -> list[str]:
    """Count people who are alone in their class with an event type in a released period."""
    is_event = ~(is_null(original[event_type]) & is_null(original[date]))
    rows = np.flatnonzero(is_event & (classes.class_of_row >= 0))
    if not len(rows):
        return []
    codes = [factorize(released[name])[0][rows] for name in (event_type, date)]
    bin_, first = group_rows([classes.class_of_row[rows], *codes])
    person, at = distinct_pairs(classes.person_of_row[rows], bin_, len(first))
    alone = person[np.bincount(at, minlength=len(first))[at] == 1]
    n_alone, n_people = len(np.unique(alone)), len(np.unique(person))
    if not n_alone:
        return []
    return [
        f"{n_alone} of {_counted(n_people, 'person', 'people')} with events "
        f"{'has' if n_alone == 1 else 'have'} a unique history: nobody else in their class has an "
        "event of that type in that period. Suppress these events or coarsen the dates."
    ]


def _find_ids(
    released: Table,
    keys: Sequence[Hashable],
    classes: Classes,
    person_id: Hashable | None,
    others: Sequence[Hashable | None],
) -> list[Hashable]:
    result: list[Hashable] = []
    shown = np.flatnonzero(classes.class_of_row >= 0)
    for name in released.columns:
        if name in keys or name in others:
            continue
        if name == person_id:
            result.append(name)
            continue
        column = released[name].iloc[shown]
        known = column[~is_null(column)]
        if len(known) < _FEWEST_ROWS or _is_measure(known):
            continue
        if known.nunique() >= _NEARLY_ALL * len(known):
            result.append(name)
    return result


def _is_measure(known: pd.Series) -> bool:
    """Tell dates and fractions from ids."""
    if not is_ordered(known):
        return False
    if not pd.api.types.is_numeric_dtype(known.dtype):
        return True
    return bool((known.astype(float) % 1 != 0).any())


def _kept_order(released: Table, published: Table, classes: Classes) -> list[str]:
    """Compare the order of published rows with that in which the input first has them."""
    common = [name for name in published.columns if name in released]
    shown = np.flatnonzero(classes.class_of_row >= 0)
    if not common or not len(shown) or not published.n_rows:
        return []
    columns = []
    for name in common:
        both = pd.concat(
            [released[name].iloc[shown].astype(object), published[name].astype(object)],
            ignore_index=True,
        )
        codes, values = factorize(both.where(is_null(both), both.astype(str)))
        columns.append((codes, compare(values, values).middle))
    code, _ = group_rows([codes for codes, _ in columns])
    of_source, of_out = np.arange(len(shown)), len(shown) + np.arange(published.n_rows)
    if len(of_source) != len(of_out):
        # One row per persona, say: do they stand as they first appear?
        of_source = np.sort(np.unique(code[: len(shown)], return_index=True)[1])
        if len(of_source) != len(of_out):
            return []
    # Columns that the rows are sorted by explain their order: the input is sorted alike.
    group, order = _explained(columns, of_out), np.zeros(len(code), dtype=np.int64)
    for key in group:
        order = group_rows([order, key])[0]
    of_source = of_source[np.argsort(order[of_source], kind="stable")]
    of_out = of_out[np.argsort(order[of_out], kind="stable")]
    n = len(of_out)
    _, first = group_rows([order[of_out], code[of_out]])
    in_part = group_rows([order[of_out]])[0]
    alike = np.bincount(group_rows([order[of_out], code[of_out]])[0])
    # Where the rows of a part stand at random, a place agrees with chance n_v / n_part.
    chance = float((alike**2 / np.bincount(in_part)[in_part[first]]).sum() / n)
    agree = float((code[of_source] == code[of_out]).mean())
    if agree - chance <= _FAR * np.sqrt(max(chance * (1 - chance), 1.0 / n) / n):
        return []
    return [
        f"The published rows keep the order of the input: {round(agree * n)} of {n} are where the "
        f"input has them, {round(chance * n)} by chance. Sort by what is published, or shuffle."
    ]


def _explained(
    columns: Sequence[tuple[np.ndarray, np.ndarray]], rows: np.ndarray
) -> list[np.ndarray]:
    """Find the columns by which rows are sorted, one within the other."""
    found: list[np.ndarray] = []
    waiting = list(columns)
    part = np.zeros(len(rows), dtype=np.int64)
    while waiting:
        for at, (codes, middles) in enumerate(waiting):
            # As text, or as the numbers that the labels stand for; up or down.
            ways = [codes, -codes]
            if np.isfinite(middles).all():
                rank = np.unique(middles, return_inverse=True)[1].reshape(-1)[codes]
                ways += [rank, -rank]
            same = np.diff(part) == 0
            way = next((w for w in ways if (np.diff(w[rows])[same] >= 0).all()), None)
            if way is not None:
                found.append(way - way.min())
                part = group_rows([part, found[-1][rows]])[0]
                del waiting[at]
                break
        else:
            break
    return found


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
