"""What a report says in words, sentence by sentence and at the edge of every limit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import RiskReport, assess_risk
from personatwin_sk.risk._breakdown import ClassBreakdown

TWENTY = pd.DataFrame({"age": [30] * 20})
NEEDS_NOTHING = "Neither classes nor events need more protection for a public release."


def report_with(upper, events=0.0, *, k=5, mean=None, **others) -> RiskReport:
    """Give a report of twenty people with other figures."""
    report = assess_risk(TWENTY, TWENTY, "age")
    return dataclasses.replace(
        report,
        upper=upper,
        population_average_risk=upper if mean is None else mean,
        k_anonymity=k,
        event_risk=dataclasses.replace(report.event_risk, upper=events),
        **others,
    )


def of_classes(n_people, *columns):
    """Give prosecutor's report of people in as many values of each column as is said."""
    numbers = np.arange(n_people)
    frame = pd.DataFrame({f"c{at}": numbers % n for at, n in enumerate(columns)})
    return assess_risk(frame, frame, list(frame.columns))


@pytest.mark.parametrize(("upper", "events"), [(0.01, 0.0), (0.0, 0.01), (0.01, 0.01)])
def test_one_percent_is_enough_for_a_public_release(upper, events):
    assert report_with(upper, events).recommendation.endswith(NEEDS_NOTHING)
    more = report_with(upper * 1.001, events * 1.001)
    assert NEEDS_NOTHING not in more.recommendation


def test_where_both_are_as_large_the_classes_are_named_first():
    text = report_with(0.3, 0.3).recommendation
    assert "The classes drive the risk" in text
    assert text.endswith("Events alone leave 30%.")
    assert "Events drive the risk" not in text
    assert "Events drive the risk" in report_with(0.3, 0.3001).recommendation


@pytest.mark.parametrize(
    ("upper", "people", "limit"),
    [
        (0.05, 100, "1%"),
        (0.0501, 20, "5%"),
        (0.15, 20, "5%"),
        (0.1501, 7, "15%"),
        (0.011, 100, "1%"),
    ],
)
def test_the_next_level_below_is_aimed_at(upper, people, limit):
    text = report_with(upper).recommendation
    assert f"with {people} in each the mean would be at most {limit}" in text


@pytest.mark.parametrize(("k", "said"), [(1, True), (19, True), (20, False), (21, False)])
def test_a_k_that_is_large_enough_already_is_not_asked_for(k, said):
    text = report_with(0.1, k=k).recommendation
    assert ("in each the mean" in text) is said
    people = "1 person" if k == 1 else f"{k} people"
    assert f"raise k (the smallest class has {people}" in text


@pytest.mark.parametrize(
    ("kept", "share"), [(17, "8.5%"), (18, "9.0%"), (19, None), (20, None), (2, "1.0%")]
)
def test_a_column_is_blamed_where_it_makes_a_tenth_of_the_risk(kept, share):
    # 200 people in 20 classes; without the second column they are in so many.
    rows = [(min(number, kept - 1), number) for number in range(20) for _ in range(10)]
    frame = pd.DataFrame(rows, columns=["first", "second"])
    # Without the first column nothing changes.
    report = assess_risk(frame, frame, ["first", "second"])
    assert report.drivers == pytest.approx({"second": kept / 200, "first": 20 / 200})
    text = report.recommendation
    if share is None:
        assert "first of all" not in text
    else:
        words = f", first of all second, without which the mean risk of 10% would be {share}."
        assert words in text


def test_the_only_column_is_not_blamed():
    assert "first of all" not in of_classes(12, 4).recommendation
    assert "first of all c1" in of_classes(12, 1, 4).recommendation


@pytest.mark.parametrize(
    ("mean", "said"), [(0.08, False), (0.065, False), (0.063, True), (0.05, True), (0.001, True)]
)
def test_the_counts_are_blamed_from_a_quarter_above_the_mean_on(mean, said):
    text = report_with(0.08, mean=mean).recommendation
    assert ("because the population's counts are unsure" in text) is said


@pytest.mark.parametrize(
    ("risk", "words"),
    [
        (0.1, "10%"),
        (0.0999, "10.0%"),
        (0.12, "12%"),
        (0.012, "1.2%"),
        (0.0011, "0.1%"),
        (0.006, "0.6%"),
        (0.0009, "below 0.1%"),
    ],
)
def test_shares_are_written_as_exactly_as_they_matter(risk, words):
    text = report_with(0.2, mean=risk).recommendation
    assert f"The upper limit is 20% where the mean is {words}," in text


@pytest.mark.parametrize(("events", "said"), [(0.01, False), (0.0101, True)])
def test_events_are_spoken_of_where_they_alone_are_too_much(events, said):
    assert ("Events alone leave 1.0%." in report_with(0.5, events).recommendation) is said
    classes = report_with(events, 0.5).recommendation
    assert ("The classes alone leave 1.0%." in classes) is said


def test_the_share_of_people_with_an_event_of_their_own():
    table = pd.DataFrame({"age": 30, "kind": ["a"] * 3 + ["b"], "date": "2023"}, index=range(4))
    report = assess_risk(table, table, "age", known_events=1, event_type="kind", date="date")
    assert report.event_risk.unique_share == 0.25
    assert "(25% of the people have one that nobody else of their class has)" in (
        report.recommendation
    )


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["a"], "knows a of them, and knows that"),
        (["a", "b"], "knows a and b of them, and knows that"),
        (["a", "b", "c"], "knows a, b and c of them, and knows that"),
        (["a", "b", "c", "d"], "knows a, b, c and d of them, and knows that"),
    ],
)
def test_what_the_attacker_knows_is_listed(columns, words):
    frame = pd.DataFrame({name: [1, 1] for name in columns})
    assert words in assess_risk(frame, frame, columns).describe_attacker()


@pytest.mark.parametrize(
    ("m", "words"),
    [
        (1, "of them, the type and true date of 1 event of theirs, and"),
        (2, "of them, the type and true date of 2 events of theirs, and"),
    ],
)
def test_known_events_are_counted_in_words(m, words):
    table = pd.DataFrame({"who": [1, 1, 2, 2], "age": 30, "kind": "a", "date": "2023"})
    report = assess_risk(
        table, table, "age", person_id="who", known_events=m, event_type="kind", date="date"
    )
    assert words in report.describe_attacker()


def test_what_is_modelled_is_said_as_a_share():
    town = TablePopulation.from_frame(pd.DataFrame({"age": [30], "n": [90]}))
    report = assess_risk(TWENTY, TWENTY, "age", population=town)
    rests = "CENSUS: the risk rests on how many people of the population share a row"
    assert report.recommendation.startswith(f"{rests}. ")
    quarter = dataclasses.replace(report, modelled_share=0.25)
    assert quarter.recommendation.startswith(f"{rests}, modelled for 25% of the people. ")


def test_a_population_that_adds_nobody_is_told_from_one_that_is_not_there():
    with_town = {
        n: assess_risk(
            TWENTY,
            TWENTY,
            "age",
            population=TablePopulation.from_frame(pd.DataFrame({"age": [30], "n": [n]})),
        ).recommendation
        for n in (20, 21)
    }
    assert with_town[20].startswith("The population adds nobody to the people of the file, so")
    assert with_town[21].startswith("CENSUS: ")
    alone = assess_risk(TWENTY, TWENTY, "age").recommendation
    assert alone.startswith("No population was given, so these are prosecutor figures")


@pytest.mark.parametrize("attacker", ["prosecutor", "journalist", "marketer"])
def test_faults_of_the_population_matter_to_whoever_uses_it(attacker):
    town = TablePopulation.from_frame(pd.DataFrame({"age": [31, 52, 60], "n": [2, 3, 900]}))
    table = pd.DataFrame({"age": [31.0] * 5 + [52.0] * 5 + [60.0] * 5 + [np.nan] * 2})
    report = assess_risk(table, table, "age", population=town, attacker=attacker)
    assert (report.n_raised, report.n_unknown_to_population) == (2, 2)
    uses = attacker != "prosecutor"
    unknown = "The population does not know some key value of 2 of 17 people: for these"
    raised = "In 2 classes the population counts fewer people than the file has"
    assert (unknown in report.recommendation) is uses
    assert (raised in report.recommendation) is uses


def test_a_prosecutor_is_told_apart_from_a_missing_population():
    report = assess_risk(TWENTY, TWENTY, "age", attacker="prosecutor")
    assert report.recommendation.startswith(
        "The figures assume an attacker who knows that the target is in the file. "
    )


def test_nobody_released_is_one_sentence():
    before = pd.DataFrame({"who": [1, 2], "age": [30, 31]})
    after = pd.DataFrame({"who": [None, None], "age": [None, None]})
    report = assess_risk(before, after, "age", person_id="who")
    assert report.recommendation == "Nobody is released, so there is nothing to recognise."


def test_by_default_five_classes_of_five_people_or_more():
    frame = pd.DataFrame({"age": np.repeat(np.arange(8), np.arange(3, 11))})
    top = assess_risk(frame, frame, "age").highest_risk_classes()
    assert top["people"].tolist() == [5, 6, 7, 8, 9]
    assert top["age"].tolist() == [2, 3, 4, 5, 6]


def test_classes_whose_risk_differs_by_rounding_stay_in_the_order_of_their_labels():
    breakdown = ClassBreakdown(
        columns=("age",),
        label_codes=(np.arange(4),),
        labels=(pd.Series(list("abcd")),),
        sizes=np.array([5, 5, 5, 5]),
        risks=np.array([0.3, 0.1 + 0.2, 0.31, 0.3]),
    )
    assert breakdown.highest(4, 2)["age"].tolist() == ["c", "a", "b", "d"]


def test_figures_find_a_name_that_no_key_variable_has():
    frame = pd.DataFrame({"people": [1] * 5, "people_": [2] * 5, "risk": [3] * 5})
    top = assess_risk(frame, frame, list(frame.columns)).highest_risk_classes()
    assert top.columns.tolist() == ["people", "people_", "risk", "people__", "risk_"]
    assert top.iloc[0].tolist() == [1, 2, 3, 5, 0.2]


def test_the_least_and_largest_share_are_a_list_for_json():
    town = TablePopulation.from_frame(pd.DataFrame({"age": [30, 40], "n": [80, 50]}))
    frame = pd.DataFrame({"age": [30] * 4 + [40]})
    report = assess_risk(frame, frame, "age", population=town).to_dict()
    assert report["delta_presence"] == [0.02, 0.05]
    assert isinstance(report["delta_presence"], list)
