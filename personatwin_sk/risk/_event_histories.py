"""Histories: the events of each person of a class, in an order that rows have no say in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.cells import group_rows
from personatwin_sk.risk._event_dates import EventDates

__all__ = ["Histories"]


@dataclass(frozen=True, repr=False)
class Histories:
    """Events by *unit*: a person of a class, whose rows there are known to be of one person.

    Units, and events within them, are in canonical order: by what they hold. Units that hold the
    same are exchangeable. So the same sample is drawn whatever the order of rows is.

    A *slot* is a distinct (unit, type, released date) with its number of events.

    Attributes
    ----------
    unit, type, slot : ndarray of int64, shape (n_events,)
        `unit` ascends.
    dates : EventDates
        Of the events.
    source : ndarray of int64, shape (n_units,)
        Number that each unit came in with.
    place : ndarray of int64, shape (n_units,)
        Where an attacker looks for it: its class.
    n_own, n_total : ndarray of int64, shape (n_units,)
        Events of the unit, and of its person in all classes.
    first_event : ndarray of int64, shape (n_units,)
    slot_unit, slot_type, slot_events : ndarray of int64, shape (n_slots,)
        Slots are sorted by unit and type.
    slot_dates : EventDates
        Only the released values mean anything.
    n_people : int
        People with events.
    n_types : int
    """

    unit: np.ndarray
    type: np.ndarray
    slot: np.ndarray
    dates: EventDates
    source: np.ndarray
    place: np.ndarray
    n_own: np.ndarray
    n_total: np.ndarray
    first_event: np.ndarray
    slot_unit: np.ndarray
    slot_type: np.ndarray
    slot_events: np.ndarray
    slot_dates: EventDates
    n_people: int
    n_types: int

    def __repr__(self) -> str:
        return f"Histories(n_units={self.n_units}, n_events={len(self.unit)})"

    @property
    def n_units(self) -> int:
        """Number of people, counted once in each of their classes."""
        return len(self.n_own)

    @property
    def weight(self) -> np.ndarray:
        """Share of each unit in a mean over people, shape (n_units,)."""
        return self.n_own / self.n_total / self.n_people

    @classmethod
    def of(
        cls,
        source: np.ndarray,
        person: np.ndarray,
        place: np.ndarray,
        type_: np.ndarray,
        dates: EventDates,
        tie_breaker: np.ndarray | None = None,
    ) -> Histories:
        """Sort events into histories.

        Parameters
        ----------
        source, person, place, type_ : ndarray of int64, shape (n_events,)
            Unit, person, class and type of each event. The codes of classes and types must not
            depend on the order of rows.
        dates : EventDates
        tie_breaker : ndarray of float, shape (n_events,), optional
            What else sets units apart.

        Returns
        -------
        Histories
        """
        columns = [place, type_, *(_from_zero(column) for column in _columns(dates))]
        content = group_rows(columns)[0]
        unit, at = group_rows([source])
        n_own = np.bincount(unit)
        total = np.bincount(person)
        n_total = total[person[at]]
        prints = _add_up(_scramble(content.astype(np.uint64)), unit, len(at))
        other = np.zeros(len(at)) if tie_breaker is None else tie_breaker[at]
        order = np.lexsort((other, n_total, prints))
        rank = np.empty(len(at), dtype=np.int64)
        rank[order] = np.arange(len(at))
        by_event = np.lexsort((content, rank[unit]))
        unit, type_, dates = rank[unit][by_event], type_[by_event], dates.take(by_event)
        released = [_from_zero(column) for column in (dates.width, dates.first, dates.last)]
        slot, slot_at = group_rows([unit, type_, *released])
        n_own = n_own[order]
        return cls(
            unit=unit,
            type=type_,
            slot=slot,
            dates=dates,
            source=source[at][order],
            place=place[at][order],
            n_own=n_own,
            n_total=n_total[order],
            first_event=np.cumsum(n_own) - n_own,
            slot_unit=unit[slot_at],
            slot_type=type_[slot_at],
            slot_events=np.bincount(slot),
            slot_dates=dates.take(slot_at),
            n_people=int(np.count_nonzero(total)),
            n_types=int(type_.max()) + 1,
        )


def _columns(dates: EventDates) -> list[np.ndarray]:
    names = ("true_null", "true_first", "true_last", "width", "first", "last")
    return [getattr(dates, name).astype(np.int64) for name in names]


def _from_zero(column: np.ndarray) -> np.ndarray:
    return column - column.min()


def _scramble(codes: np.ndarray) -> np.ndarray:
    """Spread codes over 64 bits (SplitMix64: Steele, Lea, Flood 2014), so that sums tell sets."""
    with np.errstate(over="ignore"):
        mixed = (codes + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _add_up(values: np.ndarray, group: np.ndarray, n_groups: int) -> np.ndarray:
    """Add up per group, modulo 2**64: the order of a group's members has no say."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(n_groups))
    return np.add.reduceat(values[order], starts)
