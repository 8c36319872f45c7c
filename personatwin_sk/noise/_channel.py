"""One column's exchange of outcomes: for each event type a matrix over what that type allows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.noise._exchange import Exchange
from personatwin_sk.noise._mechanisms import draw
from personatwin_sk.noise._outcome_counts import (
    count_outcomes,
    objects,
    refuse_too_many,
    refuse_too_many_pairs,
    scalars,
)

__all__ = ["OutcomeChannel"]

_NULL, _UNKNOWN = -1, -2


class OutcomeChannel:
    """What one outcome column allows, by event type, and the exchange of each type.

    Parameters
    ----------
    outcome : pandas.Series of shape (n,)
    given : pandas.Series of shape (n,) or None
        The event types; None: one type, None, for all rows.
    people : numpy.ndarray of int64, shape (n,), or None
        Whose row it is, by number; None: each row is a person of its own.
    allowed : mapping of event type -> sequence of outcomes
        Types that it does not name allow what the data show.
    make_exchange : callable
        From an event type, its allowed outcomes and their counts to its exchange.
    pool_below : int
        Types with fewer people than this are counted together with all others.
    column, given_column : column
        Their names, for messages.

    Attributes
    ----------
    supports : dict of event type -> list of the allowed outcomes, in the order of the exchange
        Types that allow nothing are absent. The null event type is None.
    exchanges : dict of event type -> Exchange
    n_learned : int
        How many event types allow what the data show, for nobody declared what they allow.
    """

    def __init__(
        self,
        outcome: pd.Series,
        given: pd.Series | None,
        people: np.ndarray | None,
        allowed: Mapping[Any, Sequence[Any]],
        make_exchange: Callable[[Any, list[Any], np.ndarray], Exchange],
        *,
        pool_below: int,
        column: Hashable,
        given_column: Hashable | None,
    ) -> None:
        self._column = column
        self._given_column = given_column
        tally = count_outcomes(outcome, given, people, column)
        supports = tally.shown() | {name: list(own) for name, own in allowed.items()}
        self.supports: dict[Any, list[Any]] = {name: own for name, own in supports.items() if own}
        self.n_learned = len(set(self.supports) - set(allowed))
        self.exchanges: dict[Any, Exchange] = {}
        for event_type, own in self.supports.items():
            refuse_too_many(len(own), column)
            counts = tally.of_type(event_type, own, pool_below)
            self.exchanges[event_type] = make_exchange(event_type, own, counts)
        self._lay_out(set(allowed))
        self._look_up(outcome, given)  # the table of fit has to obey `allowed` too

    def _lay_out(self, declared: set[Any]) -> None:
        """Number the rows of all exchanges; after those of a type comes what is drawn anew."""
        distinct = dict.fromkeys(value for own in self.supports.values() for value in own)
        self._outcomes = objects(list(distinct))
        self._outcome_code = {value: code for code, value in enumerate(distinct)}
        self._type_code = {event_type: code for code, event_type in enumerate(self.supports)}
        n_types, n_outcomes = len(self.supports), len(distinct)
        refuse_too_many_pairs(n_types + 1, n_outcomes + 2)
        # By type and outcome; the last type, and the last outcome but one, are those not known.
        self._row = np.full((n_types + 1, n_outcomes + 2), _UNKNOWN, dtype=np.int64)
        self._row[:, _NULL] = _NULL
        self._lines: list[np.ndarray] = []
        self._is_new: list[bool] = []
        members: list[np.ndarray] = []
        for number, (event_type, own) in enumerate(self.supports.items()):
            exchange, first = self.exchanges[event_type], len(self._lines)
            codes = np.array([self._outcome_code[value] for value in own], dtype=np.int64)
            self._row[number, :_NULL] = first + len(own)
            self._row[number, codes] = np.arange(first, first + len(own))
            self._lines += [*exchange.weights, exchange.anew]
            self._is_new += [False] * len(own) + [True]
            members.append(codes)
        widths = np.array([len(codes) for codes in members], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(widths)[:-1]]).astype(np.int64)[: len(widths)]
        self._members = np.concatenate([np.zeros(0, dtype=np.int64), *members])
        self._start = np.repeat(starts, widths + 1)  # where the outcomes of a row's type begin
        self._is_declared = np.array([*(name in declared for name in self.supports), False])

    def release(
        self,
        outcome: pd.Series,
        given: pd.Series | None,
        numbers: np.ndarray,
        withheld: np.ndarray | None = None,
    ) -> pd.Series:
        """Draw the released outcomes.

        Parameters
        ----------
        outcome, given : pandas.Series of shape (n,)
            `given` is None where there was none at fit.
        numbers : numpy.ndarray of int64, shape (n,)
            One keyed number from 0 to ``TOTAL`` - 1 per row.
        withheld : numpy.ndarray of bool, shape (n,), optional
            Rows whose outcome is released as null.

        Returns
        -------
        pandas.Series of shape (n,)
            Null where the outcome is null. What was not seen at fit is not released: an outcome
            that is new for its event type is drawn anew from those seen with it, and is null if
            there were none; one warning counts them.

        Raises
        ------
        InputError
            Some outcomes are not among those that are declared for their type; the message counts
            them.
        """
        rows, codes, n_new = self._look_up(outcome, given)
        if n_new:
            self._warn_of_new(n_new, int((codes != _NULL).sum()))
        if withheld is not None:
            rows = np.where(withheld, _NULL, rows)
        drawn: Any = slice(None) if (rows >= 0).all() else np.flatnonzero(rows >= 0)
        released = np.full(len(rows), _NULL, dtype=np.int64)
        own = rows[drawn]
        released[drawn] = self._members[self._start[own] + draw(self._lines, own, numbers[drawn])]
        return self._write(outcome, codes, released)

    def _write(self, outcome: pd.Series, codes: np.ndarray, released: np.ndarray) -> pd.Series:
        """Put released outcomes where they differ from the true ones."""
        if isinstance(outcome.dtype, pd.StringDtype):
            # Text that is stored as such is taken from a short list, without an object per row.
            texts = pd.array(self._outcomes, dtype=outcome.dtype)
            return pd.Series(texts.take(released, allow_fill=True))
        result = outcome.to_numpy(dtype=object, copy=True)
        changed = np.flatnonzero(released != codes)
        result[changed] = self._outcomes[released[changed]]
        result[(released < 0) & (codes != _NULL)] = None
        column = pd.Series(result, dtype=object)
        # Numbers came in as numbers, and go out so.
        return column.infer_objects() if pd.api.types.is_numeric_dtype(outcome.dtype) else column

    def _look_up(
        self, outcome: pd.Series, given: pd.Series | None
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """Find the row of the exchanges that each value draws from.

        Returns
        -------
        rows : numpy.ndarray of int64, shape (n,)
            Negative: no outcome, or an event type of which no outcome is known.
        codes : numpy.ndarray of int64, shape (n,)
            The true outcomes; -1 for null, -2 for one that is not known at all.
        n_new : int
            How many outcomes are new for their event type.
        """
        raw, known = _code(outcome, self._outcome_code, null=_NULL, unknown=_UNKNOWN)
        if given is None:
            types = np.array([self._type_code.get(None, -1)])
            pairs = raw
        else:
            # The code of an unknown type, -1, is the last row; the null type is a type.
            null = self._type_code.get(None, -1)
            raw_types, types = _code(given, self._type_code, null=null, unknown=-1)
            pairs = raw_types * len(known) + raw
        table = self._row[types[:, np.newaxis], known]
        is_new = (table == _UNKNOWN) | np.array([*self._is_new, False])[table]
        n_new = 0
        if is_new.any():
            times = np.bincount(pairs, minlength=table.size).reshape(table.shape) * is_new
            n_new = int(times.sum())
            n_refused = int(times[self._is_declared[types]].sum())
            if n_refused:
                self._refuse(n_refused, int((known[raw] != _NULL).sum()))
        return table.ravel()[pairs], known[raw], n_new

    def _refuse(self, n_refused: int, n_rows: int) -> None:
        raise InputError(
            f"{n_refused} of {n_rows} outcomes in column {self._column!r} are not among "
            "those that the parameter allowed names"
            + ("" if self._given_column is None else " for their value of column ")
            + ("" if self._given_column is None else repr(self._given_column))
            + "; add them to allowed, or correct them."
        )

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


def _code(
    series: pd.Series, code_of: Mapping[Any, int], *, null: int, unknown: int
) -> tuple[np.ndarray, np.ndarray]:
    """Number the distinct values of a column, and give the known code of each; null comes last."""
    raw, distinct = pd.factorize(series, use_na_sentinel=True)
    known = [code_of.get(value, unknown) for value in scalars(pd.Series(distinct))]
    raw[raw < 0] = len(known)
    return raw, np.array([*known, null], dtype=np.int64)
