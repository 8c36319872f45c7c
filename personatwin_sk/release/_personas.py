"""Personas and their events: the two tables that leave the house."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk._core.keyed import SecretKey, uniform_integers
from personatwin_sk.release._columns import PERSON, ReleaseColumns, are_events

if TYPE_CHECKING:  # it reads tables by names that are given below
    from personatwin_sk.release._histories import PersonaHistories

PERSONA, CLASS_SIZE = "persona_id", "class_size"


class Personas:
    """The personas of a release, and their events.

    Parameters
    ----------
    personas : pandas.DataFrame of shape (n_personas, ...)
        ``persona_id``, the quasi-identifiers, and ``class_size``: how many people it stands for.
    events : pandas.DataFrame of shape (n_events, ...), optional
        ``persona_id`` and what is released of each event.
    histories : PersonaHistories, optional
        What happened to the people of each persona, in figures on k people or more.
    aggregated_events : pandas.DataFrame, optional
        Counts in place of `events`, as `aggregate_events` gives them.

    Examples
    --------
    >>> import pandas as pd
    >>> personas = Personas(
    ...     pd.DataFrame({"persona_id": ["P000001"], "age": ["30-39"], "class_size": [5]})
    ... )
    >>> len(personas), personas
    (1, Personas(1 persona of 5 people, no events))
    """

    def __init__(
        self,
        personas: pd.DataFrame,
        events: pd.DataFrame | None = None,
        histories: PersonaHistories | None = None,
        aggregated_events: pd.DataFrame | None = None,
    ) -> None:
        self._personas = personas
        self._events = events
        self._histories = histories
        self._aggregated_events = aggregated_events

    def __len__(self) -> int:
        return len(self._personas)

    def __repr__(self) -> str:
        personas = f"{len(self)} persona{'' if len(self) == 1 else 's'}"
        events = "no" if self._events is None else f"{len(self._events)}"
        return f"Personas({personas} of {self.n_people} people, {events} events)"

    @property
    def n_people(self) -> int:
        """How many people the personas stand for."""
        return int(self._personas[CLASS_SIZE].sum())

    @property
    def n_events(self) -> int:
        """How many events there are; 0 if the data have none."""
        return 0 if self._events is None else len(self._events)

    @property
    def has_events(self) -> bool:
        """Whether the data are of events at all."""
        return self._events is not None

    @property
    def histories(self) -> PersonaHistories | None:
        """What happened to the people of each persona: see `persona_histories`; None if unknown.

        The personas have the ids that they have here. Events are pooled: they are the very events
        of ``personas_to_event_dataframe``.
        """
        return self._histories

    @property
    def aggregated_events(self) -> pd.DataFrame | None:
        """Counts of events, where they are released in place of rows; see `aggregate_events`."""
        return None if self._aggregated_events is None else self._aggregated_events.copy()

    @property
    def class_sizes(self) -> np.ndarray:
        """People of each persona, in an order that says nothing; shape (n_personas,)."""
        return self._personas[CLASS_SIZE].to_numpy(dtype=np.int64)


def personas_to_dataframe(personas: Personas) -> pd.DataFrame:
    """Give one row per persona: its id, the quasi-identifiers, and ``class_size``.

    Parameters
    ----------
    personas : Personas
        As in ``ReleaseResult.personas``.

    Returns
    -------
    pandas.DataFrame of shape (n_personas, ...)

    Examples
    --------
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(200, random_state=0)
    >>> result = pt.create_safe_personas(people, known_events=0, random_state=0)
    >>> pt.personas_to_dataframe(result.personas).columns.tolist()
    ['persona_id', 'age', 'gender', 'ethnicity', 'geography', 'class_size']
    """
    return personas._personas.copy()


def personas_to_event_dataframe(personas: Personas) -> pd.DataFrame:
    """Give one row per event: the id of its persona, and what is released of the event.

    Parameters
    ----------
    personas : Personas
        As in ``ReleaseResult.personas``.

    Returns
    -------
    pandas.DataFrame of shape (n_events, ...)
        Without rows if the data have no events.

    Examples
    --------
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(200, random_state=0)
    >>> result = pt.create_safe_personas(people, known_events=0, random_state=0)
    >>> pt.personas_to_event_dataframe(result.personas).columns.tolist()
    ['persona_id', 'date', 'event_type', 'outcome']
    """
    if personas._events is None:
        return pd.DataFrame({PERSONA: pd.Series([], dtype=object)})
    return personas._events.copy()


def build_personas(
    people: np.ndarray,
    released: pd.DataFrame,
    columns: ReleaseColumns,
    *,
    taken: Collection[str] = (),
    describe: Callable[[pd.DataFrame], PersonaHistories] | None = None,
    aggregate: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    random_state: Any = None,
) -> Personas:
    """Read personas and events off a released table.

    Ids are new and, like the order of rows of both tables, drawn by a key: neither says anything
    about ids, sizes or order in the original.

    Parameters
    ----------
    people : numpy.ndarray of int64, shape (n_rows,)
        The original person of each row; only counted here.
    released : pandas.DataFrame of shape (n_rows, ...)
        What the pipeline made; the person column holds the persona, null for the suppressed.
    columns : ReleaseColumns
        What is released.
    taken : collection of str, default=()
        Ids of the original, which no persona may get by chance.
    describe : callable, optional
        Tells of the histories: given `released` with the new ids in the person column.
    aggregate : callable, optional
        Counts the events of the same table; there are then no rows of events and no histories.
    random_state : int, RandomState or None
        None: the operating system's randomness.
    """
    key = SecretKey.from_random_state(random_state)
    stays = ~is_null(released[PERSON])
    everything = released
    released, people = released[stays].reset_index(drop=True), people[stays]

    number, _ = pd.factorize(released[PERSON])
    first = pd.DataFrame({"persona": number}).drop_duplicates().index
    n_personas = len(first)
    pairs = pd.DataFrame({"persona": number, "person": people}).drop_duplicates()
    sizes = np.bincount(pairs["persona"], minlength=n_personas)
    id_of_persona = _new_ids(key, n_personas, taken)

    table = released.loc[first, list(columns.keys)].reset_index(drop=True)
    table.insert(0, PERSONA, id_of_persona)
    table[CLASS_SIZE] = sizes
    events = None
    if columns.events:
        happened = are_events(released)
        events = released.loc[happened, list(columns.events)].reset_index(drop=True)
        events.insert(0, PERSONA, id_of_persona[number[happened]])
        events = _reordered(events, key, "event rows")
    personas, histories = _reordered(table, key, "persona rows"), None
    if columns.events and (describe is not None or aggregate is not None):
        names = pd.Series(None, index=everything.index, dtype=object)
        names[stays] = id_of_persona[number]
        named = everything.assign(**{PERSON: names})
        if aggregate is not None:
            return Personas(personas, aggregated_events=aggregate(named))
        histories = None if describe is None else describe(named)
    return Personas(personas, events, histories)


def _reordered(frame: pd.DataFrame, key: SecretKey, purpose: str) -> pd.DataFrame:
    return frame.iloc[_shuffled(key, purpose, len(frame))].reset_index(drop=True)


def _shuffled(key: SecretKey, purpose: str, n: int) -> np.ndarray:
    """Give a permutation of n that only the key knows."""
    return np.argsort(key.hash(purpose, pd.Series(np.arange(n))), kind="stable")


def _new_ids(key: SecretKey, n: int, taken: Collection[str]) -> np.ndarray:
    """Draw n distinct ids such as "P000123" that none of the original's ids equals.

    They are drawn from many more than are needed: ids counted from one, with gaps for those taken,
    would tell which are taken.
    """
    width, drawn = max(6, len(str(n)) + 1), np.array([], dtype=object)
    while len(drawn) < n:
        numbers = uniform_integers(
            key.hash(f"ids {width}", pd.Series(np.arange(2 * n))), 0, 10**width - 1
        )
        names = pd.Series([f"P{number:0{width}d}" for number in pd.unique(numbers)], dtype=object)
        drawn = names[~names.isin(set(taken))].to_numpy()[:n]
        width += 1
    return drawn
