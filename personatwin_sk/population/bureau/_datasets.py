"""Which tables there are, and in which years the Bureau has published them."""

from __future__ import annotations

import datetime
import operator
from dataclasses import dataclass
from typing import Any

from personatwin_sk.exceptions import InputError
from personatwin_sk.population.bureau._states import N_COUNTIES
from personatwin_sk.population.bureau._tables import (
    CensusTables,
    CountyCharacteristics,
    CountySingleYears,
    StateCharacteristics,
    SurveyTables,
    Tables,
)

DEFAULT_VINTAGE = 2024
"""Vintage of the population estimates (bulk files) that is taken if none is named."""

DEFAULT_SURVEY = 2024
"""Last year of the five of the American Community Survey that is taken if none is named."""

CENSUS_YEAR = 2020
"""The vintage under which the API's source is the decennial census rather than the survey."""

TABLES_OF_KIND: dict[str, type[Tables]] = {
    "county-characteristics": CountyCharacteristics,
    "county-single-years": CountySingleYears,
    "state-characteristics": StateCharacteristics,
    "county-census": CensusTables,
    "state-census": CensusTables,
    "county-survey": SurveyTables,
    "state-survey": SurveyTables,
}
_FIRST_SURVEY = 2009
_LAST_OF_THE_2010S = 2019
_FIRST_OF_THE_2020S = 2021


@dataclass(frozen=True)
class TableId:
    """One table: what is fetched at once, and kept in one file of the cache.

    Parameters
    ----------
    kind : str
        One of `TABLES_OF_KIND`.
    vintage : int
        Year of the estimates, last year of the survey, or 2020 for the census.
    state : int
        Code of the state whose counties it holds; 0 for tables of the states themselves.

    Examples
    --------
    >>> from personatwin_sk.population.bureau._datasets import TableId
    >>> TableId("county-survey", 2024, 39).file_name
    'county-survey-2024-39.census'
    """

    kind: str
    vintage: int
    state: int = 0

    @property
    def file_name(self) -> str:
        """Name of the file of the cache."""
        return f"{self.kind}-{self.vintage}-{self.state:02d}.census"


def check_state(state: int) -> int:
    """Check the code of a state.

    Parameters
    ----------
    state : int
        FIPS code.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If it is none of the fifty states and the District of Columbia.
    """
    code = _whole(state)
    if code not in N_COUNTIES:
        raise InputError(
            "state must be the FIPS code of one of the fifty states or the District of Columbia"
        )
    return code


def check_vintage(vintage: int | None, source: str) -> int:
    """Check that the Bureau may have published figures of a year.

    Parameters
    ----------
    vintage : int or None
        None = the default of the source.
    source : {"bulk", "api"}
        Population estimates; or the American Community Survey and, under 2020, the census.

    Returns
    -------
    int

    Raises
    ------
    InputError
        If there can be no such vintage.

    Examples
    --------
    >>> from personatwin_sk.population.bureau._datasets import check_vintage
    >>> check_vintage(None, "bulk"), check_vintage(2019, "bulk")
    (2024, 2019)
    """
    if vintage is None:
        return DEFAULT_VINTAGE if source == "bulk" else DEFAULT_SURVEY
    this_year = datetime.datetime.now(datetime.UTC).year
    first = _LAST_OF_THE_2010S if source == "bulk" else _FIRST_SURVEY
    year = _whole(vintage)
    if not first <= year <= this_year:
        raise InputError(
            f'vintage must be a year from {first} to {this_year} for source "{source}"'
        )
    if source == "bulk" and _LAST_OF_THE_2010S < year < _FIRST_OF_THE_2020S:
        raise InputError(
            "vintage 2020 of the population estimates was never finished; take 2019 or 2021, or "
            'source "api" for the census of 2020'
        )
    return year


def _whole(value: Any) -> int:
    """Return a whole number as such, and -1 for anything else."""
    if isinstance(value, bool):
        return -1
    try:
        return operator.index(value)
    except TypeError:
        return -1
