"""What one noise step spends on one column: the row of the privacy ledger, told by the step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["Spending"]

_UNITS = ("value", "day", "unit")


@dataclass(frozen=True)
class Spending:
    """What a step spends on one event's value in one column, and whether the claim holds.

    Parameters
    ----------
    step : str
        The class of the step.
    column : str
        The column's name.
    mechanism : str
        In words, such as "discrete Laplace" or "randomised response".
    protects : str
        What two inputs that the mechanism makes alike differ in, such as "the day of one event".
    epsilon : float or None
        Of one event's value in this column, per `per`; None: no guarantee.
    per : {"value", "day", "unit"}
        What one epsilon is for: any change of the value, one day of a date, or one step of a
        number.
    span : int or None
        How many such steps the whole public range has: days of the window, steps of the bounds,
        1 for "value". None: there is no public range.
    max_events : int or None
        Most events of a person whose values are released; None: no bound.
    holds : bool
        Whether the mechanism earns the claim.
    reason : str
        Why it does not, or on what condition it does; "" if there is nothing to say.

    Raises
    ------
    ValueError
        A claim without an epsilon, or a number that is out of its range.

    Examples
    --------
    >>> days = Spending("TemporalNoise", "date", "discrete Laplace", "the day of one event",
    ...                 epsilon=0.1, per="day", span=365, max_events=10, holds=True, reason="")
    >>> days.whole
    36.5
    """

    step: str
    column: str
    mechanism: str
    protects: str
    epsilon: float | None
    per: Literal["value", "day", "unit"]
    span: int | None
    max_events: int | None
    holds: bool
    reason: str

    def __post_init__(self) -> None:
        if self.epsilon is not None and not (math.isfinite(self.epsilon) and self.epsilon >= 0):
            raise ValueError("epsilon must be None or a finite number of at least 0.")
        if self.epsilon is None and self.holds:
            raise ValueError("holds must be False where epsilon is None: nothing is claimed.")
        if not self.holds and not self.reason:
            raise ValueError("reason must say why nothing holds.")
        if self.per not in _UNITS:
            raise ValueError(f"per must be one of {_UNITS}.")
        if self.span is not None and self.span < 0:
            raise ValueError("span must be None or at least 0.")
        if self.max_events is not None and self.max_events < 1:
            raise ValueError("max_events must be None or at least 1.")

    @property
    def whole(self) -> float | None:
        """Epsilon of one event's value, whatever it changes to within the public range.

        None: no guarantee, or no public range.
        """
        if self.epsilon is None or not self.holds or self.span is None:
            return None
        return self.epsilon * self.span
