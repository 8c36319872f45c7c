"""Draws people from the bundled census figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import CensusPopulation
from personatwin_sk.population.places import (
    LEVELS,
    Area,
    counties_of,
    find_areas,
    find_state,
)

_GENDERS = np.array(["Male", "Female"], dtype=object)
_RACES = ("White", "Black", "Native American", "Asian", "Pacific Islander", "Two or more")
# Ethnicity by race and Hispanic: whoever is Hispanic is that, so that the others mean "not".
_ETHNICITIES = np.array([[race, "Hispanic"] for race in _RACES], dtype=object)
_COUNTIES_AND_ABOVE = LEVELS[LEVELS.index("county") :]
_BAND_WIDTH = 5
_OLDEST_BAND_START = 85
_OLDEST_AGE = 99
# The figures have no single years from 85 on. With this decay by year of age 61 % of these people
# are 85-89 and 27 % 90-94; of the 2020 census it was 60 % and 30 %.
_DECAY = 0.85


@dataclass(frozen=True)
class People:
    """Traits of people, each of shape (n_people,)."""

    age: np.ndarray
    gender: np.ndarray
    ethnicity: np.ndarray
    geography: np.ndarray


def draw_people(
    n_people: int, areas: Sequence[str], ages: tuple[int, int], rng: np.random.Generator
) -> People:
    """Draw people as they live in some areas, each equally likely.

    Parameters
    ----------
    n_people : int
        How many.
    areas : sequence of str
        FIPS codes of states ("39") or counties ("39061"), or their names.
    ages : tuple of int
        Youngest and oldest age, both included.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    People
        Their traits.

    Raises
    ------
    InputError
        If an area is not known.
    """
    counties = _counties(areas)
    population = CensusPopulation(source="bundled")
    joint = np.stack([population.joint(county) for county in counties])
    years = _years_of_bands(joint.shape[1], ages)
    # People of a band who are of the right age, as if the band's people were spread over its years.
    weights = (joint * years.sum(axis=1)[:, None, None, None]).ravel()
    edges = np.cumsum(weights)
    cell = np.searchsorted(edges, rng.random(n_people) * edges[-1], side="right")
    # The product may round up to the last edge itself.
    cell = np.minimum(cell, np.flatnonzero(weights)[-1])
    county, band, sex, race, hispanic = np.unravel_index(cell, joint.shape)
    labels = _labels(counties)
    return People(
        age=_draw_ages(band, years, rng),
        gender=_GENDERS[sex],
        ethnicity=_ETHNICITIES[race, hispanic],
        geography=labels[county],
    )


def _counties(areas: Sequence[str]) -> list[str]:
    """Return the FIPS codes of the counties of some areas, each once, in ascending order."""
    texts = [areas] if isinstance(areas, str) else list(areas)
    found = [_find_area(str(text)) for text in texts]
    known = [area for area in found if area is not None and area.level in _COUNTIES_AND_ABOVE]
    if not known or len(known) < len(found):
        raise InputError(
            f"{len(found) - len(known)} of {len(found)} areas are not known; "
            'give FIPS codes of states such as "39" or of counties such as "39061", or their names'
        )
    return sorted({county for area in known for county in counties_of(area)})


def _find_area(text: str) -> Area | None:
    if text.isdigit() and len(text) == 2:
        state = find_state(text)
        return None if state is None else Area("state", (state,), text)
    (area,) = find_areas([text], codes="fips")
    # A name that several states have is no one area.
    return area if area is not None and len(area.fips) == 1 else None


def _labels(counties: Sequence[str]) -> np.ndarray:
    areas = find_areas(counties, codes="fips")
    return np.array([area.label for area in areas if area is not None], dtype=object)


def _years_of_bands(n_bands: int, ages: tuple[int, int]) -> np.ndarray:
    """Share of each band's people at each single year of age, 0 outside `ages`."""
    shares = np.zeros((n_bands, _OLDEST_AGE + 1))
    year = np.arange(_OLDEST_AGE + 1)
    band = np.minimum(year, _OLDEST_BAND_START) // _BAND_WIDTH
    shares[band, year] = 1.0 / _BAND_WIDTH
    oldest = year >= _OLDEST_BAND_START
    decayed = _DECAY ** (year[oldest] - _OLDEST_BAND_START)
    shares[-1, oldest] = decayed / decayed.sum()
    shares[:, (year < ages[0]) | (year > ages[1])] = 0.0
    return shares


def _draw_ages(band: np.ndarray, years: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    edges = np.cumsum(years.ravel())
    width = years.shape[1]
    start = np.concatenate([[0.0], edges])[band * width]
    share = years.sum(axis=1)[band]
    age = np.searchsorted(edges, start + rng.random(band.size) * share, side="right")
    possible = years > 0
    # Rounding may step over the edge of a band.
    last = width - 1 - np.argmax(possible[:, ::-1], axis=1)
    return np.clip(age - band * width, np.argmax(possible, axis=1)[band], last[band])
