"""What every peer's script shares: a CSV in, a CSV out, one line of JSON with time and memory.

The scripts run in environments of their own, where nothing but the peer and pandas is installed.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from importlib.metadata import version

import pandas as pd

POSITION = "position"


def arguments() -> argparse.Namespace:
    """Read the command line: input, output, k, the key variables, and the algorithm if any."""
    parser = argparse.ArgumentParser()
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("k", type=int)
    parser.add_argument("keys", help="comma-separated")
    parser.add_argument("--algorithm", default="")
    parser.add_argument("--target", default="", help="column that a guided method is guided by")
    options = parser.parse_args()
    options.keys = options.keys.split(",")
    return options


def read(path: str) -> pd.DataFrame:
    """Read the table; text as Python objects, which all pandas versions and peers understand."""
    table = pd.read_csv(path)
    is_text = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    return table.astype({name: object for name in is_text})


class Stopwatch:
    """Times the peer's own work: no imports, no reading, no writing."""

    def __enter__(self) -> Stopwatch:
        self.start = time.perf_counter()
        self.before = _peak()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self.start
        self.peak = _peak()


def report(package: str, watch: Stopwatch, **figures: float) -> None:
    """Print what was measured, as the last line."""
    found = {
        "version": version(package),
        "seconds": watch.seconds,
        "peak_mb": watch.peak,
        "before_mb": watch.before,
        **figures,
    }
    print(json.dumps(found), flush=True)


def _peak() -> float:
    """Give the most memory, in megabytes, of this process or of the largest that it started."""
    unit = 1024**2 if sys.platform == "darwin" else 1024
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in whose) / unit
