"""
=======================================
Why noise comes first, and merging last
=======================================

Blur the ages, merge the people, make the places coarser: three steps of a pipeline, and a pipeline
takes them in any order. Only one order keeps the promise of k, and no error is raised by the others
unless one looks. This example looks.

Run it with ``python examples/order_of_steps.py``.
"""

# %%
# Six hundred people, three steps
# -------------------------------

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from personatwin_sk import (
    GeographicGeneralizer,
    PersonaMerger,
    ValueNoise,
    assess_risk,
    make_people_events,
    ncp,
)
from personatwin_sk.noise import check_step_order

KEYS = ["age", "gender", "geography"]
everything = make_people_events(600, areas=["Ohio"], random_state=3)
people = everything.drop_duplicates("person_id")[["person_id", *KEYS]].reset_index(drop=True)

blur = ValueNoise(
    columns=["age"],
    person_id="person_id",
    event_id=None,
    spread={"age": 3},
    step={"age": 1},
    bounds={"age": (0, 110)},
    random_state=0,
)
places = GeographicGeneralizer(level="state")
merge = PersonaMerger(KEYS, k=5, person_id="person_id", representation="center")


def smallest_class(released: pd.DataFrame) -> int:
    """Count the people of the smallest class, by whose rows they were."""
    owners = released[KEYS].assign(owner=people["person_id"].to_numpy())
    return int(owners.groupby(KEYS)["owner"].nunique().min())


# %%
# The naive way: noise as the last touch
# --------------------------------------
# It looks safest that way: first everybody is merged, then a few years are added to or taken off
# what is released. With NumPy that is one line.

rng = np.random.default_rng(0)


def touch_up(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(age=table["age"] + rng.integers(-3, 4, len(table)))


late = Pipeline([("places", places), ("merge", merge), ("touch", FunctionTransformer(touch_up))])
released_late = late.fit_transform(people)
print(f"Noise after the merge: the smallest class has {smallest_class(released_late)}")

# %%
# People whom the merger had made alike differ again, and whoever was moved most stands alone. The
# pipeline did what it was told. The measurement notices: it counts on the released table, and
# believes no step.

report = assess_risk(people, released_late, KEYS, person_id="person_id")
print(f"Measured: k = {report.k_anonymity}, the largest risk {report.max_risk:.0%}")

# %%
# A step that the package knows is found before anything is fitted.

try:
    check_step_order(Pipeline([("places", places), ("merge", merge), ("blur", blur)]))
except ValueError as error:
    refusal = str(error)
    print(f"Refused. {refusal}")

# %%
# The better way: noise, then the merge
# -------------------------------------

early = clone(Pipeline([("places", places), ("blur", blur), ("merge", merge)]))
released_early = early.fit_transform(people)
check_step_order(early)
print(f"Noise before the merge: the smallest class has {smallest_class(released_early)}")

# %%
# The same for places
# -------------------
# Coarser places after the merge break no class: people who were alike stay alike. They waste one.
# The merger kept people of a county together and gave up their ages for it; then the counties went.

lost, ends = {}, {}
for name, steps in (
    ("after", [("merge", clone(merge)), ("places", clone(places))]),
    ("before", [("places", clone(places)), ("merge", clone(merge))]),
):
    pipeline = Pipeline(steps).set_params(merge__representation="interval")
    ends[name] = pipeline.fit_transform(people)
    lost[name] = ncp(people, ends[name], ["age"])
    print(f"Places {name:<6} the merge: ages lose {lost[name]:.2%}")
