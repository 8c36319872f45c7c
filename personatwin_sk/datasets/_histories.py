"""Draws histories of dated events: a chain of events with outcomes, over and over until a date.

Everybody moves at once: the loop is over the steps of the longest history, never over people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

# Ages around which the chance of another run of events is what `HistoryModel.again` says.
_MIDDLE_AGE = 40


@dataclass(frozen=True)
class Step:
    """One type of event.

    Parameters
    ----------
    days : float
        Mean number of days since the event before.
    outcomes : mapping of str to float
        Chance of each outcome; they sum to 1.
    then : mapping of str to mapping of str to float
        Outcome -> chance of each type that may come next; what is missing to 1 is the chance
        that the run of events ends there. An outcome that is not named ends it.
    any_day : bool
        Whether it also happens on Saturdays and Sundays.
    """

    days: float
    outcomes: Mapping[str, float]
    then: Mapping[str, Mapping[str, float]]
    any_day: bool = False


@dataclass(frozen=True)
class HistoryModel:
    """How the histories of a domain come about.

    Parameters
    ----------
    ages : tuple of int
        Youngest and oldest age, both included.
    first : mapping of str to float
        Chance of each type to begin a run of events.
    steps : mapping of str to Step
        The types of event.
    again : float
        Mean chance, over people of 40, that another run follows one that has ended.
    again_by_year : float
        Change of the logarithm of that chance per year of age.
    pause : float
        Mean number of days between two runs.
    """

    ages: tuple[int, int]
    first: Mapping[str, float]
    steps: Mapping[str, Step]
    again: float
    again_by_year: float
    pause: float


@dataclass(frozen=True)
class Histories:
    """Events in order of person, then of time.

    Parameters
    ----------
    person : ndarray of int64, shape (n_events,)
        Position of the person.
    day : ndarray of datetime64[D], shape (n_events,)
        Date.
    event_type, outcome : ndarray of object, shape (n_events,)
        What happened.
    """

    person: np.ndarray
    day: np.ndarray
    event_type: np.ndarray
    outcome: np.ndarray


def draw_histories(
    model: HistoryModel,
    ages: np.ndarray,
    first_day: np.datetime64,
    last_day: np.datetime64,
    rng: np.random.Generator,
) -> Histories:
    """Give each person a history of at least one event.

    Parameters
    ----------
    model : HistoryModel
        What may happen, and how often.
    ages : ndarray of int, shape (n_people,)
        Ages of the people.
    first_day, last_day : datetime64[D]
        Earliest and latest possible date; `last_day` must not be a Saturday or Sunday, for a day
        in court that falls on one moves to the Monday after.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Histories
        The events. A history is cut off at `last_day`, as in any file with a closing date.
    """
    types = list(model.steps)
    end = len(types)
    pairs = [(name, outcome) for name in types for outcome in model.steps[name].outcomes]
    first_pair = np.cumsum([0] + [len(model.steps[name].outcomes) for name in types])[:-1]
    begin = _cumulated([[model.first.get(name, 0.0) for name in types]])
    to_outcome = _cumulated([list(model.steps[name].outcomes.values()) for name in types])
    to_next = _cumulated([_next_chances(model, name, outcome, types) for name, outcome in pairs])
    mean_days = np.array([model.steps[name].days for name in types])
    any_day = np.array([model.steps[name].any_day for name in types])

    n_people = len(ages)
    again = _chance_of_another_run(model, ages, rng)
    person = np.arange(n_people)
    kind = _draw(begin, np.zeros(n_people, dtype=np.int64), rng)
    day = first_day + rng.integers(0, (last_day - first_day).astype(int) + 1, n_people)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    while person.size:
        day = np.where(any_day[kind], day, np.busday_offset(day, 0, roll="forward"))
        inside = day <= last_day
        person, kind, day = person[inside], kind[inside], day[inside]
        pair = first_pair[kind] + _draw(to_outcome, kind, rng)
        parts.append((person, day, pair))
        following = _draw(to_next, pair, rng)
        over = following == end
        restarts = over & (rng.random(person.size) < again[person])
        following[restarts] = _draw(begin, np.zeros(restarts.sum(), dtype=np.int64), rng)
        going_on = ~over | restarts
        person, kind, day = person[going_on], following[going_on], day[going_on]
        mean = np.where(restarts[going_on], model.pause, mean_days[kind])
        day = day + np.rint(rng.exponential(mean)).astype(np.int64)

    everyone, days, pairs_drawn = (np.concatenate(column) for column in zip(*parts, strict=True))
    # Stable, so that two events on one day stay in the order in which they happened.
    order = np.argsort(everyone, kind="stable")
    names = np.array(pairs, dtype=object).reshape(-1, 2)[pairs_drawn[order]]
    return Histories(everyone[order], days[order], names[:, 0], names[:, 1])


def _next_chances(model: HistoryModel, name: str, outcome: str, types: list[str]) -> list[float]:
    then = model.steps[name].then.get(outcome, {})
    chances = [then.get(following, 0.0) for following in types]
    # Rounding must not make the chance of an end negative.
    return [*chances, max(0.0, 1.0 - sum(chances))]


def _chance_of_another_run(
    model: HistoryModel, ages: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    # A chance that differs between people makes the number of events skewed: most have one run,
    # few have many, as in every register.
    own = rng.beta(0.6, 0.6 * (1 - model.again) / model.again, len(ages))
    factor = np.exp(model.again_by_year * (np.asarray(ages) - _MIDDLE_AGE))
    return np.minimum(own * factor, 0.95)


def _cumulated(chances: list[list[float]]) -> np.ndarray:
    """Return cumulated chances, row r shifted by r, so that one sorted search serves all rows."""
    width = max(len(row) for row in chances)
    table = np.zeros((len(chances), width))
    for number, row in enumerate(chances):
        table[number, : len(row)] = row
    cumulated = np.cumsum(table, axis=1)
    # Rounding must not leave a gap at the top of a row.
    cumulated /= cumulated[:, -1:]
    return cumulated + np.arange(len(chances))[:, None]


def _draw(cumulated: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a column for each of `rows` by the chances of that row of `cumulated`."""
    # The largest value a row may get stays below the next row in spite of the addition.
    uniform = np.minimum(rows + rng.random(rows.size), np.nextafter(rows + 1.0, 0.0))
    found = np.searchsorted(cumulated.ravel(), uniform, side="right")
    return found - rows * cumulated.shape[1]
