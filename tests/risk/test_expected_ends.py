"""Ends of labels that the population cannot count: by hand, and against an attacker who tries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from personatwin_sk import PersonaMerger
from personatwin_sk._core.frames import Table
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import assess_risk
from personatwin_sk.risk._classes import find_classes
from personatwin_sk.risk._expected_ends import ExpectedEnds
from personatwin_sk.risk._label_shares import LabelShares

NOBODY = TablePopulation.from_frame(pd.DataFrame({"elsewhere": ["here"], "n": [1]}))


def chances(values, labels, people, *, suppressed=()):
    before = Table.of(pd.DataFrame({"x": pd.Series(values), "who": range(len(values))}))
    who = [None if at in suppressed else at for at in range(len(values))]
    after = Table.of(pd.DataFrame({"x": pd.Series(labels, dtype=object), "who": who}))
    classes = find_classes(before, after, ["x"], "who")
    shares = LabelShares(before, ["x"], classes, NOBODY)
    ends = ExpectedEnds(before, after, ["x"], classes, shares)
    return ends.chance(np.array(people, dtype=float))


def by_enumeration(slices, most=200):
    """E[a / (f N)] of the slice with the fewest people; slices are (a, a / f, expected others).

    Of slices with equally many people any is taken.
    """
    counts = np.meshgrid(*[a + np.arange(most) for a, _, _ in slices], indexing="ij")
    chance = np.ones([most] * len(slices))
    for at, (_, _, others) in enumerate(slices):
        shape = [1] * len(slices)
        shape[at] = most
        chance = chance * poisson.pmf(np.arange(most), others).reshape(shape)
    fewest = np.min(counts, axis=0)
    rarest = [count == fewest for count in counts]
    right = sum(is_it * right / fewest for is_it, (_, right, _) in zip(rarest, slices, strict=True))
    return float((chance * right / np.sum(rarest, axis=0)).sum())


def test_the_rarest_member_of_a_set():
    # "a" three times and "b" once in the class; outside it five a, one b and four c.
    values = ["a"] * 3 + ["b"] + ["a"] * 5 + ["b"] + ["c"] * 4
    labels = ["a|b"] * 4 + values[4:]
    # One more of each, for those whom the file happens not to have.
    others = {"a": 36 * 6 / 8, "b": 36 * 2 / 8}
    expected = by_enumeration([(3, 3 / 4, others["a"]), (1, 1 / 4, others["b"])])
    # Classes in the order of their labels: a, a|b, b, c.
    found = chances(values, labels, [50, 40, 50, 50])
    assert found == pytest.approx([0, expected, 0, 0], rel=0.02)


def test_the_rarer_end_of_a_range():
    values = [30, 30, 34, 39, 30, 30, 30, 39, 34, 34]
    labels = ["30-39"] * 4 + ["30"] * 3 + ["39", "34", "34"]
    # Outside: three of 30, one of 39, two of 34; 34 is no end.
    slices = [(2, 2 / 4, 20 * 4 / 9), (1, 1 / 4, 20 * 2 / 9)]
    found = chances(values, labels, [9, 24, 9, 9])
    assert found[1] == pytest.approx(by_enumeration(slices), rel=0.02)
    assert np.count_nonzero(found) == 1


def test_whoever_sees_which_end_is_rarest_does_better_than_whoever_guesses():
    values = ["a", "b"] + ["a"] * 20 + ["b"] * 20
    labels = ["a|b"] * 2 + values[2:]
    found = chances(values, labels, [50, 20, 50])[1]
    one_slice = (1 - np.exp(-9)) / 9 / 2
    assert found == pytest.approx(by_enumeration([(1, 0.5, 9.0), (1, 0.5, 9.0)]), rel=1e-9)
    assert found > 1.15 * one_slice


def test_among_very_many_the_expected_number_has_to_do():
    values = ["a", "b"] + ["a"] * 20 + ["b"] * 20
    found = chances(values, ["a|b"] * 2 + values[2:], [50, 20_002, 50])[1]
    assert found == pytest.approx(1 / 2 / 10_001, rel=0.001)


def test_null_is_a_member_like_any_other():
    values = ["a", "a", None, "a", "a", "a"]
    labels = ["a|", "a|", "a|", "a", "a", "a"]
    found = chances(values, labels, [30, 30])
    # Nobody else is null, three others are a; one more of each.
    slices = [(2, 2 / 3, 27 * 4 / 5), (1, 1 / 3, 27 * 1 / 5)]
    assert max(found) == pytest.approx(by_enumeration(slices), rel=0.02)


def test_people_who_are_left_out_are_people_all_the_same():
    values, labels = ["a", "a", "b", "a", "b", "b"], ["a|b"] * 3 + ["a", "b", "b"]
    released = chances(values, labels, [30, 30, 30])
    left_out = chances(values, labels, [30, 30], suppressed={4, 5})
    assert max(left_out) == pytest.approx(max(released))


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        # One label for each value: who has which end is not told.
        ([30, 34, 39, 50, 55], ["30-39"] * 3 + ["50-59"] * 2),
        # Local, but wider than the class: a grid, or noise.
        ([31, 34, 31, 50, 55], ["30-39", "30-39", "30-34", "50-59", "50-59"]),
        (["a", "b", "a"], ["x", "x", "y"]),
    ],
)
def test_labels_that_tell_nothing(values, labels):
    assert not chances(values, labels, [20] * len(set(labels))).any()


def test_it_is_never_more_than_one_in_the_class_whoever_is_behind():
    values = ["a", "b", "a", "b", "b"]
    found = chances(values, ["a|b"] * 2 + ["a", "b", "b"], [3, 2, 1])
    assert (found <= 1 / np.array([1, 2, 1])).all()


def ends_of(name, label):
    return label.split("-" if name == "AGEP" else "|")


def fits_label(column, name, label):
    ends = ends_of(name, label)
    if name == "AGEP":
        return column.astype(int).between(int(ends[0]), int(ends[-1]))
    return column.isin(ends)


def test_whoever_names_the_rarest_end_is_right_about_as_often_as_reported(shared_data):
    """With a register of all six columns, though the population knows five of them only."""
    path = shared_data / "nist" / "ma2019.csv"
    keys = ["AGEP", "SEX", "RAC1P", "PUMA", "EDU", "MSP"]
    town = pd.read_csv(path, dtype=str, keep_default_na=False)[keys]
    file = town.sample(frac=0.1, random_state=0)
    table = file.assign(AGEP=file["AGEP"].astype(int))
    released = PersonaMerger(keys, 5, representation="interval").fit_transform(table)
    known = [name for name in keys if name != "EDU"]
    counts = town.groupby(known).size().reset_index(name="n")
    counts["AGEP"] = counts["AGEP"].astype(int)
    population = TablePopulation.from_frame(counts)
    report = assess_risk(table, released, keys, population=population)

    right = 0.0
    for row, people in released.astype(str).groupby(keys):
        labels = dict(zip(keys, row, strict=True))
        fits = town
        for name, label in labels.items():
            fits = fits[fits_label(fits[name], name, label)]
        slices = []
        for name, label in labels.items():
            slices += [fits[fits[name] == end] for end in ends_of(name, label)]
        rarest = min(slices, key=len)
        right += people.index.isin(rarest.index).sum() / len(rarest)
    attack = right / len(file)
    assert attack > 0.12  # hulls alone say .104
    assert 0.95 * attack <= report.upper <= 1.2 * attack
