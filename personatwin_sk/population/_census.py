"""Counts of the population of the United States."""

from __future__ import annotations

import numpy as np

from personatwin_sk.exceptions import InputError
from personatwin_sk.population._figures import area_joint


class CensusPopulation:
    """Counts of the population of the United States, from bundled figures of the Census Bureau."""

    def __init__(self, *, source: str = "auto") -> None:
        if source not in ("auto", "bundled"):
            raise InputError('source must be "auto" or "bundled"')
        self.source = source

    @staticmethod
    def joint(area_fips: str) -> np.ndarray:
        """Return the people of an area by age band, sex, race and Hispanic origin."""
        return area_joint(area_fips)
