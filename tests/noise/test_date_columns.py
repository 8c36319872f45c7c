"""Reading and writing columns of dates in the form they came in."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._date_columns import coarsen_periods, read_times, write_days


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


def test_read_times_reads_dates():
    times = read_times(pd.Series(["2023-05-17", None]), column="date")
    assert times is not None
    assert times.astype("datetime64[D]").tolist() == [datetime.date(2023, 5, 17), None]


@pytest.mark.parametrize(
    "values",
    [["2023-05"], ["2023-Q2", None], ["2023"], [2023, 2024], ["2023-05-17", "2023-05"]],
)
def test_read_times_leaves_periods(values):
    assert read_times(pd.Series(values), column="date") is None


@pytest.mark.parametrize("values", [["soon"], ["2023-05-17", "soon"], [3.5], [7, 8]])
def test_read_times_refuses_the_rest(values):
    with pytest.raises(InputError, match="'when'"):
        read_times(pd.Series(values), column="when")


def test_coarsen_periods():
    column = pd.Series(["2023-05", None, "2023-Q4", "2022"])
    released = coarsen_periods(column, "year", column="date")
    assert released.tolist()[0::2] == ["2023", "2023"]
    assert released.tolist()[3] == "2022"
    assert released.isna().tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("values", "precision"),
    [(["2023-05", None], "month"), (["2023-Q2"], "quarter"), (["2023"], "year"), ([2023], "year")],
)
def test_what_is_at_the_precision_already_stays(values, precision):
    column = pd.Series(values)
    pd.testing.assert_series_equal(coarsen_periods(column, precision, column="date"), column)


@pytest.mark.parametrize(
    ("values", "precision", "n"),
    [
        (["2023-05", "2023-06"], "day", 2),
        (["2023-05"], "week", 1),
        (["2023", "2023-05"], "month", 1),
    ],
)
def test_periods_cannot_become_finer(values, precision, n):
    with pytest.raises(InputError, match=rf"^{n} values of column 'date' .* longer"):
        coarsen_periods(pd.Series(values), precision, column="date")


def test_write_days_keeps_the_form():
    moved = days("2023-05-17", "NaT")
    text, keep = write_days(moved, pd.Series(["x", None]), "day", column="d")
    assert text[0] == "2023-05-17" and text.isna().tolist() == [False, True] and keep
    stamps, keep = write_days(
        moved, pd.Series(pd.to_datetime(["2000-01-01", None])), "week", column="d"
    )
    assert stamps[0] == pd.Timestamp("2023-05-15") and stamps[1] is pd.NaT and keep
    objects = pd.Series([datetime.date(2000, 1, 1), None], dtype=object)
    assert write_days(moved, objects, "day", column="d")[0].tolist() == [
        datetime.date(2023, 5, 17),
        None,
    ]
    objects = pd.Series([datetime.datetime(2000, 1, 1, 9), None], dtype=object)
    written = write_days(moved, objects, "day", column="d")[0]
    assert written[0] == datetime.datetime(2023, 5, 17) and written.isna()[1]


def test_write_days_keeps_the_time_zone_where_clocks_change_at_midnight():
    zone = "America/Havana"  # 2023-03-12 starts at 01:00; 2023-11-05 has its first hour twice
    column = pd.Series(pd.to_datetime(["2023-03-01", "2023-03-01"])).dt.tz_localize(zone)
    released, keep = write_days(days("2023-03-12", "2023-11-05"), column, "day", column="d")
    assert keep and str(released.dt.tz) == zone
    assert released[0].isoformat() == "2023-03-12T01:00:00-04:00"
    assert released[1].isoformat() == "2023-11-05T00:00:00-04:00"


@pytest.mark.parametrize("day", ["10000-01-01", "0000-12-31"])
def test_days_that_no_date_can_hold_are_refused(day):
    with pytest.raises(InputError, match="1 values of column 'd'"):
        write_days(days(day, "2023-01-01"), pd.Series(["a", "b"]), "day", column="d")


def test_days_that_nanoseconds_cannot_hold_are_refused():
    column = pd.Series(pd.to_datetime(["2262-04-01"])).astype("datetime64[ns]")
    with pytest.raises(InputError, match="1 values of column 'd'"):
        write_days(days("2262-05-01"), column, "day", column="d")
    fine, _ = write_days(days("2262-05-01"), column.astype("datetime64[s]"), "day", column="d")
    assert fine[0] == pd.Timestamp("2262-05-01").as_unit("s")
