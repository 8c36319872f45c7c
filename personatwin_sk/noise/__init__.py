"""Noise on event columns: dates that move, outcomes that are exchanged; every draw is keyed."""

from personatwin_sk.noise._outcome import OutcomeNoise
from personatwin_sk.noise._temporal import TemporalNoise

__all__ = ["OutcomeNoise", "TemporalNoise"]
