"""Whether the bars are met: how often the bound breaks, how near the search is to the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from benchmarks.search.run import Row

ALLOWED = 0.05
"""Share of answers whose true risk may be above the target."""
SIGNIFICANCE = 0.01
REFUSED = 0.05
"""Share of runs that may be refused where the oracle finds a setting."""
NEAR = 0.95
"""Of the oracle's usefulness: what counts as near it."""
OFTEN = 0.8
"""Share of the runs that the oracle can answer in which the search is to be near it."""


@dataclass(frozen=True)
class Score:
    """Summary of some runs.

    Attributes
    ----------
    n_runs, n_answered, n_broken : int
        Answers are runs in which the search chose something; broken are those whose true risk is
        above the target.
    p_value : float
        Of so many broken answers or more, were the chance of each 1 in 20 (one-sided binomial
        test).
    n_possible, n_refused, n_near : int
        Runs in which the oracle found something; those of them that the search refused; and those
        in which what it chose is nearly as useful.
    median_share : float
        Median usefulness over the oracle's where there is one; NaN where there is none.
    share_measured : float
        Risks that were measured, of all candidates.
    """

    n_runs: int
    n_answered: int
    n_broken: int
    p_value: float
    n_possible: int
    n_refused: int
    n_near: int
    median_share: float
    share_measured: float

    @property
    def holds(self) -> bool:
        """Whether the bound is not broken significantly more often than allowed."""
        return self.p_value >= SIGNIFICANCE

    @property
    def answers(self) -> bool:
        """Whether it refuses seldom where something can be found."""
        return self.n_refused <= REFUSED * self.n_possible

    @property
    def is_near(self) -> bool:
        """Whether it is near the oracle often enough."""
        return self.n_near >= OFTEN * self.n_possible


def score(rows: Sequence[Row]) -> Score:
    """Summarise runs; raises ValueError if there are none.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    Score
    """
    if not rows:
        raise ValueError("no rows to score")
    answered = [row for row in rows if row.answered]
    possible = [row for row in rows if row.possible]
    n_broken = sum(row.is_broken for row in answered)
    return Score(
        n_runs=len(rows),
        n_answered=len(answered),
        n_broken=n_broken,
        p_value=float(binom.sf(n_broken - 1, len(answered), ALLOWED)),
        n_possible=len(possible),
        n_refused=sum(not row.answered for row in possible),
        n_near=sum(row.share >= NEAR for row in possible),
        median_share=float(np.median([row.share for row in possible])) if possible else np.nan,
        share_measured=sum(row.n_measured for row in rows) / sum(row.n_candidates for row in rows),
    )


def by_kind(rows: Sequence[Row]) -> dict[str, Score]:
    """Summarise runs kind by kind, in the order in which kinds come up, then all of them."""
    kinds = dict.fromkeys(row.case.kind for row in rows)
    found = {kind: score([row for row in rows if row.case.kind == kind]) for kind in kinds}
    return {**found, "all": score(rows)}
