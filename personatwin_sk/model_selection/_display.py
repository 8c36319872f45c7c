"""A plot of what a search measured: risk against utility."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from personatwin_sk.model_selection._frontier import tabulate_frontier

__all__ = ["RiskUtilityDisplay"]

# Colours that people with any colour vision tell apart (Okabe and Ito); shapes differ as well.
_TRIED, _FRONTIER, _TARGET, _KNEE, _CHOSEN = "#999999", "#0072b2", "#d55e00", "#e69f00", "#009e73"


class RiskUtilityDisplay:
    """Risk and utility of the candidates of a search, with the frontier between them.

    It follows scikit-learn's displays: make it with :meth:`from_search`, draw it again with
    :meth:`plot`, change the picture through `ax_` and `figure_`. Needs matplotlib.

    Parameters
    ----------
    risk : array-like of float, shape (n_candidates,)
        Upper limit of each candidate's risk; NaN where it was not measured.
    utility : array-like of float, shape (n_candidates,)
        Up is good.
    frontier : array-like of int, shape (n_frontier,)
        The Pareto-optimal candidates, from the safest on.
    knee : int, default=None
        The candidate at the frontier's knee.
    chosen : int, default=None
        The candidate that was chosen.
    target_risk : float, default=None
        The bound; None draws none.
    risk_name : str, default="Risk (upper limit)"
        What stands at the axis of risks.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    points_ : matplotlib PathCollection
        All candidates whose risk was measured.
    line_ : matplotlib Line2D
        The frontier: for every risk that one may run, the most useful candidate to be had. It goes
        up in steps: between two candidates there is none.
    knee_, chosen_, target_line_ : matplotlib Line2D or None
        None where there is nothing to mark.

    See Also
    --------
    personatwin_sk.RiskAwareSearch : Its ``frontier_`` is the table behind the plot.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from personatwin_sk import PersonaMerger, RiskAwareSearch, RiskUtilityDisplay
    >>> people = pd.DataFrame({"height": range(150, 190), "shoe_size": [36, 38, 40, 42] * 10})
    >>> search = RiskAwareSearch(PersonaMerger(), {"k": [2, 5, 10]}, target_risk=0.2).fit(people)
    >>> display = RiskUtilityDisplay.from_search(search, ax=Figure().subplots())
    >>> display.ax_.get_xlabel()
    'Risk (upper limit)'
    """

    def __init__(
        self,
        *,
        risk: Any,
        utility: Any,
        frontier: Any,
        knee: int | None = None,
        chosen: int | None = None,
        target_risk: float | None = None,
        risk_name: str = "Risk (upper limit)",
    ) -> None:
        self.risk = risk
        self.utility = utility
        self.frontier = frontier
        self.knee = knee
        self.chosen = chosen
        self.target_risk = target_risk
        self.risk_name = risk_name

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        ax: Any = None,
        scatter_kw: Mapping[str, Any] | None = None,
        line_kw: Mapping[str, Any] | None = None,
    ) -> RiskUtilityDisplay:
        """Plot the candidates of a fitted search.

        Several risks are one by the largest share of its target that one of them takes up.

        Parameters
        ----------
        search : RiskAwareSearch
            Fitted; also one whose ``fit`` raised InfeasibleRiskError: what it measured is there.
        ax : matplotlib Axes, default=None
            Axes to plot on. None: a new figure.
        scatter_kw : mapping, default=None
            Handed to ``ax.scatter`` for the candidates.
        line_kw : mapping, default=None
            Handed to ``ax.plot`` for the frontier.

        Returns
        -------
        RiskUtilityDisplay

        Raises
        ------
        ImportError
            Without matplotlib.
        NotFittedError
            If the search has tried nothing yet.
        """
        _require_matplotlib()
        check_is_fitted(search, "cv_results_")
        results = search.cv_results_
        chosen = getattr(search, "best_index_", None)
        table = tabulate_frontier(results, chosen)
        knees = table.index[table["knee"]]
        target, risk_name = _bound(search)
        display = cls(
            risk=results["risk_upper"],
            utility=results["utility"],
            frontier=table.index[table["pareto_optimal"]].to_numpy(),
            knee=int(knees[0]) if len(knees) else None,
            chosen=chosen,
            target_risk=target,
            risk_name=risk_name,
        )
        return display.plot(ax, scatter_kw=scatter_kw, line_kw=line_kw)

    def plot(
        self,
        ax: Any = None,
        *,
        scatter_kw: Mapping[str, Any] | None = None,
        line_kw: Mapping[str, Any] | None = None,
    ) -> RiskUtilityDisplay:
        """Draw the candidates, the frontier, its knee, the chosen one and the target.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to plot on. None: a new figure.
        scatter_kw : mapping, default=None
            Handed to ``ax.scatter`` for the candidates.
        line_kw : mapping, default=None
            Handed to ``ax.plot`` for the frontier.

        Returns
        -------
        RiskUtilityDisplay
            Itself, with `ax_`, `figure_` and what was drawn.

        Raises
        ------
        ImportError
            Without matplotlib.
        """
        _require_matplotlib()
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots()
        risk, utility = (np.asarray(values, dtype=float) for values in (self.risk, self.utility))
        frontier = np.asarray(self.frontier, dtype=int)

        scatter = {"s": 20, "color": _TRIED, "label": "Measured", **(scatter_kw or {})}
        self.points_ = ax.scatter(risk, utility, **scatter)
        line = {
            "color": _FRONTIER,
            "marker": ".",
            "drawstyle": "steps-post",
            "label": "Frontier",
            **(line_kw or {}),
        }
        (self.line_,) = ax.plot(risk[frontier], utility[frontier], **line)

        def mark(candidate: int | None, **style: Any) -> Any:
            if candidate is None:
                return None
            at = [risk[candidate]], [utility[candidate]]
            return ax.plot(*at, linestyle="none", markersize=11, zorder=3, **style)[0]

        # The knee is an open ring around what may be the chosen one as well.
        ring = {"markerfacecolor": "none", "markeredgecolor": _KNEE, "markeredgewidth": 2}
        self.knee_ = mark(self.knee, marker="o", label="Knee", **ring)
        self.chosen_ = mark(self.chosen, marker="*", color=_CHOSEN, label="Chosen")
        self.target_line_ = None
        if self.target_risk is not None:
            self.target_line_ = ax.axvline(
                self.target_risk, color=_TARGET, linestyle="--", label="Target"
            )
        ax.set_xlabel(self.risk_name)
        ax.set_ylabel("Utility")
        ax.legend(loc="lower right")
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _bound(search: Any) -> tuple[float, str]:
    """Give the bound on a search's `risk_upper`, and what that is called."""
    several = isinstance(search.risk, Mapping) and len(search.risk) > 1
    if several:
        return 1.0, "Risk (largest share of its target)"
    target = search.target_risk
    if isinstance(target, Mapping):
        (target,) = target.values()
    highest = search.risk_on == "max"
    return float(target), "Risk (of the person most at risk)" if highest else "Risk (upper limit)"


def _require_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "RiskUtilityDisplay needs matplotlib; install it with "
            "pip install 'personatwin_sk[report]'"
        ) from error
