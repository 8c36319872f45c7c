"""Time risk against pycanon in the same run: ``python -m benchmarks.risk``; ``--quick`` on 100,000.

Prints a Markdown table, and returns 1 where the bar of a million people is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.bars import RISK_SECONDS, RISK_STRETCH

REPOSITORY = Path(__file__).resolve().parents[2]
# What is timed, the job, whether texts are text, and how often; peers take too long for more.
PLAN: tuple[tuple[str, str, str, bool, int], ...] = (
    ("k and sample risk", "**assess_risk**", "assess", False, 3),
    ("k and sample risk, texts", "**assess_risk**", "assess", True, 3),
    ("k", "pycanon", "pycanon_k", True, 1),
    ("coarse release with a population, whole report", "**assess_risk**", "assess_all", True, 2),
    ("distinct l of a coarse release", "**measure_diversity**", "diversity", True, 2),
    ("distinct l of a coarse release", "pycanon", "pycanon_l", True, 1),
    ("special uniques of up to 3 of 8 columns", "**suda_scores**", "special_uniques", False, 1),
)
HEAD = ("what", "method", "time, s", "peak, MB (before)", "found")


def measure(job: str, **order: Any) -> dict[str, Any]:
    """Run one job in a process of its own: nothing shares its memory, nor what it has read."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.risk.jobs", json.dumps({"job": job, **order})],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    if done.returncode:
        raise RuntimeError(f"{job} {order}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def describe(rows: Sequence[tuple[str, str, dict[str, Any]]]) -> str:
    """Write the table."""
    lines = [HEAD, ("---",) * len(HEAD)]
    for what, method, found in rows:
        memory = f"{found['peak_mb']:,.0f} ({found['before_mb']:,.0f})"
        lines.append((what, method, f"{found['seconds']:.2f}", memory, found["found"]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def judge(seconds: float) -> str:
    """Hold the time of k and sample risk of a million people against the bars."""
    level = "stretch" if seconds <= RISK_STRETCH else "bar" if seconds <= RISK_SECONDS else "MISSED"
    return (
        f"k and sample risk of 1,000,000 people: {seconds:.2f} s "
        f"(bar {RISK_SECONDS:g} s, stretch {RISK_STRETCH:g} s): {level}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 people instead of a million")
    options = parser.parse_args(arguments)
    dataset = "adult-100000" if options.quick else "adult-1000000"
    rows = [
        (what, method, measure(job, dataset=dataset, text=text, repeats=repeats))
        for what, method, job, text, repeats in PLAN
    ]
    print(f"{dataset}: least of the times, in a process per row\n\n{describe(rows)}")
    if options.quick:
        return 0
    seconds = float(rows[0][2]["seconds"])
    print(f"\n{judge(seconds)}")
    return int(seconds > RISK_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
