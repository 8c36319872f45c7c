"""Which figures a state is counted by: cached, live, or those inside the package.

What is fetched are whole tables of whole states. Which states these are is all that the Census
Bureau could learn of the data.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.population._bundled import bundled_counties, bundled_states
from personatwin_sk.population._counting import Atlas
from personatwin_sk.population._figures import Figures
from personatwin_sk.population._places_read import Territory
from personatwin_sk.population._published import figures_of
from personatwin_sk.population.bureau import (
    Bureau,
    BureauError,
    CountyCharacteristics,
    CountySingleYears,
    NotCachedError,
    OfflineError,
)
from personatwin_sk.population.bureau._datasets import check_vintage

SOURCES = ("auto", "api", "bulk", "cache", "bundled")

_logger = logging.getLogger(__name__)

# The table of the states themselves, beside those of the counties of each state.
_STATES = 0
_STATES_DIGITS = 100
_STACK_LEVEL = 5

_CURES = {
    "cache": "fill the cache with warm() of a population of another source",
    "bulk": "try again later, or warm() the cache, or take source='auto' or 'bundled'",
    "api": "try again later, or warm() the cache, or take source='auto' or 'bundled'",
}


def check_source(source: Any, vintage: Any) -> None:
    """Check the parameters that say which figures to take.

    Parameters
    ----------
    source : object
        Should be one of `SOURCES`.
    vintage : object
        Should be a year, or None.

    Raises
    ------
    InputError
        If there can be no such figures.
    """
    if source not in SOURCES:
        names = ", ".join(f'"{name}"' for name in SOURCES[:-1])
        raise InputError(f'source must be {names} or "{SOURCES[-1]}"')
    if vintage is None:
        return
    if source == "bundled":
        raise InputError('vintage must be None for source "bundled", which has one vintage only')
    check_vintage(vintage, "bulk" if source == "bulk" else "api")


class Sources:
    """Finds the figures of states and counties, and remembers what it found.

    Each state is settled once, so that all counts of a population are by the same figures.

    Parameters
    ----------
    source : str
        One of `SOURCES`.
    vintage : int, optional
        Year; None = the newest that this package knows.
    bureau : Bureau
        Cache and live source.
    """

    def __init__(self, source: str, vintage: int | None, bureau: Bureau) -> None:
        self.source = source
        self.vintage = None if vintage is None else int(vintage)
        self.bureau = bureau
        self.remarks: list[str] = []
        self.used: dict[str, Figures] = {}
        # By state, whose counties are meant, or _STATES: what was found beside the bundled figures.
        self._found: dict[int, Figures | None] = {}
        self._warned = False

    def atlas(self, territories: Sequence[Territory]) -> Atlas:
        """Find the figures of all states and counties of some territories.

        Parameters
        ----------
        territories : sequence of Territory
            Of places that the bundled figures know.

        Returns
        -------
        Atlas

        Raises
        ------
        InputError
            If the one source that may be used has not all of the figures.
        """
        units = np.array(
            sorted(
                {part.unit for one in territories for parts in one.alternatives for part in parts}
            ),
            dtype=np.int64,
        )
        table = np.where(units < _STATES_DIGITS, _STATES, units // 1000)
        needed = np.unique(table).tolist()
        self._settle(needed)
        blocks: list[Figures] = []
        block = np.zeros(len(units), dtype=np.int64)
        position = np.full(len(units), -1, dtype=np.int64)
        n_missing = 0
        for one in needed:
            rows = np.flatnonzero(table == one)
            for figures in self._chain(one):
                at = figures.positions(units[rows])
                there = at >= 0
                if there.any():
                    position[rows[there]], block[rows[there]] = at[there], len(blocks)
                    blocks.append(figures)
                    self.used.setdefault(figures.source.describe(True), figures)
                rows = rows[~there]
                if not len(rows):
                    break
            n_missing += len(rows)
        if n_missing:
            raise InputError(
                f"source={self.source!r} has no figures of {n_missing} of the {len(units)} states "
                "and counties asked for, which are not in its tables of that vintage; take another "
                'vintage, or source="auto"'
            )
        return Atlas(blocks, units, block, position)

    def _chain(self, table: int) -> Iterable[Figures]:
        """Yield the figures of a table, those to be preferred first."""
        found = self._found.get(table)
        if found is not None:
            yield found
        if self.source in ("auto", "bundled"):
            yield bundled_states() if table == _STATES else bundled_counties(table)

    def _settle(self, needed: Sequence[int]) -> None:
        """Find the tables that were not looked for before; within one time limit."""
        missing = [table for table in needed if table not in self._found]
        if not missing or self.source == "bundled":
            return
        deadline = time.monotonic() + self.bureau.timeout
        reasons: Counter[str] = Counter()
        # Whoever asked for a year is told that they get another, whatever the reason.
        n_failed, loud = 0, self.vintage is not None
        for table in missing:
            figures, errors = self._find(table, deadline)
            if figures is None:
                n_failed += 1
                reasons.update({str(error) for error in errors})
                loud = loud or not all(isinstance(error, OfflineError) for error in errors)
            if figures is not None or self.source == "auto":
                self._found[table] = figures
        if not n_failed:
            return
        why = "; ".join(f"{reason} ({n})" for reason, n in sorted(reasons.items()))
        tried = f"{n_failed} of {len(missing)} tables of the Census Bureau could not be had: {why}"
        if self.source != "auto":
            raise InputError(f"source={self.source!r}: {tried}; {_CURES[self.source]}")
        self._remark(f"{tried}; the figures inside the package are used instead of these")
        if loud and not self._warned:
            self._warned = True
            warnings.warn(
                f"{tried}. The figures inside the package are used instead; source='bundled' does "
                "not try, and this is the only warning.",
                DataWarning,
                stacklevel=_STACK_LEVEL,
            )

    def _find(self, table: int, deadline: float) -> tuple[Figures | None, list[BureauError]]:
        """Look for a table where it may come from; say what went wrong if it is nowhere."""
        errors: list[BureauError] = []
        for source in self._attempts():
            try:
                return self._fetch(table, source, deadline), []
            except BureauError as error:
                _logger.info("a table from %s: %s", source, type(error).__name__)
                # That the cache lacks it is no news where it might be fetched.
                if self.source == "cache" or not isinstance(error, NotCachedError):
                    errors.append(error)
        return None, errors

    def _attempts(self) -> list[str]:
        if self.source != "auto":
            return [self.source]
        attempts = ["cache"]
        if _has_vintage(self.vintage, "bulk"):
            attempts.append("bulk")
        if self.bureau.has_key:
            attempts.append("api")
        return attempts

    def _fetch(self, table: int, source: str, deadline: float) -> Figures:
        how: dict[str, Any] = {"source": source, "vintage": self.vintage, "deadline": deadline}
        if table == _STATES:
            return figures_of(self.bureau.state_tables(**how))
        tables = self.bureau.county_tables(table, **how)
        years: CountySingleYears | None = None
        if isinstance(tables, CountyCharacteristics) and _has_vintage(self.vintage, "bulk"):
            # Beside a table from the cache single years may be fetched, unless nothing else may.
            how["source"] = "cache" if self.source == "cache" else "bulk"
            try:
                years = self.bureau.county_single_years(table, **how)
            except BureauError as error:
                self._remark(
                    f"single years of age of counties could not be had ({error}); age bands are "
                    "split as in July 2023"
                )
        return figures_of(tables, years)

    def _remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def __getstate__(self) -> dict[str, Any]:
        # Whoever unpickles it counts by the same figures, without asking for them again; those
        # inside the package are there as well.
        state = dict(self.__dict__)
        state["used"] = {
            key: figures for key, figures in self.used.items() if figures.source.how != "bundled"
        }
        return state


def _has_vintage(vintage: int | None, source: str) -> bool:
    """Return whether a source may have figures of a year."""
    try:
        check_vintage(vintage, source)
    except InputError:
        return False
    return True
