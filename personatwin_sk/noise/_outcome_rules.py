"""What the user says of each event type's outcomes: which are allowed, how likely, how exchanged.

The parameters `allowed`, `prior` and `matrix` have one shape: what holds for an event type under
the type, in a mapping; without event types the thing itself. With several columns of outcomes,
what holds for one of them stands under the pair (column, event type).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk.exceptions import InputError

__all__ = ["TypeRules", "read_rules"]

_OWNER = "OutcomeNoise"
# How far from 1 probabilities may add up: figures that were rounded when they were published.
_SLACK = 1e-6


@dataclass(frozen=True)
class TypeRules:
    """What is declared for one event type in one column.

    Attributes
    ----------
    outcomes : list
        The allowed outcomes: declared by `allowed`, else by the labels of `prior` or `matrix`.
    prior : ndarray of shape (n_outcomes,) or None
        Public probabilities, in the order of `outcomes`; they sum to 1.
    matrix : ndarray of shape (n_outcomes, n_outcomes) or None
        The given exchange, in the order of `outcomes`.
    """

    outcomes: list[Any]
    prior: np.ndarray | None
    matrix: np.ndarray | None


def read_rules(
    columns: Sequence[Hashable], has_given: bool, allowed: Any, prior: Any, matrix: Any
) -> dict[Hashable, dict[Any, TypeRules]]:
    """Read the three parameters for every column.

    Parameters
    ----------
    columns : sequence of column
    has_given : bool
        Whether there are event types; without them the only type is None.
    allowed, prior, matrix : as the parameters of ``OutcomeNoise``

    Returns
    -------
    dict of column -> dict of event type -> TypeRules
        Types of which nothing is said are absent.

    Raises
    ------
    InputError
        A parameter has another shape, probabilities are none, or labels do not agree.
    """
    sets = _Parameter("allowed", "a sequence of outcomes", _read_outcomes)
    priors = _Parameter("prior", "a mapping from outcome to probability", _read_prior)
    matrices = _Parameter("matrix", "a table or a square array", _read_matrix)
    result = {}
    for column in columns:
        own_sets = sets.of_column(allowed, column, columns, has_given)
        own_priors = priors.of_column(prior, column, columns, has_given)
        own_matrices = matrices.of_column(matrix, column, columns, has_given)
        types = dict.fromkeys([*own_sets, *own_priors, *own_matrices])
        result[column] = {
            name: _combine(own_sets.get(name), own_priors.get(name), own_matrices.get(name))
            for name in types
        }
    return result


class _Parameter:
    """One of the three parameters: how to take what it says of a column, by event type."""

    def __init__(self, name: str, what: str, read: Callable[[Any], Any]) -> None:
        self._name = name
        self._what = what
        self._read = read

    def of_column(
        self, value: Any, column: Hashable, columns: Sequence[Hashable], has_given: bool
    ) -> dict[Any, Any]:
        if value is None:
            return {}
        by_type = self._by_type(value, columns, has_given)
        result: dict[Any, Any] = {}
        own: dict[Any, Any] = {}
        for key, item in by_type.items():
            of_pair = _is_pair(key, columns)
            if of_pair and key[0] != column:
                continue
            event_type = key[1] if of_pair else key
            event_type = None if is_null(_objects([event_type]))[0] else event_type
            (own if of_pair else result)[event_type] = self._read(item)
        return result | own

    def _by_type(
        self, value: Any, columns: Sequence[Hashable], has_given: bool
    ) -> Mapping[Any, Any]:
        is_mapping = isinstance(value, Mapping)
        if has_given and is_mapping:
            return dict(value)
        if not has_given:
            # Only a prior is itself a mapping, from outcome to number; by type it holds mappings.
            if is_mapping and value and all(_is_pair(key, columns) for key in value):
                return dict(value)
            if not is_mapping or (self._name == "prior" and not _holds_mappings(value)):
                return {None: value}
        raise InputError(
            f"{_OWNER}: the parameter {self._name} must be a mapping from event type to "
            f"{self._what} where given names a column, and plainly {self._what} where it is None."
        )


def _is_pair(key: Any, columns: Sequence[Hashable]) -> bool:
    return len(columns) > 1 and isinstance(key, tuple) and len(key) == 2 and key[0] in columns


def _holds_mappings(prior: Mapping[Any, Any]) -> bool:
    return any(isinstance(item, Mapping) for item in prior.values())


def _read_outcomes(outcomes: Any) -> list[Any]:
    if isinstance(outcomes, str) or not isinstance(outcomes, Iterable):
        raise InputError(
            f"{_OWNER}: the parameter allowed holds a single value where a sequence of outcomes "
            "is expected; put it in a list."
        )
    if isinstance(outcomes, set | frozenset):
        # A set of texts comes in another order in every process; draws follow the order.
        outcomes = sorted(outcomes, key=lambda outcome: (type(outcome).__name__, str(outcome)))
    return _labels(list(outcomes), "allowed")


def _labels(outcomes: list[Any], parameter: str) -> list[Any]:
    own = list(dict.fromkeys(outcomes))
    if not own or is_null(_objects(own)).any():
        raise InputError(
            f"{_OWNER}: each sequence of outcomes in the parameter {parameter} must hold at least "
            "one outcome and no null; null outcomes are never changed and never drawn."
        )
    return own


def _read_prior(prior: Any) -> dict[Any, float]:
    if not isinstance(prior, Mapping):
        raise InputError(
            f"{_OWNER}: the parameter prior must give a probability for each outcome, as a mapping."
        )
    labels = _labels(list(prior), "prior")
    values = _numbers(list(prior.values()), "prior")
    if (values < 0).any() or abs(values.sum() - 1) > _SLACK:
        raise InputError(
            f"{_OWNER}: the probabilities of the parameter prior must not be negative and must "
            "add up to 1 for each event type."
        )
    return dict(zip(labels, (values / values.sum()).tolist(), strict=True))


def _read_matrix(matrix: Any) -> tuple[list[Any] | None, np.ndarray]:
    labels = None
    if isinstance(matrix, pd.DataFrame):
        labels = _labels(matrix.index.tolist(), "matrix")
        released = matrix.columns.tolist()
        agree = len(labels) == len(matrix.index) == len(released) and set(labels) == set(released)
        if not agree:
            raise InputError(
                f"{_OWNER}: a table of the parameter matrix must name the same outcomes, each "
                "once, in its rows (true) and in its columns (released)."
            )
        matrix = matrix[labels]
    values = _numbers(matrix, "matrix")
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not len(values):
        raise InputError(f"{_OWNER}: the parameter matrix must hold square tables or arrays.")
    n_bad = int((np.abs(values.sum(axis=1) - 1) > _SLACK).sum())
    if n_bad or (values < 0).any():
        raise InputError(
            f"{_OWNER}: in the parameter matrix {n_bad} of {len(values)} rows do not add up to 1, "
            f"and {int((values < 0).sum())} probabilities are negative."
        )
    return labels, values / values.sum(axis=1, keepdims=True)


def _numbers(values: Any, parameter: str) -> np.ndarray:
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        numbers = np.array([np.nan])
    if not np.isfinite(numbers).all():
        raise InputError(f"{_OWNER}: the parameter {parameter} must hold finite numbers.")
    return numbers


def _combine(
    allowed: list[Any] | None,
    prior: dict[Any, float] | None,
    matrix: tuple[list[Any] | None, np.ndarray] | None,
) -> TypeRules:
    labels, values = matrix if matrix is not None else (None, None)
    outcomes = allowed or labels or (list(prior) if prior is not None else None)
    if outcomes is None:
        raise InputError(
            f"{_OWNER}: an array of the parameter matrix does not name its outcomes; give a table "
            "with labels, or name them in the parameter allowed, in the order of the array."
        )
    if values is not None:
        if len(values) != len(outcomes) or (labels is not None and set(labels) != set(outcomes)):
            raise InputError(
                f"{_OWNER}: the outcomes of the parameters matrix and allowed differ: "
                f"{len(values)} in the one, {len(outcomes)} in the other."
            )
        if labels is not None:
            places = [labels.index(outcome) for outcome in outcomes]
            values = values[np.ix_(places, places)]
    shares = None
    if prior is not None:
        n_other = len(set(prior) - set(outcomes))
        if n_other:
            raise InputError(
                f"{_OWNER}: the parameter prior names {n_other} outcomes that are not allowed for "
                "their event type."
            )
        shares = np.array([prior.get(outcome, 0.0) for outcome in outcomes])
    return TypeRules(outcomes, shares, values)


def _objects(values: list[Any]) -> np.ndarray:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result
