"""What a report says in words: against whom, what the figures rest on, and which step helps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from personatwin_sk.risk._presets import THRESHOLDS

if TYPE_CHECKING:
    from personatwin_sk.risk._report import RiskReport

__all__ = ["describe_attacker", "recommend"]

_FIRST_LIMIT = THRESHOLDS[0][0]
# The upper limit is told apart from the mean where it is so much above it.
_UNCERTAIN = 1.25
# A column is named where the mean risk without it is at most this share of the mean with it.
_DRIVES = 0.9


def recommend(report: RiskReport) -> str:
    """Say in a few sentences what the risk rests on, what drives it and what to do.

    Parameters
    ----------
    report : RiskReport

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.risk import assess_risk
    >>> people = pd.DataFrame({"age": [31] * 4 + [52] * 4, "sex": ["F", "F", "M", "M"] * 2})
    >>> recommend(assess_risk(people, people, ["age", "sex"]))
    'No population was given, so these are prosecutor figures: they assume an attacker who knows
    that the target is in the file. The classes drive the risk: raise k (the smallest class has 2
    people; with 7 in each the mean would be at most 15%) or coarsen the quasi-identifiers, first of
    all age, without which the mean risk of 50% would be 25%.'
    """
    if not report.n_people:
        return "Nobody is released, so there is nothing to recognise."
    parts = [_what_it_rests_on(report)]
    if report.has_population and report.attacker != "prosecutor":
        if report.n_unknown_to_population:
            parts.append(
                "The population does not know some key value of "
                f"{report.n_unknown_to_population} of {report.n_people} people: "
                "for these the figure is that of the prosecutor."
            )
        if report.n_raised:
            parts.append(
                f"In {_counted(report.n_raised, 'class', 'classes')} the population counts fewer "
                "people than the file has: check that it is the population that the file was drawn "
                "from."
            )
    return " ".join([*parts, *_what_to_do(report)])


def describe_attacker(report: RiskReport) -> str:
    """Say in words who the attacker of a report is: what they know, and of whom.

    Parameters
    ----------
    report : RiskReport

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.risk import assess_risk
    >>> people = pd.DataFrame({"age": [31, 31]})
    >>> describe_attacker(assess_risk(people, people, "age", attacker="prosecutor"))
    'Somebody who looks for one person, knows age of them, and knows that they are in the file.'
    """
    names = [str(name) for name in report.breakdown.columns]
    known = "their quasi-identifiers" if not names else f"{_listed(names)} of them"
    m = report.event_risk.known_events
    if m:
        known += f", the type and true date of {_counted(m, 'event', 'events')} of theirs"
    file_known = report.attacker == "prosecutor" or not report.census_decides
    where = (
        "knows that they are in the file"
        if file_known
        else "knows only that they are one of the population"
    )
    if report.attacker == "marketer":
        where = where.replace("that they are", "that the people are")
        return f"Somebody who links every record to a person, knows {known}, and {where}."
    return f"Somebody who looks for one person, knows {known}, and {where}."


def _what_it_rests_on(report: RiskReport) -> str:
    if report.census_decides and not report.population_sources:
        return (
            "No population was counted: the figures are what is expected of one of which the file "
            "is a sample."
        )
    if report.census_decides:
        modelled = report.modelled_share
        share = f", modelled for {modelled:.0%} of the people" if modelled else ""
        return f"CENSUS: the risk rests on how many people of the population share a row{share}."
    if report.attacker == "prosecutor":
        return "The figures assume an attacker who knows that the target is in the file."
    if not report.has_population:
        return (
            "No population was given, so these are prosecutor figures: they assume an attacker who "
            "knows that the target is in the file."
        )
    return (
        "The population adds nobody to the people of the file, so these are prosecutor figures: "
        "they assume an attacker who knows that the target is in the file."
    )


def _what_to_do(report: RiskReport) -> list[str]:
    classes, events = report.upper, report.event_risk
    if max(classes, events.upper) <= _FIRST_LIMIT:
        return ["Neither classes nor events need more protection for a public release."]
    if events.upper > classes:
        parts = [
            "Events drive the risk: raise k, let dates move further, or coarsen them where they "
            "are finer than years, so that more people of a class have an event that fits "
            f"({events.unique_share:.0%} of the people have one that nobody else of their class "
            "has)."
        ]
        if classes > _FIRST_LIMIT:
            parts.append(f"The classes alone leave {_percent(classes)}.")
        return parts
    limit = max((limit for limit, _ in THRESHOLDS if limit < classes), default=_FIRST_LIMIT)
    enough = math.ceil(1 / limit - 1e-9)
    size = _counted(report.k_anonymity, "person", "people")
    raise_k = f"raise k (the smallest class has {size}"
    # In classes of 1/limit people the mean is within the limit, whoever stands behind them.
    if report.k_anonymity < enough:
        raise_k += f"; with {enough} in each the mean would be at most {limit:.0%}"
    text = f"The classes drive the risk: {raise_k}) or coarsen the quasi-identifiers"
    mean = report.population_average_risk
    name, without = next(iter(report.drivers.items()), ("", mean))
    if without <= _DRIVES * mean and len(report.drivers) > 1:
        text += (
            f", first of all {name}, without which the mean risk of {_percent(mean)} would be "
            f"{_percent(without)}"
        )
    parts = [f"{text}."]
    if classes > _UNCERTAIN * mean:
        parts.append(
            f"The upper limit is {_percent(classes)} where the mean is {_percent(mean)}, because "
            "the population's counts are unsure: exact counts would bring it down as well."
        )
    if events.upper > _FIRST_LIMIT:
        parts.append(f"Events alone leave {_percent(events.upper)}.")
    return parts


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}" if share >= 0.001 else "below 0.1%"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
