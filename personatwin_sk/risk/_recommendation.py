"""What a report recommends: which figure decides, and which step brings it down."""

from __future__ import annotations

from personatwin_sk.risk._events import EventRisk

__all__ = ["recommend"]

_FIRST_LIMIT = 0.01


def recommend(
    *,
    attacker: str,
    has_population: bool,
    census_decides: bool,
    upper: float,
    k_anonymity: int,
    n_people: int,
    n_unknown: int,
    n_raised: int,
    modelled_share: float,
    event_risk: EventRisk,
) -> str:
    """Say in a few sentences what the risk rests on, what drives it and what to do.

    Parameters
    ----------
    attacker : str
    has_population : bool
        A population was given.
    census_decides : bool
        Its counts decide: the attacker does not know who is in the file, and more people than those
        of the file stand behind some class.
    upper, k_anonymity, n_people, n_unknown, n_raised, modelled_share, event_risk
        As in the report.

    Returns
    -------
    str

    Examples
    --------
    >>> nothing = EventRisk(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
    >>> recommend(
    ...     attacker="prosecutor", has_population=False, census_decides=False, upper=0.2,
    ...     k_anonymity=5, n_people=50, n_unknown=0, n_raised=0, modelled_share=0.0,
    ...     event_risk=nothing)
    'The figures assume an attacker who knows that the target is in the file. The classes drive
    the risk: raise k (the smallest class has 5 people) or coarsen the quasi-identifiers.'
    """
    if not n_people:
        return "Nobody is released, so there is nothing to recognise."
    parts = [_what_it_rests_on(attacker, has_population, census_decides, modelled_share)]
    if has_population and attacker != "prosecutor":
        if n_unknown:
            parts.append(
                f"The population does not know some key value of {n_unknown} of {n_people} people: "
                "for these the figure is that of the prosecutor."
            )
        if n_raised:
            parts.append(
                f"In {_counted(n_raised, 'class', 'classes')} the population counts fewer people "
                "than the file has: check that it is the population that the file was drawn from."
            )
    parts.append(_what_to_do(upper, k_anonymity, event_risk))
    return " ".join(parts)


def _what_it_rests_on(
    attacker: str, has_population: bool, census_decides: bool, modelled_share: float
) -> str:
    if census_decides:
        share = f", modelled for {modelled_share:.0%} of the people" if modelled_share else ""
        return f"CENSUS: the risk rests on how many people of the population share a row{share}."
    if attacker == "prosecutor":
        return "The figures assume an attacker who knows that the target is in the file."
    if not has_population:
        return (
            "No population was given, so these are prosecutor figures: they assume an attacker who "
            "knows that the target is in the file."
        )
    return (
        "The population adds nobody to the people of the file, so these are prosecutor figures: "
        "they assume an attacker who knows that the target is in the file."
    )


def _what_to_do(upper: float, k_anonymity: int, event_risk: EventRisk) -> str:
    if max(upper, event_risk.upper) <= _FIRST_LIMIT:
        return "Neither classes nor events need more protection for a public release."
    if event_risk.upper > upper:
        return (
            "Events drive the risk: coarsen the dates or raise k, so that more people of a class "
            f"have the same event in the same period ({event_risk.unique_share:.0%} of the people "
            "have an event there that nobody else of their class has)."
        )
    return (
        "The classes drive the risk: raise k (the smallest class has "
        f"{_counted(k_anonymity, 'person', 'people')}) or coarsen the quasi-identifiers."
    )


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
