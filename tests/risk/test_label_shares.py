"""Shares of values among the people whom a row covers: by the formula, person by person."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.frames import Table
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import _label_shares
from personatwin_sk.risk._classes import find_classes
from personatwin_sk.risk._label_shares import LabelShares, ordered_codes

AGES = [20, 21, 30, 39, 40]
HOMES = ["own", "rent", "lodge"]
COLUMNS = ["age", "home"]


def merged(rows, group):
    """Release each group's ages as a range and homes as a set."""
    table = pd.DataFrame(rows, columns=COLUMNS)
    released = table.astype(object)
    for one in sorted(set(group)):
        here = np.array(group) == one
        low, high = table["age"][here].min(), table["age"][here].max()
        released.loc[here, "age"] = str(low) if low == high else f"{low}-{high}"
        released.loc[here, "home"] = "|".join(sorted(set(table["home"][here])))
    return table, released


def read(table, released, population):
    before, after = Table.of(table), Table.of(released)
    classes = find_classes(before, after, COLUMNS, None)
    return LabelShares(before, COLUMNS, classes, population), classes


def elsewhere():
    return TablePopulation.from_frame(pd.DataFrame({"town": ["Lyon"], "n": [1]}))


def by_hand(table, classes, class_, at, given, population_of=None):
    """Weigh each value of a column for one class, with plain loops over people."""
    members = np.flatnonzero(classes.class_of_row == class_)
    # People of all classes with the same label tell what it covers.
    covered = {}
    for name, label in zip(COLUMNS, classes.label_codes, strict=True):
        same = [
            row for row in range(len(table)) if label[classes.class_of_row[row]] == label[class_]
        ]
        values = table[name].iloc[same]
        covered[name] = (
            {value for value in set(table[name]) if values.min() <= value <= values.max()}
            if name == "age"
            else set(values)
        )
    column = COLUMNS[at]
    weights = {}
    for value in sorted(set(table[column])):
        has = [row for row in range(len(table)) if table[column].iloc[row] == value]
        others = [row for row in has if row not in members]
        weight = len(others) + 1.0
        if population_of is not None:
            total = sum(population_of.values())
            weight = population_of[value] / total * len(table)
        for name in (COLUMNS[other] for other in given):
            fits = sum(table[name].iloc[row] in covered[name] for row in others)
            everybody = sum(table[name].iloc[row] in covered[name] for row in range(len(table)))
            weight *= (fits + 8 * everybody / len(table)) / (len(others) + 8)
        weights[value] = weight
    total = sum(weights.values())
    return {value: weight / total for value, weight in weights.items()}, covered[column]


ROWS = st.lists(
    st.tuples(st.sampled_from(AGES), st.sampled_from(HOMES), st.integers(0, 3)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60)
@given(rows=ROWS)
def test_equals_counting_person_by_person(rows):
    table, released = merged([row[:2] for row in rows], [row[2] for row in rows])
    shares, classes = read(table, released, elsewhere())
    for at, given_ in ((0, [1]), (1, [0]), (1, [])):
        covered = shares.covered(at, given_)
        values = sorted(set(table[COLUMNS[at]])) if at == 0 else None
        for class_ in range(classes.n_classes):
            expected, label = by_hand(table, classes, class_, at, given_)
            assert covered[class_] == pytest.approx(sum(expected[value] for value in label))
            if values is None:
                continue
            for number, value in enumerate(values):
                if value not in label:
                    continue
                found = shares.among_covered(at, given_, np.array([class_]), np.array([number]))
                assert found[0] == pytest.approx(
                    expected[value] / sum(expected[one] for one in label)
                )


def test_of_columns_that_it_knows_the_population_tells_how_common_values_are():
    rows = [(20, "own"), (30, "rent"), (30, "own"), (40, "rent"), (40, "rent")]
    table, released = merged(rows, [0, 0, 1, 1, 2])
    counts = {20: 100, 30: 500, 40: 400}
    people = TablePopulation.from_frame(
        pd.DataFrame({"age": list(counts), "n": list(counts.values())})
    )
    shares, classes = read(table, released, people)
    covered = shares.covered(0, [1])
    for class_ in range(classes.n_classes):
        expected, label = by_hand(table, classes, class_, 0, [1], counts)
        assert covered[class_] == pytest.approx(sum(expected[value] for value in label))


def test_the_people_of_the_class_have_no_say():
    """A class is the only one with its value: that is why it has it, and says nothing of others."""
    rows = [(20, "own")] * 9 + [(20, "lodge")]
    table, released = merged(rows, [0] * 8 + [1, 1])
    shares, classes = read(table, released, elsewhere())
    both = int(classes.class_of_row[9])
    lodgers = shares.among_covered(1, [0], np.array([both]), ordered_value(table, "lodge"))
    # Eight owners besides, no lodger; one more of each. All have the same age.
    assert lodgers[0] == pytest.approx(1 / 10 * 1, abs=0.02)


def ordered_value(table, value):
    _, distinct = ordered_codes(Table.of(table)["home"])
    return np.array([distinct.tolist().index(value)])


def test_too_many_values_and_classes_are_taken_without_their_other_labels(monkeypatch):
    rows = [(20, "own"), (30, "rent"), (30, "own"), (40, "rent"), (40, "rent")]
    table, released = merged(rows, [0, 0, 1, 1, 2])
    plain = read(table, released, elsewhere())[0]
    with_labels = plain.covered(1, [0])
    monkeypatch.setattr(_label_shares, "_MOST_SHARES", 1)
    few = read(table, released, elsewhere())[0]
    # own 2, rent 3, and one more of each; both are covered but in the last class.
    assert few.covered(1, [0]) == pytest.approx([1, 1, 4 / 7])
    first = few.among_covered(1, [0], np.array([0, 0]), np.array([0, 1]))
    assert first == pytest.approx([3 / 7, 4 / 7])
    monkeypatch.undo()
    monkeypatch.setattr(_label_shares, "_MOST_CROSSED", 0)
    crossed = read(table, released, elsewhere())[0].covered(1, [0])
    assert crossed == pytest.approx(plain.covered(1, []))
    assert crossed != pytest.approx(with_labels)


def test_the_order_of_rows_has_no_say():
    rng = np.random.default_rng(0)
    rows = list(zip(rng.choice(AGES, 40).tolist(), rng.choice(HOMES, 40).tolist(), strict=True))
    group = rng.integers(0, 6, 40).tolist()
    table, released = merged(rows, group)
    order = rng.permutation(40)
    again = (table.iloc[order].reset_index(drop=True), released.iloc[order].reset_index(drop=True))
    first, second = read(table, released, elsewhere()), read(*again, elsewhere())
    for at, given_ in ((0, [1]), (1, [0])):
        one = first[0].covered(at, given_)[first[1].class_of_row[order]]
        assert second[0].covered(at, given_)[second[1].class_of_row] == pytest.approx(one)


def test_numbers_are_in_order_and_null_is_last():
    codes, distinct = ordered_codes(pd.Series([3.0, np.nan, 1.0, 3.0]))
    assert codes.tolist() == [1, 2, 0, 1]
    assert distinct.tolist()[:2] == [1.0, 3.0]
    assert np.isnan(distinct.tolist()[2])
    codes, distinct = ordered_codes(pd.Series(["b", "a", "b"]))
    assert distinct.iloc[codes].tolist() == ["b", "a", "b"]
