"""Steps that candidates have in common: what several of them need is fitted once."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline

from personatwin_sk.model_selection._lineage import ANYTHING, Footprint, Lineage
from personatwin_sk.model_selection._memory import FittedStep, StepMemory, own_copy
from personatwin_sk.model_selection._step_keys import (
    Key,
    Setting,
    count_steps,
    dfs_order,
    is_idle,
    is_idle_key,
    step_keys,
)

__all__ = ["Prepared", "SharedFits"]


@dataclass(repr=False)
class Prepared:
    """A configured candidate whose first steps are fitted already, and what came out of them."""

    estimator: Any
    table: Any
    n_done: int = 0
    seconds: float = 0.0
    # What fitting the shared steps warned of.
    remarks: tuple[Any, ...] = ()
    # Equal for candidates whose tables are the same; None: nothing was done to it.
    origin: Hashable = None
    # Where the columns of the release will come from; None where that is not known.
    made: Lineage | None = None

    @property
    def left(self) -> list[Any]:
        """The steps that are not fitted yet and do something."""
        if not isinstance(self.estimator, Pipeline):
            return [self.estimator]
        steps = [step for _, step in self.estimator.steps[self.n_done :]]
        return [step for step in steps if not is_idle(step)]

    def finish(self, y: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Fit what is left and give the released table; `seconds` grows by what it took."""
        start = time.perf_counter()
        # Others go on from the same table: a step that works in place must not reach theirs.
        released = own_copy(self.table)
        if self.n_done == 0:
            released = _fit_transform(self.estimator, released, y, params or {})
        else:
            for step in self.left:
                released = _fit_transform(step, released, y, {})
        self.seconds += time.perf_counter() - start
        return released


@dataclass(frozen=True, repr=False)
class _Step:
    """One step of one candidate: its number, the same wherever it is the same, and its place."""

    number: int
    footprint: Footprint
    before: Lineage


class SharedFits:
    """Prepares candidates; a step that several of them have in common is fitted once.

    A step of a :class:`~sklearn.pipeline.Pipeline` is the same for two candidates if it is set to
    the same and gets the same: the same in all columns where it may read any, the same in those
    that it reads where it is one of ours that names them (:class:`Footprint`). So first steps are
    shared, and a merger that comes after noise on columns which are no key variables. Asked for in
    `order`, depth first, little has to be kept at a time. A step that draws its own key
    (``random_state=None``) draws one for all that share it.

    Parameters
    ----------
    estimator : estimator
    settings : sequence of mapping
        The candidates.
    X, y : table, array-like or None
        What they are fitted to.
    share : bool, default=True
        False: every candidate is fitted whole, by itself.
    params : mapping of str -> object, default=None
        Further arguments of the estimator's fit; with any, nothing is shared.

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
        params: Mapping[str, Any] | None = None,
    ) -> None:
        self.estimator = estimator
        self.settings = settings
        self.X = X
        self.y = y
        self.params = dict(params or {})
        share = share and not self.params
        footprints: dict[Key, Footprint] = {}
        keys = step_keys(estimator, settings, footprints) if share else [None] * len(settings)
        self.order = dfs_order(keys)
        self._steps = _number_steps(keys, footprints)
        self._memory = StepMemory(
            [step.number for step in steps if step is not None] for steps in self._steps if steps
        )
        self.n_fits = 0
        self._n_prepared = self._n_steps = 0

    @property
    def n_full_fits(self) -> int:
        """Whole fits of a candidate that the fits amount to, rounded up."""
        return -(-self.n_fits * self._n_prepared // max(self._n_steps, 1))

    def prepare(self, index: int) -> Prepared:
        """Configure one candidate, and fit the first steps that it shares, but for the last one.

        Returns
        -------
        Prepared
            To be completed by :meth:`complete`, or left.
        """
        # Estimators among the values of a grid are cloned too: no two candidates may share one.
        params = clone(dict(self.settings[index]), safe=False)
        configured = clone(self.estimator).set_params(**params)
        self._n_prepared += 1
        self._n_steps += count_steps(configured)
        prepared = Prepared(configured, self.X)
        steps = self._steps[index]
        if steps:
            working = [step for step in steps if step is not None]
            if working:
                last = working[-1]
                prepared.made = last.before.after(last.footprint, last.number)
            self._memory.visit(step.number for step in working)
            depth = 0
            while depth < len(steps) - 1 and self._is_shared(steps[depth]):
                depth += 1
            self._go_on(prepared, steps, depth)
        return prepared

    def complete(self, prepared: Prepared, index: int) -> None:
        """Fit whatever else the candidate shares; what is left then is its own."""
        steps = self._steps[index] or []
        shared = [at for at, step in enumerate(steps) if step is not None and self._is_shared(step)]
        # The table that a step of others gave at last would be one object for several candidates.
        if shared and shared[-1] == len(steps) - 1 and self._may_change_all(steps[-1]):
            shared.pop()
        self._go_on(prepared, steps, max([*(at + 1 for at in shared), prepared.n_done]))
        self.n_fits += len(prepared.left) if steps else count_steps(prepared.estimator)

    def _is_shared(self, step: _Step | None) -> bool:
        return step is None or self._memory.is_shared(step.number)

    def _may_change_all(self, step: _Step | None) -> bool:
        return step is None or step.footprint.writes is None

    def _go_on(self, prepared: Prepared, steps: Sequence[_Step | None], depth: int) -> None:
        """Fit the steps of a candidate up to some depth, or take them from memory."""
        if depth <= prepared.n_done:
            return
        configured = list(prepared.estimator.steps)
        for at in range(prepared.n_done, depth):
            step = steps[at]
            if step is None:
                continue
            name, estimator = configured[at]
            known = self._memory.get(step.number)
            if known is None:
                known, table = self._fit_step(estimator, prepared.table, step.footprint)
                self._memory.keep(step.number, known)
            else:
                table = known.apply(prepared.table)
            configured[at] = (name, known.step)
            prepared.table = table
            prepared.seconds += known.seconds
            prepared.origin = step.before.after(step.footprint, step.number).inputs(ANYTHING)
        prepared.estimator.steps = configured
        prepared.n_done = depth

    def _fit_step(
        self, estimator: Any, before: Any, footprint: Footprint
    ) -> tuple[FittedStep, Any]:
        start = time.perf_counter()
        self.n_fits += 1
        # Steps of ours leave what they are given as it is.
        mine = before if footprint.writes is not None else own_copy(before)
        table = _fit_transform(estimator, mine, self.y, {})
        seconds = time.perf_counter() - start
        return FittedStep.of(estimator, seconds, before, table, footprint), table


def _number_steps(
    keys: Sequence[tuple[Key, ...] | None], footprints: Mapping[Key, Footprint]
) -> list[list[_Step | None] | None]:
    """Number the steps of candidates: those that are set to the same and get the same are one."""
    numbers: dict[Hashable, int] = {}
    listed: list[list[_Step | None] | None] = []
    for candidate in keys:
        steps: list[_Step | None] = []
        lineage = Lineage()
        for key in candidate or ():
            if is_idle_key(key):
                steps.append(None)
                continue
            footprint = footprints.get(key, ANYTHING)
            number = numbers.setdefault((key, lineage.inputs(footprint)), len(numbers) + 1)
            steps.append(_Step(number, footprint, lineage))
            lineage = lineage.after(footprint, number)
        listed.append(None if candidate is None else steps)
    return listed


def _fit_transform(estimator: Any, X: Any, y: Any, params: Mapping[str, Any]) -> Any:
    if hasattr(estimator, "fit_transform"):
        return estimator.fit_transform(X, y, **params)
    return estimator.fit(X, y, **params).transform(X)
