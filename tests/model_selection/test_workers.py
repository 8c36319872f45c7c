"""Several workers: an interrupt leaves no process behind and keeps what was finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

STEPS = """
import pathlib
import time
from types import SimpleNamespace

from sklearn.base import BaseEstimator, TransformerMixin


class Slow(TransformerMixin, BaseEstimator):
    def __init__(self, a=0, seconds=0.1, marks="."):
        self.a = a
        self.seconds = seconds
        self.marks = marks

    def fit(self, X, y=None):
        time.sleep(self.seconds if self.a else 60)
        self.fitted_ = True
        return self

    def transform(self, X):
        return X.assign(a=self.a)


def risk(original, released):
    return SimpleNamespace(upper=0.01, k_anonymity=5)


class Utility:
    def __init__(self, marks):
        self.marks = marks

    def __call__(self, original, released):
        a = int(released["a"].iloc[0])
        pathlib.Path(self.marks, f"done{a}").touch()
        return float(a)
"""

RUN = """
import sys

import numpy as np
import pandas as pd
from slow_steps import Slow, Utility, risk

from personatwin_sk import RiskAwareSearch

strategy, marks = sys.argv[1:]
search = RiskAwareSearch(
    Slow(), {"a": list(range(16))}, risk=risk, utility=Utility(marks), n_jobs=2, strategy=strategy
)
try:
    search.fit(pd.DataFrame({"a": [0.0]}))
except KeyboardInterrupt:
    known = np.flatnonzero(np.isfinite(search.cv_results_["utility"]))
    print("kept", *known, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals and sessions of POSIX")
@pytest.mark.parametrize("strategy", ["pruned", "exhaustive"])
def test_interrupt_leaves_no_process_and_loses_no_finished_candidate(tmp_path, strategy):
    (tmp_path / "slow_steps.py").write_text(textwrap.dedent(STEPS))
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(RUN))
    with subprocess.Popen(
        [sys.executable, str(script), strategy, str(tmp_path)],
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    ) as process:  # fmt: skip
        # The first candidate hangs: what the other worker finishes meanwhile must not be lost.
        deadline = time.monotonic() + 120
        while len(list(tmp_path.glob("done*"))) < 15 and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert out.split() == ["kept", *map(str, range(1, 16))], err
    assert processes_of_session(process.pid) == []


def processes_of_session(session):
    """List the processes of a session, once they had time to end."""
    for _ in range(50):
        listed = subprocess.run(["ps", "-eo", "sid=,pid="], capture_output=True, text=True)
        pairs = [line.split() for line in listed.stdout.splitlines()]
        left = [pid for sid, pid in pairs if int(sid) == session]
        if not left:
            break
        time.sleep(0.1)
    return left
