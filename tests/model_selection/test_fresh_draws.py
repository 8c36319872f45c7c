"""What is reported of the winner was not what it was chosen by; and steps stand in order."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.pipeline import Pipeline
from test_defaults import court

from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.noise import TemporalNoise
from personatwin_sk.risk import ReidentificationRisk, _events


def risk_of_events(**parameters):
    return ReidentificationRisk(
        ["age", "gender"], person_id="person_id", attacker="prosecutor", known_events=1,
        event_type="outcome", date="date", **parameters,
    )  # fmt: skip


def search_with(risk, **parameters):
    pipeline = Pipeline(
        [
            ("dates", TemporalNoise(["date"], person_id="person_id", jitter=30, random_state=0)),
            ("merge", PersonaMerger(["age", "gender"], person_id="person_id")),
        ]
    )
    grid = {"merge__k": [2, 10], "dates__precision": ["month", "year"]}
    return RiskAwareSearch(
        pipeline, grid, risk=risk, utility=lambda old, new: new["age"].nunique(), **parameters
    )


@pytest.mark.parametrize("strategy", ["pruned", "exhaustive"])
def test_winner_is_measured_again_with_other_draws(monkeypatch, strategy):
    # Sampled, however little there is to count.
    monkeypatch.setattr(_events, "_DATED", (0, 1))
    monkeypatch.setattr(_events, "_OTHERS", (0, 1))
    table, risk = court(), risk_of_events(confidence=0.9)
    search = search_with(risk, target_risk=0.95, strategy=strategy).fit(table)
    released = search.transform(table)
    chosen_by = risk_of_events(confidence=1 - 0.1 / 4)(table, released)
    assert chosen_by.event_risk.n_sampled > 0
    assert search.best_risk_ == chosen_by.verdict_risk
    told = search.best_report_
    assert told == risk_of_events(confidence=0.9, stream=1)(table, released)
    assert told.event_risk.mean != chosen_by.event_risk.mean


def test_what_was_counted_is_not_measured_again():
    calls = []

    class Counting(ReidentificationRisk):
        def __call__(self, original, released):
            calls.append(self.stream)
            return super().__call__(original, released)

    risk = Counting(["age", "gender"], person_id="person_id", attacker="prosecutor")
    search = search_with(risk, target_risk=0.9, strategy="exhaustive").fit(court())
    assert calls == [0] * 4
    assert search.best_report_.event_risk.n_sampled == 0


def test_other_streams_draw_otherwise_and_agree():
    table = court()
    months = table["date"].dt.strftime("%Y-%m")
    released = table.assign(age="all", gender="all", date=months)
    counted = risk_of_events()(table, released).event_risk
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_events, "_DATED", (0, 1))
        means = [risk_of_events(stream=s)(table, released).event_risk.mean for s in range(8)]
        again = risk_of_events(stream=3)(table, released).event_risk.mean
    assert len(set(means)) > 1
    assert again == means[3]
    assert np.mean(means) == pytest.approx(counted.mean, abs=0.1)


def test_noise_on_merged_columns_is_refused_before_anything_is_fitted():
    pipeline = Pipeline(
        [
            ("merge", PersonaMerger(["age", "date"], person_id="person_id")),
            ("dates", TemporalNoise(["date"], person_id="person_id")),
        ]
    )
    search = RiskAwareSearch(pipeline, {}, risk=lambda old, new: None, utility=lambda old, new: 1.0)
    with pytest.raises(ValueError, match="puts noise on 1 key variable"):
        search.fit(court())
