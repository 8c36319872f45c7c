"""Which events of whom an attacker knows: all that there are, or a sample."""

from __future__ import annotations

import itertools
import math

import numpy as np

from personatwin_sk.risk._event_histories import Histories

__all__ = ["Draws", "all_draws", "count_draws", "sample_draws"]

# The sample is a function of the data: a draw anew would give a search another verdict each time.
_SEED = 20_230_517

Draws = list[tuple[np.ndarray, np.ndarray]]
"""Per number of known events: the events, shape (n_draws, n_known), and weights, (n_draws,)."""


def count_draws(histories: Histories, known: int) -> float:
    """Count the sets of `known` events of one unit each (all of them where there are fewer)."""
    sizes, times = np.unique(histories.n_own, return_counts=True)
    counts = [math.comb(n, min(n, known)) for n in sizes.tolist()]
    return float(sum(count * n for count, n in zip(counts, times.tolist(), strict=True)))


def all_draws(histories: Histories, known: int) -> Draws:
    """Give every set of `known` events of one unit; weights add up to 1.

    A person is drawn, an event of theirs, and further events of the same class without
    replacement; every set of a unit is as likely.
    """
    weight = histories.weight
    parts: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    for n in np.unique(histories.n_own).tolist():
        size = min(n, known)
        sets = np.array(list(itertools.combinations(range(n), size)), dtype=np.int64)
        units = np.flatnonzero(histories.n_own == n)
        events = histories.first_event[units][:, None, None] + sets
        shares = np.repeat(weight[units] / len(sets), len(sets))
        parts.setdefault(size, []).append((events.reshape(-1, size), shares))
    return [
        (np.concatenate([e for e, _ in part]), np.concatenate([w for _, w in part]))
        for part in parts.values()
    ]


def sample_draws(histories: Histories, known: int, n_draws: int, stream: int = 0) -> Draws:
    """Draw sets of `known` events; each weighs the same.

    Units are drawn systematically over their canonical order, so that each has its share. Whoever
    knows one event more knows the same ones first. Draws of two streams are independent.
    """
    spawn_key = (stream,) if stream else ()
    rng = np.random.default_rng(np.random.SeedSequence(_SEED, spawn_key=spawn_key))
    at = (np.arange(n_draws) + rng.random(n_draws)) / n_draws
    ends = np.cumsum(histories.weight)
    unit = np.minimum(np.searchsorted(ends, at * ends[-1], side="right"), len(ends) - 1)
    n_own = histories.n_own[unit]
    chosen = np.empty((n_draws, 0), dtype=np.int64)
    for i in range(known):
        left = np.maximum(n_own - i, 1)
        pick = np.minimum((rng.random(n_draws) * left).astype(np.int64), left - 1)
        # The pick counts what is left: step over the chosen ones, smallest first.
        for taken in np.sort(chosen, axis=1).T:
            pick += pick >= taken
        chosen = np.column_stack([chosen, pick])
    events = histories.first_event[unit][:, None] + chosen
    size = np.minimum(n_own, known)
    return [
        (events[size == n, :n], np.full(int((size == n).sum()), 1.0 / n_draws))
        for n in np.unique(size).tolist()
    ]
