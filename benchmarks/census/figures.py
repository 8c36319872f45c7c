"""The figures with a known truth: states, counties by age and by race, and New York's joint."""

from __future__ import annotations

import gzip
import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from personatwin_sk.population import _bundle

NEW_YORK, TEXAS = 36, 48
"""The state that scores, and the one whose counties' ages the source itself models."""

DATA = Path(
    os.environ.get(
        "PERSONATWIN_TEST_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"
    )
)

# Divisions of the Census Bureau (four regions: 1-2, 3-4, 5-7, 8-9), by FIPS code.
_DIVISIONS = {
    1: (9, 23, 25, 33, 44, 50),
    2: (34, 36, 42),
    3: (17, 18, 26, 39, 55),
    4: (19, 20, 27, 29, 31, 38, 46),
    5: (10, 11, 12, 13, 24, 37, 45, 51, 54),
    6: (1, 21, 28, 47),
    7: (5, 22, 40, 48),
    8: (4, 8, 16, 30, 32, 35, 49, 56),
    9: (2, 6, 15, 41, 53),
}
_REGION = {1: 1, 2: 1, 3: 2, 4: 2, 5: 3, 6: 3, 7: 3, 8: 4, 9: 4}
_RACES = ("WA", "BA", "IA", "AA", "NA", "TOM")


@cache
def bundled() -> dict[str, np.ndarray]:
    """Return the bundled arrays, places first."""
    arrays = _bundle.read()
    for name in ("state_joint", "county_sex_race_hispanic"):
        arrays[name] = np.moveaxis(arrays[name], -1, 0)
    return arrays


def divisions(states: np.ndarray) -> np.ndarray:
    """Return the division of each state."""
    of = {state: number for number, members in _DIVISIONS.items() for state in members}
    return np.array([of[state] for state in states.tolist()])


def regions(states: np.ndarray) -> np.ndarray:
    """Return the region of each state."""
    return np.array([_REGION[number] for number in divisions(states).tolist()])


def new_york(folder: Path | None = None) -> np.ndarray:
    """Return the joint of New York's 62 counties in 2019: (62, 18, 2, 6, 2)."""
    path = (folder or DATA) / "census" / "cc-est2019-alldata-36.csv.gz"
    with gzip.open(path, "rt", encoding="latin-1") as file:
        table = pd.read_csv(file)
    table = table[(table["YEAR"] == 12) & (table["AGEGRP"] > 0)]
    table = table.sort_values(["COUNTY", "AGEGRP"])
    columns = [
        f"{origin}{race}_{sex}"
        for sex in ("MALE", "FEMALE")
        for race in _RACES
        for origin in ("NH", "H")
    ]
    return table[columns].to_numpy(dtype=float).reshape(-1, 18, 2, 6, 2)


def single_years() -> tuple[np.ndarray, np.ndarray]:
    """Return the state and the ages 0 to 84 by sex of each county whose ages are published.

    Texas is left out: its figures are modelled.
    """
    states = bundled()["county_fips"] // 1000
    published = states != TEXAS
    return states[published], bundled()["county_single_years"][published, :85].astype(float)
