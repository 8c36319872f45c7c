"""What is told of a table's labels: those that are written in several ways, and each thing once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk.domains._nearest import spelling
from personatwin_sk.population._people_labels import read_gender

__all__ = ["mark_told", "several_spellings", "untold"]

_OF_EVENTS = ("event_type", "outcome")
_LABELS = ("gender", "ethnicity", *_OF_EVENTS)
_TOLD = "personatwin_sk: told"  # in the attributes of a table that a loader has told of


def several_spellings(frame: Any) -> list[str]:
    """Say in words which columns of labels write one thing in several ways.

    Parameters
    ----------
    frame : table

    Returns
    -------
    list of str
        A line for each of gender, ethnicity, event type and outcome in which labels differ by
        capitals or spaces only, those of people also by punctuation, or mean the same gender; with
        counts, without the labels.

    Examples
    --------
    >>> several_spellings(pd.DataFrame({"gender": ["Male", "Male", "male ", "M", "Female"]}))
    ["2 of 5 values of 'gender' are written otherwise than most that mean the same (4 labels are \
2); each label is a value of its own: make them one by labels={'gender': {theirs: ours}}"]
    """
    table, lines = Table.of(frame), []
    for column in _LABELS:
        if column not in table:
            continue
        codes, distinct = factorize(table[column])
        rows = np.bincount(codes, minlength=len(distinct))[~is_null(distinct)]
        labels = distinct[~is_null(distinct)].map(lambda label, of=column: _meaning(label, of))
        by_meaning = pd.Series(rows, dtype=np.int64).groupby(labels.to_numpy(), sort=False)
        others = int((by_meaning.sum() - by_meaning.max()).sum())
        if others:
            lines.append(
                f"{others} of {int(rows.sum())} values of {column!r} are written otherwise than "
                f"most that mean the same ({len(labels)} labels are {by_meaning.ngroups}); each "
                f"label is a value of its own: make them one by labels={{{column!r}: "
                "{theirs: ours}}"
            )
    return lines


def _meaning(label: Any, column: str) -> str:
    if column in _OF_EVENTS:
        return " ".join(str(label).casefold().split())  # C+ and C- are two marks
    gender = read_gender(label) if column == "gender" else None
    return spelling(label) if gender is None else f"gender {gender}"


def mark_told(frame: pd.DataFrame, lines: Sequence[str]) -> None:
    """Note in a table's own attributes what was told of it, so that it is not told again."""
    frame.attrs[_TOLD] = [*frame.attrs.get(_TOLD, ()), *lines]


def untold(lines: Sequence[str], frame: Any) -> list[str]:
    """Give those lines that were not told of a table yet.

    Parameters
    ----------
    lines : sequence of str
        As `unknown_labels` gives them.
    frame : table
        Where a loader has told the same of it, its attributes say so. What was changed since then
        counts otherwise, and is told.

    Returns
    -------
    list of str

    Examples
    --------
    >>> frame = pd.DataFrame({"event_type": ["lunch"]})
    >>> mark_told(frame, ["1 of 1 rows ..."])
    >>> untold(["1 of 1 rows ...", "2 of 2 rows ..."], frame)
    ['2 of 2 rows ...']
    """
    attributes = frame.attrs if isinstance(frame, pd.DataFrame) else {}
    return [line for line in lines if line not in attributes.get(_TOLD, ())]
