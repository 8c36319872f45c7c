"""The imitation of the Bureau as the only one that a population can reach."""

from __future__ import annotations

import numpy as np
import pytest
from fake_bureau import FakeBureau


@pytest.fixture
def bureau(monkeypatch, tmp_path):
    with FakeBureau() as fake:
        fake.use(monkeypatch, tmp_path / "home")
        monkeypatch.setattr("personatwin_sk.population.bureau._transport.BACK_OFF", 0.01)
        yield fake


@pytest.fixture(scope="session")
def states(shared_data):
    table = np.load(shared_data / "census" / "state_joint_2024.npz")
    return dict(zip(table["fips"].tolist(), table["counts"].astype(float), strict=True))


@pytest.fixture(scope="session")
def county_ages(shared_data):
    table = np.load(shared_data / "census" / "county_age_sex_2023.npz")
    return dict(zip(table["fips"].tolist(), table["counts"].astype(float), strict=True))


@pytest.fixture(scope="session")
def county_races(shared_data):
    table = np.load(shared_data / "census" / "county_sex_race_hispanic_2020.npz")
    return dict(zip(table["fips"].tolist(), table["counts"].astype(float), strict=True))
