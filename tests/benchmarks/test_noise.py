"""The benchmark of noise: its events, its chunks, its table, and how the bar is judged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.bars import NOISE_EVENTS_PER_SECOND, NOISE_STRETCH
from benchmarks.noise import __main__ as command
from benchmarks.noise import jobs

N = 2_000


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_events_are_as_they_are_said_to_be(text, together):
    table = jobs.events(N, text=text, together=together)
    assert len(table) == N and not table.duplicated(["person_id", "event_id"]).any()
    assert table["person_id"].nunique() == pytest.approx(N / jobs.EVENTS_PER_PERSON, rel=0.1)
    assert pd.api.types.is_string_dtype(table["person_id"]) == text
    runs = (table["person_id"] != table["person_id"].shift()).sum()
    assert (runs == table["person_id"].nunique()) == together
    pd.testing.assert_frame_equal(table, jobs.events(N, text=text, together=together))


@pytest.mark.parametrize("n_chunks", [1, 2, 7])
def test_chunks_hold_whole_people(n_chunks):
    table = jobs.events(N, text=True)
    parts = list(jobs.chunks(table, n_chunks))
    assert len(parts) == n_chunks
    pd.testing.assert_frame_equal(pd.concat(parts), table)
    whose = [set(part["person_id"]) for part in parts]
    assert sum(map(len, whose)) == table["person_id"].nunique()
    assert max(map(len, parts)) < 1.1 * N / n_chunks + 20


@pytest.mark.parametrize("step", sorted({step for step, *_ in command.PLAN}))
@pytest.mark.parametrize("text", [False, True])
def test_every_step_is_timed_and_compared(step, text):
    found = jobs.transform(step, N, text, n_chunks=3)
    assert found["seconds"] > 0 and found["cpu_seconds"] > 0 and found["chunk_seconds"] > 0
    assert found["equal"] is True
    assert found["changed"] >= 0.03
    assert found["peak_mb"] >= found["before_mb"] > 0
    assert jobs.transform(step, N, text, 1, together=False)["equal"] is None


def test_a_difference_between_the_two_is_seen(monkeypatch):
    calls = []

    class ByPosition:
        def fit(self, table):
            return self

        def transform(self, table):
            calls.append(len(table))
            return table.assign(date=table["date"] + pd.to_timedelta(np.arange(len(table)), "D"))

    monkeypatch.setattr(jobs, "make_step", lambda step: (ByPosition(), "date"))
    assert jobs.transform("any", N, False, n_chunks=3)["equal"] is False
    assert calls[0] == N and sum(calls[1:]) == N


FOUND = {
    "seconds": 2.0, "cpu_seconds": 1.0, "chunk_seconds": 4.0, "equal": True, "changed": 0.5,
    "fit_seconds": 0.1, "peak_mb": 2.0, "before_mb": 1.0,
}  # fmt: skip


def test_the_table():
    alone = FOUND | {"chunk_seconds": None, "equal": None}
    different = FOUND | {"equal": False}
    plan = [("jitter", True, True), ("flip", False, False), ("flip", True, True)]
    lines = command.describe(8_000_000, plan, [FOUND, alone, different]).splitlines()
    assert all(line.count("|") == len(command.HEAD) + 1 for line in lines)
    first = "| jitter | text | together | 4.00 | 8.00 | 2.00 | yes | 50.0 % | 0.1 | 2 (1) |"
    assert lines[2] == first
    assert "| integers | anywhere | 4.00 | 8.00 | - | - |" in lines[3]
    assert "| 4.00 | 8.00 | 2.00 | NO |" in lines[4]


@pytest.mark.parametrize(
    ("rate", "word"),
    [
        (NOISE_STRETCH, "stretch"),
        (NOISE_STRETCH - 1, "bar"),
        (NOISE_EVENTS_PER_SECOND, "bar"),
        (NOISE_EVENTS_PER_SECOND - 1, "MISSED"),
    ],
)
def test_a_rate_is_held_against_the_bars(rate, word):
    assert f": {word}; chunks come out the same" in command.judge(rate, all_equal=True)
    assert "NOT what" in command.judge(rate, all_equal=False)


@pytest.mark.parametrize(
    ("seconds", "equal", "code"), [(5.0, True, 0), (20.0, True, 1), (5.0, False, 1)]
)
def test_the_command_fails_where_the_bar_is_missed_or_chunks_differ(
    monkeypatch, capsys, seconds, equal, code
):
    sizes = []

    def measure(**order):
        sizes.append(order["n"])
        return FOUND | {"seconds": seconds, "chunk_seconds": seconds, "equal": equal}

    monkeypatch.setattr(command, "measure", measure)
    assert command.main([]) == code
    assert set(sizes) == {10_000_000} and len(sizes) == len(command.PLAN)
    assert "slowest of all" in capsys.readouterr().out
    assert command.main(["--quick"]) == int(not equal)
    assert sizes[-1] == 1_000_000


def test_a_job_that_fails_is_told():
    with pytest.raises(RuntimeError, match="KeyError"):
        command.measure(step="nothing", n=10, text=False, n_chunks=1)
