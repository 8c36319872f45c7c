"""What a step reads and changes: steps whose input is the same need to be fitted only once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from personatwin_sk.geography import GeographicGeneralizer
from personatwin_sk.identifiers import IdentifierRemover
from personatwin_sk.merging import PersonaMerger
from personatwin_sk.noise import OutcomeNoise, TemporalNoise, ValueNoise

__all__ = ["ANYTHING", "Footprint", "Lineage", "find_footprint"]


@dataclass(frozen=True)
class Footprint:
    """The columns on which a step's work depends, and those that it changes.

    Attributes
    ----------
    reads : frozenset of str or None
        Nothing else in the rows has a say in what the step learns or makes; None: all of it has.
    writes : frozenset of str or None
        All other columns stay what they are; None: anything may become of the table.
    drops : frozenset of str
        Columns that do not come out.
    """

    reads: frozenset[str] | None
    writes: frozenset[str] | None
    drops: frozenset[str] = frozenset()


ANYTHING = Footprint(None, None)


class _Unclear(Exception):
    """A role is given in a way that only the table itself resolves."""


def find_footprint(kind: type, parameters: Mapping[str, Any]) -> Footprint:
    """Tell what a step reads and changes, from its parameters alone.

    Parameters
    ----------
    kind : type
        Of the step; of a subclass nothing is known.
    parameters : mapping of str -> object
        What it is set to.

    Returns
    -------
    Footprint
        :data:`ANYTHING` where nothing is proved: steps of others, columns that the step chooses by
        itself, columns by their position.

    Examples
    --------
    >>> merger = PersonaMerger(["age", "sex"], person_id="id")
    >>> found = find_footprint(PersonaMerger, merger.get_params())
    >>> sorted(found.reads), sorted(found.writes)
    (['age', 'id', 'sex'], ['age', 'id', 'sex'])
    >>> find_footprint(PersonaMerger, PersonaMerger().get_params()) == ANYTHING
    True
    """
    reader = _READERS.get(kind)
    if reader is None:
        return ANYTHING
    try:
        return reader(parameters)
    except _Unclear:
        return ANYTHING


def _of_merger(parameters: Mapping[str, Any]) -> Footprint:
    keys = _columns(parameters, "quasi_identifiers")
    person = _roles(parameters, "person_id")
    others = _roles(parameters, "order_by", "sensitive", "exact")
    return Footprint(keys | person | others, keys | person)


def _of_noise(*roles: str, moves: Sequence[str] = ()) -> Callable[[Mapping[str, Any]], Footprint]:
    def read(parameters: Mapping[str, Any]) -> Footprint:
        writes = _columns(parameters, "columns") | _roles(parameters, *moves)
        named = _roles(parameters, *roles)
        if parameters["person_id"] is None or parameters["event_id"] is None:
            # Draws are then keyed by the whole row.
            return Footprint(None, writes)
        return Footprint(writes | named | _roles(parameters, "person_id", "event_id"), writes)

    return read


def _of_places(parameters: Mapping[str, Any]) -> Footprint:
    columns = _columns(parameters, "columns")
    return Footprint(columns | _roles(parameters, "person_id", "state"), columns)


def _of_remover(parameters: Mapping[str, Any]) -> Footprint:
    named = _columns(parameters, "columns") - _roles(parameters, "keep")
    return Footprint(frozenset(), frozenset(), named)


_READERS: dict[type, Callable[[Mapping[str, Any]], Footprint]] = {
    GeographicGeneralizer: _of_places,
    IdentifierRemover: _of_remover,
    OutcomeNoise: _of_noise("given"),
    PersonaMerger: _of_merger,
    # A bound may be a date or a column; what is no column is the same in all tables.
    TemporalNoise: _of_noise("not_before", "not_after", moves=["ages"]),
    ValueNoise: _of_noise(),
}


def _columns(parameters: Mapping[str, Any], name: str) -> frozenset[str]:
    """Give the columns of a role without which the step looks for them by itself."""
    if parameters[name] is None:
        raise _Unclear
    return frozenset(_names(parameters[name]))


def _roles(parameters: Mapping[str, Any], *names: str) -> frozenset[str]:
    """Give the columns of roles that may be empty."""
    given = [parameters[name] for name in names]
    return frozenset(column for spec in given if spec is not None for column in _names(spec))


def _names(spec: Any) -> Iterator[str]:
    if isinstance(spec, str):
        yield spec
    elif isinstance(spec, Integral):
        raise _Unclear
    elif hasattr(spec, "__iter__"):
        for name in spec:
            if not isinstance(name, str):
                raise _Unclear
            yield name
    # Anything else is no column, such as the day of a bound.


@dataclass(frozen=True)
class Lineage:
    """Where the columns of a table come from: equal lineages mean equal columns.

    Attributes
    ----------
    whole : int
        The last step that may have changed anything, by its number; 0: none.
    dropped : frozenset of str
        Columns that were dropped since.
    changed : mapping of str -> int
        Columns that were changed since, with the number of the step that changed them last.
    """

    whole: int = 0
    dropped: frozenset[str] = frozenset()
    changed: Mapping[str, int] = field(default_factory=dict)

    def inputs(self, footprint: Footprint) -> Hashable:
        """Give what tells apart the tables that are not the same to a step."""
        names = sorted(self.changed)
        read = [name for name in names if footprint.reads is None or name in footprint.reads]
        # Which columns there are and where they stand is learnt by every step.
        return self.whole, self.dropped, tuple((name, self.changed[name]) for name in read)

    def after(self, footprint: Footprint, number: int) -> Lineage:
        """Give the lineage of what a step, by its number, makes of the table."""
        if footprint.writes is None:
            return Lineage(number)
        changed = {**self.changed, **dict.fromkeys(footprint.writes, number)}
        return Lineage(self.whole, self.dropped | footprint.drops, changed)
