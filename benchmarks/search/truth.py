"""The true risk of a release: what somebody reaches who knows the world, the method and the keys.

The part about events is the judge's own: it shares no code with the package.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.calibration.attacks import ceiling
from benchmarks.calibration.releases import Cells, Release, number_rows, put_there
from benchmarks.calibration.worlds import World
from personatwin_sk import PersonaMerger

_ROUNDING = 1e-9
_MONTHS = {"day": 0, "month": 1, "quarter": 3, "year": 12}


def people_risk(
    world: World, chosen: np.ndarray, released: pd.DataFrame, merger: PersonaMerger
) -> float:
    """Give the success of somebody who holds the fitted merger and knows everybody in a world.

    For each class they do, in hindsight, what does best there: see
    :func:`benchmarks.calibration.attacks.ceiling`.

    Parameters
    ----------
    world : World
    chosen : ndarray of int, shape (n_records,)
        Rows of the world that are in the file.
    released : DataFrame of shape (n_records, n_keys)
    merger : PersonaMerger
        Fitted.

    Returns
    -------
    float
    """
    people = world.people[list(released)]
    of_person, table = number_rows(people)
    class_of_record, rows = number_rows(released)
    release = Release(
        original=people.iloc[chosen].reset_index(drop=True),
        released=released,
        cells=Cells(table, np.bincount(of_person), tuple(name in world.numeric for name in people)),
        rows=rows,
        class_of_record=class_of_record,
        cell_of_record=of_person[chosen],
        merger=merger,
    )
    return ceiling(release, 0, put_there(release, 0, world.numeric))


def event_risk(
    original: pd.DataFrame,
    released: pd.DataFrame,
    keys: Sequence[str],
    *,
    jitter: int,
    precision: str,
) -> float:
    """Give the success of the best of three guessers who know the class and one dated event.

    Of a person drawn at random an event drawn at random is known, its type and its true date. Each
    released event of that type in the class explains it as well as the share of moves of at most
    `jitter` days that end in its period. The guessers name a person whose events explain it at all,
    by chance; the one with the best single event; or, as Bayes would, the one of whose events the
    known one is likeliest, all of them and the rarity of their periods considered.

    Parameters
    ----------
    original, released : DataFrame of shape (n_events, n_columns)
        With `person_id`, `date` and `event_type`, the same rows in the same order.
    keys : sequence of str
        Who shares the released values of these is in one class.
    jitter : int
        Days.
    precision : {"day", "month", "quarter", "year"}
        Of released dates.

    Returns
    -------
    float

    Examples
    --------
    Two people with an event in the same month, and a third in the next, all in one class:

    >>> import pandas as pd
    >>> events = pd.DataFrame({"person_id": [1, 2, 3], "event_type": "visit", "age": "30-39",
    ...     "date": pd.to_datetime(["2020-01-05", "2020-01-20", "2020-02-02"])})
    >>> released = events.assign(date=["2020-01", "2020-01", "2020-02"])
    >>> round(event_risk(events, released, ["age"], jitter=0, precision="month"), 3)
    0.667
    """
    person = pd.factorize(original["person_id"])[0]
    events = pd.DataFrame(
        {
            "group": number_rows(released[[*keys, "event_type"]].astype(str))[0],
            "person": person,
            "day": (pd.to_datetime(original["date"]) - pd.Timestamp(0)).dt.days.to_numpy(),
            "event": np.arange(len(original)),
        }
    )
    first, last = _periods(released["date"], precision)
    events["first"], events["last"] = first, last
    n_events = np.bincount(person)
    rate = events.assign(type=original["event_type"].to_numpy()).groupby(["type", "first", "last"])
    events["evidence"] = 1.0 / rate["event"].transform("size") / n_events[person]
    pairs = events[["event", "group", "person", "day"]].merge(
        events[["group", "person", "first", "last", "evidence"]],
        on="group",
        suffixes=("", "_other"),
    )
    low = np.maximum(pairs["first"], pairs["day"] - jitter)
    high = np.minimum(pairs["last"], pairs["day"] + jitter)
    pairs["best"] = np.maximum(high - low + 1, 0) / (2 * jitter + 1)
    pairs["Bayes"] = pairs["best"] * pairs["evidence"]
    pairs = pairs[pairs["best"] > 0]
    scores = (
        pairs.groupby(["event", "person", "person_other"])
        .agg({"best": "max", "Bayes": "sum"})
        .reset_index()
        .assign(any=1.0)
    )
    weight_of_event = 1.0 / n_events[person] / len(n_events)
    found = []
    for rule in ("any", "best", "Bayes"):
        score = scores[rule]
        best = score >= score.groupby(scores["event"]).transform("max") * (1 - _ROUNDING)
        named = scores[best]
        among = named.groupby("event")["person_other"].transform("size")
        right = named["person"] == named["person_other"]
        chance = (right / among).groupby(named["event"]).sum()
        found.append(float((chance * weight_of_event[chance.index]).sum()))
    return max(found)


def _periods(released: pd.Series, precision: str) -> tuple[np.ndarray, np.ndarray]:
    """Give first and last day of the period that each released label names."""
    text = released.astype(str)
    if precision == "quarter":
        month = 3 * text.str[-1].astype(int) - 2
        text = text.str[:4] + "-" + month.astype(str).str.zfill(2)
    first = pd.to_datetime(text, format="%Y" if precision == "year" else None)
    after = (
        first + pd.DateOffset(months=_MONTHS[precision])
        if _MONTHS[precision]
        else first + pd.Timedelta(days=1)
    )
    epoch = pd.Timestamp(0)
    return (first - epoch).dt.days.to_numpy(), (after - epoch).dt.days.to_numpy() - 1
