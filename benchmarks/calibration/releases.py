"""Files drawn from a world and released, as the judge sees them: cells, classes, who is where."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.calibration.labels import covers
from benchmarks.calibration.settings import Setting
from benchmarks.calibration.worlds import World
from personatwin_sk import PersonaMerger


@dataclass(frozen=True)
class Cells:
    """The distinct rows of the key variables of a world, and its people in each.

    Attributes
    ----------
    table : DataFrame of shape (n_cells, n_keys)
    people : ndarray of int64, shape (n_cells,)
    numeric : tuple of bool
    """

    table: pd.DataFrame
    people: np.ndarray
    numeric: tuple[bool, ...]


@dataclass(frozen=True)
class Release:
    """A file and what was released of it.

    Attributes
    ----------
    original, released : DataFrame of shape (n_records, n_keys)
    cells : Cells
        The register that attackers have.
    rows : DataFrame of shape (n_classes, n_keys)
        The distinct released rows.
    class_of_record, cell_of_record : ndarray of int64, shape (n_records,)
    merger : PersonaMerger
    """

    original: pd.DataFrame
    released: pd.DataFrame
    cells: Cells
    rows: pd.DataFrame
    class_of_record: np.ndarray
    cell_of_record: np.ndarray
    merger: PersonaMerger = field(repr=False)

    @property
    def sizes(self) -> np.ndarray:
        """People in each class: f."""
        return np.bincount(self.class_of_record, minlength=len(self.rows))

    @property
    def members(self) -> sparse.csc_matrix:
        """How many records of each cell (row) are in each class (column)."""
        ones = np.ones(len(self.class_of_record))
        shape = (len(self.cells.people), len(self.rows))
        return sparse.coo_matrix(
            (ones, (self.cell_of_record, self.class_of_record)), shape=shape
        ).tocsc()


def draw(world: World, setting: Setting, seed: int) -> Release:
    """Draw a file from a world, put noise on ages where the setting says so, merge, release.

    Parameters
    ----------
    world : World
    setting : Setting
    seed : int
        Decides who is drawn, and the noise.

    Returns
    -------
    Release
    """
    keys = list(setting.keys)
    people = world.people[keys]
    rng = np.random.default_rng([seed, len(people), setting.k])
    chosen = rng.choice(len(people), round(setting.fraction * len(people)), replace=False)
    of_person, table = number_rows(people)
    original = people.iloc[chosen].reset_index(drop=True)
    noisy = original.copy()
    for name in world.numeric:
        if setting.noise:
            moved = rng.integers(-setting.noise, setting.noise + 1, len(noisy))
            noisy[name] = noisy[name] + moved
    places = {name: table for name, table in world.hierarchies.items() if name in keys}
    merger = PersonaMerger(
        keys, setting.k, representation=setting.representation, hierarchies=places or None
    )
    released = merger.fit_transform(noisy)
    class_of_record, rows = number_rows(released)
    return Release(
        original=original,
        released=released,
        cells=Cells(
            table, np.bincount(of_person), tuple(name in world.numeric for name in setting.keys)
        ),
        rows=rows,
        class_of_record=class_of_record,
        cell_of_record=of_person[chosen],
        merger=merger,
    )


def number_rows(table: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Number the distinct rows; give each row's number, and the distinct rows in order.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers, rows = number_rows(pd.DataFrame({"a": [2, 1, 2]}))
    >>> numbers.tolist(), rows["a"].tolist()
    ([1, 0, 1], [1, 2])
    """
    groups = table.groupby(list(table.columns), sort=True, observed=True, dropna=False)
    numbers = groups.ngroup().to_numpy()
    first = np.unique(numbers, return_index=True)[1]
    return numbers, table.iloc[first].reset_index(drop=True)


def put_there(release: Release, noise: int, numeric: tuple[str, ...]) -> sparse.csc_matrix:
    """Tell whom of the world the fitted merger itself would put in each class.

    Of those who are not in the file, only whom the released labels cover: with another person the
    class would have had other labels. (Labels of centres cover nobody, and rule nobody out.)

    Parameters
    ----------
    release : Release
    noise : int
        Ages were moved by up to so many years.
    numeric : tuple of str
        Columns that the noise is on.

    Returns
    -------
    scipy.sparse.csc_matrix of shape (n_cells, n_classes)
        The share of moves of a cell's age with which its people would be in the class.
    """
    cells = release.cells
    joined = release.rows.astype(str).assign(_class=range(len(release.rows)))
    moves = range(-noise, noise + 1)
    parts = []
    for move in moves:
        moved = cells.table.assign(**{name: cells.table[name] + move for name in numeric})
        put = release.merger.transform(moved).astype(str).reset_index(drop=True)
        number = put.merge(joined, how="left", on=list(release.rows.columns))["_class"]
        known = number.notna().to_numpy()
        if release.merger.representation == "interval":
            known = known & _fits(put, moved, cells.numeric)
        cell = np.flatnonzero(known)
        share = np.full(len(cell), 1.0 / len(moves))
        shape = (len(known), len(release.rows))
        parts.append(sparse.coo_matrix((share, (cell, number[known].astype(int))), shape=shape))
    return sum(parts[1:], parts[0]).tocsc()


def _fits(put: pd.DataFrame, cells: pd.DataFrame, numeric: tuple[bool, ...]) -> np.ndarray:
    """Tell which cells are covered by the labels that they were given."""
    result = np.ones(len(cells), dtype=bool)
    for name, is_number in zip(cells, numeric, strict=True):
        of_label, labels = pd.factorize(put[name])
        values, of_value = np.unique(cells[name], return_inverse=True)
        result &= covers(list(labels), values, numeric=is_number)[of_label, of_value]
    return result
