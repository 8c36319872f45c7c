"""The search of a release: from the floors upward until the target is met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.model_selection import RiskAwareSearch, corrected
from personatwin_sk.release._decision_log import DecisionLog
from personatwin_sk.release._grid import (
    LEVEL,
    Grid,
    between,
    blurred_dates,
    count_settings,
    larger_classes,
    noisier_outcomes,
    wider_places,
)
from personatwin_sk.risk import ReidentificationRisk

# Each round of looking between two sizes of classes leaves a quarter of the gap. Unlike `polish` of
# RiskAwareSearch, which goes on from the winner alone, it looks along every chain that may still
# come to win, such as that of coarser dates beside that of finer ones.
_ROUNDS = 2


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
    """Searches over grids that grow, from what costs least usefulness to what costs most.

    Larger classes come first; then coarser dates, unless nothing tried keeps more than a setting
    that meets the target; then, only where nothing meets it, wider places and noisier outcomes. At
    last, sizes of classes between one that fails and the next one that does not.

    Parameters
    ----------
    pipeline : Pipeline
        At the floors.
    risk, utility : callable
        As for :class:`RiskAwareSearch`.
    target_risk : float
    verbose : int
        1: a line of progress per stage on stderr.

    Attributes
    ----------
    n_candidates : int
        Settings tried, in all stages.
    n_planned : int
        Settings that could have come to be tried. Limits of risks that are estimated hold for all
        of them at once (Bonferroni): the best of many looks better than it is.
    log : DecisionLog
        What each stage tried, what came of it and why the next one was taken.
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
        self.n_planned = 1
        self.log = DecisionLog(target_risk)
        self._best: RiskAwareSearch | None = None
        self._nearest: InfeasibleRiskError | None = None
        self._tried: list[tuple[Mapping[str, Any], bool, float]] = []

    def run(self, original: pd.DataFrame, n_people: int, *, dates_matter: bool) -> RiskAwareSearch:
        """Search; the answer is the fitted search whose winner is the most useful of all.

        Parameters
        ----------
        original : pandas.DataFrame
            The table to release.
        n_people : int
            Its people.
        dates_matter : bool
            Whether the attacker knows dates. If not, coarser dates could only cost.

        Raises
        ------
        InfeasibleRiskError
            Of the stage that came nearest; with the log as `decision_log`.
        """
        grids = larger_classes(self.pipeline, n_people)
        dates = blurred_dates(self.pipeline, n_people) if dates_matter else []
        levels = wider_places(self.pipeline)
        self.n_planned = count_settings([*grids, *dates], levels, rounds=_ROUNDS)
        self._stage("classes", original, grids)
        if dates and not self.log.is_unbeaten():
            grids = [*grids, *dates]
            self._stage("dates", original, dates)
        if self._best is None and levels:
            self._stage("places", original, [{**grid, LEVEL: levels} for grid in grids])
        if self._best is None:
            self._try_outcomes(original)
        if self._best is None:
            raise self._refusal()
        for _ in range(_ROUNDS):
            gaps = between(*zip(*self._tried, strict=True), least=self._best.best_score_)
            if not gaps or self.log.is_unbeaten():
                break
            self._stage("between", original, gaps)
        self.log.end()
        return self._best

    def _try_outcomes(self, original: pd.DataFrame) -> None:
        nearest = self._nearest.nearest_params if self._nearest else None
        grids = [] if nearest is None else noisier_outcomes(self.pipeline, nearest)
        if grids:
            self._stage("outcomes", original, grids)

    def _refusal(self) -> InfeasibleRiskError:
        """Give the error of the stage that came nearest, with what was tried in all of them."""
        assert self._nearest is not None
        self.log.end()
        self._nearest.decision_log = tuple(self.log.entries)
        stages = ", ".join(entry["stage"] for entry in self.log.entries)
        self._nearest.args = (
            f"{self._nearest} In all, {self.n_candidates} settings were tried (stages: {stages}).",
        )
        return self._nearest

    def corrected(self, risk: Any) -> Any:
        """Give a measure whose limits hold for all settings of the search at once.

        Parameters
        ----------
        risk : callable
            A :class:`~personatwin_sk.ReidentificationRisk` is corrected; any other is its own.
        """
        return corrected(risk, self.n_planned)

    def _for_one_stage(self, n_settings: int) -> Any:
        """Give the measure that, once a search has corrected it for its own grid, is corrected."""
        if not isinstance(self.risk, ReidentificationRisk):
            return self.risk
        return replace(self.risk, n_compared=self.risk.n_compared * self.n_planned / n_settings)

    def _stage(self, name: str, original: pd.DataFrame, grids: list[Grid]) -> None:
        """Search some grids, and keep what is better than what there is."""
        search = RiskAwareSearch(
            self.pipeline,
            grids,
            target_risk=self.target_risk,
            risk=self._for_one_stage(len(ParameterGrid(grids))),
            utility=self.utility,
            verbose=self.verbose,
        )
        try:
            search.fit(original)
        except InfeasibleRiskError as error:
            row = search.cv_results_["params"].index(dict(error.nearest_params or {}))
            if self._nearest is None or _risk_of(error) < _risk_of(self._nearest):
                self._nearest = error
        else:
            row = search.best_index_
            if self._best is None or _rank(search) > _rank(self._best):
                self._best = search
        results = search.cv_results_
        self.n_candidates += len(results["params"])
        may_do = results["feasible"] | np.isnan(results["risk_upper"])
        self._tried += zip(
            results["params"], may_do.tolist(), results["utility"].tolist(), strict=True
        )
        self.log.add(name, grids, results, row)


def _rank(search: RiskAwareSearch) -> tuple[float, float]:
    return search.best_score_, -search.best_risk_


def _risk_of(error: InfeasibleRiskError) -> float:
    return np.inf if error.nearest_risk is None else error.nearest_risk
