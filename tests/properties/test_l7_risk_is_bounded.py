"""L7: a risk is never more than 1/f nor less than what counting people, one by one, comes to."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import assert_law_breaks, law
from towns import (
    AGES,
    KEYS,
    SEXES,
    Town,
    banded,
    behind,
    counts_of,
    covered,
    grouped,
    in_bands,
)

from personatwin_sk import assess_risk
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import RiskReport

Measure = Callable[..., RiskReport]


def at_most(left: Any, right: Any) -> bool:
    return bool((np.asarray(left) <= np.asarray(right) * (1 + 1e-9)).all())


def check_bounds(measure: Measure, town: Town) -> None:
    """0 < risk <= 1, 1/F <= 1/f, and the summary lies within what it sums up.

    Whoever counted the town may have missed some who are in the file.
    """
    missed = counts_of(town.people[::2])
    in_file = Counter(town.labels)
    of_file = [1 / in_file[label] for label in town.labels]
    for reference in (town.reference, missed, None):
        for attacker in ("prosecutor", "journalist", "marketer"):
            report = measure(
                town.original, town.released, KEYS, population=reference, attacker=attacker
            )
            risks = report.individual_risks
            assert (risks > 0).all() and at_most(risks, 1)
            assert at_most(risks, of_file)
            assert report.prosecutor.mean == pytest.approx(np.mean(of_file))
            assert at_most(report.journalist.mean, report.prosecutor.mean)
            assert report.population_average_risk == pytest.approx(risks.mean())
            assert report.max_risk == pytest.approx(risks.max())
            assert at_most(report.population_average_risk, report.upper)
            assert at_most(report.upper, report.prosecutor.mean)


def check_one_by_one(measure: Measure, town: Town) -> None:
    """The risk is never below 1/F, with F counted person by person."""
    report = measure(town.original, town.released, KEYS, population=town.reference)
    assert at_most(1 / np.array(behind(town)), report.individual_risks)


def check_bands(measure: Measure, town: Town) -> None:
    """Where everybody of a band is released alike, F is everybody whom the label covers."""
    report = measure(town.original, town.released, KEYS, population=town.reference)
    people = [sum(covered(label, person) for person in town.people) for label in town.labels]
    assert report.individual_risks.tolist() == pytest.approx([1 / n for n in people])
    assert report.upper == report.population_average_risk  # all counts are exact


def check_coarser(measure: Measure, towns: tuple[Town, Town]) -> None:
    """Wider bands, or a column less, never raise anybody's risk."""
    fine, coarse = towns
    for attacker in ("prosecutor", "journalist", "marketer"):

        def risks(town: Town, keys: list[str], attacker: str = attacker) -> np.ndarray:
            report = measure(
                town.original, town.released, keys, population=town.reference, attacker=attacker
            )
            return report.individual_risks

        before = risks(fine, KEYS)
        assert at_most(risks(coarse, KEYS), before)
        for name in KEYS:
            assert at_most(risks(fine, [name]), before)


def check_fewer_columns(measure: Measure, town: Town) -> None:
    """In any classes, who knows that the target is in the file gains nothing by knowing less."""

    def risks(keys: list[str]) -> np.ndarray:
        return measure(town.original, town.released, keys).individual_risks

    for name in KEYS:
        assert at_most(risks([name]), risks(KEYS))


def best_success(town: Town, cuts: list[int], one_sex: bool, n: int) -> tuple[float, list[Town]]:
    """Try every file of n people, and for every table that comes out the best person to name.

    Whoever has seen all files that lead to a table knows for each of its rows, and each person of
    the town, in how many of them that person is behind it: nobody can choose better.
    """
    files = list(itertools.combinations(range(len(town.people)), n))
    of_table: dict[Any, list[Town]] = {}
    for file in files:
        labels = in_bands([town.people[i] for i in file], cuts, one_sex)
        key = tuple(sorted(Counter(labels).items()))
        of_table.setdefault(key, []).append(Town(town.people, list(file), labels))
    right = 0.0
    for key, seen in of_table.items():
        for label, _ in key:
            named = Counter(
                i
                for one in seen
                for i, own in zip(one.chosen, one.labels, strict=True)
                if own == label
            )
            # Of the f rows of the class one is theirs, and all f are given their name.
            right += max(named.values()) / n
    return right / len(files), [one for seen in of_table.values() for one in seen]


def check_no_attacker(measure: Measure, case: tuple[Town, list[int], bool]) -> None:
    """Over all files that could have been drawn, nobody does better than what was reported."""
    town, cuts, one_sex = case
    success, files = best_success(town, cuts, one_sex, min(len(town.chosen), 3))
    reported = [
        measure(one.original, one.released, KEYS, population=one.reference).upper for one in files
    ]
    assert at_most(success, np.mean(reported))


def check_unknown_column(measure: Measure, towns: tuple[Town, Town]) -> None:
    """A column that the population does not know: between 1/N of the others, and 1/f."""
    town = towns[0]
    known = counts_of(town.people, columns=["age"])
    report = measure(town.original, town.released, KEYS, population=known)
    in_file = Counter(town.labels)
    of_age = [sum(covered((age, "F|M"), p) for p in town.people) for age, _ in town.labels]
    assert at_most([1 / n for n in of_age], report.individual_risks)
    assert at_most(report.individual_risks, [1 / in_file[label] for label in town.labels])


@st.composite
def small_towns(draw: st.DrawFn) -> tuple[Town, list[int], bool]:
    town, _ = draw(banded(max_people=6))
    cuts = draw(st.lists(st.sampled_from(range(2, 7)), unique=True, max_size=2))
    return town, cuts, draw(st.booleans())


anyhow = st.one_of(grouped(), banded().map(lambda towns: towns[0]))
in_order = banded().map(lambda towns: towns[0])


@law
@given(town=anyhow)
def test_risks_are_bounded(town: Town) -> None:
    check_bounds(assess_risk, town)
    check_fewer_columns(assess_risk, town)


@law
@given(town=anyhow)
def test_nobody_has_less_than_counting_comes_to(town: Town) -> None:
    check_one_by_one(assess_risk, town)


@law
@given(towns=banded())
def test_bands_are_counted_exactly_and_coarser_ones_never_raise_a_risk(
    towns: tuple[Town, Town],
) -> None:
    for town in towns:
        check_bands(assess_risk, town)
    check_coarser(assess_risk, towns)


@law
@given(case=small_towns())
def test_nobody_does_better_than_reported(case: tuple[Town, list[int], bool]) -> None:
    check_no_attacker(assess_risk, case)


@law
@given(towns=banded())
def test_a_column_that_the_population_does_not_know(towns: tuple[Town, Town]) -> None:
    check_unknown_column(assess_risk, towns)


# Mutants


def of_more_people(original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
    """Counts everybody twice."""
    known = options.get("population")
    if known is not None:
        asked = pd.DataFrame(itertools.product(AGES, SEXES), columns=KEYS)[list(known.columns)]
        frame = asked.drop_duplicates()
        twice = frame.assign(n=2 * known.count(frame)["count"])
        options["population"] = TablePopulation.from_frame(twice)
    return assess_risk(original, released, keys, **options)


def _with_risks(report: RiskReport, risks: np.ndarray) -> RiskReport:
    return dataclasses.replace(
        report,
        individual_risks=risks,
        population_average_risk=float(risks.mean()),
        max_risk=float(risks.max()),
        upper=float(risks.mean()),
    )


def hull_only(original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
    """Takes everybody whom a label covers to stand behind it, whoever else covers them."""
    report = assess_risk(original, released, keys, **options)
    population = options.get("population")
    if population is None or list(keys) != KEYS:
        return report
    people = population.count(released[KEYS])["count"].to_numpy()
    return _with_risks(report, np.minimum(1 / np.maximum(people, 1), report.individual_risks))


def not_raised(original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
    """Believes a count below the people of the file."""
    report = assess_risk(original, released, keys, **options)
    if options.get("population") is None or list(keys) != KEYS:
        return report
    people = options["population"].count(released[KEYS])["count"].to_numpy()
    return _with_risks(report, np.maximum(report.individual_risks, 1 / np.maximum(people, 0.5)))


def dearer_with_less(original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
    """Takes the few columns that are left for all there is."""
    report = assess_risk(original, released, keys, **options)
    return _with_risks(report, report.individual_risks * (1 if len(keys) > 1 else 1.5))


def sums_over(original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
    """Leaves a column that the population does not know out of account, and a person with it."""
    population = options["population"]
    people = population.count(released[list(population.columns)])["count"].to_numpy()
    report = assess_risk(original, released, keys, **options)
    return _with_risks(report, 1 / (people + 1))


def believes_the_file(original: Any, released: Any, keys: Any, **options: Any) -> RiskReport:
    """Takes the people of the file for all people."""
    return assess_risk(original, released, keys, **{**options, "population": None})


@pytest.mark.parametrize(
    ("check", "mutant", "strategy"),
    [
        (check_bounds, not_raised, anyhow),
        (check_one_by_one, of_more_people, anyhow),
        (check_one_by_one, hull_only, anyhow),
        (check_bands, of_more_people, in_order),
        (check_bands, believes_the_file, in_order),
        (check_coarser, dearer_with_less, banded()),
        (check_fewer_columns, dearer_with_less, anyhow),
        (check_no_attacker, of_more_people, small_towns()),
        (check_unknown_column, sums_over, banded()),
    ],
)
def test_the_law_catches(check: Any, mutant: Measure, strategy: Any) -> None:
    assert_law_breaks(lambda case: check(mutant, case), strategy)


def test_two_columns_of_numbers_that_overlap() -> None:
    """Nine people, one for each pair of 1 to 3; a range of both columns is released of each class.

    Of (1-2, 1-2) the cells 11 and 12 are its own, and of the shared 21 and 22 it holds 22; of
    (2-3, 1-3) the cells 23, 31, 32 and 33 are its own, and it holds 21. That is five people; but
    one of its two people is on the first floor, where two people are.
    """
    columns = ["age", "floor"]
    everybody = pd.DataFrame(itertools.product(range(1, 4), repeat=2), columns=columns)
    town = TablePopulation.from_frame(everybody.assign(n=1))
    people = pd.DataFrame([(1, 1), (2, 2), (3, 3), (2, 1)], columns=columns)
    released = pd.DataFrame([("1-2", "1-2")] * 2 + [("2-3", "1-3")] * 2, columns=columns)
    report = assess_risk(people, released, columns, population=town)
    assert report.individual_risks.tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 4, 1 / 4])
