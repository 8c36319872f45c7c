"""How the Bureau lays out its files of population estimates, and reading them into arrays.

The files are comma-separated and in latin-1 (Doña Ana County). They hold all years since the last
census one below the other, told apart by a code, and many more columns than are needed here: a file
is read in pieces, of which the wanted year's rows and the needed columns are kept.

Sources: the Bureau's file layouts cc-est2024-alldata, cc-est2024-syasex, sc-est2024-alldata6 and
cc-est2019-alldata (https://www2.census.gov/programs-surveys/popest/technical-documentation/).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from personatwin_sk.population.bureau._errors import MalformedTableError

_SEXES = ("MALE", "FEMALE")
_RACES = ("WA", "BA", "IA", "AA", "NA", "TOM")
_ORIGINS = ("NH", "H")
_JOINT = [f"{origin}{race}_{sex}" for sex in _SEXES for race in _RACES for origin in _ORIGINS]
_TOTALS = ["TOT_POP", "TOT_MALE", "TOT_FEMALE"]
_N_BANDS = 18
_N_AGES = 86
_COUNTY_LEVEL = 50
_STATE_LEVEL = 40
_ROWS_AT_ONCE = 50_000


def year_code(vintage: int) -> int:
    """Return the code of the last July in a county file.

    Parameters
    ----------
    vintage : int
        Year of the estimates.

    Returns
    -------
    int
        2010s: 1 = census, 2 = base, 3 = July 2010 ...; 2020s: 1 = base, 2 = July 2020 ...

    Examples
    --------
    >>> from personatwin_sk.population.bureau._layouts import year_code
    >>> year_code(2019), year_code(2024)
    (12, 6)
    """
    return vintage - 2007 if vintage < 2020 else vintage - 2018


def read_county_characteristics(
    content: bytes, vintage: int, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Read a file cc-estYYYY-alldata-SS.csv.

    Parameters
    ----------
    content : bytes
        The file.
    vintage : int
        Its year, of which the July estimates are read.
    what : str
        Its name, for messages.

    Returns
    -------
    fips : ndarray of shape (n,), int
    counts : ndarray of shape (n, 18, 2, 6, 2), int
        County x age band x sex x race x Hispanic.

    Raises
    ------
    MalformedTableError
        If a column is missing, a figure is no count, an age is missing or twice there, or the
        figures do not add up to the totals beside them.
    """
    keys = ("SUMLEV", "STATE", "COUNTY", "YEAR", "AGEGRP")
    table = _read(content, (*keys, *_TOTALS, *_JOINT), {"YEAR": year_code(vintage)}, what)
    fips, rows = _by_county(table, "AGEGRP", _N_BANDS + 1, what)
    counts = _figures(table, _JOINT)[rows].reshape(len(fips), _N_BANDS + 1, 2, 6, 2)
    totals = _figures(table, _TOTALS)[rows].reshape(len(fips), _N_BANDS + 1, 3)
    _must_add_up(counts.sum(axis=(3, 4)), totals[..., 1:], what)
    _must_add_up(totals[..., 1:].sum(axis=2), totals[..., 0], what)
    _must_add_up(counts[:, 1:].sum(axis=1), counts[:, 0], what)
    return fips, counts[:, 1:]


def read_county_single_years(
    content: bytes, vintage: int, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Read a file cc-estYYYY-syasex-SS.csv.

    Parameters
    ----------
    content : bytes
        The file.
    vintage : int
        Its year, of which the July estimates are read.
    what : str
        Its name, for messages.

    Returns
    -------
    fips : ndarray of shape (n,), int
    counts : ndarray of shape (n, 86, 2), int
        County x single year of age x sex.

    Raises
    ------
    MalformedTableError
        As by `read_county_characteristics`.
    """
    keys = ("SUMLEV", "STATE", "COUNTY", "YEAR", "AGE")
    table = _read(content, (*keys, *_TOTALS), {"YEAR": year_code(vintage)}, what)
    fips, rows = _by_county(table, "AGE", _N_AGES, what)
    totals = _figures(table, _TOTALS)[rows].reshape(len(fips), _N_AGES, 3)
    _must_add_up(totals[..., 1:].sum(axis=2), totals[..., 0], what)
    return fips, totals[..., 1:]


def read_state_characteristics(
    content: bytes, vintage: int, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Read a file sc-estYYYY-alldata6.csv.

    Parameters
    ----------
    content : bytes
        The file.
    vintage : int
        Its year, of which the July estimates are read.
    what : str
        Its name, for messages.

    Returns
    -------
    fips : ndarray of shape (n,), int
    counts : ndarray of shape (n, 86, 2, 6, 2), int
        State x single year of age x sex x race x Hispanic.

    Raises
    ------
    MalformedTableError
        As by `read_county_characteristics`.
    """
    people = f"POPESTIMATE{vintage}"
    keys = ["STATE", "AGE", "SEX", "RACE", "ORIGIN"]
    table = _read(content, ("SUMLEV", *keys, people), {"SUMLEV": _STATE_LEVEL}, what)
    codes = table[keys].to_numpy()
    fips = np.unique(codes[:, 0])
    # Sex and origin have a total under 0, and so are one longer here than in what is returned.
    lengths = (len(fips), _N_AGES, 3, 6, 3)
    coded = np.column_stack([np.searchsorted(fips, codes[:, 0]), codes[:, 1:] - [0, 0, 1, 0]])
    if len(table) != np.prod(lengths) or (coded < 0).any() or (coded >= lengths).any():
        raise MalformedTableError(
            f"{what}: {len(table)} rows are not all ages, sexes, races and origins of "
            f"{len(fips)} states"
        )
    place = np.ravel_multi_index(tuple(coded.T), lengths)
    if len(np.unique(place)) != len(place):
        raise MalformedTableError(f"{what}: some rows are there twice")
    counts = np.empty(len(place), dtype=np.int64)
    counts[place] = table[people].to_numpy()
    counts = counts.reshape(lengths)
    _must_add_up(counts[:, :, 1:].sum(axis=2), counts[:, :, 0], what)
    _must_add_up(counts[..., 1:].sum(axis=-1), counts[..., 0], what)
    return fips, np.ascontiguousarray(counts[:, :, 1:, :, 1:])


def _read(
    content: bytes, columns: Sequence[str], only: Mapping[str, int], what: str
) -> pd.DataFrame:
    """Read the wanted rows; all cells of them must be whole numbers, 0 or more."""
    pieces = []
    try:
        with pd.read_csv(
            io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")),
            encoding="latin-1",
            usecols=list(columns),
            chunksize=_ROWS_AT_ONCE,
            # A year that is not wanted may hold marks such as "X" for what is not published: the
            # column is then read as text, and made numbers again once the wanted rows are taken.
            low_memory=False,
        ) as reader:
            for piece in reader:
                wanted = np.ones(len(piece), dtype=bool)
                for name, code in only.items():
                    wanted &= (_numbers(piece[name]) == code).to_numpy()
                pieces.append(piece[wanted])
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise MalformedTableError(
            f"{what}: the file is no table with the columns that it should have"
        ) from error
    table = pd.concat(pieces)[list(columns)].apply(_numbers)
    figures = table.to_numpy(dtype=float)
    n_bad = int((~(figures >= 0) | (figures % 1 != 0)).sum())
    if n_bad:
        raise MalformedTableError(f"{what}: {n_bad} cell(s) hold no whole number, 0 or more")
    if table.empty:
        raise MalformedTableError(f"{what}: the file has no rows of the year asked for")
    return table.astype(np.int64).reset_index(drop=True)


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")


def _by_county(
    table: pd.DataFrame, age: str, n_ages: int, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the counties, ascending, and the rows in order of county and age."""
    if (table["SUMLEV"] != _COUNTY_LEVEL).any() or (table["COUNTY"] > 999).any():
        raise MalformedTableError(f"{what}: not all rows are of counties")
    code = (table["STATE"] * 1000 + table["COUNTY"]).to_numpy()
    rows = np.lexsort((table[age].to_numpy(), code))
    fips = np.unique(code)
    expected = np.tile(np.arange(n_ages), len(fips))
    ages = table[age].to_numpy()[rows]
    if (
        len(rows) != len(expected)
        or (ages != expected).any()
        or (code[rows] != np.repeat(fips, n_ages)).any()
    ):
        raise MalformedTableError(
            f"{what}: {len(rows)} rows are not {n_ages} ages of each of {len(fips)} counties"
        )
    return fips, rows


def _figures(table: pd.DataFrame, columns: list[str]) -> np.ndarray:
    return table[columns].to_numpy(dtype=np.int64)


def _must_add_up(sums: np.ndarray, totals: np.ndarray, what: str) -> None:
    n_bad = int((sums != totals).sum())
    if n_bad:
        raise MalformedTableError(f"{what}: {n_bad} total(s) are not the sum of their parts")
