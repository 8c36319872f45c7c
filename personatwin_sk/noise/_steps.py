"""The steps of a pipeline one by one, and which of them work on what others have made."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

__all__ = ["Step", "named_columns", "walk"]


@dataclass(frozen=True, repr=False)
class Step:
    """One step of a pipeline that is no container of others.

    Parameters
    ----------
    name : str
        As scikit-learn's ``set_params`` spells it, such as ``"events__dates"``.
    estimator : estimator
    path : tuple of (bool, int)
        Where it stands, from the outermost container in: whether that works step after step, and
        the place in it. In a container that does not, steps stand side by side.
    branches : tuple of str
        Names of the side-by-side branches that it is in, outermost first.
    searches : tuple of int or None
        Of each search around it: how many settings it fitted; None where it is not known.
    """

    name: str
    estimator: Any
    path: tuple[tuple[bool, int], ...] = ()
    branches: tuple[str, ...] = ()
    searches: tuple[int | None, ...] = ()

    def is_before(self, other: Step) -> bool:
        """Tell whether the other step gets what this one made."""
        for (in_turn, here), (_, there) in zip(self.path, other.path, strict=False):
            if here != there:
                return in_turn and here < there
        return False


def walk(estimator: Any) -> list[Step]:
    """Give the steps of an estimator, those inside containers one by one, in their order.

    Pipeline, ColumnTransformer, FeatureUnion, searches (what they chose, once they are fitted) and
    other estimators around an ``estimator`` are looked into. Steps that do nothing are left out.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    list of Step

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> pipeline = Pipeline([("inner", Pipeline([("scale", StandardScaler())])), ("none", None)])
    >>> [step.name for step in walk(pipeline)]
    ['inner__scale']
    """
    return list(_walk(Step("", estimator)))


def named_columns(spec: Any, estimator: Any) -> list[Hashable]:
    """Give the names of columns that a parameter names, as far as they are known before a fit.

    Parameters
    ----------
    spec : column, sequence of columns or None
        Once the estimator is fitted, a position is turned into the name that stood there.
    estimator : estimator
        Whose parameter it is.
    """
    if spec is None:
        return []
    columns = [spec] if isinstance(spec, str | int | np.integer) else list(spec)
    known = list(getattr(estimator, "feature_names_in_", ()))
    return [
        known[column]
        if isinstance(column, int | np.integer)
        and column not in known
        and -len(known) <= column < len(known)
        else column
        for column in columns
    ]


def _walk(step: Step) -> Iterator[Step]:
    inside, parts = step.estimator, None
    if inside is None or isinstance(inside, str):  # "passthrough", "drop"
        return
    if isinstance(inside, Pipeline):
        parts = [(name, part, True) for name, part in inside.steps]
    elif isinstance(inside, ColumnTransformer):
        own = getattr(inside, "transformers_", None) or _with_remainder(inside)
        parts = [(name, part, False) for name, part, _ in own]
    elif isinstance(inside, FeatureUnion):
        parts = [(name, part, False) for name, part in inside.transformer_list]
    if parts is not None:
        for place, (name, part, in_turn) in enumerate(parts):
            yield from _walk(
                replace(
                    step,
                    name=f"{step.name}__{name}" if step.name else name,
                    estimator=part,
                    path=(*step.path, (in_turn, place)),
                    branches=step.branches if in_turn else (*step.branches, name),
                )
            )
        return
    wrapped = _first(inside, ("best_estimator_", "estimator_", "estimator"))
    if wrapped is None:
        yield step if step.name else replace(step, name=type(inside).__name__)
        return
    searches = step.searches
    if any(hasattr(inside, name) for name in ("param_grid", "param_distributions", "cv_results_")):
        searches = (*searches, _n_settings(inside))
    yield from _walk(replace(step, estimator=wrapped, searches=searches))


def _with_remainder(columns: ColumnTransformer) -> Iterable[tuple[str, Any, Any]]:
    return [*columns.transformers, ("remainder", columns.remainder, None)]


def _first(estimator: Any, names: Iterable[str]) -> Any:
    for name in names:
        part = getattr(estimator, name, None)
        if hasattr(part, "fit"):
            return part
    return None


def _n_settings(search: Any) -> int | None:
    results = getattr(search, "cv_results_", None)
    if results is None:
        return None
    # A setting that was left out without a fit has no time of one.
    times = results.get("fit_time", results.get("mean_fit_time"))
    return len(results["params"]) if times is None else int(np.isfinite(times).sum())
