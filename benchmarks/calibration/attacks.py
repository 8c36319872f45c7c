"""The judge's attacks: an identified register of everybody is linked to the released rows.

They share no code with the package. The attacker knows the cell of everybody in the world, the
method, and the noise that was put on ages before the merge, and sees the released rows and how many
records each stands for. For a record of a class he names one person, taken from those whom his
rule finds likeliest, by chance among equals; the success is the expected share of records that he
names rightly, counted over the true members of the classes.

Rules of who is taken for a class:

- *hull*: everybody whom the labels cover; *hull, own*: of these, those whom the fewest other
  classes cover as well;
- *nearest in hull*: each person is given to the class with the nearest centre among those that
  cover them, and is taken for that class only; *nearest*: among all classes;
- *closest in hull*, *closest*: of the people given to a class by the last two rules, only those
  nearest to its centre: where a centre is somebody's own row, they are meant;
- *edge*: labels are as wide as they are because of somebody: of each class, the one value that a
  member must have (an end of a range, a member of a set) which the fewest people covered have;
- *densest*: each person is given to the class with most records per person covered, among those
  that cover them.

With noise, a person counts with the share of moves of their age that leads to the class; one rule
takes people by these shares, the other ("best") only those with the largest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.calibration.labels import centres, covers, held
from benchmarks.calibration.releases import Release, number_rows

_BLOCK = 1 << 22  # pairs of cell and class that are looked at in one piece
_NEGLIGIBLE = 1e-9
_DIGITS = 9
_NEAR = 1e-3  # of a squared distance


def attack(release: Release, noise: int = 0) -> dict[str, float]:
    """Give the success of each attack.

    Parameters
    ----------
    release : Release
    noise : int, default=0
        Ages were moved by up to so many years before the merge, evenly.

    Returns
    -------
    dict of str to float
    """
    view = _View(release, noise)
    covered = sparse.hstack([block for _, block in view.covered(view.cells, smooth=True)]).tocsc()
    found = {"hull": view.success(covered), "hull, best": view.success(covered, best=True)}
    if release.merger.representation == "interval":
        found["edge"] = float(view.edge(covered).sum() / view.sizes.sum())
    m = np.asarray(covered.sum(axis=1)).ravel()
    alone = covered.multiply(1.0 / np.where(m > 0, m, 1.0)[:, None]).tocsc()
    found["hull, own"] = view.success(alone, best=True)
    rules = {
        "nearest in hull": view.give(view.distances, within=True),
        "nearest": view.give(view.distances, within=False),
        "densest": view.give(view.sparsity(covered), within=True),
    }
    for name in ("nearest in hull", "nearest"):
        closest = name.replace("nearest", "closest")
        found[closest] = view.success(view.favour_centre(rules[name]), best=True)
    for name, taken in rules.items():
        found[name] = view.success(taken)
        if noise:
            found[f"{name}, best"] = view.success(taken, best=True)
    return found


def ceiling(release: Release, noise: int, behind: sparse.csc_matrix) -> float:
    """Give the success of somebody who takes for each class what does best there, in hindsight.

    That is to pick from those whom the fitted merger itself would have put there; from those whom
    the labels cover, which are the people of one cell where the row is somebody's own; or from
    those with the rarest value that the class holds.

    Parameters
    ----------
    release : Release
    noise : int
        As in `attack`.
    behind : scipy.sparse.csc_matrix of shape (n_cells, n_classes)
        As of `put_there`.

    Returns
    -------
    float
    """
    view = _View(release, noise)
    covered = sparse.hstack([block for _, block in view.covered(view.cells, smooth=True)]).tocsc()
    right = [named_rightly(weights, view.members, view.people) for weights in (behind, covered)]
    if release.merger.representation == "interval":
        right.append(view.edge(covered))
    return float(np.max(right, axis=0).sum() / view.members.sum())


class _View:
    """Cells and classes as matrices."""

    def __init__(self, release: Release, noise: int) -> None:
        self.people = release.cells.people.astype(float)
        self.members = release.members
        self.sizes = release.sizes
        self.numeric = release.cells.numeric
        self.noise = noise if any(self.numeric) else 0
        table = release.cells.table
        self.values: list[np.ndarray] = []
        self.cover: list[np.ndarray] = []
        self.held: list[np.ndarray] = []
        self.label_of_class: list[np.ndarray] = []
        codes, encoded = [], []
        for position, name in enumerate(table):
            values = np.unique(table[name])
            if self.numeric[position] and self.noise:
                values = np.arange(values[0] - self.noise, values[-1] + self.noise + 1)
            number, labels = pd.factorize(release.rows[name])
            cover = covers(list(labels), values, numeric=self.numeric[position])
            self.values.append(values)
            self.cover.append(cover.astype(np.float32))
            self.held.append(held(list(labels), values, numeric=self.numeric[position]))
            self.label_of_class.append(number)
            codes.append(np.searchsorted(values, table[name]))
            encoded.append(self._encode(position, list(labels), cover, codes[-1]))
        self.cells = np.stack(codes, axis=1)
        self.scales = [scale for scale, _ in encoded]
        self.centre = np.concatenate(
            [
                points[number]
                for (_, points), number in zip(encoded, self.label_of_class, strict=True)
            ],
            axis=1,
        )

    def _encode(
        self, position: int, labels: list[object], cover: np.ndarray, codes: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Put labels among the values: a scale, and the place of each label's centre."""
        if not self.numeric[position]:
            return np.sqrt(0.5), cover / cover.sum(axis=1, keepdims=True) * np.sqrt(0.5)
        values = self.values[position]
        mean = np.average(values[codes], weights=self.people)
        spread = np.sqrt(np.average((values[codes] - mean) ** 2, weights=self.people))
        scale = 1.0 / max(float(spread), _NEGLIGIBLE)
        return scale, centres(labels, cover, values)[:, None] * scale

    def points(self, cells: np.ndarray) -> np.ndarray:
        """Give cells as points."""
        parts = [
            values[codes][:, None] * scale if numeric else np.eye(len(values))[codes] * scale
            for values, codes, scale, numeric in zip(
                self.values, cells.T, self.scales, self.numeric, strict=True
            )
        ]
        return np.concatenate(parts, axis=1)

    def covered(
        self, cells: np.ndarray, *, smooth: bool
    ) -> Iterator[tuple[slice, sparse.csc_matrix]]:
        """Give block by block, for each cell, the share of moves with which a class covers it."""
        step = max(_BLOCK // len(cells), 1)
        for start in range(0, len(self.sizes), step):
            block = slice(start, start + step)
            share = np.ones((len(cells), len(self.sizes[block])), dtype=np.float32)
            for position in range(len(self.cover)):
                cover = self._cover(position, smooth=smooth)
                share *= cover[self.label_of_class[position][block]][:, cells[:, position]].T
            yield block, sparse.csc_matrix(share)

    def _cover(self, position: int, *, smooth: bool) -> np.ndarray:
        cover = self.cover[position]
        moves = smooth and self.noise and self.numeric[position]
        return _smooth(cover, self.noise) if moves else cover

    def edge(self, covered: sparse.csc_matrix) -> np.ndarray:
        """Count the records named rightly by who names somebody with the rarest value it holds."""
        fewest = np.full(len(self.sizes), np.inf)
        right = np.zeros(len(self.sizes))
        everybody = covered.tocoo()
        inside = self.members.tocoo()
        for position, must in enumerate(self.held):
            among = self._with_value(
                position, everybody.row, everybody.col, self.people[everybody.row]
            )
            named = self._with_value(position, inside.row, inside.col, inside.data)
            among[~must[self.label_of_class[position]] | (among <= 0)] = np.inf
            rarest = among.argmin(axis=1)
            classes = np.arange(len(rarest))
            least = among[classes, rarest]
            better = least < fewest
            fewest[better] = least[better]
            right[better] = named[classes, rarest][better] / least[better]
        return right

    def _with_value(
        self, position: int, cell: np.ndarray, class_: np.ndarray, people: np.ndarray
    ) -> np.ndarray:
        """Count expected people by class and by the value of a column after noise."""
        weight = people.astype(float)
        for other in range(len(self.cover)):
            if other != position:
                table = self._cover(other, smooth=True)
                weight *= table[self.label_of_class[other][class_], self.cells[cell, other]]
        noise = self.noise if self.numeric[position] else 0
        n_values = len(self.values[position])
        total = np.zeros(len(self.sizes) * n_values)
        for move in range(-noise, noise + 1):
            at = class_ * n_values + self.cells[cell, position] + move
            total += np.bincount(at, weights=weight / (2 * noise + 1), minlength=len(total))
        return total.reshape(len(self.sizes), n_values)

    def distances(self, cells: np.ndarray, block: slice) -> np.ndarray:
        """Give squared distances of cells and the centres of a block of classes."""
        points, centre = self.points(cells), self.centre[block]
        squares = (points**2).sum(axis=1)[:, None] + (centre**2).sum(axis=1)
        # Rounded: the first of classes that are equally near has the person, not the luckiest.
        return np.round(squares - 2 * points @ centre.T, _DIGITS)

    def favour_centre(self, weights: sparse.csc_matrix) -> sparse.csc_matrix:
        """Multiply weights so that in each class the people nearest to its centre have most."""
        entries = weights.tocoo()
        points = self.points(self.cells)
        apart = ((points[entries.row] - self.centre[entries.col]) ** 2).sum(axis=1)
        entries.data = entries.data / (_NEAR + apart)
        return entries.tocsc()

    def sparsity(self, covered: sparse.csc_matrix) -> Callable[[np.ndarray, slice], np.ndarray]:
        """Make a score: people covered per record, the same for all cells."""
        per_record = np.maximum(covered.T @ self.people, 1.0) / self.sizes
        return lambda cells, block: np.broadcast_to(
            per_record[block], (len(cells), len(per_record[block]))
        )

    def give(
        self, score: Callable[[np.ndarray, slice], np.ndarray], *, within: bool
    ) -> sparse.csc_matrix:
        """Give each cell to the class with the least score, move by move."""
        moves = range(-self.noise, self.noise + 1)
        moved = np.repeat(self.cells[None], len(moves), axis=0)
        for position in np.flatnonzero(self.numeric):
            moved[:, :, position] += np.array(moves)[:, None]
        flat = pd.DataFrame(moved.reshape(-1, moved.shape[-1]))
        number, distinct = number_rows(flat)
        target = self._nearest(distinct.to_numpy(), score, within)[number]
        cell = np.tile(np.arange(len(self.cells)), len(moves))
        kept = target >= 0
        weights = np.full(int(kept.sum()), 1.0 / len(moves))
        shape = (len(self.cells), len(self.sizes))
        return sparse.coo_matrix((weights, (cell[kept], target[kept])), shape=shape).tocsc()

    def _nearest(
        self,
        cells: np.ndarray,
        score: Callable[[np.ndarray, slice], np.ndarray],
        within: bool,
    ) -> np.ndarray:
        best = np.full(len(cells), np.inf)
        target = np.full(len(cells), -1)
        everybody = np.arange(len(cells))
        for block, share in self.covered(cells, smooth=False):
            found = np.array(score(cells, block), dtype=float)
            if within:
                found[share.toarray() == 0] = np.inf
            at = found.argmin(axis=1)
            better = found[everybody, at] < best
            best[better] = found[everybody, at][better]
            target[better] = at[better] + block.start
        return target

    def success(self, weights: sparse.csc_matrix, *, best: bool = False) -> float:
        """Give the expected share of records named rightly by weights of cells for classes."""
        if best:
            weights = _largest(weights)
        return success(weights, self.members, self.people)


def success(weights: sparse.csc_matrix, members: sparse.csc_matrix, people: np.ndarray) -> float:
    """Give the expected share of records that are named rightly.

    For each record of a class, one person is drawn by weight.

    Parameters
    ----------
    weights : scipy.sparse.csc_matrix of shape (n_cells, n_classes)
        Weight of each person of a cell for a class; 0 is never drawn.
    members : scipy.sparse.csc_matrix of shape (n_cells, n_classes)
        Records of each cell in each class.
    people : ndarray of float, shape (n_cells,)

    Returns
    -------
    float

    Examples
    --------
    Two records of a cell of four people, and one of a cell of one; all five are as likely:

    >>> import numpy as np
    >>> from scipy.sparse import csc_matrix
    >>> weights, members = csc_matrix([[1.0], [1.0]]), csc_matrix([[2.0], [1.0]])
    >>> round(success(weights, members, np.array([4.0, 1.0])), 3)
    0.2
    """
    return float(named_rightly(weights, members, people).sum() / members.sum())


def named_rightly(
    weights: sparse.csc_matrix, members: sparse.csc_matrix, people: np.ndarray
) -> np.ndarray:
    """Give for each class the expected number of records named rightly; as in `success`."""
    named = np.asarray(weights.multiply(members).sum(axis=0)).ravel()
    among = people @ weights
    return np.divide(named, among, out=np.zeros_like(named), where=among > 0)


def _smooth(cover: np.ndarray, noise: int) -> np.ndarray:
    """Average over moves: the share of them that ends in a label's values."""
    width = 2 * noise + 1
    padded = np.pad(cover, ((0, 0), (noise, noise)))
    return np.lib.stride_tricks.sliding_window_view(padded, width, axis=1).mean(axis=2)


def _largest(weights: sparse.csc_matrix) -> sparse.csc_matrix:
    """Keep of each class the cells with the largest weight."""
    most = weights.max(axis=0).toarray().ravel()
    of_entry = np.repeat(most, np.diff(weights.indptr))
    kept = weights.copy()
    kept.data = (weights.data >= of_entry * (1 - _NEGLIGIBLE)).astype(float)
    return kept
