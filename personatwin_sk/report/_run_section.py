"""What the report says of how the release was made: settings, files, and the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from personatwin_sk.report._charts import frontier_chart
from personatwin_sk.report._words import fine_percent, number

__all__ = ["files_table", "search_section", "settings_table"]


def settings_table(settings: Mapping[str, Any]) -> list[list[str]]:
    """List settings by name, in words.

    Parameters
    ----------
    settings : mapping

    Examples
    --------
    >>> settings_table({"merge__k": 5, "event_columns": ["date", "outcome"], "state": None})
    [['event columns', 'date, outcome'], ['merge: k', '5'], ['state', 'none']]
    """
    return [
        [name.replace("__", ": ").replace("_", " "), _value(settings[name])]
        for name in sorted(settings)
    ]


def _value(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Sequence):
        return ", ".join(str(one) for one in value) or "none"
    return str(value)


def files_table(files: Mapping[str, Any] | None) -> list[list[str]]:
    """List files with their digests, and rows of those that are tables.

    Parameters
    ----------
    files : mapping or None
    """
    return [
        [name, facts["sha256"], number(facts["rows"]) if "rows" in facts else ""]
        for name, facts in (files or {}).items()
    ]


def search_section(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Put the stages of the search and its frontier into tables and a chart.

    Parameters
    ----------
    facts : mapping
        What ``ReleaseResult.to_dict()`` gives.
    """
    frontier = facts["frontier"]
    return {
        "stages": [
            [stage["what"], number(stage["n_settings"]), stage["effect"], stage["next"]]
            for stage in facts["decision_log"]
        ],
        "frontier": [
            [
                setting["words"],
                fine_percent(setting["risk"]),
                fine_percent(setting["utility"]),
                "yes" if setting["within_target"] else "no",
                ", ".join(name for name in ("chosen", "knee") if setting[name]),
            ]
            for setting in frontier
        ],
        "frontier_chart": _chart(frontier, facts["verdict"]["target_risk"]) if frontier else "",
    }


def _chart(frontier: Sequence[Mapping[str, Any]], target: float) -> str:
    def marked(name: str) -> int | None:
        return next((i for i, setting in enumerate(frontier) if setting[name]), None)

    return frontier_chart(
        [setting["risk"] for setting in frontier],
        [setting["utility"] for setting in frontier],
        target,
        knee=marked("knee"),
        chosen=marked("chosen"),
    )
