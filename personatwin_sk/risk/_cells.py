"""Original cells: what an attacker knows of a person, in the words of the population.

The population may not tell all original values apart: two spellings of one gender, or two
addresses of one county, are one value to it. Values that overlap without being equal (a state and
one of its counties) are counted so that nobody of the population counts twice.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.population.places import LEVELS, climb, find_areas
from personatwin_sk.risk._classes import Classes
from personatwin_sk.risk._recoding import global_labels

__all__ = [
    "CountedCells",
    "CountedColumn",
    "count_cells",
    "count_column",
    "own_hierarchy",
    "own_shares",
    "same_people",
    "unmatched",
]

# Counts may be fitted figures: what differs by less than this share of them is the same ...
_SAME = 1e-9
# ... and so are sums of them that differ by less than this share, or this part of a person.
_ROUNDING = 1e-6


@dataclass(frozen=True, repr=False)
class CountedColumn:
    """A column as the population sees it.

    A number for each row, and for each number what to ask the population for, and whether the
    population knows the value. `recoded` tells whether released labels took the place of the values
    because the recoding is global.
    """

    of_row: np.ndarray
    queries: pd.Series
    matched: np.ndarray
    recoded: bool = False

    def __repr__(self) -> str:
        return f"CountedColumn(n_queries={len(self.queries)}, recoded={self.recoded})"

    @property
    def everything(self) -> frozenset[object]:
        """All values that the population knows: asked along, it shows what the column means.

        (Whether "White" is white and not Hispanic depends on whether the column has Hispanic.)
        """
        return frozenset(self.queries.astype(object)[self.matched])


@dataclass(frozen=True, repr=False)
class CountedCells:
    """The file's cells with their counts in the population.

    Attributes
    ----------
    of_row : ndarray of int64, shape (n_rows,)
    count, low : ndarray of float, shape (n_cells,)
        People of the population in the cell, and the low end of that figure.
    modelled : ndarray of bool, shape (n_cells,)
    unknown : ndarray of bool, shape (n_cells,)
        Some value of the cell is unknown to the population: `count` must not be used.
    sources : tuple of str
        Where the counts that may be used come from.
    shared : float
        The largest correlation of the errors of two counts.
    columns : tuple of CountedColumn
    codes : tuple of ndarray of int64, each of shape (n_cells,)
        For each column the number of each cell's query.
    shares : tuple of ndarray of float, each of shape (n_queries,)
        For each column the share of each query's people that no finer query has as well.
    """

    of_row: np.ndarray
    count: np.ndarray
    low: np.ndarray
    modelled: np.ndarray
    unknown: np.ndarray
    sources: tuple[str, ...]
    shared: float
    columns: tuple[CountedColumn, ...]
    codes: tuple[np.ndarray, ...]
    shares: tuple[np.ndarray, ...]

    def __repr__(self) -> str:
        return f"CountedCells(n_cells={len(self.count)})"


def count_cells(
    original: Table,
    released: Table,
    columns: Sequence[Hashable],
    classes: Classes,
    population: ReferencePopulation,
) -> CountedCells:
    """Count the people of the population in each cell of the file.

    All cells of the file are counted in one call, those of suppressed people too, so that the
    population gives one meaning to each column.

    Parameters
    ----------
    original, released : Table
    columns : sequence of column
        Key variables, all of them columns of the population.
    classes : Classes
    population : ReferencePopulation

    Returns
    -------
    CountedCells
    """
    shown = classes.class_of_row >= 0
    seen = [
        _with_labels(
            _read_column(original, released, name, population), released, name, shown, population
        )
        for name in columns
    ]
    of_row, first = group_rows([column.of_row for column in seen])
    at = [column.of_row[first] for column in seen]
    frame = pd.DataFrame(
        {
            name: column.queries.take(codes).reset_index(drop=True)
            for name, column, codes in zip(columns, seen, at, strict=True)
        }
    )
    answer = population.count(frame)
    shares = [
        own_shares(population, name, column) for name, column in zip(columns, seen, strict=True)
    ]
    share = np.ones(len(first))
    for of_query, codes in zip(shares, at, strict=True):
        share *= of_query[codes]
    unknown = unmatched(answer)
    return CountedCells(
        of_row=of_row,
        count=answer["count"].to_numpy(dtype=float) * share,
        low=answer["low"].to_numpy(dtype=float) * share,
        modelled=answer["modelled"].to_numpy(dtype=bool) | (share < 1),
        unknown=unknown,
        sources=tuple(sorted({str(source) for source in answer["source"][~unknown]})),
        shared=shared_error(answer),
        columns=tuple(seen),
        codes=tuple(at),
        shares=tuple(shares),
    )


def shared_error(answer: pd.DataFrame) -> float:
    """Give the correlation of the errors of different counts: 1 where the population is silent.

    A population says it in ``attrs["shared_error"]`` of its answer.
    """
    low, count = (answer[name].to_numpy(dtype=float) for name in ("low", "count"))
    return float(answer.attrs.get("shared_error", 1.0)) if (low < count).any() else 0.0


def unmatched(answer: pd.DataFrame) -> np.ndarray:
    return np.array([bool(names) for names in answer["unmatched"]], dtype=bool)


def count_column(
    population: ReferencePopulation, name: Hashable, queries: Sequence[object]
) -> pd.DataFrame:
    return population.count(pd.DataFrame({name: pd.Series(list(queries), dtype=object)}))


def _read_column(
    original: Table, released: Table, name: Hashable, population: ReferencePopulation
) -> CountedColumn:
    """Code a column so that values which the population does not tell apart share a number."""
    codes, values = factorize(original[name])
    hierarchy = own_hierarchy(population, name)
    if name == "geography" and hierarchy is None:
        climbed, values = factorize(_as_coarse_as(values, factorize(released[name])[1]))
        codes = climbed[codes]
    answer = population.count(pd.DataFrame({name: values}))
    matched = ~unmatched(answer)
    if hierarchy is not None:
        leader = _same_node(values, hierarchy)
    elif name == "geography":
        leader = _same_place(values, answer["level"].tolist())
    else:
        leader = same_people(population, name, values, answer["count"].to_numpy(float), matched)
    kept, number = np.unique(leader, return_inverse=True)
    return CountedColumn(number[codes], values.take(kept).reset_index(drop=True), matched[kept])


def _as_coarse_as(values: pd.Series, labels: pd.Series) -> pd.Series:
    """Climb places to the finest level that was released.

    A population seldom knows addresses or cities, and need not: where nothing below the county is
    released, it is the people of a county who may stand behind a row. Where addresses or cities
    are released the places stay as they are, and have to be counted as such or not at all.
    """
    found = find_areas(labels[~is_null(labels)].tolist())
    areas = [area for area in found if area is not None]
    if not areas or len(areas) < len(found):
        return values
    finest = min((area.level for area in areas), key=LEVELS.index)
    return pd.Series(
        [
            value if area is None else climb(area, finest).label
            for value, area in zip(values.tolist(), find_areas(values.tolist()), strict=True)
        ],
        dtype=object,
    )


def own_hierarchy(population: ReferencePopulation, name: Hashable) -> Hierarchy | None:
    """Give the hierarchy that the population itself has for a column."""
    return getattr(population, "hierarchies", {}).get(name)


def _same_node(values: pd.Series, hierarchy: Hierarchy) -> np.ndarray:
    """Give each label the first one that is the same node; what is no label stays alone."""
    nodes = hierarchy.find(values)
    _, first, group = np.unique(nodes, return_index=True, return_inverse=True)
    return np.where(nodes < 0, np.arange(len(values)), first[group.reshape(-1)])


def _same_place(values: pd.Series, levels: Sequence[object]) -> np.ndarray:
    """Give each place the first one that is the same area at the level that was counted."""
    leader = np.arange(len(values))
    first: dict[tuple[str, tuple[str, ...], str], int] = {}
    if any(level in LEVELS for level in levels):
        for number, (area, level) in enumerate(
            zip(find_areas(values.tolist()), levels, strict=True)
        ):
            if area is not None and level in LEVELS:
                above = climb(area, str(level))
                # Two ZIP codes of one county have its code, but not its people.
                leader[number] = first.setdefault((above.level, above.fips, above.label), number)
    return leader


def same_people(
    population: ReferencePopulation,
    name: Hashable,
    values: pd.Series,
    counts: np.ndarray,
    matched: np.ndarray,
) -> np.ndarray:
    """Give each value the first one that stands for the same people of the population.

    Two values do if each has as many people as both together.
    """
    leader = np.arange(len(values))
    items = values.astype(object).tolist()
    waiting = matched & (counts > 0)
    while True:
        # Each round takes the first waiting value of each figure, and asks of every other one
        # with the same figure whether the two together are more than the first alone.
        pool = np.flatnonzero(waiting)
        _, first, group = np.unique(counts[pool], return_index=True, return_inverse=True)
        head = pool[first][group]
        waiting[pool[first]] = False
        pool, head = pool[pool != head], head[pool != head]
        if not len(pool):
            return leader
        pairs = [frozenset((items[i], items[j])) for i, j in zip(head, pool, strict=True)]
        answer = count_column(population, name, [*items, *pairs])
        both = answer["count"].to_numpy(dtype=float)[len(items) :]
        same = both <= counts[pool] * (1 + _SAME)
        leader[pool[same]] = head[same]
        waiting[pool[same]] = False


def _with_labels(
    column: CountedColumn,
    released: Table,
    name: Hashable,
    shown: np.ndarray,
    population: ReferencePopulation,
) -> CountedColumn:
    """Put released labels in place of the values where the recoding of the column is global."""
    counted = global_labels(
        column.of_row[shown],
        column.queries,
        released[name][shown],
        own_hierarchy(population, name),
    )
    if counted is None:
        return column
    label_of_value, labels = factorize(counted)
    try:
        answer = count_column(population, name, labels.tolist())
    except InputError:  # a population of counties, say, need not know what a state is
        return column
    # A label with a value that the population does not know (Other|White) has no count, though
    # some of its values have one: these are then counted by themselves.
    taken = column.matched & ~unmatched(answer)[label_of_value]
    codes, queries = factorize(counted.where(taken, column.queries))
    matched = np.empty(len(queries), dtype=bool)
    matched[codes] = column.matched
    return CountedColumn(codes[column.of_row], queries, matched, recoded=True)


def own_shares(
    population: ReferencePopulation, name: Hashable, column: CountedColumn
) -> np.ndarray:
    """Give the share of each query's people that no query with fewer people has as well.

    It is 1 for all of them unless they overlap (a state and one of its counties): then the finer
    one keeps its people, and the coarser one is left with the rest.
    """
    shares = np.ones(len(column.queries))
    items = column.queries.astype(object).tolist()
    everything = column.everything
    if len(everything) < 2:
        return shares
    answer = count_column(population, name, [*items, everything])
    counts = answer["count"].to_numpy(dtype=float)
    total, counts = counts[-1], counts[:-1]
    order = np.flatnonzero(column.matched & (counts > 0))
    order = order[np.argsort(counts[order], kind="stable")]
    running = np.append(0.0, np.cumsum(counts[order]))

    # The queries in ascending order are cut in halves, and the halves again, until a part has as
    # many people of its own as its queries have together, or is one query. A part is its first and
    # last position, and how many people are in all queries before each of these.
    parts = [(0, len(order), 0.0, float(total))]
    while parts:
        shared = []
        for start, stop, before, after in parts:
            together = running[stop] - running[start]
            if after - before >= together * (1 - _ROUNDING) - _ROUNDING:
                continue
            if stop - start == 1:
                shares[order[start]] = max(after - before, 0.0) / together
            else:
                shared.append((start, (start + stop) // 2, stop, before, after))
        prefixes = [frozenset(items[i] for i in order[:middle]) for _, middle, *_ in shared]
        if not prefixes:
            break
        answer = count_column(population, name, [everything, *prefixes])
        parts = []
        for (start, middle, stop, before, after), at in zip(
            shared, answer["count"].to_numpy(dtype=float)[1:], strict=True
        ):
            parts += [(start, middle, before, float(at)), (middle, stop, float(at), after)]
    return shares
