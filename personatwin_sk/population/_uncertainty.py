"""How far a modelled count may be from the truth, as measured where the truth is known.

Each table gives, by the size of a modelled count, the 10th and the 90th percentile of
truth / model. They are read by the size of the *modelled* count, for that is what whoever asks has
in hand: among cells that a model puts at 3 people there are many where nobody lives.
"""

from __future__ import annotations

import numpy as np

PUBLISHED, AGE_SPLIT, JOINT = 0, 1, 2
"""How a count was made: added up from published ones, split inside an age band, or fitted."""

# New York 2019 (62 counties; the Bureau's own joint, cc-est2019-alldata-36): the joint is fitted
# from its true margins and compared with it, over 3,000 queries for ranges of ages, one or both
# sexes, a race, Hispanic or not, in each county. It tells the error of the method, not that of
# margins of different years; one state only, so take it as indicative.
_JOINT = np.array(
    [
        (0.26, 0.00, 4.40),
        (0.72, 0.00, 2.80),
        (1.43, 0.00, 2.34),
        (3.2, 0.20, 1.91),
        (7.1, 0.34, 1.66),
        (14, 0.44, 1.48),
        (32, 0.49, 1.39),
        (70, 0.57, 1.35),
        (170, 0.59, 1.35),
        (530, 0.64, 1.24),
        (1_700, 0.75, 1.19),
        (5_500, 0.88, 1.13),
    ]
)

# All counties but those of Texas, July 2023 (cc-est2023-syasex): single years of age by sex,
# against the county's five-year band split like that of its state.
_AGE_SPLIT = np.array(
    [
        (0.7, 0.00, 2.12),
        (2.2, 0.44, 1.59),
        (10, 0.71, 1.30),
        (45, 0.85, 1.15),
        (316, 0.92, 1.08),
        (3_000, 0.96, 1.04),
    ]
)


def interval(count: np.ndarray, how: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the true count lies four times in five.

    Parameters
    ----------
    count : ndarray of shape (n,)
        Counts of people.
    how : ndarray of int, shape (n,)
        `PUBLISHED`, `AGE_SPLIT` or `JOINT`, for each count.

    Returns
    -------
    low, high : ndarray of shape (n,)
        The counts themselves where they are published.

    Examples
    --------
    >>> import numpy as np
    >>> from personatwin_sk.population._uncertainty import JOINT, PUBLISHED, interval
    >>> low, high = interval(np.array([70.0, 70.0]), np.array([PUBLISHED, JOINT]))
    >>> low.round(1).tolist(), high.round(1).tolist()
    ([70.0, 39.9], [70.0, 94.5])
    """
    low, high = count.astype(float), count.astype(float)
    for kind, table in ((AGE_SPLIT, _AGE_SPLIT), (JOINT, _JOINT)):
        rows = how == kind
        sizes = np.log(np.maximum(count[rows], 1e-9))
        knots = np.log(table[:, 0])
        low[rows] *= np.interp(sizes, knots, table[:, 1])
        high[rows] *= np.interp(sizes, knots, table[:, 2])
    return low, high
