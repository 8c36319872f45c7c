"""Fitted steps that other candidates have in common, and what they made of their columns."""

from __future__ import annotations

import copy
import sys
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.model_selection._lineage import Footprint

__all__ = ["FittedStep", "StepMemory", "n_bytes", "own_copy"]

# What is kept for other candidates may take so much memory; the rest is fitted again.
_KEPT_BYTES = 2**30
# So many values of a column tell what all of them take.
_LOOKED_AT = 1000


@dataclass(repr=False)
class FittedStep:
    """One fitted step and what came of it.

    Attributes
    ----------
    step : estimator
    seconds : float
        What fitting it took.
    table : table or None
        What came out, where it can only be had whole.
    columns : mapping of str -> Series, or None
        The columns that the step changed; all others are those that went in.
    drops : frozenset of str
        Columns that did not come out.
    """

    step: Any
    seconds: float
    table: Any = None
    columns: Mapping[str, pd.Series] | None = None
    drops: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, step: Any, seconds: float, before: Any, after: Any, footprint: Footprint
    ) -> FittedStep:
        """Note what a step made of a table."""
        if footprint.writes is None:
            return cls(step, seconds, table=after)
        if type(before) is not pd.DataFrame or type(after) is not pd.DataFrame:
            return cls(step, seconds)
        columns = {name: after[name] for name in footprint.writes}
        return cls(step, seconds, columns=columns, drops=footprint.drops)

    def apply(self, table: Any) -> Any:
        """Give what the step makes of a table that is to it the one that it was fitted to."""
        if self.table is not None:
            return self.table
        if self.columns is None or type(table) is not pd.DataFrame:
            return self.step.transform(table)
        made = table.drop(columns=list(self.drops)) if self.drops else table.copy(deep=False)
        for name, column in self.columns.items():
            made[name] = column
        return made

    @cached_property
    def n_bytes(self) -> int:
        """Memory of what came out, and of tables that the step holds, in bytes."""
        held = getattr(self.step, "__dict__", {}).values()
        return sum(n_bytes(part) for part in (self.table, *(self.columns or {}).values(), *held))


class StepMemory:
    """Keeps fitted steps as long as a candidate is left that needs them, and there is room.

    Parameters
    ----------
    candidates : iterable of iterable of int
        The steps of each candidate, by their numbers: equal numbers, equal steps.
    """

    def __init__(self, candidates: Iterable[Iterable[int]]) -> None:
        self._left = Counter(number for steps in candidates for number in steps)
        self._shared = {number for number, n in self._left.items() if n > 1}
        self._kept: OrderedDict[int, FittedStep] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def is_shared(self, number: int) -> bool:
        """Tell whether several candidates have this step."""
        return number in self._shared

    def visit(self, numbers: Iterable[int]) -> None:
        """Take note that a candidate is worked on; what only earlier ones had is let go."""
        for number in [number for number in self._kept if self._left[number] <= 0]:
            del self._kept[number]
        self._left.subtract(numbers)

    def get(self, number: int) -> FittedStep | None:
        """Give a step that was fitted before; None where it has to be fitted."""
        if number in self._kept:
            self._kept.move_to_end(number)
        return self._kept.get(number)

    def keep(self, number: int, fitted: FittedStep) -> None:
        """Keep a step for others; what was used longest ago makes room."""
        if not self.is_shared(number):
            return
        self._kept[number] = fitted
        total = sum(kept.n_bytes for kept in self._kept.values())
        while total > _KEPT_BYTES and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            total -= gone.n_bytes


def _bytes_of_objects(column: pd.Series) -> int:
    """Estimate what the values take that a column only points to, from some of its rows."""
    if column.dtype != object or column.empty:
        return 0
    some = column.iloc[:: -(-len(column) // _LOOKED_AT)].tolist()
    sizes = {id(value): sys.getsizeof(value) for value in some}
    # Labels are mostly a few objects that many rows share; texts that a step made, one for each.
    rows = len(column) / len(some) if 2 * len(sizes) > len(some) else 1.0
    return int(sum(sizes.values()) * rows)


def own_copy(table: Any) -> Any:
    """Give a copy for a step that may work in place."""
    if isinstance(table, np.ndarray | pd.DataFrame | pd.Series):
        return table.copy()
    return copy.deepcopy(table)


def n_bytes(table: Any) -> int:
    """Give the memory that a table takes; 0 where that is not known."""
    if isinstance(table, pd.DataFrame):
        return int(table.index.memory_usage()) + sum(n_bytes(column) for _, column in table.items())
    if isinstance(table, pd.Series):
        return int(table.memory_usage(index=False)) + _bytes_of_objects(table)
    if hasattr(table, "estimated_size"):  # polars
        return int(table.estimated_size())
    return int(getattr(table, "nbytes", 0))  # numpy, pyarrow
