"""
=================================================
Tune privacy as you would tune any hyperparameter
=================================================

A table of people and court events is to be shared. How large must the classes be, how coarse the
dates, so that nobody is recognised, and not a step coarser? Guessing gives releases that are either
risky or useless. :class:`~personatwin_sk.RiskAwareSearch` is used like scikit-learn's
``GridSearchCV``, but asks another question: of all settings whose risk is under a bound, which
keeps most of the table?

Run it with ``python examples/search_and_frontier.py``; it writes ``frontier.svg``.
"""

# %%
# The table, and a pipeline that ends in personas
# -----------------------------------------------
# Six hundred people and their invented histories. Dates are blurred before people are merged.

import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from personatwin_sk import (
    InfeasibleRiskError,
    PersonaMerger,
    ReidentificationRisk,
    RiskAwareSearch,
    RiskUtilityDisplay,
    TemporalNoise,
    make_people_events,
)

KEYS = ["age", "gender", "ethnicity"]
events = make_people_events(600, random_state=0)
events = events[["person_id", *KEYS, "event_id", "date", "event_type", "outcome"]]
pipeline = Pipeline(
    [
        ("dates", TemporalNoise(["date"], person_id="person_id", event_id="event_id")),
        ("merge", PersonaMerger(KEYS, person_id="person_id", representation="interval")),
    ]
)

# %%
# The naive way: classes of five, and hope
# ----------------------------------------
# The attacker of this example knows that somebody is in the file, what is said of them in the key
# columns, and one of their events with its date.

risk = ReidentificationRisk(
    KEYS,
    person_id="person_id",
    attacker="prosecutor",
    known_events=1,
    event_type="event_type",
    date="date",
    thorough=False,
)
naive = clone(pipeline).set_params(merge__k=5).fit_transform(events)
report = risk(events, naive)
print(f"Classes of 5: found by what they are {report.upper:.1%}")
print(f"Classes of 5: found by one event     {report.event_risk.upper:.1%}")

# %%
# The better way: say what is bearable, and search
# ------------------------------------------------
# The grid is written as for ``GridSearchCV``. What several settings have in common is fitted once,
# and what cannot win is not measured; the winner is that of trying everything.

grid = {
    "merge__k": [5, 10, 20, 40, 80, 120],
    "dates__precision": ["month", "quarter", "year"],
    "dates__jitter": [0, 120, 365],
}
search = RiskAwareSearch(pipeline, grid, target_risk=0.3, risk=risk).fit(events)
print(f"Best: {search.best_params_}")
print(f"Risk at most {search.best_risk_:.1%}, usefulness {search.best_score_:.3f}")

results = pd.DataFrame(search.cv_results_).sort_values("rank_utility")
measured = int(results["risk_upper"].notna().sum())
print(f"{measured} of {len(results)} risks had to be measured")

# %%
# The release is the very one that was measured.

released = search.transform(events)
personas = search.best_estimator_.named_steps["merge"].to_personas()
print(f"{len(personas)} personas of at least {personas['class_size'].min()} people")

# %%
# What a little more risk would buy
# ---------------------------------
# To see the frontier on both sides of the bound, everything has to be measured.

everything = RiskAwareSearch(
    clone(pipeline).set_params(dates__random_state=0),
    grid,
    target_risk=0.3,
    risk=risk,
    strategy="exhaustive",
).fit(events)
print(everything.frontier_[["risk_upper", "utility", "knee", "chosen"]].round(3).to_string())

display = RiskUtilityDisplay.from_search(everything)
display.ax_.set_title("Court events of 600 people")
display.figure_.savefig("frontier.svg")

# %%
# When nothing will do
# --------------------
# The search never returns the least bad setting. It says how near it came, and with what.

try:
    RiskAwareSearch(pipeline, grid, target_risk=0.001, risk=risk).fit(events)
except InfeasibleRiskError as error:
    print(f"Refused. The nearest: {error.nearest_params}, at {error.nearest_risk:.1%}")
