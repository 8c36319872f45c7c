"""Parquet: the same table as from CSV, with the types as stored."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.exceptions import InputError
from personatwin_sk.release import load_people_events

pyarrow = pytest.importorskip("pyarrow")


def stored(frame: pd.DataFrame) -> io.BytesIO:
    file = io.BytesIO()
    frame.to_parquet(file, index=False)
    file.seek(0)
    return file


def test_parquet_and_csv_give_the_same_table(tmp_path):
    frame = make_people_events(50, random_state=2)
    frame.to_parquet(tmp_path / "people.parquet", index=False)
    frame.to_csv(tmp_path / "people.csv", index=False)
    from_parquet = load_people_events(tmp_path / "people.parquet")
    from_csv = load_people_events(tmp_path / "people.csv")
    for name in from_csv:
        assert from_parquet[name].tolist() == from_csv[name].tolist()
    assert from_parquet["age"].dtype == np.int64


def test_ids_of_numbers_are_text_without_a_point():
    frame = pd.DataFrame({"id": [1, 2], "event_id": [7.0, np.nan], "sex": ["F", " "]})
    table = load_people_events(stored(frame), columns={"person_id": "id", "gender": "sex"})
    assert table["person_id"].tolist() == ["1", "2"]
    assert table["event_id"].tolist()[0] == "7" and table["event_id"].isna().tolist()[1]
    assert table["gender"].isna().tolist() == [False, True]


def test_types_stay_as_stored():
    frame = pd.DataFrame(
        {
            "person_id": ["a", "b"],
            "age": [30.0, np.nan],
            "date": pd.to_datetime(["2020-01-01", "2020-01-02"]),
            "score": [1.5, 2.0],
            "zip": ["01234", "10001"],
            "flag": [True, False],
        }
    )
    table = load_people_events(stored(frame))
    assert table["age"].tolist()[0] == 30 and table["age"].dtype == pd.Int64Dtype()
    assert table["date"].tolist() == list(pd.to_datetime(["2020-01-01", "2020-01-02"]))
    assert table["score"].tolist() == [1.5, 2.0]
    assert table["zip"].tolist() == ["01234", "10001"]
    assert table["flag"].tolist() == [True, False]


def test_births_and_events_from_parquet():
    people = pd.DataFrame(
        {"person_id": [1, 2], "date_of_birth": pd.to_datetime(["1990-05-05", "1980-01-01"])}
    )
    events = io.BytesIO(b"person_id,date,event_type\n2,2020-05-04,visit\n")
    table = load_people_events(stored(people), events=events)
    assert table["person_id"].tolist() == ["2", "1"] and table["age"].tolist() == [40, 29]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"age": [3]}), "the column 'person_id' is missing"),
        (pd.DataFrame({"person_id": ["a"], "age": [300]}), "1 of 1 values of 'age' are outside"),
        (pd.DataFrame({"person_id": ["a"], "age": [[3]]}), "has 1 columns of lists or records"),
        (pd.DataFrame({"person_id": ["a"], "age": [3]})[:0], "has a header but no rows"),
        (pd.DataFrame({"person_id": ["a", None], "age": [3, 4]}), "1 of 2 values of 'person_id'"),
    ],
)
def test_unusable_parquet_is_refused(frame, message):
    with pytest.raises(InputError, match=r"^[^\n]*$") as caught:
        load_people_events(stored(frame))
    assert message in str(caught.value)


def test_damaged_parquet_is_refused():
    content = stored(pd.DataFrame({"person_id": ["a"], "age": [3]})).read()
    with pytest.raises(InputError, match="is a Parquet file but damaged or cut off"):
        load_people_events(io.BytesIO(content[:-20]))
