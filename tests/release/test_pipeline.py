"""The pipeline of a release: its steps, its floors, and how it joins scikit-learn."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from personatwin_sk.datasets import make_people_events
from personatwin_sk.domains import create_custom_config
from personatwin_sk.exceptions import InputError, NothingSelectedWarning
from personatwin_sk.release import make_release_pipeline

STEPS = ["identifiers", "geography", "dates", "outcomes", "merge"]

# The table of API.md, written out.
FLOORS = {
    "low": (3, 7, "week", "city", 0.02, None),
    "medium": (5, 14, "month", "county", 0.05, None),
    "high": (11, 30, "quarter", "county", 0.10, 20_000),
    "maximum": (20, 60, "year", "state", 0.15, None),
}


def any_domain(dates: str = "day", places: str = "address"):
    """Give a domain that asks for nothing itself."""
    return create_custom_config(["arrest"], ["charged"], (), (), dates, places)


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return make_people_events(300, random_state=3)


@pytest.mark.parametrize("level", FLOORS)
def test_floors_of_the_privacy_levels(level: str) -> None:
    settings = make_release_pipeline(any_domain(), level).get_params()
    names = ["merge__k", "dates__jitter", "dates__precision", "geography__level"]
    names += ["outcomes__flip_probability", "geography__min_population"]
    assert tuple(settings[name] for name in names) == FLOORS[level]


@pytest.mark.parametrize(
    ("domain", "dates", "places"),
    [
        (any_domain("year", "region"), "year", "region"),
        (any_domain("day", "zip"), "month", "county"),
    ],
)
def test_the_coarser_of_domain_and_level_counts(domain, dates: str, places: str) -> None:
    settings = make_release_pipeline(domain, "medium").get_params()
    assert settings["dates__precision"] == dates
    assert settings["geography__level"] == places


def test_steps_are_all_there_by_default() -> None:
    pipeline = make_release_pipeline("healthcare", "high")
    assert [name for name, _ in pipeline.steps] == STEPS
    merger = pipeline.named_steps["merge"]
    assert merger.quasi_identifiers == ["age", "gender", "ethnicity", "geography"]
    assert (merger.person_id, merger.representation) == ("person_id", "interval")
    assert pipeline.named_steps["outcomes"].given == "event_type"


@pytest.mark.parametrize(
    ("columns", "steps"),
    [
        (["person_id", "age"], ["identifiers", "merge"]),
        (["person_id", "age", "geography"], ["identifiers", "geography", "merge"]),
        (["person_id", "age", "date", "event_type"], ["identifiers", "dates", "merge"]),
    ],
)
def test_steps_for_absent_columns_are_left_out(columns: list[str], steps: list[str]) -> None:
    pipeline = make_release_pipeline(columns=columns)
    assert [name for name, _ in pipeline.steps] == steps
    if "dates" in steps:
        assert pipeline.named_steps["dates"].event_id is None


def test_everything_without_a_role_is_dropped(events: pd.DataFrame) -> None:
    wide = events.assign(name="x", note="y", priors=1)
    pipeline = make_release_pipeline(columns=wide.columns, keep=["priors"], random_state=0)
    released = pipeline.fit_transform(wide)
    assert set(released.columns) == {*events.columns, "priors"}


def test_without_columns_only_identifiers_are_dropped(events: pd.DataFrame) -> None:
    wide = events.assign(email=[f"p{i}@mail.org" for i in range(len(events))], priors=1)
    released = make_release_pipeline(random_state=0).fit_transform(wide)
    assert set(released.columns) == {*events.columns, "priors"}


def test_a_table_without_identifiers_warns_by_default(events: pd.DataFrame) -> None:
    with pytest.warns(NothingSelectedWarning):
        make_release_pipeline(random_state=0).fit(events)


def test_rows_keep_their_order_and_nothing_is_modified(events: pd.DataFrame) -> None:
    before = events.copy(deep=True)
    pipeline = make_release_pipeline(columns=events.columns, random_state=0)
    shuffled = events.sample(frac=1, random_state=1)
    released, other = pipeline.fit_transform(events), clone(pipeline).fit_transform(shuffled)
    pd.testing.assert_frame_equal(events, before)
    assert released.index.equals(events.index)
    pd.testing.assert_frame_equal(released, other.loc[released.index])


def test_dates_of_a_person_stay_in_order(events: pd.DataFrame) -> None:
    pipeline = make_release_pipeline(any_domain(), "low", columns=events.columns, random_state=0)
    released = pipeline.fit_transform(events)
    table = pd.DataFrame(
        {"who": events["person_id"], "true": events["date"], "noisy": released["date"]}
    )
    ordered = table.sort_values(["who", "true", "noisy"])
    steps = pd.to_datetime(ordered["noisy"]).diff()[ordered["who"].eq(ordered["who"].shift())]
    assert len(steps) > 100
    assert (steps >= pd.Timedelta(0)).all()


def test_another_key_gives_another_release(events: pd.DataFrame) -> None:
    tables = [
        make_release_pipeline(columns=events.columns, random_state=seed).fit_transform(events)
        for seed in (0, 0, None)
    ]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert not np.array_equal(tables[0]["outcome"], tables[2]["outcome"])


def test_own_quasi_identifiers() -> None:
    pipeline = make_release_pipeline(quasi_identifiers=["age", "height"], columns=["age", "height"])
    assert pipeline.named_steps["merge"].quasi_identifiers == ["age", "height"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"domain": "astrology"}, "astrology.*criminal_justice"),
        ({"privacy_level": "none"}, "low, medium, high, maximum"),
    ],
)
def test_unknown_names_are_answered_with_the_known(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_release_pipeline(**arguments)


def test_merge_settings_reach_the_merger(events: pd.DataFrame) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline = make_release_pipeline(columns=events.columns).set_params(merge__k=25)
        released = pipeline.fit_transform(events)
    people = events.groupby(released["person_id"].to_numpy())["person_id"].nunique()
    assert people.min() >= 25


def stays(n_people: int = 200) -> pd.DataFrame:
    """Hospital events with a length of stay, which the domain knows to be a number of events."""
    table = make_people_events(n_people, "healthcare", random_state=3)
    days = np.random.default_rng(0).integers(0, 30, len(table))
    return table.assign(length_of_stay=days, shoe_size=days)


@pytest.mark.parametrize(
    ("level", "most"), [("low", 1), ("medium", 2), ("high", 4), ("maximum", 8)]
)
def test_numbers_of_events_that_the_domain_names_move_by_a_few_steps(level: str, most: int) -> None:
    table = stays()
    pipeline = make_release_pipeline(
        "healthcare",
        level,
        columns=table.columns,
        keep=["length_of_stay", "shoe_size"],
        random_state=0,
    )
    assert [name for name, _ in pipeline.steps] == [*STEPS[:-1], "numbers", "merge"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NothingSelectedWarning)
        released = pipeline.fit_transform(table)
    moved = (released["length_of_stay"] - table["length_of_stay"]).abs()
    assert moved.max() == most
    # Of the 2 most + 1 moves that are equally likely one leaves a number where it is, and those
    # below 0 are clamped.
    assert (moved > 0).mean() == pytest.approx(2 * most / (2 * most + 1), abs=0.15)
    assert released["length_of_stay"].min() >= 0
    assert released["shoe_size"].equals(table["shoe_size"])


def test_numbers_that_are_not_kept_have_no_step() -> None:
    steps = make_release_pipeline("healthcare", columns=stays(5).columns).steps
    assert [name for name, _ in steps] == STEPS
