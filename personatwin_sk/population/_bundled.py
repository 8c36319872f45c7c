"""The figures inside the package: the states' published, the counties' fitted to their margins."""

from __future__ import annotations

from functools import cache

import numpy as np

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import _bundle
from personatwin_sk.population._axes import FIVE_YEARS
from personatwin_sk.population._figures import Figures, Source, split_shares
from personatwin_sk.population._fit import fit_counties
from personatwin_sk.population._race_mix import learn_tilt

STATES = "sc-est2024-alldata6 (July 2024)"
AGES_OF_COUNTIES = "cc-est2023-syasex (July 2023)"
RACES_OF_COUNTIES = "cc-est2022-all (April 2020 base)"

# States whose counties' split by age the source itself models.
MODELLED_AGE_STATES = frozenset({48})
# New York teaches fits nothing: its counties' real joint is what they are scored on.
_SCORED_STATE = 36


@cache
def arrays() -> dict[str, np.ndarray]:
    """Return the bundled arrays, places first; read once.

    Returns
    -------
    dict of str to ndarray
    """
    found = _bundle.read()
    for name in ("state_joint", "state_single_years", "county_sex_race_hispanic"):
        found[name] = np.ascontiguousarray(np.moveaxis(found[name], -1, 0))
    for array in found.values():
        array.flags.writeable = False
    return found


@cache
def bundled_states() -> Figures:
    """Return the figures of the fifty states and the District of Columbia.

    Returns
    -------
    Figures
        Bands, sex, race and Hispanic origin are published; single years are split as in July 2023.
    """
    data = arrays()
    return Figures(
        source=Source((STATES,), "bundled", "July 2024", models=f"years as in {AGES_OF_COUNTIES}"),
        fips=data["state_fips"],
        starts=FIVE_YEARS,
        joint=data["state_joint"].astype(float),
        shares=bundled_shares(data["state_fips"], FIVE_YEARS),
        cells_published=True,
        ages_published="bands",
    )


@cache
def bundled_counties(state: int) -> Figures:
    """Return the figures of the counties of a state; fitted once.

    Parameters
    ----------
    state : int
        FIPS code.

    Returns
    -------
    Figures
        Single years of age x sex are published (of Texas only the sums over ages); races and
        Hispanic origin are fitted.
    """
    data = arrays()
    inside = data["county_fips"] // 1000 == state
    position = state_position(state)
    joint = fit_counties(
        data["county_age_sex"][inside],
        data["county_sex_race_hispanic"][inside],
        data["state_joint"][position],
        _tilt(),
    )
    return Figures(
        source=Source(
            (AGES_OF_COUNTIES, RACES_OF_COUNTIES, STATES), "bundled", "April 2020 to July 2024"
        ),
        fips=data["county_fips"][inside],
        starts=FIVE_YEARS,
        joint=joint,
        shares=bundled_shares(data["county_fips"][inside], FIVE_YEARS),
        cells_published=False,
        ages_published="none" if state in MODELLED_AGE_STATES else "years",
        earlier=data["county_sex_race_hispanic"][inside].astype(float),
    )


@cache
def _tilt() -> np.ndarray:
    """Learn from the states where a fit to counties begins."""
    data = arrays()
    return learn_tilt(data["state_joint"][data["state_fips"] != _SCORED_STATE])


def bundled_shares(fips: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return how states or counties split age bands into single years.

    Parameters
    ----------
    fips : ndarray of int, shape (n,)
        FIPS codes of states, or of counties of one state.
    starts : ndarray of int, shape (n_bands,)
        First age of each band.

    Returns
    -------
    ndarray of shape (n, 121, 2)
        By the county's own single years of July 2023; by its state's where nobody of a band lives
        in it, or where there are no figures of it.
    """
    data = arrays()
    states = np.searchsorted(data["state_fips"], np.where(fips < 100, fips, fips // 1000))
    of_states = data["state_single_years"][states]
    at = np.minimum(np.searchsorted(data["county_fips"], fips), len(data["county_fips"]) - 1)
    own = np.where(
        (data["county_fips"][at] == fips)[:, None, None], data["county_single_years"][at], of_states
    )
    return split_shares(own, of_states, starts)


def state_position(state: int) -> int:
    """Return the place of a state on the first axis of the state arrays; -1 if it has no figures.

    Parameters
    ----------
    state : int
        FIPS code.
    """
    found = np.flatnonzero(arrays()["state_fips"] == state)
    return int(found[0]) if len(found) else -1


def has_county(county: int) -> bool:
    """Return whether there are figures of a county.

    Parameters
    ----------
    county : int
        Five-digit FIPS code.
    """
    codes = arrays()["county_fips"]
    position = int(np.searchsorted(codes, county))
    return position < len(codes) and int(codes[position]) == county


def people_of(unit: int) -> int:
    """Return how many people live in a state or county that has figures.

    Parameters
    ----------
    unit : int
        FIPS code of a state (below 100) or county.
    """
    data = arrays()
    if unit < 100:
        return int(data["state_joint"][state_position(unit)].sum())
    return int(data["county_age_sex"][int(np.searchsorted(data["county_fips"], unit))].sum())


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
        return np.asarray(bundled_states().joint.sum(axis=0))
    if area_fips.isascii() and area_fips.isdigit():
        code = int(area_fips)
        figures = None
        if len(area_fips) == 5 and has_county(code):
            figures = bundled_counties(code // 1000)
        elif len(area_fips) == 2 and state_position(code) >= 0:
            figures = bundled_states()
        if figures is not None:
            return np.array(figures.joint[int(figures.positions(np.array([code]))[0])])
    raise InputError(
        "there are no figures under this area code; give the five digits of a county, the two of a "
        'state, or "US" (the fifty states and the District of Columbia)'
    )
