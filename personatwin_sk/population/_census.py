"""Counts of the population of the United States."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.exceptions import InputError
from personatwin_sk.population._census_columns import (
    everyone,
    read_ages,
    read_ethnicities,
    read_genders,
    read_places,
)
from personatwin_sk.population._counting import Answer, Queries
from personatwin_sk.population._figures import HISPANIC, OLDEST, RACES, SEXES, area_joint
from personatwin_sk.population._places_read import Territory, nation
from personatwin_sk.population._protocol import (
    RESULT_COLUMNS,
    Provenance,
    result_frame,
    unmatched_tuples,
)
from personatwin_sk.population._reading import read_table
from personatwin_sk.population._uncertainty import AGE_SPLIT, JOINT, PUBLISHED

NOTICE = (
    "This product uses Census Bureau data but is not endorsed or certified by the Census Bureau."
)
_BUREAU = "US Census Bureau"
_STATES = "sc-est2024-alldata6 (July 2024)"
_COUNTIES = "cc-est2023-syasex (July 2023)"
_RACES_OF_COUNTIES = "cc-est2022-all (April 2020 base)"

# By whether counties are used, and how the count was made.
_SOURCES = {
    (False, PUBLISHED): f"{_BUREAU}: {_STATES}",
    (False, AGE_SPLIT): f"modelled from {_BUREAU}: {_STATES}, single years as in {_COUNTIES}",
    (True, PUBLISHED): f"{_BUREAU}: {_COUNTIES}",
    (True, AGE_SPLIT): f"modelled from {_BUREAU}: {_COUNTIES}, single years as in the state",
    (True, JOINT): f"modelled from {_BUREAU}: {_COUNTIES}, {_RACES_OF_COUNTIES}, {_STATES}",
}
_SOURCE_TABLE = np.array(
    [[_SOURCES.get((county, how), "") for how in range(3)] for county in (False, True)],
    dtype=object,
)


class CensusPopulation:
    """Counts of the population of the United States, from figures of the Census Bureau.

    It knows the columns `age`, `gender`, `ethnicity` and `geography` of the nation, its regions,
    divisions, states and counties. Published, and used as they are: age bands x sex x race x
    Hispanic of states (July 2024); age bands x sex of counties (July 2023). Modelled, and marked
    so: the joint of the four in counties, fitted to what is published of them (their races of 2020
    are carried to 2023); ages inside a five-year band; the split by age of the counties of Texas.

    Parameters
    ----------
    source : {"auto", "bundled"}, default="auto"
        Where figures are taken from. Both mean the figures inside the package; nothing is fetched.

    Attributes
    ----------
    columns : tuple of str
        The columns that it knows.
    provenance : Provenance
        Tables, vintage, licence, and what is modelled.

    Raises
    ------
    InputError
        If `source` is none of these.

    Notes
    -----
    This product uses Census Bureau data but is not endorsed or certified by the Census Bureau.

    Races are those of people of that race alone. Counts of states and counties are of different
    years (Ohio: 11,883,304 in 2024), so that counties do not add up to their state. Puerto Rico
    has no figures here.

    References
    ----------
    US Census Bureau, Population Estimates Program: sc-est2024-alldata6, cc-est2023-syasex and
    cc-est2022-all, https://www2.census.gov/programs-surveys/popest/datasets/.

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
    >>> answer = CensusPopulation().count(asked)
    >>> answer[["count", "modelled", "level", "unmatched"]]
          count  modelled   level         unmatched
    0  124807.0     False   state                ()
    1   60642.0     False  county      (ethnicity,)
    2  425272.0     False  county  (age, ethnicity)
    """

    columns: tuple[str, ...] = ("age", "gender", "ethnicity", "geography")

    provenance = Provenance(
        source=f"{_BUREAU}, Population Estimates Program",
        tables=(_STATES, _COUNTIES, _RACES_OF_COUNTIES),
        vintage="2020 to 2024",
        licence="public domain (works of the US government)",
        modelled=(
            "age x sex x race x Hispanic of counties, by iterative proportional fitting to their "
            "published margins; ages inside a five-year band; ages of the counties of Texas"
        ),
        notice=NOTICE,
    )

    def __init__(self, *, source: str = "auto") -> None:
        if source not in ("auto", "bundled"):
            raise InputError('source must be "auto" or "bundled"')
        self.source = source

    def __repr__(self) -> str:
        return f"CensusPopulation(source={self.source!r})"

    @staticmethod
    def joint(area_fips: str) -> np.ndarray:
        """Return the people of an area by age band, sex, race and Hispanic origin.

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
            - low, high: where the true number lies four times in five, as measured where the truth
              is known (the fit to the counties of New York in 2019); equal to count if published.
            - modelled: whether any part of the count was estimated rather than published.
            - source: the tables.
            - level: of the figures used; an address, ZIP code or city counts as its county, or as
              its state where the county is not known.
            - unmatched: tuple of the columns that the count leaves out of account.

        Raises
        ------
        InputError
            If a column holds ages outside 0 to 120 or cells that are no ages, or places that
            nobody knows; it names the column and the number of rows.
        """
        table, index = read_table(frame)
        if table.n_rows == 0:
            return result_frame(index, **{name: np.empty(0) for name in RESULT_COLUMNS})
        known = [name for name in self.columns if name in table]
        unmatched: dict[Hashable, np.ndarray | bool] = {name: True for name in table.columns}
        ages, age = read_ages(table)
        sexes, sex = read_genders(table)
        origins, origin = read_ethnicities(table, hispanic_separate)
        territories, place = read_places(table)
        for name, values, code in (
            ("age", ages, age),
            ("gender", sexes, sex),
            ("ethnicity", origins, origin),
            ("geography", territories, place),
        ):
            if name in known:
                unmatched[name] = np.array([value is None for value in values])[code]
        answer, counties = _ask(
            [np.ones(OLDEST + 1, dtype=bool) if value is None else value for value in ages],
            [np.ones(len(SEXES), dtype=bool) if value is None else value for value in sexes],
            [everyone() if value is None else value for value in origins],
            [nation() if value is None else value for value in territories],
            (age, sex, origin, place),
        )
        levels = np.array(
            ["country" if value is None else value.level for value in territories], dtype=object
        )
        return result_frame(
            index,
            count=answer.count,
            low=answer.low,
            high=answer.high,
            modelled=answer.how != PUBLISHED,
            source=_SOURCE_TABLE[counties.astype(np.int64), answer.how],
            level=levels[place],
            unmatched=unmatched_tuples(unmatched, table.n_rows),
        )


def _merge_equal(keys: list[Any], codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number equal keys alike; return where each number first stands, and the rows' numbers."""
    number_of: dict[Any, int] = {}
    numbers = np.array([number_of.setdefault(key, len(number_of)) for key in keys], dtype=np.int64)
    _, first = np.unique(numbers, return_index=True)
    return first, numbers[codes]


def _ask(
    ages: list[np.ndarray],
    sexes: list[np.ndarray],
    origins: list[np.ndarray],
    territories: list[Territory],
    codes: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
) -> tuple[Answer, np.ndarray]:
    """Count each distinct query once; return the answers by row, and whether counties are used."""
    age, sex, origin, place = codes
    age_first, age = _merge_equal([mask.tobytes() for mask in ages], age)
    sex_first, sex = _merge_equal([mask.tobytes() for mask in sexes], sex)
    origin_first, origin = _merge_equal([mask.tobytes() for mask in origins], origin)
    place_first, place = _merge_equal(territories, place)
    sex_masks = np.array([sexes[i] for i in sex_first])
    origin_masks = np.array([origins[i] for i in origin_first])
    people = sex_masks[:, None, :, None, None] & origin_masks[None, :, None, :, :]
    queries = Queries(
        np.array([ages[i] for i in age_first]),
        people.reshape(-1, len(SEXES), len(RACES), len(HISPANIC)),
    )
    n_people = len(sex_masks) * len(origin_masks)
    key = (place * len(age_first) + age) * n_people + (sex * len(origin_masks) + origin)
    distinct, row = np.unique(key, return_inverse=True)
    place_of, rest = np.divmod(distinct, len(age_first) * n_people)
    age_of, people_of = np.divmod(rest, n_people)
    count, low, high = (np.zeros(len(distinct)) for _ in range(3))
    how = np.zeros(len(distinct), dtype=np.int64)
    counties = np.zeros(len(distinct), dtype=bool)
    starts = np.flatnonzero(np.diff(place_of, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(distinct)], strict=True):
        here = slice(start, stop)
        territory = territories[place_first[place_of[start]]]
        answer = queries.ask(territory, age_of[here], people_of[here])
        count[here], low[here], high[here] = answer.count, answer.low, answer.high
        how[here] = answer.how
        counties[here] = any(unit >= 100 for units in territory.alternatives for unit in units)
    return Answer(count[row], low[row], high[row], how[row]), counties[row]
