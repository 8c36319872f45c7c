"""TemporalNoise with epsilon: the exact table of what it releases, and what it refuses."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.exceptions import NotFittedError

from personatwin_sk.exceptions import InputError
from personatwin_sk.noise import TemporalNoise
from personatwin_sk.noise._discrete_laplace import DiscreteLaplace

IDS = {"person_id": "person_id", "event_id": "event_id"}
FIRST = np.datetime64("2023-01-01")
WINDOW = ("2023-01-01", "2023-01-12")  # 11 steps of a day
SPAN = 11


def release_of(day, n, *, seed=0, **setting):
    """Release one date for many people: days after the first of the window."""
    events = pd.DataFrame(
        {
            "person_id": np.arange(n),
            "event_id": 0,
            "date": pd.Series([pd.Timestamp(FIRST + np.timedelta64(day, "D"))] * n),
        }
    )
    setting = {"epsilon": 0.5, "window": WINDOW} | setting
    released = TemporalNoise(**IDS, **setting, random_state=seed).fit_transform(events)
    return (released["date"].to_numpy().astype("datetime64[D]") - FIRST).astype(int)


def table_of(day, *, epsilon=0.5, shift=0, jitter=0):
    """Probabilities of each released day, as fractions, by adding up all that can happen."""
    weights = DiscreteLaplace(epsilon, SPAN + shift + jitter).weights
    reach = len(weights) - 1
    day = min(max(day, 0), SPAN)
    table = Counter()
    for s in range(-shift, shift + 1):
        for j in range(-jitter, jitter + 1):
            for z in range(-reach, reach + 1):
                table[min(max(day + s + j + z, 0), SPAN)] += int(weights[abs(z)])
    total = 2**62 * (2 * shift + 1) * (2 * jitter + 1)
    return {value: Fraction(weight, total) for value, weight in table.items()}


@pytest.mark.parametrize("moves", [{}, {"jitter": 2}, {"shift": 3}, {"shift": 2, "jitter": 1}])
@pytest.mark.parametrize("epsilon", [0.1, 0.5, 2.0])
def test_every_ratio_of_the_exact_table_is_at_most_e_to_the_epsilon(epsilon, moves):
    tables = [table_of(day, epsilon=epsilon, **moves) for day in range(SPAN + 1)]
    below = Fraction(math.exp(epsilon)) * (1 - Fraction(1, 2**50))
    assert all(sum(table.values()) == 1 for table in tables)
    worst = Fraction(0)
    for left, right in pairwise(tables):
        assert set(left) == set(right) == set(range(SPAN + 1))
        for value in left:
            ratio = max(left[value] / right[value], right[value] / left[value])
            # The rational stand-in for e^epsilon is below it; the exact test is of the weights.
            worst = max(worst, ratio)
    assert worst <= Fraction(math.exp(epsilon)) * (1 + Fraction(1, 2**50))
    assert moves or worst >= below * (1 - Fraction(1, 10**9))


@pytest.mark.parametrize("moves", [{}, {"jitter": 2}, {"shift": 3}, {"shift": 2, "jitter": 1}])
@pytest.mark.parametrize("day", [0, 4, 11])
def test_what_is_released_follows_the_table(day, moves):
    n = 60_000
    for keep_order in (True, False):
        released = release_of(day, n, keep_order=keep_order, **moves)
        observed = np.bincount(released, minlength=SPAN + 1)
        table = table_of(day, **moves)
        expected = np.array([float(table[value]) for value in range(SPAN + 1)]) * n
        assert stats.chisquare(observed, expected * (observed.sum() / expected.sum())).pvalue > 1e-3


def test_noise_reaches_back_however_far_a_person_was_shifted():
    # Two days: an attacker who learns a person's shift still sees both of them.
    n_people, n_events = 60, 300
    events = pd.DataFrame({"person_id": np.repeat(np.arange(n_people), n_events)})
    events = events.assign(event_id=range(len(events)), date="2023-01-01")
    window = ("2023-01-01", "2023-01-02")
    noise = TemporalNoise(
        **IDS, epsilon=0.2, window=window, shift=9, keep_order=False, random_state=0
    )
    first = noise.fit_transform(events)["date"] == "2023-01-01"
    share = first.groupby(events["person_id"]).mean()
    alpha = math.exp(-0.2)
    assert share.min() > alpha**9 / (1 + alpha) / 3
    assert share.max() < 1 - alpha**10 / (1 + alpha) / 3


def test_true_dates_outside_the_window_are_moved_to_its_end_first():
    assert release_of(-400, 2_000).tolist() == release_of(0, 2_000).tolist()
    assert release_of(900, 2_000).tolist() == release_of(11, 2_000).tolist()


def test_noise_of_events_and_columns_is_independent():
    n = 20_000
    day = pd.Timestamp("2023-01-06")
    events = pd.DataFrame({"person_id": np.arange(n) // 2, "event_id": np.arange(n) % 2})
    events = events.assign(date=day, end=day)
    noise = TemporalNoise(
        **IDS, epsilon=1.0, window=WINDOW, jitter=1, keep_order=False, random_state=5
    )
    released = noise.fit_transform(events)
    first, second = ((released[name] - day).dt.days.clip(-3, 3) for name in ("date", "end"))
    pairs = [(first, second), (first[::2], first[1::2].set_axis(first[::2].index))]
    for left, right in pairs:
        assert stats.chi2_contingency(pd.crosstab(left, right)).pvalue > 1e-3


def test_the_noise_does_not_depend_on_the_date_of_other_people_or_events():
    rng = np.random.default_rng(0)
    n = 400
    dates = pd.DatetimeIndex(FIRST + rng.integers(0, 12, n).astype("timedelta64[D]"))
    events = pd.DataFrame({"person_id": rng.integers(0, 50, n), "event_id": range(n)})
    events["date"] = dates
    noise = TemporalNoise(**IDS, epsilon=0.3, window=WINDOW, keep_order=False, random_state=0)
    released = noise.fit_transform(events)["date"]
    changed = events.assign(date=dates.where(np.arange(n) % 5 > 0, pd.Timestamp("2023-01-01")))
    again = noise.transform(changed)["date"]
    assert released.equals(again.where(np.arange(n) % 5 > 0, released))


@pytest.mark.parametrize("precision", ["day", "month"])
def test_order_and_window_hold_on_histories(precision):
    rng = np.random.default_rng(1)
    n = 3_000
    dates = np.datetime64("2021-01-01") + rng.integers(0, 700, n).astype("timedelta64[D]")
    events = pd.DataFrame({"person_id": rng.integers(0, 300, n), "event_id": range(n)})
    events["date"] = pd.DatetimeIndex(dates)
    noise = TemporalNoise(
        **IDS,
        epsilon=0.05,
        window=("2021-01-01", "2022-12-31"),
        precision=precision,
        random_state=0,
    )
    released = noise.fit_transform(events)
    new = pd.to_datetime(released["date"])
    assert new.between("2021-01-01", "2022-12-31").all()
    assert (new.dt.day != events["date"].dt.day).mean() > 0.8
    ordered = events.assign(new=new).sort_values(["person_id", "date", "new"])
    gaps = ordered.groupby("person_id")["new"].diff().dt.days
    assert not (gaps < 0).any()
    if precision == "day":
        later = ordered.groupby("person_id")["date"].diff().dt.days > 0
        inside = ordered["new"].between("2021-01-02", "2022-12-30")
        assert (gaps[later & inside] > 0).all()
    chunk = events[events["person_id"] % 7 == 2].sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(noise.transform(chunk), released.loc[chunk.index])


def test_nulls_text_zones_and_single_days():
    events = pd.DataFrame(
        {
            "person_id": ["a", "a", "b"],
            "event_id": [1, 2, 3],
            "date": ["2023-01-03", None, "2023-01-12"],
        }
    )
    noise = TemporalNoise(**IDS, epsilon=0.5, window=WINDOW, random_state=0)
    released = noise.fit_transform(events)["date"]
    assert released.isna().tolist() == [False, True, False]
    assert released.dropna().str.fullmatch(r"2023-01-\d\d").all()
    stamps = pd.to_datetime(events["date"])
    zoned = noise.fit_transform(events.assign(date=stamps.dt.tz_localize("Asia/Tokyo")))["date"]
    assert str(zoned.dt.tz) == "Asia/Tokyo"
    assert zoned.dropna().dt.strftime("%Y-%m-%d").tolist() == released.dropna().tolist()
    one_day = noise.set_params(window=("2023-01-03", "2023-01-03")).fit_transform(events)
    assert one_day["date"].dropna().unique().tolist() == ["2023-01-03"]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"window": None}, "the parameter epsilon needs window"),
        ({"person_id": None}, "the parameter epsilon needs person_id"),
        ({"event_id": None}, "the parameter epsilon needs event_id"),
        ({"not_before": "end"}, "not_before and not_after must be dates and no columns"),
        ({"not_after": "end"}, "not_before and not_after must be dates and no columns"),
        ({"epsilon": 0}, "'epsilon' parameter of TemporalNoise"),
        ({"epsilon": -0.1}, "'epsilon' parameter of TemporalNoise"),
        ({"epsilon": float("nan")}, "'epsilon' parameter of TemporalNoise"),
        ({"epsilon": float("inf")}, "'epsilon' parameter of TemporalNoise"),
        ({"max_events": 0}, "'max_events' parameter of TemporalNoise"),
    ],
)
def test_what_epsilon_needs(setting, message):
    events = pd.DataFrame({"person_id": ["a"], "event_id": [1], "date": ["2023-01-05"]})
    events["end"] = events["date"]
    noise = TemporalNoise("date", **(IDS | {"epsilon": 1.0, "window": WINDOW} | setting))
    with pytest.raises(ValueError, match=message):
        noise.fit(events)


def test_two_rows_of_one_event_and_periods_are_refused():
    events = pd.DataFrame(
        {"person_id": ["a", "a"], "event_id": [1, 1], "date": ["2023-01-05", "2023-01-06"]}
    )
    noise = TemporalNoise(**IDS, epsilon=1.0, window=WINDOW)
    with pytest.raises(InputError, match=r"^2 of 2 rows have the person"):
        noise.fit_transform(events)
    with pytest.raises(InputError, match=r"^2 values of column 'date' are periods"):
        noise.fit_transform(events.assign(event_id=[1, 2], date="2023-01"))


def test_constant_bounds_go_with_epsilon():
    released = release_of(5, 3_000, not_before="2023-01-04", not_after="2023-01-10")
    assert released.min() == 3 and released.max() == 9


def test_spending():
    noise = TemporalNoise(["date", "end"], **IDS, epsilon=0.25, window=WINDOW, jitter=2)
    spent = noise._spending()  # before any fit
    assert [row.column for row in spent] == ["date", "end"]
    for row in spent:
        assert row.step == "TemporalNoise" and row.protects == "the day of one event"
        assert (row.epsilon, row.per, row.span, row.max_events) == (0.25, "day", SPAN, None)
        assert row.holds and row.whole == pytest.approx(0.25 * SPAN)
        assert "discrete Laplace" in row.mechanism and "jitter of at most 2 days" in row.mechanism
        assert "given the order" in row.reason and "null" in row.reason
    free = noise.set_params(keep_order=False, max_events=7)._spending()[0]
    assert "given the order" not in free.reason and free.max_events == 7 and free.holds


def test_spending_without_a_claim():
    events = pd.DataFrame(
        {"person_id": ["a"], "event_id": [1], "date": ["2023-01-05"], "age": [30]}
    )
    noise = TemporalNoise(**IDS, shift=30)
    with pytest.raises(NotFittedError):
        noise._spending()
    (row,) = noise.fit(events)._spending()
    assert (row.column, row.epsilon, row.span, row.holds) == ("date", None, None, False)
    assert row.mechanism == "a shift per person of at most 30 days"
    (row,) = TemporalNoise("date", precision="month")._spending()
    assert row.mechanism == "floored to the month" and not row.holds
    # Ages depend on the true dates: they take the claim away.
    noise = TemporalNoise("date", **IDS, epsilon=1.0, window=WINDOW, ages=["age"])
    for spent in (noise._spending(), noise.fit(events)._spending()):
        date, age = spent
        assert (date.epsilon, date.holds) == (1.0, False) and "ages" in date.reason
        assert (age.column, age.epsilon, age.holds) == ("age", None, False)
        assert age.protects == "the age of one event"
