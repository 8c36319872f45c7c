"""Releases that several tests of this folder read; each test copies before it changes one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.population import CensusPopulation
from personatwin_sk.release import create_safe_personas, export_release


@pytest.fixture(scope="session")
def court_people() -> pd.DataFrame:
    """500 made-up people of one county, and their events."""
    return make_people_events(500, random_state=11, areas=["39061"])


@pytest.fixture(scope="session")
def aggregated(tmp_path_factory: pytest.TempPathFactory, court_people: pd.DataFrame) -> Path:
    """A release of them in which events are counted."""
    folder = tmp_path_factory.mktemp("counted") / "safe"
    result = create_safe_personas(
        court_people,
        domain="criminal_justice",
        target_risk=0.1,
        population=CensusPopulation(source="bundled"),
        event_form="aggregated",
        random_state=0,
    )
    export_release(result, folder, parquet=True, report=False)
    return folder


@pytest.fixture(scope="session")
def busy_people(court_people: pd.DataFrame) -> pd.DataFrame:
    """The same people, with all of their events within eight weeks."""
    first = pd.Timestamp("2023-01-02")
    days = (court_people["date"] - first).dt.days % 56
    return court_people.assign(date=first + pd.to_timedelta(days, "D"))


@pytest.fixture(scope="session")
def in_rows(tmp_path_factory: pytest.TempPathFactory, busy_people: pd.DataFrame) -> Path:
    """A release of them with rows of events, and histories in figures on three people or more."""
    folder = tmp_path_factory.mktemp("rows") / "safe"
    result = create_safe_personas(
        busy_people,
        privacy_level="low",
        domain="criminal_justice",
        target_risk=0.04,
        use_census_data=False,
        known_events=0,
        random_state=0,
    )
    export_release(result, folder, parquet=True, report=False)
    return folder
