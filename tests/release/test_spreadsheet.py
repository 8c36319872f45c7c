"""Cells that a spreadsheet would run: made text, and read back as they were."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personatwin_sk.release._export import _csv
from personatwin_sk.release._spreadsheet import as_meant, harmless


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-2-3", "@SUM(A1)", "\t=1", "\r=1", "\n1", " =1", "＝1", "＠x", "-", "+x"],  # noqa: RUF001
)
def test_formulas_become_text(text: str) -> None:
    after = harmless(pd.DataFrame({"a": [text]}))["a"].iloc[0]
    assert after == "'" + text


@pytest.mark.parametrize(
    "text",
    ["-5", "+5", "-5.25", "-.5", "-1e-9", "5-9", "85+", "2023-05", "it's", "'quoted'", "", "a@b"],
)
def test_numbers_labels_and_words_stay(text: str) -> None:
    assert harmless(pd.DataFrame({"a": [text]}))["a"].iloc[0] == text


def test_numbers_and_nulls_stay_and_nothing_is_changed_in_place() -> None:
    frame = pd.DataFrame({"n": [-1.5, np.nan], "t": ["=x", None]})
    before = frame.copy()
    after = harmless(frame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_series_equal(after["n"], before["n"])
    assert after["t"].isna().tolist() == [False, True]


cells = st.text(st.sampled_from("=+-@'\t\r\n a1.5e,\"＝"), max_size=6)  # noqa: RUF001


@given(st.lists(cells, min_size=1, max_size=8))
def test_what_is_written_is_read_back(texts: list[str]) -> None:
    frame = pd.DataFrame({"=a": texts}, dtype=object)
    after = harmless(frame)
    # No cell is left that starts like a formula and is no number.
    for text in after.iloc[:, 0]:
        start = text.lstrip(" ")[:1]
        if start and start in "=+-@\t\r\n＝":  # noqa: RUF001
            float(text)
    assert as_meant(after)["=a"].tolist() == texts
    read = pd.read_csv(
        io.BytesIO(_csv(frame)), dtype=str, keep_default_na=False, skip_blank_lines=False
    )
    meant = as_meant(read)
    assert meant.columns.tolist() == ["=a"]
    assert meant["=a"].tolist() == texts
