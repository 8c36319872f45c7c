"""Reading places: which states and counties with figures a cell covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from personatwin_sk.population._figures import figures, has_county, state_position
from personatwin_sk.population._reading import is_number, members
from personatwin_sk.population.places import LEVELS, Area, counties_of, find_areas

_COUNTY = LEVELS.index("county")
_N_COUNTY_DIGITS = 5


@dataclass(frozen=True)
class Territory:
    """What a place covers.

    Parameters
    ----------
    alternatives : tuple of tuple of int
        FIPS codes of the states (below 100) and counties that add up to the place; several where a
        county name has namesakes, of which the smallest is to count.
    level : str
        The level of the figures that are used.
    """

    alternatives: tuple[tuple[int, ...], ...]
    level: str


@cache
def _states_of(area: Area) -> tuple[int, ...]:
    """Return the states with figures in a division, a region or the country."""
    return tuple(
        sorted({int(code[:2]) for code in counties_of(area) if state_position(int(code[:2])) >= 0})
    )


def nation() -> Territory:
    """Return the fifty states and the District of Columbia.

    Returns
    -------
    Territory
    """
    return Territory((tuple(figures()["state_fips"].tolist()),), "country")


def territory_of(area: Area) -> Territory | None:
    """Return what an area covers; None if (part of) it has no figures.

    Parameters
    ----------
    area : Area
        A place. One below the county counts as its county, or as its state if the county is not
        known.

    Returns
    -------
    Territory or None
    """
    if area.level == "country":
        return nation()
    if area.level in ("division", "region"):
        return Territory((_states_of(area),), area.level)
    if any(len(code) == _N_COUNTY_DIGITS for code in area.fips):
        if not all(has_county(int(code)) for code in area.fips):
            return None
        return Territory(tuple((int(code),) for code in area.fips), "county")
    if any(state_position(int(code)) < 0 for code in area.fips):
        return None
    return Territory((tuple(map(int, area.fips)),), "state")


def _people(units: tuple[int, ...]) -> int:
    data = figures()
    total = 0
    for unit in units:
        if unit < 100:
            total += int(data["state_joint"][state_position(unit)].sum())
        else:
            position = int(np.searchsorted(data["county_fips"], unit))
            total += int(data["county_age_sex"][position].sum())
    return total


def union(parts: Sequence[Territory]) -> Territory:
    """Return what several places cover together; what lies inside another counts once.

    Parameters
    ----------
    parts : sequence of Territory, at least one
        The places.

    Returns
    -------
    Territory
        Its level is the coarsest of theirs.
    """
    if len(parts) == 1:
        return parts[0]
    units = {unit for part in parts for unit in min(part.alternatives, key=_people)}
    kept = sorted(unit for unit in units if unit < 100 or unit // 1000 not in units)
    level = max((part.level for part in parts), key=LEVELS.index)
    return Territory((tuple(kept),), level)


def read_territories(cells: Sequence[Any]) -> tuple[list[Territory | None], np.ndarray]:
    """Read the distinct cells of a column of places.

    Parameters
    ----------
    cells : sequence of length n
        Texts, codes as numbers, or sets of them; None where nothing is known.

    Returns
    -------
    territories : list of Territory or None, of length n
        None for null and for places without figures (such as Puerto Rico).
    unreadable : ndarray of bool, shape (n,)
        Whether the cell names a place that nobody knows.
    """
    members_of = [_place_members(cell) for cell in cells]
    texts = sorted(
        {member for group in members_of for member in group if member is not None}, key=str
    )
    area_of = dict(zip(texts, find_areas(texts), strict=True))
    territory_of_area = {
        area: territory_of(area) for area in set(area_of.values()) if area is not None
    }
    territories: list[Territory | None] = []
    unreadable = np.zeros(len(cells), dtype=bool)
    for position, group in enumerate(members_of):
        areas = [None if member is None else area_of[member] for member in group]
        unreadable[position] = any(
            area is None and member is not None for area, member in zip(areas, group, strict=True)
        )
        parts = [None if area is None else territory_of_area[area] for area in areas]
        known = [part for part in parts if part is not None]
        territories.append(union(known) if known and len(known) == len(parts) else None)
    return territories, unreadable


def _place_members(cell: Any) -> tuple[Any, ...]:
    """Return the texts or codes of a cell; a text without a bar is left as it is written."""
    if isinstance(cell, str) and "|" not in cell:
        return (cell.strip() or None,)
    if is_number(cell):
        return (None,) if cell != cell else (_code(cell),)
    return tuple(_code(m) if is_number(m) else m for m in members(cell))


def _code(number: Any) -> Any:
    """Return a whole number as such: a column of codes with nulls in it holds floats."""
    return int(number) if float(number).is_integer() else str(number)
