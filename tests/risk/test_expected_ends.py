"""Ends of labels that the population cannot count: by hand, and against an attacker who tries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk import PersonaMerger
from personatwin_sk._core.frames import Table
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import assess_risk
from personatwin_sk.risk._classes import find_classes
from personatwin_sk.risk._expected_ends import chance_of_ends


def chances(values, labels, people, *, suppressed=()):
    before = Table.of(pd.DataFrame({"x": pd.Series(values), "who": range(len(values))}))
    who = [None if at in suppressed else at for at in range(len(values))]
    after = Table.of(pd.DataFrame({"x": pd.Series(labels, dtype=object), "who": who}))
    classes = find_classes(before, after, ["x"], "who")
    return chance_of_ends(before, after, ["x"], classes, np.array(people, dtype=float))


def one_of_them_and(mean):
    """E[1 / (1 + X)] with X Poisson of a mean."""
    return (1 - np.exp(-mean)) / mean


def test_the_rarest_member_of_a_set():
    # "a" three times and "b" once in the class; outside it five a, one b and four c.
    values = ["a"] * 3 + ["b"] + ["a"] * 5 + ["b"] + ["c"] * 4
    labels = ["a|b"] * 4 + values[4:]
    share = (1 + 0.5) / (6 + 2 * 0.5)
    expected = one_of_them_and((40 - 4) * share) / 4
    # Classes in the order of their labels: a, a|b, b, c.
    assert chances(values, labels, [50, 40, 50, 50]) == pytest.approx([0, expected, 0, 0])


def test_the_rarer_end_of_a_range():
    values = [30, 30, 34, 39, 30, 30, 30, 39, 34, 34]
    labels = ["30-39"] * 4 + ["30"] * 3 + ["39", "34", "34"]
    # Outside: three of 30, one of 39, two of 34; 39 is rarer, and one of the four has it.
    share = (1 + 0.5) / (6 + 3 * 0.5)
    found = chances(values, labels, [9, 24, 9, 9])
    assert found[1] == pytest.approx(one_of_them_and(20 * share) / 4)
    assert np.count_nonzero(found) == 1


def test_null_is_a_member_like_any_other():
    values = ["a", "a", None, "a", "a", "a"]
    labels = ["a|", "a|", "a|", "a", "a", "a"]
    found = chances(values, labels, [30, 30])
    # Nobody else is null: half a person of it, among three others.
    share = 0.5 / (3 + 2 * 0.5)
    assert max(found) == pytest.approx(one_of_them_and(27 * share) / 3)


def test_people_who_are_left_out_count_nowhere():
    values, labels = ["a", "a", "b", "a", "b", "b"], ["a|b"] * 3 + ["a", "b", "b"]
    found = chances(values, labels, [30, 30], suppressed={4, 5})
    share_b = 0.5 / (1 + 2 * 0.5)  # the two b outside are suppressed
    assert max(found) == pytest.approx(one_of_them_and(27 * share_b) / 3)


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
