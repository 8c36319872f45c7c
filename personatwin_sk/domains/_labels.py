"""Labels of a file against those that a domain knows: mapped where asked, told where not known."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import find_column, person_codes
from personatwin_sk.domains._builtin import get_domain_config
from personatwin_sk.domains._config import Domain, DomainConfig
from personatwin_sk.domains._nearest import nearest_label, spelling
from personatwin_sk.exceptions import DataWarning, InputError

__all__ = ["map_labels", "suggest_labels", "unknown_labels"]

Labels = Mapping[str, Mapping[Any, Any]]

_PERSON, _TYPE, _OUTCOME = "person_id", "event_type", "outcome"
# Columns whose values are read by other rules, or are nobody's to change by hand.
_NOT_LABELS = (_PERSON, "event_id", "date", "age")
# A label is named in a message if so many people share it: the strictest privacy level's k.
SHARED_BY = 20
# Labels that are compared with the known ones, the most frequent first; in a column of free words
# there may be as many as rows.
_MOST_COMPARED = 200
_MOST_TOLD = 5
_COLUMNS = ("column", "event_type", "label", "n_labels", "rows", "suggestion")


def map_labels(frame: Any, labels: Labels) -> Any:
    """Replace labels by others, as told.

    Parameters
    ----------
    frame : pandas, polars or pyarrow table
    labels : mapping of column name to mapping of label to label
        For each column, what the file writes -> what it is to be. Capitals, spaces and
        punctuation of what the file writes make no difference. What is not named stays; None makes
        a label null.

    Returns
    -------
    table of the same kind
        All rows, in their order.

    Raises
    ------
    InputError
        If a column is not there or holds no labels (ids, dates and ages), or two spellings of one
        label are to become different labels.

    Warns
    -----
    DataWarning
        Where labels that are to be replaced are not in the column: how many of how many.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk import map_labels
    >>> file = pd.DataFrame({"event_type": ["ARR", "arr", "Trial"], "gender": [1, 2, 2]})
    >>> map_labels(file, {"event_type": {"ARR": "arrest"}, "gender": {1: "Male", 2: "Female"}})
      event_type  gender
    0     arrest    Male
    1     arrest  Female
    2      Trial  Female
    """
    table = Table.of(frame)
    if not isinstance(labels, Mapping):
        raise InputError("labels must map column names to mappings, as {'gender': {'1': 'Male'}}")
    replaced: dict[Hashable, pd.Series] = {}
    for column, targets in labels.items():
        find_column(table, column, parameter="labels", owner="map_labels")
        if column in _NOT_LABELS:
            raise InputError(f"labels: {column!r} holds ids, dates or ages, and no labels")
        replaced[column] = _mapped(table[column], _by_spelling(column, targets), column)
    return table.replace(replaced).to_native()


def _by_spelling(column: str, targets: Mapping[Any, Any]) -> dict[str, Any]:
    if not isinstance(targets, Mapping):
        raise InputError(f"labels[{column!r}] must be a mapping of label to label")
    result: dict[str, Any] = {}
    clashes = 0
    for label, target in targets.items():
        clashes += result.setdefault(spelling(label), target) != target
    if clashes:
        raise InputError(
            f"labels[{column!r}] maps {clashes} label(s) to two different ones: capitals, spaces "
            "and punctuation make no difference"
        )
    return result


def _mapped(values: pd.Series, targets: Mapping[str, Any], column: str) -> pd.Series:
    codes, distinct = factorize(values)
    known = ~is_null(distinct)
    written = [
        spelling(value) if there else None for value, there in zip(distinct, known, strict=True)
    ]
    absent = len(set(targets) - set(written))
    if absent:
        warnings.warn(
            f"labels[{column!r}]: {absent} of {len(targets)} labels are not in the column",
            DataWarning,
            stacklevel=3,
        )
    if not set(targets) & set(written):
        return values
    # Null is never mapped, whatever is called "none".
    pairs = zip(distinct, written, strict=True)
    new = [value if text is None else targets.get(text, value) for value, text in pairs]
    return pd.Series(new, dtype=object).take(codes).reset_index(drop=True)


def suggest_labels(
    frame: Any, domain: str | Domain | DomainConfig, *, person_id: str | None = _PERSON, k: int = 5
) -> pd.DataFrame:
    """List the event types and outcomes that a domain does not know, with the nearest it knows.

    Nothing is changed: give what you agree with to `map_labels`, or to the loaders as `labels`.

    Parameters
    ----------
    frame : pandas, polars or pyarrow table
        With a column ``event_type``, ``outcome``, or both.
    domain : str, Domain or DomainConfig
        Who knows; "custom" knows nothing, and asks for nothing.
    person_id : str or None, default="person_id"
        Column of people; None: each row is a person.
    k : int, default=5
        A label that fewer people share is not spelled out.

    Returns
    -------
    pandas.DataFrame
        ``column``, ``event_type`` (of an outcome: that of its events, as the domain writes it;
        None for types that it does not know), ``label`` (None for those of fewer than k people,
        which stand together), ``n_labels``, ``rows``, ``suggestion`` (None if nothing is near);
        most rows first.

    Raises
    ------
    InputError
        If the domain is not known, or rows have no person.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk import suggest_labels
    >>> file = pd.DataFrame({"person_id": range(8), "event_type": ["Sentenced"] * 7 + ["lunch"]})
    >>> table = suggest_labels(file, "criminal_justice")
    >>> table[["column", "label", "n_labels", "rows", "suggestion"]]
           column      label  n_labels  rows  suggestion
    0  event_type  Sentenced         1     7  sentencing
    1  event_type       None         1     1        None
    """
    config = get_domain_config(domain)
    table = Table.of(frame)
    parts = [_unknown(table, config, column, person_id, k) for column in (_TYPE, _OUTCOME)]
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values("rows", ascending=False, kind="stable").reset_index(drop=True)


def unknown_labels(frame: Any, config: DomainConfig) -> list[str]:
    """Say in words what of a table's event types and outcomes the domain does not know.

    Parameters
    ----------
    frame : table
        With a column ``person_id``.
    config : DomainConfig

    Returns
    -------
    list of str
        A line for each column of which something is not known. A label is named only if 20 people
        share it.
    """
    table = Table.of(frame)
    found = suggest_labels(table, config, k=SHARED_BY)
    lines = []
    for column, article in ((_TYPE, "an event_type"), (_OUTCOME, "an outcome")):
        part = found[found["column"] == column]
        if part.empty:
            continue
        n_labels = int(part["n_labels"].sum())
        line = (
            f"{int(part['rows'].sum())} of {table.n_rows} rows have {article} that the domain "
            f"{config.name!r} does not know "
        )
        what = "types" if column == _TYPE else "pairs of event type and outcome"
        line += f"({n_labels} such {what})"
        lines.append(line + "; they are kept as they are" + _nearest_in_words(part, column))
    return lines


def _nearest_in_words(part: pd.DataFrame, column: str) -> str:
    near = part[part["label"].notna() & part["suggestion"].notna()]
    if near.empty:
        return ""
    # An outcome may be unknown with several event types; it is told once, with all its rows.
    told = near.groupby(["label", "suggestion"], sort=False)["rows"].sum()
    told = told.sort_values(ascending=False, kind="stable").head(_MOST_TOLD)
    pairs = [
        f"{label!r} ({rows} rows) may be {suggestion!r}"
        for (label, suggestion), rows in told.items()
    ]
    return f": {', '.join(pairs)}; map them by labels={{{column!r}: {{theirs: ours}}}}"


def _unknown(
    table: Table, config: DomainConfig, column: str, person_id: str | None, k: int
) -> pd.DataFrame:
    """List the labels of one column that are not known, pooled where few people share them."""
    empty = pd.DataFrame({name: pd.Series([], dtype=object) for name in _COLUMNS})
    empty = empty.astype({"n_labels": np.int64, "rows": np.int64})
    if column not in table or not config.event_types:
        return empty
    people, _ = person_codes(table, person_id)
    codes, labels = factorize(table[column])
    # What an outcome can be depends on the event; "" is a type that the domain does not know.
    types = _known_types(table, config) if column == _OUTCOME else np.full(table.n_rows, "")
    cells = pd.DataFrame({"code": codes, "type": types, "person": people})
    cells = cells[~is_null(labels)[codes]]
    groups = cells.groupby(["code", "type"], sort=False)["person"].agg(["size", "nunique"])
    found = groups.reset_index().set_axis(["code", "type", "rows", "people"], axis=1)
    found["label"] = labels.astype(object).to_numpy()[found["code"]]
    choices = _choices(config, column)
    known = {kind: {spelling(text) for text in texts} for kind, texts in choices.items()}
    strange = [
        kind in known and spelling(label) not in known[kind]
        for label, kind in zip(found["label"], found["type"], strict=True)
    ]
    found = found[np.array(strange, dtype=bool)].sort_values(
        ["rows", "code"], ascending=[False, True]
    )
    if found.empty:
        return empty
    compared = zip(
        found["label"].head(_MOST_COMPARED), found["type"].head(_MOST_COMPARED), strict=True
    )
    nearest = [nearest_label(label, choices[kind]) or "" for label, kind in compared]
    found["suggestion"] = nearest + [""] * (len(found) - len(nearest))
    found["shown"] = found["code"].where(found["people"] >= k, -1)
    pooled = found.groupby(["type", "shown", "suggestion"], sort=False).agg(
        label=("label", "first"), n_labels=("rows", "size"), rows=("rows", "sum")
    )
    result = pooled.reset_index().assign(column=column)
    for name, source in (("event_type", "type"), ("suggestion", "suggestion")):
        result[name] = result[source].astype(object).where(result[source] != "", None)
    result["label"] = result["label"].astype(object).where(result["shown"] >= 0, None)
    return result[list(_COLUMNS)]


def _known_types(table: Table, config: DomainConfig) -> np.ndarray:
    """Give the event type of each row as the domain writes it; "" where it does not know it."""
    if _TYPE not in table:
        return np.full(table.n_rows, "", dtype=object)
    known = {spelling(name): name for name in config.event_types}
    codes, values = factorize(table[_TYPE])
    return np.array([known.get(spelling(value), "") for value in values], dtype=object)[codes]


def _choices(config: DomainConfig, column: str) -> dict[str, tuple[str, ...]]:
    """Give the labels to choose from by event type; "" is a type that is not known."""
    if column == _TYPE:
        return {"": config.event_types}
    every = tuple(dict.fromkeys(name for names in config.outcomes.values() for name in names))
    by_type = {"": every, **config.outcomes}
    # A domain that lists no outcomes of a type says nothing about them.
    return {kind: outcomes for kind, outcomes in by_type.items() if outcomes}
