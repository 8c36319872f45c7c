"""What the engine knows of each class while it refines: sums, extremes and counts of categories.

Both measures of loss can be told from it for any exchange of cells between two classes, exactly and
for many exchanges at once: the sum of squares (of encoded points) and the certainty penalty (people
times what the class mixes in each key variable).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from personatwin_sk.merging._points import Points

__all__ = ["ClassState", "Prices", "group_losses"]

# Among numbers alone the sum of squares tells nearly all; the penalty only settles close calls.
_PENALTY_OF_NUMBERS = 0.1


@dataclass(frozen=True)
class Prices:
    """What the two measures of loss are worth against each other.

    Each is taken relative to what it would be with everybody in one class, so that their sum runs
    from 0 to 2 and neither is bought by ruining the other.

    Attributes
    ----------
    squares, penalty : float
        Price of one unit of the sum of squares and of the certainty penalty of all people.
    """

    squares: float
    penalty: float

    @classmethod
    def of(cls, points: Points) -> Prices:
        """Set the prices for a table."""
        everybody = ClassState(points, np.zeros(len(points), dtype=np.int64), 1)
        squares, penalty = everybody.squares_total(), everybody.penalty_total()
        share = _PENALTY_OF_NUMBERS if len(points.weights) == 0 else 1.0
        return cls(1 / squares if squares > 0 else 0.0, share / penalty if penalty > 0 else 0.0)

    def losses(self, state: ClassState) -> np.ndarray:
        """Give the loss of each class."""
        return self.squares * state.squares + self.penalty * state.people * state.penalty


def group_losses(
    points: Points, group: np.ndarray, n_groups: int, prices: Prices
) -> tuple[np.ndarray, np.ndarray]:
    """Measure the loss of groups of points, which may be empty.

    What :class:`ClassState` knows of classes, but only the loss, and faster.

    Parameters
    ----------
    points : Points
    group : numpy.ndarray of int64, shape (n_cells,)
    n_groups : int
    prices : Prices

    Returns
    -------
    loss : numpy.ndarray of float, shape (n_groups,)
    people : numpy.ndarray of float, shape (n_groups,)
    """
    people = np.bincount(group, weights=points.people, minlength=n_groups)
    squared_sums, penalty = np.zeros(n_groups), np.zeros(n_groups)
    for column, price in zip(points.ordered.T, points.ordered_penalty, strict=True):
        squared_sums += np.bincount(group, weights=points.people * column, minlength=n_groups) ** 2
        low, high = np.full(n_groups, np.inf), np.full(n_groups, -np.inf)
        np.minimum.at(low, group, column)
        np.maximum.at(high, group, column)
        penalty += price * np.where(people > 0, high - np.where(people > 0, low, 0.0), 0.0)
    for j, (codes, m) in enumerate(zip(points.categories, points.n_categories, strict=True)):
        held = np.bincount(group * m + codes, weights=points.people, minlength=n_groups * m)
        held = held.reshape(n_groups, m)
        penalty += points.category_penalty[j] * np.maximum(np.count_nonzero(held, axis=1) - 1, 0)
        squared_sums += points.weights[j] / 2 * np.einsum("ij,ij->i", held, held)
    norms = np.bincount(group, weights=points.people * points.squared_norms, minlength=n_groups)
    squares = norms - squared_sums / np.where(people > 0, people, 1.0)
    return prices.squares * squares + prices.penalty * people * penalty, people


class ClassState:
    """Sums and extremes of classes.

    Parameters
    ----------
    points : Points
    class_of_cell : numpy.ndarray of int64, shape (n_cells,)
    n_classes : int

    Attributes
    ----------
    people : numpy.ndarray of float, shape (n_classes,)
    penalty : numpy.ndarray of float, shape (n_classes,)
        Certainty penalty of one person of the class, summed over key variables.
    """

    def __init__(self, points: Points, class_of_cell: np.ndarray, n_classes: int) -> None:
        self.points = points
        self.class_of_cell = class_of_cell
        self.people = np.bincount(class_of_cell, weights=points.people, minlength=n_classes)
        self._norms = points.squared_norms
        self._sums = np.empty((n_classes, points.ordered.shape[1]))
        # Lowest, second lowest, highest and second highest cell in each ordered coordinate.
        self._ends = np.empty((points.ordered.shape[1], 4, n_classes))
        self.penalty = np.zeros(n_classes)
        squared_sums = np.zeros(n_classes)
        for j in range(points.ordered.shape[1]):
            column = points.ordered[:, j]
            self._sums[:, j] = np.bincount(
                class_of_cell, weights=points.people * column, minlength=n_classes
            )
            squared_sums += self._sums[:, j] ** 2
            self._ends[j] = _two_ends(column, class_of_cell, n_classes)
            self.penalty += points.ordered_penalty[j] * (self._ends[j, 2] - self._ends[j, 0])
        # People and cells of each class by category; one row per class, columns as in `places`.
        width = points.n_all_categories
        held_by = np.zeros((n_classes, width))
        # None, one, or several cells is all that matters: one byte keeps the table in the cache.
        cells_of = np.zeros((n_classes, width), dtype=np.uint8)
        first = 0
        for j, (codes, m) in enumerate(zip(points.categories, points.n_categories, strict=True)):
            place = class_of_cell * m + codes
            held = np.bincount(place, weights=points.people, minlength=n_classes * m)
            cells = np.bincount(place, minlength=n_classes * m).reshape(n_classes, m)
            held_by[:, first : first + m] = held.reshape(n_classes, m)
            cells_of[:, first : first + m] = np.minimum(cells, 3)
            held *= held
            squared_sums += points.weights[j] / 2 * held.reshape(n_classes, m).sum(axis=1)
            self.penalty += points.category_penalty[j] * (np.count_nonzero(cells, axis=1) - 1)
            first += m
        self._held, self._cells = held_by.ravel(), cells_of.ravel()
        self._squared_sums = squared_sums
        self.squares = (
            np.bincount(class_of_cell, weights=points.people * self._norms, minlength=n_classes)
            - squared_sums / self.people
        )

    def penalty_total(self) -> float:
        """Give the certainty penalty of all people, summed over key variables."""
        return float((self.people * self.penalty).sum())

    def squares_total(self) -> float:
        """Give the sum of squares around class means."""
        return float(self.squares.sum())

    def means_dot(self, cells: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Give the inner product of cells with the sums over all people of classes."""
        product = np.einsum("ij,ij->i", self.points.ordered[cells], self._sums[classes])
        row = classes * self.points.n_all_categories
        for weight, place in zip(self.points.weights, self.points.places, strict=True):
            product += weight / 2 * self._held.take(row + place[cells])
        return product

    def means(self) -> np.ndarray:
        """Give the mean of each class in the ordered coordinates."""
        return self._sums / self.people[:, None]

    def distance(self, cells: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Give the squared distance of cells to the means of classes."""
        size = self.people[classes]
        return (
            self._norms[cells]
            - 2 * self.means_dot(cells, classes) / size
            + self._squared_sums[classes] / size**2
        )

    def squares_change(
        self, out: np.ndarray, into: np.ndarray, back: np.ndarray | None = None
    ) -> np.ndarray:
        """Give the change of the sum of squares if cells go into other classes.

        Parameters
        ----------
        out : numpy.ndarray of int64, shape (n,)
            Cells that leave their class.
        into : numpy.ndarray of int64, shape (n,)
            The classes that take them.
        back : numpy.ndarray of int64, shape (n,), optional
            Cells of these classes that go the other way.
        """
        source = self.class_of_cell[out]
        w_out = self.points.people[out]
        size_source, size_into = self.people[source] - w_out, self.people[into] + w_out
        sum_source = self._squared_sums[source] - 2 * w_out * self.means_dot(out, source)
        sum_into = self._squared_sums[into] + 2 * w_out * self.means_dot(out, into)
        both = w_out**2 * self._norms[out]
        sum_source, sum_into = sum_source + both, sum_into + both
        if back is not None:
            w_back = self.points.people[back]
            size_source, size_into = size_source + w_back, size_into - w_back
            cross = 2 * w_out * w_back * self.points.dot(out, back)
            both = w_back**2 * self._norms[back]
            sum_source += 2 * w_back * self.means_dot(back, source) + both - cross
            sum_into += -2 * w_back * self.means_dot(back, into) + both - cross
        before = self._squared_sums[source] / self.people[source]
        before += self._squared_sums[into] / self.people[into]
        with np.errstate(divide="ignore", invalid="ignore"):
            after = np.where(size_source > 0, sum_source / size_source, 0.0)
            after += np.where(size_into > 0, sum_into / size_into, 0.0)
        return before - after

    def penalty_change(
        self, out: np.ndarray, into: np.ndarray, back: np.ndarray | None = None
    ) -> np.ndarray:
        """Give the change of the certainty penalty of all people; see :meth:`squares_change`."""
        source = self.class_of_cell[out]
        w_out = self.points.people[out]
        w_back = 0.0 if back is None else self.points.people[back]
        size_source = self.people[source] - w_out + w_back
        size_into = self.people[into] + w_out - w_back
        penalty_source = self._penalty_after(source, out, back)
        penalty_into = self._penalty_after(into, back, out)
        return (
            size_source * penalty_source
            + size_into * penalty_into
            - self.people[source] * self.penalty[source]
            - self.people[into] * self.penalty[into]
        )

    def _penalty_after(
        self, classes: np.ndarray, leaves: np.ndarray | None, comes: np.ndarray | None
    ) -> np.ndarray:
        """Give the penalty of classes once a cell has left and another has come."""
        result = np.zeros(len(classes))
        for j, price in enumerate(self.points.ordered_penalty):
            column = self.points.ordered[:, j]
            low, second_low, high, second_high = self._ends[j][:, classes]
            if leaves is not None:
                gone = column[leaves]
                low = np.where(gone == low, second_low, low)
                high = np.where(gone == high, second_high, high)
            if comes is not None:
                low, high = np.minimum(low, column[comes]), np.maximum(high, column[comes])
            # An emptied class has no span.
            result += price * np.where(high >= low, high - np.where(high >= low, low, 0.0), 0.0)
        result += self.penalty[classes] - self._ordered_penalty(classes)
        row = classes * self.points.n_all_categories
        for price, place in zip(self.points.category_penalty, self.points.places, strict=True):
            if leaves is not None:
                gone = place[leaves]
                result -= price * (self._cells.take(row + gone) == 1)
            if comes is not None:
                new = place[comes]
                n_cells = self._cells.take(row + new)
                if leaves is not None:
                    # A category that has just left with its last cell comes back as a new one.
                    n_cells = n_cells - (new == gone).astype(np.int8)
                result += price * (n_cells == 0)
        return result

    def _ordered_penalty(self, classes: np.ndarray) -> np.ndarray:
        result = np.zeros(len(classes))
        for j, price in enumerate(self.points.ordered_penalty):
            result += price * (self._ends[j, 2, classes] - self._ends[j, 0, classes])
        return result

    def gain_of_leaving(self, prices: Prices) -> np.ndarray:
        """Tell for each cell how much less its class loses without it; shape (n_cells,)."""
        cells, own = np.arange(len(self.points)), self.class_of_cell
        people = self.points.people
        rest = self.people[own] - people
        squares = np.zeros(len(cells))
        several = rest > 0
        squares[several] = (people * self.people[own] / np.where(several, rest, 1.0))[several]
        squares *= self.distance(cells, own)
        squares[~several] = self.squares[own[~several]]
        penalty = self.people[own] * self.penalty[own]
        penalty -= rest * self._penalty_after(own, cells, None)
        return prices.squares * squares + prices.penalty * penalty

    def price_of_joining(
        self, prices: Prices, cells: np.ndarray, classes: np.ndarray
    ) -> np.ndarray:
        """Tell how much more classes lose once cells have joined them."""
        people, size = self.points.people[cells], self.people[classes]
        squares = people * size / (people + size) * self.distance(cells, classes)
        penalty = (size + people) * self._penalty_after(classes, None, cells)
        penalty -= size * self.penalty[classes]
        return prices.squares * squares + prices.penalty * penalty


def _two_ends(column: np.ndarray, class_of_cell: np.ndarray, n_classes: int) -> np.ndarray:
    """Give each class's lowest, second lowest, highest and second highest value, by cells."""
    order = np.lexsort((column, class_of_cell))
    values = column[order]
    n_cells = np.bincount(class_of_cell, minlength=n_classes)
    last = np.cumsum(n_cells) - 1
    first = last - n_cells + 1
    several = n_cells > 1
    return np.stack(
        [
            values[first],
            np.where(several, values[np.minimum(first + 1, last)], np.inf),
            values[last],
            np.where(several, values[np.maximum(last - 1, first)], -np.inf),
        ]
    )
