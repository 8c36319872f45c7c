"""The forms of a release that the command can write: counts for rows, and both reports."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from personatwin_sk import cli
from personatwin_sk.datasets import make_people_events
from personatwin_sk.release._event_form import counts_may_meet


def run(*arguments: object) -> int:
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as done:
        return int(done.code or 0)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return make_people_events(150, random_state=4, areas=["39061"])


@pytest.fixture
def file(tmp_path: Path, people: pd.DataFrame) -> Path:
    path = tmp_path / "in.csv"
    people.to_csv(path, index=False)
    return path


def test_rows_that_cannot_meet_the_target_point_to_counts_which_can(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who knows one event finds somebody among 150 people more often than one in a hundred."""
    safe = file.parent / "safe"
    asked = ["protect", file, "--domain", "criminal_justice", "--offline", "--no-report"]
    asked += ["--target-risk", 0.01, "--out", safe]
    assert run(*asked) == 3
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1
    assert told.err.startswith("personatwin: error: ")
    assert told.err.endswith(
        "Or count events in place of rows, which may meet it: --event-form aggregated\n"
    )
    assert not safe.exists()
    assert run(*asked, "--event-form", "aggregated", "--parquet") == 0
    assert "event_counts.csv" in capsys.readouterr().out
    names = {path.name for path in safe.iterdir()}
    assert "event_counts.parquet" in names
    assert not names & {"events.csv", "histories.csv", "history_counts.csv"}
    counts = pd.read_csv(safe / "event_counts.csv")
    assert counts.loc[counts["level"] == 0, "count"].item() == len(pd.read_csv(file))
    assert counts["count"].min() >= 100  # each on 1 / 0.01 people
    facts = json.loads((safe / "risk.json").read_text())
    assert facts["settings"]["event_form"] == "aggregated"
    assert facts["verdict"]["risk"] <= 0.01 and facts["least_people"] == {"event_counts.csv": 100}
    assert run("verify", safe) == 0
    assert run("verify", safe, "--original", file, "--offline") == 0


def test_counts_are_not_held_out_where_they_cannot_meet_the_target(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 150 people nobody is one in a thousand by what they did, and none can be told."""
    options = ["--domain", "criminal_justice", "--target-risk", 0.001, "--offline", "--no-report"]
    assert run("protect", file, "--out", file.parent / "safe", *options) == 3
    assert "--event-form" not in capsys.readouterr().err


def test_counts_of_data_without_events_are_refused(
    tmp_path: Path, people: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    people[["person_id", "age"]].drop_duplicates("person_id").to_csv(tmp_path / "in.csv")
    form = ["--event-form", "aggregated", "--no-report", "--offline"]
    assert run("protect", tmp_path / "in.csv", "--out", tmp_path / "safe", *form) == 2
    assert "have no events" in capsys.readouterr().err
    assert not (tmp_path / "safe").exists()


def test_what_can_be_in_principle(people: pd.DataFrame) -> None:
    """All in one persona is one in 150; a total needs as many people as the target asks for."""
    n = people["person_id"].nunique()
    assert n == 150
    for target, possible in ((1 / 149, True), (1 / 150, True), (1 / 151, False)):
        assert counts_may_meet(people, target) is possible
    few = people.copy()
    few.loc[few["person_id"].isin(few["person_id"].unique()[50:]), ["event_type", "date"]] = None
    assert counts_may_meet(few, 0.02) and not counts_may_meet(few, 0.019)
    assert not counts_may_meet(few.head(12), 0.9, privacy_level="maximum")
    assert not counts_may_meet(people[["person_id", "age"]], 0.5)


@pytest.mark.parametrize("variant", ["internal", "shareable"])
def test_both_reports_are_written_and_verified(file: Path, variant: str) -> None:
    config = file.parent / "release.toml"
    config.write_text(
        f'offline = true\n[protect]\nreport-variant = "{variant}"\nknown-events = 0\n'
    )
    safe = file.parent / "safe"
    assert run("protect", file, "--out", safe, "--config", config) == 0
    assert f'data-variant="{variant}"' in (safe / "report.html").read_text("utf-8")
    assert run("verify", safe) == 0


def test_the_form_of_events_from_a_file_of_options(file: Path) -> None:
    config = file.parent / "release.toml"
    config.write_text('event-form = "aggregated"\noffline = true\nno-report = true\n')
    assert run("protect", file, "--out", file.parent / "safe", "--config", config) == 0
    assert (file.parent / "safe" / "event_counts.csv").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("event-form", "columns"), ("report-variant", "public")]
)
def test_a_form_that_there_is_not_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert run("protect", file, "--out", "x", f"--{option}", value) == 2
    assert value in capsys.readouterr().err
    config = file.parent / "release.toml"
    config.write_text(f'{option} = "{value}"\n')
    assert run("protect", file, "--out", "x", "--config", config) == 2
    assert f"{option} must be one of" in capsys.readouterr().err
