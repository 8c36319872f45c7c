"""The nearest persona of new people, against comparing each with each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.merging import _nearest
from personatwin_sk.merging._nearest import nearest_group


def nearest_by_hand(
    points: list[list[int]],
    centers: list[list[int]],
    exact: list[tuple[list, list]],
) -> list[int]:
    """Compare each with each in whole numbers; the first of the nearest, -1 if there is none."""
    result = []
    for i, point in enumerate(points):
        found = [
            (sum((a - b) ** 2 for a, b in zip(point, center, strict=True)), g)
            for g, center in enumerate(centers)
            if all(own[i] == theirs[g] for own, theirs in exact)
        ]
        result.append(min(found)[1] if found else -1)
    return result


@st.composite
def cases(draw: st.DrawFn) -> tuple[list, list, list]:
    d = draw(st.integers(1, 3))
    # A coarse grid: equally near centres, and equal centres, are common.
    one = st.lists(st.integers(-3, 3), min_size=d, max_size=d)
    points = draw(st.lists(one, min_size=1, max_size=12))
    centers = draw(st.lists(one, min_size=1, max_size=6))
    value = st.sampled_from(["a", "b", None])
    exact = [
        (
            draw(st.lists(value, min_size=len(points), max_size=len(points))),
            draw(st.lists(value, min_size=len(centers), max_size=len(centers))),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]
    return points, centers, exact


@pytest.mark.parametrize("distances_at_once", [1, 7, 4_000_000])
@given(case=cases())
def test_the_first_of_the_nearest_that_agree_exactly(case: tuple, distances_at_once: int) -> None:
    points, centers, exact = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_nearest, "_CELLS_AT_ONCE", distances_at_once)
        found = nearest_group(
            np.array(points, dtype=float),
            np.array(centers, dtype=float),
            [(pd.Series(a, dtype=object), pd.Series(b, dtype=object)) for a, b in exact],
        )
    assert found.tolist() == nearest_by_hand(points, centers, exact)


def test_a_tie_stays_one_in_fractions_that_round() -> None:
    # 0.3 lies half way between 0.1 and 0.5, though not in binary fractions.
    many = np.full((1000, 1), 0.3)
    assert set(nearest_group(many, np.array([[0.5], [0.1]])).tolist()) == {0}
    assert set(nearest_group(many, np.array([[0.1], [0.5]])).tolist()) == {0}


def test_nobody_has_no_persona() -> None:
    assert nearest_group(np.empty((0, 2)), np.zeros((3, 2))).tolist() == []
