"""Read what people write for a place into codes: the parser behind `population.places`."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from personatwin_sk.population._gazetteer import (
    DISTRICT_OF_COLUMBIA,
    FORMER_CODES,
    ITS_ONLY_COUNTY,
    POSTAL,
    Gazetteer,
    base_of,
    gazetteer,
    key_of,
)
from personatwin_sk.population._zip_people import RESTRICTED, zip3_shares

CodeSystem = Literal["zip", "fips", "likely"]


class Place(NamedTuple):
    """What was read: codes of the places it names, finest parts last.

    `codes` holds one code (county, state, division, region or "US"), or the counties of an
    ambiguous name. `city`, `zip_code` (of five digits, or three) and `street` say what finer there
    was.
    """

    codes: tuple[str, ...]
    state: str | None = None
    city: str = ""
    zip_code: str = ""
    street: bool = False
    straddles: bool = False
    county_name: str = ""


_CODE = re.compile(r"[0-9]{5}(-[0-9]{4})?")
_THREE_DIGITS = re.compile(r"(?P<prefix>[0-9]{3})(?:\*\*|[xX]{2})|(?P<restricted>000)")
_HAS_DIGIT = re.compile(r"\d")
_SEPARATORS = re.compile(r"[,;()\n]|\s[-\u2013]\s")
_ZIP_AT_END = re.compile(r"(?P<rest>.*?)\s*\b(?P<zip>\d{5})(?:-\d{4})?$")
_KIND_AT_END = re.compile(
    r"(?P<base>.+?)\s+(?P<kind>city and borough|census area|planning region|municipality|municipio"
    r"|borough|county|parish|co\b\.?|cnty\.?|cty\.?|par\.?|bor\.?)$",
    re.IGNORECASE,
)
_KIND_AT_START = re.compile(r"(?P<kind>county|parish|borough)\s+of\s+(?P<base>.+)$", re.IGNORECASE)
# A street as `PlaceReader.read` knows it, in one pattern for whole columns: up to the first comma,
# with a number in it, and nothing that separates, is a code, or ends like a county. It may pass
# over what is a street after all; that is read by itself.
_KINDS = (
    "city and borough|census area|planning region|municipality|municipio|borough|county|parish"
    "|co|co.|cnty|cnty.|cty|cty.|par|par.|bor|bor."
)
_STREET = re.compile(
    r"^(?!\s*[0-9]{5}(?:-[0-9]{4})?\s*,)(?![^,]*\s[-\u2013]\s)[^,;()\n]*\d[^,;()\n]*"
    + "".join(rf"(?<!\s{re.escape(kind)})" for kind in _KINDS.split("|"))
    + ",",
    re.IGNORECASE,
)
_MARK = "\0"
_SPELLED_OUT = {
    "co": "county",
    "cnty": "county",
    "cty": "county",
    "par": "parish",
    "bor": "borough",
}
# "Port Washington" is no place in the state of Washington.
_BEGINNINGS_OF_NAMES = frozenset(
    {"port", "fort", "mount", "new", "old", "lake", "point", "cape", "little"}
)


class PlaceReader:
    """Reads texts under one understanding of states and codes.

    A reader keeps the parts of texts that it has seen (states and counties recur, in whatever
    number of addresses), so it must not outlive the call that it serves.

    Parameters
    ----------
    state : str or None
        Code of the state in which names without a state are looked up.
    prefer : {"zip", "fips", "likely"}
        How five digits that are a ZIP code and a county code are read.
    """

    def __init__(self, *, state: str | None = None, prefer: CodeSystem = "likely") -> None:
        self._known: Gazetteer = gazetteer()
        self._state = state
        self._prefer = prefer
        self._state_of_piece: dict[str, tuple[str, str | None]] = {}
        self._county_of_piece: dict[tuple[str, str | None], _County | None] = {}
        self._address_in: dict[str, Place | None] = {}

    def read(self, text: str) -> Place | None:
        """Return the place that `text` names, or None if nobody knows it."""
        text = text.strip()
        if _CODE.fullmatch(text):
            return self._read_code(text)
        three_digits = _THREE_DIGITS.fullmatch(text)
        if three_digits:
            return _read_three_digits(three_digits["prefix"] or three_digits["restricted"])
        street, _, rest = text.partition(",")
        if rest and _HAS_DIGIT.search(street):
            address = self.read_after_street(rest)
            if address is not None and _is_only_a_street(street):
                return address
        return self._read_text(text)

    def read_after_street(self, rest: str) -> Place | None:
        """Read what follows a street, once for all the streets; None if it needs the whole text."""
        if rest not in self._address_in:
            self._address_in[rest] = self._read_new_rest(rest)
        return self._address_in[rest]

    def _read_new_rest(self, rest: str) -> Place | None:
        if not any(letter.isalpha() for letter in rest):
            return None
        place = self._read_text(rest)
        if place is None or (place.state is None and len(place.codes) == 1):
            return None
        return place._replace(street=True)

    def _read_text(self, text: str) -> Place | None:
        pieces = [" ".join(piece.split()) for piece in _SEPARATORS.split(text)]
        pieces = [piece for piece in pieces if piece]
        if not pieces:
            return None
        if len(pieces) == 1:
            area = self._known.areas_by_key.get(key_of(pieces[0]))
            if area is not None:
                return Place((area,), area if len(area) == 2 and area.isdigit() else None)
        elif self._known.areas_by_key.get(key_of(pieces[-1])) == "US":
            pieces.pop()
        return self._read_pieces(pieces)

    def _read_code(self, text: str) -> Place | None:
        """Read five digits, or nine."""
        code = text[:5]
        county = FORMER_CODES.get(code, code if code in self._known.county_names else None)
        if county is None or len(text) > 5:
            return self._read_zip(code, self._state, must_lie_in_state=False)
        if code not in self._known.zip_codes or self._is_rather_a_county(code):
            return Place((county,), county[:2])
        return self._read_zip(code, self._state, must_lie_in_state=False)

    def _is_rather_a_county(self, code: str) -> bool:
        if self._prefer != "likely":
            return self._prefer == "fips"
        if self._state is not None:
            in_state = [area[:2] == self._state for area in self._known.shares_of_zip(code)]
            if any(in_state) != (code[:2] == self._state):
                return code[:2] == self._state
        return code in self._known.county_readings

    def _read_zip(self, code: str, state: str | None, *, must_lie_in_state: bool) -> Place | None:
        if code not in self._known.zip_codes:
            return None
        areas = list(self._known.shares_of_zip(code))
        inside = [area for area in areas if area[:2] == state]
        if must_lie_in_state and not inside:
            return None
        # A ZIP may cross the border of states: which side is meant, the text may have said.
        main = inside[0] if inside else areas[0]
        return Place((main,), main[:2], zip_code=code, straddles=len(areas) > 1)

    def _read_pieces(self, pieces: list[str]) -> Place | None:
        last, zip_code = _split_zip(pieces.pop())
        if not last and pieces:
            last = pieces.pop()
        last, said_state = self._split_state(last)
        if last:
            pieces.append(last)
        if not zip_code and pieces and _CODE.fullmatch(pieces[-1]):  # "45202, OH"
            zip_code = pieces.pop()[:5]
        found = self._read_zip(zip_code, said_state, must_lie_in_state=said_state is not None)
        state = said_state or (found.state if found else None) or self._state

        county, pieces = self._take_county(pieces, state)
        if county is not None and not county.codes:
            return None
        if county is None and pieces and not any(map(str.isalpha, "".join(pieces))):
            return None
        city, street = _city_and_street(pieces)
        if county is not None:
            codes, county_name = county.codes, county.name
            state = codes[0][:2] if len(codes) == 1 else state
        elif state is None:
            return None
        else:
            county_name = ""
            codes = found.codes if found else (_only_county(state) if pieces else state,)
        return Place(
            codes,
            state,
            city=city,
            zip_code=found.zip_code if found else "",
            street=street,
            straddles=bool(found and found.straddles and county is None),
            county_name=county_name,
        )

    def _split_state(self, piece: str) -> tuple[str, str | None]:
        """Split "Hamilton County OH" into "Hamilton County" and the state's code."""
        if piece not in self._state_of_piece:
            self._state_of_piece[piece] = self._split_new_state(piece)
        return self._state_of_piece[piece]

    def _split_new_state(self, piece: str) -> tuple[str, str | None]:
        whole = state_of(piece)
        if whole is not None:
            return "", whole
        words = piece.split()
        for n_words in (3, 2, 1):
            if len(words) <= n_words:
                continue
            name, rest = " ".join(words[-n_words:]), " ".join(words[:-n_words])
            code = state_of(name)
            if code is not None and (_KIND_AT_END.match(rest) or _is_surely_a_state(name, rest)):
                return rest, code
        return piece, None

    def _take_county(
        self, pieces: list[str], state: str | None
    ) -> tuple[_County | None, list[str]]:
        """Find the county among the pieces, the last first; return it and the other pieces.

        A county without codes is one that says it is a county and that nobody knows.
        """
        for position in reversed(range(len(pieces))):
            lookup = (pieces[position], state)
            if lookup not in self._county_of_piece:
                self._county_of_piece[lookup] = self._find_county(*lookup)
            county = self._county_of_piece[lookup]
            if county is None or (not county.has_kind and position < len(pieces) - 1):
                continue
            before = [county.before] if county.before else []
            return county, pieces[:position] + before + pieces[position + 1 :]
        return None, pieces

    def _find_county(self, piece: str, state: str | None) -> _County | None:
        matched = _KIND_AT_END.match(piece) or _KIND_AT_START.match(piece)
        if matched is None:
            codes = self._codes_of(key_of(piece), state)
            return _County(codes, piece, has_kind=False) if codes else None
        words = matched["base"].split()
        kind = matched["kind"].casefold().rstrip(".")
        kind = _SPELLED_OUT.get(kind, kind)
        # Words before the name are a city or a street; without a state that is too bold a guess.
        for start in range(len(words) if state is not None else 1):
            key = key_of(" ".join([*words[start:], kind]))
            codes = self._codes_of(key, state)
            if codes:
                return _County(codes, self._name_of(codes), before=" ".join(words[:start]))
        return _County((), "")

    def _name_of(self, codes: tuple[str, ...]) -> str:
        """Return the name as the Bureau spells it, which all namesakes share but for blanks."""
        return self._known.county_names.get(codes[-1], "")

    def _codes_of(self, key: str, state: str | None) -> tuple[str, ...]:
        if state is None:
            return self._known.namesakes.get(key, ())
        exact = self._known.counties_by_key.get((state, key))
        if exact is not None:
            return (exact,)
        base = base_of(key)
        if base == key:
            return ()
        # Louisiana has parishes and Alaska boroughs, whatever people call them.
        alike = sorted(set(self._known.bases_by_key.get((state, base), ())))
        return tuple(alike) if len(alike) == 1 and not key.endswith("city") else ()


class _County(NamedTuple):
    codes: tuple[str, ...]
    name: str
    has_kind: bool = True
    before: str = ""


def state_of(text: str) -> str | None:
    """Return the code of the state that a name or abbreviation means."""
    code = gazetteer().areas_by_key.get(key_of(text))
    return code if code in POSTAL else None


def _read_three_digits(prefix: str) -> Place | None:
    """Read a three-digit ZIP area: its county, else its state, or that which holds most of it."""
    if prefix == RESTRICTED:
        return Place(("US",), zip_code=prefix)
    shares = zip3_shares(prefix)
    if not shares:
        return None
    people_in: dict[str, float] = {}
    for area, share in shares.items():
        people_in[area[:2]] = people_in.get(area[:2], 0.0) + share
    state = max(people_in, key=people_in.__getitem__)
    code = next(iter(shares)) if len(shares) == 1 else state
    return Place((code,), state, zip_code=prefix, straddles=len(people_in) > 1)


def split_streets(texts: pd.Series) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Split what follows the street from texts that begin with nothing but a street.

    Parameters
    ----------
    texts : Series of str, shape (n_texts,)
        Null where there is no text.

    Returns
    -------
    number : ndarray of int, shape (n_texts,)
        Of each text's rest among the distinct rests; -1 for null.
    rests : list of str
        What follows the street, or a whole text without one.
    after_street : ndarray of bool, shape (n_rests,)
        Whether a street goes before.

    Examples
    --------
    >>> import pandas as pd
    >>> split_streets(pd.Series(["1 A St, Salem, OR", "2 B St, Salem, OR", "Ohio"]))[:2]
    (array([0, 0, 1]), [' Salem, OR', 'Ohio'])
    """
    number, marked = pd.factorize(texts.str.replace(_STREET, _MARK, regex=True))
    after_street = np.array([rest.startswith(_MARK) for rest in marked], dtype=bool)
    return number, [rest.removeprefix(_MARK) for rest in marked], after_street


def _is_only_a_street(text: str) -> bool:
    """Say whether a text with a number has nothing in it that tells where the street is."""
    return not (_SEPARATORS.search(text) or _KIND_AT_END.match(text) or _CODE.fullmatch(text))


def _is_surely_a_state(name: str, rest: str) -> bool:
    """Say whether a name at the end of a text without commas means the state."""
    letters = name.replace(".", "")
    if len(letters) == 2:
        # In running text "in", "or" and "Co." are words: abbreviations stand in capitals.
        return letters.isupper()
    return rest.split()[-1].casefold() not in _BEGINNINGS_OF_NAMES


def _split_zip(piece: str) -> tuple[str, str]:
    matched = _ZIP_AT_END.match(piece)
    return (matched["rest"], matched["zip"]) if matched else (piece, "")


def _only_county(state: str) -> str:
    return ITS_ONLY_COUNTY if state == DISTRICT_OF_COLUMBIA else state


def _city_and_street(pieces: list[str]) -> tuple[str, bool]:
    """Take what is left of a text for a street and a city; one piece with digits is a street."""
    if not pieces:
        return "", False
    city = pieces[-1]
    if any(letter.isdigit() for letter in city):
        return "", True
    if city.isupper() or city.islower():
        city = city.title()
    return city, len(pieces) > 1
