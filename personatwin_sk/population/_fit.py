"""The counties' joint figures, fitted to their margins where no joint is published.

Published for a county are age x sex, and sex x race x Hispanic. The joint of the four is fitted by
iterative proportional fitting, all counties of a state at once: it starts from the state's own
joint and is scaled in turn to the state's joint, to the counties' races, and to the counties' ages,
until nothing moves. The last scaling is the one to ages, so that these are met exactly. Where it is
known how the ages of a race change with its share of the people
(`personatwin_sk.population._race_mix`), each county starts from a joint of its own.

References
----------
Deming, W. E. and Stephan, F. F. (1940), "On a least squares adjustment of a sampled frequency table
when the expected marginal totals are known", Annals of Mathematical Statistics 11(4).
"""

from __future__ import annotations

import numpy as np

_MAX_SWEEPS = 100
# Largest relative move of any county's race count in a sweep at which a fit is at rest.
_AT_REST = 1e-4
# Shares below this are not told apart: of a few people of a race no share is worth a pattern.
_LEAST_SHARE = 1e-4
# States differ hardly more than by this factor (e) in the share of a group; of counties that differ
# more nothing is known, so no more is made of it.
_LARGEST_MIX = 1.0


def _ratio(target: np.ndarray, current: np.ndarray) -> np.ndarray:
    """Factor that scales `current` to `target`; 1 where there is nothing to scale."""
    return np.divide(target, current, out=np.ones(target.shape), where=current > 0)


def rake_races(
    by_race: np.ndarray, county_totals: np.ndarray, state_races: np.ndarray
) -> np.ndarray:
    """Carry the counties' races to the date of the other margins.

    Parameters
    ----------
    by_race : ndarray of shape (n_counties, 2, 6, 2)
        Sex x race x Hispanic of each county, at an earlier date.
    county_totals : ndarray of shape (n_counties, 2)
        People of each sex in each county, at the date wanted.
    state_races : ndarray of shape (2, 6, 2)
        Sex x race x Hispanic of the state, at the date wanted; sums to that of the counties.

    Returns
    -------
    ndarray of shape (n_counties, 2, 6, 2)
        Its sums over races are `county_totals` exactly, its sums over counties `state_races`
        closely.
    """
    raked = by_race.astype(float)
    for _ in range(_MAX_SWEEPS):
        raked *= _ratio(state_races, raked.sum(axis=0))
        scale = _ratio(county_totals, raked.sum(axis=(2, 3)))
        raked *= scale[:, :, None, None]
        if np.abs(scale - 1).max() < _AT_REST:
            break
    return raked


def mix_of_races(by_race: np.ndarray) -> np.ndarray:
    """Return how common each race and origin is in each area, against all the areas together.

    Parameters
    ----------
    by_race : ndarray of shape (n_areas, 2, 6, 2)
        Sex x race x Hispanic of each area.

    Returns
    -------
    ndarray of shape (n_areas, 6, 2)
        Log of share over share of all; between -1 and 1, and 0 for an area without people.

    Examples
    --------
    >>> import numpy as np
    >>> from personatwin_sk.population._fit import mix_of_races
    >>> areas = np.zeros((2, 2, 6, 2))
    >>> areas[0, :, 0, 0], areas[1, :, 0, 0] = 40, 35
    >>> areas[0, :, 1, 0], areas[1, :, 1, 0] = 10, 15
    >>> mix_of_races(areas)[:, :2, 0].round(2)
    array([[ 0.06, -0.22],
           [-0.07,  0.18]])
    """
    groups = by_race.sum(axis=1)
    people = groups.sum(axis=(1, 2), keepdims=True)
    share = _ratio(groups, np.broadcast_to(people, groups.shape)) + _LEAST_SHARE
    of_all = _ratio(groups.sum(axis=0), np.full(groups.shape[1:], people.sum())) + _LEAST_SHARE
    return np.where(people > 0, np.clip(np.log(share / of_all), -_LARGEST_MIX, _LARGEST_MIX), 0.0)


def fit_counties(
    by_age: np.ndarray,
    by_race: np.ndarray,
    state_joint: np.ndarray,
    tilt: np.ndarray | None = None,
) -> np.ndarray:
    """Fit the joint of every county of a state.

    Parameters
    ----------
    by_age : ndarray of shape (n_counties, n_ages, 2)
        Age x sex of each county: met exactly.
    by_race : ndarray of shape (n_counties, 2, 6, 2)
        Sex x race x Hispanic of each county; of an earlier date, and carried to that of `by_age`.
    state_joint : ndarray of shape (n_ages, 2, 6, 2)
        The state's joint; scaled to the sums of `by_age` where it is of another date.
    tilt : ndarray of shape (n_ages, 6, 2), optional
        Slopes that `personatwin_sk.population._race_mix.learn_tilt` gives. None: all counties start
        from the state's joint, and what the margins do not say is the same in all.

    Returns
    -------
    ndarray of shape (n_counties, n_ages, 2, 6, 2)
        Fitted people, not rounded.

    Examples
    --------
    Two counties, and a state where the two races differ in age:

    >>> import numpy as np
    >>> from personatwin_sk.population._fit import fit_counties
    >>> state = np.zeros((2, 2, 6, 2))
    >>> state[0, :, 0, 0], state[1, :, 0, 0] = 30, 50
    >>> state[0, :, 1, 0], state[1, :, 1, 0] = 20, 10
    >>> ages = np.array([[[30, 30], [20, 20]], [[20, 20], [40, 40]]])
    >>> races = np.zeros((2, 2, 6, 2))
    >>> races[0, :, 0, 0], races[0, :, 1, 0] = 25, 25
    >>> races[1, :, 0, 0], races[1, :, 1, 0] = 55, 5
    >>> joint = fit_counties(ages, races, state)
    >>> np.allclose(joint.sum(axis=(3, 4)), ages)
    True
    >>> joint[0, :, 0, :2, 0].round(1)
    array([[12.6, 17.4],
           [12.4,  7.6]])
    """
    by_age = by_age.astype(float)
    seed = state_joint.astype(float)
    # A cell that the state table has at 0 but that the ages need would stay empty for ever.
    seed = seed + 1e-9 * (seed.sum(axis=(2, 3), keepdims=True) == 0)
    state = seed * _ratio(by_age.sum(axis=0), seed.sum(axis=(2, 3)))[:, :, None, None]
    races = rake_races(by_race, by_age.sum(axis=1), state.sum(axis=0))
    joint = np.repeat(state[None], len(by_age), axis=0)
    if tilt is not None:
        joint *= np.exp(tilt * mix_of_races(races)[:, None])[:, :, None]
    for _ in range(_MAX_SWEEPS):
        scale = _ratio(races, joint.sum(axis=1))
        joint *= scale[:, None]
        joint *= _ratio(state, joint.sum(axis=0))
        joint *= _ratio(by_age, joint.sum(axis=(3, 4)))[..., None, None]
        if np.abs(scale - 1).max() < _AT_REST:
            break
    return joint
