"""Reports on releases that are to a risk measure the same: measured once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from personatwin_sk.model_selection._constraints import Constraints, RiskMeasure
from personatwin_sk.model_selection._defaults import DefaultMeasures
from personatwin_sk.model_selection._lineage import Footprint, Lineage
from personatwin_sk.risk import ReidentificationRisk

__all__ = ["KnownReports", "columns_read"]

# Reports hold a number per row; the oldest make room.
_KEPT_BYTES = 2**28


class KnownReports:
    """Keeps the reports of a search, by what the measures read of the releases.

    Settings of steps that a measure does not look at, such as how often outcomes are exchanged,
    make releases that have the same risk.
    """

    def __init__(self) -> None:
        self._reports: dict[Hashable, Any] = {}
        self._n_bytes = 0

    def measure(
        self, constraints: Constraints, original: Any, released: Any, made: Lineage | None
    ) -> dict[str, Any]:
        """Give the reports on a release by name.

        Parameters
        ----------
        constraints : Constraints
        original, released : table
        made : Lineage or None
            Where the columns of the release come from; None: not known.
        """
        reports = {}
        for name, measure in constraints.measures.items():
            columns = None if made is None else columns_read(measure)
            if made is None or columns is None:
                reports[name] = measure(original, released)
                continue
            key = name, made.inputs(Footprint(columns, None))
            if key not in self._reports:
                self._keep(key, measure(original, released))
            reports[name] = self._reports[key]
        return reports

    def _keep(self, key: Hashable, report: Any) -> None:
        self._reports[key] = report
        self._n_bytes += _n_bytes(report)
        while self._n_bytes > _KEPT_BYTES and len(self._reports) > 1:
            oldest = next(iter(self._reports))
            self._n_bytes -= _n_bytes(self._reports.pop(oldest))


def columns_read(measure: RiskMeasure) -> frozenset[str] | None:
    """Give the columns of a release that decide a measure's report; None where that is not proved.

    Examples
    --------
    >>> sorted(columns_read(ReidentificationRisk(["age", "zip"], person_id="id")))
    ['age', 'id', 'zip']
    >>> columns_read(lambda original, released: None) is None
    True
    """
    if type(measure) is ReidentificationRisk:
        keys: Any = measure.quasi_identifiers
        listed = list(keys) if isinstance(keys, list | tuple) else [keys]
        names = [*listed, measure.person_id, measure.event_type, measure.date]
    else:
        owner = getattr(measure, "__self__", None)
        if not isinstance(owner, DefaultMeasures) or owner.risk_columns is None:
            return None
        names = list(owner.risk_columns)
    given = [name for name in names if name is not None]
    return frozenset(given) if all(isinstance(name, str) for name in given) else None


def _n_bytes(report: Any) -> int:
    return 2 * int(np.asarray(getattr(report, "individual_risks", ())).nbytes)
