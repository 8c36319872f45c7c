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

from personatwin_sk import __version__

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
    assert {language for language, _ in BLOCKS} == {"bash", "python", "bibtex"}


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


def test_the_examples_that_are_listed_are_those_that_there_are() -> None:
    listed = re.findall(r"^\| `examples/(\w+)\.py` \|", README, flags=re.MULTILINE)
    there = {path.stem for path in (REPOSITORY / "examples").glob("*.py")}
    assert sorted(listed) == sorted(there - {"make_court_records"})


def test_how_to_cite_agrees_with_the_package() -> None:
    (entry,) = blocks("bibtex")
    fields = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", entry, flags=re.MULTILINE))
    assert fields["version"] == __version__
    developers = fields["author"].strip("{}").replace("\\_", "_")
    licence = (REPOSITORY / "LICENSE").read_text("utf-8")
    assert developers in licence and fields["year"] in licence
    assert licence.startswith(f"{fields['license']} License")


def test_it_ends_with_contributing_citing_and_limits() -> None:
    headings = re.findall(r"^## (.+)$", README, flags=re.MULTILINE)
    assert headings[-3:] == ["Contributing", "How to cite", "Limits"]
