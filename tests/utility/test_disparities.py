"""Outcome disparities: textbook formulas, a published table, clustered errors by brute force."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk import PersonaMerger
from personatwin_sk.exceptions import InputError
from personatwin_sk.utility import outcome_disparities


def four_fold(a, b, c, d):
    """Group B has `a` yes and `b` no; the reference A, which must be larger, c yes and d no."""
    return pd.DataFrame(
        {
            "group": ["B"] * (a + b) + ["A"] * (c + d),
            "outcome": ["yes"] * a + ["no"] * b + ["yes"] * c + ["no"] * d,
        }
    )


def compare(before, after, **kwargs):
    return outcome_disparities(before, after, "outcome", "group", **kwargs)


# --- one table -----------------------------------------------------------------------------------


def test_log_odds_ratio_and_error_of_haldane_and_gart():
    found = compare(four_fold(30, 10, 20, 60), four_fold(12, 28, 20, 60)).table
    assert found[["group", "reference", "outcome"]].to_numpy().tolist() == [["B", "A", "yes"]]
    assert found["people"].tolist() == [40]
    expected = math.log(30.5 * 60.5 / (10.5 * 20.5))
    error = math.sqrt(1 / 30.5 + 1 / 10.5 + 1 / 20.5 + 1 / 60.5)
    assert found["log_odds_ratio"][0] == pytest.approx(expected)
    assert found["standard_error"][0] == pytest.approx(error)
    released = math.log(12.5 * 60.5 / (28.5 * 20.5))
    assert found["released_log_odds_ratio"][0] == pytest.approx(released)


def test_published_study_smoking_and_lung_cancer():
    # Doll & Hill 1950, men: 647 of 649 cases and 622 of 649 controls smoked; odds ratio 14.0.
    table = four_fold(647, 2, 622, 27)
    found = compare(pd.concat([table, four_fold(0, 0, 0, 1)]), table).table
    assert math.exp(found["log_odds_ratio"][0]) == pytest.approx(14.0, rel=0.25)
    assert found["log_odds_ratio"][0] > 1.96 * found["standard_error"][0]


def test_empty_cells_stay_finite():
    found = compare(four_fold(10, 0, 0, 20), four_fold(10, 0, 0, 20)).table
    assert found["log_odds_ratio"][0] == pytest.approx(math.log(10.5 * 20.5 / (0.5 * 0.5)))
    assert np.isfinite(found["standard_error"]).all()


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        ((30, 10, 20, 60), "kept"),
        ((20, 20, 30, 50), "lost"),
        ((8, 32, 60, 20), "reversed"),
    ],
)
def test_verdicts_of_a_significant_disparity(after, verdict):
    found = compare(four_fold(30, 10, 20, 60), four_fold(*after))
    assert found.table["verdict"].tolist() == [verdict]
    assert found.counts()[verdict] == 1 and sum(found.counts().values()) == 1
    assert found.score == (verdict == "kept")


def test_verdicts_without_a_significant_disparity():
    level = four_fold(20, 20, 40, 41)
    assert compare(level, four_fold(35, 5, 20, 61)).table["verdict"].tolist() == ["appeared"]
    # Not significant in either: the sign is noise, and may change.
    found = compare(level, four_fold(19, 21, 42, 39))
    assert found.table["verdict"].tolist() == ["none"] and found.score == 1.0
    assert found.describe() == [
        "1 of 1 outcome disparities between groups keep their sign and significance."
    ]


def test_confidence_decides_what_is_significant():
    before, after = four_fold(22, 18, 32, 50), four_fold(20, 20, 40, 42)
    assert compare(before, after, confidence=0.8).table["verdict"].tolist() == ["lost"]
    assert compare(before, after, confidence=0.99).table["verdict"].tolist() == ["none"]


def test_largest_change_and_words():
    found = compare(four_fold(30, 10, 20, 60), four_fold(8, 32, 60, 20))
    change = math.log(8.5 * 20.5 / (32.5 * 60.5)) - math.log(30.5 * 60.5 / (10.5 * 20.5))
    assert found.largest_change == pytest.approx(abs(change))
    first, second = found.describe()
    assert first.startswith("0 of 1 outcome disparities")
    assert second == (
        "yes, B against A: log odds ratio +2.15 in the original, -2.42 in the release (reversed)."
    )
    plain = found.to_dict()
    assert plain["counts"] == {"kept": 0, "lost": 0, "reversed": 1, "appeared": 0, "none": 0}
    types = {type(v) for row in plain["comparisons"] for v in row.values()}
    assert types == {str, int, float, bool}


# --- several groups, outcomes and strata ---------------------------------------------------------


def test_every_outcome_of_every_group_within_every_stratum():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        {
            "group": rng.choice(["A", "A", "A", "B", "C"], 900),
            "outcome": rng.choice(["fine", "jail", "none"], 900),
            "kind": rng.choice(["theft", "fraud"], 900),
        }
    )
    found = compare(table, table, by="kind").table
    assert len(found) == 2 * 2 * 3
    for row in found.to_dict("records"):
        part = table[table["kind"] == row["by"]]
        counts = []
        for group in (row["group"], row["reference"]):
            have = (part["outcome"] == row["outcome"]) & (part["group"] == group)
            counts += [have.sum() + 0.5, ((part["group"] == group) & ~have).sum() + 0.5]
        a, b, c, d = counts
        assert row["reference"] == "A"
        assert row["log_odds_ratio"] == pytest.approx(math.log(a * d / (b * c)))
        assert row["standard_error"] == pytest.approx(math.sqrt(1 / a + 1 / b + 1 / c + 1 / d))


def test_where_two_outcomes_occur_one_says_it_all():
    table = pd.DataFrame(
        {
            "kind": ["arrest"] * 40 + ["trial"] * 40,
            "outcome": ["felony", "other"] * 20 + ["won", "lost"] * 20,
            "group": (["A"] * 12 + ["B"] * 8) * 4,
        }
    )
    found = compare(table, table, by="kind").table
    assert found[["by", "outcome"]].to_numpy().tolist() == [["arrest", "other"], ["trial", "won"]]


def test_where_two_outcomes_are_nearly_all_one_says_it_all():
    table = pd.concat([four_fold(200, 300, 250, 250), four_fold(0, 0, 0, 6)], ignore_index=True)
    table.loc[1000:, "outcome"] = "maybe"  # 6 of 1,006
    assert compare(table, table).table["outcome"].tolist() == ["maybe", "yes"]
    table.loc[980:, "outcome"] = "maybe"  # 26 of 1,006 are more than 1 %
    assert compare(table, table).table["outcome"].tolist() == ["maybe", "no", "yes"]


def test_the_fewest_people_of_the_four_counts():
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "person": rng.integers(0, 60, 400),
            "group": rng.choice(["A", "A", "B", "C"], 400),
            "outcome": rng.choice(["fine", "fine", "fine", "jail", "none"], 400),
            "kind": rng.choice(["theft", "fraud"], 400),
        }
    )
    found = compare(table, table, by="kind", person_id="person", min_people=1).table
    assert len(found) == 12
    for row in found.to_dict("records"):
        part = table[table["kind"] == row["by"]]
        counts = [
            part.loc[(part["group"] == group) & (is_it == yes), "person"].nunique()
            for is_it in [part["outcome"] == row["outcome"]]
            for group in (row["group"], row["reference"])
            for yes in (True, False)
        ]
        assert row["fewest"] == min(counts)


def test_only_the_most_frequent_values_are_compared():
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "group": rng.choice(list("ABCDEF"), 3000, p=[0.4, 0.25, 0.2, 0.05, 0.05, 0.05]),
            "outcome": rng.choice(list("uvwxyz"), 3000, p=[0.4, 0.25, 0.2, 0.05, 0.05, 0.05]),
        }
    )
    found = compare(table, table, max_values=3).table
    assert found["group"].tolist() == list("BBBCCC")
    assert found["outcome"].tolist() == list("uvw" * 2)
    full = compare(table, table).table
    own = full[full["group"].isin(list("BC")) & full["outcome"].isin(list("uvw"))]
    # The rest is no group and no outcome, but it counts for those who lack the outcome.
    assert found["log_odds_ratio"].tolist() == pytest.approx(own["log_odds_ratio"].tolist())


def test_few_people_are_left_out_and_counted():
    table = pd.concat([four_fold(10, 10, 20, 20), four_fold(3, 1, 0, 0).assign(group="C")])
    found = compare(table, table)
    assert found.table["group"].tolist() == ["B"] and found.n_left_out == 1
    assert "C" not in str(found.to_dict()) and "C" not in " ".join(found.describe())
    assert "1 comparisons of too few people" in found.describe()[-1]
    assert compare(table, table, min_people=4).table["group"].tolist() == ["B", "C"]


def test_people_are_counted_not_rows():
    table = pd.concat([four_fold(10, 10, 20, 20), four_fold(5, 5, 0, 0).assign(group="C")])
    table = table.assign(person=[*range(60), *[60, 61] * 5])
    found = compare(table, table, person_id="person", min_people=3)
    assert found.table["group"].tolist() == ["B"] and found.n_left_out == 1


def test_outcomes_of_few_people_are_left_out_and_counted():
    table = four_fold(10, 10, 20, 20)
    table.loc[:3, "outcome"] = "rare"
    found = compare(table, table)
    assert found.table["outcome"].tolist() == ["no", "yes"] and found.n_left_out == 1
    assert "rare" in compare(table, table, min_people=4).table["outcome"].tolist()
    # Four people are few, however many rows they have.
    often = pd.concat([table, *[table[:4]] * 9]).assign(person=[*range(60), *[0, 1, 2, 3] * 9])
    assert "rare" not in compare(often, often, person_id="person").table["outcome"].tolist()
    assert "rare" in compare(often, often).table["outcome"].tolist()


def test_nothing_to_compare_is_perfect_but_empty():
    table = four_fold(2, 1, 3, 1)
    found = compare(table, table)
    assert found.score == 1.0 and found.largest_change == 0.0 and len(found.table) == 0


def test_null_is_a_group_and_an_outcome():
    table = four_fold(10, 10, 30, 10).replace({"group": {"B": None}, "outcome": {"no": None}})
    found = compare(table, table).table
    assert found[["group", "outcome"]].to_numpy().tolist() == [["(null)", "(null)"]]
    assert found["log_odds_ratio"][0] == pytest.approx(math.log(10.5 * 30.5 / (10.5 * 10.5)))


def test_ages_are_put_into_groups():
    table = pd.DataFrame({"outcome": ["yes", "no"] * 50, "group": np.arange(100) // 2 + 20})
    found = compare(table, table, bins=2).table
    assert found["group"].tolist() == ["45 to 69"] and found["reference"].tolist() == ["20 to 44"]


def test_numbers_as_outcomes_are_compared_one_by_one():
    table = four_fold(20, 20, 30, 30).assign(outcome=[1, 2, 3, 4] * 25)
    assert compare(table, table).table["outcome"].tolist() == ["1", "2", "3", "4"]


# --- labels --------------------------------------------------------------------------------------


def test_a_label_counts_for_each_group_in_part():
    before = four_fold(30, 10, 20, 60)
    after = before.assign(group="A|B")
    found = compare(before, after).table
    # Each group gets half of 50 yes and half of 70 no: no disparity is left.
    assert found["released_log_odds_ratio"][0] == pytest.approx(0.0, abs=1e-12)
    assert found["verdict"].tolist() == ["lost"]


def test_what_is_said_of_several_groups_is_no_finding_of_one():
    # Everybody of B and 90 of A stand under "A|B": what B seems to have is A's.
    before = pd.concat([four_fold(28, 12, 15, 135), four_fold(0, 0, 70, 20)], ignore_index=True)
    group = pd.Series(["A|B"] * 40 + ["A"] * 150 + ["A|B"] * 90)
    found = compare(before, before.assign(group=group)).table.iloc[0]
    with_b = group == "A|B"
    yes = before["outcome"] == "yes"
    a, b = (0.5 * (with_b & side).sum() + 0.5 for side in (yes, ~yes))
    c, d = ((1.0 - 0.5 * with_b)[side].sum() + 0.5 for side in (yes, ~yes))
    assert found["released_log_odds_ratio"] == pytest.approx(math.log(a * d / (b * c)))
    assert abs(found["released_log_odds_ratio"]) > 1.96 * found["released_standard_error"]
    assert not found["released_significant"] and found["told_apart"] == 0.0
    assert found["verdict"] == "lost"
    # Where half of the group is told apart, what is said of it counts.
    known = group.where(np.arange(280) >= 20, "B")  # 20 alone, and half of 110
    part = compare(before, before.assign(group=known)).table.iloc[0]
    assert part["told_apart"] == pytest.approx(20 / 75) and not part["released_significant"]
    all_alone = compare(before, before).table.iloc[0]
    assert all_alone["told_apart"] == 1.0 and all_alone["verdict"] == "kept"


def test_a_label_across_a_cut_of_ages_is_of_both_sides():
    # Fifths end at 19, 39, 59, 79; what is released are halves, so that the third lies in both.
    ages = np.repeat(np.arange(100), 20)
    rng = np.random.default_rng(6)
    before = pd.DataFrame(
        {"group": ages, "outcome": np.where(rng.random(2000) < ages / 100, "yes", "no")}
    )
    after = before.assign(group=np.where(ages < 50, "0-49", "50-99"))
    found = compare(before, after).table.set_index("group")
    assert found["told_apart"].max() == 0.0
    ends = found.loc[f"{80} to {99}"]
    assert ends["released_significant"] and ends["verdict"] == "kept"
    assert 0 < ends["released_log_odds_ratio"] < ends["log_odds_ratio"]


def test_half_of_a_group_told_apart_is_enough():
    before = four_fold(36, 4, 20, 60)
    for alone, enough in ((14, True), (12, False)):  # 14 and half of 26: 14 of 27
        group = pd.Series(["B"] * alone + ["A|B"] * (40 - alone) + ["A"] * 80)
        found = compare(before, before.assign(group=group)).table.iloc[0]
        assert abs(found["released_log_odds_ratio"]) > 1.96 * found["released_standard_error"]
        assert found["released_significant"] == enough
        assert found["told_apart"] == pytest.approx(alone / (alone + (40 - alone) / 2))


def test_what_the_original_does_not_have_is_compared_with_nothing():
    before = four_fold(30, 10, 20, 60)
    after = before.assign(
        outcome=["yes"] * 20 + ["unheard of"] * 10 + before["outcome"][30:].tolist()
    )
    found = compare(before, after).table
    expected = math.log(20.5 * 60.5 / (10.5 * 20.5))
    assert found["released_log_odds_ratio"][0] == pytest.approx(expected)


def test_released_rows_need_not_be_the_same_without_a_person():
    before = four_fold(30, 10, 20, 60)
    assert compare(before, before.sample(frac=0.9, random_state=0)).score == 1.0


# --- clustered standard errors -------------------------------------------------------------------


def clustered_error(table):
    """Jackknife-free brute force: each person's own share in the linearised log odds ratio."""
    cells = {(g, o): 0.5 for g in "AB" for o in ("yes", "no")}
    for row in table.itertuples():
        cells[row.group, row.outcome] += 1
    sign = {("B", "yes"): 1, ("B", "no"): -1, ("A", "yes"): -1, ("A", "no"): 1}
    variance = sum(0.5 / cells[cell] ** 2 for cell in cells)
    for _, rows in table.groupby("person"):
        influence = sum(
            sign[row.group, row.outcome] / cells[row.group, row.outcome]
            for row in rows.itertuples()
        )
        variance += influence**2
    return math.sqrt(variance)


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.sampled_from("AB"), st.sampled_from(["yes", "no"])),
        min_size=4,
        max_size=40,
    )
)
def test_errors_allow_for_several_rows_of_a_person(rows):
    table = pd.DataFrame(rows, columns=["person", "group", "outcome"])
    if table["group"].nunique() < 2 or table["outcome"].nunique() < 2:
        return
    found = compare(table, table, person_id="person", min_people=1).table
    assert found["standard_error"][0] == pytest.approx(clustered_error(table))


def test_copied_rows_do_not_make_a_finding_surer():
    table = four_fold(30, 10, 20, 60).assign(person=range(120))
    copied = pd.concat([table] * 50, ignore_index=True)
    alone, often = (compare(t, t, person_id="person").table for t in (table, copied))
    naive = compare(copied, copied).table
    assert often["standard_error"][0] == pytest.approx(alone["standard_error"][0], rel=0.05)
    assert naive["standard_error"][0] == pytest.approx(
        alone["standard_error"][0] / math.sqrt(50), rel=0.05
    )


def test_clustered_errors_have_the_size_that_simulation_shows():
    rng = np.random.default_rng(0)
    ratios, errors = [], []
    for _ in range(80):
        leaning = rng.beta(1, 1, 200)  # people differ, and each has five rows
        table = pd.DataFrame(
            {
                "person": np.repeat(np.arange(200), 5),
                "group": np.repeat(np.where(np.arange(200) < 120, "A", "B"), 5),
                "outcome": np.where(rng.random(1000) < np.repeat(leaning, 5), "yes", "no"),
            }
        )
        found = compare(table, table, person_id="person").table
        ratios.append(found["log_odds_ratio"][0])
        errors.append(found["standard_error"][0])
    assert np.mean(errors) == pytest.approx(np.std(ratios), rel=0.25)


# --- refusals and real data ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad", [{"bins": 1}, {"confidence": 1.0}, {"confidence": 0.0}, {"min_people": 0}]
)
def test_parameters_out_of_range(bad):
    table = four_fold(5, 5, 6, 6)
    with pytest.raises(InputError, match="bins must be at least 2"):
        compare(table, table, **bad)


def test_one_value_at_most_is_no_comparison():
    table = four_fold(5, 5, 6, 6)
    with pytest.raises(InputError, match="max_values must be at least 2; got 1"):
        compare(table, table, max_values=1)


@pytest.mark.parametrize("name", ["group", "outcome"])
def test_one_value_cannot_be_compared(name):
    table = four_fold(5, 5, 6, 6).assign(**{name: "same"})
    with pytest.raises(InputError, match=f"column that {name} names has 1 distinct"):
        compare(table, table)


def test_courts_release_keeps_what_a_study_would_find(shared_data):
    courts = pd.read_csv(shared_data / "compas" / "court_events.csv.gz", dtype={"person_id": str})
    released = PersonaMerger(["age", "gender", "ethnicity"], k=5, person_id="person_id")
    after = released.fit_transform(courts)
    found = outcome_disparities(
        courts, after, "outcome", "ethnicity", by="event_type", person_id="person_id"
    )
    assert found.score > 0.9 and found.counts()["reversed"] == 0
    # The figures of a plain count of the court's own table.
    arrests = courts[courts["event_type"] == "arrest"]
    light = pd.crosstab(arrests["ethnicity"], arrests["outcome"] == "misdemeanor") + 0.5
    ratio = math.log(
        light.loc["Caucasian", True]
        * light.loc["African-American", False]
        / (light.loc["Caucasian", False] * light.loc["African-American", True])
    )
    row = found.table.query("by == 'arrest' and group == 'Caucasian' and outcome == 'misdemeanor'")
    assert row["log_odds_ratio"].tolist() == [pytest.approx(ratio)]
