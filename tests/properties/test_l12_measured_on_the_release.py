"""L12: what is reported was measured on the released table, and shows no fewer than k people."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import assert_law_breaks, law
from towns import KEYS, Town, banded, grouped

from personatwin_sk import assess_risk
from personatwin_sk.datasets import make_people_events
from personatwin_sk.release import (
    ReleaseResult,
    create_safe_personas,
    personas_to_dataframe,
    personas_to_event_dataframe,
)
from personatwin_sk.risk import RiskReport

Measure = Callable[..., RiskReport]
Labels = list[tuple[str, str]]
LEVELS = {"low": 3, "medium": 5, "high": 11}
RELEASED = ["age", "gender", "ethnicity", "geography"]
CANARY = "Quillfeather"


def counted(labels: Labels) -> dict[str, Any]:
    """What there is to see in a table whose rows are people, counted plainly."""
    sizes = Counter(labels)
    return {
        "n_people": len(labels),
        "n_classes": len(sizes),
        "k_anonymity": min(sizes.values()),
        "mean": pytest.approx(len(sizes) / len(labels)),
        "max": pytest.approx(1 / min(sizes.values())),
        "risks": pytest.approx([1 / sizes[label] for label in labels]),
    }


def reported(report: RiskReport) -> dict[str, Any]:
    return {
        "n_people": report.n_people,
        "n_classes": report.n_classes,
        "k_anonymity": report.k_anonymity,
        "mean": report.prosecutor.mean,
        "max": report.prosecutor.max,
        "risks": report.individual_risks.tolist(),
    }


def check_measured(measure: Measure, case: tuple[Town, int]) -> None:
    """The figures are those of the table that is handed in, and change with it."""
    town, moved = case
    moved %= len(town.labels)
    broken = list(town.labels)
    broken[moved] = ("40-49", "X")  # somebody is alone now, whatever whoever made it says
    joined = [(town.labels[0][0], "F|M")] * len(town.labels)
    for labels in (town.labels, broken, joined, town.labels):
        released = pd.DataFrame(labels, columns=KEYS)
        assert reported(measure(town.original, released, KEYS)) == counted(labels)


def check_population_follows(measure: Measure, town: Town) -> None:
    """With a population too: whoever is released alone is as exposed as alone, and no less."""
    before = measure(town.original, town.released, KEYS, population=town.reference)
    alone = [(str(age), sex) for age, sex in town.file]
    released = pd.DataFrame(alone, columns=KEYS)
    after = measure(town.original, released, KEYS, population=town.reference)
    people = Counter(town.people)
    assert after.individual_risks.tolist() == pytest.approx([1 / people[p] for p in town.file])
    assert (after.individual_risks >= before.individual_risks - 1e-9).all()


def check_shown(measure: Measure, case: tuple[Town, int]) -> None:
    """A report names no class; whoever asks for classes is shown those of enough people only."""
    town, fewest = case
    labels = [(age, f"{CANARY} {sex}") for age, sex in town.labels]
    released = pd.DataFrame(labels, columns=KEYS)
    report = measure(town.original, released, KEYS)
    texts = [repr(report), json.dumps(report.to_dict()), report.recommendation]
    assert not any(CANARY in text for text in texts)
    shown = report.highest_risk_classes(100, min_people=fewest)
    sizes = Counter(labels)
    found = {tuple(row) for row in shown[KEYS].itertuples(index=False)}
    assert found == {label for label, n in sizes.items() if n >= fewest}
    assert [sizes[tuple(row)] for row in shown[KEYS].itertuples(index=False)] == shown[
        "people"
    ].tolist()


towns = st.one_of(grouped(), banded().map(lambda pair: pair[0]))
with_number = st.tuples(towns, st.integers(0, 20))
with_fewest = st.tuples(towns, st.integers(2, 5))


@law
@given(case=with_number)
def test_what_is_reported_is_what_is_released(case: tuple[Town, int]) -> None:
    check_measured(assess_risk, case)


@law
@given(town=banded().map(lambda pair: pair[0]))
def test_counts_of_the_population_follow_the_release(town: Town) -> None:
    check_population_follows(assess_risk, town)


@law
@given(case=with_fewest)
def test_no_class_of_too_few_people_is_shown(case: tuple[Town, int]) -> None:
    check_shown(assess_risk, case)


# The whole job


@cache
def made(level: str, seed: int) -> tuple[pd.DataFrame, ReleaseResult]:
    events = make_people_events(400, random_state=seed, areas=("39061", "39017"))
    result = create_safe_personas(
        events,
        level,
        "criminal_justice",
        target_risk=0.5,
        use_census_data=False,
        known_events=0,
        random_state=seed,
    )
    return events, result


def check_release(level: str, original: pd.DataFrame, result: ReleaseResult) -> None:
    """All figures come out again from nothing but the tables that leave the house."""
    personas = personas_to_dataframe(result.personas)
    events = personas_to_event_dataframe(result.personas)
    facts = json.loads(json.dumps(result.to_dict()))
    report = result.risk_metrics
    assert (personas["class_size"] >= LEVELS[level]).all()
    classes = personas.groupby(RELEASED, dropna=False)["class_size"].sum()
    assert report.k_anonymity == classes.min()
    assert report.n_classes == len(classes)
    assert report.n_people == classes.sum()
    assert report.n_people + report.n_suppressed == original["person_id"].nunique()
    assert report.prosecutor.mean == pytest.approx(len(classes) / classes.sum())
    assert report.prosecutor.max == pytest.approx(1 / classes.min())
    assert report.event_risk.n_events == len(events)
    # Events are of published personas only, and are governed by the event risk.
    assert set(events["persona_id"]) <= set(personas["persona_id"])
    assert facts["risk"]["release"] == json.loads(json.dumps(report.to_dict()))
    assert facts["verdict"]["risk"] == max(report.upper, report.event_risk.upper)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_release_says_what_it_is(level: str, seed: int) -> None:
    check_release(level, *made(level, seed))


# Mutants


def of_the_original(original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
    """Measures what came in."""
    return assess_risk(original, original[list(keys)].astype(str), keys, **options)


class Remembers:
    """Measures a table of so many rows once."""

    def __init__(self) -> None:
        self.known: dict[int, RiskReport] = {}

    def __call__(self, original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
        if len(original) not in self.known:
            self.known[len(original)] = assess_risk(original, released, keys, **options)
        return self.known[len(original)]


def as_promised(original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
    """Says the k that was asked for."""
    report = assess_risk(original, released, keys, **options)
    return dataclasses.replace(report, k_anonymity=max(report.k_anonymity, 2))


class ShowsAll(RiskReport):
    """Shows classes of any size."""

    def highest_risk_classes(self, n_classes: int = 5, *, min_people: int = 5) -> pd.DataFrame:
        return super().highest_risk_classes(n_classes, min_people=2)


class NamesAClass(RiskReport):
    """Says in words who is at risk."""

    def to_dict(self) -> dict[str, Any]:
        labels = self.breakdown.labels[1].astype(str).tolist()
        return {**super().to_dict(), "at_risk": labels[:1]}


def _as(kind: type[RiskReport]) -> Measure:
    def measure(*arguments: Any, **options: Any) -> RiskReport:
        report = assess_risk(*arguments, **options)
        fields = {f.name: getattr(report, f.name) for f in dataclasses.fields(report) if f.init}
        return kind(**fields)

    return measure


@pytest.mark.parametrize(
    ("check", "mutant", "strategy"),
    [
        (check_measured, of_the_original, with_number),
        (check_measured, Remembers(), with_number),
        (check_measured, as_promised, with_number),
        (check_population_follows, Remembers(), towns),
        (check_shown, _as(ShowsAll), with_fewest),
        (check_shown, _as(NamesAClass), with_fewest),
    ],
)
def test_the_law_catches(check: Any, mutant: Measure, strategy: Any) -> None:
    assert_law_breaks(lambda case: check(mutant, case), strategy)


@pytest.mark.parametrize(
    "change",
    [
        lambda report: {"k_anonymity": report.k_anonymity + 1},
        lambda report: {"n_people": report.n_people + report.n_suppressed + 1},
        lambda report: {"n_classes": report.n_classes - 1},
        lambda report: {"prosecutor": dataclasses.replace(report.prosecutor, mean=0.01)},
        lambda report: {
            "event_risk": dataclasses.replace(
                report.event_risk, n_events=report.event_risk.n_events + 1
            )
        },
    ],
)
def test_the_law_catches_a_report_of_something_else(change: Any) -> None:
    events, result = made("medium", 0)
    other = dataclasses.replace(result.risk_metrics, **change(result.risk_metrics))
    with pytest.raises(AssertionError):
        check_release("medium", events, dataclasses.replace(result, risk_metrics=other))


def test_the_law_catches_personas_of_too_few_people() -> None:
    events, result = made("low", 0)
    smallest = personas_to_dataframe(result.personas)["class_size"].min()
    assert smallest < LEVELS["high"]
    with pytest.raises(AssertionError):
        check_release("high", events, result)
    assert np.isfinite(result.risk_metrics.individual_risks).any()
