"""Telling which candidates set a step of their pipeline to the same."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from personatwin_sk._core.sklearn_private import has_callbacks
from personatwin_sk.model_selection._lineage import Footprint, find_footprint

__all__ = [
    "Key",
    "Setting",
    "count_steps",
    "dfs_order",
    "is_idle",
    "is_idle_key",
    "step_keys",
    "value_key",
]

Setting = Mapping[str, Any]
# What tells settings of one step apart; equal keys mean equally configured steps.
Key = Hashable

_IDLE = ("idle",)


def step_keys(
    estimator: Any,
    settings: Sequence[Setting],
    footprints: dict[Key, Footprint] | None = None,
) -> Sequence[tuple[Key, ...] | None]:
    """Give, for each candidate, a key per step of its pipeline; None where steps are not shared.

    Steps are shared where the estimator is a plain Pipeline without `memory`, `verbose`,
    `transform_input` or callbacks, and the setting touches its steps only. Values are the same if
    they are equal texts, numbers or sequences of these of the same types, and otherwise if they are
    one object.

    Parameters
    ----------
    estimator : estimator
    settings : sequence of mapping
    footprints : dict, optional
        Gets what each step that does something reads and changes, by its key.

    Returns
    -------
    sequence of (tuple of hashable, shape (n_steps,)) or None, shape (len(settings),)

    Examples
    --------
    >>> from sklearn.preprocessing import MinMaxScaler, StandardScaler
    >>> pipeline = Pipeline([("first", StandardScaler()), ("second", MinMaxScaler())])
    >>> one, other = step_keys(pipeline, [{"second__clip": True}, {"second__clip": False}])
    >>> one[0] == other[0], one[1] == other[1]
    (True, False)
    """
    if type(estimator) is not Pipeline or not _is_plain(estimator):
        return [None] * len(settings)
    # Held until all keys are made: an id says who an object is only as long as the object lives.
    known: dict[int, tuple[Any, dict[str, Any]]] = {}
    seen: dict[Key, Footprint] = {} if footprints is None else footprints
    return [_keys_of(estimator, setting, known, seen) for setting in settings]


def dfs_order(keys: Sequence[tuple[Key, ...] | None]) -> list[int]:
    """Order candidates so that those with the same first steps are next to each other.

    Examples
    --------
    >>> dfs_order([("a", 1), ("b", 1), ("a", 2), None])
    [0, 2, 1, 3]
    """
    first: dict[Hashable, int] = {}
    ranks = []
    for index, steps in enumerate(keys):
        prefixes = [] if steps is None else [steps[: n + 1] for n in range(len(steps))]
        ranks.append((*(first.setdefault(prefix, index) for prefix in prefixes), index))
    return sorted(range(len(keys)), key=ranks.__getitem__)


def count_steps(estimator: Any) -> int:
    """Count the steps of a pipeline that are fitted; any other estimator is one."""
    if not isinstance(estimator, Pipeline):
        return 1
    return sum(not is_idle(step) for _, step in estimator.steps)


def is_idle(step: Any) -> bool:
    """Tell whether a step of a pipeline does nothing."""
    return step is None or (isinstance(step, str) and step == "passthrough")


def is_idle_key(key: Key) -> bool:
    """Tell whether a key is that of a step that does nothing."""
    return isinstance(key, tuple) and key[:1] == _IDLE


def _is_plain(pipeline: Pipeline) -> bool:
    """Tell whether fitting step after step is all that the pipeline does."""
    names = [name for name, _ in pipeline.steps]
    extras = (pipeline.memory, pipeline.verbose or None, getattr(pipeline, "transform_input", None))
    return (
        all(extra is None for extra in extras)
        and not has_callbacks(pipeline)
        # What Pipeline itself refuses, it is to refuse.
        and len(set(names)) == len(names)
        and not any("__" in name for name in names)
        and all(is_idle(step) or _transforms(step) for _, step in pipeline.steps)
    )


def _transforms(step: Any) -> bool:
    return (
        hasattr(step, "get_params")
        and hasattr(step, "transform")
        and (hasattr(step, "fit") or hasattr(step, "fit_transform"))
    )


def _keys_of(
    pipeline: Pipeline,
    setting: Setting,
    known: dict[int, tuple[Any, dict[str, Any]]],
    footprints: dict[Key, Footprint],
) -> tuple[Key, ...] | None:
    steps = dict(pipeline.steps)
    nested: dict[str, dict[str, Any]] = {name: {} for name in steps}
    # Objects that two steps of one candidate would share, such as a generator of random numbers,
    # carry what one step did over to the other.
    owners: dict[int, str] = {}
    for name, value in setting.items():
        step, _, rest = name.partition("__")
        if step not in steps:
            return None
        if not _is_simple(value) and owners.setdefault(id(value), step) != step:
            return None
        if rest:
            nested[step][rest] = value
        elif not (is_idle(value) or _transforms(value)):
            return None
        else:
            steps[step] = value
    return tuple(_step_key(step, nested[name], known, footprints) for name, step in steps.items())


def _step_key(
    step: Any,
    overrides: Mapping[str, Any],
    known: dict[int, tuple[Any, dict[str, Any]]],
    footprints: dict[Key, Footprint],
) -> Key:
    if is_idle(step):
        return (*_IDLE, tuple(sorted(overrides)))
    if id(step) not in known:
        known[id(step)] = (step, step.get_params(deep=True))
    effective = dict(known[id(step)][1])
    # From the outside in: whoever replaces an estimator replaces what was set inside of it.
    for name in sorted(overrides, key=lambda name: name.count("__")):
        for inner in [other for other in effective if other.startswith(f"{name}__")]:
            del effective[inner]
        effective[name] = overrides[name]
    key = id(step), tuple((name, value_key(effective[name])) for name in sorted(effective))
    if key not in footprints:
        footprints[key] = find_footprint(type(step), effective)
    return key


def _is_simple(value: Any) -> bool:
    return value is None or isinstance(value, str | bytes | int | float | complex | np.generic)


def value_key(value: Any) -> Key:
    """Give what is equal for equal texts, numbers and sequences of one type, else for one object.

    Examples
    --------
    >>> value_key([1, "a"]) == value_key([1, "a"]), value_key(1) == value_key(True)
    (True, False)
    """
    if _is_simple(value):
        return type(value), repr(value)
    if type(value) in (tuple, list):
        return type(value), tuple(value_key(part) for part in value)
    return "object", id(value)
