"""Linkage: the people of an identified register are looked for in a release."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_column, find_columns
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._classes import Classes, find_classes
from personatwin_sk.risk.attacks._event_linkage import link_events
from personatwin_sk.risk.attacks._mechanism import read_columns
from personatwin_sk.risk.attacks._register import read_register
from personatwin_sk.risk.attacks._result import AttackResult
from personatwin_sk.risk.attacks._strategies import Pairs, find_pairs, try_strategies
from personatwin_sk.risk.attacks._wilson import check_confidence, wilson_interval

__all__ = ["first_rows", "read_tables", "simulate_linkage"]

# Comparisons of a cell with a class, and pairs that may belong together, which one attack may take.
_MOST_COMPARISONS = 500_000_000
_MOST_PAIRS = 4_000_000


def simulate_linkage(
    original: Any,
    released: Any,
    quasi_identifiers: Hashable | Sequence[Hashable],
    *,
    person_id: Hashable | None = None,
    population: ReferencePopulation | None = None,
    known_events: int = 0,
    event_type: Hashable | None = None,
    date: Hashable | None = None,
    random_state: Any = None,
    n_targets: int = 1000,
    confidence: float = 0.95,
) -> AttackResult:
    """Attack a release by linkage, and count how often the right person is named.

    The attacker has a register of people with their names and true key variables: those of the
    file among all that the population counts; without a population, those of the file. For each
    target, one released person, somebody of the register is named. It is tried who fits the
    released labels, whose nearest class it is, and who is most likely there for somebody who knows
    how far noise moves values (`by_strategy` has the list). With `known_events` an attacker who
    knows that the target is in the file, and the class, also tries events: released histories are
    weighed by how likely they are for the true dates.

    Which strategy is best is decided on one half of the targets and measured on the other, and the
    other way round: `rate` is not larger for there being several to choose from.

    Parameters
    ----------
    original, released : table of shape (n_rows, n_columns)
        The same rows in the same order.
    quasi_identifiers : column or sequence of columns
        What the attacker knows of a person.
    person_id : column, optional
        As in :class:`ReidentificationRisk`.
    population : ReferencePopulation, optional
        What it does not know of the key variables, people are given as people of the file who are
        alike in the rest.
    known_events : int, default=0
        Dated events of each target that the attacker knows, drawn from the target's own.
    event_type, date : column, optional
        Needed with `known_events`.
    random_state : int, RandomState or None, default=None
        Draws the targets and which of their events are known.
    n_targets : int, default=1000
        People to try at most; fewer where the classes are so large or so many that the attack would
        take longer than seconds.
    confidence : float, default=0.95
        Of the interval from `low` to `high`.

    Returns
    -------
    AttackResult

    Raises
    ------
    InputError
        The tables have different numbers of rows, or a setting cannot be used.
    ColumnNotFoundError
        A named column is not in one of the tables.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"age": [31, 34, 38, 39, 52, 53, 55, 57]})
    >>> released = pd.DataFrame({"age": ["30-39"] * 4 + ["50-59"] * 4})
    >>> result = simulate_linkage(people, released, "age", random_state=0)
    >>> result.rate, result.baseline, result.n_targets
    (0.25, 0.125, 8)
    """
    check_confidence(confidence)
    if n_targets < 1:
        raise InputError("n_targets must be at least 1.")
    if known_events < 0:
        raise InputError("known_events must not be negative.")
    if known_events and (event_type is None or date is None):
        raise InputError(
            "known_events needs to know where the events are: name the columns event_type and date."
        )
    before, after, keys = read_tables(
        original, released, quasi_identifiers, person_id, "simulate_linkage", event_type, date
    )
    classes = find_classes(before, after, keys, person_id)
    rng = check_random_state(random_state)
    register = read_register(before, after, keys, classes, population)
    baseline = 1.0 / max(register.total, 1.0)
    if not len(classes.member):
        return AttackResult(0.0, 0.0, 1.0, baseline, 0)
    targets = rng.permutation(len(classes.member))[:n_targets]
    cell_of_member = register.cell_of_row[first_rows(classes)]
    columns = read_columns(after, keys, classes, register, classes.class_of_member, cell_of_member)
    cells = np.arange(len(register.people))
    found, targets, all_cells = _find_within_budget(
        columns, cells, cell_of_member, classes, targets
    )
    success = try_strategies(
        found,
        register,
        columns,
        classes.sizes,
        classes.class_of_member[targets],
        cell_of_member[targets],
        all_cells=all_cells,
    )
    if known_events:
        success |= link_events(
            before, after, classes, targets, known_events, (event_type, date), rng
        )
    return _choose(success, baseline, confidence)


def read_tables(
    original: Any,
    released: Any,
    quasi_identifiers: Hashable | Sequence[Hashable],
    person_id: Hashable | None,
    owner: str,
    *others: Hashable | None,
) -> tuple[Table, Table, list[Hashable]]:
    """Read both tables and check that they align and have the columns.

    Parameters
    ----------
    original, released : table
    quasi_identifiers : column or sequence of columns
    person_id : column or None
    owner : str
        Who asks, for the message.
    *others : column or None
        Further columns of both tables.

    Returns
    -------
    original, released : Table
    quasi_identifiers : list of column

    Raises
    ------
    InputError
        The tables have different numbers of rows, or no key variable is named.
    ColumnNotFoundError
        A column is not in one of the tables.
    """
    before, after = Table.of(original), Table.of(released)
    if before.n_rows != after.n_rows:
        raise InputError(
            f"The original has {before.n_rows} rows and the released table {after.n_rows}; "
            "give both with the same rows in the same order."
        )
    find_column(before, person_id, parameter="person_id", owner=f"{owner} (original)")
    keys: list[Hashable] = []
    for table, name in ((before, "original"), (after, "released")):
        whose = f"{owner} ({name})"
        keys = find_columns(table, quasi_identifiers, parameter="quasi_identifiers", owner=whose)
        for column in others:
            find_column(table, column, parameter="column", owner=whose)
    if not keys:
        raise InputError("quasi_identifiers names no column; name at least one.")
    return before, after, keys


def first_rows(classes: Classes) -> np.ndarray:
    """Give the first row of each membership.

    Parameters
    ----------
    classes : Classes

    Returns
    -------
    ndarray of int64, shape (n_memberships,)
    """
    shown = np.flatnonzero(classes.membership_of_row >= 0)[::-1]
    result = np.zeros(len(classes.member), dtype=np.int64)
    result[classes.membership_of_row[shown]] = shown
    return result


def _find_within_budget(
    columns: Sequence[Any],
    cells: np.ndarray,
    cell_of_member: np.ndarray,
    classes: Classes,
    targets: np.ndarray,
) -> tuple[Pairs, np.ndarray, bool]:
    """Find the pairs for as many of the targets as the budget allows; at least one is tried."""
    every_class = np.arange(classes.n_classes)
    if len(cells) * classes.n_classes <= _MOST_COMPARISONS // 10:
        found = find_pairs(columns, cells, every_class, _MOST_PAIRS)
        if found is not None:
            return found, targets, True
    while True:
        last = len(targets) == 1
        most_pairs = _MOST_PAIRS * (100 if last else 1)
        wanted = np.unique(classes.class_of_member[targets])
        if last or len(cells) * len(wanted) <= _MOST_COMPARISONS:
            own = find_pairs(columns, cells, wanted, most_pairs)
            if own is not None:
                needed = np.unique(np.append(own.cell, cell_of_member[targets]))
                if last or len(needed) * classes.n_classes <= _MOST_COMPARISONS:
                    found = find_pairs(columns, needed, every_class, most_pairs)
                    if found is not None:
                        return found, targets, False
        targets = targets[: max(len(targets) // 2, 1)]


def _choose(success: dict[str, np.ndarray], baseline: float, confidence: float) -> AttackResult:
    """Choose the best strategy on each half of the targets, and measure it on the other."""
    names = list(success)
    table = np.stack([success[name] for name in names])
    n = table.shape[1]
    half = np.arange(n) % 2 == 0  # the targets are in random order
    total = 0.0
    for chosen_on, measured_on in ((half, ~half), (~half, half)):
        reference = chosen_on if chosen_on.any() else measured_on
        best = int(table[:, reference].sum(axis=1).argmax())
        total += float(table[best, measured_on].sum())
    means = table.mean(axis=1)
    low, high = wilson_interval(total, n, confidence)
    return AttackResult(
        rate=total / n,
        low=low,
        high=high,
        baseline=baseline,
        n_targets=n,
        by_strategy={name: float(mean) for name, mean in zip(names, means, strict=True)},
        strategy=names[int(means.argmax())],
    )
