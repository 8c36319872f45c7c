"""Weights of labels and values, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk._core.frames import Table
from personatwin_sk.risk._classes import find_classes
from personatwin_sk.risk.attacks._linkage import first_rows
from personatwin_sk.risk.attacks._mechanism import read_columns
from personatwin_sk.risk.attacks._register import read_register


def read(people, released, keys):
    before, after = Table.of(people), Table.of(released)
    classes = find_classes(before, after, keys, None)
    register = read_register(before, after, keys, classes)
    cells = register.cell_of_row[first_rows(classes)]
    return read_columns(after, keys, classes, register, classes.class_of_member, cells)


def test_categories_that_are_sometimes_swapped():
    people = pd.DataFrame({"sex": ["F"] * 50 + ["M"] * 50})
    out = ["F"] * 45 + ["M"] * 5 + ["M"] * 45 + ["F"] * 5
    column = read(people, people.assign(sex=out), ["sex"])[0]
    # 90 of 100 kept, 50 by chance; 10 swapped, 50 by chance.
    kept, swapped = 90.5 / 50.5, 10 / 50
    assert column.weight == pytest.approx(np.array([[kept, swapped], [swapped, kept]]))
    assert column.moves_values_out


def test_labels_that_always_cover_leave_nothing_outside():
    people = pd.DataFrame({"age": [30, 35, 39, 50, 55]})
    column = read(people, people.assign(age=["30-39"] * 3 + ["50-59"] * 2), ["age"])[0]
    assert not column.moves_values_out
    assert (column.weight[column.inside] > 0).all()
    assert (column.weight[~column.inside] == 0).all()


def test_noise_on_numbers_is_learned_by_distance():
    rng = np.random.default_rng(0)
    people = pd.DataFrame({"age": rng.integers(0, 500, 2000)})
    released = people + rng.integers(-4, 5, (2000, 1))
    column = read(people, released, ["age"])[0]
    labels = np.sort(released["age"].unique())
    values = np.sort(people["age"].unique())
    apart = np.abs(labels[:, None] - values[None, :])
    # One in nine at each distance, against one in 500.
    assert np.median(column.weight[(apart > 0) & (apart <= 4)]) == pytest.approx(500 / 9, rel=0.2)
    assert (column.weight[apart > 8] == 0).all()


def test_repr_holds_no_value():
    people = pd.DataFrame({"name": ["secret"]})
    assert repr(read(people, people, ["name"])[0]) == "KeyColumn(n_labels=1, n_values=1)"
