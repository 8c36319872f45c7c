"""Dates: what is read, what is refused with a count, and periods against pandas."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.dates import (
    PRECISIONS,
    floor_period,
    period_bounds,
    period_labels,
    read_dates,
)
from personatwin_sk.exceptions import InputError

NAT = np.datetime64("NaT")
JAN_31 = np.datetime64("2023-01-31T00:00:00")


def read(values: object) -> list[str]:
    series = values if isinstance(values, pd.Series) else pd.Series(values)
    result = read_dates(series, column="date")
    assert result.dtype == np.dtype("datetime64[s]")
    return ["" if np.isnat(moment) else str(moment) for moment in result]


@pytest.mark.parametrize(
    "text",
    [
        "2023-01-31",
        "2023/01/31",
        "2023.01.31",
        "20230131",
        "01/31/2023",
        "31/01/2023",
        "31.01.2023",
        "01-31-2023",
        "31-01-2023",
        "31 Jan 2023",
        "31 January 2023",
        "Jan 31, 2023",
        "January 31, 2023",
        " 2023-01-31 ",
    ],
)
def test_each_format_is_read_where_the_whole_column_has_it(text: str) -> None:
    assert read([text, text]) == ["2023-01-31T00:00:00"] * 2


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-01-31T14:30:59", "2023-01-31T14:30:59"),
        ("2023-01-31 14:30", "2023-01-31T14:30:00"),
        ("2023-01-31T14:30:59.999", "2023-01-31T14:30:59"),
        ("2023-01-31T23:30:00Z", "2023-01-31T23:30:00"),
        ("2023-01-31T23:30:00+05:00", "2023-01-31T23:30:00"),
        ("2023-01-31T23:30:00-05:00", "2023-01-31T23:30:00"),
    ],
)
def test_iso_text_with_a_time_keeps_its_local_time(text: str, moment: str) -> None:
    assert read([text]) == [moment]


def test_iso_text_with_several_offsets_keeps_each_local_time() -> None:
    texts = ["2023-01-31T23:30:00-05:00", "2023-07-31T23:30:00-04:00", "2023-01-01"]
    assert read(texts) == ["2023-01-31T23:30:00", "2023-07-31T23:30:00", "2023-01-01T00:00:00"]


@pytest.mark.parametrize("null", [None, float("nan"), pd.NaT, pd.NA])
def test_null_gives_nat(null: object) -> None:
    assert read(pd.Series(["2023-01-31", null], dtype=object)) == ["2023-01-31T00:00:00", ""]
    assert read(pd.Series([null, null], dtype=object)) == ["", ""]


def test_typed_columns_are_read_as_they_are() -> None:
    plain = pd.Series(pd.to_datetime(["2023-01-31 10:00", None]))
    assert read(plain) == ["2023-01-31T10:00:00", ""]
    assert read(plain.astype("datetime64[ms]")) == ["2023-01-31T10:00:00", ""]
    zoned = pd.Series(pd.to_datetime(["2023-01-31 23:00", None])).dt.tz_localize("America/New_York")
    assert read(zoned) == ["2023-01-31T23:00:00", ""]  # local, not 04:00 of the next day
    dates = pd.Series([datetime.date(2023, 1, 31), None], dtype=object)
    assert read(dates) == ["2023-01-31T00:00:00", ""]
    moments = pd.Series([datetime.datetime(2023, 1, 31, 10), None], dtype=object)
    assert read(moments) == ["2023-01-31T10:00:00", ""]
    assert read(pd.Series([], dtype=object)) == []


@pytest.mark.parametrize("day", ["0001-01-01", "1600-02-29", "9999-12-31"])
def test_days_far_out_are_days(day: str) -> None:
    assert read([day]) == [f"{day}T00:00:00"]


@pytest.mark.parametrize(
    ("values", "n_bad"),
    [
        # Four formats in one column: only the first is what most are written in.
        (["2021-01-31", "2021-02-28", "31.01.2021", "Jan 31, 2021", "2021/01/31"], 3),
        (["2021-01-31", "2021-02-30"], 1),
        (["2021-01-31", "soon", "soon", None], 2),
        (["31.01.2021", "31.02.2021"], 1),
        (["13/02/2021", "02/13/2021"], 1),
        (["31 Jan 2021", ""], 1),
        (["soon", "later"], 2),
        (["2021111", "20211112"], 2),
    ],
)
def test_what_cannot_be_read_is_counted_and_not_shown(values: list[str | None], n_bad: int) -> None:
    with pytest.raises(InputError) as error:
        read_dates(pd.Series(values), column="seen_on")
    message = str(error.value)
    n_known = sum(value is not None for value in values)
    assert message.startswith(f"{n_bad} of {n_known} values of column 'seen_on'")
    assert not any(value in message for value in values if value)


def test_day_and_month_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(InputError, match="2 of 2 values"):
        read(["03/04/2023", "05/06/2023"])
    with pytest.raises(InputError, match="1 of 1 values"):
        read(["03-04-2023"])
    # One value that settles it settles the column; equal day and month need no settling.
    assert read(["03/04/2023", "25/06/2023"])[0] == "2023-04-03T00:00:00"
    assert read(["03/04/2023", "06/25/2023"])[0] == "2023-03-04T00:00:00"
    assert read(["05/05/2023"]) == ["2023-05-05T00:00:00"]


def test_numbers_are_no_dates() -> None:
    with pytest.raises(InputError, match="holds numbers, not dates, in 2 rows"):
        read_dates(pd.Series([20230131.0, None, 45000.0]), column="date")


days_strategy = st.lists(
    st.one_of(
        st.none(),
        st.dates(datetime.date(1700, 1, 1), datetime.date(2200, 1, 1)),
    ),
    min_size=1,
    max_size=30,
)


@given(days_strategy, st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%B %d, %Y", "%Y%m%d"]))
def test_reading_is_the_inverse_of_writing(days: list[datetime.date | None], pattern: str) -> None:
    series = pd.Series(
        [None if day is None else day.strftime(pattern) for day in days], dtype=object
    )
    assert read_dates(series, column=0).astype("datetime64[D]").tolist() == days


@given(days_strategy, st.sampled_from(PRECISIONS))
def test_periods_start_where_pandas_says(days: list[datetime.date | None], precision: str) -> None:
    array = np.array(days, dtype="datetime64[D]")
    frequency = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q", "year": "Y"}[precision]
    expected = [None if d is None else pd.Period(d, frequency).start_time.date() for d in days]
    assert floor_period(array, precision).tolist() == expected


@given(days_strategy, st.sampled_from(["month", "quarter", "year"]))
def test_labels_are_those_of_pandas_and_are_read_back(
    days: list[datetime.date | None], precision: str
) -> None:
    labels = period_labels(np.array(days, dtype="datetime64[D]"), precision)
    periods = [
        None
        if day is None
        else pd.Period(day, {"month": "M", "quarter": "Q", "year": "Y"}[precision])
        for day in days
    ]
    written = [
        None if p is None else (f"{p.year}-Q{p.quarter}" if precision == "quarter" else str(p))
        for p in periods
    ]
    assert labels.tolist() == written
    start, end = period_bounds(pd.Series(labels, dtype=object))
    assert start.tolist() == [None if p is None else p.start_time.date() for p in periods]
    assert end.tolist() == [None if p is None else p.end_time.date() for p in periods]


@pytest.mark.parametrize("precision", ["day", "week"])
def test_short_periods_are_written_as_their_first_day(precision: str) -> None:
    day = np.array(["2023-05-18", "NaT"], dtype="datetime64[D]")  # a Thursday
    first = {"day": "2023-05-18", "week": "2023-05-15"}[precision]
    assert period_labels(day, precision).tolist() == [first, None]


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="precision"):
        floor_period(np.array([NAT]), "decade")


def test_bounds_of_a_mixed_column() -> None:
    values = pd.Series(["2023", "2023-05", "2023-Q2", "2023-05-17", "2023-05-01/2023-06-30", None])
    start, end = period_bounds(values)
    assert [str(day) for day in start] == [
        "2023-01-01", "2023-05-01", "2023-04-01", "2023-05-17", "2023-05-01", "NaT",
    ]  # fmt: skip
    assert [str(day) for day in end] == [
        "2023-12-31", "2023-05-31", "2023-06-30", "2023-05-17", "2023-06-30", "NaT",
    ]  # fmt: skip


def test_bounds_of_dates_are_the_dates() -> None:
    values = pd.Series(pd.to_datetime(["2023-05-17 13:00", None]))
    start, end = period_bounds(values)
    np.testing.assert_array_equal(start, np.array(["2023-05-17", "NaT"], dtype="datetime64[D]"))
    np.testing.assert_array_equal(start, end)


def test_years_that_came_as_numbers_are_years() -> None:
    start, end = period_bounds(pd.Series([2023.0, np.nan]))
    assert [str(day) for day in start] == ["2023-01-01", "NaT"]
    assert [str(day) for day in end] == ["2023-12-31", "NaT"]


def test_bounds_count_what_is_no_period() -> None:
    with pytest.raises(InputError, match="2 values of column 'date'"):
        period_bounds(pd.Series(["2023-05", "spring", "spring"]))
