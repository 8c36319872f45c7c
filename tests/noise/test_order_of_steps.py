"""Noise on key variables: accepted before the merger, refused after it, with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection import RiskAwareSearch
from personatwin_sk.noise import OutcomeNoise, TemporalNoise, ValueNoise
from personatwin_sk.noise._order_of_steps import check_step_order, noisy_columns


def merger(*keys: str, **more: Any) -> PersonaMerger:
    return PersonaMerger(list(keys) or ["age", "born"], person_id="id", **more)


def people(n: int = 40) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "age": np.arange(n) % 4,
            "born": pd.date_range("1950-01-01", periods=n, freq="300D"),
            "date": pd.date_range("2020-01-01", periods=n),
            "outcome": ["x", "y"] * (n // 2),
            "value": np.arange(n),
        }
    )


def test_what_the_order_is_about() -> None:
    # One step after the merger, and people who are alike no longer are: the reason for the rule.
    noise = TemporalNoise(["born"], person_id="id", jitter=400, random_state=0)
    made = make_pipeline(merger(k=5), noise)
    with pytest.raises(ValueError, match="key variable"):
        check_step_order(made)
    sizes = made.fit_transform(people()).groupby(["age", "born"]).size()
    assert sizes.min() < 5


@pytest.mark.parametrize("noise", [TemporalNoise(["born"]), OutcomeNoise(["age", "outcome"])])
def test_noise_on_key_variables_goes_before_the_merger_only(noise) -> None:
    check_step_order(make_pipeline(noise, merger()))
    with pytest.raises(ValueError, match=r"1 key variable\(s\) after the merger 'personamerger'"):
        check_step_order(make_pipeline(merger(), noise))


@pytest.mark.parametrize("noise", [TemporalNoise(["date"]), OutcomeNoise(), TemporalNoise()])
def test_noise_on_events_goes_on_either_side(noise) -> None:
    check_step_order(make_pipeline(noise, merger()))
    check_step_order(make_pipeline(merger(), noise))


@pytest.mark.parametrize(
    ("noise", "column"),
    [(TemporalNoise(), "date"), (OutcomeNoise(), "outcome"), (ValueNoise(spread=1), "value")],
    ids=lambda value: str(value),
)
def test_columns_that_a_step_takes_by_itself_are_known(noise, column) -> None:
    assert noisy_columns(noise) == [column]
    # As the step itself has it:
    assert noise.fit(people().drop(columns="born"))._chosen == [column]
    with pytest.raises(ValueError, match="key variable"):
        check_step_order(make_pipeline(merger("age", column), noise))


def test_a_fit_shows_key_variables_that_are_taken_for_their_type() -> None:
    made = make_pipeline(merger(k=2), TemporalNoise(person_id="id"))
    check_step_order(made)
    with pytest.raises(ValueError, match="key variable"):
        check_step_order(made.fit(people()))


def test_ages_that_move_with_dates_are_touched_too() -> None:
    noise = TemporalNoise(["date"], ages="age")
    with pytest.raises(ValueError, match="1 key variable"):
        check_step_order(make_pipeline(merger(), noise))


def test_the_key_variables_of_the_caller_come_first() -> None:
    made = make_pipeline(merger("age"), TemporalNoise(["born"]))
    check_step_order(made)
    for keys in ("born", ["age", "born"]):
        with pytest.raises(ValueError, match="1 key variable"):
            check_step_order(made, keys)
    check_step_order(make_pipeline(merger("born"), TemporalNoise(["born"])), ["age"])


def test_a_merger_that_names_no_key_variables_takes_all_but_person_and_sensitive() -> None:
    automatic = PersonaMerger(person_id="id", sensitive=["outcome"], l_diversity=2)
    check_step_order(make_pipeline(automatic, OutcomeNoise(["outcome"])))
    with pytest.raises(ValueError, match="1 key variable"):
        check_step_order(make_pipeline(automatic, TemporalNoise(["date"])))


def test_positions_are_followed_once_they_are_known() -> None:
    frame = people()[["id", "age", "outcome"]]
    for place, refused in [(1, True), (2, False)]:
        made = make_pipeline(merger("age", k=5), OutcomeNoise([place])).fit(frame)
        if refused:
            with pytest.raises(ValueError, match="key variable"):
                check_step_order(made)
        else:
            check_step_order(made)
    array = frame[["id", "age"]].to_numpy()
    by_place = make_pipeline(PersonaMerger([1], person_id=0), OutcomeNoise([1]))
    with pytest.raises(ValueError, match="key variable"):
        check_step_order(by_place.fit(array))


def test_a_side_by_side_branch_is_not_before_the_merger() -> None:
    union = FeatureUnion([("noise", TemporalNoise(["born"])), ("merge", merger())])
    with pytest.raises(ValueError, match="beside the merger 'merge'"):
        check_step_order(union)


def test_names_that_a_container_writes_before_columns_are_followed() -> None:
    columns = ColumnTransformer([("merge", merger(), ["id", "age", "born"])])
    made = Pipeline([("columns", columns), ("noise", TemporalNoise(["merge__born"]))])
    with pytest.raises(ValueError, match="1 key variable"):
        check_step_order(made)


def test_a_search_is_looked_into() -> None:
    search = RiskAwareSearch(make_pipeline(merger(), TemporalNoise(["born"])), {})
    with pytest.raises(ValueError, match="key variable"):
        check_step_order(search)


def test_without_a_merger_any_order_is_fine() -> None:
    check_step_order(make_pipeline(TemporalNoise(["born"]), OutcomeNoise(["age"])), ["born"])


def test_no_name_of_a_column_or_value_is_in_the_message() -> None:
    with pytest.raises(ValueError, match="Put the step before the merger") as error:
        check_step_order(make_pipeline(merger("canary"), OutcomeNoise(["canary"])))
    assert "canary" not in str(error.value)
