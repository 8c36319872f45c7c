"""The whole job: from a table of people and events to personas that passed the gate."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from math import ceil
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from personatwin_sk._core.dates import period_labels, read_dates
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import person_codes
from personatwin_sk.domains import (
    Domain,
    DomainConfig,
    get_domain_config,
    get_privacy_level,
    unknown_labels,
)
from personatwin_sk.exceptions import (
    DataWarning,
    InfeasibleRiskError,
    InputError,
    NothingSelectedWarning,
)
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.population import CensusPopulation, ReferencePopulation
from personatwin_sk.population.places import find_areas
from personatwin_sk.release._ages_from_births import with_ages
from personatwin_sk.release._aggregates import aggregate_events
from personatwin_sk.release._columns import (
    DATE,
    EVENT_TYPE,
    KEYS,
    OUTCOME,
    PERSON,
    ReleaseColumns,
    are_events,
    choose_columns,
    read_numbers,
)
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
from personatwin_sk.release._read_csv import read_ages
from personatwin_sk.release._record_tables import table_of
from personatwin_sk.release._refusals import recognised_identifiers
from personatwin_sk.release._result import ReleaseResult
from personatwin_sk.release._search import StagedSearch, least_event_risk
from personatwin_sk.risk import ReidentificationRisk, RiskReport
from personatwin_sk.utility import information_kept

_AGES = (0, 120)
_COUNTED = (EVENT_TYPE, DATE, OUTCOME)  # what aggregated events are counted by, in this order
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
    _check_parameters(target_risk, known_events, domain_config, population)
    config = get_domain_config(domain) if domain_config is None else domain_config
    floors = get_privacy_level(privacy_level)
    original, columns = _prepare(data, config, keep, state)
    unknown = unknown_labels(original, config)
    for line in unknown:
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
        _check_age_texts(original["age"])
    events = bool(columns.events)
    aggregated = _is_aggregated(event_form, events)
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
    utility = _Usefulness(columns)

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
                by=[PERSONA, *(name for name in _COUNTED if name in columns.events)],
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
        others = {"untouched": original, "all_in_one": _everybody_in_one(original, columns)}
        baselines = {name: quick(original, table) for name, table in others.items()}
        baseline_utility = {name: utility(original, table) for name, table in others.items()}
    notes = unknown + _tell(caught)
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
            **_settings_of(search.best_estimator_),
            "quasi_identifiers": [str(name) for name in columns.keys],
            "event_columns": [] if aggregated else [str(name) for name in columns.events],
            **({"event_form": event_form} if aggregated else {}),
            "dropped_columns": [str(name) for name in columns.dropped],
            "known_events": known_events if events else 0,
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
        population=_source_of(population, report),
        notes=tuple(notes),
        decision_log=tuple(staged.log.entries),
        frontier=tuple(staged.log.frontier()),
    )


class _Usefulness:
    """Information kept, for the columns of one release; ``(original, released) -> float``."""

    def __init__(self, columns: ReleaseColumns) -> None:
        self._columns = columns

    def __call__(self, original: Any, released: Any) -> float:
        events = self._columns.events
        return information_kept(
            original,
            released,
            list(self._columns.keys),
            person_id=PERSON,
            dates=[name for name in events if name == DATE],
            outcomes=[name for name in events if name == OUTCOME],
        )


def _check_parameters(
    target_risk: Any, known_events: Any, domain_config: Any, population: Any
) -> None:
    if not (isinstance(domain_config, DomainConfig) or domain_config is None):
        raise InputError("domain_config must be a DomainConfig, as create_custom_config makes it")
    if not (isinstance(population, ReferencePopulation) or population is None):
        raise InputError(
            "population must be a CensusPopulation, a TablePopulation, or one of yours"
        )
    if not (isinstance(target_risk, Real) and 0 < float(target_risk) <= 1):
        raise InputError(f"target_risk must be above 0 and at most 1, got {target_risk!r}")
    is_whole = isinstance(known_events, Integral) and not isinstance(known_events, bool)
    if not (is_whole and known_events >= 0):
        raise InputError(f"known_events must be a whole number, at least 0, got {known_events!r}")


def _is_aggregated(event_form: str, events: bool) -> bool:
    if event_form not in ("rows", "aggregated"):
        raise InputError(f"event_form={event_form!r} is not known; choose 'rows' or 'aggregated'")
    if event_form == "aggregated" and not events:
        raise InputError("event_form='aggregated': the data have no events")
    return event_form == "aggregated"


def _prepare(
    data: Any, config: DomainConfig, keep: Sequence[Hashable], state: str | None
) -> tuple[pd.DataFrame, ReleaseColumns]:
    """Read a table of any kind, choose its columns, and refuse what cannot be used."""
    table = with_ages(Table.of(table_of(data)))
    if table.kind == "array":
        raise InputError("The data must be a table with named columns, not an array")
    if table.n_rows == 0:
        raise InputError("The data have no rows")
    columns = choose_columns(table, config, keep)
    frame = table.to_pandas().reset_index(drop=True)
    empty = [name for name in columns.used if is_null(frame[name]).all()]
    if empty:
        raise InputError(
            f"{', '.join(repr(name) for name in empty)}: all {table.n_rows} values are missing; "
            "fill the column or leave it out"
        )
    numbers = {
        name: read_numbers(frame[name])
        for name in (*columns.keys, *columns.events)
        if name not in (*KEYS[1:], DATE, EVENT_TYPE, OUTCOME)
    }
    frame = frame.assign(**{str(name): values for name, values in numbers.items()})
    if "age" in columns.keys:
        _check_ages(frame["age"])
    if state is not None and GEOGRAPHY in columns.keys:
        frame[GEOGRAPHY] = _in_state(frame[GEOGRAPHY], state)
    if DATE in columns.events:
        # Read once here; each setting of the search would otherwise read the texts again.
        frame[DATE] = read_dates(frame[DATE], column=DATE)
    return frame, columns


def _in_state(places: pd.Series, state: str) -> pd.Series:
    """Name the state of places that were named without one: the measures have to know it too."""
    texts = places[~is_null(places)].drop_duplicates().tolist()
    pairs = zip(texts, find_areas(texts), find_areas(texts, state=state), strict=True)
    named = {
        text: inside.label
        for text, alone, inside in pairs
        if inside is not None and inside != alone
    }
    return places.map(lambda text: named.get(text, text), na_action="ignore").astype(object)


def _check_ages(ages: pd.Series) -> None:
    if not pd.api.types.is_numeric_dtype(ages):
        return
    known = ages[~is_null(ages)].astype(float)
    outside = int(((known < _AGES[0]) | (known > _AGES[1])).sum())
    if outside:
        raise InputError(
            f"{outside} of {len(ages)} values of 'age' are outside {_AGES[0]} to {_AGES[1]}"
        )


def _check_age_texts(ages: pd.Series) -> None:
    """Refuse what the census would refuse, but counted in rows: it sees each label only once."""
    if not pd.api.types.is_numeric_dtype(ages):
        read_ages(ages.astype(object))


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


def _everybody_in_one(original: pd.DataFrame, columns: ReleaseColumns) -> pd.DataFrame:
    """Give the release that says least: one persona of everybody, dates by the year."""
    nothing = pd.Series([None] * len(original), dtype=object)
    changed: dict[str, Any] = {str(name): nothing for name in columns.keys}
    if DATE in columns.events:
        days = original[DATE].to_numpy().astype("datetime64[D]")
        changed[DATE] = period_labels(days, "year")
    return original.assign(**changed, **{PERSON: 0})


def _settings_of(pipeline: Pipeline) -> dict[str, Any]:
    """List what the steps were set to; never a key or a seed."""
    told = {
        "merge": ("k", "representation"),
        "geography": ("level", "min_population", "state"),
        "dates": ("jitter", "shift", "precision"),
        "outcomes": ("flip_probability", "invariant"),
        "numbers": ("spread",),
    }
    return {
        f"{step}__{name}": pipeline.named_steps[step].get_params()[name]
        for step, names in told.items()
        if step in pipeline.named_steps
        for name in names
    }


def _source_of(population: ReferencePopulation | None, report: RiskReport) -> dict[str, Any] | None:
    if population is None:
        return None
    provenance = getattr(population, "provenance", None)
    return {
        "kind": type(population).__name__,
        "sources": list(report.population_sources),
        "modelled": getattr(provenance, "modelled", ""),
        "notice": getattr(provenance, "notice", ""),
    }
