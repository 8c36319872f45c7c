"""Risk over time, for asv: ``asv run --config benchmarks/asv.conf.json``.

Not against peers: that is ``python -m benchmarks.risk``.
"""

from __future__ import annotations

import numpy as np

from benchmarks.columns import ADULT_KEYS
from benchmarks.data import load
from benchmarks.risk.jobs import OTHER_KEYS, SENSITIVE, people, release
from personatwin_sk import assess_risk
from personatwin_sk.risk._sensitive import measure_diversity
from personatwin_sk.risk._suda import suda_scores
from personatwin_sk.risk._uniqueness import population_uniqueness


class Assess:
    """Time and memory of an assessment by number of people and how texts are stored."""

    param_names = ["dataset", "text"]
    params = [["adult-100000", "adult-1000000"], [False, True]]
    timeout = 600

    def setup(self, dataset: str, text: bool) -> None:
        self.people = people(dataset, text=text)
        self.report = assess_risk(self.people, self.people, ADULT_KEYS)

    def time_assess(self, dataset: str, text: bool) -> None:
        assess_risk(self.people, self.people, ADULT_KEYS)

    def time_drivers(self, dataset: str, text: bool) -> None:
        self.report.breakdown.drivers()

    def peakmem_assess(self, dataset: str, text: bool) -> None:
        assess_risk(self.people, self.people, ADULT_KEYS)


class FileLevel:
    """Time of measures of a whole file."""

    param_names = ["dataset"]
    params = ["adult", "adult-100000", "adult-1000000"]
    timeout = 600

    def setup(self, dataset: str) -> None:
        self.people = load(dataset)
        self.released = release(self.people)
        self.sizes = np.unique(
            self.people.groupby(ADULT_KEYS, observed=True).ngroup(), return_counts=True
        )[1]

    def time_diversity(self, dataset: str) -> None:
        measure_diversity(self.released, OTHER_KEYS, SENSITIVE)

    def time_special_uniques(self, dataset: str) -> None:
        suda_scores(self.people, ADULT_KEYS, sampling_fraction=0.1)

    def time_uniqueness(self, dataset: str) -> None:
        population_uniqueness(self.sizes, 0.05)
