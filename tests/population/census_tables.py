"""Small tables in the shapes of the Census Bureau's, of Rhode Island's counties and of states."""

from __future__ import annotations

import numpy as np

from personatwin_sk.population.bureau import (
    CensusTables,
    CountyCharacteristics,
    CountySingleYears,
    Origin,
    StateCharacteristics,
    SurveyTables,
)

RHODE_ISLAND = 44
COUNTIES = np.array([44001, 44003, 44005, 44007, 44009])
STARTS_18 = np.arange(0, 90, 5)
# fmt: off
STARTS_23 = np.array(
    [0, 5, 10, 15, 18, 20, 21, 22, 25, 30, 35, 40, 45, 50, 55, 60, 62, 65, 67, 70, 75, 80, 85]
)
# fmt: on
STARTS_14 = np.array([0, 5, 10, 15, 18, 20, 25, 30, 35, 45, 55, 65, 75, 85])


def origin(dataset: str, vintage: str, how: str = "live", retrieved: str = "2026-11-22") -> Origin:
    return Origin(dataset, vintage, f"https://example.org/{dataset}", retrieved, how)


def joint_by_year(seed: int = 0, n_areas: int = 5, n_races: int = 6) -> np.ndarray:
    """People by single year, sex, race and Hispanic origin, some of them nobody."""
    rng = np.random.default_rng(seed)
    people = rng.gamma(0.4, 30.0, (n_areas, 86, 2, n_races, 2))
    people[..., 1:, :] *= rng.random((n_areas, 1, 1, n_races - 1, 1)) * 0.3
    return np.floor(people).astype(np.int64)


def broaden(by_year: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.add.reduceat(by_year, starts, axis=1)


def county_characteristics(by_year: np.ndarray, **how: str) -> CountyCharacteristics:
    where = origin("cc-est2024-alldata", "July 2024", **how)
    return CountyCharacteristics(where, COUNTIES, broaden(by_year, STARTS_18))


def county_single_years(by_year: np.ndarray, **how: str) -> CountySingleYears:
    where = origin("cc-est2024-syasex", "July 2024", **how)
    return CountySingleYears(where, COUNTIES, by_year.sum(axis=(3, 4)))


def state_characteristics(by_year: np.ndarray, fips: np.ndarray) -> StateCharacteristics:
    return StateCharacteristics(origin("sc-est2024-alldata6", "July 2024"), fips, by_year)


def census_tables(by_year: np.ndarray) -> CensusTables:
    return CensusTables(
        origin("dec/dhc P12A-O", "April 2020"), COUNTIES, broaden(by_year, STARTS_23)
    )


def survey_arrays(by_year: np.ndarray, seed: int = 1) -> dict[str, np.ndarray]:
    """The survey's tables of a joint of seven races, with some standard errors."""
    rng = np.random.default_rng(seed)
    fine, broad = broaden(by_year, STARTS_23), broaden(by_year, STARTS_14)
    arrays = {
        "total": fine.sum(axis=(3, 4)),
        "by_race": broad.sum(axis=4),
        "white_not_hispanic": broad[:, :, :, 0, 0],
        "hispanic": broad[..., 1].sum(axis=3),
    }
    arrays = {name: array.astype(float) for name, array in arrays.items()}
    errors = {
        f"{name}_error": np.sqrt(9.0 * array + 40.0) * (0.5 + rng.random(array.shape))
        for name, array in arrays.items()
    }
    return arrays | errors


def survey_tables(by_year: np.ndarray, **changed: np.ndarray) -> SurveyTables:
    arrays = survey_arrays(by_year) | changed
    return SurveyTables(
        origin("acs/acs5 B01001, B01001A-I", "2020-2024"),
        COUNTIES[: len(by_year)],
        **arrays,
    )
