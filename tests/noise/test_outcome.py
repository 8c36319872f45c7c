"""OutcomeNoise: exchange within what the event type allows, at the rate that is promised."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import (
    ColumnNotFoundError,
    DataWarning,
    InputError,
    NothingSelectedWarning,
)
from personatwin_sk.noise import OutcomeNoise

IDS = {"person_id": "person_id", "event_id": "event_id"}
POSSIBLE = {
    "charge": ["felony", "misdemeanor"],
    "trial": ["convicted", "acquitted", "dismissed"],
    "bail": ["granted"],
}


def make_events(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    types = rng.choice(list(POSSIBLE), n)
    outcomes = [POSSIBLE[t][min(int(rng.exponential(0.7)), len(POSSIBLE[t]) - 1)] for t in types]
    return pd.DataFrame(
        {
            "person_id": [f"P{i:03d}" for i in rng.integers(0, n // 4, n)],
            "event_id": np.arange(n),
            "event_type": types,
            "outcome": outcomes,
        },
        index=rng.permutation(n) + 50,
    )


@pytest.mark.parametrize("invariant", [True, False])
def test_outcomes_stay_within_what_the_type_allows(invariant):
    events = make_events()
    noise = OutcomeNoise(given="event_type", **IDS, flip_probability=0.5, invariant=invariant)
    released = noise.fit_transform(events)
    for event_type, possible in POSSIBLE.items():
        of_type = released["event_type"] == event_type
        assert set(released.loc[of_type, "outcome"]) <= set(possible)
    assert (released["outcome"] != events["outcome"]).mean() > 0.2
    only = events["event_type"] == "bail"
    pd.testing.assert_frame_equal(released[only], events[only])
    pd.testing.assert_frame_equal(released.drop(columns="outcome"), events.drop(columns="outcome"))
    assert released["outcome"].dtype == events["outcome"].dtype


def test_invariant_matrices_keep_the_distribution_of_each_type():
    events = make_events()
    noise = OutcomeNoise(given="event_type", flip_probability=0.1).fit(events)
    assert set(noise.transition_matrices_) == set(POSSIBLE)
    for event_type, matrix in noise.transition_matrices_.items():
        shares = events.loc[events["event_type"] == event_type, "outcome"].value_counts(
            normalize=True
        )
        shares = shares.reindex(matrix.index).to_numpy()
        np.testing.assert_allclose(shares @ matrix.to_numpy(), shares, atol=1e-12)
        changed = 1 - shares @ np.diag(matrix)
        assert changed == pytest.approx(min(0.1, 1 - (shares**2).sum()), abs=1e-12)
        assert matrix.index.tolist() == matrix.columns.tolist() == sorted(POSSIBLE[event_type])


def test_uniform_matrices():
    noise = OutcomeNoise(given="event_type", flip_probability=0.2, invariant=False)
    matrix = noise.fit(make_events()).transition_matrices_["trial"]
    np.testing.assert_allclose(matrix, [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]])


@pytest.mark.parametrize("invariant", [True, False])
def test_transitions_follow_the_matrices(invariant):
    events = make_events(n=40_000)
    noise = OutcomeNoise(
        given="event_type", **IDS, flip_probability=0.2, invariant=invariant, random_state=4
    )
    released = noise.fit_transform(events)["outcome"]
    for event_type, matrix in noise.transition_matrices_.items():
        for true in matrix.index:
            rows = (events["event_type"] == event_type) & (events["outcome"] == true)
            observed = released[rows].value_counts().reindex(matrix.columns, fill_value=0)
            if len(matrix) > 1:
                expected = rows.sum() * matrix.loc[true]
                assert stats.chisquare(observed, expected).pvalue > 1e-3


def test_flip_5_percent_changes_at_least_3_percent_where_two_are_allowed():
    events = make_events(n=20_000)
    released = OutcomeNoise(given="event_type", **IDS, random_state=0).fit_transform(events)
    two = events["event_type"] == "charge"
    share = (released["outcome"] != events["outcome"])[two].mean()
    assert 0.03 <= share <= 0.07


def test_draws_of_columns_are_independent():
    events = make_events(n=20_000).assign(second=lambda f: f["outcome"])
    noise = OutcomeNoise(["outcome", "second"], given="event_type", flip_probability=0.4, **IDS)
    released = noise.set_params(random_state=3).fit_transform(events)
    rows = events["event_type"] == "charge"
    changed = [(released[c] != events[c])[rows] for c in ("outcome", "second")]
    # Within one true outcome, for the chance to change is another for each.
    felony = events.loc[rows, "outcome"] == "felony"
    table = pd.crosstab(changed[0][felony], changed[1][felony])
    assert stats.chi2_contingency(table).pvalue > 1e-3
    assert set(noise.transition_matrices_) == {
        (column, event_type) for column in ("outcome", "second") for event_type in POSSIBLE
    }


@pytest.mark.parametrize("ids", [IDS, {"person_id": "person_id"}, {}])
def test_same_key_same_noise_on_any_chunk_and_in_any_order(ids):
    events = make_events()
    noise = OutcomeNoise(given="event_type", **ids, flip_probability=0.4, random_state=3).fit(
        events
    )
    whole = noise.transform(events)
    for part in range(10):
        chunk = events[events["person_id"].str.endswith(str(part))]
        pd.testing.assert_frame_equal(noise.transform(chunk), whole.loc[chunk.index])
    shuffled = events.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(noise.transform(shuffled), whole.loc[shuffled.index])
    pd.testing.assert_frame_equal(clone(noise).fit_transform(shuffled), whole.loc[shuffled.index])
    turned = clone(noise).fit_transform(events[events.columns[::-1]])
    pd.testing.assert_frame_equal(turned[events.columns], whole)
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(noise)).transform(events), whole)


def test_equal_rows_get_equal_noise_without_ids():
    events = make_events()[["event_type", "outcome"]]
    released = OutcomeNoise(given="event_type", flip_probability=0.5).fit_transform(events)
    groups = released.groupby([events["event_type"], events["outcome"]])["outcome"].nunique()
    assert groups.eq(1).all()


def test_another_key_gives_other_noise():
    events = make_events()
    noise = OutcomeNoise(given="event_type", **IDS, flip_probability=0.5)
    first, second = noise.fit_transform(events), noise.fit_transform(events)
    assert (first["outcome"] != second["outcome"]).mean() > 0.2


def test_nulls_are_never_changed_and_never_drawn():
    events = make_events()
    events.loc[events.index[::5], "outcome"] = None
    events.loc[events.index[::9], "event_type"] = None
    noise = OutcomeNoise(given="event_type", **IDS, flip_probability=0.6).fit(events)
    released = noise.transform(events)
    assert (released["outcome"].isna() == events["outcome"].isna()).all()
    assert None in noise.transition_matrices_  # a null type is a type of its own
    everything = {o for own in POSSIBLE.values() for o in own}
    assert set(noise.transition_matrices_[None].index) == everything
    nothing = events.assign(
        outcome=pd.Series([None] * len(events), dtype=object, index=events.index)
    )
    assert noise.fit(nothing).transition_matrices_ == {}
    pd.testing.assert_frame_equal(noise.transform(nothing), nothing)


def test_allowed_rules_over_what_the_data_show():
    events = pd.DataFrame(
        {"event_type": ["a"] * 6 + ["b"] * 6, "outcome": ["x"] * 6 + ["y", "z"] * 3}
    )
    noise = OutcomeNoise(
        given="event_type",
        allowed={"a": ["x", "w"], "c": ["u", "v"]},
        invariant=False,
        flip_probability=1.0,
    )
    released = noise.fit_transform(events)["outcome"]
    assert released.tolist() == ["w"] * 6 + ["z", "y"] * 3
    assert set(noise.transition_matrices_) == {"a", "b", "c"}
    unseen = pd.DataFrame({"event_type": ["c", "c", "a"], "outcome": ["u", "v", "w"]})
    assert noise.transform(unseen)["outcome"].tolist() == ["v", "u", "x"]


def test_allowed_with_invariant_draws_only_what_was_seen():
    events = pd.DataFrame({"outcome": ["x", "y"] * 500, "event_id": range(1000)})
    noise = OutcomeNoise(allowed=["x", "y", "z"], flip_probability=0.4, random_state=0)
    released = noise.fit_transform(events)["outcome"]
    assert set(released) == {"x", "y"}
    assert (released != events["outcome"]).mean() == pytest.approx(0.4, abs=0.06)
    # An outcome allowed but not seen is exchanged like the others.
    late = noise.transform(events.assign(outcome="z"))["outcome"]
    assert 0 < (late == "z").mean() < 1


def test_without_given_there_is_one_matrix():
    noise = OutcomeNoise(flip_probability=0.15).fit(
        pd.DataFrame({"outcome": ["felony"] * 3 + ["misdemeanor"]})
    )
    assert list(noise.transition_matrices_) == [None]
    np.testing.assert_allclose(noise.transition_matrices_[None], [[0.9, 0.1], [0.3, 0.7]])


def test_what_was_not_seen_at_fit_is_drawn_anew_and_counted():
    events = make_events()
    noise = OutcomeNoise(given="event_type", **IDS, flip_probability=0.05).fit(events)
    trials = events.index[events["event_type"] == "trial"]
    late = events.copy()
    late.loc[trials, "outcome"] = "escaped"
    with pytest.warns(DataWarning, match=rf"^{len(trials)} of 2000 outcomes in column") as caught:
        released = noise.transform(late)
    assert "escaped" not in str(caught[0].message)
    shares = released.loc[trials, "outcome"].value_counts()
    expected = events.loc[trials, "outcome"].value_counts()[shares.index]
    assert stats.chisquare(shares, expected).pvalue > 1e-3
    # The others get what they would have got.
    others = events.index.difference(trials)
    pd.testing.assert_frame_equal(released.loc[others], noise.transform(events).loc[others])
    # An outcome of another type is as new as an unknown one.
    bail = events.index[events["event_type"] == "bail"][:2]
    late = events.copy()
    late.loc[bail, "outcome"] = "felony"
    with pytest.warns(DataWarning, match="^2 of 2000 outcomes"):
        assert noise.transform(late).loc[bail, "outcome"].tolist() == ["granted", "granted"]
    # A null outcome says nothing about its type.
    late.loc[bail, ["event_type", "outcome"]] = ["parole", None]
    noise.transform(late)


@pytest.mark.parametrize("outcomes", [["a", "b"], [1, 2], [1.5, 2.5]])
def test_an_outcome_of_a_new_event_type_is_null(outcomes):
    noise = OutcomeNoise(given="event_type").fit(
        pd.DataFrame({"event_type": ["x"] * 4, "outcome": outcomes * 2})
    )
    late = pd.DataFrame({"event_type": ["x", "y"], "outcome": outcomes})
    with pytest.warns(DataWarning, match="^1 of 2 outcomes"):
        released = noise.transform(late)["outcome"]
    assert released.isna().tolist() == [False, True]
    assert released[0] in outcomes


def test_what_allowed_does_not_name_is_refused_with_its_count():
    events = make_events()
    noise = OutcomeNoise(given="event_type", allowed=POSSIBLE, **IDS).fit(events)
    late = events.copy()
    late.loc[late.index[:4], "outcome"] = "escaped"
    with pytest.raises(InputError, match=r"^4 of 2000 outcomes in column 'outcome'") as caught:
        noise.transform(late)
    assert "escaped" not in str(caught.value)


def test_rare_outcomes_stand_in_no_way_of_cross_validation():
    events = make_events(300)
    events.iloc[0, events.columns.get_loc("outcome")] = "escaped"
    target = np.arange(300) % 2
    model = make_pipeline(
        OutcomeNoise(given="event_type", **IDS, random_state=0),
        OneHotEncoder(handle_unknown="ignore"),
        LogisticRegression(),
    )
    with pytest.warns(DataWarning, match="^1 of 100 outcomes"):
        scores = cross_val_score(model, events, target, cv=3, error_score="raise")
    assert np.isfinite(scores).all()


def test_the_table_of_fit_has_to_obey_allowed():
    events = make_events()
    n_trials = int((events["event_type"] == "trial").sum())
    with pytest.raises(InputError, match=rf"^{n_trials} of 2000 outcomes"):
        OutcomeNoise(given="event_type", allowed={"trial": ["hung"]}).fit(events)


@pytest.mark.parametrize(
    "setting",
    [
        {"allowed": {"a": ["x"]}},
        {"allowed": ["x"], "given": "event_type"},
        {"allowed": {"a": "felony"}, "given": "event_type"},
        {"allowed": {"a": []}, "given": "event_type"},
        {"allowed": ["x", None]},
    ],
)
def test_unusable_allowed(setting):
    with pytest.raises(InputError, match="allowed"):
        OutcomeNoise(**setting).fit(make_events())


def test_a_column_of_amounts_is_no_column_of_outcomes():
    frame = pd.DataFrame({"outcome": np.arange(5000)})
    with pytest.raises(InputError, match="5000 distinct outcomes"):
        OutcomeNoise().fit(frame)


@pytest.mark.parametrize("flip", [-0.1, 1.1, "often"])
def test_bad_flip_probability(flip):
    with pytest.raises(ValueError, match="'flip_probability' parameter of OutcomeNoise"):
        OutcomeNoise(flip_probability=flip).fit(make_events())


@pytest.mark.parametrize("parameter", ["columns", "given", "person_id", "event_id"])
def test_missing_columns(parameter):
    with pytest.raises(ColumnNotFoundError, match=f"{parameter} names the column 'nowhere'"):
        OutcomeNoise(**{parameter: "nowhere"}).fit(make_events())


@pytest.mark.parametrize(
    "values",
    [
        np.tile([0, 1, 2], 400),
        np.tile([0.5, np.nan, 2.0], 400),
        np.tile([True, False, True], 400),
        pd.array([1, None, 3] * 400, dtype="Int64"),
        pd.array([True, None, False] * 400, dtype="boolean"),
        pd.Categorical(["a", None, "b"] * 400),
        np.array(["a", None, "b"] * 400, dtype=object),
        pd.array(["a", None, "b"] * 400, dtype="string"),
        np.array([1, "one", None] * 400, dtype=object),
        pd.to_datetime(["2023-01-01", None, "2023-05-01"] * 400),
    ],
    ids=lambda values: str(values.dtype),
)
def test_dtypes_are_kept(values):
    frame = pd.DataFrame({"outcome": values, "event_id": range(1200)})
    released = OutcomeNoise(flip_probability=0.4, random_state=0).fit_transform(frame)["outcome"]
    assert released.dtype == frame["outcome"].dtype
    assert set(released.dropna()) == set(frame["outcome"].dropna())
    assert (released.isna() == frame["outcome"].isna()).all()
    known = released.notna()
    changed = released[known].astype(object) != frame["outcome"][known].astype(object)
    assert 0.2 < changed.mean() < 0.6


def test_float_arrays_stay_float_arrays():
    rng = np.random.default_rng(0)
    array = np.column_stack([rng.random(900), rng.integers(0, 3, 900)])
    released = OutcomeNoise(1, flip_probability=0.3, random_state=0).fit_transform(array)
    assert released.dtype == np.float64
    np.testing.assert_array_equal(released[:, 0], array[:, 0])
    assert 0.2 < (released[:, 1] != array[:, 1]).mean() < 0.4
    assert set(released[:, 1]) == {0.0, 1.0, 2.0}


def test_kinds_of_tables_agree():
    events = make_events().reset_index(drop=True)
    events.loc[[3, 5], "outcome"] = None
    polars = pytest.importorskip("polars")
    for ids in (IDS, {}):
        noise = OutcomeNoise(given="event_type", **ids, flip_probability=0.4, random_state=3)
        expected = noise.fit_transform(events)["outcome"]
        for convert in (polars.from_pandas, lambda frame: polars.from_pandas(frame).to_arrow()):
            table = convert(events)
            released = noise.fit_transform(table)
            assert type(released) is type(table)
            plain = Table.of(released)["outcome"]
            assert plain.where(plain.notna(), None).tolist() == (
                expected.astype(object).where(expected.notna(), None).tolist()
            )


def test_fitted_on_one_kind_of_table_used_on_another():
    polars = pytest.importorskip("polars")
    events = make_events().reset_index(drop=True)
    noise = OutcomeNoise(given="event_type", **IDS, flip_probability=0.4, random_state=3)
    expected = noise.fit(events).transform(events)["outcome"].tolist()
    assert noise.transform(polars.from_pandas(events))["outcome"].to_list() == expected


def test_nothing_selected_warns_and_passes():
    numbers = np.arange(12.0).reshape(4, 3)
    with pytest.warns(
        NothingSelectedWarning, match="OutcomeNoise found no column called 'outcome'"
    ):
        noise = OutcomeNoise().fit(numbers)
    assert noise.transition_matrices_ == {}
    np.testing.assert_array_equal(noise.transform(numbers), numbers)


def test_input_and_allowed_are_not_modified():
    events = make_events()
    before = events.copy(deep=True)
    allowed = {event_type: list(own) for event_type, own in POSSIBLE.items()}
    noise = OutcomeNoise(given="event_type", **IDS, allowed=allowed, flip_probability=0.5)
    first = noise.fit(events).transform(events)
    noise.transition_matrices_["charge"].iloc[:, :] = 0.5  # public figures, not the machinery
    pd.testing.assert_frame_equal(noise.transform(events), first)
    pd.testing.assert_frame_equal(events, before)
    assert allowed == POSSIBLE


def test_flip_zero_changes_nothing():
    events = make_events()
    for invariant in (True, False):
        noise = OutcomeNoise(given="event_type", flip_probability=0.0, invariant=invariant)
        pd.testing.assert_frame_equal(noise.fit_transform(events), events)


def test_the_key_can_be_forgotten():
    events = make_events()
    noise = OutcomeNoise(given="event_type").fit(events)
    with pytest.raises(NotFittedError, match="forget_key"):
        noise.forget_key().transform(events)


def test_the_distribution_is_kept_unless_said_otherwise():
    frame = pd.DataFrame({"outcome": ["a"] * 30 + ["b"] * 10})
    default = OutcomeNoise(flip_probability=0.2, random_state=0).fit(frame)
    kept = OutcomeNoise(flip_probability=0.2, invariant=True, random_state=0).fit(frame)
    assert default.invariant is None
    expected = np.asarray(kept.transition_matrices_[None])
    np.testing.assert_array_equal(np.asarray(default.transition_matrices_[None]), expected)
    np.testing.assert_allclose(np.array([0.75, 0.25]) @ expected, [0.75, 0.25])
