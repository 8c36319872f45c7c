"""Classes of the released table, and the people in them.

A class is what an attacker sees: the people who share one released row of the quasi-identifiers.
People are counted by the original person column, because a released one says what the release
wants to say.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk._core.columns import factorize_column
from personatwin_sk._core.frames import Table, is_null
from personatwin_sk._core.roles import person_codes

__all__ = ["Classes", "distinct_pairs", "find_classes"]


@dataclass(frozen=True, repr=False)
class Classes:
    """Who is in which class.

    A *membership* is a distinct (person, class) pair. A person whose rows fall in several classes
    counts once in each of them.

    Attributes
    ----------
    person_of_row : ndarray of int64, shape (n_rows,)
        Number of each row's person, the suppressed ones included.
    class_of_row : ndarray of int64, shape (n_rows,)
        Number of each row's class; -1 where the row is suppressed.
    n_file_people : int
        People of the original table.
    membership_of_row : ndarray of int64, shape (n_rows,)
        Number of each row's membership; -1 where the row is suppressed.
    member : ndarray of int64, shape (n_memberships,)
        Person of each membership, ascending.
    class_of_member : ndarray of int64, shape (n_memberships,)
    sizes : ndarray of int64, shape (n_classes,)
        People in each class: f.
    label_codes : tuple of ndarray of integers, each of shape (n_classes,)
        For each key variable the number of each class's released label.
    labels : tuple of pandas.Series
        For each key variable its distinct released labels, sorted; null comes last.
    """

    person_of_row: np.ndarray
    class_of_row: np.ndarray
    n_file_people: int
    membership_of_row: np.ndarray
    member: np.ndarray
    class_of_member: np.ndarray
    sizes: np.ndarray
    label_codes: tuple[np.ndarray, ...]
    labels: tuple[pd.Series, ...]

    def __repr__(self) -> str:
        return f"Classes(n_classes={self.n_classes}, n_people={self.n_people})"

    @property
    def n_classes(self) -> int:
        """Number of distinct released rows."""
        return len(self.sizes)

    @property
    def n_people(self) -> int:
        """Number of people who are in some class: those that are released."""
        return len(self._first_of_person)

    @cached_property
    def _first_of_person(self) -> np.ndarray:
        """First membership of each released person."""
        return np.flatnonzero(np.diff(self.member, prepend=-1))

    def count_people(self, chosen: np.ndarray) -> int:
        """Count the people with at least one membership of a choice.

        Parameters
        ----------
        chosen : ndarray of bool, shape (n_memberships,)

        Returns
        -------
        int
        """
        return int(np.count_nonzero(np.diff(self.member[chosen], prepend=-1)))

    @property
    def k_anonymity(self) -> int:
        """Size of the smallest class; 0 where nobody is released."""
        return int(self.sizes.min()) if self.n_classes else 0

    def largest_of_person(self, of_member: np.ndarray) -> np.ndarray:
        """Give each person the largest value of their memberships.

        Parameters
        ----------
        of_member : ndarray of float, shape (n_memberships,)

        Returns
        -------
        ndarray of float, shape (n_file_people,)
            NaN for people who are not released.
        """
        result = np.full(self.n_file_people, np.nan)
        first = self._first_of_person
        if len(first) == len(self.member):  # everybody is in one class
            result[self.member] = of_member
        else:
            result[self.member[first]] = np.maximum.reduceat(of_member, first)
        return result


def distinct_pairs(
    left: np.ndarray, right: np.ndarray, n_right: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give the distinct pairs of two columns of codes, sorted.

    Parameters
    ----------
    left, right : ndarray of int64, shape (n,)
    n_right : int
        Codes of `right` are below it.

    Returns
    -------
    left, right : ndarray of int64, shape (n_distinct,)

    Examples
    --------
    >>> import numpy as np
    >>> a, b = distinct_pairs(np.array([1, 0, 1]), np.array([2, 0, 2]), 3)
    >>> a.tolist(), b.tolist()
    ([0, 1], [0, 2])
    """
    number = left * max(n_right, 1) + right
    if not (number[1:] > number[:-1]).all():  # else it is done
        number = np.sort(number)  # several times faster than np.unique, which hashes
        number = number[np.diff(number, prepend=-1) > 0]
    return np.divmod(number, max(n_right, 1))


def find_classes(
    original: Table,
    released: Table,
    quasi_identifiers: Sequence[Hashable],
    person_id: Hashable | None,
) -> Classes:
    """Find the classes of a released table.

    Parameters
    ----------
    original, released : Table
        The same rows in the same order.
    quasi_identifiers : sequence of column
        Columns of `released`; null is a value of its own.
    person_id : column or None
        Column of `original`. Rows whose person is null in `released` are suppressed. A release
        that does not hold the column marks nobody as suppressed.

    Returns
    -------
    Classes

    Raises
    ------
    InputError
        Some rows of `original` have no person.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"who": [7, 7, 8, 9], "age": [31, 31, 38, 52]})
    >>> out = pd.DataFrame({"who": [0, 0, 0, None], "age": ["30-39", "30-39", "30-39", None]})
    >>> classes = find_classes(Table.of(people), Table.of(out), ["age"], "who")
    >>> classes.sizes.tolist(), classes.class_of_row.tolist()
    ([2], [0, 0, 0, -1])
    """
    person_of_row, n_file_people = person_codes(original, person_id)
    if person_id is None or person_id not in released:
        shown = np.ones(original.n_rows, dtype=bool)
    else:
        shown = ~is_null(released[person_id])
    coded = [factorize_column(released, name) for name in quasi_identifiers]
    codes = [column for column, _ in coded]
    class_of_row = np.full(original.n_rows, -1, dtype=np.int64)
    if shown.all():
        class_of_row, first = group_rows(codes)
        shown_people, shown_classes = person_of_row, class_of_row
    else:
        codes = [column[shown] for column in codes]
        class_of_row[shown], first = group_rows(codes)
        shown_people, shown_classes = person_of_row[shown], class_of_row[shown]
    n_classes = len(first)
    member, class_of_member = distinct_pairs(shown_people, shown_classes, n_classes)
    membership_of_row = np.full(original.n_rows, -1, dtype=np.int64)
    membership_of_row[shown] = (
        np.arange(len(member))
        # One row per person, in order: nothing to look up.
        if np.array_equal(member, shown_people) and np.array_equal(class_of_member, shown_classes)
        else np.searchsorted(
            member * max(n_classes, 1) + class_of_member,
            shown_people * max(n_classes, 1) + shown_classes,
        )
    )
    return Classes(
        person_of_row=person_of_row,
        class_of_row=class_of_row,
        n_file_people=n_file_people,
        membership_of_row=membership_of_row,
        member=member,
        class_of_member=class_of_member,
        sizes=np.bincount(class_of_member, minlength=n_classes),
        label_codes=tuple(
            column[first].astype(np.min_scalar_type(max(len(values) - 1, 0)))
            for column, (_, values) in zip(codes, coded, strict=True)
        ),
        labels=tuple(values for _, values in coded),
    )
