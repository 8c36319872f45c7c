"""People's events in an order that the domain allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.frames import is_null
from personatwin_sk.domains import DomainConfig, spelling

__all__ = ["OrderedEvents", "order_events"]

_CONTINUES, _SAYS_NOTHING, _BEGINS, _CANNOT = range(4)


@dataclass(frozen=True)
class OrderedEvents:
    """Events that make up possible histories, person by person and in order.

    Attributes
    ----------
    event : numpy.ndarray of int64, shape (n_ordered,)
        Which event; those that cannot follow are left out.
    person, kind : numpy.ndarray of int64, shape (n_ordered,)
        Whose it is, and its type.
    position : numpy.ndarray of int64, shape (n_ordered,)
        Its place in the person's history, from 0.
    before : numpy.ndarray of int64, shape (n_ordered,)
        The last event before it of a type that the domain knows; -1 where there is none.
    after : numpy.ndarray of int64, shape (n_ordered,)
        The same after it: the event itself, if the domain knows its type.
    begins : numpy.ndarray of bool, shape (n_ordered,)
        Whether a run of events begins with it.
    """

    event: np.ndarray
    person: np.ndarray
    kind: np.ndarray
    position: np.ndarray
    before: np.ndarray
    after: np.ndarray
    begins: np.ndarray


@dataclass(frozen=True)
class _Rules:
    """What a domain says of the types at hand, by their numbers."""

    rank: np.ndarray
    follows: np.ndarray
    begins: np.ndarray
    unknown: np.ndarray
    alike: np.ndarray  # the first of the types that differ by capitals and punctuation only
    is_silent: bool

    @classmethod
    def of(cls, kinds: Sequence[object], config: DomainConfig) -> _Rules:
        n = len(kinds)
        names = [None if is_null([kind])[0] else spelling(kind) for kind in kinds]
        place = {spelling(name): number for number, name in enumerate(config.event_types)}
        rank = np.array(
            [
                len(place) + i if name is None else place.get(name, len(place) + i)
                for i, name in enumerate(names)
            ]
        )
        unknown = rank >= len(place)
        first = set(map(spelling, config.first_events))
        after = {
            spelling(name): set(map(spelling, names)) for name, names in config.next_events.items()
        }
        begins = np.array([not first or name in first for name in names], dtype=bool)
        follows = np.ones((n, n), dtype=bool)
        for i, name in enumerate(names):
            if not unknown[i] and name in after:
                follows[i] = [other in after[name] for other in names]
        is_silent = not first and not after
        alike = np.array([names.index(name) for name in names], dtype=np.int64)
        return cls(rank, follows, begins, unknown & (not is_silent), alike, is_silent)

    def judge(self, state: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """Tell how each type can come after a state, -1 for nothing yet; the best first."""
        continues = (state >= 0) & self.follows[np.maximum(state, 0), kind]
        return np.select(
            [continues & ~self.unknown[kind], self.unknown[kind], self.begins[kind]],
            [_CONTINUES, _SAYS_NOTHING, _BEGINS],
            _CANNOT,
        )


def order_events(
    person: np.ndarray,
    kind: np.ndarray,
    start: np.ndarray,
    tie: np.ndarray,
    kinds: Sequence[object],
    config: DomainConfig,
) -> OrderedEvents:
    """Put the events of each person into an order that the domain allows.

    Released periods come one after the other. Within a period nothing is taken from the original:
    an event that continues the run comes before one that begins another, and types stand in the
    order in which the domain names them. What can neither continue nor begin a run by the end of
    its period is left out. A type that the domain does not know can stand anywhere.

    Parameters
    ----------
    person, kind, tie : numpy.ndarray of int64, shape (n_events,)
        Whose it is, its type, and what decides among events of one person, period and type.
    start : numpy.ndarray of datetime64[D], shape (n_events,)
        First day of the released period; NaT comes last.
    kinds : sequence, of length n_kinds
        What the types are called; capitals, spaces and punctuation make no difference.
    config : DomainConfig
        Without `first_events` and `next_events` everything can follow everything; a run then
        begins with the type that the person's history began with.

    Returns
    -------
    OrderedEvents

    Examples
    --------
    >>> from personatwin_sk.domains import get_domain_config
    >>> kinds = ["appeal", "arrest", "charge"]
    >>> ordered = order_events(
    ...     np.zeros(3, dtype=int), np.array([2, 0, 1]),
    ...     np.array(["2023-01-01"] * 3, dtype="datetime64[D]"), np.zeros(3, dtype=int),
    ...     kinds, get_domain_config("criminal_justice"))
    >>> [kinds[number] for number in ordered.kind]  # no appeal without a trial
    ['arrest', 'charge']
    """
    rules = _Rules.of(kinds, config)
    n_people = int(person.max(initial=-1)) + 1
    period = np.where(np.isnat(start), np.iinfo(np.int64).max, start.astype(np.int64))
    rank = rules.rank[kind] if len(kind) else kind
    rest = np.lexsort((tie, kind, rank, period, person))
    state, length = np.full(n_people, -1), np.zeros(n_people, dtype=np.int64)
    taken: list[tuple[np.ndarray, ...]] = []
    while len(rest):
        of_person = np.cumsum(np.diff(person[rest], prepend=-1) != 0) - 1
        now = period[rest][np.flatnonzero(np.diff(person[rest], prepend=-1))][of_person]
        active = np.flatnonzero(period[rest] == now)
        own = rest[active]
        who = person[own]
        last = state[who]
        how = rules.judge(np.where(last >= 0, kind[last], -1), kind[own])
        best = np.lexsort((np.arange(len(own)), how, who))
        best = best[np.diff(who[best], prepend=-1) != 0]  # one per person
        possible = how[best] != _CANNOT
        chosen = best[possible]
        event, owner = own[chosen], who[chosen]
        begins = (how[chosen] == _BEGINS) | (length[owner] == 0)
        after = np.where(how[chosen] == _SAYS_NOTHING, state[owner], event)
        taken.append((event, owner, kind[event], length[owner], state[owner], after, begins))
        state[owner] = after
        length[owner] += 1
        # Nothing of this person's period can follow any more.
        stuck = np.zeros(n_people, dtype=bool)
        stuck[who[best[~possible]]] = True
        gone = np.zeros(len(rest), dtype=bool)
        gone[active[chosen]] = True
        gone[active[stuck[who]]] = True
        rest = rest[~gone]
    if not taken:
        nothing = np.empty(0, dtype=np.int64)
        return OrderedEvents(
            nothing, nothing, nothing, nothing, nothing, nothing, nothing.astype(bool)
        )
    event, owner, kinds_of, position, before, after, begins = map(
        np.concatenate, zip(*taken, strict=True)
    )
    if rules.is_silent:
        at_first = np.empty(n_people, dtype=np.int64)
        at_first[owner[position == 0]] = kinds_of[position == 0]
        begins = rules.alike[kinds_of] == rules.alike[at_first[owner]]
    order = np.lexsort((position, owner))
    return OrderedEvents(
        *(column[order] for column in (event, owner, kinds_of, position, before, after, begins))
    )
