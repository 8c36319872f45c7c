"""The benchmark of risk: its jobs on a small table, its table, and how the bar is judged."""

from __future__ import annotations

import pytest

from benchmarks.bars import RISK_SECONDS, RISK_STRETCH
from benchmarks.columns import ADULT_KEYS
from benchmarks.data import resampled_adult
from benchmarks.risk import __main__ as command
from benchmarks.risk import jobs


@pytest.fixture
def small(monkeypatch, shared_data):
    """A small table in place of the one that is asked for."""
    table = resampled_adult(400)
    monkeypatch.setattr(jobs, "load", lambda dataset: table)
    return table


@pytest.mark.parametrize("text", [False, True])
def test_both_find_the_same_k(small, text):
    smallest = small.groupby(ADULT_KEYS, observed=True).size().min()
    assert jobs.assess("any", text, 1)["found"].startswith(f"k = {smallest},")
    assert jobs.pycanon_k("any", True, 1)["found"] == f"k = {smallest}"


def test_both_find_the_same_l(small):
    found = jobs.diversity("any", True, 1)["found"]
    assert found == jobs.pycanon_l("any", True, 1)["found"]
    released = jobs.release(small).groupby(jobs.OTHER_KEYS, observed=True)
    assert found == f"l = {released[jobs.SENSITIVE].nunique().min()}"


@pytest.mark.parametrize("job", sorted(jobs.JOBS))
def test_every_job_gives_what_the_table_shows(small, job):
    found = jobs.JOBS[job]("any", True, 1)
    row = command.describe([("what", "method", found)]).splitlines()[-1]
    assert row.count("|") == len(command.HEAD) + 1
    assert found["seconds"] > 0
    assert found["peak_mb"] >= found["before_mb"] > 0


def test_every_row_of_the_plan_has_its_job():
    assert {job for _, _, job, *_ in command.PLAN} == set(jobs.JOBS)


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        (RISK_STRETCH, "stretch"),
        (RISK_STRETCH + 0.01, "bar"),
        (RISK_SECONDS, "bar"),
        (1.01, "MISSED"),
    ],
)
def test_a_time_is_held_against_the_bars(seconds, word):
    assert command.judge(seconds).endswith(f": {word}")


@pytest.mark.parametrize(("seconds", "code"), [(0.5, 0), (1.5, 1)])
def test_the_command_fails_where_the_bar_is_missed(monkeypatch, capsys, seconds, code):
    asked = []

    def measure(job, **order):
        asked.append((job, order["dataset"]))
        return {"seconds": seconds, "peak_mb": 2.0, "before_mb": 1.0, "found": "k = 1"}

    monkeypatch.setattr(command, "measure", measure)
    assert command.main([]) == code
    assert {dataset for _, dataset in asked} == {"adult-1000000"}
    assert "stretch" in capsys.readouterr().out
    assert command.main(["--quick"]) == 0
    assert asked[-1][1] == "adult-100000"


def test_a_job_that_fails_is_told(monkeypatch):
    with pytest.raises(RuntimeError, match="KeyError"):
        command.measure("nothing")
