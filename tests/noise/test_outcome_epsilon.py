"""OutcomeNoise at epsilon, with a public prior, with a given matrix, pooled, and bounded."""

from __future__ import annotations

import pickle
from decimal import Context, Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from personatwin_sk.exceptions import DataWarning, InputError
from personatwin_sk.noise import OutcomeNoise

IDS = {"person_id": "person_id", "event_id": "event_id"}
POSSIBLE = {
    "charge": ["felony", "misdemeanor"],
    "trial": ["convicted", "acquitted", "dismissed"],
    "bail": ["granted"],
}
PRIOR = {
    "charge": {"felony": 0.2, "misdemeanor": 0.8},
    "trial": {"convicted": 0.5, "acquitted": 0.4, "dismissed": 0.1},
    "bail": {"granted": 1.0},
}
TOTAL = 2**62


def make_events(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    types = rng.choice(list(POSSIBLE), n)
    outcomes = [POSSIBLE[t][min(int(rng.exponential(0.7)), len(POSSIBLE[t]) - 1)] for t in types]
    frame = pd.DataFrame(
        {
            "person_id": [f"P{i:03d}" for i in rng.integers(0, n // 4, n)],
            "event_id": np.arange(n),
            "event_type": types,
            "outcome": outcomes,
        }
    )
    return frame


def weights_of(noise, column="outcome"):
    return {name: item.weights for name, item in noise._channels[column].exchanges.items()}


def at_epsilon(epsilon=1.0, **settings):
    settings = {"given": "event_type", "allowed": POSSIBLE, "random_state": 0} | IDS | settings
    return OutcomeNoise(epsilon=epsilon, **settings)


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 2.5])
def test_epsilon_is_k_ary_randomised_response(epsilon):
    noise = at_epsilon(epsilon).fit(make_events())
    for event_type, allowed in POSSIBLE.items():
        matrix = noise.transition_matrices_[event_type]
        assert matrix.index.tolist() == matrix.columns.tolist() == allowed
        m = len(allowed)
        keep = np.exp(epsilon) / (np.exp(epsilon) + m - 1)
        np.testing.assert_allclose(np.diag(matrix), keep, rtol=1e-12)
        np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-15)


@pytest.mark.parametrize("settings", [{}, {"invariant": True, "prior": PRIOR}])
@pytest.mark.parametrize("epsilon", [0.05, 1.0, 3.0])
def test_the_claim_is_true_of_the_numbers_that_are_drawn_from(epsilon, settings):
    noise = at_epsilon(epsilon, **settings).fit(make_events())
    bound = Context(prec=60).exp(Decimal(epsilon))
    for weights in weights_of(noise).values():
        assert all(sum(row) == TOTAL for row in weights.tolist())
        for column in weights.T.tolist():
            assert Decimal(max(column)) <= bound * min(column)


def test_released_outcomes_follow_the_probabilities():
    events = make_events(n=40_000)
    noise = at_epsilon(1.0)
    released = noise.fit_transform(events)["outcome"]
    for event_type in ("charge", "trial"):
        matrix = noise.transition_matrices_[event_type]
        for true in matrix.index:
            rows = (events["event_type"] == event_type) & (events["outcome"] == true)
            observed = released[rows].value_counts().reindex(matrix.columns, fill_value=0)
            assert stats.chisquare(observed, rows.sum() * matrix.loc[true]).pvalue > 1e-3


def test_equal_events_of_a_person_are_drawn_independently():
    n = 20_000
    events = pd.DataFrame(
        {
            "person_id": np.repeat(np.arange(n), 2),
            "event_id": np.tile([1, 2], n),
            "outcome": "felony",
        }
    )
    noise = at_epsilon(0.5, given=None, allowed=["felony", "misdemeanor"])
    released = noise.fit_transform(events)["outcome"].to_numpy().reshape(n, 2)
    table = pd.crosstab(released[:, 0], released[:, 1])
    assert stats.chi2_contingency(table).pvalue > 1e-3


def test_epsilon_1_changes_at_least_3_percent_where_two_are_allowed():
    events = make_events(n=20_000)
    released = at_epsilon(1.0).fit_transform(events)["outcome"]
    two = events["event_type"] == "charge"
    share = (released != events["outcome"])[two].mean()
    assert share == pytest.approx(1 / (1 + np.e), abs=0.02)
    only = events["event_type"] == "bail"
    assert (released[only] == "granted").all()


def test_what_is_released_does_not_depend_on_the_distribution_in_the_table():
    """At epsilon nothing of the exchange is learnt: another table, the same matrices and draws."""
    events = make_events()
    other = make_events(seed=7)
    for settings in ({}, {"invariant": True, "prior": PRIOR}):
        noise = at_epsilon(**settings)
        first, second = noise.fit(events).transform(events), clone(noise).fit(other)
        pd.testing.assert_frame_equal(second.transform(events), first)


def test_a_public_prior_is_kept_at_epsilon():
    noise = at_epsilon(1.0, invariant=True, prior=PRIOR).fit(make_events())
    for event_type, own in PRIOR.items():
        matrix = noise.transition_matrices_[event_type]
        prior = np.array([own[outcome] for outcome in matrix.index])
        np.testing.assert_allclose(prior @ matrix.to_numpy(), prior, rtol=0, atol=1e-12)
        redrawn = 1 / (1 + prior.min() * (np.e - 1)) if len(own) > 1 else 1
        expected = (1 - redrawn) * np.eye(len(own)) + redrawn * prior
        np.testing.assert_allclose(matrix, expected, rtol=1e-12)


def test_a_prior_without_epsilon_is_what_is_kept():
    prior = {"felony": 0.2, "misdemeanor": 0.8}
    noise = OutcomeNoise(prior=prior, flip_probability=0.1)
    matrix = noise.fit(pd.DataFrame({"outcome": ["felony"] * 9 + ["misdemeanor"]}))
    matrix = matrix.transition_matrices_[None]
    assert matrix.index.tolist() == list(prior)
    # 1 - sum of squares = .32, so t = .1 / .32.
    redrawn = 0.1 / 0.32
    assert matrix.loc["felony", "misdemeanor"] == pytest.approx(redrawn * 0.8)
    assert matrix.loc["misdemeanor", "felony"] == pytest.approx(redrawn * 0.2)


def test_a_prior_of_zero_is_fine_without_epsilon():
    noise = OutcomeNoise(prior={"a": 0.5, "b": 0.5, "c": 0.0}, flip_probability=0.5)
    released = noise.fit_transform(
        pd.DataFrame({"outcome": ["a", "b", "c"] * 100, "n": range(300)})
    )
    assert (released["outcome"] == "c").sum() <= 100
    np.testing.assert_array_equal(noise.transition_matrices_[None].loc[["a", "b"], "c"], 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"person_id": None}, "epsilon needs person_id"),
        ({"event_id": None}, "epsilon needs event_id"),
        ({"invariant": True}, "needs the parameter prior"),
        ({"prior": PRIOR}, "set invariant=True"),
        ({"prior": PRIOR, "invariant": False}, "set invariant=True"),
        ({"matrix": {"charge": np.eye(2)}}, "epsilon and matrix"),
        (
            {"invariant": True, "prior": {"charge": PRIOR["charge"]}},
            "prior has none for one with 3 outcomes",
        ),
        (
            {"invariant": True, "prior": PRIOR | {"trial": {"convicted": 0.5, "acquitted": 0.5}}},
            "1 of 3 allowed outcomes of an event type a probability of 0",
        ),
    ],
)
def test_contradictions_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        at_epsilon(1.0, **settings).fit(make_events())


@pytest.mark.parametrize("epsilon", [0, -1.0, 1e-9, 501, np.inf, np.nan, "much"])
def test_bad_epsilon(epsilon):
    with pytest.raises(ValueError, match="'epsilon' parameter of OutcomeNoise"):
        at_epsilon(epsilon).fit(make_events())


@pytest.mark.parametrize(
    "settings", [{"pool_below": 0}, {"max_events": 0}, {"prior": [0.5]}, {"matrix": "often"}]
)
def test_bad_parameters(settings):
    with pytest.raises(ValueError, match=f"'{next(iter(settings))}' parameter of OutcomeNoise"):
        OutcomeNoise(**IDS, **settings).fit(make_events())


def test_two_rows_of_one_event_are_refused_at_epsilon_with_their_count():
    events = make_events()
    noise = at_epsilon().fit(events)
    twice = pd.concat([events, events.iloc[:3]])
    with pytest.raises(InputError, match=r"^6 of 2003 rows") as caught:
        noise.transform(twice)
    assert not any(person in str(caught.value) for person in twice["person_id"].iloc[-3:])
    at_epsilon(None).fit(events).transform(twice)  # no claim, no need


def test_null_outcomes_stay_null_at_epsilon():
    events = make_events()
    events.loc[events.index[::4], "outcome"] = None
    released = at_epsilon(0.1).fit_transform(events)
    assert (released["outcome"].isna() == events["outcome"].isna()).all()


def test_what_declared_types_do_not_have_is_refused_and_new_types_are_null():
    events = make_events()
    noise = at_epsilon().fit(events)
    with pytest.raises(InputError, match=r"^1 of 1 outcomes"):
        noise.transform(events.iloc[:1].assign(outcome="escaped"))
    late = events.iloc[:5].assign(event_type="parole")
    with pytest.warns(DataWarning, match="^5 of 5 outcomes"):
        assert noise.transform(late)["outcome"].isna().all()


# Given matrices.

GIVEN = pd.DataFrame(
    [[0.9, 0.1], [0.3, 0.7]],
    index=["felony", "misdemeanor"],
    columns=["felony", "misdemeanor"],
)


def test_a_given_matrix_is_used_as_it_is():
    events = make_events(20_000)
    noise = OutcomeNoise(given="event_type", **IDS, matrix={"charge": GIVEN}, random_state=0)
    released = noise.fit_transform(events)["outcome"]
    np.testing.assert_allclose(noise.transition_matrices_["charge"], GIVEN, rtol=1e-15)
    for true in GIVEN.index:
        rows = (events["event_type"] == "charge") & (events["outcome"] == true)
        observed = released[rows].value_counts()[GIVEN.columns]
        assert stats.chisquare(observed, rows.sum() * GIVEN.loc[true]).pvalue > 1e-3
    # Types that it does not name keep their distribution, as without it.
    plain = OutcomeNoise(given="event_type", **IDS, random_state=0).fit(events)
    pd.testing.assert_frame_equal(
        noise.transition_matrices_["trial"], plain.transition_matrices_["trial"]
    )


def test_a_given_matrix_is_made_invariant_in_two_stages():
    events = make_events()
    noise = OutcomeNoise(given="event_type", matrix={"charge": GIVEN}, invariant=True).fit(events)
    matrix = noise.transition_matrices_["charge"].to_numpy()
    charges = events.loc[events["event_type"] == "charge", "outcome"]
    shares = charges.value_counts(normalize=True)[GIVEN.index].to_numpy()
    np.testing.assert_allclose(shares @ matrix, shares, rtol=0, atol=1e-12)
    # By Bayes' rule, counted out: first exchanged, then put back to where it may have come from.
    joint = np.diag(shares) @ GIVEN.to_numpy()
    back = (joint / joint.sum(axis=0)).T
    np.testing.assert_allclose(matrix, GIVEN.to_numpy() @ back, rtol=1e-12)


def test_a_given_matrix_keeps_a_public_prior_in_two_stages():
    noise = OutcomeNoise(
        given="event_type", matrix={"charge": GIVEN}, invariant=True, prior=PRIOR
    ).fit(make_events())
    matrix, prior = noise.transition_matrices_["charge"].to_numpy(), np.array([0.2, 0.8])
    np.testing.assert_allclose(prior @ matrix, prior, rtol=0, atol=1e-12)


def test_outcomes_that_a_given_matrix_does_not_name_are_refused():
    events = make_events()
    n_trials = int((events["event_type"] == "trial").sum())
    table = pd.DataFrame(np.eye(2), index=["won", "lost"], columns=["won", "lost"])
    with pytest.raises(InputError, match=rf"^{n_trials} of 2000 outcomes"):
        OutcomeNoise(given="event_type", matrix={"trial": table}).fit(events)


# Pooling.


def test_small_types_take_the_distribution_of_all_restricted_to_what_they_allow():
    events = pd.DataFrame(
        {
            "person_id": [1, 2, 3, 4, 5, 6, 7, 7, 7],
            "event_type": ["big"] * 6 + ["small"] * 3,
            "outcome": ["a", "a", "a", "b", "c", "c", "a", "b", "b"],
        }
    )

    def distribution(**settings):
        noise = OutcomeNoise(given="event_type", flip_probability=1.0, **settings).fit(events)
        return noise.transition_matrices_["small"].iloc[0].to_dict()  # all rows are pi

    own, pooled = {"a": 1 / 3, "b": 2 / 3}, {"a": 4 / 7, "b": 3 / 7}
    assert distribution() == pytest.approx(own)
    assert distribution(person_id="person_id", pool_below=2) == pytest.approx(pooled)
    assert distribution(person_id="person_id", pool_below=1) == pytest.approx(own)
    # Three rows are three people where nothing says otherwise.
    assert distribution(pool_below=3) == pytest.approx(own)
    assert distribution(pool_below=4) == pytest.approx(pooled)


def test_null_outcomes_make_no_type_larger():
    events = pd.DataFrame(
        {
            "event_type": ["big"] * 8 + ["small"] * 4,
            "outcome": ["a", "b"] * 4 + ["a", "b", None, None],
        }
    )
    noise = OutcomeNoise(given="event_type", flip_probability=1.0, pool_below=3)
    events.loc[0, "outcome"] = "b"
    matrix = noise.fit(events).transition_matrices_["small"]
    assert matrix.iloc[0].to_dict() == pytest.approx({"a": 0.4, "b": 0.6})


def test_a_type_that_nobody_has_takes_what_is_known_of_all():
    events = pd.DataFrame({"event_type": ["x"] * 4, "outcome": ["a", "a", "a", "b"]})
    noise = OutcomeNoise(
        given="event_type", flip_probability=1.0, allowed={"y": ["a", "b"], "z": ["u", "v"]}
    ).fit(events)
    assert noise.transition_matrices_["y"].iloc[0].to_dict() == pytest.approx(
        {"a": 0.75, "b": 0.25}
    )
    assert noise.transition_matrices_["z"].iloc[0].to_dict() == pytest.approx({"u": 0.5, "v": 0.5})


# Bounded contributions.


def test_events_beyond_the_bound_are_null_and_counted():
    events = make_events()
    bound = 3
    noise = at_epsilon(1.0, max_events=bound).fit(events)
    n_excess = int((events["person_id"].value_counts() - bound).clip(lower=0).sum())
    with pytest.warns(DataWarning, match=rf"^{n_excess} of 2000 rows"):
        released = noise.transform(events)
    kept = released["outcome"].notna()
    assert kept.groupby(events["person_id"]).sum().max() == bound
    assert (~kept).sum() == n_excess
    # Those that are left get what they get without a bound; nothing else changes.
    without = at_epsilon(1.0).fit(events).transform(events)
    pd.testing.assert_frame_equal(released[kept], without[kept])
    pd.testing.assert_frame_equal(released.drop(columns="outcome"), events.drop(columns="outcome"))


def test_which_events_are_beyond_the_bound_depends_on_neither_values_nor_order():
    events = make_events()
    noise = at_epsilon(1.0, max_events=2).fit(events)
    with pytest.warns(DataWarning, match="beyond"):
        null = noise.transform(events)["outcome"].isna()
    shuffled = events.sample(frac=1, random_state=0)
    other = shuffled.assign(outcome=shuffled["event_type"].map(lambda t: POSSIBLE[t][0]))
    with pytest.warns(DataWarning, match="beyond"):
        again = noise.transform(other)["outcome"].isna()
    pd.testing.assert_series_equal(again.sort_index(), null)


@pytest.mark.parametrize("parameter", ["person_id", "event_id"])
def test_a_bound_needs_ids(parameter):
    with pytest.raises(ValueError, match=f"max_events needs {parameter}"):
        at_epsilon(None, max_events=2, **{parameter: None}).fit(make_events())


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "boolean", "bool", "category"])
def test_bounded_columns_of_any_dtype(dtype):
    events = make_events(200).assign(outcome=np.tile([0, 1], 100)).astype({"outcome": dtype})
    noise = OutcomeNoise(**IDS, max_events=1, random_state=0)
    with pytest.warns(DataWarning, match="beyond"):
        released = noise.fit_transform(events)["outcome"]
    n_people = events["person_id"].nunique()
    assert released.notna().sum() == n_people
    assert set(released.dropna()) <= {0, 1}


# Several columns.


def test_each_column_has_its_own_sets_at_epsilon():
    events = make_events().assign(plea=lambda f: np.where(f.index % 2 == 0, "guilty", "no_contest"))
    noise = at_epsilon(
        1.0,
        columns=["outcome", "plea"],
        allowed=POSSIBLE
        | {("plea", name): ["guilty", "not_guilty", "no_contest"] for name in POSSIBLE},
    )
    released = noise.fit_transform(events)
    assert set(released["plea"]) == {"guilty", "not_guilty", "no_contest"}
    assert set(released["outcome"]) == {o for own in POSSIBLE.values() for o in own}
    matrix = noise.transition_matrices_["plea", "bail"]
    assert matrix.loc["guilty", "guilty"] == pytest.approx(np.e / (np.e + 2))
    assert [item.holds for item in noise._spending()] == [True, True]


# The ledger's rows.


def test_spending_at_epsilon():
    (item,) = at_epsilon(0.5, max_events=4).fit(make_events())._spending()
    assert (item.step, item.column, item.epsilon) == ("OutcomeNoise", "outcome", 0.5)
    assert (item.per, item.span, item.max_events, item.holds) == ("value", 1, 4, True)
    assert item.mechanism == "randomised response"
    assert item.protects == "the outcome of one event"
    kept = at_epsilon(0.5, invariant=True, prior=PRIOR).fit(make_events())._spending()[0]
    assert kept.holds and "keeps a public distribution" in kept.mechanism
    assert kept.max_events is None


def test_spending_of_what_was_learnt_does_not_hold():
    some = {name: POSSIBLE[name] for name in ("charge", "bail")}
    (item,) = at_epsilon(allowed=some).fit(make_events())._spending()
    assert not item.holds and "1 event type(s)" in item.reason
    (item,) = at_epsilon(allowed=None).fit(make_events())._spending()
    assert not item.holds and "3 event type(s)" in item.reason
    # A prior declares what can be, too.
    declared = at_epsilon(allowed=None, invariant=True, prior=PRIOR).fit(make_events())
    assert declared._spending()[0].holds


@pytest.mark.parametrize("settings", [{}, {"matrix": {"charge": GIVEN}}, {"max_events": 9}])
def test_without_epsilon_nothing_is_claimed(settings):
    noise = OutcomeNoise(given="event_type", **IDS, **settings).fit(make_events())
    (item,) = noise._spending()
    assert item.epsilon is None and not item.holds and item.reason == "no epsilon was asked for"


def test_spending_of_nothing_and_before_fit():
    with pytest.raises(NotFittedError):
        OutcomeNoise()._spending()
    with pytest.raises(NotFittedError):  # the table may have types that nobody declared
        at_epsilon(columns="outcome")._spending()
    assert not OutcomeNoise("outcome", given="event_type")._spending()[0].holds
    declared = at_epsilon(columns=["a", "b"], given=None, allowed=["x", "y"])._spending()
    assert [(item.column, item.holds) for item in declared] == [("a", True), ("b", True)]
    assert not at_epsilon(columns="a", given=None, allowed=None)._spending()[0].holds
    with pytest.warns(UserWarning, match="no column"):
        assert OutcomeNoise().fit(pd.DataFrame({"a": [1]}))._spending() == []


def test_same_key_same_noise_at_epsilon():
    events = make_events()
    noise = at_epsilon(1.0, invariant=True, prior=PRIOR).fit(events)
    whole = noise.transform(events)
    for part in range(5):
        chunk = events[events["person_id"].str.endswith(str(part))]
        pd.testing.assert_frame_equal(noise.transform(chunk), whole.loc[chunk.index])
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(noise)).transform(events), whole)
    other = at_epsilon(1.0, invariant=True, prior=PRIOR, random_state=1).fit(events)
    assert (other.transform(events)["outcome"] != whole["outcome"]).mean() > 0.2
