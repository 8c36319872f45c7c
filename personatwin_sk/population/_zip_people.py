"""People of ZIP codes and of three-digit ZIP areas, and which of these are too small to be named.

Figures: ZIP code tabulation areas (ZCTAs), American Community Survey 2016-2020.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from personatwin_sk.population._gazetteer import Gazetteer, code_text, gazetteer

# 45 CFR 164.514(b)(2)(i)(B): the first three digits may stay where more people than this live.
HIPAA_MINIMUM = 20_000

# What stands for all three-digit areas that are too small, as the rule says.
RESTRICTED = "000"

_N_PREFIXES = 1000
_DIGITS_OF_AREA = 3


def zip_people(zip_code: str) -> int | None:
    """Return how many people live in a ZIP code, or in a three-digit ZIP area.

    Parameters
    ----------
    zip_code : str
        Five digits or three.

    Returns
    -------
    int or None
        The people of the tabulation area that the ZIP code belongs to (that of a post office box is
        the area around the post office); None where none is known.

    Examples
    --------
    >>> from personatwin_sk.population._zip_people import zip_people
    >>> zip_people("45202"), zip_people("036"), zip_people("00000")
    (14153, 13374, None)
    """
    if len(zip_code) == _DIGITS_OF_AREA:
        return zip3_people(zip_code)
    known = gazetteer()
    position = known.zip_codes.get(zip_code)
    if position is None or known.zcta_of_zip[position] < 0:
        return None
    return int(known.zcta_people[known.zcta_of_zip[position]])


def zip3_people(prefix: str) -> int | None:
    """Return how many people live in a three-digit ZIP area; None if no figures are known.

    Tabulation areas are added up, not ZIP codes: post office boxes have no people of their own.

    Parameters
    ----------
    prefix : str
        Three digits.

    Examples
    --------
    >>> from personatwin_sk.population._zip_people import zip3_people
    >>> zip3_people("036"), zip3_people("202"), zip3_people("005")
    (13374, 0, None)
    """
    if len(prefix) != _DIGITS_OF_AREA or not (prefix.isascii() and prefix.isdecimal()):
        return None
    people = int(_people_by_prefix()[int(prefix)])
    return people if people >= 0 else None


def is_restricted(prefix: str, minimum: int = HIPAA_MINIMUM) -> bool:
    """Say whether a three-digit ZIP area must not be named: no more than so many people live there.

    An area without figures is too small: ZIP codes of single buildings, boxes and the military.

    Parameters
    ----------
    prefix : str
        Three digits.
    minimum : int, default=20_000
        Where more people live than this, the area may be named (45 CFR 164.514(b)(2)(i)(B)).

    Examples
    --------
    >>> from personatwin_sk.population._zip_people import is_restricted
    >>> [is_restricted(prefix) for prefix in ("452", "036", "202", "005", "000")]
    [False, True, True, True, True]
    """
    people = zip3_people(prefix)
    return people is None or people <= minimum


def zip3_prefixes() -> list[str]:
    """Return the first three digits of all known ZIP codes, in order.

    Examples
    --------
    >>> from personatwin_sk.population._zip_people import zip3_prefixes
    >>> zip3_prefixes()[:3], len(zip3_prefixes())
    (['005', '006', '007'], 914)
    """
    return [f"{number:03d}" for number in np.unique(gazetteer().zip_numbers // 100).tolist()]


def n_zip_codes(prefix: str) -> int:
    """Return how many ZIP codes begin with three digits.

    Examples
    --------
    >>> from personatwin_sk.population._zip_people import n_zip_codes
    >>> n_zip_codes("452"), n_zip_codes("000")
    (70, 0)
    """
    zips = _zips_of(gazetteer(), prefix)
    return zips.stop - zips.start


@lru_cache(maxsize=_N_PREFIXES)
def zip3_shares(prefix: str) -> dict[str, float]:
    """Return the counties of a three-digit ZIP area with the shares of its people, largest first.

    Where only the state is known (Connecticut) its code stands for its counties. Where no people
    are known, all its ZIP codes count alike.

    Parameters
    ----------
    prefix : str
        Three digits.

    Returns
    -------
    dict of county or state code to float
        Empty where no ZIP code begins so.

    Examples
    --------
    >>> from personatwin_sk.population._zip_people import zip3_shares
    >>> max(zip3_shares("452"), key=zip3_shares("452").get), zip3_shares("000")
    ('39061', {})
    """
    known = gazetteer()
    zips = _zips_of(known, prefix)
    if zips.start == zips.stop:
        return {}
    rows = slice(known.zip_starts[zips.start], known.zip_starts[zips.stop])
    people = np.maximum(known.zcta_people[zips], 0)
    if not people.sum():
        people = np.ones(len(people), dtype=np.int64)
    n_rows = np.diff(known.zip_starts[zips.start : zips.stop + 1])
    weights = known.zip_weights[rows] * np.repeat(people, n_rows) / people.sum()
    areas, number = np.unique(known.zip_areas[rows], return_inverse=True)
    shares = np.bincount(number, weights=weights)
    order = np.argsort(-shares, kind="stable")
    return {
        code_text(int(area)): float(share)
        for area, share in zip(areas[order], shares[order], strict=True)
        if share > 0
    }


def _zips_of(known: Gazetteer, prefix: str) -> slice:
    """Return the positions of the ZIP codes that begin with three digits."""
    low, high = np.searchsorted(known.zip_numbers, [int(prefix) * 100, int(prefix) * 100 + 100])
    return slice(int(low), int(high))


@lru_cache(maxsize=1)
def _people_by_prefix() -> np.ndarray:
    """Return the people of each three-digit area, -1 where no tabulation area lies in it."""
    known = gazetteer()
    has_people = known.zcta_people >= 0
    prefix = known.zip_numbers[has_people] // 100
    people = np.bincount(prefix, weights=known.zcta_people[has_people], minlength=_N_PREFIXES)
    people[np.bincount(prefix, minlength=_N_PREFIXES) == 0] = -1
    people.flags.writeable = False
    return people
