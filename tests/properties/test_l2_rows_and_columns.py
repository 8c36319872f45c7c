"""L2: rows out = rows in, in order and with their index; what no role names is untouched."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from pandas.testing import assert_index_equal, assert_series_equal
from strategies import (
    CENTER,
    REMOVER,
    SUBJECTS,
    TEMPORAL,
    Case,
    Subject,
    assert_law_breaks,
    cases,
    in_polars,
    law,
    plain,
    quietly,
)

from personatwin_sk import IdentifierRemover, PersonaMerger, TemporalNoise


def check_l2(subject: Subject, case: Case) -> None:
    released = quietly(subject.make(case.k).fit_transform, case.frame)
    assert isinstance(released, pd.DataFrame)
    assert_index_equal(released.index, case.frame.index)
    assert list(released.columns) == [c for c in case.frame.columns if c not in subject.drops]
    for name in released.columns:
        if name not in subject.changes:
            assert_series_equal(released[name], case.frame[name])
            # Equal is not enough: None must not have become NaN, nor 1 turned into 1.0.
            for after, before in zip(released[name], case.frame[name], strict=True):
                assert type(after) is type(before), name


def check_l2_in_polars(subject: Subject, case: Case) -> None:
    frame = in_polars(case.frame)
    released = quietly(subject.make(case.k).fit_transform, frame)
    assert isinstance(released, pl.DataFrame)
    assert released.columns == [c for c in frame.columns if c not in subject.drops]
    for name in set(released.columns) - subject.changes:
        assert released[name].equals(frame[name], check_dtypes=True, null_equal=True), name


def check_polars_as_pandas(subject: Subject, case: Case) -> None:
    typed = case.frame.astype({"ethnicity": object})
    expected = quietly(subject.make(case.k).fit_transform, typed)
    released = quietly(subject.make(case.k).fit_transform, in_polars(typed))
    for name in subject.changes:
        if name == "date" and expected["date"].dtype.kind == "M":
            assert plain(released[name].to_pandas()) == plain(expected[name])
        else:
            assert released[name].to_list() == plain(expected[name]), name


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@law
@given(case=cases())
def test_rows_and_other_columns_stay(subject: Subject, case: Case) -> None:
    check_l2(subject, case)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
@law
@given(case=cases(typed=True))
def test_rows_and_other_columns_stay_in_polars(subject: Subject, case: Case) -> None:
    check_l2_in_polars(subject, case)
    check_polars_as_pandas(subject, case)


def after(change: Any) -> type:
    """A merger whose table is changed once more before it is given back."""

    class Mutant(PersonaMerger):
        def fit_transform(self, X: Any, y: Any = None) -> Any:
            return change(super().fit_transform(X, y))

    Mutant.__name__ = change.__name__
    return Mutant


def sorts_by_persona(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("person_id", kind="stable")


def sorts_but_keeps_the_index(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("person_id", kind="stable").set_axis(table.index)


def drops_people_without_age(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["age"].notna()]


def numbers_the_rows_anew(table: pd.DataFrame) -> pd.DataFrame:
    return table.reset_index(drop=True)


def fills_nulls_elsewhere(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(note=table["note"].fillna("none"))


def swaps_kinds_of_null(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(note=table["note"].where(table["note"].notna(), float("nan")))


def widens_a_float(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(weight=table["weight"].astype("float64"))


def moves_a_column(table: pd.DataFrame) -> pd.DataFrame:
    return table[["row", *table.columns.drop("row")]]


@pytest.mark.parametrize(
    "change",
    [
        sorts_by_persona,
        sorts_but_keeps_the_index,
        drops_people_without_age,
        numbers_the_rows_anew,
        fills_nulls_elsewhere,
        swaps_kinds_of_null,
        widens_a_float,
        moves_a_column,
    ],
)
def test_the_law_catches_a_merger_that(change: Any) -> None:
    assert_law_breaks(lambda case: check_l2(CENTER.with_class(after(change)), case), cases())


class RemovesTooMuch(IdentifierRemover):
    def transform(self, X: Any) -> Any:
        return super().transform(X).drop(columns="note")


class MovesOtherDates(TemporalNoise):
    def transform(self, X: Any) -> Any:
        return super().transform(X).assign(event_id=0)


@pytest.mark.parametrize(
    ("subject", "mutant"), [(REMOVER, RemovesTooMuch), (TEMPORAL, MovesOtherDates)]
)
def test_the_law_catches_other_steps(subject: Subject, mutant: type) -> None:
    assert_law_breaks(lambda case: check_l2(subject.with_class(mutant), case), cases())


class FillsNullsInPolars(PersonaMerger):
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        return super().fit_transform(X, y).with_columns(pl.col("weight").fill_null(0))


class NumbersPolarsFromOne(PersonaMerger):
    def fit_transform(self, X: Any, y: Any = None) -> Any:
        merged = super().fit_transform(X, y)
        if isinstance(merged, pl.DataFrame):
            merged = merged.with_columns(pl.col("person_id") + 1)
        return merged


def test_the_law_catches_a_change_in_polars() -> None:
    subject = CENTER.with_class(FillsNullsInPolars)
    assert_law_breaks(lambda case: check_l2_in_polars(subject, case), cases(typed=True))
    subject = CENTER.with_class(NumbersPolarsFromOne)
    assert_law_breaks(lambda case: check_polars_as_pandas(subject, case), cases(typed=True))
