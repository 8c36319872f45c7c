"""One plausible history per persona: that of the member who is nearest to all, as far as shared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk.release._history_order import OrderedEvents

__all__ = ["choose_medoids", "representative_steps"]


def representative_steps(
    ordered: OrderedEvents,
    persona_of_person: np.ndarray,
    date_rank: np.ndarray,
    outcome: np.ndarray,
    k: int,
) -> pd.DataFrame:
    """Give the steps of one history per persona, each of which k people share.

    Parameters
    ----------
    ordered : OrderedEvents
    persona_of_person : numpy.ndarray of int64, shape (n_people,)
        -1 for people who are not released.
    date_rank : numpy.ndarray of int64, shape (n_events,)
        Number of each event's released date in order of time; -1 for null.
    outcome : numpy.ndarray of int64, shape (n_events,)
    k : int

    Returns
    -------
    pandas.DataFrame
        ``persona``, ``step``, ``kind``, ``date_rank`` (the lower median of those who share the
        step, never before that of the step before; -1 where fewer than k have a date) and
        ``outcome`` (the most frequent one; -1 where fewer than k people have it).
    """
    kinds = _padded(ordered, choose_medoids(ordered, persona_of_person, k), persona_of_person)
    persona, step, event = _shared(ordered, kinds, persona_of_person)
    width = kinds.shape[1]
    cell = persona * width + step
    n_sharing = np.bincount(cell, minlength=kinds.size)
    # Who shares a step shares those before it: what k people share is the beginning.
    stays = np.flatnonzero((n_sharing >= k) & (kinds.ravel() >= 0))
    medians = _lower_medians(cell, date_rank[event], kinds.size, k)[stays]
    most = _most_frequent(cell, outcome[event], kinds.size, k)[stays]
    frame = pd.DataFrame(
        {
            "persona": stays // width,
            "step": stays % width,
            "kind": kinds.ravel()[stays],
            "date_rank": medians,
            "outcome": most,
        }
    )
    latest = frame.groupby("persona")["date_rank"].cummax()
    return frame.assign(date_rank=np.where(medians < 0, -1, latest))


def choose_medoids(ordered: OrderedEvents, persona_of_person: np.ndarray, k: int) -> np.ndarray:
    """Give for each persona a member whose history is nearest to those of all.

    Histories are compared by how often each type is in them and each type follows each: the
    distance is the sum of the absolute differences of these counts. Only histories that come
    nearest to the median length take part: the shortest are near to all, for they have nothing that
    others lack. Only types of which k people of the persona have events can come first. Among
    equally near histories the first in the order of types is taken, so that it is one history,
    whoever it is of.

    Returns
    -------
    numpy.ndarray of int64, shape (n_personas,)
        The member; -1 where nobody qualifies.
    """
    n_personas = int(persona_of_person.max(initial=-1)) + 1
    chosen = np.full(n_personas, -1, dtype=np.int64)
    persona = persona_of_person[ordered.person]
    if not len(persona):
        return chosen
    distance = _distances(ordered, persona_of_person)
    first = ordered.position == 0
    _, pairs = group_rows([persona, ordered.kind, ordered.person])
    n_kinds = int(ordered.kind.max()) + 1
    holders = np.bincount(persona[pairs] * n_kinds + ordered.kind[pairs])
    can = first & (holders[persona * n_kinds + ordered.kind] >= k)
    people = ordered.person[can]
    length = np.bincount(ordered.person, minlength=len(persona_of_person))
    have = np.flatnonzero(length)
    usual = _lower_medians(persona_of_person[have], length[have], n_personas, 1)
    for cost in (np.abs(length - usual[persona_of_person]), distance):
        own = persona_of_person[people]
        least = np.full(n_personas, np.iinfo(np.int64).max)
        np.minimum.at(least, own, cost[people])
        people = people[cost[people] == least[own]]
    histories = _histories(ordered, people)
    order = np.lexsort((*histories.T[::-1], persona_of_person[people]))
    people = people[order]
    own = persona_of_person[people]
    first_of_persona = np.diff(own, prepend=-1) != 0
    chosen[own[first_of_persona]] = people[first_of_persona]
    return chosen


def _distances(ordered: OrderedEvents, persona_of_person: np.ndarray) -> np.ndarray:
    """Sum of distances to all members, for each person, but for a constant of each persona.

    Each count is a dimension of its own, and in one dimension sums of distances follow from sums
    of the sorted values: no pair of members is looked at. Most counts are 0 and stay implicit.
    """
    n_kinds = int(ordered.kind.max()) + 1
    same = np.diff(ordered.person, prepend=-1) == 0
    before = np.where(same, np.roll(ordered.kind, 1), n_kinds)
    what = np.r_[ordered.kind, n_kinds + before * n_kinds + ordered.kind]
    who = np.r_[ordered.person, ordered.person]
    number, at = group_rows([who, what])
    value, person, feature = np.bincount(number), who[at], what[at]
    persona = persona_of_person[person]
    cell, at = group_rows([persona, feature, value])
    people, value = np.bincount(cell), value[at]
    dimension, at_first = group_rows([persona[at], feature[at]])
    size = np.bincount(persona_of_person[persona_of_person >= 0])[persona[at]]
    holders = np.bincount(dimension, weights=people).astype(np.int64)[dimension]
    total = np.bincount(dimension, weights=people * value).astype(np.int64)[dimension]
    up_to_people = _within(people, at_first, dimension) + (size - holders)
    up_to_sum = _within(people * value, at_first, dimension)
    cost = value * up_to_people - up_to_sum + (total - up_to_sum) - value * (size - up_to_people)
    result = np.zeros(len(persona_of_person), dtype=np.int64)
    np.add.at(result, person, (cost - total)[cell])
    return result


def _within(values: np.ndarray, first: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sum up values within groups that stand together."""
    sums = np.cumsum(values)
    return np.asarray(sums - (sums[first] - values[first])[group])


def _histories(ordered: OrderedEvents, people: np.ndarray) -> np.ndarray:
    """Give the types of some people's histories, a row per person, -1 where they have ended."""
    place = np.full(int(ordered.person.max()) + 1, -1, dtype=np.int64)
    place[people] = np.arange(len(people))
    rows = np.flatnonzero(place[ordered.person] >= 0)
    width = int(ordered.position[rows].max(initial=-1)) + 1
    result = np.full((len(people), width), -1, dtype=np.int64)
    result[place[ordered.person[rows]], ordered.position[rows]] = ordered.kind[rows]
    return result


def _padded(
    ordered: OrderedEvents, medoids: np.ndarray, persona_of_person: np.ndarray
) -> np.ndarray:
    """Give the types of each persona's history, and one column where all have ended."""
    there = np.flatnonzero(medoids >= 0)
    if not len(there):
        return np.full((len(medoids), 1), -1, dtype=np.int64)
    histories = _histories(ordered, medoids[there])
    result = np.full((len(medoids), histories.shape[1] + 1), -1, dtype=np.int64)
    result[there, :-1] = histories
    return result


def _shared(
    ordered: OrderedEvents, kinds: np.ndarray, persona_of_person: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the steps of their persona's history in the events of each person, in order."""
    reached = np.zeros(len(persona_of_person), dtype=np.int64)
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    by_position = np.argsort(ordered.position, kind="stable")
    ends = np.cumsum(np.bincount(ordered.position)) if len(by_position) else np.empty(0, dtype=int)
    for rows in np.split(by_position, ends[:-1]):
        person = ordered.person[rows]
        persona = persona_of_person[person]
        hit = kinds[persona, reached[person]] == ordered.kind[rows]
        person, rows = person[hit], rows[hit]
        found.append((persona[hit], reached[person], ordered.event[rows]))
        reached[person] += 1
    persona, step, event = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return persona, step, event


def _lower_medians(cell: np.ndarray, rank: np.ndarray, n_cells: int, k: int) -> np.ndarray:
    known = np.flatnonzero(rank >= 0)
    order = known[np.lexsort((rank[known], cell[known]))]
    n = np.bincount(cell[order], minlength=n_cells)
    first = np.cumsum(n) - n
    result = np.full(n_cells, -1, dtype=np.int64)
    enough = np.flatnonzero(n >= k)
    result[enough] = rank[order[first[enough] + (n[enough] - 1) // 2]]
    return result


def _most_frequent(cell: np.ndarray, value: np.ndarray, n_cells: int, k: int) -> np.ndarray:
    result = np.full(n_cells, -1, dtype=np.int64)
    if len(cell):
        number, at = group_rows([cell, value])
        n = np.bincount(number)
        order = np.lexsort((value[at], -n, cell[at]))
        order = order[np.diff(cell[at][order], prepend=-1) != 0]
        order = order[n[order] >= k]
        result[cell[at][order]] = value[at][order]
    return result
