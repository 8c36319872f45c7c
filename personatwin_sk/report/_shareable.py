"""What of a release's figures may be shown to everybody: reports are outputs that can leak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from personatwin_sk.domains import get_privacy_level
from personatwin_sk.report._words import percent

__all__ = ["VARIANTS", "shareable_facts", "shareable_figures", "smallest_count"]

VARIANTS = ("internal", "shareable")
_FEWEST = 10
_OF_RELEASE = ("personas", "released_people", "released_events", "settings_tried")
_OF_BASELINES = ("k_anonymity", "n_classes")  # they count the people of the data
_INTERNAL_SETTINGS = ("dropped_columns",)
_OF_SEARCH = ("n_compared",)  # it says how many settings were near
_SHARES = ("modelled_share",)


def smallest_count(facts: Mapping[str, Any]) -> int:
    """Give the smallest count of people that a shareable report tells.

    Parameters
    ----------
    facts : mapping
        What ``ReleaseResult.to_dict()`` gives.

    Returns
    -------
    int
        The floor of k of the privacy level, and at least 10.

    Examples
    --------
    >>> smallest_count({"settings": {"privacy_level": "medium"}})
    10
    """
    return max(get_privacy_level(facts["settings"]["privacy_level"]).k, _FEWEST)


def shareable_figures(facts: Mapping[str, Any], least: int) -> dict[str, Any]:
    """Leave out of the figures for machines what only those who hold the data should see.

    Gone are remarks on the data, advice to who holds it, the log of the search and its frontier,
    the classes at the highest risk, names of columns that were dropped, and what is kept of groups
    of fewer than `least` people; other shares of fewer are told as an upper limit. What tables and
    claims are verified by stays as it is.

    Parameters
    ----------
    facts : mapping
        What ``ReleaseResult.to_dict()`` gives; it is not changed.
    least : int
        As `smallest_count` gives it.

    Returns
    -------
    dict
        Facts of the same shape.
    """
    settings = facts["settings"].items()
    n_people = facts["counts"]["released_people"]
    return {
        **facts,
        "settings": {name: value for name, value in settings if name not in _INTERNAL_SETTINGS},
        "risk": {name: _risk(one, n_people, least) for name, one in facts["risk"].items()},
        "notes": [],
        "decision_log": [],
        "frontier": [],
        "checks": _checks(facts["checks"]),
        "kept": _kept(facts["kept"], least, facts["risk"]["release"]["k_anonymity"]),
        "attack": _attack(facts["attack"], least),
        "histories": _histories(facts["histories"], least),
    }


def shareable_facts(facts: Mapping[str, Any], least: int) -> dict[str, Any]:
    """Leave out of the report what only those who hold the data should see.

    Beside what is not in `shareable_figures`, gone is every count of the data as it came (with that
    of the release it would give away how many were left out), and the share of people alone with an
    event is told as an upper limit where it stands for fewer than `least`.

    Parameters
    ----------
    facts : mapping
        What ``ReleaseResult.to_dict()`` gives; it is not changed.
    least : int
        As `smallest_count` gives it.

    Returns
    -------
    dict
        Facts of the same shape.
    """
    figures = shareable_figures(facts, least)
    n_people = facts["counts"]["released_people"]
    risk = {name: dict(report) for name, report in figures["risk"].items()}
    for name, report in risk.items():
        if name != "release":
            for figure in _OF_BASELINES:
                del report[figure]
        event = dict(report["event_risk"])
        event["unique_share"] = _told_share(event["unique_share"], n_people, least)
        report["event_risk"] = event
    settings = figures["settings"].items()
    return {
        **figures,
        "counts": {name: facts["counts"][name] for name in _OF_RELEASE},
        "settings": {name: value for name, value in settings if name not in _OF_SEARCH},
        "risk": risk,
    }


def _risk(report: Mapping[str, Any], n_people: int, least: int) -> dict[str, Any]:
    """Tell shares of few people as limits, and no advice to who holds the data, with counts."""
    at_risk = report["share_at_risk"].items()
    return {
        **report,
        "recommendation": "",
        "share_at_risk": {limit: _told_share(one, n_people, least) for limit, one in at_risk},
        **{name: _told_share(report[name], n_people, least) for name in _SHARES},
    }


def _told_share(share: float | str, n_people: int, least: int) -> float | str:
    # Of a release that was written and is read again it is a limit already.
    if not isinstance(share, str) and 0 < share * n_people < least:
        return f"below {percent(least / n_people)}"
    return share


def _checks(checks: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if checks is None:
        return None
    harbor = [{**entry, "left_out": None} for entry in checks["safe_harbor"]]
    return {**checks, "safe_harbor": harbor, "highest_classes": []}


def _kept(kept: Mapping[str, Any] | None, least: int, smallest_class: int) -> dict[str, Any] | None:
    if kept is None:
        return None
    gone = [row for row in kept["disparities"] if row.get("people", least) < least]

    def is_of_few(line: str) -> bool:
        return any(
            row["why"] and row["why"] in line and f"{row['group']} against" in line for row in gone
        )

    return {
        **kept,
        "words": [line for line in kept["words"] if not is_of_few(line)],
        # Not which of the figures rests on fewest people.
        "least_people": min(kept["least_people"], smallest_class),
        "marginals": [{**one, "n_values": None} for one in kept["marginals"]],
        "disparities": [row for row in kept["disparities"] if row not in gone],
    }


def _attack(attack: Mapping[str, Any] | None, least: int) -> dict[str, Any] | None:
    return None if attack is None or attack["n_targets"] < least else dict(attack)


def _histories(histories: Mapping[str, Any] | None, least: int) -> dict[str, Any] | None:
    if histories is None:
        return None
    # Whole numbers count people; the others are means.
    figures = [
        one
        for one in histories["figures"]
        if not isinstance(one["value"], int) or one["value"] >= least
    ]
    return {**histories, "figures": figures}
