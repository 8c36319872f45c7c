"""People, events and personas as objects, for those who do not think in tables.

They are checked when they are made, so that a table made of them can be released; none shows in its
repr who somebody is.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.labels import Interval, Period, parse_label
from personatwin_sk.exceptions import InputError

__all__ = ["Event", "Person", "Persona"]

_OLDEST_AGE = 120
_NAMES = (
    *("person_id", "persona_id", "age", "gender", "ethnicity", "geography", "class_size"),
    *("event_id", "date", "event_type", "outcome", "events", "traits", "details"),
)


class _Record:
    """What the three have in common: mappings that cannot change, and copies that keep them so."""

    def _freeze(self, name: str) -> None:
        given = getattr(self, name)
        if not isinstance(given, Mapping):
            raise InputError(f"{type(self).__name__}: {name} must map names to values")
        taken = [key for key in given if not isinstance(key, str) or key in _NAMES]
        if taken:
            raise InputError(
                f"{type(self).__name__}: {len(taken)} of {len(given)} names in {name} are no text, "
                "or those of fields"
            )
        object.__setattr__(self, name, MappingProxyType(dict(given)))

    def _set_events(self) -> None:
        events = getattr(self, "events")  # noqa: B009  (a field of those who call)
        if isinstance(events, Event):
            raise InputError(f"{type(self).__name__}: events must be several; put it into a list")
        events = tuple(events)
        strange = sum(not isinstance(event, Event) for event in events)
        if strange:
            raise InputError(
                f"{type(self).__name__}: {strange} of {len(events)} events are no Event"
            )
        object.__setattr__(self, "events", events)

    def _set_texts(self, *names: str) -> None:
        """Take texts as they are, and what is null as None."""
        for name in names:
            value = _plain(getattr(self, name))
            if not (value is None or (isinstance(value, str) and value.strip())):
                raise InputError(
                    f"{type(self).__name__}: {name} must be a text that is not blank, or None"
                )
            object.__setattr__(self, name, value)

    def _set_id(self, name: str) -> None:
        value = _plain(getattr(self, name))
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not (isinstance(value, str) and value.strip()):
            raise InputError(f"{type(self).__name__}: {name} must be a text that is not blank")
        object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        # A read-only view of a dict cannot be pickled.
        values = [getattr(self, part.name) for part in fields(self)]  # type: ignore[arg-type]
        plain = [dict(v) if isinstance(v, Mapping) else v for v in values]
        return type(self), tuple(plain)


@dataclass(frozen=True, repr=False)
class Event(_Record):
    """Something that happened to somebody.

    Parameters
    ----------
    event_type : str or None
        What it was.
    date : date, datetime or str, optional
        When. Text is a date ("2023-05-17"), which becomes one, or the label of a period
        ("2023-05", "2023-Q2", "2023"), as events of personas have it.
    outcome : str, optional
        What came of it.
    event_id : str, optional
        Never released.
    details : mapping of str to value, optional
        Anything else; released only where it is kept by name.

    Raises
    ------
    InputError
        If it has neither type nor date, a part is of the wrong kind, or the date is none.

    Examples
    --------
    >>> from personatwin_sk import Event
    >>> event = Event("trial", "2023-03-20", "guilty")
    >>> event.date, event
    (datetime.date(2023, 3, 20), Event(dated, with outcome))
    """

    event_type: str | None
    date: datetime.date | str | None = None
    outcome: str | None = None
    event_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        self._set_texts("event_type", "outcome")
        object.__setattr__(self, "date", _read_day(self.date))
        if self.event_id is not None:
            self._set_id("event_id")
        self._freeze("details")
        if self.event_type is None and self.date is None:
            raise InputError("Event: it needs a type or a date")

    def __repr__(self) -> str:
        parts = ["dated"] * (self.date is not None) + ["with outcome"] * (self.outcome is not None)
        return f"Event({', '.join(parts)})"


@dataclass(frozen=True, repr=False)
class Person(_Record):
    """Somebody, and what happened to them.

    Parameters
    ----------
    person_id : str
        Never released. A whole number becomes text.
    age : int or str, optional
        In completed years, 0 to 120, or a band ("30-39", "85+").
    gender, ethnicity, geography : str, optional
        As your file writes them.
    events : sequence of Event, default=()
        In any order.
    traits : mapping of str to value, optional
        What else describes the person; released only where it is kept by name.

    Raises
    ------
    InputError
        If a part is of the wrong kind, an age cannot be one, a date is that of a period, or two
        events have one id. The message never holds a value.

    Examples
    --------
    >>> from personatwin_sk import Event, Person
    >>> person = Person("001", age=35, gender="Male", events=[Event("arrest", "2023-01-15")])
    >>> person, len(person.events)
    (Person(1 event), 1)
    """

    person_id: str
    age: int | str | None = None
    gender: str | None = None
    ethnicity: str | None = None
    geography: str | None = None
    events: Sequence[Event] = ()
    traits: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        self._set_id("person_id")
        object.__setattr__(self, "age", _read_age(self.age, type(self).__name__))
        self._set_texts("gender", "ethnicity", "geography")
        self._set_events()
        self._freeze("traits")
        periods = sum(isinstance(event.date, str) for event in self.events)
        if periods:
            raise InputError(
                f"Person: {periods} of {len(self.events)} events have a period for a date; "
                "what happened to people has to be dated by the day"
            )
        ids = [event.event_id for event in self.events if event.event_id is not None]
        if len(set(ids)) < len(ids):
            raise InputError(
                f"Person: {len(ids) - len(set(ids))} of {len(ids)} events repeat the id of another"
            )

    def __repr__(self) -> str:
        return f"Person({_counted(self.events)})"


@dataclass(frozen=True, repr=False)
class Persona(_Record):
    """What stands for a group of people in a release.

    Parameters
    ----------
    persona_id : str
        New; it says nothing about anybody.
    class_size : int
        How many people it stands for.
    age, gender, ethnicity, geography : int, str or None
        Released values: labels such as "30-39" or "Asian|White".
    events : sequence of Event, default=()
        Released events of these people, all together.
    traits : mapping of str to value, optional
        Further quasi-identifiers.

    Raises
    ------
    InputError
        If a part is of the wrong kind, or it stands for nobody.

    Examples
    --------
    >>> from personatwin_sk import Persona
    >>> Persona("P000123", 7, age="30-39", gender="Female")
    Persona(7 people, 0 events)
    """

    persona_id: str
    class_size: int
    age: int | float | str | None = None
    gender: str | None = None
    ethnicity: str | None = None
    geography: str | None = None
    events: Sequence[Event] = ()
    traits: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        self._set_id("persona_id")
        size = _plain(self.class_size)
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InputError("Persona: class_size must be a whole number, at least 1")
        object.__setattr__(self, "class_size", size)
        object.__setattr__(self, "age", _plain(self.age))
        self._set_texts("gender", "ethnicity", "geography")
        self._set_events()
        self._freeze("traits")

    def __repr__(self) -> str:
        people = f"{self.class_size} {'person' if self.class_size == 1 else 'people'}"
        return f"Persona({people}, {_counted(self.events)})"


def _counted(events: Sequence[Event]) -> str:
    return f"{len(events)} event{'' if len(events) == 1 else 's'}"


def _plain(value: Any) -> Any:
    """Give a value of Python for one of NumPy, and None for any null."""
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    return None if _is_null(value) else value


def _is_null(value: Any) -> bool:
    """Tell whether one value is null, as `is_null` does of many, but in no time."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, float | np.datetime64):
        return bool(value != value)
    return False


def _read_age(value: Any, owner: str) -> int | str | None:
    value = _plain(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        low, high = float(value), float(value)
    elif isinstance(value, str) and isinstance(band := parse_label(value.strip()), Interval):
        low, high = band.low, min(band.high, _OLDEST_AGE) if np.isinf(band.high) else band.high
    else:
        raise InputError(f"{owner}: age must be whole years, or a band such as '30-39' or '85+'")
    if not 0 <= low <= high <= _OLDEST_AGE:
        raise InputError(f"{owner}: age must be from 0 to {_OLDEST_AGE}")
    return value


def _read_day(value: Any) -> datetime.date | str | None:
    """Read a date; the label of a period stays text."""
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if _is_null(value):
        return None
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None) if value.time() != datetime.time() else value.date()
    if isinstance(value, datetime.date):
        return value
    if isinstance(value, str):
        label = parse_label(value.strip(), dates=True)
        if isinstance(label, Period):
            return label.start if label.start == label.end else value.strip()
        try:
            return _read_day(datetime.datetime.fromisoformat(value.strip()))
        except ValueError:
            pass
    raise InputError(
        "Event: date must be a date, an ISO text such as '2023-05-17', or the label of a period"
    )
