"""Usefulness as information kept, with an upper limit that needs no merger."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from personatwin_sk._core.frames import Table
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.utility._information import InformationKept
from personatwin_sk.utility._tables import Columns

__all__ = ["InformationUtility", "all_leave"]

# A sum of losses over all columns may be rounded otherwise than one over some.
_ROUNDING = 1e-9


class InformationUtility:
    """:func:`~personatwin_sk.information_kept` over named columns, as a search's `utility`.

    All candidates of a search are releases of one table: what depends on it alone is computed once,
    as long as the original is the same object; it is not to be changed in place. And it has methods
    ``bound`` and ``bound_key``: a search asks any `utility` that has them, and does not merge what
    cannot win.

    Parameters
    ----------
    quasi_identifiers : column or sequence of columns
        Key variables.
    person_id : column, optional
    dates, outcomes : column or sequence of columns, default=()
    hierarchies : mapping of column -> Hierarchy or table, optional
        All as in :func:`~personatwin_sk.information_kept`.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"age": [30, 40, 60], "outcome": ["a", "b", "b"]})
    >>> kept = InformationUtility(["age"], outcomes=["outcome"])
    >>> changed = people.assign(outcome="b")
    >>> round(kept(people, changed), 4)
    0.8333
    >>> round(kept.bound(people, changed, [PersonaMerger("age")]), 4)  # whatever the merger does
    0.8333
    >>> kept.bound(people, changed, ["another step"])
    inf
    """

    def __init__(
        self,
        quasi_identifiers: Columns,
        *,
        person_id: Hashable | None = None,
        dates: Columns = (),
        outcomes: Columns = (),
        hierarchies: Mapping[Any, Any] | None = None,
    ) -> None:
        self.quasi_identifiers = _listed(quasi_identifiers)
        self.person_id = person_id
        self.dates = _listed(dates)
        self.outcomes = _listed(outcomes)
        self.hierarchies = dict(hierarchies or {})
        self._of_all: tuple[Any, InformationKept] | None = None
        self._of_events: tuple[Any, InformationKept] | None = None

    def __call__(self, original: Any, released: Any) -> float:
        """Measure the information kept by one release."""
        if self._of_all is None or self._of_all[0] is not original:
            measure = InformationKept(
                original,
                list(self.quasi_identifiers),
                person_id=self.person_id,
                dates=list(self.dates),
                outcomes=list(self.outcomes),
                hierarchies=self.hierarchies,
            )
            self._of_all = original, measure
        return self._of_all[1](released)

    def bound(self, original: Any, prepared: Any, steps: Sequence[Any]) -> float:
        """Give an upper limit of the utility of what some steps will make of a table.

        A merger leaves alone what is not a key variable: what dates and outcomes have lost before
        it, they have lost after it, and rows that it suppresses lose all. Key variables lose
        something or nothing. So, of n columns, the utility is at most one minus the sum of the
        losses of dates and outcomes over n.

        Parameters
        ----------
        original : table
        prepared : table
            What goes into the steps.
        steps : sequence of estimators
            Not fitted yet.

        Returns
        -------
        float
            Infinite where nothing is proved: other steps, a merger that may change these columns,
            or a table that lacks one.
        """
        events = (*self.dates, *self.outcomes)
        if not events or not all_leave(steps, events):
            return np.inf
        before, after = Table.of(original), Table.of(prepared)
        if before.kind == "array" or any(name not in after for name in events):
            return np.inf
        if self._of_events is None or self._of_events[0] is not original:
            measure = InformationKept(
                before, [], dates=list(self.dates), outcomes=list(self.outcomes)
            )
            self._of_events = original, measure
        lost = (1.0 - self._of_events[1](after)) * len(events)
        return 1.0 - lost / (len(events) + len(self.quasi_identifiers)) + _ROUNDING

    def bound_key(self, steps: Sequence[Any]) -> Hashable:
        """Give what of the steps decides :meth:`bound`: equal for those with one limit.

        A search asks for the limit once per table and key; a `utility` without this method it asks
        for each candidate.
        """
        return all_leave(steps, (*self.dates, *self.outcomes))

    def __getstate__(self) -> dict[str, Any]:
        """Leave the prepared original behind: another process prepares its own."""
        return {**vars(self), "_of_all": None, "_of_events": None}


def all_leave(steps: Sequence[Any], columns: Sequence[Hashable]) -> bool:
    """Tell whether all steps are mergers that leave these columns as they are."""
    return all(_leaves(step, columns) for step in steps)


def _leaves(step: Any, columns: Sequence[Hashable]) -> bool:
    """Tell whether a step is a merger that leaves these columns as they are."""
    if type(step) is not PersonaMerger or step.quasi_identifiers is None:
        return False
    return not {*_listed(step.quasi_identifiers), step.person_id} & set(columns)


def _listed(names: Any) -> tuple[Hashable, ...]:
    one = isinstance(names, str) or not hasattr(names, "__iter__")
    return (names,) if one else tuple(names)
