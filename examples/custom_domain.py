"""
===============================
A domain that nobody thought of
===============================

A housing office wants to publish its cases: repairs asked for, inspections, arrears of rent. No
domain that comes with the package knows such events. Leaving it at that works, in a way: everything
in the file is taken as it stands. What it costs not to say what a file means is measured here.

The tenants are made up. Run it with ``python examples/custom_domain.py``.
"""

# %%
# The file
# --------
# It has names of its own for its columns, and three ways to write "inspection".

import warnings

import numpy as np
import pandas as pd

from personatwin_sk import (
    InputError,
    create_custom_config,
    create_safe_personas,
    make_people_events,
    map_labels,
    personas_to_dataframe,
    personas_to_event_dataframe,
    suggest_labels,
    suggest_roles,
)

rng = np.random.default_rng(7)
tenants = make_people_events(
    500, "social_services", areas=["Hamilton County, OH"], random_state=7
).drop_duplicates("person_id")
case = tenants.loc[tenants.index.repeat(rng.integers(1, 4, len(tenants)))].reset_index(drop=True)
what = rng.choice(["repair_request", "inspection", "Inspection", "inspecton", "arrears"], len(case))
is_arrears = what == "arrears"
cases = pd.DataFrame(
    {
        "tenant": case["person_id"],
        "tenancy_number": "T-" + case["person_id"].str[1:6].str.upper(),
        "age": case["age"],
        "sex": case["gender"],
        "district": np.where(case["age"] % 3 > 0, "Riverside", "Hillside"),
        "day": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 365, len(case)), "D"),
        "what": what,
        "how_it_ended": np.where(
            is_arrears,
            rng.choice(["paid", "unpaid"], len(case)),
            rng.choice(["done", "open"], len(case)),
        ),
        "rent_owed": np.where(is_arrears, np.round(rng.gamma(2.0, 400.0, len(case)), 2), np.nan),
    }
)
print(cases.drop(columns=["tenant", "tenancy_number"]).head(3).to_string(index=False))

# %%
# Which column is what? The suggestions come with reasons, and none of them is acted upon.

roles = suggest_roles(cases)
print(roles[["column", "role", "ours"]].to_string(index=False))

ours = {
    "tenant": "person_id",
    "sex": "gender",
    "day": "date",
    "what": "event_type",
    "how_it_ended": "outcome",
}
table = cases.rename(columns=ours)

# %%
# The naive way: anything goes
# ----------------------------
# "custom" knows nothing, so it objects to little. The amounts are wanted, so they are kept.

asked = {
    "known_events": 0,
    "use_census_data": False,
    "target_risk": 0.2,
    "random_state": 0,  # to show the same to everybody; leave it out for data of your own
}
try:
    create_safe_personas(table, keep=["district", "rent_owed"], **asked)
except InputError as error:
    refusal = str(error)
    print(f"Refused. {refusal}")

# %%
# To the cent, an amount is as good as a name: whoever sent the letter finds the tenant. Rounded to
# tens it passes. Is that coarse enough?

rounded = table.assign(rent_owed=table["rent_owed"].round(-1))
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    naive = create_safe_personas(rounded, keep=["district", "rent_owed"], **asked)
for warning in told:
    print(f"Told: {warning.message}")
rows = personas_to_event_dataframe(naive.personas)
owed = rows["rent_owed"].dropna()
alone = int((~owed.duplicated(keep=False)).sum())
print(f"k = {naive.risk_metrics.k_anonymity}, and the verdict is {naive.verdict:.1%}")
print(f"{alone} of {len(owed)} amounts are in the release once, unchanged")
print(f"Types of event: {sorted(rows['event_type'].unique())}")

# %%
# The better way: say what the file means
# ---------------------------------------
# What can happen and how it can end; what identifies a tenant; what stays; and which numbers belong
# to events: the least, the most, and the step in which they are told. These are public figures, not
# the file's.

config = create_custom_config(
    event_types=["repair_request", "inspection", "arrears"],
    outcomes={
        "repair_request": ["done", "open"],
        "inspection": ["done", "open"],
        "arrears": ["paid", "unpaid"],
    },
    sensitive_fields={"tenancy_number"},
    preserve_fields={"district", "rent_owed"},
    temporal_precision="quarter",
    geographic_precision="county",
    numeric_values={"rent_owed": (0, 5000, 250)},
)

# %%
# Labels that the domain does not know are counted, with the nearest that it knows. Those that
# differ in capitals only are known; they can be written as the domain does by the way.

unknown = suggest_labels(table, config)
print(unknown[["column", "label", "rows", "suggestion"]].to_string(index=False))
spelled = unknown.dropna(subset=["label", "suggestion"])
labels = dict(zip(spelled["label"], spelled["suggestion"], strict=True))
labels |= {name: name for name in config.event_types}
table = map_labels(table, {"event_type": labels})

result = create_safe_personas(table, domain_config=config, **asked)
better = personas_to_event_dataframe(result.personas)
print(f"k = {result.risk_metrics.k_anonymity}, and the verdict is {result.verdict:.1%}")
print(f"Types of event: {sorted(better['event_type'].unique())}")
amounts = better["rent_owed"].dropna()
alone_now = int((~amounts.duplicated(keep=False)).sum())
print(f"{alone_now} of {len(amounts)} amounts are in the release once; all are moved, and in steps")
print(f"Mean amount: {table['rent_owed'].mean():.0f} in the file, {amounts.mean():.0f} released")
print(personas_to_dataframe(result.personas).head(3).to_string(index=False))
print(f"Dropped: {', '.join(result.settings['dropped_columns'])}")
