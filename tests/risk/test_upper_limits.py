"""The upper limit of a mean risk, from sums of the laws it rests on."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from personatwin_sk.population import TablePopulation
from personatwin_sk.risk import assess_risk

SIZES = [1] * 40 + [2] * 30 + [5] * 20


def table_of(sizes):
    return pd.DataFrame({"a": np.repeat(np.arange(len(sizes)), sizes)})


def moments(f, p, most=6000):
    """E[1/F] and the limit of its variance, F - f the failures before the f-th success."""
    total, log_p, log_q = 0.0, math.log(p), math.log1p(-p)
    for others in range(most):
        n = f + others
        chance = math.lgamma(n) - math.lgamma(f) - math.lgamma(others + 1)
        total += math.exp(chance + f * log_p + others * log_q) / n
    return total, (1 / f - total) * total


@pytest.mark.parametrize("p", [0.05, 0.3])
@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.99])
def test_of_a_sampling_fraction_it_is_the_mean_and_so_many_standard_errors(p, confidence):
    frame = table_of(SIZES)
    report = assess_risk(frame, frame, "a", sampling_fraction=p, confidence=confidence)
    of_size = {f: moments(f, p) for f in set(SIZES)}
    n = sum(SIZES)
    mean = sum(f * of_size[f][0] for f in SIZES) / n
    variance = sum((f / n) ** 2 * of_size[f][1] for f in SIZES)
    assert report.population_average_risk == pytest.approx(mean)
    expected = mean + norm.ppf(confidence) * math.sqrt(variance)
    assert report.upper == pytest.approx(min(expected, len(SIZES) / n))
    assert report.modelled_share == 1.0


def test_it_is_never_above_that_of_whoever_knows_the_file():
    frame = table_of([1, 2])
    for p in (0.01, 0.5, 0.9):
        report = assess_risk(frame, frame, "a", sampling_fraction=p, confidence=0.999)
        assert report.upper <= report.prosecutor.mean
        assert report.upper > report.population_average_risk
    alone = assess_risk(table_of([1]), table_of([1]), "a", sampling_fraction=0.9, confidence=0.99)
    assert alone.upper == 1.0


def test_a_file_of_everybody_has_nothing_that_is_modelled():
    frame = table_of(SIZES)
    report = assess_risk(frame, frame, "a", sampling_fraction=1.0)
    assert report.modelled_share == 0.0
    assert report.upper == pytest.approx(len(SIZES) / sum(SIZES))


def test_over_records_each_membership_counts():
    # Ten people with rows in two classes each, forty with a row in one.
    who = [*range(50), *range(10)]
    frame = pd.DataFrame({"who": who, "a": [*np.arange(50) // 2, *range(100, 110)]})
    p = 0.2
    report = assess_risk(
        frame, frame, "a", person_id="who", sampling_fraction=p, attacker="marketer"
    )
    sizes = [2] * 25 + [1] * 10
    mean = sum(f * moments(f, p)[0] for f in sizes) / 60
    spread = math.sqrt(sum((f / 60) ** 2 * moments(f, p)[1] for f in sizes))
    assert report.population_average_risk == pytest.approx(mean)
    assert report.upper == pytest.approx(mean + norm.ppf(0.95) * spread)
    person = assess_risk(frame, frame, "a", person_id="who", sampling_fraction=p)
    # Over people the larger risk of each counts: ten are alone in a class, forty in pairs.
    expected = (10 * moments(1, p)[0] + 40 * moments(2, p)[0]) / 50
    assert person.population_average_risk == pytest.approx(expected)
    spread = math.sqrt(sum((f / 50) ** 2 * moments(f, p)[1] for f in sizes))
    assert person.upper == pytest.approx(expected + norm.ppf(0.95) * spread)


def with_margins(counts, margins):
    frame = pd.DataFrame({"a": range(len(counts)), "n": counts, "margin": margins})
    return TablePopulation.from_frame(frame, error="margin")


@pytest.mark.parametrize("confidence", [0.5, 0.7, 0.95, 0.99])
def test_low_ends_are_moved_along_on_a_log_scale(confidence):
    frame = table_of([3, 1, 6])
    town = with_margins([50, 80, 400], [20, 30, 390])
    report = assess_risk(frame, frame, "a", population=town, confidence=confidence)
    steps = norm.ppf(confidence) / norm.ppf(0.95)
    low = [
        max(n * ((n - margin) / n) ** steps, f)
        for n, margin, f in ((50, 20, 3), (80, 30, 1), (400, 390, 6))
    ]
    assert report.upper == pytest.approx((3 / low[0] + 1 / low[1] + 6 / low[2]) / 10)
    assert report.population_average_risk == pytest.approx((3 / 50 + 1 / 80 + 6 / 400) / 10)


def test_a_low_end_below_the_file_is_the_file():
    frame = table_of([5, 5])
    town = with_margins([50, 40], [48, 0])
    report = assess_risk(frame, frame, "a", population=town)
    assert report.upper == pytest.approx((1 / 5 + 1 / 40) / 2)


def test_exact_counts_have_no_upper_limit_of_their_own():
    frame = table_of([2, 3])
    town = with_margins([50, 40], [0, 0])
    for confidence in (0.5, 0.999):
        report = assess_risk(frame, frame, "a", population=town, confidence=confidence)
        assert report.upper == pytest.approx(report.population_average_risk)


def test_nobody_released_has_no_risk():
    before = pd.DataFrame({"who": [1], "a": [2]})
    after = pd.DataFrame({"who": [None], "a": [None]})
    report = assess_risk(before, after, "a", person_id="who", sampling_fraction=0.5)
    assert (report.upper, report.population_average_risk) == (0.0, 0.0)
