"""The examples run as they stand, and show what they say they show."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from personatwin_sk import ReidentificationRisk

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The names that the example of the search leaves behind, run in a folder of its own."""
    matplotlib = pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("search")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.chdir(folder)
        matplotlib.use("agg")
        names = runpy.run_path(str(EXAMPLES / "search_and_frontier.py"))
    return {**names, "folder": folder}


def test_the_naive_way_is_worse_than_it_looks(searched: dict[str, Any]) -> None:
    report = searched["report"]
    assert report.upper < 0.25
    assert report.event_risk.upper > 2 * report.upper


def test_the_search_keeps_the_bound_and_says_so_of_its_own_release(
    searched: dict[str, Any],
) -> None:
    search, risk = searched["search"], searched["risk"]
    assert isinstance(risk, ReidentificationRisk)
    again = risk(searched["events"], searched["released"])
    assert max(again.upper, again.event_risk.upper) == search.best_risk_ <= 0.3
    assert 0 < searched["measured"] < len(searched["results"])
    assert searched["personas"]["class_size"].min() >= search.best_params_["merge__k"]


def test_the_frontier_shows_the_choice_among_all(searched: dict[str, Any]) -> None:
    everything, frontier = searched["everything"], searched["everything"].frontier_
    assert not np.isnan(everything.cv_results_["risk_upper"]).any()
    assert 0.1 <= everything.cv_results_["feasible"].mean() <= 0.9
    assert frontier["risk_upper"].is_monotonic_increasing
    assert frontier["utility"].is_monotonic_increasing
    assert frontier["chosen"].sum() == frontier["knee"].sum() == 1
    chosen = frontier[frontier["chosen"]].iloc[0]
    assert chosen["utility"] == everything.best_score_
    # Beyond the bound there is more to be had: that is what the plot is for.
    assert frontier["utility"].max() > everything.best_score_
    picture = (searched["folder"] / "frontier.svg").read_text("utf-8")
    assert "<svg" in picture and "Court events of 600 people" in picture
