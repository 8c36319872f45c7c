"""Linkage, against closed forms and an attacker who goes through everybody by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import personatwin_sk.risk.attacks._linkage as linkage
from personatwin_sk.exceptions import ColumnNotFoundError, InputError
from personatwin_sk.population import TablePopulation
from personatwin_sk.risk.attacks import simulate_linkage


def bands(ages, width=10):
    return [f"{a // width * width}-{a // width * width + width - 1}" for a in ages]


def population_of(frame):
    columns = list(frame.columns)
    return TablePopulation.from_frame(frame.groupby(columns).size().reset_index(name="n"))


@pytest.mark.parametrize("f", [1, 4, 25])
def test_one_class_of_f_people_is_guessed_once_in_f(f):
    people = pd.DataFrame({"age": np.arange(f) % 10 + 30})
    result = simulate_linkage(people, people.assign(age="30-39"), "age", random_state=0)
    assert result.rate == pytest.approx(1 / f)
    assert result.baseline == pytest.approx(1 / f)
    assert result.n_targets == f
    assert result.low <= 1 / f <= result.high
    assert result.by_strategy["exact"] == pytest.approx(1 / f)


@pytest.mark.parametrize("behind", [6, 60, 6000])
def test_population_of_F_people_is_guessed_once_in_F(behind):
    population = TablePopulation.from_frame(
        pd.DataFrame({"age": [31, 35, 55], "n": [behind // 2, behind // 2, 1000]})
    )
    people = pd.DataFrame({"age": [31, 31, 35, 35]})
    result = simulate_linkage(
        people, people.assign(age="30-39"), "age", population=population, random_state=0
    )
    assert result.by_strategy["exact"] == pytest.approx(1 / behind)
    assert result.low <= 1 / behind <= result.high
    assert result.baseline <= 1 / behind


def test_values_that_nobody_of_the_file_has_are_people_of_the_register():
    population = TablePopulation.from_frame(
        pd.DataFrame({"age": list(range(30, 40)), "n": [10] * 10})
    )
    people = pd.DataFrame({"age": [30, 33, 39]})
    result = simulate_linkage(
        people, people.assign(age="30-39"), "age", population=population, random_state=0
    )
    assert result.by_strategy["exact"] == pytest.approx(1 / 100)


def test_labels_that_cover_more_than_the_register_shows_are_counted_whole():
    # Of the state the file has one county; the label says the state.
    counts = pd.DataFrame({"geography": ["a", "b", "c"], "n": [10, 30, 60]})
    tree = pd.DataFrame({"county": ["a", "b", "c"], "state": ["S", "S", "S"]})
    population = TablePopulation.from_frame(counts, hierarchies={"geography": tree})
    people = pd.DataFrame({"geography": ["a", "a"], "age": [1, 1]})
    result = simulate_linkage(
        people,
        people.assign(geography="S"),
        "geography",
        population=population,
        random_state=0,
    )
    assert result.by_strategy["exact"] == pytest.approx(1 / 100)


PEOPLE = st.lists(
    st.tuples(st.integers(20, 27), st.sampled_from(["F", "M"])), min_size=1, max_size=14
)


@settings(max_examples=60)
@given(PEOPLE, PEOPLE, st.integers(1, 4), st.integers(0, 5))
def test_equals_going_through_everybody(file, others, width, start):
    """Exact and nearest matching, person by person, with and without a population."""
    people = pd.DataFrame(file, columns=["age", "sex"])
    edges = (people["age"] + start) // width * width - start
    label = [f"{e}-{e + width - 1}" if width > 1 else str(e) for e in edges]
    released = people.assign(age=label)
    everybody = pd.concat([people, pd.DataFrame(others, columns=["age", "sex"])])
    for population, register in ((None, people), (population_of(everybody), everybody)):
        result = simulate_linkage(
            people, released, ["age", "sex"], population=population, random_state=1
        )
        candidates = [
            sum(
                e <= other.age <= e + width - 1 and other.sex == person.sex
                for other in register.itertuples()
            )
            for e, person in zip(edges, people.itertuples(), strict=True)
        ]
        expected = float(np.mean([1 / c for c in candidates]))
        assert result.by_strategy["exact"] == pytest.approx(expected)
        # No two of these bands overlap: the nearest is the only one.
        assert result.by_strategy["nearest"] == pytest.approx(expected)
        assert result.by_strategy["fewest hulls"] == pytest.approx(expected)
        # Whoever has a sex or an age that nobody of the file comes near is no one to look at.
        looked_at = register[
            register["age"].between(people["age"].min(), people["age"].max())
            & register["sex"].isin(people["sex"])
        ]
        assert result.baseline == pytest.approx(1 / len(looked_at))


def test_overlapping_classes_nearest_middle_by_hand():
    # Middles 32 and 36: 30-33 belong to the first, 35-38 to the second, 34 to either.
    people = pd.DataFrame({"age": [30, 32, 34, 34, 36, 38]})
    released = pd.DataFrame({"age": ["30-34"] * 3 + ["34-38"] * 3})
    result = simulate_linkage(people, released, "age", random_state=0)
    # Each class: two people of its own and half of the two who are 34.
    assert result.by_strategy["nearest"] == pytest.approx((4 * (1 / 3) + 2 * (1 / 2) * (1 / 3)) / 6)
    # Everybody whom the labels describe: four in each class.
    assert result.by_strategy["exact"] == pytest.approx(1 / 4)
    # Those whom no other label describes: two in each class.
    assert result.by_strategy["fewest hulls"] == pytest.approx(4 * (1 / 2) / 6)


def test_noise_is_undone_by_who_knows_how_far_it_goes():
    rng = np.random.default_rng(0)
    people = pd.DataFrame({"age": rng.integers(0, 1000, 300), "zone": rng.integers(0, 9, 300)})
    released = people.assign(age=people["age"] + rng.integers(-5, 6, 300))
    result = simulate_linkage(people, released, ["age", "zone"], random_state=0)
    by = result.by_strategy
    assert by["exact"] < 0.15
    assert by["likelihood"] > 0.6
    assert by["centre"] > 0.6
    assert result.rate > 0.6


def test_whoever_knows_the_middle_of_bands_gains_by_it():
    # Classes sit in the middle of bands that are much wider: pairs of people 20 apart.
    people = pd.DataFrame({"age": np.repeat(np.arange(50, 1000, 100), 2) + [0, 1] * 10})
    middle = np.repeat(np.arange(50, 1000, 100), 2)
    released = pd.DataFrame({"age": [f"{m - 120}-{m + 120}" for m in middle]})
    result = simulate_linkage(people, released, "age", random_state=0)
    assert result.by_strategy["exact"] < 0.3
    assert result.by_strategy["nearest"] == pytest.approx(0.5)
    assert result.by_strategy["likelihood"] == pytest.approx(0.5)
    assert result.rate == pytest.approx(0.5)


def test_key_variable_that_the_population_does_not_know():
    # 100 people of one age; in the file half are tall. The register has them half and half.
    population = TablePopulation.from_frame(pd.DataFrame({"age": [30], "n": [100]}))
    people = pd.DataFrame({"age": [30] * 10, "tall": ["yes", "no"] * 5})
    result = simulate_linkage(
        people, people, ["age", "tall"], population=population, random_state=0
    )
    assert result.by_strategy["exact"] == pytest.approx(1 / 50)
    assert result.baseline == pytest.approx(1 / 100)


def test_people_with_several_rows_count_once():
    people = pd.DataFrame({"who": [1, 1, 1, 2, 3], "age": [30, 30, 30, 31, 32]})
    released = people.assign(age="30-39")
    result = simulate_linkage(people, released, "age", person_id="who", random_state=0)
    assert result.n_targets == 3
    assert result.rate == pytest.approx(1 / 3)


def test_suppressed_people_are_no_targets_but_are_in_the_register():
    people = pd.DataFrame({"who": [1, 2, 3, 4], "age": [30, 31, 32, 33]})
    released = pd.DataFrame({"who": [0, 0, 0, None], "age": ["30-39"] * 3 + [None]})
    result = simulate_linkage(people, released, "age", person_id="who", random_state=0)
    assert result.n_targets == 3
    assert result.by_strategy["exact"] == pytest.approx(1 / 4)


def test_nobody_released():
    people = pd.DataFrame({"who": [1, 2], "age": [30, 31]})
    released = pd.DataFrame({"who": [None, None], "age": [None, None]})
    result = simulate_linkage(people, released, "age", person_id="who", random_state=0)
    assert (result.rate, result.n_targets, result.low, result.high) == (0.0, 0, 0.0, 1.0)


def random_release(seed, n=400):
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {
            "who": rng.permutation(n),
            "age": rng.integers(18, 80, n),
            "sex": rng.choice(["F", "M"], n),
            "race": rng.choice(["a", "b", "c", None], n),
        }
    )
    low = people["age"] // 10 * 10 - rng.integers(0, 4, n)
    return people, people.assign(age=[f"{a}-{a + 14}" for a in low])


def test_order_of_rows_and_columns_has_no_say():
    people, released = random_release(0)
    keys = ["age", "sex", "race"]
    first = simulate_linkage(people, released, keys, person_id="who", random_state=3)
    order = np.random.default_rng(1).permutation(len(people))
    again = simulate_linkage(
        people.iloc[order], released.iloc[order], keys[::-1], person_id="who", random_state=3
    )
    assert again.by_strategy == pytest.approx(first.by_strategy)
    assert again.rate == pytest.approx(first.rate)


def test_nothing_is_modified_and_a_seed_repeats():
    people, released = random_release(1)
    copies = people.copy(), released.copy()
    results = [
        simulate_linkage(people, released, ["age", "sex"], random_state=5, n_targets=50)
        for _ in range(2)
    ]
    assert results[0] == results[1]
    assert results[0].n_targets == 50
    pd.testing.assert_frame_equal(people, copies[0])
    pd.testing.assert_frame_equal(released, copies[1])


def test_a_small_budget_tries_fewer_people_in_the_same_way(monkeypatch):
    people, released = random_release(2, 600)
    keys = ["age", "sex", "race"]
    whole = simulate_linkage(people, released, keys, random_state=7)
    monkeypatch.setattr(linkage, "_MOST_COMPARISONS", 20_000)
    part = simulate_linkage(people, released, keys, random_state=7)
    assert 1 <= part.n_targets < whole.n_targets
    same = simulate_linkage(people, released, keys, random_state=7, n_targets=part.n_targets)
    monkeypatch.undo()
    exact = simulate_linkage(people, released, keys, random_state=7, n_targets=part.n_targets)
    for name in ("exact", "nearest", "fewest hulls"):
        assert part.by_strategy[name] == pytest.approx(exact.by_strategy[name])
        assert same.by_strategy[name] == pytest.approx(exact.by_strategy[name])


def test_the_choice_of_a_strategy_is_no_success_of_its_own():
    # Twelve strategies that are right by coin: the best of them looks better than it is.
    rng = np.random.default_rng(0)
    rates, best = [], []
    for _ in range(300):
        table = {f"s{i}": (rng.random(60) < 0.2).astype(float) for i in range(12)}
        result = linkage._choose(table, 0.0, 0.95)
        rates.append(result.rate)
        best.append(max(result.by_strategy.values()))
    assert np.mean(rates) == pytest.approx(0.2, abs=0.01)
    assert np.mean(best) > 0.26


def test_result_in_plain_words():
    people, released = random_release(3)
    result = simulate_linkage(people, released, ["age", "sex"], random_state=0)
    plain = result.to_dict()
    assert plain["strategy"] in plain["by_strategy"]
    assert result.gain == pytest.approx(max(result.rate - result.baseline, 0))
    assert 0 <= result.low <= result.rate <= result.high <= 1


def test_bad_input():
    people = pd.DataFrame({"age": [1, 2], "kind": ["a", "b"]})
    for settings_, message in (
        ({"n_targets": 0}, "n_targets"),
        ({"confidence": 1.5}, "confidence"),
        ({"known_events": -1}, "known_events"),
        ({"known_events": 1, "event_type": "kind"}, "event_type and date"),
    ):
        with pytest.raises(InputError, match=message):
            simulate_linkage(people, people, "age", **settings_)
    with pytest.raises(InputError, match="2 rows and the released table 1"):
        simulate_linkage(people, people.iloc[:1], "age")
    with pytest.raises(InputError, match="no column"):
        simulate_linkage(people, people, [])
    with pytest.raises(ColumnNotFoundError):
        simulate_linkage(people, people, "shoe")


def test_census_counties():
    from personatwin_sk.population import CensusPopulation

    rng = np.random.default_rng(0)
    people = pd.DataFrame(
        {
            "age": rng.integers(20, 80, 200),
            "gender": rng.choice(["M", "F"], 200),
            "geography": rng.choice(["Hamilton County, OH", "Franklin County, OH"], 200),
        }
    )
    released = people.assign(age=bands(people["age"], 20))
    result = simulate_linkage(
        people,
        released,
        ["age", "gender", "geography"],
        population=CensusPopulation(source="bundled"),
        random_state=0,
    )
    # A band of 20 years of one gender in such a county has 60,000 to 250,000 people.
    assert 1 / 250_000 < result.by_strategy["exact"] < 1 / 60_000
    assert result.baseline < result.by_strategy["exact"]
    coarser = simulate_linkage(
        people,
        released.assign(geography="Ohio"),
        ["age", "gender", "geography"],
        population=CensusPopulation(source="bundled"),
        random_state=0,
    )
    assert coarser.by_strategy["exact"] < result.by_strategy["exact"]
