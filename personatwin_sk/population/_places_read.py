"""Reading places: which states and counties with figures a cell covers, and how much of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from personatwin_sk.population._area_totals import people_of_area
from personatwin_sk.population._bundled import arrays, has_county, people_of, state_position
from personatwin_sk.population._reading import is_number, members
from personatwin_sk.population.places import LEVELS, Area, counties_of, county_shares, find_areas

_COUNTY = LEVELS.index("county")
_ANYWHERE = ("US",)


@dataclass(frozen=True)
class Part:
    """A state or county, or so many of its people.

    Parameters
    ----------
    unit : int
        FIPS code of a state (below 100) or county.
    people : float, optional
        How many of its people; None for all of them.
    name : str, default=""
        What tells the people of two parts of one unit apart, such as a ZIP code.
    """

    unit: int
    people: float | None = None
    name: str = ""


@dataclass(frozen=True)
class Territory:
    """What a place covers.

    Parameters
    ----------
    alternatives : tuple of tuple of Part
        The parts that add up to the place; several where a county name has namesakes, of which the
        smallest is to count.
    level : str
        The level of what is counted.
    exact : bool, default=True
        Whether that is the place itself. Of a place finer than a county whose inhabitants nobody
        knows it is what holds the place.
    """

    alternatives: tuple[tuple[Part, ...], ...]
    level: str
    exact: bool = True


def whole(units: Sequence[int], level: str, *, exact: bool = True) -> Territory:
    """Return the territory that some states or counties make up together.

    Parameters
    ----------
    units : sequence of int
        FIPS codes.
    level : str
        Level of the territory.
    exact : bool, default=True
        Whether it is the place that was asked for.

    Returns
    -------
    Territory
    """
    return Territory((tuple(map(Part, units)),), level, exact)


@cache
def _states_of(area: Area) -> tuple[int, ...]:
    """Return the states with figures in a division, a region or the country."""
    return tuple(
        sorted({int(code[:2]) for code in counties_of(area) if state_position(int(code[:2])) >= 0})
    )


@cache
def nation() -> Territory:
    """Return the fifty states and the District of Columbia.

    Returns
    -------
    Territory
    """
    return whole(arrays()["state_fips"].tolist(), "country")


def territory_of(area: Area) -> Territory | None:
    """Return what an area covers; None if (part of) it has no figures.

    Parameters
    ----------
    area : Area
        A place. A ZIP code is its share of the people of its counties. An address, and any place
        below the county whose inhabitants are not known, is its county, or its state if the county
        is not known; the territory says that it is not exact.

    Returns
    -------
    Territory or None
    """
    if area.level == "country":
        return nation()
    if area.level in ("division", "region"):
        return whole(_states_of(area), area.level)
    if area.fips == _ANYWHERE:
        # Three-digit ZIP areas that are too small to be told apart may lie anywhere.
        return replace(nation(), exact=False)
    units = [int(code) for code in area.fips]
    if not all(map(_has_figures, units)):
        return None
    if LEVELS.index(area.level) < _COUNTY:
        people = people_of_area(area)
        if people is not None and (parts := _shares(area, people)):
            return Territory((parts,), area.level)
    exact = LEVELS.index(area.level) >= _COUNTY
    if units[0] < 100:
        return whole(units, "state", exact=exact)
    return Territory(tuple((Part(unit),) for unit in units), "county", exact)


def _has_figures(unit: int) -> bool:
    return has_county(unit) if unit >= 100 else state_position(unit) >= 0


def _shares(area: Area, people: int) -> tuple[Part, ...]:
    """Share the people of a place out to the counties in which it lies; () where not known."""
    shares = {int(code): share for code, share in county_shares(area.label).items()}
    if not shares:
        units = [int(code) for code in area.fips]
        total = sum(map(people_of, units))
        shares = {unit: people_of(unit) / total for unit in units} if total else {}
    if not all(map(_has_figures, shares)):
        return ()
    return tuple(Part(unit, people * share, area.label) for unit, share in shares.items())


def _people(parts: tuple[Part, ...]) -> float:
    return sum(people_of(part.unit) if part.people is None else part.people for part in parts)


def union(territories: Sequence[Territory]) -> Territory:
    """Return what several places cover together; what lies inside another counts once.

    Parameters
    ----------
    territories : sequence of Territory, at least one
        The places.

    Returns
    -------
    Territory
        Its level is the coarsest of theirs.
    """
    if len(territories) == 1:
        return territories[0]
    # Of equal parts one is left: the same ZIP code twice is the ZIP code.
    parts = {part for one in territories for part in min(one.alternatives, key=_people)}
    units = {part.unit for part in parts if part.people is None}
    kept = {unit: None for unit in units if unit < 100 or unit // 1000 not in units}
    shares: dict[int, float] = {}
    # In one order, for sums of fractions depend on it.
    for part in sorted(parts, key=lambda part: (part.unit, part.name)):
        if part.people is not None and not units & {part.unit, part.unit // 1000}:
            shares[part.unit] = shares.get(part.unit, 0.0) + part.people
    level = max((one.level for one in territories), key=LEVELS.index)
    return Territory(
        (tuple(Part(unit, people) for unit, people in sorted((kept | shares).items())),),
        level,
        all(one.exact for one in territories),
    )


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
        found = [None if area is None else territory_of_area[area] for area in areas]
        known = [territory for territory in found if territory is not None]
        territories.append(union(known) if known and len(known) == len(found) else None)
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
