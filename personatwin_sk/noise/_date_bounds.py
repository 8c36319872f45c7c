"""Between which days a released date may lie: an absolute window, and bounds such as birth."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_column
from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.noise._date_columns import read_limits
from personatwin_sk.noise._order import sort_events

__all__ = ["DayBounds", "Limit", "Limits", "constant_day", "read_window"]

_LOWEST = int(np.datetime64(datetime.date.min, "D").astype(np.int64))
_HIGHEST = int(np.datetime64(datetime.date.max, "D").astype(np.int64))
_HEIGHT = 1 << 24  # more than there are days between the two


def constant_day(value: Any) -> int | None:
    """Read a date as a day number; give None if it is none.

    Examples
    --------
    >>> constant_day("1970-01-11"), constant_day(datetime.date(1970, 1, 11)), constant_day("birth")
    (10, 10, None)
    """
    if isinstance(value, bool | int | float | np.number):
        return None
    if isinstance(value, str) and not re.match(r"\d{4}-\d{2}-\d{2}", value):
        return None  # pandas would read "now", and "2023" as the first of January
    try:
        moment = pd.Timestamp(str(value) if isinstance(value, str) else value)
    except (ValueError, TypeError):
        return None
    if moment is pd.NaT:
        return None
    return int(np.datetime64(moment.date(), "D").astype(np.int64))


def read_window(window: Any, *, owner: str) -> tuple[int, int]:
    """Read the parameter `window`: its earliest and latest day, as day numbers.

    Raises
    ------
    InputError
        It is not a pair of dates, the earlier one first.

    Examples
    --------
    >>> read_window(("1970-01-01", datetime.date(1970, 1, 31)), owner="TemporalNoise")
    (0, 30)
    """
    pair = [] if isinstance(window, str) else list(window)
    days = [constant_day(value) for value in pair]
    if len(days) != 2 or days[0] is None or days[1] is None or days[0] > days[1]:
        raise InputError(
            f"{owner}: the parameter window must be a pair of dates, (earliest, latest), such as "
            '("2010-01-01", "2024-12-31").'
        )
    return days[0], days[1]


@dataclass(frozen=True)
class Limit:
    """What a parameter says of the earliest or the latest day: a day, a column, or nothing.

    Parameters
    ----------
    column : column or None
    day : int or None
        A day number. At most one of the two is given.
    """

    column: Hashable | None
    day: int | None

    @classmethod
    def of(cls, table: Table, value: Any, *, parameter: str, owner: str) -> Self:
        """Read a parameter.

        Raises
        ------
        ColumnNotFoundError
            It is neither a date nor a column of the table.

        Examples
        --------
        >>> table = Table.of(pd.DataFrame({"birth": ["1980-06-01"], "date": ["2023-05-17"]}))
        >>> Limit.of(table, "birth", parameter="not_before", owner="TemporalNoise")
        Limit(column='birth', day=None)
        >>> Limit.of(table, "1970-01-11", parameter="not_before", owner="TemporalNoise")
        Limit(column=None, day=10)
        """
        day = None if isinstance(value, str) and value in table else constant_day(value)
        if day is not None:
            return cls(None, day)
        return cls(find_column(table, value, parameter=parameter, owner=owner), None)


@dataclass(frozen=True)
class Limits:
    """Where released days may lie, as far as parameters say so.

    Parameters
    ----------
    low, high : Limit
    formats : sequence of str
        How dates are written in columns of text.
    window : pair of int or None
    moved : sequence of columns
        Those whose dates are moved.
    """

    low: Limit
    high: Limit
    formats: Sequence[str]
    window: tuple[int, int] | None
    moved: Sequence[Hashable]

    @property
    def are_columns(self) -> bool:
        """Whether a limit can differ between rows."""
        return self.low.column is not None or self.high.column is not None

    @property
    def leave_no_day(self) -> bool:
        """Whether the limits that are the same for all rows contradict each other."""
        window = (None, None) if self.window is None else self.window
        lows = [day for day in (self.low.day, window[0]) if day is not None]
        highs = [day for day in (self.high.day, window[1]) if day is not None]
        return max(lows, default=_LOWEST) > min(highs, default=_HIGHEST)

    def in_turn(self) -> list[Hashable]:
        """Give the columns that are moved, those that limit others first: birth, death, the rest.

        Examples
        --------
        >>> limits = Limits(Limit("birth", None), Limit("death", None), (), None, ["x", "birth"])
        >>> limits.in_turn()
        ['birth', 'x']
        """
        first = [self.low.column, self.high.column]
        ahead = [name for name in dict.fromkeys(first) if name in self.moved]
        return [*ahead, *(name for name in self.moved if name not in ahead)]

    def of_rows(
        self,
        name: Hashable,
        columns: Mapping[Hashable, pd.Series],
        released: Mapping[Hashable, np.ndarray],
    ) -> tuple[DayBounds, DayBounds] | None:
        """Give the bounds of one column of dates, for all rows.

        Parameters
        ----------
        name : column
        columns : mapping of column -> Series
            The table as it came in.
        released : mapping of column -> numpy.ndarray of datetime64[D]
            Released days of the columns that were moved already.

        Returns
        -------
        (DayBounds, DayBounds) or None
            Of the true days, and of the released ones: where what limits them is moved itself,
            its released days do. None if there are no limits but the window.

        Raises
        ------
        InputError
            In some rows no day is left; the message counts them.
        """
        if not self.are_columns and self.low.day is None and self.high.day is None:
            return None
        true = self._read(name, columns, {})
        if released.keys().isdisjoint({self.low.column, self.high.column} - {name}):
            return true, true
        return true, self._read(name, columns, released)

    def _read(
        self,
        name: Hashable,
        columns: Mapping[Hashable, pd.Series],
        released: Mapping[Hashable, np.ndarray],
    ) -> DayBounds:
        ends: list[int | np.ndarray | None] = []
        for place, limit in enumerate((self.low, self.high)):
            # Nothing limits itself; and of birth and death the former does not wait for the latter.
            waits = name == self.low.column and limit.column in self.moved
            if limit.column is None:
                ends.append(limit.day)
            elif limit.column == name or waits:
                ends.append(None)
            elif limit.column in released:
                ends.append(released[limit.column])
            else:
                series = columns[limit.column]
                days = read_limits(series, column=limit.column, formats=self.formats)
                ends.append(days[place])
        n_rows = len(columns[name])
        return DayBounds.of(n_rows, ends[0], ends[1], self.window, column=name)


@dataclass(frozen=True)
class DayBounds:
    """For each row the earliest and the latest day that may be released.

    Parameters
    ----------
    low, high : numpy.ndarray of int64, shape (n,)
        Day numbers; rows without a bound have the first and the last day of the calendar.
    """

    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(
        cls,
        n_rows: int,
        low: int | np.ndarray | None,
        high: int | np.ndarray | None,
        window: tuple[int, int] | None,
        *,
        column: Hashable,
    ) -> DayBounds:
        """Make bounds from what is known.

        Parameters
        ----------
        n_rows : int
        low, high : int, numpy.ndarray of datetime64[D] or None
            NaT is no bound.
        window : pair of int or None
            Absolute bounds on top of them.
        column : column
            What is bounded, for the message.

        Raises
        ------
        InputError
            In some rows no day is left; the message counts them.

        Examples
        --------
        >>> birth = np.array(["1970-01-03", "NaT"], dtype="datetime64[D]")
        >>> DayBounds.of(2, birth, 30, None, column="date").clip(np.array([0, 40])).tolist()
        [2, 30]
        """
        lows = np.maximum(_days(low, n_rows, _LOWEST), _LOWEST if window is None else window[0])
        highs = np.minimum(_days(high, n_rows, _HIGHEST), _HIGHEST if window is None else window[1])
        n_empty = int((lows > highs).sum())
        if n_empty:
            raise InputError(
                f"In {n_empty} of {n_rows} rows no day is left for column {column!r}: not_before "
                "lies after not_after, or outside the window. Correct these dates, or set them to "
                "null, which is no bound."
            )
        return cls(lows, highs)

    def clip(self, days: np.ndarray) -> np.ndarray:
        """Give the days, those outside the bounds replaced by the bound."""
        return np.asarray(np.minimum(np.maximum(days, self.low), self.high))

    def hold(self, days: np.ndarray, moments: np.ndarray, people: np.ndarray | None) -> np.ndarray:
        """Give the days within the bounds, in the order of each person's events.

        Parameters
        ----------
        days, moments : numpy.ndarray of int64, shape (n,)
            The days, and the true moments in seconds.
        people : numpy.ndarray of int64, shape (n,), or None
            Codes from 0. None: there is no order to keep.

        Examples
        --------
        The second event must not come before the first, whose bound it does not have itself:

        >>> bounds = DayBounds(np.array([9, 0]), np.array([99, 99]))
        >>> bounds.hold(np.array([5, 6]), np.array([5, 6]), np.array([0, 0])).tolist()
        [9, 9]
        """
        if people is not None and len(days):
            days = self.rising(moments, people).clip(days)
        # Where bounds contradict each other or the order, an event's own are the ones that count.
        return self.clip(days)

    def take(self, rows: np.ndarray | slice) -> DayBounds:
        """Give the bounds of some rows."""
        return DayBounds(self.low[rows], self.high[rows])

    def rising(self, moments: np.ndarray, people: np.ndarray) -> DayBounds:
        """Tighten the bounds so that clipping to them breaks the order of no person's events.

        An event is no earlier than the bounds of the events before it, and no later than those of
        the events after it: where each true day keeps to its own bounds, it keeps to these too.

        Parameters
        ----------
        moments, people : numpy.ndarray of int64, shape (n,)

        Returns
        -------
        DayBounds
        """
        if _is_one_per_person(self.low, people) and _is_one_per_person(self.high, people):
            return self
        order = sort_events(moments, people)
        person, time = people[order], moments[order]
        new_moment = np.ones(len(order), dtype=bool)
        new_moment[1:] = (person[1:] != person[:-1]) | (time[1:] != time[:-1])
        starts = np.flatnonzero(new_moment)
        moment = np.cumsum(new_moment) - 1
        owner = person[starts]
        lows = _running_maximum(np.maximum.reduceat(self.low[order], starts), owner)
        falling = -np.minimum.reduceat(self.high[order], starts)
        highs = -_running_maximum(falling[::-1], owner[::-1].max() - owner[::-1])[::-1]
        low, high = np.empty_like(self.low), np.empty_like(self.high)
        low[order], high[order] = lows[moment], highs[moment]
        return DayBounds(low, high)

    def warn_of_outside(self, days: np.ndarray, *, column: Hashable) -> None:
        """Warn of true days that lie outside, with their count."""
        n_outside = int(((days < self.low) | (days > self.high)).sum())
        if n_outside:
            warnings.warn(
                f"{n_outside} of {len(days)} dates in column {column!r} lie before not_before or "
                "after not_after; each is taken for the bound itself.",
                DataWarning,
                stacklevel=6,
            )


def _days(bound: int | np.ndarray | None, n_rows: int, otherwise: int) -> np.ndarray:
    if isinstance(bound, np.ndarray):
        return np.where(np.isnat(bound), otherwise, bound.astype(np.int64))
    return np.full(n_rows, otherwise if bound is None else bound, dtype=np.int64)


def _is_one_per_person(values: np.ndarray, people: np.ndarray) -> bool:
    of_person = np.empty(int(people.max(initial=-1)) + 1, dtype=np.int64)
    of_person[people] = values
    return bool((of_person[people] == values).all())


def _running_maximum(values: np.ndarray, group: np.ndarray) -> np.ndarray:
    # Each group is lifted above the one before, so that the maximum starts afresh with each.
    return np.asarray(np.maximum.accumulate(values + group * _HEIGHT) - group * _HEIGHT)
