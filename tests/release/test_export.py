"""Files: whole or not at all, and only what may leave."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.release import (
    Personas,
    create_safe_personas,
    export_personas,
    export_privacy_report,
    export_release,
    personas_to_dataframe,
    personas_to_event_dataframe,
    verify_release,
    write_release,
)
from personatwin_sk.release import _export as export

TABLES = ["personas.csv", "events.csv", "histories.csv", "history_counts.csv"]
ALL = [*TABLES, "data_dictionary.json", "risk.json", "report.html", "manifest.json"]
BARE = [name for name in ALL if name != "report.html"]


@pytest.fixture(scope="module")
def result():
    rng = np.random.default_rng(0)
    people = pd.DataFrame(
        {
            "person_id": [f"{i:03d}" for i in range(40)],
            "age": rng.integers(20, 60, 40),
            "date": pd.Timestamp("2020-05-05") + pd.to_timedelta(rng.integers(0, 90, 40), "D"),
            "event_type": "visit",
            "outcome": rng.choice(["well", "ill, still"], 40),
        }
    )
    return create_safe_personas(people, known_events=0, random_state=0)


@pytest.fixture(scope="module")
def people_only():
    people = pd.DataFrame({"person_id": range(40), "age": np.arange(40) + 20})
    return create_safe_personas(people, known_events=0, random_state=0)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_all_files_are_written_and_say_what_the_result_says(result, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "safe"
    assert write_release(result, folder) == ALL
    assert names(folder) == sorted(ALL)
    assert names(tmp_path / "deep") == ["safe"]
    personas = pd.read_csv(folder / "personas.csv", dtype={"age": str})
    expected = personas_to_dataframe(result.personas)
    assert personas["persona_id"].tolist() == expected["persona_id"].tolist()
    assert personas["age"].tolist() == expected["age"].astype(str).tolist()
    assert personas["class_size"].sum() == 40
    events = pd.read_csv(folder / "events.csv")
    pd.testing.assert_frame_equal(
        events, personas_to_event_dataframe(result.personas), check_dtype=False
    )
    facts = json.loads((folder / "risk.json").read_text("utf-8"))
    assert {name: facts[name] for name in result.to_dict()} == result.to_dict()
    assert "Privacy report" in (folder / "report.html").read_text("utf-8")


def test_people_without_events_have_no_file_of_events(people_only, tmp_path: Path) -> None:
    assert write_release(people_only, tmp_path / "safe", report=False) == [
        "personas.csv",
        "data_dictionary.json",
        "risk.json",
        "manifest.json",
    ]


def test_an_empty_folder_is_used_as_it_is(result, tmp_path: Path) -> None:
    write_release(result, tmp_path, report=False)
    assert names(tmp_path) == sorted(BARE)


def test_a_folder_with_files_is_refused(result, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds files"):
        write_release(result, tmp_path)
    assert names(tmp_path) == ["mine.txt"]


def test_force_replaces_only_our_files(result, people_only, tmp_path: Path) -> None:
    export_release(result, tmp_path, parquet=True)
    (tmp_path / "mine.txt").write_text("mine")
    write_release(people_only, tmp_path, report=False, force=True)
    # The events, the twins and the report of the earlier release would contradict the new personas.
    left = {*BARE, "mine.txt"} - set(TABLES[1:])
    assert names(tmp_path) == sorted(left)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert len(pd.read_csv(tmp_path / "personas.csv")) == len(people_only.personas)


def test_a_file_is_no_folder(result, tmp_path: Path) -> None:
    (tmp_path / "safe").write_text("mine")
    for folder in (tmp_path / "safe", tmp_path / "safe" / "deeper"):
        with pytest.raises(InputError):
            write_release(result, folder, force=True)
    assert names(tmp_path) == ["safe"]


@pytest.mark.parametrize("existing", [True, False])
def test_a_failure_halfway_leaves_nothing(
    result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bool
) -> None:
    folder = tmp_path / "safe"
    if existing:
        write_release(result, folder, report=False)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def fail(*anything: object) -> str:
        raise OSError("disk full")

    monkeypatch.setattr(export, "_report_text", fail)
    with pytest.raises(OSError, match="disk full"):
        write_release(result, folder, force=True)
    if existing:
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    else:
        assert names(tmp_path) == []


def test_a_file_of_its_own_is_written_whole_or_not(
    result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "personas.csv"
    path.write_text("old")

    def fail(*arguments: object) -> None:
        raise OSError("no")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="no"):
            export_personas(result.personas, path)
    assert names(tmp_path) == ["personas.csv"]
    assert path.read_text() == "old"
    export_personas(result.personas, path)
    assert len(pd.read_csv(path)) == len(result.personas)


def test_report_on_its_own(result, tmp_path: Path) -> None:
    export_privacy_report(result, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>") and text.rstrip().endswith("</html>")


def test_files_obey_the_mask_of_the_process(result, tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_release(result, tmp_path / "safe", report=False)
    finally:
        os.umask(old)
    assert (tmp_path / "safe").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "safe" / "personas.csv").stat().st_mode & 0o777 == 0o640


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_digests_are_those_of_the_files(result, tmp_path: Path) -> None:
    export_release(result, tmp_path, parquet=True)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert set(manifest["files"]) == set(names(tmp_path)) - {"manifest.json"}
    for name, facts in manifest["files"].items():
        assert facts["sha256"] == sha256(tmp_path / name)
        assert facts["bytes"] == (tmp_path / name).stat().st_size
    risk = json.loads((tmp_path / "risk.json").read_text())
    assert set(risk["files"]) == {
        *TABLES,
        *(name.replace("csv", "parquet") for name in TABLES),
        "data_dictionary.json",
    }
    assert all(risk["files"][name] == manifest["files"][name] for name in risk["files"])
    assert manifest["files"]["events.csv"]["rows"] == 40
    assert risk["schema_version"] == manifest["schema_version"] == 1


def test_claims_are_the_figures(result, tmp_path: Path) -> None:
    export_release(result, tmp_path, report=False)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    risk = json.loads((tmp_path / "risk.json").read_text())
    assert manifest["claims"] == risk["claims"]
    claims = risk["claims"]
    sizes = pd.read_csv(tmp_path / "personas.csv")["class_size"]
    assert (claims["people"], claims["personas"], claims["events"]) == (40, len(sizes), 40)
    assert claims["k"] == sizes.min()
    assert claims["risk"] <= claims["target_risk"] == 0.05


def test_parquet_holds_what_the_csv_files_hold(result, tmp_path: Path) -> None:
    assert export_release(result, tmp_path, parquet=True, report=False)[:8] == [
        *TABLES,
        *(name.replace("csv", "parquet") for name in TABLES),
    ]
    for name in TABLES:
        table = pd.read_csv(tmp_path / name, dtype=str)
        twin = pd.read_parquet((tmp_path / name).with_suffix(".parquet"))
        written = twin.astype(object).map(lambda value: "" if pd.isna(value) else str(value))
        pd.testing.assert_frame_equal(written, table.fillna(""), check_dtype=False)


def test_parquet_holds_days_as_the_csv_file_does(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    people = pd.DataFrame(
        {
            "person_id": range(60),
            "age": rng.integers(20, 60, 60),
            "date": pd.Timestamp("2020-05-05") + pd.to_timedelta(rng.integers(0, 90, 60), "D"),
            "event_type": "visit",
        }
    )
    people.loc[:3, "date"] = None
    result = create_safe_personas(people, "low", target_risk=0.3, known_events=0, random_state=0)
    assert result.settings["dates__precision"] == "week"
    export_release(result, tmp_path, parquet=True, report=False)
    dates = pd.read_parquet(tmp_path / "events.parquet")["date"].dropna()
    assert len(dates) == 56 and dates.str.fullmatch(r"\d{4}-\d{2}-\d{2}").all()
    assert verify_release(tmp_path).holds


def test_parquet_without_its_library_is_said_before_anything_is_written(
    result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pyarrow.*personatwin_sk\[polars\]"):
        export_release(result, tmp_path / "safe", parquet=True)
    assert names(tmp_path) == []


def test_formulas_are_made_harmless(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "persona_id": ["P000001", "P000002", "P000003", "P000004"],
            "=ward": ["=HYPERLINK(1)", "@home", "-5", None],
            "change": ["-5--1", "+3", "'=kept", "a=b"],
            "class_size": [5, 6, 7, 8],
        }
    )
    export_personas(Personas(table), tmp_path / "personas.csv")
    text = (tmp_path / "personas.csv").read_text()
    assert text == (
        "persona_id,'=ward,change,class_size\n"
        "P000001,'=HYPERLINK(1),'-5--1,5\n"
        "P000002,'@home,+3,6\n"
        "P000003,-5,''=kept,7\n"
        "P000004,,a=b,8\n"
    )


def test_neither_ids_nor_seeds_are_in_any_file(tmp_path: Path) -> None:
    people = pd.DataFrame(
        {"person_id": [f"canary{i:03d}" for i in range(40)], "age": np.arange(40) + 20}
    )
    safe = create_safe_personas(people, known_events=0, random_state=918273645)
    export_release(safe, tmp_path, parquet=True)
    for path in tmp_path.iterdir():
        assert b"canary" not in path.read_bytes() and b"918273645" not in path.read_bytes()
        digests = [hashlib.sha256(who.encode()).hexdigest() for who in people["person_id"]]
        assert not any(one.encode() in path.read_bytes() for one in digests)


def test_figures_that_go_out_with_a_shareable_report(result, tmp_path: Path) -> None:
    """They lack what the report lacks, and are verified all the same."""
    export_release(result, tmp_path / "mine")
    export_release(result, tmp_path / "theirs", report_variant="shareable")
    mine, theirs = (
        json.loads((tmp_path / name / "risk.json").read_text()) for name in ("mine", "theirs")
    )
    assert mine["decision_log"] and not theirs["decision_log"]
    assert mine["frontier"] and not theirs["frontier"]
    assert "dropped_columns" in mine["settings"] and "dropped_columns" not in theirs["settings"]
    assert mine["counts"] == theirs["counts"] and mine["claims"] == theirs["claims"]
    for name in ("mine", "theirs"):
        assert verify_release(tmp_path / name).holds
