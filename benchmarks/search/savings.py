"""What pruning spares on real tables, and what a second worker gives."""

from __future__ import annotations

import os
import time
import warnings
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed

from benchmarks.search.grids import RealGrid
from personatwin_sk import PersonaMerger, ReidentificationRisk, RiskAwareSearch
from personatwin_sk.exceptions import DataWarning

HALF, THIRD = 1 / 2, 1 / 3
"""Of the fits of an exhaustive search: the bar, and the stretch."""
TWO_WORKERS = 1.6
"""Times the speed of one, at least."""


@dataclass(frozen=True)
class Saving:
    """Both strategies on one grid.

    Attributes
    ----------
    name : str
    n_rows, n_candidates : int
    share_feasible : float
    share_of_fits : float
        Fits of steps over those of the exhaustive search, which fits every pipeline whole.
    share_of_risks : float
        Candidates whose risk was measured, of all.
    share_of_time : float
    same : bool
        Whether both chose the same setting, with the same usefulness and the same risk.
    """

    name: str
    n_rows: int
    n_candidates: int
    share_feasible: float
    share_of_fits: float
    share_of_risks: float
    share_of_time: float
    same: bool

    def cells(self) -> dict[str, object]:
        """Give the line of the table."""
        return {
            "table": self.name,
            "rows": f"{self.n_rows:,}",
            "settings": self.n_candidates,
            "feasible": f"{self.share_feasible:.0%}",
            "fits": f"{self.share_of_fits:.0%}",
            "risks": f"{self.share_of_risks:.0%}",
            "time": f"{self.share_of_time:.0%}",
            "same winner": "yes" if self.same else "NO",
        }


def compare_strategies(grid: RealGrid) -> Saving:
    """Search one grid both ways."""
    found, seconds = {}, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        for strategy in ("pruned", "exhaustive"):
            start = time.perf_counter()
            found[strategy] = grid.search(strategy).fit(grid.table)
            seconds[strategy] = time.perf_counter() - start
    pruned, whole = found["pruned"], found["exhaustive"]
    n_candidates = len(whole.cv_results_["params"])
    return Saving(
        name=grid.name,
        n_rows=len(grid.table),
        n_candidates=n_candidates,
        share_feasible=float(whole.cv_results_["feasible"].mean()),
        share_of_fits=pruned.n_fits_ / whole.n_fits_,
        share_of_risks=float((~np.isnan(pruned.cv_results_["risk_upper"])).mean()),
        share_of_time=seconds["pruned"] / seconds["exhaustive"],
        same=(pruned.best_index_, pruned.best_score_, pruned.best_risk_)
        == (whole.best_index_, whole.best_score_, whole.best_risk_),
    )


@dataclass(frozen=True)
class SpeedUp:
    """One worker against two on independent candidates.

    Attributes
    ----------
    one, two : float
        Seconds.
    ideal : float
        What the machine gave two processes over one just before, on plain arithmetic: on an idle
        machine of two cores, 2.
    load : float
        The machine's load average over the last minute, before anything was started.
    """

    one: float
    two: float
    ideal: float
    load: float

    @property
    def times(self) -> float:
        """How much faster two workers are."""
        return self.one / self.two


def time_workers(table: RealGrid, sizes: range) -> SpeedUp:
    """Time a search over k alone, whose candidates share nothing."""
    load = os.getloadavg()[0]
    keys = table.pipeline.named_steps["merge"].quasi_identifiers
    risk = ReidentificationRisk(keys, person_id="person_id", attacker="prosecutor")
    seconds = {}
    # Starting processes and importing everything in them is paid for once, not by every search.
    Parallel(n_jobs=2)(delayed(_warm_up)() for _ in range(4))
    ideal = _spin(1) / _spin(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        for n_jobs in (1, 2):
            search = RiskAwareSearch(
                PersonaMerger(keys, person_id="person_id"),
                {"k": list(sizes)},
                target_risk=1,
                risk=risk,
                strategy="exhaustive",
                n_jobs=n_jobs,
            )
            start = time.perf_counter()
            search.fit(table.table)
            seconds[n_jobs] = time.perf_counter() - start
    return SpeedUp(seconds[1], seconds[2], ideal, load)


def _warm_up() -> str:
    return PersonaMerger.__name__


def _spin(n_jobs: int) -> float:
    start = time.perf_counter()
    Parallel(n_jobs=n_jobs)(delayed(sum)(range(8_000_000)) for _ in range(8))
    return time.perf_counter() - start
