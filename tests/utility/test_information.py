"""Information kept, held against literal figures and a slow reading of the definition."""

from __future__ import annotations

import datetime
from collections import defaultdict
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personatwin_sk._core.hierarchy import Hierarchy
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.utility import information_kept, ncp
from personatwin_sk.utility._information import InformationKept


def people(**columns):
    return pd.DataFrame(columns)


# --- literal figures -----------------------------------------------------------------------------


def test_untouched_table_keeps_everything():
    table = people(
        person_id=["a", "a", "b", "c"],
        age=[20, 20, 40, 60],
        gender=["F", "F", "M", None],
        date=["2023-01-01", "2023-02-01", None, "2023-03-01"],
        outcome=["x", "y", "x", None],
    )
    kept = information_kept(
        table, table, ["age", "gender"], person_id="person_id", dates="date", outcomes="outcome"
    )
    assert kept == 1.0


def test_one_class_of_all_loses_everything():
    before = people(age=[20, 40, 60], gender=["F", "M", "X"])
    after = people(age=[40, 40, 40], gender=["F", "F", "F"])
    assert information_kept(before, after, ["age", "gender"]) == 0.0


def test_key_variables_are_averaged_over_people_not_rows():
    # a has three rows. Class {a, b} spans 10 of 40 years, class {c} none: NCP = (2 * 1/4 + 0) / 3.
    before = people(person_id=list("aaabc"), age=[20, 20, 20, 30, 60])
    after = people(person_id=[0, 0, 0, 0, 1], age=[25, 25, 25, 25, 60])
    kept = information_kept(before, after, "age", person_id="person_id")
    assert kept == pytest.approx(1 - (2 * 0.25) / 3)


def test_classes_are_released_rows_over_all_key_variables():
    # One released age, but the sexes still tell the two apart.
    before = people(age=[20, 40], sex=["F", "M"])
    after = people(age=[30, 30], sex=["F", "M"])
    assert information_kept(before, after, ["age", "sex"]) == 1.0
    assert information_kept(before, after, ["age"]) == 0.0


def test_unordered_values_count_distinct_values():
    # Class of F and M: (2 - 1) / (3 - 1) for two of three people.
    before = people(sex=["F", "M", "X"])
    after = people(sex=["F|M", "F|M", "X"])
    assert information_kept(before, after, "sex") == pytest.approx(1 - (2 * 0.5) / 3)


def test_suppressed_person_is_lost_in_every_column():
    before = people(
        person_id=["a", "b", "c", "d"],
        age=[20, 30, 40, 60],
        date=["2023-01-01", "2023-01-02", "2023-01-03", "2023-01-11"],
        outcome=["x"] * 4,
    )
    after = before.assign(
        person_id=[1.0, 2.0, 3.0, None], age=before["age"].where(before["age"] < 60)
    )
    kept = information_kept(
        before, after, "age", person_id="person_id", dates="date", outcomes="outcome"
    )
    assert kept == pytest.approx(0.75)


def test_values_of_the_suppressed_still_span_the_range():
    # Were the range taken from the released people (20 to 40), the class would lose 1, not 1/2.
    before = people(person_id=["a", "b", "c"], age=[20, 40, 60])
    after = people(person_id=[7.0, 7.0, None], age=[30.0, 30.0, None])
    kept = information_kept(before, after, "age", person_id="person_id")
    assert kept == pytest.approx(1 - (0.5 + 0.5 + 1.0) / 3)


def test_without_person_column_a_row_is_suppressed_when_all_keys_became_null():
    before = people(age=[20, 40, 60], sex=["F", "F", "F"])
    after = people(age=[20.0, 40.0, None], sex=["F", "F", None])
    assert information_kept(before, after, ["age", "sex"]) == pytest.approx(1 - 1 / 3)


def test_row_that_was_all_null_before_is_not_suppressed():
    table = people(age=[20.0, 40.0, None], sex=["F", "F", None])
    assert information_kept(table, table, ["age", "sex"]) == 1.0


def test_release_without_the_person_column_is_measured():
    before = people(person_id=["a", "b", "c"], age=[20, 40, 60])
    after = people(age=[20.0, 40.0, None])
    assert information_kept(before, after, "age", person_id="person_id") == pytest.approx(2 / 3)


def test_everybody_suppressed_is_nothing_kept():
    before = people(person_id=["a", "b"], age=[20, 40])
    after = people(person_id=[None, None], age=[None, None])
    assert information_kept(before, after, "age", person_id="person_id") == 0.0


@pytest.mark.parametrize(
    ("released", "loss"),
    [
        ("2023-01-11", 0.0),
        ("2023-01-01", 10 / 100),
        ("2023-01", 5 / 100),  # the middle of January is the 16th
        ("2023-Q1", 34.5 / 100),  # days 0 to 89 of the year: the middle is 44.5, the 11th is day 10
        ("2024", 1.0),  # further away than the whole range: clipped
        (None, 1.0),
    ],
)
def test_date_is_measured_from_the_middle_of_the_released_period(released, loss):
    before = people(date=["2023-01-11", "2023-01-01", "2023-04-11"])
    after = people(date=[released, "2023-01-01", "2023-04-11"])
    assert information_kept(before, after, [], dates="date") == pytest.approx(1 - loss / 3)


def test_date_that_appears_from_nowhere_is_lost():
    before = people(date=["2023-01-01", "2023-01-11", None, None])
    after = people(date=["2023-01-01", "2023-01-11", "2023-01-01", None])
    assert information_kept(before, after, [], dates="date") == pytest.approx(0.75)


def test_dates_all_on_one_day_are_kept_or_lost():
    before = people(date=["2023-01-01"] * 4)
    after = people(date=["2023-01-01"] * 3 + ["2023-01-02"])
    assert information_kept(before, after, [], dates="date") == pytest.approx(0.75)


def test_time_of_day_is_not_counted():
    before = people(date=pd.to_datetime(["2023-01-01 23:00", "2023-01-11 08:00"]))
    after = people(date=pd.to_datetime(["2023-01-01", "2023-01-11"]))
    assert information_kept(before, after, [], dates="date") == 1.0


def test_outcome_null_is_a_value_of_its_own():
    before = people(outcome=["x", "y", None, "x"])
    after = people(outcome=["x", None, None, "new"])
    assert information_kept(before, after, [], outcomes="outcome") == pytest.approx(0.5)


def test_outcome_that_was_never_null_may_become_null():
    before = people(outcome=["x", "y"])
    after = people(outcome=["x", None])
    assert information_kept(before, after, [], outcomes="outcome") == pytest.approx(0.5)


def test_mean_is_over_columns():
    before = people(age=[20, 40], date=["2023-01-01", "2023-01-11"], outcome=["x", "y"])
    after = people(age=[30, 30], date=["2023-01-01", "2023-01-11"], outcome=["y", "y"])
    kept = information_kept(before, after, "age", dates="date", outcomes="outcome")
    assert kept == pytest.approx(1 - (1.0 + 0.0 + 0.5) / 3)


def test_people_whose_rows_disagree_count_with_shares_of_their_rows():
    # a is 20 on three rows and 40 on one; b is 60. All three ages in one class but a's 40.
    before = people(person_id=list("aaaab"), age=[20, 20, 20, 40, 60])
    after = people(person_id=[0, 0, 0, 1, 0], age=[30, 30, 30, 40, 30])
    expected = 1 - (0.75 * 1.0 + 0.25 * 0.0 + 1.0) / 2
    for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0]):
        kept = information_kept(before.iloc[order], after.iloc[order], "age", person_id="person_id")
        assert kept == pytest.approx(expected)


# --- tables of all kinds --------------------------------------------------------------------------


def test_kinds_of_tables_agree():
    before = people(
        person_id=[1, 1, 2, 3], age=[20, 20, 40, 60], date=pd.to_datetime(["2023-01-01"] * 4)
    ).assign(outcome=["x", "y", None, "x"])
    before.loc[3, "date"] = pd.Timestamp("2023-02-01")
    after = before.assign(age=[30, 30, 30, 60], outcome=["x", "x", None, "x"])
    roles = dict(person_id="person_id", dates="date", outcomes="outcome")
    expected = information_kept(before, after, "age", **roles)
    before_polars, after_polars = pl.from_pandas(before), pl.from_pandas(after)
    assert information_kept(before_polars, after_polars, "age", **roles) == expected
    arrow = information_kept(before_polars.to_arrow(), after_polars.to_arrow(), "age", **roles)
    assert arrow == expected
    assert information_kept(before, after_polars, "age", **roles) == expected


def test_arrays_go_by_position():
    before = np.array([[20.0, 1.0], [40.0, 2.0]])
    after = np.array([[30.0, 1.0], [30.0, 2.0]])
    assert information_kept(before, after, [0]) == 0.0
    assert information_kept(before, after, [0, 1]) == 1.0


def test_nothing_is_modified():
    before = people(age=[20, 40], outcome=["x", "y"])
    after = people(age=[30, 30], outcome=["y", "y"])
    copies = before.copy(), after.copy()
    information_kept(before, after, "age", outcomes="outcome")
    pd.testing.assert_frame_equal(before, copies[0])
    pd.testing.assert_frame_equal(after, copies[1])


# --- bad input ------------------------------------------------------------------------------------


def test_tables_that_do_not_align():
    with pytest.raises(InputError, match="2 rows and the release 1"):
        information_kept(people(age=[1, 2]), people(age=[1]), "age")


def test_nothing_to_measure():
    with pytest.raises(InputError, match="no column to measure"):
        information_kept(people(age=[1]), people(age=[1]), [])


def test_empty_table():
    with pytest.raises(InputError, match="no rows"):
        information_kept(people(age=[]), people(age=[]), "age")


@pytest.mark.parametrize("parameter", ["quasi_identifiers", "dates", "outcomes"])
def test_missing_column_names_the_parameter(parameter):
    table = people(age=[1])
    with pytest.raises(ColumnNotFoundError, match=parameter):
        information_kept(table, table, **{"quasi_identifiers": "age", parameter: ["nowhere"]})


def test_column_missing_from_the_release():
    with pytest.raises(ColumnNotFoundError, match="released table"):
        information_kept(people(age=[1]), people(other=[1]), "age")


def test_null_person_id_is_counted():
    table = people(person_id=["a", None, None], age=[1, 2, 3])
    with pytest.raises(InputError, match="2 of 3 rows"):
        information_kept(table, table, "age", person_id="person_id")


def test_error_holds_no_value_of_a_person():
    table = people(age=["canary-1", "canary-2"], date=["canary-3", "2023-01-01"])
    with pytest.raises(InputError) as caught:
        information_kept(table, table, "age", dates="date")
    assert "canary" not in str(caught.value)


# --- brute force ----------------------------------------------------------------------------------


def slow_information_kept(before: list[dict], after: list[dict]) -> float:
    """The definition in plain Python: persons, classes, spans, counts; one column of each kind."""
    suppressed = [row["person"] is None for row in after]
    n_rows_of = defaultdict(int)
    for row in before:
        n_rows_of[row["person"]] += 1
    classes = defaultdict(list)
    for old, new, gone in zip(before, after, suppressed, strict=True):
        if not gone:
            classes[(new["age"], new["sex"])].append(old)
    ages = [row["age"] for row in before]
    age_range = max(ages) - min(ages)
    n_sexes = len({row["sex"] for row in before})
    age_loss = sex_loss = date_loss = outcome_loss = 0.0
    days = [row["date"].toordinal() for row in before]
    day_range = max(days) - min(days)
    for old, new, gone in zip(before, after, suppressed, strict=True):
        weight = 1 / n_rows_of[old["person"]]
        if gone:
            age_loss, sex_loss = age_loss + weight, sex_loss + weight
            date_loss, outcome_loss = date_loss + 1, outcome_loss + 1
            continue
        members = classes[(new["age"], new["sex"])]
        span = max(m["age"] for m in members) - min(m["age"] for m in members)
        age_loss += weight * (span / age_range if age_range else 0.0)
        sex_loss += weight * (len({m["sex"] for m in members}) - 1) / max(n_sexes - 1, 1)
        distance = abs(new["date"].toordinal() - old["date"].toordinal())
        date_loss += min(distance / day_range, 1) if day_range else float(distance > 0)
        outcome_loss += old["outcome"] != new["outcome"]
    people_, rows = len(n_rows_of), len(before)
    losses = [age_loss / people_, sex_loss / people_, date_loss / rows, outcome_loss / rows]
    return 1 - sum(losses) / 4


dates = st.dates(datetime.date(2023, 1, 1), datetime.date(2023, 12, 31))
sexes = st.sampled_from(["F", "M", "X", None])
outcomes = st.sampled_from(["x", "y", None])
row_pairs = st.tuples(
    st.fixed_dictionaries(
        {
            "person": st.integers(0, 4),
            "age": st.integers(18, 90),
            "sex": sexes,
            "date": dates,
            "outcome": outcomes,
        }
    ),
    st.fixed_dictionaries(
        {
            "person": st.sampled_from([0, 1, None]),
            "age": st.sampled_from([30, 50]),
            "sex": st.sampled_from(["F", "M|X"]),
            "date": dates,
            "outcome": outcomes,
        }
    ),
)


def as_frame(rows: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, dtype=object)
    return frame.assign(age=frame["age"].astype(int), date=frame["date"].map(str))


@settings(max_examples=150, deadline=None)
@given(st.lists(row_pairs, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_equals_the_definition_in_any_row_order(pairs, random):
    before, after = [list(side) for side in zip(*pairs, strict=True)]
    roles = dict(person_id="person", dates="date", outcomes="outcome")
    expected = slow_information_kept(before, after)
    kept = information_kept(as_frame(before), as_frame(after), ["age", "sex"], **roles)
    assert kept == pytest.approx(expected, abs=1e-12)
    assert 0.0 <= kept <= 1.0

    random.shuffle(pairs)
    before, after = [list(side) for side in zip(*pairs, strict=True)]
    shuffled = information_kept(as_frame(before), as_frame(after), ["age", "sex"], **roles)
    assert shuffled == pytest.approx(kept, abs=1e-12)


def test_prepared_measure_gives_the_same_figure_for_every_release():
    before = people(age=[20, 30, 40, 60], outcome=["x", "y", "x", "y"])
    releases = [
        before,
        before.assign(age=[25, 25, 50, 50]),
        before.assign(age=[20, 20, 20, 20], outcome=["x"] * 4),
    ]
    measure = InformationKept(before, "age", outcomes="outcome")
    once = [measure(released) for released in releases]
    fresh = [information_kept(before, r, "age", outcomes="outcome") for r in releases]
    assert once == fresh
    assert once == sorted(once, reverse=True)


TOWNS = pd.DataFrame(
    {"town": ["Lyon", "Bron", "Nice", "Menton"], "area": ["Rhone", "Rhone", "Azur", "Azur"]}
)


@pytest.mark.parametrize("source", [TOWNS, Hierarchy.from_frame(TOWNS)])
@pytest.mark.parametrize(
    ("released", "lost"),
    [
        (["Lyon", "Bron", "Nice"], 0),
        (["Rhone", "Rhone", "Nice"], (2 / 4 + 2 / 4 + 0) / 3),  # 2 of 4 towns could be meant
        (["Lyon", "Lyon", "Nice"], (2 / 4 + 2 / 4 + 0) / 3),  # whatever the class is called
        (["*", "*", "*"], 1),
        (["Rhone", "Rhone", None], (2 / 4 + 2 / 4 + 1) / 3),  # suppressed
    ],
)
def test_places_of_a_hierarchy_lose_leaves(source: Any, released: list, lost: float) -> None:
    before, after = (pd.DataFrame({"town": c}) for c in (["Lyon", "Bron", "Nice"], released))
    kept = information_kept(before, after, "town", hierarchies={"town": source})
    assert kept == pytest.approx(1 - lost)


def test_without_the_hierarchy_they_are_categories() -> None:
    before = pd.DataFrame({"town": ["Lyon", "Bron", "Nice"]})
    after = pd.DataFrame({"town": ["Rhone", "Rhone", "Nice"]})
    assert information_kept(before, after, "town") == pytest.approx(1 - (1 / 2 + 1 / 2) / 3)


@pytest.mark.parametrize(
    ("hierarchies", "error", "message"),
    [
        ({"city": TOWNS}, ColumnNotFoundError, "information_kept: .* hierarchies .*'city'"),
        ({"age": TOWNS}, InputError, "'age', which is none of those that can have one"),
        ({"town": TOWNS.iloc[1:]}, InputError, "1 of 2 distinct values of the column 'town'"),
    ],
)
def test_hierarchies_that_cannot_be_used(hierarchies: Any, error: type, message: str) -> None:
    frame = pd.DataFrame({"town": ["Lyon", "Bron"], "age": [1, 2]})
    with pytest.raises(error, match=message):
        information_kept(frame, frame, "town", hierarchies=hierarchies)


# --- by column, and of key variables alone -------------------------------------------------------


def test_ncp_is_what_key_variables_lost():
    before = people(age=[20, 20, 40, 60], sex=["F", "M", "X", "X"])
    after = people(age=["20", "20", "40-60", "40-60"], sex=["F|M", "F|M", "X", "X"])
    # Ages span 20 of 40 years for two of four people; two of three sexes, 1/2, for the other two.
    assert ncp(before, after, "age") == pytest.approx(0.25)
    assert ncp(before, after, "sex") == pytest.approx(0.25)
    assert ncp(before, after, ["age", "sex"]) == pytest.approx(0.25)
    assert ncp(before, before, ["age", "sex"]) == 0.0


def test_ncp_counts_people_and_reads_hierarchies():
    before = people(who=list("aab"), town=["Lyon", "Lyon", "Nice"])
    after = people(who=[0, 0, 1], town=["Rhone", "Rhone", "Nice"])
    towns = people(town=["Lyon", "Bron", "Nice"], area=["Rhone", "Rhone", "Var"])
    settings = {"person_id": "who", "hierarchies": {"town": towns}}
    assert ncp(before, after, "town", **settings) == 0.0
    one = after.assign(town="*")
    assert ncp(before, one, "town", **settings) == pytest.approx(1.0)


def test_losses_come_by_column_and_their_mean_is_the_measure():
    before = people(
        age=[20, 30, 40, 60], date=["2023-01-01"] * 3 + ["2023-01-11"], outcome=["x"] * 4
    )
    after = people(
        age=["20-30", "20-30", "40-60", "40-60"],
        date=["2023-01-01"] * 3 + ["2023-01-09"],
        outcome=["x", "x", "y", "y"],
    )
    measure = InformationKept(before, "age", dates="date", outcomes="outcome")
    losses = measure.losses(after)
    assert [name for name, _ in losses] == ["age", "date", "outcome"]
    assert [loss for _, loss in losses] == pytest.approx([0.375, 0.05, 0.5])
    assert measure(after) == pytest.approx(1 - (0.375 + 0.05 + 0.5) / 3)


def test_a_column_of_two_roles_counts_in_both():
    before = people(x=["a", "b", "b", "c"])
    after = people(x=["a", "b", "b", "b"])
    losses = InformationKept(before, "x", outcomes="x").losses(after)
    assert losses == [("x", pytest.approx(3 / 8)), ("x", pytest.approx(1 / 4))]
