"""The whole job on real court records and on synthetic patients, checked with plain pandas."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.cli import main
from personatwin_sk.release import (
    create_safe_personas,
    load_criminal_justice_data,
    personas_to_dataframe,
    personas_to_event_dataframe,
)

KEYS = ["age", "gender", "ethnicity", "geography"]


@pytest.fixture(scope="module")
def court(shared_data: Path) -> pd.DataFrame:
    return load_criminal_justice_data(shared_data / "compas" / "court_events.csv.gz")


@pytest.fixture(scope="module")
def safe_court(court: pd.DataFrame):
    start = time.perf_counter()
    result = create_safe_personas(court, domain="criminal_justice", target_risk=0.05)
    return result, time.perf_counter() - start


def known_event_risk(court: pd.DataFrame, persona: np.ndarray, released_date: np.ndarray) -> float:
    """Let an attacker guess who, among the people of the persona, had the known event.

    Known are the persona, the event's type and the released period it fell into; every person of
    the persona with such an event is as likely. Mean over people of the mean over their events.
    """
    table = pd.DataFrame(
        {
            "person": court["person_id"],
            "kind": court["event_type"],
            "persona": persona,
            "period": released_date,
        }
    )
    suspects = table.groupby(["persona", "kind", "period"])["person"].transform("nunique")
    return float((1 / suspects).groupby(table["person"]).mean().mean())


def risk_of_true_dates(court: pd.DataFrame, persona: np.ndarray, years: pd.Series, days: int):
    """Let the attacker know the true date, and that dates move by at most so many days."""
    move = pd.Timedelta(days=days)
    shown = pd.DataFrame(
        {
            "person": court["person_id"],
            "kind": court["event_type"],
            "persona": persona,
            "year": years.astype(int),
        }
    )
    dates = pd.to_datetime(court["date"])
    asked = shown[["kind", "persona"]].assign(
        first=(dates - move).dt.year, last=(dates + move).dt.year
    )
    fits = asked.drop_duplicates().merge(shown.drop_duplicates(), on=["kind", "persona"])
    fits = fits[fits["year"].between(fits["first"], fits["last"])]
    suspects = fits.groupby(list(asked.columns))["person"].nunique().rename("suspects")
    chance = 1 / asked.merge(suspects.reset_index(), how="left")["suspects"]
    return float(chance.groupby(court["person_id"].to_numpy()).mean().mean())


def test_court_records_meet_the_target_with_a_known_event(court, safe_court) -> None:
    result, seconds = safe_court
    assert seconds < 90
    assert result.verdict <= 0.05
    assert result.baselines["untouched"].event_risk.upper > 0.9

    pipeline = result.search.best_estimator_
    persona = pipeline.named_steps["merge"].apply(pipeline[:-1].transform(court))
    sizes = court["person_id"].groupby(persona).nunique()
    assert sizes.min() >= 5
    assert (persona < 0).sum() == 0  # nobody suppressed
    assert len(sizes) >= 100
    frame = personas_to_dataframe(result.personas)
    assert sorted(frame["class_size"]) == sorted(sizes)
    assert frame["class_size"].sum() == court["person_id"].nunique() == 11_757
    named = set(frame["ethnicity"].str.split("|").explode())
    assert named == set(court["ethnicity"])

    released = pipeline.transform(court)
    days = pipeline.named_steps["dates"].jitter
    even = risk_of_true_dates(court, persona, released["date"], days)
    assert even == pytest.approx(result.risk_metrics.event_risk.mean, rel=0.05)
    # Whoever weighs the suspects does better than an even pick, and it is they who decide.
    assert even <= result.risk_metrics.event_risk.upper <= 0.05
    # The tables that leave are these rows in another order, without ids.
    events = personas_to_event_dataframe(result.personas)
    columns = ["date", "event_type", "outcome"]
    assert list(events.columns) == ["persona_id", *columns]
    leaving, made = (table[columns].value_counts().sort_index() for table in (events, released))
    assert leaving.equals(made)


def test_k_of_five_by_the_month_would_not_meet_it(court, safe_court) -> None:
    result, _ = safe_court
    weak = result.search.estimator.set_params(merge__k=5, dates__precision="month")
    released = weak.fit_transform(court)
    risk = known_event_risk(court, released["person_id"].to_numpy(), released["date"])
    assert risk > 0.3  # six times the target


def test_court_records_without_known_events(court, shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / "compas" / "court_events.csv.gz"
    options = ["--domain", "criminal_justice", "--known-events", "0", "--out", str(tmp_path)]
    assert main(["protect", str(file), *options]) == 0
    personas = pd.read_csv(tmp_path / "personas.csv", dtype=str)
    assert len(personas[KEYS].drop_duplicates()) >= 250
    assert personas["class_size"].astype(int).min() >= 5
    ids = set(court["event_id"]) | {"person_id", "event_id"}
    for name in ("personas.csv", "events.csv"):
        cells = pd.read_csv(tmp_path / name, dtype=str, header=None)
        assert not ids & set(cells.to_numpy().ravel())
    untouched = json.loads((tmp_path / "risk.json").read_text())["risk"]["untouched"]
    assert untouched["k_anonymity"] == 1
    per_cell = court.groupby(KEYS)["person_id"].nunique()
    assert (per_cell == 1).sum() == 94
    assert untouched["n_classes"] == len(per_cell)


def test_patients(shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = shared_data / "synthea" / "patient_events.csv.gz"
    patients = pd.read_csv(file, dtype=str)
    options = ["--domain", "healthcare", "--known-events", "0", "--out", str(tmp_path / "safe")]
    assert main(["protect", str(file), *options]) == 0
    personas = pd.read_csv(tmp_path / "safe" / "personas.csv")
    events = pd.read_csv(tmp_path / "safe" / "events.csv")
    assert len(personas) >= 6
    assert personas["class_size"].sum() == 111
    assert len(events) == len(patients)

    told = capsys.readouterr()
    texts = [path.read_text() for path in (tmp_path / "safe").iterdir()]
    streets = patients["geography"].str.split(",").str[0]
    for column in (patients["name"], patients["ssn"], streets, patients["person_id"]):
        for value in column.unique():
            assert not any(value in text for text in (*texts, told.out, told.err))


def test_patients_with_a_known_event_are_refused(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shared_data / "synthea" / "patient_events.csv.gz"
    options = ["--domain", "healthcare", "--target-risk", "0.01", "--out", str(tmp_path / "safe")]
    assert main(["protect", str(file), "--known-events", "1", *options]) == 3
    assert not (tmp_path / "safe").exists()
    assert capsys.readouterr().err.startswith("personatwin: error:")
