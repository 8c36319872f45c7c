"""The stages of a release's search, with measures whose answers are known."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.release import make_release_pipeline
from personatwin_sk.release._search import StagedSearch, least_event_risk
from personatwin_sk.risk import ReidentificationRisk


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abc")), min_size=1, max_size=40))
def test_least_event_risk_is_that_of_a_plain_loop(rows: list[tuple[int, str]]) -> None:
    of_people = []
    for person in {who for who, _ in rows}:
        kinds = [kind for who, kind in rows if who == person]
        chances = [1 / len({who for who, other in rows if other == kind}) for kind in kinds]
        of_people.append(sum(chances) / len(chances))
    people = np.array([who for who, _ in rows])
    measured = least_event_risk(people, pd.Series([kind for _, kind in rows], dtype=object))
    assert measured == pytest.approx(sum(of_people) / len(of_people))


def test_an_event_type_that_is_null_is_a_type() -> None:
    types = pd.Series(["arrest", None, None], dtype=object)
    assert least_event_risk(np.array([0, 1, 2]), types) == pytest.approx(2 / 3)


PEOPLE = pd.DataFrame(
    {
        "person_id": [f"p{i}" for i in range(120)],
        "age": np.arange(120) % 60,
        "geography": ["Hamilton County, OH", "Butler County, OH"] * 60,
    }
)
PIPELINE = make_release_pipeline(columns=PEOPLE.columns)


def smallest(released: pd.DataFrame) -> int:
    return int(released["person_id"].value_counts().min())


def report(risk: float, released: pd.DataFrame):
    return SimpleNamespace(
        upper=risk,
        population_average_risk=risk,
        k_anonymity=smallest(released),
        event_risk=SimpleNamespace(mean=0.0, upper=0.0),
    )


def utility(original: pd.DataFrame, released: pd.DataFrame) -> float:
    """More personas are more useful."""
    return float(released["person_id"].nunique())


def staged(risk, target: float = 0.05) -> StagedSearch:
    return StagedSearch(PIPELINE, risk=risk, utility=utility, target_risk=target)


def test_finds_a_setting_between_the_doubled_ones() -> None:
    # Feasible where every class holds at least 8 people: between the 5 and 10 of doubling.
    def risk(original, released):
        return report(0.01 if smallest(released) >= 8 else 0.9, released)

    search = staged(risk).run(PEOPLE, 120, dates_matter=False)
    assert 5 < search.best_params_["merge__k"] < 10
    assert smallest(search.transform(PEOPLE)) == 8


def test_stays_at_the_floor_where_that_is_safe() -> None:
    runner = staged(lambda original, released: report(0.01, released))
    assert runner.run(PEOPLE, 120, dates_matter=False).best_params_ == {"merge__k": 5}
    assert runner.n_candidates == 4  # 5, 10, 20, 40


def test_goes_to_wider_places_only_where_nothing_else_does() -> None:
    # One county in each of two states: no merger of counties alone can be released as "Ohio".
    far_apart = PEOPLE.assign(geography=["Hamilton County, OH", "Kings County, NY"] * 60)

    def risk(original, released):
        return report(0.01 if "Ohio" in set(released["geography"]) else 0.9, released)

    runner = staged(risk)
    search = runner.run(far_apart, 120, dates_matter=False)
    assert search.best_params_["geography__level"] == "state"
    # The floor's four, then both wider levels of each; nothing is between.
    assert runner.n_candidates == 4 + 8


def test_says_so_where_nothing_does() -> None:
    with pytest.raises(InfeasibleRiskError) as caught:
        staged(lambda original, released: report(0.9, released)).run(
            PEOPLE, 120, dates_matter=False
        )
    assert caught.value.nearest_risk == pytest.approx(0.9)


def test_a_table_without_places_has_no_wider_ones() -> None:
    people = PEOPLE.drop(columns="geography")
    runner = StagedSearch(
        make_release_pipeline(columns=people.columns),
        risk=lambda original, released: report(0.9, released),
        utility=utility,
        target_risk=0.05,
    )
    with pytest.raises(InfeasibleRiskError):
        runner.run(people, 120, dates_matter=False)
    assert runner.n_candidates == 4


def test_the_nearest_of_all_stages_is_named() -> None:
    def risk(original, released):
        at_floor = set(released["geography"]) & set(PEOPLE["geography"])
        return report(0.2 if at_floor else 0.9, released)

    with pytest.raises(InfeasibleRiskError, match="The nearest") as caught:
        staged(risk).run(PEOPLE, 120, dates_matter=False)
    assert caught.value.nearest_risk == pytest.approx(0.2)
    assert "geography__level" not in caught.value.nearest_params
    log = caught.value.decision_log
    assert [entry["stage"] for entry in log] == ["classes", "places"]
    assert log[0]["after"] == log[1]["after"] and log[1]["after"]["risk"] == 0.2
    assert "In all, 12 settings were tried (stages: classes, places)." in str(caught.value)


EVENTS = pd.DataFrame(
    {
        "person_id": np.repeat(PEOPLE["person_id"].to_numpy(), 2),
        "age": np.repeat(np.arange(120), 2),
        "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(240) % 700, "D"),
        "event_type": ["arrest", "trial"] * 120,
        "outcome": ["released", "guilty", "detained", "acquitted"] * 60,
    }
)


def of_dates(released: pd.DataFrame) -> str:
    """The precision of released dates, read off their labels: 2020-03, 2020-Q1, 2020."""
    label = str(released["date"].iloc[0])
    return "year" if len(label) == 4 else "quarter" if "Q" in label else "month"


def fewest(released: pd.DataFrame) -> int:
    """People of the smallest class: everybody has two events."""
    return smallest(released) // 2


def with_events(risk, *, keeps=None, target: float = 0.05) -> StagedSearch:
    pipeline = make_release_pipeline(
        "criminal_justice", columns=EVENTS.columns, quasi_identifiers=["age"], random_state=0
    )
    return StagedSearch(pipeline, risk=risk, utility=keeps or utility, target_risk=target)


def stages(runner: StagedSearch) -> list[str]:
    return [entry["stage"] for entry in runner.log.entries]


def test_the_floors_are_taken_without_further_ado_where_they_do() -> None:
    runner = with_events(lambda original, released: report(0.01, released))
    search = runner.run(EVENTS, 120, dates_matter=True)
    assert search.best_params_ == {"merge__k": 5}
    assert stages(runner) == ["classes"]
    (entry,) = runner.log.entries
    assert entry["n_settings"] == 4 and entry["before"] == entry["after"]
    assert entry["next"] == (
        "No setting that was tried keeps more, and going further would give up more: the search "
        "ends."
    )


def test_dates_are_blurred_where_that_allows_smaller_classes() -> None:
    def risk(original, released):
        needed = {"month": 40, "quarter": 20, "year": 10}[of_dates(released)]
        return report(0.01 if fewest(released) >= needed else 0.3, released)

    runner = with_events(risk)
    search = runner.run(EVENTS, 120, dates_matter=True)
    # Ten by the year keeps twelve personas, forty by the month three; between 5 and 10 none does.
    assert search.best_params_["merge__k"] == 10
    assert search.best_params_["dates__precision"] == "year"
    assert stages(runner) == ["classes", "dates", "between", "between"][: len(stages(runner))]
    classes, dates, *_ = runner.log.entries
    assert classes["after"]["params"] == {"merge__k": 40}
    assert classes["next"] == (
        "Smaller classes keep more, and coarser dates may make them safe: dates are blurred next."
    )
    assert classes["before"] == {
        "params": {"merge__k": 5},
        "risk": 0.3,
        "utility": 24.0,
        "within_target": False,
    }
    assert dates["before"] == classes["after"]
    assert dates["after"]["params"]["merge__k"] == 10
    assert dates["tried"] == {
        "merge__k": [5, 10, 20, 40],
        "dates__precision": ["quarter", "year"],
        "dates__jitter": [183, 365],
    }
    assert dates["n_settings"] == 16
    assert runner.log.entries[-1]["after"]["params"] == search.best_params_


def test_a_later_stage_that_finds_less_changes_nothing() -> None:
    def risk(original, released):
        needed = 20 if of_dates(released) == "month" else 40
        return report(0.01 if fewest(released) >= needed else 0.3, released)

    runner = with_events(risk)
    search = runner.run(EVENTS, 120, dates_matter=True)
    assert "dates__precision" not in search.best_params_
    assert fewest(search.transform(EVENTS)) == 20
    assert runner.log.entries[1]["n_within_target"] > 0
    assert runner.log.entries[1]["after"] == runner.log.entries[0]["after"]


def test_what_was_not_measured_may_still_bound_a_gap() -> None:
    # By the year ten will do. By the quarter, which keeps more, twelve: ten of it fails, twenty
    # keeps less than ten by the year, so that its risk is not measured, and between them lies
    # the best.
    needed = {"month": 1_000, "quarter": 12, "year": 10}

    def risk(original, released):
        return report(0.01 if fewest(released) >= needed[of_dates(released)] else 0.3, released)

    def keeps(original, released):
        return utility(original, released) + 3.0 * (of_dates(released) == "quarter")

    search = with_events(risk, keeps=keeps).run(EVENTS, 120, dates_matter=True)
    assert search.best_params_ == {"merge__k": 12, "dates__precision": "quarter"}


def test_dates_stay_where_the_attacker_does_not_know_them() -> None:
    runner = with_events(lambda original, released: report(0.9, released))
    with pytest.raises(InfeasibleRiskError):
        runner.run(EVENTS, 120, dates_matter=False)
    assert "dates" not in stages(runner)


def test_outcomes_come_last_and_at_the_nearest_setting() -> None:
    def risk(original, released):
        redrawn = (original["outcome"].to_numpy() != released["outcome"].to_numpy()).mean()
        near = 0.2 if fewest(released) >= 20 and of_dates(released) == "year" else 0.9
        return report(0.01 if redrawn > 0.1 and near == 0.2 else near, released)

    runner = with_events(risk)
    search = runner.run(EVENTS, 120, dates_matter=True)
    assert stages(runner)[:3] == ["classes", "dates", "outcomes"]
    outcomes = runner.log.entries[2]
    assert outcomes["before"]["risk"] == 0.2 and outcomes["after"]["within_target"]
    assert {name: values for name, values in outcomes["tried"].items() if len(values) > 1} == {
        "outcomes__flip_probability": [0.25, 0.5]
    }
    assert search.best_params_["outcomes__flip_probability"] == 0.25
    assert outcomes["before"]["params"].items() <= search.best_params_.items()
    assert runner.log.entries[1]["next"] == "That does not do: noisier outcomes are tried next."


def test_a_refusal_hands_over_what_was_tried_and_says_there_is_nothing_left() -> None:
    runner = with_events(
        lambda original, released: report(1 / fewest(released), released), target=0.01
    )
    with pytest.raises(InfeasibleRiskError) as caught:
        runner.run(EVENTS, 120, dates_matter=True)
    log = caught.value.decision_log
    assert [entry["stage"] for entry in log] == ["classes", "dates", "outcomes"]
    assert log[-1]["next"] == "Nothing is left to try: there is no release."
    assert log[0]["next"] == "Larger classes alone do not do: dates are blurred next."
    assert all(entry["n_within_target"] == 0 for entry in log)
    assert all(entry["n_measured"] == entry["n_settings"] for entry in log)
    assert sum(entry["n_settings"] for entry in log) == runner.n_candidates == 4 + 16 + 2
    assert f"In all, {runner.n_candidates} settings were tried" in str(caught.value)
    assert caught.value.nearest_risk == log[-1]["after"]["risk"] == pytest.approx(1 / 40)


@pytest.fixture(scope="module")
def by_size() -> dict[int, tuple[int, int]]:
    """Of every k up to a third: people of the smallest class, and number of personas."""
    released = {
        k: clone(PIPELINE).set_params(merge__k=k).fit_transform(PEOPLE) for k in range(5, 41)
    }
    return {k: (smallest(table), int(utility(PEOPLE, table))) for k, table in released.items()}


@pytest.mark.parametrize("least", [6, 7, 9, 13, 21, 33, 40])
def test_the_second_look_comes_close_to_the_best_of_all_sizes(by_size, least: int) -> None:
    def risk(original, released):
        return report(0.01 if smallest(released) >= least else 0.9, released)

    runner = staged(risk)
    search = runner.run(PEOPLE, 120, dates_matter=False)
    assert smallest(search.transform(PEOPLE)) >= least
    most = max(personas for people, personas in by_size.values() if people >= least)
    assert most - 1 <= search.best_score_ <= most
    assert set(stages(runner)) <= {"classes", "between"}


def test_the_answer_is_the_best_of_all_stages_and_the_log_says_so() -> None:
    rng = np.random.default_rng(3)
    seen: list[tuple[float, float]] = []

    def risk(original, released):
        drawn = float(rng.uniform(0, 0.2))
        seen.append((utility(original, released), drawn))
        return report(drawn, released)

    runner = with_events(risk)
    search = runner.run(EVENTS, 120, dates_matter=True)
    # Risks as of a fair die: whatever was measured, nothing within the target keeps more.
    assert search.best_score_ == max(kept for kept, drawn in seen if drawn <= 0.05)
    last = runner.log.entries[-1]
    assert last["after"]["params"] == search.best_params_
    assert last["after"]["risk"] == search.best_risk_
    assert last["after"]["utility"] == search.best_score_
    for one, other in itertools.pairwise(runner.log.entries):
        assert one["after"] == other["before"] and one["next"]
    frontier = runner.log.frontier()
    (chosen,) = [setting for setting in frontier if setting["chosen"]]
    assert chosen["params"] == search.best_params_
    assert all(
        a["risk"] <= b["risk"] and a["utility"] <= b["utility"]
        for a, b in itertools.pairwise(frontier)
    )
    measured = {(kept, drawn) for kept, drawn in seen}
    assert {(setting["utility"], setting["risk"]) for setting in frontier} <= measured
    json.dumps([runner.log.entries, frontier], allow_nan=False)


@dataclass(frozen=True)
class Watched(ReidentificationRisk):
    """Says for how many releases it was asked, and answers what it was told to."""

    asked: list[float] = field(default_factory=list)
    least: int = 0

    def __call__(self, original, released):
        self.asked.append(self.n_compared)
        return report(0.01 if smallest(released) >= self.least else 0.9, released)


@pytest.mark.parametrize("least", [0, 8, 1_000])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_limits_hold_for_all_that_could_be_tried_at_once(confidence: float, least: int) -> None:
    watched = Watched(["age"], confidence=confidence, least=least)
    runner = staged(watched)
    if least == 1_000:
        with pytest.raises(InfeasibleRiskError):
            runner.run(PEOPLE, 120, dates_matter=False)
    else:
        runner.run(PEOPLE, 120, dates_matter=False)
    # 4 sizes at three levels of places, outcomes, and twice three sizes in the gap of each.
    assert runner.n_candidates <= runner.n_planned == 3 * 4 + 2 + 2 * 3 * 3
    assert watched.asked == pytest.approx([runner.n_planned] * len(watched.asked))
    assert runner.corrected(watched).n_compared == runner.n_planned
    assert runner.corrected(watched).confidence == confidence


def test_a_measure_of_another_kind_is_left_as_it_is() -> None:
    runner = staged(lambda original, released: report(0.01, released))
    runner.run(PEOPLE, 120, dates_matter=False)
    assert runner.corrected(runner.risk) is runner.risk
