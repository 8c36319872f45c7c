"""The judge's attacks against plain loops over people, and against what is known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.calibration.attacks import attack, ceiling, success
from benchmarks.calibration.releases import Release, draw, number_rows, put_there
from benchmarks.calibration.settings import Setting
from benchmarks.calibration.worlds import World

KEYS = ("age", "kind")


def small_world(n: int = 300, seed: int = 0) -> World:
    rng = np.random.default_rng(seed)
    kinds = np.array(["a", "b", "c"], dtype=object)
    people = pd.DataFrame(
        {
            "age": rng.binomial(30, 0.5, n),
            "kind": kinds[rng.choice(3, n, p=[0.6, 0.3, 0.1])],
        }
    )
    return World("small", people, ("age",), {})


def small_release(*, seed: int = 0, **options: Any) -> tuple[World, Setting, Release]:
    world = small_world()
    setting = Setting("small", KEYS, 0.3, 4, **options)
    return world, setting, draw(world, setting, seed)


def fits(row: Any, age: int, kind: str) -> bool:
    """Reads a released row anew."""
    ends = [int(end) for end in str(row.age).split("-")]
    return ends[0] <= age <= ends[-1] and kind in str(row.kind).split("|")


def named(release: Release, weigh: Any) -> float:
    """The expected share of records named rightly, person by person, by weight(class, person)."""
    cells = release.cells
    people = [
        (cell, row)
        for cell, (row, n) in enumerate(zip(cells.table.itertuples(), cells.people, strict=True))
        for _ in range(n)
    ]
    right = 0.0
    for at, row in enumerate(release.rows.itertuples()):
        total = sum(weigh(at, row, cell, person) for cell, person in people)
        for cell, of_class in zip(release.cell_of_record, release.class_of_record, strict=True):
            if of_class == at and total:
                person = next(p for c, p in people if c == cell)
                right += weigh(at, row, cell, person) / total
    return right / len(release.original)


@pytest.mark.parametrize("noise", [0, 2])
def test_the_hull_is_everybody_who_fits(noise: int) -> None:
    _, _, release = small_release(noise=noise)
    moves = range(-noise, noise + 1)

    def weigh(at: int, row: Any, cell: int, person: Any) -> float:
        return float(np.mean([fits(row, person.age + move, person.kind) for move in moves]))

    assert attack(release, noise)["hull"] == pytest.approx(named(release, weigh))


def test_own_people_are_those_whom_fewest_other_classes_cover() -> None:
    _, _, release = small_release()
    rows = list(release.rows.itertuples())
    multiple = [
        sum(fits(row, person.age, person.kind) for row in rows)
        for person in release.cells.table.itertuples()
    ]

    def weigh(at: int, row: Any, cell: int, person: Any) -> float:
        covered = [
            multiple[c]
            for c, p in enumerate(release.cells.table.itertuples())
            if fits(row, p.age, p.kind)
        ]
        return float(fits(row, person.age, person.kind) and multiple[cell] == min(covered))

    assert attack(release)["hull, own"] == pytest.approx(named(release, weigh))


def test_the_nearest_class_takes_a_person() -> None:
    world, _, release = small_release()
    spread = world.people["age"].std(ddof=0)
    middles = []
    for row in release.rows.itertuples():
        ends = [int(end) for end in str(row.age).split("-")]
        kinds = str(row.kind).split("|")
        share = np.array([(kind in kinds) / len(kinds) for kind in "abc"])
        middles.append([(ends[0] + ends[-1]) / 2 / spread, *(share * np.sqrt(0.5))])
    points = [
        [p.age / spread, *(np.array([p.kind == kind for kind in "abc"]) * np.sqrt(0.5))]
        for p in release.cells.table.itertuples()
    ]
    apart = ((np.array(points)[:, None] - np.array(middles)[None]) ** 2).sum(axis=2).round(9)
    covered = np.array(
        [
            [fits(row, p.age, p.kind) for row in release.rows.itertuples()]
            for p in release.cells.table.itertuples()
        ]
    )
    found = attack(release)
    for name, distance in (
        ("nearest", apart),
        ("nearest in hull", np.where(covered, apart, np.inf)),
    ):
        taken = np.where(np.isfinite(distance.min(axis=1)), distance.argmin(axis=1), -1)
        expected = named(release, lambda at, row, cell, person, t=taken: float(t[cell] == at))
        assert found[name] == pytest.approx(expected), name


def test_somebody_at_the_edge_is_meant() -> None:
    _, _, release = small_release()
    right = 0.0
    for at, row in enumerate(release.rows.itertuples()):
        people = [
            (cell, p)
            for cell, (p, n) in enumerate(
                zip(release.cells.table.itertuples(), release.cells.people, strict=True)
            )
            for _ in range(n)
            if fits(row, p.age, p.kind)
        ]
        ends = {int(end) for end in str(row.age).split("-")}
        slices = [[c for c, p in people if p.age == end] for end in sorted(ends)]
        slices += [[c for c, p in people if p.kind == k] for k in str(row.kind).split("|")]
        fewest = min(slices, key=len)
        members = release.cell_of_record[release.class_of_record == at].tolist()
        assert all(any(m in cells for m in members) for cells in slices)  # labels are tight
        right += sum(member in fewest for member in members) / len(fewest)
    assert attack(release)["edge"] >= right / len(release.original) * 0.9
    counts = [len(release.rows), attack(release)["edge"]]
    # One person per class is named at most, and somebody is surely there.
    assert 0 < counts[1] <= counts[0] / len(release.original)


def test_nobody_does_better_than_who_knows_what_does_best() -> None:
    _, _, release = small_release()
    behind = put_there(release, 0, ())
    found = ceiling(release, 0, behind)
    attacks = attack(release)
    merger = success(behind, release.members, release.cells.people.astype(float))
    assert found >= max(merger, attacks["edge"], attacks["hull"])
    # In each class it is one of the three.
    assert found <= merger + attacks["edge"] + attacks["hull"]
    assert found < 1


def test_one_class_of_everybody_hides_everybody_evenly() -> None:
    world = World("flat", pd.DataFrame({"age": [3] * 40, "kind": ["a"] * 40}), ("age",), {})
    release = draw(world, Setting("flat", KEYS, 0.25, 5), 0)
    assert attack(release) == pytest.approx(dict.fromkeys(attack(release), 1 / 40))


def test_a_centre_that_is_somebody_gives_them_away() -> None:
    """Nine people of one age, one of a rare one: the two files of all of them differ in nothing."""
    people = pd.DataFrame({"age": [10] * 6 + [20] * 2, "kind": ["a"] * 8})
    release = draw(World("two", people, ("age",), {}), Setting("two", KEYS, 1.0, 8, "center"), 0)
    assert release.rows["age"].tolist() == [10]
    # Six of eight records are meant by the centre; who is named is one of these six.
    assert attack(release)["hull"] == pytest.approx(6 / 6 / 8)
    assert attack(release)["nearest"] == pytest.approx(1 / 8)


def test_who_is_there_counts_with_the_share_of_moves() -> None:
    _, _, release = small_release(noise=1)
    weights = put_there(release, 1, ("age",)).toarray()
    rows = {tuple(map(str, row)): at for at, row in enumerate(release.rows.to_numpy())}
    for cell, person in enumerate(release.cells.table.itertuples()):
        expected = np.zeros(len(rows))
        for move in (-1, 0, 1):
            one = pd.DataFrame({"age": [person.age + move], "kind": [person.kind]})
            put = release.merger.transform(one).iloc[0]
            if fits(put, person.age + move, person.kind):
                expected[rows[str(put["age"]), str(put["kind"])]] += 1 / 3
        np.testing.assert_allclose(weights[cell], expected, err_msg=str(cell))


def test_whoever_is_in_the_file_is_where_they_are() -> None:
    _, _, release = small_release()
    weights = put_there(release, 0, ("age",)).toarray()
    assert (weights[release.cell_of_record, release.class_of_record] == 1).all()
    share = success(put_there(release, 0, ("age",)), release.members, release.cells.people)
    behind = release.cells.people @ weights
    assert share == pytest.approx((1 / behind[release.class_of_record]).mean())


def test_rows_are_numbered_in_order() -> None:
    numbers, rows = number_rows(pd.DataFrame({"a": [1, 0, 1], "b": ["x", "y", "x"]}))
    assert numbers.tolist() == [1, 0, 1]
    assert rows.to_numpy().tolist() == [[0, "y"], [1, "x"]]
