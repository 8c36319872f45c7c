"""How far a search is: one line on stderr where asked for, and scikit-learn's callbacks."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from searching import X, along_a, search_of
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from test_memory import DATES, MERGE, TABLE

from personatwin_sk import ReidentificationRisk, RiskAwareSearch
from personatwin_sk._core import sklearn_private
from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.model_selection import _progress
from personatwin_sk.model_selection._candidates import Candidate
from personatwin_sk.model_selection._progress import Progress

FIGURES = along_a(0.2, 0.01, 0.01), along_a(0.9, 0.8, 0.7)


class Terminal:
    """Standard error as a terminal would get it."""

    def __init__(self, capsys):
        self._capsys = capsys
        self._text = ""

    def getvalue(self):
        self._text += self._capsys.readouterr().err
        return self._text


@pytest.fixture
def terminal(monkeypatch, capsys):
    monkeypatch.setattr(_progress, "_is_terminal", lambda: True)
    return Terminal(capsys)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("strategy", ["pruned", "exhaustive"])
def test_one_line_that_is_written_over(terminal, strategy, n_jobs):
    with joblib.parallel_config(backend="threading"):
        search_of(*FIGURES, strategy=strategy, n_jobs=n_jobs, verbose=1).fit(X)
    written = terminal.getvalue()
    assert written.startswith("\rRiskAwareSearch ")
    assert written.endswith("\n") and written.count("\n") == 1
    last = written.rstrip("\n").rpartition("\r")[2]
    assert last.startswith("RiskAwareSearch 100% |##########| 3/3 fitted, ")
    n_measured = 2 if strategy == "pruned" and n_jobs is None else 3
    assert f"{n_measured} risks measured [00:0" in last
    assert last.rstrip().endswith("best: utility 0.8, risk 0.01")


def test_elsewhere_than_on_a_terminal_lines_are_few_and_whole(capsys):
    search_of(*FIGURES, verbose=1).fit(X)
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("RiskAwareSearch  33% |###       | 1/3 fitted, 0 risks measured")
    assert lines[1].startswith("RiskAwareSearch 100% |##########| 3/3 fitted, 2 risks measured")


def test_that_nothing_meets_the_target_is_said_and_the_line_is_left(terminal):
    with pytest.raises(InfeasibleRiskError):
        search_of(along_a(0.9), along_a(0.5), verbose=1).fit(X)
    assert terminal.getvalue().rstrip().endswith("none meets the target yet")


def test_an_interrupt_leaves_the_line(terminal):
    search = search_of(*FIGURES, verbose=1)

    def stop(original, released):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search.set_params(risk=stop).fit(X)
    assert terminal.getvalue().endswith("\n")


def test_a_shorter_line_wipes_out_a_longer_one(terminal):
    now = [0.0]
    progress = Progress(1000, 1, clock=lambda: now[0])
    long = Candidate({}, utility=0.123456, risk_upper=0.0123456, feasible=True, evaluated=True)
    short = Candidate({}, utility=0.5, risk_upper=0.01, feasible=True, evaluated=True)
    now[0] = 3700.0
    progress.tell(Candidate({}), long)
    first = terminal.getvalue()
    assert "1/1000 fitted, 1 risks measured [1:01:40, 0.0/s]" in first
    now[0] += 1
    progress.tell(Candidate({}), short)
    second = terminal.getvalue()[len(first) :]
    assert second.endswith(" ")
    assert len(second) == len(first)


def test_not_every_candidate_is_worth_a_look(terminal):
    progress = Progress(1000, 1, clock=lambda: 0.0)
    for _ in range(1000):
        progress.tell(Candidate({}), Candidate({}, utility=0.5))
    assert terminal.getvalue().count("\r") == 1


def test_a_candidate_that_comes_twice_counts_once(terminal):
    progress = Progress(2, 1, clock=lambda: 0.0)
    fitted = Candidate({}, utility=0.5)
    progress.tell(Candidate({}), fitted)
    progress.tell(fitted, Candidate({}, utility=0.5, risk_upper=0.9, evaluated=True))
    progress.grow(2)
    progress.close()
    assert "1/4 fitted, 1 risks measured" in terminal.getvalue()


def test_left_out_and_failed_ones_have_their_lines(capsys):
    progress = Progress(2, 2)
    progress.tell(Candidate({}), Candidate({}))
    progress.tell(Candidate({}), Candidate({}, utility=0.0, evaluated=True, error="no"))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("[RiskAwareSearch 0/2] left out: it cannot be as useful")
    assert lines[1] == "[RiskAwareSearch 1/2] failed"
    Progress(2, 0).close()
    assert capsys.readouterr().err == ""


# --- scikit-learn's callbacks ---------------------------------------------------------------------

needs_callbacks = pytest.mark.skipif(
    sklearn_private.with_callbacks is None, reason="callbacks came with scikit-learn 1.9"
)


class Notes:
    """A callback that notes what it is told."""

    def __init__(self):
        self.told = []

    def setup(self, estimator, context):
        self.told.append(("setup", context.max_subtasks))

    def teardown(self, estimator, context):
        self.told.append(("teardown", None))

    def on_fit_task_begin(self, estimator, context, *, X=None):
        self.told.append(("begin", context.task_name))

    def on_fit_task_end(self, estimator, context, *, y=None):
        self.told.append(("end", context.task_name))


@needs_callbacks
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("strategy", ["pruned", "exhaustive"])
def test_each_candidate_is_a_task(strategy, n_jobs):
    notes = Notes()
    search = search_of(*FIGURES, strategy=strategy, n_jobs=n_jobs).set_callbacks(notes)
    with joblib.parallel_config(backend="threading"):
        search.fit(X)
    task = [("begin", "candidate"), ("end", "candidate")]
    assert notes.told == [
        ("setup", 3), ("begin", "fit"), *task * 3, ("end", "fit"), ("teardown", None),
    ]  # fmt: skip
    assert search.best_index_ == 1


@needs_callbacks
def test_polishing_has_tasks_that_are_not_known_before():
    notes = Notes()
    search = search_of(
        along_a(0.3, 0.3, 0.01), along_a(0.9, 0.8, 0.7), grid={"a": [0, 2]}, polish=True
    )
    search.set_callbacks(notes).fit(X)
    assert notes.told[0] == ("setup", None)
    assert notes.told.count(("end", "candidate")) == 3


@needs_callbacks
def test_callbacks_are_torn_down_after_a_failure_and_come_along_with_clones():
    notes = Notes()
    search = search_of(along_a(0.9), along_a(0.5)).set_callbacks(notes)
    with pytest.raises(InfeasibleRiskError):
        search.fit(X)
    assert notes.told[-1] == ("teardown", None)
    assert ("end", "fit") not in notes.told
    assert hasattr(clone(search), "_skl_callbacks")


@needs_callbacks
def test_a_pipeline_hands_them_down():
    class Handed(Notes):
        max_propagation_depth = None

    notes = Handed()
    pipeline = Pipeline([("search", search_of(*FIGURES))])
    pipeline.set_callbacks(notes).fit(X)
    assert notes.told.count(("end", "candidate")) == 3
    assert notes.told[-1] == ("teardown", None)


@needs_callbacks
@pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.DataWarning")
def test_those_of_the_inner_pipeline_are_called_for_each_candidate():
    told = {}
    for strategy in ("pruned", "exhaustive"):
        notes = Notes()
        inner = Pipeline([DATES, MERGE]).set_callbacks(notes)
        grid = {"merge__k": [2, 3, 4]}
        risk = ReidentificationRisk("age", attacker="prosecutor")
        RiskAwareSearch(inner, grid, target_risk=1, risk=risk, strategy=strategy).fit(TABLE)
        told[strategy] = notes.told
    assert told["pruned"] == told["exhaustive"]
    assert [name for name, _ in told["pruned"]].count("setup") == 3


def test_without_callbacks_in_scikit_learn_nobody_is_told(monkeypatch):
    monkeypatch.setattr(sklearn_private, "with_callbacks", None)
    search = search_of(*FIGURES).fit(X)
    assert search.best_index_ == 1
    np.testing.assert_array_equal(search.cv_results_["utility"], [0.9, 0.8, 0.7])

    def fit(self):
        return self

    assert sklearn_private.managed_callbacks(fit) is fit
