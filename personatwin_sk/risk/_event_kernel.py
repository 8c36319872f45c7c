"""How far a release moves dates, as it shows to whoever knows the method.

The law of the displacement is measured on the true and the released dates: who knows the mechanism
knows it too. A released period tells a displacement only up to an interval, so its law is found by
the EM algorithm for interval-censored data (B. Turnbull 1976, The empirical distribution function
with arbitrarily grouped, censored and truncated data, JRSS B 38:290-295), as a histogram over the
observed reach with as many bars as the number of events can bear; few events bear one, which is
the uniform law over the reach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.cells import group_rows
from personatwin_sk.risk._event_dates import N_WIDTHS, NO_DATE, EventDates, Known, Shown

__all__ = ["Displacement", "EventKernel", "fit_displacement", "measure_kernel"]

_PER_BAR = 40  # events that a bar of the histogram has to rest on
_MOST_BARS = 64
_ROUNDS = 40
# What fits has some chance, however the sums are rounded.
_LEAST = 1e-9


@dataclass(frozen=True, repr=False)
class Displacement:
    """Law of a displacement in whole days, from `low` to `high`.

    Attributes
    ----------
    low, high : int
    sums : ndarray of float, shape (high - low + 1,)
        Sums of the distribution function from `low` on.
    """

    low: int
    high: int
    sums: np.ndarray

    @classmethod
    def of(cls, low: int, chances: np.ndarray) -> Displacement:
        """Make one of the chances of `low`, `low` + 1, ..."""
        return cls(low, low + len(chances) - 1, np.cumsum(np.cumsum(chances)))

    def _summed(self, days: np.ndarray) -> np.ndarray:
        """Sum the distribution function over all days up to these."""
        inside = np.clip(days - self.low, 0, self.high - self.low)
        total = self.sums[inside] + np.maximum(days - self.high, 0)
        return np.where(days < self.low, 0.0, total)

    def chance(
        self, true_first: np.ndarray, true_last: np.ndarray, first: np.ndarray, last: np.ndarray
    ) -> np.ndarray:
        """Chance that a day of one period, each as likely, is moved into another period.

        Parameters
        ----------
        true_first, true_last, first, last : ndarray of int64, shape (n,)

        Returns
        -------
        ndarray of float, shape (n,)
            Above 0 wherever the reach allows it.

        Examples
        --------
        >>> even = Displacement.of(-1, np.full(3, 1 / 3))
        >>> day = np.array([9, 9, 9])
        >>> even.chance(day, day, np.array([10, 0, 20]), np.array([19, 9, 29])).round(3).tolist()
        [0.333, 0.667, 0.0]
        """
        total = (
            self._summed(last - true_first)
            - self._summed(last - true_last - 1)
            - self._summed(first - true_first - 1)
            + self._summed(first - true_last - 2)
        )
        fits = (first - true_last <= self.high) & (last - true_first >= self.low)
        return np.where(fits, np.maximum(total / (true_last - true_first + 1), _LEAST), 0.0)


@dataclass(frozen=True, repr=False)
class EventKernel:
    """Chances that a true date is released as a value.

    Attributes
    ----------
    dates : tuple of Displacement
        One per width of released values: days may be exact where years are not.
    gaps : Displacement
        Of the days between two events of one person; only jitter moves these.
    known_to_null, null_to_null : float
        Chance that a date, or the absence of one, is released as null.
    """

    dates: tuple[Displacement, ...]
    gaps: Displacement
    known_to_null: float
    null_to_null: float

    @property
    def low(self) -> int:
        """Smallest displacement of all widths."""
        return min(law.low for law in self.dates)

    @property
    def high(self) -> int:
        """Largest displacement of all widths."""
        return max(law.high for law in self.dates)

    def null_chance(self, true_null: np.ndarray, null: np.ndarray) -> np.ndarray:
        """Give the share of the chance that is about being null."""
        to_null = np.where(true_null, self.null_to_null, self.known_to_null)
        return np.where(null, to_null, 1.0 - to_null)

    def chance(self, known: Known, value: Shown) -> np.ndarray:
        """Chance that known true dates are released as given values, pair by pair.

        Parameters
        ----------
        known : Known
        value : Shown

        Returns
        -------
        ndarray of float, shape (n_pairs,)
        """
        null = value.width == NO_DATE
        has_null = bool(null.any() or known.null.any())
        widths = np.flatnonzero(np.bincount(value.width, minlength=N_WIDTHS)[:NO_DATE])
        if len(widths) == 1 and not has_null:
            law = self.dates[widths[0]]
            result = law.chance(known.first, known.last, value.first, value.last)
            return result * (1.0 - self.known_to_null)
        result = self.null_chance(known.null, null)
        for width in widths:
            at = np.flatnonzero(~known.null & (value.width == width))
            result[at] *= self.dates[width].chance(
                known.first[at], known.last[at], value.first[at], value.last[at]
            )
        return result


def fit_displacement(least: np.ndarray, most: np.ndarray, reach: int | None = None) -> Displacement:
    """Fit the law of a displacement of which intervals are known.

    Parameters
    ----------
    least, most : ndarray of int64, shape (n,)
        The displacement of each event lies between them.
    reach : int, optional
        The law goes from ``-reach`` to ``reach``; by default from the smallest to the largest
        displacement that is needed.

    Returns
    -------
    Displacement

    Examples
    --------
    >>> days = np.repeat([-1, 0, 1], 200)
    >>> law = fit_displacement(days, days)
    >>> law.low, law.high, np.diff(law.sums, prepend=0).round(3).tolist()
    (-1, 1, [0.333, 0.667, 1.0])
    """
    needed = np.clip(0, least, most)
    low = int(needed.min(initial=0)) if reach is None else -reach
    high = int(needed.max(initial=0)) if reach is None else reach
    if reach is None and len(needed):
        low, high = int(needed.min()), int(needed.max())
    n_days = high - low + 1
    even = np.full(n_days, 1.0 / n_days)
    if n_days == 1 or len(needed) < 2 * _PER_BAR:
        return Displacement.of(low, even)
    bar = _bars(needed, (least == most).all(), low, high)
    days_of_bar = np.bincount(bar)
    # Distinct intervals are few: what lies beyond the reach is cut off.
    start, stop = np.clip(least - low, 0, n_days - 1), np.clip(most - low, 0, n_days - 1)
    group, at = group_rows([start, stop])
    times, start, stop = np.bincount(group).astype(float), start[at], stop[at] + 1
    chances = even
    for _ in range(_ROUNDS):
        below = np.concatenate([[0.0], np.cumsum(chances)])
        share = times / np.maximum(below[stop] - below[start], 1e-300)
        steps = np.bincount(start, share, n_days + 1) - np.bincount(stop, share, n_days + 1)
        expected = chances * np.maximum(np.cumsum(steps)[:n_days], 0.0)
        # The prior of one event per bar keeps every day of the reach possible.
        of_bar = np.bincount(bar, expected) + 1.0
        chances = (of_bar / days_of_bar)[bar]
        chances = chances / chances.sum()
    return Displacement.of(low, chances)


def _bars(needed: np.ndarray, exact: bool, low: int, high: int) -> np.ndarray:
    """Give each day of the reach its bar, so that every bar has its share of the moved events."""
    # Most events of a release by the year lie inside their year: they do not say "not moved".
    telling = needed if exact else needed[needed != 0]
    if len(telling) < 2 * _PER_BAR:
        return np.zeros(high - low + 1, dtype=np.int64)
    n_bars = min(len(telling) // _PER_BAR, _MOST_BARS)
    cuts = np.quantile(telling, np.linspace(0, 1, n_bars + 1), method="nearest")
    cuts, times = np.unique(cuts.astype(np.int64), return_counts=True)
    often = cuts[times > 1]  # a day that holds several shares is a bar of its own
    edges = np.unique(np.concatenate([[low], cuts[1:-1], often, often + 1]))
    edges = edges[(edges >= low) & (edges <= high)]
    return np.searchsorted(edges, np.arange(low, high + 1), side="right") - 1


def measure_kernel(dates: EventDates, unit: np.ndarray) -> EventKernel:
    """Measure how a release moved dates.

    Parameters
    ----------
    dates : EventDates
    unit : ndarray of int64, shape (n_events,)
        Whose event it is; ascending.

    Returns
    -------
    EventKernel
    """
    null, known = dates.width == NO_DATE, ~dates.true_null
    both = known & ~null
    least, most = dates.first - dates.true_last, dates.last - dates.true_first
    laws = []
    for width in range(NO_DATE):
        at = np.flatnonzero(both & (dates.width == width))
        laws.append(fit_displacement(least[at], most[at]))
    at = np.flatnonzero(both)
    return EventKernel(
        tuple(laws),
        _measure_gaps(least[at], most[at], unit[at]),
        known_to_null=float(null[known].mean()) if known.any() else 0.0,
        null_to_null=float(null[~known].mean()) if not known.all() else 1.0,
    )


def _measure_gaps(least: np.ndarray, most: np.ndarray, unit: np.ndarray) -> Displacement:
    first = np.flatnonzero(np.diff(unit, prepend=-1))
    if len(first) == 0:
        return Displacement.of(0, np.ones(1))
    apart = np.maximum.reduceat(least, first) - np.minimum.reduceat(most, first)
    reach = max(0, int(apart.max()))
    next_ = np.flatnonzero(unit[1:] == unit[:-1]) + 1
    low, high = least[next_] - most[next_ - 1], most[next_] - least[next_ - 1]
    # A gap may be counted from either of its ends.
    return fit_displacement(np.concatenate([low, -high]), np.concatenate([high, -low]), reach=reach)
