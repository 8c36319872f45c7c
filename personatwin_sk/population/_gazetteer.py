"""The bundled gazetteer: names and codes of US places, and which place lies in which.

Source: US Census Bureau, 2023 county equivalents (Connecticut by planning region), Census divisions
and regions; shares of ZIP codes by county (2010 counties, carried over to those of 2023); people of
counties (July 2023, summed over the ages of cc-est2023-syasex) and of ZIP code tabulation areas
(ZCTAs, ACS 2016-2020).
"""

from __future__ import annotations

import io
import lzma
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

BUNDLED_FILE = Path(__file__).parent / "data" / "places.npz.xz"

# Postal abbreviations by FIPS code. The names of the 52 are in the bundled file.
_POSTAL_PAIRS = """
01:AL 02:AK 04:AZ 05:AR 06:CA 08:CO 09:CT 10:DE 11:DC 12:FL 13:GA 15:HI 16:ID 17:IL 18:IN 19:IA
20:KS 21:KY 22:LA 23:ME 24:MD 25:MA 26:MI 27:MN 28:MS 29:MO 30:MT 31:NE 32:NV 33:NH 34:NJ 35:NM
36:NY 37:NC 38:ND 39:OH 40:OK 41:OR 42:PA 44:RI 45:SC 46:SD 47:TN 48:TX 49:UT 50:VT 51:VA 53:WA
54:WV 55:WI 56:WY 72:PR
"""
POSTAL = {code: postal for code, postal in (pair.split(":") for pair in _POSTAL_PAIRS.split())}
PUERTO_RICO = "72"
DISTRICT_OF_COLUMBIA, ITS_ONLY_COUNTY = "11", "11001"
CONNECTICUT = "09"
COUNTRY_NAME = "United States"

# Longest first: "City and Borough" ends in "Borough".
COUNTY_KINDS = (
    "City and Borough",
    "Census Area",
    "Planning Region",
    "Municipality",
    "Municipio",
    "Borough",
    "County",
    "Parish",
    "city",
)

_ABBREVIATED = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
_KIND_AT_END = re.compile(
    r"^(?P<base>.+?)(?:"
    + "|".join(kind.casefold().replace(" ", "") for kind in COUNTY_KINDS)
    + ")$"
)


def key_of(text: str) -> str:
    """Return what two spellings of a name have in common.

    Case, accents, blanks and punctuation do not count ("DeKalb" is "De Kalb", "Doña" is "Dona"),
    and "St." is "Saint".

    Examples
    --------
    >>> key_of("St. Mary's County") == key_of("SAINT MARYS  COUNTY")
    True
    """
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    words = re.findall(r"\w+", text.casefold().replace("'", "").replace("\u2019", ""))
    # At the end "St" is a street and "MT" is Montana.
    return "".join([_ABBREVIATED.get(word, word) for word in words[:-1]] + words[-1:])


@dataclass(frozen=True)
class Gazetteer:
    """Everything that is known about US places, by code and by spelling.

    Attributes
    ----------
    county_names, state_names : mapping of FIPS code -> name
    division_names, region_names : mapping of code ("D3", "R2") -> name
    division_of, region_of : mapping of state code -> code; Puerto Rico lies in neither.
    region_of_division : mapping of division code -> region code
    areas_by_key : mapping of spelling -> code of a state, division, region or "US"
    counties_by_key : mapping of (state code, spelling with its kind) -> county code
    bases_by_key : mapping of (state code, spelling without its kind) -> county codes
    namesakes : mapping of spelling with its kind -> county codes in all the states
    zip_codes : mapping of ZIP -> position in `zip_starts`
    zip_areas, zip_weights : county (or, where only that is known, state) codes of the ZIPs and the
        share of the ZIP that lies there, the largest first.
    county_readings : codes that are a ZIP and a county, and are taken for the county.
    counties_by_area : mapping of state, division, region or "US" -> county codes
    zip_numbers : the ZIP codes as numbers, ascending.
    zcta_of_zip : position of the ZIP code that each ZIP's tabulation area (ZCTA) is called after;
        -1 where none is known.
    zcta_people : people of each ZIP's own tabulation area; -1 where it has none of its own.
    people : mapping of county code -> people, and those of Puerto Rico as a whole
    """

    county_names: Mapping[str, str]
    state_names: Mapping[str, str]
    division_names: Mapping[str, str]
    region_names: Mapping[str, str]
    division_of: Mapping[str, str]
    region_of: Mapping[str, str]
    region_of_division: Mapping[str, str]
    areas_by_key: Mapping[str, str]
    counties_by_key: Mapping[tuple[str, str], str]
    bases_by_key: Mapping[tuple[str, str], tuple[str, ...]]
    namesakes: Mapping[str, tuple[str, ...]]
    zip_codes: Mapping[str, int]
    zip_starts: np.ndarray
    zip_areas: np.ndarray
    zip_weights: np.ndarray
    county_readings: frozenset[str]
    counties_by_area: Mapping[str, tuple[str, ...]]
    zip_numbers: np.ndarray
    zcta_of_zip: np.ndarray
    zcta_people: np.ndarray
    people: Mapping[str, int]

    def shares_of_zip(self, zip_code: str) -> dict[str, float]:
        """Return the counties of a ZIP code with their shares of it, the largest first.

        A state stands for its counties where no more than that is known (Connecticut).
        """
        position = self.zip_codes[zip_code]
        rows = slice(self.zip_starts[position], self.zip_starts[position + 1])
        return {
            code_text(int(area)): float(weight)
            for area, weight in zip(self.zip_areas[rows], self.zip_weights[rows], strict=True)
        }

    def counties_in(self, code: str) -> tuple[str, ...]:
        """Return the codes of the counties in a county, state, division, region or country."""
        return (code,) if len(code) == 5 else self.counties_by_area[code]

    def county_label(self, county: str) -> str:
        """Return the full name of a county, such as "Hamilton County, OH"."""
        return f"{self.county_names[county]}, {POSTAL[county[:2]]}"


def code_text(number: int) -> str:
    """Return a code as it is written: two digits of a state, five of a county."""
    return f"{number:02d}" if number < 100 else f"{number:05d}"


def base_of(key: str) -> str:
    """Return a county's spelling without its kind ("hamiltoncounty" -> "hamilton")."""
    matched = _KIND_AT_END.match(key)
    return matched["base"] if matched else key


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """Return the bundled gazetteer, read once."""
    with np.load(io.BytesIO(lzma.decompress(BUNDLED_FILE.read_bytes()))) as packed:
        return _unpack({name: packed[name] for name in packed.files})


def _unpack(packed: Mapping[str, np.ndarray]) -> Gazetteer:
    def lines(name: str) -> list[str]:
        return packed[name].tobytes().decode().split("\n")

    codes = [code_text(number) for number in np.cumsum(packed["counties"]).tolist()]
    counties = dict(zip(codes, lines("county_names"), strict=True))
    states = dict(zip(map(code_text, packed["states"].tolist()), lines("state_names"), strict=True))
    division_of = {s: f"D{d}" for s, d in zip(states, packed["divisions"].tolist(), strict=True)}
    region_of = {s: f"R{r}" for s, r in zip(states, packed["regions"].tolist(), strict=True)}
    divisions = {f"D{i}": name for i, name in enumerate(lines("division_names"), start=1)}
    regions = {f"R{i}": name for i, name in enumerate(lines("region_names"), start=1)}
    states[PUERTO_RICO] = "Puerto Rico"

    by_key, bases, namesakes = _index_counties(counties)
    second = np.ones(len(packed["zip_areas"]), dtype=bool)
    ends = np.cumsum(packed["zip_n_areas"], dtype=np.int64)
    starts = np.concatenate([[0], ends])
    second[starts[:-1]] = False
    weights = np.zeros(len(second))
    weights[second] = packed["zip_weights"] / 10_000
    weights[starts[:-1]] = 1 - np.add.reduceat(weights, starts[:-1])
    numbers = np.cumsum(packed["zips"], dtype=np.int64)
    zips = np.char.zfill(numbers.astype(str), 5).tolist()
    zctas = numbers + packed["zip_to_zcta"]
    zcta_people = np.full(len(numbers), -1, dtype=np.int64)
    zcta_people[zctas == numbers] = packed["zcta_people"]
    people = {
        code: number
        for code, number in zip(codes, packed["county_people"].tolist(), strict=True)
        if number >= 0
    }
    people[PUERTO_RICO] = int(packed["people_of_puerto_rico"][0])
    readings = np.cumsum(packed["county_readings"]).tolist()
    return Gazetteer(
        county_names=counties,
        state_names=states,
        division_names=divisions,
        region_names=regions,
        division_of=division_of,
        region_of=region_of,
        region_of_division={division_of[state]: region_of[state] for state in division_of},
        areas_by_key=_index_areas(states, divisions, regions),
        counties_by_key=by_key,
        bases_by_key=bases,
        namesakes=namesakes,
        zip_codes={code: position for position, code in enumerate(zips)},
        zip_starts=starts,
        zip_areas=np.cumsum(packed["zip_areas"], dtype=np.int64),
        zip_weights=weights,
        county_readings=frozenset(map(code_text, readings)),
        counties_by_area=_counties_by_area(codes, division_of, region_of),
        zip_numbers=numbers,
        zcta_of_zip=np.where(zctas > 0, np.searchsorted(numbers, zctas), -1),
        zcta_people=zcta_people,
        people=people,
    )


def _counties_by_area(
    counties: list[str], division_of: Mapping[str, str], region_of: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    inside: dict[str, list[str]] = {}
    for county in counties:
        state = county[:2]
        for area in (state, division_of.get(state), region_of.get(state), "US"):
            if area is not None:
                inside.setdefault(area, []).append(county)
    return {area: tuple(codes) for area, codes in inside.items()}


def _index_areas(
    states: Mapping[str, str], divisions: Mapping[str, str], regions: Mapping[str, str]
) -> dict[str, str]:
    index = {key_of(name): code for code, name in states.items()}
    index |= {abbreviation.casefold(): code for code, abbreviation in POSTAL.items()}
    for code, name in states.items():
        key = key_of(name)
        index |= dict.fromkeys((f"stateof{key}", f"commonwealthof{key}", f"{key}state"), code)
    for kind, names in (("division", divisions), ("region", regions)):
        for code, name in names.items():
            index[key_of(name)] = index[key_of(name) + kind] = code
    for name in ("us", "usa", "unitedstates", "unitedstatesofamerica", "theunitedstates"):
        index[name] = "US"
    return index


# Counties that are no more, with what stands for them: a county, or only their state.
_FORMER_COUNTIES = {
    ("12", "Dade County"): "12086",
    ("46", "Shannon County"): "46102",
    ("02", "Wade Hampton Census Area"): "02158",
    ("02", "Valdez-Cordova Census Area"): "02",
    ("51", "Bedford city"): "51019",
    **{
        (CONNECTICUT, f"{name} County"): CONNECTICUT
        for name in (
            "Fairfield",
            "Hartford",
            "Litchfield",
            "Middlesex",
            "New Haven",
            "New London",
            "Tolland",
            "Windham",
        )
    },
}
FORMER_CODES = {
    "12025": "12086",
    "46113": "46102",
    "02270": "02158",
    "02261": "02",
    "51515": "51019",
    **{f"09{number:03d}": CONNECTICUT for number in range(1, 16, 2)},
}


def _index_counties(
    counties: Mapping[str, str],
) -> tuple[
    dict[tuple[str, str], str],
    dict[tuple[str, str], tuple[str, ...]],
    dict[str, tuple[str, ...]],
]:
    """Index counties by (state, spelling), (state, spelling without kind), and spelling alone."""
    by_key = {(code[:2], key_of(name)): code for code, name in counties.items()}
    by_key |= {(state, key_of(name)): code for (state, name), code in _FORMER_COUNTIES.items()}
    bases: dict[tuple[str, str], tuple[str, ...]] = {}
    namesakes: dict[str, tuple[str, ...]] = {}
    for (state, key), code in by_key.items():
        base = (state, base_of(key))
        bases[base] = (*bases.get(base, ()), code)
        namesakes[key] = (*namesakes.get(key, ()), code)
    return by_key, bases, {key: _spread(codes, counties) for key, codes in namesakes.items()}


def _spread(codes: tuple[str, ...], counties: Mapping[str, str]) -> tuple[str, ...]:
    """Put a state's counties for the state where a former county has namesakes elsewhere.

    Windham County may be in Vermont or (formerly) in Connecticut, where any planning region may
    now hold it.
    """
    if len(codes) == 1:
        return codes
    spread = [
        county
        for code in codes
        for county in ([code] if len(code) == 5 else [c for c in counties if c[:2] == code])
    ]
    return tuple(sorted(set(spread)))
