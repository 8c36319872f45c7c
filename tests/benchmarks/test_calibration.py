"""The benchmark of the reported risk: worlds, labels as the judge reads them, score and command."""

from __future__ import annotations

import ast
import doctest
import math
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import benchmarks.calibration.__main__ as command
from benchmarks.calibration import attacks, expected, labels, releases, run, settings, worlds
from benchmarks.calibration.run import Row
from benchmarks.calibration.score import by_attack, by_kind, score
from benchmarks.calibration.settings import NARROW, WIDE, Setting

MODULES = [attacks, expected, labels, releases]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.split(".")[-1])
def test_examples_hold(module: Any) -> None:
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0


def _imports(module: Any) -> Iterator[str]:
    for node in ast.walk(ast.parse(Path(module.__file__).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_the_judge_shares_no_code_with_what_is_judged() -> None:
    for module in (attacks, labels):
        assert not [name for name in _imports(module) if name.startswith("personatwin_sk")]


# Worlds


def test_nist_is_the_file(shared_data: Path) -> None:
    people = worlds.load("NIST").people
    assert len(people) == 7_634
    assert people["PUMA"].nunique() == 5
    assert (people["AGE5"] * 5 <= people["AGEP"]).all()
    assert (people["AGEP"] < people["AGE5"] * 5 + 5).all()


def test_resampled_people_are_five_times_as_many_and_no_copies(shared_data: Path) -> None:
    original, people = worlds.load("NIST").people, worlds.load("NIST x5").people
    assert len(people) == 5 * 7_634
    assert set(people["RAC1P"]) <= set(original["RAC1P"])
    assert people["AGEP"].min() >= 0
    known = set(map(tuple, original[list(WIDE)].to_numpy()))
    share = np.mean([row in known for row in map(tuple, people[list(WIDE)].to_numpy())])
    assert 0.2 < share < 0.8


@pytest.mark.parametrize("state", worlds.STATES)
def test_counties_have_their_published_people(shared_data: Path, state: str) -> None:
    people = worlds.load(state).people
    names = pd.read_csv(shared_data / "census" / "county_names_2023.csv", dtype=str)
    codes = dict(zip(names["county"] + ", " + names["state"], names["fips"], strict=True))
    published = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    of_code = dict(zip(published["fips"].astype(int), published["counts"], strict=True))
    for place, found in people.groupby("geography"):
        truth = of_code[int(codes[place])][:85]
        sexes = found.groupby("gender").size()[["M", "F"]].to_numpy()
        # Rounded at random, cell by cell: a few people in thousands.
        np.testing.assert_allclose(sexes, truth.sum(axis=0), rtol=0.05)
    assert len(people) <= 20_000
    assert people["age"].between(0, 84).all()
    assert "Hispanic" in set(people["ethnicity"])


def test_counts_of_a_world_are_its_people(shared_data: Path) -> None:
    world = worlds.load("Vermont")
    asked = pd.DataFrame({"age": ["30-39"], "gender": ["F"], "geography": ["Vermont"]})
    counted = world.counts(["age", "gender", "geography"]).count(asked)["count"].item()
    people = world.people
    assert counted == (people["age"].between(30, 39) & (people["gender"] == "F")).sum()


# Settings


def test_the_list_is_fixed_and_whole() -> None:
    chosen = settings.all_settings()
    assert len(chosen) == len(set(chosen)) == 144
    for world in ("NIST", "NIST x5", *worlds.STATES):
        here = [s for s in chosen if s.world == world and s.kind == "interval"]
        assert {(s.fraction, s.k) for s in here} >= {
            (fraction, k) for fraction in (0.02, 0.1, 0.4) for k in (3, 5, 10, 25)
        }
        assert {"interval", "center", "noise", "unknown key"} <= {
            s.kind for s in chosen if s.world == world
        }
    assert len(settings.SEEDS) >= 5
    assert {s.kind for s in settings.quick_settings()} == {s.kind for s in chosen}


# Labels


def test_labels_cover_what_they_say() -> None:
    ages = np.array([-3, -1, 0, 30, 39, 40])
    covered = labels.covers(["-3--1", "0-39", 40, "40"], ages, numeric=True)
    assert [ages[row].tolist() for row in covered] == [[-3, -1], [0, 30, 39], [40], [40]]
    held = labels.held(["-3-30", "0-39", 40], ages, numeric=True)
    assert [ages[row].tolist() for row in held] == [[-3, 30], [0, 39], [40]]
    races = np.array(["1", "2", "10"], dtype=object)
    covered = labels.covers(["1", "1|10", "all"], races, numeric=False)
    assert [races[row].tolist() for row in covered] == [["1"], ["1", "10"], ["1", "2", "10"]]
    assert labels.centres(
        ["30-40", "17"], labels.covers(["30-40", "17"], ages, numeric=True), ages
    ).tolist() == [35, 17]


# Score


def _row(upper: float, best: float, **of_setting: Any) -> Row:
    setting = Setting("NIST", NARROW, 0.1, 5, **of_setting)
    return Row(setting, 0, 100, 20, 0.2, 0.1, upper, 0.08, {"hull": best, "none": 0.0})


@pytest.mark.parametrize(("n_beaten", "holds"), [(0, True), (10, True), (11, True), (12, False)])
def test_the_limit_may_be_beaten_one_time_in_twenty(n_beaten: int, holds: bool) -> None:
    rows = [_row(0.1, 0.2)] * n_beaten + [_row(0.12, 0.1)] * (100 - n_beaten)
    found = score(rows)
    exact = sum(math.comb(100, n) * 0.05**n * 0.95 ** (100 - n) for n in range(n_beaten, 101))
    assert found.p_value == pytest.approx(exact)
    assert found.n_beaten == n_beaten
    assert found.holds == holds == (exact >= 0.01)
    assert found.median_ratio == pytest.approx(1.2)
    assert found.mean_ratio == pytest.approx(1.25)


def test_a_limit_that_is_met_exactly_is_not_beaten() -> None:
    assert not _row(1 / 3, (1 - 2 / 3)).is_beaten
    assert _row(0.1, 0.1001).is_beaten


def test_kinds_are_scored_apart() -> None:
    rows = [_row(0.1, 0.2), _row(0.3, 0.1, noise=3), _row(0.1, 0.1, unknown=("SEX",))]
    found = by_kind(rows)
    assert list(found) == ["interval", "noise", "unknown key"]
    assert [kind.n_beaten for kind in found.values()] == [1, 0, 0]
    assert not found["noise"].is_narrow
    with pytest.raises(ValueError, match="no rows"):
        score([])


def test_each_attack_is_scored_alone() -> None:
    found = by_attack([_row(0.1, 0.2), _row(0.1, 0.3), _row(0.2, 0.1)])
    assert found == {"hull": (3, 2, pytest.approx(2.0)), "none": (3, 0, 0.0)}


# E[1/F | f], person by person


def test_auc_is_the_chance_of_the_right_order() -> None:
    rng = np.random.default_rng(0)
    figures, positive = rng.integers(0, 5, 40).astype(float), rng.random(40) < 0.4
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a in figures[positive]
        for b in figures[~positive]
    ]
    assert expected.auc(figures, positive) == pytest.approx(np.mean(pairs))
    assert math.isnan(expected.auc(figures, np.ones(40, dtype=bool)))


def test_the_truth_of_people_alone_in_the_file_is_counted(shared_data: Path) -> None:
    people = worlds.load("NIST").people[[*expected.KNOWN, *expected.MORE]]
    figures = {name: (e, t) for name, e, t in expected.estimates(0.02, 0)}
    estimate, truth = figures["1/f"]
    assert (estimate == 1).all()
    rng = np.random.default_rng([0, 20])
    chosen = people.iloc[rng.choice(len(people), 153, replace=False)]
    rows = list(map(tuple, people.to_numpy()))
    alone = [row for row in map(tuple, chosen.to_numpy()) if _times(chosen, row) == 1]
    assert truth.tolist() == [1 / rows.count(row) for row in alone]
    assert (figures["report"][1] == truth).all()


def _times(table: pd.DataFrame, row: tuple[Any, ...]) -> int:
    return int((table == list(row)).all(axis=1).sum())


# The command


def test_a_release_is_measured_whole(shared_data: Path) -> None:
    row = run.measure(Setting("NIST", NARROW, 0.1, 5), seed=1)
    assert row.n_records == 763
    assert row.prosecutor == pytest.approx(row.n_classes / row.n_records)
    assert 0 < row.mean <= row.upper <= row.prosecutor
    assert 0 < row.truth <= row.prosecutor
    assert row.best == max(row.attacks.values())
    assert run.measure(Setting("NIST", NARROW, 0.1, 5), seed=1) == row  # a seed decides all of it


def test_the_command_prints_every_row_and_exits_1_where_a_bar_is_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows = iter([_row(0.12, 0.1), _row(0.12, 0.1, unknown=("SEX",))] * 2)
    monkeypatch.setattr(command, "measure", lambda setting, seed: next(rows))
    monkeypatch.setattr(command, "quick_settings", lambda: [Setting("NIST", NARROW, 0.1, 5)] * 2)
    fine = expected.Ranking(0.02, "report", 0.16, 0.86, 0.01)
    monkeypatch.setattr(command, "rank", lambda seeds: [fine])
    csv, plot = tmp_path / "rows.csv", tmp_path / "plot.svg"
    # The mean is 1.25 times the truth: that one bar is missed.
    assert command.main(["--quick", "--csv", str(csv), "--plot", str(plot)]) == 1
    printed = capsys.readouterr().out
    assert printed.count("| NIST |") == 4
    assert printed.count("MISSED") == 1 and "E[1/F | f] 1.25" in printed
    assert "| all: 4 | 400 | 0 (0.0 %) | 1 | 1.20 | 1.25 |" in printed
    assert len(pd.read_csv(csv)) == 4
    assert plot.read_text("utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({}, 0),
        ({"error": 0.171}, 1),
        ({"auc": 0.849}, 1),
        ({"bias": -0.06}, 1),
        ({"bias": 0.06, "auc": float("nan")}, 2),
    ],
)
def test_each_bar_of_the_figures_per_person_counts(change: dict[str, float], missed: int) -> None:
    ours = SimpleNamespace(
        **{"fraction": 0.02, "estimator": "report", "error": 0.17, "auc": 0.85, "bias": 0, **change}
    )
    met = command.bars([_row(0.12, 0.1)], [ours])  # type: ignore[list-item]
    assert sum(not is_met for is_met in met.values()) == missed


@pytest.mark.parametrize(("upper", "missed"), [(0.12, 0), (0.151, 1), (0.099, 1)])
def test_the_limit_must_be_neither_beaten_nor_far(upper: float, missed: int) -> None:
    fine = expected.Ranking(0.02, "report", 0.16, 0.86, 0.01)
    met = command.bars([_row(upper, 0.1)] * 20, [fine])
    assert sum(not is_met for is_met in met.values()) == missed
