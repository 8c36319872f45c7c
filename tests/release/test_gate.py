"""The gate, against releases with one planted fault each."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.exceptions import InfeasibleRiskError
from personatwin_sk.release._columns import ReleaseColumns
from personatwin_sk.release._gate import (
    check_classes,
    check_leaks,
    check_totals,
    check_verdict,
    verdict_of,
)
from personatwin_sk.release._personas import Personas

KEYS = ["age", "ethnicity"]
COLUMNS = ReleaseColumns(("age", "ethnicity"), "event_id", ("date", "outcome"), ("name",))


def report(upper: float, events: float):
    return SimpleNamespace(upper=upper, event_risk=SimpleNamespace(upper=events))


def classes(sizes: list[int], labels: list[str | None], rows_each: int = 2):
    """Build personas of given sizes and labels; each person has as many rows as are asked for."""
    persona = np.repeat(np.arange(len(sizes)), sizes)
    people = np.repeat(np.arange(len(persona)), rows_each)
    table = pd.DataFrame({"person_id": persona[people], "age": "30-39"})
    table["ethnicity"] = np.array(labels, dtype=object)[table["person_id"]]
    return people, table


@pytest.mark.parametrize(("upper", "events", "verdict"), [(0.1, 0.2, 0.2), (0.3, 0.2, 0.3)])
def test_verdict_is_the_larger_limit(upper: float, events: float, verdict: float) -> None:
    assert verdict_of(report(upper, events)) == verdict


@pytest.mark.parametrize("figures", [(0.051, 0.0), (0.0, 0.051), (np.nan, 0.0), (0.0, np.nan)])
def test_a_verdict_above_the_target_or_unknown_does_not_pass(figures: tuple[float, float]) -> None:
    with pytest.raises(InfeasibleRiskError, match="above the target") as caught:
        check_verdict(report(*figures), 0.05, {"merge__k": 5})
    assert caught.value.nearest_params == {"merge__k": 5}


def test_a_verdict_that_equals_the_target_passes() -> None:
    twenty_twentieths = sum([1 / 20] * 20) / 20  # above 0.05 by rounding alone
    assert check_verdict(report(twenty_twentieths, 0.0), 0.05, {}) == pytest.approx(0.05)


def test_people_are_counted_not_rows() -> None:
    people, table = classes([5, 6], ["White", "Black"], rows_each=3)
    assert check_classes(people, table, KEYS, 5) == 5
    with pytest.raises(InfeasibleRiskError, match="holds 5 people where at least 6"):
        check_classes(people, table, KEYS, 6)


def test_one_person_with_many_rows_is_a_class_of_one() -> None:
    people, table = classes([5, 1], ["White", "Black"], rows_each=9)
    with pytest.raises(InfeasibleRiskError, match="holds 1 people"):
        check_classes(people, table, KEYS, 2)


def test_a_class_that_was_split_after_the_merge_is_found() -> None:
    people, table = classes([6, 6], ["White", "Black"])
    table.loc[people == 0, "age"] = "30"  # one persona, two released rows
    with pytest.raises(InfeasibleRiskError, match="holds 1 people"):
        check_classes(people, table, KEYS, 5)


def test_null_is_a_value_of_its_own() -> None:
    people, table = classes([5, 3], ["White", None])
    with pytest.raises(InfeasibleRiskError, match="holds 3 people"):
        check_classes(people, table, KEYS, 5)


def test_a_person_in_two_personas_is_found() -> None:
    people, table = classes([5, 5], ["White", "Black"])
    table.loc[1, ["person_id", "ethnicity"]] = [1, "Black"]
    with pytest.raises(InfeasibleRiskError, match="1 people stand in more than one"):
        check_classes(people, table, KEYS, 5)


def test_the_suppressed_are_left_out() -> None:
    people, table = classes([5, 2], ["White", None])
    table["person_id"] = table["person_id"].where(table["person_id"] == 0).astype("Int64")
    assert check_classes(people, table, KEYS, 5) == 5
    table["person_id"] = pd.NA
    with pytest.raises(InfeasibleRiskError, match="Every person"):
        check_classes(people, table, KEYS, 5)


def two_tables(**cells: str) -> Personas:
    ids = ["P000001"] * 3
    people = {"persona_id": ids, "age": ["30-39", "12", "2"], "ethnicity": ["Asian|White"] * 3}
    events = {"persona_id": ids, "date": ["2020", "2020-05", "2020-Q2"], "outcome": ["guilty"] * 3}
    for name, text in cells.items():
        column = people if name in people else events
        column[name] = [*column[name][:2], text]
    return Personas(pd.DataFrame(people).assign(class_size=5), pd.DataFrame(events))


ORIGINAL = pd.DataFrame(
    {
        "person_id": ["12", "2", "c 3", "d 4", "e"],
        "event_id": ["E1", "2020", "E3", "E4", "E5"],
        "name": ["White", "Ann Lee", "Bo Day", None, "guilty"],
        "age": [30, 31, 32, 33, 34],
        "ethnicity": ["White", "White", "Asian", "Ann Lee", "White"],
        "outcome": ["guilty"] * 5,
    }
)
SECRET = ["person_id", "event_id", "name"]


def test_numbers_and_shared_values_are_no_leaks() -> None:
    # "12", "2" and "2020" are ids of the original and labels of the release; "White" and "guilty"
    # are names of people and values that at least three people have.
    check_leaks(ORIGINAL, two_tables(), COLUMNS, SECRET, k=3)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"outcome": "c 3"}, "outcome"),
        ({"outcome": "E3"}, "outcome"),
        ({"ethnicity": "Bo Day"}, "ethnicity"),
        ({"ethnicity": "Ann Lee"}, "ethnicity"),  # in the column's own originals, but of one person
        ({"ethnicity": "Ann Lee|White"}, "ethnicity"),
        ({"age": "d 4"}, "age"),
        ({"persona_id": "E3"}, "persona_id"),
    ],
)
def test_an_identifier_in_a_cell_is_found(cells: dict[str, str], column: str) -> None:
    with pytest.raises(InfeasibleRiskError, match=f"1 in '{column}'") as caught:
        check_leaks(ORIGINAL, two_tables(**cells), COLUMNS, SECRET, k=3)
    for text in cells.values():
        assert text not in str(caught.value)


def test_a_shared_value_needs_k_people_not_k_rows() -> None:
    rows = pd.DataFrame({"person_id": ["a"] * 9, "name": ["guilty"] * 9, "outcome": ["guilty"] * 9})
    with pytest.raises(InfeasibleRiskError, match="'outcome'"):
        check_leaks(rows, two_tables(), COLUMNS, ["name"], k=3)


@pytest.mark.parametrize("name", ["person_id", "event_id"])
def test_a_column_of_ids_is_found(name: str) -> None:
    personas = Personas(pd.DataFrame({"persona_id": ["P1"], name: ["new"], "class_size": [5]}))
    with pytest.raises(InfeasibleRiskError, match="column of ids"):
        check_leaks(ORIGINAL, personas, COLUMNS, [], k=3)


@pytest.mark.parametrize(("people", "events"), [(14, 3), (16, 3), (15, 2), (15, 4)])
def test_totals_that_do_not_add_up(people: int, events: int) -> None:
    with pytest.raises(InfeasibleRiskError, match="nothing is released"):
        check_totals(two_tables(), people, events)
    check_totals(two_tables(), 15, 3)
