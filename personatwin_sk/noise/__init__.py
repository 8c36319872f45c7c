"""Noise on event columns: dates that move, outcomes exchanged, numbers moved; all draws keyed."""

from personatwin_sk.noise._aggregates import private_counts
from personatwin_sk.noise._ledger import PrivacyLedger, privacy_ledger
from personatwin_sk.noise._order_of_steps import check_step_order
from personatwin_sk.noise._outcome import OutcomeNoise
from personatwin_sk.noise._temporal import TemporalNoise
from personatwin_sk.noise._values import ValueNoise

__all__ = [
    "OutcomeNoise",
    "PrivacyLedger",
    "TemporalNoise",
    "ValueNoise",
    "check_step_order",
    "privacy_ledger",
    "private_counts",
]
