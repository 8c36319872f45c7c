"""The plot of a search: what is drawn, read back from the axes."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from searching import Looked, X, along_a, report, search_of
from sklearn.exceptions import NotFittedError

from personatwin_sk import RiskUtilityDisplay
from personatwin_sk.exceptions import InfeasibleRiskError

RISKS = along_a(0.02, 0.04, 0.05, 0.5, 0.9)
UTILITIES = along_a(0.3, 0.8, 0.7, 0.9, 0.95)


def reports_of(*uppers):
    return along_a(*(report(upper) for upper in uppers))


@pytest.fixture(autouse=True)
def backend():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture
def search():
    return search_of(RISKS, UTILITIES, strategy="exhaustive").fit(X)


@pytest.fixture
def axes():
    return Figure().subplots()


def labels(display) -> list[str]:
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_points_frontier_and_marks_are_where_the_table_says(search, axes) -> None:
    display = RiskUtilityDisplay.from_search(search, ax=axes)
    assert display.ax_ is axes and display.figure_ is axes.figure
    table = search.frontier_
    assert np.asarray(display.points_.get_offsets()).tolist() == [
        [0.02, 0.3],
        [0.04, 0.8],
        [0.05, 0.7],
        [0.5, 0.9],
        [0.9, 0.95],
    ]
    assert display.line_.get_xydata().tolist() == [
        [0.02, 0.3],
        [0.04, 0.8],
        [0.5, 0.9],
        [0.9, 0.95],
    ]
    assert display.line_.get_xydata().tolist() == table[["risk_upper", "utility"]].values.tolist()
    assert display.chosen_.get_xydata().tolist() == [[0.04, 0.8]]
    assert display.knee_.get_xydata().tolist() == [[0.04, 0.8]]
    assert set(display.target_line_.get_xdata()) == {0.05}
    assert labels(display) == ["Measured", "Frontier", "Knee", "Chosen", "Target"]
    assert axes.get_xlabel() == "Risk (upper limit)" and axes.get_ylabel() == "Utility"


def test_between_two_candidates_usefulness_does_not_rise(search, axes) -> None:
    assert RiskUtilityDisplay.from_search(search, ax=axes).line_.get_drawstyle() == "steps-post"


def test_every_mark_differs_in_shape_not_only_in_colour(search, axes) -> None:
    display = RiskUtilityDisplay.from_search(search, ax=axes)
    shapes = {line.get_marker() for line in (display.line_, display.knee_, display.chosen_)}
    assert len(shapes) == 3
    assert display.line_.get_linestyle() != display.target_line_.get_linestyle()


def test_without_axes_it_makes_a_figure_and_can_be_drawn_again(search, axes) -> None:
    display = RiskUtilityDisplay.from_search(search)
    assert plt.get_fignums() == [display.figure_.number]
    first = display.figure_
    assert display.plot(ax=axes) is display
    assert display.figure_ is axes.figure is not first


def test_keywords_reach_what_they_are_for(search, axes) -> None:
    display = RiskUtilityDisplay.from_search(
        search, ax=axes, scatter_kw={"label": "Settings"}, line_kw={"color": "black"}
    )
    assert labels(display)[0] == "Settings"
    assert display.line_.get_color() == "black"
    again = display.plot(Figure().subplots(), line_kw={"label": "Best to be had"})
    assert labels(again)[1] == "Best to be had" and again.line_.get_color() != "black"


def test_several_risks_are_one_by_their_share_of_the_target(axes) -> None:
    one, other = Looked(reports_of(0.02, 0.04)), Looked(reports_of(0.15, 0.1))
    search = search_of(RISKS, along_a(0.3, 0.8), grid={"a": [0, 1]}, strategy="exhaustive")
    search.set_params(risk={"one": one, "other": other}, target_risk={"one": 0.05, "other": 0.2})
    display = RiskUtilityDisplay.from_search(search.fit(X), ax=axes)
    # .02/.05 and .15/.2; .04/.05 and .1/.2
    assert np.asarray(display.points_.get_offsets())[:, 0] == pytest.approx([0.75, 0.8])
    assert set(display.target_line_.get_xdata()) == {1.0}
    assert axes.get_xlabel() == "Risk (largest share of its target)"
    assert display.chosen_.get_xdata() == pytest.approx([0.8])


def test_one_risk_with_a_name_has_its_own_target(axes) -> None:
    search = search_of(RISKS, along_a(0.3, 0.8), grid={"a": [0, 1]}, strategy="exhaustive")
    search.set_params(risk={"only": Looked(reports_of(0.02, 0.04))}, target_risk={"only": 0.03})
    display = RiskUtilityDisplay.from_search(search.fit(X), ax=axes)
    assert set(display.target_line_.get_xdata()) == {0.03}
    assert axes.get_xlabel() == "Risk (upper limit)"


def test_the_person_most_at_risk_is_named(axes) -> None:
    reports = reports_of(0.02, 0.04)
    for made in reports.values():
        made.max_risk, made.event_risk.max = 2 * made.upper, 0.0
    search = search_of(RISKS, along_a(0.3, 0.8), grid={"a": [0, 1]}, strategy="exhaustive")
    search.set_params(risk=Looked(reports), risk_on="max", target_risk=0.05)
    display = RiskUtilityDisplay.from_search(search.fit(X), ax=axes)
    assert axes.get_xlabel() == "Risk (of the person most at risk)"
    assert np.asarray(display.points_.get_offsets())[:, 0] == pytest.approx([0.04, 0.08])


def test_nothing_is_marked_where_there_is_nothing(axes) -> None:
    search = search_of(along_a(0.2, 0.3), along_a(0.5, 0.9))
    with pytest.raises(InfeasibleRiskError):
        search.fit(X)
    display = RiskUtilityDisplay.from_search(search, ax=axes)
    assert display.chosen_ is None and display.knee_ is None
    assert labels(display) == ["Measured", "Frontier", "Target"]
    without = RiskUtilityDisplay(risk=[0.2], utility=[0.5], frontier=[0]).plot(Figure().subplots())
    assert without.target_line_ is None


def test_what_was_not_measured_is_not_drawn(axes) -> None:
    risks = {**along_a(0.02, 0.04), (2, 0): report(float("nan"))}
    search = search_of(risks, along_a(0.3, 0.8, 0.9), strategy="exhaustive").fit(X)
    display = RiskUtilityDisplay.from_search(search, ax=axes)
    drawn = np.ma.compressed(np.ma.masked_invalid(display.points_.get_offsets()[:, 0]))
    assert sorted(drawn) == [0.02, 0.04]
    assert np.isfinite(display.line_.get_xydata()).all()


def test_an_unfitted_search_is_refused(axes) -> None:
    with pytest.raises(NotFittedError):
        RiskUtilityDisplay.from_search(search_of(RISKS, UTILITIES), ax=axes)


def test_without_matplotlib_it_says_what_to_install(monkeypatch, search, axes) -> None:
    display = RiskUtilityDisplay.from_search(search, ax=axes)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in (display.plot, lambda: RiskUtilityDisplay.from_search(search)):
        with pytest.raises(ImportError, match=r"needs matplotlib.*personatwin_sk\[report\]"):
            draw()


def test_importing_the_package_does_not_load_matplotlib() -> None:
    import subprocess

    code = "import personatwin_sk, sys; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
