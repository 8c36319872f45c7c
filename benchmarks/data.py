"""The tables that are measured: Adult, two microaggregation sets, Adult resampled to any size."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.columns import ADULT_KEYS


def data_folder() -> Path:
    """Give the folder of real data: $PERSONATWIN_TEST_DATA, or ../shared/data by the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("PERSONATWIN_TEST_DATA", beside))
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder of real data at {folder}; set PERSONATWIN_TEST_DATA")
    return folder


def adult() -> pd.DataFrame:
    """Adult without rows of unknown values: 30,162 people."""
    return pd.read_csv(data_folder() / "adult" / "adult.csv.gz")


def microaggregation(name: str) -> pd.DataFrame:
    """Give "census" (1,080 rows) or "tarragona" (834 rows), 13 numeric columns, as published."""
    return pd.read_csv(data_folder() / "microaggregation" / f"{name}.csv.gz")


def standardised(table: pd.DataFrame) -> pd.DataFrame:
    """Scale columns to mean 0 and standard deviation 1, as the published SSE/SST are taken."""
    return (table - table.mean()) / table.std()


def resampled_adult(n: int, seed: int = 0) -> pd.DataFrame:
    """Draw n people from Adult's key variables, blurred so that they are not copies.

    A bootstrap; age moves by a uniform integer in -3..3; every category is redrawn with probability
    .05, uniformly from the distinct values of its column. Text columns come as categories: at ten
    million rows text would cost more than the merge that is to be measured.
    """
    people = adult()[ADULT_KEYS]
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(people), n)
    columns = {}
    for name in ADULT_KEYS:
        if name == "age":
            columns[name] = people[name].to_numpy()[drawn] + rng.integers(-3, 4, n)
            continue
        codes, values = pd.factorize(people[name], sort=True)
        codes = codes[drawn]
        redrawn = np.flatnonzero(rng.random(n) < 0.05)
        codes[redrawn] = rng.integers(0, len(values), len(redrawn))
        columns[name] = pd.Categorical.from_codes(codes, values)
    return pd.DataFrame(columns)


def load(dataset: str, *, seed: int = 0) -> pd.DataFrame:
    """Give the key variables of "adult", "census", "tarragona" or (resampled) "adult-100000"."""
    if dataset == "adult":
        return adult()[ADULT_KEYS]
    if dataset in ("census", "tarragona"):
        return standardised(microaggregation(dataset))
    return resampled_adult(int(dataset.removeprefix("adult-")), seed)
