"""The frontier of a search, against pairwise comparison and plane geometry."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from searching import X, along_a, search_of
from sklearn.exceptions import NotFittedError

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.model_selection._frontier import find_knee, tabulate_frontier

# Few different values, so that ties come often; None: not measured.
RISKS = st.sampled_from([0.01, 0.02, 0.05, 0.1, 0.5, 1.0, None])
UTILITIES = st.sampled_from([-1.0, 0.0, 0.2, 0.5, 0.9, None])
POINTS = st.lists(st.tuples(RISKS, UTILITIES), min_size=1, max_size=15)


def results_of(points, feasible=None, **columns):
    risk, utility = (
        np.array([np.nan if value is None else value for value in values], dtype=float)
        for values in zip(*points, strict=True)
    )
    known = [value == value for value in risk] if feasible is None else feasible
    return {"risk_upper": risk, "utility": utility, "feasible": np.array(known), **columns}


def beats(one, other) -> bool:
    return one[0] <= other[0] and one[1] >= other[1] and one != other


@given(POINTS)
def test_it_is_what_nothing_beats_pair_by_pair(points) -> None:
    measured = {i: p for i, p in enumerate(points) if None not in p}
    expected = {
        i for i, p in measured.items() if not any(beats(other, p) for other in measured.values())
    }
    table = tabulate_frontier(results_of(points))
    assert set(table.index) == expected
    assert table["pareto_optimal"].all()
    # From the safest on, and with more risk never less usefulness.
    assert table["risk_upper"].is_monotonic_increasing
    assert table["utility"].is_monotonic_increasing
    for candidate, row in table.iterrows():
        assert (row["risk_upper"], row["utility"]) == points[candidate]


@given(POINTS, st.data())
def test_what_was_not_measured_changes_nothing(points, data) -> None:
    gaps = data.draw(st.lists(st.sampled_from([(None, 0.9), (0.01, None), (None, None)])))
    alone, among = (
        tabulate_frontier(results_of(points)),
        tabulate_frontier(results_of([*points, *gaps])),
    )
    pd.testing.assert_frame_equal(alone, among)


@given(POINTS)
def test_the_frontier_above_the_chosen_one_needs_no_risk_below_it(points) -> None:
    # A search that measures risk in order of usefulness until one is safe enough leaves the rest
    # out: those rows of the frontier that it does list are rows of the whole one.
    measured = [(i, p) for i, p in enumerate(points) if None not in p]
    assume(measured)
    whole = tabulate_frontier(results_of(points))
    least = sorted(p[1] for _, p in measured)[len(measured) // 2]
    pruned = [(r if u is not None and u >= least else None, u) for r, u in points]
    part = tabulate_frontier(results_of(pruned))
    assert list(part.index) == [i for i in whole.index if points[i][1] >= least]


def distance_to_chord(points, i) -> float:
    """Signed distance of a point from the line through the first and last one."""
    (x1, y1), (x2, y2), (x, y) = points[0], points[-1], points[i]
    area = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
    return area / math.hypot(x2 - x1, y2 - y1)


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=3, max_size=12),
    st.sampled_from([1.0, 1e-3, 1e4]),
)
def test_the_knee_is_the_farthest_above_the_chord_in_any_unit(steps, unit) -> None:
    corners = np.cumsum(np.array(steps), axis=0)
    points = [(int(x), int(y)) for x, y in corners]
    distances = [distance_to_chord(points, i) for i in range(len(points))]
    farthest = max(distances)
    knee = find_knee(corners[:, 0] * 0.01, corners[:, 1] * unit)
    if farthest <= 1e-9:
        assert knee is None
    else:
        assert knee is not None
        assert distances[knee] == pytest.approx(farthest)


def test_a_knee_by_hand() -> None:
    # From (0.1, 0) to (0.9, 1): the second point is .8 - .125 above the chord, the third .9 - .5.
    risk, utility = np.array([0.1, 0.2, 0.5, 0.9]), np.array([0.0, 0.8, 0.9, 1.0])
    assert find_knee(risk, utility) == 1
    # Seen from less risk, not more: what bends the other way has no knee.
    assert find_knee(risk, np.array([0.0, 0.05, 0.1, 1.0])) is None


@pytest.mark.parametrize(
    ("risk", "utility"),
    [
        ([], []),
        ([0.1], [0.5]),
        ([0.1, 0.2], [0.5, 0.9]),
        ([0.1, 0.1, 0.1], [0.5, 0.5, 0.5]),
        ([0.1, 0.2, 0.3, 0.7], [0.1, 0.2, 0.3, 0.7]),
        ([0.3, 0.6, 0.9], [0.1, 0.2, 0.3]),
    ],
)
def test_no_knee_without_a_bend(risk, utility) -> None:
    assert find_knee(np.array(risk), np.array(utility)) is None


def test_a_boundless_utility_spoils_no_knee() -> None:
    risk = np.array([0.05, 0.1, 0.2, 0.9, 0.95])
    utility = np.array([-np.inf, 0.0, 0.8, 1.0, np.inf])
    assert find_knee(risk, utility) == 2


def test_rows_carry_their_settings_and_marks() -> None:
    points = [(0.5, 0.9), (0.02, 0.3), (0.04, 0.8), (0.05, 0.7)]
    column = np.ma.masked_all(4, dtype=object)
    column[:3] = ["x", None, "z"]
    table = tabulate_frontier(results_of(points, param_a=column, risk=np.arange(4.0)), 2)
    assert list(table.columns) == [
        "param_a",
        "risk_upper",
        "utility",
        "feasible",
        "pareto_optimal",
        "knee",
        "chosen",
    ]
    assert table.index.name == "candidate"
    assert list(table.index) == [1, 2, 0]
    assert table["param_a"].tolist() == [None, "z", "x"]
    assert table["knee"].tolist() == table["chosen"].tolist() == [False, True, False]


def test_a_parameter_that_a_candidate_does_not_have_is_nan() -> None:
    column = np.ma.masked_all(2, dtype=object)
    column[0] = 7
    table = tabulate_frontier(results_of([(0.1, 0.1), (0.2, 0.2)], param_a=column))
    assert table["param_a"][0] == 7 and np.isnan(table["param_a"][1])


def test_equal_points_are_listed_in_grid_order_and_share_no_mark() -> None:
    points = [(0.1, 0.0), (0.2, 0.8), (0.2, 0.8), (0.9, 1.0)]
    table = tabulate_frontier(results_of(points), 2)
    assert list(table.index) == [0, 1, 2, 3]
    assert table["knee"].tolist() == [False, True, False, False]
    assert table["chosen"].tolist() == [False, False, True, False]


def test_nothing_measured_is_an_empty_table() -> None:
    table = tabulate_frontier(results_of([(None, 0.5), (None, None)]))
    assert len(table) == 0 and {"knee", "chosen", "risk_upper"} <= set(table.columns)


def test_of_a_search() -> None:
    search = search_of(
        along_a(0.02, 0.04, 0.05, 0.5, 0.6),
        along_a(0.3, 0.8, 0.7, 0.9, 0.85),
        strategy="exhaustive",
    ).fit(X)
    table = search.frontier_
    assert table["param_a"].tolist() == [0, 1, 3]
    assert table["risk_upper"].tolist() == [0.02, 0.04, 0.5]
    assert table["utility"].tolist() == [0.3, 0.8, 0.9]
    assert table["feasible"].tolist() == [True, True, False]
    assert table.index[table["chosen"]].tolist() == [search.best_index_] == [1]
    rows = pd.DataFrame(search.cv_results_).loc[table.index]
    assert rows["pareto_optimal"].all()


def test_the_chosen_one_is_listed_where_what_beats_it_breaks_its_k() -> None:
    table = tabulate_frontier(
        {
            "risk_upper": np.array([0.01, 0.04]),
            "utility": np.array([0.9, 0.5]),
            "feasible": np.array([False, True]),
        },
        1,
    )
    assert table["pareto_optimal"].tolist() == [True, False]
    assert table["chosen"].tolist() == [False, True]


def test_the_knee_is_sought_on_the_frontier_alone() -> None:
    points = [(0.1, 0.0), (0.15, -0.5), (0.2, 0.8), (0.9, 1.0)]
    table = tabulate_frontier(results_of(points), 1)
    assert table["pareto_optimal"].tolist() == [True, False, True, True]
    assert table["knee"].tolist() == [False, False, True, False]


def test_before_fit_there_is_none() -> None:
    search = search_of(along_a(0.01), along_a(0.5))
    assert not hasattr(search, "frontier_")
    with pytest.raises(NotFittedError):
        _ = search.frontier_


def test_where_nothing_was_safe_enough_the_frontier_is_still_there() -> None:
    search = search_of(along_a(0.2, 0.3), along_a(0.5, 0.9))
    with pytest.raises(InfeasibleRiskError):
        search.fit(X)
    table = search.frontier_
    assert table["risk_upper"].tolist() == [0.2, 0.3]
    assert not table["chosen"].any() and not table["feasible"].any()


def test_a_second_fit_that_fails_marks_nothing_of_the_first() -> None:
    risks = along_a(0.02, 0.3)
    search = search_of(risks, along_a(0.5, 0.9), strategy="exhaustive").fit(X)
    assert search.frontier_["chosen"].any()
    with pytest.raises(InfeasibleRiskError):
        search.set_params(target_risk=0.01).fit(X)
    assert not search.frontier_["chosen"].any()
