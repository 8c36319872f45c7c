"""Continuation between the points of a grid: how far a whole number can go and still be safe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

from personatwin_sk.model_selection._candidates import Candidate
from personatwin_sk.model_selection._step_keys import value_key

__all__ = ["most_polishing", "polish"]

Setting = Mapping[str, Any]


def most_polishing(settings: Sequence[Setting]) -> int:
    """Give how many settings polishing can add at most, whatever is found out.

    Halving a gap of n whole numbers takes no more looks than n has binary digits; from the chosen
    setting there may be a gap on either side, for each parameter.

    Examples
    --------
    >>> most_polishing([{"k": 5, "level": "city"}, {"k": 12, "level": "city"}])
    6
    """
    total = 0
    for name in _whole_parameters(settings):
        values = [setting[name] for setting in settings if _is_whole(setting.get(name))]
        total += 2 * int(max(values) - min(values)).bit_length()
    return total


def polish(
    candidates: Sequence[Candidate],
    best: Callable[[], Candidate],
    try_setting: Callable[[Setting], bool],
) -> None:
    """Look between the best setting and the nearest one that fails, one parameter after the other.

    A setting that fails and is no more useful than the best one is no reason to look there. The gap
    is halved towards where settings turn feasible; were that not the only place where they do, the
    best of what was tried is still what was measured to be the best.

    Parameters
    ----------
    candidates : sequence of Candidate
        What the grid gave.
    best : callable
        Gives the best candidate so far.
    try_setting : callable
        Evaluates a setting; tells whether it is feasible.
    """
    start = best()
    # From the chosen point of the grid, where the neighbours are known; the gap of one parameter
    # is then looked into where that of another one has led.
    gaps = [
        (name, bad)
        for name in _whole_parameters([candidate.params for candidate in candidates])
        if _is_whole(start.params.get(name))
        for bad in _failing_neighbours(candidates, start, name)
    ]
    for name, bad in gaps:
        setting = best().params
        good = int(setting[name])
        while abs(good - bad) > 1:
            middle = (good + bad) // 2
            if try_setting({**setting, name: middle}):
                good = middle
            else:
                bad = middle


def _failing_neighbours(grid: Sequence[Candidate], start: Candidate, name: str) -> list[int]:
    """Give the nearest failing value below and above that would be more useful."""
    others = _others(start.params, name)
    here = int(start.params[name])
    failing = [
        int(candidate.params[name])
        for candidate in grid
        if candidate.evaluated
        and candidate.error is None
        and not candidate.feasible
        and candidate.utility > start.utility
        and _is_whole(candidate.params.get(name))
        and _others(candidate.params, name) == others
    ]
    below = [value for value in failing if value < here]
    above = [value for value in failing if value > here]
    return [*([max(below)] if below else []), *([min(above)] if above else [])]


def _others(setting: Setting, name: str) -> dict[str, Any]:
    return {other: value_key(value) for other, value in setting.items() if other != name}


def _whole_parameters(settings: Sequence[Setting]) -> list[str]:
    """List the parameters that have several whole numbers, by name."""
    values: dict[str, set[int]] = {}
    for setting in settings:
        for name, value in setting.items():
            if _is_whole(value):
                values.setdefault(name, set()).add(int(value))
    return sorted(name for name, whole in values.items() if len(whole) > 1)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
