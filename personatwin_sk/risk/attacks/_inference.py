"""Attribute inference: the class of a target tells what the target wanted to keep to themselves."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state

from personatwin_sk._core.columns import factorize
from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_column, find_columns
from personatwin_sk.exceptions import InputError
from personatwin_sk.risk._classes import Classes, find_classes
from personatwin_sk.risk.attacks._covers import compare
from personatwin_sk.risk.attacks._linkage import first_rows, read_tables
from personatwin_sk.risk.attacks._result import ResidualRisk
from personatwin_sk.risk.attacks._wilson import check_confidence

__all__ = ["inference_risk"]

_OUTSIDE = 1000.0  # farther than any class that covers the target
_SAME = 1e-5
_CHUNK = 2**22


def inference_risk(
    original: Any,
    released: Any,
    quasi_identifiers: Hashable | Sequence[Hashable],
    secret: Hashable,
    *,
    person_id: Hashable | None = None,
    control: Any = None,
    tolerance: float = 0.05,
    random_state: Any = None,
    n_targets: int = 1000,
    confidence: float = 0.95,
) -> ResidualRisk:
    """Guess a secret of people from the class that fits their key variables.

    For each target the attacker takes the classes that cover the key variables and whose middle is
    nearest, and guesses the value that is most frequent there. This is compared with the same
    guesses for people who are not in the file: what can be said of them too is knowledge of the
    world, and no disclosure. Without such people it is compared with the value that is most
    frequent in the whole release.

    Parameters
    ----------
    original, released : table of shape (n_rows, n_columns)
        The same rows in the same order.
    quasi_identifiers : column or sequence of columns
        What the attacker knows.
    secret : column
        What is guessed; the first released row of a person counts.
    person_id : column, optional
        As in :class:`ReidentificationRisk`.
    control : table, optional
        People like those of the file who are not in it, with the true key variables and secret.
    tolerance : float, default=0.05
        A number is right if it is off by no more than this share of the truth.
    random_state : int, RandomState or None, default=None
    n_targets : int, default=1000
        People to try at most, and as many of the control.
    confidence : float, default=0.95

    Returns
    -------
    ResidualRisk

    Raises
    ------
    InputError
        The tables have different numbers of rows, or a setting cannot be used.
    ColumnNotFoundError
        A named column is not in one of the tables.

    References
    ----------
    Giomi, M. et al. (2023), "A unified framework for quantifying privacy risk in synthetic data",
    PoPETs 2023(2), section 5.3.

    Examples
    --------
    >>> people = pd.DataFrame({"age": [31, 34, 38, 52, 53, 55], "ill": [1, 1, 1, 0, 0, 1]})
    >>> released = people.assign(age=["30-39"] * 3 + ["50-59"] * 3)
    >>> result = inference_risk(people, released, "age", "ill", random_state=0)
    >>> round(result.rate, 3), round(result.control, 3), round(result.risk, 3)
    (0.833, 0.667, 0.5)
    """
    check_confidence(confidence)
    if n_targets < 1:
        raise InputError("n_targets must be at least 1.")
    if not 0 <= tolerance < 1:
        raise InputError("tolerance must be at least 0 and below 1.")
    before, after, keys = read_tables(
        original, released, quasi_identifiers, person_id, "inference_risk", secret
    )
    rng = check_random_state(random_state)
    classes = find_classes(before, after, keys, person_id)
    has_control = control is not None
    if not len(classes.member):
        return ResidualRisk.of(0, 0, 0, 0, has_control=has_control, confidence=confidence)
    shown = first_rows(classes)
    guesser = _Guesser(after, keys, secret, classes, shown)
    rows = np.sort(rng.permutation(shown)[:n_targets])
    truth = before[secret].iloc[rows]
    hits = _right(guesser(before, rows), truth, tolerance)
    if not has_control:
        values, counts = _most_frequent(after[secret].iloc[shown])
        marginal = pd.Series([values.iloc[int(counts.argmax())]] * len(rows), dtype=object)
        control_hits, n_control = _right(marginal, truth, tolerance), len(rows)
    else:
        others = Table.of(control)
        owner = "inference_risk (control)"
        find_columns(others, keys, parameter="quasi_identifiers", owner=owner)
        find_column(others, secret, parameter="secret", owner=owner)
        other_rows = np.sort(rng.permutation(others.n_rows)[:n_targets])
        n_control = len(other_rows)
        control_hits = _right(
            guesser(others, other_rows), others[secret].iloc[other_rows], tolerance
        )
    return ResidualRisk.of(
        hits, len(rows), control_hits, n_control, has_control=has_control, confidence=confidence
    )


class _Guesser:
    """What the release says of the secret, class by class."""

    def __init__(
        self,
        released: Table,
        keys: Sequence[Hashable],
        secret: Hashable,
        classes: Classes,
        shown: np.ndarray,
    ) -> None:
        self._keys = list(keys)
        first = np.zeros(classes.n_classes, dtype=np.int64)
        first[classes.class_of_row[shown]] = shown
        self._labels = {
            name: factorize(released[name].iloc[first].reset_index(drop=True)) for name in keys
        }
        codes, self._secrets = factorize(released[secret].iloc[shown].reset_index(drop=True))
        n = max(len(self._secrets), 1)
        pair, times = np.unique(classes.class_of_row[shown] * n + codes, return_counts=True)
        self._class, self._code = np.divmod(pair, n)
        self._times = times
        self._start = np.searchsorted(self._class, np.arange(classes.n_classes + 1))

    def __call__(self, table: Table, rows: np.ndarray) -> pd.Series:
        """Guess the secret of some rows of a table."""
        target, class_ = self._nearest(table, rows)
        size = self._start[class_ + 1] - self._start[class_]
        which = np.repeat(np.arange(len(class_)), size)
        offset = np.arange(len(which)) - np.repeat(np.cumsum(size) - size, size)
        entry = self._start[class_][which] + offset
        n = max(len(self._secrets), 1)
        key, at = np.unique(target[which] * n + self._code[entry], return_inverse=True)
        total = np.bincount(at.reshape(-1), weights=self._times[entry])
        owner, code = np.divmod(key, n)
        # The most frequent one; of several, the first in sorted order.
        order = np.lexsort((code, -total, owner))
        best = order[np.flatnonzero(np.diff(owner[order], prepend=-1))]
        return self._secrets.astype(object).iloc[code[best]].reset_index(drop=True)

    def _nearest(self, table: Table, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give pairs of targets and the classes that fit them best."""
        matrices = []
        for name in self._keys:
            label_of_class, labels = self._labels[name]
            codes, values = factorize(table[name].iloc[rows].reset_index(drop=True))
            covers = compare(labels, values)
            apart = covers.distance() ** 2 + np.where(covers.inside, 0.0, _OUTSIDE)
            matrices.append((apart.astype(np.float32), label_of_class, codes))
        targets, found = [], []
        step = max(_CHUNK // max(len(self._start) - 1, 1), 1)
        for start in range(0, len(rows), step):
            part = np.arange(start, min(start + step, len(rows)))
            total = np.zeros((len(part), len(self._start) - 1), dtype=np.float32)
            for apart, label_of_class, codes in matrices:
                total += apart.T[codes[part]][:, label_of_class]
            at, class_ = np.nonzero(total <= total.min(axis=1, keepdims=True) + _SAME)
            targets.append(part[at])
            found.append(class_)
        return np.concatenate(targets), np.concatenate(found)


def _most_frequent(column: pd.Series) -> tuple[pd.Series, np.ndarray]:
    codes, values = factorize(column.reset_index(drop=True))
    return values.astype(object), np.bincount(codes, minlength=len(values))


def _right(guesses: pd.Series, truth: pd.Series, tolerance: float) -> int:
    """Count the guesses that say the truth: its value, or a number near it."""
    truth = truth.reset_index(drop=True)
    guess_codes, guess_values = factorize(guesses)
    truth_codes, truth_values = factorize(truth)
    covers = compare(guess_values, truth_values)
    near = np.zeros_like(covers.inside)
    with np.errstate(invalid="ignore"):
        off = np.abs(covers.middle[:, None] - covers.position[None, :])
        near |= off <= tolerance * np.abs(covers.position[None, :])
    # A set or a band that merely covers the truth does not say it.
    is_single = np.array([not isinstance(v, str) or "|" not in v for v in guess_values.tolist()])
    is_number = np.isfinite(covers.middle)[:, None]
    right = np.where(is_number, near, covers.inside & is_single[:, None])
    return int(right[guess_codes, truth_codes].sum())
