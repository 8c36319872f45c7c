"""TemporalNoise: dates shifted per person, jittered per event, and coarsened."""

from __future__ import annotations

from collections.abc import Hashable
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.dates import PRECISIONS
from personatwin_sk._core.frames import Table
from personatwin_sk._core.keyed import uniform_integers
from personatwin_sk._core.sklearn_private import Interval, StrOptions
from personatwin_sk.noise._base import KeyedNoise
from personatwin_sk.noise._date_columns import (
    coarsen_periods,
    read_times,
    refuse_to_move_periods,
    write_days,
)
from personatwin_sk.noise._keys import RowKeys
from personatwin_sk.noise._order import repair_order

__all__ = ["TemporalNoise"]

_CENTURY = 36_525  # days; a longer move than this is a slip of the keyboard


class TemporalNoise(KeyedNoise):
    """Move and coarsen dates, keeping the order of each person's events.

    The released date of an event is its true date, plus a shift that is one and the same for all
    dates of the person, plus a jitter of its own, raised where the person's order of events would
    otherwise break, and floored to the precision. Draws are keyed: they depend on a secret key and
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
        Largest shift in days: a uniform integer from ``-shift`` to ``shift``, one per person, the
        same for all date columns. Intervals within a person are kept exactly, which also means
        that they protect nothing against whoever knows intervals.
    jitter : int, default=0
        Largest jitter in days: a uniform integer from ``-jitter`` to ``jitter``, one per column,
        person and event.
    precision : {"day", "week", "month", "quarter", "year"}, default="day"
        What released dates are floored to. "day" and "week" (its Monday) give dates as they came
        in: datetimes as datetimes, text as ISO text. The coarser ones give labels such as
        "2023-05", "2023-Q2" and "2023".
    keep_order : bool, default=True
        Whether no released date may precede that of an earlier event of the same person in the
        same column. "Earlier" is by the full time; events at the same time have no order.
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
    No released date lies further than ``shift + jitter`` days from its true date, before it is
    floored to the precision: keeping the order does not add to that.

    A column whose dates are already periods ("2023-05") passes if `shift` and `jitter` are 0 and
    `precision` is no finer, so that a released table can go through again unchanged. Null stays
    null. Times of day are floored away; in a column with a time zone the local date counts, and
    the zone stays.

    A fitted step holds its key and is as secret as the data; :meth:`forget_key` strips it.

    References
    ----------
    Uniform shifts per person are the practice of clinical releases such as MIMIC: A. Johnson et
    al. (2016), MIMIC-III, a freely accessible critical care database, Scientific Data 3:160035.
    They are pseudonymisation, with no formal guarantee.

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
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "columns": [None, str, Integral, "array-like"],
        "person_id": [None, str, Integral],
        "event_id": [None, str, Integral],
        "shift": [Interval(Integral, 0, _CENTURY, closed="both")],
        "jitter": [Interval(Integral, 0, _CENTURY, closed="both")],
        "precision": [StrOptions(set(PRECISIONS))],
        "keep_order": ["boolean"],
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
        precision: str = "day",
        keep_order: bool = True,
        random_state: Any = None,
    ) -> None:
        self.columns = columns
        self.person_id = person_id
        self.event_id = event_id
        self.shift = shift
        self.jitter = jitter
        self.precision = precision
        self.keep_order = keep_order
        self.random_state = random_state

    def _fit(self, table: Table) -> None:
        automatic = [
            name
            for name in table.columns
            if name == "date" or pd.api.types.is_datetime64_any_dtype(table[name].dtype)
        ]
        self._fit_roles(table, automatic, "called 'date' or of datetime type")

    def _transform(self, table: Table) -> Table:
        columns = self._read_columns(table)
        keys = self._row_keys(columns)
        shift = self._draw_shift(keys) if self.shift and self._chosen else None
        same_dtype: dict[Hashable, pd.Series] = {}
        labels: dict[Hashable, pd.Series] = {}
        for name in self._chosen:
            series, here = columns[name], self._here(table, name)
            times = read_times(series, column=name)
            if times is None:
                if self.shift or self.jitter:
                    refuse_to_move_periods(series, column=name)
                labels[here] = coarsen_periods(series, self.precision, column=name)
                continue
            days = self._move(times, shift, name, keys)
            column, keeps_dtype = write_days(days, series, self.precision, column=name)
            (same_dtype if keeps_dtype else labels)[here] = column
        return table.replace(same_dtype, keep_dtype=True).replace(labels)

    def _draw_shift(self, keys: RowKeys) -> np.ndarray:
        return uniform_integers(keys.of_person("shift"), -self.shift, self.shift)

    def _move(
        self,
        times: np.ndarray,
        shift: np.ndarray | None,
        name: Hashable,
        keys: RowKeys,
    ) -> np.ndarray:
        """Give the released days of one column, as day numbers; null stays NaT."""
        known = ~np.isnat(times)
        days = times.astype("datetime64[D]")
        moved = days.astype(np.int64)
        if shift is not None:
            moved = moved + shift
        if self.jitter:
            hashes = keys.of_event("jitter", name)
            moved = moved + uniform_integers(hashes, -self.jitter, self.jitter)
        if self.jitter and self.keep_order and keys.people is not None:
            seconds = times.astype(np.int64)
            moved[known] = repair_order(seconds[known], moved[known], keys.people[known])
        return np.where(known, moved.astype("datetime64[D]"), np.datetime64("NaT", "D"))
