"""Dates in declared formats, and what is said of mixtures that nobody declared."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from personatwin_sk._core.dates import date_formats
from personatwin_sk.exceptions import InputError
from personatwin_sk.noise import TemporalNoise
from personatwin_sk.noise._date_columns import read_limits, read_times
from personatwin_sk.noise._date_text import check_formats, count_formats, read_declared


def as_text(times):
    return [None if np.isnat(time) else str(time) for time in times]


def test_formats_are_tried_in_turn_for_each_value():
    texts = pd.Series(["03/04/2023", "17/04/2023", "2023-05-06", None, " 5 May 2023 "])
    first = read_declared(texts, ["%m/%d/%Y", "%d/%m/%Y", "%d %b %Y"], column="d")
    second = read_declared(texts, ["%d/%m/%Y", "%m/%d/%Y", "%d %b %Y"], column="d")
    rest = ["2023-04-17", "2023-05-06", None, "2023-05-05"]
    assert as_text(first.astype("datetime64[D]")) == ["2023-03-04", *rest]
    assert as_text(second.astype("datetime64[D]")) == ["2023-04-03", *rest]


def test_every_format_against_strptime():
    rng = np.random.default_rng(0)
    patterns = ["%d.%m.%y", "%Y%m%d", "%d %B %Y", "%j/%Y", "%m-%d-%Y %H:%M", "%d/%m/%Y %H:%M:%S.%f"]
    for pattern in patterns:
        moments = [
            datetime.datetime(2000, 1, 1) + datetime.timedelta(minutes=int(m))
            for m in rng.integers(0, 20_000_000, 50)
        ]
        texts = [moment.strftime(pattern) for moment in moments]
        expected = [datetime.datetime.strptime(text, pattern) for text in texts]
        read = read_declared(pd.Series(texts), [pattern], column="d")
        assert read.tolist() == [moment.replace(microsecond=0) for moment in expected]


def test_years_far_out_and_values_that_are_dates_already():
    texts = pd.Series(["31/12/9999", "01/02/1066", datetime.date(2020, 3, 1)], dtype=object)
    read = read_declared(texts, ["%d/%m/%Y"], column="d").astype("datetime64[D]")
    assert as_text(read) == ["9999-12-31", "1066-02-01", "2020-03-01"]


def test_what_no_format_fits_is_refused_with_its_count():
    texts = pd.Series(["17.5.2023", "soon", "soon", None, "2023/05/17"])
    with pytest.raises(
        InputError, match=r"^3 of 4 values of column 'd' .* none of the 1"
    ) as caught:
        read_declared(texts, ["%d.%m.%Y"], column="d")
    assert "soon" not in str(caught.value) and "2023/" not in str(caught.value)


@pytest.mark.parametrize(
    "bad", ["%Y-%m", "%d/%m", "day", "%d/%m/%Y %z", "%d/%m/%Y %Z", "%Q", "", 7, None]
)
def test_formats_that_name_no_day_are_refused(bad):
    with pytest.raises(InputError, match="format 1 of 2 in the parameter date_format"):
        check_formats(["%Y-%m-%d", bad], owner="TemporalNoise")


def test_formats_come_alone_or_in_sequence():
    assert check_formats(None, owner="x") == ()
    assert check_formats("%d/%m/%Y", owner="x") == ("%d/%m/%Y",)
    assert check_formats(np.array(["%d/%m/%Y"]), owner="x") == ("%d/%m/%Y",)


def test_mixtures_are_counted_by_kind():
    texts = ["2023-05-17"] * 3 + ["17.05.2023"] * 2 + ["05/06/2023", "05/16/2023", "soon", None]
    assert count_formats(pd.Series(texts)) == (
        "3 as ISO, 2 as %d.%m.%Y, 1 as %m/%d/%Y, 1 as %m/%d/%Y or %d/%m/%Y, 1 as none that is known"
    )
    with pytest.raises(InputError, match="name their formats in the parameter date_format") as got:
        read_times(pd.Series(texts), column="d")
    assert "3 as ISO, 2 as %d.%m.%Y" in str(got.value)
    for text in texts[:-1]:
        assert text not in str(got.value)


def test_known_formats_agree_with_what_reading_takes():
    for text in ("2023/05/17", "20230517", "17 May 2023", "May 17, 2023", "17-05-2023"):
        (kinds,) = date_formats(pd.Series([text]))
        assert kinds
        assert read_times(pd.Series([text]), column="d").astype("datetime64[D]").tolist() == [
            datetime.date(2023, 5, 17)
        ]
    assert date_formats(pd.Series(["2023111", "soon"])).tolist() == ["", ""]


def test_ambiguous_columns_are_read_once_they_are_declared():
    frame = pd.DataFrame({"date": ["03/04/2023", "05/06/2023"]})
    with pytest.raises(InputError, match="2 as %m/%d/%Y or %d/%m/%Y"):
        TemporalNoise().fit_transform(frame)
    released = TemporalNoise(date_format="%d/%m/%Y").fit_transform(frame)["date"]
    assert released.tolist() == ["2023-04-03", "2023-06-05"]


def test_released_text_is_iso_and_passes_again():
    frame = pd.DataFrame({"date": ["17.05.2023", "05/18/2023", None, "2023-05-19"]})
    formats = ["%d.%m.%Y", "%m/%d/%Y"]
    for precision in ("day", "week", "month", "year"):
        noise = TemporalNoise(date_format=formats, precision=precision)
        once = noise.fit_transform(frame)
        pd.testing.assert_frame_equal(noise.fit_transform(once), once)
    assert TemporalNoise(date_format=formats).fit_transform(frame)["date"].tolist()[:2] == [
        "2023-05-17",
        "2023-05-18",
    ]


def test_declared_formats_do_not_touch_columns_of_datetimes():
    frame = pd.DataFrame({"date": pd.to_datetime(["2023-05-17"]), "end": ["18.05.2023"]})
    released = TemporalNoise(["date", "end"], date_format="%d.%m.%Y").fit_transform(frame)
    assert released["date"].tolist() == frame["date"].tolist()
    assert released["end"].tolist() == ["2023-05-18"]


def test_polars_and_arrays():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"date": ["17.05.2023", "05/18/2023", None]})
    noise = TemporalNoise(date_format=("%d.%m.%Y", "%m/%d/%Y"))
    released = noise.fit_transform(frame)["date"].to_list()
    assert released == ["2023-05-17", "2023-05-18", None]
    array = np.array([["17.05.2023"], ["05/18/2023"]], dtype=object)
    noise = TemporalNoise(0, date_format=("%d.%m.%Y", "%m/%d/%Y"))
    assert noise.fit_transform(array).tolist() == [["2023-05-17"], ["2023-05-18"]]


def test_limits_of_periods_and_dates():
    first, last = read_limits(pd.Series(["1980", None, "1981-02"]), column="birth")
    assert as_text(first) == ["1980-01-01", None, "1981-02-01"]
    assert as_text(last) == ["1980-12-31", None, "1981-02-28"]
    first, last = read_limits(pd.Series(["1.2.1980"]), column="birth", formats=["%d.%m.%Y"])
    assert as_text(first) == as_text(last) == ["1980-02-01"]


@pytest.mark.parametrize("formats", [["%Y-%m"], "%H:%M", [3]])
def test_bad_formats_are_refused_at_fit(formats):
    with pytest.raises(ValueError, match="date_format"):
        TemporalNoise(date_format=formats).fit(pd.DataFrame({"date": ["2023-05-17"]}))
