"""IdentifierRemover: columns that say outright who somebody is are dropped."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from numbers import Integral
from typing import Any

from personatwin_sk._core.base import TableTransformer
from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_columns
from personatwin_sk.exceptions import InputError, NothingSelectedWarning
from personatwin_sk.identifiers._content import ContentReader
from personatwin_sk.identifiers._names import identifier_in_name

__all__ = ["IdentifierRemover"]


class IdentifierRemover(TableTransformer):
    """Drop direct identifiers: names, numbers, addresses and whatever is all but unique.

    Parameters
    ----------
    columns : str, int, sequence of these, or None, default=None
        The columns to drop: names for tables, positions for arrays. None = those that are
        recognised, by their name ("Full Name", ``ssn``, ``street_address``, ``dob`` ...) or by
        what is in them (e-mail addresses, telephone and Social Security numbers, web and IP
        addresses, names of persons, other text that hardly two people share). If none is
        recognised, a `NothingSelectedWarning` is given and the table stays as it is.
    keep : str, int, or sequence of these, default=()
        Columns that are never dropped, whatever they look like.

    Attributes
    ----------
    removed_ : dict of column -> str
        Which columns are dropped, and why; no value is in it.

    Notes
    -----
    `person_id`, `event_id`, `geography` and `date` are columns that later steps read and replace,
    so they are not judged by what is in them; name them in `columns` to drop them. Text is near
    unique if at least 90 % of its values are distinct among at least 20 rows; where there is a
    column `person_id`, a person's repeated value counts once. What is in a column is judged by
    `fit` only, and `transform` drops the same columns from any table.

    Recognising is a safety net, not a proof that nothing was missed. The kinds of identifiers are
    those of the US privacy rule for health data, 45 CFR 164.514(b)(2)(i).

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.identifiers import IdentifierRemover
    >>> people = pd.DataFrame(
    ...     {"Full Name": ["Ada Lee", "Al Hale"], "contact": ["a@x.org", "b@x.org"], "age": [1, 2]}
    ... )
    >>> remover = IdentifierRemover().fit(people)
    >>> remover.removed_
    {'Full Name': 'its name says: name of a person',
     'contact': 'its values look like: e-mail address'}
    >>> remover.transform(people).columns.tolist()
    ['age']
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "columns": [None, str, Integral, "array-like"],
        "keep": [str, Integral, "array-like"],
    }

    def __init__(self, columns: Any = None, *, keep: Any = ()) -> None:
        self.columns = columns
        self.keep = keep

    def _fit(self, table: Table) -> None:
        owner = type(self).__name__
        kept = set(find_columns(table, self.keep, parameter="keep", owner=owner))
        if self.columns is None:
            found = _recognize(table, [name for name in table.columns if name not in kept])
        else:
            named = find_columns(table, self.columns, parameter="columns", owner=owner)
            found = {name: "named by `columns`" for name in named if name not in kept}
        if len(found) == len(table.columns):
            raise InputError(
                f"{owner}: all {len(found)} feature(s) of the table would be dropped as direct "
                "identifiers. Name in `keep` those that are none."
            )
        if not found and self.columns is None:
            warnings.warn(
                f"{owner}: no column was recognised as a direct identifier, so nothing is dropped. "
                "If there are any, name them in `columns`.",
                NothingSelectedWarning,
                stacklevel=4,
            )
        self.removed_ = found
        # Remembered by position as well, so that a table may follow an array.
        self._positions = [table.columns.index(name) for name in found]

    def _transform(self, table: Table) -> Table:
        return table.drop(table.columns[position] for position in self._positions)

    def _columns_out(self, positions: list[int]) -> list[int]:
        return [position for position in positions if position not in self._positions]


def _recognize(table: Table, names: list[Hashable]) -> dict[Hashable, str]:
    """Return the columns that are direct identifiers, in the order of the table, and why."""
    reader = ContentReader(table)
    found: dict[Hashable, str] = {}
    for name in names:
        kind = identifier_in_name(name) if isinstance(name, str) else None
        if kind is not None:
            found[name] = f"its name says: {kind}"
        elif (kind := reader.identifier_in(name)) is not None:
            found[name] = f"its values look like: {kind}"
    return found
