"""What a domain is: its events, their outcomes, its identifiers, and the order of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import isfinite
from numbers import Real
from types import MappingProxyType
from typing import Any

from personatwin_sk._core.dates import PRECISIONS
from personatwin_sk.exceptions import InputError
from personatwin_sk.population.places import LEVELS


class Domain(Enum):
    """The domains that come with the package, and the one that users define.

    Examples
    --------
    >>> from personatwin_sk import Domain
    >>> Domain.HEALTHCARE.value
    'healthcare'
    """

    CRIMINAL_JUSTICE = "criminal_justice"
    HEALTHCARE = "healthcare"
    EDUCATION = "education"
    SOCIAL_SERVICES = "social_services"
    EMPLOYMENT = "employment"
    CUSTOM = "custom"


@dataclass(frozen=True)
class DomainConfig:
    """What is known of a domain; see `create_custom_config` for one of your own.

    Parameters
    ----------
    name : str
        The domain's name.
    event_types : tuple of str
        Types of event; empty when the domain says nothing about them.
    outcomes : mapping of str to tuple of str
        Outcomes that each event type can have.
    sensitive_fields : frozenset of str
        Columns that identify a person directly: never released.
    preserve_fields : frozenset of str
        Columns that stay in a release.
    temporal_precision : str
        Finest precision of dates that suits the domain.
    geographic_precision : str
        Finest level of places that suits the domain.
    first_events : tuple of str, optional
        Types with which a run of events can begin; empty: any.
    next_events : mapping of str to tuple of str, optional
        Types that can come directly after each type within a run; empty: any.
    numeric_values : mapping of str to (low, high, step), optional
        Columns of numbers that belong to events, such as a length of sentence: the smallest and
        the largest that are possible at all, and the step in which they are told. These are public
        figures: they rest on no table.

    Raises
    ------
    InputError
        If the parts contradict each other or a precision is not known.

    Examples
    --------
    >>> from personatwin_sk.domains import get_domain_config
    >>> config = get_domain_config("criminal_justice")
    >>> "guilty" in config.outcomes["trial"]
    True
    >>> config.next_events["trial"]
    ('sentencing', 'appeal')
    """

    name: str
    event_types: tuple[str, ...]
    outcomes: Mapping[str, tuple[str, ...]]
    sensitive_fields: frozenset[str]
    preserve_fields: frozenset[str]
    temporal_precision: str
    geographic_precision: str
    first_events: tuple[str, ...] = ()
    next_events: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numeric_values: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A frozen class with a mutable dict inside would not be frozen.
        object.__setattr__(self, "outcomes", _frozen(self.outcomes))
        object.__setattr__(self, "next_events", _frozen(self.next_events))
        object.__setattr__(self, "numeric_values", _ranges(self.numeric_values))
        _require_choice("temporal_precision", self.temporal_precision, PRECISIONS)
        _require_choice("geographic_precision", self.geographic_precision, LEVELS)
        followers = [event for events in self.next_events.values() for event in events]
        for parameter, named in (
            ("outcomes", self.outcomes),
            ("first_events", self.first_events),
            ("next_events", [*self.next_events, *followers]),
        ):
            unknown = sorted(set(named) - set(self.event_types))
            if unknown:
                raise InputError(
                    f"{parameter} names {', '.join(unknown)}, which event_types does not have"
                )
        both = sorted(self.sensitive_fields & self.preserve_fields)
        if both:
            raise InputError(f"{', '.join(both)} cannot be in sensitive_fields and preserve_fields")
        both = sorted(self.sensitive_fields & set(self.numeric_values))
        if both:
            raise InputError(f"{', '.join(both)} cannot be in sensitive_fields and numeric_values")

    def __reduce__(self) -> tuple[type[DomainConfig], tuple[object, ...]]:
        # A read-only view of a dict cannot be pickled (a search sends settings to processes).
        values = (getattr(self, name) for name in self.__dataclass_fields__)
        return type(self), tuple(dict(v) if isinstance(v, Mapping) else v for v in values)

    def __hash__(self) -> int:
        return hash((self.name, self.event_types, self.sensitive_fields, self.preserve_fields))


def create_custom_config(
    event_types: Sequence[str],
    outcomes: Sequence[str] | Mapping[str, Sequence[str]],
    sensitive_fields: Iterable[str],
    preserve_fields: Iterable[str],
    temporal_precision: str = "month",
    geographic_precision: str = "county",
    *,
    numeric_values: Mapping[str, tuple[float, float, float]] | None = None,
) -> DomainConfig:
    """Describe a domain of your own.

    Parameters
    ----------
    event_types : sequence of str
        Types of event.
    outcomes : sequence of str, or mapping of str to sequence of str
        The outcomes that every event type can have, or those of each type.
    sensitive_fields : iterable of str
        Columns that identify a person directly: never released.
    preserve_fields : iterable of str
        Columns that stay in a release beside the usual ones.
    temporal_precision : {"day", "week", "month", "quarter", "year"}, default="month"
        Finest precision of released dates.
    geographic_precision : str, default="county"
        Finest level of released places: "address", "zip", "city", "county", "state",
        "division", "region" or "country".
    numeric_values : mapping of str to (low, high, step), optional
        Columns of numbers that belong to events: the smallest and the largest possible, and the
        step in which they are told.

    Returns
    -------
    DomainConfig
        The description, called "custom".

    Raises
    ------
    InputError
        If there is no event type, one is named twice, outcomes name a type that is not there, a
        field is to be both kept and dropped, a precision is not known, or a range of numbers is
        none.

    Examples
    --------
    >>> from personatwin_sk import create_custom_config
    >>> config = create_custom_config(
    ...     event_types=["application", "interview", "hire"],
    ...     outcomes=["successful", "unsuccessful"],
    ...     sensitive_fields={"employee_id"},
    ...     preserve_fields={"department"},
    ...     temporal_precision="month",
    ...     geographic_precision="state",
    ... )
    >>> config.outcomes["hire"]
    ('successful', 'unsuccessful')
    """
    types = _texts("event_types", event_types)
    if not types:
        raise InputError("event_types is empty; name at least one type of event")
    if isinstance(outcomes, Mapping):
        by_type = {name: _texts("outcomes", values) for name, values in outcomes.items()}
    else:
        by_type = dict.fromkeys(types, _texts("outcomes", outcomes))
    return DomainConfig(
        name=Domain.CUSTOM.value,
        event_types=types,
        outcomes=by_type,
        sensitive_fields=frozenset(_texts("sensitive_fields", sensitive_fields)),
        preserve_fields=frozenset(_texts("preserve_fields", preserve_fields)),
        temporal_precision=temporal_precision,
        geographic_precision=geographic_precision,
        numeric_values={} if numeric_values is None else numeric_values,
    )


def _texts(parameter: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return distinct texts as a tuple; a lone text is a slip, not a sequence of letters."""
    if isinstance(values, str):
        raise InputError(f"{parameter} must be several texts, not one; put it into a list")
    texts = tuple(values)
    if not all(isinstance(text, str) and text for text in texts):
        raise InputError(f"{parameter} must hold texts that are not empty")
    if len(set(texts)) < len(texts):
        raise InputError(f"{parameter} names {len(texts) - len(set(texts))} of its texts twice")
    return texts


def _frozen(mapping: Mapping[str, Iterable[str]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({name: tuple(values) for name, values in mapping.items()})


def _ranges(
    values: Mapping[str, Iterable[Any]],
) -> Mapping[str, tuple[float, float, float]]:
    """Read (low, high, step) of each column."""
    result = {}
    for name, numbers in values.items():
        limits = tuple(numbers)
        are_numbers = len(limits) == 3 and all(
            not isinstance(limit, bool) and isinstance(limit, Real) and isfinite(limit)
            for limit in limits
        )
        if not are_numbers or not (
            limits[0] < limits[1] and 0 < limits[2] <= limits[1] - limits[0]
        ):
            raise InputError(
                f"numeric_values needs (low, high, step) for {name}: three finite numbers, low "
                "below high, and a step above 0 that fits between them"
            )
        result[name] = (limits[0], limits[1], limits[2])
    return MappingProxyType(result)


def _require_choice(parameter: str, value: str, choices: Sequence[str]) -> None:
    if value not in choices:
        raise InputError(f"{parameter}={value!r} is not known; choose one of {', '.join(choices)}")
