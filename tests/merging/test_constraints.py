"""Sensitive columns: each demand by its definition, and repair, which leaves no class that fails.

Oracles are the definitions written out in plain Python, figures of the papers, and pyCANON.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycanon import anonymity

from personatwin_sk.exceptions import InputError
from personatwin_sk.merging._constraints import SensitiveConstraints, repair

# --- the definitions, value by value -------------------------------------------------------------

NULL = "no value"


def plain(column: pd.Series) -> list[Any]:
    return [NULL if pd.isna(value) else value for value in column]


def is_diverse(values: Sequence[Any], demand: Any) -> bool:
    counts = sorted(Counter(values).values(), reverse=True)
    if isinstance(demand, int):
        return len(counts) >= demand
    if demand[0] == "distinct":
        return len(counts) >= demand[1]
    if demand[0] == "entropy":
        shares = [count / len(values) for count in counts]
        return -sum(share * math.log(share) for share in shares) >= math.log(demand[1]) - 1e-9
    _, c, rank = demand
    return counts[0] < Fraction(str(c)) * sum(counts[rank - 1 :])


def distance(values: Sequence[Any], everyone: Sequence[Any], ordered: bool) -> Fraction:
    distinct = sorted(set(everyone) - {NULL}) + [NULL] * (NULL in everyone)
    mine, all_of_them = Counter(values), Counter(everyone)
    gaps = [
        Fraction(mine[value], len(values)) - Fraction(all_of_them[value], len(everyone))
        for value in distinct
    ]
    if not ordered:
        return sum(map(abs, gaps), Fraction(0)) / 2
    if len(gaps) == 1:
        return Fraction(0)
    cumulated = [abs(sum(gaps[: i + 1], Fraction(0))) for i in range(len(gaps))]
    return sum(cumulated, Fraction(0)) / (len(gaps) - 1)


def satisfies(
    columns: Sequence[pd.Series], members: np.ndarray, l_diversity: Any, t: float | None
) -> bool:
    for column in columns:
        everyone = plain(column)
        values = [everyone[i] for i in np.flatnonzero(members)]
        if not values:
            continue
        ordered = column.dtype.kind in "iufM"
        if l_diversity is not None and not is_diverse(values, l_diversity):
            return False
        if t is not None and distance(values, everyone, ordered) > Fraction(t) + Fraction(1, 10**9):
            return False
    return True


NOMINAL = st.sampled_from(["flu", "asthma", "ulcer", None])
ORDERED = st.sampled_from([1.0, 2.0, 4.0, 8.0, None])
DAYS = st.sampled_from([pd.Timestamp("2020-01-01"), pd.Timestamp("2021-05-05"), pd.NaT])
L_DEMANDS = st.sampled_from(
    [
        None,
        1,
        2,
        3,
        ("distinct", 2),
        ("entropy", 1.0),
        ("entropy", 1.7),
        ("entropy", 2),
        ("entropy", 3.0),
        ("recursive", 1.0, 2),
        ("recursive", 3, 2),
        ("recursive", 0.5, 1),
        ("recursive", 2.5, 3),
        ("recursive", 1.1, 2),
    ]
)
T_DEMANDS = st.sampled_from([None, 0.05, 0.2, 0.25, 0.5, 1.0])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[pd.Series], np.ndarray, int]:
    n_people = draw(st.integers(1, 24))
    n_cells = draw(st.integers(1, 10))
    cell = draw(st.lists(st.integers(0, n_cells - 1), min_size=n_people, max_size=n_people))
    kinds = draw(st.lists(st.sampled_from(["text", "number", "date"]), min_size=1, max_size=2))
    columns = []
    for kind in kinds:
        elements = {"text": NOMINAL, "number": ORDERED, "date": DAYS}[kind]
        values = draw(st.lists(elements, min_size=n_people, max_size=n_people))
        dtype = {"text": object, "number": "float64", "date": "datetime64[ns]"}[kind]
        columns.append(pd.Series(values, dtype=dtype))
    return columns, np.array(cell), n_cells


@settings(max_examples=300, deadline=None)
@given(tables(), L_DEMANDS, T_DEMANDS, st.data())
def test_every_group_is_judged_by_the_definitions(
    table: tuple[list[pd.Series], np.ndarray, int],
    l_diversity: Any,
    t: float | None,
    data: st.DataObject,
) -> None:
    columns, cell, n_cells = table
    n_groups = data.draw(st.integers(1, 5))
    draws = st.lists(st.integers(-1, n_groups - 1), min_size=n_cells, max_size=n_cells)
    group = np.array(data.draw(draws))
    constraints = SensitiveConstraints(
        columns, cell, n_cells, l_diversity=l_diversity, t_closeness=t
    )
    expected = [satisfies(columns, group[cell] == g, l_diversity, t) for g in range(n_groups)]
    assert constraints.satisfied(group, n_groups).tolist() == expected
    everyone = np.ones(len(cell), dtype=bool)
    assert constraints.whole_table_satisfied() == satisfies(columns, everyone, l_diversity, t)


def judge(classes: Sequence[Sequence[Any]], **demands: Any) -> list[bool]:
    """Judge classes given by the values of their people, one cell per class."""
    cell = np.repeat(np.arange(len(classes)), [len(values) for values in classes])
    column = pd.Series([value for values in classes for value in values])
    constraints = SensitiveConstraints([column], cell, len(classes), **demands)
    return list(constraints.satisfied(np.arange(len(classes)), len(classes)).tolist())


# --- figures of the papers and equalities --------------------------------------------------------


def salaries() -> list[list[int]]:
    # Table 3 of Li, Li and Venkatasubramanian, in thousands: nine people, three classes.
    return [[3, 4, 5], [6, 11, 8], [7, 9, 10]]


def test_the_distances_are_those_of_the_paper_on_t_closeness() -> None:
    # Section 4.2 there: {3, 4, 5} is at 0.375 and {6, 8, 11} at 0.167 = 1/6 from all nine.
    assert judge(salaries(), t_closeness=0.375) == [True, True, True]
    assert judge(salaries(), t_closeness=0.3749) == [False, True, True]
    assert judge(salaries(), t_closeness=1 / 6)[1]
    assert not judge(salaries(), t_closeness=0.166)[1]


def test_equality_satisfies_entropy_and_t_closeness_whatever_the_rounding() -> None:
    for n_values in range(2, 40):
        values = [f"v{i}" for i in range(n_values)] * 7
        assert judge([values], l_diversity=("entropy", n_values)) == [True]
        assert judge([values], l_diversity=("entropy", n_values + 1e-6)) == [False]
    assert judge([["a"] * 3 + ["b"] * 7, ["b"] * 10], t_closeness=0.15) == [True, True]


def test_equality_never_satisfies_the_recursive_demand_whatever_the_rounding() -> None:
    # 1.1 * 50 is a little more than 55 in binary, yet 55 is not fewer than 55.
    assert 1.1 * 50 > 55
    assert judge([["a"] * 55 + ["b"] * 50], l_diversity=("recursive", 1.1, 2)) == [False]
    assert judge([["a"] * 54 + ["b"] * 50], l_diversity=("recursive", 1.1, 2)) == [True]
    assert judge([["a"] * 6 + ["b"] * 2], l_diversity=("recursive", 3, 2)) == [False]
    assert judge([["a"] * 5 + ["b"] * 2], l_diversity=("recursive", 3, 2)) == [True]


def test_null_counts_as_a_value_of_its_own_and_as_the_last_of_ordered_ones() -> None:
    assert judge([["flu", None], [None, None]], l_diversity=2) == [True, False]
    # Values 1, 2, null: all of one class at null is 1/3 + 2/3 over two gaps from 1/3 each.
    assert judge([[1.0], [2.0], [None]], t_closeness=0.5) == [True, True, True]
    assert judge([[1.0], [2.0], [None]], t_closeness=0.49) == [False, True, False]


def test_true_and_false_have_no_order_nor_have_ordered_texts_of_numbers() -> None:
    # Nominal: 2/3 from a third each. Ordered, the middle value would be at 1/3.
    assert judge([["1"], ["2"], ["3"]], t_closeness=0.6) == [False, False, False]
    assert judge([[1], [2], [3]], t_closeness=0.4) == [False, True, False]
    assert judge([[True, True], [False, True]], t_closeness=0.25) == [True, True]


def test_a_column_of_one_value_is_close_and_never_diverse() -> None:
    assert judge([[5, 5], [5]], t_closeness=0.01) == [True, True]
    assert judge([[5, 5], [5]], l_diversity=2) == [False, False]


def test_a_group_of_nobody_cannot_fail_and_no_demand_is_no_demand() -> None:
    column, cell = pd.Series(["a", "b"]), np.array([0, 1])
    for demand in (3, ("entropy", 3), ("recursive", 1, 2)):
        constraints = SensitiveConstraints([column], cell, 3, l_diversity=demand, t_closeness=0.1)
        assert constraints.satisfied(np.array([1, 1, 0]), 3).tolist() == [True, False, True]
        assert constraints.satisfied(np.array([-1, -1, -1]), 2).tolist() == [True, True]
    free = SensitiveConstraints([column], cell, 3)
    assert free.satisfied(np.array([0, 1, 1]), 2).tolist() == [True, True]
    assert free.whole_table_satisfied()


def test_large_ordered_columns_are_judged_as_by_a_dense_table() -> None:
    rng = np.random.default_rng(3)
    values, group = rng.integers(0, 400, 3_000), rng.integers(0, 60, 3_000)
    constraints = SensitiveConstraints([pd.Series(values)], group, 60, t_closeness=0.1)
    distinct, codes = np.unique(values, return_inverse=True)
    dense = np.zeros((60, len(distinct)))
    np.add.at(dense, (group, codes), 1)
    share = dense / dense.sum(axis=1, keepdims=True) - dense.sum(axis=0) / dense.sum()
    far = np.abs(np.cumsum(share, axis=1)).sum(axis=1) / (len(distinct) - 1)
    assert far.min() < 0.1 < far.max()
    assert constraints.satisfied(np.arange(60), 60).tolist() == (far <= 0.1).tolist()


# --- pyCANON, an independent implementation ------------------------------------------------------


def frame_of(group: np.ndarray, **columns: Any) -> tuple[pd.DataFrame, list[str]]:
    # pyCANON wants at least two quasi-identifiers to be quiet on pandas 3.
    return pd.DataFrame({"tens": group // 10, "ones": group % 10, **columns}), ["tens", "ones"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_pycanon_finds_the_same_diversity_and_closeness(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_people, n_groups = 60, int(rng.integers(1, 8))
    group = rng.permutation(np.arange(n_people) % n_groups)
    illness = rng.choice(["flu", "asthma", "ulcer", "none"], n_people, p=[0.4, 0.3, 0.2, 0.1])
    illness[:2] = ["flu", "none"]
    stay = rng.integers(1, 9, n_people)
    stay[:2] = [1, 2]
    frame, keys = frame_of(group, illness=illness, stay=stay)
    for name in ("illness", "stay"):

        def all_satisfied(name: str = name, **demands: Any) -> bool:
            constraints = SensitiveConstraints([frame[name]], group, n_groups, **demands)
            return bool(constraints.satisfied(np.arange(n_groups), n_groups).all())

        distinct = int(anonymity.l_diversity(frame, keys, [name]))
        assert all_satisfied(l_diversity=distinct)
        assert not all_satisfied(l_diversity=distinct + 1)
        entropy = int(anonymity.entropy_l_diversity(frame, keys, [name]))  # rounded down
        assert all_satisfied(l_diversity=("entropy", entropy))
        assert not all_satisfied(l_diversity=("entropy", entropy + 1 + 1e-6))
        t = float(anonymity.t_closeness(frame, keys, [name]))
        if t > 1e-6:
            assert all_satisfied(t_closeness=t)
            assert not all_satisfied(t_closeness=t - 1e-6)


@pytest.mark.parametrize("each", [1, 2, 5])
@pytest.mark.parametrize("n_values", [2, 3, 5])
def test_pycanon_finds_the_same_recursive_diversity_where_all_are_equally_frequent(
    each: int, n_values: int
) -> None:
    # pyCANON takes the counts in rising order, the definition in falling order: with equal counts
    # that is the same. It gives the least whole c.
    values = [f"v{i}" for i in range(n_values)] * each
    group = np.repeat([0, 1], len(values))
    frame, keys = frame_of(group, illness=values * 2)
    c, rank = anonymity.recursive_c_l_diversity(frame, keys, ["illness"])
    assert judge([values], l_diversity=("recursive", int(c), int(rank))) == [True]
    assert judge([values], l_diversity=("recursive", int(c) - 0.999, int(rank))) == [int(c) > 1.999]


# --- repair --------------------------------------------------------------------------------------


@st.composite
def partitions(draw: st.DrawFn) -> dict[str, Any]:
    columns, cell, n_cells = draw(tables())
    n_classes = draw(st.integers(1, n_cells))
    spots = st.integers(-1, n_classes - 1)
    class_of_cell = np.array(draw(st.lists(spots, min_size=n_cells, max_size=n_cells)))
    block_of_class = np.array(
        draw(st.lists(st.integers(0, 2), min_size=n_classes, max_size=n_classes))
    )
    points = draw(st.lists(st.integers(0, 3), min_size=2 * n_classes, max_size=2 * n_classes))
    return {
        "columns": columns,
        "cell": cell,
        "class_of_cell": class_of_cell,
        "centers": np.array(points, dtype=float).reshape(n_classes, 2),
        "people": np.bincount(cell, minlength=n_cells),
        "blocks": block_of_class[class_of_cell] if draw(st.booleans()) else None,
        "max_class_size": draw(st.sampled_from([None, 4, 9])),
    }


def mend(case: dict[str, Any], constraints: SensitiveConstraints) -> np.ndarray:
    return repair(
        case["class_of_cell"],
        case["centers"],
        case["people"],
        constraints,
        blocks=case["blocks"],
        max_class_size=case["max_class_size"],
    )


@settings(max_examples=300, deadline=None)
@given(partitions(), L_DEMANDS, T_DEMANDS)
def test_after_repair_every_class_satisfies_or_is_suppressed(
    case: dict[str, Any], l_diversity: Any, t: float | None
) -> None:
    columns, cell, before = case["columns"], case["cell"], case["class_of_cell"]
    untouched = before.copy(), case["centers"].copy()
    constraints = SensitiveConstraints(
        columns, cell, len(before), l_diversity=l_diversity, t_closeness=t
    )
    after = mend(case, constraints)
    assert (before == untouched[0]).all() and (case["centers"] == untouched[1]).all()
    assert (mend(case, constraints) == after).all()
    assert sorted(set(after.tolist()) - {-1}) == list(range(after.max() + 1))
    assert (after[before < 0] == -1).all()
    for g in range(after.max() + 1):
        cells = after == g
        assert satisfies(columns, cells[cell], l_diversity, t)
        old = np.unique(before[cells])
        if case["blocks"] is not None:
            assert len(np.unique(case["blocks"][cells])) == 1
        if case["max_class_size"] is not None and len(old) > 1:
            assert case["people"][cells].sum() <= case["max_class_size"]
    for c in np.unique(before[before >= 0]):
        assert len(np.unique(after[before == c])) == 1  # classes stay together
        if satisfies(columns, (before == c)[cell], l_diversity, t):
            assert (after[before == c] >= 0).all()  # nobody is suppressed for the sake of others
    if case["blocks"] is None and case["max_class_size"] is None:
        placed = before >= 0
        if satisfies(columns, placed[cell], l_diversity, t):
            assert (after[placed] >= 0).all()


def classes_on_a_line(
    illness: Sequence[Sequence[str]], at: Sequence[float]
) -> tuple[SensitiveConstraints, np.ndarray, np.ndarray]:
    sizes = np.array([len(values) for values in illness])
    cell = np.repeat(np.arange(len(illness)), sizes)
    column = pd.Series([value for values in illness for value in values])
    constraints = SensitiveConstraints([column], cell, len(illness), l_diversity=2)
    return constraints, np.array(at, dtype=float)[:, None], sizes


def mend_line(illness: Sequence[Sequence[str]], at: Sequence[float], **options: Any) -> list[int]:
    constraints, centers, people = classes_on_a_line(illness, at)
    return list(repair(np.arange(len(at)), centers, people, constraints, **options).tolist())


def test_a_class_joins_the_nearest_that_heals_it_and_ties_go_to_the_lower_number() -> None:
    good, bad = ["a", "b"], ["a", "a"]
    assert mend_line([good, bad, good], [0, 4, 5]) == [0, 1, 1]
    assert mend_line([good, bad, good], [0, 1, 2]) == [0, 0, 1]
    assert mend_line([bad, ["a"], good], [0, 1, 5]) == [0, 0, 0]  # both need the third
    assert mend_line([bad, ["b"], good], [0, 1, 5]) == [0, 0, 1]  # each heals the other


def test_what_satisfies_already_is_left_as_it_is() -> None:
    assert mend_line([["a", "b"]] * 4, [3, 1, 2, 0]) == [0, 1, 2, 3]
    constraints, centers, people = classes_on_a_line([["a", "b"]] * 3, [0, 1, 2])
    labels = repair(np.array([2, -1, 0]), centers, people, constraints)
    assert labels.tolist() == [1, -1, 0]
    free = SensitiveConstraints([], np.arange(3), 3)
    assert repair(np.array([0, 0, 1]), centers, people, free).tolist() == [0, 0, 1]


def test_blocks_are_never_mixed_and_a_hopeless_block_is_suppressed() -> None:
    illness = [["a", "a"], ["a"], ["a", "b"], ["b"]]
    at = [0.0, 1.0, 0.1, 0.2]
    assert mend_line(illness, at, blocks=np.array([7, 7, 3, 3])) == [-1, -1, 0, 0]


def test_a_block_that_fails_as_a_whole_keeps_the_parts_that_satisfy() -> None:
    # Block 0 holds everything but "c"; only its own last class is too far from the whole table.
    illness = [["a", "b", "c"], ["a", "b", "c"], ["a"] * 30, ["b"] * 15 + ["c"] * 15]
    sizes = [len(values) for values in illness]
    cell = np.repeat(np.arange(4), sizes)
    column = pd.Series([value for values in illness for value in values])
    constraints = SensitiveConstraints([column], cell, 4, t_closeness=0.2)
    labels = repair(
        np.arange(4),
        np.arange(4.0)[:, None],
        np.array(sizes),
        constraints,
        blocks=np.array([0, 0, 0, 1]),
    )
    assert labels.tolist() == [0, 1, -1, -1]


def test_the_largest_size_holds_and_a_small_class_is_found_behind_large_ones() -> None:
    large = ["a"] * 5 + ["b"] * 5
    illness = [["a"] * 2] + [large] * 60 + [["b"] * 2]
    at = [0.0, *np.linspace(1, 2, 60), 50.0]
    labels = mend_line(illness, at, max_class_size=11)
    assert labels == [0, *range(1, 61), 0]
    # Here it could join none of them: suppressed, and the others stay.
    assert mend_line(illness[:-1], at[:-1], max_class_size=11) == [-1, *range(60)]


def test_rows_of_equal_gaps_and_a_class_that_needs_thousands_end_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = 0
    judged = SensitiveConstraints.verdict

    def counted(self: SensitiveConstraints, counts: Sequence[Any]) -> np.ndarray:
        nonlocal calls
        calls += 1
        return judged(self, counts)

    monkeypatch.setattr(SensitiveConstraints, "verdict", counted)
    n = 4_000
    lonely = mend_line([["a"], ["b"]] * (n // 2), range(n))
    assert min(np.bincount(lonely)) >= 2 and max(lonely) > n // 5
    rare = mend_line([["a"]] * (n - 1) + [["b"]], range(n))
    assert set(rare) == {0}
    heavy = [["a"] * 3_000] + [["a", "b"]] * n
    sizes = np.array([len(values) for values in heavy])
    column = pd.Series([value for values in heavy for value in values])
    cell = np.repeat(np.arange(n + 1), sizes)
    constraints = SensitiveConstraints([column], cell, n + 1, t_closeness=0.15)
    labels = repair(np.arange(n + 1), np.arange(n + 1.0)[:, None], sizes, constraints)
    assert constraints.satisfied(labels, labels.max() + 1).all() and (labels >= 0).all()
    # With x pairs its share of "a" is (3000 + x) / (3000 + 2x), at most 7/11 + 0.15: x >= 1120.
    assert 1_120 <= (labels == 0).sum() - 1 < 1.5 * 1_120
    assert calls < 1_000


def test_many_dimensions_find_classes_about_as_near_as_an_exact_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    centers = np.column_stack([rng.random((600, 2)), np.eye(10)[rng.integers(0, 10, 600)]])
    illness = rng.choice(["a", "b", "c"], 600, p=[0.7, 0.2, 0.1])
    constraints = SensitiveConstraints([pd.Series(illness)], np.arange(600), 600, l_diversity=2)
    one = np.ones(600, dtype=np.int64)

    def loss(labels: np.ndarray) -> float:
        frame = pd.DataFrame(centers)
        return float(((frame - frame.groupby(labels).transform("mean")) ** 2).to_numpy().sum())

    labels = repair(np.arange(600), centers, one, constraints)
    assert constraints.satisfied(labels, labels.max() + 1).all() and (labels >= 0).all()
    assert (labels == repair(np.arange(600), centers, one, constraints)).all()
    monkeypatch.setattr("personatwin_sk.merging._constraints._EXACT_DIMENSIONS", 99)
    exact = repair(np.arange(600), centers, one, constraints)
    assert loss(labels) <= 1.1 * loss(exact)
    # Classes of the same sizes taken anywhere lose far more.
    assert loss(exact) < 0.2 * loss(rng.permutation(exact))


def test_blocks_may_carry_any_numbers() -> None:
    illness = [["a"], ["b"], ["b"], ["a"]]
    blocks = np.array([10**15, -4, 10**15, -4])
    assert mend_line(illness, [0, 0.1, 50, 60], blocks=blocks) == [0, 1, 0, 1]


# --- what is asked -------------------------------------------------------------------------------


def test_a_demand_needs_a_column_and_nothing_shows_a_value() -> None:
    with pytest.raises(InputError, match="l_diversity and t_closeness need at least one sensitive"):
        SensitiveConstraints([], np.zeros(1, dtype=int), 1, l_diversity=2, t_closeness=0.5)
    column = pd.Series(["secret"])
    shown = repr(SensitiveConstraints([column], np.zeros(1, dtype=int), 1, l_diversity=2))
    assert shown == "SensitiveConstraints(1 columns, 1 cells)"
