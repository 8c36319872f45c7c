"""What a search says in the end: warnings, and the error where no setting will do."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence

from sklearn.exceptions import FitFailedWarning

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.model_selection._candidates import Candidate
from personatwin_sk.model_selection._constraints import Constraints

__all__ = ["infeasible", "repeat_warnings", "warn_of_failures"]


def repeat_warnings(candidates: Iterable[Candidate]) -> None:
    """Give each warning of the candidates once."""
    # A dict keeps the order in which they came; a set would not.
    distinct = dict.fromkeys(w for candidate in candidates for w in candidate.remarks)
    for message, category, filename, line in distinct:
        warnings.warn_explicit(message, category, filename, line)


def warn_of_failures(candidates: Sequence[Candidate]) -> None:
    """Count the settings that failed, if others did not, in one warning."""
    failed = [candidate.error for candidate in candidates if candidate.error is not None]
    if failed and len(failed) < len(candidates):
        warnings.warn(
            f"{len(failed)} of {len(candidates)} settings failed and count as infeasible. "
            f"The first of them with: {failed[0]}",
            FitFailedWarning,
            stacklevel=4,
        )


def infeasible(
    candidates: Sequence[Candidate], nearest: Candidate | None, constraints: Constraints
) -> Exception:
    """Make the error for a search in which no candidate is feasible; it names the nearest one."""
    if nearest is None:
        return ValueError(
            f"All {len(candidates)} settings failed. The first of them with: {candidates[0].error}"
        )
    setting = ", ".join(f"{name}={nearest.params[name]!r}" for name in sorted(nearest.params))
    failed = sum(candidate.error is not None for candidate in candidates)
    message = (
        f"None of {len(candidates)} settings meets {constraints.told()}"
        + (f" ({failed} of them failed)" if failed else "")
        + f". The nearest is {setting or 'the estimator as it is'}, whose "
        + " and ".join(_risk_in_words(name, upper) for name, (_, upper) in nearest.parts.items())
        + ("" if nearest.k_held else f", but whose release does not hold {_k(constraints)}")
        + ". Let the grid reach further (larger k, coarser dates and places) or raise target_risk."
        + "".join(_advice(nearest))
    )
    return InfeasibleRiskError(
        message, nearest_params=dict(nearest.params), nearest_risk=nearest.risk_upper
    )


def _risk_in_words(name: str, upper: float) -> str:
    return f"risk {name + ' ' if name else ''}is at most {upper:.4g}"


def _k(constraints: Constraints) -> str:
    if constraints.min_k == 1:
        return "the k that it was set to"
    return f"the k that it was set to, or min_k={constraints.min_k}"


def _advice(nearest: Candidate) -> Iterator[str]:
    """Give what the reports themselves say drives the risk, each saying once."""
    for report in (nearest.reports or {}).values():
        advice = getattr(report, "recommendation", None)
        if isinstance(advice, str) and advice:
            yield f" About its release: {advice}"
