"""Holds the figures on events and histories to each other and to the tables they are of."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import ceil

import numpy as np
import pandas as pd

from personatwin_sk.domains import get_privacy_level
from personatwin_sk.release._checks import Facts, Malformed
from personatwin_sk.release._columns import DATE, EVENT_TYPE, OUTCOME
from personatwin_sk.release._file_names import EVENT_COUNTS_FILE
from personatwin_sk.release._personas import CLASS_SIZE, PERSONA
from personatwin_sk.release._release_files import ReleaseFiles

__all__ = ["counted_by", "event_count_problems", "least_people", "numbers_of", "read_event_counts"]

_MAY_COUNT_BY = (PERSONA, EVENT_TYPE, DATE, OUTCOME)
_ROUNDING = 1e-9
LEVEL, COUNT, SUPPRESSED = "level", "count", "suppressed"


def least_people(risk: Facts, file: str) -> int:
    """Give how many people each figure of a file rests on, as claimed.

    Raises
    ------
    Malformed
        If it is not told, or is less than the privacy level and the target ask for.
    """
    claimed = risk.whole("least_people", file)
    asked = get_privacy_level(risk.at("settings", "privacy_level")).k
    if file == EVENT_COUNTS_FILE:
        # Who knows events of somebody finds them among no fewer people.
        asked = max(asked, ceil(1 / risk.number("verdict", "target_risk") - _ROUNDING))
    if claimed < asked:
        raise Malformed(f"{file}: figures rest on {claimed} people, {asked} were asked for")
    return claimed


def numbers_of(
    file: str, table: pd.DataFrame, names: tuple[str, ...], *, whole: bool = True
) -> pd.DataFrame:
    """Give columns as numbers; null stays null unless they must be whole.

    Raises
    ------
    Malformed
        If some are none; the message counts.
    """
    result = table.copy()
    for name in names:
        texts = table[name].fillna("")
        written = r"\d{1,15}" if whole else r"(?:\d+(?:\.\d+)?(?:e-?\d+)?)?"
        strange = int((~texts.str.fullmatch(written)).sum())
        if strange:
            raise Malformed(f"{strange} values of {name} of {file} are no numbers")
        numbers = pd.to_numeric(texts.where(texts != "", None))
        result[name] = numbers.astype("int64") if whole else numbers.astype(float)
    return result


def counted_by(table: pd.DataFrame) -> list[str]:
    """Give the columns that events are counted by.

    Raises
    ------
    Malformed
        If the columns of the table are not those of counts.
    """
    names = [str(name) for name in table.columns]
    by = names[1:-2]
    fits = [LEVEL, *by, COUNT, SUPPRESSED] == names and by and set(by) <= set(_MAY_COUNT_BY)
    if not fits or len(set(by)) < len(by):
        raise Malformed(f"columns of {EVENT_COUNTS_FILE} are not those of counts of events")
    return by


def read_event_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Give the counts as numbers.

    Raises
    ------
    Malformed
        If they are none, or a level is none.
    """
    by = counted_by(table)
    counts = numbers_of(EVENT_COUNTS_FILE, table, (LEVEL, COUNT, SUPPRESSED))
    deeper = int((counts[LEVEL] > len(by)).sum())
    if deeper:
        raise Malformed(f"{deeper} rows of {EVENT_COUNTS_FILE} are of a level that there is not")
    beyond = sum(counts[name].notna() & (counts[LEVEL] <= place) for place, name in enumerate(by))
    too_much = int((np.asarray(beyond) > 0).sum())
    if too_much:
        raise Malformed(f"{too_much} rows of {EVENT_COUNTS_FILE} say more than their level has")
    return counts


def event_count_problems(files: ReleaseFiles, personas: pd.DataFrame | None) -> list[str]:
    """List what contradicts itself, or gives away what is suppressed."""
    table = files.tables.get(EVENT_COUNTS_FILE)
    is_aggregated = files.risk.mapping("settings").get("event_form") == "aggregated"
    if table is None:
        return [f"{EVENT_COUNTS_FILE} is missing"]
    if not is_aggregated or files.events is not None:
        return ["there are counts of events where risk.json knows of none"]
    by, counts = counted_by(table), read_event_counts(table)
    least = least_people(files.risk, EVENT_COUNTS_FILE)
    problems = [*_small(counts, least), *_sums(counts, by), *_total(counts, files.risk)]
    if personas is not None and PERSONA in by:
        problems += _persona_problems(counts, by, personas, least)
    return problems


def _small(counts: pd.DataFrame, least: int) -> list[str]:
    small = int((counts[COUNT] < least).sum())
    problems = []
    if small:
        problems.append(f"{small} counts rest on fewer than {least} people")
    # What is left of a count without those that are listed below it is a figure, too.
    left = int(((counts[SUPPRESSED] > 0) & (counts[SUPPRESSED] < least)).sum())
    if left:
        problems.append(
            f"what {left} counts leave over rests on fewer than {least} people, and can be worked "
            "out from them"
        )
    return problems


def _sums(counts: pd.DataFrame, by: list[str]) -> list[str]:
    """Hold each count to those of the next level and what is suppressed there."""
    twice = orphans = unequal = 0
    for level in range(len(by) + 1):
        names = by[:level]
        own = counts[counts[LEVEL] == level]
        twice += int(own.duplicated(names).sum()) if names else max(len(own) - 1, 0)
        below = counts[counts[LEVEL] == level + 1]
        listed = _summed(own, names, [COUNT, SUPPRESSED])
        parts = _summed(below, names, [COUNT]).rename(columns={COUNT: "parts"})
        # Merged on a constant, too, for the total has no column of its own.
        both = listed.merge(parts, how="outer", on=["_all", *names])
        orphans += int(both[COUNT].isna().sum())
        both = both[both[COUNT].notna()].fillna({"parts": 0})
        if level < len(by):
            unequal += int((both["parts"] + both[SUPPRESSED] != both[COUNT]).sum())
        else:
            unequal += int((both[SUPPRESSED] > 0).sum())  # there is no further level
    problems = []
    if twice:
        problems.append(f"{twice} counts are there twice")
    if orphans:
        problems.append(f"{orphans} groups of counts are parts of a count that is not there")
    if unequal:
        problems.append(f"{unequal} counts are not the sum of their parts")
    return problems


def _summed(rows: pd.DataFrame, names: list[str], figures: list[str]) -> pd.DataFrame:
    return rows.assign(_all=0).groupby(["_all", *names], dropna=False)[figures].sum().reset_index()


def _total(counts: pd.DataFrame, risk: Facts) -> list[str]:
    if counts.empty:
        return []
    total = int(counts.loc[counts[LEVEL] == 0, COUNT].sum())
    everything = risk.whole("counts", "events")
    is_whole = risk.whole("counts", "suppressed_people") == 0
    if total > everything or (is_whole and total != everything):
        return [f"{total} events are counted, {everything} are claimed"]
    return []


def _persona_problems(
    counts: pd.DataFrame, by: list[str], personas: pd.DataFrame, least: int
) -> list[str]:
    problems = []
    place = by.index(PERSONA)
    listed = counts.loc[counts[LEVEL] > place, PERSONA]
    size = listed.map(people_of(personas))
    strange, small = int(size.isna().sum()), int((size < least).sum())
    if strange:
        problems.append(f"{strange} counts are of no persona")
    if small:
        problems.append(f"{small} counts are of personas of fewer than {least} people")
    if place == 0 and not strange:
        left = int(counts.loc[counts[LEVEL] == 0, SUPPRESSED].sum())
        others = personas[~personas[PERSONA].isin(listed)]
        if left and (len(others) < 2 or int(others[CLASS_SIZE].sum()) < least):
            problems.append(
                "what the counts of personas leave over is of so few that it is given away"
            )
    return problems


def people_of(personas: pd.DataFrame) -> Mapping[Hashable, int]:
    """Give the people of each persona by its id."""
    return dict(zip(personas[PERSONA], personas[CLASS_SIZE], strict=True))
