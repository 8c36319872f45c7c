"""The README: its Python blocks run as they stand, its commands are those that CI runs."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A folder with the examples in it, as a checkout has, in which files may be written."""
    (tmp_path / "examples").symlink_to(REPOSITORY / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_block_is_of_a_language_that_is_run_here() -> None:
    assert {language for language, _ in BLOCKS} == {"bash", "python"}


def test_the_python_blocks_run_in_order(checkout, capsys) -> None:
    names: dict[str, object] = {}
    for text in blocks("python"):
        exec(compile(text, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "SAFE_FOR_RESEARCH" in printed
    assert (checkout / "privacy_report.html").read_text().startswith("<!DOCTYPE html>")
    personas = pd.read_csv(checkout / "safe_personas.csv")
    assert personas["class_size"].min() >= 5
    assert names["search"].best_risk_ <= 0.05  # type: ignore[attr-defined]


def test_the_first_command_protects_the_example(checkout) -> None:
    setup, install, job = blocks("bash")[0].strip().split(" && ")
    # The environment of the tests stands in for the one that the first two parts make.
    assert setup == "python3 -m venv .venv"
    assert install == '.venv/bin/pip install -q ".[report]"'
    program, *arguments = shlex.split(job)
    assert program == ".venv/bin/personatwin"
    run = subprocess.run(
        [sys.executable, "-m", "personatwin_sk.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    written = sorted(path.name for path in (checkout / "safe").iterdir())
    tables = ["events.csv", "personas.csv", "histories.csv", "history_counts.csv"]
    described = ["data_dictionary.json", "manifest.json"]
    assert written == sorted([*tables, *described, "report.html", "risk.json"])
    facts = json.loads((checkout / "safe" / "risk.json").read_text())
    table = pd.read_csv(REPOSITORY / "examples" / "court_records.csv")
    assert facts["counts"]["people"] == table["person_id"].nunique()
    assert facts["verdict"]["risk"] <= 0.05


def test_the_second_command_is_the_one_that_ci_runs() -> None:
    command = blocks("bash")[1].strip()
    assert re.match(r"python3 -m venv .*pytest", command)  # the pattern that .ci/run looks for
    assert re.match(r"python3 -m venv .*personatwin protect", blocks("bash")[0].strip())
    script = (REPOSITORY / ".ci" / "run").read_text()
    assert "python3 -m venv .*pytest" in script
    assert "python3 -m venv .*personatwin protect" in script


def test_every_link_and_file_that_the_readme_names_is_there() -> None:
    for path in re.findall(r"`(examples/[\w./]+|[A-Z]+\.md)`", README):
        assert (REPOSITORY / path).exists()
