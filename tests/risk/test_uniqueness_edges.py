"""Population uniqueness, special uniques and diversity where their formulas end."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from personatwin_sk.risk import measure_diversity, population_uniqueness, suda_scores

METHODS = ("dankar", "zayatz", "pitman", "snb")
SKEWED = [1] * 60 + [2] * 20 + [3] * 9 + [4] * 5 + [9] * 3


def hypergeometric_zayatz(sizes, fraction):
    """The estimate with binomial coefficients as they are written."""
    n = sum(sizes)
    population = round(n / fraction)

    def alone(j):
        return j * math.comb(population - j, n - 1) / math.comb(population, n)

    total = sum(alone(j) for j in sizes)
    singles = sizes.count(1)
    return singles * (singles * alone(1) / total) / fraction / population


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_zayatz_with_binomial_coefficients(fraction):
    expected = hypergeometric_zayatz(SKEWED, fraction)
    assert population_uniqueness(SKEWED, fraction, method="zayatz") == pytest.approx(expected)


def test_a_class_that_is_larger_than_what_is_left_of_the_population_has_no_chance():
    # Nine people of ten: a class of the population as large as this one would lack a person.
    sizes = [1, 8]
    expected = hypergeometric_zayatz(sizes, 0.9)
    assert population_uniqueness(sizes, 0.9, method="zayatz") == pytest.approx(expected)
    # Of two people more than the file a class of three leaves nobody but one out.
    sizes = [1, 1, 2, 3, 1]
    assert population_uniqueness(sizes, 0.8, method="zayatz") == pytest.approx(
        hypergeometric_zayatz(sizes, 0.8)
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fraction", [0.01, 0.3, 1.0])
def test_without_uniques_in_the_sample_there_are_none(method, fraction):
    assert population_uniqueness([2, 2, 5], fraction, method=method) == 0.0
    assert population_uniqueness([], fraction, method=method) == 0.0


@pytest.mark.parametrize("method", METHODS)
def test_of_a_whole_population_they_are_counted(method):
    assert population_uniqueness([1, 1, 2, 4], 1.0, method=method) == 2 / 8


def test_the_rule_changes_above_a_tenth():
    at = {
        q: {name: population_uniqueness(SKEWED, q, method=name) for name in METHODS}
        for q in (0.1, 0.1001)
    }
    assert at[0.1]["dankar"] == at[0.1]["pitman"]
    assert at[0.1001]["dankar"] == min(at[0.1001]["zayatz"], at[0.1001]["snb"])
    assert at[0.1]["pitman"] != pytest.approx(min(at[0.1]["zayatz"], at[0.1]["snb"]), rel=0.01)


def test_where_pitman_cannot_be_fitted_the_rule_takes_zayatz():
    everybody_alone = [1] * 12
    assert math.isnan(population_uniqueness(everybody_alone, 0.05, method="pitman"))
    found = population_uniqueness(everybody_alone, 0.05)
    assert found == population_uniqueness(everybody_alone, 0.05, method="zayatz") == 1.0


def test_where_the_slide_cannot_be_fitted_the_rule_takes_zayatz():
    # Far more classes are expected than the population has people.
    for q in (0.5, 0.9):
        assert math.isnan(population_uniqueness([1] * 12, q, method="snb"))
        found = population_uniqueness([1] * 12, q)
        assert found == population_uniqueness([1] * 12, q, method="zayatz") == 1.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fraction", [0.001, 0.09, 0.2, 0.7, 0.99])
def test_it_is_a_share_and_the_order_of_classes_has_no_say(method, fraction):
    found = population_uniqueness(SKEWED, fraction, method=method)
    assert 0 <= found <= 1
    assert population_uniqueness(SKEWED[::-1], fraction, method=method) == found
    assert population_uniqueness(np.array(SKEWED, float), fraction, method=method) == found


def ewens(theta, n):
    """Expected classes of n people under Ewens' formula, and the expected uniques among N."""
    return sum(theta / (theta + i) for i in range(n))


def test_pitmans_model_without_alpha_is_that_of_ewens():
    """Sizes of which Ewens' is the most likely law: theta solves E classes = classes."""
    # One class of each size is further from Pitman's power law than from the logarithmic one.
    sizes = [1, 2, 4, 8, 16, 32]
    n, k = sum(sizes), len(sizes)
    low, high = 1e-3, 1e3
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if ewens(middle, n) < k else (low, middle)
    population = n / 0.01
    # E S_1 = N theta / (theta + N - 1).
    expected = low / (low + population - 1)
    found = population_uniqueness(sizes, 0.01, method="pitman")
    assert found == pytest.approx(expected, rel=1e-3)


def test_the_size_of_special_uniques_may_be_a_number_of_numpy():
    frame = pd.DataFrame({"a": [1, 1, 2], "b": [1, 2, 2], "c": [1, 1, 1]})
    found = suda_scores(frame, ["a", "b", "c"], max_size=np.int64(2), sampling_fraction=0.5)
    # The middle row is alone with both columns only: (3 - 2)!; the others with one: (3 - 1)!.
    assert found.scores.tolist() == [2.0, 1.0, 2.0]
    assert found.n_minimal.tolist() == [[1, 0], [0, 1], [1, 0]]
    # Of the sum of 5, "a" is part of 2 + 1, "b" of 1 + 2, and "c" of none.
    assert found.contributions == pytest.approx({"a": 3 / 5, "b": 3 / 5, "c": 0.0})
    # Three uniques and no pair: every match is right.
    assert (found.dis, found.n_uniques, found.n_pairs) == (1.0, 3, 0)
    assert found.dis_scores.tolist() == [1.0, 1.0, 1.0]


def test_more_columns_than_there_are_need_not_be_looked_at():
    frame = pd.DataFrame({"a": [1, 2, 2, 3, 3, 3]})
    found = suda_scores(frame, "a", max_size=4, sampling_fraction=0.25)
    assert found.n_minimal.tolist() == [[1, 0, 0, 0]] + [[0, 0, 0, 0]] * 5
    # One unique, one pair; three are neither.
    assert found.dis == pytest.approx(0.25 / (0.25 + 2 * 0.75))
    assert found.dis_scores.tolist() == pytest.approx([found.dis, 0, 0, 0, 0, 0])


def test_odds_of_special_uniques_by_hand():
    """Two rows with scores of 2 and 1: odds of 2 x and x, of which the chances have a mean."""
    frame = pd.DataFrame({"a": [1, 2, 2, 3, 3], "b": [1, 1, 2, 2, 2], "c": [1, 1, 1, 1, 1]})
    found = suda_scores(frame, ["a", "b", "c"], sampling_fraction=0.4)
    # The second and third row are alone with both columns only, the first with "a".
    assert found.scores.tolist() == [2.0, 1.0, 1.0, 0.0, 0.0]
    assert found.dis == pytest.approx(3 * 0.4 / (3 * 0.4 + 2 * 0.6))
    # 2x / (1 + 2x) + 2 x / (1 + x) = 3 dis = 1.5, so that 3 x^2 - x / 2 - 3 / 2 = 0.
    x = max(np.roots([3, -0.5, -1.5]))
    assert found.dis_scores[:3] == pytest.approx([2 * x / (1 + 2 * x), x / (1 + x), x / (1 + x)])


def table():
    return pd.DataFrame(
        {
            ("who", 1): [1, 1, 2, 3, 4, 4],
            7: [1, 1, 2, 3, 4, 4],
            "age": ["30"] * 4 + ["40"] * 2,
            "code": ["x", "x", "x", "y", "x", "z"],
        }
    )


@pytest.mark.parametrize("person_id", [("who", 1), 7, [1, 1, 2, 3, 4, 4]])
def test_the_person_may_be_a_column_of_any_name_or_an_array(person_id):
    frame = table()
    found = measure_diversity(frame, "age", "code", person_id=person_id)
    # People with a value: x, x, y of the thirties; x, z of the forties.
    assert (found.distinct_l, found.n_classes, found.n_values) == (2, 2, 3)
    assert found.top_share == pytest.approx(2 / 3)
    assert found.recursive_c(2) == pytest.approx(2.0)
    assert found.t_equal == pytest.approx(max(1 / 3 - 1 / 5 + 2 / 3 - 3 / 5, 1 / 2 - 1 / 5))
    rows = measure_diversity(frame, "age", "code")
    assert rows.top_share == pytest.approx(3 / 4)


def test_a_series_of_people_is_read_by_position():
    frame = table()
    who = pd.Series([1, 1, 2, 3, 4, 4], index=[5, 4, 3, 2, 1, 0])
    found = measure_diversity(frame, "age", "code", person_id=who)
    assert found == measure_diversity(frame, "age", "code", person_id=7)
    gone = pd.Series([None, None, None, 3, 4, 4], index=[9, 8, 7, 6, 5, 4], dtype=object)
    left = measure_diversity(frame, "age", "code", person_id=gone)
    # One of the thirties is left, who has y; x and z are the others'.
    assert (left.distinct_l, left.n_values, left.top_share) == (1, 3, 1.0)
    assert left.t_equal == pytest.approx(2 / 3)
    assert left.recursive_c(2) == math.inf


def test_one_value_for_all_is_as_near_as_can_be():
    frame = pd.DataFrame({"age": [30, 30, 40], "wage": [5.0, 5.0, 5.0]})
    found = measure_diversity(frame, "age", "wage")
    assert (found.t_equal, found.t_ordered, found.entropy_l) == (0.0, 0.0, 1.0)
    assert (found.distinct_l, found.top_share, found.recursive_c(1)) == (1, 1.0, 1.0)


def test_classes_are_those_of_all_columns():
    frame = pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 2, 1, 2], "code": list("xxyy")})
    assert measure_diversity(frame, ["a", "b"], "code").n_classes == 4
    by_a, by_b = (measure_diversity(frame, name, "code") for name in "ab")
    assert (by_a.t_equal, by_b.t_equal) == (0.5, 0.0)
    assert (by_a.entropy_l, by_b.entropy_l) == pytest.approx((1.0, 2.0))


@pytest.mark.parametrize(
    ("wages", "expected"),
    [
        # Distance in ranks, of three values: all of the class at one end of them.
        ([1, 2, 3], (1 / 3 * 0 + 2 / 3 + 1 / 3) / 2),
        ([1, 2, 1000], (2 / 3 + 1 / 3) / 2),
        ([2, 1, 3], (1 / 3 + 1 / 3) / 2),
    ],
)
def test_the_ordered_distance_is_one_of_ranks(wages, expected):
    frame = pd.DataFrame({"age": [30, 40, 40], "wage": wages})
    found = measure_diversity(frame, "age", "wage")
    assert found.t_ordered == pytest.approx(expected)
    assert found.t_equal == pytest.approx(2 / 3)
