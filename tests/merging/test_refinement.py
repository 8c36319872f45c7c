"""Refinement never raises either measure of loss and never breaks a rule (law L9)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.merging import PersonaMerger
from personatwin_sk.merging import _refinement as refinement
from personatwin_sk.merging._class_state import ClassState
from personatwin_sk.merging._partition import partition
from personatwin_sk.merging._points import Points
from personatwin_sk.merging._refinement import refine


def random_points(seed: int, n: int, n_ordered: int, n_nominal: int) -> Points:
    rng = np.random.default_rng(seed)
    sizes = tuple(int(m) for m in rng.integers(2, 7, n_nominal))
    ordered = rng.normal(size=(n, n_ordered)).round(1)
    return Points(
        ordered=ordered - ordered.mean(axis=0),
        ordered_penalty=1 / np.maximum(np.ptp(ordered, axis=0), 1.0),
        categories=tuple(rng.integers(0, m, n) for m in sizes),
        n_categories=sizes,
        weights=np.array([1 / (m - 1) for m in sizes]),
        category_penalty=np.array([1 / (m - 1) for m in sizes]),
        people=rng.choice([1.0, 1, 2, 3, 12], n),
    )


def check_l9(points: Points, k: int, sweeps: int, blocks: np.ndarray | None) -> None:
    tree = partition(points, k, blocks=blocks)
    people = np.bincount(tree, weights=points.people)
    kept = np.flatnonzero(people[tree] >= k)
    if not len(kept):
        return
    inside = points.take(kept)
    start = np.unique(tree[kept], return_inverse=True)[1]
    own_blocks = None if blocks is None else blocks[kept]
    refined = refine(inside, start, k, sweeps, blocks=own_blocks)
    before = ClassState(inside, start, int(start.max()) + 1)
    after = ClassState(inside, refined, int(refined.max()) + 1)
    assert after.squares_total() <= before.squares_total() * (1 + 1e-9) + 1e-9
    assert after.penalty_total() <= before.penalty_total() * (1 + 1e-9) + 1e-9
    assert after.people.min() >= k
    assert after.people.sum() == inside.people.sum()
    if own_blocks is not None:
        pairs = np.unique(np.stack([refined, own_blocks]), axis=1)
        assert len(np.unique(pairs[0])) == pairs.shape[1]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(5, 120),
    st.integers(0, 3),
    st.integers(0, 3),
    st.integers(1, 12),
    st.booleans(),
)
def test_neither_loss_is_raised_and_no_rule_is_broken(
    seed: int, n: int, n_ordered: int, n_nominal: int, k: int, with_blocks: bool
) -> None:
    if n_ordered + n_nominal == 0:
        return
    points = random_points(seed, n, n_ordered, n_nominal)
    blocks = np.random.default_rng(seed).integers(0, 3, n) if with_blocks else None
    check_l9(points, k, 3, blocks)


def test_the_law_catches_a_refinement_that_does_not_keep_k(monkeypatch) -> None:
    real = refinement._Rules

    def careless(k, *rest):
        return real(k - 1, *rest)

    monkeypatch.setattr(refinement, "_Rules", careless)
    with pytest.raises(AssertionError):
        for seed in range(20):
            check_l9(random_points(seed, 60, 2, 1), 4, 3, None)


def test_the_law_catches_a_refinement_that_goes_uphill(monkeypatch) -> None:
    monkeypatch.setattr(refinement, "_sweep", lambda points, classes, *_: np.roll(classes, 1))
    points = random_points(0, 60, 2, 1)
    tree = partition(points, 3)
    # A sweep that makes matters worse is taken back whole.
    assert refine(points, tree, 3, 3).tolist() == tree.tolist()


def test_more_sweeps_lose_no_more() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"x": rng.normal(size=400), "y": rng.normal(size=400), "z": rng.choice(list("abc"), 400)}
    )
    mergers = [PersonaMerger(k=5, refine=sweeps).fit(frame) for sweeps in (0, 1, 3)]
    ratios = [merger.sse_ratio_ for merger in mergers]
    losses = [merger.information_loss_ for merger in mergers]
    assert ratios[0] >= ratios[1] >= ratios[2]
    assert losses[0] > losses[2]


@pytest.mark.parametrize(
    ("name", "k", "mdav", "bar"),
    [
        ("census", 3, 5.6922, 0.93),
        ("census", 5, 9.0884, 0.90),
        ("census", 10, 14.1559, 0.91),
        ("tarragona", 3, 16.9326, 0.92),
        ("tarragona", 5, 22.4619, 0.97),
        ("tarragona", 10, 33.1929, 0.95),
    ],
)
def test_better_than_mdav_on_its_own_data(shared_data, name, k, mdav, bar) -> None:
    frame = pd.read_csv(shared_data / "microaggregation" / f"{name}.csv.gz")
    classes = PersonaMerger(k=k).fit(frame).apply(frame)
    standard = ((frame - frame.mean()) / frame.std(ddof=0)).to_numpy()
    within = sum(
        ((standard[classes == c] - standard[classes == c].mean(axis=0)) ** 2).sum()
        for c in np.unique(classes)
    )
    # Published: Domingo-Ferrer and Mateo-Sanz's MDAV on the CASC reference data.
    assert 100 * within / (standard**2).sum() <= bar * mdav


def test_personas_of_adult_do_not_depend_on_the_order_of_rows(shared_data) -> None:
    adult = pd.read_csv(shared_data / "adult" / "adult.csv.gz")
    keys = ["sex", "age", "race", "marital-status", "education", "workclass"]
    adult = adult[keys].head(8000)
    merger = PersonaMerger(k=5)
    numbers = pd.Series(merger.fit(adult).apply(adult), index=adult.index)
    shuffled = adult.sample(frac=1, random_state=3)
    again = PersonaMerger(k=5).fit(shuffled[keys[::-1]]).apply(shuffled[keys[::-1]])
    assert again.tolist() == numbers[shuffled.index].tolist()
