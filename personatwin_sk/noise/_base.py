"""What the noise steps share: a secret key, whose draws they are, and forgetting the key."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable
from typing import Any, Self

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from personatwin_sk._core.base import TableTransformer
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.keyed import SecretKey
from personatwin_sk._core.roles import find_column, find_columns, person_codes
from personatwin_sk.exceptions import DataWarning, InputError, NothingSelectedWarning
from personatwin_sk.noise._keys import RowKeys

__all__ = ["KeyedNoise"]


class KeyedNoise(TableTransformer):
    """Base of the noise steps: every draw is a function of a key and of whose value it is.

    Subclasses have the parameters `columns`, `person_id`, `event_id`, `epsilon`, `max_events` and
    `random_state`.
    """

    _key: SecretKey | None

    def forget_key(self) -> Self:
        """Strip the key, after which nobody can repeat or take off the noise with this object.

        Returns
        -------
        self
            It refuses to transform until it is fitted again. An int `random_state` still lets
            anybody who knows it make the same key.
        """
        check_is_fitted(self)
        self._key = None
        return self

    def _fit_roles(self, table: Table, automatic: Iterable[Hashable], what: str) -> list[Hashable]:
        """Make the key and find the columns; give the names of those that will get noise."""
        owner = type(self).__name__
        if self.columns is not None:
            chosen = find_columns(table, self.columns, parameter="columns", owner=owner)
        else:
            chosen = list(automatic)
            if not chosen:
                warnings.warn(
                    f"{owner} found no column {what} and changes nothing; "
                    "name the columns in the parameter columns.",
                    NothingSelectedWarning,
                    stacklevel=5,
                )
        # Names as of fit: they are what draws are keyed on. At transform columns stand at the same
        # places, whatever they are called there (an array's columns have positions only).
        self._names = table.columns
        self._chosen = chosen
        self._person = find_column(table, self.person_id, parameter="person_id", owner=owner)
        self._event = find_column(table, self.event_id, parameter="event_id", owner=owner)
        for parameter in ("epsilon", "max_events"):
            self._check_ids(parameter)
        self._check_people(table)
        self._key = SecretKey.from_random_state(self.random_state)
        return chosen

    def _read_columns(self, table: Table) -> dict[Hashable, Any]:
        """Give the columns of a table under the names of fit; every row must say whose it is."""
        self._check_people(table)
        return {name: table[here] for name, here in zip(self._names, table.columns, strict=True)}

    def _here(self, table: Table, name: Hashable) -> Hashable:
        """Give what a column of fit is called in this table."""
        return table.columns[self._names.index(name)]

    def _secret(self) -> SecretKey:
        if self._key is None:
            raise NotFittedError(
                f"This {type(self).__name__} has no key any more: forget_key() was called. "
                "Fit it again; it will then draw other noise."
            )
        return self._key

    def _row_keys(self, columns: dict[Hashable, Any]) -> RowKeys:
        """Give the keys of a table's rows; with `epsilon` no two rows may be one event.

        Raises
        ------
        InputError
            Some rows have the person and the event of another row; the message counts them.
        """
        keys = RowKeys(self._secret(), columns, self._person, self._event)
        if self.epsilon is not None:
            n_repeated = keys.count_repeated()
            if n_repeated:
                raise InputError(
                    f"{n_repeated} of {keys.n_rows} rows have the person of column "
                    f"{self._person!r} and the event of column {self._event!r} of another row; "
                    "equal ids get equal noise, so that their differences would show and epsilon "
                    "would not hold. Give each event of a person an id of its own."
                )
        return keys

    def _excess(self, keys: RowKeys) -> np.ndarray:
        """Tell which rows are beyond `max_events` of their person, with one warning that counts.

        Which events stay is chosen by a keyed hash of person and event: neither their values nor
        where they stand have a say.

        Parameters
        ----------
        keys : RowKeys
            Of the table that is released.

        Returns
        -------
        numpy.ndarray of bool, shape (n_rows,)
            The step releases null in its columns there.
        """
        bound = self.max_events
        if bound is None:
            return np.zeros(keys.n_rows, dtype=bool)
        excess = keys.beyond(int(bound))
        n_excess = int(excess.sum())
        if n_excess:
            warnings.warn(
                f"{n_excess} of {keys.n_rows} rows are beyond the {bound} event(s) of a person "
                f"that the parameter max_events of {type(self).__name__} allows; they are released "
                "as null in its columns.",
                DataWarning,
                stacklevel=5,
            )
        return excess

    def _check_ids(self, parameter: str) -> None:
        """Refuse a parameter that rests on events that can be told apart where they cannot."""
        if getattr(self, parameter) is None:
            return
        for needed in ("person_id", "event_id"):
            if getattr(self, needed) is None:
                raise InputError(
                    f"{type(self).__name__}: the parameter {parameter} needs {needed}, the column "
                    f"of the {needed.split('_')[0]}; without it nothing tells which event of whom "
                    "a row is."
                )

    def _check_people(self, table: Table) -> None:
        """Refuse rows that do not say whose they are."""
        if self._person is None:
            return
        here = self._here(table, self._person)
        if is_null(table[here]).any():
            person_codes(table, here)  # its message counts them
