"""Which column plays which part: suggested from names and contents, with the reason."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import InputError
from personatwin_sk.identifiers._content import ContentReader
from personatwin_sk.identifiers._names import identifier_in_name
from personatwin_sk.release._column_content import ColumnContent
from personatwin_sk.release._column_names import our_name_for
from personatwin_sk.release._refusals import are_numbers_of_things

__all__ = ["suggest_roles"]

# In this order: what is found first says what later columns can be.
_TRAITS = ("age", "date_of_birth", "gender", "ethnicity", "geography")
_OF_EVENTS = ("date", "event_type", "outcome")
_NEAR_UNIQUE, _FEWEST = 0.9, 20
_MAJORITY = 0.5
# A column with fewer distinct values than this share of rows numbers no people.
_LEAST_SHARE_OF_PEOPLE = 0.01


def suggest_roles(frame: Any) -> pd.DataFrame:
    """Suggest which part each column of a table plays in a release, and say why.

    Suggestions are a start, not a proof: look through them, then load the file with ``columns=``
    made of those you agree with.

    Parameters
    ----------
    frame : pandas, polars or pyarrow table
        As it came, under whatever names.

    Returns
    -------
    pandas.DataFrame of shape (n_columns, 5)
        A row per column, in the order of the table:

        - ``column``: its name;
        - ``role``: "person_id", "event_id", "direct_identifier" (to be dropped),
          "quasi_identifier" (what personas are made of), "date", "event_type", "outcome",
          "event_detail" (varies within a person), "free_text" (to be dropped), "constant" or
          "empty";
        - ``ours``: what the loaders call it, or None;
        - ``count``: its distinct values;
        - ``reason``: in words, without any value.

    Raises
    ------
    InputError
        If the table has no named columns or no rows.

    See Also
    --------
    load_people_events : Takes ``columns``, our name -> the file's.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk import suggest_roles
    >>> file = pd.DataFrame(
    ...     {"inmate_no": [7, 7, 8], "sex": ["M", "M", "F"], "mail": ["a@b.org"] * 3}
    ... )
    >>> roles = suggest_roles(file)
    >>> roles[["column", "role", "ours"]]
          column               role       ours
    0  inmate_no          person_id  person_id
    1        sex   quasi_identifier     gender
    2       mail  direct_identifier       None
    >>> roles.dropna(subset="ours").set_index("ours")["column"].to_dict()
    {'person_id': 'inmate_no', 'gender': 'sex'}
    """
    table = Table.of(frame)
    if table.kind == "array":
        raise InputError("suggest_roles needs a table with named columns, not an array")
    if not table.n_rows:
        raise InputError("The table has no rows")
    return _Suggestions(table).as_frame()


class _Suggestions:
    """The columns of one table, and what has been found of them so far."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._content = {name: ColumnContent(table[name]) for name in table.columns}
        self._found: dict[Hashable, tuple[str, str | None, str]] = {}
        self._find_empty()
        self._find_parts(_TRAITS)
        self._person = self._find_person()
        self._find_parts(_OF_EVENTS)
        self._find_event_id()
        self._find_identifiers()
        self._find_the_rest()

    def as_frame(self) -> pd.DataFrame:
        rows = [
            (name, role, ours, self._content[name].n_distinct, reason)
            for name, (role, ours, reason) in ((n, self._found[n]) for n in self._table.columns)
        ]
        frame = pd.DataFrame(rows, columns=["column", "role", "ours", "count", "reason"])
        frame["ours"] = frame["ours"].astype(object).where(frame["ours"].notna(), None)
        return frame

    def _open(self) -> list[Hashable]:
        return [name for name in self._table.columns if name not in self._found]

    def _find_empty(self) -> None:
        for name, content in self._content.items():
            if not content.n_distinct:
                self._found[name] = ("empty", None, "all values are missing")

    def _find_parts(self, parts: tuple[str, ...]) -> None:
        """Find the column of each part: that with our name, else by name and content."""
        for ours in parts:
            if ours == "date_of_birth" and self._has("age"):
                continue  # the age is there, and a date of birth is a direct identifier
            candidates = [
                (
                    name != ours,
                    # Events have dates of their own; people have one of birth, of entry ...
                    ours == "date" and self._is_constant_within_person(name),
                    our_name_for(name) != ours,
                    -share,
                    place,
                    name,
                )
                for place, name in enumerate(self._open())
                if (share := self._share_that_fits(name, ours)) is not None
            ]
            if candidates:
                *_, name = min(candidates)
                self._found[name] = (
                    "quasi_identifier" if parts is _TRAITS else ours,
                    ours,
                    self._reason(name, ours),
                )

    def _share_that_fits(self, name: Hashable, ours: str) -> float | None:
        """Give the share of rows that read as the part; None where the column is not meant."""
        content = self._content[name]
        share = content.share_of(ours)
        if name == ours:
            return share
        if our_name_for(name) == ours:
            # Codes such as 1 and 2 for men and women fit by name alone; dates and ages have to.
            return (
                share
                if share >= _MAJORITY or ours not in ("age", "date_of_birth", "date")
                else None
            )
        by_content = ours not in ("age", "date_of_birth") and our_name_for(name) is None
        if ours == "date" and self._is_constant_within_person(name):
            return None
        return share if by_content and share >= _MAJORITY and content.n_distinct > 1 else None

    def _reason(self, name: Hashable, ours: str) -> str:
        n_fit, n = self._content[name].n_that_fit(ours), self._content[name].n_read
        by_name = "its name says so" if our_name_for(name) == ours else "by what is in it"
        what = {
            "age": "ages",
            "date_of_birth": "dates, of which ages are made",
            "gender": "genders that the census knows",
            "ethnicity": "ethnicities that the census knows",
            "geography": "places of the United States",
            "date": "dates",
            "event_type": "event types of a domain",
            "outcome": "outcomes of a domain",
        }[ours]
        return f"{by_name}; {n_fit} of {n} values are {what}"

    def _has(self, ours: str) -> bool:
        return any(found[1] == ours for found in self._found.values())

    def _find_person(self) -> Hashable | None:
        if "person_id" in self._open():
            name: Hashable = "person_id"
            reason = "its name says so"
        else:
            by_name = [name for name in self._open() if our_name_for(name) == "person_id"]
            by_content = [name for name in self._open() if self._may_number_people(name)]
            both = [name for name in by_name if name in by_content]
            candidates = both or by_name or by_content
            if not candidates:
                return None
            name = candidates[0]
            reason = (
                "its name says so"
                if name in by_name
                else "looks like a number of people, for what describes them goes with it"
            )
        n_people = self._content[name].n_distinct
        self._found[name] = (
            "person_id",
            "person_id",
            f"{reason}; {n_people} people in {self._table.n_rows} rows",
        )
        return name

    def _may_number_people(self, name: Hashable) -> bool:
        """Tell whether a column looks like ids and what describes people depends on it."""
        content = self._content[name]
        n_least = max(_FEWEST, _LEAST_SHARE_OF_PEOPLE * self._table.n_rows)
        traits = [n for n, found in self._found.items() if found[1] in _TRAITS]
        return (
            our_name_for(name) is None
            and content.looks_like_ids
            and content.n_distinct >= n_least
            and (bool(traits) or content.n_distinct == self._table.n_rows)
            and all(self._depends_on(trait, name) for trait in traits)
        )

    def _depends_on(self, name: Hashable, on: Hashable) -> bool:
        """Tell whether each value of one column goes with one value of another."""
        _, first = group_rows([self._content[on].codes, self._content[name].codes])
        return len(first) == len(np.unique(self._content[on].codes))

    def _is_constant_within_person(self, name: Hashable) -> bool:
        person = getattr(self, "_person", None)
        return person is not None and self._depends_on(name, person)

    def _find_event_id(self) -> None:
        if self._person is None:
            return
        n_rows = self._table.n_rows
        repeats = self._content[self._person].n_distinct < n_rows
        for name in self._open():
            content = self._content[name]
            says_so = our_name_for(name) == "event_id"
            unique = content.looks_like_ids and content.n_distinct >= max(
                _FEWEST, _NEAR_UNIQUE * n_rows
            )
            if name == "event_id" or (repeats and says_so and content.n_distinct > n_rows / 2):
                reason = "its name says so"
            elif repeats and unique and identifier_in_name(str(name)) is None:
                reason = "nearly every row has a value of its own"
            else:
                continue
            if self._has("event_id"):
                reason, ours = reason + ", and event_id is another column", None
            else:
                ours = "event_id"
            self._found[name] = ("event_id", ours, reason)

    def _find_identifiers(self) -> None:
        renamed = self._table
        if self._person is not None and self._person != "person_id":
            # A value that a person repeats is that person's own: the reader has to know the people.
            frame = self._table.to_pandas().rename(columns={self._person: "person_id"})
            renamed = Table.of(frame.loc[:, ~frame.columns.duplicated()])
        reader = ContentReader(renamed)
        for name in self._open():
            kind = identifier_in_name(str(name))
            if kind is not None:
                self._found[name] = ("direct_identifier", None, f"its name says: {kind}")
            elif (kind := reader.identifier_in(name)) is not None:
                role = "free_text" if self._content[name].is_free_text else "direct_identifier"
                self._found[name] = (role, None, f"its values look like: {kind}")

    def _find_the_rest(self) -> None:
        for name in self._open():
            content = self._content[name]
            distinct = f"{content.n_distinct} distinct values"
            if content.is_free_text:
                found = ("free_text", "texts of many words that hardly repeat")
            elif content.n_distinct == 1 and content.n_present == self._table.n_rows:
                found = ("constant", "one value in all rows tells nobody apart")
            elif self._person is None:
                found = ("quasi_identifier", f"{distinct}; nothing says that it is of events")
            elif not self._depends_on(name, self._person):
                found = ("event_detail", f"{distinct}; varies within a person")
            elif (
                content.looks_like_ids
                and content.n_distinct
                >= max(_FEWEST, _NEAR_UNIQUE * self._content[self._person].n_distinct)
                and (not content.are_digits or are_numbers_of_things(name, content.distinct))
            ):
                found = ("direct_identifier", "nearly every person has a value of their own")
            else:
                found = ("quasi_identifier", f"{distinct}; one for each person")
            self._found[name] = (found[0], None, found[1])
