"""Ages at events: they move as far as the dates do."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.keyed import SecretKey
from personatwin_sk.exceptions import InputError
from personatwin_sk.noise import TemporalNoise
from personatwin_sk.noise._ages import move_ages, read_ages

IDS = {"person_id": "person_id", "event_id": "event_id"}
births = st.dates(datetime.date(1930, 1, 1), datetime.date(1990, 12, 31))
days = st.dates(datetime.date(2000, 1, 1), datetime.date(2030, 12, 31))


def number(dates):
    return np.array(dates, dtype="datetime64[D]").astype(np.int64)


def age_at(day, birth):
    """Whole years, as the law counts them."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


@given(births, st.lists(days, min_size=1, max_size=6), st.integers(0, 2**64 - 1))
def test_what_does_not_move_keeps_its_age(birth, dates, word):
    ages = np.array([age_at(day, birth) for day in dates])
    people = np.zeros(len(dates), dtype=np.int64)
    hashes = np.full(len(dates), word, dtype=np.uint64)
    true = number(dates)
    assert move_ages(ages, true, true, people, hashes).tolist() == ages.tolist()


@given(
    births,
    st.lists(st.tuples(days, st.integers(-900, 900)), min_size=2, max_size=6),
    st.integers(0, 2**64 - 1),
)
def test_ages_never_fall_while_released_dates_rise_and_one_birthday_explains_them(
    birth, moves, word
):
    dates = [day for day, _ in moves]
    ages = np.array([age_at(day, birth) for day in dates])
    true = number(dates)
    released = true + np.array([by for _, by in moves])
    people = np.zeros(len(dates), dtype=np.int64)
    hashes = np.full(len(dates), word, dtype=np.uint64)
    moved = move_ages(ages, true, released, people, hashes)
    order = np.argsort(released, kind="stable")
    assert (np.diff(moved[order]) >= 0).all()
    # The true birthday is among those that may be drawn, so that no age is off by more than one.
    new_dates = released.astype("datetime64[D]").tolist()
    expected = [max(age_at(day, birth), 0) for day in new_dates]
    assert np.abs(moved - expected).max() <= 1
    # Some birthday of the years in question gives them all.
    candidates = birth.toordinal() + np.arange(-400, 401)
    explained = [
        all(
            age_at(day, datetime.date.fromordinal(candidate)) == age
            for day, age in zip(new_dates, moved.tolist(), strict=True)
        )
        for candidate in candidates.tolist()
    ]
    assert any(explained)


def test_a_birthday_is_drawn_uniformly():
    n = 20_000
    true = np.full(n, number(["2023-05-17"])[0])
    hashes = SecretKey.from_random_state(0).hash("birthday", np.arange(n))
    people = np.arange(n)
    moved = move_ages(np.full(n, 40), true, true + 73, people, hashes)
    # A fifth of a year: one in five has a birthday in it.
    assert set(moved.tolist()) == {40, 41}
    assert (moved == 41).mean() == pytest.approx(0.2, abs=0.015)
    back = move_ages(np.full(n, 40), true, true - 73, people, hashes)
    assert (back == 39).mean() == pytest.approx(0.2, abs=0.015)


def test_contradicting_ages_stay_where_nothing_moves_and_none_is_below_zero():
    true = number(["2023-05-17", "2023-05-18"])
    people, hashes = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.uint64)
    ages = np.array([30, 60])
    assert move_ages(ages, true, true, people, hashes).tolist() == [30, 60]
    moved = move_ages(ages, true, true + 366, people, hashes)
    assert (moved - ages).tolist() == [1, 1]
    born = move_ages(np.array([0, 0]), true, true - 800, people, hashes)
    assert born.tolist() == [0, 0]
    nothing = np.zeros(0, dtype=np.int64)
    assert move_ages(nothing, nothing, nothing, nothing, nothing).tolist() == []


def test_leap_days():
    true = number(["2024-02-29", "2024-03-01"])
    people = np.zeros(2, dtype=np.int64)
    for word in (0, 2**63, 2**64 - 1):
        hashes = np.full(2, word, dtype=np.uint64)
        assert move_ages(np.array([20, 20]), true, true, people, hashes).tolist() == [20, 20]
        moved = move_ages(np.array([20, 20]), true, true + 1461, people, hashes)
        assert moved.tolist() == [24, 24]


def test_who_was_born_at_the_end_of_february():
    # At 21 on a 29 February nobody is born on 1 March: that would make them 20 still.
    true = number(["2024-02-29", "2024-03-02"])
    people, hashes = np.zeros(2, dtype=np.int64), np.full(2, 2**64 - 1, dtype=np.uint64)
    moved = move_ages(np.array([21, 21]), true, true + np.array([1, 0]), people, hashes)
    assert moved.tolist() == [21, 21]


@pytest.mark.parametrize(
    ("values", "n"),
    [([30.5, 31], 1), ([-1, 30], 1), (["30", "31"], 2), ([True, False], 2), ([float("inf")], 1)],
)
def test_what_is_no_age_is_refused(values, n):
    with pytest.raises(InputError, match=f"^{n} of {len(values)} values of column 'age'"):
        read_ages(pd.Series(values), column="age")


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "object"])
def test_kinds_of_columns_come_back_as_they_were(dtype):
    values = [30, 31, None] if dtype != "int64" else [30, 31, 32]
    frame = pd.DataFrame(
        {
            "person_id": ["a", "a", "b"],
            "event_id": [1, 2, 3],
            "date": pd.to_datetime(["2021-05-17", "2022-05-17", "2023-05-17"]),
            "age": pd.Series(values, dtype=dtype),
        }
    )
    noise = TemporalNoise(**IDS, shift=364, shift_step="year", ages="age", random_state=1)
    released = noise.fit_transform(frame)
    assert released["age"].isna().tolist() == frame["age"].isna().tolist()
    if dtype != "object":
        assert released["age"].dtype == frame["age"].dtype
    years = (released["date"] - frame["date"]).dt.days / 365.2425
    change = (released["age"] - frame["age"]).dropna().astype(float)
    assert (np.abs(change - years[change.index]) < 1).all()
    array = frame.drop(columns="date").assign(date=frame["date"]).to_numpy(dtype=object)
    by_place = TemporalNoise(
        3, person_id=0, event_id=1, shift=364, shift_step="year", ages=2, random_state=1
    ).fit_transform(array)
    assert pd.Series(by_place[:, 2]).dropna().tolist() == released["age"].dropna().tolist()


def test_ages_of_a_table_follow_the_first_date_column():
    rng = np.random.default_rng(0)
    n = 2_000
    birth = np.datetime64("1960-01-01") + rng.integers(0, 9_000, 200).astype("timedelta64[D]")
    people = rng.integers(0, 200, n)
    dates = np.datetime64("2010-01-01") + rng.integers(0, 4_000, n).astype("timedelta64[D]")
    ages = [age_at(d, b) for d, b in zip(dates.tolist(), birth[people].tolist(), strict=True)]
    frame = pd.DataFrame(
        {"person_id": people, "event_id": range(n), "date": pd.DatetimeIndex(dates), "age": ages}
    )
    noise = TemporalNoise(**IDS, shift=300, jitter=30, ages="age", random_state=3)
    released = noise.fit_transform(frame)
    assert (released["age"] != frame["age"]).mean() > 0.2
    ordered = released.sort_values(["person_id", "date"])
    assert not (ordered.groupby("person_id")["age"].diff() < 0).any()
    # Any chunk of whole people, in any order, gets the same.
    part = frame[people % 3 == 1].sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(noise.transform(part), released.loc[part.index])
    null = frame.assign(date=frame["date"].where(np.arange(n) % 2 == 0))
    kept = noise.fit_transform(null)
    odd = np.arange(n) % 2 == 1
    assert (kept["age"] == frame["age"])[odd].all()


def test_ages_of_periods_and_without_a_person():
    frame = pd.DataFrame({"date": ["2023-05", "2023-06"], "age": [30, 40]})
    released = TemporalNoise(precision="month", ages=["age"]).fit_transform(frame)
    assert released["age"].tolist() == [30, 40]
    frame = pd.DataFrame({"date": ["2023-05-17"] * 2, "age": [30, 40]})
    released = TemporalNoise(shift=364, shift_step="year", ages=["age"], random_state=5)
    change = released.fit_transform(frame)["age"] - frame["age"]
    assert change.abs().max() <= 1


def test_ages_that_have_another_part_are_refused():
    frame = pd.DataFrame({"person_id": ["a"], "date": ["2023-05-17"], "age": [30]})
    for ages in ("date", "person_id", ["age", "date"]):
        with pytest.raises(InputError, match=r"1 column.s. of the parameter ages"):
            TemporalNoise(person_id="person_id", ages=ages).fit(frame)
