"""Histories drawn at random, from what k people of a persona or of the whole release have done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.keyed import SecretKey, uniform_unit
from personatwin_sk.release._history_order import OrderedEvents

__all__ = ["Calendar", "Choice", "drawn_steps"]

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Calendar:
    """Released periods as whole numbers, one apart where they are neighbours.

    Examples
    --------
    >>> start = np.array(["2023-04-01", "2023-07-01"], dtype="datetime64[D]")
    >>> calendar = Calendar.of(start, np.array(["2023-06-30", "2023-09-30"], dtype="datetime64[D]"))
    >>> calendar.precision, np.diff(calendar.numbers(start)).tolist()
    ('quarter', [1])
    """

    precision: str

    @classmethod
    def of(cls, start: np.ndarray, end: np.ndarray) -> Calendar:
        """Find the precision that holds the longest of the periods."""
        days = (end - start)[~np.isnat(start)].astype(np.int64).max(initial=0) + 1
        widths = {"day": 7, "month": 31, "quarter": 92}
        return cls(next((name for name, width in widths.items() if days <= width), "year"))

    def numbers(self, start: np.ndarray) -> np.ndarray:
        """Give the number of the period that begins on each day; NaT gives nonsense."""
        if self.precision == "day":
            return start.astype(np.int64)
        return np.asarray(start.astype("datetime64[M]").astype(np.int64) // _MONTHS[self.precision])

    def days(self, numbers: np.ndarray) -> np.ndarray:
        """Give the first day of each period."""
        if self.precision == "day":
            return numbers.astype("datetime64[D]")
        months = (numbers * _MONTHS[self.precision]).astype("datetime64[M]")
        return np.asarray(months.astype("datetime64[D]"))


class Choice:
    """Values to choose from in a group of a persona, each with the frequency that it has there.

    Only values that k people of the group have are drawn. All others together, if they are of k
    people, are replaced by those that k people have in this group of the whole release; otherwise
    they are left out. A group that has none gives -1.

    Parameters
    ----------
    persona, group, value, people : numpy.ndarray of int64, shape (n_rows,)
    n_groups : int
    k : int
    """

    def __init__(
        self,
        persona: np.ndarray,
        group: np.ndarray,
        value: np.ndarray,
        people: np.ndarray,
        n_groups: int,
        k: int,
    ) -> None:
        self._n_groups = n_groups
        n_places = (int(persona.max(initial=-1)) + 1) * n_groups
        self._own = _Weights.of(persona * n_groups + group, value, people, n_places, k)
        self._all = _Weights.of(group, value, people, n_groups, k)

    def draw(
        self, persona: np.ndarray, group: np.ndarray, first: np.ndarray, second: np.ndarray
    ) -> np.ndarray:
        """Draw a value for each persona and group, by two uniform numbers in [0, 1)."""
        value = self._own.draw(persona * self._n_groups + group, first)
        rest = np.flatnonzero(value < 0)
        value[rest] = self._all.draw(group[rest], second[rest])
        return value


@dataclass(frozen=True)
class _Weights:
    """Values of groups side by side, with running sums of their frequencies."""

    value: np.ndarray
    sums: np.ndarray
    first: np.ndarray
    total: np.ndarray

    @classmethod
    def of(
        cls, group: np.ndarray, value: np.ndarray, people: np.ndarray, n_groups: int, k: int
    ) -> _Weights:
        """Count the values that k people have, and the rest of k people as -1."""
        if not len(group):
            nothing = np.zeros(n_groups, dtype=np.int64)
            return cls(nothing[:0], nothing[:0], nothing, nothing)
        cell, _ = group_rows([group, value])
        told = np.where((_people_of(cell, people) >= k)[cell], value, -1)
        rest = np.flatnonzero(told < 0)
        enough = _people_of(group[rest], people[rest], n_groups) >= k
        stays = np.flatnonzero((told >= 0) | enough[group])
        cell, at = group_rows([group[stays], told[stays] + 1])
        total = np.bincount(group[stays], minlength=n_groups)
        sums = np.cumsum(np.bincount(cell))
        return cls(told[stays][at], sums, np.cumsum(total) - total, total)

    def draw(self, group: np.ndarray, uniform: np.ndarray) -> np.ndarray:
        result = np.full(len(group), -1, dtype=np.int64)
        known = np.flatnonzero(group < len(self.total))
        known = known[self.total[group[known]] > 0]
        own = group[known]
        at = self.first[own] + np.floor(uniform[known] * self.total[own]).astype(np.int64)
        result[known] = self.value[np.searchsorted(self.sums, at, side="right")]
        return result


def _people_of(cell: np.ndarray, people: np.ndarray, n_cells: int = 0) -> np.ndarray:
    if not len(cell):
        return np.zeros(n_cells, dtype=np.int64)
    _, first = group_rows([cell, people])
    return np.bincount(cell[first], minlength=n_cells)


def drawn_steps(
    ordered: OrderedEvents,
    persona_of_person: np.ndarray,
    number: np.ndarray,
    outcome: np.ndarray,
    n_kinds: int,
    labels: np.ndarray,
    n_histories: int,
    k: int,
    key: SecretKey,
) -> pd.DataFrame:
    """Draw histories of each persona, event by event.

    What comes next depends on the last type and outcome, when it comes on both types, and its
    outcome on its type. No type follows another that does not do so in a possible history, and
    nothing is drawn that k people do not have there.

    Parameters
    ----------
    ordered : OrderedEvents
    persona_of_person : numpy.ndarray of int64, shape (n_people,)
    number : numpy.ndarray of int64, shape (n_events,)
        Of the released period, from 0; -1 for null.
    outcome : numpy.ndarray of int64, shape (n_events,)
    n_kinds : int
    labels : numpy.ndarray of object, shape (n_personas,)
        What each persona is called: a draw depends on the name, not on the order of rows.
    n_histories : int
        For each persona.
    k : int
    key : SecretKey

    Returns
    -------
    pandas.DataFrame
        ``persona``, ``history``, ``step``, ``kind``, ``number`` and ``outcome``, -1 for null.
    """
    columns = ("persona", "history", "step", "kind", "number", "outcome")
    empty = np.empty(0, dtype=np.int64)
    if not len(ordered.event):
        return pd.DataFrame(dict.fromkeys(columns, empty))
    people, kind, told = ordered.person, ordered.kind, outcome[ordered.event]
    persona = persona_of_person[people]
    # What can come next depends on the outcome, too: after an acquittal there is no sentence.
    n_outcomes = int(outcome.max(initial=0)) + 1
    begin = n_kinds * n_outcomes
    kind_of = np.empty(len(outcome), dtype=np.int64)
    kind_of[ordered.event] = kind
    state_of = kind_of * n_outcomes + outcome
    before = np.where(ordered.before < 0, begin, state_of[ordered.before])
    last = np.flatnonzero(np.diff(people, append=-1) != 0)
    final = np.where(ordered.after[last] < 0, begin, state_of[ordered.after[last]])
    says_nothing = np.zeros(n_kinds + 1, dtype=bool)
    says_nothing[kind[ordered.after != ordered.event]] = True
    end = n_kinds
    nexts = Choice(
        np.r_[persona, persona[last]],
        np.r_[before, final],
        np.r_[kind, np.full(len(last), end)],
        np.r_[people, people[last]],
        begin + 1,
        k,
    )
    outcomes = Choice(persona, kind, told, people, n_kinds, k)
    when = number[ordered.event]
    dated = np.flatnonzero((ordered.position == 0) & (when >= 0))
    nothing = np.zeros(len(dated), dtype=np.int64)
    starts = Choice(persona[dated], nothing, when[dated], people[dated], 1, k)
    later = np.flatnonzero((ordered.position > 0) & (when >= 0) & (np.roll(when, 1) >= 0))
    nothing = np.zeros(len(later), dtype=np.int64)
    pair = np.where(ordered.before < 0, n_kinds, kind_of[ordered.before]) * n_kinds + kind
    gaps = Choice(pair[later], nothing, when[later] - when[later - 1], people[later], 1, k)
    latest = _reached(people, when, k)
    longest = _reached(people, ordered.position, k) + 1

    who = np.repeat(np.arange(len(labels)), n_histories)
    history = np.tile(np.arange(n_histories), len(labels))
    ids = [key.words(pd.Series(labels[who])), key.words(history)]
    now, at = np.full(len(who), begin), np.full(len(who), -1)
    alive, parts = np.arange(len(who)), []
    for step in range(longest):
        draws = [
            uniform_unit(key.combine(f"{what} {step} {i}", *(word[alive] for word in ids)))
            for what in ("type", "date", "outcome")
            for i in (0, 1)
        ]
        drawn = nexts.draw(who[alive], now[alive], *draws[:2])
        if step == 0:
            moment = starts.draw(who[alive], np.zeros(len(alive), dtype=np.int64), *draws[2:4])
        else:
            pairs = now[alive] // n_outcomes * n_kinds + np.maximum(drawn, 0)
            gap = gaps.draw(pairs, np.zeros(len(alive), dtype=np.int64), *draws[2:4])
            moment = np.where((at[alive] >= 0) & (gap >= 0), at[alive] + gap, at[alive])
        goes_on = (drawn >= 0) & (drawn != end) & (moment <= latest)
        with_what = outcomes.draw(who[alive], np.clip(drawn, 0, n_kinds - 1), *draws[4:6])
        alive, drawn, moment, with_what = (
            part[goes_on] for part in (alive, drawn, moment, with_what)
        )
        steps = np.full(len(alive), step)
        parts.append((who[alive], history[alive], steps, drawn, moment, with_what))
        reached = drawn * n_outcomes + np.maximum(with_what, 0)
        now[alive] = np.where(says_nothing[drawn], now[alive], reached)
        at[alive] = moment
    joined = [np.concatenate(column) for column in zip(*parts, strict=True)] or [empty] * 6
    frame = pd.DataFrame(dict(zip(columns, joined, strict=True)))
    return frame.sort_values(["persona", "history", "step"], ignore_index=True)


def _reached(people: np.ndarray, values: np.ndarray, k: int) -> int:
    """Give the largest value that k people reach, -1 if there is none."""
    most = np.full(int(people.max()) + 1, -1, dtype=np.int64)
    np.maximum.at(most, people, values)
    most = np.sort(most)[::-1]
    return int(most[k - 1]) if len(most) >= k else -1
