"""The search of a release: from the floors upward until the target is met."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.release._grid import LEVEL, Grid, between, first_grid, wider_places


def least_event_risk(people: np.ndarray, event_types: pd.Series) -> float:
    """Give a risk below which no merging and no coarsening of dates can bring one known event.

    Whoever knows that somebody had an event of some type picks among no more people than ever had
    one of that type, whatever else is hidden.

    Parameters
    ----------
    people : numpy.ndarray of int64, shape (n_events,)
    event_types : pandas.Series of shape (n_events,)

    Examples
    --------
    >>> round(least_event_risk(np.array([0, 1, 2]), pd.Series(["arrest", "arrest", "trial"])), 3)
    0.667
    """
    kind = pd.factorize(event_types, use_na_sentinel=False)[0]
    pairs = pd.DataFrame({"person": people, "kind": kind})
    having = np.bincount(pairs.drop_duplicates()["kind"])
    chances = pd.Series(1 / having[kind]).groupby(people).mean()
    return float(chances.mean())


class StagedSearch:
    """Searches over grids that grow: doubling k, what lies between, and wider places if need be.

    Parameters
    ----------
    pipeline : Pipeline
        At the floors.
    risk, utility : callable
        As for :class:`RiskAwareSearch`.
    target_risk : float
    verbose : int
        1: a line of progress per setting on stderr.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        risk: Callable[..., Any],
        utility: Callable[..., float],
        target_risk: float,
        verbose: int = 0,
    ) -> None:
        self.pipeline = pipeline
        self.risk = risk
        self.utility = utility
        self.target_risk = target_risk
        self.verbose = verbose
        self.n_candidates = 0

    def run(self, original: pd.DataFrame, n_people: int, *, dates_matter: bool) -> RiskAwareSearch:
        """Search; the answer is the fitted search whose winner is the most useful of all."""
        grids = first_grid(self.pipeline, n_people, dates_matter=dates_matter)
        try:
            found = self._search(original, grids)
        except InfeasibleRiskError as first:
            # Wider places cost much and help only where classes, not events, are what fails;
            # so they are tried only when nothing else does.
            levels = wider_places(self.pipeline)
            if not levels:
                raise
            try:
                found = self._search(original, [{**grid, LEVEL: levels} for grid in grids])
            except InfeasibleRiskError as second:
                raise min(first, second, key=lambda error: error.nearest_risk or 0.0) from None
        gaps = between(found.cv_results_["params"], found.cv_results_["feasible"])
        if not gaps:
            return found
        try:
            finer = self._search(original, gaps)
        except InfeasibleRiskError:
            return found
        return finer if finer.best_score_ > found.best_score_ else found

    def _search(self, original: pd.DataFrame, grids: list[Grid]) -> RiskAwareSearch:
        search = RiskAwareSearch(
            self.pipeline,
            grids,
            target_risk=self.target_risk,
            risk=self.risk,
            utility=self.utility,
            strategy="exhaustive",
            verbose=self.verbose,
        )
        self.n_candidates += sum(int(np.prod([len(v) for v in g.values()])) for g in grids)
        return search.fit(original)
