"""Histories: chances, gaps and cut-off against closed forms; the built-in models are sound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from personatwin_sk.datasets._histories import (
    HistoryModel,
    Step,
    _cumulated,
    _draw,
    draw_histories,
)
from personatwin_sk.datasets._models import HISTORY_MODELS
from personatwin_sk.domains import get_domain_config

MONDAY = np.datetime64("2018-01-01", "D")
FRIDAY = np.datetime64("2023-12-29", "D")


class Scripted:
    """Stands in for a generator: says what it was told to say."""

    def __init__(self, values):
        self.values = np.asarray(values, dtype=float)

    def random(self, size):
        assert size == self.values.size
        return self.values


def make_model(**changes):
    parts = {
        "ages": (0, 99),
        "first": {"start": 1.0},
        "steps": {
            "start": Step(5, {"yes": 0.25, "no": 0.75}, {"yes": {"next": 0.6}}, any_day=True),
            "next": Step(30, {"done": 1.0}, {}, any_day=True),
        },
        "again": 0.0001,
        "again_by_year": 0.0,
        "pause": 100.0,
    }
    return HistoryModel(**{**parts, **changes})


def draw(model, n_people=20_000, *, first=MONDAY, last=FRIDAY, age=40, seed=0):
    ages = np.full(n_people, age)
    return draw_histories(model, ages, first, last, np.random.default_rng(seed))


@pytest.mark.parametrize("uniform", [0.0, 1e-17, 0.1, 0.3, 0.30001, 0.5, 0.99999, 1 - 2**-53])
def test_draw_takes_the_column_in_whose_span_the_number_falls(uniform):
    chances = [[0.3, 0.0, 0.7], [0.0, 1.0, 0.0], [0.1, 0.2, 0.7], [0.5, 0.5]]
    rows = np.array([0, 1, 2, 3, 2, 0])
    drawn = _draw(_cumulated(chances), rows, Scripted(np.full(6, uniform)))
    for row, column in zip(rows, drawn, strict=True):
        spans = np.cumsum(chances[row])
        expected = next(j for j, top in enumerate(spans) if uniform < top or j == len(spans) - 1)
        assert chances[row][column] > 0
        if np.abs(spans - uniform).min() > 1e-12:
            assert column == expected


def test_draw_is_never_out_of_range_in_many_rows():
    rng = np.random.default_rng(1)
    chances = rng.dirichlet(np.ones(7), size=500).tolist()
    rows = np.repeat(np.arange(500), 2)
    drawn = _draw(_cumulated(chances), rows, Scripted(np.tile([0.0, 1 - 2**-53], 500)))
    assert drawn.min() >= 0 and drawn.max() <= 6


def test_everybody_has_an_event_and_rows_are_in_order():
    histories = draw(HISTORY_MODELS["criminal_justice"], 2000)
    assert np.array_equal(np.unique(histories.person), np.arange(2000))
    assert (np.diff(histories.person) >= 0).all()
    same = np.diff(histories.person) == 0
    assert (np.diff(histories.day)[same] >= np.timedelta64(0, "D")).all()


def test_outcomes_and_transitions_come_as_often_as_told():
    # A century, so that nothing is cut off.
    histories = draw(make_model(), first=np.datetime64("1900-01-01"))
    starts = histories.event_type == "start"
    n_yes = int((starts & (histories.outcome == "yes")).sum())
    n_next = int((histories.event_type == "next").sum())
    assert stats.binomtest(n_yes, int(starts.sum()), 0.25).pvalue > 1e-3
    assert stats.binomtest(n_next, n_yes, 0.6).pvalue > 1e-3
    assert not (histories.outcome[~starts] != "done").any()


def test_next_comes_only_after_yes_and_after_the_right_time():
    histories = draw(make_model(), first=np.datetime64("1900-01-01"))
    at = np.flatnonzero(histories.event_type == "next")
    assert (histories.outcome[at - 1] == "yes").all()
    assert (histories.person[at - 1] == histories.person[at]).all()
    gaps = (histories.day[at] - histories.day[at - 1]).astype(int)
    # The mean of an exponential is 30; its standard error is 30 / sqrt(n).
    assert abs(gaps.mean() - 30) < 4 * 30 / np.sqrt(len(gaps))
    assert gaps.min() >= 0


def test_first_day_is_uniform_and_history_ends_at_the_last_day():
    last = np.datetime64("2018-04-27")
    histories = draw(make_model(pause=20.0, again=0.5), last=last)
    assert histories.day.min() == MONDAY and histories.day.max() == last
    first = histories.day[np.concatenate([[True], np.diff(histories.person) > 0])]
    seen = np.bincount((first - MONDAY).astype(int), minlength=117)
    assert len(seen) == 117
    assert stats.chisquare(seen).pvalue > 1e-3


def test_days_in_the_office_are_no_weekends():
    steps = {
        "start": Step(1, {"yes": 1.0}, {"yes": {"office": 1.0}}, any_day=True),
        "office": Step(3, {"done": 1.0}, {}),
    }
    histories = draw(make_model(steps=steps))
    office = histories.event_type == "office"
    assert np.is_busday(histories.day[office]).all()
    assert not np.is_busday(histories.day[~office]).all()


@pytest.mark.parametrize(("slope", "sign"), [(-0.05, -1), (0.0, 0), (0.03, 1)])
def test_age_changes_the_chance_of_more_events(slope, sign):
    model = make_model(again=0.4, again_by_year=slope)
    young, old = (np.bincount(draw(model, age=age).person).mean() for age in (25, 60))
    assert abs(old - young) < 0.05 if sign == 0 else (old - young) * sign > 0.1


def test_number_of_events_is_skewed():
    counts = np.bincount(draw(make_model(again=0.4)).person)
    assert stats.skew(counts) > 1.5
    assert np.median(counts) < counts.mean()


@pytest.mark.parametrize("name", HISTORY_MODELS)
def test_models_have_chances_that_are_chances(name):
    model = HISTORY_MODELS[name]
    assert sum(model.first.values()) == pytest.approx(1)
    assert 0 <= model.ages[0] < model.ages[1] <= 99
    for step in model.steps.values():
        assert step.days >= 0
        assert sum(step.outcomes.values()) == pytest.approx(1)
        assert min(step.outcomes.values()) > 0
        for outcome, then in step.then.items():
            assert outcome in step.outcomes
            assert 0 < sum(then.values()) <= 1 + 1e-12


@pytest.mark.parametrize("name", HISTORY_MODELS)
def test_models_stay_within_their_domain(name):
    model, domain = HISTORY_MODELS[name], get_domain_config(name)
    assert set(model.first) <= set(domain.first_events)
    for event, step in model.steps.items():
        assert set(step.outcomes) <= set(domain.outcomes[event])
        for then in step.then.values():
            assert set(then) <= set(domain.next_events[event])
            assert set(then) <= set(model.steps)
