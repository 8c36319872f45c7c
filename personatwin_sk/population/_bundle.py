"""The bundled census figures: how they are packed into one small file, and how that file is read.

``python -m personatwin_sk.population._bundle SOURCE_DIR`` rebuilds the file from the Census
Bureau's tables, and gives the same bytes each time.

A count is stored as three bytes, and the first bytes of all counts stand together, then the
second ones, then the third: neighbouring bytes are then alike, which LZMA packs to a third of what
a compressed ``.npz`` takes. Of the single years of age of counties only what the band of the county
and the single years of its state do not tell is stored, which takes 40 % less again.
"""

from __future__ import annotations

import json
import lzma
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

FILE_NAME = "census.xz"
_N_PLANES = 3
# Sequences of counts share no text-like context: no literal context bits, no alignment.
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "lp": 0, "pb": 0}]
_BAND_STARTS = np.arange(0, 86, 5)
_BAND_OF_YEAR = np.arange(86) // 5
# The last year of a band is what the others leave of it; 85 and more is a band of its own.
_LAST_OF_BAND = np.append(np.arange(4, 85, 5), 85)
_STORED_YEARS = np.setdiff1d(np.arange(86), _LAST_OF_BAND)


def pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Pack arrays of counts below 2**24.

    Parameters
    ----------
    arrays : mapping of str to ndarray of non-negative int
        What to pack; the order of the mapping is the order in the file.

    Returns
    -------
    bytes
        An xz stream: one line of JSON (names and shapes), then the bytes of the counts.

    Raises
    ------
    ValueError
        If a count is negative or does not fit in three bytes.
    """
    header = json.dumps({name: list(array.shape) for name, array in arrays.items()})
    parts = [header.encode("ascii"), b"\n"]
    for name, array in arrays.items():
        if array.size and (array.min() < 0 or array.max() >= 256**_N_PLANES):
            raise ValueError(f"{name!r} holds counts outside 0 to {256**_N_PLANES - 1}")
        cells = np.ascontiguousarray(array, dtype="<u4").reshape(-1).view(np.uint8).reshape(-1, 4)
        parts += [cells[:, plane].tobytes() for plane in range(_N_PLANES)]
    return lzma.compress(b"".join(parts), format=lzma.FORMAT_XZ, filters=_FILTERS)


def unpack(packed: bytes) -> dict[str, np.ndarray]:
    """Read what `pack` wrote.

    Parameters
    ----------
    packed : bytes
        Result of `pack`.

    Returns
    -------
    dict of str to ndarray of int64

    Examples
    --------
    >>> import numpy as np
    >>> from personatwin_sk.population._bundle import pack, unpack
    >>> unpack(pack({"people": np.array([[3, 70_000], [0, 1]])}))["people"].tolist()
    [[3, 70000], [0, 1]]
    """
    header, _, body = lzma.decompress(packed).partition(b"\n")
    arrays = {}
    start = 0
    for name, shape in json.loads(header).items():
        size = int(np.prod(shape))
        stop = start + _N_PLANES * size
        planes = np.frombuffer(body[start:stop], dtype=np.uint8).reshape(_N_PLANES, size)
        cells = np.zeros(size, dtype=np.int64)
        for plane in range(_N_PLANES):
            cells |= planes[plane].astype(np.int64) << (8 * plane)
        arrays[name] = cells.reshape(shape)
        start = stop
    return arrays


def _expected_years(bands: np.ndarray, state_years: np.ndarray) -> np.ndarray:
    """Split the bands of counties as their states' are; in whole numbers, alike on any machine."""
    state_bands = np.add.reduceat(state_years, _BAND_STARTS, axis=1)[:, _BAND_OF_YEAR]
    nobody = state_bands == 0
    parts = 2 * bands[:, _BAND_OF_YEAR] * state_years + state_bands
    return np.asarray(np.where(nobody, 0, parts // np.where(nobody, 1, 2 * state_bands)))


def _surprises(years: np.ndarray, state_years: np.ndarray) -> np.ndarray:
    """Return what counties' single years are beyond the expected ones, without a sign.

    Even numbers are above, odd ones below.
    """
    bands = np.add.reduceat(years, _BAND_STARTS, axis=1)
    beyond = (years - _expected_years(bands, state_years))[:, _STORED_YEARS]
    return np.where(beyond >= 0, 2 * beyond, -2 * beyond - 1)


def _single_years(bands: np.ndarray, state_years: np.ndarray, surprises: np.ndarray) -> np.ndarray:
    """Return counties' single years; what `_surprises` took apart."""
    years = _expected_years(bands, state_years)
    years[:, _STORED_YEARS] += np.where(surprises % 2, -(surprises + 1) // 2, surprises // 2)
    years[:, _LAST_OF_BAND] = 0
    years[:, _LAST_OF_BAND] = bands - np.add.reduceat(years, _BAND_STARTS, axis=1)
    return years


def read() -> dict[str, np.ndarray]:
    """Read the bundled figures.

    Returns
    -------
    dict of str to ndarray of int64
        ``state_fips`` (51,); ``state_joint`` (18, 2, 6, 2, 51), July 2024; ``state_single_years``
        (86, 2, 51), July 2023; ``county_fips`` (3144,); ``county_age_sex`` (3144, 18, 2) and
        ``county_single_years`` (3144, 86, 2), July 2023; ``county_sex_race_hispanic``
        (2, 6, 2, 3144), April 2020 base.
    """
    arrays = unpack((files(__package__) / "data" / FILE_NAME).read_bytes())
    position = np.searchsorted(arrays["state_fips"], arrays["county_fips"] // 1000)
    arrays["county_single_years"] = _single_years(
        arrays["county_age_sex"],
        np.moveaxis(arrays["state_single_years"], -1, 0)[position],
        arrays.pop("county_surprises"),
    )
    return arrays


def build(source: Path) -> bytes:
    """Pack the tables of a folder.

    Parameters
    ----------
    source : Path
        Folder with ``state_joint_2024.npz``, ``county_age_sex_2023.npz`` and
        ``county_sex_race_hispanic_2020.npz``.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the tables are not of the same counties and states.
    """
    state = np.load(source / "state_joint_2024.npz")
    by_age = np.load(source / "county_age_sex_2023.npz")
    by_race = np.load(source / "county_sex_race_hispanic_2020.npz")
    county_fips = by_age["fips"].astype(np.int64)
    state_fips = state["fips"].astype(np.int64)
    if not np.array_equal(county_fips, by_race["fips"].astype(np.int64)):
        raise ValueError("the county tables hold different counties")
    if not np.array_equal(np.unique(county_fips // 1000), state_fips):
        raise ValueError("the county and the state tables hold different states")
    years = by_age["counts"].astype(np.int64)
    position = np.searchsorted(state_fips, county_fips // 1000)
    state_years = np.zeros((len(state_fips), 86, 2), dtype=np.int64)
    np.add.at(state_years, position, years)
    return pack(
        {
            "state_fips": state_fips,
            # States, and the counties by race, stand last: the same cell of two places is more
            # alike than two cells of one place. For ages it is the other way round.
            "state_joint": np.moveaxis(state["counts"], 0, -1),
            "state_single_years": np.moveaxis(state_years, 0, -1),
            "county_fips": county_fips,
            "county_age_sex": np.add.reduceat(years, _BAND_STARTS, axis=1),
            "county_surprises": _surprises(years, state_years[position]),
            "county_sex_race_hispanic": np.moveaxis(by_race["counts"], 0, -1),
        }
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Rebuild the bundled file from a folder of tables.

    Parameters
    ----------
    arguments : sequence of str, optional
        The folder; None reads the command line.

    Returns
    -------
    int
        Exit code.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 1:
        print(f"usage: python -m {__package__}._bundle SOURCE_DIR", file=sys.stderr)
        return 2
    target = Path(__file__).parent / "data" / FILE_NAME
    target.write_bytes(build(Path(arguments[0])))
    print(f"{target}: {target.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
