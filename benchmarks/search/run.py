"""One row: a case and a seed, what the search chose, and what an oracle would have chosen."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline

from benchmarks.calibration.worlds import World, load
from benchmarks.search.cases import (
    EVENT_SIZES,
    JITTERS,
    PRECISIONS,
    SIZES,
    SWEEPS,
    Case,
    EventCase,
    PeopleCase,
)
from benchmarks.search.truth import event_risk, people_risk
from personatwin_sk import (
    CensusPopulation,
    InfeasibleRiskError,
    PersonaMerger,
    ReferencePopulation,
    ReidentificationRisk,
    RiskAwareSearch,
    TemporalNoise,
    information_kept,
    make_people_events,
)
from personatwin_sk.exceptions import DataWarning

_ROUNDING = 1e-9
_EVENT_KEYS = ("age", "gender", "ethnicity")


@dataclass(frozen=True)
class Row:
    """What came of one search.

    Attributes
    ----------
    case : PeopleCase or EventCase
    seed : int
    n_candidates : int
    n_safe : int
        Candidates whose true risk is at most the target.
    n_measured : int
        Candidates whose risk was measured.
    upper, truth, utility : float
        Of the search's choice: the limit it reported, the true risk, and usefulness. NaN where it
        refused.
    oracle_truth, oracle_utility : float
        Of the most useful candidate whose true risk is at most the target. NaN where there is none.
    """

    case: Case
    seed: int
    n_candidates: int
    n_safe: int
    n_measured: int
    upper: float
    truth: float
    utility: float
    oracle_truth: float
    oracle_utility: float

    @property
    def answered(self) -> bool:
        """Whether the search chose something."""
        return not np.isnan(self.utility)

    @property
    def possible(self) -> bool:
        """Whether the oracle found something."""
        return not np.isnan(self.oracle_utility)

    @property
    def is_broken(self) -> bool:
        """Whether the true risk of what was chosen is above the target."""
        return self.answered and self.truth > self.case.target * (1 + _ROUNDING)

    @property
    def share(self) -> float:
        """Usefulness of the choice over the oracle's; 0 where the search refused."""
        return self.utility / self.oracle_utility if self.answered else 0.0

    def cells(self) -> dict[str, object]:
        """Give the row as it is printed."""
        case = self.case
        of_people = isinstance(case, PeopleCase)
        said = "BROKEN" if self.is_broken else "" if self.answered else "refused"
        return {
            "kind": case.kind,
            "world": case.world,
            "keys": " ".join(case.keys if of_people else _EVENT_KEYS),
            "unknown": " ".join(case.unknown) if of_people else "",
            "target": case.target,
            "seed": self.seed,
            "candidates": self.n_candidates,
            "safe": self.n_safe,
            "measured": self.n_measured,
            "upper": self.upper,
            "truth": self.truth,
            "utility": self.utility,
            "oracle's truth": self.oracle_truth,
            "oracle's utility": self.oracle_utility,
            "": said if self.possible or self.answered else "nothing is safe",
        }


@dataclass(frozen=True)
class Task:
    """What is searched, and the truth about each release of it.

    Attributes
    ----------
    table : DataFrame
    pipeline : Pipeline
    grid : dict
    target : float
    risk : callable
        The search's.
    utility : callable
        The search's and the oracle's: what is useful is not in question.
    true_risk : callable
        ``true_risk(released, pipeline) -> float`` of a fitted pipeline.
    """

    table: pd.DataFrame
    pipeline: Pipeline
    grid: dict[str, list[Any]]
    target: float
    risk: Callable[[Any, Any], Any]
    utility: Callable[[Any, Any], float]
    true_risk: Callable[[pd.DataFrame, Pipeline], float]


def measure(case: Case, seed: int) -> Row:
    """Draw a file, let the search choose, and look up what is true.

    Parameters
    ----------
    case : PeopleCase or EventCase
    seed : int
        Decides who is in the file, and the noise.

    Returns
    -------
    Row
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return compare(make_task(case, seed), case, seed)


def compare(task: Task, case: Case, seed: int) -> Row:
    """Hold the search's choice against the oracle's."""
    truths, utilities = know_all(task)
    safe = truths <= task.target * (1 + _ROUNDING)
    oracle = int(np.argmax(np.where(safe, utilities, -np.inf))) if safe.any() else None
    search = RiskAwareSearch(
        task.pipeline, task.grid, target_risk=task.target, risk=task.risk, utility=task.utility
    )
    try:
        chosen: int | None = search.fit(task.table).best_index_
    except InfeasibleRiskError:
        chosen = None
    results = search.cv_results_
    known = ~np.isnan(results["utility"])  # What a bound rules out is not even fitted.
    if not np.allclose(results["utility"][known], utilities[known], rtol=1e-9):
        raise RuntimeError("the search measured other releases than the oracle")
    return Row(
        case=case,
        seed=seed,
        n_candidates=len(truths),
        n_safe=int(safe.sum()),
        n_measured=int((~np.isnan(results["risk_upper"])).sum()),
        upper=np.nan if chosen is None else float(search.best_risk_),
        truth=np.nan if chosen is None else float(truths[chosen]),
        utility=np.nan if chosen is None else float(search.best_score_),
        oracle_truth=np.nan if oracle is None else float(truths[oracle]),
        oracle_utility=np.nan if oracle is None else float(utilities[oracle]),
    )


def know_all(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Fit every candidate by itself; give the true risk and the usefulness of each."""
    found = []
    for params in ParameterGrid(task.grid):
        pipeline = clone(task.pipeline).set_params(**params)
        released = pipeline.fit_transform(task.table)
        found.append((task.true_risk(released, pipeline), task.utility(task.table, released)))
    truths, utilities = np.array(found, dtype=float).T
    return truths, utilities


def make_task(case: Case, seed: int) -> Task:
    """Draw the file of a case."""
    return people_task(case, seed) if isinstance(case, PeopleCase) else event_task(case, seed)


def people_task(case: PeopleCase, seed: int) -> Task:
    """Draw people of a world; the risk is a journalist's."""
    world, keys = load(case.world), list(case.keys)
    rng = np.random.default_rng([seed, len(world.people)])
    n_drawn = round(case.fraction * len(world.people))
    chosen = rng.choice(len(world.people), n_drawn, replace=False)
    table = world.people[keys].iloc[chosen].reset_index(drop=True)
    places = {name: above for name, above in world.hierarchies.items() if name in keys}
    merger = PersonaMerger(keys, representation="interval", hierarchies=places or None)
    return Task(
        table=table,
        pipeline=Pipeline([("merge", merger)]),
        grid={"merge__k": list(SIZES), "merge__refine": list(SWEEPS)},
        target=case.target,
        risk=ReidentificationRisk(keys, population=reference(world, case)),
        utility=lambda original, released: information_kept(
            original, released, keys, hierarchies=places or None
        ),
        true_risk=lambda released, pipeline: people_risk(
            world, chosen, released, pipeline.named_steps["merge"]
        ),
    )


def reference(world: World, case: PeopleCase) -> ReferencePopulation:
    """Give the counts that the search has of a world."""
    if case.counts == "census":
        return CensusPopulation(source="bundled")
    return world.counts([name for name in case.keys if name not in case.unknown])


def event_task(case: EventCase, seed: int) -> Task:
    """Make a town and its events; everybody is in the file, and attackers know it."""
    table = make_people_events(case.n_people, case.world, random_state=seed)
    keys, ids = list(_EVENT_KEYS), {"person_id": "person_id", "event_id": "event_id"}
    table = table[["person_id", *keys, "event_id", "date", "event_type"]]
    noise = TemporalNoise(["date"], **ids, keep_order=False, random_state=seed)
    merger = PersonaMerger(keys, person_id="person_id", representation="interval")
    risk = ReidentificationRisk(
        keys,
        person_id="person_id",
        attacker="prosecutor",
        known_events=1,
        event_type="event_type",
        date="date",
        thorough=False,
    )
    return Task(
        table=table,
        pipeline=Pipeline([("dates", noise), ("merge", merger)]),
        grid={
            "merge__k": list(EVENT_SIZES),
            "dates__precision": list(PRECISIONS),
            "dates__jitter": list(JITTERS),
        },
        target=case.target,
        risk=risk,
        utility=lambda original, released: information_kept(
            original, released, keys, person_id="person_id", dates=["date"]
        ),
        true_risk=lambda released, pipeline: event_risk(
            table,
            released,
            keys,
            jitter=pipeline.named_steps["dates"].jitter,
            precision=pipeline.named_steps["dates"].precision,
        ),
    )
