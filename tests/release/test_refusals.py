"""What is never released, whoever asks: and that lists, amounts and codes of many are not meant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from personatwin_sk._core.frames import Table
from personatwin_sk.domains import create_custom_config, get_domain_config
from personatwin_sk.exceptions import InputError
from personatwin_sk.release._columns import choose_columns
from personatwin_sk.release._refusals import refuse_identifiers

N = 200
RNG = np.random.default_rng(0)
WORDS = ("moved", "called", "late", "again", "weeks", "office", "denied", "family", "record", "new")


def people(**columns: object) -> Table:
    frame = pd.DataFrame({"person_id": [f"p{number}" for number in range(N)], "age": 40})
    return Table.of(frame.assign(**columns))


def notes(n: int, words: int = 6) -> list[str]:
    return [" ".join(RNG.choice(WORDS, words)) + f" {number}" for number in range(n)]


def refusal(table: Table, name: str) -> str:
    with pytest.raises(InputError) as caught:
        refuse_identifiers(table, [name])
    return str(caught.value)


FEW = (["routine", "urgent", "other"] * N)[: N - 1]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([*FEW, "write to ann.lee@mail.org today"], "1 of 200 values hold an e-mail address"),
        ([*FEW, "Ann Lee <ann@mail.org>"], "1 of 200 values hold an e-mail address"),
        ([*FEW, "ssn 078-05-1120, moved"], "1 of 200 values hold a Social Security number"),
        ([*FEW, "call (513) 555-0100"], "1 of 200 values hold a telephone number"),
        ([*FEW, "+1 513 555 0100"], "1 of 200 values hold a telephone number"),
        ([f"u{number}@mail.org" for number in range(N)], "its values look like: e-mail address"),
        (notes(N), "near-unique text"),
        ([*FEW[:100], *notes(100)], "free text, 100 different texts of 4 words and more"),
        (np.arange(4711, 4711 + N), "a number of their own, 200 of 200 people"),
        ([f"{number:06d}" for number in range(7, 7 + 997 * N, 997)], "a number of their own, 200"),
        (np.arange(4711.0, 4711 + N), "a number of their own"),
    ],
    ids=[
        *("mail inside", "mail in brackets", "ssn", "phone", "phone with code", "mails", "notes"),
        *("notes of some", "numbering", "codes", "numbering as floats"),
    ],
)
def test_what_says_who_somebody_is_is_refused(values, reason):
    values = list(RNG.permutation(np.array(values, dtype=object)))
    message = refusal(people(extra=values), "extra")
    assert "'extra': " in message and reason in message
    for told in ("mail.org", "ann", "078", "555", "routine", "moved"):
        assert told not in message


@pytest.mark.parametrize(
    "values",
    [
        RNG.choice([f"{a} {b} of the {c}" for a in WORDS for b in WORDS for c in WORDS][:40], N),
        RNG.integers(0, 12, N),
        20_000 + 137 * RNG.permutation(N),
        RNG.normal(50_000, 9_000, N),
        RNG.permutation(np.r_[np.arange(1, 101), np.arange(1, 101)]),
        RNG.choice(["10001", "45202", "68007"], N),
        ["431857002.0"] * 60 + ["72892002.0"] * 140,
        ["2020-01-02"] * N,
        [None] * N,
        [True, False] * (N // 2),
    ],
    ids=[
        *(
            "list",
            "counts",
            "wages",
            "amounts",
            "two each",
            "zip",
            "codes",
            "dates",
            "null",
            "bool",
        ),
    ],
)
def test_lists_counts_amounts_and_codes_of_many_stay(values):
    refuse_identifiers(people(extra=values), ["extra"])


def test_a_number_is_judged_by_its_name_too():
    wages = 20_000 + 137 * RNG.permutation(N)
    assert "a number of their own" in refusal(people(badge=wages), "badge")
    refuse_identifiers(people(wage=wages), ["wage"])


def test_years_of_birth_of_a_few_people_are_no_numbering():
    frame = pd.DataFrame({"person_id": range(40), "born": 1950 + np.arange(40)})
    refuse_identifiers(Table.of(frame), ["born"])


def test_what_a_person_repeats_counts_once():
    remarks = np.repeat(notes(30), 10)
    ids = np.repeat(np.arange(30), 10)
    table = Table.of(pd.DataFrame({"person_id": ids, "remark": remarks, "no": ids + 7_000}))
    assert "near-unique text" in refusal(table, "remark")
    assert "30 of 30 people" in refusal(table, "no")


def test_a_kept_column_and_a_standard_one_are_judged_alike():
    config = get_domain_config("custom")
    table = people(
        date=pd.Timestamp("2020-01-01"),
        event_type="visit",
        outcome=[*FEW, "mail to ann@mail.org"],
        note=[*FEW[:100], *notes(100)],
    )
    with pytest.raises(InputError, match="'note': free text"):
        choose_columns(table, config, ["note"])
    with pytest.raises(InputError, match="'outcome': 1 of 200 values hold an e-mail address"):
        choose_columns(table, config, [])
    assert "note" in choose_columns(table.drop(["outcome"]), config, []).dropped


def test_lists_of_long_labels_in_real_files_stay(shared_data):
    court = pd.read_csv(shared_data / "compas" / "court_events.csv.gz", dtype=str)
    refuse_identifiers(
        Table.of(court), ["ethnicity", "event_type", "outcome", "priors_count", "decile_score"]
    )
    hospital = pd.read_csv(shared_data / "synthea" / "patient_events.csv.gz", dtype=str)
    refuse_identifiers(Table.of(hospital), ["gender", "ethnicity", "zip", "diagnosis_code"])
    for name in ("name", "ssn"):
        assert f"'{name}'" in refusal(Table.of(hospital), name)


def test_amounts_to_the_cent_may_stay_where_the_domain_says_in_which_steps_they_are_told() -> None:
    owed = np.round(np.random.default_rng(1).gamma(2.0, 400.0, 2 * N), 2)
    # Everybody twice, so that the amount is one of the event and not of the person.
    rows = people(event_type="arrears", date="2023-01-01").to_pandas()
    rows = pd.concat([rows, rows], ignore_index=True).assign(owed=owed)
    for table in (rows, rows.assign(owed=rows["owed"].astype(str))):
        told = create_custom_config(
            ["arrears"], ["paid"], set(), {"owed"}, numeric_values={"owed": (0, 5000, 250)}
        )
        assert "owed" in choose_columns(Table.of(table), told, []).events

        # Not where it says nothing, nor where the steps are as fine as the amounts.
        with pytest.raises(InputError, match=rf"'owed': {len(np.unique(owed))} distinct values"):
            choose_columns(Table.of(table), get_domain_config("custom"), ["owed"])
        fine = replace(told, numeric_values={"owed": (0, 5000, 0.01)})
        with pytest.raises(InputError, match="nearly every event"):
            choose_columns(Table.of(table), fine, [])
