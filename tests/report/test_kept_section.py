"""What the report says of usefulness, held against figures written out by hand."""

from __future__ import annotations

import pytest
from made_up_report import (
    SIZES,
    headings,
    heads_of,
    made_up_disparity,
    made_up_facts,
    made_up_kept,
    rows_of,
    section,
)

from personatwin_sk.report import render_report
from personatwin_sk.report._kept_section import (
    disparities_in_words,
    disparity_name,
    kept_section,
)


@pytest.fixture(scope="module")
def page() -> str:
    return render_report(made_up_facts(), SIZES)


def page_with(**changes) -> str:
    facts = made_up_facts()
    facts["kept"] |= changes
    return render_report(facts, SIZES)


def test_words_come_first_as_sentences(page: str) -> None:
    told = section(page, "What is kept")
    first = told.index("One disparity is lost: acquitted, Other.")
    assert first < told.index("Marginals are kept.") < told.index("<table")


def test_marginals_and_pairs(page: str) -> None:
    assert heads_of(page, "How much of the distribution") == [
        "Column",
        "Distribution kept",
        "Values",
    ]
    assert rows_of(page, "How much of the distribution") == [
        ["age", "98.77 %", "73"],
        ["gender", "100 %", "3"],
    ]
    assert rows_of(page, "How strongly columns go together") == [
        ["age and gender", "0.123", "0.095", "-0.028"]
    ]
    told = section(page, "What is kept")
    assert "k-marginal score of all pairs of columns: 943 of 1,000." in told
    assert "propensity mean squared error of 0.0123" in told and "0.0045 is expected" in told


def test_sequences_trends_and_histories(page: str) -> None:
    assert rows_of(page, "The order of a person&#39;s events") == [
        ["Which event follows which: score", "0.91", "0 to 1; 1: unchanged"],
        ["Time between events in the original: mean", "120", "days"],
        ["Time between events: distance of the release", "3.25", "days"],
    ]
    assert rows_of(page, "Events over time, by their type") == [
        ["arrest", "97 %", "Rising before and after."]
    ]
    assert rows_of(page, "Histories of personas in figures") == [
        ["People with several events", "33.3 %"],
        ["Events per person", "2.5"],
        ["People with ten events", "14"],
    ]
    assert "A third of the people have several events." in page
    # 7 behind what is kept, 5 behind the figures on histories in the same section.
    assert "No figure here rests on fewer than 5 people" in page
    alone = render_report(made_up_facts() | {"histories": None}, SIZES)
    assert "No figure here rests on fewer than 7 people" in alone
    assert "drawn at random" not in section(page, "What is kept")


def test_a_sample_is_told() -> None:
    told = section(page_with(sampled_people=50_000), "What is kept")
    assert "measured on 50,000 people drawn at random" in told


def test_disparities_that_are_not_kept_come_first(page: str) -> None:
    assert rows_of(page, "Disparities of outcomes") == [
        [
            "trial: acquitted, gender Other against Female",
            "-0.75* (-1.25 to -0.25)",
            "-0.25 (-0.75 to +0.25)",
            "lost: Other is merged with others in 25 %",
        ],
        [
            "trial: guilty, gender Male against Female",
            "+1.25* (+0.75 to +1.75)",
            "+1.00* (+0.50 to +1.50)",
            "kept",
        ],
        [
            "trial: dismissed, gender Male against Female",
            "+0.10 (-0.40 to +0.60)",
            "+0.20 (-0.30 to +0.70)",
            "none in either",
        ],
    ]


def test_verdicts_in_order_and_the_stronger_first() -> None:
    rows = [
        made_up_disparity(f"{verdict} {strength}", "Male", strength, 0.1, verdict, 50)
        for strength in (1.0, 2.0)
        for verdict in ("none", "kept", "appeared", "lost", "reversed")
    ]
    found = kept_section({**made_up_kept(), "disparities": rows})
    assert found is not None
    assert [row[0].split(",")[0].removeprefix("trial: ") for row in found["disparities"]] == [
        f"{verdict} {strength}"
        for verdict in ("reversed", "lost", "appeared", "kept", "none")
        for strength in (2.0, 1.0)
    ]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({}, "trial: guilty, gender Male against Female"),
        ({"event_type": None}, "guilty, gender Male against Female"),
        (
            {"outcome_column": "several events", "outcome": "several", "event_type": "arrest"},
            "arrest: several events, gender Male against Female",
        ),
        (
            {"outcome_column": "several events", "outcome": "", "event_type": None},
            "several events, gender Male against Female",
        ),
    ],
)
def test_names_of_disparities(change, name) -> None:
    row = made_up_disparity("guilty", "Male", 1.0, 1.0, "kept", 50) | change
    assert disparity_name(row) == name


def test_without_any_disparity_that_differs_there_is_no_chart() -> None:
    rows = [made_up_disparity("guilty", "Male", 0.1, 0.1, "none", 50)]
    told = section(page_with(disparities=rows), "Disparities between groups")
    assert "<table" in told and "<img" not in told


def test_where_nothing_was_compared_there_are_no_words() -> None:
    assert disparities_in_words(None) == ""
    counts = dict.fromkeys(("significant", "kept", "lost", "reversed", "appeared"), 0)
    assert disparities_in_words({"disparity_counts": counts}) == ""


def test_events_as_counts_have_no_sequences() -> None:
    page = page_with(
        disparities=[],
        sequences=None,
        trends=None,
        pairs=None,
        propensity=None,
        counts=[{"by": ["event_type", "date"], "share": 0.8}],
    )
    assert "Disparities between groups" not in headings(page, 2)
    assert headings(page, 3)[:3] == [
        "Columns by themselves",
        "Counts of events",
        "Histories of personas",
    ]
    assert rows_of(page, "Share of the events that the released counts show") == [
        ["event_type, date", "80 %"]
    ]


def test_the_propensity_alone() -> None:
    told = section(page_with(pairs=None), "What is kept")
    assert "k-marginal" not in told and "propensity mean squared error" in told


def test_nothing_measured() -> None:
    facts = made_up_facts()
    facts["kept"] = None
    told = section(render_report(facts, SIZES), "What is kept")
    assert "Nothing further was measured." in told and "87.6 %" in told
