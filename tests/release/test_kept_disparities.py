"""Disparities of a release: odds counted with pandas, made-up releases, and the court's records."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.release import create_safe_personas, load_criminal_justice_data
from personatwin_sk.release._kept_disparities import SEVERAL, measure_disparities

KEYS = ["age", "gender", "ethnicity", "geography"]


@pytest.fixture(scope="module")
def courts() -> pd.DataFrame:
    """900 people of three groups; of B half are convicted, of A and C a fifth; B comes back."""
    rng = np.random.default_rng(0)
    n = 900
    group = np.repeat(["A", "B", "C"], [500, 300, 100])
    comes_back = rng.random(n) < np.where(group == "B", 0.5, 0.2)
    rows = np.repeat(np.arange(n), 1 + comes_back)
    return pd.DataFrame(
        {
            "person_id": rows,
            "ethnicity": group[rows],
            "age": rng.integers(18, 80, n)[rows],
            "event_type": "trial",
            "date": pd.Timestamp("2023-01-01"),
            "outcome": np.where(
                rng.random(len(rows)) < np.where(group[rows] == "B", 0.5, 0.2), "guilty", "free"
            ),
        }
    )


def measure(before: pd.DataFrame, after: pd.DataFrame, k: int = 5, keys: list[str] | None = None):
    return measure_disparities(before, after, keys or ["ethnicity"], "outcome", k)


def only(found, column: str, group: str):
    (one,) = [d for d in found.disparities if d.outcome_column == column and d.group == group]
    return one


def test_what_did_not_change_is_kept(courts: pd.DataFrame) -> None:
    found = measure(courts, courts.assign(person_id=0))
    of_b = only(found, "outcome", "B")
    counts = [
        ((courts["ethnicity"] == group) & (courts["outcome"] == outcome)).sum() + 0.5
        for group in "BA"
        for outcome in ("guilty", "free")
    ]
    ratio = math.log(counts[0] * counts[3] / (counts[1] * counts[2]))
    assert of_b.outcome == "guilty" and of_b.event_type == "trial" and of_b.people == 300
    assert of_b.original[0] == pytest.approx(ratio) == of_b.released[0]
    assert of_b.original[2] and of_b.verdict == "kept" and of_b.why == ""
    assert only(found, "outcome", "C").verdict == "none"
    figures = of_b.to_dict()
    assert figures["original"] == figures["released"]
    assert figures["original"]["log_odds_ratio"] == round(ratio, 2)
    assert figures["original"]["low"] > 0 and figures["original"]["significant"] is True


def test_people_with_several_events_are_a_disparity_of_their_own(courts: pd.DataFrame) -> None:
    found = measure(courts, courts.assign(person_id=0))
    of_b = only(found, SEVERAL, "B")
    often = courts.groupby("person_id").size() > 1
    group = courts.groupby("person_id")["ethnicity"].first()
    a, b, c, d = (
        ((group == name) & (often == yes)).sum() + 0.5 for name in "BA" for yes in (True, False)
    )
    ratio, error = math.log(a * d / (b * c)), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    assert of_b.original[0] == pytest.approx(ratio)
    # A person is counted once, so that the error is that of the textbook.
    assert of_b.original[1] == pytest.approx(1.959964 * error, rel=1e-3)
    assert of_b.verdict == "kept" and of_b.what == "several events of type trial"
    assert any("rows of events do not say which are of one person" in s for s in found.describe())


def test_what_is_lost_is_named_with_its_reason(courts: pd.DataFrame) -> None:
    # Everybody of B and 200 of A in personas of both.
    both = courts["ethnicity"].eq("B") | courts["person_id"].lt(200)
    after = courts.assign(person_id=0, ethnicity=courts["ethnicity"].where(~both, "A|B"))
    found = measure(courts, after)
    lost = only(found, "outcome", "B")
    assert lost.verdict == "lost" and lost.told_apart == 0.0
    assert lost.why.startswith("100% of the people of B stand in personas that hold other groups")
    assert "40% of the people of A" in lost.why
    assert found.counts() == {
        "significant": 2,
        "kept": 0,
        "lost": 2,
        "reversed": 0,
        "appeared": 2,  # C is as A was: it differs from what B made of A
        "none": 0,
        "left_out": 0,
    }
    assert only(found, "outcome", "C").why.startswith("40% of the people of A stand in personas")
    words = found.describe()
    assert words[0].startswith("Of 2 disparities between groups that are significant")
    assert sum(line.startswith("Lost: ") for line in words) == 2
    assert words[1].startswith(("Lost: trial: guilty, B against A (ethnicity)", "Lost: several"))
    assert list(found.merged) == ["B (ethnicity)"]
    assert any(line.endswith("B (ethnicity).") for line in words)


def test_a_merged_group_of_fewer_people_than_k_is_not_named(courts: pd.DataFrame) -> None:
    table = courts.copy()
    table.loc[table["person_id"].isin(range(890, 900)), "ethnicity"] = "D"
    both = table["ethnicity"].isin(["C", "D"])
    after = table.assign(person_id=0, ethnicity=table["ethnicity"].where(~both, "C|D"))
    assert list(measure(table, after, 10).merged) == ["C (ethnicity)", "D (ethnicity)"]
    found = measure(table, after, 11)
    assert list(found.merged) == ["C (ethnicity)"]
    assert "D (" not in " ".join(found.describe())


def test_noise_is_named_as_a_reason(courts: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    drawn = rng.random(len(courts)) < 0.9
    noise = np.where(rng.random(len(courts)) < 0.5, "guilty", "free")
    after = courts.assign(person_id=0, outcome=courts["outcome"].where(~drawn, noise))
    changed = (after["outcome"] != courts["outcome"]).mean()
    lost = only(measure(courts, after), "outcome", "B")
    assert lost.verdict == "lost"
    assert lost.why == f"Noise changed the outcome of {changed:.0%} of these events."


def test_what_is_reversed_comes_first(courts: pd.DataFrame) -> None:
    other = courts["outcome"].map({"guilty": "free", "free": "guilty"})
    turned = courts["outcome"].where(courts["ethnicity"] != "B", other)
    swapped = courts["ethnicity"].map({"A": "A", "B": "B", "C": "C"})
    after = courts.assign(person_id=0, ethnicity=swapped, outcome=turned)
    after["outcome"] = after["outcome"].where(courts["ethnicity"] == "B", "guilty")
    after.loc[(courts["ethnicity"] == "A").to_numpy() & (courts["age"] < 30), "outcome"] = "free"
    found = measure(courts, after)
    first = found.disparities[0]
    assert (first.verdict, first.group, first.outcome_column) == ("reversed", "B", "outcome")
    assert found.counts()["reversed"] >= 1
    assert found.describe()[1].startswith("Reversed: trial: guilty, B against A (ethnicity)")


def test_what_is_barely_significant_is_said_to_be() -> None:
    # 30 of 100 against 50 of 250: z is 1.99; two people fewer, and it is below 1.96.
    yes = np.r_[np.arange(100) < 30, np.arange(250) < 50]
    people = pd.DataFrame(
        {
            "person_id": range(350),
            "ethnicity": ["B"] * 100 + ["A"] * 250,
            "event_type": "trial",
            "date": pd.Timestamp("2023-01-01"),
            "outcome": np.where(yes, "guilty", "free"),
        }
    )
    after = people.assign(person_id=0)
    after.loc[[0, 1], "outcome"] = "free"
    (lost,) = measure(people, after).disparities
    assert lost.verdict == "lost"
    assert "in the original it is only just inside what is significant" in lost.why.lower()


def test_chance_is_no_reason_where_the_ratio_is_as_clear_as_before() -> None:
    """All of B stand with others: that is why, though it was not far from its limit before."""
    yes = np.r_[np.arange(100) < 31, np.arange(250) < 50]
    people = pd.DataFrame(
        {
            "person_id": range(350),
            "ethnicity": ["B"] * 100 + ["A"] * 250,
            "event_type": "trial",
            "date": pd.Timestamp("2023-01-01"),
            "outcome": np.where(yes, "guilty", "free"),
        }
    )
    both = people["ethnicity"].eq("B") | people["person_id"].between(100, 104)
    after = people.assign(person_id=0, ethnicity=people["ethnicity"].mask(both, "A|B"))
    (lost,) = measure(people, after).disparities
    assert lost.verdict == "lost" and lost.released[0] > lost.released[1] > 0
    assert lost.why.startswith("100% of the people of B") and "only just" not in lost.why


def test_ordered_groups_are_called_by_rank(courts: pd.DataFrame) -> None:
    found = measure(courts, courts.assign(person_id=0), keys=["age"])
    names = {d.group for d in found.disparities} | {d.reference for d in found.disparities}
    assert names == {"lowest of 5", "2 of 5", "3 of 5", "4 of 5", "highest of 5"}
    # Whoever is oldest may be alone in it: no age is told.
    ends = {str(courts["age"].max()), str(courts["age"].min())}
    told = json.dumps([found.rows(), found.describe()])
    assert not ends & set(re.findall(r"\d+(?:\.\d+)?", told)) - {"18"}


def test_ages_across_a_cut_are_not_called_merged(courts: pd.DataFrame) -> None:
    young = courts["age"] < 50
    chance = np.where(courts["age"] > 60, 0.7, 0.2)
    guilty = np.where(np.random.default_rng(3).random(len(courts)) < chance, "guilty", "free")
    before = courts.assign(outcome=guilty)
    after = before.assign(person_id=0, age=np.where(young, "18-49", "50-79"))
    found = measure(before, after, keys=["age"])
    assert found.merged == ()
    of_outcome = [d for d in found.disparities if d.outcome_column == "outcome"]
    assert "kept" in {d.verdict for d in of_outcome}


def test_small_counts_are_left_out_and_counted(courts: pd.DataFrame) -> None:
    table = courts.copy()
    table.loc[table["person_id"].isin([897, 898, 899]), "ethnicity"] = "D"
    free = table["ethnicity"].eq("C") & ~table["person_id"].isin([800, 801, 802, 803])
    table.loc[free, "outcome"] = "free"
    table.loc[table["person_id"].isin([800, 801, 802, 803]), "outcome"] = "guilty"
    found = measure(table, table.assign(person_id=0))
    told = {(d.outcome_column, d.group) for d in found.disparities}
    # D has three people; of C four are guilty.
    assert told == {("outcome", "B"), (SEVERAL, "B"), (SEVERAL, "C")}
    assert found.left_out == 3
    assert min(found.people) >= 5
    assert "3 comparisons of too few people were left out." in found.describe()
    text = json.dumps([found.rows(), found.describe()])
    assert '"D"' not in text and "D against" not in text
    # A larger k leaves out more, and never tells a count below it.
    for k in (20, 50, 150):
        assert all(n >= k for n in measure(table, table.assign(person_id=0), k).people)


def test_the_suppressed_count_for_no_group(courts: pd.DataFrame) -> None:
    courts = courts.assign(
        ethnicity=courts["ethnicity"].where(courts["person_id"] >= 100, None)  # a group as well
    )
    gone = courts["person_id"].between(500, 649)  # half of B
    after = courts.assign(
        person_id=np.where(gone, None, 0), ethnicity=courts["ethnicity"].where(~gone, None)
    )
    everything = measure(courts, after)
    unknown = only(everything, "outcome", "(null)")
    assert unknown.original == unknown.released
    found = only(everything, "outcome", "B")
    left = courts[~gone]
    a, b, c, d = (
        ((left["ethnicity"] == group) & (left["outcome"] == outcome)).sum() + 0.5
        for group in "BA"
        for outcome in ("guilty", "free")
    )
    assert found.released[0] == pytest.approx(math.log(a * d / (b * c)))


def test_outcomes_that_are_numbers_are_compared_one_by_one(courts: pd.DataFrame) -> None:
    grades = courts["outcome"].map({"guilty": 3, "free": 1})
    table = courts.assign(outcome=grades)
    found = measure(table, table.assign(person_id=0))
    assert only(found, "outcome", "B").outcome == "3"
    assert only(found, "outcome", "B").original == pytest.approx(
        only(measure(courts, courts.assign(person_id=0)), "outcome", "B").original
    )


def test_one_group_or_one_outcome_is_no_comparison(courts: pd.DataFrame) -> None:
    alike = courts.assign(ethnicity="A")
    assert measure(alike, alike.assign(person_id=0)).describe() == []
    same = courts.assign(outcome="guilty")
    found = measure(same, same.assign(person_id=0))
    assert {d.outcome_column for d in found.disparities} == {SEVERAL}


def test_many_that_changed_are_counted_not_all_named() -> None:
    rng = np.random.default_rng(2)
    n = 6000
    group = rng.integers(0, 12, n)
    people = pd.DataFrame(
        {
            "person_id": range(n),
            "ethnicity": [f"g{g:02d}" for g in group],
            "event_type": rng.choice(["trial", "appeal", "parole"], n),
            "date": pd.Timestamp("2023-01-01"),
            "outcome": np.where(rng.random(n) < group / 12, "guilty", "free"),
        }
    )
    after = people.assign(person_id=0, outcome=rng.permutation(people["outcome"]))
    found = measure(people, after)
    assert found.counts()["lost"] > 20
    words = found.describe()
    assert sum(line.startswith("Lost") for line in words) == 20
    assert f"{found.counts()['lost'] - 20} more are listed in the table." in words
    assert len(found.rows()) == 30 and found.left_out == 3  # of the first group nobody is guilty


@pytest.fixture(scope="module")
def court(shared_data: Path) -> pd.DataFrame:
    return load_criminal_justice_data(shared_data / "compas" / "court_events.csv.gz")


def of_interest(result) -> list[dict]:
    """Screening level and re-arrest, by ethnicity and gender."""
    return [
        row
        for row in result.kept["disparities"]
        if row["group_column"] in ("ethnicity", "gender")
        and (row["event_type"], row["outcome_column"])
        in (("screening", "outcome"), ("arrest", SEVERAL))
    ]


def test_court_records_keep_their_disparities(court: pd.DataFrame) -> None:
    result = create_safe_personas(court, domain="criminal_justice", known_events=0, random_state=0)
    assert result.settings["privacy_level"] == "medium"
    rows = of_interest(result)
    verdicts = pd.Series([row["verdict"] for row in rows]).value_counts()
    assert verdicts.get("reversed", 0) == 0 and verdicts.get("appeared", 0) == 0
    assert verdicts.get("lost", 0) <= 1 and verdicts["kept"] >= 17
    words = " ".join(result.to_dict()["kept"]["words"])
    for row in rows:
        if row["verdict"] == "lost":
            assert f"{row['outcome']}, {row['group']} against {row['reference']}" in words
            assert row["why"] and row["why"] in words
    # The original's own figures, of a plain count.
    level = court[court["event_type"] == "screening"]
    high = pd.crosstab(level["ethnicity"], level["outcome"] == "high") + 0.5
    often = court[court["event_type"] == "arrest"].groupby("person_id").size() > 1
    people = court.drop_duplicates("person_id").set_index("person_id")
    again = pd.crosstab(people["gender"], often.reindex(people.index, fill_value=False)) + 0.5
    told = {(row["outcome"], row["group"]): row["original"]["log_odds_ratio"] for row in rows}
    for table, key, base in (
        (high, ("high", "Caucasian"), "African-American"),
        (again, ("several", "Female"), "Male"),
    ):
        group = table.loc[key[1]]
        ratio = math.log(
            group[True] * table.loc[base, False] / group[False] / table.loc[base, True]
        )
        assert told[key] == pytest.approx(ratio, abs=0.0051)


def test_the_default_release_says_what_is_lost() -> None:
    """A stricter release of made-up people: whatever is lost has a sentence with a reason."""
    events = make_people_events(500, random_state=3, areas=("39061",))
    result = create_safe_personas(
        events, domain="criminal_justice", target_risk=0.3, random_state=3
    )
    kept = result.kept
    # Groups smaller than the smallest class lose most: they are told, down to the floor of k.
    assert result.risk_metrics.k_anonymity > 5
    assert kept["least_people"] >= 5
    assert min(row["people"] for row in kept["disparities"]) < result.risk_metrics.k_anonymity
    for row in kept["disparities"]:
        assert row["people"] >= 5
        changed = row["verdict"] in ("lost", "reversed", "appeared")
        assert bool(row["why"]) == changed
        if changed:
            assert any(row["why"] in line for line in kept["words"])
