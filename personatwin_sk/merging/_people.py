"""One row of key variables per person, whatever their rows say."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence

import numpy as np

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import person_codes
from personatwin_sk.exceptions import DataWarning, InputError

__all__ = ["one_row_per_person"]


def one_row_per_person(
    table: Table,
    quasi_identifiers: Sequence[Hashable],
    person_id: Hashable | None,
    *,
    on_conflict: str,
    order_by: Hashable | None,
    warn: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the row that speaks for each person.

    Parameters
    ----------
    table : Table
    quasi_identifiers : sequence of columns
    person_id : column or None
        None: one row is one person.
    on_conflict : {"last", "first", "raise"}
        Which of a person's differing rows counts, by `order_by`, ties and no `order_by`: by the
        sorted order of the key variables themselves. The order of rows never has a say.
    order_by : column or None
        Null counts as least telling: it never wins while the person has another row.
    warn : bool
        Count the people whose rows disagree in a :class:`DataWarning`.

    Returns
    -------
    chosen_row : numpy.ndarray of int64, shape (n_people,)
    person_of_row : numpy.ndarray of int64, shape (n_rows,)
    """
    person, n_people = person_codes(table, person_id)
    if person_id is None:
        return np.arange(table.n_rows), person
    cell, _ = group_rows([factorize(table[name])[0] for name in quasi_identifiers])
    lowest, highest = np.full(n_people, np.iinfo(np.int64).max), np.full(n_people, -1)
    np.minimum.at(lowest, person, cell)
    np.maximum.at(highest, person, cell)
    n_conflicts = int((lowest < highest).sum())
    if n_conflicts and on_conflict == "raise":
        raise InputError(
            f"{n_conflicts} of {n_people} people have rows that disagree on the quasi-identifiers; "
            "correct them, or choose on_conflict='last' or 'first'."
        )
    if n_conflicts and warn:
        warnings.warn(
            f"{n_conflicts} of {n_people} people have rows that disagree on the quasi-identifiers; "
            f"the {on_conflict} row counts for each of them.",
            DataWarning,
            stacklevel=4,
        )
    sign = -1 if on_conflict == "first" else 1
    keys = [sign * cell]
    if order_by is not None:
        codes, values = factorize(table[order_by])
        has_null = bool(values.isna().any())
        null_last = has_null & (codes == len(values) - 1)
        # The winner is the greatest key: null sinks to the bottom whichever way round we look.
        keys.append(np.where(null_last, -len(values) - 1, sign * codes))
    # Rows that tie in everything are equal rows: any of them speaks for the person.
    order = np.lexsort((*keys, person))
    last_of_person = np.flatnonzero(np.diff(person[order], append=n_people))
    return order[last_of_person], person
