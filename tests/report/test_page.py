"""The report's page, filled with figures that are written out by hand."""

from __future__ import annotations

import copy
import re
from html import unescape

import jinja2
import pytest
from made_up_report import (
    SECTIONS,
    SIZES,
    Page,
    figures_of,
    headings,
    heads_of,
    made_up_facts,
    made_up_risk,
    rows_of,
    section,
)

from personatwin_sk.exceptions import InputError
from personatwin_sk.report import render_report

FILES = {
    "personas.csv": {"sha256": "ab" * 32, "bytes": 12_345, "rows": 1_343},
    "risk.json": {"sha256": "cd" * 32, "bytes": 99},
}


@pytest.fixture
def facts() -> dict:
    return made_up_facts()


@pytest.fixture(scope="module")
def page() -> str:
    return render_report(made_up_facts(), SIZES, files=FILES)


def test_every_section_is_there_in_order(page: str) -> None:
    assert headings(page, 1) == ["Privacy report"]
    assert headings(page, 2) == ["Contents", *SECTIONS]
    assert re.findall(r"<title>(.*?)</title>", page) == ["Privacy report"]


def test_the_contents_lead_to_every_section(page: str) -> None:
    links = re.findall(r'<li><a href="#(.*?)">(.*?)</a></li>', page)
    assert [unescape(title) for _, title in links] == SECTIONS
    targets = re.findall(r'<h2 id="(.*?)">', page)
    assert targets == ["contents", *(name for name, _ in links)]
    assert len(set(targets)) == len(targets)
    assert re.findall(r'<section aria-labelledby="(.*?)">', page) == [name for name, _ in links]


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"notes": []}, ["Remarks on the data"]),
        ({"decision_log": []}, ["How the setting was chosen"]),
        ({"kept": None}, ["Disparities between groups"]),
        (
            {"checks": None},
            [
                "What can be learned without recognising anybody",
                "Checks",
                "Rules that these figures speak to",
                "What was sent where",
            ],
        ),
        ({"attack": None, "histories": None}, []),
    ],
)
def test_where_there_is_nothing_to_say_only_that_section_is_missing(facts, change, missing) -> None:
    page = render_report({**facts, **change}, SIZES)
    assert headings(page, 2)[1:] == [name for name in SECTIONS if name not in missing]
    Page(page)


def test_the_verdict_comes_first(page: str) -> None:
    top = Page(page.partition("<nav")[0].partition("<main")[2].partition(">")[2]).text
    assert "the chance of being recognised is at most 4.32 %, where at most 5 % was" in top
    assert "Level: research use (at most 5 %)." in top
    assert "Every persona stands for at least 5 people." in top
    assert "87.6 % of the information is kept." in top
    assert (
        "A linkage attack that was tried recognised 1.23 % of its targets (0.1 % without looking "
        "at the release, 75 % on the untouched table)." in top
    )
    assert (
        "Significant disparities between groups: 2, of which kept 1, lost 1, reversed 0; new 0."
        in top
    )
    assert "HIPAA Safe Harbor: 2 of 18 items not met (B, C)." in top


def test_nothing_is_called_safe(page: str) -> None:
    words = Page(page).text.replace("Safe Harbor", "")
    assert not re.search(r"\bsafe|\banonymous|\bguarantee", words, flags=re.IGNORECASE)


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("SAFE_FOR_PUBLIC_RELEASE", ("public release", "at most 1 %")),
        ("SAFE_FOR_RESEARCH", ("research use", "at most 5 %")),
        ("INTERNAL_USE_ONLY", ("internal use only", "at most 15 %")),
        ("UNSAFE", ("not to be released", "above 15 %")),
    ],
)
def test_levels_in_words(facts, level: str, words: tuple[str, str]) -> None:
    facts["verdict"]["level"] = level
    page = render_report(facts, SIZES)
    assert figures_of(page)["verdict/level"] == (level, words[0])
    assert f"</strong> ({words[1]})." in page


def test_figures_for_programs_are_those_of_the_facts(page: str) -> None:
    assert figures_of(page) == {
        "verdict/risk": ("0.0432", "4.32 %"),
        "verdict/target_risk": ("0.05", "5 %"),
        "verdict/level": ("SAFE_FOR_RESEARCH", "research use"),
        "risk/release/k_anonymity": ("5", "5"),
        "counts/people": ("1250", "1,250"),
        "counts/events": ("31415", "31,415"),
        "counts/personas": ("6", "6"),
        "counts/released_people": ("1243", "1,243"),
        "counts/released_events": ("31000", "31,000"),
        "counts/suppressed_people": ("7", "7"),
        "risk/release/upper": ("0.002", "0.2 %"),
        "risk/release/event_risk/upper": ("0.0432", "4.32 %"),
        "utility/release": ("0.876", "87.6 %"),
    }
    assert re.findall(r'<main data-variant="(.*?)">', page) == ["internal"]


def test_the_head_forbids_everything_from_outside(page: str) -> None:
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert page.rstrip().endswith("</html>")
    head = page.partition("</head>")[0]
    assert head.index("charset") < head.index("Content-Security-Policy") < head.index("<style>")
    policy = re.findall(r'Content-Security-Policy" content="(.*?)"', page)
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert "<script" not in page and "http://" not in page and "https://" not in page
    assert not re.search(r'(?:src|href)="(?!data:image/svg\+xml;base64,|#[a-z]+")', page)
    assert "@import" not in page and "url(" not in page
    assert len(page.encode()) < 500_000


def test_a_table_with_the_same_figures_stands_behind_each_chart(page: str) -> None:
    order = re.findall(r"<(figure|table|h2)\b", page)
    for at, kind in enumerate(order):
        assert kind != "figure" or order[at + 1] == "table"
    assert order.count("figure") == 5
    alts = re.findall(r'<img src="data:[^"]*" alt="(.*?)"', page)
    assert len(alts) == 5 and all(re.search("table below.$", alt) for alt in alts)


def test_every_table_can_be_scrolled_by_keyboard_and_is_named(page: str) -> None:
    assert page.count("<table") == page.count('<div class="scroll" role="region" aria-label="')
    assert page.count("<table") == page.count('tabindex="0"') == page.count("<caption>")
    for tag in re.findall(r"<th\b[^>]*>", page):
        assert 'scope="' in tag


def test_risk_before_and_after(page: str) -> None:
    risks = {row[0]: row[1:] for row in rows_of(page, "Risk of the untouched table")}
    assert len(risks) == 14
    assert risks["What decides (larger of the two upper limits)"] == ["98 %", "4.32 %", "0.03 %"]
    assert risks["Recognised by who they are: average"] == ["1.1 %", "0.1 %", "0.01 %"]
    assert risks["The same, if the attacker knows who is in the file: average"][1] == "0.3 %"
    assert risks["People whose risk is above 5 %"] == ["0.4 %"] * 3
    assert risks["Smallest class, people (k)"] == ["1", "5", "1,250"]
    assert risks["Classes"] == ["1,111", "6", "1"]


def test_sizes(page: str) -> None:
    sizes = rows_of(page, "Personas and people by size of persona")
    assert sum(int(personas) for _, personas, _ in sizes) == 6
    assert sum(int(people.replace(",", "")) for *_, people in sizes) == 1_243
    for row in sizes:
        assert int(row[2].replace(",", "")) >= 5


def test_the_search_is_told_stage_by_stage(page: str) -> None:
    assert rows_of(page, "What each stage tried") == [
        ["Larger classes.", "11", "None of 11 will do.", "Dates are next."],
        ["Coarser dates.", "7", "2 of 7 will do.", "The search ends."],
    ]
    assert rows_of(page, "The frontier") == [
        ["k = 80", "2 %", "75.12 %", "yes", ""],
        ["k = 57", "4.32 %", "87.6 %", "yes", "chosen, knee"],
        ["k = 5", "41 %", "90 %", "no", ""],
    ]


def test_what_drives_the_risk_and_where_it_is_highest(page: str) -> None:
    assert rows_of(page, "What drives the risk") == [["geography", "0.21 %"], ["age", "0.78 %"]]
    assert heads_of(page, "The classes at the highest risk") == ["age", "gender", "People", "Risk"]
    assert rows_of(page, "The classes at the highest risk") == [
        ["30-39", "not known", "5", "20 %"],
        ["40+", "Male", "7", "14.3 %"],
    ]


def test_without_quasi_identifiers_to_tell_apart_there_is_no_such_table(facts) -> None:
    facts["risk"]["release"]["drivers"] = []
    facts["checks"]["highest_classes"] = []
    page = render_report(facts, SIZES)
    assert "What drives the risk" not in page and "at the highest risk" not in page


def test_the_attack_stands_beside_its_baseline_and_the_untouched_table(page: str) -> None:
    assert rows_of(page, "What the attack reached") == [
        ["This release", "1.23 %", "1 % to 2 %", "0.1 %", "1,000"],
        ["Untouched table", "75 %", "70 % to 80 %", "0.1 %", "1,000"],
    ]
    told = section(page, "An attack that was tried")
    assert "Somebody who knows age and gender tried to find 1,000 people." in told


def test_without_an_attack_that_is_said(facts) -> None:
    page = render_report({**facts, "attack": None}, SIZES)
    assert "None was tried" in section(page, "An attack that was tried")
    assert "linkage attack" not in page


def test_checks_item_by_item(page: str) -> None:
    harbor = rows_of(page, "The eighteen identifiers of Safe Harbor")
    assert len(harbor) == 18
    assert harbor[:2] == [
        ["A: Identifier A", "✓ not released", "Finding A.", "2"],
        ["B: Identifier B", "\N{MULTIPLICATION SIGN} not met", "Finding B.", "0"],
    ]
    assert rows_of(page, "Thresholds that others publish") == [
        [
            "cms",
            "A policy",
            "9.09 %",
            "\N{MULTIPLICATION SIGN} not met",
            "The largest risk is .2. So is another.",
        ],
        ["strict", "Ours", "5 %", "✓ met", ""],
    ]
    assert rows_of(page, "What the figures speak to") == [["A rule", "This.", "That."]]
    assert "not legal advice" in section(page, "Rules that these figures speak to")
    assert "Nothing of the data was sent" in section(page, "What was sent where")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("met", "HIPAA Safe Harbor: none of the 18 identifiers was found."),
        ("not looked for", "HIPAA Safe Harbor: 0 of 18 items not met, 18 not looked for."),
    ],
)
def test_safe_harbor_in_short(facts, status: str, words: str) -> None:
    for entry in facts["checks"]["safe_harbor"]:
        entry["status"] = status
    assert words in render_report(facts, SIZES)


def test_what_can_be_learned_of_a_persona(page: str) -> None:
    assert rows_of(page, "How far the events of one persona agree") == [
        ["outcome", "6", "1", "1.25", "0.50", "100 %"]
    ]


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
    told = section(page, "Privacy ledger")
    assert "<p>Differential privacy of date: one event costs epsilon 73.05. Where a step" in told
    assert re.findall(r"<li>(.*?)</li>", told) == [
        "How many events a person has.",
        "The search over 18 settings.",
    ]
    assert heads_of(page, "What each step spends") == [
        "Step",
        "Column",
        "Mechanism",
        "Epsilon",
        "Events per person",
        "Claimed",
        "Remark",
    ]


def test_settings_are_listed_by_name(page: str) -> None:
    assert rows_of(page, "Settings of the release") == [
        ["attacker", "journalist"],
        ["dates: precision", "month"],
        ["dropped columns", "none"],
        ["event columns", "date, event_type"],
        ["known events", "1"],
        ["n compared", "18"],
        ["privacy level", "medium"],
        ["quasi identifiers", "age, gender, geography"],
    ]


def test_files_are_listed_with_their_digests(facts, page: str) -> None:
    assert rows_of(page, "The files of the release") == [
        ["personas.csv", "ab" * 32, "1,343"],
        ["risk.json", "cd" * 32, ""],
    ]
    alone = render_report(facts, SIZES)
    assert "The files of the release" not in alone and "stand in the manifest" in alone


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
    facts["risk"]["release"] = made_up_risk(0.05, upper, event_upper, 5, 6)
    page = render_report(facts, SIZES)
    assert f"rests on what an attacker knows of {words}." in page
    decides = rows_of(page, "Risk of the untouched table")[0]
    assert decides[2] == f"{100 * max(upper, event_upper):g} %"


def test_a_table_of_people_alone_speaks_of_no_events(facts) -> None:
    facts["counts"] |= {"events": 0, "released_events": 0}
    told = Page(section(render_report(facts, SIZES), "What was done")).text
    assert "1,250 people came in;" in told and "of 1,243 people go out" in told


def test_a_steward_can_sign_it(page: str) -> None:
    sign = section(page, "Signed off by")
    assert re.findall(r"<dt>(.*?)</dt>", sign) == [
        "Name",
        "Role",
        "Terms of use",
        "Date",
        "Signature",
    ]
    assert sign.count("<dd></dd>") == 5


def test_a_figure_that_is_missing_is_an_error_not_a_blank(facts) -> None:
    broken = copy.deepcopy(facts)
    del broken["population"]["modelled"]
    with pytest.raises(jinja2.UndefinedError, match="modelled"):
        render_report(broken, SIZES)


def test_there_are_two_variants_and_no_third(facts) -> None:
    with pytest.raises(InputError, match="variant='public' is not known; choose 'internal' or"):
        render_report(facts, SIZES, variant="public")
