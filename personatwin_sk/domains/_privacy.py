"""What each privacy level asks for at the least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from personatwin_sk.exceptions import InputError


@dataclass(frozen=True)
class PrivacyLevel:
    """Floors of a release; a search may go further, never less far.

    Parameters
    ----------
    k : int
        Fewest people in a class.
    jitter : int
        Days by which each date moves at most, per event.
    precision : str
        Finest precision of released dates: "day", "week", "month", "quarter" or "year".
    level : str
        Finest level of released places: "address", "zip", "city", "county", "state", ...
    flip_probability : float
        Share of outcomes that are drawn anew.
    min_population : int, optional
        Fewest inhabitants that a released place has; None asks for no number.
    value_steps : int, default=1
        Steps by which each number of an event that the domain names moves at most.

    Examples
    --------
    >>> from personatwin_sk.domains import PRIVACY_LEVELS
    >>> PRIVACY_LEVELS["high"].k
    11
    """

    k: int
    jitter: int
    precision: str
    level: str
    flip_probability: float
    min_population: int | None = None
    value_steps: int = 1


PRIVACY_LEVELS: Mapping[str, PrivacyLevel] = MappingProxyType(
    {
        "low": PrivacyLevel(3, 7, "week", "city", 0.02, value_steps=1),
        "medium": PrivacyLevel(5, 14, "month", "county", 0.05, value_steps=2),
        "high": PrivacyLevel(11, 30, "quarter", "county", 0.10, 20_000, value_steps=4),
        "maximum": PrivacyLevel(20, 60, "year", "state", 0.15, value_steps=8),
    }
)


def get_privacy_level(name: str) -> PrivacyLevel:
    """Return the floors of a privacy level.

    Parameters
    ----------
    name : {"low", "medium", "high", "maximum"}
        The level's name.

    Returns
    -------
    PrivacyLevel
        Its floors.

    Raises
    ------
    InputError
        If there is no such level.

    Examples
    --------
    >>> from personatwin_sk.domains import get_privacy_level
    >>> get_privacy_level("medium").precision
    'month'
    """
    if name not in PRIVACY_LEVELS:
        raise InputError(
            f"privacy_level={name!r} is not known; choose one of {', '.join(PRIVACY_LEVELS)}"
        )
    return PRIVACY_LEVELS[name]
