"""Tables of the Census Bureau, as published: what each holds, and in which order.

Axes: 18 age bands 0-4, 5-9 ... 85+; 86 single years 0 ... 84, 85+; 23 and 14 bands as in the
American Community Survey's tables B01001 and B01001A-I; sex Male, Female; race White, Black,
American Indian and Alaska Native, Asian, Native Hawaiian and other Pacific Islander, two or more,
and, where there is a seventh, some other race; Hispanic no, yes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from personatwin_sk.population.bureau._errors import MalformedTableError

# fmt: off
BANDS_23 = (
    0, 5, 10, 15, 18, 20, 21, 22, 25, 30, 35, 40, 45, 50, 55, 60, 62, 65, 67, 70, 75, 80, 85,
)
# fmt: on
"""First age of each of the 23 bands of B01001 and P12."""

BANDS_14 = (0, 5, 10, 15, 18, 20, 25, 30, 35, 45, 55, 65, 75, 85)
"""First age of each of the 14 bands of B01001A-I."""


@dataclass(frozen=True)
class Origin:
    """Where a table comes from.

    Parameters
    ----------
    dataset : str
        The Bureau's name of it.
    vintage : str
        The date or years that it speaks of.
    url : str
        Where it was fetched, without any key.
    retrieved : str
        Date (UTC) on which it was fetched, as in 2026-11-22.
    how : str
        "live", or "cache" if it was fetched earlier.

    Examples
    --------
    >>> from personatwin_sk.population.bureau import Origin
    >>> Origin("sc-est2024-alldata6", "July 2024", "https://example.org", "2026-11-22", "live").how
    'live'
    """

    dataset: str
    vintage: str
    url: str
    retrieved: str
    how: str


@dataclass(frozen=True, eq=False)
class Tables:
    """What all tables have in common; the arrays of a table cannot be written to.

    Parameters
    ----------
    origin : Origin
        Where it comes from.
    fips : array of shape (n,), int
        Codes of the areas, ascending: five digits for counties, below 100 for states.

    Raises
    ------
    MalformedTableError
        If an array has not its shape, a code is no code of an area or out of order, or a figure
        is negative.
    """

    origin: Origin
    fips: np.ndarray

    # Shape of each array after its first axis, the areas.
    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {}
    # Counts, or figures of a sample, where NaN stands for "not published".
    dtype: ClassVar[type] = np.int64

    def __post_init__(self) -> None:
        fips = np.array(self.fips, dtype=np.int64)
        if fips.ndim != 1 or not len(fips) or (np.diff(fips) <= 0).any():
            raise MalformedTableError(
                f"{self.origin.dataset}: codes of areas must ascend, and there must be some"
            )
        n_states = len(np.unique(fips // 1000))
        if fips[0] < 1 or fips[-1] > 99_999 or (fips[-1] > 99 and (fips[0] < 1000 or n_states > 1)):
            raise MalformedTableError(
                f"{self.origin.dataset}: codes must be of states, or of the counties of one state"
            )
        self._settle("fips", fips)
        for name, shape in self.shapes.items():
            array: np.ndarray = np.array(getattr(self, name), dtype=self.dtype)
            if array.shape != (len(fips), *shape):
                raise MalformedTableError(
                    f"{self.origin.dataset}: {name} must have the shape {(len(fips), *shape)}, "
                    f"not {array.shape}"
                )
            n_bad = int((array < 0).sum() + np.isinf(array).sum())
            if n_bad:
                raise MalformedTableError(
                    f"{self.origin.dataset}: {n_bad} figure(s) of {name} are negative or infinite"
                )
            self._settle(name, array)

    def _settle(self, name: str, array: np.ndarray) -> None:
        array.setflags(write=False)
        object.__setattr__(self, name, array)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all arrays of the table by name, the areas' codes first.

        Returns
        -------
        dict of str to ndarray
        """
        return {"fips": self.fips, **{name: getattr(self, name) for name in self.shapes}}

    def __getstate__(self) -> dict[str, object]:
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        # An unpickled array could be written to: it is made read-only again.
        for name, value in state.items():
            object.__setattr__(self, name, value)
        for array in self.arrays().values():
            array.setflags(write=False)


@dataclass(frozen=True, eq=False)
class CountyCharacteristics(Tables):
    """People of a state's counties, by five-year age band, sex, race alone and Hispanic origin.

    Parameters
    ----------
    origin : Origin
        Dataset "cc-estYYYY-alldata".
    fips : array of shape (n,), int
        Codes of the counties.
    counts : array of shape (n, 18, 2, 6, 2), int
        County x age band x sex x race x Hispanic.
    """

    counts: np.ndarray

    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"counts": (18, 2, 6, 2)}


@dataclass(frozen=True, eq=False)
class CountySingleYears(Tables):
    """People of a state's counties, by single year of age and sex.

    Parameters
    ----------
    origin : Origin
        Dataset "cc-estYYYY-syasex".
    fips : array of shape (n,), int
        Codes of the counties.
    counts : array of shape (n, 86, 2), int
        County x age x sex.
    """

    counts: np.ndarray

    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"counts": (86, 2)}


@dataclass(frozen=True, eq=False)
class StateCharacteristics(Tables):
    """People of the states, by single year of age, sex, race alone and Hispanic origin.

    Parameters
    ----------
    origin : Origin
        Dataset "sc-estYYYY-alldata6".
    fips : array of shape (51,), int
        Codes of the states and the District of Columbia.
    counts : array of shape (51, 86, 2, 6, 2), int
        State x age x sex x race x Hispanic.
    """

    counts: np.ndarray

    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"counts": (86, 2, 6, 2)}


@dataclass(frozen=True, eq=False)
class CensusTables(Tables):
    """People counted in April 2020, by 23 age bands, sex, race alone and Hispanic origin.

    The Bureau has added noise to these counts; it does not publish how much to each.

    Parameters
    ----------
    origin : Origin
        Dataset "dec/dhc P12A-O".
    fips : array of shape (n,), int
        Codes of the counties of one state, or of the states.
    counts : array of shape (n, 23, 2, 7, 2), int
        Area x age band x sex x race (the seventh: some other race) x Hispanic. Hispanic people of
        a race are those of that race (P12A-G) less those not Hispanic (P12I-O).
    """

    counts: np.ndarray

    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {"counts": (23, 2, 7, 2)}


@dataclass(frozen=True, eq=False)
class SurveyTables(Tables):
    """Estimates of the American Community Survey over five years, and their standard errors.

    Parameters
    ----------
    origin : Origin
        Dataset "acs/acs5 B01001, B01001A-I".
    fips : array of shape (n,), int
        Codes of the counties of one state, or of the states.
    total : array of shape (n, 23, 2), float
        Area x age band x sex; NaN where there is no estimate.
    by_race : array of shape (n, 14, 2, 7), float
        Area x age band x sex x race (the seventh: some other race).
    white_not_hispanic, hispanic : array of shape (n, 14, 2), float
        Area x age band x sex.
    total_error, by_race_error, white_not_hispanic_error, hispanic_error : arrays, float
        Standard errors: the published margins of error, which are for 90 % confidence, divided by
        1.645. NaN where there is none.
    """

    total: np.ndarray
    by_race: np.ndarray
    white_not_hispanic: np.ndarray
    hispanic: np.ndarray
    total_error: np.ndarray
    by_race_error: np.ndarray
    white_not_hispanic_error: np.ndarray
    hispanic_error: np.ndarray

    shapes: ClassVar[Mapping[str, tuple[int, ...]]] = {
        "total": (23, 2),
        "by_race": (14, 2, 7),
        "white_not_hispanic": (14, 2),
        "hispanic": (14, 2),
        "total_error": (23, 2),
        "by_race_error": (14, 2, 7),
        "white_not_hispanic_error": (14, 2),
        "hispanic_error": (14, 2),
    }
    dtype: ClassVar[type] = np.float64


CountyTables = CountyCharacteristics | CensusTables | SurveyTables
StateTables = StateCharacteristics | CensusTables | SurveyTables
