"""The grids of a release."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.release import make_release_pipeline
from personatwin_sk.release._grid import between, class_sizes, first_grid, wider_places


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


def test_dates_get_coarser_only_where_they_matter() -> None:
    pipeline = make_release_pipeline("criminal_justice")
    by_size, blurred = first_grid(pipeline, 60, dates_matter=True)
    assert by_size == {"merge__k": [5, 10, 20], "dates__precision": ["month", "quarter", "year"]}
    assert blurred == {
        "merge__k": [5, 10, 20],
        "dates__precision": ["year"],
        "dates__jitter": [183, 365],
    }
    assert first_grid(pipeline, 60, dates_matter=False) == [{"merge__k": [5, 10, 20]}]
    no_dates = make_release_pipeline(columns=["person_id", "age"])
    assert first_grid(no_dates, 60, dates_matter=True) == [{"merge__k": [5, 10, 20]}]


def test_jitter_is_never_below_what_the_pipeline_has() -> None:
    pipeline = make_release_pipeline("criminal_justice").set_params(dates__jitter=200)
    _, blurred = first_grid(pipeline, 60, dates_matter=True)
    assert blurred["dates__jitter"] == [365]
    pipeline.set_params(dates__jitter=365)
    assert len(first_grid(pipeline, 60, dates_matter=True)) == 1


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


def tried(*rows: tuple[int, str, bool]):
    params = [{"merge__k": k, "dates__precision": precision} for k, precision, _ in rows]
    return params, [good for *_, good in rows]


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
