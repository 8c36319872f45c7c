"""The law of displacement, against laws that are known and sums by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.risk._event_dates import NO_DATE, Known, Shown, read_event_dates
from personatwin_sk.risk._event_kernel import Displacement, fit_displacement, measure_kernel


def chances_of(law):
    return np.diff(np.diff(law.sums, prepend=0), prepend=0)


def dates_of(true_days, released):
    return read_event_dates(pd.Series(pd.to_datetime(true_days, unit="D")), pd.Series(released))


def moved(rng, n, noise, precision):
    """True days of 2010 to 2019, and the same moved by a noise and floored."""
    days = rng.integers(14_610, 18_262, n)
    late = (days + noise).astype("datetime64[D]").astype(f"datetime64[{precision}]")
    return days, late.astype(str)


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=6).filter(sum),
    st.integers(-4, 4),
    st.integers(0, 6),
    st.integers(0, 3),
    st.integers(-12, 12),
    st.integers(0, 9),
)
@settings(deadline=None)
def test_the_chance_is_the_sum_over_days(weights, low, true_first, longer, first, length):
    share = np.array(weights) / sum(weights)
    true_last, last = true_first + longer, first + length
    expected = 0.0
    reached = False
    for day in range(true_first, true_last + 1):
        for move, chance in enumerate(share, start=low):
            if first <= day + move <= last:
                expected += chance / (longer + 1)
                reached = True
    law = Displacement.of(low, share)
    found = law.chance(*(np.array([x]) for x in (true_first, true_last, first, last)))[0]
    assert found == pytest.approx(expected, abs=2e-9)
    assert (found > 0) == reached


@pytest.mark.parametrize("precision", ["D", "M", "Y"])
def test_a_uniform_jitter_is_found_at_every_precision(precision):
    rng = np.random.default_rng(0)
    noise = rng.integers(-14, 15, 60_000)
    days, late = moved(rng, 60_000, noise, precision)
    dates = dates_of(days, late)
    law = measure_kernel(dates, np.arange(60_000)).dates[dates.width[0]]
    assert (law.low, law.high) == (-14, 14)
    assert np.cumsum(chances_of(law)) == pytest.approx(np.arange(1, 30) / 29, abs=0.04)


def test_a_law_that_is_not_uniform_is_found():
    rng = np.random.default_rng(1)
    noise = rng.geometric(0.2, 40_000) - rng.geometric(0.2, 40_000)
    days, late = moved(rng, 40_000, noise, "D")
    law = measure_kernel(dates_of(days, late), np.arange(40_000)).dates[0]
    found = Displacement.chance(law, *(np.zeros(9, dtype=int),) * 2, *(np.arange(-4, 5),) * 2)
    z = np.abs(np.arange(-4, 5))
    expected = 0.2 / 1.8 * 0.8**z  # two-sided geometric
    assert found == pytest.approx(expected, rel=0.15)


def test_one_date_that_is_far_off_does_not_hide_that_the_others_stay():
    days = np.arange(14_610, 18_000)
    late = days.copy()
    late[7] += 3_000
    law = measure_kernel(dates_of(days, pd.to_datetime(late, unit="D")), np.arange(len(days)))
    stays = law.dates[0].chance(*(np.zeros(1, dtype=int),) * 4)[0]
    assert stays > 0.99
    assert law.dates[0].high == 3_000  # and the one still fits


def test_few_events_have_the_window_of_the_observed_reach():
    law = fit_displacement(np.array([-3, 0, 0, 2]), np.array([-3, 0, 0, 2]))
    assert (law.low, law.high) == (-3, 2)
    assert chances_of(law) == pytest.approx(np.full(6, 1 / 6))


def test_no_event_at_all_moves_nothing():
    law = fit_displacement(np.array([], dtype=int), np.array([], dtype=int))
    assert (law.low, law.high, law.sums.tolist()) == (0, 0, [1.0])


def test_moves_that_periods_never_show_are_taken_as_none():
    """By the year, with one event that crossed into the next year: no more can be said."""
    days = np.full(500, 18_262 - 20)  # in December
    late = np.array(["2019"] * 499 + ["2020"])
    kernel = measure_kernel(dates_of(days, late), np.arange(500))
    assert (kernel.dates[4].low, kernel.dates[4].high) == (0, 20)
    assert chances_of(kernel.dates[4]) == pytest.approx(np.full(21, 1 / 21), abs=0.05)


def test_a_constant_shift_is_seen_through():
    days = np.arange(14_610, 14_700)
    law = measure_kernel(dates_of(days, pd.to_datetime(days + 40, unit="D")), np.arange(90))
    assert (law.dates[0].low, law.dates[0].high) == (40, 40)


@pytest.mark.parametrize(("jitter", "expected"), [(0, 0), (5, 10)])
def test_gaps_are_moved_by_jitter_and_not_by_shifts(jitter, expected):
    rng = np.random.default_rng(2)
    person = np.repeat(np.arange(4_000), 5)
    noise = rng.integers(-200, 201, 4_000)[person] + rng.integers(-jitter, jitter + 1, 20_000)
    days, late = moved(rng, 20_000, noise, "D")
    kernel = measure_kernel(dates_of(days, late), person)
    assert (kernel.gaps.low, kernel.gaps.high) == (-expected, expected)
    if jitter:  # the difference of two uniform draws is triangular
        triangle = np.convolve(np.ones(11), np.ones(11)) / 121
        assert np.cumsum(chances_of(kernel.gaps)) == pytest.approx(np.cumsum(triangle), abs=0.02)


def test_nulls_have_chances_of_their_own():
    original = pd.Series(pd.to_datetime(["2020-01-01"] * 6 + [None] * 2))
    released = pd.Series(["2020", "2020", "2020", None, "2020", "2020", None, "2020"])
    dates = read_event_dates(original, released)
    kernel = measure_kernel(dates, np.arange(8))
    assert kernel.known_to_null == pytest.approx(1 / 6)
    assert kernel.null_to_null == pytest.approx(1 / 2)
    zero = np.zeros(4, dtype=int)
    day = np.full(4, 18_262)
    known = Known(day, day, np.array([False, False, True, True]))
    width = np.array([4, NO_DATE, 4, NO_DATE])
    shown = Shown(day + zero, day + 365, width)
    assert kernel.chance(known, shown) == pytest.approx([5 / 6, 1 / 6, 1 / 2, 1 / 2])


@pytest.mark.parametrize(
    ("released", "first", "last", "width"),
    [
        ("2023", "2023-01-01", "2023-12-31", 4),
        ("2023-Q2", "2023-04-01", "2023-06-30", 3),
        ("2023-05", "2023-05-01", "2023-05-31", 2),
        ("2023-05-17", "2023-05-17", "2023-05-17", 0),
        (pd.Timestamp("2023-05-17 13:30"), "2023-05-17", "2023-05-17", 0),
        (2023, "2023-01-01", "2023-12-31", 4),
    ],
)
def test_released_values_of_every_form_are_read(released, first, last, width):
    original = pd.Series(["2023-05-16", "2023-05-17"])
    dates = read_event_dates(original, pd.Series([released, None]))
    days = np.array([first, last], dtype="datetime64[D]").astype(int)
    assert [dates.first[0], dates.last[0]] == days.tolist()
    assert dates.width.tolist() == [width, NO_DATE]


@pytest.mark.parametrize(
    ("floor", "lengths", "width"),
    [("W", {7}, 1), ("M", {28, 29, 30, 31}, 2), ("Q", {90, 91, 92}, 3), ("Y", {365, 366}, 4)],
)
def test_periods_that_are_released_by_their_first_day_are_periods(floor, lengths, width):
    true = pd.Series(pd.date_range("2023-01-02", "2024-12-28"))
    released = true.dt.to_period(floor).dt.start_time
    dates = read_event_dates(true, released)
    assert set((dates.last - dates.first + 1).tolist()) == lengths
    assert set(dates.width.tolist()) == {width}
    kernel = measure_kernel(dates, np.arange(len(true)))
    assert (kernel.dates[width].low, kernel.dates[width].high) == (0, 0)


def test_true_dates_that_are_first_days_themselves_are_left_as_days():
    mondays = pd.Series(pd.date_range("2023-01-02", periods=5, freq="7D"))
    dates = read_event_dates(mondays, mondays)
    assert dates.width.tolist() == [0] * 5


def test_what_is_no_date_is_compared_as_it_is():
    dates = read_event_dates(pd.Series(["2020-01-01"] * 3), pd.Series(["early", "late", None]))
    assert dates.true_first.tolist() == dates.first.tolist() == [0, 1, 2]
    assert dates.width.tolist() == [0, 0, NO_DATE]
