"""The measures that a search uses when it is given none: read off the estimator's own roles."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import Table
from personatwin_sk._core.roles import find_column, find_columns
from personatwin_sk.exceptions import InputError
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.model_selection._candidates import find_estimators
from personatwin_sk.model_selection._usefulness import InformationUtility, all_leave
from personatwin_sk.noise import OutcomeNoise, TemporalNoise
from personatwin_sk.population import CensusPopulation
from personatwin_sk.risk import ReidentificationRisk, RiskReport

__all__ = ["DefaultMeasures"]

_OWNER = "RiskAwareSearch"
_CURE = "give both risk= and utility= to say what is to be measured."


class DefaultMeasures:
    """Risk and utility over the roles that an estimator's steps declare before the grid.

    Parameters
    ----------
    estimator : estimator
        Holds one :class:`~personatwin_sk.PersonaMerger`.
    settings : sequence of mapping
        The candidates; none of them may change what is measured.
    X : table or array-like of shape (n_rows, n_columns)
    n_compared : float, default=1
        Candidates among which the measure is to choose, for its limits.

    Raises
    ------
    ValueError
        There is no merger or there are several, or a candidate changes the quasi-identifiers.
    """

    def __init__(
        self,
        estimator: Any,
        settings: Sequence[Mapping[str, Any]],
        X: Any,
        *,
        n_compared: float = 1.0,
    ) -> None:
        self._n_compared = n_compared
        merger = _only_merger(estimator)
        _refuse_changed_roles(estimator, merger, settings)
        table = Table.of(X)
        self._roles = _read_roles(estimator, merger, table)
        self._population = _known_population(table, self._roles.keys)
        self._prepared: tuple[tuple[Hashable, ...], InformationUtility, Table] | None = None
        self._named: InformationUtility | None = None

    def risk(self, original: Any, released: Any) -> RiskReport:
        """Assess the risk of one release."""
        before, after = _aligned(original, released)
        attacker = "prosecutor" if self._population is None else "journalist"
        measure = ReidentificationRisk(
            list(self._roles.keys_in(after)),
            person_id=self._roles.person_id,
            population=self._population,
            attacker=attacker,
            n_compared=self._n_compared,
        )
        return measure(before.to_native(), after.to_native())

    @property
    def risk_columns(self) -> tuple[Hashable, ...] | None:
        """The columns of a release that its risk depends on; None: whichever it has."""
        roles = self._roles
        return None if roles.automatic else (*roles.keys, roles.person_id)

    def utility(self, original: Any, released: Any) -> float:
        """Measure the information kept by one release."""
        before, after = _aligned(original, released)
        keys = self._roles.keys_in(after)
        # All candidates of a search are releases of one table: what depends on it alone stays.
        if self._prepared is None or self._prepared[0] != keys:
            self._prepared = keys, self._kept(keys), before
        _, kept, before = self._prepared
        return kept(before, after)

    def bound(self, original: Any, prepared: Any, steps: Sequence[Any]) -> float:
        """Give an upper limit of the utility of what some steps will make of a table.

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
            See :meth:`InformationUtility.bound`; infinite, too, where key variables are not named.
        """
        if self._roles.automatic:
            return np.inf
        if self._named is None:
            self._named = self._kept(self._roles.keys)
        return self._named.bound(original, prepared, steps)

    def bound_key(self, steps: Sequence[Any]) -> Hashable:
        """Give what of the steps decides the limit."""
        roles = self._roles
        return all_leave(steps, (*roles.dates, *roles.outcomes))

    def _kept(self, keys: Sequence[Hashable]) -> InformationUtility:
        roles = self._roles
        own = {name: table for name, table in roles.hierarchies.items() if name in keys}
        return InformationUtility(
            keys,
            person_id=roles.person_id,
            dates=roles.dates,
            outcomes=roles.outcomes,
            hierarchies=own,
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave the prepared original behind: another process prepares its own."""
        return {**vars(self), "_prepared": None, "_named": None}


@dataclass(frozen=True)
class _Roles:
    """Which columns are measured as what."""

    keys: tuple[Hashable, ...]
    automatic: bool
    person_id: Hashable | None
    dates: tuple[Hashable, ...]
    outcomes: tuple[Hashable, ...]
    hierarchies: Mapping[Hashable, Any]

    def keys_in(self, after: Table) -> tuple[Hashable, ...]:
        """Give the key variables; where none were named, those that are still in the release."""
        if not self.automatic:
            return self.keys
        return tuple(name for name in self.keys if name in after)


def _only_merger(estimator: Any) -> PersonaMerger:
    mergers = find_estimators(estimator, PersonaMerger)
    if len(mergers) != 1:
        raise ValueError(
            f"{_OWNER}: the estimator holds {len(mergers)} PersonaMerger, so that it is not clear "
            f"which quasi-identifiers its risk is about; {_CURE}"
        )
    return mergers[0]


def _refuse_changed_roles(
    estimator: Any, merger: PersonaMerger, settings: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse a grid whose candidates would need to be measured over different columns."""
    changed = {
        name
        for params in settings
        for name, value in params.items()
        if name.rpartition("__")[2] == "quasi_identifiers"
        or any(_role_parameters(m) != _role_parameters(merger) for m in _mergers_in(value))
    }
    if changed:
        raise ValueError(
            f"{_OWNER}: the grid changes the quasi-identifiers (by {', '.join(sorted(changed))}); "
            f"risks over different columns cannot be compared. Instead, {_CURE}"
        )


def _mergers_in(value: Any) -> list[Any]:
    return find_estimators(value, PersonaMerger) if hasattr(value, "get_params") else []


def _role_parameters(merger: PersonaMerger) -> tuple[Any, ...]:
    return tuple(
        spec if spec is None else [spec] if isinstance(spec, str | Integral) else list(spec)
        for spec in (merger.quasi_identifiers, merger.person_id, merger.sensitive)
    )


def _read_roles(estimator: Any, merger: PersonaMerger, table: Table) -> _Roles:
    person_id = find_column(table, merger.person_id, parameter="person_id", owner=_OWNER)
    automatic = merger.quasi_identifiers is None
    if automatic:
        spec = () if merger.sensitive is None else merger.sensitive
        sensitive = find_columns(table, spec, parameter="sensitive", owner=_OWNER)
        keys = [name for name in table.columns if name != person_id and name not in sensitive]
    else:
        keys = find_columns(
            table, merger.quasi_identifiers, parameter="quasi_identifiers", owner=_OWNER
        )
    # A column that is merged is measured as a key variable, whatever was done to it before.
    dates = [
        name
        for name in _columns_of(estimator, TemporalNoise, table, _is_date_column)
        if name not in keys
    ]
    outcomes = [
        name
        for name in _columns_of(estimator, OutcomeNoise, table, _is_outcome_column)
        if name not in keys
    ]
    return _Roles(
        tuple(keys),
        automatic,
        person_id,
        tuple(dates),
        tuple(outcomes),
        dict(merger.hierarchies or {}),
    )


def _columns_of(estimator: Any, step: type, table: Table, is_automatic: Any) -> list[Hashable]:
    """Find the columns that the steps of a class work on, each once, in the order of the table."""
    named: set[Hashable] = set()
    for noise in find_estimators(estimator, step):
        if noise.columns is None:
            named.update(name for name in table.columns if is_automatic(table, name))
        else:
            named.update(find_columns(table, noise.columns, parameter="columns", owner=_OWNER))
    return [name for name in table.columns if name in named]


def _is_date_column(table: Table, name: Hashable) -> bool:
    return name == "date" or pd.api.types.is_datetime64_any_dtype(table[name].dtype)


def _is_outcome_column(table: Table, name: Hashable) -> bool:
    return name == "outcome"


def _known_population(table: Table, keys: Sequence[Hashable]) -> CensusPopulation | None:
    """Give the bundled census if it knows a key variable and understands the table's values."""
    census = CensusPopulation(source="bundled")
    known = [name for name in keys if name in census.columns]
    if not known:
        return None
    try:
        census.count(table.select(known).to_pandas().drop_duplicates())
    except InputError:
        # Values that the census cannot read: the prosecutor's figures are never lower.
        return None
    return census


def _aligned(original: Any, released: Any) -> tuple[Table, Table]:
    """Wrap both tables so that one name is one column in both.

    The columns of an array are positions; where a step gave names to what came out of it, or
    dropped columns, they have to be found again.
    """
    before, after = Table.of(original), Table.of(released)
    if before.kind != "array":
        # Some steps of others take names away: a scaler gives an array for a frame.
        nameless = after.kind == "array" and len(after.columns) == len(before.columns)
        return before, _renamed(after, before) if nameless else after
    if len(before.columns) != len(after.columns):
        raise InputError(
            f"{_OWNER}: the array has {len(before.columns)} columns and its release "
            f"{len(after.columns)}, so that positions do not name the same columns; "
            f"give a table with column names, or {_CURE}"
        )
    if after.kind == "array":
        return before, after
    return before, _renamed(after, before)


def _renamed(table: Table, like: Table) -> Table:
    """Give a table the columns of another, one by one."""
    return Table.of(table.to_pandas().set_axis(list(like.columns), axis=1))
