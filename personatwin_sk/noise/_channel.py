"""One column's exchange of outcomes: for each event type a matrix over what that type allows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.noise._mechanisms import draw

__all__ = ["MOST_OUTCOMES", "OutcomeChannel"]

# A column with more distinct outcomes than this is an amount or an id: its matrix would have as
# many rows and columns, and exchanging its values means nothing.
MOST_OUTCOMES = 2_000


class OutcomeChannel:
    """What one outcome column allows, by event type, and the matrix of each type.

    Parameters
    ----------
    outcome : pandas.Series of shape (n,)
    given : pandas.Series of shape (n,) or None
        The event types; None: one type, None, for all rows.
    allowed : mapping of event type -> sequence of outcomes
        Types that it does not name allow what the data show.
    make_matrix : callable
        From the counts of a type's allowed outcomes to its matrix.
    column, given_column : column
        Their names, for messages.

    Attributes
    ----------
    matrices : dict of event type -> ndarray of shape (n_allowed, n_allowed)
        Rows: true outcome; columns: released outcome. The null event type is None.
    supports : dict of event type -> list of the allowed outcomes, in the order of the matrix
    """

    def __init__(
        self,
        outcome: pd.Series,
        given: pd.Series | None,
        allowed: Mapping[Any, Sequence[Any]],
        make_matrix: Callable[[np.ndarray], np.ndarray],
        *,
        column: Hashable,
        given_column: Hashable | None,
    ) -> None:
        self._column = column
        self._given_column = given_column
        seen, types, counts = _count(outcome, given, column)
        self.supports: dict[Any, list[Any]] = {
            event_type: list(seen[row > 0]) for event_type, row in zip(types, counts, strict=True)
        }
        self.supports.update({event_type: list(own) for event_type, own in allowed.items()})
        distinct = dict.fromkeys(seen)
        for own in self.supports.values():
            distinct.update(dict.fromkeys(own))
        self._outcomes = _objects(list(distinct))
        _refuse_too_many(len(self._outcomes), column)
        self._outcome_code = {value: code for code, value in enumerate(self._outcomes)}
        self._type_code = {event_type: code for code, event_type in enumerate(self.supports)}

        # Place of each outcome in the matrix of each type; -1 where the type does not allow it.
        self._place = np.full((len(self.supports), len(self._outcomes)), -1, dtype=np.int64)
        self._members: list[np.ndarray] = []
        self._weights: list[np.ndarray] = []
        self._is_declared = np.array([event_type in allowed for event_type in self.supports])
        self.matrices: dict[Any, np.ndarray] = {}
        counts_of = dict(zip(types, counts, strict=True))
        for event_type, own in self.supports.items():
            members = np.array([self._outcome_code[value] for value in own], dtype=np.int64)
            self._place[len(self._members), members] = np.arange(len(members))
            self._members.append(members)
            weights = np.zeros(len(self._outcomes), dtype=np.int64)
            if event_type in counts_of:
                weights[: len(seen)] = counts_of[event_type]
            self._weights.append(weights[members])
            self.matrices[event_type] = make_matrix(weights[members]) if own else np.empty((0, 0))
        self._encode(outcome, given)  # the table of fit has to obey `allowed` too

    def release(self, outcome: pd.Series, given: pd.Series | None, unit: np.ndarray) -> pd.Series:
        """Draw the released outcomes.

        Parameters
        ----------
        outcome, given : pandas.Series of shape (n,)
            `given` is None where there was none at fit.
        unit : numpy.ndarray of shape (n,)
            One keyed number in [0, 1) per row.

        Returns
        -------
        pandas.Series of shape (n,)
            Null where the outcome is null. What was not seen at fit is not released: an outcome
            that is new for its event type is drawn anew from those seen with it, and is null if
            there were none; one warning counts them.

        Raises
        ------
        InputError
            Some outcomes are not among those that the parameter `allowed` names for their type;
            the message counts them.
        """
        rows, types, codes = self._encode(outcome, given)
        released = codes.copy()
        new = codes < 0
        order = np.argsort(types, kind="stable")
        starts = np.searchsorted(types[order], np.arange(len(self._members) + 1))
        for number, (members, weights, matrix) in enumerate(
            zip(self._members, self._weights, self.matrices.values(), strict=True)
        ):  # one pass per event type
            own = order[starts[number] : starts[number + 1]]
            if not len(own) or not len(members):
                continue
            # A new outcome has no row of the matrix: below it stands the distribution itself.
            total = weights.sum()
            anew = weights / total if total else np.full(len(members), 1 / len(members))
            places = np.where(new[own], len(members), self._place[number, codes[own]])
            released[own] = members[draw(np.vstack([matrix, anew]), places, unit[rows[own]])]
        if new.any():
            self._warn_of_new(int(new.sum()), len(rows))
        changed = released != codes
        result = outcome.to_numpy(dtype=object, copy=True)
        result[rows[changed]] = self._outcomes[released[changed]]
        result[rows[released < 0]] = None
        column = pd.Series(result, dtype=object)
        # Numbers came in as numbers, and go out so.
        return column.infer_objects() if pd.api.types.is_numeric_dtype(outcome.dtype) else column

    def _warn_of_new(self, n_new: int, n_rows: int) -> None:
        of_type = (
            "" if self._given_column is None else f" for their value of {self._given_column!r}"
        )
        warnings.warn(
            f"{n_new} of {n_rows} outcomes in column {self._column!r} were not seen at fit"
            f"{of_type}; each is drawn anew from those that were, and is null if there were none. "
            "Name what can come in the parameter allowed.",
            DataWarning,
            stacklevel=2,
        )

    def _encode(
        self, outcome: pd.Series, given: pd.Series | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give the rows that have an outcome, and the codes of their event types and outcomes.

        The type is -1 if it is new, the outcome if it is new for its type.
        """
        rows = np.flatnonzero(~is_null(outcome))
        codes = _look_up(outcome, self._outcome_code)[rows]
        if given is None:
            types = np.zeros(len(rows), dtype=np.int64)
        else:
            types = _look_up(given, self._type_code)[rows]
        new = (types < 0) | (codes < 0)
        new[~new] = self._place[types[~new], codes[~new]] < 0
        n_refused = int((self._is_declared[types] & new & (types >= 0)).sum()) if len(rows) else 0
        if n_refused:
            raise InputError(
                f"{n_refused} of {len(rows)} outcomes in column {self._column!r} are not among "
                "those that the parameter allowed names"
                + ("" if given is None else f" for their value of column {self._given_column!r}")
                + "; add them to allowed, or correct them."
            )
        return rows, types, np.where(new, -1, codes)


def _count(
    outcome: pd.Series, given: pd.Series | None, column: Hashable
) -> tuple[np.ndarray, list[Any], np.ndarray]:
    """Count outcomes by event type; a null outcome is not counted, a null type is a type (None)."""
    known = np.flatnonzero(~is_null(outcome))
    codes, values = factorize(outcome.iloc[known].reset_index(drop=True))
    _refuse_too_many(len(values), column)
    if given is None:
        types, type_codes = [None], np.zeros(len(outcome), dtype=np.int64)
    else:
        type_codes, type_values = factorize(given)
        types = _scalars(type_values)
    pairs = type_codes[known] * len(values) + codes
    counts = np.bincount(pairs, minlength=len(types) * len(values))
    return _objects(_scalars(values)), types, counts.reshape(len(types), len(values))


def _look_up(series: pd.Series, code_of: Mapping[Any, int]) -> np.ndarray:
    codes, values = factorize(series)
    known = [code_of.get(value, -1) for value in _scalars(values)]
    return np.array(known, dtype=np.int64)[codes]


def _scalars(values: pd.Series) -> list[Any]:
    """Give plain values, null as None: they are compared by what they are, not by their dtype."""
    return values.astype(object).where(~is_null(values), None).tolist()


def _objects(values: list[Any]) -> np.ndarray:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


def _refuse_too_many(n_outcomes: int, column: Hashable) -> None:
    if n_outcomes > MOST_OUTCOMES:
        raise InputError(
            f"Column {column!r} has {n_outcomes} distinct outcomes, more than {MOST_OUTCOMES}; "
            "that is no column of outcomes. Name another one in the parameter columns."
        )
