"""L7: no risk is below what naming those with the rarest end, or the row itself, reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import assert_law_breaks, law
from towns import KEYS, Person, Town, banded, behind, covered, drawn, grouped, span

from personatwin_sk import assess_risk
from personatwin_sk.risk import RiskReport, _told

Measure = Callable[..., RiskReport]
Label = tuple[str, str]


def values_of(label: Label, column: int) -> set[Any]:
    if column:
        return set(label[1].split("|"))
    ends = [int(end) for end in label[0].split("-")]
    return set(range(ends[0], ends[-1] + 1))


def is_local(town: Town, column: int) -> bool:
    """Whether a value has two labels, or is covered by two, or by none that it has."""
    pairs = {
        (person[column], label[column])
        for person, label in zip(town.file, town.labels, strict=True)
    }
    texts = {label[column]: values_of(label, column) for label in town.labels}
    covering = [
        sum(value in one for one in texts.values()) for value in set().union(*texts.values())
    ]
    fits = all(value in texts[text] for value, text in pairs)
    return max(covering) > 1 or not fits


def must_have(town: Town, label: Label, column: int) -> list[Any]:
    values = values_of(label, column)
    if len(values) == 1:
        return []
    return sorted(values) if column else [min(values), max(values)]


def members(town: Town, label: Label) -> list[Person]:
    return [person for person, own in zip(town.file, town.labels, strict=True) if own == label]


def is_tight(town: Town, column: int) -> bool:
    return all(
        value in {person[column] for person in members(town, label)}
        for label in set(town.labels)
        for value in must_have(town, label, column)
    )


def ends(town: Town) -> dict[Label, list[tuple[float, int]]]:
    """People of the town with each end of each row, and how many of these are in the class."""
    found: dict[Label, list[tuple[float, int]]] = {label: [] for label in town.labels}
    for column in (0, 1):
        if not is_local(town, column) or not is_tight(town, column):
            continue
        for label, slices in found.items():
            for value in must_have(town, label, column):
                everybody = [p for p in town.people if covered(label, p) and p[column] == value]
                inside = [p for p in members(town, label) if p[column] == value]
                slices.append((len(everybody), len(inside)))
    return found


def rarest(slices: list[tuple[float, int]]) -> tuple[float, int]:
    """Of those with the fewest people, the one with most of the class."""
    return min(slices, key=lambda one: (one[0], -one[1]))


def own(town: Town, label: Label) -> tuple[int, int] | None:
    """People of the town with the row itself, and how many of these are in the class."""
    inside = sum(label == (str(age), sex) for age, sex in members(town, label))
    everybody = sum(label == (str(age), sex) for age, sex in town.people)
    return (everybody, inside) if inside else None


def check_ends(measure: Measure, town: Town) -> None:
    report = measure(town.original, town.released, KEYS, population=town.reference)
    for label, slices in ends(town).items():
        if slices:
            n, a = rarest(slices)
            reached = a / (len(members(town, label)) * n)
            at = town.labels.index(label)
            assert report.individual_risks[at] >= reached * (1 - 1e-9)


def check_own_rows(measure: Measure, town: Town) -> None:
    report = measure(town.original, town.released, KEYS, population=town.reference)
    for at, label in enumerate(town.labels):
        found = own(town, label)
        if found is not None and any(is_local(town, column) for column in (0, 1)):
            n, a = found
            reached = a / (len(members(town, label)) * n)
            assert report.individual_risks[at] >= reached * (1 - 1e-9)


def check_exactly(measure: Measure, town: Town) -> None:
    """Nothing else raises the risk: F is one of three, or f."""
    if not (is_local(town, 0) and is_local(town, 1)):
        return
    report = measure(town.original, town.released, KEYS, population=town.reference)
    slices = ends(town)
    for at, (label, by_hulls) in enumerate(zip(town.labels, behind(town), strict=True)):
        f = len(members(town, label))
        told = [n * f / a for n, a in ([rarest(slices[label])] if slices[label] else [])]
        told += [n * f / a for n, a in [own(town, label) or (np.inf, 1)]]
        expected = max(f, min(by_hulls, *told))
        assert report.individual_risks[at] == pytest.approx(1 / expected)


def check_bands(measure: Measure, town: Town) -> None:
    """Global recodings tell nothing: whoever is covered may stand behind the row."""
    report = measure(town.original, town.released, KEYS, population=town.reference)
    people = [sum(covered(label, person) for person in town.people) for label in town.labels]
    assert report.individual_risks.tolist() == pytest.approx([1 / n for n in people])


@st.composite
def centred(draw: st.DrawFn) -> Town:
    """Draw a town of which classes are released as the row of somebody in them."""
    people, chosen = draw(drawn())
    n = len(chosen)
    group = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    labels: list[Label] = []
    for g in group:
        age, sex = next(people[i] for i, other in zip(chosen, group, strict=True) if other == g)
        labels.append((str(age), sex))
    return Town(people, chosen, labels)


@st.composite
def wide(draw: st.DrawFn) -> Town:
    """Draw a town whose ranges of ages are wider than their classes."""
    town = draw(grouped())
    at = {label: values_of(label, 0) for label in town.labels}
    by = draw(st.integers(0, 2))
    return Town(
        town.people,
        town.chosen,
        [(span([min(at[one]), min(max(at[one]) + by, 6)]), one[1]) for one in town.labels],
    )


spanned = grouped()
in_bands = banded().map(lambda towns: towns[0])


@law
@given(town=st.one_of(spanned, wide()))
def test_ends(town: Town) -> None:
    check_ends(assess_risk, town)
    check_exactly(assess_risk, town)


@law
@given(town=centred())
def test_rows_that_are_somebodys_own(town: Town) -> None:
    check_own_rows(assess_risk, town)


@law
@given(town=in_bands)
def test_bands_tell_nothing(town: Town) -> None:
    check_bands(assess_risk, town)


# Mutants


def without(name: str) -> Measure:
    """Leave one of the attackers out."""

    def measure(*args: Any, **options: Any) -> RiskReport:
        kept = getattr(_told, name)
        setattr(_told, name, lambda covers, cells, held, *_: _told.Told.nothing(len(held.sizes)))
        try:
            return assess_risk(*args, **options)
        finally:
            setattr(_told, name, kept)

    return measure


def always_told(original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
    """Takes f people to stand behind every row."""
    return assess_risk(original, released, keys, attacker="prosecutor", **options)


@pytest.mark.parametrize(
    ("check", "mutant", "strategy"),
    [
        (check_ends, without("_ends"), spanned),
        (check_own_rows, without("_own_rows"), centred()),
        (check_exactly, without("_ends"), spanned),
        (check_exactly, always_told, spanned),
        (check_bands, always_told, in_bands),
    ],
)
def test_the_law_catches(check: Any, mutant: Measure, strategy: Any) -> None:
    assert_law_breaks(lambda case: check(mutant, case), strategy)
