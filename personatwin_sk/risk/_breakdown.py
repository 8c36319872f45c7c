"""What the risk of classes is made of: which column drives it, and which classes are at the top."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from personatwin_sk._core.cells import group_rows
from personatwin_sk.exceptions import InputError
from personatwin_sk.risk._classes import Classes, distinct_pairs

__all__ = ["ClassBreakdown"]

_FEWEST = 2


@dataclass(frozen=True, repr=False)
class ClassBreakdown:
    """The classes of a released table with their risk; as secret as the table.

    Attributes
    ----------
    columns : tuple of column
        The key variables.
    label_codes : tuple of ndarray of integers, each of shape (n_classes,)
    labels : tuple of pandas.Series
        As in :class:`~personatwin_sk.risk._classes.Classes`.
    sizes : ndarray of int64, shape (n_classes,)
        People of the file in each class: f.
    risks : ndarray of float, shape (n_classes,)
        Mean chance of recognising one of them.
    person_risks : ndarray of float, shape (n_file_people,)
        Each person's risk; NaN for the suppressed.
    member, class_of_member : ndarray of int64 or None
        Who is in which class, where some person is in several; None: everybody is in one.
    per_record : bool
        The mean is one over records (a person in two classes counts twice) and not over people.
    """

    columns: tuple[Hashable, ...] = ()
    label_codes: tuple[np.ndarray, ...] = ()
    labels: tuple[pd.Series, ...] = ()
    sizes: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    risks: np.ndarray = field(default_factory=lambda: np.zeros(0))
    person_risks: np.ndarray = field(default_factory=lambda: np.zeros(0))
    member: np.ndarray | None = None
    class_of_member: np.ndarray | None = None
    per_record: bool = False

    def __repr__(self) -> str:
        return f"ClassBreakdown(n_columns={len(self.columns)}, n_classes={len(self.sizes)})"

    @classmethod
    def of(
        cls,
        columns: Sequence[Hashable],
        classes: Classes,
        of_member: np.ndarray,
        person_risks: np.ndarray,
        *,
        per_record: bool,
    ) -> ClassBreakdown:
        """Break the risk of memberships down into classes.

        Parameters
        ----------
        columns : sequence of column
            The key variables that the classes are of.
        classes : Classes
        of_member : ndarray of float, shape (n_memberships,)
            Risk of each membership under the attacker who decides.
        person_risks : ndarray of float, shape (n_file_people,)
        per_record : bool
        """
        risks = np.bincount(
            classes.class_of_member, weights=of_member, minlength=classes.n_classes
        ) / np.maximum(classes.sizes, 1)
        several = len(classes.member) > classes.n_people
        return cls(
            columns=tuple(columns),
            label_codes=classes.label_codes,
            labels=classes.labels,
            sizes=classes.sizes,
            risks=risks,
            person_risks=person_risks,
            member=classes.member if several else None,
            class_of_member=classes.class_of_member if several else None,
            per_record=per_record,
        )

    def mean_without(self, column: Hashable) -> float:
        r"""Give the mean risk that would be left if a column were not released.

        Classes that differ in this column only become one. Of the population, the people of all of
        them stand behind it: :math:`F = \sum F_c`, where :math:`F_c` is f over the mean risk of
        its people. (People whose cell the file does not hold would come on top, so that the true
        figure is at most this one.)

        Parameters
        ----------
        column : column
            One of `columns`.

        Returns
        -------
        float
            Per person never above the mean with all columns; 0 where nobody is released.
        """
        if not len(self.sizes):
            return 0.0
        left_out = self.columns.index(column)
        kept = [
            codes.astype(np.int64) for at, codes in enumerate(self.label_codes) if at != left_out
        ]
        if kept:
            group, first = group_rows(kept)
            n_groups = len(first)
        else:
            group, n_groups = np.zeros(len(self.sizes), dtype=np.int64), 1
        people = 1.0 / self.risks  # the harmonic mean of F, as many times f as there are people
        behind = np.bincount(group, weights=people, minlength=n_groups)
        if self.member is None or self.class_of_member is None:
            in_file = np.bincount(group, weights=self.sizes, minlength=n_groups)
            return float((in_file / behind).sum() / self.sizes.sum())
        # A person of several classes stands in the merged one once, and so do the people of the
        # population who are like them; but these are never fewer than those behind any one class.
        member, at = distinct_pairs(self.member, group[self.class_of_member], n_groups)
        held = np.bincount(group, weights=self.sizes, minlength=n_groups)
        times = np.bincount(at, minlength=n_groups) / held
        behind = np.asarray(behind * times, dtype=float)
        np.maximum.at(behind, group, people)
        risks = 1.0 / behind[at]
        if self.per_record:
            return float(risks.mean())
        starts = np.flatnonzero(np.diff(member, prepend=-1))
        return float(np.maximum.reduceat(risks, starts).mean())

    def drivers(self) -> dict[Hashable, float]:
        """Give for each column the mean risk without it, the column that lowers it most first."""
        found = {name: self.mean_without(name) for name in self.columns}
        return dict(sorted(found.items(), key=lambda item: item[1]))

    def share_at_risk(self, threshold: float) -> float:
        """Give the share of released people whose risk is above a threshold."""
        present = self.person_risks[~np.isnan(self.person_risks)]
        # A risk of 1/20 is not above .05 by rounding.
        return float((present > threshold * (1 + 1e-12)).mean()) if len(present) else 0.0

    def highest(self, n_classes: int, min_people: int) -> pd.DataFrame:
        """Give the classes with the highest risk, of those with enough people to be shown.

        Parameters
        ----------
        n_classes : int
            At most so many; ties by their labels.
        min_people : int
            People of the file that a class must have; at least 2.

        Returns
        -------
        pandas.DataFrame of shape (at most n_classes, n_columns + 2)
            The released labels, `people` and `risk`.

        Raises
        ------
        InputError
            One of the numbers is too small.
        """
        if min_people < _FEWEST:
            raise InputError(f"min_people must be at least {_FEWEST}: a class of one is a person.")
        if n_classes < 1:
            raise InputError("n_classes must be at least 1.")
        shown = np.flatnonzero(self.sizes >= min_people)
        # Rounded, or sums in another order would decide between equal risks.
        order = np.argsort(-np.round(self.risks[shown], 12), kind="stable")
        top = shown[order[:n_classes]]
        table = {
            name: labels.take(codes[top]).reset_index(drop=True)
            for name, codes, labels in zip(self.columns, self.label_codes, self.labels, strict=True)
        }
        frame = pd.DataFrame(table)
        taken = set(self.columns)
        for name, values in (("people", self.sizes[top]), ("risk", self.risks[top])):
            while name in taken:  # a key variable may have this very name
                name += "_"
            frame[name] = values
        return frame
