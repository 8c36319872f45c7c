"""One measurement in a process of its own: ``python -m benchmarks.risk.jobs '<JSON>'``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.columns import ADULT_KEYS
from benchmarks.data import load
from benchmarks.measure import peak_megabytes

# What a class may tell of its people; the other columns are its quasi-identifiers.
SENSITIVE = "occupation"
OTHER_KEYS = [name for name in ADULT_KEYS if name != SENSITIVE]
# One person in so many of the population is in the table.
_ONE_IN = 10


def people(dataset: str, *, text: bool) -> pd.DataFrame:
    """Give the table; as text it is what most tools read from a file."""
    table = load(dataset)
    if not text:
        return table
    return table.apply(lambda column: column.astype(str) if column.dtype == "category" else column)


def release(table: pd.DataFrame) -> pd.DataFrame:
    """Coarsen as a simple release would: ages in decades, two categories of what has many."""
    decade = table["age"] // 10 * 10
    few = {
        name: table[name].astype(object).where(table[name] == table[name].mode()[0], "other")
        for name in ("workclass", "education", "marital-status", "occupation", "native-country")
    }
    ages = decade.astype(str) + "-" + (decade + 9).astype(str)
    return table.astype({name: object for name in few}).assign(age=ages, **few)


def _best_of(work: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Time some work; the least of several times is the one least disturbed by others."""
    seconds, found = [], None
    for _ in range(repeats):
        start = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds), found


def assess(dataset: str, text: bool, repeats: int) -> dict[str, Any]:
    """Find k and the risk of a sample."""
    from personatwin_sk import assess_risk

    table = people(dataset, text=text)
    before = peak_megabytes()
    seconds, report = _best_of(lambda: assess_risk(table, table, ADULT_KEYS), repeats)
    return {
        "seconds": seconds,
        "peak_mb": peak_megabytes(),
        "before_mb": before,
        "found": f"k = {report.k_anonymity}, mean risk {report.prosecutor.mean:.4f}",
    }


def assess_all(dataset: str, text: bool, repeats: int) -> dict[str, Any]:
    """Assess a coarse release with a population, and write out the whole report."""
    from personatwin_sk import TablePopulation, assess_risk

    table = people(dataset, text=text)
    released = release(table)
    who = np.arange(len(table))
    original, released = table.assign(who=who), released.assign(who=who // 5)
    counts = table.value_counts(["age", "sex", "race"]).rename("n").reset_index()
    population = TablePopulation.from_frame(counts.assign(n=counts["n"] * _ONE_IN))
    keys = ["age", "sex", "race"]
    before = peak_megabytes()
    seconds, report = _best_of(
        lambda: assess_risk(original, released, keys, person_id="who", population=population),
        repeats,
    )
    start = time.perf_counter()
    text_of_report = json.dumps(report.to_dict())
    report.highest_risk_classes()
    return {
        "seconds": seconds + time.perf_counter() - start,
        "peak_mb": peak_megabytes(),
        "before_mb": before,
        "found": f"mean risk {report.population_average_risk:.2g}, {len(text_of_report)} bytes",
    }


def diversity(dataset: str, text: bool, repeats: int) -> dict[str, Any]:
    """Find the distinct l of a column."""
    from personatwin_sk.risk._sensitive import measure_diversity

    table = release(people(dataset, text=text))
    before = peak_megabytes()
    seconds, found = _best_of(lambda: measure_diversity(table, OTHER_KEYS, SENSITIVE), repeats)
    return {
        "seconds": seconds,
        "peak_mb": peak_megabytes(),
        "before_mb": before,
        "found": f"l = {found.distinct_l}",
    }


def special_uniques(dataset: str, text: bool, repeats: int) -> dict[str, Any]:
    """Score the special uniques of up to three columns."""
    from personatwin_sk.risk._suda import suda_scores

    table = people(dataset, text=text)
    before = peak_megabytes()
    seconds, found = _best_of(
        lambda: suda_scores(table, ADULT_KEYS, sampling_fraction=1 / _ONE_IN), repeats
    )
    return {
        "seconds": seconds,
        "peak_mb": peak_megabytes(),
        "before_mb": before,
        "found": f"{int((found.scores > 0).sum()):,d} rows, DIS {found.dis:.3f}",
    }


def pycanon_k(dataset: str, text: bool, repeats: int) -> dict[str, Any]:
    """Find k with pycanon."""
    from pycanon import anonymity

    table = people(dataset, text=text)
    before = peak_megabytes()
    seconds, k = _best_of(lambda: anonymity.k_anonymity(table, ADULT_KEYS), repeats)
    return {
        "seconds": seconds,
        "peak_mb": peak_megabytes(),
        "before_mb": before,
        "found": f"k = {k}",
    }


def pycanon_l(dataset: str, text: bool, repeats: int) -> dict[str, Any]:
    """Find the distinct l of a column with pycanon."""
    from pycanon import anonymity

    table = release(people(dataset, text=text))
    before = peak_megabytes()
    seconds, found = _best_of(
        lambda: anonymity.l_diversity(table, OTHER_KEYS, [SENSITIVE]), repeats
    )
    return {
        "seconds": seconds,
        "peak_mb": peak_megabytes(),
        "before_mb": before,
        "found": f"l = {found}",
    }


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    job.__name__: job
    for job in (assess, assess_all, diversity, special_uniques, pycanon_k, pycanon_l)
}

if __name__ == "__main__":
    order = json.loads(sys.argv[1])
    print(json.dumps(JOBS[order.pop("job")](**order)))
