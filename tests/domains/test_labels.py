"""Labels are replaced as told, what is not known is counted, and nothing is dropped."""

from __future__ import annotations

import pandas as pd
import pytest

from personatwin_sk.datasets import make_people_events
from personatwin_sk.domains import (
    create_custom_config,
    get_domain_config,
    map_labels,
    suggest_labels,
    unknown_labels,
)
from personatwin_sk.exceptions import ColumnNotFoundError, DataWarning, InputError


def plain(values) -> list:
    """Give values with one kind of null."""
    return [None if pd.isna(value) else value for value in values]


def test_labels_become_what_the_mapping_says_and_the_rest_stays():
    frame = pd.DataFrame(
        {"event_type": ["ARR", " arr.", "Trial", None], "n": [1, 2, 3, 4]}, index=[9, 8, 8, 7]
    )
    before = frame.copy()
    mapped = map_labels(frame, {"event_type": {"Arr": "arrest"}})
    assert plain(mapped["event_type"]) == ["arrest", "arrest", "Trial", None]
    assert mapped.index.tolist() == [9, 8, 8, 7] and mapped["n"].equals(frame["n"])
    pd.testing.assert_frame_equal(frame, before)


def test_codes_are_labels_and_none_makes_null():
    frame = pd.DataFrame({"gender": [1, 2, 9], "outcome": [1.0, None, 2.0]})
    mapped = map_labels(
        frame, {"gender": {"1": "Male", 2: "Female", 9: None}, "outcome": {1: "guilty"}}
    )
    assert mapped["gender"].tolist() == ["Male", "Female", None]
    assert mapped["outcome"].tolist()[0] == "guilty" and mapped["outcome"].tolist()[2] == 2.0
    assert pd.isna(mapped["outcome"][1])


def test_a_null_is_not_the_label_none():
    frame = pd.DataFrame({"outcome": ["None", None, "nan"]})
    mapped = map_labels(frame, {"outcome": {"none": "nothing", "nan": "number"}})
    assert plain(mapped["outcome"]) == ["nothing", None, "number"]


def test_other_kinds_of_tables():
    polars = pytest.importorskip("polars")
    mapped = map_labels(polars.DataFrame({"gender": ["f", "m"]}), {"gender": {"F": "Female"}})
    assert isinstance(mapped, polars.DataFrame) and mapped["gender"].to_list() == ["Female", "m"]


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ({"sex": {"1": "Male"}}, ColumnNotFoundError, "labels names the column 'sex'"),
        ({"person_id": {"a": "b"}}, InputError, "'person_id' holds ids, dates or ages"),
        ({"age": {"1": "2"}}, InputError, "'age' holds ids, dates or ages"),
        ({"gender": {"F": "x", "f.": "y"}}, InputError, "maps 1 label.s. to two different ones"),
        ({"gender": "Male"}, InputError, "must be a mapping of label to label"),
        ("gender", InputError, "labels must map column names"),
    ],
)
def test_mappings_that_cannot_be_meant_are_refused(labels, error, message):
    frame = pd.DataFrame({"person_id": ["a"], "gender": ["F"], "age": [1]})
    with pytest.raises(error, match=message):
        map_labels(frame, labels)


def test_a_label_that_is_not_there_is_counted():
    frame = pd.DataFrame({"gender": ["F", "F"]})
    with pytest.warns(DataWarning, match=r"labels\['gender'\]: 2 of 3 labels are not in") as caught:
        assert (
            map_labels(frame, {"gender": {"F": "x", "M": "y", "U": None}})["gender"].eq("x").all()
        )
    assert caught[0].filename == __file__


def court(n_rare: int = 2) -> pd.DataFrame:
    """Thirty people with a type in other words, some with one that hardly anybody has."""
    return pd.DataFrame(
        {
            "person_id": [f"p{number}" for number in range(60 + n_rare)],
            "event_type": ["ARREST"] * 30 + ["Sentenced"] * 30 + ["moon landing"] * n_rare,
            "outcome": ["charged"] * 29 + ["guilty"] + ["prob."] * 30 + [None] * n_rare,
        }
    )


def test_what_is_not_known_is_listed_with_counts_and_the_nearest():
    table = suggest_labels(court(), "criminal_justice")
    assert [plain(row) for row in table.to_numpy()] == [
        ["event_type", None, "Sentenced", 1, 30, "sentencing"],
        ["outcome", None, "prob.", 1, 30, "probation"],
        ["event_type", None, None, 1, 2, None],
        ["outcome", "arrest", None, 1, 1, None],
    ]


@pytest.mark.parametrize(("k", "label"), [(2, "moon landing"), (3, None)])
def test_a_label_is_spelled_out_only_if_k_people_share_it(k, label):
    table = suggest_labels(court(), "criminal_justice", k=k)
    rare = table[(table["column"] == "event_type") & (table["rows"] == 2)]
    assert rare["label"].tolist() == [label]


def test_one_person_many_times_is_one_person():
    frame = pd.DataFrame({"person_id": ["a"] * 50, "event_type": ["Sentenced"] * 50})
    assert suggest_labels(frame, "criminal_justice")["label"].tolist() == [None]
    by_row = suggest_labels(frame, "criminal_justice", person_id=None)
    assert by_row["label"].tolist() == ["Sentenced"]
    assert "Sentenced" not in unknown_labels(frame, get_domain_config("criminal_justice"))[0]


def test_rare_labels_stand_together():
    rare = [f"secret {number}" for number in range(7)]
    frame = pd.DataFrame({"person_id": range(7), "event_type": rare})
    table = suggest_labels(frame, "criminal_justice")
    assert table[["label", "n_labels", "rows"]].to_numpy().tolist() == [[None, 7, 7]]


def test_words_count_everything_and_name_only_what_twenty_share():
    lines = unknown_labels(court(), get_domain_config("criminal_justice"))
    assert lines[0] == (
        "32 of 62 rows have an event_type that the domain 'criminal_justice' does not know "
        "(2 such types); they are kept as they are: 'Sentenced' (30 rows) may be 'sentencing'; "
        "map them by labels={'event_type': {theirs: ours}}"
    )
    assert lines[1].startswith("31 of 62 rows have an outcome that the domain 'criminal_justice'")
    assert "'prob.' (30 rows) may be 'probation'" in lines[1]
    assert not any("moon" in line for line in lines)


@pytest.mark.parametrize(
    "domain", ["criminal_justice", "healthcare", "education", "social_services", "employment"]
)
def test_a_domain_knows_its_own_labels_however_they_are_spelled(domain):
    frame = make_people_events(80, domain, random_state=0)
    assert unknown_labels(frame, get_domain_config(domain)) == []
    shouted = frame.assign(
        event_type=frame["event_type"].str.upper().str.replace("_", " "),
        outcome=frame["outcome"].str.title().str.replace("_", "-"),
    )
    assert unknown_labels(shouted, get_domain_config(domain)) == []


def test_a_domain_that_says_nothing_asks_for_nothing():
    frame = pd.DataFrame({"person_id": ["a"], "event_type": ["x"], "outcome": ["y"]})
    assert suggest_labels(frame, "custom").empty
    config = create_custom_config(["x", "z"], {"z": ["won"]}, set(), set())
    assert suggest_labels(frame, config).empty
    assert suggest_labels(frame.assign(event_type="z"), config)["rows"].tolist() == [1]
    assert suggest_labels(frame[["person_id"]], "healthcare").empty


def test_many_labels_take_little_time_and_are_all_counted():
    words = [f"{number} words of a note nobody else wrote" for number in range(3000)]
    frame = pd.DataFrame({"person_id": range(3000), "event_type": words})
    table = suggest_labels(frame, "healthcare", k=1)
    assert table["n_labels"].sum() == 3000


def test_people_need_ids():
    frame = pd.DataFrame({"person_id": ["a", None], "event_type": ["x", "y"]})
    with pytest.raises(InputError, match="1 of 2 rows"):
        suggest_labels(frame, "healthcare")


def test_real_files_are_known(shared_data):
    for path, domain in (
        ("compas/court_events.csv.gz", "criminal_justice"),
        ("synthea/patient_events.csv.gz", "healthcare"),
    ):
        frame = pd.read_csv(shared_data / path, dtype=str)
        assert unknown_labels(frame, get_domain_config(domain)) == []
