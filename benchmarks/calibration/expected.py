"""E[1/F | f] person by person, where the reference population knows some key variables only.

NIST's people are the world. Nothing is merged: the file is a sample of them as they are, and the
population counts place, age in bands of five years, sex and race; four more key variables are known
to nobody but the attacker. Judged are the people who are alone in the file with what they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from benchmarks.calibration.releases import number_rows
from benchmarks.calibration.worlds import load
from personatwin_sk.risk import assess_risk

KNOWN = ("PUMA", "AGE5", "SEX", "RAC1P")
MORE = ("MSP", "EDU", "OWN_RENT", "PINCP_DECILE")
FRACTIONS = (0.02, 0.05, 0.1)
N_SEEDS = 10
BARS = {"error": 0.170, "auc": 0.85}
"""Of the design, at the smallest fraction."""


@dataclass(frozen=True)
class Ranking:
    """How well an estimate of 1/F does, person by person.

    Attributes
    ----------
    fraction : float
    estimator : str
    error : float
        Mean absolute error of 1/F over the people who are alone in the file.
    auc : float
        Chance that somebody who is alone in the world has a higher figure than somebody who is not.
    bias : float
        Sum of the estimates over the true sum, minus 1 (tau_2).
    """

    fraction: float
    estimator: str
    error: float
    auc: float
    bias: float


def rank(seeds: range = range(N_SEEDS)) -> list[Ranking]:
    """Measure all estimators, averaged over seeds; the bias is that of the sums over all seeds.

    Parameters
    ----------
    seeds : range

    Returns
    -------
    list of Ranking
    """
    found = []
    for fraction in FRACTIONS:
        pooled: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
        for seed in seeds:
            for name, estimate, truth in estimates(fraction, seed):
                pooled.setdefault(name, []).append((estimate, truth))
        for name, pairs in pooled.items():
            guessed = sum(float(estimate.sum()) for estimate, _ in pairs)
            true = sum(float(truth.sum()) for _, truth in pairs)
            found.append(
                Ranking(
                    fraction=fraction,
                    estimator=name,
                    error=float(np.mean([np.abs(e - t).mean() for e, t in pairs])),
                    auc=float(np.mean([auc(e, t == 1) for e, t in pairs])),
                    bias=guessed / true - 1,
                )
            )
    return found


def estimates(fraction: float, seed: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Give for one sample each estimator's name, its figures, and the true 1/F.

    Parameters
    ----------
    fraction : float
    seed : int

    Yields
    ------
    tuple of str, ndarray, ndarray
        Figures of the people who are alone in the file.
    """
    world = load("NIST")
    keys = [*KNOWN, *MORE]
    people = world.people[keys]
    cell, _ = number_rows(people)
    rng = np.random.default_rng([seed, round(1000 * fraction)])
    chosen = rng.choice(len(people), round(fraction * len(people)), replace=False)
    sample = people.iloc[chosen].reset_index(drop=True)
    in_file = np.bincount(cell[chosen], minlength=cell.max() + 1)[cell[chosen]]
    truth = 1 / np.bincount(cell)[cell[chosen]]
    alone = in_file == 1
    report = assess_risk(sample, sample, keys, population=world.counts(KNOWN))
    n_alone = int(alone.sum())
    yield "report", np.asarray(report.individual_risks)[alone], truth[alone]
    yield "fraction alone", np.full(n_alone, alone_in_file(fraction)), truth[alone]
    yield "1/f", np.ones(n_alone), truth[alone]
    known = number_rows(people[list(KNOWN)])[0]
    yield "1/F of known keys", 1 / np.bincount(known)[known[chosen]][alone], truth[alone]


def alone_in_file(fraction: float) -> float:
    """Give E[1/F | f = 1] where only the fraction is known (Benedetti and Franconi 1998).

    Examples
    --------
    >>> round(alone_in_file(0.1), 4)
    0.2558
    """
    return fraction / (1 - fraction) * float(np.log(1 / fraction))


def auc(figures: np.ndarray, positive: np.ndarray) -> float:
    """Give the chance that a positive has the higher figure; ties count half; NaN if one is none.

    Examples
    --------
    >>> import numpy as np
    >>> auc(np.array([3.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False]))
    0.875
    """
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        return float("nan")
    ranks = rankdata(figures)[positive].sum()
    return float((ranks - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def as_frame(rankings: list[Ranking]) -> pd.DataFrame:
    """Give rankings as a table."""
    return pd.DataFrame([vars(ranking) for ranking in rankings])
