"""What a release is compared with, and by what: information kept, and everybody in one persona."""

from __future__ import annotations

from typing import Any

import pandas as pd

from personatwin_sk._core.dates import period_labels
from personatwin_sk.model_selection import InformationUtility
from personatwin_sk.release._columns import DATE, OUTCOME, PERSON, ReleaseColumns


class Usefulness(InformationUtility):
    """Information kept, for the columns of one release; ``(original, released) -> float``.

    Parameters
    ----------
    columns : ReleaseColumns
    rows : bool, default=True
        Whether rows of events are released. Where they are only counted, dates and outcomes of rows
        say nothing of what leaves: information is that of the key variables.
    """

    def __init__(self, columns: ReleaseColumns, *, rows: bool = True) -> None:
        events = columns.events if rows else ()
        super().__init__(
            columns.keys,
            person_id=PERSON,
            dates=[name for name in events if name == DATE],
            outcomes=[name for name in events if name == OUTCOME],
        )


def everybody_in_one(original: pd.DataFrame, columns: ReleaseColumns) -> pd.DataFrame:
    """Give the release that says least: one persona of everybody, dates by the year."""
    nothing = pd.Series([None] * len(original), dtype=object)
    changed: dict[str, Any] = {str(name): nothing for name in columns.keys}
    if DATE in columns.events:
        days = original[DATE].to_numpy().astype("datetime64[D]")
        changed[DATE] = period_labels(days, "year")
    return original.assign(**changed, **{PERSON: 0})
