"""Files in the Census Bureau's own layouts, made of small arrays.

Columns and their order are those of the published files; the columns that say "alone or in
combination" hold figures that would give a reader away who took them for the wanted ones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

# As in the first line of cc-est2019-alldata-36.csv.
_SEXES = ("MALE", "FEMALE")
_GROUPS = (
    *("WA", "BA", "IA", "AA", "NA", "TOM", "WAC", "BAC", "IAC", "AAC", "NAC"),
    *("NH", "NHWA", "NHBA", "NHIA", "NHAA", "NHNA", "NHTOM"),
    *("NHWAC", "NHBAC", "NHIAC", "NHAAC", "NHNAC"),
    *("H", "HWA", "HBA", "HIA", "HAA", "HNA", "HTOM"),
    *("HWAC", "HBAC", "HIAC", "HAAC", "HNAC"),
)
_RACES = ("WA", "BA", "IA", "AA", "NA", "TOM")


def counties_of(state: int, n: int) -> np.ndarray:
    """Return codes as the Bureau gives them: odd numbers."""
    return state * 1000 + np.arange(1, 2 * n, 2)


def some_counts(shape: tuple[int, ...], seed: int, most: int = 60) -> np.ndarray:
    """Return counts with many zeros, all different from those of another seed."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, most, shape) * (rng.random(shape) < 0.8)


def _last_year_code(vintage: int) -> int:
    # 2010s: 1 census, 2 base, 3 July 2010 ... 12 July 2019. 2020s: 1 base, 2 July 2020 ...
    return {2019: 12, 2021: 3, 2022: 4, 2023: 5, 2024: 6, 2025: 7}[vintage]


def county_characteristics_csv(vintage: int, fips: np.ndarray, counts: np.ndarray) -> bytes:
    """Lay out county x 18 bands x sex x 6 races x Hispanic; the year before has one more each."""
    last = _last_year_code(vintage)
    pieces = [_characteristics(fips, counts + (last - code), code) for code in (last - 1, last)]
    return _csv(pd.concat(pieces).sort_values(["COUNTY", "YEAR", "AGEGRP"], kind="stable"))


def _characteristics(fips: np.ndarray, counts: np.ndarray, code: int) -> pd.DataFrame:
    counts = np.concatenate([counts.sum(axis=1, keepdims=True), counts], axis=1)
    n, n_ages = counts.shape[:2]
    flat = counts.reshape(n * n_ages, 2, 6, 2)
    columns = _county_columns(fips, n_ages, code) | {"AGEGRP": np.tile(np.arange(n_ages), n)}
    columns["TOT_POP"] = flat.sum(axis=(1, 2, 3))
    for s, sex in enumerate(_SEXES):
        columns[f"TOT_{sex}"] = flat[:, s].sum(axis=(1, 2))
    for group in _GROUPS:
        for s, sex in enumerate(_SEXES):
            columns[f"{group}_{sex}"] = _group(flat[:, s], group)
    return pd.DataFrame(columns)


def _group(people: np.ndarray, group: str) -> np.ndarray:
    """Return one column from people x race x Hispanic."""
    origin = "NH" if group.startswith("NH") else "H" if group.startswith("H") else ""
    race = group.removeprefix(origin)
    chosen = {"": people.sum(axis=2), "NH": people[:, :, 0], "H": people[:, :, 1]}[origin]
    if not race:
        return chosen.sum(axis=1)
    if race.endswith("AC"):
        return chosen[:, _RACES.index(race[:-1])] + 7
    return chosen[:, _RACES.index(race)]


def county_single_years_csv(vintage: int, fips: np.ndarray, counts: np.ndarray) -> bytes:
    """Lay out county x 86 ages x sex; the year before has one more each."""
    last = _last_year_code(vintage)
    pieces = []
    for code in (last - 1, last):
        people = (counts + (last - code)).reshape(-1, 2)
        columns = _county_columns(fips, 86, code) | {"AGE": np.tile(np.arange(86), len(fips))}
        columns["TOT_POP"] = people.sum(axis=1)
        columns["TOT_MALE"], columns["TOT_FEMALE"] = people.T
        pieces.append(pd.DataFrame(columns))
    return _csv(pd.concat(pieces).sort_values(["COUNTY", "YEAR", "AGE"], kind="stable"))


def _county_columns(fips: np.ndarray, n_ages: int, code: int) -> dict[str, object]:
    county = np.repeat(fips % 1000, n_ages)
    return {
        "SUMLEV": "050",
        "STATE": [f"{value:02d}" for value in np.repeat(fips // 1000, n_ages)],
        "COUNTY": [f"{value:03d}" for value in county],
        "STNAME": "New Mexico",
        # Not ASCII, as in the Bureau's latin-1.
        "CTYNAME": "Doña Ana County",
        "YEAR": code,
    }


def state_characteristics_csv(vintage: int, fips: np.ndarray, counts: np.ndarray) -> bytes:
    """Lay out state x 86 ages x sex x 6 races x Hispanic, with the totals of sex and origin."""
    with_all = np.concatenate([counts.sum(axis=2, keepdims=True), counts], axis=2)
    cube = np.concatenate([with_all.sum(axis=-1, keepdims=True), with_all], axis=-1)
    # The file goes by state, sex, origin, race, age.
    cube = cube.transpose(0, 2, 4, 3, 1)
    state, sex, origin, race, age = (axis.ravel() for axis in np.indices(cube.shape))
    columns = {
        "SUMLEV": "040",
        "REGION": 1,
        "DIVISION": 2,
        "STATE": np.asarray(fips)[state],
        "NAME": "Nowhere",
        "SEX": sex,
        "ORIGIN": origin,
        "RACE": race + 1,
        "AGE": age,
        "ESTIMATESBASE2020": cube.ravel() + 3,
    }
    for year in range(2020, vintage + 1):
        columns[f"POPESTIMATE{year}"] = cube.ravel() + (vintage - year)
    return _csv(pd.DataFrame(columns))


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode("latin-1")
