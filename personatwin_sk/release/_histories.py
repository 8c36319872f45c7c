"""Histories of personas: what happened to the people behind each of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.dates import period_bounds, period_labels
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.keyed import SecretKey
from personatwin_sk._core.roles import find_column
from personatwin_sk.domains import Domain, DomainConfig, get_domain_config
from personatwin_sk.exceptions import InputError
from personatwin_sk.release._columns import DATE, EVENT_TYPE, OUTCOME, PERSON
from personatwin_sk.release._event_rows import EventRows, check_whole, read_event_rows
from personatwin_sk.release._history_draws import Calendar, drawn_steps
from personatwin_sk.release._history_medoid import representative_steps
from personatwin_sk.release._history_order import OrderedEvents, order_events
from personatwin_sk.release._persona_statistics import (
    WEEKDAYS,
    count_tables,
    repeat_codes,
    repeat_tables,
)
from personatwin_sk.release._personas import CLASS_SIZE, PERSONA

__all__ = ["PersonaHistories", "persona_histories"]

_OWNER = "persona_histories"
KINDS = ("pooled", "representative", "sampled")


@dataclass(frozen=True)
class PersonaHistories:
    """What :func:`persona_histories` found; every figure rests on at least k people.

    Attributes
    ----------
    kind : {"pooled", "representative", "sampled"}
    k : int
    events : pandas.DataFrame
        The events by persona. Pooled: those that are released, in an order that says nothing of
        whose they are. Otherwise one row per step: ``persona_id``, ``history`` (sampled), ``step``
        from 1, and what is told of the event.
    summary : pandas.DataFrame of shape (n_personas, ...)
        ``persona_id``, ``class_size``, ``events``, ``events_per_person``, ``repeat_share`` (of its
        people, with several events), ``recidivism_share`` (with a second run of events). Null where
        too few people are behind a figure, or would be behind what is left without it.
    event_types, outcomes, periods, weekdays : pandas.DataFrame
        ``count`` of events and ``share``: of each type in its persona, each outcome in its type,
        each released period, and each day of the week in its persona (where days are released;
        ``periods`` are then shares of the weekday). Small counts are left out, with others where
        they could be worked out.
    repeats : pandas.DataFrame
        ``people`` of each persona with no, one or several events, in one run or again, and how
        soon again, by the first days of released periods.
    n_suppressed : mapping of str to int
        Figures that are not told: null in ``summary``, not listed in the other tables; in
        ``events``, personas without a history of their own.
    """

    kind: str
    k: int
    events: pd.DataFrame = field(repr=False)
    summary: pd.DataFrame = field(repr=False)
    event_types: pd.DataFrame = field(repr=False)
    outcomes: pd.DataFrame = field(repr=False)
    periods: pd.DataFrame = field(repr=False)
    weekdays: pd.DataFrame = field(repr=False)
    repeats: pd.DataFrame = field(repr=False)
    n_suppressed: Mapping[str, int] = field(repr=False)


def persona_histories(
    original: Any,
    released: Any,
    kind: str = "pooled",
    *,
    k: int = 5,
    domain: str | Domain | DomainConfig = "custom",
    person_id: Hashable = PERSON,
    event_type: Hashable = EVENT_TYPE,
    date: Hashable | None = DATE,
    outcome: Hashable | None = OUTCOME,
    n_histories: int = 1,
    random_state: Any = None,
) -> PersonaHistories:
    """Tell what happened to the people behind each persona.

    Parameters
    ----------
    original : pandas, polars or pyarrow table of shape (n_rows, ...)
        Whose rows they are; only people are counted here.
    released : table of shape (n_rows, ...)
        The same rows as the pipeline of a release made them: the person column holds the persona,
        null for the suppressed. Types, dates and outcomes are taken from it alone.
    kind : {"pooled", "representative", "sampled"}, default="pooled"
        What `events` of the result are.

        - "pooled": all events of all people of a persona. Frequencies are those of the release.
        - "representative": one history per persona. It is the history of types that is nearest to
          those of all its people (a medoid), as far as k of them share it one event after the
          other, with the median period and the most frequent outcome of those who do.
        - "sampled": `n_histories` per persona, drawn event by event from what follows what, when,
          and with which outcome, as far as k people have it, in the persona or else in the release.
    k : int, default=5
        People that each figure rests on at least, 2 or more.
    domain : str, Domain or DomainConfig, default="custom"
        Which order of events is possible: no other is in a representative or a sampled history, and
        it says where a second run of events begins. "custom" allows all; a run then begins with the
        type with which the person's events began.
    person_id, event_type : column
        In both tables.
    date, outcome : column or None
        None where there is no such column.
    n_histories : int, default=1
        Histories per persona that are sampled.
    random_state : int, RandomState or None, default=None
        None: sampled histories are drawn by the operating system's randomness.

    Returns
    -------
    PersonaHistories

    Raises
    ------
    ColumnNotFoundError
        A column is not there.
    InputError
        The tables do not go together, dates cannot be read, or a parameter cannot be used.

    See Also
    --------
    aggregate_events : Counts in place of rows, where event rows are too risky.

    Notes
    -----
    Rows of a persona's pooled events are governed by the event risk of the release, not by k.
    Shares of people rest on the assumption of that risk that the events of one person can be
    linked; they say no more than that attacker knows. Publish these tables or those of
    `aggregate_events`, not both: counts of the one can be taken off those of the other.

    References
    ----------
    L. Kaufman, P. Rousseeuw, "Clustering by means of medoids", 1987.

    Examples
    --------
    >>> import personatwin_sk as pt
    >>> events = pt.make_people_events(300, random_state=0, areas=["39061"])
    >>> pipeline = pt.make_release_pipeline("criminal_justice", columns=events.columns)
    >>> released = pipeline.set_params(merge__k=100).fit_transform(events)
    >>> found = pt.persona_histories(
    ...     events, released, "representative", domain="criminal_justice")
    >>> found.events.columns.tolist()
    ['persona_id', 'step', 'date', 'event_type', 'outcome']
    >>> set(found.events.loc[found.events["step"] == 1, "event_type"]) <= {"arrest", "screening"}
    True
    """
    if kind not in KINDS:
        raise InputError(f"{_OWNER}: kind={kind!r} is not known; choose one of {', '.join(KINDS)}")
    k = check_whole(k, "k", 2, _OWNER)
    n_histories = check_whole(n_histories, "n_histories", 1, _OWNER)
    config = get_domain_config(domain)
    events = read_event_rows(
        original, released, person_id=person_id, event_type=event_type, date=date, owner=_OWNER
    )
    read = _Read.of(events, event_type, date, outcome)
    tie = read.codes(outcome) if outcome is not None else np.zeros_like(read.kind)
    ordered = order_events(
        events.person, read.kind, read.start, tie, read.values(event_type).tolist(), config
    )
    tables = _event_tables(read, k)
    repeats, summary = _people_tables(read, ordered, k)
    tables["repeats"] = repeats
    counts = {name: int(table.attrs.pop("n_suppressed", 0)) for name, table in tables.items()}
    counts["summary"] = int(summary.drop(columns=PERSONA).isna().to_numpy().sum())
    if kind == "pooled":
        listed = _pooled(read)
    elif kind == "representative":
        listed = _representative(read, ordered, k)
    else:
        key = SecretKey.from_random_state(random_state)
        listed = _sampled(read, ordered, n_histories, k, key)
    counts["events"] = len(events.personas) - listed[PERSONA].nunique()
    return PersonaHistories(kind, k, listed, summary, **tables, n_suppressed=counts)


@dataclass(frozen=True)
class _Read:
    """The events of a release as codes, with the first and last days of their periods."""

    rows: EventRows
    event_type: Hashable
    date: Hashable | None
    outcome: Hashable | None
    coded: Mapping[Hashable, tuple[np.ndarray, np.ndarray]]
    start: np.ndarray
    end: np.ndarray

    @classmethod
    def of(
        cls, rows: EventRows, event_type: Hashable, date: Hashable | None, outcome: Hashable | None
    ) -> _Read:
        for name in (event_type, outcome):
            if name is not None:
                find_column(rows.released, name, parameter="columns", owner=_OWNER)
        columns = [name for name in (date, event_type, outcome) if name is not None]
        coded = {name: rows.codes(name) for name in columns}
        start = end = np.full(len(rows.rows), np.datetime64("NaT"), dtype="datetime64[D]")
        if date is not None:
            codes, values = coded[date]
            first, last = period_bounds(pd.Series(values).infer_objects(), column=date)
            start, end = first[codes], last[codes]
        return cls(rows, event_type, date, outcome, coded, start, end)

    @property
    def kind(self) -> np.ndarray:
        return self.coded[self.event_type][0]

    def codes(self, name: Hashable) -> np.ndarray:
        return self.coded[name][0]

    def values(self, name: Hashable) -> np.ndarray:
        return self.coded[name][1]

    def labelled(self, codes: Mapping[Hashable, np.ndarray]) -> dict[Hashable, pd.Series]:
        """Give the values that codes stand for, -1 for null."""
        result = {}
        for name, own in codes.items():
            values = np.r_[self.values(name), np.array([None], dtype=object)]
            series = pd.Series(values[own], dtype=object)
            result[name] = series.where(~is_null(series), None).infer_objects()
        return result


def _event_tables(read: _Read, k: int) -> dict[str, pd.DataFrame]:
    """Count events by type and outcome, and by day of the week and date."""
    persona, personas, people = read.rows.persona, read.rows.personas, read.rows.person
    columns = [
        (name, *read.coded[name]) for name in (read.event_type, read.outcome) if name is not None
    ]
    _, found = count_tables(persona, personas, people, columns, k)
    tables = {
        "event_types": found[0],
        "outcomes": found[1] if read.outcome is not None else _no_counts(OUTCOME),
        "periods": _no_counts(DATE),
        "weekdays": _no_counts("weekday"),
    }
    if read.date is not None:
        days = (read.start.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
        plain = ~np.isnat(read.start)
        # Where all is of one day of the week, dates were cut to weeks and it says nothing.
        told = plain.all() and (read.start == read.end).all() and len(np.unique(days)) > 1
        dates = (read.date, *read.coded[read.date])
        if told:
            columns = [("weekday", days, np.array(WEEKDAYS, dtype=object)), dates]
            _, (tables["weekdays"], tables["periods"]) = count_tables(
                persona, personas, people, columns, k
            )
        else:
            _, (tables["periods"],) = count_tables(persona, personas, people, [dates], k)
    return tables


def _no_counts(name: str) -> pd.DataFrame:
    return pd.DataFrame({PERSONA: [], name: [], "count": [], "share": []})


def _people_tables(
    read: _Read, ordered: OrderedEvents, k: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count people by how often they have events, and sum up each persona in a row."""
    rows = read.rows
    codes = repeat_codes(len(rows.persona_of_person), rows.person, read.start, ordered)
    there = rows.persona_of_person >= 0
    own = [code[there] for code in codes]
    of_each = np.bincount(rows.person, minlength=len(there))[there]
    repeats, summary = repeat_tables(
        rows.persona_of_person[there], rows.personas, own, k, n_events=of_each
    )
    level, _ = count_tables(rows.persona, rows.personas, rows.person, [], k)
    n_events = np.full(len(rows.personas), -1)
    if level is not None:
        cells = np.flatnonzero(level.shown)
        n_events[rows.persona[level.first_row[cells]]] = level.count[cells]
    events = pd.Series(n_events, dtype="Int64")
    events = events.where(events >= 0)
    summary.insert(2, "events", events)
    per_person = events.astype(float) / summary[CLASS_SIZE].astype(float)
    summary.insert(3, "events_per_person", per_person)
    return repeats, summary


def _pooled(read: _Read) -> pd.DataFrame:
    """Give all events, sorted by what is released of them."""
    columns = [name for name in (read.date, read.event_type, read.outcome) if name is not None]
    order = np.lexsort((*(read.codes(name) for name in columns[::-1]), read.rows.persona))
    codes = {name: read.codes(name)[order] for name in columns}
    return pd.DataFrame(
        {PERSONA: read.rows.personas[read.rows.persona[order]], **read.labelled(codes)}
    )


def _representative(read: _Read, ordered: OrderedEvents, k: int) -> pd.DataFrame:
    rank, code_of_rank = _in_time(read)
    outcome = read.codes(read.outcome) if read.outcome is not None else np.zeros_like(read.kind)
    steps = representative_steps(ordered, read.rows.persona_of_person, rank, outcome, k)
    codes: dict[Hashable, np.ndarray] = {}
    if read.date is not None:
        codes[read.date] = np.append(code_of_rank, -1)[steps["date_rank"]]
    codes[read.event_type] = steps["kind"].to_numpy()
    if read.outcome is not None:
        codes[read.outcome] = steps["outcome"].to_numpy()
    return pd.DataFrame(
        {
            PERSONA: read.rows.personas[steps["persona"]],
            "step": steps["step"] + 1,
            **read.labelled(codes),
        }
    )


def _in_time(read: _Read) -> tuple[np.ndarray, np.ndarray]:
    """Number the released dates of events in order of time, -1 for null; and give their codes."""
    if read.date is None:
        return np.full(len(read.kind), -1), np.empty(0, dtype=np.int64)
    codes = read.codes(read.date)
    distinct, first = np.unique(codes, return_index=True)
    known = ~np.isnat(read.start[first])
    distinct, first = distinct[known], first[known]
    order = np.lexsort((distinct, read.start[first]))
    rank = np.full(len(read.values(read.date)), -1)
    rank[distinct[order]] = np.arange(len(order))
    return rank[codes], distinct[order]


def _sampled(
    read: _Read, ordered: OrderedEvents, n_histories: int, k: int, key: SecretKey
) -> pd.DataFrame:
    calendar = Calendar.of(read.start, read.end)
    known = ~np.isnat(read.start)
    numbers = np.where(known, calendar.numbers(read.start), 0)
    base = int(numbers[known].min()) if known.any() else 0
    numbers = np.where(known, numbers - base, -1)
    outcome = read.codes(read.outcome) if read.outcome is not None else np.zeros_like(read.kind)
    steps = drawn_steps(
        ordered,
        read.rows.persona_of_person,
        numbers,
        outcome,
        len(read.values(read.event_type)),
        read.rows.personas,
        n_histories,
        k,
        key,
    )
    data: dict[Hashable, Any] = {
        PERSONA: read.rows.personas[steps["persona"]],
        "history": steps["history"] + 1,
        "step": steps["step"] + 1,
    }
    if read.date is not None:
        data[read.date] = _written(read, calendar, steps["number"].to_numpy(), base)
    data |= read.labelled({read.event_type: steps["kind"].to_numpy()})
    if read.outcome is not None:
        data |= read.labelled({read.outcome: steps["outcome"].to_numpy()})
    return pd.DataFrame(data)


def _written(read: _Read, calendar: Calendar, numbers: np.ndarray, base: int) -> pd.Series:
    """Write periods as the release does: as labels, or as days."""
    days = calendar.days(numbers + base)
    days[numbers < 0] = np.datetime64("NaT")
    if pd.api.types.is_datetime64_any_dtype(read.rows.released[read.date].dtype):
        return pd.Series(days.astype("datetime64[s]"))
    return pd.Series(period_labels(days, calendar.precision), dtype=object)
