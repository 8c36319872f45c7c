"""The representative of each class: its centre, or a label of what it spans."""

from __future__ import annotations

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import Cells, group_rows
from personatwin_sk._core.frames import is_null
from personatwin_sk._core.labels import Interval, Period, format_label, split_members
from personatwin_sk.merging._kinds import Kind
from personatwin_sk.merging._segments import distinct_sets

__all__ = ["represent"]


def represent(
    cells: Cells, kinds: list[Kind], class_of_cell: np.ndarray, representation: str
) -> list[pd.Series]:
    """Give each class's released value in each column.

    Parameters
    ----------
    cells : Cells
    kinds : list of Kind
        One per column.
    class_of_cell : numpy.ndarray of int64, shape (n_cells,)
    representation : {"center", "interval"}
        "center": the lower median of ordered values, the most frequent of others (ties: the first
        in sorted order), null where most people have null; an observed value, so dtypes stay.
        "interval": a label of the smallest span that holds the class.

    Returns
    -------
    list of pandas.Series, each of shape (n_classes,)
    """
    n_classes = int(class_of_cell.max()) + 1
    released = []
    for j, (values, kind) in enumerate(zip(cells.values, kinds, strict=True)):
        pair, first = group_rows([class_of_cell, cells.codes[:, j]])
        people = np.bincount(pair, weights=cells.people, minlength=len(first))
        pair_class, pair_code = class_of_cell[first], cells.codes[first, j]
        if representation == "center":
            codes = _center_codes(values, kind, pair_class, pair_code, people, n_classes)
            released.append(values.take(codes).reset_index(drop=True))
        else:
            released.append(_spans(values, kind, pair_class, pair_code, n_classes))
    return released


def _center_codes(
    values: pd.Series,
    kind: Kind,
    pair_class: np.ndarray,
    pair_code: np.ndarray,
    people: np.ndarray,
    n_classes: int,
) -> np.ndarray:
    """Choose the code of each class's centre; pairs are sorted by class, then by code."""
    order = np.lexsort((pair_code, -people, pair_class))
    most_frequent = np.full(n_classes, -1, dtype=np.int64)
    leaders = order[np.unique(pair_class[order], return_index=True)[1]]
    most_frequent[pair_class[leaders]] = pair_code[leaders]
    if kind.name != "ordered":
        return most_frequent
    missing = is_null(values)
    known = ~missing[pair_code]
    kept_class, kept_code, kept_people = pair_class[known], pair_code[known], people[known]
    # Numbers come sorted; labels of intervals are put in the order of their ends.
    position = np.lexsort((kind.high, kind.low))
    rank = np.empty(len(values), dtype=np.int64)
    rank[position] = np.arange(len(values))
    order = np.lexsort((rank[kept_code], kept_class))
    kept_class, kept_code, kept_people = kept_class[order], kept_code[order], kept_people[order]
    size = np.bincount(kept_class, weights=kept_people, minlength=n_classes)
    cumulated = np.cumsum(kept_people)
    before_class = np.concatenate([[0.0], np.cumsum(size)])[kept_class]
    at_half = 2 * (cumulated - before_class) >= size[kept_class]
    median = most_frequent.copy()
    rows = np.flatnonzero(at_half)
    first_of_class = rows[np.unique(kept_class[rows], return_index=True)[1]]
    null_people = np.bincount(pair_class[~known], weights=people[~known], minlength=n_classes)
    usable = first_of_class[
        size[kept_class[first_of_class]] >= null_people[kept_class[first_of_class]]
    ]
    median[kept_class[usable]] = kept_code[usable]
    mostly_null = null_people > size
    if mostly_null.any():
        median[mostly_null] = int(np.flatnonzero(missing)[0])
    return median


def _spans(
    values: pd.Series, kind: Kind, pair_class: np.ndarray, pair_code: np.ndarray, n_classes: int
) -> pd.Series:
    """Write a label for each class; a class of one value keeps that value's own text."""
    missing = is_null(values)
    texts = np.array(_own_texts(values, missing), dtype=object)
    if kind.places is not None:
        texts = kind.places.texts(texts)
    if kind.name == "ordered":
        pair_class, pair_code = _ends_only(kind, missing, pair_class, pair_code)
    set_of_class, sets = distinct_sets(pair_class, pair_code, n_classes)
    labels = np.empty(len(sets), dtype=object)
    for number, members in enumerate(sets):
        labels[number] = (
            texts[members[0]]
            if len(members) == 1
            else _label_of(values, kind, members, missing, texts)
        )
    return pd.Series(labels[set_of_class], dtype=object)


def _ends_only(
    kind: Kind, missing: np.ndarray, pair_class: np.ndarray, pair_code: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Keep of each class the values that its span is told by: the ends, and null."""
    known = ~missing[pair_code]
    kept = ~known
    for ends, sign in ((kind.low, 1), (kind.high, -1)):
        order = np.lexsort((pair_code, sign * ends[pair_code], pair_class))
        order = order[known[order]]
        first = np.ones(len(order), dtype=bool)
        first[1:] = pair_class[order][1:] != pair_class[order][:-1]
        kept[order[first]] = True
    return pair_class[kept], pair_code[kept]


def _label_of(
    values: pd.Series, kind: Kind, members: np.ndarray, missing: np.ndarray, texts: np.ndarray
) -> str:
    """Write the label of several distinct values, null among them or not."""
    known = members[~missing[members]]
    if len(known) == 1:
        label = str(texts[known[0]])
    elif kind.name == "ordered":
        label = _ordered_span(values, kind, known)
    elif kind.places is not None:
        label = kind.places.common_label(known)
    else:
        atoms = {atom for code in known for atom in split_members(str(texts[code]))}
        # An empty member is null and stands last.
        label = "|".join(sorted(atoms - {""})) + ("|" if "" in atoms else "")
    null_within = len(known) < len(members) or any(
        _allows_null(str(texts[code])) for code in known.tolist()
    )
    return label + "|" if null_within and not _allows_null(label) else label


def _allows_null(text: str) -> bool:
    members = split_members(text)
    return len(members) > 1 and members[-1] == ""


def _own_texts(values: pd.Series, missing: np.ndarray) -> list[str | None]:
    """Write each distinct value as a label; text is a label already."""
    is_date = pd.api.types.is_datetime64_any_dtype(values.dtype)
    texts: list[str | None] = []
    for value, gone in zip(values.tolist(), missing.tolist(), strict=True):
        if gone:
            texts.append(None)
        elif isinstance(value, str):
            texts.append(value)
        else:
            texts.append(value.date().isoformat() if is_date else format_label(value))
    return texts


def _ordered_span(values: pd.Series, kind: Kind, known: np.ndarray) -> str:
    low, high = known[np.argmin(kind.low[known])], known[np.argmax(kind.high[known])]
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return format_label(Period(values.iloc[low].date(), values.iloc[high].date()))
    return format_label(Interval(_number(kind.low[low]), _number(kind.high[high])))


def _number(value: float) -> float:
    return int(value) if float(value).is_integer() else float(value)
