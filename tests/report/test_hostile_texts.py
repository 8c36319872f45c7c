"""Names and labels that would be markup stay text, wherever they stand."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest
from made_up_report import SIZES, made_up_facts, rows_of

from personatwin_sk.report import render_report

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src='http://evil.example/x.png' onerror=alert(1)>",
    "</table></main><style>@import 'http://evil.example'</style>",
    "{{ facts }}{% raw %}",
    "&lt;b&gt; & <b>",
    "javascript:alert(1)",
    "$\\frac{1}{2}$",
]
TEXT = " | ".join(HOSTILE)


def put(facts: dict, where: str) -> None:
    kept, checks = facts["kept"], facts["checks"]
    if where == "column":
        facts["settings"]["event_columns"] = ["date", TEXT]
    elif where == "note":
        facts["notes"] = [TEXT]
    elif where == "source":
        facts["population"]["sources"] = [TEXT]
    elif where == "setting":
        facts["settings"]["dates__precision"] = TEXT
    elif where == "recommendation":
        facts["risk"]["release"]["recommendation"] = TEXT
    elif where == "stage":
        facts["decision_log"][0] |= dict.fromkeys(("what", "effect", "next"), TEXT)
    elif where == "frontier":
        facts["frontier"][1]["words"] = TEXT
    elif where == "ledger":
        for name in ("name", "column", "mechanism", "remark"):
            facts["privacy_ledger"]["rows"][0][name] = TEXT
        facts["privacy_ledger"]["summary"] = facts["privacy_ledger"]["not_covered"][0] = TEXT
    elif where == "marginal":
        kept["marginals"][0]["column"] = TEXT
    elif where == "pair":
        kept["pairs"]["associations"][0]["columns"] = ["age", TEXT]
    elif where == "disparity":
        for name in ("outcome", "event_type", "group_column", "group", "reference", "why"):
            kept["disparities"][1][name] = TEXT
    elif where == "kept words":
        kept["words"][0] = TEXT
    elif where == "trend":
        kept["trends"][0] |= {"event_type": TEXT, "words": TEXT}
    elif where == "history":
        facts["histories"]["words"] = [TEXT]
        facts["histories"]["figures"][0]["name"] = TEXT
    elif where == "attack":
        facts["attack"]["words"] = TEXT
    elif where == "class":
        checks["highest_classes"][0]["labels"]["age"] = TEXT
        checks["diversity"][0]["column"] = TEXT
    elif where == "check":
        checks["safe_harbor"][0]["finding"] = TEXT
        checks["presets"][0]["why"] = [TEXT]
    else:
        facts["settings"]["quasi_identifiers"] = [TEXT]


@pytest.fixture(scope="module")
def page() -> str:
    return render_report(made_up_facts(), SIZES)


@pytest.mark.parametrize(
    "where",
    [
        "column",
        "note",
        "source",
        "setting",
        "recommendation",
        "ledger",
        "key",
        "stage",
        "frontier",
        "marginal",
        "pair",
        "disparity",
        "kept words",
        "trend",
        "history",
        "attack",
        "class",
        "check",
    ],
)
def test_hostile_names_and_labels_stay_text(page: str, where: str) -> None:
    facts = made_up_facts()
    put(facts, where)
    attacked = render_report(facts, SIZES)
    # Not a tag more than without it, and it can be read as it was written.
    pictures = re.compile(r'src="data:[^"]*"')
    tags = [re.findall(r"<[^>]*>", pictures.sub("", text)) for text in (attacked, page)]
    assert tags[0] == tags[1]
    assert TEXT.casefold() in unescape(attacked).casefold()
    for hostile in HOSTILE:
        assert hostile not in attacked or not re.search(r"[<>\"'&]", hostile)


def test_many_settings_sizes_and_disparities_still_make_a_small_page() -> None:
    facts = made_up_facts()
    facts["settings"]["event_columns"] = [f"column_{i}" for i in range(2_000)]
    facts["notes"] = [f"{i} people" for i in range(1_000)]
    facts["kept"]["disparities"] *= 500
    page = render_report(facts, np.arange(5, 20_000))
    assert len(page.encode()) < 500_000
    assert len(rows_of(page, "Personas and people")) <= 10
    assert len(rows_of(page, "Disparities of outcomes")) == 40
    assert "1,460 further ones are left out here" in page
