"""Adding up the people of an area who are of some ages, sexes, races and origins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from personatwin_sk.population._ages import are_whole_bands, band_weights, touched_bands
from personatwin_sk.population._figures import (
    AGE_BANDS,
    MODELLED_AGE_STATES,
    RACES,
    SEXES,
    county_joint,
    county_races_2020,
    figures,
    state_position,
)
from personatwin_sk.population._places_read import Territory
from personatwin_sk.population._uncertainty import AGE_SPLIT, JOINT, PUBLISHED, interval

_N_BANDS, _N_SEXES = len(AGE_BANDS), len(SEXES)
_N_ORIGINS = len(RACES) * 2


@dataclass(frozen=True)
class Answer:
    """Counts of some queries.

    Parameters
    ----------
    count, low, high : ndarray of shape (n,)
        People, and where the true number lies four times in five.
    how : ndarray of int, shape (n,)
        `PUBLISHED`, `AGE_SPLIT` or `JOINT`.
    """

    count: np.ndarray
    low: np.ndarray
    high: np.ndarray
    how: np.ndarray


class Queries:
    """Queries for people, which any area can be asked.

    Parameters
    ----------
    ages : ndarray of bool, shape (n_ages, 121)
        The distinct sets of single years of age that are asked for.
    people : ndarray of bool, shape (n_people, 2, 6, 2)
        The distinct sets of sex x race x Hispanic that are asked for.
    """

    def __init__(self, ages: np.ndarray, people: np.ndarray) -> None:
        self.ages = ages
        # Sex first, for one product per sex adds up all that is asked.
        self._masks = people.reshape(len(people), _N_SEXES, _N_ORIGINS).astype(float)
        self._any_origin = self._masks.any(axis=2, keepdims=True) * np.ones(_N_ORIGINS)
        self.whole: np.ndarray = are_whole_bands(ages)
        self.every_age: np.ndarray = np.asarray(ages.all(axis=1))
        same = self._masks == self._any_origin
        self.every_origin: np.ndarray = np.asarray(same.all(axis=(1, 2)))
        self._weights: dict[int, np.ndarray] = {}

    @cached_property
    def _touched(self) -> np.ndarray:
        """Return whole bands instead of the ages, for upper bounds; shape (n_ages, 2 * 18)."""
        return np.tile(touched_bands(self.ages), (1, _N_SEXES)).astype(float)

    def _weights_in(self, state: int) -> np.ndarray:
        """Return the weights of each sex and band; shape (n_ages, 2 * 18)."""
        if state not in self._weights:
            weights = np.moveaxis(band_weights(self.ages, state), 2, 1)
            self._weights[state] = weights.reshape(len(self.ages), _N_SEXES * _N_BANDS)
        return self._weights[state]

    def ask(self, territory: Territory, age: np.ndarray, people: np.ndarray) -> Answer:
        """Count the people of a territory.

        Parameters
        ----------
        territory : Territory
            Where.
        age, people : ndarray of int, shape (n,)
            Which of the sets of ages and of people, query by query.

        Returns
        -------
        Answer
            Of n queries. Of several alternatives the smallest count, low and high.
        """
        # Only what is asked here is multiplied out.
        ages, age = np.unique(age, return_inverse=True)
        peoples, people = np.unique(people, return_inverse=True)
        answers = [
            self._add_up(units, ages, peoples, age, people) for units in territory.alternatives
        ]
        if len(answers) == 1:
            return answers[0]
        return Answer(
            np.min([answer.count for answer in answers], axis=0),
            np.min([answer.low for answer in answers], axis=0),
            np.min([answer.high for answer in answers], axis=0),
            np.max([answer.how for answer in answers], axis=0),
        )

    def _add_up(
        self,
        units: tuple[int, ...],
        ages: np.ndarray,
        peoples: np.ndarray,
        age: np.ndarray,
        people: np.ndarray,
    ) -> Answer:
        count = np.zeros((len(ages), len(peoples)))
        limit = np.zeros_like(count)
        masks, any_origin = self._masks[peoples], self._any_origin[peoples]
        how = np.full(count.shape, PUBLISHED)
        split = np.where(self.whole[ages], PUBLISHED, AGE_SPLIT)[:, None]
        fitted = np.where(self.every_origin[peoples], PUBLISHED, JOINT)[None, :]
        for unit in units:
            is_county = unit >= 100
            state = unit // 1000 if is_county else unit
            joint = (
                county_joint(unit) if is_county else figures()["state_joint"][state_position(unit)]
            )
            count += self._weights_in(state)[ages] @ _by_sex_and_band(joint, masks)
            # What is published bounds what is modelled: of a county, the people of any origin in
            # the same bands (in Texas, of any age); of a state, those of the same origin in the
            # whole bands.
            outer = any_origin if is_county else masks
            touched = self._touched[ages]
            how = np.maximum(how, split)
            if is_county:
                how = np.maximum(how, fitted)
                if state in MODELLED_AGE_STATES:
                    how = np.maximum(how, np.where(self.every_age[ages], PUBLISHED, JOINT)[:, None])
                    touched = np.ones_like(touched)
            limit += touched @ _by_sex_and_band(joint, outer)
        # A fit meets what is published up to rounding errors only.
        count = np.where(how == PUBLISHED, np.rint(count), count)
        low, high = interval(count, how)
        for column in np.flatnonzero(~self.every_origin[peoples]):
            # Without ages, the races of a county were published themselves, of an earlier date.
            rows = self.every_age[ages] & (how[:, column] == JOINT)
            if rows.any():
                earlier = _races_published(units, masks[column])
                low[rows, column] = np.minimum(count[rows, column], earlier)
                high[rows, column] = np.maximum(count[rows, column], earlier)
        high = np.maximum(np.minimum(high, limit), count)
        return Answer(*(table[age, people] for table in (count, low, high, how)))


def _by_sex_and_band(joint: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Add up race x Hispanic of a joint under each mask; shape (2 * 18, n_masks)."""
    cells = joint.reshape(_N_BANDS, _N_SEXES, _N_ORIGINS).transpose(1, 0, 2)
    added = np.matmul(cells.astype(float), masks.transpose(1, 2, 0))
    return added.reshape(_N_SEXES * _N_BANDS, len(masks))


def _races_published(units: tuple[int, ...], mask: np.ndarray) -> float:
    """Add up the people of any age whom counties had in 2020, and states have now."""
    total = 0.0
    for unit in units:
        if unit >= 100:
            by_race = county_races_2020(unit)
        else:
            by_race = figures()["state_joint"][state_position(unit)].sum(axis=0)
        total += float((by_race.reshape(_N_SEXES, _N_ORIGINS) * mask).sum())
    return total
