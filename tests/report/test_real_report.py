"""Reports of real releases: of court records, of counts in place of rows, of people alone."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_up_report import Page, figures_of, headings, rows_of, section

from personatwin_sk.exceptions import InputError
from personatwin_sk.release import (
    create_safe_personas,
    export_privacy_report,
    load_criminal_justice_data,
    personas_to_dataframe,
)
from personatwin_sk.report import render_report


@pytest.fixture(scope="module")
def court(shared_data: Path):
    table = load_criminal_justice_data(shared_data / "compas" / "court_events.csv.gz")
    result = create_safe_personas(
        table, domain="criminal_justice", known_events=0, use_census_data=False, target_risk=0.2
    )
    return table, result


def made_up(n_people: int = 300, *, events: bool = True) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    person = np.repeat(np.arange(n_people), 3 if events else 1)
    table = pd.DataFrame(
        {
            "person_id": [f"canary-{number}" for number in person],
            "age": 20 + person % 30,
            "gender": np.where(person % 2, "Male", "Female"),
            "phone_number": [f"513-555-{number:04d}" for number in person],
        }
    )
    if events:
        days = pd.to_timedelta(rng.integers(0, 900, len(table)), "D")
        table["date"] = pd.Timestamp("2020-01-01") + days
        table["event_type"] = rng.choice(["visit", "test"], len(table))
        table["outcome"] = rng.choice(["good", "bad"], len(table))
    return table


@pytest.mark.parametrize("variant", ["internal", "shareable"])
def test_court_records_in_under_five_seconds_and_half_a_megabyte(court, tmp_path, variant) -> None:
    _, result = court
    start = time.perf_counter()
    export_privacy_report(result, tmp_path / "report.html", variant=variant)
    assert time.perf_counter() - start < 5
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(text.encode()) < 500_000
    page = Page(text)
    assert f'<main data-variant="{variant}">' in text
    assert figures_of(text)["counts/released_people"] == ("11757", "11,757")
    assert ("dropped columns" in page.text) == (variant == "internal")
    # Nothing of what was left out of the data is in what may go out.
    assert ("decile_score" in page.text) == (variant == "internal")


def test_every_lost_or_reversed_disparity_is_named(court) -> None:
    _, result = court
    text = render_report(result.to_dict(), result.personas.class_sizes)
    rows = rows_of(text, "Disparities of outcomes")
    gone = [
        row
        for row in result.to_dict()["kept"]["disparities"]
        if row["verdict"] in ("lost", "reversed")
    ]
    assert len([row for row in rows if row[3].startswith(("lost", "reversed"))]) == len(gone)
    named = section(text, "Disparities between groups")
    for row in gone:
        assert row["group"] in named and row["reference"] in named


def test_the_classes_at_the_highest_risk_are_rows_of_the_release(court) -> None:
    _, result = court
    text = render_report(result.to_dict(), result.personas.class_sizes)
    table = personas_to_dataframe(result.personas).astype(str)
    released = set(map(tuple, table.drop(columns="persona_id").to_numpy()))
    rows = rows_of(text, "The classes at the highest risk")
    assert len(rows) == 5 and {tuple(row[:-1]) for row in rows} <= released


def test_no_id_of_the_data_is_in_either_variant() -> None:
    table = made_up()
    result = create_safe_personas(table, known_events=0, use_census_data=False, target_risk=0.2)
    for variant in ("internal", "shareable"):
        text = render_report(result.to_dict(), result.personas.class_sizes, variant=variant)
        assert "canary" not in text and "513-555" not in text
        assert ("phone_number" in text) == (variant == "internal")
        harbor = {row[0][0]: row[1:] for row in rows_of(text, "The eighteen identifiers")}
        assert harbor["D"][0].endswith(" not released")
        if variant == "internal":
            assert harbor["D"][2] == harbor["E"][2] == "1" and harbor["F"][2] == "0"
    sent = section(text, "What was sent where")
    assert "No population was used, and nothing was fetched." in sent


def test_counts_in_place_of_rows() -> None:
    table = made_up(600)
    result = create_safe_personas(
        table, event_form="aggregated", use_census_data=False, target_risk=0.1
    )
    for variant in ("internal", "shareable"):
        text = render_report(result.to_dict(), result.personas.class_sizes, variant=variant)
        Page(text)
        titles = headings(text, 2)
        assert "What is kept" in titles
        assert "What can be learned without recognising anybody" not in titles
        assert "event form" in [row[0] for row in rows_of(text, "Settings of the release")]
        kept = Page(section(text, "What is kept")).text
        assert "over key columns" in kept and "dates were moved" not in kept


def test_people_alone() -> None:
    result = create_safe_personas(made_up(events=False), use_census_data=False, target_risk=0.2)
    for variant in ("internal", "shareable"):
        text = render_report(result.to_dict(), result.personas.class_sizes, variant=variant)
        done = Page(section(text, "What was done")).text
        assert re.search(r"\d+ personas of 300 people go out", done)
        harbor = {row[0][0]: row[1] for row in rows_of(text, "The eighteen identifiers")}
        assert harbor["C"].endswith(" met") and harbor["B"].endswith("not released")


def test_no_variant_but_the_two(tmp_path: Path) -> None:
    result = create_safe_personas(made_up(events=False), use_census_data=False, target_risk=0.2)
    with pytest.raises(InputError, match="variant='open' is not known"):
        export_privacy_report(result, tmp_path / "report.html", variant="open")
    assert not (tmp_path / "report.html").exists()
