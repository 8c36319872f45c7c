"""The log of a search's stages, from tables of results that are written out here."""

from __future__ import annotations

import json

import numpy as np
import pytest

from personatwin_sk.release._decision_log import DecisionLog, setting_in_words


def results(*rows: tuple[int, float | None, float | None, bool], **fixed):
    """``cv_results_`` of settings of k: risk, usefulness, and whether it may be released."""
    return {
        "params": [{"merge__k": k, **fixed} for k, *_ in rows],
        "risk_upper": np.array([np.nan if risk is None else risk for _, risk, _, _ in rows]),
        "utility": np.array([np.nan if kept is None else kept for _, _, kept, _ in rows]),
        "feasible": np.array([good for *_, good in rows]),
    }


def k_grid(*sizes: int):
    return [{"merge__k": list(sizes)}]


def test_settings_in_words() -> None:
    everything = {
        "merge__k": 57,
        "dates__precision": "year",
        "dates__jitter": 365,
        "geography__level": "state",
        "outcomes__flip_probability": 0.25,
        "numbers__spread": 3,
    }
    assert setting_in_words(everything) == (
        "k = 57, dates by the year, dates moved by up to 365 days, places by state, "
        "25% of outcomes redrawn, numbers__spread = 3"
    )
    assert setting_in_words({}) == "everything at the floors"


def test_a_stage_tells_where_the_search_stood_and_stands() -> None:
    log = DecisionLog(0.05)
    first = results((5, 0.4, 0.9, False), (10, 0.3, 0.8, False), (20, 0.04, 0.5, True))
    log.add("classes", k_grid(5, 10, 20), first, 2)
    (entry,) = log.entries
    assert entry["tried"] == {"merge__k": [5, 10, 20]}
    assert (entry["n_settings"], entry["n_measured"], entry["n_within_target"]) == (3, 3, 1)
    assert entry["before"] == {
        "params": {"merge__k": 5},
        "risk": 0.4,
        "utility": 0.9,
        "within_target": False,
    }
    assert entry["after"] == {
        "params": {"merge__k": 20},
        "risk": 0.04,
        "utility": 0.5,
        "within_target": True,
    }
    assert entry["effect"] == (
        "1 of 3 settings is within 5 %. k = 20 has a risk of 4 % and keeps 50 %, where k = 5 has "
        "a risk of 40 % and keeps 90 %."
    )
    assert not log.is_unbeaten()


def test_a_later_stage_replaces_only_what_it_betters() -> None:
    log = DecisionLog(0.05)
    log.add("classes", k_grid(5, 20), results((5, 0.4, 0.9, False), (20, 0.04, 0.5, True)), 1)
    year = {"dates__precision": "year"}
    log.add("dates", k_grid(5), results((5, 0.03, 0.4, True), **year), 0)
    assert log.entries[1]["before"] == log.entries[1]["after"] == log.entries[0]["after"]
    assert log.entries[1]["effect"] == (
        "1 of 1 setting is within 5 %. k = 5, dates by the year has a risk of 3 % and keeps 40 %, "
        "where k = 20 has a risk of 4 % and keeps 50 %; the latter stays."
    )
    log.add("between", k_grid(10), results((10, 0.05, 0.6, True), **year), 0)
    assert log.entries[2]["effect"].endswith("where k = 20 has a risk of 4 % and keeps 50 %.")
    assert log.entries[2]["after"]["params"] == {"merge__k": 10, **year}
    # Equally useful and safer is better.
    log.add("between", k_grid(11), results((11, 0.02, 0.6, True), **year), 0)
    assert log.entries[3]["after"]["params"]["merge__k"] == 11


def test_without_any_setting_within_the_target_the_nearest_stands() -> None:
    log = DecisionLog(0.05)
    log.add("classes", k_grid(5, 20), results((5, 0.4, 0.9, False), (20, 0.2, 0.5, False)), 1)
    assert log.entries[0]["effect"].startswith("None of 2 settings is within 5 %. k = 20 has a")
    log.add("places", k_grid(5), results((5, 0.3, 0.7, False), geography__level="state"), 0)
    assert log.entries[1]["after"] == log.entries[0]["after"]
    log.add("outcomes", k_grid(5), results((5, 0.1, 0.1, False)), 0)
    assert log.entries[2]["after"]["risk"] == 0.1
    log.end()
    assert [entry["next"] for entry in log.entries] == [
        "That does not do: wider places, which cost more, are tried next.",
        "That does not do: noisier outcomes are tried next.",
        "Nothing is left to try: there is no release.",
    ]
    assert not any(setting["chosen"] for setting in log.frontier())


def test_one_setting_within_the_target_beats_any_nearest() -> None:
    log = DecisionLog(0.05)
    log.add("classes", k_grid(5), results((5, 0.06, 0.9, False)), 0)
    log.add("dates", k_grid(5), results((5, 0.05, 0.1, True)), 0)
    assert log.entries[1]["after"]["within_target"]
    assert log.entries[0]["next"] == "Larger classes alone do not do: dates are blurred next."


def test_what_was_spared_is_null_and_counted() -> None:
    log = DecisionLog(0.05)
    spared = results((5, 0.04, 0.9, True), (10, None, 0.8, False), (20, None, None, False))
    log.add("classes", k_grid(5, 10, 20), spared, 0)
    log.end()
    (entry,) = log.entries
    assert (entry["n_settings"], entry["n_measured"], entry["n_within_target"]) == (3, 1, 1)
    assert entry["effect"].startswith("1 of 1 measured setting is within 5 %. k = 5 has a risk")
    assert log.is_unbeaten()
    assert entry["next"].startswith("No setting that was tried keeps more")
    assert [setting["params"] for setting in log.frontier()] == [{"merge__k": 5}]

    log = DecisionLog(0.05)
    at_floor = results((5, None, None, False), (10, 0.05, 0.8, True))
    log.add("classes", k_grid(5, 10), at_floor, 1)
    assert log.entries[0]["before"]["risk"] is log.entries[0]["before"]["utility"] is None
    assert log.entries[0]["effect"].endswith("k = 10 has a risk of 5 % and keeps 80 %.")
    json.dumps(log.entries, allow_nan=False)


def test_unbeaten_looks_at_all_stages() -> None:
    log = DecisionLog(0.05)
    log.add("classes", k_grid(5, 10), results((5, 0.4, 0.9, False), (10, 0.05, 0.8, True)), 1)
    log.add("dates", k_grid(5), results((5, 0.05, 0.85, True), dates__precision="year"), 0)
    assert not log.is_unbeaten()
    log.end()
    assert log.entries[-1]["next"] == (
        "Of all that was tried within the target, k = 5, dates by the year keeps most: the search "
        "ends."
    )


def test_the_frontier_is_that_of_all_stages_together() -> None:
    log = DecisionLog(0.05)
    log.add(
        "classes",
        k_grid(5, 10, 20),
        results((5, 0.4, 0.9, False), (10, 0.3, 0.8, False), (20, 0.04, 0.5, True)),
        2,
    )
    year = {"dates__precision": "year"}
    log.add(
        "dates", k_grid(5, 10), results((5, 0.1, 0.85, False), (10, 0.05, 0.8, True), **year), 1
    )
    found = [
        (s["params"]["merge__k"], len(s["params"]), s["risk"], s["utility"], s["within_target"])
        for s in log.frontier()
    ]
    # 10 at the floors is beaten by 10 by the year.
    assert found == [
        (20, 1, 0.04, 0.5, True),
        (10, 2, 0.05, 0.8, True),
        (5, 2, 0.1, 0.85, False),
        (5, 1, 0.4, 0.9, False),
    ]
    marks = [(setting["knee"], setting["chosen"]) for setting in log.frontier()]
    # Of the box .36 by .4: heights over the chord .75 - 1/36, .875 - 1/6.
    assert marks == [(False, False), (True, True), (False, False), (False, False)]
    assert [s["words"] for s in log.frontier()][1] == "k = 10, dates by the year"


def test_the_same_setting_in_two_stages_is_marked_once() -> None:
    log = DecisionLog(0.05)
    log.add("classes", k_grid(5), results((5, 0.06, 0.8, False)), 0)
    # Other noise, as keys are drawn anew.
    log.add("between", k_grid(5), results((5, 0.04, 0.8, True)), 0)
    (only,) = log.frontier()
    assert only["chosen"] and only["risk"] == 0.04


@pytest.mark.parametrize("name", ["classes", "dates", "places", "outcomes", "between"])
def test_every_stage_says_what_it_tries(name: str) -> None:
    log = DecisionLog(0.05)
    log.add(name, k_grid(5), results((5, 0.06, 0.8, False)), 0)
    assert log.entries[0]["what"].endswith(".") and log.entries[0]["next"] == ""


def test_an_entry_is_ready_for_json() -> None:
    log = DecisionLog(0.05)
    log.add("classes", k_grid(5), results((5, 0.06, 0.8, False)), 0)
    log.end()
    assert json.loads(json.dumps(log.entries, allow_nan=False)) == log.entries
    assert json.loads(json.dumps(log.frontier(), allow_nan=False)) == log.frontier()
