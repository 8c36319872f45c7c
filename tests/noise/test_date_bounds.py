"""Bounds of released days: windows, dates, and columns such as birth and death."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.exceptions import ColumnNotFoundError, DataWarning, InputError
from personatwin_sk.noise import TemporalNoise
from personatwin_sk.noise._date_bounds import DayBounds, constant_day, read_window

IDS = {"person_id": "person_id", "event_id": "event_id"}
DAY = pd.Timedelta(days=1)


def make_lives(n=800, n_people=60, seed=0):
    """People with short lives, so that many events are near their ends."""
    rng = np.random.default_rng(seed)
    birth = np.datetime64("2000-01-01") + rng.integers(0, 900, n_people).astype("timedelta64[D]")
    life = rng.integers(0, 40, n_people)
    people = rng.integers(0, n_people, n)
    day = birth[people] + (rng.random(n) * (life[people] + 1)).astype("timedelta64[D]")
    death = (birth + life.astype("timedelta64[D]"))[people]
    frame = pd.DataFrame(
        {
            "person_id": people,
            "event_id": np.arange(n),
            "date": pd.DatetimeIndex(day),
            "birth": pd.DatetimeIndex(birth[people]),
            "death": pd.Series(pd.DatetimeIndex(death)).where(people % 3 > 0),
        }
    )
    return frame.sample(frac=1, random_state=seed)


def in_order(released, true, people):
    frame = pd.DataFrame({"p": people, "true": true, "new": released}).dropna()
    moments = frame.groupby(["p", "true"])["new"].agg(["min", "max"])
    before = moments["max"].groupby("p").cummax().groupby("p").shift()
    return not (moments["min"] < before).any()


@pytest.mark.parametrize("keep_order", [True, False])
@pytest.mark.parametrize("setting", [{"jitter": 30}, {"shift": 50}, {"shift": 20, "jitter": 20}])
def test_no_event_before_birth_or_after_death(setting, keep_order):
    lives = make_lives()
    noise = TemporalNoise(
        "date",
        **IDS,
        **setting,
        not_before="birth",
        not_after="death",
        keep_order=keep_order,
        random_state=0,
    )
    released = noise.fit_transform(lives)
    assert (released["date"] >= lives["birth"]).all()
    assert not (released["date"] > lives["death"]).any()
    moved = (released["date"] - lives["date"]).dt.days
    assert moved.abs().max() <= sum(setting.values())
    assert (moved != 0).mean() > 0.5
    assert in_order(released["date"], lives["date"], lives["person_id"]) or not keep_order
    # Without the bounds the same noise crosses them.
    free = noise.set_params(not_before=None, not_after=None).fit_transform(lives)
    assert (free["date"] < lives["birth"]).mean() > 0.05


def test_bounds_that_move_themselves_bound_with_their_released_dates():
    lives = make_lives()
    columns = ["date", "death", "birth"]
    noise = TemporalNoise(
        columns, **IDS, shift=300, not_before="birth", not_after="death", random_state=0
    )
    released = noise.fit_transform(lives)
    # A shift moves them all alike: no bound is touched, every interval is kept.
    for name in ("date", "death"):
        pd.testing.assert_series_equal(
            released[name] - released["birth"], lives[name] - lives["birth"]
        )
    assert (released["birth"] != lives["birth"]).mean() > 0.9
    jittered = noise.set_params(jitter=25).fit_transform(lives)
    assert (jittered["date"] >= jittered["birth"]).all()
    assert not (jittered["date"] > jittered["death"]).any()
    assert not (jittered["death"] < jittered["birth"]).any()
    for name in columns:
        assert (jittered[name] - lives[name]).dt.days.abs().max() <= 325
    assert in_order(jittered["date"], lives["date"], lives["person_id"])
    assert noise.get_params()["columns"] == columns


def test_constant_bounds_of_every_kind():
    events = pd.DataFrame({"date": pd.date_range("2023-01-01", "2023-01-31")})
    days = ["2023-01-05", datetime.date(2023, 1, 5), pd.Timestamp("2023-01-05 13:00")]
    for low in [*days, np.datetime64("2023-01-05")]:
        noise = TemporalNoise(jitter=20, not_before=low, not_after="2023-01-20", random_state=0)
        with pytest.warns(DataWarning, match=r"^15 of 31 dates in column 'date' lie before"):
            released = noise.fit_transform(events)["date"]
        assert released.between("2023-01-05", "2023-01-20").all()
    # Those outside are taken for the bound, and move from there.
    days = pd.DataFrame({"person_id": range(500), "event_id": 0, "date": "1990-01-01"})
    noise = TemporalNoise(**IDS, jitter=5, not_before="2023-01-05", random_state=0)
    with pytest.warns(DataWarning, match=r"^500 of 500 dates"):
        released = pd.to_datetime(noise.fit_transform(days)["date"])
    assert released.max() == pd.Timestamp("2023-01-10")
    assert (released == pd.Timestamp("2023-01-05")).mean() == pytest.approx(6 / 11, abs=0.1)


def test_a_column_wins_over_a_date_of_the_same_name():
    frame = pd.DataFrame({"date": ["2023-05-17"], "2023-05-20": ["2023-05-17"]})
    noise = TemporalNoise("date", jitter=5, not_after="2023-05-20", not_before="2023-05-17")
    assert noise.fit_transform(frame)["date"].tolist() == ["2023-05-17"]


def test_null_is_no_bound_and_periods_bound_by_their_ends():
    frame = pd.DataFrame(
        {
            "person_id": [1, 2, 3] * 100,
            "event_id": range(300),
            "date": "2000-12-30",
            "born": ["2000", None, "2000-12"] * 100,
            "left": ["2000", None, "2000-Q4"] * 100,
        }
    )
    noise = TemporalNoise(
        "date", **IDS, jitter=400, not_before="born", not_after="left", random_state=0
    )
    released = pd.to_datetime(noise.fit_transform(frame)["date"]).to_numpy().reshape(-1, 3)
    year, free, month = released.T
    assert year.min() >= np.datetime64("2000-01-01") and year.max() == np.datetime64("2000-12-31")
    assert free.max() > np.datetime64("2001-06-01") and free.min() < np.datetime64("2000-01-01")
    assert month.min() == np.datetime64("2000-12-01")


def test_arrays_name_bounds_by_position():
    array = np.array(
        [[1, 1, "2023-05-17", "2023-05-16"], [1, 2, "2023-05-18", "2023-05-16"]], dtype=object
    )
    noise = TemporalNoise(
        2, person_id=0, event_id=1, jitter=9, not_before=3, not_after=-1, random_state=0
    )
    with pytest.warns(DataWarning, match=r"^2 of 2 dates in column 2"):
        released = noise.fit_transform(array)
    assert released[:, 2].tolist() == ["2023-05-16", "2023-05-16"]


def test_bounds_that_differ_between_events_keep_the_order():
    # The first event must not be before day 9; so the second, which has no bound, is not either.
    frame = pd.DataFrame(
        {
            "person_id": "a",
            "event_id": [1, 2, 3],
            "date": ["2023-01-10", "2023-01-11", "2023-01-30"],
            "low": ["2023-01-10", None, None],
            "high": [None, None, "2023-01-30"],
        }
    )
    limits = {"not_before": "low", "not_after": "high"}
    for seed in range(20):
        noise = TemporalNoise("date", **IDS, jitter=30, **limits, random_state=seed)
        released = noise.fit_transform(frame)["date"].tolist()
        assert "2023-01-10" <= released[0] <= released[1] <= released[2] <= "2023-01-30"


def test_bounds_win_where_they_contradict_the_order():
    frame = pd.DataFrame(
        {
            "person_id": "a",
            "event_id": [1, 2],
            "date": ["2023-01-01", "2023-01-02"],
            "low": ["2023-02-01", None],
            "high": [None, "2023-01-15"],
        }
    )
    noise = TemporalNoise(
        "date", **IDS, jitter=3, not_before="low", not_after="high", random_state=0
    )
    with pytest.warns(DataWarning, match=r"^1 of 2 dates"):
        released = noise.fit_transform(frame)["date"].tolist()
    assert released[0] >= "2023-02-01" and released[1] <= "2023-01-15"


bounds_of_events = st.lists(
    st.tuples(
        st.integers(0, 2),  # person
        st.integers(0, 20),  # true day
        st.integers(0, 12),  # how far the lower bound is below
        st.integers(0, 12),
        st.integers(-30, 50),  # what is to be clipped
    ),
    min_size=1,
    max_size=20,
)


@given(bounds_of_events, st.randoms())
def test_held_days_rise_and_keep_to_their_bounds(rows, random):
    people, days, below, above, moved = (np.array(part) for part in zip(*rows, strict=True))
    # Days that are in order to begin with, as they come out of the repair.
    order = np.lexsort((moved, days, people))
    for person in np.unique(people):
        own = order[people[order] == person]
        moved[own] = np.sort(moved[own])
    bounds = DayBounds(days - below, days + above)
    held = bounds.hold(moved, days * 86_400, people)
    assert (held >= days - below).all() and (held <= days + above).all()
    earlier = (people[:, None] == people[None, :]) & (days[:, None] < days[None, :])
    assert (held[:, None] <= held[None, :])[earlier].all()
    # By definition: own bounds, those of earlier events below, those of later events above.
    for i in range(len(rows)):
        same = people == people[i]
        low = (days - below)[same & (days <= days[i])].max()
        high = (days + above)[same & (days >= days[i])].min()
        assert held[i] == min(max(moved[i], low), high)
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    parts = DayBounds(bounds.low[shuffled], bounds.high[shuffled])
    again = parts.hold(moved[shuffled], days[shuffled] * 86_400, people[shuffled])
    assert again.tolist() == held[shuffled].tolist()


def test_rows_without_a_day_left_are_counted():
    lives = make_lives(n=50)
    wrong = lives.assign(death=lives["birth"] - DAY)
    noise = TemporalNoise("date", **IDS, jitter=5, not_before="birth", not_after="death")
    with pytest.raises(InputError, match=r"^In 50 of 50 rows no day is left for column 'date'"):
        noise.fit_transform(wrong)
    window = noise.set_params(not_after=None, window=("1990-01-01", "1999-12-31"))
    with pytest.raises(InputError, match=r"^In 50 of 50 rows no day is left"):
        window.fit_transform(lives)


def test_columns_of_bounds_are_read_like_dates():
    frame = pd.DataFrame({"date": ["17.5.2023"], "low": ["17.5.2023"], "bad": ["soon"]})
    noise = TemporalNoise("date", jitter=9, not_before="low", not_after="low")
    released = noise.set_params(date_format="%d.%m.%Y").fit_transform(frame)
    assert released["date"].tolist() == ["2023-05-17"] and released["low"].tolist() == ["17.5.2023"]
    with pytest.raises(InputError, match="1 of 1 values of column 'bad'") as caught:
        noise.set_params(not_after="bad").fit_transform(frame)
    assert "soon" not in str(caught.value)


@pytest.mark.parametrize("parameter", ["not_before", "not_after"])
def test_bounds_that_are_neither_dates_nor_columns(parameter):
    frame = pd.DataFrame({"date": ["2023-05-17"]})
    for value in ("tomorrow", "now", "2023", "2023-13-45", 7):
        with pytest.raises(ColumnNotFoundError, match=f"the parameter {parameter} names the col"):
            TemporalNoise(**{parameter: value}).fit(frame)
    with pytest.raises(ValueError, match=f"'{parameter}' parameter of TemporalNoise"):
        TemporalNoise(**{parameter: [1]}).fit(frame)


@pytest.mark.parametrize(
    "setting",
    [
        {"not_before": "2023-05-18", "not_after": "2023-05-17"},
        {"not_before": "2023-05-18", "window": ("2023-01-01", "2023-05-17")},
        {"not_after": "2022-05-18", "window": ("2023-01-01", "2023-05-17")},
    ],
)
def test_constants_that_leave_no_day(setting):
    with pytest.raises(InputError, match="not_before, not_after and window leave no day"):
        TemporalNoise(**setting).fit(pd.DataFrame({"date": ["2023-05-17"]}))


@pytest.mark.parametrize(
    "window",
    [
        ("2023-05-18", "2023-05-17"),
        ("2023-05-18",),
        ("2023-05-18", None),
        ("2023", "2024"),
        (1, 2),
        "2023-05-18",
        ("2023-05-18", pd.NaT),
        ("2023-05-18", "soon"),
        ("2023-05-18", "2023-05-19", "2023-05-20"),
    ],
)
def test_bad_windows(window):
    with pytest.raises(InputError, match="the parameter window must be a pair of dates"):
        read_window(window, owner="TemporalNoise")
    with pytest.raises(ValueError, match="window"):
        TemporalNoise(window=window).fit(pd.DataFrame({"date": ["2023-05-17"]}))


def test_windows_of_every_kind():
    for first in ("1970-01-02", datetime.date(1970, 1, 2), np.datetime64("1970-01-02")):
        assert read_window([first, pd.Timestamp("9999-12-31")], owner="x") == (1, 2_932_896)
    assert read_window(np.array(["1970-01-02", "1970-01-02"]), owner="x") == (1, 1)
    assert constant_day(float("nan")) is None and constant_day(None) is None


@pytest.mark.parametrize("setting", [{"jitter": 9}, {"epsilon": 0.3}])
def test_the_repair_pushes_nothing_out_of_the_window(setting):
    days = pd.date_range("2023-01-01", "2023-01-20")
    events = pd.DataFrame({"person_id": np.repeat(np.arange(50), 20), "event_id": range(1_000)})
    events["date"] = np.tile(days.to_numpy(), 50)
    noise = TemporalNoise(**IDS, **setting, window=(days[0], days[-1]), random_state=0)
    released = noise.fit_transform(events)["date"]
    assert released.min() == days[0] and released.max() == days[-1]


@pytest.mark.parametrize("keep_order", [True, False])
def test_a_window_without_epsilon_holds_too(keep_order):
    lives = make_lives()
    window = ("2000-06-01", "2001-06-01")
    noise = TemporalNoise(
        "date", **IDS, jitter=25, shift=10, window=window, keep_order=keep_order, random_state=0
    )
    released = noise.fit_transform(lives)["date"]
    assert released.between(*window).all()
    assert (released == pd.Timestamp(window[0])).mean() > (0.01 if keep_order else 0.1)
    nearest = lives["date"].clip(*map(pd.Timestamp, window))
    assert (released - nearest).dt.days.abs().max() <= 35
    if keep_order:
        assert in_order(released, lives["date"], lives["person_id"])
        # True days outside are taken for one day, the end.
        inside = released.between("2000-06-02", "2001-05-31") & lives["date"].between(*window)
        days = lives.assign(new=released)[inside].drop_duplicates(["person_id", "date"])
        assert not days.duplicated(["person_id", "new"]).any()
