"""The engine as a whole: every rule holds, lines are solved exactly, work is limited."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.cells import Cells
from personatwin_sk.merging import _refinement
from personatwin_sk.merging._encoding import Encoding
from personatwin_sk.merging._engine import find_classes

PEOPLE = st.lists(
    st.tuples(st.integers(18, 25), st.sampled_from(["F", "M", None]), st.integers(0, 2)),
    min_size=1,
    max_size=30,
)


def encoded(rows: list[tuple]) -> tuple[Encoding, np.ndarray, np.ndarray]:
    """Encode ages and sexes; the third value is the block, told apart in every cell."""
    columns = [
        pd.Series([row[0] for row in rows]),
        pd.Series([row[1] for row in rows], dtype=object),
        pd.Series([str(row[2]) for row in rows], dtype=object),
    ]
    cells, _ = Cells.from_columns(columns)
    blocks = cells.columns()[2].astype(int).to_numpy()
    return Encoding(cells.values, cells.codes, cells.people), cells.people, blocks


def on_a_line(held: dict[int, int]) -> Encoding:
    ages = pd.Series([age for age, people in held.items() for _ in range(people)])
    cells, _ = Cells.from_columns([ages])
    return Encoding(cells.values, cells.codes, cells.people)


@settings(max_examples=60)
@given(PEOPLE, st.integers(1, 5), st.integers(0, 3))
def test_classes_hold_k_people_of_one_block_and_small_blocks_are_suppressed(
    rows: list[tuple], k: int, sweeps: int
) -> None:
    encoding, people, blocks = encoded(rows)
    classes = find_classes(encoding, k, sweeps, blocks=blocks)
    in_block = {block: sum(row[2] == block for row in rows) for block in range(3)}
    for label, block in zip(classes.tolist(), blocks.tolist(), strict=True):
        assert (label == -1) == (in_block[block] < k)
    numbers = sorted(set(classes.tolist()) - {-1})
    assert numbers == list(range(len(numbers)))
    for number in numbers:
        assert people[classes == number].sum() >= k
        assert len(set(blocks[classes == number].tolist())) == 1


@settings(max_examples=60)
@given(PEOPLE, st.integers(1, 4), st.integers(0, 4))
def test_no_class_exceeds_the_largest_size(rows: list[tuple], k: int, more: int) -> None:
    encoding, people, _ = encoded(rows)
    classes = find_classes(encoding, k, 2, max_class_size=k + more)
    kept = classes >= 0
    sizes = np.bincount(classes[kept], weights=people[kept])
    assert ((sizes >= k) & (sizes <= k + more)).all()
    if k == 1 and more == 0:  # whoever is alone in a cell is a class, and nobody else can be
        assert (kept == (people == 1)).all()


def squares(ages: np.ndarray, people: np.ndarray) -> float:
    mean = np.average(ages, weights=people)
    return float((people * (ages - mean) ** 2).sum())


def least_squares_of_runs(held: dict[int, int], k: int) -> float:
    """Try every way of cutting the line into runs of at least k people."""
    ages, people = np.array(sorted(held)), np.array([held[age] for age in sorted(held)])
    best = np.inf
    for r in range(len(ages)):
        for cuts in itertools.combinations(range(1, len(ages)), r):
            parts = np.split(np.arange(len(ages)), cuts)
            if all(people[part].sum() >= k for part in parts):
                best = min(best, sum(squares(ages[part], people[part]) for part in parts))
    return float(best)


LINES = st.dictionaries(st.integers(0, 60), st.integers(1, 3), min_size=2, max_size=9)


@settings(max_examples=80)
@given(LINES, st.integers(1, 4))
def test_one_ordered_key_is_solved_exactly_without_any_sweep(held: dict[int, int], k: int) -> None:
    if sum(held.values()) < k:
        return
    classes = find_classes(on_a_line(held), k, 0)
    ages, people = np.array(sorted(held)), np.array([held[age] for age in sorted(held)])
    found = sum(squares(ages[classes == g], people[classes == g]) for g in set(classes.tolist()))
    assert found == pytest.approx(least_squares_of_runs(held, k), abs=1e-6)


@pytest.mark.parametrize("rule", ["blocks", "max_class_size"])
def test_a_line_under_more_rules_obeys_them(rule: str) -> None:
    encoding = on_a_line({age: 1 for age in range(12)})
    alternating = np.arange(12) % 2
    if rule == "blocks":
        classes = find_classes(encoding, 3, 5, blocks=alternating)
        assert all(len(set(alternating[classes == g])) == 1 for g in range(classes.max() + 1))
    else:
        classes = find_classes(encoding, 3, 5, max_class_size=3)
    kept = classes[classes >= 0]
    assert np.bincount(kept).min() >= 3
    assert rule == "blocks" or np.bincount(kept).max() <= 3


def sum_of_squares(encoding: Encoding, cells: Cells, classes: np.ndarray) -> float:
    written_out = encoding.coordinates(cells.columns())
    return sum(
        squares(column[classes == g], cells.people[classes == g])
        for column in written_out.T
        for g in range(int(classes.max()) + 1)
    )


def test_sweeps_lower_the_loss_until_the_work_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    columns = [rng.integers(18, 60, 300), rng.choice(list("FMX"), 300)]
    columns.append(rng.choice(list("abcde"), 300))
    cells, _ = Cells.from_columns([pd.Series(column) for column in columns])
    encoding = Encoding(cells.values, cells.codes, cells.people)

    found = {sweeps: find_classes(encoding, 4, sweeps) for sweeps in (0, 1, 20)}
    losses = [sum_of_squares(encoding, cells, classes) for classes in found.values()]
    assert losses[0] > losses[1] > losses[2]

    # A sweep looks at all cells once per column. With work for one, more sweeps change nothing.
    for work, sweeps in ((0, 0), (3 * len(cells), 1)):
        monkeypatch.setattr(_refinement, "_MOST_WORK", work)
        assert find_classes(encoding, 4, 20).tolist() == found[sweeps].tolist()
