"""Population uniqueness: closed forms, exact likelihoods, and populations whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from personatwin_sk.exceptions import InputError
from personatwin_sk.risk._uniqueness import METHODS, count_classes, population_uniqueness

SIZES = st.lists(st.integers(1, 30), max_size=30)


def sampled(population, fraction, seed):
    """Sizes of the sample's classes, and the sampling fraction as it came out."""
    rng = np.random.default_rng(seed)
    sizes = rng.binomial(population, fraction)
    return sizes[sizes > 0], sizes.sum() / population.sum()


def uniqueness(population):
    return (population == 1).sum() / population.sum()


def slide_negative_binomial(n_classes, alpha, beta, seed=0):
    return 1 + np.random.default_rng(seed).negative_binomial(alpha, beta, n_classes)


def zipf(n_classes, n_people, seed=0):
    weights = 1 / np.arange(1, n_classes + 1)
    return 1 + np.random.default_rng(seed).multinomial(n_people, weights / weights.sum())


def chinese_restaurant(n_people, theta, alpha, seed=0):
    """A population drawn from Pitman's model, person after person."""
    rng = np.random.default_rng(seed)
    sizes, table = [], []
    for i in range(n_people):
        if rng.random() * (theta + i) < theta + alpha * len(sizes):
            table.append(len(sizes))
            sizes.append(1)
            continue
        while True:  # in proportion to size - alpha
            at = table[rng.integers(i)]
            if rng.random() < 1 - alpha / sizes[at]:
                break
        table.append(at)
        sizes[at] += 1
    return np.array(sizes)


def number_of_classes_with_the_bracket_left_out(sizes, q):
    """What a tool in use computes: "- 1" once per size, and not once per class."""
    i, times = np.unique(sizes, return_counts=True)
    i = i.astype(float)
    first = (i * q**2 * (1 - q**2) ** (i - 1) * times).sum()
    first /= sum(t * (1 - q**2) ** j - 1 for j, t in zip(i, times, strict=True))
    second = ((1 - q) ** i * times).sum() / (i * q * (1 - q) ** (i - 1) * times).sum()
    return times.sum() + times[0] * first * second**2


@given(SIZES, st.floats(0.01, 1.0), st.sampled_from(sorted(METHODS)))
def test_it_is_a_share(sizes, fraction, method):
    share = population_uniqueness(sizes, fraction, method=method)
    if method == "dankar":
        assert 0 <= share <= 1
    else:
        assert math.isnan(share) or 0 <= share <= 1


@given(SIZES, st.sampled_from(sorted(METHODS)))
def test_of_a_whole_population_it_is_counted(sizes, method):
    expected = sizes.count(1) / sum(sizes) if sizes else 0.0
    assert population_uniqueness(sizes, 1.0, method=method) == expected


@given(st.lists(st.integers(2, 9), max_size=9), st.floats(0.05, 1))
def test_where_the_sample_has_no_unique_there_is_none(sizes, fraction):
    assert population_uniqueness(sizes, fraction) == 0.0


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_zayatz_is_the_rule_of_bayes(fraction):
    sizes = [1] * 12 + [2] * 5 + [3] * 2 + [7]
    n = sum(sizes)
    population = round(n / fraction)
    chances = {
        j: stats.hypergeom(population, j, n).pmf(1) * sizes.count(j) / len(sizes)
        for j in set(sizes)
    }
    posterior = chances[1] / sum(chances.values())
    expected = min(12 * posterior / (n / population) / population, 1)
    found = population_uniqueness(sizes, n / population, method="zayatz")
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("theta", "alpha"), [(50.0, 0.3), (200.0, 0.6), (20.0, 0.8)])
@pytest.mark.parametrize(("fraction", "within"), [(0.02, 0.2), (0.1, 0.1)])
def test_pitman_finds_the_uniques_of_its_own_model(theta, alpha, fraction, within):
    population = chinese_restaurant(60_000, theta, alpha)
    found = [
        population_uniqueness(*sampled(population, fraction, seed), method="pitman")
        for seed in range(5)
    ]
    assert np.mean(found) == pytest.approx(uniqueness(population), rel=within)


def test_pitman_finds_ewens_model_where_alpha_is_nothing():
    """With alpha = 0 the expected uniques are N theta / (theta + N - 1)."""
    population = chinese_restaurant(60_000, 300.0, 0.0)
    found = [
        population_uniqueness(*sampled(population, 0.2, seed), method="pitman") for seed in range(5)
    ]
    assert np.mean(found) == pytest.approx(300 / (300 + 59_999), rel=0.15)


def test_pitman_likelihood_is_at_its_highest():
    """No theta and alpha of a grid make the sample more likely; product by product."""
    sizes, fraction = sampled(chinese_restaurant(2_000, 30.0, 0.5), 0.1, 0)
    n, u = sizes.sum(), len(sizes)
    logs = {}
    for alpha in np.linspace(0.02, 0.98, 49):
        for theta in np.geomspace(0.5, 500, 60):
            new = np.log(theta + alpha * np.arange(1, u)).sum()
            again = sum(np.log(np.arange(1, size) - alpha).sum() for size in sizes)
            logs[theta, alpha] = new + again - np.log(theta + np.arange(1, n)).sum()
    theta, alpha = max(logs, key=logs.__getitem__)
    N = n / fraction
    log = sum(math.log((theta + alpha + i) / (theta + 1 + i)) for i in range(round(N) - 1))
    found = population_uniqueness(sizes, fraction, method="pitman")
    assert found == pytest.approx(math.exp(log), rel=0.05)


@pytest.mark.parametrize("sizes", [[1, 1, 1], [1]])
def test_pitman_cannot_be_fitted_where_all_or_one_are_alone(sizes):
    assert math.isnan(population_uniqueness(sizes, 0.05, method="pitman"))
    zayatz = population_uniqueness(sizes, 0.05, method="zayatz")
    assert population_uniqueness(sizes, 0.05) == zayatz == 1.0


@pytest.mark.parametrize(
    ("population", "fraction", "within"),
    [
        (slide_negative_binomial(20_000, 0.5, 0.1), 0.2, 0.05),
        (slide_negative_binomial(20_000, 0.5, 0.1), 0.5, 0.02),
        (slide_negative_binomial(20_000, 2.0, 0.2), 0.5, 0.02),
        (zipf(5_000, 60_000), 0.5, 0.02),
        (slide_negative_binomial(5_000, 0.5, 0.05), 0.4, 0.05),
    ],
)
def test_classes_are_counted_where_the_bracket_left_out_misses_them(population, fraction, within):
    sizes, q = sampled(population, fraction, 1)
    distinct, times = np.unique(sizes, return_counts=True)
    found = count_classes(distinct, times, q)
    assert found == pytest.approx(len(population), rel=within)
    wrong = number_of_classes_with_the_bracket_left_out(sizes, q)
    assert abs(found - len(population)) < abs(wrong - len(population))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.floats(0.05, 0.95))
def test_the_estimate_of_classes_is_the_published_formula(sizes, q):
    distinct, times = np.unique(sizes, return_counts=True)
    f = {i: sizes.count(i) for i in set(sizes)}
    first = sum(i * q**2 * (1 - q**2) ** (i - 1) * f[i] for i in f)
    first /= sum((1 - q) ** i * ((1 + q) ** i - 1) * f[i] for i in f)
    second = sum((1 - q) ** i * f[i] for i in f) / sum(i * q * (1 - q) ** (i - 1) * f[i] for i in f)
    expected = len(sizes) + f.get(1, 0) * first * second**2
    assert count_classes(distinct, times, q) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("alpha", "beta", "fraction", "within"),
    [(0.5, 0.1, 0.2, 0.1), (0.5, 0.1, 0.5, 0.05), (2.0, 0.2, 0.5, 0.1), (2.0, 0.5, 0.5, 0.15)],
)
def test_slide_negative_binomial_finds_the_uniques_of_its_own_model(alpha, beta, fraction, within):
    population = slide_negative_binomial(20_000, alpha, beta)
    found = [
        population_uniqueness(*sampled(population, fraction, seed), method="snb")
        for seed in range(5)
    ]
    assert np.mean(found) == pytest.approx(uniqueness(population), rel=within)


@pytest.mark.parametrize("fraction", [0.05, 0.3])
def test_the_rule_takes_pitman_for_small_samples_and_else_the_smaller_one(fraction):
    sizes, q = sampled(slide_negative_binomial(5_000, 0.5, 0.1), fraction, 0)
    by = {name: population_uniqueness(sizes, q, method=name) for name in METHODS}
    expected = by["pitman"] if fraction < 0.1 else min(by["zayatz"], by["snb"])
    assert by["dankar"] == expected


@pytest.mark.parametrize(
    ("sizes", "options", "words"),
    [
        ([1, 0, 2], {}, "1 value"),
        ([1.5, -2], {}, "2 value"),
        ([float("nan")], {}, "1 value"),
        (["a"], {}, "whole numbers"),
        ([[1]], {}, "one-dimensional"),
        ([1], {"method": "best"}, "'zayatz'"),
        ([1], {"sampling_fraction": 0}, "sampling_fraction"),
        ([1], {"sampling_fraction": 1.5}, "sampling_fraction"),
        ([1], {"sampling_fraction": float("nan")}, "sampling_fraction"),
    ],
)
def test_what_is_refused(sizes, options, words):
    with pytest.raises(InputError, match=words):
        population_uniqueness(sizes, **{"sampling_fraction": 0.1, **options})
