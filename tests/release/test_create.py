"""The whole job on made data: what comes out, checked with plain pandas, and what is refused."""

from __future__ import annotations

import json
import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.domains import Domain, create_custom_config
from personatwin_sk.exceptions import DataWarning, InfeasibleRiskError, InputError
from personatwin_sk.population import TablePopulation
from personatwin_sk.release import (
    create_safe_personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)

KEYS = ["age", "gender", "ethnicity", "geography"]


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return make_people_events(600, random_state=5, areas=("39061", "39017"))


@pytest.fixture(scope="module")
def result(events: pd.DataFrame):
    return create_safe_personas(events, domain="criminal_justice", known_events=0, random_state=1)


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "person_id": [f"{i:03d}" for i in range(60)],
            "age": rng.integers(20, 60, 60),
            "gender": rng.choice(["Male", "Female"], 60),
            "geography": "Hamilton County, OH",
        }
    )


def test_k_is_held_by_the_originals(events: pd.DataFrame, result) -> None:
    merger = result.search.best_estimator_.named_steps["merge"]
    before = result.search.best_estimator_[:-1].transform(events)
    persona = merger.apply(before)
    sizes = events["person_id"].groupby(persona).nunique()
    assert sizes.min() >= 5
    frame = personas_to_dataframe(result.personas)
    assert sorted(sizes) == sorted(frame["class_size"])
    assert result.risk_metrics.k_anonymity >= sizes.min()


def test_people_and_events_add_up(events: pd.DataFrame, result) -> None:
    assert result.personas.n_people == events["person_id"].nunique()
    released = personas_to_event_dataframe(result.personas)
    assert len(released) == len(events)
    assert released["event_type"].value_counts().equals(events["event_type"].value_counts())
    assert result.counts["suppressed_people"] == 0


def test_no_id_is_anywhere(events: pd.DataFrame, result) -> None:
    secret = set(events["person_id"]) | set(events["event_id"])
    frames = [
        personas_to_dataframe(result.personas),
        personas_to_event_dataframe(result.personas),
    ]
    for frame in frames:
        assert not {"person_id", "event_id"} & set(frame.columns)
        assert not secret & set(frame.astype(str).to_numpy().ravel())
    words = set(re.findall(r"\w+", json.dumps(result.to_dict()) + repr(result)))
    assert not secret & words


def test_facts_are_json_without_keys_seeds_or_people(result) -> None:
    facts = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert set(facts["risk"]) == {"untouched", "release", "all_in_one"}
    assert "individual_risks" not in json.dumps(facts)
    assert not re.search("random_state|seed|secret|_key", json.dumps(facts))
    assert facts["verdict"]["risk"] == max(
        facts["risk"]["release"]["upper"], facts["risk"]["release"]["event_risk"]["upper"]
    )


def test_the_decision_log_ends_at_what_was_released(result) -> None:
    facts = result.to_dict()
    assert facts["decision_log"] and facts["frontier"]
    assert facts["settings"]["confidence"] == 0.95
    assert facts["settings"]["n_compared"] > 10  # limits hold for all that could be tried
    stands = facts["decision_log"][-1]["after"]
    assert stands["params"] == result.search.best_params_
    assert stands["risk"] == pytest.approx(facts["verdict"]["risk"])
    assert stands["utility"] == pytest.approx(result.utility)
    assert stands["within_target"]
    tried = sum(stage["n_settings"] for stage in facts["decision_log"])
    assert tried == result.counts["settings_tried"]
    (chosen,) = [setting for setting in facts["frontier"] if setting["chosen"]]
    assert chosen["params"] == stands["params"]
    # Nothing that was measured within the target keeps more.
    assert chosen["utility"] == max(s["utility"] for s in facts["frontier"] if s["within_target"])
    # The attacker of this release knows no event: dates are left alone.
    assert "dates" not in [stage["stage"] for stage in facts["decision_log"]]


def test_a_refusal_says_what_was_tried(people: pd.DataFrame) -> None:
    with pytest.raises(InfeasibleRiskError, match="settings were tried") as caught:
        create_safe_personas(people, use_census_data=False, target_risk=0.001, random_state=0)
    log = caught.value.decision_log
    assert [stage["stage"] for stage in log] == ["classes", "places"]
    assert log[-1]["next"] == "Nothing is left to try: there is no release."
    json.dumps(log, allow_nan=False)


def test_the_ledger_lists_every_step_and_claims_nothing_that_was_not_asked_for(result) -> None:
    ledger = result.to_dict()["privacy_ledger"]
    steps = [name for name, _ in result.search.best_estimator_.steps]
    assert list(dict.fromkeys(row["name"] for row in ledger["rows"])) == steps
    assert [row["column"] for row in ledger["rows"] if row["column"]] == ["date", "outcome"]
    assert ledger["claims"] == [] and ledger["per_person"] is None
    assert ledger["summary"] == "No step claims differential privacy."
    words = " ".join(ledger["not_covered"])
    # All that were tried, also by searches whose winner was not the best.
    assert f"The search over {result.counts['settings_tried']} settings" in words
    assert "grouping of people into personas" in words
    assert "not from the operating system (dates, outcomes)" in words


def test_baselines_stand_on_both_sides(result) -> None:
    untouched, one = result.baselines["untouched"], result.baselines["all_in_one"]
    assert untouched.k_anonymity < result.risk_metrics.k_anonymity < one.k_anonymity == 600
    assert one.n_classes == 1
    assert untouched.upper > result.risk_metrics.upper > one.upper
    assert result.baseline_utility["untouched"] == 1
    assert result.baseline_utility["all_in_one"] < result.utility < 1


def test_a_number_repeats_the_release(events: pd.DataFrame, result) -> None:
    again = create_safe_personas(events, domain="criminal_justice", known_events=0, random_state=1)
    for read in (personas_to_dataframe, personas_to_event_dataframe):
        pd.testing.assert_frame_equal(read(result.personas), read(again.personas))


def test_polars_and_pandas_give_the_same(events: pd.DataFrame, result) -> None:
    again = create_safe_personas(
        pl.from_pandas(events), domain=Domain.CRIMINAL_JUSTICE, known_events=0, random_state=1
    )
    pd.testing.assert_frame_equal(
        personas_to_dataframe(result.personas), personas_to_dataframe(again.personas)
    )


def test_the_input_is_not_modified(events: pd.DataFrame) -> None:
    before = events.copy(deep=True)
    create_safe_personas(events, known_events=0)
    pd.testing.assert_frame_equal(events, before)


def test_a_known_event_calls_for_larger_classes(events: pd.DataFrame, result) -> None:
    known = create_safe_personas(
        events, domain="criminal_justice", known_events=1, target_risk=0.2, random_state=1
    )
    assert known.verdict == known.risk_metrics.event_risk.upper <= 0.2
    assert known.settings["merge__k"] > result.settings["merge__k"]
    assert known.baselines["untouched"].event_risk.upper > 0.5


@pytest.mark.parametrize(
    ("level", "k", "precision"), [("low", 3, "W"), ("high", 11, "Q"), ("maximum", 20, "Y")]
)
def test_floors_of_privacy_levels(events: pd.DataFrame, level: str, k: int, precision: str) -> None:
    found = create_safe_personas(events, level, known_events=0, random_state=0)
    assert personas_to_dataframe(found.personas)["class_size"].min() >= k
    dates = personas_to_event_dataframe(found.personas)["date"]
    if precision == "W":
        assert (pd.to_datetime(dates).dt.day_of_week == 0).all()
    else:
        pattern = {"Q": r"\d{4}-Q[1-4]", "Y": r"\d{4}"}[precision]
        assert dates.astype(str).str.fullmatch(pattern).all()


def test_risk_levels_of_the_result(result) -> None:
    assert result.is_safe_for_public() == (result.verdict <= 0.01)
    assert result.is_safe_for_research() == (result.verdict <= 0.05)


def test_people_without_events(people: pd.DataFrame) -> None:
    found = create_safe_personas(people, random_state=0)
    assert not found.personas.has_events
    assert found.risk_metrics.event_risk.upper == 0
    assert found.settings["known_events"] == 0
    assert any("no events" in note for note in found.notes)
    # 60 people among 827,058 of the county.
    assert found.is_safe_for_public()


def test_without_census_the_attacker_knows_who_is_in_the_file(people: pd.DataFrame) -> None:
    found = create_safe_personas(people, use_census_data=False, target_risk=0.15, random_state=0)
    assert found.population is None
    sizes = personas_to_dataframe(found.personas)["class_size"]
    # Mean of 1/f over people: personas over people.
    assert found.verdict == pytest.approx(len(sizes) / sizes.sum())
    assert found.risk_metrics.attacker == "prosecutor"


def test_own_population_replaces_the_census(people: pd.DataFrame) -> None:
    village = TablePopulation.from_frame(pd.DataFrame({"gender": ["Male", "Female"], "n": 80}))
    found = create_safe_personas(
        people.drop(columns=["geography", "age"]), population=village, random_state=0
    )
    assert found.population["kind"] == "TablePopulation"
    # 80 people behind each of two personas.
    assert found.verdict == pytest.approx(1 / 80)


def test_kept_columns(events: pd.DataFrame) -> None:
    person = pd.factorize(events["person_id"])[0]
    wide = events.assign(priors=person % 3, unit=np.arange(len(events)) % 4, judge="x")
    found = create_safe_personas(
        wide, known_events=0, keep=["priors", "unit"], target_risk=0.2, random_state=0
    )
    assert "priors" in personas_to_dataframe(found.personas)
    assert "unit" in personas_to_event_dataframe(found.personas)
    assert found.settings["quasi_identifiers"] == [*KEYS, "priors"]
    assert found.settings["dropped_columns"] == ["judge"]


def test_own_domain() -> None:
    config = create_custom_config(["hire", "exit"], ["yes", "no"], {"salary"}, {"unit"}, "year")
    table = make_people_events(120, "employment", random_state=0).assign(salary=1, unit="north")
    with pytest.warns(DataWarning, match="that the domain 'custom' does not know") as caught:
        found = create_safe_personas(table, domain_config=config, known_events=0, random_state=0)
    assert len(caught) == 2  # event types, and outcomes
    assert found.settings["dates__precision"] == "year"
    assert "unit" in personas_to_dataframe(found.personas)
    assert "salary" in found.settings["dropped_columns"]


def test_a_state_names_the_county(people: pd.DataFrame) -> None:
    bare = people.assign(geography="Hamilton County")
    named = create_safe_personas(bare, state="OH", random_state=0)
    assert set(personas_to_dataframe(named.personas)["geography"]) == {"Hamilton County, OH"}
    assert not any("several states" in note for note in named.notes)
    same = create_safe_personas(people, random_state=0)
    assert named.verdict == pytest.approx(same.verdict)


def test_a_county_without_its_state_warns_once(people: pd.DataFrame) -> None:
    with pytest.warns(DataWarning, match="60 of 60.*geography") as caught:
        found = create_safe_personas(people.assign(geography="Hamilton County"), target_risk=0.2)
    assert len(caught) == 1
    assert any("60 of 60" in note for note in found.notes)


def test_people_with_two_genders_are_counted_once(people: pd.DataFrame) -> None:
    other = people.head(3).assign(gender=["Male", "Female", "Male"])
    rows = pd.concat([people.assign(gender="Male").head(3).assign(gender="Other"), other, people])
    with pytest.warns(DataWarning, match="3 of 60 people") as caught:
        found = create_safe_personas(rows, target_risk=0.2, random_state=0)
    assert len(caught) == 1
    assert found.personas.n_people == 60


def test_infeasible_targets_are_refused(events: pd.DataFrame) -> None:
    with pytest.raises(InfeasibleRiskError):
        create_safe_personas(events, target_risk=0.002)


def test_a_hopeless_target_is_refused_before_any_search(events: pd.DataFrame) -> None:
    few = events[events["person_id"].isin(events["person_id"].unique()[:12])]
    with pytest.raises(InfeasibleRiskError, match="No setting can meet") as caught:
        create_safe_personas(few, target_risk=0.05)
    assert caught.value.nearest_risk >= 1 / 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target_risk": 0}, "target_risk must be above 0"),
        ({"target_risk": 2}, "target_risk must be above 0"),
        ({"target_risk": float("nan")}, "target_risk must be above 0"),
        ({"known_events": -1}, "known_events must be a whole number"),
        ({"privacy_level": "none"}, "privacy_level"),
        ({"domain": "astrology"}, "astrology"),
        ({"keep": ["height"]}, "height"),
        ({"state": "Atlantis"}, "no US state"),
        ({"domain_config": "healthcare"}, "domain_config must be"),
        ({"population": "census"}, "population must be"),
    ],
)
def test_unusable_parameters(people: pd.DataFrame, change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        create_safe_personas(people, **change)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda t: t.head(0), "no rows"),
        (lambda t: t.drop(columns="person_id"), "person_id"),
        (lambda t: t.head(4), "4 people, fewer than k=5"),
        (lambda t: t.assign(age=-3), "60 of 60 values of 'age'"),
        (lambda t: t.assign(age=[999, *t["age"][1:]]), "1 of 60 values of 'age'"),
        (lambda t: t.assign(age=["some day", *t["age"][1:]]), "1 of 60 values of 'age'"),
        (lambda t: t.assign(age=["900-999"] * 7 + ["30-39"] * 53), "7 of 60 values of 'age'"),
        (lambda t: t.assign(gender=None), "'gender': all 60"),
        (lambda t: t.assign(person_id=[None, *t["person_id"][1:]]), "1 of 60 rows"),
        (lambda t: t.assign(geography="Atlantis"), "60 of 60"),
        (lambda t: t.assign(date="some day", event_type="arrest"), "date"),
        (lambda t: t.to_numpy(), "named columns"),
    ],
)
def test_unusable_data(people: pd.DataFrame, damage, message: str) -> None:
    with warnings.catch_warnings(), pytest.raises(InputError, match=message) as caught:
        warnings.simplefilter("ignore", DataWarning)
        create_safe_personas(damage(people))
    assert "Atlantis" not in str(caught.value) and "some day" not in str(caught.value)


def test_direct_identifiers_leave_no_trace(events: pd.DataFrame) -> None:
    person = pd.factorize(events["person_id"])[0]
    canary = events.assign(
        name=[f"Zyxwv Canary{i}" for i in person], ssn=[f"999-00-{i:04d}" for i in person]
    )
    found = create_safe_personas(canary, known_events=0, random_state=0)
    tables = [
        personas_to_dataframe(found.personas).to_csv(),
        personas_to_event_dataframe(found.personas).to_csv(),
    ]
    for text in (*tables, json.dumps(found.to_dict()), repr(found), repr(found.personas)):
        assert "Canary" not in text and "999-00" not in text
    assert {"name", "ssn"} <= set(found.settings["dropped_columns"])


def test_an_identifier_hidden_in_an_outcome_stops_the_release(events: pd.DataFrame) -> None:
    leaking = events.copy()
    leaking.loc[leaking.index[0], "outcome"] = leaking["person_id"].iloc[0]
    # One outcome in its event type that is somebody's id: it survives the noise somewhere.
    with pytest.raises(InfeasibleRiskError, match="'outcome'") as caught:
        create_safe_personas(leaking, known_events=0, random_state=0)
    assert leaking["person_id"].iloc[0] not in str(caught.value)


def test_a_target_may_be_a_number_of_numpy(people: pd.DataFrame) -> None:
    result = create_safe_personas(people, target_risk=np.float32(0.5), random_state=0)
    assert json.loads(json.dumps(result.to_dict()))["verdict"]["target_risk"] == 0.5
