"""OutcomeNoise: outcomes exchanged at random within what the event type allows."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.keyed import uniform_unit
from personatwin_sk._core.roles import find_column
from personatwin_sk._core.sklearn_private import Interval
from personatwin_sk.exceptions import InputError
from personatwin_sk.noise._base import KeyedNoise
from personatwin_sk.noise._channel import OutcomeChannel
from personatwin_sk.noise._mechanisms import invariant_matrix, uniform_matrix

__all__ = ["OutcomeNoise"]


class OutcomeNoise(KeyedNoise):
    r"""Exchange outcomes at random, each within what its event type allows (PRAM).

    Each outcome keeps its value or is exchanged for another one that the same type of event can
    have, with known probabilities: nobody can be sure that a person's outcome is the true one,
    while the distribution of outcomes stays what it was. Draws are keyed: they depend on a secret
    key and on whose outcome it is, never on where the row stands.

    Parameters
    ----------
    columns : str, int or sequence of these, default=None
        Columns of outcomes: categories, of any type. None takes the column called ``outcome``;
        where there is none a :class:`~personatwin_sk.exceptions.NothingSelectedWarning` says so
        and the table passes unchanged.
    given : str or int, default=None
        Column of the event type. Null is a type of its own. None: all rows are of one type.
    person_id : str or int, default=None
        Column of the person. None: each row is a person of its own.
    event_id : str or int, default=None
        Column of the event's id within the person. None, or no `person_id`: the whole input row
        stands in for what is missing, so that equal rows get equal noise.
    flip_probability : float, default=0.05
        Expected share of the outcomes of each event type that change, from 0 to 1. Where
        `invariant`, it is no more than :math:`1 - \sum_i \pi_i^2`, with :math:`\pi` the
        distribution of the type's outcomes: it is capped there.
    invariant : bool, default=None
        Whether the expected distribution of outcomes within each event type stays as it is in the
        table of fit. If False, an outcome changes with `flip_probability` to any of the others
        that are allowed, all equally likely, which evens the distribution out. None is True.
    allowed : mapping of event type -> sequence of outcomes, or sequence of outcomes, default=None
        What each type of event can have; a plain sequence where `given` is None. Types that are
        not named, and all of them with None, allow what the table of fit shows: an outcome that
        turns up later is drawn anew from what was shown, with a
        :class:`~personatwin_sk.exceptions.DataWarning` that counts it (null, if the type is new as
        well). It holds for every column of `columns`. A type with one allowed outcome changes
        nothing.
    random_state : int, RandomState instance or None, default=None
        None takes the key from the operating system. An int is for reproducing: whoever knows it
        can take the noise off again.

    Attributes
    ----------
    transition_matrices_ : dict of event type -> DataFrame of shape (n_allowed, n_allowed)
        Probability that a true outcome (row) is released as another (column). Without `given` the
        only key is None, which also stands for the null type; with several columns the keys are
        pairs (column, event type).
    n_features_in_ : int
        Number of columns seen at fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, where all are text.

    See Also
    --------
    TemporalNoise : Move and coarsen dates.

    Notes
    -----
    The invariant exchange is :math:`R = (1 - t) I + t 1 \pi^T` with
    :math:`t = \min(1, f / (1 - \sum_i \pi_i^2))` and :math:`f` the `flip_probability`:
    with probability :math:`t` an outcome is drawn anew from :math:`\pi`, which may hit the old
    one. :math:`\pi R = \pi` exactly. A type of which the table of fit has no outcome at all takes
    the uniform distribution for :math:`\pi`.

    Null is a value of its own: it is never changed and never drawn.

    :math:`\pi` is estimated from the table of fit, so that no differential privacy is claimed. A
    fitted step holds its key and is as secret as the data; :meth:`forget_key` strips it.

    References
    ----------
    Gouweleeuw, Kooiman, Willenborg, de Wolf (1998). Post randomisation for statistical disclosure
    control: theory and implementation. Journal of Official Statistics 14 (4), 463-478.

    Examples
    --------
    >>> import pandas as pd
    >>> from personatwin_sk.noise import OutcomeNoise
    >>> events = pd.DataFrame({
    ...     "event_type": ["charge"] * 4 + ["bail"] * 2,
    ...     "outcome": ["felony", "felony", "felony", "misdemeanor", "granted", "granted"],
    ... })
    >>> noise = OutcomeNoise(given="event_type", flip_probability=0.15).fit(events)
    >>> noise.transition_matrices_["charge"].round(3)
    released     felony  misdemeanor
    true
    felony          0.9          0.1
    misdemeanor     0.3          0.7
    >>> noise.transform(events)["outcome"].tolist()[4:]
    ['granted', 'granted']
    """

    _parameter_constraints: dict[str, list[Any]] = {
        "columns": [None, str, Integral, "array-like"],
        "given": [None, str, Integral],
        "person_id": [None, str, Integral],
        "event_id": [None, str, Integral],
        "flip_probability": [Interval(Real, 0, 1, closed="both")],
        "invariant": ["boolean", None],
        "allowed": [None, Mapping, "array-like"],
        "random_state": ["random_state"],
    }

    transition_matrices_: dict[Any, pd.DataFrame]

    def __init__(
        self,
        columns: Any = None,
        *,
        given: Any = None,
        person_id: Any = None,
        event_id: Any = None,
        flip_probability: float = 0.05,
        invariant: bool | None = None,
        allowed: Any = None,
        random_state: Any = None,
    ) -> None:
        self.columns = columns
        self.given = given
        self.person_id = person_id
        self.event_id = event_id
        self.flip_probability = flip_probability
        self.invariant = invariant
        self.allowed = allowed
        self.random_state = random_state

    def _fit(self, table: Table) -> None:
        automatic = [name for name in table.columns if name == "outcome"]
        chosen = self._fit_roles(table, automatic, "called 'outcome'")
        self._given = find_column(table, self.given, parameter="given", owner="OutcomeNoise")
        given = None if self._given is None else table[self._given]
        allowed = self._read_allowed()
        self._channels = {
            name: OutcomeChannel(
                table[name],
                given,
                allowed,
                self._make_matrix,
                column=name,
                given_column=self._given,
            )
            for name in chosen
        }
        self.transition_matrices_ = {
            (name, event_type) if len(chosen) > 1 else event_type: pd.DataFrame(
                matrix.copy(),
                index=pd.Index(channel.supports[event_type], name="true"),
                columns=pd.Index(channel.supports[event_type], name="released"),
            )
            for name, channel in self._channels.items()
            for event_type, matrix in channel.matrices.items()
            if len(matrix)
        }

    def _transform(self, table: Table) -> Table:
        columns = self._read_columns(table)
        keys = self._row_keys(columns)
        given = None if self._given is None else columns[self._given]
        released = {}
        for name, channel in self._channels.items():
            unit = uniform_unit(keys.of_event("outcome", name))
            released[self._here(table, name)] = channel.release(columns[name], given, unit)
        return table.replace(released, keep_dtype=True)

    def _make_matrix(self, counts: np.ndarray) -> np.ndarray:
        if self.invariant is None or self.invariant:
            return invariant_matrix(counts, self.flip_probability)
        return uniform_matrix(len(counts), self.flip_probability)

    def _read_allowed(self) -> dict[Any, list[Any]]:
        """Give what each event type allows as far as the user says so."""
        if self.allowed is None:
            return {}
        if isinstance(self.allowed, Mapping) != (self.given is not None):
            raise InputError(
                "OutcomeNoise: the parameter allowed must be a mapping from event type to outcomes "
                "where given names a column, and a plain sequence of outcomes where it is None."
            )
        by_type = self.allowed if isinstance(self.allowed, Mapping) else {None: self.allowed}
        result = {}
        for event_type, outcomes in by_type.items():
            if isinstance(outcomes, str):
                raise InputError(
                    "OutcomeNoise: the parameter allowed holds a text where a sequence of outcomes "
                    "is expected; put it in a list."
                )
            own = list(dict.fromkeys(np.asarray(list(outcomes), dtype=object).tolist()))
            if not own or is_null(own).any():
                raise InputError(
                    "OutcomeNoise: each sequence of the parameter allowed must hold at least one "
                    "outcome and no null; null outcomes are never changed and never drawn."
                )
            result[None if is_null([event_type])[0] else event_type] = own
        return result
