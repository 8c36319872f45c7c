"""The whole job: from a table of people and events to personas that passed the gate."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import person_codes
from personatwin_sk.domains import (
    Domain,
    DomainConfig,
    get_domain_config,
    get_privacy_level,
    several_spellings,
    unknown_labels,
    untold,
)
from personatwin_sk.exceptions import (
    DataWarning,
    InfeasibleRiskError,
    InputError,
    NothingSelectedWarning,
)
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.population import CensusPopulation, ReferencePopulation
from personatwin_sk.release._aggregates import aggregate_events
from personatwin_sk.release._baselines import Usefulness, everybody_in_one
from personatwin_sk.release._columns import (
    DATE,
    EVENT_TYPE,
    KEYS,
    OUTCOME,
    PERSON,
    ReleaseColumns,
    are_events,
)
from personatwin_sk.release._findings import findings
from personatwin_sk.release._gate import (
    check_classes,
    check_leaks,
    check_totals,
    check_verdict,
    secret_texts,
)
from personatwin_sk.release._histories import persona_histories
from personatwin_sk.release._personas import PERSONA, build_personas
from personatwin_sk.release._pipeline import GEOGRAPHY, make_release_pipeline
from personatwin_sk.release._prepare import (
    check_age_texts,
    check_parameters,
    is_aggregated,
    prepare,
)
from personatwin_sk.release._refusals import recognised_identifiers
from personatwin_sk.release._result import ReleaseResult
from personatwin_sk.release._search import StagedSearch, least_event_risk
from personatwin_sk.release._settings_told import settings_of, source_of
from personatwin_sk.risk import ReidentificationRisk

_COUNTED = (EVENT_TYPE, OUTCOME, DATE)  # what aggregated events are counted by, in this order
_ROUNDING = 1e-9


def create_safe_personas(
    data: Any,
    privacy_level: str = "medium",
    domain: str | Domain = "custom",
    target_risk: float = 0.05,
    domain_config: DomainConfig | None = None,
    *,
    use_census_data: bool = True,
    population: ReferencePopulation | None = None,
    known_events: int = 1,
    state: str | None = None,
    keep: Sequence[Hashable] = (),
    event_form: str = "rows",
    reference_date: Any = None,
    random_state: Any = None,
    verbose: int = 0,
) -> ReleaseResult:
    """Turn a table of people and events into personas that can be shared.

    Settings are tried from the floors of the privacy level upward; of those whose risk is within
    the target, the most useful one is taken. Its table is then measured again, and leaves only if
    at least k people stand behind every persona, the risk is within the target, the totals add up
    and no id is in it.

    Parameters
    ----------
    data : pandas, polars or pyarrow table, or list of Person
        Columns ``person_id``, any of ``age``, ``gender``, ``ethnicity``, ``geography``, and for
        events ``date`` and ``event_type``, with ``event_id`` and ``outcome`` if there are any; a
        row with neither date nor type is a person without events. Where there is a
        ``date_of_birth`` and no ``age``, ages are made of it. All else is dropped unless the domain
        preserves it or `keep` names it.
    privacy_level : {"low", "medium", "high", "maximum"}, default="medium"
        The floors of k, dates, places and outcomes.
    domain : str or Domain, default="custom"
        What the events are.
    target_risk : float, default=0.05
        Highest chance, above 0 and at most 1, of being recognised.
    domain_config : DomainConfig, optional
        A domain of your own, in place of `domain`.
    use_census_data : bool, default=True
        Count who else could stand behind a persona by the census of the United States: cached
        figures, otherwise those that the Census Bureau publishes, otherwise the bundled ones. What
        is fetched are whole tables of the states in the data. False: the attacker is taken to know
        who is in the file.
    population : population, optional
        One of your own, in place of the census.
    known_events : int, default=1
        How many events of their target (type and true date) the attacker knows.
    state : str, optional
        State in which counties named without one lie.
    keep : sequence of column names, default=()
        Further columns to release. One that is constant within each person is a quasi-identifier.
    event_form : {"rows", "aggregated"}, default="rows"
        "aggregated": in place of its rows, events are counted (see `aggregate_events`), each figure
        on at least k and at least 1/`target_risk` people. Known events then find nobody's rows, and
        targets can be met that rows cannot meet: ``result.personas.aggregated_events``.
    reference_date : str, date or datetime, optional
        Day of which ages are made from a ``date_of_birth``. None: that of the last event, or today
        where there are none.
    random_state : int, RandomState or None, default=None
        None: noise, ids and order of rows come from the operating system. An int is for
        reproducing; whoever knows it can take the noise off again and undo the order.
    verbose : int, default=0
        1: progress on stderr.

    Returns
    -------
    ReleaseResult
        Personas, risk, utility, and what both are to be compared with.

    Raises
    ------
    InputError
        If the data or a parameter cannot be used.
    InfeasibleRiskError
        If no setting meets the target, or what was made did not pass the gate.

    Examples
    --------
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(200, random_state=0)
    >>> result = pt.create_safe_personas(people, known_events=0, random_state=0)
    >>> result.risk_metrics.k_anonymity >= 5
    True
    """
    check_parameters(target_risk, known_events, domain_config, population)
    config = get_domain_config(domain) if domain_config is None else domain_config
    floors = get_privacy_level(privacy_level)
    original, columns = prepare(data, config, keep, state, reference_date)
    of_labels = several_spellings(original) + unknown_labels(original, config)
    for line in untold(of_labels, data):  # a loader has told most people already
        warnings.warn(line, DataWarning, stacklevel=2)
    people, n_people = person_codes(Table.of(original), PERSON)
    if n_people < floors.k:
        raise InputError(
            f"The data hold {n_people} people, fewer than k={floors.k}, the least for "
            f"privacy_level={privacy_level!r}; choose a lower level or add people"
        )
    pipeline = make_release_pipeline(
        config,
        privacy_level,
        quasi_identifiers=columns.keys,
        columns=original.columns,
        keep=columns.events,
        state=state,
        population=population,
        random_state=random_state,
    )
    if population is None and use_census_data and set(KEYS) & set(columns.keys):
        population = CensusPopulation()
        if GEOGRAPHY in columns.keys:
            # Which figures there are is settled by the first count. Here, so that a warning of the
            # network comes first: a search keeps warnings of its settings to itself.
            population.count(original[[GEOGRAPHY]])
    if isinstance(population, CensusPopulation) and "age" in columns.keys:
        check_age_texts(original["age"])
    events = bool(columns.events)
    aggregated = is_aggregated(event_form, events)
    if aggregated:
        known_events = 0  # no event can be told to be of one person
    happened = are_events(original) if events else np.zeros(len(original), dtype=bool)
    risk = ReidentificationRisk(
        list(columns.keys),
        person_id=PERSON,
        population=population,
        attacker="prosecutor" if population is None else "journalist",
        known_events=known_events if events else 0,
        event_type=EVENT_TYPE if events else None,
        date=DATE if events else None,
    )
    utility = Usefulness(columns, rows=not aggregated)

    if known_events and events:
        _refuse_the_impossible(people[happened], original[happened], target_risk)
    # Nothing but the verdict's figures decides among settings.
    quick = replace(risk, thorough=False)
    staged = StagedSearch(
        pipeline, risk=quick, utility=utility, target_risk=target_risk, verbose=verbose
    )
    search = _run(staged, original, n_people, dates_matter=events and known_events > 0)
    # Limits that hold for one setting would be too low for the best of many.
    risk, quick = staged.corrected(risk), staged.corrected(quick)
    with _caught() as caught:
        released = Table.of(search.transform(original)).to_pandas()
        # From here on nothing is taken from the search: the table itself is looked at.
        report = risk(original, released)
        check_verdict(report, target_risk, search.best_params_)
        least_k = int(search.best_estimator_.named_steps["merge"].k)
        check_classes(people, released, columns.keys, max(floors.k, least_k))
        ids = [PERSON] if columns.event_id is None else [PERSON, columns.event_id]
        personas = build_personas(
            people,
            released,
            columns,
            taken=secret_texts(original, ids),
            describe=lambda table: persona_histories(
                original,
                table,
                k=floors.k,
                domain=config,
                outcome=OUTCOME if OUTCOME in columns.events else None,
            ),
            aggregate=partial(
                aggregate_events,
                original,
                # The persona last: few personas have people enough for counts of their own.
                by=[*(name for name in _COUNTED if name in columns.events), PERSONA],
                k=max(floors.k, ceil(1 / target_risk - _ROUNDING)),
            )
            if aggregated
            else None,
            random_state=random_state,
        )
        stays = ~is_null(released[PERSON])
        n_released = len(np.unique(people[stays]))
        n_events = 0 if aggregated else int((stays & happened).sum())
        check_totals(personas, n_released, n_events)
        identifiers = _identifiers(original, columns, config)
        check_leaks(original, personas, columns, [*ids, *identifiers], floors.k)
        others = {"untouched": original, "all_in_one": everybody_in_one(original, columns)}
        baselines = {name: quick(original, table) for name, table in others.items()}
        baseline_utility = {name: utility(original, table) for name, table in others.items()}
        found = findings(
            original, released, personas, columns, risk, report, floors.k, random_state=random_state
        )
    notes = of_labels + _tell(caught)
    notes += getattr(population, "remarks", ())
    if known_events and not events:
        notes.append("The data have no events, so there is none for an attacker to know.")
    return ReleaseResult(
        personas=personas,
        risk_metrics=report,
        utility=utility(original, released),
        search=search,
        target_risk=float(target_risk),
        baselines=baselines,
        baseline_utility=baseline_utility,
        settings={
            "domain": config.name,
            "privacy_level": privacy_level,
            **settings_of(search.best_estimator_),
            "quasi_identifiers": [str(name) for name in columns.keys],
            "event_columns": [] if aggregated else [str(name) for name in columns.events],
            **({"event_form": event_form} if aggregated else {}),
            "dropped_columns": [str(name) for name in columns.dropped],
            "known_events": known_events if events else 0,
            **({} if reference_date is None else {"reference_date": str(reference_date)}),
            "attacker": risk.attacker,
            "confidence": risk.confidence,
            "n_compared": round(risk.n_compared, 6),
        },
        counts={
            "people": n_people,
            "events": int(happened.sum()),
            "personas": len(personas),
            "released_people": n_released,
            "released_events": personas.n_events,
            "suppressed_people": n_people - n_released,
            "settings_tried": staged.n_candidates,
        },
        population=source_of(population, report),
        notes=tuple(notes),
        decision_log=tuple(staged.log.entries),
        frontier=tuple(staged.log.frontier()),
        **found,
    )


def _refuse_the_impossible(people: np.ndarray, original: pd.DataFrame, target_risk: float) -> None:
    least = least_event_risk(people, original[EVENT_TYPE])
    if least > target_risk:
        raise InfeasibleRiskError(
            f"No setting can meet target_risk={target_risk:g}: even with everybody in one persona "
            f"and no dates at all, one known event finds its person with a chance of {least:.4f}. "
            "Aim at a higher target, or release the people without their events.",
            nearest_risk=least,
        )


def _run(
    staged: StagedSearch, original: pd.DataFrame, n_people: int, *, dates_matter: bool
) -> RiskAwareSearch:
    """Search, and keep remarks on the data for the setting that wins: others' would mislead.

    A step that selected nothing is an error here: it would leave a column as it came.
    """
    caught: list[warnings.WarningMessage] = []
    try:
        with _caught() as caught:
            search = staged.run(original, n_people, dates_matter=dates_matter)
    except InfeasibleRiskError:
        _tell(caught)  # they may say why
        raise
    for warning in caught:
        if issubclass(warning.category, NothingSelectedWarning):
            raise InputError(str(warning.message))
    _tell([warning for warning in caught if not issubclass(warning.category, DataWarning)])
    return search


@contextmanager
def _caught() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def _tell(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    """Give each distinct warning once; return what our own say."""
    distinct = dict.fromkeys((warning.category, str(warning.message)) for warning in caught)
    for category, message in distinct:
        warnings.warn(message, category, stacklevel=4)
    return [message for category, message in distinct if issubclass(category, DataWarning)]


def _identifiers(
    original: pd.DataFrame, columns: ReleaseColumns, config: DomainConfig
) -> list[Hashable]:
    """List the dropped columns that identify people directly."""
    recognised = recognised_identifiers(Table.of(original), columns.dropped)
    return [
        name for name in columns.dropped if name in recognised or name in config.sensitive_fields
    ]
