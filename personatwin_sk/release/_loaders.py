"""Loads files of people and events; `_domain_loaders` has a loader for each domain."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, TypedDict

import pandas as pd

from personatwin_sk._core.dates import read_dates
from personatwin_sk._core.frames import is_null
from personatwin_sk.domains import map_labels, mark_told, several_spellings
from personatwin_sk.exceptions import ColumnNotFoundError, DataWarning
from personatwin_sk.release._ages_from_births import BIRTH, ages_of
from personatwin_sk.release._read_csv import (
    STANDARD,
    Source,
    numbers_if_amounts,
    our_names,
    parse,
    read_ages,
    read_content,
    read_header,
    read_text,
    require_columns,
)
from personatwin_sk.release._read_parquet import PARQUET_MAGIC, read_parquet
from personatwin_sk.release._two_files import join_people_events

__all__ = ["LoadOptions", "load_people_events"]


class LoadOptions(TypedDict, total=False):
    """What every loader takes by name; see `load_people_events`."""

    columns: Mapping[str, str] | None
    events: Source | None
    event_columns: Mapping[str, str] | None
    labels: Mapping[str, Mapping[Any, Any]] | None
    reference_date: Any


def load_people_events(
    path: Source,
    *,
    columns: Mapping[str, str] | None = None,
    events: Source | None = None,
    event_columns: Mapping[str, str] | None = None,
    labels: Mapping[str, Mapping[Any, Any]] | None = None,
    reference_date: Any = None,
) -> pd.DataFrame:
    r"""Read people and their events, from one file or from two.

    Parameters
    ----------
    path : str, path or binary file
        Comma-separated values with a header, UTF-8 (with or without a byte order mark), plain or
        gzipped; or Parquet. Every row belongs to a person; a person may have many rows.
    columns : mapping of str to str, optional
        Our name -> the file's name, for columns that the file calls otherwise:
        ``{"gender": "sex"}``. Ours are person_id, age, gender, ethnicity, geography, event_id,
        date, event_type, outcome, and date_of_birth.
    events : str, path or binary file, optional
        A second file with the events, whose rows name their person. `path` then has a row per
        person. A person without events gets one row, in which what describes events is null.
    event_columns : mapping of str to str, optional
        As `columns`, for the file of events. None: `columns` is about both files.
    labels : mapping of str to mapping, optional
        For each column of labels, what the file writes -> what it is to be:
        ``{"event_type": {"ARR": "arrest"}, "gender": {"1": "Male"}}``; see `map_labels`.
    reference_date : str or date, optional
        The day of which ages are made of dates of birth, where the file has a column
        ``date_of_birth`` and no ages. None: that of the last event, or today without events.

    Returns
    -------
    pandas.DataFrame
        The rows of the file in their order; of two files, the events in their order, then the
        people who have none. Ids are text ("001" stays "001"); `age` is integer, or text if it
        holds bands ("30-39", "85+"); `date` is datetime; dates of birth have become ages. Values
        are otherwise as they stand, and further columns are kept: as numbers if all of their values
        are, unless their name ("zip", "case_number") or a leading zero says that they are codes; of
        Parquet, as they are stored. Nothing, blanks, and "NA", "null" and the like are null; in
        ids, and in Parquet, only nothing and blanks.

    Raises
    ------
    InputError
        If the file cannot be read or used: it is missing, empty, not UTF-8, or has no rows; rows
        have too many or too few fields; two columns have one name; `person_id` is missing, or all
        of age, gender, ethnicity and geography are; a column of ours holds only nulls; a person id
        is null; an age or a date cannot be one; `columns` or `labels` names what is not there; two
        files contradict each other, or have nobody in common. Messages name columns and counts,
        never a value.

    Warns
    -----
    DataWarning
        Where a gender or an ethnicity is written in several ways ("Male", "male ", "M"): how many
        values. They stay as they are; `labels` makes them one.

    Examples
    --------
    >>> import io
    >>> from personatwin_sk import load_people_events
    >>> file = io.BytesIO(b"person_id,age,sex\n001,35,Male\n002,28,Female\n")
    >>> load_people_events(file, columns={"gender": "sex"})
      person_id  age  gender
    0       001   35    Male
    1       002   28  Female

    People and events in two files, and dates of birth:

    >>> people = io.BytesIO(b"id,dob\n001,1988-02-01\n002,1995-07-30\n")
    >>> events = io.BytesIO(b"id,date,event_type\n001,2023-01-15,ARR\n002,2023-03-20,trial\n")
    >>> load_people_events(
    ...     people,
    ...     events=events,
    ...     columns={"person_id": "id", "date_of_birth": "dob"},
    ...     labels={"event_type": {"ARR": "arrest"}},
    ... )
      person_id  age       date event_type
    0       001   35 2023-01-15     arrest
    1       002   27 2023-03-20      trial
    """
    if events is None:
        frame = _read(path, columns or {}, optional=False)
    else:
        shared = event_columns is None
        of_people = _read(path, columns or {}, optional=shared)
        of_events = _read(events, (columns if shared else event_columns) or {}, optional=shared)
        if shared:
            _require_mapped(columns or {}, of_people, of_events)
        frame = join_people_events(of_people, of_events)
    require_columns(frame)
    if labels is not None:
        frame = map_labels(frame, labels)
    for column in frame.columns:
        if column == "age":
            frame[column] = read_ages(frame[column])
        elif column == "date":
            frame[column] = read_dates(frame[column], column=column)
        elif column not in (*STANDARD, BIRTH) and _is_text(frame[column]):
            frame[column] = numbers_if_amounts(frame[column])
    several = several_spellings(frame)
    for line in several:
        warnings.warn(line, DataWarning, stacklevel=2)
    mark_told(frame, several)
    return _without_births(frame, reference_date)


def _read(source: Source, columns: Mapping[str, str], *, optional: bool) -> pd.DataFrame:
    """Read one file under our names; `optional`: columns that it lacks may be in the other."""
    name, content = read_content(source)
    if content[:4] == PARQUET_MAGIC:
        return read_parquet(name, content, columns, optional=optional)
    text = read_text(name, content)
    return parse(name, text, our_names(read_header(name, text), columns, optional=optional))


def _require_mapped(columns: Mapping[str, str], *frames: pd.DataFrame) -> None:
    missing = [
        theirs for ours, theirs in columns.items() if not any(ours in frame for frame in frames)
    ]
    if missing:
        raise ColumnNotFoundError(
            f"columns names {', '.join(map(repr, missing))}, which neither file has"
        )


def _is_text(values: pd.Series) -> bool:
    return not (
        pd.api.types.is_numeric_dtype(values.dtype)
        or pd.api.types.is_datetime64_any_dtype(values.dtype)
    ) and bool(values[~is_null(values)].map(lambda value: isinstance(value, str)).all())


def _without_births(frame: pd.DataFrame, reference_date: Any) -> pd.DataFrame:
    """Put ages in the place of dates of birth."""
    if BIRTH not in frame:
        return frame
    if "age" not in frame:
        ages = ages_of(frame[BIRTH], reference_date, dates=frame.get("date"))
        frame.insert(frame.columns.get_loc(BIRTH), "age", ages)
    return frame.drop(columns=BIRTH)
