"""Holds the figures of histories to the events and people they are of."""

from __future__ import annotations

import numpy as np
import pandas as pd

from personatwin_sk.release._checks import Malformed
from personatwin_sk.release._columns import DATE, EVENT_TYPE, OUTCOME
from personatwin_sk.release._file_names import HISTORIES_FILE, HISTORY_COUNTS_FILE
from personatwin_sk.release._history_tables import (
    COUNT,
    FIGURE,
    LABEL,
    OF,
    OUTCOMES,
    PEOPLE,
    PERIODS,
    SHARE,
    TYPES,
    WEEKDAYS,
)
from personatwin_sk.release._persona_statistics import HOW_OFTEN, MORE, given_away_by_events
from personatwin_sk.release._personas import PERSONA
from personatwin_sk.release._release_files import ReleaseFiles
from personatwin_sk.release._verify_counts import least_people, numbers_of, people_of

__all__ = ["given_away", "history_problems", "read_histories", "read_history_counts"]

_SHARES = ("events", "events_per_person", "repeat_share", "recidivism_share")
_COLUMNS = [PERSONA, FIGURE, OF, LABEL, COUNT, SHARE]
_CLOSE = 1e-9


def history_problems(files: ReleaseFiles, personas: pd.DataFrame) -> list[str]:
    """List what of the histories contradicts the other tables, or rests on too few people."""
    there = [name for name in (HISTORIES_FILE, HISTORY_COUNTS_FILE) if name in files.tables]
    named = [
        name
        for name in (HISTORIES_FILE, HISTORY_COUNTS_FILE)
        if name in files.risk.mapping("least_people")
    ]
    if there != named:
        return [f"{len(there)} tables of histories are there, risk.json knows of {len(named)}"]
    if len(there) < 2:
        return ["one table of histories is there without the other"] if there else []
    if files.events is None:
        return ["there are histories without events"]
    least = max(least_people(files.risk, name) for name in there)
    summary, figures = read_histories(files), read_history_counts(files)
    problems = _summary_problems(summary, figures, files.events, personas, least)
    small = int((figures[COUNT] < least).sum())
    if small:
        problems.append(f"{small} figures rest on fewer than {least} people")
    twice = int(figures.duplicated([PERSONA, FIGURE, OF, LABEL]).sum())
    if twice:
        problems.append(f"{twice} figures are there twice")
    return (
        problems
        + _event_problems(figures, files.events)
        + _people_problems(figures, personas, least)
        + given_away(figures, files.events, personas, least)
    )


def read_histories(files: ReleaseFiles) -> pd.DataFrame:
    """Give the row of each persona, as numbers.

    Raises
    ------
    Malformed
        If the table is none of histories.
    """
    table = files.tables[HISTORIES_FILE]
    if list(table.columns) != [PERSONA, *_SHARES]:
        raise Malformed(f"columns of {HISTORIES_FILE} are not those of histories")
    return numbers_of(HISTORIES_FILE, table, _SHARES, whole=False)


def read_history_counts(files: ReleaseFiles) -> pd.DataFrame:
    """Give the figures, as numbers.

    Raises
    ------
    Malformed
        If the table is none of figures.
    """
    table = files.tables[HISTORY_COUNTS_FILE]
    if list(table.columns) != _COLUMNS:
        raise Malformed(f"columns of {HISTORY_COUNTS_FILE} are not those of histories")
    strange = int((~table[FIGURE].isin([TYPES, OUTCOMES, PERIODS, WEEKDAYS, PEOPLE])).sum())
    if strange:
        raise Malformed(f"{strange} rows of {HISTORY_COUNTS_FILE} are of no kind of figure")
    counts = numbers_of(HISTORY_COUNTS_FILE, table, (COUNT,))
    return numbers_of(HISTORY_COUNTS_FILE, counts, (SHARE,), whole=False)


def _summary_problems(
    summary: pd.DataFrame,
    figures: pd.DataFrame,
    events: pd.DataFrame,
    personas: pd.DataFrame,
    least: int,
) -> list[str]:
    if sorted(summary[PERSONA].fillna("")) != sorted(personas[PERSONA].fillna("")):
        return ["histories are not those of the personas, a row each"]
    people = summary[PERSONA].map(people_of(personas))
    n_events = summary[PERSONA].map(events[PERSONA].value_counts()).fillna(0)
    several = _people_with(figures, str(HOW_OFTEN[MORE]))
    repeats = summary[PERSONA].map(several) / people
    again = summary[PERSONA].map(_people_with(figures, "again")) / people
    known = (_people_with(figures, str(name)) for name in HOW_OFTEN)
    told = sum(summary[PERSONA].map(one).fillna(0) for one in known)
    expected = {
        "events": n_events,
        "events_per_person": n_events / people,
        # Not listed, but known to be nobody: all others are.
        "repeat_share": repeats.mask(repeats.isna() & (told == people), 0.0),
        "recidivism_share": again.fillna(0.0),
    }
    wrong = [
        f"{name} of {int(n)} personas"
        for name, figure in expected.items()
        if (n := (~_alike(summary[name], figure) & summary[name].notna()).sum())
    ]
    problems = [f"{', '.join(wrong)}: not what the other tables give"] if wrong else []
    small = int((summary["events"] < least).sum())
    if small:
        problems.append(f"{small} personas have fewer events than people who must be behind them")
    return problems


def _people_with(figures: pd.DataFrame, label: str) -> pd.Series:
    of = figures[(figures[FIGURE] == PEOPLE) & (figures[LABEL] == label)]
    return of.drop_duplicates(PERSONA).set_index(PERSONA)[COUNT]


def _event_problems(figures: pd.DataFrame, events: pd.DataFrame) -> list[str]:
    """Count the rows of events again, by persona and whatever a figure is by."""
    problems = []
    of_weekday = bool(figures.loc[figures[FIGURE] == PERIODS, OF].notna().any())
    if of_weekday or (figures[FIGURE] == WEEKDAYS).any():
        dates = pd.to_datetime(events[DATE].str[:10], errors="coerce")
        events = events.assign(_weekday=dates.dt.day_name())
    looked_at: list[tuple[str, str | None, str]] = [
        (TYPES, None, EVENT_TYPE),
        (OUTCOMES, EVENT_TYPE, OUTCOME),
        (PERIODS, "_weekday" if of_weekday else None, DATE),
        (WEEKDAYS, None, "_weekday"),
    ]
    for kind, of, label in looked_at:
        mine = figures[figures[FIGURE] == kind]
        if mine.empty:
            continue
        if label not in events or (of is not None and of not in events):
            problems.append(f"{len(mine)} figures are of a column that events.csv does not have")
            continue
        above = [PERSONA] if of is None else [PERSONA, of]
        parts = _counted(events, [*above, label], "parts")
        wholes = _counted(events, above, "whole")
        both = parts.merge(wholes, on=above).rename(columns={label: LABEL})
        both = both.assign(**{OF: None}) if of is None else both.rename(columns={of: OF})
        both[OF] = both[OF].astype(object)
        found = mine.merge(both, how="left", on=[PERSONA, OF, LABEL])
        same = found[COUNT].eq(found["parts"])
        same &= _alike(found[SHARE], found["parts"] / found["whole"])
        wrong = int((~same).sum())
        if wrong:
            problems.append(f"{wrong} figures by {kind} are not those of events.csv")
    return problems


def _counted(events: pd.DataFrame, names: list[str], name: str) -> pd.DataFrame:
    return events.groupby(names, dropna=False).size().rename(name).reset_index()


def _people_problems(figures: pd.DataFrame, personas: pd.DataFrame, least: int) -> list[str]:
    mine = figures[figures[FIGURE] == PEOPLE]
    people = mine[PERSONA].map(people_of(personas))
    problems = []
    wrong = int((~_alike(mine[SHARE], mine[COUNT] / people)).sum())
    if wrong:
        problems.append(f"{wrong} shares of people are not those of the personas")
    parts = mine[mine[LABEL].isin(list(HOW_OFTEN))]
    told = parts.groupby(PERSONA)[COUNT].sum()
    left = told.index.map(people_of(personas)) - told
    too_many, small = int((left < 0).sum()), int(((left > 0) & (left < least)).sum())
    if too_many:
        problems.append(f"more people are counted in {too_many} personas than they stand for")
    if small:
        problems.append(
            f"what is left of {small} personas rests on fewer than {least} people, and can be "
            "worked out"
        )
    again = _people_with(mine, "again")
    several = _people_with(mine, str(HOW_OFTEN[MORE])).reindex(again.index)
    more = int((again > several).sum() + several.isna().sum())
    if more:
        problems.append(f"in {more} personas more people have events again than have several")
    return problems


def given_away(
    figures: pd.DataFrame, events: pd.DataFrame, personas: pd.DataFrame, least: int
) -> list[str]:
    """List what of people with no, one or several events is hidden but follows from the rows."""
    ids = personas[PERSONA]
    told = [
        ids.map(_people_with(figures, str(name))).fillna(-1).astype("int64") for name in HOW_OFTEN
    ]
    n_events = ids.map(events[PERSONA].value_counts()).fillna(0).astype("int64")
    size = ids.map(people_of(personas)).astype("int64")
    away = given_away_by_events(
        size.to_numpy(), n_events.to_numpy(), np.column_stack(told), least
    ).sum()
    if away:
        return [f"in {away} personas figures that are hidden follow from the number of events"]
    return []


def _alike(left: pd.Series, right: pd.Series) -> pd.Series:
    return pd.Series(np.isclose(left, right, rtol=_CLOSE, atol=_CLOSE), index=left.index)
