"""The report: levels, recommendations, and nothing of any person."""

from __future__ import annotations

import dataclasses
import json
import pickle
import re

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import EventRisk, RiskFigures, RiskReport, assess_risk

NO_EVENTS = EventRisk(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)


def report_of(upper, event_upper=0.0):
    figures = RiskFigures(upper, upper)
    return RiskReport(
        attacker="journalist",
        k_anonymity=5,
        n_people=10,
        n_classes=2,
        n_suppressed=0,
        population_average_risk=upper,
        max_risk=upper,
        upper=upper,
        prosecutor=figures,
        journalist=figures,
        marketer=figures,
        individual_risks=np.array([0.123456789]),
        event_risk=dataclasses.replace(NO_EVENTS, upper=event_upper),
        modelled_share=0.0,
        n_raised=0,
        n_unknown_to_population=0,
        population_sources=(),
    )


@pytest.mark.parametrize(
    ("upper", "event_upper", "level"),
    [
        (0.0, 0.0, "SAFE_FOR_PUBLIC_RELEASE"),
        (0.01, 0.0, "SAFE_FOR_PUBLIC_RELEASE"),
        (0.0100001, 0.0, "SAFE_FOR_RESEARCH"),
        (0.05, 0.05, "SAFE_FOR_RESEARCH"),
        (0.0, 0.0500001, "INTERNAL_USE_ONLY"),
        (0.15, 0.0, "INTERNAL_USE_ONLY"),
        (0.1500001, 0.0, "UNSAFE"),
        (0.001, 1.0, "UNSAFE"),
        (np.mean([1 / 20] * 7), 0.0, "SAFE_FOR_RESEARCH"),  # rounding is not risk
    ],
)
def test_the_level_is_that_of_the_larger_upper_limit(upper, event_upper, level):
    report = report_of(upper, event_upper)
    assert report.get_risk_level() == level
    assert report.verdict_risk == max(upper, event_upper)
    assert report.to_dict()["risk_level"] == level


def canary_tables():
    """Values that must appear nowhere, nor the risk of any one person."""
    original = pd.DataFrame(
        {
            "who": [f"canary-id-{n}" for n in range(12)],
            "age": [77] + [31] * 6 + [52] * 5,
            "job": ["canary-job"] + ["clerk"] * 11,
            "kind": ["canary-kind"] + ["arrest"] * 11,
            "date": ["1999-09-09"] + ["2023-01-01"] * 11,
        }
    )
    return original, original.assign(who=range(12))


def test_nothing_of_a_person_is_in_any_text():
    original, released = canary_tables()
    population = TablePopulation.from_frame(
        pd.DataFrame({"age": [77, 31, 52], "n": [1, 60, 50]}).assign(job="clerk")
    )
    for known in (None, population):
        report = assess_risk(
            original,
            released,
            ["age", "job"] if known is None else ["age"],
            person_id="who",
            population=known,
            known_events=1,
            event_type="kind",
            date="date",
        )
        texts = (repr(report), str(report), json.dumps(report.to_dict()), report.recommendation)
        for text in texts:
            for canary in ("canary", "77", "1999", "clerk", "individual"):
                assert canary not in text


def test_to_dict_is_json_and_holds_every_aggregate():
    original, released = canary_tables()
    report = assess_risk(original, released, "age", person_id="who")
    result = json.loads(json.dumps(report.to_dict()))
    names = {field.name for field in dataclasses.fields(RiskReport)}
    added = {"risk_level", "recommendation", "attacker_in_words", "drivers", "presets"}
    assert set(result) == names - {"individual_risks", "breakdown"} | added | {"share_at_risk"}
    assert result["prosecutor"] == pytest.approx({"mean": 0.25, "max": 1.0})
    assert result["event_risk"]["known_events"] == 0
    assert result["n_people"] == 12


def test_a_report_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        report_of(0.1).upper = 0.0


def test_census_counts_decide_only_for_who_does_not_know_the_file():
    original = pd.DataFrame({"age": [31] * 6})
    population = TablePopulation.from_frame(pd.DataFrame({"age": [31], "n": [600]}))
    starts = {
        attacker: assess_risk(
            original, original, "age", population=population, attacker=attacker
        ).recommendation.startswith("CENSUS:")
        for attacker in ("prosecutor", "journalist", "marketer")
    }
    assert starts == {"prosecutor": False, "journalist": True, "marketer": True}


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["2023-01", "2023-02", "2023-03", "2023-04"], "Events drive the risk"),
        (["2023"] * 4, "The classes drive the risk"),
    ],
)
def test_the_recommendation_names_what_drives_the_risk(dates, words):
    table = pd.DataFrame({"age": [30] * 4, "kind": "arrest", "date": dates})
    report = assess_risk(table, table, "age", known_events=1, event_type="kind", date="date")
    assert words in report.recommendation


def test_the_recommendation_says_what_the_population_does_not_know_or_counts_too_low():
    population = TablePopulation.from_frame(pd.DataFrame({"age": [31, 52], "n": [2, 900]}))
    original = pd.DataFrame({"age": [31.0] * 5 + [52.0] * 5 + [np.nan]})
    report = assess_risk(original, original, "age", population=population)
    assert (report.n_raised, report.n_unknown_to_population) == (1, 1)
    assert "1 of 11 people" in report.recommendation
    assert "In 1 class the population counts fewer" in report.recommendation


def test_a_release_that_needs_nothing_more_is_told_so():
    population = TablePopulation.from_frame(pd.DataFrame({"age": [31], "n": [600]}))
    original = pd.DataFrame({"age": [31] * 6})
    report = assess_risk(original, original, "age", population=population)
    assert report.get_risk_level() == "SAFE_FOR_PUBLIC_RELEASE"
    assert "Neither classes nor events" in report.recommendation


def test_a_report_meets_a_preset_or_says_why_not():
    table = pd.DataFrame({"age": [30] * 11 + [40] * 25})
    report = assess_risk(table, table, "age", attacker="prosecutor")
    assert report.meets("cms") == (True, ())
    met, reasons = report.meets("strict")
    assert not met
    assert len(reasons) == 2  # (1 + 1)/36 is above 5 %, and 11 people are fewer than 20
    assert report.to_dict()["presets"] == {
        "cms": True,
        "ema": True,
        "health_canada": True,
        "strict": False,
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"attacker": "prosecutor"}, "one person, knows age and sex of them, and knows that they"),
        ({}, "and knows only that they are one of the population."),
        ({"population": None}, "and knows that they are in the file."),  # prosecutor figures
        ({"attacker": "marketer"}, "links every record to a person, .* that the people are one of"),
        (
            {"known_events": 1, "event_type": "kind", "date": "date"},
            "knows age and sex of them, the type and true date of 1 event of theirs, and",
        ),
    ],
)
def test_the_attacker_in_words(options, words):
    table = pd.DataFrame({"age": [30] * 4, "sex": "F", "kind": "arrest", "date": "2023"})
    population = TablePopulation.from_frame(pd.DataFrame({"age": [30], "sex": ["F"], "n": [90]}))
    report = assess_risk(table, table, ["age", "sex"], **{"population": population, **options})
    assert re.search(words, report.describe_attacker())
    assert report.to_dict()["attacker_in_words"] == report.describe_attacker()


@pytest.mark.parametrize(
    ("upper", "event_upper", "words", "others"),
    [
        (0.5, 0.0, "Classes|classes drive.*with 7 in each.*at most 15%", "Events alone"),
        (0.1, 0.02, "with 20 in each.*at most 5%.*Events alone leave 2.0%", "first of all"),
        (0.02, 0.5, "Events drive.*The classes alone leave 2.0%", "in each"),
        (0.005, 0.5, "Events drive", "The classes alone"),
    ],
)
def test_the_recommendation_says_how_far_a_step_has_to_go(upper, event_upper, words, others):
    text = report_of(upper, event_upper).recommendation
    assert re.search(words, text)
    assert others not in text


def test_an_upper_limit_far_above_the_mean_is_put_down_to_the_counts():
    unsure = dataclasses.replace(report_of(0.02), upper=0.08)
    assert "The upper limit is 8.0% where the mean is 2.0%" in unsure.recommendation
    assert "The upper limit" not in report_of(0.08).recommendation


def test_a_figure_that_is_no_number_is_no_safe_release():
    report = report_of(0.001, float("nan"))
    assert np.isnan(report.verdict_risk)
    assert report.get_risk_level() == "UNSAFE"


def test_a_report_survives_a_pickle_with_what_was_read_from_it():
    table = pd.DataFrame({"age": [30] * 6, "sex": ["F", "M"] * 3})
    report = assess_risk(table, table, ["age", "sex"])
    before = pickle.loads(pickle.dumps(report)).to_dict()
    assert before == report.to_dict() == pickle.loads(pickle.dumps(report)).to_dict()


def test_a_sampling_fraction_is_no_census():
    table = pd.DataFrame({"age": [30] * 4})
    report = assess_risk(table, table, "age", sampling_fraction=0.1)
    assert report.population_average_risk < 1 / 4
    assert report.recommendation.startswith("No population was counted: the figures are what is")
    assert "only that they are one of the population" in report.describe_attacker()
