"""How many people live in a place of the hierarchy, as far as bundled figures tell.

Figures: counties, and states and whatever is made of them as sums of counties, July 2023; ZIP codes
and Puerto Rico from ZIP code tabulation areas (ZCTAs), American Community Survey 2016-2020.
"""

from __future__ import annotations

from functools import cache

from personatwin_sk.population._gazetteer import gazetteer
from personatwin_sk.population._zip_people import zip3_people, zip_people
from personatwin_sk.population.places import Area

__all__ = ["people_of_area", "people_of_code", "zip3_people", "zip_people"]


def people_of_area(area: Area) -> int | None:
    """Return how many people live in a place.

    Parameters
    ----------
    area : Area
        A place of any level.

    Returns
    -------
    int or None
        None where it is not known: of addresses, cities, counties of Puerto Rico, and of all
        three-digit ZIP areas together that are too small. Of a county name that several states
        have, the people of the smallest namesake. The country is the fifty states and the District
        of Columbia, as the Bureau counts it.

    Examples
    --------
    >>> from personatwin_sk.population._area_totals import people_of_area
    >>> from personatwin_sk.population.places import find_areas
    >>> places = ["45202", "036**", "Hamilton County, OH", "Hamilton County", "USA", "Dayton, OH"]
    >>> [people_of_area(area) for area in find_areas(places)]
    [14153, 13374, 827058, 2437, 334914895, None]
    """
    if area.level == "zip":
        return zip_people(area.zip_code)
    if area.level in ("address", "city"):
        return None
    people = [people_of_code(code) for code in area.fips]
    known = [number for number in people if number is not None]
    return min(known) if known and len(known) == len(people) else None


@cache
def people_of_code(code: str) -> int | None:
    """Return the people of a county, state, division, region or the country by its code.

    Examples
    --------
    >>> from personatwin_sk.population._area_totals import people_of_code
    >>> people_of_code("39061"), people_of_code("72"), people_of_code("72001")
    (827058, 3252628, None)
    """
    known = gazetteer()
    if code in known.people:
        return known.people[code]
    inside = [known.people[county] for county in known.counties_in(code) if county in known.people]
    return sum(inside) if inside else None
