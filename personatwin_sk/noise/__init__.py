"""Noise on event columns: dates that move, outcomes that are exchanged; every draw is keyed."""

from personatwin_sk.noise._aggregates import private_counts
from personatwin_sk.noise._ledger import PrivacyLedger, privacy_ledger
from personatwin_sk.noise._order_of_steps import check_step_order
from personatwin_sk.noise._outcome import OutcomeNoise
from personatwin_sk.noise._temporal import TemporalNoise

__all__ = [
    "OutcomeNoise",
    "PrivacyLedger",
    "TemporalNoise",
    "check_step_order",
    "privacy_ledger",
    "private_counts",
]
