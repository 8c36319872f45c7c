"""The report: what it shows is what risk.json says, and it runs and loads nothing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from forging import edit_json, failing, rewrite_manifest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.population import CensusPopulation
from personatwin_sk.release import create_safe_personas, export_release, verify_release
from personatwin_sk.release._checks import Facts
from personatwin_sk.release._verify_report import report_problems

RISK = {
    "verdict": {"risk": 0.04321, "target_risk": 0.05, "level": "SAFE_FOR_RESEARCH"},
    "counts": {"personas": 1234, "released_people": 11757, "words": None},
    "risk": {"release": {"k_anonymity": 5, "upper": 4.321e-7, "has_population": True}},
    "frontier": [{"risk": 0.5}],
}
FIGURES = {
    "verdict/risk": (0.04321, "4.32 %"),
    "verdict/target_risk": (0.05, "5 %"),
    "verdict/level": ("SAFE_FOR_RESEARCH", "for research"),
    "counts/personas": (1234, "1,234"),
    "counts/released_people": (11757, "11,757 people"),
    "risk/release/k_anonymity": (5, "5"),
}


def page(extra: str = "", *, variant: str = "internal", **changed: Any) -> bytes:
    """Write a page with the figures that every report has; `changed` by the end of the name."""
    told = {}
    for name, figure in FIGURES.items():
        to = changed.get(name.rpartition("/")[2], figure)
        if to is not None:
            told[name] = to
    figures = "".join(
        f'<p><data class="figure" data-name="{name}" value="{value}">{shown}</data></p>'
        for name, (value, shown) in told.items()
    )
    body = f'<main data-variant="{variant}">{figures}{extra}</main>'
    return f"<!DOCTYPE html><html><head></head><body>{body}</body></html>".encode()


def problems(content: bytes) -> str:
    return "; ".join(report_problems(content, Facts("risk.json", RISK)))


@pytest.mark.parametrize("variant", ["internal", "shareable"])
def test_a_report_that_agrees_has_no_problems(variant: str) -> None:
    links = '<a href="#risk">risk</a><img src="data:image/png;base64,AAAA">'
    assert problems(page(links, variant=variant)) == ""


def figure(name: str, value: object, shown: str) -> str:
    return f'<data data-name="{name}" value="{value}">{shown}</data>'


@pytest.mark.parametrize(
    "shown",
    [
        "4.32 %", "4.321 %", "4 %", "4.3%", "0.0432", "0.04321", "0.04", "below 5 %", "< 4.33 %",
        "at most 4.33 %", "at least 4 %", "more than 4 %", "small", "", "4.32e-2", "risk of 4.32 %",
    ],
)  # fmt: skip
def test_a_number_is_compared_as_finely_as_it_is_written(shown: str) -> None:
    assert problems(page(figure("verdict/risk", 0.04321, shown))) == ""


@pytest.mark.parametrize(
    "shown",
    ["3.32 %", "4.33 %", "4.3 ", "0.05", "5 %", "below 4 %", "at least 5 %", "4.32e-3", "-4.32 %"],
)
def test_another_number_than_the_value_is_found(shown: str) -> None:
    assert problems(page(figure("verdict/risk", 0.04321, shown))) == (
        "report.html says otherwise than risk.json: verdict/risk"
    )


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"risk": (0.01, "1 %")}, "verdict/risk"),
        ({"risk": ("0.04x", "4.32 %")}, "verdict/risk"),
        ({"risk": ("true", "4.32 %")}, "verdict/risk"),
        ({"risk": (0.04321, "1 %")}, "verdict/risk"),
        ({"target_risk": (0.1, "10 %")}, "verdict/target_risk"),
        ({"level": ("SAFE_FOR_PUBLIC_RELEASE", "public")}, "verdict/level"),
        ({"personas": (1234, "1,243")}, "counts/personas"),
        ({"released_people": (11758, "11,758")}, "counts/released_people"),
        ({"k_anonymity": (50, "50")}, "risk/release/k_anonymity"),
    ],
)
def test_a_figure_that_says_otherwise_is_named(changed: dict[str, Any], name: str) -> None:
    assert problems(page(**changed)) == f"report.html says otherwise than risk.json: {name}"


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_is_not_there_is_named(name: str) -> None:
    assert problems(page(**{name.rpartition("/")[2]: None})) == f"report.html lacks {name}"


def test_small_numbers_lists_and_figures_that_are_none() -> None:
    assert problems(page(figure("risk/release/upper", 4.321e-7, "4.32e-05 %"))) == ""
    assert problems(page(figure("frontier/0/risk", 0.5, "50 %"))) == ""
    for name in ("frontier/1/risk", "counts/nobody", "counts/words", "verdict/risk/0"):
        assert problems(page(figure(name, 1, "1"))) == (
            "report.html has 1 figures that risk.json lacks"
        )
    for name in ("risk/release/has_population", "counts"):
        assert name in problems(page(figure(name, "true", "1")))


@pytest.mark.parametrize("variant", ["", "public", "INTERNAL"])
def test_a_report_says_which_variant_it_is(variant: str) -> None:
    assert "which of its variants" in problems(page(variant=variant))
    assert "which of its variants" in problems(page('<main data-variant="internal"></main>'))


@pytest.mark.parametrize(
    "foreign",
    [
        "<script>1</script>",
        "<iframe></iframe>",
        "<object></object>",
        '<a href="https://example.org">x</a>',
        '<a href="//example.org">x</a>',
        '<a href=" JavaScript:x()">x</a>',
        '<img src="http://example.org/x.png">',
        '<img src="data:text/html,x">',
        '<p onclick="x()">x</p>',
        '<form action="#"></form>',
        '<meta http-equiv="refresh" content="0;url=#">',
        '<base href="#">',
        '<link href="#">',
        '<svg><use xlink:href="https://example.org/x"/></svg>',
    ],
)
def test_what_runs_or_loads_is_found(foreign: str) -> None:
    assert problems(page(foreign)) == "report.html runs or loads something in 1 places"


def test_a_page_that_is_none() -> None:
    assert problems(b"\xff\xfe") == "report.html is not UTF-8"
    assert "lacks verdict/risk" in problems(b"")
    assert "canary" not in problems(page(figure("canary", "canary", "canary")))


# whole folders


@pytest.fixture(scope="module")
def results() -> Any:
    people = make_people_events(200, random_state=3, areas=["39061"])
    census = CensusPopulation(source="bundled")
    return create_safe_personas(people, population=census, known_events=0, random_state=0)


@pytest.mark.parametrize("variant", ["internal", "shareable"])
def test_both_reports_of_a_release_hold_and_are_held(
    results: Any, tmp_path: Path, variant: str
) -> None:
    folder = tmp_path / "safe"
    export_release(results, folder, report_variant=variant)
    found = verify_release(folder)
    assert found.holds and "report" in {check.name for check in found.checks}
    written = (folder / "report.html").read_text("utf-8")
    assert f'data-variant="{variant}"' in written
    names = set(re.findall(r'data-name="([^"]+)"', written))
    assert set(FIGURES) <= names
    # Every figure is held to what risk.json says of it, whether by value or by what is shown.
    risk = json.loads((folder / "risk.json").read_text())
    for name in sorted(names):
        tag = re.search(rf'<data [^>]*data-name="{name}" value="([^"]*)">', written)
        assert tag is not None
        forged = written.replace(tag[0], tag[0].replace(f'value="{tag[1]}"', 'value="0.12345"'))
        (folder / "report.html").write_text(forged, "utf-8")
        rewrite_manifest(folder)
        found = verify_release(folder)
        assert failing(found) == {"report"} and name in str(found)
    shown = re.sub(r'(data-name="verdict/risk"[^>]*>)[^<]*<', r"\g<1>0.1 %<", written)
    for forged, message in (
        (shown, "verdict/risk"),
        (written.replace("</main>", "<script>1</script></main>"), "runs or loads"),
    ):
        if risk["verdict"]["risk"] != 0.001:
            (folder / "report.html").write_text(forged, "utf-8")
            rewrite_manifest(folder)
            assert message in str(verify_release(folder))


def test_the_report_of_another_release_is_found(results: Any, tmp_path: Path) -> None:
    for name, target in (("one", 0.05), ("other", 0.2)):
        people = make_people_events(200, random_state=3, areas=["39061"])
        if name == "other":
            results = create_safe_personas(people, "low", target_risk=target, known_events=0)
        export_release(results, tmp_path / name)
    shutil.copy(tmp_path / "other" / "report.html", tmp_path / "one" / "report.html")
    rewrite_manifest(tmp_path / "one")
    assert failing(verify_release(tmp_path / "one")) == {"report"}


def test_a_release_without_a_report_has_no_such_check(aggregated: Path) -> None:
    assert "report" not in {check.name for check in verify_release(aggregated).checks}


def test_the_report_is_held_to_figures_that_are_there(results: Any, tmp_path: Path) -> None:
    export_release(results, tmp_path / "safe")
    edit_json(tmp_path / "safe", "risk.json", lambda facts: facts["counts"].update(personas=1))
    rewrite_manifest(tmp_path / "safe")
    assert "report" in failing(verify_release(tmp_path / "safe"))


@pytest.fixture(scope="module")
def exported(results: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "safe"
    export_release(results, folder)
    return folder


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<h2 id=", "<p>Certified by the authority.</p><h2 id="),
        ("no legal advice", "legal advice"),
        (" not met", " met"),
        ("<td>", "<td>0."),
    ],
)
def test_words_that_were_changed_are_found(
    exported: Path, tmp_path: Path, old: str, new: str
) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "safe"))
    written = (folder / "report.html").read_text("utf-8")
    assert old in written
    (folder / "report.html").write_text(written.replace(old, new, 1), "utf-8")
    rewrite_manifest(folder)
    # The page lists digests of the tables, which are as they were.
    found = verify_release(folder)
    assert failing(found) == {"report"}
    assert "1 lines of report.html are not what risk.json gives" in str(found)


def test_charts_of_another_matplotlib_are_no_problem(exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "safe"))
    written = (folder / "report.html").read_text("utf-8")
    other = written.replace("data:image/svg+xml;base64,", "data:image/svg+xml;base64,PCEtLSBiIC0t")
    assert other != written
    (folder / "report.html").write_text(other, "utf-8")
    rewrite_manifest(folder)
    assert verify_release(folder).holds


def test_the_text_of_another_version_is_left_alone(exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "safe"))
    edit_json(folder, "risk.json", lambda facts: facts["versions"].update(personatwin_sk="0.0"))
    rewrite_manifest(folder)
    found = verify_release(folder)
    assert found.holds and "its text could only be compared by its own version" in str(found)


def test_what_the_report_tells_has_to_be_in_risk_json(exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "safe"))
    edit_json(folder, "risk.json", lambda facts: facts.pop("checks"))
    rewrite_manifest(folder)
    found = verify_release(folder)
    assert "risk.json lacks something that its report tells" in str(found)
