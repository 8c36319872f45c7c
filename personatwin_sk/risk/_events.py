"""Event risk: what an attacker gains who knows some dated events of the target."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.risk._classes import Classes
from personatwin_sk.risk._event_dates import EventDates, read_event_dates
from personatwin_sk.risk._event_draws import Draws, all_draws, count_draws, sample_draws
from personatwin_sk.risk._event_histories import Histories
from personatwin_sk.risk._event_kernel import EventKernel, measure_kernel
from personatwin_sk.risk._event_match import Matcher
from personatwin_sk.risk._event_risk import EventRisk

__all__ = ["EventRisk", "measure_events"]

# Candidates that an attack may look at: all is counted up to the first, sampled up to the second.
_DATED, _OTHERS = (6_000_000, 2_000_000), (600_000, 600_000)
_MOST_SETS = 2_000_000  # sets of known events that may be listed
_FEWEST_DRAWS, _MOST_DRAWS = 200, 20_000
_PILOT = 500


@dataclass(frozen=True)
class _Success:
    """What the attackers of one kind reach."""

    mean: float = 0.0
    max: float = 0.0
    best: float = 0.0
    best_upper: float = 0.0
    population_mean: float = 0.0
    n_sampled: int = 0


def measure_events(
    original: Table,
    released: Table,
    classes: Classes,
    *,
    known_events: int,
    event_type: Hashable | None,
    date: Hashable | None,
    behind: np.ndarray | None = None,
    confidence: float = 0.95,
    thorough: bool = True,
    stream: int = 0,
) -> EventRisk:
    r"""Measure the event risk of a release.

    The attacker knows the class of the target and m events of theirs, each with its type and true
    date: a person is drawn, one of their events, and m - 1 more of the same class. They also know
    the method, so how far dates are moved and how likely, which is measured on both tables. A
    person of the class *fits* whose released events can be the known ones: one of the same type
    for each, not moved further than dates are. `mean` is an even pick of those who fit. The best
    guesser names the person whose history explains the known events best,

    .. math:: \arg\max_j \frac{1}{n_j (n_j - 1) \cdots} \sum \prod_{i=1}^{m}
        \frac{g(t_i, e_i)}{r(e_i)},

    with the chance g that true date :math:`t_i` is released as that of event :math:`e_i`, the rate
    r of its date among all released events of the type, and summed over the ways to assign events
    of j to the known ones (who fits alone is what Y.-A. de Montjoye et al. 2013, Unique in the
    Crowd, Scientific Reports 3:1376, count). Who is named is then compared with who it is: the
    success is counted and not taken from the model. Types are those of the release, for no noise
    changes them.

    Everything is counted where that takes few enough comparisons; else it is estimated from a
    sample that depends on what the tables hold and not on the order of rows.

    Parameters
    ----------
    original, released : Table
    classes : Classes
    known_events : int
        m, at least 0.
    event_type, date : column or None
        Columns of both tables. Null is a value of its own; a row of which the original has neither
        is no event. Without the columns there is nothing to measure. What cannot be read as dates
        fits what is equal: the attacker is credited with knowing the released value.
    behind : ndarray of float, shape (n_memberships,), optional
        People of the population who may stand behind each member's row, for `population_mean`.
    confidence : float, default=0.95
        One-sided, of `upper` where it rests on a sample.
    thorough : bool, default=True
        Whether figures are wanted that `upper` does not rest on: gaps, where only one event is
        known, and histories alone.
    stream : int, default=0
        Of the draws of a sample; another stream, other draws.

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
    nothing = EventRisk(known_events, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    if event_type is None or date is None:
        return nothing
    is_event = ~(is_null(original[event_type]) & is_null(original[date]))
    rows = np.flatnonzero(is_event & (classes.class_of_row >= 0))
    if not len(rows):
        return nothing
    kind = factorize(released[event_type])[0][rows]
    unique_share = _unique_share(
        classes.class_of_row[rows],
        kind,
        factorize(released[date])[0][rows],
        classes.person_of_row[rows],
    )
    if known_events == 0:
        return replace(nothing, unique_share=unique_share, n_events=len(rows))
    dates = read_event_dates(
        original[date].iloc[rows].reset_index(drop=True),
        released[date].iloc[rows].reset_index(drop=True),
    )
    member, person = classes.membership_of_row[rows], classes.person_of_row[rows]
    extra = None if behind is None else behind[member]
    histories = Histories.of(member, person, classes.class_of_row[rows], kind, dates, extra)
    kernel = measure_kernel(histories.dates, histories.unit)
    sizes = classes.sizes[histories.place].astype(float)
    population = sizes if behind is None else np.maximum(behind[histories.source], sizes)

    def attack(matcher: Matcher, known: int) -> _Success:
        budget = _DATED if matcher.by_dates else _OTHERS
        return _attack(matcher, known, budget, confidence, sizes, population, stream)

    matcher = Matcher(histories, kernel)
    dated = [attack(matcher, known) for known in range(1, known_events + 1)]
    n_gaps = max(known_events, 2) if thorough else known_events
    gaps = matcher.by_gaps() if n_gaps > 1 else matcher
    apart = [attack(gaps, known) for known in range(2, n_gaps + 1)]
    # Who knows dates can do without some of the events, or look at the gaps between them only.
    within_reach = [*dated, *apart[: known_events - 1]]
    last = dated[-1]
    return EventRisk(
        known_events=known_events,
        mean=last.mean,
        max=last.max,
        upper=max(max(one.mean, one.best_upper) for one in within_reach),
        unique_share=unique_share,
        best_guess=max(max(one.mean, one.best) for one in within_reach),
        n_events=len(rows),
        n_sampled=last.n_sampled,
        interval_mean=apart[-1].mean if apart else None,
        interval_upper=max((max(one.mean, one.best_upper) for one in apart), default=None),
        without_class=_without_class(histories, kernel, person, kind, dates, known_events)
        if thorough
        else None,
        population_mean=last.population_mean,
    )


def _unique_share(
    place: np.ndarray, kind: np.ndarray, released: np.ndarray, person: np.ndarray
) -> float:
    """Give the share of the people with events who have a unique history."""
    bin_, _ = group_rows([place, kind, released])
    _, first = group_rows([person, bin_])
    people_of_bin = np.bincount(bin_[first])
    unique = np.zeros(int(person.max()) + 1, dtype=bool)
    unique[person[first][people_of_bin[bin_[first]] == 1]] = True
    return float(unique.sum() / np.count_nonzero(np.bincount(person)))


def _without_class(
    histories: Histories,
    kernel: EventKernel,
    person: np.ndarray,
    kind: np.ndarray,
    dates: EventDates,
    known_events: int,
) -> float:
    """Let the best guesser look among all people at once."""
    if histories.n_units == histories.n_people:
        everybody = replace(histories, place=np.zeros(histories.n_units, dtype=np.int64))
    else:
        # All rows of a person are one history: without classes they are known to be.
        everybody = Histories.of(person, person, np.zeros_like(person), kind, dates)
        kernel = measure_kernel(everybody.dates, everybody.unit)
    sizes = np.full(everybody.n_units, float(everybody.n_people))
    matcher = Matcher(everybody, kernel)
    return max(
        _attack(matcher, known, _OTHERS, 0.5, sizes, sizes).best
        for known in range(1, known_events + 1)
    )


def _attack(
    matcher: Matcher,
    known: int,
    budget: tuple[int, int],
    confidence: float,
    sizes: np.ndarray,
    population: np.ndarray,
    stream: int = 0,
) -> _Success:
    histories = matcher.histories
    draws, n_sampled = _choose_draws(matcher, known, *budget, stream)
    weights, chances, hits, scaled = [], [], [], []
    for events, weight in draws:
        outcome = matcher.attack(events)
        target = histories.unit[events[:, 0]]
        others = (outcome.fitting - 1) / np.maximum(sizes[target] - 1, 1)
        weights.append(weight)
        chances.append(1.0 / outcome.fitting)
        hits.append(outcome.hit)
        scaled.append(1.0 / (1.0 + (population[target] - 1) * others))
    share = np.concatenate(weights)
    chance = np.concatenate(chances)
    best = min(1.0, float(share @ np.concatenate(hits)))  # a sum may round up
    return _Success(
        mean=min(1.0, float(share @ chance)),
        max=float(chance.max()),
        best=best,
        best_upper=_upper_limit(best, n_sampled, confidence),
        population_mean=min(1.0, float(share @ np.concatenate(scaled))),
        n_sampled=n_sampled,
    )


def _choose_draws(
    matcher: Matcher, known: int, count_up_to: int, sample_up_to: int, stream: int
) -> tuple[Draws, int]:
    """Take all sets of known events if that is little work, else a sample; and its size or 0."""
    histories = matcher.histories
    if count_draws(histories, known) <= min(_MOST_SETS, count_up_to):
        draws = all_draws(histories, known)
        work = 0.0
        for events, _ in draws:
            work += float(matcher.work(events[matcher.questions(events)[1]]).sum())
        if work <= count_up_to:
            return draws, 0
    pilot = sample_draws(histories, known, _PILOT, stream)
    each = sum(float(matcher.work(events).sum()) for events, _ in pilot) / _PILOT
    n_draws = int(np.clip(sample_up_to / each, _FEWEST_DRAWS, _MOST_DRAWS))
    return sample_draws(histories, known, n_draws, stream), n_draws


def _upper_limit(share: float, n_draws: int, confidence: float) -> float:
    """Give the upper end of Wilson's interval, one-sided; the share itself where all was counted.

    A mean of chances varies no more than a share of hits does, for which the interval is made.
    """
    if n_draws == 0:
        return share
    z = float(norm.ppf(confidence))
    middle = share + z * z / (2 * n_draws)
    spread = z * np.sqrt(share * (1 - share) / n_draws + z * z / (4 * n_draws**2))
    return float(min(1.0, (middle + spread) / (1 + z * z / n_draws)))
