"""How well limits hold: coverage with its test, width, and risk, overall and by size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import binom

from benchmarks.census.pairs import Pairs
from personatwin_sk.population._uncertainty import interval

ASKED = 0.90
"""Share of the true counts that limits have to hold."""
SIGNIFICANCE = 0.01
WIDE_FROM = 50.0
"""Modelled people from which on the width has a bar."""
WIDEST = 1.0
SIZES = (0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000, np.inf)


def fewest_held(n: int) -> int:
    """Return how many of n limits hold at the least, if coverage is not significantly below 90 %.

    One-sided binomial test at 1 %: the smallest number that, or fewer than that, has a chance of at
    least 1 %.
    """
    return int(binom.ppf(SIGNIFICANCE, n, ASKED))


@dataclass(frozen=True)
class Score:
    """Limits against true counts.

    Parameters
    ----------
    queries : str
        What was asked.
    n, below, above : int
        Counts, and how many true ones lie under the low limit, or over the high one.
    width : float
        Median of (high - low) / count; NaN without counts above 0.
    safe_risk : float
        Share of the cells with people in which 1 / low, or 1 where low < 1, is at least
        1 / people; NaN without any.
    """

    queries: str
    n: int
    below: int
    above: int
    width: float
    safe_risk: float

    @property
    def held(self) -> int:
        """How many true counts lie within their limits."""
        return self.n - self.below - self.above

    @property
    def coverage(self) -> float:
        """Share of them."""
        return self.held / self.n

    @property
    def is_low(self) -> bool:
        """Whether coverage is significantly below what is asked."""
        return self.held < fewest_held(self.n)


def score(pairs: Pairs, how: int, *, at_least: float = 0.0, below: float = np.inf) -> Score:
    """Score the limits of the modelled counts of a size."""
    here = (pairs.model >= at_least) & (pairs.model < below)
    model, truth = pairs.model[here], pairs.truth[here]
    low, high = interval(model, np.full(len(model), how))
    some, lived_in = model > 0, truth > 0
    risk = 1 / np.maximum(low, 1.0)
    return Score(
        pairs.name,
        len(model),
        int((truth < low).sum()),
        int((truth > high).sum()),
        float(np.median((high - low)[some] / model[some])) if some.any() else float("nan"),
        float((risk[lived_in] >= 1 / truth[lived_in]).mean()) if lived_in.any() else float("nan"),
    )


def by_size(pairs: Pairs, how: int) -> Iterator[tuple[float, float, Score]]:
    """Score each size class that has any counts."""
    for smallest, stop in pairwise(SIZES):
        if ((pairs.model >= smallest) & (pairs.model < stop)).any():
            yield smallest, stop, score(pairs, how, at_least=smallest, below=stop)


def row(label: str, found: Score) -> list[Any]:
    """Return the figures of a score as cells of a table."""
    return [
        found.queries,
        label,
        f"{found.n:,}",
        f"{100 * found.coverage:.1f}" + (" LOW" if found.is_low else ""),
        f"{100 * found.below / found.n:.1f}",
        f"{100 * found.above / found.n:.1f}",
        f"{found.width:.2f}",
        f"{100 * found.safe_risk:.1f}",
    ]
