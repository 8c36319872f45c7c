"""The report's pictures: what they say, and that they fetch nothing."""

from __future__ import annotations

import base64
import re
from html import unescape
from xml.etree import ElementTree

import numpy as np
import pytest
from made_up_report import SIZES, made_up_disparity, made_up_facts, rows_of

from personatwin_sk.report import render_report
from personatwin_sk.report._charts import frontier_chart, risk_chart, size_chart
from personatwin_sk.report._kept_charts import disparity_chart, share_chart
from personatwin_sk.report._kept_section import disparity_name
from personatwin_sk.report._sizes import size_bins

LOST = made_up_disparity("acquitted", "Other", -0.75, -0.25, "lost", 50)
NAMED = {**LOST, "label": disparity_name(LOST)}


def words_in(chart: str) -> list[str]:
    """The texts of a chart: letters are drawn, and each text stands beside them as a comment."""
    svg = base64.b64decode(chart.partition(",")[2]).decode()
    return [unescape(text) for text in re.findall(r"<!-- (.*?) -->", svg)]


@pytest.fixture(scope="module")
def pictures() -> list[str]:
    page = render_report(made_up_facts(), SIZES)
    return re.findall(r'<img src="(.*?)"', page)


@pytest.mark.parametrize(
    "chart",
    [
        risk_chart(["a", "b"], [0.0, 1.0], 0.05),
        size_chart(["5"], [3]),
        frontier_chart([0.1, 0.2, 0.9], [0.1, 0.8, 1.0], 0.05, knee=1, chosen=1),
        frontier_chart([0.1], [0.1], 0.05, chosen=0),
        share_chart(["age", "age"], [0.5, 1.0], "Kept, %"),
        disparity_chart([NAMED]),
    ],
)
def test_charts_are_pictures_that_fetch_nothing(chart: str) -> None:
    kind, _, data = chart.partition(",")
    assert kind == "data:image/svg+xml;base64"
    svg = base64.b64decode(data).decode()
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    links = [value for node in root.iter() for key, value in node.attrib.items() if "href" in key]
    assert all(link.startswith("#") for link in links)


def test_the_charts_of_a_page_show_the_figures_of_its_tables(pictures) -> None:
    page = render_report(made_up_facts(), SIZES)
    frontier, risks, sizes, marginals, disparities = map(words_in, pictures)
    assert {"Deciding risk, %", "Information kept, %"} <= set(frontier)
    assert {"Frontier", "Knee", "Chosen", "Target"} <= set(frontier)
    assert "Measured" not in frontier
    assert {"Untouched table", "This release", "Everybody in one persona"} <= set(risks)
    assert {"98 %", "4.32 %", "0.03 %"} <= set(risks)
    assert {label for label, *_ in rows_of(page, "Personas and people")} <= set(sizes)
    assert {"age", "gender", "98.8 %", "100 %", "Distribution kept, %"} <= set(marginals)
    named = [row[0] for row in rows_of(page, "Disparities of outcomes")]
    # What is significant in neither is in the table alone.
    assert set(named) & set(disparities) == set(named[:2])
    assert {"Original", "Release"} <= set(disparities)


def test_a_frontier_of_one_setting_has_no_knee() -> None:
    words = words_in(frontier_chart([0.01], [0.9], 0.05, chosen=0))
    assert "Chosen" in words and "Knee" not in words


def test_two_columns_of_one_name_are_two_bars() -> None:
    words = words_in(share_chart(["age", "age"], [0.25, 0.75], "Kept, %"))
    assert words.count("age") == 2 and {"25 %", "75 %"} <= set(words)


def test_a_long_label_is_cut_and_a_formula_is_text() -> None:
    words = words_in(disparity_chart([{**NAMED, "label": "x" * 100}]))
    assert "x" * 61 + "\N{HORIZONTAL ELLIPSIS}" in words
    assert any("$a$" in word.replace("\\", "") for word in words_in(share_chart(["$a$"], [1], "")))


def test_original_and_release_differ_in_more_than_colour() -> None:
    svg = base64.b64decode(disparity_chart([NAMED]).partition(",")[2]).decode()
    assert svg.count("stroke-dasharray") >= 1


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
    rows = [NAMED, {**NAMED, "released": NAMED["original"]}]
    assert disparity_chart(rows[:1]) == disparity_chart(rows[:1]) != disparity_chart(rows[1:])
