"""Modelled counts beside true ones, kind by kind; New York has a part in its own score only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.census.figures import (
    NEW_YORK,
    TEXAS,
    bundled,
    divisions,
    new_york,
    regions,
    single_years,
)
from benchmarks.census.queries import ranges
from personatwin_sk.population._fit import fit_counties
from personatwin_sk.population._race_mix import learn_tilt

N_STATE_RANGES = 1_000
_BAND_WIDTH = 5


@dataclass(frozen=True)
class Pairs:
    """Modelled counts and true ones of one kind of query."""

    name: str
    model: np.ndarray
    truth: np.ndarray


@dataclass(frozen=True)
class Fit:
    """A fit of some areas to their margins, beside their published joint."""

    nesting: str
    model: np.ndarray
    truth: np.ndarray

    def error(self) -> float:
        """Return the share of the people who are in a wrong cell (total variation)."""
        return float(np.abs(self.model - self.truth).sum() / 2 / self.truth.sum())


def learning_states() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return codes, joints of 2024 and races of 2020 of the states, New York left out."""
    data = bundled()
    states = data["state_fips"]
    of_county = data["county_fips"] // 1000
    races = np.zeros((len(states), *data["county_sex_race_hispanic"].shape[1:]))
    np.add.at(races, np.searchsorted(states, of_county), data["county_sex_race_hispanic"])
    kept = states != NEW_YORK
    return states[kept], data["state_joint"][kept].astype(float), races[kept]


def state_fits(*, tilted: bool = True) -> Iterator[Fit]:
    """Fit the states within divisions, regions and the nation, as counties are within states.

    The margins are as the package has them for counties: ages of the day, races of April 2020. The
    tilt is learnt from the other divisions (regions, for fits within regions), so that the error
    is that of areas that taught nothing.
    """
    states, joints, races = learning_states()
    of_division, of_region = divisions(states), regions(states)
    nation = np.ones(len(states), dtype=int)
    for nesting, outer, taught in (
        ("division", of_division, of_division),
        ("region", of_region, of_region),
        ("nation", nation, of_division),
    ):
        for held_out in np.unique(taught).tolist():
            tilt = learn_tilt(joints[taught != held_out]) if tilted else None
            within = np.isin(outer, outer[taught == held_out])
            truth = joints[within]
            model = fit_counties(truth.sum(axis=(3, 4)), races[within], truth.sum(axis=0), tilt)
            asked = taught[within] == held_out
            yield Fit(nesting, model[asked], truth[asked])


def joint_pairs(n_ranges: int = N_STATE_RANGES) -> list[Pairs]:
    """Return cells and ranges of the states' fits."""
    fits = list(state_fits())
    queries = ranges(n_ranges, seed=1)
    return [
        Pairs(
            "cells",
            np.concatenate([fit.model.ravel() for fit in fits]),
            np.concatenate([fit.truth.ravel() for fit in fits]),
        ),
        Pairs(
            "ranges",
            np.concatenate([queries.ask(fit.model).ravel() for fit in fits]),
            np.concatenate([queries.ask(fit.truth).ravel() for fit in fits]),
        ),
    ]


def new_york_fit(folder: Path | None = None, *, tilted: bool = True) -> Fit:
    """Fit the counties of New York to the margins of their real joint."""
    truth = new_york(folder)
    tilt = learn_tilt(learning_states()[1]) if tilted else None
    model = fit_counties(truth.sum(axis=(3, 4)), truth.sum(axis=1), truth.sum(axis=0), tilt)
    return Fit("state", model, truth)


def new_york_pairs(folder: Path | None = None) -> list[Pairs]:
    """Return cells and 3,000 ranges of New York's counties."""
    fit = new_york_fit(folder)
    queries = ranges()
    return [
        Pairs("cells", fit.model.ravel(), fit.truth.ravel()),
        Pairs("ranges", queries.ask(fit.model).ravel(), queries.ask(fit.truth).ravel()),
    ]


def age_split_pairs(*, score: bool = False) -> list[Pairs]:
    """Return parts of five-year bands of counties, split as their state's people are.

    One year, and two to four years in a row; men, women, and both. Of all states but New York and
    Texas; to score, of New York.
    """
    states, years = single_years()
    kept = (states == NEW_YORK) == score
    states, years = states[kept], years[kept]
    truth = years.reshape(len(years), -1, _BAND_WIDTH, years.shape[-1])
    model = np.empty_like(truth)
    for state in np.unique(states).tolist():
        here = states == state
        of_state = truth[here].sum(axis=0)
        share = of_state / of_state.sum(axis=1, keepdims=True)
        model[here] = truth[here].sum(axis=2, keepdims=True) * share
    found = []
    for width in range(1, _BAND_WIDTH):
        starts = range(_BAND_WIDTH - width + 1)
        both = []
        for table in (model, truth):
            parts = np.stack([table[:, :, s : s + width].sum(axis=2) for s in starts])
            both.append(np.concatenate([parts.ravel(), parts.sum(axis=-1).ravel()]))
        found.append(Pairs(f"{width} year{'s' * (width > 1)}", *both))
    return found


def place_age_pairs(n_ranges: int = N_STATE_RANGES, *, score: bool = False) -> list[Pairs]:
    """Return ages by sex of counties taken as shares of their state, state by state.

    As ZIP codes are taken as shares of a county. Of all states but New York and Texas; to score, of
    New York.
    """
    queries = ranges(n_ranges, seed=2)
    sexes = (queries.groups.sum(axis=(2, 3)) > 0).astype(float)
    cells = queries.ages[:, :, None] * sexes[:, None]
    found = []
    for name, ages in _by_state("county_age_sex", score=score):
        if name != str(TEXAS):
            tables = _as_shares(ages)
            asked = [np.tensordot(table, cells, axes=((1, 2), (1, 2))) for table in tables]
            found.append(Pairs(f"ages, {name}", *(people.ravel() for people in asked)))
    return found


def place_pairs(n_ranges: int = N_STATE_RANGES, *, score: bool = False) -> list[Pairs]:
    """Return sex, race and origin of counties taken as shares of their state, state by state.

    Of all states but New York; to score, of New York. Ages have no part in it: no joint of age and
    race is known of counties, and races differ far more from place to place.
    """
    queries = ranges(n_ranges, seed=2)
    found = []
    for name, races in _by_state("county_sex_race_hispanic", score=score):
        tables = _as_shares(races)
        asked = [
            np.tensordot(table, queries.groups, axes=((1, 2, 3), (1, 2, 3))) for table in tables
        ]
        found.append(Pairs(f"races, {name}", *(people.ravel() for people in asked)))
    return found


def _by_state(array: str, *, score: bool) -> Iterator[tuple[str, np.ndarray]]:
    """Return states of several counties and an array's rows of them; New York's alone, or not."""
    of_county = bundled()["county_fips"] // 1000
    for state in np.unique(of_county[(of_county == NEW_YORK) == score]).tolist():
        here = of_county == state
        if here.sum() > 1:
            yield str(state), bundled()[array][here]


def _as_shares(truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each area's people as its share of all areas' joint, and the true ones."""
    truth = truth.astype(float)
    whole = truth.sum(axis=0)
    share = truth.reshape(len(truth), -1).sum(axis=1) / whole.sum()
    return share.reshape(-1, *[1] * whole.ndim) * whole, truth
