"""L3: row order, index, chunks of whole persons and the order of columns never change a row.

Equal cells get equal personas.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    CENTER,
    GENERALIZER,
    KEYS,
    MERGERS,
    SUBJECTS,
    TEMPORAL,
    Case,
    Subject,
    assert_law_breaks,
    assert_same_values,
    cases,
    law,
    quietly,
    rows_of,
)

from personatwin_sk import GeographicGeneralizer, PersonaMerger, TemporalNoise
from personatwin_sk._core.frames import Table

seeds = st.integers(0, 2**16)


def check_order(subject: Subject, case: Case, seed: int) -> None:
    """Rows, columns and index stand otherwise; each row becomes what it was."""
    released = quietly(subject.make(case.k).fit_transform, case.frame)
    random = np.random.default_rng(seed)
    order = random.permutation(len(case.frame))
    columns = list(random.permutation(case.frame.columns))
    other = case.frame.iloc[order][columns].set_axis([f"x{i}" for i in range(len(order))])
    moved = quietly(subject.make(case.k).fit_transform, other)
    assert_same_values(moved[list(released.columns)], released.iloc[order])


def check_chunks(subject: Subject, case: Case, seed: int) -> None:
    fitted = quietly(subject.make(case.k).fit, case.frame)
    whole = quietly(fitted.transform, case.frame)
    distinct = case.people.drop_duplicates()
    part = np.random.default_rng(seed).integers(0, 3, len(distinct))
    part = case.people.map(dict(zip(distinct, part, strict=True))).to_numpy()
    for number in np.unique(part):
        chunk = quietly(fitted.transform, case.frame[part == number])
        assert_same_values(chunk, whole[part == number])


def check_equal_cells(subject: Subject, case: Case) -> None:
    released = quietly(subject.make(case.k).fit_transform, case.frame)
    after = rows_of(released, ["person_id", *KEYS])
    cells: dict[Any, set[Any]] = {}
    for person in case.people.unique():
        own = np.flatnonzero((case.people == person).to_numpy())
        keys = {rows_of(case.frame.iloc[[i]], KEYS)[0] for i in own}
        assert len({after[i] for i in own}) == 1  # all rows of a person are one persona's
        if len(keys) == 1:
            cells.setdefault(keys.pop(), set()).add(after[own[0]])
    assert all(len(personas) == 1 for personas in cells.values())


each = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)


@each
@law
@given(case=cases(), seed=seeds)
def test_the_order_of_rows_and_columns_has_no_say(subject: Subject, case: Case, seed: int) -> None:
    check_order(subject, case, seed)


@each
@law
@given(case=cases(), seed=seeds)
def test_chunks_of_whole_persons_come_out_as_in_the_whole(
    subject: Subject, case: Case, seed: int
) -> None:
    check_chunks(subject, case, seed)


@pytest.mark.parametrize("subject", MERGERS, ids=lambda subject: subject.name)
@law
@given(case=cases())
def test_equal_cells_get_equal_personas(subject: Subject, case: Case) -> None:
    check_equal_cells(subject, case)


class DrawsByPosition(TemporalNoise):
    """The plainest noise there is: a generator that goes through the rows."""

    def _row_keys(self, columns: Any) -> Any:
        keys = super()._row_keys(columns)
        random = np.random.default_rng(self.random_state)
        drawn = random.integers(0, 2**64, keys.n_rows, dtype=np.uint64)
        keys.of_person = lambda purpose: drawn
        return keys


class DrawsByPlaceAmongPeople(TemporalNoise):
    """One draw per person, but for the first person, the second ..."""

    def _row_keys(self, columns: Any) -> Any:
        keys = super()._row_keys(columns)
        keys.of_person = lambda purpose: np.arange(10**4, dtype=np.uint64)[keys.people]
        return keys


class FirstRowSpeaks(PersonaMerger):
    """Of rows that disagree, the one that happens to stand first."""

    def _one_row_per_person(self, table: Table, **options: Any) -> tuple[np.ndarray, np.ndarray]:
        _, person = super()._one_row_per_person(table, **options)
        return np.unique(person, return_index=True)[1], person


class NumbersAsTheyCome(PersonaMerger):
    """Persona 0 is that of the first row."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        merged = super().fit_transform(X, y)
        return merged.assign(person_id=pd.factorize(merged["person_id"])[0])

    def transform(self, X: Any) -> Any:
        merged = super().transform(X)
        return merged.assign(person_id=pd.factorize(merged["person_id"])[0])


class AlignsByIndex(GeographicGeneralizer):
    """Puts a column together by labels of the index and not by rows."""

    def transform(self, X: Any) -> Any:
        places = super().transform(X)["geography"]
        return X.assign(geography=places.sort_index(key=lambda index: index.map(str)).to_numpy())

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        return self.fit(X).transform(X)


class MergesInChunks(PersonaMerger):
    """Looks at the table at hand again, and not at what was learnt."""

    def transform(self, X: Any) -> Any:
        lowest = X["age"].astype(float).min()
        return super().transform(X).assign(age=lowest)


class FirstColumnDecides(PersonaMerger):
    """Takes the columns in the order in which they stand."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        first = next(name for name in X.columns if name in KEYS)
        return super().fit_transform(X, y).assign(weight=float(len(first)))


class RowsOfAPersonMayDiffer(PersonaMerger):
    """Merges rows, so that equal people with other rows part ways."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        merged = super().fit_transform(X, y)
        return merged.assign(person_id=merged["person_id"] + X["row"] % 2)


with_seed = st.tuples(cases(), seeds)


@pytest.mark.parametrize(
    ("check", "subject", "mutant"),
    [
        (check_order, TEMPORAL, DrawsByPosition),
        (check_order, TEMPORAL, DrawsByPlaceAmongPeople),
        (check_order, CENTER, FirstRowSpeaks),
        (check_order, CENTER, NumbersAsTheyCome),
        (check_chunks, TEMPORAL, DrawsByPosition),
        (check_chunks, TEMPORAL, DrawsByPlaceAmongPeople),
        (check_chunks, CENTER, NumbersAsTheyCome),
        (check_chunks, CENTER, MergesInChunks),
        (check_order, CENTER, FirstColumnDecides),
        (check_order, GENERALIZER, AlignsByIndex),
    ],
)
def test_the_law_catches(check: Any, subject: Subject, mutant: type) -> None:
    planted = subject.with_class(mutant)
    assert_law_breaks(lambda drawn: check(planted, *drawn), with_seed)


def test_the_law_catches_equal_people_who_part_ways() -> None:
    planted = CENTER.with_class(RowsOfAPersonMayDiffer)
    assert_law_breaks(lambda case: check_equal_cells(planted, case), cases())
