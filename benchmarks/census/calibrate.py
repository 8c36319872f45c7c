"""Limits of a modelled count by its size, from modelled counts whose truth is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.census.pairs import Pairs

LOW, HIGH = 0.05, 0.95
# Zeros have no upper limit of 0: where nobody was found in as many looks as there are people, 3 is
# what the rule of three leaves.
MOST_OF_NONE = 3.0
FEWEST_PAIRS = 200


def knots(coarsest: int = 18) -> np.ndarray:
    """Return the sizes at which limits are measured: powers of two from 1, of four from 1,024."""
    return 2.0 ** np.array([*range(10), *range(10, coarsest + 1, 2)])


def limits(
    kinds: Sequence[Pairs], sizes: np.ndarray | None = None, *, of_kinds: float = 1.0
) -> np.ndarray:
    """Measure the limits of some kinds of queries, or of some areas.

    At each size the 5th and the 95th percentile of truth / model are taken over the pairs whose
    modelled count is near it, of each kind apart. Limits in people never fall as counts grow.

    Parameters
    ----------
    kinds : sequence of Pairs
        A kind with fewer than 200 pairs near a size has no say there.
    sizes : ndarray of shape (n,), optional
        None: `knots`. Near a size is what is nearer to it than to the others, in logs.
    of_kinds : float
        Share of the kinds for which a limit is wide enough; 1 = for each.

    Returns
    -------
    ndarray of shape (n, 3)
        Modelled people, and the people of both limits; sizes of which nothing is known left out.
    """
    sizes = knots() if sizes is None else sizes
    between = np.sqrt(sizes[1:] * sizes[:-1])
    starts, stops = np.r_[sizes[0] / 4, between], np.r_[between, np.inf]
    table = []
    for size, start, stop in zip(sizes, starts, stops, strict=True):
        ratios = []
        for pairs in kinds:
            near = (pairs.model >= start) & (pairs.model < stop)
            if near.sum() >= FEWEST_PAIRS:
                ratios.append(np.quantile(pairs.truth[near] / pairs.model[near], (LOW, HIGH)))
        if ratios:
            lows, highs = np.transpose(ratios)
            lowest, highest = np.quantile(lows, 1 - of_kinds), np.quantile(highs, of_kinds)
            table.append((size, size * min(lowest, 1.0), size * max(highest, 1.0)))
    found = np.array(table)
    found[:, 2] = np.maximum(found[:, 2], MOST_OF_NONE)
    found[:, 1:] = np.maximum.accumulate(found[:, 1:], axis=0)
    return found


def as_constants(table: np.ndarray) -> list[tuple[float, float, float]]:
    """Round limits outwards to three figures, and put what holds for a modelled 0 first."""
    rows = [(0.0, 0.0, MOST_OF_NONE)]
    for size, low, high in table.tolist():
        low, high = _three_figures(low, math.floor), _three_figures(high, math.ceil)
        rows.append((size, low, high))
    return rows


def _three_figures(value: float, rounded: Callable[[float], int]) -> float:
    if value == 0:
        return 0.0
    digits = 2 - math.floor(math.log10(value))
    # The text of a float is what it was meant to be: 0.1 + 0.2 gives 0.3.
    return float(f"{rounded(value * 10.0**digits) / 10.0**digits:.10g}")
