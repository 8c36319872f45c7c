"""Diversity of sensitive values: what l-diversity and t-closeness ask of groups of people.

Everything is measured on sparse counts (group, value, people), so that the cost follows the number
of distinct pairs and not groups times values.

References
----------
Machanavajjhala, Kifer, Gehrke, Venkitasubramaniam, "l-diversity: privacy beyond k-anonymity", ACM
TKDD 1(1), 2007: distinct, entropy and recursive (c, l)-diversity.
Li, Li, Venkatasubramanian, "t-closeness: privacy beyond k-anonymity and l-diversity", ICDE 2007:
the earth mover's distances for nominal (equal) and ordered values.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

import numpy as np
from scipy import sparse

from personatwin_sk.exceptions import InputError

__all__ = [
    "ROUNDING",
    "count_pairs",
    "diverse",
    "nominal_distance",
    "ordered_distance",
    "parse_l_diversity",
    "parse_t_closeness",
    "row_of_entry",
]

# What equality in exact arithmetic may lose to rounding: it decides ties and nothing else.
ROUNDING = 1e-9


def parse_l_diversity(spec: Any) -> tuple[Any, ...]:
    """Read a demand of l-diversity.

    Parameters
    ----------
    spec : int or tuple
        ``l`` or ``("distinct", l)``: at least l distinct values; ``("entropy", l)``: an entropy of
        at least log(l); ``("recursive", c, l)``: the most frequent value has fewer people than c
        times those of the l-th most frequent and all rarer ones together.

    Returns
    -------
    tuple
        ``("distinct", l)``, ``("entropy", l)`` or ``("recursive", c, l)``.

    Raises
    ------
    InputError
        If `spec` is none of these.

    Examples
    --------
    >>> parse_l_diversity(3), parse_l_diversity(("entropy", 2.5))
    (('distinct', 3), ('entropy', 2.5))
    """
    parts = tuple(spec) if isinstance(spec, tuple | list) else ("distinct", spec)
    kind, numbers = (parts[0], parts[1:]) if parts else (None, ())
    if all(_is_number(x) for x in numbers):
        whole = bool(numbers) and float(numbers[-1]).is_integer()
        if kind == "distinct" and len(numbers) == 1 and whole and numbers[0] >= 1:
            return ("distinct", int(numbers[0]))
        if kind == "entropy" and len(numbers) == 1 and numbers[0] >= 1:
            return ("entropy", float(numbers[0]))
        if kind == "recursive" and len(numbers) == 2 and whole:
            c, rank = numbers
            if c > 0 and rank >= 1:
                return ("recursive", float(c), int(rank))
    raise InputError(
        "l_diversity must be a whole number l >= 1, ('distinct', l), ('entropy', l) with l >= 1, "
        "or ('recursive', c, l) with c > 0 and a whole number l >= 1."
    )


def parse_t_closeness(spec: Any) -> float:
    """Read a demand of t-closeness: a number above 0 and at most 1.

    Examples
    --------
    >>> parse_t_closeness(0.2)
    0.2
    """
    if _is_number(spec) and 0 < spec <= 1:
        return float(spec)
    raise InputError("t_closeness must be a number above 0 and at most 1.")


def _is_number(value: Any) -> bool:
    kind = type(value)  # True and False are no numbers here
    return issubclass(kind, Real) and kind is not bool and math.isfinite(value)


def count_pairs(rows: np.ndarray, columns: np.ndarray, people: Any, shape: tuple[int, int]) -> Any:
    """Add up people per (row, column), one by default; columns are sorted within rows."""
    # Small indices make SciPy's passes over them twice as fast.
    index = np.int32 if max(*shape, len(rows)) < 2**31 else np.int64
    ones = np.ones(len(rows), dtype=np.int64) if people is None else people
    pairs = (ones, (rows.astype(index, copy=False), columns.astype(index, copy=False)))
    counts = sparse.coo_array(pairs, shape=shape).tocsr()
    counts.sum_duplicates()
    return counts


def row_of_entry(counts: Any) -> np.ndarray:
    return np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))


def diverse(counts: Any, demand: tuple[Any, ...]) -> np.ndarray:
    """Tell which rows of counts are l-diverse."""
    n_rows = counts.shape[0]
    n_values = np.diff(counts.indptr)
    if demand[0] == "distinct":
        return np.asarray((n_values >= demand[1]) | (n_values == 0))
    row, data = row_of_entry(counts), counts.data
    people = np.bincount(row, data, n_rows)
    if demand[0] == "entropy":
        surprise = np.bincount(row, data * np.log(data), n_rows)
        filled = np.maximum(people, 1)
        entropy = np.log(filled) - surprise / filled
        return np.asarray((entropy >= np.log(demand[1]) - ROUNDING) | (people == 0))
    _, c, rank = demand
    most = int(data.max(initial=0))
    # One sort of whole numbers orders every row's counts, the most frequent value first.
    key = np.sort(row * (most + 1) + (most - data))
    data = most - key % (most + 1)
    place = np.arange(len(key)) - counts.indptr[:-1][row]
    tail = np.bincount(row[place >= rank - 1], data[place >= rank - 1], n_rows)
    first = np.bincount(row[place == 0], data[place == 0], n_rows)
    # Fewer, not as many: an equality that rounding lifts a little is still an equality.
    return np.asarray((c * tail - first > ROUNDING * np.maximum(first, 1)) | (people == 0))


def nominal_distance(counts: Any, whole: np.ndarray) -> np.ndarray:
    """Half the sum of absolute differences of shares: the sum of the positive differences.

    A value that a group does not hold has no positive difference, so the sparse entries suffice.
    """
    row = row_of_entry(counts)
    people = np.bincount(row, counts.data, counts.shape[0])
    excess = counts.data / people[row] - (whole / whole.sum())[counts.indices]
    return np.bincount(row, np.maximum(excess, 0.0), counts.shape[0])


def ordered_distance(counts: Any, whole: np.ndarray) -> np.ndarray:
    """Sum of absolute differences of the cumulated shares over all values, by the steps between.

    Between two values that a group holds its cumulated share is constant and that of all people
    rises, so the difference changes its sign at most once: each step is two areas, taken from
    sums over the whole table that are made once.
    """
    n_rows, n_values = counts.shape
    if n_values == 1 or counts.nnz == 0:
        return np.zeros(n_rows)
    total = int(whole.sum())
    cumulated = np.cumsum(whole)
    area = np.concatenate([[0], np.cumsum(cumulated)])
    row, start = row_of_entry(counts), counts.indices.astype(np.int64)
    filled = np.diff(counts.indptr) > 0
    first, last = counts.indptr[:-1][filled], counts.indptr[1:][filled] - 1
    end = np.append(start[1:], n_values)
    end[last] = n_values
    reached = np.cumsum(counts.data)
    before = np.zeros(n_rows, dtype=np.int64)
    before[filled] = reached[first] - counts.data[first]
    people = np.bincount(row, counts.data, n_rows)
    level = (reached - before[row]) * (total / people[row])
    crossing = np.clip(np.searchsorted(cumulated, level), start, end)
    steps = level * (crossing - start) - (area[crossing] - area[start])
    steps += (area[end] - area[crossing]) - level * (end - crossing)
    distance = np.bincount(row, steps, n_rows)
    distance[filled] += area[start[first]]
    return np.asarray(distance / total / (n_values - 1))
