"""The steps of a release as one scikit-learn pipeline."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from personatwin_sk._core.dates import PRECISIONS
from personatwin_sk.domains import Domain, DomainConfig, get_domain_config, get_privacy_level
from personatwin_sk.geography import GeographicGeneralizer
from personatwin_sk.identifiers import IdentifierRemover
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.noise import OutcomeNoise, TemporalNoise, ValueNoise
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.population.places import LEVELS
from personatwin_sk.release._columns import (
    DATE,
    EVENT_TYPE,
    KEYS,
    OUTCOME,
    PERSON,
    STANDARD,
    ReleaseColumns,
)

GEOGRAPHY = "geography"


def make_release_pipeline(
    domain: str | Domain | DomainConfig = "custom",
    privacy_level: str = "medium",
    *,
    quasi_identifiers: Sequence[Hashable] | None = None,
    columns: Iterable[Hashable] | None = None,
    keep: Sequence[Hashable] = (),
    state: str | None = None,
    population: ReferencePopulation | None = None,
    random_state: Any = None,
) -> Pipeline:
    """Make the pipeline of a release at the floors of a privacy level.

    Its steps are "identifiers", "geography", "dates", "outcomes", "numbers" and "merge", in this
    order, so that ``set_params(merge__k=20)`` or the grid of a search reach each of them; a step
    whose columns are not there is left out. Noise comes before the merge; after it nothing touches
    the quasi-identifiers. "numbers" is about kept columns that the domain names as numbers of
    events, such as the days of a sentence.

    Parameters
    ----------
    domain : str, Domain or DomainConfig, default="custom"
        What the events are. Its precisions hold beside those of the privacy level: the coarser of
        the two counts.
    privacy_level : {"low", "medium", "high", "maximum"}, default="medium"
        The floors: k, jitter and precision of dates, level and inhabitants of places, share of
        changed outcomes, steps by which numbers move.
    quasi_identifiers : sequence of column names, optional
        What personas are made of. None: those of age, gender, ethnicity and geography.
    columns : iterable of column names, optional
        The columns of the table at hand: steps for columns that it lacks are left out, and columns
        without a role in the release are dropped. None: the table has all standard columns, and
        only what is recognised as a direct identifier is dropped.
    keep : sequence of column names, default=()
        Further columns of events that stay.
    state : str, optional
        State in which counties named without one lie.
    population : ReferencePopulation, optional
        Who says how many people live in a place, where the privacy level asks for a number of
        inhabitants. None: the bundled census of the United States.
    random_state : int, RandomState or None, default=None
        None: every fit takes its keys from the operating system. An int is for reproducing a
        result; whoever knows it can take the noise off again.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Unfitted. Fitted, it is as secret as the data: it holds keys and cells.

    Raises
    ------
    InputError
        If there is no such domain or privacy level.

    Examples
    --------
    >>> from personatwin_sk import make_people_events, make_release_pipeline
    >>> events = make_people_events(200, random_state=0)
    >>> pipeline = make_release_pipeline("criminal_justice", columns=events.columns)
    >>> released = pipeline.set_params(merge__k=10).fit_transform(events)
    >>> len(released) == len(events)
    True
    """
    config = domain if isinstance(domain, DomainConfig) else get_domain_config(domain)
    floors = get_privacy_level(privacy_level)
    keys = KEYS if quasi_identifiers is None else tuple(quasi_identifiers)
    known = STANDARD if columns is None else tuple(columns)
    roles = ReleaseColumns.by_name(known, keys=keys, kept_of_events=keep)
    ids: dict[str, Any] = {"person_id": PERSON, "event_id": roles.event_id}

    steps: list[tuple[str, BaseEstimator]] = [
        (
            "identifiers",
            IdentifierRemover(keep=tuple(roles.used))
            if columns is None
            else IdentifierRemover(columns=list(roles.dropped)),
        )
    ]
    if GEOGRAPHY in roles.keys:
        level = coarser(LEVELS, floors.level, config.geographic_precision)
        places = GeographicGeneralizer(
            columns=[GEOGRAPHY],
            level=level,
            min_population=floors.min_population,
            state=state,
            population=population,
        )
        steps.append(("geography", places))
    if DATE in roles.events:
        noise = TemporalNoise(
            columns=[DATE],
            **ids,
            jitter=floors.jitter,
            precision=coarser(PRECISIONS, floors.precision, config.temporal_precision),
            random_state=random_state,
        )
        steps.append(("dates", noise))
    if OUTCOME in roles.events:
        flips = OutcomeNoise(
            columns=[OUTCOME],
            given=EVENT_TYPE if EVENT_TYPE in roles.events else None,
            **ids,
            flip_probability=floors.flip_probability,
            invariant=True,
            random_state=random_state,
        )
        steps.append(("outcomes", flips))
    named = config.numeric_values
    ranges = {name: limits for name, limits in named.items() if name in roles.events}
    if ranges:
        numbers = ValueNoise(
            columns=list(ranges),
            **ids,
            spread={name: floors.value_steps * step for name, (_, _, step) in ranges.items()},
            step={name: step for name, (_, _, step) in ranges.items()},
            bounds={name: (low, high) for name, (low, high, _) in ranges.items()},
            random_state=random_state,
        )
        steps.append(("numbers", numbers))
    merger = PersonaMerger(list(roles.keys), floors.k, person_id=PERSON, representation="interval")
    return Pipeline([*steps, ("merge", merger)])


def coarser(scale: Sequence[str], *choices: str) -> str:
    """Give the coarsest of some choices on a scale that goes from fine to coarse.

    Examples
    --------
    >>> coarser(("day", "week", "month"), "week", "day")
    'week'
    """
    return max(choices, key=scale.index)
