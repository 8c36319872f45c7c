"""Loads files of people and events: one loader for all, and one for each domain."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from personatwin_sk._core.dates import read_dates
from personatwin_sk.domains import Domain, get_domain_config
from personatwin_sk.exceptions import DataWarning
from personatwin_sk.release._read_csv import (
    STANDARD,
    Source,
    numbers_if_amounts,
    our_names,
    parse,
    read_ages,
    read_header,
    read_text,
    require_columns,
)

__all__ = [
    "load_criminal_justice_data",
    "load_education_data",
    "load_employment_data",
    "load_healthcare_data",
    "load_people_events",
    "load_social_services_data",
]


def load_people_events(path: Source, *, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    r"""Read a CSV file of people, or of people and their events.

    Parameters
    ----------
    path : str, path or binary file
        Comma-separated values with a header, UTF-8 (with or without a byte order mark), plain or
        gzipped. Every row belongs to a person; a person may have many rows.
    columns : mapping of str to str, optional
        Our name -> the file's name, for columns that the file calls otherwise:
        ``{"gender": "sex"}``. Ours are person_id, age, gender, ethnicity, geography, event_id,
        date, event_type and outcome.

    Returns
    -------
    pandas.DataFrame
        The rows of the file in their order. Ids are text ("001" stays "001"); `age` is integer, or
        text if it holds bands ("30-39", "85+"); `date` is datetime. Values are otherwise as they
        stand, and further columns are kept: as numbers if all of their values are, unless their
        name ("zip", "case_number") or a leading zero says that they are codes. Nothing, blanks,
        and "NA", "null" and the like are null; in ids only nothing and blanks.

    Raises
    ------
    InputError
        If the file cannot be read or used: it is missing, empty, not UTF-8, or has no rows; rows
        have too many or too few fields; two columns have one name; `person_id` is missing, or all
        of age, gender, ethnicity and geography are; a column of ours holds only nulls; a person id
        is null; an age or a date cannot be one; `columns` names what is not there. Messages name
        columns and counts, never a value.

    Examples
    --------
    >>> import io
    >>> from personatwin_sk import load_people_events
    >>> file = io.BytesIO(b"person_id,age,sex\n001,35,Male\n002,28,Female\n")
    >>> load_people_events(file, columns={"gender": "sex"})
      person_id  age  gender
    0       001   35    Male
    1       002   28  Female
    """
    name, text = read_text(path)
    frame = parse(name, text, our_names(read_header(name, text), columns or {}))
    require_columns(frame)
    for column in frame.columns:
        if column == "age":
            frame[column] = read_ages(frame[column])
        elif column == "date":
            frame[column] = read_dates(frame[column], column=column)
        elif column not in STANDARD:
            frame[column] = numbers_if_amounts(frame[column])
    return frame


def load_criminal_justice_data(
    path: Source, *, columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    r"""Read court, arrest or sentencing records; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The CSV file.
    columns : mapping of str to str, optional
        Our name -> the file's name.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Events of a type that the domain does not know are kept, and counted
        in a `DataWarning`.

    Raises
    ------
    InputError
        If the file cannot be read or used.

    Examples
    --------
    >>> import io
    >>> from personatwin_sk import load_criminal_justice_data
    >>> file = io.BytesIO(b"person_id,age,event_type,outcome\n001,35,arrest,charged\n")
    >>> load_criminal_justice_data(file)["event_type"].tolist()
    ['arrest']
    """
    return _load_domain(path, columns, Domain.CRIMINAL_JUSTICE)


def load_healthcare_data(path: Source, *, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    r"""Read records of patients and what was done for them; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The CSV file.
    columns : mapping of str to str, optional
        Our name -> the file's name.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Events of a type that the domain does not know are kept, and counted
        in a `DataWarning`.

    Raises
    ------
    InputError
        If the file cannot be read or used.

    Examples
    --------
    >>> import io
    >>> from personatwin_sk import load_healthcare_data
    >>> file = io.BytesIO(b"person_id,age,event_type,outcome\n001,85+,admission,ongoing\n")
    >>> load_healthcare_data(file)["age"].tolist()
    ['85+']
    """
    return _load_domain(path, columns, Domain.HEALTHCARE)


def load_education_data(path: Source, *, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    r"""Read records of students; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The CSV file.
    columns : mapping of str to str, optional
        Our name -> the file's name.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Events of a type that the domain does not know are kept, and counted
        in a `DataWarning`.

    Raises
    ------
    InputError
        If the file cannot be read or used.

    Examples
    --------
    >>> import io
    >>> from personatwin_sk import load_education_data
    >>> file = io.BytesIO(b"student,age,event_type,outcome\n7,15,assessment,passed\n")
    >>> load_education_data(file, columns={"person_id": "student"})["person_id"].tolist()
    ['7']
    """
    return _load_domain(path, columns, Domain.EDUCATION)


def load_social_services_data(
    path: Source, *, columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    r"""Read records of benefits and cases; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The CSV file.
    columns : mapping of str to str, optional
        Our name -> the file's name.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Events of a type that the domain does not know are kept, and counted
        in a `DataWarning`.

    Raises
    ------
    InputError
        If the file cannot be read or used.

    Examples
    --------
    >>> import io
    >>> from personatwin_sk import load_social_services_data
    >>> file = io.BytesIO(b"person_id,age,event_type,outcome\n001,41,application,approved\n")
    >>> load_social_services_data(file)["outcome"].tolist()
    ['approved']
    """
    return _load_domain(path, columns, Domain.SOCIAL_SERVICES)


def load_employment_data(path: Source, *, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    r"""Read records of employees; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The CSV file.
    columns : mapping of str to str, optional
        Our name -> the file's name.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Events of a type that the domain does not know are kept, and counted
        in a `DataWarning`.

    Raises
    ------
    InputError
        If the file cannot be read or used.

    Examples
    --------
    >>> import io
    >>> from personatwin_sk import load_employment_data
    >>> file = io.BytesIO(b"person_id,age,event_type,date\n001,41,hire,2021-03-01\n")
    >>> load_employment_data(file)["date"].dt.year.tolist()
    [2021]
    """
    return _load_domain(path, columns, Domain.EMPLOYMENT)


def _load_domain(path: Source, columns: Mapping[str, str] | None, domain: Domain) -> pd.DataFrame:
    frame = load_people_events(path, columns=columns)
    if "event_type" not in frame:
        return frame
    known = get_domain_config(domain).event_types
    codes, labels = pd.factorize(frame["event_type"])
    # "Plea hearing" and "plea-hearing" are one type for this purpose; the values stay.
    spellings = [re.sub(r"[\s\-]+", "_", str(label).strip().casefold()) for label in labels]
    strange = np.array([spelling not in known for spelling in spellings], dtype=bool)
    n_strange = int(np.bincount(codes[codes >= 0], minlength=len(labels))[strange].sum())
    if n_strange:
        warnings.warn(
            f"{n_strange} of {len(frame)} rows have an event_type that the domain "
            f"{domain.value!r} does not know ({int(strange.sum())} such types); they are kept as "
            "they are",
            DataWarning,
            stacklevel=3,
        )
    return frame
