"""Ends of numbers, dates and labels, against literal readings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.exceptions import InputError
from personatwin_sk.utility._spans import date_spans, number_spans


def test_numbers_are_their_own_ends():
    spans = number_spans(pd.Series([3.0, None, 5.5]), column="x")
    assert spans.low.tolist()[::2] == [3.0, 5.5] == spans.high.tolist()[::2]
    assert np.isnan(spans.low[1])
    assert spans.or_null.tolist() == [False, True, False]


def test_nullable_integers_are_numbers():
    spans = number_spans(pd.Series([3, None], dtype="Int64"), column="x")
    assert spans.low[0] == 3.0 and np.isnan(spans.low[1])


def test_labels_of_numbers():
    spans = number_spans(pd.Series(["30-39", "85+", "<=17", "-5--1", "34", None]), column="age")
    assert spans.low.tolist()[:5] == [30.0, 85.0, -np.inf, -5.0, 34.0]
    assert spans.high.tolist()[:5] == [39.0, np.inf, 17.0, -1.0, 34.0]
    assert spans.or_null.tolist() == [False] * 5 + [True]


def test_a_set_has_several_spans():
    spans = number_spans(pd.Series(["1|3|", "7"]), column="x")
    assert spans.value.tolist() == [0, 0, 1]
    assert spans.low.tolist() == [1.0, 3.0, 7.0]
    assert spans.mean_middles().tolist() == [2.0, 7.0]
    assert spans.or_null.tolist() == [True, False]


def test_open_ends_close_at_the_outermost_values_or_beyond():
    spans = number_spans(pd.Series(["85+", "<=17", "95+", "<=3"]), column="age").closed(5.0, 90.0)
    assert spans.low.tolist() == [85.0, 5.0, 95.0, 3.0]
    assert spans.high.tolist() == [90.0, 17.0, 95.0, 3.0]


def test_what_is_no_number_is_counted_and_not_shown():
    with pytest.raises(InputError, match="2 of 3 distinct values of the column 'age'") as caught:
        number_spans(pd.Series(["30-39", "Zanzibar", "Xanadu"]), column="age")
    assert "Zanzibar" not in str(caught.value)


def test_dates_periods_and_years_in_days_since_1970():
    spans = date_spans(pd.Series(["1970-02", "1971", "1970-01-02/1970-01-04", None]), column="d")
    assert spans.low.tolist()[:3] == [31.0, 365.0, 1.0]
    assert spans.high.tolist()[:3] == [58.0, 729.0, 3.0]
    assert spans.or_null.tolist() == [False, False, False, True]


def test_a_period_or_null():
    spans = date_spans(pd.Series(["1970-01-02/1970-01-04|", "1970-01-11"]), column="d")
    assert spans.mean_middles().tolist() == [2.0, 10.0]
    assert spans.or_null.tolist() == [True, False]


def test_datetimes_of_any_unit_and_zone():
    moments = pd.Series(pd.to_datetime(["1970-01-03 23:00", None])).dt.tz_localize("Asia/Tokyo")
    spans = date_spans(moments, column="d")
    assert spans.low[0] == 2.0 and np.isnan(spans.low[1])


def test_what_is_no_date_is_counted_and_not_shown():
    with pytest.raises(InputError, match="1 of 2 distinct values of the column 'd'") as caught:
        date_spans(pd.Series(["1970-01-02/1970-01-04|", "soon"]), column="d")
    assert "soon" not in str(caught.value)


def test_shares_add_up_to_one_and_null_counts_as_one_more():
    spans = number_spans(pd.Series(["1|3|", None]), column="x")
    counts = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 0]])  # two spans of the set, one of null
    shares = spans.to_values(counts, null=2).toarray()
    np.testing.assert_allclose(shares, [[1 / 3, 1 / 3, 1 / 3], [0, 0, 1]])
