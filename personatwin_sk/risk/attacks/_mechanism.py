"""What an attacker knows of a release's mechanism: how likely a value gets a label, by zones.

Whoever knows the method knows how far noise moves a value and where in a band the people of a class
sit. That is learned here from pairs (label, value) of the whole column, in a few zones: the
attacker is not told which label the people of some value got, for that would be the answer.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table
from personatwin_sk.risk._classes import Classes
from personatwin_sk.risk.attacks._covers import Covers, compare
from personatwin_sk.risk.attacks._register import Register

__all__ = ["KeyColumn", "read_columns"]

_INNER_ZONES = 5
_OUTER_ZONES = 10


@dataclass(frozen=True, repr=False)
class KeyColumn:
    """One released key variable against the register's values of it.

    Attributes
    ----------
    label_of_class : ndarray of int64, shape (n_classes,)
    value_of_cell : ndarray of int64, shape (n_cells,)
    inside : ndarray of bool, shape (n_labels, n_values)
    distance : ndarray of float32, shape (n_labels, n_values)
    weight : ndarray of float32, shape (n_labels, n_values)
        How much more often a value has this label than if both were drawn apart; 0 where the
        mechanism never put one under the other.
    """

    label_of_class: np.ndarray
    value_of_cell: np.ndarray
    inside: np.ndarray
    distance: np.ndarray
    weight: np.ndarray

    def __repr__(self) -> str:
        return f"KeyColumn(n_labels={self.weight.shape[0]}, n_values={self.weight.shape[1]})"

    @property
    def moves_values_out(self) -> bool:
        """Whether some released label does not cover the value that it stands for."""
        return bool((self.weight[~self.inside] > 0).any())


def read_columns(
    released: Table,
    quasi_identifiers: Sequence[Hashable],
    classes: Classes,
    register: Register,
    class_of_target: np.ndarray,
    cell_of_target: np.ndarray,
) -> list[KeyColumn]:
    """Compare each released key variable with the register's values of it.

    Parameters
    ----------
    released : Table
    quasi_identifiers : sequence of column
    classes : Classes
    register : Register
    class_of_target, cell_of_target : ndarray of int64, shape (n_memberships,)
        Of all people that are released: what the mechanism did is learned from them.

    Returns
    -------
    list of KeyColumn
    """
    shown = np.flatnonzero(classes.class_of_row >= 0)
    first = np.zeros(classes.n_classes, dtype=np.int64)
    first[classes.class_of_row[shown]] = shown
    result = []
    for name, values, value_of_cell, hierarchy in zip(
        quasi_identifiers, register.values, register.codes, register.hierarchies, strict=True
    ):
        label_of_class, labels = factorize(released[name][first])
        covers = compare(labels, values, hierarchy)
        label, value = label_of_class[class_of_target], value_of_cell[cell_of_target]
        result.append(
            KeyColumn(
                label_of_class,
                value_of_cell,
                covers.inside,
                covers.distance().astype(np.float32),
                _weigh(covers, label, value).astype(np.float32),
            )
        )
    return result


def _weigh(covers: Covers, label: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Give the ratio of observed to independent pairs in the zone of each (label, value)."""
    n_labels, n_values = covers.inside.shape
    zone = _zones(covers, label, value)
    n_zones = _INNER_ZONES + _OUTER_ZONES + 1
    observed = np.bincount(zone[label, value], minlength=n_zones).astype(float)
    apart = np.outer(
        np.bincount(label, minlength=n_labels), np.bincount(value, minlength=n_values)
    ) / max(len(label), 1)
    expected = np.bincount(zone.ravel(), weights=apart.ravel(), minlength=n_zones)
    inner = np.arange(n_zones) < _INNER_ZONES
    # What a label covers stays possible, seen or not.
    ratio = np.where(
        inner, (observed + 0.5) / (expected + 0.5), observed / np.maximum(expected, 0.5)
    )
    return np.asarray(ratio[zone], dtype=float)


def _zones(covers: Covers, label: np.ndarray, value: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        apart = np.abs(covers.position[None, :] - covers.middle[:, None])
        half = np.broadcast_to(covers.half[:, None], apart.shape)
        beyond = apart - half
        share = np.where(half > 0, apart / np.where(half > 0, half, 1.0), 0.0)
    inner = np.minimum(np.nan_to_num(share, posinf=0.0) * _INNER_ZONES, _INNER_ZONES - 1)
    moved = beyond[label, value]
    moved = moved[np.isfinite(moved) & (moved > 0)]
    unit = float(np.median(moved)) if len(moved) else 1.0
    is_beyond = np.isfinite(beyond) & (beyond > 0)
    steps = np.floor(2 * np.log2(np.where(is_beyond, beyond, unit) / unit)) + _OUTER_ZONES // 2
    outer = _INNER_ZONES + np.clip(steps, 0, _OUTER_ZONES - 1)
    category = _INNER_ZONES + _OUTER_ZONES
    return np.where(covers.inside, inner, np.where(is_beyond, outer, category)).astype(np.int64)
