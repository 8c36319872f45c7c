"""The fixed list of what is measured: no setting is left out because of what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.calibration.worlds import STATES

FRACTIONS = (0.02, 0.1, 0.4)
SIZES = (3, 5, 10, 25)
SEEDS = tuple(range(5))
NOISE = 3
"""Years by which ages are moved at most, where they are."""

NARROW = ("PUMA", "AGEP", "SEX", "RAC1P")
WIDE = (*NARROW, "MSP", "EDU")
CENSUS = ("age", "gender", "ethnicity", "geography")
WITHOUT_PLACE = CENSUS[:3]

_NIST = ("NIST", "NIST x5")


@dataclass(frozen=True)
class Setting:
    """One way of drawing, merging and counting.

    Parameters
    ----------
    world : str
    keys : tuple of str
        Key variables; an attacker knows all of them of everybody in the world.
    fraction : float
        Share of the world that is in the file.
    k : int
    representation : {"interval", "center"}, default="interval"
    unknown : tuple of str, default=()
        Key variables that the reference population does not know (the attacker does).
    noise : int, default=0
        Ages of the file are moved by up to so many years, evenly, before the merge.
    counts : {"exact", "census"}, default="exact"
        Counts of the world itself, or the modelled ones that the package has of its counties.
    """

    world: str
    keys: tuple[str, ...]
    fraction: float
    k: int
    representation: str = "interval"
    unknown: tuple[str, ...] = ()
    noise: int = 0
    counts: str = "exact"

    @property
    def kind(self) -> str:
        """What is special about the setting, in a word."""
        if self.unknown:
            return "unknown key"
        if self.noise:
            return "noise"
        if self.counts == "census":
            return "modelled counts"
        return self.representation


def all_settings() -> list[Setting]:
    """Give the whole list, without repeats, in a fixed order."""
    return list(dict.fromkeys(_settings()))


def quick_settings() -> list[Setting]:
    """Give a setting of each kind of NIST's people and of one state."""
    chosen = {
        (setting.world, setting.kind): setting
        for setting in all_settings()
        if setting.world in ("NIST", "Vermont") and setting.fraction == 0.1 and setting.k == 5
    }
    return list(chosen.values())


def _settings() -> Iterator[Setting]:
    plain = [(world, NARROW) for world in _NIST] + [(state, CENSUS) for state in STATES]
    for world, keys in plain:
        for fraction in FRACTIONS:
            for k in SIZES:
                yield Setting(world, keys, fraction, k)
    for fraction in FRACTIONS:
        for k in SIZES:
            yield Setting("NIST", WIDE, fraction, k)
        yield Setting("NIST x5", WIDE, fraction, 5)
        for world, keys in plain:
            yield Setting(world, keys, fraction, 5, representation="center")
            yield Setting(world, keys, fraction, 5, noise=NOISE)
        for state in STATES:
            yield Setting(state, WITHOUT_PLACE, fraction, 5)
            yield Setting(state, CENSUS, fraction, 5, counts="census")
            yield Setting(state, CENSUS, fraction, 5, unknown=("ethnicity",))
        for world in _NIST:
            yield Setting(world, WIDE, fraction, 5, unknown=("EDU",))
        yield Setting("NIST", WIDE, fraction, 10, unknown=("MSP", "EDU"))
        yield Setting("NIST", WIDE, fraction, 5, unknown=("RAC1P",), noise=NOISE)
