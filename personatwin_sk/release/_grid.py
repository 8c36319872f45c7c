"""Which settings a release tries: from the floors of the privacy level upward."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from personatwin_sk._core.dates import PRECISIONS
from personatwin_sk.population.places import LEVELS

K, PRECISION, JITTER = "merge__k", "dates__precision", "dates__jitter"
LEVEL, FLIP = "geography__level", "outcomes__flip_probability"
# Days: half of the coarsest period, and all of it.
_YEAR_JITTERS = (183, 365)
WIDER_LEVELS = ("county", "state", "country")
_FLIPS = (0.25, 0.5)
_BETWEEN = 3

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


def larger_classes(pipeline: Pipeline, n_people: int) -> list[Grid]:
    """Give the first grid: k by doubling, all else at the floors.

    Parameters
    ----------
    pipeline : Pipeline
        At the floors.
    n_people : int
        People of the table.
    """
    return [{K: class_sizes(pipeline.get_params()[K], n_people)}]


def blurred_dates(pipeline: Pipeline, n_people: int) -> list[Grid]:
    """Give the grids of coarser dates, each with all sizes of classes; none without dates.

    Coarser dates hide an event among the others of its period; who knows its true date still knows
    the period, but for the jitter. So at the coarsest precision, where nothing else is left to
    blur, a jitter of half a period and of a whole one are tried too.

    Parameters
    ----------
    pipeline : Pipeline
        At the floors.
    n_people : int
        People of the table.
    """
    settings = pipeline.get_params()
    if PRECISION not in settings:
        return []
    sizes = class_sizes(settings[K], n_people)
    coarser = list(PRECISIONS[PRECISIONS.index(settings[PRECISION]) + 1 :])
    stronger = [jitter for jitter in _YEAR_JITTERS if jitter > settings[JITTER]]
    grids: list[Grid] = []
    if coarser:
        grids.append({K: sizes, PRECISION: coarser})
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


def noisier_outcomes(pipeline: Pipeline, params: Setting) -> list[Grid]:
    """Give the grid of outcomes that are redrawn more often, all else as in one setting.

    Outcomes come last: they are what a release is mostly read for, and they lower a risk only where
    somebody is taken to know them.

    Parameters
    ----------
    pipeline : Pipeline
        At the floors.
    params : mapping
        The setting that came nearest.
    """
    settings = pipeline.get_params()
    noisier = [share for share in _FLIPS if share > settings.get(FLIP, 1.0)]
    return [{**{name: [value] for name, value in params.items()}, FLIP: noisier}] if noisier else []


def count_settings(grids: Sequence[Grid], levels: Sequence[str], *, rounds: int) -> int:
    """Count the settings that a search could come to try, whichever stages it takes.

    Parameters
    ----------
    grids : sequence of dict
        Of larger classes and of coarser dates.
    levels : sequence of str
        Wider places.
    rounds : int
        How often what lies between two sizes of classes is looked at.

    Examples
    --------
    >>> count_settings([{"merge__k": [5, 10, 20]}], ["state"], rounds=1)
    14
    """
    # Gaps are looked for along each combination of what is not the size of the classes.
    chains = sum(math.prod(len(values) for name, values in g.items() if name != K) for g in grids)
    listed = sum(math.prod(len(values) for values in grid.values()) for grid in grids)
    places = 1 + len(levels)
    return places * listed + len(_FLIPS) + rounds * _BETWEEN * places * chains


def between(
    params: Sequence[Setting],
    may_do: Sequence[bool],
    utility: Sequence[float],
    *,
    least: float = -np.inf,
    n_between: int = _BETWEEN,
) -> list[Grid]:
    """Give grids for what lies between the last k that fails and the next one that may do.

    One grid for every combination of the other settings for which both are known: doubling k finds
    the region, and inside it smaller classes are more useful.

    Parameters
    ----------
    params : sequence of mapping
        The settings that were tried.
    may_do : sequence of bool, shape (len(params),)
        Whether each meets the target or was not measured, so that it might.
    utility : sequence of float, shape (len(params),)
        Usefulness of each.
    least : float, default=-inf
        Gaps that begin below it are left out: larger classes mostly keep less.
    n_between : int, default=3
        Values of k tried in each gap.

    Examples
    --------
    >>> between([{"merge__k": 10}, {"merge__k": 40}], [False, True], [0.9, 0.8], n_between=1)
    [{'merge__k': [20]}]
    """
    chains: dict[tuple[tuple[str, Any], ...], list[tuple[int, bool, float]]] = {}
    for setting, good, kept in zip(params, may_do, utility, strict=True):
        others = tuple((name, setting[name]) for name in sorted(setting) if name != K)
        chains.setdefault(others, []).append((int(setting[K]), bool(good), float(kept)))
    grids: list[Grid] = []
    for others, tried in chains.items():
        works = min((k for k, good, _ in tried if good), default=None)
        below = [(k, kept) for k, good, kept in tried if not good and works and k < works]
        if works is None or not below:
            continue
        fails, kept = max(below)
        if kept < least:
            continue
        inner = np.rint(np.geomspace(fails, works, n_between + 2)[1:-1]).astype(int)
        sizes = sorted({int(k) for k in inner} - {fails, works})
        if sizes:
            grids.append({K: sizes, **{name: [value] for name, value in others}})
    return grids
