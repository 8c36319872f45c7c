"""A linkage attack on what is released, beside its baseline and the same on the untouched table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from personatwin_sk.risk import AttackResult, ReidentificationRisk, simulate_linkage

__all__ = ["attack_release"]

_CONFIDENCE = 0.95


def attack_release(
    original: pd.DataFrame,
    released: pd.DataFrame,
    risk: ReidentificationRisk,
    k: int,
    *,
    random_state: Any = None,
) -> dict[str, Any] | None:
    """Attack a release by linkage, with what its risk assumes an attacker to know.

    Parameters
    ----------
    original, released : pandas.DataFrame of shape (n_rows, ...)
        The same rows; the person column of `released` is null for the suppressed.
    risk : ReidentificationRisk
        Says what is known: key variables, population, known events.
    k : int
        Targets at least; of fewer nothing is told.
    random_state : int, RandomState or None, default=None
        Draws the targets.

    Returns
    -------
    dict or None
        ``words``, ``rate``, ``low``, ``high``, ``baseline``, ``n_targets``, ``known_events``, and
        the same figures of the ``untouched`` table. None where fewer than k people can be tried.

    Examples
    --------
    >>> people = pd.DataFrame({"person_id": range(8), "age": [31, 34, 38, 39, 52, 53, 55, 57]})
    >>> released = people.assign(age=["30-39"] * 4 + ["50-59"] * 4, person_id=[0] * 4 + [1] * 4)
    >>> risk = ReidentificationRisk(["age"], person_id="person_id", attacker="prosecutor")
    >>> found = attack_release(people, released, risk, k=2, random_state=0)
    >>> found["rate"], found["baseline"], found["untouched"]["rate"]
    (0.25, 0.125, 1.0)
    """
    known: dict[str, Any] = {}
    if risk.known_events:
        known = {
            "known_events": risk.known_events,
            "event_type": risk.event_type,
            "date": risk.date,
        }
    results = [
        simulate_linkage(
            original,
            table,
            risk.quasi_identifiers,
            person_id=risk.person_id,
            population=risk.population,
            random_state=random_state,
            confidence=_CONFIDENCE,
            **known,
        )
        for table in (released, original)
    ]
    release, untouched = results
    if min(release.n_targets, untouched.n_targets) < k:
        return None
    return {
        "words": _words(release, untouched, risk),
        **_figures(release),
        "known_events": risk.known_events,
        "untouched": _figures(untouched),
    }


def _figures(result: AttackResult) -> dict[str, Any]:
    return {
        name: getattr(result, name) for name in ("rate", "low", "high", "baseline", "n_targets")
    }


def _words(release: AttackResult, untouched: AttackResult, risk: ReidentificationRisk) -> str:
    whom = (
        "a register of the people of the data"
        if risk.population is None
        else "a register of the population"
    )
    keys = risk.quasi_identifiers
    names = keys if isinstance(keys, list | tuple) else [keys]
    events = ""
    if risk.known_events:
        number = "one event" if risk.known_events == 1 else f"{risk.known_events} events"
        events = f" and {number} of each target, with its true date,"
    return (
        f"With {whom} that has the true {', '.join(map(str, names))} of "
        f"everybody{events} an attack by linkage named the right person for "
        f"{release.rate:.2%} of {release.n_targets:,} targets (95 % interval: {release.low:.2%} to "
        f"{release.high:.2%}); on the untouched table for {untouched.rate:.2%}; a name picked "
        f"blindly is right once in {1 / release.baseline:,.0f} times."
    )
