"""One candidate of a search: fitted, its release measured, its verdict taken."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection._constraints import Constraints, is_sampled
from personatwin_sk.model_selection._lineage import Lineage
from personatwin_sk.model_selection._prefixes import Prepared, SharedFits

if TYPE_CHECKING:  # which itself rests on the default measures, and these on this module
    from personatwin_sk.model_selection._known_reports import KnownReports

__all__ = [
    "FAILURES",
    "Candidate",
    "Fitted",
    "Measures",
    "complete",
    "evaluate",
    "find_estimators",
    "fit",
    "judge",
    "prepare",
]

# What `error_score` turns into a score. Interrupts, exhausted memory and errors of the operating
# system are no answer about a setting and always come through.
FAILURES = (
    ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


UtilityMeasure = Callable[[Any, Any], float]
# Text, category, file and line of each warning.
Remarks = tuple[tuple[str, type[Warning], str, int], ...]


@dataclass(frozen=True, repr=False)
class Candidate:
    """A setting and what came of it; of a loser neither estimator nor report is kept."""

    params: Mapping[str, Any]
    risk: float = np.nan
    risk_upper: float = np.nan
    utility: float = np.nan
    # Mean and upper limit of each risk by name; one alone has the name "".
    parts: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    k_held: bool = False
    feasible: bool = False
    # Whether there is nothing left to find out: the risk was measured, or something failed.
    evaluated: bool = False
    fit_time: float = np.nan
    estimator: Any = None
    reports: Mapping[str, Any] | None = None
    # Kept where the reports rest on draws, to measure it again with others.
    released: Any = None
    error: str | None = None
    remarks: Remarks = ()

    def slim(self) -> Candidate:
        """Give the figures alone: no fitted estimator, no per-row risks."""
        return replace(self, estimator=None, reports=None, released=None)


@dataclass(frozen=True, repr=False)
class Fitted:
    """A setting that was fitted, its release, and how useful that is; its risk is not known yet."""

    params: Mapping[str, Any]
    utility: float
    released: Any
    estimator: Any
    fit_time: float
    remarks: Remarks
    # Where its columns come from; None where that is not known.
    made: Lineage | None = None

    def as_candidate(self) -> Candidate:
        """Give what is known so far."""
        return Candidate(
            self.params, utility=self.utility, fit_time=self.fit_time, remarks=self.remarks
        )


@dataclass(frozen=True, repr=False)
class Measures:
    """What every candidate of a search is measured by."""

    constraints: Constraints
    utility: UtilityMeasure
    error_score: Any
    # ``bound(original, table, steps)``: what the utility of the steps' release is at most.
    bound: Callable[[Any, Any, Any], float] | None = None
    # ``bound_key(steps)``: what of the steps decides the bound; without it, anything may.
    bound_key: Callable[[Any], Hashable] | None = None
    # Further arguments of the estimator's fit.
    params: Mapping[str, Any] = field(default_factory=dict)


def find_estimators(estimator: Any, kind: type) -> list[Any]:
    """Find all estimators of a class in an estimator, itself and nested ones, each once."""
    parts = [estimator]
    if hasattr(estimator, "get_params"):
        parts += list(estimator.get_params(deep=True).values())
    found: dict[int, Any] = {id(part): part for part in parts if isinstance(part, kind)}
    return list(found.values())


def prepare(fits: SharedFits, index: int, measures: Measures) -> Prepared | Candidate:
    """Configure a candidate and fit what it shares; a failure makes a candidate that failed."""
    params = fits.settings[index]
    return _try(lambda: fits.prepare(index), params, measures.error_score)


def complete(
    fits: SharedFits, index: int, prepared: Prepared, measures: Measures
) -> Prepared | Candidate:
    """Fit whatever else a candidate shares; a failure makes a candidate that failed."""

    def work() -> Prepared:
        fits.complete(prepared, index)
        return prepared

    return _try(work, fits.settings[index], measures.error_score, prepared.remarks)


def fit(
    prepared: Prepared, params: Mapping[str, Any], X: Any, y: Any, measures: Measures
) -> Fitted | Candidate:
    """Fit what is left of a candidate and measure how useful its release is."""

    def work() -> Fitted:
        released = prepared.finish(y, measures.params)
        usefulness = float(measures.utility(X, released))
        if np.isnan(usefulness):
            raise ValueError("utility(original, released) returned NaN; it must return a number.")
        seconds, made = prepared.seconds, prepared.made
        return Fitted(params, usefulness, released, prepared.estimator, seconds, (), made)

    return _try(work, params, measures.error_score, prepared.remarks)


def judge(
    fitted: Fitted, X: Any, measures: Measures, known: KnownReports | None = None
) -> Candidate:
    """Measure the risk of a fitted candidate, unless it is known, and take the verdict."""

    def work() -> Candidate:
        if known is None:
            reports = measures.constraints.measure(X, fitted.released)
        else:
            reports = known.measure(measures.constraints, X, fitted.released, fitted.made)
        # Each merger promises its k; the released table has to keep the largest promise.
        mergers = find_estimators(fitted.estimator, PersonaMerger)
        promised = max((merger.k for merger in mergers), default=1)
        judgement = measures.constraints.judge(reports, promised)
        return replace(
            fitted.as_candidate(),
            risk=judgement.mean,
            risk_upper=judgement.upper,
            parts=judgement.parts,
            k_held=judgement.k_held,
            feasible=judgement.met,
            evaluated=True,
            estimator=fitted.estimator,
            reports=reports,
            released=fitted.released if any(map(is_sampled, reports.values())) else None,
        )

    return _try(work, fitted.params, measures.error_score, fitted.remarks)


def evaluate(
    prepared: Prepared | Candidate,
    params: Mapping[str, Any],
    X: Any,
    y: Any,
    measures: Measures,
    floor: float = -np.inf,
) -> Candidate:
    """Fit and judge one candidate; the risk only where its utility is not below a floor.

    Of what is infeasible the estimator stays behind: no process hands it over.
    """
    if isinstance(prepared, Candidate):
        return prepared
    fitted = fit(prepared, params, X, y, measures)
    if isinstance(fitted, Candidate):
        return fitted
    if fitted.utility < floor:
        return fitted.as_candidate()
    candidate = judge(fitted, X, measures)
    return candidate if candidate.feasible else replace(candidate, estimator=None, released=None)


def _try(
    work: Callable[[], Any],
    params: Mapping[str, Any],
    error_score: Any,
    earlier: Remarks = (),
) -> Any:
    """Do some work on a candidate; what it warns of is collected in the `remarks` of its result.

    Warnings are not shown: all candidates see the same table and would repeat them.
    """
    with warnings.catch_warnings(record=True) as caught:
        try:
            result = work()
        except FAILURES as error:
            if error_score == "raise":
                raise
            result = Candidate(
                params,
                utility=float(error_score),
                evaluated=True,
                error=f"{type(error).__name__}: {error}",
            )
    texts = tuple((str(w.message), w.category, w.filename, w.lineno) for w in caught)
    return replace(result, remarks=(*earlier, *texts))
