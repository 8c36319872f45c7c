"""What the noise steps share: a secret key, whose draws they are, and forgetting the key."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable
from typing import Any, Self

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from personatwin_sk._core.base import TableTransformer
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.keyed import SecretKey
from personatwin_sk._core.roles import find_column, find_columns, person_codes
from personatwin_sk.exceptions import NothingSelectedWarning
from personatwin_sk.noise._keys import RowKeys

__all__ = ["KeyedNoise"]


class KeyedNoise(TableTransformer):
    """Base of the noise steps: every draw is a function of a key and of whose value it is.

    Subclasses have the parameters `columns`, `person_id`, `event_id` and `random_state`.
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
        return RowKeys(self._secret(), columns, self._person, self._event)

    def _check_people(self, table: Table) -> None:
        """Refuse rows that do not say whose they are."""
        if self._person is None:
            return
        here = self._here(table, self._person)
        if is_null(table[here]).any():
            person_codes(table, here)  # its message counts them
