"""The steps on real histories: courts (COMPAS) and synthetic patients (Synthea)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.pipeline import make_pipeline

from personatwin_sk.noise import OutcomeNoise, TemporalNoise

IDS = {"person_id": "person_id", "event_id": "event_id"}
WINDOW = ("1930-01-01", "2021-12-31")  # both files lie within it


@pytest.fixture(scope="module", params=["compas/court_events", "synthea/patient_events"])
def histories(request, shared_data):
    return pd.read_csv(shared_data / f"{request.param}.csv.gz", dtype=str)


def dates(frame: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(frame["date"])


def count_disorder(true: pd.Series, released: pd.Series, people: pd.Series) -> tuple[int, int]:
    """Count the days of a person that come out before an earlier day, and together with it."""
    frame = pd.DataFrame({"person": people, "true": true, "new": released})
    days = frame.groupby(["person", "true"])["new"].agg(["min", "max"])
    latest_before = days["max"].groupby("person").cummax().groupby("person").shift()
    before = int((days["min"] < latest_before).sum())
    return before, int((days["min"] == latest_before).sum())


# -- dates


@pytest.mark.parametrize(("shift", "jitter"), [(0, 7), (30, 14), (0, 400)])
def test_order_and_reach(histories, shift, jitter):
    step = TemporalNoise(**IDS, shift=shift, jitter=jitter, random_state=0)
    released = dates(step.fit_transform(histories))
    true = dates(histories)
    assert (released - true).dt.days.abs().max() <= shift + jitter
    assert count_disorder(true, released, histories["person_id"]) == (0, 0)
    # Without the promise the same draws break the order: there is something to repair.
    loose = dates(step.set_params(keep_order=False).fit_transform(histories))
    assert count_disorder(true, loose, histories["person_id"])[0] > 100


def test_order_holds_at_every_precision(histories):
    for precision in ("week", "month", "quarter", "year"):
        step = TemporalNoise(**IDS, jitter=60, precision=precision, random_state=1)
        labels = step.fit_transform(histories)["date"]
        # Labels of one precision sort as their periods do.
        ranks = labels.rank(method="dense").astype(int)
        before, _ = count_disorder(dates(histories), ranks, histories["person_id"])
        assert before == 0


def test_jitter_of_a_week_moves_most_dates_before_order_is_repaired(histories):
    step = TemporalNoise(**IDS, jitter=7, keep_order=False, random_state=2)
    moved = (dates(step.fit_transform(histories)) - dates(histories)).dt.days
    assert (moved != 0).mean() >= 0.8
    counts = np.bincount(moved + 7, minlength=15)
    assert stats.chisquare(counts).pvalue > 1e-3  # 14 of 15 move


def test_epsilon_within_its_window(histories):
    step = TemporalNoise(**IDS, epsilon=0.1, window=WINDOW, random_state=3)
    released, true = dates(step.fit_transform(histories)), dates(histories)
    low, high = map(pd.Timestamp, WINDOW)
    within = true.clip(low, high)
    assert released.between(low, high).all()
    before, together = count_disorder(within, released, histories["person_id"])
    assert before == 0
    # Days tie at an end of the window alone.
    inside = released.between(low, high, inclusive="neither")
    rest = histories["person_id"][inside]
    assert count_disorder(within[inside], released[inside], rest) == (0, 0)
    assert together <= (~inside).sum()


def test_epsilon_moves_dates_as_the_discrete_laplace_distribution_does(histories):
    epsilon = 0.1
    step = TemporalNoise(
        **IDS, epsilon=epsilon, window=("1800-01-01", "2200-01-01"), keep_order=False,
        random_state=4,
    )  # fmt: skip
    moved = (dates(step.fit_transform(histories)) - dates(histories)).dt.days
    less = np.exp(-epsilon)
    days = np.arange(-40, 41)
    share = (1 - less) / (1 + less) * less ** np.abs(days)
    observed = [(moved == day).sum() for day in days]
    expected = np.append(share, 1 - share.sum()) * len(moved)
    assert stats.chisquare([*observed, len(moved) - sum(observed)], expected).pvalue > 1e-3
    assert (moved != 0).mean() >= 0.8


@pytest.mark.parametrize(("step_of_shift", "days"), [("day", 1), ("week", 7), ("year", 364)])
def test_a_pure_shift_keeps_every_interval(histories, step_of_shift, days):
    step = TemporalNoise(**IDS, shift=1_092, shift_step=step_of_shift, random_state=5)
    moved = (dates(step.fit_transform(histories)) - dates(histories)).dt.days
    assert moved.groupby(histories["person_id"]).nunique().eq(1).all()
    shifts = moved.groupby(histories["person_id"]).first()
    assert (shifts % days == 0).all() and shifts.abs().max() <= 1_092
    assert (shifts % (7 * days) != 0).any() or days > 1
    # Each of the shifts there are is as likely as any other; patients are too few for days.
    bins = np.histogram(shifts, bins=7, range=(-1_092 - days / 2, 1_092 + days / 2))[0]
    assert stats.chisquare(bins).pvalue > 1e-3


def test_jitters_are_uniform_on_single_event_people(histories):
    events = histories.drop_duplicates("person_id")
    released = TemporalNoise(**IDS, jitter=3, random_state=8).fit_transform(events)
    moved = (dates(released) - dates(events)).dt.days
    assert stats.chisquare(np.bincount(moved + 3, minlength=7)).pvalue > 1e-3


def test_nothing_is_dated_after_the_day_of_extraction(histories):
    last = dates(histories).max()
    extract = str(last.date())
    step = TemporalNoise(**IDS, jitter=365, not_after=extract, random_state=9)
    released = dates(step.fit_transform(histories))
    assert released.max() <= last
    before, _ = count_disorder(dates(histories), released, histories["person_id"])
    assert before == 0
    free = step.set_params(not_after=None)
    assert dates(free.fit_transform(histories)).max() > last


# -- outcomes


def outcome_step(**more: Any) -> OutcomeNoise:
    return OutcomeNoise(given="event_type", **IDS, **more)


def is_choice(histories: pd.DataFrame) -> pd.Series:
    """Events of a type of which more than one outcome is seen."""
    return histories.groupby("event_type")["outcome"].transform("nunique") > 1


def test_outcomes_stay_allowed_and_keep_their_distribution(histories):
    noise = outcome_step(flip_probability=0.1, random_state=1)
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


GROUPS = [("event_type",), ("gender", "event_type"), ("ethnicity", "event_type")]


def farthest(histories: pd.DataFrame, released: pd.Series, group: tuple[str, ...]) -> float:
    """Give how many sampling errors the distribution of a group moved at most.

    The sampling error of a share is that of as many people drawn anew: sqrt(p (1 - p) / n).
    """
    most = 0.0
    for _, rows in histories.groupby(list(group)).indices.items():
        shares = histories["outcome"].iloc[rows].value_counts(normalize=True)
        if len(rows) < 30 or len(shares) < 2:
            continue
        after = released.iloc[rows].value_counts(normalize=True).reindex(shares.index, fill_value=0)
        error = np.sqrt(shares * (1 - shares) / len(rows))
        most = max(most, float(((after - shares).abs() / error).max()))
    return most


@pytest.mark.parametrize("group", GROUPS, ids="-".join)
def test_by_group_distributions_stay_within_sampling_error(histories, group):
    # Three errors: what the largest of some twenty shares drawn anew would be off by.
    moved = []
    for seed in range(4):
        released = outcome_step(random_state=seed).fit_transform(histories)["outcome"]
        moved.append(farthest(histories, released, group))
    assert max(moved) < 3
    # An exchange that keeps no distribution is beyond that: the measure can tell.
    step = outcome_step(flip_probability=0.2, invariant=False, random_state=0)
    assert farthest(histories, step.fit_transform(histories)["outcome"], group) > 3


@pytest.mark.parametrize(
    "chosen",
    [{"flip_probability": 0.05}, {"epsilon": 1.0}, {"epsilon": 1.0, "invariant": True}],
    ids=["flip", "epsilon", "epsilon, prior"],
)
def test_noise_does_something_and_stays_allowed(histories, chosen):
    shown = histories.groupby("event_type")["outcome"].value_counts()
    types = histories["event_type"].unique()
    chosen = dict(chosen)
    if "invariant" in chosen:
        chosen["prior"] = {name: (shown[name] / shown[name].sum()).to_dict() for name in types}
    elif "epsilon" in chosen:
        chosen["allowed"] = {name: shown[name].index.tolist() for name in types}
    released = outcome_step(**chosen, random_state=6).fit_transform(histories)["outcome"]
    choice = is_choice(histories)
    changed = released != histories["outcome"]
    assert not changed[~choice].any()
    for name in types[[choice[histories["event_type"] == name].all() for name in types]]:
        own = histories["event_type"] == name
        if own.sum() > 500:
            assert changed[own].mean() >= 0.03
        assert set(released[own]) <= set(shown[name].index)
    assert changed[choice].mean() >= 0.03


# -- both


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


def test_at_epsilon_chunks_of_people_come_out_the_same(histories):
    types = histories["event_type"].unique()
    outcomes = histories["outcome"].unique().tolist()
    steps = make_pipeline(
        TemporalNoise(**IDS, epsilon=0.05, window=WINDOW, max_events=5, random_state=7),
        OutcomeNoise(
            **IDS, given="event_type", epsilon=1.0, allowed=dict.fromkeys(types, outcomes),
            random_state=8,
        ),
    )  # fmt: skip
    counted = pytest.warns(UserWarning, match="max_events")
    with counted:
        whole = steps.fit(histories).transform(histories)
    part = pd.factorize(histories["person_id"])[0] % 2
    for i in range(2):
        chunk = histories[part == i].sample(frac=1, random_state=0)
        with pytest.warns(UserWarning, match="max_events"):
            released = steps.transform(chunk)
        pd.testing.assert_frame_equal(released, whole.loc[chunk.index])
    kept = whole["date"].notna().groupby(whole["person_id"]).sum()
    assert kept.max() == 5
