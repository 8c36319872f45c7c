"""Histories: what they hold is what the other tables give, and every forgery of them is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forging import edit_csv, edit_json, failing, rewrite_manifest

from personatwin_sk.release import persona_histories, verify_release
from personatwin_sk.release._checks import Facts
from personatwin_sk.release._history_tables import histories_table, history_counts_table
from personatwin_sk.release._release_files import ReleaseFiles
from personatwin_sk.release._verify_histories import given_away, history_problems

K = 3  # of the level "low"


@pytest.fixture
def release(in_rows: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(in_rows, tmp_path / "safe"))
    for twin in folder.glob("*.parquet"):
        twin.unlink()
    rewrite_manifest(folder)
    return folder


def tables(release: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    names = ("personas.csv", "events.csv", "histories.csv", "history_counts.csv")
    read = [pd.read_csv(release / name, keep_default_na=False, na_values=[""]) for name in names]
    return read[0], read[1], read[2], read[3]


def test_histories_are_counted_from_the_events(release: Path) -> None:
    """Counted again by plain loops over the rows of events."""
    personas, events, summary, figures = tables(release)
    assert sorted(summary["persona_id"]) == sorted(personas["persona_id"])
    assert set(figures["figure"]) == {"event type", "outcome", "period", "people with"}
    size = dict(zip(personas["persona_id"], personas["class_size"], strict=True))
    for row in figures.itertuples():
        mine = events[events["persona_id"] == row.persona_id]
        if row.figure == "event type":
            expected, whole = (mine["event_type"] == row.label).sum(), len(mine)
        elif row.figure == "outcome":
            of_type = mine[mine["event_type"] == row.of]
            expected, whole = (of_type["outcome"] == row.label).sum(), len(of_type)
        elif row.figure == "period":
            expected, whole = (mine["date"] == row.label).sum(), len(mine)
        else:
            expected, whole = row.count, size[row.persona_id]
        assert (row.count, row.share) == (expected, pytest.approx(expected / whole))
        assert row.count >= K
    counted = events["persona_id"].value_counts()
    for row in summary.dropna(subset="events").itertuples():
        assert row.events == counted[row.persona_id]
        assert row.events_per_person == pytest.approx(row.events / size[row.persona_id])


def test_repeat_events_are_those_of_the_people(release: Path, busy_people: pd.DataFrame) -> None:
    """Shares of all personas together lie between what is hidden of them and what is not."""
    personas, _, summary, _ = tables(release)
    both = summary.merge(personas, on="persona_id")
    n_events = busy_people.groupby("person_id").size()
    several = int((n_events > 1).sum())
    told = both["repeat_share"].notna()
    least = round((both["repeat_share"] * both["class_size"])[told].sum())
    assert told.any() and least <= several <= least + both.loc[~told, "class_size"].sum()


def test_what_was_written_holds(in_rows: Path) -> None:
    found = verify_release(in_rows)
    assert found.holds, str(found)
    assert "histories" in {check.name for check in found.checks}


COUNTS, SUMMARY = "history_counts.csv", "histories.csv"


def first(kind: str, **cells: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Change the first figure of a kind."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        row = table.index[table["figure"] == kind][0]
        return table.assign(
            **{name: table[name].mask(table.index == row, to) for name, to in cells.items()}
        )

    return change


def first_known(name: str, to: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(table: pd.DataFrame) -> pd.DataFrame:
        row = table.index[table[name] != ""][0]
        return table.assign(**{name: table[name].mask(table.index == row, to)})

    return change


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (COUNTS, first("event type", count="999"), "by event type are not those"),
        (COUNTS, first("event type", share="0.001"), "by event type are not those"),
        (COUNTS, first("event type", label="lunch"), "by event type are not those"),
        (COUNTS, first("outcome", count="999"), "by outcome are not those"),
        (COUNTS, first("outcome", of="lunch"), "by outcome are not those"),
        (COUNTS, first("period", count="999"), "by period are not those"),
        (COUNTS, first("people with", share="0.01"), "shares of people"),
        (COUNTS, first("people with", count="999"), "more people are counted"),
        (COUNTS, first("event type", count="2"), "fewer than 3 people"),
        (COUNTS, first("event type", persona_id="P999999999"), "by event type are not those"),
        (COUNTS, first("event type", figure="guess"), "no kind of figure"),
        (COUNTS, first("event type", count="4.5"), "no numbers"),
        (COUNTS, first("event type", share="-1"), "no numbers"),
        (COUNTS, lambda t: pd.concat([t, t.tail(1)]), "there twice"),
        (COUNTS, lambda t: t.drop(columns="of"), "columns of history_counts"),
        (SUMMARY, first_known("events", "999"), "events of 1 personas"),
        (SUMMARY, first_known("events_per_person", "9"), "events_per_person of 1 personas"),
        (SUMMARY, first_known("repeat_share", "0.01"), "repeat_share of 1 personas"),
        (SUMMARY, first_known("recidivism_share", "0.99"), "recidivism_share of 1 personas"),
        (SUMMARY, first_known("repeat_share", "much"), "no numbers"),
        (SUMMARY, lambda t: t.iloc[1:], "a row each"),
        (SUMMARY, lambda t: pd.concat([t, t.tail(1)]), "a row each"),
        (SUMMARY, lambda t: t.drop(columns="events"), "columns of histories"),
    ],
)
def test_a_change_is_found_after_a_new_manifest(
    release: Path, file: str, change: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    edit_csv(release, file, change)
    assert "digests" in failing(verify_release(release))
    rewrite_manifest(release)
    found = verify_release(release)
    assert failing(found) - {"data dictionary"} == {"histories"}
    assert message in str(found)


def test_more_people_again_than_several_are_found(release: Path) -> None:
    *_, figures = tables(release)
    again = figures[(figures["figure"] == "people with") & (figures["label"] == "again")]
    persona = again["persona_id"].iloc[0]

    def change(table: pd.DataFrame) -> pd.DataFrame:
        mine = (table["persona_id"] == persona) & (table["label"] == "several events")
        return table[~mine]

    edit_csv(release, COUNTS, change)
    rewrite_manifest(release)
    assert "have events again than have several" in str(verify_release(release))


def test_people_that_can_be_worked_out_are_found(release: Path) -> None:
    """All but one of the people are told to have several events: the one can be worked out."""
    personas, _, _, figures = tables(release)
    told = figures[(figures["figure"] == "people with") & (figures["label"] == "several events")]
    size = dict(zip(personas["persona_id"], personas["class_size"], strict=True))
    whole = told[told["count"] == told["persona_id"].map(size)]
    persona = whole[whole["count"] > K]["persona_id"].iloc[0]

    def fewer(table: pd.DataFrame) -> pd.DataFrame:
        mine = (table["persona_id"] == persona) & (table["label"] == "several events")
        n = size[persona]
        return table.assign(
            count=table["count"].mask(mine, str(n - 1)),
            share=table["share"].mask(mine, str((n - 1) / n)),
        )

    edit_csv(release, COUNTS, fewer)
    rewrite_manifest(release)
    assert "fewer than 3 people, and can be worked out" in str(verify_release(release))


@pytest.mark.parametrize("file", [SUMMARY, COUNTS])
def test_one_table_without_the_other_is_found(release: Path, file: str) -> None:
    (release / file).unlink()
    rewrite_manifest(release)
    assert "histories" in failing(verify_release(release))
    for name in ("risk.json", "manifest.json"):
        edit_json(release, name, lambda facts: facts["claims"]["least_people"].pop(file))
    edit_json(release, "risk.json", lambda facts: facts["least_people"].pop(file))
    rewrite_manifest(release)
    assert "one table of histories is there without the other" in str(verify_release(release))


def test_claims_of_fewer_people_are_found(release: Path) -> None:
    for name in ("risk.json", "manifest.json"):
        edit_json(release, name, lambda facts: facts["claims"]["least_people"].update({SUMMARY: 2}))
    edit_json(release, "risk.json", lambda facts: facts["least_people"].update({SUMMARY: 2}))
    rewrite_manifest(release)
    assert "figures rest on 2 people, 3 were asked for" in str(verify_release(release))


def test_histories_by_day_and_weekday_hold() -> None:
    """Where days are released, periods are parts of days of the week."""
    rng = np.random.default_rng(0)
    n = 600
    original = pd.DataFrame(
        {
            "person_id": rng.integers(0, 200, n),
            "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 9, n), "D"),
            "event_type": rng.choice(["visit", "=stay"], n),
            "outcome": rng.choice(["well", "ill", None], n),
        }
    )
    released = original.assign(person_id=np.where(original["person_id"] < 90, "P000001", "P000002"))
    histories = persona_histories(original, released, k=K)
    figures, summary = history_counts_table(histories), histories_table(histories)
    assert {"weekday", "period"} <= set(figures["figure"])
    assert set(figures.loc[figures["figure"] == "period", "of"]) <= {
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
    }  # fmt: skip
    assert figures.loc[figures["figure"] == "outcome", "label"].isna().any()
    people = original.assign(persona=released["person_id"]).groupby("persona")["person_id"]
    personas = people.nunique().rename("class_size").rename_axis("persona_id").reset_index()
    events = released.rename(columns={"person_id": "persona_id"})
    events["date"] = events["date"].dt.strftime("%Y-%m-%d")

    def texts(table: pd.DataFrame) -> pd.DataFrame:
        return table.astype(object).map(lambda value: None if pd.isna(value) else str(value))

    risk = {
        "settings": {"privacy_level": "low"},
        "least_people": {"histories.csv": K, "history_counts.csv": K},
    }
    found = ReleaseFiles(
        {
            "personas.csv": texts(personas),
            "events.csv": texts(events),
            "histories.csv": texts(summary),
            "history_counts.csv": texts(figures),
        },
        Facts("risk.json", risk),
        *(Facts(name, {}) for name in ("data_dictionary.json", "manifest.json")),
        None,
    )
    assert history_problems(found, personas) == []
    assert history_counts_table(histories).equals(figures)


@pytest.mark.parametrize(("n_events", "problems"), [(11, 1), (20, 0)])
def test_figures_that_follow_from_the_events_are_found(n_events: int, problems: int) -> None:
    """Ten people with one or several events, of whom one has two if they are eleven events."""
    personas = pd.DataFrame({"persona_id": ["P1"], "class_size": [50]})
    events = pd.DataFrame({"persona_id": ["P1"] * n_events})
    figures = pd.DataFrame(
        {"persona_id": ["P1"], "figure": "people with", "label": "no event", "count": [40]}
    )
    assert len(given_away(figures, events, personas, 5)) == problems


@pytest.mark.parametrize("share", ["0.0", "0.25"])
def test_a_share_that_is_hidden_cannot_be_made_up(release: Path, share: str) -> None:
    """Nobody has several events only where all people are told to have none or one."""
    _, _, summary, _ = tables(release)
    assert summary["repeat_share"].isna().any()

    def change(table: pd.DataFrame) -> pd.DataFrame:
        hidden = table["repeat_share"] == ""
        return table.assign(repeat_share=table["repeat_share"].mask(hidden, share))

    edit_csv(release, SUMMARY, change)
    rewrite_manifest(release)
    found = verify_release(release)
    assert failing(found) == {"histories"} and "repeat_share of" in str(found)
