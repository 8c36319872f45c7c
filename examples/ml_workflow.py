"""
========================================================
Train on the release, and be judged by the real patients
========================================================

A hospital wants others to build a model for it: who will be back within the month? They get a
release; the model will be used on real patients. How good is a model that has only ever seen
personas, and how is that found out without fooling oneself?

The patients are made up. Run it with ``python examples/ml_workflow.py``.
"""

# %%
# Patients, and what there is to be found out about them
# ------------------------------------------------------
# The old are often back, and so are those who stayed for long; the others hardly are.

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from personatwin_sk import (
    ModelScore,
    PersonaMerger,
    ReidentificationRisk,
    RiskAwareSearch,
    make_people_events,
    train_on_released,
)

KEYS = ["age", "gender", "ethnicity", "stay"]


def draw_patients(n_people: int, seed: int) -> pd.DataFrame:
    """Make patients up, one row each."""
    rng = np.random.default_rng(seed)
    made = make_people_events(n_people, "healthcare", random_state=seed)
    made = made.drop_duplicates("person_id")[["person_id", "age", "gender", "ethnicity"]]
    made["stay"] = rng.poisson(3.0, n_people) + 1  # days
    often = (made["age"] >= 65) | (made["stay"] >= 6)
    is_back = rng.random(n_people) < np.where(often, 0.8, 0.1)
    return made.assign(back=np.where(is_back, "yes", "no")).reset_index(drop=True)


patients, next_year = draw_patients(1000, seed=5), draw_patients(1000, seed=6)

# %%
# A merger is a transformer like any other: its output has the columns and types of its input, so a
# model can stand right behind it.

merge = PersonaMerger(KEYS, k=5, person_id="person_id")
tree = DecisionTreeClassifier(max_depth=4, min_samples_leaf=10, random_state=0)
traits = (OneHotEncoder(handle_unknown="ignore"), ["gender", "ethnicity"])
model = make_pipeline(make_column_transformer(("passthrough", ["age", "stay"]), traits), tree)
workflow = Pipeline([("merge", merge), ("model", model)])
X, y = patients.drop(columns="back"), patients["back"]
scores = cross_val_score(workflow, X, y, cv=3, scoring="roc_auc")
print(f"In cross_val_score, as any pipeline: AUC {scores.mean():.3f}")

# %%
# The naive way: test on the release
# ----------------------------------
# Somebody who has only the release splits it, trains on one part and tests on the other. Both parts
# are blurred alike, and people of one persona are in both. With large classes and noise on the
# labels that says little about real patients. Here the outcome of a whole class is released as that
# of most of its people, as is often done "to be on the safe side".

k_large = 60
large = clone(merge).set_params(k=k_large).fit_transform(patients)
majority = patients.groupby(large["person_id"])["back"].agg(lambda own: own.mode()[0])
smoothed = large.assign(back=large["person_id"].map(majority))

train, test = train_test_split(np.arange(len(patients)), test_size=0.3, random_state=0)
fitted = clone(model).fit(smoothed.iloc[train], smoothed["back"].iloc[train])


def auc(fitted_model: Any, on: pd.DataFrame) -> float:
    """Score a fitted model on some rows."""
    return float(roc_auc_score(on["back"], fitted_model.predict_proba(on)[:, 1]))


on_release, on_next_year = auc(fitted, smoothed.iloc[test]), auc(fitted, next_year)
print(f"Tested on the release:          AUC {on_release:.3f}")
print(f"Tested on next year's patients: AUC {on_next_year:.3f}")

# %%
# The better way: train on the release, test on the real
# ------------------------------------------------------
# Only the owner of the data can do it, before the release leaves, and need not wait for a year. For
# each fold of people, a model is trained on the released rows of the others and tested on the real
# rows of the fold, next to one that was trained on real rows.

JUDGED = {
    "scoring": "roc_auc",
    "estimator": tree,
    "features": KEYS,
    "person_id": "person_id",
    "cv": 3,
}
lost = {}
for k in (5, 20, k_large, 100):
    released = clone(merge).set_params(k=k).fit_transform(patients)
    found = train_on_released(patients, released, "back", **JUDGED)
    lost[k] = -found.difference
    print(f"k = {k:<3} AUC {found.score:.3f} against {found.raw_score:.3f} of real rows")

# %%
# As a search
# -----------
# What a model loses can be what the search weighs, and the risk its bound: a price list.

risk = ReidentificationRisk(KEYS, person_id="person_id", attacker="prosecutor")
useful = ModelScore("back", **JUDGED)
searches = {}
for target in (0.25, 0.05, 0.02):
    searches[target] = RiskAwareSearch(
        merge, {"k": [3, 5, 10, 20, 40, 80]}, target_risk=target, risk=risk, utility=useful
    ).fit(patients)
    found = searches[target]
    print(f"Risk within {target:.0%}: k = {found.best_params_['k']},", end=" ")
    print(f"risk {found.best_risk_:.1%}, AUC {found.best_score_:.3f}")

# %%
# What others make of it
# ----------------------
# They get the release at 5 %, tune their model on it as ever, and never see a patient. Next year it
# is used, beside one that was tuned on the real rows.

depths = {"decisiontreeclassifier__max_depth": [2, 3, 4, 6]}
released = searches[0.05].transform(patients)
tuned = {}
for name, table in (("release", released), ("real rows", patients)):
    tuned[name] = GridSearchCV(model, depths, cv=3, scoring="roc_auc").fit(table, table["back"])
    print(f"Tuned on the {name}: AUC {auc(tuned[name], next_year):.3f} of next year's patients")
