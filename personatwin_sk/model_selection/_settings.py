"""Which settings a search tries: all of a grid, or a sample of it or of distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.model_selection import ParameterGrid, ParameterSampler

__all__ = ["list_settings"]


def list_settings(
    param_grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    n_iter: int | None,
    random_state: Any,
) -> list[dict[str, Any]]:
    """List the candidates of a search.

    Parameters
    ----------
    param_grid : mapping or sequence of mappings
        Values to try by parameter; or, with `n_iter`, distributions with a method ``rvs``.
    n_iter : int or None
        Settings to draw; None: all.
    random_state : int, RandomState or None
        Of the draw.

    Raises
    ------
    ValueError
        There is no setting, or there are distributions and `n_iter` does not say how many to draw.

    Examples
    --------
    >>> list_settings({"k": [2, 5]}, None, None)
    [{'k': 2}, {'k': 5}]
    >>> len(list_settings({"k": range(2, 50)}, 3, 0))
    3
    """
    grids = [param_grid] if isinstance(param_grid, Mapping) else list(param_grid)
    drawn = sorted({name for grid in grids for name in grid if hasattr(grid[name], "rvs")})
    if drawn and n_iter is None:
        raise ValueError(
            f"param_grid has a distribution for {', '.join(drawn)}: set n_iter, the number of "
            "settings to draw."
        )
    if n_iter is None or (not drawn and n_iter >= len(ParameterGrid(param_grid))):
        settings = list(ParameterGrid(param_grid))
    else:
        settings = list(ParameterSampler(param_grid, n_iter, random_state=random_state))
    if not settings:
        raise ValueError("param_grid has no setting to try; give at least one, such as {}.")
    return settings
