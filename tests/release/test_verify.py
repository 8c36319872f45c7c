"""Verifying a release by its files: whole, in agreement, and every change found."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from forging import edit_csv, failing, rewrite_manifest

from personatwin_sk.exceptions import InputError
from personatwin_sk.release import (
    create_safe_personas,
    export_release,
    verify_release,
)


def people() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n = 120
    who = np.concatenate([np.arange(60), rng.integers(0, 60, n - 60)])
    frame = pd.DataFrame(
        {
            "person_id": [f"who{i:03d}" for i in who],
            "age": rng.integers(20, 70, 60)[who],
            "gender": rng.choice(["F", "M"], 60)[who],
            "event_id": [f"e{i}" for i in range(n)],
            "date": pd.Timestamp("2020-05-05") + pd.to_timedelta(rng.integers(0, 400, n), "D"),
            "event_type": rng.choice(["visit", "stay"], n),
            "outcome": rng.choice(["well", "ill"], n),
        }
    )
    return frame


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "safe"
    result = create_safe_personas(people(), known_events=0, random_state=0)
    export_release(result, folder, parquet=True)
    return folder


@pytest.fixture
def release(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "safe"))


def edit_json(folder: Path, name: str, *path: str, to: Any) -> None:
    facts = json.loads((folder / name).read_text())
    at = facts
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    (folder / name).write_text(json.dumps(facts))


def without_twins(folder: Path) -> None:
    """Take away Parquet, and the report, which lists the digests of all tables."""
    for twin in [*folder.glob("*.parquet"), folder / "report.html"]:
        twin.unlink()


def test_what_was_written_holds(release: Path) -> None:
    found = verify_release(release)
    assert found.holds and failing(found) == set()
    assert len(found.checks) == 12
    assert "only the data can show" in str(found)
    assert json.loads(json.dumps(found.to_dict()))["holds"] is True


def test_people_without_events_hold(tmp_path: Path) -> None:
    result = create_safe_personas(people()[["person_id", "age"]], known_events=0, random_state=0)
    export_release(result, tmp_path / "safe", report=False)
    assert verify_release(tmp_path / "safe").holds


def split(table: pd.DataFrame) -> pd.DataFrame:
    """Make two personas of the largest one."""
    sizes = table["class_size"].astype(int)
    first = table.loc[[sizes.idxmax()]]
    half = int(first["class_size"].iloc[0]) // 2
    other = first.assign(persona_id="P999999", class_size=str(half))
    table = pd.concat([table, other], ignore_index=True)
    table.loc[sizes.idxmax(), "class_size"] = str(int(first["class_size"].iloc[0]) - half)
    return table


def one_more(table: pd.DataFrame) -> pd.DataFrame:
    sizes = table["class_size"].astype(int)
    return table.assign(class_size=sizes.where(sizes != sizes.min(), sizes + 1).astype(str))


TABLE_CHANGES: list[tuple[str, Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    ("events.csv", lambda t: t.iloc[1:], "counts"),
    ("events.csv", lambda t: pd.concat([t, t.iloc[:1]]), "counts"),
    ("personas.csv", lambda t: t.iloc[1:], "counts"),
    ("personas.csv", split, "counts"),
    ("personas.csv", one_more, "counts"),
    ("personas.csv", lambda t: t.assign(class_size="0"), "personas"),
    ("personas.csv", lambda t: t.assign(class_size="5.5"), "personas"),
    ("personas.csv", lambda t: t.assign(persona_id="P000001"), "personas"),
    ("personas.csv", lambda t: t.assign(persona_id=t.persona_id + "x"), "personas"),
    ("personas.csv", lambda t: t.drop(columns="age"), "personas"),
    ("personas.csv", lambda t: t.assign(age="old"), "personas"),
    ("personas.csv", lambda t: t.iloc[:0], "personas"),
    ("events.csv", lambda t: t.assign(persona_id="P424242"), "events"),
    ("events.csv", lambda t: t.drop(columns="outcome"), "events"),
    ("events.csv", lambda t: t.assign(date="2020-05-05"), "events"),
    ("events.csv", lambda t: t.assign(date="some day"), "events"),
    ("events.csv", lambda t: t.assign(event_type="visit"), "data dictionary"),
    ("personas.csv", lambda t: t.assign(gender="F"), "data dictionary"),
]


@pytest.mark.parametrize(("file", "change", "check"), TABLE_CHANGES)
def test_a_changed_table_is_found(release: Path, file: str, change: Any, check: str) -> None:
    without_twins(release)
    rewrite_manifest(release)
    assert verify_release(release).holds
    edit_csv(release, file, change)
    assert "digests" in failing(verify_release(release))
    # A new manifest hides the change from the digests, and from nothing else.
    rewrite_manifest(release)
    found = failing(verify_release(release))
    assert "digests" not in found and check in found


def test_a_split_into_personas_that_are_too_small_is_found(release: Path) -> None:
    without_twins(release)
    edit_csv(release, "personas.csv", split)
    edit_csv(release, "personas.csv", split)
    edit_csv(
        release, "personas.csv", lambda t: t.assign(persona_id=[f"P{i:06d}" for i in range(len(t))])
    )
    for _ in range(6):
        edit_csv(release, "personas.csv", split)
        edit_csv(
            release,
            "personas.csv",
            lambda t: t.assign(persona_id=[f"P{i:06d}" for i in range(len(t))]),
        )
    rewrite_manifest(release)
    assert "k" in failing(verify_release(release))


FIGURES: list[tuple[tuple[str, ...], Any, str]] = [
    (("counts", "people"), 61, "counts"),
    (("counts", "released_events"), 119, "counts"),
    (("counts", "personas"), 2, "counts"),
    (("counts", "events"), 3, "counts"),
    (("risk", "release", "k_anonymity"), 60, "k"),
    (("settings", "merge__k"), 60, "k"),
    (("settings", "privacy_level"), "none", "k"),
    (("risk", "release", "prosecutor", "mean"), 0.001, "risk"),
    (("risk", "release", "prosecutor", "max"), 0.001, "risk"),
    (("risk", "release", "n_classes"), 1, "risk"),
    (("risk", "release", "population_average_risk"), 0.0, "risk"),
    (("risk", "release", "upper"), 1e-9, "risk"),
    (("risk", "release", "journalist", "mean"), 0.9, "risk"),
    (("risk", "release", "event_risk", "mean"), 0.9, "risk"),
    (("risk", "release", "event_risk", "upper"), -0.1, "risk"),
    (("settings", "attacker"), "nobody", "risk"),
    (("verdict", "risk"), 0.001, "claims"),
    (("verdict", "target_risk"), 0.0001, "claims"),
    (("verdict", "level"), "SAFE", "claims"),
    (("verdict", "safe_for_public"), "yes", "claims"),
    (("claims", "k"), 60, "claims"),
    (("claims", "certified_by"), "somebody", "claims"),
    (("settings", "quasi_identifiers"), ["age"], "personas"),
    (("settings", "quasi_identifiers"), 5, "personas"),
    (("settings", "event_columns"), ["date"], "events"),
    (("settings", "event_columns"), [], "events"),
    (("settings", "dates__precision"), "year", "events"),
    (("settings", "dates__precision"), "hour", "events"),
    (("counts", "people"), "many", "counts"),
    (("counts",), None, "counts"),
    (("risk",), [], "risk"),
    (("verdict",), 3, "claims"),
    (("files",), None, "digests"),
    (("schema_version",), 99, "documents"),
]


@pytest.mark.parametrize(("path", "value", "check"), FIGURES)
def test_a_changed_figure_is_found(
    release: Path, path: tuple[str, ...], value: Any, check: str
) -> None:
    edit_json(release, "risk.json", *path, to=value)
    assert "digests" in failing(verify_release(release))
    if path != ("files",):
        rewrite_manifest(release)
    assert check in failing(verify_release(release))


@pytest.mark.parametrize(
    ("path", "value", "check"),
    [
        (("claims", "k"), 60, "claims"),
        (("claims",), None, "claims"),
        (("files",), None, "digests"),
        (("files", "events.csv"), None, "digests"),
        (("files", "events.csv", "sha256"), "", "digests"),
        (("files", "events.csv", "rows"), 3, "counts"),
        (("files", "../secret"), {"sha256": "0" * 64, "bytes": 1}, "digests"),
        (("schema_version",), "1", "documents"),
    ],
)
def test_a_changed_manifest_is_found(
    release: Path, path: tuple[str, ...], value: Any, check: str
) -> None:
    edit_json(release, "manifest.json", *path, to=value)
    assert check in failing(verify_release(release))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("files",), {}),
        (("files", "events.csv", "rows"), 2),
        (("files", "events.csv", "columns"), 1),
    ],
)
def test_a_changed_dictionary_is_found(release: Path, path: tuple[str, ...], value: Any) -> None:
    edit_json(release, "data_dictionary.json", *path, to=value)
    rewrite_manifest(release)
    assert failing(verify_release(release)) == {"data dictionary", "report"}


def test_label_counts_of_the_dictionary_are_held_to_the_personas(release: Path) -> None:
    facts = json.loads((release / "data_dictionary.json").read_text())
    facts["files"]["personas.csv"]["columns"][1]["labels"][0]["people"] += 1
    (release / "data_dictionary.json").write_text(json.dumps(facts))
    rewrite_manifest(release)
    assert failing(verify_release(release)) == {"data dictionary", "report"}


@pytest.mark.parametrize(
    "name", ["personas.csv", "risk.json", "manifest.json", "data_dictionary.json", "events.csv"]
)
def test_a_missing_file_is_found(release: Path, name: str) -> None:
    (release / name).unlink()
    found = verify_release(release)
    assert not found.holds
    assert name in str(found)


@pytest.mark.parametrize("name", ["risk.json", "manifest.json", "data_dictionary.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_document_that_is_none_is_found(release: Path, name: str, content: bytes) -> None:
    (release / name).write_bytes(content)
    assert "documents" in failing(verify_release(release))


@pytest.mark.parametrize("content", [b"", b'"', b"a,b\n1,2,3\n", b"\xff\xfe"])
def test_a_table_that_is_none_is_found(release: Path, content: bytes) -> None:
    (release / "personas.csv").write_bytes(content)
    assert not verify_release(release).holds


def test_files_of_two_releases_are_told_apart(release: Path, tmp_path: Path) -> None:
    other = create_safe_personas(people(), known_events=0, random_state=1)
    export_release(other, tmp_path / "other", parquet=True)
    for name in ("events.csv", "personas.csv", "report.html"):
        swapped = Path(shutil.copytree(release, tmp_path / f"swapped {name}"))
        shutil.copy(tmp_path / "other" / name, swapped / name)
        found = verify_release(swapped)
        assert "digests" in failing(found) and name in str(found)
    # With a new manifest, events of the other release still have other personas.
    swapped = tmp_path / "swapped events.csv"
    rewrite_manifest(swapped)
    assert "events" in failing(verify_release(swapped))


def test_a_file_that_is_not_listed_is_found(release: Path) -> None:
    manifest = json.loads((release / "manifest.json").read_text())
    del manifest["files"]["report.html"]
    (release / "manifest.json").write_text(json.dumps(manifest))
    assert "report.html is not in the manifest" in str(verify_release(release))


def test_files_of_others_are_told_but_no_problem(release: Path) -> None:
    (release / "README.txt").write_text("mine")
    found = verify_release(release)
    assert found.holds and "1 other file" in str(found)


def test_a_twin_that_differs_is_found(release: Path) -> None:
    table = pd.read_parquet(release / "personas.parquet")
    table.assign(class_size=table["class_size"] + 1).to_parquet(release / "personas.parquet")
    rewrite_manifest(release)
    found = verify_release(release)
    assert failing(found) == {"tables", "report"} and f"{len(table)} cells" in str(found)
    (release / "personas.parquet").write_bytes(b"PAR1")
    rewrite_manifest(release)
    assert "cannot be read as Parquet" in str(verify_release(release))


def test_twins_are_left_open_without_their_library(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = verify_release(release)
    assert found.holds and [one.name for one in found.checks if one.holds is None] == ["parquet"]


def test_messages_hold_no_values(release: Path) -> None:
    edit_csv(release, "events.csv", lambda t: t.assign(persona_id="canary", outcome="canary"))
    edit_csv(release, "personas.csv", lambda t: t.assign(age="canary"))
    assert "canary" not in str(verify_release(release))


@pytest.mark.parametrize("content", [None, {}, {"notes.txt": "x"}])
def test_what_is_no_release_is_refused(tmp_path: Path, content: dict | None) -> None:
    folder = tmp_path / "none"
    if content is not None:
        folder.mkdir()
        for name, text in content.items():
            (folder / name).write_text(text)
    with pytest.raises(InputError, match="none"):
        verify_release(folder)
