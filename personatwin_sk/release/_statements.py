"""What a release says beside its risk: checks that stewards ask for, rules, and what is sent."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk.population import CensusPopulation, ReferencePopulation
from personatwin_sk.release._columns import EVENT_TYPE, OUTCOME
from personatwin_sk.release._personas import PERSONA, Personas, personas_to_event_dataframe
from personatwin_sk.release._safe_harbor import safe_harbor
from personatwin_sk.risk import PRESETS, RiskReport, measure_diversity

__all__ = ["RULES", "preset_checks", "release_checks", "what_is_sent"]

RULES: tuple[Mapping[str, str], ...] = (
    {
        "rule": "HIPAA Safe Harbor",
        "speaks_to": "45 CFR 164.514(b)(2)(i): which of the eighteen identifiers the released "
        "columns hold, item by item.",
        "does_not": "164.514(b)(2)(ii): whether whoever releases has actual knowledge that what is "
        "left could identify somebody. Identifiers inside of columns that nobody recognises.",
    },
    {
        "rule": "HIPAA Expert Determination",
        "speaks_to": "164.514(b)(1): how likely a person is to be recognised by a described "
        "recipient, with the method and its result written down.",
        "does_not": "Whether that risk is very small, which a person with appropriate knowledge "
        "has to determine, and what else the recipient can get hold of.",
    },
    {
        "rule": "GDPR, recital 26",
        "speaks_to": "Singling out (smallest class, chance of being recognised), linking (known "
        "events, linkage that was tried) and, in part, inference (values that a class shares).",
        "does_not": "All the means that anybody is reasonably likely to use, now and later. "
        "Whether data are anonymous in law is not a figure.",
    },
    {
        "rule": "FERPA",
        "speaks_to": "34 CFR 99.31(b)(1): a reasonable determination that nobody is personally "
        "identifiable, taking other releases into account: sizes of classes and risk of this one.",
        "does_not": "Other releases from the same records, and what people of a school community "
        "know of each other (34 CFR 99.3).",
    },
)
"""What the figures of a release have to say to rules, and what they have not; no legal advice."""

_HOW = re.compile(r"US Census Bureau, (live|cache|bundled):")
_HIGHEST = 5


def release_checks(
    personas: Personas,
    report: RiskReport,
    *,
    dropped: Mapping[Hashable, str],
    population: ReferencePopulation | None,
) -> dict[str, Any]:
    """Give the checks of a release, ready for JSON.

    Parameters
    ----------
    personas : Personas
        The tables that are released.
    report : RiskReport
        Their risk.
    dropped : mapping of column to str
        Columns of the data that were recognised as direct identifiers and left out, and why.
    population : ReferencePopulation or None
        Whose counts were used; None: none.

    Returns
    -------
    dict
        `safe_harbor` (see `safe_harbor`), `presets` (see `preset_checks`), `rules` (`RULES`),
        `sent` (see `what_is_sent`), `highest_classes` (`labels` by column, `people`, `risk`) and
        `diversity` (`column`, `classes`, `distinct_l`, `entropy_l`, `t`, `top_share`).

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.risk import assess_risk
    >>> before = pd.DataFrame({"age": range(30, 38)})
    >>> report = assess_risk(before, before.assign(age="30-37"), ["age"])
    >>> table = pd.DataFrame({"persona_id": ["P1"], "age": ["30-37"], "class_size": [8]})
    >>> found = release_checks(Personas(table), report, dropped={}, population=None)
    >>> found["highest_classes"]
    [{'labels': {'age': '30-37'}, 'people': 8, 'risk': 0.125}]
    """
    return {
        "safe_harbor": safe_harbor(personas, dropped),
        "presets": preset_checks(report),
        "rules": [dict(rule) for rule in RULES],
        "sent": what_is_sent(population, report.population_sources),
        "highest_classes": _highest_classes(report),
        "diversity": _diversity(personas),
    }


def preset_checks(report: RiskReport) -> list[dict[str, Any]]:
    """Hold a release against the published thresholds.

    Parameters
    ----------
    report : RiskReport

    Returns
    -------
    list of dict
        `name`, `source`, `threshold` (the largest risk of anybody, or where there is no such limit
        the largest mean risk), `met`, `why` (one sentence per limit that is not kept).

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.risk import assess_risk
    >>> before = pd.DataFrame({"age": range(30, 50)})
    >>> report = assess_risk(before, before.assign(age="30-49"), ["age"])
    >>> [(check["name"], check["met"]) for check in preset_checks(report)]
    [('cms', True), ('ema', True), ('health_canada', True), ('strict', True)]
    """
    checks = []
    for name, preset in PRESETS.items():
        met, why = report.meets(name)
        threshold = preset.mean_risk if preset.max_risk is None else preset.max_risk
        checks.append(
            {
                "name": name,
                "source": preset.source,
                "threshold": threshold,
                "met": bool(met),
                "why": list(why),
            }
        )
    return checks


def what_is_sent(population: ReferencePopulation | None, sources: tuple[str, ...]) -> list[str]:
    """Say what was sent where, and what was fetched.

    Parameters
    ----------
    population : ReferencePopulation or None
    sources : tuple of str
        Where its counts come from, as ``RiskReport.population_sources`` tells it.

    Returns
    -------
    list of str

    Examples
    --------
    >>> what_is_sent(None, ())[1:]
    ['No population was used, and nothing was fetched.']
    """
    said = [
        "Nothing of the data was sent anywhere: no row, no value, no count and no column name. All "
        "that was done was done on the machine that holds the data."
    ]
    if population is None:
        return [*said, "No population was used, and nothing was fetched."]
    if not isinstance(population, CensusPopulation):
        return [*said, "Population figures are from a table of the user; nothing was fetched."]
    ways = {way for source in sources for way in _HOW.findall(source)}
    if "live" in ways:
        said.append(
            "Whole tables of public figures were fetched from the Census Bureau (www2.census.gov "
            "or api.census.gov, or the mirror that was set). Who runs or watches that server "
            "learns which states were asked for: those that the places of the data are in."
        )
    if "cache" in ways:
        said.append(
            "Tables of the Census Bureau that had been fetched before were read from this "
            "machine's cache."
        )
    if ways <= {"bundled"}:
        said.append("Population figures came with the package; no figure was fetched.")
    tried = len(getattr(population, "remarks", ()))
    if tried and "live" not in ways:
        said.append(
            "Tables of some states could not be had from the Census Bureau: where the network was "
            "allowed, they were asked for by state, and nothing else was sent."
        )
    return said


def _highest_classes(report: RiskReport) -> list[dict[str, Any]]:
    """List the classes at the highest risk by what is released of them."""
    columns = list(report.breakdown.columns)
    if not columns:
        return []
    frame = report.highest_risk_classes(_HIGHEST, min_people=max(report.k_anonymity, 2))
    labels = frame.iloc[:, : len(columns)]
    missing = labels.apply(is_null).to_numpy()
    return [
        {
            "labels": {
                str(name): None if gone else str(value)
                for name, value, gone in zip(columns, row, none, strict=True)
            },
            "people": int(people),
            "risk": float(risk),
        }
        for row, none, people, risk in zip(
            labels.itertuples(index=False),
            missing,
            frame.iloc[:, -2],
            frame.iloc[:, -1],
            strict=True,
        )
    ]


def _diversity(personas: Personas) -> list[dict[str, Any]]:
    """Tell how far the released events of a persona agree, from the released rows alone."""
    events: pd.DataFrame = personas_to_event_dataframe(personas)
    if events.empty:
        return []
    told = []
    for name in (EVENT_TYPE, OUTCOME):
        if name in events:
            found = measure_diversity(events, PERSONA, name)
            told.append(
                {
                    "column": name,
                    "classes": found.n_classes,
                    "distinct_l": found.distinct_l,
                    "entropy_l": found.entropy_l,
                    "t": found.t_equal,
                    "top_share": found.top_share,
                }
            )
    return told
