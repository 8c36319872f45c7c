"""TemporalNoise: shifts by weeks and years, and strict order, on tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from personatwin_sk.exceptions import InputError
from personatwin_sk.noise import TemporalNoise

IDS = {"person_id": "person_id", "event_id": "event_id"}


def make_events(n=6_000, n_people=3_000, seed=0):
    rng = np.random.default_rng(seed)
    dates = np.datetime64("2015-01-01") + rng.integers(0, 2_500, n).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "person_id": rng.integers(0, n_people, n),
            "event_id": np.arange(n),
            "date": pd.DatetimeIndex(dates),
        }
    )


@pytest.mark.parametrize(
    ("step", "days", "shift"), [("week", 7, 7), ("week", 7, 60), ("year", 364, 1_100)]
)
def test_shifts_in_whole_weeks(step, days, shift):
    events = make_events()
    noise = TemporalNoise(**IDS, shift=shift, shift_step=step, random_state=0)
    released = noise.fit_transform(events)["date"]
    moved = (released - events["date"]).dt.days
    assert (released.dt.day_of_week == events["date"].dt.day_of_week).all()
    assert (moved % days == 0).all() and moved.abs().max() <= shift
    assert moved.groupby(events["person_id"]).nunique().eq(1).all()
    most = shift // days
    of_people = moved.groupby(events["person_id"]).first() // days
    observed = np.bincount(of_people + most, minlength=2 * most + 1)
    assert len(observed) == 2 * most + 1 and stats.chisquare(observed).pvalue > 1e-3
    if step == "year":
        before, after = events["date"].dt.day_of_year, released.dt.day_of_year
        apart = (before - after).abs()
        assert np.minimum(apart, 366 - apart).max() <= 6


@pytest.mark.parametrize(("step", "shift"), [("week", 6), ("year", 363)])
def test_a_shift_of_less_than_a_step_is_refused(step, shift):
    with pytest.raises(InputError, match=f"the parameter shift is {shift}, less than one '{step}'"):
        TemporalNoise(shift=shift, shift_step=step).fit(make_events(n=10))
    TemporalNoise(shift=0, shift_step=step).fit(make_events(n=10))
    with pytest.raises(ValueError, match="'shift_step' parameter of TemporalNoise"):
        TemporalNoise(shift_step="month").fit(make_events(n=10))


def test_weekdays_go_with_jitter():
    events = make_events()
    noise = TemporalNoise(**IDS, shift=28, shift_step="week", jitter=3, random_state=0)
    moved = (noise.fit_transform(events)["date"] - events["date"]).dt.days
    assert moved.abs().max() <= 31


@pytest.mark.parametrize("setting", [{"jitter": 7}, {"jitter": 40, "shift": 90}])
def test_later_days_stay_later_days(setting):
    events = make_events(n=4_000, n_people=80)  # 50 events each
    released = TemporalNoise(**IDS, **setting, random_state=0).fit_transform(events)["date"]
    ordered = events.assign(new=released).sort_values(["person_id", "date", "new"])
    true_gap = ordered.groupby("person_id")["date"].diff().dt.days
    gap = ordered.groupby("person_id")["new"].diff().dt.days
    assert (gap[true_gap > 0] > 0).all()
    assert (released - events["date"]).dt.days.abs().max() <= sum(setting.values())


def test_ties_come_from_the_precision_only():
    days = pd.date_range("2022-01-01", "2022-12-31")
    events = pd.DataFrame({"person_id": "a", "event_id": range(365), "date": days})
    noise = TemporalNoise(**IDS, jitter=20, random_state=0)
    # An event on every day leaves room at the ends only.
    released = noise.fit_transform(events)["date"]
    assert released.is_unique and released.is_monotonic_increasing
    assert (released == events["date"]).mean() > 0.8
    every_other = events[::2]
    released = noise.fit_transform(every_other)["date"]
    assert released.is_unique and released.is_monotonic_increasing
    weeks = noise.set_params(precision="week").fit_transform(every_other)["date"]
    assert weeks.is_monotonic_increasing and not weeks.is_unique


def test_the_repair_moves_dates_no_more_on_average_than_it_must():
    # The running maximum would push late: the mean displacement stays near 0 instead.
    events = make_events(n=20_000, n_people=200)
    released = TemporalNoise(**IDS, jitter=30, random_state=0).fit_transform(events)["date"]
    moved = (released - events["date"]).dt.days
    assert abs(moved.mean()) < 0.5
    assert (moved != 0).mean() > 0.8
