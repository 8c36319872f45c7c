"""The population estimates that the Bureau publishes as files, for everybody and without a key."""

from __future__ import annotations

import datetime
import os
from functools import partial

import numpy as np

from personatwin_sk.population.bureau._answers import judge_file
from personatwin_sk.population.bureau._datasets import TableId
from personatwin_sk.population.bureau._errors import (
    MalformedTableError,
    NotPublishedError,
)
from personatwin_sk.population.bureau._gzip import MAGIC, inflate
from personatwin_sk.population.bureau._layouts import (
    read_county_characteristics,
    read_county_single_years,
    read_state_characteristics,
)
from personatwin_sk.population.bureau._messages import Request
from personatwin_sk.population.bureau._states import N_COUNTIES, STATES
from personatwin_sk.population.bureau._tables import (
    CountyCharacteristics,
    CountySingleYears,
    Origin,
    StateCharacteristics,
    Tables,
)
from personatwin_sk.population.bureau._transport import MAX_BYTES, Transport

FIRST_SINGLE_YEARS = 2021
"""The first vintage whose single years of age of counties the Bureau has published."""

_FOLDER = "/programs-surveys/popest/datasets"
_NAMES = {
    "county-characteristics": "cc-est{vintage}-alldata",
    "county-single-years": "cc-est{vintage}-syasex",
    "state-characteristics": "sc-est{vintage}-alldata6",
}


def server() -> str:
    """Return the address of the Bureau's file server, or of the mirror that is to be used.

    Returns
    -------
    str
        The environment variable PERSONATWIN_CENSUS_FILES_URL, else the Bureau's own.
    """
    mirror = os.environ.get("PERSONATWIN_CENSUS_FILES_URL", "").strip()
    return (mirror or "https://www2.census.gov").rstrip("/")


def path_of(wanted: TableId) -> str:
    """Return where on the server a file lies.

    Parameters
    ----------
    wanted : TableId
        One of the three kinds of population estimates.

    Returns
    -------
    str

    Examples
    --------
    >>> from personatwin_sk.population.bureau._datasets import TableId
    >>> from personatwin_sk.population.bureau._files import path_of
    >>> path_of(TableId("county-characteristics", 2024, 6))
    '/programs-surveys/popest/datasets/2020-2024/counties/asrh/cc-est2024-alldata-06.csv'
    """
    decade = wanted.vintage // 10 * 10
    years = f"{decade}-{wanted.vintage}"
    name = _NAMES[wanted.kind].format(vintage=wanted.vintage)
    if wanted.state:
        return f"{_FOLDER}/{years}/counties/asrh/{name}-{wanted.state:02d}.csv"
    return f"{_FOLDER}/{years}/state/asrh/{name}.csv"


def fetch_file(transport: Transport, wanted: TableId) -> Tables:
    """Fetch a table of the population estimates.

    Parameters
    ----------
    transport : Transport
        With which to fetch it.
    wanted : TableId
        One of the three kinds of population estimates.

    Returns
    -------
    CountyCharacteristics, CountySingleYears or StateCharacteristics

    Raises
    ------
    BureauError
        If it is not to be had, or not what it should be.
    """
    name = _NAMES[wanted.kind].format(vintage=wanted.vintage)
    if wanted.kind == "county-single-years" and wanted.vintage < FIRST_SINGLE_YEARS:
        raise NotPublishedError(f"{name}: the Bureau has no such file before {FIRST_SINGLE_YEARS}")
    request = Request(server(), path_of(wanted), name)
    answer = transport.fetch(request, partial(judge_file, what=name))
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    origin = Origin(name, f"July {wanted.vintage}", request.public_url, today, "live")
    return read_file(answer.body, wanted, origin)


def read_file(content: bytes, wanted: TableId, origin: Origin) -> Tables:
    """Read a file of the population estimates as it is published.

    Parameters
    ----------
    content : bytes
        The file, plain or gzipped.
    wanted : TableId
        What it should hold.
    origin : Origin
        Where it is from.

    Returns
    -------
    CountyCharacteristics, CountySingleYears or StateCharacteristics

    Raises
    ------
    MalformedTableError
        If it has not the Bureau's layout, is incomplete, or does not add up.
    TruncatedError
        If it is gzipped and breaks off.
    TooLargeError
        If it inflates to more than any file of the Bureau.
    """
    gzipped = content.startswith(MAGIC)
    plain = inflate(content, MAX_BYTES, origin.dataset) if gzipped else content
    table: Tables
    if wanted.kind == "state-characteristics":
        fips, counts = read_state_characteristics(plain, wanted.vintage, origin.dataset)
        missing = len(np.setdiff1d(STATES, fips))
        if missing or len(fips) != len(STATES):
            raise MalformedTableError(f"{origin.dataset}: {missing} state(s) are missing")
        return StateCharacteristics(origin, fips, counts)
    if wanted.kind == "county-characteristics":
        table = CountyCharacteristics(
            origin, *read_county_characteristics(plain, wanted.vintage, origin.dataset)
        )
    else:
        table = CountySingleYears(
            origin, *read_county_single_years(plain, wanted.vintage, origin.dataset)
        )
    check_counties(table, wanted)
    return table


def check_counties(table: Tables, wanted: TableId) -> None:
    """Check that a table is of the counties of a state, and of all of them.

    Parameters
    ----------
    table : Tables
        The table.
    wanted : TableId
        What it should hold.

    Raises
    ------
    MalformedTableError
        If it holds counties of another state, or too few.
    """
    n_others = int((table.fips // 1000 != wanted.state).sum())
    if n_others:
        raise MalformedTableError(
            f"{table.origin.dataset}: {n_others} of {len(table.fips)} counties are of another state"
        )
    n_missing = N_COUNTIES[wanted.state] - len(table.fips)
    if n_missing > 0:
        raise MalformedTableError(f"{table.origin.dataset}: {n_missing} county(ies) are missing")
