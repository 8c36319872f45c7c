"""Figures of a release that never was, written out by hand, and a reader of pages."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import numpy as np

SIZES = np.array([5, 5, 5, 7, 9, 1_212])
VOID = {"meta", "img", "br", "link", "input", "hr"}
SECTIONS = [
    "Against whom",
    "What was done",
    "How the setting was chosen",
    "Risk before and after",
    "Sizes of personas",
    "An attack that was tried",
    "What is kept",
    "Disparities between groups",
    "What can be learned without recognising anybody",
    "Checks",
    "Rules that these figures speak to",
    "Privacy ledger",
    "What was sent where",
    "Sources of population figures",
    "Limits",
    "Remarks on the data",
    "Versions",
    "Signed off by",
]


class Page(HTMLParser):
    """Checks that tags nest, and keeps what the tests ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def headings(page: str, level: int) -> list[str]:
    return [unescape(text) for text in re.findall(rf"<h{level}[^>]*>(.*?)</h{level}>", page)]


def section(page: str, title: str) -> str:
    """The part of a page under a heading."""
    (found,) = [
        part
        for part in re.findall(r"<section.*?</section>", page, flags=re.DOTALL)
        if headings(part, 2) == [title]
    ]
    return found


def rows_of(page: str, caption: str) -> list[list[str]]:
    """The cells of the body of the table with a caption, row by row, without markup."""
    tables = re.findall(r"<table.*?</table>", page, flags=re.DOTALL)
    (table,) = [text for text in tables if f"<caption><span>{caption}" in text]
    body = table.split("<tbody>")[1]
    return [
        [
            unescape(re.sub(r"<[^>]*>", "", cell))
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", body, flags=re.DOTALL)
    ]


def heads_of(page: str, caption: str) -> list[str]:
    tables = re.findall(r"<table.*?</table>", page, flags=re.DOTALL)
    (table,) = [text for text in tables if f"<caption><span>{caption}" in text]
    return [unescape(head) for head in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', table)]


def figures_of(page: str) -> dict[str, tuple[str, str]]:
    """What a program can read: by name the value and what is shown."""
    found = re.findall(r'<data class="figure" data-name="(.*?)" value="(.*?)">(.*?)</data>', page)
    return {name: (value, shown) for name, value, shown in found}


def made_up_risk(
    mean: float, upper: float, event_upper: float, k: int, n_classes: int
) -> dict[str, Any]:
    return {
        "attacker": "journalist",
        "population_average_risk": mean,
        "max_risk": 2 * upper,
        "upper": upper,
        "k_anonymity": k,
        "n_classes": n_classes,
        "prosecutor": {"mean": 3 * mean, "max": 0.2},
        "journalist": {"mean": mean, "max": 2 * upper},
        "marketer": {"mean": mean, "max": 2 * upper},
        "modelled_share": 0.25,
        "share_at_risk": {"0.01": 0.5, "0.05": 0.004, "0.15": 0.0},
        "recommendation": "CENSUS: keep an eye on it, for 661 of 1243 people.",
        "drivers": [
            {"column": "geography", "mean_without": 0.0021},
            {"column": "age", "mean_without": 0.0078},
        ],
        "presets": {"cms": True, "strict": False},
        "event_risk": {
            "mean": 0.9 * event_upper,
            "max": 1.0,
            "upper": event_upper,
            "unique_share": 0.125,
        },
        "attacker_in_words": "Somebody who looks for one person, and knows age of them.",
    }


def made_up_ledger() -> dict[str, Any]:
    row = {
        "name": "dates",
        "step": "TemporalNoise",
        "column": "date",
        "mechanism": "discrete Laplace, clamped to the window",
        "protects": "the date of one event",
        "epsilon": 0.05,
        "per": "day",
        "span": 1_461,
        "max_events": 3,
        "claimed": True,
        "remark": "given the order of the person's events",
    }
    other = {"max_events": None, "epsilon": None, "span": None, "claimed": False}
    return {
        "summary": "Differential privacy of date: one event costs epsilon 73.05.",
        "claims": ["dates"],
        "per_event": {"basic": 73.05, "epsilon": 73.05, "method": "basic composition"},
        "per_person": None,
        "delta": 1e-6,
        "rows": [
            row,
            {
                **row,
                **other,
                "name": "outcomes",
                "step": "OutcomeNoise",
                "column": "outcome",
                "mechanism": "exchange",
                "per": "value",
                "remark": "no epsilon was asked for",
            },
            {
                **row,
                **other,
                "name": "merge",
                "step": "PersonaMerger",
                "column": "",
                "mechanism": "k-anonymity",
                "remark": "no differential privacy",
            },
        ],
        "not_covered": ["How many events a person has.", "The search over 18 settings."],
    }


def made_up_stage(what: str, settings: int, effect: str, following: str) -> dict[str, Any]:
    return {"what": what, "n_settings": settings, "effect": effect, "next": following}


def made_up_setting(words: str, risk: float, utility: float, *marks: str) -> dict[str, Any]:
    marked = {name: name in marks for name in ("within_target", "knee", "chosen")}
    return {"words": words, "risk": risk, "utility": utility, **marked}


def made_up_disparity(
    outcome: str, group: str, before: float, after: float, verdict: str, people: int
) -> dict[str, Any]:
    def ratio(value: float) -> dict[str, Any]:
        low, high = value - 0.5, value + 0.5
        significant = low > 0 or high < 0
        return {"log_odds_ratio": value, "low": low, "high": high, "significant": significant}

    return {
        "outcome_column": "outcome",
        "outcome": outcome,
        "event_type": "trial",
        "group_column": "gender",
        "group": group,
        "reference": "Female",
        "people": people,
        "told_apart": 0.75,
        "original": ratio(before),
        "released": ratio(after),
        "verdict": verdict,
        "why": "" if verdict in ("kept", "none") else f"{group} is merged with others in 25 %",
    }


def made_up_kept() -> dict[str, Any]:
    return {
        "least_people": 7,
        "sampled_people": None,
        "words": ["one disparity is lost: acquitted, Other", "Marginals are kept"],
        "marginals": [
            {"column": "age", "kept": 0.98765, "n_values": 73, "of": "people"},
            {"column": "gender", "kept": 1.0, "n_values": 3, "of": "people"},
        ],
        "pairs": {
            "k_marginal": 943.21,
            "associations": [
                {"columns": ["age", "gender"], "original": 0.1234, "released": 0.0951, "kept": 0.9}
            ],
            "largest_change": {"columns": ["age", "gender"], "change": -0.0283},
        },
        "propensity": {"value": 0.0123, "expected": 0.0045},
        "disparities": [
            made_up_disparity("guilty", "Male", 1.25, 1.0, "kept", 600),
            made_up_disparity("acquitted", "Other", -0.75, -0.25, "lost", 8),
            made_up_disparity("dismissed", "Male", 0.1, 0.2, "none", 600),
        ],
        "disparity_counts": {
            "significant": 2,
            "kept": 1,
            "lost": 1,
            "reversed": 0,
            "appeared": 0,
            "none": 1,
            "left_out": 4,
        },
        "sequences": {
            "transition_score": 0.91,
            "gap_score": None,
            "mean_gap": 120.0,
            "gap_distance": 3.25,
        },
        "trends": [
            {
                "event_type": "arrest",
                "events": 900,
                "periods": 4,
                "kept": 0.97,
                "original": "rising",
                "released": "rising",
                "words": "rising before and after",
            }
        ],
        "counts": None,
    }


def made_up_checks() -> dict[str, Any]:
    letters = "ABCDEFGHIJKLMNOPQR"
    harbor = [
        {
            "item": letter,
            "identifier": f"Identifier {letter}",
            "status": "not met" if letter in "BC" else "not released",
            "finding": f"Finding {letter}.",
            "left_out": 2 if letter == "A" else 0,
        }
        for letter in letters
    ]
    return {
        "safe_harbor": harbor,
        "presets": [
            {
                "name": "cms",
                "source": "A policy",
                "threshold": 1 / 11,
                "met": False,
                "why": ["The largest risk is .2.", "So is another."],
            },
            {"name": "strict", "source": "Ours", "threshold": 0.05, "met": True, "why": []},
        ],
        "rules": [{"rule": "A rule", "speaks_to": "This.", "does_not": "That."}],
        "sent": ["Nothing of the data was sent anywhere."],
        "highest_classes": [
            {"labels": {"age": "30-39", "gender": None}, "people": 5, "risk": 0.2},
            {"labels": {"age": "40+", "gender": "Male"}, "people": 7, "risk": 1 / 7},
        ],
        "diversity": [
            {
                "column": "outcome",
                "classes": 6,
                "distinct_l": 1,
                "entropy_l": 1.25,
                "t": 0.5,
                "top_share": 1.0,
            }
        ],
    }


def made_up_facts() -> dict[str, Any]:
    figures = {"rate": 0.0123, "low": 0.01, "high": 0.02, "baseline": 0.001, "n_targets": 1_000}
    return {
        "verdict": {"risk": 0.0432, "target_risk": 0.05, "level": "SAFE_FOR_RESEARCH"},
        "settings": {
            "attacker": "journalist",
            "dates__precision": "month",
            "dropped_columns": [],
            "event_columns": ["date", "event_type"],
            "known_events": 1,
            "n_compared": 18.0,
            "privacy_level": "medium",
            "quasi_identifiers": ["age", "gender", "geography"],
        },
        "counts": {
            "people": 1_250,
            "events": 31_415,
            "personas": 6,
            "released_people": 1_243,
            "released_events": 31_000,
            "suppressed_people": 7,
            "settings_tried": 18,
        },
        "risk": {
            "untouched": made_up_risk(0.011, 0.012, 0.98, 1, 1_111),
            "release": made_up_risk(0.001, 0.002, 0.0432, 5, 6),
            "all_in_one": made_up_risk(0.0001, 0.0002, 0.0003, 1_250, 1),
        },
        "utility": {"untouched": 1.0, "release": 0.876, "all_in_one": 0.123},
        "privacy_ledger": made_up_ledger(),
        "population": {
            "sources": ["Bureau of Counting: table 7 (2024)"],
            "modelled": "Ages of Texas",
            "notice": "Not endorsed.",
        },
        "notes": ["12 of 1,250 people have two ages"],
        "decision_log": [
            made_up_stage("Larger classes.", 11, "None of 11 will do.", "Dates are next."),
            made_up_stage("Coarser dates.", 7, "2 of 7 will do.", "The search ends."),
        ],
        "frontier": [
            made_up_setting("k = 80", 0.02, 0.7512, "within_target"),
            made_up_setting("k = 57", 0.0432, 0.876, "within_target", "chosen", "knee"),
            made_up_setting("k = 5", 0.41, 0.9, "neither"),
        ],
        "kept": made_up_kept(),
        "attack": {
            **figures,
            "words": "somebody who knows age and gender tried to find 1,000 people",
            "untouched": {**figures, "rate": 0.75, "low": 0.7, "high": 0.8},
        },
        "histories": {
            "least_people": 5,
            "words": ["a third of the people have several events"],
            "figures": [
                {"name": "People with several events", "value": 0.333, "share": True},
                {"name": "Events per person", "value": 2.5, "share": False},
                {"name": "People with ten events", "value": 14, "share": False},
            ],
        },
        "checks": made_up_checks(),
        "versions": {"personatwin_sk": "9.8.7", "numpy": "2.0"},
    }
