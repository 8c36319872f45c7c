"""Errors and warnings that users may want to catch.

No message of these classes ever holds a value of a person: parameters, columns and counts only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class InputError(ValueError):
    """The input cannot be used: the message names parameter or column, count and cure."""


class ColumnNotFoundError(InputError):
    """A column that was named is not in the table."""


class InfeasibleRiskError(ValueError):
    """No setting that was tried meets the target risk.

    Parameters
    ----------
    message : str
        What was asked for and how near it came.
    nearest_params : mapping, optional
        The setting with the lowest risk.
    nearest_risk : float, optional
        Upper limit of the risk of that setting.
    decision_log : sequence of mapping, default=()
        What was tried stage by stage, where the search was one in stages.
    """

    def __init__(
        self,
        message: str,
        *,
        nearest_params: Mapping[str, Any] | None = None,
        nearest_risk: float | None = None,
        decision_log: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.nearest_params = nearest_params
        self.nearest_risk = nearest_risk
        self.decision_log = decision_log


class NothingSelectedWarning(UserWarning):
    """Automatic selection of columns found nothing, so that a step does nothing."""


class DataWarning(UserWarning):
    """Something in the data was decided by a rule; the message counts how often."""
