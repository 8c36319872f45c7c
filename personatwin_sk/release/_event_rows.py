"""The events of a released table: whose they really are, and in which persona."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import find_column, person_codes
from personatwin_sk.exceptions import InputError

__all__ = ["EventRows", "check_whole", "read_event_rows"]


@dataclass(frozen=True)
class EventRows:
    """Rows of a release that are events, and the people they belong to.

    Attributes
    ----------
    released : Table
        The whole released table.
    rows : numpy.ndarray of int64, shape (n_events,)
        Those of its rows that are events of people who are released.
    person : numpy.ndarray of int64, shape (n_events,)
        The original person of each event.
    persona_of_person : numpy.ndarray of int64, shape (n_people,)
        The persona of each person, with or without events; -1 for the suppressed.
    personas : numpy.ndarray of object, shape (n_personas,)
        What the release calls each persona.
    """

    released: Table
    rows: np.ndarray
    person: np.ndarray
    persona_of_person: np.ndarray
    personas: np.ndarray

    @property
    def persona(self) -> np.ndarray:
        """The persona of each event."""
        return np.asarray(self.persona_of_person[self.person])

    def codes(self, name: Hashable) -> tuple[np.ndarray, np.ndarray]:
        """Number the values of a released column, in sorted order; null comes last."""
        codes, values = factorize(self.released[name].iloc[self.rows].reset_index(drop=True))
        return codes, values.astype(object).to_numpy()


def read_event_rows(
    original: Any,
    released: Any,
    *,
    person_id: Hashable,
    event_type: Hashable | None,
    date: Hashable | None,
    owner: str,
) -> EventRows:
    """Read which rows are events, of whom, and in which persona.

    A row of which the original has neither type nor date is no event: it tells of a person only.

    Raises
    ------
    InputError
        If the tables differ in length, or a person stands in more than one persona.
    """
    before, after = Table.of(original), Table.of(released)
    if before.n_rows != after.n_rows:
        raise InputError(
            f"{owner}: original has {before.n_rows} rows, released {after.n_rows}; give the "
            "released table as the pipeline made it, a row per row of the original."
        )
    name = find_column(before, person_id, parameter="person_id", owner=owner)
    if name is None:
        raise InputError(f"{owner}: person_id must name the column of the person.")
    find_column(after, person_id, parameter="person_id", owner=owner)
    people, n_people = person_codes(before, name)
    persona, labels = factorize(after[name])
    gone = is_null(labels)  # at most the last one
    persona = np.where(gone[persona], -1, persona) if len(labels) else persona
    persona_of_person = np.full(n_people, -1, dtype=np.int64)
    persona_of_person[people] = persona
    split = len(np.unique(people[persona_of_person[people] != persona]))
    if split:
        raise InputError(
            f"{owner}: {split} of {n_people} people stand in more than one persona of the released "
            "table."
        )
    is_event = persona >= 0
    told = [column for column in (event_type, date) if column is not None]
    for column in told:
        find_column(before, column, parameter="columns", owner=owner)
        find_column(after, column, parameter="columns", owner=owner)
    if told:
        is_event &= ~np.logical_and.reduce([is_null(before[column]) for column in told])
    rows = np.flatnonzero(is_event)
    return EventRows(
        after,
        rows,
        people[rows],
        persona_of_person,
        labels[~gone].astype(object).to_numpy(),
    )


def check_whole(value: Any, name: str, least: int, owner: str) -> int:
    """Give a parameter if it is a whole number of at least so much."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise InputError(
            f"{owner}: {name} must be a whole number of at least {least}, got {value!r}"
        )
    return int(value)
