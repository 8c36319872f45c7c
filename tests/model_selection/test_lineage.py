"""What a step reads and changes: equal inputs are told from others, by steps set in all ways."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from personatwin_sk import (
    GeographicGeneralizer,
    IdentifierRemover,
    OutcomeNoise,
    PersonaMerger,
    TemporalNoise,
    ValueNoise,
)
from personatwin_sk.model_selection._lineage import ANYTHING, Footprint, Lineage, find_footprint

IDS = dict(person_id="person", event_id="event")

# Each step, what decides its work, and what it changes; None: everything.
KNOWN = [
    (PersonaMerger("age", 2), {"age"}, {"age"}),
    (
        PersonaMerger(["age", "zip"], 2, person_id="person", order_by="date"),
        {"age", "zip", "person", "date"},
        {"age", "zip", "person"},
    ),
    (
        PersonaMerger(["age", "zip"], 2, sensitive=["outcome"], l_diversity=2, exact="zip"),
        {"age", "zip", "outcome"},
        {"age", "zip"},
    ),
    (TemporalNoise("date", **IDS), {"date", "person", "event"}, {"date"}),
    (
        TemporalNoise("date", **IDS, not_after="death", not_before="1990-01-01", ages=["age"]),
        {"date", "person", "event", "death", "1990-01-01", "age"},
        {"date", "age"},
    ),
    (
        TemporalNoise(["date"], **IDS, not_before=datetime.date(1990, 1, 1)),
        {"date", "person", "event"},
        {"date"},
    ),
    (
        OutcomeNoise("outcome", given="type", **IDS),
        {"outcome", "type", "person", "event"},
        {"outcome"},
    ),
    (ValueNoise(["stay"], spread=2, **IDS), {"stay", "person", "event"}, {"stay"}),
    # Without both ids draws are keyed by the whole row.
    (ValueNoise(["stay"], spread=2, person_id="person"), None, {"stay"}),
    (OutcomeNoise("outcome", event_id="event"), None, {"outcome"}),
    (GeographicGeneralizer("zip", state="OH"), {"zip", "OH"}, {"zip"}),
    (GeographicGeneralizer("zip", min_people=3, person_id="person"), {"zip", "person"}, {"zip"}),
]


@pytest.mark.parametrize(("step", "reads", "writes"), KNOWN)
def test_named_columns(step, reads, writes):
    found = find_footprint(type(step), step.get_params())
    expected = None if reads is None else frozenset(reads)
    assert found == Footprint(expected, frozenset(writes))


def test_dropped_columns_but_for_those_that_are_kept():
    step = IdentifierRemover(["name", "mail"], keep="mail")
    found = find_footprint(IdentifierRemover, step.get_params())
    assert found == Footprint(frozenset(), frozenset(), frozenset({"name"}))


class Special(PersonaMerger):
    """May do anything."""


@pytest.mark.parametrize(
    "step",
    [
        PersonaMerger(),
        PersonaMerger([0, 1]),
        PersonaMerger(["age"], person_id=2),
        TemporalNoise(**IDS),
        OutcomeNoise(0),
        OutcomeNoise("outcome", given=np.int64(3), **IDS),
        GeographicGeneralizer(),
        IdentifierRemover(),
        StandardScaler(),
        Special("age"),
    ],
)
def test_nothing_is_known_of_others_of_positions_and_of_what_is_chosen_by_itself(step):
    assert find_footprint(type(step), step.get_params()) is ANYTHING


def test_inputs_differ_where_a_column_that_is_read_does():
    reads_a = Footprint(frozenset("a"), frozenset("a"))
    reads_all = Footprint(None, frozenset("c"))
    start = Lineage()
    b_changed = start.after(Footprint(frozenset(), frozenset("b")), 1)
    assert b_changed.inputs(reads_a) == start.inputs(reads_a)
    assert b_changed.inputs(reads_all) != start.inputs(reads_all)
    a_changed = b_changed.after(reads_a, 2)
    assert a_changed.inputs(reads_a) != start.inputs(reads_a)
    assert a_changed.inputs(reads_a) != start.after(reads_a, 3).inputs(reads_a)
    # Which columns there are is learnt by every step.
    dropped = start.after(Footprint(frozenset(), frozenset(), frozenset("z")), 4)
    assert dropped.inputs(reads_a) != start.inputs(reads_a)
    anything = a_changed.after(ANYTHING, 5)
    assert anything == Lineage(5)
    assert anything.inputs(reads_a) != start.inputs(reads_a)


# --- the claim itself: what is not read has no say, what is not written stays ---------------------


def events(rng, n=40):
    return pd.DataFrame(
        {
            "person": rng.integers(0, 12, n).astype(str),
            "event": np.arange(n),
            "age": rng.integers(20, 80, n),
            "zip": rng.choice(["45202", "45203", "10001", "94103"], n),
            "date": pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 300, n), "D"),
            "death": pd.Timestamp("2024-06-01") + pd.to_timedelta(rng.integers(0, 300, n), "D"),
            "type": rng.choice(["arrest", "trial"], n),
            "outcome": rng.choice(["a", "b", "c"], n),
            "stay": rng.integers(0, 30, n),
            "name": rng.choice(["x", "y"], n),
        }
    )


STEPS = [
    PersonaMerger(["age", "zip"], 2, person_id="person"),
    PersonaMerger(["age", "zip"], 2, person_id="person", order_by="date"),
    PersonaMerger(["age"], 2, person_id="person", sensitive=["outcome"], l_diversity=2),
    PersonaMerger(["age", "zip"], 2, exact="zip", representation="interval"),
    TemporalNoise("date", **IDS, shift=9, jitter=5, not_after="death", random_state=1),
    TemporalNoise("date", **IDS, jitter=400, ages="age", random_state=1, max_events=2),
    TemporalNoise("date", jitter=5, random_state=1),
    OutcomeNoise("outcome", **IDS, given="type", flip_probability=0.5, random_state=1),
    OutcomeNoise("outcome", person_id="person", flip_probability=0.5, random_state=1),
    ValueNoise("stay", **IDS, spread=4, random_state=1),
    GeographicGeneralizer("zip", level="state"),
    GeographicGeneralizer("zip", min_people=2, person_id="person"),
    IdentifierRemover(["name"]),
]


@pytest.mark.filterwarnings("ignore::personatwin_sk.exceptions.DataWarning")
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(STEPS))
def test_columns_that_are_not_read_have_no_say(seed, step):
    rng = np.random.default_rng(seed)
    table = events(rng)
    found = find_footprint(type(step), step.get_params())
    reads = set(table) if found.reads is None else found.reads
    others = events(rng)
    mixed = table.assign(**{name: others[name] for name in table if name not in reads})
    one, other = clone(step).fit_transform(table), clone(step).fit_transform(mixed)
    for name in set(found.writes):
        pd.testing.assert_series_equal(one[name], other[name])
    left = [name for name in table if name not in found.drops]
    assert list(one) == left
    for name in set(left) - found.writes:
        pd.testing.assert_series_equal(one[name], table[name])


def test_a_column_that_would_be_forgotten_is_found_out():
    # Planted: were the bound not read, the dates would be those of other bounds.
    rng = np.random.default_rng(0)
    step = TemporalNoise("date", **IDS, jitter=300, not_after="death", random_state=1)
    table = events(rng)
    sooner = table.assign(death=table["date"])
    assert (
        not clone(step)
        .fit_transform(table)["date"]
        .equals(clone(step).fit_transform(sooner)["date"])
    )
    assert "death" in find_footprint(TemporalNoise, step.get_params()).reads


def test_pipelines_are_no_step_of_ours():
    inner = Pipeline([("merge", PersonaMerger("age"))])
    assert find_footprint(Pipeline, inner.get_params()) is ANYTHING
