"""What a release lost, from the original values inside each released class.

Nothing here is imported from the package that is measured: a figure must not be judged by the code
that made it. All methods, ours and others', are measured by these functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

SUPPRESSED = -1


@dataclass(frozen=True)
class Figures:
    """What is told of one release."""

    people: int
    classes: int
    smallest_class: int
    k_held: bool
    suppressed: int
    c_avg: float
    ncp: float
    sse_percent: float

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def classes_of_released(released: pd.DataFrame, kept: np.ndarray) -> np.ndarray:
    """Number the distinct released rows; shape (n,), SUPPRESSED where ``kept`` is False.

    Two groups that are released as the same row are one class: nobody can tell them apart.
    """
    labels = np.full(len(kept), SUPPRESSED, dtype=np.int64)
    combined = np.zeros(int(kept.sum()), dtype=np.int64)
    for name in released.columns:
        codes, values = pd.factorize(released[name].to_numpy()[kept], use_na_sentinel=False)
        combined = pd.factorize(combined * len(values) + codes)[0].astype(np.int64)
    labels[kept] = combined
    return labels


def is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def certainty_penalty(column: pd.Series, labels: np.ndarray) -> float:
    """Average the NCP of one column over people.

    span / range for numbers, (distinct - 1) / (m - 1) for categories with m values in the table,
    and 1 for a suppressed person.
    """
    kept = labels >= 0
    groups = labels[kept]
    if not len(groups):
        return 1.0
    if is_numeric(column):
        values = column.to_numpy(dtype=float)
        extent = values.max() - values.min()
        spans = _spans(values[kept], groups)
        penalty = spans / extent if extent > 0 else np.zeros(len(spans))
    else:
        codes, values = pd.factorize(column)
        penalty = (_distinct(codes[kept], groups) - 1) / max(len(values) - 1, 1)
    return float((penalty[groups].sum() + (~kept).sum()) / len(labels))


def ncp(original: pd.DataFrame, labels: np.ndarray) -> float:
    """Average the NCP over people, then columns."""
    return float(np.mean([certainty_penalty(original[name], labels) for name in original]))


def sse_over_sst(original: pd.DataFrame, labels: np.ndarray) -> float:
    """Give the sum of squares around class means over that around the table's means.

    Every column has the same total: a number is divided by its standard deviation, a category
    stands as indicators whose variances sum to 1. A suppressed person is known by no more than the
    table's mean. Nominal columns are summed from counts, so that indicators need no memory.
    """
    shares = [_residual_share(original[name], labels) for name in original]
    varying = [share for share in shares if share is not None]
    return float(np.mean(varying)) if varying else 0.0


def measure(original: pd.DataFrame, labels: np.ndarray, k: int) -> Figures:
    """Give all figures of a release of the key variables ``original``."""
    sizes = np.bincount(labels[labels >= 0])
    sizes = sizes[sizes > 0]
    suppressed = int((labels < 0).sum())
    return Figures(
        people=len(labels),
        classes=len(sizes),
        smallest_class=int(sizes.min()) if len(sizes) else 0,
        k_held=bool((sizes >= k).all()),
        suppressed=suppressed,
        c_avg=float(sizes.mean() / k) if len(sizes) else float("nan"),
        ncp=ncp(original, labels),
        sse_percent=100 * sse_over_sst(original, labels),
    )


def class_centres(
    original: pd.DataFrame, labels: np.ndarray, columns: Sequence[str]
) -> pd.DataFrame:
    """Put for every kept person the class's median (numbers) or most frequent value (others)."""
    kept = labels >= 0
    groups = labels[kept]
    centres = {}
    for name in columns:
        column = original[name][kept].reset_index(drop=True)
        if is_numeric(column):
            centres[name] = column.groupby(groups).transform("median")
        else:
            codes, values = pd.factorize(column, sort=True)
            counts = pd.Series(1, index=range(len(codes))).groupby([groups, codes]).size()
            best = counts.sort_index().groupby(level=0).idxmax()
            chosen = pd.Series([code for _, code in best], index=best.index)
            centres[name] = pd.Series(np.asarray(values)[chosen.loc[groups].to_numpy()])
    return pd.DataFrame(centres)


def _spans(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    low = np.full(groups.max() + 1, np.inf)
    high = np.full(groups.max() + 1, -np.inf)
    np.minimum.at(low, groups, values)
    np.maximum.at(high, groups, values)
    return np.where(high >= low, high - low, 0.0)


def _distinct(codes: np.ndarray, groups: np.ndarray) -> np.ndarray:
    pairs = np.unique(groups * (codes.max() + 1) + codes)
    return np.bincount(pairs // (codes.max() + 1), minlength=groups.max() + 1)


def _residual_share(column: pd.Series, labels: np.ndarray) -> float | None:
    """Give SSE/SST of one column; None where the column is constant."""
    kept = labels >= 0
    groups = labels[kept]
    sizes = np.maximum(np.bincount(groups), 1)
    if is_numeric(column):
        values = column.to_numpy(dtype=float)
        centred = values - values.mean()
        total = float(centred @ centred)
        means = np.bincount(groups, weights=centred[kept]) / sizes
        residual = centred[kept] - means[groups]
        within = float(residual @ residual) + float(centred[~kept] @ centred[~kept])
    else:
        codes = pd.factorize(column)[0].astype(np.int64)
        overall = np.bincount(codes) / len(codes)
        total = len(codes) * (1 - float(overall @ overall))
        m = len(overall)
        pairs, counts = np.unique(groups * m + codes[kept], return_counts=True)
        within = float(len(groups) - (counts.astype(float) ** 2 / sizes[pairs // m]).sum())
        # Around the table's mean a person of category j is off by 1 - 2 p_j + sum p^2.
        off = 1 - 2 * overall + float(overall @ overall)
        within += float(off[codes[~kept]].sum())
    return within / total if total > 0 else None
