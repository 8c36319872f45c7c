"""Reading from a search's parameters what its candidates are measured by."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import GroupKFold, check_cv

from personatwin_sk._core.frames import Table
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection._candidates import Measures, UtilityMeasure, find_estimators
from personatwin_sk.model_selection._constraints import Constraints
from personatwin_sk.model_selection._defaults import DefaultMeasures
from personatwin_sk.model_selection._usefulness import InformationUtility
from personatwin_sk.utility import ModelScore

__all__ = ["read_measures"]

_FOLDS = 5


def read_measures(
    search: Any,
    settings: Sequence[Mapping[str, Any]],
    n_candidates: int,
    X: Any,
    *,
    params: Mapping[str, Any] | None = None,
    groups: Any = None,
) -> Measures:
    """Make the measures of a search.

    Parameters
    ----------
    search : RiskAwareSearch
    settings : sequence of mapping
        The candidates of its grid.
    n_candidates : int
        Candidates among which it may come to choose; limits are corrected for their number.
    X : table or array-like of shape (n_rows, n_columns)
    params : mapping of str -> object, optional
        Further arguments of the estimator's fit.
    groups : array-like of shape (n_rows,), optional
        Rows that folds of a model must not tear apart.

    Returns
    -------
    Measures

    Raises
    ------
    ValueError
        The parameters do not say what is to be measured.
    """
    utility = _read_utility(search, X, groups)
    if isinstance(utility, InformationUtility):
        # What it remembers of the table is this search's: a parameter stays as it was given.
        utility = copy.copy(utility)
    # A measure of usefulness may know a limit of what is not fitted to its end.
    bound, bound_key = getattr(utility, "bound", None), getattr(utility, "bound_key", None)
    risk, default = search.risk, None
    given = risk.values() if isinstance(risk, Mapping) else [risk]
    if utility is None or any(one is None for one in given):
        defaults = DefaultMeasures(search.estimator, settings, X, n_compared=n_candidates)
        default = defaults.risk
        if utility is None:
            utility, bound, bound_key = defaults.utility, defaults.bound, defaults.bound_key
    constraints = Constraints.of(
        risk,
        search.target_risk,
        default=default,
        n_candidates=n_candidates,
        risk_on=search.risk_on,
        min_k=search.min_k,
    )
    return Measures(constraints, utility, search.error_score, bound, bound_key, params or {})


def _read_utility(search: Any, X: Any, groups: Any) -> UtilityMeasure | None:
    """Give the measure of utility; None: the default."""
    if search.target is None:
        needs = [
            name
            for name, is_given in (
                ("cv", search.cv is not None),
                ("utility", isinstance(search.utility, str)),
            )
            if is_given
        ]
        if needs:
            raise ValueError(
                f"The {needs[0]!r} parameter of RiskAwareSearch is about models that predict a "
                "column: name it in the parameter target."
            )
        return search.utility
    mergers = find_estimators(search.estimator, PersonaMerger)
    person_ids = list(
        {merger.person_id: None for merger in mergers if merger.person_id is not None}
    )
    cv = _FOLDS if search.cv is None else search.cv
    if groups is not None:
        folds = check_cv(GroupKFold(cv) if isinstance(cv, Integral) else cv)
        target = Table.of(X)[search.target]
        cv = list(folds.split(np.zeros(len(target)), target, groups))
    return ModelScore(
        search.target,
        scoring=search.utility,
        person_id=person_ids[0] if len(person_ids) == 1 else None,
        cv=cv,
    )
