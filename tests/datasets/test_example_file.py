"""The example file: made by the script beside it, small, and of one piece."""

from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd
import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILE = EXAMPLES / "court_records.csv"


@pytest.fixture(scope="module")
def records():
    return pd.read_csv(FILE, parse_dates=["date"])


def test_file_is_small_and_whole(records):
    assert FILE.stat().st_size < 1_500_000
    assert records["person_id"].nunique() == 3055
    assert not records.isna().any(axis=None)
    assert records["event_id"].is_unique
    assert records["geography"].nunique() == 5
    assert records["geography"].str.endswith(" County, OH").all()


def test_script_says_what_the_file_is():
    script = runpy.run_path(str(EXAMPLES / "make_court_records.py"))
    assert script["FILE"] == FILE
    assert "court_records.csv" in script["__doc__"]
    assert "do not exist" in script["__doc__"]


def test_script_makes_the_file_that_is_there(tmp_path, capsys):
    script = runpy.run_path(str(EXAMPLES / "make_court_records.py"))
    script["main"].__globals__["FILE"] = tmp_path / "court_records.csv"
    script["main"]()
    assert capsys.readouterr().out == "court_records.csv: 3055 people, 11153 events\n"
    made = pd.read_csv(tmp_path / "court_records.csv")
    # If the bundled figures have changed, so must the file: run the script.
    pd.testing.assert_frame_equal(made, pd.read_csv(FILE))
