r"""The grammar of labels: one reader and one writer for everything that is released as text.

========================= =====================================================
text                      meaning
========================= =====================================================
``34``                    the number 34
``30-39``                 30 to 39, both included; ``-5--1`` too
``85+``                   85 and more; ``-17`` is a number, not "up to"
``Asian|White``           one of these; ``|`` and ``\`` inside a value are escaped by ``\``
``30-39|``                30 to 39, or null (an empty member is null)
``2023-05``               a month; ``2023-Q2`` a quarter; ``2023-05-17`` a day
``2023-05-17/2023-06-02`` these two days and those between them
``2023``                  a number; where dates are meant, the year
(empty)                   null: unknown, which is not "everything"
========================= =====================================================

Everything else is a category that stands for itself.
"""

from __future__ import annotations

import calendar
import datetime
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "Interval",
    "Label",
    "Period",
    "ValueSet",
    "format_label",
    "parse_label",
    "set_of",
    "split_members",
]

# Digits are [0-9]: those of other scripts are text. The calendar has no year 0.
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_YEAR = r"(?!0000)[0-9]{4}"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NUMBER_PATTERN = re.compile(_NUMBER)
_INTERVAL_PATTERN = re.compile(rf"({_NUMBER})-({_NUMBER})")
_OPEN_PATTERN = re.compile(rf"({_NUMBER})\+")
_BELOW_PATTERN = re.compile(rf"<=({_NUMBER})")
_DAYS_PATTERN = re.compile(rf"({_DAY})(?:/({_DAY}))?")
_YEAR_PATTERN = re.compile(_YEAR)
_MONTH_PATTERN = re.compile(rf"({_YEAR})-(0[1-9]|1[0-2])")
_QUARTER_PATTERN = re.compile(rf"({_YEAR})-Q([1-4])")


@dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`, both included; an open end is infinite."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError("An interval's low end must not be above its high end.")


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: datetime.date
    end: datetime.date

    @classmethod
    def month(cls, year: int, month: int, n_months: int = 1) -> Period:
        """Give the period of whole months that starts with a month."""
        last = month + n_months - 1
        return cls(
            datetime.date(year, month, 1),
            datetime.date(year, last, calendar.monthrange(year, last)[1]),
        )


@dataclass(frozen=True)
class ValueSet:
    """One of several labels; None among the members means "or null"."""

    members: tuple[float | str | Interval | Period | None, ...]


Label = float | int | str | Interval | Period | ValueSet | None


def parse_label(text: Any, *, dates: bool = False) -> Label:
    r"""Read a label.

    Parameters
    ----------
    text : str, number or None
        Anything that is not text stands for itself; NaN and None are null.
    dates : bool, default=False
        Read four digits as a year, not as a number.

    Returns
    -------
    float, int, str, Interval, Period, ValueSet or None

    Examples
    --------
    >>> parse_label("30-39"), parse_label("-5--1"), parse_label("85+")
    (Interval(low=30, high=39), Interval(low=-5, high=-1), Interval(low=85, high=inf))
    >>> parse_label("Asian|White")
    ValueSet(members=('Asian', 'White'))
    >>> parse_label("2023-Q2").end
    datetime.date(2023, 6, 30)
    >>> parse_label(r"either\|or"), parse_label("34"), parse_label("")
    ('either|or', 34, None)
    """
    if text is None or (isinstance(text, float) and math.isnan(text)):
        return None
    if not isinstance(text, str):
        # pandas.NA and NaT are null but not floats; they are the only values unequal to themselves.
        return None if not _equals_itself(text) else text
    members = split_members(text)
    if len(members) == 1:
        return _parse_one(members[0], dates)
    return ValueSet(tuple(_parse_one(member, dates) for member in members))


def format_label(label: Any) -> str:
    r"""Write a label; :func:`parse_label` reads it back.

    Examples
    --------
    >>> format_label(Interval(30, 39)), format_label(Interval(85, float("inf")))
    ('30-39', '85+')
    >>> format_label(ValueSet(("Asian", "a|b", None)))
    'Asian|a\\|b|'
    >>> format_label(Period.month(2023, 4, 3)), format_label(None), format_label(34.0)
    ('2023-Q2', '', '34')
    """
    if label is None:
        return ""
    if isinstance(label, ValueSet):
        return "|".join(format_label(member) for member in label.members)
    if isinstance(label, Interval):
        return _format_interval(label)
    if isinstance(label, Period):
        return _format_period(label)
    if isinstance(label, str):
        return label.replace("\\", "\\\\").replace("|", "\\|")
    is_bool = isinstance(label, bool) or str(getattr(label, "dtype", "")) == "bool"
    if (isinstance(label, int | float) or hasattr(label, "dtype")) and not is_bool:
        return _format_number(label)
    return str(label)


def set_of(values: Iterable[Any]) -> Label:
    """Give the label that says "one of these": the value itself if there is only one.

    Examples
    --------
    >>> set_of(["White"]), set_of(["White", "Asian"])
    ('White', ValueSet(members=('Asian', 'White')))
    """
    distinct = set(values)
    members = sorted((v for v in distinct if v is not None), key=lambda v: (type(v).__name__, v))
    if None in distinct:
        members.append(None)
    return members[0] if len(members) == 1 else ValueSet(tuple(members))


def _equals_itself(value: Any) -> bool:
    equal = value == value
    return (isinstance(equal, bool) and equal) or (hasattr(equal, "dtype") and bool(equal))


def split_members(text: str) -> list[str]:
    r"""Split the label of a set at its bars; each member keeps its escapes.

    Examples
    --------
    >>> split_members(r"Asian|a\|b|")
    ['Asian', 'a\\|b', '']
    """
    if "|" not in text and "\\" not in text:
        return [text]
    members, current, escaped = [], "", False
    for character in text:
        if character == "|" and not escaped:
            members.append(current)
            current = ""
            continue
        current += character
        escaped = character == "\\" and not escaped
    return [*members, current]


def _unescape(text: str) -> str:
    return re.sub(r"\\([\\|])", r"\1", text)


def _parse_number(text: str) -> float | int:
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else float(text)


def _parse_one(text: str, dates: bool) -> float | str | Interval | Period | None:
    if text == "":
        return None
    if match := _DAYS_PATTERN.fullmatch(text):
        return _parse_days(text, match[1], match[2] or match[1])
    if match := _MONTH_PATTERN.fullmatch(text):
        return Period.month(int(match[1]), int(match[2]))
    if match := _QUARTER_PATTERN.fullmatch(text):
        return Period.month(int(match[1]), 3 * int(match[2]) - 2, 3)
    if dates and _YEAR_PATTERN.fullmatch(text):
        return Period.month(int(text), 1, 12)
    if _NUMBER_PATTERN.fullmatch(text) and _is_plain(text):
        return _parse_number(text)
    if (match := _INTERVAL_PATTERN.fullmatch(text)) and all(map(_is_plain, match.groups())):
        low, high = _parse_number(match[1]), _parse_number(match[2])
        if low <= high:
            return Interval(low, high)
    if (match := _OPEN_PATTERN.fullmatch(text)) and _is_plain(match[1]):
        return Interval(_parse_number(match[1]), math.inf)
    if (match := _BELOW_PATTERN.fullmatch(text)) and _is_plain(match[1]):
        return Interval(-math.inf, _parse_number(match[1]))
    return _unescape(text)


def _is_plain(number: str) -> bool:
    """Tell numbers from codes: "001" is an id, "1e999" has no finite value."""
    return not re.match(r"-?0[0-9]", number) and math.isfinite(float(number))


def _parse_days(text: str, first: str, last: str) -> Period | str:
    try:
        start, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    except ValueError:  # such as 2023-13-45: it looks like a day and is none
        return text
    return Period(start, end) if start <= end else text


def _format_number(value: Any) -> str:
    if isinstance(value, int | np.integer):
        return str(int(value))
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def _format_interval(interval: Interval) -> str:
    low, high = interval.low, interval.high
    if math.isinf(low) and math.isinf(high):
        raise ValueError("An interval without a finite end has no label; use null for unknown.")
    if low == high:
        return _format_number(low)
    if math.isinf(high):
        return f"{_format_number(low)}+"
    if math.isinf(low):
        return f"<={_format_number(high)}"
    return f"{_format_number(low)}-{_format_number(high)}"


def _format_period(period: Period) -> str:
    start, end = period.start, period.end
    if start.day == 1 and start.year == end.year:
        n_months = end.month - start.month + 1
        whole = end == Period.month(start.year, start.month, n_months).end
        if whole and n_months == 1:
            return f"{start.year:04d}-{start.month:02d}"
        if whole and n_months == 3 and start.month % 3 == 1:
            return f"{start.year:04d}-Q{start.month // 3 + 1}"
        if whole and n_months == 12:
            return f"{start.year:04d}"
    return start.isoformat() if start == end else f"{start.isoformat()}/{end.isoformat()}"
