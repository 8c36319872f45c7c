"""The report's page, filled with figures that are written out here."""

from __future__ import annotations

import base64
import copy
import re
from html import unescape
from typing import Any

import jinja2
import numpy as np
import pytest

from personatwin_sk.report import render_report
from personatwin_sk.report._charts import frontier_chart, risk_chart, size_chart
from personatwin_sk.report._render import size_bins

SECTIONS = [
    "Against whom",
    "What was done",
    "How the setting was chosen",
    "Risk before and after",
    "Sizes of personas",
    "What is kept",
    "Privacy ledger",
    "Sources of population figures",
    "Limits",
    "Remarks on the data",
    "Versions",
]
SIZES = np.array([5, 5, 5, 7, 9, 1_212])
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src='http://evil.example/x.png' onerror=alert(1)>",
    "</table></main><style>@import 'http://evil.example'</style>",
    "{{ facts }}{% raw %}",
    "&lt;b&gt; & <b>",
    "javascript:alert(1)",
]


def risk(mean: float, upper: float, event_upper: float, k: int, n_classes: int) -> dict[str, Any]:
    return {
        "population_average_risk": mean,
        "max_risk": 2 * upper,
        "upper": upper,
        "k_anonymity": k,
        "n_classes": n_classes,
        "modelled_share": 0.25,
        "recommendation": "CENSUS: keep an eye on it.",
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


def made_up_facts() -> dict[str, Any]:
    return {
        "verdict": {"risk": 0.0432, "target_risk": 0.05, "level": "SAFE_FOR_RESEARCH"},
        "settings": {
            "attacker": "journalist",
            "dates__precision": "month",
            "dropped_columns": [],
            "event_columns": ["date", "event_type"],
            "known_events": 1,
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
            "untouched": risk(0.011, 0.012, 0.98, 1, 1_111),
            "release": risk(0.001, 0.002, 0.0432, 5, 6),
            "all_in_one": risk(0.0001, 0.0002, 0.0003, 1_250, 1),
        },
        "utility": {"untouched": 1.0, "release": 0.876, "all_in_one": 0.123},
        "privacy_ledger": made_up_ledger(),
        "population": {
            "sources": ["Bureau of Counting: table 7 (2024)"],
            "modelled": "Ages of Texas.",
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
        "versions": {"personatwin_sk": "9.8.7", "numpy": "2.0"},
    }


@pytest.fixture
def facts() -> dict[str, Any]:
    return made_up_facts()


@pytest.fixture(scope="module")
def page() -> str:
    return render_report(made_up_facts(), SIZES)


def headings(page: str, level: int) -> list[str]:
    return re.findall(rf"<h{level}>(.*?)</h{level}>", page)


def rows_of(page: str, caption: str) -> list[list[str]]:
    """The cells of the body of the table with a caption, row by row."""
    tables = re.findall(r"<table.*?</table>", page, flags=re.DOTALL)
    (table,) = [text for text in tables if f"<caption>{caption}" in text]
    body = table.split("<tbody>")[1]
    return [
        [unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, flags=re.DOTALL)
    ]


def words_in(chart: str) -> list[str]:
    """The texts of a chart: letters are drawn, and each text stands beside them as a comment."""
    svg = base64.b64decode(chart.partition(",")[2]).decode()
    return [unescape(text) for text in re.findall(r"<!-- (.*?) -->", svg)]


def test_every_section_is_there_in_order(page: str) -> None:
    assert headings(page, 1) == ["Privacy report"]
    assert headings(page, 2) == SECTIONS
    assert re.findall(r"<title>(.*?)</title>", page) == ["Privacy report"]


def test_without_remarks_that_section_alone_is_missing(facts) -> None:
    page = render_report({**facts, "notes": []}, SIZES)
    assert headings(page, 2) == [name for name in SECTIONS if name != "Remarks on the data"]


def test_the_head_forbids_everything_from_outside(page: str) -> None:
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert page.rstrip().endswith("</html>")
    head = page.partition("</head>")[0]
    assert head.index("charset") < head.index("Content-Security-Policy") < head.index("<style>")
    policy = re.findall(r'Content-Security-Policy" content="(.*?)"', page)
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert "<script" not in page and "http://" not in page and "https://" not in page
    assert not re.search(r'(?:src|href)="(?!data:image/svg\+xml;base64,)', page)
    assert len(page.encode()) < 500_000


def test_a_table_with_the_same_figures_stands_behind_each_chart(page: str) -> None:
    order = re.findall(r"<(figure|table)\b", page)
    before, each = ["table", "table", "table"], ["figure", "table"]
    assert order == [*before, *each, *each, *each, "table"]
    risks = rows_of(page, "Risk of the untouched table")
    assert risks[0] == ["What decides (larger of the two upper limits)", "98 %", "4.32 %", "0.03 %"]
    assert risks[1][1:] == ["1.1 %", "0.1 %", "0.01 %"]
    assert risks[-2:] == [
        ["Smallest class, people (k)", "1", "5", "1,250"],
        ["Classes", "1,111", "6", "1"],
    ]
    assert len(risks) == 10
    pictures = re.findall(r'<img src="(.*?)" alt="(.*?)"', page)
    assert len(pictures) == 3
    assert all(alt.endswith("table below.") for _, alt in pictures)
    in_chart = words_in(pictures[1][0])
    assert {"Untouched table", "This release", "Everybody in one persona"} <= set(in_chart)
    assert {"98 %", "4.32 %", "0.03 %"} <= set(in_chart)
    sizes = rows_of(page, "Personas and people by size of persona")
    assert sum(int(personas) for _, personas, _ in sizes) == 6
    assert sum(int(people.replace(",", "")) for *_, people in sizes) == 1_243
    in_chart = words_in(pictures[2][0])
    assert {label for label, *_ in sizes} <= set(in_chart)


def test_the_search_is_told_stage_by_stage(page: str) -> None:
    assert rows_of(page, "What each stage tried") == [
        ["Larger classes.", "11", "None of 11 will do.", "Dates are next."],
        ["Coarser dates.", "7", "2 of 7 will do.", "The search ends."],
    ]


def test_the_frontier_is_a_table_and_a_chart(page: str) -> None:
    assert rows_of(page, "The frontier") == [
        ["k = 80", "2 %", "75.12 %", "yes", ""],
        ["k = 57", "4.32 %", "87.6 %", "yes", "chosen, knee"],
        ["k = 5", "41 %", "90 %", "no", ""],
    ]
    chart = re.findall(r'<img src="(.*?)" alt="Steps', page)[0]
    assert {"Deciding risk, %", "Information kept, %"} <= set(words_in(chart))
    assert {"Frontier", "Knee", "Chosen", "Target"} <= set(words_in(chart))
    assert "Measured" not in words_in(chart)


def test_a_frontier_of_one_setting_has_no_knee(facts) -> None:
    facts["frontier"] = [made_up_setting("k = 5", 0.01, 0.9, "within_target", "chosen")]
    page = render_report(facts, SIZES)
    assert rows_of(page, "The frontier") == [["k = 5", "1 %", "90 %", "yes", "chosen"]]
    chart = re.findall(r'<img src="(.*?)" alt="Steps', page)[0]
    assert "Chosen" in words_in(chart) and "Knee" not in words_in(chart)


def test_what_drives_the_risk_is_told_by_column(page: str) -> None:
    assert rows_of(page, "What drives the risk") == [["geography", "0.21 %"], ["age", "0.78 %"]]
    assert "Thresholds of others: cms met, strict not met." in page


def test_the_ledger_is_told_step_by_step(page: str) -> None:
    assert rows_of(page, "What each step spends on each column of events") == [
        [
            "dates (TemporalNoise)",
            "date",
            "discrete Laplace, clamped to the window",
            "0.05 per day, 1461 days",
            "3",
            "yes",
            "given the order of the person's events",
        ],
        [
            "outcomes (OutcomeNoise)",
            "outcome",
            "exchange",
            "none",
            "any number",
            "no",
            "no epsilon was asked for",
        ],
        ["merge (PersonaMerger)", "", "k-anonymity", "none", "", "no", "no differential privacy"],
    ]
    section = page.partition("<h2>Privacy ledger</h2>")[2].partition("<h2>")[0]
    assert "<p>Differential privacy of date: one event costs epsilon 73.05. Where a step" in section
    assert re.findall(r"<li>(.*?)</li>", section) == [
        "How many events a person has.",
        "The search over 18 settings.",
    ]
    assert re.findall(r'<th scope="col">(.*?)</th>', section) == [
        "Step",
        "Column",
        "Mechanism",
        "Epsilon",
        "Events per person",
        "Claimed",
        "Remark",
    ]


def test_without_quasi_identifiers_to_tell_apart_there_is_no_such_table(facts) -> None:
    facts["risk"]["release"]["drivers"] = []
    assert "What drives the risk" not in render_report(facts, SIZES)


def test_no_row_of_sizes_rests_on_fewer_people_than_a_persona_has(page: str) -> None:
    for row in rows_of(page, "Personas and people"):
        assert int(row[2].replace(",", "")) >= 5


def test_settings_are_listed_by_name(page: str) -> None:
    assert rows_of(page, "Settings of the release") == [
        ["attacker", "journalist"],
        ["dates: precision", "month"],
        ["dropped columns", "none"],
        ["event columns", "date, event_type"],
        ["known events", "1"],
        ["quasi identifiers", "age, gender, geography"],
    ]


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("SAFE_FOR_PUBLIC_RELEASE", "safe enough for public release (at most 1 %)"),
        ("SAFE_FOR_RESEARCH", "safe enough for research use (at most 5 %)"),
        ("INTERNAL_USE_ONLY", "for internal use only (at most 15 %)"),
        ("UNSAFE", "unsafe (above 15 %)"),
    ],
)
def test_the_verdict_comes_first_in_words(facts, level: str, words: str) -> None:
    facts["verdict"]["level"] = level
    page = render_report(facts, SIZES)
    assert f"This release is <strong>{words}</strong>" in page.partition("<h2>")[0]
    assert "<strong>4.32 %</strong>, where at most 5 % was asked for" in page


def test_the_attacker_of_the_release_is_described(facts) -> None:
    facts["risk"]["untouched"]["attacker_in_words"] = "Somebody else."
    facts["risk"]["release"]["attacker_in_words"] = "Somebody who knows <age>."
    page = render_report(facts, SIZES)
    assert "Somebody who knows &lt;age&gt;. The figure that decides rests on" in page
    assert "Somebody else" not in page


@pytest.mark.parametrize(
    ("upper", "event_upper", "words"),
    [(0.2, 0.1, "who people are"), (0.1, 0.2, "events"), (0.1, 0.1, "who people are")],
)
def test_the_larger_limit_decides(facts, upper, event_upper, words) -> None:
    facts["risk"]["release"] = risk(0.05, upper, event_upper, 5, 6)
    page = render_report(facts, SIZES)
    assert f"rests on what an attacker knows of {words}." in page
    decides = rows_of(page, "Risk of the untouched table")[0]
    assert decides[2] == f"{100 * max(upper, event_upper):g} %"


def test_a_table_of_people_alone_speaks_of_no_events(facts) -> None:
    facts["counts"] |= {"events": 0, "released_events": 0}
    page = render_report(facts, SIZES)
    assert "1,250 people came in;" in page and "of 1,243 people go out" in page


@pytest.mark.parametrize(
    "where",
    ["column", "note", "source", "setting", "recommendation", "ledger", "key", "stage", "frontier"],
)
def test_hostile_names_and_labels_stay_text(facts, page: str, where: str) -> None:
    text = " | ".join(HOSTILE)
    if where == "column":
        facts["settings"]["event_columns"] = ["date", text]
    elif where == "note":
        facts["notes"] = [text]
    elif where == "source":
        facts["population"]["sources"] = [text]
    elif where == "setting":
        facts["settings"]["dates__precision"] = text
    elif where == "recommendation":
        facts["risk"]["release"]["recommendation"] = text
    elif where == "stage":
        facts["decision_log"][0] |= dict.fromkeys(("what", "effect", "next"), text)
    elif where == "frontier":
        facts["frontier"][1]["words"] = text
    elif where == "ledger":
        for name in ("name", "column", "mechanism", "remark"):
            facts["privacy_ledger"]["rows"][0][name] = text
        facts["privacy_ledger"]["summary"] = facts["privacy_ledger"]["not_covered"][0] = text
    else:
        facts["settings"]["quasi_identifiers"] = [text]
    attacked = render_report(facts, SIZES)
    # Not a tag more than without it, and it can be read as it was written.
    assert re.findall(r"<[^>]*>", attacked) == re.findall(r"<[^>]*>", page)
    assert text in unescape(attacked)
    for hostile in HOSTILE:
        assert hostile not in attacked or not re.search(r"[<>\"'&]", hostile)


def test_a_figure_that_is_missing_is_an_error_not_a_blank(facts) -> None:
    broken = copy.deepcopy(facts)
    del broken["population"]["modelled"]
    with pytest.raises(jinja2.UndefinedError, match="modelled"):
        render_report(broken, SIZES)


def test_many_settings_and_sizes_still_make_a_small_page(facts) -> None:
    facts["settings"]["event_columns"] = [f"column_{i}" for i in range(2_000)]
    facts["notes"] = [f"{i} people" for i in range(1_000)]
    page = render_report(facts, np.arange(5, 20_000))
    assert len(page.encode()) < 500_000
    assert len(rows_of(page, "Personas and people")) <= 10


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([5], [("5", 1, 5)]),
        ([8, 5, 8], [("5", 1, 5), ("8", 2, 16)]),
        (range(5, 15), [(str(n), 1, n) for n in range(5, 15)]),
        # Edges of equal ratios from 10 to 1,000: 10, 16, 25, 40, 63, 100, ...
        ([10] * 3 + [40, 62, 63, 999], [("10 to 15", 3, 30), ("40 to 62", 2, 102)]),
    ],
)
def test_ranges_of_sizes(sizes, expected) -> None:
    assert size_bins(np.array(sizes))[: len(expected)] == expected


def test_charts_say_what_they_show() -> None:
    words = words_in(risk_chart(["before", "after"], [0.5, 0.0123], 0.05))
    assert {"before", "after", "50 %", "1.23 %"} <= set(words)
    assert "Deciding risk, %; dashed: target, 5 %" in words
    words = words_in(size_chart(["5 to 9", "10 to 19"], [123, 4]))
    assert {"5 to 9", "10 to 19", "123", "4", "Personas", "People in a persona"} <= set(words)


def test_the_same_figures_give_the_same_picture_and_others_another() -> None:
    assert size_chart(["5"], [3]) == size_chart(["5"], [3]) != size_chart(["5"], [4])
    assert risk_chart(["a"], [0.1], 0.05) != risk_chart(["a"], [0.1], 0.06)
    drawn = frontier_chart([0.1, 0.2], [0.5, 0.9], 0.15, chosen=0)
    assert drawn == frontier_chart([0.1, 0.2], [0.5, 0.9], 0.15, chosen=0)
    assert drawn != frontier_chart([0.1, 0.2], [0.5, 0.9], 0.15, chosen=1)
