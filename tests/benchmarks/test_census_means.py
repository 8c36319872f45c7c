"""Files of areas and the limits of their mean risks, against what is counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from benchmarks.census.means import (
    DRAWN,
    EVEN,
    FEWEST,
    File,
    Modelled,
    files,
    is_low,
    score,
    true_mean,
    upper_limit,
)
from benchmarks.census.pairs import Fit


def made_fit(seed: int = 0, error: float = 0.0) -> Fit:
    """Two areas of six bands, two sexes, two races and two origins."""
    rng = np.random.default_rng(seed)
    model = np.exp(rng.normal(3.8, 0.6, (2, 6, 2, 2, 2)))
    truth = np.rint(model * np.exp(error * rng.standard_normal(model.shape)))
    return Fit("made", model, truth)


def test_files_are_classes_of_an_area_that_somebody_is_in() -> None:
    found = list(files([made_fit()]))
    assert {file.how for file in found} == {DRAWN, EVEN}
    assert {file.people for file in found} == {"all", "one race"}
    for file in found:
        assert file.model.shape == file.truth.shape == file.in_file.shape
        assert (file.in_file >= FEWEST).all() and (file.model >= file.smallest).all()
    everybody = next(file for file in found if file.people == "all" and file.smallest == 20)
    joint = made_fit().model[0]
    assert set(everybody.model) <= set(joint[joint >= 20])


def test_bands_are_merged_three_by_three() -> None:
    coarse = [file for file in files([made_fit()]) if file.smallest == 100]
    triples = made_fit().model.reshape(2, 2, 3, 2, 2, 2).sum(axis=2)
    in_triples = [np.isin(file.model.round(6), triples.round(6)).all() for file in coarse]
    assert any(in_triples)


def test_the_population_adds_up_sets_of_classes() -> None:
    population = Modelled(np.array([10.0, 20.0, 40.0]))
    asked = pd.DataFrame({"class": [1, frozenset({0, 2})]})
    answer = population.count(asked)
    assert answer["count"].tolist() == [20.0, 50.0]
    assert (answer["low"] < answer["count"]).all()
    assert 0 < answer.attrs["shared_error"] < 1


def test_true_mean_is_of_people_and_never_below_one_in_a_class() -> None:
    people = np.array([100.0, 2.0])
    file = File("all", 5, EVEN, people, people, np.array([10, 5]))
    # Ten people at 1 in 100, five at 1 in 5: fewer than are in the file there cannot be.
    assert true_mean(file) == pytest.approx((10 / 100 + 5 / 5) / 15)


def test_a_limit_lies_between_the_modelled_mean_and_all_low_ends() -> None:
    file = next(one for one in files([made_fit()]) if one.people == "all" and one.how == EVEN)
    low = Modelled(file.model).count(pd.DataFrame({"class": np.arange(len(file.model))}))["low"]
    mean, lowest = (
        float((file.in_file / np.maximum(people, file.in_file)).sum() / file.in_file.sum())
        for people in (file.model, low.to_numpy())
    )
    assert mean < upper_limit(file) < lowest


def test_scores_count_what_is_beaten() -> None:
    right, wrong = made_fit(), made_fit(error=0.0)
    wrong = Fit(wrong.nesting, wrong.model, wrong.truth / 4)
    for fit, beaten in ((right, 0.0), (wrong, 1.0)):
        chosen = [file for file in files([fit]) if file.how == EVEN and file.smallest == 20]
        found = score(chosen)
        assert found["files"].sum() == len(chosen) > 4
        assert found["beaten"].sum() / len(chosen) == beaten
        assert ((found["limit / truth"] > 1) == (beaten == 0)).all()


@pytest.mark.parametrize(("n", "beaten"), [(100, 5), (100, 11), (100, 12), (1_000, 67), (7, 3)])
def test_more_than_one_in_twenty_by_the_binomial_test(n: int, beaten: int) -> None:
    p = binomtest(beaten, n, 0.05, alternative="greater").pvalue
    assert is_low(n, beaten) == (p < 0.01)
