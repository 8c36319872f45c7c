"""Metadata on their way through a search: to its estimator's steps, and to the folds of a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sklearn
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

__all__ = ["make_router", "route"]


def make_router(search: Any) -> MetadataRouter:
    """Tell who of a search's parts may ask for metadata of its ``fit`` and ``fit_transform``."""
    inner = _fitting_method(search.estimator)
    to_estimator, to_folds = MethodMapping(), MethodMapping()
    for caller in ("fit", "fit_transform"):
        to_estimator.add(caller=caller, callee=inner)
        to_folds.add(caller=caller, callee="split")
    router = MetadataRouter(owner=search)
    router.add(estimator=search.estimator, method_mapping=to_estimator)
    return router.add(splitter=search.cv, method_mapping=to_folds)


def route(search: Any, params: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """Share out what ``fit`` was given.

    Parameters
    ----------
    search : RiskAwareSearch
    params : mapping of str -> object
        With scikit-learn's metadata routing, to whom asks for it; without, as its searches do:
        `groups` to the splitter, all else to the estimator.

    Returns
    -------
    of_estimator : dict
    groups : array-like or None

    Raises
    ------
    ValueError
        There are `groups`, and no folds that they could be for. Somebody was given what nobody
        asked for.
    """
    if not params:
        return {}, None
    if sklearn.get_config()["enable_metadata_routing"]:
        routed = process_routing(search, "fit", **params)
        of_estimator = dict(routed.estimator[_fitting_method(search.estimator)])
        groups = routed.splitter["split"].get("groups")
    else:
        of_estimator = dict(params)
        groups = of_estimator.pop("groups", None)
    if groups is not None and search.target is None:
        raise ValueError(
            "RiskAwareSearch was given groups, which are for the folds of a model; there are folds "
            "only where the parameter target names what the model predicts."
        )
    return of_estimator, groups


def _fitting_method(estimator: Any) -> str:
    return "fit_transform" if hasattr(estimator, "fit_transform") else "fit"
