"""Cells that a spreadsheet would run as a formula, written so that it shows them as text.

A text that starts with "=", "+", "-" or "@" (also in their full-width forms, also behind blanks),
or with a tab or a line break, is a formula to some spreadsheets when a file is opened
(https://owasp.org/www-community/attacks/CSV_Injection). An apostrophe before it makes it text.
Plain numbers are no formulas and stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null

_APOSTROPHE = "'"
# Texts that already start with apostrophes before such a sign get one more: so it can be undone.
_FORMULA = r"^'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])"  # noqa: RUF001
_MARKED = r"^'" + _FORMULA[1:]
_NUMBER = r"^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$"


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before every text that a spreadsheet would run, column names included.

    Parameters
    ----------
    frame : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        The same values, but for those texts.

    Examples
    --------
    >>> frame = pd.DataFrame({"ward": ["=1+1", "B", None], "change": ["-5--1", "-5", "5-9"]})
    >>> harmless(frame)["ward"].tolist()[:2], harmless(frame)["change"].tolist()
    (["'=1+1", 'B'], ["'-5--1", '-5', '5-9'])
    """
    return _each_text(frame, _mark)


def as_meant(frame: pd.DataFrame) -> pd.DataFrame:
    """Undo `harmless`.

    Examples
    --------
    >>> frame = pd.DataFrame({"ward": ["=1+1", "'=1+1", "'tis"]})
    >>> as_meant(harmless(frame)).equals(frame)
    True
    """
    return _each_text(frame, _unmark)


def _mark(texts: pd.Series) -> pd.Series:
    runs = texts.str.contains(_FORMULA, regex=True) & ~texts.str.contains(_NUMBER, regex=True)
    return texts.where(~runs.astype(bool), _APOSTROPHE + texts)


def _unmark(texts: pd.Series) -> pd.Series:
    marked = texts.str.contains(_MARKED, regex=True).astype(bool)
    return texts.where(~marked, texts.str[1:])


def _each_text(frame: pd.DataFrame, change: Callable[[pd.Series], pd.Series]) -> pd.DataFrame:
    changed = frame.copy()
    for at, name in enumerate(frame.columns):
        column = frame.iloc[:, at]
        if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
            continue
        is_text = np.array([isinstance(value, str) for value in column], dtype=bool)
        is_text &= ~is_null(column)
        distinct = column[is_text].drop_duplicates().astype(object)
        after = dict(zip(distinct, change(distinct.astype(str)), strict=True))
        if any(before != text for before, text in after.items()):
            changed[name] = column.map(
                lambda value, of=after: of.get(value, value), na_action="ignore"
            )
    names = pd.Series([str(name) for name in frame.columns], dtype=object)
    changed.columns = change(names).tolist()
    return changed
