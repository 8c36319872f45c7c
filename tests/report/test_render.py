"""The report: what it says, and that it needs and contains nothing else."""

from __future__ import annotations

import base64
import copy
import itertools
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.exceptions import InputError
from personatwin_sk.release import create_safe_personas
from personatwin_sk.report import render_report, require_extra
from personatwin_sk.report._charts import frontier_chart, risk_chart, size_chart
from personatwin_sk.report._render import size_bins

VOID = {"meta", "img", "br", "link", "input", "hr"}


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
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def facts_and_sizes() -> tuple[dict, np.ndarray]:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "person_id": rng.permutation(np.repeat(np.arange(80), 3)),
            "age": 30,
            "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 240), "D"),
            "event_type": rng.choice(["visit", "test"], 240),
        }
    )
    table["age"] = 20 + table["person_id"] % 30
    table["gender"] = np.where(table["person_id"] % 2, "Male", "Female")
    result = create_safe_personas(table, target_risk=0.25, random_state=0)
    return result.to_dict(), result.personas.class_sizes


@pytest.fixture(scope="module")
def page(facts_and_sizes) -> Page:
    return Page(render_report(*facts_and_sizes))


def test_the_page_stands_alone(facts_and_sizes, page: Page) -> None:
    text = render_report(*facts_and_sizes)
    tags = [tag for tag, _ in page.tags]
    assert not {"script", "link", "iframe", "object", "form"} & set(tags)
    policy = [a["content"] for tag, a in page.tags if a.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert not re.search(r"https?://|//\w|@import|url\(|\bon\w+=", text.split("base64")[0])
    assert all(a["src"].startswith("data:image/svg+xml;") for tag, a in page.tags if tag == "img")
    assert len(text.encode()) < 500_000


def test_the_page_can_be_read_without_seeing(page: Page) -> None:
    assert ("html", {"lang": "en"}) in page.tags
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    images = [a for tag, a in page.tags if tag == "img"]
    assert len(images) == 3 and all(len(a["alt"]) > 20 for a in images)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("caption") == tags.count("table") == 7
    assert all("scope" in a for tag, a in page.tags if tag == "th")
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in (
        page.tags
    )


def test_the_page_says_what_was_measured(facts_and_sizes, page: Page) -> None:
    facts, sizes = facts_and_sizes
    for name in ("untouched", "release", "all_in_one"):
        report = facts["risk"][name]
        deciding = max(report["upper"], report["event_risk"]["upper"])
        assert f"{100 * deciding:.3g} %" in page.text
    assert "the type and true date of 1 event of theirs" in page.text
    assert "rests on what an attacker knows of events" in page.text
    assert f"{len(sizes)} personas of 80 people with 240 events go out" in page.text
    assert f"{100 * facts['utility']['release']:.3g} % is kept" in page.text
    assert "not endorsed or certified by the Census Bureau" in page.text
    assert f"personatwin_sk {facts['versions']['personatwin_sk']}" in page.text
    assert "not legal advice" in page.text
    for stage in facts["decision_log"]:
        assert stage["effect"] in page.text and stage["next"] in page.text
    for setting in facts["frontier"]:
        assert setting["words"] in page.text


def test_without_population_or_events(facts_and_sizes) -> None:
    facts, sizes = copy.deepcopy(facts_and_sizes)
    facts["population"] = None
    facts["notes"] = ["3 of 60 people have two ages"]
    page = Page(render_report(facts, sizes))
    assert "None were used" in page.text
    assert "3 of 60 people have two ages" in page.text


def test_text_from_the_data_is_text(facts_and_sizes) -> None:
    facts, sizes = copy.deepcopy(facts_and_sizes)
    facts["settings"]["event_columns"] = ["<script>alert(1)</script>"]
    facts["notes"] = ["<img src=x onerror=alert(1)>"]
    page = Page(render_report(facts, sizes))
    assert not any(tag == "script" or "onerror" in a for tag, a in page.tags)
    assert "<script>alert(1)</script>" in page.text


def test_same_facts_same_page(facts_and_sizes) -> None:
    facts, sizes = facts_and_sizes
    assert render_report(facts, sizes) == render_report(json.loads(json.dumps(facts)), sizes)


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(InputError, match=rf"needs {module};.*personatwin_sk\[report\]"):
        require_extra()


@given(st.lists(st.integers(5, 400), min_size=1, max_size=60))
def test_bins_hold_everybody_and_no_bin_is_empty(sizes: list[int]) -> None:
    bins = size_bins(np.array(sizes))
    assert sum(personas for _, personas, _ in bins) == len(sizes)
    assert sum(people for *_, people in bins) == sum(sizes)
    assert 1 <= len(bins) <= 10
    for label, personas, people in bins:
        low, _, high = label.partition(" to ")
        inside = [size for size in sizes if int(low) <= size <= int(high or low)]
        assert (personas, people) == (len(inside), sum(inside))
        assert people >= 5  # as every persona does


@pytest.mark.parametrize(
    "chart",
    [
        risk_chart(["a", "b"], [0.0, 1.0], 0.05),
        size_chart(["5"], [3]),
        frontier_chart([0.1, 0.2, 0.9], [0.1, 0.8, 1.0], 0.05, knee=1, chosen=1),
        frontier_chart([0.1], [0.1], 0.05, chosen=0),
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
