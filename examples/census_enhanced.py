"""
===================================
Five people in a file, of how many?
===================================

Five people who share a row of a file: is that few? If the file is a tenth of a city's patients,
fifty could be meant by the row, and an attacker who does not know who was ill is far from any of
them. If it is of a county of eighty people, the five may be all there are. k says the same of both.
The census tells them apart.

The patients are made up; the counts of the population are the bundled ones, so that nothing is
fetched. Run it with ``python examples/census_enhanced.py``.
"""

# %%
# Two files that look the same
# ----------------------------
# Classes of exactly five people: women and men of 60 to 64 in two places. One file is of Hamilton
# County, Ohio; the other is of Kalawao County, Hawaii, where 81 people live.

import pandas as pd

from personatwin_sk import (
    CensusPopulation,
    GeographicGeneralizer,
    assess_risk,
    create_safe_personas,
)

census = CensusPopulation(source="bundled")
KEYS = ["age", "gender", "geography"]


def patients(county: str) -> pd.DataFrame:
    """Make five women and five men of each of two bands of age."""
    return pd.DataFrame(
        {
            "person_id": [f"{number:02d}" for number in range(20)],
            "age": ["60-64"] * 10 + ["65-69"] * 10,
            "gender": ["Female", "Male"] * 10,
            "geography": county,
        }
    )


city, island = patients("Hamilton County, OH"), patients("Kalawao County, HI")

# %%
# The naive way: count within the file
# ------------------------------------

in_file = {}
for name, table in (("city", city), ("island", island)):
    in_file[name] = assess_risk(table, table, KEYS, person_id="person_id")
    print(f"{name:<7} k = {in_file[name].k_anonymity}, risk {in_file[name].upper:.1%}")

# %%
# Both have k = 5, and one in five is the chance of whoever knows that the target is in the file.

# %%
# The better way: count who else could be meant
# ---------------------------------------------
# The attacker knows only that the target lives there. What is reported is the upper limit: counts
# of few people are uncertain, and their low end is taken.

in_census = {}
for name, table in (("city", city), ("island", island)):
    in_census[name] = assess_risk(table, table, KEYS, person_id="person_id", population=census)
    counted = census.count(table[KEYS].drop_duplicates())[["count", "low", "high"]]
    print(f"{name:<7} risk at most 1 in {1 / in_census[name].upper:,.0f}")
    print(counted.round(1).to_string(index=False))

# %%
# The recommendation says on what the figures rest: it starts with "CENSUS:" where counts of the
# population decide.

print(in_census["city"].recommendation)

# %%
# Rare in the place, common in the state
# --------------------------------------
# The cure for a place that is too small is a larger one. A rule that many know: nothing finer than
# what holds 20,000 people.

larger = GeographicGeneralizer(level="county", min_population=20_000).fit_transform(island)
on_islands = assess_risk(island, larger, KEYS, person_id="person_id", population=census)
print(f"{larger['geography'].iloc[0]}: risk at most 1 in {1 / on_islands.upper:,.0f}")

# %%
# In a whole release
# ------------------
# Both are on by default: the census, and such a floor at the levels "high" and "maximum". Who knows
# that somebody is in the file is another attacker: ``use_census_data=False`` is for that one.

asked = {"privacy_level": "high", "known_events": 0, "random_state": 0}
everybody = pd.concat(
    [
        city.assign(person_id="C" + city["person_id"]),
        island.assign(person_id="I" + island["person_id"]),
    ],
    ignore_index=True,
)
strangers = create_safe_personas(everybody, population=census, target_risk=0.05, **asked)
colleagues = create_safe_personas(everybody, use_census_data=False, target_risk=0.1, **asked)
for who, found in (("A stranger", strangers), ("A colleague", colleagues)):
    print(f"{who}: {len(found.personas)} personas, risk at most 1 in {1 / found.verdict:,.0f}")
    print(f"  {found.risk_metrics.recommendation}")
