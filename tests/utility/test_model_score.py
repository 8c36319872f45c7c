"""Train on the release, test on the real: against scikit-learn by hand; who is in which fold."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import make_scorer, roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, cross_val_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from personatwin_sk import PersonaMerger, ReidentificationRisk, RiskAwareSearch
from personatwin_sk._core.frames import Table
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.utility import ModelScore, train_on_released
from personatwin_sk.utility._model_score import _Trial

TREE = DecisionTreeClassifier(max_depth=3, random_state=0)


def people(n=300, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 80, n)
    sex = rng.choice(["F", "M"], n)
    chance = 1 / (1 + np.exp(-(age - 50) / 8 - (sex == "F")))
    return pd.DataFrame(
        {"age": age, "sex": sex, "retired": np.where(rng.random(n) < chance, "yes", "no")}
    )


class Memory(ClassifierMixin, BaseEstimator):
    """Keeps what it was trained on and asked about, in lists that clones share."""

    seen: list = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        Memory.seen.append([X[:, 0], None])
        return self

    def predict(self, X):
        Memory.seen[-1][1] = X[:, 0]
        return np.full(len(X), self.classes_[0])


# --- scikit-learn as the judge -------------------------------------------------------------------


def test_untouched_table_scores_as_cross_validation_does():
    table = people()
    numbers = np.column_stack([table["age"], table["sex"] == "F", table["sex"] == "M"])
    splitter = KFold(4, shuffle=True, random_state=1)
    for scoring in (None, "roc_auc", "neg_log_loss"):
        expected = cross_val_score(TREE, numbers, table["retired"], cv=splitter, scoring=scoring)
        found = train_on_released(
            table, table, "retired", estimator=TREE, cv=splitter, scoring=scoring
        )
        np.testing.assert_allclose(found.fold_scores, expected)
        assert found.difference == 0.0 and found.score == pytest.approx(expected.mean())


def test_trained_on_released_rows_of_other_folds_and_tested_on_real_ones():
    table = people()
    rng = np.random.default_rng(1)
    released = table.assign(
        age=table["age"] + rng.integers(-15, 16, 300), retired=rng.permutation(table["retired"])
    )
    folds = list(KFold(3).split(table))
    found = train_on_released(
        table, released, "retired", estimator=TREE, features="age", cv=folds, scoring="accuracy"
    )
    for (train, test), score in zip(folds, found.fold_scores, strict=True):
        model = TREE.fit(released[["age"]].to_numpy()[train], released["retired"].iloc[train])
        assert score == model.score(table[["age"]].to_numpy()[test], table["retired"].iloc[test])


def test_numbers_are_predicted_as_numbers():
    table = people().assign(income=lambda t: 3.0 * t["age"] + 7)
    released = table.assign(income=[f"{v - 5:.0f}-{v + 5:.0f}" for v in table["income"]])
    found = train_on_released(
        table, released, "income", estimator=LinearRegression(), features="age", cv=3
    )
    assert found.score == pytest.approx(1.0) and found.raw_score == pytest.approx(1.0)
    tree = train_on_released(
        table, released, "income", estimator=DecisionTreeRegressor(random_state=0), cv=3
    )
    assert tree.score > 0.99


def test_default_models():
    table = people(120).assign(height=lambda t: t["age"] * 1.0)
    for target, chance in (("retired", 0.6), ("height", 0.8)):
        with threadpool_limits(1):  # threads wait for each other where others work too
            found = train_on_released(table, table, target, cv=2)
        assert found.score == found.raw_score > chance


def test_a_scorer_of_ones_own():
    table = people()
    scorer = make_scorer(roc_auc_score, response_method="predict_proba")
    found = ModelScore("retired", estimator=TREE, scoring=scorer)(table, table)
    named = ModelScore("retired", estimator=TREE, scoring="roc_auc")(table, table)
    assert found == named


# --- folds ---------------------------------------------------------------------------------------


def trial(table, **kwargs):
    return _Trial(ModelScore("retired", estimator=TREE, **kwargs), Table.of(table), Table.of(table))


def test_rows_of_one_person_are_never_on_both_sides():
    table = people().assign(person=np.random.default_rng(0).integers(0, 60, 300))
    folds = trial(table, person_id="person", cv=4)._folds
    tested = np.concatenate([test for _, test in folds])
    assert sorted(tested.tolist()) == list(range(300))
    for train, test in folds:
        assert not set(table["person"][train]) & set(table["person"][test])
        assert len(train) + len(test) == 300


def test_a_model_that_recognises_people_gains_nothing():
    # Each person has one number and one answer, at random: what is learned is of no use on others.
    rng = np.random.default_rng(0)
    answers, numbers = rng.choice(["a", "b"], 80), rng.permutation(80)
    table = pd.DataFrame({"person": np.repeat(np.arange(80), 6)})
    table = table.assign(number=numbers[table["person"]], answer=answers[table["person"]])
    deep = DecisionTreeClassifier(random_state=0)
    settings = {"estimator": deep, "features": "number"}
    grouped = train_on_released(table, table, "answer", person_id="person", **settings)
    loose = train_on_released(table, table, "answer", **settings)
    assert loose.score > 0.95 and grouped.score < 0.7


def test_every_fold_has_every_class():
    table = people().assign(retired=["rare"] * 5 + ["often"] * 295)
    for _, test in trial(table, cv=5)._folds:
        assert (table["retired"].iloc[test] == "rare").sum() == 1


def test_a_splitter_gets_people_as_groups():
    table = people().assign(person=np.arange(300) % 37)
    for train, test in trial(table, person_id="person", cv=GroupKFold(5))._folds:
        assert not set(table["person"][train]) & set(table["person"][test])


def test_folds_are_repeatable_and_chosen_by_random_state():
    table = people()
    first, again, other = (trial(table, random_state=seed)._folds for seed in (0, 0, 1))
    assert all(np.array_equal(a[1], b[1]) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0][1], other[0][1])


# --- what is left out ----------------------------------------------------------------------------


def test_suppressed_rows_are_tested_but_not_trained_on():
    table = people().assign(person=range(300))
    gone = np.arange(300) % 3 == 0
    released = table.assign(
        person=np.where(gone, np.nan, 1.0),
        age=table["age"].where(~gone),
        sex=table["sex"].where(~gone, None),
    )
    Memory.seen.clear()
    found = train_on_released(
        table, released, "retired", estimator=Memory(), person_id="person", cv=2
    )
    assert found.n_left_out == 100
    released_fits = Memory.seen[:2]
    assert sum(len(train) for train, _ in released_fits) == 200
    assert sum(len(test) for _, test in released_fits) == 300


def test_released_targets_that_are_sets_are_not_trained_on():
    table = people()
    released = table.assign(retired=np.where(np.arange(300) < 50, "no|yes", table["retired"]))
    assert train_on_released(table, released, "retired", estimator=TREE).n_left_out == 50


def test_real_rows_without_a_target_are_neither_trained_on_nor_tested():
    table = people()
    table.loc[:9, "retired"] = None
    found = train_on_released(table, table, "retired", estimator=TREE, cv=3)
    kept = train_on_released(table[10:], table[10:], "retired", estimator=TREE, cv=3)
    assert found.n_left_out == 0 and found.score == pytest.approx(kept.score, abs=0.1)


def test_numbers_as_classes_keep_their_type():
    table = people().assign(retired=lambda t: (t["retired"] == "yes").astype(int))
    released = table.assign(retired=table["retired"].astype(str))
    for release in (table, released):
        found = ModelScore("retired", estimator=TREE, scoring="f1")(table, release)
        assert 0.5 < found <= 1.0


def test_constant_guesses_score_as_counted_by_hand():
    table = people()
    found = train_on_released(
        table, table.assign(retired="no"), "retired", estimator=DummyClassifier(), cv=5
    )
    # Folds are equally large and stratified: the mean is the share of all.
    assert found.score == pytest.approx((table["retired"] == "no").mean())
    mean = train_on_released(table, table, "age", estimator=DummyRegressor(), cv=5)
    assert mean.score == pytest.approx(0.0, abs=0.05)


# --- as a utility --------------------------------------------------------------------------------


def test_callable_says_what_the_function_says():
    table = people()
    released = PersonaMerger(["age", "sex"], k=20).fit_transform(table)
    measure = ModelScore("retired", estimator=TREE)
    found = train_on_released(table, released, "retired", estimator=TREE)
    assert measure(table, released) == found.score
    assert pickle.loads(pickle.dumps(measure))(table, released) == found.score
    assert repr(measure) == "ModelScore('retired')"


def test_as_the_utility_of_a_search():
    table = people(150)
    search = RiskAwareSearch(
        PersonaMerger(["age", "sex"]),
        {"k": [2, 10, 70]},
        target_risk=0.2,
        risk=ReidentificationRisk(["age", "sex"], attacker="prosecutor"),
        utility=ModelScore("retired", estimator=TREE, features=["age", "sex"]),
    ).fit(table)
    assert search.best_params_["k"] in (10, 70)
    released = search.transform(table)
    measure = ModelScore("retired", estimator=TREE, features=["age", "sex"])
    assert search.best_score_ == pytest.approx(measure(table, released))


def test_standard_error_and_plain_types():
    table = people()
    released = table.assign(age=50)
    found = train_on_released(table, released, "retired", estimator=TREE, cv=4)
    gaps = found.fold_scores - found.raw_fold_scores
    assert found.standard_error == pytest.approx(gaps.std(ddof=1) / 2)
    plain = found.to_dict()
    assert plain["difference"] == pytest.approx(found.score - found.raw_score)
    assert len(plain["fold_scores"]) == 4
    one = train_on_released(
        table, table, "retired", estimator=TREE, cv=[next(KFold(2).split(table))]
    )
    assert one.to_dict()["standard_error"] is None


# --- refusals and real data ----------------------------------------------------------------------


@pytest.mark.parametrize("cv", [1, 301])
def test_folds_that_cannot_be(cv):
    with pytest.raises(InputError, match="from 2 to the number of people, 300"):
        train_on_released(people(), people(), "retired", cv=cv)


def test_nothing_to_predict_from():
    table = people()
    with pytest.raises(InputError, match="no column to predict"):
        train_on_released(table[["retired"]], table[["retired"]], "retired")
    with pytest.raises(InputError, match="features names the target"):
        train_on_released(table, table, "retired", features=["age", "retired"])


def test_nothing_to_train_on():
    table = people()
    with pytest.raises(InputError, match="0 released rows to train on"):
        train_on_released(table, table.assign(retired=None), "retired", estimator=TREE)


def test_missing_columns():
    table = people()
    with pytest.raises(ColumnNotFoundError, match=r"released table.*target"):
        train_on_released(table, table.drop(columns="retired"), "retired")
    with pytest.raises(ColumnNotFoundError, match="person_id"):
        train_on_released(table, table, "retired", person_id="nobody")


def test_adult_release_is_as_good_to_learn_from(shared_data):
    adult = pd.read_csv(shared_data / "adult" / "adult.csv.gz").sample(3000, random_state=0)
    adult = adult.reset_index(drop=True)
    keys = ["age", "sex", "race", "marital-status", "education", "workclass", "occupation"]
    released = PersonaMerger(keys, k=5).fit_transform(adult)
    found = train_on_released(
        adult,
        released,
        "salary-class",
        features=keys,
        estimator=DecisionTreeClassifier(max_depth=6, random_state=0),
        scoring="accuracy",
        cv=3,
    )
    assert found.raw_score > 0.8 and abs(found.difference) < 0.02
