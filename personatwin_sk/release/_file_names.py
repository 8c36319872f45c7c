"""What the files of a release are called, and the tables among them."""

from __future__ import annotations

import pandas as pd

from personatwin_sk.release._history_tables import histories_table, history_counts_table
from personatwin_sk.release._personas import (
    Personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)

PERSONAS_FILE, EVENTS_FILE, EVENT_COUNTS_FILE = "personas.csv", "events.csv", "event_counts.csv"
HISTORIES_FILE, HISTORY_COUNTS_FILE = "histories.csv", "history_counts.csv"
DICTIONARY_FILE, RISK_FILE = "data_dictionary.json", "risk.json"
REPORT_FILE, MANIFEST_FILE = "report.html", "manifest.json"

TABLES = (PERSONAS_FILE, EVENTS_FILE, EVENT_COUNTS_FILE, HISTORIES_FILE, HISTORY_COUNTS_FILE)
TWINS = {name.replace(".csv", ".parquet"): name for name in TABLES}
FILES = (*TABLES, *TWINS, DICTIONARY_FILE, RISK_FILE, REPORT_FILE, MANIFEST_FILE)


def tables_of(personas: Personas) -> dict[str, pd.DataFrame]:
    """Give the tables of a release by the names of their files.

    Parameters
    ----------
    personas : Personas

    Returns
    -------
    dict of str to pandas.DataFrame
        Only those that there are, in the order in which they are told.

    Examples
    --------
    >>> people = pd.DataFrame({"persona_id": ["P1"], "age": ["30-39"], "class_size": [5]})
    >>> list(tables_of(Personas(people)))
    ['personas.csv']
    """
    tables = {PERSONAS_FILE: personas_to_dataframe(personas)}
    if personas.has_events:
        tables[EVENTS_FILE] = personas_to_event_dataframe(personas)
    if personas.aggregated_events is not None:
        tables[EVENT_COUNTS_FILE] = personas.aggregated_events
    if personas.histories is not None:
        tables[HISTORIES_FILE] = histories_table(personas.histories)
        tables[HISTORY_COUNTS_FILE] = history_counts_table(personas.histories)
    return tables


def least_people_of(personas: Personas) -> dict[str, int]:
    """Say of each file of figures how many people every one of them rests on at least.

    Examples
    --------
    >>> people = pd.DataFrame({"persona_id": ["P1"], "age": ["30-39"], "class_size": [5]})
    >>> least_people_of(Personas(people))
    {}
    """
    least: dict[str, int] = {}
    if personas.aggregated_events is not None:
        least[EVENT_COUNTS_FILE] = int(personas.aggregated_events.attrs["k"])
    if personas.histories is not None:
        least |= dict.fromkeys((HISTORIES_FILE, HISTORY_COUNTS_FILE), personas.histories.k)
    return least
