"""What `event_risk` of a report holds."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EventRisk"]


@dataclass(frozen=True)
class EventRisk:
    """Chance that an attacker who knows events of a person picks that person in their class.

    Attributes
    ----------
    known_events : int
        Events of the target, each with type and true date, that the attacker knows; all of them
        where the target has fewer. With 0 nothing is added to what the classes tell, so that all
        chances are 0.
    mean : float
        Even pick: the average over people, and over what may be known of each, of 1/c, where the
        released events of c people of the class fit. A figure that is sampled is an estimate.
    max : float
        Largest 1/c that was seen.
    upper : float
        Upper limit of what any attacker reaches, and the figure that a verdict rests on: the
        success of the best guesser with fewer known events or with all of them, by dates or by
        gaps alone, where sampled with its one-sided upper confidence limit. Never below `mean`,
        and never lowered by knowing more.
    unique_share : float
        Share of the people with events who have a unique history: some event whose type and
        released period nobody else in their class has.
    best_guess : float
        How often the best guesser is right, who knows the mechanism: weighs how well the released
        events of each person explain the known dates. Without the limit of `upper`.
    n_events : int
        Event rows that are released.
    n_sampled : int
        Draws of known events that `mean` and `best_guess` rest on; 0 where all were counted.
    interval_mean, interval_upper : float or None
        The same for an attacker who knows the types and the days between `known_events` events (at
        least two), and no date. Shifting the dates of a person does not touch these.
    without_class : float or None
        How often the best guesser is right who knows the events and no quasi-identifier.
    population_mean : float
        `mean` when the attacker does not know that the target is in the file: 1/(1 + (F - 1) r),
        where r is the share of the others in the class whose events fit, and F people of the
        population may stand behind the row. Equal to `mean` without a population.

    Notes
    -----
    None stands for what was not asked for (see `thorough` of :class:`ReidentificationRisk`).
    """

    known_events: int
    mean: float
    max: float
    upper: float
    unique_share: float
    best_guess: float
    n_events: int
    n_sampled: int = 0
    interval_mean: float | None = 0.0
    interval_upper: float | None = 0.0
    without_class: float | None = 0.0
    population_mean: float = 0.0
