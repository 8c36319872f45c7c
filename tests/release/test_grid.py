"""The grids of a release."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import ParameterGrid

from personatwin_sk.release import make_release_pipeline
from personatwin_sk.release._grid import (
    between,
    blurred_dates,
    class_sizes,
    count_settings,
    larger_classes,
    noisier_outcomes,
    wider_places,
)


@pytest.mark.parametrize(
    ("floor", "n_people", "expected"),
    [
        (5, 5, [5]),
        (5, 15, [5]),
        (5, 18, [5, 6]),
        (5, 111, [5, 10, 20, 37]),
        (5, 11_757, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3919]),
        (20, 100, [20, 33]),
    ],
)
def test_class_sizes(floor: int, n_people: int, expected: list[int]) -> None:
    assert class_sizes(floor, n_people) == expected


@given(st.integers(2, 50), st.integers(2, 10**7))
def test_class_sizes_go_up_from_the_floor_to_a_third(floor: int, n_people: int) -> None:
    sizes = class_sizes(floor, n_people)
    assert sizes[0] == floor
    assert all(a < b for a, b in itertools.pairwise(sizes))
    assert sizes[-1] <= max(floor, n_people // 3)
    assert len(sizes) <= 25


def test_classes_grow_first_with_all_else_at_the_floors() -> None:
    pipeline = make_release_pipeline("criminal_justice")
    assert larger_classes(pipeline, 60) == [{"merge__k": [5, 10, 20]}]
    assert larger_classes(pipeline.set_params(merge__k=11), 60) == [{"merge__k": [11, 20]}]


def test_dates_get_coarser_than_the_floor_then_move_further() -> None:
    pipeline = make_release_pipeline("criminal_justice")
    assert blurred_dates(pipeline, 60) == [
        {"merge__k": [5, 10, 20], "dates__precision": ["quarter", "year"]},
        {"merge__k": [5, 10, 20], "dates__precision": ["year"], "dates__jitter": [183, 365]},
    ]
    assert blurred_dates(make_release_pipeline(columns=["person_id", "age"]), 60) == []


def test_jitter_is_never_below_what_the_pipeline_has() -> None:
    pipeline = make_release_pipeline("criminal_justice").set_params(dates__jitter=200)
    _, moved = blurred_dates(pipeline, 60)
    assert moved["dates__jitter"] == [365]
    pipeline.set_params(dates__jitter=365)
    (coarser,) = blurred_dates(pipeline, 60)
    assert "dates__jitter" not in coarser
    assert blurred_dates(pipeline.set_params(dates__precision="year"), 60) == []


@pytest.mark.parametrize(
    ("level", "coarser"),
    [("low", ["month", "quarter", "year"]), ("high", ["year"]), ("maximum", None)],
)
def test_a_higher_level_starts_further_up(level: str, coarser: list[str] | None) -> None:
    grids = blurred_dates(make_release_pipeline("custom", level), 90)
    tried = [grid["dates__precision"] for grid in grids if "dates__jitter" not in grid]
    assert tried == ([] if coarser is None else [coarser])
    assert grids[-1]["dates__jitter"] == [183, 365]


def test_outcomes_are_redrawn_more_often_than_at_the_floor_in_one_setting() -> None:
    nearest = {"merge__k": 20, "dates__precision": "year"}
    pipeline = make_release_pipeline("criminal_justice")
    (grid,) = noisier_outcomes(pipeline, nearest)
    assert grid == {
        "merge__k": [20],
        "dates__precision": ["year"],
        "outcomes__flip_probability": [0.25, 0.5],
    }
    pipeline.set_params(outcomes__flip_probability=0.3)
    (grid,) = noisier_outcomes(pipeline, nearest)
    assert grid["outcomes__flip_probability"] == [0.5]
    pipeline.set_params(outcomes__flip_probability=0.5)
    assert noisier_outcomes(pipeline, nearest) == []
    no_outcomes = make_release_pipeline(columns=["person_id", "age", "date", "event_type"])
    assert noisier_outcomes(no_outcomes, nearest) == []


@pytest.mark.parametrize(
    ("level", "wider"),
    [
        ("low", ["county", "state", "country"]),
        ("medium", ["state", "country"]),
        ("maximum", ["country"]),
    ],
)
def test_wider_places_are_above_the_floor(level: str, wider: list[str]) -> None:
    assert wider_places(make_release_pipeline("custom", level)) == wider
    assert wider_places(make_release_pipeline("custom", level, columns=["age"])) == []


@pytest.mark.parametrize("level", ["low", "medium", "high", "maximum"])
@pytest.mark.parametrize("dates_matter", [True, False])
def test_all_that_could_come_to_be_tried_is_counted(level: str, dates_matter: bool) -> None:
    pipeline = make_release_pipeline("criminal_justice", level)
    dates = blurred_dates(pipeline, 500) if dates_matter else []
    grids, levels = [*larger_classes(pipeline, 500), *dates], wider_places(pipeline)
    at_floor = [dict(s) for grid in grids for s in ParameterGrid(grid)]
    settings = at_floor + [{**s, "geography__level": place} for s in at_floor for place in levels]
    counted = count_settings(grids, levels, rounds=2)
    # At the worst, each combination has a gap, three values in it, twice.
    chains = {tuple(sorted({**s, "merge__k": 0}.items())) for s in settings}
    assert counted == len(settings) + 2 + 2 * 3 * len(chains)


def tried(*rows: tuple[int, str, bool]):
    params = [{"merge__k": k, "dates__precision": precision} for k, precision, _ in rows]
    return params, [good for *_, good in rows], [1 / k for k, *_ in rows]


def test_between_the_last_that_fails_and_the_first_that_does() -> None:
    rows = [(10, "month", False), (20, "month", False), (40, "month", True), (80, "month", True)]
    assert between(*tried(*rows)) == [{"merge__k": [24, 28, 34], "dates__precision": ["month"]}]


def test_each_precision_has_its_own_gap() -> None:
    rows = [(10, "month", False), (20, "month", False), (10, "year", False), (20, "year", True)]
    assert between(*tried(*rows)) == [{"merge__k": [12, 14, 17], "dates__precision": ["year"]}]


@pytest.mark.parametrize(
    "rows",
    [
        [(5, "month", True), (10, "month", True)],
        [(5, "month", False), (10, "month", False)],
        [(5, "month", False), (6, "month", True)],
    ],
)
def test_nothing_between(rows: list[tuple[int, str, bool]]) -> None:
    assert between(*tried(*rows)) == []


def test_a_lucky_small_k_ends_the_gap() -> None:
    # Noise can make a smaller k do where a larger one fails: the gap is below the first that does.
    rows = [(5, "year", False), (10, "year", True), (20, "year", False), (40, "year", True)]
    assert between(*tried(*rows), n_between=1) == [{"merge__k": [7], "dates__precision": ["year"]}]


def test_gaps_that_begin_with_less_than_there_is_are_left_out() -> None:
    params = [{"merge__k": k, "dates__precision": p} for p in ("month", "year") for k in (10, 20)]
    may_do, utility = [False, True, False, True], [0.5, 0.4, 0.9, 0.8]
    (grid,) = between(params, may_do, utility, least=0.6)
    assert grid["dates__precision"] == ["year"]
    assert len(between(params, may_do, utility, least=0.5)) == 2
    assert between(params, may_do, utility, least=0.95) == []


@given(
    st.lists(
        st.tuples(st.integers(2, 500), st.booleans(), st.floats(0, 1)),
        min_size=1,
        unique_by=lambda row: row[0],
    ),
    st.integers(1, 5),
)
def test_what_lies_between_is_strictly_between_the_neighbours(rows, n_between: int) -> None:
    ks, may_do, utility = zip(*rows, strict=True)
    grids = between([{"merge__k": k} for k in ks], may_do, utility, n_between=n_between)
    good = [k for k, may in zip(ks, may_do, strict=True) if may]
    bad = [k for k, may in zip(ks, may_do, strict=True) if not may and good and k < min(good)]
    if not bad or min(good) - max(bad) < 2:
        assert grids == []
    for grid in grids:
        assert all(max(bad) < k < min(good) for k in grid["merge__k"])
        assert 1 <= len(grid["merge__k"]) <= n_between
