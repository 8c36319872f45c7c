"""TemporalNoise: what it promises about each date, each person, and each kind of table."""

from __future__ import annotations

import datetime
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import ColumnNotFoundError, InputError, NothingSelectedWarning
from personatwin_sk.noise import TemporalNoise

IDS = {"person_id": "person_id", "event_id": "event_id"}


def make_events(n=600, n_people=80, seed=0):
    """Dates on few days, so that many of a person's events fall together."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2021-11-20")
    return pd.DataFrame(
        {
            "person_id": [f"P{i:03d}" for i in rng.integers(0, n_people, n)],
            "event_id": np.arange(n),
            "date": pd.DatetimeIndex(start + rng.integers(0, 60, n).astype("timedelta64[D]")),
            "x": rng.random(n),
        },
        index=rng.permutation(n) + 1000,
    )


def days_moved(released, original):
    return (pd.to_datetime(released["date"]) - original["date"]).dt.days


def order_is_kept(released, original):
    frame = pd.DataFrame(
        {
            "p": original["person_id"],
            "true": original["date"],
            "new": pd.to_datetime(released["date"]),
        }
    )
    for _, events in frame.groupby("p"):
        events = events.sort_values("true")
        for true, new in zip(events["true"], events["new"], strict=True):
            if (events["new"][events["true"] > true] < new).any():
                return False
    return True


@pytest.mark.parametrize("precision", ["day", "week"])
@pytest.mark.parametrize(("shift", "jitter"), [(0, 7), (20, 0), (20, 7)])
def test_order_and_window(shift, jitter, precision):
    events = make_events()
    noise = TemporalNoise(**IDS, shift=shift, jitter=jitter, precision=precision, random_state=1)
    released = noise.fit_transform(events)
    assert order_is_kept(released, events)
    moved = days_moved(released, events)
    floored = 6 if precision == "week" else 0  # a Monday is at most six days back
    assert moved.max() <= shift + jitter
    assert moved.min() >= -(shift + jitter) - floored
    pd.testing.assert_frame_equal(released.drop(columns="date"), events.drop(columns="date"))
    assert released["date"].dtype == events["date"].dtype


def test_order_breaks_when_it_is_not_asked_for():
    events = make_events()
    noise = TemporalNoise(**IDS, jitter=7, keep_order=False, random_state=1)
    assert not order_is_kept(noise.fit_transform(events), events)


def test_order_is_by_the_time_of_day_too():
    hours = pd.date_range("2023-05-17", periods=24, freq="h")
    events = pd.DataFrame({"person_id": "a", "event_id": range(24), "date": hours})
    released = TemporalNoise(**IDS, jitter=9, random_state=0).fit_transform(events)
    assert released["date"].is_monotonic_increasing
    assert released["date"].nunique() > 1
    assert (released["date"].dt.hour == 0).all()


def test_pure_shift_keeps_intervals_between_dates_and_columns():
    events = make_events()
    events["end"] = events["date"] + pd.to_timedelta(np.arange(len(events)) % 40, unit="D")
    released = TemporalNoise(**IDS, shift=30, random_state=2).fit_transform(events)
    moved = days_moved(released, events)
    assert moved.groupby(events["person_id"]).nunique().eq(1).all()
    assert moved.nunique() > 20
    pd.testing.assert_series_equal(
        released["end"] - released["date"], events["end"] - events["date"]
    )


def test_shift_and_jitter_are_uniform():
    n = 30_000
    events = pd.DataFrame(
        {"person_id": np.arange(n), "event_id": 0, "date": pd.Timestamp("2020-06-01")}
    )
    for parameter in ("shift", "jitter"):
        noise = TemporalNoise(**IDS, **{parameter: 7}, random_state=5)
        moved = days_moved(noise.fit_transform(events), events)
        observed = np.bincount(moved + 7, minlength=15)
        assert len(observed) == 15
        assert stats.chisquare(observed).pvalue > 1e-3


def test_jitters_of_events_columns_and_shift_are_independent():
    n = 20_000
    day = pd.Timestamp("2020-06-01")
    events = pd.DataFrame({"person_id": np.arange(n) // 2, "event_id": np.arange(n) % 2})
    events = events.assign(date=day, end=day)
    released = TemporalNoise(**IDS, jitter=3, random_state=5).fit_transform(events)
    first, second = ((released[name] - day).dt.days.to_numpy() for name in ("date", "end"))
    for left, right in ((first, second), (first[::2], first[1::2])):
        table = pd.crosstab(left, right)
        assert stats.chi2_contingency(table).pvalue > 1e-3


def test_jitter_7_moves_at_least_80_percent():
    events = make_events(n=4000, n_people=1000)
    released = TemporalNoise(**IDS, jitter=7, random_state=0).fit_transform(events)
    assert (days_moved(released, events) != 0).mean() >= 0.8


@pytest.mark.parametrize("ids", [IDS, {"person_id": "person_id"}, {}])
def test_same_key_same_noise_on_any_chunk_and_in_any_order(ids):
    events = make_events()
    noise = TemporalNoise(**ids, shift=9, jitter=5, random_state=3).fit(events)
    whole = noise.transform(events)
    people = events["person_id"].str[-1].astype(int)
    for part in range(10):
        chunk = events[people == part]
        pd.testing.assert_frame_equal(noise.transform(chunk), whole[people == part])
    shuffled = events.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(noise.transform(shuffled), whole.loc[shuffled.index])
    copy = pickle.loads(pickle.dumps(noise))
    pd.testing.assert_frame_equal(copy.transform(events), whole)
    pd.testing.assert_frame_equal(clone(noise).fit_transform(events), whole)


@pytest.mark.parametrize("ids", [IDS, {}])
def test_the_order_of_columns_at_fit_has_no_say(ids):
    events = make_events()
    noise = TemporalNoise(**ids, shift=9, jitter=5, random_state=3)
    whole = noise.fit_transform(events)
    turned = noise.fit_transform(events[events.columns[::-1]])
    pd.testing.assert_frame_equal(turned[events.columns], whole)


def test_another_key_gives_other_noise():
    events = make_events()
    for ids in (IDS, {}):
        noise = TemporalNoise(**ids, jitter=30)
        first, second = noise.fit_transform(events), noise.fit_transform(events)
        assert (first["date"] != second["date"]).mean() > 0.8
        seeded = TemporalNoise(**ids, jitter=30, random_state=1).fit_transform(events)
        assert (first["date"] != seeded["date"]).mean() > 0.8


class UnkeyedNoise(TemporalNoise):
    """A planted mistake: draws by position."""

    def _move(self, times, shift, name, keys, limits):
        noise = np.random.default_rng(self.random_state).integers(-5, 6, len(times))
        return times.astype("datetime64[D]") + noise


def test_unkeyed_noise_is_caught():
    with pytest.raises(AssertionError):
        events = make_events()
        noise = UnkeyedNoise(**IDS, jitter=5, random_state=3).fit(events)
        chunk = events[events["person_id"].str.endswith("3")]
        pd.testing.assert_frame_equal(
            noise.transform(chunk), noise.transform(events).loc[chunk.index]
        )


@pytest.mark.parametrize(
    ("precision", "freq"), [("week", "W"), ("month", "M"), ("quarter", "Q"), ("year", "Y")]
)
def test_precision_against_pandas_periods(precision, freq):
    dates = pd.Series(pd.date_range("2019-12-20", "2024-01-10", freq="31h"))
    released = TemporalNoise(precision=precision).fit_transform(pd.DataFrame({"date": dates}))[
        "date"
    ]
    periods = dates.dt.to_period(freq)
    if precision == "week":
        pd.testing.assert_series_equal(
            released, periods.dt.start_time, check_dtype=False, check_names=False
        )
        assert released.dtype == dates.dtype
    elif precision == "quarter":
        assert released.tolist() == [f"{p.year}-Q{p.quarter}" for p in periods]
    else:
        assert released.tolist() == periods.astype(str).tolist()


def test_day_without_noise_floors_to_the_day():
    frame = pd.DataFrame({"date": pd.to_datetime(["2023-05-17 13:45", None])})
    released = TemporalNoise().fit_transform(frame)["date"]
    assert released[0] == pd.Timestamp("2023-05-17") and released[1] is pd.NaT


@pytest.mark.parametrize("precision", ["day", "week", "month", "quarter", "year"])
def test_what_was_released_passes_again_unchanged(precision):
    events = make_events()
    once = TemporalNoise(**IDS, jitter=5, precision=precision).fit_transform(events)
    twice = TemporalNoise(**IDS, precision=precision).fit_transform(once)
    pd.testing.assert_frame_equal(twice, once)


@pytest.mark.parametrize("setting", [{"jitter": 1}, {"shift": 1}])
def test_periods_are_not_moved(setting):
    frame = pd.DataFrame({"date": ["2023-05", "2023-06", None, "2023-06-01"]})
    with pytest.raises(InputError, match=r"^2 values of column 'date' are periods"):
        TemporalNoise(**setting).fit_transform(frame)
    with pytest.raises(InputError, match=r"^2 values of column 'date' are periods longer"):
        TemporalNoise().fit_transform(frame)


def test_kinds_of_tables_agree():
    events = make_events().reset_index(drop=True)
    events.loc[[3, 5], "date"] = pd.NaT
    polars = pytest.importorskip("polars")
    noise = TemporalNoise(**IDS, shift=9, jitter=5, random_state=3)
    for ids in (IDS, {"person_id": None, "event_id": None}):
        noise.set_params(**ids)
        expected = noise.set_params(precision="day").fit_transform(events)["date"]
        labels = noise.set_params(precision="month").fit_transform(events)["date"]
        for convert in (polars.from_pandas, lambda frame: polars.from_pandas(frame).to_arrow()):
            table = convert(events)
            noise.set_params(precision="day")
            released = noise.fit_transform(table)
            assert type(released) is type(table)
            assert Table.of(released).columns == tuple(events.columns)
            plain = Table.of(released)["date"]
            assert (plain.isna() == expected.isna()).all()
            assert (plain.dropna() == expected.dropna()).all()
            month = Table.of(noise.set_params(precision="month").fit_transform(table))["date"]
            assert month.dropna().tolist() == labels.dropna().tolist()


def test_kinds_of_dates_agree():
    events = make_events()
    noise = TemporalNoise(**IDS, shift=9, jitter=5, random_state=3)
    expected = noise.fit_transform(events)["date"]
    as_text = noise.fit_transform(events.assign(date=events["date"].dt.strftime("%Y-%m-%d")))
    assert as_text["date"].tolist() == expected.dt.strftime("%Y-%m-%d").tolist()
    american = noise.fit_transform(events.assign(date=events["date"].dt.strftime("%m/%d/%Y")))
    assert american["date"].tolist() == as_text["date"].tolist()
    as_date = noise.fit_transform(events.assign(date=events["date"].dt.date))
    assert as_date["date"].tolist() == expected.dt.date.tolist()
    zoned = noise.fit_transform(events.assign(date=events["date"].dt.tz_localize("Asia/Tokyo")))
    pd.testing.assert_series_equal(zoned["date"].dt.tz_localize(None), expected)


def test_arrays():
    events = make_events(n=50).astype({"date": object})
    array = events.to_numpy()
    noise = TemporalNoise(2, person_id=0, event_id=1, jitter=5, random_state=0)
    released = noise.fit_transform(array)
    assert isinstance(released, np.ndarray)
    np.testing.assert_array_equal(released[:, [0, 1, 3]], array[:, [0, 1, 3]])
    moved = pd.to_datetime(pd.Series(released[:, 2])) - pd.to_datetime(pd.Series(array[:, 2]))
    assert (moved.dt.days.abs() <= 5).all() and (moved.dt.days != 0).any()
    by_end = TemporalNoise(-2, person_id=-4, event_id=1, jitter=5, random_state=0)
    np.testing.assert_array_equal(by_end.fit_transform(array), released)


def test_nothing_selected_warns_and_passes():
    numbers = np.arange(12.0).reshape(4, 3)
    with pytest.warns(NothingSelectedWarning, match="TemporalNoise found no column called 'date'"):
        noise = TemporalNoise(jitter=5).fit(numbers)
    np.testing.assert_array_equal(noise.transform(numbers), numbers)


def test_automatic_selection():
    frame = pd.DataFrame(
        {
            "date": ["2023-05-17"],
            "seen": pd.to_datetime(["2023-05-17"]),
            "note": ["2023-05-17"],
            "n": [3],
        }
    )
    released = TemporalNoise(precision="year").fit_transform(frame)
    assert released.iloc[0].tolist() == ["2023", "2023", "2023-05-17", 3]


def test_nulls_stay_null_and_push_nobody():
    events = make_events()
    events.loc[events.index[::7], "date"] = pd.NaT
    noise = TemporalNoise(**IDS, shift=4, jitter=5, random_state=3)
    released = noise.fit_transform(events)
    assert (released["date"].isna() == events["date"].isna()).all()
    known = events["date"].notna()
    pd.testing.assert_frame_equal(noise.transform(events[known]), released[known])
    empty = events.assign(date=pd.Series([None] * len(events), dtype=object, index=events.index))
    assert noise.fit_transform(empty)["date"].isna().all()


def test_input_is_not_modified():
    events = make_events()
    before = events.copy(deep=True)
    TemporalNoise(**IDS, shift=4, jitter=5).fit_transform(events)
    pd.testing.assert_frame_equal(events, before)


def test_bad_input():
    frame = pd.DataFrame({"person_id": ["a", None, "b"], "date": ["2023-05-17", "soon", "later"]})
    with pytest.raises(InputError, match="2 of 3 values of column 'date'") as caught:
        TemporalNoise().fit_transform(frame)
    assert "soon" not in str(caught.value)
    with pytest.raises(InputError, match="1 of 3 rows have no person id"):
        TemporalNoise(person_id="person_id").fit(frame)
    good = frame.assign(person_id="a", date="2023-05-17")
    with pytest.raises(InputError, match="1 of 3 rows have no person id"):
        TemporalNoise(person_id="person_id").fit(good).transform(frame)
    for parameter in ("columns", "person_id", "event_id"):
        with pytest.raises(ColumnNotFoundError, match=f"{parameter} names the column 'nowhere'"):
            TemporalNoise(**{parameter: "nowhere"}).fit(frame)


@pytest.mark.parametrize(
    "setting",
    [{"shift": -1}, {"jitter": -1}, {"jitter": 1.5}, {"shift": 40_000}, {"precision": "decade"}],
)
def test_bad_parameters(setting):
    (name,) = setting
    with pytest.raises(ValueError, match=f"'{name}' parameter of TemporalNoise"):
        TemporalNoise(**setting).fit(make_events())


def test_the_key_is_shown_nowhere_and_can_be_forgotten():
    events = make_events()
    noise = TemporalNoise(**IDS, jitter=5, random_state=np.random.RandomState(7))
    noise.fit(events)
    halves = noise._key._halves
    for text in (repr(noise), str(noise), noise._repr_html_(), repr(vars(noise))):
        assert not any(str(half) in text or f"{half:x}" in text for half in halves)
    assert noise.forget_key() is noise
    with pytest.raises(NotFittedError, match="forget_key"):
        noise.transform(events)
    assert not any(str(half).encode() in pickle.dumps(noise, protocol=0) for half in halves)
    noise.fit(events).transform(events)
    with pytest.raises(NotFittedError):
        TemporalNoise().forget_key()


def test_dates_as_python_objects_of_several_types():
    frame = pd.DataFrame({"date": [datetime.date(2023, 5, 17), None, datetime.date(2023, 8, 1)]})
    released = TemporalNoise(precision="quarter").fit_transform(frame)["date"]
    assert released[0] == "2023-Q2" and released.isna()[1] and released[2] == "2023-Q3"
