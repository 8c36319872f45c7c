"""Records of people and personas, to and from tables."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, overload

import numpy as np
import pandas as pd

from personatwin_sk._core.dates import read_dates
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import person_codes
from personatwin_sk.exceptions import InputError
from personatwin_sk.release._columns import (
    DATE,
    EVENT_COLUMNS,
    EVENT_ID,
    EVENT_TYPE,
    KEYS,
    OUTCOME,
    PERSON,
)
from personatwin_sk.release._personas import (
    CLASS_SIZE,
    PERSONA,
    Personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)
from personatwin_sk.release._records import Event, Person, Persona

__all__ = ["people_from_records", "records_from_table", "table_of"]

_Row = dict[str, Any]


def people_from_records(records: Iterable[Person]) -> pd.DataFrame:
    """Put people and their events into a table, as the loaders give it.

    Parameters
    ----------
    records : iterable of Person

    Returns
    -------
    pandas.DataFrame
        A row per event, and one for each person without events, in the order of the records. Ids
        are text, ages integer (text where there are bands), dates datetime. Columns that nobody
        fills are left out; `traits` and `details` are columns of their own.

    Raises
    ------
    InputError
        If there are no records, some are no `Person`, two are of one person, two people have
        events of one id, or a name is used for a trait and for a detail.

    Examples
    --------
    >>> from personatwin_sk import Event, Person, people_from_records
    >>> people_from_records([Person("001", age=35, events=[Event("arrest", "2023-01-15")])])
      person_id  age       date event_type
    0       001   35 2023-01-15     arrest
    """
    people = list(records)
    strange = sum(not isinstance(person, Person) for person in people)
    if strange or not people:
        raise InputError(
            f"{strange} of {len(people)} records are no Person"
            if people
            else "There are no records"
        )
    _refuse_repeated([person.person_id for person in people], "records", "of a person who has one")
    ids = [event.event_id for person in people for event in person.events]
    _refuse_repeated([name for name in ids if name is not None], "events", "with another's id")
    both = {name for person in people for name in person.traits} & {
        name for person in people for event in person.events for name in event.details
    }
    if both:
        raise InputError(f"{len(both)} names are those of traits and of details; rename one")
    # Objects are read one by one; there is no faster way into a table.
    rows = [
        {**_of_person(person), **_of_event(event)}
        for person in people
        for event in (person.events or (None,))
    ]
    frame = pd.DataFrame(rows, dtype=object)
    first = [name for name in (PERSON, *KEYS, *EVENT_COLUMNS) if name in frame]
    frame = frame[[*first, *(name for name in frame.columns if name not in first)]]
    frame = frame.loc[:, [not is_null(frame[name]).all() for name in frame.columns]]
    typed = {str(name): _typed(str(name), frame[name]) for name in frame.columns}
    return pd.DataFrame(typed, columns=frame.columns)


@overload
def records_from_table(table: Personas) -> list[Persona]: ...
@overload
def records_from_table(table: Any) -> list[Person]: ...
def records_from_table(table: Any) -> list[Person] | list[Persona]:
    """Make records of a table of people and events, or of the personas of a release.

    Parameters
    ----------
    table : pandas, polars or pyarrow table, or Personas
        A table has a column ``person_id`` and any of the standard columns, one row per event; a row
        with neither type nor date is no event. Further columns become `traits` if each person has
        one value, else `details`.

    Returns
    -------
    list of Person, or list of Persona
        In the order in which they first come up; their events in the order of the rows.

    Raises
    ------
    InputError
        If there is no column ``person_id``, rows lack their person, rows of one person disagree on
        who they are, or a value cannot be what its column says.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk import records_from_table
    >>> table = pd.DataFrame(
    ...     {"person_id": ["a", "a"], "age": 35, "event_type": ["arrest", "trial"]}
    ... )
    >>> [(person.age, len(person.events)) for person in records_from_table(table)]
    [(35, 2)]
    """
    if isinstance(table, Personas):
        return _personas(table)
    source = Table.of(table)
    if PERSON not in source:
        raise InputError(f"The table has no column {PERSON!r}")
    codes, _ = person_codes(source, PERSON)
    frame = source.to_pandas()
    if DATE in frame:
        frame[DATE] = read_dates(frame[DATE], column=DATE)
    first = pd.DataFrame({"code": codes}).drop_duplicates().index.to_numpy()
    further = [name for name in frame.columns if name not in (PERSON, *KEYS, *EVENT_COLUMNS)]
    same = {
        name: _is_one_each(frame[name], codes, first) for name in (*KEYS, *further) if name in frame
    }
    wrong = [name for name in KEYS if name in same and not same[name].all()]
    if wrong:
        counts = ", ".join(f"{name!r}: {int((~same[name]).sum())}" for name in wrong)
        raise InputError(
            f"Rows of one person disagree on who they are (people by column: {counts}); make them "
            "agree"
        )
    traits = [name for name in further if same[name].all()]
    details = [name for name in further if name not in traits]
    events = _events_by_owner(frame, codes, details)
    rows = _rows(frame.loc[first, [PERSON, *(n for n in KEYS if n in frame)]])
    more = _rows(frame.loc[first, traits])
    return [
        Person(**row, events=events.get(code, ()), traits=_filled(extra))
        for row, extra, code in zip(rows, more, codes[first].tolist(), strict=True)
    ]


def table_of(data: Any) -> Any:
    """Give the table of a sequence of `Person`; anything else as it is."""
    if isinstance(data, list | tuple) and data and isinstance(data[0], Person):
        return people_from_records(data)
    return data


def _personas(personas: Personas) -> list[Persona]:
    table = personas_to_dataframe(personas)
    released = personas_to_event_dataframe(personas)
    details = [name for name in released.columns if name not in (PERSONA, *EVENT_COLUMNS)]
    events = _events_by_owner(released, released[PERSONA].to_numpy(), details)
    standard = [name for name in (PERSONA, CLASS_SIZE, *KEYS) if name in table]
    rows = _rows(table[standard])
    more = _rows(table[[name for name in table.columns if name not in standard]])
    return [
        Persona(**row, events=events.get(row[PERSONA], ()), traits=_filled(extra))
        for row, extra in zip(rows, more, strict=True)
    ]


def _events_by_owner(
    frame: pd.DataFrame, owners: np.ndarray, details: list[Hashable]
) -> dict[Any, list[Event]]:
    """Make the events of each owner; what has neither type nor date is none."""
    parts = [name for name in (EVENT_TYPE, DATE, OUTCOME, EVENT_ID) if name in frame]
    happened = np.zeros(len(frame), dtype=bool)
    for name in (EVENT_TYPE, DATE):
        if name in frame:
            happened |= ~is_null(frame[name])
    rows, more = _rows(frame.loc[happened, parts]), _rows(frame.loc[happened, details])
    events: dict[Any, list[Event]] = {}
    for owner, row, extra in zip(owners[happened].tolist(), rows, more, strict=True):
        event = Event(**{EVENT_TYPE: None, **row}, details=_filled(extra))
        events.setdefault(owner, []).append(event)
    return events


def _rows(frame: pd.DataFrame) -> list[_Row]:
    """Give rows as values of Python, with None for null."""
    if not len(frame.columns):
        return [{} for _ in range(len(frame))]
    plain = frame.astype(object)
    plain = plain.where(~frame.isna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def _filled(row: Mapping[str, Any]) -> _Row:
    return {name: value for name, value in row.items() if value is not None}


def _is_one_each(values: pd.Series, codes: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Tell of each person, in the order in which they come up, whether they have one value."""
    numbers, _ = pd.factorize(values, use_na_sentinel=True)
    pairs = pd.DataFrame({"person": codes, "value": numbers}).drop_duplicates()
    return np.bincount(pairs["person"])[codes[first]] == 1


def _of_person(person: Person) -> _Row:
    row = {name: getattr(person, name) for name in (PERSON, *KEYS)}
    return {**row, **person.traits}


def _of_event(event: Event | None) -> _Row:
    if event is None:
        return {}
    row = {name: getattr(event, name) for name in EVENT_COLUMNS}
    return {**row, **event.details}


def _typed(name: str, values: pd.Series) -> pd.Series:
    if name == DATE:
        return pd.Series(read_dates(_as_text(values), column=DATE))
    if name == "age" and values.map(lambda age: isinstance(age, str)).any():
        return _as_text(values)
    if name == "age" and is_null(values).any():
        return values.astype("Int64")
    return values.infer_objects()


def _as_text(values: pd.Series) -> pd.Series:
    return values.astype(str).astype(object).where(~is_null(values), None)


def _refuse_repeated(names: list[str], what: str, how: str) -> None:
    repeated = len(names) - len(set(names))
    if repeated:
        raise InputError(f"{repeated} of {len(names)} {what} are {how}")
