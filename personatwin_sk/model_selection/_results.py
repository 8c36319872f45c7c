"""The table of candidates that a search leaves behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from personatwin_sk.model_selection._candidates import Candidate

__all__ = ["pareto_optimal", "tabulate"]


def tabulate(candidates: Sequence[Candidate]) -> dict[str, Any]:
    """Give ``cv_results_``: one array per column, one element per candidate, in grid order."""
    utility = np.array([c.utility for c in candidates], dtype=float)
    risk_upper = np.array([c.risk_upper for c in candidates], dtype=float)
    results: dict[str, Any] = {
        "params": [dict(c.params) for c in candidates],
        **_parameter_columns([c.params for c in candidates]),
        "risk": np.array([c.risk for c in candidates], dtype=float),
        "risk_upper": risk_upper,
        **_risks_by_name(candidates),
        "utility": utility,
        "feasible": np.array([c.feasible for c in candidates], dtype=bool),
        "pareto_optimal": pareto_optimal(risk_upper, utility),
        "rank_utility": _ranks(utility),
        "fit_time": np.array([c.fit_time for c in candidates], dtype=float),
    }
    return results


def _risks_by_name(candidates: Sequence[Candidate]) -> dict[str, np.ndarray]:
    """Two columns for each risk that has a name."""
    names = dict.fromkeys(name for c in candidates for name in c.parts if name)
    unknown = (np.nan, np.nan)
    columns = {}
    for name in names:
        figures = np.array([c.parts.get(name, unknown) for c in candidates], dtype=float)
        columns[f"risk_{name}"], columns[f"risk_upper_{name}"] = figures.T
    return columns


def _parameter_columns(settings: Sequence[Mapping[str, Any]]) -> dict[str, np.ma.MaskedArray]:
    """One column per parameter, as in scikit-learn's searches: masked where it is not set."""
    columns = {}
    for name in sorted({name for params in settings for name in params}):
        values = np.ma.masked_all(len(settings), dtype=object)
        for i, params in enumerate(settings):
            if name in params:
                # A cell at a time: a value may be a sequence, which numpy would unpack.
                values.data[i], values.mask[i] = params[name], False
        columns[f"param_{name}"] = values
    return columns


def _ranks(utility: np.ndarray) -> np.ndarray:
    """1 for the most useful, ties share the better rank; NaN where nothing was measured."""
    ranks = np.full(len(utility), np.nan)
    measured = ~np.isnan(utility)
    ranks[measured] = rankdata(-utility[measured], method="min")
    return ranks


def pareto_optimal(risk_upper: np.ndarray, utility: np.ndarray) -> np.ndarray:
    """Tell which candidates no other one beats in risk or utility without losing in the other.

    Parameters
    ----------
    risk_upper, utility : numpy.ndarray of float, shape (n_candidates,)
        Down is good, up is good; NaN where nothing was measured.

    Returns
    -------
    numpy.ndarray of bool, shape (n_candidates,)

    Examples
    --------
    >>> pareto_optimal(np.array([0.1, 0.2, 0.2]), np.array([0.5, 0.4, 0.9])).tolist()
    [True, False, True]
    """
    optimal = np.zeros(len(utility), dtype=bool)
    measured = np.flatnonzero(~np.isnan(risk_upper) & ~np.isnan(utility))
    # From the safest on, most useful first: whoever is on the frontier raises the best utility so
    # far, or equals the point that did.
    order = measured[np.lexsort((-utility[measured], risk_upper[measured]))]
    best = (np.inf, -np.inf)
    for i in order:
        point = (risk_upper[i], utility[i])
        optimal[i] = point[1] > best[1] or point == best
        if optimal[i]:
            best = point
    return optimal
