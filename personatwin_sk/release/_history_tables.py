"""Histories as two tables that open in anything: a row per persona, and a row per figure."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd

from personatwin_sk.release._columns import DATE, EVENT_TYPE, OUTCOME
from personatwin_sk.release._histories import PersonaHistories
from personatwin_sk.release._personas import CLASS_SIZE, PERSONA

FIGURE, OF, LABEL, COUNT, SHARE = "figure", "of", "label", "count", "share"
TYPES, OUTCOMES, PERIODS, WEEKDAYS, PEOPLE = (
    "event type",
    "outcome",
    "period",
    "weekday",
    "people with",
)


def histories_table(histories: PersonaHistories) -> pd.DataFrame:
    """Give the figures that each persona has one of.

    Parameters
    ----------
    histories : PersonaHistories

    Returns
    -------
    pandas.DataFrame of shape (n_personas, 5)
        ``persona_id``, ``events``, ``events_per_person``, ``repeat_share``, ``recidivism_share``;
        null where too few people are behind a figure.
    """
    # How many people a persona stands for is told once, beside what they share.
    return histories.summary.drop(columns=CLASS_SIZE)


def history_counts_table(histories: PersonaHistories) -> pd.DataFrame:
    """Give all other figures of histories, one a row.

    Parameters
    ----------
    histories : PersonaHistories

    Returns
    -------
    pandas.DataFrame of shape (n_figures, 6)
        ``persona_id``; ``figure``: "event type", "outcome", "period", "weekday" or "people with";
        ``of``: the event type of an outcome, the weekday of a period; ``label``; ``count`` of
        events, or of people; ``share`` of what it is a part of. Ordered by persona and figure.

    Examples
    --------
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(200, random_state=0)
    >>> result = pt.create_safe_personas(people, known_events=0, random_state=0)
    >>> sorted(set(history_counts_table(result.personas.histories)["figure"]))
    ['event type', 'outcome', 'people with']
    """
    days = "weekday" in histories.periods
    parts: list[tuple[str, pd.DataFrame, Hashable, Hashable | None]] = [
        (TYPES, histories.event_types, EVENT_TYPE, None),
        (OUTCOMES, histories.outcomes, OUTCOME, EVENT_TYPE),
        (PERIODS, histories.periods, DATE, "weekday" if days else None),
        (WEEKDAYS, histories.weekdays, "weekday", None),
        (PEOPLE, histories.repeats.rename(columns={"people": COUNT}), "people_with", None),
    ]
    frames = [_figures(name, table, label, of) for name, table, label, of in parts if len(table)]
    if not frames:
        return pd.DataFrame({name: [] for name in (PERSONA, FIGURE, OF, LABEL, COUNT, SHARE)})
    return pd.concat(frames).sort_values(PERSONA, kind="stable", ignore_index=True)


def _figures(name: str, table: pd.DataFrame, label: Hashable, of: Hashable | None) -> pd.DataFrame:
    nothing = pd.Series(None, index=table.index, dtype=object)
    return pd.DataFrame(
        {
            PERSONA: table[PERSONA].astype(object),
            FIGURE: name,
            OF: nothing if of is None else table[of].astype(object),
            LABEL: _texts(table[label]),
            COUNT: table[COUNT].astype("int64"),
            SHARE: table[SHARE].astype(float),
        }
    )


def _texts(values: pd.Series) -> pd.Series:
    """Write dates as the day they are: labels stand beside them in the column."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        days = values.dt.strftime("%Y-%m-%d").astype(object)
        return days.where(values.notna(), None)
    return values.astype(object)
