"""Which columns of a table a release uses, and for what."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import find_columns, person_codes
from personatwin_sk.domains import DomainConfig
from personatwin_sk.exceptions import InputError
from personatwin_sk.release._refusals import refuse_identifiers, refuse_numbering

PERSON, EVENT_ID, DATE, EVENT_TYPE, OUTCOME = (
    "person_id",
    "event_id",
    "date",
    "event_type",
    "outcome",
)
KEYS = ("age", "gender", "ethnicity", "geography")
EVENT_COLUMNS = (EVENT_ID, DATE, EVENT_TYPE, OUTCOME)
# Standard columns of free words: somebody's file may hold e-mail addresses in one of them.
_WORDS = ("gender", "ethnicity", EVENT_TYPE, OUTCOME)
STANDARD = (PERSON, *KEYS, *EVENT_COLUMNS)


@dataclass(frozen=True)
class ReleaseColumns:
    """The columns of a release by role.

    Parameters
    ----------
    keys : tuple
        Quasi-identifiers: what personas are made of.
    event_id : hashable or None
        Column of event ids; used for noise, never released.
    events : tuple
        What is released of each event: date, type, outcome, and kept columns; empty: no events.
    dropped : tuple
        Everything else that the table has.
    """

    keys: tuple[Hashable, ...]
    event_id: Hashable | None
    events: tuple[Hashable, ...]
    dropped: tuple[Hashable, ...]

    @classmethod
    def by_name(
        cls,
        columns: Iterable[Hashable],
        *,
        keys: Sequence[Hashable] = KEYS,
        kept_of_events: Sequence[Hashable] = (),
    ) -> ReleaseColumns:
        """Sort the columns of a table into roles by their names alone."""
        columns = tuple(columns)
        found_keys = tuple(name for name in keys if name in columns)
        events: tuple[Hashable, ...] = (DATE, EVENT_TYPE, OUTCOME)
        events = tuple(name for name in events if name in columns)
        events += tuple(name for name in kept_of_events if name not in events)
        event_id = EVENT_ID if EVENT_ID in columns else None
        used = {PERSON, event_id, *found_keys, *events}
        return cls(found_keys, event_id, events, tuple(c for c in columns if c not in used))

    @property
    def used(self) -> list[Hashable]:
        """Columns that the steps of a release read."""
        event_id = [] if self.event_id is None else [self.event_id]
        return [PERSON, *self.keys, *event_id, *self.events]


def choose_columns(table: Table, config: DomainConfig, keep: Sequence[Hashable]) -> ReleaseColumns:
    """Decide which columns of a table are released, and in which role.

    The standard columns stay, and so do those that the domain preserves or the user keeps. A kept
    column that is constant within each person describes the person, so it is a quasi-identifier;
    any other describes events.

    Raises
    ------
    InputError
        If the person column or every quasi-identifier is missing, a kept column is not there or
        looks like a direct identifier, a number of people or free text, or events lack their type
        or date.
    """
    if PERSON not in table:
        raise InputError(
            f"The table has no column {PERSON!r}; say which column it is (--map {PERSON}=COLUMN)"
        )
    kept = _kept_columns(table, config, keep)
    of_people = [name for name in kept if _constant_within_person(table, name)]
    of_events = [name for name in kept if name not in of_people]
    refuse_numbering(
        table, of_events, {name: step for name, (_, _, step) in config.numeric_values.items()}
    )
    columns = ReleaseColumns.by_name(
        table.columns, keys=(*KEYS, *of_people), kept_of_events=of_events
    )
    refuse_identifiers(table, [c for c in (*columns.keys, *columns.events) if c in _WORDS])
    if not columns.keys:
        raise InputError(
            f"The table has none of the columns {', '.join(KEYS)}; "
            "rename those that describe people (--map age=COLUMN)"
        )
    lacking = [name for name in (EVENT_TYPE, DATE) if name not in table]
    if columns.events and lacking:
        raise InputError(
            f"The table has columns of events ({_names(columns.events)}) but no "
            f"{_names(lacking)}; what an attacker learns from events cannot be measured without"
        )
    return columns


def _kept_columns(
    table: Table, config: DomainConfig, keep: Sequence[Hashable]
) -> tuple[Hashable, ...]:
    """Columns beyond the standard ones that stay, in the order of the table."""
    asked = find_columns(table, keep, parameter="keep", owner="create_safe_personas")
    ids = [name for name in asked if name in (PERSON, EVENT_ID)]
    if ids:
        raise InputError(f"keep: {_names(ids)} is a column of ids and is never released")
    refused = [name for name in asked if name in config.sensitive_fields]
    if refused:
        raise InputError(
            f"keep: {_names(refused)} identifies people directly in the domain {config.name!r} "
            "and is never released"
        )
    wanted: Collection[Hashable] = {*asked, *config.preserve_fields}
    kept = tuple(c for c in table.columns if c in wanted and c not in STANDARD)
    refuse_identifiers(table, kept)
    return kept


def _constant_within_person(table: Table, name: Hashable) -> bool:
    people, n_people = person_codes(table, PERSON)
    values, _ = factorize(table[name])
    pairs = pd.DataFrame({"person": people, "value": values}).drop_duplicates()
    return len(pairs) == n_people


def are_events(frame: pd.DataFrame) -> np.ndarray:
    """Tell which rows are events: those with a type or a date; a person without events has neither.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, ...)

    Returns
    -------
    numpy.ndarray of bool, shape (n_rows,)
        All false where there are no columns of events.

    Examples
    --------
    >>> are_events(pd.DataFrame({"event_type": ["trial", None], "date": [None, None]})).tolist()
    [True, False]
    """
    happened = np.zeros(len(frame), dtype=bool)
    for name in (EVENT_TYPE, DATE):
        if name in frame:
            happened |= ~is_null(frame[name])
    return happened


def read_numbers(series: pd.Series) -> pd.Series:
    """Give a text column of plain numbers as numbers, so that its values have an order.

    A file is read as text, for ids must stay as they are; "07" is a code and stays text.
    """
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_datetime64_any_dtype(series):
        return series
    there = series[~is_null(series)].astype(str)
    if there.empty or not there.str.fullmatch(r"-?(?:0|[1-9]\d*)(?:\.\d+)?").all():
        return series
    numbers = pd.to_numeric(there).reindex(series.index)
    whole = numbers.dropna()
    return numbers.astype("Int64") if (whole == whole.round()).all() else numbers.astype(float)


def _names(names: Iterable[Hashable]) -> str:
    return ", ".join(repr(name) for name in names)
