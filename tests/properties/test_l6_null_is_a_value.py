"""L6: null is a value of its own, by one rule, in fit, transform and risk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    CENTER,
    GENERALIZER,
    KEYS,
    MERGERS,
    NULLS,
    OUTCOME,
    SUBJECTS,
    TEMPORAL,
    TEMPORAL_WITHOUT_IDS,
    Case,
    Subject,
    assert_law_breaks,
    assert_same_values,
    cases,
    law,
    quietly,
    rows_of,
)

from personatwin_sk import OutcomeNoise, PersonaMerger, TemporalNoise, assess_risk
from personatwin_sk.risk import RiskReport


def one_row_each(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop_duplicates("person_id")


def check_null_stays_null(subject: Subject, case: Case) -> None:
    released = quietly(subject.make(case.k).fit_transform, case.frame)
    for name in subject.changes:
        assert released[name].isna().tolist() == case.frame[name].isna().tolist(), name


def check_kind_of_null(subject: Subject, case: Case, null: Any) -> None:
    """None, NaN, NaT and pandas.NA are one and the same."""
    objects = [
        name for name in [*KEYS, "event_type", "outcome"] if case.frame[name].dtype == object
    ]
    other = case.frame.assign(
        **{name: _with_null(case.frame[name], null) for name in objects},
    )
    released = quietly(subject.make(case.k).fit_transform, case.frame)
    # What one kind taught holds for the other.
    fitted = quietly(subject.make(case.k).fit, other)
    assert_same_values(quietly(fitted.transform, case.frame), released)


def _with_null(series: pd.Series, null: Any) -> pd.Series:
    values = [null if pd.isna(value) else value for value in series]
    return pd.Series(values, index=series.index, dtype=object)


def check_null_is_a_cell(subject: Subject, case: Case) -> None:
    """With k = 1 each distinct row, null among its values or not, is a persona of its own."""
    frame = one_row_each(case.frame)
    merger = subject.make(1)
    released = merger.fit_transform(frame)
    cells = rows_of(frame, KEYS)
    assert merger.n_personas_ == len(set(cells))
    personas = released["person_id"].tolist()
    assert len(set(zip(cells, personas, strict=True))) == len(set(personas)) == len(set(cells))
    assert released[KEYS].isna().to_numpy().tolist() == frame[KEYS].isna().to_numpy().tolist()


def check_null_may_be_new(subject: Subject, case: Case) -> None:
    """A null where fit saw none is merged like any other value that is new."""
    frame = one_row_each(case.frame)
    fitted = subject.make(case.k).fit(frame)
    new = frame.assign(age=pd.Series([None] * len(frame), index=frame.index, dtype="Float64"))
    persona = fitted.apply(new)
    assert ((persona >= 0) & (persona < fitted.n_personas_)).all()
    known = [i for i, row in enumerate(rows_of(new, KEYS)) if row in rows_of(frame, KEYS)]
    of_cell = dict(zip(rows_of(frame, KEYS), fitted.apply(frame), strict=True))
    assert all(persona[i] == of_cell[rows_of(new, KEYS)[i]] for i in known)


def check_risk(measure: Callable[..., RiskReport], case: Case) -> None:
    """k and the risk of each person are those of plain counting, with None as a value."""
    frame = one_row_each(case.frame)
    report = measure(frame, frame, KEYS, person_id="person_id")
    cells = rows_of(frame, KEYS)
    people = Counter(cells)
    assert report.k_anonymity == min(people.values())
    assert report.n_people == len(frame)
    assert report.n_classes == len(people)
    assert list(report.individual_risks) == pytest.approx([1 / people[cell] for cell in cells])


@pytest.mark.parametrize(
    "subject",
    [GENERALIZER, TEMPORAL, TEMPORAL_WITHOUT_IDS, OUTCOME],
    ids=lambda subject: subject.name,
)
@law
@given(case=cases())
def test_null_stays_null(subject: Subject, case: Case) -> None:
    check_null_stays_null(subject, case)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@law
@given(case=cases(), null=st.sampled_from(NULLS))
def test_every_kind_of_null_is_the_same(subject: Subject, case: Case, null: Any) -> None:
    check_kind_of_null(subject, case, null)


@pytest.mark.parametrize("subject", MERGERS, ids=lambda subject: subject.name)
@law
@given(case=cases())
def test_null_is_a_cell_of_its_own(subject: Subject, case: Case) -> None:
    check_null_is_a_cell(subject, case)
    check_null_may_be_new(subject, case)


@law
@given(case=cases())
def test_risk_counts_null_as_a_value(case: Case) -> None:
    check_risk(assess_risk, case)


class FillsNulls(PersonaMerger):
    """Takes a null for the most frequent value."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        return super().fit_transform(X.assign(gender=X["gender"].fillna("F")), y)


class GroupsWithoutNulls(PersonaMerger):
    """What a groupby that drops nulls does: one heap for everybody with a null."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        merged = super().fit_transform(X, y)
        heap = X[KEYS].isna().any(axis=1).to_numpy()
        return merged.assign(person_id=merged["person_id"].mask(heap, -1))


class TellsNullsApart(PersonaMerger):
    """Takes NaN for a number and None for a category."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        named = X["gender"].map(lambda value: "none" if value is None else value)
        return super().fit_transform(X.assign(gender=named.astype(object)), y)


class LosesNewNulls(PersonaMerger):
    """Looks cells up by equality, which null does not have."""

    def apply(self, X: Any) -> Any:
        persona = super().apply(X).copy()
        persona[X["age"].isna().to_numpy()] = -1
        return persona


class DatesNulls(TemporalNoise):
    """Gives a date to events that had none."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        noisy = super().fit_transform(X, y)
        return noisy.assign(date=noisy["date"].astype(object).where(noisy["date"].notna(), "2022"))


class DrawsNulls(OutcomeNoise):
    """Takes null for one outcome among others."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        noisy = super().fit_transform(X, y)
        return noisy.assign(outcome=noisy["outcome"].mask(noisy["outcome"] == "felony"))


@pytest.mark.parametrize(
    ("check", "subject", "mutant"),
    [
        (check_null_stays_null, TEMPORAL, DatesNulls),
        (check_null_stays_null, OUTCOME, DrawsNulls),
        (check_null_is_a_cell, CENTER, FillsNulls),
        (check_null_is_a_cell, CENTER, GroupsWithoutNulls),
        (check_null_may_be_new, CENTER, LosesNewNulls),
        (lambda s, case: check_kind_of_null(s, case, float("nan")), CENTER, TellsNullsApart),
    ],
)
def test_the_law_catches(check: Any, subject: Subject, mutant: type) -> None:
    assert_law_breaks(lambda case: check(subject.with_class(mutant), case), cases())


def risk_without_nulls(original: Any, released: Any, keys: list[str], **options: Any) -> RiskReport:
    complete = released[keys].notna().all(axis=1)
    if not complete.any():
        return assess_risk(original, released, keys, **options)
    return assess_risk(original[complete], released[complete], keys, **options)


def test_the_law_catches_a_risk_without_nulls() -> None:
    assert_law_breaks(lambda case: check_risk(risk_without_nulls, case), cases())
