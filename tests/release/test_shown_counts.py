"""Suppression in a hierarchy, against plain sets and against an attacker with linear programs."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from personatwin_sk.release._shown_counts import CountLevel, shown_counts

Rows = list[tuple[int, tuple[int, ...]]]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Rows, int]:
    """Rows of (person, path through the hierarchy), and k; some cells large, most small."""
    depth = draw(st.integers(1, 3))
    path = st.tuples(*[st.integers(0, 3)] * depth)
    n_people = draw(st.integers(1, 14))
    rows = draw(st.lists(st.tuples(st.integers(0, n_people), path), min_size=1, max_size=40))
    for cell in draw(st.lists(path, max_size=3)):
        rows += [(person, cell) for person in range(draw(st.integers(2, 9)))]
    return rows, draw(st.integers(2, 5))


def of(rows: Rows, k: int) -> list[CountLevel]:
    codes = np.array([path for _, path in rows]).T
    return shown_counts(list(codes), np.array([person for person, _ in rows]), k)


def cells_of(rows: Rows, levels: list[CountLevel]) -> dict[tuple[int, ...], tuple[int, bool]]:
    """Give (count, shown) of each path prefix, read off the levels by their first rows."""
    return {
        rows[first][1][:depth]: (int(level.count[cell]), bool(level.shown[cell]))
        for depth, level in enumerate(levels)
        for cell, first in enumerate(level.first_row.tolist())
    }


@given(tables())
def test_counts_people_and_what_is_left_are_those_of_plain_sets(table: tuple[Rows, int]) -> None:
    rows, k = table
    levels = of(rows, k)
    n_rows, people = defaultdict(int), defaultdict(set)
    for person, path in rows:
        for depth in range(len(path) + 1):
            n_rows[path[:depth]] += 1
            people[path[:depth]].add(person)
    cells = cells_of(rows, levels)
    assert {cell: count for cell, (count, _) in cells.items()} == dict(n_rows)
    for depth, level in enumerate(levels):
        for number, first in enumerate(level.first_row.tolist()):
            cell = rows[first][1][:depth]
            assert level.people[number] == len(people[cell])
            below = [c for c in cells if len(c) == depth + 1 and c[:depth] == cell]
            hidden = [c for c in below if not cells[c][1]]
            if level.shown[number] and depth < len(levels) - 1:
                assert level.left[number] == sum(n_rows[c] for c in hidden)
                everyone = set().union(*(people[c] for c in hidden)) if hidden else set()
                assert level.left_people[number] == len(everyone)
            else:
                assert level.left[number] == level.left_people[number] == 0


@given(tables())
def test_every_figure_and_every_remainder_rests_on_k_people(table: tuple[Rows, int]) -> None:
    rows, k = table
    cells = cells_of(rows, of(rows, k))
    for cell, (_, shown) in cells.items():
        if not shown:
            continue
        assert len({person for person, path in rows if path[: len(cell)] == cell}) >= k
        assert not cell or cells[cell[:-1]][1], "a count is shown below one that is hidden"
        hidden = [
            c for c in cells if c[:-1] == cell and len(c) == len(cell) + 1 and not cells[c][1]
        ]
        if hidden:
            assert len(hidden) >= 2
            behind = {person for person, path in rows if path[: len(cell) + 1] in hidden}
            assert len(behind) >= k


@given(tables())
@settings(max_examples=60)
def test_no_hidden_count_can_be_worked_out_by_linear_programs(table: tuple[Rows, int]) -> None:
    """The attacker knows all that is shown, and even which cells are empty."""
    rows, k = table
    cells = cells_of(rows, of(rows, k))
    shown = {cell: count for cell, (count, is_shown) in cells.items() if is_shown}
    if () not in shown:
        assert not shown
        return
    leaves = sorted({path for _, path in rows})

    def indicator(cell: tuple[int, ...]) -> list[float]:
        return [float(leaf[: len(cell)] == cell) for leaf in leaves]

    equations = np.array([indicator(cell) for cell in shown])
    totals = np.array(list(shown.values()), dtype=float)
    for cell, (count, is_shown) in cells.items():
        if is_shown:
            continue
        what = np.array(indicator(cell))
        ends = []
        for sign in (1.0, -1.0):
            found = linprog(sign * what, A_eq=equations, b_eq=totals, method="highs")
            assert found.status == 0
            ends.append(sign * found.fun)
        low, high = ends
        assert low <= count <= high
        # It may be nothing at all, and it may be k or more: the attacker cannot even tell that it
        # was hidden for being small.
        assert low == pytest.approx(0)
        assert high >= k - 1e-6


@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_has_no_say(table: tuple[Rows, int], random) -> None:
    rows, k = table
    mixed = rows.copy()
    random.shuffle(mixed)
    assert cells_of(rows, of(rows, k)) == cells_of(mixed, of(mixed, k))


def test_one_small_cell_takes_the_smallest_large_one_with_it() -> None:
    rows = [(p, (0,)) for p in range(9)] + [(p, (1,)) for p in range(6)] + [(20, (2,))]
    assert cells_of(rows, of(rows, 5)) == {
        (): (16, True),
        (0,): (9, True),
        (1,): (6, False),
        (2,): (1, False),
    }


def test_two_small_cells_of_k_people_protect_each_other() -> None:
    rows = [(p, (p % 2,)) for p in range(6)] + [(p, (2,)) for p in range(10, 17)]
    cells = cells_of(rows, of(rows, 4))
    assert {cell for cell, (_, shown) in cells.items() if shown} == {(), (2,)}


def test_two_small_cells_of_the_same_few_people_need_a_third() -> None:
    rows = [(p, (p_cell,)) for p in range(3) for p_cell in (0, 1)]
    rows += [(p, (2,)) for p in range(10, 17)] + [(p, (3,)) for p in range(10, 16)]
    cells = cells_of(rows, of(rows, 4))  # together 6 rows, but of 3 people
    assert {cell for cell, (_, shown) in cells.items() if shown} == {(), (2,)}


def test_fewer_than_k_people_show_nothing() -> None:
    assert not of([(0, (0,)), (1, (0,)), (1, (1,))], 3)[0].shown.any()


def test_without_rows_there_is_no_level() -> None:
    assert shown_counts([np.empty(0, dtype=np.int64)], np.empty(0, dtype=np.int64), 5) == []
