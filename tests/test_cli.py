"""The command: what it writes, what it says, and how it refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personatwin_sk import cli, release
from personatwin_sk._version import __version__
from personatwin_sk.datasets import make_people_events
from personatwin_sk.exceptions import DataWarning, NothingSelectedWarning

# The two blocks of "Input Format" in the documentation of the original PersonaTwin.
PERSON_LEVEL = """\
person_id,age,gender,ethnicity,geography
001,35,Male,White,Hamilton County OH
002,28,Female,Black,Hamilton County OH
"""
EVENT_LEVEL = """\
person_id,age,gender,ethnicity,geography,event_id,date,event_type,outcome
001,35,Male,White,Hamilton County,E1,2023-01-15,arrest,charged
001,35,Male,White,Hamilton County,E2,2023-03-20,trial,guilty
"""
HEADER = "person_id,age,gender,ethnicity,geography,event_id,date,event_type,outcome"
ALL = sorted(
    [
        "personas.csv",
        "events.csv",
        "histories.csv",
        "history_counts.csv",
        "data_dictionary.json",
        "risk.json",
        "report.html",
        "manifest.json",
    ]
)


def copies(text: str, n: int = 5) -> str:
    """Repeat each person n times under new ids; event ids stay distinct."""
    header, *rows = text.splitlines()
    lines = [header]
    for i in range(n):
        for row in rows:
            person, _, rest = row.partition(",")
            lines.append(f"{int(person) + 10 * i:03d}," + rest.replace(",E", f",E{i}"))
    return "\n".join(lines) + "\n"


def good_rows(n: int = 40) -> list[str]:
    genders = ["Male", "Female"]
    return [
        f'{i:03d},{20 + i % 30},{genders[i % 2]},White,"Hamilton County, OH",'
        f"E{i},2020-0{1 + i % 9}-11,arrest,charged"
        for i in range(n)
    ]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.csv"
    path.write_text("\n".join([HEADER, *good_rows()]) + "\n")
    return path


def run(*arguments: object) -> int:
    """Run the command; what argparse ends by exiting comes back as its status too."""
    try:
        return cli.main([str(argument) for argument in arguments])
    except SystemExit as done:
        return int(done.code or 0)


def protect(file: Path, *options: object, out: Path | None = None) -> int:
    return run("protect", file, "--out", out or file.parent / "safe", *options)


def refused(capsys: pytest.CaptureFixture[str], status: int, message: str) -> str:
    """See that there is one line, on stderr, that says what is wrong."""
    told = capsys.readouterr()
    assert told.out == ""
    errors = [line for line in told.err.splitlines() if "warning:" not in line]
    assert len(errors) == 1
    assert errors[0].startswith("personatwin: error: ")
    assert re.search(message, errors[0])
    assert status in (2, 3)
    return told.err


def test_writes_the_files_and_says_what_was_measured(
    good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert protect(good, "--known-events", 0, "--domain", "criminal_justice") == 0
    safe = good.parent / "safe"
    assert sorted(path.name for path in safe.iterdir()) == ALL
    told = capsys.readouterr()
    facts = json.loads((safe / "risk.json").read_text())
    assert told.err == ""  # no progress where nobody watches
    assert facts["verdict"]["level"] in told.out
    assert f"{facts['verdict']['risk']:.4f}" in told.out
    assert f"k            {facts['risk']['release']['k_anonymity']}" in told.out
    assert f"{facts['counts']['personas']} of 40 people, 0 suppressed" in told.out
    for name in ALL:
        assert name in told.out
    personas = pd.read_csv(safe / "personas.csv")
    assert personas["class_size"].sum() == 40
    assert personas["class_size"].min() >= 5
    assert len(pd.read_csv(safe / "events.csv")) == 40


@pytest.mark.parametrize(
    ("text", "options", "n_people", "n_events"),
    [
        (PERSON_LEVEL, [], 10, 0),
        (EVENT_LEVEL, ["--known-events", 0], 5, 10),
        (EVENT_LEVEL, ["--known-events", 0, "--state", "OH"], 5, 10),
        (EVENT_LEVEL, ["--target-risk", 0.2], 5, 10),
    ],
)
def test_the_documented_input_formats(
    tmp_path: Path, text: str, options: list, n_people: int, n_events: int
) -> None:
    file = tmp_path / "in.csv"
    file.write_text(copies(text))
    assert protect(file, "--domain", "criminal_justice", *options) == 0
    personas = pd.read_csv(tmp_path / "safe" / "personas.csv")
    assert personas["class_size"].sum() == n_people
    events = tmp_path / "safe" / "events.csv"
    assert events.exists() == bool(n_events)
    if n_events:
        assert len(pd.read_csv(events)) == n_events


def test_a_county_without_its_state_is_warned_of_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "in.csv"
    file.write_text(copies(EVENT_LEVEL))
    assert protect(file, "--target-risk", 0.2) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.match(r"personatwin: warning: .*10 of 10 .*'geography'", lines[0])
    assert protect(file, "--target-risk", 0.2, "--state", "OH", "--force") == 0
    assert capsys.readouterr().err == ""


def test_two_genders_of_a_person_are_warned_of_and_counted(
    good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = good.read_text().splitlines()
    lines += [lines[1].replace("Male", "Female").replace("E0", "E90")]
    good.write_text("\n".join(lines) + "\n")
    assert protect(good, "--known-events", 0) == 0
    assert re.search("warning: .*1 of 40 people", capsys.readouterr().err)


def damaged(**columns: str) -> str:
    """Give a good file with one column replaced throughout."""
    names = HEADER.split(",")
    rows = []
    for row in good_rows():
        cells = re.findall(r'"[^"]*"|[^,]+', row)
        rows.append(",".join(columns.get(n, c) for n, c in zip(names, cells, strict=True)))
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", [], "empty"),
        (HEADER + "\n", [], "no rows"),
        (damaged(gender=""), [], "'?gender'?"),
        (damaged(person_id=""), [], "person_id"),
        (damaged().replace("000,", ",", 1), [], "1 of 40.*person_id"),
        (damaged(date="someday"), [], "40.*'date'|'date'.*40"),
        (damaged(age="-3"), [], "40 of 40.*'?age'?"),
        (damaged(age="999"), [], "40 of 40.*'?age'?"),
        (damaged(geography="Atlantis"), [], "40 of 40.*'geography'"),
        (damaged().replace("person_id", "who", 1), [], "person_id"),
        (damaged().replace("age,gender", "gender,gender", 1), [], "gender"),
        ("\n".join([HEADER, *good_rows(4)]) + "\n", [], "4 people, fewer than k=5"),
        (damaged(), ["--map", "gender=sex"], "sex"),
        (damaged(), ["--map", "gender"], "OURS=THEIRS"),
        (damaged(), ["--map", "gender=a", "gender=b"], "more than once"),
        (damaged(), ["--keep", "height"], "height"),
        (damaged(), ["--state", "Atlantis"], "state"),
        (damaged(), ["--domain", "astrology"], "astrology.*criminal_justice"),
        (damaged(), ["--privacy-level", "none"], "low, medium, high, maximum"),
        (damaged(), ["--target-risk", "0"], "target-risk.*above 0"),
        (damaged(), ["--target-risk", "2"], "target-risk.*at most 1"),
        (damaged(), ["--target-risk", "nan"], "target-risk.*at most 1"),
        (damaged(), ["--target-risk", "low"], "target-risk"),
        (damaged(), ["--known-events", "-1"], "known-events"),
        (damaged(), ["--random-state", "-1"], "random-state"),
        (damaged(), ["--colour"], "--colour"),
    ],
)
def test_bad_input_is_told_in_one_line_and_nothing_is_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: str,
    options: list[str],
    message: str,
) -> None:
    file = tmp_path / "in.csv"
    file.write_text(content)
    status = protect(file, *options)
    told = refused(capsys, status, message)
    assert status == 2
    assert not (tmp_path / "safe").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
    # What was told names columns and counts; of the file's values only those the user typed.
    assert "Traceback" not in told and "someday" not in told
    assert "Atlantis" not in told or "--state" in options


def test_a_file_that_is_not_utf_8(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "in.csv"
    file.write_bytes(damaged(geography="Doña Ana County NM").encode("latin-1"))
    status = protect(file)
    refused(capsys, status, "UTF-8")
    assert status == 2 and not (tmp_path / "safe").exists()


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = protect(tmp_path / "none.csv")
    refused(capsys, status, "none.csv")
    assert status == 2


def test_a_folder_is_no_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = protect(tmp_path)
    refused(capsys, status, tmp_path.name)
    assert status == 2


def test_an_interruption_leaves_nothing(
    good: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(release, "create_safe_personas", interrupt)
    assert protect(good) == 130
    assert capsys.readouterr().err == "personatwin: error: interrupted; nothing was written\n"
    assert not (good.parent / "safe").exists()


def test_a_folder_with_files_needs_force(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    safe = good.parent / "safe"
    safe.mkdir()
    (safe / "mine.txt").write_text("mine")
    status = protect(good, "--known-events", 0)
    refused(capsys, status, "--force")
    assert status == 2
    assert [path.name for path in safe.iterdir()] == ["mine.txt"]
    assert protect(good, "--known-events", 0, "--force") == 0
    assert sorted(path.name for path in safe.iterdir()) == sorted([*ALL, "mine.txt"])


def test_a_target_out_of_reach_is_refused(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = protect(good, "--target-risk", 0.01)
    refused(capsys, status, "0.01")
    assert status == 3
    assert not (good.parent / "safe").exists()


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_the_missing_extra_is_said_before_any_work(
    good: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)

    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("work was done")

    with monkeypatch.context() as patch:
        patch.setattr(release, "load_people_events", never)
        status = protect(good, "--known-events", 0)
    refused(capsys, status, rf"{module}.*personatwin_sk\[report\].*--no-report")
    assert status == 2
    assert protect(good, "--known-events", 0, "--no-report") == 0
    assert "report.html" not in {path.name for path in (good.parent / "safe").iterdir()}


def test_columns_of_other_names_and_kept_ones(tmp_path: Path) -> None:
    table = make_people_events(80, random_state=0)
    person = pd.factorize(table["person_id"])[0]
    table = table.rename(columns={"gender": "sex", "person_id": "case"}).assign(
        unit=person % 2, ward=np.arange(len(table)) % 3, judge="x"
    )
    file = tmp_path / "in.csv"
    table.to_csv(file, index=False)
    options = ["--map", "gender=sex", "person_id=case", "--keep", "unit", "--keep", "ward"]
    assert protect(file, *options, "--known-events", 0, "--offline") == 0
    personas = pd.read_csv(tmp_path / "safe" / "personas.csv")
    events = pd.read_csv(tmp_path / "safe" / "events.csv")
    assert {"gender", "unit"} <= set(personas) and "ward" not in personas
    assert "ward" in events and not {"judge", "case", "event_id"} & {*events, *personas}


def test_a_number_makes_the_result_repeatable(good: Path) -> None:
    folders = [good.parent / name for name in ("a", "b", "c", "d")]
    for folder, seed in zip(folders, [1, 1, 2, None], strict=True):
        options = [] if seed is None else ["--random-state", seed]
        assert protect(good, "--known-events", 0, *options, out=folder) == 0
    texts = [[(folder / name).read_bytes() for name in ALL] for folder in folders]
    assert texts[0] == texts[1]
    of_personas = [text[ALL.index("personas.csv")] for text in texts]
    assert of_personas[0] != of_personas[2] != of_personas[3]


def test_seeds_are_in_no_file(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert protect(good, "--known-events", 0, "--random-state", 918273645) == 0
    told = capsys.readouterr()
    for path in (good.parent / "safe").iterdir():
        assert b"918273645" not in path.read_bytes()
    assert "918273645" not in told.out + told.err


def test_warnings_of_others_are_not_for_users(capsys: pytest.CaptureFixture[str]) -> None:
    with cli._warnings_in_one_line():
        warnings.warn("of pandas, with a value", FutureWarning, stacklevel=1)
        warnings.warn("3 of 5\nrows", DataWarning, stacklevel=1)
        warnings.warn("3 of 5\nrows", DataWarning, stacklevel=1)
        warnings.warn("nothing found", NothingSelectedWarning, stacklevel=1)
    assert capsys.readouterr().err.splitlines() == [
        "personatwin: warning: 3 of 5 rows",
        "personatwin: warning: nothing found",
    ]


def test_a_disk_that_is_full_is_told_in_one_line(
    good: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device", "personas.csv")

    monkeypatch.setattr(release, "export_release", fail)
    status = protect(good, "--known-events", 0)
    refused(capsys, status, "No space left on device: personas.csv")
    assert status == 2


def test_a_reader_who_has_gone_does_not_change_what_was_done(good: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "personatwin_sk.cli", "protect", str(good)]
    command += ["--known-events", "0", "--no-report", "--out", str(good.parent / "safe")]
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(
            command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert (good.parent / "safe" / "risk.json").exists()


def test_progress_is_shown_where_somebody_watches(
    good: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda self: True, raising=False)
    assert protect(good, "--known-events", 0) == 0
    assert "RiskAwareSearch" in capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"personatwin {__version__}\n"
    assert run("protect", "--help") == 0
    assert "--known-events" in capsys.readouterr().out
    assert run() == 2
    assert "COMMAND" in capsys.readouterr().err
