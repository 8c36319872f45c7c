"""Shared first steps of pipelines: what several candidates have in common is fitted once."""

from __future__ import annotations

import copy
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

__all__ = ["Prepared", "SharedFits", "count_steps", "dfs_order", "step_keys", "value_key"]

Setting = Mapping[str, Any]
# What tells settings of one step apart; equal keys mean equally configured steps.
Key = Hashable

_IDLE = ("idle",)


@dataclass(repr=False)
class Prepared:
    """A configured candidate whose first steps are fitted already, and what came out of them."""

    estimator: Any
    table: Any
    n_done: int = 0
    seconds: float = 0.0
    # What fitting the shared steps warned of.
    remarks: tuple[Any, ...] = ()

    @property
    def left(self) -> list[Any]:
        """The steps that are not fitted yet and do something."""
        if not isinstance(self.estimator, Pipeline):
            return [self.estimator]
        steps = [step for _, step in self.estimator.steps[self.n_done :]]
        return [step for step in steps if not _is_idle(step)]

    def finish(self, y: Any) -> Any:
        """Fit what is left and give the released table; `seconds` grows by what it took."""
        start = time.perf_counter()
        if self.n_done == 0:
            released = _fit_transform(self.estimator, self.table, y)
        else:
            # Others go on from the same table: a step that works in place must not reach theirs.
            released = _own_copy(self.table)
            for _, step in self.estimator.steps[self.n_done :]:
                if not _is_idle(step):
                    released = _fit_transform(step, released, y)
        self.seconds += time.perf_counter() - start
        return released


@dataclass(repr=False)
class _Fitted:
    """One step of the path that is kept: everything up to it is fitted."""

    key: Key
    step: Any
    table: Any
    seconds: float


class SharedFits:
    """Prepares candidates; the steps that neighbours have in common are fitted once.

    The candidates of a :class:`~sklearn.pipeline.Pipeline` make a tree: the settings of the first
    step, below each of them those of the second, and so on. Asked for in `order`, depth first,
    every node is fitted once, and only the path to the present candidate is kept. A step that
    draws its own key (``random_state=None``) draws one per node.

    Parameters
    ----------
    estimator : estimator
    settings : sequence of mapping
        The candidates.
    X, y : table, array-like or None
        What they are fitted to.
    share : bool, default=True
        False: every candidate is fitted whole, by itself.

    Attributes
    ----------
    order : list of int
        The candidates depth first; siblings in the order of the grid.
    n_fits : int
        Fits of steps so far, those that were only prepared for and are fitted elsewhere included.
    n_full_fits : int
        Whole fits of a candidate that they amount to, rounded up.
    """

    def __init__(
        self,
        estimator: Any,
        settings: Sequence[Setting],
        X: Any,
        y: Any,
        *,
        share: bool = True,
    ) -> None:
        self.estimator = estimator
        self.settings = settings
        self.X = X
        self.y = y
        keys = step_keys(estimator, settings) if share else [None] * len(settings)
        self._keys = keys
        self.order = dfs_order(keys)
        self._shared = _shared_depths(keys, self.order)
        self._path: list[_Fitted] = []
        self.n_fits = 0
        self._n_prepared = self._n_steps = 0

    @property
    def n_full_fits(self) -> int:
        """Whole fits of a candidate that the fits amount to, rounded up."""
        return -(-self.n_fits * self._n_prepared // max(self._n_steps, 1))

    def prepare(self, index: int) -> Prepared:
        """Configure one candidate, and fit the steps that it shares with a neighbour in `order`.

        Returns
        -------
        Prepared
            Its fitted steps are shared until the neighbours are let go.
        """
        # Estimators among the values of a grid are cloned too: no two candidates may share one.
        params = clone(dict(self.settings[index]), safe=False)
        configured = clone(self.estimator).set_params(**params)
        n_steps = count_steps(configured)
        self._n_prepared += 1
        self._n_steps += n_steps
        depth, keys = self._shared[index], self._keys[index]
        if depth == 0 or keys is None:
            self._path.clear()
            self.n_fits += n_steps
            return Prepared(configured, self.X)
        kept = _common_length(keys, [done.key for done in self._path])
        # What is left of this candidate's path; a longer one may still serve its neighbours.
        del self._path[min(kept, depth) :]
        steps = list(configured.steps)
        for at in range(depth):
            name, step = steps[at]
            if at == len(self._path):
                self._path.append(self._fit_step(keys[at], step))
            steps[at] = (name, self._path[at].step)
        configured.steps = steps
        self.n_fits += sum(not _is_idle(step) for _, step in steps[depth:])
        last = self._path[depth - 1]
        return Prepared(configured, last.table, depth, sum(d.seconds for d in self._path[:depth]))

    def drop(self, prepared: Prepared) -> None:
        """Take note that what is left of a candidate will not be fitted."""
        self.n_fits -= len(prepared.left)

    def _fit_step(self, key: Key, step: Any) -> _Fitted:
        before = self._path[-1].table if self._path else self.X
        if _is_idle(step):
            return _Fitted(key, step, before, 0.0)
        start = time.perf_counter()
        self.n_fits += 1
        table = _fit_transform(step, _own_copy(before) if self._path else before, self.y)
        return _Fitted(key, step, table, time.perf_counter() - start)


def step_keys(estimator: Any, settings: Sequence[Setting]) -> Sequence[tuple[Key, ...] | None]:
    """Give, for each candidate, a key per step of its pipeline; None where steps are not shared.

    Steps are shared where the estimator is a plain Pipeline without `memory`, `verbose` or
    `transform_input`, and the setting touches its steps only. Values are the same if they are equal
    texts, numbers or sequences of these of the same types, and otherwise if they are one object.

    Parameters
    ----------
    estimator : estimator
    settings : sequence of mapping

    Returns
    -------
    sequence of (tuple of hashable, shape (n_steps,)) or None, shape (len(settings),)

    Examples
    --------
    >>> from sklearn.preprocessing import MinMaxScaler, StandardScaler
    >>> pipeline = Pipeline([("first", StandardScaler()), ("second", MinMaxScaler())])
    >>> one, other = step_keys(pipeline, [{"second__clip": True}, {"second__clip": False}])
    >>> one[0] == other[0], one[1] == other[1]
    (True, False)
    """
    if type(estimator) is not Pipeline or not _is_plain(estimator):
        return [None] * len(settings)
    # Held until all keys are made: an id says who an object is only as long as the object lives.
    known: dict[int, tuple[Any, dict[str, Any]]] = {}
    return [_keys_of(estimator, setting, known) for setting in settings]


def dfs_order(keys: Sequence[tuple[Key, ...] | None]) -> list[int]:
    """Order candidates so that those with the same first steps are next to each other.

    Examples
    --------
    >>> dfs_order([("a", 1), ("b", 1), ("a", 2), None])
    [0, 2, 1, 3]
    """
    first: dict[Hashable, int] = {}
    ranks = []
    for index, steps in enumerate(keys):
        prefixes = [] if steps is None else [steps[: n + 1] for n in range(len(steps))]
        ranks.append((*(first.setdefault(prefix, index) for prefix in prefixes), index))
    return sorted(range(len(keys)), key=ranks.__getitem__)


def count_steps(estimator: Any) -> int:
    """Count the steps of a pipeline that are fitted; any other estimator is one."""
    if not isinstance(estimator, Pipeline):
        return 1
    return sum(not _is_idle(step) for _, step in estimator.steps)


def _is_idle(step: Any) -> bool:
    return step is None or (isinstance(step, str) and step == "passthrough")


def _is_plain(pipeline: Pipeline) -> bool:
    """Tell whether fitting step after step is all that the pipeline does."""
    names = [name for name, _ in pipeline.steps]
    extras = (pipeline.memory, pipeline.verbose or None, getattr(pipeline, "transform_input", None))
    return (
        all(extra is None for extra in extras)
        # What Pipeline itself refuses, it is to refuse.
        and len(set(names)) == len(names)
        and not any("__" in name for name in names)
        and all(_is_idle(step) or _transforms(step) for _, step in pipeline.steps)
    )


def _transforms(step: Any) -> bool:
    return (
        hasattr(step, "get_params")
        and hasattr(step, "transform")
        and (hasattr(step, "fit") or hasattr(step, "fit_transform"))
    )


def _keys_of(
    pipeline: Pipeline, setting: Setting, known: dict[int, tuple[Any, dict[str, Any]]]
) -> tuple[Key, ...] | None:
    steps = dict(pipeline.steps)
    nested: dict[str, dict[str, Any]] = {name: {} for name in steps}
    # Objects that two steps of one candidate would share, such as a generator of random numbers,
    # carry what one step did over to the other.
    owners: dict[int, str] = {}
    for name, value in setting.items():
        step, _, rest = name.partition("__")
        if step not in steps:
            return None
        if not _is_simple(value) and owners.setdefault(id(value), step) != step:
            return None
        if rest:
            nested[step][rest] = value
        elif not (_is_idle(value) or _transforms(value)):
            return None
        else:
            steps[step] = value
    return tuple(_step_key(step, nested[name], known) for name, step in steps.items())


def _step_key(
    step: Any, overrides: Mapping[str, Any], known: dict[int, tuple[Any, dict[str, Any]]]
) -> Key:
    if _is_idle(step):
        return (*_IDLE, tuple(sorted(overrides)))
    if id(step) not in known:
        known[id(step)] = (step, step.get_params(deep=True))
    effective = dict(known[id(step)][1])
    # From the outside in: whoever replaces an estimator replaces what was set inside of it.
    for name in sorted(overrides, key=lambda name: name.count("__")):
        for inner in [other for other in effective if other.startswith(f"{name}__")]:
            del effective[inner]
        effective[name] = overrides[name]
    return id(step), tuple((name, value_key(effective[name])) for name in sorted(effective))


def _is_simple(value: Any) -> bool:
    return value is None or isinstance(value, str | bytes | int | float | complex | np.generic)


def value_key(value: Any) -> Key:
    """Give what is equal for equal texts, numbers and sequences of one type, else for one object.

    Examples
    --------
    >>> value_key([1, "a"]) == value_key([1, "a"]), value_key(1) == value_key(True)
    (True, False)
    """
    if _is_simple(value):
        return type(value), repr(value)
    if type(value) in (tuple, list):
        return type(value), tuple(value_key(part) for part in value)
    return "object", id(value)


def _common_length(some: Sequence[Key], others: Sequence[Key]) -> int:
    length = 0
    for one, other in zip(some, others, strict=False):
        if one != other:
            break
        length += 1
    return length


def _shared_depths(keys: Sequence[tuple[Key, ...] | None], order: Sequence[int]) -> list[int]:
    """Give how many first steps each candidate has in common with one next to it in the order.

    The last step is never shared, so that every candidate has something of its own.
    """
    depths = [0] * len(keys)
    for one, other in pairwise(order):
        here, there = keys[one], keys[other]
        if here is None or there is None:
            continue
        common = min(_common_length(here, there), len(here) - 1)
        depths[one] = max(depths[one], common)
        depths[other] = max(depths[other], common)
    return depths


def _fit_transform(estimator: Any, X: Any, y: Any) -> Any:
    if hasattr(estimator, "fit_transform"):
        return estimator.fit_transform(X, y)
    return estimator.fit(X, y).transform(X)


def _own_copy(table: Any) -> Any:
    if isinstance(table, np.ndarray | pd.DataFrame | pd.Series):
        return table.copy()
    return copy.deepcopy(table)
