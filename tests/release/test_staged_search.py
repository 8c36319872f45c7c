"""The stages of a release's search, with measures whose answers are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.release import make_release_pipeline
from personatwin_sk.release._search import StagedSearch, least_event_risk


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
