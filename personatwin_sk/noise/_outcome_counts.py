"""How often each event type has each outcome, and in how many people."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import InputError

__all__ = [
    "MOST_OUTCOMES",
    "Tally",
    "count_outcomes",
    "objects",
    "refuse_too_many",
    "refuse_too_many_pairs",
    "scalars",
]

# A column with more distinct outcomes than this is an amount or an id: its matrix would have as
# many rows and columns, and exchanging its values means nothing.
MOST_OUTCOMES = 2_000
# Event types times outcomes: more (400 MB) is a column of ids, or of free text.
_MOST_PAIRS = 50_000_000


@dataclass(frozen=True)
class Tally:
    """Counts of outcomes by event type.

    Attributes
    ----------
    outcomes : ndarray of object, shape (n_outcomes,)
        Distinct outcomes in sorted order, none of them null.
    types : list
        Distinct event types; null is None.
    counts : ndarray of int64, shape (n_types, n_outcomes)
    people : ndarray of int64, shape (n_types,)
        People with an outcome of the type.
    """

    outcomes: np.ndarray
    types: list[Any]
    counts: np.ndarray
    people: np.ndarray

    def shown(self) -> dict[Any, list[Any]]:
        """Give the outcomes that each event type has been seen with."""
        return {
            event_type: list(self.outcomes[row > 0])
            for event_type, row in zip(self.types, self.counts, strict=True)
        }

    def of_type(self, event_type: Any, allowed: list[Any], pool_below: int) -> np.ndarray:
        """Count the allowed outcomes of an event type.

        Parameters
        ----------
        event_type : event type
        allowed : list of outcomes
        pool_below : int
            A type with fewer people than this is counted together with all others.

        Returns
        -------
        numpy.ndarray of int64, shape (len(allowed),)
        """
        place = {value: code for code, value in enumerate(self.outcomes)}
        number = {name: i for i, name in enumerate(self.types)}.get(event_type)
        if number is None or self.people[number] < pool_below:
            row = self.counts.sum(axis=0)
        else:
            row = self.counts[number]
        codes = np.array([place.get(value, -1) for value in allowed], dtype=np.int64)
        # One place more, for what was not seen at all.
        result: np.ndarray = np.append(row, 0)[codes]
        return result


def count_outcomes(
    outcome: pd.Series, given: pd.Series | None, people: np.ndarray | None, column: Hashable
) -> Tally:
    """Count outcomes by event type; a null outcome is not counted, a null type is a type (None).

    Parameters
    ----------
    outcome : pandas.Series of shape (n,)
    given : pandas.Series of shape (n,) or None
        None: one type, None, for all rows.
    people : numpy.ndarray of int64, shape (n,), or None
        Whose row it is, by number; None: each row is a person of its own.
    column : column
        The outcomes' name, for messages.

    Raises
    ------
    InputError
        There are too many outcomes or event types for columns of such; the message counts them.
    """
    known = np.flatnonzero(~is_null(outcome))
    codes, values = factorize(outcome.iloc[known].reset_index(drop=True))
    refuse_too_many(len(values), column)
    if given is None:
        types, type_codes = [None], np.zeros(len(outcome), dtype=np.int64)
    else:
        type_codes, type_values = factorize(given)
        types = scalars(type_values)
    refuse_too_many_pairs(len(types), len(values))
    type_codes = type_codes[known]
    pairs = type_codes * len(values) + codes
    counts = np.bincount(pairs, minlength=len(types) * len(values))
    if people is None:
        n_people = np.bincount(type_codes, minlength=len(types))
    else:
        owned = pd.unique(type_codes * (int(people.max(initial=0)) + 1) + people[known])
        of_types = owned // (int(people.max(initial=0)) + 1)
        n_people = np.bincount(of_types, minlength=len(types))
    return Tally(objects(scalars(values)), types, counts.reshape(len(types), len(values)), n_people)


def scalars(values: pd.Series) -> list[Any]:
    """Give plain values, null as None: they are compared by what they are, not by their dtype."""
    return values.astype(object).where(~is_null(values), None).tolist()


def objects(values: list[Any]) -> np.ndarray:
    """Give an array of objects, whatever they are."""
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


def refuse_too_many(n_outcomes: int, column: Hashable) -> None:
    """Refuse a column that is none of outcomes."""
    if n_outcomes > MOST_OUTCOMES:
        raise InputError(
            f"Column {column!r} has {n_outcomes} distinct outcomes, more than {MOST_OUTCOMES}; "
            "that is no column of outcomes. Name another one in the parameter columns."
        )


def refuse_too_many_pairs(n_types: int, n_outcomes: int) -> None:
    """Refuse event types that are none."""
    if n_types * n_outcomes > _MOST_PAIRS:
        raise InputError(
            f"The column of the parameter given has {n_types} distinct event types, for "
            f"{n_outcomes} outcomes; that is no column of event types."
        )
