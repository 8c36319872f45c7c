"""Matching known events with released histories: who fits, and who fits best."""

from __future__ import annotations

import copy
import itertools
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.cells import group_rows
from personatwin_sk.risk._event_dates import N_WIDTHS, NO_DATE, Known, Shown
from personatwin_sk.risk._event_histories import Histories
from personatwin_sk.risk._event_kernel import EventKernel

__all__ = ["Matcher", "Outcome"]

_CHUNK = 200_000  # candidates at a time: what a processor keeps at hand
_TIE = 1e-9  # likelihoods that differ by less than this share of them are equal
_FAR = 2**40  # further than any date
_WEEK, _AROUND = 1, 15


@dataclass(frozen=True, repr=False)
class Outcome:
    """What became of each draw of known events.

    Attributes
    ----------
    fitting : ndarray of int64, shape (n_draws,)
        Units that fit, the target included.
    hit : ndarray of float, shape (n_draws,)
        Chance that the best guesser names the target: 1 over the units that fit best, 0 if the
        target is not one of them.
    """

    fitting: np.ndarray
    hit: np.ndarray


@dataclass(frozen=True, repr=False)
class _Tuples:
    """Released events, one for each known event, of one unit each."""

    question: np.ndarray
    unit: np.ndarray
    weight: np.ndarray
    slots: list[np.ndarray]
    # Every displacement of the tuple is above its entry in `least` and below that in `most`.
    least: np.ndarray
    most: np.ndarray


class Matcher:
    r"""Looks for the units whose released events fit known ones.

    A unit fits if it has a different released event of the same type for each known one, none of
    which was moved further than the release moves dates, and no two further apart from one another
    than it moves two dates of a person. Types are the released ones, because no noise changes
    them. Its likelihood is

    .. math:: L_j = \frac{1}{n_j (n_j - 1) \cdots} \sum \prod_i \frac{g(t_i, e_i)}{r(e_i)},

    summed over all ways to assign released events to the known ones, where g is the chance that
    true date :math:`t_i` is released as that of :math:`e_i`; for one that knows only gaps, the
    chance that a day of the first event's period, moved on by the gap, falls into the other's. By
    the rule of Bayes it is divided by r, how often events of the type are released with the date:
    where few are, an event there is more likely the known one. (On court records by the year this
    made the guesser right 5 to 14 % more often; for gaps alone r is 1.)

    Parameters
    ----------
    histories : Histories
    kernel : EventKernel

    Attributes
    ----------
    by_dates : bool
        Whether dates are known, or only the days between them; see :meth:`by_gaps`.
    """

    def __init__(self, histories: Histories, kernel: EventKernel) -> None:
        self.histories = histories
        self.kernel = kernel
        self.by_dates = True
        slots = histories.slot_dates
        place = histories.place[histories.slot_unit]
        self._place_type, _ = group_rows([place, histories.slot_type])
        self._unit_type = histories.slot_unit * histories.n_types + histories.slot_type
        _, times = np.unique(self._unit_type, return_counts=True)
        self._branching = float((times.astype(float) ** 2).sum() / times.sum())
        dated = slots.width != NO_DATE
        self._earliest = int(slots.first[dated].min()) if dated.any() else 0
        latest = int(slots.first[dated].max()) if dated.any() else 0
        self._span = latest - self._earliest + 2
        self._widths = np.flatnonzero(np.bincount(slots.width, minlength=N_WIDTHS)).tolist()
        number = self._place_type * self._span
        number = np.where(dated, number + slots.first - self._earliest, number)
        # Per width: slots by class, type and date, their numbers, and the longest period.
        self._sorted: dict[int, tuple[np.ndarray, np.ndarray, int]] = {}
        for width in self._widths:
            at = np.flatnonzero(slots.width == width)
            at = at[np.argsort(number[at], kind="stable")]
            longest = int((slots.last[at] - slots.first[at]).max()) + 1
            self._sorted[width] = at, number[at], longest
        ends = np.concatenate([slots.first[dated], slots.last[dated] + 1])
        self._edges = np.unique(ends)
        self._rate = _base_rates(histories)

    def by_gaps(self) -> Matcher:
        """Give the same for an attacker who knows gaps only."""
        other = copy.copy(self)
        other.by_dates = False
        return other

    def work(self, events: np.ndarray) -> np.ndarray:
        """Estimate how many candidates each draw makes one look at, shape (n_draws,)."""
        spans = self._spans(events[:, 0])
        first = np.sum([stop - start for _, start, stop in spans], axis=0)
        return first * self._branching ** (events.shape[1] - 1)

    def questions(self, events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Find the draws that ask the same.

        Returns
        -------
        question : ndarray of int64, shape (n_draws,)
        first_draw : ndarray of int64, shape (n_questions,)
        """
        histories, dates = self.histories, self.histories.dates
        columns = [histories.place[histories.unit[events[:, 0]]]]
        for i, column in enumerate(events.T):
            columns.append(histories.type[column])
            null = dates.true_null[column]
            length = dates.true_last[column] - dates.true_first[column]
            start = dates.true_first[column]
            if self.by_dates and events.shape[1] > 1:
                start = start - start.min()  # gaps count too: only equal dates are the same
            elif self.by_dates:
                # Days whose displaced dates cannot leave the same periods have the same answer.
                low = np.searchsorted(self._edges, start + self.kernel.low, "right")
                high = np.searchsorted(self._edges, start + length + self.kernel.high, "right")
                same = low == high
                start = np.where(same, low, start - start.min() + len(self._edges) + 1)
                length = np.where(same, 0, length)
            else:
                start = start - dates.true_first[events[:, 0]]
                if i == 0:
                    columns.append(length)
                start = start - start.min()
            columns += [null.astype(np.int64), np.where(null, 0, start), np.where(null, 0, length)]
        return group_rows(columns)

    def attack(self, events: np.ndarray) -> Outcome:
        """Let the attackers try.

        Parameters
        ----------
        events : ndarray of int64, shape (n_draws, n_known)

        Returns
        -------
        Outcome
        """
        question, at = self.questions(events)
        order = np.argsort(question, kind="stable")
        ends = np.cumsum(self.work(events[at]))
        chunk = (ends // _CHUNK).astype(np.int64)
        fitting, hit = np.empty(len(events), dtype=np.int64), np.empty(len(events))
        first_of_chunk = np.flatnonzero(np.diff(chunk, prepend=-1))
        bounds = [*first_of_chunk.tolist(), len(at)]
        draw_bounds = np.searchsorted(question[order], bounds)
        for i, (start, stop) in enumerate(itertools.pairwise(bounds)):
            draws = order[draw_bounds[i] : draw_bounds[i + 1]]
            target = self.histories.unit[events[draws, 0]]
            fitting[draws], hit[draws] = self._answer(
                events[at[start:stop]], question[draws] - start, target
            )
        return Outcome(fitting, hit)

    def _answer(
        self, events: np.ndarray, question: np.ndarray, target: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        histories = self.histories
        tuples = self._begin(events)
        for i in range(1, events.shape[1]):
            tuples = self._extend(tuples, events, i)
        pair = tuples.question * histories.n_units + tuples.unit
        order = np.argsort(pair, kind="stable")
        pair = pair[order]
        first = np.flatnonzero(np.diff(pair, prepend=-1))
        pair, total = pair[first], np.add.reduceat(tuples.weight[order], first)
        asked, unit = np.divmod(pair, histories.n_units)
        likelihood = total / histories.n_total[unit]
        for i in range(1, events.shape[1]):
            likelihood /= histories.n_own[unit] - i
        start = np.flatnonzero(np.diff(asked, prepend=-1))
        best = np.maximum.reduceat(likelihood, start)
        is_best = likelihood >= best[asked] * (1 - _TIE)
        n_best = np.add.reduceat(is_best.astype(np.int64), start)
        mine = np.searchsorted(pair, question * histories.n_units + target)
        fitting = np.bincount(asked)[question]
        return fitting, is_best[mine] / n_best[question]

    def _spans(self, event: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Give the slots of an event's class and type near its date: per width a range."""
        dates, kernel = self.histories.dates, self.kernel
        base = self._place_type[self.histories.slot[event]] * self._span
        null = dates.true_null[event]
        result = []
        for width in self._widths:
            slots, numbers, longest = self._sorted[width]
            low, high = np.zeros(len(event), dtype=np.int64), np.full(len(event), self._span - 1)
            if self.by_dates and width != NO_DATE:
                law = kernel.dates[width]
                earliest = dates.true_first[event] + law.low - longest + 1 - self._earliest
                latest = dates.true_last[event] + law.high - self._earliest
                low = np.where(null, low, np.clip(earliest, 0, self._span - 1))
                high = np.where(null, high, np.clip(latest, -1, self._span - 2))
            start = np.searchsorted(numbers, base + low, "left")
            stop = np.searchsorted(numbers, base + high, "right")
            possible = kernel.null_chance(null, np.full(len(event), width == NO_DATE)) > 0
            result.append((slots, start, np.where(possible, np.maximum(start, stop), start)))
        return result

    def _begin(self, events: np.ndarray) -> _Tuples:
        parts = [
            (question, slots[position])
            for slots, start, stop in self._spans(events[:, 0])
            for question, position in [_unroll(start, stop)]
        ]
        question = np.concatenate([part for part, _ in parts])
        slot = np.concatenate([part for _, part in parts])
        known = self.histories.dates.known(events[question, 0])
        value = self.histories.slot_dates.shown(slot)
        weight = self.histories.slot_events[slot].astype(float)
        if self.by_dates:
            weight *= self.kernel.chance(known, value) / self._rate[slot]
        else:
            weight *= self.kernel.null_chance(known.null, value.width == NO_DATE)
        if events.shape[1] > 1:
            least, most = _displacement(known, value)
        else:
            least = most = slot  # there is no other event to be apart from
        unit = self.histories.slot_unit[slot]
        return _keep(_Tuples(question, unit, weight, [slot], least, most), weight > 0)

    def _extend(self, tuples: _Tuples, events: np.ndarray, i: int) -> _Tuples:
        histories, kernel = self.histories, self.kernel
        event = events[tuples.question, i]
        wanted = tuples.unit * histories.n_types + histories.type[event]
        row, slot = _unroll(
            np.searchsorted(self._unit_type, wanted, "left"),
            np.searchsorted(self._unit_type, wanted, "right"),
        )
        known, value = histories.dates.known(event[row]), histories.slot_dates.shown(slot)
        # An event stands for one known event only.
        free = histories.slot_events[slot].astype(float)
        for used in tuples.slots:
            free -= used[row] == slot
        least, most = _displacement(known, value)
        least = np.maximum(tuples.least[row], least)
        most = np.minimum(tuples.most[row], most)
        weight = tuples.weight[row] * np.maximum(free, 0.0)
        if self.by_dates:
            weight *= kernel.chance(known, value) / self._rate[slot]
        else:
            weight *= self._gap_chance(tuples.question[row], tuples.slots[0][row], events, i, value)
        slots = [used[row] for used in tuples.slots]
        longer = _Tuples(
            tuples.question[row], tuples.unit[row], weight, [*slots, slot], least, most
        )
        return _keep(longer, (weight > 0) & (least - most <= kernel.gaps.high))

    def _gap_chance(
        self,
        question: np.ndarray,
        first_slot: np.ndarray,
        events: np.ndarray,
        i: int,
        value: Shown,
    ) -> np.ndarray:
        """Chance that the gap to the first known event shows as the two released values."""
        dates = self.histories.dates
        known = dates.known(events[question, i])
        start = dates.known(events[question, 0])
        shown = self.histories.slot_dates.shown(first_slot)
        result = self.kernel.null_chance(known.null, value.width == NO_DATE)
        tells = ~known.null & ~start.null
        tells &= (value.width != NO_DATE) & (shown.width != NO_DATE)
        chance = self.kernel.gaps.chance(
            shown.first + known.first - start.last,
            shown.last + known.last - start.first,
            value.first,
            value.last,
        )
        return np.where(tells, result * chance, result)


def _base_rates(histories: Histories) -> np.ndarray:
    """Count the released events of each slot's type and date, whoever's they are.

    Single days and weeks hold few events; theirs is the mean over a month around.
    """
    slots = histories.slot_dates
    number = histories.slot_type * N_WIDTHS + slots.width
    earliest = int(slots.first.min()) - _AROUND
    span = int(slots.first.max()) + _AROUND - earliest + 1
    position = number * span + slots.first - earliest
    order = np.argsort(position, kind="stable")
    distinct = np.flatnonzero(np.diff(position[order], prepend=-1))
    events = np.add.reduceat(histories.slot_events[order], distinct)
    at = order[distinct]
    upto = np.concatenate([[0], np.cumsum(events)])
    around = np.where(slots.width[at] <= _WEEK, _AROUND, 0)
    start = np.searchsorted(position[at], position[at] - around, "left")
    stop = np.searchsorted(position[at], position[at] + around, "right")
    length = np.where(around > 0, slots.last[at] - slots.first[at] + 1, 1)
    rate = (upto[stop] - upto[start]) * length / (2 * around + 1)
    result = np.empty(len(position))
    result[order] = np.repeat(rate, np.diff(distinct, append=len(position)))
    return result


def _displacement(known: Known, value: Shown) -> tuple[np.ndarray, np.ndarray]:
    """Give the least and the most that a date was moved if it is this one; null: no limit."""
    open_ = known.null | (value.width == NO_DATE)
    least = np.where(open_, -_FAR, value.first - known.last)
    most = np.where(open_, _FAR, value.last - known.first)
    return least, most


def _keep(tuples: _Tuples, chosen: np.ndarray) -> _Tuples:
    at = np.flatnonzero(chosen)
    return _Tuples(
        tuples.question[at],
        tuples.unit[at],
        tuples.weight[at],
        [slot[at] for slot in tuples.slots],
        tuples.least[at],
        tuples.most[at],
    )


def _unroll(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """List all positions of ranges, with the number of the range that each is in."""
    length = stop - start
    row = np.repeat(np.arange(len(start)), length)
    position = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length)
    return row, position + start[row]
