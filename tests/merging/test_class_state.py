"""What the engine says of an exchange, against making the exchange and measuring anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.merging._class_state import ClassState, Prices
from personatwin_sk.merging._points import Points


@st.composite
def partitioned(draw: st.DrawFn) -> tuple[Points, np.ndarray]:
    n = draw(st.integers(4, 16))
    n_ordered, n_nominal = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    sizes = tuple(int(m) for m in rng.integers(2, 5, n_nominal))
    points = Points(
        ordered=rng.integers(-3, 4, (n, n_ordered)).astype(float),
        ordered_penalty=rng.random(n_ordered),
        categories=tuple(rng.integers(0, m, n) for m in sizes),
        n_categories=sizes,
        weights=rng.random(n_nominal),
        category_penalty=rng.random(n_nominal),
        people=rng.integers(1, 5, n).astype(float),
    )
    n_classes = draw(st.integers(2, 4))
    classes = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)])
    return points, classes


def written_out(points: Points) -> np.ndarray:
    blocks = [points.ordered]
    for codes, m, weight in zip(
        points.categories, points.n_categories, points.weights, strict=True
    ):
        blocks.append(np.eye(m)[codes] * np.sqrt(weight / 2))
    return np.hstack(blocks)


def squares(points: Points, classes: np.ndarray) -> float:
    matrix, total = written_out(points), 0.0
    for label in np.unique(classes):
        inside = classes == label
        mean = np.average(matrix[inside], axis=0, weights=points.people[inside])
        total += (points.people[inside, None] * (matrix[inside] - mean) ** 2).sum()
    return float(total)


def penalty(points: Points, classes: np.ndarray) -> float:
    total = 0.0
    for label in np.unique(classes):
        inside = classes == label
        one = sum(
            price * np.ptp(points.ordered[inside, j])
            for j, price in enumerate(points.ordered_penalty)
        )
        one += sum(
            price * (len(set(codes[inside])) - 1)
            for codes, price in zip(points.categories, points.category_penalty, strict=True)
        )
        total += points.people[inside].sum() * one
    return float(total)


@settings(max_examples=150, deadline=None)
@given(partitioned())
def test_totals_are_those_of_the_points_written_out(case: tuple[Points, np.ndarray]) -> None:
    points, classes = case
    state = ClassState(points, classes, int(classes.max()) + 1)
    assert state.squares_total() == pytest.approx(squares(points, classes), abs=1e-9)
    assert state.penalty_total() == pytest.approx(penalty(points, classes), abs=1e-9)


@settings(max_examples=200, deadline=None)
@given(partitioned(), st.randoms(use_true_random=False))
def test_an_exchange_changes_the_totals_as_foretold(case, random) -> None:
    points, classes = case
    state = ClassState(points, classes, int(classes.max()) + 1)
    out = random.randrange(len(points))
    others = [i for i in range(len(points)) if classes[i] != classes[out]]
    back = random.choice(others)
    for comes_back in (False, True):
        after = classes.copy()
        after[out] = classes[back]
        if comes_back:
            after[back] = classes[out]
        arguments = (np.array([out]), np.array([classes[back]]))
        if comes_back:
            arguments += (np.array([back]),)
        told = state.squares_change(*arguments)[0], state.penalty_change(*arguments)[0]
        assert told[0] == pytest.approx(squares(points, after) - squares(points, classes), abs=1e-9)
        assert told[1] == pytest.approx(penalty(points, after) - penalty(points, classes), abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(partitioned(), st.randoms(use_true_random=False))
def test_leaving_and_joining_make_a_move(case, random) -> None:
    points, classes = case
    state = ClassState(points, classes, int(classes.max()) + 1)
    prices = Prices(squares=0.7, penalty=1.3)
    out = random.randrange(len(points))
    into = random.choice([c for c in set(classes.tolist()) if c != classes[out]])
    after = classes.copy()
    after[out] = into
    gain = 0.7 * (squares(points, classes) - squares(points, after))
    gain += 1.3 * (penalty(points, classes) - penalty(points, after))
    told = state.gain_of_leaving(prices)[out]
    told -= state.price_of_joining(prices, np.array([out]), np.array([into]))[0]
    assert told == pytest.approx(gain, abs=1e-9)


def test_prices_make_everybody_in_one_class_lose_two() -> None:
    rng = np.random.default_rng(1)
    points = Points(
        rng.normal(size=(30, 2)), np.ones(2), (rng.integers(0, 3, 30),), (3,), np.ones(1),
        np.ones(1), np.ones(30),
    )  # fmt: skip
    everybody = ClassState(points, np.zeros(30, dtype=int), 1)
    assert Prices.of(points).losses(everybody).sum() == pytest.approx(2.0)
