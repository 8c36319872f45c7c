"""Which disparities of outcomes may be told together: what they leave over is a figure, too."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd

from personatwin_sk._core.frames import is_null
from personatwin_sk.release._columns import EVENT_TYPE, PERSON

__all__ = ["hidden_by_rounding", "in_steps_of"]

_CELL = ["by", "group"]
_ROUNDING = 1e-9
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)


def hidden_by_rounding(
    told: pd.DataFrame, original: pd.DataFrame, group: np.ndarray, outcome: Hashable, k: int
) -> pd.DataFrame:
    """Say how finely log odds ratios may be told, so that what they leave over is not given away.

    Each comparison sets an outcome against all others of its group. Where "guilty" and "free" are
    compared, and the third outcome is that of one person, two exact ratios tell that there is one.
    A ratio that may be lower leaves open whether fewer had its outcome, and so more are left over.
    Ratios are told in the smallest steps that leave open whether k people are, to somebody who
    knows all other counts. Where no step is wide enough, the comparison of the fewest people is
    left out.

    Parameters
    ----------
    told : pandas.DataFrame
        Comparisons of k people or more in each of their counts: `by`, `group`, `reference` and
        `outcome`, and the `log_odds_ratio` of the original.
    original : pandas.DataFrame of shape (n_events, ...)
    group : numpy.ndarray of shape (n_events,)
        What the group of each event is called.
    outcome : column
    k : int

    Returns
    -------
    pandas.DataFrame
        Those rows of `told` that stay, with ``step``.
    """
    known = ~is_null(original[outcome])
    events = pd.DataFrame(
        {
            "by": original[EVENT_TYPE].astype(object).map(str),
            "group": group,
            "outcome": original[outcome].astype(object).map(str),
            "person": original[PERSON],
        }
    )[known]
    counts = events.groupby([*_CELL, "outcome"])["person"].agg(["size", "nunique"]).reset_index()
    counts["whole"] = counts.groupby(_CELL)["size"].transform("sum")
    people = events.drop_duplicates()
    place = np.zeros(len(told), dtype=np.int64)
    while True:
        step = np.array(STEPS)[place]
        ratio = told["log_odds_ratio"].to_numpy(dtype=float)
        low = in_steps_of(ratio, step) - step / 2
        sides = pd.concat(
            [
                _sides(told, "group", ratio - low),
                _sides(told, "reference", low + step - ratio),
            ]
        )
        shown = sides.groupby([*_CELL, "outcome"], as_index=False)["lower"].min()
        inside = people.merge(shown[_CELL].drop_duplicates(), on=_CELL)
        both = inside.merge(shown, how="left", on=[*_CELL, "outcome"])
        left = both[both["lower"].isna()].groupby(_CELL)["person"].nunique()
        compared = counts.merge(shown, on=[*_CELL, "outcome"])
        more = _fewer(compared).groupby([compared[name] for name in _CELL]).sum()
        few = left.index[(left < k) & (left + more.reindex(left.index) < k)]
        if few.empty:
            return told.assign(step=step)
        touched = pd.MultiIndex.from_frame(sides[_CELL]).isin(few).reshape(2, -1).any(axis=0)
        place[touched] += 1
        if (place < len(STEPS)).all():
            continue
        # The one of the fewest people goes: the others leave it over as well.
        compared = compared[pd.MultiIndex.from_frame(compared[_CELL]).isin(few)]
        first = compared.sort_values("nunique", kind="stable").drop_duplicates(_CELL)
        gone = pd.MultiIndex.from_frame(first[[*_CELL, "outcome"]])
        of_gone = pd.MultiIndex.from_frame(sides[[*_CELL, "outcome"]]).isin(gone)
        told = told[~of_gone.reshape(2, -1).any(axis=0)]
        place = np.zeros(len(told), dtype=np.int64)


def in_steps_of(ratio: np.ndarray, step: np.ndarray | float) -> np.ndarray:
    """Round log odds ratios to the nearest step."""
    return np.round(np.round(np.asarray(ratio) / step) * step, 2) + 0.0  # no -0.0


def _sides(told: pd.DataFrame, side: str, lower: np.ndarray) -> pd.DataFrame:
    """Give the counts of one side, and by how much their log odds may be lower."""
    texts = told[["by", side, "outcome"]].astype(object).map(str)
    return texts.set_axis([*_CELL, "outcome"], axis=1).assign(lower=lower)


def _fewer(compared: pd.DataFrame) -> pd.Series:
    """Say by how many a count may be lower, if its log odds may be lower by so much."""
    count, whole = compared["size"], compared["whole"]
    odds = (count + 0.5) / (whole - count + 0.5) * np.exp(-compared["lower"])
    fewest = (odds * (whole + 0.5) - 0.5) / (1.0 + odds)
    return count - np.ceil(fewest - _ROUNDING).clip(lower=0)
