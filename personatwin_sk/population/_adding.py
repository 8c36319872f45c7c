"""Adding up the people of areas who are of some ages, sexes, races and origins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personatwin_sk.population._ages import runs, touched
from personatwin_sk.population._axes import OLDEST, SINGLE_YEARS
from personatwin_sk.population._figures import Figures
from personatwin_sk.population._uncertainty import AGE_SPLIT, JOINT, PUBLISHED

_N_EDGES = OLDEST + 2
# Sums by area, people and age that are held at a time: 32 MB.
_MOST_SUMS = 4_000_000


@dataclass(frozen=True)
class Sums:
    """What figures say to some queries.

    Parameters
    ----------
    count : ndarray of shape (n,)
        People.
    most : ndarray of shape (n,)
        What is published of more people than were asked for; infinite where nothing is exact.
    earlier : ndarray of shape (n,)
        The same people as published for another date; the count itself where they are not.
    variance : ndarray of shape (n,)
        Sampling variance; 0 where everybody was counted.
    how : ndarray of int, shape (n,)
        `PUBLISHED`, `AGE_SPLIT` or `JOINT`.
    """

    count: np.ndarray
    most: np.ndarray
    earlier: np.ndarray
    variance: np.ndarray
    how: np.ndarray


@dataclass(frozen=True)
class _Spans:
    """Sets of ages as runs of years: of each set its first run, its second run ..."""

    first: list[np.ndarray]
    stop: list[np.ndarray]
    n_runs: np.ndarray

    @classmethod
    def of(cls, ages: np.ndarray) -> _Spans:
        first, stop, n_runs = [], [], np.zeros(len(ages), dtype=np.int64)
        for row, begin, end in runs(ages):
            # A set without this run has an empty one.
            starts, stops = np.zeros((2, len(ages)), dtype=np.int64)
            starts[row], stops[row] = begin, end
            first.append(starts)
            stop.append(stops)
            n_runs[row] += 1
        return cls(first, stop, n_runs)


class Queries:
    """Sets of ages and sets of people, in any pair of which any area can be asked for.

    Parameters
    ----------
    ages : ndarray of bool, shape (n_ages, 121)
        The distinct sets of single years of age that are asked for.
    people : ndarray of bool, shape (n_people, 2, 7, 2)
        The distinct sets of sex x race x Hispanic that are asked for.
    """

    def __init__(self, ages: np.ndarray, people: np.ndarray) -> None:
        self.ages = ages
        self.people = people
        self.every_age: np.ndarray = np.asarray(ages.all(axis=1))
        # Behind the people that are asked for stand those of the same sexes and any origin.
        any_origin = np.broadcast_to(people.any(axis=(2, 3), keepdims=True), people.shape)
        self._masks = np.concatenate([people, any_origin])
        self._spans: dict[bytes, _Spans] = {b"": _Spans.of(ages)}
        self._whole: dict[bytes, np.ndarray] = {}

    def every_origin(self, n_races: int) -> np.ndarray:
        """Return whether the people are of any race, of so many that figures tell apart.

        Parameters
        ----------
        n_races : int
            Six, or seven with some other race.

        Returns
        -------
        ndarray of bool, shape (n_people,)
        """
        masks = self._masks[:, :, :n_races].reshape(2, len(self.people), -1)
        return np.asarray((masks[0] == masks[1]).all(axis=1))

    def whole(self, starts: np.ndarray) -> np.ndarray:
        """Return whether the ages are whole bands.

        Parameters
        ----------
        starts : ndarray of int, shape (n_bands,)
            First age of each band.

        Returns
        -------
        ndarray of bool, shape (n_ages,)
        """
        self._touch(starts)
        return self._whole[starts.tobytes()]

    def _touch(self, starts: np.ndarray) -> _Spans:
        """Return the bands in which the ages lie."""
        key = starts.tobytes()
        if key not in self._spans:
            around = touched(self.ages, starts)
            self._whole[key] = (around == self.ages).all(axis=1)
            self._spans[key] = _Spans.of(around)
        return self._spans[key]

    def ask(self, figures: Figures, area: np.ndarray, age: np.ndarray, people: np.ndarray) -> Sums:
        """Add up the people of some areas.

        Parameters
        ----------
        figures : Figures
            Whose areas are asked for.
        area : ndarray of int, shape (n,)
            Positions of the areas in the figures.
        age, people : ndarray of int, shape (n,)
            Which of the sets of ages and of people, query by query.

        Returns
        -------
        Sums
            Of n queries.
        """
        how = self._how(figures, age, people)
        count = self._add_up(figures, area, people, self._spans[b""], age)
        if figures.sampling is not None:
            count, variance, exact = figures.sampling.look_up(
                area, age, people, count, self.ages, self.people
            )
            how = np.where(exact, PUBLISHED, np.maximum(how, AGE_SPLIT))
            return Sums(count, np.full(len(area), np.inf), count, variance, how)
        # Sums of what is published are whole, up to rounding errors.
        count = np.where(how == PUBLISHED, np.rint(count), count)
        most, earlier = count.copy(), count.copy()
        rows = np.flatnonzero(how != PUBLISHED)
        if len(rows):
            most[rows] = np.rint(self._most(figures, area[rows], age[rows], people[rows]))
        rows = np.flatnonzero((how == JOINT) & self.every_age[age])
        if len(rows) and figures.earlier is not None:
            # Without ages, the races of a county were published themselves, of an earlier date.
            n_races = figures.earlier.shape[2]
            by_race = np.tensordot(figures.earlier, self.people[:, :, :n_races], ((1, 2, 3),) * 2)
            earlier[rows] = by_race[area[rows], people[rows]]
        return Sums(count, most, earlier, np.zeros(len(area)), how)

    def _how(self, figures: Figures, age: np.ndarray, people: np.ndarray) -> np.ndarray:
        in_bands = np.where(self.whole(figures.starts), PUBLISHED, AGE_SPLIT)
        cells = in_bands if figures.cells_published else np.full(len(in_bands), JOINT)
        if figures.ages_published == "years":
            margin = np.where(self.whole(SINGLE_YEARS), PUBLISHED, AGE_SPLIT)
        elif figures.ages_published == "bands":
            margin = in_bands
        else:
            margin = np.where(self.every_age, PUBLISHED, JOINT)
        every_origin = self.every_origin(figures.joint.shape[3])
        return np.asarray(np.where(every_origin[people], margin[age], cells[age]))

    def _most(
        self, figures: Figures, area: np.ndarray, age: np.ndarray, people: np.ndarray
    ) -> np.ndarray:
        """Add up what is published around what is modelled."""
        any_origin = people + len(self.people)
        if figures.ages_published == "none":
            all_ages = _Spans.of(np.ones((1, OLDEST + 1), dtype=bool))
            most = self._add_up(figures, area, any_origin, all_ages, np.zeros_like(age))
        else:
            published = SINGLE_YEARS if figures.ages_published == "years" else figures.starts
            most = self._add_up(figures, area, any_origin, self._touch(published), age)
        if figures.cells_published:
            cells = self._add_up(figures, area, people, self._touch(figures.starts), age)
            most = np.minimum(most, cells)
        return most

    def _add_up(
        self,
        figures: Figures,
        area: np.ndarray,
        people: np.ndarray,
        spans: _Spans,
        age: np.ndarray,
    ) -> np.ndarray:
        """Add up areas x people x ages: sums up to each age are taken from one another."""
        areas, area = _renumber(area, len(figures.fips))
        masks, people = _renumber(people, len(self._masks))
        step = max(1, _MOST_SUMS // (len(areas) * _N_EDGES))
        if len(masks) <= step:
            return _differences(
                _sums_to(figures, areas, self._masks[masks]), area, people, spans, age
            )
        added = np.empty(len(area))
        for start in range(0, len(masks), step):
            rows = np.flatnonzero((people >= start) & (people < start + step))
            sums = _sums_to(figures, areas, self._masks[masks[start : start + step]])
            added[rows] = _differences(sums, area[rows], people[rows] - start, spans, age[rows])
        return added


def _renumber(numbers: np.ndarray, n_numbers: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers that occur, and for each its place among these."""
    occurs = np.zeros(n_numbers, dtype=bool)
    occurs[numbers] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[numbers]


def _sums_to(figures: Figures, areas: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return the people of each mask below each age; shape (n_areas, n_masks, 122)."""
    joint, shares = figures.joint[areas], figures.shares[areas]
    n_areas, n_bands, _, n_races, _ = joint.shape
    band = np.searchsorted(figures.starts, np.arange(OLDEST + 1), side="right") - 1
    by_age = np.zeros((n_areas, len(masks), OLDEST + 1))
    for sex in (0, 1):
        cells = joint[:, :, sex].reshape(n_areas, n_bands, n_races * 2)
        of_sex = masks[:, sex, :n_races].reshape(len(masks), -1).astype(float)
        by_band = np.matmul(of_sex, cells.transpose(0, 2, 1))
        by_age += by_band[:, :, band] * shares[:, None, :, sex]
    sums = np.zeros((n_areas, len(masks), _N_EDGES))
    np.cumsum(by_age, axis=2, out=sums[:, :, 1:])
    return sums


def _differences(
    sums: np.ndarray, area: np.ndarray, people: np.ndarray, spans: _Spans, age: np.ndarray
) -> np.ndarray:
    """Add up the runs of the ages."""
    flat = sums.reshape(-1)
    at = (area * sums.shape[1] + people) * _N_EDGES
    added = np.zeros(len(at))
    for rank, (first, stop) in enumerate(zip(spans.first, spans.stop, strict=True)):
        if rank == 0:
            added = flat[at + stop[age]] - flat[at + first[age]]
            continue
        rows = np.flatnonzero(spans.n_runs[age] > rank)
        run = age[rows]
        added[rows] += flat[at[rows] + stop[run]] - flat[at[rows] + first[run]]
    return added
