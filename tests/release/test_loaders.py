"""Loaders: what comes in comes out as it was, and what cannot be used is refused in one line."""

from __future__ import annotations

import gzip
import io
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.exceptions import ColumnNotFoundError, DataWarning, InputError
from personatwin_sk.release import (
    create_safe_personas,
    load_criminal_justice_data,
    load_education_data,
    load_employment_data,
    load_healthcare_data,
    load_people_events,
    load_social_services_data,
)

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "court_records.csv"

# As the README of the original system has them.
PEOPLE = b"""\
person_id,age,gender,ethnicity,geography
001,35,Male,White,Hamilton County OH
002,28,Female,Black,Hamilton County OH
"""
EVENTS = b"""\
person_id,age,gender,ethnicity,geography,event_id,date,event_type,outcome
001,35,Male,White,Hamilton County,E1,2023-01-15,arrest,charged
001,35,Male,White,Hamilton County,E2,2023-03-20,trial,guilty
"""

DOMAIN_LOADERS = {
    "criminal_justice": load_criminal_justice_data,
    "healthcare": load_healthcare_data,
    "education": load_education_data,
    "social_services": load_social_services_data,
    "employment": load_employment_data,
}


def load(content: bytes | str, **options) -> pd.DataFrame:
    data = content.encode() if isinstance(content, str) else content
    return load_people_events(io.BytesIO(data), **options)


def refusal(content: bytes | str, **options) -> str:
    """Return the message of the refusal, which must be one line."""
    with pytest.raises(InputError) as caught:
        load(content, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_people_as_documented():
    expected = pd.DataFrame(
        {
            "person_id": ["001", "002"],
            "age": [35, 28],
            "gender": ["Male", "Female"],
            "ethnicity": ["White", "Black"],
            "geography": ["Hamilton County OH"] * 2,
        }
    )
    pd.testing.assert_frame_equal(load(PEOPLE), expected)


def test_events_as_documented():
    table = load_criminal_justice_data(io.BytesIO(EVENTS))
    assert table["person_id"].tolist() == ["001", "001"]
    assert table["event_id"].tolist() == ["E1", "E2"]
    assert table["date"].dtype == np.dtype("datetime64[s]")
    assert table["date"].tolist() == [pd.Timestamp("2023-01-15"), pd.Timestamp("2023-03-20")]
    assert table["outcome"].tolist() == ["charged", "guilty"]


@pytest.mark.parametrize("name", ["data.csv", "data.csv.gz", "data.txt", "data"])
@pytest.mark.parametrize("as_text", [True, False])
def test_plain_and_gzipped_files_are_told_apart_by_content(tmp_path, name, as_text):
    for content in (EVENTS, gzip.compress(EVENTS)):
        path = tmp_path / name
        path.write_bytes(content)
        table = load_people_events(str(path) if as_text else path)
        pd.testing.assert_frame_equal(table, load(EVENTS))


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + EVENTS,
        EVENTS.replace(b"\n", b"\r\n"),
        EVENTS.rstrip(b"\n"),
        b"\n\n" + EVENTS.replace(b"\n", b"\n\n"),
        EVENTS.replace(b"age,gender", b" age , gender"),
        EVENTS.replace(b"Hamilton County,", b'"Hamilton County",'),
    ],
    ids=["byte order mark", "windows", "no last line end", "blank lines", "spaces", "quotes"],
)
def test_harmless_differences_of_files_do_not_matter(content):
    pd.testing.assert_frame_equal(load(content), load(EVENTS))


def test_commas_line_ends_and_letters_inside_values_stay():
    table = load(
        'person_id,geography,note\n1,"Doña Ana County, NM","two\nlines"\n'
        '2,"He said ""OH""",\u202fx\n'
    )
    assert table["geography"].tolist() == ["Doña Ana County, NM", 'He said "OH"']
    assert table["note"].tolist() == ["two\nlines", "\u202fx"]


@pytest.mark.parametrize(
    ("ages", "expected", "dtype"),
    [
        (["35", "28"], [35, 28], "int64"),
        (["0", "120"], [0, 120], "int64"),
        (["35.0", "07"], [35, 7], "int64"),
        ([" 35", "28 "], [35, 28], "int64"),
        (["35", ""], [35, pd.NA], "Int64"),
        (["NA", "28", " "], [pd.NA, 28, pd.NA], "Int64"),
        (["30-39", "85+"], ["30-39", "85+"], None),
        (["30-39", "85", ""], ["30-39", "85", None], None),
        (["0-4", "110-120"], ["0-4", "110-120"], None),
    ],
)
def test_ages(ages, expected, dtype):
    rows = "".join(f"{number},{age},x\n" for number, age in enumerate(ages))
    table = load("person_id,age,gender\n" + rows)
    if dtype is None:
        assert [None if pd.isna(age) else age for age in table["age"]] == expected
    else:
        pd.testing.assert_series_equal(table["age"], pd.Series(expected, dtype=dtype, name="age"))


@pytest.mark.parametrize(
    ("ages", "message"),
    [
        (["-3", "999", *["40"] * 38], "2 of 40 values of 'age' are outside 0 to 120"),
        (["121", "40"], "1 of 2 values of 'age' are outside 0 to 120"),
        (["-3", "", "40"], "1 of 2 values of 'age' are outside 0 to 120"),
        (["30-39", "999", "130+", "100-130"], "3 of 4 values of 'age' are outside 0 to 120"),
        (["-5--1", "7"], "1 of 2 values of 'age' are outside 0 to 120"),
        (["old", "40", "old"], "2 of 3 values of 'age' are neither whole years nor bands such"),
        (["39-30", "40"], "1 of 2 values of 'age' are neither whole years nor bands"),
        (["35.5", "40"], "1 of 2 values of 'age' are neither whole years"),
        (["inf", "40"], "1 of 2 values of 'age' are neither whole years"),
        (["2023-05", "40"], "1 of 2 values of 'age' are neither whole years"),
        (["30-39", "unknown"], "1 of 2 values of 'age' are neither whole years"),
    ],
)
def test_impossible_ages_are_counted(ages, message):
    rows = "".join(f"{number},{age}\n" for number, age in enumerate(ages))
    assert message in refusal("person_id,age\n" + rows)


def test_dates_are_read_and_unreadable_ones_counted():
    table = load("person_id,age,date\n1,30,01/31/2023\n2,31,12/24/2022\n3,32,\n")
    assert table["date"].tolist() == [
        pd.Timestamp("2023-01-31"),
        pd.Timestamp("2022-12-24"),
        pd.NaT,
    ]
    text = "person_id,age,date\n1,30,2023-01-15\n2,31,sometime\n3,32,2023-02-30\n4,33,2023-01-01\n"
    message = refusal(text)
    assert "2 of 4" in message and "'date'" in message


def test_nulls_by_their_usual_names():
    nulls = ["", "NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "None", "  "]
    rows = "".join(f"{number},{null},30\n" for number, null in enumerate(nulls))
    table = load("person_id,gender,age\n" + rows + "x,Nana,30\n")
    assert table["gender"].isna().tolist() == [True] * len(nulls) + [False]


def test_ids_are_text_and_only_nothing_is_a_null_id():
    table = load("person_id,age,event_id\n001,30,\nNA,31,null\n 7,32,1e5\nNone,33,007\n")
    assert table["person_id"].tolist() == ["001", "NA", " 7", "None"]
    assert table["event_id"].isna().tolist() == [True, False, False, False]
    assert table["event_id"].tolist()[1:] == ["null", "1e5", "007"]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("priors_count", ["0", "12", "-3"], [0, 12, -3]),
        ("salary", ["52000", "", "48000.5"], [52000.0, None, 48000.5]),
        ("score", ["3", "", "5"], [3, None, 5]),
        ("number_of_children", ["0", "2", "1"], [0, 2, 1]),
        ("badge", ["101", "102", "103"], ["101", "102", "103"]),
        ("zip", ["68007", "45202", "10001"], ["68007", "45202", "10001"]),
        ("ZipCode", ["68007", "45202", "10001"], ["68007", "45202", "10001"]),
        ("case_number", ["1", "2", "3"], ["1", "2", "3"]),
        ("employee id", ["1", "2", "3"], ["1", "2", "3"]),
        ("ward", ["01", "2", "3"], ["01", "2", "3"]),
        ("long", ["1234567890123456789", "2", "3"], ["1234567890123456789", "2", "3"]),
        ("mixed", ["1", "two", "3"], ["1", "two", "3"]),
        ("science", ["1e5", "2", "3"], ["1e5", "2", "3"]),
        ("empty", ["", "", ""], [None, None, None]),
    ],
)
def test_further_columns_are_kept_as_amounts_or_codes(name, values, expected):
    rows = "".join(f"{number},30,{value}\n" for number, value in enumerate(values))
    column = load(f"person_id,age,{name}\n{rows}")[name]
    assert [None if pd.isna(value) else value for value in column] == expected
    numeric = all(isinstance(value, int | float) for value in expected if value is not None)
    is_number = pd.api.types.is_numeric_dtype(column.dtype)
    assert is_number == (numeric and any(value is not None for value in expected))


def test_integers_with_nulls_stay_integers():
    table = load("person_id,age,score\n1,30,3\n2,30,\n")
    assert table["score"].dtype == pd.Int64Dtype()


def test_columns_are_mapped_from_ours_to_theirs():
    text = "id,years,sex,race\n001,35,Male,White\n002,28,Female,Black\n"
    names = {"person_id": "id", "age": "years", "gender": "sex", "ethnicity": "race"}
    table = load(text, columns=names)
    assert list(table.columns) == ["person_id", "age", "gender", "ethnicity"]
    assert table["person_id"].tolist() == ["001", "002"]
    assert table["age"].tolist() == [35, 28]


def test_columns_can_change_places():
    table = load("person_id,gender,ethnicity\n1,White,Male\n", columns={"gender": "ethnicity"} | {
        "ethnicity": "gender"
    })  # fmt: skip
    assert table[["gender", "ethnicity"]].to_numpy().tolist() == [["Male", "White"]]


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"gender": "sex"}, ColumnNotFoundError, "columns names 'sex', which the file does not"),
        ({"sex": "gender"}, InputError, "columns maps 'sex', which is not a column of ours; ours"),
        ({"age": "gender"}, InputError, r"1 column names appear more than once \('age'\)"),
        ({"gender": "age", "ethnicity": "age"}, InputError, "columns maps 'age' to several"),
    ],
)
def test_wrong_maps_are_refused(columns, error, message):
    with pytest.raises(error, match=message) as caught:
        load(PEOPLE, columns=columns)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"person_id,age\n", "has a header but no rows"),
        (b"person_id,age\n\n\n", "has a header but no rows"),
        (b"age,gender\n3,Male\n", "the column 'person_id' is missing"),
        (b"person_id,sex\n1,Male\n", "one of the columns age, gender, ethnicity, geography is"),
        (b"person_id,age,gender\n1,,Male\n2,,Male\n", "'age' holds nothing but nulls"),
        (b"person_id,age,date\n1,3,NA\n2,4,\n", "'date' holds nothing but nulls"),
        (b"person_id,age\n,3\n,4\n", "'person_id' holds nothing but nulls"),
        (b"person_id,age\n1,3\n,4\n  ,5\n", "2 of 3 values of 'person_id' are null"),
        (b"person_id,age,age\n1,3,4\n", "1 column names appear more than once ('age')"),
        (b"person_id,age,x, x\n1,3,4,5\n", "1 column names appear more than once; rename"),
        (b"person_id,age\n1,3\n2,4,5\n3\n", "2 of 3 rows of the input have more or fewer fields"),
        (b"person_id,age,\n1,3\n", "1 of 1 rows of the input have more or fewer fields"),
        (b"person_id,age\n1,3,\n2,4,\n", "2 of 2 rows of the input have more or fewer fields"),
        (b"person_id;age\n1;3\n", "is not separated by commas"),
        (b"person_id\tage\n1\t3\n", "is not separated by commas"),
        (b'person_id,age\n1,"3\n2,4\n', "look for a quotation mark left open"),
        (b'person_id,age\n1,"' + b"x" * 200_000, "look for a quotation mark left open"),
        (b"person_id,age\n1,3\0\n", "is not a text file"),
        ("person_id,age\n1,3\n".encode("utf-16"), "is not UTF-8 (first at byte 0, line 1)"),
        ("person_id,gender\n1,Señora\n".encode("latin-1"), "not UTF-8 (first at byte 21, line 2)"),
        (gzip.compress(PEOPLE, mtime=0)[:40], "is gzipped but damaged or cut off"),
        (b"\x1f\x8bnonsense", "is gzipped but damaged or cut off"),
    ],
)
def test_unusable_files_are_refused(content, message):
    assert message in refusal(content)


def test_files_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.csv cannot be read: No such file"):
        load_people_events(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        load_people_events(tmp_path)


CANARY = "Zebulon Quimby"


@pytest.mark.parametrize(
    "text",
    [
        f"person_id,age\n{CANARY},{CANARY}\n",
        f"person_id,age,date\n{CANARY},3,{CANARY}\n",
        f"person_id,age,{CANARY},{CANARY}\n1,3,4,5\n",
        f"person_id,age\n{CANARY},3,{CANARY}\n",
        f"{CANARY},3\n{CANARY},4\n",
        f"{CANARY};3\n{CANARY};4\n",
        f"person_id,age,gender\n,3,{CANARY}\n1,4,{CANARY}\n",
        f'person_id,age\n{CANARY},"{CANARY}\n',
    ],
)
def test_no_message_holds_a_value(text):
    message = refusal(text)
    assert "Zebulon" not in message and "Quimby" not in message


@pytest.mark.parametrize("domain", DOMAIN_LOADERS)
def test_domain_loader_returns_the_file_as_it_is(tmp_path, domain):
    table = make_people_events(40, domain, random_state=1)
    path = tmp_path / "events.csv"
    table.to_csv(path, index=False)
    loaded = DOMAIN_LOADERS[domain](path)
    pd.testing.assert_frame_equal(loaded, table)
    pd.testing.assert_frame_equal(loaded, load_people_events(path))


@pytest.mark.parametrize("domain", DOMAIN_LOADERS)
def test_domain_loader_counts_unknown_events_and_keeps_them(domain):
    text = b"who,age,event_type\n1,30,moon_landing\n2,31,moon_landing\n3,32,sea trial\n4,33,\n"
    with pytest.warns(DataWarning, match="3 of 4 rows have an event_type that") as caught:
        table = DOMAIN_LOADERS[domain](io.BytesIO(text), columns={"person_id": "who"})
    message = str(caught[0].message)
    assert domain in message and "2 such types" in message and "moon" not in message
    assert caught[0].filename == __file__
    assert table["event_type"].tolist()[:3] == ["moon_landing", "moon_landing", "sea trial"]


def test_other_spellings_of_known_events_are_known():
    text = (
        b"person_id,age,event_type\n1,30,Pretrial Detention\n2,31,pretrial-detention\n3,32,ARREST\n"
    )
    assert load_criminal_justice_data(io.BytesIO(text))["event_type"].tolist() == [
        "Pretrial Detention",
        "pretrial-detention",
        "ARREST",
    ]


@pytest.mark.parametrize("loader", DOMAIN_LOADERS.values())
def test_domain_loaders_take_people_without_events(loader):
    pd.testing.assert_frame_equal(loader(io.BytesIO(PEOPLE)), load(PEOPLE))


def test_example_file_loads():
    table = load_criminal_justice_data(EXAMPLE)
    assert table["person_id"].nunique() == 3055
    assert table["age"].dtype == np.int64


def test_real_court_file_loads_whole(shared_data):
    table = load_criminal_justice_data(shared_data / "compas" / "court_events.csv.gz")
    assert len(table) == 52_549
    assert table["person_id"].nunique() == 11_757
    assert table["ethnicity"].nunique() == 6
    raw = pd.read_csv(shared_data / "compas" / "court_events.csv.gz", dtype=str)
    for column in raw:
        written = table[column].astype(str)
        assert written.tolist() == raw[column].tolist()


def test_real_hospital_file_loads_whole(shared_data):
    table = load_healthcare_data(shared_data / "synthea" / "patient_events.csv.gz")
    assert (len(table), table["person_id"].nunique()) == (7584, 111)
    assert table["zip"].str.len().max() == 5
    assert table["zip"].str.fullmatch(r"\d{4,5}").all()


def test_two_spellings_of_a_gender_are_told_and_one_mapping_makes_them_one():
    text = "person_id,age,gender\n1,30,Male\n2,31,male \n3,32,M\n4,33,Male\n5,34,Female\n"
    with pytest.warns(DataWarning, match=r"2 of 5 values of 'gender' .* \(4 labels are 2\)"):
        assert set(load(text)["gender"]) == {"Male", "male ", "M", "Female"}
    labels = {"gender": {"M": "Male", "male": "Male"}}
    assert set(load(text, labels=labels)["gender"]) == {"Male", "Female"}


def test_unknown_labels_are_told_once_by_the_loader_and_not_again_by_the_release():
    kinds = ["arrest", "lunch"] * 30
    rows = "".join(f"{i},{20 + i % 30},{kind},2023-01-05\n" for i, kind in enumerate(kinds))
    text = "person_id,age,event_type,date\n" + rows
    with pytest.warns(DataWarning, match="30 of 60 rows") as told:
        frame = load_criminal_justice_data(io.BytesIO(text.encode()))
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of a table that was not changed there is nothing to add
        result = create_safe_personas(
            frame, domain="criminal_justice", target_risk=0.5, known_events=0, use_census_data=False
        )
    assert any("30 of 60 rows" in note for note in result.notes)
    with pytest.warns(DataWarning, match="15 of 30 rows"):
        create_safe_personas(
            frame.iloc[:30],
            domain="criminal_justice",
            target_risk=0.5,
            known_events=0,
            use_census_data=False,
        )
