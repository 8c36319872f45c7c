"""Whether counts in place of rows of events can meet a target that rows do not meet."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import ceil
from typing import Any

import numpy as np

from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import person_codes
from personatwin_sk.domains import Domain, DomainConfig, get_domain_config, get_privacy_level
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.release._baselines import everybody_in_one
from personatwin_sk.release._columns import PERSON, are_events
from personatwin_sk.release._prepare import prepare
from personatwin_sk.risk import ReidentificationRisk

_ROUNDING = 1e-9


def counts_may_meet(
    data: Any,
    target_risk: float,
    *,
    privacy_level: str = "medium",
    domain: str | Domain | DomainConfig = "custom",
    population: ReferencePopulation | None = None,
    keep: Sequence[Hashable] = (),
    state: str | None = None,
) -> bool:
    """Tell whether a release with events counted in place of rows can meet a target at all.

    With everybody in one persona, who knows events finds nobody's rows, and who knows who is in the
    data picks one of them all. That has to be within the target, and enough people must have events
    for at least their total to be told. Whether a useful release meets it, only the search can say.

    Parameters
    ----------
    data, target_risk, privacy_level, domain, population, keep, state
        As of `create_safe_personas`.

    Returns
    -------
    bool

    Examples
    --------
    >>> import personatwin_sk as pt
    >>> people = pt.make_people_events(100, random_state=0)
    >>> [counts_may_meet(people, target) for target in (0.05, 0.005)]
    [True, False]
    """
    original, columns = prepare(data, get_domain_config(domain), keep, state)
    if not columns.events:
        return False
    people, _ = person_codes(Table.of(original), PERSON)
    n_with_events = len(np.unique(people[are_events(original)]))
    least = max(get_privacy_level(privacy_level).k, ceil(1 / target_risk - _ROUNDING))
    risk = ReidentificationRisk(
        list(columns.keys),
        person_id=PERSON,
        population=population,
        attacker="prosecutor" if population is None else "journalist",
        thorough=False,
    )
    report = risk(original, everybody_in_one(original, columns))
    return n_with_events >= least and report.upper <= target_risk + _ROUNDING
