"""The axes of the census figures: ages, sexes, races, Hispanic origin."""

from __future__ import annotations

import numpy as np

OLDEST = 120
"""The oldest age that is taken for one."""

AGE_BANDS: tuple[tuple[int, int], ...] = (
    *((start, start + 4) for start in range(0, 85, 5)),
    (85, OLDEST),
)
"""First and last age of each band of the first axis of a joint."""

SEXES = ("Male", "Female")
RACES = (
    "White",
    "Black",
    "American Indian and Alaska Native",
    "Asian",
    "Native Hawaiian and Other Pacific Islander",
    "Two or more races",
)
HISPANIC = ("Not Hispanic", "Hispanic")

ALL_RACES = (*RACES, "Some other race")
"""The races of the American Community Survey and of the decennial census.

The last is none of those that a column can name: it belongs to everybody, and to those who are
(not) Hispanic. The population estimates assign its people to the six others.
"""

FIVE_YEARS = np.array([low for low, _ in AGE_BANDS])
"""First age of each of the 18 bands."""

SINGLE_YEARS = np.arange(86)
"""First age of each band where single years are published; those of 85 and more are together."""
