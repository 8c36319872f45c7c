"""Figures that the imitation of the Bureau publishes, and what a count of them has to be."""

from __future__ import annotations

import census_tables as tables
import numpy as np
import pandas as pd

from personatwin_sk.population.bureau._states import STATES

BY_YEAR = tables.joint_by_year()
# Bristol, Kent, Newport, Providence, Washington County.
PLACES = [f"{name} County, RI" for name in ("Bristol", "Kent", "Newport", "Providence")]
STATE_CODES = np.array(sorted(STATES))
OF_STATES = tables.joint_by_year(7, n_areas=51)
SEVEN = tables.joint_by_year(5, n_races=7)
LETTERS = "ABCDEGF"


def publish_bulk(fake, state=44, vintage=2024):
    fake.publish_counties(
        vintage, state, tables.COUNTIES, tables.broaden(BY_YEAR, tables.STARTS_18)
    )
    if vintage > 2020:
        fake.publish_single_years(vintage, state, tables.COUNTIES, BY_YEAR.sum(axis=(3, 4)))


def publish_states(fake):
    fake.publish_states(2024, STATE_CODES, OF_STATES)


def publish_survey(fake):
    """B01001 and B01001A-I of a joint, with margins of error of 1.645 times the standard error."""
    arrays = tables.survey_arrays(SEVEN)
    found, margins = {}, {}
    for name, table, race in [
        ("B01001", "total", None),
        *((f"B01001{letter}", "by_race", race) for race, letter in enumerate(LETTERS)),
        ("B01001H", "white_not_hispanic", None),
        ("B01001I", "hispanic", None),
    ]:
        cut = np.s_[...] if race is None else np.s_[..., race]
        found[name] = arrays[table][cut]
        margins[name] = np.rint(1.645 * arrays[f"{table}_error"][cut])
    fake.publish_survey(2024, tables.COUNTIES, found, margins)
    return found, margins


ASKED = pd.DataFrame(
    {
        "age": ["30-39", "33", None, "33"],
        "gender": ["F", None, "M", "F"],
        "ethnicity": ["Black", None, "Asian", "Black"],
        "geography": PLACES,
    }
)


def expected_counts():
    women = BY_YEAR[:, :, 1, 1].sum(axis=2)
    by_age = BY_YEAR[3, :, 1].sum(axis=(1, 2))
    return [
        women[0, 30:40].sum(),
        BY_YEAR[1, 33].sum(),
        BY_YEAR[2, :, 0, 3].sum(),
        women[3, 30:35].sum() * by_age[33] / by_age[30:35].sum(),
    ]
