"""Time the noise steps: ``python -m benchmarks.noise``; ``--quick`` on a million events.

Prints a Markdown table of events per second, at once and in chunks of whole people, with whether
the two came out equal; and per second that the processor worked, which is what a machine gives that
others do not share. Returns 1 where the two differ or the bar of ten million is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.bars import NOISE_EVENTS_PER_SECOND, NOISE_STRETCH

REPOSITORY = Path(__file__).resolve().parents[2]
N_CHUNKS = 10
# The step, whether ids are text, whether the events of a person stand together.
PLAN: tuple[tuple[str, bool, bool], ...] = (
    ("jitter", False, True),
    ("jitter", True, True),
    ("jitter", True, False),
    ("dates, epsilon", True, True),
    ("flip", False, True),
    ("flip", True, True),
    ("flip", True, False),
    ("outcomes, epsilon", True, True),
)
HEAD = (
    "step",
    "ids",
    "rows of a person",
    "at once, M events/s",
    "per second of CPU",
    "in chunks, M events/s",
    "equal",
    "changed",
    "fit, s",
    "peak, MB (before)",
)


def measure(**order: Any) -> dict[str, Any]:
    """Run one job in a process of its own: nothing shares its memory."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.noise.jobs", json.dumps(order)],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    if done.returncode:
        raise RuntimeError(f"{order}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def rates(n: int, found: dict[str, Any]) -> list[float]:
    """Give events per second at once, and in chunks where that was measured."""
    seconds = [found["seconds"], found["chunk_seconds"]]
    return [n / each for each in seconds if each is not None]


def describe(
    n: int, plan: Sequence[tuple[str, bool, bool]], found: Sequence[dict[str, Any]]
) -> str:
    """Write the table."""
    lines: list[tuple[str, ...]] = [HEAD, ("---",) * len(HEAD)]
    for (step, text, together), row in zip(plan, found, strict=True):
        at_once, *in_chunks = (f"{rate / 1e6:.2f}" for rate in rates(n, row))
        lines.append(
            (
                step,
                "text" if text else "integers",
                "together" if together else "anywhere",
                at_once,
                f"{n / row['cpu_seconds'] / 1e6:.2f}",
                *(in_chunks or ["-"]),
                {True: "yes", False: "NO", None: "-"}[row["equal"]],
                f"{100 * row['changed']:.1f} %",
                f"{row['fit_seconds']:.1f}",
                f"{row['peak_mb']:,.0f} ({row['before_mb']:,.0f})",
            )
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def judge(slowest: float, all_equal: bool) -> str:
    """Hold the slowest of the rates against the bars, and say whether chunks made a difference."""
    level = (
        "stretch"
        if slowest >= NOISE_STRETCH
        else "bar"
        if slowest >= NOISE_EVENTS_PER_SECOND
        else "MISSED"
    )
    chunks = "the same as at once" if all_equal else "NOT what they are at once"
    return (
        f"slowest of all: {slowest / 1e6:.2f} million events a second "
        f"(bar {NOISE_EVENTS_PER_SECOND / 1e6:g}, stretch {NOISE_STRETCH / 1e6:g}): {level}; "
        f"chunks come out {chunks}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a million events instead of ten")
    options = parser.parse_args(arguments)
    n = 1_000_000 if options.quick else 10_000_000
    found = [
        measure(step=step, n=n, text=text, together=together, n_chunks=N_CHUNKS if together else 1)
        for step, text, together in PLAN
    ]
    slowest = min(rate for row in found for rate in rates(n, row))
    all_equal = all(row["equal"] is not False for row in found)
    print(f"{n:,d} events, each row in a process of its own\n\n{describe(n, PLAN, found)}")
    print(f"\n{judge(slowest, all_equal)}")
    return int(not all_equal or (not options.quick and slowest < NOISE_EVENTS_PER_SECOND))


if __name__ == "__main__":
    sys.exit(main())
