"""
=============================================
Court records for whoever wants to check them
=============================================

A newspaper asks a court for its records: who was charged, what became of it, and whether it was the
same for everybody. The court wants to answer. What can it hand over?

Nobody in the file of this example exists; ``make_court_records.py`` says how they were made. Run it
with ``python examples/court_records.py``; it writes the folder ``safe_court``.
"""

# %%
# The table
# ---------
# One county's part of the file. Each row is an event of somebody.

from pathlib import Path

import numpy as np
import pandas as pd

from personatwin_sk import (
    CensusPopulation,
    aggregate_events,
    assess_risk,
    create_safe_personas,
    export_release,
    load_criminal_justice_data,
    make_release_pipeline,
    outcome_disparities,
    personas_to_dataframe,
    verify_release,
)

FILE = Path(__file__).with_name("court_records.csv")
KEYS = ["age", "gender", "ethnicity", "geography"]
ATTACKER = {
    "person_id": "person_id",
    "population": CensusPopulation(source="bundled"),
    "known_events": 1,
    "event_type": "event_type",
    "date": "date",
}

everywhere = load_criminal_justice_data(FILE)
court = everywhere[everywhere["geography"] == "Hamilton County, OH"]
n_people = court["person_id"].nunique()
print(f"{n_people} people, {len(court)} events")

# %%
# The naive way: take the names off
# ---------------------------------
# The file never had names. Its ids are meaningless. Is it not anonymous? Two attackers say how far:
# one knows what is said of a person in the key columns, the other has also read in the newspaper on
# which day that person was arrested.

naive = assess_risk(court, court, KEYS, **ATTACKER)
print(f"Without names: found by what they are {naive.upper:.1%}")
print(f"Without names: found by one event     {naive.event_risk.upper:.1%}")

# %%
# The next best: classes of five
# ------------------------------
# Months in place of days, and at least five people who look the same. Against the first attacker
# that is much, against the second it is not: of five people, one was arrested in that month.

floors = make_release_pipeline("criminal_justice", "medium", columns=court.columns, random_state=0)
classes_of_five = assess_risk(court, floors.fit_transform(court), KEYS, **ATTACKER)
print(f"Classes of five: k = {classes_of_five.k_anonymity}")
print(f"Classes of five: found by what they are {classes_of_five.upper:.1%}")
print(f"Classes of five: found by one event     {classes_of_five.event_risk.upper:.1%}")

# %%
# The better way: say what is bearable
# ------------------------------------
# Settings are tried from the floors of the level upward; the most useful one that meets the target
# at its upper limit is taken, and its table measured again before it leaves.

result = create_safe_personas(
    court,
    privacy_level="medium",
    domain="criminal_justice",
    target_risk=0.05,
    population=ATTACKER["population"],
    random_state=0,  # to show the same to everybody; leave it out for data of your own
)
personas = personas_to_dataframe(result.personas)
print(f"{len(personas)} personas of at least {result.risk_metrics.k_anonymity} people")
print(f"Risk at most {result.verdict:.1%}: {result.risk_metrics.get_risk_level()}")
print(personas.to_string(index=False))

# %%
# What is left to be learned
# --------------------------
# All events are there, with their outcomes nearly as they were. But four personas tell men from
# women and young from old, and nobody's origin: whether charges of Black and White defendants end
# alike cannot be seen in them. A release says so itself, where enough people are behind a figure.

told = [line for line in result.kept["words"] if "(ethnicity)" in line]
print(*told, sep="\n")

# %%
# The court can look closer, on the rows in their order. These are for its eyes only: they say who
# is in which persona.

released = result.search.transform(court)


def in_charges(table: pd.DataFrame) -> pd.DataFrame:
    return table[court["event_type"] == "charge"]


found = outcome_disparities(
    in_charges(court), in_charges(released), "outcome", "ethnicity", person_id="person_id"
)
print("\n".join(found.describe()))

# %%
# When rows cost too much: counts
# -------------------------------
# An attacker who knows an event needs rows to find it in, and counts of events have none. So
# classes can stay small, and each count rests on as many people as the target asks for: twenty, at
# 5 %. What is counted, and by what, is chosen for the question.

counted = create_safe_personas(
    court,
    privacy_level="medium",
    domain="criminal_justice",
    target_risk=0.05,
    population=ATTACKER["population"],
    event_form="aggregated",
    random_state=0,
)
print(f"Counted: {len(counted.personas)} personas, risk at most {counted.verdict:.2%}")

counts = aggregate_events(
    court, counted.search.transform(court), ["event_type", "ethnicity", "outcome"], k=20
)
of_charges = counts[(counts["event_type"] == "charge") & (counts["level"] == 3)]
table = of_charges.pivot(index="ethnicity", columns="outcome", values="count")
print(table.to_string())


def odds(of: pd.Series, outcome: str) -> float:
    """Give the odds of an outcome among counts of outcomes."""
    return of[outcome] / (of.sum() - of[outcome])


for_both = table.loc[["Black", "White"]]
counted_ratio = np.log(
    odds(for_both.loc["Black"], "plea_bargain") / odds(for_both.loc["White"], "plea_bargain")
)
print(f"Plea bargains, Black against White: log odds ratio {counted_ratio:+.2f} in the counts")

# %%
# Hand it over, so that it can be checked
# ---------------------------------------
# Everything that may leave, with a digest of each file. Whoever gets it can verify that the files
# are whole and agree; the court, who has the data, can have all figures measured again.

export_release(result, "safe_court", report=False, force=True)
handed_over = verify_release("safe_court")
print(f"As handed over: {handed_over.holds}")
against_data = verify_release("safe_court", court, population=ATTACKER["population"])
print(f"Against the data: {against_data.holds}")

altered = Path("safe_court", "personas.csv")
whole = altered.read_text("utf-8")
altered.write_text(whole.rsplit("\n", 2)[0] + "\n", "utf-8")  # somebody takes a persona out
damaged = verify_release("safe_court")
print(f"With a row deleted: {damaged.holds}")
altered.write_text(whole, "utf-8")
