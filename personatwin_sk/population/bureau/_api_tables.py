"""Which variables of the API make up a table, and putting the table together from them.

Sources: the variables of acs/acs5 (B01001, B01001A-I) and of dec/dhc (P12A-O). Estimates below 0
are marks for "no estimate" and the like; of margins of error, -555555555 says that the estimate is
controlled to a known total, so that there is no error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from personatwin_sk.population.bureau._errors import MalformedTableError
from personatwin_sk.population.bureau._tables import (
    BANDS_14,
    BANDS_23,
    CensusTables,
    Origin,
    SurveyTables,
)

# By race as in the tables here: White, Black, American Indian and Alaska Native, Asian, Native
# Hawaiian and other Pacific Islander, two or more, some other race. In the Bureau's tables "some
# other race" comes before "two or more".
_RACES = "ABCDEGF"
_NOT_HISPANIC_RACES = "IJKLMON"
_HISPANIC = "H"
_SURVEY_HISPANIC, _SURVEY_WHITE_NOT_HISPANIC = "I", "H"
_CONTROLLED = -555_555_555
# The margins of error are half the width of a 90 % interval (American Community Survey).
_NORMAL_90 = 1.645


def cells_of(table: str, n_bands: int, suffix: str) -> list[str]:
    """Name the variables of a table of sex by age, without its totals.

    Parameters
    ----------
    table : str
        Such as "B01001A".
    n_bands : int
        Number of its age bands.
    suffix : str
        "E" for estimates, "M" for margins of error, "N" for counts.

    Returns
    -------
    list of str of length 2 * n_bands
        Males by age, then females by age.

    Examples
    --------
    >>> from personatwin_sk.population.bureau._api_tables import cells_of
    >>> cells_of("P12A", 23, "N")[0], cells_of("P12A", 23, "N")[-1]
    ('P12A_003N', 'P12A_049N')
    """
    # 001 all, 002 males, then their bands, females, and their bands.
    lines = [*range(3, 3 + n_bands), *range(4 + n_bands, 4 + 2 * n_bands)]
    return [f"{table}_{line:03d}{suffix}" for line in lines]


def totals_of(table: str, n_bands: int, suffix: str) -> list[str]:
    """Name the variables of a table for all people, males and females.

    Parameters
    ----------
    table, n_bands, suffix
        As for `cells_of`.

    Returns
    -------
    list of str of length 3

    Examples
    --------
    >>> from personatwin_sk.population.bureau._api_tables import totals_of
    >>> totals_of("B01001", 23, "E")
    ['B01001_001E', 'B01001_002E', 'B01001_026E']
    """
    return [f"{table}_{line:03d}{suffix}" for line in (1, 2, 3 + n_bands)]


def census_variables() -> Iterator[str]:
    """Name the variables of the 2020 census: P12A-O, with their totals.

    Yields
    ------
    str
    """
    for letter in (*_RACES, *_NOT_HISPANIC_RACES, _HISPANIC):
        yield from totals_of(f"P12{letter}", len(BANDS_23), "N")
        yield from cells_of(f"P12{letter}", len(BANDS_23), "N")


def survey_variables() -> Iterator[str]:
    """Name the variables of the survey: B01001 and B01001A-I, with the totals of the estimates.

    Yields
    ------
    str
    """
    yield from totals_of("B01001", len(BANDS_23), "E")
    for suffix in ("E", "M"):
        yield from cells_of("B01001", len(BANDS_23), suffix)
    for letter in (*_RACES, _SURVEY_WHITE_NOT_HISPANIC, _SURVEY_HISPANIC):
        yield from totals_of(f"B01001{letter}", len(BANDS_14), "E")
        for suffix in ("E", "M"):
            yield from cells_of(f"B01001{letter}", len(BANDS_14), suffix)


def _grid(figure: Mapping[str, np.ndarray], table: str, n_bands: int, suffix: str) -> np.ndarray:
    """Return the cells of a table as area x age x sex."""
    cells = np.column_stack([figure[name] for name in cells_of(table, n_bands, suffix)])
    return cells.reshape(-1, 2, n_bands).transpose(0, 2, 1)


def _check_totals(
    figure: Mapping[str, np.ndarray], table: str, n_bands: int, suffix: str, what: str
) -> None:
    totals = np.column_stack([figure[name] for name in totals_of(table, n_bands, suffix)])
    by_sex = _grid(figure, table, n_bands, suffix).sum(axis=1)
    sums = np.column_stack([by_sex.sum(axis=1), by_sex])
    n_bad = int((np.abs(sums - totals) > 0.5).sum())
    if n_bad:
        raise MalformedTableError(
            f"{what}: {n_bad} total(s) of {table} are not the sum of its cells"
        )


def build_census(
    origin: Origin, fips: np.ndarray, figure: Mapping[str, np.ndarray]
) -> CensusTables:
    """Put the tables of the 2020 census together, and check that they add up.

    Parameters
    ----------
    origin : Origin
        Where they are from.
    fips : ndarray of shape (n,), int
        Codes of the areas.
    figure : mapping of variable to ndarray of shape (n,), float
        What the API gave; NaN for null.

    Returns
    -------
    CensusTables

    Raises
    ------
    MalformedTableError
        If a cell is no count, a total is not the sum of its cells, or tables do not agree.
    """
    what, n_bands = origin.dataset, len(BANDS_23)
    n_bad = int(sum((~(values >= 0) | (values % 1 != 0)).sum() for values in figure.values()))
    if n_bad:
        raise MalformedTableError(f"{what}: {n_bad} cell(s) hold no count")
    for letter in (*_RACES, *_NOT_HISPANIC_RACES, _HISPANIC):
        _check_totals(figure, f"P12{letter}", n_bands, "N", what)
    every = np.stack([_grid(figure, f"P12{race}", n_bands, "N") for race in _RACES], axis=-1)
    not_hispanic = np.stack(
        [_grid(figure, f"P12{race}", n_bands, "N") for race in _NOT_HISPANIC_RACES], axis=-1
    )
    hispanic = every - not_hispanic
    n_bad = int((hispanic.sum(axis=-1) != _grid(figure, f"P12{_HISPANIC}", n_bands, "N")).sum())
    if n_bad or (hispanic < 0).any():
        raise MalformedTableError(f"{what}: tables by race and of Hispanic people do not agree")
    return CensusTables(origin, fips, np.stack([not_hispanic, hispanic], axis=-1))


def build_survey(
    origin: Origin, fips: np.ndarray, figure: Mapping[str, np.ndarray]
) -> SurveyTables:
    """Put the tables of the survey together, and check that they add up.

    Parameters
    ----------
    origin : Origin
        Where they are from.
    fips : ndarray of shape (n,), int
        Codes of the areas.
    figure : mapping of variable to ndarray of shape (n,), float
        What the API gave; NaN for null.

    Returns
    -------
    SurveyTables

    Raises
    ------
    MalformedTableError
        If the total of estimates that are all there is not their sum.
    """
    figure = {
        name: _error_of(values) if name.endswith("M") else _estimate_of(values)
        for name, values in figure.items()
    }
    few = len(BANDS_14)
    _check_totals(figure, "B01001", len(BANDS_23), "E", origin.dataset)
    for letter in (*_RACES, _SURVEY_WHITE_NOT_HISPANIC, _SURVEY_HISPANIC):
        _check_totals(figure, f"B01001{letter}", few, "E", origin.dataset)
    arrays = {}
    for suffix, ending in (("E", ""), ("M", "_error")):
        arrays[f"total{ending}"] = _grid(figure, "B01001", len(BANDS_23), suffix)
        arrays[f"by_race{ending}"] = np.stack(
            [_grid(figure, f"B01001{race}", few, suffix) for race in _RACES], axis=-1
        )
        arrays[f"white_not_hispanic{ending}"] = _grid(
            figure, f"B01001{_SURVEY_WHITE_NOT_HISPANIC}", few, suffix
        )
        arrays[f"hispanic{ending}"] = _grid(figure, f"B01001{_SURVEY_HISPANIC}", few, suffix)
    return SurveyTables(origin, fips, **arrays)


def _estimate_of(values: np.ndarray) -> np.ndarray:
    return np.where(values < 0, np.nan, values)


def _error_of(margins: np.ndarray) -> np.ndarray:
    known = np.where(margins == _CONTROLLED, 0.0, margins)
    return np.where(known < 0, np.nan, known) / _NORMAL_90
