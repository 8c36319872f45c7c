"""The report: what was measured, in figures that hold no person."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.risk._breakdown import ClassBreakdown
from personatwin_sk.risk._events import EventRisk
from personatwin_sk.risk._presets import PRESETS, THRESHOLDS, Preset, check_preset, risk_level
from personatwin_sk.risk._recommendation import describe_attacker, recommend
from personatwin_sk.risk.attacks._result import AttackResult, ResidualRisk

__all__ = ["THRESHOLDS", "RiskFigures", "RiskReport"]

# Of single people, and of single classes: never in what is written to a file.
_SECRET = ("individual_risks", "breakdown")


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
    max_upper : float or None
        Upper limit of `max_risk`: the low ends of the counts of all classes hold at once, and what
        is expected rather than counted is not relied on.
    upper : float
        Upper confidence limit of that mean: what the population's counts err alike is at its worst,
        what each errs by itself adds what chance may; never above the mean of 1/f, and equal to the
        mean where all counts are exact.
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
    n_counted_by_cells : int
        Classes whose labels could not be counted (too many, or not known to the population), so
        that only the values of their own people count.
    n_untold : int
        Classes whose labels have more ends than can be counted, so that F is f.
    delta_presence : tuple of float
        Least and largest share of the people behind a row who are in the file: f/F. Both are 1
        where F is f, so too without a population.
    has_population : bool
        A population was given.
    census_decides : bool
        Its counts decide: the attacker does not know who is in the file, and more people than those
        of the file stand behind some class.
    attacks : mapping of str -> AttackResult or ResidualRisk
        What came of the attacks that were tried; empty if none were asked for.
    breakdown : ClassBreakdown
        The classes that `drivers` and `highest_risk_classes` are read from; as secret as the table.

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
    >>> report.meets("cms")
    (False, ('The largest risk of a person is 0.5000; at most 0.0909 is allowed.',))
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
    n_counted_by_cells: int = 0
    n_untold: int = 0
    max_upper: float | None = None
    delta_presence: tuple[float, float] = (1.0, 1.0)
    has_population: bool = False
    census_decides: bool = False
    attacks: Mapping[str, AttackResult | ResidualRisk] = field(default_factory=dict)
    breakdown: ClassBreakdown = field(default_factory=ClassBreakdown, repr=False, compare=False)

    @property
    def verdict_risk(self) -> float:
        """The figure that a release is judged by: the larger of both upper limits."""
        # np.maximum hands NaN on, where max() would choose by position.
        return float(np.maximum(self.upper, self.event_risk.upper))

    @cached_property
    def drivers(self) -> Mapping[Hashable, float]:
        """Mean risk that would be left without each quasi-identifier; the one that drives it first.

        Of classes only, and without a new count of the population: the people behind a coarser row
        are those behind its parts. That is at most what the population would say.
        """
        return self.breakdown.drivers()

    @cached_property
    def recommendation(self) -> str:
        """What the risk rests on, what drives it and which step brings it down.

        Starts "CENSUS:" where counts of the population decide.
        """
        return recommend(self)

    def describe_attacker(self) -> str:
        """Say in words against whom the figures are: what they know, and of whom.

        Returns
        -------
        str
        """
        return describe_attacker(self)

    def get_risk_level(self) -> str:
        """Name the level of the larger of `upper` and `event_risk.upper`.

        Returns
        -------
        str
            "SAFE_FOR_PUBLIC_RELEASE" up to 1 %, "SAFE_FOR_RESEARCH" up to 5 %,
            "INTERNAL_USE_ONLY" up to 15 %, else "UNSAFE".
        """
        return risk_level(self.verdict_risk)

    def meets(self, preset: str | Preset) -> tuple[bool, tuple[str, ...]]:
        """Tell whether the release keeps the limits of an agency, or your own.

        Parameters
        ----------
        preset : {"cms", "ema", "health_canada", "strict"} or Preset

        Returns
        -------
        met : bool
        reasons : tuple of str
            One per limit that is not kept.

        Raises
        ------
        InputError
            There is no preset of this name.
        """
        return check_preset(self, preset)

    def share_at_risk(self, threshold: float) -> float:
        """Give the share of people whose risk is above a threshold ("records at risk").

        Parameters
        ----------
        threshold : float

        Returns
        -------
        float
            0 where nobody is released.
        """
        return self.breakdown.share_at_risk(threshold)

    def highest_risk_classes(self, n_classes: int = 5, *, min_people: int = 5) -> pd.DataFrame:
        """Show the classes at the highest risk, of those with enough people to be shown.

        Not in `to_dict`: of a table that is not released, its labels must not be published either.

        Parameters
        ----------
        n_classes : int, default=5
            At most so many, those at the highest risk first.
        min_people : int, default=5
            Fewest people of a class that is shown; the k that was promised, and at least 2.

        Returns
        -------
        pandas.DataFrame
            The released labels of each class, its `people` in the file and its mean `risk`.

        Raises
        ------
        InputError
            One of the numbers is too small.
        """
        return self.breakdown.highest(n_classes, min_people)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain numbers and text that JSON can hold.

        Returns
        -------
        dict
            All attributes but those of single people and classes; `recommendation`,
            `attacker_in_words`, `risk_level`, `drivers` (a list of column and `mean_without`),
            `share_at_risk` by threshold, and `presets` (name -> met).
        """
        result = {
            name: getattr(self, name) for name in self.__dataclass_fields__ if name not in _SECRET
        }
        for name in ("prosecutor", "journalist", "marketer", "event_risk"):
            result[name] = asdict(result[name])
        result["attacks"] = {name: one.to_dict() for name, one in self.attacks.items()}
        result["population_sources"] = list(self.population_sources)
        result["delta_presence"] = list(self.delta_presence)
        result["recommendation"] = self.recommendation
        result["attacker_in_words"] = self.describe_attacker()
        result["risk_level"] = self.get_risk_level()
        # A list: two columns may be called 1 and "1", which are one name to JSON.
        result["drivers"] = [
            {"column": str(name), "mean_without": risk} for name, risk in self.drivers.items()
        ]
        result["share_at_risk"] = {
            str(threshold): self.share_at_risk(threshold) for threshold, _ in THRESHOLDS
        }
        result["presets"] = {name: self.meets(name)[0] for name in PRESETS}
        return result
