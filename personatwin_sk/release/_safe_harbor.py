"""The Safe Harbor list of HIPAA, item by item, held against the tables that are released."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.dates import period_bounds
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.labels import Interval, ValueSet, parse_label, split_members
from personatwin_sk.exceptions import InputError
from personatwin_sk.population._area_totals import people_of_area
from personatwin_sk.population.places import LEVELS, Area, find_areas
from personatwin_sk.release._column_content import ColumnContent
from personatwin_sk.release._column_names import our_name_for
from personatwin_sk.release._columns import DATE, EVENT_TYPE, KEYS, OUTCOME, PERSON
from personatwin_sk.release._personas import (
    CLASS_SIZE,
    PERSONA,
    Personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)
from personatwin_sk.release._refusals import recognised_identifiers

__all__ = ["ITEMS", "safe_harbor"]

ITEMS: Mapping[str, str] = {
    "A": "Names",
    "B": "Places smaller than a state",
    "C": "Dates finer than the year, and ages over 89",
    "D": "Telephone numbers",
    "E": "Fax numbers",
    "F": "E-mail addresses",
    "G": "Social Security numbers",
    "H": "Medical record numbers",
    "I": "Health plan beneficiary numbers",
    "J": "Account numbers",
    "K": "Certificate and licence numbers",
    "L": "Vehicle identifiers, serial numbers and licence plates",
    "M": "Device identifiers and serial numbers",
    "N": "Web addresses",
    "O": "Internet addresses",
    "P": "Biometric identifiers",
    "Q": "Full-face photographs and comparable images",
    "R": "Any other unique identifying number, characteristic or code",
}
"""The identifiers of 45 CFR 164.514(b)(2)(i), by letter."""

# What columns are recognised as, in the words of the recogniser; what is not listed is item R.
_ITEMS_OF_KIND: Mapping[str, str] = {
    "name of a person": "A",
    "street address": "B",
    "date of birth": "C",
    "telephone number": "DE",
    "Social Security or telephone number": "DG",
    "e-mail address": "F",
    "Social Security number": "G",
    "medical record number": "H",
    "insurance number": "I",
    "account number": "J",
    "licence or vehicle number": "KL",
    "number of a device": "M",
    "web address": "N",
    "address of a machine": "O",
    "biometric or picture": "PQ",
}
_BY_VALUES = frozenset("ADFGJNO")  # their shape gives them away, whatever the column is called
_OLDEST, _FEWEST_INHABITANTS = 89, 20_000
_THREE_DIGITS = re.compile(r"\d{3}\*\*")
_HIDDEN = "000**"
_STANDARD = (PERSONA, CLASS_SIZE, *KEYS[:3], DATE, EVENT_TYPE, OUTCOME)
_ADDED_BY_COUNTS = ("level", "count", "suppressed")


def safe_harbor(
    personas: Personas, dropped: Mapping[Hashable, str] | None = None
) -> list[dict[str, Any]]:
    """Hold a release against the eighteen identifiers of HIPAA's Safe Harbor.

    The rule is read strictly: a label of a persona counts as if it were of one person, though it is
    of a group.

    Parameters
    ----------
    personas : Personas
        The tables that are released.
    dropped : mapping of column to str, optional
        Columns of the data that were recognised as direct identifiers and left out, and why, as
        `recognised_identifiers` tells it. Only their number is told.

    Returns
    -------
    list of dict
        Per item `item` ("A" to "R"), `identifier`, `status` ("not released": no column of the
        release holds any; "met": released as far as the rule allows; "not met"; "not looked for"),
        `finding` (words; column names and counts of at least one persona's people only) and
        `left_out` (columns of the data of this kind that were left out).

    References
    ----------
    45 CFR 164.514(b)(2)(i).

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"persona_id": ["P1"], "age": ["30-39"], "geography": ["Ohio"], "class_size": [5]})
    >>> found = safe_harbor(Personas(table))
    >>> [(entry["item"], entry["status"]) for entry in found if entry["item"] in "BC"]
    [('B', 'met'), ('C', 'met')]
    """
    people = personas_to_dataframe(personas)
    events = _event_table(personas)
    found = _recognised(people, events)
    held = {item: [name for name, items in found.items() if item in items] for item in ITEMS}
    left_out = Counter(item for why in (dropped or {}).values() for item in _items_of(why))
    special = {
        "B": _places(people, events, held["B"]),
        "C": _dates_and_ages(people, events, held["C"]),
    }
    entries = []
    for item, identifier in ITEMS.items():
        status, finding = special.get(item) or _held(item, held[item])
        entries.append(
            {
                "item": item,
                "identifier": identifier,
                "status": status,
                "finding": finding,
                "left_out": left_out[item],
            }
        )
    return entries


def _event_table(personas: Personas) -> pd.DataFrame:
    counts = personas.aggregated_events
    table = personas_to_event_dataframe(personas) if counts is None else counts
    return table.drop(columns=[name for name in _ADDED_BY_COUNTS if counts is not None])


def _items_of(why: str) -> str:
    return _ITEMS_OF_KIND.get(why.rpartition(": ")[2], "R")


def _recognised(people: pd.DataFrame, events: pd.DataFrame) -> dict[Hashable, str]:
    """Give the released columns that look like direct identifiers, and the items they belong to."""
    # Twice: a row of personas is of several people, so that no label of it is one person's own.
    twice = pd.concat([people, people], ignore_index=True)
    reasons: dict[Hashable, str] = {}
    for table in (twice, events):
        numbered = table.assign(**{PERSON: np.arange(len(table))})
        names = [name for name in table.columns if name not in (PERSONA, CLASS_SIZE)]
        if names and len(table):
            reasons |= recognised_identifiers(Table.of(numbered), names)
    return {name: _items_of(why) for name, why in reasons.items()}


def _held(item: str, columns: list[Hashable]) -> tuple[str, str]:
    if columns:
        return "not met", f"{_listed(columns)}: looks like it, by its name or its values."
    if item == "Q":
        return "not released", "The files hold texts and numbers, and no column of pictures."
    if item == "R":
        return (
            "not released",
            "Ids of people and of events are not in the files; numbers of personas are drawn at "
            "random. Runs of events that only one person has are measured under risk, not here.",
        )
    by_values = " and none has values of such a form" if item in _BY_VALUES else ""
    return "not released", f"No released column is named so{by_values}."


def _places(
    people: pd.DataFrame, events: pd.DataFrame, addresses: list[Hashable]
) -> tuple[str, str]:
    """Tell which levels of places are released."""
    columns = [
        (table, name)
        for table in (people, events)
        for name in table.columns
        if name in addresses or _holds(table, name, KEYS[3])
    ]
    if not columns:
        return "not released", "No released column holds places."
    findings: Counter[str] = Counter()
    for table, name in columns:
        findings.update(_too_small(table[name]))
    if not findings:
        return "met", "No place is smaller than a state or a permitted three-digit ZIP area."
    told = ", ".join(f"{count} of {what}" for what, count in sorted(findings.items()))
    names = _listed(dict.fromkeys(name for _, name in columns))
    return "not met", f"{names}: released labels name places smaller than a state ({told})."


def _too_small(column: pd.Series) -> Iterable[str]:
    """Give the level of each distinct place that is smaller than the rule allows."""
    texts = column[~is_null(column)].astype(str).unique().tolist()
    # An empty member means "or not known".
    members = dict.fromkeys(one for text in texts for one in split_members(text) if one)
    for area in find_areas(list(members)):
        if area is None:
            yield "a place that is not known"
        elif not _is_permitted(area):
            yield f"the level {area.level}"


def _is_permitted(area: Area) -> bool:
    if LEVELS.index(area.level) >= LEVELS.index("state"):
        return True
    if not _THREE_DIGITS.fullmatch(area.label):
        return False
    inhabitants = people_of_area(area)
    return area.label == _HIDDEN or (inhabitants is not None and inhabitants > _FEWEST_INHABITANTS)


def _dates_and_ages(
    people: pd.DataFrame, events: pd.DataFrame, births: list[Hashable]
) -> tuple[str, str]:
    problems, looked = [], []
    if births:
        problems.append(f"{_listed(births)}: looks like a date of birth.")
    for table in (people, events):
        for name in table.columns:
            if name == DATE or _holds(table, name, DATE):
                looked.append(name)
                days = _shortest_period(table[name], name)
                if days is not None:
                    problems.append(
                        f"{str(name)!r}: dates are told in periods of {days} "
                        f"{'day' if days == 1 else 'days'}, where only years may be."
                    )
    if "age" in people:
        looked.append("age")
        over = np.array([_tells_old_age(label) for label in people["age"]], dtype=bool)
        if over.any():
            count = int(people.loc[over, CLASS_SIZE].sum())
            problems.append(
                f"'age': labels of {count:,} people end above {_OLDEST} or name such an age; only "
                "open ranges such as 85+ or 90+ may."
            )
    if problems:
        return "not met", " ".join(problems)
    if not looked:
        return "not released", "No released column holds dates or ages."
    return "met", f"{_listed(dict.fromkeys(looked))}: years only, and no age over {_OLDEST}."


def _shortest_period(column: pd.Series, name: Hashable) -> int | None:
    """Give the days of the shortest period that is no whole year; None if there is none."""
    present = column[~is_null(column)].drop_duplicates()
    if present.empty:
        return None
    try:
        first, last = period_bounds(present.reset_index(drop=True), column=name)
    except InputError:  # a kept column of mixed texts: as fine as can be
        return 1
    starts = first.astype("datetime64[Y]").astype("datetime64[D]")
    ends = (last.astype("datetime64[Y]") + 1).astype("datetime64[D]") - 1
    finer = (first != starts) | (last != ends)
    if not finer.any():
        return None
    return int((last - first)[finer].astype(int).min()) + 1


def _tells_old_age(text: Any) -> bool:
    """Tell whether a label says more of an age over 89 than that it is one."""
    label = parse_label(text)
    members = label.members if isinstance(label, ValueSet) else (label,)
    for one in members:
        if isinstance(one, Interval):
            # Open ranges up to 90+ say of the old no more than the one category that is allowed.
            if _OLDEST < one.high < np.inf or one.low > _OLDEST + 1:
                return True
        elif isinstance(one, int | float) and one > _OLDEST:
            return True
    return False


def _holds(table: pd.DataFrame, name: Hashable, ours: str) -> bool:
    """Tell whether a column holds places, or dates: by its role, its name or its values."""
    if name == ours:
        return True
    if name in _STANDARD:
        return False
    if our_name_for(name) == ours and not pd.api.types.is_numeric_dtype(table[name]):
        return True
    return ColumnContent(table[name]).share_of(ours) >= 0.5


def _listed(names: Iterable[Hashable]) -> str:
    return ", ".join(repr(str(name)) for name in names)
