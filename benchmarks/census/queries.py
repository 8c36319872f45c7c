"""What is asked of a joint: its cells, and ranges of ages of one or several groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

N_RANGES = 3_000
_N_BANDS = 18
_MOST_BANDS = 6


@dataclass(frozen=True)
class Ranges:
    """Queries of age bands x sexes x races x origins.

    Parameters
    ----------
    ages : ndarray of shape (n, 18)
        1 where a band is asked for.
    groups : ndarray of shape (n, 2, 6, 2)
        1 where a sex, race and origin is asked for.
    """

    ages: np.ndarray
    groups: np.ndarray

    def ask(self, joints: np.ndarray) -> np.ndarray:
        """Return the people of each area and query; shape (n_areas, n)."""
        by_band = np.tensordot(joints, self.groups, axes=((2, 3, 4), (1, 2, 3)))
        return np.einsum("abq,qb->aq", by_band, self.ages)


def ranges(n: int = N_RANGES, seed: int = 0, *, of_groups: bool = True) -> Ranges:
    """Draw queries: up to six bands, one or both sexes, one race or all, Hispanic, not, or both.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of the draw.
    of_groups : bool
        Leave out queries for everybody of any race and origin: their counts are published.
    """
    rng = np.random.default_rng(seed)
    first = rng.integers(_N_BANDS, size=n)
    last = np.minimum(first + rng.integers(_MOST_BANDS, size=n), _N_BANDS - 1)
    bands = np.arange(_N_BANDS)
    ages = (bands >= first[:, None]) & (bands <= last[:, None])
    sex, origin = rng.integers(3, size=(2, n))
    race = rng.integers(7, size=n)
    if of_groups:
        everybody = (race == 6) & (origin == 2)
        origin[everybody] = rng.integers(2, size=int(everybody.sum()))
    groups = (
        _chosen(sex, 2)[:, :, None, None]
        & _chosen(race, 6)[:, None, :, None]
        & _chosen(origin, 2)[:, None, None, :]
    )
    return Ranges(ages.astype(float), groups.astype(float))


def _chosen(choice: np.ndarray, size: int) -> np.ndarray:
    """Mark the value that was chosen; all of them for the choice `size`."""
    return (choice[:, None] == np.arange(size)) | (choice[:, None] == size)
