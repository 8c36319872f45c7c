"""Risks of releases that are the same to a measure: measured once, and never taken for others."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from test_memory import DATES, MERGE, OUTCOMES, STAYS, TABLE

from personatwin_sk import ReidentificationRisk
from personatwin_sk.model_selection import RiskAwareSearch, _known_reports
from personatwin_sk.model_selection._constraints import Constraints
from personatwin_sk.model_selection._defaults import DefaultMeasures
from personatwin_sk.model_selection._known_reports import KnownReports, columns_read
from personatwin_sk.model_selection._lineage import Footprint, Lineage

pytestmark = pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.DataWarning")

KEYS = ["age", "zip"]
ROWS = ReidentificationRisk(KEYS, person_id="person", attacker="prosecutor")
EVENTS = ReidentificationRisk(
    KEYS, person_id="person", attacker="prosecutor", known_events=1, event_type="type", date="date",
)  # fmt: skip
GRID = {
    "dates__precision": ["month", "year"],
    "outcomes__flip_probability": [0.1, 0.2],
    "stays__spread": [2, 3],
    "merge__k": [2, 4],
}


def test_columns_of_measures():
    assert columns_read(ROWS) == {"age", "zip", "person"}
    assert columns_read(EVENTS) == {"age", "zip", "person", "type", "date"}
    assert columns_read(ReidentificationRisk("age")) == {"age"}
    assert columns_read(ReidentificationRisk([0, 1])) is None

    @dataclass(frozen=True)
    class Special(ReidentificationRisk):
        other: list = field(default_factory=list)

    assert columns_read(Special("age")) is None
    default = DefaultMeasures(Pipeline([MERGE]), [{}], TABLE)
    assert columns_read(default.risk) == {"age", "zip", "person"}
    # A utility or a risk of one's own may look at anything.
    assert columns_read(lambda original, released: None) is None
    unnamed = clone(MERGE[1]).set_params(quasi_identifiers=None)
    assert columns_read(DefaultMeasures(unnamed, [{}], TABLE).risk) is None


@pytest.mark.parametrize(("measure", "n_different"), [(ROWS, 2), (EVENTS, 4)])
def test_what_a_measure_does_not_look_at_is_not_measured_again(monkeypatch, measure, n_different):
    called = []
    plain = ReidentificationRisk.__call__

    def counted(self, original, released):
        called.append(1)
        return plain(self, original, released)

    monkeypatch.setattr(ReidentificationRisk, "__call__", counted)
    pipeline = Pipeline([DATES, OUTCOMES, STAYS, MERGE])
    # Most useful first, and none safe enough but the last: all are measured.
    search = RiskAwareSearch(pipeline, GRID, target_risk=1e-6, risk=measure)
    with pytest.raises(ValueError, match="None of 16 settings"):
        search.fit(TABLE)
    assert len(called) == n_different
    pruned = search.cv_results_
    with pytest.raises(ValueError, match="None of 16 settings"):
        search.set_params(strategy="exhaustive").fit(TABLE)
    assert len(called) == n_different + 16
    for name in ("risk", "risk_upper", "utility"):
        np.testing.assert_array_equal(pruned[name], search.cv_results_[name])


def constraints(measure):
    return Constraints.of(measure, 0.5, default=None, n_candidates=1)


def test_releases_that_differ_to_the_measure_are_told_apart():
    known, asked = KnownReports(), constraints(ReidentificationRisk("age", attacker="prosecutor"))
    one = pd.DataFrame({"age": [1, 1, 2, 2], "home": [1, 2, 3, 4]})
    other = one.assign(age=1)
    start = Lineage()
    home = start.after(Footprint(None, frozenset({"home"})), 1)
    age = start.after(Footprint(None, frozenset({"age"})), 2)
    first = known.measure(asked, one, one, start)[""]
    assert first.k_anonymity == 2
    assert known.measure(asked, one, one.assign(home=0), home)[""] is first
    assert known.measure(asked, one, other, age)[""].k_anonymity == 4
    # Where nothing is known of the release it is looked at.
    assert known.measure(asked, one, other, None)[""].k_anonymity == 4


def test_old_reports_make_room(monkeypatch):
    monkeypatch.setattr(_known_reports, "_KEPT_BYTES", 2 * 2 * 8 * len(TABLE))
    known, asked = KnownReports(), constraints(ROWS)
    made = [Lineage(number) for number in range(3)]
    reports = [known.measure(asked, TABLE, TABLE, one)[""] for one in made]
    again = [known.measure(asked, TABLE, TABLE, one)[""] for one in made[::-1]]
    assert [new is old for new, old in zip(again, reports[::-1], strict=True)] == [
        True, True, False,
    ]  # fmt: skip
