"""One row: a setting and a seed, what was reported of the release, what is true, and attacks."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass

from benchmarks.calibration.attacks import attack, ceiling
from benchmarks.calibration.releases import draw, put_there
from benchmarks.calibration.settings import Setting
from benchmarks.calibration.worlds import World, load
from personatwin_sk.exceptions import DataWarning
from personatwin_sk.population import CensusPopulation, ReferencePopulation
from personatwin_sk.risk import assess_risk

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Row:
    """What was measured of one release.

    Attributes
    ----------
    setting : Setting
    seed : int
    n_records, n_classes : int
    prosecutor : float
        Mean of 1/f.
    mean, upper : float
        What the package reported for the journalist.
    truth : float
        Success of somebody who even holds the fitted merger, and knows for each class what does
        best: the mean of 1/F, where F people of the world would have been put in the class, or as
        many stand behind it as the rarest value tells.
    attacks : dict of str to float
        Success of each of the judge's attacks.
    """

    setting: Setting
    seed: int
    n_records: int
    n_classes: int
    prosecutor: float
    mean: float
    upper: float
    truth: float
    attacks: dict[str, float]

    @property
    def strategy(self) -> str:
        """Name of the attack with most success, looked up afterwards in the attacker's favour."""
        return max(self.attacks, key=lambda name: self.attacks[name])

    @property
    def best(self) -> float:
        """Largest success of all attacks."""
        return self.attacks[self.strategy]

    @property
    def is_beaten(self) -> bool:
        """Whether the best attack does better than the upper limit."""
        return self.is_beaten_by(self.strategy)

    def is_beaten_by(self, strategy: str) -> bool:
        """Whether one attack does better than the upper limit."""
        return self.attacks[strategy] > self.upper * (1 + _ROUNDING)

    def cells(self) -> dict[str, object]:
        """Give the row as it is printed."""
        setting = asdict(self.setting)
        setting["keys"] = " ".join(self.setting.keys)
        setting["unknown"] = " ".join(self.setting.unknown)
        figures = {
            name: getattr(self, name)
            for name in (
                *("seed", "n_records", "n_classes"),
                *("prosecutor", "mean", "upper", "truth", "best", "strategy"),
            )
        }
        return {
            **setting,
            "kind": self.setting.kind,
            **figures,
            "upper/best": self.upper / self.best if self.best else float("inf"),
            "beaten": "beaten" if self.is_beaten else "",
        }


def measure(setting: Setting, seed: int) -> Row:
    """Draw, release, assess and attack.

    Parameters
    ----------
    setting : Setting
    seed : int

    Returns
    -------
    Row
    """
    world = load(setting.world)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        release = draw(world, setting, seed)
        report = assess_risk(
            release.original,
            release.released,
            list(setting.keys),
            population=reference(world, setting),
        )
    behind = put_there(release, setting.noise, world.numeric)
    return Row(
        setting=setting,
        seed=seed,
        n_records=len(release.original),
        n_classes=len(release.rows),
        prosecutor=report.prosecutor.mean,
        mean=report.journalist.mean,
        upper=report.upper,
        truth=ceiling(release, setting.noise, behind),
        attacks=attack(release, setting.noise),
    )


def reference(world: World, setting: Setting) -> ReferencePopulation:
    """Give the counts that the report has of a world."""
    if setting.counts == "census":
        return CensusPopulation(source="bundled")
    return world.counts([name for name in setting.keys if name not in setting.unknown])
