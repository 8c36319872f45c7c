"""How well the limit of a mean risk holds in files whose population errs like the modelled one.

Single counts have limits of their own (`benchmarks.census.score`). A mean of many classes is surer
than each of them, as far as their counts do not err alike; how alike they do is one number in
``_uncertainty.py``, and here it is put to the test: files of areas whose true joint is published,
their classes counted by the fit, and the package's upper limit beside what is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom

from benchmarks.census.pairs import Fit
from personatwin_sk.population._uncertainty import JOINT, interval, shared_error
from personatwin_sk.risk import ReidentificationRisk

FRACTION = 0.1
FEWEST = 3
"""Share of the people who are in a file, and the fewest of a class in it."""
SIZES = ((5, 40), (20, 200), (100, 1_000))
"""Modelled people of the classes of one file."""
AGES = (1, 3)
"""How many five-year bands make a class."""
DRAWN, EVEN = "drawn", "even"
"""A tenth of the true people of each class; or, whoever is there, a tenth of the modelled ones."""
_FEWEST_CLASSES = 4
_ASKED, _SIGNIFICANCE = 0.05, 0.01


@dataclass(frozen=True)
class File:
    """A file of some classes of one area.

    Parameters
    ----------
    people : str
        "all", or those of one race and origin.
    smallest : int
        Modelled people of the classes, at least.
    how : str
        `DRAWN` or `EVEN`.
    model, truth : ndarray of shape (n_classes,)
        People of the area in each class.
    in_file : ndarray of int, shape (n_classes,)
    """

    people: str
    smallest: int
    how: str
    model: np.ndarray
    truth: np.ndarray
    in_file: np.ndarray


class Modelled:
    """The population of one file: a column of classes, counted by the model.

    Parameters
    ----------
    people : ndarray of shape (n_classes,)
    """

    columns = ("class",)

    def __init__(self, people: np.ndarray) -> None:
        self._people = people

    def count(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Count the people of each row's class, or set of classes."""
        asked = [
            list(value) if isinstance(value, frozenset | set) else [value]
            for value in frame["class"].tolist()
        ]
        people = np.array([self._people[np.array(some, dtype=np.int64)].sum() for some in asked])
        how = np.full(len(people), JOINT)
        low, high = interval(people, how)
        answer = pd.DataFrame(
            {
                "count": people,
                "low": low,
                "high": high,
                "modelled": True,
                "source": "fit",
                "level": "area",
                "unmatched": [()] * len(people),
            },
            index=frame.index,
        )
        answer.attrs["shared_error"] = float(shared_error(how).max())
        return answer


def files(fits: Iterable[Fit], seed: int = 0) -> Iterator[File]:
    """Give files of all areas: everybody's, and those of each race and origin alone."""
    rng = np.random.default_rng(seed)
    for fit in fits:
        for model, truth in zip(fit.model, fit.truth, strict=True):
            for n_bands in AGES:
                yield from _of_area(_merged(model, n_bands), _merged(truth, n_bands), rng)


def _merged(people: np.ndarray, n_bands: int) -> np.ndarray:
    """Merge neighbouring bands of age: band, sex, race, origin."""
    whole = len(people) // n_bands * n_bands
    return people[:whole].reshape(-1, n_bands, *people.shape[1:]).sum(axis=1)


def _of_area(model: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> Iterator[File]:
    everybody = np.ones(model.shape, dtype=bool)
    groups = [("all", everybody)]
    for race, origin in np.ndindex(model.shape[2:]):
        alone = np.zeros(model.shape, dtype=bool)
        alone[:, :, race, origin] = True
        groups.append(("one race", alone))
    for name, group in groups:
        for smallest, stop in SIZES:
            here = group & (model >= smallest) & (model < stop)
            expected, there = model[here], truth[here]
            drawn = rng.binomial(np.rint(there).astype(np.int64), FRACTION)
            even = np.rint(np.maximum(FRACTION * expected, FEWEST)).astype(np.int64)
            for how, in_file in ((DRAWN, drawn), (EVEN, even)):
                kept = in_file >= FEWEST
                if kept.sum() >= _FEWEST_CLASSES:
                    yield File(name, smallest, how, expected[kept], there[kept], in_file[kept])


def true_mean(file: File) -> float:
    """Give the mean of 1/F over the people of a file, by the published counts."""
    return float((file.in_file / np.maximum(file.truth, file.in_file)).sum() / file.in_file.sum())


def upper_limit(file: File) -> float:
    """Give the package's limit of it, by the modelled ones."""
    people = pd.DataFrame({"class": np.repeat(np.arange(len(file.in_file)), file.in_file)})
    risk = ReidentificationRisk("class", population=Modelled(file.model), thorough=False)
    return risk(people, people).upper


def score(chosen: Iterable[File]) -> pd.DataFrame:
    """Count how many limits are beaten, and how wide they are, by kind of file.

    Returns
    -------
    DataFrame
        A row per kind: ``files``, ``beaten``, and ``limit / truth``, the median.
    """
    rows = []
    for file in chosen:
        truth, limit = true_mean(file), upper_limit(file)
        rows.append((file.people, file.smallest, file.how, truth > limit, limit / truth))
    found = pd.DataFrame(rows, columns=["people", "from", "how", "beaten", "ratio"])
    return (
        found.groupby(["people", "from", "how"])
        .agg(
            files=("beaten", "size"),
            beaten=("beaten", "sum"),
            **{"limit / truth": ("ratio", "median")},
        )
        .reset_index()
    )


def is_low(n_files: int, n_beaten: int) -> bool:
    """Tell whether limits are beaten significantly more often than 1 in 20.

    One-sided binomial test at 1 %.
    """
    return bool(binom.sf(n_beaten - 1, n_files, _ASKED) < _SIGNIFICANCE)
