"""The grammar of labels: one table read both ways, and round trips of everything it can say."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk._core.labels import (
    Interval,
    Period,
    ValueSet,
    format_label,
    parse_label,
    set_of,
    split_members,
)

INF = math.inf


def days(first: str, last: str) -> Period:
    return Period(datetime.date.fromisoformat(first), datetime.date.fromisoformat(last))


# Text and meaning, each of which gives the other.
BOTH_WAYS = [
    ("34", 34),
    ("-3", -3),
    ("0", 0),
    ("34.5", 34.5),
    ("-0.25", -0.25),
    ("30-39", Interval(30, 39)),
    ("-5--1", Interval(-5, -1)),
    ("-5-1", Interval(-5, 1)),
    ("0.5-1.75", Interval(0.5, 1.75)),
    ("85+", Interval(85, INF)),
    ("-5+", Interval(-5, INF)),
    ("<=17", Interval(-INF, 17)),
    ("Asian|White", ValueSet(("Asian", "White"))),
    (r"either\|or", "either|or"),
    (r"C:\\temp", "C:\\temp"),
    (r"a\|b|c\\", ValueSet(("a|b", "c\\"))),
    ("30-39|", ValueSet((Interval(30, 39), None))),
    ("White|", ValueSet(("White", None))),
    ("30-39|50-59", ValueSet((Interval(30, 39), Interval(50, 59)))),
    ("2023-05", days("2023-05-01", "2023-05-31")),
    ("2024-02", days("2024-02-01", "2024-02-29")),
    ("2023-Q1", days("2023-01-01", "2023-03-31")),
    ("2023-Q2", days("2023-04-01", "2023-06-30")),
    ("2023-Q4", days("2023-10-01", "2023-12-31")),
    ("2023-05-17", days("2023-05-17", "2023-05-17")),
    ("2023-05-17/2023-06-02", days("2023-05-17", "2023-06-02")),
    ("2023-05-01/2023-06-30", days("2023-05-01", "2023-06-30")),
    ("White", "White"),
    ("African-American", "African-American"),
    ("Hamilton County, OH", "Hamilton County, OH"),
    ("São Paulo 東京", "São Paulo 東京"),
    (" White ", " White "),
    ("001", "001"),
    ("0000", "0000"),
    ("39-30", "39-30"),
    ("-", "-"),
    ("+", "+"),
    ("85++", "85++"),
    ("nan", "nan"),
    ("inf", "inf"),
    ("2023-13-45", "2023-13-45"),
    ("2023-02-30", "2023-02-30"),
    ("2023-06-02/2023-05-17", "2023-06-02/2023-05-17"),
    ("0000-05", "0000-05"),
    ("0000-Q1", "0000-Q1"),
    ("\u0660\u0660\u0660\u0660-05", "\u0660\u0660\u0660\u0660-05"),
    ("\u0663\u0664", "\u0663\u0664"),
    (r"0000\|x", "0000|x"),
    ("9" * 400, "9" * 400),
    ("1e999", "1e999"),
    ("1e999+", "1e999+"),
    ("<=1e999", "<=1e999"),
    ("085+", "085+"),
    ("<=07", "<=07"),
    ("01-09", "01-09"),
    ("45202-1234", "45202-1234"),
    ("12345678901234567890", 12345678901234567890),
]


@pytest.mark.parametrize(("text", "label"), BOTH_WAYS, ids=[text for text, _ in BOTH_WAYS])
def test_each_label_is_read_and_written(text: str, label: object) -> None:
    assert parse_label(text) == label
    assert type(parse_label(text)) is type(label)
    assert format_label(label) == text


@pytest.mark.parametrize("null", [None, "", float("nan"), np.nan, pd.NA, pd.NaT])
def test_every_null_is_the_empty_label(null: object) -> None:
    assert parse_label(null) is None
    assert format_label(parse_label(null)) == ""


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2023", days("2023-01-01", "2023-12-31")),
        ("12345", 12345),
        ("2023|2024", None),
        ("2023-05", days("2023-05-01", "2023-05-31")),
    ],
)
def test_four_digits_are_a_year_only_where_dates_are_meant(text: str, label: object) -> None:
    if label is None:
        years = parse_label(text, dates=True)
        assert isinstance(years, ValueSet)
        assert [member.start.year for member in years.members] == [2023, 2024]
        assert all(isinstance(member, Period) for member in years.members)
    else:
        assert parse_label(text, dates=True) == label
    assert not isinstance(parse_label("2023"), Period)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (34.0, "34"),
        (np.float64(34.5), "34.5"),
        (np.int64(7), "7"),
        (np.float32(0.5), "0.5"),
        (Interval(5, 5), "5"),
        (Interval(5.0, 9.0), "5-9"),
        (days("2023-01-01", "2023-12-31"), "2023"),
        (ValueSet(("a|b", None)), r"a\|b|"),
    ],
)
def test_other_spellings_are_written_in_one_way(label: object, text: str) -> None:
    assert format_label(label) == text


@pytest.mark.parametrize("value", [3, 2.5, True, datetime.date(2023, 1, 1), Interval(1, 2)])
def test_what_is_no_text_stands_for_itself(value: object) -> None:
    assert parse_label(value) is value


@pytest.mark.parametrize(("low", "high"), [(2, 1), (math.nan, 1), (1, math.nan)])
def test_an_interval_the_wrong_way_round_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="interval"):
        Interval(low, high)


@pytest.mark.parametrize(("low", "high"), [(-INF, INF), (INF, INF), (-INF, -INF)])
def test_everything_has_no_label(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="finite end"):
        format_label(Interval(low, high))


def test_set_of_sorts_and_takes_null_last() -> None:
    assert set_of(["b", None, "a", "b"]) == ValueSet(("a", "b", None))
    assert set_of([None]) is None
    assert set_of([3, 3]) == 3


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("a", ["a"]),
        ("a|b", ["a", "b"]),
        ("a|", ["a", ""]),
        ("|", ["", ""]),
        (r"a\|b", [r"a\|b"]),
        (r"a\\|b", [r"a\\", "b"]),
    ],
)
def test_bars_split_unless_escaped(text: str, members: list[str]) -> None:
    assert split_members(text) == members


numbers = st.one_of(
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False, width=64),
)
categories = st.text(min_size=1).filter(lambda text: parse_label(format_label(text)) == text)
months = st.builds(
    Period.month,
    st.integers(1, 9999),
    st.integers(1, 12),
)
quarters = st.builds(
    lambda year, quarter: Period.month(year, 3 * quarter - 2, 3),
    st.integers(1, 9999),
    st.integers(1, 4),
)
day_ranges = st.tuples(st.dates(), st.dates()).map(lambda pair: Period(min(pair), max(pair)))
intervals = st.one_of(
    st.tuples(numbers, numbers).filter(lambda p: p[0] < p[1]).map(lambda p: Interval(*p)),
    numbers.map(lambda low: Interval(low, INF)),
    numbers.map(lambda high: Interval(-INF, high)),
)
single = st.one_of(numbers, categories, intervals, months, quarters, day_ranges)
value_sets = st.lists(st.one_of(st.none(), single), min_size=2, max_size=5).map(
    lambda members: ValueSet(tuple(members))
)


@given(st.one_of(st.none(), single, value_sets))
def test_what_is_written_is_read_back(label: object) -> None:
    assert parse_label(format_label(label), dates=True) == label or _is_a_number(label)
    if not _has_year(label):
        assert parse_label(format_label(label)) == label


@given(st.text(alphabet=r"0123456789-+<=|\.eEQ/ aé∞" "\u0663"))
def test_what_was_read_means_the_same_when_written_and_read_again(text: str) -> None:
    label = parse_label(text)
    assert parse_label(format_label(label)) == label


@given(st.text(min_size=1))
def test_any_text_written_as_a_category_keeps_its_bars_and_backslashes(text: str) -> None:
    members = split_members(format_label(text))
    assert len(members) == 1
    assert ("|" in text) == (r"\|" in members[0])


def _is_a_number(label: object) -> bool:
    """Where dates are meant a number of four digits reads as a year; that is what it is for."""
    parts = label.members if isinstance(label, ValueSet) else (label,)
    return any(isinstance(part, int | float) for part in parts)


def _has_year(label: object) -> bool:
    """A whole year is written with four digits, which read as a number where none are dates."""
    parts = label.members if isinstance(label, ValueSet) else (label,)
    return any(
        isinstance(part, Period) and part == Period.month(part.start.year, 1, 12) for part in parts
    )
