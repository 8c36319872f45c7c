"""PersonaMerger against its peers, in one command: ``python -m benchmarks.merging``.

Prints Markdown tables. ``--quick`` takes a minute; ``--full`` goes to ten million people and twenty
splits; ``--peers`` makes an environment per peer in the cache folder (network needed) and measures
them in the same run. Every measurement has a process of its own; this one only waits, and imports
nothing heavy, as a child starts with its parent's peak memory.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.bars import BARS, UTILITY_LIMIT
from benchmarks.columns import ADULT_KEYS, ADULT_TARGET
from benchmarks.environments import PEERS, TIME_LIMIT, Peer, PeerFailed, cache_folder, run_peer

OURS = "**PersonaMerger**"
REPOSITORY = Path(__file__).resolve().parent.parent
FIGURES = (
    "people",
    "k",
    "method",
    "time, s",
    "x ours",
    "peak, MB (before)",
    "NCP",
    "100 SSE/SST",
    "C_avg",
    "smallest class",
    "suppressed",
)


NOTES = """\
Time: fit and transform, without imports and reading. Peak: the most memory that the process ever
held; in brackets what it held with the table loaded. Loss is recomputed from the original values
inside each distinct released row: NCP (a suppressed person counts 1), and SSE/SST of columns scaled
to the same variance, categories as indicators (a suppressed person is at the table's mean). C_avg:
people per class over k. Categories of the resampled tables come as pandas categories, for peers as
the text that they read. A peer has {limit} s."""


@dataclass
class Row:
    """One method on one dataset: figures, or the reason why there are none."""

    dataset: str
    k: int
    method: str
    found: dict[str, Any] = field(default_factory=dict)
    reason: str = ""

    def cells(self, our_seconds: float | None) -> list[str]:
        if self.reason:
            return ["", str(self.k), self.method, self.reason, *[""] * (len(FIGURES) - 4)]
        found = self.found
        ratio = found["seconds"] / our_seconds if our_seconds else float("nan")

        def show(name: str, form: str) -> str:
            return format(found[name], form) if name in found else "gives none"

        return [
            show("people", ",d") if "people" in found else "",
            str(self.k),
            self.method + (f" {found['version']}" if "version" in found else ""),
            f"{found['seconds']:.2f}",
            f"{ratio:.2g}" if math.isfinite(ratio) else "",
            f"{found['peak_mb']:,.0f} ({found['before_mb']:,.0f})",
            show("ncp", ".4f"),
            show("sse_percent", ".2f"),
            show("c_avg", ".2f"),
            show("smallest_class", "d") + ("" if found.get("k_held", True) else " **k not held**"),
            show("suppressed", ",d"),
        ]


def child(job: str, **order: Any) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.measure", json.dumps({"job": job, **order})]
    # One thread for the model: on shared cores more threads wait for each other.
    environment = {**os.environ, "OMP_NUM_THREADS": "1"} if job.startswith("train") else None
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=REPOSITORY, env=environment
    )
    if done.returncode:
        raise RuntimeError(f"{job} {order}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


class Run:
    """The chosen measurements, and what they found."""

    def __init__(self, options: argparse.Namespace, scratch: Path) -> None:
        self.options = options
        self.parameters = json.loads(options.merger)
        self.peers: tuple[Peer, ...] = PEERS if options.peers else ()
        self.scratch = scratch
        self.rows: list[Row] = []

    def plan(self) -> Iterator[tuple[str, int]]:
        yield "adult", 5
        if not self.options.quick:
            yield "adult", 50
        for name in ("census", "tarragona"):
            for k in (3, 5, 10):
                yield name, k
        sizes = [100_000] if self.options.quick else [100_000, 1_000_000]
        for size in [*sizes, 10_000_000] if self.options.full else sizes:
            yield f"adult-{size}", 5

    def losses(self) -> Iterator[Row]:
        """Measure every method on every dataset of the plan."""
        for dataset, k in self.plan():
            chosen = self.options.datasets
            if chosen and dataset not in chosen.split(","):
                continue
            found = child(
                "merge", dataset=dataset, k=k, text=self.options.text, parameters=self.parameters
            )
            yield self._note(Row(dataset, k, OURS, found))
            is_numeric = dataset in ("census", "tarragona")
            if is_numeric:
                found = child("reference_mdav", dataset=dataset, k=k)
                yield self._note(Row(dataset, k, "MDAV, reference", found))
            kind = "numeric" if is_numeric else "mixed"
            for peer in self.peers:
                if kind in peer.kinds:
                    yield self._note(self._measure_peer(peer, dataset, k))

    def utilities(self, n_splits: int) -> tuple[dict[str, list[dict[str, float]]], dict[str, str]]:
        """Train on releases of Adult and test on real others; per method, a result per split."""
        results: dict[str, list[dict[str, float]]] = {"the real table": [], OURS: []}
        reasons: dict[str, str] = {}
        train, test, released = (self.scratch / f"{name}.csv" for name in ("train", "test", "out"))
        files = {"train": str(train), "test": str(test)}
        for seed in range(n_splits):
            child("split", seed=seed, **files)
            results["the real table"].append(child("train_on_real", **files))
            results[OURS].append(child("train_on_merged", k=5, parameters=self.parameters, **files))
            for peer in self.peers if seed < self.options.peer_splits else ():
                if "mixed" not in peer.kinds or peer.name in reasons:
                    continue
                try:
                    run_peer(peer, train, released, 5, ADULT_KEYS, ADULT_TARGET)
                except PeerFailed as failure:
                    reasons[peer.name] = str(failure)
                    continue
                found = child("train_on_released", released=str(released), **files)
                results.setdefault(peer.name, []).append(found)
        return results, reasons

    def _measure_peer(self, peer: Peer, dataset: str, k: int) -> Row:
        hopeless = self._hopeless(peer, dataset)
        if hopeless:
            return Row(dataset, k, peer.name, reason=hopeless)
        table = self.scratch / f"{dataset}.csv"
        released = self.scratch / "released.csv"
        if not table.exists():
            child("write_table", dataset=dataset, path=str(table))
        with table.open() as file:
            columns = file.readline().strip().split(",")
        keys = ADULT_KEYS if dataset.startswith("adult") else columns
        target = ADULT_TARGET if ADULT_TARGET in columns else ""
        if peer.needs_target and not target:
            return Row(dataset, k, peer.name, reason="needs a target, which this table has not")
        try:
            found = run_peer(peer, table, released, k, keys, target)
        except PeerFailed as failure:
            return Row(dataset, k, peer.name, reason=str(failure))
        if peer.gives_classes:
            found |= child("score", original=str(table), released=str(released), k=k)
        return Row(dataset, k, peer.name, found)

    def _hopeless(self, peer: Peer, dataset: str) -> str:
        """Say why a tenth of the people shows that there is no hope; empty where there is."""
        if not dataset.startswith("adult-") or dataset == "adult-100000":
            return ""
        n = int(dataset.removeprefix("adult-")) // 10
        for row in self.rows:
            if (row.dataset, row.method) == (f"adult-{n}", peer.name):
                if row.reason:
                    return f"not tried: {row.reason.removeprefix('not tried: ')}"
                if row.found["seconds"] * 10 > TIME_LIMIT:
                    return f"not tried: {row.found['seconds']:.0f} s for {n:,} people"
        return ""

    def _note(self, row: Row) -> Row:
        self.rows.append(row)
        print(f"{row.dataset} {row.k} {row.method} {row.reason}", file=sys.stderr, flush=True)
        if self.options.json:
            with open(self.options.json, "a") as file:
                file.write(json.dumps(vars(row)) + "\n")
        return row


def table(header: tuple[str, ...], rows: list[list[str]]) -> str:
    """Lay rows out as Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def describe_losses(rows: list[Row]) -> str:
    """Give a table per dataset."""
    parts = []
    for dataset in dict.fromkeys(row.dataset for row in rows):
        members = [row for row in rows if row.dataset == dataset]
        ours = {row.k: row.found["seconds"] for row in members if row.method == OURS}
        cells = [row.cells(ours.get(row.k)) for row in members]
        parts.append(f"### {dataset}\n\n{table(FIGURES, cells)}")
    return "\n\n".join(parts)


def describe_utilities(results: dict[str, list[dict[str, float]]], reasons: dict[str, str]) -> str:
    """Give accuracy and AUC per method, and how far they are from the real table's, by split."""
    real = results["the real table"]
    rows = []
    for method, found in results.items():
        cells = [method, str(len(found))]
        for figure in ("accuracy", "auc"):
            # A method with fewer splits is compared on its own splits.
            gaps = [a[figure] - b[figure] for a, b in zip(found, real, strict=False)]
            error = stdev(gaps) / math.sqrt(len(gaps)) if len(gaps) > 1 else float("nan")
            cells += [f"{mean(one[figure] for one in found):.4f}"]
            cells += ["" if found is real else f"{mean(gaps):+.4f} ± {error:.4f}"]
        rows.append(cells)
    rows += [[method, "", reason, "", "", ""] for method, reason in reasons.items()]
    header = ("trained on", "splits", "accuracy", "to the real", "AUC", "to the real")
    return table(header, rows)


def describe_bars(rows: list[Row], results: dict[str, list[dict[str, float]]]) -> tuple[str, bool]:
    """Give the bars that this run can tell of, and whether all are met."""
    found = {(row.dataset, row.k): row.found for row in rows if row.method == OURS}
    cells = [bar.row(found[bar.dataset, bar.k]) for bar in BARS if (bar.dataset, bar.k) in found]
    for figure in ("accuracy", "auc") if results else ():
        lost = mean(one[figure] for one in results["the real table"]) - mean(
            one[figure] for one in results[OURS]
        )
        verdict = "stretch" if lost <= 0 else "met" if lost <= UTILITY_LIMIT else "MISSED"
        limit = f"{UTILITY_LIMIT}"
        cells.append(["adult", "5", f"{figure} lost", f"{lost:.4f}", limit, "0", verdict])
    header = ("dataset", "k", "figure", "found", "bar", "stretch", "verdict")
    return table(header, cells), all(row[-1] != "MISSED" for row in cells)


def machine() -> str:
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return (
        f"{datetime.date.today()}, Python {platform.python_version()}, {platform.machine()}, "
        f"{os.cpu_count()} cores{load}"
    )


def main() -> int:
    """Measure and print; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="to 100,000 people, one split")
    size.add_argument("--full", action="store_true", help="to 10,000,000 people, twenty splits")
    parser.add_argument("--peers", action="store_true", help="install and measure the peers")
    parser.add_argument("--peer-splits", type=int, default=3, help="splits on which peers train")
    parser.add_argument("--datasets", default="", help="only these, comma-separated")
    parser.add_argument("--splits", type=int, help="train and test so many times (0: not at all)")
    parser.add_argument("--text", action="store_true", help="categories come as text")
    parser.add_argument("--merger", default="{}", help="parameters of PersonaMerger, as JSON")
    parser.add_argument("--json", help="also append every row to this file")
    options = parser.parse_args()
    n_splits = 1 if options.quick else 20 if options.full else 5
    n_splits = n_splits if options.splits is None else options.splits
    with tempfile.TemporaryDirectory(dir=cache_folder()) as scratch:
        run = Run(options, Path(scratch))
        rows = list(run.losses())
        results, reasons = run.utilities(n_splits) if n_splits else ({}, {})
    bars, all_met = describe_bars(rows, results)
    print(f"{machine()}\n\n{NOTES.format(limit=TIME_LIMIT)}\n\n{describe_losses(rows)}")
    if results:
        print("\n### Adult, k = 5: a model trained on the release, tested on real others\n")
        print(describe_utilities(results, reasons))
    print(f"\n### Bars\n\n{bars}")
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
