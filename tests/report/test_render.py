"""The report: what it says, and that it needs and contains nothing else."""

from __future__ import annotations

import copy
import itertools
import json
import re

import numpy as np
import pandas as pd
import pytest
from made_up_report import SIZES, Page, figures_of, headings, made_up_facts

from personatwin_sk.exceptions import InputError
from personatwin_sk.release import create_safe_personas
from personatwin_sk.report import render_report, require_extra


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
    without_pictures = re.sub(r'src="data:[^"]*"', "", text)
    assert not re.search(r"https?://|//\w|@import|url\(|\bon\w+=", without_pictures)
    assert all(a["src"].startswith("data:image/svg+xml;") for tag, a in page.tags if tag == "img")
    assert len(text.encode()) < 500_000


def test_the_page_can_be_read_without_seeing(page: Page) -> None:
    assert ("html", {"lang": "en"}) in page.tags
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    images = [a for tag, a in page.tags if tag == "img"]
    assert len(images) >= 3 and all(len(str(a["alt"])) > 20 for a in images)
    tags = [tag for tag, _ in page.tags]
    assert tags.count("caption") == tags.count("table") >= 7
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
    assert f"{100 * facts['utility']['release']:.3g} % of the information is kept" in page.text
    assert "not endorsed or certified by the Census Bureau" in page.text
    assert f"personatwin_sk {facts['versions']['personatwin_sk']}" in page.text
    assert "not legal advice" in page.text
    for stage in facts["decision_log"]:
        assert stage["effect"] in page.text and stage["next"] in page.text
    for setting in facts["frontier"]:
        assert setting["words"] in page.text


def test_every_figure_for_programs_is_that_of_the_facts(facts_and_sizes) -> None:
    facts, sizes = facts_and_sizes
    for variant in ("internal", "shareable"):
        found = figures_of(render_report(facts, sizes, variant=variant))
        assert len(found) >= 9
        for name, (value, _) in found.items():
            figure = facts
            for part in name.split("/"):
                figure = figure[part]
            assert value == (figure if isinstance(figure, str) else json.dumps(figure))


def test_the_shareable_page_of_a_real_release(facts_and_sizes) -> None:
    facts, sizes = copy.deepcopy(facts_and_sizes)
    facts["notes"] = ["3 of 60 people have two ages"]
    page = Page(render_report(facts, sizes, variant="shareable"))
    assert "two ages" not in page.text and "came in" not in page.text
    for stage in facts["decision_log"]:
        assert stage["effect"] not in page.text


@pytest.mark.parametrize("variant", ["internal", "shareable"])
def test_the_page_is_valid_html(facts_and_sizes, variant: str) -> None:
    html5lib = pytest.importorskip("html5lib")
    for facts, sizes in (facts_and_sizes, (made_up_facts(), SIZES)):
        text = render_report(facts, sizes, variant=variant)
        parser = html5lib.HTMLParser(strict=True)  # raises at the first thing that is out of order
        tree = parser.parse(text)
        ids = [node.get("id") for node in tree.iter() if node.get("id")]
        assert len(ids) == len(set(ids)) == len(headings(text, 2))
        for node in tree.iter():
            target = node.get("aria-labelledby") or (node.get("href") or "#contents")[1:]
            assert target in ids


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
