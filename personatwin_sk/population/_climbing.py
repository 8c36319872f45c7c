"""The hierarchy of US places: climbing from an address to the country, and what a place covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from personatwin_sk.exceptions import InputError
from personatwin_sk.population._gazetteer import COUNTRY_NAME, gazetteer
from personatwin_sk.population._zip_people import RESTRICTED, zip3_shares

LEVELS = ("address", "zip", "city", "county", "state", "division", "region", "country")
_RANK = {level: rank for rank, level in enumerate(LEVELS)}

# A three-digit ZIP area is written "452**".
DIGITS_OF_AREA = 3
HIDDEN_DIGITS = "**"

# Counties and their equivalents in 2023, with those of Puerto Rico.
TOTAL_LEAVES = 3222


@dataclass(frozen=True)
class Area:
    """A place of the hierarchy.

    Attributes
    ----------
    level : str
        One of `LEVELS`.
    fips : tuple of str
        Codes: a county ("39061",), all the namesakes of a county without its state, a state
        ("39",), a division ("D3",), a region ("R2",) or the country ("US",). Of an address, ZIP
        code or city: its county where that is known, otherwise its state. Of a three-digit ZIP
        area: its county if it lies in one, otherwise its state; of "000**" the country.
    label : str
        How a released table writes it, such as "Hamilton County, OH". Of an address: its text.
    straddles : bool
        A ZIP code with parts in other counties than the one in `fips`, which holds most of it; a
        three-digit ZIP area with parts in other states.
    city, zip_code : str
        What an address says of them; empty if it does not. Of a three-digit ZIP area its digits.
    """

    level: str
    fips: tuple[str, ...]
    label: str
    straddles: bool = False
    city: str = ""
    zip_code: str = ""


_COUNTRY = Area("country", ("US",), COUNTRY_NAME)


def climb(area: Area, level: str) -> Area:
    """Return the smallest known ancestor of a place at a level or above.

    Parameters
    ----------
    area : Area
        The place.
    level : str
        One of `LEVELS`. A place that is at this level or above is returned as it is.

    Returns
    -------
    ancestor : Area
        A county name that several states have climbs from county straight to the country.

    Examples
    --------
    >>> from personatwin_sk.population.places import climb, find_areas
    >>> hamilton, cincinnati = find_areas(["Hamilton County, OH", "Cincinnati, OH"])
    >>> climb(hamilton, "division").label, climb(cincinnati, "county").label
    ('East North Central', 'Ohio')
    """
    wanted = _rank(level)
    if _RANK[area.level] >= wanted:
        return area
    if wanted <= _RANK["zip"] and area.zip_code:
        return _zip_area(area)
    if wanted <= _RANK["city"] and area.city:
        return _city_area(area)
    if len(area.fips) > 1:
        return _namesakes(area.fips) if wanted <= _RANK["county"] else _COUNTRY
    return _ancestor(area.fips[0], wanted)


def common_ancestor(areas: Sequence[Area]) -> Area:
    """Return the smallest place that holds all the places.

    Parameters
    ----------
    areas : sequence of Area
        One place or more.

    Returns
    -------
    ancestor : Area

    Examples
    --------
    >>> from personatwin_sk.population.places import common_ancestor, find_areas
    >>> common_ancestor(find_areas(["Hamilton County, OH", "45011", "Michigan"])).label
    'East North Central'
    """
    if not areas:
        raise ValueError("common_ancestor needs at least one area")
    climbed = list(dict.fromkeys(areas))
    three_digits = _common_three_digits(climbed)
    if three_digits is not None:
        return three_digits
    for level in LEVELS[min(_RANK[area.level] for area in climbed) :]:
        climbed = list(dict.fromkeys(climb(area, level) for area in climbed))
        if len({(area.level, area.label) for area in climbed}) == 1:
            break
    # One city may be known with its county and without it: the wider of them holds all.
    return climbed[0] if len(climbed) == 1 else max(climbed, key=_width)


def leaf_count(area: Area) -> int:
    """Return how many counties a place stands for; a county and anything finer counts as one.

    A three-digit ZIP area counts the counties that it has a part of.

    Examples
    --------
    >>> from personatwin_sk.population.places import TOTAL_LEAVES, find_areas, leaf_count
    >>> [leaf_count(area) for area in find_areas(["45202", "Ohio", "USA"])], TOTAL_LEAVES
    ([1, 88, 3222], 3222)
    """
    if _RANK[area.level] <= _RANK["county"] and not _has_three_digits(area):
        return 1
    return len(counties_of(area))


def counties_of(area: Area) -> tuple[str, ...]:
    """Return the codes of the counties in which somebody of that place may live.

    Of a county name that several states have these are all its namesakes, of a city whose county is
    not known all counties of its state, of a ZIP code the county that holds most of it, of a
    three-digit ZIP area those that it has a part of (in the state that holds most of it).
    """
    known = gazetteer()
    if _has_three_digits(area) and area.zip_code != RESTRICTED:
        state = area.fips[0][:2]
        codes = [code for code in zip3_shares(area.zip_code) if code[:2] == state]
        return tuple(sorted({county for code in codes for county in known.counties_in(code)}))
    return tuple(county for code in area.fips for county in known.counties_in(code))


def county_shares(zip_code: str) -> dict[str, float]:
    """Return the counties of a ZIP code with their shares of it, the largest first.

    Where only the state is known (Connecticut, whose planning regions are newer than the figures)
    its code stands for its counties. A code that nobody knows has none. Three digits ("452" or
    "452**") are an area of which every county counts by its people.

    Examples
    --------
    >>> from personatwin_sk.population.places import county_shares
    >>> county_shares("45255")
    {'39061': 0.7033, '39025': 0.2967}
    """
    zip_code = zip_code.removesuffix(HIDDEN_DIGITS)
    if len(zip_code) == DIGITS_OF_AREA:
        return dict(zip3_shares(zip_code))
    known = gazetteer()
    return known.shares_of_zip(zip_code) if zip_code in known.zip_codes else {}


def _has_three_digits(area: Area) -> bool:
    return area.level == "zip" and len(area.zip_code) == DIGITS_OF_AREA


def _common_three_digits(areas: list[Area]) -> Area | None:
    """Return the three-digit area among the places that holds all of them, if one does."""
    for area in areas:
        if _has_three_digits(area):
            # A ZIP code lies in its area; what is known without its ZIP code may not.
            inside = all(other.zip_code.startswith(area.zip_code) for other in areas)
            finer = all(_RANK[other.level] <= _RANK["zip"] for other in areas)
            return area if inside and finer else None
    return None


def _width(area: Area) -> int:
    return len(counties_of(area))


def _rank(level: str) -> int:
    if level not in _RANK:
        raise InputError(f"level must be one of {', '.join(LEVELS)}")
    return _RANK[level]


def _zip_area(area: Area) -> Area:
    hidden = HIDDEN_DIGITS if len(area.zip_code) == DIGITS_OF_AREA else ""
    return Area("zip", area.fips, area.zip_code + hidden, area.straddles, area.city, area.zip_code)


def _city_area(area: Area) -> Area:
    return Area("city", area.fips, area.city, area.straddles, area.city)


def _namesakes(counties: tuple[str, ...]) -> Area:
    """Return the county that is one of several of its name."""
    return Area("county", counties, gazetteer().county_names[counties[-1]])


@cache
def _ancestor(code: str, wanted: int) -> Area:
    """Return the place with this code, or its smallest ancestor at the wanted level or above."""
    known = gazetteer()
    if len(code) == 5:
        if wanted <= _RANK["county"]:
            return Area("county", (code,), known.county_label(code))
        code = code[:2]
    if code in known.state_names:
        if wanted <= _RANK["state"]:
            return Area("state", (code,), known.state_names[code])
        if code not in known.division_of:
            return _COUNTRY
        code = known.division_of[code] if wanted <= _RANK["division"] else known.region_of[code]
    if code in known.division_names:
        if wanted <= _RANK["division"]:
            return Area("division", (code,), known.division_names[code])
        code = known.region_of_division[code]
    if code in known.region_names and wanted <= _RANK["region"]:
        return Area("region", (code,), known.region_names[code])
    return _COUNTRY
