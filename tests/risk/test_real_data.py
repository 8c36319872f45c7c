"""Real records of 11,757 people, against plain pandas and figures found elsewhere."""

from __future__ import annotations

import pandas as pd
import pytest

from personatwin_sk.population import CensusPopulation
from personatwin_sk.risk import assess_risk

KEYS = ["age", "gender", "ethnicity", "geography"]


@pytest.fixture(scope="module")
def court(shared_data) -> pd.DataFrame:
    return pd.read_csv(shared_data / "compas" / "court_events.csv.gz", dtype={"person_id": str})


def assess(original, released, **settings):
    return assess_risk(
        original,
        released,
        KEYS,
        person_id="person_id",
        known_events=1,
        event_type="event_type",
        date="date",
        **settings,
    )


@pytest.fixture(scope="module")
def untouched(court):
    return assess(court, court, population=CensusPopulation())


def test_the_untouched_table_has_94_people_of_their_own_kind(court, untouched):
    people = court.drop_duplicates("person_id")
    sizes = people.groupby(KEYS)["person_id"].size()
    assert untouched.n_people == len(people) == 11_757
    assert untouched.n_classes == len(sizes)
    assert untouched.k_anonymity == sizes.min() == 1
    assert untouched.prosecutor.mean == pytest.approx(len(sizes) / len(people))
    prosecutor = assess(court, court, attacker="prosecutor")
    alone = court["person_id"][prosecutor.individual_risks == 1.0].nunique()
    assert alone == (sizes == 1).sum() == 94


def test_the_untouched_table_fails(court, untouched):
    bins = court.groupby([*KEYS, "event_type", "date"])["person_id"].transform("nunique")
    chance = 1 / bins
    assert untouched.event_risk.mean == pytest.approx(
        chance.groupby(court["person_id"]).mean().mean()
    )
    assert untouched.event_risk.unique_share == pytest.approx(
        (chance == 1).groupby(court["person_id"]).any().mean()
    )
    assert untouched.event_risk.n_events == len(court) == 52_549
    assert untouched.get_risk_level() == "UNSAFE"


def test_ethnicities_that_the_census_does_not_know_have_1_over_f(court, untouched):
    other = court["ethnicity"] == "Other"
    assert untouched.n_unknown_to_population == court.loc[other, "person_id"].nunique() > 0
    prosecutor = assess(court, court, attacker="prosecutor")
    assert untouched.individual_risks[other] == pytest.approx(prosecutor.individual_risks[other])
    assert (untouched.individual_risks <= prosecutor.individual_risks + 1e-12).all()


def test_the_counts_of_the_census_decide(court, untouched):
    people = court.drop_duplicates("person_id")
    known = people[people["ethnicity"] != "Other"]
    counts = CensusPopulation().count(known[KEYS])["count"]
    sizes = people.groupby(KEYS)["person_id"].transform("size")[known.index]
    expected = 1 / counts.clip(lower=sizes)
    assert untouched.individual_risks[known.index] == pytest.approx(expected.to_numpy())
    assert untouched.recommendation.startswith("CENSUS:")
    assert untouched.modelled_share == pytest.approx(len(known) / len(people))
    assert untouched.upper > untouched.population_average_risk


def test_ten_years_of_age_and_the_year_are_safer_but_not_enough(court, untouched):
    released = court.assign(
        age=[f"{age // 10 * 10}-{age // 10 * 10 + 9}" for age in court["age"]],
        date=court["date"].str[:4],
    )
    report = assess(court, released, population=CensusPopulation())
    assert (report.individual_risks <= untouched.individual_risks + 1e-12).all()
    assert report.event_risk.mean < 0.05 < untouched.event_risk.mean
    assert report.max_risk == 1.0


def test_patients_without_a_population(shared_data):
    patients = pd.read_csv(shared_data / "synthea" / "patient_events.csv.gz", dtype=str)
    people = patients.drop_duplicates("person_id")
    keys = ["age", "gender", "ethnicity", "geography"]
    report = assess_risk(patients, patients, keys, person_id="person_id")
    sizes = people.groupby(keys, dropna=False)["person_id"].size()
    assert report.n_people == len(people) == 111
    assert report.k_anonymity == sizes.min()
    assert report.prosecutor.mean == pytest.approx(len(sizes) / 111)
