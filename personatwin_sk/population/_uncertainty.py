"""How far a modelled count may be from the truth, as measured where the truth is known.

Each table gives, by the size of a modelled count, the 5th and the 95th percentile of the true one.
They are read by the size of the *modelled* count, for that is what whoever asks has in hand: among
cells that a model puts at 3 people there are many where nobody lives.

Fitted counts of counties are given the errors of states. The joint of a county is published in no
figures that come with this package, that of each state is; fitted within their divisions, their
regions and the nation, from margins of the same kinds and dates as those of counties within
states, the states show how far such a fit is off. What states teach holds for counties because it
is taken by size: a cell of 20 people is off by as much in Wyoming as in a county, for at that size
it is the few families of a group that decide, and no pattern. States are larger than counties, and
their small cells are those of rare groups, whose patterns differ most; so the limits are, if
anything, wide for counties. The limits are those of the worse of single cells and of ranges.

New York has no part in any of the tables: its counties' real joint of 2019, and its counties' ages,
are what they are scored on: 97.0 % of 26,784 fitted cells and 95.4 % of 186,000 ranges lie within
their limits, and at least 90 % of each size. ``python -m benchmarks.census`` prints tables and
scores.
"""

from __future__ import annotations

import numpy as np

PUBLISHED, AGE_SPLIT, JOINT, PLACE, SAMPLED, PLACE_AGES = range(6)
"""How a count was made: added up from published ones, split inside an age band, fitted to margins,
taken as a ZIP code's share of its county, estimated from a sample, or taken as such a share where
only ages and sexes are asked for (which are much the same from place to place, and races are not).
"""

# Nobody among n looks leaves up to 3 / n at 95 % (rule of three), whatever n; so a published zero
# may hide up to 3 people who were missed or put elsewhere.
_MOST_OF_NONE = 3.0

_Rows = tuple[tuple[float, float, float], ...]


def _table(rows: _Rows) -> np.ndarray:
    table = np.array(rows)
    table.flags.writeable = False
    return table


# Fifty states and the District of Columbia, July 2024, without New York: fitted with the races of
# April 2020, starting from what states elsewhere teach; cells, and ranges of ages, sexes, races.
_JOINT = _table(
    (
        (0, 0, 3),
        (1, 0, 6.4),
        (2, 0, 8.25),
        (4, 0, 12),
        (8, 0.949, 19.3),
        (16, 4.69, 33.4),
        (32, 10.7, 60.8),
        (64, 30.7, 114),
        (128, 64.8, 228),
        (256, 148, 419),
        (512, 339, 794),
        (1_024, 745, 1_470),
        (4_096, 3_200, 5_300),
        (16_384, 13_700, 19_900),
        (65_536, 58_800, 75_700),
        (262_144, 246_000, 280_000),
    )
)

# Counties but those of New York and Texas, July 2023: one to four single years of age of one sex or
# both, against the county's five-year band split like that of its state.
_AGE_SPLIT = _table(
    (
        (0, 0, 3),
        (1, 0, 3),
        (2, 0, 3.92),
        (4, 1.45, 6.58),
        (8, 4.45, 11.8),
        (16, 10.9, 21.4),
        (32, 24.7, 39.5),
        (64, 53.1, 74.9),
        (128, 111, 145),
        (256, 230, 282),
        (512, 471, 554),
        (1_024, 957, 1_100),
        (4_096, 3_870, 4_340),
        (16_384, 15_600, 17_100),
        (65_536, 63_700, 67_300),
        (262_144, 258_000, 266_000),
    )
)

# No figures tell the age, sex and race of the people of a ZIP code. Counties stand for them, taken
# as shares of their state, against their published races by sex (April 2020, without New York).
# Limits that hold in nine of ten states: what is enough on the average of the states is not enough
# in uneven ones. Races decide: a group lives where it lives.
_PLACE = _table(
    (
        (0, 0, 3),
        (1, 0, 4.71),
        (2, 0, 8.01),
        (4, 0, 15.8),
        (8, 0, 30.3),
        (16, 0, 59),
        (32, 1.51, 124),
        (64, 5.36, 202),
        (128, 10.8, 536),
        (256, 20, 706),
        (512, 32.7, 1_380),
        (1_024, 47.9, 2_730),
        (4_096, 264, 8_850),
        (16_384, 3_210, 30_900),
        (65_536, 21_500, 125_000),
        (262_144, 132_000, 390_000),
    )
)

# The same of ages by sex, of July 2023, without New York and Texas.
_PLACE_AGES = _table(
    (
        (0, 0, 3),
        (4, 0.253, 17),
        (8, 1.54, 32.4),
        (16, 4.82, 52.4),
        (32, 11.6, 92),
        (64, 31.7, 160),
        (128, 72.8, 287),
        (256, 155, 524),
        (512, 313, 959),
        (1_024, 662, 1_840),
        (4_096, 2_770, 6_470),
        (16_384, 11_700, 22_800),
        (65_536, 49_100, 83_400),
        (262_144, 209_000, 316_000),
    )
)

_TABLES = {AGE_SPLIT: _AGE_SPLIT, JOINT: _JOINT, PLACE: _PLACE, PLACE_AGES: _PLACE_AGES}

# Cells fitted to the same margins do not all err to one side: what one has too many, another has
# too few. Correlations of log errors in units of their limits, pair by pair: .01 to .07 within an
# area, .06 to .33 within one race and origin of an area (nine divisions, New York). With this one
# the limits of mean risks are beaten in no kind of files significantly more often than 1 in 20
# times, not in files of a single race either (``python -m benchmarks.census``; 121 of 6,361). A ZIP
# code's shares err together; of a survey nothing is known.
_SHARED = {PUBLISHED: 0.0, JOINT: 0.2, AGE_SPLIT: 0.2}
_ALL_ALIKE = 1.0


def interval(count: np.ndarray, how: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the true count lies nine times in ten, with a twentieth on either side.

    Parameters
    ----------
    count : ndarray of shape (n,)
        Counts of people.
    how : ndarray of int, shape (n,)
        `PUBLISHED`, `AGE_SPLIT`, `JOINT`, `PLACE`, `SAMPLED` or `PLACE_AGES`, for each count.

    Returns
    -------
    low, high : ndarray of shape (n,)
        In people. Published counts are their own limits, but a 0 has the upper limit 3 (rule of
        three), as a modelled one has. NaN for `SAMPLED`: those limits are made from standard
        errors, which are not known here. ``low <= count <= high``, and of modelled counts of one
        kind the larger never has the lower limits.

    Examples
    --------
    >>> import numpy as np
    >>> from personatwin_sk.population._uncertainty import JOINT, PUBLISHED, interval
    >>> low, high = interval(np.array([64.0, 64.0, 0.0]), np.array([PUBLISHED, JOINT, JOINT]))
    >>> low.tolist(), high.tolist()
    ([64.0, 30.7, 0.0], [64.0, 114.0, 3.0])
    """
    low, high = count.astype(float), count.astype(float)
    high[(how == PUBLISHED) & (count == 0)] = _MOST_OF_NONE
    for kind, table in _TABLES.items():
        rows = how == kind
        if not rows.any():
            continue
        people, (sizes, lows, highs) = count[rows], table.T
        # Straight between the sizes, so that limits rise with the count and never cross it; beyond
        # the largest size they keep their ratio to it.
        beyond = np.maximum(people / sizes[-1], 1.0)
        low[rows] = np.interp(people, sizes, lows) * beyond
        high[rows] = np.interp(people, sizes, highs) * beyond
    low[how == SAMPLED] = high[how == SAMPLED] = np.nan
    return low, high


def shared_error(how: np.ndarray) -> np.ndarray:
    """Return how alike counts of a kind err.

    Parameters
    ----------
    how : ndarray of int, shape (n,)
        As for `interval`.

    Returns
    -------
    ndarray of float, shape (n,)
        Correlation of the log error of each count with those of the others of its kind; 1 where
        they may all err alike, 0 where they do not err.

    Examples
    --------
    >>> import numpy as np
    >>> from personatwin_sk.population._uncertainty import JOINT, PLACE, shared_error
    >>> shared_error(np.array([JOINT, PLACE])).tolist()
    [0.2, 1.0]
    """
    shared = np.full(len(how), _ALL_ALIKE)
    for kind, correlation in _SHARED.items():
        shared[how == kind] = correlation
    return shared
