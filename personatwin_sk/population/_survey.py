"""Figures of the American Community Survey: a joint fitted to its tables, and their errors.

The survey publishes age x sex, age x sex x race, and age x sex of those who are white and not
Hispanic and of those who are Hispanic. Whoever asks for a sum of such cells gets it with its
standard error; anything else is read off a joint that is fitted to them all.

References
----------
US Census Bureau, "Understanding and Using American Community Survey Data: What All Data Users Need
to Know" (2020), chapter 8: the variance of a sum is the sum of the variances, of which those of
estimates of zero count once, at their largest. Wolter, K. M. (2007), "Introduction to Variance
Estimation", chapter 7: generalized variance functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personatwin_sk.population._ages import touched
from personatwin_sk.population._axes import ALL_RACES
from personatwin_sk.population._bundled import bundled_states, state_position
from personatwin_sk.population._figures import Figures, Source
from personatwin_sk.population.bureau import BANDS_14, BANDS_23, SurveyTables

_STARTS_23, _STARTS_14 = np.array(BANDS_23), np.array(BANDS_14)
# Of the 23 bands the first in each of the 14.
_FIRST_OF_14 = np.searchsorted(_STARTS_23, _STARTS_14)
_BAND_14 = np.searchsorted(_STARTS_14, _STARTS_23, side="right") - 1
_WHITE, _OTHER = 0, len(ALL_RACES) - 1
# Nine in ten of those of some other race are Hispanic, and of the Hispanic some two in five are of
# it (2020 census). A start only: the fit takes the survey's own figures.
_OTHER_AMONG = (0.005, 0.6)
_MAX_SWEEPS = 60
_AT_REST = 1e-3
_ROWS_AT_A_TIME = 200_000

# A cell of one of the survey's tables, with its sign in a sum.
_Term = tuple[str, int, float]
_TOTAL, _RACE, _WHITE_NOT_HISPANIC, _HISPANIC_ANY = "total", "race", "white", "hispanic"


def survey_figures(tables: SurveyTables, shares: np.ndarray, source: Source) -> Figures:
    """Make figures of the survey's tables.

    Parameters
    ----------
    tables : SurveyTables
        Of the counties of a state, or of the states.
    shares : ndarray of shape (n, 121, 2)
        Share of each single year in its band of the 23.
    source : Source
        Where the tables come from.

    Returns
    -------
    Figures
        Of the areas that the survey has estimates of; with their sampling error.
    """
    there = np.flatnonzero(~np.isnan(tables.total).any(axis=(1, 2)))
    kept = {name: array[there] for name, array in tables.arrays().items()}
    return Figures(
        source=source,
        fips=kept["fips"],
        starts=_STARTS_23,
        joint=_fit(kept),
        shares=shares[there],
        cells_published=False,
        ages_published="bands",
        sampling=SurveyError.of(kept),
    )


def _ratio(target: np.ndarray, current: np.ndarray) -> np.ndarray:
    """Factor that scales `current` to `target`; 1 where either says nothing."""
    known = (current > 0) & ~np.isnan(target)
    return np.divide(target, current, out=np.ones(current.shape), where=known)


def _start(fips: np.ndarray) -> np.ndarray:
    """Return the states' bundled joints in the survey's bands and races; (n, 23, 2, 7, 2)."""
    states = bundled_states()
    numbers = np.where(fips < 100, fips, fips // 1000)
    used, of_area = np.unique(numbers, return_inverse=True)
    at = [state_position(int(state)) for state in used]
    ages = np.arange(states.shares.shape[1])
    band = np.searchsorted(states.starts, ages, side="right") - 1
    years = states.joint[at][:, band] * states.shares[at][..., None, None]
    bands = np.add.reduceat(years, _STARTS_23, axis=1)
    other = bands.sum(axis=3, keepdims=True) * np.array(_OTHER_AMONG)
    joint = np.concatenate([bands, other], axis=3)
    # A cell at 0 that the survey has people in would stay empty for ever.
    joint += 1e-6 * joint.sum(axis=(3, 4), keepdims=True) + 1e-9
    return np.asarray(joint[of_area])


def _fit(tables: dict[str, np.ndarray]) -> np.ndarray:
    """Fit the joint to all tables by iterative proportional fitting; (n, 23, 2, 7, 2)."""
    joint = _start(tables["fips"])
    total = tables["total"]
    by_race, hispanic = tables["by_race"], tables["hispanic"]
    white = tables["white_not_hispanic"]
    whites = np.stack([white, np.maximum(by_race[..., _WHITE] - white, 0)], axis=-1)
    everybody = np.add.reduceat(total, _FIRST_OF_14, axis=1)
    origins = np.stack([np.maximum(everybody - hispanic, 0), hispanic], axis=-1)
    joint *= _ratio(total, joint.sum(axis=(3, 4)))[..., None, None]
    for _ in range(_MAX_SWEEPS):
        broad = np.add.reduceat(joint, _FIRST_OF_14, axis=1)
        before = broad.copy()
        broad *= _ratio(by_race, broad.sum(axis=4))[..., None]
        broad[..., _WHITE, :] *= _ratio(whites, broad[..., _WHITE, :])
        broad *= _ratio(origins, broad.sum(axis=3))[..., None, :]
        joint *= _ratio(broad, before)[:, _BAND_14]
        joint *= _ratio(total, joint.sum(axis=(3, 4)))[..., None, None]
        if np.abs(broad - before).max() < _AT_REST * max(1.0, float(before.max()) * 1e-3):
            break
    return joint


def _terms(origin: np.ndarray) -> list[_Term] | None:
    """Return which published cells add up to a set of race x Hispanic; None if none do.

    Parameters
    ----------
    origin : ndarray of bool, shape (7, 2)
        The set.
    """
    apart, hispanic = origin[:, 0], origin[:, 1]
    both = np.asarray(origin.all(axis=1))
    if both.all():
        return [(_TOTAL, 0, 1.0)]
    white: list[_Term] = [(_WHITE_NOT_HISPANIC, 0, 1.0)]
    if hispanic.all() and not apart[_WHITE + 1 :].any():
        return [(_HISPANIC_ANY, 0, 1.0), *(white if apart[_WHITE] else [])]
    if apart[_WHITE + 1 :].all() and not hispanic.any():
        terms: list[_Term] = [(_TOTAL, 0, 1.0), (_HISPANIC_ANY, 0, -1.0)]
        return terms if apart[_WHITE] else [*terms, (_WHITE_NOT_HISPANIC, 0, -1.0)]
    terms = [(_RACE, int(race), 1.0) for race in np.flatnonzero(both)]
    left = origin & ~both[:, None]
    if left[_WHITE + 1 :].any():
        return None
    if left[_WHITE, 0]:
        terms += white
    if left[_WHITE, 1]:
        terms += [(_RACE, _WHITE, 1.0), (_WHITE_NOT_HISPANIC, 0, -1.0)]
    return terms


@dataclass(frozen=True, eq=False, repr=False)
class SurveyError:
    """Published estimates and their standard errors.

    Parameters
    ----------
    estimates, errors : dict of str to ndarray
        By table: "total" (n, 23, 2, 1), "race" (n, 14, 2, 7), "white" and "hispanic" (n, 14, 2, 1).
    per_person : ndarray of shape (n,)
        Variance per person estimated, over the cells of "race".
    """

    estimates: dict[str, np.ndarray]
    errors: dict[str, np.ndarray]
    per_person: np.ndarray

    @classmethod
    def of(cls, tables: dict[str, np.ndarray]) -> SurveyError:
        """Take what is needed of the survey's tables.

        Parameters
        ----------
        tables : dict of str to ndarray
            As in `SurveyTables`.

        Returns
        -------
        SurveyError
        """
        names = {
            _TOTAL: "total",
            _RACE: "by_race",
            _WHITE_NOT_HISPANIC: "white_not_hispanic",
            _HISPANIC_ANY: "hispanic",
        }
        estimates = {key: tables[name] for key, name in names.items()}
        errors = {key: tables[f"{name}_error"] for key, name in names.items()}
        for key in (_TOTAL, _WHITE_NOT_HISPANIC, _HISPANIC_ANY):
            estimates[key], errors[key] = estimates[key][..., None], errors[key][..., None]
        people, error = estimates[_RACE], errors[_RACE]
        known = (people > 0) & ~np.isnan(error)
        # Where no race has an estimate, the total's cells tell.
        instead = (estimates[_TOTAL] > 0) & ~np.isnan(errors[_TOTAL])
        per_person = [
            np.divide(
                np.square(np.where(rows, e, 0.0)).reshape(len(p), -1).sum(axis=1),
                np.where(rows, p, 0.0).reshape(len(p), -1).sum(axis=1),
                out=np.zeros(len(p)),
                where=rows.reshape(len(p), -1).any(axis=1),
            )
            for rows, p, e in (
                (known, people, error),
                (instead, estimates[_TOTAL], errors[_TOTAL]),
            )
        ]
        return cls(estimates, errors, np.maximum(per_person[0], per_person[1]))

    def look_up(
        self,
        area: np.ndarray,
        age: np.ndarray,
        people: np.ndarray,
        count: np.ndarray,
        ages: np.ndarray,
        masks: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what is published where that answers a query, and the variance of each count.

        Parameters
        ----------
        area : ndarray of int, shape (n,)
            Positions of the areas.
        age, people : ndarray of int, shape (n,)
            Which of the sets of ages and of people.
        count : ndarray of shape (n,)
            The count by the joint.
        ages : ndarray of bool, shape (n_ages, 121)
        masks : ndarray of bool, shape (n_people, 2, 7, 2)

        Returns
        -------
        count, variance : ndarray of shape (n,)
            Of what is not published, the variance is that of the area's published cells per person.
        published : ndarray of bool, shape (n,)
            Whether the count is a sum of published estimates.
        """
        count = count.copy()
        variance = self.per_person[area] * np.maximum(count, 1.0)
        published = np.zeros(len(area), dtype=bool)
        for mask in np.unique(people):
            cells = self._cells_of(masks[mask])
            if cells is None:
                continue
            bands, *by_band = cells
            whole = (touched(ages, bands) == ages).all(axis=1)
            rows_of_mask = np.flatnonzero((people == mask) & whole[age])
            for start in range(0, len(rows_of_mask), _ROWS_AT_A_TIME):
                rows = rows_of_mask[start : start + _ROWS_AT_A_TIME]
                asked = ages[:, bands][age[rows]]
                sums, of_some, of_none = (
                    np.where(asked, table[area[rows]], 0.0) for table in by_band
                )
                found, error = sums.sum(axis=1), of_some.sum(axis=1) + of_none.max(axis=1)
                good = ~np.isnan(found)
                rows = rows[good]
                count[rows] = np.maximum(found[good], 0.0)
                variance[rows] = np.where(np.isnan(error[good]), variance[rows], error[good])
                published[rows] = True
        return count, variance, published

    def _cells_of(
        self, mask: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
        """Add up the cells of a set of people, band by band.

        Returns
        -------
        bands : ndarray of int
            First ages: the 23 bands, or the 14.
        estimate : ndarray of shape (n, n_bands)
        of_some, of_none : ndarray of shape (n, n_bands)
            Sum of the variances of estimates above 0; the largest variance of estimates of 0.
        """
        terms: list[tuple[int, _Term]] = []
        for sex in (0, 1):
            found = _terms(mask[sex]) if mask[sex].any() else []
            if found is None:
                return None
            terms += [(sex, term) for term in found]
        fine = all(table == _TOTAL for _, (table, _, _) in terms)
        bands = _STARTS_23 if fine else _STARTS_14
        estimate, of_some, of_none = np.zeros((3, len(self.per_person), len(bands)))
        for sex, (table, race, sign) in terms:
            people = self.estimates[table][:, :, sex, race]
            variance = self.errors[table][:, :, sex, race] ** 2
            some, none = np.where(people == 0, 0.0, variance), np.where(people == 0, variance, 0.0)
            if table == _TOTAL and not fine:
                people, some = (_broaden(array, np.add) for array in (people, some))
                none = _broaden(none, np.maximum)
            estimate += sign * people
            of_some += some
            of_none = np.maximum(of_none, none)
        return bands, estimate, of_some, of_none


def _broaden(by_band: np.ndarray, how: np.ufunc) -> np.ndarray:
    """Put the 23 bands together to the 14."""
    return np.asarray(how.reduceat(by_band, _FIRST_OF_14, axis=1))
