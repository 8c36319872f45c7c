"""What a release has to keep to: targets for one risk or several, on average or at most, and k."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, NamedTuple, Protocol

import numpy as np

from personatwin_sk.risk import ReidentificationRisk

__all__ = [
    "Constraints",
    "Judgement",
    "Report",
    "RiskMeasure",
    "corrected",
    "is_sampled",
    "take_verdict",
]

# Rounding must not decide at the limit: a mean risk of .05 + 1e-17 meets a target of .05.
TOLERANCE = 1e-12

_NEEDED = {"average": ("upper", "k_anonymity"), "max": ("max_risk", "k_anonymity")}


class Report(Protocol):
    """What a search needs of the report that its `risk` returns; `event_risk` if it has it."""

    @property
    def upper(self) -> float:
        """Upper limit of the mean risk."""

    @property
    def k_anonymity(self) -> int:
        """People in the smallest class that is released."""


RiskMeasure = Callable[[Any, Any], Report]


class Verdict(NamedTuple):
    """What a report says, rows and events together."""

    mean: float
    upper: float
    k_anonymity: int


class Judgement(NamedTuple):
    """What all reports on one release say together.

    `mean` and `upper` are those of the risk where there is one; where there are several, the
    largest share of its target that any of them takes up. `parts` has both of each by its name.
    """

    mean: float
    upper: float
    k_held: bool
    met: bool
    parts: Mapping[str, tuple[float, float]]


def take_verdict(report: Any, risk_on: str = "average") -> Verdict:
    """Read the verdict from a report: the larger of the risk by rows and the risk by events.

    Parameters
    ----------
    report : Report
    risk_on : {"average", "max"}, default="average"
        Whether `upper` is the upper limit of the mean, or that of the risk of the person most at
        risk: ``report.max_upper``, or ``max_risk`` of a report that has no such limit. Where the
        risk by events is sampled nothing below 1 is sure.
    """
    needed = _NEEDED[risk_on]
    missing = [name for name in needed if not hasattr(report, name)]
    if missing:
        raise TypeError(
            f"risk(original, released) must return a RiskReport; got {type(report).__name__}, "
            f"which has no {' and no '.join(missing)}."
        )
    upper = getattr(report, needed[0])
    if risk_on == "max" and getattr(report, "max_upper", None) is not None:
        upper = report.max_upper
    mean = getattr(report, "population_average_risk", upper)
    events = getattr(report, "event_risk", None)
    if events is not None:
        # np.maximum hands NaN on: a risk that could not be measured is never met.
        mean = np.maximum(mean, events.mean)
        if risk_on == "average":
            of_events = events.upper
        else:
            # The largest of some draws is no limit of the largest of all.
            of_events = 1.0 if is_sampled(report) else events.max
        upper = np.maximum(upper, of_events)
    return Verdict(float(mean), float(upper), int(report.k_anonymity))


@dataclass(frozen=True)
class Constraints:
    """Risks by name with their targets, and the least k.

    Attributes
    ----------
    measures : mapping of str -> callable
        ``risk(original, released) -> report``; one alone has the name "".
    targets : mapping of str -> float
    given : mapping of str -> callable
        The measures before their confidence was corrected.
    risk_on : {"average", "max"}
    min_k : int
    """

    measures: Mapping[str, RiskMeasure]
    targets: Mapping[str, float]
    given: Mapping[str, RiskMeasure]
    risk_on: str = "average"
    min_k: int = 1

    @classmethod
    def of(
        cls,
        risk: RiskMeasure | Mapping[str, RiskMeasure | None] | None,
        target_risk: float | Mapping[str, float],
        *,
        default: RiskMeasure | None,
        n_candidates: int,
        risk_on: str = "average",
        min_k: int | None = None,
    ) -> Constraints:
        """Read the parameters of a search.

        Parameters
        ----------
        risk, target_risk, risk_on, min_k
            As given to :class:`RiskAwareSearch`.
        default : callable or None
            Stands where a risk is None.
        n_candidates : int
            Candidates among which the measures select: their confidence is corrected for it.

        Raises
        ------
        ValueError
            Names of risks and targets do not agree, or a target is not above 0 and at most 1.
        """
        given = dict(risk) if isinstance(risk, Mapping) else {"": risk}
        targets = (
            dict(target_risk)
            if isinstance(target_risk, Mapping)
            else dict.fromkeys(given, target_risk)
        )
        _check_names(given, targets, named=isinstance(risk, Mapping))
        chosen: dict[str, RiskMeasure] = {}
        for name, measure in given.items():
            one = default if measure is None else measure
            if not callable(one):
                raise ValueError(
                    f"The 'risk' parameter of RiskAwareSearch must be callable or None for each "
                    f"name; it is {type(one).__name__} for {name!r}."
                )
            chosen[name] = one
        measures = {name: corrected(one, n_candidates) for name, one in chosen.items()}
        return cls(measures, targets, chosen, risk_on, 1 if min_k is None else int(min_k))

    def measure(self, original: Any, released: Any) -> dict[str, Any]:
        """Give the reports on a release by name."""
        return {name: measure(original, released) for name, measure in self.measures.items()}

    def judge(self, reports: Mapping[str, Any], promised_k: int) -> Judgement:
        """Tell whether a release keeps to all of them.

        Parameters
        ----------
        reports : mapping of str -> report
        promised_k : int
            What the release's own steps promise.
        """
        verdicts = {name: take_verdict(reports[name], self.risk_on) for name in self.measures}
        k = min(verdict.k_anonymity for verdict in verdicts.values())
        k_held = k >= max(promised_k, self.min_k)
        met = all(v.upper <= self.targets[name] + TOLERANCE for name, v in verdicts.items())
        figures = np.array([(v.mean, v.upper) for v in verdicts.values()])
        if len(verdicts) > 1:
            figures = figures / np.array([[self.targets[name]] for name in verdicts])
        # A risk that could not be measured, NaN, is the largest.
        mean, upper = figures.max(axis=0)
        parts = {name: (v.mean, v.upper) for name, v in verdicts.items()}
        return Judgement(float(mean), float(upper), k_held, k_held and met, parts)

    def measure_afresh(self, name: str, report: Any, original: Any, released: Any) -> Any:
        """Measure a risk of one release with draws that no choice has seen, if it rests on draws.

        Parameters
        ----------
        name : str
        report : report
            What choosing rested on; given back where it rests on no draws.
        original, released : table
        """
        measure = self.given[name]
        if not is_sampled(report) or not isinstance(measure, ReidentificationRisk):
            return report
        return replace(measure, stream=measure.stream + 1)(original, released)

    def told(self) -> str:
        """Name the targets in words."""
        if list(self.targets) == [""]:
            return f"target_risk={self.targets['']:g}"
        listed = ", ".join(f"{name} {target:g}" for name, target in self.targets.items())
        return f"target_risk ({listed})"


def is_sampled(report: Any) -> bool:
    """Tell whether figures of a report rest on draws."""
    return bool(getattr(getattr(report, "event_risk", None), "n_sampled", 0))


def corrected(measure: RiskMeasure, n_candidates: int) -> RiskMeasure:
    """Give a measure whose upper limits hold for all of several candidates at once.

    Parameters
    ----------
    measure : callable
        ``risk(original, released) -> report``.
    n_candidates : int
        Releases of which one is to be chosen by these limits.

    Returns
    -------
    callable
        A :class:`~personatwin_sk.ReidentificationRisk` whose `n_compared` is so many times larger:
        what errs in each release by itself then has a limit at the confidence that is left to each
        (Bonferroni), and a limit that is exact stays what it is. Measures of other kinds are left
        as they are.

    Examples
    --------
    >>> corrected(ReidentificationRisk("age"), 10).n_compared
    10.0
    """
    if not isinstance(measure, ReidentificationRisk):
        return measure
    return replace(measure, n_compared=measure.n_compared * n_candidates)


def _check_names(measures: Mapping[str, Any], targets: Mapping[str, Any], *, named: bool) -> None:
    if not measures or set(measures) != set(targets):
        raise ValueError(
            "The 'risk' and 'target_risk' parameters of RiskAwareSearch must name the same risks, "
            f"at least one: risk has {sorted(measures) if named else 'no names'}, target_risk has "
            f"{sorted(targets)}."
        )
    wrong = [
        name
        for name, target in targets.items()
        if isinstance(target, bool) or not (isinstance(target, Real) and 0 < float(target) <= 1)
    ]
    if wrong:
        raise ValueError(
            "The 'target_risk' parameter of RiskAwareSearch must be above 0 and at most 1; it is "
            f"not for {wrong}."
        )
