"""Checks what is asked for and reads the data, before any work: what cannot be used is refused."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from numbers import Integral, Real
from typing import Any

import pandas as pd

from personatwin_sk._core.dates import read_dates
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.domains import DomainConfig
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.population.places import find_areas
from personatwin_sk.release._ages_from_births import with_ages
from personatwin_sk.release._columns import (
    DATE,
    EVENT_TYPE,
    KEYS,
    OUTCOME,
    ReleaseColumns,
    choose_columns,
    read_numbers,
)
from personatwin_sk.release._pipeline import GEOGRAPHY
from personatwin_sk.release._read_csv import read_ages
from personatwin_sk.release._record_tables import table_of

_AGES = (0, 120)


def check_parameters(
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


def is_aggregated(event_form: str, events: bool) -> bool:
    if event_form not in ("rows", "aggregated"):
        raise InputError(f"event_form={event_form!r} is not known; choose 'rows' or 'aggregated'")
    if event_form == "aggregated" and not events:
        raise InputError("event_form='aggregated': the data have no events")
    return event_form == "aggregated"


def prepare(
    data: Any,
    config: DomainConfig,
    keep: Sequence[Hashable],
    state: str | None,
    reference_date: Any = None,
) -> tuple[pd.DataFrame, ReleaseColumns]:
    """Read a table of any kind, choose its columns, and refuse what cannot be used."""
    table = with_ages(Table.of(table_of(data)), reference_date)
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
        frame[GEOGRAPHY] = in_state(frame[GEOGRAPHY], state)
    if DATE in columns.events:
        # Read once here; each setting of the search would otherwise read the texts again.
        frame[DATE] = read_dates(frame[DATE], column=DATE)
    return frame, columns


def in_state(places: pd.Series, state: str) -> pd.Series:
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


def check_age_texts(ages: pd.Series) -> None:
    """Refuse what the census would refuse, but counted in rows: it sees each label only once."""
    if not pd.api.types.is_numeric_dtype(ages):
        read_ages(ages.astype(object))
