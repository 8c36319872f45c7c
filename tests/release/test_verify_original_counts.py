"""Counts that agree with themselves but not with the data are found by the data."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forging import edit_csv, failing, rewrite_manifest

from personatwin_sk.population import CensusPopulation
from personatwin_sk.release import aggregate_events, verify_release
from personatwin_sk.release._count_limits import DataEvents, Reach, count_problems, outcome_limit

CENSUS = CensusPopulation(source="bundled")


@pytest.fixture
def counted(aggregated: Path, tmp_path: Path) -> Path:
    return copied(aggregated, tmp_path)


@pytest.fixture
def told(in_rows: Path, tmp_path: Path) -> Path:
    return copied(in_rows, tmp_path)


def copied(folder: Path, tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(folder, tmp_path / "safe"))
    for twin in copy.glob("*.parquet"):
        twin.unlink()
    rewrite_manifest(copy)
    return copy


def test_what_was_written_holds(
    aggregated: Path, in_rows: Path, court_people: pd.DataFrame, busy_people: pd.DataFrame
) -> None:
    for folder, people, name in (
        (aggregated, court_people, "event counts of the data"),
        (in_rows, busy_people, "histories of the data"),
    ):
        found = verify_release(folder, people, population=CENSUS)
        assert found.holds, str(found)
        assert name in {check.name for check in found.checks}


def scaled(table: pd.DataFrame) -> pd.DataFrame:
    """Move events of one type to another: all sums stay."""
    numbers = table.astype({"level": int, "count": int})
    types = numbers.index[numbers["level"] == 1]
    assert len(types) >= 2
    first, other = (table.loc[row, "event_type"] for row in types[:2])
    # The types themselves are swapped, with all that is below them.
    return table.assign(event_type=table["event_type"].replace({first: other, other: first}))


def of_another_year(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(date=table["date"].str.replace(r"^\d{4}", "1999", regex=True))


def of_another_outcome(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(outcome=table["outcome"].mask(table["outcome"] != "", "acquitted"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (scaled, "not those that the data can have"),
        (of_another_year, "not those that the data can have"),
        (of_another_outcome, "outcomes that the data do not have"),
    ],
)
def test_a_forgery_of_counts_is_found_by_the_data(
    counted: Path,
    court_people: pd.DataFrame,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    message: str,
) -> None:
    edit_csv(counted, "event_counts.csv", change)
    rewrite_manifest(counted)
    by_themselves = verify_release(counted)
    assert failing(by_themselves) <= {"data dictionary", "event counts"}
    found = verify_release(counted, court_people, population=CENSUS)
    assert "event counts of the data" in failing(found) and message in str(found)
    assert "acquitted" not in str(found)


def test_histories_of_other_people_are_found_by_the_data(
    told: Path, busy_people: pd.DataFrame
) -> None:
    """Who has several events is said to have one, in every persona."""
    swap = {"several events": "one event", "one event": "several events"}
    edit_csv(told, "history_counts.csv", lambda t: t.assign(label=t["label"].replace(swap)))
    rewrite_manifest(told)
    found = verify_release(told, busy_people, population=CENSUS)
    assert "histories of the data" in failing(found)
    assert "not as many as the data have" in str(found)


# by hand: 40 people in two classes; the first 20 can be in the first only, the others in both


def data(is_whole: bool = True) -> DataEvents:
    person = np.repeat(np.arange(40), 2)
    return DataEvents(
        person=person,
        n_people=40,
        kind=pd.Series(["a", "b"] * 40),
        days=np.datetime64("2020-01-01") + (np.arange(80) % 60),
        outcome=pd.Series(["x", None] * 40, dtype=object),
        cell_of_person=np.repeat([0, 1], 20),
        covers=np.array([[True, False], [True, True]]),
        class_of_persona={"P1": 0, "P2": 1},
        is_whole=is_whole,
    )


def problems(is_whole: bool = True, least: int = 5, **cells: list) -> str:
    by = [name for name in cells if name != "count"]
    table = pd.DataFrame({"level": len(by), **cells})
    found = count_problems(table, by, data(is_whole), Reach(0, "month", 0.1), least)
    return "; ".join(found)


WRONG = "1 counts are not those that the data can have"


def test_counts_of_types_are_those_of_the_data() -> None:
    assert problems(event_type=["a", "b"], count=[40, 40]) == ""
    assert problems(event_type=["a", "b"], count=[39, 40]) == WRONG
    assert problems(event_type=["a", "b"], count=[40, 41]) == WRONG
    assert problems(event_type=["a", "b"], count=[39, 40], is_whole=False) == ""
    assert "fewer than 5 people" in problems(event_type=["c"], count=[5], is_whole=False)
    assert problems(event_type=["a"], count=[40], least=40) == ""
    assert "1 counts" in problems(event_type=["a"], count=[40], least=41)


def test_counts_of_personas_lie_between_who_must_and_who_can_be_in_them() -> None:
    """Of the first class at least the 40 events of 20 people, at most all 80; of the second 40."""
    for n, fits in ((39, False), (40, True), (80, True), (81, False)):
        assert (problems(persona_id=["P1"], count=[n]) == "") == fits
    for n, fits in ((0, True), (40, True), (41, False)):
        assert (problems(persona_id=["P2"], count=[n]) == "") == fits
    for n, fits in ((19, False), (20, True), (40, True), (41, False)):
        assert (problems(persona_id=["P1"], event_type=["a"], count=[n]) == "") == fits
        same = problems(event_type=["a"], persona_id=["P1"], count=[n])
        assert (same == "") == fits
    assert problems(persona_id=["P2"], count=[20], least=21) != ""
    assert problems(persona_id=["P2"], count=[20], least=20) == ""


def test_counts_of_dates_are_within_what_noise_reaches() -> None:
    """Days 0 to 59 from 1 January 2020, then 0 to 19 again: 51 of the 80 are in January."""
    days = np.arange(80) % 60
    january = int((days < 31).sum())
    of_type = int((days[::2] < 31).sum())
    assert problems(date=["2020-01"], count=[january]) == ""
    assert problems(date=["2020-01"], count=[january + 1]) == WRONG
    assert problems(event_type=["a"], date=["2020-01"], count=[of_type]) == ""
    assert problems(event_type=["a"], date=["2020-01"], count=[of_type + 1]) == WRONG
    assert WRONG in problems(date=["2020-04"], count=[5])
    assert WRONG in problems(date=[None], count=[5])


def test_outcomes_are_those_of_the_type() -> None:
    assert problems(event_type=["a"], outcome=["x"], count=[40]) == ""
    assert problems(event_type=["b"], outcome=[None], count=[40]) == ""
    for kind, outcome in (("a", None), ("b", "x"), ("a", "y")):
        assert "do not have" in problems(event_type=[kind], outcome=[outcome], count=[40])
    assert problems(outcome=["x"], count=[40]) == ""


def test_more_outcomes_than_noise_exchanges_are_found() -> None:
    n, share = 80, 0.1
    most = outcome_limit(pd.DataFrame({"row": range(n)}), share)
    assert most == pytest.approx(8 + 6 * (80 * 0.1 * 0.9) ** 0.5 + 1)
    assert outcome_limit(pd.DataFrame({"row": [1] * n}), share) > most
    assert outcome_limit(pd.DataFrame({"row": []}), share) == 0
    assert "more than the data and noise give" in problems(
        outcome=["x"], count=[40 + int(most) + 6]
    )


def test_what_is_counted_from_data_holds_for_any_order_of_columns() -> None:
    rng = np.random.default_rng(5)
    n = 400
    original = pd.DataFrame(
        {
            "person_id": rng.integers(0, 100, n),
            "event_type": rng.choice(["a", "b"], n),
            "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 300, n), "D"),
        }
    )
    persona = np.where(original["person_id"] < 60, "P1", "P2")
    months = original["date"].dt.strftime("%Y-%m")
    released = original.assign(person_id=persona, date=months)
    found = DataEvents(
        person=original["person_id"].to_numpy(),
        n_people=100,
        kind=original["event_type"],
        days=original["date"].to_numpy().astype("datetime64[D]"),
        outcome=pd.Series(None, index=original.index, dtype=object),
        cell_of_person=(np.arange(100) >= 60).astype(int),
        covers=np.eye(2, dtype=bool),
        class_of_persona={"P1": 0, "P2": 1},
        is_whole=True,
    )
    for by in (["persona_id", "event_type", "date"], ["event_type", "date", "persona_id"]):
        counts = aggregate_events(original, released, by, k=5)
        counts = counts.assign(persona_id=counts["persona_id"].astype(object))
        reach = Reach(0, "month", 0.0)
        assert count_problems(counts, by, found, reach, 5) == []
        counts.loc[counts["level"] == 2, "count"] += 400
        assert count_problems(counts, by, found, reach, 5) != []


def test_a_week_is_written_as_its_first_day_and_holds_seven() -> None:
    table = pd.DataFrame({"level": 1, "date": ["2020-01-06", "2020-01-13"], "count": [7, 8]})
    # A day each from 1 January on; of every day up to the 20th there are two.
    assert count_problems(table, ["date"], data(), Reach(0, "week", 0.1), 5) == []
    assert count_problems(table, ["date"], data(), Reach(0, "day", 0.1), 2) != []
    table.loc[0, "count"] = 15
    assert count_problems(table, ["date"], data(), Reach(0, "week", 0.1), 5) == [WRONG]
