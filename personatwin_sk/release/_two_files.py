"""People in one file and their events in another, put together to one table of rows."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import ColumnNotFoundError, DataWarning, InputError
from personatwin_sk.release._read_csv import STANDARD

__all__ = ["join_people_events"]

_PERSON = "person_id"


def join_people_events(people: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Give each event what is known of its person.

    Parameters
    ----------
    people : pandas.DataFrame of shape (n_people, ...)
        With a column ``person_id``; one row per person, or rows that say the same.
    events : pandas.DataFrame of shape (n_events, ...)
        With a column ``person_id``.

    Returns
    -------
    pandas.DataFrame
        The events in their order, then the people who have none, whose event columns are null. A
        column that both files have is there once.

    Raises
    ------
    InputError
        If a file lacks `person_id`, a row lacks its person, people have rows that disagree, both
        files have a column in which they disagree, or no person is in both.

    Warns
    -----
    DataWarning
        Where there are events of people whom the file of people does not have: they stay, with
        nulls for what describes the person.

    Examples
    --------
    >>> people = pd.DataFrame({"person_id": ["a", "b"], "age": [30, 41]})
    >>> events = pd.DataFrame({"person_id": ["a", "a"], "event_type": ["arrest", "trial"]})
    >>> join_people_events(people, events)
      person_id  age event_type
    0         a   30     arrest
    1         a   30      trial
    2         b   41        NaN
    """
    for frame, what in ((people, "people"), (events, "events")):
        _require_people(frame, what)
    people = _one_row_each(people)
    place = pd.Index(people[_PERSON]).get_indexer(pd.Index(events[_PERSON]))
    found = place >= 0
    if not found.any():
        raise InputError(
            f"None of the {events[_PERSON].nunique()} people of the file of events is among the "
            f"{len(people)} of the file of people; ids are compared letter by letter"
        )
    if not found.all():
        strangers = events.loc[~found, _PERSON].nunique()
        warnings.warn(
            f"{int((~found).sum())} of {len(events)} events belong to {strangers} people whom the "
            "file of people does not have; they are kept, and what describes these people is null",
            DataWarning,
            stacklevel=4,
        )
    lonely = np.setdiff1d(np.arange(len(people)), place)
    rows_of_people = np.concatenate([place, lonely])
    rows_of_events = np.concatenate([np.arange(len(events)), np.full(len(lonely), -1)])
    _refuse_contradictions(people, events, place)
    parts = []
    for name in [*people.columns, *(c for c in events.columns if c not in people)]:
        if name == _PERSON:
            ids = [events[_PERSON], people[_PERSON].iloc[lonely]]
            column = pd.concat(ids, ignore_index=True)
        elif name not in people:
            column = _taken(events[name], rows_of_events)
        else:
            column = _taken(people[name], rows_of_people)
            if name in events and not found.all():
                of_events = _taken(events[name], rows_of_events)
                column = column.where(rows_of_people >= 0, of_events)
        parts.append(column.rename(name))
    return pd.concat(parts, axis=1)


def _require_people(frame: pd.DataFrame, what: str) -> None:
    if _PERSON not in frame:
        raise ColumnNotFoundError(
            f"the file of {what} has no column {_PERSON!r}; say what it calls it by "
            + ("columns" if what == "people" else "event_columns")
            + "={'person_id': 'theirs'}"
        )
    n_null = int(is_null(frame[_PERSON]).sum())
    if n_null:
        raise InputError(
            f"{n_null} of {len(frame)} values of {_PERSON!r} in the file of {what} are null; "
            "every row needs a person"
        )


def _one_row_each(people: pd.DataFrame) -> pd.DataFrame:
    distinct = people.drop_duplicates()
    n_people = distinct[_PERSON].nunique()
    if n_people < len(distinct):
        several = distinct[_PERSON].value_counts().gt(1).sum()
        raise InputError(
            f"{several} of {n_people} people have several rows in the file of people, and the rows "
            "disagree; leave one row each"
        )
    return distinct.reset_index(drop=True)


def _refuse_contradictions(people: pd.DataFrame, events: pd.DataFrame, place: np.ndarray) -> None:
    shared = [name for name in events.columns if name in people and name != _PERSON]
    wrong: dict[str, int] = {}
    for name in shared:
        of_people, of_events = _taken(people[name], place), events[name].reset_index(drop=True)
        same = of_people.astype(str).to_numpy() == of_events.astype(str).to_numpy()
        differs = (place >= 0) & ~is_null(of_events) & ~same
        if differs.any():
            wrong[str(name)] = int(differs.sum())
    if wrong:
        # In a file without a header a name is somebody's value: say no more than ours.
        told = ", ".join(f"{name!r} in {n} rows" for name, n in wrong.items() if name in STANDARD)
        raise InputError(
            f"{len(wrong)} column(s) are in both files and disagree{f' ({told})' if told else ''}; "
            "rename or drop them in one of the files"
        )


def _taken(values: pd.Series, rows: np.ndarray) -> pd.Series:
    """Take rows of a column; null where the row is -1."""
    if (rows >= 0).all():
        return values.take(rows).reset_index(drop=True)
    return values.reset_index(drop=True).reindex(rows).reset_index(drop=True)
