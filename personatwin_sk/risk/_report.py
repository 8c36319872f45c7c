"""The report: what was measured, in figures that hold no person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from personatwin_sk.risk._events import EventRisk

__all__ = ["THRESHOLDS", "RiskFigures", "RiskReport"]

THRESHOLDS: tuple[tuple[float, str], ...] = (
    (0.01, "SAFE_FOR_PUBLIC_RELEASE"),
    (0.05, "SAFE_FOR_RESEARCH"),
    (0.15, "INTERNAL_USE_ONLY"),
)
"""Largest risk of each level; what is above the last one is "UNSAFE"."""

# A limit that is met exactly (20 people of one class: 1/20) must not fail by rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class RiskFigures:
    """Risk under one attacker.

    Attributes
    ----------
    mean, max : float
        Between 0 and 1; 0 only where nobody is released.
    """

    mean: float
    max: float


@dataclass(frozen=True)
class RiskReport:
    """What :func:`assess_risk` measured on a released table.

    Attributes
    ----------
    attacker : {"prosecutor", "journalist", "marketer"}
        Whose risk `population_average_risk`, `max_risk`, `upper` and `individual_risks` are.
    k_anonymity : int
        People in the smallest class; 0 where nobody is released.
    n_people : int
        People whose risk was measured: the released ones.
    n_classes : int
    n_suppressed : int
        People of the original who have no released row.
    population_average_risk : float
        Mean over people under `attacker`.
    max_risk : float
    upper : float
        The mean with the low end of each count of the population (and at least f people behind a
        row); equal to it where all counts are exact.
    prosecutor, journalist, marketer : RiskFigures
    individual_risks : ndarray of float, shape (n_rows,)
        Per row of the original: the risk of its person (the largest of their classes); NaN where
        the row is suppressed. These figures are as secret as the data.
    event_risk : EventRisk
    modelled_share : float
        Share of people whose F rests on figures that the population calls modelled.
    n_raised : int
        Classes where the population counts fewer people than the file: F was raised to f.
    n_unknown_to_population : int
        People with a key value that the population does not know: their F is f. 0 without one.
    population_sources : tuple of str
        Where the counts of the population come from; empty without one.
    recommendation : str
        What drives the risk and what to do; starts "CENSUS:" where counts of the population decide.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.risk import assess_risk
    >>> people = pd.DataFrame({"age": [31, 34, 38, 52, 57]})
    >>> released = pd.DataFrame({"age": ["30-39"] * 3 + ["50-59"] * 2})
    >>> report = assess_risk(people, released, ["age"])
    >>> report.k_anonymity, report.population_average_risk, report.max_risk
    (2, 0.4, 0.5)
    >>> report.get_risk_level()
    'UNSAFE'
    """

    attacker: str
    k_anonymity: int
    n_people: int
    n_classes: int
    n_suppressed: int
    population_average_risk: float
    max_risk: float
    upper: float
    prosecutor: RiskFigures
    journalist: RiskFigures
    marketer: RiskFigures
    individual_risks: np.ndarray = field(repr=False, compare=False)
    event_risk: EventRisk
    modelled_share: float
    n_raised: int
    n_unknown_to_population: int
    population_sources: tuple[str, ...]
    recommendation: str

    @property
    def verdict_risk(self) -> float:
        """The figure that a release is judged by: the larger of both upper limits."""
        return max(self.upper, self.event_risk.upper)

    def get_risk_level(self) -> str:
        """Name the level of the larger of `upper` and `event_risk.upper`.

        Returns
        -------
        str
            "SAFE_FOR_PUBLIC_RELEASE" up to 1 %, "SAFE_FOR_RESEARCH" up to 5 %,
            "INTERNAL_USE_ONLY" up to 15 %, else "UNSAFE".
        """
        for limit, level in THRESHOLDS:
            if self.verdict_risk <= limit + _ROUNDING:
                return level
        return "UNSAFE"

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain numbers and text that JSON can hold.

        Returns
        -------
        dict
            All attributes but `individual_risks`, and the `risk_level`.
        """
        result = {
            name: getattr(self, name)
            for name in self.__dataclass_fields__
            if name != "individual_risks"
        }
        for name in ("prosecutor", "journalist", "marketer", "event_risk"):
            result[name] = asdict(result[name])
        result["population_sources"] = list(self.population_sources)
        result["risk_level"] = self.get_risk_level()
        return result
