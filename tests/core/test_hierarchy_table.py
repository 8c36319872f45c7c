"""Reading a table of levels as a tree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from personatwin_sk._core.hierarchy_table import build_tree, label_text, read_level
from personatwin_sk.exceptions import InputError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Lyon", "Lyon"),
        ("  Lyon\t", "Lyon"),
        ("0-9", "0-9"),
        ("a|b", "a|b"),
        (7, "7"),
        (7.0, "7"),
        (0.5, "0.5"),
        (np.int64(7), "7"),
        (True, "True"),
        ("", None),
        (" ", None),
        (None, None),
        (float("nan"), None),
        (pd.NA, None),
        (pd.NaT, None),
    ],
)
def test_texts_of_labels(value: Any, text: str | None) -> None:
    assert label_text(value) == text


@pytest.mark.parametrize(
    "values", [["b", "a", "b "], pd.Categorical(["b", "a", "b"]), [2, 1, "2"], [2.0, 1.0, 2.0]]
)
def test_labels_are_numbered_in_sorted_order(values: Any) -> None:
    codes, labels = read_level(pd.Series(values), "town")
    assert codes.tolist() == [1, 0, 1]
    assert labels.tolist() in (["a", "b"], ["1", "2"])


def test_what_is_null_or_blank_is_counted() -> None:
    with pytest.raises(InputError, match="3 of 4 values of 'town' are null or blank"):
        read_level(pd.Series(["a", None, " ", " "]), "town")


def as_codes(*columns: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    coded = [pd.factorize(np.array(list(column), dtype=object), sort=True) for column in columns]
    return [codes.astype(np.int64) for codes, _ in coded], [labels for _, labels in coded]


def test_leaves_below_a_node_stand_side_by_side() -> None:
    codes, texts = as_codes("abcde", "YXYXY", "PPQPQ"[::-1])
    codes[2], texts[2] = np.zeros(5, dtype=np.int64), np.array(["R"], dtype=object)
    ancestors, labels, starts = build_tree(["l", "m", "h"], codes, texts)
    assert labels.tolist() == ["b", "d", "a", "c", "e", "X", "Y", "R"]
    assert starts.tolist() == [0, 5, 7]
    assert labels[ancestors[0]].tolist() == labels.tolist()
    assert labels[ancestors[1]].tolist() == ["X", "X", "Y", "Y", "Y", "X", "Y", "R"]
    assert labels[ancestors[2]].tolist() == ["R"] * 8


def test_a_value_in_several_coarser_ones_is_refused() -> None:
    with pytest.raises(InputError, match="1 values of 'm' lie in several values of 'h'"):
        build_tree(["l", "m", "h"], *as_codes("abc", "XXY", "PQQ"))
    with pytest.raises(InputError, match="1 values of 'l' lie in several values of 'm'"):
        build_tree(["l", "m"], *as_codes("aab", "XYY"))
