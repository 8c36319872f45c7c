"""Ways to link the people of a register to the rows of a release, and what each of them reaches.

A strategy says for each class whom of the register it would name for one of its rows. People alike
in all key variables are named with the same chance, so that the success is counted and not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from personatwin_sk.risk.attacks._mechanism import KeyColumn
from personatwin_sk.risk.attacks._register import Register

__all__ = ["Pairs", "find_pairs", "try_strategies"]

# Bytes that one step may take.
_CHUNK = 2**24
_SAME = 1e-5


@dataclass(frozen=True, repr=False)
class Pairs:
    """Cells of the register, and the classes into which the mechanism may have put them.

    Attributes
    ----------
    cell, class_ : ndarray of int64, shape (n_pairs,)
        By cell, then class.
    inside : ndarray of bool, shape (n_pairs,)
        The labels of the class cover the values of the cell.
    distance, weight : ndarray of float, shape (n_pairs,)
        Sum of squared distances, and product of weights, over the columns.
    """

    cell: np.ndarray
    class_: np.ndarray
    inside: np.ndarray
    distance: np.ndarray
    weight: np.ndarray

    def __repr__(self) -> str:
        return f"Pairs(n_pairs={len(self.cell)})"


def find_pairs(
    columns: Sequence[KeyColumn], cells: np.ndarray, classes: np.ndarray, most: int
) -> Pairs | None:
    """Find the cells and classes that may belong together.

    Parameters
    ----------
    columns : sequence of KeyColumn
    cells, classes : ndarray of int64
        Which of them to compare, each with each.
    most : int
        More pairs than these are too many.

    Returns
    -------
    Pairs or None
    """
    found: list[tuple[np.ndarray, np.ndarray]] = []
    n_found = 0
    # One bit per class: a step takes 64 classes at once.
    bits = [_pack((column.weight > 0).T, column.label_of_class[classes]) for column in columns]
    step = max(_CHUNK // max(bits[0].shape[1] * 8, 1), 1)
    for start in range(0, len(cells), step):
        part = cells[start : start + step]
        fits = bits[0][columns[0].value_of_cell[part]]
        for column, allowed in zip(columns[1:], bits[1:], strict=True):
            fits &= allowed[column.value_of_cell[part]]
        at, word = np.nonzero(fits)
        entry, bit = np.nonzero(np.unpackbits(fits[at, word].view(np.uint8).reshape(-1, 8), axis=1))
        at, class_ = at[entry], word[entry] * 64 + bit
        n_found += len(at)
        if n_found > most:
            return None
        found.append((part[at], classes[class_]))
    cell = np.concatenate([part for part, _ in found]) if found else np.empty(0, np.int64)
    class_ = np.concatenate([part for _, part in found]) if found else np.empty(0, np.int64)
    inside = np.ones(len(cell), dtype=bool)
    distance, weight = np.zeros(len(cell)), np.ones(len(cell))
    for column in columns:
        label, value = column.label_of_class[class_], column.value_of_cell[cell]
        inside &= column.inside[label, value]
        distance += column.distance[label, value].astype(float) ** 2
        weight *= column.weight[label, value]
    return Pairs(cell, class_, inside, distance, weight)


def _pack(possible: np.ndarray, label_of_class: np.ndarray) -> np.ndarray:
    """Give for each value the classes that it may be in, as bits of words of 64."""
    n_words = -(-len(label_of_class) // 64)
    result = np.zeros((len(possible), n_words * 8), dtype=np.uint8)
    step = max(_CHUNK // max(len(label_of_class), 1), 1)
    for start in range(0, len(possible), step):
        packed = np.packbits(possible[start : start + step][:, label_of_class], axis=1)
        result[start : start + step, : packed.shape[1]] = packed
    return result.view(np.uint64)


def try_strategies(
    pairs: Pairs,
    register: Register,
    columns: Sequence[KeyColumn],
    sizes: np.ndarray,
    class_of_target: np.ndarray,
    cell_of_target: np.ndarray,
    *,
    all_cells: bool,
) -> dict[str, np.ndarray]:
    """Give the chance with which each strategy names each target.

    Parameters
    ----------
    pairs : Pairs
        All classes of every cell that may belong to the class of a target.
    register : Register
    columns : sequence of KeyColumn
    sizes : ndarray of int64, shape (n_classes,)
        Released people of each class.
    class_of_target, cell_of_target : ndarray of int64, shape (n_targets,)
    all_cells : bool
        Whether `pairs` goes through all cells of the register.

    Returns
    -------
    dict of str -> ndarray of float, shape (n_targets,)
        "exact": anybody whom the labels describe; "fewest hulls": of these, who is described by
        the fewest other classes; "nearest": whom no other such class has its middle nearer to;
        "centre": the same among all classes that noise may have led to; "likelihood": who is most
        likely in the class, by zones of the mechanism; "likelihood, linked": whose most likely
        class it is.
    """
    n_classes = len(sizes)
    people = register.people[pairs.cell]
    # What the labels describe beyond the register's cells is spread over these.
    beyond = _beyond(register, pairs, people, n_classes)
    in_class = _class_masses(pairs, register, columns, people, n_classes, all_cells)
    likely = sizes[pairs.class_] * pairs.weight / in_class[pairs.class_]
    starts = np.flatnonzero(np.diff(pairs.cell, prepend=-1))
    of_cell = np.cumsum(np.diff(pairs.cell, prepend=-1) != 0) - 1
    chance = likely / np.add.reduceat(likely, starts)[of_cell] if len(starts) else likely
    n_hulls = np.bincount(of_cell, weights=pairs.inside)[of_cell] if len(starts) else likely
    none = np.inf

    def smallest_of_cell(values: np.ndarray) -> np.ndarray:
        least = np.minimum.reduceat(values, starts)[of_cell] if len(starts) else values
        return np.isfinite(values) & (values <= least + _SAME * np.abs(least))

    def largest_of_class(values: np.ndarray) -> np.ndarray:
        most = np.full(n_classes, -none)
        np.maximum.at(most, pairs.class_, values)
        at = most[pairs.class_]
        return np.isfinite(values) & (values >= at - _SAME * np.abs(at))

    chosen = {
        "exact": pairs.inside,
        "fewest hulls": largest_of_class(np.where(pairs.inside, -n_hulls, -none)),
        "nearest": smallest_of_cell(np.where(pairs.inside, pairs.distance, none)),
    }
    if any(column.moves_values_out for column in columns):
        chosen["centre"] = smallest_of_cell(pairs.distance)
    chosen["likelihood"] = largest_of_class(chance)
    chosen["likelihood, linked"] = smallest_of_cell(-chance)
    key = pairs.cell * n_classes + pairs.class_
    wanted = cell_of_target * n_classes + class_of_target
    at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    there = key[at] == wanted if len(key) else np.zeros(len(wanted), dtype=bool)
    result = {}
    for name, taken in chosen.items():
        share = taken.astype(float)
        if name in ("nearest", "centre", "likelihood, linked") and len(starts):
            # A person is linked to one class only: where several are as good, to one of them.
            share /= np.maximum(np.add.reduceat(share, starts)[of_cell], 1.0)
        named = np.bincount(pairs.class_, weights=share * people, minlength=n_classes) * beyond
        success = share / np.maximum(named[pairs.class_], 1.0)
        result[name] = np.where(there, success[at], 0.0) if len(key) else np.zeros(len(wanted))
    return result


def _beyond(register: Register, pairs: Pairs, people: np.ndarray, n_classes: int) -> np.ndarray:
    if register.hull_people is None:
        return np.ones(n_classes)
    there = np.bincount(pairs.class_, weights=people * pairs.inside, minlength=n_classes)
    ratio = np.where(there > 0, register.hull_people, np.nan) / np.where(there > 0, there, 1.0)
    return np.maximum(np.nan_to_num(ratio, nan=1.0), 1.0)


def _class_masses(
    pairs: Pairs,
    register: Register,
    columns: Sequence[KeyColumn],
    people: np.ndarray,
    n_classes: int,
    all_cells: bool,
) -> np.ndarray:
    """Give each class the people of the register, each weighed by how well they fit."""
    if all_cells:
        mass = np.bincount(pairs.class_, weights=people * pairs.weight, minlength=n_classes)
    else:
        # Not all cells of every class are here: as if the columns were independent.
        mass = np.full(n_classes, register.total)
        for column in columns:
            share = np.bincount(
                column.value_of_cell, weights=register.people, minlength=column.weight.shape[1]
            )
            mass *= (column.weight @ (share / register.total))[column.label_of_class]
    return np.where(mass > 0, mass, 1.0)
