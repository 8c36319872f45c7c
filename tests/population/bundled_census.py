"""Asking the bundled census in one line."""

from __future__ import annotations

import pandas as pd

from personatwin_sk.population import CensusPopulation

CENSUS = CensusPopulation(source="bundled")
CANARY = "Zebulon-Quark"
RACES = ["White", "Black", "Native American", "Asian", "Pacific Islander", "Two or more"]


def ask(**columns):
    length = max(len(cells) for cells in columns.values())
    frame = {name: pd.Series(cells, dtype=object) for name, cells in columns.items()}
    assert all(len(cells) == length for cells in frame.values())
    return CENSUS.count(pd.DataFrame(frame))


def count(**cells):
    return ask(**{name: [cell] for name, cell in cells.items()}).iloc[0]
