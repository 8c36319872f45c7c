"""US places: reading what people write, and climbing from an address to the country.

The hierarchy is address < zip < city < county < state < division < region < country. A place climbs
to its smallest known ancestor: a city whose county is not named climbs to its state, a ZIP code
that straddles counties to the county that holds most of it, a county name that several states
have straight to the country.

A three-digit ZIP area ("452**") is of the level "zip" and climbs to its county, if it lies in one,
else to its state. "000**" stands for all such areas that are too small to be named, and climbs to
the country.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.exceptions import InputError
from personatwin_sk.population._climbing import (
    DIGITS_OF_AREA,
    HIDDEN_DIGITS,
    LEVELS,
    TOTAL_LEAVES,
    Area,
    climb,
    common_ancestor,
    counties_of,
    county_shares,
    leaf_count,
)
from personatwin_sk.population._gazetteer import FORMER_CODES, POSTAL, gazetteer
from personatwin_sk.population._place_reader import (
    CodeSystem,
    Place,
    PlaceReader,
    split_streets,
    state_of,
)
from personatwin_sk.population._zip_people import RESTRICTED

__all__ = [
    "LEVELS",
    "TOTAL_LEAVES",
    "Area",
    "CodeSystem",
    "climb",
    "code_system",
    "common_ancestor",
    "counties_of",
    "county_shares",
    "find_areas",
    "find_distinct_areas",
    "find_state",
    "leaf_count",
    "three_digit_area",
]


def find_areas(
    texts: Sequence[Any], *, state: str | None = None, codes: CodeSystem | None = None
) -> list[Area | None]:
    """Read texts as US places.

    Understood are "12 Main St, Cincinnati, Hamilton County, OH", "Cincinnati, OH 45202",
    "Hamilton County OH", "Hamilton County", "Ohio", "OH", ZIP codes, ZIP+4, three-digit ZIP areas
    ("452**", "452xx"; "000**" or "000" for all that are too small), county FIPS codes, and the
    labels of divisions, regions and the country; case, accents, blanks and punctuation do not
    matter, and "St." is "Saint". Counties of Connecticut, which are planning regions since 2022,
    are read as the state.

    Five digits may be a ZIP code or a county. All codes of a column are of one kind, so if `texts`
    holds codes that can only be one of the two, all are; otherwise a code is a ZIP code, unless
    twenty times as many people live in the county ("39061": 827,058 in Hamilton County, OH).

    Parameters
    ----------
    texts : sequence of shape (n_texts,)
        Distinct texts; whole numbers are codes that have lost their leading zeros. What is neither
        gives None.
    state : str, optional
        Name, abbreviation or FIPS code of the state in which a county or city without a state is
        looked up.
    codes : {"zip", "fips", "likely"}, optional
        What five digits are where they can be both; "likely" looks at each code by itself. None =
        decided as above, by `code_system`.

    Returns
    -------
    areas : list of Area or None, of length n_texts
        None where nobody knows the place.

    Raises
    ------
    InputError
        If `state` is no state.

    Examples
    --------
    >>> from personatwin_sk.population.places import find_areas
    >>> [area.label for area in find_areas(["hamilton county OHIO", "45202-1234", "St Louis city"])]
    ['Hamilton County, OH', '45202', 'St. Louis city, MO']
    >>> find_areas(["White", "00000"])
    [None, None]
    """
    written = [_as_text(text) for text in texts]
    reader = _reader(state, codes or code_system(written))
    places = [None if text is None else reader.read(text) for text in written]
    return [
        None if text is None or place is None else _area(place, text)
        for text, place in zip(written, places, strict=True)
    ]


def find_distinct_areas(
    texts: Sequence[Any], *, state: str | None = None, codes: CodeSystem | None = None
) -> tuple[np.ndarray, list[Area | None]]:
    """Read many texts as US places, leaving streets out: addresses differ in little else.

    Parameters
    ----------
    texts, state, codes
        As in `find_areas`.

    Returns
    -------
    number : ndarray of int, shape (n_texts,)
        The place of each text, by its number in `areas`.
    areas : list of Area or None
        Places of level "zip" and above: what `find_areas` finds, climbed to "zip". The same place
        may stand in it several times.

    Raises
    ------
    InputError
        If `state` is no state.

    Examples
    --------
    >>> from personatwin_sk.population.places import find_distinct_areas
    >>> number, areas = find_distinct_areas(["1 A St, Salem, OR", "2 B St, Salem, OR", "Ohio"])
    >>> [areas[position].label for position in number]
    ['Salem, OR', 'Salem, OR', 'Ohio']
    """
    written = pd.Series([_as_text(text) for text in texts], dtype=object)
    number, rests, after_street = split_streets(written)
    reader = _reader(state, codes or code_system(rests))
    areas: list[Area | None] = [
        _area_above_street(reader.read_after_street(rest.rstrip()) if street else reader.read(rest))
        for rest, street in zip(rests, after_street.tolist(), strict=True)
    ]
    # What follows the street does not always say enough by itself; then the whole text is read.
    again = after_street & np.array([area is None for area in areas], dtype=bool)
    again = np.flatnonzero(np.append(again, True)[number])
    number[again] = len(areas) + np.arange(len(again))
    areas += [
        None if text is None else _area_above_street(reader.read(text))
        for text in written.iloc[again]
    ]
    return number, areas


def _reader(state: str | None, codes: CodeSystem) -> PlaceReader:
    code = None
    if state is not None and (code := find_state(state)) is None:
        raise InputError(
            "state is no US state; give a name ('Ohio'), an abbreviation ('OH') "
            "or a FIPS code ('39')"
        )
    return PlaceReader(state=code, prefer=codes)


def code_system(texts: Iterable[Any]) -> CodeSystem:
    """Say what the five-digit codes among the texts of a column are.

    Parameters
    ----------
    texts : iterable
        The (distinct) texts of a column.

    Returns
    -------
    system : {"zip", "fips", "likely"}
        "likely" if there are no codes, if all could be both, or if there is proof of both.

    Examples
    --------
    >>> from personatwin_sk.population.places import code_system
    >>> code_system(["39061", "39035"]), code_system(["39061", "45202"]), code_system(["39061"])
    ('fips', 'zip', 'likely')
    """
    known = gazetteer()
    found = {text.strip() for text in map(_as_text, texts) if text is not None}
    codes = {text for text in found if len(text) == 5 and text.isdecimal()}
    in_zip = codes & known.zip_codes.keys()
    in_fips = codes & (known.county_names.keys() | FORMER_CODES.keys())
    has_zip_plus_4 = any(len(text) == 10 and text[5] == "-" for text in found)
    only_zip = bool(in_zip - in_fips) or has_zip_plus_4
    only_fips = bool(in_fips - in_zip)
    if only_zip == only_fips:
        return "likely"
    return "zip" if only_zip else "fips"


def find_state(text: Any) -> str | None:
    """Return the two-digit code of a state given by name, abbreviation or code, or None.

    Examples
    --------
    >>> from personatwin_sk.population.places import find_state
    >>> find_state("ohio"), find_state("D.C."), find_state("6"), find_state("Narnia")
    ('39', '11', '06', None)
    """
    written = str(text).strip()
    if written.isdigit():
        return written.zfill(2) if written.zfill(2) in POSTAL else None
    return state_of(written)


def three_digit_area(zip_code: str, *, restricted: bool = False) -> Area:
    """Return the area of all ZIP codes that begin as one does.

    Parameters
    ----------
    zip_code : str
        A known ZIP code, or its first three digits.
    restricted : bool, default=False
        The area is not to be named: "000**".

    Returns
    -------
    area : Area
        Of the level "zip", with a label that `find_areas` reads.

    Raises
    ------
    InputError
        If no ZIP code begins so.

    Examples
    --------
    >>> from personatwin_sk.population.places import climb, three_digit_area
    >>> cincinnati = three_digit_area("45202")
    >>> cincinnati.label, climb(cincinnati, "county").label
    ('452**', 'Ohio')
    >>> three_digit_area("03601", restricted=True).label
    '000**'
    """
    prefix = RESTRICTED if restricted else zip_code[:DIGITS_OF_AREA]
    place = PlaceReader().read(prefix + HIDDEN_DIGITS)
    if place is None:
        raise InputError("zip_code must begin with the three digits of a ZIP code that is known")
    return _area(place, "")


def _as_text(value: Any) -> str | None:
    """Return a text as it is and a whole number as a code; anything else is no place."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        return None
    return f"{int(value):05d}"


def _area(place: Place, text: str) -> Area:
    """Put what the reader found at its level of the hierarchy."""
    finest = Area(
        "address",
        place.codes,
        " ".join(text.split()),
        straddles=place.straddles,
        city=_city_label(place),
        zip_code=place.zip_code,
    )
    if place.street:
        return finest
    return climb(finest, "zip")


def _area_above_street(place: Place | None) -> Area | None:
    return None if place is None else _area(place._replace(street=False), "")


def _city_label(place: Place) -> str:
    if not place.city:
        return ""
    where = place.county_name if place.state is None else POSTAL[place.state]
    return f"{place.city}, {where}"
