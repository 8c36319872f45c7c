"""Which settings a release tries: from the floors of the privacy level upward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from personatwin_sk._core.dates import PRECISIONS
from personatwin_sk.population.places import LEVELS

K, PRECISION, LEVEL, JITTER = "merge__k", "dates__precision", "geography__level", "dates__jitter"
# Days: half of the coarsest period, and all of it.
_YEAR_JITTERS = (183, 365)
WIDER_LEVELS = ("county", "state", "country")

Setting = Mapping[str, Any]
Grid = dict[str, list[Any]]


def class_sizes(floor: int, n_people: int, *, ratio: float = 2.0) -> list[int]:
    """List values of k from the floor in equal ratios up to a third of the people.

    With fewer than three classes a release says hardly more than that everybody is in it, so
    nothing above a third is tried; the floor always is.

    Examples
    --------
    >>> class_sizes(5, 200)
    [5, 10, 20, 40, 66]
    >>> class_sizes(5, 7)
    [5]
    """
    largest = n_people // 3
    sizes = [floor]
    while sizes[-1] * ratio < largest:
        sizes.append(round(sizes[-1] * ratio))
    if largest > sizes[-1]:
        sizes.append(largest)
    return sizes


def first_grid(pipeline: Pipeline, n_people: int, *, dates_matter: bool) -> list[Grid]:
    """Give the grids to start with: k by doubling, and dates from the floor upward.

    Coarser dates hide an event among the others of its period; who knows its true date still knows
    the period, but for the jitter. So at the coarsest precision, where nothing else is left to
    blur, a jitter of half a period and of a whole one are tried too.

    Parameters
    ----------
    pipeline : Pipeline
        At the floors.
    n_people : int
        People of the table.
    dates_matter : bool
        Whether the attacker knows dates. If not, coarser dates could only cost.
    """
    settings = pipeline.get_params()
    sizes = class_sizes(settings[K], n_people)
    if not dates_matter or PRECISION not in settings:
        return [{K: sizes}]
    grids: list[Grid] = [
        {K: sizes, PRECISION: list(PRECISIONS[PRECISIONS.index(settings[PRECISION]) :])}
    ]
    stronger = [jitter for jitter in _YEAR_JITTERS if jitter > settings[JITTER]]
    if stronger:
        grids.append({K: sizes, PRECISION: [PRECISIONS[-1]], JITTER: stronger})
    return grids


def wider_places(pipeline: Pipeline) -> list[str]:
    """List the levels of places above the floor that are tried when the floor does not do."""
    settings = pipeline.get_params()
    if LEVEL not in settings:
        return []
    above = LEVELS[LEVELS.index(settings[LEVEL]) + 1 :]
    return [level for level in WIDER_LEVELS if level in above]


def between(
    params: Sequence[Setting], feasible: Sequence[bool], *, n_between: int = 3
) -> list[Grid]:
    """Give grids for what lies between the last k that fails and the first one that does.

    One grid for every combination of the other settings for which both are known: doubling k finds
    the region, and inside it smaller classes are more useful.

    Parameters
    ----------
    params : sequence of mapping
        The settings that were tried.
    feasible : sequence of bool, shape (len(params),)
        Whether each met the target.
    n_between : int, default=3
        Values of k tried in each gap.

    Examples
    --------
    >>> between([{"merge__k": 10}, {"merge__k": 40}], [False, True], n_between=1)
    [{'merge__k': [20]}]
    """
    chains: dict[tuple[tuple[str, Any], ...], list[tuple[int, bool]]] = {}
    for setting, good in zip(params, feasible, strict=True):
        others = tuple((name, setting[name]) for name in sorted(setting) if name != K)
        chains.setdefault(others, []).append((int(setting[K]), bool(good)))
    grids: list[Grid] = []
    for others, tried in chains.items():
        works = min((k for k, good in tried if good), default=None)
        fails = max(
            (k for k, good in tried if not good and (works is None or k < works)), default=None
        )
        if works is None or fails is None:
            continue
        inner = np.rint(np.geomspace(fails, works, n_between + 2)[1:-1]).astype(int)
        sizes = sorted({int(k) for k in inner} - {fails, works})
        if sizes:
            grids.append({K: sizes, **{name: [value] for name, value in others}})
    return grids
