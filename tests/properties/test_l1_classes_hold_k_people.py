"""L1: every class of the released table holds at least k people, by the original person column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from strategies import (
    CENTER,
    KEYS,
    MERGERS,
    Case,
    Subject,
    assert_law_breaks,
    cases,
    law,
    quietly,
    rows_of,
)

from personatwin_sk import PersonaMerger
from personatwin_sk._core.frames import Table


def check_l1(subject: Subject, case: Case) -> None:
    merger = subject.make(case.k)
    released = quietly(merger.fit_transform, case.frame)
    persona = merger.apply(case.frame)
    people = case.people.tolist()

    suppressed = {person for person, p in zip(people, persona, strict=True) if p < 0}
    assert merger.n_suppressed_ == len(suppressed)
    kept = [i for i, p in enumerate(persona) if p >= 0]

    # Who stands behind each released row of the key variables, and behind each persona number.
    for groups in (rows_of(released, KEYS), rows_of(released, ["person_id"]), persona.tolist()):
        members: dict[Any, set[Any]] = {}
        for i in kept:
            members.setdefault(groups[i], set()).add(people[i])
        assert all(len(group) >= case.k for group in members.values())
        assert sum(map(len, members.values())) == len(set(people)) - len(suppressed)
        assert len(members) == merger.n_personas_ == len(merger.class_sizes_)

    sizes = [len({people[i] for i in kept if persona[i] == p}) for p in range(merger.n_personas_)]
    assert sizes == merger.class_sizes_.tolist() == merger.to_personas()["class_size"].tolist()
    released_rows, personas = rows_of(released, KEYS), rows_of(merger.to_personas(), KEYS)
    assert all(released_rows[i] == personas[persona[i]] for i in kept)


@pytest.mark.parametrize("subject", MERGERS, ids=lambda subject: subject.name)
@law
@given(case=cases())
def test_every_class_holds_k_people(subject: Subject, case: Case) -> None:
    check_l1(subject, case)


class OneTooFew(PersonaMerger):
    """k - 1."""

    def _fit(self, table: Table) -> None:
        k, self.k = self.k, max(1, self.k - 1)
        try:
            super()._fit(table)
        finally:
            self.k = k


class CountsRows(PersonaMerger):
    """Takes each row for a person of its own."""

    def _one_row_per_person(self, table: Table, **options: Any) -> tuple[np.ndarray, np.ndarray]:
        rows = np.arange(table.n_rows)
        return rows, rows


class SplitsAPersona(PersonaMerger):
    """Gives one row an age of its own after the merge."""

    def fit_transform(self, X: Any, y: Any = None) -> Any:
        merged = super().fit_transform(X, y)
        ages = merged["age"].astype(object).to_list()
        return merged.assign(age=[999, *ages[1:]])


class HidesSuppressed(PersonaMerger):
    """Suppresses people and does not count them."""

    def apply(self, X: Any) -> np.ndarray:
        persona = super().apply(X).copy()
        persona[0] = -1
        return persona


@pytest.mark.parametrize("mutant", [OneTooFew, CountsRows, SplitsAPersona, HidesSuppressed])
def test_the_law_catches(mutant: type) -> None:
    assert_law_breaks(lambda case: check_l1(CENTER.with_class(mutant), case), cases())
