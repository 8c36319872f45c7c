"""Noise on key variables stands before the merger, or nowhere."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from personatwin_sk.merging import PersonaMerger
from personatwin_sk.noise._base import KeyedNoise
from personatwin_sk.noise._steps import Step, named_columns, walk

__all__ = ["check_step_order", "noisy_columns"]

# What a step without `columns` takes besides columns of datetime type, which only its fit can see.
_AUTOMATIC = {"TemporalNoise": "date", "OutcomeNoise": "outcome", "ValueNoise": "value"}


def check_step_order(estimator: Any, quasi_identifiers: Any = None) -> None:
    """Refuse noise on key variables that does not come before the merger.

    The merger makes classes of people who are alike in their key variables. Noise on these
    afterwards makes people of one class differ again, so that classes fall below k. Noise on
    columns of events may come before or after: it leaves every class whole.

    Parameters
    ----------
    estimator : estimator
        A Pipeline, a search around one, or any other estimator. Before a fit, columns of noise that
        are selected by their datetime type are not known; check again afterwards.
    quasi_identifiers : column, sequence of columns or None, default=None
        The key variables. None: those of the mergers themselves; a merger that names none takes
        every column but its person's and the sensitive ones.

    Raises
    ------
    ValueError
        Noise on key variables comes after a merger or beside it; the message counts the columns
        and names the step.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from personatwin_sk.noise import TemporalNoise
    >>> merger = PersonaMerger(["age", "born"], person_id="id")
    >>> check_step_order(make_pipeline(TemporalNoise(["born"], jitter=7), merger))
    >>> check_step_order(make_pipeline(merger, TemporalNoise(["date"], jitter=7)))
    >>> check_step_order(make_pipeline(merger, TemporalNoise(["born"], jitter=7)))
    Traceback (most recent call last):
    ValueError: The step 'temporalnoise' (TemporalNoise) puts noise on 1 key variable(s) after ...
    """
    steps = walk(estimator)
    given = named_columns(quasi_identifiers, None)
    for merger in steps:
        if not isinstance(merger.estimator, PersonaMerger):
            continue
        for noise in steps:
            if not isinstance(noise.estimator, KeyedNoise) or noise.is_before(merger):
                continue
            touched = _key_columns(noise, merger, given)
            if not touched:
                continue
            where = "after" if merger.is_before(noise) else "beside"
            raise ValueError(
                f"The step {noise.name!r} ({type(noise.estimator).__name__}) puts noise on "
                f"{len(touched)} key variable(s) {where} the merger {merger.name!r}: people whom "
                "it made alike would differ again, and classes would fall below k. Put the step "
                "before the merger, or take these columns out of its columns."
            )


def noisy_columns(noise: KeyedNoise) -> list[Hashable]:
    """Give the columns that a noise step changes, as far as they are known before a fit."""
    # Ages move with the dates of their rows.
    ages = named_columns(getattr(noise, "ages", None), noise)
    chosen = getattr(noise, "_chosen", None)
    if chosen is not None:
        return [*chosen, *ages]
    if noise.columns is not None:
        return [*named_columns(noise.columns, noise), *ages]
    return [
        *(name for kind, name in _AUTOMATIC.items() if type(noise).__name__ == kind),
        *ages,
    ]


def _key_columns(noise: Step, merger: Step, given: Iterable[Hashable]) -> set[Hashable]:
    """Give the key variables that a noise step touches."""
    columns = set(noisy_columns(noise.estimator))
    keys = list(given) or named_columns(merger.estimator.quasi_identifiers, merger.estimator)
    if keys:
        return columns & _spellings(keys, merger)
    # The merger takes every column but these.
    others = [
        *named_columns(merger.estimator.person_id, merger.estimator),
        *named_columns(merger.estimator.sensitive, merger.estimator),
    ]
    return columns - _spellings(others, merger)


def _spellings(columns: Iterable[Hashable], merger: Step) -> set[Hashable]:
    """Give names of columns as they are, and as side-by-side containers write them behind it."""
    names = set(columns)
    result = set(names)
    for branch in reversed(merger.branches):
        names = {f"{branch}__{name}" for name in names}
        result |= names
    return result
