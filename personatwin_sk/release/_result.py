"""What a release comes back with."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
import pandas
import sklearn

from personatwin_sk._version import __version__
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.noise import PrivacyLedger, privacy_ledger
from personatwin_sk.release._gate import verdict_of
from personatwin_sk.release._personas import Personas
from personatwin_sk.risk import RiskReport

SCHEMA_VERSION = 1
PUBLIC, RESEARCH = 0.01, 0.05
_ROUNDING = 1e-12  # 20 people of one class, 1/20, must not miss 5 % by the last bit


@dataclass(frozen=True)
class ReleaseResult:
    """A release that passed the gate.

    Parameters
    ----------
    personas : Personas
        What can be shared; ``personas_to_dataframe`` and ``personas_to_event_dataframe`` read it.
    risk_metrics : RiskReport
        Risk, measured on the released table.
    utility : float
        Share of the information kept, 0 to 1.
    search : RiskAwareSearch
        The fitted search. As secret as the data: it holds cells and the keys of the noise. It is
        in no export.
    target_risk : float
        What was asked for.
    baselines : mapping of str to RiskReport
        The same risk of the table as it came ("untouched") and of everybody in one persona with
        dates by the year ("all_in_one"): what a release has to be compared with.
    baseline_utility : mapping of str to float
        Information kept by each baseline.
    settings : mapping
        Settings that were chosen and asked for; neither keys nor seeds.
    counts : mapping of str to int
        People, events, suppressed people, settings tried.
    population : mapping or None
        Where population figures are from; None without a population.
    notes : sequence of str
        Remarks on the data, with counts.
    decision_log : sequence of dict
        How the setting was chosen, a stage of the search each: `stage`, `what`, `tried` (values by
        parameter), `n_settings`, `n_measured`, `n_within_target`, where the search stood `before`
        and `after` (`params`, `risk`, `utility`, `within_target`), `effect` and `next` in words.
    frontier : sequence of dict
        The settings of all stages that no other one measured beats in risk or utility without
        losing in the other, from the safest on: `params`, `words`, `risk`, `utility`,
        `within_target`, `knee`, `chosen`.
    kept : mapping or None
        What is kept of single columns, pairs, disparities between groups, sequences and trends, in
        figures and in `words`; disparities that are lost or reversed are named there, with why.
        None where too few people are released for any figure.
    attack : mapping or None
        How often an attack by linkage names the right person, beside its baseline and the same on
        the untouched table; None where too few people could be tried.
    histories : mapping or None
        How much could be told of the histories of personas; None without rows of events.
    checks : mapping or None
        Safe Harbor item by item, thresholds that agencies publish, which rules the figures speak
        to, and what was sent where.

    Examples
    --------
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(200, random_state=0)
    >>> result = pt.create_safe_personas(people, known_events=0, random_state=0)
    >>> result.is_safe_for_research()
    True
    """

    personas: Personas
    risk_metrics: RiskReport
    utility: float
    search: RiskAwareSearch = field(repr=False)
    target_risk: float
    baselines: Mapping[str, RiskReport] = field(repr=False)
    baseline_utility: Mapping[str, float] = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)
    counts: Mapping[str, int] = field(repr=False)
    population: Mapping[str, Any] | None = field(default=None, repr=False)
    notes: Sequence[str] = field(default=(), repr=False)
    decision_log: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    frontier: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    kept: Mapping[str, Any] | None = field(default=None, repr=False)
    attack: Mapping[str, Any] | None = field(default=None, repr=False)
    histories: Mapping[str, Any] | None = field(default=None, repr=False)
    checks: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def verdict(self) -> float:
        """The figure that decides: the larger of the upper limits of class and event risk."""
        return verdict_of(self.risk_metrics)

    def is_safe_for_public(self) -> bool:
        """Tell whether the verdict is at most 1 %."""
        return self.verdict <= PUBLIC + _ROUNDING

    def is_safe_for_research(self) -> bool:
        """Tell whether the verdict is at most 5 %."""
        return self.verdict <= RESEARCH + _ROUNDING

    @property
    def privacy_ledger(self) -> PrivacyLedger:
        """What the noise of the chosen setting spends per event and per person, step by step."""
        return privacy_ledger(self.search, n_settings=self.counts["settings_tried"])

    def to_dict(self) -> dict[str, Any]:
        """Give everything that may be published about the release, ready for JSON.

        Aggregates only: no person's figure, no id, no key and no seed.
        """
        reports = {"release": self.risk_metrics, **self.baselines}
        return {
            "schema_version": SCHEMA_VERSION,
            "verdict": {
                "risk": self.verdict,
                "target_risk": self.target_risk,
                "level": self.risk_metrics.get_risk_level(),
                "safe_for_public": self.is_safe_for_public(),
                "safe_for_research": self.is_safe_for_research(),
            },
            "settings": dict(self.settings),
            "counts": dict(self.counts),
            "risk": {name: report.to_dict() for name, report in reports.items()},
            "utility": {"release": self.utility, **self.baseline_utility},
            "privacy_ledger": self.privacy_ledger.to_dict(),
            "population": None if self.population is None else dict(self.population),
            "notes": list(self.notes),
            "decision_log": [dict(entry) for entry in self.decision_log],
            "frontier": [dict(entry) for entry in self.frontier],
            "kept": self.kept,
            "attack": self.attack,
            "histories": self.histories,
            "checks": self.checks,
            "versions": {
                "personatwin_sk": __version__,
                "python": platform.python_version(),
                "numpy": numpy.__version__,
                "pandas": pandas.__version__,
                "scikit-learn": sklearn.__version__,
            },
        }
