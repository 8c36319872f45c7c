"""What is told of each persona: types, outcomes, periods, and who had events again.

Three hierarchies of counts that have nothing in common but the persona, so that no count of one
gives a hidden one of another away: type and outcome; weekday and date; and, in people, how often.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from personatwin_sk.release._history_order import OrderedEvents
from personatwin_sk.release._personas import CLASS_SIZE, PERSONA
from personatwin_sk.release._shown_counts import CountLevel, shown_counts

__all__ = [
    "WEEKDAYS",
    "count_tables",
    "given_away_by_events",
    "repeat_codes",
    "repeat_tables",
]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NONE, ONCE, MORE = range(3)
HOW_OFTEN = np.array(["no event", "one event", "several events"], dtype=object)
AGAIN = np.array(["one run", "again"], dtype=object)
WITHIN = np.array(
    ["within 1 year", "within 2 years", "within 3 years", "later", "not known"], dtype=object
)
_YEARS = (366, 731, 1096)

Coded = tuple[Hashable, np.ndarray, np.ndarray]


def count_tables(
    persona: np.ndarray,
    personas: np.ndarray,
    people: np.ndarray,
    columns: Sequence[Coded],
    k: int,
) -> tuple[CountLevel | None, list[pd.DataFrame]]:
    """Count rows by persona and further columns, one table per column, small counts suppressed.

    Parameters
    ----------
    persona, people : numpy.ndarray of int64, shape (n_rows,)
    personas : numpy.ndarray of object
        What each persona is called.
    columns : sequence of (name, codes, values)
        Coarsest first.
    k : int

    Returns
    -------
    level : CountLevel or None
        That of the personas.
    tables : list of pandas.DataFrame, one per column
        ``persona_id``, the columns so far, ``count``, and ``share`` of the row above. ``attrs``
        count the cells that are not shown.
    """
    levels = shown_counts([persona, *(codes for _, codes, _ in columns)], people, k)
    tables = []
    for depth in range(len(columns)):
        named = [(PERSONA, persona, personas), *columns[: depth + 1]]
        if not levels:
            data = {name: pd.Series([], dtype=object) for name, _, _ in named}
            tables.append(pd.DataFrame(data).assign(count=0, share=0.0))
            continue
        own, above = levels[depth + 2], levels[depth + 1]
        cells = np.flatnonzero(own.shown)
        rows = own.first_row[cells]
        frame = pd.DataFrame({name: values[codes[rows]] for name, codes, values in named})
        frame["count"] = own.count[cells]
        frame["share"] = own.count[cells] / above.count[own.parent[cells]]
        frame.attrs["n_suppressed"] = int((~own.shown).sum())
        tables.append(frame)
    return (levels[1] if levels else None), tables


def repeat_codes(
    n_people: int, person: np.ndarray, start: np.ndarray, ordered: OrderedEvents
) -> list[np.ndarray]:
    """Say of each person how often they have events, whether again, and how soon.

    Parameters
    ----------
    n_people : int
    person : numpy.ndarray of int64, shape (n_events,)
        Of all events, whether or not they fit into the order.
    start : numpy.ndarray of datetime64[D], shape (n_events,)
    ordered : OrderedEvents

    Returns
    -------
    list of three numpy.ndarray of int64, shape (n_people,)
        Numbers in HOW_OFTEN, AGAIN and WITHIN: the second splits several events, the third again.
    """
    n_events = np.bincount(person, minlength=n_people)
    often = np.minimum(n_events, MORE)
    runs = np.flatnonzero(ordered.begins)
    number = np.arange(len(runs)) - np.searchsorted(ordered.person[runs], ordered.person[runs])
    moments = np.full((2, n_people), np.datetime64("NaT"), dtype="datetime64[D]")
    again = np.zeros(n_people, dtype=np.int64)
    for which in (0, 1):
        own = runs[number == which]
        moments[which, ordered.person[own]] = start[ordered.event[own]]
        again[ordered.person[own]] = which
    days = (moments[1] - moments[0]).astype(float)
    days[np.isnat(moments).any(axis=0)] = np.nan
    within = np.where(np.isnan(days), len(_YEARS) + 1, np.searchsorted(_YEARS, days))
    return [often, again, np.where(again > 0, within, 0)]


def repeat_tables(
    persona: np.ndarray,
    personas: np.ndarray,
    codes: Sequence[np.ndarray],
    k: int,
    *,
    n_events: np.ndarray,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count people by how often they have events.

    Parameters
    ----------
    persona : numpy.ndarray of int64, shape (n_people,)
        Of the people who are released.
    personas : numpy.ndarray of object
    codes : sequence of three numpy.ndarray, as of `repeat_codes`
    k : int
    n_events : numpy.ndarray of int64, shape (n_people,)
        Events of each; their sum by persona is seen in the rows of events.

    Returns
    -------
    repeats : pandas.DataFrame
        ``persona_id``, ``people_with``, ``people`` and ``share`` of the persona.
    summary : pandas.DataFrame, a row per persona
        ``class_size``, ``repeat_share``: share of its people with several events, and
        ``recidivism_share``: with a second run of events. Null where fewer than k people are behind
        a figure, or would be behind what is left without it.
    """
    levels = shown_counts([persona, *codes], np.arange(len(persona)), k)
    n_personas = len(personas)
    if not levels:
        empty = pd.DataFrame({PERSONA: [], "people_with": [], "people": [], "share": []})
        return empty, pd.DataFrame({PERSONA: personas})
    levels = _held_to_events(levels, persona, codes[0], n_events, k)
    of_persona = levels[1]
    size = np.zeros(n_personas, dtype=np.int64)
    size[persona[of_persona.first_row]] = np.where(of_persona.shown, of_persona.count, 0)
    parts = []
    told = {2: (NONE, ONCE, MORE), 3: (1,), 4: tuple(range(len(WITHIN)))}
    names = {2: HOW_OFTEN, 3: AGAIN, 4: np.array([f"again {text}" for text in WITHIN])}
    for depth, wanted in told.items():
        level, code = levels[depth], codes[depth - 2]
        own = code[level.first_row]
        stays = level.shown & np.isin(own, wanted)
        if depth > 2:  # these split several events, and a second run
            stays &= codes[0][level.first_row] == MORE
            stays &= codes[1][level.first_row] == 1
        cells = np.flatnonzero(stays)
        where = persona[level.first_row[cells]]
        parts.append(
            pd.DataFrame(
                {
                    PERSONA: where,
                    "people_with": names[depth][own[cells]],
                    "people": level.count[cells],
                    "share": level.count[cells] / size[where],
                }
            )
        )
    repeats = pd.concat(parts).sort_values(PERSONA, kind="stable", ignore_index=True)
    repeats[PERSONA] = personas[repeats[PERSONA]]
    repeats.attrs["n_suppressed"] = sum(int((~level.shown).sum()) for level in levels[2:])
    several, again = codes[0] == MORE, (codes[0] == MORE) & (codes[1] == 1)
    everybody = np.ones(len(persona), dtype=bool)
    n_several, is_known = _people_of(
        (levels[1], everybody), (levels[2], several), persona, n_personas
    )
    n_again, again_known = _people_of((levels[2], several), (levels[3], again), persona, n_personas)
    again_known |= is_known & (n_several == 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        summary = pd.DataFrame(
            {
                PERSONA: personas,
                CLASS_SIZE: pd.array(np.where(size > 0, size, -1), dtype="Int64"),
                "repeat_share": np.where(is_known, n_several / size, np.nan),
                "recidivism_share": np.where(again_known, n_again / size, np.nan),
            }
        )
    summary[CLASS_SIZE] = summary[CLASS_SIZE].where(summary[CLASS_SIZE] > 0)
    return repeats, summary


def given_away_by_events(
    size: np.ndarray, n_events: np.ndarray, told: np.ndarray, k: int
) -> np.ndarray:
    """Tell where figures that are hidden follow from how many events the rows of a persona are.

    Ten people with one or several events who have eleven of them are nine with one and one with
    two. Where two of the three figures are hidden, the one on fewer people has to be able to be k.

    Parameters
    ----------
    size, n_events : numpy.ndarray of int64, shape (n_personas,)
    told : numpy.ndarray of int64, shape (n_personas, 3)
        People with no, one and several events; -1 where it is not told.
    k : int

    Returns
    -------
    numpy.ndarray of bool, shape (n_personas,)

    Examples
    --------
    >>> told = np.array([[40, -1, -1], [40, -1, -1]])
    >>> given_away_by_events(np.array([50, 50]), np.array([11, 20]), told, k=5)
    array([ True, False])
    """
    hidden = told < 0
    left = size - np.where(hidden, 0, told).sum(axis=1)
    none, one, several = (told[:, kind] for kind in (NONE, ONCE, MORE))
    # How many people the figure that is bounded by events can be of, at most.
    most = np.select(
        [none >= 0, one >= 0, several >= 0],
        [n_events - left, (n_events - one) // 2, n_events - 2 * several],
        left,
    )
    return (hidden.sum(axis=1) == 2) & (left > 0) & (np.minimum(most, left) < k)


def _held_to_events(
    levels: Sequence[CountLevel],
    persona: np.ndarray,
    often: np.ndarray,
    n_events: np.ndarray,
    k: int,
) -> list[CountLevel]:
    """Hide all figures of personas of which the rows of events would give a hidden one away."""
    n_personas = int(persona.max()) + 1
    told = np.full((n_personas, MORE + 1), -1, dtype=np.int64)
    cells = np.flatnonzero(levels[2].shown)
    rows = levels[2].first_row[cells]
    told[persona[rows], often[rows]] = levels[2].count[cells]
    size = np.bincount(persona, minlength=n_personas)
    events = np.bincount(persona, weights=n_events, minlength=n_personas).astype(np.int64)
    hide = given_away_by_events(size, events, told, k)
    result = list(levels)
    result[1] = replace(
        levels[1],
        left=np.where(hide[persona[levels[1].first_row]], levels[1].count, levels[1].left),
    )
    for depth in range(2, len(levels)):
        level = levels[depth]
        result[depth] = replace(level, shown=level.shown & ~hide[persona[level.first_row]])
    return result


def _people_of(
    above: tuple[CountLevel, np.ndarray],
    own: tuple[CountLevel, np.ndarray],
    persona: np.ndarray,
    n_personas: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Give the people of one kind in each persona, and whether their number can be told.

    `above` and `own` are a level and, for each person, whether they are of the cell above or of the
    kind. That there are none can be told where everything else below the cell above is shown.
    """
    count, known = np.zeros(n_personas, dtype=np.int64), np.zeros(n_personas, dtype=bool)
    level, is_above = above
    whole = np.flatnonzero(level.shown & (level.left == 0) & is_above[level.first_row])
    known[persona[level.first_row[whole]]] = True
    level, is_it = own
    cells = np.flatnonzero(is_it[level.first_row])
    where = persona[level.first_row[cells]]
    known[where] = level.shown[cells]
    count[where] = level.count[cells]
    return count, known
