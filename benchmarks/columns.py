"""Names of Adult's columns, apart from everything that is heavy to import."""

from __future__ import annotations

ADULT_KEYS = [
    "sex",
    "age",
    "race",
    "marital-status",
    "education",
    "native-country",
    "workclass",
    "occupation",
]
ADULT_TARGET = "salary-class"
# What a model may learn from: the key variables and one column that no release changes.
# education-num is left out: it repeats education, and released as it is it would undo the merge.
ADULT_FEATURES = [*ADULT_KEYS, "hours-per-week"]
