"""What is told of labels is counted, told once, and names none."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from personatwin_sk.domains import (
    get_domain_config,
    map_labels,
    mark_told,
    several_spellings,
    unknown_labels,
    untold,
)


def test_what_was_told_of_a_table_is_not_told_again_until_it_changes():
    config = get_domain_config("criminal_justice")
    frame = pd.DataFrame({"person_id": range(30), "event_type": ["arrest"] * 5 + ["lunch"] * 25})
    lines = unknown_labels(frame, config)
    assert len(lines) == 1 and untold(lines, frame) == lines
    mark_told(frame, lines)
    assert untold(lines, frame) == untold(lines, frame.copy()) == []
    assert untold(lines, frame.to_dict("list")) == lines  # what has no attributes was told nothing
    fewer = unknown_labels(frame.head(20), config)
    assert untold(fewer, frame.head(20)) == fewer
    mark_told(frame, fewer)
    assert untold([*lines, *fewer, "new"], frame) == ["new"]


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("gender", ["Male"] * 3 + ["male ", "MALE"] + ["Female"], "2 of 6 .*4 labels are 2"),
        ("gender", ["M", "Male", "Male", "F", None], "1 of 4 .*3 labels are 2"),
        ("gender", ["m", "f", "Woman", "Female", "x"], "2 of 5 .*5 labels are 3"),
        ("ethnicity", ["African-American", "african american"], "1 of 2 .*2 labels are 1"),
        ("gender", ["Male", "Female", None, "Other"], None),
        ("gender", ["M", "F"], None),
        ("gender", [1, 2, 1], None),
        ("gender", [None, None], None),
        ("gender", [], None),
        ("ethnicity", ["Black", "African American"], None),  # other words are for users to judge
        ("event_type", ["Arrest", "arrest", "arrest"], "1 of 3 .*2 labels are 1"),
        ("outcome", ["plea  bargain", "Plea bargain"], "1 of 2 .*2 labels are 1"),
        ("outcome", ["C+", "C-"], None),
    ],
)
def test_labels_that_are_written_in_several_ways_are_counted(column, values, told):
    found = several_spellings(pd.DataFrame({column: pd.Series(values, dtype=object)}))
    assert len(found) == (told is not None)
    if told:
        assert re.match(f"{told}.*labels={{'{column}'", found[0])
        assert "male" not in found[0].lower() and "merican" not in found[0]


def test_one_mapping_makes_them_one():
    frame = pd.DataFrame({"gender": ["Male", "male ", "M", "Female", "F"]})
    assert several_spellings(frame)
    mapped = map_labels(frame, {"gender": {"male": "Male", "M": "Male", "F": "Female"}})
    assert several_spellings(mapped) == [] and set(mapped["gender"]) == {"Male", "Female"}
