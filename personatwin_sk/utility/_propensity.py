"""Propensity: how well a model tells released rows from original ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from personatwin_sk.exceptions import InputError
from personatwin_sk.utility._features import Features
from personatwin_sk.utility._tables import Columns, read_pair

__all__ = ["PropensityMSE", "propensity_mse"]

_OWNER = "propensity_mse"
_MODELS = ("logistic", "tree")


@dataclass(frozen=True)
class PropensityMSE:
    """What :func:`propensity_mse` found.

    Attributes
    ----------
    value : float
        Mean squared distance of the propensities to the share of released rows. Down is good.
    expected : float
        What it is on average for rows drawn anew from the original.
    standard_deviation : float
        Of that.
    """

    value: float
    expected: float
    standard_deviation: float

    @property
    def ratio(self) -> float:
        """Value over expected value: about 1 or less is as good as a new sample."""
        if self.expected == 0.0:
            return 1.0 if self.value == 0.0 else float("inf")
        return self.value / self.expected

    @property
    def z(self) -> float:
        """Standard deviations above the expected value."""
        if self.standard_deviation == 0.0:
            return 0.0 if self.value == self.expected else float("inf")
        return (self.value - self.expected) / self.standard_deviation

    def to_dict(self) -> dict[str, float | None]:
        """Give all as plain types, ready for JSON; None for what is infinite."""
        figures = asdict(self) | {"ratio": self.ratio, "z": self.z}
        return {name: float(v) if np.isfinite(v) else None for name, v in figures.items()}


def propensity_mse(
    original: Any,
    released: Any,
    columns: Columns,
    *,
    model: str = "logistic",
    max_depth: int = 6,
    n_draws: int = 10,
    random_state: int = 0,
    hierarchies: Mapping[Any, Any] | None = None,
) -> PropensityMSE:
    """Measure how well a model tells released rows from original ones, and how well by chance.

    All rows of both tables are put together, and a model estimates for each the probability that it
    is a released one. Where the tables cannot be told apart that is the share c of released rows;
    the measure is the mean of (probability - c) squared over all rows, up to c (1 - c).

    Parameters
    ----------
    original, released : table or array-like of shape (n_rows, n_columns)
        The table before and after. They need not have the same number of rows.
    columns : column or sequence of columns
        What the model may look at.
    model : {"logistic", "tree"}, default="logistic"
        Logistic regression on main effects, not penalised; or a decision tree, which sees any
        interaction, as in the NIST collaborative research cycle.
    max_depth : int, default=6
        Of the tree.
    n_draws : int, default=10
        For the tree, how many tables are drawn from the original to know the expected value.
    random_state : int, default=0
        For these draws, and for ties within the tree.
    hierarchies : mapping of column -> Hierarchy or table, optional
        Columns whose original values are labels of a hierarchy of the user's own.

    Returns
    -------
    PropensityMSE

    Raises
    ------
    ColumnNotFoundError
        A named column is in one of the tables only, or in none.
    InputError
        A table has no rows, no column is named, or a parameter is out of its range.

    Notes
    -----
    The expected value is that of a table drawn from the very distribution of the original, which is
    held fixed. For a logistic regression with m free parameters on N rows it is (m - 1) u, with
    standard deviation sqrt(2 (m - 1)) u and u = (1 - c)^2 c / N. For a tree it is measured: rows
    are drawn from the original with replacement and told from it in the same way. A release whose
    rows *are* the original ones, slightly changed, may well be below it.

    Ordered labels count at their middles and sets in equal parts, as in
    :class:`~personatwin_sk.utility.ModelScore`.

    References
    ----------
    .. [1] Woo, Reiter, Oganian and Karr (2009). Global measures of data utility for microdata
       masked for disclosure limitation. Journal of Privacy and Confidentiality 1.
    .. [2] Snoke, Raab, Nowok, Dibben and Slavkovic (2018). General and specific utility measures
       for synthetic data. JRSS A 181.

    Examples
    --------
    Of an indicator the model finds the shares: 1/3 of the rows with 0 are released ones, and 2/3 of
    those with 1, while half of all rows are.

    >>> import pandas as pd
    >>> before = pd.DataFrame({"sex": ["F"] * 40 + ["M"] * 20})
    >>> after = pd.DataFrame({"sex": ["F"] * 20 + ["M"] * 40})
    >>> found = propensity_mse(before, after, "sex")
    >>> round(found.value, 4), round(found.expected, 4), round(found.z, 1)  # (1/6)^2, 1/(8 * 120)
    (0.0278, 0.001, 18.1)
    """
    before, after, found = read_pair(original, released, {"columns": columns}, owner=_OWNER)
    if not found["columns"]:
        raise InputError(f"{_OWNER}: columns names no column.")
    if model not in _MODELS:
        raise InputError(f"{_OWNER}: model must be one of {_MODELS}; got {model!r}.")
    if max_depth < 1 or n_draws < 2:
        raise InputError(
            f"{_OWNER}: max_depth must be at least 1 and n_draws at least 2; "
            f"got {max_depth} and {n_draws}."
        )
    features = Features(before, found["columns"], hierarchies=hierarchies, owner=_OWNER)
    then, now = features.encode(before), features.encode(after)
    if model == "logistic":
        return _logistic(then, now)
    value = _tree(then, now, max_depth, random_state)
    rng = np.random.default_rng(random_state)
    drawn = [
        _tree(then, then[rng.integers(0, len(then), len(now))], max_depth, random_state)
        for _ in range(n_draws)
    ]
    return PropensityMSE(value, float(np.mean(drawn)), float(np.std(drawn, ddof=1)))


def _stack(then: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    is_released = np.repeat([0.0, 1.0], [len(then), len(now)])
    return np.vstack([then, now]), is_released


def _tree(then: np.ndarray, now: np.ndarray, max_depth: int, random_state: int) -> float:
    rows, is_released = _stack(then, now)
    tree = DecisionTreeClassifier(max_depth=max_depth, random_state=random_state)
    propensity = tree.fit(rows, is_released).predict_proba(rows)[:, 1]
    return float(np.mean((propensity - is_released.mean()) ** 2))


def _logistic(then: np.ndarray, now: np.ndarray) -> PropensityMSE:
    rows, is_released = _stack(then, now)
    n_rows, share = len(rows), float(is_released.mean())
    spread = rows.std(axis=0)
    varying = spread > 0
    scaled = (rows[:, varying] - rows[:, varying].mean(axis=0)) / spread[varying]
    design = np.hstack([np.ones((n_rows, 1)), scaled])
    propensity, n_parameters = _fit_logistic(design, is_released)
    unit = (1.0 - share) ** 2 * share / n_rows
    return PropensityMSE(
        float(np.mean((propensity - share) ** 2)),
        (n_parameters - 1) * unit,
        float(np.sqrt(2.0 * (n_parameters - 1))) * unit,
    )


def _fit_logistic(design: np.ndarray, outcome: np.ndarray) -> tuple[np.ndarray, int]:
    """Fit by Newton's method; give the probabilities and how many parameters are free.

    The columns of one categorical are dependent, so that the steps are those of least norm. Where
    the outcome can be told with certainty, the probabilities go to 0 and 1 and the steps never end;
    they are ended when the deviance is.
    """
    gram = design.T @ design
    rank = int(np.linalg.matrix_rank(gram, hermitian=True, tol=1e-9 * float(np.trace(gram))))
    weights = np.zeros(design.shape[1])
    deviance = np.inf
    probability = np.full(len(outcome), 0.5)
    for _ in range(100):
        curvature = probability * (1.0 - probability)
        hessian = design.T @ (design * curvature[:, None])
        step = np.linalg.lstsq(hessian, design.T @ (outcome - probability), rcond=1e-10)[0]
        # A step too far makes it worse; half of it, and so on, does not.
        for length in 0.5 ** np.arange(30):
            score = design @ (weights + length * step)
            new_deviance = float(2.0 * np.sum(np.logaddexp(0.0, score) - outcome * score))
            if new_deviance <= deviance * (1.0 + 1e-12):  # but for rounding
                break
        weights = weights + length * step
        probability = 0.5 * (1.0 + np.tanh(score / 2.0))
        if deviance - new_deviance <= 1e-9 * (1.0 + new_deviance):
            break
        deviance = new_deviance
    return probability, rank
