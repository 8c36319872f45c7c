"""Figures of some areas from one source: the joint, and what of it is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from personatwin_sk.population._axes import (
    AGE_BANDS,
    ALL_RACES,
    FIVE_YEARS,
    HISPANIC,
    OLDEST,
    RACES,
    SEXES,
    SINGLE_YEARS,
)

__all__ = [
    "AGE_BANDS",
    "ALL_RACES",
    "FIVE_YEARS",
    "HISPANIC",
    "OLDEST",
    "RACES",
    "SEXES",
    "SINGLE_YEARS",
    "Figures",
    "Sampling",
    "Source",
    "split_shares",
    "spread_oldest",
]

# Share of the people of 85 and more who are at least so old: 60.4 % are 85-89, 29.6 % 90-94,
# 8.7 % 95-99 and 1.3 % 100 and more (2020 census); of the last, more than 60 % are 100 or 101, and
# 10 % are 105 and more (Census Bureau, "Centenarians: 2020"). No figures beyond: taken on by the
# same decay.
_SURVIVORS = {85: 1.0, 90: 0.396, 95: 0.100, 100: 0.013, 102: 0.0052, 105: 0.0013}
_FIRST_OF_OLDEST = int(SINGLE_YEARS[-1])


@dataclass(frozen=True)
class Source:
    """Where figures come from.

    Parameters
    ----------
    tables : tuple of str
        The Bureau's names of the tables, with their dates.
    how : {"bundled", "cache", "live"}
        How they came here.
    vintage : str
        The date, or the dates, that they speak of.
    retrieved : str, default=""
        Dates on which they were fetched; empty if bundled.
    models : str, default=""
        What counts that are not published are modelled from, beyond the tables.
    n_published : int, default=1
        How many of the tables, the first ones, published counts are read from.
    """

    tables: tuple[str, ...]
    how: str
    vintage: str
    retrieved: str = ""
    models: str = ""
    n_published: int = 1

    def describe(self, modelled: bool) -> str:
        """Return the source of a count, as an answer states it.

        Parameters
        ----------
        modelled : bool
            Whether any part of the count was estimated rather than published.

        Returns
        -------
        str

        Examples
        --------
        >>> from personatwin_sk.population._figures import Source
        >>> Source(("sc-est2024-alldata6 (July 2024)",), "live", "July 2024").describe(True)
        'modelled from US Census Bureau, live: sc-est2024-alldata6 (July 2024)'
        """
        tables = ", ".join(self.tables if modelled else self.tables[: self.n_published])
        text = f"US Census Bureau, {self.how}: {tables}"
        if not modelled:
            return text
        return f"modelled from {text}" + (f", {self.models}" if self.models else "")


class Sampling(Protocol):
    """The error that figures have because they rest on a sample."""

    def look_up(
        self,
        area: np.ndarray,
        age: np.ndarray,
        people: np.ndarray,
        count: np.ndarray,
        ages: np.ndarray,
        masks: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return count, variance, and whether the count is a sum of published estimates.

        Parameters
        ----------
        area : ndarray of int, shape (n,)
            Positions of the areas in the figures.
        age, people : ndarray of int, shape (n,)
            Which of the sets of ages and of people.
        count : ndarray of shape (n,)
            The count by the joint.
        ages : ndarray of bool, shape (n_ages, 121)
            Sets of single years of age.
        masks : ndarray of bool, shape (n_people, 2, 7, 2)
            Sets of sex x race x Hispanic.

        Returns
        -------
        count, variance : ndarray of shape (n,)
        published : ndarray of bool, shape (n,)
        """
        ...


@dataclass(frozen=True, eq=False, repr=False)
class Figures:
    """Figures of the counties of a state, or of the states.

    Parameters
    ----------
    source : Source
        Where they come from.
    fips : ndarray of int, shape (n,)
        Codes of the areas, ascending.
    starts : ndarray of int, shape (n_bands,)
        First age of each age band; the last is open.
    joint : ndarray of shape (n, n_bands, 2, n_races, 2)
        People by age band, sex, race (six, or seven with some other race) and Hispanic origin.
    shares : ndarray of shape (n, 121, 2)
        Share of each single year of age in the people of its band, by sex.
    cells_published : bool
        Whether the joint is published, rather than fitted to its margins.
    ages_published : {"years", "bands", "none"}
        How finely age x sex is published, summed over races and origins; with "none", only the
        people of any age are.
    earlier : ndarray of shape (n, 2, n_races, 2), optional
        Sex x race x Hispanic of people of any age as published for another date.
    sampling : Sampling, optional
        The sampling error; None where everybody was counted.
    """

    source: Source
    fips: np.ndarray
    starts: np.ndarray
    joint: np.ndarray
    shares: np.ndarray
    cells_published: bool
    ages_published: Literal["years", "bands", "none"]
    earlier: np.ndarray | None = None
    sampling: Sampling | None = None

    def __post_init__(self) -> None:
        for array in (self.fips, self.starts, self.joint, self.shares, self.earlier):
            if array is not None:
                array.flags.writeable = False

    def __repr__(self) -> str:
        return f"Figures({self.source.describe(False)!r}, n_areas={len(self.fips)})"

    def positions(self, codes: np.ndarray) -> np.ndarray:
        """Return the places of some areas on the first axis; -1 where there are no figures.

        Parameters
        ----------
        codes : ndarray of int, shape (m,)
            FIPS codes.

        Returns
        -------
        ndarray of int, shape (m,)
        """
        at = np.minimum(np.searchsorted(self.fips, codes), len(self.fips) - 1)
        return np.asarray(np.where(self.fips[at] == codes, at, -1))

    def people(self) -> np.ndarray:
        """Return how many people live in each area.

        Returns
        -------
        ndarray of shape (n,)
        """
        return np.asarray(self.joint.sum(axis=(1, 2, 3, 4)))


def spread_oldest(years: np.ndarray) -> np.ndarray:
    """Spread the people of 85 and more over their single years of age.

    Parameters
    ----------
    years : ndarray of shape (..., 86, 2)
        People by single year of age and sex, the last 85 and more.

    Returns
    -------
    ndarray of shape (..., 121, 2)
        The shares within 85 and more are the nation's of the 2020 census, alike for both sexes.
    """
    ages = np.arange(_FIRST_OF_OLDEST, OLDEST + 2)
    known = np.array(sorted(_SURVIVORS))
    logs = np.log([_SURVIVORS[age] for age in known.tolist()])
    decay = (logs[-1] - logs[-2]) / (known[-1] - known[-2])
    beyond = logs[-1] + decay * (ages - known[-1])
    survivors = np.exp(np.where(ages <= known[-1], np.interp(ages, known, logs), beyond))
    survivors[-1] = 0.0
    oldest = -np.diff(survivors)[:, None] * years[..., -1:, :]
    return np.concatenate([years[..., :-1, :], oldest], axis=-2)


def split_shares(years: np.ndarray, instead: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the share of each single year of age in the people of its band.

    Parameters
    ----------
    years : ndarray of shape (n, 86, 2)
        People by single year of age and sex in each area.
    instead : ndarray of shape (86, 2) or (n, 86, 2)
        People by whom the bands are split in which an area has nobody.
    starts : ndarray of int, shape (n_bands,)
        First age of each band.

    Returns
    -------
    ndarray of shape (n, 121, 2)
        The shares of a band add up to 1.
    """
    band = np.searchsorted(starts, np.arange(OLDEST + 1), side="right") - 1
    shares = np.empty((len(years), OLDEST + 1, 2))
    # Last resort, a band where `instead` has nobody either: all years alike.
    alike = np.broadcast_to((1 / np.bincount(band))[band][:, None], shares.shape)
    shares[:] = alike
    for people in (np.broadcast_to(instead, years.shape), years):
        ages = spread_oldest(people.astype(float))
        sums = np.add.reduceat(ages, starts, axis=1)[:, band]
        np.divide(ages, sums, out=shares, where=sums > 0)
    return shares
