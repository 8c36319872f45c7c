"""Which columns a release takes, and in which role."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk._core.frames import Table
from personatwin_sk.domains import create_custom_config, get_domain_config
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.release._columns import ReleaseColumns, choose_columns, read_numbers

CONFIG = get_domain_config("criminal_justice")


def court(**columns: object) -> Table:
    frame = pd.DataFrame(
        {
            "person_id": ["a", "a", "b"],
            "age": [30, 30, 41],
            "geography": ["Ohio"] * 3,
            "event_id": ["E1", "E2", "E3"],
            "date": pd.to_datetime(["2020-01-01", "2020-02-01", "2020-03-01"]),
            "event_type": ["arrest", "trial", "arrest"],
            "outcome": ["charged", "guilty", "charged"],
            **columns,
        }
    )
    return Table.of(frame)


def test_standard_columns_get_their_roles() -> None:
    columns = choose_columns(court(), CONFIG, ())
    assert columns == ReleaseColumns(
        keys=("age", "geography"),
        event_id="event_id",
        events=("date", "event_type", "outcome"),
        dropped=(),
    )
    assert columns.used == [
        *("person_id", "age", "geography", "event_id", "date", "event_type", "outcome"),
    ]


def test_what_nobody_keeps_is_dropped() -> None:
    columns = choose_columns(court(priors=[1, 1, 2], judge=["x", "y", "z"]), CONFIG, ())
    assert columns.dropped == ("priors", "judge")


def test_kept_column_is_of_people_when_constant_within_person_else_of_events() -> None:
    table = court(priors=[1, 1, 2], score=[5, 6, 5], empty=[np.nan, np.nan, 3.0])
    columns = choose_columns(table, CONFIG, ["score", "priors", "empty"])
    assert columns.keys == ("age", "geography", "priors", "empty")
    assert columns.events == ("date", "event_type", "outcome", "score")


def test_null_and_value_of_one_person_are_two_values() -> None:
    columns = choose_columns(court(priors=[np.nan, 1.0, 2.0]), CONFIG, ["priors"])
    assert "priors" in columns.events


def test_domain_preserves_columns() -> None:
    config = create_custom_config(["arrest", "trial"], ["x"], {"badge"}, {"unit"})
    columns = choose_columns(court(unit=["n", "n", "s"], badge=[1, 2, 3]), config, ())
    assert columns.keys == ("age", "geography", "unit")
    assert columns.dropped == ("badge",)


@pytest.mark.parametrize(
    ("table", "keep", "message"),
    [
        (court(), ["height"], "height"),
        (court(ssn=["1", "1", "2"]), ["ssn"], "'ssn' identifies people directly"),
        (court(mail=["a@b.org", "a@b.org", "c@d.org"]), ["mail"], "e-mail"),
        (court().drop(["person_id"]), [], "no column 'person_id'"),
        (court().drop(["age", "geography"]), [], "none of the columns age, gender"),
        (court().drop(["date"]), [], "but no 'date'"),
        (court().drop(["event_type"]), [], "but no 'event_type'"),
        (court().drop(["date", "event_type"]), [], "'outcome'.*no 'event_type', 'date'"),
    ],
)
def test_unusable_columns_are_named(table: Table, keep: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose_columns(table, CONFIG, keep)


def test_missing_kept_column_is_a_missing_column() -> None:
    with pytest.raises(ColumnNotFoundError):
        choose_columns(court(), CONFIG, ["height"])


def test_person_without_id_is_an_error_when_a_column_is_kept() -> None:
    with pytest.raises(InputError, match="1 of 3 rows"):
        choose_columns(court(person_id=["a", None, "b"], unit=[1, 1, 2]), CONFIG, ["unit"])


@pytest.mark.parametrize("name", ["outcome", "event_type", "gender"])
def test_identifiers_in_a_standard_column_are_refused(name: str) -> None:
    addresses = ["ann@mail.org", "bo@mail.org", "cy@mail.org"]
    with pytest.raises(InputError, match=f"'{name}': .*e-mail") as caught:
        choose_columns(court(**{name: addresses}), CONFIG, ())
    assert "mail.org" not in str(caught.value)


def test_a_table_of_people_has_no_events() -> None:
    table = court().drop(["date", "event_type", "outcome"])
    columns = choose_columns(table, CONFIG, ())
    assert columns.events == ()
    assert columns.keys == ("age", "geography")


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["3", "12", None], [3, 12, None]),
        (["-1", "0.5"], [-1.0, 0.5]),
        (["1.0", "2"], [1, 2]),
    ],
)
def test_texts_of_numbers_get_an_order(texts: list[str], numbers: list[float]) -> None:
    read = read_numbers(pd.Series(texts, dtype=object))
    assert pd.api.types.is_numeric_dtype(read)
    assert [None if pd.isna(value) else value for value in read] == numbers


@pytest.mark.parametrize("texts", [["07", "12"], ["3", "x"], ["1e3"], [None, None], ["30-39"]])
def test_codes_and_words_stay_text(texts: list[str]) -> None:
    series = pd.Series(texts, dtype=object)
    pd.testing.assert_series_equal(read_numbers(series), series)


def many(**columns: object) -> Table:
    """Forty people of three events each."""
    people = np.repeat(np.arange(40), 3)
    frame = pd.DataFrame(
        {
            "person_id": [f"person {number}" for number in people],
            "age": 30 + people % 20,
            "event_id": np.arange(5_000_000, 5_000_120),
            "date": pd.Timestamp("2020-01-01"),
            "event_type": "arrest",
        }
    )
    return Table.of(frame.assign(**columns))


def test_a_text_of_its_own_for_each_person_is_an_identifier_however_often_it_is_repeated() -> None:
    tokens = [f"x{number * 7919:05x}" for number in np.repeat(np.arange(40), 3)]
    with pytest.raises(InputError, match=r"'token': .*near-unique text") as caught:
        choose_columns(many(token=tokens), CONFIG, ["token"])
    assert tokens[5] not in str(caught.value)


@pytest.mark.parametrize("keep", [["person_id"], ["event_id"], "event_id", ["age", "event_id"]])
def test_ids_are_never_kept(keep: str | list[str]) -> None:
    with pytest.raises(InputError, match="_id' is a column of ids"):
        choose_columns(many(), CONFIG, keep)


@pytest.mark.parametrize(
    "values", [np.arange(120), np.arange(120) / 7, [f"{i}" for i in range(120)]]
)
def test_a_kept_number_of_each_event_is_refused(values: object) -> None:
    with pytest.raises(InputError, match="'copy': 120 distinct values"):
        choose_columns(many(copy=values), CONFIG, ["copy"])
    assert choose_columns(many(copy=values), CONFIG, ()).dropped == ("copy",)


def test_one_name_may_be_kept_without_a_list() -> None:
    assert "copy" in choose_columns(many(copy=np.arange(120) % 9), CONFIG, "copy").events
