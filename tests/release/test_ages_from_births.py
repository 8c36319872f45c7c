"""Ages are what a calendar says, on one day for all."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.release._ages_from_births import ages_of, with_ages


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        ("1980-06-15", "2024-06-14", 43),
        ("1980-06-15", "2024-06-15", 44),
        ("1980-06-15", "2024-12-31", 44),
        ("1980-06-15", "2024-01-01", 43),
        ("2000-02-29", "2023-02-28", 22),
        ("2000-02-29", "2023-03-01", 23),
        ("2000-02-29", "2024-02-29", 24),
        ("2000-03-01", "2024-02-29", 23),
        ("2024-01-01", "2024-01-01", 0),
        ("1904-01-02", "2024-12-31", 120),
        ("12/31/1999", datetime.date(2020, 1, 1), 20),
        ("31 Dec 1999", np.datetime64("2020-12-31"), 21),
        (pd.Timestamp("1999-12-31 23:59"), pd.Timestamp("2020-12-31 00:01"), 21),
    ],
)
def test_ages_by_hand(birth, day, age):
    assert ages_of(pd.Series([birth]), day).tolist() == [age]


DAYS = st.dates(datetime.date(1905, 1, 1), datetime.date(2024, 12, 31))


@given(st.lists(DAYS, min_size=1), DAYS)
def test_ages_as_counted_birthday_by_birthday(births, day):
    births = [birth for birth in births if birth <= day] or [day]

    def birthdays(birth: datetime.date) -> int:
        passed = 0
        for year in range(birth.year + 1, day.year + 1):
            try:
                passed += birth.replace(year=year) <= day
            except ValueError:  # 29 February in a common year
                passed += datetime.date(year, 3, 1) <= day
        return passed

    found = ages_of(pd.Series([birth.isoformat() for birth in births]), day)
    assert found.tolist() == [birthdays(birth) for birth in births]


def test_index_and_nulls_stay_and_nothing_changes_in_place():
    births = pd.Series(["1980-06-15", None], index=[7, 3], name="dob")
    before = births.copy()
    ages = ages_of(births, "2024-01-01")
    pd.testing.assert_series_equal(
        ages, pd.Series([43, pd.NA], dtype="Int64", index=[7, 3], name="age")
    )
    pd.testing.assert_series_equal(births, before)
    assert ages_of(births[:1], "2024-01-01").dtype == np.int64


def test_the_last_event_is_the_day_unless_one_is_given():
    births = pd.Series(["1980-06-15", "1990-01-01"])
    dates = pd.Series(["2020-06-14", "2021-01-01"])
    assert ages_of(births, dates=dates).tolist() == [40, 31]
    assert ages_of(births, "2020-06-14", dates=dates).tolist() == [39, 30]
    assert ages_of(births, dates=pd.Series([None, "2020-06-14"])).tolist() == [39, 30]


@pytest.mark.parametrize("dates", [None, pd.Series([None, None], dtype=object)])
def test_todays_ages_are_told_to_be_todays(dates):
    today = datetime.date.today()
    born = datetime.date(today.year - 30, 1, 1).isoformat()
    with pytest.warns(DataWarning, match=f"those of today, {today}; give reference_date"):
        assert ages_of(pd.Series([born, born]), dates=dates).tolist() == [30, 30]


@pytest.mark.parametrize(
    ("births", "message"),
    [
        (["2024-01-02", "1980-01-01", None], "1 of 2 values of 'date_of_birth' are after the day"),
        (["1900-01-01", "1903-01-01"], "2 of 2 values of 'date_of_birth' make people older than 1"),
        (["once", "1980-01-01"], "1 of 2 values of column 'date_of_birth' cannot be read"),
        ([19800101, 19810101], "'date_of_birth' holds numbers, not dates, in 2 rows"),
        ([1980.5, 1981.5], "'date_of_birth' holds numbers, not dates, in 2 rows"),
        ([float("inf")], "'date_of_birth' holds numbers, not dates, in 1 rows"),
        ([True, False], "'date_of_birth' holds numbers, not dates, in 2 rows"),
    ],
)
def test_what_cannot_be_is_counted(births, message):
    with pytest.raises(InputError, match=message) as caught:
        ages_of(pd.Series(births), "2024-01-01")
    assert "1900-01-02" not in str(caught.value)


@pytest.mark.parametrize("day", ["soon", "", 2024, True, pd.NaT, np.datetime64("NaT")])
def test_a_day_that_is_none_is_refused(day):
    with pytest.raises(InputError, match="reference_date"):
        ages_of(pd.Series(["1980-01-01"]), day)


@pytest.mark.parametrize(
    ("births", "ages"),
    [
        (["1987", "1990"], [36, 33]),  # on 1 July their birthday, 2 July, is yet to come
        ([1987, 1990], [36, 33]),
        ([1987.0, None], [36, pd.NA]),
        (["1987-05", "1987-09"], [37, 36]),
        (["1987", "1987-07-01", None], [36, 37, pd.NA]),
        (["2024", "2023"], [0, 0]),
        (["2024-07"], [0]),
    ],
)
def test_years_and_months_of_birth_give_ages_and_are_told(births, ages):
    n_rough = sum(len(str(birth)) < 10 for birth in births if birth is not None)
    told = f"{n_rough} of {sum(birth is not None for birth in births)} values"
    with pytest.warns(DataWarning, match=f"{told} of 'date_of_birth' are years or months"):
        assert ages_of(pd.Series(births), "2024-07-01").tolist() == ages


@given(DAYS, DAYS)
def test_an_age_by_the_year_of_birth_is_off_by_one_year_at_most(birth, day):
    if birth > day:
        birth, day = day, birth
    exact = ages_of(pd.Series([birth.isoformat()]), day).item()
    with pytest.warns(DataWarning, match="off by one year"):
        rough = ages_of(pd.Series([str(birth.year)]), day).item()
    assert abs(rough - exact) <= 1 and rough >= 0


def test_years_of_the_future_and_of_the_dead_are_refused_as_days_are():
    for births, message in (
        (["2030", "1987"], "1 of 2 values of 'date_of_birth' are after the day"),
        (["1850", "1987"], "1 of 2 values of 'date_of_birth' make people older than 120"),
    ):
        with pytest.raises(InputError, match=message), pytest.warns(DataWarning):
            ages_of(pd.Series(births), "2024-07-01")
    with pytest.raises(InputError, match="1 values of column 'date_of_birth' are neither dates"):
        ages_of(pd.Series(["1987", "03/20/1987"]), "2024-07-01")


def test_a_table_has_ages_of_the_day_that_is_asked_for():
    table = Table.of(pd.DataFrame({"date_of_birth": ["1980-06-15"], "date": ["2023-01-01"]}))
    assert with_ages(table)["age"].tolist() == [42]
    assert with_ages(table, "2030-06-15")["age"].tolist() == [50]
    other = Table.of(pd.DataFrame({"date_of_birth": ["1980-06-15"], "age": [7]}))
    assert with_ages(other, "2030-06-15")["age"].tolist() == [7]
