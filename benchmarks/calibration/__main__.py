"""Print the calibration of the reported risk: every release, the summary, the verdict."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from joblib import Parallel, delayed

from benchmarks.calibration.expected import BARS, FRACTIONS, Ranking, as_frame, rank
from benchmarks.calibration.plot import draw_plot
from benchmarks.calibration.run import Row, measure
from benchmarks.calibration.score import (
    EXPECTED_WITHIN,
    Score,
    by_attack,
    by_kind,
    score,
)
from benchmarks.calibration.settings import SEEDS, Setting, all_settings, quick_settings

_HEAD = (
    *("releases", "records", "limit beaten", "p", "limit / attack (median)"),
    "mean / truth (average)",
)


def markdown(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Give a Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)


def summary_table(rows: Sequence[Row]) -> str:
    """Give the table for the README: one line per kind of release, and one for all of them."""
    scores: dict[str, Score] = {**by_kind(rows), "all": score(rows)}
    records = {
        kind: sum(row.n_records for row in rows if kind in ("all", row.setting.kind))
        for kind in scores
    }
    return markdown(
        _HEAD,
        (
            (
                f"{kind}: {found.n_rows}",
                f"{records[kind]:,}",
                f"{found.n_beaten} ({100 * found.n_beaten / found.n_rows:.1f} %)",
                f"{found.p_value:.3g}",
                f"{found.median_ratio:.2f}",
                f"{found.mean_ratio:.2f}",
            )
            for kind, found in scores.items()
        ),
    )


def bars(rows: Sequence[Row], rankings: Sequence[Ranking]) -> dict[str, bool]:
    """Give each bar, in words, and whether it is met."""
    everything = score(rows)
    # Noise lowers the true risk too, which no count of people can know.
    unknown = [row for row in rows if row.setting.unknown and not row.setting.noise]
    ratio = score(unknown).mean_ratio if unknown else 1.0
    ours = next(r for r in rankings if r.estimator == "report" and r.fraction == FRACTIONS[0])
    return {
        f"attacks beat the limit in {everything.n_beaten} of {everything.n_rows} releases "
        f"(p = {everything.p_value:.3g}; not significantly above 1 in 20)": everything.holds,
        f"median limit {everything.median_ratio:.2f} times the best attack (at most 1.5)": (
            everything.is_narrow
        ),
        f"E[1/F | f] {ratio:.2f} of the truth on average, one key unknown (within 10 %)": (
            abs(ratio - 1) <= EXPECTED_WITHIN
        ),
        f"error of 1/F per person {ours.error:.3f} (at most {BARS['error']})": (
            ours.error <= BARS["error"]
        ),
        f"AUC of uniqueness {ours.auc:.3f} (at least {BARS['auc']})": ours.auc >= BARS["auc"],
        f"bias of the sum of 1/F {100 * ours.bias:+.1f} % (at most 5 %)": abs(ours.bias) <= 0.05,
    }


def measure_all(settings: Sequence[Setting], seeds: Sequence[int], n_jobs: int) -> list[Row]:
    """Measure every setting with every seed, in order."""
    jobs = (delayed(measure)(setting, seed) for setting in settings for seed in seeds)
    return list(Parallel(n_jobs=n_jobs)(jobs))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print everything; return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="nine settings, two seeds")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--csv", type=Path, help="write every release with every attack here")
    parser.add_argument("--plot", type=Path, help="draw the plot here (.svg or .png)")
    options = parser.parse_args(arguments)
    settings, seeds = (quick_settings(), SEEDS[:2]) if options.quick else (all_settings(), SEEDS)
    rows = measure_all(settings, seeds, options.jobs)
    rankings = rank(range(2)) if options.quick else rank()
    if options.csv:
        pd.DataFrame([{**row.cells(), **row.attacks} for row in rows]).to_csv(
            options.csv, index=False
        )
    if options.plot:
        draw_plot(rows, options.plot)
    lines = [row.cells() for row in rows]
    print(markdown(list(lines[0]), [_short(line.values()) for line in lines]), "\n")
    print(summary_table(rows), "\n")
    found = by_attack(rows).items()
    head = ("attack", "releases", "beat the limit", "success / limit (median)")
    print(markdown(head, [_short([name, *figures]) for name, figures in found]), "\n")
    table = as_frame(rankings)
    print(markdown(list(table), [_short(line) for line in table.itertuples(index=False)]))
    print()
    met = bars(rows, rankings)
    for words, is_met in met.items():
        print(f"{'met   ' if is_met else 'MISSED'} {words}")
    return int(not all(met.values()))


def _short(line: Iterable[object]) -> list[str]:
    return [f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in line]


if __name__ == "__main__":
    sys.exit(main())
