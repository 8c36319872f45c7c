"""The bundled figures as joints of age x sex x race x Hispanic, by area."""

from __future__ import annotations

from functools import cache

import numpy as np

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import _bundle
from personatwin_sk.population._fit import fit_counties

OLDEST = 120
"""The oldest age that is taken for one."""

AGE_BANDS: tuple[tuple[int, int], ...] = (
    *((start, start + 4) for start in range(0, 85, 5)),
    (85, OLDEST),
)
"""First and last age of each band of the first axis of a joint."""

SEXES = ("Male", "Female")
RACES = (
    "White",
    "Black",
    "American Indian and Alaska Native",
    "Asian",
    "Native Hawaiian and Other Pacific Islander",
    "Two or more races",
)
HISPANIC = ("Not Hispanic", "Hispanic")

BAND_OF_AGE = np.minimum(np.arange(OLDEST + 1) // 5, len(AGE_BANDS) - 1)

# States whose counties' split by age the source itself models.
MODELLED_AGE_STATES = frozenset({48})

# Share of the people of 85 and more who are at least so old: 60.4 % are 85-89, 29.6 % 90-94,
# 8.7 % 95-99 and 1.3 % 100 and more (2020 census); of the last, more than 60 % are 100 or 101, and
# 10 % are 105 and more (Census Bureau, "Centenarians: 2020"). No figures beyond: taken on by the
# same decay.
_SURVIVORS = {85: 1.0, 90: 0.396, 95: 0.100, 100: 0.013, 102: 0.0052, 105: 0.0013}


@cache
def figures() -> dict[str, np.ndarray]:
    """Return the bundled arrays, places first; read once.

    Returns
    -------
    dict of str to ndarray
    """
    arrays = _bundle.read()
    for name in ("state_joint", "state_single_years", "county_sex_race_hispanic"):
        arrays[name] = np.ascontiguousarray(np.moveaxis(arrays[name], -1, 0))
    for array in arrays.values():
        array.flags.writeable = False
    return arrays


@cache
def counties_of_state(state: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the fitted joint of each county of a state; fitted once.

    Parameters
    ----------
    state : int
        FIPS code.

    Returns
    -------
    codes : ndarray of shape (n_counties,)
        Five-digit FIPS codes, ascending.
    joint : ndarray of shape (n_counties, 18, 2, 6, 2)
        Fitted people. Sums over race and Hispanic are the published ones.
    """
    data = figures()
    inside = data["county_fips"] // 1000 == state
    joint = fit_counties(
        data["county_age_sex"][inside],
        data["county_sex_race_hispanic"][inside],
        data["state_joint"][state_position(state)],
    )
    joint.flags.writeable = False
    return data["county_fips"][inside], joint


def state_position(state: int) -> int:
    """Return the place of a state on the first axis of the state arrays; -1 if it has no figures.

    Parameters
    ----------
    state : int
        FIPS code.
    """
    found = np.flatnonzero(figures()["state_fips"] == state)
    return int(found[0]) if len(found) else -1


def has_county(county: int) -> bool:
    """Return whether there are figures of a county.

    Parameters
    ----------
    county : int
        Five-digit FIPS code.
    """
    codes = figures()["county_fips"]
    position = int(np.searchsorted(codes, county))
    return position < len(codes) and int(codes[position]) == county


def county_joint(county: int) -> np.ndarray:
    """Return the fitted joint of a county that has figures.

    Parameters
    ----------
    county : int
        Five-digit FIPS code.

    Returns
    -------
    ndarray of shape (18, 2, 6, 2)
    """
    codes, joint = counties_of_state(county // 1000)
    return joint[int(np.searchsorted(codes, county))]


def county_races_2020(county: int) -> np.ndarray:
    """Return sex x race x Hispanic of a county that has figures, as of the April 2020 base.

    Parameters
    ----------
    county : int
        Five-digit FIPS code.

    Returns
    -------
    ndarray of int, shape (2, 6, 2)
    """
    data = figures()
    races: np.ndarray = data["county_sex_race_hispanic"]
    return races[int(np.searchsorted(data["county_fips"], county))]


@cache
def age_shares(state: int) -> np.ndarray:
    """Return the share that each single year of age has in its band, by sex, in a state.

    Parameters
    ----------
    state : int
        FIPS code.

    Returns
    -------
    ndarray of shape (121, 2)
        Sums to 1 within each band. From the state's single years of July 2023; within 85 and more,
        from the nation's shares of the 2020 census, the same for both sexes.
    """
    years = figures()["state_single_years"][state_position(state)].astype(float)
    bands = np.add.reduceat(years, np.arange(0, 86, 5), axis=0)
    shares = np.empty((OLDEST + 1, 2))
    shares[:85] = years[:85] / bands[BAND_OF_AGE[:85]]
    ages = np.arange(85, OLDEST + 2)
    known = np.array(sorted(_SURVIVORS))
    logs = np.log([_SURVIVORS[age] for age in known.tolist()])
    decay = (logs[-1] - logs[-2]) / (known[-1] - known[-2])
    survivors = np.exp(
        np.where(
            ages <= known[-1],
            np.interp(ages, known, logs),
            logs[-1] + decay * (ages - known[-1]),
        )
    )
    survivors[-1] = 0.0
    shares[85:] = -np.diff(survivors)[:, None]
    shares.flags.writeable = False
    return shares


def area_joint(area_fips: str) -> np.ndarray:
    """Return the joint of a county, a state or the nation.

    Parameters
    ----------
    area_fips : str
        Five digits for a county, two for a state, "US" for the nation.

    Returns
    -------
    ndarray of shape (18, 2, 6, 2), float
        Age band x sex x race x Hispanic.

    Raises
    ------
    InputError
        If there are no figures under that code.
    """
    if area_fips == "US":
        return figures()["state_joint"].sum(axis=0).astype(float)
    if area_fips.isascii() and area_fips.isdigit():
        code = int(area_fips)
        if len(area_fips) == 5 and has_county(code):
            return county_joint(code).copy()
        if len(area_fips) == 2 and state_position(code) >= 0:
            return figures()["state_joint"][state_position(code)].astype(float)
    raise InputError(
        "there are no figures under this area code; give the five digits of a county, the two of a "
        'state, or "US" (the fifty states and the District of Columbia)'
    )
