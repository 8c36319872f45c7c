"""Whom an attacker looks among, what noise teaches them and what labels cover: small tables."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

import personatwin_sk.risk.attacks._register as register_module
from personatwin_sk._core.frames import Table
from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk._classes import find_classes
from personatwin_sk.risk.attacks import simulate_linkage
from personatwin_sk.risk.attacks._covers import compare
from personatwin_sk.risk.attacks._mechanism import read_columns
from personatwin_sk.risk.attacks._register import read_register


def counts(frame):
    return TablePopulation.from_frame(pd.DataFrame(frame))


def exact(people, released, keys, **options):
    return simulate_linkage(people, released, keys, random_state=0, **options).by_strategy["exact"]


def people_by_cell(people, released, keys, population=None, person_id=None):
    before, after = Table.of(people), Table.of(released)
    classes = find_classes(before, after, keys, person_id)
    found = read_register(before, after, keys, classes, population)
    cells = zip(
        *(
            values.take(codes).tolist()
            for values, codes in zip(found.values, found.codes, strict=True)
        ),
        strict=True,
    )
    return dict(zip(cells, found.people.tolist(), strict=True))


def test_without_a_population_the_register_is_the_file_the_suppressed_included():
    people = pd.DataFrame({"who": [1, 1, 2, 3, 4], "age": [30, 30, 30, 31, 31]})
    released = people.assign(who=[0, 0, 0, 0, None])
    assert people_by_cell(people, released, ["age"], person_id="who") == {(30,): 2, (31,): 2}
    # A person with two ages is looked for at both.
    both = people.assign(age=[30, 31, 30, 31, 31])
    assert people_by_cell(both, released, ["age"], person_id="who") == {(30,): 2, (31,): 3}


@pytest.mark.parametrize(("n", "behind"), [(2, 4), (4, 4), (5, 5), (40, 40)])
def test_the_register_never_has_fewer_people_than_the_file(n, behind):
    people = pd.DataFrame({"age": [30] * 4})
    town = counts({"age": [30], "n": [n]})
    assert people_by_cell(people, people, ["age"], town) == {(30,): behind}


def test_whole_numbers_between_those_of_the_file_are_looked_among():
    people = pd.DataFrame({"age": [30, 33]})
    town = counts({"age": [29, 30, 31, 33, 34], "n": [100, 7, 5, 3, 100]})
    # 32 is unknown to the table and asked for in vain; 29 and 34 are outside.
    expected = {(30,): 7, (31,): 5, (33,): 3}
    assert people_by_cell(people, people, ["age"], town) == expected


@pytest.mark.parametrize(("width", "looked"), [(199, True), (200, False)])
def test_so_they_are_up_to_two_hundred(width, looked):
    people = pd.DataFrame({"age": [1000, 1000 + width]})
    town = counts({"age": np.arange(1000, 1001 + width), "n": [2] * (width + 1)})
    n = len(people_by_cell(people, people, ["age"], town))
    assert n == (width + 1 if looked else 2)


def test_whole_numbers_may_be_written_as_fractions():
    people = pd.DataFrame({"age": [30.0, 33.0]})
    town = counts({"age": [30, 31, 32, 33], "n": [2, 4, 8, 16]})
    found = people_by_cell(people, people, ["age"], town)
    assert found == {(30,): 2, (31,): 4, (32,): 8, (33,): 16}


def test_combinations_that_nobody_has_are_left_out():
    people = pd.DataFrame({"age": [30, 31], "sex": ["F", "M"]})
    town = counts({"age": [30, 30, 31], "sex": ["F", "M", "M"], "n": [5, 6, 7]})
    expected = {(30, "F"): 5, (30, "M"): 6, (31, "M"): 7}
    assert people_by_cell(people, people, ["age", "sex"], town) == expected


def test_where_there_are_too_many_the_cells_of_the_file_have_to_do(monkeypatch):
    people = pd.DataFrame({"age": [30, 31], "sex": ["F", "M"]})
    town = counts({"age": [30, 30, 31], "sex": ["F", "M", "M"], "n": [5, 6, 7]})
    monkeypatch.setattr(register_module, "_MOST_CELLS", 3)
    assert people_by_cell(people, people, ["age", "sex"], town) == {(30, "F"): 5, (31, "M"): 7}
    monkeypatch.setattr(register_module, "_MOST_CELLS", 4)
    assert len(people_by_cell(people, people, ["age", "sex"], town)) == 3


def test_a_column_that_the_population_does_not_know_is_spread_as_in_the_file():
    """People outside the file: (n_cell + 3 n_rest / n) / (n_known + 3) of those of each age."""
    people = pd.DataFrame({"age": [30] * 6 + [40] * 2, "tall": list("yyynnnyn")})
    people.loc[0, "tall"] = "n"
    town = counts({"age": [30, 40], "n": [106, 32]})
    found = people_by_cell(people, people, ["age", "tall"], town)
    # Of all eight three are tall: "y" twice at 30, once at 40.
    expected = {
        (30, "y"): 2 + 100 * (2 + 3 * 3 / 8) / 9,
        (30, "n"): 4 + 100 * (4 + 3 * 5 / 8) / 9,
        (40, "y"): 1 + 30 * (1 + 3 * 3 / 8) / 5,
        (40, "n"): 1 + 30 * (1 + 3 * 5 / 8) / 5,
    }
    assert found == pytest.approx(expected)
    assert sum(found.values()) == pytest.approx(138)


def test_people_of_other_cells_have_what_people_of_the_file_have():
    people = pd.DataFrame({"age": [30, 32], "tall": ["y", "n"]})
    town = counts({"age": [30, 31, 32], "n": [11, 10, 21]})
    found = people_by_cell(people, people, ["age", "tall"], town)
    # Nobody of the file is 31: half of these are tall.
    assert found[31, "y"] == pytest.approx(5)
    assert found[30, "y"] == pytest.approx(1 + 10 * (1 + 1.5) / 4)
    assert found[30, "n"] == pytest.approx(10 * 1.5 / 4)
    assert found[32, "n"] == pytest.approx(1 + 20 * (1 + 1.5) / 4)


def test_who_is_unknown_to_the_population_is_alone_with_the_file():
    people = pd.DataFrame({"age": pd.Series([30, 30, None], dtype=object), "sex": list("FFF")})
    town = counts({"age": [30, 31], "sex": ["F", "F"], "n": [50, 9]})
    found = people_by_cell(people, people, ["age", "sex"], town)
    by_count = sorted(found.values())
    assert by_count == [1.0, 50.0]


def test_labels_wider_than_the_register_are_counted_whole_where_all_columns_are_known():
    tree = pd.DataFrame({"town": ["a", "b"], "county": ["C", "C"]})
    town = TablePopulation.from_frame(
        pd.DataFrame({"town": ["a", "b"], "n": [10, 30]}), hierarchies={"town": tree}
    )
    people = pd.DataFrame({"town": ["a", "a"], "tall": ["y", "y"]})
    whole = people.assign(town="C")
    assert exact(people, whole, ["town"], population=town) == pytest.approx(1 / 40)
    # With a column beside it that is not counted, those of the cells have to do.
    assert exact(people, whole, ["town", "tall"], population=town) == pytest.approx(1 / 10)


def test_a_label_that_the_population_cannot_count_leaves_the_cells():
    town = counts({"age": [30, 31, 39], "n": [4, 6, 10]})
    people = pd.DataFrame({"age": [30, 31]})
    # "elders" is no age: nobody of the register is described, and all are looked among.
    result = simulate_linkage(
        people, people.assign(age="elders"), "age", population=town, random_state=0
    )
    assert result.baseline == pytest.approx(1 / 10)
    assert result.rate <= 1 / 10 + 1e-12


def read(people, released, keys=("x",)):
    before, after = Table.of(people), Table.of(released)
    classes = find_classes(before, after, list(keys), None)
    register = read_register(before, after, list(keys), classes)
    cells = register.cell_of_row
    return read_columns(after, list(keys), classes, register, classes.class_of_row, cells)


def test_noise_is_learned_in_zones_of_half_a_power_of_two():
    """Every value is moved by 8, once by 16 and once by 1: three zones, and none beside them."""
    n = 40
    values = 1000 * np.arange(n)
    moved = np.full(n, 8)
    moved[0], moved[1] = 16, 1
    column = read(pd.DataFrame({"x": values}), pd.DataFrame({"x": values + moved}))[0]
    assert column.moves_values_out
    apart = np.abs((values + moved)[:, None] - values[None, :])
    own = column.weight[np.arange(n), np.arange(n)]
    # No other pair is as near: expected is below a half, which is what it is divided by.
    assert own[2:] == pytest.approx(np.full(n - 2, 38 / max(38 / n, 0.5)))
    assert own[:2] == pytest.approx([1 / 0.5, 1 / 0.5])
    assert (column.weight[apart > 100] == 0).all()


def test_what_was_never_seen_inside_stays_possible():
    # Everybody sits at the edge of their band; nobody in its middle.
    values = [0, 40, 0, 40, 100, 140, 20]
    labels = ["0-40"] * 4 + ["100-140"] * 2 + ["20"]
    column = read(pd.DataFrame({"x": values}), pd.DataFrame({"x": labels}))[0]
    assert (column.weight[column.inside] > 0).all()
    middle = column.inside & (column.distance == 0)
    edge = column.inside & (column.distance > 0)
    assert column.weight[edge].min() > column.weight[middle].min()
    # Zones: at 1 of the half width 6 pairs, by chance 4*4/7 + 2*2/7; in the middle 1, by chance
    # (4*1 + 1*1)/7: 20 lies in the middle of "0-40" and of itself.
    assert np.unique(column.weight[edge]) == pytest.approx([(6 + 0.5) / (20 / 7 + 0.5)])
    assert np.unique(column.weight[middle]) == pytest.approx([(1 + 0.5) / (5 / 7 + 0.5)])


def test_the_zones_within_a_band_are_fifths_of_its_half_width():
    """Of values 0, 10, 20 and 30 from the middle of a band of 50, at 0, 1, 2 and 3 fifths."""
    values = [500, 510, 510, 520, 520, 520, 530, 530, 530, 530, 900]
    labels = ["450-550"] * 10 + ["900"]
    column = read(pd.DataFrame({"x": values}), pd.DataFrame({"x": labels}))[0]
    wide = column.inside.sum(axis=1) > 1
    found = np.sort(column.weight[wide][column.inside[wide]])
    # Pairs seen, and by chance 10 k / 11; the middle has "900" in itself, too.
    seen = [(k + 0.5) / (10 * k / 11 + 0.5) for k in (2, 3, 4)]
    middle = (1 + 1 + 0.5) / (10 / 11 + 1 / 11 + 0.5)
    assert found == pytest.approx(np.sort([*seen, middle]), rel=1e-6)


def covers(labels, values, hierarchy=None):
    return compare(pd.Series(labels, dtype=object), pd.Series(values, dtype=object), hierarchy)


def test_open_ends_are_cut_where_the_values_end():
    found = covers(["85+", "95+", "40"], [20, 60, 90])
    assert found.middle.tolist() == [87.5, 95.0, 40.0]
    assert found.half.tolist() == [2.5, 0.0, 0.0]
    # A label beyond all values keeps its own end.
    assert covers(["95+"], [20, 90]).middle.tolist() == [95.0]


def test_no_distance_is_above_one():
    found = covers(["1000", "-900"], [0, 10, 100]).distance()
    assert found.tolist() == [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    near = covers(["110", "-10"], [0, 10, 100]).distance()
    assert near == pytest.approx(np.array([[1, 1, 0.1], [0.1, 0.2, 1]]))


def test_truth_values_are_words_and_no_numbers():
    found = covers([True, False, "0-1"], [True, False, 1])
    assert found.inside.tolist() == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    assert np.isnan(found.position[:2]).all()


def test_null_is_not_the_word_none():
    found = covers(["None", None, "nan"], ["None", None, "nan"])
    assert found.inside.tolist() == np.eye(3, dtype=bool).tolist()


def test_days_lie_in_periods_of_them():
    day = datetime.date(2001, 5, 31)
    found = covers(["2001-05", "2001-Q4", "2002-01"], [day, pd.Timestamp("2001-12-31")])
    assert found.inside.tolist() == [[True, False], [False, True], [False, False]]
    assert found.middle[0] == datetime.date(2001, 5, 16).toordinal()
    assert found.half[0] == 15


def test_a_county_covers_no_namesake_in_another_state():
    labels = ["Jefferson County, OH", "Kentucky", "Ohio"]
    values = ["Jefferson County, KY", "Jefferson County, OH", "Nowhere"]
    assert covers(labels, values).inside.tolist() == [
        [False, True, False],
        [True, False, False],
        [False, True, False],
    ]


def test_of_a_hierarchy_nodes_cover_what_lies_whole_below_them():
    tree = Hierarchy.of(
        pd.DataFrame(
            {
                "town": ["a", "b", "c", "d"],
                "county": ["P", "P", "Q", "R"],
                "land": ["X"] * 3 + ["Y"],
            }
        )
    )
    labels = ["a", "P", "Q", "X", "Y", "unknown"]
    values = ["a", "b", "c", "d", "P", "X", "stranger"]
    below = {
        "a": {"a"},
        "P": {"a", "b", "P"},
        "Q": {"c"},
        "X": {"a", "b", "c", "P", "X"},
        "Y": {"d"},
        "unknown": set(),
    }
    expected = [[value in below[label] for value in values] for label in labels]
    assert covers(labels, values, tree).inside.tolist() == expected
