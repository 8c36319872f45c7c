"""Examples of whole releases run as they stand, each once, and show what they say they show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

KEYS = ["age", "gender", "ethnicity", "geography"]
Runner = Callable[[str], dict[str, Any]]


def found_by_one_event(table: pd.DataFrame, person: pd.Series, columns: list[str]) -> float:
    """Mean chance of whoever knows these columns of one row, and picks evenly among those alike."""
    alike = person.groupby([table[name].astype(str) for name in columns]).transform("nunique")
    return float((1 / alike).groupby(person).mean().mean())


def log_odds_ratio(groups: pd.Series, has_it: pd.Series) -> float:
    """Compare Black with White people, by rows."""
    odds = [
        (has_it & (groups == name)).sum() / (~has_it & (groups == name)).sum()
        for name in ("Black", "White")
    ]
    return float(np.log(odds[0] / odds[1]))


def test_court_records(run_example: Runner, tmp_path: Path) -> None:
    names = run_example("court_records")
    court, n_people = names["court"], names["n_people"]
    assert n_people == court["person_id"].nunique() > 1000

    # Names off is not enough, and classes of five are not.
    naive = names["naive"]
    known = found_by_one_event(court, court["person_id"], [*KEYS, "event_type", "date"])
    assert naive.event_risk.mean == pytest.approx(known, rel=1e-6)
    assert naive.upper < 0.01 < 0.95 < naive.event_risk.upper
    five = names["classes_of_five"]
    classes = names["floors"].transform(court)[KEYS].astype(str).agg("/".join, axis=1)
    assert court["person_id"].groupby(classes).nunique().min() == five.k_anonymity == 5
    assert five.upper < 0.01 < 0.5 < five.event_risk.upper

    # The release keeps the target.
    result, personas = names["result"], names["personas"]
    assert result.verdict <= 0.05
    assert personas["class_size"].sum() == n_people
    assert personas["class_size"].min() == result.risk_metrics.k_anonymity >= 100

    # What its rows lose, the counts keep: measured on the original by plain odds.
    charges = court[court["event_type"] == "charge"]
    plea = charges["outcome"] == "plea_bargain"
    original = log_odds_ratio(charges["ethnicity"], plea)
    table = names["found"].table.set_index(["outcome", "group"])
    row = table.loc[("plea_bargain", "Black")]
    assert row["log_odds_ratio"] == pytest.approx(original, abs=0.02)
    assert abs(row["log_odds_ratio"]) > 1.96 * row["standard_error"]
    assert row["verdict"] != "kept" and abs(row["released_log_odds_ratio"]) < 0.1
    assert names["told"]
    # Nobody's origin is in it: each persona has people of both.
    assert personas["ethnicity"].str.contains("Black").all()
    assert personas["ethnicity"].str.contains("White").all()
    assert names["counted_ratio"] == pytest.approx(original, abs=0.15)
    assert names["counted"].verdict <= 0.05

    # Each count is that of the released rows, and twenty people are behind it.
    rows = names["counted"].search.transform(court)
    behind = rows.assign(owner=court["person_id"])[rows["event_type"] == "charge"]
    behind = behind.groupby(["ethnicity", "outcome"])["owner"].agg(["size", "nunique"])
    shown = names["of_charges"].set_index(["ethnicity", "outcome"])["count"]
    assert len(shown) >= 6
    assert (behind.loc[shown.index, "size"] == shown).all()
    assert behind.loc[shown.index, "nunique"].min() >= 20

    assert names["handed_over"].holds and names["against_data"].holds
    assert not names["damaged"].holds
    written = pd.read_csv(tmp_path / "safe_court" / "personas.csv")
    assert len(written) == len(personas)


def test_hospital_visits(run_example: Runner) -> None:
    names = run_example("hospital_visits")
    visits, listed = names["visits"], names["listed"]

    # By the list: the year, the state, nobody's age above 89, no name.
    assert listed["date"].str.fullmatch(r"\d{4}").all()
    assert set(listed["geography"]) == {"Ohio"}
    ages = pd.to_numeric(listed["age"], errors="coerce")
    assert ages.max() <= 89 and (listed["age"][ages.isna()] == "90+").all()
    assert not {"name", "mrn"} & set(listed)

    # A stranger finds nobody, whoever knows of one visit finds most.
    known = found_by_one_event(listed, visits["person_id"], [*KEYS, "event_type", "date"])
    assert names["strangers"] < 0.001 < 0.5 < known <= names["insiders"] + 1e-9
    own = listed.groupby(visits["person_id"])[KEYS].first().astype(str).agg("/".join, axis=1)
    assert (own.map(own.value_counts()) == 1).sum() == names["alone"] > 100

    # The release keeps the target, though not the list: dates or places are finer than it allows.
    by_item = names["by_item"].set_index("item")["status"]
    assert list(by_item.index) == list("ABCDEFGHIJKLMNOPQR")
    assert (by_item == "not met").any() and by_item["A"] == "not released"
    assert names["insiders"] > 5 * names["result"].verdict

    # What is told of its personas is so.
    result, told = names["result"], names["told"]
    assert 0.05 < result.verdict <= 0.1
    assert result.risk_metrics.get_risk_level() == "INTERNAL_USE_ONLY"
    assert result.baseline_utility["all_in_one"] < result.utility < 1
    persona = result.search.transform(visits)["person_id"].astype(int).to_numpy()
    behind = pd.DataFrame(
        {
            "people": visits["person_id"].groupby(persona).nunique(),
            "events": visits["person_id"].groupby(persona).size(),
            "age": visits["age"].groupby(persona).mean(),
        }
    ).set_index("people", drop=False)
    assert behind.index.is_unique  # the sizes of personas tell which is which
    told = told.set_index("class_size")
    per_person = behind["events"] / behind["people"]
    assert told["events_per_person"].to_dict() == pytest.approx(per_person.to_dict())
    # Those who were made to be ill more often with age do come again more often.
    assert np.corrcoef(behind["age"], told["recidivism_share"].loc[behind.index])[0, 1] > 0.5


def test_custom_domain(run_example: Runner) -> None:
    names = run_example("custom_domain")
    cases, table = names["cases"], names["table"]
    owed = cases["rent_owed"].dropna()
    assert f"'rent_owed': {owed.nunique()} distinct values" in names["refusal"]

    # The naive way: amounts in tens are in the release as they are, and many are alone.
    tens = owed.round(-1)
    assert sorted(names["owed"]) == sorted(tens)
    assert names["alone"] == (tens.value_counts() == 1).sum() > 50
    assert set(names["rows"]["event_type"]) == set(cases["what"])
    assert len(set(cases["what"])) == 5
    (told,) = (str(warning.message) for warning in names["told"])
    spelled = cases["what"].value_counts()
    others = min(spelled["inspection"], spelled["Inspection"])
    assert told.startswith(f"{others} of {len(cases)} values of 'event_type'")

    # The better way: one spelling, steps, and the mean about where it was.
    assert set(names["spelled"]["label"]) == {"inspecton"}
    better, amounts = names["better"], names["amounts"]
    kinds = {"repair_request", "inspection", "arrears"}
    assert set(better["event_type"]) == kinds == set(table["event_type"])
    assert (amounts % 250 == 0).all() and amounts.between(0, 5000).all()
    assert len(amounts) == len(owed)
    assert names["alone_now"] <= names["alone"] / 10
    assert amounts.mean() == pytest.approx(owed.mean(), rel=0.15)
    arrears = better[better["event_type"] == "arrears"]
    assert set(arrears["outcome"]) == {"paid", "unpaid"}

    result = names["result"]
    n_people = cases["tenant"].nunique()
    # Nobody else could be meant: the mean of 1/f is personas over people.
    assert result.verdict == pytest.approx(len(result.personas) / n_people)
    assert result.verdict <= 0.2 and result.risk_metrics.k_anonymity >= 5
    assert result.settings["dropped_columns"] == ["tenancy_number"]
    assert "district" in result.settings["quasi_identifiers"]


def test_census_enhanced(run_example: Runner) -> None:
    names = run_example("census_enhanced")
    census = names["census"]
    for place in ("city", "island"):
        assert names["in_file"][place].k_anonymity == 5
        assert names["in_file"][place].upper == pytest.approx(1 / 5)

    # By the census: five people in each of four classes, and never fewer behind one than in it.
    counts = {}
    for place in ("city", "island"):
        counts[place] = census.count(names[place][names["KEYS"]].drop_duplicates())["count"]
        expected = (1 / counts[place].clip(lower=5)).mean()
        assert names["in_census"][place].upper == pytest.approx(expected)
    assert counts["city"].min() > 10_000
    assert counts["island"].max() < 10
    assert names["in_census"]["city"].upper < 1e-4 < 0.15 < names["in_census"]["island"].upper
    assert names["in_census"]["city"].recommendation.startswith("CENSUS:")

    assert set(names["larger"]["geography"]) == {"Hawaii"}
    assert names["on_islands"].upper < 1e-3

    strangers, colleagues = names["strangers"], names["colleagues"]
    assert strangers.verdict < 0.001
    assert strangers.risk_metrics.recommendation.startswith("CENSUS:")
    assert colleagues.verdict == pytest.approx(len(colleagues.personas) / 40)
    assert "CENSUS" not in colleagues.risk_metrics.recommendation
