"""TemporalNoise: dates shifted per person, moved per event, held within bounds, and coarsened."""

from __future__ import annotations

import datetime
from collections.abc import Hashable
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from personatwin_sk._core.dates import PRECISIONS
from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_columns
from personatwin_sk._core.sklearn_private import Interval, StrOptions
from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._ages import age_column
from personatwin_sk.noise._base import KeyedNoise
from personatwin_sk.noise._date_bounds import DayBounds, Limit, Limits, read_window
from personatwin_sk.noise._date_columns import (
    coarsen_periods,
    read_times,
    refuse_to_move_periods,
    write_days,
)
from personatwin_sk.noise._date_text import check_formats
from personatwin_sk.noise._discrete_laplace import LARGEST_EPSILON, SMALLEST_EPSILON
from personatwin_sk.noise._displacement import SHIFT_STEPS, Displacement
from personatwin_sk.noise._keys import RowKeys
from personatwin_sk.noise._spending import Spending

__all__ = ["TemporalNoise"]

_CENTURY = 36_525  # days; a longer move than this is a slip of the keyboard


class TemporalNoise(KeyedNoise):
    r"""Move and coarsen dates, keeping the order of each person's events.

    The released date of an event is its true date, plus a shift that is one and the same for all
    dates of the person, plus noise of its own (a bounded jitter, or discrete Laplace noise with
    epsilon), changed as little as possible so that the person's events stay in their order, held
    within bounds, and floored to the precision. Draws are keyed: they depend on a secret key and
    on whose date it is, never on where the row stands, so any chunk of whole persons, in any order
    and on any machine, gets the same noise from the same fitted step.

    Read more in the notes on what this does and does not protect.

    Parameters
    ----------
    columns : str, int or sequence of these, default=None
        Columns of dates: datetimes, date objects, ISO text, or text in one other format
        throughout. None takes the columns that are called ``date`` or are of datetime type; where
        there are none a :class:`~personatwin_sk.exceptions.NothingSelectedWarning` says so and
        the table passes unchanged.
    person_id : str or int, default=None
        Column of the person. None: each row is a person of its own.
    event_id : str or int, default=None
        Column of the event's id within the person. None, or no `person_id`: the whole input row
        stands in for what is missing, so that equal rows get equal noise.
    shift : int, default=0
        Largest shift in days: a uniform multiple of `shift_step` from ``-shift`` to ``shift``, one
        per person, the same for all date columns. Intervals within a person are kept exactly
        (within `window` and bounds), which also means that they protect nothing against whoever
        knows intervals.
    jitter : int, default=0
        Largest jitter in days: a uniform integer from ``-jitter`` to ``jitter``, one per column,
        person and event.
    epsilon : float, default=None
        Discrete Laplace noise, one draw per column, person and event: moving the true date of one
        event by one day changes the probability of no released date by more than a factor of
        :math:`e^{\varepsilon}`. Needs `person_id`, `event_id` and `window`; two rows that are the
        same event of the same person are refused. `shift` and `jitter` may be added to it.
    window : pair of dates, default=None
        Earliest and latest day that is ever released, both included: absolute, public dates, not
        taken from the data. True dates outside are moved to the nearer end first.
    precision : {"day", "week", "month", "quarter", "year"}, default="day"
        What released dates are floored to. "day" and "week" (its Monday) give dates as they came
        in: datetimes as datetimes, text as ISO text. The coarser ones give labels such as
        "2023-05", "2023-Q2" and "2023".
    keep_order : bool, default=True
        Whether a later event of the same person must not have an earlier released date in the
        same column, and one on a later day must have a later day. Such days tie only where the
        precision makes them, or an end of window or bounds; events of one day may come to share
        their released day. "Later" is by the full time; events at the same time have no order.
    max_events : int, default=None
        Largest number of events of a person whose dates are released; in those beyond it, chosen
        by a keyed hash of person and event, the columns of this step become null, with one
        :class:`~personatwin_sk.exceptions.DataWarning` that counts them. Needs `person_id` and
        `event_id`. None: no bound.
    shift_step : {"day", "week", "year"}, default="day"
        What shifts are multiples of: "week" (7 days) keeps weekdays; "year" (364 days, 52 weeks)
        keeps weekdays, and seasons to within some days.
    not_before, not_after : date, str or int, default=None
        Bounds of the released day: a date (as text: ISO), or the column of a date or period such
        as birth, death or the day of extraction, where null is no bound. A bound that is itself
        in `columns` bounds with its released date. True dates that lie outside are taken for the
        bound itself, with a :class:`~personatwin_sk.exceptions.DataWarning` that counts them.
        With `epsilon` a column cannot bound: what differs between people would tell of them.
    date_format : str or sequence of str, default=None
        How dates are written in columns of text: formats of ``strptime``, tried in this order for
        each value, then ISO. None: all in ISO or all in one of the common formats; a mixture is
        refused, with counts. What is released is written in ISO either way.
    ages : str, int or sequence of these, default=None
        Columns of ages in whole years at the event: they move with the date in the first column
        of `columns`, as if the person's birthday were one drawn at random from those that suit
        all of the person's ages.
    random_state : int, RandomState instance or None, default=None
        None takes the key from the operating system. An int is for reproducing: whoever knows it
        can take the noise off again.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen at fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are text.

    See Also
    --------
    OutcomeNoise : Exchange outcomes within what the event type allows.

    Notes
    -----
    Without `epsilon` no released date lies further than ``shift + jitter`` days from its true date
    (taken within window and bounds), before it is floored to the precision: keeping the order does
    not add to that. Window and bounds, too, hold for the day before it is floored: a released
    month is one that has a day within them. Where bounds contradict the order, the bounds win.

    Order is repaired by isotonic regression: of all sequences of days in the true order, that with
    the least squared distance from the days as drawn, in whole numbers.

    `epsilon` is per day of displacement, event and column: for a date that may lie anywhere in a
    window of :math:`n` days it comes to :math:`(n - 1) \varepsilon`. It holds exactly, by integer
    weights. That a date is null is not hidden. The order that `keep_order` keeps is the true one:
    with it, epsilon holds for what is told beyond the order of a person's events and which of
    them share a day. Ages at events depend on the true dates: with `ages` no epsilon is claimed.

    A column whose dates are already periods ("2023-05") passes if nothing moves dates and
    `precision` is no finer, so that a released table can go through again unchanged; window and
    bounds are for days, and do not touch it. Null stays null. Times of day are floored away; in a
    column with a time zone the local date counts, and the zone stays.

    A fitted step holds its key and is as secret as the data; :meth:`forget_key` strips it.

    References
    ----------
    Uniform shifts per person are the practice of clinical releases such as MIMIC: A. Johnson et
    al. (2016), MIMIC-III, a freely accessible critical care database, Scientific Data 3:160035.
    They are pseudonymisation, with no formal guarantee.

    Chatzikokolakis, Andres, Bordenabe, Palamidessi (2013). Broadening the scope of differential
    privacy using metrics. PETS 2013 (epsilon per unit of distance).

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.noise import TemporalNoise
    >>> events = pd.DataFrame({
    ...     "person_id": ["a", "a", "b"],
    ...     "event_id": [1, 2, 3],
    ...     "date": ["2023-01-30", "2023-02-02", "2023-05-17"],
    ... })
    >>> noise = TemporalNoise(person_id="person_id", event_id="event_id", precision="month")
    >>> noise.fit_transform(events)["date"].tolist()
    ['2023-01', '2023-02', '2023-05']
    >>> noise = noise.set_params(shift=30, precision="day", random_state=0)
    >>> moved = pd.to_datetime(noise.fit_transform(events)["date"])
    >>> (moved[1] - moved[0]).days
    3
    >>> noise = noise.set_params(shift=0, epsilon=0.1, window=("2023-01-01", "2023-12-31"))
    >>> moved = pd.to_datetime(noise.fit_transform(events)["date"])
    >>> bool(moved[0] < moved[1]), bool(moved.between("2023-01-01", "2023-12-31").all())
    (True, True)
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "columns": [None, str, Integral, "array-like"],
        "person_id": [None, str, Integral],
        "event_id": [None, str, Integral],
        "shift": [Interval(Integral, 0, _CENTURY, closed="both")],
        "jitter": [Interval(Integral, 0, _CENTURY, closed="both")],
        "epsilon": [Interval(Real, SMALLEST_EPSILON, LARGEST_EPSILON, closed="both"), None],
        "window": [None, "array-like"],
        "precision": [StrOptions(set(PRECISIONS))],
        "keep_order": ["boolean"],
        "max_events": [Interval(Integral, 1, None, closed="left"), None],
        "shift_step": [StrOptions(set(SHIFT_STEPS))],
        "not_before": [None, str, Integral, datetime.date, np.datetime64],
        "not_after": [None, str, Integral, datetime.date, np.datetime64],
        "date_format": [None, str, "array-like"],
        "ages": [None, str, Integral, "array-like"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        columns: Any = None,
        *,
        person_id: Any = None,
        event_id: Any = None,
        shift: int = 0,
        jitter: int = 0,
        epsilon: float | None = None,
        window: Any = None,
        precision: str = "day",
        keep_order: bool = True,
        max_events: int | None = None,
        shift_step: str = "day",
        not_before: Any = None,
        not_after: Any = None,
        date_format: Any = None,
        ages: Any = None,
        random_state: Any = None,
    ) -> None:
        self.columns = columns
        self.person_id = person_id
        self.event_id = event_id
        self.shift = shift
        self.jitter = jitter
        self.epsilon = epsilon
        self.window = window
        self.precision = precision
        self.keep_order = keep_order
        self.max_events = max_events
        self.shift_step = shift_step
        self.not_before = not_before
        self.not_after = not_after
        self.date_format = date_format
        self.ages = ages
        self.random_state = random_state

    def _fit(self, table: Table) -> None:
        automatic = [
            name
            for name in table.columns
            if name == "date" or pd.api.types.is_datetime64_any_dtype(table[name].dtype)
        ]
        chosen = self._fit_roles(table, automatic, "called 'date' or of datetime type")
        owner = type(self).__name__
        self._window = None if self.window is None else read_window(self.window, owner=owner)
        self._formats = check_formats(self.date_format, owner=owner)
        self._limits = Limits(
            Limit.of(table, self.not_before, parameter="not_before", owner=owner),
            Limit.of(table, self.not_after, parameter="not_after", owner=owner),
            self._formats,
            self._window,
            chosen,
        )
        self._ages = [] if self.ages is None else self._find_ages(table, chosen)
        self._check_together(owner)

    def _find_ages(self, table: Table, chosen: list[Hashable]) -> list[Hashable]:
        owner = type(self).__name__
        ages = find_columns(table, self.ages, parameter="ages", owner=owner)
        n_taken = len({self._person, self._event, *chosen} & set(ages))
        if n_taken:
            raise InputError(
                f"{owner}: {n_taken} column(s) of the parameter ages have another part already, "
                "as a column of dates or of ids."
            )
        return ages

    def _check_together(self, owner: str) -> None:
        """Refuse parameters that contradict each other."""
        if self.epsilon is not None and self._window is None:
            raise InputError(
                f"{owner}: the parameter epsilon needs window, a pair of absolute, public dates; "
                "the ends of the data themselves would tell of the data."
            )
        if self.epsilon is not None and self._limits.are_columns:
            raise InputError(
                f"{owner}: with the parameter epsilon, not_before and not_after must be dates and "
                "no columns; bounds that differ between people would tell of them."
            )
        step = SHIFT_STEPS[self.shift_step]
        if 0 < self.shift < step:
            raise InputError(
                f"{owner}: the parameter shift is {self.shift}, less than one {self.shift_step!r} "
                f"of the parameter shift_step; give at least {step}, or 0."
            )
        if self._limits.leave_no_day:
            raise InputError(
                f"{owner}: the parameters not_before, not_after and window leave no day; the "
                "earliest day that they allow must not come after the latest one."
            )

    def _transform(self, table: Table) -> Table:
        columns = self._read_columns(table)
        keys = self._row_keys(columns)
        excess = self._excess(keys)
        displacement = self._displacement()
        shift = self._draw_shift(keys) if self.shift and self._chosen else None
        true: dict[Hashable, np.ndarray] = {}
        released: dict[Hashable, np.ndarray] = {}
        same_dtype: dict[Hashable, pd.Series] = {}
        labels: dict[Hashable, pd.Series] = {}
        for name in self._limits.in_turn():
            series, here = columns[name], self._here(table, name)
            times = read_times(series, column=name, formats=self._formats)
            if times is None:
                if displacement.moves:
                    refuse_to_move_periods(series, column=name)
                column = coarsen_periods(series, self.precision, column=name)
                unchanged = column is series
                column = column.mask(excess) if excess.any() else column
                (same_dtype if unchanged else labels)[here] = column
                continue
            if excess.any():
                times = np.where(excess, np.datetime64("NaT", "s"), times)
            limits = self._limits.of_rows(name, columns, released)
            true[name] = times.astype("datetime64[D]")
            released[name] = self._move(times, shift, name, keys, limits)
            column, keeps_dtype = write_days(released[name], series, self.precision, column=name)
            (same_dtype if keeps_dtype else labels)[here] = column
        first = self._chosen[0] if self._chosen else None
        for name in self._ages:
            moved = (true[first], released[first]) if first in true else None
            ages = age_column(columns[name], moved, excess, keys, column=name)
            same_dtype[self._here(table, name)] = ages
        return table.replace(same_dtype, keep_dtype=True).replace(labels)

    def _draw_shift(self, keys: RowKeys) -> np.ndarray:
        """Give the shift of each row's person."""
        return self._displacement().of_people(keys)

    def _displacement(self) -> Displacement:
        step = SHIFT_STEPS[self.shift_step]
        return Displacement(
            self.shift, step, self.jitter, self.epsilon, self._window, self.keep_order
        )

    def _move(
        self,
        times: np.ndarray,
        shift: np.ndarray | None,
        name: Hashable,
        keys: RowKeys,
        limits: tuple[DayBounds, DayBounds] | None,
    ) -> np.ndarray:
        """Give the released days of one column, before they are floored; null stays NaT.

        `limits` are those of the true and those of the released days.
        """
        known = ~np.isnat(times)
        rows = slice(None) if known.all() else np.flatnonzero(known)
        moments = times[rows].astype(np.int64)
        days = times[rows].astype("datetime64[D]").astype(np.int64)
        people = keys.people[rows] if self.keep_order and keys.people is not None else None
        if self._window is not None:
            days = np.clip(days, *self._window)
        if limits is not None:
            limit, new_limit = (bounds.take(rows) for bounds in limits)
            limit.warn_of_outside(days, column=name)
            days = limit.hold(days, moments, people)
        moved = self._displacement().move(days, moments, rows, shift, name, keys)
        if limits is not None:
            moved = new_limit.hold(moved, moments, people)
        released = np.full(len(times), np.datetime64("NaT", "D"))
        released[rows] = moved.astype("datetime64[D]")
        return released

    def _spending(self) -> list[Spending]:
        """Tell what each column of dates, and of ages, costs per event."""
        if self.columns is None:
            check_is_fitted(self)
        owner = type(self).__name__
        dates = self._chosen if hasattr(self, "_chosen") else _listed(self.columns)
        ages = self._ages if hasattr(self, "_ages") else _listed(self.ages)
        moves = {"a shift per person": self.shift, "a jitter": self.jitter}
        words = [f"{what} of at most {days} days" for what, days in moves.items() if days]
        epsilon, span = None, None
        reason = "bounded noise without a guarantee; no differential privacy is claimed"
        if self.epsilon is not None and self.window is not None:
            first, last = read_window(self.window, owner=owner)
            epsilon, span = float(self.epsilon), last - first
            words.insert(0, "discrete Laplace, clamped to the window")
            reason = "it is not hidden which dates are null"
            if self.keep_order:
                reason += (
                    "; given the order of the person's events and which of them share a day "
                    "(keep_order=False has no such condition)"
                )
            if ages:
                reason = "the ages that move with the dates tell of the true dates"

        def spending(column: Hashable, what: str, mechanism: str, why: str, own: bool) -> Spending:
            return Spending(
                step=owner,
                column=str(column),
                mechanism=mechanism,
                protects=f"the {what} of one event",
                epsilon=epsilon if own else None,
                per="day",
                span=span if own else None,
                max_events=None if self.max_events is None else int(self.max_events),
                holds=own and epsilon is not None and not ages,
                reason=why,
            )

        mechanism = " and ".join(words) or f"floored to the {self.precision}"
        moved = "an age moves with the date of its event; no differential privacy is claimed"
        return [
            *(spending(name, "day", mechanism, reason, True) for name in dates),
            *(spending(name, "age", "moved with the date", moved, False) for name in ages),
        ]


def _listed(spec: Any) -> list[Any]:
    if spec is None:
        return []
    return [spec] if isinstance(spec, str | Integral) else list(spec)
