"""l-diversity and t-closeness of a released table, as it is: measured, not asked for.

Shares nothing with the code that makes a table diverse.

References
----------
Machanavajjhala, Kifer, Gehrke, Venkitasubramaniam, "l-diversity: privacy beyond k-anonymity", ACM
TKDD 1(1), 2007: distinct, entropy and recursive (c, l)-diversity.
Li, Li, Venkatasubramanian, "t-closeness: privacy beyond k-anonymity and l-diversity", ICDE 2007:
the earth mover's distances for values without an order (equal) and with one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize, is_ordered
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import find_column, find_columns
from personatwin_sk.exceptions import InputError

__all__ = ["Diversity", "measure_diversity"]


@dataclass(frozen=True)
class Diversity:
    """What the classes of a released table tell of a sensitive value.

    Attributes
    ----------
    n_classes, n_values : int
        Classes, and distinct values; null is one.
    distinct_l : int
        Fewest distinct values in a class.
    entropy_l : float
        Smallest exp(entropy) of a class: it is entropy l-diverse for every l up to this.
    t_equal : float
        Largest distance between the values of a class and those of all people, where any two
        values are as far apart as any other: half the sum of the differences of shares.
    t_ordered : float or None
        The same where values are as far apart as their ranks. None for a column without an order
        (numbers and dates have one).
    top_share : float
        Largest share of a class that has one value: what an attacker is sure of at the most.
    """

    n_classes: int
    n_values: int
    distinct_l: int
    entropy_l: float
    t_equal: float
    t_ordered: float | None
    top_share: float
    _counts: np.ndarray = field(repr=False, compare=False)
    _starts: np.ndarray = field(repr=False, compare=False)

    def recursive_c(self, l_value: int) -> float:
        """Give the c above which the table is recursive (c, l)-diverse.

        A class is so if its most frequent value has fewer people than c times those of the l-th
        most frequent and all rarer values together.

        Parameters
        ----------
        l_value : int
            l, at least 1.

        Returns
        -------
        float
            Infinite where a class has fewer than l values; 0 where there is no class.

        Raises
        ------
        InputError
            `l_value` is below 1.
        """
        if l_value < 1:
            raise InputError("l_value must be at least 1.")
        if not self.n_classes:
            return 0.0
        # Counts are descending in each class: running sums tell what the first l - 1 values have.
        n_values = np.diff(self._starts)
        if (n_values < l_value).any():
            return float("inf")
        running = np.append(0, np.cumsum(self._counts))
        rest = running[self._starts[1:]] - running[self._starts[:-1] + l_value - 1]
        return float((self._counts[self._starts[:-1]] / rest).max())


def measure_diversity(
    released: Any,
    quasi_identifiers: Hashable | Sequence[Hashable],
    sensitive: Hashable,
    *,
    person_id: Any = None,
) -> Diversity:
    """Measure l-diversity and t-closeness of a released table.

    Parameters
    ----------
    released : table of shape (n_rows, n_columns)
    quasi_identifiers : column or sequence of columns
        Null is a value of its own.
    sensitive : column
        The value that nobody should learn of a person; null is a value of its own, and the last
        one in order.
    person_id : column or array-like of shape (n_rows,), optional
        Whose row each is. An array is the original person column: a released persona's number says
        nothing of people. Who has a value in several rows counts once with it; rows without a
        person are suppressed and left out. None: one row, one person.

    Returns
    -------
    Diversity

    Raises
    ------
    ColumnNotFoundError
        A column is not in the table.
    InputError
        No quasi-identifier is named, the sensitive column is one, or `person_id` has another
        number of rows.

    Examples
    --------
    >>> import pandas as pd
    >>> out = pd.DataFrame({"age": ["30-39"] * 3 + ["40-49"] * 2, "offense": list("aabab")})
    >>> found = measure_diversity(out, "age", "offense")
    >>> found.distinct_l, round(found.entropy_l, 3), round(found.t_equal, 3)
    (2, 1.89, 0.1)
    >>> found.recursive_c(2)
    2.0
    """
    table = Table.of(released)
    owner = "measure_diversity"
    keys = find_columns(table, quasi_identifiers, parameter="quasi_identifiers", owner=owner)
    name = find_column(table, sensitive, parameter="sensitive", owner=owner)
    if not keys or name is None:
        raise InputError("Name at least one quasi-identifier and the sensitive column.")
    if name in keys:
        raise InputError("The sensitive column must not be a quasi-identifier.")
    person, shown = _people(table, person_id, owner)
    class_of_row, first = group_rows([factorize(table[key])[0][shown] for key in keys])
    value_of_row, values = factorize(table[name][shown].reset_index(drop=True))
    n_classes, n_values = len(first), len(values)
    if not n_classes:
        nothing = np.zeros(0, dtype=np.int64)
        return Diversity(0, 0, 0, 0.0, 0.0, None, 0.0, nothing, np.zeros(1, dtype=np.int64))
    _, once = group_rows([person[shown], class_of_row, value_of_row])
    at, value = class_of_row[once], value_of_row[once]

    pair, pair_first = group_rows([at, value])
    held = np.bincount(pair)
    at, value = at[pair_first], value[pair_first]  # by class, then by value
    starts = np.append(np.flatnonzero(np.diff(at, prepend=-1)), len(at))
    people = np.add.reduceat(held, starts[:-1])
    share = held / people[at]
    overall = np.bincount(value, weights=held, minlength=n_values) / held.sum()
    entropy = -np.add.reduceat(share * np.log(share), starts[:-1])
    descending = np.lexsort((-held, at))
    has_order = is_ordered(table[name])
    return Diversity(
        n_classes=n_classes,
        n_values=n_values,
        distinct_l=int(np.diff(starts).min()),
        entropy_l=float(np.exp(entropy.min())),
        t_equal=_largest_equal(share, value, starts, overall),
        t_ordered=_largest_ordered(held, value, starts, overall) if has_order else None,
        top_share=float(np.maximum.reduceat(share, starts[:-1]).max()),
        _counts=held[descending],
        _starts=starts,
    )


def _people(table: Table, person_id: Any, owner: str) -> tuple[np.ndarray, np.ndarray]:
    """Number the people, and tell which rows have one."""
    if person_id is None:
        return np.arange(table.n_rows), np.ones(table.n_rows, dtype=bool)
    is_column = isinstance(person_id, Hashable) and not hasattr(person_id, "__len__")
    if is_column or isinstance(person_id, str | tuple):
        column = table[find_column(table, person_id, parameter="person_id", owner=owner)]
    else:
        column = pd.Series(person_id).reset_index(drop=True)
        if len(column) != table.n_rows:
            raise InputError(
                f"person_id has {len(column)} values and the released table {table.n_rows} rows."
            )
    return factorize(column)[0], ~is_null(column)


def _largest_equal(
    share: np.ndarray, value: np.ndarray, starts: np.ndarray, overall: np.ndarray
) -> float:
    """Give the largest half sum of |p - q|: the sum of what p has more than q."""
    more = np.maximum(share - overall[value], 0.0)
    return float(np.add.reduceat(more, starts[:-1]).max())


def _largest_ordered(
    held: np.ndarray, value: np.ndarray, starts: np.ndarray, overall: np.ndarray
) -> float:
    r"""Give the largest :math:`\sum_i |\sum_{j \le i} (p_j - q_j)| / (m - 1)`.

    Between two values that a class has, its own running sum P stands still, and that of all people
    Q rises: there the sum is one of |P - Q|, split where Q passes P, from running sums of Q.
    """
    m = len(overall)
    if m < 2:
        return 0.0
    q = np.cumsum(overall)
    sums = np.append(0.0, np.cumsum(q))  # sums[b] - sums[a]: the sum of q over a <= i < b
    # Runs of ranks over which P stands still: one before the first value, one from each value on.
    class_of = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    total = np.append(0, np.cumsum(held))  # of whole numbers, so that nothing adds up but people
    people = total[starts[1:]] - total[starts[:-1]]
    p = (total[1:] - total[starts[:-1]][class_of]) / people[class_of]
    is_last = np.append(class_of[1:] != class_of[:-1], True)
    stop = np.where(is_last, m, np.append(value[1:], 0))
    distance = _between(p, value, stop, q, sums)
    lead = sums[value[starts[:-1]]]  # before the first value P is 0
    return float(((np.add.reduceat(distance, starts[:-1]) + lead) / (m - 1)).max())


def _between(
    p: np.ndarray, start: np.ndarray, stop: np.ndarray, q: np.ndarray, sums: np.ndarray
) -> np.ndarray:
    """Give the sum of |p - q_i| over start <= i < stop for ascending q."""
    middle = np.clip(np.searchsorted(q, p), start, stop)
    below = p * (middle - start) - (sums[middle] - sums[start])
    above = (sums[stop] - sums[middle]) - p * (stop - middle)
    return np.asarray(below + above)
