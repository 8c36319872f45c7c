"""L5: no id, name, or hash of one comes out of an estimator or stands in what it shows."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    CENTER,
    KEYS,
    MERGERS,
    OUTCOME,
    REMOVER,
    SUBJECTS,
    Case,
    Subject,
    assert_law_breaks,
    cases,
    law,
    plain,
    quietly,
)

from personatwin_sk import IdentifierRemover, OutcomeNoise, PersonaMerger

with_seed = st.tuples(cases(), st.integers(0, 2**16))


def secrets_of(frame: pd.DataFrame) -> set[str]:
    """What nobody may read anywhere: names, and ids that are no plain numbers."""
    ids = {str(value) for value in frame["person_id"] if not str(value).isdigit()}
    return set(frame["name"]) | ids


def check_shown(subject: Subject, case: Case) -> None:
    """Nothing that an estimator shows of itself holds a name or an id."""
    fitted = quietly(subject.make(case.k).fit, case.frame)
    public = {name: value for name, value in vars(fitted).items() if name.endswith("_")}
    if hasattr(fitted, "to_personas"):
        public["to_personas"] = fitted.to_personas().to_dict("list")
    shown = [repr(fitted), str(fitted), fitted._repr_html_(), repr(public)]
    for secret in secrets_of(case.frame):
        assert not any(secret in text for text in shown)


def check_names_gone(subject: Subject, case: Case) -> None:
    released = quietly(subject.make(case.k).fit_transform, case.frame)
    names = set(case.frame["name"])
    for column in released:
        assert not any(str(value) in names for value in released[column])


def check_ids_gone(subject: Subject, case: Case) -> None:
    """The person column holds numbers of personas, and no key variable an id."""
    merger = subject.make(case.k)
    released = quietly(merger.fit_transform, case.frame)
    ids = set(plain(case.people)) | {str(value) for value in case.people}
    for column in ["person_id", *KEYS]:
        assert not ids & set(plain(released[column]))
    assert set(plain(released["person_id"])) == set(range(merger.n_personas_))


def check_ids_have_no_say(subject: Subject, case: Case, seed: int) -> None:
    """With other ids everybody gets the same number: it is no function of an id, nor a hash."""
    released = quietly(subject.make(case.k).fit_transform, case.frame)
    distinct = case.people.drop_duplicates()
    fresh = np.random.default_rng(seed).permutation(10**6)[: len(distinct)]
    other = case.frame.assign(
        person_id=case.people.map(dict(zip(distinct, fresh, strict=True))).astype("int64")
    )
    renamed = quietly(subject.make(case.k).fit_transform, other)
    assert plain(renamed["person_id"]) == plain(released["person_id"])


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@law
@given(case=cases())
def test_nothing_is_shown(subject: Subject, case: Case) -> None:
    check_shown(subject, case)


@law
@given(case=cases())
def test_names_are_gone(case: Case) -> None:
    check_names_gone(REMOVER, case)


@pytest.mark.parametrize("subject", MERGERS, ids=lambda subject: subject.name)
@law
@given(drawn=with_seed)
def test_ids_are_gone(subject: Subject, drawn: tuple[Case, int]) -> None:
    check_ids_gone(subject, drawn[0])
    check_ids_have_no_say(subject, *drawn)


class KeepsTheId(PersonaMerger):
    """Leaves the person column as it is."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        return super().fit_transform(X, y).assign(person_id=X["person_id"])


class HashesTheId(PersonaMerger):
    """Numbers personas by a hash of the id of a member."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        merged = super().fit_transform(X, y)
        member = X["person_id"].astype(str).groupby(merged["person_id"].to_numpy()).min()
        digest = member.map(lambda text: int(hashlib.sha256(text.encode()).hexdigest()[:8], 16))
        order = digest.rank(method="first").astype(int) - 1
        return merged.assign(person_id=merged["person_id"].map(order))


class NumbersBySmallestId(PersonaMerger):
    """Numbers personas in the order of the ids."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        merged = super().fit_transform(X, y)
        sort = np.argsort(X["person_id"].astype(str).to_numpy(), kind="stable")
        numbers = np.empty(len(X), dtype=int)
        numbers[sort] = pd.factorize(merged["person_id"].to_numpy()[sort])[0]
        return merged.assign(person_id=numbers)


class ShowsPeople(PersonaMerger):
    """Tells in its representation whom it was fitted to."""

    def __repr__(self, **options: Any) -> str:
        return f"ShowsPeople({getattr(self, '_shown', '')})"

    def fit(self, X: Any, y: Any = None) -> Any:
        self._shown = X["name"].iloc[0]
        return super().fit(X, y)


class RemembersPeople(OutcomeNoise):
    """Keeps the rows of fit in a public attribute."""

    def fit(self, X: Any, y: Any = None) -> Any:
        super().fit(X, y)
        self.rows_ = X.to_numpy()[:1].tolist()
        return self


class NamesAMember(PersonaMerger):
    """Gives each persona an example."""

    def fit(self, X: Any, y: Any = None) -> Any:
        self._example = X["name"].iloc[0]
        return super().fit(X, y)

    def to_personas(self) -> pd.DataFrame:
        return super().to_personas().assign(example=self._example)


class KeepsNames(IdentifierRemover):
    """Drops the column, and puts what was in it elsewhere."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        return super().fit_transform(X, y).assign(note=X["name"])


@pytest.mark.parametrize(
    ("check", "subject", "mutant"),
    [
        (check_ids_gone, CENTER, KeepsTheId),
        (check_shown, CENTER, ShowsPeople),
        (check_shown, CENTER, NamesAMember),
        (check_shown, OUTCOME, RemembersPeople),
        (check_names_gone, REMOVER, KeepsNames),
    ],
)
def test_the_law_catches(check: Any, subject: Subject, mutant: type) -> None:
    assert_law_breaks(lambda case: check(subject.with_class(mutant), case), cases())


@pytest.mark.parametrize("mutant", [KeepsTheId, HashesTheId, NumbersBySmallestId])
def test_the_law_catches_numbers_that_tell_of_ids(mutant: type) -> None:
    planted = CENTER.with_class(mutant)
    assert_law_breaks(lambda drawn: check_ids_have_no_say(planted, *drawn), with_seed)
