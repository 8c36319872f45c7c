"""Information kept: one minus what the release lost, column by column."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize
from personatwin_sk._core.dates import period_bounds
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.hierarchy import read_hierarchies
from personatwin_sk._core.roles import find_column, find_columns, person_codes
from personatwin_sk.exceptions import InputError
from personatwin_sk.merging import certainty_penalty
from personatwin_sk.utility._tables import Columns, require_aligned, suppressed_rows

__all__ = ["InformationKept", "information_kept", "ncp"]


def information_kept(
    original: Any,
    released: Any,
    quasi_identifiers: Columns,
    *,
    person_id: Hashable | None = None,
    dates: Columns = (),
    outcomes: Columns = (),
    hierarchies: Mapping[Any, Any] | None = None,
) -> float:
    """Measure how much of a table is left in its release.

    One minus the mean, over the key variables and event columns, of what each of them lost:

    - a **key variable** loses its normalised certainty penalty (NCP): per class of people who share
      a released row, the span of their *original* values over the range of the column (ordered
      values), the distinct values less one over those of the column less one (unordered values), or
      the finest places below their common ancestor over all of them; averaged over people;
    - a **date** column loses the distance of the true day to the middle of what was released (a
      day, or a period such as "2023-Q2"), over the range of the original dates, at most 1; averaged
      over rows. A week is released as its first day and is measured from there;
    - an **outcome** column loses the share of its values that changed.

    What was suppressed is lost wholly: it counts 1 in every column. A person is suppressed where
    their released person id is null; without one, where all released key variables are null and
    not all of the original ones were. Null is a value of its own: null that stays null loses
    nothing, a date that became null (or was none before) is lost wholly.

    Parameters
    ----------
    original, released : table or array-like of shape (n_rows, n_columns)
        The table before and after; row i of one is row i of the other.
    quasi_identifiers : column or sequence of columns
        The key variables.
    person_id : column, optional
        Whose row it is, read from `original`. None: one row is one person. Where the rows of one
        person disagree, each counts with its share of that person's rows.
    dates, outcomes : column or sequence of columns, default=()
        The event columns.
    hierarchies : mapping of column -> Hierarchy or table, optional
        Key variables whose *original* values are labels of a hierarchy of the user's own; a table
        has one row per finest value and one column per level, the finest first. Places of the US
        need none.

    Returns
    -------
    float
        From 0 (nothing is left) to 1 (nothing is lost). Up is good.

    Raises
    ------
    ColumnNotFoundError
        A named column is in one of the tables only, or in none.
    InputError
        The tables do not align row by row, are empty, no column is named, or values are not in
        their hierarchy.

    References
    ----------
    .. [1] Xu, Wang, Pei, Wang, Shi and Fu (2006). Utility-based anonymization using local
       recoding. KDD 2006. (The normalised certainty penalty.)

    Examples
    --------
    Two people of 30 and 40 share a released age: in their class, age spans a third of its range.

    >>> import pandas as pd
    >>> before = pd.DataFrame({"age": [30, 40, 60], "date": ["2023-01-01"] * 2 + ["2023-01-11"]})
    >>> after = pd.DataFrame({"age": [30, 30, 60], "date": ["2023-01-01"] * 2 + ["2023-01-05"]})
    >>> round(information_kept(before, after, "age"), 4)  # 1 - (1/3 + 1/3 + 0) / 3
    0.7778
    >>> information_kept(before, after, [], dates="date")  # 1 - (0 + 0 + 6/10) / 3
    0.8
    """
    measure = InformationKept(
        original,
        quasi_identifiers,
        person_id=person_id,
        dates=dates,
        outcomes=outcomes,
        hierarchies=hierarchies,
    )
    return measure(released)


def ncp(
    original: Any,
    released: Any,
    quasi_identifiers: Columns,
    *,
    person_id: Hashable | None = None,
    hierarchies: Mapping[Any, Any] | None = None,
) -> float:
    """Measure the normalised certainty penalty of a release.

    The mean over key variables of the mean over people of how much of a column's range their class
    spans, as :func:`information_kept` defines it.

    Parameters
    ----------
    original, released, quasi_identifiers, person_id, hierarchies
        As in :func:`information_kept`.

    Returns
    -------
    float
        From 0 (every class holds one value of each column) to 1. Down is good.

    Raises
    ------
    ColumnNotFoundError
        A named column is in one of the tables only, or in none.
    InputError
        The tables do not align row by row, are empty, no column is named, or values are not in
        their hierarchy.

    References
    ----------
    .. [1] Xu, Wang, Pei, Wang, Shi and Fu (2006). Utility-based anonymization using local
       recoding. KDD 2006.

    Examples
    --------
    >>> import pandas as pd
    >>> before = pd.DataFrame({"age": [20, 30, 40, 60]})
    >>> ncp(before, before.assign(age=["20-30", "20-30", "40-60", "40-60"]), "age")
    0.375
    """
    measure = InformationKept(
        original, quasi_identifiers, person_id=person_id, hierarchies=hierarchies
    )
    return 1.0 - measure(released)


class InformationKept:
    """:func:`information_kept` with all that depends on the original alone computed once.

    A search measures many releases of one table; parsing its dates again for each of them would
    cost more than the measure itself.
    """

    def __init__(
        self,
        original: Any,
        quasi_identifiers: Columns,
        *,
        person_id: Hashable | None = None,
        dates: Columns = (),
        outcomes: Columns = (),
        hierarchies: Mapping[Any, Any] | None = None,
    ) -> None:
        table, owner = Table.of(original), "information_kept"
        if table.n_rows == 0:
            raise InputError("information_kept: the original table has no rows.")
        self._keys = find_columns(
            table, quasi_identifiers, parameter="quasi_identifiers", owner=owner
        )
        self._dates = find_columns(table, dates, parameter="dates", owner=owner)
        self._outcomes = find_columns(table, outcomes, parameter="outcomes", owner=owner)
        if not (self._keys or self._dates or self._outcomes):
            raise InputError(
                "information_kept: there is no column to measure; "
                "name quasi_identifiers, dates or outcomes."
            )
        self._hierarchies = read_hierarchies(hierarchies, table, self._keys, owner=owner)
        self._table = table
        self._person_id = find_column(table, person_id, parameter="person_id", owner=owner)
        people, self._n_people = person_codes(table, self._person_id)
        self._row_weight = 1.0 / np.bincount(people, minlength=self._n_people)[people]
        key_codes = [factorize(table[name])[0] for name in self._keys]
        # Rows of one person with the same key variables are measured together, as one.
        self._profile_of_row, _ = group_rows([people, *key_codes])
        self._days = {name: _middle_days(table[name], name) for name in self._dates}
        self._outcome_codes = {name: factorize(table[name]) for name in self._outcomes}

    def __call__(self, released: Any) -> float:
        """Measure one release."""
        losses = [loss for _, loss in self.losses(released)]
        return float(np.clip(1.0 - np.mean(losses), 0.0, 1.0))

    def losses(self, released: Any) -> list[tuple[Hashable, float]]:
        """Give what each key variable, date and outcome of a release lost, from 0 to 1."""
        after = Table.of(released)
        require_aligned(self._table, after, owner="information_kept")
        for parameter, names in (
            ("quasi_identifiers", self._keys),
            ("dates", self._dates),
            ("outcomes", self._outcomes),
        ):
            find_columns(
                after, names, parameter=parameter, owner="information_kept (released table)"
            )
        suppressed = suppressed_rows(self._table, after, self._keys, self._person_id)
        losses = self._key_losses(after, suppressed)
        losses += [
            _date_loss(self._days[name], _middle_days(after[name], name), suppressed)
            for name in self._dates
        ]
        losses += [
            _outcome_loss(self._outcome_codes[name], after[name], suppressed)
            for name in self._outcomes
        ]
        names = [*self._keys, *self._dates, *self._outcomes]
        return list(zip(names, losses, strict=True))

    def _key_losses(self, after: Table, suppressed: np.ndarray) -> list[float]:
        if not self._keys:
            return []
        class_of_row, _ = group_rows([factorize(after[name])[0] for name in self._keys])
        class_of_row = np.where(suppressed, -1, class_of_row)
        group, first = group_rows([self._profile_of_row, class_of_row + 1])
        weights = np.bincount(group, weights=self._row_weight)
        classes = class_of_row[first]
        return [
            certainty_penalty(
                self._table[name].iloc[first].reset_index(drop=True),
                classes,
                weights,
                hierarchy=self._hierarchies.get(name),
            )
            for name in self._keys
        ]


def _middle_days(series: pd.Series, name: Hashable) -> np.ndarray:
    """Give the middle of each date or period in days since 1970; NaN for null."""
    start, end = period_bounds(series, column=name)
    middle = (start.astype(np.int64).astype(float) + end.astype(np.int64).astype(float)) / 2.0
    return np.where(np.isnat(start), np.nan, middle)


def _date_loss(before: np.ndarray, after: np.ndarray, suppressed: np.ndarray) -> float:
    known = ~np.isnan(before)
    span = float(np.ptp(before[known])) if known.any() else 0.0
    distance = np.abs(after - before)
    # Where all dates are one day, any other day is as far away as can be.
    loss = np.minimum(distance / span, 1.0) if span > 0.0 else (distance > 0.0).astype(float)
    became_null = np.isnan(after)
    loss = np.where(known & ~became_null, loss, (known != ~became_null).astype(float))
    return float(np.where(suppressed, 1.0, loss).mean())


def _outcome_loss(
    before: tuple[np.ndarray, pd.Series], after: pd.Series, suppressed: np.ndarray
) -> float:
    codes, values = before
    null = is_null(values)
    code_of = {value: code for code, value in enumerate(values.tolist()) if not null[code]}
    null_code = int(np.flatnonzero(null)[0]) if null.any() else -1
    after_codes, after_values = factorize(after)
    translated = np.array(
        [
            null_code if missing else code_of.get(value, -1)
            for value, missing in zip(after_values.tolist(), is_null(after_values), strict=True)
        ],
        dtype=np.int64,
    )
    return float(np.where(suppressed, True, translated[after_codes] != codes).mean())
