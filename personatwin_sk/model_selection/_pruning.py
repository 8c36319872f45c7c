"""In which order candidates are worked on, and which of them need no risk measured."""

from __future__ import annotations

import heapq
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from personatwin_sk.model_selection._candidates import (
    FAILURES,
    Candidate,
    Fitted,
    Measures,
    complete,
    evaluate,
    fit,
    judge,
    prepare,
)
from personatwin_sk.model_selection._known_reports import KnownReports
from personatwin_sk.model_selection._memory import n_bytes
from personatwin_sk.model_selection._prefixes import Prepared, SharedFits

__all__ = ["Leader", "run_all", "run_pruned"]

# Releases that wait for their risk to be measured may take so much memory.
_WAITING_BYTES = 2**30
# Candidates for each worker until all of them know of the best so far. More would find out late
# what they need not measure, fewer would have workers wait for each other.
_ROUND = 8

Progress = Iterator[tuple[int, Candidate]]


class Leader:
    """The best candidate so far: the most useful, of equals the safer, of these the earlier.

    Attributes
    ----------
    index : int
    candidate : Candidate or None
        None while nothing is feasible.
    nearest : Candidate or None
        Until then, the one that comes nearest: of those that hold their k, if any, the safest, of
        equals the more useful, of these the earlier.
    """

    def __init__(self) -> None:
        self.index = -1
        self.candidate: Candidate | None = None
        self.nearest: Candidate | None = None
        self._nearest_rank: tuple[Any, ...] = ()

    @property
    def floor(self) -> float:
        """Utility below which nothing can win any more."""
        return -np.inf if self.candidate is None else self.candidate.utility

    def meet(self, index: int, candidate: Candidate) -> None:
        """Let a candidate challenge the leader."""
        if candidate.feasible:
            if self.candidate is None or _rank(index, candidate) > _rank(
                self.index, self.candidate
            ):
                self.index, self.candidate, self.nearest = index, candidate, None
        elif self.candidate is None and candidate.error is None:
            upper = np.nan_to_num(candidate.risk_upper, nan=np.inf)
            rank = (not candidate.k_held, upper, -candidate.utility, index)
            if self.nearest is None or rank < self._nearest_rank:
                self.nearest, self._nearest_rank = candidate, rank


def _rank(index: int, candidate: Candidate) -> tuple[float, float, int]:
    return candidate.utility, -candidate.risk_upper, -index


def run_all(
    fits: SharedFits, measures: Measures, leader: Leader, *, n_jobs: int | None
) -> Progress:
    """Evaluate every candidate to the end, as they come in the grid.

    Yields
    ------
    index : int
    candidate : Candidate
    """
    yield from _run_round(fits, fits.order, measures, leader, n_jobs=n_jobs, floor=-np.inf)


def run_pruned(
    fits: SharedFits, measures: Measures, leader: Leader, *, n_jobs: int | None
) -> Progress:
    """Evaluate candidates but for the risks that cannot change which one wins.

    A candidate less useful than a feasible one cannot win, however safe it is. So all are fitted
    and their utility is measured, and risks are measured from the most useful candidate downwards
    until one is feasible and none as useful is left. Where the steps that candidates share tell
    already that none of them can be as useful as one that was fitted, that one's risk is measured
    first; if it is feasible, the others are not fitted. With several workers, a round of candidates
    at a time is measured, all of them that are no less useful than the best of earlier rounds.

    Yields
    ------
    index : int
    candidate : Candidate
        Twice where a risk was measured after the fit: what is known replaces what was.
    """
    n_workers = effective_n_jobs(n_jobs)
    if n_workers == 1:
        yield from _best_first(fits, measures, leader)
        return
    size = _ROUND * n_workers
    for start in range(0, len(fits.order), size):
        indices = fits.order[start : start + size]
        yield from _run_round(fits, indices, measures, leader, n_jobs=n_jobs, floor=leader.floor)


def _run_round(
    fits: SharedFits,
    indices: Sequence[int],
    measures: Measures,
    leader: Leader,
    *,
    n_jobs: int | None,
    floor: float,
) -> Progress:
    bounds = _Bounds(fits.X, measures)
    # Made one by one as workers become free: shared steps are fitted here, in between.
    jobs = (
        delayed(_evaluate_one)(
            index,
            _prepare_above(bounds, fits, index, measures, floor),
            fits.settings[index],
            fits.X,
            fits.y,
            measures,
            floor,
        )
        for index in indices
    )
    for index, candidate in _parallel(n_jobs)(jobs):
        leader.meet(index, candidate)
        yield index, candidate


def _evaluate_one(index: int, *args: Any) -> tuple[int, Candidate]:
    return index, evaluate(*args)


def _best_first(fits: SharedFits, measures: Measures, leader: Leader) -> Progress:
    waiting, bounds, known = _Waiting(), _Bounds(fits.X, measures), KnownReports()
    for index in fits.order:
        prepared = prepare(fits, index, measures)
        if isinstance(prepared, Candidate):
            yield index, prepared
            continue
        bound = bounds.of(prepared)
        while waiting and waiting.best_utility > bound:
            yield from _judge_next(waiting, fits.X, measures, leader, known)
        if bound < leader.floor:
            continue
        prepared = complete(fits, index, prepared, measures)
        if isinstance(prepared, Candidate):
            yield index, prepared
            continue
        fitted = fit(prepared, fits.settings[index], fits.X, fits.y, measures)
        del prepared
        if isinstance(fitted, Candidate):
            yield index, fitted
            continue
        yield index, fitted.as_candidate()
        if fitted.utility >= leader.floor:
            waiting.push(index, fitted)
        del fitted
        while waiting.n_bytes > _WAITING_BYTES:
            yield from _judge_next(waiting, fits.X, measures, leader, known)
    while waiting:
        yield from _judge_next(waiting, fits.X, measures, leader, known)


def _judge_next(
    waiting: _Waiting, X: Any, measures: Measures, leader: Leader, known: KnownReports
) -> Progress:
    index, fitted = waiting.pop()
    if fitted.utility < leader.floor:
        return
    candidate = judge(fitted, X, measures, known)
    leader.meet(index, candidate)
    yield index, candidate


def _prepare_above(
    bounds: _Bounds, fits: SharedFits, index: int, measures: Measures, floor: float
) -> Prepared | Candidate:
    """Prepare a candidate; one that cannot be as useful as the floor is left as it is."""
    prepared = prepare(fits, index, measures)
    if isinstance(prepared, Candidate):
        return prepared
    if bounds.of(prepared) >= floor:
        return complete(fits, index, prepared, measures)
    return Candidate(fits.settings[index])


class _Bounds:
    """Upper limits of the utility of candidates, once for all whose limit is the same."""

    def __init__(self, X: Any, measures: Measures) -> None:
        self._X = X
        self._bound = measures.bound
        self._key = measures.bound_key
        self._known: dict[Any, float] = {}

    def of(self, prepared: Prepared) -> float:
        """Give the limit for one candidate; infinite where nothing is proved."""
        if self._bound is None or prepared.n_done == 0:
            return np.inf
        left = prepared.left
        if self._key is None:
            return self._measure(prepared.table, left)
        key = prepared.origin, self._key(left)
        if key not in self._known:
            self._known[key] = self._measure(prepared.table, left)
        return self._known[key]

    def _measure(self, table: Any, left: list[Any]) -> float:
        assert self._bound is not None
        with warnings.catch_warnings():
            # Candidates say for themselves what is odd about their data, and what fails.
            warnings.simplefilter("ignore")
            try:
                return self._bound(self._X, table, left)
            except FAILURES:
                return np.inf


class _Waiting:
    """Fitted candidates whose risk is not measured yet, the most useful first."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Fitted]] = []
        self.n_bytes = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def best_utility(self) -> float:
        return -self._heap[0][0]

    def push(self, index: int, fitted: Fitted) -> None:
        heapq.heappush(self._heap, (-fitted.utility, index, fitted))
        self.n_bytes += n_bytes(fitted.released)

    def pop(self) -> tuple[int, Fitted]:
        _, index, fitted = heapq.heappop(self._heap)
        self.n_bytes -= n_bytes(fitted.released)
        return index, fitted


def _parallel(n_jobs: int | None) -> Parallel:
    """Make the pool; it hands over each result as soon as it is there, where its backend can.

    Not in their order: whoever interrupts the search keeps what is finished.
    """
    try:
        return Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    except ValueError:  # a backend that only knows lists
        return Parallel(n_jobs=n_jobs)
