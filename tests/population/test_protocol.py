import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.population import (
    CensusPopulation,
    Provenance,
    ReferencePopulation,
    TablePopulation,
)
from personatwin_sk.population._protocol import RESULT_COLUMNS, result_frame, unmatched_tuples

FLAGS = st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=3, max_size=70)


@given(FLAGS)
def test_unmatched_names_row_by_row(flags):
    named = {f"column {i}": np.array(flag) for i, flag in enumerate(flags)}
    expected = [tuple(name for name, flag in named.items() if flag[row]) for row in range(3)]
    assert unmatched_tuples(named, 3).tolist() == expected


def test_a_flag_may_hold_for_all_rows():
    flags = {"shoe": True, "age": np.array([False, True]), "hat": False}
    assert unmatched_tuples(flags, 2).tolist() == [("shoe",), ("shoe", "age")]


def test_no_columns_leave_nothing_out():
    assert unmatched_tuples({}, 2).tolist() == [(), ()]


def test_answers_have_the_index_of_the_question():
    frame = result_frame(pd.Index(["x", "y"]), **{name: np.arange(2) for name in RESULT_COLUMNS})
    assert list(frame.columns) == [
        "count",
        "low",
        "high",
        "modelled",
        "source",
        "level",
        "unmatched",
    ]
    assert frame.index.tolist() == ["x", "y"]


@pytest.mark.parametrize(
    ("provenance", "text"),
    [
        (Provenance("Office"), "Office"),
        (Provenance("Office", vintage="2024"), "Office (2024)"),
        (Provenance("Office", tables=("a", "b")), "Office: a, b"),
    ],
)
def test_provenance_as_a_line(provenance, text):
    assert provenance.describe() == text


def test_both_populations_keep_the_protocol():
    table = TablePopulation.from_frame(pd.DataFrame({"age": [1], "n": [5]}))
    assert isinstance(table, ReferencePopulation)
    assert isinstance(CensusPopulation(source="bundled"), ReferencePopulation)
    assert not isinstance("a text", ReferencePopulation)
