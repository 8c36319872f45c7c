"""What counts of events and people can be, by the data they are of, whoever is in which persona."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from personatwin_sk.release._checks import Checklist
from personatwin_sk.release._columns import DATE, EVENT_TYPE, OUTCOME
from personatwin_sk.release._event_limits import released_bounds
from personatwin_sk.release._file_names import EVENT_COUNTS_FILE, HISTORY_COUNTS_FILE
from personatwin_sk.release._history_tables import FIGURE, LABEL, PEOPLE
from personatwin_sk.release._persona_statistics import HOW_OFTEN, MORE
from personatwin_sk.release._personas import CLASS_SIZE, PERSONA
from personatwin_sk.release._release_files import ReleaseFiles
from personatwin_sk.release._verify_counts import (
    COUNT,
    LEVEL,
    counted_by,
    least_people,
    read_event_counts,
)
from personatwin_sk.release._verify_histories import read_history_counts

__all__ = ["DataEvents", "Reach", "check_counts_of_data", "count_problems", "outcome_limit"]

_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class DataEvents:
    """Events of the data, and where their people can be.

    Parameters
    ----------
    person : numpy.ndarray of int64, shape (n_events,)
    n_people : int
    kind : pandas.Series of shape (n_events,)
        Types as texts.
    days : numpy.ndarray of datetime64[D], shape (n_events,)
    outcome : pandas.Series of shape (n_events,)
        Texts; null where there are none.
    cell_of_person : numpy.ndarray of int64, shape (n_people,)
    covers : numpy.ndarray of bool, shape (n_cells, n_classes)
        Whether people of a cell can be in a class.
    class_of_persona : mapping of str to int
    is_whole : bool
        Whether nobody was suppressed.
    """

    person: np.ndarray
    n_people: int
    kind: pd.Series
    days: np.ndarray
    outcome: pd.Series
    cell_of_person: np.ndarray
    covers: np.ndarray
    class_of_persona: Mapping[str, int]
    is_whole: bool


@dataclass(frozen=True)
class Reach:
    """How far noise can have taken what is released.

    Parameters
    ----------
    days : int
        By which dates move at most.
    precision : str
        That of released dates.
    flip_probability : float
        Share of outcomes that are exchanged.
    """

    days: int
    precision: str
    flip_probability: float


def check_counts_of_data(
    files: ReleaseFiles,
    personas: pd.DataFrame,
    data: DataEvents,
    reach: Reach,
    checks: Checklist,
) -> None:
    """Hold counts of events and of people with several to what the data can have.

    Parameters
    ----------
    files : ReleaseFiles
    personas : pandas.DataFrame
        With `class_size` as numbers.
    data : DataEvents
    reach : Reach
    checks : Checklist
        Gets a check for each of both that there is.
    """
    if EVENT_COUNTS_FILE in files.tables:
        table = files.tables[EVENT_COUNTS_FILE]
        by, counts = counted_by(table), read_event_counts(table)
        least = least_people(files.risk, EVENT_COUNTS_FILE)
        strange = PERSONA in by and not counts[PERSONA].dropna().isin(data.class_of_persona).all()
        problems = (
            ["some counts are of no persona"]
            if strange
            else count_problems(counts, by, data, reach, least)
        )
        checks.add("event counts of the data", problems, "counts can be theirs")
    if HISTORY_COUNTS_FILE in files.tables:
        figures = read_history_counts(files)
        strange = not figures[PERSONA].isin(data.class_of_persona).all()
        problems = (
            ["some figures are of no persona"]
            if strange
            else repeat_problems(figures, personas, data)
        )
        checks.add("histories of the data", problems, "figures of people can be theirs")


def count_problems(
    counts: pd.DataFrame, by: Sequence[str], data: DataEvents, reach: Reach, least: int
) -> list[str]:
    """List counts of events that the data cannot have, or that fewer people are behind.

    Parameters
    ----------
    counts : pandas.DataFrame
        As `read_event_counts` gives them.
    by : sequence of str
        Columns that they are by.
    data : DataEvents
    reach : Reach
    least : int
        People that each count rests on.
    """
    few = wrong = strange = 0
    for level in range(1, len(by) + 1):
        names, own = list(by[:level]), counts[counts[LEVEL] == level]
        if own.empty:
            continue
        limits = _limits(own, names, data, reach)
        found = own[COUNT].to_numpy()
        wrong += int(((found > limits.most) | (found < limits.fewest)).sum())
        few += int((limits.people < least).sum())
        if OUTCOME in names:
            strange += _strange_outcomes(own, names, data)
    problems = []
    if wrong:
        problems.append(f"{wrong} counts are not those that the data can have")
    if few:
        problems.append(f"fewer than {least} people of the data can be behind {few} counts")
    if strange:
        problems.append(f"{strange} counts are of outcomes that the data do not have")
    if OUTCOME in by and not strange:
        problems += _exchanged(counts, by, data, reach.flip_probability)
    return problems


@dataclass(frozen=True)
class _Limits:
    """Fewest and most events, and most people, that each count can be of."""

    fewest: np.ndarray
    most: np.ndarray
    people: np.ndarray


def _limits(own: pd.DataFrame, names: list[str], data: DataEvents, reach: Reach) -> _Limits:
    n, n_data = len(own), len(data.person)
    kind_of_data, kind = np.zeros(n_data, dtype=np.int64), np.zeros(n, dtype=np.int64)
    if EVENT_TYPE in names:
        both = pd.concat([data.kind, own[EVENT_TYPE]], ignore_index=True)
        codes = pd.factorize(both, use_na_sentinel=False)[0]
        kind_of_data, kind = codes[:n_data], codes[n_data:]
    n_kinds = int(max(kind_of_data.max(initial=0), kind.max(initial=0))) + 1
    # Events and distinct people of each row of the keys, by type.
    cells = data.cell_of_person[data.person]
    events = _table(cells, kind_of_data, (len(data.covers), n_kinds))
    once = pd.DataFrame({"person": data.person, "kind": kind_of_data}).drop_duplicates()
    people = _table(data.cell_of_person[once["person"]], once["kind"].to_numpy(), events.shape)
    exact = data.is_whole and set(names) <= {EVENT_TYPE, PERSONA}
    if PERSONA in names:
        place = own[PERSONA].map(data.class_of_persona).to_numpy(dtype=np.int64)
        at = (place, kind)
        inside = data.covers.T.astype(np.int64)
        most, behind = (inside @ events)[at], (inside @ people)[at]
        certain = (data.covers & (data.covers.sum(axis=1) == 1)[:, None]).T.astype(np.int64)
        # Personas alike share what is certain of their class.
        alone = np.bincount(list(data.class_of_persona.values()), minlength=len(inside)) == 1
        fewest = np.where(exact & alone[place], (certain @ events)[at], 0)
    else:
        most, behind = events.sum(axis=0)[kind], people.sum(axis=0)[kind]
        fewest = most if exact else np.zeros(n, dtype=np.int64)
    if DATE in names:
        within = _within_reach(own[DATE], kind, data.days, kind_of_data, reach)
        most, behind = np.minimum(most, within), np.minimum(behind, within)
    return _Limits(fewest, most, behind)


def _table(row: np.ndarray, column: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1]).reshape(shape)


def _within_reach(
    dates: pd.Series,
    kind: np.ndarray,
    days: np.ndarray,
    kind_of_data: np.ndarray,
    reach: Reach,
) -> np.ndarray:
    """Count the events of each type whose date can have become a released one."""
    start, end = released_bounds(dates, reach.precision)
    result = np.zeros(len(dates), dtype=np.int64)
    for one in np.unique(kind):
        mine, theirs = kind == one, np.sort(days[kind_of_data == one])
        known = theirs[~np.isnat(theirs)]
        high = np.searchsorted(known, end[mine] + reach.days * _DAY, side="right")
        low = np.searchsorted(known, start[mine] - reach.days * _DAY, side="left")
        result[mine] = np.where(np.isnat(start[mine]), len(theirs) - len(known), high - low)
    return result


def _labels(table: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """Give outcomes, with their type where there is one."""
    parts = [
        table[name].astype(object).map(repr) for name in (EVENT_TYPE, OUTCOME) if name in names
    ]
    return parts[0] if len(parts) == 1 else parts[0] + " " + parts[1]


def _of_data(names: Sequence[str], data: DataEvents) -> pd.Series:
    frame = pd.DataFrame({EVENT_TYPE: data.kind, OUTCOME: data.outcome}, dtype=object)
    return _labels(frame.where(frame.notna(), None), names)


def _strange_outcomes(own: pd.DataFrame, names: list[str], data: DataEvents) -> int:
    own = own.astype(object).where(own.notna(), None)
    return int((~_labels(own, names).isin(_of_data(names, data).unique())).sum())


def _exchanged(
    counts: pd.DataFrame, by: Sequence[str], data: DataEvents, flip_probability: float
) -> list[str]:
    """Hold outcomes to how many noise exchanges, all personas and dates together."""
    own = counts[counts[LEVEL] == len(by)]
    own = own.astype(object).where(own.notna(), None)
    shown = own[COUNT].astype(int).groupby(_labels(own, by)).sum()
    before = _of_data(by, data).value_counts().reindex(shown.index).fillna(0)
    more = int(np.maximum(shown - before, 0).sum())
    most = outcome_limit(
        pd.DataFrame({"p": data.person, "l": _of_data(by, data)}), flip_probability
    )
    return [f"{more} outcomes are more than the data and noise give"] if more > most else []


def outcome_limit(rows: pd.DataFrame, share: float) -> float:
    """Give how many outcomes noise exchanges at most: six standard deviations above what it should.

    Parameters
    ----------
    rows : pandas.DataFrame of shape (n_events, ...)
        Rows alike may share a draw.
    share : float
    """
    n = len(rows)
    alike = int(rows.groupby(list(rows.columns), dropna=False).size().max()) if n else 0
    return n * share + 6 * math.sqrt(n * share * (1 - share) * alike) + alike


def repeat_problems(figures: pd.DataFrame, personas: pd.DataFrame, data: DataEvents) -> list[str]:
    """List figures on people with no, one or several events that the data cannot have.

    Parameters
    ----------
    figures : pandas.DataFrame
        As `read_history_counts` gives them.
    personas : pandas.DataFrame
        With `class_size` as numbers.
    data : DataEvents
    """
    n_events = np.bincount(data.person, minlength=data.n_people)
    often = np.minimum(n_events, MORE)
    per_cell = _table(data.cell_of_person, often, (len(data.covers), MORE + 1))
    possible = data.covers.T.astype(np.int64) @ per_cell
    mine = figures[(figures[FIGURE] == PEOPLE) & figures[LABEL].isin(list(HOW_OFTEN))]
    place = mine[PERSONA].map(data.class_of_persona).to_numpy(dtype=np.int64)
    kind = mine[LABEL].map({str(name): at for at, name in enumerate(HOW_OFTEN)}).to_numpy()
    found = mine[COUNT].to_numpy()
    told = np.zeros_like(possible)
    np.add.at(told, (place, kind), found)
    problems = []
    too_many = int((told > possible).sum())
    if too_many:
        problems.append(f"{too_many} figures are of more people than the data can have there")
    everybody = np.bincount(often, minlength=MORE + 1)
    hidden = int(personas[CLASS_SIZE].sum()) - int(found.sum())
    total = told.sum(axis=0)
    off = (total > everybody) | (data.is_whole & (total + hidden < everybody))
    if off.any():
        problems.append(f"people with {', '.join(HOW_OFTEN[off])}: not as many as the data have")
    return problems
