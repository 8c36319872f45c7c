"""
=======================================
Another country, with places of its own
=======================================

The census that comes with the package is that of the United States. A registry elsewhere has other
places, and perhaps a table of counts from its statistical office. Two tables are all that is
needed: how many people there are, and what lies in what.

The country of this example does not exist, nor do its people. Run it with
``python examples/other_country.py``.
"""

# %%
# Two tables of a statistical office
# ----------------------------------
# Forty-eight towns in twelve districts in three provinces; some towns are large, most are not.

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from personatwin_sk import (
    GeographicGeneralizer,
    InfeasibleRiskError,
    PersonaMerger,
    Provenance,
    ReidentificationRisk,
    RiskAwareSearch,
    TablePopulation,
    assess_risk,
)

rng = np.random.default_rng(11)
towns = pd.DataFrame(
    {
        "town": [f"Town {number:02d}" for number in range(48)],
        "district": [f"District {number // 4:02d}" for number in range(48)],
        "province": [f"Province {number // 16}" for number in range(48)],
    }
)
size = np.round(np.exp(rng.normal(7.5, 1.2, 48))).astype(int)
cells = pd.MultiIndex.from_product([towns["town"], range(90), ["f", "m"]])
counts = cells.to_frame(index=False, name=["town", "age", "sex"])
counts["n"] = rng.poisson(np.repeat(size / 180, 180))
register = TablePopulation.from_frame(
    counts,
    hierarchies={"town": towns},
    provenance=Provenance("Statistical office of a country that does not exist, 2025"),
)
print(f"{counts['n'].sum():,} people in {len(towns)} towns of {size.min():,} to {size.max():,}")

# %%
# The file: 900 of them
# ---------------------

drawn = counts.loc[rng.choice(len(counts), 900, p=counts["n"] / counts["n"].sum())]
people = drawn[["age", "sex", "town"]].reset_index(drop=True)
people.insert(0, "person_id", np.arange(900))
KEYS = ["age", "sex", "town"]

# %%
# The naive way: any number of places will do
# -------------------------------------------
# Towns are text. Without a word on what lies in what, a class of people from several towns is told
# by a list of them, and an attacker is taken to know who is in the file.

naive = PersonaMerger(KEYS, k=5, person_id="person_id", representation="interval")
listed = naive.fit_transform(people)
report = assess_risk(people, listed, KEYS, person_id="person_id")
several = listed["town"][listed["town"].astype(str).str.contains("|", regex=False)]
print(f"Without a population: risk {report.upper:.1%}")
print(f"{len(several)} of {len(listed)} rows have a list of towns, such as {several.iloc[0]!r}")

# %%
# The better way: say what lies in what
# -------------------------------------
# Classes are then told by the smallest place that holds them, and each is counted in the register:
# who else of the country could stand behind the row, and would have been put there.

pipeline = Pipeline(
    [
        ("places", GeographicGeneralizer("town", level="town", hierarchy=towns)),
        (
            "merge",
            PersonaMerger(
                KEYS,
                k=5,
                person_id="person_id",
                representation="interval",
                hierarchies={"town": towns},
            ),
        ),
    ]
)
released = pipeline.fit_transform(people)
counted = assess_risk(people, released, KEYS, person_id="person_id", population=register)
print(f"With the register: risk at most {counted.upper:.2%}")
print(counted.recommendation)
print(sorted(released["town"].unique())[:4])

# %%
# And search
# ----------
# The levels of places are the country's own; so is the target.

risk = ReidentificationRisk(KEYS, person_id="person_id", population=register)
grid = {"places__level": ["town", "district", "province"], "merge__k": [3, 5, 10, 20, 40]}
search = RiskAwareSearch(pipeline, grid, target_risk=0.01, risk=risk).fit(people)
print(f"Best: {search.best_params_}, risk at most {search.best_risk_:.2%}")
print(f"Counts from: {register.provenance.describe()}")

# %%
# Some rules ask how many people live in a place at least. The register answers that, too.

large = GeographicGeneralizer(
    "town", level="town", hierarchy=towns, min_population=5000, population=register
).fit_transform(people)
inhabitants = counts.groupby("town")["n"].sum()
print(f"{(inhabitants >= 5000).sum()} of {len(towns)} towns have 5,000 inhabitants")
print(f"{large['town'].isin(towns['town']).mean():.0%} of the people keep their town")

# %%
# What nothing can do is said, here as everywhere.

try:
    RiskAwareSearch(pipeline, grid, target_risk=1e-6, risk=risk).fit(people)
except InfeasibleRiskError as error:
    nearest = error.nearest_risk
    print(f"Refused. The nearest setting has a risk of {nearest:.2%}")
