"""What ends of labels and rows that are somebody's own tell, against counts by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import _told, assess_risk

KEYS = ["age", "race"]
AGES, RACES = range(30, 40), ["a", "b", "c"]
# Of each age 20 of race a, 8 of b and 2 of c; at 31 and 35 half of that, at 39 one of each.
COUNTS = {
    (age, race): 1 if age == 39 else n // (1 + (age in (31, 35)))
    for age in AGES
    for race, n in zip(RACES, (20, 8, 2), strict=True)
}
POPULATION = TablePopulation.from_frame(
    pd.DataFrame([(*cell, n) for cell, n in COUNTS.items()], columns=[*KEYS, "n"])
)
ROWS = [
    *((31, "a", "31-35", "a|b"), (33, "a", "31-35", "a|b"), (35, "b", "31-35", "a|b")),
    *((32, "a", "32-39", "a|c"), (36, "c", "32-39", "a|c"), (39, "a", "32-39", "a|c")),
]
BEFORE = pd.DataFrame([row[:2] for row in ROWS], columns=KEYS)
AFTER = pd.DataFrame([row[2:] for row in ROWS], columns=KEYS)


def behind(before, after, population=POPULATION, **options):
    return 1 / assess_risk(before, after, KEYS, population=population, **options).individual_risks


def people(ages, races):
    return sum(COUNTS[age, race] for age in ages for race in races)


def test_the_rarest_end_by_hand() -> None:
    found = behind(BEFORE, AFTER)
    # 31-35 and a|b: 14 have each end of ages, 32 are b; of three people one has age 31, one 35.
    assert people([31], "ab") == people([35], "ab") == 14 < people(range(31, 36), "b")
    # 32-39 and a|c: two are 39, and one of them is in the file.
    assert people([39], "ac") == 2 < people(range(32, 40), "c") == 14
    assert found == pytest.approx([3 * 14 / 1] * 3 + [3 * 2 / 1] * 3)


def test_of_ends_with_as_many_people_the_one_that_tells_more_counts() -> None:
    rows = [*ROWS, (35, "a", "31-35", "a|b")]
    before = pd.DataFrame([row[:2] for row in rows], columns=KEYS)
    after = pd.DataFrame([row[2:] for row in rows], columns=KEYS)
    # Two of four are 35, one is 31.
    assert behind(before, after)[[0, -1]] == pytest.approx([4 * 14 / 2] * 2)


def test_an_attacker_does_not_know_which_end_tells_most() -> None:
    rows = [*ROWS, (34, "b", "31-35", "a|b"), (33, "b", "31-35", "a|b")]
    before = pd.DataFrame([row[:2] for row in rows], columns=KEYS)
    after = pd.DataFrame([row[2:] for row in rows], columns=KEYS)
    # Three of five are b, of 32 people; but fewer have an end of ages. That tells less than hulls.
    assert 5 * people(range(31, 36), "b") / 3 < 42 + 20 < 5 * 14
    assert behind(before, after)[:3] == pytest.approx([42 + 20] * 3)


def test_a_column_with_one_label_that_is_too_wide_tells_nothing() -> None:
    wide = AFTER.assign(age=["31-35"] * 3 + ["32-38"] * 3)
    # Somebody is 39 in a class of 32-38. Of races each is held: 14 people of its ages are c. Of the
    # others the hull says more: 42 are in no other, and 20 are like the one who is (33, a).
    assert behind(BEFORE, wide) == pytest.approx([42 + 20] * 3 + [3 * 14 / 1] * 3)
    both = wide.assign(race=["a|b|c"] * 3 + ["a|c"] * 3)
    assert (behind(BEFORE, both)[3:] > 3 * 14).all()


def test_global_recodings_tell_nothing() -> None:
    bands = pd.DataFrame({"age": ["31-33", "31-33", "34-39", "31-33", "34-39", "34-39"]})
    bands["race"] = "a|b|c"
    expected = [people(range(31, 34), RACES), people(range(34, 40), RACES)]
    is_first = bands["age"] == "31-33"
    assert behind(BEFORE, bands) == pytest.approx(np.where(is_first, *expected))


def test_a_global_column_beside_a_local_one() -> None:
    # Races are merged for everybody; ages overlap, and somebody is 31, 35, 32 and 39.
    after = AFTER.assign(race="a|b|c")
    found = behind(BEFORE, after)
    assert found == pytest.approx([3 * people([31], RACES)] * 3 + [3 * people([39], RACES)] * 3)


def test_a_row_that_is_somebodys_own() -> None:
    after = pd.DataFrame({"age": [33] * 3 + [36] * 3, "race": ["a"] * 3 + ["c"] * 3})
    # 20 are (33, a), one of the class; 2 are (36, c), one of the class.
    assert behind(BEFORE, after) == pytest.approx([3 * 20] * 3 + [3 * 2] * 3)
    nobodys = after.assign(age=[34] * 3 + [36] * 3)
    assert (behind(BEFORE, nobodys)[:3] > 3 * 20).all()


def test_people_count_once_however_many_rows_they_have() -> None:
    before = pd.concat([BEFORE, BEFORE.iloc[[5, 5]]], ignore_index=True)
    after = pd.concat([AFTER, AFTER.iloc[[5, 5]]], ignore_index=True)
    for table in (before, after):
        table["who"] = [*range(6), 5, 5]
    found = behind(before, after, person_id="who")
    assert found[:6] == pytest.approx(behind(BEFORE, AFTER))
    two_cells = before.assign(race=[*before["race"][:-1], "c"])
    assert behind(two_cells, after, person_id="who")[-1] == pytest.approx(3 * 2 / 1)
    own = after.assign(age=[33] * 3 + [36] * 5, race=["a"] * 3 + ["c"] * 5)
    assert behind(before, own, person_id="who")[-1] == pytest.approx(3 * 2)


def test_a_person_whom_the_population_does_not_know_is_in_no_slice() -> None:
    before = pd.concat([BEFORE, pd.DataFrame({"age": [39], "race": [None]})], ignore_index=True)
    after = pd.concat([AFTER, AFTER.iloc[[5]]], ignore_index=True)
    after["race"] = ["a|b"] * 3 + ["a|c|"] * 4
    found = behind(before, after)
    assert found[3:6] == pytest.approx([4 * 2 / 1] * 3)
    assert found[6] == pytest.approx(4)


def test_never_fewer_than_are_in_the_file() -> None:
    few = TablePopulation.from_frame(
        pd.DataFrame([(*cell, 1) for cell in COUNTS], columns=[*KEYS, "n"])
    )
    before = pd.concat([BEFORE] * 4, ignore_index=True)
    after = pd.concat([AFTER] * 4, ignore_index=True)
    assert behind(before, after, few) == pytest.approx([12] * 24)


class Rounded:
    """The same counts; nine tenths of each is sure."""

    columns = POPULATION.columns

    def count(self, frame):
        answer = POPULATION.count(frame)
        return answer.assign(low=0.9 * answer["count"], modelled=True, source="rounded")


def test_low_ends_are_those_of_the_slices() -> None:
    report = assess_risk(BEFORE, AFTER, KEYS, population=Rounded())
    exact = assess_risk(BEFORE, AFTER, KEYS, population=POPULATION)
    assert report.population_average_risk == pytest.approx(exact.population_average_risk)
    assert report.upper == pytest.approx(exact.upper / 0.9)
    assert report.modelled_share == 1
    assert report.population_sources == ("rounded",)


def test_more_slices_than_can_be_counted_leave_f(monkeypatch) -> None:
    rows = [*ROWS, (36, "c", "36", "c"), (36, "b", "36", "b|c"), (36, "c", "36", "b|c")]
    before = pd.DataFrame([row[:2] for row in rows], columns=KEYS)
    after = pd.DataFrame([row[2:] for row in rows], columns=KEYS)
    everything = behind(before, after)
    monkeypatch.setattr(_told, "_MOST_SLICES", 2)
    few = behind(before, after)
    # Two classes with four slices each do not fit in; one with two does, and one has none.
    assert few[:6] == pytest.approx([3] * 6)
    assert few[6:] == pytest.approx(everything[6:])


def test_all_slices_are_counted_in_one_call_and_each_once(monkeypatch) -> None:
    asked = []

    class Watched:
        columns = POPULATION.columns

        def count(self, frame):
            asked.append(frame)
            return POPULATION.count(frame)

    whole = assess_risk(BEFORE, AFTER, KEYS, population=Watched()).individual_risks
    with_slices = len(asked)
    asked.clear()
    monkeypatch.setattr(_told, "_ends", lambda covers, cells, held, *_: nothing(held))
    without = assess_risk(BEFORE, AFTER, KEYS, population=Watched()).individual_risks
    assert with_slices == len(asked) + 1
    assert (whole > without).all()


def nothing(held):
    return _told.Told.nothing(len(held.sizes))


def test_order_has_no_say() -> None:
    rng = np.random.default_rng(0)
    before = pd.concat([BEFORE] * 5, ignore_index=True)
    after = pd.concat([AFTER] * 5, ignore_index=True)
    order = rng.permutation(len(before))
    again = assess_risk(
        before.iloc[order], after.iloc[order], KEYS[::-1], population=POPULATION
    ).individual_risks
    assert 1 / again == pytest.approx(behind(before, after)[order])
