"""Aggregated events: counts in place of rows, with small ones suppressed beyond recovery."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.exceptions import InputError
from personatwin_sk.release._columns import DATE, EVENT_TYPE, OUTCOME, PERSON
from personatwin_sk.release._event_rows import EventRows, check_whole, read_event_rows
from personatwin_sk.release._personas import PERSONA
from personatwin_sk.release._shown_counts import CountLevel, shown_counts

__all__ = ["aggregate_events"]

_OWNER = "aggregate_events"
_ADDED = ("level", "count", "suppressed")


def aggregate_events(
    original: Any,
    released: Any,
    by: Sequence[Hashable] = (PERSONA, EVENT_TYPE, DATE, OUTCOME),
    *,
    k: int = 5,
    person_id: Hashable = PERSON,
    event_type: Hashable | None = EVENT_TYPE,
    date: Hashable | None = DATE,
) -> pd.DataFrame:
    """Count the events of a release, at every level of detail that k people stand behind.

    In place of event rows, where the risk that known events single somebody out is too high for
    them: no row of anybody is in it, and nobody's events stand together.

    Parameters
    ----------
    original : pandas, polars or pyarrow table of shape (n_rows, ...)
        Whose rows they are; only people are counted here.
    released : table of shape (n_rows, ...)
        The same rows as the pipeline of a release made them: the person column holds the persona,
        null for the suppressed.
    by : sequence of column names, default=("persona_id", "event_type", "date", "outcome")
        Columns of `released` to count by, coarsest first; "persona_id" is the persona. Counts are
        given for each of them together with those before it. Start with the type for totals by
        type and with the persona last where personas are small.
    k : int, default=5
        People that each figure rests on at least, 2 or more.
    person_id : column, default="person_id"
        Whose event it is, in both tables.
    event_type, date : column or None, default="event_type", "date"
        A row whose original has neither is not an event. None where there is no such column.

    Returns
    -------
    pandas.DataFrame
        ``level``: how many columns of `by` a row is by, 0 for the total; these columns, null from
        there on; ``count`` of events; ``suppressed``: how many of them no row of the next level
        counts. What is not listed happened to fewer than k people, or to nobody, or is left out
        so that no such count can be worked out. ``attrs`` say `k`, `fewest_people` behind any
        figure, `largest_chance` of picking the right one among them (1/fewest_people: who knows
        events of somebody finds no fewer people behind them, for nothing tells which events are of
        one person), counts that are not shown (``n_suppressed_cells``), and what this protects.

    Raises
    ------
    ColumnNotFoundError
        A column is not there.
    InputError
        The tables do not go together, or a parameter cannot be used.

    Notes
    -----
    The figures of one call protect each other; those of two calls can be taken off each other, so
    publish one table of a release. A class whose people all have an event is seen to have it: this
    hides who is who, not what is true of all.

    References
    ----------
    L. Willenborg, T. de Waal, "Elements of Statistical Disclosure Control", Springer 2001: primary
    and complementary suppression in tables with totals.

    Examples
    --------
    >>> people = pd.DataFrame({
    ...     "person_id": range(8), "date": "2023",
    ...     "event_type": ["arrest"] * 4 + ["trial"] * 3 + ["appeal"],
    ... })
    >>> released = people.assign(person_id=0)  # everybody in one persona
    >>> aggregate_events(people, released, ["persona_id", "event_type"], k=3)
       level  persona_id event_type  count  suppressed
    0      0        <NA>       None      8           0
    1      1           0       None      8           4
    2      2           0     arrest      4           0
    """
    k = check_whole(k, "k", 2, _OWNER)
    columns = _read_by(by)
    events = read_event_rows(
        original, released, person_id=person_id, event_type=event_type, date=date, owner=_OWNER
    )
    missing = [name for name in columns if name != PERSONA and name not in events.released]
    if missing:
        raise InputError(
            f"{_OWNER}: the released table has no column "
            f"{', '.join(map(repr, missing))}, which the parameter by names."
        )
    coded = [_coded(events, name) for name in columns]
    levels = shown_counts([codes for codes, _ in coded], events.person, k)
    return _frame(levels, columns, coded, k)


def _read_by(by: Sequence[Hashable]) -> list[Hashable]:
    columns: list[Hashable] = [by] if isinstance(by, str) else list(by)
    taken = [name for name in columns if name in _ADDED]
    if not columns or len(set(columns)) < len(columns) or taken:
        raise InputError(
            f"{_OWNER}: by must name at least one column, each once, and none of "
            f"{', '.join(_ADDED)}, which the result adds."
        )
    return columns


def _coded(events: EventRows, name: Hashable) -> tuple[np.ndarray, np.ndarray]:
    """Give codes from 0 and the values they stand for."""
    return (events.persona, events.personas) if name == PERSONA else events.codes(name)


def _frame(
    levels: Sequence[CountLevel],
    columns: Sequence[Hashable],
    coded: Sequence[tuple[np.ndarray, np.ndarray]],
    k: int,
) -> pd.DataFrame:
    shown = [np.flatnonzero(level.shown) for level in levels]
    data: dict[Any, Any] = {
        "level": np.repeat(np.arange(len(levels)), [len(cells) for cells in shown])
    }
    for place, (name, (codes, values)) in enumerate(zip(columns, coded, strict=True)):
        parts = [
            values[codes[level.first_row[cells]]]
            if depth > place
            else np.full(len(cells), None, dtype=object)
            for depth, (level, cells) in enumerate(zip(levels, shown, strict=True))
        ]
        data[name] = _column(np.concatenate(parts) if parts else np.empty(0, dtype=object))
    pairs = list(zip(levels, shown, strict=True))
    data["count"] = _joined([level.count[cells] for level, cells in pairs])
    data["suppressed"] = _joined([level.left[cells] for level, cells in pairs])
    frame = pd.DataFrame(data)
    behind = _joined([level.people[cells] for level, cells in pairs])
    left = _joined([level.left_people[cells] for level, cells in pairs])
    figures = np.concatenate([behind, left[left > 0]])
    frame.attrs = {
        "k": k,
        "fewest_people": int(figures.min()) if len(figures) else None,
        "largest_chance": 1.0 / int(figures.min()) if len(figures) else None,
        "n_suppressed_cells": sum(int((~level.shown).sum()) for level in levels),
        "protects": f"every count, and what is left of it when those below it are taken off, rests "
        f"on at least {k} people",
    }
    return frame


def _column(values: np.ndarray) -> pd.Series:
    """Give whole numbers as such, though there are nulls among them; all else as it is."""
    series = pd.Series(values, dtype=object)
    known = series.dropna()
    are_whole = len(known) and all(
        isinstance(value, int | np.integer) and not isinstance(value, bool) for value in known
    )
    if are_whole:
        return series.where(series.notna(), pd.NA).astype("Int64")
    if len(known) and pd.api.types.infer_dtype(known) in ("datetime", "datetime64"):
        return pd.to_datetime(series)
    return series.where(series.notna(), None)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts])
