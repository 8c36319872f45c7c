"""Hulls over several locally recoded columns, against counting all people of a small population."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import _hulls, assess_risk

AGES, RACES = range(30, 36), ["a", "b", "c"]
PEOPLE = {
    (age, race): 3 + 7 * (age % 3) + 2 * RACES.index(race)
    for age, race in itertools.product(AGES, RACES)
}
POPULATION = TablePopulation.from_frame(
    pd.DataFrame([(*cell, n) for cell, n in PEOPLE.items()], columns=["age", "race", "n"])
)
HULLS = [
    ({30, 31, 32}, {"a", "b"}),
    ({32, 33}, {"b", "c"}),
    ({30, 31, 32, 33, 34, 35}, {"c"}),
    ({31, 32, 33, 34}, {"a"}),
]


def label_of(hull):
    ages, races = hull
    return f"{min(ages)}-{max(ages)}", "|".join(sorted(races))


def tables_of(rows):
    fits = [
        (cell, [hull for hull in HULLS if cell[0] in hull[0] and cell[1] in hull[1]])
        for cell, _ in rows
    ]
    chosen = [hulls[lot % len(hulls)] for (_, hulls), (_, lot) in zip(fits, rows, strict=True)]
    before = pd.DataFrame([cell for cell, _ in rows], columns=["age", "race"])
    return before, pd.DataFrame(map(label_of, chosen), columns=["age", "race"]), chosen


def ends_of(at, hull):
    found = sorted({min(hull[0]), max(hull[0])} if at == 0 else hull[1])
    return found if len(found) > 1 else []


def is_tight(at, cells, chosen):
    """Whether somebody of each class has each end of its ages, or each of its races."""
    return all(
        any(c[at] == end and other == hull for c, other in zip(cells, chosen, strict=True))
        for hull in chosen
        for end in ends_of(at, hull)
    )


def slices_of(at, hull, cells, chosen):
    """Give for each end the people of the hull who have it, and those of the class."""
    covered = {c: n for c, n in PEOPLE.items() if c[0] in hull[0] and c[1] in hull[1]}
    own = [c for c, other in zip(cells, chosen, strict=True) if other == hull]
    return [
        (sum(n for c, n in covered.items() if c[at] == end), sum(c[at] == end for c in own))
        for end in ends_of(at, hull)
    ]


CELLS = [c for c in PEOPLE if any(c[0] in ages and c[1] in races for ages, races in HULLS)]


@given(st.lists(st.tuples(st.sampled_from(CELLS), st.integers(0, 11)), min_size=4, max_size=16))
@example([((30, "a"), 0), ((32, "b"), 0), ((32, "b"), 1), ((33, "c"), 0)])
@settings(deadline=None, max_examples=60)
def test_two_columns_by_brute_force(rows):
    before, after, chosen = tables_of(rows)
    report = assess_risk(before, after, ["age", "race"], population=POPULATION)
    cells = [cell for cell, _ in rows]
    there = {label_of(hull): hull for hull in chosen}
    # A column is recoded globally only if no value has two labels and no labels overlap: then its
    # labels are the cells. Where both columns are not, F is this.
    is_local = [after[name].groupby(before[name]).nunique().max() > 1 for name in ("age", "race")]
    if not all(is_local):
        return
    tight = [is_tight(at, cells, chosen) for at in (0, 1)]
    for row, hull in enumerate(chosen):
        f = chosen.count(hull)
        total = 0.0
        for cell, n in PEOPLE.items():
            if not (cell[0] in hull[0] and cell[1] in hull[1]):
                continue
            if sum(cell[0] in h[0] and cell[1] in h[1] for h in there.values()) == 1:
                total += n
            else:
                held = sum(c == cell and h == hull for c, h in zip(cells, chosen, strict=True))
                total += n * held / max(cells.count(cell), 1)
        slices = [one for at in (0, 1) if tight[at] for one in slices_of(at, hull, cells, chosen)]
        if slices:  # of those with the fewest people, the one with most of the class
            people, inside = min(slices, key=lambda one: (one[0], -one[1]))
            total = min(total, f * people / inside)
        assert report.individual_risks[row] == pytest.approx(1 / max(total, f))
    assert report.n_counted_by_cells == 0


def test_too_many_boxes_leave_the_cells(monkeypatch):
    rows = [((30, "a"), 0), ((31, "a"), 0), ((31, "a"), 1), ((33, "b"), 0), ((32, "b"), 0)]
    before, after, _ = tables_of(rows)
    with_hulls = assess_risk(before, after, ["age", "race"], population=POPULATION)
    monkeypatch.setattr(_hulls, "_MOST_BOXES", 0)
    by_cells = assess_risk(before, after, ["age", "race"], population=POPULATION)
    assert with_hulls.n_counted_by_cells == 0
    assert by_cells.n_counted_by_cells == by_cells.n_classes == with_hulls.n_classes
    assert (by_cells.individual_risks >= with_hulls.individual_risks - 1e-12).all()
    assert by_cells.journalist.mean > with_hulls.journalist.mean


def test_a_population_that_cannot_count_a_label_leaves_the_cells():
    people = TablePopulation.from_frame(pd.DataFrame({"race": ["a", "b"], "n": [10, 20]}))
    before = pd.DataFrame({"race": ["a", "a", "b"]})
    after = pd.DataFrame({"race": ["first", "second", "second"]})
    report = assess_risk(before, after, "race", population=people)
    # Nobody else knows what is "first": of a, one half is behind each.
    assert report.individual_risks == pytest.approx([1 / 5, 1 / 25, 1 / 25])


def test_order_of_rows_and_columns_has_no_say():
    rng = np.random.default_rng(0)
    rows = [(CELLS[at], int(lot)) for at, lot in rng.integers(0, len(CELLS), (40, 2))]
    before, after, _ = tables_of(rows)
    risks = assess_risk(before, after, ["age", "race"], population=POPULATION).individual_risks
    order = rng.permutation(40)
    again = assess_risk(
        before.iloc[order], after.iloc[order], ["race", "age"], population=POPULATION
    )
    assert again.individual_risks == pytest.approx(risks[order])
