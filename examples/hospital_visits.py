"""
===============================================
A hospital's visits, by the book and by measure
===============================================

Researchers ask a hospital for its visits: who comes back, and after what? The rule book offers a
list. Take out eighteen kinds of identifiers, leave of dates the year and of places the state, put
everybody of 90 and over together: that is the Safe Harbor of HIPAA, 45 CFR 164.514(b)(2). Whoever
follows it is within the rule. Is nobody recognised?

The patients are made up. Run it with ``python examples/hospital_visits.py``.
"""

# %%
# The table
# ---------
# Eight hundred patients from two counties, one of them large and one small.

import pandas as pd

from personatwin_sk import (
    CensusPopulation,
    assess_risk,
    create_safe_personas,
    make_people_events,
    personas_to_dataframe,
)

KEYS = ["age", "gender", "ethnicity", "geography"]
COUNTIES = ("Hamilton County, OH", "Adams County, OH")
census = CensusPopulation(source="bundled")

visits = make_people_events(800, "healthcare", areas=COUNTIES, random_state=1)
number = pd.factorize(visits["person_id"])[0]
visits = visits.assign(name=[f"Patient {i}" for i in number], mrn=[f"M{i:07d}" for i in number])
print(f"{visits['person_id'].nunique()} patients, {len(visits)} events")

# %%
# The naive way: go through the list
# ----------------------------------

age = visits["age"]
listed = visits.drop(columns=["name", "mrn"]).assign(
    age=age.astype(str).where(age < 90, "90+"),
    geography="Ohio",
    date=visits["date"].dt.year.astype(str),
)


def measure(released: pd.DataFrame, known_events: int) -> float:
    """Give the upper limit of the chance that somebody is recognised."""
    report = assess_risk(
        visits,
        released,
        KEYS,
        person_id="person_id",
        population=census,
        known_events=known_events,
        event_type="event_type",
        date="date",
    )
    return report.event_risk.upper if known_events else report.upper


strangers = measure(listed, known_events=0)
insiders = measure(listed, known_events=1)
print(f"By the list, to somebody who knows who they are:      {strangers:.3%}")
print(f"By the list, to somebody who also knows of one visit: {insiders:.1%}")

# %%
# To a stranger with a register of Ohio they are lost among eleven million people. To a neighbour
# who saw the ambulance they are not: few people in the file are of that age, gender and origin, and
# fewer still had an emergency visit that year.

together = listed.groupby(KEYS)["person_id"].nunique()
alone = int((together == 1).sum())
print(f"{alone} patients share their age, gender and ethnicity with nobody in the file")

# %%
# The better way: a target
# ------------------------
# The researchers sign that they will not look for anybody, so 10 % at most is agreed upon, also for
# somebody who knows of a visit. The list has nothing to do with it: how large classes are, how far
# dates move, follows from the target.

result = create_safe_personas(
    visits,
    privacy_level="medium",
    domain="healthcare",
    target_risk=0.1,
    population=census,
    random_state=0,  # to show the same to everybody; leave it out for data of your own
)
print(f"{len(result.personas)} personas, risk at most {result.verdict:.1%}")
print(f"That is for: {result.risk_metrics.get_risk_level()}")

# %%
# The list is gone through for the release as well. It does not follow it in every item, and is ten
# times safer against those who know of a visit: the list is about columns, the risk about people.

by_item = pd.DataFrame(result.checks["safe_harbor"])
print(by_item.loc[by_item["status"] == "not met", ["item", "identifier"]].to_string(index=False))
print(f"By the list {insiders:.0%} are found by one visit, by the target {result.verdict:.0%}")

# %%
# What it costs is told by the same result, beside the two releases that cost nothing to make: the
# table as it came, and everybody in one persona.

for name, report in result.baselines.items():
    risk = max(report.upper, report.event_risk.upper)
    print(f"{name:<11} risk {risk:6.1%}, usefulness {result.baseline_utility[name]:.2f}")
print(f"{'release':<11} risk {result.verdict:6.1%}, usefulness {result.utility:.2f}")

# %%
# Who comes back?
# ---------------
# Histories say of each persona what its people have in common, and how many came again. Each figure
# rests on five people at least, and those left out cannot be worked out from the others.

histories = result.personas.histories
told = personas_to_dataframe(result.personas).merge(
    histories.summary.drop(columns="class_size"), on="persona_id"
)
columns = ["age", "gender", "class_size", "events_per_person", "recidivism_share"]
print(told[columns].round(2).to_string(index=False))

first = visits.groupby("person_id")["age"].first()
print(f"Ages in the file: {first.min()} to {first.max()}, half of them above {first.median():.0f}")
