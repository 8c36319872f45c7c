"""Who has the known traits of a class, where the population knows some key variables only.

Each class has a hull in the columns that the population knows (`_covers`). Whoever is in it may be
behind the class, also where other classes have hulls there too: what tells these apart are the
columns that the population does not know.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import InputError
from personatwin_sk.population import ReferencePopulation
from personatwin_sk.risk._cells import count_cells, unmatched
from personatwin_sk.risk._classes import Classes, find_classes
from personatwin_sk.risk._covers import read_covers
from personatwin_sk.risk._population import Standing, stand_behind_cells
from personatwin_sk.risk._whole_hulls import count_in_hulls, file_in_hulls

__all__ = ["KnownTraits", "count_known"]


@dataclass(frozen=True, repr=False)
class KnownTraits:
    """People with the known traits of each class.

    Attributes
    ----------
    people, low : ndarray of float, shape (n_classes,)
        Of the population, and the low end of that.
    in_file : ndarray of float, shape (n_classes,)
        Of the file, those in other classes as well.
    overlaps : ndarray of bool, shape (n_classes,)
        People of the file with other labels are among these.
    standing : Standing
        What is counted of classes of the known columns alone.
    unknown : ndarray of bool, shape (n_memberships,)
        The population does not know some known column's value of the person.
    """

    people: np.ndarray
    low: np.ndarray
    in_file: np.ndarray
    overlaps: np.ndarray
    standing: Standing
    unknown: np.ndarray

    def __repr__(self) -> str:
        return f"KnownTraits(n_overlaps={int(self.overlaps.sum())})"


def count_known(
    original: Table,
    released: Table,
    known: Sequence[Hashable],
    person_id: Hashable | None,
    classes: Classes,
    population: ReferencePopulation,
) -> KnownTraits:
    """Count who has the known traits of each class.

    Parameters
    ----------
    original, released : Table
    known : sequence of column
        Key variables that the population knows.
    person_id : column or None
    classes : Classes
        Of all key variables.
    population : ReferencePopulation

    Returns
    -------
    KnownTraits
    """
    coarse = find_classes(original, released, known, person_id)
    cells = count_cells(original, released, known, coarse, population)
    covers = read_covers(cells, coarse, released, known, population)
    standing = stand_behind_cells(cells, covers, known, coarse, population)
    shown = np.flatnonzero(classes.class_of_row >= 0)
    row_of_class = np.zeros(classes.n_classes, dtype=np.int64)
    row_of_class[classes.class_of_row[shown]] = shown
    coarse_of_class = coarse.class_of_row[row_of_class]
    n_coarse = max(coarse.n_classes, 1)
    at = np.searchsorted(
        coarse.member * n_coarse + coarse.class_of_member,
        classes.member * n_coarse + coarse_of_class[classes.class_of_member],
    )

    # Where hulls cannot be counted, classes of the known columns have to do.
    in_file = coarse.sizes.astype(float)
    people, low = in_file.copy(), in_file.copy()
    surely = ~standing.unknown
    people[coarse.class_of_member[surely]] = standing.people[surely]
    low[coarse.class_of_member[surely]] = standing.low[surely]
    if covers is not None:
        class_ = np.flatnonzero(covers.cell_of_class >= 0)
        try:
            answer = count_in_hulls(covers, cells, class_, known, population)
        except InputError:  # a table of bands, say, need not know parts of them
            answer = None
        if answer is not None:
            counted = ~unmatched(answer)
            class_ = class_[counted]
            people[class_] = answer["count"].to_numpy(dtype=float)[counted]
            low[class_] = answer["low"].to_numpy(dtype=float)[counted]
            in_file[class_] = file_in_hulls(covers, cells, coarse)[class_]
            in_file = np.maximum(in_file, coarse.sizes)
    return KnownTraits(
        people=people[coarse_of_class],
        low=low[coarse_of_class],
        in_file=in_file[coarse_of_class],
        overlaps=(in_file > coarse.sizes)[coarse_of_class],
        standing=standing,
        unknown=standing.unknown[at],
    )
