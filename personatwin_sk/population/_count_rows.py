"""From what the cells of a table ask for to the columns of the answer, each query counted once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.population._adding import Queries
from personatwin_sk.population._axes import ALL_RACES, HISPANIC, SEXES
from personatwin_sk.population._counting import Answer, count_people
from personatwin_sk.population._figures import Figures
from personatwin_sk.population._places_read import Territory
from personatwin_sk.population._sources import Sources
from personatwin_sk.population._uncertainty import (
    PLACE,
    PLACE_AGES,
    PUBLISHED,
    SAMPLED,
    shared_error,
)

_ZIP_CODES = "people of ZIP codes as in the ACS 2016-2020"
_PUBLISHED = (PUBLISHED, SAMPLED)
_SHARES = (PLACE, PLACE_AGES)
_N_KINDS = 1 + max(*_PUBLISHED, *_SHARES)
# A table of all possible queries is used if it has at most so many entries for each row.
_MOST_PER_ROW = 4


def count_rows(
    ages: list[np.ndarray],
    sexes: list[np.ndarray],
    origins: list[np.ndarray],
    territories: list[Territory],
    codes: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    found: Sources,
) -> tuple[dict[str, Any], float]:
    """Count the people whom each row asks for.

    Parameters
    ----------
    ages : list of ndarray of bool, shape (121,)
        What the distinct cells of the column `age` cover.
    sexes : list of ndarray of bool, shape (2,)
    origins : list of ndarray of bool, shape (7, 2)
    territories : list of Territory
        The same of the other columns.
    codes : tuple of four ndarray of int, shape (n_rows,)
        The cells of each row: age, gender, ethnicity, geography.
    found : Sources
        Where the figures are.

    Returns
    -------
    dict of str to array of shape (n_rows,)
        ``count``, ``low``, ``high``, ``modelled``, ``source`` and ``level``.
    float
        The largest correlation of the errors of two counts.
    """
    age, sex, origin, place = codes
    ages, age = _merge_equal(ages, [mask.tobytes() for mask in ages], age)
    sexes, sex = _merge_equal(sexes, [mask.tobytes() for mask in sexes], sex)
    origins, origin = _merge_equal(origins, [mask.tobytes() for mask in origins], origin)
    territories, place = _merge_equal(territories, territories, place)
    people = np.array(sexes)[:, None, :, None, None] & np.array(origins)[None, :, None]
    queries = Queries(np.array(ages), people.reshape(-1, len(SEXES), len(ALL_RACES), len(HISPANIC)))
    n_ages, n_people = len(queries.ages), len(queries.people)
    key = (place * n_ages + age) * n_people + (sex * len(origins) + origin)
    distinct, row = _distinct(key, len(territories) * n_ages * n_people)
    place_of, rest = np.divmod(distinct, n_ages * n_people)
    atlas = found.atlas(territories)
    answer = count_people(queries, territories, atlas, place_of, *np.divmod(rest, n_people))
    blocks = [atlas.blocks_of(territory) for territory in territories]
    sources, source = _source_texts(answer, blocks, place_of, atlas.blocks)
    levels = pd.Series([territory.level for territory in territories])
    columns = {
        "count": answer.count[row],
        "low": answer.low[row],
        "high": answer.high[row],
        "modelled": ~np.isin(answer.how, _PUBLISHED)[row],
        "source": sources.take(source[row]).array,
        "level": levels.take(place).array,
    }
    return columns, float(shared_error(answer.how).max(initial=0.0))


def _merge_equal(
    values: list[Any], keys: list[Any], codes: np.ndarray
) -> tuple[list[Any], np.ndarray]:
    """Leave one of the values with equal keys; return those, and the rows' new numbers."""
    number_of: dict[Any, int] = {}
    numbers = np.array([number_of.setdefault(key, len(number_of)) for key in keys], dtype=np.int64)
    kept = dict(zip(numbers[::-1].tolist(), values[::-1], strict=True))
    return [kept[number] for number in range(len(number_of))], numbers[codes]


def _distinct(key: np.ndarray, n_keys: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the keys that occur, and for each its place among these; without sorting them."""
    if n_keys > _MOST_PER_ROW * len(key):
        row, distinct = pd.factorize(key)
        return distinct, row
    occurs = np.zeros(n_keys, dtype=bool)
    occurs[key] = True
    return np.flatnonzero(occurs), (np.cumsum(occurs) - 1)[key]


def _source_texts(
    answer: Answer,
    blocks_of: list[tuple[int, ...]],
    place: np.ndarray,
    blocks: Iterable[Figures],
) -> tuple[pd.Series, np.ndarray]:
    """Return the distinct sources, and which each query has."""
    group_of: dict[tuple[int, ...], int] = {}
    groups = np.array([group_of.setdefault(group, len(group_of)) for group in blocks_of])
    distinct, source = _distinct(groups[place] * _N_KINDS + answer.how, len(group_of) * _N_KINDS)
    parts = [figures.source for figures in blocks]
    texts = []
    for group, how in zip(*np.divmod(distinct, _N_KINDS), strict=True):
        used = list(group_of)[group]
        modelled = how not in _PUBLISHED
        described = dict.fromkeys(parts[number].describe(modelled) for number in used)
        texts.append("; ".join([*described, *([_ZIP_CODES] if how in _SHARES else [])]))
    return pd.Series(texts), source
