"""The frontier of a search: what risk has to be paid for what usefulness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk.model_selection._results import pareto_optimal

__all__ = ["find_knee", "tabulate_frontier"]

# Points on a straight line are off it by rounding; they are no knee. Relative to the chord's box.
_FLAT = 1e-9


def tabulate_frontier(results: Mapping[str, Any], chosen: int | None = None) -> pd.DataFrame:
    """Give the candidates that nothing beats in risk or utility without losing in the other.

    Parameters
    ----------
    results : mapping of str to array, shape (n_candidates,)
        ``cv_results_`` of a search: `risk_upper`, `utility` and `feasible`, and any `param_*`.
        Candidates whose risk or utility was not measured (NaN) are left out.
    chosen : int, default=None
        Row of the chosen candidate; None where there is none.

    Returns
    -------
    pandas.DataFrame
        From the safest on. The index, `candidate`, is the row in `results`. Columns: `param_*`,
        `risk_upper`, `utility`, `feasible`, `pareto_optimal`, `knee`, `chosen`. All rows are
        Pareto-optimal, but for the chosen one where what beats it is barred for another reason than
        the target, such as its k.

    Examples
    --------
    >>> results = {
    ...     "risk_upper": np.array([0.02, 0.04, 0.05, 0.50]),
    ...     "utility": np.array([0.30, 0.80, 0.70, 0.90]),
    ...     "feasible": np.array([True, True, True, False]),
    ... }
    >>> tabulate_frontier(results, chosen=1)[["risk_upper", "utility", "knee", "chosen"]]
               risk_upper  utility   knee  chosen
    candidate
    0                0.02      0.3  False   False
    1                0.04      0.8   True    True
    3                0.50      0.9  False   False
    """
    risk = np.asarray(results["risk_upper"], dtype=float)
    utility = np.asarray(results["utility"], dtype=float)
    optimal = pareto_optimal(risk, utility)
    listed = optimal.copy()
    if chosen is not None:
        listed[chosen] = True
    rows = np.flatnonzero(listed)
    # Equal points stay in the order of the grid.
    rows = rows[np.lexsort((utility[rows], risk[rows]))]
    candidates = pd.Index(rows, name="candidate")
    table = pd.DataFrame(
        {
            **{
                # As objects: None is a setting, and must not turn into "not set", which is NaN.
                name: pd.Series(
                    np.ma.asarray(values, dtype=object)[rows].filled(np.nan),
                    index=candidates,
                    dtype=object,
                )
                for name, values in results.items()
                if name.startswith("param_")
            },
            "risk_upper": risk[rows],
            "utility": utility[rows],
            "feasible": np.asarray(results["feasible"], dtype=bool)[rows],
            "pareto_optimal": optimal[rows],
        },
        index=candidates,
    )
    on_frontier = rows[optimal[rows]]
    knee = find_knee(risk[on_frontier], utility[on_frontier])
    table["knee"] = rows == (-1 if knee is None else on_frontier[knee])
    table["chosen"] = rows == (-1 if chosen is None else chosen)
    return table


def find_knee(risk: np.ndarray, utility: np.ndarray) -> int | None:
    """Find where a frontier bends most: the point farthest above the chord between its ends.

    Left of it a little less risk costs much usefulness; right of it much more risk buys little.
    The farthest point is the same whatever the units of the axes: stretching an axis stretches all
    the triangles over the chord alike. This is the idea of Satopää et al., "Finding a 'kneedle' in
    a haystack" (ICDCSW 2011), without their smoothing: a frontier is no noisy curve.

    Parameters
    ----------
    risk, utility : numpy.ndarray of float, shape (n_points,)
        A frontier from the safest point on: neither goes down.

    Returns
    -------
    int or None
        The first of the farthest points; None where no point lies above the chord.

    Examples
    --------
    >>> find_knee(np.array([0.1, 0.2, 0.9]), np.array([0.0, 0.8, 1.0]))
    1
    >>> find_knee(np.array([0.1, 0.2, 0.3]), np.array([0.0, 0.1, 1.0])) is None
    True
    """
    finite = np.flatnonzero(np.isfinite(risk) & np.isfinite(utility))
    if len(finite) == 0:
        return None
    risk, utility = risk[finite], utility[finite]
    width, height = risk[-1] - risk[0], utility[-1] - utility[0]
    if not (width > 0 and height > 0):
        return None
    above = (utility - utility[0]) / height - (risk - risk[0]) / width
    farthest = int(np.argmax(above))
    return int(finite[farthest]) if above[farthest] > _FLAT else None
