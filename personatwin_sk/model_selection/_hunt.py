"""One run of a search over one table: its candidates, who leads, and what is said on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from personatwin_sk._core.sklearn_private import FitTasks
from personatwin_sk.model_selection._candidates import (
    Candidate,
    Measures,
    complete,
    evaluate,
    prepare,
)
from personatwin_sk.model_selection._polish import polish
from personatwin_sk.model_selection._prefixes import SharedFits
from personatwin_sk.model_selection._progress import Progress
from personatwin_sk.model_selection._pruning import Leader, run_all, run_pruned

__all__ = ["Hunt"]


class Hunt:
    """Evaluates the candidates of a search and keeps what came of each.

    Attributes
    ----------
    candidates : list of Candidate
        In the order of the grid, then those of polishing; of what is not known yet, the setting.
        Of the losers only figures are kept: no fitted estimator, no per-row risks.
    leader : Leader
    n_fits, n_full_fits : int
        See :class:`SharedFits`.
    """

    def __init__(
        self,
        estimator: Any,
        settings: Sequence[Mapping[str, Any]],
        X: Any,
        y: Any,
        measures: Measures,
        *,
        pruned: bool,
        n_jobs: int | None,
        verbose: int,
        tasks: FitTasks | None = None,
    ) -> None:
        self._fits = SharedFits(estimator, settings, X, y, share=pruned, params=measures.params)
        self._measures = measures
        self._pruned = pruned
        self._n_jobs = n_jobs
        self._progress = Progress(len(settings), verbose)
        self._tasks = tasks
        self._told: set[int] = set()
        self._n_polished = 0
        self._n_polished_fits = 0
        self.leader = Leader()
        self.candidates = [Candidate(params) for params in settings]

    def run(self) -> None:
        """Evaluate the grid."""
        run = run_pruned if self._pruned else run_all
        for index, candidate in run(self._fits, self._measures, self.leader, n_jobs=self._n_jobs):
            self._keep(index, candidate)

    def polish(self) -> None:
        """Look between the points of the grid, near the leader."""
        polish(self.candidates, self._best, self._try_setting)

    def report_afresh(self) -> dict[str, Any]:
        """Give the leader's reports by name, measured again where draws had a say in its choice.

        Who is the best of many may owe it to the draws. Other draws, which nothing was chosen by,
        tell what its risk is; as they are for one release, their limit is not corrected.
        """
        chosen = self._best()
        return {
            name: self._measures.constraints.measure_afresh(
                name, report, self._fits.X, chosen.released
            )
            for name, report in (chosen.reports or {}).items()
        }

    @property
    def n_fits(self) -> int:
        return self._fits.n_fits + self._n_polished_fits

    @property
    def n_full_fits(self) -> int:
        return self._fits.n_full_fits + self._n_polished

    def _best(self) -> Candidate:
        assert self.leader.candidate is not None
        return self.leader.candidate

    def close(self) -> None:
        """Leave the line of progress."""
        self._progress.close()

    def _keep(self, index: int, candidate: Candidate) -> None:
        before, self.candidates[index] = self.candidates[index], candidate.slim()
        self._progress.tell(before, candidate)
        # Fitted first and judged later, a candidate comes twice; it is one task.
        if self._tasks is not None and index not in self._told:
            self._told.add(index)
            self._tasks.one_done("candidate")

    def _try_setting(self, setting: Mapping[str, Any]) -> bool:
        grid = self._fits
        fits = SharedFits(
            grid.estimator, [setting], grid.X, grid.y, share=False, params=grid.params
        )
        index = len(self.candidates)
        self.candidates.append(Candidate(setting))
        self._progress.grow(1)
        prepared = prepare(fits, 0, self._measures)
        if not isinstance(prepared, Candidate):
            prepared = complete(fits, 0, prepared, self._measures)
        candidate = evaluate(prepared, setting, grid.X, grid.y, self._measures)
        self._n_polished += 1
        self._n_polished_fits += fits.n_fits
        self.leader.meet(index, candidate)
        self._keep(index, candidate)
        return candidate.feasible
