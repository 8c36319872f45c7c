"""Print how the search does: every run, the summary, the work it saves, and which bars are met.

::

    python -m benchmarks.search --quick             # four runs, small real tables
    python -m benchmarks.search --jobs 2 --csv rows.csv

Files are drawn from populations of which everybody is known; the search chooses a setting for each
with what it knows of the population, and an oracle that knows the true risk of every setting
chooses another. Every run of a fixed list of cases and seeds is printed. It exits 1 if a bar is
missed:

- the true risk of what is chosen is above the target not significantly more often than 1 time in
  20, by a one-sided binomial test at 1 %;
- where the oracle finds a setting the search refuses in at most 5 % of runs, and in at least 80 %
  of them its choice is at least 95 % as useful as the oracle's;
- on grids of over 200 settings for two real tables, pruning gives the winner of exhaustive search
  with at most half of its fits;
- two workers are 1.6 times as fast as one (where the machine gives two processes as much).

Data: ``$PERSONATWIN_TEST_DATA``, or ``../shared/data`` beside the repository; nothing is fetched.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from benchmarks.calibration.__main__ import markdown
from benchmarks.search.cases import SEEDS, Case, all_cases, quick_cases
from benchmarks.search.grids import adults, compas
from benchmarks.search.run import Row, measure
from benchmarks.search.savings import (
    HALF,
    THIRD,
    TWO_WORKERS,
    Saving,
    SpeedUp,
    compare_strategies,
    time_workers,
)
from benchmarks.search.score import by_kind, score

_HEAD = (
    *("runs", "answered", "true risk above target", "p", "oracle answers", "of these refused"),
    *("within 5 % of the oracle", "usefulness / oracle's (median)", "risks measured"),
)


def measure_all(cases: Sequence[Case], seeds: Sequence[int], n_jobs: int) -> list[Row]:
    """Run every case with every seed, in order."""
    jobs = (delayed(measure)(case, seed) for case in cases for seed in seeds)
    return list(Parallel(n_jobs=n_jobs)(jobs))


def summary_table(rows: Sequence[Row]) -> str:
    """Give one line per kind of case, and one for all of them."""
    return markdown(
        _HEAD,
        (
            (
                f"{kind}: {found.n_runs}",
                found.n_answered,
                f"{found.n_broken} ({_percent(found.n_broken, found.n_answered)})",
                f"{found.p_value:.3g}",
                found.n_possible,
                f"{found.n_refused} ({_percent(found.n_refused, found.n_possible)})",
                f"{found.n_near} ({_percent(found.n_near, found.n_possible)})",
                f"{found.median_share:.3f}",
                f"{found.share_measured:.0%}",
            )
            for kind, found in by_kind(rows).items()
        ),
    )


def bars(rows: Sequence[Row], savings: Sequence[Saving], speed: SpeedUp) -> dict[str, bool]:
    """Give each bar, in words, and whether it is met."""
    found = score(rows)
    most = max(saving.share_of_fits for saving in savings)
    stretch = ", the stretch too" if most <= THIRD else ""
    return {
        f"true risk above target in {found.n_broken} of {found.n_answered} answers "
        f"(p = {found.p_value:.3g}; not significantly above 1 in 20)": found.holds,
        f"refused {found.n_refused} of {found.n_possible} runs that the oracle answers "
        "(at most 5 %)": found.answers,
        f"within 5 % of the oracle's usefulness in {found.n_near} of {found.n_possible} "
        "(at least 80 %)": found.is_near,
        "same winner as exhaustive search on real tables": all(s.same for s in savings),
        f"{most:.0%} of the fits of exhaustive search (at most a half{stretch})": most <= HALF,
        f"two workers {speed.times:.2f} times as fast as one (at least {TWO_WORKERS}, of the "
        f"{speed.ideal:.2f} that two processes got; load before {speed.load:.1f})": (
            speed.times >= TWO_WORKERS
        ),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and print everything; return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a case of each kind, one seed")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--csv", type=Path, help="write every run here")
    options = parser.parse_args(arguments)
    cases, seeds = (quick_cases(), SEEDS[:1]) if options.quick else (all_cases(), SEEDS)
    rows = measure_all(cases, seeds, options.jobs)
    lines = [row.cells() for row in rows]
    if options.csv:
        pd.DataFrame(lines).to_csv(options.csv, index=False)
    print(markdown(list(lines[0]), [_short(line.values()) for line in lines]), "\n")
    print(summary_table(rows), "\n")

    n_people = 100 if options.quick else 1_000
    tables = [compas(n_people), adults(n_people)]
    savings = [compare_strategies(table) for table in tables]
    saved = [saving.cells() for saving in savings]
    print(markdown(list(saved[0]), [_short(line.values()) for line in saved]), "\n")
    speed = time_workers(adults(n_people if options.quick else 10_000), range(5, 25))
    met = bars(rows, savings, speed)
    for words, is_met in met.items():
        print(f"{'met   ' if is_met else 'MISSED'} {words}")
    return int(not all(met.values()))


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _short(line: Iterable[object]) -> list[str]:
    return [f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in line]


if __name__ == "__main__":
    sys.exit(main())
