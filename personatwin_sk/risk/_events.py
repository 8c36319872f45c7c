"""Event risk: what an attacker gains who knows one dated event of the target."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.risk._classes import Classes

__all__ = ["EventRisk", "measure_events"]


@dataclass(frozen=True)
class EventRisk:
    """Chance that an attacker who knows events of a person picks that person in their class.

    Attributes
    ----------
    known_events : int
        Events of the target that the attacker knows. With 0 nothing is added to what the classes
        tell, so that `mean`, `max`, `upper` and `best_guess` are 0.
    mean : float
        Average over the people with events of the average over their events of 1/m, where m
        people of the class have a fitting event.
    max : float
        Largest 1/m.
    upper : float
        Upper limit of `mean`; equal to it, because all of it is counted in the release.
    unique_share : float
        Share of the people with events who have a unique history: some event whose type and
        released period nobody else in their class has.
    best_guess : float
        How often the best guesser is right, who also weighs how many of each person's events lie
        in the period. Never below `mean`; reported, and does not decide the verdict yet.
    n_events : int
        Event rows that are released.
    """

    known_events: int
    mean: float
    max: float
    upper: float
    unique_share: float
    best_guess: float
    n_events: int


def measure_events(
    original: Table,
    released: Table,
    classes: Classes,
    *,
    known_events: int,
    event_type: Hashable | None,
    date: Hashable | None,
) -> EventRisk:
    r"""Measure the event risk of a release.

    The attacker knows the class of the target and one event of theirs: its type and true date.
    Noise may have moved the released date, so the true date leaves several released periods
    possible. The attacker is credited with more than that, namely with knowing into *which*
    released period the event fell: whoever has only the true date can do no better than whoever is
    told the released value itself, whatever the noise was. In the bin of class C, type T and
    released period P stand events of m people; the attacker picks one of them, which is right with
    chance 1/m.

    Picking evenly is not the best that such an attacker can do: who also knows that the event is a
    random one of the target's prefers people with more of their events in the bin. With
    :math:`w_j = c_j/n_j`, where :math:`c_j` of person j's :math:`n_j` events are in the bin, that
    guesser (the Bayes rule) is right in

    .. math:: \frac{1}{n} \sum_{(C,T,P)} \max_j w_j

    of the cases. This stronger figure, `best_guess`, bounds every attacker who knows one event; it
    is reported beside the others and does not decide the verdict yet.

    Parameters
    ----------
    original, released : Table
    classes : Classes
    known_events : {0, 1}
    event_type, date : column or None
        Columns of both tables. Null is a value of its own; a row of which the original has neither
        is no event. Without the columns there is nothing to measure.

    Returns
    -------
    EventRisk

    Examples
    --------
    Three people in one class; two of them were charged in the same month:

    >>> import pandas as pd
    >>> from personatwin_sk.risk._classes import find_classes
    >>> out = Table.of(pd.DataFrame({
    ...     "who": [1, 2, 3], "age": "30-39", "kind": "charge",
    ...     "date": ["2023-05", "2023-05", "2023-07"]}))
    >>> classes = find_classes(out, out, ["age"], "who")
    >>> risk = measure_events(
    ...     out, out, classes, known_events=1, event_type="kind", date="date")
    >>> round(risk.mean, 3), risk.max, round(risk.unique_share, 3)
    (0.667, 1.0, 0.333)
    """
    if event_type is None or date is None:
        return EventRisk(known_events, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    is_event = ~(is_null(original[event_type]) & is_null(original[date]))
    rows = np.flatnonzero(is_event & (classes.class_of_row >= 0))
    if not len(rows):
        return EventRisk(known_events, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    # Only equality of released values matters, so dates, texts and labels are coded alike.
    columns = [factorize(released[name])[0][rows] for name in (event_type, date)]
    bin_of_event, first = group_rows([classes.class_of_row[rows], *columns])
    person_of_event = classes.person_of_row[rows]
    n_bins = len(first)

    # One entry per (person, bin) with the number of the person's events there.
    group, group_first = group_rows([person_of_event, bin_of_event])
    in_bin = np.bincount(group)
    person, at = person_of_event[group_first], bin_of_event[group_first]
    chance = 1.0 / np.bincount(at, minlength=n_bins)[at]

    events_of_person = np.bincount(person_of_event, minlength=classes.n_file_people)
    weight = in_bin / events_of_person[person]
    has_events = events_of_person > 0
    n_with_events = int(has_events.sum())
    unique = np.zeros(classes.n_file_people, dtype=bool)
    unique[person[chance == 1.0]] = True
    unique_share = float(unique.sum() / n_with_events)
    if known_events == 0:
        return EventRisk(0, 0.0, 0.0, 0.0, unique_share, 0.0, len(rows))
    heaviest = np.zeros(n_bins)
    np.maximum.at(heaviest, at, weight)
    # The average over a person's events weighs each bin by the share of their events in it.
    mean = float((weight * chance).sum() / n_with_events)
    return EventRisk(
        known_events=known_events,
        mean=mean,
        max=float(chance.max()),
        upper=mean,
        unique_share=unique_share,
        best_guess=float(heaviest.sum() / n_with_events),
        n_events=len(rows),
    )
