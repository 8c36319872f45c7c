"""The variant that may go out: what only those who hold the data should see is not in it."""

from __future__ import annotations

import copy
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_report import (
    SECTIONS,
    SIZES,
    Page,
    figures_of,
    headings,
    heads_of,
    made_up_disparity,
    made_up_facts,
    rows_of,
    section,
)

from personatwin_sk.report import render_report
from personatwin_sk.report._shareable import (
    shareable_facts,
    shareable_figures,
    smallest_count,
)
from personatwin_sk.report._sizes import size_bins


@pytest.fixture
def facts() -> dict:
    return made_up_facts()


@pytest.fixture(scope="module")
def page() -> str:
    return render_report(made_up_facts(), SIZES, variant="shareable")


def test_it_says_which_variant_it_is(page: str) -> None:
    assert re.findall(r'<main data-variant="(.*?)">', page) == ["shareable"]
    assert "Shareable variant: it may go out with the release." in Page(page).text
    assert "Counts of fewer than 10 people" in Page(page).text
    internal = render_report(made_up_facts(), SIZES)
    assert "Internal variant: for those who hold the data." in Page(internal).text


def test_the_search_and_remarks_are_left_out(page: str) -> None:
    gone = {"How the setting was chosen", "Remarks on the data"}
    assert headings(page, 2)[1:] == [name for name in SECTIONS if name not in gone]
    text = Page(page).text
    for words in ("None of 11 will do", "k = 57", "two ages", "661 of 1243", "keep an eye on it"):
        assert words not in text


def test_counts_of_the_data_as_they_came_are_left_out(page: str) -> None:
    text = Page(page).text
    # 1,250 people came in and 7 were left out: each of the two would tell the other.
    for count in ("1,250", "31,415", "1,111", "7 people", "fewer than 7"):
        assert count not in text
    assert "6 personas of 1,243 people with 31,000 events go out." in text
    names = set(figures_of(page))
    assert not names & {"counts/people", "counts/events", "counts/suppressed_people"}
    assert {
        "verdict/risk",
        "verdict/target_risk",
        "verdict/level",
        "counts/personas",
        "counts/released_people",
        "risk/release/k_anonymity",
    } <= names
    risks = {row[0]: row[1:] for row in rows_of(page, "Risk of the untouched table")}
    assert risks["Smallest class, people (k)"] == ["not told", "5", "not told"]
    assert risks["Classes"] == ["not told", "6", "not told"]
    assert risks["What decides (larger of the two upper limits)"] == ["98 %", "4.32 %", "0.03 %"]


def test_shares_that_stand_for_few_people_become_limits(page: str) -> None:
    # .4 % of 1,243 people are 5; 10 of them are .805 %.
    risks = {row[0]: row[1:] for row in rows_of(page, "Risk of the untouched table")}
    assert risks["People whose risk is above 5 %"] == ["below 0.805 %"] * 3
    assert risks["People alone with an event in their class"] == ["12.5 %"] * 3


def test_names_of_dropped_columns_and_the_classes_at_highest_risk_are_left_out(facts) -> None:
    facts["settings"]["dropped_columns"] = ["canary"]
    facts["checks"]["highest_classes"][0]["labels"]["age"] = "canary"
    internal = render_report(facts, SIZES)
    page = render_report(facts, SIZES, variant="shareable")
    assert internal.count("canary") == 2 and "canary" not in page
    assert [row[0] for row in rows_of(page, "Settings of the release")] == [
        "attacker",
        "dates: precision",
        "event columns",
        "known events",
        "privacy level",
        "quasi identifiers",
    ]


def test_columns_of_the_data_are_not_counted(page: str) -> None:
    assert heads_of(page, "The eighteen identifiers") == ["Identifier", "Result", "What was found"]
    assert all(len(row) == 3 for row in rows_of(page, "The eighteen identifiers"))
    assert heads_of(page, "How much of the distribution") == ["Column", "Distribution kept"]
    assert rows_of(page, "How much of the distribution") == [
        ["age", "98.77 %"],
        ["gender", "100 %"],
    ]


def test_disparities_of_few_people_are_left_out(page: str) -> None:
    found = [row[0] for row in rows_of(page, "Disparities of outcomes")]
    assert found == [
        "trial: guilty, gender Male against Female",
        "trial: dismissed, gender Male against Female",
    ]


@pytest.mark.parametrize(("people", "told"), [(9, False), (10, True)])
def test_the_limit_is_ten_people(facts, people: int, told: bool) -> None:
    facts["kept"]["disparities"] = [made_up_disparity("guilty", "Male", 1.0, 1.0, "kept", people)]
    page = render_report(facts, SIZES, variant="shareable")
    assert ("Disparities between groups" in headings(page, 2)) == told


@pytest.mark.parametrize(("level", "least"), [("low", 10), ("high", 11), ("maximum", 20)])
def test_the_limit_is_the_floor_of_k_where_that_is_larger(facts, level: str, least: int) -> None:
    facts["settings"]["privacy_level"] = level
    assert smallest_count(facts) == least


def test_sentences_on_groups_of_few_people_go_with_their_figures(facts) -> None:
    rows = [
        made_up_disparity("guilty", "Male", 1.0, 0.1, "lost", 9) | {"why": "Few are left."},
        made_up_disparity("guilty", "Other", 1.0, 0.1, "lost", 10) | {"why": "Few are left."},
    ]
    words = [f"Lost: {row['group']} against {row['reference']}. {row['why']}" for row in rows]
    facts["kept"] |= {"disparities": rows, "words": [*words, "All else is kept."]}
    found = shareable_figures(facts, 10)["kept"]
    assert found["words"] == [words[1], "All else is kept."]
    assert found["disparities"] == rows[1:]


def test_figures_for_machines_keep_what_is_verified(facts) -> None:
    """All counts and risks stay; gone is what only those who hold the data should see."""
    found = shareable_figures(facts, 10)
    assert found["counts"] == facts["counts"] and found["utility"] == facts["utility"]
    assert set(found) == set(facts)
    for name, report in facts["risk"].items():
        told = found["risk"][name]
        assert told["recommendation"] == "" and set(told) == set(report)
        changed = {figure for figure in report if told[figure] != report[figure]}
        assert changed <= {"recommendation", "share_at_risk", "modelled_share"}
    assert "dropped_columns" not in found["settings"]
    assert found["notes"] == found["decision_log"] == found["frontier"] == []
    assert found["checks"]["highest_classes"] == []


def test_small_figures_of_attacks_and_histories_are_left_out(facts) -> None:
    facts["attack"]["n_targets"] = 9
    facts["histories"]["figures"][2]["value"] = 9
    page = render_report(facts, SIZES, variant="shareable")
    assert "None was tried, or on too few people" in section(page, "An attack that was tried")
    assert [row[0] for row in rows_of(page, "Histories of personas in figures")] == [
        "People with several events",
        "Events per person",
    ]


def test_no_row_of_sizes_is_of_fewer_people(page: str) -> None:
    for row in rows_of(page, "Personas and people"):
        assert int(row[2].replace(",", "")) >= 10


@given(st.lists(st.integers(3, 400), min_size=1, max_size=60), st.integers(0, 500))
def test_bins_become_one_until_they_are_large_enough(sizes: list[int], least: int) -> None:
    bins = size_bins(np.array(sizes), least)
    assert sum(personas for _, personas, _ in bins) == len(sizes)
    assert sum(people for *_, people in bins) == sum(sizes)
    for label, personas, people in bins:
        low, _, high = label.partition(" to ")
        inside = [size for size in sizes if int(low) <= size <= int(high or low)]
        assert (personas, people) == (len(inside), sum(inside))
        assert people >= least or len(bins) == 1


def test_figures_that_remain_are_those_of_the_facts(facts, page: str) -> None:
    for name, (value, _) in figures_of(page).items():
        found = facts
        for part in name.split("/"):
            found = found[part]
        assert value == (found if isinstance(found, str) else json.dumps(found))


def test_the_facts_are_not_changed(facts) -> None:
    before = copy.deepcopy(facts)
    shareable_facts(facts, 10)
    render_report(facts, SIZES, variant="shareable")
    assert facts == before


def test_the_log_is_gone_from_the_facts_too(facts) -> None:
    found = shareable_facts(facts, 10)
    assert found["decision_log"] == found["frontier"] == found["notes"] == []


def test_what_was_not_measured_is_not_made_up(facts) -> None:
    facts |= dict.fromkeys(("kept", "attack", "histories", "checks"))
    found = shareable_facts(facts, 10)
    assert all(found[name] is None for name in ("kept", "attack", "histories", "checks"))


def test_shares_of_few_people_are_limits_for_machines_too(facts) -> None:
    n_people = facts["counts"]["released_people"]
    few, many = 9 / n_people, 10 / n_people
    facts["risk"]["release"] |= {
        "share_at_risk": {"0.05": few, "0.09": many},
        "modelled_share": few,
    }
    found = shareable_figures(facts, 10)
    release = found["risk"]["release"]
    assert release["share_at_risk"]["0.05"].startswith("below ")
    assert release["share_at_risk"]["0.09"] == many
    assert release["modelled_share"] == release["share_at_risk"]["0.05"]
    # What was written is read again by whoever verifies it.
    assert shareable_figures(found, 10) == found
