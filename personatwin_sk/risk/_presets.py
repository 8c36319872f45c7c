"""Thresholds that agencies publish, and whether a report meets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from personatwin_sk.exceptions import InputError

__all__ = ["PRESETS", "THRESHOLDS", "Preset", "check_preset", "find_preset", "risk_level"]

THRESHOLDS: tuple[tuple[float, str], ...] = (
    (0.01, "SAFE_FOR_PUBLIC_RELEASE"),
    (0.05, "SAFE_FOR_RESEARCH"),
    (0.15, "INTERNAL_USE_ONLY"),
)
"""Largest risk of each level; what is above the last one is "UNSAFE"."""

# A limit that is met exactly (20 people of one class: 1/20) must not fail by rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Preset:
    """Limits that a release has to keep; None: no such limit.

    Attributes
    ----------
    max_risk : float, optional
        Largest risk of any one person. Where the people behind a row are estimated, the estimate.
    mean_risk : float, optional
        Largest upper limit of the mean risk.
    min_k : int, optional
        People in the smallest class.
    source : str
        Where the limits are from.
    """

    max_risk: float | None = None
    mean_risk: float | None = None
    min_k: int | None = None
    source: str = ""


# A cell of 11 is the smallest that may be published: 1/11, which all three round to .09. Written as
# a fraction, or a class of 11 would fail the rule that was made for it.
_ELEVEN = 1 / 11

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "cms": Preset(
            max_risk=_ELEVEN,
            source="CMS cell size suppression policy: no cell of 1 to 10 people",
        ),
        "ema": Preset(max_risk=_ELEVEN, source="EMA Policy 0070, external guidance: 0.09"),
        "health_canada": Preset(
            max_risk=_ELEVEN, source="Health Canada, Public Release of Clinical Information: 0.09"
        ),
        "strict": Preset(mean_risk=0.05, min_k=20, source="mean risk of 5 % and classes of 20"),
    }
)
"""Named limits. The risk by events is held to `max_risk` or `mean_risk` as that of classes is."""


class _Events(Protocol):
    @property
    def max(self) -> float: ...
    @property
    def upper(self) -> float: ...


class _Measured(Protocol):
    @property
    def max_risk(self) -> float: ...
    @property
    def upper(self) -> float: ...
    @property
    def k_anonymity(self) -> int: ...
    @property
    def n_people(self) -> int: ...
    @property
    def event_risk(self) -> _Events: ...


def risk_level(risk: float) -> str:
    """Name the level of a risk.

    Examples
    --------
    >>> [risk_level(risk) for risk in (0.01, 0.05, 0.15, 0.2)]
    ['SAFE_FOR_PUBLIC_RELEASE', 'SAFE_FOR_RESEARCH', 'INTERNAL_USE_ONLY', 'UNSAFE']
    """
    for limit, level in THRESHOLDS:
        if risk <= limit + _ROUNDING:
            return level
    return "UNSAFE"


def find_preset(preset: str | Preset) -> Preset:
    """Find a preset by its name; one of your own is given back.

    Raises
    ------
    InputError
        There is no preset of this name.

    Examples
    --------
    >>> find_preset("strict").min_k
    20
    """
    if isinstance(preset, Preset):
        return preset
    if preset not in PRESETS:
        raise InputError(
            f"There is no preset {preset!r}; there are {', '.join(map(repr, PRESETS))}, or give a "
            "Preset."
        )
    return PRESETS[preset]


def check_preset(report: _Measured, preset: str | Preset) -> tuple[bool, tuple[str, ...]]:
    """Tell whether a report keeps all limits of a preset, and which ones it does not.

    Parameters
    ----------
    report : RiskReport
    preset : str or Preset

    Returns
    -------
    met : bool
    reasons : tuple of str
        One per limit that is not kept.

    Raises
    ------
    InputError
        There is no preset of this name.
    """
    limits = find_preset(preset)
    reasons = []
    measured = (
        ("largest risk of a person", report.max_risk, limits.max_risk),
        ("largest risk by events", report.event_risk.max, limits.max_risk),
        ("mean risk at its upper limit", report.upper, limits.mean_risk),
        ("mean risk by events at its upper limit", report.event_risk.upper, limits.mean_risk),
    )
    for what, risk, limit in measured:
        # Written so that a figure that is not a number fails.
        if limit is not None and not risk <= limit + _ROUNDING:
            reasons.append(f"The {what} is {risk:.4f}; at most {limit:.4f} is allowed.")
    if limits.min_k is not None and report.n_people and report.k_anonymity < limits.min_k:
        reasons.append(
            f"The smallest class has {report.k_anonymity} people; at least {limits.min_k} are "
            "asked for."
        )
    return not reasons, tuple(reasons)
