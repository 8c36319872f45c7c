"""The tables that are behind the Bureau's API: the American Community Survey and the 2020 census.

A request names its variables, at most 50 at a time, and asks for all counties of one state or for
all states. The answers are joined by the codes of the areas.

Source: the Census Data API User Guide.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Sequence
from functools import partial

import numpy as np

from personatwin_sk.population.bureau._answers import SIGN_UP, judge_api
from personatwin_sk.population.bureau._api_tables import (
    build_census,
    build_survey,
    census_variables,
    survey_variables,
)
from personatwin_sk.population.bureau._datasets import CENSUS_YEAR, TableId
from personatwin_sk.population.bureau._errors import (
    MalformedTableError,
    MissingKeyError,
    NotJsonError,
)
from personatwin_sk.population.bureau._files import check_counties
from personatwin_sk.population.bureau._key import ApiKey
from personatwin_sk.population.bureau._messages import Request
from personatwin_sk.population.bureau._states import STATES
from personatwin_sk.population.bureau._tables import Origin, Tables
from personatwin_sk.population.bureau._transport import Transport

MAX_VARIABLES = 50
"""How many variables the API gives at once."""


def server() -> str:
    """Return the address of the Bureau's API, or of the mirror that is to be used.

    Returns
    -------
    str
        The environment variable PERSONATWIN_CENSUS_API_URL, else the Bureau's own.
    """
    mirror = os.environ.get("PERSONATWIN_CENSUS_API_URL", "").strip()
    return (mirror or "https://api.census.gov").rstrip("/")


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
    variables = list(census_variables() if census else survey_variables())
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
    table = (build_census if census else build_survey)(origin, fips, figure)
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
