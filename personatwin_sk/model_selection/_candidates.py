"""One candidate of a search: fitted, its release measured, its verdict taken."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from sklearn.base import clone

from personatwin_sk.merging import PersonaMerger

__all__ = ["Candidate", "Report", "Verdict", "evaluate", "find_estimators", "take_verdict"]

# Rounding must not decide at the limit: a mean risk of .05 + 1e-17 meets a target of .05.
TOLERANCE = 1e-12

# What `error_score` turns into a score. Interrupts, exhausted memory and errors of the operating
# system are no answer about a setting and always come through.
FAILURES = (
    ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


class Report(Protocol):
    """What a search needs of the report that its `risk` returns; `event_risk` if it has it."""

    @property
    def upper(self) -> float:
        """Upper limit of the mean risk."""

    @property
    def k_anonymity(self) -> int:
        """People in the smallest class that is released."""


RiskMeasure = Callable[[Any, Any], Report]
UtilityMeasure = Callable[[Any, Any], float]


class Verdict(NamedTuple):
    """What a report says, rows and events together."""

    mean: float
    upper: float
    k_anonymity: int


@dataclass(frozen=True, repr=False)
class Candidate:
    """A setting and what came of it; of a loser neither estimator nor report is kept."""

    params: Mapping[str, Any]
    risk: float = np.nan
    risk_upper: float = np.nan
    utility: float = np.nan
    k_held: bool = False
    feasible: bool = False
    fit_time: float = np.nan
    estimator: Any = None
    report: Any = None
    error: str | None = None
    remarks: tuple[tuple[str, type[Warning], str, int], ...] = ()

    def beats(self, other: Candidate | None) -> bool:
        """Tell whether this one is to be chosen over an earlier one of the grid."""
        if not self.feasible:
            return False
        return other is None or (self.utility, -self.risk_upper) > (
            other.utility,
            -other.risk_upper,
        )


def find_estimators(estimator: Any, kind: type) -> list[Any]:
    """Find all estimators of a class in an estimator, itself and nested ones, each once."""
    parts = [estimator]
    if hasattr(estimator, "get_params"):
        parts += list(estimator.get_params(deep=True).values())
    found: dict[int, Any] = {id(part): part for part in parts if isinstance(part, kind)}
    return list(found.values())


def take_verdict(report: Any) -> Verdict:
    """Read the verdict from a report: the larger of the risk by rows and the risk by events."""
    missing = [name for name in ("upper", "k_anonymity") if not hasattr(report, name)]
    if missing:
        raise TypeError(
            f"risk(original, released) must return a RiskReport; got {type(report).__name__}, "
            f"which has no {' and no '.join(missing)}."
        )
    mean = getattr(report, "population_average_risk", report.upper)
    upper = report.upper
    events = getattr(report, "event_risk", None)
    if events is not None:
        # np.maximum hands NaN on: a risk that could not be measured is never met.
        mean, upper = np.maximum(mean, events.mean), np.maximum(upper, events.upper)
    return Verdict(float(mean), float(upper), int(report.k_anonymity))


def evaluate(
    estimator: Any,
    params: Mapping[str, Any],
    X: Any,
    y: Any,
    *,
    risk: RiskMeasure,
    utility: UtilityMeasure,
    target_risk: float,
    keep_estimator: bool,
    error_score: Any,
) -> Candidate:
    """Fit one setting, measure its release, and take the verdict.

    Warnings are collected, not shown: all candidates see the same table and would repeat them. They
    come back in `remarks`.
    """
    with warnings.catch_warnings(record=True) as remarks:
        try:
            candidate = _measure(
                estimator, params, X, y, risk, utility, target_risk, keep_estimator
            )
        except FAILURES as error:
            if error_score == "raise":
                raise
            candidate = Candidate(
                params, utility=float(error_score), error=f"{type(error).__name__}: {error}"
            )
    texts = tuple((str(w.message), w.category, w.filename, w.lineno) for w in remarks)
    return replace(candidate, remarks=texts)


def _measure(
    estimator: Any,
    params: Mapping[str, Any],
    X: Any,
    y: Any,
    risk: RiskMeasure,
    utility: UtilityMeasure,
    target_risk: float,
    keep_estimator: bool,
) -> Candidate:
    # Estimators among the values of a grid are cloned too: no two candidates may share one.
    fitted = clone(estimator).set_params(**clone(dict(params), safe=False))
    start = time.perf_counter()
    if hasattr(fitted, "fit_transform"):
        released = fitted.fit_transform(X, y)
    else:
        released = fitted.fit(X, y).transform(X)
    fit_time = time.perf_counter() - start

    report = risk(X, released)
    verdict = take_verdict(report)
    usefulness = float(utility(X, released))
    if np.isnan(usefulness):
        raise ValueError("utility(original, released) returned NaN; it must return a number.")
    # Each merger promises its k; the table as it is released has to keep the largest promise.
    promised = max((merger.k for merger in find_estimators(fitted, PersonaMerger)), default=1)
    k_held = verdict.k_anonymity >= promised
    return Candidate(
        params,
        risk=verdict.mean,
        risk_upper=verdict.upper,
        utility=usefulness,
        k_held=k_held,
        feasible=k_held and verdict.upper <= target_risk + TOLERANCE,
        fit_time=fit_time,
        estimator=fitted if keep_estimator else None,
        report=report,
    )
