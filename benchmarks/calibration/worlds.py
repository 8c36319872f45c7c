"""Populations of which everybody is known: counties of the census, and the people of NIST's file.

A world is a table with one row per person. What an attacker may know is in it, so that true risk
and the success of attacks are counted, not estimated.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from benchmarks.census.figures import bundled
from benchmarks.data import data_folder
from personatwin_sk.population import CensusPopulation, TablePopulation

STATES = {"Vermont": 50, "Wyoming": 56, "New Mexico": 35}
"""States whose smallest counties are worlds."""

SEXES = ("M", "F")
RACES = (
    "White",
    "Black",
    "American Indian and Alaska Native",
    "Asian",
    "Native Hawaiian and Other Pacific Islander",
    "Two or more races",
)
_MOST_PEOPLE = 20_000
_OLDEST = 85  # from there on the census has no single years
_COPIES = 5
_REDRAWN = 0.05
_AGE_SPREAD = 2


@dataclass(frozen=True)
class World:
    """A population.

    Attributes
    ----------
    name : str
    people : DataFrame
        One row per person.
    numeric : tuple of str
        Columns of whole numbers.
    hierarchies : dict of column to DataFrame
        Columns of places, and what lies above each.
    """

    name: str
    people: pd.DataFrame
    numeric: tuple[str, ...]
    hierarchies: Mapping[str, pd.DataFrame]

    def counts(self, keys: Sequence[str]) -> TablePopulation:
        """Give the reference population that knows exact counts of some columns."""
        table = self.people.groupby(list(keys), as_index=False).size()
        places: dict[Hashable, pd.DataFrame] = {
            name: above for name, above in self.hierarchies.items() if name in keys
        }
        return TablePopulation.from_frame(table, count="size", hierarchies=places or None)


@cache
def load(name: str) -> World:
    """Give a world by name: "NIST", "NIST x5", or one of `STATES`."""
    if name == "NIST":
        return World(name, nist(), ("AGEP",), {})
    if name == "NIST x5":
        return World(name, resampled(nist()), ("AGEP",), {})
    people = counties(STATES[name])
    places = pd.DataFrame({"county": np.unique(people["geography"]), "state": name})
    return World(name, people, ("age",), {"geography": places})


def names() -> tuple[str, ...]:
    """Give the names of all worlds."""
    return ("NIST", "NIST x5", *STATES)


@cache
def nist() -> pd.DataFrame:
    """Give the 7,634 people of NIST's Massachusetts excerpt; "N" is a value like any other."""
    people = pd.read_csv(data_folder() / "nist" / "ma2019.csv", dtype=str, keep_default_na=False)
    people["AGEP"] = people["AGEP"].astype(int)
    people["AGE5"] = people["AGEP"] // 5
    return people


def resampled(people: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Draw five times as many people, blurred so that they are not copies.

    A bootstrap; ages move by up to two years, and every category is redrawn with probability .05
    from the people of the file.
    """
    rng = np.random.default_rng(seed)
    n = _COPIES * len(people)
    drawn = rng.integers(0, len(people), n)
    columns = {}
    for name in people:
        values = people[name].to_numpy()
        if name == "AGEP":
            moved = values[drawn] + rng.integers(-_AGE_SPREAD, _AGE_SPREAD + 1, n)
            columns[name] = np.maximum(moved, 0)
            continue
        again = rng.integers(0, len(people), n)
        columns[name] = values[np.where(rng.random(n) < _REDRAWN, again, drawn)]
    blurred = pd.DataFrame(columns)
    blurred["AGE5"] = blurred["AGEP"] // 5
    return blurred


def counties(state: int, seed: int = 0) -> pd.DataFrame:
    """Expand the smallest counties of a state into people under 85, as far as 20,000 go.

    The joint of band, sex, race and origin is the package's; within a band a county's single years
    of each sex are shared out. Expected numbers are rounded at random.
    """
    figures = bundled()
    rng = np.random.default_rng([seed, state])
    codes = figures["county_fips"]
    years = figures["county_single_years"].astype(float)
    here = np.flatnonzero(codes // 1000 == state)
    here = here[np.argsort(years[here].sum(axis=(1, 2)), kind="stable")]
    n_taken = np.searchsorted(np.cumsum(years[here].sum(axis=(1, 2))), _MOST_PEOPLE)
    place_names = _county_names()
    blocks = []
    for at in sorted(here[: max(int(n_taken), 1)].tolist()):
        joint = CensusPopulation.joint(f"{codes[at]:05d}")[:17]  # band, sex, race, origin
        bands = years[at, :_OLDEST].reshape(17, 5, 2)
        share = bands / np.maximum(bands.sum(axis=1, keepdims=True), 1)
        expected = joint[:, None] * share[..., None, None]  # band, year, sex, race, origin
        number = np.floor(expected + rng.random(expected.shape)).astype(int)
        band, year, sex, race, origin = (
            index.ravel().repeat(number.ravel()) for index in np.indices(number.shape)
        )
        ethnicity = np.array([*RACES, "Hispanic"], dtype=object)[np.where(origin == 1, 6, race)]
        blocks.append(
            pd.DataFrame(
                {
                    "age": 5 * band + year,
                    "gender": np.array(SEXES, dtype=object)[sex],
                    "ethnicity": ethnicity,
                    "geography": place_names[int(codes[at])],
                }
            )
        )
    return pd.concat(blocks, ignore_index=True)


@cache
def _county_names() -> dict[int, str]:
    table = pd.read_csv(data_folder() / "census" / "county_names_2023.csv", dtype=str)
    labels = table["county"] + ", " + table["state"]
    return dict(zip(table["fips"].astype(int), labels, strict=True))
