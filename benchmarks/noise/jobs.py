"""One measurement in a process of its own: ``python -m benchmarks.noise.jobs '<JSON>'``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import peak_megabytes

EVENTS_PER_PERSON = 3  # on average; a third of the people have one, a few have ten
TYPES = ("charge", "bail", "sentence")
OUTCOMES = ("dismissed", "granted", "guilty", "denied")
WINDOW = ("2015-01-01", "2025-12-31")
IDS = {"person_id": "person_id", "event_id": "event_id"}


def events(n: int, *, text: bool, together: bool = True, seed: int = 0) -> pd.DataFrame:
    """Draw people and their events.

    Parameters
    ----------
    n : int
        Number of events.
    text : bool
        Whether ids are texts such as "E000000007"; else whole numbers.
    together : bool
        Whether the events of a person stand one after the other, as files have them.
    seed : int
    """
    random = np.random.default_rng(seed)
    person = random.integers(0, n // EVENTS_PER_PERSON + 1, n)
    if together:
        person.sort()
    event = np.arange(n)
    first, last = (np.datetime64(day, "D") for day in WINDOW)
    days = first + random.integers(0, int((last - first).astype(int)) + 1, n)
    return pd.DataFrame(
        {
            "person_id": _texts("P", person) if text else person,
            "event_id": _texts("E", event) if text else event,
            "date": days.astype("datetime64[s]"),
            "event_type": _categories(TYPES, random.integers(0, len(TYPES), n)),
            "outcome": _categories(OUTCOMES, random.integers(0, len(OUTCOMES), n)),
        }
    )


def _texts(letter: str, numbers: np.ndarray) -> pd.Series:
    """Write numbers with a letter and leading zeros, in pandas' own type for text."""
    return letter + pd.Series(numbers).astype("str").str.zfill(9)


def _categories(names: tuple[str, ...], codes: np.ndarray) -> pd.Series:
    return pd.Series(np.array(names, dtype=object)[codes]).astype("str")


def chunks(table: pd.DataFrame, n_chunks: int) -> Iterator[pd.DataFrame]:
    """Cut a table in which people stand together into about equal parts of whole people."""
    person = table["person_id"]
    new = np.flatnonzero((person != person.shift()).to_numpy())
    wanted = np.arange(1, n_chunks) * len(table) // n_chunks
    cuts = [0, *np.unique(new[np.searchsorted(new, wanted)]).tolist(), len(table)]
    for start, end in pairwise(cuts):
        yield table.iloc[start:end]


def make_step(step: str) -> tuple[Any, str]:
    """Give the step that is timed, and the column that it changes."""
    from personatwin_sk import OutcomeNoise, TemporalNoise

    steps = {
        "jitter": lambda: TemporalNoise(**IDS, jitter=7, random_state=0),
        "dates, epsilon": lambda: TemporalNoise(**IDS, epsilon=0.1, window=WINDOW, random_state=0),
        "flip": lambda: OutcomeNoise(**IDS, given="event_type", random_state=0),
        "outcomes, epsilon": lambda: OutcomeNoise(
            **IDS,
            given="event_type",
            epsilon=1.0,
            allowed=dict.fromkeys(TYPES, OUTCOMES),
            random_state=0,
        ),
    }
    return steps[step](), "date" if step in ("jitter", "dates, epsilon") else "outcome"


def transform(
    step: str, n: int, text: bool, n_chunks: int, together: bool = True
) -> dict[str, Any]:
    """Time transform of a step at once and, where `n_chunks` says so, in chunks; compare the two.

    Returns
    -------
    dict
        "seconds" at once, of which "cpu_seconds" were worked; "chunk_seconds" and whether the
        result is "equal" (None without chunks); the share of events that "changed"; the memory.
    """
    table = events(n, text=text, together=together)
    estimator, column = make_step(step)
    start = time.perf_counter()
    estimator.fit(table)
    fit_seconds = time.perf_counter() - start
    before = peak_megabytes()
    start, cpu_start = time.perf_counter(), time.process_time()
    released = estimator.transform(table)[column]
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    found: dict[str, Any] = {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "fit_seconds": fit_seconds,
        "peak_mb": peak_megabytes(),
        "before_mb": before,
        "changed": float((released != table[column]).mean()),
        "chunk_seconds": None,
        "equal": None,
    }
    if n_chunks > 1:
        start = time.perf_counter()
        parts = [estimator.transform(chunk)[column] for chunk in chunks(table, n_chunks)]
        found["chunk_seconds"] = time.perf_counter() - start
        found["equal"] = bool(pd.concat(parts).equals(released))
    return found


if __name__ == "__main__":
    print(json.dumps(transform(**json.loads(sys.argv[1]))))
