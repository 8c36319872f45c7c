"""What drives the risk, and the classes at the top: against assessing again, and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk.exceptions import InputError
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import assess_risk
from personatwin_sk.risk._breakdown import ClassBreakdown

COLUMNS = ["age", "sex", "zip"]
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["30-39", "40-49", None]),
        st.sampled_from(["F", "M"]),
        st.sampled_from([1, 2, 3]),
    ),
    min_size=1,
    max_size=30,
)


def frame_of(rows):
    return pd.DataFrame(rows, columns=COLUMNS).astype({"age": object, "sex": object})


@given(PEOPLE)
@settings(deadline=None, max_examples=40)
def test_without_a_column_it_is_what_assessing_without_it_gives(rows):
    frame = frame_of(rows)
    report = assess_risk(frame, frame, COLUMNS, attacker="prosecutor")
    assert set(report.drivers) == set(COLUMNS)
    for name, risk in report.drivers.items():
        kept = [other for other in COLUMNS if other != name]
        again = assess_risk(frame, frame, kept, attacker="prosecutor")
        assert risk == pytest.approx(again.prosecutor.mean)
    assert list(report.drivers.values()) == sorted(report.drivers.values())


@given(PEOPLE, st.data())
@settings(deadline=None, max_examples=40)
def test_so_it_is_where_people_are_in_several_classes(rows, data):
    frame = frame_of(rows)
    who = st.lists(st.integers(0, 6), min_size=len(rows), max_size=len(rows))
    frame["who"] = data.draw(who)
    report = assess_risk(frame, frame, COLUMNS, person_id="who", attacker="prosecutor")
    for name, risk in report.drivers.items():
        kept = [other for other in COLUMNS if other != name]
        again = assess_risk(frame, frame, kept, person_id="who", attacker="prosecutor")
        assert risk == pytest.approx(again.prosecutor.mean)


@given(PEOPLE, st.data(), st.integers(0, 40))
@settings(deadline=None, max_examples=40)
def test_leaving_a_column_out_raises_nobodys_risk(rows, data, step):
    frame = frame_of([row for row in rows if row[0]] or [("30-39", "F", 1)])
    who = st.lists(st.integers(0, 6), min_size=len(frame), max_size=len(frame))
    frame["who"] = data.draw(who)
    counts = frame.value_counts(COLUMNS, sort=False).rename("n").reset_index()
    counts["n"] += np.arange(len(counts)) * step
    report = assess_risk(
        frame, frame, COLUMNS, person_id="who", population=TablePopulation.from_frame(counts)
    )
    for risk in report.drivers.values():
        assert 0 < risk <= report.population_average_risk + 1e-12


def test_a_coarser_row_has_no_fewer_people_behind_it_than_any_of_its_parts():
    """Two people in both of two classes, one of 2,000 people of the population and one of 4."""
    breakdown = ClassBreakdown(
        columns=("age", "sex"),
        label_codes=(np.array([0, 1]), np.array([0, 0])),
        labels=(pd.Series(["30", "40"]), pd.Series(["F"])),
        sizes=np.array([2, 2]),
        risks=np.array([1 / 2000, 1 / 4]),
        member=np.array([0, 0, 1, 1]),
        class_of_member=np.array([0, 1, 0, 1]),
    )
    assert breakdown.mean_without("age") == pytest.approx(1 / 2000)
    assert breakdown.mean_without("sex") == pytest.approx(1 / 4)


@pytest.mark.parametrize(("per_record", "mean"), [(True, (2 / 8 + 1 / 2) / 3), (False, 5 / 16)])
def test_the_mean_is_over_records_or_over_people(per_record, mean):
    """Person 0 is in both classes and person 1 in the first; nothing depends on "sex"."""
    breakdown = ClassBreakdown(
        columns=("age", "sex"),
        label_codes=(np.array([0, 1]), np.array([0, 0])),
        labels=(pd.Series(["30", "40"]), pd.Series(["F"])),
        sizes=np.array([2, 1]),
        risks=np.array([1 / 8, 1 / 2]),
        member=np.array([0, 0, 1]),
        class_of_member=np.array([0, 1, 0]),
        per_record=per_record,
    )
    assert breakdown.mean_without("sex") == pytest.approx(mean)


def test_of_one_column_nothing_is_left_but_being_in_the_file():
    frame = pd.DataFrame({"age": [1, 2, 3, 4]})
    assert assess_risk(frame, frame, "age").drivers == {"age": 0.25}


@given(PEOPLE, st.integers(1, 50), st.sampled_from(["journalist", "marketer"]))
@settings(deadline=None, max_examples=40)
def test_with_a_population_it_is_what_the_population_says(rows, times, attacker):
    """Where the file holds all cells there are, the people behind a coarser row add up."""
    frame = frame_of([row for row in rows if row[0]] or [("30-39", "F", 1)])
    counts = frame.value_counts(COLUMNS, sort=False).rename("n").reset_index()
    # Not in proportion to the file, or one factor would say it all.
    counts["n"] = counts["n"] * times + np.arange(len(counts)) * 7
    population = TablePopulation.from_frame(counts)
    report = assess_risk(frame, frame, COLUMNS, population=population, attacker=attacker)
    for name, risk in report.drivers.items():
        kept = [other for other in COLUMNS if other != name]
        fewer = TablePopulation.from_frame(counts.groupby(kept, as_index=False)["n"].sum())
        again = assess_risk(frame, frame, kept, population=fewer, attacker=attacker)
        assert risk == pytest.approx(again.population_average_risk)
        assert risk <= report.population_average_risk + 1e-12


def test_the_recommendation_names_the_column_that_drives_the_risk():
    frame = pd.DataFrame({"sex": ["F", "M"] * 20, "age": range(40), "zip": [1] * 40})
    report = assess_risk(frame, frame, ["zip", "sex", "age"])
    assert next(iter(report.drivers)) == "age"
    assert "first of all age, without which the mean risk of 100% would be 5.0%" in (
        report.recommendation
    )


def test_a_column_that_changes_nothing_is_not_blamed():
    frame = pd.DataFrame({"sex": ["F"] * 6, "zip": [1] * 6})
    assert "first of all" not in assess_risk(frame, frame, ["sex", "zip"]).recommendation


def classes_of(sizes):
    labels = [f"class-{n}" for n in range(len(sizes))]
    return pd.DataFrame({"age": np.repeat(labels, sizes), "sex": "F"})


def test_the_classes_at_the_highest_risk_are_those_with_the_fewest_people_that_may_be_shown():
    frame = classes_of([1, 4, 5, 20, 6, 9])
    report = assess_risk(frame, frame, ["age", "sex"])
    top = report.highest_risk_classes(3)
    assert top.columns.tolist() == ["age", "sex", "people", "risk"]
    assert top["age"].tolist() == ["class-2", "class-4", "class-5"]
    assert top["people"].tolist() == [5, 6, 9]
    assert top["risk"].tolist() == pytest.approx([1 / 5, 1 / 6, 1 / 9])
    assert report.highest_risk_classes(99, min_people=2)["people"].tolist() == [4, 5, 6, 9, 20]
    assert report.highest_risk_classes(min_people=21).empty


@given(st.lists(st.integers(1, 8), min_size=1, max_size=12), st.integers(2, 6))
@settings(deadline=None, max_examples=40)
def test_no_class_of_fewer_people_is_ever_shown(sizes, min_people):
    frame = classes_of(sizes)
    report = assess_risk(frame, frame, "age")
    top = report.highest_risk_classes(len(sizes), min_people=min_people)
    assert sorted(top["people"]) == sorted(size for size in sizes if size >= min_people)
    assert not any(label in str(report.to_dict()) for label in frame["age"])


def test_a_key_variable_may_have_the_name_of_a_figure():
    frame = pd.DataFrame({"people": [1] * 5, "risk": [2] * 5})
    top = assess_risk(frame, frame, ["people", "risk"]).highest_risk_classes()
    assert top.columns.tolist() == ["people", "risk", "people_", "risk_"]


@pytest.mark.parametrize(
    ("options", "words"),
    [({"min_people": 1}, "min_people must be at least 2"), ({"n_classes": 0}, "n_classes")],
)
def test_what_is_refused(options, words):
    frame = classes_of([3])
    with pytest.raises(InputError, match=words):
        assess_risk(frame, frame, "age").highest_risk_classes(**options)


def test_the_share_of_people_at_risk():
    frame = classes_of([1, 4, 20])
    report = assess_risk(frame, frame, "age")
    assert report.share_at_risk(0.05) == pytest.approx(5 / 25)  # 1/20 is not above 5 %
    assert report.share_at_risk(0.04) == 1.0
    assert report.share_at_risk(0.25) == pytest.approx(1 / 25)
    assert report.share_at_risk(1.0) == 0.0
    assert report.to_dict()["share_at_risk"] == pytest.approx(
        {"0.01": 1.0, "0.05": 5 / 25, "0.15": 5 / 25}
    )


def test_a_risk_is_not_above_a_threshold_by_rounding():
    risks = np.array([np.nextafter(0.05, 1), 0.0500001, np.nan])
    assert ClassBreakdown(person_risks=risks).share_at_risk(0.05) == 0.5


def test_nobody_released():
    original = pd.DataFrame({"id": [1, 2], "age": [3, 4]})
    released = pd.DataFrame({"id": [None, None], "age": [None, None]})
    report = assess_risk(original, released, "age", person_id="id")
    assert (report.drivers, report.share_at_risk(0.0)) == ({"age": 0.0}, 0.0)
    assert report.highest_risk_classes().empty
    assert report.to_dict()["drivers"] == [{"column": "age", "mean_without": 0.0}]


def test_the_repr_has_counts_only():
    frame = pd.DataFrame({"age": ["canary"] * 3})
    report = assess_risk(frame, frame, "age")
    assert repr(report.breakdown) == "ClassBreakdown(n_columns=1, n_classes=1)"
    assert "canary" not in repr(report)
