"""Counts in place of events: forgeries that agree with their own manifest are found."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from forging import edit_csv, edit_json, failing, rewrite_manifest

from personatwin_sk.release import aggregate_events, verify_release
from personatwin_sk.release._checks import Facts, Malformed
from personatwin_sk.release._release_files import ReleaseFiles
from personatwin_sk.release._verify_counts import (
    event_count_problems,
    least_people,
    read_event_counts,
)

LEAST = 5


def events() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give 48 people in personas of 20, 20 and 8, with two events each or one, and the release."""
    rows = list(itertools.product(range(40), ["2023"], ["arrest", "trial"]))
    original = pd.DataFrame(rows, columns=["person_id", "date", "event_type"])
    few = pd.DataFrame({"person_id": range(40, 48), "date": "2023", "event_type": "arrest"})
    original = pd.concat([original, few], ignore_index=True)
    persona = original["person_id"].map(lambda one: f"P{min(one // 20, 2):06d}")
    return original, original.assign(person_id=persona)


def files(by: list[str], counts: pd.DataFrame | None = None) -> tuple[ReleaseFiles, pd.DataFrame]:
    """Give what a folder of such a release would read as."""
    original, released = events()
    if counts is None:
        counts = aggregate_events(original, released, by, k=LEAST)
    texts = counts.astype(object).map(lambda value: None if pd.isna(value) else str(value))
    personas = pd.DataFrame(
        {"persona_id": [f"P{i:06d}" for i in range(3)], "class_size": [20, 20, 8]}
    )
    risk = {
        "settings": {"event_form": "aggregated", "privacy_level": "medium"},
        "verdict": {"target_risk": 0.2},
        "counts": {"events": 88, "suppressed_people": 0},
        "least_people": {"event_counts.csv": LEAST},
    }
    tables = {"personas.csv": personas.astype(str), "event_counts.csv": texts}
    facts = [Facts(name, {}) for name in ("data_dictionary.json", "manifest.json")]
    return ReleaseFiles(tables, Facts("risk.json", risk), *facts, None), personas


BYS = [
    ["persona_id"],
    ["event_type"],
    ["persona_id", "event_type"],
    ["event_type", "date", "persona_id"],
    ["event_type", "persona_id", "date"],
]


@pytest.mark.parametrize("by", BYS)
def test_what_was_counted_holds(by: list[str]) -> None:
    assert event_count_problems(*files(by)) == []


def test_with_nulls_among_what_is_counted_by() -> None:
    original, released = events()
    for table in (original, released):
        table.loc[table["person_id"].astype(str).isin(["0", "P000000"]), "date"] = None
    released.loc[:9, "date"] = None
    counts = aggregate_events(original, released, ["event_type", "date", "persona_id"], k=LEAST)
    assert counts.loc[counts["level"] == 2, "date"].isna().any()
    assert event_count_problems(*files([], counts)) == []


def changed(by: list[str], change: Callable[[pd.DataFrame], pd.DataFrame]) -> list[str]:
    return event_count_problems(*files(by, change(aggregate_events(*events(), by, k=LEAST))))


def add(level: int, column: str, n: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Change the first figure of a level."""

    def change(counts: pd.DataFrame) -> pd.DataFrame:
        row = counts.index[counts["level"] == level][0]
        counts.loc[row, column] += n
        return counts

    return change


def without(level: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda counts: counts.drop(counts.index[counts["level"] == level][0])


PERSONA_TYPE = ["persona_id", "event_type"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (add(2, "count", 1), "not the sum of their parts"),
        (add(1, "count", 1), "not the sum of their parts"),
        (add(0, "suppressed", 6), "not the sum of their parts"),
        (add(2, "suppressed", 7), "not the sum of their parts"),
        (without(2), "not the sum of their parts"),
        (without(0), "parts of a count that is not there"),
        (without(1), "parts of a count that is not there"),
        (lambda counts: pd.concat([counts, counts.tail(1)]), "there twice"),
        (lambda counts: pd.concat([counts, counts.head(1)]), "there twice"),
        (lambda counts: counts.assign(count=counts["count"].replace(20, 4)), "fewer than 5"),
        (lambda counts: counts.replace({"persona_id": {"P000001": "P000009"}}), "no persona"),
        (lambda counts: counts.replace({"persona_id": {"P000001": "P000000"}}), "there twice"),
    ],
)
def test_a_change_is_found(change: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
    assert message in "; ".join(changed(PERSONA_TYPE, change))


def test_another_total_than_that_of_the_data_is_found() -> None:
    found, personas = files(PERSONA_TYPE)
    for n_events, gone, n_problems in ((88, 0, 0), (89, 0, 1), (89, 1, 0), (87, 1, 1)):
        found.risk.document["counts"] = {"events": n_events, "suppressed_people": gone}
        assert len(event_count_problems(found, personas)) == n_problems


def test_what_is_suppressed_must_not_be_worked_out() -> None:
    """Two of three personas shown, and the third is the total less both."""
    by = ["persona_id"]
    counts = aggregate_events(*events(), by, k=LEAST)
    assert counts["persona_id"].notna().sum() == 3  # here all have enough people
    hidden = counts[counts["persona_id"].ne("P000002")].copy()
    hidden.loc[hidden["level"] == 0, "suppressed"] = 8
    assert "given away" in "; ".join(event_count_problems(*files(by, hidden)))
    both = counts[~counts["persona_id"].isin(["P000001", "P000002"])].copy()
    both.loc[both["level"] == 0, "suppressed"] = 48
    assert event_count_problems(*files(by, both)) == []


def test_what_is_left_over_rests_on_enough_people() -> None:
    """A type with four events that is not listed is the total less the others."""
    counts = pd.DataFrame(
        {
            "level": [0, 1],
            "event_type": [None, "arrest"],
            "count": [88, 84],
            "suppressed": [4, 0],
        }
    )
    problems = event_count_problems(*files(["event_type"], counts))
    assert len(problems) == 1 and "can be worked out" in problems[0]


def test_a_persona_that_is_too_small_is_found() -> None:
    found, personas = files(PERSONA_TYPE)
    personas = personas.assign(class_size=[4, 20, 24])
    assert "fewer than 5 people" in "; ".join(event_count_problems(found, personas))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda t: t.rename(columns={"event_type": "name"}), "columns"),
        (lambda t: t.drop(columns="suppressed"), "columns"),
        (lambda t: t[["level", "count", "suppressed"]], "columns"),
        (lambda t: t.assign(count="5.5"), "no numbers"),
        (lambda t: t.assign(count="-7"), "no numbers"),
        (lambda t: t.assign(suppressed=None), "no numbers"),
        (lambda t: t.assign(level="3"), "a level that there is not"),
        (lambda t: t.assign(persona_id="P000000"), "more than their level has"),
        (lambda t: t.assign(level="1"), "more than their level has"),
    ],
)
def test_what_are_no_counts(edit: Callable[[pd.DataFrame], pd.DataFrame], message: str) -> None:
    found, _ = files(PERSONA_TYPE)
    with pytest.raises(Malformed, match=message):
        read_event_counts(edit(found.tables["event_counts.csv"]))


@pytest.mark.parametrize(
    ("claimed", "level", "target", "fits"),
    [
        (20, "medium", 0.05, True),
        (19, "medium", 0.05, False),
        (5, "medium", 0.2, True),
        (5, "high", 0.2, False),
        (11, "high", 0.2, True),
        (10, "low", 0.1, True),
        (9, "low", 0.1, False),
    ],
)
def test_figures_rest_on_as_many_people_as_level_and_target_ask_for(
    claimed: int, level: str, target: float, fits: bool
) -> None:
    risk = Facts(
        "risk.json",
        {
            "least_people": {"event_counts.csv": claimed, "histories.csv": claimed},
            "settings": {"privacy_level": level},
            "verdict": {"target_risk": target},
        },
    )
    if fits:
        assert least_people(risk, "event_counts.csv") == claimed
    else:
        with pytest.raises(Malformed, match=rf"{claimed} people"):
            least_people(risk, "event_counts.csv")
    if claimed == 19:  # of histories the level alone asks
        assert least_people(risk, "histories.csv") == 19


def test_files_and_what_risk_json_says_of_them_go_together() -> None:
    found, personas = files(PERSONA_TYPE)
    del found.tables["event_counts.csv"]  # type: ignore[attr-defined]
    assert event_count_problems(found, personas) == ["event_counts.csv is missing"]
    found, personas = files(PERSONA_TYPE)
    del found.risk.document["settings"]["event_form"]
    assert "knows of none" in event_count_problems(found, personas)[0]


# a whole folder


@pytest.fixture
def release(aggregated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(aggregated, tmp_path / "safe"))


def test_a_folder_of_counts_holds(release: Path) -> None:
    found = verify_release(release)
    assert found.holds, str(found)
    assert "event counts" in {check.name for check in found.checks}
    assert not (release / "events.csv").exists() and not (release / "histories.csv").exists()


@pytest.mark.parametrize("file", ["event_counts.csv", "event_counts.parquet"])
def test_a_folder_without_its_counts_is_found(release: Path, file: str) -> None:
    (release / file).unlink()
    assert "digests" in failing(verify_release(release))
    rewrite_manifest(release)
    lost = {"event counts", "data dictionary"} if file.endswith("csv") else set()
    assert failing(verify_release(release)) - {"tables"} == lost


def test_an_altered_count_is_found_after_a_new_manifest(release: Path) -> None:
    (release / "event_counts.parquet").unlink()
    rewrite_manifest(release)
    assert verify_release(release).holds
    edit_csv(release, "event_counts.csv", lambda table: table.assign(count=table["count"] + "0"))
    assert "digests" in failing(verify_release(release))
    rewrite_manifest(release)
    assert failing(verify_release(release)) == {"event counts"}


def test_fewer_people_than_claimed_are_found(release: Path) -> None:
    for name in ("risk.json", "manifest.json"):
        edit_json(release, name, lambda facts: facts["claims"]["least_people"].clear())
    edit_json(release, "risk.json", lambda facts: facts["least_people"].clear())
    rewrite_manifest(release)
    assert "event counts" in failing(verify_release(release))
