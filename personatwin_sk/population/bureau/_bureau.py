"""The Census Bureau, asked through a cache."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterable
from numbers import Real
from pathlib import Path
from typing import Any, cast

from personatwin_sk.exceptions import InputError
from personatwin_sk.population.bureau import _api, _breaker, _files
from personatwin_sk.population.bureau._cache import Cache, CacheEntry
from personatwin_sk.population.bureau._datasets import (
    CENSUS_YEAR,
    DEFAULT_SURVEY,
    DEFAULT_VINTAGE,
    TableId,
    check_state,
    check_vintage,
)
from personatwin_sk.population.bureau._errors import (
    DeadlineError,
    KeyRefusedError,
    NotCachedError,
    OfflineError,
)
from personatwin_sk.population.bureau._key import ApiKey
from personatwin_sk.population.bureau._states import STATES
from personatwin_sk.population.bureau._tables import (
    CountySingleYears,
    CountyTables,
    StateTables,
    Tables,
)
from personatwin_sk.population.bureau._transport import Transport

__all__ = ["DEFAULT_SURVEY", "DEFAULT_VINTAGE", "NOTICE", "Bureau"]

NOTICE = (
    "This product uses the Census Bureau Data API but is not endorsed or certified by the Census "
    "Bureau."
)
"""What the Bureau's terms of service require to be shown."""

_LIVE_SOURCES = ("bulk", "api")
_LONGEST = 3600.0


class Bureau:
    """Tables of the US Census Bureau: from memory, else from the cache, else fetched.

    What is fetched are whole tables of whole states. Besides the table, its vintage, the state and
    the API key nothing goes out; nothing is ever sent elsewhere on the word of a server.

    Parameters
    ----------
    cache_dir : str or Path, optional
        Folder of the cache. None = ``census_cache`` in the folder that the environment variable
        PERSONATWIN_HOME names, else in ``~/.personatwin``.
    api_key : str, optional
        Key of the Bureau's API. None = the environment variable CENSUS_API_KEY, else
        US_CENSUS_API_KEY. No representation and no pickle of a `Bureau` holds it.
    timeout : float, default=10.0
        Seconds for one table, all attempts and pauses included, where no deadline is given.

    Raises
    ------
    InputError
        If a parameter is not what it should be.

    Notes
    -----
    This product uses the Census Bureau Data API but is not endorsed or certified by the Census
    Bureau.

    Environment: PERSONATWIN_OFFLINE=1, and nothing is ever fetched;
    PERSONATWIN_CENSUS_FILES_URL and PERSONATWIN_CENSUS_API_URL name mirrors.

    A server that could not be reached, or did not finish by the deadline, is not asked again by
    this process for five minutes (`warm` asks all the same).

    Examples
    --------
    >>> from personatwin_sk.population.bureau import Bureau
    >>> Bureau(api_key="not-for-you", timeout=3)
    Bureau(timeout=3.0)
    """

    def __init__(
        self,
        *,
        cache_dir: str | Path | None = None,
        api_key: str | None = None,
        timeout: float = 10.0,
    ) -> None:
        path = cache_dir is None or isinstance(cache_dir, (str, Path))
        if not path or "\0" in str(cache_dir):
            raise InputError("cache_dir must be a path, or None")
        self.cache_dir = cache_dir
        self.timeout = _check_timeout(timeout)
        self._key = ApiKey(api_key)
        self._cache = Cache(cache_dir)
        self._tables: dict[TableId, Tables] = {}
        self._key_refused: KeyRefusedError | None = None
        self._busy = threading.Lock()

    def __repr__(self) -> str:
        return f"Bureau(timeout={self.timeout!r})"

    def __reduce__(self) -> tuple[object, ...]:
        # The key stays behind: whoever unpickles this has one of their own in the environment.
        return _rebuild, (self.cache_dir, self.timeout)

    def __copy__(self) -> Bureau:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Bureau:
        # Nothing about it changes but what is remembered, which copies may share.
        return self

    @property
    def has_key(self) -> bool:
        """Whether there is a key for the API."""
        return bool(self._key)

    def county_tables(
        self,
        state: int,
        *,
        source: str,
        vintage: int | None = None,
        deadline: float | None = None,
    ) -> CountyTables:
        """Return the people of a state's counties by age, sex, race and Hispanic origin.

        Parameters
        ----------
        state : int
            FIPS code.
        source : {"bulk", "api", "cache"}
            "bulk": population estimates. "api": the American Community Survey or, for vintage
            2020, the census. Both look into the cache first. "cache": whichever of them is in the
            cache, the population estimates first.
        vintage : int, optional
            None = `DEFAULT_VINTAGE` for "bulk", `DEFAULT_SURVEY` for "api".
        deadline : float, optional
            Moment of `time.monotonic` at which to give up; None = `timeout` from now.

        Returns
        -------
        CountyCharacteristics, SurveyTables or CensusTables

        Raises
        ------
        InputError
            If a parameter is not what it should be.
        BureauError
            If the table is not to be had, of the form that fits.
        """
        wanted = _county_ids(check_state(state), source, vintage)
        return cast(CountyTables, self._first(wanted, source, deadline))

    def county_single_years(
        self,
        state: int,
        *,
        source: str,
        vintage: int | None = None,
        deadline: float | None = None,
    ) -> CountySingleYears:
        """Return the people of a state's counties by single year of age and sex.

        Parameters
        ----------
        state : int
            FIPS code.
        source : {"bulk", "cache"}
            As for `county_tables`.
        vintage : int, optional
            None = `DEFAULT_VINTAGE`; there are none before 2021.
        deadline : float, optional
            As for `county_tables`.

        Returns
        -------
        CountySingleYears

        Raises
        ------
        InputError, BureauError
            As by `county_tables`.
        """
        if source not in ("bulk", "cache"):
            raise InputError('source of single years must be "bulk" or "cache"')
        year = check_vintage(vintage, "bulk")
        wanted = [TableId("county-single-years", year, check_state(state))]
        return cast(CountySingleYears, self._first(wanted, source, deadline))

    def state_tables(
        self, *, source: str, vintage: int | None = None, deadline: float | None = None
    ) -> StateTables:
        """Return the people of the states by age, sex, race and Hispanic origin.

        Parameters
        ----------
        source, vintage, deadline
            As for `county_tables`.

        Returns
        -------
        StateCharacteristics, SurveyTables or CensusTables

        Raises
        ------
        InputError, BureauError
            As by `county_tables`.
        """
        return cast(StateTables, self._first(_state_ids(source, vintage), source, deadline))

    def warm(
        self,
        states: Iterable[int] | None = None,
        *,
        source: str = "bulk",
        vintage: int | None = None,
    ) -> int:
        """Fetch tables into the cache that are not there yet.

        Parameters
        ----------
        states : iterable of int, optional
            FIPS codes of the states whose counties are wanted; None = all. The table of the states
            themselves is fetched as well.
        source : {"bulk", "api"}, default="bulk"
            As for `county_tables`.
        vintage : int, optional
            As for `county_tables`.

        Returns
        -------
        int
            How many tables were fetched.

        Raises
        ------
        InputError
            If a parameter is not what it should be.
        BureauError
            The first that could not be fetched; what was fetched before stays in the cache.
        """
        if source not in _LIVE_SOURCES:
            raise InputError('source must be "bulk" or "api"')
        _breaker.reset(_server_of(source))
        wanted = list(_state_ids(source, vintage))
        for state in STATES if states is None else [check_state(state) for state in states]:
            wanted += _county_ids(state, source, vintage)
            year = check_vintage(vintage, source)
            if source == "bulk" and year >= _files.FIRST_SINGLE_YEARS:
                wanted.append(TableId("county-single-years", year, state))
        n_fetched = 0
        for one in dict.fromkeys(wanted):
            if self._cache.load(one) is not None:
                continue
            if one in self._tables:
                # Known to this process, but somebody has cleared the folder since.
                self._cache.store(one, self._tables[one])
                continue
            self._fetch(one, source, time.monotonic() + self.timeout)
            n_fetched += 1
        return n_fetched

    def cached(self) -> tuple[CacheEntry, ...]:
        """List the tables in the cache.

        Returns
        -------
        tuple of CacheEntry
            With size, origin and file of each.
        """
        return self._cache.entries()

    def clear(self) -> int:
        """Remove the tables from cache and memory; other files in the folder stay.

        Returns
        -------
        int
            How many tables were removed from the cache.
        """
        self._tables.clear()
        return self._cache.clear()

    def _first(self, wanted: Iterable[TableId], source: str, deadline: float | None) -> Tables:
        """Return the first table that is in memory or cache, else fetch the first, if allowed."""
        wanted = tuple(wanted)
        for one in wanted:
            table = self._tables.get(one) or self._cache.load(one)
            if table is not None:
                self._tables[one] = table
                return table
        if source == "cache":
            raise NotCachedError("the cache does not hold the table asked for")
        until = time.monotonic() + self.timeout if deadline is None else float(deadline)
        if math.isnan(until):
            raise InputError("deadline must be a moment of time.monotonic")
        return self._fetch(wanted[0], source, min(until, time.monotonic() + _LONGEST))

    def _fetch(self, wanted: TableId, source: str, deadline: float) -> Tables:
        if os.environ.get("PERSONATWIN_OFFLINE", "").strip() not in ("", "0"):
            raise OfflineError("nothing is fetched, since PERSONATWIN_OFFLINE is set")
        if source == "api" and self._key_refused is not None:
            raise type(self._key_refused)(*self._key_refused.args)
        late = DeadlineError("the time allowed for the Census Bureau was up")
        # One at a time: threads that want the same table fetch it once.
        if not self._busy.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise late
        try:
            if wanted in self._tables:
                return self._tables[wanted]
            if deadline <= time.monotonic():
                raise late
            with Transport(deadline=deadline) as transport:
                table = (
                    _files.fetch_file(transport, wanted)
                    if source == "bulk"
                    else _api.fetch_api(transport, wanted, self._key)
                )
        except KeyRefusedError as error:
            self._key_refused = error
            raise
        finally:
            self._busy.release()
        self._tables[wanted] = table
        self._cache.store(wanted, table)
        return table


def _check_timeout(timeout: Any) -> float:
    number = isinstance(timeout, Real) and not isinstance(timeout, bool)
    if not number or not 0 < timeout <= _LONGEST:
        raise InputError(f"timeout must be a number of seconds above 0, at most {_LONGEST:.0f}")
    return float(timeout)


def _rebuild(cache_dir: str | Path | None, timeout: float) -> Bureau:
    return Bureau(cache_dir=cache_dir, timeout=timeout)


def _server_of(source: str) -> str:
    return _files.server() if source == "bulk" else _api.server()


def _api_kind(level: str, year: int) -> str:
    return f"{level}-census" if year == CENSUS_YEAR else f"{level}-survey"


def _county_ids(state: int, source: str, vintage: int | None) -> list[TableId]:
    return _ids("county", source, vintage, state)


def _state_ids(source: str, vintage: int | None) -> list[TableId]:
    return _ids("state", source, vintage, 0)


def _ids(level: str, source: str, vintage: int | None, state: int) -> list[TableId]:
    """Return which tables would do, the best first."""
    if source in _LIVE_SOURCES:
        year = check_vintage(vintage, source)
        kind = f"{level}-characteristics" if source == "bulk" else _api_kind(level, year)
        return [TableId(kind, year, state)]
    if source != "cache":
        raise InputError('source must be "bulk", "api" or "cache"')
    if vintage is None:
        return [*_ids(level, "bulk", None, state), *_ids(level, "api", None, state)]
    year = check_vintage(vintage, "api")
    return [
        TableId(f"{level}-characteristics", year, state),
        TableId(_api_kind(level, year), year, state),
    ]
