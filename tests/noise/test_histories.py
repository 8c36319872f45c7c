"""Both steps on real histories: courts (COMPAS) and synthetic patients (Synthea)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.pipeline import make_pipeline

from personatwin_sk.noise import OutcomeNoise, TemporalNoise

IDS = {"person_id": "person_id", "event_id": "event_id"}


@pytest.fixture(scope="module", params=["compas/court_events", "synthea/patient_events"])
def histories(request, shared_data):
    return pd.read_csv(shared_data / f"{request.param}.csv.gz", dtype=str)


def test_order_and_window_on_every_history(histories):
    released = TemporalNoise(**IDS, shift=30, jitter=14, random_state=0).fit_transform(histories)
    frame = pd.DataFrame(
        {
            "person": histories["person_id"],
            "true": pd.to_datetime(histories["date"]),
            "new": pd.to_datetime(released["date"]),
        }
    )
    assert (frame["new"] - frame["true"]).dt.days.abs().max() <= 44
    # Each moment's earliest released date against the latest of all earlier moments of the person.
    moments = frame.groupby(["person", "true"])["new"].agg(["min", "max"])
    latest_before = moments["max"].groupby("person").cummax().groupby("person").shift()
    assert not (moments["min"] < latest_before).any()
    assert (frame["new"] != frame["true"]).mean() > 0.9


def test_pure_shift_keeps_every_interval(histories):
    released = TemporalNoise(**IDS, shift=60, random_state=0).fit_transform(histories)
    moved = pd.to_datetime(released["date"]) - pd.to_datetime(histories["date"])
    assert moved.groupby(histories["person_id"]).nunique().eq(1).all()


def test_outcomes_stay_allowed_and_keep_their_distribution(histories):
    noise = OutcomeNoise(given="event_type", **IDS, flip_probability=0.1, random_state=1)
    released = noise.fit_transform(histories)["outcome"]
    original = histories["outcome"]
    assert (released.isna() == original.isna()).all()
    for event_type, rows in histories.groupby("event_type").groups.items():
        before, after = original[rows].value_counts(), released[rows].value_counts()
        assert set(after.index) <= set(before.index)
        matrix = noise.transition_matrices_[event_type]
        before = before.reindex(matrix.index)
        after = after.reindex(matrix.index, fill_value=0)
        expected = before.to_numpy() @ matrix.to_numpy()
        np.testing.assert_allclose(expected, before, rtol=1e-9)
        # Sum over true outcomes of n p (1 - p): the variance of each released count, exactly.
        spread = (before.to_numpy()[:, None] * matrix.to_numpy() * (1 - matrix.to_numpy())).sum(0)
        assert (np.abs(after - before) <= 5 * np.sqrt(spread) + 1e-9).all()
        if len(matrix) > 1 and before.sum() > 1000:
            cap = 1 - ((before / before.sum()) ** 2).sum()
            share = (released[rows] != original[rows]).sum() / before.sum()
            assert share == pytest.approx(min(0.1, cap), abs=0.02)


def test_outcomes_keep_their_distribution_within_groups(histories):
    noise = OutcomeNoise(given="event_type", **IDS, flip_probability=0.1, random_state=2)
    released = noise.fit_transform(histories)["outcome"]
    # By gender the distribution differs from that of the type as a whole, so that it moves towards
    # it, by at most the share that changes; the sampling error comes on top.
    for _, rows in histories.groupby(["gender", "event_type"]).groups.items():
        n = len(rows)
        before = histories["outcome"][rows].value_counts(normalize=True)
        after = released[rows].value_counts(normalize=True)
        distance = before.sub(after, fill_value=0).abs().sum() / 2
        assert distance <= 0.15 + 3 / np.sqrt(n)


def test_a_pipeline_of_both_gives_every_chunk_of_people_the_same(histories):
    steps = make_pipeline(
        TemporalNoise(**IDS, shift=9, jitter=14, precision="month", random_state=5),
        OutcomeNoise(given="event_type", **IDS, random_state=6),
    ).fit(histories)
    whole = steps.transform(histories)
    part = pd.factorize(histories["person_id"])[0] % 3
    for i in range(3):
        chunk = histories[part == i].sample(frac=1, random_state=0)
        pd.testing.assert_frame_equal(steps.transform(chunk), whole.loc[chunk.index])
    assert whole["date"].str.fullmatch(r"\d{4}-\d{2}").all()


def test_jitters_are_uniform_on_single_event_people(histories):
    events = histories.drop_duplicates("person_id")
    released = TemporalNoise(**IDS, jitter=3, random_state=8).fit_transform(events)
    moved = (pd.to_datetime(released["date"]) - pd.to_datetime(events["date"])).dt.days
    assert stats.chisquare(np.bincount(moved + 3, minlength=7)).pvalue > 1e-3
