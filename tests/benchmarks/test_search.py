"""The benchmark of the search: the judge's attackers, the oracle, the score and the command."""

from __future__ import annotations

import ast
import doctest
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import benchmarks.search.__main__ as command
from benchmarks.search import cases, run, savings, truth
from benchmarks.search.cases import EventCase, PeopleCase
from benchmarks.search.run import Row
from benchmarks.search.savings import Saving, SpeedUp
from benchmarks.search.score import by_kind, score
from personatwin_sk import PersonaMerger, make_people_events

KEYS = ["age", "gender"]


# The judge's attackers


def test_examples_hold() -> None:
    assert doctest.testmod(truth, optionflags=doctest.ELLIPSIS).failed == 0


def by_hand(
    original: pd.DataFrame, released: pd.DataFrame, jitter: int, period: str
) -> dict[str, float]:
    """Ask each guesser about every event of every person, one by one."""
    rows = list(
        zip(
            original["person_id"],
            released[KEYS].astype(str).agg(" ".join, axis=1) + original["event_type"],
            original["event_type"],
            pd.to_datetime(original["date"]),
            released["date"],
            strict=True,
        )
    )
    n_of = original["person_id"].value_counts()
    rate = pd.Series([(kind, label) for _, _, kind, _, label in rows]).value_counts()
    right = {"any": 0.0, "best": 0.0, "Bayes": 0.0}
    for person, place, kind, day, _ in rows:
        moved = [day + pd.Timedelta(days=d) for d in range(-jitter, jitter + 1)]
        labels = [str(each.to_period(period)) for each in moved]
        scores: dict[Any, list[float]] = {}
        for other, where, _, _, label in rows:
            chance = labels.count(label) / len(labels)
            if where == place and chance:
                evidence = chance / rate[(kind, label)] / n_of[other]
                kept = scores.setdefault(other, [0.0, 0.0])
                scores[other] = [max(kept[0], chance), kept[1] + evidence]
        for position, rule in enumerate(("best", "Bayes", "any")):
            value = {
                who: 1.0 if rule == "any" else found[position] for who, found in scores.items()
            }
            top = [who for who, v in value.items() if v >= max(value.values()) * (1 - 1e-9)]
            if person in top:
                right[rule] += 1 / len(top) / n_of[person] / len(n_of)
    return right


@pytest.mark.parametrize("jitter", [0, 20])
@pytest.mark.parametrize(("precision", "period"), [("month", "M"), ("year", "Y")])
def test_the_success_of_guessers_is_what_asking_one_by_one_gives(
    jitter: int, precision: str, period: str
) -> None:
    original = make_people_events(25, "healthcare", random_state=3)
    rng = np.random.default_rng(1)
    moved = pd.to_datetime(original["date"]) + pd.to_timedelta(
        rng.integers(-jitter, jitter + 1, len(original)), unit="D"
    )
    released = original.assign(age="all", date=moved.dt.to_period(period).astype(str))
    expected = by_hand(original, released, jitter, period)
    found = truth.event_risk(original, released, KEYS, jitter=jitter, precision=precision)
    assert found == pytest.approx(max(expected.values()))
    assert 1 / 25 < found < 1


def test_periods_are_whole() -> None:
    first, last = truth._periods(pd.Series(["2020-Q1", "2021-Q4"]), "quarter")
    days = (last - first + 1).tolist()
    assert days == [91, 92]
    assert pd.Timestamp(0) + pd.Timedelta(days=int(first[1])) == pd.Timestamp("2021-10-01")


def test_who_knows_the_world_finds_as_many_as_stand_behind_a_row() -> None:
    from benchmarks.calibration.worlds import World

    people = pd.DataFrame({"age": [30, 30, 31, 31, 50, 50, 50, 51], "sex": ["F", "M"] * 4})
    world = World("hamlet", people, ("age",), {})
    chosen = np.arange(8)
    merger = PersonaMerger(["age", "sex"], k=4, representation="interval")
    released = merger.fit_transform(people)
    assert truth.people_risk(world, chosen, released, merger) == pytest.approx(0.25, abs=0.15)
    # The whole file as one class of eight, of which an end is somebody's.
    whole = PersonaMerger(["age", "sex"], k=8, representation="interval")
    released = whole.fit_transform(people)
    assert truth.people_risk(world, chosen, released, whole) == pytest.approx(1 / 8)


# Cases and the oracle


def test_the_list_is_fixed_and_of_all_kinds() -> None:
    found = cases.all_cases()
    assert len(found) == len(set(found)) == 30
    kinds = {case.kind for case in found}
    assert len(kinds) == 5
    assert {case.kind for case in cases.quick_cases()} == kinds - {"two keys unknown"}


def test_a_case_of_events_is_searched_as_the_oracle_does(monkeypatch: Any) -> None:
    monkeypatch.setattr(run, "EVENT_SIZES", (10, 40))
    monkeypatch.setattr(run, "JITTERS", (0, 100))
    case = EventCase("healthcare", 120, 0.5)
    row = run.measure(case, 0)
    assert row.n_candidates == 2 * 2 * 3
    assert row.answered and row.possible and not row.is_broken
    assert row.truth <= row.upper * 1.05 and row.upper <= 0.5
    assert 0 < row.n_measured <= row.n_candidates
    assert row.share <= 1 + 1e-9 or row.is_broken
    refused = run.measure(replace(case, target=0.001), 0)
    assert not refused.answered and not refused.possible
    assert refused.cells()[""] == "nothing is safe"


def test_a_case_of_people_is_searched_as_the_oracle_does(
    shared_data: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(run, "SIZES", (4, 20))
    monkeypatch.setattr(run, "SWEEPS", (0,))
    case = cases.quick_cases()[0]
    assert isinstance(case, PeopleCase) and case.world == "Vermont"
    row = run.measure(replace(case, fraction=0.03, target=0.04), 1)
    assert row.n_candidates == 2 and row.answered and not row.is_broken
    assert row.cells()["keys"] == "age gender ethnicity geography"


def test_a_search_that_measures_something_else_is_found_out(monkeypatch: Any) -> None:
    monkeypatch.setattr(run, "EVENT_SIZES", (10,))
    monkeypatch.setattr(run, "JITTERS", (0,))
    know_all = run.know_all
    monkeypatch.setattr(
        run, "know_all", lambda task: tuple(x + np.arange(len(x)) for x in know_all(task))
    )
    with pytest.raises(RuntimeError, match="other releases"):
        run.measure(EventCase("healthcare", 60, 0.5), 0)


def test_the_judge_shares_no_code_about_events_with_what_is_judged() -> None:
    tree = ast.parse(Path(truth.__file__).read_text("utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("personatwin_sk")
        for alias in node.names
    }
    assert imported == {"PersonaMerger"}  # whose fitted classes the attacker holds


# Score


def row(
    truth: float = 0.04,
    utility: float = 0.9,
    oracle: float = 0.9,
    kind: str = "all keys counted",
) -> Row:
    case = PeopleCase(kind, "Vermont", ("age",), 0.05)
    oracle_truth = np.nan if np.isnan(oracle) else 0.05
    return Row(case, 0, 10, 4, 5, 0.045, truth, utility, oracle_truth, oracle)


REFUSED = row(truth=np.nan, utility=np.nan)


def test_the_bound_breaks_above_the_target_only() -> None:
    assert row(truth=0.0501).is_broken and not row(truth=0.05).is_broken
    assert not REFUSED.is_broken
    assert (REFUSED.share, row(utility=0.45).share) == (0.0, 0.5)
    assert [r.cells()[""] for r in (row(), row(truth=1.0), REFUSED)] == ["", "BROKEN", "refused"]


def test_the_score() -> None:
    rows = [row()] * 17 + [row(truth=0.06), row(utility=0.8), REFUSED, row(oracle=np.nan)]
    found = score(rows)
    assert (found.n_runs, found.n_answered, found.n_broken) == (21, 20, 1)
    assert found.p_value == pytest.approx(1 - 0.95**20)
    assert (found.n_possible, found.n_refused, found.n_near) == (20, 1, 18)
    assert found.holds and found.answers and found.is_near
    assert found.share_measured == 0.5
    with pytest.raises(ValueError, match="no rows"):
        score([])


def test_what_is_not_good_enough() -> None:
    assert not score([row(truth=0.06)] * 5 + [row()] * 15).holds
    assert score([row(truth=0.06)] * 3 + [row()] * 17).holds
    assert not score([REFUSED] * 2 + [row()] * 18).answers
    assert not score([row(utility=0.85)] * 5 + [row()] * 15).is_near


def test_kinds_are_summed_up_alone_and_together() -> None:
    found = by_kind([row(), row(kind="one key unknown"), row()])
    assert {kind: s.n_runs for kind, s in found.items()} == {
        "all keys counted": 2, "one key unknown": 1, "all": 3,
    }  # fmt: skip


# The command

GOOD = Saving("COMPAS", 100, 210, 0.2, 0.3, 0.4, 0.5, True)


@pytest.mark.parametrize(
    ("rows", "saving", "times", "n_missed"),
    [
        ([row()], GOOD, 1.7, 0),
        ([row()], GOOD, 1.5, 1),
        ([row()], replace(GOOD, same=False), 1.7, 1),
        ([row()], replace(GOOD, share_of_fits=0.51), 1.7, 1),
        ([REFUSED], GOOD, 1.7, 2),
        ([row(truth=0.06)], GOOD, 1.7, 0),
        ([row(truth=0.06)] * 20, GOOD, 1.7, 1),
    ],
)
def test_bars(rows: list[Row], saving: Saving, times: float, n_missed: int) -> None:
    met = command.bars(rows, [GOOD, saving], SpeedUp(times, 1.0, 1.9, 0.1))
    assert sum(not is_met for is_met in met.values()) == n_missed


@pytest.mark.parametrize(("truth", "code"), [(0.04, 0), (0.06, 1)])
def test_the_command_prints_every_run_and_the_verdict(
    truth: float, code: int, monkeypatch: Any, capsys: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "measure", lambda case, seed: replace(row(truth=truth), seed=seed))
    monkeypatch.setattr(command, "compas", lambda n: None)
    monkeypatch.setattr(command, "adults", lambda n: None)
    monkeypatch.setattr(command, "compare_strategies", lambda table: GOOD)
    monkeypatch.setattr(command, "time_workers", lambda *order: SpeedUp(1.9, 1.0, 2.0, 0.1))
    assert command.main(["--csv", str(tmp_path / "rows.csv")]) == code
    printed = capsys.readouterr().out
    n_runs = len(cases.all_cases()) * len(cases.SEEDS)
    assert len(pd.read_csv(tmp_path / "rows.csv")) == n_runs
    assert printed.count("| Vermont |") == n_runs
    assert f"all: {n_runs}" in printed and "the stretch too" in printed
    assert ("MISSED" in printed) == bool(code)


def test_workers_are_timed(shared_data: Path) -> None:
    from benchmarks.search.grids import adults

    found = savings.time_workers(adults(30), range(5, 7))
    assert found.one > 0 and found.two > 0 and found.ideal > 0 and found.load >= 0
    assert found.times == found.one / found.two
