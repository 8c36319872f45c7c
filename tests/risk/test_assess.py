"""The whole assessment: attackers, settings, tables of any kind, and what goes wrong."""

from __future__ import annotations

import copy
import inspect
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import ReidentificationRisk, assess_risk

PEOPLE = pd.DataFrame({"id": list("abcdef"), "age": [31, 34, 38, 52, 55, 57]})
RELEASED = pd.DataFrame({"id": [0, 0, 0, 1, 1, 1], "age": ["30-39"] * 3 + ["50-59"] * 3})
TOWN = TablePopulation.from_frame(pd.DataFrame({"age": ["30-39", "50-59"], "n": [300, 100]}))


def test_the_attackers():
    reports = {
        attacker: assess_risk(
            PEOPLE, RELEASED, "age", person_id="id", population=TOWN, attacker=attacker
        )
        for attacker in ("prosecutor", "journalist", "marketer")
    }
    for attacker, report in reports.items():
        assert report.attacker == attacker
        assert (report.prosecutor.mean, report.prosecutor.max) == pytest.approx((1 / 3, 1 / 3))
        assert (report.journalist.mean, report.journalist.max) == pytest.approx((1 / 150, 1 / 100))
        # (1/n) sum f/F over the two classes
        assert report.marketer.mean == pytest.approx((3 / 300 + 3 / 100) / 6)
    assert reports["prosecutor"].population_average_risk == pytest.approx(1 / 3)
    assert reports["prosecutor"].upper == pytest.approx(1 / 3)
    assert reports["journalist"].max_risk == pytest.approx(1 / 100)
    assert reports["journalist"].individual_risks == pytest.approx([1 / 300] * 3 + [1 / 100] * 3)
    assert reports["marketer"].upper == pytest.approx(1 / 150)


def test_without_a_population_all_figures_are_the_prosecutors_and_it_says_so():
    report = assess_risk(PEOPLE, RELEASED, "age", person_id="id")
    assert report.journalist == report.marketer == report.prosecutor
    assert report.population_average_risk == pytest.approx(1 / 3)
    assert "prosecutor" in report.recommendation
    assert report.n_unknown_to_population == 0
    assert report.population_sources == ()


def test_a_person_in_several_classes_counts_in_each_and_has_the_largest_risk():
    original = pd.DataFrame({"id": [1, 1, 2, 3], "age": [30, 30, 30, 30]})
    released = pd.DataFrame({"id": 0, "age": ["a", "b", "a", "a"]})
    report = assess_risk(original, released, "age", person_id="id")
    assert report.k_anonymity == 1
    assert report.n_people == 3
    assert report.individual_risks == pytest.approx([1.0, 1.0, 1 / 3, 1 / 3])
    assert report.prosecutor.mean == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    # Four records: three in one class, one in the other.
    assert report.marketer.mean == pytest.approx((3 * 1 / 3 + 1) / 4)


def test_the_suppressed_are_counted_and_left_out():
    released = RELEASED.assign(id=[0, 0, None, 1, 1, None], age=["30-39"] * 2 + [None] + ["x"] * 3)
    report = assess_risk(PEOPLE, released, "age", person_id="id")
    assert (report.n_people, report.n_suppressed, report.k_anonymity) == (4, 2, 2)
    assert np.isnan(report.individual_risks[[2, 5]]).all()
    assert report.prosecutor.mean == pytest.approx(1 / 2)


def test_where_everybody_is_suppressed_there_is_no_risk():
    released = RELEASED.assign(id=[None] * 6, age=[None] * 6)
    report = assess_risk(PEOPLE, released, "age", person_id="id", population=TOWN)
    assert (report.n_people, report.n_suppressed, report.n_classes) == (0, 6, 0)
    assert (report.k_anonymity, report.upper, report.max_risk) == (0, 0.0, 0.0)
    assert "Nobody" in report.recommendation


def test_an_empty_table_has_no_risk():
    report = assess_risk(PEOPLE.iloc[:0], RELEASED.iloc[:0], "age", person_id="id")
    assert (report.n_people, report.n_suppressed, report.k_anonymity) == (0, 0, 0)


KINDS = {
    "pandas": lambda frame: frame,
    "polars": lambda frame: pl.DataFrame(frame.to_dict("list"), strict=False),
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
}


@pytest.mark.parametrize("before", KINDS)
@pytest.mark.parametrize("after", KINDS)
def test_tables_of_any_kind(before, after):
    report = assess_risk(
        KINDS[before](PEOPLE), KINDS[after](RELEASED), "age", person_id="id", population=TOWN
    )
    assert report.journalist.mean == pytest.approx(1 / 150)
    assert report.individual_risks.shape == (6,)


def test_arrays_have_positions_for_columns():
    original = np.array([[1.0, 31], [2, 34], [3, 38]])
    report = assess_risk(original, [[0, 30], [0, 30], [0, np.nan]], [1], person_id=0)
    assert report.individual_risks == pytest.approx([1 / 2, 1 / 2, 1])


def test_the_index_has_no_say():
    shuffled = RELEASED.set_axis([5, 3, 1, 0, 2, 4])
    report = assess_risk(PEOPLE, shuffled, "age", person_id="id", population=TOWN)
    assert report.individual_risks == pytest.approx([1 / 300] * 3 + [1 / 100] * 3)


@given(st.permutations(range(6)))
@settings(deadline=None)
def test_the_order_of_rows_has_no_say(order):
    report = assess_risk(
        PEOPLE.iloc[order], RELEASED.iloc[order], "age", person_id="id", population=TOWN
    )
    straight = assess_risk(PEOPLE, RELEASED, "age", person_id="id", population=TOWN)
    assert report.individual_risks == pytest.approx(straight.individual_risks[list(order)])
    assert report.journalist.mean == pytest.approx(straight.journalist.mean)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=20, unique=True), st.integers(0, 9))
@settings(deadline=None, max_examples=50)
def test_a_journalist_who_tries_is_right_as_often_as_reported(sample, seed):
    """A file drawn from a population of 100, and each of its records linked by guessing."""
    population = pd.DataFrame({"age": np.random.default_rng(seed).integers(20, 60, 100)})
    decades = population["age"].map(lambda age: f"{age // 10 * 10}-{age // 10 * 10 + 9}")
    table = TablePopulation.from_frame(population.groupby("age").size().reset_index(name="n"))
    report = assess_risk(
        population.iloc[sample], decades.iloc[sample].to_frame(), "age", population=table
    )
    chances = []
    for row in sample:
        candidates = [other for other in range(100) if decades[other] == decades[row]]
        chances.append(sum(candidate == row for candidate in candidates) / len(candidates))
    assert report.journalist.mean == pytest.approx(sum(chances) / len(chances))
    assert report.individual_risks == pytest.approx(chances)


def test_rows_that_do_not_align_are_an_error_with_both_counts():
    with pytest.raises(InputError, match=r"6 rows.* 5"):
        assess_risk(PEOPLE, RELEASED.iloc[:5], "age")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"attacker": "neighbour"}, "attacker must be one of"),
        ({"known_events": -1}, "known_events must be a whole number"),
        ({"known_events": 1.5}, "known_events must be a whole number"),
        ({"known_events": True}, "known_events must be a whole number"),
        ({"known_events": 2}, "known_events=2 needs"),
        ({"known_events": 1}, "event_type and date"),
        ({"known_events": 1, "event_type": "age"}, "event_type and date"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError, match=message):
        ReidentificationRisk("age", **settings)


@pytest.mark.parametrize(
    ("keys", "settings", "parameter"),
    [
        ("shoe", {}, "quasi_identifiers"),
        (["age", "shoe"], {}, "quasi_identifiers"),
        ("age", {"person_id": "name"}, "person_id"),
        ("age", {"known_events": 1, "event_type": "kind", "date": "age"}, "event_type"),
        ("age", {"known_events": 1, "event_type": "age", "date": "day"}, "date"),
    ],
)
def test_missing_columns_are_named(keys, settings, parameter):
    with pytest.raises(ColumnNotFoundError, match=parameter):
        assess_risk(PEOPLE, RELEASED, keys, **settings)


def test_a_column_that_only_the_original_has_is_missing():
    with pytest.raises(ColumnNotFoundError, match="released"):
        assess_risk(PEOPLE, RELEASED.drop(columns="age"), "age")


def test_no_quasi_identifier_and_a_doubled_one_are_errors():
    with pytest.raises(InputError, match="names no column"):
        assess_risk(PEOPLE, RELEASED, [])
    with pytest.raises(InputError, match="more than once"):
        assess_risk(PEOPLE, RELEASED, ["age", "age"])


def test_a_null_person_is_an_error():
    with pytest.raises(InputError, match="1 of 6"):
        assess_risk(PEOPLE.assign(id=[*"abcde", None]), RELEASED, "age", person_id="id")


def test_an_age_that_nobody_has_is_an_error_of_the_population():
    with pytest.raises(InputError, match="age") as error:
        assess_risk(PEOPLE.assign(age=[31, 34, 38, 52, 55, -3]), RELEASED, "age", population=TOWN)
    assert "-3" not in str(error.value)


def test_nothing_is_modified_in_place():
    before = PEOPLE.copy(deep=True), RELEASED.copy(deep=True)
    report = assess_risk(PEOPLE, RELEASED, "age", person_id="id", population=TOWN)
    pd.testing.assert_frame_equal(PEOPLE, before[0])
    pd.testing.assert_frame_equal(RELEASED, before[1])
    with pytest.raises(ValueError, match="read-only"):
        report.individual_risks[0] = 0.0


def test_the_function_and_the_callable_take_the_same_settings():
    function = inspect.signature(assess_risk).parameters
    callable_ = inspect.signature(ReidentificationRisk).parameters
    assert list(function)[2:] == list(callable_)
    for name, parameter in callable_.items():
        assert function[name].default == parameter.default
        assert function[name].kind == parameter.kind


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda risk: pickle.loads(pickle.dumps(risk))])
def test_the_callable_can_be_copied_and_sent_to_other_processes(twin):
    risk = ReidentificationRisk(["age"], person_id="id", population=TOWN)
    assert twin(risk)(PEOPLE, RELEASED) == risk(PEOPLE, RELEASED)
