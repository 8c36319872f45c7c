"""Counts of the population of the United States."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.exceptions import InputError
from personatwin_sk.population._axes import OLDEST, SEXES
from personatwin_sk.population._bundled import (
    AGES_OF_COUNTIES,
    RACES_OF_COUNTIES,
    STATES,
    area_joint,
)
from personatwin_sk.population._census_columns import (
    everyone,
    read_ages,
    read_ethnicities,
    read_genders,
    read_places,
)
from personatwin_sk.population._count_rows import count_rows
from personatwin_sk.population._figures import Figures
from personatwin_sk.population._places_read import nation
from personatwin_sk.population._protocol import (
    RESULT_COLUMNS,
    Provenance,
    result_frame,
    unmatched_tuples,
)
from personatwin_sk.population._reading import read_table
from personatwin_sk.population._sources import Sources, check_source
from personatwin_sk.population.bureau import Bureau
from personatwin_sk.population.places import find_state

NOTICE = (
    "This product uses Census Bureau data but is not endorsed or certified by the Census Bureau."
)
_BUREAU = "US Census Bureau"


class CensusPopulation:
    """Counts of the population of the United States, from figures of the Census Bureau.

    It knows the columns `age`, `gender`, `ethnicity` and `geography` of the nation, its regions,
    divisions, states, counties and ZIP codes. Every count says where it comes from, whether it is
    published or modelled, and between which limits the true number lies nine times in ten.

    Inside the package, and used as they are: age bands x sex x race x Hispanic of states (July
    2024); single years x sex of counties (July 2023). Modelled from them, and marked so: the joint
    of the four in counties, fitted to what is published of them (their races of 2020 are carried to
    2023); ages inside a band where single years are not published; the split by age of the counties
    of Texas. The Bureau's own files have the joint of counties too.

    Parameters
    ----------
    source : {"auto", "api", "bulk", "cache", "bundled"}, default="auto"
        Where figures are taken from:

        - "auto": from the cache, else from the Bureau (its files; then its API, if there is a key),
          else those inside the package, with one warning.
        - "bulk": the Population Estimates Program's files. No key is needed.
        - "api": the American Community Survey of five years or, for `vintage` 2020, the census.
        - "cache": whichever of these were fetched earlier; nothing is fetched.
        - "bundled": those inside the package; nothing is fetched.

        Both "bulk" and "api" look into the cache first.
    vintage : int, optional
        Year of the figures; None = the newest that this version knows, 2024.
    cache_dir : str or Path, optional
        Folder of the cache; None = ``census_cache`` in the folder that the environment variable
        PERSONATWIN_HOME names, else in ``~/.personatwin``.
    api_key : str, optional
        Key of the Bureau's API; None = the environment variable CENSUS_API_KEY. It is in no
        representation, pickle or message.
    timeout : float, default=10.0
        Seconds that one call of `count` may spend on fetching. What is not there by then is counted
        by the figures inside the package ("auto"), or is an error.

    Attributes
    ----------
    columns : tuple of str
        The columns that it knows.
    provenance : Provenance
        Tables, vintages, dates of retrieval, licence, and what is modelled: of the figures that
        were used so far; before the first count, of those inside the package.
    remarks : tuple of str
        What was tried in vain, and what was used instead.

    Raises
    ------
    InputError
        If a parameter is not what it should be.

    Notes
    -----
    This product uses Census Bureau data but is not endorsed or certified by the Census Bureau.

    Requests are for whole tables of whole states: the states that occur in the column `geography`
    are all that the Bureau could learn of a table. With the environment variable
    PERSONATWIN_OFFLINE=1 nothing is ever fetched, and "auto" does not warn of it.

    Where each state is counted from is settled at the first count that needs it, and stays so.

    Races are those of people of that race alone. Bundled counts of states and counties are of
    different years (Ohio: 11,883,304 in 2024), so that counties do not add up to their state.
    Puerto Rico has no figures here.

    References
    ----------
    US Census Bureau, Population Estimates Program: sc-est2024-alldata6, cc-est2024-alldata,
    cc-est2024-syasex, cc-est2023-syasex and cc-est2022-all,
    https://www2.census.gov/programs-surveys/popest/datasets/; American Community Survey, tables
    B01001 and B01001A-I; 2020 Census, Demographic and Housing Characteristics, tables P12A-O.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.population import CensusPopulation
    >>> asked = pd.DataFrame(
    ...     {
    ...         "age": ["30-39", "30-39", None],
    ...         "gender": ["F", "female", "Woman"],
    ...         "ethnicity": ["Black", None, None],
    ...         "geography": ["Ohio", "Hamilton County, OH", "Hamilton County, OH"],
    ...     }
    ... )
    >>> answer = CensusPopulation(source="bundled").count(asked)
    >>> answer[["count", "modelled", "level", "unmatched"]]
          count  modelled   level         unmatched
    0  124807.0     False   state                ()
    1   60642.0     False  county      (ethnicity,)
    2  425272.0     False  county  (age, ethnicity)
    >>> answer.attrs["ethnicity"], answer.attrs["not_counted"]
    ('race alone, Hispanic or not', {'age': 1, 'gender': 0, 'ethnicity': 2, 'geography': 0})
    """

    columns: tuple[str, ...] = ("age", "gender", "ethnicity", "geography")

    def __init__(
        self,
        *,
        source: str = "auto",
        vintage: int | None = None,
        cache_dir: str | Path | None = None,
        api_key: str | None = None,
        timeout: float = 10.0,
    ) -> None:
        check_source(source, vintage)
        bureau = Bureau(cache_dir=cache_dir, api_key=api_key, timeout=timeout)
        self._sources = Sources(source, vintage, bureau)

    def __repr__(self) -> str:
        return f"CensusPopulation(source={self.source!r}, vintage={self.vintage!r})"

    @property
    def source(self) -> str:
        """Where figures are taken from."""
        return self._sources.source

    @property
    def vintage(self) -> int | None:
        """Year of the figures; None = the newest known."""
        return self._sources.vintage

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was tried in vain, and what was used instead."""
        return tuple(self._sources.remarks)

    @property
    def provenance(self) -> Provenance:
        """Where the counts so far come from."""
        return _provenance(self._sources.used.values())

    @staticmethod
    def joint(area_fips: str) -> np.ndarray:
        """Return the people of an area by age band, sex, race and Hispanic origin.

        These are the figures inside the package, whatever the source of the population.

        Parameters
        ----------
        area_fips : str
            Five digits for a county, two for a state, "US" for the nation.

        Returns
        -------
        ndarray of shape (18, 2, 6, 2), float
            Axes as in `AGE_BANDS`, `SEXES`, `RACES` and `HISPANIC`. Published counts of a state or
            the nation; fitted ones of a county, of which only the sums over the last two axes are
            published.

        Raises
        ------
        InputError
            If there are no figures under that code.

        Examples
        --------
        >>> from personatwin_sk.population import CensusPopulation
        >>> round(CensusPopulation.joint("39061").sum())
        827058
        """
        return area_joint(area_fips)

    def warm(self, states: Iterable[Any] | None = None) -> int:
        """Fetch figures into the cache, so that later counts need no network.

        Parameters
        ----------
        states : iterable of str or int, optional
            Names, abbreviations or FIPS codes of the states whose counties are wanted; None = all.
            Figures of the states themselves are fetched in any case.

        Returns
        -------
        int
            How many tables were fetched; those that are there already are not.

        Raises
        ------
        InputError
            If `source` is "cache" or "bundled", which fetch nothing, or if `states` holds what is
            no state; it says how many.
        BureauError
            The first thing that went wrong; what was fetched before stays in the cache.
        """
        if self.source in ("cache", "bundled"):
            raise InputError(
                f'source={self.source!r} fetches nothing; warm the cache with source "bulk" or '
                '"api", and the same cache_dir'
            )
        codes = None if states is None else _state_codes(states)
        source = "api" if self.source == "api" else "bulk"
        return self._sources.bureau.warm(codes, source=source, vintage=self.vintage)

    def cached(self) -> pd.DataFrame:
        """List the tables in the cache.

        Returns
        -------
        DataFrame of shape (n_tables, 7)
            dataset, vintage, kind, year, state (FIPS code; null for a table of the states
            themselves), retrieved (date), n_bytes.
        """
        names = ["dataset", "vintage", "kind", "year", "state", "retrieved", "n_bytes"]
        rows = [[getattr(one, name) for name in names] for one in self._sources.bureau.cached()]
        return pd.DataFrame(rows, columns=names).astype({"state": "Int64"})

    def clear_cache(self) -> int:
        """Remove all tables from the cache; other files in its folder stay.

        Returns
        -------
        int
            How many tables were removed.
        """
        return self._sources.bureau.clear()

    def count(self, frame: Any, *, hispanic_separate: bool | None = None) -> pd.DataFrame:
        """Count the people who fit each row of a table.

        Parameters
        ----------
        frame : table of shape (n_rows, n_columns)
            A cell holds a value, a label ("30-39", "85+", "Asian|White"), a (low, high) pair or a
            set. A column that is missing says nothing; neither does a null, a gender or ethnicity
            that the census does not count ("Other", "Unknown" ...), or a place without figures:
            all people count, and the column stands in `unmatched`.
        hispanic_separate : bool, optional
            Whether a label that names a race alone means those who are not Hispanic. None = it does
            if the column `ethnicity` has Hispanic among its values.

        Returns
        -------
        DataFrame of shape (n_rows, 7)
            With the index of `frame`:

            - count: people; the smallest of the namesakes of a county without a state.
            - low, high: where the true number lies nine times in ten, as measured where the truth
              is known, or by the standard errors of the survey. Both are the count where that is
              published, but `high` is never 0.
            - modelled: whether any part of the count was estimated rather than published.
            - source: the tables, their vintage, and whether they are bundled, cached or live.
            - level: of what is counted. A ZIP code is counted as its share of the people of its
              counties; a city, an address, or a ZIP code whose people are not known as its county
              or state, with `geography` in `unmatched`.
            - unmatched: tuple of the columns that the count leaves out of account.

            Its `attrs` hold ``ethnicity``: what a label that names a race alone was taken for, or
            "" without that column; and ``not_counted``: for each known column of `frame` the number
            of rows in which it is unmatched (unknown, refused, other); and ``shared_error``: the
            correlation of the errors of different counts, as measured where the truth is known: 0
            where all are published, 1 where they may err all alike.

        Raises
        ------
        InputError
            If a column holds ages outside 0 to 120 or cells that are no ages, or places that
            nobody knows (it names the column and the number of rows); or if the one source that may
            be used has not all of the figures (it says how many tables).
        """
        table, index = read_table(frame)
        known = [name for name in self.columns if name in table]
        if table.n_rows == 0:
            empty = result_frame(index, **{name: np.empty(0) for name in RESULT_COLUMNS})
            empty.attrs = {
                "ethnicity": "",
                "not_counted": dict.fromkeys(known, 0),
                "shared_error": 0.0,
            }
            return empty
        ages, age = read_ages(table)
        sexes, sex = read_genders(table)
        origins, origin, meaning = read_ethnicities(table, hispanic_separate)
        territories, place = read_places(table)
        left_out = {
            "age": np.array([value is None for value in ages])[age],
            "gender": np.array([value is None for value in sexes])[sex],
            "ethnicity": np.array([value is None for value in origins])[origin],
            "geography": np.array([one is None or not one.exact for one in territories])[place],
        }
        unmatched: dict[Hashable, np.ndarray | bool] = {
            name: left_out[name] if name in known else True for name in table.columns
        }
        columns, shared = count_rows(
            [np.ones(OLDEST + 1, dtype=bool) if value is None else value for value in ages],
            [np.ones(len(SEXES), dtype=bool) if value is None else value for value in sexes],
            [everyone() if value is None else value for value in origins],
            [nation() if value is None else value for value in territories],
            (age, sex, origin, place),
            self._sources,
        )
        answer = result_frame(index, **columns, unmatched=unmatched_tuples(unmatched, table.n_rows))
        answer.attrs = {
            "ethnicity": meaning,
            "not_counted": {name: int(left_out[name].sum()) for name in known},
            "shared_error": shared,
        }
        return answer


def _state_codes(states: Iterable[Any]) -> list[int]:
    """Read states by name, abbreviation or code."""
    if isinstance(states, str):
        raise InputError("states must be a list of states, not one text")
    found = [find_state(state) for state in states]
    n_bad = sum(code is None for code in found)
    if n_bad:
        raise InputError(f"{n_bad} of {len(found)} entries of states are no US states")
    return sorted({int(code) for code in found if code is not None})


def _provenance(used: Iterable[Figures]) -> Provenance:
    """Describe the figures that were used, or those inside the package if none were."""
    sources = [figures.source for figures in used]
    tables = [table for source in sources for table in source.tables]
    vintages = {source.vintage for source in sources}
    retrieved = sorted({source.retrieved for source in sources if source.retrieved})
    return Provenance(
        source=_BUREAU,
        tables=tuple(dict.fromkeys(tables)) or (STATES, AGES_OF_COUNTIES, RACES_OF_COUNTIES),
        vintage=", ".join(sorted(vintages)) or "2020 to 2024",
        licence="public domain (works of the US government)",
        modelled=(
            "age x sex x race x Hispanic of counties where it is not published, by iterative "
            "proportional fitting to their published margins; ages inside a band; ages of the "
            "counties of Texas in bundled figures; ZIP codes as shares of their counties"
        ),
        notice=NOTICE,
        retrieved=" to ".join(dict.fromkeys((retrieved[0], retrieved[-1]))) if retrieved else "",
    )
