"""Private counts: every cell, bounded people, noise that holds its epsilon, and consistency."""

from __future__ import annotations

import itertools
import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import opendp.prelude as dp
import pandas as pd
import pytest
from scipy import stats

from personatwin_sk import make_people_events
from personatwin_sk.exceptions import ColumnNotFoundError, DataWarning, InputError
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.noise._aggregates import _split as split
from personatwin_sk.noise._aggregates import private_counts
from personatwin_sk.noise._geometric import RATE_UNIT

dp.enable_features("contrib")
PERSONAS, OUTCOMES = ["A", "B", "C"], ["guilty", "acquitted", None, "never seen"]
GRID = {"persona_id": PERSONAS, "outcome": OUTCOMES}
NOISELESS = 1e6  # an epsilon that leaves every count as it is


def events(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "person": np.arange(n) // 2,
            "persona_id": rng.choice(PERSONAS[:2], n),
            "outcome": rng.choice(np.array(OUTCOMES[:3], dtype=object), n),
        }
    )


def count(frame: Any = None, **changes: Any) -> pd.DataFrame:
    arguments: dict[str, Any] = {
        "by": ["persona_id", "outcome"],
        "person_id": "person",
        "categories": GRID,
        "epsilon": 1.0,
        "max_events": 2,
        "random_state": 0,
        **changes,
    }
    return private_counts(events() if frame is None else frame, **arguments)


def brute_force(frame: pd.DataFrame) -> list[int]:
    rows = frame[["persona_id", "outcome"]].astype(object)
    rows = [tuple(row) for row in rows.where(rows.notna(), None).itertuples(index=False)]
    return [rows.count(cell) for cell in itertools.product(PERSONAS, OUTCOMES)]


def test_without_noise_worth_mentioning_it_counts() -> None:
    counts = count(epsilon=NOISELESS)
    assert list(counts.columns) == ["persona_id", "outcome", "count"]
    cells = counts[["persona_id", "outcome"]].astype(object)
    cells = list(cells.where(cells.notna(), None).itertuples(index=False, name=None))
    assert cells == list(itertools.product(PERSONAS, OUTCOMES))
    assert counts["count"].tolist() == brute_force(events())
    assert counts["count"].dtype == np.int64


def test_every_cell_gets_noise_and_most_of_all_the_empty_ones() -> None:
    empty = np.array(brute_force(events())) == 0
    assert empty.sum() == 6
    noise = np.stack([count(random_state=seed)["count"] for seed in range(80)]) - brute_force(
        events()
    )
    assert ((noise != 0).mean(axis=0) > 0.5).all()
    # Unbiased, on full cells and on empty ones: scale 2, so that the deviation is about 2.8.
    assert (np.abs(noise.mean(axis=0)) < 5 * 2.8 / np.sqrt(80)).all()


@pytest.mark.parametrize(("epsilon", "max_events"), [(1.0, 1), (1.0, 2), (0.5, 3), (3.0, 2)])
def test_the_noise_is_that_of_its_scale(epsilon: float, max_events: int) -> None:
    n = 40_000
    one = pd.DataFrame({"person": [0], "cell": [0]})
    noise = private_counts(
        one,
        "cell",
        person_id="person",
        categories={"cell": range(n)},
        epsilon=epsilon,
        max_events=max_events,
        random_state=5,
    )["count"].to_numpy()
    rate = epsilon / max_events
    alpha, reach = np.exp(-rate), int(5 / rate)
    z = np.arange(-reach, reach + 1)
    expected = (1 - alpha) / (1 + alpha) * alpha ** np.abs(z)
    expected[[0, -1]] = alpha**reach / (1 + alpha)
    seen = np.bincount(np.clip(noise[1:], -reach, reach) + reach, minlength=len(z))
    assert stats.chisquare(seen, (n - 1) * expected).pvalue > 1e-3


@pytest.mark.parametrize("max_events", [1, 3, 7])
@pytest.mark.parametrize("epsilon", [0.1, 1.0, 2.5])
@pytest.mark.parametrize("shares", [[], [0.1], [0.1, 0.3]])
def test_all_levels_together_spend_epsilon_and_no_more(epsilon, max_events, shares) -> None:
    rates = split(epsilon, max_events, [Fraction(share) for share in shares])
    # One person changes the counts of each level by max_events at most.
    spent = sum(Fraction(rate) * RATE_UNIT * max_events for rate in rates)
    assert Fraction(epsilon) * (1 - Fraction(1, 10**6)) < spent <= Fraction(epsilon)
    # The same by OpenDP: Laplace noise of these scales on counts of that sensitivity.
    theirs = [
        dp.m.make_laplace(
            dp.vector_domain(dp.atom_domain(T="i64")),
            dp.l1_distance(T="i64"),
            scale=float(1 / (rate * RATE_UNIT)),
        )
        for rate in rates
    ]
    assert dp.c.make_composition(theirs).map(max_events) <= epsilon * (1 + 1e-9)


def test_a_person_changes_all_counts_together_by_the_bound() -> None:
    # Whoever has many rows, in many cells, and of whatever order: what is there without noise?
    frame = events(400).assign(person=lambda frame: frame.index % 23)
    for max_events in (1, 2, 5):
        with pytest.warns(DataWarning, match="rows are beyond the") as caught:
            whole = count(frame, epsilon=NOISELESS, max_events=max_events)["count"]
        assert int(str(caught[0].message).split()[0]) == 400 - 23 * max_events
        assert whole.sum() == 23 * max_events
        for person in range(0, 23, 5):
            rest = frame[frame["person"] != person]
            with pytest.warns(DataWarning):
                without = count(rest, epsilon=NOISELESS, max_events=max_events)["count"]
            assert (whole - without).abs().sum() == max_events


def test_whose_rows_count_is_drawn_evenly() -> None:
    # One person, 3 rows of one cell and 1 of another, one counts: 1 in 4 the lonely one.
    frame = pd.DataFrame({"person": [7] * 4, "outcome": ["a", "a", "a", "b"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        lonely = sum(
            private_counts(
                frame,
                "outcome",
                person_id="person",
                categories={"outcome": ["a", "b"]},
                epsilon=NOISELESS,
                max_events=1,
                random_state=seed,
            )["count"][1]
            for seed in range(150)
        )
    assert stats.binomtest(int(lonely), 150, 0.25).pvalue > 1e-3


def test_order_of_rows_columns_and_categories_changes_no_count() -> None:
    frame = events(300).assign(person=lambda frame: frame.index % 40)
    with pytest.warns(DataWarning):
        base = count(frame).set_index(["persona_id", "outcome"])["count"]
    shuffled = frame.sample(frac=1, random_state=1)[["outcome", "person", "persona_id"]]
    other = {"outcome": OUTCOMES[::-1], "persona_id": PERSONAS[::-1]}
    with pytest.warns(DataWarning):
        again = count(shuffled, by=["outcome", "persona_id"], categories=other)
    again = again.set_index(["persona_id", "outcome"])["count"]
    assert {cell: again[cell] for cell in again.index} == {cell: base[cell] for cell in base.index}


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_other_tables_count_the_same(library: str) -> None:
    module = pytest.importorskip(library)
    frame = events()
    table = module.from_pandas(frame) if library == "polars" else module.Table.from_pandas(frame)
    pd.testing.assert_frame_equal(count(table), count(frame))


def test_keys_come_from_the_system_unless_an_int_repeats_them() -> None:
    pd.testing.assert_frame_equal(count(), count())
    drawn = [count(random_state=None)["count"].tolist() for _ in range(3)]
    assert drawn[0] != drawn[1] != drawn[2]


def test_nothing_is_changed_in_place() -> None:
    frame, before = events(), events()
    count(frame)
    pd.testing.assert_frame_equal(frame, before)


MARGINS = [
    {(): 0.2},
    {"persona_id": 0.3},
    {(): 0.1, "persona_id": 0.3},
    {(): 0.1, ("outcome",): 0.2},
]


@pytest.mark.parametrize("margins", MARGINS, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_consistent_counts_are_whole_not_negative_and_shares_add_up(margins, seed) -> None:
    counts = count(margins=margins, random_state=seed, epsilon=0.5)
    assert counts["count"].dtype == np.int64
    assert counts["count"].min() >= 0
    finest = [name for name in margins if name != ()]
    groups = counts.groupby(
        list(finest[0]) if finest and isinstance(finest[0], tuple) else finest or [lambda _: 0],
        dropna=False,
    )
    for _, group in groups:
        if group["count"].sum():
            assert group["share"].sum() == pytest.approx(1)
            np.testing.assert_allclose(group["share"], group["count"] / group["count"].sum())
        else:
            assert group["share"].isna().all()


@pytest.mark.parametrize("margins", MARGINS, ids=str)
def test_consistent_counts_without_noise_are_the_counts(margins) -> None:
    assert count(epsilon=NOISELESS, margins=margins)["count"].tolist() == brute_force(events())


def test_a_noisy_total_keeps_many_empty_cells_from_adding_up() -> None:
    frame = pd.DataFrame({"person": range(50), "cell": [0] * 50})
    arguments: dict[str, Any] = {
        "person_id": "person",
        "categories": {"cell": range(2000)},
        "epsilon": 1.0,
        "max_events": 1,
        "random_state": 0,
    }
    alone = private_counts(frame, "cell", **arguments)["count"].clip(lower=0).sum()
    consistent = private_counts(frame, "cell", margins={(): 0.2}, **arguments)
    assert alone > 500
    assert abs(consistent["count"].sum() - 50) < 60
    assert consistent["count"][0] > 30


def test_it_says_what_it_protects() -> None:
    attrs = count(epsilon=0.25, max_events=3).attrs
    assert attrs == {
        "epsilon": 0.25,
        "max_events": 3,
        "mechanism": "discrete Laplace noise on every cell, empty ones too",
        "protects": "whether a person is in the table, with up to 3 of their rows: "
        "epsilon 0.25 in all",
        "not_covered": "the categories and the columns that were chosen; where people are counted "
        "by personas, also the grouping of people into personas, which was made from the data",
    }
    assert "consistent with noisy totals" in count(margins={(): 0.5}).attrs["mechanism"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epsilon": 0}, "epsilon"),
        ({"epsilon": float("inf")}, "epsilon"),
        ({"epsilon": float("nan")}, "epsilon"),
        ({"epsilon": "1"}, "epsilon"),
        ({"epsilon": 1e-12}, "epsilon"),
        ({"max_events": 0}, "max_events"),
        ({"max_events": 1.5}, "max_events"),
        ({"max_events": True}, "max_events"),
        ({"person_id": None}, "person_id"),
        ({"by": []}, "by must"),
        ({"categories": {"outcome": OUTCOMES}}, "categories must be a mapping"),
        ({"categories": {**GRID, "person": [1]}}, "categories must be a mapping"),
        ({"categories": {**GRID, "outcome": "guilty"}}, "are a text"),
        ({"categories": {**GRID, "outcome": []}}, "at least one value"),
        ({"categories": {**GRID, "outcome": [*OUTCOMES, np.nan]}}, "each once; 5 .* 4 of them"),
        ({"categories": {"persona_id": range(20_000), "outcome": range(20_000)}}, "cells, above"),
        ({"margins": {("persona_id", "outcome"): 0.5}}, "not all of them"),
        ({"margins": {"person": 0.5}}, "some of the columns of by"),
        ({"margins": {"persona_id": 0.3, "outcome": 0.3}}, "next coarser"),
        ({"margins": {(): 0.6, "outcome": 0.4}}, "leave nothing"),
        ({"margins": {(): 0.0}}, "between 0 and 1"),
        ({"margins": {(): 1.0}}, "between 0 and 1"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        count(**changes)


def test_values_that_are_not_declared_are_counted_never_shown() -> None:
    frame = events().assign(outcome=["canary"] * 7 + ["guilty"] * 53)
    with pytest.raises(InputError, match="7 of 60 rows have a value in column 'outcome'") as error:
        count(frame)
    assert "canary" not in str(error.value)
    without_null = {**GRID, "outcome": ["guilty", "acquitted"]}
    n_null = int(events()["outcome"].isna().sum())
    with pytest.raises(InputError, match=f"{n_null} of 60 rows"):
        count(categories=without_null)


def test_rows_without_a_person_are_refused() -> None:
    frame = events().assign(person=[None] * 3 + ["a"] * 57)
    with pytest.raises(InputError, match="3 of 60 rows have no person"):
        count(frame)


def test_missing_columns_and_names_that_the_result_needs() -> None:
    with pytest.raises(ColumnNotFoundError, match="by names the column 'nowhere'"):
        count(by=["nowhere"])
    with pytest.raises(InputError, match="which the result adds"):
        count(events().assign(count=1), by="count", categories={"count": [1]})


def test_outcomes_of_personas() -> None:
    # The way of a record: personas from the data, their outcomes counted by the original person.
    people = make_people_events(300, random_state=1)
    released = PersonaMerger(
        ["age", "gender", "ethnicity", "geography"], k=10, person_id="person_id"
    ).fit_transform(people)
    released = released.rename(columns={"person_id": "persona_id"}).assign(
        person=people["person_id"]
    )
    outcomes = sorted(people["outcome"].dropna().unique())
    grid = {"persona_id": sorted(released["persona_id"].unique()), "outcome": [*outcomes, None]}
    most = int(people.groupby("person_id").size().max())
    counts = private_counts(
        released,
        ["persona_id", "outcome"],
        person_id="person",
        categories=grid,
        epsilon=4.0,
        max_events=most,
        margins={(): 0.1, "persona_id": 0.4},
        random_state=0,
    )
    assert len(counts) == len(grid["persona_id"]) * len(grid["outcome"])
    exact = (
        released.groupby(["persona_id", "outcome"], dropna=False)
        .size()
        .reindex(pd.MultiIndex.from_frame(counts[["persona_id", "outcome"]]), fill_value=0)
    )
    deviation = np.sqrt(2) * most / (0.5 * 4.0)
    assert np.abs(counts["count"].to_numpy() - exact.to_numpy()).mean() < 2 * deviation
    assert abs(counts["count"].sum() - len(people)) < 10 * most / 0.4
