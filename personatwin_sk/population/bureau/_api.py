"""The tables that are behind the Bureau's API: the American Community Survey and the 2020 census.

A request names its variables, at most 50 at a time, and asks for all counties of one state or for
all states. The answers are joined by the codes of the areas.

Sources: the Census Data API User Guide; the variables of acs/acs5 (B01001, B01001A-I) and of
dec/dhc (P12A-O). Estimates below 0 are marks for "no estimate" and the like; of margins of error,
-555555555 says that the estimate is controlled to a known total, so that there is no error.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from personatwin_sk.population.bureau._answers import SIGN_UP, judge_api
from personatwin_sk.population.bureau._datasets import CENSUS_YEAR, TableId
from personatwin_sk.population.bureau._errors import (
    MalformedTableError,
    MissingKeyError,
    NotJsonError,
)
from personatwin_sk.population.bureau._files import check_counties
from personatwin_sk.population.bureau._key import ApiKey
from personatwin_sk.population.bureau._states import STATES
from personatwin_sk.population.bureau._tables import (
    BANDS_14,
    BANDS_23,
    CensusTables,
    Origin,
    SurveyTables,
    Tables,
)
from personatwin_sk.population.bureau._transport import Request, Transport

MAX_VARIABLES = 50
"""How many variables the API gives at once."""

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


def server() -> str:
    """Return the address of the Bureau's API, or of the mirror that is to be used.

    Returns
    -------
    str
        The environment variable PERSONATWIN_CENSUS_API_URL, else the Bureau's own.
    """
    mirror = os.environ.get("PERSONATWIN_CENSUS_API_URL", "").strip()
    return (mirror or "https://api.census.gov").rstrip("/")


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
    >>> from personatwin_sk.population.bureau._api import cells_of
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
    >>> from personatwin_sk.population.bureau._api import totals_of
    >>> totals_of("B01001", 23, "E")
    ['B01001_001E', 'B01001_002E', 'B01001_026E']
    """
    return [f"{table}_{line:03d}{suffix}" for line in (1, 2, 3 + n_bands)]


def fetch_api(transport: Transport, wanted: TableId, key: ApiKey) -> Tables:
    """Fetch a table of the survey or of the census.

    Parameters
    ----------
    transport : Transport
        With which to fetch it.
    wanted : TableId
        Of the counties of a state, or of the states.
    key : ApiKey
        The API requires one.

    Returns
    -------
    SurveyTables or CensusTables

    Raises
    ------
    BureauError
        If it is not to be had, or not what it should be.
    """
    census = wanted.vintage == CENSUS_YEAR
    path = f"/data/{wanted.vintage}/dec/dhc" if census else f"/data/{wanted.vintage}/acs/acs5"
    what = "dec/dhc P12A-O" if census else "acs/acs5 B01001, B01001A-I"
    vintage = f"April {CENSUS_YEAR}" if census else f"{wanted.vintage - 4}-{wanted.vintage}"
    if not key:
        raise MissingKeyError(
            f"{what}: the API requires a key; get one at {SIGN_UP} and set CENSUS_API_KEY"
        )
    areas = (
        {"for": "county:*", "in": f"state:{wanted.state:02d}"}
        if wanted.state
        else {"for": "state:*"}
    )
    variables = list(_census_variables() if census else _survey_variables())
    fips: np.ndarray | None = None
    parts = []
    for start in range(0, len(variables), MAX_VARIABLES):
        some = variables[start : start + MAX_VARIABLES]
        request = Request(server(), path, what, {"get": ",".join(some), **areas}, key)
        answer = transport.fetch(request, partial(judge_api, what=what, variables=some))
        here, figures = read_answer(answer.body, some, bool(wanted.state), what)
        if fips is not None and not np.array_equal(fips, here):
            raise MalformedTableError(f"{what}: the API's answers are not for the same areas")
        fips = here
        parts.append(figures)
    if fips is None:
        raise AssertionError("there are variables")
    if not wanted.state:
        # Puerto Rico is among the states of the API, and not among those of the estimates.
        known = np.isin(fips, STATES)
        if known.sum() != len(STATES):
            raise MalformedTableError(f"{what}: {len(STATES) - known.sum()} state(s) are missing")
        fips, parts = fips[known], [part[known] for part in parts]
    figure = dict(zip(variables, np.concatenate(parts, axis=1).T, strict=True))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    url = Request(server(), path, what, areas).public_url
    origin = Origin(what, vintage, url, today, "live")
    table = (_census if census else _survey)(origin, fips, figure)
    if wanted.state:
        check_counties(table, wanted)
    return table


def read_answer(
    body: bytes, variables: Sequence[str], counties: bool, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Read what the API answers: a list of rows, the first of which names the columns.

    Parameters
    ----------
    body : bytes
        The answer.
    variables : sequence of str
        What was asked for.
    counties : bool
        Whether for counties, or for states.
    what : str
        Name of the table, for messages.

    Returns
    -------
    fips : ndarray of shape (n,), int
        Codes of the areas, ascending.
    figures : ndarray of shape (n, n_variables), float
        NaN where the answer has null.

    Raises
    ------
    NotJsonError
        If it is not JSON: broken off, or something else altogether.
    MalformedTableError
        If it is not such a list, or lacks a variable.

    Examples
    --------
    >>> from personatwin_sk.population.bureau._api import read_answer
    >>> body = b'[["B_001E","state"],["7","10"],[null,"01"]]'
    >>> fips, figures = read_answer(body, ["B_001E"], False, "B")
    >>> fips.tolist(), figures.tolist()
    ([1, 10], [[nan], [7.0]])
    """
    try:
        rows = json.loads(body)
    except ValueError as error:
        raise NotJsonError(f"{what}: the API's answer cannot be read as JSON") from error
    areas = ["state", "county"] if counties else ["state"]
    wanted = [*variables, *areas]
    if (
        not isinstance(rows, list)
        or len(rows) < 2
        or not all(isinstance(row, list) and len(row) == len(rows[0]) for row in rows)
        or not set(wanted) <= {name for name in rows[0] if isinstance(name, str)}
    ):
        raise MalformedTableError(f"{what}: the API's answer is not a table of what was asked for")
    cells = np.array(rows[1:], dtype=object)[:, [rows[0].index(name) for name in wanted]]
    cells[cells == None] = "nan"  # noqa: E711 (by cell)
    try:
        figures = cells.astype(float)
    except (ValueError, TypeError) as error:
        raise MalformedTableError(
            f"{what}: the API's answer has cells that are no numbers"
        ) from error
    code = figures[:, -1] if not counties else figures[:, -2] * 1000 + figures[:, -1]
    order = np.argsort(code)
    if not np.isfinite(code).all() or (np.diff(code[order]) <= 0).any():
        raise MalformedTableError(f"{what}: the API's answer names an area not at all or twice")
    return code[order].astype(np.int64), figures[order][:, : len(variables)]


def _census_variables() -> Iterator[str]:
    for letter in (*_RACES, *_NOT_HISPANIC_RACES, _HISPANIC):
        yield from totals_of(f"P12{letter}", len(BANDS_23), "N")
        yield from cells_of(f"P12{letter}", len(BANDS_23), "N")


def _survey_variables() -> Iterator[str]:
    yield from totals_of("B01001", len(BANDS_23), "E")
    for suffix in ("E", "M"):
        yield from cells_of("B01001", len(BANDS_23), suffix)
    for letter in (*_RACES, _SURVEY_WHITE_NOT_HISPANIC, _SURVEY_HISPANIC):
        yield from totals_of(f"B01001{letter}", len(BANDS_14), "E")
        for suffix in ("E", "M"):
            yield from cells_of(f"B01001{letter}", len(BANDS_14), suffix)


def _grid(figure: dict[str, np.ndarray], table: str, n_bands: int, suffix: str) -> np.ndarray:
    """Return the cells of a table as area x age x sex."""
    cells = np.column_stack([figure[name] for name in cells_of(table, n_bands, suffix)])
    return cells.reshape(-1, 2, n_bands).transpose(0, 2, 1)


def _check_totals(
    figure: dict[str, np.ndarray], table: str, n_bands: int, suffix: str, what: str
) -> None:
    totals = np.column_stack([figure[name] for name in totals_of(table, n_bands, suffix)])
    by_sex = _grid(figure, table, n_bands, suffix).sum(axis=1)
    sums = np.column_stack([by_sex.sum(axis=1), by_sex])
    n_bad = int((np.abs(sums - totals) > 0.5).sum())
    if n_bad:
        raise MalformedTableError(
            f"{what}: {n_bad} total(s) of {table} are not the sum of its cells"
        )


def _census(origin: Origin, fips: np.ndarray, figure: dict[str, np.ndarray]) -> CensusTables:
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


def _survey(origin: Origin, fips: np.ndarray, figure: dict[str, np.ndarray]) -> SurveyTables:
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
