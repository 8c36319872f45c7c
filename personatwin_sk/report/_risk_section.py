"""What the report says of risk: before and after, by whom, of whom, and what an attack came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from personatwin_sk.report._charts import risk_chart, size_chart
from personatwin_sk.report._sizes import size_bins
from personatwin_sk.report._words import NOT_TOLD, number, percent, sentence, share

__all__ = ["risk_section", "sizes_section"]

_TABLES = {
    "untouched": "Untouched table",
    "release": "This release",
    "all_in_one": "Everybody in one persona",
}
# What each row is, where it stands in a report of risk, and whether it is a share.
_FIGURES = (
    ("What decides (larger of the two upper limits)", "verdict", True),
    ("Recognised by who they are: average", "population_average_risk", True),
    ("Recognised by who they are: upper limit of the average", "upper", True),
    ("Recognised by who they are: largest", "max_risk", True),
    ("The same, if the attacker knows who is in the file: average", "prosecutor/mean", True),
    ("The same, if the attacker knows who is in the file: largest", "prosecutor/max", True),
    ("Every record linked to somebody: average", "marketer/mean", True),
    ("Recognised by known events: even pick among those who fit, average", "event_risk/mean", True),
    ("Recognised by known events: best guess, upper limit", "event_risk/upper", True),
    ("Recognised by known events: even pick, largest", "event_risk/max", True),
    ("People alone with an event in their class", "event_risk/unique_share", True),
    ("People whose risk is above 5 %", "share_at_risk/0.05", True),
    ("Smallest class, people (k)", "k_anonymity", False),
    ("Classes", "n_classes", False),
)
# Figures that a program compares with risk.json.
_COMPARED = ("upper", "event_risk/upper")


def risk_section(facts: Mapping[str, Any], figure: Callable[[str, str], Any]) -> dict[str, Any]:
    """Put the figures of risk into words, tables and a chart.

    Parameters
    ----------
    facts : mapping
        What ``ReleaseResult.to_dict()`` gives.
    figure : callable
        As `figure_writer` gives it.

    Returns
    -------
    dict
        What the templates of the sections "attacker", "risk" and "attack" read.
    """
    release, target = facts["risk"]["release"], facts["verdict"]["target_risk"]
    verdicts = [_verdict(facts["risk"][name]) for name in _TABLES]
    highest = _highest(facts["checks"])
    return {
        "attacker": release["attacker_in_words"],
        "decided_by": _decided_by(release),
        "release": release,
        "drivers": [[row["column"], percent(row["mean_without"])] for row in release["drivers"]],
        "highest": highest,
        "highest_heads": [*_labels_of(facts["checks"]), "People", "Risk"],
        "highest_numbers": [len(_labels_of(facts["checks"])), len(_labels_of(facts["checks"])) + 1],
        "risk_heads": ["Figure", *_TABLES.values()],
        "risk_rows": [
            [label, *(_cell(facts, name, key, is_share, figure) for name in _TABLES)]
            for label, key, is_share in _FIGURES
        ],
        "risk_chart": risk_chart(list(_TABLES.values()), verdicts, target),
        "attack": _attack(facts["attack"]),
        "histories": _histories(facts["histories"]),
    }


def sizes_section(class_sizes: np.ndarray, least: int) -> dict[str, Any]:
    """Put the sizes of personas into a table and a chart.

    Parameters
    ----------
    class_sizes : numpy.ndarray of int64, shape (n_personas,)
    least : int
        Fewest people of a row; 0: as the personas are.
    """
    bins = size_bins(class_sizes, least)
    return {
        "sizes": [[label, number(personas), number(people)] for label, personas, people in bins],
        "size_chart": size_chart([label for label, *_ in bins], [count for _, count, _ in bins]),
    }


def _verdict(report: Mapping[str, Any]) -> float:
    return max(float(report["upper"]), float(report["event_risk"]["upper"]))


def _cell(
    facts: Mapping[str, Any],
    table: str,
    key: str,
    is_share: bool,
    figure: Callable[[str, str], Any],
) -> Any:
    report = facts["risk"][table]
    if key == "verdict":
        return percent(_verdict(report))
    value: Any = report
    for part in key.split("/"):
        if part not in value:
            return NOT_TOLD
        value = value[part]
    shown = share(value) if is_share else number(value)
    if table == "release" and key in _COMPARED:
        return figure(f"risk/release/{key}", shown)
    return shown


def _decided_by(release: Mapping[str, Any]) -> str:
    if release["event_risk"]["upper"] > release["upper"]:
        return "what an attacker knows of events"
    return "what an attacker knows of who people are"


def _labels_of(checks: Mapping[str, Any] | None) -> list[str]:
    classes = checks["highest_classes"] if checks else []
    return list(classes[0]["labels"]) if classes else []


def _highest(checks: Mapping[str, Any] | None) -> list[list[str]]:
    return [
        [
            *("not known" if label is None else label for label in row["labels"].values()),
            number(row["people"]),
            percent(row["risk"]),
        ]
        for row in (checks["highest_classes"] if checks else [])
    ]


def _attack(attack: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if attack is None:
        return None
    rows = [
        [name, percent(one["rate"]), _interval(one), percent(one["baseline"]), _targets(one)]
        for name, one in (("This release", attack), ("Untouched table", attack["untouched"]))
    ]
    in_short = (
        f"A linkage attack that was tried recognised {percent(attack['rate'])} of its targets "
        f"({percent(attack['baseline'])} without looking at the release, "
        f"{percent(attack['untouched']['rate'])} on the untouched table)."
    )
    return {"words": sentence(attack["words"]), "rows": rows, "in_short": in_short}


def _interval(found: Mapping[str, Any]) -> str:
    return f"{percent(found['low'])} to {percent(found['high'])}"


def _targets(found: Mapping[str, Any]) -> str:
    return number(found["n_targets"])


def _histories(histories: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if histories is None:
        return None
    return {
        "least_people": histories["least_people"],
        "words": [sentence(text) for text in histories["words"]],
        "rows": [
            [one["name"], percent(one["value"]) if one["share"] else number(one["value"])]
            for one in histories["figures"]
        ],
    }
