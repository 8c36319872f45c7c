"""What an attack that was tried came to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from personatwin_sk.risk.attacks._wilson import residual_risk, wilson_interval

__all__ = ["AttackResult", "ResidualRisk"]


@dataclass(frozen=True)
class AttackResult:
    """What :func:`simulate_linkage` reached.

    Attributes
    ----------
    rate : float
        Share of the targets whose person was named rightly.
    low, high : float
        Wilson interval of the rate.
    baseline : float
        Success of whoever picks a person without looking at the released key variables.
    n_targets : int
        Targets that were tried.
    by_strategy : dict of str -> float
        Success of each strategy over all targets. The largest of these is a little too large as an
        estimate, because it was picked for being large; `rate` is not.
    strategy : str
        The most successful of them.

    Examples
    --------
    >>> AttackResult(0.2, 0.15, 0.26, 0.01, 250, {"exact": 0.2}, "exact").gain
    0.19...
    """

    rate: float
    low: float
    high: float
    baseline: float
    n_targets: int
    by_strategy: dict[str, float] = field(default_factory=dict)
    strategy: str = ""

    @property
    def gain(self) -> float:
        """What the release added to the success: the rate less the baseline, at least 0."""
        return max(self.rate - self.baseline, 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Give the result as plain numbers and text that JSON can hold."""
        return asdict(self)


@dataclass(frozen=True)
class ResidualRisk:
    """Success of an attack, that of its control, and the difference that the release makes.

    Attributes
    ----------
    rate, low, high : float
        Share of the guesses that were right, with its Wilson interval.
    control, control_low, control_high : float
        The same for guesses against people who are not in the release; without such people, for
        guesses made without the release.
    risk, risk_low, risk_high : float
        (rate - control) / (1 - control), cut at 0 and 1.
    n_targets : int
        Guesses of the attack.
    has_control : bool
        Whether `control` is that of a control group.

    Examples
    --------
    >>> result = ResidualRisk.of(60, 100, 20, 100, has_control=True)
    >>> round(result.risk, 2), result.risk_low > 0.3
    (0.5, True)
    """

    rate: float
    low: float
    high: float
    control: float
    control_low: float
    control_high: float
    risk: float
    risk_low: float
    risk_high: float
    n_targets: int
    has_control: bool

    @classmethod
    def of(
        cls,
        successes: float,
        n_targets: int,
        control_successes: float,
        n_control: int,
        *,
        has_control: bool,
        confidence: float = 0.95,
    ) -> ResidualRisk:
        """Put the result together from counts of right guesses.

        Parameters
        ----------
        successes, control_successes : float
        n_targets, n_control : int
            Guesses made.
        has_control : bool
        confidence : float, default=0.95

        Returns
        -------
        ResidualRisk
        """
        rate = successes / max(n_targets, 1)
        control = control_successes / max(n_control, 1)
        attack = (rate, *wilson_interval(successes, n_targets, confidence))
        other = (control, *wilson_interval(control_successes, n_control, confidence))
        return cls(*attack, *other, *residual_risk(attack, other), n_targets, has_control)

    def to_dict(self) -> dict[str, Any]:
        """Give the result as plain numbers that JSON can hold."""
        return asdict(self)
