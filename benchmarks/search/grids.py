"""Two real tables with grids of more than 200 settings: what pruning has to give the same for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from benchmarks.columns import ADULT_KEYS
from benchmarks.data import adult, data_folder
from personatwin_sk import (
    GeographicGeneralizer,
    IdentifierRemover,
    OutcomeNoise,
    PersonaMerger,
    ReidentificationRisk,
    RiskAwareSearch,
    TemporalNoise,
)

_SEED = 20


@dataclass(frozen=True)
class RealGrid:
    """A table, a pipeline, its settings, and how risky a release may be.

    Attributes
    ----------
    name : str
    table : DataFrame
    pipeline : Pipeline
    grid : dict
    target : float
        Some tens of per cent of the settings meet it.
    risk : ReidentificationRisk
    """

    name: str
    table: pd.DataFrame
    pipeline: Pipeline
    grid: dict[str, list[Any]]
    target: float
    risk: ReidentificationRisk

    def search(self, strategy: str, **parameters: Any) -> RiskAwareSearch:
        """Give the search, not fitted."""
        return RiskAwareSearch(
            self.pipeline,
            self.grid,
            target_risk=self.target,
            risk=self.risk,
            strategy=strategy,
            **parameters,
        )


def compas(n_people: int) -> RealGrid:
    """Defendants of Broward County and what became of them, drawn at random; 210 settings.

    Events are blurred after the merge, which they are no part of.
    """
    events = pd.read_csv(data_folder() / "compas" / "court_events.csv.gz")
    people = events["person_id"].unique()
    drawn = np.random.default_rng(_SEED).choice(people, min(n_people, len(people)), replace=False)
    table = events[events["person_id"].isin(drawn)].reset_index(drop=True)
    keys = ["age", "gender", "ethnicity", "geography"]
    ids = {"person_id": "person_id", "event_id": "event_id"}
    steps = [
        ("identifiers", IdentifierRemover(columns=["decile_score"])),
        ("geography", GeographicGeneralizer(columns=["geography"])),
        ("merge", PersonaMerger(keys, person_id="person_id", representation="interval")),
        ("dates", TemporalNoise(["date"], event_id="event_id", jitter=30, random_state=_SEED)),
        (
            "outcomes",
            OutcomeNoise(["outcome"], event_id="event_id", given="event_type", random_state=_SEED),
        ),
    ]
    return RealGrid(
        name="COMPAS",
        table=table,
        pipeline=Pipeline(steps),
        grid={
            "merge__k": [3, 5, 10, 15, 20, 30, 45],
            "dates__precision": ["day", "week", "month", "quarter", "year"],
            "geography__level": ["county", "state"],
            "outcomes__flip_probability": [0.02, 0.05, 0.1],
        },
        target=0.3,
        risk=ReidentificationRisk(
            keys,
            person_id=ids["person_id"],
            attacker="prosecutor",
            known_events=1,
            event_type="event_type",
            date="date",
            thorough=False,
        ),
    )


def adults(n_people: int) -> RealGrid:
    """People of Adult drawn at random; 224 settings. Two columns are exchanged before the merge."""
    table = adult()
    table = table.sample(min(n_people, len(table)), random_state=_SEED).reset_index(drop=True)
    table.insert(0, "person_id", np.arange(len(table)))
    ids = {"person_id": "person_id", "event_id": "person_id"}
    keys = [name for name in ADULT_KEYS if name != "occupation"]
    steps = [
        ("salary", OutcomeNoise(["salary-class"], **ids, random_state=_SEED)),
        ("occupation", OutcomeNoise(["occupation"], **ids, random_state=_SEED)),
        ("merge", PersonaMerger(keys, person_id="person_id", representation="interval")),
    ]
    return RealGrid(
        name="Adult",
        table=table,
        pipeline=Pipeline(steps),
        grid={
            "merge__k": [2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40],
            "salary__flip_probability": [0.01, 0.02, 0.05, 0.1],
            "occupation__flip_probability": [0.01, 0.02, 0.05, 0.1],
        },
        target=0.09,
        risk=ReidentificationRisk(keys, person_id="person_id", attacker="prosecutor"),
    )
