"""F: how many people of the population may stand behind a released row."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.frames import Table
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._cells import CountedCells, count_cells
from personatwin_sk.risk._classes import Classes, distinct_pairs
from personatwin_sk.risk._covers import Covers, read_covers
from personatwin_sk.risk._hulls import Hulls, count_hulls
from personatwin_sk.risk._told import Told, count_told

__all__ = ["Standing", "stand_behind", "stand_behind_cells"]

# F is a sum of products of counts; a shortfall of less than this share of f is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, repr=False)
class Standing:
    """What the population says of each membership (person in a class).

    Attributes
    ----------
    people : ndarray of float, shape (n_memberships,)
        F: people of the population who stand behind the row; never fewer than f.
    low : ndarray of float, shape (n_memberships,)
        The same with the low end of each figure of the population.
    unknown : ndarray of bool, shape (n_memberships,)
        The population does not know some key value of the person, so that F is f.
    modelled : ndarray of bool, shape (n_memberships,)
        F rests on figures that the population itself calls modelled.
    n_raised : int
        Classes in which the population counts fewer people than the file has: F is raised to f.
    sources : tuple of str
        Where the counts come from.
    n_by_cells : int
        Classes whose hull could not be used, so that only the cells count that they hold.
    n_untold : int
        Classes whose labels have more ends than can be counted, so that F is f.
    variance : ndarray of float, shape (n_memberships,), optional
        An upper bound of the variance of 1/F within a class, where F is not counted but expected;
        of one class independent of that of another.
    shared : float, default=1.0
        Correlation of the errors of the population's figures of different classes.
    """

    people: np.ndarray
    low: np.ndarray
    unknown: np.ndarray
    modelled: np.ndarray
    n_raised: int
    sources: tuple[str, ...]
    n_by_cells: int = 0
    n_untold: int = 0
    variance: np.ndarray | None = None
    shared: float = 1.0

    def __repr__(self) -> str:
        return f"Standing(n_memberships={len(self.people)}, n_raised={self.n_raised})"


def stand_behind(
    original: Table,
    released: Table,
    quasi_identifiers: Sequence[Hashable],
    classes: Classes,
    population: ReferencePopulation | None,
) -> Standing:
    r"""Count for each class the people of the population who would have been put there.

    .. math::
        F = \max\left(f,\; \min\left(T,\; H + \sum_c N_c \, n'_c / n_c\right)\right)

    where H people of the population are in the hull of the class (what its labels cover; see
    `_covers`) and in no other, and the sum is over those cells of its people that lie in several
    hulls: :math:`N_c` people of the population and :math:`n_c` people of the file are in cell c,
    :math:`n'_c` of these in the class. The people of a cell that went to several classes are shared
    out in proportion. This is never more than the people whom the released row describes, because
    of these some would have been put elsewhere. T is what the ends of labels and rows that are
    somebody's own tell besides (see `_told`). Where a column's recoding is global (all who have a
    value got the same label), its labels take the place of the values in cells.

    A key variable that the population does not have is never summed over: then F = f for everybody
    (`_informed` does better). So it is for a person with a value that the population does not know
    (null, for one); in the class of others such a person stands for themselves only.

    Parameters
    ----------
    original, released : Table
    quasi_identifiers : sequence of column
        Matched to the columns of the population by name.
    classes : Classes
    population : ReferencePopulation or None
        None: F = f.

    Returns
    -------
    Standing

    References
    ----------
    El Emam, K. and Dankar, F. K. (2008), "Protecting privacy using k-anonymity", JAMIA 15(5):
    journalist risk as 1/F. Sharing cells out in proportion is this package's own rule.
    """
    sizes = classes.sizes[classes.class_of_member].astype(float)
    nobody = np.zeros(len(sizes), dtype=bool)
    if population is None or not set(quasi_identifiers) <= set(population.columns):
        return Standing(sizes, sizes, ~nobody, nobody, 0, ())
    cells = count_cells(original, released, quasi_identifiers, classes, population)
    covers = read_covers(cells, classes, released, quasi_identifiers, population)
    return stand_behind_cells(cells, covers, quasi_identifiers, classes, population)


def stand_behind_cells(
    cells: CountedCells,
    covers: Covers | None,
    quasi_identifiers: Sequence[Hashable],
    classes: Classes,
    population: ReferencePopulation,
) -> Standing:
    """Do what `stand_behind` does where cells and hulls have been read already."""
    hulls = count_hulls(covers, cells, classes, quasi_identifiers, population)
    told = count_told(covers, cells, classes, quasi_identifiers, population)
    sizes = classes.sizes[classes.class_of_member].astype(float)
    return _share_out(cells, hulls, told, classes, sizes)


def _share_out(
    cells: CountedCells, hulls: Hulls, told: Told, classes: Classes, sizes: np.ndarray
) -> Standing:
    n_cells = len(cells.count)
    _, cell_of_person = distinct_pairs(classes.person_of_row, cells.of_row, n_cells)
    in_file = np.bincount(cell_of_person, minlength=n_cells)

    shown = classes.class_of_row >= 0
    membership, held = distinct_pairs(
        classes.membership_of_row[shown], cells.of_row[shown], n_cells
    )
    unknown = np.zeros(len(sizes), dtype=bool)
    unknown[membership[cells.unknown[held]]] = True
    class_, cell, in_class = _count_pairs(classes.class_of_member[membership], held, n_cells)
    share = in_class / in_file[cell]
    known = ~cells.unknown[cell]
    in_hull = hulls.counted[class_] & hulls.alone[cell] & known

    def total(count: np.ndarray, hull: np.ndarray) -> np.ndarray:
        people = np.where(known, count[cell] * share, in_class)
        by_cells = np.bincount(class_, weights=people, minlength=classes.n_classes)
        outside = np.where(in_hull, 0.0, people)
        by_hull = hull + np.bincount(class_, weights=outside, minlength=classes.n_classes)
        # Both are people who would have been put there.
        return np.maximum(by_cells, by_hull)

    behind, behind_low = total(cells.count, hulls.count), total(cells.low, hulls.low)
    raised = behind < classes.sizes * (1 - _ROUNDING)
    modelled_class = hulls.modelled.copy()
    modelled_class[class_[known & cells.modelled[cell]]] = True
    modelled_class &= ~raised
    modelled_class = np.where(told.people < behind, told.modelled, modelled_class)
    behind, behind_low = np.minimum(behind, told.people), np.minimum(behind_low, told.low)

    return Standing(
        people=np.where(unknown, sizes, np.maximum(behind[classes.class_of_member], sizes)),
        low=np.where(unknown, sizes, np.maximum(behind_low[classes.class_of_member], sizes)),
        unknown=unknown,
        modelled=modelled_class[classes.class_of_member] & ~unknown,
        n_raised=int(raised.sum()),
        sources=tuple(sorted({*cells.sources, *hulls.sources, *told.sources})),
        n_by_cells=hulls.n_left_out,
        n_untold=told.n_left_out,
        shared=max(cells.shared, hulls.shared, told.shared),
    )


def _count_pairs(
    left: np.ndarray, right: np.ndarray, n_right: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the distinct pairs of codes, and how often each is there."""
    number = np.sort(left * max(n_right, 1) + right)
    first = np.flatnonzero(np.diff(number, prepend=-1))
    times = np.diff(first, append=len(number))
    return *np.divmod(number[first], max(n_right, 1)), times
