"""Whether the bars are met: how often attacks beat the limit, how far the limit lies above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from benchmarks.calibration.run import Row

ALLOWED = 0.05
"""Share of rows in which the best attack may beat the upper limit."""
SIGNIFICANCE = 0.01
WIDEST = 1.5
"""Median of upper limit over the best attack's success, at most."""
EXPECTED_WITHIN = 0.1
"""E[1/F | f] over the true mean of 1/F, on average, may be so far from 1."""


@dataclass(frozen=True)
class Score:
    """Summary of some rows.

    Attributes
    ----------
    n_rows, n_beaten : int
    p_value : float
        Of so many beaten rows or more, were the chance of each 1 in 20 (one-sided binomial test).
    median_ratio : float
        Median of `upper` over the best attack's success.
    mean_ratio : float
        Average of the reported mean over the true one.
    """

    n_rows: int
    n_beaten: int
    p_value: float
    median_ratio: float
    mean_ratio: float

    @property
    def holds(self) -> bool:
        """Whether the limit is not beaten significantly more often than allowed."""
        return self.p_value >= SIGNIFICANCE

    @property
    def is_narrow(self) -> bool:
        """Whether the limit lies near enough to the best attack."""
        return self.median_ratio <= WIDEST


def score(rows: Sequence[Row]) -> Score:
    """Summarise rows; raises ValueError if there are none.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    Score
    """
    if not rows:
        raise ValueError("no rows to score")
    n_beaten = sum(row.is_beaten for row in rows)
    return Score(
        n_rows=len(rows),
        n_beaten=n_beaten,
        p_value=float(binom.sf(n_beaten - 1, len(rows), ALLOWED)),
        median_ratio=float(np.median([row.upper / max(row.best, 1e-12) for row in rows])),
        mean_ratio=float(np.mean([row.mean / row.truth for row in rows])),
    )


def by_kind(rows: Sequence[Row]) -> dict[str, Score]:
    """Summarise rows kind by kind, in the order in which kinds come up.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    dict of str to Score
    """
    kinds = dict.fromkeys(row.setting.kind for row in rows)
    return {kind: score([row for row in rows if row.setting.kind == kind]) for kind in kinds}


def by_attack(rows: Sequence[Row]) -> dict[str, tuple[int, int, float]]:
    """Tell of each attack how often it was tried, how often it beat the limit, and by how much.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    dict of str to (int, int, float)
        The last is the median of its success over the upper limit.
    """
    found = {}
    for name in dict.fromkeys(name for row in rows for name in row.attacks):
        tried = [row for row in rows if name in row.attacks]
        shares = [row.attacks[name] / row.upper for row in tried]
        n_beaten = sum(row.is_beaten_by(name) for row in tried)
        found[name] = (len(tried), n_beaten, float(np.median(shares)))
    return found
