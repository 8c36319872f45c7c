"""Whose draw it is: one keyed number per row, by what identifies the row and never by its position.

With a person and an event column, the two ids say whose draw it is. With less than that the whole
input row stands in, so that equal rows get equal noise and nothing depends on the order of rows,
on how a table is cut into chunks, or on the order of its columns.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from personatwin_sk._core.keyed import SecretKey

__all__ = ["RowKeys"]


class RowKeys:
    """Keyed hashes of the rows of one table; what several draws need is worked out once.

    Parameters
    ----------
    secret : SecretKey
    columns : mapping of column name -> Series of shape (n_rows,)
        The whole table as it came in, before any noise.
    person_id, event_id : column name or None
        No person id may be null.

    Attributes
    ----------
    n_rows : int
    """

    def __init__(
        self,
        secret: SecretKey,
        columns: Mapping[Hashable, pd.Series],
        person_id: Hashable | None,
        event_id: Hashable | None,
    ) -> None:
        self._secret = secret
        self._columns = columns
        self._person_id = person_id
        self._event_id = event_id
        self._whole_row: np.ndarray | None = None
        self._words: tuple[np.ndarray, np.ndarray] | None = None
        self._pair: np.ndarray | None = None
        self.n_rows = len(next(iter(columns.values())))
        self._people: np.ndarray | None = None
        self._some: tuple[pd.Series, np.ndarray] | None = None
        self._some_words: np.ndarray | None = None

    @property
    def people(self) -> np.ndarray | None:
        """A number from 0 for each row's person, of shape (n_rows,); None without a person column.

        Made when it is asked for first: not every step needs to know who is who.
        Persons are told apart by their hashes: by chance those of two meet less than once in a
        million tables of 3 million people, and then the two have the same noise as well.
        """
        if self._people is None and self._person_id is not None:
            _, place = self._some_ids()
            self._people = pd.factorize(self._words_of_some())[0][place]
        return self._people

    def _some_ids(self) -> tuple[pd.Series, np.ndarray]:
        """Give ids to hash in the place of every row's, and where each row's stands among them."""
        if self._some is None:
            # Rows of one person mostly follow one another. To find the others, too, takes longer
            # than to hash their ids again.
            ids = self._columns[self._person_id]
            new = np.ones(len(ids), dtype=bool)
            new[1:] = np.asarray(ids.array[1:] != ids.array[:-1], dtype=bool)
            self._some = ids[new], np.cumsum(new) - 1
        return self._some

    def _words_of_some(self) -> np.ndarray:
        """Give what stands for the person in the draws of events, for each of these ids."""
        if self._some_words is None:
            hashes = self._secret.hash("noise/person", self._some_ids()[0])
            self._some_words = self._secret.words(hashes)
        return self._some_words

    def of_person(self, purpose: str) -> np.ndarray:
        """Give one hash per row, the same for all rows of a person.

        Parameters
        ----------
        purpose : str
            What the draw is for; draws for different purposes are independent.

        Returns
        -------
        numpy.ndarray of uint64, shape (n_rows,)
            Without a person column each row is a person of its own.
        """
        domain = f"noise/{purpose}"
        if self._person_id is None:
            return self._secret.hash(domain, self._row())
        ids, place = self._some_ids()
        return self._secret.hash(domain, ids)[place]

    def of_event(self, purpose: str, column: Hashable) -> np.ndarray:
        """Give one hash per row for a draw that belongs to (column, person, event).

        Parameters
        ----------
        purpose : str
        column : column name
            The column that the draw is for.

        Returns
        -------
        numpy.ndarray of uint64, shape (n_rows,)
        """
        domain = f"noise/{purpose}/{column}"
        if self._person_id is None:
            return self._secret.hash(domain, self._row())
        if self._words is None:
            # What is hashed is of_person("person") and the event; read once for all that follows.
            _, place = self._some_ids()
            event = self._row() if self._event_id is None else self._columns[self._event_id]
            self._words = self._words_of_some()[place], self._secret.words(event)
        return self._secret.combine(domain, *self._words)

    def count_repeated(self) -> int:
        """Count the rows whose person and event are those of another row.

        Null event ids are equal ids. Two hashes of 64 bits meet by chance less than once in
        100,000 tables of 10 million rows.
        """
        pairs = np.sort(self._of_pair())
        same = pairs[1:] == pairs[:-1]
        repeated = np.zeros(len(pairs), dtype=bool)
        repeated[1:] |= same
        repeated[:-1] |= same
        return int(repeated.sum())

    def beyond(self, max_events: int) -> np.ndarray:
        """Tell which rows are not among the first events of their person.

        The first ones are those with the smallest keyed hashes of (person, event); rows with the
        same ids are one event.

        Parameters
        ----------
        max_events : int
            How many events of a person are not beyond.

        Returns
        -------
        numpy.ndarray of bool, shape (n_rows,)
        """
        assert self.people is not None, "a bound per person needs the column of the person"
        result = np.zeros(self.n_rows, dtype=bool)
        # Whoever has no more rows than that has no more events: only the others are sorted.
        rows = np.flatnonzero((np.bincount(self.people) > max_events)[self.people])
        if len(rows) == 0:
            return result
        pairs = self._of_pair()[rows]
        order = np.lexsort((pairs, self.people[rows]))
        person, pair = self.people[rows][order], pairs[order]
        new_person = np.r_[True, person[1:] != person[:-1]]
        new_event = new_person | np.r_[True, pair[1:] != pair[:-1]]
        event = np.cumsum(new_event)
        before = np.maximum.accumulate(np.where(new_person, event - 1, 0))
        result[rows[order]] = event - before > max_events
        return result

    def _of_pair(self) -> np.ndarray:
        """Give one hash per row for the pair of its person and its event."""
        if self._pair is None:
            self._pair = self.of_event("contribution", "")
        return self._pair

    def _row(self) -> np.ndarray:
        if self._whole_row is None:
            # A sum does not care in which order the columns stand; uint64 wraps around.
            total: np.ndarray | None = None
            for name, column in self._columns.items():
                hashes = self._secret.hash(f"noise/row/{name}", column)
                total = hashes if total is None else total + hashes
            assert total is not None, "a table has at least one column"
            self._whole_row = total
        return self._whole_row
