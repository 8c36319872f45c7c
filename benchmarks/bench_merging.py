"""PersonaMerger over time, for asv: ``asv run --config benchmarks/asv.conf.json``.

Not against peers: that is ``python -m benchmarks.merging``.
"""

from __future__ import annotations

from benchmarks.columns import ADULT_KEYS
from benchmarks.data import load
from benchmarks.metrics import classes_of_released, measure
from personatwin_sk import PersonaMerger


class Merge:
    """Time and memory of fit and transform by number of people."""

    param_names = ["dataset", "k"]
    params = [["adult", "adult-100000", "adult-1000000"], [5, 50]]
    timeout = 600

    def setup(self, dataset: str, k: int) -> None:
        self.people = load(dataset)
        self.merger = PersonaMerger(ADULT_KEYS, k)
        self.fitted = PersonaMerger(ADULT_KEYS, k).fit(self.people)

    def time_fit(self, dataset: str, k: int) -> None:
        self.merger.fit(self.people)

    def time_transform(self, dataset: str, k: int) -> None:
        self.fitted.transform(self.people)


class Memory:
    """Peak memory, in a setup of its own: what a setup holds would count as well."""

    param_names = ["dataset"]
    params = ["adult", "adult-100000", "adult-1000000"]
    timeout = 600

    def setup(self, dataset: str) -> None:
        self.people = load(dataset)

    def peakmem_fit_transform(self, dataset: str) -> None:
        PersonaMerger(ADULT_KEYS, 5).fit_transform(self.people)


class Loss:
    """What a release loses, measured from the original values."""

    param_names = ["dataset", "k"]
    params = [["adult", "census", "tarragona"], [3, 5, 10, 50]]
    timeout = 600

    def setup(self, dataset: str, k: int) -> None:
        original = load(dataset)
        merger = PersonaMerger(list(original.columns), k).fit(original)
        kept = merger.apply(original) >= 0
        labels = classes_of_released(merger.transform(original), kept)
        self.figures = measure(original, labels, k)

    def track_ncp(self, dataset: str, k: int) -> float:
        return self.figures.ncp

    def track_sse_percent(self, dataset: str, k: int) -> float:
        return self.figures.sse_percent

    def track_smallest_class(self, dataset: str, k: int) -> int:
        return self.figures.smallest_class

    def track_suppressed(self, dataset: str, k: int) -> int:
        return self.figures.suppressed

    track_ncp.unit = "NCP"
    track_sse_percent.unit = "% of SST"
    track_smallest_class.unit = track_suppressed.unit = "people"
