"""A loader for each domain: the one for all, and a count of the labels that the domain lacks."""

from __future__ import annotations

import warnings
from typing import Unpack

import pandas as pd

from personatwin_sk.domains import Domain, get_domain_config, mark_told, unknown_labels
from personatwin_sk.exceptions import DataWarning
from personatwin_sk.release._loaders import LoadOptions, load_people_events
from personatwin_sk.release._read_csv import Source

__all__ = [
    "load_criminal_justice_data",
    "load_education_data",
    "load_employment_data",
    "load_healthcare_data",
    "load_social_services_data",
]


def load_criminal_justice_data(path: Source, **options: Unpack[LoadOptions]) -> pd.DataFrame:
    r"""Read court, arrest or sentencing records; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The file, CSV or Parquet.
    **options
        `columns`, `events`, `event_columns`, `labels` and `reference_date`, as
        `load_people_events` takes them.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Event types and outcomes that the domain does not know are kept, and
        counted in a `DataWarning`, with the nearest that it knows.

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
    return _load_domain(path, options, Domain.CRIMINAL_JUSTICE)


def load_healthcare_data(path: Source, **options: Unpack[LoadOptions]) -> pd.DataFrame:
    r"""Read records of patients and what was done for them; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The file, CSV or Parquet.
    **options
        `columns`, `events`, `event_columns`, `labels` and `reference_date`, as
        `load_people_events` takes them.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Event types and outcomes that the domain does not know are kept, and
        counted in a `DataWarning`, with the nearest that it knows.

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
    return _load_domain(path, options, Domain.HEALTHCARE)


def load_education_data(path: Source, **options: Unpack[LoadOptions]) -> pd.DataFrame:
    r"""Read records of students; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The file, CSV or Parquet.
    **options
        `columns`, `events`, `event_columns`, `labels` and `reference_date`, as
        `load_people_events` takes them.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Event types and outcomes that the domain does not know are kept, and
        counted in a `DataWarning`, with the nearest that it knows.

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
    return _load_domain(path, options, Domain.EDUCATION)


def load_social_services_data(path: Source, **options: Unpack[LoadOptions]) -> pd.DataFrame:
    r"""Read records of benefits and cases; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The file, CSV or Parquet.
    **options
        `columns`, `events`, `event_columns`, `labels` and `reference_date`, as
        `load_people_events` takes them.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Event types and outcomes that the domain does not know are kept, and
        counted in a `DataWarning`, with the nearest that it knows.

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
    return _load_domain(path, options, Domain.SOCIAL_SERVICES)


def load_employment_data(path: Source, **options: Unpack[LoadOptions]) -> pd.DataFrame:
    r"""Read records of employees; see `load_people_events`.

    Parameters
    ----------
    path : str, path or binary file
        The file, CSV or Parquet.
    **options
        `columns`, `events`, `event_columns`, `labels` and `reference_date`, as
        `load_people_events` takes them.

    Returns
    -------
    pandas.DataFrame
        The rows of the file. Event types and outcomes that the domain does not know are kept, and
        counted in a `DataWarning`, with the nearest that it knows.

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
    return _load_domain(path, options, Domain.EMPLOYMENT)


def _load_domain(path: Source, options: LoadOptions, domain: Domain) -> pd.DataFrame:
    frame = load_people_events(path, **options)
    unknown = unknown_labels(frame, get_domain_config(domain))
    for line in unknown:
        warnings.warn(line, DataWarning, stacklevel=3)
    mark_told(frame, unknown)
    return frame
