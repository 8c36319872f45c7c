"""Whole hulls, and who has the known traits of a class: by counting people one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.frames import Table
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import assess_risk
from personatwin_sk.risk._cells import count_cells
from personatwin_sk.risk._classes import find_classes
from personatwin_sk.risk._covers import read_covers
from personatwin_sk.risk._known_hulls import count_known
from personatwin_sk.risk._whole_hulls import count_in_hulls, file_in_hulls

AGES, TOWNS, HOMES = [20, 21, 30, 39], ["Bron", "Lyon", "Nice"], ["own", "rent"]
PERSON = st.tuples(st.sampled_from(AGES), st.sampled_from(TOWNS), st.sampled_from(HOMES))
KNOWN = ["age", "town"]


def release(people, group):
    """Release each group's ages as a range, towns as a set, homes as a set."""
    table = pd.DataFrame(people, columns=[*KNOWN, "home"])
    released = table.astype(object)
    for one in set(group):
        here = np.array(group) == one
        low, high = table["age"][here].min(), table["age"][here].max()
        released.loc[here, "age"] = str(low) if low == high else f"{low}-{high}"
        for name in ("town", "home"):
            released.loc[here, name] = "|".join(sorted(set(table[name][here])))
    return table, released


def fits(person, row):
    low, _, high = str(row["age"]).partition("-")
    return int(low) <= person["age"] <= int(high or low) and person["town"] in row["town"].split(
        "|"
    )


def count_fits(people, row):
    return sum(fits(person, row) for _, person in people.iterrows())


FILES = st.lists(st.tuples(PERSON, st.integers(0, 3)), min_size=1, max_size=12)


@settings(max_examples=50)
@given(file=FILES, more=st.lists(PERSON, max_size=15))
def test_equals_counting_by_hand(file, more):
    table, released = release([who for who, _ in file], [group for _, group in file])
    town = pd.concat([table, pd.DataFrame(more, columns=table.columns)])
    counts = town.groupby(KNOWN).size().rename("n").reset_index()
    population = TablePopulation.from_frame(counts)
    before, after = Table.of(table), Table.of(released)
    classes = find_classes(before, after, KNOWN, None)
    cells = count_cells(before, after, KNOWN, classes, population)
    covers = read_covers(cells, classes, after, KNOWN, population)
    rows = [
        released.iloc[int(np.argmax(classes.class_of_row == c))] for c in range(len(classes.sizes))
    ]
    expected = [count_fits(town, row) for row in rows]
    if covers is not None:
        every = np.arange(classes.n_classes)
        answer = count_in_hulls(covers, cells, every, KNOWN, population)
        assert answer["count"].tolist() == pytest.approx(expected)
        in_file = file_in_hulls(covers, cells, classes)
        assert in_file.tolist() == [count_fits(table, row) for row in rows]

    every = find_classes(before, after, [*KNOWN, "home"], None)
    traits = count_known(before, after, KNOWN, None, every, population)
    for class_ in range(every.n_classes):
        row = released.iloc[int(np.argmax(every.class_of_row == class_))]
        assert traits.people[class_] == pytest.approx(count_fits(town, row))
        assert traits.in_file[class_] == count_fits(table, row)
        same = (released[KNOWN] == row[KNOWN]).all(axis=1).sum()
        assert traits.overlaps[class_] == (count_fits(table, row) > same)


def test_hulls_that_cannot_be_counted_leave_the_classes():
    """A table of ten-year bands does not know how many people are 25 to 34."""
    bands = pd.DataFrame({"age": ["20-29", "30-39"], "n": [100, 200]})
    table = pd.DataFrame({"age": [25, 34, 27], "home": ["own", "own", "rent"]})
    released = pd.DataFrame({"age": ["25-34", "25-34", "27"], "home": table["home"]})
    population = TablePopulation.from_frame(bands)
    before, after = Table.of(table), Table.of(released)
    classes = find_classes(before, after, ["age", "home"], None)
    traits = count_known(before, after, ["age"], None, classes, population)
    assert (traits.people >= traits.in_file).all()
    assert (traits.in_file >= classes.sizes).all()


def test_classes_that_share_known_traits_are_told_apart_by_the_others():
    """Half of each age own: who is behind "own" is half of those behind the age."""
    table = pd.DataFrame({"age": [20, 30] * 10, "home": ["own"] * 10 + ["rent"] * 10})
    released = table.assign(age="20-30")
    counts = pd.DataFrame({"age": [20, 30], "n": [1000, 1000]})
    population = TablePopulation.from_frame(counts)
    report = assess_risk(table, released, ["age", "home"], population=population)
    assert report.journalist.mean == pytest.approx(1 / 1000, rel=0.1)


def test_hulls_that_overlap_where_the_file_has_nobody_are_whole():
    """Two classes of one range each, between whose people lie ages that nobody of the file has."""
    table = pd.DataFrame({"age": [20, 39, 21, 38], "home": ["own", "own", "rent", "rent"]})
    released = table.assign(age=["20-39", "20-39", "21-38", "21-38"])
    counts = pd.DataFrame({"age": list(range(20, 40)), "n": [10] * 20})
    before, after = Table.of(table), Table.of(released)
    classes = find_classes(before, after, ["age", "home"], None)
    traits = count_known(before, after, ["age"], None, classes, TablePopulation.from_frame(counts))
    assert sorted(traits.people.tolist()) == [180, 200]
    assert sorted(traits.in_file.tolist()) == [2, 4]
    assert sorted(traits.overlaps.tolist()) == [False, True]
