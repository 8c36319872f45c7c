"""By how many days dates move: a shift per person, noise per event, and the order repaired."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.keyed import uniform_integers
from personatwin_sk.noise._discrete_laplace import draw_discrete_laplace
from personatwin_sk.noise._keys import RowKeys
from personatwin_sk.noise._order import repair_order

__all__ = ["SHIFT_STEPS", "Displacement"]

# A "year" is 52 weeks: the weekday stays, and the season to within some days.
SHIFT_STEPS = {"day": 1, "week": 7, "year": 364}


@dataclass(frozen=True)
class Displacement:
    """What moves the days of one column, and what holds them.

    Parameters
    ----------
    shift, jitter : int
        Largest shift of a person and largest jitter of an event, in days.
    shift_step : int
        Days of which shifts are multiples.
    epsilon : float or None
        Of the discrete Laplace noise of an event, per day; needs `window`.
    window : pair of int or None
        Earliest and latest day, as day numbers.
    keep_order : bool
    """

    shift: int
    shift_step: int
    jitter: int
    epsilon: float | None
    window: tuple[int, int] | None
    keep_order: bool

    @property
    def moves(self) -> bool:
        """Whether any date moves at all."""
        return bool(self.shift or self._moves_events)

    @property
    def _moves_events(self) -> bool:
        return bool(self.jitter or self.epsilon is not None)

    def keeps_order(self, keys: RowKeys) -> bool:
        """Whether the order of a person's events has to be seen to."""
        return self.keep_order and keys.people is not None

    def of_people(self, keys: RowKeys) -> np.ndarray:
        """Give the shift of each row's person."""
        most = self.shift // self.shift_step
        return uniform_integers(keys.of_person("shift"), -most, most) * self.shift_step

    def move(
        self,
        days: np.ndarray,
        times: np.ndarray,
        rows: np.ndarray | slice,
        shift: np.ndarray | None,
        column: Hashable,
        keys: RowKeys,
    ) -> np.ndarray:
        """Move the days of some rows of a column.

        Parameters
        ----------
        days : numpy.ndarray of int64, shape (n,)
            True days within their bounds.
        times : numpy.ndarray of int64, shape (n,)
            True moments in seconds: what is earlier.
        rows : numpy.ndarray of int64, shape (n,), or slice
            Which rows of the table they are.
        shift : numpy.ndarray of int64, shape (n_rows,), or None
            As of :meth:`of_people`, for the whole table. None: there are no shifts.
        column : column
        keys : RowKeys
            Of the whole table.

        Returns
        -------
        numpy.ndarray of int64, shape (n,)
            Not yet within the bounds, except for the window.
        """
        moved = days
        if shift is not None:
            moved = moved + shift[rows]
        if self.jitter:
            hashes = keys.of_event("jitter", column)[rows]
            moved = moved + uniform_integers(hashes, -self.jitter, self.jitter)
        if self.epsilon is not None:
            assert self.window is not None, "epsilon needs a window"
            reach = self.window[1] - self.window[0] + self.shift + self.jitter
            hashes = keys.of_event("laplace", column)[rows]
            moved = moved + draw_discrete_laplace(hashes, self.epsilon, max(reach, 1))
        # First the window: what is done to a day after it is all that the noise has to hide.
        moved = self._within_window(moved)
        if self._moves_events and self.keeps_order(keys):
            assert keys.people is not None
            moved = self._within_window(repair_order(times, days, moved, keys.people[rows]))
        return moved

    def _within_window(self, days: np.ndarray) -> np.ndarray:
        return days if self.window is None else np.clip(days, *self.window)
