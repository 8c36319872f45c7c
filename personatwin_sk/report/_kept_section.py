"""What the report says of usefulness: marginals, pairs, disparities, sequences and trends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from personatwin_sk.report._kept_charts import disparity_chart, share_chart
from personatwin_sk.report._words import fine_percent, number, percent, sentence, signed

__all__ = ["disparities_in_words", "kept_section"]

_MOST_DRAWN, _MOST_ROWS = 12, 40
# What has to be seen first.
_ORDER = ("reversed", "lost", "appeared", "kept", "none")
_VERDICTS = {
    "kept": "kept",
    "lost": "lost",
    "reversed": "reversed",
    "appeared": "new",
    "none": "none in either",
}
_SCORES = (
    ("transition_score", "Which event follows which: score", "0 to 1; 1: unchanged"),
    ("gap_score", "Time between events of a person: score", "0 to 1; 1: unchanged"),
    ("mean_gap", "Time between events in the original: mean", "days"),
    ("gap_distance", "Time between events: distance of the release", "days"),
)


def kept_section(kept: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Put what is kept into tables and charts.

    Parameters
    ----------
    kept : mapping or None
        ``facts["kept"]``; None where nothing could be measured.

    Returns
    -------
    dict or None
        `words`, `least_people`, `sampled`, and of each part a table of texts and, where there is
        one, a chart.
    """
    if kept is None:
        return None
    disparities = sorted(
        kept["disparities"], key=lambda row: (_ORDER.index(row["verdict"]), -_strength(row))
    )
    marginals = kept["marginals"]
    return {
        "words": [sentence(words) for words in kept["words"]],
        "least_people": kept["least_people"],
        "sampled": kept.get("sampled_people"),
        "marginals": [_marginal(row) for row in marginals],
        "marginal_heads": ["Column", "Distribution kept", *_if_counted(marginals, "Values")],
        "marginal_chart": share_chart(
            [row["column"] for row in marginals],
            [row["kept"] for row in marginals],
            "Distribution kept, %",
        )
        if marginals
        else None,
        "k_marginal": _k_marginal(kept["pairs"]),
        "pairs": _pairs(kept["pairs"]),
        "propensity": _propensity(kept["propensity"]),
        "disparities": [_disparity(row) for row in disparities[:_MOST_ROWS]],
        "disparities_left_out": max(len(disparities) - _MOST_ROWS, 0),
        "disparity_counts": kept["disparity_counts"],
        "disparity_chart": _chart_of_disparities(disparities),
        "sequences": _sequences(kept["sequences"]),
        "trends": _trends(kept["trends"]),
        "counts": [
            [", ".join(row["by"]), percent(row["share"])] for row in kept.get("counts") or ()
        ],
    }


def disparities_in_words(section: Mapping[str, Any] | None) -> str:
    """Sum up what became of the significant disparities; empty where none was compared.

    Parameters
    ----------
    section : mapping or None
        As `kept_section` gives it.

    Examples
    --------
    >>> counts = {"significant": 9, "kept": 7, "lost": 2, "reversed": 0, "appeared": 1}
    >>> disparities_in_words({"disparity_counts": counts})
    'Significant disparities between groups: 9, of which kept 7, lost 2, reversed 0; new 1.'
    """
    counts = section and section["disparity_counts"]
    if not counts or not any(counts.values()):
        return ""
    return (
        f"Significant disparities between groups: {counts['significant']}, of which kept "
        f"{counts['kept']}, lost {counts['lost']}, reversed {counts['reversed']}; new "
        f"{counts['appeared']}."
    )


def _strength(row: Mapping[str, Any]) -> float:
    return abs(float(row["original"]["log_odds_ratio"]))


def _if_counted(rows: Sequence[Mapping[str, Any]], head: str) -> list[str]:
    return [head] if any(row["n_values"] is not None for row in rows) else []


def _marginal(row: Mapping[str, Any]) -> list[str]:
    values = [] if row["n_values"] is None else [number(row["n_values"])]
    return [row["column"], fine_percent(row["kept"]), *values]


def _k_marginal(pairs: Mapping[str, Any] | None) -> str | None:
    return None if pairs is None else number(round(pairs["k_marginal"], 1))


def _pairs(pairs: Mapping[str, Any] | None) -> list[list[str]]:
    if pairs is None:
        return []
    return [
        [
            " and ".join(str(name) for name in row["columns"]),
            f"{row['original']:.3f}",
            f"{row['released']:.3f}",
            f"{row['released'] - row['original']:+.3f}",
        ]
        for row in pairs["associations"]
    ]


def _propensity(propensity: Mapping[str, Any] | None) -> str | None:
    if propensity is None:
        return None
    return (
        f"A model that tries to tell released rows from original ones reaches a propensity mean "
        f"squared error of {propensity['value']:.3g}; of two tables that differ by chance alone, "
        f"{propensity['expected']:.3g} is expected, and .25 would be full success."
    )


def disparity_name(row: Mapping[str, Any]) -> str:
    """Name a disparity: which outcome, of whom, against whom.

    Examples
    --------
    >>> disparity_name({"outcome_column": "outcome", "outcome": "guilty", "event_type": "trial",
    ...                 "group_column": "gender", "group": "Male", "reference": "Female"})
    'trial: guilty, gender Male against Female'
    """
    event = row.get("event_type")
    # Events that people have again are named by what is counted.
    is_outcome = row["outcome_column"] == "outcome"
    outcome = row["outcome" if is_outcome else "outcome_column"]
    before = f"{event}: " if event else ""
    return f"{before}{outcome}, {row['group_column']} {row['group']} against {row['reference']}"


def _disparity(row: Mapping[str, Any]) -> list[str]:
    return [
        disparity_name(row),
        *(_ratio(row[name]) for name in ("original", "released")),
        _VERDICTS[row["verdict"]] + (f": {row['why']}" if row["why"] else ""),
    ]


def _ratio(found: Mapping[str, Any]) -> str:
    mark = "*" if found["significant"] else ""
    return (
        f"{signed(found['log_odds_ratio'])}{mark} "
        f"({signed(found['low'])} to {signed(found['high'])})"
    )


def _chart_of_disparities(rows: Sequence[Mapping[str, Any]]) -> str | None:
    drawn = [row for row in rows if row["verdict"] != "none"][:_MOST_DRAWN]
    if not drawn:
        return None
    return disparity_chart([{**row, "label": disparity_name(row)} for row in drawn])


def _sequences(scores: Mapping[str, Any] | None) -> list[list[str]]:
    if scores is None:
        return []
    return [
        [words, number(scores[name]), unit]
        for name, words, unit in _SCORES
        if scores.get(name) is not None
    ]


def _trends(trends: Sequence[Mapping[str, Any]] | None) -> list[list[str]]:
    return [
        [str(row["event_type"]), percent(row["kept"]), sentence(row["words"])]
        for row in trends or ()
    ]
