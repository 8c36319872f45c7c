"""Fills the report's page with the published figures of a release."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._ledger_text import ledger_table
from personatwin_sk.report._charts import frontier_chart, risk_chart, size_chart

_EXTRA = ("jinja2", "matplotlib")
_MOST_BINS = 10

_LEVELS = {
    "SAFE_FOR_PUBLIC_RELEASE": "safe enough for public release (at most 1 %)",
    "SAFE_FOR_RESEARCH": "safe enough for research use (at most 5 %)",
    "INTERNAL_USE_ONLY": "for internal use only (at most 15 %)",
    "UNSAFE": "unsafe (above 15 %)",
}
_FIGURES = (
    ("What decides (larger of the two upper limits)", "verdict", True),
    ("Recognised by who they are: average", "population_average_risk", True),
    ("Recognised by who they are: upper limit of the average", "upper", True),
    ("Recognised by who they are: largest", "max_risk", True),
    ("Recognised by known events: even pick among those who fit, average", "event_mean", True),
    ("Recognised by known events: best guess, upper limit", "event_upper", True),
    ("Recognised by known events: even pick, largest", "event_max", True),
    ("People alone with an event in their class", "unique_share", True),
    ("Smallest class, people (k)", "k_anonymity", False),
    ("Classes", "n_classes", False),
)


def require_extra() -> None:
    """See that what the report needs is installed.

    Raises
    ------
    InputError
        If it is not; the message says how to install it.
    """
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"The report needs {' and '.join(missing)}; install them with "
            "pip install 'personatwin_sk[report]', or do without the report (--no-report)"
        )


def render_report(facts: Mapping[str, Any], class_sizes: np.ndarray) -> str:
    """Write the report of a release.

    Parameters
    ----------
    facts : mapping
        What ``ReleaseResult.to_dict()`` gives; the report says nothing else.
    class_sizes : numpy.ndarray of int64, shape (n_personas,)
        People of each persona.

    Returns
    -------
    str
        A whole HTML page: no script, no outside address.

    Raises
    ------
    InputError
        If the extra ``report`` is not installed.
    """
    require_extra()
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("personatwin_sk.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = _percent
    environment.filters["fine_percent"] = _fine_percent
    figures = {name: _flat(facts["risk"][name]) for name in ("untouched", "release", "all_in_one")}
    names = {
        "untouched": "Untouched table",
        "release": "This release",
        "all_in_one": "Everybody in one persona",
    }
    bins = size_bins(class_sizes)
    rows = [
        (label, [_shown(figures[name][key], share) for name in names])
        for label, key, share in _FIGURES
    ]
    return environment.get_template("report.html.j2").render(
        facts=facts,
        verdict=facts["verdict"],
        level=_LEVELS[facts["verdict"]["level"]],
        attacker=facts["risk"]["release"]["attacker_in_words"],
        decided_by=_decided_by(figures["release"]),
        release=facts["risk"]["release"],
        columns=list(names.values()),
        rows=rows,
        settings=sorted(facts["settings"].items()),
        ledger=facts["privacy_ledger"],
        ledger_table=ledger_table(facts["privacy_ledger"]),
        stages=facts["decision_log"],
        marks=_marks,
        frontier=facts["frontier"],
        frontier_chart=_frontier_chart(facts["frontier"], facts["verdict"]["target_risk"]),
        bins=bins,
        risk_chart=risk_chart(
            list(names.values()),
            [figures[name]["verdict"] for name in names],
            facts["verdict"]["target_risk"],
        ),
        size_chart=size_chart([label for label, *_ in bins], [count for _, count, _ in bins]),
    )


def size_bins(class_sizes: np.ndarray) -> list[tuple[str, int, int]]:
    """Count personas and people by size of persona.

    Every persona holds at least k people, so every bin that is not empty rests on at least k; empty
    ones are left out.

    Parameters
    ----------
    class_sizes : numpy.ndarray of int64, shape (n_personas,)

    Returns
    -------
    list of (range of sizes, personas, people)

    Examples
    --------
    >>> size_bins(np.array([5, 5, 6, 9]))
    [('5', 2, 10), ('6', 1, 6), ('9', 1, 9)]
    """
    low, high = int(class_sizes.min()), int(class_sizes.max())
    if high - low < _MOST_BINS:
        edges = np.arange(low, high + 2)
    else:
        # Equal ratios: sizes are skewed, most personas are near the smallest.
        edges = np.unique(np.rint(np.geomspace(low, high + 1, _MOST_BINS + 1)).astype(int))
    number = np.searchsorted(edges, class_sizes, side="right") - 1
    personas = np.bincount(number, minlength=len(edges) - 1)
    people = np.bincount(number, weights=class_sizes, minlength=len(edges) - 1)
    return [
        (_range(int(a), int(b) - 1), int(n), int(m))
        for a, b, n, m in zip(edges[:-1], edges[1:], personas, people, strict=True)
        if n
    ]


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _flat(report: Mapping[str, Any]) -> dict[str, Any]:
    event = report["event_risk"]
    return {
        **report,
        "event_mean": event["mean"],
        "event_max": event["max"],
        "event_upper": event["upper"],
        "unique_share": event["unique_share"],
        "verdict": max(report["upper"], event["upper"]),
    }


def _frontier_chart(frontier: Sequence[Mapping[str, Any]], target: float) -> str:
    def marked(name: str) -> int | None:
        return next((i for i, setting in enumerate(frontier) if setting[name]), None)

    return frontier_chart(
        [setting["risk"] for setting in frontier],
        [setting["utility"] for setting in frontier],
        target,
        knee=marked("knee"),
        chosen=marked("chosen"),
    )


def _marks(setting: Mapping[str, Any]) -> str:
    """Say what is special about a setting of the frontier."""
    named = [name for name in ("chosen", "knee") if setting[name]]
    return ", ".join(named)


def _decided_by(figures: Mapping[str, Any]) -> str:
    if figures["event_upper"] > figures["upper"]:
        return "what an attacker knows of events"
    return "what an attacker knows of who people are"


def _shown(value: float, share: bool) -> str:
    return _percent(value) if share else f"{value:,}"


def _fine_percent(value: float) -> str:
    """Give a figure of neighbours on the frontier, which differ late."""
    return f"{100 * value:.4g} %"


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"
